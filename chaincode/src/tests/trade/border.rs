//! Imports and exports.

use super::*;

#[test]
fn imports_come_with_their_papers_or_go_back() {
    let mut world = World::with(wide());
    let first = one_box(&mut world, ABROAD, "F", "8100041");
    // 《药品管理法》 Art. 38: first somebody here answers for it.
    assert_eq!(world.refused(ABROAD, ship(W, &[first])), "responsible_required");
    world.applied(ABROAD, crate::tests::law_world::responsible(org_id(W)));
    assert!(world.send_as(ABROAD, "I1", ship(W, &[first])).is_applied());
    assert_eq!(world.refused(W, receive(ABROAD, "I1", &[first])), "import_papers_required");
    assert_eq!(world.refused(H, reject_import(ABROAD, "I1", &[first])), "not_designated_receiver");
    // Customs may reject as well as the consignee.
    world.applied(PORT, reject_import(ABROAD, "I1", &[first]));
    let view = world.view(&first);
    assert_eq!((view.state, view.holds.as_slice()), ("blocked", ["import_rejected"].as_slice()));
    assert_eq!((view.custodian.id, counts(&world, ABROAD, "I1")), (org_id(W), [1, 1, 0, 0, 0, 0, 0]));
    assert_eq!(world.refused(W, ship(P, &[first])), "wrong_state");
    // 退运: to whoever sent it, and nobody else.
    assert_eq!(world.refused(W, ship_as(202, M, &[first], returned)), "not_supplier");
    assert!(world.send_as(W, "I2", ship_as(202, ABROAD, &[first], returned)).is_applied());
    world.applied(ABROAD, receive_as(103, W, "I2", &[first], |_| ()));
    assert_eq!(world.view(&first).custodian.id, org_id(ABROAD));
    // With papers it enters stock.
    let second = code("81000410000000000002");
    let mut bill = commission("Z2", &[], &[second]);
    bill.product_id = ProductId("F".into());
    world.applied(ABROAD, Operation::Commission(bill));
    let released = Release { product_id: ProductId("F".into()), ..release("Z2", 1) };
    world.applied(ABROAD, Operation::Release(released));
    world.send_as(ABROAD, "I3", ship(W, &[second]));
    world.applied(W, receive_as(102, ABROAD, "I3", &[second], cleared));
    assert_eq!(world.state_of(&second), "in_stock");
}

#[test]
fn exports_end_the_domestic_way_of_a_whole_case() {
    let (mut world, case, boxes) = at_wholesaler();
    let receipt = world.applied(W, export(&[case]));
    assert!(
        matches!(receipt.outcome, Outcome::Applied(done) if done.writes == 3),
        "and what left the market is counted"
    );
    assert_eq!((world.state_of(&case), world.state_of(&boxes[3])), ("exported", "exported"));
    assert_eq!(world.refused(W, ship(P, &boxes[3..4])), "retired");
    assert_eq!(world.outputs.last().unwrap().alarms[0].kind, crate::oversight::AlarmKind::Retired);
    for change in [
        |e: &mut Export| e.destination = "CN".into(),
        |e: &mut Export| e.destination = "kz".into(),
        |e: &mut Export| e.declaration = " ".into(),
        |e: &mut Export| e.filing = String::new(),
    ] {
        let Operation::Export(mut bill) = export(&[case]) else { unreachable!() };
        change(&mut bill);
        assert_eq!(world.refused(W, Operation::Export(bill)), "field_form");
    }
    // Narcotics and herbs with their papers.
    let dose = one_box(&mut world, M, "N", "8900001");
    let herb = one_box(&mut world, M, "C", "8100021");
    for (code, missing) in [(dose, "permit_required"), (herb, "export_documents")] {
        assert_eq!(world.refused(M, export(&[code])), missing);
        let Operation::Export(mut bill) = export(&[code]) else { unreachable!() };
        bill.permit = "出口准许证 2026-3".into();
        (bill.quarantine, bill.traceability) = (Some(sm3(b"q")), Some(sm3(b"t")));
        world.applied(M, Operation::Export(bill));
        assert_eq!(world.state_of(&code), "exported");
    }
}
