//! Every route × everybody. A route that is missing here, or here and not there, fails.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use watchdesk_core::ids::AgentId;
use watchdesk_store::both_databases;
use watchdesk_store::mail::{self, Envelope, Fate, Source};
use watchdesk_store::synchronisation;
use watchdesk_store::testing::TestStore;

use super::desk::{Client, Said, WebDesk, escalation, opening, rota, triage};
use crate::api;

/// What happens to: an auditor, sales, an agent of another team, an agent, a lead, a manager, an administrator.
///
/// `y` he gets in, whatever the desk then says; `n` it is refused because of his role; `h` he sees nothing there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule(&'static str);

const EVERYBODY: Rule = Rule("yyyyyyy");
const READ_TICKET: Rule = Rule("yyhyyyy");
const WORK_TICKET: Rule = Rule("nyhyyyy");
const MERGE_TICKET: Rule = Rule("nnhyyyy");
const ESCALATE: Rule = Rule("nnhyyyy");
const OPEN_TICKET: Rule = Rule("nyyyyyy");
const LIST_CASES: Rule = Rule("yhyyyyy");
const READ_CASE: Rule = Rule("yhhyyyy");
const WORK_CASE: Rule = Rule("nhhyyyy");
const EDIT_DIRECTORY: Rule = Rule("nnyyyyy");
const READ_HEALTH: Rule = Rule("yhyyyyy");
const SET_HEALTH: Rule = Rule("nhyyyyy");
const HANDLE_MAIL: Rule = Rule("hhyyyyy");
const CONFIGURE: Rule = Rule("nnnnnyy");
const EXCUSE: Rule = Rule("nnhnyyy");
const EXCUSE_CASE: Rule = Rule("nhhnyyy");
const READ_RULES: Rule = Rule("yhhhyyy");
const CHANGE_RULES: Rule = Rule("nhhhnyy");
const MANAGE_PEOPLE: Rule = Rule("nnnnnny");

/// Method, path, rule, and a body that gets past the reading.
pub fn table() -> Vec<(&'static str, String, Rule, Value)> {
    let rows = [ticket_rows(), directory_rows(), desk_rows(), rule_rows(), rota_rows()].into_iter().flatten();
    let mut table: Vec<_> = rows.map(|(method, path, rule, body)| (method, path.to_owned(), rule, body)).collect();
    for base in ["/cases/{id}", "/tickets/{number}/case"] {
        table.push(("GET", base.to_owned(), READ_CASE, Value::Null));
        table.push(("GET", format!("{base}/clocks"), READ_CASE, Value::Null));
        table.push(("GET", format!("{base}/disclosures"), READ_CASE, Value::Null));
        let excuse = format!("{base}/clocks/{{clock}}/excuse");
        table.push(("POST", excuse.clone(), EXCUSE_CASE, json!({"reason": "Words."})));
        table.push(("DELETE", excuse, EXCUSE_CASE, json!({})));
        table.extend(
            case_rows().into_iter().map(|(action, body)| ("POST", format!("{base}/{action}"), WORK_CASE, body)),
        );
    }
    table
}

type Rows = Vec<(&'static str, &'static str, Rule, Value)>;

