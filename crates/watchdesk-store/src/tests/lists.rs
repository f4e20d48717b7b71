use std::collections::BTreeSet;

use chrono::Duration;
use watchdesk_core::command::{CaseCommand, WordFrom};
use watchdesk_core::event::MessageKind;
use watchdesk_core::rights::{ContactActor, Visibility, visibility};
use watchdesk_core::ticket::StateKind;

use super::cases::case_act;
use super::escalations::filed;
use super::*;
use crate::tickets::{OwnerFilter, Sort, TicketFilter, count, list, overdue};
use crate::{Cursor, Page, StoreError};

/// Tickets of both customers, both teams and none, some triaged, some finished.
async fn a_mixed_desk(desk: &TestStore) -> Vec<TicketRef> {
    let teams: [Option<TeamId>; 3] = [Some(desk.seeded.team), Some(desk.seeded.other_team), None];
    let mut all = Vec::new();
    for n in 0..12 {
        desk.advance(Duration::minutes(1));
        let ours = n % 2 == 0;
        let mut opening = opening(desk, &format!("ticket {n}"));
        opening.team = teams[n % 3];
        opening.customer = Some(if ours { desk.seeded.customer } else { desk.seeded.other_customer });
        opening.requester = match (ours, n % 4) {
            (true, 0) => desk.seeded.contact,
            (true, _) => desk.seeded.colleague,
            (false, _) => desk.seeded.stranger,
        };
        all.push(open_with(desk, opening).await);
    }
    for ticket in all.iter().step_by(5) {
        let manager = desk.actor(desk.seeded.manager).await;
        let resolve = Command::Resolve { words: words("Done.") };
        let unit = Unit::ticket(ticket.id, triage(desk)).then(Step::Ticket(ticket.id, resolve));
        desk.execute(&manager, unit).await.unwrap();
    }
    all
}

async fn pages(desk: &TestStore, visibility: &Visibility, filter: &TicketFilter, sort: Sort, limit: u64) -> Vec<i64> {
    let mut numbers = Vec::new();
    let mut cursor: Option<Cursor> = None;
    loop {
        let page: Page<TicketRecord> = list(desk, visibility, filter, sort, limit, cursor.as_ref()).await.unwrap();
        numbers.extend(page.items.iter().map(|record| record.ticket.number.0));
        match page.next {
            Some(next) => cursor = Some(next),
            None => return numbers,
        }
    }
}

