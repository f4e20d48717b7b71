use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration};
use tempfile::TempDir;
use watchdesk_core::Instant;
use watchdesk_core::case::CaseStateKind;
use watchdesk_core::clock::{Clock as TicketClock, ClockState};
use watchdesk_core::ids::AgentId;
use watchdesk_core::operator_mail::NoCase;
use watchdesk_core::rights::Visibility;
use watchdesk_core::rota::Rota;
use watchdesk_core::ticket::StateKind;
use watchdesk_store::auth::{SignIn, sign_in};
use watchdesk_store::mail::{FateKind, list_by_fate, waiting_for_case};
use watchdesk_store::outbox::OutboxState;
use watchdesk_store::tickets::{Sort, TicketFilter, TicketRecord};
use watchdesk_store::{
    CheckReport, Clock, ManualClock, Options, PAGE_ITEMS_MAX, Store, cases, check, desk, firing, outbox, tickets,
};

use super::cast::Cast;
use super::conversations::{Scenario, Words};
use super::files::Files;
use super::plan::{self, Act, Deed, Plan};
use super::rng::Rng;
use super::{DemoPeople, SEED, Volume, duty, fill_with, mail};

fn at(text: &str) -> Instant {
    DateTime::parse_from_rfc3339(text).expect("a time").to_utc()
}

/// A Tuesday afternoon, a Sunday night, and a New Year's Day, in Shanghai.
fn moments() -> [Instant; 3] {
    ["2026-03-17T06:40:21Z", "2026-06-20T18:03:00Z", "2026-12-31T23:59:59Z"].map(at)
}

fn planned(now: Instant, volume: Volume) -> Plan {
    let (cast, words, files) =
        (Cast::load().expect("people"), Words::load().expect("words"), Files::load().expect("files"));
    let mails = mail::stray_mails().expect("mails");
    plan::build(&cast, &words, &files, &mails, now, volume, Rng::new(SEED)).expect("a plan")
}

/// Every text that somebody will read.
fn texts(deed: &Deed) -> Vec<&str> {
    match deed {
        Deed::Open { text, .. }
        | Deed::Customer { text, .. }
        | Deed::Automatic { text }
        | Deed::Reply { text, .. }
        | Deed::Solve { text, .. }
        | Deed::Note { text, .. }
        | Deed::Call { text, .. }
        | Deed::HandOver { text }
        | Deed::Operator { text }
        | Deed::ToOperator { text }
        | Deed::Answered { text, .. }
        | Deed::Refused { text }
        | Deed::Learned { text, .. } => vec![text],
        Deed::Withdrawn { reason } => vec![reason],
        Deed::Triage
        | Deed::Snooze { .. }
        | Deed::Severity { .. }
        | Deed::Incident { .. }
        | Deed::Bounced
        | Deed::Draft
        | Deed::Filed { .. }
        | Deed::Joins { .. }
        | Deed::Acknowledged { .. }
        | Deed::WaitingOnUs
        | Deed::Confirmed
        | Deed::Reopened
        | Deed::Close(_)
        | Deed::Merge { .. }
        | Deed::SplitFrom { .. }
        | Deed::Link { .. } => Vec::new(),
    }
}

#[test]
fn the_words_are_many_and_each_has_its_name() {
    let words = Words::load().expect("words");
    let all: Vec<&Scenario> = words.scenarios.iter().chain(&words.stories).collect();
    let ids: BTreeSet<&str> = all.iter().map(|scenario| scenario.id.as_str()).collect();
    assert_eq!(ids.len(), all.len(), "every scenario has an id of its own");
    assert!(words.scenarios.len() >= 50, "{}", words.scenarios.len());
    for scenario in all {
        assert!(!scenario.subjects.is_empty() && !scenario.steps.is_empty(), "{}", scenario.id);
    }
}

#[test]
fn a_story_ends_before_now() {
    for story in Words::load().expect("words").stories {
        let minutes: i64 =
            story.steps.iter().skip(1).map(|step| step.after.expect("a step of a story says when")).sum();
        let ago = story.opens_ago.expect("a story says when it opens");
        // One with a time of day of its own may begin up to a day later.
        let slack = if story.opens_at.is_some() { 24 * 60 } else { 0 };
        assert!(ago > minutes + slack, "{}: opens {ago} minutes ago and takes {minutes}", story.id);
        assert!(story.steps.iter().skip(1).all(|step| step.after > Some(1)), "{}", story.id);
    }
}

