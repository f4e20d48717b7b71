//! What the ladders have to say by now. A call that is too early changes nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::Duration;

use crate::Instant;
use crate::clock::{
    Acknowledgement, Clock, ClockRef, DueAction, StepFate, StepRecord, Subject, Suppression, called_next, next_due,
    terms_of_clock,
};
use crate::decide::work::Work;
use crate::decide::{calls, notices, triage};
use crate::effect::{Call, Notice, Recipient};
use crate::event::{ActorRef, EventKind, StepRef};
use crate::ids::{AgentId, ClockId, TicketId};
use crate::policy::{AssignTo, LadderStep};
use crate::refusal::Because;
use crate::ticket::{Severity, Ticket};

/// Steps and time-outs that one firing works through; what is left is due at once again.
const ACTIONS_MAX: usize = 200;

/// Everything that is due by now, in the order in which it was due.
pub(super) fn fire(work: &mut Work<'_>, subject: Subject) -> Result<(), Because> {
    let now = work.now;
    if let Subject::Case(id) = subject
        && work.case(id)?.next_fire_at.is_none_or(|at| at > now)
    {
        return Ok(());
    }
    for _ in 0..ACTIONS_MAX {
        work.measure()?;
        let Some((at, clock, action)) = earliest(work, subject)?.filter(|(at, ..)| *at <= now) else { break };
        match action {
            DueAction::Step { step, repetition } => {
                speak(work, subject, clock, StepRef { step, repetition }, at)?;
            }
            DueAction::TimeOut { step, repetition } => {
                time_out(work, subject, clock, StepRef { step, repetition }, at)?;
            }
        }
    }
    Ok(())
}

fn earliest(work: &mut Work<'_>, subject: Subject) -> Result<Option<(Instant, ClockId, DueAction)>, Because> {
    let desk = Arc::clone(&work.facts.desk);
    let due = calls::clocks(work, subject)?.iter().filter_map(|clock| {
        let terms = terms_of_clock(&desk, clock)?;
        let (at, action) = next_due(clock, &terms)?;
        Some((at, clock.id, action))
    });
    Ok(due.min_by_key(|(at, clock, _)| (*at, *clock)))
}

fn time_out(work: &mut Work<'_>, subject: Subject, id: ClockId, step: StepRef, at: Instant) -> Result<(), Because> {
    let clock = calls::change(work, subject, id, |clock| {
        let records = clock.steps.iter_mut().filter(|one| (one.step, one.repetition) == (step.step, step.repetition));
        for wanted in records.filter_map(|record| record.acknowledgement.as_mut()) {
            wanted.timed_out_at = Some(at);
        }
        Ok(clock.clone())
    })?;
    let kind = EventKind::StepUnanswered { clock: clock.reference(), step };
    calls::record(work, subject, at, ActorRef::System, &kind)?;
    call_next(work, subject, &clock, step, at)
}

/// The step after one that reached nobody.
fn call_next(work: &mut Work<'_>, subject: Subject, clock: &Clock, step: StepRef, at: Instant) -> Result<(), Because> {
    let desk = Arc::clone(&work.facts.desk);
    let Some(terms) = terms_of_clock(&desk, clock) else { return Ok(()) };
    match called_next(clock, terms.ladder, step.step, step.repetition) {
        Some((step, repetition)) => speak(work, subject, clock.id, StepRef { step, repetition }, at),
        None => Ok(()),
    }
}

