use watchdesk_core::ticket::StateKind;

use super::*;

async fn bodies(desk: &TestStore, ticket: TicketId) -> Vec<String> {
    let page = tickets::messages(desk, ticket, 100, None).await.unwrap();
    page.items.into_iter().map(|message| message.body).collect()
}

async fn opened(desk: &TestStore, body: &str) -> TicketRef {
    desk.advance(chrono::Duration::minutes(1));
    open_with(desk, OpenTicket { words: words(body), ..opening(desk, body) }).await
}

crate::both_databases! {
    async fn merged_messages_move_and_come_back(desk: TestStore) {
        let (a, b) = (opened(&desk, "a").await, opened(&desk, "b").await);
        act(&desk, a.id, Command::Merge { into: b.id }).await;
        assert_eq!(bodies(&desk, b.id).await, ["a", "b"]);
        assert!(bodies(&desk, a.id).await.is_empty());
        assert_eq!(record(&desk, a.id).await.ticket.duplicate_of(), Some(b.id));
        expect_order(&desk).await;

        act(&desk, a.id, Command::Unmerge).await;
        assert_eq!(bodies(&desk, a.id).await, ["a"]);
        assert_eq!(bodies(&desk, b.id).await, ["b"]);
        assert_eq!(record(&desk, a.id).await.ticket.state.kind(), StateKind::Open);
        expect_order(&desk).await;
    }

    async fn merges_upon_merges_are_taken_back_one_by_one(desk: TestStore) {
        let (a, b, c) = (opened(&desk, "a").await, opened(&desk, "b").await, opened(&desk, "c").await);
        act(&desk, a.id, Command::Merge { into: b.id }).await;
        act(&desk, b.id, Command::Merge { into: c.id }).await;
        assert_eq!(bodies(&desk, c.id).await, ["a", "b", "c"]);
        act(&desk, b.id, Command::Unmerge).await;
        assert_eq!(bodies(&desk, b.id).await, ["a", "b"]);
        assert_eq!(bodies(&desk, c.id).await, ["c"]);
        act(&desk, a.id, Command::Unmerge).await;
        assert_eq!(bodies(&desk, a.id).await, ["a"]);
        assert_eq!(bodies(&desk, b.id).await, ["b"]);
        expect_order(&desk).await;
    }

    async fn split_messages_go_to_a_ticket_of_their_own(desk: TestStore) {
        let ticket = opened(&desk, "first problem").await;
        desk.advance(chrono::Duration::minutes(1));
        let second = words("second problem");
        let moved = second.id;
        let message =
            Command::CustomerMessage { from: desk.seeded.contact, words: second, at: desk.clock.now() };
        desk.execute(&Actor::System, Unit::ticket(ticket.id, message)).await.unwrap();
        let fresh = TicketId(fresh_id());
        let split = Command::Split { messages: [moved].into(), into: fresh, subject: "Second".to_owned() };
        let executed = act(&desk, ticket.id, split).await;
        assert_eq!(executed.tickets.len(), 2);
        assert_eq!(executed.tickets[0].id, ticket.id, "the ticket that the unit names comes first");
        assert_eq!(bodies(&desk, ticket.id).await, ["first problem"]);
        assert_eq!(bodies(&desk, fresh).await, ["second problem"]);
        assert_ne!(record(&desk, fresh).await.ticket.number, ticket.number);
        expect_order(&desk).await;
    }

    async fn tickets_merged_into_each_other_at_once_do_not_block(desk: TestStore) {
        let (a, b) = (opened(&desk, "a").await, opened(&desk, "b").await);
        let agent = desk.actor(desk.seeded.agent).await;
        let merge = |from: TicketId, into: TicketId| {
            let (store, agent) = (desk.store().clone(), agent.clone());
            tokio::spawn(async move { store.execute(&agent, Unit::ticket(from, Command::Merge { into })).await })
        };
        let (first, second) = (merge(a.id, b.id), merge(b.id, a.id));
        let results = [first.await.unwrap(), second.await.unwrap()];
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
        expect_order(&desk).await;
    }
}
