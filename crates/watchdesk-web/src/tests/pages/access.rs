//! Every page and every form × everybody. A route that is missing here, or here and not there, fails.

use std::collections::BTreeSet;

use watchdesk_core::ids::AgentId;
use watchdesk_core::ticket::Ticket;
use watchdesk_store::auth::{self, Purpose};
use watchdesk_store::mail::{self, Envelope, Fate, Source};
use watchdesk_store::testing::TestStore;
use watchdesk_store::{both_databases, directory};

use super::browser::{Browser, Seen};
use crate::pages::ROUTES;
use crate::tests::desk::{WebDesk, rota};

/// What happens to: an auditor, sales, an agent of another team, an agent, a lead, a manager, an administrator.
///
/// `y` he gets in, whatever the desk then says; `n` it is refused because of his role; `h` he sees nothing there.
pub type Rule = &'static str;

const EVERYBODY: Rule = "yyyyyyy";
const READ_TICKET: Rule = "yyhyyyy";
const WORK_TICKET: Rule = "nyhyyyy";
const MERGE_TICKET: Rule = "nnhyyyy";
const ESCALATE: Rule = "nnhyyyy";
const WORK_CASE: Rule = "nhhyyyy";
const OPEN_TICKET: Rule = "nyyyyyy";
const NEW_TICKET_PAGE: Rule = "hyyyyyy";
const READ_CASE: Rule = "yhhyyyy";
const LIST_CASES: Rule = "yhyyyyy";
const READ_HEALTH: Rule = "yhyyyyy";
const SET_HEALTH: Rule = "nhyyyyy";
const SET_TICKETS_HEALTH: Rule = "nnhyyyy";
const EDIT_DIRECTORY: Rule = "nnyyyyy";
const HANDLE_MAIL: Rule = "hhyyyyy";
const CONFIGURE: Rule = "hhhhhyy";
const EXCUSE: Rule = "nnhnyyy";
const READ_REPORTS: Rule = "yhhhyyy";
const START_SYNCHRONISATION: Rule = "nhhhnyy";
const LEARN: Rule = "nhhhyyy";
const MANAGE_PEOPLE: Rule = "hhhhhhy";

pub type Fields = &'static [(&'static str, &'static str)];
pub type Row = (&'static str, &'static str, Rule, Fields);

/// Method, path, rule, and fields that get past the reading. `{…}` are filled in.
pub fn table() -> Vec<Row> {
    [OPEN_TO_ALL, WORK, JOINING, CASE, ROOMS].concat()
}

const OPEN_TO_ALL: &[Row] = &[
    ("get", "/", EVERYBODY, &[]),
    ("get", "/static/{*name}", EVERYBODY, &[]),
    ("get", "/live", EVERYBODY, &[]),
    ("get", "/sign-in", EVERYBODY, &[]),
    ("post", "/sign-in", EVERYBODY, &[]),
    ("get", "/signed-out", EVERYBODY, &[]),
    ("get", "/welcome/{token}", EVERYBODY, &[]),
    ("post", "/welcome/{token}", EVERYBODY, &[]),
    ("get", "/acknowledge/{token}", EVERYBODY, &[]),
    ("post", "/acknowledge/{token}", EVERYBODY, &[]),
    ("post", "/language", EVERYBODY, &[("lang", "en")]),
    ("get", "/queue", EVERYBODY, &[]),
    ("get", "/search", EVERYBODY, &[]),
    ("get", "/customers", EVERYBODY, &[]),
    ("get", "/customers/{id}", EVERYBODY, &[]),
    ("get", "/customers/import", CONFIGURE, &[]),
    ("post", "/customers/import", CONFIGURE, &[("kind", "customers"), ("csv", "name"), ("step", "look")]),
];

