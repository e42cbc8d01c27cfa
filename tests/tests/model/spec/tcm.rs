//! Herbs from seed to slice: lots, their balance, trade and ends (§4; 《中医药法》 Art. 22, 28; 《药品管理法》 Art. 44–60).

use super::registry::{Capacity, own, with};
use super::{FirmNo, Model, ProductNo, Refusal, ShipmentId, Verdict, ensure};
use bencao_chaincode::UnitKey;
use bencao_chaincode::registry::FilingKind;
use bencao_chaincode::tcm::{
    Craft, FieldWorkKind, GardenId, LocalNo, LotHoldReason, LotId, LotKind, LotMovement, PackKind,
};
use bencao_chaincode::transaction::*;
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, DrugClass, LicenceKind, OrgId, RegionCode, Role};
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
    pub(crate) laboratory: Option<FirmNo>,
    pub(crate) passed: Option<bool>,
    pub(crate) certified: bool,
    /// First day of harvest after pesticides.
    pub(crate) safe_from: Option<CalendarDate>,
    /// Of plants.
    pub(crate) base: String,
    pub(crate) holds: BTreeMap<LotHoldReason, FirmNo>,
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
    /// What went into a production batch: milligrams with the garden claim, and in all; and where it grew.
    pub(crate) fed: BTreeMap<(ProductNo, String), (u64, u64, BTreeSet<RegionCode>)>,
}

use Role::*;

const GROWERS: &[Role] = &[Grower, DecoctionProducer, MarketingHolder, Producer];
const HANDLERS: &[Role] = &[Grower, HerbTrader, DecoctionProducer, MarketingHolder, Producer];
const HERB_BUYERS: &[Role] =
    &[Grower, HerbTrader, MarketOperator, DecoctionProducer, MarketingHolder, Producer, Hospital];
const REGULATORS: &[Role] =
    &[DrugRegulator, MarketRegulator, AgricultureAuthority, HealthAuthority, CommerceAuthority, Customs];
const PIECE_MAKERS: [Capacity; 2] =
    [own(DecoctionProducer, LicenceKind::DrugProduction), own(Hospital, LicenceKind::MedicalInstitution)];
const PIECE_SELLERS: [Capacity; 2] =
    [own(DecoctionProducer, LicenceKind::DrugProduction), with(Wholesaler, LicenceKind::DrugWholesale)];
const PIECE_BUYERS: [Capacity; 4] = [
    with(Wholesaler, LicenceKind::DrugWholesale),
    with(Hospital, LicenceKind::MedicalInstitution),
    with(Pharmacy, LicenceKind::DrugRetail),
    own(DecoctionProducer, LicenceKind::DrugProduction),
];
const DISPENSERS: [Capacity; 2] =
    [with(Hospital, LicenceKind::MedicalInstitution), with(Pharmacy, LicenceKind::DrugRetail)];

/// What is lost on the way, between packages around one another: parts per million at most.
const TRANSIT_LOSS_PPM: u64 = 20_000;
const PACK_TOLERANCE_PPM: u64 = 10_000;
/// Least output of 产地初加工 and of blending.
const ORIGIN_YIELD_PPM: u32 = 50_000;
const BLEND_YIELD_PPM: u32 = 950_000;
/// What a profile may state.
const PIECE_YIELD_PPM: std::ops::RangeInclusive<u32> = 100_000..=1_500_000;
/// From this production date on 饮片 state their 保质期.
const LABEL_RULE: &str = "2025-08-01";
/// From this day on nobody is outside the system: the catalogue of §8.2 row 42.
const TRACED_FROM: &str = "2028-01-01";
/// 《中医药法》 Art. 22, in part: what the runs spray.
const BANNED: [&str; 2] = ["甲胺磷", "百草枯"];

fn day(text: &str) -> CalendarDate {
    CalendarDate::parse(text).expect("a date")
}

/// `part` of `whole` within so many parts per million, exactly.
fn within(part: u64, whole: u64, least: u32, most: u32) -> bool {
    let (part, whole) = (u128::from(part) * 1_000_000, u128::from(whole));
    whole * u128::from(least) <= part && part <= whole * u128::from(most)
}

/// What may be done with a lot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Act {
    Sow,
    FieldWork,
    Harvest,
    ProcessAtOrigin,
    RequestTest,
    Test,
    Certify,
    Pack,
    Blend,
    Split,
    Ship,
    Return,
    SellUntraced,
    Process,
    UseInBatch,
    Dispense,
    Export,
    WriteOff,
    Sample,
    Destroy,
}

/// In which stages, and whether a held lot may take part.
fn allowed(act: Act) -> (&'static [Stage], bool) {
    use Act::*;
    use Stage::*;
    const USABLE: &[Stage] = &[Harvested, InitialProcessed, Tested, Packed, Traded];
    const STOCK: &[Stage] = &[Harvested, InitialProcessed, Tested, Packed, Traded, Processed, Distributed];
    const TESTABLE: &[Stage] = &[Seedling, Harvested, InitialProcessed, Tested, Packed, Traded, Processed, Distributed];
    const ANY: &[Stage] =
        &[Seedling, Harvested, InitialProcessed, Tested, Packed, Traded, Processed, Distributed, Blocked];
    match act {
        Sow => (&[Seedling], false),
        FieldWork | Harvest => (&[Planted, Growing], false),
        ProcessAtOrigin | Certify | SellUntraced => (USABLE, false),
        RequestTest | WriteOff | Sample | Destroy => (ANY, true),
        Test => (TESTABLE, true),
        Pack => (&[Harvested, InitialProcessed, Tested, Packed, Traded, Distributed], false),
        Blend => (&[Harvested, InitialProcessed, Tested, Packed, Traded, Processed], false),
        Split => (STOCK, false),
        Ship => (&[Seedling, Packed, Traded, Distributed], false),
        Return => (&[Blocked, Packed, Traded, Distributed], true),
        Process => (&[Tested, Packed, Traded], false),
        UseInBatch => (&[Tested, Packed, Traded, Distributed], false),
        Dispense => (&[Tested, Packed, Distributed], false),
        Export => (&[Packed, Traded, Distributed], false),
    }
}

fn is_crude(kind: LotKind) -> bool {
    matches!(kind, LotKind::Harvest | LotKind::Initial)
}

/// What a new lot has besides what it inherits.
struct Begun {
    number: LocalNo,
    kind: LotKind,
    herb: String,
    region: RegionCode,
    made_on: CalendarDate,
    mg: u64,
}

