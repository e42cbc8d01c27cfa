//! 执行标准 of 饮片 over time, GAP from the base to the label, and a variety of herb frozen at once.

use super::super::refusals::registry::{refile, standard};
use super::story::{commission_of, release_of, use_lots};
use super::*;
use crate::oversight::AlarmKind;
use crate::proof::{ProvenRecords, StatusProof, StatusProofError, check, collect};
use crate::quality::HoldKind;
use crate::query;
use crate::registry::{LicenceAction, StandardKind};
use crate::state::StateView;

pub(super) fn freeze(herb: HerbCode, region: &str) -> Operation {
    hold(HoldKind::RegulatorFreeze, herb, region)
}

fn hold(kind: HoldKind, herb: HerbCode, region: &str) -> Operation {
    let target = HoldTarget::Herb(HerbTarget { herb, region: RegionCode::parse(region).unwrap() });
    Operation::SetHold(SetHold { kind, target, reason: "重金属超标".into(), evidence: None, until: None })
}

fn lift(case: u32) -> Operation {
    Operation::LiftHold(LiftHold { hold: crate::state::CaseNo(case), reason: "复检合格".into() })
}

/// The piece of [`piece`] made to another standard.
fn to(name: &str) -> DefinePiece {
    DefinePiece { standard: name.into(), ..piece("HH", safflower()) }
}

#[test]
fn pieces_are_made_to_the_standard_in_force_on_their_day() {
    let mut world = World::with_herbs();
    let herb = world.delivered();
    let made = |n: &str, day: &str, kg: u64| ProcessPieces {
        made_on: date(day),
        ..make_pieces(n, vec![uses(lot(G, "C1"), kg * KG)], kg * KG, 0)
    };
    // Nothing about safflower is on record: the name is free text.
    world.done(D, made("A1", "2026-11-22", 10));
    let about = |s: &mut crate::transaction::RegisterStandard| {
        (s.herbs, s.effective_on) = (vec![safflower()], date("2026-11-01"));
    };
    world.applied(R, standard("DBY65/1-2026", about));
    // Now it is kept, and what it does not hold is no standard.
    assert_eq!(world.no(D, to("《中国药典》2025年版一部")), "unknown_standard");
    assert_eq!(world.no(D, made("A2", "2026-11-22", 10)), "unknown_standard", "the profile of before");
    world.done(D, to("DBY65/1-2026"));
    world.done(D, made("A2", "2026-11-22", 10));
    assert_eq!(world.lot_view(&lot(D, "A2")).standard.as_deref(), Some("DBY65/1-2026"));
    assert_eq!(world.lot_view(&lot(D, "A1")).standard.as_deref(), Some("《中国药典》2025年版一部"), "as it was made");
    assert_eq!(world.no(D, blend("AB", vec![uses(lot(D, "A1"), KG), uses(lot(D, "A2"), KG)])), "lots_differ");
    // The edition of the next year replaces it: what was made before was made to it, what is made after is not.
    let next = |s: &mut crate::transaction::RegisterStandard| {
        (s.herbs, s.effective_on, s.replaces) = (vec![safflower()], date("2026-11-25"), "DBY65/1-2026".into());
    };
    world.applied(R, standard("DBY65/1-2027", next));
    assert_eq!(world.no(D, to("DBY65/1-2027")), "standard_not_in_force", "not begun");
    world.time = START + 3 * DAY;
    assert_eq!(world.no(D, made("A3", "2026-11-25", 10)), "standard_not_in_force", "ended");
    world.done(D, made("A3", "2026-11-24", 10));
    world.done(D, to("DBY65/1-2027"));
    world.done(D, made("A4", "2026-11-25", 10));
    // A split keeps it, and the label says it.
    let part = LotPart { lot_no: number("A4-1"), weight_mg: KG, packs: vec![] };
    world.done(D, SplitLot { lot: lot(D, "A4"), parts: vec![part] });
    world.done(D, TestLot { tested_on: date("2026-11-26"), ..test(lot(D, "A4-1"), true) });
    let label =
        |standard: &str| Label { standard: standard.into(), date: date("2026-11-25"), ..piece_label("新疆裕民") };
    assert_eq!(world.no(D, pack(lot(D, "A4-1"), label("DBY65/1-2026"))), "label_incomplete");
    world.done(D, pack(lot(D, "A4-1"), label("DBY65/1-2027")));
    assert!(world.lot_view(&herb).standard.is_none(), "crude herb");
    let seen = query::variety(&world, safflower(), date("2026-11-26")).unwrap().unwrap();
    let known: Vec<(&str, bool)> = seen.standards.iter().map(|s| (s.standard.id.as_str(), s.in_force)).collect();
    assert_eq!(known, [("DBY65/1-2026", false), ("DBY65/1-2027", true)]);
}

