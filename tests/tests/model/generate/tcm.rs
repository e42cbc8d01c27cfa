//! Bills about herbs.

use super::{Draft, Generator};
use crate::cast::*;
use crate::spec::Model;
use crate::spec::tcm::{Lot, LotName, Stage};
use bencao_chaincode::UnitKey;
use bencao_chaincode::codes::HerbCode;
use bencao_chaincode::tcm::*;
use bencao_chaincode::transaction::*;
use bencao_crypto::{Digest, sm3};
use bencao_genesis::{CalendarDate, OrgId, ProductId, RegionCode};

const DEALERS: [usize; 8] = [COOP, COOP, TRADER, MARKET, PIECES, PIECES, M, H];

pub(super) fn herb(n: usize) -> HerbCode {
    HerbCode::new(&format!("0616041100000000{n}")).expect("17 digits")
}

fn household(n: usize) -> Digest {
    sm3(&[b'h', n as u8])
}

fn county() -> RegionCode {
    RegionCode::parse("650100").expect("a region")
}

impl Generator {
    fn local(&mut self) -> LocalNo {
        self.documents += 1;
        let n = if self.random.one_in(40) { 1 } else { self.documents };
        LocalNo::new(&format!("L{n}")).expect("letters and digits")
    }

    fn some_herb(&mut self) -> HerbCode {
        herb(self.random.pick(&[1, 1, 1, 1, 2, 3, 4]))
    }

    fn on(&mut self, model: &Model) -> CalendarDate {
        let today = model.today().days();
        CalendarDate::from_days(match self.random.below(25) {
            0 => today + 1,
            1 => today - 40,
            _ => today,
        })
    }

    fn id_of(&self, model: &Model, name: &LotName) -> LotId {
        LotId { number: name.1, organisation: model.firms[name.0].id.clone() }
    }

    /// A lot that fits, or any; its owner with it.
    fn some_lot(&mut self, model: &Model, fits: impl Fn(&Lot) -> bool) -> Option<(LotName, usize)> {
        let fitting: Vec<(LotName, usize)> =
            model.herbs.lots.iter().filter(|(_, l)| fits(l)).map(|(n, l)| (*n, l.owner)).collect();
        let all: Vec<(LotName, usize)> = model.herbs.lots.iter().map(|(n, l)| (*n, l.owner)).collect();
        if all.is_empty() {
            return None;
        }
        let any = self.random.pick(&all);
        Some(if self.random.one_in(15) { any } else { self.random.pick_or(&fitting, any) })
    }

    fn lot_id(&mut self, model: &Model, name: &LotName) -> LotId {
        let nowhere = LotId { number: LocalNo::new("NONE").expect("letters"), organisation: id(COOP) };
        if self.random.one_in(60) { nowhere } else { self.id_of(model, name) }
    }

    fn mg(&mut self, model: &Model, name: &LotName) -> u64 {
        let stock = model.herbs.lots[name].mg.stock().max(1);
        match self.random.below(20) {
            0 => stock + 1,
            1..=8 => stock,
            _ => 1 + self.random.below(stock as usize) as u64,
        }
    }

    /// Lots of one owner, each with a weight.
    fn uses(&mut self, model: &Model, count: usize, fits: impl Fn(&Lot) -> bool) -> Option<(usize, Vec<LotUse>)> {
        let (first, owner) = self.some_lot(model, &fits)?;
        let mut names = vec![first];
        let like = model.herbs.lots[&first].clone();
        while names.len() < count {
            let same = |l: &Lot| l.owner == owner && l.kind == like.kind && l.herb == like.herb && fits(l);
            let (next, _) = self.some_lot(model, same)?;
            names.push(next);
            if !self.random.one_in(12) {
                names.dedup();
                if self.random.one_in(4) {
                    break;
                }
            }
        }
        let mut uses = Vec::new();
        for name in &names {
            uses.push(LotUse { lot: self.lot_id(model, name), weight_mg: self.mg(model, name) });
        }
        Some((owner, uses))
    }

    // On record first.

