//! Signatures for simulations: a keyed digest in place of SM2, so that a seed takes seconds instead of minutes.
//!
//! Everything else is real: sign bytes, key ids, the verdict interface. A wrong key, message or signature is refused
//! just the same; only forging is easy, and the simulator's own adversaries do not forge.

use bencao_crypto::{KnownKeys, PublicKey, Signature, SigningKey, VerifyItem, tagged};
use bencao_engine::Signer;

/// Signs by digest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FastSigner {
    public: PublicKey,
}

impl FastSigner {
    /// The signer of key number `n`; its public key is a real point.
    pub(crate) fn numbered(n: u32) -> FastSigner {
        let mut scalar = [1; 32];
        scalar[28..].copy_from_slice(&n.to_be_bytes());
        FastSigner { public: SigningKey::from_bytes(&scalar).expect("a small scalar is in range").public() }
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
    fn sign(&self, message: &[u8]) -> Signature {
        digest_signature(&self.public, message)
    }
}

/// Verifies what [`FastSigner`] signs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FastKeys;

impl KnownKeys for FastKeys {
    fn verify(&self, item: &VerifyItem) -> bool {
        digest_signature(&item.key, &item.message) == item.signature
    }
}
