//! Both clocks of a node.

use bencao_genesis::TimestampMs;
use bencao_replica::Now;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Measures from the moment it was made. Copies agree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
    offset_s: i64,
}

impl Clock {
    /// Starts at 0. The wall clock is `offset_s` seconds ahead of the operating system's: 0 but in tests.
    pub(crate) fn start(offset_s: i64) -> Clock {
        Clock { start: Instant::now(), offset_s }
    }

    /// Both clocks now.
    pub(crate) fn now(&self) -> Now {
        Now { mono_ms: self.mono_ms(), wall: self.wall() }
    }

    /// Milliseconds since the start.
    pub(crate) fn mono_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The instant at which [`Clock::mono_ms`] is `ms`.
    pub(crate) fn instant(&self, ms: u64) -> Instant {
        self.start + Duration::from_millis(ms)
    }

    /// The node's idea of the time; 0 before 1970.
    pub(crate) fn wall(&self) -> TimestampMs {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        TimestampMs(ms.saturating_add_signed(self.offset_s.saturating_mul(1_000)))
    }

    /// The same in whole seconds.
    pub(crate) fn wall_s(&self) -> u64 {
        self.wall().0 / 1_000
    }
}
