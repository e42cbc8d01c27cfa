//! One block: bytes in, receipts, writes and events out (D6).
//!
//! First the decisions of governance whose height it is, then what has come due by the block's time ([`Due`]), then the
//! transactions, in order.
//!
//! Which check fails first is consensus. In this order, for each transaction:
//!
//! | # | Check | Consumes | Where |
//! |---|---|---|---|
//! | 1 | size, canonical encoding | – | [`crate::admission`] |
//! | 2 | version, chain, document number, codes, fields, declared writes | – | [`crate::admission`] |
//! | 3 | room in the block for the declared writes | – | here |
//! | 4 | principal and signer are members, key known, in force, of the purpose, in its scope; members may act (state before the block) | – | `authority` |
//! | 5 | signature | – | here, all of the block at once |
//! | 6 | valid-until against block time | – | here |
//! | 7 | executed before → the earlier receipt | – | `documents` |
//! | 8 | document number: same content → the earlier receipt; other → refused | id | `documents` |
//! | 9 | mandate | id | [`crate::mandates`] |
//! | 10 | no public list bars the principal from it, no emergency freeze stops it | id | [`crate::oversight`], [`crate::governance`] |
//! | 11 | the operation's own table | id | its module |
//! | 12 | writes within the declared number | id | here |
//!
//! A refusal that consumes the id leaves a live id until valid-until has passed, so that the same bytes are never
//! executed later; the document number stays free (D5). An applied transaction takes its document number for ever, which
//! also protects it from replay.

mod authority;
mod deadlines;
mod documents;

pub use deadlines::{DEADLINE_INDEX_FIRST, DeadlineRecord, Due};
pub use documents::DocumentRecord;

pub(crate) use deadlines::{ComesDue, Ran, deadline_record, run_as};

use crate::admission::{check_form, check_time};
use crate::event::EventRecord;
use crate::governance;
use crate::law::LawBook;
use crate::limits::LIVE_IDS_PRUNED_PER_BLOCK;
use crate::mandates::use_mandate;
use crate::oversight::{AlarmRecord, check_lists, raise};
use crate::receipt::{Done, Outcome, Position, Receipt};
use crate::registry::OrganisationRecord;
use crate::rejection::{Rejection, SETTLING_FROM};
use crate::state::{Actor, BlockState, StateKey, StateView, Stop, Tx, ViewError, key};
use crate::transaction::{Transaction, TransactionId};
use bencao_crypto::{Digest, KnownKeys, Signature, VerifyItem, tagged};
use bencao_genesis::{ChainId, Height, Limits, Params, TimestampMs};
use documents::{Recall, recall, remember_applied, remember_refused};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a block is executed under.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlockContext {
    /// Which chain.
    pub chain: ChainId,
    /// Which block.
    pub height: Height,
    /// Block time; chaincode sees no clock.
    pub time: TimestampMs,
    /// Rules to execute.
    pub rule_version: u32,
    /// Sizes and counts.
    pub limits: Limits,
    /// Pace and times.
    pub params: Params,
}

/// Sums for metrics. Not hashed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BlockCounts {
    /// Applied transactions.
    pub applied: u32,
    /// Refused ones.
    pub rejected: u32,
    /// Met again.
    pub repeated: u32,
    /// Codes of applied bills.
    pub codes: u64,
    /// Alarms recorded.
    pub alarms: u32,
    /// Decisions carried out, and deadlines that came due.
    pub deadlines: u32,
    /// Records written or removed.
    pub writes: u64,
}

/// What a block does.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BlockOutput {
    /// One a transaction, in order.
    pub receipts: Vec<Receipt>,
    /// Records to write, or to remove.
    pub writes: BTreeMap<StateKey, Option<Vec<u8>>>,
    /// In order of their ids: those of deadlines come after those of transactions, although they happened before.
    pub events: Vec<EventRecord>,
    /// In order of positions; also among the writes.
    pub alarms: Vec<AlarmRecord>,
    /// Earliest block time at which the state asks for a block of its own (D4): the earliest [`Due`] that is left.
    /// Expiry and licence ends set none, they are computed when asked.
    pub next_deadline: Option<TimestampMs>,
    /// Sums.
    pub counts: BlockCounts,
}

/// A block that could not be executed here. Never a verdict on the block: the node stops.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExecutionError {
    /// The store failed or is damaged.
    #[error(transparent)]
    View(#[from] ViewError),
    /// Rules that this build does not have.
    #[error("rule version {0} is not supported")]
    RuleVersion(u32),
}

/// One transaction on its way through checks 1–5.
struct Candidate {
    id: TransactionId,
    stage: Result<Signed, Rejection>,
}

