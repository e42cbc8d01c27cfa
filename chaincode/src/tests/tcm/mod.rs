//! Herbs from seed to slice: a consortium of growers, traders, a 饮片 producer, a hospital, a laboratory and regulators.

mod balance;
mod bounds;
mod consumer;
mod golden;
mod laboratories;
pub(super) mod rules;
mod standards;
pub(super) mod story;

use super::law_world;
use super::refusals::registry::filing;
use super::world::*;
use crate::Operation;
use crate::codes::{HerbCode, UnitKey};
use crate::quality::HoldKind;
use crate::query::LotView;
use crate::receipt::Receipt;
use crate::registry::FilingKind;
use crate::tcm::*;
use crate::transaction::*;
use bencao_crypto::{Digest, sm3};
use bencao_genesis::*;

/// Co-operative with a garden.
pub(super) const G: usize = 7;
/// Herb trader.
pub(super) const T: usize = 8;
/// Market operator.
pub(super) const MK: usize = 9;
/// 饮片 producer.
pub(super) const D: usize = 10;
/// Laboratory.
pub(super) const L: usize = 11;
/// Drug regulator of the region.
pub(super) const R: usize = 12;
/// Customs.
pub(super) const CU: usize = 13;
/// A grower of no garden.
pub(super) const G2: usize = 14;
/// Drug regulator of another region.
pub(super) const R2: usize = 15;
/// Another 饮片 producer.
pub(super) const D2: usize = 16;

/// A notary.
pub(super) const NO: usize = 17;

/// A kilogram in milligrams.
pub(super) const KG: u64 = 1_000_000;

pub(super) fn safflower() -> HerbCode {
    HerbCode::new("06160411000000008").unwrap()
}

pub(super) fn liquorice() -> HerbCode {
    HerbCode::new("06160111000000009").unwrap()
}

pub(super) fn digest(text: &str) -> Digest {
    sm3(text.as_bytes())
}

pub(super) fn household(n: u8) -> Digest {
    let mut all = [digest("household 1"), digest("household 2"), digest("household 3")];
    all.sort();
    all[usize::from(n)]
}

pub(super) fn number(text: &str) -> LocalNo {
    LocalNo::new(text).unwrap()
}

pub(super) fn lot(member: usize, text: &str) -> LotId {
    LotId { number: number(text), organisation: org_id(member) }
}

pub(super) fn garden_id() -> GardenId {
    GardenId { number: number("YY-1"), organisation: org_id(M) }
}

pub(super) fn tcm_genesis() -> Genesis {
    use DrugClass::*;
    let mut base = genesis();
    let widen = |organisation: &mut Organisation, class| {
        for licence in &mut organisation.licences {
            licence.scope.push(class);
            licence.scope.sort();
        }
    };
    widen(&mut base.organisations[M], ProprietaryChinese);
    for n in [W, P, H] {
        widen(&mut base.organisations[n], DecoctionPiece);
    }
    let production = || vec![licence(LicenceKind::DrugProduction, &[DecoctionPiece, CrudeHerb], "2028-12-31")];
    let business = || licence(LicenceKind::Business, &[CrudeHerb], "2028-12-31");
    base.organisations.extend([
        member(G, "合作社", Role::Grower, vec![]),
        member(T, "药材商", Role::HerbTrader, vec![business()]),
        member(MK, "药材市场", Role::MarketOperator, vec![]),
        member(D, "饮片厂", Role::DecoctionProducer, [production(), vec![business()]].concat()),
        member(L, "检验所", Role::Laboratory, vec![]),
        member(R, "自治区药监局", Role::DrugRegulator, vec![]),
        member(CU, "海关", Role::Customs, vec![]),
        member(G2, "种植户", Role::Grower, vec![]),
        member(R2, "外省药监局", Role::DrugRegulator, vec![]),
        member(D2, "另一饮片厂", Role::DecoctionProducer, production()),
        member(NO, "公证处", Role::Notary, vec![]),
    ]);
    base.organisations[R].jurisdiction = RegionCode::parse("650000").unwrap();
    base.organisations[CU].jurisdiction = RegionCode::parse("650000").unwrap();
    base.organisations[R2].jurisdiction = RegionCode::parse("350000").unwrap();
    let piece = |id: &str, prefixes| Product {
        holder: org_id(D),
        producer: org_id(D),
        approval_number: String::new(),
        standard_code: String::new(),
        generic_name: "红花".into(),
        ..product(id, DecoctionPiece, prefixes, 10)
    };
    base.products.push(piece("HH", ["8400001", "8400003"]));
    base.products.push(piece("GC", ["8400011", "8400013"]));
    base.products.push(Product { class: CrudeHerb, ..piece("YC", ["8400021", "8400023"]) });
    let medicine = Product {
        approval_number: "国药准字Z20260001".into(),
        ..product("ZY", ProprietaryChinese, ["8500001", "8500003"], 10)
    };
    base.products.push(medicine);
    base.products.push(Product {
        holder: org_id(H),
        producer: org_id(H),
        approval_number: String::new(),
        standard_code: String::new(),
        generic_name: "红花".into(),
        ..product("HP", DecoctionPiece, ["8600001", "8600003"], 10)
    });
    base
}

