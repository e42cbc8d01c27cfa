//! Records of the TCM chain. Version byte first.

use super::balance::Balance;
use super::kinds::{LotHoldReason, LotKind, PackKind, SeedSource};
use super::methods::Craft;
use super::names::{GardenRef, LocalNo, LotRef};
use super::state::LotState;
use crate::codes::{HerbCode, UnitKey};
use crate::custody::Holds;
use crate::event::History;
use crate::receipt::Position;
use crate::state::{OrgNo, ProductNo, Record};
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, RegionCode, TimestampMs};
use bincode::{Decode, Encode};

/// 采收期: first and last day on which herb was harvested.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, serde::Serialize)]
pub struct HarvestPeriod {
    /// First day.
    pub first: CalendarDate,
    /// Last day.
    pub last: CalendarDate,
}

impl HarvestPeriod {
    /// Of one harvest.
    pub(super) fn on(day: CalendarDate) -> HarvestPeriod {
        HarvestPeriod { first: day, last: day }
    }

    /// Of all harvests of both, as far as they are known.
    pub(super) fn join(one: Option<HarvestPeriod>, other: Option<HarvestPeriod>) -> Option<HarvestPeriod> {
        match (one, other) {
            (Some(a), Some(b)) => Some(HarvestPeriod { first: a.first.min(b.first), last: a.last.max(b.last) }),
            (one, other) => one.or(other),
        }
    }
}

/// Where a lot's herb grew: one member of its origin set (产地, 基源, 基地, 药园, 采收期).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub struct Origin {
    /// The lot that begins it: plants, or what was bought from outside the system. A set has each once.
    pub lot: LotRef,
    /// 产地, county.
    pub region: RegionCode,
    /// 产地 as labels print it.
    pub place: String,
    /// 基源: herb, which names species and part.
    pub herb: HerbCode,
    /// 基地编码, may be empty.
    pub base_no: String,
    /// 定制药园
    pub garden: Option<GardenRef>,
    /// Keyed digest of the household.
    pub household: Option<Digest>,
    /// 采收期 of what went into the lot; absent before a harvest, and for ever of what was bought from outside the system.
    pub harvested: Option<HarvestPeriod>,
}

/// Claims that survive only if every input carries them (M6).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, serde::Serialize)]
pub struct Claims {
    /// 药材符合GAP要求
    pub gap: bool,
    /// 定制药园
    pub garden: bool,
}

/// So much of another lot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotInput {
    /// Which.
    pub lot: LotRef,
    /// Milligrams.
    pub weight_mg: u64,
}

/// What a lot was made of: `Σ inputs + auxiliaries = received + loss` (M3).
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct Making {
    /// In the order of the document; at most [`crate::limits::INPUTS_PER_LOT_MAX`].
    pub inputs: Vec<LotInput>,
    /// 辅料, milligrams.
    pub auxiliaries_mg: u64,
    /// Declared loss, milligrams.
    pub loss_mg: u64,
}

/// An open shipment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Consignment {
    /// Who alone may receive.
    pub receiver: OrgNo,
    /// Position of the bill that shipped it.
    pub shipment: Position,
    /// A return: what arrives stays as it is.
    pub is_return: bool,
}

/// Last test.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotTest {
    /// Whether it passed.
    pub passed: bool,
    /// Who reported.
    pub by: OrgNo,
    /// SM3 of the report.
    pub report: Digest,
    /// When.
    pub tested_on: CalendarDate,
}

/// 合格证
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ExitCertificate {
    /// SM3 of the certificate.
    pub certificate: Digest,
    /// SM3 of the payload of its two-dimensional code.
    pub qr_payload: Digest,
}

/// A field, of plant lots.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Field {
    /// 种子来源
    pub source: SeedSource,
    /// Hundredths of a 亩.
    pub area_mu_100: u32,
    /// 种植周期, months.
    pub cycle_months: u16,
    /// First day of harvest after pesticides (安全间隔期).
    pub safe_from: Option<CalendarDate>,
}

