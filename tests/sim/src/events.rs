//! The virtual clock's agenda.

use bencao_replica::Timer;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Something that will happen.
#[derive(Debug)]
pub(crate) enum Event {
    /// Bytes arrive.
    Deliver {
        /// Sender.
        from: usize,
        /// Receiver.
        to: usize,
        /// Canonical message bytes with their class.
        message: std::sync::Arc<bencao_replica::Message>,
    },
    /// A store finishes its work at this moment.
    Work {
        /// Which node.
        node: usize,
        /// Life of the process that asked.
        life: u64,
        /// What is done.
        work: Work,
    },
    /// A timer fires, unless it was replaced.
    Timer {
        /// Which node.
        node: usize,
        /// Life of the process that set it.
        life: u64,
        /// Which timer.
        timer: Timer,
        /// Count of settings of this timer.
        setting: u64,
    },
    /// A node is to crash at one of its next effects.
    Crash(usize),
    /// A node starts again.
    Restart(usize),
    /// The network is cut or healed.
    Cut,
    /// A client submits something.
    Submit,
    /// The consortium decides something.
    Govern,
    /// Faults end.
    Calm,
    /// Look whether everything is made good.
    Probe,
}

/// Work of a node's stores that takes time.
#[derive(Debug)]
pub(crate) enum Work {
    /// Make the consensus log durable.
    FlushWal(u64),
    /// Make the ingress log durable.
    FlushIngress(u64),
    /// Store a batch.
    StoreBatch(std::sync::Arc<bencao_consensus::SignedBatch>),
    /// Store a decided block.
    Commit {
        /// The block.
        block: std::sync::Arc<bencao_consensus::Block>,
        /// Its certificate.
        certificate: bencao_consensus::CommitCertificate,
        /// Turns of the next height.
        turns: bencao_consensus::Turns,
    },
    /// Execute a stored block.
    Execute(std::sync::Arc<bencao_consensus::Block>),
}

/// Ordered by time, then by order of scheduling.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    heap: BinaryHeap<Reverse<(u64, u64)>>,
    events: std::collections::BTreeMap<u64, Event>,
    scheduled: u64,
    now_ms: u64,
}

impl Agenda {
    /// Virtual milliseconds since the start.
    pub(crate) fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// In `after_ms` from now.
    pub(crate) fn schedule(&mut self, after_ms: u64, event: Event) {
        self.scheduled += 1;
        self.heap.push(Reverse((self.now_ms + after_ms, self.scheduled)));
        self.events.insert(self.scheduled, event);
    }

    /// The next event; moves the clock.
    pub(crate) fn next(&mut self) -> Option<Event> {
        let Reverse((at, number)) = self.heap.pop()?;
        self.now_ms = at;
        self.events.remove(&number)
    }

    /// Events handled and waiting, for the report.
    pub(crate) fn scheduled(&self) -> u64 {
        self.scheduled
    }
}