    pub(crate) fn register_herbs(&mut self, model: &Model) -> Draft {
        let n = self.random.pick(&[1, 1, 2, 3]);
        let new = n == 3;
        let bill = RegisterHerbs {
            herbs: vec![Herb {
                code: herb(n),
                name: if self.random.one_in(20) { "甘草".into() } else { "红花".into() },
                species: "Carthamus tinctorius L.".into(),
                part: "花".into(),
                newly_introduced: new,
                approval_number: if new && self.random.one_in(3) {
                    "国药准字Z20260009".into()
                } else {
                    String::new()
                },
            }],
        };
        (self.mostly(model, REG), Operation::RegisterHerbs(bill))
    }

    pub(crate) fn define_piece(&mut self, model: &Model) -> Draft {
        let (name, by) = self.random.pick(&[("HH", PIECES), ("HH", PIECES), ("HO", H), ("X", M), ("UNKNOWN", M)]);
        let least = self.random.pick(&[400_000, 400_000, 400_000, 50_000]);
        let bill = DefinePiece {
            product_id: ProductId(name.into()),
            herb: self.some_herb(),
            standard: self.standard_name(model),
            yield_ppm_min: least,
            yield_ppm_max: 1_200_000,
        };
        (self.mostly(model, by), Operation::DefinePiece(bill))
    }

    pub(crate) fn set_scope(&mut self, model: &Model) -> Draft {
        let today = model.today().days();
        let wide = !self.random.one_in(4);
        let crafts = if wide { vec![Craft::Cleaning, Craft::Cutting, Craft::Frying] } else { vec![Craft::Cleaning] };
        let bill = SetProcessingScope {
            organisation: self.somebody(&[PIECES, PIECES, H, W]),
            licence_no: "新20260001".into(),
            crafts,
            valid_from: CalendarDate::from_days(today - 1),
            valid_to: CalendarDate::from_days(today + self.random.pick(&[1, 400])),
        };
        let by = self.random.pick(&[REG, CITY, ELSEWHERE]);
        (self.mostly(model, by), Operation::SetProcessingScope(bill))
    }

    fn garden_id(&mut self) -> GardenId {
        let number = if self.random.one_in(10) { "YY-9" } else { "YY-1" };
        GardenId { number: LocalNo::new(number).expect("letters"), organisation: self.somebody(&[M]) }
    }

    pub(crate) fn register_garden(&mut self, model: &Model) -> Draft {
        let today = model.today().days();
        let mut households = vec![household(1), household(2)];
        households.sort();
        let number = self.random.pick(&["YY-1", "YY-1", "YY-2"]);
        let bill = RegisterGarden {
            garden_no: LocalNo::new(number).expect("letters"),
            base_no: "JD-1".into(),
            county: county(),
            poverty_county: true,
            households,
            growers: vec![self.somebody(&[COOP])],
            herbs: vec![herb(self.random.pick(&[1, 1, 1, 4]))],
            area_mu_100: 100,
            contract_from: CalendarDate::from_days(today - 60),
            contract_to: CalendarDate::from_days(today + self.random.pick(&[1, 300])),
            contract: sm3(b"contract"),
            commitments: "优质优价".into(),
            certification: String::new(),
        };
        (self.mostly(model, M), Operation::RegisterGarden(bill))
    }

    pub(crate) fn amend_garden(&mut self, model: &Model) -> Draft {
        let today = model.today().days();
        let mut added = vec![household(3)];
        added.retain(|_| self.random.one_in(2));
        let bill = AmendGarden {
            garden_no: LocalNo::new(self.random.pick(&["YY-1", "YY-1", "YY-9"])).expect("letters"),
            households_added: added,
            households_removed: vec![household(self.random.pick(&[2, 3]))],
            contract_to: CalendarDate::from_days(self.random.pick(&[today + 300, today, today - 100])),
            contract: sm3(b"amended"),
        };
        (self.mostly(model, M), Operation::AmendGarden(bill))
    }

    pub(crate) fn record_benefit(&mut self, model: &Model) -> Draft {
        let bill = RecordBenefit {
            garden: self.garden_id(),
            kind: BenefitKind::PremiumPrice,
            household: Some(household(self.random.below(4))).filter(|_| self.random.one_in(2)),
            granted_on: self.on(model),
            details: sm3(b"benefit"),
        };
        let by = self.random.pick(&[M, M, REG, HEALTH, ELSEWHERE]);
        (self.mostly(model, by), Operation::RecordBenefit(bill))
    }