/// A lot.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotRecord {
    /// Format: 1.
    pub version: u8,
    /// What it is.
    pub kind: LotKind,
    /// Where in its life.
    pub state: LotState,
    /// Who has it; while in transit, who sent it.
    pub owner: OrgNo,
    /// Who answers for its origin until the first buyer has it (domain §8 row 2), then the owner.
    pub handed_over: bool,
    /// From whom the owner has it, and that one before, the newest last; at most
    /// [`crate::limits::SUPPLIERS_PER_LOT_MAX`]. A return goes to the last.
    pub suppliers: Vec<OrgNo>,
    /// Where it is going.
    pub transit: Option<Consignment>,
    /// 品种
    pub herb: HerbCode,
    /// Product, of 饮片.
    pub product: Option<ProductNo>,
    /// 执行标准 that it was made to, of 饮片; else empty.
    pub standard: String,
    /// County where it was made.
    pub region: RegionCode,
    /// When it was made.
    pub made_on: CalendarDate,
    /// 保质期至
    pub best_before: Option<CalendarDate>,
    /// Ascending, at most [`crate::limits::ORIGINS_PER_LOT_MAX`].
    pub origins: Vec<Origin>,
    /// Every lot that it descends from, ascending, at most [`crate::limits::LINEAGE_MAX`]: a hold on any bites here.
    pub lineage: Vec<LotRef>,
    /// What it was made of.
    pub making: Making,
    /// What became of it.
    pub balance: Balance,
    /// In unopened packages with codes, milligrams; at most the stock (M4).
    pub packed_mg: u64,
    /// Its packages that are held (freeze level 4).
    pub held_packs: u32,
    /// Claims that all of it carries.
    pub claims: Claims,
    /// 链条不完整. Never taken back (M7).
    pub incomplete: bool,
    /// 医疗机构炮制: for its own use only (《中医药法》 Art. 28).
    pub own_use: bool,
    /// Laboratories that its owners named and that have not reported, the last one last; at most
    /// [`crate::limits::LABORATORIES_PER_LOT_MAX`].
    pub laboratories: Vec<OrgNo>,
    /// Last test.
    pub test: Option<LotTest>,
    /// 合格证
    pub certificate: Option<ExitCertificate>,
    /// Of plant lots.
    pub field: Option<Field>,
    /// Its own events.
    pub history: History,
}

impl LotRecord {
    /// Whether the last test was passed.
    pub fn passed_test(&self) -> bool {
        self.test.is_some_and(|t| t.passed)
    }

    /// Who found that it fails, until the same finds otherwise.
    pub(super) fn failed_by(&self) -> Option<OrgNo> {
        self.test.filter(|t| !t.passed).map(|t| t.by)
    }

    /// Names a laboratory, the last one. Those named before it stay: what they will find is not settled by asking
    /// another.
    pub(super) fn ask(&mut self, laboratory: OrgNo) {
        self.laboratories.retain(|named| *named != laboratory);
        self.laboratories.push(laboratory);
    }

    /// Whether a laboratory was asked for such a report: the last one named for any, those named before it for a
    /// failure, and who found a failure for what it finds when it looks again.
    pub(super) fn asks(&self, laboratory: OrgNo, passed: bool) -> bool {
        let found_it = self.failed_by() == Some(laboratory);
        let last = self.laboratories.last() == Some(&laboratory);
        found_it || last || (!passed && self.laboratories.contains(&laboratory))
    }

    /// What failed on its way is blocked as soon as it is somebody's stock (domain §4.5).
    pub(super) fn arrive(&mut self) {
        if self.failed_by().is_some() {
            self.state = LotState::Blocked;
        }
    }
}

/// One hold of a lot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotHold {
    /// Why.
    pub reason: LotHoldReason,
    /// Who set it, and alone may lift it.
    pub by: OrgNo,
    /// SM3 of the decision, or of the report that the lot failed by.
    pub document: Digest,
}

/// Holds of a lot, in a record of their own: absent for almost every lot, so that asking a whole lineage is cheap.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotHoldsRecord {
    /// Format: 1.
    pub version: u8,
    /// One of each setter for each reason, ascending by reason, then setter; at most 16.
    pub holds: Vec<LotHold>,
}

