//! Records of `quality`. Version byte first.

use super::recall_duties::DutyKind;
use crate::custody::Holds;
use crate::event::{History, Subject};
use crate::state::{CaseNo, OrgNo, ProductNo, Record};
use crate::transaction::DocumentNumber;
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, RegionCode, TimestampMs};
use bincode::{Decode, Encode};

byte_enum! {
    /// Which hold, and why.
    pub enum HoldKind {
        /// 监管冻结: 查封、扣押, 暂停生产、销售、使用 (《药品管理法》 Art. 99, 100).
        RegulatorFreeze = 1 as "regulator_freeze", "监管冻结",
        /// 质量可疑
        QualitySuspect = 2 as "quality_suspect", "质量可疑",
        /// 许可锁定 of an organisation.
        LicenceLock = 3 as "licence_lock", "许可锁定",
        /// 境外通报: what was reported abroad (domain §8.1 row 25).
        ForeignNotification = 4 as "foreign_notification", "境外通报",
        /// 紧急控制措施: 停止生产、销售、使用 after a serious adverse reaction (《药品管理法》 Art. 81).
        EmergencyControl = 5 as "emergency_control", "紧急控制措施",
        /// 药品注册证书注销 of a product (《药品管理法》 Art. 83).
        RegistrationCancelled = 6 as "registration_cancelled", "药品注册证书注销",
        /// 不予批签发 of a batch (《疫苗管理法》 Art. 26).
        LotReleaseRefused = 7 as "lot_release_refused", "不予批签发",
    }
}

impl HoldKind {
    /// Whether a regulator must decide on it within a term.
    pub fn has_term(self) -> bool {
        matches!(self, HoldKind::RegulatorFreeze | HoldKind::EmergencyControl)
    }

    /// The bit that it sets.
    pub fn bit(self) -> Holds {
        match self {
            HoldKind::RegulatorFreeze | HoldKind::EmergencyControl => Holds::REGULATOR_FREEZE,
            HoldKind::QualitySuspect | HoldKind::ForeignNotification => Holds::QUALITY_SUSPECT,
            HoldKind::LicenceLock => Holds::LICENCE_LOCK,
            HoldKind::RegistrationCancelled => Holds::REGISTRATION_CANCELLED,
            HoldKind::LotReleaseRefused => Holds::LOT_RELEASE_REFUSED,
        }
    }

    /// Whether it stands until it is lifted: a decision about a product or a batch, not a measure for a time.
    pub fn is_final(self) -> bool {
        matches!(self, HoldKind::RegistrationCancelled | HoldKind::LotReleaseRefused)
    }
}

byte_enum! {
    /// Who decided a recall.
    pub enum RecallKind {
        /// 主动召回 by the holder.
        Voluntary = 1 as "voluntary", "主动召回",
        /// 责令召回 by a regulator.
        Ordered = 2 as "ordered", "责令召回",
    }
}

byte_enum! {
    /// Where a recall stands.
    pub enum RecallStatus {
        /// 召回中
        Open = 1 as "open", "召回中",
        /// 已完成, 总结报告 outstanding.
        Completed = 2 as "completed", "已完成",
        /// 总结报告 filed.
        Reported = 3 as "reported", "已总结",
    }
}

byte_enum! {
    /// Where a proposed bill stands.
    pub enum ProposalStatus {
        /// 待会签
        Open = 1 as "open", "待会签",
        /// 已会签, in effect.
        Effective = 2 as "effective", "已生效",
        /// Withdrawn by its proposer.
        Withdrawn = 3 as "withdrawn", "已撤回",
        /// Declined by its countersigner.
        Declined = 4 as "declined", "已拒绝",
        /// Nobody countersigned in time.
        Lapsed = 5 as "lapsed", "已失效",
    }
}

/// Last number given to a hold, recall or proposal.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct QualityCounters {
    /// Format: 1.
    pub(crate) version: u8,
    pub(crate) cases: u32,
    /// Number of the newest recall, from which each leads to the one before.
    pub(crate) last_recall: CaseNo,
}

/// A hold. A recall has one of these under its own number.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct HoldRecord {
    /// Format: 1.
    pub version: u8,
    /// Absent for the hold of a recall.
    pub kind: Option<HoldKind>,
    /// The bit that it sets.
    pub bit: Holds,
    /// What it is on.
    pub targets: Vec<Subject>,
    /// Who set it.
    pub setter: OrgNo,
    /// Block time.
    pub set_at: TimestampMs,
    /// Why.
    pub reason: String,
    /// SM3 of what is behind it.
    pub evidence: Option<Digest>,
    /// When it ends by itself.
    pub until: Option<TimestampMs>,
    /// Until when a regulator decides, for a freeze.
    pub decision_due: Option<TimestampMs>,
    /// SM3 of the 检验报告书 or of the expert conclusion, from which that term runs: one of them, once.
    pub test_report: Option<Digest>,
    /// SM3 of the decision.
    pub decision: Option<Digest>,
    /// Block time, and who lifted it; the setter if it ended by itself.
    pub lifted: Option<(TimestampMs, OrgNo)>,
    /// Events of the hold itself; those of its targets are in theirs.
    pub history: History,
}

