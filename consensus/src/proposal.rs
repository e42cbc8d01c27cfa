//! Proposals: a validator's signed word that it proposes a block in a round.

use crate::block::BlockId;
use bencao_crypto::{KeyId, Signature};
use bencao_genesis::{ChainId, Height};
use bincode::{Decode, Encode};

/// One validator's proposal of a block in a round. The block itself travels apart.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub struct Proposal {
    /// Height proposed for.
    pub height: Height,
    /// Round, from 0.
    pub round: u32,
    /// Earlier round in which a quorum prevoted this block, if it is proposed again.
    pub pol_round: Option<u32>,
    /// The block.
    pub block: BlockId,
    /// Validator key of the proposer of this round (the header keeps the key of the first proposer).
    pub proposer: KeyId,
}

impl Proposal {
    /// The bytes M that are signed: `"bencao/proposal/1" ‖ 0x00 ‖ chain id (32) ‖ height (8, LE) ‖ round (4, LE) ‖ 0x00, or
    /// 0x01 ‖ earlier round (4, LE) ‖ block id (32) ‖ proposer (20)`.
    pub fn sign_bytes(&self, chain: ChainId) -> Vec<u8> {
        let mut out = Vec::with_capacity(120);
        out.extend_from_slice(b"bencao/proposal/1\0");
        out.extend_from_slice(&chain.0.0);
        out.extend_from_slice(&self.height.0.to_le_bytes());
        out.extend_from_slice(&self.round.to_le_bytes());
        match self.pol_round {
            None => out.push(0),
            Some(round) => {
                out.push(1);
                out.extend_from_slice(&round.to_le_bytes());
            }
        }
        out.extend_from_slice(&self.block.0.0);
        out.extend_from_slice(&self.proposer.0);
        out
    }
}

/// A proposal with its signature over [`Proposal::sign_bytes`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub struct SignedProposal {
    /// What was signed.
    pub proposal: Proposal,
    /// By `proposal.proposer`.
    pub signature: Signature,
}
