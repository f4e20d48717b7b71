//! The story of an instance: what happened to it, in the order of the facts.

use crate::Instant;
use crate::calendar::Pause;
use crate::clock::{Acknowledgement, StepFate, StepRecord};
use crate::event::{Event, EventKind, StepRef};
use crate::explain::instance::About;
use crate::explain::record::Record;
use crate::explain::{Happening, PausedBy, StartedBy, StepAccount, StepToldTo, StoryLine, terms};
use crate::policy::LadderStep;

/// What its account has found out already.
pub(super) struct Beginning<'a> {
    pub started_by: &'a StartedBy,
    pub missed_at: Option<Instant>,
    pub pauses: &'a [(Pause, PausedBy)],
}

pub(super) fn tell(record: &Record<'_>, about: &About<'_>, beginning: &Beginning<'_>) -> Vec<StoryLine> {
    let events = record.events_of(about.clock);
    let begins = begins(record, about, beginning);
    let mut lines = pauses(about, beginning, begins.at);
    lines.extend(misses(events, beginning.missed_at));
    lines.extend(steps(record, about));
    lines.extend(events.iter().filter_map(|event| said_of(about, event)));
    lines.extend(end(about, events));
    lines.push(begins);
    lines.sort_by_key(|line| (line.at, rank(&line.what)));
    lines
}

/// Of what happened in the same second, what comes first.
fn rank(what: &Happening) -> u8 {
    match what {
        Happening::Started { .. } | Happening::TookOver { .. } => 0,
        Happening::Resumed => 1,
        Happening::Paused { .. } => 2,
        Happening::Missed => 3,
        Happening::Step(_) => 4,
        Happening::StepUnanswered { .. } | Happening::StepAcknowledged { .. } | Happening::EscalationProposed => 5,
        Happening::Corrected { .. } => 6,
        Happening::Superseded | Happening::Ended { .. } => 7,
        Happening::EndTakenBack => 8,
        Happening::Excused { .. } | Happening::ExcuseRevoked { .. } => 9,
    }
}

fn line(at: Instant, recorded_at: Instant, what: Happening) -> StoryLine {
    StoryLine { at, recorded_at: Some(recorded_at).filter(|recorded_at| *recorded_at > at), what }
}

fn at_once(at: Instant, what: Happening) -> StoryLine {
    line(at, at, what)
}

/// A cycle that goes on, and a revision that takes over, begin their own story where they do so.
fn begins(record: &Record<'_>, about: &About<'_>, beginning: &Beginning<'_>) -> StoryLine {
    let clock = about.clock;
    if let Some(before) = about.before {
        let why = terms::recomputed(record, before, clock);
        let at = before.ended_at.unwrap_or(clock.started_at);
        return at_once(at, Happening::TookOver { from_revision: before.revision, why });
    }
    let at = match beginning.started_by {
        StartedBy::Reopened { at, .. } | StartedBy::CaseReopened { at, .. } => *at,
        StartedBy::Opened
        | StartedBy::OpenedBefore { .. }
        | StartedBy::CustomerWrote { .. }
        | StartedBy::StaffSpoke { .. }
        | StartedBy::CallLogged { .. }
        | StartedBy::PassedOn { .. }
        | StartedBy::CaseFiled
        | StartedBy::OperatorSpoke
        | StartedBy::OperatorAsked => clock.started_at,
    };
    let started = record.events_of(clock).iter().find(|event| matches!(event.kind, EventKind::ClockStarted { .. }));
    let recorded_at = started.map_or(at, |event| event.recorded_at);
    line(at, recorded_at, Happening::Started { by: beginning.started_by.clone() })
}

/// What stood still before the story begins is told where it happened.
fn pauses(about: &About<'_>, beginning: &Beginning<'_>, begins: Instant) -> Vec<StoryLine> {
    let ended = |at: Instant| about.clock.ended_at.is_some_and(|ended_at| at >= ended_at);
    let mut lines = Vec::new();
    for (pause, by) in beginning.pauses {
        if pause.from >= begins {
            lines.push(at_once(pause.from, Happening::Paused { by: *by }));
        }
        // The end of the clock ends its pause as well.
        lines.extend(pause.to.filter(|to| *to > begins && !ended(*to)).map(|to| at_once(to, Happening::Resumed)));
    }
    lines
}