fn ticket_rows() -> Rows {
    let said = || json!({"body": "Words."});
    vec![
        ("GET", "/tickets", EVERYBODY, Value::Null),
        ("POST", "/tickets", OPEN_TICKET, opening("Another")),
        ("GET", "/search?q=mail", EVERYBODY, Value::Null),
        ("GET", "/tickets/{number}", READ_TICKET, Value::Null),
        ("PATCH", "/tickets/{number}", WORK_TICKET, json!({"tags": ["x"]})),
        ("GET", "/tickets/{number}/events", READ_TICKET, Value::Null),
        ("GET", "/tickets/{number}/messages", READ_TICKET, Value::Null),
        ("GET", "/tickets/{number}/clocks", READ_TICKET, Value::Null),
        ("GET", "/tickets/{number}/explain?language=en", READ_TICKET, Value::Null),
        ("GET", "/tickets/{number}/time", READ_TICKET, Value::Null),
        ("POST", "/tickets/{number}/clocks/{clock}/excuse", EXCUSE, json!({"reason": "Words."})),
        ("DELETE", "/tickets/{number}/clocks/{clock}/excuse", EXCUSE, json!({})),
        ("POST", "/tickets/{number}/ladder/acknowledgement", WORK_TICKET, json!({})),
        ("POST", "/tickets/{number}/triage", WORK_TICKET, triage()),
        ("POST", "/tickets/{number}/replies", WORK_TICKET, said()),
        ("POST", "/tickets/{number}/notes", WORK_TICKET, said()),
        ("POST", "/tickets/{number}/calls", WORK_TICKET, json!({"direction": "inbound", "body": "Words."})),
        ("POST", "/tickets/{number}/assignment", WORK_TICKET, json!({"team": "first-line"})),
        ("POST", "/tickets/{number}/resolution", WORK_TICKET, said()),
        ("POST", "/tickets/{number}/reopening", WORK_TICKET, json!({})),
        ("POST", "/tickets/{number}/closing", WORK_TICKET, json!({"reason": "solved"})),
        ("POST", "/tickets/{number}/merge", MERGE_TICKET, json!({"into": "{number}"})),
        ("POST", "/tickets/{number}/unmerge", MERGE_TICKET, json!({})),
        ("POST", "/tickets/{number}/split", MERGE_TICKET, json!({"messages": []})),
        ("POST", "/tickets/{number}/snooze", WORK_TICKET, json!({"until": "2026-03-02T02:00:00Z"})),
        ("DELETE", "/tickets/{number}/snooze", WORK_TICKET, json!({})),
        ("POST", "/tickets/{number}/links", WORK_TICKET, json!({"to": "{number}", "kind": "related"})),
        ("DELETE", "/tickets/{number}/links", WORK_TICKET, json!({"to": "{number}", "kind": "related"})),
        ("POST", "/tickets/{number}/incidents", WORK_TICKET, json!({"reference": "EX1"})),
        ("DELETE", "/tickets/{number}/incidents", WORK_TICKET, json!({"reference": "EX1"})),
        ("POST", "/tickets/{number}/retest", WORK_TICKET, json!({"reference": "EX1", "outcome": "gone"})),
        ("POST", "/tickets/{number}/escalation", ESCALATE, escalation()),
        ("GET", "/tickets/{number}/cases", READ_CASE, Value::Null),
        ("GET", "/cases", LIST_CASES, Value::Null),
        ("POST", "/attachments?filename=x", OPEN_TICKET, json!({})),
        ("GET", "/attachments/{id}", READ_TICKET, Value::Null),
    ]
}

fn case_rows() -> Vec<(&'static str, Value)> {
    vec![
        ("tickets", json!({"number": "{number}"})),
        ("amendment", json!({"summary": "Words."})),
        ("filing", json!({"reference": "300123", "channel": "portal"})),
        ("ladder/acknowledgement", json!({})),
        ("acknowledgement", json!({})),
        ("updates", json!({"body": "Words."})),
        ("calls", json!({"direction": "inbound"})),
        ("resolution", json!({"messages": {"en": "Words.", "zh-CN": "Words."}, "dry_run": true})),
        ("waiting-on-us", json!({})),
        ("severity", json!({"severity": "C"})),
        ("answer", json!({"body": "Words.", "outcome": "solved"})),
        ("refusal", json!({"reason": "Words."})),
        ("withdrawal", json!({"reason": "Words."})),
        ("confirmation", json!({})),
        ("reopening", json!({})),
        ("lesson", json!({"body": "Words.", "measure": "training"})),
    ]
}

