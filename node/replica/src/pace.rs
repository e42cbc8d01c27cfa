//! When the next height may start (D4): under load once per block interval; idle only for a reason.

use bencao_genesis::{Params, TimestampMs};

/// What the pace depends on. Times of `mono` are milliseconds of a monotonic clock, `wall` is this node's clock.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// Now, monotonic.
    pub mono_ms: u64,
    /// Now, wall clock.
    pub wall: TimestampMs,
    /// When the last height started, monotonic.
    pub last_start_ms: u64,
    /// Time of the tip block (or genesis).
    pub tip_time: TimestampMs,
    /// The tip block has batches: its results want a certificate.
    pub tip_has_batches: bool,
    /// A batch is ready to be listed.
    pub has_ready: bool,
    /// Earliest deadline in the state.
    pub deadline: Option<TimestampMs>,
    /// A well-formed proposal for the next height, or messages from f+1 validators, came in.
    pub others_started: bool,
}

/// Whether to start, or when to look again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// Start now.
    Start,
    /// Nothing to do before so many milliseconds.
    Wait(u64),
}

/// The rule.
pub fn pace(s: &Situation, params: &Params) -> Pace {
    if s.others_started {
        return Pace::Start;
    }
    let spaced = (s.last_start_ms + params.block_interval_ms).saturating_sub(s.mono_ms);
    let until = |t: TimestampMs| t.0.saturating_sub(s.wall.0);
    let mut wait = until(s.tip_time.plus_ms(params.heartbeat_ms)).max(spaced);
    if s.has_ready || s.tip_has_batches {
        wait = wait.min(spaced);
    }
    if let Some(deadline) = s.deadline {
        wait = wait.min(until(deadline).max(spaced));
    }
    if wait == 0 { Pace::Start } else { Pace::Wait(wait) }
}

/// Whether a block without batches has a reason, by chain data alone: every honest validator agrees.
pub fn empty_block_is_justified(
    time: TimestampMs,
    tip_time: TimestampMs,
    tip_has_batches: bool,
    deadline: Option<TimestampMs>,
    params: &Params,
) -> bool {
    tip_has_batches || time >= tip_time.plus_ms(params.heartbeat_ms) || deadline.is_some_and(|d| d <= time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idle() -> Situation {
        Situation {
            mono_ms: 10_000,
            wall: TimestampMs(1_000_000),
            last_start_ms: 9_900,
            tip_time: TimestampMs(999_900),
            tip_has_batches: false,
            has_ready: false,
            deadline: None,
            others_started: false,
        }
    }

    #[test]
    fn an_idle_chain_waits_for_the_heartbeat() {
        assert_eq!(pace(&idle(), &Params::default()), Pace::Wait(59_900));
        let late = Situation { wall: TimestampMs(1_059_900), mono_ms: 70_000, ..idle() };
        assert_eq!(pace(&late, &Params::default()), Pace::Start);
    }

    #[test]
    fn work_waits_for_the_block_interval_only() {
        for s in [Situation { has_ready: true, ..idle() }, Situation { tip_has_batches: true, ..idle() }] {
            assert_eq!(pace(&s, &Params::default()), Pace::Wait(100));
            assert_eq!(pace(&Situation { mono_ms: 10_100, ..s }, &Params::default()), Pace::Start);
        }
    }

    #[test]
    fn a_deadline_is_a_reason_and_others_are_followed_at_once() {
        let due = Situation { deadline: Some(TimestampMs(1_000_500)), ..idle() };
        assert_eq!(pace(&due, &Params::default()), Pace::Wait(500));
        assert_eq!(pace(&Situation { others_started: true, ..idle() }, &Params::default()), Pace::Start);
    }

    #[test]
    fn an_empty_block_needs_a_reason_that_the_chain_shows() {
        let (tip, p) = (TimestampMs(1_000), Params::default());
        assert!(!empty_block_is_justified(TimestampMs(2_000), tip, false, None, &p));
        assert!(empty_block_is_justified(TimestampMs(2_000), tip, true, None, &p));
        assert!(empty_block_is_justified(TimestampMs(61_000), tip, false, None, &p));
        assert!(empty_block_is_justified(TimestampMs(2_000), tip, false, Some(TimestampMs(1_500)), &p));
    }
}
