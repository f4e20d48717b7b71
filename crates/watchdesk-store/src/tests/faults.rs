//! A database that fails in the middle: at every row that a unit writes, and at its commit. Nothing of it stays, and the
//! same request goes through as soon as the fault is gone.

use std::collections::BTreeMap;

use chrono::Duration;
use sea_orm::{ConnectionTrait, Statement};
use watchdesk_core::case::{EscalationReason, Evidence, FilingChannel, Handing};
use watchdesk_core::command::{CaseCommand, DraftCase};
use watchdesk_core::disclosure::Handed;
use watchdesk_core::ids::CaseId;
use watchdesk_core::ticket::StateKind;

use super::*;
use crate::firing::claim_due;
use crate::mail::{Envelope, Fate, Source, store_raw};
use crate::{Backend, IdempotencyKey, StoreError};

/// No unit here writes more.
const WRITES_MAX: i64 = 200;

/// How the database fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It refuses the statement.
    Refuses,
    /// The connection is gone. A file has none that could be.
    HangsUp,
}

impl Fault {
    fn all(backend: Backend) -> &'static [Self] {
        match backend {
            Backend::Sqlite => &[Self::Refuses],
            Backend::Postgres => &[Self::Refuses, Self::HangsUp],
        }
    }

    fn is_the_reason(self, error: &ExecuteError) -> bool {
        match self {
            Self::Refuses => matches!(error, ExecuteError::Store(StoreError::Database(_))),
            Self::HangsUp => matches!(error, ExecuteError::Store(StoreError::Unreachable(_))),
        }
    }
}

/// Each row that is written counts itself; the count is undone with the transaction, so each attempt begins at nothing.
/// A reference that is looked at only in the end, and leads nowhere, makes the commit fail.
const SQLITE: &str = "
    CREATE TABLE fault_end (id INTEGER PRIMARY KEY);
    CREATE TABLE fault (written INTEGER NOT NULL, fails_at INTEGER NOT NULL, how TEXT NOT NULL,
        leads_to INTEGER REFERENCES fault_end (id) DEFERRABLE INITIALLY DEFERRED);
    INSERT INTO fault (written, fails_at, how) VALUES (0, 0, '');";
const SQLITE_TRIGGER: &str = "
    CREATE TRIGGER fault_TABLE_VERB BEFORE VERB ON \"TABLE\" BEGIN
        UPDATE fault SET written = written + 1, leads_to = CASE WHEN fails_at = -1 THEN 1 END;
        SELECT RAISE(ABORT, 'injected') FROM fault WHERE written = fails_at;
    END;";
const POSTGRES: &str = "
    CREATE TABLE fault (written bigint NOT NULL, fails_at bigint NOT NULL, how text NOT NULL);
    INSERT INTO fault VALUES (0, 0, '');
    CREATE FUNCTION fault_now(how text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
        IF how = 'HangsUp' THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
        RAISE EXCEPTION 'injected';
    END $$;
    CREATE FUNCTION fault_at_row() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE found fault; BEGIN
        UPDATE fault SET written = written + 1 RETURNING * INTO found;
        IF found.written = found.fails_at THEN PERFORM fault_now(found.how); END IF;
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END $$;
    CREATE FUNCTION fault_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.fails_at = -1 THEN PERFORM fault_now(NEW.how); END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER fault_at_commit AFTER UPDATE ON fault DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.written > OLD.written) EXECUTE FUNCTION fault_at_commit();";
const POSTGRES_TRIGGER: &str = "
    CREATE TRIGGER fault_TABLE BEFORE INSERT OR UPDATE OR DELETE ON \"TABLE\"
        FOR EACH ROW EXECUTE FUNCTION fault_at_row();";

/// Where to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Nowhere,
    /// The rows that a transaction writes are counted from 1.
    Write(i64),
    Commit,
}

async fn install(desk: &TestStore) {
    let mut sql = match desk.backend() {
        Backend::Sqlite => SQLITE.to_owned(),
        Backend::Postgres => POSTGRES.to_owned(),
    };
    for table in tables(desk).await {
        match desk.backend() {
            Backend::Sqlite => {
                for verb in ["INSERT", "UPDATE", "DELETE"] {
                    sql.push_str(&SQLITE_TRIGGER.replace("TABLE", &table).replace("VERB", verb));
                }
            }
            Backend::Postgres => sql.push_str(&POSTGRES_TRIGGER.replace("TABLE", &table)),
        }
    }
    desk.writer().execute_unprepared(&sql).await.expect("triggers can be made");
}

