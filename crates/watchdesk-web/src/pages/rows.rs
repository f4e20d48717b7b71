//! Tickets in a list, and how a clock is shown.

use std::collections::BTreeMap;

use watchdesk_core::Instant;
use watchdesk_core::clock::{Clock, ClockState, Outcome, Subject};
use watchdesk_core::event::MessageKind;
use watchdesk_core::ids::TicketId;
use watchdesk_store::tickets::{self, TicketRecord};
use watchdesk_templates::pages::{Countdown, Level, QueueRow};

use super::names::{self, Staff};
use super::visit::Visit;
use crate::problem::Problem;

/// The last hour is near; of a short target, its last half.
const NEAR_S: i64 = 3_600;

/// Four queries, however many tickets.
pub(super) async fn rows(visit: &Visit, records: &[TicketRecord]) -> Result<Vec<QueueRow>, Problem> {
    let store = &visit.app.store;
    let ids: Vec<TicketId> = records.iter().map(|record| record.ticket.id).collect();
    let kinds = MessageKind::ALL.into_iter().filter(|kind| *kind != MessageKind::Operator || visit.may_see_cases());
    let kinds: Vec<MessageKind> = kinds.collect();
    let (clocks, voices, staff, customers) = tokio::try_join!(
        tickets::clocks_of_many(store, &ids),
        tickets::last_voices(store, &ids, &kinds),
        Staff::named(visit, records.iter().filter_map(|record| record.ticket.owner)),
        names::customer_names(visit, records.iter().filter_map(|record| record.ticket.customer)),
    )?;
    let voices: BTreeMap<TicketId, MessageKind> = voices.into_iter().collect();
    let row = |record: &TicketRecord| {
        let ticket = &record.ticket;
        let due = next_due(clocks.iter().filter(|clock| clock.subject == Subject::Ticket(ticket.id)));
        QueueRow {
            number: ticket.number.0,
            subject: record.words.subject.clone(),
            state: ticket.state.kind().as_str().to_owned(),
            severity: ticket.severity.map(|severity| severity.as_str().to_owned()),
            customer: ticket.customer.and_then(|id| customers.get(&id).cloned()),
            category: ticket.category.as_ref().map(|slug| names::category(visit, slug)),
            service: ticket.service.as_ref().map(|slug| names::service(visit, slug)),
            owner: ticket.owner.map(|id| staff.person(id)),
            team: None,
            due: due.map(|clock| countdown(clock, visit.now)),
            due_objective: due.map(|clock| clock.objective.as_str().to_owned()),
            last_activity_at: ticket.updated_at,
            last_from: last_from(voices.get(&ticket.id).copied()).to_owned(),
            snoozed_until: ticket.snoozed_until,
        }
    };
    Ok(records.iter().map(row).collect())
}

fn last_from(kind: Option<MessageKind>) -> &'static str {
    match kind {
        Some(MessageKind::Customer) => "customer",
        Some(MessageKind::Public | MessageKind::Note) => "staff",
        Some(MessageKind::Operator) => "operator",
        Some(MessageKind::Automatic) | None => "system",
    }
}

/// What is due first; a clock that stands still comes after those that run.
pub(super) fn next_due<'c>(clocks: impl Iterator<Item = &'c Clock>) -> Option<&'c Clock> {
    let unfinished = clocks.filter(|clock| clock.state != ClockState::Ended);
    unfinished.min_by_key(|clock| (clock.deadline.is_none(), clock.deadline, clock.remaining_s))
}

pub(super) fn countdown(clock: &Clock, now: Instant) -> Countdown {
    match (clock.state, clock.outcome, clock.deadline) {
        (ClockState::Ended, Some(Outcome::Met), _) => Countdown::met(),
        (ClockState::Ended, Some(Outcome::MetLate), deadline) => {
            let late = clock.ended_at.zip(deadline).map_or(0, |(ended, deadline)| (ended - deadline).num_seconds());
            Countdown::met_late(late.max(0))
        }
        (ClockState::Ended, Some(Outcome::Cancelled(_) | Outcome::Superseded) | None, _) => Countdown::ended(),
        (ClockState::Paused, _, None) => Countdown::paused(clock.remaining_s.unwrap_or_default()),
        (ClockState::Running | ClockState::Paused, _, Some(deadline)) => {
            let near = chrono::Duration::seconds(NEAR_S.min(clock.target_s / 2));
            let running = Countdown::running(deadline, deadline - near, now);
            Countdown { provisional: clock.provisional, ..running }
        }
        (ClockState::Running, _, None) => Countdown { level: Level::Ended, ..Countdown::ended() },
    }
}

/// How much of the target is used up, in percent; over 100 once it is missed.
pub(super) fn used_percent(clock: &Clock, now: Instant) -> i64 {
    let until = clock.ended_at.unwrap_or(now);
    let left = match (clock.deadline, clock.remaining_s) {
        (Some(deadline), _) => (deadline - until).num_seconds(),
        (None, Some(remaining)) => remaining,
        (None, None) => 0,
    };
    let target = clock.target_s.max(1);
    ((target - left).max(0) * 100 / target).min(999)
}
