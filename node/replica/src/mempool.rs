//! This node's own transactions, from a client's POST until they are final.
//!
//! A validator gathers them into batches; a follower forwards them to two validators until it executes them. Both
//! promise a client only what their ingress log holds durably.

use crate::effect::{Effect, Refusal, SubmitOutcome};
use crate::limits::{
    FORWARD_BURST_MAX, ORDERED_REMEMBERED_MAX, PENDING_BYTES_MAX, PENDING_TRANSACTIONS_MAX, RETRY_AFTER_MS,
};
use bencao_crypto::Digest;
use bencao_genesis::{Limits, TimestampMs};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// What any node can read off a transaction without knowing the rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peek {
    /// Transaction id.
    pub id: Digest,
    /// Block time after which it is void.
    pub valid_until: TimestampMs,
    /// State writes that it declares.
    pub writes: u32,
}

/// How the replica looks at transactions: the only thing it may know about them.
pub trait Payload: Send + Sync {
    /// `None` for bytes that no rule could ever apply.
    fn peek(&self, transaction: &[u8]) -> Option<Peek>;
}

#[derive(Debug)]
struct Pending {
    transaction: Arc<Vec<u8>>,
    valid_until: TimestampMs,
    writes: u32,
    /// Promised to a client of this node (as against forwarded by a follower).
    promised: bool,
    /// In the open batch or in a closed one: never put into a second batch.
    opened: bool,
}

/// Bounded by count and bytes.
#[derive(Debug, Default)]
pub struct Mempool {
    pending: BTreeMap<Digest, Pending>,
    pending_bytes: usize,
    /// Written to the ingress log, not yet known to be durable: ticket → id.
    unsure: BTreeMap<u64, Digest>,
    /// Ids that wait for a batch, in order of acceptance.
    open: VecDeque<Digest>,
    open_bytes: usize,
    /// Recently final ids: a follower that lags forwards them again.
    recent: BTreeSet<Digest>,
    recent_order: VecDeque<Digest>,
}

impl Mempool {
    /// A client's transaction: into the ingress log, or an answer at once.
    pub fn submit(
        &mut self,
        ticket: u64,
        transaction: Arc<Vec<u8>>,
        peek: Option<Peek>,
        now: TimestampMs,
        limits: &Limits,
        out: &mut Vec<Effect>,
    ) {
        let answer = match self.admit(&transaction, peek, now, limits) {
            Ok(peek) => {
                self.hold(peek, transaction.clone(), true);
                self.unsure.insert(ticket, peek.id);
                out.push(Effect::Ingress { ticket, transaction });
                return;
            }
            Err(outcome) => outcome,
        };
        out.push(Effect::Reply { ticket, outcome: answer });
    }

    fn admit(
        &self,
        transaction: &[u8],
        peek: Option<Peek>,
        now: TimestampMs,
        limits: &Limits,
    ) -> Result<Peek, SubmitOutcome> {
        let refuse = |refusal| Err(SubmitOutcome::Refused(refusal));
        if transaction.len() > limits.transaction_bytes_max as usize {
            return refuse(Refusal::Malformed);
        }
        let Some(peek) = peek else { return refuse(Refusal::Malformed) };
        if peek.writes > limits.writes_per_transaction_max {
            return refuse(Refusal::Malformed);
        }
        if peek.valid_until <= now {
            return refuse(Refusal::Expired);
        }
        if self.pending.get(&peek.id).is_some_and(|p| p.promised && p.opened) {
            return Err(SubmitOutcome::AlreadyPending);
        }
        if !self.has_room(transaction.len()) {
            return refuse(Refusal::Busy { retry_after_ms: RETRY_AFTER_MS });
        }
        Ok(peek)
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.pending.len() < PENDING_TRANSACTIONS_MAX && self.pending_bytes + bytes <= PENDING_BYTES_MAX
    }

    fn hold(&mut self, peek: Peek, transaction: Arc<Vec<u8>>, promised: bool) -> bool {
        if let Some(known) = self.pending.get_mut(&peek.id) {
            known.promised |= promised;
            return false;
        }
        self.pending_bytes += transaction.len();
        let Peek { id, valid_until, writes } = peek;
        self.pending.insert(id, Pending { transaction, valid_until, writes, promised, opened: false });
        true
    }

    /// The ingress log is durable up to `ticket`: promises are given and transactions become part of the open batch.
    pub fn ingress_durable(&mut self, ticket: u64, out: &mut Vec<Effect>) -> bool {
        let later = self.unsure.split_off(&(ticket + 1));
        let durable = std::mem::replace(&mut self.unsure, later);
        let any = !durable.is_empty();
        for (ticket, id) in durable {
            self.open_up(id);
            out.push(Effect::Reply { ticket, outcome: SubmitOutcome::Accepted });
        }
        any
    }