fn directory_rows() -> Rows {
    vec![
        ("GET", "/customers", EVERYBODY, Value::Null),
        ("POST", "/customers", EDIT_DIRECTORY, json!({"name": "Northwind"})),
        ("GET", "/customers/{id}", EVERYBODY, Value::Null),
        ("PATCH", "/customers/{id}", EDIT_DIRECTORY, json!({"notes": "Words."})),
        ("GET", "/contracts?customer={customer}", EVERYBODY, Value::Null),
        ("POST", "/contracts", EDIT_DIRECTORY, json!({"customer": "{customer}", "tier": "gold"})),
        ("POST", "/contracts/{id}/ending", EDIT_DIRECTORY, json!({})),
        ("GET", "/subscriptions?customer={customer}", EVERYBODY, Value::Null),
        ("GET", "/subscriptions/suspended", EVERYBODY, Value::Null),
        ("GET", "/subscriptions/{id}", EVERYBODY, Value::Null),
        ("PATCH", "/subscriptions/{id}", EDIT_DIRECTORY, json!({"quantity": 7})),
        ("GET", "/customers/{id}/subscriptions", EVERYBODY, Value::Null),
        ("POST", "/customers/{id}/subscriptions", EDIT_DIRECTORY, json!({"operator_id": "s2", "offer": "Azure"})),
        ("POST", "/imports/customers?dry_run=true", CONFIGURE, Value::from("name\nNorthwind\n")),
        (
            "POST",
            "/imports/subscriptions",
            CONFIGURE,
            Value::from("customer,subscription_id,offer\ncontoso.example,s-9,Azure\n"),
        ),
        ("GET", "/synchronisations", READ_RULES, Value::Null),
        ("POST", "/synchronisations", CHANGE_RULES, json!({})),
        ("GET", "/synchronisations/{run}", READ_RULES, Value::Null),
        ("GET", "/synchronisations/{run}/changes", READ_RULES, Value::Null),
        ("GET", "/contacts", EVERYBODY, Value::Null),
        ("POST", "/contacts", EDIT_DIRECTORY, json!({"email": "new@contoso.example"})),
        ("GET", "/contacts/{id}", EVERYBODY, Value::Null),
        ("PATCH", "/contacts/{id}", EDIT_DIRECTORY, json!({"name": "Another"})),
        ("POST", "/contacts/{id}/suppression", EDIT_DIRECTORY, json!({"reason": "Words."})),
        ("DELETE", "/contacts/{id}/suppression", EDIT_DIRECTORY, json!({})),
    ]
}

fn desk_rows() -> Rows {
    let mailbox = || json!({"address": "more@desk.example", "name": "More"});
    vec![
        ("GET", "/me", EVERYBODY, Value::Null),
        ("GET", "/services", EVERYBODY, Value::Null),
        ("GET", "/services/health", READ_HEALTH, Value::Null),
        ("GET", "/services/{slug}", EVERYBODY, Value::Null),
        ("GET", "/services/{slug}/health", READ_HEALTH, Value::Null),
        ("PUT", "/services/{slug}/health", SET_HEALTH, json!({"status": "operational"})),
        ("GET", "/incidents", READ_HEALTH, Value::Null),
        (
            "POST",
            "/incidents",
            SET_HEALTH,
            json!({"reference": "EX2", "service": "exchange-online", "title": "Mail is late"}),
        ),
        ("GET", "/incidents/{reference}", READ_HEALTH, Value::Null),
        ("POST", "/incidents/{reference}/tickets", SET_HEALTH, json!({"tickets": ["{number}"]})),
        ("POST", "/incidents/{reference}/end", SET_HEALTH, json!({})),
        ("GET", "/categories", EVERYBODY, Value::Null),
        ("GET", "/mailboxes", EVERYBODY, Value::Null),
        ("POST", "/mailboxes", CONFIGURE, mailbox()),
        ("GET", "/mailboxes/{id}", EVERYBODY, Value::Null),
        ("PATCH", "/mailboxes/{id}", CONFIGURE, json!({"name": "Another"})),
        ("GET", "/agents", EVERYBODY, Value::Null),
        ("POST", "/agents", MANAGE_PEOPLE, json!({"email": "new@desk.example", "name": "New", "role": "agent"})),
        ("GET", "/agents/{id}", EVERYBODY, Value::Null),
        ("PATCH", "/agents/{id}", MANAGE_PEOPLE, json!({"name": "Another"})),
        ("GET", "/teams", EVERYBODY, Value::Null),
        ("POST", "/teams", MANAGE_PEOPLE, json!({"slug": "night", "name": {"en": "Night", "zh": "夜"}})),
        ("GET", "/teams/{slug}", EVERYBODY, Value::Null),
        (
            "PUT",
            "/teams/{slug}/members",
            MANAGE_PEOPLE,
            json!({"members": ["lead@desk.example", "agent@desk.example"]}),
        ),
        ("GET", "/mail", HANDLE_MAIL, Value::Null),
        ("GET", "/mail/{id}", HANDLE_MAIL, Value::Null),
        ("GET", "/mail/{id}/raw", HANDLE_MAIL, Value::Null),
        ("GET", "/operator-mail", HANDLE_MAIL, Value::Null),
        ("POST", "/mail/{id}/case", HANDLE_MAIL, json!({"case": "00000000-0000-0000-0000-000000000001"})),
        ("POST", "/mail/{id}/retry", HANDLE_MAIL, json!({})),
    ]
}

