//! SM2EnvelopedKey (GM/T 0009-2012 §7.4 = GB/T 35276): how an outside authority hands over the encrypting half of a dual pair.
//!
//! The authority makes that key (so that it can be recovered), encrypts its 32 bytes with SM4 in ECB mode under a fresh key,
//! and encrypts that one with SM2 for the member's signing key:
//!
//! ```text
//! SEQUENCE { AlgorithmIdentifier, SM2Cipher, BIT STRING (04 ‖ x ‖ y), BIT STRING (encrypted private key) }
//! ```
//!
//! Some devices put 32 zero bytes before the private key (the 64 bytes of GM/T 0016's key blob); that is read, too.

use crate::asn1::{SEQUENCE, element, oid};
use crate::envelope;
use crate::sm2::{KeyError, PublicKey, SigningKey};
use crate::sm4::{KEY_BYTES, decrypt_block, encrypt_block};
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use der::{Decode as _, Encode as _, SliceReader};
use sm2::pkcs8::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

/// Longest structure read, bytes.
pub const FILE_BYTES_MAX: usize = 4 << 10;

/// SM4 in ECB mode.
const SM4_ECB: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.104.1");
/// SM4 without a mode, which some issuers write and mean ECB by.
const SM4: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.104");
const BLOCK_BYTES: usize = 16;

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopedKeyError {
    /// Not the structure, or too long.
    #[error("not an SM2EnvelopedKey")]
    Malformed,
    /// Another cipher than SM4 in ECB mode; SM1 is not public.
    #[error("the key is under another cipher than SM4")]
    Cipher,
    /// Made for another signing key, or damaged.
    #[error("the envelope does not open with this signing key")]
    DoesNotOpen,
    /// What was in it is not the private key of the public key beside it.
    #[error("the private key is not that of the public key in the envelope")]
    OtherKey,
    /// The operating system gave no randomness.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Puts `key` into an envelope for `receiver`, with randomness of the operating system.
///
/// # Errors
/// [`EnvelopedKeyError::Key`] without randomness.
pub fn seal(receiver: &PublicKey, key: &SigningKey) -> Result<Vec<u8>, EnvelopedKeyError> {
    let mut session = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(session.as_mut()).map_err(|_| KeyError::NoRandomness)?;
    let wrapped = envelope::seal(receiver, session.as_slice()).map_err(|_| KeyError::NoRandomness)?;
    let wrapped = envelope::to_der(&wrapped).map_err(|_| EnvelopedKeyError::Malformed)?;
    let mut body = *key.to_bytes();
    for block in body.chunks_exact_mut(BLOCK_BYTES) {
        encrypt_block(&session, block.try_into().expect("chunks of a block"));
    }
    let bits = |bytes: &[u8]| element(0x03, &[&[0], bytes]);
    let algorithm = element(SEQUENCE, &[&oid(&SM4_ECB)]);
    Ok(element(SEQUENCE, &[&algorithm, &wrapped, &bits(&key.public().to_sec1()), &bits(&body)]))
}

/// Takes the key out.
///
/// # Errors
/// [`EnvelopedKeyError`].
pub fn open(receiver: &SigningKey, der: &[u8]) -> Result<SigningKey, EnvelopedKeyError> {
    let parsed = Parsed::read(der)?;
    if parsed.cipher != SM4_ECB && parsed.cipher != SM4 {
        return Err(EnvelopedKeyError::Cipher);
    }
    let wrapped = envelope::from_der(&parsed.wrapped).map_err(|_| EnvelopedKeyError::Malformed)?;
    let session = envelope::open(receiver, &wrapped).map_err(|_| EnvelopedKeyError::DoesNotOpen)?;
    let session: &[u8; KEY_BYTES] = session.as_slice().try_into().map_err(|_| EnvelopedKeyError::DoesNotOpen)?;
    let mut body = Zeroizing::new(parsed.body.to_vec());
    for block in body.chunks_exact_mut(BLOCK_BYTES) {
        decrypt_block(session, block.try_into().expect("chunks of a block"));
    }
    let (zeros, scalar) = body.split_at(body.len() - 32);
    if zeros.iter().any(|b| *b != 0) {
        return Err(EnvelopedKeyError::OtherKey);
    }
    let scalar = Zeroizing::new(<[u8; 32]>::try_from(scalar).expect("the last 32 bytes"));
    let key = SigningKey::from_bytes(&scalar).map_err(|_| EnvelopedKeyError::OtherKey)?;
    if key.public() == parsed.public { Ok(key) } else { Err(EnvelopedKeyError::OtherKey) }
}

struct Parsed<'a> {
    cipher: ObjectIdentifier,
    wrapped: Vec<u8>,
    public: PublicKey,
    body: &'a [u8],
}

