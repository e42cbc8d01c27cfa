//! Rules 8 and 12 of domain §9: no bill is a way around a hold, and what goes before a witness only goes no other way.

use super::law_world::*;
use super::trade::{
    accept_loss, export, move_stock, one_box as released_box, refuse, reject_import, returned, take_back, wide,
};
use super::world::*;
use crate::oversight::AlarmKind;
use crate::quality::HoldKind;
use crate::transaction::*;
use crate::{Operation, UnitKey};
use bencao_genesis::ProductId;

fn broad_world() -> World {
    let mut genesis = wide();
    extend(&mut genesis);
    World::with(genesis)
}

/// An unreleased or released narcotic of M.
fn narcotic(world: &mut World, released: bool) -> UnitKey {
    world.applied(M, one_box("N", "8900001", "P1"));
    if released {
        world.applied(M, go("N", "P1", |_| ()));
    }
    code(&format!("8900001{:013}", 1))
}

fn scrap(product: &str, codes: &[UnitKey]) -> Operation {
    let product_id = ProductId(product.into());
    Operation::VoidCodes(VoidCodes { product_id, reason: "废标".into(), codes: codes.to_vec() })
}

fn alarms(world: &World) -> Vec<AlarmKind> {
    world.outputs.last().unwrap().alarms.iter().map(|alarm| alarm.kind).collect()
}

#[test]
fn a_refusal_takes_nothing_out_of_a_package_on_hold() {
    let mut world = law_world();
    let (cases, boxes) = world.make_batch("B1", 10);
    assert!(world.send_as(M, "S1", ship(W, &cases)).is_applied());
    world.applied(R, hold(HoldKind::RegulatorFreeze, on_codes(&cases)));
    // Taken back and accepted alone, the box would be on sale while its case is frozen.
    assert_eq!(world.refused(W, refuse(M, "S1", &boxes[..1])), "held");
    let mut lifted = world.clone();
    lifted.applied(R, lift(1));
    lifted.applied(W, refuse(M, "S1", &boxes[..1]));
    world.applied(W, refuse(M, "S1", &cases));
    world.applied(M, take_back("S1", &cases));
    assert_eq!(world.view(&boxes[0]).holds, ["regulator_freeze"]);
    assert_eq!(world.refused(M, accept(&cases)), "held");
    assert_eq!(world.refused(M, accept(&boxes[..1])), "held");
}

#[test]
fn a_new_code_is_no_way_out_of_a_hold() {
    let mut world = law_world();
    let (cases, boxes) = world.make_batch("B1", 20);
    world.applied(M, hold(HoldKind::QualitySuspect, on_batch("B1")));
    assert_eq!(world.refused(M, rework("B1-R", &boxes[..1])), "held");
    world.applied(M, lift(1));
    // What a package holds is asked as well: its code goes, and all that is inside with it.
    world.applied(R, hold(HoldKind::RegulatorFreeze, on_codes(&boxes[..1])));
    assert_eq!(world.refused(M, rework("B1-R", &cases[..1])), "holds_held_unit");
    assert_eq!(world.refused(M, rework("B1-R", &boxes[..1])), "held");
    world.applied(M, rework("B1-R", &cases[1..]));
    world.applied(R, lift(2));
    world.applied(M, rework("B1-R", &cases[..1]));
    // A frozen firm relabels nothing.
    let (_, others) = world.make_batch("B2", 10);
    world.applied(R, hold(HoldKind::RegulatorFreeze, on_organisation(M)));
    assert_eq!(world.refused(M, rework("B2-R", &others[..1])), "held");
}

#[test]
fn what_was_refused_at_the_border_goes_back_or_is_destroyed_and_nothing_else() {
    let mut world = broad_world();
    world.applied(ABROAD, responsible(org_id(W)));
    let box_ = released_box(&mut world, ABROAD, "F", "8100041");
    assert!(world.send_as(ABROAD, "I1", ship(W, &[box_])).is_applied());
    world.applied(W, reject_import(ABROAD, "I1", &[box_]));
    let relabel = Rework {
        product_id: ProductId("F".into()),
        into_batch: "Z1-R".into(),
        reason: "更换标签".into(),
        codes: vec![box_],
    };
    assert_eq!(world.refused(W, Operation::Rework(relabel)), "held");
    assert_eq!(world.refused(W, accept(&[box_])), "held");
    let mut destroyed = world.clone();
    destroyed.applied(W, Operation::Destroy(destroy(&[box_])));
    assert!(world.send_as(W, "I2", ship_as(202, ABROAD, &[box_], returned)).is_applied());
}

