//! Shipments with their accounting, disputes, returns, the border and orders: what is accepted, and what the counts say.

use super::world::*;
use crate::custody::Holds;
use crate::query::{self, ShipmentView};
use crate::receipt::Outcome;
use crate::registry::OrganisationRecord;
use crate::state::{BatchRef, OrgNo, ProductNo, key, load, to_record};
use crate::transaction::*;
use crate::{Operation, UnitKey};
use bencao_crypto::sm3;
use bencao_genesis::*;

/// [`genesis`] with further members and a product of each class that a rule asks about.
pub(super) fn wide() -> Genesis {
    use DrugClass::*;
    let mut base = genesis();
    let until = "2028-12-31";
    let scope = [Chemical, Biological, Vaccine, Narcotic, PsychotropicII, CrudeHerb];
    base.organisations[M].licences = vec![licence(LicenceKind::DrugProduction, &scope, until)];
    base.organisations[H].licences[0].scope = vec![Chemical, Narcotic, PsychotropicII, HospitalPreparation];
    base.organisations[H].licences.push(licence(LicenceKind::PreparationTransfer, &[HospitalPreparation], until));
    let mut further = vec![
        member(
            W2,
            "外省批发",
            Role::Wholesaler,
            vec![
                licence(LicenceKind::DrugWholesale, &[Chemical, Narcotic], until),
                licence(LicenceKind::NarcoticWholesaleNational, &[Narcotic], until),
            ],
        ),
        member(
            ABROAD,
            "境外持有人",
            Role::MarketingHolder,
            vec![licence(LicenceKind::DrugProduction, &[Chemical], until)],
        ),
        member(PORT, "口岸海关", Role::Customs, vec![]),
        member(
            H2,
            "外省医院",
            Role::Hospital,
            vec![
                licence(LicenceKind::MedicalInstitution, &[Chemical, Narcotic, HospitalPreparation], until),
                licence(LicenceKind::NarcoticPurchaseCard, &[Narcotic], until),
            ],
        ),
        member(KEEPER, "第三方物流", Role::Wholesaler, vec![licence(LicenceKind::DrugWholesale, &[Chemical], until)]),
    ];
    for index in [0, 3] {
        further[index].jurisdiction = RegionCode::parse("110105").unwrap();
    }
    base.organisations.extend(further);
    let made_by = |mut made: Product, holder: usize| {
        (made.holder, made.producer) = (org_id(holder), org_id(holder));
        made
    };
    base.products.extend([
        product("V", Vaccine, ["8200001", "8200003"], 10),
        product("S", PsychotropicII, ["8900021", "8900023"], 10),
        product("C", CrudeHerb, ["8100021", "8100023"], 10),
        product("L", Biological, ["8100031", "8100033"], 10),
        made_by(product("F", Chemical, ["8100041", "8100043"], 10), ABROAD),
        made_by(product("HP", HospitalPreparation, ["8100051", "8100053"], 10), H),
    ]);
    base
}

/// One released box of a product of [`wide`], with its maker.
pub(super) fn one_box(world: &mut World, maker: usize, product: &str, prefix: &str) -> UnitKey {
    let code = code(&format!("{prefix}{:013}", 1));
    let mut bill = commission("Z1", &[], &[code]);
    bill.product_id = ProductId(product.into());
    world.applied(maker, Operation::Commission(bill));
    if product == "C" {
        // Herbs and 饮片 are released with a passed test only.
        world.applied(maker, super::law_world::tested(product, "Z1", true));
    }
    let lot_release = if product == "V" { "批签1".into() } else { String::new() };
    let release = Release { product_id: ProductId(product.into()), lot_release, ..release("Z1", 1) };
    world.applied(maker, Operation::Release(release));
    code
}

pub(super) fn refuse(sender: usize, number: &str, codes: &[UnitKey]) -> Operation {
    Operation::Refuse(Refuse {
        sender: org_id(sender),
        shipment_no: DocumentNumber(number.into()),
        reason: RefusalReason::Shortage,
        note: String::new(),
        details: None,
        codes: codes.to_vec(),
    })
}

