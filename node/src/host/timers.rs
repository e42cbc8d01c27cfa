//! Named timers: scheduling a name again replaces it.

use bencao_replica::Timer;
use std::collections::{BTreeMap, BTreeSet};

/// Timers by due time, milliseconds of the monotonic clock. Bounded by the names that exist.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    due: BTreeSet<(u64, Timer)>,
    by_name: BTreeMap<Timer, u64>,
}

impl Timers {
    /// Fires `timer` at `at_ms`, and at no other time.
    pub(crate) fn schedule(&mut self, timer: Timer, at_ms: u64) {
        self.cancel(timer);
        self.due.insert((at_ms, timer));
        self.by_name.insert(timer, at_ms);
    }

    /// Forgets `timer`.
    pub(crate) fn cancel(&mut self, timer: Timer) {
        if let Some(at_ms) = self.by_name.remove(&timer) {
            self.due.remove(&(at_ms, timer));
        }
    }

    /// When the next one fires.
    pub(crate) fn next_ms(&self) -> Option<u64> {
        self.due.first().map(|(at_ms, _)| *at_ms)
    }

    /// Takes a timer that is due.
    pub(crate) fn pop(&mut self, now_ms: u64) -> Option<Timer> {
        let (at_ms, timer) = *self.due.first().filter(|(at_ms, _)| *at_ms <= now_ms)?;
        self.due.remove(&(at_ms, timer));
        self.by_name.remove(&timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_fires_first_and_a_new_time_replaces_the_old() {
        let mut timers = Timers::default();
        timers.schedule(Timer::Status, 30);
        timers.schedule(Timer::Pace, 20);
        timers.schedule(Timer::Batch, 10);
        timers.schedule(Timer::Pace, 40);
        timers.cancel(Timer::Batch);
        timers.cancel(Timer::Resend);
        assert_eq!(timers.next_ms(), Some(30));
        assert_eq!(timers.pop(29), None);
        assert_eq!(timers.pop(40), Some(Timer::Status));
        assert_eq!(timers.pop(40), Some(Timer::Pace));
        assert_eq!((timers.pop(u64::MAX), timers.next_ms()), (None, None));
    }
}