fn first_stage(kind: LotKind) -> Stage {
    match kind {
        LotKind::Seed | LotKind::Seedling => Stage::Seedling,
        LotKind::Plant => Stage::Planted,
        LotKind::Harvest => Stage::Harvested,
        LotKind::Initial => Stage::InitialProcessed,
        LotKind::Piece => Stage::Processed,
    }
}

impl Model {
    fn with_role(&self, firm: FirmNo, roles: &[Role]) -> Verdict {
        ensure(self.firms[firm].is_one_of(roles), "role_required")
    }

    fn answers_for(&self, by: FirmNo, regions: &[RegionCode]) -> Verdict {
        ensure(regions.iter().any(|r| self.firms[by].region.contains(r)), "outside_jurisdiction")
    }

    fn lot_name(&self, id: &LotId) -> Result<LotName, Refusal> {
        let name = (self.firm(&id.organisation).ok_or("unknown_lot")?, id.number);
        self.herbs.lots.contains_key(&name).then_some(name).ok_or("unknown_lot")
    }

    fn lot(&self, name: &LotName) -> &Lot {
        &self.herbs.lots[name]
    }

    fn lot_mut(&mut self, name: &LotName) -> &mut Lot {
        self.herbs.lots.get_mut(name).expect("known")
    }

    fn herb(&self, code: &bencao_chaincode::codes::HerbCode) -> Result<String, Refusal> {
        let code = code.to_string();
        let herb = self.herbs.herbs.get(&code).ok_or("unknown_herb")?;
        // 《药品管理法》 Art. 63
        ensure(!herb.newly_introduced || !herb.approval_number.is_empty(), "herb_not_approved")?;
        Ok(code)
    }

    fn past(&self, date: CalendarDate) -> Verdict {
        ensure(date <= self.today(), "date_in_future")
    }

    fn after_made(&self, name: &LotName, date: CalendarDate) -> Verdict {
        ensure(date >= self.lot(name).made_on, "date_before_lot")
    }

    /// Packages of a lot that are held: with all around them they are of it.
    pub(crate) fn held_packets(&self, name: &LotName) -> usize {
        if self.lot(name).mg.stock() == 0 {
            return 0;
        }
        self.herbs.packets.iter().filter(|(c, p)| p.hold.is_some() && self.lot_of_packet(c) == *name).count()
    }

    fn lot_of_packet(&self, code: &UnitKey) -> LotName {
        let packet = &self.herbs.packets[code];
        packet.inside.map_or(packet.lot, |around| self.lot_of_packet(&around))
    }

    /// Freeze levels 1 to 3: owner and maker, product, the lot and all that it descends from.
    fn is_held_above_packages(&self, name: &LotName) -> bool {
        let lot = self.lot(name);
        let firms = [lot.owner, name.0].iter().any(|f| !self.firms[*f].holds.is_empty());
        let mut product = lot.product.is_some_and(|p| !self.products[p].holds.is_empty());
        let mut regions: BTreeSet<RegionCode> = lot.origins.iter().map(|o| o.region).collect();
        regions.extend([self.firms[lot.owner].region, lot.region]);
        product |= !self.variety_holds(&lot.herb, &regions).is_empty();
        let mut lots = std::iter::once(name).chain(&lot.lineage);
        firms || product || lots.any(|l| !self.lot(l).holds.is_empty())
    }

    /// Holds on a variety that bite in one of these regions.
    fn variety_holds(&self, herb: &str, regions: &BTreeSet<RegionCode>) -> BTreeSet<u32> {
        let bites = |at: &RegionCode| regions.iter().any(|region| at.contains(region));
        let of_herb = self.herbs.frozen.iter().filter(|((of, at), _)| of == herb && bites(at));
        of_herb.flat_map(|(_, cases)| cases.iter().copied()).collect()
    }

    /// Of 饮片 with codes: of the herb in their profile, where their holder is and where their lots grew.
    pub(crate) fn variety_holds_of(&self, batch: &super::Batch) -> BTreeSet<u32> {
        let Some(profile) = self.herbs.pieces.get(&batch.product) else { return BTreeSet::new() };
        let mut regions = BTreeSet::from([self.firms[self.products[batch.product].holder].region]);
        if let Some((_, _, grown)) = self.herbs.fed.get(&(batch.product, batch.number.clone())) {
            regions.extend(grown);
        }
        self.variety_holds(&profile.herb, &regions)
    }

    fn is_held(&self, name: &LotName) -> bool {
        self.is_held_above_packages(name) || self.held_packets(name) > 0
    }

    fn in_order(&self, name: &LotName, act: Act) -> Verdict {
        let lot = self.lot(name);
        ensure(lot.way.is_none(), "lot_in_transit")?;
        let (stages, while_held) = allowed(act);
        ensure(stages.contains(&lot.stage), "lot_state")?;
        // Held packages are parted from the others.
        let held = if act == Act::Split { self.is_held_above_packages(name) } else { self.is_held(name) };
        ensure(while_held || !held, "lot_held")
    }

    fn own_lot(&self, by: FirmNo, id: &LotId, act: Act) -> Result<LotName, Refusal> {
        let name = self.lot_name(id)?;
        ensure(self.lot(&name).owner == by, "not_lot_owner")?;
        self.in_order(&name, act)?;
        Ok(name)
    }

    fn fresh(&self, name: &LotName) -> Verdict {
        ensure(self.lot(name).best_before.is_none_or(|d| self.today() <= d), "lot_expired")
    }

    fn passed(&self, name: &LotName) -> Verdict {
        ensure(self.lot(name).passed.ok_or("lot_test_required")?, "lot_test_failed")
    }

    /// 产地准出
    fn may_leave_origin(&self, name: &LotName) -> Verdict {
        let lot = self.lot(name);
        ensure(!is_crude(lot.kind) || lot.handed_over || lot.certified, "exit_certificate_required")
    }

    /// M1, M2: weight leaves a lot by one of its columns; the packages that it comes from are opened.
    fn take(&mut self, name: &LotName, mg: u64, last: Stage, column: fn(&mut Milligrams) -> &mut u64) -> Verdict {
        let lot = self.lot_mut(name);
        ensure(mg <= lot.mg.stock(), "lot_stock_exceeded")?;
        *column(&mut lot.mg) += mg;
        lot.packed = lot.packed.min(lot.mg.stock());
        if lot.mg.stock() == 0 {
            lot.stage = last;
        }
        Ok(())
    }