crate::both_databases! {
    async fn pages_together_are_the_whole_list_in_order(desk: TestStore) {
        a_mixed_desk(&desk).await;
        let everything = TicketFilter::default();
        for sort in Sort::ALL {
            let whole = pages(&desk, &Visibility::Everything, &everything, sort, 200).await;
            for limit in [1, 2, 5] {
                let parts = pages(&desk, &Visibility::Everything, &everything, sort, limit).await;
                assert_eq!(parts, whole, "{sort:?} by {limit}");
            }
            assert_eq!(whole.len(), if sort == Sort::Due { 9 } else { 12 }, "{sort:?}");
        }
        let created = pages(&desk, &Visibility::Everything, &everything, Sort::Created, 200).await;
        assert!(created.is_sorted_by(|a, b| a > b), "{created:?}");
    }

    async fn the_queue_shows_the_most_urgent_first_and_those_without_deadline_last(desk: TestStore) {
        let late = open(&desk, "late").await;
        let soon = open_with(&desk, OpenTicket { severity: Some(Severity::A), ..opening(&desk, "soon") }).await;
        let none = open(&desk, "none").await;
        act(&desk, none.id, triage(&desk)).await;
        act(&desk, none.id, Command::Reply { words: words("When?"), then: Then::Wait { until: None } }).await;
        let queue = pages(&desk, &Visibility::Everything, &TicketFilter::default(), Sort::Due, 1).await;
        assert_eq!(queue, [soon.number.0, late.number.0, none.number.0]);
        desk.advance(Duration::hours(5));
        assert_eq!(overdue(&desk, &Visibility::Everything, desk.clock.now(), 100).await.unwrap(), 2);
        assert_eq!(overdue(&desk, &Visibility::Everything, desk.clock.now(), 1).await.unwrap(), 1);
    }

    async fn lists_and_rights_agree_on_every_ticket(desk: TestStore) {
        let all = a_mixed_desk(&desk).await;
        let seeded = desk.seeded;
        let contact = |id, whole_organisation| {
            Actor::Contact(ContactActor { id, customer: Some(seeded.customer), whole_organisation })
        };
        let mut actors = vec![Actor::System, contact(seeded.contact, false), contact(seeded.colleague, true)];
        for agent in [seeded.admin, seeded.manager, seeded.lead, seeded.agent, seeded.other_agent, seeded.sales, seeded.auditor] {
            actors.push(desk.actor(agent).await);
        }
        let mut different = BTreeSet::new();
        for actor in actors {
            let sees = visibility(&actor);
            let mut admitted = Vec::new();
            for ticket in &all {
                if sees.admits(&record(&desk, ticket.id).await.ticket) {
                    admitted.push(ticket.number.0);
                }
            }
            admitted.reverse();
            let listed = pages(&desk, &sees, &TicketFilter::default(), Sort::Created, 3).await;
            assert_eq!(listed, admitted, "{actor:?}");
            let counted = count(&desk, &sees, &TicketFilter::default(), 100).await.unwrap();
            assert_eq!(counted, admitted.len() as u64, "{actor:?}");
            different.insert(admitted);
        }
        assert!(different.len() >= 5, "the roles see different things here");
    }

    async fn filters_narrow_the_list(desk: TestStore) {
        a_mixed_desk(&desk).await;
        let everything = TicketFilter::default;
        for (filter, expected) in [
            (TicketFilter { state: vec![StateKind::Resolved], ..everything() }, 3),
            (TicketFilter { state: vec![StateKind::Open, StateKind::Resolved], ..everything() }, 12),
            (TicketFilter { owner: Some(OwnerFilter::Nobody), ..everything() }, 9),
            (TicketFilter { owner: Some(OwnerFilter::Agent(desk.seeded.agent)), ..everything() }, 3),
            (TicketFilter { team: Some(desk.seeded.team), ..everything() }, 4),
            (TicketFilter { customer: Some(desk.seeded.customer), ..everything() }, 6),
            (TicketFilter { severity: Some(Severity::B), ..everything() }, 3),
            (TicketFilter { severity: Some(Severity::A), ..everything() }, 0),
        ] {
            let found = pages(&desk, &Visibility::Everything, &filter, Sort::Updated, 5).await;
            assert_eq!(found.len(), expected, "{filter:?}");
        }
    }

    async fn search_finds_words_and_two_characters_and_keeps_secrets(desk: TestStore) {
        let ticket = open(&desk, "无法登录邮箱 Outlook").await;
        let other = open(&desk, "Printer on fire").await;
        act(&desk, ticket.id, Command::Note { words: words("The zebra password is wrong") }).await;
        act(&desk, ticket.id, reply("请重启电脑 Restart please")).await;
        let everybody = Visibility::Everything;
        let customer = Visibility::Organisation { customer: desk.seeded.customer, contact: desk.seeded.colleague };
        let ours = [ticket.number.0];
        for (text, sees, expected) in [
            ("登录", &everybody, &ours[..]),
            ("OUTLOOK 邮箱", &everybody, &ours),
            ("重启", &customer, &ours),
            ("restart outlook", &customer, &ours),
            ("restart printer", &everybody, &[]),
            ("zebra", &everybody, &ours),
            ("zebra", &customer, &[]),
            ("outlook zebra", &customer, &[]),
            ("fire", &everybody, &[other.number.0]),
            ("\"' OR 1=1 --", &everybody, &[]),
            ("***", &everybody, &[]),
        ] {
            let filter = TicketFilter { text: Some(text.to_owned()), ..TicketFilter::default() };
            assert_eq!(pages(&desk, sees, &filter, Sort::Created, 10).await, expected, "{text} as {sees:?}");
        }
    }

    async fn the_operators_words_are_found_by_those_who_see_cases(desk: TestStore) {
        let (ticket, case) = filed(&desk, "SR-1").await;
        let said = CaseCommand::Update { words: words("Zebra node restarted"), from: WordFrom::Operator, at: desk.clock.now() };
        case_act(&desk, case, said).await;
        let ours = [ticket.number.0];
        let team = Visibility::Teams { agent: desk.seeded.agent, teams: [desk.seeded.team].into() };
        for (sees, expected) in [
            (Visibility::Everything, &ours[..]),
            (team, &ours),
            (Visibility::Customers([desk.seeded.customer].into()), &[]),
            (Visibility::Organisation { customer: desk.seeded.customer, contact: desk.seeded.colleague }, &[]),
            (Visibility::Own(desk.seeded.contact), &[]),
        ] {
            let found = async |text: &str| {
                let filter = TicketFilter { text: Some(text.to_owned()), ..TicketFilter::default() };
                pages(&desk, &sees, &filter, Sort::Created, 10).await
            };
            assert_eq!(found("zebra").await, expected, "{sees:?}");
            assert_eq!(found("work").await, ours, "{sees:?} finds what the customer wrote");
        }
        let voice = async |kinds: &[MessageKind]| tickets::last_voices(&desk, &[ticket.id], kinds).await.unwrap()[0].1;
        assert_eq!(voice(&MessageKind::ALL).await, MessageKind::Operator);
        assert_eq!(voice(&[MessageKind::Customer, MessageKind::Public]).await, MessageKind::Customer);
    }

    async fn a_cursor_of_another_list_is_refused(desk: TestStore) {
        a_mixed_desk(&desk).await;
        let (sees, filter) = (Visibility::Everything, TicketFilter::default());
        let next = list(&desk, &sees, &filter, Sort::Due, 1, None).await.unwrap().next.unwrap();
        let refused = list(&desk, &sees, &filter, Sort::Created, 1, Some(&next)).await.unwrap_err();
        assert!(matches!(refused, StoreError::BadCursor));
    }

    async fn what_was_resolved_long_ago_is_found(desk: TestStore) {
        let ticket = open(&desk, "x").await;
        act(&desk, ticket.id, triage(&desk)).await;
        act(&desk, ticket.id, Command::Resolve { words: words("Done.") }).await;
        let at = desk.clock.now();
        assert_eq!(tickets::resolved_before(&desk, at - Duration::seconds(1), 10).await.unwrap(), []);
        assert_eq!(tickets::resolved_before(&desk, at, 10).await.unwrap(), [ticket.id]);
        act(&desk, ticket.id, Command::Reopen { words: None }).await;
        assert_eq!(tickets::resolved_before(&desk, at, 10).await.unwrap(), []);
    }
}
