//! SM2 public-key encryption (GM/T 0003.4-2012 = GB/T 32918.4): wraps keys for one receiver.
//!
//! Raw form `C1 ‖ C3 ‖ C2` with C1 = `04 ‖ x ‖ y`, C3 of 32 bytes; the order `C1 ‖ C2 ‖ C3` of before 2012 does not open.
//! At the border also the ASN.1 of GM/T 0009-2012 §7.2, `SEQUENCE { INTEGER x, INTEGER y, OCTET STRING C3, OCTET STRING C2 }`.
//! The sender is not authenticated: whoever needs that signs.

use crate::asn1::{OCTETS, SEQUENCE, element, unsigned};
use crate::sm2::{PublicKey, SigningKey};
use der::asn1::{AnyRef, OctetStringRef, UintRef};
use der::{Decode as _, SliceReader};
use sm2::elliptic_curve::rand_core::{TryCryptoRng, TryRng};
use sm2::pke::{DecryptingKey, EncryptingKey};
use zeroize::Zeroizing;

/// Longest message, bytes. Envelopes carry keys; documents go under SM4-GCM.
pub const MESSAGE_BYTES_MAX: usize = 64 << 10;
/// Bytes that the raw form adds to a message.
pub const OVERHEAD_BYTES: usize = POINT_BYTES + 32;

const POINT_BYTES: usize = 65;

/// Why there is no envelope, or why it does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// A message of no bytes or of more than [`MESSAGE_BYTES_MAX`].
    #[error("a message has 1 to {MESSAGE_BYTES_MAX} bytes")]
    Length,
    /// Not an encoding of an envelope.
    #[error("malformed envelope")]
    Malformed,
    /// Made for another key, damaged, or in the order `C1 ‖ C2 ‖ C3`.
    #[error("the envelope does not open with this key")]
    DoesNotOpen,
    /// The operating system gave no randomness.
    #[error("no randomness from the operating system")]
    NoRandomness,
}

/// Seals `message` for `key`, raw form, with randomness of the operating system.
///
/// # Errors
/// [`EnvelopeError::Length`], [`EnvelopeError::NoRandomness`].
pub fn seal(key: &PublicKey, message: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
    seal_with(key, message, &mut |out| getrandom::fill(out).map_err(|_| EnvelopeError::NoRandomness))
}

/// [`seal`] with randomness from `fill`, which must be unpredictable and new for every message.
///
/// # Errors
/// [`EnvelopeError::Length`], or what `fill` returned as [`EnvelopeError::NoRandomness`].
pub fn seal_with(
    key: &PublicKey,
    message: &[u8],
    fill: &mut dyn FnMut(&mut [u8]) -> Result<(), EnvelopeError>,
) -> Result<Vec<u8>, EnvelopeError> {
    if message.is_empty() || message.len() > MESSAGE_BYTES_MAX {
        return Err(EnvelopeError::Length);
    }
    let key = EncryptingKey::from_sec1_bytes(&key.to_sec1()).expect("checked on construction");
    key.encrypt(&mut Source(fill), message).map_err(|_| EnvelopeError::NoRandomness)
}

/// Opens the raw form.
///
/// # Errors
/// [`EnvelopeError::Malformed`], [`EnvelopeError::DoesNotOpen`].
pub fn open(key: &SigningKey, envelope: &[u8]) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    check_shape(envelope)?;
    let message = DecryptingKey::new(key.secret().clone()).decrypt(envelope).map_err(|_| EnvelopeError::DoesNotOpen)?;
    let message = Zeroizing::new(message);
    // Step B4: a key stream of zeros, which no sender uses, would mean a message in the clear.
    if message[..] == envelope[OVERHEAD_BYTES..] { Err(EnvelopeError::DoesNotOpen) } else { Ok(message) }
}

fn check_shape(envelope: &[u8]) -> Result<(), EnvelopeError> {
    let length = OVERHEAD_BYTES + 1..=OVERHEAD_BYTES + MESSAGE_BYTES_MAX;
    if !length.contains(&envelope.len()) || envelope[0] != 4 {
        return Err(EnvelopeError::Malformed);
    }
    sm2::PublicKey::from_sec1_bytes(&envelope[..POINT_BYTES]).map(drop).map_err(|_| EnvelopeError::Malformed)
}

/// The ASN.1 form of a raw envelope.
///
/// # Errors
/// [`EnvelopeError::Malformed`].
pub fn to_der(envelope: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
    check_shape(envelope)?;
    let (point, rest) = envelope.split_at(POINT_BYTES);
    let (c3, c2) = rest.split_at(32);
    let (x, y) = (unsigned(&point[1..33]), unsigned(&point[33..]));
    Ok(element(SEQUENCE, &[&x, &y, &element(OCTETS, &[c3]), &element(OCTETS, &[c2])]))
}

