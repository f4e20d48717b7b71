//! A report on a mail of ours: the address is marked, staff see it, and nothing else happens.

use watchdesk_core::effect::{Notice, Recipient};
use watchdesk_core::ids::{MessageId, OutboxId, TicketId};
use watchdesk_store::mail::Fate;
use watchdesk_store::outbox::{self, OutboxRecord};
use watchdesk_store::{StoreError, directory, tickets};

use super::Intake;
use super::letter::Letter;
use super::plan::{Plan, Way};
use crate::parse::{Bounce, FailedRecipient};

/// Characters of what the other server said that stand behind a suppressed address.
const DIAGNOSTIC_CHARS_MAX: usize = 200;

/// What could not be delivered, and whether trying again is useless.
#[derive(Debug)]
pub(super) struct Undelivered {
    pub outbox: OutboxId,
    pub ticket: TicketId,
    pub message: Option<MessageId>,
    pub is_permanent: bool,
}

impl Intake {
    pub(super) async fn plan_bounce(&self, letter: &Letter, bounce: &Bounce) -> Result<Plan, StoreError> {
        let sent = match &bounce.original_message_id {
            Some(id) => outbox::by_mail_id(self.store(), id).await?,
            None => None,
        };
        // A report on a mail that we do not know is automatic mail like any other.
        let Some(sent) = sent else { return self.plan_automatic(letter).await };
        self.suppress(&sent, bounce).await?;
        // A mail about the desk as a whole has no ticket to put it on.
        let record = match sent.ticket {
            Some(ticket) => tickets::by_id(self.store(), ticket).await?,
            None => None,
        };
        let Some(record) = record else {
            return Ok(Plan::Settle(Fate::Bounce { outbox: sent.id }));
        };
        let record = self.survivor(record).await?;
        let undelivered = Undelivered {
            outbox: sent.id,
            ticket: record.ticket.id,
            message: sent.notice.message(),
            is_permanent: bounce.is_permanent(),
        };
        Ok(Plan::go_on(&record.ticket, Way::Undelivered(undelivered)))
    }

    /// Marks the addresses that are dead, as far as this mail went there: a report about others proves nothing.
    async fn suppress(&self, sent: &OutboxRecord, bounce: &Bounce) -> Result<(), StoreError> {
        for failed in bounce.recipients.iter().filter(|failed| failed.is_permanent()) {
            let Some(contact) = directory::contact_by_email(self.store(), &failed.email).await? else { continue };
            let went_there = match &sent.recipient {
                Recipient::Contact(id) if *id == contact.id => true,
                Recipient::Contact(_) => self.was_in_copy(&sent.notice, &contact.email).await?,
                Recipient::Agent(_) | Recipient::Address(_) | Recipient::Webhook(_) | Recipient::Operator(_) => false,
            };
            if went_there {
                directory::suppress_contact(self.store(), contact.id, Some(&reason(failed))).await?;
            }
        }
        Ok(())
    }

    async fn was_in_copy(&self, notice: &Notice, email: &str) -> Result<bool, StoreError> {
        let (Notice::Reply { message } | Notice::Resolved { message }) = notice else { return Ok(false) };
        let message = tickets::message(self.store(), *message).await?;
        Ok(message.is_some_and(|message| message.cc.iter().any(|cc| cc.eq_ignore_ascii_case(email))))
    }
}

fn reason(failed: &FailedRecipient) -> String {
    let mut reason = "A mail to it came back for good".to_owned();
    let said = [failed.status.as_deref(), failed.diagnostic.as_deref()];
    let said: Vec<&str> = said.into_iter().flatten().collect();
    if !said.is_empty() {
        reason.push_str(": ");
        reason.extend(said.join(", ").chars().take(DIAGNOSTIC_CHARS_MAX));
    }
    reason
}