#[test]
fn what_goes_before_a_witness_only_is_not_scrapped_as_a_label() {
    let mut world = law_world();
    let special = narcotic(&mut world, false);
    assert_eq!(world.refused(M, scrap("N", &[special])), "countersignature_required");
    let operation = propose(&world, NOTARY, CountersignedBill::Destroy(destroy(&[special])));
    world.applied(M, operation);
    world.applied(NOTARY, countersign(1, CountersignedBill::Destroy(destroy(&[special]))));
    assert_eq!(world.state_of(&special), "destroyed");

    let boxes = boxes_of("B2", 10);
    world.applied(M, Operation::Commission(commission("B2", &cases("B2", 10), &boxes)));
    world.applied(R, hold(HoldKind::RegulatorFreeze, on_batch("B2")));
    assert_eq!(world.refused(M, scrap("X", &boxes[..1])), "countersignature_required");
    world.applied(R, lift(2));
    // What its own maker doubts is scrapped at the line as ever.
    world.applied(M, hold(HoldKind::QualitySuspect, on_codes(&boxes[..1])));
    world.applied(M, scrap("X", &boxes[..1]));
    assert_eq!(world.state_of(&boxes[0]), "voided");
}

#[test]
fn a_special_drug_that_does_not_arrive_is_told_at_once() {
    let mut world = law_world();
    let special = narcotic(&mut world, true);
    let (_, boxes) = world.make_batch("B1", 10);
    let permit = |terms: &mut ShipTerms| terms.permit = "运输证明 2026-1".into();
    assert!(world.send_as(M, "N1", ship_as(201, W, &[special], permit)).is_applied());
    assert!(world.send_as(M, "S1", ship(W, &boxes[..1])).is_applied());
    world.applied(W, refuse(M, "S1", &boxes[..1]));
    assert_eq!(alarms(&world), []);
    let damaged = |mut operation: Operation| {
        if let Operation::Refuse(bill) = &mut operation {
            bill.reason = RefusalReason::Damaged;
        }
        operation
    };
    let mut other = world.clone();
    other.applied(W, damaged(refuse(M, "N1", &[special])));
    assert_eq!(alarms(&other), [], "it is there");
    world.applied(W, refuse(M, "N1", &[special]));
    assert_eq!(alarms(&world), [AlarmKind::SpecialDrugLoss]);
    for side in [M, W] {
        world.applied(side, accept_loss(M, "N1", &[special]));
        assert_eq!(alarms(&world), [AlarmKind::SpecialDrugLoss], "either side says that it is gone");
        world.applied(side, accept_loss(M, "S1", &boxes[..1]));
        assert_eq!(alarms(&world), []);
    }
    assert_eq!((world.state_of(&special), world.state_of(&boxes[0])), ("lost", "lost"));
}

#[test]
fn what_has_left_the_loop_is_an_alarm_whatever_the_bill() {
    let mut world = law_world();
    let (_, boxes) = world.make_batch("B1", 10);
    world.applied(M, Operation::Destroy(destroy(&boxes[..1])));
    world.applied(M, replace(boxes[1], box_code("B1", 77)));
    let sampling = propose(&world, R, sample(&boxes[..1]));
    let bills = [
        (M, Operation::Destroy(destroy(&boxes[..1]))),
        (W, Operation::Destroy(destroy(&boxes[..1]))),
        (M, sampling),
        (M, loss(214, &boxes[..1])),
        (M, pack(sscc(1), &boxes[..1])),
        (M, disaggregate(&boxes[..1])),
        (M, accept(&boxes[..1])),
        (M, rework("B1-R", &boxes[..1])),
        (M, replace(boxes[0], box_code("B1", 78))),
        (M, ship(W, &boxes[..1])),
    ];
    for (by, bill) in bills {
        let name = bill.name();
        assert_eq!(world.refused(by, bill), "retired", "{name}");
        assert_eq!(alarms(&world), [AlarmKind::Retired], "{name}");
    }
    assert_eq!(world.refused(M, pack(sscc(1), &boxes[1..2])), "code_voided");
    assert_eq!(alarms(&world), [AlarmKind::Voided]);
}

