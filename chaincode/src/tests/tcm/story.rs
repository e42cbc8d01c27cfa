//! From seed to slice to the patient: a garden, a trader, a blend with herb from outside the system, 饮片, a hospital,
//! a medicine with its garden share; and a hold on one field.

use super::rules::batch_test;
use super::*;
use crate::query;
use crate::tcm::{LotAction, LotState};

/// Two boxes of a batch of the medicine or of pieces.
pub(super) fn commission_of(product: &str, prefix: &str, batch_no: &str) -> Commission {
    let unit =
        |n: u64| CommissionedUnit { code: code(&format!("{prefix}{n:013}")), level: 1, parent: None, remainder: false };
    Commission {
        product_id: ProductId(product.into()),
        batch_no: batch_no.into(),
        declared_units: 2,
        units: vec![unit(1), unit(2)],
        ..commission(batch_no, &[], &boxes_of(batch_no, 1))
    }
}

pub(super) fn use_lots(product: &str, batch_no: &str, inputs: Vec<LotUse>) -> UseLots {
    UseLots { product_id: ProductId(product.into()), batch_no: batch_no.into(), inputs }
}

pub(super) fn release_of(product: &str, batch_no: &str) -> Release {
    Release { product_id: ProductId(product.into()), ..release(batch_no, 2) }
}

