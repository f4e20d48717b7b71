//! Who is told what.

use std::collections::BTreeSet;

use crate::decide::work::Work;
use crate::desk::{Desk, Whom};
use crate::effect::{Notice, Recipient};
use crate::event::ActorRef;
use crate::ids::{AgentId, TicketId};
use crate::rights::Role;
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

/// The people behind the words of a ladder step, when it is processed.
pub(super) fn people(desk: &Desk, ticket: &Ticket, whom: &[Whom]) -> BTreeSet<AgentId> {
    let mut people = BTreeSet::new();
    for whom in whom {
        people.extend(match whom {
            Whom::Owner => owner_or_team(desk, ticket),
            Whom::Team => team(desk, ticket),
            Whom::Leads => leads(desk, ticket),
            Whom::Managers => by_role(desk, Role::Manager),
        });
    }
    people.into_iter().take(RECIPIENTS_MAX).collect()
}

fn is_active(desk: &Desk, agent: AgentId) -> bool {
    desk.agents.get(&agent).is_some_and(|agent| agent.active)
}

fn owner_or_team(desk: &Desk, ticket: &Ticket) -> Vec<AgentId> {
    match ticket.owner.filter(|owner| is_active(desk, *owner)) {
        Some(owner) => vec![owner],
        None => team(desk, ticket),
    }
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