#[test]
fn the_higher_standard_governs_where_it_says_something() {
    let mut genesis = tcm_genesis();
    let mut nation = member(40, "国家药监局", Role::DrugRegulator, vec![]);
    nation.jurisdiction = RegionCode::parse("000000").unwrap();
    genesis.organisations.push(nation);
    let mut world = World::herbs_in(genesis);
    let about = |herb| move |s: &mut crate::transaction::RegisterStandard| s.herbs = vec![herb];
    world.applied(R, standard("DBY65/1-2026", about(safflower())));
    world.done(D, to("DBY65/1-2026"));
    let national = |s: &mut crate::transaction::RegisterStandard| {
        (s.kind, s.region, s.herbs) = (StandardKind::National, RegionCode::parse("000000").unwrap(), vec![safflower()]);
    };
    world.applied(40, standard("YP2025-红花", national));
    assert_eq!(world.no(D, to("DBY65/1-2026")), "standard_outranked");
    let herb = world.delivered();
    let pieces = || make_pieces("A1", vec![uses(herb.clone(), 10 * KG)], 10 * KG, 0);
    assert_eq!(world.no(D, pieces()), "standard_outranked", "the profile of before");
    world.done(D, to("YP2025-红花"));
    world.done(D, pieces());
    // A standard about another herb, of another region, or of a kind that is not the state's, is none for it.
    world.applied(R, standard("DBY65/2-2026", about(liquorice())));
    assert_eq!(world.no(D, to("DBY65/2-2026")), "standard_out_of_scope");
    let elsewhere = |s: &mut crate::transaction::RegisterStandard| s.region = RegionCode::parse("350000").unwrap();
    world.applied(R2, standard("DBY35/1-2026", elsewhere));
    assert_eq!(world.no(D, to("DBY35/1-2026")), "standard_out_of_scope");
    let own = |s: &mut crate::transaction::RegisterStandard| {
        (s.kind, s.region) = (StandardKind::Enterprise, RegionCode::parse("000000").unwrap());
    };
    world.applied(D, standard("Q/D 1-2026", own));
    assert_eq!(world.no(D, to("Q/D 1-2026")), "standard_out_of_scope");
}

#[test]
fn what_a_firm_sets_obliges_nobody_else() {
    let mut world = World::with_herbs();
    let own = |s: &mut crate::transaction::RegisterStandard| {
        (s.kind, s.region) = (StandardKind::Enterprise, RegionCode::NATION);
        (s.herbs, s.classes) = (vec![safflower()], vec![DrugClass::DecoctionPiece]);
    };
    for n in 0..crate::limits::STANDARDS_COVERING_MAX {
        world.applied(T, standard(&format!("Q/T {n}-2026"), own));
    }
    // Nothing of state is on record about safflower, so the name is free text; a number that says another kind is not.
    world.done(D, to("《中国药典》2025年版一部"));
    for other in ["Q/T 0-2026", "Q/D 1-2026", "T/XJ 1-2026"] {
        assert_eq!(world.no(D, to(other)), "standard_out_of_scope", "{other}");
    }
    let about = |s: &mut crate::transaction::RegisterStandard| s.herbs = vec![safflower()];
    world.applied(R, standard("DBY65/1-2026", about));
    assert_eq!(world.no(D, to("T/XJ 1-2026")), "unknown_standard", "now they are kept");
    world.done(D, to("DBY65/1-2026"));
    let seen = query::variety(&world, safflower(), date("2026-11-26")).unwrap().unwrap();
    let known: Vec<&str> = seen.standards.iter().map(|s| s.standard.id.as_str()).collect();
    assert_eq!(known, ["DBY65/1-2026"], "those of state");
}

