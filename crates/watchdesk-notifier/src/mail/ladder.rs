//! What ladders say: to the people of the desk, and to addresses outside it.

use std::sync::Arc;

use chrono::Duration;
use watchdesk_core::Instant;
use watchdesk_core::chase;
use watchdesk_core::clock::{Acknowledgement, Clock, Objective, terms_of_clock};
use watchdesk_core::desk::{Desk, Language};
use watchdesk_core::effect::Call;
use watchdesk_core::event::StepRef;
use watchdesk_core::ids::{AgentId, ClockId, OutboxId, Slug};
use watchdesk_core::policy::{LadderStep, Whom};
use watchdesk_core::rights::{Actor, Object, Verb, authorize};
use watchdesk_core::rota::Rota;
use watchdesk_core::ticket::StateKind;
use watchdesk_store::outbox::OutboxItem;
use watchdesk_store::{StoreError, auth};
use watchdesk_templates::explain::{Names, Thing, whom_text};
use watchdesk_templates::mail::{
    Acknowledge, Called, CaseOwed, EscalationProposed, NobodyToCall, StaffTicket, TargetMissed, TargetNear,
    TargetOutside, acknowledge_url,
};
use watchdesk_templates::{Chase, MailContext, ReaderLocale, chase_text};

use super::compose::{ComposeError, Composer};
use super::customers;
use super::facts::About;
use crate::owed::{self, Owed, Spoken};

/// Whoever opens a mail a week later finds the ticket, and no button that works.
const ACKNOWLEDGE_WITHIN: Duration = Duration::days(7);

/// One of the desk, as a reader.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    pub agent: AgentId,
    pub actor: &'a Actor,
    pub locale: ReaderLocale,
}

/// To one of the desk. `Err` is the reason why nothing is to be said any more.
pub(super) async fn target(
    composer: &Composer,
    item: &OutboxItem,
    about: &About,
    spoken: &Spoken,
    ticket: StaffTicket,
    reader: Reader<'_>,
    now: Instant,
) -> Result<Result<MailContext, String>, ComposeError> {
    let found = owed::find(&composer.store, about.ticket().id, spoken.clock).await?;
    let owed = match owed::still(found) {
        Ok(owed) => owed,
        Err(moot) => return Ok(Err(moot)),
    };
    let clock = &owed.clock;
    let acknowledge = acknowledge(composer, item, about, clock, &spoken.call, reader).await?;
    let called = called(&about.desk, item, clock, &spoken.call, acknowledge);
    let case = case_owed(about, &owed, reader.locale.language)
        .map(|case| CaseOwed { chase: chase(about, &owed, now), ..case });
    let (objective, provisional) = (spoken.objective, clock.provisional);
    if !owed::is_missed(clock, now) {
        let percent = step_of(&about.desk, clock, spoken.call.step).and_then(|step| step.percent);
        let (deadline, left_s) = (clock.deadline, left_s(clock, now));
        let near = TargetNear { ticket, case, objective, percent, deadline, left_s, provisional, called };
        return Ok(Ok(MailContext::TargetNear(near)));
    }
    let Some(deadline) = clock.deadline.or(clock.missed_at) else {
        return Ok(Err("the clock stands still".to_owned()));
    };
    let over_s = (now - deadline).num_seconds().max(0);
    Ok(Ok(MailContext::TargetMissed(TargetMissed { ticket, case, objective, deadline, over_s, provisional, called })))
}

/// To an address outside.
pub(super) async fn outside(
    composer: &Composer,
    item: &OutboxItem,
    about: &About,
    spoken: &Spoken,
    locale: ReaderLocale,
    now: Instant,
) -> Result<Result<MailContext, String>, ComposeError> {
    let found = owed::find(&composer.store, about.ticket().id, spoken.clock).await?;
    let owed = match owed::still(found) {
        Ok(owed) => owed,
        Err(moot) => return Ok(Err(moot)),
    };
    let (clock, ticket) = (&owed.clock, about.ticket());
    Ok(Ok(MailContext::TargetOutside(TargetOutside {
        desk: customers::desk(about, locale),
        number: ticket.number.0,
        severity: ticket.severity,
        state: ticket.state.kind(),
        service: service_name(about, locale.language),
        case: case_owed(about, &owed, locale.language),
        objective: spoken.objective,
        missed: owed::is_missed(clock, now),
        deadline: clock.deadline,
        left_s: left_s(clock, now),
        provisional: clock.provisional,
        called: called(&about.desk, item, clock, &spoken.call, None),
    })))
}

pub(super) async fn nobody_to_call(
    composer: &Composer,
    about: &About,
    (clock, step): (ClockId, StepRef),
    objective: Objective,
    ticket: StaffTicket,
    locale: ReaderLocale,
) -> Result<Result<MailContext, String>, ComposeError> {
    let owed = match owed::still(owed::find(&composer.store, about.ticket().id, clock).await?) {
        Ok(owed) => owed,
        Err(moot) => return Ok(Err(moot)),
    };
    let (desk, clock) = (&about.desk, &owed.clock);
    let whom = step_of(desk, clock, step).map(|step| step.tell).unwrap_or_default();
    Ok(Ok(MailContext::NobodyToCall(NobodyToCall {
        ticket,
        case: case_owed(about, &owed, locale.language),
        objective,
        deadline: clock.deadline,
        step: step.step + 1,
        whom: whom.iter().map(|whom| in_words(desk, whom, locale)).collect(),
        next_called: calls_on(desk, clock, step),
        rotas_url: composer.page("rotas"),
    })))
}

