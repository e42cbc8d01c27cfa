//! Who sells to whom, in whose name, and which way goods of a class take.

use super::*;

#[test]
fn returns_go_back_the_way_the_goods_came() {
    let (mut world, _, boxes) = at_wholesaler();
    world.send_as(W, "S2", ship(P, &boxes[..3]));
    world.applied(P, receive(W, "S2", &boxes[..3]));
    // Not to the holder, who never sold it to the pharmacy, nor to another wholesaler.
    assert_eq!(world.refused(P, ship_as(202, M, &boxes[..1], returned)), "not_supplier");
    assert_eq!(world.refused(P, ship_as(202, W2, &boxes[..1], returned)), "not_supplier");
    assert_eq!(world.refused(P, ship_as(202, W, &boxes[..1], |_| ())), "field_form");
    assert!(world.send_as(P, "R1", ship_as(202, W, &boxes[..1], returned)).is_applied());
    assert_eq!(world.refused(W, receive_as(102, P, "R1", &boxes[..1], |_| ())), "wrong_receipt");
    world.applied(W, receive_as(103, P, "R1", &boxes[..1], |e| e.delivery_note = None));
    assert_eq!(world.state_of(&boxes[0]), "blocked");
    assert_eq!(world.view(&boxes[0]).history.iter().rev().nth(1).unwrap().reason.as_deref(), Some("slow_moving"));
    // From quarantine on to its own supplier.
    assert_eq!(world.refused(W, ship_as(202, P, &boxes[..1], returned)), "role_not_allowed");
    assert!(world.send_as(W, "R2", ship_as(202, M, &boxes[..1], returned)).is_applied());
    world.applied(W, cancel("R2", &boxes[..1]));
    assert_eq!(world.state_of(&boxes[0]), "blocked", "as it was");
    assert!(world.send_as(W, "R3", ship_as(202, M, &boxes[..1], returned)).is_applied());
    world.applied(M, receive_as(103, W, "R3", &boxes[..1], |_| ()));
    assert!(world.record(&boxes[0]).legs.is_empty());
    // Expired goods go back too.
    world.time = START + 335 * DAY;
    assert_eq!(world.refused(P, dispense(321, &boxes[1..2])), "expired");
    change_member(&mut world, P, |o| o.licences.clear());
    let expired = ship_as(202, W, &boxes[1..2], |t| t.reason = Some(ReturnReason::Expired));
    assert!(world.send_as(P, "R4", expired).is_applied(), "also from a shop whose licence has ended");
    world.applied(W, receive_as(103, P, "R4", &boxes[1..2], |_| ()));
}

#[test]
fn recalled_goods_move_back_only_and_land_blocked() {
    let (mut world, case, boxes) = at_wholesaler();
    world.send_as(W, "S2", ship(P, &boxes[..2]));
    world.applied(P, receive(W, "S2", &boxes[..2]));
    assert_eq!(world.refused(P, ship_as(211, W, &boxes[..1], |_| ())), "not_recalled");
    recall_b1(&mut world);
    assert_eq!(world.refused(W, ship(P, &boxes[3..4])), "held");
    assert_eq!(world.refused(P, dispense(321, &boxes[..1])), "held");
    assert_eq!(world.refused(W, move_stock(320, &boxes[3..4])), "role_not_allowed");
    // Straight to the recall's owner, or to the supplier; not to a third.
    assert_eq!(world.refused(P, ship_as(211, W2, &boxes[..1], |_| ())), "not_supplier");
    assert!(world.send_as(P, "C1", ship_as(211, M, &boxes[..1], |_| ())).is_applied());
    world.applied(M, receive_as(108, P, "C1", &boxes[..1], |_| ()));
    assert!(world.send_as(P, "C2", ship_as(211, W, &boxes[1..2], |_| ())).is_applied());
    world.applied(W, receive_as(108, P, "C2", &boxes[1..2], |_| ()));
    let receipt = world.send_as(W, "C3", ship_as(211, M, &[case, boxes[1]], |_| ()));
    assert!(receipt.is_applied());
    world.applied(M, receive_as(108, W, "C3", &[case, boxes[1]], |_| ()));
    for code in [case, boxes[0], boxes[1], boxes[7]] {
        assert_eq!((world.state_of(&code), world.view(&code).custodian.id.clone()), ("blocked", org_id(M)));
    }
}

