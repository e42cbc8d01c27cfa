//! Holds that bite everywhere at once, recalls with their terms, bills with two signatures, the ways out of the loop.

use super::law_world::*;
use super::world::*;
use crate::Operation;
use crate::UnitKey;
use crate::custody::Holds;
use crate::event::EventBody;
use crate::oversight::AlarmKind;
use crate::quality::*;
use crate::receipt::Outcome;
use crate::state::{BatchRef, CaseNo, OrgNo, ProductNo, key, load};
use crate::transaction::*;
use bencao_genesis::*;

const HOUR: u64 = 3_600_000;

fn writes(world: &World) -> u32 {
    match &world.outputs.last().unwrap().receipts[0].outcome {
        Outcome::Applied(done) => done.writes,
        other => panic!("{other:?}"),
    }
}

fn recall_record(world: &World, case: u32) -> RecallRecord {
    load(world, &key::recall(CaseNo(case))).unwrap().unwrap()
}

fn hold_record(world: &World, case: u32) -> HoldRecord {
    load(world, &key::hold(CaseNo(case))).unwrap().unwrap()
}

fn tallies(world: &World, n: usize) -> BatchTally {
    let batch = BatchRef { product: ProductNo(1), number: 1 };
    load(world, &key::tally(batch, OrgNo(n as u32 + 1))).unwrap().unwrap_or_default()
}

fn held_inside(world: &World, code: &UnitKey) -> u32 {
    world.record(code).content.unwrap().held
}

/// Commissions `units` boxes of B1 into one case of a product whose cases hold so many.
fn one_case(units: u32) -> (World, UnitKey) {
    let mut genesis = genesis();
    extend(&mut genesis);
    genesis.products.iter_mut().find(|p| p.id.0 == "X").unwrap().packages[1].holds = units;
    let mut world = World::with(genesis);
    let case = case_code("B1", 1);
    let outer = CommissionedUnit { code: case, level: 2, parent: None, remainder: false };
    let all = boxes_of("B1", units);
    for (i, part) in all.chunks(3_000).enumerate() {
        let mut bill = commission("B1", &[], part);
        bill.declared_units = units;
        bill.units.iter_mut().for_each(|u| u.parent = Some(case));
        if i == 0 {
            bill.units.push(outer);
        }
        world.applied(M, Operation::Commission(bill));
    }
    world.applied(M, Operation::Release(release("B1", units)));
    (world, case)
}

/// Writes of: moving the case, its receipt, a recall, a freeze of the firm, lifting both, and destroying the case.
fn costs(units: u32) -> Vec<u32> {
    let (mut world, case) = one_case(units);
    assert_eq!(world.record(&case).content.unwrap().units(), units);
    let mut costs = Vec::new();
    assert!(world.send_as(M, "S1", ship(W, &[case])).is_applied());
    costs.push(writes(&world));
    world.applied(W, receive(M, "S1", &[case]));
    costs.push(writes(&world));
    world.applied(M, start(recall(1, &["B1"])));
    costs.push(writes(&world));
    assert_eq!(world.refused(W, ship(P, &[box_code("B1", units)])), "held");
    world.applied(R, hold(HoldKind::RegulatorFreeze, on_organisation(W)));
    costs.push(writes(&world));
    world.applied(R, lift(2));
    costs.push(writes(&world));
    let bill = CountersignedBill::Destroy(destroy(&[case]));
    let operation = propose(&world, R, bill.clone());
    world.applied(W, operation);
    costs.push(writes(&world));
    world.applied(R, countersign(3, bill));
    costs.push(writes(&world));
    assert_eq!(world.state_of(&box_code("B1", 1)), "destroyed");
    assert_eq!(tallies(&world, W).disposed, units);
    costs
}

#[test]
fn what_concerns_a_case_a_batch_or_a_firm_costs_the_same_at_any_size() {
    let small = costs(10);
    assert_eq!(small, costs(10_000));
    assert!(small.iter().all(|writes| *writes <= 12), "{small:?}");
}

