//! What is to be done about a letter. Looks things up and decides; changes no ticket.

use watchdesk_core::Instant;
use watchdesk_core::desk::Settings;
use watchdesk_core::ids::{ContactId, CustomerId, RawMailId, TicketId};
use watchdesk_core::mail::{AUTOMATIC_ANSWERS_MAX, AutomaticAnswer, takes_customer_message};
use watchdesk_core::ticket::Ticket;
use watchdesk_store::directory::Contact;
use watchdesk_store::mail::{Fate, HeldForCase, Source};
use watchdesk_store::{StoreError, desk, directory, mail, outbox, tickets};

use super::Intake;
use super::bounce::Undelivered;
use super::letter::Letter;
use super::lookup::{Destination, Quoted};
use super::operator::OperatorWord;
use super::wording;
use crate::parse::{Address, AutoClass};

/// Copies of a mail that are looked at.
const COPIES_MAX: u64 = 20;

/// Nothing is left open: whoever carries it out makes no choice any more.
#[derive(Debug)]
pub(super) enum Plan {
    Settle(Fate),
    /// The operator's, about no case that is known.
    Hold(Box<HeldForCase>),
    Change(Box<Change>),
}

/// The letter becomes a message on a ticket.
#[derive(Debug)]
pub(super) struct Change {
    /// When the ticket began; its messages cannot be older.
    pub not_before: Option<Instant>,
    pub way: Way,
}

#[derive(Debug)]
pub(super) enum Way {
    Open(Opening),
    /// A person writes on in the ticket.
    Continue {
        ticket: TicketId,
        from: ContactId,
    },
    /// A machine's mail, kept with the ticket.
    Record {
        ticket: TicketId,
        from: Option<ContactId>,
    },
    /// A report on a mail of ours.
    Undelivered(Undelivered),
    /// The operator's word on its cases.
    Operator(OperatorWord),
}

#[derive(Debug)]
pub(super) struct Opening {
    pub requester: ContactId,
    pub customer: Option<CustomerId>,
    pub follow_up_of: Option<TicketId>,
    pub imported: bool,
    /// Where the automatic acknowledgement goes, if one may be sent; counted against that address.
    pub acknowledge: Option<String>,
    /// For staff: a ticket the mail speaks of without getting into it.
    pub quoted: Option<Quoted>,
}

impl Plan {
    fn open(opening: Opening) -> Self {
        Self::Change(Box::new(Change { not_before: None, way: Way::Open(opening) }))
    }

    pub(super) fn go_on(ticket: &Ticket, way: Way) -> Self {
        Self::Change(Box::new(Change { not_before: Some(ticket.opened_at), way }))
    }

    fn ignore(reason: &str) -> Self {
        Self::Settle(Fate::Ignored { reason: reason.to_owned() })
    }
}

impl Intake {
    pub(super) async fn plan(&self, letter: &Letter) -> Result<Plan, StoreError> {
        if let Some(of) = self.earlier_copy(letter).await? {
            return Ok(Plan::Settle(Fate::Duplicate { of }));
        }
        if let Some(plan) = self.own_mail(letter).await? {
            return Ok(plan);
        }
        if letter.source == Source::Import {
            return self.plan_import(letter).await;
        }
        // The operator's word is told apart before its sender is taken for a customer.
        if let Some(plan) = self.plan_operator(letter).await? {
            return Ok(plan);
        }
        match &letter.mail.auto {
            AutoClass::Bounce(bounce) => self.plan_bounce(letter, bounce).await,
            AutoClass::AutoReply | AutoClass::Receipt(_) => self.plan_automatic(letter).await,
            AutoClass::Human | AutoClass::Quiet => self.plan_human(letter).await,
        }
    }

    /// The same bytes for the same recipients: a server that did not hear our answer sent them again. Message-IDs alone
    /// prove nothing; the same one on other content is another mail.
    async fn earlier_copy(&self, letter: &Letter) -> Result<Option<RawMailId>, StoreError> {
        if letter.mail.message_id.is_none() {
            return Ok(None);
        }
        let copies = mail::same_content(self.store(), &letter.sha256, COPIES_MAX).await?;
        let counts = |copy: &&mail::RawMailMeta| match &copy.fate {
            // Of two that nobody has looked at the first one counts; it will have its turn.
            Fate::Pending => copy.id < letter.id,
            Fate::Duplicate { .. } => false,
            Fate::Ticket { .. }
            | Fate::Reply { .. }
            | Fate::Operator { .. }
            | Fate::Bounce { .. }
            | Fate::Held { .. }
            | Fate::Ignored { .. }
            | Fate::Quarantined { .. } => true,
        };
        let same = |copy: &&mail::RawMailMeta| {
            copy.id != letter.id
                && copy.envelope == letter.envelope
                && (copy.source == Source::Import) == (letter.source == Source::Import)
        };
        Ok(copies.iter().filter(same).find(counts).map(|copy| copy.id))
    }

    /// What we sent is no message to us, whichever way it comes back.
    async fn own_mail(&self, letter: &Letter) -> Result<Option<Plan>, StoreError> {
        if letter.is_from_ourselves() {
            return Ok(Some(Plan::ignore("It was sent from one of the desk's own mailboxes.")));
        }
        let Some(id) = &letter.mail.message_id else { return Ok(None) };
        let ours = outbox::by_mail_id(self.store(), id).await?;
        Ok(ours.map(|_| Plan::ignore("It is one of the desk's own mails that came back.")))
    }

