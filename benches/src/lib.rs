//! Measurements on one machine; they are in `benches/`, one file for each subject. Here is what they share.

use rustix::time::{ClockId, clock_gettime};

/// Rounds of a measurement; the median counts.
const ROUNDS: usize = 21;

/// CPU time of this thread so far, µs: other jobs on the machine do not count.
pub fn cpu_us() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e6 + now.tv_nsec as f64 / 1e3
}

/// Median CPU time of this thread for one of `operations` that a round does, µs.
pub fn median_us(operations: usize, mut round: impl FnMut()) -> f64 {
    round();
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = cpu_us();
            round();
            (cpu_us() - start) / operations as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}