#[test]
fn a_recall_bites_in_the_block_in_which_it_is_decided() {
    let mut world = law_world();
    let (cases, boxes) = world.make_batch("B1", 20);
    assert!(world.send_as(M, "S1", ship(W, &cases[..1])).is_applied());
    world.applied(W, receive(M, "S1", &cases[..1]));
    let bytes: Vec<Vec<u8>> = [
        world.transaction(W, "T1", ship(P, &boxes[..1])),
        world.transaction(M, "T2", start(recall(2, &["B1"]))),
        world.transaction(W, "T3", ship(P, &boxes[1..2])),
        world.transaction(M, "T4", Operation::Commission(commission("B1", &[], &[box_code("B1", 99)]))),
    ]
    .iter()
    .map(|(body, key)| body.sign(key).to_bytes())
    .collect();
    let receipts = world.block(&bytes).receipts.clone();
    assert!(receipts[0].is_applied() && receipts[1].is_applied());
    assert_eq!(refusal_name(&receipts[2]), "held");
    assert!(!receipts[3].is_applied());
    for code in boxes.iter().chain(&cases) {
        assert_eq!(world.view(code).holds, ["recall_2"], "{code}");
        assert_eq!(world.view(code).verdict_zh, "召回");
    }
}

/// Between those who make a batch nothing is shipped to the market, and what is taken back of that comes from nowhere.
#[test]
fn what_goes_from_maker_to_maker_counts_neither_way() {
    let mut world = law_world();
    world.applied(M, contract("K", "2027-12-31"));
    let boxes: Vec<UnitKey> = (1..=2).map(|n| code(&format!("8300001{n:013}"))).collect();
    let made = Commission { product_id: ProductId("K".into()), ..commission("K1", &[], &boxes) };
    world.applied(MAKER, Operation::Commission(made));
    for by in [MAKER, M] {
        world.applied(by, go("K", "K1", |r| r.declared_units = 2));
    }
    assert!(world.send_as(MAKER, "S1", ship(W, &boxes[..1])).is_applied());
    assert!(world.send_as(MAKER, "S2", ship_as(203, M, &boxes[1..], |_| ())).is_applied());
    world.applied(MAKER, super::trade::cancel("S2", &boxes[1..]));
    let product = world.genesis.products.iter().position(|p| p.id.0 == "K").unwrap() as u32 + 1;
    let batch = BatchRef { product: ProductNo(product), number: 1 };
    let maker = super::trade::number_of(&world, MAKER);
    let tally: BatchTally = load(&world, &key::tally(batch, maker)).unwrap().unwrap();
    assert_eq!(tally.shipped, 1);
}

#[test]
fn holds_of_one_kind_are_counted_and_the_last_one_frees() {
    let mut world = law_world();
    let (cases, boxes) = world.make_batch("B1", 10);
    world.applied(M, hold(HoldKind::QualitySuspect, on_batch("B1")));
    world.applied(M, hold(HoldKind::ForeignNotification, on_batch("B1")));
    world.applied(R, hold(HoldKind::RegulatorFreeze, on_batch("B1")));
    assert_eq!(world.view(&boxes[0]).holds, ["regulator_freeze", "quality_suspect"]);
    world.applied(M, lift(1));
    assert_eq!(world.view(&boxes[0]).holds, ["regulator_freeze", "quality_suspect"]);
    world.applied(M, lift(2));
    assert_eq!(world.view(&boxes[0]).holds, ["regulator_freeze"]);
    assert_eq!(world.refused(M, ship(W, &cases)), "held");
    world.applied(R, lift(3));
    assert!(world.view(&boxes[0]).holds.is_empty());
    world.applied(M, ship(W, &cases));
}

