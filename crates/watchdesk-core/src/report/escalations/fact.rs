//! What a report wants to know of one case.

use crate::Instant;
use crate::case::{Case, CaseState, EscalationReason};
use crate::clock::{CaseBeat, Objective, terms_of_clock};
use crate::desk::Desk;
use crate::division::Shares;
use crate::event::{ActorRef, Event, EventKind};
use crate::ids::{AgentId, CaseId, Slug, TicketId};
use crate::report::{self, Month, Reading, Verdict};

/// One case that was filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    pub case: CaseId,
    pub about: About,
    pub reason: EscalationReason,
    pub filed_at: Instant,
    pub acknowledged: Acknowledged,
    /// Updates that the operator owed and that came late, or are overdue.
    pub late_updates: u32,
    pub fate: Fate,
    pub was_reopened: bool,
    pub was_lowered: bool,
    pub has_lesson: bool,
    /// Seconds of the operator's own hours from filing to its first sign; none where there was no target, or none yet.
    pub acknowledged_s: Option<i64>,
    /// The same to its first answer, without the time that the case waited on us.
    pub answered_s: Option<i64>,
    /// Those of its tickets that the reader may see, with their time in wall seconds.
    pub tickets: Vec<(TicketId, Shares)>,
}

/// Product and category are those of the first of its tickets, as they now stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    pub month: Month,
    pub operator: Slug,
    pub product: Option<Slug>,
    pub category: Option<Slug>,
    /// Who filed it.
    pub agent: Option<AgentId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Acknowledged {
    InTime,
    Late,
    /// Not acknowledged, and the target has passed.
    Overdue,
    NotYet,
    /// It ended without one.
    Never,
    /// No target was set for it.
    Unpromised,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// The operator has it, again perhaps.
    Open,
    Refused,
    Withdrawn,
    Solved,
    NotSolved,
}

impl Fate {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Solved => "solved",
            Self::NotSolved => "not_solved",
        }
    }
}

impl Escalation {
    /// None where the case was never filed. `tickets` are those that the reader may see.
    pub fn of(desk: &Desk, case: &Case, about: About, tickets: Vec<(TicketId, Shares)>, now: Instant) -> Option<Self> {
        let nothing = report::About::default();
        let readings = report::readings(&case.clocks, &nothing, now);
        let promised = readings.iter().find(|reading| reading.objective == Objective::UpstreamAcknowledgement);
        Some(Self {
            case: case.id,
            about,
            reason: case.reason,
            filed_at: case.filed_at?,
            acknowledged: promised.map_or(Acknowledged::Unpromised, acknowledged),
            late_updates: late_updates(&readings),
            fate: fate(case),
            was_reopened: case.reopened_count > 0,
            was_lowered: case.severity_lowered.is_some_and(|lowered| lowered > case.severity),
            has_lesson: case.words.lesson.is_some(),
            acknowledged_s: promised.and_then(|reading| reading.used_s),
            answered_s: answered_s(desk, case),
            tickets,
        })
    }

    /// The operator, or the desk itself, found that it should not have gone up.
    pub fn wants_lesson(&self) -> bool {
        matches!(self.fate, Fate::Refused | Fate::Withdrawn)
    }
}

/// Whoever put the filing on record.
pub fn filed_by(events: &[Event], id: CaseId) -> Option<AgentId> {
    let filing = events.iter().find(|event| matches!(event.kind, EventKind::CaseFiled { case, .. } if case == id))?;
    match filing.actor {
        ActorRef::Agent(agent) => Some(agent),
        ActorRef::Contact(_) | ActorRef::System => None,
    }
}

fn acknowledged(reading: &Reading) -> Acknowledged {
    match reading.verdict {
        Verdict::Met => Acknowledged::InTime,
        Verdict::MetLate => Acknowledged::Late,
        Verdict::MissedRunning => Acknowledged::Overdue,
        Verdict::Running => Acknowledged::NotYet,
        Verdict::Cancelled { .. } => Acknowledged::Never,
    }
}

fn late_updates(readings: &[Reading]) -> u32 {
    let updates = readings.iter().filter(|reading| reading.objective == Objective::UpstreamUpdate);
    let late = updates.filter(|reading| match reading.verdict {
        Verdict::MetLate | Verdict::MissedRunning => true,
        Verdict::Cancelled { missed } => missed,
        Verdict::Met | Verdict::Running => false,
    });
    u32::try_from(late.count()).unwrap_or(u32::MAX)
}

/// What a confirmed case was answered with stands in its timeline alone.
fn fate(case: &Case) -> Fate {
    match case.state {
        CaseState::Drafted
        | CaseState::Filed { .. }
        | CaseState::Acknowledged { .. }
        | CaseState::WaitingOnUs { .. }
        | CaseState::Reopened { .. } => Fate::Open,
        CaseState::Refused { .. } => Fate::Refused,
        CaseState::Withdrawn { .. } => Fate::Withdrawn,
        CaseState::Answered { .. } | CaseState::Confirmed { .. } => {
            let answers = case.timeline.beats().filter_map(|(_, beat)| answer(beat));
            answers.last().unwrap_or(Fate::NotSolved)
        }
    }
}

fn answer(beat: CaseBeat) -> Option<Fate> {
    match beat {
        CaseBeat::Solved => Some(Fate::Solved),
        CaseBeat::NotSolved => Some(Fate::NotSolved),
        CaseBeat::Filed
        | CaseBeat::OperatorSpoke
        | CaseBeat::WaitsOnUs
        | CaseBeat::WeAnswered
        | CaseBeat::Refused
        | CaseBeat::Withdrawn
        | CaseBeat::Reopened => None,
    }
}

/// On the hours that the case's own clocks run by; a case without clocks has none.
fn answered_s(desk: &Desk, case: &Case) -> Option<i64> {
    let (answered_at, _) = case.timeline.beats().find(|(_, beat)| answer(*beat).is_some())?;
    let clock = case.clocks.iter().min_by_key(|clock| clock.objective)?;
    let calendar = &terms_of_clock(desk, clock)?.calendar.calendar;
    let mut seconds: i64 = 0;
    let mut since: Option<Instant> = None;
    for (at, beat) in case.timeline.beats().take_while(|(at, _)| *at <= answered_at) {
        match (beat, since) {
            (CaseBeat::Filed | CaseBeat::WeAnswered, None) => since = Some(at),
            (CaseBeat::WaitsOnUs, Some(from)) => {
                seconds += calendar.elapsed(from, at, &[]).ok()?.seconds.cast_signed();
                since = None;
            }
            (
                CaseBeat::Filed
                | CaseBeat::WeAnswered
                | CaseBeat::WaitsOnUs
                | CaseBeat::OperatorSpoke
                | CaseBeat::Solved
                | CaseBeat::NotSolved
                | CaseBeat::Refused
                | CaseBeat::Withdrawn
                | CaseBeat::Reopened,
                _,
            ) => {}
        }
    }
    let last = since.map_or(Some(0), |from| {
        calendar.elapsed(from, answered_at, &[]).ok().map(|elapsed| elapsed.seconds.cast_signed())
    })?;
    Some(seconds + last)
}
