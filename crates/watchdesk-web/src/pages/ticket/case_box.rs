//! The case with the operator: where it stands, what is handed over, what can be done with it.

use std::collections::BTreeMap;
use watchdesk_core::case::{AnswerOutcome, Case, CaseState, CaseStateKind, Lesson};
use watchdesk_core::decision::Author;
use watchdesk_core::disclosure::{Disclosure, HandedField};
use watchdesk_core::event::{ActorRef, MessageKind};
use watchdesk_core::lifecycle::{CaseAction, TicketAction};
use watchdesk_core::operator::Takes;
use watchdesk_core::packet::PacketFile;
use watchdesk_core::redaction::Piece;
use watchdesk_core::rights::Verb;
use watchdesk_core::ticket::Ticket;
use watchdesk_core::{Instant, chase};
use watchdesk_store::tickets::MessageRecord;
use watchdesk_templates::pages::{
    self, CaseActions, CaseBox, CaseLesson, CaseTicket, CaseWord, Disclosed, PacketPart, Refused,
};
use watchdesk_templates::{Chase, chase_text};

use super::gate::{self, Wanted};
use super::head;
use super::load::Loaded;
use super::tell;
use crate::case_calls::awaits_contact;
use crate::handing::HandOver;
use crate::pages::names;
use crate::pages::visit::Visit;

pub(super) fn case_box(visit: &Visit, loaded: &Loaded, refused: Option<&Refused>) -> Option<CaseBox> {
    let case = loaded.case()?;
    let is_draft = case.state.kind() == CaseStateKind::Drafted;
    let may = visit.may_with(Verb::Escalate, loaded.ticket());
    let operator = visit.desk.operator(&case.operator);
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
        disclosures: loaded.disclosures.iter().map(|disclosure| disclosed(visit, loaded, disclosure)).collect(),
        tickets: tickets(loaded, case),
        portal: portal(visit, loaded),
        takes: operator.takes.channel().map(|channel| channel.as_str().to_owned()),
        now: local(visit, visit.now, "%Y-%m-%dT%H:%M"),
        awaits_contact: awaits_contact(case.state.kind()),
        tell: tell::draft(visit, loaded),
        words: words(visit, loaded, case, may),
        chase: reminder(visit, case).unwrap_or_default(),
        resolve_all: resolvable(visit, loaded, case),
        actions: if may { actions(case, &operator.takes) } else { CaseActions::default() },
    })
}

/// Where a person files it.
fn portal(visit: &Visit, loaded: &Loaded) -> Option<String> {
    loaded.subscriptions.at_portals.for_requests(visit, loaded.customer.as_ref()?)
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

/// As `datetime-local` wants it.
fn local(visit: &Visit, at: Instant, format: &str) -> String {
    at.with_timezone(&visit.locale.zone).format(format).to_string()
}

/// What may be done with what the operator said.
fn words(visit: &Visit, loaded: &Loaded, case: &Case, may: bool) -> BTreeMap<String, CaseWord> {
    let first = may && awaits_contact(case.state.kind());
    let tell = tell::may(visit, loaded);
    let of_operator = |message: &&MessageRecord| {
        message.kind == MessageKind::Operator && message.author == Author::Operator && message.case == Some(case.id)
    };
    let word = |message: &MessageRecord| CaseWord {
        tell,
        first_answer_at: first.then(|| local(visit, message.at, "%Y-%m-%dT%H:%M:%S")),
    };
    let said = loaded.messages.iter().filter(of_operator);
    said.map(|message| (message.id.to_string(), word(message))).filter(|(_, word)| word.tell || first).collect()
}

/// In the operator's language, when he owes us a word about now.
pub(super) fn reminder(visit: &Visit, case: &Case) -> Option<String> {
    let reseller = &visit.app.options.reseller;
    let words = Chase {
        reference: case.reference.clone()?,
        filed_at: case.filed_at,
        severity: case.severity_lowered.unwrap_or(case.severity).as_str().to_owned(),
        owed: chase::due(case, visit.now)?,
        now: visit.now,
        contact: vec![
            reseller.company.clone(),
            visit.agent.name.clone(),
            reseller.phone.clone(),
            reseller.email.clone(),
        ],
    };
    let operator = visit.desk.operator(&case.operator);
    Some(chase_text(operator.language, operator.time_zone, &words))
}

/// Tickets that one answer may settle; a single one is resolved like any other.
fn resolvable(visit: &Visit, loaded: &Loaded, case: &Case) -> Option<usize> {
    if !matches!(case.state.kind(), CaseStateKind::Answered | CaseStateKind::Confirmed) {
        return None;
    }
    let linked = case.tickets.iter().filter_map(|id| match loaded.others.get(id) {
        Some(other) => Some(&other.ticket),
        None if *id == loaded.ticket().id => Some(loaded.ticket()),
        None => None,
    });
    let can = |ticket: &&Ticket| {
        ticket.triaged
            && TicketAction::Resolve.is_allowed(ticket.state.kind())
            && visit.may_with(Verb::WorkTicket, ticket)
    };
    let count = linked.filter(can).count();
    (count > 1).then_some(count)
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

fn actions(case: &Case, takes: &Takes) -> CaseActions {
    let state = case.state.kind();
    let allowed = |action: CaseAction| action.in_state(state).is_some();
    let is_draft = state == CaseStateKind::Drafted;
    CaseActions {
        file: allowed(CaseAction::File),
        record_reference: allowed(CaseAction::RecordReference),
        write: takes.channel().is_some() && allowed(CaseAction::Write),
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
        is_shown: visit.query.filled("packet") == Some("whole"),
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
        channel: disclosure.way.as_str().to_owned(),
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
