//! Triage, fields and assignment.

use crate::command::{Assignment, FieldChanges};
use crate::decide::notices;
use crate::decide::work::Work;
use crate::event::EventKind;
use crate::ids::{AgentId, Slug, TeamId, TicketId};
use crate::refusal::Because;
use crate::rights::Role;
use crate::ticket::{Severity, State};

pub const TAGS_MAX: usize = 50;
pub const WATCHERS_MAX: usize = 100;
pub const CUSTOM_FIELDS_MAX: usize = 50;

pub(super) fn triage(
    work: &mut Work<'_>,
    id: TicketId,
    category: &Slug,
    service: Option<&Slug>,
    severity: Severity,
    assignment: &Assignment,
) -> Result<(), Because> {
    let service = service.cloned().or_else(|| work.ticket(id).ok()?.service.clone());
    check_category(work, category, service.as_ref())?;
    set_category(work, id, category)?;
    set_service(work, id, service)?;
    set_severity(work, id, severity)?;
    work.emit(id, EventKind::Triaged)?;
    let now = work.now;
    work.move_to(id, now, State::Triaged)?;
    if !assignment.is_empty() {
        assign(work, id, assignment)?;
    }
    let ticket = work.ticket(id)?;
    // A triaged ticket is somebody's: a person's or a team's.
    if ticket.owner.is_none() && ticket.team.is_none() { Err(Because::OwnerNeeded) } else { Ok(()) }
}

fn check_category(work: &Work<'_>, category: &Slug, service: Option<&Slug>) -> Result<(), Because> {
    let desk = &work.facts.desk;
    let known = desk.categories.get(category).ok_or_else(|| Because::UnknownCategory(category.clone()))?;
    if let Some(service) = service
        && !desk.services.contains_key(service)
    {
        return Err(Because::UnknownService(service.clone()));
    }
    if known.needs_service && service.is_none() {
        return Err(Because::ServiceNeeded(category.clone()));
    }
    Ok(())
}

fn set_category(work: &mut Work<'_>, id: TicketId, to: &Slug) -> Result<(), Because> {
    if work.ticket(id)?.category.as_ref() != Some(to) {
        work.emit(id, EventKind::CategoryChanged { to: to.clone() })?;
    }
    Ok(())
}

fn set_service(work: &mut Work<'_>, id: TicketId, to: Option<Slug>) -> Result<(), Because> {
    if work.ticket(id)?.service != to {
        work.emit(id, EventKind::ServiceChanged { to })?;
    }
    Ok(())
}

fn set_severity(work: &mut Work<'_>, id: TicketId, to: Severity) -> Result<(), Because> {
    let from = work.ticket(id)?.severity;
    if from != Some(to) {
        work.emit(id, EventKind::SeverityChanged { from, to })?;
    }
    Ok(())
}

pub(super) fn change(work: &mut Work<'_>, id: TicketId, changes: &FieldChanges) -> Result<(), Because> {
    if *changes == FieldChanges::default() {
        return Err(Because::NothingToChange);
    }
    let ticket = work.ticket(id)?;
    let triaged = ticket.triaged;
    let category = changes.category.clone().or_else(|| ticket.category.clone());
    let service = changes.service.clone().unwrap_or_else(|| ticket.service.clone());
    if let Some(category) = category.filter(|_| triaged || changes.category.is_some()) {
        check_category(work, &category, service.as_ref())?;
    } else if let Some(service) = &service
        && !work.facts.desk.services.contains_key(service)
    {
        return Err(Because::UnknownService(service.clone()));
    }
    if let Some(to) = &changes.category {
        set_category(work, id, to)?;
    }
    if let Some(to) = &changes.service {
        set_service(work, id, to.clone())?;
    }
    if let Some(to) = changes.severity {
        set_severity(work, id, to)?;
    }
    change_customer(work, id, changes)?;
    change_sets(work, id, changes)?;
    change_words(work, id, changes)
}

