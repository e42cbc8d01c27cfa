//! Verification against known keys, one by one and in batches.
//!
//! A verdict is a pure function of (public key, message, all 64 signature bytes): every implementation gives the same
//! verdict for every input, order and batch split, since a split verdict is a fork.

#[cfg(test)]
mod tests;

use crate::digest::{Digest, tagged};
use crate::sm2::{PublicKey, Signature};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

/// One claim: `key` signed `message` giving `signature`.
#[derive(Clone, Debug)]
pub struct VerifyItem {
    /// The claimed signer.
    pub key: PublicKey,
    /// The signed message M (Z is prepended inside). Ledger messages are short: a tag and a digest.
    pub message: Vec<u8>,
    /// The claimed signature.
    pub signature: Signature,
}

/// Verifies signatures of keys that are, mostly, seen again.
pub trait KnownKeys: Send + Sync {
    /// The verdict on one claim.
    fn verify(&self, item: &VerifyItem) -> bool;

    /// One verdict for each claim, in order. Equal to calling [`KnownKeys::verify`] on each.
    fn verify_batch(&self, items: &[VerifyItem]) -> Vec<bool> {
        items.iter().map(|item| self.verify(item)).collect()
    }
}

impl<K: KnownKeys + ?Sized> KnownKeys for Arc<K> {
    fn verify(&self, item: &VerifyItem) -> bool {
        (**self).verify(item)
    }

    fn verify_batch(&self, items: &[VerifyItem]) -> Vec<bool> {
        (**self).verify_batch(items)
    }
}

/// RustCrypto's SM2 without tables or memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct LibraryKeys;

impl KnownKeys for LibraryKeys {
    fn verify(&self, item: &VerifyItem) -> bool {
        item.key.verify(&item.message, &item.signature)
    }
}

/// Remembers verdicts under `SM3(public key ‖ message digest ‖ signature)` and nothing else, so that a transaction is
/// verified once between ingress, batch, execution and sync, and the engine's own calls are hits.
pub struct CachedKeys<K> {
    inner: K,
    verdicts: Mutex<lru::LruCache<Digest, bool>>,
}

impl<K: KnownKeys> CachedKeys<K> {
    /// Keeps at most `capacity` verdicts (about 100 bytes each).
    pub fn new(inner: K, capacity: NonZeroUsize) -> CachedKeys<K> {
        CachedKeys { inner, verdicts: Mutex::new(lru::LruCache::new(capacity)) }
    }

    fn name(item: &VerifyItem) -> Digest {
        let message = crate::digest::sm3(&item.message);
        tagged("bencao/verdict/1", &[item.key.as_bytes(), &message.0, &item.signature.0])
    }

    fn recall(&self, name: &Digest) -> Option<bool> {
        self.verdicts.lock().expect("no panic while holding the lock").get(name).copied()
    }

    fn remember(&self, name: Digest, verdict: bool) {
        self.verdicts.lock().expect("no panic while holding the lock").put(name, verdict);
    }
}

impl<K: KnownKeys> KnownKeys for CachedKeys<K> {
    fn verify(&self, item: &VerifyItem) -> bool {
        let name = Self::name(item);
        self.recall(&name).unwrap_or_else(|| {
            let verdict = self.inner.verify(item);
            self.remember(name, verdict);
            verdict
        })
    }

    fn verify_batch(&self, items: &[VerifyItem]) -> Vec<bool> {
        let names: Vec<Digest> = items.iter().map(Self::name).collect();
        let mut verdicts: Vec<Option<bool>> = names.iter().map(|n| self.recall(n)).collect();
        let missing: Vec<usize> = (0..items.len()).filter(|i| verdicts[*i].is_none()).collect();
        let fresh: Vec<VerifyItem> = missing.iter().map(|i| items[*i].clone()).collect();
        for (i, verdict) in missing.into_iter().zip(self.inner.verify_batch(&fresh)) {
            self.remember(names[i], verdict);
            verdicts[i] = Some(verdict);
        }
        verdicts.into_iter().map(|v| v.expect("every gap was filled")).collect()
    }
}