pub(super) async fn escalation_proposed(
    composer: &Composer,
    about: &About,
    clock: ClockId,
    objective: Objective,
    ticket: StaffTicket,
    language: Language,
) -> Result<Result<MailContext, String>, ComposeError> {
    let owed = match owed::still(owed::find(&composer.store, about.ticket().id, clock).await?) {
        Ok(owed) => owed,
        Err(moot) => return Ok(Err(moot)),
    };
    if about.ticket().state.kind() == StateKind::Escalated {
        return Ok(Err("it is with the operator by now".to_owned()));
    }
    let operator = about.operator(language);
    let deadline = owed.clock.deadline;
    Ok(Ok(MailContext::EscalationProposed(EscalationProposed { ticket, operator, objective, deadline })))
}

/// A link for whoever may say "I have seen it", where nobody has. A mail that is written again has the link it had.
async fn acknowledge(
    composer: &Composer,
    item: &OutboxItem,
    about: &About,
    clock: &Clock,
    call: &Call,
    reader: Reader<'_>,
) -> Result<Option<Acknowledge>, ComposeError> {
    let Some(wanted) = wanted(clock, call) else { return Ok(None) };
    if !authorize(reader.actor, Verb::WorkTicket, Object::Ticket(about.ticket())) {
        return Ok(None);
    }
    Ok(Some(Acknowledge {
        url: seen_url(composer, item.id, reader.agent, clock.id).await?,
        within_s: wanted.within_s,
        next_called: calls_on(&about.desk, clock, call.step),
    }))
}

/// The acknowledgement that a step waits for, unless somebody gave it.
pub(super) fn wanted<'c>(clock: &'c Clock, call: &Call) -> Option<&'c Acknowledgement> {
    let record = clock.step(call.step.step, call.step.repetition)?;
    record.acknowledgement.as_ref().filter(|wanted| call.acknowledge && wanted.by.is_none())
}

/// The link with which one of the desk says, from that mail, that he has seen it.
pub(super) async fn seen_url(
    composer: &Composer,
    mail: OutboxId,
    agent: AgentId,
    clock: ClockId,
) -> Result<String, StoreError> {
    let secret = composer.reply_tokens.link_secret(&format!("acknowledgement {mail} {agent} {clock}"));
    auth::keep_call_link(&composer.store, &secret, agent, clock, ACKNOWLEDGE_WITHIN).await?;
    Ok(acknowledge_url(&composer.base_url, &secret))
}

fn called(desk: &Desk, item: &OutboxItem, clock: &Clock, call: &Call, acknowledge: Option<Acknowledge>) -> Called {
    let step = call.step.step + 1;
    let steps = terms_of_clock(desk, clock).map_or(0, |terms| terms.ladder.steps.len());
    Called {
        step,
        steps: u32::try_from(steps).unwrap_or(u32::MAX).max(step),
        round: call.step.repetition + 1,
        due_at: call.due_at,
        late_s: (item.created_at - call.due_at).num_seconds().max(0),
        acknowledge,
    }
}

fn step_of(desk: &Desk, clock: &Clock, step: StepRef) -> Option<LadderStep> {
    terms_of_clock(desk, clock)?.ladder.steps.get(step.step as usize).cloned()
}

/// Whether the ladder has somebody else to call after this step.
fn calls_on(desk: &Desk, clock: &Clock, step: StepRef) -> bool {
    let Some(terms) = terms_of_clock(desk, clock) else { return false };
    let has_later = (step.step as usize) + 1 < terms.ladder.steps.len();
    has_later || step.repetition < terms.ladder.repeat
}

/// Until the deadline; what remains while the clock stands still.
fn left_s(clock: &Clock, now: Instant) -> i64 {
    clock.deadline.map_or(clock.remaining_s.unwrap_or(0), |at| (at - now).num_seconds())
}

fn case_owed(about: &About, owed: &Owed, language: Language) -> Option<CaseOwed> {
    let case = owed.case.as_ref()?;
    let operator = about.operator_named(&case.operator, language);
    Some(CaseOwed { operator, reference: case.reference.clone(), chase: None })
}

/// Words that remind the operator, for whoever the ladder calls.
fn chase(about: &About, owed: &Owed, now: Instant) -> Option<String> {
    let case = owed.case.as_ref()?;
    let words = Chase {
        reference: case.reference.clone()?,
        filed_at: case.filed_at,
        severity: case.severity_lowered.unwrap_or(case.severity).as_str().to_owned(),
        owed: chase::Owed::of(&owed.clock)?,
        now,
        contact: vec![about.mailbox.name.clone(), about.mailbox.support.phone.clone(), about.mailbox.address.clone()],
    };
    let operator = about.desk.operator(&case.operator);
    Some(chase_text(operator.language, operator.time_zone, &words))
}

pub(super) fn service_name(about: &About, language: Language) -> Option<String> {
    service_named(about, about.ticket().service.as_ref()?, language)
}

pub(super) fn service_named(about: &About, slug: &Slug, language: Language) -> Option<String> {
    Some(about.desk.services.get(slug)?.name.in_language(language).to_owned())
}

fn in_words(desk: &Desk, whom: &Whom, reader: ReaderLocale) -> String {
    let rota = |(slug, rota): (&Slug, &Arc<Rota>)| {
        ((Thing::Rota, slug.clone()), rota.name().in_language(reader.language).to_owned())
    };
    whom_text(whom, reader, &Names { things: desk.rotas.iter().map(rota).collect(), ..Names::default() })
}
