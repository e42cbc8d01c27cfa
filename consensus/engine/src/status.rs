//! Where the current round stands, for people.

use crate::context::{Address, Context};
use bencao_consensus::BlockId;
use bencao_crypto::KeyId;
use bencao_genesis::Height;
use malachite::State;
use malachite_types::{Context as _, NilOrVal, ValidatorSet as _, VoteType};
use std::collections::BTreeMap;

/// How far the round has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Not started.
    Unstarted,
    /// A proposal is awaited or being built.
    Propose,
    /// This node has prevoted, or would have.
    Prevote,
    /// This node has precommitted, or would have.
    Precommit,
    /// Decided.
    Commit,
}

/// Who has done what in the current round.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoundStatus {
    /// Height.
    pub height: Height,
    /// Round.
    pub round: u32,
    /// Step of this node.
    pub step: Step,
    /// Whose turn it is.
    pub proposer: KeyId,
    /// The block proposed, once proposal and verdict are here.
    pub proposal: Option<BlockId>,
    /// Prevotes seen, for a block or for none.
    pub prevotes: BTreeMap<KeyId, Option<BlockId>>,
    /// Precommits seen.
    pub precommits: BTreeMap<KeyId, Option<BlockId>>,
    /// Validators without a prevote in this round.
    pub prevotes_missing: Vec<KeyId>,
    /// Validators without a precommit in this round.
    pub precommits_missing: Vec<KeyId>,
}

impl RoundStatus {
    pub(crate) fn of(state: &State<Context>) -> RoundStatus {
        let (round, set) = (state.round(), state.validator_set());
        let votes = |kind: VoteType| -> BTreeMap<KeyId, Option<BlockId>> {
            let Some(seen) = state.driver.votes().per_round(round) else { return BTreeMap::new() };
            let vote = |id: &KeyId| seen.get_vote(kind, &Address(*id)).map(|v| (*id, block(&v.value)));
            set.iter().filter_map(|v| vote(&v.address.0)).collect()
        };
        let missing = |seen: &BTreeMap<KeyId, Option<BlockId>>| -> Vec<KeyId> {
            set.iter().map(|v| v.address.0).filter(|id| !seen.contains_key(id)).collect()
        };
        let (prevotes, precommits) = (votes(VoteType::Prevote), votes(VoteType::Precommit));
        RoundStatus {
            height: Height(state.height().0),
            round: round.as_u32().unwrap_or(0),
            step: step(state),
            proposer: Context.select_proposer(set, state.height(), round).address.0,
            proposal: state.driver.proposals_and_validities_for_round(round).first().map(|(p, _)| p.message.value.0),
            prevotes_missing: missing(&prevotes),
            precommits_missing: missing(&precommits),
            prevotes,
            precommits,
        }
    }
}

fn block(value: &NilOrVal<BlockId>) -> Option<BlockId> {
    match value {
        NilOrVal::Nil => None,
        NilOrVal::Val(id) => Some(*id),
    }
}

fn step(state: &State<Context>) -> Step {
    let d = &state.driver;
    if d.step_is_propose() {
        Step::Propose
    } else if d.step_is_prevote() {
        Step::Prevote
    } else if d.step_is_precommit() {
        Step::Precommit
    } else if d.step_is_commit() {
        Step::Commit
    } else {
        Step::Unstarted
    }
}
