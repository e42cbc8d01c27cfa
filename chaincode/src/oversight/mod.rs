//! Illegal attempts, seen although they are refused (D9; domain §3.3).
//!
//! A refused transaction leaves at most one alarm. The alarm layer is written after the transaction's own writes were
//! dropped, never under a unit's key, with a saturating counter a unit and a quota an organisation and hour, so that
//! nobody can smear a rival or flood the chain.

mod credit;
mod dossier;
mod events;
mod lists;
mod triage;

pub use credit::CreditKind;
pub use dossier::{DossierKind, DossierRecord, DossierStatus, DossierStep, Finding, Rectification};
pub use events::{AlarmTriaged, CreditRecorded, Delisted, DossierOpened, DossierOverdue, DossierStepped, Listed};
pub use lists::{Listing, PublicList};
pub(crate) use lists::{check_barred, check_lists};
pub use triage::{TriageRecord, TriageVerdict};

use crate::codes::UnitKey;
use crate::limits::ALARMS_PER_ORGANISATION_HOUR;
use crate::receipt::Position;
use crate::rejection::Rejection;
use crate::state::{Actor, BlockState, OrgNo, Record, ViewError, key};
use crate::transaction::Operation;
use bencao_genesis::TimestampMs;
use bincode::{Decode, Encode};

byte_enum! {
    /// What an attempt looks like. 1–6 are the platform's types (domain §3.3); others are this ledger's.
    pub enum AlarmKind {
        /// §3.3 #1
        Retired = 1 as "retired", "该码已退出流通",
        /// §3.3 #2
        UsedElsewhere = 2 as "used_elsewhere", "该码已在其他终端使用",
        /// §3.3 #3
        NotInCustody = 3 as "not_in_custody", "非登记持有单位处置",
        /// §3.3 #4
        NotActivated = 4 as "not_activated", "生产企业未激活",
        /// §3.3 #5
        ForeignCode = 5 as "foreign_code", "非平台码段",
        /// §3.3 #6
        Voided = 6 as "voided", "该码已注销",
        /// A code commissioned again.
        CodeReused = 7 as "code_reused", "重复赋码",
        /// A receipt by somebody who was not to receive.
        ForgedReceipt = 8 as "forged_receipt", "非指定单位收货",
        /// Goods of a batch that is not released.
        Unreleased = 9 as "unreleased", "未放行流通",
        /// Goods past their expiry.
        ExpiredGoods = 10 as "expired_goods", "过期药品流通",
        /// Goods on hold.
        HeldGoods = 11 as "held_goods", "锁定药品流通",
        /// Outside licence or scope.
        Unlicensed = 12 as "unlicensed", "无证或超范围",
        /// Temperature record missing or out of range at a receipt (《疫苗管理法》 Art. 39).
        ColdChain = 20 as "cold_chain", "冷链温度异常",
        /// A class in a channel that is closed to it (《药品管理法》 Art. 61).
        ForbiddenChannel = 21 as "forbidden_channel", "禁止渠道销售",
        /// More than the limit of a special drug, or to a minor.
        OverLimit = 22 as "over_limit", "超限量或向未成年人销售",
        /// More of a package than it holds.
        OverContent = 23 as "over_content", "拆零超装量",
        /// Goods going back to somebody who never sold them.
        ForeignReturn = 24 as "foreign_return", "非原渠道退货",
        /// A shipment that has not wholly arrived in time.
        OverdueReceipt = 25 as "overdue_receipt", "收货逾期",
        /// An agent without a mandate, or outside its scope, period or uses.
        MandateMisuse = 50 as "mandate_misuse", "越权代理",
        /// A firm of a public list, in what the list bars it from.
        BarredFirm = 51 as "barred_firm", "名录限制主体办理",
        /// An act of an authority by who is none.
        FalseAuthority = 52 as "false_authority", "越权行使监管职权",
        /// 不得委托生产的品种
        BannedContract = 53 as "banned_contract", "违规委托生产",
        /// Codes without a filed coding rule.
        UnfiledCoding = 54 as "unfiled_coding", "编码规则未备案",
        /// A special drug was lost or damaged: told at once (domain §3.10 T13).
        SpecialDrugLoss = 30 as "special_drug_loss", "特药丢失或损坏",
        /// Lost goods were found.
        LostGoodsFound = 31 as "lost_goods_found", "丢失药品找回",
        /// A duty of a recall was not done in time (domain §5.3).
        RecallOverdue = 32 as "recall_overdue", "召回义务逾期",
        /// A freeze without a decision in time (《药品管理法》 Art. 100).
        FreezeOverdue = 33 as "freeze_overdue", "冻结逾期未决定",
        /// What an inspection found was not put right in time (domain §8.1 row 21).
        RectificationOverdue = 34 as "rectification_overdue", "整改逾期",
        /// More herb out of a lot, or into a document, than there was.
        MassBalance = 40 as "mass_balance_breach", "物料不平衡",
        /// A prohibited pesticide, or a harvest within its safety interval.
        PesticideMisuse = 41 as "pesticide_misuse", "违规使用农药",
        /// Herbs or 饮片 without a passed test.
        UntestedHerb = 42 as "untested_herb", "未检验或不合格中药流通",
        /// 炮制 outside the licence, or a hospital's 饮片 given to others.
        ProcessingOutOfScope = 43 as "processing_out_of_scope", "超范围炮制",
        /// A 定制药园 claimed by who is not of it.
        FalseGardenClaim = 44 as "false_garden_claim", "冒用定制药园",
        /// Herb that left its origin without a 合格证, or has no approval.
        OriginGate = 45 as "origin_gate", "产地准出不合格",
        /// GAP claimed for a base without an entry of the register, or on a label of what does not carry it.
        FalseGapClaim = 46 as "false_gap_claim", "冒用GAP",
        /// A vote by who has none, or a second one.
        IrregularVote = 60 as "irregular_vote", "违规表决",
        /// A change that would leave too few validators, or one organisation with a third of the power.
        ValidatorsEndangered = 61 as "validators_endangered", "危及共识节点",
        /// Another organisation's key, or one that who names it does not have.
        ForeignKey = 62 as "foreign_key", "冒用密钥",
        /// What an emergency freeze stops.
        FrozenOperation = 63 as "frozen_operation", "冻结期间办理停办业务",
    }
}