#[test]
fn a_gap_claim_lives_as_long_as_the_entry_of_its_base() {
    let mut world = World::with_herbs();
    world.done(G, plant("P1", vec![]));
    world.done(G, harvest("H1", lot(G, "P1"), KG));
    assert!(world.lot_view(&lot(G, "H1")).claims.gap);
    world.applied(R, refile(FilingKind::Gap, M, LicenceAction::Revoke));
    world.done(G, harvest("H2", lot(G, "P1"), KG));
    assert!(!world.lot_view(&lot(G, "H2")).claims.gap, "harvested without it");
    assert!(world.lot_view(&lot(G, "H1")).claims.gap, "harvested with it");
    assert_eq!(world.no(G, plant("P2", vec![])), "gap_filing_required");
    assert_eq!(world.outputs.last().unwrap().alarms[0].kind, AlarmKind::FalseGapClaim);
    // A base of the grower's own, with an entry of its own.
    world.applied(R, filing(FilingKind::Gap, G, |f| f.base_no = "JD-2".into()));
    let claim = || Some(digest("audit"));
    world.done(G, Plant { base_no: "JD-2".into(), gap_audit: claim(), ..plant_elsewhere("P2", "新疆裕民", vec![]) });
    assert_eq!(world.refused(R, filing(FilingKind::Gap, G, |f| f.base_no = String::new())), "field_form");
    assert_eq!(world.refused(R, filing(FilingKind::Gmp, D, |f| f.base_no = "JD-2".into())), "field_form");
    assert_eq!(world.no(G, Plant { base_no: String::new(), ..plant("P3", vec![]) }), "field_form");
}

/// A variety with lots at a co-operative, a trader, a 饮片 producer and a hospital, and 饮片 with codes.
fn spread() -> (World, LotId) {
    let mut world = World::with_herbs();
    let pieces = world.at_hospital();
    world.done(G, harvest("H2", lot(G, "P1"), 10 * KG));
    world.done(T, buy_untraced("U1", KG));
    world.done(T, pack(lot(T, "U1"), label_by(T, "新疆额敏")));
    world.done(T, BuyUntraced { herb: liquorice(), ..buy_untraced("U2", KG) });
    world.done(T, pack(lot(T, "U2"), Label { name: "甘草".into(), ..label_by(T, "新疆额敏") }));
    (world, pieces)
}

