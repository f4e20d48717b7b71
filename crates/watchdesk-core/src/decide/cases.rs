//! What happens to a case once it exists. Each word about it is on record in every ticket it is linked to.

use std::collections::BTreeSet;

use crate::Instant;
use crate::case::{AnswerOutcome, Case, CaseState, CaseStateKind};
use crate::clock::{CaseBeat, Subject};
use crate::command::{CaseCommand, WordFrom, Words};
use crate::decide::work::Work;
use crate::decide::{calls, excuses, filing, ladders, lessons, notices, sending};
use crate::decision::Author;
use crate::effect::Notice;
use crate::event::{EventKind, MessageKind};
use crate::gate;
use crate::ids::{CaseId, TicketId};
use crate::lifecycle::CaseAction;
use crate::refusal::Because;
use crate::rights::{Object, Verb, authorize};
use crate::ticket::{Severity, State, StateKind};

pub(super) fn action(command: &CaseCommand) -> CaseAction {
    match command {
        CaseCommand::AddTicket { .. } => CaseAction::AddTicket,
        CaseCommand::Amend(_) => CaseAction::Amend,
        CaseCommand::File { .. } | CaseCommand::Send { .. } => CaseAction::File,
        CaseCommand::RecordReference { .. } => CaseAction::RecordReference,
        CaseCommand::Acknowledge { .. } => CaseAction::Acknowledge,
        CaseCommand::Update { .. } => CaseAction::Update,
        CaseCommand::Write { .. } => CaseAction::Write,
        CaseCommand::WaitOnUs { .. } => CaseAction::WaitOnUs,
        CaseCommand::ChangeSeverity { .. } => CaseAction::ChangeSeverity,
        CaseCommand::Answer { .. } => CaseAction::Answer,
        CaseCommand::Refuse { .. } => CaseAction::Refuse,
        CaseCommand::Withdraw { .. } => CaseAction::Withdraw,
        CaseCommand::Confirm => CaseAction::Confirm,
        CaseCommand::Reopen => CaseAction::Reopen,
        CaseCommand::Learn { .. } => CaseAction::Learn,
        CaseCommand::Excuse { .. } => CaseAction::ExcuseMiss,
        CaseCommand::AcknowledgeLadder { .. } => CaseAction::AcknowledgeLadder,
        CaseCommand::FireTimers | CaseCommand::Recompute | CaseCommand::StepDelivered { .. } => CaseAction::FireTimers,
    }
}

pub(super) fn command(work: &mut Work<'_>, id: CaseId, command: &CaseCommand) -> Result<(), Because> {
    authorize_case(work, id, action(command))?;
    let state = work.case(id)?.state.kind();
    if action(command).in_state(state).is_none() {
        return Err(Because::CaseState(state));
    }
    match command {
        CaseCommand::AddTicket { ticket } => filing::add_ticket(work, id, *ticket),
        CaseCommand::Amend(changes) => filing::amend(work, id, changes),
        CaseCommand::File { reference, channel, contact, severity, at, handed } => {
            let at = fact_time(work, id, *at)?;
            filing::file(
                work,
                id,
                reference,
                filing::Filing { channel: *channel, contact: contact.as_ref(), severity: *severity, at, handed },
            )
        }
        CaseCommand::Send { letter, severity, tenant_id, handed } => {
            sending::send(work, id, &sending::Sending { letter, severity: *severity, tenant_id, handed })
        }
        CaseCommand::Write { letter } => sending::write(work, id, letter),
        CaseCommand::RecordReference { reference } => sending::record_reference(work, id, reference),
        CaseCommand::Acknowledge { contact, at } => acknowledge(work, id, contact.as_ref(), *at),
        CaseCommand::Update { words, from, at } => update(work, id, words, *from, *at),
        CaseCommand::WaitOnUs { at } => wait_on_us(work, id, *at),
        CaseCommand::ChangeSeverity { severity } => change_severity(work, id, *severity),
        CaseCommand::Answer { words, outcome, at } => answer(work, id, words, *outcome, *at),
        CaseCommand::Refuse { words, at } => refuse(work, id, words, *at),
        CaseCommand::Withdraw { reason } => withdraw(work, id, reason),
        CaseCommand::Confirm => confirm(work, id),
        CaseCommand::Reopen => reopen(work, id),
        CaseCommand::Learn { body, measure, owner } => lessons::learn(work, id, body, *measure, *owner),
        CaseCommand::FireTimers => ladders::fire(work, Subject::Case(id)),
        CaseCommand::Recompute => work.change_case(id).map(drop),
        CaseCommand::Excuse { clock, reason } => excuses::excuse(work, Subject::Case(id), *clock, reason.as_deref()),
        CaseCommand::AcknowledgeLadder { clock } => calls::acknowledge(work, Subject::Case(id), *clock),
        CaseCommand::StepDelivered { clock, step, at } => calls::delivered(work, Subject::Case(id), *clock, *step, *at),
    }
}

