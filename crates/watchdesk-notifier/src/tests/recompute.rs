//! A policy for what runs: everything is measured anew, one by one, and nobody who dies loses the place.

use chrono::Duration;
use watchdesk_core::clock::Objective;
use watchdesk_core::desk::AppliesTo;
use watchdesk_core::event::EventKind;
use watchdesk_core::explain::{self, Explanation, Happening, Material, Recomputed};
use watchdesk_core::ids::{Slug, TicketId};
use watchdesk_core::policy::{Policy, Side, Target};
use watchdesk_core::ticket::Severity;
use watchdesk_store::directory::{self, ContractFields};
use watchdesk_store::recompute::{self, Cause, Job};
use watchdesk_store::testing::TestStore;
use watchdesk_store::{both_databases, desk, rules, tickets};

use super::desk::{Desk, Wrote};
use crate::recompute::{LEASE_S, PAGE};
use crate::{RecomputeReport, Recomputer};

/// First answers are owed after so many seconds.
async fn publish(desk: &Desk, target_s: i64, applies_to: AppliesTo) {
    let newest = rules::policy(&desk.store, Side::Customer, None).await.unwrap().unwrap();
    let mut policy: Policy = newest.policy;
    let of_answers = policy.rules[0].targets.get_mut(&Objective::FirstResponse).unwrap();
    of_answers.insert(Severity::B, Target::Seconds(target_s));
    rules::publish_policy(&desk.store, desk.store.seeded.manager, policy, applies_to).await.unwrap();
}

async fn job(desk: &Desk) -> Job {
    recompute::latest(&desk.store, &Cause::Policy(Side::Customer)).await.unwrap().unwrap()
}

fn recomputer(desk: &Desk) -> Recomputer {
    Recomputer::new(desk.store.store().clone())
}

/// Until there is nothing more.
async fn walk(recomputer: &Recomputer) -> Vec<RecomputeReport> {
    let mut reports = Vec::new();
    loop {
        let report = recomputer.pass().await.unwrap();
        if !report.more {
            return reports;
        }
        reports.push(report);
    }
}

both_databases! {
    async fn a_job_goes_on_from_its_last_page_when_the_node_dies(store: TestStore) {
        let desk = Desk::over(store).await;
        let mut tickets = Vec::new();
        for n in 0..PAGE + 3 {
            let mail_id = format!("his-{n}@customer.example");
            tickets.push(desk.customer_opens(Wrote { mail_id: Some(&mail_id), ..Wrote::default() }).await);
        }
        desk.triage(tickets[0]).await;
        desk.escalate(tickets[0], "SR-1").await;
        let broken = desk.ticket(tickets[7]).await.ticket.number;
        desk.store.damage(&format!("UPDATE ticket SET severity = 'Z' WHERE number = {broken}")).await;
        publish(&desk, 1_800, AppliesTo::Running).await;
        let begun = job(&desk).await;
        assert_eq!((begun.total, begun.done, begun.finished_at), (PAGE + 4, 0, None));

        let dies = recomputer(&desk);
        assert_eq!(dies.pass().await.unwrap(), RecomputeReport { done: PAGE, failed: 1, finished: 0, more: true });
        drop(dies);
        let other = recomputer(&desk);
        assert_eq!(other.pass().await.unwrap(), RecomputeReport::default(), "while its lease lasts nobody else walks");
        assert_eq!(job(&desk).await.done, PAGE);
        desk.advance(Duration::seconds(LEASE_S));
        let passes: Vec<_> = walk(&other).await.iter().map(|report| (report.done, report.finished)).collect();
        assert_eq!(passes, [(3, 0), (0, 0), (1, 0), (0, 1)], "the rest, the end of the tickets, the case, the end");
        let through = job(&desk).await;
        assert_eq!((through.total, through.done, through.failed), (PAGE + 4, PAGE + 4, 1));
        assert_eq!(through.finished_at, Some(desk.now()));
        for ticket in [tickets[1], tickets[tickets.len() - 1]] {
            let clock = desk.clock(ticket, Objective::FirstResponse).await;
            assert_eq!((clock.revision, clock.target_s, clock.policy_version), (2, 1_800, 2));
            assert_eq!(clock.deadline, Some(clock.started_at + Duration::minutes(30)), "from the original start");
        }
        assert_eq!(other.pass().await.unwrap(), RecomputeReport::default());
    }
}

/// Silver is owed a first answer within half an hour; the others what they were owed.
async fn publish_silver(desk: &Desk) {
    let newest = rules::policy(&desk.store, Side::Customer, None).await.unwrap().unwrap();
    let mut policy: Policy = newest.policy;
    let mut silver = policy.rules[0].clone();
    silver.name = "Silver".to_owned();
    silver.when.tiers = [Slug::new("silver").unwrap()].into();
    for targets in silver.targets.values_mut() {
        targets.insert(Severity::B, Target::Seconds(1_800));
    }
    policy.rules.insert(0, silver);
    rules::publish_policy(&desk.store, desk.store.seeded.manager, policy, AppliesTo::Running).await.unwrap();
}