#[test]
fn a_frozen_firm_moves_nothing_and_its_products_move_nowhere() {
    let mut world = law_world();
    let (cases, _) = world.make_batch("B1", 20);
    assert!(world.send_as(M, "S1", ship(W, &cases[..1])).is_applied());
    world.applied(W, receive(M, "S1", &cases[..1]));
    world.applied(R, hold(HoldKind::LicenceLock, on_organisation(W)));
    assert_eq!(world.refused(W, ship(P, &cases[..1])), "party_suspended");
    assert_eq!(world.refused(W, pack(sscc(1), &cases[..1])), "held");
    assert!(world.send_as(M, "S2", ship(H, &cases[1..])).is_applied(), "what W does not have is free");
    world.applied(R, lift(1));
    world.applied(R, hold(HoldKind::RegulatorFreeze, on_organisation(M)));
    assert_eq!(world.refused(W, ship(P, &cases[..1])), "held", "the holder's products");
}

#[test]
fn a_superior_regulator_lifts_and_a_stranger_does_not() {
    let mut world = law_world();
    world.make_batch("B1", 10);
    world.applied(CITY, hold(HoldKind::RegulatorFreeze, on_batch("B1")));
    for n in [ELSEWHERE, M, W] {
        assert_eq!(world.refused(n, lift(1)), "not_hold_setter");
    }
    world.applied(R, lift(1));
    world.applied(M, hold(HoldKind::QualitySuspect, on_batch("B1")));
    world.applied(CITY, lift(2));
}

#[test]
fn packages_know_exactly_how_many_held_units_are_inside() {
    let mut world = law_world();
    let (cases, boxes) = world.make_batch("B1", 20);
    let pallet = sscc(1);
    world.applied(M, pack(pallet, &cases));
    world.applied(M, hold(HoldKind::QualitySuspect, on_codes(&boxes[..2])));
    world.applied(R, hold(HoldKind::RegulatorFreeze, on_codes(&boxes[..1])));
    assert_eq!((held_inside(&world, &cases[0]), held_inside(&world, &pallet)), (2, 2));
    assert_eq!(world.refused(M, ship(W, &[pallet])), "holds_held_unit");
    assert_eq!(world.refused(M, ship(W, &cases[..1])), "holds_held_unit");
    // The second case leaves the pallet and takes nothing held along.
    world.applied(M, ship(W, &cases[1..]));
    assert_eq!(held_inside(&world, &pallet), 2);
    // One is taken out and set apart, held as before.
    world.applied(M, disaggregate(&boxes[..1]));
    assert_eq!((held_inside(&world, &cases[0]), held_inside(&world, &pallet)), (1, 1));
    assert_eq!(world.view(&boxes[0]).holds, ["regulator_freeze", "quality_suspect"]);
    world.applied(R, lift(2));
    world.applied(M, lift(1));
    assert_eq!((held_inside(&world, &cases[0]), held_inside(&world, &pallet)), (0, 0));
    world.applied(M, ship(W, &[pallet]));
    assert_eq!(world.record(&pallet).content.unwrap().units(), 9);
}

#[test]
fn nothing_slips_out_of_a_held_package() {
    let mut world = law_world();
    let (cases, boxes) = world.make_batch("B1", 10);
    world.applied(R, hold(HoldKind::RegulatorFreeze, on_codes(&cases)));
    assert_eq!(world.refused(M, disaggregate(&boxes[..1])), "held");
    assert_eq!(world.refused(M, pack(sscc(2), &cases)), "held");
    world.applied(R, lift(1));
    world.applied(M, disaggregate(&boxes[..1]));
}

