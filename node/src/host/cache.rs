//! Batches that went by lately, so that executing or serving one does not read it from disk again.

use bencao_consensus::{BatchId, SignedBatch};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of batches kept: some blocks at the default limits.
const BYTES_MAX: usize = 64 << 20;

/// Bytes that a transaction costs in memory beside its own.
const TRANSACTION_OVERHEAD_BYTES: usize = 32;

/// First in, first out. Clones share the batches.
#[derive(Clone, Debug, Default)]
pub(crate) struct BatchCache(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    batches: BTreeMap<BatchId, Arc<SignedBatch>>,
    order: VecDeque<(BatchId, usize)>,
    bytes: usize,
}

impl BatchCache {
    /// Keeps `batch` for a while.
    pub(crate) fn put(&self, id: BatchId, batch: Arc<SignedBatch>) {
        let size = batch.batch.transactions.iter().map(|t| t.len() + TRANSACTION_OVERHEAD_BYTES).sum();
        let mut kept = self.kept();
        if kept.batches.insert(id, batch).is_some() {
            return;
        }
        kept.order.push_back((id, size));
        kept.bytes += size;
        while kept.bytes > BYTES_MAX && kept.order.len() > 1 {
            let (oldest, size) = kept.order.pop_front().expect("more than one");
            kept.batches.remove(&oldest);
            kept.bytes -= size;
        }
    }

    /// The batch, if it is still here.
    pub(crate) fn get(&self, id: &BatchId) -> Option<Arc<SignedBatch>> {
        self.kept().batches.get(id).cloned()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bencao_consensus::Batch;
    use bencao_crypto::{KeyId, Signature};

    fn batch(sequence: u64, bytes: usize) -> Arc<SignedBatch> {
        let batch = Batch { version: 1, author: KeyId([1; 20]), sequence, transactions: vec![vec![0; bytes]] };
        Arc::new(SignedBatch { batch, signature: Signature([0; 64]) })
    }

    #[test]
    fn the_oldest_leave_when_bytes_run_out_and_the_last_one_stays() {
        let cache = BatchCache::default();
        let batches: Vec<_> = (0..5).map(|i| batch(i, BYTES_MAX / 4)).collect();
        for b in &batches {
            cache.put(b.batch.id(), b.clone());
            cache.put(b.batch.id(), b.clone());
        }
        assert!(cache.get(&batches[0].batch.id()).is_none());
        assert!(cache.get(&batches[4].batch.id()).is_some());
        assert!(cache.kept().bytes <= BYTES_MAX);
        let huge = batch(9, BYTES_MAX * 2);
        cache.put(huge.batch.id(), huge.clone());
        assert!(cache.get(&huge.batch.id()).is_some());
        assert_eq!(cache.kept().batches.len(), 1);
    }
}
