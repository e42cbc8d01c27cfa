//! Operations of `production`.

use crate::codes::UnitKey;
use crate::production::QualityDocumentKind;
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, OrgId, ProductId};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// One package of a [`Commission`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommissionedUnit {
    /// Its code, never seen before.
    pub code: UnitKey,
    /// packLayer: 1 = smallest package. Must be the level of the code's prefix; of an SSCC, above all that is inside.
    pub level: u8,
    /// Package around it: in this bill, in any order, or commissioned before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<UnitKey>,
    /// 零头: this package may hold fewer than the full number, and units of other batches of the product.
    #[serde(default)]
    pub remainder: bool,
}

/// 码激活: packages of one batch with their aggregation (Relation XML, domain §3.6).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commission {
    /// Product.
    pub product_id: ProductId,
    /// 产品批号, 1 to 30 printable ASCII characters.
    pub batch_no: String,
    /// 生产日期
    pub made_on: CalendarDate,
    /// 有效期至, inclusive; immutable like all batch data (《药品管理法》 Art. 98).
    pub expires_on: CalendarDate,
    /// Smallest units of the whole batch, the same in every bill of it; release waits for this number.
    pub declared_units: u32,
    /// 生产车间, may be empty.
    #[serde(default)]
    pub workshop: String,
    /// 生产线, may be empty.
    #[serde(default)]
    pub line: String,
    /// The packages.
    pub units: Vec<CommissionedUnit>,
}

/// 上市放行 (101 生产入库, 119 新鲜制剂入库) by the holder's 质量受权人 (《药品管理法》 Art. 33).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// 单据类型: 101 or 119 (domain §3.1).
    #[serde(default = "production_receipt")]
    pub bill_type: u16,
    /// Product.
    pub product_id: ProductId,
    /// 产品批号
    pub batch_no: String,
    /// Smallest units of the batch: must equal what was declared and what was commissioned.
    pub declared_units: u32,
    /// 生物制品批签发证明 number, required for vaccines (《疫苗管理法》 Art. 26); else empty.
    #[serde(default)]
    pub lot_release: String,
    /// SM3 of the quality file, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality_file: Option<Digest>,
    /// Papers of an imported batch (《药品管理法》 Art. 64, 68); absent for one made here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<ImportClearance>,
}

fn production_receipt() -> u16 {
    101
}

/// What customs and the port's drug regulator said of an imported batch.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportClearance {
    /// 进口口岸
    pub port: String,
    /// 进口药品通关单 number.
    pub clearance_no: String,
    /// 报关单号
    pub declaration_no: String,
    /// 原产国 or region, ISO 3166-1 alpha-2.
    pub origin: String,
    /// SM3 of the 口岸检验报告, where Art. 68 asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspection_report: Option<Digest>,
    /// 进口准许证 number, for narcotic and psychotropic drugs (Art. 66); else empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub permit: String,
}

/// A range of 20-digit codes or numeric serials under one prefix, both ends in it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeRange {
    /// 药品标识码
    pub prefix: String,
    /// First serial: the 13 digits after the prefix, as a number.
    pub from: u64,
    /// Last serial.
    pub to: u64,
}

/// T1 申码: codes that may be commissioned later, and never by another product. Ranges, or single codes, or both.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllocateCodes {
    /// Product.
    pub product_id: ProductId,
    /// Ranges of 20-digit codes.
    #[serde(default)]
    pub ranges: Vec<CodeRange>,
    /// Single codes of any scheme.
    #[serde(default)]
    pub codes: Vec<UnitKey>,
}

/// 关联: packages put into one outer package by their custodian (H4). An SSCC that was never seen becomes a logistic
/// package by it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// The outer package.
    pub parent: UnitKey,
    /// What goes into it; out of another package, if it is in one.
    pub codes: Vec<UnitKey>,
}

/// 码作废: labels that are never used, or packages scrapped before their release. For ever.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoidCodes {
    /// Product.
    pub product_id: ProductId,
    /// 原因, not empty.
    pub reason: String,
    /// Codes of any level of it.
    pub codes: Vec<UnitKey>,
}

/// One code in the place of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// Voided for ever.
    pub old: UnitKey,
    /// Never seen before; of the same product and level.
    pub new: UnitKey,
}

/// 码替换 (domain §3.6, T15).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplaceCodes {
    /// 原因, not empty.
    pub reason: String,
    /// At most 500.
    pub replacements: Vec<Replacement>,
}

/// 返工出库 (204): codes voided, their content to be commissioned anew in a batch of its own; also relabelling of recalled
/// goods before they go on sale again (domain §5.3).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rework {
    /// Product.
    pub product_id: ProductId,
    /// 产品批号 of the batch that it becomes; not opened yet.
    pub into_batch: String,
    /// 原因, not empty.
    pub reason: String,
    /// What is reworked.
    pub codes: Vec<UnitKey>,
}

/// 委托生产 agreement of the holder with a contract producer (《药品管理法》 Art. 32).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterContract {
    /// Product.
    pub product_id: ProductId,
    /// Who makes it under contract.
    pub producer: OrgId,
    /// SM3 of 委托协议 and 质量协议.
    pub agreement: Digest,
    /// First day.
    pub valid_from: CalendarDate,
    /// Last day.
    pub valid_to: CalendarDate,
}

/// 境内责任人 of a holder abroad, named by it (《药品管理法》 Art. 38).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameResponsible {
    /// The domestic organisation.
    pub organisation: OrgId,
    /// SM3 of the 授权文书.
    pub authorisation: Digest,
}

/// 送检: the laboratory that may report on a batch, named by holder or producer; the last one named counts.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestBatchTest {
    /// Product.
    pub product_id: ProductId,
    /// 产品批号
    pub batch_no: String,
    /// Who tests.
    pub laboratory: OrgId,
}

/// 批检验 result of holder, producer, the laboratory that they named, or a drug regulator. The last one counts, but a
/// failure stays until the laboratory that found it, or a regulator, finds otherwise.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordBatchTest {
    /// Product.
    pub product_id: ProductId,
    /// 产品批号
    pub batch_no: String,
    /// 合格
    pub passed: bool,
    /// SM3 of the 检验报告书.
    pub report: Digest,
}

/// A document of the quality file of a batch.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileQualityDocument {
    /// Product.
    pub product_id: ProductId,
    /// 产品批号
    pub batch_no: String,
    /// What it is.
    pub kind: QualityDocumentKind,
    /// Its number, may be empty.
    #[serde(default)]
    pub number: String,
    /// SM3 of it.
    pub digest: Digest,
}