#[test]
fn a_freeze_has_a_term_and_a_report_starts_it_anew() {
    let mut world = law_world();
    world.make_batch("B1", 10);
    let set_at = world.time;
    world.applied(R, hold(HoldKind::RegulatorFreeze, on_batch("B1")));
    assert_eq!(hold_record(&world, 1).decision_due, Some(TimestampMs(set_at + 7 * DAY)));
    let tested_at = world.time;
    let report = DecideFreeze { hold: CaseNo(1), test_report: Some(digest("检验报告")), decision: None };
    world.applied(R, Operation::DecideFreeze(report));
    let due = tested_at + 15 * DAY;
    assert_eq!(world.outputs.last().unwrap().next_deadline, Some(TimestampMs(due)));
    world.time = due;
    let output = world.block(&[]);
    assert_eq!(output.events[0].body.name(), "freeze_overdue");
    assert_eq!(output.alarms[0].kind, AlarmKind::FreezeOverdue);
    assert_eq!(world.view(&box_code("B1", 1)).holds, ["regulator_freeze"], "the goods stay");
    // One report, and no third term.
    let again = DecideFreeze { hold: CaseNo(1), test_report: Some(digest("复检报告")), decision: None };
    assert_eq!(world.refused(R, Operation::DecideFreeze(again)), "already_decided");
    assert_eq!(hold_record(&world, 1).test_report, Some(digest("检验报告")));
    let decision = DecideFreeze { hold: CaseNo(1), test_report: None, decision: Some(digest("处理决定")) };
    world.applied(R, Operation::DecideFreeze(decision));
    world.applied(R, lift(1));
    assert_eq!(world.outputs.last().unwrap().next_deadline, None);
}

/// 《药品管理法》 Art. 81: 5 days to the expert conclusion, 15 from it to the decision.
#[test]
fn emergency_control_stops_all_use_and_has_its_own_terms() {
    let mut world = law_world();
    let (_, boxes) = world.make_batch("B1", 10);
    let set_at = world.time;
    world.applied(R, hold(HoldKind::EmergencyControl, on_batch("B1")));
    assert_eq!(world.refused(M, ship(W, &boxes[..1])), "held");
    assert_eq!(world.view(&boxes[0]).holds, ["regulator_freeze"]);
    let due = hold_record(&world, 1).decision_due.unwrap();
    assert_eq!(due, TimestampMs(set_at + 5 * DAY));
    world.time = due.0;
    assert_eq!(world.block(&[]).events[0].body.name(), "freeze_overdue");
    let opinion = DecideFreeze { hold: CaseNo(1), test_report: Some(digest("鉴定结论")), decision: None };
    let concluded_at = world.time;
    world.applied(R, Operation::DecideFreeze(opinion));
    assert_eq!(hold_record(&world, 1).decision_due, Some(TimestampMs(concluded_at + 15 * DAY)));
    let decision = DecideFreeze { hold: CaseNo(1), test_report: None, decision: Some(digest("处理决定")) };
    world.applied(R, Operation::DecideFreeze(decision));
    world.applied(R, lift(1));
    world.applied(M, ship(W, &boxes[..1]));
}

/// What a holder abandons is told often, and then no more: it does not cost the chain for ever.
#[test]
fn an_abandoned_recall_falls_silent() {
    let mut world = law_world();
    world.make_batch("B1", 10);
    world.applied(M, start(recall(1, &["B1"])));
    let mut missed = 0;
    while let Some(due) = world.outputs.last().unwrap().next_deadline {
        world.time = due.0;
        let progress = |e: &&crate::event::EventRecord| matches!(&e.body, EventBody::RecallOverdue(o) if o.duty == DutyKind::Progress);
        missed += world.block(&[]).events.iter().filter(progress).count();
    }
    assert_eq!(missed, usize::from(crate::limits::PROGRESS_MISSED_MAX));
    assert_eq!(world.view(&box_code("B1", 1)).holds, ["recall_1"], "the hold stays");
}

