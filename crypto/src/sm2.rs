//! SM2 signatures (GM/T 0003.2-2012 = GB/T 32918.2) over the curve sm2p256v1, with Z and the default ID.
//!
//! On the ledger a public key is 64 bytes `x ‖ y` and a signature is 64 bytes `r ‖ s`, all big endian. DER is read and
//! written only at the border (key files, certificates, the `openssl` command).

#[cfg(test)]
mod tests;

use crate::asn1;
use crate::digest::tagged;
use bincode::{Decode, Encode, de::Decoder, enc::Encoder, error::DecodeError, error::EncodeError};
use der::asn1::{AnyRef, UintRef};
use der::{Decode as _, SliceReader};
use sm2::dsa::signature::hazmat::{PrehashSigner as _, PrehashVerifier as _};
use sm2::dsa::signature::{Signer as _, Verifier as _};
use sm2::elliptic_curve::Generate as _;
use std::fmt;
use zeroize::Zeroizing;

/// The default distinguishing identifier of GM/T 0009-2012 §10, used for ledger signatures and certificates.
pub const DEFAULT_ID: &str = "1234567812345678";

/// DER of an SM2 SubjectPublicKeyInfo up to the point: SEQUENCE { SEQUENCE { id-ecPublicKey, 1.2.156.10197.1.301 },
/// BIT STRING (GM/T 0009-2012 §7.1, RFC 5480 §2). The 65 bytes of the uncompressed point follow.
const SPKI_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf,
    0x55, 0x01, 0x82, 0x2d, 0x03, 0x42, 0x00,
];

/// n − 1, where n is the order of the base point (GM/T 0003.5-2012 §2).
pub(crate) const ORDER_LESS_1: [u8; 32] = [
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x72, 0x03, 0xdf,
    0x6b, 0x21, 0xc6, 0x05, 0x2b, 0x53, 0xbb, 0xf4, 0x09, 0x39, 0xd5, 0x41, 0x22,
];

/// `a ‖ b ‖ x_G ‖ y_G` of sm2p256v1 (GM/T 0003.5-2012), big endian, as they go into Z.
#[rustfmt::skip]
const CURVE: [u32; 32] = [
    0xfffffffe, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x00000000, 0xffffffff, 0xfffffffc,
    0x28e9fa9e, 0x9d9f5e34, 0x4d5a9e4b, 0xcf6509a7, 0xf39789f5, 0x15ab8f92, 0xddbcbd41, 0x4d940e93,
    0x32c4ae2c, 0x1f198119, 0x5f990446, 0x6a39c994, 0x8fe30bbf, 0xf2660be1, 0x715a4589, 0x334c74c7,
    0xbc3736a2, 0xf4f6779c, 0x59bdcee3, 0x6b692153, 0xd0a9877c, 0xc62a4740, 0x02df32e5, 0x2139f0a0,
];

/// Length of an SM2 SubjectPublicKeyInfo in DER, bytes.
pub const SPKI_BYTES: usize = 91;

/// Why bytes are not a usable key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a point of the curve, or the point at infinity.
    #[error("not a point on the SM2 curve")]
    NotOnCurve,
    /// A private scalar outside [1, n−2].
    #[error("private key out of range")]
    OutOfRange,
    /// Wrong length or not hexadecimal.
    #[error("malformed key")]
    Malformed,
    /// The operating system gave no randomness.
    #[error("no randomness from the operating system")]
    NoRandomness,
}

/// A public key that is known to lie on the curve: 64 bytes `x ‖ y`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 64]);

/// First 20 bytes of `SM3("bencao/key/1" ‖ 0x00 ‖ x ‖ y)`: names a key on chain and in votes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct KeyId(pub [u8; 20]);

/// 64 bytes `r ‖ s`. Any 64 bytes are a *claimed* signature; only verification judges them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Signature(pub [u8; 64]);

impl PublicKey {
    /// Checks that `bytes` (`x ‖ y`) is a point of the curve.
    ///
    /// # Errors
    /// [`KeyError::NotOnCurve`].
    pub fn from_bytes(bytes: [u8; 64]) -> Result<PublicKey, KeyError> {
        let mut sec1 = [4; 65];
        sec1[1..].copy_from_slice(&bytes);
        sm2::PublicKey::from_sec1_bytes(&sec1).map_err(|_| KeyError::NotOnCurve)?;
        Ok(PublicKey(bytes))
    }

    /// Parses 128 hexadecimal digits `x ‖ y`, with or without the SEC 1 prefix `04`.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] or [`KeyError::NotOnCurve`].
    pub fn from_hex(text: &str) -> Result<PublicKey, KeyError> {
        let body = if text.len() == 130 { text.strip_prefix("04").ok_or(KeyError::Malformed)? } else { text };
        let mut bytes = [0; 64];
        hex::decode_to_slice(body, &mut bytes).map_err(|_| KeyError::Malformed)?;
        PublicKey::from_bytes(bytes)
    }

