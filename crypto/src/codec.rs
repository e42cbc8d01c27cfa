//! The strict canonical codec: bincode 2 with fixed-width little-endian integers behind a wrapper that accepts exactly
//! one byte string for each value.
//!
//! bincode alone accepts trailing bytes, unordered maps and lengths that reserve gigabytes, and its own limit counts
//! memory, which depends on the compiler. Here the caller's limit counts *wire* bytes and is checked first; bincode's
//! limit stays far above anything that such input can decode to, so it never decides.
//!
//! Rules for types: no `HashMap`, floats, `usize`, recursive or zero-sized element types; a version byte first in
//! every record and message; hash the bytes received, never a re-encoding.

use bincode::{Decode, Encode, config};

/// Largest wire limit any caller may pass, bytes. A block with its batches is the largest message.
pub const WIRE_BYTES_MAX: usize = 64 << 20;

/// bincode's own (memory) limit, bytes: far above what [`WIRE_BYTES_MAX`] can expand to with our types.
const MEMORY_BYTES_MAX: usize = 4 << 30;

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
    let (value, used): (T, usize) = bincode::decode_from_slice(bytes, settings()).map_err(|_| CodecError::Malformed)?;
    if used != bytes.len() {
        return Err(CodecError::Trailing(bytes.len() - used));
    }
    if encode(&value) != bytes {
        return Err(CodecError::NotCanonical);
    }
    Ok(value)
}
