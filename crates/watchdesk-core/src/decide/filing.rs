//! Drafting and filing: a ticket goes up to the operator, through the gate.

use crate::Instant;
use crate::case::{Case, CaseState, CaseWords, EscalationReason, FILES_MAX, FilingChannel, Handing, KEPT_MAX};
use crate::clock::{CaseBeat, CaseTimeline};
use crate::command::{AmendCase, DraftCase};
use crate::decide::notices;
use crate::decide::work::Work;
use crate::disclosure::{Disclosure, Handed, Way};
use crate::effect::Notice;
use crate::event::EventKind;
use crate::gate::{self, GateFacts, GateRequest};
use crate::ids::{AttachmentId, CaseId, Slug, TicketId};
use crate::refusal::Because;
use crate::rights::{Object, Verb, authorize};
use crate::ticket::{Severity, State, StateKind};

pub const TICKETS_PER_CASE_MAX: usize = 200;

fn gate_facts<'w>(work: &'w Work<'_>, id: TicketId) -> Result<GateFacts<'w>, Because> {
    let ticket_work = work.tickets.get(&id).ok_or(Because::NoSuchTicket)?;
    let ticket = &ticket_work.ticket;
    Ok(GateFacts {
        desk: &work.facts.desk,
        ticket,
        customer: ticket_work.customer.as_ref(),
        health: ticket_work.health.as_ref().filter(|health| Some(&health.service) == ticket.service.as_ref()),
        incidents: &ticket_work.incidents,
        may_override: authorize(work.actor, Verb::OverrideIncident, Object::Ticket(ticket)),
        now: work.now,
    })
}

fn pass_gate(
    work: &Work<'_>,
    id: TicketId,
    reason: Option<EscalationReason>,
    severity: Severity,
    words: &CaseWords,
    operator: &Slug,
) -> Result<(), Because> {
    let request = GateRequest { reason, severity: Some(severity), words, operator };
    let missing = gate::missing(&gate_facts(work, id)?, &request);
    if missing.is_empty() { Ok(()) } else { Err(Because::Gate(missing)) }
}

pub(super) fn draft(work: &mut Work<'_>, id: TicketId, draft: &DraftCase) -> Result<(), Because> {
    let words = CaseWords {
        summary: draft.summary.clone(),
        evidence: draft.evidence.clone(),
        health_waiver: draft.health_waiver.clone(),
        not_this_incident: draft.not_this_incident.clone(),
        incident_override: draft.incident_override.clone(),
        operator_contact: None,
        ending: None,
        handing: draft.handing.clone(),
        lesson: None,
    };
    bounded(&words.handing)?;
    let ticket = work.ticket(id)?;
    let untriaged = work.facts.desk.severity_untriaged(ticket.opened_at);
    let severity = draft.severity.or(ticket.severity).unwrap_or(untriaged);
    pass_gate(work, id, draft.reason, severity, &words, &draft.operator)?;
    let Some(reason) = draft.reason else { return Ok(()) };
    let health = gate::health_evidence(&gate_facts(work, id)?);
    let incident_overridden = words.incident_override.is_some();
    work.new_case(Case {
        id: draft.id,
        version: 1,
        tickets: [id].into(),
        state: CaseState::Drafted,
        operator: draft.operator.clone(),
        reason,
        severity,
        severity_lowered: None,
        health: health.clone(),
        reference: None,
        channel: None,
        drafted_at: work.now,
        filed_at: None,
        acknowledged_at: None,
        last_word_at: None,
        ended_at: None,
        reopened_count: 0,
        timeline: CaseTimeline::default(),
        clocks: Vec::new(),
        next_fire_at: None,
        words,
    });
    work.emit(id, EventKind::CaseDrafted { case: draft.id, reason, health, incident_overridden }).map(|_| ())
}

pub(super) fn amend(work: &mut Work<'_>, id: CaseId, changes: &AmendCase) -> Result<(), Because> {
    if let Some(handing) = &changes.handing {
        bounded(handing)?;
    }
    let case = work.change_case(id)?;
    let words = &mut case.words;
    if let Some(reason) = changes.reason {
        case.reason = reason;
    }
    if let Some(severity) = changes.severity {
        case.severity = severity;
    }
    if let Some(summary) = &changes.summary {
        words.summary.clone_from(summary);
    }
    if let Some(evidence) = &changes.evidence {
        words.evidence.clone_from(evidence);
    }
    if let Some(handing) = &changes.handing {
        words.handing.clone_from(handing);
    }
    for (field, change) in [
        (&mut words.health_waiver, &changes.health_waiver),
        (&mut words.not_this_incident, &changes.not_this_incident),
        (&mut words.incident_override, &changes.incident_override),
    ] {
        if let Some(text) = change {
            // What is emptied is taken back, and the gate asks for it again.
            *field = Some(text.clone()).filter(|text| !text.trim().is_empty());
        }
    }
    let (case, now) = (case.clone(), work.now);
    let kind = EventKind::CaseAmended { case: id, reason: case.reason, severity: case.severity };
    super::cases::record(work, &case, now, &kind)
}

fn bounded(handing: &Handing) -> Result<(), Because> {
    super::triage::limit("files with a case", handing.attachments.len(), FILES_MAX)?;
    super::triage::limit("kept addresses of a case", handing.keep.len(), KEPT_MAX)
}