/// One of the open holds on a target.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct OpenHold {
    /// Its number.
    pub case: CaseNo,
    /// Its bit.
    pub bit: Holds,
    /// Whether an authority set it, or ordered the recall.
    pub by_authority: bool,
}

/// The open holds on one package, batch, product or organisation. The bits on its record are these together.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct TargetHolds {
    /// Format: 1.
    pub version: u8,
    /// In order of their numbers, at most [`crate::limits::HOLDS_PER_TARGET_MAX`].
    pub open: Vec<OpenHold>,
}

/// How many recalls of a product are not completed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct OpenRecalls {
    /// Format: 1.
    pub(crate) version: u8,
    pub(crate) open: u32,
}

/// One duty of a recall.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Duty {
    /// Which.
    pub kind: DutyKind,
    /// Until when; of a progress report, the next one.
    pub due: TimestampMs,
    /// When it was done; of progress reports, the last one.
    pub done: Option<TimestampMs>,
    /// How often it was not done in time.
    pub overdue: u16,
}

/// A recall.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct RecallRecord {
    /// Format: 1.
    pub version: u8,
    /// 主动 or 责令.
    pub kind: RecallKind,
    /// 1, 2 or 3.
    pub class: u8,
    /// Product.
    pub product: ProductNo,
    /// Its holder, who has the duties.
    pub holder: OrgNo,
    /// Who started it.
    pub starter: OrgNo,
    /// By which document.
    pub document: DocumentNumber,
    /// Numbers of batches of the product; empty if single packages or the whole product are recalled.
    pub batches: Vec<u32>,
    /// Single packages named.
    pub codes: u32,
    /// Of those, dispensed or otherwise at their end when the recall began: for outreach, no state changes.
    pub codes_gone: u32,
    /// Regions of sale.
    pub territory: Vec<RegionCode>,
    /// First and last day of the sales in question.
    pub sold: (Option<CalendarDate>, Option<CalendarDate>),
    /// Why.
    pub reason: String,
    /// Block time of the decision.
    pub decided_at: TimestampMs,
    /// SM3 of the 调查评估报告.
    pub report: Option<Digest>,
    /// SM3 of the 召回计划.
    pub plan: Option<Digest>,
    /// Parties notified.
    pub notified: u32,
    /// Of those, acknowledged.
    pub acknowledged: u32,
    /// Smallest units that they said they had.
    pub on_hand: u64,
    /// SM3 of the notice published for everybody.
    pub publication: Option<Digest>,
    /// Progress reports.
    pub progress: u32,
    /// SM3 of the last one.
    pub last_progress: Option<Digest>,
    /// Hours from one progress report to the next, by the law of the decision.
    pub progress_hours: u32,
    /// Working days from completion to the 总结报告, by the law of the decision.
    pub report_working_days: u32,
    /// In order of kinds.
    pub duties: Vec<Duty>,
    /// Where it stands.
    pub status: RecallStatus,
    /// Block time of completion.
    pub completed_at: Option<TimestampMs>,
    /// SM3 of the 召回总结报告.
    pub completion_report: Option<Digest>,
    /// The recall before this one on this chain; 0 if none.
    pub previous: CaseNo,
    /// Its own events.
    pub history: History,
}

/// A party notified of a recall.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct NoticeRecord {
    /// Format: 1.
    pub version: u8,
    /// Whom.
    pub party: OrgNo,
    /// Block time of the notice.
    pub sent_at: TimestampMs,
    /// Block time of the acknowledgement.
    pub acknowledged_at: Option<TimestampMs>,
    /// Smallest units that it said it had.
    pub on_hand: u32,
    /// SM3 of its answer.
    pub note: Option<Digest>,
}

/// A bill that waits for its second signature, or did.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ProposalRecord {
    /// Format: 1.
    pub version: u8,
    /// Who proposed it.
    pub proposer: OrgNo,
    /// Under which document.
    pub document: DocumentNumber,
    /// Who alone may countersign.
    pub countersigner: OrgNo,
    /// Tag of the bill.
    pub bill: u16,
    /// Digest of the bill.
    pub content: Digest,
    /// Codes that it names.
    pub codes: u32,
    /// When it lapses.
    pub lapses_at: TimestampMs,
    /// Where it stands.
    pub status: ProposalStatus,
    /// Its own events.
    pub history: History,
}

/// What crossed the border of the market with one organisation and batch, in smallest units: the counters behind the
/// recall rate. They stand with the organisation at which it happened, so that a batch that is sold in ten thousand
/// pharmacies has no record that all of them write.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct BatchTally {
    /// Format: 1.
    pub version: u8,
    /// Sent to somebody else by holder or producer.
    pub shipped: u32,
    /// Come back to holder or producer, other than by recall.
    pub returned: u32,
    /// Come back to holder or producer by recall (108).
    pub recovered: u32,
    /// Sold, used or vaccinated, less what was taken back.
    pub dispensed: u32,
    /// Destroyed or taken as samples while on the market.
    pub disposed: u32,
}

impl Record for QualityCounters {}
impl Record for HoldRecord {}
impl Record for TargetHolds {}
impl Record for RecallRecord {}
impl Record for OpenRecalls {}
impl Record for NoticeRecord {}
impl Record for ProposalRecord {}
impl Record for BatchTally {}