#[test]
fn from_seed_to_slice_to_the_patient() {
    let mut world = World::with_herbs();
    // 选种、育苗、大田栽培、田间管理: two fields of the garden, by two households.
    world.done(G, seed("S1", 10 * KG));
    world.done(
        G,
        RecordSeed { kind: LotKind::Seedling, raised_from: vec![uses(lot(G, "S1"), KG)], ..seed("SL1", 50 * KG) },
    );
    world.done(G, plant("P1", vec![uses(lot(G, "S1"), 4 * KG), uses(lot(G, "SL1"), 50 * KG)]));
    world.done(G, Plant { household: Some(household(1)), ..plant("P2", vec![uses(lot(G, "S1"), 5 * KG)]) });
    assert_eq!(world.lot_view(&lot(G, "S1")).state, LotState::Consumed.name(), "all of the seed is sown");
    world.done(G, field_work(lot(G, "P1"), FieldWorkKind::Fertiliser, "有机肥", 0));
    world.done(G, field_work(lot(G, "P1"), FieldWorkKind::Pesticide, "苦参碱", 14));
    assert_eq!(world.lot_view(&lot(G, "P1")).safe_from, Some(date("2026-07-15")));
    // 采收、产地初加工.
    world.done(G, harvest("H1", lot(G, "P1"), 300 * KG));
    world.done(G, harvest("H2", lot(G, "P2"), 100 * KG));
    let fresh = vec![uses(lot(G, "H1"), 300 * KG), uses(lot(G, "H2"), 100 * KG)];
    world.done(G, dry("C1", fresh, 100 * KG, 300 * KG));
    let herb = world.lot_view(&lot(G, "C1"));
    assert_eq!((herb.origins.len(), herb.claims.garden, herb.claims.gap), (2, true, true));
    // 检验 by a laboratory, 合格证, 包装, 产地准出, hand-over to the first buyer.
    world.done(G, RequestTest { lot: lot(G, "C1"), laboratory: org_id(L) });
    world.done(L, TestLot { sample_mg: 100_000, ..test(lot(G, "C1"), true) });
    world.done(G, certify(lot(G, "C1")));
    world.done(G, pack(lot(G, "C1"), label("新疆裕民")));
    world.done_as(G, "G-1", sell(T, &[lot(G, "C1")]));
    world.done(T, take_in(G, "G-1", &[(lot(G, "C1"), 99 * KG)]));
    let herb = world.lot_view(&lot(G, "C1"));
    assert_eq!((herb.state, herb.owner.id.clone(), herb.handed_over), ("traded", org_id(T), true));
    assert_eq!((herb.balance.sampled, herb.balance.lost, herb.balance.stock), (100_000, 900_000, 99 * KG));
    // 混批 with 21 kg from outside the system: a new lot with every origin, without the claims, incomplete for ever.
    world.done(T, buy_untraced("U1", 21 * KG));
    let inputs = vec![uses(lot(G, "C1"), 79 * KG), uses(lot(T, "U1"), 21 * KG)];
    world.done(T, blend("B1", inputs));
    let blended = world.lot_view(&lot(T, "B1"));
    assert_eq!((blended.balance.stock, blended.origins.len()), (100 * KG, 3));
    assert_eq!((blended.claims.garden, blended.claims.gap, blended.chain_incomplete), (false, false, true));
    assert_eq!(blended.chain_zh, "链条不完整");
    // Both go to the 饮片 producer; 20 kg of the garden's stay as they are.
    world.done(T, test(lot(T, "B1"), true));
    world.done(T, pack(lot(T, "B1"), label_by(T, "新疆裕民、新疆额敏")));
    world.done_as(T, "T-1", sell(D, &[lot(T, "B1"), lot(G, "C1")]));
    world.done(D, take_in(T, "T-1", &[(lot(T, "B1"), 100 * KG), (lot(G, "C1"), 20 * KG)]));
    // 药材检验, 炮制 with 辅料, 饮片检验, 包装赋码.
    world.done(D, test(lot(T, "B1"), true));
    let auxiliaries = vec![Auxiliary { name: "蜂蜜".into(), weight_mg: 5 * KG }];
    world.done(R, scope(D, &[Craft::Cleaning, Craft::Cutting, Craft::StirBaking]));
    let steps = vec![step(Method::Winnowing), step(Method::Soaking), step(Method::DryingLow), step(Method::BakeHoney)];
    let made = make_pieces("HH2601", vec![uses(lot(T, "B1"), 100 * KG)], 95 * KG, 10 * KG);
    world.done(D, ProcessPieces { auxiliaries, steps, ..made });
    let pieces = lot(D, "HH2601");
    assert_eq!(world.no(D, pack(pieces.clone(), piece_label("新疆裕民、新疆额敏"))), "lot_state");
    world.done(D, test(pieces.clone(), true));
    let packs = vec![
        packed("X1", PackKind::Box, 20 * KG, None),
        packed("K1", PackKind::Pack, 10 * KG, Some("X1")),
        packed("K2", PackKind::Pack, 10 * KG, Some("X1")),
    ];
    world.done(D, PackLot { packs, ..pack(pieces.clone(), piece_label("新疆裕民、新疆额敏")) });
    // One box to the hospital as a lot of its own, the rest to a wholesaler.
    let part = LotPart { lot_no: number("HH2601-1"), weight_mg: 20 * KG, packs: vec![tcm_code("X1")] };
    let line = LotLine { lot: pieces.clone(), part: Some(part) };
    world.done_as(D, "D-1", ShipLots { lines: vec![line], ..sell(H, &[]) });
    let boxed = lot(D, "HH2601-1");
    world.done(H, take_in(D, "D-1", &[(boxed.clone(), 20 * KG)]));
    assert_eq!(query::lot_of_code(&world, &tcm_code("K2")).unwrap(), Some(boxed.clone()));
    // 调剂、代煎, down to the last milligram.
    world.done(H, dispense_lots(vec![uses(boxed.clone(), 70_000)]));
    assert_eq!(world.no(H, dispense_lots(vec![uses(boxed.clone(), 20 * KG)])), "lot_stock_exceeded");
    world.done(H, dispense_lots(vec![uses(boxed.clone(), 20 * KG - 70_000)]));
    assert_eq!(world.lot_view(&boxed).state, "dispensed");
    // Back from the hospital's lot to both fields, the seeds and the fair.
    let back = query::lot_backward(&world, &boxed).unwrap().unwrap();
    let lots: Vec<String> = back.lots.iter().map(|n| n.lot.number.to_string()).collect();
    assert_eq!(lots, ["HH2601-1", "HH2601", "B1", "C1", "U1", "H1", "H2", "P1", "P2", "S1", "SL1"]);
    // On from a household's field to who dispensed it.
    let grown = query::household_lots(&world, &household(0), 1).unwrap();
    assert_eq!(grown, [lot(G, "P1")]);
    let on = query::lot_forward(&world, &world, &grown[0]).unwrap().unwrap();
    let last = on.lots.iter().find(|n| n.lot == boxed).unwrap();
    assert_eq!((last.sold_mg, last.holders.last().unwrap().id.clone()), (20 * KG, org_id(H)));
    // A foreign notification about one field bites in the wholesaler's shipment, which nobody touched.
    let document = digest("notification");
    world.done(CU, HoldLot { lot: lot(G, "P2"), reason: LotHoldReason::ForeignNotification, document, packs: vec![] });
    assert_eq!(world.no(D, sell(W, std::slice::from_ref(&pieces))), "lot_held");
    assert_eq!(world.lot_view(&pieces).holds[0].lot, lot(G, "P2"));
    world.done(
        CU,
        LiftLotHold { lot: lot(G, "P2"), reason: LotHoldReason::ForeignNotification, document, packs: vec![] },
    );
    world.done_as(D, "D-2", sell(W, std::slice::from_ref(&pieces)));
}

