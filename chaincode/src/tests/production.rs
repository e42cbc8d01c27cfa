//! Split bills, packages over several bills, 零头, package ratios, the state machine's table.

use super::world::*;
use crate::Operation;
use crate::custody::{Availability, Lifecycle, TRANSITIONS, Transition};
use crate::query;
use crate::registry::ProductRecord;
use crate::state::{ProductNo, key, load};
use crate::transaction::{Commission, CommissionedUnit};
use bencao_genesis::*;

fn unit(code: crate::UnitKey, level: u8, parent: Option<crate::UnitKey>) -> CommissionedUnit {
    CommissionedUnit { code, level, parent, remainder: false }
}

fn bill(batch: &str, declared: u32, units: Vec<CommissionedUnit>) -> Operation {
    Operation::Commission(Commission { declared_units: declared, units, ..commission(batch, &[], &boxes_of(batch, 1)) })
}

#[test]
fn a_batch_comes_in_several_bills_and_release_waits_for_the_last() {
    let mut world = World::new();
    let (case, boxes) = (case_code("B1", 1), boxes_of("B1", 10));
    let inner: Vec<_> = boxes.iter().map(|b| unit(*b, 1, Some(case))).collect();
    world.applied(M, bill("B1", 10, vec![unit(case, 2, None)]));
    assert_eq!(world.refused(M, Operation::Release(release("B1", 10))), "count_incomplete");
    world.applied(M, bill("B1", 10, inner[..4].to_vec()));
    world.applied(M, bill("B1", 10, inner[4..9].to_vec()));
    assert_eq!(world.refused(M, Operation::Release(release("B1", 10))), "count_incomplete");
    world.applied(M, bill("B1", 10, inner[9..].to_vec()));
    assert_eq!(world.refused(M, Operation::Release(release("B1", 9))), "batch_differs");
    world.applied(M, Operation::Release(release("B1", 10)));
    assert_eq!(world.view(&case).children, 10);
    // Each child's history begins with its own bill, not with the packing of others.
    let kinds: Vec<_> = world.view(&boxes[9]).history.iter().map(|e| e.kind).collect();
    assert_eq!(kinds, ["commissioned", "released"]);
    let kinds: Vec<_> = world.view(&case).history.iter().map(|e| e.kind).collect();
    assert_eq!(kinds, ["commissioned", "packed", "packed", "packed", "released"]);
}

#[test]
fn a_remainder_case_takes_a_second_batch_and_moves_only_when_both_are_released() {
    let mut world = World::new();
    let case = case_code("B1", 1);
    let mixed = CommissionedUnit { remainder: true, ..unit(case, 2, None) };
    world.applied(M, bill("B1", 1, vec![mixed, unit(box_code("B1", 1), 1, Some(case))]));
    world.applied(M, Operation::Release(release("B1", 1)));
    assert_eq!(world.state_of(&case), "in_stock");
    let second = Commission {
        expires_on: date("2027-06-30"),
        units: vec![unit(box_code("B2", 1), 1, Some(case))],
        ..commission("B2", &[], &boxes_of("B2", 1))
    };
    world.applied(M, Operation::Commission(second));
    let content = world.record(&case).content.unwrap();
    assert_eq!((content.batches.len(), content.earliest_expiry, content.children), (2, date("2027-06-30"), 2));
    assert_eq!(world.refused(M, ship(W, &[case])), "not_released");
    world.applied(M, Operation::Release(release("B2", 1)));
    // The earlier of the two dates counts for the case, each box keeps its own.
    world.time = START + 220 * DAY;
    assert_eq!(world.refused(M, ship(W, &[case])), "expired");
    world.applied(M, ship(W, &[box_code("B1", 1)]));
}