pub(super) fn herb(code: HerbCode, name: &str) -> Herb {
    Herb {
        code,
        name: name.into(),
        species: "Carthamus tinctorius L.".into(),
        part: "花".into(),
        newly_introduced: false,
        approval_number: String::new(),
    }
}

pub(super) fn scope(member: usize, crafts: &[Craft]) -> SetProcessingScope {
    SetProcessingScope {
        organisation: org_id(member),
        licence_no: "新20260001".into(),
        crafts: crafts.to_vec(),
        valid_from: date("2026-01-01"),
        valid_to: date("2027-12-31"),
    }
}

pub(super) fn piece(product: &str, herb: HerbCode) -> DefinePiece {
    DefinePiece {
        product_id: ProductId(product.into()),
        herb,
        standard: "《中国药典》2025年版一部".into(),
        yield_ppm_min: 700_000,
        yield_ppm_max: 1_100_000,
    }
}

pub(super) fn garden() -> RegisterGarden {
    RegisterGarden {
        garden_no: number("YY-1"),
        base_no: "JD-654225-01".into(),
        county: RegionCode::parse("654225").unwrap(),
        poverty_county: true,
        households: vec![household(0), household(1)],
        growers: vec![org_id(G)],
        herbs: vec![safflower()],
        area_mu_100: 50_000,
        contract_from: date("2026-01-01"),
        contract_to: date("2028-12-31"),
        contract: digest("contract"),
        commitments: "优质优价".into(),
        certification: String::new(),
    }
}

pub(super) fn seed(lot_no: &str, weight_mg: u64) -> RecordSeed {
    RecordSeed {
        lot_no: number(lot_no),
        kind: LotKind::Seed,
        herb: safflower(),
        source: SeedSource::Purchased,
        region: RegionCode::parse("654225").unwrap(),
        weight_mg,
        raised_from: vec![],
        made_on: date("2026-03-01"),
    }
}

/// Plants of a household in the garden.
pub(super) fn plant(lot_no: &str, seeds: Vec<LotUse>) -> Plant {
    Plant {
        garden: Some(garden_id()),
        household: Some(household(0)),
        gap_audit: Some(digest("audit")),
        ..plant_elsewhere(lot_no, "新疆裕民", seeds)
    }
}

/// Plants of nobody's garden.
pub(super) fn plant_elsewhere(lot_no: &str, place: &str, seeds: Vec<LotUse>) -> Plant {
    Plant {
        lot_no: number(lot_no),
        herb: safflower(),
        source: SeedSource::Purchased,
        seeds,
        region: RegionCode::parse("654225").unwrap(),
        place: place.into(),
        area_mu_100: 1_000,
        cycle_months: 5,
        planted_on: date("2026-04-10"),
        base_no: "JD-654225-01".into(),
        garden: None,
        household: None,
        gap_audit: None,
        responsible: digest("manager"),
    }
}

pub(super) fn field_work(lot: LotId, kind: FieldWorkKind, name: &str, days: u16) -> FieldWork {
    FieldWork {
        lot,
        kind,
        name: name.into(),
        amount: "20 mL/亩".into(),
        safety_interval_days: days,
        done_on: date("2026-07-01"),
        operator: digest("operator"),
    }
}

