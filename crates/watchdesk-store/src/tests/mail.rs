use chrono::Duration;
use watchdesk_core::ids::RawMailId;

use super::*;
use crate::StoreError;
use crate::mail::{
    Envelope, Fate, FateKind, Source, fates, list_by_fate, may_auto_answer, note_auto_answer, participant,
    pending_mail, raw, retry, same_content, settle, store_raw, tickets_by_mail_ids,
};
use crate::outbox;

const BYTES: &[u8] = b"From: zhang@contoso.example\r\nSubject: \xff\x00broken\r\n\r\nHelp";

fn envelope() -> Envelope {
    Envelope { from: Some("zhang@contoso.example".to_owned()), to: vec!["support@desk.example".to_owned()] }
}

async fn arrived(desk: &TestStore) -> RawMailId {
    store_raw(desk, Source::Smtp, &envelope(), BYTES).await.unwrap()
}

fn becomes_ticket(desk: &TestStore, mail: RawMailId) -> Request {
    let ticket = TicketId(fresh_id());
    let open = opening(desk, "from a mail");
    let message = open.words.id;
    Request {
        settle_mail: Some((mail, Fate::Ticket { ticket, message })),
        ..Unit::ticket(ticket, Command::Open(Box::new(open))).into()
    }
}

crate::both_databases! {
    async fn bytes_come_back_as_they_came(desk: TestStore) {
        let id = arrived(&desk).await;
        let mail = raw(&desk, id).await.unwrap().unwrap();
        assert_eq!((mail.bytes.as_slice(), mail.envelope, mail.fate), (BYTES, envelope(), Fate::Pending));
        assert_eq!((mail.received_at, mail.source), (desk.clock.now(), Source::Smtp));
        let again = arrived(&desk).await;
        assert_ne!(again, id);
        let same: Vec<_> = same_content(&desk, &mail.sha256, 10).await.unwrap().iter().map(|mail| mail.id).collect();
        assert_eq!(same, [id, again]);
        assert_eq!(pending_mail(&desk, 10).await.unwrap(), [id, again]);
    }

    async fn a_mail_becomes_one_ticket_however_often_it_is_tried(desk: TestStore) {
        let mail = arrived(&desk).await;
        let attempts = (0..6).map(|_| {
            let (store, request) = (desk.store().clone(), becomes_ticket(&desk, mail));
            tokio::spawn(async move { store.execute(&Actor::System, request).await })
        });
        let mut tickets = Vec::new();
        let mut known = Vec::new();
        for attempt in attempts.collect::<Vec<_>>() {
            match attempt.await.unwrap() {
                Ok(executed) => tickets.push(executed.tickets[0].id),
                Err(ExecuteError::AlreadySettled(fate)) => known.push(fate),
                Err(error) => panic!("{error:?}"),
            }
        }
        assert_eq!((tickets.len(), known.len()), (1, 5));
        let fate = raw(&desk, mail).await.unwrap().unwrap().fate;
        assert!(matches!(fate, Fate::Ticket { ticket, .. } if ticket == tickets[0]), "{fate:?}");
        assert!(known.iter().all(|known| *known == fate));
        assert_eq!(pending_mail(&desk, 10).await.unwrap(), []);
        expect_order(&desk).await;
    }

    async fn a_refused_ticket_leaves_its_mail_pending(desk: TestStore) {
        let mail = arrived(&desk).await;
        let mut request = becomes_ticket(&desk, mail);
        request.unit = request.unit.then(Step::Ticket(TicketId(fresh_id()), Command::Wake));
        assert!(matches!(desk.execute(&Actor::System, request).await, Err(ExecuteError::Refused(_))));
        assert_eq!(pending_mail(&desk, 10).await.unwrap(), [mail]);
    }

    async fn every_fate_stays_on_record_and_a_held_mail_can_be_retried(desk: TestStore) {
        let mail = arrived(&desk).await;
        let held = Fate::Held { reason: "too many mails".to_owned() };
        assert!(settle(&desk, mail, &held).await.unwrap());
        assert!(!settle(&desk, mail, &Fate::Ignored { reason: "spam".to_owned() }).await.unwrap());
        let listed = list_by_fate(&desk, FateKind::Held, 10, None).await.unwrap().items;
        assert_eq!((listed[0].id, &listed[0].fate), (mail, &held));
        desk.advance(Duration::minutes(5));
        assert!(retry(&desk, mail).await.unwrap());
        assert!(!retry(&desk, mail).await.unwrap());
        assert_eq!(pending_mail(&desk, 10).await.unwrap(), [mail]);
        let kinds: Vec<_> = fates(&desk, mail).await.unwrap().iter().map(|(_, fate)| fate.kind()).collect();
        assert_eq!(kinds, [FateKind::Pending, FateKind::Held, FateKind::Pending]);
        let unknown = settle(&desk, RawMailId(fresh_id()), &held).await;
        assert!(matches!(unknown, Err(StoreError::Missing { what: "mail" })));
        expect_order(&desk).await;
    }

    async fn a_list_of_mails_is_read_in_pages(desk: TestStore) {
        let mut all = Vec::new();
        for _ in 0..5 {
            all.push(arrived(&desk).await);
        }
        all.reverse();
        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let page = list_by_fate(&desk, FateKind::Pending, 2, cursor.as_ref()).await.unwrap();
            seen.extend(page.items.iter().map(|mail| mail.id));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, all);
    }

    async fn our_mails_and_theirs_lead_to_the_ticket(desk: TestStore) {
        let mut opening = opening(&desk, "x");
        opening.words.mail_id = Some("their-1@contoso.example".to_owned());
        let ticket = open_with(&desk, opening).await;
        let ours = outbox::of_ticket(&desk, ticket.id, 10).await.unwrap()[0].mail_id.clone();
        let asked = ["unknown@x".to_owned(), ours.clone(), "their-1@contoso.example".to_owned()];
        let found = tickets_by_mail_ids(&desk, &asked).await.unwrap();
        assert_eq!(found, [(ours, ticket.id), ("their-1@contoso.example".to_owned(), ticket.id)]);
        assert!(participant(&desk, ticket.id, desk.seeded.contact).await.unwrap());
        assert!(!participant(&desk, ticket.id, desk.seeded.stranger).await.unwrap());
    }

    async fn a_machine_answers_an_address_only_so_often(desk: TestStore) {
        let may = async || may_auto_answer(&desk, "Zhang@Contoso.example", desk.clock.now(), 3600, 2).await.unwrap();
        for _ in 0..2 {
            assert!(may().await);
            note_auto_answer(&desk, "zhang@contoso.example", desk.clock.now()).await.unwrap();
        }
        assert!(!may().await);
        assert!(may_auto_answer(&desk, "li@contoso.example", desk.clock.now(), 3600, 2).await.unwrap());
        desk.advance(Duration::seconds(3600));
        assert!(may().await);
        let forgotten = crate::mail::forget_auto_answers_before(&desk, desk.clock.now(), 1).await.unwrap();
        assert_eq!(forgotten, 1);
    }
}
