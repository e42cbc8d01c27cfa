//! What must be on record before lots are made: herbs, pieces, 炮制 scopes, gardens.

use crate::codes::HerbCode;
use crate::tcm::{BenefitKind, Craft, GardenId, LocalNo};
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, OrgId, ProductId, RegionCode};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// One 品种 of [`RegisterHerbs`].
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Herb {
    /// GB/T 31774 code.
    pub code: HerbCode,
    /// 品名
    pub name: String,
    /// 基源: Latin name of the species.
    pub species: String,
    /// 药用部位
    pub part: String,
    /// 新发现或从境外引种: sold only with an approval (《药品管理法》 Art. 63).
    #[serde(default)]
    pub newly_introduced: bool,
    /// Number of that approval, or empty.
    #[serde(default)]
    pub approval_number: String,
}

/// 中药材品种目录, by a drug regulator. A code registered before may only gain its approval number.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterHerbs {
    /// At most [`crate::limits::HERBS_PER_BILL_MAX`].
    pub herbs: Vec<Herb>,
}

/// 饮片工艺档案: what a 饮片 is made of and how, by the holder of its product. A later one replaces it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefinePiece {
    /// A product of class 中药饮片.
    pub product_id: ProductId,
    /// The herb it is made of.
    pub herb: HerbCode,
    /// 执行标准: name of the national or provincial standard (《药品管理法》 Art. 44), as in the standards registry.
    pub standard: String,
    /// Least output per million parts of input, by weight.
    pub yield_ppm_min: u32,
    /// Most output per million parts of input.
    pub yield_ppm_max: u32,
}

/// 炮制范围 of a producer's or a hospital's licence, by a drug regulator. A later one replaces it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetProcessingScope {
    /// Whose.
    pub organisation: OrgId,
    /// Number of the licence, or of the filing of a hospital (《中医药法》 Art. 28).
    pub licence_no: String,
    /// Ascending without repeats.
    pub crafts: Vec<Craft>,
    /// First day.
    pub valid_from: CalendarDate,
    /// Last day.
    pub valid_to: CalendarDate,
}

/// 定制药园备案 by its sponsor (domain §4.6).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterGarden {
    /// 药园编号 within the sponsor.
    pub garden_no: LocalNo,
    /// 基地编码
    pub base_no: String,
    /// County of the base (GB/T 2260).
    pub county: RegionCode,
    /// 贫困县 when it was founded.
    #[serde(default)]
    pub poverty_county: bool,
    /// 农户: keyed digests, ascending without repeats.
    #[serde(default)]
    pub households: Vec<Digest>,
    /// 合作社 and other growers that are members of the chain.
    #[serde(default)]
    pub growers: Vec<OrgId>,
    /// 品种
    pub herbs: Vec<HerbCode>,
    /// 面积, hundredths of a 亩.
    pub area_mu_100: u32,
    /// First day of the contract.
    pub contract_from: CalendarDate,
    /// Last day of the contract.
    pub contract_to: CalendarDate,
    /// SM3 of the contract.
    pub contract: Digest,
    /// 承诺, such as 优质优价.
    pub commitments: String,
    /// Number of a certification, or empty.
    #[serde(default)]
    pub certification: String,
}

/// 药园变更: members that come and go, a contract prolonged.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmendGarden {
    /// 药园编号 of the principal.
    pub garden_no: LocalNo,
    /// 农户 that join, ascending.
    #[serde(default)]
    pub households_added: Vec<Digest>,
    /// 农户 that leave, ascending.
    #[serde(default)]
    pub households_removed: Vec<Digest>,
    /// Last day of the contract from now on.
    pub contract_to: CalendarDate,
    /// SM3 of the contract or its supplement.
    pub contract: Digest,
}

/// 政策支持记录: a benefit that reached a garden or one household of it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordBenefit {
    /// Which garden.
    pub garden: GardenId,
    /// What kind.
    pub kind: BenefitKind,
    /// The household that had it; absent for the garden as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household: Option<Digest>,
    /// When.
    pub granted_on: CalendarDate,
    /// Salted SM3 commitment to the amount and its papers (D20).
    pub details: Digest,
}
