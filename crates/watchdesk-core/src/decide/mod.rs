//! The one place where something is decided. Pure: facts, commands, an actor and an instant in; a decision out.
//!
//! The steps of a unit are taken one after the other on a working copy; each emits events, and an event is applied to
//! the copy the moment it is emitted. So the row that is saved *is* the fold of the events. After each step the clocks
//! of what it touched are measured anew.

mod calls;
mod cases;
mod conversation;
mod excuses;
mod filing;
mod incidents;
mod ladders;
mod lessons;
mod merging;
mod notices;
mod opening;
mod sending;
mod settle;
mod timers;
mod triage;
mod work;

#[cfg(test)]
pub(crate) mod tests;

use crate::Instant;
use crate::clock::Subject;
use crate::command::{Command, Step, Then, Unit};
use crate::decision::Decision;
use crate::facts::Facts;
use crate::lifecycle::TicketAction;
use crate::refusal::{Asked, Because, Refusal};
use crate::rights::Actor;
use crate::ticket::State;
use crate::whole_seconds;
use work::Work;

/// Steps that one unit may have.
pub const STEPS_MAX: usize = 500;

/// Facts are true and complete for the unit; `now` is the one time of this decision.
pub fn decide(facts: &Facts, unit: &Unit, actor: &Actor, now: Instant) -> Result<Decision, Refusal> {
    if unit.steps.len() > STEPS_MAX {
        let because = Because::TooMany { what: "steps", max: STEPS_MAX };
        return Err(Refusal { command: Asked::Unit, because });
    }
    let mut work = Work::new(facts, actor, whole_seconds(now));
    for step in &unit.steps {
        match step {
            Step::Ticket(id, command) => {
                let refused = |because| Refusal::ticket(action(command), because);
                ticket_command(&mut work, *id, command).map_err(refused)?;
            }
            Step::Case(id, command) => {
                cases::command(&mut work, *id, command)
                    .map_err(|because| Refusal::case(cases::action(command), because))?;
            }
        }
        work.measure().map_err(|because| Refusal { command: Asked::Unit, because })?;
    }
    Ok(work.into_decision())
}

/// The row of the lifecycle's table that a command asks for.
pub fn action(command: &Command) -> TicketAction {
    use crate::command::CloseReason;
    match command {
        Command::Open(_) => TicketAction::Open,
        Command::Triage { .. } => TicketAction::Triage,
        Command::Change(_) => TicketAction::Change,
        Command::Assign(_) => TicketAction::Assign,
        Command::Reply { then: Then::Stay, .. } => TicketAction::Reply,
        Command::Reply { then: Then::Wait { .. }, .. } => TicketAction::Ask,
        Command::Note { .. } => TicketAction::Note,
        Command::LogCall { .. } => TicketAction::LogCall,
        Command::Link { .. }
        | Command::Unlink { .. }
        | Command::LinkIncident { .. }
        | Command::UnlinkIncident { .. } => TicketAction::Link,
        Command::CustomerMessage { .. } => TicketAction::CustomerMessage,
        Command::AutomaticMail { .. } | Command::RecordDeliveryFailure { .. } => TicketAction::AutomaticMail,
        Command::Resolve { .. } | Command::ResolveAlong { .. } => TicketAction::Resolve,
        Command::Reopen { .. } => TicketAction::Reopen,
        Command::Close { reason: CloseReason::Solved } => TicketAction::CloseSolved,
        Command::Close { reason: CloseReason::Spam } => TicketAction::CloseSpam,
        Command::Close { reason: CloseReason::Withdrawn } => TicketAction::CloseWithdrawn,
        Command::Merge { .. } => TicketAction::Merge,
        Command::Unmerge => TicketAction::Unmerge,
        Command::Split { .. } => TicketAction::Split,
        Command::Snooze { .. } => TicketAction::Snooze,
        Command::Wake => TicketAction::Wake,
        Command::DraftCase(_) => TicketAction::DraftCase,
        Command::Excuse { .. } => TicketAction::ExcuseMiss,
        Command::AcknowledgeLadder { .. } => TicketAction::AcknowledgeLadder,
        Command::Retest { .. } => TicketAction::LogCall,
        Command::FireTimers
        | Command::Recompute
        | Command::StepDelivered { .. }
        | Command::IncidentEnded { .. }
        | Command::IncidentReopened { .. } => TicketAction::FireTimers,
    }
}