#[test]
fn the_garden_share_of_a_medicine_is_exact_and_travels_with_its_codes() {
    let mut world = World::with_herbs();
    let herb = world.grown();
    world.done(T, buy_untraced("U1", 20 * KG));
    world.done(T, test(lot(T, "U1"), true));
    world.done(T, pack(lot(T, "U1"), label_by(T, "新疆额敏")));
    world.done_as(T, "T-1", sell(M, &[lot(T, "U1")]));
    world.done(M, take_in(T, "T-1", &[(lot(T, "U1"), 20 * KG)]));
    world.done_as(G, "G-1", sell(M, std::slice::from_ref(&herb)));
    world.done(M, take_in(G, "G-1", &[(herb.clone(), 100 * KG)]));
    world.done(M, commission_of("ZY", "8500001", "Z1"));
    let mixed = || vec![uses(herb.clone(), 2 * KG), uses(lot(T, "U1"), KG)];
    assert_eq!(world.no(M, use_lots("ZY", "Z1", mixed())), "lot_test_required");
    world.done(M, test(herb.clone(), true));
    assert_eq!(world.no(M, use_lots("ZY", "Z9", mixed())), "unknown_batch");
    assert_eq!(world.no(D, use_lots("ZY", "Z1", mixed())), "not_producer");
    world.done(M, use_lots("ZY", "Z1", mixed()));
    world.done(M, use_lots("ZY", "Z1", vec![uses(herb.clone(), 4 * KG)]));
    world.done(M, release_of("ZY", "Z1"));
    assert_eq!(world.no(M, use_lots("ZY", "Z1", mixed())), "batch_closed");
    // 6 of 7 kg, two 产地, and not complete: with the code of any box, and in its proof.
    let unit = code("85000010000000000001");
    let herbs = world.view(&unit).herbs.unwrap();
    assert_eq!((herbs.garden_mg, herbs.total_mg, herbs.chain_incomplete), (6 * KG, 7 * KG, true));
    let places: Vec<&str> = herbs.places.iter().map(|p| p.place.as_str()).collect();
    assert_eq!(places, ["新疆额敏", "新疆裕民"]);
    let (keys, payload) = crate::proof::collect(&world, &world, &unit).unwrap();
    let proven = keys.iter().map(|k| (k.map_key(), world.state.get(k).cloned())).collect();
    let report = crate::proof::check(&payload, &proven, TimestampMs(world.time)).unwrap();
    assert_eq!(report.status.unwrap().unit().unwrap().herbs, Some(herbs));
    let back = query::batch_backward(&world, &ProductId("ZY".into()), "Z1").unwrap().unwrap();
    assert_eq!(back.lots.iter().map(|n| n.lot.number.to_string()).collect::<Vec<_>>(), ["C1", "U1", "H1", "P1", "S1"]);
    let named = query::herbs_of(&world, &ProductId("ZY".into()), "Z1").unwrap().unwrap();
    assert_eq!((named.inputs.len(), named.garden_mg), (3, 6 * KG));
}

#[test]
fn a_batch_of_pieces_is_released_with_a_passed_test_only() {
    let mut world = World::with_herbs();
    let pieces = world.sliced();
    world.done(D, commission_of("HH", "8400001", "HH2601"));
    assert_eq!(world.no(D, release_of("HH", "HH2601")), "test_required");
    world.done(D, commission_of("GC", "8400011", "GC1"));
    assert_eq!(world.no(D, use_lots("GC", "GC1", vec![uses(pieces.clone(), KG)])), "lots_differ");
    world.done(D, use_lots("HH", "HH2601", vec![uses(pieces, 2 * KG)]));
    world.done(D, release_of("HH", "HH2601"));
    assert_eq!(world.view(&code("84000010000000000001")).herbs.unwrap().garden_mg, 2 * KG);
}

