//! Upgrades that were interrupted, and a desk from before step m0011 with everything that the step has to carry over.

use chrono::Duration;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ActiveModelTrait, ConnectionTrait, DatabaseConnection, EntityTrait, IntoActiveModel, Value};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use watchdesk_core::Instant;
use watchdesk_core::case::{Case, CaseState, EscalationReason, HealthEvidence};
use watchdesk_core::clock::{CaseBeat, Clock, Objective, StepFate, Subject, Suppression};
use watchdesk_core::decision::{NewMessage, TicketChange};
use watchdesk_core::effect::{Notice, Recipient};
use watchdesk_core::event::{ActorRef, Event, EventKind, MessageKind, StepRef};
use watchdesk_core::firing::Standing;
use watchdesk_core::ids::{AgentId, CaseId, ContactId, TicketNumber};
use watchdesk_core::ticket::{Ticket, TicketWords};

use super::*;
use crate::connect::connect_for_upgrade;
use crate::entities::{case_ticket, contact, event, message, operator_case, outbox, participant, ticket};
use crate::outbox::OutboxState;
use crate::rows::{case_row, event_row, insert_all, message_row, ticket_row};
use crate::testing::{TestDatabase, test_start};
use crate::{Backend, Options, Store, firing};

/// Steps up to m0010.
const STEPS_BEFORE: u32 = 10;
const HOUR: i64 = 3600;
/// The steps of the ladder.
const PERCENTS: [u32; 3] = [50, 75, 100];

/// What stands in the database before the step.
struct Before {
    /// First response missed, warned at 75 and 100 percent, 50 left out; the resolution runs.
    ticket: TicketId,
    /// Passed on to the operator.
    escalated: TicketId,
    case: CaseId,
    told: AgentId,
}

fn at(seconds: i64) -> Instant {
    test_start() + Duration::seconds(seconds)
}

fn old_id(ticket: TicketId, objective: Objective) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(ticket.0.as_bytes());
    hash.update(objective.as_str().as_bytes());
    hash.update(1_u32.to_be_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

async fn insert(connection: &DatabaseConnection, table: &'static str, row: Vec<(&'static str, Value)>) {
    let (columns, values): (Vec<_>, Vec<_>) = row.into_iter().unzip();
    let mut insert = Query::insert().into_table(table).columns(columns).to_owned();
    insert.values_panic(values.into_iter().map(Expr::value));
    connection.execute(&insert).await.expect(table);
}

async fn rules(connection: &DatabaseConnection) {
    let ladder = json!([
        { "percent": 50, "tell": ["owner"] }, { "percent": 75, "tell": ["owner"] },
        { "percent": 100, "tell": ["owner", "leads"] },
    ]);
    let body = json!({
        "slug": "standard", "version": 3,
        "rules": [{
            "name": "standard", "when": {}, "no_sla": false, "calendar": "always", "reopening": "continue",
            "targets": { "first_response": { "B": 4 * HOUR }, "resolution": { "B": 24 * HOUR } },
            "ladders": { "first_response": ladder, "resolution": ladder },
        }],
    });
    let row = vec![
        ("slug", "standard".into()),
        ("version", 3.into()),
        ("body", body.to_string().into()),
        ("current", true.into()),
        ("created_at", at(0).timestamp().into()),
    ];
    insert(connection, "policy", row).await;
}

fn opened(number: i64, requester: ContactId, imported: bool) -> EventKind {
    EventKind::Opened {
        number: TicketNumber(number),
        requester,
        customer: None,
        mailbox: None,
        channel: Channel::Mail,
        category: None,
        service: None,
        severity: Some(Severity::B),
        team: None,
        imported,
    }
}

fn event(ticket: TicketId, seq: i64, (fact, recorded): (i64, i64), kind: EventKind) -> Event {
    Event { ticket, seq, at: at(fact), recorded_at: at(recorded), actor: ActorRef::System, kind }
}

