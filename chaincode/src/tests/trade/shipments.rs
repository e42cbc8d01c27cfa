//! The account of a shipment: each package is received, refused, taken back, lost, cancelled or outstanding.

use super::*;
use crate::custody::Condition;

#[test]
fn a_shipment_is_received_refused_taken_back_and_lost_in_parts() {
    let (mut world, _, boxes) = at_wholesaler();
    assert!(world.send_as(W, "S2", ship(P, &boxes[..6])).is_applied());
    assert_eq!(counts(&world, W, "S2"), [6, 0, 0, 0, 0, 0, 6]);
    world.applied(P, receive(W, "S2", &boxes[..2]));
    assert_eq!(counts(&world, W, "S2"), [6, 2, 0, 0, 0, 0, 4]);
    let receipt = world.applied(P, refuse(W, "S2", &boxes[2..5]));
    assert_eq!(receipt.events, 3);
    assert_eq!(counts(&world, W, "S2"), [6, 2, 3, 0, 0, 0, 1]);
    let view = world.view(&boxes[2]);
    assert_eq!((view.state, view.holds.as_slice()), ("in_transit", ["shipment_dispute"].as_slice()));
    assert_eq!(view.custodian.id, org_id(W), "custody changes at a receipt only");
    let transit = view.in_transit.unwrap();
    assert_eq!((transit.receiver.id, transit.disputed), (org_id(W), true));
    assert_eq!(view.history.last().unwrap().reason.as_deref(), Some("shortage"));
    // In nobody's stock: neither side may use it, and the receiver cannot change its mind.
    assert_eq!(world.refused(W, ship(H, &boxes[2..3])), "in_transit");
    assert_eq!(world.refused(P, dispense(321, &boxes[2..3])), "not_custodian");
    assert_eq!(world.refused(P, receive(W, "S2", &boxes[2..3])), "not_in_shipment");
    // One comes back, into quarantine.
    world.applied(W, take_back("S2", &boxes[2..3]));
    assert_eq!((world.state_of(&boxes[2]), world.view(&boxes[2]).holds.len()), ("blocked", 0));
    assert_eq!(world.refused(W, ship(P, &boxes[2..3])), "wrong_state");
    // Two are given up by both, in either order.
    world.applied(W, accept_loss(W, "S2", &boxes[3..4]));
    assert_eq!(world.state_of(&boxes[3]), "in_transit");
    world.applied(P, accept_loss(W, "S2", &boxes[3..5]));
    assert_eq!((world.state_of(&boxes[3]), world.state_of(&boxes[4])), ("lost", "in_transit"));
    world.applied(W, accept_loss(W, "S2", &boxes[4..5]));
    assert_eq!(counts(&world, W, "S2"), [6, 2, 0, 1, 2, 0, 1]);
    assert_eq!(world.refused(W, ship(P, &boxes[3..4])), "retired");
    // Found again: audited, quarantined (111).
    assert_eq!(world.refused(P, move_stock(111, &boxes[3..4])), "not_custodian");
    assert_eq!(world.refused(W, move_stock(111, &boxes[6..7])), "wrong_state");
    world.applied(W, move_stock(111, &boxes[3..4]));
    assert_eq!(world.state_of(&boxes[3]), "blocked");
    assert_eq!(world.refused(H, accept_loss(W, "S2", &boxes[5..6])), "not_designated_receiver");
}

#[test]
fn what_is_missing_from_inside_a_case_is_refused_by_itself() {
    let mut world = World::with(wide());
    let (cases, boxes) = world.make_batch("B1", 10);
    world.send_as(M, "S1", ship(W, &cases));
    world.applied(W, refuse(M, "S1", &boxes[..3]));
    assert_eq!(counts(&world, M, "S1"), [4, 0, 3, 0, 0, 0, 1]);
    world.applied(W, receive(M, "S1", &cases));
    assert_eq!(counts(&world, M, "S1"), [4, 1, 3, 0, 0, 0, 0]);
    let case = world.view(&cases[0]);
    assert_eq!((case.custodian.id, case.children), (org_id(W), 7));
    assert_eq!(world.view(&boxes[0]).custodian.id, org_id(M));
    assert_eq!(world.view(&boxes[5]).custodian.id, org_id(W));
    world.applied(M, take_back("S1", &boxes[..3]));
    assert_eq!(counts(&world, M, "S1"), [4, 1, 0, 3, 0, 0, 0]);
}

