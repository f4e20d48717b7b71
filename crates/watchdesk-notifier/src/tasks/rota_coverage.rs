//! Hours in which nobody is on call are told before they come, and ladders that call on nobody at all are said.

use std::collections::BTreeSet;

use chrono::Duration;
use watchdesk_core::Instant;
use watchdesk_core::desk::Desk;
use watchdesk_core::effect::{Notice, Recipient};
use watchdesk_core::ids::AgentId;
use watchdesk_core::rota::{Gap, Rota, SPAN_DAYS_MAX, Standing};
use watchdesk_store::{Store, StoreError, desk, outbox};

use crate::people;
use crate::scheduler::TaskResult;

/// So long before it begins, a gap is told once more.
const REMINDED_BEFORE: Duration = Duration::hours(24);
/// New gaps of one rota that are told in one run, so that a rota that lost everybody is no flood. The next run goes on
/// with the rest: what was told before does not count.
const NEW_GAPS_MAX: usize = 50;

/// One mail for each gap and manager when it comes into sight, and one the day before. Repeated runs find them there; a
/// gap that changed is another one.
pub async fn rota_coverage(store: &Store, ahead_days: u32) -> TaskResult {
    let now = store.now().await?;
    let until = now + Duration::days(i64::from(ahead_days).clamp(1, SPAN_DAYS_MAX));
    let desk = desk::load(store).await?;
    let active = |agent: AgentId| people::is_active(&desk, agent);
    let managers = people::managers(&desk);
    let (mut open, mut told, mut left) = (0, 0, 0);
    for rota in desk.rotas.values() {
        let gaps = rota.coverage(now, until, &active)?;
        open += gaps.len();
        let mut fresh = 0;
        for (index, gap) in gaps.iter().enumerate() {
            if fresh == NEW_GAPS_MAX {
                left += gaps.len() - index;
                break;
            }
            let mails = tell(store, rota, &Span::of(rota, gap, &active), &managers, now).await?;
            told += mails;
            fresh += usize::from(mails > 0);
        }
    }
    Ok(format!("{open} gaps within {ahead_days} days, {told} mails queued{}{}", rest(left), nobody(&desk)))
}

fn rest(left: usize) -> String {
    if left == 0 { String::new() } else { format!("; {left} more gaps come with the next runs") }
}

/// Where no hour is covered, because there is no such rota: the log says it, too.
fn nobody(desk: &Desk) -> String {
    let nobody = desk.ladders_that_call_nobody();
    nobody.iter().for_each(|nobody| tracing::warn!(rota = %nobody.rota, "{nobody}"));
    let rotas: BTreeSet<String> =
        nobody.iter().map(|nobody| format!("{} level {}", nobody.rota, nobody.level)).collect();
    match rotas.is_empty() {
        true => String::new(),
        false => {
            let rotas = rotas.into_iter().collect::<Vec<_>>().join(", ");
            format!("; ladders call on what is not there: {rotas} (`watchdesk check` says which)")
        }
    }
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