    // Growing.

    pub(crate) fn record_seed(&mut self, model: &Model) -> Draft {
        let raised = self.random.one_in(3);
        let seeds = self.uses(model, 1, |l| l.stage == Stage::Seedling).filter(|_| raised);
        let (by, raised_from) = seeds.unwrap_or((self.random.pick(&[COOP, PIECES]), Vec::new()));
        let bill = RecordSeed {
            lot_no: self.local(),
            kind: LotKind::Seed,
            herb: self.some_herb(),
            source: SeedSource::Cultivated,
            region: county(),
            weight_mg: 1 + self.random.below(5_000) as u64,
            raised_from,
            made_on: self.on(model),
        };
        (self.mostly(model, by), Operation::RecordSeed(bill))
    }

    pub(crate) fn plant(&mut self, model: &Model) -> Draft {
        let sown = self.random.one_in(3);
        let seeds = self.uses(model, 1, |l| l.stage == Stage::Seedling).filter(|_| sown);
        let (by, seeds) = seeds.unwrap_or((self.random.pick(&[COOP, COOP, PIECES]), Vec::new()));
        let garden = Some(self.garden_id()).filter(|_| self.random.one_in(2));
        let claimed = garden.is_some() && self.random.one_in(2);
        let bill = Plant {
            lot_no: self.local(),
            herb: self.some_herb(),
            source: SeedSource::Cultivated,
            seeds,
            region: if self.random.one_in(12) { RegionCode::parse("650200").expect("a region") } else { county() },
            place: self.random.pick(&["吉木萨尔", "裕民"]).into(),
            area_mu_100: 100,
            cycle_months: 6,
            planted_on: self.on(model),
            base_no: "JD-1".into(),
            garden,
            household: Some(household(self.random.below(4))).filter(|_| claimed),
            gap_audit: Some(sm3(b"gap")).filter(|_| self.random.one_in(2)),
            responsible: sm3(b"person"),
        };
        (self.mostly(model, by), Operation::Plant(bill))
    }

    pub(crate) fn field_work(&mut self, model: &Model) -> Draft {
        let found = self.some_lot(model, |l| matches!(l.stage, Stage::Planted | Stage::Growing));
        let Some((name, owner)) = found else { return self.plant(model) };
        let sprayed = self.random.one_in(2);
        let bill = FieldWork {
            lot: self.lot_id(model, &name),
            kind: if sprayed { FieldWorkKind::Pesticide } else { FieldWorkKind::Fertiliser },
            name: self.random.pick(&["吡虫啉", "有机肥", "40%甲胺磷乳油"]).into(),
            amount: "10 kg".into(),
            safety_interval_days: if sprayed { self.random.pick(&[1, 2, 7]) } else { 0 },
            done_on: self.on(model),
            operator: sm3(b"person"),
        };
        (self.mostly(model, owner), Operation::FieldWork(bill))
    }

    pub(crate) fn harvest(&mut self, model: &Model) -> Draft {
        let found = self.some_lot(model, |l| matches!(l.stage, Stage::Planted | Stage::Growing));
        let Some((name, owner)) = found else { return self.plant(model) };
        let bill = Harvest {
            lot_no: self.local(),
            plants: self.lot_id(model, &name),
            harvested_on: self.on(model),
            expected_mg: 1,
            weight_mg: 10_000 + self.random.below(1_000_000) as u64,
        };
        (self.mostly(model, owner), Operation::Harvest(bill))
    }

    // Making.

    pub(crate) fn process_at_origin(&mut self, model: &Model) -> Draft {
        let usable =
            |l: &Lot| matches!(l.kind, LotKind::Harvest | LotKind::Initial) && l.way.is_none() && l.mg.stock() > 0;
        let Some((owner, inputs)) = self.uses(model, 2, usable) else { return self.harvest(model) };
        let input: u64 = inputs.iter().map(|u| u.weight_mg).sum();
        let output = (input * self.random.pick(&[30, 60, 100, 4]) / 100).max(1);
        let bill = ProcessAtOrigin {
            lot_no: self.local(),
            inputs,
            method: "晾晒".into(),
            weight_mg: output,
            loss_mg: (input - output) + u64::from(self.random.one_in(15)),
            done_on: self.on(model),
            operator: sm3(b"person"),
        };
        (self.mostly(model, owner), Operation::ProcessAtOrigin(bill))
    }