#[test]
fn a_shipment_is_cancelled_before_anything_of_it_arrives() {
    let (mut world, case, boxes) = at_wholesaler();
    assert!(world.send_as(W, "S2", ship(P, &boxes[..2])).is_applied());
    world.applied(W, cancel("S2", &boxes[..1]));
    assert_eq!((counts(&world, W, "S2"), world.state_of(&boxes[0])), ([2, 0, 0, 0, 0, 1, 1], "in_stock"));
    assert!(world.view(&boxes[0]).parents.is_empty(), "the bond that the shipment broke stays broken");
    assert_eq!(world.refused(P, receive(W, "S2", &boxes[..1])), "not_in_shipment");
    world.applied(P, receive(W, "S2", &boxes[1..2]));
    assert_eq!(world.refused(W, cancel("S2", &boxes[1..2])), "shipment_answered");
    // A whole case: its content with it, in constant writes.
    assert!(world.send_as(W, "S3", ship(H, &[case])).is_applied());
    let receipt = world.applied(W, cancel("S3", &[case]));
    assert!(matches!(receipt.outcome, Outcome::Applied(done) if done.writes == 4));
    assert_eq!(world.state_of(&boxes[5]), "in_stock");
}

/// Nobody locks goods for ever by saying nothing; what was away, nobody knows where, is inspected before it is sold.
#[test]
fn what_a_silent_or_removed_receiver_leaves_outstanding_comes_back_blocked() {
    use crate::governance::Standing;
    use crate::tests::law_world::accept;
    let (mut world, _, boxes) = at_wholesaler();
    let shipped = world.time;
    assert!(world.send_as(W, "S2", ship(P, &boxes[..4])).is_applied());
    world.applied(P, receive(W, "S2", &boxes[..1]));
    world.applied(P, refuse(W, "S2", &boxes[1..2]));
    assert_eq!(world.refused(W, cancel("S2", &boxes[2..3])), "shipment_answered");
    let mut removed = world.clone();
    change_member(&mut removed, P, |o| o.standing = Standing::Removed);
    world.time = shipped + 30 * DAY;
    for mut world in [world, removed] {
        assert_eq!(world.refused(W, cancel("S2", &boxes[1..2])), "not_in_shipment", "refused, it is taken back");
        world.applied(W, cancel("S2", &boxes[2..4]));
        assert_eq!(counts(&world, W, "S2"), [4, 1, 1, 0, 0, 2, 0]);
        for code in &boxes[2..4] {
            assert_eq!((world.state_of(code), world.record(code).condition), ("blocked", Condition::Sound));
        }
        world.applied(W, accept(&boxes[2..3]));
        world.applied(W, take_back("S2", &boxes[1..2]));
        assert_eq!(counts(&world, W, "S2"), [4, 1, 0, 1, 0, 2, 0]);
        assert_eq!(world.outputs.last().unwrap().next_deadline, None);
    }
}

#[test]
fn failed_checks_are_fed_back_with_their_reason() {
    let (mut world, _, boxes) = at_wholesaler();
    world.send_as(W, "S2", ship(P, &boxes[..1]));
    let failed = |note: &str| {
        let Operation::Refuse(mut bill) = refuse(W, "S2", &boxes[..1]) else { unreachable!() };
        (bill.reason, bill.note) = (RefusalReason::CheckFailed, note.into());
        Operation::Refuse(bill)
    };
    assert_eq!(world.refused(P, failed("")), "field_form");
    assert_eq!(world.refused(P, failed("致电 13912345678")), "field_form");
    world.applied(P, failed("追溯码与药品不符"));
    let view = world.view(&boxes[0]);
    assert_eq!(view.history.last().unwrap().reason.as_deref(), Some("check_failed"));
    assert_eq!(shipment(&world, W, "S2").disputed, 1, "the sender sees it in its own bill");
}

#[test]
fn remainders_are_received_as_remainders() {
    let mut world = World::with(wide());
    let (cases, _) = world.make_batch("B1", 15);
    world.send_as(M, "S1", ship(W, &cases));
    assert_eq!(world.refused(W, receive_as(106, M, "S1", &cases, |_| ())), "not_remainder");
    world.applied(W, receive_as(106, M, "S1", &cases[1..], |_| ()));
    world.applied(W, receive(M, "S1", &cases[..1]));
}