/// As the program before wrote it: the columns of later steps are left to the database.
async fn save_ticket(connection: &DatabaseConnection, events: &[Event], due: Option<i64>, fires: Option<i64>) {
    let ticket = Ticket::fold(events[0].ticket, events).unwrap();
    let participants =
        ticket.participants.iter().map(|contact| participant::Model { ticket_id: ticket.id.0, contact_id: contact.0 });
    let participants = participants.collect();
    let change = TicketChange {
        from_version: 0,
        ticket,
        words: TicketWords::default(),
        events: events.to_vec(),
        clocks: vec![],
        due_at: due.map(at),
        next_fire_at: fires.map(at),
    };
    let mut row = ticket_row(&change, &Standing::default()).into_active_model();
    use ticket::Column::{FireClaimedUntil, FireFailures, FireFence};
    [FireClaimedUntil, FireFence, FireFailures].into_iter().for_each(|column| row.not_set(column));
    ticket::Entity::insert(row).exec_without_returning(connection).await.unwrap();
    insert_all(connection, participants).await.unwrap();
    let rows = events.iter().map(|event| {
        let row = event_row(event);
        match &event.kind {
            EventKind::StepFired { clock, step, .. } => event::Model {
                kind: "clock_warned".to_owned(),
                data: json!({
                    "type": "clock_warned", "objective": clock.objective, "cycle": clock.cycle,
                    "percent": PERCENTS[step.step as usize],
                })
                .to_string(),
                ..row
            },
            EventKind::ClockStarted { clock } => without_revision(row, "clock_started", clock.objective),
            EventKind::ClockMissed { clock } => without_revision(row, "clock_missed", clock.objective),
            _ => row,
        }
    });
    insert_all(connection, rows.collect()).await.unwrap();
}

fn without_revision(row: event::Model, kind: &str, objective: Objective) -> event::Model {
    event::Model { data: json!({ "type": kind, "objective": objective, "cycle": 1 }).to_string(), ..row }
}

async fn clock(connection: &DatabaseConnection, ticket: TicketId, objective: Objective, target_s: i64, done: &str) {
    let missed = (!done.starts_with("[]")).then(|| at(target_s).timestamp());
    let row = vec![
        ("id", old_id(ticket, objective).into()),
        ("ticket_id", ticket.0.into()),
        ("objective", objective.as_str().into()),
        ("cycle", 1.into()),
        ("policy_version", 3.into()),
        ("rule", "standard".into()),
        ("calendar", "always".into()),
        ("calendar_version", 1.into()),
        ("started_at", at(0).timestamp().into()),
        ("target_s", target_s.into()),
        ("pauses", "[]".into()),
        ("deadline", at(target_s).timestamp().into()),
        ("provisional", false.into()),
        ("state", "running".into()),
        ("missed_at", missed.into()),
        ("steps_done", done.into()),
    ];
    insert(connection, "clock", row).await;
}

async fn late_ticket(connection: &DatabaseConnection, requester: ContactId, told: AgentId) -> TicketId {
    let id = TicketId(fresh_id());
    let first = Clock::id_of(Subject::Ticket(id), Objective::FirstResponse, 1, 1);
    let clock_ref = |objective| watchdesk_core::clock::ClockRef { objective, cycle: 1, revision: 1, case: None };
    let (first_response, resolution) = (clock_ref(Objective::FirstResponse), clock_ref(Objective::Resolution));
    let fired = |step, due: i64| EventKind::StepFired {
        clock: first_response,
        step: StepRef { step, repetition: 0 },
        due_at: at(due),
        told: [told].into(),
        elsewhere: 0,
    };
    let (near, missed) = (3 * HOUR, 4 * HOUR + 1);
    let events = [
        event(id, 1, (0, 0), opened(1001, requester, false)),
        event(id, 2, (0, 0), EventKind::ClockStarted { clock: first_response }),
        event(id, 3, (0, 0), EventKind::ClockStarted { clock: resolution }),
        event(id, 4, (near, near), fired(1, near)),
        event(id, 5, (4 * HOUR, missed), EventKind::ClockMissed { clock: first_response }),
        event(id, 6, (missed, missed), fired(2, missed)),
    ];
    save_ticket(connection, &events, Some(4 * HOUR), Some(12 * HOUR)).await;
    clock(connection, id, Objective::FirstResponse, 4 * HOUR, "[50,75,100]").await;
    clock(connection, id, Objective::Resolution, 24 * HOUR, "[]").await;
    let was = old_id(id, Objective::FirstResponse);
    assert_ne!(was, first.0);
    for (percent, notice, when) in [(75, "target_near", near), (100, "target_missed", missed)] {
        let key = format!("{was}:{percent}:{notice}:agent:{told}");
        let mut data = json!({ "notice": notice, "clock": was, "objective": "first_response" });
        if percent < 100 {
            data["percent"] = percent.into();
        }
        notice_row(connection, id, &key, notice, &data.to_string(), told, when).await;
    }
    id
}

