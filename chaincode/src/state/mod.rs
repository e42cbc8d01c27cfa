//! Where records live and how rules see them: keys, the view a node gives, and the overlays of a block and of one
//! transaction.

mod keys;
mod overlay;

pub use keys::{BatchRef, CaseNo, OrgNo, ProductNo, key};
pub(crate) use overlay::{Actor, BlockState, Facts, Stop, Tx};

use crate::limits::RECORD_BYTES_MAX;
use bencao_crypto::{decode, encode, sm3};
use bincode::{Decode, Encode};

/// Name of a record: three bytes that keep one product's or organisation's records together in the authenticated map
/// (D10), then one byte of module, one byte of kind, and the body.
///
/// Ordered by [`StateKey::to_bytes`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
pub struct StateKey {
    /// First three bytes of SM3 of the locality group.
    pub locality: [u8; 3],
    /// Module byte ‖ kind byte ‖ body.
    pub key: Vec<u8>,
}

impl StateKey {
    /// `locality ‖ key`: how a store may name the record.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.locality.to_vec();
        bytes.extend_from_slice(&self.key);
        bytes
    }

    /// Reads [`StateKey::to_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Option<StateKey> {
        let (locality, key) = bytes.split_first_chunk::<3>()?;
        Some(StateKey { locality: *locality, key: key.to_vec() })
    }

    /// Key in the authenticated map: `locality ‖ SM3(key)[..29]`.
    pub fn map_key(&self) -> [u8; 32] {
        let digest = sm3(&self.key);
        let mut out = [0; 32];
        for (to, from) in out.iter_mut().zip(self.locality.iter().chain(digest.as_bytes())) {
            *to = *from;
        }
        out
    }
}

/// A store that could not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// The store failed.
    #[error("state could not be read: {0}")]
    Unavailable(String),
    /// A proven set of records lacks this one.
    #[error("the record is not part of what was proven")]
    NotProven,
    /// Bytes that this version did not write.
    #[error("a stored record is damaged")]
    Damaged,
}

/// Records at one moment.
pub trait StateView {
    /// The bytes of a record, `None` if there is none.
    ///
    /// # Errors
    /// [`ViewError`].
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, ViewError>;

    /// At most `limit` records with `from ≤ key < to`, in order of [`StateKey::to_bytes`]. Asked for live ids and
    /// deadlines, all of which have locality `[0, 0, 0]`, and by queries within one locality group.
    ///
    /// # Errors
    /// [`ViewError`].
    fn scan(&self, from: &StateKey, to: &StateKey, limit: usize) -> Result<Vec<(StateKey, Vec<u8>)>, ViewError>;
}

/// A value stored under a [`StateKey`]. Its first byte is its version.
pub(crate) trait Record: Encode + Decode<()> {}

/// Reads and decodes one record.
pub(crate) fn load<R: Record>(view: &dyn StateView, key: &StateKey) -> Result<Option<R>, ViewError> {
    view.get(key)?.map(|bytes| from_record(&bytes)).transpose()
}

pub(crate) fn from_record<R: Record>(bytes: &[u8]) -> Result<R, ViewError> {
    decode(bytes, RECORD_BYTES_MAX).map_err(|_| ViewError::Damaged)
}

pub(crate) fn to_record<R: Record>(record: &R) -> Vec<u8> {
    encode(record)
}
