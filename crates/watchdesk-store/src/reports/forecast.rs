//! What will be missed if work goes on as it did of late: the open work and the pace, of what a reader may see.
//!
//! What he may see is a condition of the queries, before their bound: a team's forecast is not cut because another team
//! has much to do.

use chrono::Duration;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect, Select};
use watchdesk_core::forecast::{Forecast, Fulfilled, OpenClock, Workload, forecast};
use watchdesk_core::policy::Side;
use watchdesk_core::rights::Visibility;

use super::{READINGS_MAX, Reading, about, fulfilled_since, overdue_query, running_query};
use crate::entities::clock::{Column, Entity};
use crate::entities::ticket;
use crate::{Store, StoreError, visible};

/// Work of this last while says how fast it goes on.
pub const FORECAST_WINDOW_HOURS: i64 = 24;
pub const FORECAST_HOURS_USUAL: u32 = 8;
pub const FORECAST_HOURS_MAX: u32 = 168;

/// A forecast, and whether it saw all there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlooks {
    pub forecast: Forecast,
    /// There is more than was looked at.
    pub is_cut: bool,
}

/// What will be missed within so many hours, as far as `visibility` lets a reader see it.
pub async fn outlook(store: &Store, visibility: &Visibility, hours: u32) -> Result<Outlooks, StoreError> {
    outlook_of(store, visibility, hours, READINGS_MAX).await
}

pub(crate) async fn outlook_of(
    store: &Store,
    visibility: &Visibility,
    hours: u32,
    limit: u64,
) -> Result<Outlooks, StoreError> {
    let now = store.now().await?;
    let (horizon, window) = (Duration::hours(hours.into()), Duration::hours(FORECAST_WINDOW_HOURS));
    let (missed, running, done) = tokio::try_join!(
        open(store, overdue_query(), visibility, limit),
        open(store, running_query(now + horizon), visibility, limit),
        fulfilled_since(store, visibility, now - window),
    )?;
    let is_cut = missed.is_cut || running.is_cut;
    let open: Vec<OpenClock> = missed.readings.iter().chain(&running.readings).filter_map(open_clock).collect();
    let fulfilled: Vec<Fulfilled> = done.iter().map(fulfilled).collect();
    let work = Workload {
        open: &open,
        fulfilled: &fulfilled,
        window_s: window.num_seconds(),
        now,
        horizon_s: horizon.num_seconds(),
    };
    Ok(Outlooks { forecast: forecast(&work), is_cut })
}

struct Open {
    readings: Vec<Reading>,
    is_cut: bool,
}

/// One more is asked for than is taken, so that an exact fit is not called cut.
async fn open(store: &Store, query: Select<Entity>, visibility: &Visibility, limit: u64) -> Result<Open, StoreError> {
    let mut rows = query.filter(ours(visibility)).limit(limit + 1).all(store.reader()).await?;
    let is_cut = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(Open { readings: about::readings(store, rows).await?, is_cut })
}

/// Clocks of tickets that he may see: what we owe. The operator's pace is his own.
pub(crate) fn ours(visibility: &Visibility) -> Condition {
    let own = Condition::all().add(Column::TicketId.is_not_null());
    if *visibility == Visibility::Everything {
        return own;
    }
    let here = Expr::col((ticket::Entity, ticket::Column::Id)).equals((Entity, Column::TicketId));
    let mut seen = Query::select();
    seen.expr(Expr::value(1)).from(ticket::Entity).and_where(here).cond_where(visible::condition(visibility));
    own.add(Expr::exists(seen))
}

fn open_clock(reading: &Reading) -> Option<OpenClock> {
    let clock = &reading.clock;
    let deadline = clock.deadline.filter(|_| clock.objective.side() == Side::Customer)?;
    let (owner, team) = (reading.about.owner, reading.about.team);
    Some(OpenClock { clock: clock.id, ticket: reading.about.number, objective: clock.objective, deadline, owner, team })
}

fn fulfilled(done: &super::Fulfilled) -> Fulfilled {
    Fulfilled { team: done.team, owner: done.owner, count: u32::try_from(done.count).unwrap_or(u32::MAX) }
}