    /// Inputs by the owner's table: each once, none past its 保质期.
    fn inputs(&self, by: FirmNo, uses: &[LotUse], act: Act) -> Result<Vec<LotName>, Refusal> {
        let mut names = Vec::new();
        for used in uses {
            let name = self.own_lot(by, &used.lot, act)?;
            ensure(!names.contains(&name), "lot_repeated")?;
            self.fresh(&name)?;
            names.push(name);
        }
        Ok(names)
    }

    fn use_up(&mut self, names: &[LotName], uses: &[LotUse]) -> Verdict {
        names.iter().zip(uses).try_for_each(|(name, u)| self.take(name, u.weight_mg, Stage::Consumed, |m| &mut m.used))
    }

    /// M6: origins and lineage of all inputs; a claim survives if all carry it, an incomplete chain if any does.
    fn inherit(&self, inputs: &[LotName]) -> Result<Lot, Refusal> {
        let mut lot = self.blank();
        (lot.gap, lot.garden) = (!inputs.is_empty(), !inputs.is_empty());
        for name in inputs {
            let input = self.lot(name);
            lot.origins.extend(input.origins.iter().cloned());
            lot.lineage.insert(*name);
            lot.lineage.extend(&input.lineage);
            lot.gap &= input.gap;
            lot.garden &= input.garden;
            lot.incomplete |= input.incomplete;
        }
        ensure(lot.origins.len() <= 64 && lot.lineage.len() <= 256, "lot_too_mixed")?;
        Ok(lot)
    }

    fn blank(&self) -> Lot {
        Lot {
            kind: LotKind::Seed,
            stage: Stage::Seedling,
            owner: 0,
            handed_over: false,
            suppliers: Vec::new(),
            way: None,
            herb: String::new(),
            product: None,
            standard: String::new(),
            region: self.firms[0].region,
            made_on: self.today(),
            best_before: None,
            origins: BTreeSet::new(),
            lineage: BTreeSet::new(),
            mg: Milligrams::default(),
            packed: 0,
            gap: false,
            garden: false,
            incomplete: false,
            own_use: false,
            laboratory: None,
            passed: None,
            certified: false,
            safe_from: None,
            base: String::new(),
            holds: BTreeMap::new(),
        }
    }

    fn begin(&mut self, by: FirmNo, new: Begun, inherited: Lot) -> Result<LotName, Refusal> {
        let name = (by, new.number);
        ensure(!self.herbs.lots.contains_key(&name), "lot_exists")?;
        let lot = Lot {
            kind: new.kind,
            stage: first_stage(new.kind),
            owner: by,
            herb: new.herb,
            region: new.region,
            made_on: new.made_on,
            mg: Milligrams { received: new.mg, ..Milligrams::default() },
            ..inherited
        };
        self.herbs.lots.insert(name, lot);
        Ok(name)
    }

    // What must be on record first.

    pub(crate) fn register_herbs(&mut self, by: FirmNo, bill: &RegisterHerbs) -> Verdict {
        self.with_role(by, &[DrugRegulator])?;
        for herb in &bill.herbs {
            if let Some(known) = self.herbs.herbs.get(&herb.code.to_string()) {
                let same = Herb { approval_number: known.approval_number.clone(), ..herb.clone() } == *known;
                let gained = known.approval_number.is_empty() || known.approval_number == herb.approval_number;
                ensure(same && gained, "herb_exists")?;
            }
            self.herbs.herbs.insert(herb.code.to_string(), herb.clone());
        }
        Ok(())
    }

    pub(crate) fn define_piece(&mut self, by: FirmNo, bill: &DefinePiece) -> Verdict {
        let product = self.product(&bill.product_id)?;
        ensure(self.products[product].holder == by, "not_holder")?;
        ensure(self.products[product].class == DrugClass::DecoctionPiece, "not_a_piece")?;
        let herb = self.herb(&bill.herb)?;
        let fits = PIECE_YIELD_PPM.contains(&bill.yield_ppm_min) && PIECE_YIELD_PPM.contains(&bill.yield_ppm_max);
        ensure(fits, "yield_band_too_wide")?;
        self.execution_standard(by, &bill.standard, DrugClass::DecoctionPiece, Some(&herb), self.today())?;
        let (least, most) = (bill.yield_ppm_min, bill.yield_ppm_max);
        self.herbs.pieces.insert(product, Profile { herb, standard: bill.standard.clone(), least, most });
        Ok(())
    }

    pub(crate) fn set_scope(&mut self, by: FirmNo, bill: &SetProcessingScope) -> Verdict {
        self.with_role(by, &[DrugRegulator])?;
        let firm = self.firm(&bill.organisation).ok_or("no_such_member")?;
        self.answers_for(by, &[self.firms[firm].region])?;
        self.with_role(firm, &[DecoctionProducer, Hospital])?;
        self.herbs.scopes.insert(firm, (bill.crafts.clone(), bill.valid_from, bill.valid_to));
        Ok(())
    }

    pub(crate) fn register_garden(&mut self, by: FirmNo, bill: &RegisterGarden) -> Verdict {
        self.with_role(by, &[MarketingHolder, Producer, DecoctionProducer, Hospital])?;
        let name = (by, bill.garden_no);
        ensure(!self.herbs.gardens.contains_key(&name), "garden_exists")?;
        let growers = bill.growers.iter().map(|g| self.firm(g).ok_or("no_such_member")).collect::<Result<_, _>>()?;
        let codes: BTreeSet<_> = bill.herbs.iter().copied().collect();
        let herbs = codes.iter().map(|h| self.herb(h)).collect::<Result<_, _>>()?;
        let households = bill.households.clone();
        let (county, from, to) = (bill.county, bill.contract_from, bill.contract_to);
        self.herbs.gardens.insert(name, Garden { households, growers, herbs, county, from, to });
        Ok(())
    }

    fn garden(&self, id: &GardenId) -> Result<(FirmNo, LocalNo), Refusal> {
        let name = (self.firm(&id.organisation).ok_or("unknown_garden")?, id.number);
        self.herbs.gardens.contains_key(&name).then_some(name).ok_or("unknown_garden")
    }

    pub(crate) fn amend_garden(&mut self, by: FirmNo, bill: &AmendGarden) -> Verdict {
        let garden = self.herbs.gardens.get_mut(&(by, bill.garden_no)).ok_or("unknown_garden")?;
        ensure(bill.contract_to >= garden.from, "garden_contract")?;
        garden.households.retain(|h| !bill.households_removed.contains(h));
        garden.households.extend(&bill.households_added);
        garden.households.sort();
        garden.households.dedup();
        garden.to = bill.contract_to;
        Ok(())
    }

