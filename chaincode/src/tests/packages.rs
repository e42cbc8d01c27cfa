//! Packages: what goes in one goes as if it went alone, and nothing about it is lost, forged or hidden by the package.

use super::law_world::*;
use super::trade::{accept_loss, move_stock, refuse, returned, take_back};
use super::world::*;
use crate::quality::HoldKind;
use crate::transaction::*;
use crate::{Operation, UnitKey};
use bencao_genesis::PackageSpec;

/// A released box of another product of M.
fn other_box(world: &mut World, product: &str, prefix: &str) -> UnitKey {
    world.applied(M, one_box(product, prefix, "Z1"));
    world.applied(M, go(product, "Z1", |release| release.lot_release = "批签1".into()));
    code(&format!("{prefix}{:013}", 1))
}

fn under_permit(terms: &mut ShipTerms) {
    terms.permit = "运输证明 2026-1".into();
}

#[test]
fn a_smallest_unit_is_no_package() {
    let mut world = law_world();
    let (_, boxes) = world.make_batch("B1", 10);
    assert_eq!(world.refused(M, pack(boxes[0], &boxes[1..2])), "parent_level");
    world.applied(M, disaggregate(&boxes[..2]));
    assert_eq!(world.refused(M, pack(boxes[0], &boxes[1..2])), "parent_level");
}

#[test]
fn a_mixed_package_needs_what_each_thing_in_it_needs() {
    let mut world = law_world();
    let (_, boxes) = world.make_batch("B1", 10);
    let narcotic = other_box(&mut world, "N", "8900001");
    let vaccine = other_box(&mut world, "V", "8200001");
    world.applied(M, pack(sscc(1), &[boxes[0], narcotic]));
    world.applied(M, pack(sscc(2), &[boxes[1], vaccine]));
    assert_eq!(world.refused(M, ship_as(201, W, &[sscc(1)], |_| ())), "permit_required");
    assert_eq!(world.refused(M, ship_as(201, P2, &[sscc(1)], under_permit)), "route_not_allowed");
    assert_eq!(world.refused(M, ship_as(201, W, &[sscc(2)], |_| ())), "route_not_allowed");
    assert!(world.send_as(M, "S1", ship_as(201, W, &[sscc(1)], under_permit)).is_applied());
    world.applied(W, receive(M, "S1", &[sscc(1)]));
    assert_eq!(world.refused(W, ship_as(201, P2, &[sscc(1)], under_permit)), "route_not_allowed");
}

#[test]
fn nothing_slips_out_of_a_package_on_hold() {
    let mut world = law_world();
    let (cases, boxes) = world.make_batch("B1", 10);
    assert!(world.send_as(M, "S1", ship(W, &cases)).is_applied());
    world.applied(W, receive(M, "S1", &cases));
    world.applied(M, start(StartRecall { codes: cases.clone(), ..recall(1, &[]) }));
    // Taken out alone, and the shipment cancelled, the box would lie free.
    assert_eq!(world.refused(W, ship_as(211, M, &boxes[..1], |_| ())), "held");
    assert_eq!(world.refused(W, ship_as(202, M, &boxes[..1], returned)), "held");
    assert!(world.send_as(W, "R1", ship_as(211, M, &cases, |_| ())).is_applied());
}

#[test]
fn what_is_inside_a_refused_package_is_settled_with_it() {
    let mut world = law_world();
    let (cases, boxes) = world.make_batch("B1", 10);
    assert!(world.send_as(M, "S1", ship(W, &cases)).is_applied());
    world.applied(W, refuse(M, "S1", &cases));
    assert_eq!(world.refused(M, take_back("S1", &boxes[..1])), "inside_package");
    assert_eq!(world.refused(M, accept_loss(M, "S1", &boxes[..1])), "inside_package");
    world.applied(M, take_back("S1", &cases));
    assert_eq!(world.state_of(&boxes[0]), "blocked");
}

#[test]
fn a_code_on_hold_is_not_replaced() {
    let mut world = law_world();
    let (_, boxes) = world.make_batch("B1", 10);
    world.applied(M, hold(HoldKind::QualitySuspect, on_codes(&boxes[..1])));
    // The hold would stay on the old code, and nobody could lift it from the new one.
    assert_eq!(world.refused(M, replace(boxes[0], box_code("B1", 77))), "held");
    world.applied(M, lift(1));
    world.applied(M, replace(boxes[0], box_code("B1", 77)));
}

