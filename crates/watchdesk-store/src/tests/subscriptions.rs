//! What customers subscribe to: kept by hand, from a file, or by the operator's word.

use chrono::Duration;
use watchdesk_core::facts::DelegatedAdmin;
use watchdesk_core::ids::{CustomerId, SubscriptionId};
use watchdesk_core::subscription::SubscriptionStatus;

use super::*;
use crate::directory::{
    Imported, SubscriptionFields, SubscriptionSource, create_subscription, customer, import_subscription, subscription,
    subscriptions_of, suspended, update_subscription,
};
use crate::schedules::{self, Wanted};
use crate::synchronisation::{
    self, ChangeKind, Heard, already_read, begin_or_resume, changes_of, close, list, take, turned,
};
use crate::{StoreError, fresh_id};

fn fields(operator_id: &str, offer: &str, status: &str) -> SubscriptionFields {
    SubscriptionFields {
        operator_id: operator_id.to_owned(),
        offer: offer.to_owned(),
        friendly_name: None,
        quantity: Some(5),
        status: SubscriptionStatus::of(status),
        suspended_since: None,
        suspension_reasons: Vec::new(),
        effective_start: None,
        commitment_end: None,
        auto_renew: Some(true),
        billing_type: Some("license".to_owned()),
        order_id: None,
        etag: None,
        source: SubscriptionSource::Manual,
    }
}

fn heard(operator_id: &str, subscriptions: Vec<SubscriptionFields>) -> Heard {
    let of_operator = |fields| SubscriptionFields { source: SubscriptionSource::PartnerCenter, ..fields };
    Heard {
        operator_id: operator_id.to_owned(),
        tenant_id: Some(operator_id.to_owned()),
        name: "Northwind".to_owned(),
        domain: Some("northwind.example".to_owned()),
        delegated_admin: Some(true),
        subscriptions: subscriptions.into_iter().map(of_operator).collect(),
        is_whole: true,
    }
}

async fn names(desk: &TestStore, customer: CustomerId) -> Vec<String> {
    let page = subscriptions_of(desk, customer, 10, None).await.unwrap();
    page.items.into_iter().map(|one| one.fields.offer).collect()
}

