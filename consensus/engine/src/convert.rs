//! Between the types of this project and those of the library. Ours are right by construction; a library value that has no
//! counterpart (an undefined round, an extension) never leaves the library.

use crate::context::{self, Address, BlockName, Context};
use crate::log::LogEntry;
use crate::message::{CertificateKind, Message, PolkaCertificate, PolkaSignature, RoundCertificate, RoundSignature};
use crate::timeouts::{TimeoutId, TimeoutKind};
use bencao_consensus::{
    BlockId, CommitCertificate, CommitSignature, Evidence, Proposal, SignedProposal, SignedVote, Vote, VoteKind,
};
use bencao_crypto::KeyId;
use bencao_genesis::Height;
use malachite::{MisbehaviorEvidence, ProposedValue, SignedConsensusMsg};
use malachite_types::{self as lib, NilOrVal, Round, Validity, ValueOrigin, VoteType};

pub(crate) type LibInput = malachite::Input<Context>;

pub(crate) fn round(round: Option<u32>) -> Round {
    round.map_or(Round::Nil, Round::new)
}

fn round_number(round: Round) -> u32 {
    round.as_u32().expect("only pol rounds are ever undefined")
}

fn height(height: context::Height) -> Height {
    Height(height.0)
}

pub(crate) fn lib_height(height: Height) -> context::Height {
    context::Height(height.0)
}

fn kind(kind: VoteType) -> VoteKind {
    match kind {
        VoteType::Prevote => VoteKind::Prevote,
        VoteType::Precommit => VoteKind::Precommit,
    }
}

fn lib_kind(kind: VoteKind) -> VoteType {
    match kind {
        VoteKind::Prevote => VoteType::Prevote,
        VoteKind::Precommit => VoteType::Precommit,
    }
}

fn block(value: &NilOrVal<BlockId>) -> Option<BlockId> {
    match value {
        NilOrVal::Nil => None,
        NilOrVal::Val(id) => Some(*id),
    }
}

fn value(block: Option<BlockId>) -> NilOrVal<BlockId> {
    block.map_or(NilOrVal::Nil, NilOrVal::Val)
}

pub(crate) fn vote(v: &context::Vote) -> Vote {
    Vote {
        kind: kind(v.kind),
        height: height(v.height),
        round: round_number(v.round),
        block: block(&v.value),
        voter: v.voter.0,
    }
}

pub(crate) fn signed_vote(v: &lib::SignedVote<Context>) -> SignedVote {
    SignedVote { vote: vote(&v.message), signature: v.signature }
}

fn lib_vote(v: &SignedVote) -> lib::SignedVote<Context> {
    let message = context::Vote {
        kind: lib_kind(v.vote.kind),
        height: lib_height(v.vote.height),
        round: Round::new(v.vote.round),
        value: value(v.vote.block),
        voter: Address(v.vote.voter),
    };
    lib::SignedVote::new(message, v.signature)
}

pub(crate) fn proposal(p: &context::Proposal) -> Proposal {
    Proposal {
        height: height(p.height),
        round: round_number(p.round),
        pol_round: p.pol_round.as_u32(),
        block: p.value.0,
        proposer: p.proposer.0,
    }
}

pub(crate) fn signed_proposal(p: &lib::SignedProposal<Context>) -> SignedProposal {
    SignedProposal { proposal: proposal(&p.message), signature: p.signature }
}

fn lib_proposal(p: &SignedProposal) -> lib::SignedProposal<Context> {
    let message = context::Proposal {
        height: lib_height(p.proposal.height),
        round: Round::new(p.proposal.round),
        value: BlockName(p.proposal.block),
        pol_round: round(p.proposal.pol_round),
        proposer: Address(p.proposal.proposer),
    };
    lib::SignedProposal::new(message, p.signature)
}