pub(super) struct Filing<'a> {
    pub channel: FilingChannel,
    pub contact: Option<&'a String>,
    pub severity: Option<Severity>,
    pub at: Instant,
    pub handed: &'a Handed,
}

pub(super) fn file(work: &mut Work<'_>, id: CaseId, reference: &str, filing: Filing<'_>) -> Result<(), Because> {
    let reference = reference.trim();
    if reference.is_empty() {
        return Err(Because::ReferenceMissing);
    }
    hand_in(work, id, Some(reference), &filing)
}

/// With the operator's number, where it is known already.
pub(super) fn hand_in(
    work: &mut Work<'_>,
    id: CaseId,
    reference: Option<&str>,
    filing: &Filing<'_>,
) -> Result<(), Because> {
    let case = work.case(id)?.clone();
    let severity = filing.severity.unwrap_or(case.severity);
    let tickets = unfinished(work, &case)?;
    for ticket in &tickets {
        pass_gate(work, *ticket, Some(case.reason), severity, &case.words, &case.operator)?;
    }
    let health = tickets.first().map(|ticket| gate_facts(work, *ticket)).transpose()?;
    let health = health.map_or(case.health, |facts| gate::health_evidence(&facts));
    let changed = work.change_case(id)?;
    changed.state = CaseState::Filed { at: filing.at };
    changed.health = health;
    changed.reference = reference.map(str::to_owned);
    changed.channel = Some(filing.channel);
    changed.severity = severity;
    changed.filed_at = Some(filing.at);
    changed.last_word_at = Some(filing.at);
    changed.timeline.record(filing.at, CaseBeat::Filed);
    if let Some(contact) = filing.contact {
        changed.words.operator_contact = Some(contact.clone());
    }
    // An interface takes the text alone.
    let files = case_files(work, id, filing.channel)?;
    disclose(work, id, filing.at, filing.channel, filing.handed, &files)?;
    for ticket in tickets {
        let at = filing.at.max(work.ticket(ticket)?.opened_at);
        escalate(work, ticket, id, severity, at)?;
    }
    Ok(())
}

fn case_files(work: &Work<'_>, id: CaseId, channel: FilingChannel) -> Result<Vec<AttachmentId>, Because> {
    Ok(match channel {
        FilingChannel::Api => Vec::new(),
        FilingChannel::Portal | FilingChannel::Phone | FilingChannel::Mail => {
            work.case(id)?.words.handing.attachments.clone()
        }
    })
}

/// On record with the first ticket that is still worked on.
pub(super) fn disclose(
    work: &mut Work<'_>,
    id: CaseId,
    at: Instant,
    channel: FilingChannel,
    handed: &Handed,
    files: &[AttachmentId],
) -> Result<(), Because> {
    let case = work.case(id)?.clone();
    let worked_on = unfinished(work, &case).ok().and_then(|tickets| tickets.first().copied());
    let Some(ticket) = worked_on.or(case.tickets.first().copied()) else { return Ok(()) };
    let disclosure = Disclosure {
        case: id,
        ticket,
        operator: case.operator,
        at,
        by: work.actor.reference(),
        way: Way::Filed(channel),
        handed: handed.clone(),
        attachments: files.to_vec(),
    };
    work.disclose(disclosure);
    Ok(())
}

/// The ticket is with the operator from now on, and its customer hears it.
fn escalate(
    work: &mut Work<'_>,
    ticket: TicketId,
    case: CaseId,
    severity: Severity,
    at: Instant,
) -> Result<(), Because> {
    let seq = work.emit_at(ticket, at, EventKind::CaseFiled { case, severity })?;
    if work.state(ticket)? == StateKind::Triaged {
        work.move_to(ticket, at, State::Escalated)?;
    }
    notices::requester(work, ticket, seq, Notice::PassedOn { case });
    Ok(())
}

/// The case's tickets that somebody still works on; at least one.
pub(super) fn unfinished(work: &Work<'_>, case: &Case) -> Result<Vec<TicketId>, Because> {
    let open = |id: &TicketId| work.state(*id).is_ok_and(|state| !state.is_finished());
    let tickets: Vec<TicketId> = case.tickets.iter().copied().filter(open).collect();
    if tickets.is_empty() { Err(Because::NoTicketInCase) } else { Ok(tickets) }
}

pub(super) fn add_ticket(work: &mut Work<'_>, id: CaseId, ticket: TicketId) -> Result<(), Because> {
    work.authorize_ticket(ticket, crate::lifecycle::TicketAction::DraftCase)?;
    let case = work.case(id)?.clone();
    if case.tickets.contains(&ticket) {
        return Err(Because::AlreadyLinked);
    }
    super::triage::limit("tickets in a case", case.tickets.len() + 1, TICKETS_PER_CASE_MAX)?;
    if work.state(ticket)?.is_finished() {
        return Err(Because::TicketFinished { number: work.ticket(ticket)?.number });
    }
    pass_gate(work, ticket, Some(case.reason), case.severity, &case.words, &case.operator)?;
    work.change_case(id)?.tickets.insert(ticket);
    work.emit(ticket, EventKind::CaseJoined { case: id })?;
    if case.state.kind().is_with_operator() {
        let now = work.now;
        escalate(work, ticket, id, case.severity, now)?;
    }
    Ok(())
}