/// 《药品管理法》 Art. 83: what its registration no longer covers goes back or is destroyed in sight of the regulator.
#[test]
fn a_cancelled_registration_leaves_the_way_back_and_the_supervised_end() {
    let mut world = law_world();
    let (cases, boxes) = world.make_batch("B1", 20);
    assert!(world.send_as(M, "S1", ship(W, &cases)).is_applied());
    world.applied(W, receive(M, "S1", &cases));
    let others: Vec<_> = ["B2", "B3"].iter().map(|b| case_code(b, 1)).collect();
    world.applied(M, Operation::Commission(commission("B2", &others[..1], &boxes_of("B2", 10))));
    world.applied(R, decided(HoldKind::RegistrationCancelled, on_product("X")));
    assert_eq!(world.view(&boxes[0]).holds, ["registration_cancelled"]);
    // It is neither made, released, sold nor used any more.
    assert_eq!(world.refused(M, Operation::Commission(commission("B3", &others[1..], &boxes_of("B3", 10)))), "held");
    assert_eq!(world.refused(M, Operation::Release(release("B2", 10))), "batch_held");
    assert_eq!(world.refused(W, ship(P, &boxes[..1])), "held");
    // Back to whom it came from, or out of the world with a record of it or a witness.
    let back = ship_as(202, M, &cases[..1], |t| t.reason = Some(ReturnReason::Other));
    assert!(world.send_as(W, "S2", back).is_applied());
    world.applied(M, receive_as(103, W, "S2", &cases[..1], |_| ()));
    assert_eq!(world.refused(M, accept(&cases[..1])), "held");
    assert_eq!(world.refused(M, destroy_alone(&cases[..1])), "countersignature_required");
    world.applied(M, destroy_recorded(&cases[..1]));
    let bill = CountersignedBill::Destroy(destroy(&cases[1..]));
    let operation = propose(&world, CITY, bill.clone());
    world.applied(W, operation);
    world.applied(CITY, countersign(2, bill));
    assert_eq!(world.state_of(&boxes[15]), "destroyed");
    // On record by mistake: a superior takes it back.
    world.applied(R, lift(1));
    world.applied(M, Operation::Release(release("B2", 10)));
}

/// 《疫苗管理法》 Art. 26: a refused batch is destroyed under supervision, and by no other name.
#[test]
fn a_batch_refused_lot_release_is_destroyed_before_a_witness() {
    let mut world = law_world();
    let codes = ["82000010000000000001", "82000010000000000002"].map(code);
    let mut bill = commission("Z1", &[], &codes);
    bill.product_id = ProductId("V".into());
    world.applied(M, Operation::Commission(bill));
    let target = HoldTarget::Batch(BatchTarget { product_id: ProductId("V".into()), batch_no: "Z1".into() });
    world.applied(R, decided(HoldKind::LotReleaseRefused, target));
    let out = Release { product_id: ProductId("V".into()), lot_release: "批签 1".into(), ..release("Z1", 2) };
    assert_eq!(world.refused(M, Operation::Release(out)), "batch_held");
    let void = VoidCodes { product_id: ProductId("V".into()), reason: "废标".into(), codes: codes.to_vec() };
    assert_eq!(world.refused(M, Operation::VoidCodes(void)), "countersignature_required");
    assert_eq!(world.refused(M, destroy_recorded(&codes)), "countersignature_required");
    let bill = CountersignedBill::Destroy(destroy(&codes[..1]));
    let operation = propose(&world, R, bill.clone());
    world.applied(M, operation);
    world.applied(R, countersign(2, bill));
    assert_eq!(world.state_of(&codes[0]), "destroyed");
    // One that gets lost instead is told.
    world.applied(M, loss(214, &codes[1..]));
    assert_eq!(world.outputs.last().unwrap().alarms[0].kind, AlarmKind::HeldGoods);
}

