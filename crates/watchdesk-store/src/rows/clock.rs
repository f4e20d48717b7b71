use watchdesk_core::clock::{Clock, ClockState, Objective, Subject};
use watchdesk_core::ids::{CaseId, ClockId, TicketId};

use crate::StoreError;
use crate::entities::clock::Model;
use crate::rows::{Place, json, seconds, seconds_or_none};

impl TryFrom<Model> for Clock {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let id = row.id;
        let place = Place { table: "clock", id: &id };
        Ok(Self {
            id: ClockId(id),
            subject: match (row.ticket_id, row.case_id) {
                (Some(id), None) => Subject::Ticket(TicketId(id)),
                (None, Some(id)) => Subject::Case(CaseId(id)),
                (None, None) | (Some(_), Some(_)) => {
                    return Err(place.corrupt("ticket_id", "a clock is a ticket's or a case's"));
                }
            },
            objective: place.word("objective", &row.objective, Objective::parse)?,
            cycle: u32::try_from(row.cycle).map_err(|error| place.corrupt("cycle", error))?,
            revision: u32::try_from(row.revision).map_err(|error| place.corrupt("revision", error))?,
            policy_version: row.policy_version,
            rule: row.rule,
            calendar: place.slug("calendar", row.calendar)?,
            calendar_version: row.calendar_version,
            started_at: place.instant("started_at", row.started_at)?,
            target_s: row.target_s,
            pauses: place.json("pauses", &row.pauses)?,
            deadline: place.instant_or_none("deadline", row.deadline)?,
            remaining_s: row.remaining_s,
            consumed_s: row.consumed_s,
            provisional: row.provisional,
            state: place.word("state", &row.state, ClockState::parse)?,
            outcome: row.outcome.as_deref().map(|text| place.json("outcome", text)).transpose()?,
            ended_at: place.instant_or_none("ended_at", row.ended_at)?,
            missed_at: place.instant_or_none("missed_at", row.missed_at)?,
            lowered: row.lowered,
            excuse: row.excuse.as_deref().map(|text| place.json("excuse", text)).transpose()?,
            steps: place.json("steps", &row.steps)?,
        })
    }
}

pub(crate) fn clock_row(clock: &Clock) -> Model {
    let (ticket, case) = match clock.subject {
        Subject::Ticket(id) => (Some(id.0), None),
        Subject::Case(id) => (None, Some(id.0)),
    };
    Model {
        id: clock.id.0,
        ticket_id: ticket,
        case_id: case,
        objective: clock.objective.as_str().to_owned(),
        cycle: i32::try_from(clock.cycle).unwrap_or(i32::MAX),
        revision: i32::try_from(clock.revision).unwrap_or(i32::MAX),
        policy_version: clock.policy_version,
        rule: clock.rule.clone(),
        calendar: clock.calendar.to_string(),
        calendar_version: clock.calendar_version,
        started_at: seconds(clock.started_at),
        target_s: clock.target_s,
        pauses: json(&clock.pauses),
        deadline: seconds_or_none(clock.deadline),
        remaining_s: clock.remaining_s,
        consumed_s: clock.consumed_s,
        provisional: clock.provisional,
        state: clock.state.as_str().to_owned(),
        outcome: clock.outcome.as_ref().map(json),
        ended_at: seconds_or_none(clock.ended_at),
        missed_at: seconds_or_none(clock.missed_at),
        lowered: clock.lowered,
        excuse: clock.excuse.as_ref().map(json),
        steps: json(&clock.steps),
    }
}

/// Clocks from rows, in the order in which they are read and shown.
pub(crate) fn clocks_of(rows: Vec<Model>) -> Result<Vec<Clock>, StoreError> {
    let mut clocks = rows.into_iter().map(Clock::try_from).collect::<Result<Vec<_>, _>>()?;
    clocks.sort_by_key(|clock| (clock.subject, clock.objective, clock.cycle, clock.revision));
    Ok(clocks)
}
