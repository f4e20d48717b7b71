use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::time::timeout;

use super::*;
use crate::TicketChanged;

const SOON: Duration = Duration::from_secs(20);

async fn next(changes: &mut Receiver<TicketChanged>) -> TicketChanged {
    timeout(SOON, changes.recv()).await.expect("a change is told soon").expect("somebody tells it")
}

fn change(ticket: TicketRef) -> TicketChanged {
    TicketChanged { ticket: ticket.id, number: ticket.number, version: ticket.version }
}

crate::both_databases! {
    async fn changes_are_told_here_and_to_other_processes(desk: TestStore) {
        let other = desk.reopen().await;
        let (mut here, mut there) = (desk.changes(), other.changes());
        let mut ticket = open(&desk, "x").await;
        assert_eq!(next(&mut here).await, change(ticket));
        // The other one may still be about to listen; then the next change reaches it.
        let mut heard = timeout(Duration::from_millis(1500), there.recv()).await;
        while heard.is_err() {
            ticket = act(&desk, ticket.id, Command::Note { words: words("again") }).await.tickets[0];
            heard = timeout(Duration::from_millis(1500), there.recv()).await;
        }
        assert_eq!(heard.unwrap().unwrap().ticket, ticket.id);
        other.close().await.unwrap();
    }

    async fn a_refused_command_tells_nothing(desk: TestStore) {
        let mut changes = desk.changes();
        let ticket = open(&desk, "x").await;
        assert_eq!(next(&mut changes).await, change(ticket));
        assert!(try_act(&desk, ticket.id, Command::Unmerge).await.is_err());
        let noted = act(&desk, ticket.id, Command::Note { words: words("x") }).await.tickets[0];
        assert_eq!(next(&mut changes).await, change(noted), "nothing in between");
    }
}
