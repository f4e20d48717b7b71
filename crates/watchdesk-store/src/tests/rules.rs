use std::sync::Arc;

use chrono::Duration;
use watchdesk_core::calendar::{CalendarSpec, WeekHours, WeeklySpec};
use watchdesk_core::clock::{Clock, Objective, Outcome};
use watchdesk_core::desk::{AppliesTo, Named};
use watchdesk_core::event::ActorRef;
use watchdesk_core::ids::AgentId;
use watchdesk_core::policy::{Policy, Side, Target};
use watchdesk_core::rota::{LayerSpec, RotaSpec};

use super::*;
use crate::desk::load;
use crate::rules::{
    Edit, calendar, calendar_versions, delete_rota, known, policy, policy_versions, publish_calendar, publish_policy,
    rota, rotas, save_rota,
};
use crate::testing::small_seed;
use crate::{StoreError, audit};

/// The seeded policy with so many hours for the resolution of severity B.
fn with_resolution(hours: i64) -> Policy {
    let mut policy = small_seed().policies.remove(0);
    for rule in &mut policy.rules {
        let targets = rule.targets.get_mut(&Objective::Resolution).unwrap();
        targets.insert(Severity::B, Target::Seconds(hours * 3600));
    }
    policy
}

async fn resolution(desk: &TestStore, ticket: TicketId) -> Clock {
    let clocks = tickets::clocks(desk, ticket).await.unwrap();
    clocks.into_iter().rfind(|clock| clock.objective == Objective::Resolution).expect("it is owed")
}

async fn recompute(desk: &TestStore, ticket: TicketId) {
    desk.execute(&Actor::System, Unit::ticket(ticket, Command::Recompute)).await.unwrap();
}

fn office_hours(from: &str) -> CalendarSpec {
    let day = vec![[from.to_owned(), "18:00".to_owned()]];
    let hours = WeekHours { mon: day.clone(), tue: day, ..WeekHours::default() };
    let weekly = WeeklySpec { time_zone: "Asia/Shanghai".to_owned(), hours, ..WeeklySpec::default() };
    CalendarSpec::Weekly(Box::new(weekly))
}

fn night_rota(people: Vec<AgentId>) -> RotaSpec {
    RotaSpec {
        slug: slug("night"),
        name: Named { en: "Night".to_owned(), zh: "夜班".to_owned() },
        team: Some(slug("first-line")),
        layers: vec![LayerSpec {
            level: 1,
            people,
            rotation: "daily".to_owned(),
            every: 1,
            hand_over: "09:00".to_owned(),
            weekday: None,
            time_zone: "Asia/Shanghai".to_owned(),
            starts_on: "2026-03-02".to_owned(),
            until: None,
            restrictions: vec![],
        }],
        overrides: vec![],
    }
}

async fn audited(desk: &TestStore) -> Vec<(String, String, ActorRef)> {
    let page = audit::list(desk, 50, None).await.unwrap();
    page.items.into_iter().map(|entry| (entry.what, entry.object, entry.actor)).collect()
}

/// Four at the same time, and what each is told.
async fn at_once(desk: &TestStore, change: impl AsyncFn(crate::Store, i64) -> Result<i32, StoreError>) -> Vec<String> {
    let change = |n| change(desk.store().clone(), n);
    let (one, two, three, four) = tokio::join!(change(0), change(1), change(2), change(3));
    let mut told: Vec<String> = [one, two, three, four].map(in_words).into();
    told.sort();
    told
}

fn in_words(result: Result<i32, StoreError>) -> String {
    match result {
        Ok(version) => version.to_string(),
        Err(StoreError::Stale { current }) => format!("stale at {current}"),
        Err(StoreError::Changed { what }) => format!("{what} changed"),
        Err(error) => panic!("{error:?}"),
    }
}