/// Passed checks 1–4.
struct Signed {
    body: Transaction,
    actor: Actor,
    signature: Signature,
    key: bencao_crypto::PublicKey,
}

/// Executes the transactions of one block in order.
///
/// # Errors
/// [`ExecutionError`]: the store failed, or the rule version is unknown.
pub fn execute_block(
    view: &dyn StateView,
    context: &BlockContext,
    transactions: &[&[u8]],
    keys: &dyn KnownKeys,
) -> Result<BlockOutput, ExecutionError> {
    if context.rule_version != bencao_genesis::genesis::RULE_VERSION {
        return Err(ExecutionError::RuleVersion(context.rule_version));
    }
    let law = LawBook::load(view, context.time.china_date())?;
    let mut state = BlockState::new(view, law);
    let mut output = BlockOutput::default();
    let mut due = Ran::default();
    governance::carry_out(context, &mut state, &mut due)?;
    deadlines::run(view, context, &mut state, &mut due)?;
    output.counts.deadlines = due.count;
    state.read_frozen()?;
    let mut candidates = prepare(&state, context, transactions)?;
    verify(&mut candidates, keys);
    for (index, candidate) in (0u32..).zip(candidates) {
        let position = Position { height: context.height, index };
        let receipt = execute_one(&mut state, context, position, candidate, &mut output)?;
        output.receipts.push(receipt);
    }
    if !transactions.is_empty() {
        prune_live_ids(view, context, &mut state)?;
    }
    output.events.append(&mut due.events);
    output.alarms.append(&mut due.alarms);
    output.next_deadline = deadlines::next(view, &state.writes)?;
    if governance::wants_block(&state, context.height)? {
        output.next_deadline = output.next_deadline.into_iter().chain([context.time]).min();
    }
    output.writes = state.writes;
    output.counts.writes = output.writes.len() as u64;
    output.counts.alarms = u32::try_from(output.alarms.len()).unwrap_or(u32::MAX);
    Ok(output)
}

/// Checks 1–4, against the state before the block's transactions.
fn prepare(
    state: &BlockState,
    context: &BlockContext,
    transactions: &[&[u8]],
) -> Result<Vec<Candidate>, ExecutionError> {
    let mut room = context.limits.block_writes_max;
    let mut candidates = Vec::with_capacity(transactions.len());
    for bytes in transactions {
        // Bytes that anybody may send: whatever a check of their form comes to, no block stops at it.
        let form = catch_unwind(AssertUnwindSafe(|| check_form(bytes, &context.limits, context.chain)));
        let candidate = match form.unwrap_or(Err(Rejection::Malformed {})) {
            // What holds no transaction is named by its bytes.
            Err(rejection) => Candidate { id: name_bytes(bytes, context), stage: Err(rejection) },
            Ok((signed, body)) => {
                let id = signed.id();
                let stage = match room.checked_sub(body.writes_max) {
                    None => Err(Rejection::BlockFull { expected: context.limits.block_writes_max }),
                    Some(rest) => {
                        room = rest;
                        authority::check(state, context.height, &body)?.map(|(actor, key)| Signed {
                            body,
                            actor,
                            signature: signed.signature,
                            key,
                        })
                    }
                };
                Candidate { id, stage }
            }
        };
        candidates.push(candidate);
    }
    Ok(candidates)
}

/// The id of the body if the outer layer can be read, else a digest of the bytes.
fn name_bytes(bytes: &[u8], context: &BlockContext) -> TransactionId {
    let limit = context.limits.transaction_bytes_max as usize;
    match bencao_crypto::decode::<crate::SignedTransaction>(bytes, limit) {
        Ok(signed) => signed.id(),
        Err(_) => TransactionId(tagged("bencao/tx-bytes/1", &[bytes])),
    }
}

/// Check 5, for all at once.
fn verify(candidates: &mut [Candidate], keys: &dyn KnownKeys) {
    let items: Vec<VerifyItem> = candidates
        .iter()
        .filter_map(|c| {
            let signed = c.stage.as_ref().ok()?;
            Some(VerifyItem { key: signed.key, message: c.id.sign_message(), signature: signed.signature })
        })
        .collect();
    let verdicts = keys.verify_batch(&items);
    for (candidate, verdict) in candidates.iter_mut().filter(|c| c.stage.is_ok()).zip(verdicts) {
        if !verdict {
            candidate.stage = Err(Rejection::BadSignature {});
        }
    }
}

