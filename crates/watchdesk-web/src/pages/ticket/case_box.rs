//! The case with the operator: where it stands, what is handed over, what can be done with it.

use chrono_tz::Tz;
use watchdesk_core::case::{AnswerOutcome, Case, CaseState, CaseStateKind, Lesson};
use watchdesk_core::desk::Language;
use watchdesk_core::lifecycle::CaseAction;
use watchdesk_core::packet::{Tenant, packet};
use watchdesk_core::rights::Verb;
use watchdesk_templates::pages::{self, CaseActions, CaseBox, CaseLesson, CaseTicket, Refused};
use watchdesk_templates::{PacketNames, packet_text};

use super::gate::{self, Wanted};
use super::head;
use super::load::Loaded;
use crate::pages::names;
use crate::pages::visit::Visit;

/// The operator reads Chinese and lives by Beijing time.
const OPERATOR_LANGUAGE: Language = Language::Chinese;
const OPERATOR_ZONE: Tz = Tz::Asia__Shanghai;

pub(super) fn case_box(visit: &Visit, loaded: &Loaded, refused: Option<&Refused>) -> Option<CaseBox> {
    let case = loaded.case()?;
    let is_draft = case.state.kind() == CaseStateKind::Drafted;
    let may = visit.may_with(Verb::Escalate, loaded.ticket());
    Some(CaseBox {
        id: case.id.to_string(),
        version: case.version,
        operator: names::operator(visit, &case.operator),
        state: case.state.kind().as_str().to_owned(),
        outcome: outcome(&case.state).map(str::to_owned),
        reference: case.reference.clone(),
        summary: case.words.summary.clone(),
        reason: case.reason.as_str().to_owned(),
        channel: case.channel.map(|channel| channel.as_str().to_owned()),
        contact: case.words.operator_contact.clone(),
        severity: Some(case.severity_lowered.unwrap_or(case.severity).as_str().to_owned()),
        ended_because: case.words.ending.clone(),
        lesson: case.words.lesson.as_ref().map(|lesson| learned(loaded, lesson)),
        owners: loaded.staff.owner_choices(case.words.lesson.as_ref().and_then(|lesson| lesson.owner)),
        drafted_at: case.drafted_at,
        filed_at: case.filed_at,
        acknowledged_at: case.acknowledged_at,
        last_word_at: case.last_word_at,
        clocks: head::clocks(visit, loaded, &case.clocks),
        gate: if is_draft { gate::items(visit, loaded, &Wanted::of_case(case)) } else { Vec::new() },
        draft: (is_draft && may).then(|| gate::draft(visit, loaded, case, refused)),
        packet: Some(handed_over(visit, loaded, case)),
        tickets: tickets(loaded, case),
        portal: None,
        actions: if may { actions(case) } else { CaseActions::default() },
    })
}

fn learned(loaded: &Loaded, lesson: &Lesson) -> CaseLesson {
    CaseLesson {
        body: lesson.body.clone(),
        measure: lesson.measure.as_str().to_owned(),
        owner: lesson.owner.map(|id| id.to_string()).unwrap_or_default(),
        owner_name: lesson.owner.map(|id| loaded.staff.name(id)).unwrap_or_default(),
        by: loaded.staff.name(lesson.by),
        at: lesson.at,
    }
}

fn outcome(state: &CaseState) -> Option<&'static str> {
    match state {
        CaseState::Answered { outcome: AnswerOutcome::Solved, .. } => Some("solved"),
        CaseState::Answered { outcome: AnswerOutcome::NotSolved, .. } => Some("not_solved"),
        CaseState::Drafted
        | CaseState::Filed { .. }
        | CaseState::Acknowledged { .. }
        | CaseState::WaitingOnUs { .. }
        | CaseState::Refused { .. }
        | CaseState::Withdrawn { .. }
        | CaseState::Confirmed { .. }
        | CaseState::Reopened { .. } => None,
    }
}

fn actions(case: &Case) -> CaseActions {
    let state = case.state.kind();
    let allowed = |action: CaseAction| action.in_state(state).is_some();
    let is_draft = state == CaseStateKind::Drafted;
    CaseActions {
        file: allowed(CaseAction::File),
        drop_draft: is_draft && allowed(CaseAction::Withdraw),
        acknowledge: allowed(CaseAction::Acknowledge),
        update: allowed(CaseAction::Update),
        wait_on_us: allowed(CaseAction::WaitOnUs),
        severity: allowed(CaseAction::ChangeSeverity),
        answer: allowed(CaseAction::Answer),
        refuse: allowed(CaseAction::Refuse),
        withdraw: !is_draft && allowed(CaseAction::Withdraw),
        confirm: allowed(CaseAction::Confirm),
        reopen: allowed(CaseAction::Reopen),
        add_ticket: allowed(CaseAction::AddTicket),
        learn: case.filed_at.is_some() && allowed(CaseAction::Learn),
    }
}

/// Copy-ready, in the operator's language whoever reads the page. On the request stands whoever files it.
fn handed_over(visit: &Visit, loaded: &Loaded, case: &Case) -> pages::Packet {
    let customer = loaded.customer.as_ref();
    let tenant = Tenant {
        id: customer.and_then(|customer| customer.tenant_id.clone()).unwrap_or_default(),
        domain: customer.and_then(|customer| customer.domains.first().cloned()).unwrap_or_default(),
    };
    let mut reseller = visit.app.options.reseller.clone();
    reseller.person.clone_from(&visit.agent.name);
    let ticket = loaded.ticket();
    let service = ticket.service.as_ref().and_then(|slug| visit.desk.services.get(slug));
    let category = ticket.category.as_ref().and_then(|slug| visit.desk.categories.get(slug));
    let names = PacketNames {
        service: service.map(|service| service.name.in_language(OPERATOR_LANGUAGE).to_owned()).unwrap_or_default(),
        category: category.map(|category| category.name.in_language(OPERATOR_LANGUAGE).to_owned()).unwrap_or_default(),
    };
    let packet = packet(case, ticket, &tenant, reseller);
    let text = packet_text(OPERATOR_LANGUAGE, OPERATOR_ZONE, &packet, &names);
    let field = |field: watchdesk_templates::PacketField| pages::PacketField {
        label: field.label,
        text: field.text,
        personal: field.personal,
    };
    pages::Packet {
        queue: "customer_request".to_owned(),
        fields: text.fields.into_iter().map(field).collect(),
        whole: text.whole,
    }
}

/// Those that the reader may see, this one included.
fn tickets(loaded: &Loaded, case: &Case) -> Vec<CaseTicket> {
    let linked = case.tickets.iter().filter_map(|id| match loaded.others.get(id) {
        Some(other) => Some(other),
        None if *id == loaded.ticket().id => Some(&loaded.record),
        None => None,
    });
    let mut tickets: Vec<CaseTicket> = linked
        .map(|record| CaseTicket {
            number: record.ticket.number.0,
            subject: record.words.subject.clone(),
            customer: record.ticket.customer.and_then(|id| customer_name(loaded, id)),
        })
        .collect();
    tickets.sort_by_key(|ticket| ticket.number);
    tickets
}

fn customer_name(loaded: &Loaded, id: watchdesk_core::ids::CustomerId) -> Option<String> {
    let own = loaded.customer.as_ref().filter(|customer| customer.id == id).map(|customer| customer.name.clone());
    own.or_else(|| loaded.customer_names.get(&id).cloned())
}