fn rule_rows() -> Rows {
    let policy = || json!({"rules": [{"name": "Nothing", "no_sla": true}]});
    let calendar = || json!({"time_zone": "Asia/Shanghai", "hours": {"mon": [["09:00", "18:00"]]}});
    let holidays = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nDTSTART;VALUE=DATE:20270101\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    vec![
        ("GET", "/policies", READ_RULES, Value::Null),
        ("GET", "/policies/{slug}", READ_RULES, Value::Null),
        ("GET", "/policies/{slug}/versions", READ_RULES, Value::Null),
        ("GET", "/policies/{slug}/versions/{version}", READ_RULES, Value::Null),
        ("POST", "/policies/{slug}/dry-run", CHANGE_RULES, policy()),
        ("POST", "/policies/{slug}/versions", CHANGE_RULES, policy()),
        ("GET", "/calendars", READ_RULES, Value::Null),
        ("GET", "/calendars/{slug}", READ_RULES, Value::Null),
        ("GET", "/calendars/{slug}/versions", READ_RULES, Value::Null),
        ("GET", "/calendars/{slug}/versions/{version}", READ_RULES, Value::Null),
        ("POST", "/calendars/{slug}/dry-run", CHANGE_RULES, calendar()),
        ("POST", "/calendars/{slug}/versions", CHANGE_RULES, calendar()),
        ("POST", "/calendars/{slug}/holidays?years=2027", CHANGE_RULES, Value::from(holidays)),
        ("GET", "/reports/sla?group_by=customer", READ_RULES, Value::Null),
        ("GET", "/reports/forecast?hours=24", READ_RULES, Value::Null),
        ("GET", "/reports/escalations?group=agent,month", READ_RULES, Value::Null),
        ("GET", "/reports/remediation?agents=true", READ_RULES, Value::Null),
    ]
}

fn rota_rows() -> Rows {
    vec![
        ("GET", "/rotas", EVERYBODY, Value::Null),
        ("GET", "/rotas/coverage", EVERYBODY, Value::Null),
        ("GET", "/rotas/{slug}", EVERYBODY, Value::Null),
        ("GET", "/rotas/{slug}/on-call", EVERYBODY, Value::Null),
        ("GET", "/rotas/{slug}/coverage", EVERYBODY, Value::Null),
        ("GET", "/rotas/{slug}/shifts", EVERYBODY, Value::Null),
        ("GET", "/rotas/{slug}/calendar.ics", EVERYBODY, Value::Null),
        ("PUT", "/rotas/{slug}", CONFIGURE, rota("agent@desk.example")),
        // Last: afterwards it is gone.
        ("DELETE", "/rotas/{slug}", CONFIGURE, json!({})),
    ]
}

#[test]
fn the_table_has_every_route_and_no_other() {
    let rows = table();
    let path = |path: &str| format!("/api/v1{}", path.split('?').next().unwrap_or_default());
    let tried: BTreeSet<(String, String)> =
        rows.iter().map(|(method, row, ..)| ((*method).to_owned(), path(row))).collect();
    assert_eq!(tried.len(), rows.len(), "every route stands there once");
    let there: BTreeSet<(String, String)> =
        api::routes().list.iter().map(|route| (route.method.to_string(), route.path.clone())).collect();
    assert_eq!(tried, there);
}

