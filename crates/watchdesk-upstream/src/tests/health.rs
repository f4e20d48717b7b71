//! The operator's health comes in by itself: the stand-in over real HTTP, a desk on either database.

use std::time::Duration;

use chrono::TimeDelta;
use watchdesk_core::facts::{DelegatedAdmin, HealthStatus};
use watchdesk_core::ids::{AgentId, CustomerId, Slug};
use watchdesk_standin::{Fault, FaultRule, Seed, SeedCustomer};
use watchdesk_store::both_databases;
use watchdesk_store::desk::{Health, health, health_of, set_health};
use watchdesk_store::directory::{CustomerFields, customer, update_customer};
use watchdesk_store::incidents::{Incident, Source, by_reference, end, entries, unsettled};
use watchdesk_store::testing::TestStore;

use super::{CONTOSO, Rig};
use crate::health::{HealthWatch, Look, ServiceNames};

const FABRIKAM: &str = "c0a80101-0000-4000-8000-000000000002";
const EX: &str = "EX226792";

fn slug(text: &str) -> Slug {
    Slug::new(text).unwrap()
}

/// The operator, and the desk that looks at it.
struct Watched {
    rig: Rig,
    desk: TestStore,
    watch: HealthWatch,
}

impl Watched {
    async fn over(desk: TestStore) -> Self {
        let named = vec![
            SeedCustomer::new(CONTOSO, "康拓索物流有限公司", "contoso.example.cn"),
            SeedCustomer::new(FABRIKAM, "Fabrikam", "fabrikam.example.cn"),
        ];
        let rig = Rig::with(
            |options| options.seed = Seed::named(named),
            |options| options.request_timeout = Duration::from_millis(400),
        )
        .await;
        rig.time.advance((desk.clock.now() - rig.time.date()).to_std().unwrap());
        let names = [
            ("Exchange Online", Some("exchange-online")),
            ("SharePoint Online", Some("sharepoint-online")),
            ("Dynamics 365", Some("no-such-service")),
            ("Identity Service", None),
        ];
        let names = names.map(|(name, service)| (name.to_owned(), service.map(slug)));
        let watch =
            HealthWatch::new(desk.store().clone(), rig.upstream.clone(), rig.identity(), ServiceNames::new(names));
        let watched = Self { rig, desk, watch };
        watched.tenant(watched.ours(), Some(CONTOSO), true).await;
        watched.tenant(watched.theirs(), Some(FABRIKAM), true).await;
        watched
    }

    fn ours(&self) -> CustomerId {
        self.desk.seeded.customer
    }

    fn theirs(&self) -> CustomerId {
        self.desk.seeded.other_customer
    }

    async fn tenant(&self, id: CustomerId, tenant: Option<&str>, delegated_admin: bool) {
        let known = customer(&self.desk, id).await.unwrap().unwrap();
        let fields = CustomerFields {
            name: known.name,
            domains: known.domains,
            language: known.language,
            time_zone: known.time_zone,
            tenant_id: tenant.map(str::to_owned),
            delegated_admin: DelegatedAdmin::of(Some(delegated_admin)),
            account_owner: known.account_owner,
            notes: known.notes,
        };
        update_customer(&self.desk, id, Some(known.version), fields).await.unwrap();
    }

    /// Time goes on for both.
    fn advance(&self, by: TimeDelta) {
        self.desk.advance(by);
        self.rig.time.advance(by.to_std().unwrap());
    }

    async fn look(&self) -> Look {
        self.watch.look().await.unwrap()
    }

    fn breaks(&self, service: &str) {
        self.rig.standin.open_incident(watchdesk_standin::Incident::new(
            EX,
            service,
            "Mail is late",
            self.rig.time.date(),
        ));
    }

    async fn known(&self) -> Incident {
        by_reference(&self.desk, EX).await.unwrap().expect("on record")
    }

    async fn exchange(&self, customer: CustomerId) -> Option<Health> {
        health(&self.desk, &slug("exchange-online"), Some(customer)).await.unwrap()
    }

    async fn status(&self, customer: CustomerId) -> HealthStatus {
        self.exchange(customer).await.expect("somebody looked").status
    }

    /// As a person at the desk would.
    async fn reports(&self, status: HealthStatus, customer: Option<CustomerId>, incident: Option<&str>) {
        let report = Health {
            service: slug("exchange-online"),
            customer,
            status,
            note: "Seen by hand".to_owned(),
            incident: incident.map(str::to_owned),
            checked_at: self.desk.clock.now(),
            checked_by: Some(self.by()),
        };
        set_health(&self.desk, &report).await.unwrap();
    }

