//! The operations of this rule version. Codes travel in packed canonical form; JSON shows them as text.

use crate::codes::UnitKey;
use bencao_crypto::{Digest, tagged};
use bencao_genesis::{CalendarDate, OrgId, Product, ProductId, TimestampMs};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// 品种备案: a product with its package levels and code prefixes, by its MAH.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterProduct {
    /// The master record.
    pub product: Product,
}

/// One package of a [`Commission`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommissionedUnit {
    /// Its code, never seen before.
    pub code: UnitKey,
    /// packLayer: 1 = smallest package. Must be the level of the code's prefix.
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

/// 上市放行 (bill type 101) by the holder's 质量受权人 (《药品管理法》 Art. 33).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
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
}

/// 出库 towards one receiver; codes of any package level.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ship {
    /// 单据类型 (domain §3.1).
    pub bill_type: u16,
    /// Who alone may receive.
    pub receiver: OrgId,
    /// 单据时间 as the sender states it; block time decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_time: Option<TimestampMs>,
    /// Salted SM3 commitment to addresses, persons, prices and carrier (D20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Digest>,
    /// What leaves.
    pub codes: Vec<UnitKey>,
}

/// 入库 of a shipment, whole or in part, by its designated receiver.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receive {
    /// 单据类型 (domain §3.1).
    pub bill_type: u16,
    /// Who shipped.
    pub sender: OrgId,
    /// The sender's document number.
    pub shipment_no: super::DocumentNumber,
    /// xt_is_check: trace information was verified at acceptance (NMPAB/T 1001). Must be true here.
    #[serde(default = "yes")]
    pub verified: bool,
    /// 单据时间 as the receiver states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_time: Option<TimestampMs>,
    /// Salted SM3 commitment to addresses and persons (D20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Digest>,
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

/// 零售、使用、接种: the end of a smallest unit's way.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispense {
    /// 单据类型: 320, 321, 322 or 323 (domain §3.1).
    pub bill_type: u16,
    /// 单据时间 as the seller states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_time: Option<TimestampMs>,
    /// Keyed digest of the prescription; a pharmacy sells 处方药 only with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prescription: Option<Digest>,
    /// Keyed digest of the buyer or patient; never the number itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Digest>,
    /// Smallest units.
    pub codes: Vec<UnitKey>,
}

json_tagged_enum! {
    /// One operation: u16 tag, then its fields.
    #[derive(Clone, PartialEq, Eq, Debug)]
    pub enum Operation: u16 {
        /// `registry`
        RegisterProduct(RegisterProduct) = 0x0101 as "register_product",
        /// `production`
        Commission(Commission) = 0x0201 as "commission",
        /// `production`
        Release(Release) = 0x0202 as "release",
        /// `custody`
        Ship(Ship) = 0x0301 as "ship",
        /// `custody`
        Receive(Receive) = 0x0302 as "receive",
        /// `custody`
        Disaggregate(Disaggregate) = 0x0303 as "disaggregate",
        /// `dispensing`
        Dispense(Dispense) = 0x0401 as "dispense",
    }
}

impl Operation {
    /// Number of codes that the bill names; 0 for operations that name none.
    pub fn codes_count(&self) -> usize {
        match self {
            Operation::RegisterProduct(_) | Operation::Release(_) => 0,
            Operation::Commission(o) => o.units.len(),
            Operation::Ship(o) => o.codes.len(),
            Operation::Receive(o) => o.codes.len(),
            Operation::Disaggregate(o) => o.codes.len(),
            Operation::Dispense(o) => o.codes.len(),
        }
    }

    /// Whether it is a bill of codes, which must name at least one.
    pub fn names_codes(&self) -> bool {
        !matches!(self, Operation::RegisterProduct(_) | Operation::Release(_))
    }

    /// The codes in the order of the bill.
    pub fn codes(&self) -> Vec<UnitKey> {
        match self {
            Operation::RegisterProduct(_) | Operation::Release(_) => Vec::new(),
            Operation::Commission(o) => o.units.iter().map(|u| u.code).collect(),
            Operation::Ship(o) => o.codes.clone(),
            Operation::Receive(o) => o.codes.clone(),
            Operation::Disaggregate(o) => o.codes.clone(),
            Operation::Dispense(o) => o.codes.clone(),
        }
    }

    /// The bill type of domain §3.1, for operations that are bills.
    pub fn bill_type(&self) -> Option<u16> {
        match self {
            Operation::Release(_) => Some(101),
            Operation::Ship(o) => Some(o.bill_type),
            Operation::Receive(o) => Some(o.bill_type),
            Operation::Dispense(o) => Some(o.bill_type),
            Operation::RegisterProduct(_) | Operation::Commission(_) | Operation::Disaggregate(_) => None,
        }
    }

    /// `SM3("bencao/operation/1" ‖ 0x00 ‖ canonical operation)`: whether two transactions under one document number
    /// say the same.
    pub fn content(&self) -> Digest {
        tagged("bencao/operation/1", &[&bencao_crypto::encode(self)])
    }

    /// Writes of the operation itself at most: each code, the package it leaves or joins, and the packages around that.
    pub(crate) fn writes_bound(&self) -> u32 {
        let codes = u32::try_from(self.codes_count()).unwrap_or(u32::MAX);
        match self {
            Operation::RegisterProduct(o) => {
                u32::try_from(o.product.packages.len()).unwrap_or(u32::MAX).saturating_add(4)
            }
            Operation::Release(_) => 1,
            Operation::Commission(o) => {
                let inside: std::collections::BTreeSet<&UnitKey> = o.units.iter().map(|u| &u.code).collect();
                let outside: std::collections::BTreeSet<&UnitKey> =
                    o.units.iter().filter_map(|u| u.parent.as_ref()).filter(|p| !inside.contains(p)).collect();
                let outside = u32::try_from(outside.len()).unwrap_or(u32::MAX);
                codes.saturating_add(outside.saturating_mul(u32::from(crate::limits::LEVELS_MAX))).saturating_add(3)
            }
            Operation::Receive(_) => codes,
            Operation::Ship(_) | Operation::Disaggregate(_) | Operation::Dispense(_) => codes.saturating_mul(2),
        }
    }
}