pub(crate) fn polka(c: &lib::PolkaCertificate<Context>) -> PolkaCertificate {
    let signature = |s: &lib::PolkaSignature<Context>| PolkaSignature { voter: s.address.0, signature: s.signature };
    PolkaCertificate {
        height: height(c.height),
        round: round_number(c.round),
        block: c.value_id,
        signatures: c.polka_signatures.iter().map(signature).collect(),
    }
}

fn lib_polka(c: &PolkaCertificate) -> lib::PolkaCertificate<Context> {
    let signature = |s: &PolkaSignature| lib::PolkaSignature::new(Address(s.voter), s.signature);
    lib::PolkaCertificate {
        height: lib_height(c.height),
        round: Round::new(c.round),
        value_id: c.block,
        polka_signatures: c.signatures.iter().map(signature).collect(),
    }
}

pub(crate) fn round_certificate(c: &lib::RoundCertificate<Context>) -> RoundCertificate {
    let signature = |s: &lib::RoundSignature<Context>| RoundSignature {
        kind: kind(s.vote_type),
        block: block(&s.value_id),
        voter: s.address.0,
        signature: s.signature,
    };
    RoundCertificate {
        height: height(c.height),
        round: round_number(c.round),
        kind: match c.cert_type {
            lib::RoundCertificateType::Skip => CertificateKind::Skip,
            lib::RoundCertificateType::Precommit => CertificateKind::Precommit,
        },
        signatures: c.round_signatures.iter().map(signature).collect(),
    }
}

fn lib_round_certificate(c: &RoundCertificate) -> lib::RoundCertificate<Context> {
    let signature =
        |s: &RoundSignature| lib::RoundSignature::new(lib_kind(s.kind), value(s.block), Address(s.voter), s.signature);
    lib::RoundCertificate {
        height: lib_height(c.height),
        round: Round::new(c.round),
        cert_type: match c.kind {
            CertificateKind::Skip => lib::RoundCertificateType::Skip,
            CertificateKind::Precommit => lib::RoundCertificateType::Precommit,
        },
        round_signatures: c.signatures.iter().map(signature).collect(),
    }
}

/// The library lists signatures as votes came in; ours ascend by voter.
pub(crate) fn commit_certificate(c: &lib::CommitCertificate<Context>) -> CommitCertificate {
    let signature = |s: &lib::CommitSignature<Context>| CommitSignature { voter: s.address.0, signature: s.signature };
    let mut signatures: Vec<CommitSignature> = c.commit_signatures.iter().map(signature).collect();
    signatures.sort_by_key(|s| s.voter);
    CommitCertificate { height: height(c.height), round: round_number(c.round), block: c.value_id, signatures }
}

pub(crate) fn lib_commit_certificate(c: &CommitCertificate) -> lib::ExtendedCommitCertificate<Context> {
    let signature = |s: &CommitSignature| lib::ExtendedCommitSignature::new(Address(s.voter), s.signature, None);
    lib::ExtendedCommitCertificate {
        height: lib_height(c.height),
        round: Round::new(c.round),
        value_id: c.block,
        commit_signatures: c.signatures.iter().map(signature).collect(),
    }
}

pub(crate) fn consensus_message(m: &SignedConsensusMsg<Context>) -> Message {
    match m {
        SignedConsensusMsg::Vote(v) => Message::Vote(signed_vote(v)),
        SignedConsensusMsg::Proposal(p) => Message::Proposal(signed_proposal(p)),
    }
}

pub(crate) fn message_input(m: &Message) -> LibInput {
    match m {
        Message::Vote(v) => LibInput::Vote(lib_vote(v)),
        Message::Proposal(p) => LibInput::Proposal(lib_proposal(p)),
        Message::Polka(c) => LibInput::PolkaCertificate(lib_polka(c)),
        Message::Round(c) => LibInput::RoundCertificate(lib_round_certificate(c)),
    }
}

