//! Merging, unmerging and splitting. Messages keep their times and count where they stand.

use std::collections::BTreeSet;

use crate::case::{Case, CaseStateKind};
use crate::clock::Beat;
use crate::decide::work::Work;
use crate::decide::{cases, notices, opening};
use crate::decision::MovedMessages;
use crate::effect::Notice;
use crate::event::{Event, EventKind, MessageKind};
use crate::ids::{CaseId, MessageId, TicketId};
use crate::lifecycle::TicketAction;
use crate::refusal::Because;
use crate::ticket::{Closing, LinkKind, Merged, State, StateKind, TicketWords};

/// Messages that one split may move.
pub const SPLIT_MAX: usize = 500;

pub(super) fn merge(work: &mut Work<'_>, id: TicketId, into: TicketId) -> Result<(), Because> {
    if id == into {
        return Err(Because::WithItself);
    }
    work.authorize_ticket(into, TicketAction::Merge)?;
    check_merge(work, id, into)?;
    let now = work.now;
    if work.ticket(id)?.snoozed_until.is_some() {
        work.emit(id, EventKind::Woken)?;
    }
    if !TicketAction::DraftCase.is_allowed(work.state(into)?) {
        for draft in work.drafts_of(id) {
            cases::leave_draft(work, draft, id)?;
        }
    }
    let ticket = work.ticket(id)?.clone();
    let participants =
        ticket.participants.difference(&work.ticket(into)?.participants).copied().collect::<BTreeSet<_>>();
    let counted = |beat: &Beat| matches!(beat, Beat::Opened | Beat::CustomerWrote(_) | Beat::StaffSpoke(_));
    let beats = work.ticket_work(id)?.timeline.beats().filter(|(_, beat)| counted(beat)).collect();
    let is_dropped = |case: &Case| case.state.kind() == CaseStateKind::Withdrawn;
    let moved: BTreeSet<CaseId> = work.cases_of(id).filter(|case| !is_dropped(case)).map(|case| case.id).collect();

    opening::link_both(work, id, into, LinkKind::Duplicate)?;
    work.emit(into, EventKind::Absorbed { ticket: id, beats, participants: participants.clone() })?;
    work.move_messages(MovedMessages::All { from: id, to: into });
    for case in &moved {
        cases::move_case(work, *case, id, into)?;
    }
    let merged = Merged { of: into, was: ticket.state, cases: moved, participants };
    let reason = Closing::Duplicate(Box::new(merged));
    work.move_to(id, now, State::Closed { at: now, reason })?;
    let seq = work.ticket(id)?.version;
    notices::requester(work, id, seq, Notice::Closed);
    if work.with_operator(into) && work.state(into)? == StateKind::Triaged {
        work.move_to(into, now, State::Escalated)?;
    }
    Ok(())
}

fn check_merge(work: &Work<'_>, id: TicketId, into: TicketId) -> Result<(), Because> {
    let ticket = work.ticket(id)?;
    let survivor = work.ticket(into)?;
    let number = survivor.number;
    match survivor.state.kind() {
        StateKind::Closed if survivor.duplicate_of().is_some() => return Err(Because::MergedElsewhere { number }),
        StateKind::Closed => return Err(Because::TicketFinished { number }),
        StateKind::Open | StateKind::Triaged | StateKind::Waiting | StateKind::Escalated | StateKind::Resolved => {}
    }
    let same = match (ticket.customer, survivor.customer) {
        (None, None) => ticket.requester == survivor.requester,
        (here, there) => here == there,
    };
    if !same {
        return Err(Because::OtherCustomer { number });
    }
    if work.with_operator(id) {
        if survivor.state.kind() == StateKind::Resolved {
            return Err(Because::TicketFinished { number });
        }
        if !survivor.triaged {
            return Err(Because::NotTriaged { number });
        }
    }
    Ok(())
}

