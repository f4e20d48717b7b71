//! The case with the operator: where it stands, what is handed over, what can be done with it.

use watchdesk_core::case::{AnswerOutcome, Case, CaseState, CaseStateKind};
use watchdesk_core::disclosure::{Disclosure, HandedField};
use watchdesk_core::event::ActorRef;
use watchdesk_core::lifecycle::CaseAction;
use watchdesk_core::packet::PacketFile;
use watchdesk_core::redaction::Piece;
use watchdesk_core::rights::Verb;
use watchdesk_templates::pages::{self, CaseActions, CaseBox, CaseTicket, Disclosed, PacketPart, Refused};

use super::gate::{self, Wanted};
use super::head;
use super::load::Loaded;
use crate::handing::HandOver;
use crate::pages::names;
use crate::pages::visit::Visit;

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
        drafted_at: case.drafted_at,
        filed_at: case.filed_at,
        acknowledged_at: case.acknowledged_at,
        last_word_at: case.last_word_at,
        clocks: head::clocks(visit, loaded, &case.clocks),
        gate: if is_draft { gate::items(visit, loaded, &Wanted::of_case(case)) } else { Vec::new() },
        draft: (is_draft && may).then(|| gate::draft(visit, loaded, case, refused)),
        packet: Some(handed_over(visit, loaded, case)),
        disclosures: loaded.disclosures.iter().map(|disclosure| disclosed(visit, loaded, disclosure)).collect(),
        tickets: tickets(loaded, case),
        portal: None,
        actions: if may { actions(case.state.kind()) } else { CaseActions::default() },
    })
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

fn actions(state: CaseStateKind) -> CaseActions {
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
    }
}

/// Copy-ready, in the operator's language whoever reads the page. On the request stands whoever files it.
fn handed_over(visit: &Visit, loaded: &Loaded, case: &Case) -> pages::Packet {
    let over = HandOver {
        desk: &visit.desk,
        reseller: &visit.app.options.reseller,
        person: &visit.agent.name,
        case,
        ticket: loaded.ticket(),
        customer: loaded.customer.as_ref(),
        files: &loaded.files,
    };
    let packet = over.packet();
    let text = over.text(&packet);
    let is_removed = |piece: &Piece| matches!(piece, Piece::Removed { .. });
    let redacted = text.fields.iter().any(|field| field.pieces.iter().any(is_removed));
    let file = |file: PacketFile| pages::PacketFile {
        href: format!("/attachments/{}", file.id),
        name: file.name,
        size: i64::try_from(file.bytes).unwrap_or(i64::MAX),
    };
    pages::Packet {
        queue: packet.queue.as_str().to_owned(),
        fields: text.fields.into_iter().map(field).collect(),
        whole: text.whole,
        redacted,
        files: packet.attachments.into_iter().map(file).collect(),
    }
}

fn field(field: watchdesk_templates::PacketField) -> pages::PacketField {
    let part = |piece: Piece| PacketPart {
        text: piece.text().to_owned(),
        removed: match piece {
            Piece::Removed { kind, .. } => Some(kind.as_str().to_owned()),
            Piece::Plain(_) | Piece::Kept { .. } => None,
        },
    };
    pages::PacketField {
        label: field.label,
        parts: field.pieces.into_iter().map(part).collect(),
        personal: field.personal,
    }
}

/// Digits of a digest that tell one text from another at sight.
const DIGEST_SHOWN: usize = 12;

fn disclosed(visit: &Visit, loaded: &Loaded, disclosure: &Disclosure) -> Disclosed {
    let named = |field: &HandedField| watchdesk_templates::packet_label(visit.language(), &field.name);
    let fields = &disclosure.handed.fields;
    Disclosed {
        at: disclosure.at,
        by: match disclosure.by {
            ActorRef::Agent(id) => Some(loaded.staff.name(id)),
            ActorRef::Contact(_) | ActorRef::System => None,
        },
        channel: disclosure.channel.as_str().to_owned(),
        fields: fields.iter().map(named).collect(),
        personal: fields.iter().filter(|field| field.personal).map(named).collect(),
        files: disclosure.attachments.len(),
        digest: disclosure.handed.digest.chars().take(DIGEST_SHOWN).collect(),
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
