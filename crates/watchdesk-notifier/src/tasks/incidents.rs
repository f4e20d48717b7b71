//! Tickets that an incident explains hear that it is over, or that it is back.

use watchdesk_core::command::{Command, Unit};
use watchdesk_core::ids::TicketId;
use watchdesk_core::rights::Actor;
use watchdesk_store::incidents::{self, Incident};
use watchdesk_store::{ExecuteError, Store, StoreError};

use crate::scheduler::TaskResult;

const INCIDENTS_MAX: u64 = 50;
const BATCH_TICKETS_MAX: u64 = 200;
/// 10,000 tickets of one incident a run; the rest comes with the next.
const BATCHES_MAX: usize = 50;

/// What stops in between goes on with the next run: a ticket that has heard of it stays as it is.
pub async fn incident_news(store: &Store) -> TaskResult {
    let (mut settled, mut told, mut left) = (0_u64, 0_u64, 0_u64);
    for incident in incidents::unsettled(store, INCIDENTS_MAX).await? {
        let walk = tell_linked(store, &incident).await?;
        told += walk.told;
        left += walk.left;
        if walk.is_whole && walk.left == 0 && incidents::settle(store, &incident).await? {
            settled += 1;
        }
    }
    Ok(match left {
        0 => format!("{settled} incidents, {told} tickets"),
        _ => format!("{settled} incidents, {told} tickets, {left} could not be told"),
    })
}

#[derive(Default)]
struct Walk {
    told: u64,
    left: u64,
    is_whole: bool,
}

async fn tell_linked(store: &Store, incident: &Incident) -> Result<Walk, StoreError> {
    let mut walk = Walk::default();
    let mut after: Option<TicketId> = None;
    for _ in 0..BATCHES_MAX {
        let linked = incidents::linked_after(store, &incident.reference, after, BATCH_TICKETS_MAX).await?;
        let Some(last) = linked.last() else {
            walk.is_whole = true;
            break;
        };
        after = Some(*last);
        for id in linked {
            match store.execute(&Actor::System, Unit::ticket(id, news(incident))).await {
                Ok(_) => walk.told += 1,
                Err(ExecuteError::Store(away @ StoreError::Unreachable(_))) => return Err(away),
                Err(error) => {
                    walk.left += 1;
                    tracing::warn!(ticket = %id, incident = incident.reference, %error, "a ticket could not hear of its incident");
                }
            }
        }
    }
    Ok(walk)
}

fn news(incident: &Incident) -> Command {
    let reference = incident.reference.clone();
    if incident.is_open { Command::IncidentReopened { reference } } else { Command::IncidentEnded { reference } }
}