const WORK: &[Row] = &[
    ("get", "/tickets/new", NEW_TICKET_PAGE, &[]),
    (
        "post",
        "/tickets",
        OPEN_TICKET,
        &[("requester_email", "zhang@contoso.example"), ("requester_name", "Z"), ("subject", "S"), ("body", "B")],
    ),
    ("get", "/tickets/{number}", READ_TICKET, &[]),
    ("get", "/tickets/{number}/clocks", READ_TICKET, &[]),
    ("post", "/tickets/{number}/clocks/{clock}/acknowledgement", WORK_TICKET, &[]),
    ("post", "/tickets/{number}/clocks/{clock}/excuse", EXCUSE, &[("reason", "Words.")]),
    ("post", "/tickets/{number}/clocks/{clock}/excuse/revocation", EXCUSE, &[]),
    ("get", "/messages/{id}/html", READ_TICKET, &[]),
    ("get", "/attachments/{id}", READ_TICKET, &[]),
    ("post", "/tickets/{number}/triage", WORK_TICKET, &[("category", "how-to"), ("severity", "B")]),
    ("post", "/tickets/{number}/replies", WORK_TICKET, &[("body", "Words."), ("then", "stay")]),
    ("post", "/tickets/{number}/notes", WORK_TICKET, &[("body", "Words.")]),
    ("post", "/tickets/{number}/calls", WORK_TICKET, &[("direction", "inbound"), ("body", "Words.")]),
    ("post", "/tickets/{number}/assignment", WORK_TICKET, &[("owner", "me")]),
    ("post", "/tickets/{number}/fields", WORK_TICKET, &[("tags", "x")]),
    ("post", "/tickets/{number}/snooze", WORK_TICKET, &[("until", "2026-03-05T09:00")]),
    ("post", "/tickets/{number}/waking", WORK_TICKET, &[]),
    ("post", "/tickets/{number}/reopening", WORK_TICKET, &[]),
    ("post", "/tickets/{number}/closing", WORK_TICKET, &[("reason", "solved")]),
    ("post", "/tickets/{number}/health", SET_TICKETS_HEALTH, &[("status", "operational")]),
    ("post", "/tickets/{number}/messages/{message}/resending", WORK_TICKET, &[]),
];

const JOINING: &[Row] = &[
    ("post", "/tickets/{number}/links", WORK_TICKET, &[("kind", "related"), ("number", "{number}")]),
    ("post", "/tickets/{number}/links/removal", WORK_TICKET, &[("kind", "related"), ("number", "{number}")]),
    ("post", "/tickets/{number}/incidents", WORK_TICKET, &[("reference", "EX1")]),
    ("post", "/tickets/{number}/incidents/removal", WORK_TICKET, &[("reference", "EX1")]),
    ("post", "/tickets/{number}/retest", WORK_TICKET, &[("reference", "EX1"), ("outcome", "gone")]),
    ("post", "/tickets/{number}/merge", MERGE_TICKET, &[("into", "{number}")]),
    ("post", "/tickets/{number}/unmerge", MERGE_TICKET, &[]),
    ("post", "/tickets/{number}/split", MERGE_TICKET, &[("subject", "S")]),
];

const CASE: &[Row] = &[
    ("post", "/tickets/{number}/escalation", ESCALATE, &[("reason", "lacks_tools"), ("summary", "S")]),
    ("post", "/tickets/{number}/case/amendment", WORK_CASE, &[("reason", "lacks_tools"), ("summary", "S")]),
    ("post", "/tickets/{number}/case/copying", READ_CASE, &[]),
    ("post", "/tickets/{number}/case/filing", WORK_CASE, &[("reference", "300123"), ("channel", "portal")]),
    ("post", "/tickets/{number}/case/acknowledgement", WORK_CASE, &[]),
    ("post", "/tickets/{number}/case/updates", WORK_CASE, &[("from", "us"), ("body", "Words.")]),
    ("post", "/tickets/{number}/case/chase", WORK_CASE, &[]),
    ("post", "/tickets/{number}/case/calls/inbound", WORK_CASE, &[("engineer", "yes")]),
    ("post", "/tickets/{number}/case/calls/outbound", WORK_CASE, &[]),
    ("get", "/cases/{id}/resolution", READ_CASE, &[]),
    ("post", "/cases/{id}/resolution", WORK_CASE, &[("message_en", "Words."), ("message_zh", "Words.")]),
    ("post", "/tickets/{number}/case/answer", WORK_CASE, &[("outcome", "solved"), ("body", "Words.")]),
    ("post", "/tickets/{number}/case/waiting-on-us", WORK_CASE, &[]),
    ("post", "/tickets/{number}/case/severity", WORK_CASE, &[("severity", "C")]),
    ("post", "/tickets/{number}/case/tickets", WORK_CASE, &[("number", "{number}")]),
    ("post", "/tickets/{number}/case/refusal", WORK_CASE, &[("reason", "Words.")]),
    ("post", "/tickets/{number}/case/withdrawal", WORK_CASE, &[("reason", "Words.")]),
    ("post", "/tickets/{number}/case/confirmation", WORK_CASE, &[]),
    ("post", "/tickets/{number}/case/reopening", WORK_CASE, &[]),
    ("post", "/tickets/{number}/case/lesson", WORK_CASE, &[("measure", "tool"), ("body", "Words.")]),
];

