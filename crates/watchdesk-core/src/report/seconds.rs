//! How long things took, in bounded memory.
//!
//! Up to [`EXACT_MAX`] values are kept as they are. Of more, a histogram is kept whose buckets grow with what they
//! hold: every power of two is cut into [`BUCKETS_PER_OCTAVE`] parts, so a value is never off by more than half a part,
//! which is less than 0.8 %. Count, mean and slowest are exact always.

use std::collections::BTreeMap;

use serde::Serialize;

/// Values of one row that are kept exactly.
pub const EXACT_MAX: usize = 256;
const OCTAVE_BITS: u32 = 6;
/// Parts of a power of two.
const BUCKETS_PER_OCTAVE: u64 = 1 << OCTAVE_BITS;

/// Seconds used. A percentile is the value that so many of a hundred did not exceed (nearest rank).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Used {
    pub count: u64,
    pub slowest_s: i64,
    pub mean_s: i64,
    pub p50_s: i64,
    pub p90_s: i64,
    pub p95_s: i64,
    pub p99_s: i64,
    /// Else the percentiles may be off by 0.8 %.
    pub is_exact: bool,
}

#[derive(Debug, Default)]
pub(super) struct Seconds {
    count: u64,
    sum: u128,
    slowest: u64,
    kept: Kept,
}

#[derive(Debug)]
enum Kept {
    All(Vec<u64>),
    Buckets(BTreeMap<u32, u64>),
}

impl Default for Kept {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl Seconds {
    /// What is less than nothing counts as nothing.
    pub fn add(&mut self, seconds: i64) {
        let seconds = u64::try_from(seconds).unwrap_or(0);
        self.count += 1;
        self.sum += u128::from(seconds);
        self.slowest = self.slowest.max(seconds);
        match &mut self.kept {
            Kept::All(all) if all.len() < EXACT_MAX => all.push(seconds),
            Kept::All(all) => {
                let mut buckets = BTreeMap::new();
                for seconds in all.drain(..).chain([seconds]) {
                    *buckets.entry(bucket_of(seconds)).or_insert(0) += 1;
                }
                self.kept = Kept::Buckets(buckets);
            }
            Kept::Buckets(buckets) => *buckets.entry(bucket_of(seconds)).or_insert(0) += 1,
        }
    }

    pub fn finish(mut self) -> Option<Used> {
        if self.count == 0 {
            return None;
        }
        if let Kept::All(all) = &mut self.kept {
            all.sort_unstable();
        }
        let mean = self.sum / u128::from(self.count);
        Some(Used {
            count: self.count,
            slowest_s: signed(self.slowest),
            mean_s: i64::try_from(mean).unwrap_or(i64::MAX),
            p50_s: self.percentile(50),
            p90_s: self.percentile(90),
            p95_s: self.percentile(95),
            p99_s: self.percentile(99),
            is_exact: matches!(self.kept, Kept::All(_)),
        })
    }

    fn percentile(&self, percent: u64) -> i64 {
        let rank = (u128::from(self.count) * u128::from(percent)).div_ceil(100).max(1);
        let rank = u64::try_from(rank).unwrap_or(u64::MAX);
        match &self.kept {
            Kept::All(sorted) => {
                let index = usize::try_from(rank - 1).unwrap_or(usize::MAX);
                signed(sorted.get(index).copied().unwrap_or(self.slowest))
            }
            Kept::Buckets(buckets) => {
                let mut seen = 0;
                let reached = buckets.iter().find(|(_, count)| {
                    seen += **count;
                    seen >= rank
                });
                signed(reached.map_or(self.slowest, |(bucket, _)| middle_of(*bucket).min(self.slowest)))
            }
        }
    }
}

fn signed(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

/// Values below one octave have a bucket each; above, the leading bits decide.
fn bucket_of(seconds: u64) -> u32 {
    if seconds < BUCKETS_PER_OCTAVE {
        return u32::try_from(seconds).unwrap_or(u32::MAX);
    }
    let octave = seconds.ilog2() - OCTAVE_BITS;
    let part = u32::try_from((seconds >> octave) - BUCKETS_PER_OCTAVE).unwrap_or(0);
    ((octave + 1) << OCTAVE_BITS) + part
}

fn middle_of(bucket: u32) -> u64 {
    if u64::from(bucket) < BUCKETS_PER_OCTAVE {
        return u64::from(bucket);
    }
    let octave = (bucket >> OCTAVE_BITS) - 1;
    let part = u64::from(bucket) % BUCKETS_PER_OCTAVE;
    let from = (BUCKETS_PER_OCTAVE + part) << octave;
    from + ((1 << octave) - 1) / 2
}
