//! Allocation, later packing, logistic packages, voiding, replacement, rework, contract manufacture, release by two.

use super::law_world::*;
use super::world::*;
use crate::custody::Replaced;
use crate::oversight::AlarmKind;
use crate::production::AllocationRecord;
use crate::state::{key, load};
use crate::transaction::*;
use crate::{Operation, UnitKey};
use bencao_genesis::*;

fn writes(world: &World) -> usize {
    world.outputs.last().unwrap().writes.len()
}

fn single(batch: &str, codes: &[UnitKey]) -> Operation {
    let mut bill = commission(batch, &[], codes);
    bill.declared_units = codes.len().max(10) as u32;
    bill.units.iter_mut().for_each(|u| u.parent = None);
    Operation::Commission(bill)
}

#[test]
fn a_range_of_a_million_codes_is_three_records_and_only_its_codes_are_commissioned() {
    let mut world = law_world();
    world.applied(M, range("8100001", 1_000_000, 1_999_999));
    assert_eq!(writes(&world), 3, "range, product, document");
    world.applied(M, range("8100001", 2_000_000, 2_000_009));
    let record: AllocationRecord = load(&world, &key::allocation("8100001")).unwrap().unwrap();
    assert_eq!(record.ranges.len(), 1, "neighbours join");
    let at = |serial: u64| code(&format!("8100001{serial:013}"));
    assert_eq!(world.refused(M, single("B1", &[at(2_000_010)])), "code_not_allocated");
    world.applied(M, single("B1", &[at(1_000_000), at(2_000_009)]));
    assert_eq!(world.refused(M, single("B2", &[at(1_000_000)])), "code_exists");
    assert_eq!(world.refused(W, range("8100001", 5, 6)), "not_producer");
    // C8: the coding rule is filed first.
    world.state.remove(&key::coding("8100001"));
    assert_eq!(world.refused(M, range("8100001", 5, 6)), "coding_rule_not_filed");
}

#[test]
fn voided_labels_are_never_used_and_voided_units_make_room() {
    let mut world = law_world();
    let (case, boxes) = (case_code("B1", 1), boxes_of("B1", 10));
    world.applied(M, Operation::Commission(commission("B1", &[case], &boxes)));
    world.applied(M, void(&boxes[..1]));
    assert_eq!(world.state_of(&boxes[0]), "voided");
    assert_eq!(world.refused(M, Operation::Release(release("B1", 10))), "count_incomplete");
    assert_eq!(world.refused(M, single("B1", &boxes[..1])), "code_exists");
    let spare = box_code("B1", 11);
    let mut bill = commission("B1", &[], &[spare]);
    bill.units[0].parent = Some(case);
    bill.declared_units = 10;
    world.applied(M, Operation::Commission(bill));
    world.applied(M, Operation::Release(release("B1", 10)));
    assert_eq!(world.refused(M, void(&boxes[1..2])), "wrong_state", "after release it is scrapped or reworked");
    world.applied(M, void(&[box_code("B9", 1)]));
    assert_eq!(world.refused(M, void(&[box_code("B9", 1)])), "code_was_voided");
    assert_eq!(world.refused(M, single("B9", &[box_code("B9", 1)])), "code_was_voided");
}

#[test]
fn a_custodian_packs_later_and_counts_stay_exact() {
    let mut world = law_world();
    let boxes = boxes_of("B1", 10);
    let case = case_code("B1", 1);
    world.applied(M, single("B1", &boxes));
    let empty = CommissionedUnit { code: case, level: 2, parent: None, remainder: false };
    let mut bill = commission("B1", &[], &boxes);
    bill.units = vec![empty];
    world.applied(M, Operation::Commission(bill));
    assert_eq!(world.refused(M, Operation::Release(release("B1", 10))), "packages_incomplete");
    world.applied(M, pack(case, &boxes[..9]));
    assert_eq!(world.refused(M, Operation::Release(release("B1", 10))), "packages_incomplete");
    world.applied(M, pack(case, &boxes[9..]));
    world.applied(M, Operation::Release(release("B1", 10)));
    assert_eq!(world.record(&case).content.unwrap().units(), 10);
    assert_eq!(world.view(&boxes[3]).parents, vec![case]);
    let kinds: Vec<_> = world.view(&boxes[3]).history.iter().map(|e| e.kind).collect();
    assert_eq!(kinds, ["commissioned", "joined", "released"]);
    assert_eq!(world.refused(W, pack(case, &boxes[..1])), "not_custodian");
}

