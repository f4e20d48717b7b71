//! A small desk: two teams, a person for each role, two customers.

use std::collections::{BTreeMap, BTreeSet};

use watchdesk_core::calendar::{CalendarSpec, WeekHours, WeeklySpec};
use watchdesk_core::clock::Objective;
use watchdesk_core::desk::{Category, Language, Named, Service, Settings};
use watchdesk_core::ids::{AgentId, ContactId, CustomerId, MailboxId, Slug, TeamId};
use watchdesk_core::policy::{
    Condition, Ladder, LadderStep, Policy, Reopening, Rule, Side, Target, Whom, ordinary_pauses,
};
use watchdesk_core::rights::Role;
use watchdesk_core::ticket::Severity;

use crate::desk::{Seed, SeedMailbox, SeedTeam, seed};
use crate::directory::{self, AgentFields, ContactFields, ContractFields, CustomerFields, MailboxFields, Support};
use crate::{Store, testing::test_start};

/// Whom the small desk knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seeded {
    pub admin: AgentId,
    pub manager: AgentId,
    /// Of `team`.
    pub lead: AgentId,
    /// Of `team`.
    pub agent: AgentId,
    /// Of `other_team`.
    pub other_agent: AgentId,
    /// Looks after `customer`.
    pub sales: AgentId,
    pub auditor: AgentId,
    pub team: TeamId,
    pub other_team: TeamId,
    /// `contoso.example`, tier `gold`, premium.
    pub customer: CustomerId,
    /// `fabrikam.example`, without a contract.
    pub other_customer: CustomerId,
    /// Of `customer`: sees only what is his own. `zhang@contoso.example`
    pub contact: ContactId,
    /// Of `customer`: sees the whole organisation. `li@contoso.example`
    pub colleague: ContactId,
    /// Of `other_customer`. `kim@fabrikam.example`
    pub stranger: ContactId,
    /// `support@desk.example`, of `team`.
    pub mailbox: MailboxId,
}

pub(super) async fn fill(store: &Store) -> Seeded {
    assert!(seed(store, &small_seed()).await.expect("a seed"), "the desk was empty");
    let teams = directory::teams(store).await.expect("teams");
    let team = |slug: &str| teams.iter().find(|team| team.slug.as_str() == slug).expect("a seeded team").id;
    let (first, second) = (team("first-line"), team("second-line"));
    let sales = agent(store, Role::Sales, "sales", []).await;
    let (customer, contact, colleague) = contoso(store, sales).await;
    let (other_customer, stranger) = fabrikam(store).await;
    let mailbox = directory::mailbox_by_address(store, "support@desk.example").await.expect("mailboxes");
    Seeded {
        admin: agent(store, Role::Admin, "admin", []).await,
        manager: agent(store, Role::Manager, "manager", []).await,
        lead: agent(store, Role::Lead, "lead", [first]).await,
        agent: agent(store, Role::Agent, "agent", [first]).await,
        other_agent: agent(store, Role::Agent, "other", [second]).await,
        sales,
        auditor: agent(store, Role::Auditor, "auditor", []).await,
        team: first,
        other_team: second,
        customer,
        other_customer,
        contact,
        colleague,
        stranger,
        mailbox: mailbox.expect("the seeded mailbox").id,
    }
}

async fn agent(store: &Store, role: Role, name: &str, teams: impl IntoIterator<Item = TeamId>) -> AgentId {
    let fields = AgentFields {
        email: format!("{name}@desk.example"),
        name: format!("{name} of the desk"),
        role,
        teams: BTreeSet::from_iter(teams),
        ..AgentFields::default()
    };
    directory::create_agent(store, fields).await.expect("an agent").id
}

async fn contoso(store: &Store, sales: AgentId) -> (CustomerId, ContactId, ContactId) {
    let fields = CustomerFields {
        name: "Contoso 上海".to_owned(),
        domains: vec!["contoso.example".to_owned()],
        account_owner: Some(sales),
        ..CustomerFields::default()
    };
    let customer = directory::create_customer(store, fields).await.expect("a customer").id;
    let contract = ContractFields {
        customer,
        tier: slug("gold"),
        premium: true,
        effective_from: test_start() - chrono::Duration::days(365),
        effective_to: None,
    };
    directory::add_contract(store, contract).await.expect("a contract");
    let zhang = contact(store, customer, "张伟", "zhang@contoso.example", false).await;
    let li = contact(store, customer, "Li Na", "li@contoso.example", true).await;
    (customer, zhang, li)
}

async fn fabrikam(store: &Store) -> (CustomerId, ContactId) {
    let fields = CustomerFields {
        name: "Fabrikam".to_owned(),
        domains: vec!["fabrikam.example".to_owned()],
        language: Language::English,
        ..CustomerFields::default()
    };
    let customer = directory::create_customer(store, fields).await.expect("a customer").id;
    (customer, contact(store, customer, "Kim", "kim@fabrikam.example", true).await)
}