#[test]
fn a_drop_shipment_passes_through_a_trader_who_never_has_the_goods() {
    let mut world = World::with(wide());
    let (cases, boxes) = world.make_batch("B1", 10);
    let alone = |terms: &mut ShipTerms| terms.through = Some(org_id(W));
    let through = |terms: &mut ShipTerms| {
        under_order(terms, W, "DO1");
        terms.through = Some(org_id(W));
    };
    assert_eq!(world.refused(M, ship_as(207, P, &boxes[..1], |_| ())), "field_form");
    // Nobody buys and sells on without a word of its own.
    assert_eq!(world.refused(M, ship_as(207, P, &boxes[..1], alone)), "drop_shipment_order");
    let Operation::Instruct(mut word) = instruct(207, M, P, &[]) else { unreachable!() };
    assert_eq!(world.refused(W, Operation::Instruct(word.clone())), "field_form", "goods or a product");
    word.product_id = Some(ProductId("X".into()));
    assert_eq!(world.refused(P2, Operation::Instruct(word.clone())), "role_not_allowed", "a shop sells nothing on");
    assert!(world.send_as(W, "DO1", Operation::Instruct(word)).is_applied());
    assert_eq!(world.refused(M, ship_as(207, P2, &boxes[..1], through)), "order_differs");
    assert_eq!(world.refused(M, ship_as(201, P, &boxes[..1], |t| under_order(t, W, "DO1"))), "order_differs");
    let shipped = world.send_as(M, "DS1", ship_as(207, P, &boxes[..2], through));
    assert!(shipped.is_applied(), "{:?}", shipped.outcome);
    assert_eq!(shipment(&world, M, "DS1").through.unwrap().id, org_id(W));
    assert_eq!(world.refused(W, receive(M, "DS1", &boxes[..2])), "not_designated_receiver");
    world.applied(P, receive(M, "DS1", &boxes[..2]));
    assert_eq!(world.view(&boxes[0]).custodian.id, org_id(P));
    // Back directly, through the same trader only.
    let back = |trader: usize| {
        move |terms: &mut ShipTerms| {
            (terms.through, terms.reason) = (Some(org_id(trader)), Some(ReturnReason::Damaged));
        }
    };
    assert_eq!(world.refused(P, ship_as(237, M, &boxes[..1], back(W2))), "not_supplier");
    assert!(world.send_as(P, "DS2", ship_as(237, M, &boxes[..1], back(W))).is_applied());
    world.applied(M, receive_as(103, P, "DS2", &boxes[..1], |_| ()));
    assert_eq!(world.state_of(&boxes[0]), "blocked");
    // The trader needs its licence that day.
    change_member(&mut world, W, |o| o.licences[0].scope = vec![DrugClass::Narcotic]);
    assert_eq!(world.refused(M, ship_as(207, P, &cases, through)), "out_of_scope");
}

