//! Batches: closing one's own, storing others', acknowledging, offering again after loss or restart (D3).

use super::{BatchTimer, Member, Replica, Start};
use crate::effect::{Audience, Effect, PeerFault, Timer};
use crate::limits::{BATCH_WAIT_MS, RESEND_INTERVAL_MS, UNSIGNED_WAIT_MS};
use crate::message::Message;
use crate::pool::{Declined, Facts};
use crate::verdict::power_of;
use bencao_consensus::{Batch, BatchId, SignedBatch};
use bencao_crypto::{KeyId, VerifyItem};
use bencao_genesis::TimestampMs;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Replica {
    /// Whether this node makes batches: it votes or could.
    fn is_author(&self) -> bool {
        self.members_by_node.contains_key(&self.config.me)
    }

    pub(super) fn ingress_durable(&mut self, ticket: u64, out: &mut Vec<Effect>) {
        if self.mempool.ingress_durable(ticket, out) && !self.is_author() {
            self.forward(out);
        }
    }

    pub(super) fn forwarded(&mut self, transaction: Vec<u8>) {
        let fits = transaction.len() <= self.config.limits.transaction_bytes_max as usize;
        if !self.is_author() || !fits || self.diverged.is_some() {
            return;
        }
        if let Some(peek) = self.payload.peek(&transaction).filter(|p| p.valid_until > self.tip.time) {
            self.mempool.take(peek, Arc::new(transaction), false);
        }
    }

    /// Passes pending transactions on to two validators, others each time.
    fn forward(&mut self, out: &mut Vec<Effect>) {
        let validators: Vec<KeyId> =
            self.catch_up.peers().map(|(k, _)| k).filter(|k| self.members_by_node.contains_key(k)).collect();
        if validators.is_empty() {
            return;
        }
        self.forward_rotation = self.forward_rotation.wrapping_add(1);
        let targets: BTreeSet<KeyId> =
            (0..2).map(|i| validators[(self.forward_rotation + i) % validators.len()]).collect();
        for transaction in self.mempool.to_forward() {
            let message = Arc::new(Message::Forward((*transaction).clone()));
            for to in &targets {
                out.push(Effect::Send { to: Audience::Peer(*to), message: message.clone() });
            }
        }
    }

    /// Closes the open batch: at once when none of this node's is under way, else at the time or size limit.
    pub(super) fn close_batch(&mut self, out: &mut Vec<Effect>) {
        if !self.is_author() || self.diverged.is_some() || !self.sign_waiting(out) || self.mempool.open_count() == 0 {
            return;
        }
        let limits = &self.config.limits;
        let full = self.mempool.open_bytes() >= limits.batch_bytes_max as usize / 2
            || self.mempool.open_count() >= limits.batch_transactions_max as usize;
        if self.pool.has_own(self.config.me) && !full && self.batch_timer != BatchTimer::Due {
            if self.batch_timer == BatchTimer::Idle {
                self.batch_timer = BatchTimer::Running;
                out.push(Effect::Schedule { timer: Timer::Batch, after_ms: BATCH_WAIT_MS });
            }
            return;
        }
        self.batch_timer = BatchTimer::Idle;
        out.push(Effect::Cancel(Timer::Batch));
        while self.mempool.open_count() > 0 {
            let transactions = self.mempool.drain(&self.config.limits);
            if transactions.is_empty() {
                break;
            }
            if !self.author(transactions, out) {
                break;
            }
            if self.mempool.open_bytes() < self.config.limits.batch_bytes_max as usize / 2 {
                break;
            }
        }
    }

    /// A batch that the holder of the node key has not signed yet is tried again before any other. False: it still waits.
    fn sign_waiting(&mut self, out: &mut Vec<Effect>) -> bool {
        if self.unsigned.is_none() {
            return true;
        }
        if self.batch_timer == BatchTimer::Running {
            return false;
        }
        self.batch_timer = BatchTimer::Idle;
        let waiting = self.unsigned.take().expect("looked at above");
        self.finish_batch(waiting, out)
    }

    fn author(&mut self, transactions: Vec<Arc<Vec<u8>>>, out: &mut Vec<Effect>) -> bool {
        self.batch_sequence += 1;
        let batch = Batch {
            version: 1,
            author: self.config.me,
            sequence: self.batch_sequence,
            transactions: transactions.into_iter().map(|t| (*t).clone()).collect(),
        };
        self.finish_batch(batch, out)
    }

    /// Signs a batch and takes it up. False: it was not signed and waits; its transactions stay promised.
    fn finish_batch(&mut self, batch: Batch, out: &mut Vec<Effect>) -> bool {
        let id = batch.id();
        let Some(signature) = self.node_signer.sign(&SignedBatch::sign_bytes(self.config.chain, &id)) else {
            self.unsigned = Some(batch);
            self.batch_timer = BatchTimer::Running;
            out.push(Effect::Schedule { timer: Timer::Batch, after_ms: UNSIGNED_WAIT_MS });
            return false;
        };
        let signed = Arc::new(SignedBatch { batch, signature });
        if self.pool.take(id, self.facts(&signed), &self.config.limits, true).is_ok() {
            self.own_batches.insert(id, signed.clone());
            out.push(Effect::StoreBatch(signed));
        }
        true
    }

    fn facts(&self, batch: &SignedBatch) -> Facts {
        let (mut bytes, mut writes, mut expires) = (0u64, 0u64, TimestampMs(0));
        for transaction in &batch.batch.transactions {
            bytes += transaction.len() as u64;
            if let Some(p) = self.payload.peek(transaction) {
                writes += u64::from(p.writes);
                expires = expires.max(p.valid_until);
            }
        }
        let transactions = batch.batch.transactions.len() as u64;
        Facts { author: batch.batch.author, transactions, bytes, writes, expires }
    }

    /// A batch from its author, or one that was asked for.
    pub(super) fn batch_received(&mut self, from: KeyId, signed: SignedBatch, out: &mut Vec<Effect>) {
        let id = signed.batch.id();
        let wanted = self.catch_up.asked_for(&id);
        let limits = &self.config.limits;
        let fits = signed.batch.transactions.len() <= limits.batch_transactions_max as usize
            && signed.batch.transactions.iter().map(|t| t.len() + 8).sum::<usize>() <= limits.batch_bytes_max as usize;
        let by_author = signed.batch.author == from && self.members_by_node.contains_key(&from);
        // What was asked for is named by its hash: nobody's signature can make it another batch.
        if !fits || !(wanted || (by_author && self.signed_by_author(&id, &signed))) {
            self.fault(from, PeerFault::BadBatch, out);
            return;
        }
        match self.pool.take(id, self.facts(&signed), &self.config.limits, wanted) {
            Ok(()) => out.push(Effect::StoreBatch(Arc::new(signed))),
            Err(Declined::OverQuota) => self.fault(from, PeerFault::OverQuota, out),
            // Offered again: the acknowledgement was lost.
            Err(Declined::Known) if by_author && self.pool.has(&id) => self.acknowledge(id, from, out),
            Err(Declined::Known) => {}
        }
        self.catch_up.batch_came(&id);
    }

    fn signed_by_author(&self, id: &BatchId, signed: &SignedBatch) -> bool {
        let Some(key) = self.node_keys.get(&signed.batch.author) else { return false };
        self.keys.verify(&VerifyItem {
            key: *key,
            message: SignedBatch::sign_bytes(self.config.chain, id),
            signature: signed.signature,
        })
    }

    fn acknowledge(&self, id: BatchId, author: KeyId, out: &mut Vec<Effect>) {
        if self.is_author() {
            out.push(Effect::Send { to: Audience::Peer(author), message: Arc::new(Message::BatchAck(id)) });
        }
    }

    /// A batch is durable here.
    pub(super) fn batch_stored(&mut self, id: BatchId, out: &mut Vec<Effect>) {
        let Some(author) = self.pool.stored(id) else { return };
        if author != self.config.me {
            self.acknowledge(id, author, out);
            return;
        }
        if let Some(signed) = self.own_batches.get(&id) {
            let message = Arc::new(Message::Batch((**signed).clone()));
            out.push(Effect::Send { to: Audience::Validators, message });
        }
        self.batch_acknowledged(self.config.me, id, out);
    }

    /// Somebody (or this node itself) holds one of this node's batches.
    pub(super) fn batch_acknowledged(&mut self, by: KeyId, id: BatchId, out: &mut Vec<Effect>) {
        let Some(set) = self.sets.get(&self.tip.height.next()) else { return };
        let members = &self.members_by_node;
        let Some(acks) = self.pool.acknowledge(&id, self.config.me, by) else { return };
        let voters = acks.iter().filter_map(|node| members.get(node));
        if set.is_quorum(power_of(set, voters)) {
            self.pool.ready(&id, self.config.me);
            out.push(Effect::Send { to: Audience::Validators, message: Arc::new(Message::BatchReady(id)) });
        }
    }

    /// Offers again what is not ordered yet: to who did not acknowledge, or as ready to all.
    pub(super) fn resend(&mut self, out: &mut Vec<Effect>) {
        out.push(Effect::Schedule { timer: Timer::Resend, after_ms: RESEND_INTERVAL_MS });
        if !self.is_author() {
            self.forward(out);
            return;
        }
        let pool = &self.pool;
        self.own_batches.retain(|id, _| pool.knows(id));
        for (id, ready, acks) in self.pool.own(self.config.me) {
            if ready {
                out.push(Effect::Send { to: Audience::Validators, message: Arc::new(Message::BatchReady(id)) });
            }
            let Some(signed) = self.own_batches.get(&id) else { continue };
            let message = Arc::new(Message::Batch((**signed).clone()));
            let lacking = self.config.members.iter().map(Member::node_id).filter(|n| !acks.contains(n));
            for node in lacking.filter(|n| *n != self.config.me) {
                out.push(Effect::Send { to: Audience::Peer(node), message: message.clone() });
            }
        }
    }

    /// After a restart: stored batches wait for order again; promises that no batch carries yet go into a new one.
    pub(super) fn recover_batches(&mut self, start: &Start, out: &mut Vec<Effect>) {
        let mut carried = BTreeSet::new();
        for signed in &start.batches {
            let id = signed.batch.id();
            if self.pool.take(id, self.facts(signed), &self.config.limits, true).is_err() {
                continue;
            }
            if signed.batch.author == self.config.me {
                self.own_batches.insert(id, signed.clone());
                carried.extend(signed.batch.transactions.iter().filter_map(|t| self.payload.peek(t)).map(|p| p.id));
            }
            self.batch_stored(id, out);
        }
        for transaction in &start.ingress {
            let Some(peek) = self.payload.peek(transaction) else { continue };
            if carried.contains(&peek.id) && self.is_author() {
                self.mempool.hold_promised(peek, transaction.clone());
            } else {
                self.mempool.take(peek, transaction.clone(), true);
            }
        }
    }
}
