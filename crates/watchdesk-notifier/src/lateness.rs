//! How late what happens by itself was done. Never early; late is possible, and this is how much.

/// Upper bounds of the groups, in seconds; what is later stands in one more group.
pub const LATENESS_BOUNDS_S: [i64; 8] = [1, 2, 5, 15, 60, 300, 3_600, 86_400];

const GROUPS: usize = LATENESS_BOUNDS_S.len() + 1;

/// Counted in groups, so that it stays small however much is fired.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lateness {
    groups: [u64; GROUPS],
    sum_s: u64,
    max_s: i64,
}

impl Lateness {
    pub(crate) fn record(&mut self, late_s: i64) {
        let late_s = late_s.max(0);
        let group = LATENESS_BOUNDS_S.iter().position(|bound_s| late_s <= *bound_s).unwrap_or(GROUPS - 1);
        self.groups[group] += 1;
        self.sum_s = self.sum_s.saturating_add(late_s.unsigned_abs());
        self.max_s = self.max_s.max(late_s);
    }

    pub(crate) fn add(&mut self, more: &Self) {
        for (here, there) in self.groups.iter_mut().zip(more.groups) {
            *here += there;
        }
        self.sum_s = self.sum_s.saturating_add(more.sum_s);
        self.max_s = self.max_s.max(more.max_s);
    }

    /// Tickets and cases that were fired.
    pub fn count(&self) -> u64 {
        self.groups.iter().sum()
    }

    pub fn sum_s(&self) -> u64 {
        self.sum_s
    }

    pub fn max_s(&self) -> i64 {
        self.max_s
    }

    /// How many were at most so late, bound by bound; without a bound all of them. As histograms are exposed.
    pub fn cumulative(&self) -> impl Iterator<Item = (Option<i64>, u64)> {
        let bounds = LATENESS_BOUNDS_S.into_iter().map(Some).chain([None]);
        bounds.zip(self.groups).scan(0, |sum, (bound_s, count)| {
            *sum += count;
            Some((bound_s, *sum))
        })
    }

    /// A bound that so many of a hundred kept, and never more than the worst; none where nothing was fired.
    pub fn percentile_s(&self, percent: u64) -> Option<i64> {
        let wanted = self.count().checked_mul(percent)?.div_ceil(100);
        let mut groups = self.cumulative();
        let (bound_s, _) = groups.find(|(_, count)| *count > 0 && *count >= wanted)?;
        Some(bound_s.unwrap_or(self.max_s).min(self.max_s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_late_is_counted_in_groups() {
        let mut lateness = Lateness::default();
        assert_eq!((lateness.count(), lateness.percentile_s(99)), (0, None));
        for late_s in [-3, 0, 1, 2, 60, 61, 100_000] {
            lateness.record(late_s);
        }
        let cumulative: Vec<u64> = lateness.cumulative().map(|(_, count)| count).collect();
        assert_eq!(cumulative, [3, 4, 4, 4, 5, 6, 6, 6, 7]);
        assert_eq!((lateness.sum_s(), lateness.max_s()), (100_124, 100_000));
        assert_eq!((lateness.percentile_s(50), lateness.percentile_s(99)), (Some(2), Some(100_000)));
    }

    #[test]
    fn ticks_add_up() {
        let (mut all, mut tick) = (Lateness::default(), Lateness::default());
        tick.record(1);
        all.add(&tick);
        tick.record(4);
        all.add(&tick);
        assert_eq!((all.count(), all.sum_s(), all.max_s(), all.percentile_s(99)), (3, 6, 4, Some(4)));
    }
}
