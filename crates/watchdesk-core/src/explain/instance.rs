//! One instance: by what it began, where it stands, and how its deadline follows.

use crate::Instant;
use crate::calendar::Pause;
use crate::case::Case;
use crate::clock::{
    Beat, CaseBeat, Clock, ClockState, DueAction, Objective, Terms, called_next, next_due, terms_of_clock,
};
use crate::event::{ActorRef, Event, EventKind};
use crate::explain::record::Record;
use crate::explain::{InstanceAccount, Leg, Next, PausedBy, StartedBy, legs, story, terms};
use crate::ids::{AgentId, MessageId};
use crate::ticket::State;

/// The instance that is told, and what it is told beside.
pub(super) struct About<'a> {
    pub clock: &'a Clock,
    /// The revision before it.
    pub before: Option<&'a Clock>,
    /// All clocks of the same subject.
    pub siblings: &'a [Clock],
    /// Of which case it is the operator's clock.
    pub case: Option<&'a Case>,
}

pub(super) fn account(record: &Record<'_>, about: &About<'_>) -> InstanceAccount {
    let (clock, now) = (about.clock, record.material.now);
    let terms = terms_of_clock(record.material.desk, clock);
    let pauses: Vec<(Pause, PausedBy)> =
        clock.pauses.iter().map(|pause| (*pause, paused_by(record, about, pause))).collect();
    let started_by = started_by(record, about);
    let missed_at = missed_at(clock, now);
    let used_s = used_s(clock, terms.as_ref(), now);
    InstanceAccount {
        clock: clock.id,
        revision: clock.revision,
        started_at: clock.started_at,
        terms: terms::account(record, about, terms.as_ref()),
        state: clock.state,
        outcome: clock.outcome,
        ended_at: clock.ended_at,
        deadline: clock.deadline,
        remaining_s: clock.remaining_s,
        used_s,
        over_s: missed_at.map(|_| used_s - clock.target_s).filter(|over_s| *over_s > 0),
        missed_at,
        lowered: clock.lowered,
        provisional: clock.provisional,
        excuse: clock.excuse.clone(),
        legs: way_to_deadline(clock, terms.as_ref(), &pauses),
        story: story::tell(record, about, &story::Beginning { started_by: &started_by, missed_at, pauses: &pauses }),
        next: terms.as_ref().and_then(|terms| next(clock, terms)),
        started_by,
    }
}

/// A miss that nothing has put on record yet is one all the same.
fn missed_at(clock: &Clock, now: Instant) -> Option<Instant> {
    let unseen = clock.deadline.filter(|deadline| clock.state != ClockState::Ended && *deadline < now);
    clock.missed_at.or(unseen)
}

fn used_s(clock: &Clock, terms: Option<&Terms<'_>>, now: Instant) -> i64 {
    let counted = || {
        let calendar = &terms?.calendar.calendar;
        let to = clock.ended_at.unwrap_or(now);
        Some(calendar.elapsed(clock.started_at, to, &clock.pauses).ok()?.seconds.cast_signed())
    };
    clock.consumed_s.or_else(counted).unwrap_or_default()
}

fn way_to_deadline(clock: &Clock, terms: Option<&Terms<'_>>, pauses: &[(Pause, PausedBy)]) -> Vec<Leg> {
    let held = || clock.pauses.iter().filter(|pause| pause.to.is_none()).map(|pause| pause.from).min();
    let Some((terms, to)) = terms.zip(clock.deadline.or_else(held)) else { return Vec::new() };
    legs::legs(&terms.calendar.calendar, clock.started_at, to, pauses)
}

fn next(clock: &Clock, terms: &Terms<'_>) -> Option<Next> {
    let ladder_step = |step: u32| terms.ladder.steps.get(step as usize).cloned();
    let (at, action) = next_due(clock, terms)?;
    match action {
        DueAction::Step { step, .. } => Some(Next::Step { at, step, ladder_step: ladder_step(step)? }),
        DueAction::TimeOut { step, repetition } => {
            let then = called_next(clock, terms.ladder, step, repetition).and_then(|(step, _)| ladder_step(step));
            Some(Next::TimeOut { at, step, repetition, then })
        }
    }
}

fn paused_by(record: &Record<'_>, about: &About<'_>, pause: &Pause) -> PausedBy {
    if ended_before(about).any(|ended_at| ended_at == pause.from) {
        return PausedBy::Finished;
    }
    if about.case.is_some() {
        return PausedBy::WaitingOnUs;
    }
    let waiting = record.events().iter().rev().find_map(|event| match event.kind {
        EventKind::Moved { to: State::Waiting { until } } if event.at <= pause.from => Some(until),
        _ => None,
    });
    PausedBy::Waiting { until: waiting.flatten() }
}

/// When the earlier cycles ended that this one carries on.
fn ended_before(about: &About<'_>) -> impl Iterator<Item = Instant> {
    let clock = about.clock;
    let earlier = |other: &&Clock| other.objective == clock.objective && other.cycle < clock.cycle;
    let earlier = about.siblings.iter().filter(earlier).filter(|other| !other.is_superseded());
    earlier.filter_map(|other| other.ended_at).filter(|ended_at| *ended_at > clock.started_at)
}