/// Those on record, also of a miss that was corrected later, and the one that stands.
fn misses(events: &[&Event], stands: Option<Instant>) -> Vec<StoryLine> {
    let on_record = events.iter().filter(|event| matches!(event.kind, EventKind::ClockMissed { .. }));
    let mut missed: Vec<Instant> = on_record.map(|event| event.at).collect();
    missed.extend(stands);
    missed.sort_unstable();
    missed.dedup();
    missed.into_iter().map(|at| at_once(at, Happening::Missed)).collect()
}

fn steps(record: &Record<'_>, about: &About<'_>) -> Vec<StoryLine> {
    let desk = record.material.desk;
    let ladder = crate::clock::terms_of_clock(desk, about.clock).map(|terms| terms.ladder.steps.clone());
    let ladder = ladder.unwrap_or_default();
    let events = record.events_of(about.clock);
    about.clock.steps.iter().flat_map(|step| step_lines(events, step, ladder.get(step.step as usize))).collect()
}

fn step_lines(events: &[&Event], record: &StepRecord, of_ladder: Option<&LadderStep>) -> Vec<StoryLine> {
    let (step, repetition) = (record.step, record.repetition);
    let account = StepAccount {
        step,
        repetition,
        due_at: record.due_at,
        late_s: (record.at - record.due_at).num_seconds().max(0),
        ladder_step: of_ladder.cloned(),
        fate: told_to(events, record),
        acknowledge_within_s: record.acknowledgement.as_ref().map(|wanted| wanted.within_s),
        delivered_at: record.acknowledgement.as_ref().and_then(|wanted| wanted.delivered_at),
        deliveries: Vec::new(),
    };
    let mut lines = vec![at_once(record.at, Happening::Step(Box::new(account)))];
    if let Some(Acknowledgement { by, timed_out_at, .. }) = &record.acknowledgement {
        lines.extend(timed_out_at.map(|at| at_once(at, Happening::StepUnanswered { step, repetition })));
        lines.extend(by.map(|(by, at)| at_once(at, Happening::StepAcknowledged { step, repetition, by })));
    }
    lines
}

/// The record says that it fired; the event says whom it told.
fn told_to(events: &[&Event], record: &StepRecord) -> StepToldTo {
    let this = StepRef { step: record.step, repetition: record.repetition };
    match record.fate {
        StepFate::Nobody => StepToldTo::Nobody,
        StepFate::Suppressed(why) => StepToldTo::Suppressed { why },
        StepFate::Fired => {
            let fired = events.iter().find_map(|event| match &event.kind {
                EventKind::StepFired { step, told, elsewhere, .. } if *step == this => Some((told.clone(), *elsewhere)),
                _ => None,
            });
            let (told, elsewhere) = fired.unwrap_or_default();
            StepToldTo::Fired { told, elsewhere }
        }
    }
}

/// What people and late facts did to it.
fn said_of(about: &About<'_>, event: &Event) -> Option<StoryLine> {
    let by = event.actor;
    let what = match &event.kind {
        EventKind::ClockCorrected { .. } => Happening::Corrected { by },
        EventKind::ClockExcused { .. } => {
            let stands = about.clock.excuse.as_ref().filter(|excuse| excuse.at == event.at);
            Happening::Excused { by, reason: stands.map(|excuse| excuse.reason.clone()) }
        }
        EventKind::ExcuseRevoked { .. } => Happening::ExcuseRevoked { by },
        EventKind::ClockResumed { .. } => Happening::EndTakenBack,
        EventKind::EscalationProposed { .. } => Happening::EscalationProposed,
        _ => return None,
    };
    Some(line(event.at, event.recorded_at, what))
}

fn end(about: &About<'_>, events: &[&Event]) -> Option<StoryLine> {
    let clock = about.clock;
    let (at, outcome) = clock.ended_at.zip(clock.outcome)?;
    let is_end =
        |event: &&&Event| matches!(event.kind, EventKind::ClockEnded { .. } | EventKind::ClockSuperseded { .. });
    let recorded_at = events.iter().rfind(is_end).map_or(at, |event| event.recorded_at);
    let what = if clock.is_superseded() { Happening::Superseded } else { Happening::Ended { outcome } };
    Some(line(at, recorded_at, what))
}