#[test]
fn a_keeper_acts_on_the_orders_of_its_consignor() {
    let (mut world, case, boxes) = at_wholesaler();
    world.send_as(W, "T1", ship_as(203, KEEPER, &[case], |_| ()));
    world.applied(KEEPER, receive_as(104, W, "T1", &[case], |_| ()));
    [W, M].into_iter().for_each(|by| agree(&mut world, by));
    assert!(world.send_as(W, "O1", instruct(223, KEEPER, P, &boxes[..2])).is_applied());
    let by_order = |codes: &[UnitKey], to: usize| ship_as(201, to, codes, |t| under_order(t, W, "O1"));
    assert_eq!(world.refused(KEEPER, by_order(&boxes[..2], H)), "order_differs");
    assert_eq!(world.refused(KEEPER, by_order(&boxes[..1], P)), "order_differs");
    assert_eq!(world.refused(M, by_order(&boxes[..2], P)), "order_differs");
    // In the order of the codes that suits the keeper.
    assert!(world.send_as(KEEPER, "K1", by_order(&[boxes[1], boxes[0]], P)).is_applied());
    assert_eq!(shipment(&world, KEEPER, "K1").consignor.unwrap().id, org_id(W));
    world.applied(P, receive(KEEPER, "K1", &boxes[..2]));
    assert_eq!(world.record(&boxes[0]).legs.last().unwrap().from, OrgNo(W as u32 + 1), "sold by the consignor");
    assert_eq!(world.record(&boxes[0]).kept_for, None, "the buyer's own");
    // Both licences count: the consignor's to sell, the keeper's to keep.
    assert!(world.send_as(W, "O0", instruct(223, KEEPER, P, &boxes[3..4])).is_applied());
    change_member(&mut world, KEEPER, |o| o.licences[0].scope = vec![DrugClass::Narcotic]);
    let third = ship_as(201, P, &boxes[3..4], |t| under_order(t, W, "O0"));
    assert_eq!(world.refused(KEEPER, third), "out_of_scope");
    change_member(&mut world, KEEPER, |o| o.licences[0].scope = vec![DrugClass::Chemical]);
    // A shell does not sell under its name what it never had.
    assert!(world.send_as(M, "O9", instruct(223, KEEPER, P, &boxes[3..4])).is_applied());
    let shell = ship_as(201, P, &boxes[3..4], |t| under_order(t, M, "O9"));
    assert_eq!(world.refused(KEEPER, shell), "not_kept_for");
    change_member(&mut world, W, |o| o.licences[0].scope = vec![DrugClass::Narcotic]);
    assert!(world.send_as(W, "O2", instruct(223, KEEPER, P, &boxes[2..3])).is_applied());
    let second = ship_as(201, P, &boxes[2..3], |t| under_order(t, W, "O2"));
    assert_eq!(world.refused(KEEPER, second.clone()), "out_of_scope");
    change_member(&mut world, W, |o| o.licences[0].scope = vec![DrugClass::Chemical]);
    // Nor does a suspended firm sell through its keeper.
    change_member(&mut world, W, |o| o.holds = Holds::LICENCE_LOCK);
    assert_eq!(world.refused(KEEPER, second), "party_suspended");
    change_member(&mut world, W, |o| o.holds = Holds::NONE);
    // Goods that a customer returns to the consignor go to the keeper (120).
    assert!(world.send_as(P, "R1", ship_as(202, W, &boxes[..1], returned)).is_applied());
    let Operation::Receive(mut bill) = receive_as(103, P, "R1", &boxes[..1], |_| ()) else { unreachable!() };
    assert_eq!(world.refused(KEEPER, Operation::Receive(bill.clone())), "not_designated_receiver");
    assert!(world.send_as(W, "O3", instruct(120, KEEPER, P, &boxes[..1])).is_applied());
    bill.order = Some(OrderRef { by: org_id(W), number: DocumentNumber("O3".into()) });
    world.applied(KEEPER, Operation::Receive(bill));
    let view = world.view(&boxes[0]);
    assert_eq!((view.state, view.custodian.id), ("blocked", org_id(KEEPER)));
    assert_eq!(world.record(&boxes[0]).kept_for, Some(OrgNo(W as u32 + 1)), "still the consignor's");
    // Handed back to whose it is, it is nobody else's any more.
    assert!(world.send_as(KEEPER, "T2", ship_as(203, W, &boxes[4..5], |_| ())).is_applied());
    world.applied(W, receive_as(104, KEEPER, "T2", &boxes[4..5], |_| ()));
    assert_eq!(world.record(&boxes[4]).kept_for, None);
    assert_eq!(world.record(&boxes[0]).legs.len(), 1);
}