#[test]
fn what_ends_before_its_release_leaves_its_package_incomplete() {
    let ends: [fn(&[UnitKey]) -> Operation; 2] = [|codes| Operation::Destroy(destroy(codes)), |codes| loss(214, codes)];
    for end in ends {
        let mut world = law_world();
        let (cases, boxes) = (cases("B1", 10), boxes_of("B1", 10));
        world.applied(M, Operation::Commission(commission("B1", &cases, &boxes)));
        world.applied(M, end(&boxes[..1]));
        assert_eq!(world.refused(M, Operation::Release(release("B1", 10))), "packages_incomplete");
    }
}

#[test]
fn a_box_found_of_a_lost_case_leaves_the_case_incomplete() {
    let mut world = law_world();
    let (cases, boxes) = (cases("B1", 10), boxes_of("B1", 10));
    world.applied(M, Operation::Commission(commission("B1", &cases, &boxes)));
    world.applied(M, loss(214, &cases[..1]));
    world.applied(M, move_stock(111, &boxes[..1]));
    // While it is lost it waits for nothing.
    let mut lost = world.clone();
    lost.applied(M, Operation::Release(release("B1", 10)));
    world.applied(M, move_stock(111, &cases[..1]));
    assert_eq!(world.refused(M, Operation::Release(release("B1", 10))), "packages_incomplete");
}

#[test]
fn an_incomplete_package_that_ends_does_not_keep_its_batch() {
    let mut world = law_world();
    let (cases, boxes) = (cases("B1", 20), boxes_of("B1", 20));
    world.applied(M, Operation::Commission(commission("B1", &cases, &boxes)));
    world.applied(M, loss(220, &boxes[..1]));
    assert_eq!(world.refused(M, Operation::Release(release("B1", 20))), "packages_incomplete");
    world.applied(M, Operation::Destroy(destroy(&cases[..1])));
    world.applied(M, Operation::Release(release("B1", 20)));
}

/// X with a level above its cases: large ones of two middle ones of two boxes.
fn three_levels() -> World {
    let mut genesis = genesis();
    extend(&mut genesis);
    let product = genesis.products.iter_mut().find(|p| p.id.0 == "X").unwrap();
    product.packages[1].holds = 2;
    let large = PackageSpec { prefix: "8100009".into(), level: 3, holds: 2, description: "大包装".into() };
    product.packages.push(large);
    World::with(genesis)
}

fn unit(code: UnitKey, level: u8, parent: Option<UnitKey>, remainder: bool) -> CommissionedUnit {
    CommissionedUnit { code, level, parent, remainder }
}

fn numbered(prefix: &str, n: u64) -> UnitKey {
    code(&format!("{prefix}{n:013}"))
}

fn made(batch_no: &str, declared_units: u32, units: Vec<CommissionedUnit>) -> Operation {
    Operation::Commission(Commission { declared_units, units, ..commission(batch_no, &[], &boxes_of(batch_no, 1)) })
}

/// Counts of incomplete packages stay what they are when released goods leave a package of a batch that is not (合箱); no
/// bill brings one below nothing.
#[test]
fn packages_of_two_batches_are_counted_for_their_own() {
    let mut world = three_levels();
    let (small, middle, large) = (|n| numbered("8100001", n), |n| numbered("8100003", n), |n| numbered("8100009", n));
    // B1: a loose box, and a full middle package.
    let first = vec![
        unit(small(1), 1, None, false),
        unit(middle(1), 2, None, false),
        unit(small(2), 1, Some(middle(1)), false),
        unit(small(3), 1, Some(middle(1)), false),
    ];
    world.applied(M, made("B1", 3, first));
    world.applied(M, Operation::Release(release("B1", 3)));
    // B2: a large one with a middle 零头 in it, with one box.
    let second = vec![
        unit(large(1), 3, None, false),
        unit(middle(2), 2, Some(large(1)), true),
        unit(small(4), 1, Some(middle(2)), false),
    ];
    world.applied(M, made("B2", 1, second));
    let waits = |world: &mut World| world.send(M, Operation::Release(release("B2", 1)));
    assert_eq!(refusal_name(&waits(&mut world)), "packages_incomplete");
    world.applied(M, pack(middle(2), &[small(1)]));
    for _ in 0..3 {
        world.applied(M, pack(large(1), &[middle(1)]));
        assert!(waits(&mut world.clone()).is_applied(), "full");
        world.applied(M, disaggregate(&[middle(1)]));
        assert_eq!(refusal_name(&waits(&mut world.clone())), "packages_incomplete");
    }
    // Filled by a bill that commissions for the other batch, it is complete for its own.
    world.applied(M, disaggregate(&[small(1)]));
    let third = vec![
        unit(small(7), 1, Some(middle(2)), false),
        unit(middle(3), 2, Some(large(1)), false),
        unit(small(5), 1, Some(middle(3)), false),
        unit(small(6), 1, Some(middle(3)), false),
    ];
    world.applied(M, made("B3", 3, third));
    assert!(waits(&mut world.clone()).is_applied());
    world.applied(M, Operation::Release(release("B3", 3)));
}