crate::both_databases! {
    async fn the_seeded_policies_are_right(desk: TestStore) {
        let known = known(&load(&desk).await.unwrap(), [slug("pager")]);
        assert!(known.webhooks.contains(&slug("pager")) && known.calendars.contains(&slug("always")));
        for policy in small_seed().policies {
            assert_eq!(policy.faults(&known), []);
        }
    }

    async fn a_version_for_new_tickets_leaves_the_running_ones_alone(desk: TestStore) {
        let before = open(&desk, "before").await;
        let manager = desk.seeded.manager;
        let now = desk.advance(Duration::minutes(1));
        let version = publish_policy(&desk, manager, with_resolution(10), AppliesTo::New).await.unwrap();
        assert_eq!(version, 2);
        recompute(&desk, before.id).await;
        let after = open(&desk, "after").await;
        let (old, new) = (resolution(&desk, before.id).await, resolution(&desk, after.id).await);
        assert_eq!((old.policy_version, old.target_s, old.revision), (1, 24 * 3600, 1));
        assert_eq!((new.policy_version, new.target_s), (2, 10 * 3600));
        let newest = policy(&desk, Side::Customer, None).await.unwrap().unwrap();
        assert_eq!((newest.policy.version, newest.published.at, newest.published.by), (2, now, Some(manager)));
        assert_eq!(newest.published.applies_to, AppliesTo::New);
        let first = policy(&desk, Side::Customer, Some(1)).await.unwrap().unwrap();
        assert_eq!((first.policy, first.published.by), (small_seed().policies.remove(0), None));
        assert_eq!(policy(&desk, Side::Operator, None).await.unwrap().unwrap().policy.version, 1);
        expect_order(&desk).await;
    }

    async fn a_version_for_running_ones_supersedes_their_clocks(desk: TestStore) {
        let ticket = open(&desk, "x").await;
        desk.advance(Duration::hours(1));
        publish_policy(&desk, desk.seeded.manager, with_resolution(10), AppliesTo::Running).await.unwrap();
        recompute(&desk, ticket.id).await;
        let clocks = tickets::clocks(&desk, ticket.id).await.unwrap();
        let chain: Vec<_> = clocks.iter().filter(|clock| clock.objective == Objective::Resolution).collect();
        assert_eq!(chain.iter().map(|clock| clock.revision).collect::<Vec<_>>(), [1, 2]);
        assert_eq!((chain[0].outcome, chain[0].consumed_s), (Some(Outcome::Superseded), Some(3600)));
        assert_eq!((chain[1].policy_version, chain[1].deadline), (2, Some(chain[0].started_at + Duration::hours(10))));
        assert_eq!(record(&desk, ticket.id).await.due_at, Some(chain[0].started_at + Duration::hours(4)));
        expect_order(&desk).await;
    }

    async fn versions_are_listed_and_published_one_after_the_other(desk: TestStore) {
        let publishers = (0..5).map(|n| {
            let (store, manager) = (desk.store().clone(), desk.seeded.manager);
            tokio::spawn(async move { publish_policy(&store, manager, with_resolution(n + 10), AppliesTo::New).await })
        });
        let mut versions = Vec::new();
        for publisher in publishers.collect::<Vec<_>>() {
            versions.push(publisher.await.unwrap().expect("it is published"));
        }
        versions.sort_unstable();
        assert_eq!(versions, [2, 3, 4, 5, 6]);
        let page = policy_versions(&desk, Side::Customer, 4, None).await.unwrap();
        let rest = policy_versions(&desk, Side::Customer, 4, page.next.as_ref()).await.unwrap();
        let listed = page.items.iter().chain(&rest.items).map(|version| version.policy.version);
        assert_eq!(listed.collect::<Vec<_>>(), [6, 5, 4, 3, 2, 1]);
        let other = policy_versions(&desk, Side::Operator, 4, page.next.as_ref()).await.unwrap_err();
        assert!(matches!(other, StoreError::BadCursor));
        let operator = small_seed().policies.remove(1);
        assert_eq!(publish_policy(&desk, desk.seeded.admin, operator, AppliesTo::Running).await.unwrap(), 2);
        assert_eq!(audited(&desk).await[0], (
            "policy.published".to_owned(), "operator/2".to_owned(), ActorRef::Agent(desk.seeded.admin),
        ));
    }

    async fn of_those_who_build_on_the_same_version_one_wins(desk: TestStore) {
        let by = desk.seeded.manager;
        let days = slug("working-days");
        let on_first = Edit { by, expected: Some(1) };
        let told = at_once(&desk, async |store, n| {
            publish_policy(&store, Edit { by, expected: Some(1) }, with_resolution(n + 10), AppliesTo::New).await
        });
        assert_eq!(told.await, ["2", "stale at 2", "stale at 2", "stale at 2"]);
        let told = at_once(&desk, async |store, n| {
            let spec = office_hours(&format!("0{n}:00"));
            publish_calendar(&store, Edit { by, expected: Some(1) }, &slug("working-days"), &spec, AppliesTo::New).await
        });
        assert_eq!(told.await, ["2", "stale at 2", "stale at 2", "stale at 2"]);
        // The first of a new one, too.
        let told = at_once(&desk, async |store, n| {
            let spec = office_hours(&format!("0{n}:00"));
            publish_calendar(&store, Edit { by, expected: Some(0) }, &slug("night"), &spec, AppliesTo::New).await
        });
        assert_eq!(told.await, ["1", "stale at 1", "stale at 1", "stale at 1"]);
        assert!(publish_calendar(&desk, on_first, &days, &office_hours("09:00"), AppliesTo::New).await.is_err());
        assert_eq!(publish_calendar(&desk, by, &days, &office_hours("09:00"), AppliesTo::New).await.unwrap(), 3);
        assert_eq!(audited(&desk).await.len(), 4, "what was refused is not on record");
    }

    async fn of_those_who_have_read_the_same_rota_one_wins(desk: TestStore) {
        let (by, agent, lead) = (desk.seeded.manager, desk.seeded.agent, desk.seeded.lead);
        let people = [vec![agent], vec![lead], vec![agent, lead], vec![lead, agent]];
        for expected in [None, Some(night_rota(vec![by]))] {
            let told = at_once(&desk, async |store, n| {
                let edit = Edit { by, expected: Some(expected.clone()) };
                save_rota(&store, edit, &night_rota(people[n as usize].clone())).await.map(|()| 0)
            });
            assert_eq!(told.await, ["0", "rota changed", "rota changed", "rota changed"]);
            save_rota(&desk, by, &night_rota(vec![by])).await.unwrap();
        }
        let read = Edit { by, expected: Some(Some(night_rota(vec![by]))) };
        save_rota(&desk, by, &night_rota(vec![lead])).await.unwrap();
        let refused = delete_rota(&desk, read, &slug("night")).await;
        assert!(matches!(refused, Err(StoreError::Changed { what: "rota" })), "{refused:?}");
        assert_eq!(rotas(&desk).await.unwrap().len(), 1);
    }

    async fn what_was_published_is_seen_by_the_other_nodes_and_compiled_once(desk: TestStore) {
        let other = desk.reopen().await;
        let before = load(&other).await.unwrap();
        let days = slug("office");
        let manager = desk.seeded.manager;
        assert_eq!(publish_calendar(&desk, manager, &days, &office_hours("09:00"), AppliesTo::New).await.unwrap(), 1);
        assert_eq!(publish_calendar(&desk, manager, &days, &office_hours("10:00"), AppliesTo::New).await.unwrap(), 2);
        let after = load(&other).await.unwrap();
        assert_eq!(after.calendars[&days].iter().count(), 2);
        let kept = slug("working-days");
        let one = |desk: &watchdesk_core::desk::Desk| Arc::clone(desk.calendar_version(&kept, 1).unwrap());
        assert!(Arc::ptr_eq(&one(&before), &one(&after)), "what was there is not compiled again");
        let listed = calendar_versions(&desk, &days, 10, None).await.unwrap().items;
        assert_eq!(listed.iter().map(|listed| listed.version).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(calendar(&desk, &days, Some(1)).await.unwrap().unwrap().spec, office_hours("09:00"));
        assert_eq!(calendar(&desk, &days, None).await.unwrap().unwrap(), listed[0]);
        assert_eq!(audited(&desk).await[0].0, "calendar.published");
    }

    async fn a_calendar_that_cannot_be_used_is_not_published(desk: TestStore) {
        let manager = desk.seeded.manager;
        let refused = publish_calendar(&desk, manager, &slug("x"), &office_hours("25:00"), AppliesTo::New).await;
        assert!(matches!(refused, Err(StoreError::BadCalendar(_))), "{refused:?}");
        let refused = publish_calendar(&desk, manager, &slug("always"), &CalendarSpec::Always, AppliesTo::New).await;
        assert!(matches!(refused, Err(StoreError::Taken { .. })), "{refused:?}");
        assert_eq!(audited(&desk).await, []);
        load(&desk).await.unwrap();
    }

    async fn a_rota_is_saved_changed_and_deleted(desk: TestStore) {
        let (by, agent, lead) = (desk.seeded.manager, desk.seeded.agent, desk.seeded.lead);
        let now = desk.clock.now();
        save_rota(&desk, by, &night_rota(vec![agent])).await.unwrap();
        let on_call = async |at| load(&desk).await.unwrap().rotas[&slug("night")].on_call(1, at, &|_| true);
        assert_eq!(on_call(now).await, Some(agent));
        desk.advance(Duration::hours(1));
        save_rota(&desk, by, &night_rota(vec![lead, agent])).await.unwrap();
        assert_eq!(on_call(now).await, Some(lead));
        let saved = rota(&desk, &slug("night")).await.unwrap().unwrap();
        assert_eq!((saved.spec, saved.updated_at), (night_rota(vec![lead, agent]), desk.clock.now()));
        assert_eq!(rotas(&desk).await.unwrap().len(), 1);
        assert!(delete_rota(&desk, by, &slug("night")).await.unwrap());
        assert!(!delete_rota(&desk, by, &slug("night")).await.unwrap());
        assert!(load(&desk).await.unwrap().rotas.is_empty());
        let done: Vec<_> = audited(&desk).await.into_iter().map(|(what, ..)| what).collect();
        assert_eq!(done, ["rota.deleted", "rota.saved", "rota.saved"]);
    }

    async fn a_rota_names_people_and_teams_that_are_there(desk: TestStore) {
        let by = desk.seeded.manager;
        let refused = save_rota(&desk, by, &night_rota(vec![])).await;
        assert!(matches!(refused, Err(StoreError::BadRota(_))), "{refused:?}");
        let refused = save_rota(&desk, by, &night_rota(vec![AgentId(fresh_id())])).await;
        assert!(matches!(refused, Err(StoreError::Missing { what: "agent" })), "{refused:?}");
        let nowhere = RotaSpec { team: Some(slug("nowhere")), ..night_rota(vec![by]) };
        let refused = save_rota(&desk, by, &nowhere).await;
        assert!(matches!(refused, Err(StoreError::Missing { what: "team" })), "{refused:?}");
        assert_eq!(rotas(&desk).await.unwrap(), []);
    }
}

crate::both_databases! {
    async fn an_older_desk_gets_the_policies_that_are_new_for_what_is_to_come(desk: TestStore) {
        let mut seed = small_seed();
        assert_eq!(crate::desk::seed_missing_policies(&desk, &seed).await.unwrap(), []);
        desk.damage("DELETE FROM policy WHERE slug = 'operator'").await;
        seed.policies.retain(|policy| policy.side == Side::Operator);
        let added = crate::desk::seed_missing_policies(&desk, &seed).await.unwrap();
        assert_eq!(added.len(), 1);
        let now = desk.now().await.unwrap();
        let loaded = load(&desk).await.unwrap();
        assert!(loaded.operator_policy.for_opened(now).is_some());
        assert!(loaded.operator_policy.for_opened(now - Duration::hours(1)).is_none(), "not for what is older");
    }
}