pub(super) fn harvest(lot_no: &str, plants: LotId, weight_mg: u64) -> Harvest {
    Harvest { lot_no: number(lot_no), plants, harvested_on: date("2026-08-20"), expected_mg: weight_mg, weight_mg }
}

pub(super) fn uses(lot: LotId, weight_mg: u64) -> LotUse {
    LotUse { lot, weight_mg }
}

pub(super) fn dry(lot_no: &str, inputs: Vec<LotUse>, weight_mg: u64, loss_mg: u64) -> ProcessAtOrigin {
    ProcessAtOrigin {
        lot_no: number(lot_no),
        inputs,
        method: "阴干".into(),
        weight_mg,
        loss_mg,
        done_on: date("2026-09-01"),
        operator: digest("operator"),
    }
}

pub(super) fn test(lot: LotId, passed: bool) -> TestLot {
    TestLot {
        lot,
        method: "《中国药典》红花项".into(),
        grade: "一等".into(),
        report_kind: ReportKind::Inspection,
        report: digest("report"),
        passed,
        sample_mg: 0,
        tested_on: date("2026-11-23"),
    }
}

pub(super) fn certify(lot: LotId) -> CertifyLot {
    CertifyLot { lot, certificate: digest("certificate"), qr_payload: digest("qr") }
}

pub(super) fn label(origin: &str) -> Label {
    Label {
        name: "红花".into(),
        specification: String::new(),
        origin: origin.into(),
        date: date("2026-11-22"),
        supplier: "合作社".into(),
        quality_mark: true,
        standard: String::new(),
        storage: String::new(),
        best_before: None,
        gap_audit: None,
    }
}

/// The same, packed by another owner.
pub(super) fn label_by(owner: usize, origin: &str) -> Label {
    let genesis = tcm_genesis();
    Label { supplier: genesis.organisations[owner].name.clone(), ..label(origin) }
}

pub(super) fn piece_label(origin: &str) -> Label {
    Label {
        specification: "1kg".into(),
        supplier: "饮片厂".into(),
        standard: "《中国药典》2025年版一部".into(),
        storage: "置阴凉干燥处，防潮，防蛀".into(),
        best_before: Some(date("2028-11-20")),
        ..label(origin)
    }
}

pub(super) fn pack(lot: LotId, label: Label) -> PackLot {
    PackLot { lot, label, packs: vec![] }
}

pub(super) fn tcm_code(text: &str) -> UnitKey {
    code(&format!("TCM:{text}"))
}

pub(super) fn packed(text: &str, kind: PackKind, weight_mg: u64, parent: Option<&str>) -> PackedCode {
    PackedCode { code: tcm_code(text), kind, weight_mg, parent: parent.map(tcm_code) }
}

pub(super) fn sell(receiver: usize, lots: &[LotId]) -> ShipLots {
    ShipLots {
        movement: LotMovement::Sale,
        receiver: org_id(receiver),
        weighing: Weighing::CertifiedScale,
        market: None,
        details: None,
        lines: lots.iter().map(|lot| LotLine { lot: lot.clone(), part: None }).collect(),
    }
}

pub(super) fn sell_part(receiver: usize, from: LotId, lot_no: &str, weight_mg: u64) -> ShipLots {
    let part = LotPart { lot_no: number(lot_no), weight_mg, packs: vec![] };
    ShipLots { lines: vec![LotLine { lot: from, part: Some(part) }], ..sell(receiver, &[]) }
}

pub(super) fn take_in(sender: usize, shipment: &str, lines: &[(LotId, u64)]) -> ReceiveLots {
    ReceiveLots {
        sender: org_id(sender),
        shipment_no: DocumentNumber(shipment.into()),
        verified: true,
        evidence: digest("supplier's licence"),
        weighing: Weighing::CertifiedScale,
        lines: lines.iter().map(|(lot, weight_mg)| ReceivedLine { lot: lot.clone(), weight_mg: *weight_mg }).collect(),
    }
}

pub(super) fn buy_untraced(lot_no: &str, weight_mg: u64) -> BuyUntraced {
    BuyUntraced {
        lot_no: number(lot_no),
        kind: LotKind::Initial,
        herb: safflower(),
        weight_mg,
        weighing: Weighing::Manual,
        region: RegionCode::parse("654221").unwrap(),
        place: "新疆额敏".into(),
        bought_on: date("2026-10-01"),
        seller: digest("a farmer at the fair"),
        evidence: digest("papers"),
    }
}

