//! What must hold after every event, in every world.

use bencao_consensus::{BlockId, Results, Vote, VoteKind};
use bencao_crypto::{Digest, KeyId};
use bencao_genesis::Height;
use std::collections::{BTreeMap, BTreeSet};

/// A broken promise of the system. Prints as one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Violation {
    /// Two nodes decided different blocks.
    #[error("agreement: height {height} is {first} on one node and {second} on node {node}")]
    Agreement {
        /// Where.
        height: Height,
        /// Decided first.
        first: BlockId,
        /// Decided by `node`.
        second: BlockId,
        /// Which node differs.
        node: usize,
    },
    /// Two nodes computed different results.
    #[error("roots: height {height} has other results on node {node}")]
    Results {
        /// Where.
        height: Height,
        /// Which node differs.
        node: usize,
    },
    /// An honest node signed two different things.
    #[error("double sign: node {node} at height {height} round {round}")]
    DoubleSign {
        /// Who.
        node: usize,
        /// Where.
        height: Height,
        /// In which round.
        round: u32,
    },
    /// A block was decided by others than the validators of its height.
    #[error("certificate: node {node} decided height {height} without the validators of that height")]
    Certificate {
        /// Who.
        node: usize,
        /// Where.
        height: Height,
    },
    /// A proof from genesis does not hold.
    #[error("proof of node {node}: {why}")]
    Proof {
        /// Whose.
        node: usize,
        /// Why.
        why: String,
    },
    /// A transaction has two places in the chain with effect.
    #[error("applied twice: transaction {0}")]
    AppliedTwice(Digest),
    /// A promise that was not kept when everything was well again.
    #[error("lost: transaction {0} was accepted and is not in the chain")]
    Lost(Digest),
    /// The replica or a store reported a bug.
    #[error("node {node} stopped: {why}")]
    Stopped {
        /// Who.
        node: usize,
        /// Its error.
        why: String,
    },
    /// No progress although all faults were over.
    #[error("no progress: {0}")]
    Stalled(String),
}

/// Remembers what every node did.
#[derive(Debug, Default)]
pub(crate) struct Checker {
    decided: BTreeMap<Height, BlockId>,
    results: BTreeMap<Height, Results>,
    votes: BTreeMap<(KeyId, Height, u32, VoteKind), Option<BlockId>>,
    proposals: BTreeMap<(KeyId, Height, u32), BlockId>,
    promised: BTreeSet<Digest>,
    /// First place in the chain.
    placed: BTreeMap<Digest, Height>,
    applied: BTreeMap<Digest, Height>,
}

impl Checker {
    /// `node` decided.
    pub(crate) fn decided(&mut self, node: usize, height: Height, block: BlockId) -> Result<(), Violation> {
        let first = *self.decided.entry(height).or_insert(block);
        if first == block { Ok(()) } else { Err(Violation::Agreement { height, first, second: block, node }) }
    }

    /// `node` executed.
    pub(crate) fn executed(&mut self, node: usize, height: Height, results: Results) -> Result<(), Violation> {
        let first = *self.results.entry(height).or_insert(results);
        if first == results { Ok(()) } else { Err(Violation::Results { height, node }) }
    }

    /// An honest `node` let a vote out.
    pub(crate) fn voted(&mut self, node: usize, vote: &Vote) -> Result<(), Violation> {
        let name = (vote.voter, vote.height, vote.round, vote.kind);
        let first = *self.votes.entry(name).or_insert(vote.block);
        let (height, round) = (vote.height, vote.round);
        if first == vote.block { Ok(()) } else { Err(Violation::DoubleSign { node, height, round }) }
    }

    /// An honest `node` let a signed proposal out.
    pub(crate) fn proposed(
        &mut self,
        node: usize,
        by: KeyId,
        height: Height,
        round: u32,
        block: BlockId,
    ) -> Result<(), Violation> {
        let first = *self.proposals.entry((by, height, round)).or_insert(block);
        if first == block { Ok(()) } else { Err(Violation::DoubleSign { node, height, round }) }
    }

    /// A node answered "accepted".
    pub(crate) fn promised(&mut self, transaction: Digest) {
        self.promised.insert(transaction);
    }

    /// A transaction has a receipt at `height`.
    pub(crate) fn placed(&mut self, transaction: Digest, height: Height, applied: bool) -> Result<(), Violation> {
        self.placed.entry(transaction).or_insert(height);
        if applied && *self.applied.entry(transaction).or_insert(height) != height {
            return Err(Violation::AppliedTwice(transaction));
        }
        Ok(())
    }

    /// The first promise that is not in the chain.
    pub(crate) fn open_promise(&self) -> Option<Digest> {
        self.promised.iter().find(|t| !self.placed.contains_key(t)).copied()
    }

    /// Promises made and transactions applied, for the report.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.promised.len(), self.applied.len())
    }

    /// Greatest height decided anywhere.
    pub(crate) fn highest(&self) -> Height {
        self.decided.keys().next_back().copied().unwrap_or_default()
    }
}
