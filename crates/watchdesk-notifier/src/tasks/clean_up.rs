//! What has had its time is taken away, a bounded piece at each run.

use chrono::Duration;
use watchdesk_store::{Store, StoreError, auth, desk, disclosures, idempotency, mail};

use crate::scheduler::TaskResult;

/// Answers to requests with an `Idempotency-Key` are kept so long.
const IDEMPOTENCY_KEPT: Duration = Duration::hours(24);
/// Attempts to sign in slow down whoever guesses; older ones count no more.
const ATTEMPTS_KEPT: Duration = Duration::hours(24);
/// Far longer than the period in which the answers to one address are counted.
const AUTO_ANSWERS_KEPT: Duration = Duration::hours(24);
const BATCH_ROWS_MAX: u64 = 1_000;
/// So many batches of each kind a run.
const BATCHES_MAX: usize = 20;

pub async fn clean_up(store: &Store) -> TaskResult {
    let now = store.now().await?;
    let keys = forget(|| idempotency::forget_before(store, now - IDEMPOTENCY_KEPT, BATCH_ROWS_MAX)).await?;
    let secrets = forget(|| auth::forget_expired(store, now, BATCH_ROWS_MAX)).await?;
    let attempts = forget(|| auth::forget_attempts_before(store, now - ATTEMPTS_KEPT, BATCH_ROWS_MAX)).await?;
    let answers = forget(|| mail::forget_auto_answers_before(store, now - AUTO_ANSWERS_KEPT, BATCH_ROWS_MAX)).await?;
    let kept = Duration::seconds(desk::load(store).await?.settings.disclosures_kept_s);
    let given = forget(|| disclosures::forget_before(store, now - kept, BATCH_ROWS_MAX)).await?;
    Ok(format!(
        "forgotten: {keys} idempotency keys, {secrets} sessions and links, {attempts} sign-in attempts, \
         {answers} automatic answers, {given} disclosures"
    ))
}

async fn forget<R>(batch: impl Fn() -> R) -> Result<u64, StoreError>
where
    R: Future<Output = Result<u64, StoreError>>,
{
    let mut forgotten = 0;
    for _ in 0..BATCHES_MAX {
        let rows = batch().await?;
        forgotten += rows;
        if rows == 0 {
            break;
        }
    }
    Ok(forgotten)
}