#[test]
fn a_recall_has_its_terms_by_class_and_overdue_ones_are_told() {
    for (class, hours) in [(1u8, 24), (2, 72), (3, 168)] {
        let mut world = law_world();
        world.make_batch("B1", 10);
        let decided = world.time;
        world.applied(M, start(recall(class, &["B1"])));
        let record = recall_record(&world, 1);
        assert!(record.duties.iter().all(|d| d.due == TimestampMs(decided + hours * HOUR)));
        let kinds: Vec<&str> = record.duties.iter().map(|d| d.kind.name()).collect();
        let published = ["notice", "filing", "publication", "progress"];
        let quiet = ["notice", "filing", "progress"];
        assert_eq!(kinds, if class == 3 { &quiet[..] } else { &published[..] });
        assert_eq!(world.outputs.last().unwrap().next_deadline, Some(TimestampMs(decided + hours * HOUR)));
        world.time = decided + hours * HOUR;
        let output = world.block(&[]);
        assert_eq!(output.counts.deadlines as usize, kinds.len());
        assert!(output.events.iter().all(|e| e.body.name() == "recall_overdue"));
        let alarms: Vec<_> = output.alarms.iter().map(|a| (a.kind, a.organisation, a.code)).collect();
        assert_eq!(alarms, vec![(AlarmKind::RecallOverdue, OrgNo(1), None); kinds.len()], "of the holder");
        let again = decided + 2 * hours * HOUR;
        assert_eq!(output.next_deadline, Some(TimestampMs(again)), "a progress report is due again and again");
        assert!(recall_record(&world, 1).duties.iter().all(|d| d.overdue == 1));
    }
}

#[test]
fn duties_done_in_time_leave_no_deadline_but_the_next_report() {
    let mut world = law_world();
    world.make_batch("B1", 10);
    world.applied(M, start(recall(1, &["B1"])));
    let all = NotifyRecall {
        publication: Some(digest("公告")),
        report: Some(digest("调查评估")),
        plan: Some(digest("召回计划")),
        ..notify(1, &[W, P])
    };
    world.applied(M, Operation::NotifyRecall(all));
    world.applied(W, acknowledge(1, 30));
    world.applied(P, acknowledge(1, 2));
    let record = recall_record(&world, 1);
    assert_eq!((record.notified, record.acknowledged, record.on_hand), (2, 2, 32));
    let open: Vec<&str> = record.duties.iter().filter(|d| d.done.is_none()).map(|d| d.kind.name()).collect();
    assert_eq!(open, ["progress"]);
    world.time += 20 * HOUR;
    let reported = world.time;
    world.applied(M, progress(1));
    assert_eq!(world.outputs.last().unwrap().next_deadline, Some(TimestampMs(reported + 24 * HOUR)));
    // Completed on Tuesday 2026-11-24; ten working days later is Tuesday 2026-12-08.
    world.applied(M, complete(1, None));
    assert_eq!(TimestampMs(world.time).china_date(), date("2026-11-24"));
    let due = world.outputs.last().unwrap().next_deadline.unwrap();
    assert_eq!(due.to_string(), "2026-12-08T23:59:59.999+08:00");
    world.applied(M, complete(1, Some("总结报告")));
    assert_eq!(world.outputs.last().unwrap().next_deadline, None);
    assert_eq!(recall_record(&world, 1).status, RecallStatus::Reported);
    assert_eq!(world.refused(M, complete(1, Some("再次"))), "recall_closed");
    world.applied(M, lift(1));
    assert!(world.view(&box_code("B1", 1)).holds.is_empty());
}

#[test]
fn a_recall_of_single_packages_passes_over_those_already_gone() {
    let mut world = law_world();
    let (cases, boxes) = world.make_batch("B1", 10);
    assert!(world.send_as(M, "S1", ship(P, &boxes[..1])).is_applied());
    world.applied(P, receive(M, "S1", &boxes[..1]));
    world.applied(P, dispense(321, &boxes[..1]));
    world.applied(M, start(StartRecall { codes: boxes[..3].to_vec(), ..recall(1, &[]) }));
    let record = recall_record(&world, 1);
    assert_eq!((record.codes, record.codes_gone), (3, 1));
    assert_eq!(world.record(&boxes[0]).holds, Holds::NONE, "dispensed: for outreach, no change");
    assert_eq!(world.record(&boxes[1]).holds, Holds::RECALL_1);
    assert_eq!(held_inside(&world, &cases[0]), 2);
    assert!(world.view(&boxes[3]).holds.is_empty());
}

