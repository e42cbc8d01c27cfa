//! Operations of `quality`.

use crate::codes::{HerbCode, UnitKey};
use crate::quality::{HoldKind, RecallKind};
use crate::state::CaseNo;
use crate::transaction::operation::countersigned::CountersignedBill;
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, OrgId, ProductId, RegionCode, TimestampMs};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

json_tagged_enum! {
    /// What a hold is on.
    #[derive(Clone, PartialEq, Eq, Debug)]
    pub enum HoldTarget: u8 {
        /// Packages by code, with all that is inside them.
        Codes(CodesTarget) = 1 as "codes",
        /// A batch, wherever its units are.
        Batch(BatchTarget) = 2 as "batch",
        /// A product, wherever its units are.
        Product(ProductTarget) = 3 as "product",
        /// An organisation: all that it has, and as a holder all of its products.
        Organisation(OrganisationTarget) = 4 as "organisation",
        /// A variety of herb, wherever its lots are.
        Herb(HerbTarget) = 5 as "herb",
    }
}

/// Packages.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodesTarget {
    /// At most [`crate::limits::HOLD_CODES_MAX`].
    pub codes: Vec<UnitKey>,
}

/// A batch by product and number.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchTarget {
    /// Product.
    pub product_id: ProductId,
    /// 产品批号
    pub batch_no: String,
}

/// A product.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductTarget {
    /// Product.
    pub product_id: ProductId,
}

/// A member.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganisationTarget {
    /// Which.
    pub organisation: OrgId,
}

/// A variety of herb in a region.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HerbTarget {
    /// 品种
    pub herb: HerbCode,
    /// Where: lots whose owner is there, or that were made or grown there; `000000` = everywhere.
    pub region: RegionCode,
}

/// T17 锁定: forbids movements from this block on, whatever the size of the target.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetHold {
    /// Which hold.
    pub kind: HoldKind,
    /// On what.
    pub target: HoldTarget,
    /// 原因, not empty.
    pub reason: String,
    /// SM3 of the decision, notification or finding behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Digest>,
    /// When it ends by itself; absent = when it is lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<TimestampMs>,
}

/// T18 解除锁定, by who set it or a superior regulator.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiftHold {
    /// Number of the hold, or of the recall behind it.
    pub hold: CaseNo,
    /// 原因, not empty.
    pub reason: String,
}

/// What a regulator decides of a freeze within its term (《药品管理法》 Art. 100).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecideFreeze {
    /// The freeze.
    pub hold: CaseNo,
    /// SM3 of the 检验报告书: the term runs anew from today, once. Exactly one of the two is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_report: Option<Digest>,
    /// SM3 of the 行政处理决定: the freeze stays, the duty is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Digest>,
}

/// 启动召回: the hold bites in this block.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartRecall {
    /// 主动 or 责令.
    pub kind: RecallKind,
    /// 1, 2 or 3.
    pub class: u8,
    /// Product.
    pub product_id: ProductId,
    /// 产品批号; none of these and of `codes` = the whole product.
    #[serde(default)]
    pub batches: Vec<String>,
    /// Single packages, instead of batches.
    #[serde(default)]
    pub codes: Vec<UnitKey>,
    /// Regions where the goods were sold; it says who is to be notified, the hold binds everywhere.
    #[serde(default)]
    pub territory: Vec<RegionCode>,
    /// First day of the sales in question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sold_from: Option<CalendarDate>,
    /// Last day of the sales in question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sold_to: Option<CalendarDate>,
    /// 召回原因, not empty.
    pub reason: String,
    /// SM3 of the 调查评估报告.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Digest>,
    /// SM3 of the 召回计划.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Digest>,
}

/// 召回通知 to parties, 公告, and the filing of report and plan.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotifyRecall {
    /// The recall.
    pub recall: CaseNo,
    /// Who is notified.
    #[serde(default)]
    pub parties: Vec<OrgId>,
    /// SM3 of the notice published for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publication: Option<Digest>,
    /// SM3 of the 调查评估报告, filed with the regulator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Digest>,
    /// SM3 of the 召回计划, filed with the regulator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Digest>,
}

/// A notified party has stopped sale and use.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeRecall {
    /// The recall.
    pub recall: CaseNo,
    /// Smallest units that it still has.
    pub on_hand: u32,
    /// SM3 of its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Digest>,
}

/// 召回进展报告
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportRecallProgress {
    /// The recall.
    pub recall: CaseNo,
    /// SM3 of the report.
    pub report: Digest,
}

/// 召回完成, and its 总结报告, together or one after the other.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompleteRecall {
    /// The recall.
    pub recall: CaseNo,
    /// SM3 of the 召回总结报告.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Digest>,
}

/// A bill that takes effect when another party countersigns it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Propose {
    /// Who alone may countersign.
    pub countersigner: OrgId,
    /// When it lapses if nobody has.
    pub lapses_at: TimestampMs,
    /// What is to happen.
    pub bill: CountersignedBill,
}

/// 会签: the proposed bill takes effect now.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Countersign {
    /// Number of the proposal.
    pub proposal: CaseNo,
    /// SM3 of what the countersigner saw, such as the record of the destruction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Digest>,
    /// The bill again, so that the signature is over what is signed.
    pub bill: CountersignedBill,
}

/// Ends a proposal: its proposer withdraws it, or its countersigner declines it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloseProposal {
    /// Number of the proposal.
    pub proposal: CaseNo,
    /// 原因, not empty.
    pub reason: String,
}

/// 销毁出库 (205) or 报废出库 (216): the end of packages, with all that is inside them.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destroy {
    /// 单据类型: 205 or 216.
    pub bill_type: u16,
    /// 注销原因 of domain §3.2: 1 破损, 2 霉变, 3 过期失效, 4 其他.
    pub reason: u8,
    /// Keyed digest of the 执行人's identity number.
    pub executor: Digest,
    /// Keyed digest of the 监督人's identity number; another person.
    pub supervisor: Digest,
    /// SM3 of the record of the destruction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Digest>,
    /// What is destroyed.
    pub codes: Vec<UnitKey>,
}

/// 抽检出库 (206): packages that a regulator takes for testing.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// SM3 of the 抽样记录及凭证.
    pub document: Digest,
    /// What is taken.
    pub codes: Vec<UnitKey>,
}

/// 盘亏 (214), 损坏 (215) or 报损 (220), T13.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportLoss {
    /// 单据类型: 214 loses the goods; 215 and 220 leave them, damaged, for destruction.
    pub bill_type: u16,
    /// 原因, not empty.
    pub reason: String,
    /// What is lost or damaged.
    pub codes: Vec<UnitKey>,
}

/// T8 验收合格: blocked goods go back into stock.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualityAccept {
    /// SM3 of the acceptance record.
    pub record: Digest,
    /// What passed.
    pub codes: Vec<UnitKey>,
}
