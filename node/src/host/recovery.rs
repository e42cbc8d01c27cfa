//! From what the stores hold to a replica that goes on where it stopped.

use super::Options;
use super::divergence::{Open, Reports};
use crate::bills::{Facts, Pending};
use crate::error::{Durable, NodeError};
use crate::home::Home;
use crate::stores::{Blocks, State, Stores};
use bencao_chaincode::TransactionId;
use bencao_consensus::{SignedBatch, Turns, ValidatorSet};
use bencao_crypto::{Digest, KnownKeys};
use bencao_genesis::Height;
use bencao_ledger::ingress::Accepted;
use bencao_ledger::{SigningRefused, StateError, StoreError};
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
    let reports = Reports::of(home);
    let open = replay(blocks, state, keys, &reports)?;
    let executed = last_executed(state)?;
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
        diverged: open.map(|open| (open.height, open.certified)),
    };
    Ok(Recovered { start, tip, bills })
}

/// Executes committed blocks that the state does not have. What of them is durable is the state store's affair: after the
/// next crash they are executed again.
///
/// A block whose results differ from certified ones is taken back and executed again, once in every start: a fault of the
/// memory or a mended program then gives what was certified. Returns the block that still differs.
fn replay(blocks: &Blocks, state: &State, keys: &dyn KnownKeys, reports: &Reports) -> Result<Option<Open>, NodeError> {
    let failed = |source| NodeError::Execute { height: state.tip().height.next(), source };
    let mut open = reports.open()?;
    if let Some(open) = &open {
        take_back(state, open.height)?;
    }
    let mut count = 0;
    loop {
        match state.replay_next(blocks, keys) {
            Ok(Some(_)) => count += 1,
            Ok(None) => break,
            Err(StateError::Diverged(found)) if open.is_some_and(|open| open.height == found.height) => break,
            Err(StateError::Diverged(found)) => {
                tracing::error!(%found, "executing stored blocks gives other results than the certified ones");
                reports.dump(state, found.height, found.certified)?;
                take_back(state, found.height)?;
                open = Some(Open { height: found.height, certified: found.certified });
            }
            Err(source) => return Err(failed(source)),
        }
        if count % REPLAY_NOTE_BLOCKS == 0 && count > 0 {
            tracing::info!(height = state.tip().height.0, "executing stored blocks again");
        }
    }
    let Some(still) = open else { return Ok(None) };
    let record = state.height_record(still.height);
    let record = record.map_err(|source| NodeError::Durable { what: Durable::State, source })?;
    if record.is_some_and(|record| record.results == still.certified) {
        tracing::warn!(height = %still.height, "a block that was executed wrongly now gives what was certified");
        reports.close()?;
        return Ok(None);
    }
    tracing::error!(height = %still.height, "results still differ from certified ones: this node serves reads only");
    Ok(Some(still))
}

/// Takes back the block of `height` and what came after it.
fn take_back(state: &State, height: Height) -> Result<(), NodeError> {
    match state.roll_back(height.previous().unwrap_or_default()) {
        // The state was removed, or is behind: there is nothing to take back.
        Ok(()) => Ok(()),
        Err(StateError::BeyondUndo { height }) => {
            tracing::error!(%height, "the undo log does not reach so far; remove the folder `state` to execute all again");
            Ok(())
        }
        Err(source) => Err(NodeError::Execute { height, source }),
    }
}

fn last_executed(state: &State) -> Result<Executed, NodeError> {
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
        tracing::info!(bills = open.len(), "accepted bills are not final yet and are sent again");
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
