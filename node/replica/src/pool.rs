//! Batches held for ordering: everybody's, by author, bounded (D3).
//!
//! A proposer lists only batches that it holds itself and that the author reports acknowledged by a quorum. A false
//! report costs little: who lacks a batch fetches it from the proposer. See the ADR on batches.

use crate::limits::{BATCHES_PER_AUTHOR_MAX, ORDERED_REMEMBERED_MAX};
use bencao_consensus::BatchId;
use bencao_crypto::KeyId;
use bencao_genesis::{Limits, TimestampMs};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What a verdict and a proposer need to know of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Node key of its author.
    pub author: KeyId,
    /// How many transactions it has.
    pub transactions: u64,
    /// Bytes of all of them.
    pub bytes: u64,
    /// Declared state writes of all its transactions.
    pub writes: u64,
    /// Latest valid-until among its transactions: after it the batch is void.
    pub expires: TimestampMs,
}

#[derive(Debug)]
struct Held {
    facts: Facts,
    arrival: u64,
    stored: bool,
    ready: bool,
    /// Acknowledgements; gathered by the author only.
    acks: BTreeSet<KeyId>,
}

/// Un-ordered batches.
#[derive(Debug, Default)]
pub struct Pool {
    held: BTreeMap<BatchId, Held>,
    per_author: BTreeMap<KeyId, (usize, u64)>,
    arrivals: u64,
    /// Recently ordered: a late copy must not come back as new.
    ordered: BTreeSet<BatchId>,
    ordered_order: VecDeque<BatchId>,
}

/// Why a batch was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Declined {
    /// Already here, or already ordered.
    Known,
    /// The author's share of this node's disk is used up.
    OverQuota,
}

impl Pool {
    /// Takes a batch whose form and author were checked. Fetched batches (named by a block) pass the quota.
    pub fn take(&mut self, id: BatchId, facts: Facts, limits: &Limits, wanted: bool) -> Result<(), Declined> {
        if self.held.contains_key(&id) || (self.ordered.contains(&id) && !wanted) {
            return Err(Declined::Known);
        }
        let (count, bytes) = self.per_author.get(&facts.author).copied().unwrap_or_default();
        let over =
            count >= BATCHES_PER_AUTHOR_MAX || bytes + facts.bytes > u64::from(limits.unordered_bytes_per_author_max);
        if over && !wanted {
            return Err(Declined::OverQuota);
        }
        self.per_author.insert(facts.author, (count + 1, bytes + facts.bytes));
        self.arrivals += 1;
        self.held
            .insert(id, Held { facts, arrival: self.arrivals, stored: false, ready: false, acks: BTreeSet::new() });
        Ok(())
    }

    /// The batch is durable here. Returns its author if it is still wanted.
    pub fn stored(&mut self, id: BatchId) -> Option<KeyId> {
        let held = self.held.get_mut(&id)?;
        held.stored = true;
        Some(held.facts.author)
    }

    /// Whether the batch is durable here and not yet ordered.
    pub fn has(&self, id: &BatchId) -> bool {
        self.held.get(id).is_some_and(|h| h.stored)
    }

    /// Whether the batch is known here, durable or not.
    pub fn knows(&self, id: &BatchId) -> bool {
        self.held.contains_key(id)
    }

    /// What is known of a stored batch.
    pub fn facts(&self, id: &BatchId) -> Option<Facts> {
        self.held.get(id).filter(|h| h.stored).map(|h| h.facts)
    }

    /// Counts an acknowledgement of one's own batch; returns all that acknowledged, unless it is ready already.
    pub fn acknowledge(&mut self, id: &BatchId, author: KeyId, by: KeyId) -> Option<&BTreeSet<KeyId>> {
        let held = self.held.get_mut(id).filter(|h| h.facts.author == author && !h.ready)?;
        held.acks.insert(by);
        Some(&held.acks)
    }

    /// A quorum holds the batch, says `author`.
    pub fn ready(&mut self, id: &BatchId, author: KeyId) {
        if let Some(held) = self.held.get_mut(id).filter(|h| h.facts.author == author) {
            held.ready = true;
        }
    }

