//! Customers and subscriptions come in by themselves: the stand-in over real HTTP, a desk on either database.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;
use watchdesk_core::desk::Language;
use watchdesk_core::facts::DelegatedAdmin;
use watchdesk_core::ids::CustomerId;
use watchdesk_core::subscription::SubscriptionStatus;
use watchdesk_standin::{Fault, FaultRule, Seed, SeedCustomer, SeedSubscription, SubscriptionState};
use watchdesk_store::both_databases;
use watchdesk_store::directory::{
    Customer, CustomerFields, DirectoryFilter, Subscription, customer, customers, subscriptions_of, suspended,
    update_customer,
};
use watchdesk_store::synchronisation::{ChangeKind, Run, changes_of, latest};
use watchdesk_store::testing::TestStore;

use super::{CONTOSO, Rig};
use crate::directory::{DirectoryError, DirectorySync};

const FABRIKAM: &str = "c0a80101-0000-4000-8000-000000000002";
const E3: &str = "5e000001-5000-4000-8000-000000000001";
const AZURE: &str = "5e000001-5000-4000-8000-000000000002";

struct Desk {
    rig: Rig,
    desk: TestStore,
    sync: Arc<DirectorySync>,
}

impl Desk {
    async fn over(desk: TestStore, seed: Seed) -> Self {
        let rig = Rig::with(|options| options.seed = seed, |_| {}).await;
        let sync = Arc::new(DirectorySync::new(desk.store().clone(), rig.partner_center()));
        Self { rig, desk, sync }
    }

    /// Contoso has two subscriptions, Fabrikam none.
    async fn of_two(desk: TestStore) -> Self {
        let mut contoso = SeedCustomer::new(CONTOSO, "Contoso Ltd", "contoso.example");
        contoso.subscriptions =
            vec![SeedSubscription::new(E3, "Office 365 E3", 25), SeedSubscription::new(AZURE, "Azure", 1)];
        let fabrikam = SeedCustomer::new(FABRIKAM, "Fabrikam", "fabrikam.example");
        Self::over(desk, Seed::named(vec![contoso, fabrikam])).await
    }

    /// The program was killed and started again.
    fn restart(&mut self) {
        self.rig.restart();
        self.sync = Arc::new(DirectorySync::new(self.desk.store().clone(), self.rig.partner_center()));
    }

    /// As often as it takes.
    async fn run(&self) -> Run {
        loop {
            let progress = self.sync.step().await.unwrap();
            if !progress.goes_on() {
                return progress.run;
            }
        }
    }

    async fn everybody(&self) -> Vec<Customer> {
        let mut all = Vec::new();
        let mut cursor = None;
        loop {
            let page = customers(&self.desk, &DirectoryFilter::default(), 200, cursor.as_ref()).await.unwrap();
            all.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                return all;
            }
        }
    }

    async fn subscriptions(&self, customer: CustomerId) -> Vec<Subscription> {
        subscriptions_of(&self.desk, customer, 200, None).await.unwrap().items
    }

    async fn contoso(&self) -> Customer {
        customer(&self.desk, self.desk.seeded.customer).await.unwrap().unwrap()
    }

    async fn e3(&self) -> Subscription {
        let all = self.subscriptions(self.desk.seeded.customer).await;
        all.into_iter().find(|one| one.fields.operator_id == E3).expect("it is there")
    }

    fn turns(&self, id: &str, state: SubscriptionState) {
        let changed = self.rig.standin.change_customer(CONTOSO, |customer| {
            for one in customer.subscriptions.iter_mut().filter(|one| one.id == id) {
                one.state = state;
                one.suspension_reasons = vec!["PaymentOverdue".to_owned()];
            }
        });
        assert!(changed);
    }

    /// What the run told, in short.
    async fn told(&self, run: &Run) -> Vec<(ChangeKind, String, String, String)> {
        let changes = changes_of(&self.desk, run.number, 200, None).await.unwrap().items;
        changes.into_iter().map(|change| (change.kind, change.subject, change.before, change.after)).collect()
    }
}

