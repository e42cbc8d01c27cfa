//! Shapes of answers about lots, gardens and what production batches are made of. Weights are whole milligrams.

use super::views::{HistoryEntry, Party};
use crate::codes::HerbCode;
use crate::tcm::{Balance, Claims, GardenId, HarvestPeriod, LotId, Place};
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, RegionCode};
use serde::Serialize;

/// A herb as shown beside a lot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct HerbView {
    /// GB/T 31774 code.
    pub code: HerbCode,
    /// 品名
    pub name: String,
    /// 基源
    pub species: String,
    /// 药用部位
    pub part: String,
}

/// One member of an origin set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OriginView {
    /// The plants, or what was bought from outside the system.
    pub lot: LotId,
    /// 产地, county.
    pub region: RegionCode,
    /// 产地 as labels print it.
    pub place: String,
    /// 基地编码
    pub base_no: String,
    /// 定制药园
    pub garden: Option<GardenId>,
    /// Keyed digest of the household.
    pub household: Option<Digest>,
    /// 采收期 of what went into the lot, as far as it is on record.
    pub harvested: Option<HarvestPeriod>,
}

/// So much of a lot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LotShareView {
    /// Which.
    pub lot: LotId,
    /// Milligrams.
    pub weight_mg: u64,
}

/// A hold of a lot or of one that it descends from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LotHoldView {
    /// The lot that is held.
    pub lot: LotId,
    /// Why.
    pub reason: &'static str,
    /// The same in Chinese.
    pub reason_zh: &'static str,
    /// Who set it.
    pub by: Party,
    /// SM3 of the decision.
    pub document: Digest,
}

/// A freeze level that holds a lot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LotHeldView {
    /// `enterprise`, `product` (a variety too), `lot` or `package`.
    pub level: &'static str,
    /// The same in Chinese.
    pub level_zh: &'static str,
    /// Names of the holds.
    pub holds: Vec<&'static str>,
}

/// Last test of a lot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LotTestView {
    /// 合格
    pub passed: bool,
    /// Who reported.
    pub by: Party,
    /// SM3 of the report.
    pub report: Digest,
    /// When.
    pub tested_on: CalendarDate,
}

/// One line of a lot's history.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LotEventView {
    /// As for codes.
    #[serde(flatten)]
    pub entry: HistoryEntry,
    /// Milligrams that it was about.
    pub weight_mg: Option<u64>,
    /// Lot or batch that the weight went into.
    pub into: Option<String>,
}

/// All about one lot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LotView {
    /// 批次码, `number@organisation`.
    pub lot: LotId,
    /// What it is.
    pub kind: &'static str,
    /// The same in Chinese.
    pub kind_zh: &'static str,
    /// Where in its life.
    pub state: &'static str,
    /// The same in Chinese.
    pub state_zh: &'static str,
    /// 品种
    pub herb: HerbView,
    /// Product, of 饮片.
    pub product_id: Option<String>,
    /// 品名 of the product.
    pub product_name: Option<String>,
    /// 执行标准 that it was made to, of 饮片.
    pub standard: Option<String>,
    /// Who made it.
    pub maker: Party,
    /// Who has it.
    pub owner: Party,
    /// Who alone may receive it, while it is on its way.
    pub receiver: Option<Party>,
    /// Whether responsibility for the origin has passed to a first buyer.
    pub handed_over: bool,
    /// County where it was made.
    pub region: RegionCode,
    /// When it was made.
    pub made_on: CalendarDate,
    /// 保质期至
    pub best_before: Option<CalendarDate>,
    /// Past its 保质期.
    pub expired: bool,
    /// Days to it, 0 on the last day, negative after it.
    pub days_left: Option<i64>,
    /// 产地、基地、药园
    pub origins: Vec<OriginView>,
    /// Claims that all of it carries.
    pub claims: Claims,
    /// 链条不完整
    pub chain_incomplete: bool,
    /// 链条完整 or 链条不完整.
    pub chain_zh: &'static str,
    /// 医疗机构炮制: own use only.
    pub own_use: bool,
    /// What became of its weight.
    pub balance: Balance,
    /// In unopened packages with codes, milligrams.
    pub packed_mg: u64,
    /// What it was made of.
    pub inputs: Vec<LotShareView>,
    /// 辅料, milligrams.
    pub auxiliaries_mg: u64,
    /// Declared loss when it was made, milligrams.
    pub loss_mg: u64,
    /// Last test.
    pub test: Option<LotTestView>,
    /// SM3 of its 合格证.
    pub certificate: Option<Digest>,
    /// 安全间隔期: first day of harvest, of plants.
    pub safe_from: Option<CalendarDate>,
    /// Freeze levels that hold it, the highest first: of its owner and maker, its product and variety, itself and its
    /// lineage, its packages.
    pub held: Vec<LotHeldView>,
    /// Holds on it and on any lot that it descends from.
    pub holds: Vec<LotHoldView>,
    /// Whether the history is longer than what is told of it: then its newest events are told. Never of a proof.
    pub truncated: bool,
    /// Oldest first.
    pub history: Vec<LotEventView>,
}