impl AlarmKind {
    /// The column *Level*.
    pub fn is_high(self) -> bool {
        !matches!(
            self,
            AlarmKind::NotInCustody
                | AlarmKind::NotActivated
                | AlarmKind::Unlicensed
                | AlarmKind::UnfiledCoding
                | AlarmKind::MandateMisuse
                | AlarmKind::OverdueReceipt
                | AlarmKind::RectificationOverdue
                | AlarmKind::LostGoodsFound
                | AlarmKind::FrozenOperation
        )
    }
}

/// Which refusals are alarms, by rule number.
const ALARMS: &[(u16, AlarmKind)] = &[
    (2002, AlarmKind::MandateMisuse),
    (2005, AlarmKind::MandateMisuse),
    (2006, AlarmKind::MandateMisuse),
    (2007, AlarmKind::MandateMisuse),
    (2008, AlarmKind::MandateMisuse),
    (2009, AlarmKind::MandateMisuse),
    (2010, AlarmKind::MandateMisuse),
    (3002, AlarmKind::NotActivated),
    (3003, AlarmKind::NotInCustody),
    (3005, AlarmKind::Unreleased),
    (3006, AlarmKind::ExpiredGoods),
    (3007, AlarmKind::ForgedReceipt),
    (3008, AlarmKind::HeldGoods),
    (3010, AlarmKind::Unlicensed),
    (3011, AlarmKind::Unlicensed),
    (3012, AlarmKind::Unlicensed),
    (3020, AlarmKind::Unlicensed),
    (4010, AlarmKind::FalseAuthority),
    (4017, AlarmKind::Unlicensed),
    (4021, AlarmKind::UnfiledCoding),
    (4023, AlarmKind::BannedContract),
    (5003, AlarmKind::ForeignCode),
    (5004, AlarmKind::CodeReused),
    (6001, AlarmKind::UsedElsewhere),
    (7300, AlarmKind::BarredFirm),
    (3031, AlarmKind::ColdChain),
    (3032, AlarmKind::ColdChain),
    (3033, AlarmKind::Retired),
    (3034, AlarmKind::Voided),
    (3035, AlarmKind::Unlicensed),
    (3036, AlarmKind::ForeignReturn),
    (3047, AlarmKind::Unlicensed),
    (3048, AlarmKind::Unlicensed),
    (3055, AlarmKind::Unlicensed),
    (3058, AlarmKind::NotInCustody),
    (6010, AlarmKind::ForbiddenChannel),
    (6012, AlarmKind::Unlicensed),
    (6013, AlarmKind::OverLimit),
    (6015, AlarmKind::OverLimit),
    (6017, AlarmKind::OverContent),
    (6018, AlarmKind::UsedElsewhere),
    (6022, AlarmKind::OverLimit),
    (6023, AlarmKind::OverLimit),
    (7103, AlarmKind::NotInCustody),
    (7106, AlarmKind::HeldGoods),
    (7107, AlarmKind::MassBalance),
    (7108, AlarmKind::MassBalance),
    (7109, AlarmKind::MassBalance),
    (7116, AlarmKind::OriginGate),
    (7122, AlarmKind::FalseGardenClaim),
    (7125, AlarmKind::PesticideMisuse),
    (7126, AlarmKind::PesticideMisuse),
    (7129, AlarmKind::UntestedHerb),
    (7130, AlarmKind::UntestedHerb),
    (7132, AlarmKind::OriginGate),
    (7134, AlarmKind::ProcessingOutOfScope),
    (7135, AlarmKind::ProcessingOutOfScope),
    (7140, AlarmKind::ExpiredGoods),
    (7144, AlarmKind::MassBalance),
    (7145, AlarmKind::MassBalance),
    (7146, AlarmKind::ProcessingOutOfScope),
    (7149, AlarmKind::MassBalance),
    (7164, AlarmKind::FalseGapClaim),
    (7165, AlarmKind::FalseGapClaim),
    (7401, AlarmKind::IrregularVote),
    (7402, AlarmKind::IrregularVote),
    (7403, AlarmKind::IrregularVote),
    (7420, AlarmKind::ForeignKey),
    (7421, AlarmKind::ForeignKey),
    (7443, AlarmKind::ValidatorsEndangered),
    (7444, AlarmKind::ValidatorsEndangered),
    (7445, AlarmKind::ValidatorsEndangered),
    (7471, AlarmKind::FrozenOperation),
];