pub(super) fn blend(lot_no: &str, inputs: Vec<LotUse>) -> BlendLots {
    BlendLots { lot_no: number(lot_no), inputs, loss_mg: 0, done_on: date("2026-11-22") }
}

pub(super) fn step(method: Method) -> ProcessStep {
    ProcessStep { method, details: String::new(), operator: digest(method.name()) }
}

pub(super) fn make_pieces(lot_no: &str, inputs: Vec<LotUse>, weight_mg: u64, loss_mg: u64) -> ProcessPieces {
    ProcessPieces {
        lot_no: number(lot_no),
        product_id: ProductId("HH".into()),
        inputs,
        auxiliaries: vec![],
        steps: vec![step(Method::RemovingParts), step(Method::DryingLow), step(Method::Sieving)],
        weight_mg,
        loss_mg,
        made_on: date("2026-11-22"),
        best_before: Some(date("2028-11-20")),
        technologist: digest("technologist"),
        manager: digest("manager"),
        quality_person: digest("qa"),
    }
}

pub(super) fn destroy_lot(lot: LotId) -> DestroyLot {
    DestroyLot {
        lot,
        reason: LossReason::Mould,
        executor: digest("executor"),
        supervisor: digest("supervisor"),
        destroyed_on: date("2026-11-23"),
        document: digest("record"),
    }
}

pub(super) fn write_off(lot: LotId, weight_mg: u64) -> WriteOffLot {
    WriteOffLot { lot, weight_mg, reason: LossReason::Mould }
}

pub(super) fn hold_lot(lot: LotId, reason: LotHoldReason) -> HoldLot {
    HoldLot { lot, reason, document: digest("decision"), packs: vec![] }
}

pub(super) fn send_back(receiver: usize, lots: &[LotId]) -> ShipLots {
    ShipLots { movement: LotMovement::Return, ..sell(receiver, lots) }
}

pub(super) fn dispense_lots(lines: Vec<LotUse>) -> DispenseLots {
    DispenseLots { prescription: digest("rx"), patient: None, doses: 7, decoction: true, lines }
}

/// Anything that is an operation.
pub(super) trait AsOperation {
    fn op(self) -> Operation;
}

macro_rules! ops {
    ($($name:ident),+ $(,)?) => {
        $(impl AsOperation for $name {
            fn op(self) -> Operation {
                Operation::$name(self)
            }
        })+
    };
}

ops!(
    RegisterHerbs,
    DefinePiece,
    SetProcessingScope,
    RegisterGarden,
    AmendGarden,
    RecordBenefit,
    RecordSeed,
    Plant,
    FieldWork,
    Harvest,
    ProcessAtOrigin,
    RequestTest,
    TestLot,
    CertifyLot,
    BlendLots,
    SplitLot,
    ProcessPieces,
    PackLot,
    ShipLots,
    ReceiveLots,
    RefuseLots,
    BuyUntraced,
    SellUntraced,
    DispenseLots,
    WriteOffLot,
    SampleLot,
    DestroyLot,
    ExportLot,
    HoldLot,
    LiftLotHold,
    UseLots,
    Commission,
    RecordBatchTest,
    Release,
);

impl World {
    /// Herbs, a garden, pieces and scopes on record.
    pub(super) fn with_herbs() -> World {
        World::herbs_in(tcm_genesis())
    }

    /// The same on another genesis.
    pub(super) fn herbs_in(genesis: Genesis) -> World {
        let mut world = World::with(genesis);
        let herbs = vec![herb(safflower(), "红花"), herb(liquorice(), "甘草")];
        world.done(R, RegisterHerbs { herbs });
        world.done(M, garden());
        world.applied(R, filing(FilingKind::Gap, M, |_| {}));
        let crafts = [Craft::Cleaning, Craft::Cutting, Craft::Frying];
        world.done(R, scope(D, &crafts));
        world.done(R, scope(H, &crafts));
        world.done(D, piece("HH", safflower()));
        world.done(D, piece("GC", liquorice()));
        world.done(H, piece("HP", safflower()));
        world
    }