    pub(crate) fn blend(&mut self, model: &Model) -> Draft {
        let usable = |l: &Lot| l.mg.stock() > 0 && l.way.is_none() && l.kind != LotKind::Seed;
        let Some((owner, inputs)) = self.uses(model, 3, usable) else { return self.harvest(model) };
        if inputs.len() < 2 {
            return self.harvest(model);
        }
        let input: u64 = inputs.iter().map(|u| u.weight_mg).sum();
        let loss_mg = match self.random.below(12) {
            0 => input,
            1 => input / 5,
            _ => input / 100,
        };
        let bill = BlendLots { lot_no: self.local(), inputs, loss_mg, done_on: self.on(model) };
        (self.mostly(model, owner), Operation::BlendLots(bill))
    }

    fn a_part(&mut self, model: &Model, name: &LotName) -> LotPart {
        let outermost: Vec<(UnitKey, u64)> = model
            .herbs
            .packets
            .iter()
            .filter(|(_, p)| p.lot == *name && p.inside.is_none())
            .map(|(c, p)| (*c, p.mg))
            .collect();
        let mut packs = Vec::new();
        let mut weight_mg = self.mg(model, name);
        if !outermost.is_empty() && !self.random.one_in(4) {
            let (code, mg) = self.random.pick(&outermost);
            packs.push(code);
            weight_mg = mg + u64::from(self.random.one_in(12));
        }
        if self.random.one_in(25) {
            let all: Vec<UnitKey> = model.herbs.packets.keys().copied().collect();
            packs.push(self.random.pick_or(&all, tcm_code(1)));
        }
        LotPart { lot_no: self.local(), weight_mg, packs }
    }

    pub(crate) fn split(&mut self, model: &Model) -> Draft {
        let found = self.some_lot(model, |l| l.mg.stock() > 1 && l.way.is_none() && l.stage != Stage::Seedling);
        let Some((name, owner)) = found else { return self.harvest(model) };
        let mut parts = vec![self.a_part(model, &name)];
        if self.random.one_in(4) {
            parts.push(self.a_part(model, &name));
        }
        let bill = SplitLot { lot: self.lot_id(model, &name), parts };
        (self.mostly(model, owner), Operation::SplitLot(bill))
    }

    pub(crate) fn process_pieces(&mut self, model: &Model) -> Draft {
        let product = self.random.pick(&["HH", "HH", "HH", "HO", "D"]);
        let maker = if product == "HO" { H } else { PIECES };
        let right = move |l: &Lot| l.owner == maker && l.passed == Some(true) && l.mg.stock() > 0 && l.way.is_none();
        let Some((owner, inputs)) = self.uses(model, 2, right) else { return self.ship_lots(model) };
        let input: u64 = inputs.iter().map(|u| u.weight_mg).sum();
        let auxiliaries = match self.random.below(3) {
            0 => vec![Auxiliary { name: "黄酒".into(), weight_mg: 1 + input / 20 }],
            _ => Vec::new(),
        };
        let whole = input + auxiliaries.iter().map(|a| a.weight_mg).sum::<u64>();
        let output = (whole * self.random.pick(&[60, 80, 100, 20]) / 100).max(1);
        let made_on = self.on(model);
        let best_before = match self.random.below(12) {
            0 => None,
            1 => Some(made_on),
            2 => Some(CalendarDate::from_days(made_on.days() + 2)),
            _ => Some(CalendarDate::from_days(made_on.days() + 700)),
        };
        let step = |method| ProcessStep { method, details: String::new(), operator: sm3(b"person") };
        let bill = ProcessPieces {
            lot_no: self.local(),
            product_id: ProductId(if self.random.one_in(30) { "UNKNOWN" } else { product }.into()),
            inputs,
            auxiliaries,
            steps: vec![step(Method::Picking), step(Method::ThinSlice), step(Method::FryYellow)],
            weight_mg: output,
            loss_mg: (whole - output) + u64::from(self.random.one_in(15)),
            made_on,
            best_before,
            technologist: sm3(b"1"),
            manager: sm3(b"2"),
            quality_person: sm3(b"3"),
        };
        let by = if self.random.one_in(8) { owner } else { maker };
        (self.mostly(model, by), Operation::ProcessPieces(bill))
    }

