//! Payloads of the events of `quality`.

use super::recall_duties::DutyKind;
use super::records::{HoldKind, ProposalStatus, RecallKind};
use crate::state::{CaseNo, OrgNo, ProductNo};
use bencao_crypto::Digest;
use bencao_genesis::TimestampMs;
use bincode::{Decode, Encode};

/// A hold was set on the event's subject.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct HoldSet {
    /// Its number.
    pub case: CaseNo,
    /// Which; absent for a recall.
    pub kind: Option<HoldKind>,
    /// 1–3 for a recall, else 0.
    pub recall_class: u8,
}

/// A hold on the event's subject ended.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct HoldLifted {
    /// Its number.
    pub case: CaseNo,
    /// Why; empty if its time was over.
    pub reason: String,
}

/// A regulator decided of a freeze, or had the goods tested.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct FreezeDecided {
    /// SM3 of the decision or of the test report.
    pub document: Digest,
    /// New end of the term after a test report.
    pub decision_due: Option<TimestampMs>,
}

/// The term of a freeze was over without a decision.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct FreezeOverdue {
    /// The regulator.
    pub responsible: OrgNo,
    /// End of the term.
    pub due: TimestampMs,
}

/// A recall began.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct RecallStarted {
    /// 主动 or 责令.
    pub kind: RecallKind,
    /// 1, 2 or 3.
    pub class: u8,
    /// Product.
    pub product: ProductNo,
    /// Batches named.
    pub batches: u32,
    /// Packages named.
    pub codes: u32,
}

/// Parties were notified, or documents filed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct RecallNotified {
    /// Parties by this bill.
    pub parties: u32,
    /// SM3 of the published notice.
    pub publication: Option<Digest>,
    /// SM3 of the report filed.
    pub report: Option<Digest>,
    /// SM3 of the plan filed.
    pub plan: Option<Digest>,
}

/// A party acknowledged a notice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct RecallAcknowledged {
    /// Smallest units that it still has.
    pub on_hand: u32,
    /// SM3 of its answer.
    pub note: Option<Digest>,
}

/// A progress report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct RecallProgressed {
    /// Which, from 1.
    pub number: u32,
    /// SM3 of it.
    pub report: Digest,
}

/// A recall was completed, or its report filed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct RecallCompleted {
    /// SM3 of the 总结报告, once filed.
    pub report: Option<Digest>,
}

/// A duty of a recall was not done in time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct RecallOverdue {
    /// Which.
    pub duty: DutyKind,
    /// When it was due.
    pub due: TimestampMs,
    /// Whose it is.
    pub responsible: OrgNo,
}

/// A bill was proposed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Proposed {
    /// Tag of the bill.
    pub bill: u16,
    /// Its digest.
    pub content: Digest,
    /// Who alone may countersign.
    pub countersigner: OrgNo,
    /// When it lapses.
    pub lapses_at: TimestampMs,
}

/// A proposal came to its end.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ProposalClosed {
    /// How.
    pub status: ProposalStatus,
    /// SM3 of what the countersigner saw.
    pub evidence: Option<Digest>,
    /// Why, if it was withdrawn or declined.
    pub reason: String,
}

/// A package was destroyed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Destroyed {
    /// 单据类型
    pub bill_type: u16,
    /// 注销原因
    pub reason: u8,
    /// Keyed digest of the 执行人.
    pub executor: Digest,
    /// Keyed digest of the 监督人.
    pub supervisor: Digest,
    /// SM3 of the record of the destruction.
    pub evidence: Option<Digest>,
    /// The regulator or notary who countersigned.
    pub countersigner: Option<OrgNo>,
}

/// A package was taken as a sample.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Sampled {
    /// SM3 of the 抽样记录及凭证.
    pub document: Digest,
    /// The regulator.
    pub regulator: OrgNo,
}

/// A package was lost or damaged: entered in the audit.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LossReported {
    /// 单据类型
    pub bill_type: u16,
    /// 原因
    pub reason: String,
}

/// Blocked goods passed acceptance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct QualityAccepted {
    /// SM3 of the record.
    pub record: Digest,
}
