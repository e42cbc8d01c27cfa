//! Shapes of answers. `snake_case`, codes and digests as text, dates and instants as text.

use crate::codes::UnitKey;
use crate::transaction::TransactionId;
use bencao_crypto::KeyId;
use bencao_genesis::{CalendarDate, Height, OrgId, TimestampMs};
use serde::{Serialize, Serializer};

fn rfc3339<S: Serializer>(time: &TimestampMs, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(time)
}

fn rfc3339_option<S: Serializer>(time: &Option<TimestampMs>, s: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => s.collect_str(time),
        None => s.serialize_none(),
    }
}

/// A member.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Party {
    /// 统一社会信用代码 or another identifier.
    pub id: OrgId,
    /// Registered name.
    pub name: String,
}

byte_enum! {
    /// The short answer about one code.
    pub enum Verdict {
        /// Nothing to say against it.
        Normal = 0 as "normal", "正常",
        /// Commissioned, its batch not released.
        NotReleased = 1 as "not_released", "未放行",
        /// On its way to a receiver.
        InTransit = 2 as "in_transit", "在途",
        /// Dispensed, once.
        Sold = 3 as "sold", "已售出",
        /// Past its expiry date.
        Expired = 4 as "expired", "已过期",
        /// On hold for another reason than a recall.
        Held = 5 as "held", "已锁定",
        /// Under recall.
        Recalled = 6 as "recalled", "召回",
        /// Destroyed, voided, lost, sampled, exported or used up.
        Withdrawn = 7 as "withdrawn", "已注销",
    }
}

/// A product as shown beside a unit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ProductView {
    /// Chain-wide name.
    pub id: String,
    /// 药品通用名称
    pub generic_name: String,
    /// 商品名
    pub trade_name: String,
    /// 剂型
    pub dosage_form: String,
    /// 制剂规格
    pub strength: String,
    /// 包装规格 of the unit's level.
    pub package: String,
    /// 批准文号
    pub approval_number: String,
    /// 国家药品编码本位码
    pub standard_code: String,
    /// Class, as in genesis files.
    pub class: String,
    /// Class in Chinese.
    pub class_zh: &'static str,
    /// 处方药
    pub prescription_only: bool,
    /// 执行标准, as its holder names it; may be empty.
    pub standard: String,
    /// 有效期 in months; 0 if none is set.
    pub shelf_life_months: u16,
    /// 成份, as on the label (《药品管理法》 Art. 49); may be empty.
    pub ingredients: String,
    /// 上市许可持有人地址, as on the label; may be empty.
    pub holder_address: String,
    /// 生产企业地址, as on the label; may be empty.
    pub producer_address: String,
    /// 重点追溯品种, as its holder says.
    pub key_traced: bool,
}

/// A batch as shown beside a unit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BatchView {
    /// 产品批号
    pub batch_no: String,
    /// 生产日期
    pub made_on: CalendarDate,
    /// 有效期至; absent only of lots of 饮片 without a 保质期.
    pub expires_on: Option<CalendarDate>,
    /// 已放行
    pub released: bool,
}

/// An open shipment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TransitView {
    /// Who sent it.
    pub sender: Party,
    /// Who alone may receive.
    pub receiver: Party,
    /// The sender's document number.
    pub document_no: String,
    /// Refused by its receiver and on its way back.
    pub disputed: bool,
}

/// One line of a history.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct HistoryEntry {
    /// Block.
    pub height: Height,
    /// Transaction in the block.
    pub transaction: u32,
    /// Event in the transaction.
    pub event: u32,
    /// Block time.
    #[serde(serialize_with = "rfc3339")]
    pub time: TimestampMs,
    /// What happened.
    pub kind: &'static str,
    /// The same in Chinese.
    pub kind_zh: &'static str,
    /// Who acted and answers for it.
    pub by: Party,
    /// Who signed for it under a mandate, if anybody.
    pub agent: Option<Party>,
    /// The key that signed.
    pub key_id: KeyId,
    /// Receiver of a shipment.
    pub to: Option<Party>,
    /// 单据类型
    pub bill_type: Option<u16>,
    /// Why: of a return, a refusal, a complaint.
    pub reason: Option<String>,
    /// 单据编号 of who acted.
    pub document_no: String,
    /// Filled in by a node; a proof holds none.
    pub transaction_id: Option<TransactionId>,
    /// The code that the bill named, or the batch number.
    pub subject: String,
}