    // Testing and packing.

    pub(crate) fn request_test(&mut self, model: &Model) -> Draft {
        let Some((name, owner)) = self.some_lot(model, |l| l.mg.stock() > 0) else { return self.harvest(model) };
        let laboratory = self.somebody(&[LAB, LAB, LAB, CERT]);
        let bill = RequestTest { lot: self.lot_id(model, &name), laboratory };
        (self.mostly(model, owner), Operation::RequestTest(bill))
    }

    pub(crate) fn test_lot(&mut self, model: &Model) -> Draft {
        let untested = |l: &Lot| l.passed.is_none() && l.mg.stock() > 0 && l.way.is_none();
        let Some((name, owner)) = self.some_lot(model, untested) else { return self.harvest(model) };
        let bill = TestLot {
            lot: self.lot_id(model, &name),
            method: "药典".into(),
            grade: String::new(),
            report_kind: ReportKind::Inspection,
            report: sm3(b"report"),
            passed: !self.random.one_in(8),
            sample_mg: self.random.pick(&[0, 0, 10, 100]),
            tested_on: self.on(model),
        };
        let by = if self.random.one_in(3) { LAB } else { owner };
        (self.mostly(model, by), Operation::TestLot(bill))
    }

    pub(crate) fn certify(&mut self, model: &Model) -> Draft {
        let Some((name, owner)) = self.some_lot(model, |l| !l.certified && !l.handed_over) else {
            return self.harvest(model);
        };
        let (certificate, qr_payload) = (sm3(b"certificate"), sm3(b"qr"));
        let bill = CertifyLot { lot: self.lot_id(model, &name), certificate, qr_payload };
        (self.mostly(model, owner), Operation::CertifyLot(bill))
    }

    pub(crate) fn pack_lot(&mut self, model: &Model) -> Draft {
        let found = self.some_lot(model, |l| l.mg.stock() > l.packed && l.way.is_none() && l.kind != LotKind::Seed);
        let Some((name, owner)) = found else { return self.harvest(model) };
        let lot = model.herbs.lots[&name].clone();
        let mut places: Vec<String> = lot.origins.iter().map(|o| o.place.clone()).collect();
        places.dedup();
        let loose = lot.mg.stock() - lot.packed;
        let each = (loose / 4).max(1);
        let mut packs = Vec::new();
        let shape = self.random.below(4);
        for _ in 0..1 + self.random.below(2) {
            let code = self.packet();
            packs.push(PackedCode { code, kind: PackKind::Bag, weight_mg: each, parent: None });
        }
        if shape == 0 {
            let parent = self.packet();
            packs.iter_mut().for_each(|p| p.parent = Some(parent));
            let weight_mg = each * packs.len() as u64;
            let kind = if self.random.one_in(5) { PackKind::Bag } else { PackKind::Box };
            let weight_mg = if self.random.one_in(5) { weight_mg * 2 } else { weight_mg };
            packs.push(PackedCode { code: parent, kind, weight_mg, parent: None });
        }
        match self.random.below(25) {
            0 => packs[0].weight_mg = loose + 1,
            1 => packs.push(packs[0]),
            2 => packs[0].parent = Some(tcm_code(9_999)),
            3 => packs.clear(),
            _ => {}
        }
        let piece = lot.kind == LotKind::Piece;
        let label = Label {
            name: "红花".into(),
            specification: if piece { "统货".into() } else { String::new() },
            origin: if self.random.one_in(15) { "别处".into() } else { format!("新疆{}", places.join("、")) },
            date: lot.made_on,
            supplier: "供货单位".into(),
            quality_mark: !self.random.one_in(25),
            standard: match self.random.below(25) {
                0 => "中国药典2020".into(),
                _ => lot.standard.clone(),
            },
            storage: if piece { "阴凉".into() } else { String::new() },
            best_before: lot.best_before,
            gap_audit: Some(sm3(b"audit")).filter(|_| self.random.one_in(if lot.gap { 2 } else { 20 })),
        };
        let bill = PackLot { lot: self.lot_id(model, &name), label, packs };
        (self.mostly(model, owner), Operation::PackLot(bill))
    }

