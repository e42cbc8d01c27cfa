//! When the next height may start (D4): under load once per block interval; idle at once, and only for a reason.
//!
//! The interval exists so that many bills share one height's votes. It therefore grows with the load: so many
//! milliseconds as are due for the transactions of the last interval, the whole interval from [`FULL_LOAD`] on. One bill
//! in an idle network waits for nothing, and a client that sends one after the other does not either. The empty block
//! that certifies results waits for the whole interval, so that the next bill comes before it and certifies in its place.
//! All of this is a node's own affair: a verdict never asks how fast a block came.

use crate::limits::{FULL_LOAD, LOAD_SAMPLES_MAX};
use bencao_genesis::{Params, TimestampMs};
use std::collections::VecDeque;

/// Transactions decided within the last block interval.
#[derive(Debug, Default)]
pub struct Load {
    /// When (monotonic milliseconds) how many were decided, oldest first.
    decided: VecDeque<(u64, u64)>,
}

impl Load {
    /// A block with so many transactions was decided.
    pub fn decided(&mut self, mono_ms: u64, transactions: u64) {
        self.decided.push_back((mono_ms, transactions));
        if self.decided.len() > LOAD_SAMPLES_MAX {
            self.decided.pop_front();
        }
    }

    /// Sum over the last `window_ms`.
    pub fn within(&self, mono_ms: u64, window_ms: u64) -> u64 {
        let recent = self.decided.iter().rev().take_while(|(at, _)| at.saturating_add(window_ms) > mono_ms);
        recent.map(|(_, transactions)| transactions).sum()
    }
}

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
    /// Transactions ready to be listed or decided within the last block interval.
    pub load: u64,
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
    let after_start = |ms: u64| (s.last_start_ms + ms).saturating_sub(s.mono_ms);
    let spaced = after_start(params.block_interval_ms);
    let until = |t: TimestampMs| t.0.saturating_sub(s.wall.0);
    let mut wait = until(s.tip_time.plus_ms(params.heartbeat_ms)).max(spaced);
    if s.has_ready {
        wait = wait.min(after_start(params.block_interval_ms.saturating_mul(s.load.min(FULL_LOAD)) / FULL_LOAD));
    }
    if s.tip_has_batches {
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
            load: 0,
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
    fn under_full_load_and_to_certify_a_block_comes_once_an_interval() {
        let full = Situation { has_ready: true, load: FULL_LOAD, ..idle() };
        for s in [full, Situation { load: u64::MAX, ..full }, Situation { tip_has_batches: true, ..idle() }] {
            assert_eq!(pace(&s, &Params::default()), Pace::Wait(100));
            assert_eq!(pace(&Situation { mono_ms: 10_100, ..s }, &Params::default()), Pace::Start);
        }
    }

    #[test]
    fn one_bill_after_the_other_waits_for_nothing_and_many_wait_for_their_share_of_the_interval() {
        let p = Params::default();
        let just = |load| Situation { mono_ms: 9_900, has_ready: true, tip_has_batches: true, load, ..idle() };
        assert_eq!(pace(&Situation { mono_ms: 9_910, ..just(2) }, &p), Pace::Start);
        assert_eq!(pace(&just(FULL_LOAD / 2), &p), Pace::Wait(100));
        assert_eq!(pace(&just(FULL_LOAD / 4), &p), Pace::Wait(50));
    }

    #[test]
    fn load_is_what_was_decided_within_the_window() {
        let mut load = Load::default();
        assert_eq!(load.within(5, 200), 0);
        load.decided(1_000, 7);
        load.decided(1_100, 2);
        assert_eq!([load.within(1_100, 200), load.within(1_200, 200), load.within(1_300, 200)], [9, 2, 0]);
        for n in 0..10 * LOAD_SAMPLES_MAX as u64 {
            load.decided(2_000 + n, 1);
        }
        assert_eq!(load.within(2_000, u64::MAX / 2), LOAD_SAMPLES_MAX as u64, "memory is bounded");
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
