//! Steps of ladders that want an acknowledgement: the time for it begins when the notice was delivered.
//!
//! Told after the send is on record, and harmless to repeat. Where it is lost, core takes the notice as delivered a
//! little later, so nobody is left uncalled.

use std::collections::BTreeSet;

use watchdesk_core::Instant;
use watchdesk_core::clock::Subject;
use watchdesk_core::command::{CaseCommand, Command, Unit};
use watchdesk_core::effect::Notice;
use watchdesk_core::event::StepRef;
use watchdesk_core::ids::{ClockId, TicketId};
use watchdesk_core::rights::Actor;
use watchdesk_store::outbox::{self, OutboxItem};
use watchdesk_store::{ExecuteError, Store, StoreError};

use crate::owed::{self, Spoken};

/// A step, of a clock of the ticket's or of a case of its.
type Step = (TicketId, ClockId, StepRef);

pub(super) async fn tell(store: &Store, item: &OutboxItem, at: Instant) {
    if let Err(error) = try_tell(store, item, at).await {
        tracing::warn!(outbox = %item.id, %error, "a delivery could not be put on record; it counts from a little later");
    }
}

async fn try_tell(store: &Store, item: &OutboxItem, at: Instant) -> Result<(), StoreError> {
    for (ticket, clock, step) in steps(store, item).await? {
        let Some(owed) = owed::find(store, ticket, clock).await? else { continue };
        let unit = match owed.clock.subject {
            Subject::Ticket(id) => Unit::ticket(id, Command::StepDelivered { clock, step, at }),
            Subject::Case(id) => Unit::case(id, CaseCommand::StepDelivered { clock, step, at }),
        };
        match store.execute(&Actor::System, unit).await {
            Ok(_) => {}
            Err(ExecuteError::Store(error)) => return Err(error),
            Err(error) => tracing::warn!(outbox = %item.id, %error, "a delivery is not taken on record"),
        }
    }
    Ok(())
}

/// Those of the notice; those of all that it speaks for, if it is a digest.
async fn steps(store: &Store, item: &OutboxItem) -> Result<BTreeSet<Step>, StoreError> {
    if item.notice == Notice::Digest {
        let entries = outbox::digest_entries(store, item.id).await?;
        return Ok(entries.iter().filter_map(|entry| step(entry.ticket, &entry.notice)).collect());
    }
    Ok(step(item.ticket, &item.notice).into_iter().collect())
}

fn step(ticket: Option<TicketId>, notice: &Notice) -> Option<Step> {
    let spoken = Spoken::of(notice).filter(|spoken| spoken.call.acknowledge)?;
    Some((ticket?, spoken.clock, spoken.call.step))
}