    /// A vacation note, a notification, a receipt: kept with the ticket it answers.
    pub(super) async fn plan_automatic(&self, letter: &Letter) -> Result<Plan, StoreError> {
        let sender = self.known_sender(letter).await?;
        match self.destination(letter, sender).await? {
            Destination::Reply(record) => {
                let way = Way::Record { ticket: record.ticket.id, from: sender };
                Ok(Plan::go_on(&record.ticket, way))
            }
            Destination::New { .. } => {
                Ok(Plan::ignore("It is an automatic mail that answers no ticket of its sender's."))
            }
        }
    }

    async fn plan_human(&self, letter: &Letter) -> Result<Plan, StoreError> {
        let Some(from) = &letter.mail.from else { return Ok(nameless()) };
        let now = self.store().now().await?;
        let contact = self.contact(from, now).await?;
        let customer = self.customer(&contact).await?;
        let acknowledge = self.acknowledgement(letter, &contact, now).await?;
        let opening =
            Opening { requester: contact.id, customer, follow_up_of: None, imported: false, acknowledge, quoted: None };
        let plan = match self.destination(letter, Some(contact.id)).await? {
            Destination::Reply(record) if takes_customer_message(&record.ticket, &self.settings().await?, now) => {
                let way = Way::Continue { ticket: record.ticket.id, from: contact.id };
                Plan::go_on(&record.ticket, way)
            }
            Destination::Reply(record) => {
                let follow_up_of = Some(record.ticket.id);
                let customer = customer.or(record.ticket.customer);
                Plan::open(Opening { customer, follow_up_of, ..opening })
            }
            Destination::New { quoted } => Plan::open(Opening { quoted, ..opening }),
        };
        Ok(plan)
    }

    /// Every mail of an old mailbox is a closed ticket; one that answers another of them goes on from it.
    async fn plan_import(&self, letter: &Letter) -> Result<Plan, StoreError> {
        let Some(from) = &letter.mail.from else { return Ok(nameless()) };
        let now = self.store().now().await?;
        let contact = self.contact(from, now).await?;
        let opening = Opening {
            requester: contact.id,
            customer: self.customer(&contact).await?,
            follow_up_of: self.imported_before(letter).await?,
            imported: true,
            acknowledge: None,
            quoted: None,
        };
        Ok(Plan::open(opening))
    }

    async fn imported_before(&self, letter: &Letter) -> Result<Option<TicketId>, StoreError> {
        let known = mail::tickets_by_mail_ids(self.store(), &letter.answered_ids()).await?;
        let ids: Vec<TicketId> = known.iter().map(|(_, ticket)| *ticket).collect();
        let records = tickets::by_ids(self.store(), &ids).await?;
        let is_imported =
            |id: &&TicketId| records.iter().any(|record| record.ticket.id == **id && record.ticket.imported);
        Ok(ids.iter().find(is_imported).copied())
    }

    async fn settings(&self) -> Result<Settings, StoreError> {
        Ok(desk::load(self.store()).await?.settings.clone())
    }

    async fn known_sender(&self, letter: &Letter) -> Result<Option<ContactId>, StoreError> {
        let Some(from) = &letter.mail.from else { return Ok(None) };
        let contact = directory::contact_by_email(self.store(), &from.email).await?;
        Ok(contact.map(|contact| contact.id))
    }

    async fn contact(&self, from: &Address, now: Instant) -> Result<Contact, StoreError> {
        let local_part = from.email.rsplit_once('@').map_or(from.email.as_str(), |(local, _)| local);
        let name = from.name.as_deref().unwrap_or(local_part);
        directory::find_or_create_contact(self.store(), &from.email, name, now).await
    }

    /// By contact, then by domain.
    async fn customer(&self, contact: &Contact) -> Result<Option<CustomerId>, StoreError> {
        if contact.customer.is_some() {
            return Ok(contact.customer);
        }
        let Some((_, domain)) = contact.email.rsplit_once('@') else { return Ok(None) };
        Ok(directory::customer_by_domain(self.store(), domain).await?.map(|customer| customer.id))
    }

    /// The address that an automatic answer may go to (RFC 3834).
    async fn acknowledgement(
        &self,
        letter: &Letter,
        contact: &Contact,
        now: Instant,
    ) -> Result<Option<String>, StoreError> {
        let options = self.options();
        let (period_s, max) = (options.auto_answer_period_s, options.auto_answers_max);
        let may = mail::may_auto_answer(self.store(), &contact.email, now, period_s, max).await?;
        let facts = AutomaticAnswer {
            mail_is_automatic: !letter.mail.auto.may_be_answered_automatically(),
            null_sender: letter.has_null_sender(),
            from_ourselves: letter.returns_to_ourselves() || letter.mailboxes.contain(&contact.email),
            answered_lately: if may { 0 } else { AUTOMATIC_ANSWERS_MAX },
        };
        Ok(facts.is_allowed().then(|| contact.email.clone()))
    }
}

fn nameless() -> Plan {
    Plan::Settle(Fate::Quarantined { reason: "The mail names no sender's address.".to_owned() })
}

impl Opening {
    /// The note that staff find on the new ticket.
    pub fn hint(&self, letter: &Letter) -> Option<String> {
        let Quoted { number, sender_takes_part } = self.quoted?;
        let language = letter.language();
        Some(if sender_takes_part {
            wording::names_without_proof(language, number)
        } else {
            wording::quotes(language, number)
        })
    }
}