crate::both_databases! {
    async fn a_subscription_by_hand_is_kept_and_changed(desk: TestStore) {
        let ours = desk.seeded.customer;
        let new = create_subscription(&desk, ours, fields("s1", "Exchange Online", "active")).await.unwrap();
        assert_eq!((new.version, new.fields.suspended_since), (1, None));
        let again = create_subscription(&desk, ours, fields("s1", "Other", "active")).await.unwrap_err();
        assert!(matches!(again, StoreError::Taken { what: "subscription" }), "{again:?}");
        create_subscription(&desk, desk.seeded.other_customer, fields("s1", "Theirs", "active")).await.unwrap();

        let since = desk.clock.now() - Duration::days(52);
        let stated = SubscriptionFields { suspended_since: Some(since), ..fields("s1", "Exchange Online", "suspended") };
        let stale = update_subscription(&desk, new.id, Some(7), stated.clone()).await.unwrap_err();
        assert!(matches!(stale, StoreError::Stale { current: 1 }));
        let changed = update_subscription(&desk, new.id, Some(1), stated).await.unwrap().unwrap();
        assert_eq!((changed.version, changed.fields.suspended_since), (2, Some(since)));
        assert_eq!(subscription(&desk, new.id).await.unwrap(), Some(changed.clone()));
        let back = update_subscription(&desk, new.id, None, fields("s1", "Exchange Online", "active")).await.unwrap();
        assert_eq!(back.unwrap().fields.suspended_since, None, "what is active again begins anew");
        let unknown = SubscriptionId(fresh_id());
        assert_eq!(update_subscription(&desk, unknown, None, fields("x", "X", "active")).await.unwrap(), None);
    }

    async fn lists_go_page_by_page_and_the_board_shows_first_who_loses_first(desk: TestStore) {
        let (ours, theirs) = (desk.seeded.customer, desk.seeded.other_customer);
        let now = desk.clock.now();
        for (id, offer, days) in [("a", "Azure", Some(3)), ("b", "Dynamics", None), ("c", "Exchange", Some(52))] {
            let since = days.map(|days| now - Duration::days(days));
            let status = if since.is_some() { "suspended" } else { "expired" };
            let fields = SubscriptionFields { suspended_since: since, ..fields(id, offer, status) };
            create_subscription(&desk, ours, fields).await.unwrap();
        }
        let theirs_since = Some(now - Duration::days(20));
        let suspended_there = SubscriptionFields { suspended_since: theirs_since, ..fields("a", "Theirs", "suspended") };
        create_subscription(&desk, theirs, suspended_there).await.unwrap();

        let first = subscriptions_of(&desk, ours, 2, None).await.unwrap();
        let rest = subscriptions_of(&desk, ours, 2, first.next.as_ref()).await.unwrap();
        let offers: Vec<_> = first.items.iter().chain(&rest.items).map(|one| one.fields.offer.as_str()).collect();
        assert_eq!((offers, rest.next), (vec!["Azure", "Dynamics", "Exchange"], None));
        assert_eq!(first.items[1].fields.status, SubscriptionStatus::Other("expired".to_owned()), "the word is kept");

        let board = async |customers: Option<Vec<CustomerId>>| {
            let customers = customers.map(|some| some.into_iter().collect());
            let found = suspended(&desk, customers.as_ref(), 10).await.unwrap();
            found.into_iter().map(|one| one.fields.offer).collect::<Vec<_>>()
        };
        assert_eq!(board(None).await, ["Exchange", "Theirs", "Azure"]);
        assert_eq!(board(Some(vec![theirs])).await, ["Theirs"]);
        assert_eq!(board(Some(vec![])).await, [""; 0]);
    }

    async fn a_file_that_is_read_twice_changes_nothing_the_second_time(desk: TestStore) {
        let ours = desk.seeded.customer;
        let line = || SubscriptionFields { source: SubscriptionSource::Csv, ..fields("s1", "Exchange", "suspended") };
        assert_eq!(import_subscription(&desk, ours, line(), true).await.unwrap(), Imported::New);
        assert_eq!(names(&desk, ours).await, [""; 0], "a trial leaves nothing behind");
        assert_eq!(import_subscription(&desk, ours, line(), false).await.unwrap(), Imported::New);
        desk.advance(Duration::days(1));
        assert_eq!(import_subscription(&desk, ours, line(), false).await.unwrap(), Imported::Same);
        let more = SubscriptionFields { quantity: Some(6), ..line() };
        assert_eq!(import_subscription(&desk, ours, more.clone(), true).await.unwrap(), Imported::Changed);
        assert_eq!(import_subscription(&desk, ours, more, false).await.unwrap(), Imported::Changed);
    }

    async fn a_run_creates_follows_and_ends_once(desk: TestStore) {
        let run = begin_or_resume(&desk).await.unwrap();
        assert_eq!((run.number, run.customers), (1, 0));
        let mine = vec![fields("s1", "Exchange", "active"), fields("s2", "Azure", "pending")];
        let taken = take(&desk, 1, &heard("t-1", mine.clone())).await.unwrap();
        assert!(taken.is_new);
        let new = customer(&desk, taken.customer).await.unwrap().unwrap();
        assert_eq!((new.domains, new.tenant_id, new.delegated_admin), (vec!["northwind.example".to_owned()], Some("t-1".to_owned()), DelegatedAdmin::Granted));
        let ids = ["t-1".to_owned(), "t-2".to_owned()];
        assert_eq!(already_read(&desk, 1, &ids).await.unwrap(), ["t-1".to_owned()].into());
        turned(&desk, 1, Some("page-2"), Some(2), true).await.unwrap();
        let again = begin_or_resume(&desk).await.unwrap();
        assert_eq!((again.cursor.as_deref(), again.customers, again.total, again.number), (Some("page-2"), 1, Some(2), 1));
        turned(&desk, 1, None, None, true).await.unwrap();
        let ended = close(&desk, 1).await.unwrap().unwrap();
        assert_eq!((ended.finished_at, ended.created, ended.gone), (Some(desk.clock.now()), 3, 0));

        let second = begin_or_resume(&desk).await.unwrap();
        assert_eq!(second.number, 2);
        let renamed = Heard { name: "Northwind 北风".to_owned(), ..heard("t-1", mine[..1].to_vec()) };
        assert_eq!(take(&desk, 2, &renamed).await.unwrap().customer, taken.customer);
        turned(&desk, 2, None, Some(1), true).await.unwrap();
        let ended = close(&desk, 2).await.unwrap().unwrap();
        assert_eq!((ended.created, ended.changed, ended.gone), (0, 1, 1));
        let told = changes_of(&desk, 2, 1, None).await.unwrap();
        assert_eq!(told.items[0].after, "Northwind 北风");
        let rest = changes_of(&desk, 2, 10, told.next.as_ref()).await.unwrap();
        assert_eq!((rest.items[0].subject.as_str(), rest.items[0].after.as_str()), ("Azure", "deleted"));
        assert_eq!(list(&desk, 1, None).await.unwrap().items[0].number, 2, "the latest first");
    }

    async fn what_else_changed_of_a_subscription_is_named(desk: TestStore) {
        let before = fields("s1", "Exchange", "active");
        let after = SubscriptionFields { order_id: Some("O-7".to_owned()), auto_renew: Some(false), ..before.clone() };
        let unseen = SubscriptionFields { etag: Some("x".to_owned()), ..after.clone() };
        for (number, said) in [(1, before), (2, after), (3, unseen)] {
            begin_or_resume(&desk).await.unwrap();
            take(&desk, number, &heard("t-1", vec![said])).await.unwrap();
            turned(&desk, number, None, None, true).await.unwrap();
            close(&desk, number).await.unwrap().unwrap();
        }
        let told = changes_of(&desk, 2, 10, None).await.unwrap().items;
        let [one] = &told[..] else { panic!("one change: {told:?}") };
        assert_eq!(one.kind, ChangeKind::SubscriptionChanged);
        assert_eq!((one.before.as_str(), one.after.as_str()), ("auto_renew: true; order_id: ", "auto_renew: false; order_id: O-7"));
        assert_eq!(changes_of(&desk, 3, 10, None).await.unwrap().items, [], "nothing that people see");
    }

    async fn a_run_that_did_not_see_all_takes_nobody_for_gone(desk: TestStore) {
        let one = || heard("t-1", vec![fields("s1", "Exchange", "active")]);
        let run = async |number: i64, whole: bool, said: Option<Heard>| {
            begin_or_resume(&desk).await.unwrap();
            if let Some(said) = said {
                take(&desk, number, &said).await.unwrap();
            }
            turned(&desk, number, None, None, whole).await.unwrap();
            close(&desk, number).await.unwrap().unwrap().gone
        };
        assert_eq!(run(1, true, Some(one())).await, 0);
        assert_eq!(run(2, true, None).await, 0, "an operator who shows nobody is broken");
        let other = Heard { tenant_id: None, domain: None, ..heard("t-2", Vec::new()) };
        assert_eq!(run(3, false, Some(other.clone())).await, 0, "a page could not be read to its end");
        let partly = Heard { is_whole: false, ..heard("t-1", Vec::new()) };
        assert_eq!(run(4, true, Some(partly)).await, 1, "only the other one, who is not in the list");
        assert_eq!(run(5, true, Some(other)).await, 2, "now he and his subscription are");
    }

    async fn a_name_that_people_gave_stays(desk: TestStore) {
        let ours = customer(&desk, desk.seeded.other_customer).await.unwrap().unwrap();
        let said = Heard { domain: Some("FABRIKAM.example".to_owned()), name: "Fabrikam Inc.".to_owned(), ..heard("t-9", Vec::new()) };
        for (number, name) in [(1, "Fabrikam Inc."), (2, "Fabrikam GmbH")] {
            begin_or_resume(&desk).await.unwrap();
            let taken = take(&desk, number, &Heard { name: name.to_owned(), ..said.clone() }).await.unwrap();
            assert_eq!((taken.customer, taken.is_new), (ours.id, false));
            turned(&desk, number, None, None, true).await.unwrap();
            close(&desk, number).await.unwrap();
        }
        assert_eq!(customer(&desk, ours.id).await.unwrap().unwrap().name, ours.name);
    }

    async fn changes_are_counted_beyond_those_that_are_kept(desk: TestStore) {
        begin_or_resume(&desk).await.unwrap();
        take(&desk, 1, &heard("t-1", Vec::new())).await.unwrap();
        let kept = u64::try_from(synchronisation::CHANGES_KEPT_MAX).unwrap();
        let many = (0..kept + 20).map(|number| fields(&format!("s{number}"), "Exchange", "active")).collect();
        take(&desk, 1, &heard("t-1", many)).await.unwrap();
        let run = synchronisation::run(&desk, 1).await.unwrap().unwrap();
        assert_eq!(u64::try_from(run.changes).unwrap(), kept + 21);
        let mut seen = 0;
        let mut cursor = None;
        loop {
            let page = changes_of(&desk, 1, 200, cursor.as_ref()).await.unwrap();
            seen += page.items.len() as u64;
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, kept);
    }

    async fn a_task_is_run_now_unless_somebody_has_it_in_hand(desk: TestStore) {
        let now = desk.clock.now();
        assert_eq!(schedules::run_now(&desk, "sync").await.unwrap(), Wanted::Unknown);
        schedules::ensure(&desk, "sync", "0 0 2 * * *", now + Duration::hours(5)).await.unwrap();
        assert_eq!(schedules::run_now(&desk, "sync").await.unwrap(), Wanted::Due);
        let claim = schedules::claim_due(&desk, now, 10, 900).await.unwrap().remove(0);
        assert_eq!(schedules::run_now(&desk, "sync").await.unwrap(), Wanted::Running);
        assert!(schedules::hold(&desk, "sync", claim.fence, now + Duration::seconds(180)).await.unwrap());
        assert_eq!(schedules::next_due(&desk).await.unwrap(), Some(now + Duration::seconds(180)), "he is soon missed");
        assert!(!schedules::hold(&desk, "sync", claim.fence + 1, now).await.unwrap());
        assert!(schedules::all(&desk).await.unwrap()[0].is_running);
    }
}