#[test]
fn what_failed_its_test_is_returned_or_destroyed() {
    let mut world = World::with_herbs();
    let herb = world.delivered();
    world.done(D, TestLot { passed: false, ..test(herb.clone(), false) });
    assert_eq!(world.lot_view(&herb).state, "blocked");
    let make = || make_pieces("HH1", vec![uses(herb.clone(), 100 * KG)], 90 * KG, 10 * KG);
    assert_eq!(world.no(D, make()), "lot_state");
    assert_eq!(world.no(D, test(herb.clone(), true)), "lot_state", "no second opinion by its owner");
    assert_eq!(world.no(D, sell(D2, std::slice::from_ref(&herb))), "lot_state");
    let back = ShipLots { movement: LotMovement::Return, ..sell(G, std::slice::from_ref(&herb)) };
    world.done_as(D, "R-1", back);
    world.done(G, take_in(D, "R-1", &[(herb.clone(), 100 * KG)]));
    let view = world.lot_view(&herb);
    assert_eq!((view.state, view.owner.id.clone()), ("blocked", org_id(G)), "it comes back as it went");
    let destroy = DestroyLot {
        lot: herb.clone(),
        reason: LossReason::Mould,
        executor: digest("executor"),
        supervisor: digest("supervisor"),
        destroyed_on: date("2026-11-23"),
        document: digest("record"),
    };
    world.done(
        R,
        HoldLot { lot: herb.clone(), reason: LotHoldReason::RegulatorFreeze, document: digest("seal"), packs: vec![] },
    );
    assert_eq!(world.no(G, destroy.clone()), "lot_countersignature_required", "sealed goods are evidence");
    world.done(R, SampleLot { lot: herb.clone(), weight_mg: 500_000, document: digest("sampling") });
    world.done(
        R,
        LiftLotHold {
            lot: herb.clone(),
            reason: LotHoldReason::RegulatorFreeze,
            document: digest("end"),
            packs: vec![],
        },
    );
    world.done(G, destroy.clone());
    let view = world.lot_view(&herb);
    assert_eq!((view.state, view.balance.destroyed, view.balance.sampled), ("destroyed", 100 * KG - 500_000, 500_000));
    assert_eq!(world.no(G, destroy), "lot_state");
}

#[test]
fn a_garden_and_its_benefits_are_on_record() {
    let mut world = World::with_herbs();
    let benefit = |household| RecordBenefit {
        garden: garden_id(),
        kind: BenefitKind::PremiumPrice,
        household,
        granted_on: date("2026-11-01"),
        details: digest("amount"),
    };
    world.done(M, benefit(Some(household(0))));
    world.done(R, RecordBenefit { kind: BenefitKind::ResearchGrant, ..benefit(None) });
    assert_eq!(world.no(M, benefit(Some(household(2)))), "not_garden_member");
    assert_eq!(world.no(G, benefit(None)), "role_required");
    assert_eq!(world.no(R2, benefit(None)), "outside_jurisdiction");
    let amend = AmendGarden {
        garden_no: number("YY-1"),
        households_added: vec![household(2)],
        households_removed: vec![household(0)],
        contract_to: date("2027-12-31"),
        contract: digest("supplement"),
    };
    world.done(M, amend.clone());
    assert_eq!(world.no(M, AmendGarden { contract_to: date("2025-12-31"), ..amend.clone() }), "garden_contract");
    assert_eq!(world.no(D, amend), "unknown_garden");
    let view = query::garden(&world, &world, &garden_id()).unwrap().unwrap();
    assert_eq!((view.households, view.benefits, view.contract_to), (2, 2, date("2027-12-31")));
    let kinds: Vec<_> = view.history.iter().map(|e| e.kind).collect();
    assert_eq!(kinds, ["garden_registered", "benefit_recorded", "benefit_recorded", "garden_amended"]);
    // What is harvested after the contract no longer carries the name.
    world.done(
        M,
        AmendGarden {
            garden_no: number("YY-1"),
            households_added: vec![],
            households_removed: vec![],
            contract_to: date("2026-08-19"),
            contract: digest("end"),
        },
    );
    world.done(G, Plant { household: None, ..plant("P1", vec![]) });
    world.done(G, harvest("H1", lot(G, "P1"), KG));
    assert!(!world.lot_view(&lot(G, "H1")).claims.garden);
}

#[test]
fn export_needs_its_papers() {
    let mut world = World::with_herbs();
    let herb = world.grown();
    let export = |country: &str, filing: &str| ExportLot {
        lot: herb.clone(),
        weight_mg: 100 * KG,
        country: country.into(),
        customs_declaration: "943020260000000001".into(),
        processor_filing: filing.into(),
        base_filing: "6500/B0001".into(),
        sanitary_system: digest("sanitary"),
        trace_policy: digest("policy"),
    };
    assert_eq!(world.no(G, export("JP", "6500/F0001")), "lot_test_required");
    world.done(G, test(herb.clone(), true));
    assert_eq!(world.no(G, export("JP", "")), "field_form");
    assert_eq!(world.no(G, export("jp", "6500/F0001")), "field_form");
    assert_eq!(world.no(G, export("JP", "6500/F0001")), "export_filing_required");
    world.filed_for_export(G);
    world.done(G, export("JP", "6500/F0001"));
    assert_eq!(world.lot_view(&herb).state, "exported");
}