    fn packet(&mut self) -> UnitKey {
        let serial = self.serials.entry("TCM".into()).or_default();
        *serial += 1;
        let serial = *serial;
        tcm_code(if self.random.one_in(40) { 1 } else { serial })
    }

    // Trade.

    pub(crate) fn ship_lots(&mut self, model: &Model) -> Draft {
        let returns = self.random.one_in(5);
        let found = self.some_lot(model, |l| {
            let right = if returns { !l.suppliers.is_empty() } else { l.stage != Stage::Growing };
            right && l.mg.stock() > 0 && l.way.is_none()
        });
        let Some((name, owner)) = found else { return self.harvest(model) };
        let supplier = model.herbs.lots[&name].suppliers.last().copied();
        let piece = model.herbs.lots[&name].kind == LotKind::Piece;
        let usual: &[usize] = if piece { &[W, W, H, P2, PIECES, M, TRADER] } else { &DEALERS };
        let mut receiver = self.somebody(usual);
        if let Some(supplier) = supplier.filter(|_| returns && !self.random.one_in(6)) {
            receiver = model.firms[supplier].id.clone();
        }
        let mut lines = vec![LotLine { lot: self.lot_id(model, &name), part: None }];
        if self.random.one_in(3) {
            lines[0].part = Some(self.a_part(model, &name));
        }
        if self.random.one_in(4)
            && let Some((other, _)) = self.some_lot(model, |l| l.owner == owner && l.way.is_none())
        {
            lines.push(LotLine { lot: self.lot_id(model, &other), part: None });
        }
        let bill = ShipLots {
            movement: if returns { LotMovement::Return } else { LotMovement::Sale },
            receiver,
            weighing: Weighing::CertifiedScale,
            market: Some(self.somebody(&[MARKET])).filter(|_| self.random.one_in(8)),
            details: None,
            lines,
        };
        (self.mostly(model, owner), Operation::ShipLots(bill))
    }

    fn lot_shipment(&mut self, model: &Model) -> Option<((usize, String), usize, Vec<LotName>)> {
        let open: Vec<_> = model
            .herbs
            .lots
            .iter()
            .filter_map(|(name, l)| l.way.as_ref().map(|(to, id, _)| (id.clone(), *to, *name)))
            .collect();
        if open.is_empty() {
            return None;
        }
        let (shipment, to, first) = self.random.pick(&open);
        let mut names = vec![first];
        if self.random.one_in(2) {
            names.extend(open.iter().filter(|(i, _, n)| *i == shipment && *n != first).map(|(_, _, n)| *n));
        }
        if self.random.one_in(15) {
            names.extend(self.some_lot(model, |_| true).map(|(n, _)| n));
        }
        Some((shipment, to, names))
    }

    pub(crate) fn receive_lots(&mut self, model: &Model) -> Draft {
        let Some((shipment, to, names)) = self.lot_shipment(model) else { return self.ship_lots(model) };
        let mut lines = Vec::new();
        for name in &names {
            let sent = model.herbs.lots[name].mg.stock();
            let weight_mg = match self.random.below(15) {
                0 => sent + 1,
                1 => sent / 2,
                2 | 3 => sent - sent / 100,
                _ => sent,
            };
            lines.push(ReceivedLine { lot: self.lot_id(model, name), weight_mg: weight_mg.max(1) });
        }
        let number = if self.random.one_in(30) { "S0".into() } else { shipment.1.clone() };
        let bill = ReceiveLots {
            sender: model.firms[shipment.0].id.clone(),
            shipment_no: DocumentNumber(number),
            verified: !self.random.one_in(30),
            evidence: sm3(b"evidence"),
            weighing: Weighing::Manual,
            lines,
        };
        (self.mostly(model, to), Operation::ReceiveLots(bill))
    }

    pub(crate) fn refuse_lots(&mut self, model: &Model) -> Draft {
        let Some((shipment, to, names)) = self.lot_shipment(model) else { return self.ship_lots(model) };
        let mut lots = Vec::new();
        for name in &names {
            lots.push(self.lot_id(model, name));
        }
        let bill = RefuseLots {
            sender: model.firms[shipment.0].id.clone(),
            shipment_no: DocumentNumber(shipment.1.clone()),
            reason: "霉变".into(),
            lots,
        };
        let by = self.random.pick(&[to, shipment.0]);
        (self.mostly(model, by), Operation::RefuseLots(bill))
    }

