//! From what the stores hold to a replica that goes on where it stopped.

use super::Options;
use super::clock;
use crate::bills::{Facts, Pending};
use crate::error::{Durable, NodeError};
use crate::home::Home;
use crate::stores::{Blocks, State, Stores};
use bencao_chaincode::TransactionId;
use bencao_consensus::{SignedBatch, Turns, ValidatorSet};
use bencao_crypto::{Digest, KnownKeys};
use bencao_genesis::Height;
use bencao_ledger::ingress::Accepted;
use bencao_ledger::{SigningRefused, StoreError};
use bencao_replica::{Executed, Start};
use std::sync::Arc;

/// Blocks between two lines about re-executing.
const REPLAY_NOTE_BLOCKS: u64 = 1_000;

/// What was recovered.
pub(crate) struct Recovered {
    pub(crate) start: Start,
    pub(crate) tip: Height,
    /// Accepted here and not final.
    pub(crate) bills: Vec<(TransactionId, Pending)>,
}

/// Executes up to the tip and gathers what a replica starts from. Forgets promises that were kept.
///
/// # Errors
/// [`NodeError`].
pub(crate) fn recover(
    home: &Home,
    stores: &mut Stores,
    keys: &dyn KnownKeys,
    options: Options,
) -> Result<Recovered, NodeError> {
    let (blocks, state) = (&stores.blocks, &stores.state);
    let executed = replay(blocks, state, keys)?;
    let tip = blocks.tip().map_err(blocks_failed)?.map_or(Height::GENESIS, |tip| tip.height);
    let next = tip.next();
    let decided = match tip {
        Height::GENESIS => None,
        _ => {
            Some(blocks.decided(tip).map_err(blocks_failed)?.ok_or(NodeError::Missing { what: "block", height: tip })?)
        }
    };
    let turns = |height| {
        let found = blocks.turns(height).map_err(blocks_failed)?;
        found.ok_or(NodeError::Missing { what: "turns", height })
    };
    let may_vote = may_vote(stores.recovered.signing, tip, options);
    let (live, kept) = open_promises(state, std::mem::take(&mut stores.accepted))?;
    let bytes_max = home.genesis.limits.transaction_bytes_max as usize;
    let bills = live.iter().filter_map(|a| Facts::read(&a.transaction, bytes_max));
    let bills = bills.map(|(id, facts)| (id, Pending::recovered(facts))).collect();
    stores.ingress.forget(&kept).map_err(|source| NodeError::Durable { what: Durable::Ingress, source })?;
    let (blocks, state) = (&stores.blocks, &stores.state);
    let start = Start {
        tip: decided,
        turns_at_tip: if tip == Height::GENESIS { Turns::default() } else { turns(tip)? },
        turns: turns(next)?,
        executed,
        sets: sets(state, tip),
        genesis_time: home.genesis.time_ms,
        wal: stores.recovered.entries_of(next).to_vec(),
        may_vote,
        batches: unordered(blocks)?,
        ingress: live.into_iter().map(|a| Arc::new(a.transaction)).collect(),
    };
    Ok(Recovered { start, tip, bills })
}

/// Executes committed blocks that the state does not have. What of them is durable is the state store's affair: after the
/// next crash they are executed again.
fn replay(blocks: &Blocks, state: &State, keys: &dyn KnownKeys) -> Result<Executed, NodeError> {
    let failed = |source| NodeError::Execute { height: state.tip().height.next(), source };
    let mut count = 0;
    while state.replay_next(blocks, keys).map_err(failed)?.is_some() {
        count += 1;
        if count % REPLAY_NOTE_BLOCKS == 0 {
            tracing::info!(height = state.tip().height.0, "executing stored blocks again");
        }
    }
    let tip = state.tip();
    let receipts = state.receipts(tip.height);
    let receipts = receipts.map_err(|source| NodeError::Durable { what: Durable::State, source })?;
    Ok(Executed {
        height: tip.height,
        results: tip.results,
        validators_after_next: state.validators(tip.height.next().next()).clone(),
        next_deadline: tip.next_deadline,
        transactions: receipts.iter().map(|r| r.transaction.0).collect(),
    })
}

fn sets(state: &State, tip: Height) -> Vec<(Height, ValidatorSet)> {
    let first = tip.0.saturating_sub(1).max(1);
    (first..=tip.0 + 2).map(Height).map(|height| (height, state.validators(height).clone())).collect()
}

/// Whether the mark lets this node vote (D17). Above its mark it never voted, whatever its log has lost.
fn may_vote(signing: Result<(), SigningRefused>, tip: Height, options: Options) -> bool {
    match signing {
        Ok(()) => true,
        Err(SigningRefused::MarkAhead { mark, .. }) if tip >= mark => true,
        Err(why) if options.accept_risk => {
            tracing::warn!(%why, "voting at the operator's own risk: a second vote at one height is provable misconduct");
            true
        }
        Err(why) => {
            tracing::error!(%why, "this node follows and does not vote: its data look older than its key's last vote. \
                Wait until it has caught up and restart it, use a new key, or start with --accept-risk");
            false
        }
    }
}

fn unordered(blocks: &Blocks) -> Result<Vec<Arc<SignedBatch>>, NodeError> {
    let mut batches = Vec::new();
    for id in blocks.unordered().map_err(blocks_failed)? {
        batches.extend(blocks.batch(&id).map_err(blocks_failed)?.map(Arc::new));
    }
    Ok(batches)
}

/// Promises that are still open, and the ids of those that were kept or have expired.
fn open_promises(state: &State, accepted: Vec<Accepted>) -> Result<(Vec<Accepted>, Vec<Digest>), NodeError> {
    let (mut open, mut kept) = (Vec::new(), Vec::new());
    for promise in accepted {
        let placed = state.transaction(&TransactionId(promise.id));
        let placed = placed.map_err(|source| NodeError::Durable { what: Durable::State, source })?;
        match placed {
            Some(_) => kept.push(promise.id),
            None => open.push(promise),
        }
    }
    if !open.is_empty() {
        tracing::info!(bills = open.len(), at = %clock::wall(), "accepted bills are not final yet and are sent again");
    }
    Ok((open, kept))
}

fn blocks_failed(source: StoreError) -> NodeError {
    NodeError::Durable { what: Durable::Blocks, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_ahead_of_the_log_forbids_votes_until_the_chain_has_passed_it() {
        let ahead = Err(SigningRefused::MarkAhead { mark: Height(9), log: Height(3) });
        let careful = Options::default();
        assert!(may_vote(Ok(()), Height(0), careful));
        assert!(!may_vote(ahead, Height(3), careful));
        assert!(!may_vote(ahead, Height(8), careful));
        assert!(may_vote(ahead, Height(9), careful));
        assert!(!may_vote(Err(SigningRefused::MarkAbsent), Height(100), careful));
        assert!(may_vote(
            Err(SigningRefused::MarkAbsent),
            Height(100),
            Options { accept_risk: true, ..Options::default() }
        ));
    }
}