pub(super) fn unmerge(work: &mut Work<'_>, id: TicketId) -> Result<(), Because> {
    let State::Closed { reason: Closing::Duplicate(merged), .. } = work.ticket(id)?.state.clone() else {
        return Err(Because::NotMerged);
    };
    let Merged { of, was, cases: moved, participants } = *merged;
    work.authorize_ticket(of, TicketAction::Unmerge)?;
    let survivor = work.ticket(of)?;
    if survivor.duplicate_of().is_some() {
        // Its messages have gone on from there; that merge has to be taken back first.
        return Err(Because::MergedElsewhere { number: survivor.number });
    }
    work.emit(of, EventKind::Released { ticket: id, participants })?;
    work.move_messages(MovedMessages::Back { from: of, origin: id });
    for case in moved {
        if work.case(case).is_ok_and(|case| case.tickets.contains(&of)) {
            cases::move_case(work, case, of, id)?;
        }
    }
    let now = work.now;
    work.move_to(id, now, state_now(work, id, was)?)?;
    if work.state(of)? == StateKind::Escalated && !work.with_operator(of) {
        work.move_to(of, now, State::Triaged)?;
    }
    Ok(())
}

/// What it was, unless its case has ended meanwhile.
fn state_now(work: &Work<'_>, id: TicketId, was: State) -> Result<State, Because> {
    Ok(match was {
        State::Escalated if !work.with_operator(id) => State::Triaged,
        // A draft that went along was filed meanwhile.
        State::Triaged if work.with_operator(id) => State::Escalated,
        State::Open
        | State::Triaged
        | State::Waiting { .. }
        | State::Escalated
        | State::Resolved { .. }
        | State::Closed { .. } => was,
    })
}

pub(super) fn split(
    work: &mut Work<'_>,
    id: TicketId,
    messages: &BTreeSet<MessageId>,
    into: TicketId,
    subject: &str,
) -> Result<(), Because> {
    let chosen = chosen(work, id, messages)?;
    let first = chosen.first().map_or(work.now, |(at, _)| *at);
    let number = work.fresh_number()?;
    let source = work.ticket(id)?.clone();
    let kind = EventKind::Opened {
        number,
        requester: source.requester,
        customer: source.customer,
        mailbox: source.mailbox,
        channel: source.channel,
        category: source.category.clone(),
        service: source.service.clone(),
        severity: source.severity,
        team: source.team,
        imported: false,
    };
    let actor = work.actor.reference();
    let opened = Event { ticket: into, seq: 1, at: first, recorded_at: work.now, actor, kind };
    let words = TicketWords { subject: subject.to_owned(), ..TicketWords::default() };
    let customer = work.ticket_work(id)?.customer.clone();
    work.give_birth(opened, words, customer)?;
    for (at, beat) in chosen {
        let (message, kind) = match beat {
            Beat::CustomerWrote(message) => (message, MessageKind::Customer),
            Beat::StaffSpoke(Some(message)) => (message, MessageKind::Public),
            Beat::StaffSpoke(None) | Beat::Opened | Beat::Triaged | Beat::Phase(_) => continue,
        };
        work.emit_at(into, at, EventKind::MessageAdded { message, kind, contact: None })?;
    }
    work.emit(id, EventKind::SplitOff { messages: messages.clone(), into })?;
    work.move_messages(MovedMessages::Some { from: id, to: into, messages: messages.iter().copied().collect() });
    opening::link_both(work, into, id, LinkKind::SplitFrom)
}

/// The chosen messages with their times; something must stay behind.
fn chosen(
    work: &mut Work<'_>,
    id: TicketId,
    messages: &BTreeSet<MessageId>,
) -> Result<Vec<(crate::Instant, Beat)>, Because> {
    if messages.is_empty() {
        return Err(Because::NoMessagesChosen);
    }
    super::triage::limit("messages", messages.len(), SPLIT_MAX)?;
    let own = work.ticket_work(id)?.timeline.own_beats();
    let is_message = |beat: &Beat| matches!(beat, Beat::CustomerWrote(_) | Beat::StaffSpoke(Some(_)));
    let (chosen, kept): (Vec<_>, Vec<_>) =
        own.into_iter().filter(|(_, beat)| is_message(beat)).partition(|(_, beat)| match beat {
            Beat::CustomerWrote(id) | Beat::StaffSpoke(Some(id)) => messages.contains(id),
            Beat::StaffSpoke(None) | Beat::Opened | Beat::Triaged | Beat::Phase(_) => false,
        });
    if chosen.len() != messages.len() || kept.is_empty() {
        return Err(Because::MessageNotHere);
    }
    Ok(chosen)
}