    pub(crate) fn record_benefit(&mut self, by: FirmNo, bill: &RecordBenefit) -> Verdict {
        self.past(bill.granted_on)?;
        let name = self.garden(&bill.garden)?;
        let garden = &self.herbs.gardens[&name];
        if name.0 != by {
            let givers = [CommerceAuthority, IndustryAuthority, AgricultureAuthority, HealthAuthority, DrugRegulator];
            self.with_role(by, &givers)?;
            self.answers_for(by, &[garden.county])?;
        }
        ensure(bill.household.is_none_or(|h| garden.households.contains(&h)), "not_garden_member")
    }

    // 选种、育苗、大田栽培、采收.

    fn seeds(&self, by: FirmNo, uses: &[LotUse], herb: &str) -> Result<Vec<LotName>, Refusal> {
        let seeds = self.inputs(by, uses, Act::Sow)?;
        ensure(seeds.iter().all(|s| self.lot(s).herb == herb), "lots_differ")?;
        Ok(seeds)
    }

    /// Lineage of what grows from seeds, whose weight is not that of what grows.
    fn grown(&self, seeds: &[LotName]) -> Result<Lot, Refusal> {
        let mut lot = self.blank();
        for seed in seeds {
            lot.lineage.insert(*seed);
            lot.lineage.extend(&self.lot(seed).lineage);
        }
        ensure(lot.lineage.len() <= 256, "lot_too_mixed")?;
        Ok(lot)
    }

    pub(crate) fn record_seed(&mut self, by: FirmNo, bill: &RecordSeed) -> Verdict {
        self.with_role(by, GROWERS)?;
        self.past(bill.made_on)?;
        let herb = self.herb(&bill.herb)?;
        let seeds = self.seeds(by, &bill.raised_from, &herb)?;
        let grown = self.grown(&seeds)?;
        let (number, kind, region, made_on) = (bill.lot_no, bill.kind, bill.region, bill.made_on);
        self.begin(by, Begun { number, kind, herb, region, made_on, mg: bill.weight_mg }, grown)?;
        self.use_up(&seeds, &bill.raised_from)
    }

    pub(crate) fn plant(&mut self, by: FirmNo, bill: &Plant) -> Verdict {
        self.with_role(by, GROWERS)?;
        self.past(bill.planted_on)?;
        let herb = self.herb(&bill.herb)?;
        let garden = bill.garden.as_ref().map(|id| self.may_claim(by, id, &herb, bill)).transpose()?;
        // 药材符合GAP要求 is claimed for a base with an entry in force, of who plants or of the garden's sponsor.
        let conforms = self.gap_holds(by, garden, &bill.base_no, bill.planted_on);
        ensure(bill.gap_audit.is_none() || conforms, "gap_filing_required")?;
        let seeds = self.seeds(by, &bill.seeds, &herb)?;
        let mut grown = self.grown(&seeds)?;
        let origin = Origin { lot: (by, bill.lot_no), place: bill.place.clone(), region: bill.region, garden };
        grown.origins.insert(origin);
        (grown.gap, grown.garden) = (bill.gap_audit.is_some(), garden.is_some());
        grown.base = bill.base_no.clone();
        let (number, kind, region, made_on) = (bill.lot_no, LotKind::Plant, bill.region, bill.planted_on);
        self.begin(by, Begun { number, kind, herb, region, made_on, mg: 0 }, grown)?;
        self.use_up(&seeds, &bill.seeds)
    }

    fn gap_holds(&self, grower: FirmNo, garden: Option<(FirmNo, LocalNo)>, base: &str, day: CalendarDate) -> bool {
        let sponsor = garden.map(|(sponsor, _)| sponsor);
        std::iter::once(grower).chain(sponsor).any(|firm| self.base_conforms(firm, base, day))
    }

    /// A claim of a garden: contract, herb, member, and who answers for it; then its county.
    fn may_claim(&self, by: FirmNo, id: &GardenId, herb: &str, bill: &Plant) -> Result<LotName, Refusal> {
        let name = self.garden(id)?;
        let garden = &self.herbs.gardens[&name];
        ensure((garden.from..=garden.to).contains(&bill.planted_on), "garden_contract")?;
        ensure(garden.herbs.iter().any(|h| h == herb), "garden_herb")?;
        ensure(bill.household.is_none_or(|h| garden.households.contains(&h)), "not_garden_member")?;
        let itself = bill.household.is_some_and(|h| self.firms[by].id.as_str() == format!("PERSON:{h}"));
        ensure(itself || name.0 == by || garden.growers.contains(&by), "not_garden_grower")?;
        ensure(garden.county == bill.region, "garden_county")?;
        Ok(name)
    }

    pub(crate) fn field_work(&mut self, by: FirmNo, bill: &FieldWork) -> Verdict {
        self.with_role(by, GROWERS)?;
        let name = self.own_lot(by, &bill.lot, Act::FieldWork)?;
        self.past(bill.done_on)?;
        self.after_made(&name, bill.done_on)?;
        let lot = self.lot_mut(&name);
        if bill.kind == FieldWorkKind::Pesticide {
            ensure(!BANNED.iter().any(|b| bill.name.contains(b)), "banned_pesticide")?;
            let safe = CalendarDate::from_days(bill.done_on.days() + u32::from(bill.safety_interval_days));
            lot.safe_from = lot.safe_from.max(Some(safe));
        }
        lot.stage = Stage::Growing;
        Ok(())
    }

    pub(crate) fn harvest(&mut self, by: FirmNo, bill: &Harvest) -> Verdict {
        self.with_role(by, GROWERS)?;
        let plants = self.own_lot(by, &bill.plants, Act::Harvest)?;
        self.past(bill.harvested_on)?;
        self.after_made(&plants, bill.harvested_on)?;
        let lot = self.lot(&plants).clone();
        ensure(lot.safe_from.is_none_or(|d| bill.harvested_on >= d), "safety_interval")?;
        let mut new = self.inherit(&[plants])?;
        // A claim ends with the contract.
        if let Some(garden) = lot.origins.first().and_then(|o| o.garden) {
            let contract = &self.herbs.gardens[&garden];
            new.garden &= (contract.from..=contract.to).contains(&bill.harvested_on);
        }
        let garden = lot.origins.first().and_then(|o| o.garden);
        new.gap &= self.gap_holds(plants.0, garden, &lot.base, bill.harvested_on);
        let (number, kind, made_on) = (bill.lot_no, LotKind::Harvest, bill.harvested_on);
        let (herb, region) = (lot.herb, lot.region);
        self.begin(by, Begun { number, kind, herb, region, made_on, mg: bill.weight_mg }, new)?;
        self.lot_mut(&plants).stage = Stage::Growing;
        Ok(())
    }