/// Whoever may escalate one of its tickets may act on the case; whoever sees none of them does not see it.
fn authorize_case(work: &Work<'_>, id: CaseId, action: CaseAction) -> Result<(), Because> {
    let case = work.case(id)?;
    let tickets: Vec<_> = case.tickets.iter().filter_map(|id| work.ticket(*id).ok()).collect();
    let may = |verb| tickets.iter().any(|ticket| authorize(work.actor, verb, Object::Ticket(ticket)));
    if !may(Verb::ReadInternal) {
        return Err(Because::NoSuchCase);
    }
    if may(verb(action)) { Ok(()) } else { Err(work.not_allowed()) }
}

fn verb(action: CaseAction) -> Verb {
    match action {
        CaseAction::AddTicket
        | CaseAction::Amend
        | CaseAction::File
        | CaseAction::RecordReference
        | CaseAction::Acknowledge
        | CaseAction::Update
        | CaseAction::Write
        | CaseAction::WaitOnUs
        | CaseAction::ChangeSeverity
        | CaseAction::Answer
        | CaseAction::Refuse
        | CaseAction::Withdraw
        | CaseAction::Confirm
        | CaseAction::Reopen
        | CaseAction::Learn => Verb::Escalate,
        CaseAction::AcknowledgeLadder => Verb::WorkTicket,
        CaseAction::ExcuseMiss => Verb::ExcuseMiss,
        CaseAction::FireTimers => Verb::Machinery,
    }
}

fn fact_time(work: &Work<'_>, id: CaseId, at: Instant) -> Result<Instant, Because> {
    let at = crate::whole_seconds(at);
    if at > work.now {
        return Err(Because::InTheFuture);
    }
    let case = work.case(id)?;
    if case.filed_at.is_some_and(|filed| at < filed) {
        return Err(Because::BeforeFiling);
    }
    let opened = case.tickets.iter().filter_map(|id| work.ticket(*id).ok()).map(|ticket| ticket.opened_at).min();
    if opened.is_some_and(|opened| at < opened) { Err(Because::BeforeOpening) } else { Ok(at) }
}

/// On record in every linked ticket.
pub(super) fn record(work: &mut Work<'_>, case: &Case, at: Instant, kind: &EventKind) -> Result<(), Because> {
    for ticket in &case.tickets {
        // A ticket that joined later has no facts from before it was there.
        let at = at.max(work.ticket(*ticket)?.opened_at);
        work.emit_at(*ticket, at, kind.clone())?;
    }
    Ok(())
}

/// A word between the operator and us. The words stand once, with the first ticket; every ticket refers to them.
pub(super) fn say(work: &mut Work<'_>, case: &Case, author: Author, words: &Words, at: Instant) -> Result<(), Because> {
    if words.is_empty() {
        return Err(Because::NothingSaid);
    }
    record(work, case, at, &EventKind::MessageAdded { message: words.id, kind: MessageKind::Operator, contact: None })?;
    if let Some(ticket) = case.tickets.first() {
        work.say_about(*ticket, MessageKind::Operator, author, at, words, Some(case.id));
    }
    Ok(())
}

fn acknowledge(work: &mut Work<'_>, id: CaseId, contact: Option<&String>, at: Instant) -> Result<(), Because> {
    let at = fact_time(work, id, at)?;
    let case = work.change_case(id)?;
    let first = case.acknowledged_at.is_none_or(|known| at < known);
    if waits_since_before(&case.state, at) {
        case.timeline.record(at, CaseBeat::WeAnswered);
    }
    match case.state {
        // Said before the question: what waits for us still does.
        CaseState::WaitingOnUs { since } if at < since => {}
        CaseState::Acknowledged { .. } => {}
        _ => case.state = CaseState::Acknowledged { at },
    }
    if first {
        case.acknowledged_at = Some(at);
    }
    case.last_word_at = case.last_word_at.max(Some(at));
    if let Some(contact) = contact {
        case.words.operator_contact = Some(contact.clone());
    }
    case.timeline.record(at, CaseBeat::OperatorSpoke);
    let case = case.clone();
    record(work, &case, at, &EventKind::CaseAcknowledged { case: id })
}