    pub(crate) fn from_library(key: &sm2::PublicKey) -> PublicKey {
        use sm2::elliptic_curve::sec1::ToSec1Point;
        let mut bytes = [0; 64];
        bytes.copy_from_slice(&key.to_sec1_point(false).as_bytes()[1..]);
        PublicKey(bytes)
    }

    /// `x ‖ y`.
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    /// Uncompressed SEC 1 form `04 ‖ x ‖ y`, as TLS and certificates carry it.
    pub fn to_sec1(&self) -> [u8; 65] {
        let mut sec1 = [4; 65];
        sec1[1..].copy_from_slice(&self.0);
        sec1
    }

    /// The key as a DER SubjectPublicKeyInfo: [`SPKI_BYTES`] bytes, the only form accepted by
    /// [`PublicKey::from_spki_der`].
    pub fn to_spki_der(&self) -> [u8; SPKI_BYTES] {
        let mut der = [0; SPKI_BYTES];
        der[..26].copy_from_slice(&SPKI_PREFIX);
        der[26..].copy_from_slice(&self.to_sec1());
        der
    }

    /// Reads a DER SubjectPublicKeyInfo holding an uncompressed point of the named curve sm2p256v1.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] for any other curve or form, [`KeyError::NotOnCurve`].
    pub fn from_spki_der(der: &[u8]) -> Result<PublicKey, KeyError> {
        let point = der.strip_prefix(&SPKI_PREFIX).and_then(|rest| rest.strip_prefix(&[4]));
        let bytes = point.and_then(|p| <[u8; 64]>::try_from(p).ok()).ok_or(KeyError::Malformed)?;
        PublicKey::from_bytes(bytes)
    }

    /// The short name of this key.
    pub fn id(&self) -> KeyId {
        let mut id = [0; 20];
        id.copy_from_slice(&tagged("bencao/key/1", &[&self.0]).0[..20]);
        KeyId(id)
    }

    /// Verifies one signature with RustCrypto's SM2. Callers on the hot path go through [`crate::KnownKeys`].
    pub fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        sm2::dsa::Signature::from_slice(&signature.0).is_ok_and(|s| self.verifier().verify(message, &s).is_ok())
    }

    /// The verdict on a signature of a message with this [digest](PublicKey::message_digest), by RustCrypto's SM2.
    pub fn verify_digest(&self, e: &crate::Digest, signature: &Signature) -> bool {
        sm2::dsa::Signature::from_slice(&signature.0).is_ok_and(|s| self.verifier().verify_prehash(&e.0, &s).is_ok())
    }

    fn verifier(&self) -> sm2::dsa::VerifyingKey {
        sm2::dsa::VerifyingKey::from_sec1_bytes(DEFAULT_ID, &self.to_sec1()).expect("checked on construction")
    }
}

impl PublicKey {
    /// `e = SM3(Z ‖ message)` with the default ID: what a signing device that takes digests signs
    /// (GM/T 0003.2-2012 §5.5 and §6.1).
    pub fn message_digest(&self, message: &[u8]) -> crate::Digest {
        self.message_digest_with(DEFAULT_ID, message)
    }

    /// [`PublicKey::message_digest`] under another distinguishing identifier, of fewer than 8192 bytes.
    pub(crate) fn message_digest_with(&self, id: &str, message: &[u8]) -> crate::Digest {
        let mut e = crate::Hasher::new();
        e.update(&self.identity_hash_with(id).0);
        e.update(message);
        e.finish()
    }

    /// Z = SM3(ENTL ‖ ID ‖ a ‖ b ‖ xG ‖ yG ‖ xA ‖ yA) with the default ID, ENTL being its length in bits as two bytes
    /// (GM/T 0003.2-2012 §5.5).
    pub(crate) fn identity_hash(&self) -> crate::Digest {
        self.identity_hash_with(DEFAULT_ID)
    }

    fn identity_hash_with(&self, id: &str) -> crate::Digest {
        let id_bits = (id.len() * 8) as u16;
        let mut z = crate::Hasher::new();
        z.update(&id_bits.to_be_bytes());
        z.update(id.as_bytes());
        CURVE.iter().for_each(|word| z.update(&word.to_be_bytes()));
        z.update(&self.0);
        z.finish()
    }
}

impl Signature {
    /// `SEQUENCE { INTEGER r, INTEGER s }` (GM/T 0009-2012 §7.3), for the `openssl` command and signing devices.
    pub fn to_der(&self) -> Vec<u8> {
        let (r, s) = self.0.split_at(32);
        asn1::element(asn1::SEQUENCE, &[&asn1::unsigned(r), &asn1::unsigned(s)])
    }