#[test]
fn what_is_sold_out_of_the_system_marks_the_rest() {
    let mut world = World::with_herbs();
    let herb = world.delivered();
    let (weighing, buyer) = (Weighing::Manual, digest("a fair"));
    world.done(D, SellUntraced { lot: herb.clone(), weight_mg: KG, weighing, buyer });
    world.done(D, make_pieces("HH1", vec![uses(herb.clone(), 99 * KG)], 90 * KG, 9 * KG));
    assert!(world.lot_view(&herb).chain_incomplete && world.lot_view(&lot(D, "HH1")).chain_incomplete);
}

#[test]
fn a_lot_keeps_who_weighed_it_and_how() {
    let mut world = World::with_herbs();
    let herb = world.grown();
    world.done_as(G, "G-1", ShipLots { weighing: Weighing::Manual, ..sell(T, std::slice::from_ref(&herb)) });
    world.done(T, take_in(G, "G-1", &[(herb.clone(), 100 * KG)]));
    let events = &world.events
        [&crate::Subject::Lot(LotRef { organisation: crate::state::OrgNo(G as u32 + 1), number: herb.number })];
    let shipped = events.iter().find_map(|e| match &e.body {
        crate::EventBody::LotShipped(shipped) => Some(shipped.weighing),
        _ => None,
    });
    assert_eq!(shipped, Some(Weighing::Manual), "a weight by hand is flagged (M5)");
    assert_eq!(events.len(), world.lot_view(&herb).history.len());
}

#[test]
fn every_action_has_one_row_and_states_say_where_they_lead() {
    let mut seen = std::collections::BTreeSet::new();
    for row in LOT_TRANSITIONS {
        assert!(seen.insert(row.action), "{} twice", row.row);
        let stays = row.to.is_empty() || row.from.iter().all(|s| !s.is_terminal());
        assert!(stays, "{}: nothing leaves a terminal state", row.row);
        assert!(row.exhausted.is_terminal() && !row.guards.is_empty());
    }
    let all = [LotAction::RecordSeed, LotAction::Sow, LotAction::Destroy, LotAction::UseInBatch];
    assert!(all.iter().all(|a| a.row().is_some()));
    assert_eq!(LOT_TRANSITIONS.len(), 23);
    // Every state but the first ones is reached by a row, by making a lot, or by using one up.
    let made = [LotState::Harvested, LotState::InitialProcessed, LotState::Processed];
    for state in LotState::ALL {
        let reached = LOT_TRANSITIONS.iter().any(|r| r.to.contains(state) || r.exhausted == *state);
        assert!(reached || made.contains(state), "{}", state.name());
    }
}

#[test]
fn one_held_package_is_parted_from_the_others() {
    let mut world = World::with_herbs();
    world.done(T, buy_untraced("U1", 10 * KG));
    let herb = lot(T, "U1");
    let packs = vec![
        packed("X1", PackKind::Box, 2 * KG, None),
        packed("K1", PackKind::Pack, KG, Some("X1")),
        packed("K2", PackKind::Pack, KG, Some("X1")),
        packed("X2", PackKind::Box, 8 * KG, None),
    ];
    world.done(T, PackLot { packs, ..pack(herb.clone(), label_by(T, "新疆额敏")) });
    let (reason, document) = (LotHoldReason::RegulatorFreeze, digest("decision"));
    let hold = |packs: &[&str]| HoldLot {
        lot: herb.clone(),
        reason,
        document,
        packs: packs.iter().map(|p| tcm_code(p)).collect(),
    };
    assert_eq!(world.no(R, hold(&["K9"])), "pack_not_of_lot");
    world.done(R, hold(&["K1"]));
    assert_eq!(world.no(R, hold(&["K1"])), "lot_hold_exists");
    let receipt = world.send(T, sell(D, std::slice::from_ref(&herb)).op());
    let crate::Outcome::Rejected(refusal) = &receipt.outcome else { panic!() };
    assert_eq!((refusal.code, refusal.args[1].to_string().as_str()), (7106, "package"), "the lowest of four levels");
    // The box that it is in becomes a lot of its own; the rest moves.
    let part = LotPart { lot_no: number("U1-X1"), weight_mg: 2 * KG, packs: vec![tcm_code("X1")] };
    world.done(T, SplitLot { lot: herb.clone(), parts: vec![part] });
    world.done(T, sell(D, std::slice::from_ref(&herb)));
    assert_eq!(world.no(T, sell(D, &[lot(T, "U1-X1")])), "lot_held");
    let lift = LiftLotHold { lot: lot(T, "U1-X1"), reason, document, packs: vec![tcm_code("K1")] };
    assert_eq!(world.no(R2, lift.clone()), "lot_hold_other");
    world.done(R, lift.clone());
    assert_eq!(world.no(R, lift), "lot_hold_unknown");
    world.done(T, sell(D, &[lot(T, "U1-X1")]));
}