    /// Whether a proposer here has anything to list.
    pub fn has_ready(&self) -> bool {
        self.held.values().any(|h| h.ready && h.stored)
    }

    /// Transactions that a proposer here could list.
    pub fn ready_transactions(&self) -> u64 {
        self.held.values().filter(|h| h.ready && h.stored).map(|h| h.facts.transactions).sum()
    }

    /// `author`'s own batches that wait for order: id, whether ready, who acknowledged.
    pub fn own(&self, author: KeyId) -> impl Iterator<Item = (BatchId, bool, &BTreeSet<KeyId>)> {
        self.held.iter().filter(move |(_, h)| h.facts.author == author).map(|(id, h)| (*id, h.ready, &h.acks))
    }

    /// Whether `author` has a batch under way.
    pub fn has_own(&self, author: KeyId) -> bool {
        self.per_author.get(&author).is_some_and(|(count, _)| *count > 0)
    }

    /// Batches for a block, within limits: one of each author in turn, oldest first, beginning with a different author
    /// at each `turn`, so that no author can crowd out the others.
    pub fn select(&self, turn: u64, limits: &Limits) -> Vec<BatchId> {
        let mut queues: BTreeMap<KeyId, Vec<(u64, BatchId, Facts)>> = BTreeMap::new();
        for (id, h) in self.held.iter().filter(|(_, h)| h.ready && h.stored) {
            queues.entry(h.facts.author).or_default().push((h.arrival, *id, h.facts));
        }
        let mut queues: Vec<_> = queues.into_values().collect();
        for queue in &mut queues {
            queue.sort_unstable_by_key(|q| std::cmp::Reverse(q.0));
        }
        if !queues.is_empty() {
            let first = (turn % queues.len() as u64) as usize;
            queues.rotate_left(first);
        }
        let (mut chosen, mut bytes, mut writes) = (Vec::new(), 0u64, 0u64);
        loop {
            let mut any = false;
            for queue in &mut queues {
                let Some((_, id, facts)) = queue.last().copied() else { continue };
                let fits = chosen.len() < limits.block_batches_max as usize
                    && bytes + facts.bytes <= u64::from(limits.block_bytes_max)
                    && writes + facts.writes <= u64::from(limits.block_writes_max);
                if !fits {
                    queue.clear();
                    continue;
                }
                queue.pop();
                (bytes, writes, any) = (bytes + facts.bytes, writes + facts.writes, true);
                chosen.push(id);
            }
            if !any {
                return chosen;
            }
        }
    }

    /// A decided block names these batches.
    pub fn order(&mut self, ids: &[BatchId]) {
        for id in ids {
            self.remove(id);
            if self.ordered.insert(*id) {
                self.ordered_order.push_back(*id);
            }
        }
        while self.ordered_order.len() > ORDERED_REMEMBERED_MAX {
            let oldest = self.ordered_order.pop_front().expect("not empty");
            self.ordered.remove(&oldest);
        }
    }

    /// Drops batches all of whose transactions have expired, but for `pinned` ones. Returns them.
    pub fn expire(&mut self, block_time: TimestampMs, pinned: &BTreeSet<BatchId>) -> Vec<BatchId> {
        let void = |(id, h): (&BatchId, &Held)| (h.facts.expires <= block_time && !pinned.contains(id)).then_some(*id);
        let ids: Vec<BatchId> = self.held.iter().filter_map(void).collect();
        for id in &ids {
            self.remove(id);
        }
        ids
    }

    fn remove(&mut self, id: &BatchId) {
        let Some(held) = self.held.remove(id) else { return };
        let (count, bytes) = self.per_author.get(&held.facts.author).copied().expect("counted when taken");
        if count == 1 {
            self.per_author.remove(&held.facts.author);
        } else {
            self.per_author.insert(held.facts.author, (count - 1, bytes - held.facts.bytes));
        }
    }

    /// Batches waiting for order.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Bytes of the transactions in them.
    pub fn bytes(&self) -> u64 {
        self.per_author.values().map(|(_, bytes)| bytes).sum()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
}
