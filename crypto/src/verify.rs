//! Verification against known keys, one by one and in batches.
//!
//! A verdict is a pure function of (public key, message, all 64 signature bytes): every implementation gives the same
//! verdict for every input, order and batch split, since a split verdict is a fork.

use crate::digest::{Digest, sm3, tagged};
use crate::sm2::{PublicKey, Signature};
use std::sync::Arc;

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

impl VerifyItem {
    /// `SM3(public key ‖ SM3(message) ‖ signature)`, tagged: the one name under which a verdict may be remembered (D14).
    pub fn name(&self) -> Digest {
        let message = sm3(&self.message);
        tagged("bencao/verdict/1", &[self.key.as_bytes(), &message.0, &self.signature.0])
    }
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
