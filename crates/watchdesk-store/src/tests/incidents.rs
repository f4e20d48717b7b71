//! The operator's incidents: what is heard of them, whom they concern, and the tickets they explain.

use chrono::Duration;
use sea_orm::{EntityTrait, PaginatorTrait};
use watchdesk_core::command::FieldChanges;
use watchdesk_core::facts::HealthStatus;
use watchdesk_core::ids::CustomerId;
use watchdesk_core::refusal::Because;
use watchdesk_core::rights::Visibility;

use super::*;
use crate::desk::{Health, health, see_health, set_health};
use crate::entities::service_health_entry;
use crate::incidents::{
    Entry, IncidentFilter, News, Observation, Source, by_reference, end, entries, linked_after, list, observe, open_of,
    settle, suggested, unsettled,
};

const EX: &str = "EX226792";

fn heard(desk: &TestStore, is_open: bool, customer: Option<CustomerId>) -> Observation {
    let now = desk.clock.now();
    Observation {
        reference: EX.to_owned(),
        service: slug("exchange-online"),
        title: "Mail is late".to_owned(),
        impact: "Some users".to_owned(),
        classification: "incident".to_owned(),
        status: if is_open { "serviceDegradation" } else { "serviceRestored" }.to_owned(),
        source: Source::Connector,
        is_open,
        customer,
        started_at: now,
        ended_at: (!is_open).then_some(now),
        modified_at: now,
        entries: vec![Entry { key: format!("post-{}", now.timestamp()), at: now, body: "We look into it.".to_owned() }],
    }
}

async fn reported(desk: &TestStore, status: HealthStatus, customer: Option<CustomerId>, incident: Option<&str>) {
    desk.advance(Duration::minutes(1));
    let health = Health {
        service: slug("exchange-online"),
        customer,
        status,
        note: "Mail is late".to_owned(),
        incident: incident.map(str::to_owned),
        checked_at: desk.clock.now(),
        checked_by: Some(desk.seeded.agent),
    };
    set_health(desk, &health).await.unwrap();
}

fn link(reference: &str) -> Command {
    Command::LinkIncident { reference: reference.to_owned() }
}

async fn about_exchange(desk: &TestStore, subject: &str) -> TicketRef {
    open_with(desk, OpenTicket { service: Some(slug("exchange-online")), ..opening(desk, subject) }).await
}

async fn is_open(desk: &TestStore) -> bool {
    by_reference(desk, EX).await.unwrap().expect("on record").is_open
}

