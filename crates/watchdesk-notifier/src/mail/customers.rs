//! What mails to customers are filled with. Nothing here reads notes, the operator's words or his reference.

use chrono::Duration;
use watchdesk_core::Instant;
use watchdesk_core::clock::{Objective, terms_of_ticket};
use watchdesk_core::effect::Notice;
use watchdesk_core::event::MessageKind;
use watchdesk_core::ids::CaseId;
use watchdesk_core::ticket::{Closing, Severity, State};
use watchdesk_store::outbox::OutboxItem;
use watchdesk_store::tickets::MessageRecord;
use watchdesk_store::{cases, incidents, tickets};
use watchdesk_templates::mail::{
    Closed, ClosedBecause, Desk, IncidentLinked, IncidentOver, PassedOn, Quoted, Received, Reply, Resolved,
    ResponseTarget, Support, WrittenBy,
};
use watchdesk_templates::{MailContext, ReaderLocale};

use super::compose::{ComposeError, Composer};
use super::facts::About;
use super::ladder::service_named;

/// Messages that are looked at for the one to quote.
const LOOKED_BACK_MAX: u64 = 50;
const ALWAYS_OPEN: &str = "always";

/// `Err` is the reason why nothing is to be said any more.
pub(super) async fn context(
    composer: &Composer,
    item: &OutboxItem,
    about: &About,
    message: Option<&MessageRecord>,
    locale: ReaderLocale,
    now: Instant,
) -> Result<Result<MailContext, String>, ComposeError> {
    let desk = desk(about, locale);
    Ok(match (&item.notice, message) {
        (Notice::Received { .. }, _) => Ok(received(composer, about, desk).await?),
        (Notice::Reply { .. }, Some(message)) => Ok(reply(composer, about, desk, message).await?),
        (Notice::Resolved { .. }, Some(message)) => Ok(resolved(composer, about, desk, message).await?),
        (Notice::PassedOn { case }, _) => passed_on(composer, about, desk, *case, locale, now).await?,
        (Notice::IncidentLinked { reference }, _) => incident_linked(composer, about, desk, reference, locale).await?,
        (Notice::IncidentOver { reference }, _) => incident_over(composer, about, desk, reference, locale).await?,
        (Notice::Closed, _) => closed(composer, about, desk).await?,
        (Notice::Reply { .. } | Notice::Resolved { .. }, None) => return Err(ComposeError::gone("message")),
        (
            Notice::Assigned
            | Notice::RetestWanted { .. }
            | Notice::CustomerWrote { .. }
            | Notice::WaitingOver
            | Notice::TargetNear { .. }
            | Notice::TargetMissed { .. }
            | Notice::NobodyToCall { .. }
            | Notice::EscalationProposed { .. }
            | Notice::Digest
            | Notice::RotaGap { .. }
            | Notice::HandOver { .. }
            | Notice::TimersStuck
            | Notice::CaseAnswered { .. }
            | Notice::ToOperator { .. }
            | Notice::DailySummary { .. },
            _,
        ) => return Err(ComposeError::Impossible(format!("\"{}\" is for staff only", item.notice.name()))),
    })
}

pub(super) fn desk(about: &About, locale: ReaderLocale) -> Desk {
    let mailbox = &about.mailbox;
    Desk {
        name: mailbox.name.clone(),
        signature: mailbox.signature.clone(),
        support: Support {
            email: mailbox.address.clone(),
            phone: mailbox.support.phone.clone(),
            url: mailbox.support.url.clone(),
            hours: mailbox.support.hours.in_language(locale.language).to_owned(),
        },
        operator: about.operator(locale.language),
    }
}

async fn received(composer: &Composer, about: &About, desk: Desk) -> Result<MailContext, ComposeError> {
    let ticket = about.ticket();
    let answer = about.clocks.iter().find(|clock| clock.objective == Objective::FirstResponse && clock.is_running());
    Ok(MailContext::Received(Received {
        desk,
        number: ticket.number.0,
        channel: ticket.channel,
        received_at: ticket.opened_at,
        answer_by: answer.and_then(|clock| clock.deadline),
        targets: targets(composer, about).await?,
    }))
}

/// What the contract says about first answers, severity by severity.
async fn targets(composer: &Composer, about: &About) -> Result<Vec<ResponseTarget>, ComposeError> {
    let tier = about.tier(&composer.store).await?;
    let target = |severity: Severity| {
        let mut ticket = about.ticket().clone();
        ticket.severity = Some(severity);
        let terms = terms_of_ticket(&about.desk, &ticket, tier.as_ref(), Objective::FirstResponse)?;
        let around_the_clock = terms.calendar.slug.as_str() == ALWAYS_OPEN;
        Some(ResponseTarget { severity, seconds: terms.target_s, around_the_clock })
    };
    Ok(Severity::ALL.into_iter().filter_map(target).collect())
}

async fn reply(
    composer: &Composer,
    about: &About,
    desk: Desk,
    message: &MessageRecord,
) -> Result<MailContext, ComposeError> {
    let answer_until = match about.ticket().state {
        State::Waiting { until } => until,
        State::Open | State::Triaged | State::Escalated | State::Resolved { .. } | State::Closed { .. } => None,
    };
    Ok(MailContext::Reply(Reply {
        desk,
        number: about.ticket().number.0,
        subject: about.record.words.subject.clone(),
        written: written(message),
        answer_until,
        quoted: quoted(composer, message).await?,
    }))
}

