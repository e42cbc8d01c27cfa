//! What everybody may know of herbs: 产地, 采收期, 执行标准, 保质期, and that a chain is not complete. Nothing of growers,
//! traders and weights.

use super::story::{commission_of, release_of, use_lots};
use super::*;
use crate::query::{self, ConsumerStatus, ConsumerView, PlaceView};
use crate::tests::law_world::{pack as put, sscc};

/// 《中国药典》 that the 饮片 of these tests are made to.
const STANDARD: &str = "《中国药典》2025年版一部";

fn harvest_on(day: &str, lot_no: &str, plants: &str, weight_mg: u64) -> Harvest {
    Harvest { harvested_on: date(day), ..harvest(lot_no, lot(G, plants), weight_mg) }
}

fn period(first: &str, last: &str) -> Option<HarvestPeriod> {
    Some(HarvestPeriod { first: date(first), last: date(last) })
}

fn place(region: &str, place: &str, harvested: Option<HarvestPeriod>, harvest_unknown: bool) -> PlaceView {
    PlaceView { region: RegionCode::parse(region).unwrap(), place: place.into(), harvested, harvest_unknown }
}

impl World {
    fn public(&self, code: &UnitKey) -> ConsumerView {
        query::public(self, code, TimestampMs(self.time)).unwrap()
    }

    /// 90 kg of 饮片 with their producer, of two fields: one harvested twice, one once.
    fn of_two_fields(&mut self) -> LotId {
        self.done(G, seed("S1", 10 * KG));
        self.done(G, plant("P1", vec![uses(lot(G, "S1"), 4 * KG)]));
        self.done(G, plant_elsewhere("P2", "新疆塔城", vec![uses(lot(G, "S1"), 4 * KG)]));
        self.done(G, harvest_on("2026-08-28", "H1", "P1", 200 * KG));
        self.done(G, harvest_on("2026-08-20", "H2", "P1", 100 * KG));
        self.done(G, harvest_on("2026-08-05", "H3", "P2", 100 * KG));
        self.done(G, dry("C1", vec![uses(lot(G, "H1"), 200 * KG), uses(lot(G, "H3"), 100 * KG)], 75 * KG, 225 * KG));
        self.done(G, dry("C2", vec![uses(lot(G, "H2"), 100 * KG)], 25 * KG, 75 * KG));
        self.done(G, blend("C3", vec![uses(lot(G, "C1"), 75 * KG), uses(lot(G, "C2"), 25 * KG)]));
        self.done(G, certify(lot(G, "C3")));
        self.done(G, pack(lot(G, "C3"), label("新疆裕民、新疆塔城")));
        self.done_as(G, "G-1", sell(D, &[lot(G, "C3")]));
        self.done(D, take_in(G, "G-1", &[(lot(G, "C3"), 100 * KG)]));
        self.done(D, test(lot(G, "C3"), true));
        self.made("HH2601", lot(G, "C3"), 100)
    }

    /// 90 % of so many kilograms as 饮片, tested.
    fn made(&mut self, lot_no: &str, from: LotId, kg: u64) -> LotId {
        let weights = (kg * KG / 10 * 9, kg * KG / 10);
        self.done(D, make_pieces(lot_no, vec![uses(from, kg * KG)], weights.0, weights.1));
        self.done(D, test(lot(D, lot_no), true));
        lot(D, lot_no)
    }

    /// 18 kg of 饮片 of herb from outside the system.
    fn of_the_fair(&mut self) -> LotId {
        self.done(D, buy_untraced("U1", 20 * KG));
        self.done(D, test(lot(D, "U1"), true));
        self.made("HH2602", lot(D, "U1"), 20)
    }
}

#[test]
fn a_harvest_period_grows_with_every_lot_of_the_origin_and_with_no_other() {
    let mut world = World::with_herbs();
    let pieces = world.of_two_fields();
    let origins = |lot: &LotId| -> Vec<(String, Option<HarvestPeriod>)> {
        world.lot_view(lot).origins.iter().map(|o| (o.lot.number.to_string(), o.harvested)).collect()
    };
    assert_eq!(origins(&lot(G, "P1")), [("P1".to_owned(), None)], "nothing is harvested of plants");
    assert_eq!(origins(&lot(G, "H2")), [("P1".to_owned(), period("2026-08-20", "2026-08-20"))]);
    let second = ("P2".to_owned(), period("2026-08-05", "2026-08-05"));
    assert_eq!(origins(&lot(G, "C1")), [("P1".to_owned(), period("2026-08-28", "2026-08-28")), second.clone()]);
    assert_eq!(origins(&pieces), [("P1".to_owned(), period("2026-08-20", "2026-08-28")), second]);
}

