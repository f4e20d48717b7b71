//! Who is on duty, and timers that are stuck.

use chrono::Duration;
use watchdesk_core::clock::{Clock, Subject};
use watchdesk_core::desk::Desk;
use watchdesk_core::firing::FAILURES_MAX;
use watchdesk_core::ids::{AgentId, Slug, TicketId};
use watchdesk_core::rights::{Actor, visibility};
use watchdesk_core::rota::Rota;
use watchdesk_core::ticket::StateKind;
use watchdesk_core::{Instant, rota};
use watchdesk_store::firing;
use watchdesk_store::outbox::OutboxItem;
use watchdesk_store::tickets::{OwnerFilter, Sort, TicketFilter, TicketRecord};
use watchdesk_store::{PAGE_ITEMS_MAX, Store, StoreError, cases, desk, directory, tickets};
use watchdesk_templates::mail::{HAND_OVER_ROWS_MAX, HandOver, HandOverTicket, RotaGap, TimersStuck, ticket_url};
use watchdesk_templates::{MailContext, ReaderLocale};

use super::compose::{ComposeError, Composer};
use crate::people;
use crate::timers::{subject_of_key, with_source};

const COUNTED_MAX: u64 = 10_000;
const SPAN_MAX: Duration = Duration::days(rota::SPAN_DAYS_MAX);
const SECOND: Duration = Duration::seconds(1);

/// A level of a rota, at an instant.
pub(super) struct Post<'a> {
    pub rota: &'a Slug,
    pub level: u32,
}

/// As it stands now; `Err` where somebody is on call by now.
pub(super) async fn rota_gap(
    composer: &Composer,
    post: &Post<'_>,
    (from, to): (Instant, Instant),
    desk_name: String,
    locale: ReaderLocale,
    now: Instant,
) -> Result<Result<MailContext, String>, ComposeError> {
    let desk = desk::load(&composer.store).await?;
    let Some(rota) = desk.rotas.get(post.rota) else { return Ok(Err("the rota is gone".to_owned())) };
    let active = |agent: AgentId| people::is_active(&desk, agent);
    let still = rota.shifts(post.level, from, to.min(from + SPAN_MAX), &active).unwrap_or_default();
    if now >= to || !still.iter().any(|shift| shift.agent.is_none()) {
        return Ok(Err("somebody is on call by now, or it is over".to_owned()));
    }
    let before = rota.on_call(post.level, from - SECOND, &active);
    let after = rota.on_call(post.level, to, &active);
    Ok(Ok(MailContext::RotaGap(RotaGap {
        desk: desk_name,
        rota: rota.name().in_language(locale.language).to_owned(),
        level: post.level,
        from,
        to,
        length_s: (to - from).num_seconds(),
        has_begun: from <= now,
        before: name(&composer.store, before).await?,
        after: name(&composer.store, after).await?,
        rotas_url: composer.page("rotas"),
    })))
}

/// What runs when the mail is written, not when the shift changed: whoever reads it works on now.
pub(super) async fn hand_over(
    composer: &Composer,
    post: &Post<'_>,
    at: Instant,
    desk_name: String,
    (agent, actor): (AgentId, &Actor),
    locale: ReaderLocale,
) -> Result<Result<MailContext, String>, ComposeError> {
    let store = &composer.store;
    let desk = desk::load(store).await?;
    let Some(rota) = desk.rotas.get(post.rota) else { return Ok(Err("the rota is gone".to_owned())) };
    let active = |agent: AgentId| people::is_active(&desk, agent);
    if rota.on_call(post.level, at, &active) != Some(agent) {
        return Ok(Err("somebody else is on duty".to_owned()));
    }
    let leaving = rota.on_call(post.level, at - SECOND, &active);
    let filter = running(&desk, rota, leaving);
    let sees = visibility(actor);
    let page = tickets::list(store, &sees, &filter, Sort::Due, HAND_OVER_ROWS_MAX as u64, None).await?;
    Ok(Ok(MailContext::HandOver(HandOver {
        desk: desk_name,
        rota: rota.name().in_language(locale.language).to_owned(),
        level: post.level,
        from: name(store, leaving).await?,
        at,
        until: rota.next_change_after(post.level, at, &active),
        count: tickets::count(store, &sees, &filter, COUNTED_MAX).await?,
        tickets: rows(composer, page.items).await?,
        queue_url: composer.page("queue"),
    })))
}

