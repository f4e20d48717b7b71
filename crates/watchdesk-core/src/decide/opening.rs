//! A ticket is opened.

use std::collections::BTreeSet;

use crate::command::OpenTicket;
use crate::decide::work::Work;
use crate::decision::Author;
use crate::effect::{Notice, Recipient};
use crate::event::{ActorRef, Event, EventKind, MessageKind};
use crate::ids::TicketId;
use crate::refusal::Because;
use crate::rights::{Object, Verb, authorize};
use crate::ticket::{Closing, Link, LinkKind, State, TicketWords};
use crate::whole_seconds;

pub(super) fn open(work: &mut Work<'_>, id: TicketId, open: &OpenTicket) -> Result<(), Because> {
    if !authorize(work.actor, Verb::OpenTicket, Object::NewTicket { customer: open.customer }) {
        return Err(work.not_allowed());
    }
    check(work, open)?;
    let number = work.fresh_number()?;
    let at = whole_seconds(open.at);
    let actor = match work.actor.reference() {
        ActorRef::System => ActorRef::Contact(open.requester),
        person => person,
    };
    let kind = EventKind::Opened {
        number,
        requester: open.requester,
        customer: open.customer,
        mailbox: open.mailbox,
        channel: open.channel,
        category: open.category.clone(),
        service: open.service.clone(),
        severity: open.severity,
        team: open.team,
        imported: open.imported,
    };
    let opened = Event { ticket: id, seq: 1, at, recorded_at: work.now, actor, kind };
    let words = TicketWords { subject: open.subject.clone(), custom_fields: open.custom_fields.clone() };
    let customer = open.customer.and_then(|id| work.facts.customers.get(&id)).cloned();
    work.give_birth(opened, words, customer)?;

    let message = open.words.id;
    let kind = EventKind::MessageAdded { message, kind: MessageKind::Customer, contact: Some(open.requester) };
    let seq = work.emit_as(id, at, actor, kind)?;
    work.say(id, MessageKind::Customer, Author::Contact(open.requester), at, &open.words);
    if let Some(closed) = open.follow_up_of {
        follow_up(work, id, closed)?;
    }
    if open.imported {
        return work.move_to(id, at, State::Closed { at, reason: Closing::Imported });
    }
    if open.acknowledge {
        work.enqueue(id, &format!("{id}:{seq}"), Recipient::Contact(open.requester), Notice::Received { message });
    }
    Ok(())
}

fn check(work: &Work<'_>, open: &OpenTicket) -> Result<(), Because> {
    let desk = &work.facts.desk;
    if whole_seconds(open.at) > work.now {
        return Err(Because::InTheFuture);
    }
    if !work.facts.contacts.contains_key(&open.requester) {
        return Err(Because::UnknownContact);
    }
    if let Some(id) = open.customer
        && !work.facts.customers.contains_key(&id)
    {
        return Err(Because::UnknownCustomer);
    }
    if let Some(slug) = &open.category
        && !desk.categories.contains_key(slug)
    {
        return Err(Because::UnknownCategory(slug.clone()));
    }
    if let Some(slug) = &open.service
        && !desk.services.contains_key(slug)
    {
        return Err(Because::UnknownService(slug.clone()));
    }
    if let Some(team) = open.team
        && !desk.teams.contains_key(&team)
    {
        return Err(Because::UnknownTeam);
    }
    Ok(())
}

fn follow_up(work: &mut Work<'_>, id: TicketId, closed: TicketId) -> Result<(), Because> {
    work.ticket(closed)?;
    link_both(work, id, closed, LinkKind::FollowUpOf)
}

/// A link is on record on both its ends.
pub(super) fn link_both(work: &mut Work<'_>, id: TicketId, to: TicketId, kind: LinkKind) -> Result<(), Because> {
    let here = Link { kind, to };
    let there = Link { kind: kind.reverse(), to: id };
    let missing = |links: &BTreeSet<Link>, link: &Link| !links.contains(link);
    if missing(&work.ticket(id)?.links, &here) {
        work.emit(id, EventKind::Linked(here))?;
    }
    if missing(&work.ticket(to)?.links, &there) {
        work.emit(to, EventKind::Linked(there))?;
    }
    Ok(())
}