/// One of each thing that a path can name.
pub struct Things {
    pub number: i64,
    ids: Vec<(&'static str, String)>,
    customer: String,
    /// One of the ticket's, one of its case's.
    clocks: [String; 2],
}

impl Things {
    pub async fn make(web: &WebDesk) -> Self {
        let agent = web.by(web.desk.seeded.agent).await;
        let number = web.triaged("Mail is late").await;
        let file = agent.send_bytes("/attachments?filename=x", "text/plain", "x").await.expect(201);
        let attachment = file.body["id"].as_str().expect("an id").to_owned();
        let reply = json!({"body": "Words.", "attachments": [attachment]});
        agent.post(&format!("/tickets/{number}/replies"), reply).await.expect(200);
        let health = Some(json!({"status": "operational"}));
        agent.call("PUT", "/services/exchange-online/health", health, &[]).await.expect(200);
        let case = agent.post(&format!("/tickets/{number}/escalation"), escalation()).await.expect(201);
        let filing = json!({"reference": "300122", "channel": "portal"});
        agent.post(&format!("/tickets/{number}/case/filing"), filing).await.expect(200);
        let clocks = agent.get(&format!("/tickets/{number}/clocks")).await.expect(200);
        let clock_of = |subject: &str| {
            let found = clocks.items().iter().find(|clock| clock["subject"] == subject);
            found.expect("a clock")["id"].as_str().expect("an id").to_owned()
        };
        let clocks = [clock_of("ticket"), clock_of("case")];
        let incident = json!({"reference": "EX1", "service": "exchange-online", "title": "Mail is late"});
        agent.post("/incidents", incident).await.expect(201);
        let manager = web.by(web.desk.seeded.manager).await;
        let saved = manager.call("PUT", "/rotas/desk", Some(rota("agent@desk.example")), &[]).await;
        assert!(saved.status.is_success(), "{}", saved.body);
        let customer = web.desk.seeded.customer.to_string();
        synchronisation::begin_or_resume(&web.desk).await.expect("a run");
        let subscription = json!({"operator_id": "s1", "offer": "Exchange Online"});
        let subscription = agent.post(&format!("/customers/{customer}/subscriptions"), subscription).await.expect(201);
        let contracts = agent.get(&format!("/contracts?customer={customer}")).await.expect(200);
        let mail = mail::store_raw(&web.desk, Source::Pipe, &Envelope::default(), b"x").await.expect("stored");
        assert!(mail::settle(&web.desk, mail, &Fate::Held { reason: "x".to_owned() }).await.expect("settled"));
        let id = |value: &Value| value.as_str().expect("an id").to_owned();
        let ids = vec![
            ("/attachments", attachment),
            ("/cases", id(&case.body["id"])),
            ("/customers", customer.clone()),
            ("/subscriptions", id(&subscription.body["id"])),
            ("/contracts", id(&contracts.items()[0]["id"])),
            ("/contacts", web.desk.seeded.contact.to_string()),
            ("/mailboxes", web.desk.seeded.mailbox.to_string()),
            ("/agents", web.desk.seeded.other_agent.to_string()),
            ("/mail", mail.to_string()),
        ];
        Self { number, ids, customer, clocks }
    }

    /// What `{id}` stands for under a path.
    pub fn name(&mut self, start: &'static str, id: &str) {
        self.ids.retain(|(known, _)| *known != start);
        self.ids.push((start, id.to_owned()));
    }