async fn explained(desk: &Desk, ticket: TicketId, tier: &Slug) -> Explanation {
    let record = desk.ticket(ticket).await;
    let events = tickets::events(&desk.store, ticket, 0, 100).await.unwrap();
    let clocks = tickets::clocks(&desk.store, ticket).await.unwrap();
    explain::explain(&Material {
        desk: &desk::load(&desk.store).await.unwrap(),
        ticket: &record.ticket,
        tier: Some(tier),
        events: &events,
        clocks: &clocks,
        cases: &[],
        now: desk.now(),
    })
}

both_databases! {
    async fn a_contract_that_reaches_back_measures_open_tickets_anew(store: TestStore) {
        let desk = Desk::over(store).await;
        publish_silver(&desk).await;
        walk(&recomputer(&desk)).await;
        let first = desk.customer_opens(Wrote::default()).await;
        let wrote = Wrote { mail_id: Some("his-2@customer.example"), ..Wrote::default() };
        let answered = desk.customer_opens(wrote).await;
        let opened_at = desk.now();
        desk.triage(answered).await;
        desk.reply(answered, "We look.").await;
        desk.advance(Duration::hours(1));
        let before = desk.clock(first, Objective::FirstResponse).await;
        assert_eq!((before.target_s, before.missed_at), (4 * 3_600, None));

        let (customer, silver) = (desk.store.seeded.customer, Slug::new("silver").unwrap());
        let (effective_from, effective_to) = (opened_at - Duration::days(1), None);
        let fields = ContractFields { customer, tier: silver.clone(), premium: false, effective_from, effective_to };
        let contract = directory::add_contract(&desk.store, fields).await.unwrap();
        let passes: u64 = walk(&recomputer(&desk)).await.iter().map(|report| report.done).sum();
        assert_eq!(passes, 2, "the open tickets of that customer");

        let clock = desk.clock(first, Objective::FirstResponse).await;
        let missed_at = opened_at + Duration::minutes(30);
        assert_eq!((clock.revision, clock.rule.as_str(), clock.missed_at), (2, "Silver", Some(missed_at)));
        assert_eq!(clock.started_at, opened_at, "from the original start");
        let happened = desk.happened(first).await;
        assert!(happened.contains(&EventKind::ClockSuperseded { clock: before.reference() }), "{happened:?}");
        assert!(happened.contains(&EventKind::ClockStarted { clock: clock.reference() }), "{happened:?}");
        let done = desk.clock(answered, Objective::FirstResponse).await;
        assert_eq!((done.revision, done.target_s), (1, 4 * 3_600), "what has ended stays as it was");

        let told = explained(&desk, first, &silver).await;
        let chain = told.chains.iter().find(|chain| chain.objective == Objective::FirstResponse).unwrap();
        let why = Happening::TookOver { from_revision: 1, why: vec![Recomputed::Contract { to: Some(silver) }] };
        let story = &chain.instances[1].story;
        assert!(story.iter().any(|line| line.what == why), "{story:#?}");

        // It was a mistake: never in force, the old promise holds again.
        assert!(directory::end_contract(&desk.store, contract.id, effective_from).await.unwrap());
        walk(&recomputer(&desk)).await;
        let clock = desk.clock(first, Objective::FirstResponse).await;
        assert_eq!((clock.revision, clock.target_s), (3, 4 * 3_600));
    }
}

both_databases! {
    async fn what_is_for_new_tickets_only_leaves_no_job(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.customer_opens(Wrote::default()).await;
        publish(&desk, 1_800, AppliesTo::New).await;
        assert_eq!(recompute::latest(&desk.store, &Cause::Policy(Side::Customer)).await.unwrap(), None);
        assert_eq!(recomputer(&desk).pass().await.unwrap(), RecomputeReport::default());
        assert_eq!(desk.clock(ticket, Objective::FirstResponse).await.target_s, 4 * 3_600);
    }
}

both_databases! {
    async fn one_version_after_the_other_is_worked_off(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.customer_opens(Wrote::default()).await;
        publish(&desk, 1_800, AppliesTo::Running).await;
        publish(&desk, 3_600, AppliesTo::Running).await;
        let finished: u64 = walk(&recomputer(&desk)).await.iter().map(|report| report.finished).sum();
        assert_eq!((finished, job(&desk).await.version), (2, 3));
        assert_eq!(desk.clock(ticket, Objective::FirstResponse).await.target_s, 3_600);
    }
}