    /// Reads strict DER of at most 32-byte integers. `None` for anything that [`Signature::to_der`] would not write.
    pub fn from_der(der: &[u8]) -> Option<Signature> {
        let mut bytes = [0; 64];
        let read = |reader: &mut SliceReader<'_>| -> der::Result<()> {
            for half in bytes.chunks_exact_mut(32) {
                let integer = UintRef::decode(reader)?.as_bytes();
                let start = 32usize.checked_sub(integer.len()).ok_or(der::ErrorKind::Overflow)?;
                half[start..].copy_from_slice(integer);
            }
            Ok(())
        };
        AnyRef::from_der(der).and_then(|any| any.sequence(read)).ok()?;
        Some(Signature(bytes))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", hex::encode(&self.0[..6]))
    }
}

impl Encode for PublicKey {
    fn encode<E: Encoder>(&self, e: &mut E) -> Result<(), EncodeError> {
        self.0.encode(e)
    }
}

impl<C> Decode<C> for PublicKey {
    fn decode<D: Decoder<Context = C>>(d: &mut D) -> Result<Self, DecodeError> {
        PublicKey::from_bytes(<[u8; 64]>::decode(d)?).map_err(|_| DecodeError::Other("not a point on the SM2 curve"))
    }
}

bincode::impl_borrow_decode!(PublicKey);

impl serde::Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        PublicKey::from_hex(&text).map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", hex::encode(&self.0[..4]))
    }
}

impl serde::Serialize for KeyId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for KeyId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        let mut id = [0; 20];
        hex::decode_to_slice(text.as_ref(), &mut id).map_err(serde::de::Error::custom)?;
        Ok(KeyId(id))
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", hex::encode(&self.0[..6]))
    }
}

impl serde::Serialize for Signature {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Signature {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        let mut bytes = [0; 64];
        hex::decode_to_slice(text.as_ref(), &mut bytes).map_err(serde::de::Error::custom)?;
        Ok(Signature(bytes))
    }
}

/// A private key. Zeroised on drop by the library; never printed.
#[derive(Clone)]
pub struct SigningKey {
    secret: sm2::SecretKey,
    signer: sm2::dsa::SigningKey,
    public: PublicKey,
}

impl SigningKey {
    /// A fresh key from operating-system randomness.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`].
    pub fn generate() -> Result<SigningKey, KeyError> {
        let secret = sm2::SecretKey::try_generate().map_err(|_| KeyError::NoRandomness)?;
        SigningKey::from_secret(secret)
    }

    /// The key whose private scalar is the 32 big-endian bytes given.
    ///
    /// # Errors
    /// [`KeyError::OutOfRange`] unless the scalar is in [1, n−2].
    pub fn from_bytes(scalar: &[u8; 32]) -> Result<SigningKey, KeyError> {
        SigningKey::from_secret(sm2::SecretKey::from_slice(scalar).map_err(|_| KeyError::OutOfRange)?)
    }

    pub(crate) fn from_secret(secret: sm2::SecretKey) -> Result<SigningKey, KeyError> {
        // The library takes n − 1 and then fails to sign: 1 + d has no inverse (GM/T 0003.2 §6.1).
        if secret.to_bytes()[..] == ORDER_LESS_1 {
            return Err(KeyError::OutOfRange);
        }
        let signer = sm2::dsa::SigningKey::new(DEFAULT_ID, &secret).map_err(|_| KeyError::OutOfRange)?;
        let public = PublicKey::from_library(&secret.public_key());
        Ok(SigningKey { secret, signer, public })
    }

    pub(crate) fn signer(&self) -> &sm2::dsa::SigningKey {
        &self.signer
    }

    pub(crate) fn secret(&self) -> &sm2::SecretKey {
        &self.secret
    }

    /// The private scalar, 32 bytes big endian; wiped when dropped. For key files only.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.secret.to_bytes().into())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// Signs `message` with Z and the default ID; the nonce is derived from key and message (RFC 6979 with SM3).
    pub fn sign(&self, message: &[u8]) -> Signature {
        let signature: sm2::dsa::Signature = self.signer.sign(message);
        Signature(signature.to_bytes().into())
    }

    /// Signs `e = SM3(Z ‖ message)`, as a signing device does. `None` in the one case of 2²⁵⁶ in which the standard asks for
    /// another nonce.
    pub fn sign_digest(&self, digest: &crate::Digest) -> Option<Signature> {
        let signature: sm2::dsa::Signature = self.signer.sign_prehash(&digest.0).ok()?;
        Some(Signature(signature.to_bytes().into()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({:?})", self.public)
    }
}