#[test]
fn what_has_not_arrived_in_thirty_days_is_an_alarm() {
    let (mut world, _, boxes) = at_wholesaler();
    world.send_as(W, "S2", ship(P, &boxes[..2]));
    world.send_as(W, "S3", ship(P, &boxes[2..4]));
    let shipped = world.time;
    world.applied(P, receive(W, "S2", &boxes[..2]));
    world.applied(P, receive(W, "S3", &boxes[2..3]));
    let overdue = |world: &mut World| -> Vec<UnitKey> {
        let alarms = world.block(&[]).alarms.clone();
        assert!(alarms.iter().all(|a| a.kind == crate::oversight::AlarmKind::OverdueReceipt));
        alarms.iter().filter_map(|a| a.code).collect()
    };
    world.time = shipped + 30 * DAY - 2_001;
    assert!(overdue(&mut world).is_empty());
    world.time = shipped + 30 * DAY;
    assert_eq!(overdue(&mut world), [boxes[2]], "S2 is complete, a box of S3 is missing");
    world.time += DAY;
    assert!(overdue(&mut world).is_empty(), "once");
}

/// Nothing waits for what has arrived: thirty days of settled shipments do not stand before the deadlines of others.
#[test]
fn a_settled_shipment_leaves_no_deadline() {
    let (mut world, _, boxes) = at_wholesaler();
    let waiting = |world: &World| world.outputs.last().unwrap().next_deadline;
    assert_eq!(waiting(&world), None);
    assert!(world.send_as(W, "S2", ship(P, &boxes[..3])).is_applied());
    assert!(waiting(&world).is_some());
    world.applied(P, receive(W, "S2", &boxes[..1]));
    world.applied(P, refuse(W, "S2", &boxes[1..3]));
    assert!(waiting(&world).is_some(), "a dispute is open");
    world.applied(W, take_back("S2", &boxes[1..3]));
    assert_eq!(waiting(&world), None);
    assert!(world.send_as(W, "S3", ship(P, &boxes[3..4])).is_applied());
    world.applied(W, cancel("S3", &boxes[3..4]));
    assert_eq!(waiting(&world), None);
}

/// The cost of moving a case does not depend on what is in it: its record, the document and the deadline, which a receipt
/// ends together with the document of the shipment (D7).
#[test]
fn a_case_of_ten_thousand_units_moves_in_constant_writes() {
    let mut base = wide();
    base.products[0].packages[1].holds = 10_000;
    let mut world = World::with(base);
    let case = case_code("B1", 1);
    let boxes = boxes_of("B1", 10_000);
    for part in boxes.chunks(9_000) {
        let mut bill = commission("B1", &[], &boxes);
        let unit = |code: &UnitKey| CommissionedUnit { code: *code, level: 1, parent: Some(case), remainder: false };
        bill.units = part.iter().map(unit).collect();
        if part[0] == boxes[0] {
            bill.units.push(CommissionedUnit { code: case, level: 2, parent: None, remainder: false });
        }
        world.applied(M, Operation::Commission(bill));
    }
    world.applied(M, Operation::Release(release("B1", 10_000)));
    let writes = |receipt: &crate::Receipt| match &receipt.outcome {
        Outcome::Applied(done) => done.writes,
        other => panic!("{other:?}"),
    };
    let shipped = world.send_as(M, "S1", ship(W, &[case]));
    assert_eq!((writes(&shipped), shipped.events), (4, 1), "case, document, deadline, and what left the makers' hands");
    let received = world.applied(W, receive(M, "S1", &[case]));
    assert_eq!((writes(&received), received.events), (4, 1));
    assert_eq!(world.view(&boxes[9_999]).custodian.id, org_id(W));
    let back = world.send_as(W, "R1", ship_as(202, M, &[case], returned));
    assert_eq!(writes(&back), 3);
    let refused = world.applied(M, refuse(W, "R1", &[case]));
    assert_eq!(writes(&refused), 3);
    assert_eq!(counts(&world, W, "R1"), [1, 0, 1, 0, 0, 0, 0]);
}
