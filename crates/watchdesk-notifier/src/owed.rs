//! The clock that a ladder's notice speaks of, and whether there is still something to say.

use watchdesk_core::Instant;
use watchdesk_core::case::Case;
use watchdesk_core::clock::{Clock, ClockState, Objective, Outcome};
use watchdesk_core::effect::{Call, Notice};
use watchdesk_core::ids::{ClockId, TicketId};
use watchdesk_store::{Store, StoreError, cases, tickets};

/// What a step of a ladder says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spoken {
    pub clock: ClockId,
    pub objective: Objective,
    pub call: Call,
    pub is_miss: bool,
}

impl Spoken {
    pub fn of(notice: &Notice) -> Option<Self> {
        match *notice {
            Notice::TargetNear { clock, objective, call } => Some(Self { clock, objective, call, is_miss: false }),
            Notice::TargetMissed { clock, objective, call } => Some(Self { clock, objective, call, is_miss: true }),
            Notice::Received { .. }
            | Notice::Reply { .. }
            | Notice::PassedOn { .. }
            | Notice::IncidentLinked { .. }
            | Notice::IncidentOver { .. }
            | Notice::RetestWanted { .. }
            | Notice::Resolved { .. }
            | Notice::Closed
            | Notice::Assigned
            | Notice::CustomerWrote { .. }
            | Notice::WaitingOver
            | Notice::NobodyToCall { .. }
            | Notice::EscalationProposed { .. }
            | Notice::Digest
            | Notice::RotaGap { .. }
            | Notice::HandOver { .. }
            | Notice::TimersStuck
            | Notice::CaseAnswered { .. }
            | Notice::ToOperator { .. }
            | Notice::DailySummary { .. } => None,
        }
    }
}

/// A clock of a ticket's, or of a case of its.
#[derive(Debug, Clone)]
pub(crate) struct Owed {
    pub clock: Clock,
    pub case: Option<Case>,
}

pub(crate) async fn find(store: &Store, ticket: TicketId, id: ClockId) -> Result<Option<Owed>, StoreError> {
    if let Some(clock) = latest(&tickets::clocks(store, ticket).await?, id) {
        return Ok(Some(Owed { clock: clock.clone(), case: None }));
    }
    Ok(of_cases(&cases::of_ticket(store, ticket).await?, id))
}

/// The clock with that id, or the one that took over from it: what was to be said of the one is true of the other.
pub(crate) fn latest(clocks: &[Clock], id: ClockId) -> Option<&Clock> {
    let named = clocks.iter().find(|clock| clock.id == id)?;
    let same_cycle =
        |clock: &&Clock| (clock.subject, clock.objective, clock.cycle) == (named.subject, named.objective, named.cycle);
    clocks.iter().filter(same_cycle).max_by_key(|clock| clock.revision)
}

/// The operator's clock with that id.
pub(crate) fn of_cases(cases: &[Case], id: ClockId) -> Option<Owed> {
    cases.iter().find_map(|case| {
        let clock = latest(&case.clocks, id)?;
        Some(Owed { clock: clock.clone(), case: Some(case.clone()) })
    })
}

/// The clock, or why nothing is to be said of it any more.
pub(crate) fn still(owed: Option<Owed>) -> Result<Owed, String> {
    let owed = owed.ok_or("nothing is owed any more")?;
    let why = match (owed.clock.state, owed.clock.outcome) {
        (ClockState::Running | ClockState::Paused, _) => return Ok(owed),
        (ClockState::Ended, Some(Outcome::Superseded)) => "the target changed before this was sent",
        (ClockState::Ended, Some(Outcome::Cancelled(_))) => "nothing is owed any more",
        (ClockState::Ended, Some(Outcome::Met | Outcome::MetLate) | None) => "it was done before this was sent",
    };
    Err(why.to_owned())
}

/// As it stands now, whatever the step was to tell: one that is called before its time tells of a target that is near.
pub(crate) fn is_missed(clock: &Clock, now: Instant) -> bool {
    clock.deadline.map_or(clock.missed_at.is_some(), |at| at <= now)
}
