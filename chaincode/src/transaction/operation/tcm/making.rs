//! 产地初加工、检验、合格证、混批、分批、炮制、包装.

use crate::codes::UnitKey;
use crate::tcm::{LocalNo, LotId, Method, PackKind, ReportKind};
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, OrgId, ProductId};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// So much of a lot.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotUse {
    /// Which.
    pub lot: LotId,
    /// 使用重量 meduseweight, milligrams.
    pub weight_mg: u64,
}

/// 产地初加工: drying, cleaning, cutting at the place of origin.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessAtOrigin {
    /// New number of the principal.
    pub lot_no: LocalNo,
    /// Lots of one herb.
    pub inputs: Vec<LotUse>,
    /// 粗加工方法
    pub method: String,
    /// Output, milligrams.
    pub weight_mg: u64,
    /// Declared loss, milligrams: output and loss are exactly the inputs (M3).
    pub loss_mg: u64,
    /// When.
    pub done_on: CalendarDate,
    /// Keyed digest of the operator.
    pub operator: Digest,
}

/// 送检: the owner names the laboratory that may report on a lot.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestTest {
    /// Which.
    pub lot: LotId,
    /// By whom.
    pub laboratory: OrgId,
}

/// 检验, by the owner or by the laboratory it named.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestLot {
    /// Which.
    pub lot: LotId,
    /// 检验方法
    pub method: String,
    /// 质量级别
    pub grade: String,
    /// 报告类型
    pub report_kind: ReportKind,
    /// SM3 of the report.
    pub report: Digest,
    /// 合格
    pub passed: bool,
    /// Consumed by the test and kept as sample, milligrams.
    #[serde(default)]
    pub sample_mg: u64,
    /// When.
    pub tested_on: CalendarDate,
}

/// 农产品质量合格证（二维码）: before a lot leaves its origin (domain §8 rows 4, 53).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertifyLot {
    /// Which.
    pub lot: LotId,
    /// SM3 of the certificate.
    pub certificate: Digest,
    /// SM3 of the payload of its two-dimensional code.
    pub qr_payload: Digest,
}

/// 混批: a new lot of several (M6).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlendLots {
    /// New number of the principal.
    pub lot_no: LocalNo,
    /// Two lots or more, of one kind, herb and product.
    pub inputs: Vec<LotUse>,
    /// Lost while mixing, milligrams.
    #[serde(default)]
    pub loss_mg: u64,
    /// When.
    pub done_on: CalendarDate,
}

/// A new lot out of another.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotPart {
    /// New number of the principal.
    pub lot_no: LocalNo,
    /// Weight, milligrams.
    pub weight_mg: u64,
    /// Outermost packages that go with it; of a packed lot, their weights make up the part's.
    #[serde(default)]
    pub packs: Vec<UnitKey>,
}

/// 分批: new lots out of one; what is not named stays.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitLot {
    /// Which.
    pub lot: LotId,
    /// At most [`crate::limits::PARTS_PER_SPLIT_MAX`].
    pub parts: Vec<LotPart>,
}

/// 辅料
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auxiliary {
    /// 蜂蜜、黄酒、食盐 …
    pub name: String,
    /// Milligrams.
    pub weight_mg: u64,
}

/// One recorded step of 炮制 with its operator.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessStep {
    /// Which; its group follows from it.
    pub method: Method,
    /// Size, sieve aperture, temperature, time; may be empty.
    #[serde(default)]
    pub details: String,
    /// Keyed digest of the operator.
    pub operator: Digest,
}

/// 炮制: a lot of 饮片 from tested herbs.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessPieces {
    /// New number of the principal: 产品批号.
    pub lot_no: LocalNo,
    /// A product of class 中药饮片 with a 工艺档案.
    pub product_id: ProductId,
    /// Lots of the herb that the product is made of.
    pub inputs: Vec<LotUse>,
    /// 辅料列表
    #[serde(default)]
    pub auxiliaries: Vec<Auxiliary>,
    /// 生产流程, in order of the step groups.
    pub steps: Vec<ProcessStep>,
    /// 实际产量 tabletweight, milligrams.
    pub weight_mg: u64,
    /// Declared loss, milligrams: output and loss are exactly inputs and auxiliaries (M3).
    pub loss_mg: u64,
    /// 生产日期
    pub made_on: CalendarDate,
    /// 保质期至; must be stated from 2025-08-01 on (2023年第90号).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_before: Option<CalendarDate>,
    /// Keyed digest of 工艺员.
    pub technologist: Digest,
    /// Keyed digest of 生产部经理.
    pub manager: Digest,
    /// Keyed digest of QA.
    pub quality_person: Digest,
}

/// What each package shows (《药品管理法》 Art. 48; 2023年第90号).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// 品名
    pub name: String,
    /// 规格, may be empty.
    #[serde(default)]
    pub specification: String,
    /// 产地: names every place of the lot's origins.
    pub origin: String,
    /// 日期
    pub date: CalendarDate,
    /// 供货单位、生产企业
    pub supplier: String,
    /// 质量合格标志
    pub quality_mark: bool,
    /// 执行标准; of 饮片, equal to the lot's.
    #[serde(default)]
    pub standard: String,
    /// 贮藏; of 饮片.
    #[serde(default)]
    pub storage: String,
    /// 保质期至; of 饮片, equal to the lot's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_before: Option<CalendarDate>,
    /// “药材符合GAP要求” on the label: SM3 of the audit of the supplier that it takes (2022年第22号); absent: not on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap_audit: Option<Digest>,
}

/// One package of [`PackLot`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackedCode {
    /// A TCM package code, never seen before.
    pub code: UnitKey,
    /// codetype 5 包码, 6 箱码, 7 袋码.
    pub kind: PackKind,
    /// Milligrams; of a package around others, the sum of theirs within the tolerance (M4).
    pub weight_mg: u64,
    /// The package around it, in this bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<UnitKey>,
}

/// 包装赋码. Without codes: packed and labelled in bulk, as crude herbs mostly are.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackLot {
    /// Which.
    pub lot: LotId,
    /// What each package shows.
    pub label: Label,
    /// Packages with codes.
    #[serde(default)]
    pub packs: Vec<PackedCode>,
}
