//! Signing for those who sign all day: load generators and busy integrators. The same signatures as [`SigningKey::sign`], bit for
//! bit, in a fraction of the time.
//!
//! The multiple of G comes from a table in constant time, the nonce from the library's RFC 6979 generator, and arithmetic mod n
//! is the library's. (1 + d)⁻¹ is computed once for a key.

use crate::known::base;
use crate::sm2::{Signature, SigningKey};
use crate::{Digest, Hasher};
use elliptic_curve::{Curve as _, PrimeField as _, bigint::U256, ops::Reduce as _};
use rfc6979::KGenerator;
use sm2::{FieldBytes, Scalar, Sm2};
use std::fmt;
use zeroize::{Zeroize as _, Zeroizing};

/// A key prepared for signing. Zeroised on drop; never printed.
#[derive(Clone)]
pub struct TableSigner {
    key: SigningKey,
    /// Z.
    z: Digest,
    /// d.
    secret: Zeroizing<Scalar>,
    /// (1 + d)⁻¹.
    inverse: Zeroizing<Scalar>,
}

impl TableSigner {
    /// Prepares a key.
    pub fn new(key: SigningKey) -> TableSigner {
        let secret = Zeroizing::new(*key.secret().to_nonzero_scalar());
        let inverse = Option::from((*secret + Scalar::ONE).invert()).expect("a signing key is not n − 1");
        TableSigner { z: key.public().identity_hash(), key, secret, inverse: Zeroizing::new(inverse) }
    }

    /// The key.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Signs `message` with Z and the default ID; the nonce is derived from key and message (RFC 6979 with SM3).
    pub fn sign(&self, message: &[u8]) -> Signature {
        let mut hasher = Hasher::new();
        hasher.update(&self.z.0);
        hasher.update(message);
        let e = Scalar::reduce(&FieldBytes::from(hasher.finish().0));
        // What the standard would have repeated with another nonce, the library does not sign either; it takes a digest that
        // nobody can make.
        self.sign_with(&e, &self.nonce(&e)).unwrap_or_else(|| self.key.sign(message))
    }

    /// k of RFC 6979 §3.2, as the library derives it: from d and e mod n.
    fn nonce(&self, e: &Scalar) -> Zeroizing<[u8; 32]> {
        let mut secret = self.secret.to_repr();
        let mut k = Zeroizing::new([0; 32]);
        let mut generator = KGenerator::<sm3::Sm3, U256>::new(&secret, &e.to_repr(), &[], &Sm2::ORDER);
        generator.fill_next_k(&mut *k);
        secret.zeroize();
        k
    }

    /// GM/T 0003.2-2012 §6.1, A4 to A7, s = (1 + d)⁻¹ · (k − rd) being (1 + d)⁻¹ · (k + r) − r. `None` where the standard takes
    /// another k.
    fn sign_with(&self, e: &Scalar, k: &[u8; 32]) -> Option<Signature> {
        let x = base::x_of_multiple(k)?;
        let k: Zeroizing<Scalar> = Zeroizing::new(Option::from(Scalar::from_repr(FieldBytes::from(*k)))?);
        let r = *e + Scalar::reduce(&FieldBytes::from(x));
        let sum = Zeroizing::new(r + *k);
        let s = *self.inverse * *sum - r;
        if bool::from(r.is_zero()) || bool::from(sum.is_zero()) || bool::from(s.is_zero()) {
            return None;
        }
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&r.to_repr());
        signature[32..].copy_from_slice(&s.to_repr());
        Some(Signature(signature))
    }
}

impl fmt::Debug for TableSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TableSigner({:?})", self.key.public())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors;

    #[test]
    fn signatures_are_those_of_the_library() {
        for seed in 1..=20u8 {
            let key = SigningKey::from_bytes(&[seed; 32]).unwrap();
            let signer = TableSigner::new(key.clone());
            for length in 0..30 {
                let message = vec![seed; length * 7];
                assert_eq!(signer.sign(&message), key.sign(&message));
                assert!(key.public().verify(&message, &signer.sign(&message)));
            }
        }
    }

    #[test]
    fn the_ends_of_the_keys_range_sign_too() {
        let mut greatest = crate::sm2::ORDER_LESS_1;
        greatest[31] -= 1;
        let mut least = [0; 32];
        least[31] = 1;
        for secret in [least, greatest] {
            let key = SigningKey::from_bytes(&secret).unwrap();
            let signer = TableSigner::new(key.clone());
            assert_eq!(signer.sign(b"bencao"), key.sign(b"bencao"));
            assert_eq!(signer.key().public(), key.public());
        }
    }

    #[test]
    fn the_standards_example_with_its_nonce() {
        let signer = TableSigner::new(vectors::key());
        let mut k = [0; 32];
        vectors::standard_k(&mut k).unwrap();
        let e = signer.key().public().message_digest(b"message digest");
        let e = Scalar::reduce(&FieldBytes::from(e.0));
        assert_eq!(signer.sign_with(&e, &k).unwrap().0[..], vectors::bytes(vectors::SM2_SIGNATURE));
        assert_eq!(signer.sign_with(&e, &[0; 32]), None);
        assert_eq!(signer.sign_with(&e, &[0xff; 32]), None);
    }

    #[test]
    fn nothing_secret_is_shown() {
        let signer = TableSigner::new(SigningKey::from_bytes(&[0x5c; 32]).unwrap());
        assert!(!format!("{signer:?}").contains("5c5c"));
    }
}
