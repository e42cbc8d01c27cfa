//! Herbs from seed to slice: lots, their balance, trade and ends (§4; 《中医药法》 Art. 22, 28; 《药品管理法》 Art. 44–60).
//!
//! | File | Rules of |
//! |---|---|
//! | `lots` | any lot: its stages, its weight, what it inherits |
//! | `catalogue` | herbs, 饮片 and who may process: what must be on record first |
//! | `gardens` | 定制药园 |
//! | `growing` | 选种、育苗、大田栽培、采收 |
//! | `making` | lots made of lots (M1, M3, M6) |
//! | `testing` | 检验, 合格证 |
//! | `packing` | 包装 |
//! | `trade` | 交易, with parties outside the system too |
//! | `leaving` | ends |
//! | `holding` | 锁定, 解锁 |

mod catalogue;
mod gardens;
mod growing;
mod holding;
mod leaving;
mod lots;
mod making;
mod packing;
mod testing;
mod trade;

use super::{FirmNo, ProductNo, ShipmentId};
use bencao_chaincode::UnitKey;
use bencao_chaincode::tcm::{Craft, LocalNo, LotHoldReason, LotKind};
use bencao_chaincode::transaction::Herb;
use bencao_crypto::Digest;
use bencao_genesis::Role::{self, *};
use bencao_genesis::{CalendarDate, RegionCode};
use std::collections::{BTreeMap, BTreeSet};

/// A lot: who made it, and its number there.
pub(crate) type LotName = (FirmNo, LocalNo);

/// §4.5, with seeds and with ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    Seedling,
    Planted,
    Growing,
    Harvested,
    InitialProcessed,
    Tested,
    Packed,
    Traded,
    Processed,
    Distributed,
    Dispensed,
    Blocked,
    Destroyed,
    Consumed,
    Exported,
}

/// Where the milligrams of a lot went.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Milligrams {
    pub(crate) received: u64,
    pub(crate) used: u64,
    pub(crate) sold: u64,
    pub(crate) lost: u64,
    pub(crate) sampled: u64,
    pub(crate) destroyed: u64,
}

impl Milligrams {
    pub(crate) fn stock(&self) -> u64 {
        self.received - self.used - self.sold - self.lost - self.sampled - self.destroyed
    }
}

/// One place that herb of a lot came from.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Origin {
    pub(crate) lot: LotName,
    pub(crate) place: String,
    pub(crate) region: RegionCode,
    pub(crate) garden: Option<(FirmNo, LocalNo)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Lot {
    pub(crate) kind: LotKind,
    pub(crate) stage: Stage,
    pub(crate) owner: FirmNo,
    pub(crate) handed_over: bool,
    pub(crate) suppliers: Vec<FirmNo>,
    /// To whom it is on its way, in which shipment, and whether it goes back.
    pub(crate) way: Option<(FirmNo, ShipmentId, bool)>,
    pub(crate) herb: String,
    pub(crate) product: Option<ProductNo>,
    /// 执行标准, of 饮片.
    pub(crate) standard: String,
    pub(crate) region: RegionCode,
    pub(crate) made_on: CalendarDate,
    pub(crate) best_before: Option<CalendarDate>,
    pub(crate) origins: BTreeSet<Origin>,
    pub(crate) lineage: BTreeSet<LotName>,
    pub(crate) mg: Milligrams,
    /// In unopened packages.
    pub(crate) packed: u64,
    pub(crate) gap: bool,
    pub(crate) garden: bool,
    /// 链条不完整
    pub(crate) incomplete: bool,
    pub(crate) own_use: bool,
    /// Named, and not heard of yet: the newest last.
    pub(crate) laboratories: Vec<FirmNo>,
    pub(crate) passed: Option<bool>,
    pub(crate) tested_by: Option<FirmNo>,
    pub(crate) certified: bool,
    /// First day of harvest after pesticides.
    pub(crate) safe_from: Option<CalendarDate>,
    /// Of plants.
    pub(crate) base: String,
    pub(crate) holds: BTreeSet<(LotHoldReason, FirmNo)>,
}

impl Lot {
    /// Who found that it fails.
    fn failed_by(&self) -> Option<FirmNo> {
        self.tested_by.filter(|_| self.passed == Some(false))
    }