async fn arm(desk: &TestStore, fault: Fault, at: At) {
    let fails_at = match at {
        At::Nowhere => 0,
        At::Write(n) => n,
        At::Commit => -1,
    };
    let sql = format!("UPDATE fault SET written = 0, fails_at = {fails_at}, how = '{fault:?}'");
    desk.writer().execute_unprepared(&sql).await.expect("nothing fails yet");
}

/// Tables of ours that can have triggers: the words that SQLite searches stand in one that cannot.
async fn tables(desk: &TestStore) -> Vec<String> {
    let sql = match desk.backend() {
        Backend::Sqlite => {
            "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'
                AND name NOT LIKE 'ticket_search%' AND name NOT LIKE 'fault%'"
        }
        Backend::Postgres => {
            "SELECT tablename::text AS line FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'fault%'"
        }
    };
    lines(desk, sql).await
}

async fn lines(desk: &TestStore, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(desk.reader().get_database_backend(), sql);
    let rows = desk.reader().query_all_raw(statement).await.expect("it can be read");
    rows.iter().map(|row| row.try_get("", "line").expect("a text")).collect()
}

/// Everything that is stored, row by row.
pub(super) async fn everything(desk: &TestStore) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    let mut tables = tables(desk).await;
    if desk.backend() == Backend::Sqlite {
        tables.push("ticket_search".to_owned());
    }
    for table in tables {
        let line = match desk.backend() {
            Backend::Postgres => "it::text".to_owned(),
            Backend::Sqlite => {
                let columns = format!("SELECT 'quote(\"' || name || '\")' AS line FROM pragma_table_info('{table}')");
                lines(desk, &columns).await.join(" || ',' || ")
            }
        };
        let sql = format!("SELECT {line} AS line FROM \"{table}\" AS it ORDER BY 1");
        let rows = lines(desk, &sql).await;
        found.insert(table, rows);
    }
    found
}

/// Tries it with every fault there is, and in the end without one.
async fn whole_or_not_at_all(
    desk: &TestStore,
    attempt: impl AsyncFn() -> Result<Executed, ExecuteError>,
) -> (Executed, i64) {
    let before = everything(desk).await;
    for fault in Fault::all(desk.backend()) {
        arm(desk, *fault, At::Commit).await;
        expect_nothing(desk, *fault, attempt().await, &before, "the commit").await;
    }
    for n in 1..=WRITES_MAX {
        for fault in Fault::all(desk.backend()) {
            arm(desk, *fault, At::Write(n)).await;
            match attempt().await {
                Ok(executed) => {
                    arm(desk, Fault::Refuses, At::Nowhere).await;
                    return (executed, n - 1);
                }
                failed => expect_nothing(desk, *fault, failed, &before, &format!("write {n}")).await,
            }
        }
    }
    panic!("it writes more than {WRITES_MAX} rows");
}

async fn expect_nothing(
    desk: &TestStore,
    fault: Fault,
    result: Result<Executed, ExecuteError>,
    before: &BTreeMap<String, Vec<String>>,
    place: &str,
) {
    let error = result.expect_err(place);
    assert!(fault.is_the_reason(&error), "{fault:?} at {place}: {error:?}");
    let after = everything(desk).await;
    for (table, rows) in before {
        assert_eq!(&after[table], rows, "{fault:?} at {place} left something in {table}");
    }
}

/// A mail that asks for a ticket, under a key of its own.
pub(super) async fn from_mail(desk: &TestStore) -> Request {
    let from = Some("zhang@contoso.example".to_owned());
    let envelope = Envelope { from, to: vec!["support@desk.example".to_owned()] };
    let mail = store_raw(desk, Source::Smtp, &envelope, b"Subject: Help\r\n\r\nHelp").await.unwrap();
    let (ticket, open) = (TicketId(fresh_id()), opening(desk, "from a mail"));
    let message = open.words.id;
    let key = IdempotencyKey { owner: "intake".to_owned(), key: mail.to_string(), body_hash: "h".to_owned() };
    Request {
        settle_mail: Some((mail, Fate::Ticket { ticket, message })),
        idempotency: Some(key),
        ..Unit::ticket(ticket, Command::Open(Box::new(open))).into()
    }
}

fn draft(id: CaseId) -> Command {
    let evidence =
        Evidence { tried: "Restarted.".to_owned(), impact: "Nobody can work.".to_owned(), ..Evidence::default() };
    Command::DraftCase(Box::new(DraftCase {
        id,
        operator: slug("21vianet"),
        reason: Some(EscalationReason::OperatorFault),
        severity: Some(Severity::B),
        summary: "Mail is down.".to_owned(),
        evidence,
        health_waiver: Some("The page is down as well.".to_owned()),
        not_this_incident: None,
        incident_override: None,
        handing: Handing::default(),
    }))
}