    // Lots made of lots (M1, M3, M6).

    fn alike<T: PartialEq>(&self, inputs: &[LotName], of: impl Fn(&Lot) -> T) -> Verdict {
        ensure(inputs.iter().all(|i| of(self.lot(i)) == of(self.lot(&inputs[0]))), "lots_differ")
    }

    pub(crate) fn process_at_origin(&mut self, by: FirmNo, bill: &ProcessAtOrigin) -> Verdict {
        self.with_role(by, HANDLERS)?;
        self.past(bill.done_on)?;
        let inputs = self.inputs(by, &bill.inputs, Act::ProcessAtOrigin)?;
        self.alike(&inputs, |l| l.herb.clone())?;
        inputs.iter().try_for_each(|i| self.after_made(i, bill.done_on))?;
        let input: u64 = bill.inputs.iter().map(|u| u.weight_mg).sum();
        ensure(bill.weight_mg + bill.loss_mg == input, "mass_balance")?;
        ensure(within(bill.weight_mg, input, ORIGIN_YIELD_PPM, 1_000_000), "yield_out_of_band")?;
        let mut new = self.inherit(&inputs)?;
        new.handed_over = inputs.iter().all(|i| self.lot(i).handed_over);
        let first = self.lot(&inputs[0]).clone();
        let (number, kind, made_on) = (bill.lot_no, LotKind::Initial, bill.done_on);
        let (herb, region) = (first.herb, first.region);
        self.begin(by, Begun { number, kind, herb, region, made_on, mg: bill.weight_mg }, new)?;
        self.use_up(&inputs, &bill.inputs)
    }

    pub(crate) fn blend(&mut self, by: FirmNo, bill: &BlendLots) -> Verdict {
        self.with_role(by, HANDLERS)?;
        self.past(bill.done_on)?;
        let inputs = self.inputs(by, &bill.inputs, Act::Blend)?;
        self.alike(&inputs, |l| (l.kind, l.herb.clone(), l.product, l.standard.clone(), l.own_use))?;
        inputs.iter().try_for_each(|i| self.after_made(i, bill.done_on))?;
        let input: u64 = bill.inputs.iter().map(|u| u.weight_mg).sum();
        ensure(bill.loss_mg < input, "mass_balance")?;
        let mg = input - bill.loss_mg;
        ensure(within(mg, input, BLEND_YIELD_PPM, 1_000_000), "yield_out_of_band")?;
        let mut new = self.inherit(&inputs)?;
        new.handed_over = inputs.iter().all(|i| self.lot(i).handed_over);
        new.best_before = inputs.iter().filter_map(|i| self.lot(i).best_before).min();
        let first = self.lot(&inputs[0]).clone();
        (new.product, new.standard, new.own_use) = (first.product, first.standard, first.own_use);
        let (number, kind, made_on) = (bill.lot_no, first.kind, bill.done_on);
        let (herb, region) = (first.herb, first.region);
        self.begin(by, Begun { number, kind, herb, region, made_on, mg }, new)?;
        self.use_up(&inputs, &bill.inputs)
    }

    pub(crate) fn split(&mut self, by: FirmNo, bill: &SplitLot) -> Verdict {
        let name = self.own_lot(by, &bill.lot, Act::Split)?;
        bill.parts.iter().try_for_each(|part| self.part(by, &name, part).map(|_| ()))
    }

    /// A part is what the whole was, and packages go with their weight.
    fn part(&mut self, by: FirmNo, from: &LotName, part: &LotPart) -> Result<LotName, Refusal> {
        let inherited = self.inherit(&[*from])?;
        let whole = self.lot(from).clone();
        let to = (by, part.lot_no);
        ensure(!self.herbs.lots.contains_key(&to), "lot_exists")?;
        let new = Lot {
            lineage: inherited.lineage,
            mg: Milligrams { received: part.weight_mg, ..Milligrams::default() },
            packed: part.packs.iter().filter_map(|c| self.herbs.packets.get(c)).map(|p| p.mg).sum(),
            safe_from: None,
            holds: BTreeMap::new(),
            ..whole.clone()
        };
        let loose = whole.mg.stock() - whole.packed;
        if part.packs.is_empty() {
            ensure(part.weight_mg <= loose || whole.packed == 0, "packs_required")?;
        }
        for code in &part.packs {
            let packet = self.herbs.packets.get_mut(code).filter(|p| p.lot == *from && p.inside.is_none());
            packet.ok_or("pack_not_of_lot")?.lot = to;
        }
        ensure(part.packs.is_empty() || new.packed == part.weight_mg, "part_weight")?;
        let packed_left = whole.packed.saturating_sub(new.packed);
        self.herbs.lots.insert(to, new);
        self.take(from, part.weight_mg, Stage::Consumed, |m| &mut m.used)?;
        let lot = self.lot_mut(from);
        lot.packed = packed_left.min(lot.mg.stock());
        Ok(to)
    }

    pub(crate) fn process_pieces(&mut self, by: FirmNo, bill: &ProcessPieces) -> Verdict {
        self.with_role(by, &[DecoctionProducer, Hospital])?;
        self.past(bill.made_on)?;
        let product = self.product(&bill.product_id)?;
        self.licensed(by, product, &PIECE_MAKERS, "not_producer")?;
        let Profile { herb, standard, least, most } =
            self.herbs.pieces.get(&product).ok_or("piece_not_defined")?.clone();
        self.execution_standard(by, &standard, DrugClass::DecoctionPiece, Some(&herb), bill.made_on)?;
        let scope = self.herbs.scopes.get(&by).filter(|(_, from, to)| (*from..=*to).contains(&self.today()));
        let (crafts, _, _) = scope.ok_or("no_processing_scope")?;
        let covered = |s: &ProcessStep| s.method.craft().is_none_or(|c| crafts.contains(&c));
        ensure(bill.steps.iter().all(covered), "method_out_of_scope")?;
        match bill.best_before {
            Some(day) => ensure(day > bill.made_on, "expiry_before_production")?,
            None => ensure(bill.made_on < day(LABEL_RULE), "best_before_required")?,
        }
        let inputs = self.inputs(by, &bill.inputs, Act::Process)?;
        for input in &inputs {
            self.passed(input)?;
            self.after_made(input, bill.made_on)?;
            let lot = self.lot(input);
            ensure(lot.herb == herb && is_crude(lot.kind), "lots_differ")?;
        }
        let input: u64 = bill.inputs.iter().map(|u| u.weight_mg).sum();
        let auxiliaries: u64 = bill.auxiliaries.iter().map(|a| a.weight_mg).sum();
        ensure(bill.weight_mg + bill.loss_mg == input + auxiliaries, "mass_balance")?;
        ensure(within(bill.weight_mg, input, least, most), "yield_out_of_band")?;
        let mut new = self.inherit(&inputs)?;
        (new.product, new.best_before, new.handed_over) = (Some(product), bill.best_before, true);
        new.standard = standard;
        new.own_use = !self.firms[by].is(DecoctionProducer);
        let (number, kind, made_on) = (bill.lot_no, LotKind::Piece, bill.made_on);
        let region = self.firms[by].region;
        self.begin(by, Begun { number, kind, herb, region, made_on, mg: bill.weight_mg }, new)?;
        self.use_up(&inputs, &bill.inputs)
    }

