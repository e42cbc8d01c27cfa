//! Counters since the start, for the node to export.

use crate::Class;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the start. Reading is never consistent across counters, and need not be.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Connections attempted by others.
    pub inbound: AtomicU64,
    /// Of those, refused unheard because too many handshakes or connections were open.
    pub inbound_busy: AtomicU64,
    /// Dials begun.
    pub dials: AtomicU64,
    /// Dials that reached nobody, or not the right peer.
    pub dials_failed: AtomicU64,
    /// Handshakes that ended with an authenticated, allowed peer.
    pub handshakes: AtomicU64,
    /// Handshakes refused or broken off.
    pub handshakes_failed: AtomicU64,
    /// Peers connected and greeted, at some time.
    pub connected: AtomicU64,
    /// Connections ended because of what the peer sent.
    pub faults: AtomicU64,
    /// Notices of refusals dropped because the node took none.
    pub refusals_dropped: AtomicU64,
    /// By class, in the order of [`Class::ALL`].
    pub classes: [ClassMetrics; 4],
}

/// Counts of one class.
#[derive(Debug, Default)]
pub struct ClassMetrics {
    /// Frames written.
    pub frames_sent: AtomicU64,
    /// Their bytes, without the lengths.
    pub bytes_sent: AtomicU64,
    /// Frames read.
    pub frames_received: AtomicU64,
    /// Their bytes, without the lengths.
    pub bytes_received: AtomicU64,
    /// Messages dropped because a peer's queue was full.
    pub dropped_full: AtomicU64,
}

impl Metrics {
    /// The counts of `class`.
    pub fn class(&self, class: Class) -> &ClassMetrics {
        &self.classes[class.index()]
    }
}

/// Adds one.
pub(crate) fn count(counter: &AtomicU64) {
    add(counter, 1);
}

/// Adds `n`.
pub(crate) fn add(counter: &AtomicU64, n: usize) {
    counter.fetch_add(n as u64, Ordering::Relaxed);
}