#[test]
fn a_vaccine_needs_its_cold_chain_and_its_route() {
    let mut world = World::with(wide());
    let dose = one_box(&mut world, M, "V", "8200001");
    let to_site = |terms: &mut ShipTerms| under_order(terms, CDC, "Z1");
    assert_eq!(world.refused(M, ship_as(209, SITE, &[dose], to_site)), "unknown_order");
    assert!(world.send_as(CDC, "Z1", instruct(209, M, SITE, &[])).is_applied());
    assert_eq!(world.refused(W, instruct(209, M, SITE, &[])), "role_not_allowed");
    assert!(world.send_as(M, "V1", ship_as(209, SITE, &[dose], to_site)).is_applied());
    for (lowest, highest) in [(15, 60), (25, 81), (-10, 90)] {
        let warm = |e: &mut Evidence| e.temperature = Some(Temperature { record: sm3(b"t"), lowest, highest });
        let receipt = world.send(SITE, receive_as(107, M, "V1", &[dose], warm));
        assert_eq!(refusal_name(&receipt), "temperature_out_of_range");
        let alarm = &world.outputs.last().unwrap().alarms[0];
        assert_eq!((alarm.kind, alarm.kind.is_high()), (crate::oversight::AlarmKind::ColdChain, true));
    }
    assert_eq!(world.refused(SITE, receive_as(107, M, "V1", &[dose], |_| ())), "temperature_required");
    let exact = |e: &mut Evidence| e.temperature = Some(Temperature { record: sm3(b"t"), lowest: 20, highest: 80 });
    world.applied(SITE, receive_as(107, M, "V1", &[dose], exact));
    // A CDC supplies another; a site supplies nobody.
    assert_eq!(world.refused(SITE, ship_as(209, CDC, &[dose], |_| ())), "role_not_allowed");
    // Back to whoever supplied it.
    assert!(world.send_as(SITE, "V2", ship_as(202, M, &[dose], returned)).is_applied());
}

#[test]
fn narcotics_go_from_maker_to_wholesaler_to_a_hospital_with_its_card() {
    let mut world = World::with(wide());
    let dose = one_box(&mut world, M, "N", "8900001");
    let permit = |terms: &mut ShipTerms| terms.permit = "运输证明 2026-9".into();
    assert_eq!(world.refused(M, ship_as(201, H, &[dose], permit)), "route_not_allowed");
    assert_eq!(world.refused(M, ship_as(201, W2, &[dose], |_| ())), "permit_required");
    assert!(world.send_as(M, "N1", ship_as(201, W2, &[dose], permit)).is_applied());
    world.applied(W2, receive(M, "N1", &[dose]));
    assert_eq!(world.refused(W2, ship_as(201, KEEPER, &[dose], permit)), "not_licensed");
    assert!(world.send_as(W2, "N2", ship_as(201, W, &[dose], permit)).is_applied());
    world.applied(W, receive(W2, "N2", &[dose]));
    // Regional: inside the province.
    assert_eq!(world.refused(W, ship_as(201, H2, &[dose], permit)), "other_province");
    assert_eq!(world.refused(W, ship_as(201, W2, &[dose], permit)), "route_not_allowed");
    // Nor by another name.
    assert_eq!(world.refused(W, ship_as(203, W2, &[dose], permit)), "other_province");
    assert_eq!(world.refused(W, ship_as(217, W2, &[dose], permit)), "other_province");
    change_member(&mut world, H, |o| o.licences.retain(|l| l.kind != LicenceKind::NarcoticPurchaseCard));
    assert_eq!(world.refused(W, ship_as(201, H, &[dose], permit)), "not_licensed", "no 印鉴卡");
    let card = licence(LicenceKind::NarcoticPurchaseCard, &[DrugClass::Narcotic], "2028-12-31");
    change_member(&mut world, H, |o| o.licences.push(card));
    assert!(world.send_as(W, "N3", ship_as(201, H, &[dose], permit)).is_applied());
}

/// A suspended party is on neither side of any movement (domain §9 rule 7).
#[test]
fn a_suspended_firm_neither_sends_nor_receives_nor_sells() {
    let (mut world, _, boxes) = at_wholesaler();
    world.send_as(W, "S2", ship(P, &boxes[..2]));
    world.applied(P, receive(W, "S2", &boxes[..1]));
    change_member(&mut world, P, |o| o.holds = Holds::LICENCE_LOCK);
    assert_eq!(world.refused(W, ship(P, &boxes[3..4])), "party_suspended");
    assert_eq!(world.refused(P, receive(W, "S2", &boxes[1..2])), "party_suspended");
    assert_eq!(world.refused(P, dispense(321, &boxes[..1])), "held");
    // It can say that it does not take the goods.
    world.applied(P, refuse(W, "S2", &boxes[1..2]));
}