#[test]
fn a_recalled_product_is_held_in_every_batch() {
    let mut world = law_world();
    let (cases, _) = world.make_batch("B1", 10);
    world.make_batch("B2", 10);
    world.applied(R, start(StartRecall { kind: RecallKind::Ordered, ..recall(1, &[]) }));
    assert_eq!(world.refused(M, ship(W, &cases)), "held");
    assert_eq!(world.view(&box_code("B2", 3)).holds, ["recall_1"]);
    assert_eq!(recall_record(&world, 1).kind, RecallKind::Ordered);
    // The duties are the holder's.
    world.applied(M, progress(1));
}

#[test]
fn a_bill_with_two_signatures_takes_effect_with_the_second() {
    let mut world = law_world();
    let (_, boxes) = world.make_batch("B1", 10);
    let bill = sample(&boxes[..2]);
    let operation = propose(&world, CITY, bill.clone());
    world.applied(M, operation);
    assert_eq!(world.state_of(&boxes[0]), "in_stock", "proposed: nothing is done");
    assert_eq!(world.refused(R, countersign(1, bill.clone())), "not_countersigner");
    world.applied(CITY, countersign(1, bill.clone()));
    assert_eq!(world.state_of(&boxes[0]), "sampled");
    let entry = world.view(&boxes[0]).history.last().unwrap().clone();
    assert_eq!((entry.kind, entry.by.id), ("sampled", org_id(M)), "the custodian's bill");
    assert_eq!(world.refused(CITY, countersign(1, bill)), "proposal_closed");
    // A regulator may propose as well.
    let bill = sample(&boxes[2..3]);
    let operation = propose(&world, M, bill.clone());
    world.applied(CITY, operation);
    world.applied(M, countersign(2, bill));
    assert_eq!(world.state_of(&boxes[2]), "sampled");
    assert_eq!(world.refused(M, ship(W, &boxes[..1])), "retired");
}

#[test]
fn a_proposal_is_checked_twice_and_lapses() {
    let mut world = law_world();
    let (_, boxes) = world.make_batch("B1", 10);
    let bill = CountersignedBill::Destroy(destroy(&boxes[..1]));
    let operation = propose(&world, R, bill.clone());
    assert_eq!(world.refused(W, operation.clone()), "not_custodian", "its rules are asked at once");
    world.applied(M, operation);
    world.applied(M, ship(W, &boxes[..1]));
    assert_eq!(world.refused(R, countersign(1, bill.clone())), "in_transit", "and again when it is countersigned");
    let lapses = world.outputs.last().unwrap().next_deadline.unwrap();
    world.time = lapses.0;
    assert_eq!(world.block(&[]).events[0].body.name(), "proposal_closed");
    assert_eq!(world.refused(R, countersign(1, bill)), "proposal_closed");
}

#[test]
fn special_drugs_lost_are_told_at_once_and_found_ones_never_go_back_into_stock() {
    let mut world = law_world();
    let (_, boxes) = world.make_batch("B1", 10);
    world.applied(M, loss(214, &boxes[..1]));
    assert!(world.outputs.last().unwrap().alarms.is_empty());
    assert_eq!(world.state_of(&boxes[0]), "lost");
    assert_eq!(world.refused(W, found(&boxes[..1])), "not_custodian");
    world.applied(M, found(&boxes[..1]));
    assert_eq!(world.outputs.last().unwrap().alarms[0].kind, AlarmKind::LostGoodsFound);
    assert_eq!(world.state_of(&boxes[0]), "blocked");
    assert_eq!(world.refused(M, accept(&boxes[..1])), "not_acceptable");
    world.applied(M, Operation::Destroy(destroy(&boxes[..1])));
    world.applied(M, loss(215, &boxes[1..2]));
    assert_eq!(world.state_of(&boxes[1]), "blocked");
    let narcotic = code("89000010000000000001");
    world.applied(M, one_box("N", "8900001", "P1"));
    world.applied(M, go("N", "P1", |_| ()));
    world.applied(M, loss(214, &[narcotic]));
    let output = world.outputs.last().unwrap();
    assert_eq!((output.alarms[0].kind, output.alarms[0].code), (AlarmKind::SpecialDrugLoss, Some(narcotic)));
    assert_eq!(load::<crate::AlarmRecord>(&world, &key::alarm(output.alarms[0].position)).unwrap().unwrap().rule, 0);
}

