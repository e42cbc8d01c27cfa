//! What was received and not yet taken by the node: bounded for each peer and class, served in turn.
//!
//! A reader first reserves its frame's bytes from the peer's budget for that class, and the reservation is given back
//! when the node takes the message. A peer that floods uses up its own budget, its streams stand still, and the others
//! are served as before: peers take turns, and so do the classes of one peer. Consensus messages go first, but after
//! [`URGENT_RUN_MAX`] of them in a row something else has its turn.

use crate::limits::{FRAME_COST_BYTES, REFUSALS_MAX, URGENT_RUN_MAX, receive_bytes_max};
use crate::metrics::{Metrics, count};
use crate::{Class, Event};
use bencao_crypto::KeyId;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Bytes that one peer may have waiting, by class. Outlives its connections, or reconnecting would renew it.
#[derive(Debug)]
pub(crate) struct Budget([Arc<Semaphore>; 4]);

impl Budget {
    fn new() -> Budget {
        Budget(Class::ALL.map(|class| Arc::new(Semaphore::new(receive_bytes_max(class)))))
    }

    /// Waits for room for a frame of `length` bytes, which the class limit has bounded.
    pub(crate) async fn reserve(&self, class: Class, length: usize) -> OwnedSemaphorePermit {
        let cost = u32::try_from(length + FRAME_COST_BYTES).expect("class limits are far below 4 GiB");
        let semaphore = self.0[class.index()].clone();
        semaphore.acquire_many_owned(cost).await.expect("budgets are never closed")
    }
}

struct Waiting {
    budget: Arc<Budget>,
    queues: [VecDeque<(Vec<u8>, OwnedSemaphorePermit)>; 4],
    /// Class whose turn it is.
    turn: usize,
}

impl Waiting {
    fn new() -> Waiting {
        Waiting { budget: Arc::new(Budget::new()), queues: Default::default(), turn: 0 }
    }

    fn has_bulk(&self) -> bool {
        self.queues[1..].iter().any(|queue| !queue.is_empty())
    }

    fn is_idle(&self) -> bool {
        self.queues.iter().all(VecDeque::is_empty) && Arc::strong_count(&self.budget) == 1
    }

    fn pop_bulk(&mut self) -> Option<(Class, Vec<u8>)> {
        for _ in 1..Class::ALL.len() {
            let class = Class::ALL[1 + self.turn % 3];
            self.turn += 1;
            if let Some((bytes, _reserved)) = self.queues[class.index()].pop_front() {
                return Some((class, bytes));
            }
        }
        None
    }
}

#[derive(Default)]
struct State {
    /// Everything but messages. At most two for each peer, and [`REFUSALS_MAX`] refusals.
    notices: VecDeque<Event>,
    refusals: usize,
    peers: BTreeMap<KeyId, Waiting>,
    /// Peers with consensus messages, each once.
    urgent: VecDeque<KeyId>,
    /// Peers with other messages, each once.
    bulk: VecDeque<KeyId>,
    urgent_run: u32,
    closed: bool,
}

/// Shared by readers, the service and [`crate::Events`].
#[derive(Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    arrived: Notify,
    metrics: Arc<Metrics>,
}

impl Inbox {
    pub(crate) fn new(metrics: Arc<Metrics>) -> Inbox {
        Inbox { metrics, ..Inbox::default() }
    }

    /// The budget of one peer.
    pub(crate) fn budget(&self, peer: KeyId) -> Arc<Budget> {
        self.lock().peers.entry(peer).or_insert_with(Waiting::new).budget.clone()
    }

    /// Adds a message whose bytes are reserved.
    pub(crate) fn push(&self, peer: KeyId, class: Class, bytes: Vec<u8>, reserved: OwnedSemaphorePermit) {
        let mut state = self.lock();
        let State { peers, urgent, bulk, .. } = &mut *state;
        let waiting = peers.entry(peer).or_insert_with(Waiting::new);
        match class {
            Class::Consensus if waiting.queues[0].is_empty() => urgent.push_back(peer),
            Class::Proposal | Class::Batch | Class::Sync if !waiting.has_bulk() => bulk.push_back(peer),
            _ => {}
        }
        waiting.queues[class.index()].push_back((bytes, reserved));
        drop(state);
        self.arrived.notify_one();
    }

    /// Adds anything but a message.
    pub(crate) fn notice(&self, event: Event) {
        let mut state = self.lock();
        match &event {
            Event::Disconnected { peer } if state.retract_connected(*peer) => return,
            Event::Refused { .. } if state.refusals >= REFUSALS_MAX => {
                count(&self.metrics.refusals_dropped);
                return;
            }
            Event::Refused { .. } => state.refusals += 1,
            _ => {}
        }
        state.notices.push_back(event);
        drop(state);
        self.arrived.notify_one();
    }

    /// Forgets budgets of peers that are gone for good.
    pub(crate) fn forget_idle(&self, connected: &BTreeSet<KeyId>) {
        self.lock().peers.retain(|peer, waiting| connected.contains(peer) || !waiting.is_idle());
    }

    /// No event follows those that wait.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_one();
    }

    /// The next event; None once closed and empty. For one caller at a time.
    pub(crate) async fn next(&self) -> Option<Event> {
        loop {
            {
                let mut state = self.lock();
                if let Some(event) = state.pop() {
                    return Some(event);
                }
                if state.closed {
                    return None;
                }
            }
            self.arrived.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A connection that came and went before the node looked is no news.
    fn retract_connected(&mut self, peer: KeyId) -> bool {
        let of_peer =
            |e: &Event| matches!(e, Event::Connected { peer: p, .. } | Event::Disconnected { peer: p } if *p == peer);
        match self.notices.iter().rposition(of_peer) {
            Some(at) if matches!(self.notices[at], Event::Connected { .. }) => self.notices.remove(at).is_some(),
            _ => false,
        }
    }

    fn pop(&mut self) -> Option<Event> {
        if let Some(notice) = self.notices.pop_front() {
            self.refusals -= usize::from(matches!(notice, Event::Refused { .. }));
            return Some(notice);
        }
        if self.urgent_run >= URGENT_RUN_MAX {
            self.urgent_run = 0;
            return self.pop_bulk().or_else(|| self.pop_urgent());
        }
        self.pop_urgent().or_else(|| self.pop_bulk())
    }

    fn pop_urgent(&mut self) -> Option<Event> {
        let peer = self.urgent.pop_front()?;
        let queue = &mut self.peers.get_mut(&peer)?.queues[0];
        let (bytes, _reserved) = queue.pop_front()?;
        if !queue.is_empty() {
            self.urgent.push_back(peer);
        }
        self.urgent_run += 1;
        Some(Event::Message { peer, class: Class::Consensus, bytes })
    }

    fn pop_bulk(&mut self) -> Option<Event> {
        let peer = self.bulk.pop_front()?;
        let waiting = self.peers.get_mut(&peer)?;
        let (class, bytes) = waiting.pop_bulk()?;
        if waiting.has_bulk() {
            self.bulk.push_back(peer);
        }
        self.urgent_run = 0;
        Some(Event::Message { peer, class, bytes })
    }
}

#[cfg(test)]
#[path = "tests/inbox.rs"]
mod tests;
