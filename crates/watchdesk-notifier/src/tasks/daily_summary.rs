//! Yesterday, told to everybody who manages the desk, each once.

use chrono_tz::Tz;
use watchdesk_core::effect::{Notice, Recipient};
use watchdesk_store::directory::{self, Agent};
use watchdesk_store::{PAGE_ITEMS_MAX, Store, StoreError, outbox};

use crate::mail::summary;
use crate::scheduler::TaskResult;

/// Pages of colleagues that are looked through.
const PAGES_MAX: usize = 50;

/// One row of the outbox for each; a repeated run finds them there.
pub async fn daily_summary(store: &Store, zone: Tz) -> TaskResult {
    let today = store.now().await?.with_timezone(&zone).date_naive();
    let day = today.pred_opt().unwrap_or(today);
    let (mut queued, mut known) = (0_u64, 0_u64);
    for agent in managers(store).await? {
        let key = format!("daily-summary:{day}:{}", agent.id);
        let fresh =
            outbox::enqueue_desk(store, &key, Recipient::Agent(agent.id), &Notice::DailySummary { day }).await?;
        *(if fresh { &mut queued } else { &mut known }) += 1;
    }
    Ok(match known {
        0 => format!("{queued} mails about {day} queued"),
        _ => format!("{queued} mails about {day} queued, {known} were before"),
    })
}

async fn managers(store: &Store) -> Result<Vec<Agent>, StoreError> {
    let mut managers = Vec::new();
    let mut cursor = None;
    for _ in 0..PAGES_MAX {
        let page = directory::agents(store, PAGE_ITEMS_MAX, cursor.as_ref()).await?;
        managers.extend(page.items.into_iter().filter(|agent| agent.active && summary::is_for(agent.role)));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(managers)
}
