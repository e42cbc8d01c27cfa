//! From what the stores hold to a replica that goes on where it stopped.

use super::Options;
use super::directory::{AllowList, pinned};
use super::divergence::{Open, Reports};
use crate::bills::{Facts, Pending};
use crate::error::{Durable, NodeError};
use crate::home::Home;
use crate::stores::{Blocks, State, Stores};
use bencao_chaincode::TransactionId;
use bencao_consensus::{SignedBatch, Terms, Turns};
use bencao_crypto::{Digest, KeyId, KnownKeys};
use bencao_genesis::Height;
use bencao_ledger::ingress::Accepted;
use bencao_ledger::{SigningRefused, StateError, StoreError};
use bencao_replica::limits::HISTORY_HEIGHTS;
use bencao_replica::{Executed, Nodes, Start};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Blocks between two lines about re-executing.
const REPLAY_NOTE_BLOCKS: u64 = 1_000;

/// What was recovered.
pub(crate) struct Recovered {
    pub(crate) start: Start,
    pub(crate) tip: Height,
    /// Who may connect.
    pub(crate) allow_list: AllowList,
    /// Own validator keys that must not vote.
    pub(crate) silenced: BTreeSet<KeyId>,
    /// Accepted here and not final.
    pub(crate) bills: Vec<(TransactionId, Pending)>,
}

/// Executes up to the tip and gathers what a replica starts from. Forgets promises that were kept.
///
/// # Errors
/// [`NodeError`].
pub(crate) fn recover(
    home: &Home,
    home_folder: &Path,
    stores: &mut Stores,
    keys: &dyn KnownKeys,
    options: Options,
) -> Result<Recovered, NodeError> {
    let open = replay(&stores.blocks, &stores.state, keys, &Reports::of(home))?;
    let signing = stores.guard_keys(home, home_folder)?;
    let (blocks, state) = (&stores.blocks, &stores.state);
    let allow_list = AllowList::of(state, &pinned(home)).map_err(state_failed)?;
    let executed = last_executed(state, allow_list.nodes.clone())?;
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
    let silenced = signing.into_iter().filter(|(key, signing)| !may_vote(*key, *signing, tip, options));
    let silenced = silenced.map(|(key, _)| key).collect();
    let (live, kept) = open_promises(state, std::mem::take(&mut stores.accepted))?;
    let bills = live.iter().filter_map(|a| Facts::read(&a.transaction));
    let bills = bills.map(|(id, facts)| (id, Pending::recovered(facts))).collect();
    stores.ingress.forget(&kept).map_err(|source| NodeError::Durable { what: Durable::Ingress, source })?;
    let start = Start {
        tip: decided,
        turns_at_tip: if tip == Height::GENESIS { Turns::default() } else { turns(tip)? },
        turns: turns(next)?,
        executed,
        terms: terms(state, tip)?,
        genesis_time: home.genesis.time_ms,
        wal: stores.recovered.entries_of(next).to_vec(),
        wal_voter: stores.recovered.voter.filter(|_| stores.recovered.height == Some(next)),
        batches: unordered(blocks)?,
        ingress: live.into_iter().map(|a| Arc::new(a.transaction)).collect(),
        diverged: open.map(|open| (open.height, open.certified)),
    };
    Ok(Recovered { start, tip, allow_list, silenced, bills })
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

fn last_executed(state: &State, nodes: Arc<Nodes>) -> Result<Executed, NodeError> {
    let tip = state.tip();
    let receipts = state.receipts(tip.height).map_err(state_failed)?;
    Ok(Executed {
        height: tip.height,
        results: tip.results,
        nodes,
        terms_after_next: state.terms(tip.height.next().next()).map_err(state_failed)?,
        next_deadline: tip.next_deadline,
        transactions: receipts.iter().map(|r| r.transaction.0).collect(),
    })
}

/// Terms as a replica starts with them. A state that is behind the tip, which only that of a diverged node is, knows fewer.
fn terms(state: &State, tip: Height) -> Result<Vec<(Height, Arc<Terms>)>, NodeError> {
    let last = state.tip().height.next().next().min(tip.next().next());
    let heights = (tip.0.saturating_sub(HISTORY_HEIGHTS).min(last.0)..=last.0).map(Height);
    heights.map(|height| Ok((height, state.terms(height).map_err(state_failed)?))).collect()
}

fn state_failed(source: StoreError) -> NodeError {
    NodeError::Durable { what: Durable::State, source }
}

/// Whether the mark lets a key vote (D17). Above its mark it never voted, whatever the log has lost.
fn may_vote(key: KeyId, signing: Result<(), SigningRefused>, tip: Height, options: Options) -> bool {
    match signing {
        Ok(()) => true,
        Err(SigningRefused::MarkAhead { mark, .. }) if tip >= mark => true,
        Err(why) if options.accept_risk => {
            tracing::warn!(%key, %why, "voting at the operator's own risk: a second vote at one height is provable misconduct");
            true
        }
        Err(why) => {
            tracing::error!(%key, %why, "this node follows and does not vote: its data look older than its key's last vote. \
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
        let may_vote = |signing, tip, options| may_vote(KeyId([1; 20]), signing, tip, options);
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
