//! A resolved ticket that nobody took up again within the window is closed.

use std::collections::BTreeSet;

use chrono::Duration;
use watchdesk_core::command::{CloseReason, Command, Unit};
use watchdesk_core::rights::Actor;
use watchdesk_store::{ExecuteError, Store, StoreError, desk, tickets};

use crate::scheduler::TaskResult;

const BATCH_TICKETS_MAX: u64 = 200;
/// 10,000 tickets a run; the rest comes with the next.
const BATCHES_MAX: usize = 50;

pub async fn auto_close(store: &Store) -> TaskResult {
    let (mut closed, mut left) = (0_u64, 0_u64);
    let window = Duration::seconds(desk::load(store).await?.settings.reopening_window_s);
    let resolved_by = store.now().await? - window;
    let mut seen = BTreeSet::new();
    for _ in 0..BATCHES_MAX {
        let limit = BATCH_TICKETS_MAX + left;
        let due = tickets::resolved_before(store, resolved_by, limit).await?;
        let fresh: Vec<_> = due.into_iter().filter(|id| seen.insert(*id)).collect();
        if fresh.is_empty() {
            break;
        }
        for id in fresh {
            let unit = Unit::ticket(id, Command::Close { reason: CloseReason::Solved });
            match store.execute(&Actor::System, unit).await {
                Ok(_) => closed += 1,
                Err(ExecuteError::Store(away @ StoreError::Unreachable(_))) => return Err(away.into()),
                Err(error) => {
                    left += 1;
                    tracing::warn!(ticket = %id, %error, "a resolved ticket could not be closed");
                }
            }
        }
    }
    Ok(match left {
        0 => format!("{closed} closed"),
        _ => format!("{closed} closed, {left} could not be"),
    })
}