#[test]
fn no_placeholder_is_left_and_nobody_writes_twice_at_once() {
    for now in moments() {
        let plan = planned(now, Volume::Full);
        let mut last: BTreeMap<usize, Instant> = BTreeMap::new();
        for planned in &plan.acts {
            let Act::Thread(thread, deed) = &planned.act else { continue };
            let name = &plan.threads[*thread].scenario;
            assert!(planned.at <= now, "{name}");
            for text in texts(deed) {
                assert!(!text.is_empty() && !text.contains(['{', '}']), "{name}: {text}");
            }
            let first = last.insert(*thread, planned.at);
            let opens = matches!(deed, Deed::Open { .. } | Deed::SplitFrom { .. });
            assert_eq!(first.is_none(), opens, "{name} begins with its opening: {deed:?}");
        }
        assert!(plan.threads.iter().all(|thread| !thread.subject.is_empty() && !thread.subject.contains('{')));
        assert!((290..=380).contains(&plan.threads.len()), "{}", plan.threads.len());
    }
}

#[test]
fn the_same_moment_gives_the_same_plan() {
    let now = moments()[0];
    assert_eq!(format!("{:?}", planned(now, Volume::Small)), format!("{:?}", planned(now, Volume::Small)));
}

/// A filled desk, and the people in it.
struct Filled {
    store: Store,
    people: DemoPeople,
    now: Instant,
    _folder: TempDir,
}

async fn filled(now: Instant) -> Filled {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("demo.db").display());
    Store::migrate(&url).await.expect("migrated");
    let open = || async {
        let mut options = Options::new(url.as_str());
        options.clock = Clock::Manual(ManualClock::new(now));
        Store::open(options).await.expect("open")
    };
    let store = open().await;
    let config = crate::config::load(None).expect("defaults");
    desk::seed(&store, &crate::seed::seed(&config).expect("a seed")).await.expect("seeded");
    store.close().await.expect("closed");
    let mut steps = 0;
    let people =
        fill_with(&url, now, Volume::Small, &mut |_| steps += 1).await.unwrap_or_else(|error| panic!("{error:#}"));
    assert!(steps > 100, "it says how far it is");
    Filled { store: open().await, people, now, _folder: folder }
}

