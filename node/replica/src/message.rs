//! What nodes say to each other. Encoded by the strict codec; a version byte first.

use bencao_consensus::{BatchId, Block, BlockId, CommitCertificate, SignedBatch};
use bencao_crypto::{CodecError, KeyId, codec};
use bencao_genesis::Height;
use bincode::{Decode, Encode};

/// Which bounded stream a message travels on: votes never queue behind batches (D16).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Class {
    /// Votes and certificates: small, first.
    Consensus,
    /// Headers with bodies.
    Proposal,
    /// Batches and their acknowledgements.
    Batch,
    /// Heights, requests and old blocks.
    Sync,
}

/// A message between nodes.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Message {
    /// Vote, proposal signature or certificate for the engine.
    Engine(bencao_engine::Message),
    /// A block as proposed in a round.
    Proposal {
        /// Header and body.
        block: Block,
        /// Round of this proposal.
        round: u32,
        /// Round in which a quorum prevoted it before, if it is proposed again.
        valid_round: Option<u32>,
        /// Validator that proposes it in this round.
        proposer: KeyId,
    },
    /// "Send me this proposal": a node that missed the body asks whoever named it.
    ProposalRequest {
        /// Undecided height.
        height: Height,
        /// Block named by a vote or proposal.
        block: BlockId,
    },
    /// A new batch from its author, or an answer to a request.
    Batch(SignedBatch),
    /// "I hold this batch durably", to its author.
    BatchAck(BatchId),
    /// Author: "a quorum holds this batch".
    BatchReady(BatchId),
    /// "Send me these batches".
    BatchRequest(Vec<BatchId>),
    /// "My chain has this height".
    Status(Height),
    /// "Send me this block with its certificate".
    BlockRequest(Height),
    /// A decided block.
    Block {
        /// Header and body.
        block: Block,
        /// A certificate that decided it.
        certificate: CommitCertificate,
    },
    /// A transaction that a follower passes on.
    Forward(Vec<u8>),
    /// "Send me your account of this block, from this byte on": a node whose results differ from certified ones.
    AccountRequest {
        /// Executed height.
        height: Height,
        /// First byte wanted.
        offset: u64,
    },
    /// Part of an account.
    AccountPart {
        /// Executed height.
        height: Height,
        /// Bytes of the whole account.
        total: u64,
        /// Position of the first byte.
        offset: u64,
        /// At most [`crate::limits::ACCOUNT_PART_BYTES`].
        bytes: Vec<u8>,
    },
}

/// Format of [`Message`].
const VERSION: u8 = 1;

/// Largest frame of a class, bytes.
pub const fn frame_bytes_max(class: Class) -> usize {
    match class {
        Class::Consensus => 128 << 10,
        Class::Proposal => 1 << 20,
        Class::Batch | Class::Sync => 8 << 20,
    }
}

impl Message {
    /// The stream this message belongs on.
    pub fn class(&self) -> Class {
        match self {
            Message::Engine(_) => Class::Consensus,
            Message::Proposal { .. } | Message::ProposalRequest { .. } => Class::Proposal,
            Message::Batch(_) | Message::BatchAck(_) | Message::BatchReady(_) | Message::Forward(_) => Class::Batch,
            Message::BatchRequest(_)
            | Message::Status(_)
            | Message::BlockRequest(_)
            | Message::Block { .. }
            | Message::AccountRequest { .. }
            | Message::AccountPart { .. } => Class::Sync,
        }
    }

    /// Version byte and canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(&(VERSION, self))
    }

    /// # Errors
    /// [`CodecError`] for anything but the canonical bytes of a message of this version.
    pub fn from_bytes(bytes: &[u8], class: Class) -> Result<Message, CodecError> {
        let (version, message): (u8, Message) = codec::decode(bytes, frame_bytes_max(class))?;
        if version == VERSION && message.class() == class { Ok(message) } else { Err(CodecError::Malformed) }
    }
}
