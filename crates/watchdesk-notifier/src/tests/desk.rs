//! A desk for stories: a seeded store, a worker, and words for what people do.

use std::sync::Arc;

use chrono::Duration;
use chrono_tz::Tz;
use watchdesk_core::Instant;
use watchdesk_core::case::{EscalationReason, Evidence, FilingChannel, Handing};
use watchdesk_core::clock::{Clock, Objective};
use watchdesk_core::command::{Assignment, CaseCommand, Command, DraftCase, OpenTicket, Step, Then, Unit, Words};
use watchdesk_core::desk::AppliesTo;
use watchdesk_core::disclosure::Handed;
use watchdesk_core::event::EventKind;
use watchdesk_core::ids::{AgentId, AttachmentId, CaseId, ContactId, MessageId, Slug, TicketId};
use watchdesk_core::mail::ReplyTokens;
use watchdesk_core::rights::Actor;
use watchdesk_core::ticket::{Channel, Severity};
use watchdesk_store::directory::{self, AgentFields};
use watchdesk_store::outbox::{OutboxRecord, OutboxState};
use watchdesk_store::testing::TestStore;
use watchdesk_store::tickets::TicketRecord;
use watchdesk_store::{PAGE_ITEMS_MAX, attachments, desk, fresh_id, outbox, rules, tickets};
use watchdesk_templates::Engine;

use super::mime::Mail;
use super::sink::Sink;
use crate::{Options, OutboxWorker, PassReport, Status};

pub const BASE_URL: &str = "https://desk.example.cn";

pub struct Desk {
    pub store: TestStore,
    pub sink: Sink,
    pub worker: OutboxWorker,
    pub status: Arc<Status>,
}

pub fn options() -> Options {
    Options::new(BASE_URL, ReplyTokens::new("the secret of the stories"))
}

pub fn engine() -> Arc<Engine> {
    Arc::new(Engine::strict().unwrap())
}

/// What a customer's mail says.
pub struct Wrote<'a> {
    pub subject: &'a str,
    pub body: &'a str,
    pub mail_id: Option<&'a str>,
    pub cc: &'a [&'a str],
}

impl Default for Wrote<'_> {
    fn default() -> Self {
        Self {
            subject: "Outlook asks for a password",
            body: "Since this morning.",
            mail_id: Some("his-1@customer.example"),
            cc: &[],
        }
    }
}

impl Desk {
    pub async fn over(store: TestStore) -> Self {
        Self::with(store, |options| options).await
    }

    /// With the mail server of the story, and whatever else the options say.
    pub async fn with(store: TestStore, change: impl FnOnce(Options) -> Options) -> Self {
        let sink = Sink::start().await;
        let options = change(options().with_smtp(sink.url()));
        let status = Arc::new(Status::default());
        let worker = OutboxWorker::new(store.store().clone(), engine(), options, Arc::clone(&status)).unwrap();
        Self { store, sink, worker, status }
    }

    pub fn another_worker(&self) -> OutboxWorker {
        self.worker_over(self.sink.url())
    }

    pub fn worker_over(&self, url: String) -> OutboxWorker {
        let options = options().with_smtp(url);
        OutboxWorker::new(self.store.store().clone(), engine(), options, Arc::default()).unwrap()
    }

    pub fn now(&self) -> Instant {
        self.store.clock.now()
    }

    pub fn advance(&self, by: Duration) {
        self.store.clock.advance(by);
    }

    // What people do.

    pub async fn system(&self, unit: Unit) {
        self.store.execute(&Actor::System, unit).await.unwrap();
    }

    async fn agent(&self, unit: Unit) {
        let actor = self.store.actor(self.store.seeded.agent).await;
        self.store.execute(&actor, unit).await.unwrap();
    }

    pub async fn customer_opens(&self, wrote: Wrote<'_>) -> TicketId {
        self.opens(self.store.seeded.contact, wrote).await
    }

    pub async fn opens(&self, requester: ContactId, wrote: Wrote<'_>) -> TicketId {
        let id = TicketId(fresh_id());
        let channel = if wrote.mail_id.is_some() { Channel::Mail } else { Channel::Phone };
        let open = OpenTicket {
            subject: wrote.subject.to_owned(),
            words: his_words(&wrote),
            requester,
            customer: Some(self.store.seeded.customer),
            mailbox: Some(self.store.seeded.mailbox),
            channel,
            at: self.now(),
            category: None,
            service: None,
            severity: None,
            team: Some(self.store.seeded.team),
            custom_fields: Default::default(),
            acknowledge: true,
            follow_up_of: None,
            imported: false,
        };
        self.system(Unit::ticket(id, Command::Open(Box::new(open)))).await;
        id
    }