#[test]
fn a_frozen_variety_moves_nowhere_and_costs_a_constant_number_of_writes() {
    let (mut world, pieces) = spread();
    assert_eq!(world.refused(R2, freeze(safflower(), "650000")), "no_jurisdiction");
    assert_eq!(world.refused(R, freeze(safflower(), "000000")), "no_jurisdiction", "not the whole nation");
    assert_eq!(world.refused(M, hold(HoldKind::QualitySuspect, safflower(), "650000")), "hold_not_allowed");
    assert_eq!(world.refused(R, freeze(HerbCode::new("00000000000000001").unwrap(), "650000")), "unknown_herb");
    // In one block: the freeze, and what came after it.
    let sent = [
        (R, "F1", freeze(safflower(), "650000")),
        (T, "T1", sell(D, &[lot(T, "U1")]).op()),
        (T, "T2", sell(D, &[lot(T, "U2")]).op()),
        (H, "H1", dispense_lots(vec![uses(pieces.clone(), KG)]).op()),
    ];
    let mut bytes = Vec::new();
    for (member, number, operation) in sent {
        let (body, key) = world.transaction(member, number, operation);
        bytes.push(body.sign(&key).to_bytes());
    }
    let output = world.block(&bytes);
    // The variety, the hold, the counters of cases, the term of the decision, and the document.
    let crate::receipt::Outcome::Applied(done) = output.receipts[0].outcome.clone() else { panic!() };
    assert_eq!(done.writes, 5);
    let refused = [&output.receipts[1], &output.receipts[3]].map(refusal_name);
    assert_eq!(refused, ["lot_held", "lot_held"]);
    assert!(output.receipts[2].is_applied(), "another variety");
    let seen = world.lot_view(&pieces);
    let levels: Vec<(&str, Vec<&str>)> = seen.held.iter().map(|l| (l.level, l.holds.clone())).collect();
    assert_eq!(levels, [("product", vec!["regulator_freeze"])]);
    assert_eq!(world.no(G, dry("C2", vec![uses(lot(G, "H2"), 10 * KG)], 4 * KG, 6 * KG)), "lot_held");
    let variety = query::variety(&world, safflower(), date("2026-11-23")).unwrap().unwrap();
    assert_eq!(
        (variety.holds.len(), variety.holds[0].kind, variety.holds[0].by.id.clone()),
        (1, "regulator_freeze", org_id(R))
    );
    world.applied(R, lift(1));
    world.done(H, dispense_lots(vec![uses(pieces.clone(), KG)]));
    assert!(world.lot_view(&pieces).held.is_empty());
    assert!(query::variety(&world, safflower(), date("2026-11-23")).unwrap().unwrap().holds.is_empty());
}

#[test]
fn a_variety_is_frozen_where_the_authority_answers() {
    let (mut world, pieces) = spread();
    // Of the county where the trader bought: neither the garden's county nor anybody's seat.
    world.applied(CU, hold(HoldKind::ForeignNotification, safflower(), "654221"));
    assert_eq!(world.no(T, sell(D, &[lot(T, "U1")])), "lot_held");
    world.done(H, dispense_lots(vec![uses(pieces, KG)]));
    assert_eq!(world.refused(R2, hold(HoldKind::ForeignNotification, safflower(), "654221")), "hold_not_allowed");
    assert_eq!(world.refused(T, lift(1)), "not_hold_setter");
    world.applied(CU, lift(1));
    world.done(T, sell(D, &[lot(T, "U1")]));
}

#[test]
fn pieces_with_codes_are_frozen_with_their_variety() {
    let mut world = World::with_herbs();
    let pieces = world.sliced();
    world.done(D, commission_of("HH", "8400001", "HH2601"));
    world.done(D, use_lots("HH", "HH2601", vec![uses(pieces, 2 * KG)]));
    let boxed = code("84000010000000000001");
    world.applied(R, freeze(safflower(), "650000"));
    assert_eq!(world.no(D, release_of("HH", "HH2601")), "batch_held");
    assert_eq!(world.no(D, commission_of("HH", "8400001", "HH2602")), "held");
    world.applied(R, lift(1));
    world.done(D, release_of("HH", "HH2601"));
    // Where its lots grew counts as much as where its holder is.
    world.applied(R, freeze(safflower(), "654225"));
    assert_eq!(world.refused(D, ship(W, &[boxed])), "held");
    assert_eq!(world.view(&boxed).holds, ["regulator_freeze"]);
    let (keys, payload) = collect(&world, &world, &boxed).unwrap();
    let proven = keys.iter().map(|k| (k.map_key(), world.state.get(k).cloned())).collect();
    let answer = check(&payload, &proven, TimestampMs(world.time)).unwrap().status.unwrap();
    assert_eq!(answer.unit().unwrap().holds, ["regulator_freeze"]);
}