/// All about one code, for members and regulators.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct UnitView {
    /// As printed.
    pub code: UnitKey,
    /// Canonical key.
    pub unit_key: String,
    /// The short answer.
    pub verdict: Verdict,
    /// The same in Chinese.
    pub verdict_zh: &'static str,
    /// Effective lifecycle state.
    pub state: &'static str,
    /// The same in Chinese.
    pub state_zh: &'static str,
    /// Code status on the national platform.
    pub platform_status: &'static str,
    /// Package level.
    pub level: u8,
    /// 特药
    pub special: bool,
    /// Effective holds.
    pub holds: Vec<&'static str>,
    /// By the date asked for.
    pub expired: bool,
    /// Days to the last day of the first batch in it to expire, 0 on that day, negative after it.
    pub days_left: i64,
    /// Product.
    pub product: ProductView,
    /// 上市许可持有人
    pub holder: Party,
    /// 生产企业
    pub producer: Party,
    /// Batch.
    pub batch: BatchView,
    /// Who has it; while in transit, who sent it.
    pub custodian: Party,
    /// While shipped.
    pub in_transit: Option<TransitView>,
    /// Packages around it, nearest first.
    pub parents: Vec<UnitKey>,
    /// Direct children inside.
    pub children: u32,
    /// Accepted sales.
    pub sale_count: u16,
    /// Block time of the first.
    #[serde(serialize_with = "rfc3339_option")]
    pub first_sale_time: Option<TimestampMs>,
    /// Who dispensed it.
    pub seller: Option<Party>,
    /// What is left of a unit that was dispensed in parts, 10⁻⁴ of a smallest preparation unit.
    pub remaining: Option<u64>,
    /// 码替换: the code that took its place.
    pub replaced_by: Option<UnitKey>,
    /// 码替换: the voided code whose place it took.
    pub replaces: Option<UnitKey>,
    /// What its batch was made of, for classes whose batches are made of lots, once it was declared.
    pub herbs: Option<super::BatchHerbsView>,
    /// Whether the history is longer than what is told of it: then its newest events are told. Never of a proof.
    pub truncated: bool,
    /// Oldest first.
    pub history: Vec<HistoryEntry>,
}

byte_enum! {
    /// 追溯码状态 for consumers (domain §3.8).
    pub enum ConsumerStatus {
        /// 正常
        Normal = 0 as "normal", "正常",
        /// 已售出
        Sold = 1 as "sold", "已售出",
        /// 召回
        Recalled = 2 as "recalled", "召回",
        /// 过期
        Expired = 3 as "expired", "过期",
        /// 已注销
        Withdrawn = 4 as "withdrawn", "已注销",
        /// 暂停
        Suspended = 5 as "suspended", "暂停流通",
        /// 未查询到
        NotFound = 6 as "not_found", "未查询到",
    }
}

/// What everybody may see (NMPAB/T 1009, 1012; domain §3.8): no prices, partners or
/// patients, and of attempts only those that a regulator confirmed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ConsumerView {
    /// As asked.
    pub code: UnitKey,
    /// Status.
    pub status: ConsumerStatus,
    /// The same in Chinese.
    pub status_zh: &'static str,
    /// Absent if the code was never commissioned.
    pub product: Option<ProductView>,
    /// 上市许可持有人
    pub holder: Option<String>,
    /// 生产企业
    pub producer: Option<String>,
    /// Batch, dates.
    pub batch: Option<BatchView>,
    /// Accepted sales: 2 or more would be suspected 回流药.
    pub sale_count: u16,
    /// Of the first sale.
    #[serde(serialize_with = "rfc3339_option")]
    pub first_sale_time: Option<TimestampMs>,
    /// Of the first sale.
    pub seller: Option<String>,
    /// Illegal attempts that a drug regulator has confirmed (D9).
    pub confirmed_attempts: u16,
    /// 产地, 采收期, 执行标准 and 保质期, of 饮片, 药材 and what declares the herbs that it was made of.
    pub herbs: Option<super::ConsumerHerbsView>,
}

/// An applied document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BillView {
    /// The transaction.
    pub transaction_id: TransactionId,
    /// Whose.
    pub principal: OrgId,
    /// Number.
    pub document_no: String,
    /// Block.
    pub height: Height,
    /// Transaction in the block.
    pub index: u32,
    /// Name of the operation.
    pub operation: &'static str,
    /// Codes named.
    pub codes: u32,
    /// Who signed for the principal under a mandate, if anybody.
    pub agent: Option<Party>,
    /// The key that signed.
    pub key_id: KeyId,
    /// If it shipped something.
    pub shipment: Option<ShipmentView>,
}

/// A shipment with its accounting: shipped = received + disputed + taken back + lost + cancelled + outstanding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ShipmentView {
    /// 单据类型
    pub bill_type: u16,
    /// Its name.
    pub bill_type_zh: &'static str,
    /// Block time.
    #[serde(serialize_with = "rfc3339")]
    pub shipped_at: TimestampMs,
    /// Who alone may receive.
    pub receiver: Party,
    /// 直调企业
    pub through: Option<Party>,
    /// In whose name the sender keeps the goods.
    pub consignor: Option<Party>,
    /// Packages that left, as the bill named them.
    pub shipped: u32,
    /// Received.
    pub received: u32,
    /// Refused, not settled.
    pub disputed: u32,
    /// Refused and back at the sender.
    pub taken_back: u32,
    /// Refused and given up by both sides.
    pub lost: u32,
    /// Cancelled by the sender.
    pub cancelled: u32,
    /// Neither received nor refused.
    pub outstanding: u32,
}

/// A child of a package.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ChildView {
    /// Its code.
    pub code: UnitKey,
    /// Its level.
    pub level: u8,
}