#[test]
fn recalled_and_frozen_goods_are_not_lost_quietly() {
    let mut world = law_world();
    let (_, boxes) = world.make_batch("B1", 10);
    world.applied(M, loss(214, &boxes[..1]));
    assert_eq!(alarms(&world), []);
    world.applied(M, hold(HoldKind::QualitySuspect, on_codes(&boxes[1..2])));
    world.applied(M, loss(215, &boxes[1..2]));
    assert_eq!(alarms(&world), [], "what its keeper doubts is its own affair");
    world.applied(R, hold(HoldKind::RegulatorFreeze, on_codes(&boxes[2..3])));
    world.applied(M, loss(214, &boxes[2..3]));
    assert_eq!(alarms(&world), [AlarmKind::HeldGoods]);
    assert!(world.send_as(M, "S1", ship(W, &boxes[3..4])).is_applied());
    world.applied(M, start(recall(1, &["B1"])));
    world.applied(W, refuse(M, "S1", &boxes[3..4]));
    assert_eq!(alarms(&world), [AlarmKind::HeldGoods]);
}

/// A hold by code is on the package; damage, loss and finding take nothing out of it.
#[test]
fn damage_and_loss_take_nothing_out_of_a_package_on_hold() {
    let mut world = law_world();
    let (cases, boxes) = world.make_batch("B1", 10);
    world.applied(R, hold(HoldKind::RegulatorFreeze, on_codes(&cases)));
    for bill_type in [214, 215, 220] {
        assert_eq!(world.refused(M, loss(bill_type, &boxes[..1])), "held", "{bill_type}");
    }
    assert_eq!(world.refused(M, replace(boxes[0], box_code("B1", 77))), "held");
    assert_eq!(world.refused(M, destroy_alone(&boxes[..1])), "countersignature_required");
    // Before a witness it ends; a regulator samples it as ever.
    let bill = CountersignedBill::Destroy(destroy(&boxes[..1]));
    let operation = propose(&world, NOTARY, bill.clone());
    world.applied(M, operation);
    world.applied(NOTARY, countersign(2, bill));
    assert_eq!(world.state_of(&boxes[0]), "destroyed");
    let operation = propose(&world, R, sample(&boxes[1..2]));
    world.applied(M, operation);
    world.applied(R, countersign(3, sample(&boxes[1..2])));
    assert_eq!(world.state_of(&boxes[1]), "sampled");
    // As a whole it may break or be lost: its hold goes with it, and the loss is told.
    world.applied(M, loss(214, &cases));
    assert_eq!(alarms(&world), [AlarmKind::HeldGoods]);
    assert_eq!(world.refused(M, found(&boxes[2..3])), "held");
    world.applied(M, found(&cases));
    assert_eq!((world.state_of(&boxes[2]), world.view(&boxes[2]).holds), ("blocked", vec!["regulator_freeze"]));
    assert_eq!(world.refused(M, destroy_alone(&cases)), "countersignature_required");
}

/// A hold on the custodian is on all that it has (《药品管理法》 Art. 100), though the product is another's.
#[test]
fn a_frozen_firm_neither_destroys_alone_nor_loses_quietly() {
    let mut world = law_world();
    let (_, boxes) = world.make_batch("B1", 10);
    assert!(world.send_as(M, "S1", ship(W, &boxes[..4])).is_applied());
    world.applied(W, receive(M, "S1", &boxes[..4]));
    assert!(world.send_as(W, "S2", ship(P, &boxes[3..4])).is_applied());
    world.applied(R, hold(HoldKind::LicenceLock, on_organisation(W)));
    assert_eq!(world.refused(W, destroy_alone(&boxes[..1])), "countersignature_required");
    world.applied(W, loss(214, &boxes[1..2]));
    assert_eq!(alarms(&world), [AlarmKind::HeldGoods]);
    world.applied(W, loss(220, &boxes[2..3]));
    assert_eq!(alarms(&world), [], "damaged, it is still there");
    // Of what is on its way, the sender's holds count.
    world.applied(P, refuse(W, "S2", &boxes[3..4]));
    assert_eq!(alarms(&world), [AlarmKind::HeldGoods]);
    for side in [P, W] {
        world.applied(side, accept_loss(W, "S2", &boxes[3..4]));
        assert_eq!(alarms(&world), [AlarmKind::HeldGoods]);
    }
}