impl LotHoldsRecord {
    /// As bits, without those that this one has set.
    pub fn bits_but_of(&self, setter: Option<OrgNo>) -> Holds {
        let counted = self.holds.iter().filter(|hold| Some(hold.by) != setter);
        counted.fold(Holds::NONE, |all, hold| all.and(hold.reason.holds()))
    }

    /// Whether this one holds it for this reason.
    pub(super) fn has(&self, reason: LotHoldReason, by: OrgNo) -> bool {
        self.holds.iter().any(|hold| (hold.reason, hold.by) == (reason, by))
    }

    /// Adds a hold in its place.
    pub(super) fn add(&mut self, hold: LotHold) {
        self.holds.push(hold);
        self.holds.sort_by_key(|hold| (hold.reason, hold.by));
    }

    /// Takes a hold out.
    pub(super) fn remove(&mut self, reason: LotHoldReason, by: OrgNo) {
        self.holds.retain(|hold| (hold.reason, hold.by) != (reason, by));
    }
}

impl LotHoldReason {
    /// The hold that it sets.
    pub fn holds(self) -> Holds {
        match self {
            LotHoldReason::QualitySuspect => Holds::QUALITY_SUSPECT,
            LotHoldReason::RegulatorFreeze | LotHoldReason::ForeignNotification | LotHoldReason::Emergency => {
                Holds::REGULATOR_FREEZE
            }
        }
    }
}

/// A package with a TCM code.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct PackRecord {
    /// Format: 1.
    pub version: u8,
    /// Its lot; of a package inside another, the outermost one's counts.
    pub lot: LotRef,
    /// codetype
    pub kind: PackKind,
    /// Milligrams.
    pub weight_mg: u64,
    /// The package around it.
    pub parent: Option<UnitKey>,
    /// The hold on this package alone.
    pub hold: Option<LotHold>,
    /// Packages held among this one and those inside it.
    pub held: u32,
}

/// 中药材品种
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct HerbRecord {
    /// Format: 1.
    pub version: u8,
    /// 品名
    pub name: String,
    /// Latin name of the species.
    pub species: String,
    /// 药用部位
    pub part: String,
    /// 新发现或从境外引种
    pub newly_introduced: bool,
    /// Number of the approval, or empty.
    pub approval_number: String,
    /// Who registered it.
    pub by: OrgNo,
}

/// 饮片工艺档案
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct PieceRecord {
    /// Format: 1.
    pub version: u8,
    /// What it is made of.
    pub herb: HerbCode,
    /// 执行标准
    pub standard: String,
    /// Least output, parts per million of input.
    pub yield_ppm_min: u32,
    /// Most output.
    pub yield_ppm_max: u32,
}

/// 炮制范围
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ScopeRecord {
    /// Format: 1.
    pub version: u8,
    /// Licence or filing.
    pub licence_no: String,
    /// Ascending.
    pub crafts: Vec<Craft>,
    /// First day.
    pub valid_from: CalendarDate,
    /// Last day.
    pub valid_to: CalendarDate,
    /// Who stated it.
    pub by: OrgNo,
}

/// 定制药园
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct GardenRecord {
    /// Format: 1.
    pub version: u8,
    /// 基地编码
    pub base_no: String,
    /// County.
    pub county: RegionCode,
    /// 贫困县 when it was founded.
    pub poverty_county: bool,
    /// Keyed digests, ascending.
    pub households: Vec<Digest>,
    /// Growers that are members of the chain, ascending.
    pub growers: Vec<OrgNo>,
    /// 品种, ascending.
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
    /// Number of a certification, or empty.
    pub certification: String,
    /// 政策支持 so far.
    pub benefits: u32,
    /// Its own events.
    pub history: History,
}

