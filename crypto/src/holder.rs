//! A private key as its user sees it: here, in another process, or in a device.
//!
//! Whoever holds the key computes `e = SM3(Z ‖ message)` from the message, or lets a device do so; the user never sends a digest, so
//! that a holder can look at what it signs.

use crate::digest::Digest;
use crate::sm2::{DEFAULT_ID, PublicKey, Signature, SigningKey};
use std::fmt;

/// Distinguishing identifier of handshake signatures (RFC 8998 §3.2.1).
pub const HANDSHAKE_ID: &str = "TLSv1.3+GM+Cipher+Suite";

/// Under which distinguishing identifier a signature is made: one of a domain is none of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// [`DEFAULT_ID`]: everything on the ledger.
    Ledger,
    /// [`HANDSHAKE_ID`]: CertificateVerify of TLS 1.3.
    Handshake,
}

impl Domain {
    /// The identifier.
    pub fn identifier(self) -> &'static str {
        match self {
            Domain::Ledger => DEFAULT_ID,
            Domain::Handshake => HANDSHAKE_ID,
        }
    }

    /// What a device that takes digests signs: SM3(Z ‖ message) under this domain's identifier.
    pub fn digest(self, key: &PublicKey, message: &[u8]) -> Digest {
        key.message_digest_with(self.identifier(), message)
    }
}

/// Holds one private key.
pub trait KeyHolder: Send + Sync + fmt::Debug {
    /// The public half.
    fn public(&self) -> PublicKey;

    /// The signature over `message`. `None`: the holder refuses, or cannot be reached now; it has said why where it logs. The call
    /// returns within a bounded time.
    fn sign(&self, domain: Domain, message: &[u8]) -> Option<Signature>;
}

impl KeyHolder for SigningKey {
    fn public(&self) -> PublicKey {
        SigningKey::public(self)
    }

    fn sign(&self, domain: Domain, message: &[u8]) -> Option<Signature> {
        self.sign_digest(&domain.digest(&SigningKey::public(self), message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_signs_what_the_key_signs_and_domains_are_apart() {
        let key = SigningKey::from_bytes(&[7; 32]).unwrap();
        let holder: &dyn KeyHolder = &key;
        let ledger = holder.sign(Domain::Ledger, b"message").unwrap();
        assert_eq!(ledger, SigningKey::sign(&key, b"message"));
        assert!(key.public().verify(b"message", &ledger));
        let handshake = holder.sign(Domain::Handshake, b"message").unwrap();
        assert!(!key.public().verify(b"message", &handshake));
        assert_eq!(Domain::Ledger.digest(&key.public(), b"message"), key.public().message_digest(b"message"));
        assert_ne!(Domain::Handshake.digest(&key.public(), b"message"), key.public().message_digest(b"message"));
    }
}
