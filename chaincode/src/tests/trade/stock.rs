//! Stock that moves without a sale, or is used up.

use super::*;

#[test]
fn stock_is_transferred_without_a_sale_and_free_goods_are_received_as_such() {
    let (mut world, case, boxes) = at_wholesaler();
    assert!(world.send_as(W, "T1", ship_as(203, KEEPER, &[case], |_| ())).is_applied());
    world.applied(KEEPER, receive_as(104, W, "T1", &[case], |_| ()));
    assert_eq!(world.record(&case).legs.len(), 1, "the sale is still the holder's");
    assert!(world.send_as(KEEPER, "R1", ship_as(202, M, &boxes[..1], returned)).is_applied());
    assert!(world.send_as(KEEPER, "G1", ship_as(212, P, &boxes[1..2], |_| ())).is_applied());
    assert_eq!(world.refused(P, receive(KEEPER, "G1", &boxes[1..2])), "wrong_receipt");
    world.applied(P, receive_as(110, KEEPER, "G1", &boxes[1..2], |_| ()));
    // A receipt that the buyer's role has not: a supply to a pharmacy.
    assert_eq!(world.refused(KEEPER, ship_as(209, P, &boxes[2..3], |_| ())), "role_not_allowed");
    assert!(world.send_as(KEEPER, "G2", ship_as(209, H, &boxes[2..3], |_| ())).is_applied());
    world.applied(H, receive_as(107, KEEPER, "G2", &boxes[2..3], |_| ()));
    assert_eq!(world.refused(H, ship_as(203, KEEPER, &boxes[2..3], |_| ())), "role_not_allowed");
    assert_eq!(world.refused(H, ship_as(202, KEEPER, &boxes[2..3], |t| t.through = Some(org_id(W)))), "field_form");
}

#[test]
fn stock_is_used_up_blocked_and_never_comes_from_nowhere() {
    let (mut world, case, boxes) = at_wholesaler();
    world.send_as(W, "S2", ship(H, &boxes[..3]));
    world.applied(H, receive(W, "S2", &boxes[..3]));
    world.applied(H, move_stock(320, &boxes[..1]));
    assert_eq!((world.state_of(&boxes[0]), world.view(&boxes[0]).sale_count), ("consumed", 0));
    assert_eq!(world.refused(H, dispense(323, &boxes[..1])), "retired");
    world.applied(W, move_stock(112, &boxes[3..4]));
    assert_eq!(world.state_of(&boxes[3]), "blocked");
    assert_eq!(world.view(&case).children, 6, "three to the hospital, one to quarantine");
    // An audit finds known codes only.
    assert_eq!(world.refused(W, move_stock(111, &[box_code("B9", 1)])), "unknown_code");
    assert_eq!(world.refused(W, move_stock(118, &boxes[..1])), "not_custodian");
    // Material of its own product into production.
    let (others, _) = world.make_batch("B2", 10);
    world.applied(M, move_stock(208, &others));
    assert_eq!(world.state_of(&others[0]), "consumed");
    assert_eq!(world.refused(M, move_stock(221, &others)), "retired");
    let cells = one_box(&mut world, M, "L", "8100031");
    let pills = world.make_batch("B3", 10).0;
    assert_eq!(world.refused(M, move_stock(221, &pills)), "route_not_allowed");
    world.applied(M, move_stock(221, &[cells]));
    let Operation::MoveStock(mut bill) = move_stock(112, &pills) else { unreachable!() };
    bill.reason = "电话 13800138000".into();
    assert_eq!(world.refused(M, Operation::MoveStock(bill)), "field_form");
}
