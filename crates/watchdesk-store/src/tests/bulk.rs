use crate::bench::{BATCH_TICKETS, Bulk, Written, bare_commits, bare_probes};
use crate::firing;

use super::*;

crate::both_databases! {
    async fn tickets_that_were_written_in_bulk_are_like_any_other(desk: TestStore) {
        let bulk = Bulk::new(desk.store(), desk.seeded.contact, Some(desk.seeded.team)).await.unwrap();
        let opened_at = desk.clock.now();
        let written = bulk.write(BATCH_TICKETS + 1, opened_at).await.expect("they are written");
        let clocks_each = tickets::clocks(&desk, open(&desk, "x").await.id).await.unwrap().len();
        assert_eq!(written, Written { tickets: BATCH_TICKETS, running_clocks: BATCH_TICKETS * clocks_each });
        expect_order(&desk).await;
        assert!(firing::due(&desk, opened_at, 1).await.unwrap().is_empty(), "nothing is due yet");
        let due_at = firing::oldest_due(&desk).await.unwrap().expect("something will be");
        assert_eq!(firing::due(&desk, due_at, 1).await.unwrap().len(), 1);
        let one = tickets::by_number(&desk, watchdesk_core::ids::TicketNumber(1001)).await.unwrap().expect("the first");
        act(&desk, one.ticket.id, triage(&desk)).await;
        expect_order(&desk).await;
    }

    async fn bare_loops_change_nothing(desk: TestStore) {
        let ticket = open(&desk, "x").await;
        let before = record(&desk, ticket.id).await;
        bare_probes(&desk).await.unwrap();
        assert_eq!(bare_commits(&desk, 10).await.unwrap(), 1);
        assert_eq!(record(&desk, ticket.id).await, before);
        expect_order(&desk).await;
    }
}