const ROOMS: &[Row] = &[
    ("get", "/cases", LIST_CASES, &[]),
    ("get", "/mail", HANDLE_MAIL, &[]),
    ("get", "/mail/{id}/raw", HANDLE_MAIL, &[]),
    ("get", "/mail/operator", HANDLE_MAIL, &[]),
    ("post", "/mail/{id}/case", HANDLE_MAIL, &[("case", "00000000-0000-0000-0000-000000000001")]),
    ("post", "/mail/{id}/retry", HANDLE_MAIL, &[]),
    ("post", "/customers", EDIT_DIRECTORY, &[("name", "Northwind")]),
    ("post", "/customers/{id}", EDIT_DIRECTORY, &[("version", "0"), ("name", "N"), ("time_zone", "UTC")]),
    ("post", "/customers/{id}/contacts", EDIT_DIRECTORY, &[("name", "N"), ("email", "n@contoso.example")]),
    (
        "post",
        "/customers/{id}/contacts/{contact}",
        EDIT_DIRECTORY,
        &[("version", "0"), ("name", "N"), ("email", "n@contoso.example")],
    ),
    ("post", "/customers/{id}/contracts", EDIT_DIRECTORY, &[("tier", "gold"), ("from", "2026-01-01")]),
    ("post", "/customers/{id}/contracts/{contract}", EDIT_DIRECTORY, &[("version", "0"), ("to", "2027-01-01")]),
    ("post", "/customers/{id}/domains", EDIT_DIRECTORY, &[("name", "more.example")]),
    ("post", "/customers/{id}/domains/{domain}/removal", EDIT_DIRECTORY, &[]),
    ("post", "/customers/{id}/subscriptions", EDIT_DIRECTORY, &[("operator_id", "s2"), ("offer", "Azure")]),
    ("post", "/customers/{id}/subscriptions/{subscription}", EDIT_DIRECTORY, &[("version", "0"), ("offer", "Azure")]),
    ("get", "/synchronisations", READ_REPORTS, &[]),
    ("post", "/synchronisations", START_SYNCHRONISATION, &[]),
    ("get", "/rotas", EVERYBODY, &[]),
    ("get", "/rotas/{slug}/calendar.ics", EVERYBODY, &[]),
    ("get", "/reports", READ_REPORTS, &[]),
    ("get", "/reports/sla", READ_REPORTS, &[]),
    ("get", "/reports/sla.csv", READ_REPORTS, &[]),
    ("get", "/reports/sla.json", READ_REPORTS, &[]),
    ("get", "/reports/forecast", READ_REPORTS, &[]),
    ("get", "/reports/escalations", READ_REPORTS, &[]),
    ("get", "/reports/escalations.csv", READ_REPORTS, &[]),
    ("get", "/reports/escalations.json", READ_REPORTS, &[]),
    ("post", "/reports/escalations/{id}/lesson", LEARN, &[("version", "1"), ("measure", "tool"), ("body", "Words.")]),
    ("get", "/reports/remediation", READ_REPORTS, &[]),
    ("get", "/reports/remediation.csv", READ_REPORTS, &[]),
    ("get", "/reports/remediation.json", READ_REPORTS, &[]),
    ("get", "/services", READ_HEALTH, &[]),
    ("post", "/services/{slug}/health", SET_HEALTH, &[("status", "operational")]),
    ("get", "/incidents", READ_HEALTH, &[]),
    (
        "post",
        "/incidents",
        SET_HEALTH,
        &[("reference", "EX2"), ("service", "exchange-online"), ("title", "Mail is late")],
    ),
    ("get", "/incidents/{reference}", READ_HEALTH, &[]),
    ("post", "/incidents/{reference}/tickets", SET_HEALTH, &[("tickets", "{number}")]),
    ("post", "/incidents/{reference}/end", SET_HEALTH, &[]),
    ("get", "/mailboxes", CONFIGURE, &[]),
    ("post", "/mailboxes", CONFIGURE, &[("address", "more@desk.example")]),
    ("post", "/mailboxes/{id}", CONFIGURE, &[("version", "0"), ("address", "more@desk.example")]),
    ("get", "/people", MANAGE_PEOPLE, &[]),
    ("post", "/people", MANAGE_PEOPLE, &[("name", "N"), ("email", "new@desk.example"), ("role", "agent")]),
    (
        "post",
        "/people/{id}",
        MANAGE_PEOPLE,
        &[("version", "0"), ("name", "N"), ("email", "n@desk.example"), ("role", "agent")],
    ),
    ("post", "/people/{id}/link", MANAGE_PEOPLE, &[]),
    // Last, because afterwards he is somebody else or nobody.
    ("post", "/sign-out", EVERYBODY, &[]),
];

