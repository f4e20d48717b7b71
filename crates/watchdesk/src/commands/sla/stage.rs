//! A small desk under a clock that tests set.

use std::collections::BTreeMap;

use chrono::DateTime;
use tempfile::TempDir;
use watchdesk_core::Instant;
use watchdesk_core::case::{EscalationReason, Evidence, FilingChannel, Handing};
use watchdesk_core::command::{
    Assignment, CaseCommand, Command, DraftCase, FieldChanges, OpenTicket, Step, Then, Unit, Words,
};
use watchdesk_core::disclosure::Handed;
use watchdesk_core::facts::HealthStatus;
use watchdesk_core::ids::{CaseId, ContactId, MessageId, Slug, TeamId, TicketId, TicketNumber};
use watchdesk_core::rights::{Actor, Role};
use watchdesk_core::ticket::{Channel, Severity};
use watchdesk_store::desk::{Health, set_health};
use watchdesk_store::directory::{AgentFields, ContactFields};
use watchdesk_store::{Clock, ManualClock, Options, Store, auth, desk, directory, fresh_id};

use crate::config::Config;

pub struct Stage {
    pub config: Config,
    pub store: Store,
    pub folder: TempDir,
    clock: ManualClock,
    agent: Actor,
    team: TeamId,
    contact: ContactId,
}

/// Such as `2026-02-14 16:40`, in Shanghai.
pub fn shanghai(text: &str) -> Instant {
    DateTime::parse_from_str(&format!("{text}:00 +0800"), "%Y-%m-%d %H:%M:%S %z").expect("a time").to_utc()
}

fn slug(text: &str) -> Slug {
    Slug::new(text).expect("a slug")
}

fn words(text: &str) -> Words {
    Words::text(MessageId(fresh_id()), text)
}

impl Stage {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = crate::config::load(None).expect("defaults");
        folder.path().clone_into(&mut config.data_dir);
        Store::migrate(&config.database_url()).await.expect("migrated");
        let clock = ManualClock::new(shanghai("2026-01-01 00:00"));
        let options = Options { clock: Clock::Manual(clock.clone()), ..Options::new(config.database_url()) };
        let store = Store::open(options).await.expect("open");
        desk::seed(&store, &crate::seed::seed(&config).expect("a seed")).await.expect("seeded");
        let team = directory::teams(&store).await.expect("teams")[0].id;
        let fields = AgentFields {
            email: "li.na@desk.example".to_owned(),
            name: "Li Na".to_owned(),
            role: Role::Lead,
            teams: [team].into(),
            ..AgentFields::default()
        };
        let agent = directory::create_agent(&store, fields).await.expect("an agent").id;
        let agent = auth::actor_of_agent(&store, agent).await.expect("an answer").expect("an actor");
        let fields = ContactFields {
            name: "Zhang Wei".to_owned(),
            email: "zhang@contoso.example".to_owned(),
            ..ContactFields::default()
        };
        let contact = directory::create_contact(&store, fields).await.expect("a contact").id;
        Self { config, store, folder, clock, agent, team, contact }
    }

    pub fn now(&self, at: &str) {
        self.clock.set(shanghai(at));
    }

    pub async fn act(&self, actor: &Actor, unit: Unit) {
        self.store.execute(actor, unit).await.expect("the desk may do that");
    }

    pub async fn opened(&self, at: &str, subject: &str) -> (TicketId, TicketNumber) {
        self.now(at);
        let open = OpenTicket {
            subject: subject.to_owned(),
            words: words("It does not work any more."),
            requester: self.contact,
            customer: None,
            mailbox: None,
            channel: Channel::Mail,
            at: shanghai(at),
            category: None,
            service: None,
            severity: None,
            team: None,
            custom_fields: BTreeMap::new(),
            acknowledge: false,
            follow_up_of: None,
            imported: false,
        };
        let unit = Unit::ticket(TicketId(fresh_id()), Command::Open(Box::new(open)));
        let opened = self.store.execute(&Actor::System, unit).await.expect("it is opened").tickets[0];
        (opened.id, opened.number)
    }

    pub async fn triaged(&self, at: &str, ticket: TicketId, severity: Severity) {
        self.now(at);
        let triage = Command::Triage {
            category: slug("configuration"),
            service: Some(slug("dynamics-365")),
            severity,
            assignment: Assignment { owner: None, team: Some(Some(self.team)) },
        };
        self.act(&self.agent, Unit::ticket(ticket, triage)).await;
    }

    pub async fn raised(&self, at: &str, ticket: TicketId, severity: Severity) {
        self.now(at);
        let changes = FieldChanges { severity: Some(severity), ..FieldChanges::default() };
        self.act(&self.agent, Unit::ticket(ticket, Command::Change(Box::new(changes)))).await;
    }

    pub async fn answered(&self, at: &str, ticket: TicketId) {
        self.now(at);
        let reply = Command::Reply { words: words("We are at it."), then: Then::Stay };
        self.act(&self.agent, Unit::ticket(ticket, reply)).await;
    }

    pub async fn resolved(&self, at: &str, ticket: TicketId) {
        self.now(at);
        self.act(&self.agent, Unit::ticket(ticket, Command::Resolve { words: words("It works again.") })).await;
    }

    /// Passed on to the operator, with the severity of the ticket.
    pub async fn passed_on(&self, at: &str, ticket: TicketId, reference: &str) {
        self.now(at);
        let health = Health {
            service: slug("dynamics-365"),
            customer: None,
            status: HealthStatus::Operational,
            note: String::new(),
            incident: None,
            checked_at: shanghai(at),
            checked_by: None,
        };
        set_health(&self.store, &health).await.expect("health");
        let case = CaseId(fresh_id());
        let draft = DraftCase {
            id: case,
            operator: slug("21vianet"),
            reason: Some(EscalationReason::OperatorFault),
            severity: None,
            summary: "Saving an order takes a minute.".to_owned(),
            evidence: Evidence {
                tried: "Everything".to_owned(),
                impact: "Orders are late.".to_owned(),
                ..Evidence::default()
            },
            health_waiver: None,
            not_this_incident: None,
            incident_override: None,
            handing: Handing::default(),
        };
        let file = CaseCommand::File {
            reference: reference.to_owned(),
            channel: FilingChannel::Portal,
            contact: None,
            severity: None,
            at: shanghai(at),
            handed: Handed::default(),
        };
        let unit = Unit::ticket(ticket, Command::DraftCase(Box::new(draft))).then(Step::Case(case, file));
        self.act(&self.agent, unit).await;
    }
}
