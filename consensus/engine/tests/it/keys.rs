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

/// Validators with their power.
pub(crate) fn weighted(nodes: &[(usize, u64)]) -> ValidatorSet {
    let member = |(i, power): &(usize, u64)| Validator { id: id(*i), key: key(*i).public(), power: *power };
    ValidatorSet::new(nodes.iter().map(member).collect())
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