    pub(super) fn done(&mut self, member: usize, operation: impl AsOperation) -> Receipt {
        self.applied(member, operation.op())
    }

    /// A regulator suspends a member.
    pub(super) fn suspend(&mut self, member: usize) {
        let target = HoldTarget::Organisation(OrganisationTarget { organisation: org_id(member) });
        self.applied(R, law_world::hold(HoldKind::RegulatorFreeze, target));
    }

    /// The 饮片 producer recalls what it has made of safflower.
    pub(super) fn recall_pieces(&mut self) {
        let recalled = StartRecall { product_id: ProductId("HH".into()), ..law_world::recall(2, &[]) };
        self.applied(D, law_world::start(recalled));
    }

    /// A destruction in the presence of somebody: proposed by its owner, then countersigned.
    pub(super) fn destroyed_before(&mut self, owner: usize, witness: usize, bill: DestroyLot) -> Receipt {
        let bill = CountersignedBill::DestroyLot(bill);
        let receipt = self.send(owner, law_world::propose(self, witness, bill.clone()));
        if !receipt.is_applied() {
            return receipt;
        }
        let proposal = self.outputs.last().unwrap().events.iter().find_map(|e| match e.subject {
            crate::Subject::Case(case) => Some(case.0),
            _ => None,
        });
        self.send(witness, law_world::countersign(proposal.unwrap(), bill))
    }

    pub(super) fn done_as(&mut self, member: usize, number: &str, operation: impl AsOperation) {
        let receipt = self.send_as(member, number, operation.op());
        assert!(receipt.is_applied(), "{number}: {:?}", receipt.outcome);
    }

    pub(super) fn no(&mut self, member: usize, operation: impl AsOperation) -> &'static str {
        self.refused(member, operation.op())
    }

    /// Entries that an export asks for.
    pub(super) fn filed_for_export(&mut self, member: usize) {
        for kind in [FilingKind::ExportProcessor, FilingKind::ExportBase] {
            self.applied(CU, filing(kind, member, |_| {}));
        }
        self.applied(member, filing(FilingKind::ExportDocument, member, |_| {}));
    }

    pub(super) fn lot_view(&self, lot: &LotId) -> LotView {
        let at = TimestampMs(self.time);
        crate::query::lot(self, self, lot, at).unwrap().unwrap()
    }

    /// 100 kg of dried safflower of the garden, certified and packed, with the co-operative; from 400 kg fresh.
    pub(super) fn grown(&mut self) -> LotId {
        self.done(G, seed("S1", 10 * KG));
        self.done(G, plant("P1", vec![uses(lot(G, "S1"), 4 * KG)]));
        self.done(G, harvest("H1", lot(G, "P1"), 400 * KG));
        self.done(G, dry("C1", vec![uses(lot(G, "H1"), 400 * KG)], 100 * KG, 300 * KG));
        self.done(G, certify(lot(G, "C1")));
        self.done(G, pack(lot(G, "C1"), label("新疆裕民")));
        lot(G, "C1")
    }

    /// The same, bought and tested by the 饮片 producer.
    pub(super) fn delivered(&mut self) -> LotId {
        let herb = self.grown();
        self.done_as(G, "G-1", sell(D, std::slice::from_ref(&herb)));
        self.done(D, take_in(G, "G-1", &[(herb.clone(), 100 * KG)]));
        self.done(D, test(herb.clone(), true));
        herb
    }

    /// 90 kg of 饮片, tested and packed, with their producer.
    pub(super) fn sliced(&mut self) -> LotId {
        let herb = self.delivered();
        self.done(D, make_pieces("HH2601", vec![uses(herb, 100 * KG)], 90 * KG, 10 * KG));
        let pieces = lot(D, "HH2601");
        self.done(D, test(pieces.clone(), true));
        self.done(D, pack(pieces.clone(), piece_label("新疆裕民")));
        pieces
    }

    /// The same at the hospital.
    pub(super) fn at_hospital(&mut self) -> LotId {
        let pieces = self.sliced();
        self.done_as(D, "D-1", sell(H, std::slice::from_ref(&pieces)));
        self.done(H, take_in(D, "D-1", &[(pieces.clone(), 90 * KG)]));
        pieces
    }
}