#[test]
fn attempts_are_alarms_although_no_code_is_named() {
    use crate::oversight::AlarmKind;
    let mut world = World::with_herbs();
    let herb = world.grown();
    let too_much = dry("C2", vec![uses(herb.clone(), 100 * KG + 1)], 50 * KG, 50 * KG + 1);
    assert_eq!(world.no(G, too_much), "lot_stock_exceeded");
    let alarm = world.outputs.last().unwrap().alarms[0].clone();
    assert_eq!((alarm.kind, alarm.code), (AlarmKind::MassBalance, None));
    assert_eq!(world.no(T, sell(D, &[herb])), "not_lot_owner");
    assert_eq!(world.outputs.last().unwrap().alarms[0].kind, AlarmKind::NotInCustody);
}

#[test]
fn what_is_reworked_keeps_its_lots_and_their_holds() {
    let mut world = World::with_herbs();
    let pieces = world.sliced();
    world.done(D, commission_of("HH", "8400001", "HH1"));
    world.done(D, use_lots("HH", "HH1", vec![uses(pieces, 2 * KG)]));
    world.done(D, release_of("HH", "HH1"));
    let codes = vec![code("84000010000000000001"), code("84000010000000000002")];
    let rework =
        Rework { product_id: ProductId("HH".into()), into_batch: "HH1-R".into(), reason: "更换标签".into(), codes };
    world.applied(D, Operation::Rework(rework));
    let unit = |n: u64| CommissionedUnit { code: box_of_pieces(n), level: 1, parent: None, remainder: false };
    let anew = Commission { units: vec![unit(11), unit(12)], ..commission_of("HH", "8400001", "HH1-R") };
    world.done(D, anew);
    let herbs = world.view(&box_of_pieces(11)).herbs.unwrap();
    assert_eq!((herbs.total_mg, herbs.chain_incomplete, herbs.inputs.len()), (2 * KG, false, 1));
    let back = query::batch_backward(&world, &ProductId("HH".into()), "HH1-R").unwrap().unwrap();
    assert_eq!(back.lots.last().unwrap().lot, lot(G, "S1"), "to the seed");
    world.done(R, hold_lot(lot(G, "P1"), LotHoldReason::RegulatorFreeze));
    assert_eq!(world.no(D, release_of("HH", "HH1-R")), "lot_held");
    let (reason, document) = (LotHoldReason::RegulatorFreeze, digest("end"));
    world.done(R, LiftLotHold { lot: lot(G, "P1"), reason, document, packs: vec![] });
    world.done(D, release_of("HH", "HH1-R"));
}

/// Goods from before herbs were traced are labelled anew all the same, and show as an incomplete chain.
#[test]
fn what_is_reworked_without_lots_is_released_and_shows_it() {
    let mut world = World::with_herbs();
    let box_of = |n: u64| code(&format!("8400021{n:013}"));
    world.done(D, commission_of("YC", "8400021", "YC1"));
    world.done(D, batch_test("YC", "YC1"));
    world.done(D, release_of("YC", "YC1"));
    rules::herbs_traced_since(&mut world, "2026-01-01");
    let codes = vec![box_of(1), box_of(2)];
    let rework =
        Rework { product_id: ProductId("YC".into()), into_batch: "YC1-R".into(), reason: "更换标签".into(), codes };
    world.applied(D, Operation::Rework(rework));
    let unit = |n: u64| CommissionedUnit { code: box_of(n), level: 1, parent: None, remainder: false };
    world.done(D, Commission { units: vec![unit(11), unit(12)], ..commission_of("YC", "8400021", "YC1-R") });
    // That nothing is known of it is no proof that it passed.
    assert_eq!(world.no(D, release_of("YC", "YC1-R")), "test_required");
    world.done(D, batch_test("YC", "YC1-R"));
    world.done(D, release_of("YC", "YC1-R"));
    let herbs = world.view(&box_of(11)).herbs.unwrap();
    assert_eq!((herbs.chain_incomplete, herbs.inputs.len()), (true, 0));
    // The same number of another batch is not free of its lots.
    world.done(D, Commission { units: vec![unit(21), unit(22)], ..commission_of("YC", "8400021", "YC2") });
    world.done(D, batch_test("YC", "YC2"));
    assert_eq!(world.no(D, release_of("YC", "YC2")), "batch_lots_required");
}

