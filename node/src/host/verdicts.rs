//! Signatures checked once, in batches that fill by themselves (D14).
//!
//! Everything that needs verdicts asks here: decoding, the API, the thread ahead of execution, execution, the engine, sync. A
//! verdict that is known is taken from memory; one that another thread is about to find is waited for; the rest is computed. Who
//! finds a free desk computes at once on its own thread, so that an idle node waits for nothing. What arrives while all desks are
//! taken queues up, and whoever gets the next one judges all of it in one call: the busier the node, the fuller the batches.
//!
//! Memory and queue hold nothing but claims' names ([`VerifyItem::name`]): public key, digest of the message and all bytes of the
//! signature.

#[cfg(test)]
mod blocks;
#[cfg(test)]
mod tests;

use bencao_crypto::{Digest, KnownKeys, VerifyItem};
use lru::LruCache;
use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

/// Claims judged in one call at most. Beyond this a batch gains nothing, and a vote waits no longer than for one batch.
const BATCH_MAX: usize = 256;

/// What was asked and what it took.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Claims asked about.
    pub(crate) asked: AtomicU64,
    /// Of those, judged before.
    pub(crate) remembered: AtomicU64,
    /// Of those, in the hands of another thread.
    pub(crate) shared: AtomicU64,
    /// Claims judged; never more than the distinct ones asked about, unless memory was too small.
    pub(crate) judged: AtomicU64,
    /// Calls that judged them.
    pub(crate) batches: AtomicU64,
}

fn add(counter: &AtomicU64, n: usize) {
    counter.fetch_add(n as u64, Ordering::Relaxed);
}

type Verdict = Arc<OnceLock<bool>>;

struct Waiting {
    name: Digest,
    item: VerifyItem,
    verdict: Verdict,
}

struct Hall {
    remembered: LruCache<Digest, bool>,
    /// Claims that wait or are being judged.
    open: BTreeMap<Digest, Verdict>,
    /// Claims that wait. As long as its callers' claims together, each of whom stays until it is served.
    queue: VecDeque<Waiting>,
    free_desks: usize,
}

/// The one place where a node checks signatures.
pub(crate) struct Verdicts<K> {
    keys: K,
    hall: Mutex<Hall>,
    served: Condvar,
    counts: Arc<Counts>,
}

impl<K: KnownKeys> Verdicts<K> {
    /// Judges with `keys` on up to `desks` threads at once, and remembers `memory` verdicts (about 100 bytes each).
    pub(crate) fn new(keys: K, desks: NonZeroUsize, memory: NonZeroUsize) -> Verdicts<K> {
        let hall = Hall {
            remembered: LruCache::new(memory),
            open: BTreeMap::new(),
            queue: VecDeque::new(),
            free_desks: desks.get(),
        };
        Verdicts { keys, hall: Mutex::new(hall), served: Condvar::new(), counts: Arc::default() }
    }

    /// What happened so far, and happens.
    pub(crate) fn counts(&self) -> Arc<Counts> {
        self.counts.clone()
    }

    fn hall(&self) -> MutexGuard<'_, Hall> {
        self.hall.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One verdict for each claim; `urgent` ones are served before those that wait already.
    fn judge(&self, items: &[VerifyItem], urgent: bool) -> Vec<bool> {
        add(&self.counts.asked, items.len());
        // Digests are computed before the hall is entered.
        let names: Vec<Digest> = items.iter().map(VerifyItem::name).collect();
        let mut hall = self.hall();
        let verdicts: Vec<Verdict> =
            names.iter().zip(items).map(|(name, item)| self.enter(&mut hall, *name, item, urgent)).collect();
        loop {
            let all: Option<Vec<bool>> = verdicts.iter().map(|verdict| verdict.get().copied()).collect();
            if let Some(all) = all {
                return all;
            }
            hall = if hall.free_desks > 0 && !hall.queue.is_empty() {
                self.serve(hall)
            } else {
                self.served.wait(hall).unwrap_or_else(PoisonError::into_inner)
            };
        }
    }

    /// The place where the verdict on a claim is, or will be.
    fn enter(&self, hall: &mut Hall, name: Digest, item: &VerifyItem, urgent: bool) -> Verdict {
        if let Some(verdict) = hall.remembered.get(&name) {
            add(&self.counts.remembered, 1);
            return Arc::new(OnceLock::from(*verdict));
        }
        if let Some(open) = hall.open.get(&name) {
            add(&self.counts.shared, 1);
            return open.clone();
        }
        let verdict = Verdict::default();
        hall.open.insert(name, verdict.clone());
        let waiting = Waiting { name, item: item.clone(), verdict: verdict.clone() };
        if urgent {
            hall.queue.push_front(waiting)
        } else {
            hall.queue.push_back(waiting)
        }
        verdict
    }

    /// Takes a desk and judges what waits, up to [`BATCH_MAX`] claims, whoever brought them.
    fn serve<'a>(&'a self, mut hall: MutexGuard<'a, Hall>) -> MutexGuard<'a, Hall> {
        hall.free_desks -= 1;
        let taken = hall.queue.len().min(BATCH_MAX);
        let mut desk = Desk { verdicts: self, claims: hall.queue.drain(..taken).collect() };
        drop(hall);
        let items: Vec<VerifyItem> = desk.claims.iter().map(|waiting| waiting.item.clone()).collect();
        let judged = match &items[..] {
            [one] => vec![self.keys.verify(one)],
            many => self.keys.verify_batch(many),
        };
        add(&self.counts.judged, taken);
        add(&self.counts.batches, 1);
        let mut hall = self.hall();
        for (claim, verdict) in desk.claims.drain(..).zip(judged) {
            hall.open.remove(&claim.name);
            hall.remembered.put(claim.name, verdict);
            // Only who took the claim from the queue sets it.
            let _ = claim.verdict.set(verdict);
        }
        hall.free_desks += 1;
        self.served.notify_all();
        hall
    }
}

impl<K: KnownKeys> KnownKeys for Verdicts<K> {
    fn verify(&self, item: &VerifyItem) -> bool {
        self.judge(std::slice::from_ref(item), true)[0]
    }

    fn verify_batch(&self, items: &[VerifyItem]) -> Vec<bool> {
        self.judge(items, false)
    }
}

/// Claims off the queue. If judging them panics they go back, so that nobody who waits for them waits for ever.
struct Desk<'a, K: KnownKeys> {
    verdicts: &'a Verdicts<K>,
    claims: Vec<Waiting>,
}

impl<K: KnownKeys> Drop for Desk<'_, K> {
    fn drop(&mut self) {
        if self.claims.is_empty() {
            return;
        }
        let mut hall = self.verdicts.hall();
        self.claims.drain(..).rev().for_each(|claim| hall.queue.push_front(claim));
        hall.free_desks += 1;
        self.verdicts.served.notify_all();
    }
}