crate::both_databases! {
    async fn a_mail_becomes_a_whole_ticket_or_stays_a_mail(desk: TestStore) {
        install(&desk).await;
        let request = from_mail(&desk).await;
        let (executed, writes) =
            whole_or_not_at_all(&desk, async || desk.execute(&Actor::System, request.clone()).await).await;
        assert!(writes >= 8, "ticket, participant, clocks, events, message, mail, fate, outbox, key: {writes}");
        let before = everything(&desk).await;
        let again = desk.execute(&Actor::System, request).await.unwrap();
        assert_eq!((again.repeated, &again.tickets), (true, &executed.tickets));
        assert_eq!((everything(&desk).await == before, before["ticket"].len()), (true, 1), "once");
        expect_order(&desk).await;
    }

    async fn what_is_done_together_is_done_together(desk: TestStore) {
        install(&desk).await;
        let ticket = open(&desk, "x").await;
        let agent = desk.actor(desk.seeded.agent).await;
        let unit = Unit::ticket(ticket.id, triage(&desk))
            .then(Step::Ticket(ticket.id, reply("We are looking into it.")))
            .then(Step::Ticket(ticket.id, Command::Resolve { words: words("It works again.") }));
        let (_, writes) = whole_or_not_at_all(&desk, async || desk.execute(&agent, unit.clone()).await).await;
        assert!(writes >= 8, "{writes}");
        assert_eq!(record(&desk, ticket.id).await.ticket.state.kind(), StateKind::Resolved);
        assert_eq!(tickets::messages(&desk, ticket.id, 10, None).await.unwrap().items.len(), 3);
        expect_order(&desk).await;
    }

    async fn a_ticket_is_passed_on_with_its_case_or_not_at_all(desk: TestStore) {
        install(&desk).await;
        let ticket = open(&desk, "x").await;
        act(&desk, ticket.id, triage(&desk)).await;
        let (agent, id) = (desk.actor(desk.seeded.agent).await, CaseId(fresh_id()));
        let draft = Unit::ticket(ticket.id, draft(id));
        let (_, drafted) = whole_or_not_at_all(&desk, async || desk.execute(&agent, draft.clone()).await).await;
        let file = Unit::case(id, CaseCommand::File {
            reference: "SR-1".to_owned(),
            channel: FilingChannel::Portal,
            contact: None,
            severity: None,
            at: desk.clock.now(),
            handed: Handed::default(),
        });
        let (_, filed) = whole_or_not_at_all(&desk, async || desk.execute(&agent, file.clone()).await).await;
        assert!(drafted >= 3 && filed >= 4, "{drafted} {filed}");
        assert_eq!(record(&desk, ticket.id).await.ticket.state.kind(), StateKind::Escalated);
        expect_order(&desk).await;
    }

    async fn a_timer_fires_wholly_or_stays_due(desk: TestStore) {
        install(&desk).await;
        let ticket = open(&desk, "x").await;
        act(&desk, ticket.id, triage(&desk)).await;
        desk.advance(Duration::hours(30));
        let claim = claim_due(&desk, desk.clock.now(), 10).await.unwrap().remove(0);
        let fire = Request { claim: Some(claim), ..Unit::ticket(ticket.id, Command::FireTimers).into() };
        let (_, writes) =
            whole_or_not_at_all(&desk, async || desk.execute(&Actor::System, fire.clone()).await).await;
        assert!(writes >= 4, "ticket, clocks, events, outbox: {writes}");
        let late = desk.execute(&Actor::System, fire).await;
        assert!(matches!(late, Err(ExecuteError::ClaimLost)), "its claim was answered: {late:?}");
        expect_order(&desk).await;
    }

    async fn two_tickets_are_merged_wholly_or_stay_two(desk: TestStore) {
        install(&desk).await;
        let (one, other) = (open(&desk, "one").await, open(&desk, "other").await);
        act(&desk, one.id, triage(&desk)).await;
        let agent = desk.actor(desk.seeded.agent).await;
        let merge = Unit::ticket(one.id, Command::Merge { into: other.id });
        let (_, writes) = whole_or_not_at_all(&desk, async || desk.execute(&agent, merge.clone()).await).await;
        assert!(writes >= 5, "two tickets, their events, a message: {writes}");
        assert_eq!(record(&desk, one.id).await.ticket.duplicate_of(), Some(other.id));
        expect_order(&desk).await;
    }
}