fn change_customer(work: &mut Work<'_>, id: TicketId, changes: &FieldChanges) -> Result<(), Because> {
    let Some(to) = changes.customer.filter(|to| work.ticket(id).is_ok_and(|ticket| ticket.customer != *to)) else {
        return Ok(());
    };
    let fact = match to {
        None => None,
        Some(customer) => Some(work.facts.customers.get(&customer).cloned().ok_or(Because::UnknownCustomer)?),
    };
    work.emit(id, EventKind::CustomerChanged { to })?;
    work.ticket_work(id)?.customer = fact;
    Ok(())
}

fn change_sets(work: &mut Work<'_>, id: TicketId, changes: &FieldChanges) -> Result<(), Because> {
    if let Some(to) = &changes.tags {
        limit("tags", to.len(), TAGS_MAX)?;
        if work.ticket(id)?.tags != *to {
            work.emit(id, EventKind::TagsChanged { to: to.clone() })?;
        }
    }
    if let Some(to) = &changes.watchers {
        limit("watchers", to.len(), WATCHERS_MAX)?;
        if to.iter().any(|agent| !work.facts.desk.agents.contains_key(agent)) {
            return Err(Because::UnknownAgent);
        }
        if work.ticket(id)?.watchers != *to {
            work.emit(id, EventKind::WatchersChanged { to: to.clone() })?;
        }
    }
    if let Some(to) = &changes.label
        && work.ticket(id)?.label != *to
    {
        work.emit(id, EventKind::LabelChanged { to: to.clone() })?;
    }
    Ok(())
}

fn change_words(work: &mut Work<'_>, id: TicketId, changes: &FieldChanges) -> Result<(), Because> {
    if let Some(fields) = &changes.custom_fields {
        limit("custom fields", fields.len(), CUSTOM_FIELDS_MAX)?;
        let before = work.ticket_work(id)?.words.custom_fields.clone();
        if before != *fields {
            let names = fields.keys().chain(before.keys()).filter(|name| fields.get(*name) != before.get(*name));
            let names = names.cloned().collect();
            work.emit(id, EventKind::CustomFieldsChanged { names })?;
            work.ticket_work(id)?.words.custom_fields.clone_from(fields);
        }
    }
    if let Some(subject) = &changes.subject
        && work.ticket_work(id)?.words.subject != *subject
    {
        work.emit(id, EventKind::SubjectChanged)?;
        work.ticket_work(id)?.words.subject.clone_from(subject);
    }
    Ok(())
}

pub(super) fn limit(what: &'static str, have: usize, max: usize) -> Result<(), Because> {
    if have > max { Err(Because::TooMany { what, max }) } else { Ok(()) }
}

pub(super) fn assign(work: &mut Work<'_>, id: TicketId, assignment: &Assignment) -> Result<(), Because> {
    let ticket = work.ticket(id)?;
    let owner = assignment.owner.unwrap_or(ticket.owner);
    let team = assignment.team.unwrap_or(ticket.team);
    if (owner, team) == (ticket.owner, ticket.team) {
        return Ok(());
    }
    check_owner(work, owner)?;
    check_team(work, team)?;
    let new_owner = owner.filter(|_| owner != ticket.owner);
    let seq = work.emit(id, EventKind::Assigned { owner, team })?;
    if let Some(agent) = new_owner {
        notices::assigned(work, id, seq, agent);
    }
    Ok(())
}

pub(super) fn check_owner(work: &Work<'_>, owner: Option<AgentId>) -> Result<(), Because> {
    let Some(owner) = owner else { return Ok(()) };
    let agent = work.facts.desk.agents.get(&owner).ok_or(Because::UnknownAgent)?;
    if !agent.active {
        return Err(Because::AgentInactive);
    }
    if agent.role == Role::Auditor { Err(Because::AuditorCannotOwn) } else { Ok(()) }
}

fn check_team(work: &Work<'_>, team: Option<TeamId>) -> Result<(), Because> {
    match team {
        Some(team) if !work.facts.desk.teams.contains_key(&team) => Err(Because::UnknownTeam),
        Some(_) | None => Ok(()),
    }
}
