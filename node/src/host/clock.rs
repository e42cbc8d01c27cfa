//! Both clocks of a node.

use bencao_genesis::TimestampMs;
use bencao_replica::Now;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Measures from the moment it was made. Copies agree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    /// Starts at 0.
    pub(crate) fn start() -> Clock {
        Clock { start: Instant::now() }
    }

    /// Both clocks now.
    pub(crate) fn now(&self) -> Now {
        Now { mono_ms: self.mono_ms(), wall: wall() }
    }

    /// Milliseconds since the start.
    pub(crate) fn mono_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The instant at which [`Clock::mono_ms`] is `ms`.
    pub(crate) fn instant(&self, ms: u64) -> Instant {
        self.start + Duration::from_millis(ms)
    }
}

/// The operating system's idea of the time; 0 before 1970.
pub(crate) fn wall() -> TimestampMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    TimestampMs(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
