//! What mails to colleagues are filled with.

use watchdesk_core::Instant;
use watchdesk_core::case::{AnswerOutcome, CaseState};
use watchdesk_core::clock::Clock;
use watchdesk_core::desk::{Desk, Language, Named};
use watchdesk_core::effect::Notice;
use watchdesk_core::event::{ActorRef, Event, MessageKind};
use watchdesk_core::ids::{AgentId, CaseId, MessageId, TicketId};
use watchdesk_store::outbox::OutboxItem;
use watchdesk_store::{Store, StoreError, cases, directory, incidents, tickets};
use watchdesk_templates::MailContext;
use watchdesk_templates::mail::{
    Assigned, CaseAnswered, CaseEnding, CustomerWrote, Due, RetestWanted, StaffTicket, WaitingOver, ticket_url,
};

use super::compose::{ComposeError, Composer};
use super::facts::About;
use super::ladder::{self, Reader, service_name};
use crate::owed::Spoken;

/// Messages that are looked at for the operator's last word.
const LOOKED_BACK_MAX: u64 = 50;

/// `Err` is the reason why nothing is to be said any more.
pub(super) async fn context(
    composer: &Composer,
    item: &OutboxItem,
    about: &About,
    reader: Reader<'_>,
    now: Instant,
) -> Result<Result<MailContext, String>, ComposeError> {
    let store = &composer.store;
    let language = reader.locale.language;
    let ticket = staff_ticket(composer, about, language).await?;
    if let Some(spoken) = Spoken::of(&item.notice) {
        return ladder::target(composer, item, about, &spoken, ticket, reader, now).await;
    }
    Ok(match &item.notice {
        Notice::Assigned if about.ticket().owner != Some(reader.agent) => {
            Err("it was assigned to somebody else".to_owned())
        }
        Notice::Assigned => Ok(assigned(store, item, about, ticket).await?),
        Notice::CustomerWrote { message } => Ok(customer_wrote(composer, *message, ticket).await?),
        Notice::WaitingOver => Ok(waiting_over(store, item, about, ticket).await?),
        Notice::NobodyToCall { clock, objective, step } => {
            ladder::nobody_to_call(composer, about, (*clock, *step), *objective, ticket, reader.locale).await?
        }
        Notice::EscalationProposed { clock, objective } => {
            ladder::escalation_proposed(composer, about, *clock, *objective, ticket, language).await?
        }
        Notice::RetestWanted { reference } => retest_wanted(composer, about, reference, ticket, language).await?,
        Notice::CaseAnswered { case } => case_answered(composer, about, *case, ticket, language).await?,
        Notice::Received { .. }
        | Notice::Reply { .. }
        | Notice::PassedOn { .. }
        | Notice::IncidentLinked { .. }
        | Notice::IncidentOver { .. }
        | Notice::Resolved { .. }
        | Notice::Closed
        | Notice::TargetNear { .. }
        | Notice::TargetMissed { .. }
        | Notice::Digest
        | Notice::RotaGap { .. }
        | Notice::HandOver { .. }
        | Notice::TimersStuck
        | Notice::ToOperator { .. }
        | Notice::DailySummary { .. } => {
            return Err(ComposeError::Impossible(format!(
                "\"{}\" is not for colleagues about a ticket",
                item.notice.name()
            )));
        }
    })
}

async fn staff_ticket(composer: &Composer, about: &About, language: Language) -> Result<StaffTicket, ComposeError> {
    let store = &composer.store;
    let ticket = about.ticket();
    let requester = directory::contact(store, ticket.requester).await?;
    let team = match ticket.team {
        Some(id) => directory::teams(store).await?.into_iter().find(|team| team.id == id),
        None => None,
    };
    let owner = match ticket.owner {
        Some(owner) => agent_name(store, owner).await?,
        None => None,
    };
    let named = |name: &Named| name.in_language(language).to_owned();
    let desk: &Desk = &about.desk;
    Ok(StaffTicket {
        number: ticket.number.0,
        url: ticket_url(&composer.base_url, ticket.number.0),
        subject: about.record.words.subject.clone(),
        customer: about.customer.as_ref().map(|customer| customer.name.clone()),
        requester: requester
            .map(|contact| if contact.name.is_empty() { contact.email } else { contact.name })
            .unwrap_or_default(),
        severity: ticket.severity,
        state: ticket.state.kind(),
        category: ticket
            .category
            .as_ref()
            .and_then(|slug| desk.categories.get(slug))
            .map(|category| named(&category.name)),
        service: service_name(about, language),
        owner,
        team: team.map(|team| named(&team.name)),
        due: due(&about.clocks),
    })
}