    pub(crate) fn buy_untraced(&mut self, model: &Model) -> Draft {
        let bill = BuyUntraced {
            lot_no: self.local(),
            kind: self.random.pick(&[LotKind::Harvest, LotKind::Initial]),
            herb: self.some_herb(),
            weight_mg: 1_000 + self.random.below(100_000) as u64,
            weighing: Weighing::Manual,
            region: county(),
            place: "裕民".into(),
            bought_on: self.on(model),
            seller: sm3(b"seller"),
            evidence: sm3(b"evidence"),
        };
        let by = self.random.pick(&[TRADER, PIECES, COOP]);
        (self.mostly(model, by), Operation::BuyUntraced(bill))
    }

    pub(crate) fn sell_untraced(&mut self, model: &Model) -> Draft {
        let Some((name, owner)) = self.some_lot(model, |l| l.mg.stock() > 0 && l.way.is_none()) else {
            return self.harvest(model);
        };
        let bill = SellUntraced {
            lot: self.lot_id(model, &name),
            weight_mg: self.mg(model, &name),
            weighing: Weighing::Manual,
            buyer: sm3(b"buyer"),
        };
        (self.mostly(model, owner), Operation::SellUntraced(bill))
    }

    // Ends.

    pub(crate) fn dispense_lots(&mut self, model: &Model) -> Draft {
        let right = |l: &Lot| l.kind == LotKind::Piece && [H, P2, P, W].contains(&l.owner) && l.mg.stock() > 0;
        let Some((owner, lines)) = self.uses(model, 1, right) else { return self.process_pieces(model) };
        let (prescription, patient) = (sm3(b"prescription"), Some(sm3(b"patient")));
        let bill = DispenseLots { prescription, patient, doses: 7, decoction: true, lines };
        (self.mostly(model, owner), Operation::DispenseLots(bill))
    }

    pub(crate) fn write_off(&mut self, model: &Model) -> Draft {
        let Some((name, owner)) = self.some_lot(model, |l| l.mg.stock() > 0) else { return self.harvest(model) };
        let weight_mg = self.mg(model, &name);
        let bill = WriteOffLot { lot: self.lot_id(model, &name), weight_mg, reason: LossReason::Mould };
        (self.mostly(model, owner), Operation::WriteOffLot(bill))
    }

    pub(crate) fn sample_lot(&mut self, model: &Model) -> Draft {
        let Some((name, _)) = self.some_lot(model, |l| l.mg.stock() > 0) else { return self.harvest(model) };
        let weight_mg = self.mg(model, &name).min(1_000);
        let bill = SampleLot { lot: self.lot_id(model, &name), weight_mg, document: sm3(b"sampling") };
        let by = self.random.pick(&[REG, CITY, SAMR, ELSEWHERE]);
        (self.mostly(model, by), Operation::SampleLot(bill))
    }

    pub(crate) fn destroy_lot(&mut self, model: &Model) -> Draft {
        let blocked = !self.random.one_in(3);
        let found = self.some_lot(model, |l| l.mg.stock() > 0 && (l.stage == Stage::Blocked) == blocked);
        let Some((name, owner)) = found else { return self.harvest(model) };
        let bill = DestroyLot {
            lot: self.lot_id(model, &name),
            reason: LossReason::Mould,
            executor: sm3(b"1"),
            supervisor: sm3(b"2"),
            destroyed_on: self.on(model),
            document: sm3(b"destruction"),
        };
        (self.mostly(model, owner), Operation::DestroyLot(bill))
    }

    pub(crate) fn export_lot(&mut self, model: &Model) -> Draft {
        let right = |l: &Lot| l.passed == Some(true) && l.owner == PIECES && l.mg.stock() > 0;
        let Some((name, owner)) = self.some_lot(model, right) else { return self.harvest(model) };
        let bill = ExportLot {
            lot: self.lot_id(model, &name),
            weight_mg: self.mg(model, &name),
            country: "KZ".into(),
            customs_declaration: "3101".into(),
            processor_filing: "F1".into(),
            base_filing: "F2".into(),
            sanitary_system: sm3(b"1"),
            trace_policy: sm3(b"2"),
        };
        (self.mostly(model, owner), Operation::ExportLot(bill))
    }

