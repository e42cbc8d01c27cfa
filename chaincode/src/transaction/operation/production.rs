//! Operations of `production`.

use crate::codes::UnitKey;
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, ProductId};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

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
