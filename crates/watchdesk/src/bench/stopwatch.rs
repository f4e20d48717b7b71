//! How long something takes. The one place of the benchmarks that looks at the machine's clock.

use std::time::{Duration, Instant};

#[expect(clippy::disallowed_methods, reason = "a benchmark measures how long something takes")]
pub fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    Instant::now() - began
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures how long something takes")]
pub async fn timed_async<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<(T, Duration)> {
    let began = Instant::now();
    let done = work.await?;
    Ok((done, Instant::now() - began))
}

/// Many durations of the same thing, as figures in microseconds.
#[derive(Debug, Default)]
pub struct Durations(Vec<Duration>);

impl Durations {
    pub fn add(&mut self, one: Duration) {
        self.0.push(one);
    }

    /// The duration that so many percent are no longer than; 0 where nothing was measured.
    pub fn percentile_us(&mut self, percent: usize) -> f64 {
        self.0.sort_unstable();
        let index = (self.0.len().saturating_sub(1) * percent).div_ceil(100);
        self.0.get(index).map_or(0.0, |one| one.as_secs_f64() * 1_000_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles() {
        let mut durations = Durations::default();
        (1..=101).rev().for_each(|n| durations.add(Duration::from_micros(n)));
        let figures = [0, 50, 99, 100].map(|percent| durations.percentile_us(percent).round());
        assert_eq!(figures, [1.0, 51.0, 100.0, 101.0]);
        assert_eq!(Durations::default().percentile_us(50), 0.0);
    }
}