    pub async fn customer_answers(&self, ticket: TicketId, wrote: Wrote<'_>) {
        let from = self.store.seeded.contact;
        let command = Command::CustomerMessage { from, words: his_words(&wrote), at: self.now() };
        self.system(Unit::ticket(ticket, command)).await;
    }

    /// To the agent of the stories, by the lead.
    pub async fn triage(&self, ticket: TicketId) {
        let rules = desk::load(&self.store).await.unwrap();
        let category = rules.categories.values().find(|category| !category.needs_service).unwrap();
        let triage = Command::Triage {
            category: category.slug.clone(),
            service: rules.services.keys().next().cloned(),
            severity: Severity::B,
            assignment: Assignment::to(self.store.seeded.agent),
        };
        let lead = self.store.actor(self.store.seeded.lead).await;
        self.store.execute(&lead, Unit::ticket(ticket, triage)).await.unwrap();
    }

    pub async fn reply(&self, ticket: TicketId, body: &str) -> MessageId {
        self.reply_with(ticket, Words::text(MessageId(fresh_id()), body), Then::Stay).await
    }

    pub async fn reply_with(&self, ticket: TicketId, words: Words, then: Then) -> MessageId {
        let id = words.id;
        self.agent(Unit::ticket(ticket, Command::Reply { words, then })).await;
        id
    }

    pub async fn note(&self, ticket: TicketId, body: &str) {
        let words = Words::text(MessageId(fresh_id()), body);
        self.agent(Unit::ticket(ticket, Command::Note { words })).await;
    }

    pub async fn resolve(&self, ticket: TicketId, body: &str) {
        let words = Words::text(MessageId(fresh_id()), body);
        self.agent(Unit::ticket(ticket, Command::Resolve { words })).await;
    }

    pub async fn attach(&self, filename: &str, content_type: &str, bytes: &[u8]) -> AttachmentId {
        let uploader = watchdesk_core::event::ActorRef::Agent(self.store.seeded.agent);
        let new = attachments::NewAttachment {
            filename: filename.to_owned(),
            content_type: content_type.to_owned(),
            bytes: bytes.to_vec(),
            inline_id: None,
            uploader,
        };
        attachments::put(&self.store, new).await.unwrap()
    }

    /// Drafts and files a case with everything the gate can ask for.
    pub async fn escalate(&self, ticket: TicketId, reference: &str) -> CaseId {
        self.escalate_with(ticket, reference, |_| {}).await
    }

    pub async fn escalate_with(
        &self,
        ticket: TicketId,
        reference: &str,
        change: impl FnOnce(&mut DraftCase),
    ) -> CaseId {
        let file = CaseCommand::File {
            reference: reference.to_owned(),
            channel: FilingChannel::Portal,
            contact: None,
            severity: None,
            at: self.now(),
            handed: Handed::default(),
        };
        self.goes_up(ticket, change, file).await
    }

    /// Drafted, and then this.
    pub async fn goes_up(&self, ticket: TicketId, change: impl FnOnce(&mut DraftCase), file: CaseCommand) -> CaseId {
        let id = CaseId(fresh_id());
        let evidence = Evidence {
            tried: "Another profile; the same.".to_owned(),
            impact: "Nobody reads mail.".to_owned(),
            affected_users: Some(40),
            since: Some(self.now()),
            error_texts: "0x80040115".to_owned(),
            tenant_id: "tenant".to_owned(),
            subscription_id: "subscription".to_owned(),
            customer_id: "customer".to_owned(),
            domain_name: "customer.example".to_owned(),
            order_id: "order".to_owned(),
            ..Evidence::default()
        };
        let mut draft = DraftCase {
            id,
            operator: Slug::new("21vianet").unwrap(),
            reason: Some(EscalationReason::OperatorFault),
            severity: Some(Severity::B),
            summary: "Outlook asks for a password".to_owned(),
            evidence,
            health_waiver: Some("The portal is down.".to_owned()),
            not_this_incident: Some("It is another one.".to_owned()),
            incident_override: None,
            handing: Handing::default(),
        };
        change(&mut draft);
        self.agent(Unit::ticket(ticket, Command::DraftCase(Box::new(draft))).then(Step::Case(id, file))).await;
        id
    }

    pub async fn case(&self, id: CaseId, command: CaseCommand) {
        self.agent(Unit::case(id, command)).await;
    }