#[test]
fn an_sscc_is_a_logistic_package_of_whoever_packs_it() {
    let mut world = law_world();
    let (cases, boxes) = world.make_batch("B1", 20);
    let (others, _) = world.make_batch("B2", 10);
    let pallet = sscc(7);
    world.applied(M, pack(pallet, &[cases[0], others[0]]));
    assert_eq!(world.record(&pallet).level, 3);
    assert_eq!(world.view(&boxes[0]).parents, vec![cases[0], pallet]);
    assert!(world.send_as(M, "S1", ship(W, &[pallet])).is_applied());
    world.applied(W, receive(M, "S1", &[pallet]));
    assert_eq!(world.view(&boxes[0]).custodian.id, org_id(W));
    // A recall of one of its batches binds the pallet until that batch is off it.
    world.applied(M, start(recall(1, &["B2"])));
    assert_eq!(world.refused(W, ship(P, &[pallet])), "held");
    world.applied(W, disaggregate(&others));
    world.applied(W, ship(P, &[pallet]));
    // Emptied and packed again, it is another use of it.
    let second = sscc(8);
    world.applied(M, pack(second, &cases[1..]));
    world.applied(M, disaggregate(&cases[1..]));
    assert_eq!(world.refused(M, ship(W, &[second])), "empty_package");
    world.applied(M, pack(second, &cases[1..]));
    assert_eq!(world.record(&second).content.unwrap().instance, 2);
    assert_eq!(world.record(&cases[1]).parent.unwrap().instance, 2);
    assert_eq!(world.refused(M, pack(cases[1], &[second])), "parent_level");
}

#[test]
fn relation_files_may_have_an_sscc_on_top() {
    let mut world = law_world();
    let (case, boxes, pallet) = (case_code("B1", 1), boxes_of("B1", 10), sscc(3));
    let mut bill = commission("B1", &[case], &boxes);
    bill.units.iter_mut().filter(|u| u.code == case).for_each(|u| u.parent = Some(pallet));
    bill.units.push(CommissionedUnit { code: pallet, level: 3, parent: None, remainder: false });
    world.applied(M, Operation::Commission(bill));
    world.applied(M, Operation::Release(release("B1", 10)));
    assert_eq!(world.record(&pallet).content.unwrap().units(), 10);
    world.applied(M, ship(W, &[pallet]));
}

#[test]
fn a_replaced_code_is_voided_and_the_link_is_kept_both_ways() {
    let mut world = law_world();
    let (cases, boxes) = world.make_batch("B1", 10);
    let new = box_code("B1", 77);
    world.applied(M, replace(boxes[0], new));
    assert_eq!(world.state_of(&boxes[0]), "voided");
    assert_eq!(world.record(&boxes[0]).replaced, Some(Replaced::By(new)));
    assert_eq!(world.record(&new).replaced, Some(Replaced::Of(boxes[0])));
    assert_eq!(world.view(&new).parents, vec![cases[0]], "in the same package");
    assert_eq!(world.record(&cases[0]).content.unwrap().units(), 10);
    world.applied(M, ship(W, &cases));
    assert_eq!(world.refused(M, replace(boxes[1], box_code("B1", 78))), "in_transit");
    assert_eq!(world.refused(M, single("B5", &boxes[..1])), "code_exists");
}

#[test]
fn recalled_goods_come_back_only_in_a_batch_of_their_own() {
    let mut world = law_world();
    let (_, boxes) = world.make_batch("B1", 10);
    world.applied(M, start(recall(3, &["B1"])));
    world.applied(M, rework("B1-R", &boxes[..5]));
    assert_eq!(world.state_of(&boxes[0]), "voided");
    assert_eq!(world.refused(M, single("B1", &[box_code("B1", 50)])), "batch_closed");
    let mut bill = commission("B1-R", &[], &[]);
    bill.units = (1..=6)
        .map(|n| CommissionedUnit { code: box_code("R", n), level: 1, parent: None, remainder: false })
        .collect();
    bill.declared_units = 6;
    assert_eq!(world.refused(M, Operation::Commission(bill.clone())), "batch_differs");
    bill.units.pop();
    bill.declared_units = 5;
    world.applied(M, Operation::Commission(bill));
    world.applied(M, Operation::Release(release("B1-R", 5)));
    assert!(world.view(&box_code("R", 1)).holds.is_empty());
    world.applied(M, ship(W, &[box_code("R", 1)]));
    assert_eq!(world.refused(M, ship(W, &boxes[5..6])), "held");
}

fn alarms(world: &World) -> Vec<AlarmKind> {
    world.outputs.last().unwrap().alarms.iter().map(|alarm| alarm.kind).collect()
}

