//! The strict canonical codec: bincode 2 with fixed-width little-endian integers behind a wrapper that accepts exactly
//! one byte string for each value.
//!
//! bincode alone accepts trailing bytes, unordered maps and lengths that reserve gigabytes, and its own limit counts
//! memory, which depends on the compiler. Here the caller's limit counts *wire* bytes and is checked first. bincode's
//! limit only bounds what a forged length can reserve: [`EXPANSION`] times the input, far above anything that honest
//! input decodes to, so it never decides about a well-formed value.
//!
//! Rules for types: no `HashMap`, floats, `usize`, recursive or zero-sized element types; no list element larger in
//! memory than [`EXPANSION`] times its smallest encoding; a version byte first in every record and message; hash the
//! bytes received, never a re-encoding.

#[cfg(test)]
mod tests;

use bincode::de::read::Reader;
use bincode::de::{Decoder, DecoderImpl};
use bincode::error::DecodeError;
use bincode::{Decode, Encode, config};

/// Largest wire limit any caller may pass, bytes. A block with its batches is the largest message.
pub const WIRE_BYTES_MAX: usize = 64 << 20;

/// Most bytes of memory that a list may reserve before its elements are read, for each byte of input.
pub const EXPANSION: usize = 64;

/// Memory budget of the smallest inputs, bytes.
const MEMORY_BYTES_MIN: usize = 64 << 10;

/// bincode's own (memory) limit, bytes, for an input of [`WIRE_BYTES_MAX`].
const MEMORY_BYTES_MAX: usize = WIRE_BYTES_MAX * EXPANSION;

fn settings() -> impl config::Config {
    config::standard().with_little_endian().with_fixed_int_encoding().with_limit::<MEMORY_BYTES_MAX>()
}

/// Why bytes are not the canonical form of a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Longer than the caller's limit.
    #[error("{actual} bytes, at most {limit} allowed")]
    TooLarge {
        /// The caller's limit, wire bytes.
        limit: usize,
        /// Bytes given.
        actual: usize,
    },
    /// Not an encoding of this type: truncated, unknown variant, length beyond the input.
    #[error("malformed encoding")]
    Malformed,
    /// A value followed by more bytes.
    #[error("{0} trailing bytes")]
    Trailing(usize),
    /// Decodes, but is not what [`encode`] would have written.
    #[error("not the canonical encoding")]
    NotCanonical,
}

/// The canonical bytes of `value`.
///
/// # Panics
/// Never for the types of this project: encoding to memory fails only for types that the module's rules exclude.
pub fn encode<T: Encode>(value: &T) -> Vec<u8> {
    bincode::encode_to_vec(value, settings()).expect("encoding to memory cannot fail for our types")
}

/// The one value whose canonical bytes are `bytes`.
///
/// # Errors
/// [`CodecError`] if `bytes` is longer than `limit` (wire bytes) or is not exactly a canonical encoding.
pub fn decode<T: Encode + Decode<()>>(bytes: &[u8], limit: usize) -> Result<T, CodecError> {
    assert!(limit <= WIRE_BYTES_MAX, "wire limit above the codec's bound");
    if bytes.len() > limit {
        return Err(CodecError::TooLarge { limit, actual: bytes.len() });
    }
    let mut decoder = DecoderImpl::new(Input(bytes), settings(), ());
    // bincode's limit is a constant; claiming the difference in advance leaves a budget in proportion to the input.
    let budget = (bytes.len() * EXPANSION).max(MEMORY_BYTES_MIN);
    decoder.claim_bytes_read(MEMORY_BYTES_MAX - budget).map_err(|_| CodecError::Malformed)?;
    let value = T::decode(&mut decoder).map_err(|_| CodecError::Malformed)?;
    let rest = decoder.reader().0.len();
    if rest != 0 {
        return Err(CodecError::Trailing(rest));
    }
    if encode(&value) != bytes {
        return Err(CodecError::NotCanonical);
    }
    Ok(value)
}

/// The bytes not yet read.
struct Input<'a>(&'a [u8]);

impl Reader for Input<'_> {
    fn read(&mut self, out: &mut [u8]) -> Result<(), DecodeError> {
        let missing = || DecodeError::UnexpectedEnd { additional: out.len() };
        let (head, rest) = self.0.split_at_checked(out.len()).ok_or_else(missing)?;
        out.copy_from_slice(head);
        self.0 = rest;
        Ok(())
    }
}