/// The tickets of who leaves; where nobody was on duty, those of the rota's team that nobody has.
fn running(desk: &Desk, rota: &Rota, leaving: Option<AgentId>) -> TicketFilter {
    let team = desk.teams.values().find(|team| Some(&team.slug) == rota.team()).map(|team| team.id);
    let (owner, team) = match leaving {
        Some(agent) => (OwnerFilter::Agent(agent), None),
        None => (OwnerFilter::Nobody, team),
    };
    let state = StateKind::ALL.into_iter().filter(|kind| !kind.is_finished()).collect();
    TicketFilter { state, owner: Some(owner), team, ..TicketFilter::default() }
}

async fn rows(composer: &Composer, records: Vec<TicketRecord>) -> Result<Vec<HandOverTicket>, StoreError> {
    let store = &composer.store;
    let ids: Vec<TicketId> = records.iter().map(|record| record.ticket.id).collect();
    let clocks = tickets::clocks_of_many(store, &ids).await?;
    let mut rows = Vec::new();
    for record in records {
        let ticket = record.ticket;
        let next = next_of(&clocks, ticket.id);
        let customer = match ticket.customer {
            Some(id) => directory::customer(store, id).await?.map(|customer| customer.name),
            None => None,
        };
        rows.push(HandOverTicket {
            number: ticket.number.0,
            url: ticket_url(&composer.base_url, ticket.number.0),
            subject: record.words.subject,
            customer,
            severity: ticket.severity,
            state: ticket.state.kind(),
            owner: name(store, ticket.owner).await?,
            objective: next.map(|clock| clock.objective),
            deadline: next.and_then(|clock| clock.deadline),
            missed: next.is_some_and(|clock| clock.missed_at.is_some()),
        });
    }
    Ok(rows)
}

fn next_of(clocks: &[Clock], ticket: TicketId) -> Option<&Clock> {
    let running = clocks.iter().filter(|clock| clock.subject == Subject::Ticket(ticket) && clock.is_running());
    running.filter(|clock| clock.deadline.is_some()).min_by_key(|clock| clock.deadline)
}

async fn name(store: &Store, agent: Option<AgentId>) -> Result<Option<String>, StoreError> {
    match agent {
        Some(agent) => Ok(directory::agent(store, agent).await?.map(|agent| agent.name)),
        None => Ok(None),
    }
}

/// The rows may make no sense, which may be why: nothing is read here that is not needed.
pub(super) async fn timers_stuck(
    composer: &Composer,
    item: &OutboxItem,
    desk_name: String,
) -> Result<Result<MailContext, String>, ComposeError> {
    let store = &composer.store;
    let subject = subject_of_key(&item.key).ok_or_else(|| ComposeError::gone("ticket"))?;
    let set_aside = firing::set_aside(store, PAGE_ITEMS_MAX).await?;
    let are_all = (set_aside.len() as u64) < PAGE_ITEMS_MAX;
    let found = set_aside.into_iter().find(|one| one.subject == subject);
    if are_all && found.is_none() {
        return Ok(Err("its timers were fired in the end".to_owned()));
    }
    let number = match item.ticket {
        Some(ticket) => tickets::number_of(store, ticket).await?.map_or(0, |number| number.0),
        None => 0,
    };
    let (reference, error) = what_is_wrong(store, subject).await?;
    Ok(Ok(MailContext::TimersStuck(TimersStuck {
        desk: desk_name,
        number,
        url: ticket_url(&composer.base_url, number),
        reference,
        due_at: found.and_then(|found| found.due_at).unwrap_or(item.created_at),
        attempts: found.map_or(FAILURES_MAX, |found| found.standing.failures),
        error,
        next_try_at: found.and_then(|found| found.standing.claimed_until),
    })))
}

/// The operator's reference, and what cannot be read of it. Where all of it can, only the log knows why it failed.
async fn what_is_wrong(store: &Store, subject: Subject) -> Result<(Option<String>, String), StoreError> {
    let read = match subject {
        Subject::Ticket(id) => read_ticket(store, id).await.map(|()| None),
        Subject::Case(id) => cases::by_id(store, id).await.map(|case| case.and_then(|case| case.reference)),
    };
    match read {
        Ok(reference) => Ok((reference, String::new())),
        Err(error @ (StoreError::Corrupt { .. } | StoreError::Missing { .. })) => Ok((None, with_source(&error))),
        Err(error) => Err(error),
    }
}

async fn read_ticket(store: &Store, id: TicketId) -> Result<(), StoreError> {
    tickets::by_id(store, id).await?;
    tickets::clocks(store, id).await?;
    tickets::timeline(store, id).await?;
    cases::of_ticket(store, id).await?;
    Ok(())
}