/// One step: it is put on record first, so that whatever it does finds it done.
fn speak(work: &mut Work<'_>, subject: Subject, id: ClockId, step: StepRef, due_at: Instant) -> Result<(), Because> {
    let desk = Arc::clone(&work.facts.desk);
    let clock = calls::clocks(work, subject)?.iter().find(|clock| clock.id == id).cloned();
    let Some(clock) = clock.filter(|clock| clock.step(step.step, step.repetition).is_none()) else { return Ok(()) };
    let Some(terms) = terms_of_clock(&desk, &clock) else { return Ok(()) };
    let Some(of_ladder) = terms.ladder.steps.get(step.step as usize).cloned() else { return Ok(()) };
    let Some(about) = calls::tickets(work, subject)?.first().copied() else { return Ok(()) };
    let reached = notices::reached(work, about, &of_ladder.tell)?;
    let nobody = reached.is_empty() && !of_ladder.tell.is_empty();
    put_on_record(work, subject, &clock, step, due_at, &of_ladder, nobody)?;
    let reference = clock.reference();
    if nobody {
        let kind = EventKind::StepReachedNobody { clock: reference, step, due_at };
        calls::record(work, subject, work.now, ActorRef::System, &kind)?;
        alarm(work, about, &clock, step);
    } else {
        let told: BTreeSet<AgentId> = reached.iter().filter_map(agent).collect();
        let elsewhere = u32::try_from(reached.len() - told.len()).unwrap_or(u32::MAX);
        let kind = EventKind::StepFired { clock: reference, step, due_at, told, elsewhere };
        calls::record(work, subject, work.now, ActorRef::System, &kind)?;
        tell(work, about, &clock, step, due_at, &of_ladder, reached);
    }
    act(work, subject, about, reference, &of_ladder)?;
    if nobody {
        let clock = calls::clocks(work, subject)?.iter().find(|clock| clock.id == id).cloned();
        if let Some(clock) = clock {
            return call_next(work, subject, &clock, step, due_at);
        }
    }
    Ok(())
}

fn agent(recipient: &Recipient) -> Option<AgentId> {
    match recipient {
        Recipient::Agent(id) => Some(*id),
        Recipient::Contact(_) | Recipient::Address(_) | Recipient::Webhook(_) | Recipient::Operator(_) => None,
    }
}

fn put_on_record(
    work: &mut Work<'_>,
    subject: Subject,
    clock: &Clock,
    step: StepRef,
    due_at: Instant,
    of_ladder: &LadderStep,
    nobody: bool,
) -> Result<(), Because> {
    let now = work.now;
    let wanted = of_ladder.acknowledge_within_s.filter(|_| !nobody);
    let record = StepRecord {
        step: step.step,
        repetition: step.repetition,
        due_at,
        at: now,
        fate: if nobody { StepFate::Nobody } else { StepFate::Fired },
        acknowledgement: wanted.map(|within_s| Acknowledgement {
            within_s,
            delivered_at: None,
            by: None,
            timed_out_at: None,
        }),
    };
    calls::change(work, subject, clock.id, |clock| {
        clock.steps.push(record);
        Ok(())
    })
}

fn tell(
    work: &mut Work<'_>,
    about: TicketId,
    clock: &Clock,
    step: StepRef,
    due_at: Instant,
    of_ladder: &LadderStep,
    reached: BTreeSet<Recipient>,
) {
    let call = Call { step, due_at, acknowledge: of_ladder.acknowledge_within_s.is_some() };
    let (id, objective) = (clock.id, clock.objective);
    let notice = if of_ladder.is_miss() {
        Notice::TargetMissed { clock: id, objective, call }
    } else {
        Notice::TargetNear { clock: id, objective, call }
    };
    let digest_after = Duration::seconds(work.facts.desk.settings.digest_after_s);
    let late = work.now - due_at.max(known_since(work, clock)) >= digest_after;
    for recipient in reached {
        // A pager takes no digest.
        let held = late && !matches!(recipient, Recipient::Webhook(_));
        let cause = format!("{id}:{}:{}", step.step, step.repetition);
        work.enqueue_or_hold(about, &cause, recipient, notice.clone(), held);
    }
}

/// Since when the clock is on record as it is: nobody could have spoken before, so nobody is late.
fn known_since(work: &Work<'_>, clock: &Clock) -> Instant {
    let recomputed = clock.steps.iter().filter(|record| record.fate == StepFate::Suppressed(Suppression::Recomputed));
    let superseded = match clock.subject {
        Subject::Ticket(id) => work.tickets.get(&id).map(|work| work.clocks.as_slice()),
        Subject::Case(id) => work.case(id).ok().map(|case| case.clocks.as_slice()),
    };
    let before = |old: &&Clock| {
        old.is_superseded()
            && (old.objective, old.cycle) == (clock.objective, clock.cycle)
            && old.revision < clock.revision
    };
    let superseded = superseded.unwrap_or_default().iter().filter(before).filter_map(|old| old.ended_at);
    recomputed.map(|record| record.at).chain(superseded).chain([clock.started_at]).max().unwrap_or(clock.started_at)
}

