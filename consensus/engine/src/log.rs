//! Records of the consensus log: what must be known again after a restart so that nothing contradictory is signed.
//!
//! One record is a version byte (1) and the canonical bytes of a [`LogEntry`]. Framing, checksums and torn tails belong to the
//! file below; here every record is whole, and one that does not decode is damage.

use crate::message::{MESSAGE_BYTES_MAX, PolkaCertificate};
use crate::timeouts::TimeoutId;
use bencao_consensus::{BlockId, SignedProposal, SignedVote};
use bencao_crypto::{CodecError, KeyId, codec};
use bencao_genesis::Height;
use bincode::{Decode, Encode};

/// Format of [`LogEntry`].
const VERSION: u8 = 1;

/// An input that consensus acted on, in the order in which it did.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum LogEntry {
    /// A vote, of others or one's own.
    Vote(SignedVote),
    /// A proposal, of others or one's own.
    Proposal(SignedProposal),
    /// A quorum of prevotes received as a whole.
    Polka(PolkaCertificate),
    /// This node's judgement of a block, or the block that it built.
    Verdict {
        /// Height proposed for.
        height: Height,
        /// Round proposed in.
        round: u32,
        /// Earlier round with a quorum of prevotes.
        valid_round: Option<u32>,
        /// Who proposed it.
        proposer: KeyId,
        /// The block.
        block: BlockId,
        /// Whether it may be voted for.
        valid: bool,
    },
    /// A timeout elapsed.
    Timeout(TimeoutId),
}

/// Why bytes are not a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// Not the canonical bytes of a record.
    #[error("malformed record")]
    Malformed(#[from] CodecError),
    /// Written by another version of the format.
    #[error("record has version {0}, this build reads {VERSION}")]
    Version(u8),
}

impl LogEntry {
    /// Version byte and canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(&(VERSION, self))
    }

    /// The record with these bytes.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<LogEntry, LogError> {
        match bytes.first() {
            Some(&VERSION) | None => {}
            Some(&other) => return Err(LogError::Version(other)),
        }
        let (_, entry): (u8, LogEntry) = codec::decode(bytes, 1 + MESSAGE_BYTES_MAX)?;
        Ok(entry)
    }

    /// Height it belongs to.
    pub fn height(&self) -> Height {
        match self {
            LogEntry::Vote(v) => v.vote.height,
            LogEntry::Proposal(p) => p.proposal.height,
            LogEntry::Polka(c) => c.height,
            LogEntry::Verdict { height, .. } => *height,
            LogEntry::Timeout(t) => t.height,
        }
    }
}
