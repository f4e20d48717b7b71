//! Yesterday, told to everybody who manages the desk, each once.

use chrono_tz::Tz;
use watchdesk_core::rights::Role;
use watchdesk_store::directory::{self, Agent};
use watchdesk_store::{PAGE_ITEMS_MAX, Store, StoreError};

use crate::outbox::{OutboxWorker, Told};
use crate::scheduler::TaskResult;

/// Pages of colleagues that are looked through.
const PAGES_MAX: usize = 50;

/// Those who cannot be told now are told when the task is tried again.
pub async fn daily_summary(outbox: &OutboxWorker, zone: Tz) -> TaskResult {
    let today = outbox.store().now().await?.with_timezone(&zone).date_naive();
    let day = today.pred_opt().unwrap_or(today);
    let (mut told, mut never, mut waiting) = (0_u64, 0_u64, Vec::new());
    for agent in managers(outbox.store()).await? {
        match outbox.send_summary(&agent, day).await? {
            Told::Now | Told::Before => told += 1,
            Told::Never(why) => {
                never += 1;
                tracing::error!(agent = %agent.id, why, "a daily summary cannot be delivered");
            }
            Told::NotYet(why) => waiting.push(why),
        }
    }
    match waiting.first() {
        None if never == 0 => Ok(format!("{told} told of {day}")),
        None => Ok(format!("{told} told of {day}, {never} cannot be reached")),
        Some(why) => Err(format!("{told} told of {day}, {} not yet: {why}", waiting.len()).into()),
    }
}

fn manages(role: Role) -> bool {
    match role {
        Role::Admin | Role::Manager => true,
        Role::Lead | Role::Agent | Role::Sales | Role::Auditor => false,
    }
}

async fn managers(store: &Store) -> Result<Vec<Agent>, StoreError> {
    let mut managers = Vec::new();
    let mut cursor = None;
    for _ in 0..PAGES_MAX {
        let page = directory::agents(store, PAGE_ITEMS_MAX, cursor.as_ref()).await?;
        managers.extend(page.items.into_iter().filter(|agent| agent.active && manages(agent.role)));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(managers)
}
