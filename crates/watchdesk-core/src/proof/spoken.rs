//! What is true of everything that the ladders say: once to everybody, in order, never early, and late where it was.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;

use crate::Instant;
use crate::clock::{Clock, ClockRef, StepFate, Subject, Suppression, step_at, terms_of_clock};
use crate::decision::Decision;
use crate::desk::Desk;
use crate::effect::{Call, Effect, Notice, Recipient};
use crate::event::{Event, EventKind, StepRef};
use crate::ids::ClockId;
use crate::proof::invariants::{Checked, ensure};

type Spoken = (ClockId, StepRef);

struct Said {
    about: Spoken,
    due_at: Instant,
    to: usize,
}

/// Of a decision that was made at `now`.
pub fn check(desk: &Desk, decision: &Decision, now: Instant) -> Checked {
    recorded_at(decision, now)?;
    let said = said(decision);
    let sent = sent(&decision.effects);
    let mut known = BTreeSet::new();
    for one in &said {
        let (id, step) = one.about;
        let wrong = |what: &str| format!("step {} round {} of {id} {what}", step.step, step.repetition);
        ensure(known.insert((id, step.step, step.repetition)), || wrong("is fired twice in one decision"))?;
        ensure(one.due_at <= now, || wrong("is fired before its time"))?;
        let effects = sent.get(&(id, step.step, step.repetition)).map_or(&[][..], Vec::as_slice);
        ensure(effects.len() == one.to, || wrong(&format!("has {} effects for {}", effects.len(), one.to)))?;
        let clock = clock(decision, id).ok_or_else(|| wrong("is of no clock"))?;
        let could_be_said = one.due_at.max(known_since(decision, clock, step));
        for (effect, call) in effects {
            ensure(call.due_at == one.due_at, || wrong("tells another time than when it was due"))?;
            let late = now - could_be_said >= Duration::seconds(desk.settings.digest_after_s);
            let held = late && !matches!(effect.to, Recipient::Webhook(_));
            ensure(effect.held == held, || wrong("is late, and is sent as if it were not; or the other way round"))?;
        }
        ensure(is_its_turn(desk, clock, step, now), || wrong(&format!("is fired out of its turn: {clock:?}")))?;
    }
    ensure(sent.len() == known.len(), || "something is told that no event knows of".to_owned())?;
    in_order(decision, &said)
}

/// When it was processed is on record as it was, however late.
fn recorded_at(decision: &Decision, now: Instant) -> Checked {
    let speaks = |kind: &EventKind| matches!(kind, EventKind::StepFired { .. } | EventKind::StepReachedNobody { .. });
    let mut events = decision.tickets.iter().flat_map(|change| &change.events).filter(|event| speaks(&event.kind));
    let wrong = events.find(|event| event.recorded_at != now || event.at < now);
    ensure(wrong.is_none(), || format!("said at {now}, and on record at another time: {wrong:?}"))
}

/// Every step that spoke, once, also where it is on record with several tickets.
fn said(decision: &Decision) -> Vec<Said> {
    let mut said: Vec<Said> = Vec::new();
    for event in decision.tickets.iter().flat_map(|change| &change.events) {
        let EventKind::StepFired { clock, step, due_at, told, elsewhere } = &event.kind else { continue };
        let about = (id_of(event, clock), *step);
        let first = decision.tickets.iter().find(|change| Some(change.ticket.id) == about_first(decision, clock));
        if clock.case.is_none() || first.is_none_or(|change| change.ticket.id == event.ticket) {
            let to = told.len() + usize::try_from(*elsewhere).unwrap_or(usize::MAX);
            said.push(Said { about, due_at: *due_at, to });
        }
    }
    said
}

/// Of the case's tickets the first.
fn about_first(decision: &Decision, clock: &ClockRef) -> Option<crate::ids::TicketId> {
    let case = decision.cases.iter().find(|change| Some(change.case.id) == clock.case)?;
    case.case.tickets.first().copied()
}