    // 检验, 合格证, 包装.

    pub(crate) fn request_test(&mut self, by: FirmNo, bill: &RequestTest) -> Verdict {
        let name = self.own_lot(by, &bill.lot, Act::RequestTest)?;
        let laboratory = self.firm(&bill.laboratory).ok_or("no_such_member")?;
        self.with_role(laboratory, &[Laboratory])?;
        self.lot_mut(&name).laboratory = Some(laboratory);
        Ok(())
    }

    pub(crate) fn test_lot(&mut self, by: FirmNo, bill: &TestLot) -> Verdict {
        let name = self.lot_name(&bill.lot)?;
        self.in_order(&name, Act::Test)?;
        let named = self.lot(&name).laboratory == Some(by) && self.firms[by].is(Laboratory);
        ensure(self.lot(&name).owner == by || named, "laboratory_not_named")?;
        self.past(bill.tested_on)?;
        self.after_made(&name, bill.tested_on)?;
        let lot = self.lot_mut(&name);
        lot.passed = Some(bill.passed);
        lot.stage = match lot.stage {
            _ if !bill.passed => Stage::Blocked,
            Stage::Harvested | Stage::InitialProcessed | Stage::Processed => Stage::Tested,
            same => same,
        };
        if bill.sample_mg > 0 {
            self.take(&name, bill.sample_mg, Stage::Consumed, |m| &mut m.sampled)?;
        }
        Ok(())
    }

    pub(crate) fn certify(&mut self, by: FirmNo, bill: &CertifyLot) -> Verdict {
        let name = self.own_lot(by, &bill.lot, Act::Certify)?;
        ensure(!self.lot(&name).handed_over, "lot_left_origin")?;
        self.lot_mut(&name).certified = true;
        Ok(())
    }

    pub(crate) fn pack_lot(&mut self, by: FirmNo, bill: &PackLot) -> Verdict {
        let name = self.own_lot(by, &bill.lot, Act::Pack)?;
        let lot = self.lot(&name).clone();
        let label = &bill.label;
        if lot.kind == LotKind::Piece {
            self.passed(&name)?;
        }
        let places = lot.origins.iter().all(|o| label.origin.contains(&o.place));
        let mut complete = places && label.quality_mark && label.date >= lot.made_on;
        if lot.kind == LotKind::Piece {
            let texts = [&label.specification, &label.standard, &label.storage];
            complete &= texts.iter().all(|t| !t.is_empty()) && label.best_before == lot.best_before;
            complete &= label.standard == lot.standard;
        }
        ensure(complete, "label_incomplete")?;
        ensure(label.gap_audit.is_none() || lot.gap, "gap_not_carried")?;
        let mut seen = BTreeSet::new();
        for pack in &bill.packs {
            ensure(seen.insert(pack.code), "code_repeated")?;
            ensure(!self.herbs.packets.contains_key(&pack.code), "code_exists")?;
        }
        let rank = |kind| match kind {
            PackKind::Bag => 1,
            PackKind::Pack => 2,
            PackKind::Box => 3,
        };
        for pack in &bill.packs {
            let Some(parent) = pack.parent else { continue };
            let around = bill.packs.iter().find(|p| p.code == parent).ok_or("parent_unknown")?;
            ensure(rank(around.kind) > rank(pack.kind), "pack_nesting")?;
        }
        for around in &bill.packs {
            let inside: Vec<u64> =
                bill.packs.iter().filter(|p| p.parent == Some(around.code)).map(|p| p.weight_mg).collect();
            let off = around.weight_mg.abs_diff(inside.iter().sum());
            let fits = within(off, around.weight_mg, 0, PACK_TOLERANCE_PPM as u32);
            ensure(inside.is_empty() || fits, "pack_weight")?;
        }
        let outer: u64 = bill.packs.iter().filter(|p| p.parent.is_none()).map(|p| p.weight_mg).sum();
        ensure(lot.packed + outer <= lot.mg.stock(), "packs_exceed_lot")?;
        for pack in &bill.packs {
            let packet = Packet { lot: name, mg: pack.weight_mg, inside: pack.parent, hold: None };
            self.herbs.packets.insert(pack.code, packet);
        }
        let lot = self.lot_mut(&name);
        (lot.packed, lot.stage) = (lot.packed + outer, Stage::Packed);
        Ok(())
    }

    // 交易.

    pub(crate) fn ship_lots(&mut self, by: FirmNo, bill: &ShipLots) -> Verdict {
        let receiver = self.firm(&bill.receiver).ok_or("unknown_receiver")?;
        ensure(receiver != by, "receiver_is_sender")?;
        if let Some(market) = &bill.market {
            let market = self.firm(market).ok_or("no_such_member")?;
            self.admitted(market, by)?;
            self.admitted(market, receiver)?;
        }
        let returns = bill.movement == LotMovement::Return;
        let shipment = (by, self.document.clone());
        for line in &bill.lines {
            let act = if returns { Act::Return } else { Act::Ship };
            let mut name = self.own_lot(by, &line.lot, act)?;
            if let Some(part) = &line.part {
                name = self.part(by, &name, part)?;
            }
            if returns {
                ensure(self.lot(&name).suppliers.last() == Some(&receiver), "lot_not_supplier")?;
            } else {
                self.may_sell_lot(by, &name, receiver)?;
            }
            self.lot_mut(&name).way = Some((receiver, shipment.clone(), returns));
        }
        self.herbs.shipments.insert(shipment, (receiver, bill.lines.len() as u32, 0, 0));
        Ok(())
    }

