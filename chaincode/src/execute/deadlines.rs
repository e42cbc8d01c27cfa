//! What comes due by itself (D4): an overdue duty, the end of a freeze, the lapse of a proposal.
//!
//! A deadline is state: a record under its time. At the start of each block those whose time has come run, the earliest
//! first, at most [`DEADLINES_PER_BLOCK`], and no further one once [`DEADLINE_WRITES_PER_BLOCK`] writes are made; the
//! others follow in the next block. Each runs like a transaction of whoever
//! set it, on an overlay of its own, and is gone afterwards, whatever came of it. The earliest that is left is the
//! block's `next_deadline`: a reason for a block of its own, so that an idle chain does not sleep through it.
//!
//! A module adds a kind by one line in the table of [`Due`] and [`ComesDue`] for its payload, and sets one by
//! [`Tx::set_deadline`].

use crate::codes::UnitKey;
use crate::custody::ReceiptOverdue;
use crate::event::EventRecord;
use crate::governance::{FreezeEnd, VotingEnd};
use crate::limits::{DEADLINE_WRITES_PER_BLOCK, DEADLINES_PER_BLOCK};
use crate::oversight::{AlarmRecord, Rectification};
use crate::quality::{FreezeDecision, HoldEnd, ProposalLapse, RecallDuty};
use crate::receipt::Position;
use crate::registry::OrganisationRecord;
use crate::rejection::Rejection;
use crate::state::{Actor, BlockState, OrgNo, Record, StateKey, StateView, Stop, Tx, ViewError, from_record, key};
use crate::transaction::DocumentNumber;
use bencao_crypto::KeyId;
use bencao_genesis::TimestampMs;
use bincode::{Decode, Encode};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{BlockContext, ExecutionError};

/// Position of the first deadline of a block. No block holds so many transactions, and events and alarms of deadlines
/// are told from theirs by it.
pub const DEADLINE_INDEX_FIRST: u32 = 1 << 31;

/// What a kind of deadline does when its time has come.
pub(crate) trait ComesDue {
    /// A bounded number of writes. A refusal drops them: what is no longer to be done is no mistake.
    fn come_due(&self, tx: &mut Tx) -> Result<(), Stop>;
}

