//! Payloads of events of lots and gardens.

use super::kinds::{BenefitKind, FieldWorkKind, LossReason, LotHoldReason, LotKind, LotMovement, ReportKind, Weighing};
use super::names::LotRef;
use super::records::Making;
use crate::state::{BatchRef, OrgNo, ProductNo};
use crate::transaction::{Auxiliary, ProcessStep};
use bencao_crypto::Digest;
use bencao_genesis::CalendarDate;
use bincode::{Decode, Encode};

/// A lot came into being.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotMade {
    /// What it is.
    pub kind: LotKind,
    /// Milligrams.
    pub weight_mg: u64,
    /// Of what.
    pub making: Making,
    /// 链条不完整 from the start.
    pub incomplete: bool,
    /// `SM3("bencao/operation/1" ‖ 0x00 ‖ canonical operation)`: all that the document said.
    pub document: Digest,
}

tagged_enum! {
    /// What weight of a lot went into.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub enum LotTarget: u8 {
        /// Another lot.
        Lot(LotRef) = 1 as "lot",
        /// A production batch.
        Batch(BatchRef) = 2 as "batch",
    }
}

/// Weight of a lot went into something else.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotUsed {
    /// Into what.
    pub into: LotTarget,
    /// Milligrams.
    pub weight_mg: u64,
}

/// 田间管理
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct FieldWorked {
    /// 类型
    pub kind: FieldWorkKind,
    /// 名称
    pub name: String,
    /// 用量
    pub amount: String,
    /// When.
    pub done_on: CalendarDate,
    /// First day of harvest after it.
    pub safe_from: Option<CalendarDate>,
    /// Keyed digest of the operator.
    pub operator: Digest,
}

/// 炮制 in its steps.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct PiecesProcessed {
    /// What it became.
    pub product: ProductNo,
    /// In their order.
    pub steps: Vec<ProcessStep>,
    /// 辅料
    pub auxiliaries: Vec<Auxiliary>,
    /// Keyed digests of 工艺员, 生产部经理 and QA.
    pub persons: [Digest; 3],
}

/// 送检
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct TestRequested {
    /// By whom it shall be tested.
    pub laboratory: OrgNo,
}

/// 检验
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotTested {
    /// 合格
    pub passed: bool,
    /// 检验方法
    pub method: String,
    /// 质量级别
    pub grade: String,
    /// 报告类型
    pub report_kind: ReportKind,
    /// SM3 of the report.
    pub report: Digest,
    /// Milligrams taken.
    pub sample_mg: u64,
}

/// 合格证
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotCertified {
    /// SM3 of the certificate.
    pub certificate: Digest,
    /// SM3 of the payload of its code.
    pub qr_payload: Digest,
}

/// 包装
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotPacked {
    /// Packages with codes.
    pub packs: u32,
    /// Milligrams in them.
    pub weight_mg: u64,
    /// SM3 of the canonical label.
    pub label: Digest,
}

/// 出库. The shipment is the position of the event's transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotShipped {
    /// Sale or return.
    pub movement: LotMovement,
    /// Who alone may receive.
    pub receiver: OrgNo,
    /// Milligrams.
    pub weight_mg: u64,
    /// How weighed.
    pub weighing: Weighing,
    /// At which market.
    pub market: Option<OrgNo>,
}

/// 入库
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotReceived {
    /// Who shipped.
    pub sender: OrgNo,
    /// Milligrams at arrival.
    pub weight_mg: u64,
    /// Milligrams lost on the way.
    pub lost_mg: u64,
    /// How weighed.
    pub weighing: Weighing,
    /// SM3 of the supplier's papers.
    pub evidence: Digest,
    /// First buyer: responsibility for the origin passes here.
    pub hand_over: bool,
}

/// 拒收、撤回
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotRefused {
    /// Who was to receive.
    pub receiver: OrgNo,
    /// Why.
    pub reason: String,
}

/// 非溯源企业入库
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotBoughtUntraced {
    /// Keyed digest of the seller.
    pub seller: Digest,
    /// SM3 of the papers.
    pub evidence: Digest,
    /// How weighed.
    pub weighing: Weighing,
}

/// 非溯源企业出库
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotSoldUntraced {
    /// Milligrams.
    pub weight_mg: u64,
    /// Keyed digest of the buyer.
    pub buyer: Digest,
    /// How weighed.
    pub weighing: Weighing,
}

/// 调剂、代煎
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotDispensed {
    /// Milligrams.
    pub weight_mg: u64,
    /// Keyed digest of the prescription.
    pub prescription: Digest,
    /// 剂数
    pub doses: u16,
    /// 代煎
    pub decoction: bool,
}

/// 报损
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotWrittenOff {
    /// Milligrams.
    pub weight_mg: u64,
    /// Why.
    pub reason: LossReason,
}

/// 抽检
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotSampled {
    /// Milligrams.
    pub weight_mg: u64,
    /// SM3 of the sampling document.
    pub document: Digest,
}

/// 销毁
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotDestroyed {
    /// Milligrams.
    pub weight_mg: u64,
    /// Why.
    pub reason: LossReason,
    /// Keyed digest of 执行人.
    pub executor: Digest,
    /// Keyed digest of 监督人.
    pub supervisor: Digest,
    /// SM3 of the record of destruction.
    pub document: Digest,
    /// The regulator or notary who countersigned.
    pub countersigner: Option<OrgNo>,
}

/// 出口
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotExported {
    /// Milligrams.
    pub weight_mg: u64,
    /// ISO 3166 alpha-2.
    pub country: String,
    /// 报关单号
    pub customs_declaration: String,
    /// 出口生产加工企业备案号
    pub processor_filing: String,
    /// 种植基地备案号
    pub base_filing: String,
    /// SM3 of 防疫体系 papers.
    pub sanitary_system: Digest,
    /// SM3 of the 溯源管理制度.
    pub trace_policy: Digest,
}

/// 锁定、解锁
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotHoldChanged {
    /// Why.
    pub reason: LotHoldReason,
    /// Packages that it is about; 0 for the whole lot.
    pub packs: u32,
    /// SM3 of the decision.
    pub document: Digest,
}

/// 药园备案、变更
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct GardenChanged {
    /// `SM3("bencao/operation/1" ‖ 0x00 ‖ canonical operation)`: all that the document said.
    pub document: Digest,
}

/// 政策支持
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct BenefitRecorded {
    /// What kind.
    pub kind: BenefitKind,
    /// Keyed digest of the household.
    pub household: Option<Digest>,
    /// When.
    pub granted_on: CalendarDate,
    /// Salted commitment to the amount.
    pub details: Digest,
}