/// What a firm has put with a keeper, by whatever bill it would leave that, is seized with what the firm itself has.
#[test]
fn what_lies_with_a_keeper_is_frozen_with_whose_it_is() {
    let mut world = broad_world();
    let (cases, boxes) = world.make_batch("B1", 20);
    assert!(world.send_as(M, "S1", ship(W, &cases)).is_applied());
    world.applied(W, receive(M, "S1", &cases));
    assert!(world.send_as(W, "T1", ship_as(203, KEEPER, &cases, |_| ())).is_applied());
    world.applied(KEEPER, receive_as(104, W, "T1", &cases, |_| ()));
    assert!(world.send_as(KEEPER, "S2", ship(P, &boxes[..1])).is_applied());
    world.applied(R, hold(HoldKind::RegulatorFreeze, on_organisation(W)));
    let bills = [
        ship(P, &boxes[1..2]),
        ship_as(203, W2, &boxes[1..2], |_| ()),
        export(&boxes[1..2]),
        move_stock(112, &boxes[1..2]),
    ];
    for bill in bills {
        let name = bill.name();
        assert_eq!(world.refused(KEEPER, bill), "held", "{name}");
    }
    assert_eq!(world.refused(KEEPER, destroy_alone(&boxes[1..2])), "countersignature_required");
    world.applied(KEEPER, loss(214, &boxes[1..2]));
    assert_eq!(alarms(&world), [AlarmKind::HeldGoods]);
    // Refused on its way, it is back with the keeper, and held there.
    assert_eq!(world.refused(P, receive(KEEPER, "S2", &boxes[..1])), "party_suspended");
    world.applied(P, refuse(KEEPER, "S2", &boxes[..1]));
    assert_eq!(alarms(&world), [AlarmKind::HeldGoods]);
    world.applied(KEEPER, take_back("S2", &boxes[..1]));
    assert_eq!(world.refused(KEEPER, accept(&boxes[..1])), "held");
    // Before a witness it ends, and to its supplier it goes back.
    let bill = CountersignedBill::Destroy(destroy(&boxes[..1]));
    let operation = propose(&world, NOTARY, bill.clone());
    world.applied(KEEPER, operation);
    world.applied(NOTARY, countersign(2, bill));
    assert!(world.send_as(KEEPER, "R1", ship_as(202, M, &boxes[2..3], returned)).is_applied());
    world.applied(M, receive_as(103, KEEPER, "R1", &boxes[2..3], |_| ()));
    world.applied(R, lift(1));
    world.applied(KEEPER, ship(P, &boxes[3..4]));
}

#[test]
fn a_special_drug_that_goes_into_production_is_told_at_once() {
    let mut world = law_world();
    let special = narcotic(&mut world, true);
    let (cases, _) = world.make_batch("B1", 10);
    world.applied(M, super::trade::move_stock(208, &cases));
    assert_eq!(alarms(&world), []);
    world.applied(M, super::trade::move_stock(208, &[special]));
    assert_eq!(alarms(&world), [AlarmKind::SpecialDrugLoss]);
}

/// 疫苗 and others that arrive too warm: told at once, and never sold again (《疫苗管理法》 Art. 39, 40).
#[test]
fn what_was_refused_as_too_warm_or_broken_stays_out_of_stock() {
    use RefusalReason::{Damaged, Documents, Temperature};
    // Reason, whether the product has a range of temperature, whether the whole case is refused; whether it is sold again.
    for (reason, sensitive, whole, fit) in [
        (Temperature, true, true, false),
        (Temperature, true, false, false),
        // What has no range was not spoiled by what it was not asked for.
        (Temperature, false, true, true),
        (Damaged, false, false, false),
        // Of a damaged case the sender looks at what is inside, and what is broken stays out.
        (Damaged, false, true, true),
        (Documents, true, true, true),
    ] {
        let mut world = law_world();
        if sensitive {
            super::trade::within_degrees(&mut world);
        }
        let (cases, boxes) = world.make_batch("B1", 10);
        assert!(world.send_as(M, "S1", ship(W, &cases)).is_applied());
        let refused = if whole { &cases[..1] } else { &boxes[..1] };
        let Operation::Refuse(mut bill) = refuse(M, "S1", refused) else { unreachable!() };
        bill.reason = reason;
        world.applied(W, Operation::Refuse(bill));
        let told: &[AlarmKind] = if reason == Temperature { &[AlarmKind::ColdChain] } else { &[] };
        assert_eq!(alarms(&world), told);
        world.applied(M, take_back("S1", refused));
        for codes in [&boxes[..1], refused] {
            if codes == refused && !whole {
                continue;
            }
            assert_eq!(world.send(M, accept(codes)).is_applied(), fit, "{reason:?} {sensitive} {whole}");
            assert_eq!(world.state_of(&codes[0]), if fit { "in_stock" } else { "blocked" });
        }
    }
}