fn ticket_command(work: &mut Work<'_>, id: crate::ids::TicketId, command: &Command) -> Result<(), Because> {
    if let Command::Open(open) = command {
        return opening::open(work, id, open);
    }
    let action = action(command);
    work.authorize_ticket(id, action)?;
    // What is over by itself is over first, also when no timer ran in between.
    timers::end_of_waiting(work, id)?;
    let state = work.state(id)?;
    if !action.is_allowed(state) {
        return Err(Because::State(state));
    }
    match command {
        Command::Open(_) => Ok(()),
        Command::Triage { category, service, severity, assignment } => {
            triage::triage(work, id, category, service.as_ref(), *severity, assignment)
        }
        Command::Change(changes) => triage::change(work, id, changes),
        Command::Assign(assignment) => triage::assign(work, id, assignment),
        Command::Reply { words, then } => conversation::reply(work, id, words, *then),
        Command::Note { words } => conversation::note(work, id, words),
        Command::LogCall { words, direction, at } => conversation::log_call(work, id, words, *direction, *at),
        Command::Link { to, kind } => conversation::link(work, id, *to, *kind),
        Command::Unlink { to, kind } => conversation::unlink(work, id, *to, *kind),
        Command::LinkIncident { reference } => incidents::link(work, id, reference),
        Command::UnlinkIncident { reference } => incidents::unlink(work, id, reference),
        Command::IncidentEnded { reference } => incidents::ended(work, id, reference),
        Command::IncidentReopened { reference } => incidents::reopened(work, id, reference),
        Command::Retest { reference, outcome, words } => {
            incidents::retest(work, id, reference, *outcome, words.as_ref())
        }
        Command::CustomerMessage { from, words, at } => conversation::customer_message(work, id, *from, words, *at),
        Command::AutomaticMail { from, words, at } => conversation::automatic_mail(work, id, *from, words, *at),
        Command::Resolve { words } => conversation::resolve(work, id, words),
        Command::ResolveAlong { words, with } => conversation::resolve_along(work, id, words, *with),
        Command::Reopen { words } => conversation::reopen(work, id, words.as_ref()),
        Command::Close { reason } => conversation::close(work, id, *reason),
        Command::Merge { into } => merging::merge(work, id, *into),
        Command::Unmerge => merging::unmerge(work, id),
        Command::Split { messages, into, subject } => merging::split(work, id, messages, *into, subject),
        Command::Snooze { until } => timers::snooze(work, id, *until),
        Command::Wake => timers::wake(work, id),
        Command::DraftCase(draft) => filing::draft(work, id, draft),
        Command::FireTimers => timers::fire(work, id),
        Command::Recompute => {
            work.touch(id);
            Ok(())
        }
        Command::Excuse { clock, reason } => excuses::excuse(work, Subject::Ticket(id), *clock, reason.as_deref()),
        Command::AcknowledgeLadder { clock } => calls::acknowledge(work, Subject::Ticket(id), *clock),
        Command::StepDelivered { clock, step, at } => calls::delivered(work, Subject::Ticket(id), *clock, *step, *at),
        Command::RecordDeliveryFailure { message } => conversation::delivery_failed(work, id, *message),
    }
}

/// Where a ticket goes back to when it waits no longer.
fn back(work: &Work<'_>, id: crate::ids::TicketId) -> Result<State, Because> {
    let ticket = work.ticket(id)?;
    Ok(if work.with_operator(id) {
        State::Escalated
    } else if ticket.triaged {
        State::Triaged
    } else {
        State::Open
    })
}
