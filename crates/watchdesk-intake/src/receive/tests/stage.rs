//! A desk on which mails arrive.

use chrono::Duration;
use watchdesk_core::command::{Assignment, Command, Unit, Words};
use watchdesk_core::effect::Notice;
use watchdesk_core::event::MessageKind;
use watchdesk_core::ids::{MessageId, RawMailId, TicketId};
use watchdesk_core::mail::ReplyTokens;
use watchdesk_core::operator_mail::OperatorMail;
use watchdesk_core::rights::Actor;
use watchdesk_core::ticket::{Severity, StateKind};
use watchdesk_store::directory::{self, Contact, Mailbox};
use watchdesk_store::mail::{Envelope, Fate, FateKind, Source, store_raw};
use watchdesk_store::outbox::{self, OutboxRecord};
use watchdesk_store::testing::TestStore;
use watchdesk_store::tickets::{self, MessageRecord, TicketRecord};
use watchdesk_store::{desk, fresh_id, mail};

use crate::{Intake, IntakeOptions};

pub(super) const STRANGER: &str = "mallory@elsewhere.example";
const ROWS_MAX: u64 = 100;

pub(super) struct Stage {
    pub store: TestStore,
    pub intake: Intake,
    pub tokens: ReplyTokens,
    pub mailbox: Mailbox,
    /// Of a customer we know.
    pub kim: Contact,
    /// Of the same customer.
    pub colleague: Contact,
}

/// A mail as its sender wrote it.
#[derive(Clone)]
pub(super) struct Mail {
    pub sender: Option<String>,
    pub recipient: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Stage {
    pub async fn set(store: TestStore) -> Self {
        let tokens = ReplyTokens::new("a secret of the tests");
        let mut options = IntakeOptions::new(tokens.clone());
        let (from, references) = (["21vianet.example".to_owned()], ["21V-[0-9]{3,20}".to_owned()]);
        options.operator_mail = OperatorMail::new(&from, &references).expect("patterns");
        let intake = Intake::new(store.store().clone(), options);
        let mailbox = directory::mailbox(&store, store.seeded.mailbox).await.expect("answered").expect("a mailbox");
        let contact = async |id| directory::contact(&store, id).await.expect("answered").expect("a contact");
        let (kim, colleague) = (contact(store.seeded.contact).await, contact(store.seeded.colleague).await);
        Self { store, intake, tokens, mailbox, kim, colleague }
    }

    /// Another mail with an id of its own.
    pub fn mail_from(&self, from: &str, subject: &str) -> Mail {
        let id = fresh_id();
        let headers = [
            ("From", from.to_owned()),
            ("To", self.mailbox.address.clone()),
            ("Subject", subject.to_owned()),
            ("Message-ID", format!("<{id}@sender.example>")),
        ];
        Mail {
            sender: Some(from.to_owned()),
            recipient: self.mailbox.address.clone(),
            headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            body: format!("About {subject}."),
        }
    }

    pub fn mail_from_kim(&self, subject: &str) -> Mail {
        self.mail_from(&self.kim.email, subject)
    }

    pub async fn stored(&self, mail: &Mail) -> RawMailId {
        self.stored_bytes(mail, &mail.bytes()).await
    }

    pub async fn stored_bytes(&self, mail: &Mail, bytes: &[u8]) -> RawMailId {
        let envelope = Envelope { from: mail.sender.clone(), to: vec![mail.recipient.clone()] };
        store_raw(&self.store, Source::Smtp, &envelope, bytes).await.expect("stored")
    }

    pub async fn arrives(&self, mail: &Mail) -> Fate {
        let id = self.stored(mail).await;
        let fate = self.intake.process(id).await.expect("processed");
        assert_eq!(self.fate(id).await, fate, "what is said is what is stored");
        fate
    }

    pub async fn fate(&self, id: RawMailId) -> Fate {
        mail::raw(&self.store, id).await.expect("answered").expect("a mail").fate
    }

    /// The mail opens a ticket.
    pub async fn opens(&self, mail: &Mail) -> TicketRecord {
        match self.arrives(mail).await {
            Fate::Ticket { ticket, .. } => self.ticket(ticket).await,
            other => panic!("no ticket of its own: {other:?}"),
        }
    }

    pub async fn ticket(&self, id: TicketId) -> TicketRecord {
        tickets::by_id(&self.store, id).await.expect("answered").expect("a ticket")
    }

    pub async fn state(&self, id: TicketId) -> StateKind {
        self.ticket(id).await.ticket.state.kind()
    }

    pub async fn messages(&self, id: TicketId) -> Vec<MessageRecord> {
        tickets::latest_messages(&self.store, id, ROWS_MAX).await.expect("answered")
    }

    pub async fn notes(&self, id: TicketId) -> Vec<String> {
        let messages = self.messages(id).await;
        messages.into_iter().filter(|message| message.kind == MessageKind::Note).map(|note| note.body).collect()
    }

    pub async fn outbox(&self, id: TicketId) -> Vec<OutboxRecord> {
        outbox::of_ticket(&self.store, id, ROWS_MAX).await.expect("answered")
    }

    /// The acknowledgements of a ticket.
    pub async fn received(&self, id: TicketId) -> Vec<OutboxRecord> {
        let rows = self.outbox(id).await;
        rows.into_iter().filter(|row| matches!(row.notice, Notice::Received { .. })).collect()
    }

    pub async fn count(&self, kind: FateKind) -> usize {
        mail::list_by_fate(&self.store, kind, 200, None).await.expect("answered").items.len()
    }

    pub fn reply_address(&self, record: &TicketRecord) -> String {
        let (local, domain) = self.mailbox.address.rsplit_once('@').expect("an address");
        format!("{local}+{}@{domain}", self.tokens.tag(record.ticket.number, record.ticket.id))
    }

    pub async fn does(&self, ticket: TicketId, command: Command) {
        self.store.execute(&Actor::System, Unit::ticket(ticket, command)).await.expect("done");
    }

    pub async fn triages(&self, ticket: TicketId) {
        let desk = desk::load(&self.store).await.expect("a desk");
        let category = desk.categories.values().find(|category| !category.needs_service).expect("a category");
        let command = Command::Triage {
            category: category.slug.clone(),
            service: None,
            severity: Severity::C,
            assignment: Assignment::to(self.store.seeded.agent),
        };
        self.does(ticket, command).await;
    }

    pub async fn resolves(&self, ticket: TicketId) {
        self.triages(ticket).await;
        self.does(ticket, Command::Resolve { words: said("It works again.") }).await;
    }

    pub fn later(&self, by: Duration) {
        self.store.clock.advance(by);
    }
}

pub(super) fn said(text: &str) -> Words {
    Words::text(MessageId(fresh_id()), text)
}

impl Mail {
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    pub fn saying(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }

    /// Both in the header and on the envelope.
    pub fn to(mut self, address: &str) -> Self {
        address.clone_into(&mut self.recipient);
        self.with("To", address)
    }

    pub fn with_null_sender(mut self) -> Self {
        self.sender = None;
        self
    }

    pub fn answering(self, mail_id: &str) -> Self {
        self.with("In-Reply-To", format!("<{mail_id}>")).with("References", format!("<first@elsewhere> <{mail_id}>"))
    }

    /// The Message-ID without its brackets.
    pub fn id(&self) -> String {
        let (_, id) = self.headers.iter().find(|(name, _)| name == "Message-ID").expect("an id");
        id.trim_matches(['<', '>']).to_owned()
    }

    pub fn bytes(&self) -> Vec<u8> {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("{headers}\r\n{}\r\n", self.body).into_bytes()
    }
}
