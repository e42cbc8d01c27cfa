//! Stored form of a value: a format version byte (1), then the canonical bytes.

use crate::error::{Damage, StoreError};
use crate::kv::{KvRead, Space};
use bencao_crypto::codec::{WIRE_BYTES_MAX, decode};
use bencao_crypto::encode;
use bincode::{Decode, Encode};

const VERSION: u8 = 1;

pub(crate) fn seal<T: Encode>(value: &T) -> Vec<u8> {
    encode(&(VERSION, value))
}

pub(crate) fn open<T: Encode + Decode<()>>(space: Space, key: &[u8], bytes: &[u8]) -> Result<T, StoreError> {
    let (version, rest) = bytes.split_first().ok_or_else(|| StoreError::damaged(space, key, Damage::Form))?;
    if *version != VERSION {
        return Err(StoreError::damaged(space, key, Damage::Version(*version)));
    }
    decode(rest, WIRE_BYTES_MAX).map_err(|_| StoreError::damaged(space, key, Damage::Form))
}

/// The value stored under `key`, opened.
pub(crate) fn load<T: Encode + Decode<()>>(
    kv: &(impl KvRead + ?Sized),
    space: Space,
    key: &[u8],
) -> Result<Option<T>, StoreError> {
    kv.get(space, key)?.map(|bytes| open(space, key, &bytes)).transpose()
}

/// A value that another record promises.
pub(crate) fn must<T>(value: Option<T>, space: Space, key: &[u8]) -> Result<T, StoreError> {
    value.ok_or_else(|| StoreError::damaged(space, key, Damage::Missing))
}

/// Big-endian, so that keys sort by number.
pub(crate) fn number_key(number: u64) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}
