//! Votes, what exactly is signed, and evidence of double signing.

use crate::block::BlockId;
use bencao_crypto::{KeyId, Signature};
use bencao_genesis::{ChainId, Height};
use bincode::{Decode, Encode};

/// Tendermint's two kinds of vote.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub enum VoteKind {
    /// First vote of a round.
    Prevote,
    /// Second vote; a quorum for one block is its commit certificate.
    Precommit,
}

/// One validator's vote for a block, or for none (`None`) in this round.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub struct Vote {
    /// Prevote or precommit.
    pub kind: VoteKind,
    /// Height voted on.
    pub height: Height,
    /// Round, from 0.
    pub round: u32,
    /// The block, or none.
    pub block: Option<BlockId>,
    /// Validator key of the voter.
    pub voter: KeyId,
}

impl Vote {
    /// The bytes M that are signed: `"bencao/vote/1" ‖ 0x00 ‖ chain id (32) ‖ kind (1) ‖ height (8, LE) ‖ round (4, LE) ‖
    /// 0x00, or 0x01 ‖ block id (32) ‖ voter (20)`.
    pub fn sign_bytes(&self, chain: ChainId) -> Vec<u8> {
        let mut out = Vec::with_capacity(112);
        out.extend_from_slice(b"bencao/vote/1\0");
        out.extend_from_slice(&chain.0.0);
        out.push(match self.kind {
            VoteKind::Prevote => 0,
            VoteKind::Precommit => 1,
        });
        out.extend_from_slice(&self.height.0.to_le_bytes());
        out.extend_from_slice(&self.round.to_le_bytes());
        match &self.block {
            None => out.push(0),
            Some(id) => {
                out.push(1);
                out.extend_from_slice(&id.0.0);
            }
        }
        out.extend_from_slice(&self.voter.0);
        out
    }
}

/// A vote with its signature over [`Vote::sign_bytes`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub struct SignedVote {
    /// What was signed.
    pub vote: Vote,
    /// By `vote.voter`.
    pub signature: Signature,
}
