//! Hours in which nobody is on call are told before they come.

use chrono::Duration;
use watchdesk_core::Instant;
use watchdesk_core::effect::{Notice, Recipient};
use watchdesk_core::ids::AgentId;
use watchdesk_core::rota::{Gap, Rota, SPAN_DAYS_MAX, Standing};
use watchdesk_store::{Store, StoreError, desk, outbox};

use crate::people;
use crate::scheduler::TaskResult;

/// So long before it begins, a gap is told once more.
const REMINDED_BEFORE: Duration = Duration::hours(24);
/// Gaps of one rota that are told at once; the rest comes with the next run.
const GAPS_MAX: usize = 50;

/// One mail for each gap and manager when it comes into sight, and one the day before. Repeated runs find them there; a
/// gap that changed is another one.
pub async fn rota_coverage(store: &Store, ahead_days: u32) -> TaskResult {
    let now = store.now().await?;
    let until = now + Duration::days(i64::from(ahead_days).clamp(1, SPAN_DAYS_MAX));
    let desk = desk::load(store).await?;
    let active = |agent: AgentId| people::is_active(&desk, agent);
    let managers = people::managers(&desk);
    let (mut open, mut told) = (0_u64, 0_u64);
    for rota in desk.rotas.values() {
        let gaps = rota.coverage(now, until, &active)?;
        open += gaps.len() as u64;
        for gap in gaps.iter().take(GAPS_MAX) {
            told += tell(store, rota, &Span::of(rota, gap, &active), &managers, now).await?;
        }
    }
    Ok(format!("{open} gaps within {ahead_days} days, {told} mails queued"))
}

/// A gap from its first second to its last, however much of it lies within the days looked at.
struct Span {
    level: u32,
    from: Instant,
    to: Instant,
    /// The same as long as the gap is the same.
    key: String,
}

impl Span {
    fn of(rota: &Rota, gap: &Gap, active: &dyn Fn(AgentId) -> bool) -> Self {
        let Standing { since, until, .. } = rota.standing(gap.level, gap.from, active);
        let edge = |at: Option<Instant>| at.map_or("open".to_owned(), |at| at.timestamp().to_string());
        Self {
            level: gap.level,
            from: since.unwrap_or(gap.from),
            to: until.unwrap_or(gap.to),
            key: format!("{}:{}:{}:{}", rota.slug(), gap.level, edge(since), edge(until)),
        }
    }
}

async fn tell(store: &Store, rota: &Rota, gap: &Span, managers: &[AgentId], now: Instant) -> Result<u64, StoreError> {
    let stage = if gap.from - now <= REMINDED_BEFORE { "soon" } else { "ahead" };
    let notice = Notice::RotaGap { rota: rota.slug().clone(), level: gap.level, from: gap.from, to: gap.to };
    let mut told = 0;
    for manager in managers {
        let key = format!("rota-gap:{stage}:{}:{manager}", gap.key);
        told += u64::from(outbox::enqueue_desk(store, &key, Recipient::Agent(*manager), &notice).await?);
    }
    Ok(told)
}
