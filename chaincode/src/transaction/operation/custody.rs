//! Operations of `custody`.

use crate::codes::UnitKey;
use crate::transaction::DocumentNumber;
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, OrgId, ProductId, TimestampMs};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

byte_enum! {
    /// 退货原因 (return_reason_code, domain §3.2).
    pub enum ReturnReason {
        /// 破损
        Damaged = 1 as "damaged", "破损",
        /// 召回
        Recall = 2 as "recall", "召回",
        /// 滞销
        SlowMoving = 3 as "slow_moving", "滞销",
        /// 过期失效
        Expired = 4 as "expired", "过期失效",
        /// 近效期
        NearExpiry = 5 as "near_expiry", "近效期",
        /// 其他
        Other = 6 as "other", "其他",
    }
}

byte_enum! {
    /// Why a receiver does not take goods (拒收).
    pub enum RefusalReason {
        /// 短少: listed, not delivered.
        Shortage = 1 as "shortage", "短少",
        /// 破损
        Damaged = 2 as "damaged", "破损",
        /// 货单不符 (GSP: goods, order and delivery note must match).
        WrongGoods = 3 as "wrong_goods", "货单不符",
        /// xt_is_check = 0: trace information failed the check.
        CheckFailed = 4 as "check_failed", "追溯信息核验未通过",
        /// Temperature record missing or out of range (《疫苗管理法》 Art. 39).
        Temperature = 5 as "temperature", "运输温度不符",
        /// 随货同行单 or another document is missing.
        Documents = 6 as "documents", "随货资料不全",
        /// 近效期
        NearExpiry = 7 as "near_expiry", "近效期",
        /// 其他
        Other = 9 as "other", "其他",
    }
}

/// A document of another organisation under which goods move: an [`Instruct`].
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderRef {
    /// Whose.
    pub by: OrgId,
    /// Its document number.
    pub number: DocumentNumber,
}

/// What only some shipments state.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShipTerms {
    /// 直调企业 (dest_user_id): the firm that buys from the sender and sells to the receiver (207, 237).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<OrgId>,
    /// 退货原因, required for 202, 218 and 237.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReturnReason>,
    /// The consignor's instruction (222, 223), a CDC's designation of a vaccination site, or for 207 the order of the firm in
    /// between.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderRef>,
    /// 药品配送企业 (dis_ent_id).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier: Option<OrgId>,
    /// Number of the 运输证明 or 邮寄证明 (narcotic, psychotropic I), or of the 调剂 approval (hospital preparations);
    /// else empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub permit: String,
    /// Whether the permit is a 邮寄证明, which serves one parcel; a 运输证明 serves for its term.
    #[serde(skip_serializing_if = "is_false")]
    pub postal: bool,
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// 出库 towards one receiver; codes of any package level.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ship {
    /// 单据类型: 201, 202, 203, 207, 209, 211, 212, 217, 218 or 237 (domain §3.1).
    pub bill_type: u16,
    /// Who alone may receive.
    pub receiver: OrgId,
    /// 单据时间 as the sender states it; block time decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_time: Option<TimestampMs>,
    /// Salted SM3 commitment to addresses, persons, prices and carrier (D20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Digest>,
    /// What only some shipments state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<ShipTerms>,
    /// What leaves.
    pub codes: Vec<UnitKey>,
}

/// The full record of the temperature on the way (《疫苗管理法》 Art. 39).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Temperature {
    /// SM3 of the record, from loading to unloading.
    pub record: Digest,
    /// Lowest reading, tenths of a degree Celsius.
    pub lowest: i16,
    /// Highest reading, tenths of a degree Celsius.
    pub highest: i16,
}

/// Papers of an import (《药品管理法》 Art. 64, 66, 68).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportPapers {
    /// 报关单号
    pub declaration: String,
    /// 进口药品通关单号
    pub clearance: String,
    /// 口岸
    pub port: String,
    /// 进口准许证 number, for narcotic and psychotropic drugs (Art. 66); else empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub permit: String,
    /// SM3 of the 口岸检验报告, where Art. 68 asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspection_report: Option<Digest>,
}

/// What the receiver found and was given (进货查验; 《药品管理法》 Art. 56, 70).
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Evidence {
    /// SM3 of the 随货同行单 and the supplier's papers with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_note: Option<Digest>,
    /// Keyed digest of the 验收人.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inspector: Option<Digest>,
    /// Of the cold chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<Temperature>,
    /// Of an import.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import: Option<ImportPapers>,
}