    fn admitted(&self, market: FirmNo, merchant: FirmNo) -> Verdict {
        let entries = self.filings.get(&(merchant, FilingKind::MarketAdmission));
        let mut entries = entries.map(Vec::as_slice).unwrap_or_default().iter();
        ensure(entries.any(|e| e.issuer == market && e.counts(self.today())), "not_admitted")
    }

    fn may_sell_lot(&self, by: FirmNo, name: &LotName, receiver: FirmNo) -> Verdict {
        let lot = self.lot(name);
        self.fresh(name)?;
        self.may_leave_origin(name)?;
        // 《中医药法》 Art. 28
        ensure(!lot.own_use, "own_use_only")?;
        match lot.product.filter(|_| lot.kind == LotKind::Piece) {
            Some(product) => {
                self.passed(name)?;
                self.licensed(by, product, &PIECE_SELLERS, "piece_route")?;
            }
            None => self.with_role(by, HERB_BUYERS)?,
        }
        self.may_have_lot(name, receiver)
    }

    fn may_have_lot(&self, name: &LotName, receiver: FirmNo) -> Verdict {
        let lot = self.lot(name);
        let Some(product) = lot.product.filter(|_| lot.kind == LotKind::Piece) else {
            return self.with_role(receiver, HERB_BUYERS);
        };
        let firm = &self.firms[receiver];
        let makes = firm.is_one_of(&[MarketingHolder, Producer]);
        let production = firm.may(LicenceKind::DrugProduction, DrugClass::ProprietaryChinese, self.today());
        if makes && production {
            return Ok(());
        }
        self.licensed(receiver, product, &PIECE_BUYERS, "piece_route")
    }

    fn lot_shipment(&self, sender: &OrgId, number: &DocumentNumber) -> Result<ShipmentId, Refusal> {
        let id = (self.firm(sender).ok_or("unknown_shipment")?, number.0.clone());
        self.herbs.shipments.contains_key(&id).then_some(id).ok_or("unknown_shipment")
    }

    fn on_the_way(&self, lot: &LotId, id: &ShipmentId) -> Result<LotName, Refusal> {
        let name = self.lot_name(lot)?;
        ensure(self.lot(&name).way.as_ref().is_some_and(|(_, i, _)| i == id), "lot_not_in_shipment")?;
        Ok(name)
    }

    pub(crate) fn receive_lots(&mut self, by: FirmNo, bill: &ReceiveLots) -> Verdict {
        let id = self.lot_shipment(&bill.sender, &bill.shipment_no)?;
        ensure(self.herbs.shipments[&id].0 == by, "not_designated_receiver")?;
        ensure(bill.verified, "not_verified")?;
        for line in &bill.lines {
            let name = self.on_the_way(&line.lot, &id)?;
            let returns = self.lot(&name).way.as_ref().is_some_and(|(_, _, returns)| *returns);
            if !returns {
                self.may_have_lot(&name, by)?;
                ensure(!self.is_held(&name), "lot_held")?;
            }
            let sent = self.lot(&name).mg.stock();
            ensure(line.weight_mg <= sent, "lot_weight_gained")?;
            let lost = sent - line.weight_mg;
            ensure(within(lost, sent, 0, TRANSIT_LOSS_PPM as u32), "lot_transit_loss")?;
            self.take(&name, lost, Stage::Consumed, |m| &mut m.lost)?;
            let lot = self.lot_mut(&name);
            if returns {
                lot.suppliers.pop();
            } else {
                lot.handed_over = true;
                lot.suppliers.push(id.0);
                let surplus = lot.suppliers.len().saturating_sub(16);
                lot.suppliers.drain(..surplus);
                lot.stage = match lot.kind {
                    LotKind::Piece => Stage::Distributed,
                    kind if is_crude(kind) => Stage::Traded,
                    _ => lot.stage,
                };
            }
            (lot.owner, lot.way, lot.laboratory) = (by, None, None);
        }
        self.herbs.shipments.get_mut(&id).expect("known").2 += bill.lines.len() as u32;
        Ok(())
    }

    /// Refused by the receiver, or called back by the sender.
    pub(crate) fn refuse_lots(&mut self, by: FirmNo, bill: &RefuseLots) -> Verdict {
        let id = self.lot_shipment(&bill.sender, &bill.shipment_no)?;
        ensure(by == id.0 || by == self.herbs.shipments[&id].0, "not_designated_receiver")?;
        for lot in &bill.lots {
            let name = self.on_the_way(lot, &id)?;
            self.lot_mut(&name).way = None;
        }
        self.herbs.shipments.get_mut(&id).expect("known").3 += bill.lots.len() as u32;
        Ok(())
    }

    /// M7: with a party outside the system, visible for ever.
    pub(crate) fn buy_untraced(&mut self, by: FirmNo, bill: &BuyUntraced) -> Verdict {
        self.with_role(by, HANDLERS)?;
        ensure(self.today() < day(TRACED_FROM), "tracing_mandatory")?;
        self.past(bill.bought_on)?;
        let herb = self.herb(&bill.herb)?;
        let mut new = self.blank();
        (new.incomplete, new.handed_over) = (true, true);
        let lot = (by, bill.lot_no);
        new.origins.insert(Origin { lot, place: bill.place.clone(), region: bill.region, garden: None });
        let (number, kind, region, made_on) = (bill.lot_no, bill.kind, bill.region, bill.bought_on);
        self.begin(by, Begun { number, kind, herb, region, made_on, mg: bill.weight_mg }, new)?;
        Ok(())
    }

    pub(crate) fn sell_untraced(&mut self, by: FirmNo, bill: &SellUntraced) -> Verdict {
        self.with_role(by, HANDLERS)?;
        let name = self.own_lot(by, &bill.lot, Act::SellUntraced)?;
        ensure(is_crude(self.lot(&name).kind), "untraced_not_crude")?;
        self.may_leave_origin(&name)?;
        self.take(&name, bill.weight_mg, Stage::Consumed, |m| &mut m.sold)?;
        self.lot_mut(&name).incomplete = true;
        Ok(())
    }

    // Ends.