impl<'a> Parsed<'a> {
    fn read(der: &'a [u8]) -> Result<Parsed<'a>, EnvelopedKeyError> {
        let malformed = |_| EnvelopedKeyError::Malformed;
        if der.len() > FILE_BYTES_MAX {
            return Err(EnvelopedKeyError::Malformed);
        }
        let read = |reader: &mut SliceReader<'a>| {
            let algorithm = AlgorithmIdentifierRef::decode(reader)?;
            let wrapped = AnyRef::decode(reader)?.to_der()?;
            let (public, body) = (BitStringRef::decode(reader)?, BitStringRef::decode(reader)?);
            Ok((algorithm.oid, wrapped, public.as_bytes(), body.as_bytes()))
        };
        let outer = AnyRef::from_der(der).map_err(malformed)?;
        let parts: der::Result<_> = outer.sequence(read);
        let (cipher, wrapped, public, body) = parts.map_err(malformed)?;
        let body = body.filter(|b| b.len() == 32 || b.len() == 64).ok_or(EnvelopedKeyError::Malformed)?;
        let public = public.and_then(|p| <[u8; 64]>::try_from(p.strip_prefix(&[4])?).ok());
        let public = PublicKey::from_bytes(public.ok_or(EnvelopedKeyError::Malformed)?);
        Ok(Parsed { cipher, wrapped, public: public.map_err(|_| EnvelopedKeyError::Malformed)?, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32]).unwrap()
    }

    #[test]
    fn a_key_comes_out_for_its_receiver_only() {
        let sealed = seal(&key(1).public(), &key(2)).unwrap();
        assert_eq!(*open(&key(1), &sealed).unwrap().to_bytes(), *key(2).to_bytes());
        assert_eq!(open(&key(3), &sealed).map(drop), Err(EnvelopedKeyError::DoesNotOpen));
        assert_ne!(sealed, seal(&key(1).public(), &key(2)).unwrap(), "a fresh session key each time");
    }

    #[test]
    fn every_byte_counts() {
        let sealed = seal(&key(1).public(), &key(2)).unwrap();
        for i in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[i] ^= 1;
            assert!(open(&key(1), &bad).is_err(), "byte {i}");
        }
        for cut in 0..sealed.len() {
            assert!(open(&key(1), &sealed[..cut]).is_err());
        }
        assert_eq!(open(&key(1), &vec![0x30; FILE_BYTES_MAX + 1]).map(drop), Err(EnvelopedKeyError::Malformed));
    }

    /// An envelope with parts of the caller's choice.
    fn build(algorithm: &ObjectIdentifier, public: &PublicKey, plain: &[u8]) -> Vec<u8> {
        let session = [9; KEY_BYTES];
        let wrapped = envelope::to_der(&envelope::seal(&key(1).public(), &session).unwrap()).unwrap();
        let mut body = plain.to_vec();
        body.chunks_exact_mut(16).for_each(|block| encrypt_block(&session, block.try_into().unwrap()));
        let bits = |bytes: &[u8]| element(0x03, &[&[0], bytes]);
        let algorithm = element(SEQUENCE, &[&oid(algorithm)]);
        element(SEQUENCE, &[&algorithm, &wrapped, &bits(&public.to_sec1()), &bits(&body)])
    }

    #[test]
    fn other_forms_that_are_met() {
        let public = key(2).public();
        let padded = [&[0; 32][..], &*key(2).to_bytes()].concat();
        assert!(open(&key(1), &build(&SM4, &public, &*key(2).to_bytes())).is_ok());
        assert!(open(&key(1), &build(&SM4_ECB, &public, &padded)).is_ok());
        let sm1 = ObjectIdentifier::new_unwrap("1.2.156.10197.1.102");
        let refused = |der: Vec<u8>| open(&key(1), &der).map(drop).unwrap_err();
        assert_eq!(refused(build(&sm1, &public, &*key(2).to_bytes())), EnvelopedKeyError::Cipher);
        assert_eq!(refused(build(&SM4, &key(3).public(), &*key(2).to_bytes())), EnvelopedKeyError::OtherKey);
        assert_eq!(refused(build(&SM4, &public, &[1; 64])), EnvelopedKeyError::OtherKey);
        assert_eq!(refused(build(&SM4, &public, &[0; 32])), EnvelopedKeyError::OtherKey);
        assert_eq!(refused(build(&SM4, &public, &[0; 48])), EnvelopedKeyError::Malformed);
    }
}