/// A shipment of lots: `lots = received + refused + outstanding`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LotShipmentRecord {
    /// Format: 1.
    pub version: u8,
    /// Who alone may receive.
    pub receiver: OrgNo,
    /// The bill that shipped it.
    pub position: Position,
    /// Lots that left.
    pub lots: u32,
    /// Arrived at the receiver.
    pub received: u32,
    /// Refused by the receiver or called back by the sender.
    pub refused: u32,
    /// When it is overdue, if the law set a term.
    pub due: Option<TimestampMs>,
}

/// Lots of a household, so that its herbs can be followed to their sale (domain §8 row 46).
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct HouseholdRecord {
    /// Format: 1.
    pub version: u8,
    /// How many lots.
    pub lots: u32,
}

/// One of them.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct HouseholdLot {
    /// Format: 1.
    pub version: u8,
    /// Which.
    pub lot: LotRef,
}

/// One input of a production batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct BatchInput {
    /// Which.
    pub lot: LotRef,
    /// Milligrams.
    pub weight_mg: u64,
    /// Whether the lot carried the garden claim.
    pub garden: bool,
    /// Whether it was 饮片.
    pub piece: bool,
    /// Whether it went into a batch that was reworked into this one: its weight was taken then.
    pub reworked: bool,
}

/// What a production batch was made of: its garden share is `garden_mg / total_mg`, exactly (domain §4.6).
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct BatchLotsRecord {
    /// Format: 1.
    pub version: u8,
    /// In the order of the documents; at most [`crate::limits::INPUTS_PER_BATCH_MAX`].
    pub inputs: Vec<BatchInput>,
    /// Milligrams with the garden claim.
    pub garden_mg: u64,
    /// Milligrams in all.
    pub total_mg: u64,
    /// 链条不完整 of any input.
    pub incomplete: bool,
    /// 产地 of all inputs, ascending, each once, at most [`crate::limits::ORIGINS_PER_LOT_MAX`].
    pub places: Vec<Place>,
    /// 执行标准 that lots of the product went in with, of 饮片: ascending, at most
    /// [`crate::limits::STANDARDS_PER_BATCH_MAX`].
    pub standards: Vec<String>,
    /// The earliest 保质期 of lots of the product that went in, of 饮片: it expires no later.
    pub best_before: Option<CalendarDate>,
    /// The one herb of all lots, of 药材: a hold on the variety bites on it.
    pub herb: Option<HerbCode>,
}

/// 产地 with its 采收期.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub struct Place {
    /// County.
    pub region: RegionCode,
    /// As labels print it.
    pub place: String,
    /// 采收期 of what came from there, as far as it is known.
    pub harvested: Option<HarvestPeriod>,
    /// Whether anything came from there whose harvest is not on record.
    pub harvest_unknown: bool,
}

impl Place {
    /// Adds an origin to places that stand in order, each once.
    pub(crate) fn add(places: &mut Vec<Place>, origin: &Origin) {
        let (region, place, harvested) = (origin.region, origin.place.clone(), origin.harvested);
        Place::join(places, Place { region, place, harvested, harvest_unknown: harvested.is_none() });
    }

    /// Adds a place with its 采收期 to them.
    pub(crate) fn join(places: &mut Vec<Place>, new: Place) {
        let named = |p: &Place| (p.region, p.place.as_str()).cmp(&(new.region, new.place.as_str()));
        match places.binary_search_by(named) {
            Err(at) => places.insert(at, new),
            Ok(at) => {
                if let Some(known) = places.get_mut(at) {
                    known.harvested = HarvestPeriod::join(known.harvested, new.harvested);
                    known.harvest_unknown |= new.harvest_unknown;
                }
            }
        }
    }
}

/// A number of a lot: its maker's, shown with the maker.
pub(crate) fn new_ref(organisation: OrgNo, number: LocalNo) -> LotRef {
    LotRef { organisation, number }
}

impl Record for LotRecord {}
impl Record for LotHoldsRecord {}
impl Record for PackRecord {}
impl Record for HerbRecord {}
impl Record for PieceRecord {}
impl Record for ScopeRecord {}
impl Record for GardenRecord {}
impl Record for LotShipmentRecord {}
impl Record for HouseholdRecord {}
impl Record for HouseholdLot {}
impl Record for BatchLotsRecord {}