/// A lot in the tree of what another was made of, or what became of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LotNode {
    /// Which.
    pub lot: LotId,
    /// Steps from the lot asked about, from 0.
    pub depth: u32,
    /// What it is, in Chinese.
    pub kind_zh: &'static str,
    /// What it is.
    pub kind: &'static str,
    /// 品名
    pub herb: String,
    /// County where it was made.
    pub region: RegionCode,
    /// When it was made.
    pub made_on: CalendarDate,
    /// Who has it.
    pub owner: Party,
    /// 链条不完整
    pub chain_incomplete: bool,
    /// Backward: what it was made of. Forward: what its weight went into.
    pub lots: Vec<LotShareView>,
    /// Forward: production batches that it went into.
    pub batches: Vec<BatchShareView>,
    /// Forward: who had it on the way, first to last.
    pub holders: Vec<Party>,
    /// Forward: milligrams dispensed, exported or sold.
    pub sold_mg: u64,
    /// Whether it has more of these lots, batches and holders than are told: its chain of events is too long, or the
    /// answer is full. The oldest are told.
    pub truncated: bool,
}

/// Weight that went into a production batch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BatchShareView {
    /// Product.
    pub product_id: String,
    /// 产品批号
    pub batch_no: String,
    /// Milligrams.
    pub weight_mg: u64,
}

/// A trace through lots: each lot once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LotTrace {
    /// Nearest first.
    pub lots: Vec<LotNode>,
    /// Whether there is more than one answer may hold: more lots, or more of a lot that is marked so.
    pub truncated: bool,
}

/// 产地 as labels print it, with its 采收期.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PlaceView {
    /// County.
    pub region: RegionCode,
    /// As labels print it.
    pub place: String,
    /// 采收期: first and last day, as far as they are on record.
    pub harvested: Option<HarvestPeriod>,
    /// Whether anything came from there whose harvest is not on record.
    pub harvest_unknown: bool,
}

impl From<Place> for PlaceView {
    fn from(place: Place) -> PlaceView {
        let Place { region, place, harvested, harvest_unknown } = place;
        PlaceView { region, place, harvested, harvest_unknown }
    }
}

/// What everybody may know of the herbs in a package (NMPAB/T 1009; 《中药饮片标签管理规定》): no growers, no traders, no
/// weights.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ConsumerHerbsView {
    /// 品种, of a package of a lot.
    pub herb: Option<HerbView>,
    /// 产地 and 采收期 of all that went in, at most [`crate::limits::ORIGINS_PER_LOT_MAX`].
    pub origins: Vec<PlaceView>,
    /// 执行标准
    pub standards: Vec<String>,
    /// 保质期至
    pub best_before: Option<CalendarDate>,
    /// 保质期 in months, where the product has one.
    pub shelf_life_months: Option<u16>,
    /// 链条不完整: something came from outside the system, or what it was made of is not on record.
    pub chain_incomplete: bool,
    /// 链条完整 or 链条不完整.
    pub chain_zh: &'static str,
}

/// 链条完整 or 链条不完整.
pub(super) fn chain_zh(incomplete: bool) -> &'static str {
    if incomplete { "链条不完整" } else { "链条完整" }
}

/// What a production batch was made of. Its garden share is `garden_mg / total_mg`, exactly.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BatchHerbsView {
    /// Milligrams with the claim 定制药园.
    pub garden_mg: u64,
    /// Milligrams in all.
    pub total_mg: u64,
    /// 链条不完整 of any input.
    pub chain_incomplete: bool,
    /// Lots that went in.
    pub inputs: Vec<LotShareView>,
    /// 产地 and 采收期 of all of them.
    pub places: Vec<PlaceView>,
    /// 执行标准 of its lots, of a batch of 饮片.
    pub standards: Vec<String>,
    /// The earliest 保质期 of its lots, of a batch of 饮片.
    pub best_before: Option<CalendarDate>,
}

/// A garden.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct GardenView {
    /// `number@sponsor`.
    pub garden: GardenId,
    /// Who sponsors it.
    pub sponsor: Party,
    /// 基地编码
    pub base_no: String,
    /// County.
    pub county: RegionCode,
    /// 贫困县 when it was founded.
    pub poverty_county: bool,
    /// How many households.
    pub households: u64,
    /// Growers that are members of the chain.
    pub growers: Vec<Party>,
    /// 品种
    pub herbs: Vec<HerbCode>,
    /// Hundredths of a 亩.
    pub area_mu_100: u32,
    /// First day of the contract.
    pub contract_from: CalendarDate,
    /// Last day.
    pub contract_to: CalendarDate,
    /// SM3 of the contract.
    pub contract: Digest,
    /// 承诺
    pub commitments: String,
    /// Number of a certification.
    pub certification: String,
    /// 政策支持 recorded so far.
    pub benefits: u32,
    /// Oldest first.
    pub history: Vec<HistoryEntry>,
}
