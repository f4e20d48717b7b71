//! Several nodes on one PostgreSQL, thousands of timers due together; one node dies, another falls asleep and wakes up.

use std::collections::BTreeMap;
use std::time::Duration;

use watchdesk_core::Instant;
use watchdesk_core::event::EventKind;
use watchdesk_core::ids::{Slug, TicketId};
use watchdesk_store::bench::{BATCH_TICKETS, Bulk};
use watchdesk_store::directory::{self, ContactFields};
use watchdesk_store::{Options, Store, firing, outbox, tickets};
use watchdesk_tests::node::{Node, Signal};
use watchdesk_tests::{Backend, Desk};

/// Of each two steps of triage and two of the first response are due: ten thousand timers.
const TICKETS: usize = 2_500;
const STEPS_EACH: usize = 4;
/// What those four say, and to whom: at 75 % to the team of two, at 100 % of triage to its lead, at 100 % of the first
/// response to both.
const NOTICES_EACH: usize = 2 + 1 + 2 + 2;
/// A worker that sleeps longer has lost what it held.
const LEASE_S: &str = "2";
const WITHIN: Duration = Duration::from_secs(240);

#[tokio::test(flavor = "multi_thread")]
async fn each_step_has_its_effects_once_although_one_node_dies_and_one_sleeps() {
    let mut desk = Desk::start(Backend::Postgres).await;
    for (email, role) in [("agent@desk.example", "agent"), ("lead@desk.example", "lead")] {
        let add = ["user", "add", email, "--name", role, "--role", role, "--teams", "first-line"];
        desk.run(&add, "").await.expect_success();
    }
    desk.stop().await;
    let store = Store::open(Options::new(desk.database_url())).await.expect("the database");
    let due = fill(&store, TICKETS).await;

    let environment = desk.settings_with(&[("WATCHDESK_WORKERS__LEASE_S", LEASE_S)]);
    let mut dies = Node::worker(&environment);
    let sleeps = Node::worker(&environment);
    fired(&store, due[TICKETS / 8]).await;
    sleeps.signal(Signal::Stop).await;
    fired(&store, due[TICKETS / 3]).await;
    dies.kill().await;
    let takes_over = Node::worker(&environment);
    until(&store, "nothing is due any more", async |store| nothing_due(store).await).await;
    each_step_once(&store, &due).await;

    // The sleeper wakes up with what it held long since done by others, and then does its share again.
    sleeps.signal(Signal::Continue).await;
    drop(takes_over);
    let later = fill(&store, 50).await;
    until(&store, "the sleeper works again", async |store| nothing_due(store).await).await;
    each_step_once(&store, &due).await;
    each_step_once(&store, &later).await;
    drop(sleeps);
    desk.check().await;
}

/// Tickets that were opened five hours ago and that nobody has looked at since.
async fn fill(store: &Store, count: usize) -> Vec<TicketId> {
    let team = directory::team_by_slug(store, &Slug::new("first-line").expect("a slug")).await.expect("teams");
    let fields = ContactFields { email: format!("due{count}@customer.example"), ..ContactFields::default() };
    let requester = directory::create_contact(store, fields).await.expect("a contact").id;
    let bulk = Bulk::new(store, requester, team.map(|team| team.id)).await.expect("a desk");
    let opened_at = now(store).await - chrono::Duration::hours(5);
    let before = last(store).await;
    let mut left = count;
    while left > 0 {
        left -= bulk.write(left.min(BATCH_TICKETS), opened_at).await.expect("tickets").tickets;
    }
    let mut written = Vec::new();
    let mut after = before;
    loop {
        let page = tickets::unfinished_after(store, after, 200).await.expect("tickets");
        let Some(last) = page.last() else { return written };
        after = Some(*last);
        written.extend(page);
    }
}

async fn last(store: &Store) -> Option<TicketId> {
    let mut last = None;
    while let Some(id) = tickets::unfinished_after(store, last, 200).await.expect("tickets").last() {
        last = Some(*id);
    }
    last
}

async fn now(store: &Store) -> Instant {
    store.now().await.expect("the time")
}

async fn nothing_due(store: &Store) -> bool {
    let now = now(store).await;
    firing::oldest_due(store).await.expect("a look").is_none_or(|at| at > now)
}

async fn fired(store: &Store, id: TicketId) {
    until(store, "a ticket is fired", async |store| {
        let clocks = tickets::clocks(store, id).await.expect("clocks");
        clocks.iter().any(|clock| !clock.steps.is_empty())
    })
    .await;
}

async fn until(store: &Store, what: &str, wanted: impl AsyncFn(&Store) -> bool) {
    let mut beat = tokio::time::interval(Duration::from_millis(50));
    let looking = async {
        while !wanted(store).await {
            beat.tick().await;
        }
    };
    assert!(tokio::time::timeout(WITHIN, looking).await.is_ok(), "never: {what}");
}

async fn each_step_once(store: &Store, due: &[TicketId]) {
    for id in due {
        let mut fired: BTreeMap<String, usize> = BTreeMap::new();
        for event in tickets::events(store, *id, 0, 200).await.expect("events") {
            if let EventKind::StepFired { clock, step, .. } = event.kind {
                *fired.entry(format!("{clock:?} {step:?}")).or_default() += 1;
            }
        }
        assert_eq!(fired.len(), STEPS_EACH, "{id}: {fired:?}");
        assert!(fired.values().all(|times| *times == 1), "{id}: {fired:?}");
        let notices = outbox::of_ticket(store, *id, 100).await.expect("the outbox");
        let about_targets = notices.iter().filter(|record| record.notice.name().starts_with("target_")).count();
        assert_eq!(about_targets, NOTICES_EACH, "{id}");
    }
}
