use std::collections::BTreeSet;

use chrono::Duration;
use watchdesk_core::desk::Named;
use watchdesk_core::rights::Role;

use super::*;
use crate::directory::{
    AgentFields, ContactFields, ContactFilter, ContractFields, CustomerFields, DirectoryFilter, add_contract, agents,
    contact_by_email, contacts, contracts_of, create_agent, create_contact, create_customer, create_team, customer,
    customer_by_domain, customers, end_contract, find_or_create_contact, mailbox_by_address, set_team_members,
    suppress_contact, teams, update_contact, update_customer,
};
use crate::{StoreError, desk as rules};

crate::both_databases! {
    async fn a_stranger_is_known_by_his_domain(desk: TestStore) {
        let now = desk.clock.now();
        let new = find_or_create_contact(&desk, " Wang@CONTOSO.example", "Wang", now).await.unwrap();
        assert_eq!((new.customer, new.email.as_str()), (Some(desk.seeded.customer), "wang@contoso.example"));
        let again = find_or_create_contact(&desk, "wang@contoso.example", "Somebody else", now).await.unwrap();
        assert_eq!(again, new, "a name in a mail changes nothing");
        let unknown = find_or_create_contact(&desk, "x@elsewhere.example", "", now).await.unwrap();
        assert_eq!(unknown.customer, None);
        assert_eq!(find_or_create_contact(&desk, "not an address", "", now).await.unwrap().customer, None);
    }

    async fn one_stranger_who_writes_twice_at_once_is_one_contact(desk: TestStore) {
        let now = desk.clock.now();
        let attempts = (0..6).map(|_| {
            let store = desk.store().clone();
            tokio::spawn(async move { find_or_create_contact(&store, "new@contoso.example", "New", now).await.unwrap().id })
        });
        let mut ids = BTreeSet::new();
        for attempt in attempts.collect::<Vec<_>>() {
            ids.insert(attempt.await.unwrap());
        }
        assert_eq!(ids.len(), 1);
    }

    async fn customers_keep_their_domains_to_themselves(desk: TestStore) {
        let fields = CustomerFields {
            name: "Northwind".to_owned(),
            domains: vec!["Northwind.example ".to_owned(), "northwind.example".to_owned()],
            ..CustomerFields::default()
        };
        let new = create_customer(&desk, fields.clone()).await.unwrap();
        assert_eq!(new.domains, ["northwind.example"]);
        assert_eq!(customer_by_domain(&desk, "NORTHWIND.example").await.unwrap(), Some(new.clone()));
        let stolen = CustomerFields { domains: vec!["contoso.example".to_owned()], ..fields.clone() };
        let taken = create_customer(&desk, stolen.clone()).await.unwrap_err();
        assert!(matches!(taken, StoreError::Taken { what: "mail domain" }), "{taken:?}");
        assert!(update_customer(&desk, new.id, None, stolen).await.is_err());
        assert_eq!(customer(&desk, new.id).await.unwrap(), Some(new.clone()), "nothing of it is left");

        let renamed = CustomerFields { name: "Northwind 北风".to_owned(), ..fields };
        let stale = update_customer(&desk, new.id, Some(7), renamed.clone()).await.unwrap_err();
        assert!(matches!(stale, StoreError::Stale { current: 1 }));
        let updated = update_customer(&desk, new.id, Some(1), renamed).await.unwrap().unwrap();
        assert_eq!((updated.version, updated.name.as_str()), (2, "Northwind 北风"));
    }

    async fn lists_of_people_are_read_in_pages_and_filtered(desk: TestStore) {
        let names = async |filter: DirectoryFilter| {
            let page = customers(&desk, &filter, 10, None).await.unwrap();
            page.items.into_iter().map(|customer| customer.name).collect::<Vec<_>>()
        };
        assert_eq!(names(DirectoryFilter::default()).await, ["Contoso 上海", "Fabrikam"]);
        assert_eq!(names(DirectoryFilter { text: Some("FABR".to_owned()), customers: None }).await, ["Fabrikam"]);
        assert_eq!(names(DirectoryFilter { text: Some("%".to_owned()), customers: None }).await, [""; 0]);
        let own = DirectoryFilter { text: None, customers: Some([desk.seeded.customer].into()) };
        assert_eq!(names(own).await, ["Contoso 上海"]);
        let none = DirectoryFilter { text: None, customers: Some(BTreeSet::new()) };
        assert_eq!(names(none).await, [""; 0]);

        let first = contacts(&desk, &ContactFilter::default(), 2, None).await.unwrap();
        let rest = contacts(&desk, &ContactFilter::default(), 2, first.next.as_ref()).await.unwrap();
        let emails: Vec<_> = first.items.iter().chain(&rest.items).map(|contact| contact.email.as_str()).collect();
        assert_eq!(emails, ["kim@fabrikam.example", "li@contoso.example", "zhang@contoso.example"]);
        assert_eq!(rest.next, None);
        let filter = ContactFilter { customer: Some(desk.seeded.customer), text: Some("张".to_owned()) };
        assert_eq!(contacts(&desk, &filter, 10, None).await.unwrap().items.len(), 1);
        assert_eq!(agents(&desk, 3, None).await.unwrap().items.len(), 3);
    }

    async fn an_address_belongs_to_one_person(desk: TestStore) {
        let fields = ContactFields { email: "KIM@fabrikam.example".to_owned(), ..ContactFields::default() };
        let taken = create_contact(&desk, fields).await.unwrap_err();
        assert!(matches!(taken, StoreError::Taken { what: "mail address" }), "{taken:?}");
        let fields = AgentFields { email: "Agent@desk.example".to_owned(), ..AgentFields::default() };
        assert!(matches!(create_agent(&desk, fields).await, Err(StoreError::Taken { .. })));
    }

    async fn a_suppressed_contact_stays_so_when_it_is_edited(desk: TestStore) {
        let id = desk.seeded.contact;
        assert!(suppress_contact(&desk, id, Some("bounced")).await.unwrap());
        let fields = ContactFields { email: "zhang@contoso.example".to_owned(), ..ContactFields::default() };
        let updated = update_contact(&desk, id, fields).await.unwrap().unwrap();
        assert_eq!((updated.suppressed.as_deref(), updated.customer), (Some("bounced"), None));
        assert!(suppress_contact(&desk, id, None).await.unwrap());
        let contact = contact_by_email(&desk, "zhang@contoso.example").await.unwrap().unwrap();
        assert_eq!(contact.suppressed, None);
    }

    async fn decisions_see_new_people_at_once(desk: TestStore) {
        let before = rules::load(&desk).await.unwrap();
        let same = rules::load(&desk).await.unwrap();
        assert!(std::sync::Arc::ptr_eq(&before, &same), "nothing changed, nothing is loaded");
        let team = create_team(&desk, &slug("night"), &Named { en: "Night".to_owned(), zh: "夜班".to_owned() }).await.unwrap();
        let fields = AgentFields { email: "new@desk.example".to_owned(), role: Role::Lead, ..AgentFields::default() };
        let agent = create_agent(&desk, fields).await.unwrap();
        set_team_members(&desk, team.id, &[agent.id]).await.unwrap();
        let after = rules::load(&desk).await.unwrap();
        assert_eq!(after.agents[&agent.id].teams, [team.id].into());
        let listed = teams(&desk).await.unwrap();
        assert_eq!(listed.iter().find(|listed| listed.id == team.id).unwrap().members, [agent.id]);
    }

    async fn the_seed_is_sown_once(desk: TestStore) {
        assert!(!rules::seed(&desk, &crate::testing::small_seed()).await.unwrap());
        let loaded = rules::load(&desk).await.unwrap();
        let ours = loaded.customer_policy.newest().unwrap();
        assert_eq!(ours.body, crate::testing::small_seed().policies[0]);
        assert_eq!((ours.version, ours.at), (1, desk.clock.now()));
        assert_eq!(loaded.operator_policy.newest().unwrap().body, crate::testing::small_seed().policies[1]);
        assert_eq!(loaded.calendars.len(), 2, "its own and the one that is none");
        assert!(loaded.categories[&slug("performance-availability")].needs_service);
        let mailbox = mailbox_by_address(&desk, "Support@desk.example").await.unwrap().unwrap();
        assert_eq!(mailbox.team, Some(desk.seeded.team));
        assert_eq!(rules::setting_or_insert(&desk, "reply_secret", "s").await.unwrap(), "s");
        assert_eq!(rules::setting_or_insert(&desk, "reply_secret", "later").await.unwrap(), "s", "the first one stays");
        assert_eq!(rules::setting(&desk, "reply_secret").await.unwrap().as_deref(), Some("s"));
    }

    async fn a_ticket_is_held_to_the_contract_of_its_opening(desk: TestStore) {
        let contract = contracts_of(&desk, desk.seeded.customer).await.unwrap().remove(0);
        assert_eq!(contract.tier, slug("gold"));
        assert!(end_contract(&desk, contract.id, desk.clock.now()).await.unwrap());
        let ended = contracts_of(&desk, desk.seeded.customer).await.unwrap().remove(0);
        assert_eq!(ended.effective_to, Some(desk.clock.now()));
    }

    async fn a_contract_that_reaches_back_starts_a_job_for_what_it_touches(desk: TestStore) {
        use crate::recompute::{Cause, cases_after, latest, tickets_after};
        use watchdesk_core::ids::ContractId;
        let customer = desk.seeded.customer;
        let cause = Cause::Contract(customer);
        let opened_at = desk.clock.now();
        let theirs = open(&desk, "Mail is late").await;
        let of_another = OpenTicket {
            requester: desk.seeded.stranger,
            customer: Some(desk.seeded.other_customer),
            ..opening(&desk, "Mine too")
        };
        open_with(&desk, of_another).await;
        let now = desk.advance(Duration::hours(2));
        let from = |effective_from, effective_to| ContractFields {
            customer, tier: slug("silver"), premium: false, effective_from, effective_to,
        };
        add_contract(&desk, from(now, None)).await.unwrap();
        add_contract(&desk, from(opened_at - Duration::days(2), Some(opened_at))).await.unwrap();
        assert_eq!(latest(&desk, &cause).await.unwrap(), None, "neither was in force when it was opened");

        let back = add_contract(&desk, from(opened_at, None)).await.unwrap();
        let job = latest(&desk, &cause).await.unwrap().unwrap();
        assert_eq!((job.version, job.total, job.done, job.finished_at), (1, 1, 0, None));
        assert_eq!(tickets_after(&desk, &cause, None, 10).await.unwrap(), [theirs.id], "the other customer's is not among them");
        assert_eq!(tickets_after(&desk, &cause, Some(theirs.id), 10).await.unwrap(), []);
        assert_eq!(cases_after(&desk, &cause, None, 10).await.unwrap(), []);

        assert!(end_contract(&desk, back.id, now).await.unwrap());
        assert_eq!(latest(&desk, &cause).await.unwrap().unwrap().version, 1, "it held when the ticket was opened");
        assert!(end_contract(&desk, back.id, opened_at).await.unwrap());
        assert_eq!(latest(&desk, &cause).await.unwrap().unwrap().version, 2, "now it did not");
        assert!(end_contract(&desk, back.id, now).await.unwrap());
        assert_eq!(latest(&desk, &cause).await.unwrap().unwrap().version, 3, "and now it did again");
        assert!(!end_contract(&desk, ContractId(fresh_id()), now).await.unwrap());
    }

    async fn the_later_look_counts_but_ends_no_outage_of_the_other_scope(desk: TestStore) {
        use watchdesk_core::facts::HealthStatus;
        use crate::desk::{Health, health, health_of, set_health};
        let report = async |customer, status: HealthStatus| {
            desk.clock.advance(Duration::minutes(1));
            let health = Health {
                service: slug("exchange-online"),
                customer,
                status,
                note: String::new(),
                incident: status.is_open_outage().then(|| status.as_str().to_owned()),
                checked_at: desk.clock.now(),
                checked_by: None,
            };
            set_health(&desk, &health).await.unwrap();
        };
        let known = async |customer| {
            let all = health_of(&desk, customer).await.unwrap();
            let one = health(&desk, &slug("exchange-online"), customer).await.unwrap().unwrap();
            assert_eq!(all.as_slice(), std::slice::from_ref(&one));
            one
        };
        let (ours, theirs) = (Some(desk.seeded.customer), Some(desk.seeded.other_customer));
        let (fine, degraded, interrupted) =
            (HealthStatus::Operational, HealthStatus::Degraded, HealthStatus::Interrupted);
        let steps = [
            (None, interrupted, interrupted, interrupted),
            (ours, fine, interrupted, interrupted),
            (ours, degraded, degraded, interrupted),
            (None, interrupted, interrupted, interrupted),
            (None, HealthStatus::Restored, degraded, HealthStatus::Restored),
            (ours, fine, fine, HealthStatus::Restored),
            (None, degraded, degraded, degraded),
        ];
        for (step, (scope, status, for_us, for_them)) in steps.into_iter().enumerate() {
            report(scope, status).await;
            let (us, them) = (known(ours).await, known(theirs).await);
            assert_eq!((us.status, them.status), (for_us, for_them), "step {step}");
            assert_eq!(us.checked_at, desk.clock.now(), "step {step}: the later look is the check");
            let incident = for_us.is_open_outage().then(|| for_us.as_str());
            assert_eq!(us.incident.as_deref(), incident, "step {step}");
        }
    }
}