#[test]
fn the_table_has_every_route_and_no_other() {
    let rows = table();
    let tried: BTreeSet<(&str, &str)> = rows.iter().map(|(method, path, ..)| (*method, *path)).collect();
    assert_eq!(tried.len(), rows.len(), "every route stands there once");
    assert_eq!(tried, ROUTES.iter().copied().collect());
}

/// One of each thing that a path can name.
pub struct Things {
    pub number: i64,
    version: i64,
    pub message: String,
    pub attachment: String,
    contract: String,
    subscription: String,
    mail: String,
    case: String,
    token: String,
    /// In a call that the agent got.
    call: String,
    clock: String,
    seeded: watchdesk_store::testing::Seeded,
}

impl Things {
    pub async fn make(web: &WebDesk) -> Self {
        let seeded = web.desk.seeded;
        let number = web.triaged("Mail is late").await;
        let mut agent = Browser::of(web, seeded.agent).await;
        let opened = version(web, number).await.to_string();
        let note = [("version", opened.as_str()), ("body", "With a file.")];
        agent.upload(&format!("/tickets/{number}/notes"), &note, ("x.txt", "x")).await.expect(303);
        agent.done(number, "health", &[("status", "operational")]).await;
        let draft = [("reason", "lacks_tools"), ("summary", "S"), ("evidence_tried", "T"), ("evidence_impact", "I")];
        let page = agent.done(number, "escalation", &draft).await;
        let incident = [("reference", "EX1"), ("service", "exchange-online"), ("title", "Mail is late")];
        agent.post("/incidents", &incident).await.expect(303);
        let message = html_message(web, number).await;
        let mail = mail::store_raw(&web.desk, Source::Pipe, &Envelope::default(), b"x").await.expect("stored");
        assert!(mail::settle(&web.desk, mail, &Fate::Held { reason: "x".to_owned() }).await.expect("settled"));
        let hours = chrono::Duration::hours(24);
        let cases = watchdesk_store::cases::of_ticket(&web.desk, by_number(web, number).await.id).await.expect("cases");
        let token = auth::create_link(&web.desk, Purpose::Invitation, seeded.other_agent, hours).await.expect("a link");
        let ticket = by_number(web, number).await.id;
        let clock = watchdesk_store::tickets::clocks(&web.desk, ticket).await.expect("clocks")[0].id;
        let call = auth::create_call_link(&web.desk, seeded.agent, clock, hours).await.expect("a link");
        let saved =
            web.by(seeded.manager).await.call("PUT", "/rotas/desk", Some(rota("agent@desk.example")), &[]).await;
        assert!(saved.status.is_success(), "{}", saved.body);
        let subscription = serde_json::json!({"operator_id": "s1", "offer": "Exchange Online"});
        let path = format!("/customers/{}/subscriptions", seeded.customer);
        let subscription = web.by(seeded.manager).await.post(&path, subscription).await.expect(201);
        let contracts = directory::contracts_of(&web.desk, seeded.customer).await.expect("contracts");
        Self {
            number,
            version: version(web, number).await,
            message,
            attachment: page.between("href=\"/attachments/", "\"").to_owned(),
            contract: contracts[0].id.to_string(),
            subscription: subscription.body["id"].as_str().expect("an id").to_owned(),
            mail: mail.to_string(),
            case: cases[0].id.to_string(),
            token,
            call,
            clock: clock.to_string(),
            seeded,
        }
    }