    fn hold_reason(&mut self, owner: usize) -> (LotHoldReason, usize) {
        self.random.pick(&[
            (LotHoldReason::QualitySuspect, owner),
            (LotHoldReason::QualitySuspect, owner),
            (LotHoldReason::RegulatorFreeze, REG),
            (LotHoldReason::ForeignNotification, CUSTOMS),
            (LotHoldReason::Emergency, CITY),
            (LotHoldReason::Emergency, ELSEWHERE),
        ])
    }

    fn packets_to_hold(&mut self, model: &Model, name: &LotName, held: bool) -> Vec<UnitKey> {
        if self.random.one_in(2) {
            return Vec::new();
        }
        let of = |(_, p): &(&UnitKey, &crate::spec::tcm::Packet)| p.lot == *name && p.hold.is_some() == held;
        let all: Vec<UnitKey> = model.herbs.packets.iter().filter(of).map(|(c, _)| *c).collect();
        vec![self.random.pick_or(&all, tcm_code(1))]
    }

    pub(crate) fn hold_lot(&mut self, model: &Model) -> Draft {
        let Some((name, owner)) = self.some_lot(model, |l| l.mg.stock() > 0) else { return self.harvest(model) };
        let (reason, by) = self.hold_reason(owner);
        let packs = self.packets_to_hold(model, &name, false);
        let bill = HoldLot { lot: self.lot_id(model, &name), reason, document: sm3(b"decision"), packs };
        (self.mostly(model, by), Operation::HoldLot(bill))
    }

    pub(crate) fn lift_lot_hold(&mut self, model: &Model) -> Draft {
        let mut held: Vec<(LotName, LotHoldReason, usize, Vec<UnitKey>)> = Vec::new();
        for (name, lot) in &model.herbs.lots {
            held.extend(lot.holds.iter().map(|(reason, by)| (*name, *reason, *by, Vec::new())));
        }
        for (code, packet) in &model.herbs.packets {
            held.extend(packet.hold.map(|(reason, by)| (packet.lot, reason, by, vec![*code])));
        }
        if held.is_empty() {
            return self.hold_lot(model);
        }
        let (name, mut reason, setter, packs) = self.random.pick(&held);
        if self.random.one_in(10) {
            reason = LotHoldReason::Emergency;
        }
        let by = if self.random.one_in(5) { self.random.pick(&[REG, NATION, ELSEWHERE, SAMR]) } else { setter };
        let bill = LiftLotHold { lot: self.lot_id(model, &name), reason, document: sm3(b"lifted"), packs };
        (self.mostly(model, by), Operation::LiftLotHold(bill))
    }

    pub(crate) fn use_lots(&mut self, model: &Model) -> Draft {
        let open: Vec<usize> = (0..model.batches.len()).filter(|b| !model.batches[*b].released).collect();
        let herbal = |b: &usize| matches!(model.products[model.batches[*b].product].id.0.as_str(), "HH" | "HO" | "ZY");
        let herbal: Vec<usize> = open.iter().copied().filter(herbal).collect();
        let any = self.random.pick_or(&open, 0);
        let Some(batch) = model.batches.get(self.random.pick_or(&herbal, any)) else { return self.commission(model) };
        let maker = batch.producer;
        let right = move |l: &Lot| l.passed == Some(true) && l.owner == maker && l.mg.stock() > 0;
        let Some((_, inputs)) = self.uses(model, 2, right) else { return self.harvest(model) };
        let bill = UseLots {
            product_id: model.products[batch.product].id.clone(),
            batch_no: if self.random.one_in(20) { "B0".into() } else { batch.number.clone() },
            inputs,
        };
        (self.mostly(model, maker), Operation::UseLots(bill))
    }
}

fn tcm_code(serial: u64) -> UnitKey {
    UnitKey::parse_canonical(&format!("TCM:A{serial}")).expect("letters and digits")
}

/// The identifier of a household that is a participant itself.
pub(crate) fn person(n: usize) -> OrgId {
    OrgId::parse(&format!("PERSON:{}", household(n))).expect("64 digits")
}
