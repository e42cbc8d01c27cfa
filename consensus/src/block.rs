//! Header and body of a block (D2).

use crate::certificate::CommitCertificate;
use crate::evidence::Evidence;
use bencao_crypto::{Digest, KeyId, encode, tagged};
use bencao_genesis::{ChainId, Height, TimestampMs};
use bincode::{Decode, Encode};

/// `SM3("bencao/header/1" ‖ 0x00 ‖ canonical header)`: all that the engine orders.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode)]
pub struct BlockId(pub Digest);

/// `SM3("bencao/batch/1" ‖ 0x00 ‖ canonical batch)`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode)]
pub struct BatchId(pub Digest);

impl std::fmt::Display for BlockId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Display for BatchId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What executing a block gave; the *next* header carries it, so the next certificate proves it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct Results {
    /// Root of the authenticated map after the block (D10).
    pub state_root: Digest,
    /// Merkle root over the receipts, in order.
    pub receipts_root: Digest,
}

/// The signed part of a block. 1 + 32 + 8 + 8 + 20 + 32 + 32 + 64 + 32 + 32 + 4 bytes.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Header {
    /// Format: 1.
    pub version: u8,
    /// Which chain.
    pub chain_id: ChainId,
    /// Position, from 1.
    pub height: Height,
    /// Block time: later than the parent's (D11).
    pub time: TimestampMs,
    /// Validator that built it (id of its validator key).
    pub proposer: KeyId,
    /// Header of height − 1; zero at height 1.
    pub parent: BlockId,
    /// `SM3("bencao/body/1" ‖ 0x00 ‖ canonical body)`.
    pub body_root: Digest,
    /// Results of height − 1; at height 1, those of genesis.
    pub previous_results: Results,
    /// Hash of the validator set that decides this height.
    pub validators_hash: Digest,
    /// Hash of the set that decides the next height.
    pub next_validators_hash: Digest,
    /// Rules that execute this block.
    pub rule_version: u32,
}

/// The unsigned part of a block, bound by [`Header::body_root`].
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct Body {
    /// Batches in execution order.
    pub batches: Vec<BatchId>,
    /// The proposer's copy of the certificate of height − 1; absent at height 1 only. Certificates differ from node to
    /// node, so this copy, not one's own, is what the chain derives turns from.
    pub previous_certificate: Option<CommitCertificate>,
    /// Equivocations seen, each provable by itself.
    pub evidence: Vec<Evidence>,
}

/// Header and body together, as proposed and stored.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Block {
    /// Signed part.
    pub header: Header,
    /// The part bound by `header.body_root`.
    pub body: Body,
}

impl Header {
    /// Name of the block.
    pub fn id(&self) -> BlockId {
        BlockId(tagged("bencao/header/1", &[&encode(self)]))
    }
}

impl Body {
    /// What [`Header::body_root`] must be.
    pub fn root(&self) -> Digest {
        tagged("bencao/body/1", &[&encode(self)])
    }
}

impl Block {
    /// Name of the block.
    pub fn id(&self) -> BlockId {
        self.header.id()
    }
}