fn proven(world: &World, lot: &LotId) -> (StatusProof, ProvenRecords) {
    let (keys, payload) = collect(world, world, lot).unwrap();
    let records = keys.iter().map(|k| (k.map_key(), world.get(k).unwrap())).collect();
    (payload, records)
}

#[test]
fn a_lot_is_proven_with_all_that_holds_it() {
    let (mut world, pieces) = spread();
    let at = TimestampMs(world.time);
    for id in [pieces.clone(), lot(G, "P1"), lot(T, "U1")] {
        let (payload, records) = proven(&world, &id);
        let read = StatusProof::from_bytes(&payload.to_bytes()).unwrap();
        let report = check(&read, &records, at).unwrap();
        assert_eq!((report.lot.as_ref(), report.commissioned), (Some(&id), true));
        assert_eq!(report.status.unwrap().lot().unwrap(), &world.lot_view(&id));
    }
    // A hold of any level is in it: the variety, a lot of the lineage, the owner.
    world.applied(R, freeze(safflower(), "650000"));
    let (reason, document) = (LotHoldReason::Emergency, digest("decision"));
    world.done(R, HoldLot { lot: lot(G, "P1"), reason, document, packs: vec![] });
    let target = HoldTarget::Organisation(OrganisationTarget { organisation: org_id(H) });
    let locked = SetHold { kind: HoldKind::LicenceLock, target, reason: "停业".into(), evidence: None, until: None };
    world.applied(R, Operation::SetHold(locked));
    let (payload, records) = proven(&world, &pieces);
    let answer = check(&payload, &records, TimestampMs(world.time)).unwrap().status.unwrap();
    let levels: Vec<&str> = answer.lot().unwrap().held.iter().map(|l| l.level).collect();
    assert_eq!(levels, ["enterprise", "product", "lot"]);
}

#[test]
fn what_is_missing_changed_or_surplus_proves_no_lot() {
    let (mut world, pieces) = spread();
    world.applied(R, freeze(safflower(), "650000"));
    let at = TimestampMs(world.time);
    let (payload, records) = proven(&world, &pieces);
    check(&payload, &records, at).unwrap();
    for key in records.keys() {
        let mut fewer = records.clone();
        fewer.remove(key);
        assert!(check(&payload, &fewer, at).is_err(), "a record is missing");
        if records[key].is_some() {
            let mut absent = records.clone();
            absent.insert(*key, None);
            assert!(check(&payload, &absent, at).is_err(), "a record is hidden");
        }
    }
    let mut more = records.clone();
    more.insert([7; 32], None);
    assert_eq!(check(&payload, &more, at), Err(StatusProofError::SurplusRecords));
    for chain in 0..payload.chains.len() {
        let mut shorter = payload.clone();
        shorter.chains[chain].events.pop();
        assert!(check(&shorter, &records, at).is_err(), "an event is missing");
        let mut missing = payload.clone();
        missing.chains.remove(chain);
        assert!(check(&missing, &records, at).is_err(), "a chain is missing");
        let mut changed = payload.clone();
        changed.chains[chain].events[0].time.0 += 1;
        assert!(check(&changed, &records, at).is_err(), "an event differs");
    }
    let bytes = payload.to_bytes();
    for i in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[i] ^= 0x01;
        let verdict = StatusProof::from_bytes(&flipped).map(|p| check(&p, &records, at));
        assert!(!matches!(verdict, Ok(Ok(_))), "byte {i}");
    }
    // A proof of one lot is none of another, nor of a code.
    let other = StatusProof { about: crate::proof::About::Lot(lot(T, "U1")), ..payload.clone() };
    assert!(check(&other, &records, at).is_err());
    let unheard = StatusProof { about: crate::proof::About::Lot(lot(T, "U9")), ..payload };
    assert!(check(&unheard, &records, at).is_err());
    let (payload, records) = proven(&world, &lot(T, "U9"));
    let report = check(&payload, &records, at).unwrap();
    assert_eq!((report.commissioned, report.status, records.len()), (false, None, 2), "its maker and its absence");
}