/// Two boxes of 药材 in a batch of their own.
fn boxes_of_herb(world: &mut World, batch_no: &str, serials: [u64; 2]) -> [crate::UnitKey; 2] {
    let codes = serials.map(|n| code(&format!("8400021{n:013}")));
    let unit = |code| CommissionedUnit { code, level: 1, parent: None, remainder: false };
    world.done(D, Commission { units: codes.map(unit).to_vec(), ..commission_of("YC", "8400021", batch_no) });
    codes
}

fn relabel(into_batch: &str, codes: &[crate::UnitKey]) -> Operation {
    let (product_id, into_batch, reason) = (ProductId("YC".into()), into_batch.into(), "更换标签".into());
    Operation::Rework(Rework { product_id, into_batch, reason, codes: codes.to_vec() })
}

#[test]
fn crude_herb_with_codes_is_frozen_with_its_variety() {
    let mut world = World::with_herbs();
    let herb = world.delivered();
    let codes = boxes_of_herb(&mut world, "YC1", [1, 2]);
    world.done(D, use_lots("YC", "YC1", vec![uses(herb, KG)]));
    world.applied(R, standards::freeze(safflower(), "650000"));
    assert_eq!(world.no(D, release_of("YC", "YC1")), "batch_held");
    world.applied(R, law_world::lift(1));
    world.done(D, release_of("YC", "YC1"));
    // Another variety is another matter, and where its lots grew counts as much as where its holder is.
    world.applied(R, standards::freeze(liquorice(), "650000"));
    assert!(world.view(&codes[0]).holds.is_empty());
    world.applied(R, standards::freeze(safflower(), "654225"));
    assert_eq!(world.view(&codes[0]).holds, ["regulator_freeze"]);
    assert_eq!(world.refused(D, relabel("YC1-R", &codes)), "held");
    let (keys, payload) = crate::proof::collect(&world, &world, &codes[0]).unwrap();
    let proven = keys.iter().map(|k| (k.map_key(), world.state.get(k).cloned())).collect();
    let answer = crate::proof::check(&payload, &proven, TimestampMs(world.time)).unwrap().status.unwrap();
    assert_eq!(answer.unit().unwrap().holds, ["regulator_freeze"]);
    // The herb goes on into the batch that the boxes are reworked into, and so does a hold on it.
    world.applied(R, law_world::lift(3));
    world.applied(D, relabel("YC1-R", &codes));
    boxes_of_herb(&mut world, "YC1-R", [11, 12]);
    world.applied(R, standards::freeze(safflower(), "654225"));
    assert_eq!(world.no(D, release_of("YC", "YC1-R")), "batch_held");
}

/// Two plants of one name are not reworked into one batch: a hold on one of them would bite on all of it or on nothing.
#[test]
fn boxes_of_two_varieties_are_not_reworked_into_one_batch() {
    let mut world = World::with_herbs();
    let (one, other) = (world.delivered(), rules::bought_namesake(&mut world));
    let (of_one, of_other) = (boxes_of_herb(&mut world, "YC1", [1, 2]), boxes_of_herb(&mut world, "YC2", [3, 4]));
    for (batch_no, herb) in [("YC1", &one), ("YC2", &other)] {
        world.done(D, use_lots("YC", batch_no, vec![uses(herb.clone(), KG)]));
        world.done(D, release_of("YC", batch_no));
    }
    world.applied(D, relabel("YC-R", &of_one[..1]));
    assert_eq!(world.refused(D, relabel("YC-R", &of_other[..1])), "lots_differ");
    world.applied(D, relabel("YC-R", &of_one[1..]));
    world.applied(D, relabel("YC-S", &of_other));
    boxes_of_herb(&mut world, "YC-R", [11, 12]);
    assert_eq!(world.no(D, use_lots("YC", "YC-R", vec![uses(other, KG)])), "lots_differ");
    world.done(D, use_lots("YC", "YC-R", vec![uses(one, KG)]));
}