/// [`tagged_enum`] of kinds of deadline, each with its [`ComesDue`].
macro_rules! deadlines {
    ($($(#[$meta:meta])* $variant:ident = $tag:literal as $text:literal,)+) => {
        tagged_enum! {
            /// What comes due. Its bytes name it, together with its time.
            #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
            pub enum Due: u8 {
                $($(#[$meta])* $variant($variant) = $tag as $text,)+
            }
        }

        impl Due {
            fn body(&self) -> &dyn ComesDue {
                match self { $(Due::$variant(due) => due,)+ }
            }
        }
    };
}

deadlines! {
    // quality: 1–31
    /// 查封、扣押后的处理决定期限
    FreezeDecision = 1 as "freeze_decision",
    /// 锁定到期
    HoldEnd = 2 as "hold_end",
    /// 召回义务期限
    RecallDuty = 3 as "recall_duty",
    /// 待会签单据失效
    ProposalLapse = 4 as "proposal_lapse",

    // custody: 32–47
    /// 收货逾期
    ReceiptOverdue = 32 as "receipt_overdue",

    // oversight: 48–63
    /// 整改期限
    Rectification = 48 as "rectification",

    // governance: 64–95
    /// 表决截止
    VotingEnd = 64 as "voting_end",
    /// 紧急冻结到期
    FreezeEnd = 65 as "freeze_end",
}

/// A deadline on record.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct DeadlineRecord {
    /// Format: 1.
    pub version: u8,
    /// Who set it: its events have this actor.
    pub organisation: OrgNo,
    /// By which document.
    pub document: DocumentNumber,
    /// What is to happen.
    pub due: Due,
    /// A code that it is about, for the alarm.
    pub code: Option<UnitKey>,
}

impl Record for DeadlineRecord {}

pub(crate) fn deadline_record(
    organisation: OrgNo,
    document: DocumentNumber,
    due: Due,
    code: Option<UnitKey>,
) -> DeadlineRecord {
    DeadlineRecord { version: 1, organisation, document, due, code }
}

/// What happened in a block before its transactions: decisions that are carried out, then deadlines.
#[derive(Default)]
pub(crate) struct Ran {
    pub(super) count: u32,
    pub(super) events: Vec<EventRecord>,
    pub(super) alarms: Vec<AlarmRecord>,
}

/// Runs what has come due by the block's time.
pub(super) fn run(
    view: &dyn StateView,
    context: &BlockContext,
    state: &mut BlockState,
    ran: &mut Ran,
) -> Result<(), ExecutionError> {
    let from = key::deadlines_before(TimestampMs(0));
    let to = key::deadlines_before(context.time.plus_ms(1));
    for (name, bytes) in view.scan(&from, &to, DEADLINES_PER_BLOCK)? {
        if state.writes.len() >= DEADLINE_WRITES_PER_BLOCK {
            break;
        }
        // One that ran before it may have cleared it.
        if state.writes.contains_key(&name) {
            continue;
        }
        let record: DeadlineRecord = from_record(&bytes)?;
        // A refusal drops what it did: what is no longer to be done is no mistake.
        let _ = run_as(state, context, (record.organisation, &record.document), ran, |tx| {
            tx.due_about = record.code;
            record.due.body().come_due(tx)
        })?;
        state.writes.insert(name, None);
    }
    Ok(())
}

/// Runs `work` in the name of an organisation, under a document of it, on an overlay that is dropped if it is refused.
pub(crate) fn run_as(
    state: &mut BlockState,
    context: &BlockContext,
    (organisation, document): (OrgNo, &DocumentNumber),
    ran: &mut Ran,
    work: impl FnOnce(&mut Tx) -> Result<(), Stop>,
) -> Result<Result<(), Rejection>, ExecutionError> {
    let owner = key::organisation(organisation);
    let record: OrganisationRecord = state.load(&owner)?.ok_or(ViewError::Damaged)?;
    let position = Position { height: context.height, index: DEADLINE_INDEX_FIRST.saturating_add(ran.count) };
    ran.count = ran.count.saturating_add(1);
    let shared: &BlockState = state;
    // Nobody signs for it: the key of its events is all zeros.
    let actor = Actor { principal: organisation, agent: None, key: KeyId::default() };
    let work = || {
        let mut tx = Tx::new(shared, context, position, (actor, record), document.clone());
        work(&mut tx)?;
        tx.check_sizes()?;
        Ok((tx.writes, tx.events, tx.alarm))
    };
    // As for transactions: the overlay is dropped, so that nothing half-done survives a panic.
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok((writes, events, alarm))) => {
            state.writes.extend(writes);
            ran.events.extend(events);
            ran.alarms.extend(alarm);
            Ok(Ok(()))
        }
        Ok(Err(Stop::View(error))) => Err(error.into()),
        Ok(Err(Stop::Rejected(rejection))) => Ok(Err(*rejection)),
        Err(_) => Ok(Err(Rejection::Internal {})),
    }
}

/// The earliest deadline after the block's writes.
pub(super) fn next(
    view: &dyn StateView,
    writes: &BTreeMap<StateKey, Option<Vec<u8>>>,
) -> Result<Option<TimestampMs>, ViewError> {
    let (from, to) = (key::deadlines_before(TimestampMs(0)), key::deadlines_end());
    let changed = || writes.range(&from..&to);
    let set = changed().find(|(_, value)| value.is_some()).map(|(name, _)| name.clone());
    // Every record that the block removed or replaced may stand before the first one that it left alone.
    let limit = changed().count().saturating_add(1);
    let stored = view.scan(&from, &to, limit)?;
    let kept = stored.into_iter().map(|(name, _)| name).find(|name| !writes.contains_key(name));
    Ok(set.into_iter().chain(kept).min().and_then(|name| time_of(&name)))
}

fn time_of(name: &StateKey) -> Option<TimestampMs> {
    let (_, body) = name.key.split_first_chunk::<2>()?;
    let (time, _) = body.split_first_chunk::<8>()?;
    Some(TimestampMs(u64::from_be_bytes(*time)))
}