/// The raw form of an envelope in ASN.1. Only strict DER is read.
///
/// # Errors
/// [`EnvelopeError::Malformed`].
pub fn from_der(der: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
    if der.len() > MESSAGE_BYTES_MAX + 2 * OVERHEAD_BYTES {
        return Err(EnvelopeError::Malformed);
    }
    let parts = |reader: &mut SliceReader<'_>| -> der::Result<Vec<u8>> {
        let (x, y) = (UintRef::decode(reader)?, UintRef::decode(reader)?);
        let (c3, c2) = (<&OctetStringRef>::decode(reader)?, <&OctetStringRef>::decode(reader)?);
        let mut raw = vec![4];
        for coordinate in [x.as_bytes(), y.as_bytes()] {
            raw.resize(raw.len() + 32usize.saturating_sub(coordinate.len()), 0);
            raw.extend_from_slice(coordinate);
        }
        if raw.len() != POINT_BYTES || c3.as_bytes().len() != 32 {
            return Err(der::Error::from(der::ErrorKind::Failed));
        }
        raw.extend_from_slice(c3.as_bytes());
        raw.extend_from_slice(c2.as_bytes());
        Ok(raw)
    };
    let raw = AnyRef::from_der(der).and_then(|any| any.sequence(parts)).map_err(|_| EnvelopeError::Malformed)?;
    check_shape(&raw).map(|()| raw)
}

/// A caller's randomness in the library's terms.
struct Source<'a>(&'a mut dyn FnMut(&mut [u8]) -> Result<(), EnvelopeError>);

impl TryRng for Source<'_> {
    type Error = EnvelopeError;

    fn try_next_u32(&mut self) -> Result<u32, EnvelopeError> {
        let mut bytes = [0; 4];
        (self.0)(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, EnvelopeError> {
        let mut bytes = [0; 8];
        (self.0)(&mut bytes).map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), EnvelopeError> {
        (self.0)(out)
    }
}

impl TryCryptoRng for Source<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors;

    #[test]
    fn the_standards_example() {
        // GM/T 0003.5-2012 annex C.
        let key = vectors::key();
        let sealed = seal_with(&key.public(), b"encryption standard", &mut vectors::standard_k).unwrap();
        assert_eq!(hex::encode_upper(&sealed), vectors::ENVELOPE_C1_C3_C2);
        assert_eq!(open(&key, &sealed).unwrap()[..], *b"encryption standard");
        let der = to_der(&sealed).unwrap();
        assert_eq!(der[..4], [0x30, 0x7c, 0x02, 0x20]);
        assert_eq!(from_der(&der).unwrap(), sealed);
    }

    #[test]
    fn the_old_order_is_refused() {
        let sealed = hex::decode(vectors::ENVELOPE_C1_C3_C2).unwrap();
        let (c1, rest) = sealed.split_at(65);
        let (c3, c2) = rest.split_at(32);
        assert_eq!(open(&vectors::key(), &[c1, c2, c3].concat()).map(drop), Err(EnvelopeError::DoesNotOpen));
    }

    #[test]
    fn every_byte_counts_and_lengths_are_bounded() {
        let key = vectors::key();
        let sealed = seal(&key.public(), b"key").unwrap();
        assert_ne!(sealed, seal(&key.public(), b"key").unwrap(), "fresh randomness each time");
        for i in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[i] ^= 1;
            assert!(open(&key, &bad).is_err(), "byte {i}");
        }
        for cut in 0..sealed.len() {
            assert!(open(&key, &sealed[..cut]).is_err());
        }
        let other = SigningKey::from_bytes(&[7; 32]).unwrap();
        assert_eq!(open(&other, &sealed).map(drop), Err(EnvelopeError::DoesNotOpen));
        assert_eq!(seal(&key.public(), b""), Err(EnvelopeError::Length));
        assert_eq!(seal(&key.public(), &vec![0; MESSAGE_BYTES_MAX + 1]), Err(EnvelopeError::Length));
        let largest = seal(&key.public(), &vec![1; MESSAGE_BYTES_MAX]).unwrap();
        assert_eq!(from_der(&to_der(&largest).unwrap()).unwrap(), largest);
        assert_eq!(open(&key, &largest).unwrap().len(), MESSAGE_BYTES_MAX);
        let silent = seal_with(&key.public(), b"key", &mut |_| Err(EnvelopeError::NoRandomness));
        assert_eq!(silent, Err(EnvelopeError::NoRandomness));
    }

    #[test]
    fn only_strict_der_is_read() {
        let sealed = hex::decode(vectors::ENVELOPE_C1_C3_C2).unwrap();
        let der = to_der(&sealed).unwrap();
        let (c1, rest) = sealed.split_at(65);
        let (c3, c2) = rest.split_at(32);
        let build = |x: &[u8], c3: &[u8], c2: &[u8], more: &[u8]| {
            let y = unsigned(&c1[33..]);
            element(SEQUENCE, &[x, &y, &element(OCTETS, &[c3]), &element(OCTETS, &[c2]), more])
        };
        let x = unsigned(&c1[1..33]);
        assert_eq!(build(&x, c3, c2, &[]), der);
        let padded = element(crate::asn1::INTEGER, &[&[0], &c1[1..33]]);
        let negative = element(crate::asn1::INTEGER, &[&[0xff]]);
        let long = unsigned(&[1; 33]);
        for bad in [
            build(&padded, c3, c2, &[]),
            build(&negative, c3, c2, &[]),
            build(&long, c3, c2, &[]),
            build(&x, &c3[1..], c2, &[]),
            build(&x, c3, &[], &[]),
            build(&x, c3, c2, &[5, 0]),
            [&der[..], &[0]].concat(),
            der[..der.len() - 1].to_vec(),
            [&[0x30, 0x81, der[1]], &der[2..]].concat(),
        ] {
            assert_eq!(from_der(&bad), Err(EnvelopeError::Malformed), "{}", hex::encode(&bad));
        }
    }
}
