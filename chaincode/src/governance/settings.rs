//! Parameters in force: read by the height they count for, changed from two heights later on.

use super::membership::{DECISION_DELAY, Revision, SettingsRecord, SettingsTerm, term_at};
use crate::rejection::Rejection;
use crate::state::{Stop, Tx, key};
use crate::transaction::{ApprovalOfKind, ParameterValue};
use bencao_genesis::{GenesisError, Height, Limits, Params};

/// The first height for which a change made by this block counts.
pub(super) fn counts_from(tx: &Tx) -> Height {
    Height(tx.position.height.0.saturating_add(DECISION_DELAY))
}

/// Notes that validators, nodes or parameters changed: one number a block.
pub(super) fn touch(tx: &mut Tx) -> Result<(), Stop> {
    let mut revision: Revision = tx.must_load(&key::revision())?;
    let height = tx.position.height;
    if revision.changed_at != height {
        revision.number = revision.number.saturating_add(1);
        revision.changed_at = height;
        tx.store(key::revision(), &revision);
    }
    Ok(())
}

macro_rules! parameters {
    ($($(#[$meta:meta])* $variant:ident = $byte:literal as $name:literal, $zh:literal, $place:expr;)+) => {
        byte_enum! {
            /// A parameter of the chain that a decision may change. Milliseconds, hours, heights, bytes or counts, as in the
            /// genesis file; for what is allowed or not, 1 or 0.
            pub enum Parameter {
                $($(#[$meta])* $variant = $byte as $name, $zh,)+
            }
        }

        impl Parameter {
            /// Its value.
            pub fn of(self, params: &Params, limits: &Limits) -> u64 {
                let (mut params, mut limits) = (params.clone(), limits.clone());
                self.place(&mut params, &mut limits).get()
            }

            fn place<'a>(self, params: &'a mut Params, limits: &'a mut Limits) -> Place<'a> {
                match self {
                    $(Parameter::$variant => {
                        let place: fn(&'a mut Params, &'a mut Limits) -> Place<'a> = $place;
                        place(params, limits)
                    })+
                }
            }
        }
    };
}

/// Where a parameter lies.
enum Place<'a> {
    Long(&'a mut u64),
    Short(&'a mut u32),
    Switch(&'a mut bool),
}

impl Place<'_> {
    fn get(&self) -> u64 {
        match self {
            Place::Long(place) => **place,
            Place::Short(place) => u64::from(**place),
            Place::Switch(place) => u64::from(**place),
        }
    }

    /// `None` if the value does not fit.
    fn set(self, value: u64) -> Option<()> {
        match self {
            Place::Long(place) => *place = value,
            Place::Short(place) => *place = u32::try_from(value).ok()?,
            Place::Switch(place) if value <= 1 => *place = value == 1,
            Place::Switch(_) => return None,
        }
        Some(())
    }
}

parameters! {
    /// 出块间隔
    BlockIntervalMs = 1 as "block_interval_ms", "出块间隔", |p, _| Place::Long(&mut p.block_interval_ms);
    /// 空闲心跳
    HeartbeatMs = 2 as "heartbeat_ms", "空闲心跳", |p, _| Place::Long(&mut p.heartbeat_ms);
    /// 提议超时
    ProposeTimeoutMs = 3 as "propose_timeout_ms", "提议超时", |p, _| Place::Long(&mut p.propose_timeout_ms);
    /// 投票超时
    VoteTimeoutMs = 4 as "vote_timeout_ms", "投票超时", |p, _| Place::Long(&mut p.vote_timeout_ms);
    /// 每轮超时增量
    TimeoutStepMs = 5 as "timeout_step_ms", "超时增量", |p, _| Place::Long(&mut p.timeout_step_ms);
    /// 时钟容差
    ClockAheadMs = 6 as "clock_ahead_ms", "时钟容差", |p, _| Place::Long(&mut p.clock_ahead_ms);
    /// 交易有效期上限
    ValidUntilAheadMs = 7 as "valid_until_ahead_ms", "交易有效期上限", |p, _| Place::Long(&mut p.valid_until_ahead_ms);
    /// 表决期限上限
    VotingHoursMax = 16 as "voting_hours_max", "表决期限上限", |p, _| Place::Short(&mut p.governance.voting_hours_max);
    /// 紧急冻结时限
    FreezeHoursMax = 17 as "freeze_hours_max", "紧急冻结时限", |p, _| Place::Short(&mut p.governance.freeze_hours_max);
    /// 密钥变更会签期限
    KeyOrderHours = 18 as "key_order_hours", "密钥会签期限", |p, _| Place::Short(&mut p.governance.key_order_hours);
    /// 共识节点下限
    ValidatorsMin = 19 as "validators_min", "共识节点下限", |p, _| Place::Short(&mut p.governance.validators_min);
    /// 允许单一组织达到三分之一权重
    ThirdAllowed = 20 as "third_allowed", "允许单一组织达三分之一", |p, _| Place::Switch(&mut p.governance.third_allowed);
    /// 共识节点变更间隔
    SettleHeights = 21 as "settle_heights", "共识节点变更间隔", |p, _| Place::Long(&mut p.governance.settle_heights);
    /// 单笔交易字节上限
    TransactionBytesMax = 32 as "transaction_bytes_max", "交易字节上限", |_, l| Place::Short(&mut l.transaction_bytes_max);
    /// 单据追溯码上限
    CodesPerBillMax = 33 as "codes_per_bill_max", "单据码数上限", |_, l| Place::Short(&mut l.codes_per_bill_max);
    /// 单笔交易写入上限
    WritesPerTransactionMax = 34 as "writes_per_transaction_max", "交易写入上限", |_, l| Place::Short(&mut l.writes_per_transaction_max);
    /// 批次字节上限
    BatchBytesMax = 35 as "batch_bytes_max", "批次字节上限", |_, l| Place::Short(&mut l.batch_bytes_max);
    /// 批次交易数上限
    BatchTransactionsMax = 36 as "batch_transactions_max", "批次交易数上限", |_, l| Place::Short(&mut l.batch_transactions_max);
    /// 区块批次数上限
    BlockBatchesMax = 37 as "block_batches_max", "区块批次数上限", |_, l| Place::Short(&mut l.block_batches_max);
    /// 区块字节上限
    BlockBytesMax = 38 as "block_bytes_max", "区块字节上限", |_, l| Place::Short(&mut l.block_bytes_max);
    /// 区块写入上限
    BlockWritesMax = 39 as "block_writes_max", "区块写入上限", |_, l| Place::Short(&mut l.block_writes_max);
    /// 未排序字节上限
    UnorderedBytesPerAuthorMax = 40 as "unordered_bytes_per_author_max", "未排序字节上限", |_, l| Place::Short(&mut l.unordered_bytes_per_author_max);
}

/// Executes a change of parameters.
pub(super) fn set_parameters(tx: &mut Tx, set: &[ParameterValue]) -> Result<(), Stop> {
    edit(tx, |term| {
        for change in set {
            let range =
                Rejection::ParameterRange { field: change.name.name().to_owned(), expected: "0 or 1, or 32 bits" };
            change.name.place(&mut term.params, &mut term.limits).set(change.value).ok_or(range)?;
        }
        Ok(())
    })
}

/// Executes a change of what proposals need.
pub(super) fn set_approvals(tx: &mut Tx, set: &[ApprovalOfKind]) -> Result<(), Stop> {
    edit(tx, |term| {
        set.iter().for_each(|change| term.params.governance.approvals.set(change.kind, change.approval));
        Ok(())
    })
}

/// Executes a change of the rule version. Which versions this build knows plays no part: nodes must not differ about it.
pub(super) fn activate_rules(tx: &mut Tx, rule_version: u32) -> Result<(), Stop> {
    edit(tx, |term| {
        let expected = term.rule_version.saturating_add(1);
        if rule_version != expected {
            return Err(Rejection::RuleVersion { expected, actual: rule_version });
        }
        term.rule_version = rule_version;
        Ok(())
    })
}

/// Changes what counts from two heights later on, and checks it like a genesis file.
fn edit(tx: &mut Tx, change: impl FnOnce(&mut SettingsTerm) -> Result<(), Rejection>) -> Result<(), Stop> {
    let mut record: SettingsRecord = tx.must_load(&key::settings())?;
    let since = counts_from(tx);
    let before = term_at(&record.terms, since)?.clone();
    let mut term = SettingsTerm { since, ..before.clone() };
    change(&mut term)?;
    if (term.rule_version, &term.params, &term.limits) == (before.rule_version, &before.params, &before.limits) {
        return Err(Rejection::NothingChanges {}.into());
    }
    term.params.check().and_then(|()| term.limits.check()).map_err(out_of_range)?;
    record.terms.retain(|t| t.since != since);
    record.terms.push(term);
    let height = tx.position.height;
    let current = record.terms.iter().map(|t| t.since).filter(|s| *s <= height).max().unwrap_or(since);
    record.terms.retain(|t| t.since >= current);
    tx.store(key::settings(), &record);
    touch(tx)
}

fn out_of_range(error: GenesisError) -> Rejection {
    match error {
        GenesisError::Field { field, expected } => Rejection::ParameterRange { field, expected },
        other => Rejection::ParameterRange { field: other.to_string(), expected: "as in a genesis file" },
    }
}