fn due(clocks: &[Clock]) -> Vec<Due> {
    let running = clocks.iter().filter(|clock| clock.is_running());
    let mut due: Vec<Due> = running
        .filter_map(|clock| {
            let missed = clock.missed_at.is_some();
            Some(Due { objective: clock.objective, at: clock.deadline?, missed, provisional: clock.provisional })
        })
        .collect();
    due.sort_by_key(|due| due.at);
    due
}

async fn agent_name(store: &Store, id: AgentId) -> Result<Option<String>, StoreError> {
    Ok(directory::agent(store, id).await?.map(|agent| agent.name))
}

/// The event that a notice follows from: its number stands in the key behind the ticket's id.
async fn cause(store: &Store, item: &OutboxItem, ticket: TicketId) -> Result<Option<Event>, StoreError> {
    let seq = item.key.strip_prefix(&format!("{ticket}:")).and_then(|rest| rest.split(':').next()?.parse::<i64>().ok());
    let Some(seq) = seq else { return Ok(None) };
    let event = tickets::events(store, ticket, seq - 1, 1).await?.into_iter().next();
    Ok(event.filter(|event| event.seq == seq))
}

async fn assigned(
    store: &Store,
    item: &OutboxItem,
    about: &About,
    ticket: StaffTicket,
) -> Result<MailContext, ComposeError> {
    let by = match cause(store, item, about.ticket().id).await?.map(|event| event.actor) {
        Some(ActorRef::Agent(agent)) => agent_name(store, agent).await?,
        Some(ActorRef::Contact(_) | ActorRef::System) | None => None,
    };
    Ok(MailContext::Assigned(Assigned { ticket, by, to_team: None }))
}

async fn customer_wrote(
    composer: &Composer,
    message: MessageId,
    ticket: StaffTicket,
) -> Result<MailContext, ComposeError> {
    let message = composer.message(message).await?;
    let from = if message.author_name.is_empty() { ticket.requester.clone() } else { message.author_name };
    Ok(MailContext::CustomerWrote(CustomerWrote { ticket, from, at: message.at, words: message.body }))
}

async fn waiting_over(
    store: &Store,
    item: &OutboxItem,
    about: &About,
    ticket: StaffTicket,
) -> Result<MailContext, ComposeError> {
    let until = cause(store, item, about.ticket().id).await?.map(|event| event.at);
    Ok(MailContext::WaitingOver(WaitingOver { ticket, until }))
}

async fn retest_wanted(
    composer: &Composer,
    about: &About,
    reference: &str,
    ticket: StaffTicket,
    language: Language,
) -> Result<Result<MailContext, String>, ComposeError> {
    let incident = incidents::by_reference(&composer.store, reference).await?;
    let is_wanted = about.ticket().retests.contains(reference);
    let Some(ended_at) = incident.and_then(|incident| incident.ended_at).filter(|_| is_wanted) else {
        return Ok(Err("nobody has to try again any more".to_owned()));
    };
    let operator = about.operator(language);
    let reference = reference.to_owned();
    Ok(Ok(MailContext::RetestWanted(RetestWanted { ticket, operator, reference, ended_at })))
}

async fn case_answered(
    composer: &Composer,
    about: &About,
    case: CaseId,
    ticket: StaffTicket,
    language: Language,
) -> Result<Result<MailContext, String>, ComposeError> {
    let case = cases::by_id(&composer.store, case).await?.ok_or_else(|| ComposeError::gone("case"))?;
    let ending = match case.state {
        CaseState::Answered { outcome: AnswerOutcome::Solved, .. } | CaseState::Confirmed { .. } => CaseEnding::Solved,
        CaseState::Answered { outcome: AnswerOutcome::NotSolved, .. } => CaseEnding::NotSolved,
        CaseState::Refused { .. } => CaseEnding::Refused,
        CaseState::Filed { .. }
        | CaseState::Acknowledged { .. }
        | CaseState::WaitingOnUs { .. }
        | CaseState::Reopened { .. } => CaseEnding::GoesOn,
        CaseState::Drafted | CaseState::Withdrawn { .. } => return Ok(Err("the case was taken back".to_owned())),
    };
    let mut words = String::new();
    // The operator's words stand once, with the first of the case's tickets.
    for id in case.tickets.iter().copied().chain([about.ticket().id]) {
        let latest = tickets::latest_messages(&composer.store, id, LOOKED_BACK_MAX).await?;
        let said = latest.into_iter().rev().find(|m| m.kind == MessageKind::Operator && m.case == Some(case.id));
        if let Some(said) = said {
            words = said.body;
            break;
        }
    }
    let operator = about.operator_named(&case.operator, language);
    Ok(Ok(MailContext::CaseAnswered(CaseAnswered { ticket, operator, reference: case.reference, ending, words })))
}