#[test]
fn seed_that_failed_its_test_goes_back_to_who_sold_it() {
    let mut world = World::with_herbs();
    world.done(G, seed("S1", KG));
    let seeds = [lot(G, "S1")];
    world.done_as(G, "G-1", sell(T, &seeds));
    world.done(T, take_in(G, "G-1", &[(seeds[0].clone(), KG)]));
    world.done(T, test(seeds[0].clone(), false));
    assert_eq!(world.no(T, sell(G, &seeds)), "lot_state");
    assert_eq!(world.no(T, send_back(D, &seeds)), "lot_not_supplier");
    world.done_as(T, "T-1", send_back(G, &seeds));
    world.done(G, take_in(T, "T-1", &[(seeds[0].clone(), KG)]));
}

fn box_of_pieces(n: u64) -> crate::UnitKey {
    code(&format!("8400001{n:013}"))
}

#[test]
fn pieces_with_codes_of_nothing_on_record_show_as_an_incomplete_chain() {
    let mut world = World::with_herbs();
    world.done(D, commission_of("YC", "8400021", "YC1"));
    let seen = world.view(&code("84000210000000000001")).herbs.unwrap();
    assert_eq!((seen.chain_incomplete, seen.inputs.len(), seen.total_mg), (true, 0, 0));
    world.done(M, commission_of("ZY", "8500001", "Z1"));
    assert!(world.view(&code("85000010000000000001")).herbs.is_none(), "of a medicine nothing is said");
}

#[test]
fn a_shipment_of_lots_is_overdue_once_and_never_after_it_is_closed() {
    use crate::oversight::AlarmKind;
    let mut world = World::with_herbs();
    let herb = world.grown();
    let sent = |world: &mut World, number: &str, lot_no: &str| {
        world.done_as(G, number, sell_part(T, herb.clone(), lot_no, KG));
    };
    sent(&mut world, "G-1", "C1-1");
    sent(&mut world, "G-2", "C1-2");
    sent(&mut world, "G-3", "C1-3");
    let deadlines = |world: &World| {
        let (from, to) = (crate::state::key::deadlines_before(TimestampMs(0)), crate::state::key::deadlines_end());
        crate::state::StateView::scan(world, &from, &to, 100).unwrap().len()
    };
    let before = deadlines(&world);
    let refused = |reason: &str| RefuseLots {
        sender: org_id(G),
        shipment_no: DocumentNumber("G-2".into()),
        reason: reason.into(),
        lots: vec![lot(G, "C1-2")],
    };
    assert_eq!(world.no(T, refused("联系张先生 13800138000")), "field_form", "it stands on public record");
    world.done(T, take_in(G, "G-1", &[(lot(G, "C1-1"), KG)]));
    world.done(T, refused("霉变"));
    assert_eq!(deadlines(&world), before - 2, "what is closed comes due no more");
    let alarms = |world: &World| -> Vec<(AlarmKind, crate::state::OrgNo)> {
        let all = world.outputs.iter().flat_map(|o| &o.alarms);
        all.filter(|a| a.kind == AlarmKind::OverdueReceipt).map(|a| (a.kind, a.organisation)).collect()
    };
    world.time = START + 31 * DAY;
    world.block(&[]);
    assert_eq!(alarms(&world), [(AlarmKind::OverdueReceipt, crate::state::OrgNo(G as u32 + 1))]);
    world.time = START + 62 * DAY;
    world.block(&[]);
    assert_eq!((alarms(&world).len(), deadlines(&world)), (1, before - 3));
}

/// What no row of the table of rules needs to be applied, once each.
pub(in crate::tests) fn beside_the_rules(world: &mut World) -> Receipt {
    let pieces = world.at_hospital();
    world.done(H, WriteOffLot { lot: pieces.clone(), weight_mg: KG, reason: LossReason::Damage });
    world.done(R, SampleLot { lot: pieces, weight_mg: KG, document: digest("sampling") });
    let (kind, details) = (BenefitKind::ResearchGrant, digest("amount"));
    let granted_on = date("2026-11-01");
    world.done(R, RecordBenefit { garden: garden_id(), kind, household: None, granted_on, details });
    world.done(T, buy_untraced("U1", 20 * KG));
    world.done(T, test(lot(T, "U1"), true));
    world.done(T, pack(lot(T, "U1"), label_by(T, "新疆额敏")));
    world.done_as(T, "T-1", sell(M, &[lot(T, "U1")]));
    world.done(M, take_in(T, "T-1", &[(lot(T, "U1"), 20 * KG)]));
    world.done(M, test(lot(T, "U1"), true));
    world.done(M, commission_of("ZY", "8500001", "Z1"));
    world.done(M, use_lots("ZY", "Z1", vec![uses(lot(T, "U1"), KG)]))
}