/// Rule 12 of domain §9: a rework is the end of a code, and nobody was there to see it.
#[test]
fn special_and_recalled_goods_do_not_end_in_a_rework() {
    let mut world = law_world();
    let special = code(&format!("8900001{:013}", 1));
    world.applied(M, one_box("N", "8900001", "P1"));
    world.applied(M, go("N", "P1", |_| ()));
    let (product_id, into_batch, reason) = (ProductId("N".into()), "P1-R".into(), "更换标签".into());
    world.applied(M, Operation::Rework(Rework { product_id, into_batch, reason, codes: vec![special] }));
    assert_eq!(alarms(&world), [AlarmKind::SpecialDrugLoss]);
    let (_, boxes) = world.make_batch("B1", 10);
    world.applied(M, rework("B1-R", &boxes[..2]));
    assert_eq!(alarms(&world), []);
    world.applied(M, rework("B1-S", &boxes[2..4]));
    world.applied(M, start(recall(3, &["B1"])));
    world.applied(M, rework("B1-R", &boxes[4..6]));
    assert_eq!(alarms(&world), [AlarmKind::HeldGoods]);
    // As many come back as went in.
    let opened = |batch: &str, from: u32, units: u32, declared_units: u32| {
        let codes: Vec<UnitKey> = (from..from + units).map(|n| box_code("R", n)).collect();
        Operation::Commission(Commission { declared_units, ..commission(batch, &[], &codes) })
    };
    assert_eq!(world.refused(M, opened("B1-R", 1, 1, 1)), "batch_differs");
    assert_eq!(world.refused(M, opened("B1-R", 1, 4, 5)), "batch_differs");
    world.applied(M, opened("B1-R", 1, 4, 4));
    world.applied(M, opened("B1-S", 11, 2, 2));
    // A part of them was recalled: they end before a witness, or are released.
    let scrapped = box_code("R", 1);
    assert_eq!(world.refused(M, void(&[scrapped])), "countersignature_required");
    world.applied(M, void(&[box_code("R", 11)]));
    let operation = propose(&world, NOTARY, CountersignedBill::Destroy(destroy(&[scrapped])));
    world.applied(M, operation);
    world.applied(NOTARY, countersign(2, CountersignedBill::Destroy(destroy(&[scrapped]))));
    assert_eq!(world.state_of(&scrapped), "destroyed");
}

#[test]
fn two_release_what_one_makes_for_the_other() {
    let mut world = law_world();
    assert_eq!(world.refused(MAKER, one_box("K", "8300001", "P1")), "no_contract");
    world.applied(M, contract("K", "2027-12-31"));
    world.applied(MAKER, one_box("K", "8300001", "P1"));
    assert_eq!(world.refused(M, go("K", "P1", |_| ())), "producer_release_required");
    assert_eq!(world.refused(W, go("K", "P1", |_| ())), "not_holder");
    world.applied(MAKER, go("K", "P1", |_| ()));
    assert_eq!(world.refused(MAKER, go("K", "P1", |_| ())), "already_released");
    let made = code("83000010000000000001");
    assert_eq!(world.state_of(&made), "commissioned", "the holder's release counts");
    world.applied(M, go("K", "P1", |_| ()));
    assert_eq!(world.state_of(&made), "in_stock");
    let kinds: Vec<_> = world.events[&crate::Subject::Batch(world.record(&made).batch)].clone();
    let kinds: Vec<_> = kinds.iter().map(|e| e.body.name()).collect();
    assert_eq!(kinds, ["batch_opened", "batch_filled", "producer_released", "released"]);
}

#[test]
fn the_quality_file_of_a_batch_is_on_its_chain() {
    let mut world = law_world();
    world.make_batch("B1", 10);
    let file = |digest_of: &str| {
        Operation::FileQualityDocument(FileQualityDocument {
            product_id: ProductId("X".into()),
            batch_no: "B1".into(),
            kind: crate::production::QualityDocumentKind::BatchRecord,
            number: "BPR-1".into(),
            digest: digest(digest_of),
        })
    };
    world.applied(M, file("批生产记录"));
    world.applied(M, tested("X", "B1", true));
    assert_eq!(world.refused(W, file("别人的")), "not_producer");
    assert_eq!(world.refused(R, file("监管的")), "not_producer", "a regulator tests, and files nothing for the maker");
    let batch = world.record(&box_code("B1", 1)).batch;
    let names: Vec<_> = world.events[&crate::Subject::Batch(batch)].iter().map(|e| e.body.name()).collect();
    assert_eq!(names, ["batch_opened", "batch_filled", "released", "quality_filed", "batch_tested"]);
}

#[test]
fn who_is_responsible_here_acts_for_a_holder_abroad() {
    let mut genesis = super::trade::wide();
    extend(&mut genesis);
    let mut world = World::with(genesis);
    let abroad = code("81000410000000000001");
    assert_eq!(world.refused(W, one_box("F", "8100041", "P1")), "not_producer");
    world.applied(ABROAD, responsible(org_id(W)));
    world.applied(W, one_box("F", "8100041", "P1"));
    assert_eq!(world.refused(W, go("F", "P1", |_| ())), "import_clearance_required");
    world.applied(W, go("F", "P1", |r| r.import = clearance(false)));
    assert_eq!(world.state_of(&abroad), "in_stock");
    let mut recall = recall(2, &["P1"]);
    recall.product_id = ProductId("F".into());
    world.applied(W, start(recall));
    assert_eq!(world.view(&abroad).holds, ["recall_2"]);
    assert_eq!(world.refused(M, responsible(org_id(W))), "not_abroad");
}
