//! Keys for tests: real key pairs as identities, with signatures that cost a hash, and a seeded generator.

use bencao_consensus::{Validator, ValidatorSet};
use bencao_crypto::{KeyId, KnownKeys, PublicKey, Signature, SigningKey, VerifyItem, tagged};
use bencao_engine::Signer;
use bencao_genesis::ChainId;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

pub(crate) fn chain() -> ChainId {
    ChainId(tagged("test/chain", &[]))
}

/// Key pairs of the nodes; deriving a public key is slow.
static KEYS: LazyLock<Vec<SigningKey>> = LazyLock::new(|| (0..12).map(derive).collect());

fn derive(i: u8) -> SigningKey {
    let mut scalar = tagged("test/validator", &[&[i]]).0;
    scalar[0] &= 0x7f;
    SigningKey::from_bytes(&scalar).expect("far below the order of the curve")
}

/// The key pair of node `i`.
pub(crate) fn key(i: usize) -> &'static SigningKey {
    &KEYS[i]
}

fn hashed(key: &PublicKey, message: &[u8]) -> Signature {
    let half = tagged("test/signature", &[key.as_bytes(), message]).0;
    let mut both = [0; 64];
    both[..32].copy_from_slice(&half);
    both[32..].copy_from_slice(&half);
    Signature(both)
}

/// Verifies [`HashSigner`]s. Not cryptography: anybody could forge; tests do not.
pub(crate) struct HashKeys;

impl KnownKeys for HashKeys {
    fn verify(&self, item: &VerifyItem) -> bool {
        hashed(&item.key, &item.message) == item.signature
    }
}

/// Signs by hashing and counts.
pub(crate) struct HashSigner {
    key: PublicKey,
    pub(crate) signed: AtomicU64,
}

impl HashSigner {
    pub(crate) fn new(i: usize) -> Arc<HashSigner> {
        Arc::new(HashSigner { key: key(i).public(), signed: AtomicU64::new(0) })
    }

    /// What it signs, without counting.
    pub(crate) fn signature(&self, message: &[u8]) -> Signature {
        hashed(&self.key, message)
    }
}

impl Signer for HashSigner {
    fn sign(&self, message: &[u8]) -> Option<Signature> {
        self.signed.fetch_add(1, Ordering::Relaxed);
        Some(hashed(&self.key, message))
    }
}

/// Signs for real.
pub(crate) struct Sm2Signer(pub(crate) SigningKey);

impl Signer for Sm2Signer {
    fn sign(&self, message: &[u8]) -> Option<Signature> {
        Some(self.0.sign(message))
    }
}

/// Equal validators.
pub(crate) fn set(nodes: impl IntoIterator<Item = usize>) -> ValidatorSet {
    let member = |i| {
        let key = key(i).public();
        Validator { id: key.id(), key, power: 1 }
    };
    ValidatorSet::new(nodes.into_iter().map(member).collect())
}

pub(crate) fn id(i: usize) -> KeyId {
    key(i).public().id()
}

/// SplitMix64.
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In `low..high`, or `low` if that is empty.
    pub(crate) fn range(&mut self, low: u64, high: u64) -> u64 {
        if high <= low { low } else { low + self.next() % (high - low) }
    }

    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.range(0, 100) < chance
    }
}