#[test]
fn a_bill_may_pack_a_case_and_then_a_box_of_it() {
    let mut world = law_world();
    let (cases, boxes) = world.make_batch("B1", 10);
    world.applied(M, pack(sscc(1), &[cases[0], boxes[0]]));
    let units = |code: &UnitKey| world.record(code).content.unwrap().units();
    assert_eq!((world.view(&cases[0]).children, units(&cases[0]), units(&sscc(1))), (9, 9, 10));
}

#[test]
fn an_empty_case_brings_nothing_of_its_batch_along() {
    let mut world = law_world();
    let (_, boxes) = world.make_batch("B1", 10);
    world.applied(M, pack(sscc(1), &boxes[..1]));
    let mut bill = commission("B2", &[], &[]);
    bill.declared_units = 1;
    bill.units.push(CommissionedUnit { code: case_code("B2", 1), level: 2, parent: Some(sscc(1)), remainder: false });
    // An SSCC with a case above it would need a level more.
    assert_eq!(world.refused(M, Operation::Commission(bill.clone())), "parent_level");
    let mut above = commission("B3", &[], &[box_code("B3", 1)]);
    above.units.push(CommissionedUnit { code: sscc(2), level: 3, parent: None, remainder: false });
    above.units[0].parent = Some(sscc(2));
    world.applied(M, Operation::Commission(above));
    world.applied(M, Operation::Release(release("B3", 1)));
    bill.units[0].parent = Some(sscc(2));
    world.applied(M, Operation::Commission(bill));
    world.applied(M, ship(W, &[sscc(2)]));
}

#[test]
fn goods_go_back_the_way_they_came_through_a_package_of_the_buyer() {
    let mut world = law_world();
    let (_, boxes) = world.make_batch("B1", 10);
    assert!(world.send_as(M, "S1", ship(W, &boxes[..4])).is_applied());
    world.applied(W, receive(M, "S1", &boxes[..4]));
    world.applied(W, pack(sscc(1), &boxes[..2]));
    assert!(world.send_as(W, "R1", ship_as(202, M, &[sscc(1)], returned)).is_applied(), "all of it was bought of M");
    assert_eq!(world.record(&sscc(1)).legs, world.record(&boxes[2]).legs);
}

#[test]
fn nothing_goes_back_to_somebody_who_never_sold_it() {
    let mut world = law_world();
    let (cases, boxes) = world.make_batch("B1", 13);
    assert!(world.send_as(M, "S1", ship(W, &cases[1..])).is_applied());
    world.applied(W, receive(M, "S1", &cases[1..]));
    assert!(world.send_as(M, "S2", ship(P2, &boxes[..2])).is_applied());
    world.applied(P2, receive(M, "S2", &boxes[..2]));
    assert!(world.send_as(W, "S3", ship(P2, &cases[1..])).is_applied());
    world.applied(P2, receive(W, "S3", &cases[1..]));
    // A remainder case bought of the wholesaler, with a box of the maker put into it.
    world.applied(P2, pack(cases[1], &boxes[..1]));
    assert_eq!(world.refused(P2, ship_as(202, W, &cases[1..], returned)), "not_supplier");
    assert_eq!(world.refused(P2, ship_as(202, M, &cases[1..], returned)), "not_supplier");
    assert!(world.send_as(P2, "R2", ship_as(202, M, &boxes[1..2], returned)).is_applied());
}

#[test]
fn what_a_patient_had_in_hands_is_not_reworked() {
    let mut world = law_world();
    let (cases, boxes) = world.make_batch("B1", 10);
    assert!(world.send_as(M, "S1", ship(P2, &cases)).is_applied());
    world.applied(P2, receive(M, "S1", &cases));
    world.applied(P2, dispense(321, &boxes[..1]));
    world.applied(P2, super::dispensing::consumer_return(&boxes[..1]));
    assert!(world.send_as(P2, "R1", ship_as(202, M, &boxes[..1], returned)).is_applied());
    world.applied(M, receive_as(103, P2, "R1", &boxes[..1], |_| ()));
    assert_eq!(world.refused(M, rework("B1-R", &boxes[..1])), "not_acceptable");
}