    fn path(&self, path: &str) -> String {
        let own = self.ids.iter().find(|(start, _)| path.starts_with(&format!("{start}/")));
        let slug = match path.split('/').nth(1).unwrap_or_default() {
            "teams" => "first-line",
            "policies" => "standard",
            "calendars" => "working-days",
            "rotas" => "desk",
            _ => "exchange-online",
        };
        let of_case = path.starts_with("/cases") || path.contains("/case/");
        path.replace("{number}", &self.number.to_string())
            .replace("{customer}", &self.customer)
            .replace("{id}", own.map_or("", |(_, id)| id))
            .replace("{slug}", slug)
            .replace("{reference}", "EX1")
            .replace("{version}", "1")
            .replace("{run}", "1")
            .replace("{clock}", &self.clocks[usize::from(of_case)])
    }

    fn body(&self, body: &Value) -> Option<Value> {
        let text =
            body.to_string().replace("\"{number}\"", &self.number.to_string()).replace("{customer}", &self.customer);
        serde_json::from_str(&text).ok().filter(|body: &Value| !body.is_null())
    }

    pub async fn call(&self, client: &Client<'_>, method: &str, path: &str, body: &Value) -> Said {
        let headers: &[(&str, &str)] = if ["PATCH", "PUT"].contains(&method) { &[("if-match", "*")] } else { &[] };
        match body {
            Value::String(file) => {
                let kind = if path.starts_with("/imports") { "text/csv" } else { "text/calendar" };
                client.send_bytes(&self.path(path), kind, file.clone()).await
            }
            body => client.call(method, &self.path(path), self.body(body), headers).await,
        }
    }
}

fn outcome(said: &Said) -> char {
    match said.status.as_u16() {
        404 => 'h',
        409 if said.body["code"] == "not_allowed" => 'n',
        200 | 201 | 202 | 204 | 409 | 422 => 'y',
        other => panic!("{other}: {}", String::from_utf8_lossy(&said.bytes)),
    }
}

async fn check_role(web: &WebDesk, agent: AgentId, column: usize, name: &str) {
    let things = Things::make(web).await;
    let client = web.by(agent).await;
    let mut wrong = Vec::new();
    for (method, path, rule, body) in table() {
        let said = things.call(&client, method, &path, &body).await;
        let expected = rule.0.chars().nth(column).expect("seven columns");
        if outcome(&said) != expected {
            wrong.push(format!("{method} {path}: expected {expected}, got {} {}", said.status, said.body));
        }
    }
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
}

both_databases! {
    async fn auditor(desk: TestStore) {
        let web = WebDesk::new(desk);
        check_role(&web, web.desk.seeded.auditor, 0, "auditor").await;
    }

    async fn sales(desk: TestStore) {
        let web = WebDesk::new(desk);
        check_role(&web, web.desk.seeded.sales, 1, "sales").await;
    }

    async fn agent_of_another_team(desk: TestStore) {
        let web = WebDesk::new(desk);
        check_role(&web, web.desk.seeded.other_agent, 2, "agent of another team").await;
    }

    async fn agent(desk: TestStore) {
        let web = WebDesk::new(desk);
        check_role(&web, web.desk.seeded.agent, 3, "agent").await;
    }

    async fn lead(desk: TestStore) {
        let web = WebDesk::new(desk);
        check_role(&web, web.desk.seeded.lead, 4, "lead").await;
    }

    async fn manager(desk: TestStore) {
        let web = WebDesk::new(desk);
        check_role(&web, web.desk.seeded.manager, 5, "manager").await;
    }

    async fn admin(desk: TestStore) {
        let web = WebDesk::new(desk);
        check_role(&web, web.desk.seeded.admin, 6, "admin").await;
    }

    async fn nobody_and_a_reader(desk: TestStore) {
        let web = WebDesk::new(desk);
        let things = Things::make(&web).await;
        let (anonymous, revoked) = (web.anonymous(), web.revoked(web.desk.seeded.admin).await);
        let reader = web.with_scopes(web.desk.seeded.admin, &["read"]).await;
        for (method, path, _, body) in table() {
            for nobody in [&anonymous, &revoked] {
                assert_eq!(things.call(nobody, method, &path, &body).await.status, 401, "{method} {path}");
            }
            let expected = if method == "GET" { 200 } else { 403 };
            assert_eq!(things.call(&reader, method, &path, &body).await.status, expected, "{method} {path}");
        }
    }
}