crate::both_databases! {
    async fn what_is_heard_is_news_once(desk: TestStore) {
        let (ours, theirs) = (Some(desk.seeded.customer), Some(desk.seeded.other_customer));
        assert_eq!(observe(&desk, &heard(&desk, true, ours)).await.unwrap(), News::Opened);
        assert_eq!(observe(&desk, &heard(&desk, true, ours)).await.unwrap(), News::Nothing);
        assert_eq!(observe(&desk, &heard(&desk, true, theirs)).await.unwrap(), News::Nothing, "one more concerned");
        let known = by_reference(&desk, EX).await.unwrap().unwrap();
        assert!(!known.for_all && known.concerns(ours) && known.concerns(theirs) && !known.concerns(None));
        assert_eq!(open_of(&desk, ours, 10).await.unwrap(), std::slice::from_ref(&known));
        assert_eq!(open_of(&desk, None, 10).await.unwrap(), []);

        let old = heard(&desk, true, ours);
        desk.advance(Duration::hours(1));
        assert_eq!(observe(&desk, &heard(&desk, false, ours)).await.unwrap(), News::Ended);
        assert_eq!(observe(&desk, &old).await.unwrap(), News::Nothing, "an older look changes nothing");
        assert!(!is_open(&desk).await);
        assert_eq!(entries(&desk, EX, 10).await.unwrap().len(), 2, "each post once");
        desk.advance(Duration::hours(1));
        assert_eq!(observe(&desk, &heard(&desk, true, ours)).await.unwrap(), News::Reopened);
        let known = by_reference(&desk, EX).await.unwrap().unwrap();
        assert_eq!((known.ended_at, known.started_at), (None, old.started_at), "it began when it began");
    }

    async fn two_looks_at_once_make_one_incident(desk: TestStore) {
        let looks = (0..8).map(|_| {
            let (store, observation) = (desk.store().clone(), heard(&desk, true, None));
            tokio::spawn(async move { observe(&store, &observation).await.unwrap() })
        });
        let mut news = Vec::new();
        for look in looks.collect::<Vec<_>>() {
            news.push(look.await.unwrap());
        }
        assert_eq!(news.iter().filter(|news| **news == News::Opened).count(), 1, "{news:?}");
    }

    async fn a_person_records_an_outage_and_its_end(desk: TestStore) {
        reported(&desk, HealthStatus::Interrupted, None, Some(EX)).await;
        assert!(is_open(&desk).await);
        reported(&desk, HealthStatus::Operational, Some(desk.seeded.customer), None).await;
        assert!(is_open(&desk).await, "for one customer it is well; for all it is not");
        reported(&desk, HealthStatus::Operational, None, None).await;
        assert!(!is_open(&desk).await);
        assert!(!end(&desk, EX, desk.clock.now()).await.unwrap(), "over already");
        reported(&desk, HealthStatus::Degraded, None, Some(EX)).await;
        assert!(end(&desk, EX, desk.clock.now()).await.unwrap());
        assert!(!is_open(&desk).await);
    }

    async fn a_look_counts_as_a_check_and_the_history_keeps_what_changed(desk: TestStore) {
        let customer = desk.seeded.customer;
        let look = async |status, at| {
            let (service, note) = (slug("exchange-online"), String::new());
            let seen = Health {
                service, customer: Some(customer), status, note, incident: None, checked_at: at, checked_by: None,
            };
            see_health(&desk, customer, &[seen]).await.unwrap();
            health(&desk, &slug("exchange-online"), Some(customer)).await.unwrap().expect("seen")
        };
        let history = async || service_health_entry::Entity::find().count(desk.reader()).await.unwrap();
        let begun = desk.clock.now();
        look(HealthStatus::Operational, begun).await;
        assert_eq!(history().await, 1);
        let later = begun + Duration::minutes(5);
        assert_eq!(look(HealthStatus::Operational, later).await.checked_at, later);
        assert_eq!(history().await, 1, "that somebody looked again is no history");
        assert_eq!(look(HealthStatus::Degraded, begun).await.status, HealthStatus::Operational, "an older look");
        look(HealthStatus::Degraded, later + Duration::minutes(5)).await;
        assert_eq!(history().await, 2);
        see_health(&desk, customer, &[]).await.unwrap();
    }

    async fn the_end_of_an_incident_ends_every_outage_recorded_by_its_number(desk: TestStore) {
        reported(&desk, HealthStatus::Interrupted, None, Some(EX)).await;
        reported(&desk, HealthStatus::Degraded, Some(desk.seeded.customer), Some(EX)).await;
        reported(&desk, HealthStatus::Degraded, Some(desk.seeded.other_customer), Some("EX9")).await;
        let checked_at = desk.clock.now() - Duration::minutes(1);
        desk.advance(Duration::hours(1));
        assert!(end(&desk, EX, desk.clock.now()).await.unwrap());
        let of = async |customer| health(&desk, &slug("exchange-online"), Some(customer)).await.unwrap().expect("known");
        let ours = of(desk.seeded.customer).await;
        assert_eq!((ours.status, ours.checked_at), (HealthStatus::Restored, checked_at), "nobody has looked again");
        assert_eq!(of(desk.seeded.other_customer).await.status, HealthStatus::Degraded, "another incident");
    }

    async fn the_operators_own_word_stands_above_a_hand_written_one(desk: TestStore) {
        observe(&desk, &heard(&desk, true, None)).await.unwrap();
        reported(&desk, HealthStatus::Operational, None, Some(EX)).await;
        assert!(is_open(&desk).await);
    }

    async fn a_ticket_is_linked_and_hears_of_the_end_after_a_stop_too(desk: TestStore) {
        let ticket = about_exchange(&desk, "No mail since nine").await;
        let agent = desk.actor(desk.seeded.agent).await;
        let refused = desk.execute(&agent, Unit::ticket(ticket.id, link(EX))).await;
        assert!(matches!(refused, Err(ExecuteError::Refused(refusal))
            if refusal.because == Because::UnknownIncident(EX.to_owned())));

        observe(&desk, &heard(&desk, true, Some(desk.seeded.customer))).await.unwrap();
        let known = by_reference(&desk, EX).await.unwrap().unwrap();
        let everything = Visibility::Everything;
        let found = suggested(&desk, &everything, &known, 10).await.unwrap();
        assert_eq!(found.iter().map(|record| record.ticket.id).collect::<Vec<_>>(), [ticket.id]);
        desk.execute(&agent, Unit::ticket(ticket.id, link(EX))).await.unwrap();
        assert_eq!(suggested(&desk, &everything, &known, 10).await.unwrap(), []);
        assert_eq!(linked_after(&desk, EX, None, 10).await.unwrap(), [ticket.id]);
        assert_eq!(unsettled(&desk, 10).await.unwrap(), []);

        desk.advance(Duration::hours(1));
        observe(&desk, &heard(&desk, false, Some(desk.seeded.customer))).await.unwrap();
        let over = unsettled(&desk, 10).await.unwrap().remove(0);
        let ended = Command::IncidentEnded { reference: EX.to_owned() };
        desk.execute(&Actor::System, Unit::ticket(ticket.id, ended)).await.unwrap();
        assert!(tickets::by_id(&desk, ticket.id).await.unwrap().unwrap().ticket.retests.contains(EX));
        desk.advance(Duration::minutes(1));
        observe(&desk, &heard(&desk, true, Some(desk.seeded.customer))).await.unwrap();
        assert!(!settle(&desk, &over).await.unwrap(), "it came back meanwhile");
        assert!(settle(&desk, &unsettled(&desk, 10).await.unwrap()[0]).await.unwrap());
        assert_eq!(unsettled(&desk, 10).await.unwrap(), []);

        desk.execute(&agent, Unit::ticket(ticket.id, Command::UnlinkIncident { reference: EX.to_owned() })).await.unwrap();
        assert_eq!(linked_after(&desk, EX, None, 10).await.unwrap(), []);
        assert!(check(&desk, &mut |_| {}).await.unwrap().is_clean());
    }

    async fn a_link_that_is_lost_is_found_by_check(desk: TestStore) {
        let ticket = about_exchange(&desk, "No mail since nine").await;
        observe(&desk, &heard(&desk, true, None)).await.unwrap();
        act(&desk, ticket.id, link(EX)).await;
        desk.damage("DELETE FROM ticket_incident").await;
        let findings = check(&desk, &mut |_| {}).await.unwrap().findings;
        assert!(findings.iter().any(|finding| finding.table == "ticket_incident"), "{findings:?}");
    }

    async fn what_people_note_is_history_and_the_name_stays(desk: TestStore) {
        reported(&desk, HealthStatus::Interrupted, None, Some(EX)).await;
        desk.advance(Duration::minutes(30));
        let health = Health {
            service: slug("exchange-online"),
            customer: None,
            status: HealthStatus::Restored,
            note: "It works again.".to_owned(),
            incident: Some(EX.to_owned()),
            checked_at: desk.clock.now(),
            checked_by: Some(desk.seeded.agent),
        };
        set_health(&desk, &health).await.unwrap();
        let known = by_reference(&desk, EX).await.unwrap().unwrap();
        assert_eq!((known.title.as_str(), known.is_open), ("Mail is late", false));
        let bodies: Vec<String> = entries(&desk, EX, 10).await.unwrap().into_iter().map(|entry| entry.body).collect();
        assert_eq!(bodies, ["It works again.", "Mail is late"]);
    }

    async fn only_tickets_of_those_it_concerns_are_suggested(desk: TestStore) {
        let theirs = OpenTicket {
            service: Some(slug("exchange-online")),
            customer: Some(desk.seeded.other_customer),
            ..opening(&desk, "Theirs")
        };
        open_with(&desk, theirs).await;
        let ours = about_exchange(&desk, "Ours").await;
        let elsewhere = about_exchange(&desk, "Elsewhere").await;
        let changes = FieldChanges { service: Some(None), ..FieldChanges::default() };
        act(&desk, elsewhere.id, Command::Change(Box::new(changes))).await;
        observe(&desk, &heard(&desk, true, Some(desk.seeded.customer))).await.unwrap();
        let known = by_reference(&desk, EX).await.unwrap().unwrap();
        let found = suggested(&desk, &Visibility::Everything, &known, 10).await.unwrap();
        assert_eq!(found.iter().map(|record| record.ticket.id).collect::<Vec<_>>(), [ours.id]);
    }

    async fn incidents_are_listed_in_pages(desk: TestStore) {
        for n in 0..5 {
            desk.advance(Duration::minutes(1));
            let observation = Observation { reference: format!("EX{n}"), ..heard(&desk, n % 2 == 0, None) };
            observe(&desk, &observation).await.unwrap();
        }
        let open = IncidentFilter { open: Some(true), ..IncidentFilter::default() };
        let first = list(&desk, &open, None, 2).await.unwrap();
        let second = list(&desk, &open, first.next.as_ref(), 2).await.unwrap();
        let references = |page: &crate::Page<crate::incidents::Incident>| {
            page.items.iter().map(|incident| incident.reference.clone()).collect::<Vec<_>>()
        };
        assert_eq!((references(&first), references(&second)), (vec!["EX4".into(), "EX2".into()], vec!["EX0".into()]));
        assert_eq!(second.next, None);
    }
}

#[test]
fn a_source_is_read_as_it_is_written() {
    for source in [Source::Connector, Source::Manual] {
        assert_eq!(Source::parse(source.as_str()), Some(source));
    }
}