/// 《疫苗管理法》 Art. 28: the nation frees a vaccine of 批签发, a region does not.
#[test]
fn a_vaccine_that_an_epidemic_needs_is_released_by_the_approval_of_the_nation() {
    use super::refusals::{registry::amend, wide_genesis};
    use crate::event::EventBody;
    use crate::law::{Chapter, LotReleaseExemption, ProductionLaw};
    use crate::transaction::Release;
    let mut world = World::with(wide_genesis());
    let exempt = |until: &str, region: RegionCode| {
        let product_id = ProductId("V".into());
        let exemption =
            LotReleaseExemption { product_id, approval: "国药监应急〔2026〕1号".into(), until: date(until) };
        let law = ProductionLaw { lot_release_exemptions: vec![exemption], ..ProductionLaw::default() };
        amend(move |a| (a.chapters, a.region) = (vec![Chapter::Production(law)], region))
    };
    let mut bill = commission("Z1", &[], &[code("82000010000000000001")]);
    bill.product_id = ProductId("V".into());
    world.applied(M, Operation::Commission(bill));
    let out = || Operation::Release(Release { product_id: ProductId("V".into()), ..release("Z1", 1) });
    assert_eq!(world.refused(M, out()), "lot_release_required");
    world.applied(REG, exempt("2026-12-31", RegionCode::parse("650000").unwrap()));
    assert_eq!(world.refused(M, out()), "lot_release_required", "not the region's to give");
    world.applied(NMPA, exempt("2026-11-22", RegionCode::NATION));
    assert_eq!(world.refused(M, out()), "lot_release_required", "it has run out");
    world.applied(NMPA, exempt("2026-11-23", RegionCode::NATION));
    world.applied(M, out());
    let EventBody::Released(event) = &world.outputs.last().unwrap().events[0].body else { unreachable!() };
    assert_eq!(event.lot_release, "国药监应急〔2026〕1号");
}

#[test]
fn boxes_sit_in_middles_in_cases_and_leave_one_bond_at_a_time() {
    let mut world = World::new();
    let mut master = product("T", DrugClass::Chemical, ["8300001", "8300002"], 2);
    master.packages.push(PackageSpec { prefix: "8300003".into(), level: 3, holds: 4, description: "箱".into() });
    // 1:2:4 in total: a large holds two middles of two boxes each.
    master.ratio_semantics = RatioSemantics::Cumulative;
    world.applied(M, Operation::RegisterProduct(crate::transaction::RegisterProduct { product: master }));
    let record: ProductRecord = load(&world, &key::product(ProductNo(3))).unwrap().unwrap();
    assert_eq!((record.capacity(1), record.capacity(2), record.capacity(3)), (0, 2, 2));
    let at = |level: u8, n: u8| code(&format!("830000{level}00000000000{n:02}"));
    let (large, middle, small) = (at(3, 1), at(2, 1), at(1, 1));
    let units = vec![
        unit(small, 1, Some(middle)),
        unit(at(1, 2), 1, Some(middle)),
        unit(at(1, 3), 1, Some(at(2, 2))),
        unit(at(1, 4), 1, Some(at(2, 2))),
        unit(middle, 2, Some(large)),
        unit(at(2, 2), 2, Some(large)),
        unit(large, 3, None),
    ];
    let Operation::Commission(mut first) = bill("B1", 4, units) else { unreachable!() };
    first.product_id = ProductId("T".into());
    world.applied(M, Operation::Commission(first));
    let mut go = release("B1", 4);
    go.product_id = ProductId("T".into());
    world.applied(M, Operation::Release(go));
    assert_eq!(world.view(&small).parents, vec![middle, large]);
    assert!(world.send_as(M, "S1", ship(W, &[large])).is_applied());
    world.applied(W, receive(M, "S1", &[large]));
    // The box inherits what the outermost package had.
    world.applied(W, disaggregate(&[small]));
    assert_eq!(world.view(&small).custodian.id, org_id(W));
    assert_eq!((world.view(&middle).children, world.view(&large).children), (1, 2));
    let kinds: Vec<_> = world.view(&small).history.iter().map(|e| e.kind).collect();
    assert_eq!(kinds, ["commissioned", "released", "shipped", "received", "left"]);
    let candidates: Vec<_> = (1..=4).map(|n| at(1, n)).collect();
    let children = query::children(&world, &middle, &candidates).unwrap();
    assert_eq!(children.iter().map(|c| c.code).collect::<Vec<_>>(), vec![at(1, 2)]);
}

