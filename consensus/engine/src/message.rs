//! What engines say to each other.
//!
//! Encoded inside the replica's versioned frames by the strict codec. Anything may arrive here from a faulty validator; form is
//! checked by the codec and [`Message::is_plausible`], signatures by the engine.

use bencao_consensus::{BlockId, SignedProposal, SignedVote, ValidatorSet, Vote, VoteKind};
use bencao_crypto::{KeyId, Signature};
use bencao_genesis::Height;
use bencao_genesis::genesis::VALIDATORS_MAX;
use bincode::{Decode, Encode};

/// Largest canonical encoding of a message, bytes: a round certificate of the largest set, with 121 bytes for each signature
/// (kind 4, option and block 33, voter 20, signature 64) and room for the rest.
pub const MESSAGE_BYTES_MAX: usize = VALIDATORS_MAX * 121 + 64;

/// Rounds beyond this are not reached in any honest run (a round takes at least a network delay); numbers near the end of
/// 32 bits would overflow round arithmetic.
const ROUND_MAX: u32 = 1 << 30;

/// A consensus message.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Message {
    /// A vote.
    Vote(SignedVote),
    /// A proposal; its block travels apart.
    Proposal(SignedProposal),
    /// Why a block that failed in an earlier round may be proposed again.
    Polka(PolkaCertificate),
    /// Why a round may be entered.
    Round(RoundCertificate),
}

/// A quorum of prevotes for one block in one round.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct PolkaCertificate {
    /// Height voted on.
    pub height: Height,
    /// Round of the prevotes.
    pub round: u32,
    /// The block.
    pub block: BlockId,
    /// One for each voter.
    pub signatures: Vec<PolkaSignature>,
}

/// One prevote of a [`PolkaCertificate`].
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct PolkaSignature {
    /// Who.
    pub voter: KeyId,
    /// Over the prevote's [`Vote::sign_bytes`].
    pub signature: Signature,
}

/// What a [`RoundCertificate`] shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum CertificateKind {
    /// More than a third voted in this round: it may be entered.
    Skip,
    /// A quorum precommitted in this round without a decision: the next may be entered.
    Precommit,
}

/// Votes that justify entering a round.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct RoundCertificate {
    /// Height voted on.
    pub height: Height,
    /// Round of the votes.
    pub round: u32,
    /// What they show.
    pub kind: CertificateKind,
    /// One for each voter.
    pub signatures: Vec<RoundSignature>,
}

/// One vote of a [`RoundCertificate`].
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct RoundSignature {
    /// Prevote or precommit.
    pub kind: VoteKind,
    /// What it was for.
    pub block: Option<BlockId>,
    /// Who.
    pub voter: KeyId,
    /// Over the vote's [`Vote::sign_bytes`].
    pub signature: Signature,
}

impl Message {
    /// Height it is about.
    pub fn height(&self) -> Height {
        match self {
            Message::Vote(v) => v.vote.height,
            Message::Proposal(p) => p.proposal.height,
            Message::Polka(c) => c.height,
            Message::Round(c) => c.height,
        }
    }

    /// Round it is about.
    pub fn round(&self) -> u32 {
        match self {
            Message::Vote(v) => v.vote.round,
            Message::Proposal(p) => p.proposal.round,
            Message::Polka(c) => c.round,
            Message::Round(c) => c.round,
        }
    }

    /// The validator that claims to have signed it; none for certificates, which anybody passes on.
    pub fn sender(&self) -> Option<KeyId> {
        match self {
            Message::Vote(v) => Some(v.vote.voter),
            Message::Proposal(p) => Some(p.proposal.proposer),
            Message::Polka(_) | Message::Round(_) => None,
        }
    }

    /// The block that a proposal names.
    pub fn proposed_block(&self) -> Option<BlockId> {
        match self {
            Message::Proposal(p) => Some(p.proposal.block),
            _ => None,
        }
    }

    /// Cheap refusals before any signature is looked at.
    pub(crate) fn is_plausible(&self, set: &ValidatorSet) -> bool {
        let signatures = match self {
            Message::Vote(_) | Message::Proposal(_) => 1,
            Message::Polka(c) => c.signatures.len(),
            Message::Round(c) => c.signatures.len(),
        };
        let known = self.sender().is_none_or(|id| set.get(&id).is_some());
        known && self.round() <= ROUND_MAX && (1..=set.members().len()).contains(&signatures)
    }
}

impl PolkaCertificate {
    /// The vote that `voter` cast for this certificate.
    pub(crate) fn vote(&self, voter: KeyId) -> Vote {
        Vote { kind: VoteKind::Prevote, height: self.height, round: self.round, block: Some(self.block), voter }
    }
}

impl RoundCertificate {
    /// The vote that stands behind one of the signatures.
    pub(crate) fn vote(&self, s: &RoundSignature) -> Vote {
        Vote { kind: s.kind, height: self.height, round: self.round, block: s.block, voter: s.voter }
    }
}