/// Those who manage the desk hear that nobody could be called.
fn alarm(work: &mut Work<'_>, about: TicketId, clock: &Clock, step: StepRef) {
    let notice = Notice::NobodyToCall { clock: clock.id, objective: clock.objective, step };
    for agent in notices::those_in_charge(&work.facts.desk) {
        let cause = format!("{}:{}:{}", clock.id, step.step, step.repetition);
        work.enqueue(about, &cause, Recipient::Agent(agent), notice.clone());
    }
}

/// What the step does beside speaking. A ticket that is finished is left alone.
fn act(
    work: &mut Work<'_>,
    subject: Subject,
    about: TicketId,
    clock: ClockRef,
    step: &LadderStep,
) -> Result<(), Because> {
    for id in calls::tickets(work, subject)? {
        let ticket = work.ticket(id)?.clone();
        if ticket.state.kind().is_finished() {
            continue;
        }
        raise(work, &ticket, step)?;
        tag(work, &ticket, step)?;
        assign(work, &ticket, step)?;
    }
    if step.propose_escalation {
        let kind = EventKind::EscalationProposed { clock };
        calls::record(work, subject, work.now, ActorRef::System, &kind)?;
        let ticket = work.ticket(about)?.clone();
        for agent in notices::assignee(&work.facts.desk, &ticket, work.now) {
            let id = Clock::id_of(subject, clock.objective, clock.cycle, clock.revision);
            let notice = Notice::EscalationProposed { clock: id, objective: clock.objective };
            work.enqueue(about, &id.to_string(), Recipient::Agent(agent), notice);
        }
    }
    Ok(())
}

fn raise(work: &mut Work<'_>, ticket: &Ticket, step: &LadderStep) -> Result<(), Because> {
    let to = match ticket.severity {
        Some(Severity::C) => Severity::B,
        Some(Severity::B) => Severity::A,
        Some(Severity::A) | None => return Ok(()),
    };
    if !step.raise_severity {
        return Ok(());
    }
    let kind = EventKind::SeverityChanged { from: ticket.severity, to };
    work.emit_as(ticket.id, work.now, ActorRef::System, kind).map(drop)
}

fn tag(work: &mut Work<'_>, ticket: &Ticket, step: &LadderStep) -> Result<(), Because> {
    let to: BTreeSet<String> = ticket.tags.union(&step.tags).cloned().collect();
    if to == ticket.tags || to.len() > triage::TAGS_MAX {
        return Ok(());
    }
    work.emit_as(ticket.id, work.now, ActorRef::System, EventKind::TagsChanged { to }).map(drop)
}

/// Never takes a ticket away from a person.
fn assign(work: &mut Work<'_>, ticket: &Ticket, step: &LadderStep) -> Result<(), Because> {
    let desk = Arc::clone(&work.facts.desk);
    let (owner, team) = match &step.assign {
        None => return Ok(()),
        Some(AssignTo::OnCall(on_call)) => {
            let Some(person) = notices::on_call(&desk, on_call, work.now).into_iter().next() else { return Ok(()) };
            (Some(person), ticket.team)
        }
        Some(AssignTo::Team(slug)) => {
            let team = desk.teams.values().find(|team| team.slug == *slug).map(|team| team.id);
            (None, team.or(ticket.team))
        }
    };
    if ticket.owner.is_some() || (owner, team) == (ticket.owner, ticket.team) {
        return Ok(());
    }
    let seq = work.emit_as(ticket.id, work.now, ActorRef::System, EventKind::Assigned { owner, team })?;
    if let Some(owner) = owner {
        notices::assigned(work, ticket.id, seq, owner);
    }
    Ok(())
}
