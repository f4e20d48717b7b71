//! The tasks that every desk has.

mod auto_close;
mod clean_up;
mod daily_summary;
mod hand_over;
mod incidents;
mod rota_coverage;

use chrono_tz::Tz;
use watchdesk_store::Store;

use crate::{NotifierError, Scheduler};

pub use auto_close::auto_close;
pub use clean_up::clean_up;
pub use daily_summary::daily_summary;
pub use hand_over::hand_over;
pub use incidents::incident_news;
pub use rota_coverage::rota_coverage;

/// Days ahead for which somebody has to be on call.
pub const ROTA_AHEAD_DAYS: u32 = 14;

/// When they come round: second, minute, hour, day, month, weekday. The summary by the desk's clocks on the wall, the
/// others, which come often, in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskTimes {
    pub auto_close: String,
    pub daily_summary: String,
    pub clean_up: String,
    pub rota_coverage: String,
    pub hand_over: String,
    pub incident_news: String,
    /// How far ahead gaps of the rotas are looked for.
    pub rota_ahead_days: u32,
}

impl Default for TaskTimes {
    fn default() -> Self {
        Self {
            auto_close: "0 */5 * * * *".to_owned(),
            daily_summary: "0 0 8 * * *".to_owned(),
            clean_up: "0 17 * * * *".to_owned(),
            rota_coverage: "0 23 * * * *".to_owned(),
            hand_over: "0 * * * * *".to_owned(),
            incident_news: "30 * * * * *".to_owned(),
            rota_ahead_days: ROTA_AHEAD_DAYS,
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
    let (closing, cleaning, summing, telling) = (store.clone(), store.clone(), store.clone(), store.clone());
    let scheduler = scheduler
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
        })?
        .register("incident-news", &times.incident_news, Tz::UTC, move || {
            let store = telling.clone();
            async move { incident_news(&store).await }
        })?;
    tasks_of_rotas(scheduler, store, times)
}

fn tasks_of_rotas(scheduler: Scheduler, store: &Store, times: &TaskTimes) -> Result<Scheduler, NotifierError> {
    let (covering, handing_over) = (store.clone(), store.clone());
    let ahead_days = times.rota_ahead_days;
    scheduler
        .register("rota-coverage", &times.rota_coverage, Tz::UTC, move || {
            let store = covering.clone();
            async move { rota_coverage(&store, ahead_days).await }
        })?
        .register("hand-over", &times.hand_over, Tz::UTC, move || {
            let store = handing_over.clone();
            async move { hand_over(&store).await }
        })
}