    /// What failed on its way is blocked where it ends.
    fn arrive(&mut self) {
        if self.passed == Some(false) {
            self.stage = Stage::Blocked;
        }
    }

    /// Sixteen holds in all, eight of them doubts.
    fn has_room(&self, reason: LotHoldReason) -> bool {
        let doubts = self.holds.iter().filter(|(reason, _)| *reason == LotHoldReason::QualitySuspect).count();
        self.holds.len() < 16 && (reason != LotHoldReason::QualitySuspect || doubts < 8)
    }
}

/// A package with a TCM code.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) lot: LotName,
    pub(crate) mg: u64,
    pub(crate) inside: Option<UnitKey>,
    pub(crate) hold: Option<(LotHoldReason, FirmNo)>,
}

/// 工艺档案
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) herb: String,
    pub(crate) standard: String,
    /// Output in parts per million of the input.
    least: u32,
    most: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Garden {
    /// 基地编码
    base: String,
    households: Vec<Digest>,
    growers: Vec<FirmNo>,
    herbs: Vec<String>,
    county: RegionCode,
    from: CalendarDate,
    to: CalendarDate,
}

/// What there is of herbs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Herbs {
    /// Name, species, part, newly introduced, approval number.
    pub(crate) herbs: BTreeMap<String, Herb>,
    pub(crate) pieces: BTreeMap<ProductNo, Profile>,
    pub(crate) scopes: BTreeMap<FirmNo, (Vec<Craft>, CalendarDate, CalendarDate)>,
    pub(crate) gardens: BTreeMap<(FirmNo, LocalNo), Garden>,
    /// Numbers of the holds on a variety, by where they bite.
    pub(crate) frozen: BTreeMap<(String, RegionCode), BTreeSet<u32>>,
    pub(crate) lots: BTreeMap<LotName, Lot>,
    pub(crate) packets: BTreeMap<UnitKey, Packet>,
    /// Receiver, lots that left, arrived, refused.
    pub(crate) shipments: BTreeMap<ShipmentId, (FirmNo, u32, u32, u32)>,
    /// What went into a production batch.
    pub(crate) fed: BTreeMap<(ProductNo, String), Fed>,
}

/// Lots of a production batch; of one of reworked goods, those of the batches they had been.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fed {
    pub(crate) lots: BTreeSet<LotName>,
    /// Milligrams with the garden claim, and in all.
    pub(crate) garden_mg: u64,
    pub(crate) total_mg: u64,
    /// Some of it was in another batch before.
    pub(crate) reworked: bool,
    /// Where it grew.
    pub(crate) grown: BTreeSet<RegionCode>,
    /// The one herb of 药材.
    pub(crate) herb: Option<String>,
    /// The earliest 保质期 of lots of the product.
    pub(crate) best_before: Option<CalendarDate>,
}

/// From this day on nobody is outside the system with 药材: the catalogue of §8.2 row 42.
const TRACED_FROM: &str = "2028-01-01";

const HANDLERS: &[Role] = &[Grower, HerbTrader, DecoctionProducer, MarketingHolder, Producer];
const REGULATORS: &[Role] =
    &[DrugRegulator, MarketRegulator, AgricultureAuthority, HealthAuthority, CommerceAuthority, Customs];

fn day(text: &str) -> CalendarDate {
    CalendarDate::parse(text).expect("a date")
}

/// `part` of `whole` within so many parts per million, exactly.
fn within(part: u64, whole: u64, least: u32, most: u32) -> bool {
    let (part, whole) = (u128::from(part) * 1_000_000, u128::from(whole));
    whole * u128::from(least) <= part && part <= whole * u128::from(most)
}

/// A name, however it is written.
fn folded(name: &str) -> String {
    let narrow = |c: char| match c {
        '！'..='～' => char::from_u32(c as u32 - 0xfee0).expect("ASCII"),
        other => other,
    };
    name.split_whitespace().flat_map(str::chars).map(|c| narrow(c).to_ascii_lowercase()).collect()
}

pub(crate) fn is_crude(kind: LotKind) -> bool {
    matches!(kind, LotKind::Harvest | LotKind::Initial)
}
