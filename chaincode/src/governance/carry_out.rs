//! Execution of approved proposals at their height, before the transactions of the block.
//!
//! Those of one block run in order of their numbers. At its height a proposal that is not approved lapses: votes of that
//! block come too late. One that is approved is counted once more, with the members of that moment. What it decides is
//! done wholly or not at all; why it could not be done stays on record.

use super::motion::{is_due, lapse, load, settle};
use super::records::{GovernanceRecord, MotionRecord, MotionStatus};
use super::tally::{Verdict, verdict};
use crate::execute::{BlockContext, ExecutionError, Ran, run_as};
use crate::law::LawBook;
use crate::rejection::Rejection;
use crate::state::{BlockState, StateView, Stop, Tx, ViewError, key};
use bencao_genesis::Height;

/// Runs what is due at the block's height.
pub(crate) fn carry_out(context: &BlockContext, state: &mut BlockState, ran: &mut Ran) -> Result<(), ExecutionError> {
    let governance: GovernanceRecord = state.load(&key::governance())?.ok_or(ViewError::Damaged)?;
    for pending in governance.pending.iter().filter(|p| is_due(p, context.height)) {
        let number = pending.motion;
        let record: MotionRecord = state.load(&key::motion(number))?.ok_or(ViewError::Damaged)?;
        let who = (record.proposer, &record.document);
        let refused = run_as(state, context, who, ran, |tx| execute(tx, number))?;
        if let Err(rejection) = refused {
            run_as(state, context, who, ran, |tx| fail(tx, number, &rejection))?.map_err(|_| ViewError::Damaged)?;
        }
    }
    Ok(())
}

fn execute(tx: &mut Tx, number: u32) -> Result<(), Stop> {
    let mut record = load(tx, number)?;
    if record.status != MotionStatus::Approved {
        return lapse_open(tx, number);
    }
    let governance: GovernanceRecord = tx.must_load(&key::governance())?;
    match verdict(tx, &record, &governance)? {
        Verdict::Approved => {}
        Verdict::Open(missing) | Verdict::Rejected(missing) => return Err(missing.into()),
    }
    record.content.execute(tx, number)?;
    let mut governance: GovernanceRecord = tx.must_load(&key::governance())?;
    settle(tx, number, &mut record, &mut governance, (MotionStatus::Executed, None, String::new()));
    tx.store(key::motion(number), &record);
    tx.store(key::governance(), &governance);
    Ok(())
}

/// Its height has come before it was approved.
fn lapse_open(tx: &mut Tx, number: u32) -> Result<(), Stop> {
    let mut record = load(tx, number)?;
    let due = crate::execute::Due::VotingEnd(super::VotingEnd { motion: number });
    tx.clear_deadline(record.voting_ends, &due)?;
    lapse(tx, number, &mut record, (MotionStatus::Lapsed, String::new()))
}

fn fail(tx: &mut Tx, number: u32, rejection: &Rejection) -> Result<(), Stop> {
    let mut record = load(tx, number)?;
    let mut governance: GovernanceRecord = tx.must_load(&key::governance())?;
    let failure = Some(rejection.clone().refusal());
    settle(tx, number, &mut record, &mut governance, (MotionStatus::Failed, failure, String::new()));
    tx.store(key::motion(number), &record);
    tx.store(key::governance(), &governance);
    Ok(())
}

/// Why a proposal that is not settled would fail if the block of `context` executed it; none if it would be done.
pub(crate) fn would_fail(
    view: &dyn StateView,
    context: &BlockContext,
    number: u32,
) -> Result<Option<Rejection>, ViewError> {
    let law = LawBook::load(view, context.time.china_date())?;
    let mut state = BlockState::new(view, law);
    let record: MotionRecord = state.load(&key::motion(number))?.ok_or(ViewError::Damaged)?;
    let who = (record.proposer, &record.document);
    match run_as(&mut state, context, who, &mut Ran::default(), |tx| record.content.execute(tx, number)) {
        Ok(outcome) => Ok(outcome.err()),
        Err(ExecutionError::View(error)) => Err(error),
        // Running one proposal asks for no rule version.
        Err(ExecutionError::RuleVersion(_)) => Err(ViewError::Damaged),
    }
}

/// Whether the block after `height` is wanted so that a change of validators or parameters comes to count, even if there
/// is nothing else to do (D4).
pub(crate) fn wants_block(state: &BlockState, height: Height) -> Result<bool, ViewError> {
    let revision: super::Revision = state.load(&key::revision())?.ok_or(ViewError::Damaged)?;
    Ok(revision.number > 0 && revision.changed_at.0.saturating_add(super::DECISION_DELAY) > height.0)
}
