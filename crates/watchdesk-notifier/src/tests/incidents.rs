//! An incident at the operator's: the customers hear of it and of its end, and somebody is asked to try again.

use chrono::Duration;
use watchdesk_core::command::{Command, RetestOutcome, Unit};
use watchdesk_core::ids::{Slug, TicketId};
use watchdesk_store::both_databases;
use watchdesk_store::incidents::{Observation, Source, by_reference, observe, unsettled};
use watchdesk_store::testing::TestStore;

use super::desk::Desk;
use crate::tasks::incident_news;

const EX: &str = "EX226792";

pub(super) async fn heard(desk: &Desk, is_open: bool) {
    let now = desk.now();
    let observation = Observation {
        reference: EX.to_owned(),
        service: Slug::new("exchange-online").unwrap(),
        title: "Mail is late".to_owned(),
        impact: String::new(),
        classification: "incident".to_owned(),
        status: "serviceDegradation".to_owned(),
        source: Source::Connector,
        is_open,
        customer: Some(desk.store.seeded.customer),
        started_at: now,
        ended_at: (!is_open).then_some(now),
        modified_at: now,
        entries: Vec::new(),
    };
    observe(&desk.store, &observation).await.unwrap();
}

pub(super) async fn link(desk: &Desk, ticket: TicketId) {
    desk.system(Unit::ticket(ticket, Command::LinkIncident { reference: EX.to_owned() })).await;
}

both_databases! {
    async fn customers_hear_of_an_incident_once_and_of_its_end(store: TestStore) {
        let desk = Desk::over(store).await;
        let (first, second) = (desk.assigned("his-1@customer.example").await, desk.assigned("his-2@customer.example").await);
        heard(&desk, true).await;
        link(&desk, first).await;
        link(&desk, second).await;
        let customer = desk.email_of_contact(desk.store.seeded.contact).await;
        let mails = desk.delivered().await;
        assert_eq!(mails.len(), 2, "one for each ticket");
        for mail in &mails {
            assert_eq!(mail.envelope_to, std::slice::from_ref(&customer));
            assert!(mail.text().contains(EX), "{}", mail.text());
            assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
        }

        desk.advance(Duration::hours(2));
        heard(&desk, false).await;
        assert_eq!(incident_news(&desk.store).await.unwrap(), "1 incidents, 2 tickets");
        assert_eq!(incident_news(&desk.store).await.unwrap(), "0 incidents, 0 tickets", "once");
        let agent = desk.email_of(desk.store.seeded.agent).await;
        let mails = desk.delivered().await;
        let to = |address: &String| mails.iter().filter(|mail| mail.envelope_to == std::slice::from_ref(address)).count();
        assert_eq!((mails.len(), to(&customer), to(&agent)), (4, 2, 2));
        assert!(desk.ticket(first).await.ticket.retests.contains(EX));
    }
}

both_databases! {
    async fn a_stop_in_the_middle_loses_and_repeats_nothing(store: TestStore) {
        let desk = Desk::over(store).await;
        let (first, second) = (desk.assigned("his-1@customer.example").await, desk.assigned("his-2@customer.example").await);
        heard(&desk, true).await;
        link(&desk, first).await;
        link(&desk, second).await;
        desk.delivered().await;
        desk.advance(Duration::hours(2));
        heard(&desk, false).await;
        // The program stopped when one of them had heard of it.
        desk.system(Unit::ticket(first, Command::IncidentEnded { reference: EX.to_owned() })).await;
        assert_eq!(unsettled(&desk.store, 10).await.unwrap().len(), 1);
        incident_news(&desk.store).await.unwrap();
        assert_eq!(desk.delivered().await.len(), 4, "customer and owner, for each ticket once");
        assert!(by_reference(&desk.store, EX).await.unwrap().unwrap().is_settled);
    }
}

both_databases! {
    async fn what_is_no_longer_true_is_not_sent(store: TestStore) {
        let desk = Desk::over(store).await;
        let ticket = desk.assigned("his-1@customer.example").await;
        heard(&desk, true).await;
        link(&desk, ticket).await;
        desk.system(Unit::ticket(ticket, Command::UnlinkIncident { reference: EX.to_owned() })).await;
        assert_eq!(desk.delivered().await.len(), 0, "the link was a mistake");
        link(&desk, ticket).await;
        desk.advance(Duration::hours(2));
        heard(&desk, false).await;
        incident_news(&desk.store).await.unwrap();
        let retest = Command::Retest { reference: EX.to_owned(), outcome: RetestOutcome::Gone, words: None };
        desk.system(Unit::ticket(ticket, retest)).await;
        let mails = desk.delivered().await;
        assert_eq!(mails.len(), 1, "the owner has tried already; the customer still hears that it is over");
    }
}