/// Checks 6–12 and their consequences.
fn execute_one(
    state: &mut BlockState,
    context: &BlockContext,
    position: Position,
    candidate: Candidate,
    output: &mut BlockOutput,
) -> Result<Receipt, ExecutionError> {
    let transaction = candidate.id;
    let receipt = |outcome, events| Receipt { version: 1, transaction, position, outcome, events };
    let unsettled = |rejection: Rejection| receipt(Outcome::Rejected(rejection.refusal()), 0);
    let timely = candidate.stage.and_then(|signed| {
        check_time(&signed.body, context.time, context.params.valid_until_ahead_ms).map(|()| signed)
    });
    let signed = match timely {
        Ok(signed) => signed,
        Err(rejection) => {
            output.counts.rejected = output.counts.rejected.saturating_add(1);
            return Ok(unsettled(rejection));
        }
    };
    let Signed { body, actor, .. } = signed;
    let content = body.operation.content();
    let attempt = match recall(state, actor.principal, &body, transaction, content)? {
        Recall::Earlier(earlier) => {
            output.counts.repeated = output.counts.repeated.saturating_add(1);
            return Ok(receipt(Outcome::Repeated(earlier), 0));
        }
        Recall::Taken(rejection) => Err(rejection),
        Recall::New => run(state, context, position, actor, transaction, &body, content)?,
    };
    match attempt {
        Ok(applied) => {
            output.counts.applied = output.counts.applied.saturating_add(1);
            output.counts.codes = output.counts.codes.saturating_add(body.operation.codes_count() as u64);
            let writes = u32::try_from(applied.writes.len()).unwrap_or(u32::MAX);
            let events = u32::try_from(applied.events.len()).unwrap_or(u32::MAX);
            state.writes.extend(applied.writes);
            output.events.extend(applied.events);
            output.alarms.extend(applied.alarm);
            Ok(receipt(Outcome::Applied(Done { writes, agent: actor.agent }), events))
        }
        Err(rejection) => {
            output.counts.rejected = output.counts.rejected.saturating_add(1);
            remember_refused(state, &body, transaction, position);
            output.alarms.extend(raise(state, context.time, position, &actor, &body.operation, &rejection)?);
            debug_assert!(rejection.code() >= SETTLING_FROM, "a refusal of an operation settles");
            Ok(receipt(Outcome::Rejected(rejection.refusal()), 0))
        }
    }
}

/// What an applied transaction leaves.
struct Applied {
    writes: BTreeMap<StateKey, Option<Vec<u8>>>,
    events: Vec<EventRecord>,
    alarm: Option<AlarmRecord>,
}

/// Checks 9–12: executes the operation on an overlay that is dropped unless everything holds.
fn run(
    state: &BlockState,
    context: &BlockContext,
    position: Position,
    actor: Actor,
    transaction: TransactionId,
    body: &Transaction,
    content: Digest,
) -> Result<Result<Applied, Rejection>, ExecutionError> {
    let organisation: OrganisationRecord =
        state.load(&key::organisation(actor.principal))?.ok_or(ViewError::Damaged)?;
    let work = || -> Result<Applied, Stop> {
        let number = body.document_number.clone();
        let mut tx = Tx::new(state, context, position, (actor, organisation), number);
        tx.operation = body.operation.tag();
        if let (Some(mandate), Some(agent)) = (&body.mandate, actor.agent) {
            use_mandate(&mut tx, agent, mandate, &body.operation)?;
        }
        check_lists(&tx, &body.operation)?;
        governance::check_frozen(&state.frozen, &tx.organisation, &body.operation, context.time)?;
        body.operation.body().execute(&mut tx)?;
        crate::quality::tally(&mut tx)?;
        remember_applied(&mut tx, &body.operation, transaction, content);
        tx.check_sizes()?;
        let actual = u32::try_from(tx.writes.len()).unwrap_or(u32::MAX);
        if actual > body.writes_max {
            return Err(Rejection::WritesExceeded { expected: body.writes_max, actual }.into());
        }
        Ok(Applied { writes: tx.writes, events: tx.events, alarm: tx.alarm })
    };
    // The closure owns its overlay, and a shared `BlockState` is only read: nothing half-done survives a panic.
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(applied)) => Ok(Ok(applied)),
        Ok(Err(Stop::Rejected(rejection))) => Ok(Err(*rejection)),
        Ok(Err(Stop::View(error))) => Err(error.into()),
        Err(_) => Ok(Err(Rejection::Internal {})),
    }
}

/// Removes live ids whose valid-until has passed, the oldest first, a bounded number a block.
fn prune_live_ids(view: &dyn StateView, context: &BlockContext, state: &mut BlockState) -> Result<(), ExecutionError> {
    let from = key::live_id(TimestampMs(0), &TransactionId::default());
    let to = key::live_id(context.time, &TransactionId::default());
    for (expired, _) in view.scan(&from, &to, LIVE_IDS_PRUNED_PER_BLOCK)? {
        state.writes.insert(expired, None);
    }
    Ok(())
}
