//! Batches: lists of opaque transactions that travel apart from ordering (D3).

use crate::block::BatchId;
use bencao_crypto::{KeyId, Signature, encode, tagged};
use bencao_genesis::ChainId;
use bincode::{Decode, Encode};

/// Length-prefixed opaque transactions of one author. Decode, signature and rule failures of a transaction are outcomes
/// at execution (D2): they never make a batch invalid.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Batch {
    /// Format: 1.
    pub version: u8,
    /// Id of the author's node key.
    pub author: KeyId,
    /// Rises with each batch of an author; tells two batches of equal content apart.
    pub sequence: u64,
    /// Canonical signed transactions, in execution order.
    pub transactions: Vec<Vec<u8>>,
}

impl Batch {
    /// Name of the batch: `SM3("bencao/batch/1" ‖ 0x00 ‖ canonical batch)`.
    pub fn id(&self) -> BatchId {
        BatchId(tagged("bencao/batch/1", &[&encode(self)]))
    }
}

/// A batch with its author's signature over [`SignedBatch::sign_bytes`].
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct SignedBatch {
    /// What was signed.
    pub batch: Batch,
    /// By the node key `batch.author`.
    pub signature: Signature,
}

impl SignedBatch {
    /// The bytes M that are signed: `"bencao/batch-sign/1" ‖ 0x00 ‖ chain id (32) ‖ batch id (32)`.
    pub fn sign_bytes(chain: ChainId, id: &BatchId) -> Vec<u8> {
        let mut out = Vec::with_capacity(84);
        out.extend_from_slice(b"bencao/batch-sign/1\0");
        out.extend_from_slice(&chain.0.0);
        out.extend_from_slice(&id.0.0);
        out
    }
}
