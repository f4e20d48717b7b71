//! Who is told what.

use std::collections::BTreeSet;

use crate::Instant;
use crate::decide::work::Work;
use crate::desk::Desk;
use crate::effect::{Notice, Recipient};
use crate::event::ActorRef;
use crate::facts::CustomerFact;
use crate::ids::{AgentId, TicketId};
use crate::policy::{OnCall, Whom};
use crate::refusal::Because;
use crate::rights::Role;
use crate::rota::Rota;
use crate::ticket::Ticket;

/// People that one notice goes to at the most.
pub const RECIPIENTS_MAX: usize = 50;

/// The new owner, unless he took it himself.
pub(super) fn assigned(work: &mut Work<'_>, id: TicketId, seq: i64, agent: AgentId) {
    if work.actor.reference() != ActorRef::Agent(agent) {
        work.enqueue(id, &format!("{id}:{seq}"), Recipient::Agent(agent), Notice::Assigned);
    }
}

/// The customer's side: the requester.
pub(super) fn requester(work: &mut Work<'_>, id: TicketId, seq: i64, notice: Notice) {
    if let Ok(ticket) = work.ticket(id)
        && !ticket.imported
    {
        let to = Recipient::Contact(ticket.requester);
        work.enqueue(id, &format!("{id}:{seq}"), to, notice);
    }
}

/// The owner, and nobody where there is none: the queue shows it to all.
pub(super) fn owner(work: &mut Work<'_>, id: TicketId, seq: i64, notice: Notice) {
    let owner = work.ticket(id).ok().and_then(|ticket| ticket.owner);
    if let Some(owner) = owner.filter(|owner| is_active(&work.facts.desk, *owner)) {
        work.enqueue(id, &format!("{id}:{seq}"), Recipient::Agent(owner), notice);
    }
}

/// Whom the words of a ladder step reach, when it is processed.
pub(super) fn reached(work: &Work<'_>, id: TicketId, whom: &[Whom]) -> Result<BTreeSet<Recipient>, Because> {
    let ticket = work.ticket(id)?;
    let customer = work.tickets.get(&id).and_then(|work| work.customer.as_ref());
    let mut reached = BTreeSet::new();
    for whom in whom {
        reached.extend(recipients(&work.facts.desk, ticket, customer, whom, work.now));
    }
    Ok(reached.into_iter().take(RECIPIENTS_MAX).collect())
}

fn recipients(
    desk: &Desk,
    ticket: &Ticket,
    customer: Option<&CustomerFact>,
    whom: &Whom,
    now: Instant,
) -> Vec<Recipient> {
    let people = match whom {
        Whom::Assignee => assignee(desk, ticket, now),
        Whom::Team => team(desk, ticket),
        Whom::Leads => leads(desk, ticket),
        Whom::Managers => by_role(desk, Role::Manager),
        Whom::Role(role) => by_role(desk, *role),
        Whom::AccountOwner => {
            let owner = customer.and_then(|customer| customer.account_owner);
            owner.filter(|owner| is_active(desk, *owner)).into_iter().collect()
        }
        Whom::OnCall(wanted) => on_call(desk, wanted, now),
        Whom::Address(address) => return vec![Recipient::Address(address.clone())],
        Whom::Webhook(slug) => return vec![Recipient::Webhook(slug.clone())],
    };
    people.into_iter().map(Recipient::Agent).collect()
}

/// The owner if on duty, else who is on call for the ticket's team; where there is no owner, the team.
pub(super) fn assignee(desk: &Desk, ticket: &Ticket, now: Instant) -> Vec<AgentId> {
    let Some(owner) = ticket.owner.filter(|owner| is_active(desk, *owner)) else { return team(desk, ticket) };
    if is_on_duty(desk, owner, now) {
        return vec![owner];
    }
    let instead = instead_of(desk, ticket, now);
    // Better somebody who is off duty than nobody.
    if instead.is_empty() { vec![owner] } else { instead }
}

/// A person whom no rota names has no hours, and is always meant.
fn is_on_duty(desk: &Desk, agent: AgentId, now: Instant) -> bool {
    let mut rotas = desk.rotas.values().filter(|rota| rota.people().contains(&agent)).peekable();
    rotas.peek().is_none()
        || rotas.any(|rota| rota.levels().into_iter().any(|level| holds(desk, rota, level, now) == Some(agent)))
}

fn holds(desk: &Desk, rota: &Rota, level: u32, now: Instant) -> Option<AgentId> {
    rota.on_call(level, now, &|agent| is_active(desk, agent))
}

fn instead_of(desk: &Desk, ticket: &Ticket, now: Instant) -> Vec<AgentId> {
    let team = ticket.team.and_then(|team| desk.teams.get(&team)).map(|team| &team.slug);
    let covers = desk.rotas.values().filter(|rota| rota.team().is_none_or(|covered| Some(covered) == team));
    let mut rotas: Vec<_> = covers.collect();
    rotas.sort_by_key(|rota| rota.team().is_none());
    rotas.into_iter().find_map(|rota| holds(desk, rota, 1, now)).into_iter().collect()
}

pub(super) fn on_call(desk: &Desk, wanted: &OnCall, now: Instant) -> Vec<AgentId> {
    desk.rotas.get(&wanted.rota).and_then(|rota| holds(desk, rota, wanted.level, now)).into_iter().collect()
}

/// Whom an alarm goes to: the managers, else the administrators.
pub(super) fn those_in_charge(desk: &Desk) -> Vec<AgentId> {
    let managers = by_role(desk, Role::Manager);
    if managers.is_empty() { by_role(desk, Role::Admin) } else { managers }
}

fn is_active(desk: &Desk, agent: AgentId) -> bool {
    desk.agents.get(&agent).is_some_and(|agent| agent.active)
}

fn team(desk: &Desk, ticket: &Ticket) -> Vec<AgentId> {
    let works = |role: Role| matches!(role, Role::Agent | Role::Lead);
    let here = desk.agents.values().filter(|agent| agent.active && works(agent.role));
    let members: Vec<AgentId> =
        here.filter(|agent| ticket.team.is_none_or(|team| agent.teams.contains(&team))).map(|agent| agent.id).collect();
    if members.is_empty() { by_role(desk, Role::Manager) } else { members }
}

fn leads(desk: &Desk, ticket: &Ticket) -> Vec<AgentId> {
    let all = desk.agents.values().filter(|agent| agent.active && agent.role == Role::Lead);
    let of_team: Vec<AgentId> =
        all.filter(|agent| ticket.team.is_none_or(|team| agent.teams.contains(&team))).map(|agent| agent.id).collect();
    if of_team.is_empty() { by_role(desk, Role::Lead) } else { of_team }
}

fn by_role(desk: &Desk, role: Role) -> Vec<AgentId> {
    desk.agents.values().filter(|agent| agent.active && agent.role == role).map(|agent| agent.id).collect()
}