async fn resolved(
    composer: &Composer,
    about: &About,
    desk: Desk,
    message: &MessageRecord,
) -> Result<MailContext, ComposeError> {
    let window = Duration::seconds(about.desk.settings.reopening_window_s);
    let reopen_until = match about.ticket().state {
        State::Resolved { at } => Some(at + window),
        State::Open | State::Triaged | State::Waiting { .. } | State::Escalated | State::Closed { .. } => None,
    };
    Ok(MailContext::Resolved(Resolved {
        desk,
        number: about.ticket().number.0,
        subject: about.record.words.subject.clone(),
        written: written(message),
        reopen_until,
        quoted: quoted(composer, message).await?,
    }))
}

fn written(message: &MessageRecord) -> WrittenBy {
    WrittenBy { agent: message.author_name.clone(), text: message.body.clone(), html: message.html.clone() }
}

/// The customer's last message before ours.
async fn quoted(composer: &Composer, ours: &MessageRecord) -> Result<Option<Quoted>, ComposeError> {
    let latest = tickets::latest_messages(&composer.store, ours.ticket, LOOKED_BACK_MAX).await?;
    let his = latest.iter().rev().find(|message| message.kind == MessageKind::Customer && message.at <= ours.at);
    Ok(his.and_then(|message| Quoted::new(message.at, &message.body)))
}

async fn passed_on(
    composer: &Composer,
    about: &About,
    desk: Desk,
    case: CaseId,
    locale: ReaderLocale,
    now: Instant,
) -> Result<Result<MailContext, String>, ComposeError> {
    let case = cases::by_id(&composer.store, case).await?.ok_or_else(|| ComposeError::gone("case"))?;
    let Some(passed_on_at) = case.filed_at else {
        return Ok(Err("the case is not with the operator".to_owned()));
    };
    let running = about.clocks.iter().filter(|clock| clock.is_running());
    // Whoever has the case, which need not be whose the ticket's service is.
    let desk = Desk { operator: about.operator_named(&case.operator, locale.language), ..desk };
    Ok(Ok(MailContext::PassedOn(PassedOn {
        desk,
        number: about.ticket().number.0,
        opened_at: about.ticket().opened_at,
        passed_on_at,
        answer_by: running.filter_map(|clock| clock.deadline).filter(|at| *at > now).min(),
    })))
}

async fn incident_linked(
    composer: &Composer,
    about: &About,
    desk: Desk,
    reference: &str,
    locale: ReaderLocale,
) -> Result<Result<MailContext, String>, ComposeError> {
    let ticket = about.ticket();
    let incident = incidents::by_reference(&composer.store, reference).await?;
    let is_linked = ticket.incidents.contains(reference);
    let Some(incident) = incident.filter(|incident| incident.is_open && is_linked) else {
        return Ok(Err("the incident is over, or does not explain the ticket any more".to_owned()));
    };
    Ok(Ok(MailContext::IncidentLinked(IncidentLinked {
        desk,
        number: ticket.number.0,
        opened_at: ticket.opened_at,
        service: service_named(about, &incident.service, locale.language),
        reference: incident.reference,
        started_at: incident.started_at,
    })))
}

async fn incident_over(
    composer: &Composer,
    about: &About,
    desk: Desk,
    reference: &str,
    locale: ReaderLocale,
) -> Result<Result<MailContext, String>, ComposeError> {
    let ticket = about.ticket();
    let incident = incidents::by_reference(&composer.store, reference).await?;
    let over = incident.and_then(|incident| Some((incident.ended_at?, incident)));
    let Some((ended_at, incident)) = over.filter(|_| ticket.incidents.contains(reference)) else {
        return Ok(Err("the incident is open again, or does not explain the ticket any more".to_owned()));
    };
    Ok(Ok(MailContext::IncidentOver(IncidentOver {
        desk,
        number: ticket.number.0,
        opened_at: ticket.opened_at,
        service: service_named(about, &incident.service, locale.language),
        reference: incident.reference,
        ended_at,
    })))
}

async fn closed(composer: &Composer, about: &About, desk: Desk) -> Result<Result<MailContext, String>, ComposeError> {
    let State::Closed { at, reason } = &about.ticket().state else {
        return Ok(Err("the ticket is not closed any more".to_owned()));
    };
    let because = match reason {
        Closing::Solved => ClosedBecause::Solved,
        Closing::Withdrawn => ClosedBecause::Withdrawn,
        Closing::Duplicate(merged) => {
            let other =
                tickets::by_id(&composer.store, merged.of).await?.ok_or_else(|| ComposeError::gone("other ticket"))?;
            ClosedBecause::Duplicate { of: other.ticket.number.0 }
        }
        Closing::Spam | Closing::Imported => return Ok(Err("nobody is told of this kind of closing".to_owned())),
    };
    Ok(Ok(MailContext::Closed(Closed {
        desk,
        number: about.ticket().number.0,
        opened_at: about.ticket().opened_at,
        closed_at: *at,
        because,
    })))
}