#[test]
fn bills_are_found_by_number() {
    let mut world = World::new();
    let (cases, _) = world.make_batch("B1", 10);
    let receipt = world.send_as(M, "S1", ship(W, &cases));
    let number = |text: &str| crate::transaction::DocumentNumber(text.into());
    let bill = query::bill(&world, &org_id(M), &number("S1")).unwrap().unwrap();
    assert_eq!((bill.operation, bill.codes, bill.transaction_id), ("ship", 1, receipt.transaction));
    let shipment = bill.shipment.unwrap();
    assert_eq!((shipment.receiver.id, shipment.shipped, shipment.outstanding), (org_id(W), 1, 1));
    assert_eq!(query::bill(&world, &org_id(W), &number("S1")).unwrap(), None);
    assert_eq!(query::organisation(&world, &org_id(H), date("2026-11-23")).unwrap().unwrap().name, "医院");
    assert_eq!(query::product(&world, &ProductId("X".into())).unwrap().unwrap().class, "chemical");
}

/// Domain §3.10: eighteen rows in order, thirteen states, and which bill types run now.
#[test]
fn the_state_machine_has_the_rows_of_the_document() {
    let rows: Vec<String> = TRANSITIONS.iter().map(|t| t.row.to_owned()).collect();
    assert_eq!(rows, (1..=18).map(|n| format!("T{n}")).collect::<Vec<_>>());
    assert_eq!(Lifecycle::ALL.len(), 13);
    let terminal: Vec<_> = Lifecycle::ALL.iter().filter(|s| s.is_terminal()).map(|s| s.name()).collect();
    assert_eq!(terminal, ["dispensed", "sampled", "destroyed", "lost", "exported", "consumed", "voided"]);
    let mut now: Vec<u16> = Vec::new();
    for row in &TRANSITIONS {
        if let Availability::Now(bills) = row.availability {
            // Receipts and shipments of the bill types that the document's table of them has beyond its state machine.
            let further = [106, 109, 110, 113, 114, 115, 117, 217, 218, 327];
            assert!(bills.iter().all(|b| row.bills.contains(b) || further.contains(b)), "{}", row.row);
            now.extend(bills);
        }
    }
    let bills =
        [101, 201, 202, 207, 211, 102, 103, 108, 320, 321, 322, 323, 326, 116, 206, 205, 216, 214, 215, 220, 204];
    assert!(bills.iter().all(|b| now.contains(b)));
    let from = |bill, state| Transition::for_bill(bill).is_some_and(|row| row.leaves(state));
    for state in Lifecycle::ALL {
        let leaves = matches!(*state, Lifecycle::InStock | Lifecycle::Blocked | Lifecycle::Partial);
        assert_eq!((from(201, *state), from(205, *state), from(206, *state)), (leaves, leaves, leaves));
        assert_eq!(from(214, *state), leaves && *state != Lifecycle::Blocked);
        assert_eq!(from(102, *state), *state == Lifecycle::InTransit);
        assert_eq!(from(321, *state), *state == Lifecycle::InStock);
        assert_eq!(from(116, *state), *state == Lifecycle::Dispensed);
    }
}

#[test]
fn a_genesis_that_breaks_rules_founds_no_state() {
    use crate::registry::GenesisStateError;
    assert!(crate::genesis_state(&genesis()).is_ok());
    let mut bad_product = genesis();
    bad_product.products[0].approval_number = "H2026".into();
    assert!(
        matches!(crate::genesis_state(&bad_product), Err(GenesisStateError::Product { product, .. }) if product == "X")
    );
    let mut bulky = genesis();
    bulky.organisations[W].licences = vec![bulky.organisations[W].licences[0].clone(); 2_000];
    assert_eq!(crate::genesis_state(&bulky), Err(GenesisStateError::OrganisationTooLarge(org_id(W))));
    let mut broken = genesis();
    broken.validators.clear();
    assert!(matches!(crate::genesis_state(&broken), Err(GenesisStateError::Genesis(_))));
}