fn started_by(record: &Record<'_>, about: &About<'_>) -> StartedBy {
    let at = about.clock.started_at;
    match about.clock.objective {
        Objective::Triage => StartedBy::Opened,
        Objective::FirstResponse => opened(record, at),
        Objective::Resolution if about.clock.cycle > 1 => {
            let (at, continues) = taken_up_again(about);
            StartedBy::Reopened { at, continues }
        }
        Objective::Resolution => opened(record, at),
        Objective::NextResponse => customer_wrote(record, at),
        Objective::PeriodicUpdate => staff_spoke(record, at),
        Objective::UpstreamAcknowledgement => StartedBy::CaseFiled,
        Objective::UpstreamUpdate => operator_spoke(about, at),
        Objective::UpstreamResolution if about.clock.cycle > 1 => {
            let (at, continues) = taken_up_again(about);
            StartedBy::CaseReopened { at, continues }
        }
        Objective::UpstreamResolution => StartedBy::CaseFiled,
    }
}

fn opened(record: &Record<'_>, at: Instant) -> StartedBy {
    let absorbed = |event: &Event| match &event.kind {
        EventKind::Absorbed { ticket, beats, .. } if beats.contains(&(at, Beat::Opened)) => Some(*ticket),
        _ => None,
    };
    if at == record.material.ticket.opened_at {
        return StartedBy::Opened;
    }
    match record.events().iter().find_map(absorbed) {
        Some(ticket) => StartedBy::OpenedBefore { ticket },
        None => StartedBy::Opened,
    }
}

/// When, and whether it carries the seconds that were used before.
fn taken_up_again(about: &About<'_>) -> (Instant, bool) {
    let clock = about.clock;
    let gap = |ended_at| clock.pauses.iter().find(|pause| pause.from == ended_at);
    let last = ended_before(about).max();
    match last.and_then(gap).and_then(|pause| pause.to) {
        Some(at) => (at, true),
        None => (clock.started_at, false),
    }
}

fn customer_wrote(record: &Record<'_>, at: Instant) -> StartedBy {
    let message = record.timeline.beats().find_map(|(wrote_at, beat)| match beat {
        Beat::CustomerWrote(message) if wrote_at == at => Some(message),
        Beat::Opened | Beat::CustomerWrote(_) | Beat::StaffSpoke(_) | Beat::Triaged | Beat::Phase(_) => None,
    });
    let contact = message.and_then(|message| message_event(record, message)).and_then(|event| match &event.kind {
        EventKind::MessageAdded { contact, .. } => *contact,
        _ => None,
    });
    StartedBy::CustomerWrote { message, contact }
}

fn message_event<'a>(record: &Record<'a>, wanted: MessageId) -> Option<&'a Event> {
    let is_it = |event: &&Event| matches!(event.kind, EventKind::MessageAdded { message, .. } if message == wanted);
    record.events().iter().find(is_it)
}

fn staff_spoke(record: &Record<'_>, at: Instant) -> StartedBy {
    let message = record.timeline.beats().find_map(|(spoke_at, beat)| match beat {
        Beat::StaffSpoke(Some(message)) if spoke_at == at => Some(message),
        Beat::Opened | Beat::CustomerWrote(_) | Beat::StaffSpoke(_) | Beat::Triaged | Beat::Phase(_) => None,
    });
    if let Some(message) = message {
        let agent = message_event(record, message).and_then(|event| agent(event.actor));
        return StartedBy::StaffSpoke { message: Some(message), agent };
    }
    let without_message = record.events().iter().find_map(|event| match &event.kind {
        EventKind::CallLogged { message, .. } if event.at == at => {
            Some(StartedBy::CallLogged { message: *message, agent: agent(event.actor) })
        }
        EventKind::CaseFiled { case, .. } if event.recorded_at == at => Some(StartedBy::PassedOn { case: *case }),
        _ => None,
    });
    without_message.unwrap_or(StartedBy::StaffSpoke { message: None, agent: None })
}

fn agent(actor: ActorRef) -> Option<AgentId> {
    match actor {
        ActorRef::Agent(id) => Some(id),
        ActorRef::Contact(_) | ActorRef::System => None,
    }
}

fn operator_spoke(about: &About<'_>, at: Instant) -> StartedBy {
    let beats = about.case.into_iter().flat_map(|case| case.timeline.beats());
    let started = beats.filter(|(beat_at, _)| *beat_at == at).find_map(|(_, beat)| match beat {
        CaseBeat::Filed => Some(StartedBy::CaseFiled),
        CaseBeat::OperatorSpoke => Some(StartedBy::OperatorSpoke),
        CaseBeat::WaitsOnUs => Some(StartedBy::OperatorAsked),
        CaseBeat::Reopened => Some(StartedBy::CaseReopened { at, continues: false }),
        CaseBeat::WeAnswered | CaseBeat::Solved | CaseBeat::NotSolved | CaseBeat::Refused | CaseBeat::Withdrawn => None,
    });
    started.unwrap_or(StartedBy::OperatorSpoke)
}