impl Filled {
    async fn tickets(&self) -> Vec<TicketRecord> {
        let filter = TicketFilter::default();
        let mut all = Vec::new();
        let mut cursor = None;
        loop {
            let everything = Visibility::Everything;
            let page =
                tickets::list(&self.store, &everything, &filter, Sort::Created, PAGE_ITEMS_MAX, cursor.as_ref()).await;
            let page = page.expect("a page");
            all.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                return all;
            }
        }
    }

    async fn clocks(&self, tickets: &[TicketRecord]) -> Vec<TicketClock> {
        let mut clocks = Vec::new();
        for record in tickets {
            clocks.extend(tickets::clocks(&self.store, record.ticket.id).await.expect("clocks"));
        }
        clocks
    }

    async fn mails(&self, state: OutboxState) -> usize {
        outbox::list_by_state(&self.store, state, PAGE_ITEMS_MAX, None).await.expect("mails").items.len()
    }

    async fn fates(&self, kind: FateKind) -> usize {
        list_by_fate(&self.store, kind, PAGE_ITEMS_MAX, None).await.expect("fates").items.len()
    }

    async fn check(&self) -> CheckReport {
        check(&self.store, &mut |_| {}).await.expect("a report")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_shows_everything_and_its_books_are_in_order() {
    let demo = filled(moments()[0]).await;
    let tickets = demo.tickets().await;
    for state in StateKind::ALL {
        assert!(tickets.iter().any(|record| record.ticket.state.kind() == state), "no ticket is {state}");
    }
    let merged = tickets.iter().filter(|record| record.ticket.duplicate_of().is_some()).count();
    assert!(tickets.iter().any(|record| record.ticket.snoozed_until.is_some()));
    assert!(tickets.iter().any(|record| !record.ticket.incidents.is_empty()));
    assert!(tickets.iter().any(|record| !record.ticket.links.is_empty()), "{merged} merged");
    assert!(tickets.iter().all(|record| record.ticket.opened_at <= demo.now));

    let clocks = demo.clocks(&tickets).await;
    let open = |clock: &&TicketClock| clock.state != ClockState::Ended;
    let running = clocks.iter().filter(|clock| clock.is_running()).count();
    let missed = clocks.iter().filter(open).filter(|clock| clock.missed_at.is_some()).count();
    let paused = clocks.iter().filter(|clock| clock.state == ClockState::Paused).count();
    assert!(running > missed && missed >= 3 && paused >= 3, "running {running}, missed {missed}, paused {paused}");
    assert_eq!(firing::oldest_due(&demo.store).await.expect("due").map(|due| due > demo.now), Some(true));

    let everything = Visibility::Everything;
    let page = cases::list(&demo.store, &everything, &cases::CaseFilter::default(), PAGE_ITEMS_MAX, None).await;
    let cases = page.expect("cases").items;
    for state in CaseStateKind::ALL {
        assert!(cases.iter().any(|case| case.state.kind() == state), "no case is {state}");
    }
    assert!(cases.iter().any(|case| case.tickets.len() == 3), "an outage is one case of several tickets");

    assert_eq!((demo.mails(OutboxState::Pending).await, demo.mails(OutboxState::Dead).await), (1, 1));
    assert!(demo.mails(OutboxState::Sent).await > 100 && demo.mails(OutboxState::Sending).await == 0);
    assert_eq!((demo.fates(FateKind::Held).await, demo.fates(FateKind::Quarantined).await), (4, 2));
    assert_eq!(demo.fates(FateKind::Operator).await, 2, "the operator's mail that named its case");
    for (reference, state) in [("21V-88127714", CaseStateKind::Filed), ("21V-88126402", CaseStateKind::Acknowledged)] {
        let case = cases.iter().find(|case| case.reference.as_deref() == Some(reference)).expect("a case");
        assert_eq!(case.state.kind(), state, "{reference}: a receipt acknowledges nothing");
    }
    let waiting = waiting_for_case(&demo.store, PAGE_ITEMS_MAX, None).await.expect("the operator's mail").items;
    let why: Vec<NoCase> = waiting.iter().map(|mail| mail.held.why).collect();
    assert_eq!(why, [NoCase::NoReference, NoCase::UnknownReference]);
    assert_eq!(demo.fates(FateKind::Pending).await, 0, "nothing waits that would be answered");

    clocks_of_every_kind(&clocks);
    let owed = cases.iter().flat_map(|case| &case.clocks).filter(|clock| open(clock));
    assert!(owed.count() >= 2, "the operator owes something");

    let first = demo.people.first();
    let signed_in = sign_in(&demo.store, &first.email, first.password, "127.0.0.1").await.expect("an answer");
    assert!(matches!(signed_in, SignIn::Welcome(_)), "{signed_in:?}");
    let report = demo.check().await;
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert!(demo.store.now().await.expect("now") < demo.now + Duration::seconds(1));
}

/// What became of promises, in all the ways that a manager may ask about.
fn clocks_of_every_kind(clocks: &[TicketClock]) {
    let any = |what: &str, wanted: &dyn Fn(&TicketClock) -> bool| assert!(clocks.iter().any(wanted), "{what}");
    any("terms changed midway", &|clock| clock.is_superseded());
    any("a miss was excused", &|clock| clock.excuse.is_some());
    any("hours of working days", &|clock| clock.calendar.as_str() == "cn-working-days");
    any("somebody was called and has not said that he saw it", &|clock| {
        let called = clock.steps.iter().filter_map(|step| step.acknowledgement.as_ref());
        clock.is_running() && called.into_iter().any(|call| call.is_open() && call.delivered_at.is_some())
    });
    any("nobody said so in time, and the next one was called", &|clock| {
        clock.steps.iter().filter_map(|step| step.acknowledgement.as_ref()).any(|call| call.timed_out_at.is_some())
    });
}

#[test]
fn the_rota_has_one_hole_and_it_is_known_days_before() {
    let cast = Cast::load().expect("people");
    let ids: Vec<AgentId> = (1..=cast.staff.len()).map(|n| AgentId(uuid::Uuid::from_u128(n as u128))).collect();
    for now in moments() {
        let begun_at = now - Duration::days(plan::DAYS + 1);
        let spec = duty::rota(&cast, &ids, begun_at, now).expect("a rota");
        let rota = Rota::compile(&spec).expect("it can be computed with");
        let (from, to) = duty::hole(now);
        assert!(from - now >= Duration::hours(24) && from - now <= Duration::days(8), "{now}: {from}");
        let gaps = rota.coverage(begun_at, now + Duration::days(28), &|_| true).expect("an answer");
        let told: Vec<_> = gaps.iter().map(|gap| (gap.level, gap.from, gap.to)).collect();
        assert_eq!(told, [(1, from, to)], "{now}");
        let on_call = cast.staff.iter().filter(|member| member.shift.is_some()).count();
        assert_eq!(rota.people().len(), on_call, "everybody who works in shifts");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_as_good_on_a_sunday_night() {
    let demo = filled(moments()[1]).await;
    let report = demo.check().await;
    assert!(report.findings.is_empty() && report.tickets > 50, "{report:#?}");
}