    fn path(&self, path: &str) -> String {
        let id = match path.split('/').nth(1).unwrap_or_default() {
            "customers" => self.seeded.customer.to_string(),
            "mail" => self.mail.clone(),
            "cases" => self.case.clone(),
            "messages" => self.message.clone(),
            "attachments" => self.attachment.clone(),
            "mailboxes" => self.seeded.mailbox.to_string(),
            "reports" => self.case.clone(),
            _ => self.seeded.other_agent.to_string(),
        };
        path.replace("{number}", &self.number.to_string())
            .replace("{id}", &id)
            .replace("{message}", &self.message)
            .replace("{contact}", &self.seeded.contact.to_string())
            .replace("{contract}", &self.contract)
            .replace("{subscription}", &self.subscription)
            .replace("{domain}", "contoso.example")
            .replace("{token}", if path.starts_with("/acknowledge") { &self.call } else { &self.token })
            .replace("{clock}", &self.clock)
            .replace("{reference}", "EX1")
            .replace("{slug}", if path.starts_with("/rotas") { "desk" } else { "exchange-online" })
            .replace("{*name}", "watchdesk.css")
    }

    pub async fn call(&self, web: &WebDesk, browser: &mut Browser<'_>, (method, path, _, fields): &Row) -> Seen {
        let path = self.path(path);
        if *method == "get" {
            return browser.get(&path).await;
        }
        let (number, version) = (self.number.to_string(), version(web, self.number).await.to_string());
        let mut all: Vec<(&str, &str)> = Vec::new();
        if path.starts_with("/tickets/") {
            all.push(("version", &version));
        }
        all.extend(
            fields.iter().map(|(name, value)| (*name, if *value == "{number}" { number.as_str() } else { *value })),
        );
        browser.post(&path, &all).await
    }
}

async fn by_number(web: &WebDesk, number: i64) -> Ticket {
    let number = watchdesk_core::ids::TicketNumber(number);
    watchdesk_store::tickets::by_number(&web.desk, number).await.unwrap().expect("a ticket").ticket
}

async fn version(web: &WebDesk, number: i64) -> i64 {
    by_number(web, number).await.version
}

/// A message of the customer with HTML.
async fn html_message(web: &WebDesk, number: i64) -> String {
    use watchdesk_core::command::{Command, Unit, Words};
    use watchdesk_core::ids::TicketNumber;
    let ticket = watchdesk_store::tickets::by_number(&web.desk, TicketNumber(number)).await.unwrap().unwrap().ticket;
    let mut words = Words::text(watchdesk_store::fresh_id().into(), "x");
    words.html = Some("<p>x</p>".to_owned());
    let id = words.id.to_string();
    let command = Command::CustomerMessage { from: web.desk.seeded.contact, words, at: web.desk.clock.now() };
    web.desk.execute(&watchdesk_core::rights::Actor::System, Unit::ticket(ticket.id, command)).await.unwrap();
    id
}

