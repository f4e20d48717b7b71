//! The tasks that every desk has.

mod auto_close;
mod clean_up;
mod daily_summary;

use chrono_tz::Tz;
use watchdesk_store::Store;

use crate::{NotifierError, Scheduler};

pub use auto_close::auto_close;
pub use clean_up::clean_up;
pub use daily_summary::daily_summary;

/// When they come round: second, minute, hour, day, month, weekday. The summary by the desk's clocks on the wall, the
/// others, which come often, in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskTimes {
    pub auto_close: String,
    pub daily_summary: String,
    pub clean_up: String,
}

impl Default for TaskTimes {
    fn default() -> Self {
        Self {
            auto_close: "0 */5 * * * *".to_owned(),
            daily_summary: "0 0 8 * * *".to_owned(),
            clean_up: "0 17 * * * *".to_owned(),
        }
    }
}

/// Registers them all.
pub fn standard_tasks(
    scheduler: Scheduler,
    store: &Store,
    zone: Tz,
    times: &TaskTimes,
) -> Result<Scheduler, NotifierError> {
    let (closing, cleaning, summing) = (store.clone(), store.clone(), store.clone());
    scheduler
        .register("auto-close", &times.auto_close, Tz::UTC, move || {
            let store = closing.clone();
            async move { auto_close(&store).await }
        })?
        .register("daily-summary", &times.daily_summary, zone, move || {
            let store = summing.clone();
            async move { daily_summary(&store, zone).await }
        })?
        .register("clean-up", &times.clean_up, Tz::UTC, move || {
            let store = cleaning.clone();
            async move { clean_up(&store).await }
        })
}
