//! Signatures for simulations: a keyed digest in place of SM2, so that a seed takes seconds instead of minutes.
//!
//! Everything else is real: sign bytes, key ids, the verdict interface. A wrong key, message or signature is refused
//! just the same; only forging is easy, and the simulator's own adversaries do not forge. `--crypto-path` makes the
//! signatures real too, and verifies them on that path.

use bencao_crypto::{KnownKeys, PublicKey, Signature, SigningKey, TableKeys, VerifyItem, tagged};
use bencao_engine::Signer;
use std::sync::OnceLock;

/// Verifies SM2 on the path that the process has chosen, if it runs with real signatures.
static SM2: OnceLock<TableKeys> = OnceLock::new();

/// From now on signatures are SM2's, on the chosen path. Before the first signature.
pub(crate) fn use_sm2() {
    SM2.get_or_init(TableKeys::default);
}

/// Signs by digest, unless [`use_sm2`] was called.
#[derive(Clone, Debug)]
pub(crate) struct FastSigner {
    key: SigningKey,
    public: PublicKey,
}

impl FastSigner {
    /// The signer of key number `n`; its public key is a real point.
    pub(crate) fn numbered(n: u32) -> FastSigner {
        let mut scalar = [1; 32];
        scalar[28..].copy_from_slice(&n.to_be_bytes());
        let key = SigningKey::from_bytes(&scalar).expect("a small scalar is in range");
        FastSigner { public: key.public(), key }
    }

    /// The public half.
    pub(crate) fn public(&self) -> PublicKey {
        self.public
    }
}

fn digest_signature(key: &PublicKey, message: &[u8]) -> Signature {
    let half = tagged("bencao-sim/signature/1", &[key.as_bytes(), message]);
    let mut out = [0; 64];
    out[..32].copy_from_slice(&half.0);
    out[32..].copy_from_slice(&half.0);
    Signature(out)
}

impl Signer for FastSigner {
    fn sign(&self, message: &[u8]) -> Option<Signature> {
        Some(match SM2.get() {
            Some(_) => self.key.sign(message),
            None => digest_signature(&self.public, message),
        })
    }
}

/// Verifies what [`FastSigner`] signs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FastKeys;

impl KnownKeys for FastKeys {
    fn verify(&self, item: &VerifyItem) -> bool {
        match SM2.get() {
            Some(keys) => keys.verify(item),
            None => digest_signature(&item.key, &item.message) == item.signature,
        }
    }

    fn verify_batch(&self, items: &[VerifyItem]) -> Vec<bool> {
        match SM2.get() {
            Some(keys) => keys.verify_batch(items),
            None => items.iter().map(|item| self.verify(item)).collect(),
        }
    }
}