/// Whether what was said then answers what the operator asked.
fn waits_since_before(state: &CaseState, at: Instant) -> bool {
    matches!(state, CaseState::WaitingOnUs { since } if *since <= at)
}

pub(super) fn update(
    work: &mut Work<'_>,
    id: CaseId,
    words: &Words,
    from: WordFrom,
    at: Instant,
) -> Result<(), Because> {
    let at = fact_time(work, id, at)?;
    let case = work.case(id)?.clone();
    let author = match from {
        WordFrom::Operator | WordFrom::OperatorDesk => Author::Operator,
        WordFrom::Us => work.author(),
    };
    say(work, &case, author, words, at)?;
    if words.mail_id.is_some() {
        // What came by mail nobody here has read yet.
        tell_owners(work, &case)?;
    }
    match (from, case.state.kind()) {
        (WordFrom::OperatorDesk, CaseStateKind::Filed | CaseStateKind::Reopened) => {
            let changed = work.change_case(id)?;
            changed.last_word_at = changed.last_word_at.max(Some(at));
            Ok(())
        }
        (WordFrom::Operator, CaseStateKind::Filed | CaseStateKind::Reopened) => acknowledge(work, id, None, at),
        (WordFrom::Us, CaseStateKind::WaitingOnUs) if waits_since_before(&case.state, at) => {
            work.change_case(id)?.state = CaseState::Acknowledged { at };
            work.case_beat(id, at, CaseBeat::WeAnswered)?;
            record(work, &case, at, &EventKind::CaseAcknowledged { case: id })
        }
        (WordFrom::Operator | WordFrom::OperatorDesk, _) => {
            let changed = work.change_case(id)?;
            changed.last_word_at = changed.last_word_at.max(Some(at));
            changed.timeline.record(at, CaseBeat::OperatorSpoke);
            Ok(())
        }
        (WordFrom::Us, _) => Ok(()),
    }
}

fn wait_on_us(work: &mut Work<'_>, id: CaseId, at: Instant) -> Result<(), Because> {
    let at = fact_time(work, id, at)?;
    let case = work.change_case(id)?;
    case.state = CaseState::WaitingOnUs { since: at };
    case.acknowledged_at = case.acknowledged_at.or(Some(at));
    case.last_word_at = case.last_word_at.max(Some(at));
    case.timeline.record(at, CaseBeat::WaitsOnUs);
    let case = case.clone();
    record(work, &case, at, &EventKind::CaseWaitsOnUs { case: id })
}

/// Raising goes through the gate's rule; lowering is what the operator did.
fn change_severity(work: &mut Work<'_>, id: CaseId, to: Severity) -> Result<(), Because> {
    let case = work.case(id)?.clone();
    if to < case.severity_lowered.unwrap_or(case.severity) {
        for ticket in filing::unfinished(work, &case)? {
            let ticket = work.tickets.get(&ticket).ok_or(Because::NoSuchTicket)?;
            let facts = gate::GateFacts {
                desk: &work.facts.desk,
                ticket: &ticket.ticket,
                customer: ticket.customer.as_ref(),
                health: None,
                incidents: &[],
                may_override: false,
                now: work.now,
            };
            if let Some(missing) = gate::severity_not_allowed(&facts, to) {
                return Err(Because::SeverityNotAllowed(missing));
            }
        }
    }
    work.change_case(id)?.severity_lowered = Some(to).filter(|to| *to != case.severity);
    let now = work.now;
    record(work, &case, now, &EventKind::CaseSeverityChanged { case: id, to })
}

fn answer(work: &mut Work<'_>, id: CaseId, words: &Words, outcome: AnswerOutcome, at: Instant) -> Result<(), Because> {
    let at = fact_time(work, id, at)?;
    let case = work.case(id)?.clone();
    say(work, &case, Author::Operator, words, at)?;
    let beat = match outcome {
        AnswerOutcome::Solved => CaseBeat::Solved,
        AnswerOutcome::NotSolved => CaseBeat::NotSolved,
    };
    work.case_beat(id, at, beat)?;
    end(work, &case, CaseState::Answered { at, outcome }, at, &EventKind::CaseAnswered { case: id, outcome })?;
    tell_owners(work, &case)
}