async fn contact(store: &Store, customer: CustomerId, name: &str, email: &str, whole: bool) -> ContactId {
    let fields = ContactFields {
        customer: Some(customer),
        name: name.to_owned(),
        email: email.to_owned(),
        whole_organisation: whole,
        ..ContactFields::default()
    };
    directory::create_contact(store, fields).await.expect("a contact").id
}

/// Rules enough for every story: one policy around the clock, a working calendar, categories with and without a service.
pub fn small_seed() -> Seed {
    Seed {
        policies: vec![
            policy("standard", Side::Customer, standard_rule()),
            policy("operator", Side::Operator, operator_rule()),
        ],
        calendars: vec![(slug("working-days"), working_days())],
        categories: vec![
            category("how-to", false, &[]),
            category("performance-availability", true, &["tried", "impact"]),
            Category { escalation_severity_max: Some(Severity::B), ..category("billing", false, &["tried"]) },
            category("subscription-change", false, &QUOTED),
        ],
        services: ["exchange-online", "sharepoint-online"].map(service).into(),
        teams: ["first-line", "second-line"].map(|name| SeedTeam { slug: slug(name), name: named(name) }).into(),
        mailboxes: vec![SeedMailbox { team: Some(slug("first-line")), fields: mailbox() }],
        rotas: Vec::new(),
        settings: Settings::default(),
    }
}

fn policy(name: &str, side: Side, rule: Rule) -> Policy {
    Policy {
        slug: slug(name),
        version: 1,
        side,
        pauses: ordinary_pauses(),
        severity_untriaged: None,
        rules: vec![rule],
    }
}

fn standard_rule() -> Rule {
    let targets = BTreeMap::from([
        (Objective::FirstResponse, hours(1, 4, 8)),
        (Objective::NextResponse, hours(1, 4, 8)),
        (Objective::Resolution, hours(8, 24, 72)),
    ]);
    let ladder =
        Ladder { steps: vec![step(75, &[Whom::Assignee]), step(100, &[Whom::Assignee, Whom::Leads])], repeat: 0 };
    rule("standard", targets, &ladder)
}

fn operator_rule() -> Rule {
    let targets = BTreeMap::from([
        (Objective::UpstreamAcknowledgement, hours(2, 4, 8)),
        (Objective::UpstreamUpdate, hours(4, 24, 48)),
    ]);
    rule("operator", targets, &Ladder { steps: vec![step(100, &[Whom::Assignee])], repeat: 0 })
}

/// Around the clock, with the same ladder for every objective.
fn rule(name: &str, targets: BTreeMap<Objective, BTreeMap<Severity, Target>>, ladder: &Ladder) -> Rule {
    Rule {
        name: name.to_owned(),
        when: Condition::default(),
        no_sla: false,
        calendar: Some(slug("always")),
        ladders: targets.keys().map(|objective| (*objective, ladder.clone())).collect(),
        targets,
        reopening: Reopening::Continue,
    }
}

fn hours(a: i64, b: i64, c: i64) -> BTreeMap<Severity, Target> {
    let seconds = |hours: i64| Target::Seconds(hours * 3600);
    [(Severity::A, seconds(a)), (Severity::B, seconds(b)), (Severity::C, seconds(c))].into()
}

fn step(percent: u32, tell: &[Whom]) -> LadderStep {
    LadderStep { percent: Some(percent), tell: tell.to_vec(), ..LadderStep::default() }
}

fn working_days() -> CalendarSpec {
    let day = vec![["09:00".to_owned(), "18:00".to_owned()]];
    let hours = WeekHours {
        mon: day.clone(),
        tue: day.clone(),
        wed: day.clone(),
        thu: day.clone(),
        fri: day,
        ..WeekHours::default()
    };
    let weekly = WeeklySpec { time_zone: "Asia/Shanghai".to_owned(), hours, ..WeeklySpec::default() };
    CalendarSpec::Weekly(Box::new(weekly))
}

/// Of which most is known without typing.
const QUOTED: [&str; 5] = ["tried", "subscription_id", "customer_id", "domain_name", "invoice_or_order"];

fn category(name: &str, needs_service: bool, evidence: &[&str]) -> Category {
    Category {
        slug: slug(name),
        name: named(name),
        needs_service,
        escalation_severity_max: None,
        evidence: evidence.iter().map(|field| (*field).to_owned()).collect(),
    }
}

fn service(name: &str) -> Service {
    Service { slug: slug(name), name: named(name) }
}

fn mailbox() -> MailboxFields {
    MailboxFields {
        address: "support@desk.example".to_owned(),
        name: "Support".to_owned(),
        team: None,
        language: Language::Chinese,
        signature: "The desk".to_owned(),
        support: Support {
            phone: "+86 21 5555 0100".to_owned(),
            url: "https://desk.example".to_owned(),
            hours: Named { en: "24 hours a day".to_owned(), zh: "全天候".to_owned() },
        },
        active: true,
    }
}

fn named(name: &str) -> Named {
    Named { en: name.replace('-', " "), zh: format!("{name}（中文）") }
}

fn slug(text: &str) -> Slug {
    Slug::new(text).expect("a legal slug")
}
