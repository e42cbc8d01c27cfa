//! What the nodes of a test cluster say to each other.

use bencao_consensus::{BlockId, CommitCertificate};
use bencao_crypto::{KeyId, encode, tagged};
use bencao_engine::Message;
use bencao_genesis::Height;
use bincode::{Decode, Encode};

/// Stands for header and body.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct Content {
    pub(crate) height: Height,
    pub(crate) round: u32,
    pub(crate) builder: KeyId,
    pub(crate) parent: BlockId,
    /// Round in the builder's certificate of height − 1.
    pub(crate) previous_round: u32,
}

impl Wire {
    /// Height that it is of use at, if at one only.
    pub(crate) fn height(&self) -> Option<Height> {
        match self {
            Wire::Engine(message) => Some(message.height()),
            Wire::Body { content, .. } => Some(content.height),
            _ => None,
        }
    }
}

/// What one sender may say about the next height before this node gets there.
pub(crate) const EARLY_MAX: usize = 64;

impl Content {
    pub(crate) fn id(&self) -> BlockId {
        BlockId(tagged("test/block", &[&encode(self)]))
    }
}

#[derive(Clone)]
pub(crate) enum Wire {
    Engine(Message),
    Body { content: Content, round: u32, valid_round: Option<u32>, proposer: KeyId },
    BodyWanted(BlockId),
    Tip(u64),
    BlockWanted(u64),
    Block(Content, CommitCertificate),
}