/// One alarm.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct AlarmRecord {
    /// Format: 1.
    pub version: u8,
    /// What it looks like.
    pub kind: AlarmKind,
    /// Rule that refused the attempt; 0 if the bill was applied and is told all the same.
    pub rule: u16,
    /// Tag of the operation.
    pub operation: u16,
    /// Who tried: the principal; the agent where the mandate itself was refused, so that nobody can smear a principal.
    pub organisation: OrgNo,
    /// Who signed, if it was an agent under a mandate that held.
    pub agent: Option<OrgNo>,
    /// The package; none where an operation names none.
    pub code: Option<UnitKey>,
    /// The refused transaction.
    pub position: Position,
    /// Block time.
    pub time: TimestampMs,
}

/// Attempts on one package.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct AttemptsRecord {
    /// Format: 1.
    pub version: u8,
    /// Recorded attempts, saturating.
    pub count: u16,
    /// Confirmed by a regulator: the only ones that consumers see (D9).
    pub confirmed: u16,
    /// The newest.
    pub last: Position,
}

/// Alarms of one organisation in one hour.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct QuotaRecord {
    /// Format: 1.
    pub version: u8,
    /// Hours since 1970.
    pub hour: u64,
    /// Recorded in this hour.
    pub recorded: u16,
    /// Not recorded, ever, because an hour's quota was used up; saturating.
    pub suppressed: u32,
}

impl Record for AlarmRecord {}
impl Record for AttemptsRecord {}
impl Record for QuotaRecord {}

const HOUR_MS: u64 = 3_600_000;

/// The alarm that a refusal amounts to.
pub fn alarm_of(rule: u16) -> Option<AlarmKind> {
    ALARMS.iter().find(|(code, _)| *code == rule).map(|(_, kind)| *kind)
}

/// Writes the alarm of a refused transaction, if it is one and the quota of its signer allows: at most three records.
pub(crate) fn raise(
    state: &mut BlockState,
    time: TimestampMs,
    position: Position,
    actor: &Actor,
    operation: &Operation,
    rejection: &Rejection,
) -> Result<Option<AlarmRecord>, ViewError> {
    let Some(kind) = alarm_of(rejection.code()) else { return Ok(None) };
    let code = rejection.unit().or_else(|| operation.codes().first().copied());
    let signer = actor.agent.unwrap_or(actor.principal);
    let (organisation, agent) = match kind {
        AlarmKind::MandateMisuse => (signer, None),
        _ => (actor.principal, actor.agent),
    };
    let hour = time.0 / HOUR_MS;
    let quota_key = key::alarm_quota(signer);
    let quota: Option<QuotaRecord> = state.load(&quota_key)?;
    let mut quota = quota.unwrap_or(QuotaRecord { version: 1, hour, recorded: 0, suppressed: 0 });
    if quota.hour != hour {
        (quota.hour, quota.recorded) = (hour, 0);
    }
    if quota.recorded >= ALARMS_PER_ORGANISATION_HOUR {
        quota.suppressed = quota.suppressed.saturating_add(1);
        state.store(quota_key, &quota);
        return Ok(None);
    }
    quota.recorded = quota.recorded.saturating_add(1);
    state.store(quota_key, &quota);
    if let Some(code) = code {
        let attempts: Option<AttemptsRecord> = state.load(&key::attempts(&code))?;
        let (count, confirmed) = attempts.map_or((0, 0), |a| (a.count, a.confirmed));
        let count = count.saturating_add(1);
        state.store(key::attempts(&code), &AttemptsRecord { version: 1, count, confirmed, last: position });
    }
    let alarm = AlarmRecord {
        version: 1,
        kind,
        rule: rejection.code(),
        operation: operation.tag(),
        organisation,
        agent,
        code,
        position,
        time,
    };
    state.store(key::alarm(position), &alarm);
    Ok(Some(alarm))
}
