//! Proposals of the undecided height: blocks known, claims that wait for a batch or for results, verdicts given.

use crate::limits::PROPOSALS_MAX;
use bencao_consensus::{BatchId, Block, BlockId};
use bencao_crypto::KeyId;
use bencao_genesis::Height;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Why a proposal is voted down. Each is definite: waiting cannot mend it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fault {
    /// Unknown header version, wrong chain, height or rule version.
    Form,
    /// Not built by a validator, or not the body that the header names.
    Body,
    /// Another parent than the block decided here.
    Parent,
    /// Other validator-set hashes than this node's.
    Validators,
    /// Other results of the previous height than this node's.
    Results,
    /// The certificate of the previous height is absent, for another block, or does not verify.
    Certificate,
    /// Too many, repeated or too large batches, or too many declared writes.
    Limits,
    /// Not later than its parent, or too far ahead of this node's clock.
    Time,
    /// No batches, and no reason for an empty block (D4).
    Empty,
    /// Evidence that proves nothing.
    Evidence,
}

/// "In this round, this validator proposes this block."
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Round of the proposal.
    pub round: u32,
    /// Round of an earlier quorum of prevotes for it.
    pub valid_round: Option<u32>,
    /// Who proposes it.
    pub proposer: KeyId,
    /// What.
    pub block: BlockId,
}

/// Everything about one undecided height. Emptied when the height is decided.
#[derive(Debug, Default)]
pub struct Proposals {
    blocks: BTreeMap<BlockId, Arc<Block>>,
    /// Claims without a verdict yet.
    waiting: Vec<Claim>,
    /// Rounds and blocks already judged: a repeated message is not judged twice.
    judged: BTreeSet<(u32, BlockId)>,
    /// Blocks whose form was judged good: what they still wait for is looked at alone.
    well_formed: BTreeSet<BlockId>,
    /// Blocks in the consensus log.
    logged: BTreeSet<BlockId>,
}

impl Proposals {
    /// A block with its claim. Returns false if it is known already or there is no room.
    pub fn claim(&mut self, block: Arc<Block>, claim: Claim) -> bool {
        let known = self.judged.contains(&(claim.round, claim.block)) || self.waiting.contains(&claim);
        if known || self.waiting.len() >= PROPOSALS_MAX || self.judged.len() >= 8 * PROPOSALS_MAX {
            return false;
        }
        if !self.learn(block) {
            return false;
        }
        self.waiting.push(claim);
        true
    }

    /// Remembers a block. Returns false if there is no room.
    pub fn learn(&mut self, block: Arc<Block>) -> bool {
        let id = block.id();
        if self.blocks.len() >= PROPOSALS_MAX && !self.blocks.contains_key(&id) {
            return false;
        }
        self.blocks.entry(id).or_insert(block);
        true
    }

    /// The block with this id, if known.
    pub fn block(&self, id: &BlockId) -> Option<&Arc<Block>> {
        self.blocks.get(id)
    }

    /// The block of `height` that `builder` built before: it is proposed again in later rounds and after a restart, so
    /// that (height, round) never names two blocks of one builder.
    pub fn built_by(&self, builder: KeyId, height: Height) -> Option<BlockId> {
        let fits = |b: &Block| b.header.proposer == builder && b.header.height == height;
        self.blocks.iter().find(|(_, b)| fits(b)).map(|(id, _)| *id)
    }

    /// Claims without a verdict.
    pub fn waiting(&self) -> &[Claim] {
        &self.waiting
    }

    /// A verdict was given.
    pub fn judge(&mut self, claim: &Claim) {
        self.waiting.retain(|c| c != claim);
        self.judged.insert((claim.round, claim.block));
    }

    /// The block's form is good.
    pub fn mark_well_formed(&mut self, id: BlockId) {
        self.well_formed.insert(id);
    }

    /// Whether the block's form was judged good before.
    pub fn is_well_formed(&self, id: &BlockId) -> bool {
        self.well_formed.contains(id)
    }

    /// Marks the block as logged; returns whether it was not before.
    pub fn log(&mut self, id: BlockId) -> bool {
        self.logged.insert(id)
    }

    /// Batches named by any known block: pinned until the height is decided.
    pub fn pinned(&self) -> BTreeSet<BatchId> {
        self.blocks.values().flat_map(|b| b.body.batches.iter().copied()).collect()
    }

    /// The height is decided.
    pub fn clear(&mut self) {
        *self = Proposals::default();
    }
}
