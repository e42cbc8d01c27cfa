//! Ends of a lot, holds, and the way into a drug batch.

use super::LotUse;
use crate::codes::UnitKey;
use crate::tcm::{LossReason, LotHoldReason, LotId};
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, ProductId};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// 调剂、代煎: 饮片 of several lots on one prescription. Lots are weighed, not scanned (医保: 饮片免逐盒扫码).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DispenseLots {
    /// Keyed digest of the prescription.
    pub prescription: Digest,
    /// Keyed digest of the patient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<Digest>,
    /// 剂数
    pub doses: u16,
    /// 代煎
    #[serde(default)]
    pub decoction: bool,
    /// What goes into it, all doses together; at most [`crate::limits::LOTS_PER_PRESCRIPTION_MAX`].
    pub lines: Vec<LotUse>,
}

/// 报损: stock that is no longer there.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WriteOffLot {
    /// Which.
    pub lot: LotId,
    /// Milligrams.
    pub weight_mg: u64,
    /// Why.
    pub reason: LossReason,
}

/// 抽检 by a regulator of the region.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleLot {
    /// Which.
    pub lot: LotId,
    /// Milligrams taken.
    pub weight_mg: u64,
    /// SM3 of the sampling document.
    pub document: Digest,
}

/// 销毁, with executor and supervisor (domain §3.2).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DestroyLot {
    /// Which: all that is left of it.
    pub lot: LotId,
    /// Why.
    pub reason: LossReason,
    /// Keyed digest of 执行人.
    pub executor: Digest,
    /// Keyed digest of 监督人: another person.
    pub supervisor: Digest,
    /// When.
    pub destroyed_on: CalendarDate,
    /// SM3 of the record of destruction.
    pub document: Digest,
}

/// 出口 with the documents of domain §8 rows 24 and 26.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportLot {
    /// Which.
    pub lot: LotId,
    /// Milligrams.
    pub weight_mg: u64,
    /// ISO 3166 alpha-2 of the country it goes to.
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

/// 锁定: it bites in this lot and in every lot made of it, at once.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldLot {
    /// Which.
    pub lot: LotId,
    /// Why.
    pub reason: LotHoldReason,
    /// SM3 of the decision, notification or report.
    pub document: Digest,
    /// Only these packages of it, by their TCM codes; empty: all of it.
    #[serde(default)]
    pub packs: Vec<UnitKey>,
}

/// 解锁 by whoever set it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiftLotHold {
    /// Which.
    pub lot: LotId,
    /// The reason that no longer holds.
    pub reason: LotHoldReason,
    /// SM3 of the decision.
    pub document: Digest,
    /// Only these packages of it.
    #[serde(default)]
    pub packs: Vec<UnitKey>,
}

/// 投料: lots that go into a production batch, by its producer and before its release.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UseLots {
    /// Product.
    pub product_id: ProductId,
    /// 产品批号, of an open batch.
    pub batch_no: String,
    /// What goes in.
    pub inputs: Vec<LotUse>,
}
