//! The operator's incidents and the tickets they explain: one waits, the customer hears it once, and afterwards somebody
//! tries again.

use crate::command::{RetestOutcome, Words};
use crate::decide::work::Work;
use crate::decide::{conversation, notices};
use crate::effect::Notice;
use crate::event::EventKind;
use crate::facts::IncidentFact;
use crate::ids::TicketId;
use crate::refusal::Because;

fn known<'w>(work: &'w Work<'_>, id: TicketId, reference: &str) -> Option<&'w IncidentFact> {
    work.tickets.get(&id)?.incidents.iter().find(|incident| incident.reference == reference)
}

/// Only an incident on record can end, so only such a one can be linked.
pub(super) fn link(work: &mut Work<'_>, id: TicketId, reference: &str) -> Result<(), Because> {
    let reference = reference.trim();
    if reference.is_empty() {
        return Err(Because::ReferenceMissing);
    }
    if work.ticket(id)?.incidents.contains(reference) {
        return Err(Because::AlreadyLinked);
    }
    let incident = known(work, id, reference).ok_or_else(|| Because::UnknownIncident(reference.to_owned()))?;
    let ticket = work.ticket(id)?;
    let told = incident.is_open
        && !ticket.imported
        && !ticket.state.kind().is_finished()
        && !ticket.incidents_told.contains(reference);
    let seq = work.emit(id, EventKind::IncidentLinked { reference: reference.to_owned(), told })?;
    if told {
        notices::requester(work, id, seq, Notice::IncidentLinked { reference: reference.to_owned() });
    }
    Ok(())
}

pub(super) fn unlink(work: &mut Work<'_>, id: TicketId, reference: &str) -> Result<(), Because> {
    let reference = reference.trim();
    if !work.ticket(id)?.incidents.contains(reference) {
        return Err(Because::NotLinked);
    }
    work.emit(id, EventKind::IncidentUnlinked { reference: reference.to_owned() }).map(|_| ())
}

/// The machinery says it to every ticket that was linked; what is finished or was told already stays as it is.
pub(super) fn ended(work: &mut Work<'_>, id: TicketId, reference: &str) -> Result<(), Because> {
    let ticket = work.ticket(id)?;
    let is_news = ticket.incidents.contains(reference) && !ticket.retests.contains(reference);
    if !is_news || ticket.state.kind().is_finished() {
        return Ok(());
    }
    let seq = work.emit(id, EventKind::IncidentEnded { reference: reference.to_owned() })?;
    notices::owner(work, id, seq, Notice::RetestWanted { reference: reference.to_owned() });
    notices::requester(work, id, seq, Notice::IncidentOver { reference: reference.to_owned() });
    Ok(())
}

pub(super) fn reopened(work: &mut Work<'_>, id: TicketId, reference: &str) -> Result<(), Because> {
    if !work.ticket(id)?.retests.contains(reference) {
        return Ok(());
    }
    work.emit(id, EventKind::IncidentReopened { reference: reference.to_owned() }).map(|_| ())
}

pub(super) fn retest(
    work: &mut Work<'_>,
    id: TicketId,
    reference: &str,
    outcome: RetestOutcome,
    words: Option<&Words>,
) -> Result<(), Because> {
    let reference = reference.trim();
    if !work.ticket(id)?.retests.contains(reference) {
        return Err(Because::NothingToRetest);
    }
    if let Some(words) = words.filter(|words| !words.is_empty()) {
        conversation::note(work, id, words)?;
    }
    work.emit(id, EventKind::Retested { reference: reference.to_owned(), outcome }).map(|_| ())
}
