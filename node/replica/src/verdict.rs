//! What a header's verdict depends on (D2), and nothing else: form, parent, limits, results, certificate, batches held,
//! time. A missing batch or result is *no verdict yet*, never `false`.

use crate::limits::{EVIDENCE_HEIGHTS_MAX, EVIDENCE_PER_BLOCK_MAX};
use crate::membership::Membership;
use crate::pace::empty_block_is_justified;
use crate::pool::Facts;
use crate::proposals::Fault;
use bencao_consensus::{BatchId, Block, BlockId, CommitCertificate, Evidence, Terms, ValidatorSet};
use bencao_crypto::{KeyId, KnownKeys};
use bencao_genesis::{ChainId, Height, TimestampMs};
use std::collections::BTreeSet;

/// The chain as this node knows it up to the tip, for judging a block at tip + 1.
pub(crate) struct Ground<'a> {
    pub(crate) chain: ChainId,
    pub(crate) members: &'a Membership,
    /// Of the block's height.
    pub(crate) terms: &'a Terms,
    pub(crate) height: Height,
    pub(crate) parent: BlockId,
    pub(crate) parent_time: TimestampMs,
    pub(crate) parent_has_batches: bool,
    pub(crate) previous_set: Option<&'a ValidatorSet>,
    pub(crate) keys: &'a dyn KnownKeys,
}

/// What follows from executing the parent.
pub(crate) struct ParentResults<'a> {
    pub(crate) results: bencao_consensus::Results,
    pub(crate) next: &'a Terms,
    pub(crate) deadline: Option<TimestampMs>,
}

impl Ground<'_> {
    /// What can be judged from the block and the chain's headers alone.
    pub(crate) fn check_form(&self, block: &Block) -> Result<(), Fault> {
        let (h, b) = (&block.header, &block.body);
        if h.version != 1
            || h.chain_id != self.chain
            || h.height != self.height
            || h.rule_version != self.terms.rule_version
        {
            return Err(Fault::Form);
        }
        if h.body_root != b.root() || self.terms.set().get(&h.proposer).is_none() {
            return Err(Fault::Body);
        }
        if h.parent != self.parent {
            return Err(Fault::Parent);
        }
        if h.validators_hash != self.terms.validators_hash() {
            return Err(Fault::Validators);
        }
        if h.time <= self.parent_time {
            return Err(Fault::Time);
        }
        let distinct: BTreeSet<&BatchId> = b.batches.iter().collect();
        if b.batches.len() > self.terms.limits.block_batches_max as usize || distinct.len() != b.batches.len() {
            return Err(Fault::Limits);
        }
        self.check_certificate(b.previous_certificate.as_ref())?;
        self.check_evidence(block)
    }

    fn check_certificate(&self, certificate: Option<&CommitCertificate>) -> Result<(), Fault> {
        match (certificate, self.previous_set) {
            (None, None) => Ok(()),
            (Some(c), Some(set)) => {
                let names_parent = c.height.next() == self.height && c.block == self.parent;
                if names_parent && c.verify(self.chain, set, self.keys).is_ok() {
                    Ok(())
                } else {
                    Err(Fault::Certificate)
                }
            }
            _ => Err(Fault::Certificate),
        }
    }

    fn check_evidence(&self, block: &Block) -> Result<(), Fault> {
        let all = &block.body.evidence;
        let sound = all.len() <= EVIDENCE_PER_BLOCK_MAX && all.iter().all(|e| self.is_proven(e));
        if sound { Ok(()) } else { Err(Fault::Evidence) }
    }

    /// By the validators of the height that the votes are of, who may have left since.
    fn is_proven(&self, e: &Evidence) -> bool {
        let height = e.first.vote.height;
        let age = self.height.0.checked_sub(height.0);
        let set = age.filter(|age| *age <= EVIDENCE_HEIGHTS_MAX).and_then(|_| self.members.set(height));
        set.is_some_and(|set| e.verify(self.chain, set, self.keys).is_ok())
    }

    /// Sizes, once every batch is held.
    pub(crate) fn check_limits(&self, facts: impl Iterator<Item = Facts>) -> Result<(), Fault> {
        let (mut bytes, mut writes) = (0u64, 0u64);
        for f in facts {
            bytes = bytes.saturating_add(f.bytes);
            writes = writes.saturating_add(f.writes);
        }
        let fits = bytes <= u64::from(self.terms.limits.block_bytes_max)
            && writes <= u64::from(self.terms.limits.block_writes_max);
        if fits { Ok(()) } else { Err(Fault::Limits) }
    }

    /// What needs the results of the parent.
    pub(crate) fn check_results(&self, block: &Block, parent: &ParentResults<'_>) -> Result<(), Fault> {
        if block.header.previous_results != parent.results {
            return Err(Fault::Results);
        }
        if block.header.next_validators_hash != parent.next.validators_hash() {
            return Err(Fault::Validators);
        }
        let time = block.header.time;
        let justified = !block.body.batches.is_empty()
            || !block.body.evidence.is_empty()
            || empty_block_is_justified(
                time,
                self.parent_time,
                self.parent_has_batches,
                parent.deadline,
                &self.terms.params,
            );
        if justified { Ok(()) } else { Err(Fault::Empty) }
    }

    /// How far ahead of this node's clock a fresh proposal may be: wider in each later round, so that clocks that are
    /// all a little wrong slow the chain down but never stop it (D11).
    pub(crate) fn clock_ahead_ms(&self, round: u32) -> u64 {
        self.terms.params.clock_ahead_ms.saturating_mul(u64::from(round) + 1)
    }
}

/// Whether `power` of the validators whose node keys are given is a quorum of `set`.
pub(crate) fn power_of<'a>(set: &ValidatorSet, voters: impl Iterator<Item = &'a KeyId>) -> u128 {
    voters.filter_map(|v| set.get(v)).map(|v| u128::from(v.power)).sum()
}