    /// A transaction accepted before a restart, or forwarded by a follower. Returns whether it is new.
    pub fn take(&mut self, peek: Peek, transaction: Arc<Vec<u8>>, promised: bool) -> bool {
        if self.recent.contains(&peek.id) || (!promised && !self.has_room(transaction.len())) {
            return false;
        }
        let fresh = self.hold(peek, transaction, promised);
        if fresh {
            self.open_up(peek.id);
        }
        fresh
    }

    /// Remembers a promise whose transaction already is in a stored batch.
    pub fn hold_promised(&mut self, peek: Peek, transaction: Arc<Vec<u8>>) {
        self.hold(peek, transaction, true);
        self.pending.get_mut(&peek.id).expect("just held").opened = true;
    }

    fn open_up(&mut self, id: Digest) {
        if let Some(p) = self.pending.get_mut(&id).filter(|p| !p.opened) {
            p.opened = true;
            self.open_bytes += p.transaction.len();
            self.open.push_back(id);
        }
    }

    /// Bytes that wait for a batch.
    pub fn open_bytes(&self) -> usize {
        self.open_bytes
    }

    /// Transactions that wait for a batch.
    pub fn open_count(&self) -> usize {
        self.open.len()
    }

    /// Accepted and not final.
    pub fn pending_count(&self) -> usize {
        self.pending.len()
    }

    /// Takes transactions for one batch, within limits.
    pub fn drain(&mut self, limits: &Limits) -> Vec<Arc<Vec<u8>>> {
        let (mut taken, mut bytes, mut declared) = (Vec::new(), 0usize, 0u64);
        // 64 bytes a batch and 8 a transaction cover the batch's own fields.
        let budget = (limits.batch_bytes_max as usize).saturating_sub(64);
        while let Some(id) = self.open.front().copied() {
            let Some(p) = self.pending.get(&id) else {
                self.open.pop_front();
                continue;
            };
            let size = p.transaction.len() + 8;
            let cost = u64::from(p.writes);
            let full = bytes + size > budget
                || taken.len() >= limits.batch_transactions_max as usize
                || declared + cost > u64::from(limits.block_writes_max);
            if full && !taken.is_empty() {
                break;
            }
            bytes += size;
            declared += cost;
            self.open_bytes -= p.transaction.len();
            taken.push(p.transaction.clone());
            self.open.pop_front();
        }
        if self.open.is_empty() {
            self.open_bytes = 0;
        }
        taken
    }

    /// Transactions that were executed, whatever the outcome. Returns those that were promised here.
    pub fn finish(&mut self, ids: &[Digest]) -> Vec<Digest> {
        let mut forget = Vec::new();
        for id in ids {
            if self.recent.insert(*id) {
                self.recent_order.push_back(*id);
            }
            if self.remove(id).is_some_and(|p| p.promised) {
                forget.push(*id);
            }
        }
        while self.recent_order.len() > ORDERED_REMEMBERED_MAX {
            let oldest = self.recent_order.pop_front().expect("not empty");
            self.recent.remove(&oldest);
        }
        forget
    }

    /// Drops what can never be applied any more. Returns those that were promised here.
    pub fn expire(&mut self, block_time: TimestampMs) -> Vec<Digest> {
        let void: Vec<Digest> =
            self.pending.iter().filter(|(_, p)| p.valid_until <= block_time).map(|(id, _)| *id).collect();
        void.into_iter().filter(|id| self.remove(id).is_some_and(|p| p.promised)).collect()
    }

    fn remove(&mut self, id: &Digest) -> Option<Pending> {
        let gone = self.pending.remove(id)?;
        self.pending_bytes -= gone.transaction.len();
        Some(gone)
    }

    /// A follower has become an author: what no batch of its own carries yet waits for one.
    pub fn reopen(&mut self, carried: &BTreeSet<Digest>) {
        self.open.clear();
        let waiting = self.pending.iter().filter(|(id, p)| p.opened && !carried.contains(id));
        let (mut open, mut bytes) = (VecDeque::new(), 0);
        for (id, p) in waiting {
            bytes += p.transaction.len();
            open.push_back(*id);
        }
        (self.open, self.open_bytes) = (open, bytes);
    }

    /// What a follower offers its validators again.
    pub fn to_forward(&mut self) -> Vec<Arc<Vec<u8>>> {
        self.open.clear();
        self.open_bytes = 0;
        let due = self.pending.values().filter(|p| p.promised && p.opened);
        due.take(FORWARD_BURST_MAX).map(|p| p.transaction.clone()).collect()
    }
}