#[test]
fn the_code_of_a_box_tells_origin_harvest_standard_and_term_and_nobody() {
    let mut world = World::with_herbs();
    let pieces = world.of_two_fields();
    world.done(D, commission_of("HH", "8400001", "HH2601"));
    let code = code("84000010000000000001");
    let bare = world.public(&code);
    let herbs = bare.herbs.unwrap();
    assert_eq!(bare.status, ConsumerStatus::Suspended);
    assert_eq!((herbs.origins.len(), herbs.chain_incomplete), (0, true), "what is not declared is not complete");
    world.done(D, use_lots("HH", "HH2601", vec![uses(pieces, 2 * KG)]));
    world.done(D, release_of("HH", "HH2601"));
    let shown = world.public(&code);
    let herbs = shown.herbs.clone().unwrap();
    let expected = [
        place("654225", "新疆塔城", period("2026-08-05", "2026-08-05"), false),
        place("654225", "新疆裕民", period("2026-08-20", "2026-08-28"), false),
    ];
    assert_eq!(herbs.origins, expected);
    assert_eq!((herbs.standards, herbs.best_before), (vec![STANDARD.to_owned()], Some(date("2027-10-23"))));
    assert_eq!((herbs.shelf_life_months, herbs.chain_incomplete, herbs.chain_zh), (Some(12), false, "链条完整"));
    assert_eq!((shown.status, shown.holder.as_deref()), (ConsumerStatus::Normal, Some("饮片厂")));
    let text = serde_json::to_string(&shown).unwrap();
    for secret in ["合作社", org_id(G).as_str(), org_id(D).as_str(), "_mg", "YY-1", "JD-654225", "P1"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    // The same with a proof, offline.
    let (keys, payload) = crate::proof::collect(&world, &world, &code).unwrap();
    let proven = keys.iter().map(|k| (k.map_key(), world.state.get(k).cloned())).collect();
    let report = crate::proof::check(&payload, &proven, TimestampMs(world.time)).unwrap();
    assert_eq!(query::consumer(&code, report.status.unwrap().unit(), 0), shown);
}

#[test]
fn what_came_from_outside_is_told_for_ever_wherever_it_went() {
    let mut world = World::with_herbs();
    let (traced, fair) = (world.of_two_fields(), world.of_the_fair());
    world.done(D, commission_of("HH", "8400001", "HH2601"));
    world.done(D, use_lots("HH", "HH2601", vec![uses(fair.clone(), KG)]));
    world.done(D, use_lots("HH", "HH2601", vec![uses(traced.clone(), 2 * KG)]));
    world.done(D, release_of("HH", "HH2601"));
    let boxed = code("84000010000000000001");
    let herbs = world.public(&boxed).herbs.unwrap();
    assert_eq!(herbs.origins[0], place("654221", "新疆额敏", None, true));
    assert_eq!((herbs.origins.len(), herbs.chain_incomplete, herbs.chain_zh), (3, true, "链条不完整"));
    // Of the same 产地 one part with and one without a harvest on record: both are told.
    world.done(D, BuyUntraced { place: "新疆裕民".into(), region: region("654225"), ..buy_untraced("U2", 20 * KG) });
    world.done(D, test(lot(D, "U2"), true));
    let same_place = world.made("HH2603", lot(D, "U2"), 20);
    let mixed = blend("HH2604", vec![uses(same_place, 10 * KG), uses(traced.clone(), 10 * KG)]);
    world.done(D, mixed);
    world.done(D, test(lot(D, "HH2604"), true));
    world.done(D, pack(lot(D, "HH2604"), piece_label("新疆裕民、新疆塔城")).with("K9"));
    let herbs = world.public(&tcm_code("K9")).herbs.unwrap();
    assert_eq!(herbs.origins[1], place("654225", "新疆裕民", period("2026-08-20", "2026-08-28"), true));
    assert!(herbs.chain_incomplete);
    // A pallet with a box of a complete batch and one of this: the mark is not lost behind the first.
    let other = Commission { units: vec![], ..commission_of("HH", "8400001", "HH2605") };
    let unit =
        |n: u64| CommissionedUnit { code: code(&format!("8400001{n:013}")), level: 1, parent: None, remainder: false };
    world.done(D, Commission { units: vec![unit(11), unit(12)], ..other });
    world.done(D, use_lots("HH", "HH2605", vec![uses(traced, KG)]));
    world.done(D, release_of("HH", "HH2605"));
    let complete = code("84000010000000000011");
    assert!(!world.public(&complete).herbs.unwrap().chain_incomplete);
    world.applied(D, put(sscc(1), &[complete, boxed]));
    assert!(world.public(&sscc(1)).herbs.unwrap().chain_incomplete);
    assert!(!world.public(&complete).herbs.unwrap().chain_incomplete);
}

#[test]
fn what_is_not_made_of_herbs_has_no_word_of_them() {
    let mut world = World::with_herbs();
    let (_, boxes) = world.make_batch("B1", 10);
    assert_eq!(world.public(&boxes[0]).herbs, None);
    // A 中成药 tells its herbs once they are declared.
    world.done(M, commission_of("ZY", "8500001", "Z1"));
    let medicine = code("85000010000000000001");
    assert_eq!(world.public(&medicine).herbs, None);
    let herb = world.grown();
    world.done_as(G, "G-1", sell(M, std::slice::from_ref(&herb)));
    world.done(M, take_in(G, "G-1", &[(herb.clone(), 100 * KG)]));
    world.done(M, test(herb.clone(), true));
    world.done(M, use_lots("ZY", "Z1", vec![uses(herb, KG)]));
    let herbs = world.public(&medicine).herbs.unwrap();
    assert_eq!(herbs.origins, [place("654225", "新疆裕民", period("2026-08-20", "2026-08-20"), false)]);
    assert_eq!(herbs.standards, Vec::<String>::new(), "neither its own nor that of a 饮片 in it");
    assert_eq!(herbs.best_before, Some(date("2027-10-23")));
}

#[test]
fn a_batch_tells_every_standard_and_the_earliest_term_of_its_lots_and_not_too_many() {
    let mut world = World::with_herbs();
    let herb = world.delivered();
    world.done(D, commission_of("HH", "8400001", "HH2601"));
    for n in 0..9 {
        let standard = format!("标准{n}");
        world.done(D, DefinePiece { standard: standard.clone(), ..piece("HH", safflower()) });
        let best_before = Some(date(if n == 3 { "2027-06-30" } else { "2028-11-20" }));
        let number = format!("L{n}");
        let made = make_pieces(&number, vec![uses(herb.clone(), 10 * KG)], 9 * KG, KG);
        world.done(D, ProcessPieces { best_before, ..made });
        world.done(D, test(lot(D, &number), true));
        let fed = use_lots("HH", "HH2601", vec![uses(lot(D, &number), KG)]);
        match n {
            8 => assert_eq!(world.no(D, fed), "lot_too_mixed"),
            _ => drop(world.done(D, fed)),
        }
    }
    let herbs = world.public(&code("84000010000000000001")).herbs.unwrap();
    let standards: Vec<String> = (0..8).map(|n| format!("标准{n}")).collect();
    assert_eq!((herbs.standards, herbs.best_before), (standards, Some(date("2027-06-30"))));
}

#[test]
fn the_code_of_a_pack_is_answered_from_its_lot() {
    let mut world = World::with_herbs();
    assert_eq!(world.public(&tcm_code("K1")).status, ConsumerStatus::NotFound);
    let pieces = world.of_two_fields();
    let packs = vec![
        packed("X1", PackKind::Box, 20 * KG, None),
        packed("K1", PackKind::Pack, 10 * KG, Some("X1")),
        packed("K2", PackKind::Pack, 10 * KG, Some("X1")),
        packed("K3", PackKind::Pack, 10 * KG, None),
    ];
    world.done(D, PackLot { packs, ..pack(pieces.clone(), piece_label("新疆裕民、新疆塔城")) });
    let part = LotPart { lot_no: number("HH2601-1"), weight_mg: 20 * KG, packs: vec![tcm_code("X1")] };
    let line = LotLine { lot: pieces.clone(), part: Some(part) };
    world.done_as(D, "D-1", ShipLots { lines: vec![line], ..sell(H, &[]) });
    let boxed = lot(D, "HH2601-1");
    world.done(H, take_in(D, "D-1", &[(boxed.clone(), 20 * KG)]));
    let shown = world.public(&tcm_code("K1"));
    let batch = shown.batch.clone().unwrap();
    assert_eq!((shown.status, shown.product.clone().unwrap().generic_name), (ConsumerStatus::Normal, "红花".into()));
    assert_eq!((batch.batch_no.as_str(), batch.made_on), ("HH2601", date("2026-11-22")), "as the label says");
    assert_eq!(shown.producer.as_deref(), Some("饮片厂"));
    let herbs = shown.herbs.clone().unwrap();
    assert_eq!((herbs.origins.len(), herbs.best_before), (2, Some(date("2028-11-20"))));
    assert_eq!((herbs.standards, herbs.herb.unwrap().name), (vec![STANDARD.to_owned()], "红花".to_owned()));
    let text = serde_json::to_string(&shown).unwrap();
    for secret in ["合作社", org_id(G).as_str(), org_id(H).as_str(), "医院", "_mg", "YY-1"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    // One pack held: it, and what is around it, are not for sale; the others are.
    let hold = |packs| HoldLot {
        lot: boxed.clone(),
        reason: LotHoldReason::RegulatorFreeze,
        document: digest("decision"),
        packs,
    };
    world.done(R, hold(vec![tcm_code("K2")]));
    let status = |world: &World, text: &str| world.public(&tcm_code(text)).status;
    use ConsumerStatus::{Expired, Normal, Sold, Suspended};
    assert_eq!(["K1", "K2", "X1", "K3"].map(|c| status(&world, c)), [Normal, Suspended, Suspended, Normal]);
    let lift = LiftLotHold {
        lot: boxed.clone(),
        reason: LotHoldReason::RegulatorFreeze,
        document: digest("end"),
        packs: vec![tcm_code("K2")],
    };
    world.done(R, lift);
    world.done(R, hold(vec![]));
    assert_eq!(["K1", "K2", "X1", "K3"].map(|c| status(&world, c)), [Suspended, Suspended, Suspended, Normal]);
    world.done(
        R,
        LiftLotHold {
            lot: boxed.clone(),
            reason: LotHoldReason::RegulatorFreeze,
            document: digest("end"),
            packs: vec![],
        },
    );
    let last = date("2028-11-20").end_in_china();
    let on = |at: u64| query::public(&world, &tcm_code("K1"), TimestampMs(at)).unwrap().status;
    assert_eq!((on(last.0 - 1), on(last.0)), (Normal, Expired));
    world.done(H, dispense_lots(vec![uses(boxed, 20 * KG)]));
    assert_eq!(["K1", "K3"].map(|c| status(&world, c)), [Sold, Normal]);
}

#[test]
fn a_pack_of_crude_herb_names_no_grower() {
    let mut world = World::with_herbs();
    world.grown();
    world.done(T, buy_untraced("U1", 20 * KG));
    world.done(T, pack(lot(T, "U1"), label_by(T, "新疆额敏")).with("K1"));
    let shown = world.public(&tcm_code("K1"));
    assert_eq!((shown.status, shown.product, shown.batch), (ConsumerStatus::Normal, None, None));
    assert_eq!((shown.holder, shown.producer), (None, None));
    let herbs = shown.herbs.unwrap();
    assert_eq!(herbs.origins, [place("654221", "新疆额敏", None, true)]);
    assert_eq!((herbs.chain_incomplete, herbs.herb.unwrap().part), (true, "花".to_owned()));
}

fn region(text: &str) -> RegionCode {
    RegionCode::parse(text).unwrap()
}

impl PackLot {
    /// With one package of a kilogram.
    fn with(self, text: &str) -> PackLot {
        PackLot { packs: vec![packed(text, PackKind::Bag, KG, None)], ..self }
    }
}