fn outcome(row: &Row, seen: &Seen) -> char {
    match seen.status.as_u16() {
        404 => 'h',
        409 if seen.text.contains(" may not do this here.") => 'n',
        200 | 303 | 409 | 422 => 'y',
        // Forms of visitors, sent by somebody who is none.
        403 if ["/sign-in", "/welcome/{token}", "/acknowledge/{token}"].contains(&row.1) => 'y',
        other => panic!("{} {}: {other}: {}", row.0, row.1, seen.text),
    }
}

async fn check_role(desk: TestStore, agent: impl FnOnce(&WebDesk) -> AgentId, column: usize, name: &str) {
    let web = WebDesk::new(desk);
    let things = Things::make(&web).await;
    let mut browser = Browser::of(&web, agent(&web)).await;
    browser.post("/language", &[("lang", "en")]).await.expect(303);
    let mut wrong = Vec::new();
    for row in table() {
        if row.1 == "/live" {
            continue;
        }
        let seen = things.call(&web, &mut browser, &row).await;
        let expected = row.2.chars().nth(column).expect("seven columns");
        if outcome(&row, &seen) != expected {
            wrong.push(format!("{} {}: expected {expected}, got {}", row.0, row.1, seen.status));
        }
    }
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
}

both_databases! {
    async fn auditor(desk: TestStore) {
        check_role(desk, |web| web.desk.seeded.auditor, 0, "auditor").await;
    }

    async fn sales(desk: TestStore) {
        check_role(desk, |web| web.desk.seeded.sales, 1, "sales").await;
    }

    async fn agent_of_another_team(desk: TestStore) {
        check_role(desk, |web| web.desk.seeded.other_agent, 2, "agent of another team").await;
    }

    async fn agent(desk: TestStore) {
        check_role(desk, |web| web.desk.seeded.agent, 3, "agent").await;
    }

    async fn lead(desk: TestStore) {
        check_role(desk, |web| web.desk.seeded.lead, 4, "lead").await;
    }

    async fn manager(desk: TestStore) {
        check_role(desk, |web| web.desk.seeded.manager, 5, "manager").await;
    }

    async fn admin(desk: TestStore) {
        check_role(desk, |web| web.desk.seeded.admin, 6, "admin").await;
    }

    async fn nobody(desk: TestStore) {
        let web = WebDesk::new(desk);
        let things = Things::make(&web).await;
        let public = ["/static/{*name}", "/sign-in", "/signed-out", "/welcome/{token}", "/acknowledge/{token}", "/language"];
        for row in table().into_iter().filter(|row| !public.contains(&row.1)) {
            let mut browser = Browser::nobody(&web);
            let seen = things.call(&web, &mut browser, &row).await;
            let at_the_door = seen.status == 303 && seen.header("location").starts_with("/sign-in");
            assert!(at_the_door || seen.status == 401, "{} {}: {}", row.0, row.1, seen.status);
        }
        assert_eq!(version(&web, things.number).await, things.version, "nobody changed anything");
    }

    async fn reading_changes_nothing(desk: TestStore) {
        let web = WebDesk::new(desk);
        let things = Things::make(&web).await;
        let mut admin = Browser::of(&web, web.desk.seeded.admin).await;
        for row in table().into_iter().filter(|row| row.0 == "get" && row.1 != "/live") {
            things.call(&web, &mut admin, &row).await;
            // What only a form may do, nobody does by following a link.
            if let Some(post) = table().iter().find(|other| other.0 == "post" && other.1 == row.1) {
                assert!([200, 303].contains(&admin.get(&things.path(post.1)).await.status.as_u16()), "{}", post.1);
            }
        }
        assert_eq!(version(&web, things.number).await, things.version);
        let only_forms = table().into_iter().filter(|row| row.0 == "post" && !table().iter().any(|get| get.0 == "get" && get.1 == row.1));
        for row in only_forms {
            assert_eq!(admin.get(&things.path(row.1)).await.status, 405, "{}", row.1);
        }
    }
}