/// 入库 of a shipment, whole or in part, by its designated receiver.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receive {
    /// 单据类型: 102, 103, 104, 106–110, 113–115 or 117 (domain §3.1).
    pub bill_type: u16,
    /// Who shipped.
    pub sender: OrgId,
    /// The sender's document number.
    pub shipment_no: DocumentNumber,
    /// xt_is_check: trace information was verified at acceptance (NMPAB/T 1001). Goods that failed it are refused
    /// with [`Refuse`].
    #[serde(default = "yes")]
    pub verified: bool,
    /// 单据时间 as the receiver states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_time: Option<TimestampMs>,
    /// Salted SM3 commitment to addresses and persons (D20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Digest>,
    /// 验收 with the papers of the supplier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// The consignor's instruction 120, if the goods were shipped to the consignor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderRef>,
    /// The codes as shipped.
    pub codes: Vec<UnitKey>,
}

fn yes() -> bool {
    true
}

/// 拆箱: children taken out of the packages around them by their custodian.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disaggregate {
    /// The children.
    pub codes: Vec<UnitKey>,
}

/// 拒收、短少: the designated receiver does not take codes of a shipment; they go back with a dispute on them.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refuse {
    /// Who shipped.
    pub sender: OrgId,
    /// The sender's document number.
    pub shipment_no: DocumentNumber,
    /// Why.
    pub reason: RefusalReason,
    /// 未验证通过原因 (xt_check_code_desc), required when the check failed; no personal data.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Salted SM3 commitment to photographs, records and persons (D20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Digest>,
    /// Codes as shipped, or codes missing from inside a package that was shipped as a whole.
    pub codes: Vec<UnitKey>,
}

/// The sender receives refused goods back.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakeBack {
    /// The sender's own document number.
    pub shipment_no: DocumentNumber,
    /// Salted SM3 commitment to the inspection of what came back (D20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Digest>,
    /// Refused codes.
    pub codes: Vec<UnitKey>,
}

/// One side of a refused shipment accepts that goods are lost; when both have, they are.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptLoss {
    /// Who shipped.
    pub sender: OrgId,
    /// The sender's document number.
    pub shipment_no: DocumentNumber,
    /// Salted SM3 commitment to the report (D20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Digest>,
    /// Refused codes.
    pub codes: Vec<UnitKey>,
}

/// 撤销发货: the sender takes a shipment, or part of it, back before anything of it was received or refused; what is
/// outstanding of an overdue one, or of one whose receiver was removed, also later.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancelShipment {
    /// The sender's own document number.
    pub shipment_no: DocumentNumber,
    /// Codes as shipped.
    pub codes: Vec<UnitKey>,
}

/// A movement inside the custodian's own house, or the use of stock.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveStock {
    /// 单据类型: 111, 112, 118, 208, 221 or 320 (domain §3.1).
    pub bill_type: u16,
    /// Why; no personal data.
    pub reason: String,
    /// Salted SM3 commitment to the report (D20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Digest>,
    /// The codes.
    pub codes: Vec<UnitKey>,
}

/// 出口 (T14).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// 报关单号
    pub declaration: String,
    /// Country or region of destination, ISO 3166-1 alpha-2.
    pub destination: String,
    /// 出口备案号 of the exporter.
    pub filing: String,
    /// 出口准许证 number, required for narcotic and psychotropic drugs (《药品管理法》 Art. 66); else empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub permit: String,
    /// SM3 of the 防疫体系 document, required for herbs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<Digest>,
    /// SM3 of the 溯源管理 document, required for herbs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceability: Option<Digest>,
    /// What leaves the country; codes of any package level.
    pub codes: Vec<UnitKey>,
}

/// 进口不合格: goods on their way from abroad are not let in. The designated receiver or customs say so; afterwards they
/// go back (202) or are destroyed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectImport {
    /// Who shipped: a foreign organisation.
    pub sender: OrgId,
    /// The sender's document number.
    pub shipment_no: DocumentNumber,
    /// 报关单号
    pub declaration: String,
    /// Why; no personal data.
    pub reason: String,
    /// SM3 of the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Digest>,
    /// Codes as shipped.
    pub codes: Vec<UnitKey>,
}

/// 委托指令 120, 222, 223; with bill type 209 a CDC's designation of a vaccination site that a holder may supply directly
/// (《疫苗管理法》 Art. 36); with 207 the word of a firm that has what it bought shipped straight to its own buyer.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instruct {
    /// 单据类型: 120, 207, 209, 222 or 223.
    pub bill_type: u16,
    /// Who shall act: the keeper of the goods, the holder that delivers, or for 207 who sells to the author and ships.
    pub executor: OrgId,
    /// The other side: who shall receive, for 120 who returns.
    pub partner: OrgId,
    /// Last day.
    pub valid_to: CalendarDate,
    /// The only product meant; any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// The codes meant, for 120, 222 and 223, carried out by one bill that names the same. Empty for 209. For 207 they, or
    /// a product alone: then the order stands until its last day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<UnitKey>,
}