/// `None` for the kind that the library uses only with a target time, which we never set, and for undefined rounds.
pub(crate) fn timeout(t: &lib::Timeout, height: Height) -> Option<TimeoutId> {
    let kind = match t.kind {
        lib::TimeoutKind::Propose => TimeoutKind::Propose,
        lib::TimeoutKind::Prevote => TimeoutKind::Prevote,
        lib::TimeoutKind::Precommit => TimeoutKind::Precommit,
        lib::TimeoutKind::Rebroadcast => TimeoutKind::Rebroadcast,
        lib::TimeoutKind::FinalizeHeight(_) => return None,
    };
    Some(TimeoutId { kind, height, round: t.round.as_u32()? })
}

pub(crate) fn timeout_input(t: TimeoutId) -> LibInput {
    let round = Round::new(t.round);
    LibInput::TimeoutElapsed(match t.kind {
        TimeoutKind::Propose => lib::Timeout::propose(round),
        TimeoutKind::Prevote => lib::Timeout::prevote(round),
        TimeoutKind::Precommit => lib::Timeout::precommit(round),
        TimeoutKind::Rebroadcast => lib::Timeout::rebroadcast(round),
    })
}

/// A block that this node judged.
#[derive(Clone, Copy)]
pub(crate) struct Judged {
    pub(crate) height: Height,
    pub(crate) round: u32,
    pub(crate) valid_round: Option<u32>,
    pub(crate) proposer: KeyId,
    pub(crate) block: BlockId,
    pub(crate) valid: bool,
}

pub(crate) fn judged_input(j: Judged, origin: ValueOrigin) -> LibInput {
    let value = ProposedValue {
        height: lib_height(j.height),
        round: Round::new(j.round),
        valid_round: round(j.valid_round),
        proposer: Address(j.proposer),
        value: BlockName(j.block),
        validity: Validity::from_bool(j.valid),
    };
    LibInput::ProposedValue(value, origin)
}

/// The record of an input that the library wants logged; `None` for kinds that it never does.
pub(crate) fn log_entry(input: &LibInput, at: Height) -> Option<LogEntry> {
    match input {
        LibInput::Vote(v) => Some(LogEntry::Vote(signed_vote(v))),
        LibInput::Proposal(p) => Some(LogEntry::Proposal(signed_proposal(p))),
        LibInput::PolkaCertificate(c) => Some(LogEntry::Polka(polka(c))),
        LibInput::ProposedValue(v, _) => Some(LogEntry::Verdict {
            height: height(v.height),
            round: round_number(v.round),
            valid_round: v.valid_round.as_u32(),
            proposer: v.proposer.0,
            block: v.value.0,
            valid: v.validity.is_valid(),
        }),
        LibInput::TimeoutElapsed(t) => timeout(t, at).map(LogEntry::Timeout),
        LibInput::StartHeight(..)
        | LibInput::Propose(_)
        | LibInput::SyncValueResponse(_)
        | LibInput::RoundCertificate(_) => None,
    }
}

pub(crate) fn log_input(entry: &LogEntry) -> LibInput {
    match entry {
        LogEntry::Vote(v) => LibInput::Vote(lib_vote(v)),
        LogEntry::Proposal(p) => LibInput::Proposal(lib_proposal(p)),
        LogEntry::Polka(c) => LibInput::PolkaCertificate(lib_polka(c)),
        LogEntry::Verdict { height, round, valid_round, proposer, block, valid } => {
            let judged = Judged {
                height: *height,
                round: *round,
                valid_round: *valid_round,
                proposer: *proposer,
                block: *block,
                valid: *valid,
            };
            judged_input(judged, ValueOrigin::Consensus)
        }
        LogEntry::Timeout(t) => timeout_input(*t),
    }
}

/// Double votes only: a double proposal harms no more than a bad one, and the chain has no use for its proof.
pub(crate) fn evidence(e: &MisbehaviorEvidence<Context>) -> Vec<Evidence> {
    let pairs = e.votes.iter().flat_map(|(_, pairs)| pairs);
    let mut all: Vec<Evidence> =
        pairs.filter_map(|(one, other)| Evidence::new(signed_vote(one), signed_vote(other))).collect();
    all.sort();
    all.dedup();
    all
}