pub(super) fn take_back(number: &str, codes: &[UnitKey]) -> Operation {
    Operation::TakeBack(TakeBack { shipment_no: DocumentNumber(number.into()), details: None, codes: codes.to_vec() })
}

pub(super) fn accept_loss(sender: usize, number: &str, codes: &[UnitKey]) -> Operation {
    let shipment_no = DocumentNumber(number.into());
    Operation::AcceptLoss(AcceptLoss { sender: org_id(sender), shipment_no, details: None, codes: codes.to_vec() })
}

pub(super) fn cancel(number: &str, codes: &[UnitKey]) -> Operation {
    Operation::CancelShipment(CancelShipment { shipment_no: DocumentNumber(number.into()), codes: codes.to_vec() })
}

pub(super) fn move_stock(bill_type: u16, codes: &[UnitKey]) -> Operation {
    Operation::MoveStock(MoveStock { bill_type, reason: "月度盘点".into(), details: None, codes: codes.to_vec() })
}

pub(super) fn export(codes: &[UnitKey]) -> Operation {
    Operation::Export(Export {
        declaration: "310120260001".into(),
        destination: "KZ".into(),
        filing: "出备 650001".into(),
        permit: String::new(),
        quarantine: None,
        traceability: None,
        codes: codes.to_vec(),
    })
}

pub(super) fn reject_import(sender: usize, number: &str, codes: &[UnitKey]) -> Operation {
    Operation::RejectImport(RejectImport {
        sender: org_id(sender),
        shipment_no: DocumentNumber(number.into()),
        declaration: "310120260002".into(),
        reason: "口岸检验不合格".into(),
        report: Some(sm3(b"report")),
        codes: codes.to_vec(),
    })
}

pub(super) fn instruct(bill_type: u16, executor: usize, partner: usize, codes: &[UnitKey]) -> Operation {
    Operation::Instruct(Instruct {
        bill_type,
        executor: org_id(executor),
        partner: org_id(partner),
        valid_to: date("2026-12-31"),
        product_id: None,
        codes: codes.to_vec(),
    })
}

pub(super) fn under_order(terms: &mut ShipTerms, by: usize, number: &str) {
    terms.order = Some(OrderRef { by: org_id(by), number: DocumentNumber(number.into()) });
}

pub(super) fn returned(terms: &mut ShipTerms) {
    terms.reason = Some(ReturnReason::SlowMoving);
}

/// Import papers beside the delivery note.
pub(super) fn cleared(evidence: &mut Evidence) {
    let text = |t: &str| t.to_owned();
    evidence.import = Some(ImportPapers {
        declaration: text("310120260003"),
        clearance: text("通关单 2026-17"),
        port: text("上海口岸"),
        permit: String::new(),
        inspection_report: None,
    });
}

/// The number of a member, wherever it stands in the file.
fn number_of(world: &World, member: usize) -> OrgNo {
    let index = world.genesis.organisations.iter().position(|o| o.id == org_id(member)).unwrap();
    OrgNo(index as u32 + 1)
}

pub(super) fn change_member(world: &mut World, member: usize, change: impl FnOnce(&mut OrganisationRecord)) {
    let name = key::organisation(number_of(world, member));
    let mut record: OrganisationRecord = load(&*world, &name).unwrap().unwrap();
    change(&mut record);
    world.state.insert(name, to_record(&record));
}

/// Puts a unit into somebody's stock without the way there.
pub(super) fn give(world: &mut World, code: &UnitKey, member: usize) {
    let mut record = world.record(code);
    record.custodian = number_of(world, member);
    world.state.insert(key::unit(code), to_record(&record));
}

pub(super) fn recall_b1(world: &mut World) {
    let name = key::batch(BatchRef { product: ProductNo(1), number: 1 });
    let mut batch: crate::production::BatchRecord = load(&*world, &name).unwrap().unwrap();
    batch.holds = Holds::RECALL_1;
    world.state.insert(name, to_record(&batch));
}