async fn notice_row(
    connection: &DatabaseConnection,
    ticket: TicketId,
    key: &str,
    notice: &str,
    data: &str,
    to: AgentId,
    when: i64,
) {
    let id = fresh_id();
    let mut row = outbox::Model {
        id,
        key: key.to_owned(),
        ticket_id: Some(ticket.0),
        case_id: None,
        recipient_kind: "agent".to_owned(),
        recipient_id: Some(to.0),
        recipient_text: None,
        notice: notice.to_owned(),
        notice_data: data.to_owned(),
        mail_id: format!("{id}@desk.example"),
        state: OutboxState::Pending.as_str().to_owned(),
        attempts: 0,
        next_attempt_at: Some(at(when).timestamp()),
        created_at: at(when).timestamp(),
        sent_at: None,
        fence: 0,
        last_error: None,
        provider_id: None,
        digest_id: None,
    }
    .into_active_model();
    row.not_set(outbox::Column::RecipientText);
    row.not_set(outbox::Column::DigestId);
    outbox::Entity::insert(row).exec_without_returning(connection).await.unwrap();
}

async fn escalated_ticket(connection: &DatabaseConnection, requester: ContactId) -> (TicketId, CaseId) {
    let (id, case) = (TicketId(fresh_id()), CaseId(fresh_id()));
    let events = [
        event(id, 1, (0, 0), opened(1002, requester, true)),
        event(id, 2, (100, 100), EventKind::CaseFiled { case, severity: Severity::B }),
        event(id, 3, (200, 200), EventKind::CaseAcknowledged { case }),
        event(id, 4, (300, 300), EventKind::CaseWaitsOnUs { case }),
        event(id, 5, (400, 400), EventKind::CaseAcknowledged { case }),
    ];
    save_ticket(connection, &events, None, None).await;
    save_case(connection, id, case).await;
    for (when, author) in [(400, Author::Agent(AgentId(fresh_id()))), (500, Author::Operator)] {
        let said = NewMessage {
            ticket: id,
            kind: MessageKind::Operator,
            author,
            at: at(when),
            words: words("About the case."),
            case: Some(case),
        };
        message::Entity::insert(message_row(&said).into_active_model())
            .exec_without_returning(connection)
            .await
            .unwrap();
    }
    (id, case)
}

async fn save_case(connection: &DatabaseConnection, ticket: TicketId, id: CaseId) {
    let case = Case {
        id,
        version: 5,
        tickets: [ticket].into(),
        state: CaseState::Acknowledged { at: at(400) },
        operator: slug("21vianet"),
        reason: EscalationReason::OperatorFault,
        severity: Severity::B,
        severity_lowered: None,
        health: HealthEvidence::Waived,
        reference: Some("SR-1".to_owned()),
        channel: None,
        drafted_at: at(50),
        filed_at: Some(at(100)),
        acknowledged_at: Some(at(200)),
        last_word_at: Some(at(500)),
        ended_at: None,
        reopened_count: 0,
        timeline: Default::default(),
        clocks: vec![],
        next_fire_at: None,
        words: Default::default(),
    };
    use operator_case::Column::{FireClaimedUntil, FireFailures, FireFence, NextFireAt, Timeline};
    let mut row = case_row(&case, &Standing::default()).into_active_model();
    for column in [FireClaimedUntil, FireFence, FireFailures, NextFireAt, Timeline] {
        row.not_set(column);
    }
    operator_case::Entity::insert(row).exec_without_returning(connection).await.unwrap();
    let link = case_ticket::Model { case_id: id.0, ticket_id: ticket.0 };
    insert_all(connection, vec![link]).await.unwrap();
}

async fn fill(connection: &DatabaseConnection) -> Before {
    rules(connection).await;
    let requester = ContactId(fresh_id());
    let row = contact::Model {
        id: requester.0,
        customer_id: None,
        name: "张伟".to_owned(),
        email: "zhang@contoso.example".to_owned(),
        phone: None,
        language: None,
        whole_organisation: false,
        suppressed_reason: None,
        created_at: 0,
    };
    insert_all(connection, vec![row]).await.unwrap();
    let told = AgentId(fresh_id());
    let ticket = late_ticket(connection, requester, told).await;
    let (escalated, case) = escalated_ticket(connection, requester).await;
    Before { ticket, escalated, case, told }
}

/// The desk before, and the same after the upgrade.
async fn upgraded(backend: Backend) -> (TestDatabase, Store, Before) {
    let database = TestDatabase::new(backend).await;
    let connection = connect_for_upgrade(database.url()).await.unwrap();
    watchdesk_migrations::upgrade_by(&connection, STEPS_BEFORE).await.unwrap();
    let before = fill(&connection).await;
    connection.close().await.unwrap();
    let report = Store::migrate(database.url()).await.expect("the upgrade goes through");
    assert_eq!(report.applied[0], "m0011_clocks");
    let clock = crate::Clock::Manual(crate::ManualClock::new(at(5 * HOUR)));
    let store = Store::open(Options { clock, ..Options::new(database.url()) }).await.expect("it opens");
    (database, store, before)
}

