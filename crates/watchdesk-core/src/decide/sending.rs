//! Operators that take mail or requests: what the desk writes to them goes out by itself, and stands in the thread as it went.

use crate::case::FilingChannel;
use crate::command::{WordFrom, Words};
use crate::decide::work::Work;
use crate::decide::{cases, filing};
use crate::disclosure::{Handed, HandedField};
use crate::effect::{Notice, Recipient};
use crate::event::EventKind;
use crate::ids::CaseId;
use crate::refusal::Because;
use crate::rights::Actor;
use crate::ticket::Severity;

pub(super) struct Sending<'a> {
    pub letter: &'a Words,
    pub severity: Option<Severity>,
    pub tenant_id: &'a str,
    pub handed: &'a Handed,
}

/// Files it with a letter; the operator's number comes with the answer.
pub(super) fn send(work: &mut Work<'_>, id: CaseId, sending: &Sending<'_>) -> Result<(), Because> {
    let (to, channel) = way(work, id)?;
    let Sending { letter, severity, handed, .. } = *sending;
    let at = work.now;
    filing::hand_in(work, id, None, &filing::Filing { channel, contact: None, severity, at, handed })?;
    let case = work.change_case(id)?;
    // What was sent is what stands, whatever becomes of the customer's record meanwhile.
    sending.tenant_id.trim().clone_into(&mut case.words.evidence.tenant_id);
    let case = case.clone();
    let author = work.author();
    cases::say(work, &case, author, letter, at)?;
    post(work, id, letter, to, true)
}

/// A later word, which goes the same way.
pub(super) fn write(work: &mut Work<'_>, id: CaseId, letter: &Words) -> Result<(), Because> {
    let (to, channel) = way(work, id)?;
    let now = work.now;
    cases::update(work, id, letter, WordFrom::Us, now)?;
    let told = HandedField { name: "letter".to_owned(), personal: true };
    filing::disclose(work, id, now, channel, &Handed::of(vec![told], &letter.body), &letter.attachments)?;
    post(work, id, letter, to, false)
}

pub(super) fn record_reference(work: &mut Work<'_>, id: CaseId, reference: &str) -> Result<(), Because> {
    let reference = reference.trim();
    if reference.is_empty() {
        return Err(Because::ReferenceMissing);
    }
    let known = work.case(id)?.reference.as_deref();
    // What a person recorded is not taken back by a machine.
    if known == Some(reference) || (known.is_some() && matches!(work.actor, Actor::System)) {
        return Ok(());
    }
    let case = work.change_case(id)?;
    case.reference = Some(reference.to_owned());
    let (case, now) = (case.clone(), work.now);
    cases::record(work, &case, now, &EventKind::CaseReferenceRecorded { case: id })
}

fn way(work: &Work<'_>, id: CaseId) -> Result<(Recipient, FilingChannel), Because> {
    let operator = work.facts.desk.operator(&work.case(id)?.operator);
    let way = operator.recipient().zip(operator.takes.channel());
    way.ok_or(Because::OperatorTakesByPerson(operator.slug))
}

/// One row for each letter, however often it is decided.
fn post(work: &mut Work<'_>, id: CaseId, letter: &Words, to: Recipient, is_packet: bool) -> Result<(), Because> {
    if let Some(ticket) = work.case(id)?.tickets.first().copied() {
        let notice = Notice::ToOperator { case: id, message: letter.id, is_packet };
        work.enqueue(ticket, &format!("case:{id}:{}", letter.id), to, notice);
    }
    Ok(())
}
