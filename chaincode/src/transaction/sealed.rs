//! Ciphertext for those who hold the key.

use crate::limits::SEALED_BYTES_MAX;
use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Nonce and tag of SM4-GCM, bytes.
const SEAL_BYTES: usize = 12 + 16;

/// SM4-GCM ciphertext: 12 bytes nonce ‖ ciphertext ‖ 16 bytes tag, at most [`SEALED_BYTES_MAX`]; hexadecimal in JSON. The
/// ledger holds no key to it: erasing the key erases the content.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sealed(Vec<u8>);

/// Bytes that are no such ciphertext.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 29 to 512 bytes of nonce, ciphertext and tag, in hexadecimal")]
pub struct SealedError;

impl Sealed {
    /// Takes nonce, ciphertext and tag.
    ///
    /// # Errors
    /// [`SealedError`] for a wrong length.
    pub fn new(bytes: Vec<u8>) -> Result<Sealed, SealedError> {
        if bytes.len() > SEAL_BYTES && bytes.len() <= SEALED_BYTES_MAX {
            return Ok(Sealed(bytes));
        }
        Err(SealedError)
    }

    /// Nonce, ciphertext and tag.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<String> for Sealed {
    type Error = SealedError;
    fn try_from(text: String) -> Result<Sealed, SealedError> {
        if text.len() > SEALED_BYTES_MAX.saturating_mul(2) || text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(SealedError);
        }
        hex::decode(text).map_err(|_| SealedError).and_then(Sealed::new)
    }
}

impl From<Sealed> for String {
    fn from(sealed: Sealed) -> String {
        hex::encode(sealed.0)
    }
}

impl Encode for Sealed {
    fn encode<E: Encoder>(&self, e: &mut E) -> Result<(), EncodeError> {
        self.0.encode(e)
    }
}

impl<C> Decode<C> for Sealed {
    fn decode<D: Decoder<Context = C>>(d: &mut D) -> Result<Self, DecodeError> {
        Sealed::new(Vec::decode(d)?).map_err(|_| DecodeError::Other("not a sealed text"))
    }
}

bincode::impl_borrow_decode!(Sealed);
