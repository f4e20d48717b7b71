//! The mails of the past were sent in the past. Nothing goes out: there is no server in a demo, only its words.

use chrono::Duration;
use watchdesk_core::Instant;
use watchdesk_core::command::{Command, Unit};
use watchdesk_core::effect::{Notice, Recipient};
use watchdesk_core::ids::ContactId;
use watchdesk_core::policy::Side;
use watchdesk_core::rights::Actor;
use watchdesk_store::directory::suppress_contact;
use watchdesk_store::outbox::{self, OutboxItem};

use crate::demo::story::Teller;

const CLAIMED_AT_ONCE: u64 = 500;
/// A mail program needs its moment.
const SENT_AFTER_S: i64 = 2;
const TRY_AGAIN_AFTER_S: i64 = 300;

const TAKEN: &str = "250 2.0.0 Ok: queued";
const UNKNOWN: &str = "550 5.1.1 User unknown in virtual mailbox table";
const BUSY: &str = "421 4.3.2 Service not available, closing transmission channel";

/// The last answer to the requester comes back for good: the desk hears of it and stops writing there.
pub async fn bounce(teller: &mut Teller<'_>, thread: usize, at: Instant) -> anyhow::Result<()> {
    let ticket = teller.told(thread)?.ticket;
    let contact = teller.directory.contacts[teller.plan.threads[thread].contact];
    loop {
        let items = outbox::claim(teller.store, at, CLAIMED_AT_ONCE).await?;
        if items.is_empty() {
            break;
        }
        for item in items {
            match (&item.notice, &item.recipient) {
                (Notice::Reply { message }, to) if *to == Recipient::Contact(contact) => {
                    outbox::dead(teller.store, item.id, item.fence, at, UNKNOWN).await?;
                    let failed = Command::RecordDeliveryFailure { message: Some(*message) };
                    teller.execute(&Actor::System, Unit::ticket(ticket, failed)).await?;
                }
                _ => delivered(teller, &item, at).await?,
            }
        }
    }
    suppress_contact(teller.store, contact, Some(UNKNOWN)).await?;
    teller.gone.insert(contact);
    Ok(())
}

/// Everything that has piled up.
pub async fn deliver_all(teller: &Teller<'_>, at: Instant) -> anyhow::Result<()> {
    loop {
        let items = outbox::claim(teller.store, at, CLAIMED_AT_ONCE).await?;
        if items.is_empty() {
            return Ok(());
        }
        for item in items {
            delivered(teller, &item, at).await?;
        }
    }
}

/// Only the very last one waits: its server was busy a moment ago.
pub async fn deliver_all_but_the_last(teller: &Teller<'_>) -> anyhow::Result<()> {
    let now = teller.now;
    let mut last: Option<OutboxItem> = None;
    loop {
        let items = outbox::claim(teller.store, now, CLAIMED_AT_ONCE).await?;
        if items.is_empty() {
            break;
        }
        for item in items {
            let older = match last.take() {
                Some(known) if known.created_at > item.created_at => {
                    last = Some(known);
                    item
                }
                Some(known) => {
                    last = Some(item);
                    known
                }
                None => {
                    last = Some(item);
                    continue;
                }
            };
            delivered(teller, &older, now).await?;
        }
    }
    if let Some(item) = last {
        let again = now + Duration::seconds(TRY_AGAIN_AFTER_S);
        outbox::failed(teller.store, item.id, item.fence, now, again, BUSY).await?;
    }
    Ok(())
}

async fn delivered(teller: &Teller<'_>, item: &OutboxItem, now: Instant) -> anyhow::Result<()> {
    let gone = |contact: &ContactId| teller.gone.contains(contact);
    match &item.recipient {
        Recipient::Contact(contact) if gone(contact) => {
            let at = item.created_at;
            outbox::suppressed(teller.store, item.id, item.fence, at, "Mail to this address came back for good.")
                .await?;
            Ok(())
        }
        Recipient::Contact(_)
        | Recipient::Agent(_)
        | Recipient::Address(_)
        | Recipient::Webhook(_)
        | Recipient::Operator(_) => {
            let at = (item.created_at + Duration::seconds(SENT_AFTER_S)).min(now);
            outbox::sent(teller.store, item.id, item.fence, at, TAKEN).await?;
            called(teller, item, at).await
        }
    }
}

/// From the delivery on somebody has so long to say that he has seen it.
async fn called(teller: &Teller<'_>, item: &OutboxItem, at: Instant) -> anyhow::Result<()> {
    let (Notice::TargetNear { clock, objective, call } | Notice::TargetMissed { clock, objective, call }) =
        &item.notice
    else {
        return Ok(());
    };
    match (item.ticket, objective.side()) {
        (Some(ticket), Side::Customer) if call.acknowledge => {
            let delivered = Command::StepDelivered { clock: *clock, step: call.step, at };
            teller.execute(&Actor::System, Unit::ticket(ticket, delivered)).await
        }
        (Some(_) | None, Side::Customer | Side::Operator) => Ok(()),
    }
}