#[test]
fn a_recall_is_watched_by_its_numbers() {
    use crate::query;
    let mut world = law_world();
    let (cases, boxes) = world.make_batch("B1", 20);
    world.make_batch("B2", 10);
    assert!(world.send_as(M, "S1", ship(W, &cases)).is_applied());
    world.applied(W, receive(M, "S1", &cases));
    assert!(world.send_as(W, "S2", ship(P, &boxes[..4])).is_applied());
    world.applied(P, receive(W, "S2", &boxes[..4]));
    world.applied(P, dispense(321, &boxes[..4]));
    world.applied(W, Operation::Destroy(destroy(&boxes[4..8])));
    world.applied(M, start(recall(3, &["B2"])));
    let receipt = world.send_as(M, "RC-9", start(recall(2, &["B1"])));
    assert!(receipt.is_applied());
    world.applied(M, Operation::NotifyRecall(notify(2, &[W, P])));
    world.applied(P, acknowledge(2, 0));
    let view = query::recall(&world, &world, CaseNo(2)).unwrap().unwrap();
    let numbers = view.quantities.unwrap();
    assert_eq!((numbers.shipped, numbers.dispensed, numbers.disposed), (20, 4, 4));
    assert_eq!((numbers.recallable, numbers.outstanding, numbers.rate_permille), (16, 12, Some(250)));
    assert_eq!((view.notified, view.acknowledged, view.document_no.as_str()), (2, 1, "RC-9"));
    let parties: Vec<bool> = view.notices.unwrap().iter().map(|n| n.acknowledged_at.is_some()).collect();
    assert_eq!(parties, [false, true]);
    let kinds: Vec<&str> = view.history.unwrap().iter().map(|e| e.kind).collect();
    assert_eq!(kinds, ["recall_started", "recall_notified", "recall_acknowledged"]);
    let list = query::recalls(&world, None, 9).unwrap();
    assert_eq!(list.iter().map(|r| r.recall_id).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(list[1].quantities.unwrap().rate_permille, None, "nothing was shipped");
    assert_eq!(query::recalls(&world, Some(CaseNo(2)), 9).unwrap().len(), 1);
    assert!(query::recall(&world, &world, CaseNo(3)).unwrap().is_none());
    // The whole product: all of its batches.
    world.applied(M, start(recall(1, &[])));
    let whole = query::recall(&world, &world, CaseNo(3)).unwrap().unwrap();
    assert!(whole.scope.whole_product);
    assert_eq!(whole.quantities.unwrap().shipped, 20);
}

#[test]
fn the_counters_stand_at_the_border_of_the_market() {
    let mut world = law_world();
    let (cases, boxes) = world.make_batch("B1", 20);
    assert!(world.send_as(M, "S1", ship(W, &cases)).is_applied());
    world.applied(W, receive(M, "S1", &cases));
    assert_eq!(tallies(&world, M).shipped, 20);
    assert!(world.send_as(W, "S2", ship(P, &boxes[..5])).is_applied());
    world.applied(P, receive(W, "S2", &boxes[..5]));
    assert_eq!(tallies(&world, W), BatchTally::default(), "between traders nothing is counted");
    world.applied(P, dispense(321, &boxes[..3]));
    assert_eq!(tallies(&world, P).dispensed, 3);
    world.applied(W, Operation::Destroy(destroy(&boxes[5..6])));
    assert_eq!(tallies(&world, W).disposed, 1);
}