/// Each operation of custody and dispensing with every optional field.
pub(super) fn every_operation() -> Vec<(String, Operation)> {
    use super::dispensing::{consumer_return, part, reverse};
    let codes = [box_code("B1", 1)];
    let full_terms = |terms: &mut ShipTerms| {
        under_order(terms, W, "O1");
        (terms.through, terms.carrier) = (Some(org_id(W)), Some(org_id(KEEPER)));
        (terms.reason, terms.permit) = (Some(ReturnReason::Damaged), "运输证明 2026-1".into());
    };
    let full_evidence = |evidence: &mut Evidence| {
        cooled(evidence);
        cleared(evidence);
        evidence.inspector = Some(sm3(b"inspector"));
    };
    let list = [
        ("ship in full", ship_as(237, M, &codes, full_terms)),
        ("receive in full", receive_as(102, M, "S1", &codes, full_evidence)),
        ("refuse", refuse(W, "S1", &codes)),
        ("take back", take_back("S1", &codes)),
        ("accept loss", accept_loss(W, "S1", &codes)),
        ("cancel shipment", cancel("S1", &codes)),
        ("move stock", move_stock(112, &codes)),
        ("export", export(&codes)),
        ("reject import", reject_import(ABROAD, "S1", &codes)),
        ("instruct", instruct(223, KEEPER, P, &codes)),
        ("dispense part", part(321, codes[0], 120_000)),
        ("reverse sale", reverse(&codes)),
        ("consumer return", consumer_return(&codes)),
    ];
    list.into_iter().map(|(name, operation)| (name.to_owned(), operation)).collect()
}

#[test]
fn every_operation_reads_and_writes_as_json() {
    for (name, operation) in every_operation() {
        let text = serde_json::to_string(&operation).unwrap();
        assert_eq!(serde_json::from_str::<Operation>(&text).unwrap(), operation, "{name}");
        assert!(operation.codes_count() == 1 && operation.codes() == [box_code("B1", 1)], "{name}");
    }
}

fn shipment(world: &World, sender: usize, number: &str) -> ShipmentView {
    query::bill(world, &org_id(sender), &DocumentNumber(number.into())).unwrap().unwrap().shipment.unwrap()
}

/// Shipped, received, disputed, taken back, lost, cancelled, outstanding.
fn counts(world: &World, sender: usize, number: &str) -> [u32; 7] {
    let s = shipment(world, sender, number);
    let counts = [s.shipped, s.received, s.disputed, s.taken_back, s.lost, s.cancelled, s.outstanding];
    assert_eq!(counts[0], counts[1..].iter().sum::<u32>(), "every package is in exactly one of them");
    counts
}

/// Case 1 of ten boxes at the wholesaler.
fn at_wholesaler() -> (World, UnitKey, Vec<UnitKey>) {
    let mut world = World::with(wide());
    let (cases, boxes) = world.make_batch("B1", 10);
    world.send_as(M, "S1", ship(W, &cases));
    world.applied(W, receive(M, "S1", &cases));
    (world, cases[0], boxes)
}

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
fn remainders_are_received_as_remainders() {
    let mut world = World::with(wide());
    let (cases, _) = world.make_batch("B1", 15);
    world.send_as(M, "S1", ship(W, &cases));
    assert_eq!(world.refused(W, receive_as(106, M, "S1", &cases, |_| ())), "not_remainder");
    world.applied(W, receive_as(106, M, "S1", &cases[1..], |_| ()));
    world.applied(W, receive(M, "S1", &cases[..1]));
}

#[test]
fn a_keeper_acts_on_the_orders_of_its_consignor() {
    let (mut world, case, boxes) = at_wholesaler();
    world.send_as(W, "T1", ship_as(203, KEEPER, &[case], |_| ()));
    world.applied(KEEPER, receive_as(104, W, "T1", &[case], |_| ()));
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

#[test]
fn imports_come_with_their_papers_or_go_back() {
    let mut world = World::with(wide());
    let first = one_box(&mut world, ABROAD, "F", "8100041");
    // 《药品管理法》 Art. 38: first somebody here answers for it.
    assert_eq!(world.refused(ABROAD, ship(W, &[first])), "responsible_required");
    world.applied(ABROAD, super::law_world::responsible(org_id(W)));
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
