//! Takes one figure after the other, each within its share of the time.

use indicatif::ProgressBar;
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// CPU time of a round at least, µs: a thousand times what reading the clock takes.
const ROUND_US: f64 = 500.0;
/// Rounds of a figure, of which the median counts.
const ROUNDS_MAX: usize = 101;
/// Also when the time is up: fewer would not make a median.
const ROUNDS_MIN: usize = 3;

/// Measures.
pub(super) struct Meter {
    bar: ProgressBar,
    share: Duration,
}

impl Meter {
    /// Divides `time` among so many `figures`.
    pub(super) fn new(bar: ProgressBar, time: Duration, figures: usize) -> Meter {
        Meter { bar, share: time / figures.max(1) as u32 }
    }

    /// Median CPU time of this thread for one of the operations of which `round` does `operations`, µs.
    pub(super) fn us(&self, operations: usize, mut round: impl FnMut()) -> f64 {
        let begun = Instant::now();
        let mut repeated = |calls: u32| {
            let start = cpu_us();
            (0..calls).for_each(|_| round());
            cpu_us() - start
        };
        let mut calls = 1;
        // The first calls also bring code and data into the caches.
        while repeated(calls) < ROUND_US && begun.elapsed() < self.share {
            calls *= 2;
        }
        let mut rounds = Vec::new();
        while rounds.len() < ROUNDS_MIN || (rounds.len() < ROUNDS_MAX && begun.elapsed() < self.share) {
            rounds.push(repeated(calls) / f64::from(calls));
        }
        self.bar.inc(1);
        rounds.sort_by(f64::total_cmp);
        rounds[rounds.len() / 2] / operations as f64
    }

    /// So many figures cannot be taken on this machine.
    pub(super) fn skip(&self, figures: usize) {
        self.bar.inc(figures as u64);
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn cpu_us() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e6 + now.tv_nsec as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_takes_at_least_three_rounds_and_no_more_than_its_share() {
        let meter = Meter::new(ProgressBar::hidden(), Duration::ZERO, 1);
        let mut calls = 0;
        let us = meter.us(2, || calls += 1);
        assert!(us.is_finite() && us >= 0.0);
        // One to begin with, then the least number of rounds.
        assert_eq!(calls, 1 + ROUNDS_MIN);
    }
}