/// Whoever owns tickets of the case hears what the operator said, once for all of them.
fn tell_owners(work: &mut Work<'_>, case: &Case) -> Result<(), Because> {
    let mut told = BTreeSet::new();
    for id in &case.tickets {
        let ticket = work.ticket(*id)?;
        let (seq, owner) = (ticket.version, ticket.owner);
        if told.insert(owner) {
            notices::owner(work, *id, seq, Notice::CaseAnswered { case: case.id });
        }
    }
    Ok(())
}

fn refuse(work: &mut Work<'_>, id: CaseId, words: &Words, at: Instant) -> Result<(), Because> {
    let at = fact_time(work, id, at)?;
    let case = work.case(id)?.clone();
    say(work, &case, Author::Operator, words, at)?;
    work.change_case(id)?.words.ending = Some(words.body.clone());
    work.case_beat(id, at, CaseBeat::Refused)?;
    end(work, &case, CaseState::Refused { at }, at, &EventKind::CaseRefused { case: id })?;
    tell_owners(work, &case)
}

fn withdraw(work: &mut Work<'_>, id: CaseId, reason: &str) -> Result<(), Because> {
    let case = work.case(id)?.clone();
    let now = work.now;
    if case.state.kind() == CaseStateKind::Drafted {
        work.change_case(id)?.state = CaseState::Withdrawn { at: now };
        work.change_case(id)?.ended_at = Some(now);
        return record(work, &case, now, &EventKind::CaseDropped { case: id });
    }
    if reason.trim().is_empty() {
        return Err(Because::NothingSaid);
    }
    work.change_case(id)?.words.ending = Some(reason.to_owned());
    work.case_beat(id, now, CaseBeat::Withdrawn)?;
    end(work, &case, CaseState::Withdrawn { at: now }, now, &EventKind::CaseWithdrawn { case: id })
}

/// The case is with the operator no longer. A ticket without another filed case is ours again.
fn end(work: &mut Work<'_>, case: &Case, to: CaseState, at: Instant, kind: &EventKind) -> Result<(), Because> {
    let changed = work.change_case(case.id)?;
    changed.state = to;
    changed.ended_at = Some(at);
    changed.last_word_at = changed.last_word_at.max(Some(at));
    record(work, case, at, kind)?;
    for ticket in &case.tickets {
        if work.state(*ticket)? == StateKind::Escalated && !work.with_operator(*ticket) {
            let at = at.max(work.ticket(*ticket)?.opened_at);
            work.move_to(*ticket, at, State::Triaged)?;
        }
    }
    Ok(())
}

fn confirm(work: &mut Work<'_>, id: CaseId) -> Result<(), Because> {
    let now = work.now;
    let case = work.change_case(id)?;
    case.state = CaseState::Confirmed { at: now };
    let case = case.clone();
    record(work, &case, now, &EventKind::CaseConfirmed { case: id })
}

/// The customer says no: the same reference goes on.
fn reopen(work: &mut Work<'_>, id: CaseId) -> Result<(), Because> {
    let now = work.now;
    let case = work.case(id)?.clone();
    let tickets = filing::unfinished(work, &case)?;
    let changed = work.change_case(id)?;
    changed.state = CaseState::Reopened { at: now };
    changed.ended_at = None;
    changed.reopened_count += 1;
    changed.timeline.record(now, CaseBeat::Reopened);
    record(work, &case, now, &EventKind::CaseReopened { case: id })?;
    for ticket in tickets {
        if work.state(ticket)? == StateKind::Triaged {
            work.move_to(ticket, now, State::Escalated)?;
        }
    }
    Ok(())
}

/// A finished ticket leaves a draft; a draft that nobody is left in is dropped.
pub(super) fn leave_draft(work: &mut Work<'_>, id: CaseId, ticket: TicketId) -> Result<(), Because> {
    let now = work.now;
    let case = work.change_case(id)?;
    if case.tickets.len() > 1 {
        case.tickets.remove(&ticket);
    } else {
        case.state = CaseState::Withdrawn { at: now };
        case.ended_at = Some(now);
    }
    work.emit(ticket, EventKind::CaseDropped { case: id }).map(|_| ())
}

/// With a merge the case goes along.
pub(super) fn move_case(work: &mut Work<'_>, id: CaseId, from: TicketId, to: TicketId) -> Result<(), Because> {
    let case = work.change_case(id)?;
    case.tickets.remove(&from);
    case.tickets.insert(to);
    work.emit(from, EventKind::CaseMoved { case: id, to })?;
    work.emit(to, EventKind::CaseJoined { case: id }).map(|_| ())
}