    pub(crate) fn dispense_lots(&mut self, by: FirmNo, bill: &DispenseLots) -> Verdict {
        self.with_role(by, &[Hospital, Pharmacy])?;
        let lots = self.inputs(by, &bill.lines, Act::Dispense)?;
        for (name, line) in lots.iter().zip(&bill.lines) {
            let product = self.lot(name).product.filter(|_| self.lot(name).kind == LotKind::Piece);
            let product = product.ok_or("lot_kind_differs")?;
            self.passed(name)?;
            self.licensed(by, product, &DISPENSERS, "piece_route")?;
            self.take(name, line.weight_mg, Stage::Dispensed, |m| &mut m.sold)?;
        }
        Ok(())
    }

    pub(crate) fn write_off(&mut self, by: FirmNo, bill: &WriteOffLot) -> Verdict {
        let name = self.own_lot(by, &bill.lot, Act::WriteOff)?;
        self.take(&name, bill.weight_mg, Stage::Consumed, |m| &mut m.lost)
    }

    pub(crate) fn sample_lot(&mut self, by: FirmNo, bill: &SampleLot) -> Verdict {
        self.with_role(by, REGULATORS)?;
        let name = self.lot_name(&bill.lot)?;
        self.in_order(&name, Act::Sample)?;
        let lot = self.lot(&name);
        self.answers_for(by, &[self.firms[lot.owner].region, lot.region])?;
        self.take(&name, bill.weight_mg, Stage::Consumed, |m| &mut m.sampled)
    }

    pub(crate) fn destroy_lot(&mut self, by: FirmNo, bill: &DestroyLot) -> Verdict {
        let name = self.own_lot(by, &bill.lot, Act::Destroy)?;
        self.past(bill.destroyed_on)?;
        self.after_made(&name, bill.destroyed_on)?;
        // What is evidence stays.
        let by_authority = |reason: &LotHoldReason| *reason != LotHoldReason::QualitySuspect;
        ensure(!self.lot(&name).holds.keys().any(by_authority), "lot_held")?;
        self.take(&name, self.lot(&name).mg.stock(), Stage::Destroyed, |m| &mut m.destroyed)
    }

    pub(crate) fn export_lot(&mut self, by: FirmNo, bill: &ExportLot) -> Verdict {
        let name = self.own_lot(by, &bill.lot, Act::Export)?;
        self.fresh(&name)?;
        self.passed(&name)?;
        for kind in [FilingKind::ExportProcessor, FilingKind::ExportBase, FilingKind::ExportDocument] {
            let entries = self.filings.get(&(by, kind)).map(Vec::as_slice).unwrap_or_default();
            ensure(entries.iter().any(|e| e.counts(self.today())), "export_filing_required")?;
        }
        self.take(&name, bill.weight_mg, Stage::Exported, |m| &mut m.sold)
    }

    pub(crate) fn use_lots(&mut self, by: FirmNo, bill: &UseLots) -> Verdict {
        let batch = self.batch(&bill.product_id, &bill.batch_no)?;
        ensure(self.batches[batch].producer == by, "not_producer")?;
        ensure(!self.batches[batch].released, "batch_closed")?;
        let product = self.batches[batch].product;
        let lots = self.inputs(by, &bill.inputs, Act::UseInBatch)?;
        let key = (product, bill.batch_no.clone());
        let (mut garden_mg, mut total_mg, mut grown) = self.herbs.fed.get(&key).cloned().unwrap_or_default();
        for (name, used) in lots.iter().zip(&bill.inputs) {
            self.passed(name)?;
            let pieces = self.products[product].class == DrugClass::DecoctionPiece;
            ensure(!pieces || self.lot(name).product == Some(product), "lots_differ")?;
            total_mg += used.weight_mg;
            garden_mg += if self.lot(name).garden { used.weight_mg } else { 0 };
            grown.extend(self.lot(name).origins.iter().map(|o| o.region));
        }
        self.use_up(&lots, &bill.inputs)?;
        self.herbs.fed.insert(key, (garden_mg, total_mg, grown));
        Ok(())
    }

    // 锁定, 解锁.

    fn packets_of(&self, name: &LotName, codes: &[UnitKey]) -> Verdict {
        let of = |c: &UnitKey| self.herbs.packets.contains_key(c) && self.lot_of_packet(c) == *name;
        ensure(codes.iter().all(of), "pack_not_of_lot")
    }

    pub(crate) fn hold_lot(&mut self, by: FirmNo, bill: &HoldLot) -> Verdict {
        let name = self.lot_name(&bill.lot)?;
        let lot = self.lot(&name);
        match bill.reason {
            LotHoldReason::QualitySuspect => ensure(lot.owner == by, "not_lot_owner")?,
            reason => {
                let foreign = reason == LotHoldReason::ForeignNotification;
                self.with_role(by, if foreign { &[Customs] } else { REGULATORS })?;
                self.answers_for(by, &[self.firms[lot.owner].region, lot.region])?;
            }
        }
        if bill.packs.is_empty() {
            let before = self.lot_mut(&name).holds.insert(bill.reason, by);
            return ensure(before.is_none(), "lot_hold_exists");
        }
        for code in &bill.packs {
            self.packets_of(&name, std::slice::from_ref(code))?;
            let packet = self.herbs.packets.get_mut(code).expect("of the lot");
            ensure(packet.hold.is_none(), "lot_hold_exists")?;
            packet.hold = Some((bill.reason, by));
        }
        Ok(())
    }

    /// Who set it, or an authority of the same kind above it.
    fn may_lift(&self, by: FirmNo, setter: FirmNo) -> Verdict {
        let (own, other) = (&self.firms[by], &self.firms[setter]);
        let same_kind = REGULATORS.iter().any(|r| own.is(*r) && other.is(*r));
        ensure(by == setter || (same_kind && own.region.contains(&other.region)), "lot_hold_other")
    }

    pub(crate) fn lift_lot_hold(&mut self, by: FirmNo, bill: &LiftLotHold) -> Verdict {
        let name = self.lot_name(&bill.lot)?;
        if bill.packs.is_empty() {
            let setter = *self.lot(&name).holds.get(&bill.reason).ok_or("lot_hold_unknown")?;
            self.may_lift(by, setter)?;
            self.lot_mut(&name).holds.remove(&bill.reason);
            return Ok(());
        }
        for code in &bill.packs {
            self.packets_of(&name, std::slice::from_ref(code))?;
            let hold = self.herbs.packets[code].hold.filter(|(reason, _)| *reason == bill.reason);
            let (_, setter) = hold.ok_or("lot_hold_unknown")?;
            self.may_lift(by, setter)?;
            self.herbs.packets.get_mut(code).expect("of the lot").hold = None;
        }
        Ok(())
    }
}