    /// From now on the desk promises a resolution alone, within a day at severity B, with this ladder.
    pub async fn promises(&self, ladder: &str) {
        let policy = r#"{"slug": "standard", "rules": [{"name": "one", "calendar": "always",
            "targets": {"resolution": {"A": 28800, "B": 86400, "C": 259200}}, "ladders": {"resolution": LADDER}}]}"#;
        let policy = serde_json::from_str(&policy.replace("LADDER", ladder)).unwrap();
        let manager = self.store.seeded.manager;
        rules::publish_policy(&self.store, manager, policy, AppliesTo::New).await.unwrap();
    }

    /// A ticket that the agent of the stories has, with nothing left to send.
    pub async fn assigned(&self, mail_id: &str) -> TicketId {
        let ticket = self.customer_opens(Wrote { mail_id: Some(mail_id), ..Wrote::default() }).await;
        self.triage(ticket).await;
        self.delivered().await;
        ticket
    }

    /// He works here no longer.
    pub async fn leaves(&self, agent: AgentId) {
        let email = self.email_of(agent).await;
        let gone = AgentFields { email, active: false, ..AgentFields::default() };
        directory::update_agent(&self.store, agent, gone).await.unwrap();
    }

    // What comes of it.

    pub async fn pass(&self) -> PassReport {
        self.worker.pass().await.unwrap()
    }

    /// Sends what is due and takes what arrived out of the sink.
    pub async fn delivered(&self) -> Vec<Mail> {
        self.pass().await;
        let mails = self.sink.mails().iter().map(Mail::of).collect();
        self.sink.forget();
        mails
    }

    /// The one mail that is due.
    pub async fn one_mail(&self) -> Mail {
        let mut mails = self.delivered().await;
        let subjects: Vec<_> = mails.iter().map(Mail::subject).collect();
        assert_eq!(mails.len(), 1, "{subjects:?}");
        mails.remove(0)
    }

    pub async fn ticket(&self, id: TicketId) -> TicketRecord {
        tickets::by_id(&self.store, id).await.unwrap().unwrap()
    }

    pub async fn clock(&self, ticket: TicketId, objective: Objective) -> Clock {
        let clocks = tickets::clocks(&self.store, ticket).await.unwrap();
        let clocks = clocks.into_iter().filter(|clock| clock.objective == objective);
        clocks.max_by_key(|clock| (clock.cycle, clock.revision)).unwrap()
    }

    pub async fn happened(&self, ticket: TicketId) -> Vec<EventKind> {
        let events = tickets::events(&self.store, ticket, 0, PAGE_ITEMS_MAX).await.unwrap();
        events.into_iter().map(|event| event.kind).collect()
    }

    /// To the instant at which the next thing happens to the ticket by itself.
    pub async fn wait_for_next(&self, ticket: TicketId) {
        self.store.clock.set(self.ticket(ticket).await.next_fire_at.unwrap());
    }

    pub async fn rows(&self, ticket: TicketId) -> Vec<OutboxRecord> {
        outbox::of_ticket(&self.store, ticket, PAGE_ITEMS_MAX).await.unwrap()
    }

    pub async fn states(&self, ticket: TicketId) -> Vec<OutboxState> {
        self.rows(ticket).await.into_iter().map(|row| row.state).collect()
    }

    /// Mails about no ticket.
    pub async fn desk_rows(&self, state: OutboxState) -> Vec<OutboxRecord> {
        let rows = outbox::list_by_state(&self.store, state, PAGE_ITEMS_MAX, None).await.unwrap().items;
        rows.into_iter().filter(|row| row.ticket.is_none()).collect()
    }

    /// Outcomes of all attempts at a row, oldest first.
    pub async fn outcomes(&self, row: &OutboxRecord) -> Vec<String> {
        outbox::attempts(&self.store, row.id).await.unwrap().into_iter().map(|attempt| attempt.outcome).collect()
    }

    pub async fn email_of(&self, agent: AgentId) -> String {
        directory::agent(&self.store, agent).await.unwrap().unwrap().email
    }

    pub async fn email_of_contact(&self, contact: ContactId) -> String {
        directory::contact(&self.store, contact).await.unwrap().unwrap().email
    }

    pub async fn mailbox_address(&self) -> String {
        directory::mailbox(&self.store, self.store.seeded.mailbox).await.unwrap().unwrap().address
    }
}

fn his_words(wrote: &Wrote<'_>) -> Words {
    let mut words = Words::text(MessageId(fresh_id()), wrote.body);
    words.cc = wrote.cc.iter().map(|cc| (*cc).to_owned()).collect();
    words.mail_id = wrote.mail_id.map(str::to_owned);
    words
}

pub const ZONE: Tz = Tz::Asia__Shanghai;
