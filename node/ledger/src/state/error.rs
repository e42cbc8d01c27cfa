//! What stops the execution of blocks.

use crate::blocks::OpenError;
use crate::error::StoreError;
use bencao_chaincode::{ExecutionError, GenesisStateError};
use bencao_consensus::Results;
use bencao_genesis::Height;

/// Why state cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The store failed, is damaged, or belongs to another chain.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store failed or is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Rules could not be executed.
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    /// No state follows from the genesis file.
    #[error(transparent)]
    Genesis(#[from] GenesisStateError),
    /// Not the block after the executed ones.
    #[error("block {actual} does not follow executed height {tip}")]
    NotNext {
        /// Last executed height.
        tip: Height,
        /// Height of the block given.
        actual: Height,
    },
    /// Its parent is not the block executed last.
    #[error("parent of block {height} is not the block executed before")]
    Parent {
        /// Height of the block given.
        height: Height,
    },
    /// A header carries other results than this node computed.
    #[error(transparent)]
    Diverged(Box<Divergence>),
    /// The undo log does not hold this block.
    #[error("block {height} cannot be taken back: the undo log does not reach so far")]
    BeyondUndo {
        /// The oldest height that is left.
        height: Height,
    },
    /// State is ahead of the blocks it was computed from: one of the stores was restored from an older image.
    #[error("state is at height {state}, blocks end at {blocks}")]
    AheadOfBlocks {
        /// Last executed height.
        state: Height,
        /// Last committed height.
        blocks: Height,
    },
}

/// This node's results differ from those that the validators certified (D18).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("results of height {height} differ: header says state {} receipts {}, computed state {} receipts {}",
    certified.state_root, certified.receipts_root, own.state_root, own.receipts_root)]
pub struct Divergence {
    /// Height whose results differ.
    pub height: Height,
    /// From the header.
    pub certified: Results,
    /// Computed here.
    pub own: Results,
}