    fn by(&self) -> AgentId {
        self.desk.seeded.agent
    }
}

both_databases! {
    async fn states_and_incidents_arrive_and_change(desk: TestStore) {
        let watched = Watched::over(desk).await;
        let quiet = watched.look().await;
        assert_eq!((quiet.tenants, quiet.failed, quiet.news), (2, 0, 0), "{quiet}");
        let checked = watched.exchange(watched.ours()).await.unwrap();
        assert_eq!((checked.status, checked.checked_at, checked.checked_by), (HealthStatus::Operational, watched.desk.clock.now(), None));
        assert!(health_of(&watched.desk, None).await.unwrap().is_empty(), "nothing is said of everybody");

        watched.advance(TimeDelta::minutes(5));
        watched.breaks("Exchange Online");
        watched.rig.standin.update_incident(EX, "investigating", "<p>We <b>know</b><script>x()</script>.<br>Wait.</p>");
        assert_eq!(watched.look().await.news, 1, "one incident, however many see it");
        let known = watched.known().await;
        assert!(known.is_open && known.source == Source::Connector && !known.for_all);
        assert_eq!(known.customers, [watched.ours(), watched.theirs()].into());
        assert_eq!((known.title.as_str(), known.classification.as_str(), known.status.as_str()), ("Mail is late", "incident", "investigating"));
        assert_eq!(entries(&watched.desk, EX, 10).await.unwrap()[0].body, "We know.\nWait.");
        let sick = watched.exchange(watched.ours()).await.unwrap();
        assert_eq!((sick.status, sick.incident.as_deref(), sick.note.as_str()), (HealthStatus::Degraded, Some(EX), "Exchange Online: investigating"));

        watched.advance(TimeDelta::minutes(5));
        assert_eq!(watched.look().await.news, 0, "heard already");
        assert_eq!(watched.exchange(watched.ours()).await.unwrap().checked_at, watched.desk.clock.now());

        watched.rig.standin.end_incident(EX, "<p>Over.</p>");
        assert_eq!(unsettled(&watched.desk, 10).await.unwrap(), []);
        assert_eq!(watched.look().await.news, 1);
        assert_eq!(unsettled(&watched.desk, 10).await.unwrap().len(), 1, "linked tickets are to hear of it");
        assert_eq!(watched.status(watched.ours()).await, HealthStatus::Operational);
        assert_eq!(entries(&watched.desk, EX, 10).await.unwrap().len(), 2);
        watched.advance(TimeDelta::days(1));
        assert_eq!(watched.look().await.news, 0, "long on record");
    }

    async fn one_directory_fails_and_the_others_still_come(desk: TestStore) {
        let watched = Watched::over(desk).await;
        watched.look().await;
        let before = watched.desk.clock.now();
        watched.advance(TimeDelta::minutes(5));
        watched.rig.standin.fail(FaultRule::every(1, Fault::Status(401)).at(FABRIKAM));
        // His token ends, and he gets no other.
        watched.rig.standin.revoke_tokens();
        let look = watched.look().await;
        assert_eq!((look.tenants, look.failed, look.resting), (1, 1, 0), "{look}");
        assert!(look.first_failure.as_deref().is_some_and(|why| why.contains(FABRIKAM)), "{look}");
        assert_eq!(watched.exchange(watched.theirs()).await.unwrap().checked_at, before, "it grows old, and the gate sees it");
        assert_eq!(watched.exchange(watched.ours()).await.unwrap().checked_at, watched.desk.clock.now());

        let mut failed = Vec::new();
        for minute in 1..=60 {
            watched.advance(TimeDelta::minutes(1));
            let look = watched.look().await;
            assert_eq!(look.tenants, 1, "{look}");
            assert_eq!(look.failed + look.resting, 1, "{look}");
            if look.failed == 1 {
                failed.push(minute);
            }
        }
        assert_eq!(failed, [5, 15, 35], "left alone ever longer");
        watched.rig.standin.heal();
        watched.advance(TimeDelta::minutes(40));
        assert_eq!(watched.look().await.tenants, 2);
        assert_eq!(watched.status(watched.theirs()).await, HealthStatus::Operational);
    }

    async fn whatever_way_a_directory_fails_it_is_said(desk: TestStore) {
        let watched = Watched::over(desk).await;
        watched.tenant(watched.theirs(), None, true).await;
        for fault in [Fault::Status(403), Fault::Status(503), Fault::Silence, Fault::Html] {
            watched.rig.standin.fail(FaultRule::every(1, fault.clone()).at("/issues"));
            let look = watched.look().await;
            assert!(look.is_failure() && look.first_failure.is_some(), "{fault:?}: {look}");
            assert_eq!(watched.exchange(watched.ours()).await, None, "half a look counts for nothing");
            watched.rig.standin.heal();
            watched.advance(TimeDelta::hours(7));
        }
        assert_eq!(watched.look().await.tenants, 1);
    }

    async fn only_those_are_asked_who_let_us(desk: TestStore) {
        let watched = Watched::over(desk).await;
        watched.tenant(watched.ours(), Some("../etc/passwd"), true).await;
        watched.tenant(watched.theirs(), Some(FABRIKAM), false).await;
        let look = watched.look().await;
        assert_eq!((look.tenants, look.failed), (0, 1), "{look}");
        assert!(watched.rig.standin.requests().is_empty());
    }

    async fn a_service_without_a_name_of_ours_is_reported_and_not_guessed(desk: TestStore) {
        let watched = Watched::over(desk).await;
        watched.breaks("Yammer Enterprise");
        let look = watched.look().await;
        assert!(look.unknown_services.contains("Yammer Enterprise") && look.unknown_services.contains("Power Apps"), "{look}");
        assert!(look.unknown_services.contains("Dynamics 365"), "its name means nothing to this desk: {look}");
        assert!(!look.unknown_services.contains("Identity Service"), "said to be none of ours: {look}");
        assert!(look.to_string().contains("[upstream.services]"), "{look}");
        assert_eq!(by_reference(&watched.desk, EX).await.unwrap(), None);
    }

    async fn a_look_ends_nothing_that_a_person_recorded(desk: TestStore) {
        let watched = Watched::over(desk).await;
        let ours = Some(watched.ours());
        watched.reports(HealthStatus::Interrupted, ours, Some("PHONE-1")).await;
        watched.reports(HealthStatus::Degraded, None, None).await;
        watched.advance(TimeDelta::minutes(5));
        assert_eq!(watched.look().await.failed, 0);
        assert!(by_reference(&watched.desk, "PHONE-1").await.unwrap().unwrap().is_open, "the interface knows nothing of it");
        let known = watched.exchange(watched.ours()).await.unwrap();
        assert_eq!(known.status, HealthStatus::Degraded, "for everybody it is still as somebody said");
        assert_eq!(known.checked_at, watched.desk.clock.now(), "the look is the check");

        watched.advance(TimeDelta::minutes(1));
        watched.reports(HealthStatus::Operational, ours, None).await;
        assert!(!by_reference(&watched.desk, "PHONE-1").await.unwrap().unwrap().is_open, "a person ends what people recorded");
    }

    async fn the_operators_word_takes_over_an_incident_that_a_person_recorded(desk: TestStore) {
        let watched = Watched::over(desk).await;
        watched.breaks("Exchange Online");
        watched.advance(TimeDelta::minutes(30));
        watched.reports(HealthStatus::Interrupted, None, Some(EX)).await;
        watched.look().await;
        let known = watched.known().await;
        assert!(known.source == Source::Connector && known.for_all && known.is_open, "{known:?}");
        assert_eq!(known.title, "Mail is late", "although it was said before the person wrote it down");

        watched.advance(TimeDelta::minutes(30));
        watched.rig.standin.end_incident(EX, "<p>Over.</p>");
        watched.look().await;
        assert!(!watched.known().await.is_open);
        assert_eq!(watched.status(watched.ours()).await, HealthStatus::Operational, "what was recorded by its number is over too");
        assert!(!health_of(&watched.desk, None).await.unwrap()[0].status.is_open_outage());
    }

    async fn a_later_word_of_a_person_is_not_overwritten_by_an_earlier_look(desk: TestStore) {
        let watched = Watched::over(desk).await;
        let ours = Some(watched.ours());
        watched.look().await;
        let now = watched.desk.clock.now();
        watched.advance(TimeDelta::minutes(1));
        watched.reports(HealthStatus::Degraded, ours, None).await;
        watched.desk.clock.set(now);
        watched.look().await;
        assert_eq!(watched.status(watched.ours()).await, HealthStatus::Degraded);
    }

    async fn who_ended_an_incident_by_hand_is_believed_until_the_operator_speaks_again(desk: TestStore) {
        let watched = Watched::over(desk).await;
        watched.breaks("Exchange Online");
        watched.look().await;
        watched.advance(TimeDelta::minutes(5));
        assert!(end(&watched.desk, EX, watched.desk.clock.now()).await.unwrap());
        watched.look().await;
        assert!(!watched.known().await.is_open);
        watched.advance(TimeDelta::minutes(5));
        watched.rig.standin.update_incident(EX, "restoringService", "<p>Not yet.</p>");
        watched.look().await;
        assert!(watched.known().await.is_open);
    }
}