both_databases! {
    async fn a_desk_learns_of_its_customers_and_keeps_what_people_know(desk: TestStore) {
        let desk = Desk::of_two(desk).await;
        let before = desk.contoso().await;
        let fields = CustomerFields {
            name: "Contoso 上海".to_owned(), domains: before.domains.clone(), language: Language::English,
            time_zone: "Asia/Urumqi".to_owned(), tenant_id: Some(CONTOSO.to_uppercase()),
            delegated_admin: DelegatedAdmin::Unknown, account_owner: before.account_owner, notes: "Night shift".to_owned(),
        };
        update_customer(&desk.desk, before.id, None, fields.clone()).await.unwrap();

        let run = desk.run().await;
        assert_eq!((run.customers, run.subscriptions, run.failures), (2, 2, 0));
        assert_eq!(desk.everybody().await.len(), 2, "one known by its tenant, one by its domain: nobody is there twice");
        let after = desk.contoso().await;
        let kept = CustomerFields { delegated_admin: DelegatedAdmin::Granted, ..fields };
        assert_eq!((after.name, after.language, after.time_zone), (kept.name, kept.language, kept.time_zone));
        assert_eq!((after.account_owner, after.notes, after.delegated_admin), (kept.account_owner, kept.notes, kept.delegated_admin));
        let fabrikam = customer(&desk.desk, desk.desk.seeded.other_customer).await.unwrap().unwrap();
        assert_eq!(fabrikam.tenant_id.as_deref(), Some(FABRIKAM));
        let e3 = desk.e3().await;
        assert_eq!((e3.fields.quantity, &e3.fields.status), (Some(25), &SubscriptionStatus::Active));

        let again = desk.run().await;
        assert_eq!((again.number, again.created, again.changed, again.gone, again.changes), (2, 0, 0, 0, 0));
        assert_eq!(desk.e3().await.version, e3.version, "what is the same is not written");
    }

    async fn a_suspension_begins_to_count_when_it_is_heard_of_and_ends(desk: TestStore) {
        let desk = Desk::of_two(desk).await;
        desk.run().await;
        desk.turns(E3, SubscriptionState::Suspended);
        let heard_at = desk.desk.advance(TimeDelta::hours(6));
        let run = desk.run().await;
        let expected = (ChangeKind::SubscriptionStatus, "Office 365 E3".to_owned(), "active".to_owned(), "suspended".to_owned());
        assert_eq!(desk.told(&run).await, [expected]);
        desk.desk.advance(TimeDelta::days(3));
        desk.run().await;
        let e3 = desk.e3().await;
        assert_eq!((e3.fields.suspended_since, e3.fields.suspension_reasons), (Some(heard_at), vec!["PaymentOverdue".to_owned()]));
        assert_eq!(suspended(&desk.desk, None, 10).await.unwrap().len(), 1);
        desk.turns(E3, SubscriptionState::Active);
        desk.run().await;
        assert_eq!(desk.e3().await.fields.suspended_since, None);
        assert_eq!(suspended(&desk.desk, None, 10).await.unwrap(), []);
    }

    async fn what_the_operator_changes_is_told_and_what_is_gone_is_gone(desk: TestStore) {
        let desk = Desk::of_two(desk).await;
        desk.run().await;
        desk.rig.standin.change_customer(CONTOSO, |customer| {
            customer.delegated_access = false;
            customer.subscriptions.retain(|one| one.id != AZURE);
            customer.subscriptions[0].quantity = 30;
        });
        desk.rig.standin.remove_customer(FABRIKAM);
        let run = desk.run().await;
        let told = |kind, subject: &str, before: &str, after: &str| (kind, subject.to_owned(), before.to_owned(), after.to_owned());
        assert_eq!(desk.told(&run).await, [
            told(ChangeKind::DelegatedAdmin, "", "granted", "withdrawn"),
            told(ChangeKind::SubscriptionQuantity, "Office 365 E3", "25", "30"),
            told(ChangeKind::CustomerGone, "", "", ""),
            told(ChangeKind::SubscriptionGone, "Azure", "active", "deleted"),
        ]);
        assert_eq!((run.customers, run.gone), (1, 2));
        assert_eq!(desk.contoso().await.delegated_admin, DelegatedAdmin::Withdrawn);
        assert_eq!(desk.everybody().await.len(), 2, "a customer who is gone there is still ours");
        assert_eq!(desk.run().await.changes, 0, "it is told once");
    }

    async fn who_cannot_be_read_loses_nothing(desk: TestStore) {
        let desk = Desk::of_two(desk).await;
        desk.run().await;
        desk.rig.standin.fail(FaultRule::every(1, Fault::Status(404)).at(&format!("{CONTOSO}/subscriptions")));
        let run = desk.run().await;
        assert_eq!((run.customers, run.failures, run.gone), (1, 1, 0), "the other one was read");
        assert_eq!(desk.told(&run).await[0].0, ChangeKind::Unreadable);
        assert_eq!(desk.e3().await.fields.status, SubscriptionStatus::Active);
    }

    async fn an_operator_who_is_down_ends_the_step_and_the_run_goes_on_later(desk: TestStore) {
        let desk = Desk::over(desk, Seed::customers(12, 12)).await;
        desk.rig.standin.fail(FaultRule::every(1, Fault::Status(503)).at("/subscriptions"));
        let error = desk.sync.step().await.unwrap_err();
        assert!(matches!(error, DirectoryError::Upstream(_)), "{error}");
        let waiting = latest(&desk.desk).await.unwrap().unwrap();
        assert_eq!((waiting.finished_at, waiting.customers), (None, 0));
        desk.rig.standin.heal();
        let run = desk.run().await;
        assert_eq!((run.number, run.customers, run.subscriptions), (waiting.number, 12, 12));
    }

    async fn killed_in_the_middle_a_run_goes_on_and_repeats_nothing(desk: TestStore) {
        let mut desk = Desk::over(desk, Seed::customers(90, 270)).await;
        let known = desk.everybody().await.len();
        let faults = vec![Fault::Status(503), Fault::Html, Fault::Drop, Fault::HalfAnAnswer, Fault::WrongType];
        desk.rig.standin.fail(FaultRule::in_turn(10, faults).at("/v1/"));
        desk.rig.standin.fail(FaultRule::every(71, Fault::Throttle { retry_after_s: 20 }).at("/v1/"));
        let sync = Arc::clone(&desk.sync);
        let running = tokio::spawn(async move { sync.step().await });
        while latest(&desk.desk).await.unwrap().is_none_or(|run| run.customers < 55) {
            tokio::task::yield_now().await;
        }
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
        let killed = latest(&desk.desk).await.unwrap().unwrap();
        assert!((55..90).contains(&killed.customers) && killed.cursor.is_some(), "{killed:?}");

        desk.restart();
        let run = desk.run().await;
        assert_eq!((run.number, run.customers, run.subscriptions, run.failures), (killed.number, 90, 270, 0));
        let everybody = desk.everybody().await;
        assert_eq!(everybody.len(), known + 90);
        let mut ids = BTreeSet::new();
        for customer in everybody {
            ids.extend(desk.subscriptions(customer.id).await.into_iter().map(|one| one.fields.operator_id));
        }
        assert_eq!(ids.len(), 270, "no duplicates and none missing");
        let busiest = desk.rig.standin.busiest_minute("/v1/");
        assert!(busiest <= 500, "{busiest} requests in one minute");
    }
}

/// A hundred times as many take a hundred times as long, and no more memory.
const MANY: usize = 200;

#[tokio::test]
async fn a_bigger_reseller_is_synchronised_within_the_limit() {
    let customers = MANY;
    let desk = TestStore::new(watchdesk_store::Backend::Sqlite).await;
    let desk = Desk::over(desk, Seed::customers(customers, customers * 4)).await;
    let faults = vec![Fault::Status(503), Fault::Html, Fault::Drop, Fault::HalfAnAnswer, Fault::WrongType];
    desk.rig.standin.fail(FaultRule::in_turn(10, faults).at("/v1/"));
    let run = desk.run().await;
    let busiest = desk.rig.standin.busiest_minute("/v1/");
    assert!(busiest <= 500, "{busiest} requests in one minute");
    let asked = (i64::try_from(customers).unwrap(), i64::try_from(customers * 4).unwrap());
    assert_eq!((run.customers, run.subscriptions, run.failures), (asked.0, asked.1, 0));
    desk.desk.database.remove().await;
}
