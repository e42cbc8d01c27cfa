//! Catching up block by block: who has which height, what was asked of whom, what came back (D16: everything served is
//! verified by the caller).

use crate::limits::{CATCH_UP_WINDOW, REQUEST_BATCHES_MAX, REQUEST_TIMEOUT_MS};
use bencao_consensus::{BatchId, Block, CommitCertificate};
use bencao_crypto::KeyId;
use bencao_genesis::Height;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[derive(Debug, Clone, Copy)]
struct Asked {
    peer: KeyId,
    at_ms: u64,
    attempts: u32,
}

/// A decided block as served by a peer: not verified yet.
#[derive(Debug, Clone)]
pub struct Served {
    /// Header and body.
    pub block: Arc<Block>,
    /// Its certificate.
    pub certificate: CommitCertificate,
    /// Who served it.
    pub from: KeyId,
    /// Form and certificate were checked; it waits for batches or results only.
    pub verified: bool,
}

/// Requests under way. Bounded by the window and by the peers connected.
#[derive(Debug, Default)]
pub struct CatchUp {
    heights: BTreeMap<KeyId, Height>,
    asked_blocks: BTreeMap<Height, Asked>,
    served: BTreeMap<Height, Served>,
    asked_batches: BTreeMap<BatchId, Asked>,
    rotation: usize,
}

impl CatchUp {
    /// A peer is connected; its height is not known yet.
    pub fn peer_up(&mut self, peer: KeyId) {
        self.heights.entry(peer).or_default();
    }

    /// A peer is gone: what it was asked is asked again elsewhere.
    pub fn peer_down(&mut self, peer: KeyId) {
        self.heights.remove(&peer);
        self.asked_blocks.retain(|_, a| a.peer != peer);
        self.asked_batches.retain(|_, a| a.peer != peer);
    }

    /// A peer told its height.
    pub fn heard(&mut self, peer: KeyId, height: Height) {
        if let Some(known) = self.heights.get_mut(&peer) {
            *known = (*known).max(height);
        }
    }

    /// Connected peers with their last known heights.
    pub fn peers(&self) -> impl Iterator<Item = (KeyId, Height)> {
        self.heights.iter().map(|(k, h)| (*k, *h))
    }

    /// The highest height that any peer claims.
    pub fn highest(&self) -> Height {
        self.heights.values().copied().max().unwrap_or_default()
    }

    /// Which blocks to ask of whom now.
    pub fn want_blocks(&mut self, tip: Height, now_ms: u64) -> Vec<(KeyId, Height)> {
        self.asked_blocks.retain(|h, a| *h > tip && now_ms.saturating_sub(a.at_ms) < REQUEST_TIMEOUT_MS);
        self.served.retain(|h, _| *h > tip);
        let last = self.highest().0.min(tip.0.saturating_add(CATCH_UP_WINDOW));
        let mut wanted = Vec::new();
        for h in (tip.0 + 1..=last).map(Height) {
            if self.asked_blocks.contains_key(&h) || self.served.contains_key(&h) {
                continue;
            }
            if let Some(peer) = self.pick(|height| height >= h) {
                self.asked_blocks.insert(h, Asked { peer, at_ms: now_ms, attempts: 1 });
                wanted.push((peer, h));
            }
        }
        wanted
    }

    /// Peers in turn, so that a silent one costs one timeout.
    fn pick(&mut self, fits: impl Fn(Height) -> bool) -> Option<KeyId> {
        let able: Vec<KeyId> = self.heights.iter().filter(|(_, h)| fits(**h)).map(|(k, _)| *k).collect();
        self.rotation = self.rotation.wrapping_add(1);
        if able.is_empty() { None } else { Some(able[self.rotation % able.len()]) }
    }

    /// Keeps a block that was asked for. Anything else is dropped.
    pub fn keep(&mut self, served: Served) {
        let height = served.block.header.height;
        if self.asked_blocks.remove(&height).is_some() {
            self.served.insert(height, served);
        }
    }

    /// The served block of this height, if any.
    pub fn served(&self, height: Height) -> Option<&Served> {
        self.served.get(&height)
    }

    /// The served block of this height verified.
    pub fn mark_verified(&mut self, height: Height) {
        if let Some(served) = self.served.get_mut(&height) {
            served.verified = true;
        }
    }

    /// Drops a served block that did not verify.
    pub fn reject(&mut self, height: Height) {
        self.served.remove(&height);
    }

    /// Which of `missing` batches to ask of whom now; `hint` is asked first.
    pub fn want_batches(
        &mut self,
        missing: &BTreeSet<BatchId>,
        hint: Option<KeyId>,
        now_ms: u64,
    ) -> BTreeMap<KeyId, Vec<BatchId>> {
        self.asked_batches.retain(|id, _| missing.contains(id));
        let mut requests: BTreeMap<KeyId, Vec<BatchId>> = BTreeMap::new();
        for id in missing {
            let before = self.asked_batches.get(id).copied();
            if before.is_some_and(|a| now_ms.saturating_sub(a.at_ms) < REQUEST_TIMEOUT_MS) {
                continue;
            }
            let attempts = before.map_or(0, |a| a.attempts);
            // The one who named the batch is asked once; after that, everybody in turn.
            let hinted = hint.filter(|h| attempts == 0 && self.heights.contains_key(h));
            let Some(peer) = hinted.or_else(|| self.pick(|_| true)) else { return requests };
            let list = requests.entry(peer).or_default();
            if list.len() < REQUEST_BATCHES_MAX {
                list.push(*id);
                self.asked_batches.insert(*id, Asked { peer, at_ms: now_ms, attempts: attempts + 1 });
            }
        }
        requests
    }

    /// Whether this batch was asked for (then it passes the author's quota).
    pub fn asked_for(&self, id: &BatchId) -> bool {
        self.asked_batches.contains_key(id)
    }

    /// The batch has come.
    pub fn batch_came(&mut self, id: &BatchId) {
        self.asked_batches.remove(id);
    }
}
