//! The signer's high-water mark (D17): the highest height for which this validator key may have signed, kept apart from the
//! data, so that a restored disk image does not vote again where it voted before.

use crate::error::StoreError;
use crate::log::{CELL_BYTES_MAX, Cell};
use bencao_crypto::codec::decode;
use bencao_crypto::{KeyId, encode};
use bencao_genesis::{ChainId, Height};
use bincode::{Decode, Encode};

const VERSION: u8 = 1;

/// Stored form: version 1, chain id (32), key id (20), height (u64).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
struct Mark {
    version: u8,
    chain: ChainId,
    key: KeyId,
    height: Height,
}

/// Why a mark cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HighWaterError {
    /// Not a mark of this format.
    #[error("high-water mark is damaged")]
    Damaged,
    /// A mark of another chain or key.
    #[error("high-water mark belongs to another chain or key")]
    Other,
    /// The cell failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The mark of one validator key on one chain.
#[derive(Debug)]
pub struct HighWater<C> {
    cell: C,
    chain: ChainId,
    key: KeyId,
    height: Option<Height>,
}

impl<C: Cell> HighWater<C> {
    /// Reads the mark.
    ///
    /// # Errors
    /// [`HighWaterError`].
    pub fn open(cell: C, chain: ChainId, key: KeyId) -> Result<HighWater<C>, HighWaterError> {
        let height = match cell.load()? {
            None => None,
            Some(bytes) => {
                let mark: Mark = decode(&bytes, CELL_BYTES_MAX).map_err(|_| HighWaterError::Damaged)?;
                if mark.version != VERSION {
                    return Err(HighWaterError::Damaged);
                }
                if (mark.chain, mark.key) != (chain, key) {
                    return Err(HighWaterError::Other);
                }
                Some(mark.height)
            }
        };
        Ok(HighWater { cell, chain, key, height })
    }

    /// Whose mark it is.
    pub fn key(&self) -> KeyId {
        self.key
    }

    /// The mark; `None` if there is none, which is not the same as zero: a new validator writes zero once.
    pub fn height(&self) -> Option<Height> {
        self.height
    }

    /// Moves the mark up, durably; a lower or equal height changes nothing.
    ///
    /// # Errors
    /// [`StoreError`]; the process stops.
    pub fn raise(&mut self, height: Height) -> Result<(), StoreError> {
        if self.height.is_some_and(|now| now >= height) {
            return Ok(());
        }
        self.cell.store(&encode(&Mark { version: VERSION, chain: self.chain, key: self.key, height }))?;
        self.height = Some(height);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryCell;
    use bencao_crypto::Digest;

    #[test]
    fn a_mark_only_rises_and_belongs_to_one_chain_and_key() {
        let cell = MemoryCell::new();
        let (chain, key) = (ChainId(Digest([1; 32])), KeyId([2; 20]));
        let mut mark = HighWater::open(cell.clone(), chain, key).unwrap();
        assert_eq!(mark.height(), None);
        mark.raise(Height(5)).unwrap();
        mark.raise(Height(3)).unwrap();
        let golden = [&[1][..], &[1; 32], &[2; 20], &[5, 0, 0, 0, 0, 0, 0, 0]].concat();
        assert_eq!(cell.load().unwrap(), Some(golden));
        assert_eq!(HighWater::open(cell.clone(), chain, key).unwrap().height(), Some(Height(5)));
        let other = HighWater::open(cell.clone(), chain, KeyId([3; 20]));
        assert!(matches!(other, Err(HighWaterError::Other)));
        let mut broken = cell.clone();
        broken.store(&[1, 2, 3]).unwrap();
        assert!(matches!(HighWater::open(cell, chain, key), Err(HighWaterError::Damaged)));
    }
}
