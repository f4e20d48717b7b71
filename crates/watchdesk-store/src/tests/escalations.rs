//! The cases of a span, page by page.

use chrono::Duration;
use watchdesk_core::case::Measure;
use watchdesk_core::command::CaseCommand;
use watchdesk_core::ids::CaseId;
use watchdesk_core::rights::Visibility;

use super::cases::{case_act, draft, file, healthy};
use super::*;
use crate::cases;
use crate::reports::{Asked, Filed, escalations};

pub(super) async fn filed(desk: &TestStore, reference: &str) -> (TicketRef, CaseId) {
    healthy(desk).await;
    let ticket = open(desk, reference).await;
    act(desk, ticket.id, triage(desk)).await;
    let id = CaseId(fresh_id());
    act(desk, ticket.id, draft(id)).await;
    case_act(desk, id, file(desk, reference)).await;
    (ticket, id)
}

fn asked(desk: &TestStore, hours: std::ops::Range<i64>) -> Asked {
    let start = crate::testing::test_start();
    Asked {
        from: start + Duration::hours(hours.start),
        to: start + Duration::hours(hours.end),
        operator: None,
        visibility: Visibility::Everything,
        now: desk.clock.now(),
    }
}

async fn all_pages(desk: &TestStore, asked: &Asked, limit: u64) -> Vec<Filed> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = escalations(desk, asked, cursor.as_ref(), limit).await.unwrap();
        assert!(page.items.len() as u64 <= limit);
        all.extend(page.items);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return all,
        }
    }
}

fn references(found: &[Filed]) -> Vec<&str> {
    found.iter().filter_map(|filed| filed.case.reference.as_deref()).collect()
}

crate::both_databases! {
    async fn cases_come_in_the_order_of_their_filing_and_drafts_do_not(desk: TestStore) {
        let drafted = open(&desk, "a draft").await;
        healthy(&desk).await;
        act(&desk, drafted.id, triage(&desk)).await;
        act(&desk, drafted.id, draft(CaseId(fresh_id()))).await;
        for n in 0..5 {
            filed(&desk, &format!("SR-{n}")).await;
            desk.advance(Duration::minutes(if n == 2 { 0 } else { 20 }));
        }
        desk.advance(Duration::hours(2));
        let everything = asked(&desk, 0..24);
        for limit in [1, 2, 100] {
            let found = all_pages(&desk, &everything, limit).await;
            let mut seen = references(&found);
            assert_eq!(&seen[..2], ["SR-0", "SR-1"]);
            seen.sort_unstable();
            assert_eq!(seen, ["SR-0", "SR-1", "SR-2", "SR-3", "SR-4"]);
        }
        assert!(all_pages(&desk, &asked(&desk, 3..24), 10).await.is_empty());
        let of_another = Asked { operator: Some(slug("other")), ..asked(&desk, 0..24) };
        assert!(all_pages(&desk, &of_another, 10).await.is_empty());
    }

    async fn a_case_comes_with_whoever_filed_it_its_tickets_and_their_time(desk: TestStore) {
        let (first, id) = filed(&desk, "SR-1").await;
        let second = open(&desk, "the same").await;
        act(&desk, second.id, triage(&desk)).await;
        case_act(&desk, id, CaseCommand::AddTicket { ticket: second.id }).await;
        desk.advance(Duration::hours(3));
        let refused = CaseCommand::Refuse { words: words("The article says how."), at: desk.clock.now() };
        case_act(&desk, id, refused).await;
        let body = "Read the article.".to_owned();
        case_act(&desk, id, CaseCommand::Learn { body, measure: Measure::Training, owner: None }).await;
        desk.advance(Duration::hours(1));

        let found = all_pages(&desk, &asked(&desk, 0..24), 10).await;
        let [one] = &found[..] else { panic!("{} cases", found.len()) };
        assert_eq!(one.by, Some(desk.seeded.agent));
        let numbers: Vec<_> = one.tickets.iter().map(|(record, _)| record.ticket.number).collect();
        assert_eq!(numbers, [first.number, second.number]);
        assert!(one.tickets.iter().all(|(_, time)| time.wall.operators_s == 3 * 3_600 && time.wall.ours_s == 3_600));
        let case = cases::by_id(&desk, id).await.unwrap().unwrap();
        assert_eq!(case.words.lesson.map(|lesson| lesson.measure), Some(Measure::Training));
        expect_order(&desk).await;
    }

    async fn a_reader_finds_cases_of_tickets_that_he_sees_and_no_other_ticket(desk: TestStore) {
        let (_, id) = filed(&desk, "SR-1").await;
        let foreign = open(&desk, "theirs").await;
        act(&desk, foreign.id, triage(&desk)).await;
        case_act(&desk, id, CaseCommand::AddTicket { ticket: foreign.id }).await;
        let away = Command::Assign(Assignment { owner: Some(None), team: Some(Some(desk.seeded.other_team)) });
        act(&desk, foreign.id, away).await;
        let sees = |agent, team| Visibility::Teams { agent, teams: [team].into() };
        let of = |visibility| Asked { visibility, ..asked(&desk, 0..24) };
        let ours = all_pages(&desk, &of(sees(desk.seeded.agent, desk.seeded.team)), 10).await;
        assert_eq!(ours[0].tickets.len(), 1, "only his own ticket of it");
        let theirs = all_pages(&desk, &of(sees(desk.seeded.other_agent, desk.seeded.other_team)), 10).await;
        assert_eq!(theirs[0].tickets[0].0.ticket.number, foreign.number);
        assert!(all_pages(&desk, &of(Visibility::Customers([].into())), 10).await.is_empty());
    }
}