async fn clocks_and_their_steps(store: &Store, before: &Before) {
    let clocks = tickets::clocks(store, before.ticket).await.unwrap();
    let first = &clocks[0];
    assert_eq!(first.id, Clock::id_of(Subject::Ticket(before.ticket), Objective::FirstResponse, 1, 1));
    assert_eq!((first.revision, first.missed_at), (1, Some(at(4 * HOUR))));
    let steps: Vec<_> = first.steps.iter().map(|record| (record.step, record.at, record.fate)).collect();
    assert_eq!(
        steps,
        [
            (0, at(3 * HOUR), StepFate::Suppressed(Suppression::Recomputed)),
            (1, at(3 * HOUR), StepFate::Fired),
            (2, at(4 * HOUR + 1), StepFate::Fired),
        ]
    );
    assert!(clocks[1].steps.is_empty());
    let events = tickets::events(store, before.ticket, 0, 50).await.unwrap();
    let told: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::StepFired { step, told, .. } => Some((step.step, told.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(told, [(1, [before.told].into()), (2, [before.told].into())]);
}

async fn notices(store: &Store, before: &Before) {
    let sent = crate::outbox::of_ticket(store, before.ticket, 10).await.unwrap();
    let steps: Vec<_> = sent
        .iter()
        .map(|row| match &row.notice {
            Notice::TargetNear { clock, call, .. } | Notice::TargetMissed { clock, call, .. } => {
                (*clock, call.step.step)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let clock = Clock::id_of(Subject::Ticket(before.ticket), Objective::FirstResponse, 1, 1);
    assert_eq!(steps, [(clock, 1), (clock, 2)]);
    assert!(sent.iter().all(|row| row.recipient == Recipient::Agent(before.told)));
}

async fn nothing_is_said_twice(store: &Store, before: &Before) {
    let fire = Unit::ticket(before.ticket, Command::FireTimers);
    store.execute(&Actor::System, fire).await.unwrap();
    assert_eq!(crate::outbox::of_ticket(store, before.ticket, 10).await.unwrap().len(), 2);
    assert_eq!(firing::oldest_due(store).await.unwrap(), Some(at(12 * HOUR)));
}

async fn the_story(backend: Backend) {
    let (database, store, before) = upgraded(backend).await;
    let report = check(&store, &mut |_| {}).await.unwrap();
    assert!(report.is_clean(), "{:#?}", report.findings);
    let desk = crate::desk::load(&store).await.unwrap();
    assert_eq!(desk.customer_policy.newest().map(|published| (published.version, published.at)), Some((3, at(0))));
    clocks_and_their_steps(&store, &before).await;
    notices(&store, &before).await;
    nothing_is_said_twice(&store, &before).await;
    let case = crate::cases::by_id(&store, before.case).await.unwrap().unwrap();
    assert_eq!(case.tickets, [before.escalated].into());
    assert_eq!(
        case.timeline.beats().collect::<Vec<_>>(),
        [
            (at(100), CaseBeat::Filed),
            (at(200), CaseBeat::OperatorSpoke),
            (at(300), CaseBeat::WaitsOnUs),
            (at(400), CaseBeat::WeAnswered),
            (at(500), CaseBeat::OperatorSpoke),
        ]
    );
    let report = check(&store, &mut |_| {}).await.unwrap();
    assert!(report.is_clean(), "{:#?}", report.findings);
    store.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn a_desk_from_before_the_clocks_goes_on_sqlite() {
    the_story(Backend::Sqlite).await;
}

#[tokio::test]
async fn a_desk_from_before_the_clocks_goes_on_postgres() {
    the_story(Backend::Postgres).await;
}

async fn interrupted(backend: Backend) {
    let database = TestDatabase::new(backend).await;
    let steps = watchdesk_migrations::steps();
    for done in 1..steps.len() {
        let connection = connect_for_upgrade(database.url()).await.unwrap();
        watchdesk_migrations::upgrade_by(&connection, 1).await.unwrap();
        connection.close().await.unwrap();
        if [1, steps.len() - 1].contains(&done) {
            let refused = Store::open(Options::new(database.url())).await.unwrap_err();
            assert!(matches!(refused, crate::StoreError::SchemaOlder { .. }), "after {done} steps: {refused:?}");
        }
    }
    let report = Store::migrate(database.url()).await.unwrap();
    assert_eq!(report.applied, steps[steps.len() - 1..]);
    Store::open(Options::new(database.url())).await.expect("it opens").close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn an_upgrade_that_was_interrupted_between_steps_goes_on_sqlite() {
    interrupted(Backend::Sqlite).await;
}

#[tokio::test]
async fn an_upgrade_that_was_interrupted_between_steps_goes_on_postgres() {
    interrupted(Backend::Postgres).await;
}