fn id_of(event: &Event, clock: &ClockRef) -> ClockId {
    let subject = clock.case.map_or(Subject::Ticket(event.ticket), Subject::Case);
    Clock::id_of(subject, clock.objective, clock.cycle, clock.revision)
}

/// By clock, step and round.
type Sent<'a> = BTreeMap<(ClockId, u32, u32), Vec<(&'a Effect, Call)>>;

fn sent(effects: &[Effect]) -> Sent<'_> {
    let mut sent: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for effect in effects {
        if let Some((clock, call)) = call_of(&effect.notice) {
            sent.entry((clock, call.step.step, call.step.repetition)).or_default().push((effect, call));
        }
    }
    sent
}

pub fn call_of(notice: &Notice) -> Option<(ClockId, Call)> {
    match notice {
        Notice::TargetNear { clock, call, .. } | Notice::TargetMissed { clock, call, .. } => Some((*clock, *call)),
        _ => None,
    }
}

fn clocks(decision: &Decision) -> impl Iterator<Item = &Clock> {
    let of_tickets = decision.tickets.iter().flat_map(|change| &change.clocks);
    of_tickets.chain(decision.cases.iter().flat_map(|change| &change.case.clocks))
}

fn clock(decision: &Decision, id: ClockId) -> Option<&Clock> {
    clocks(decision).find(|clock| clock.id == id)
}

/// Since when anybody could know what the clock shows: its terms may be younger than what is due under them.
fn known_since(decision: &Decision, clock: &Clock, step: StepRef) -> Instant {
    let cycle = |clock: &Clock| (clock.subject, clock.objective, clock.cycle);
    let before = clocks(decision).filter(|old| cycle(old) == cycle(clock) && old.revision < clock.revision);
    let superseded = before.filter(|old| old.is_superseded()).filter_map(|old| old.ended_at);
    let recomputed = StepFate::Suppressed(Suppression::Recomputed);
    let said_before =
        clock.steps.iter().take_while(|record| (record.step, record.repetition) != (step.step, step.repetition));
    let passed_over = said_before.filter(|record| record.fate == recomputed).map(|record| record.at);
    superseded.chain(passed_over).max().unwrap_or(clock.started_at)
}

/// Its own time has come, or the one before it called and nobody answered.
fn is_its_turn(desk: &Desk, clock: &Clock, step: StepRef, now: Instant) -> bool {
    let unanswered = |step: u32, repetition: u32| {
        clock.step(step, repetition).is_some_and(|record| {
            record.fate == StepFate::Nobody
                || record.acknowledgement.as_ref().is_some_and(|wanted| wanted.timed_out_at.is_some())
        })
    };
    if step.repetition > 0 {
        return clock.steps.iter().any(|record| unanswered(record.step, record.repetition));
    }
    let own = || {
        let terms = terms_of_clock(desk, clock)?;
        step_at(clock, terms.ladder.steps.get(step.step as usize)?.time()?, &terms)
    };
    own().is_some_and(|at| at <= now) || step.step.checked_sub(1).is_some_and(|before| unanswered(before, 0))
}

/// In the order of due time, for each subject. A clock that was measured anew on the way may bring what had been due
/// before.
fn in_order(decision: &Decision, said: &[Said]) -> Checked {
    let anew = |kind: &EventKind| matches!(kind, EventKind::ClockStarted { .. } | EventKind::ClockSuperseded { .. });
    if decision.tickets.iter().flat_map(|change| &change.events).any(|event| anew(&event.kind)) {
        return Ok(());
    }
    let mut before: BTreeMap<Option<Subject>, Instant> = BTreeMap::new();
    for one in said {
        let subject = clock(decision, one.about.0).map(|clock| clock.subject);
        let last = before.insert(subject, one.due_at);
        ensure(last.is_none_or(|last| last <= one.due_at), || {
            format!("out of order: {:?}", said.iter().map(|one| one.due_at).collect::<Vec<_>>())
        })?;
    }
    Ok(())
}
