//! Sales whole and in parts, prescriptions, limits, vaccinations, and what undoes a sale.

use super::trade::{change_member, give, one_box, recall_b1, wide};
use super::world::*;
use crate::event::EventBody;
use crate::query::{self, ConsumerStatus};
use crate::transaction::*;
use crate::{Operation, Subject, UnitKey};
use bencao_genesis::*;

/// A sale with changes to its prescription.
pub(super) fn prescribed(bill_type: u16, codes: &[UnitKey], change: impl FnOnce(&mut Prescription)) -> Operation {
    let Operation::Dispense(mut bill) = dispense(bill_type, codes) else { unreachable!() };
    change(bill.prescription.as_mut().unwrap());
    Operation::Dispense(bill)
}

pub(super) fn part(bill_type: u16, code: UnitKey, quantity: u64) -> Operation {
    Operation::DispensePart(DispensePart {
        bill_type,
        bill_time: None,
        prescription: Some(prescription(&[code])),
        customer: Some(bencao_crypto::sm3(b"customer")),
        vaccinator: Some(bencao_crypto::sm3(b"vaccinator")),
        platform: None,
        parts: vec![Part { code, quantity }],
    })
}

pub(super) fn reverse(codes: &[UnitKey]) -> Operation {
    Operation::ReverseSale(ReverseSale { reason: "录入错误".into(), codes: codes.to_vec() })
}

pub(super) fn consumer_return(codes: &[UnitKey]) -> Operation {
    Operation::ConsumerReturn(ConsumerReturn { reason: "包装内缺片".into(), details: None, codes: codes.to_vec() })
}

/// Ten boxes of ten tablets at the pharmacy.
fn at_pharmacy() -> (World, Vec<UnitKey>) {
    let mut world = World::with(wide());
    let (cases, boxes) = world.make_batch("B1", 10);
    world.send_as(M, "S1", ship(W, &cases));
    world.applied(W, receive(M, "S1", &cases));
    world.send_as(W, "S2", ship(P, &boxes));
    world.applied(P, receive(W, "S2", &boxes));
    (world, boxes)
}

fn last_dispensed(world: &World, code: &UnitKey) -> crate::event::Dispensed {
    let events = &world.events[&Subject::Unit(*code)];
    let found = events.iter().rev().find_map(|e| match &e.body {
        EventBody::Dispensed(d) => Some(*d),
        _ => None,
    });
    found.unwrap()
}

#[test]
fn a_box_is_sold_in_parts_up_to_what_it_holds() {
    let (mut world, boxes) = at_pharmacy();
    let code = boxes[0];
    world.applied(P, part(321, code, 60_000));
    let view = world.view(&code);
    assert_eq!((view.state, view.remaining, view.sale_count), ("partial", Some(40_000), 1));
    assert_eq!(view.platform_status, "O");
    assert_eq!(world.refused(P, dispense(321, &[code])), "wrong_state", "not as a whole any more");
    assert_eq!(world.refused(P, ship_as(202, W, &[code], |t| t.reason = Some(ReturnReason::Other))), "wrong_state");
    assert_eq!(world.refused(P2, part(321, code, 1)), "not_custodian");
    assert_eq!(world.refused(P, part(321, code, 0)), "field_form");
    world.applied(P, part(321, code, 39_999));
    world.applied(P, part(321, code, 1));
    let view = world.view(&code);
    assert_eq!((view.state, view.remaining, view.sale_count), ("dispensed", Some(0), 1));
    assert_eq!(world.refused(P, part(321, code, 1)), "already_dispensed");
    assert_eq!(last_dispensed(&world, &code).quantity, Some(1));
    assert_eq!(query::consumer(&code, Some(&view), 0).status, ConsumerStatus::Sold);
    assert_eq!(query::consumer(&code, Some(&view), 0).sale_count, 1, "one package sold once");
}

#[test]
fn what_was_opened_goes_back_ends_and_is_lost_like_the_rest() {
    use super::law_world::{destroy_alone, loss};
    let (mut world, boxes) = at_pharmacy();
    let opened = &boxes[..5];
    opened.iter().for_each(|code| drop(world.applied(P, part(321, *code, 60_000))));
    world.applied(P, loss(214, &opened[..1]));
    world.applied(P, loss(215, &opened[1..2]));
    world.applied(P, destroy_alone(&opened[1..3]));
    let state = |world: &World| opened.iter().map(|code| world.state_of(code)).collect::<Vec<_>>();
    assert_eq!(state(&world), ["lost", "destroyed", "destroyed", "partial", "partial"]);
    // Recalled, it goes back, and is never sold on, not even when its shipment is cancelled.
    assert_eq!(world.refused(P, ship_as(211, W, &opened[3..4], |_| ())), "wrong_state", "not recalled");
    recall_b1(&mut world);
    assert!(world.send_as(P, "R1", ship_as(211, W, &opened[3..], |_| ())).is_applied());
    world.applied(P, super::trade::cancel("R1", &opened[4..]));
    assert_eq!(world.state_of(&opened[4]), "blocked");
    assert!(world.send_as(P, "R2", ship_as(211, W, &opened[4..], |_| ())).is_applied());
    world.applied(W, receive_as(108, P, "R1", &opened[3..4], |_| ()));
    world.applied(W, receive_as(108, P, "R2", &opened[4..], |_| ()));
    assert_eq!(world.view(&opened[4]).custodian.id, org_id(W));
    for code in &opened[3..] {
        assert_eq!((world.state_of(code), world.view(code).remaining), ("blocked", Some(40_000)));
    }
}

/// Hospitals return by 202 (domain §3.1); of what was opened its first part was dispensed, and no rest is recovered.
#[test]
fn opened_goods_go_back_from_a_hospital_and_count_once() {
    let mut world = super::law_world::law_world();
    let (cases, boxes) = world.make_batch("B1", 10);
    world.send_as(M, "S1", ship(H, &cases));
    world.applied(H, receive(M, "S1", &cases));
    world.applied(H, part(323, boxes[0], 60_000));
    let back = |codes: &[UnitKey]| ship_as(202, M, codes, |t| t.reason = Some(ReturnReason::Other));
    assert_eq!(world.refused(H, back(&boxes[..1])), "wrong_state", "nobody buys back the rest");
    world.applied(H, part(323, boxes[3], 60_000));
    world.applied(H, super::law_world::loss(220, &boxes[3..4]));
    assert_eq!(world.refused(H, back(&boxes[3..4])), "wrong_state", "nor once it is damaged");
    world.applied(M, super::law_world::start(super::law_world::recall(1, &["B1"])));
    assert!(world.send_as(H, "R1", back(&boxes[..2])).is_applied());
    world.applied(M, receive_as(103, H, "R1", &boxes[..2], |_| ()));
    assert_eq!((world.state_of(&boxes[0]), world.state_of(&boxes[1])), ("blocked", "blocked"));
    let tally = |n: usize| {
        let batch = crate::state::BatchRef { product: crate::state::ProductNo(1), number: 1 };
        let name = crate::state::key::tally(batch, crate::state::OrgNo(n as u32 + 1));
        crate::state::load::<crate::quality::BatchTally>(&world, &name).unwrap().unwrap_or_default()
    };
    let (maker, hospital) = (tally(M), tally(H));
    assert_eq!((maker.shipped, maker.returned + maker.recovered, hospital.dispensed), (10, 1, 2));
}

#[test]
fn a_sale_is_undone_by_its_seller_for_a_day_and_part_by_part() {
    let (mut world, boxes) = at_pharmacy();
    world.applied(P, dispense(321, &boxes[..1]));
    assert_eq!(world.refused(P2, reverse(&boxes[..1])), "not_seller");
    assert_eq!(world.refused(P, reverse(&boxes[1..2])), "wrong_state");
    world.applied(P, reverse(&boxes[..1]));
    let view = world.view(&boxes[0]);
    assert_eq!((view.state, view.sale_count, view.seller), ("in_stock", 0, None));
    assert_eq!(view.history.last().unwrap().kind, "sale_reversed");
    world.applied(P, dispense(321, &boxes[..1]));
    // Parts: the newest only, and once.
    world.applied(P, part(321, boxes[1], 30_000));
    world.applied(P, part(321, boxes[1], 20_000));
    world.applied(P, reverse(&boxes[1..2]));
    assert_eq!(world.view(&boxes[1]).remaining, Some(70_000));
    assert_eq!(world.refused(P, reverse(&boxes[1..2])), "not_reversible");
    world.applied(P, part(321, boxes[2], 100_000));
    world.applied(P, reverse(&boxes[2..3]));
    assert_eq!((world.state_of(&boxes[2]), world.view(&boxes[2]).remaining), ("in_stock", None));
    // Neither recalled nor expired goods go on sale again by a reversal.
    recall_b1(&mut world);
    assert_eq!(world.refused(P, reverse(&boxes[..1])), "held");
    world.time = START + 335 * DAY;
    assert_eq!(world.refused(P, reverse(&boxes[..1])), "reversal_too_late");
}

#[test]
fn what_a_consumer_brings_back_never_goes_on_sale_again() {
    let (mut world, boxes) = at_pharmacy();
    world.applied(P, dispense(321, &boxes[..1]));
    assert_eq!(world.refused(P2, consumer_return(&boxes[..1])), "not_seller");
    assert_eq!(world.refused(W, consumer_return(&boxes[..1])), "role_not_allowed");
    assert_eq!(world.refused(P, consumer_return(&boxes[1..2])), "wrong_state");
    world.time += 30 * DAY;
    world.applied(P, consumer_return(&boxes[..1]));
    let view = world.view(&boxes[0]);
    assert_eq!((view.state, view.sale_count, view.custodian.id), ("blocked", 1, org_id(P)));
    assert_eq!(view.history.last().unwrap().bill_type, Some(116));
    assert_eq!(world.refused(P, dispense(321, &boxes[..1])), "wrong_state");
    assert_eq!(world.refused(P, reverse(&boxes[..1])), "wrong_state");
    assert_eq!(world.refused(P, consumer_return(&boxes[..1])), "wrong_state", "once");
    assert_eq!(
        world.refused(P, super::law_world::accept(&boxes[..1])),
        "not_acceptable",
        "no inspection makes it saleable"
    );
    // Back to the supplier with the complaint.
    let back = ship_as(202, W, &boxes[..1], |t| t.reason = Some(ReturnReason::Damaged));
    assert!(world.send_as(P, "R1", back).is_applied());
}

/// 《处方管理办法》: one row of a region for any form does not loosen the nation's row for this form.
#[test]
fn a_region_does_not_lengthen_prescriptions_by_a_row_for_any_form() {
    use crate::law::{Chapter, DispensingLaw, SupplyLimit};
    let mut world = World::with(super::refusals::wide_genesis());
    let dose = one_box(&mut world, M, "N", "8900001");
    give(&mut world, &dose, H);
    let limit = SupplyLimit { class: DrugClass::Narcotic, patient: Patient::Ordinary, form: None, days: 30 };
    let limits = [vec![limit], DispensingLaw::default().limits].concat();
    let law = Chapter::Dispensing(DispensingLaw { limits, ..DispensingLaw::default() });
    world.applied(REG, super::refusals::registry::amend(|a| a.chapters = vec![law]));
    let for_days = |days| prescribed(323, &[dose], |p| (p.days, p.quantity) = (Some(days), Some(1_000_000)));
    assert_eq!(world.refused(H, for_days(4)), "days_exceeded");
    world.applied(H, for_days(3));
}

/// A hospital with a case of ten bags of its own preparation, of which no bag is scanned by itself.
fn at_dispensary() -> (World, UnitKey, Vec<UnitKey>) {
    let mut base = super::refusals::wide_genesis();
    let master = &mut base.products[0];
    (master.class, master.details.scan_exempt) = (DrugClass::HospitalPreparation, true);
    (master.holder, master.producer) = (org_id(H), org_id(H));
    let mut world = World::with(base);
    let (cases, boxes) = (cases("B1", 10), boxes_of("B1", 10));
    world.applied(H, Operation::Commission(commission("B1", &cases, &boxes)));
    world.applied(H, Operation::Release(release("B1", 10)));
    (world, cases[0], boxes)
}

#[test]
fn quantities_of_a_package_are_handed_out_where_no_unit_is_scanned() {
    let (mut world, case, boxes) = at_dispensary();
    let all = 10 * 100_000;
    assert_eq!(world.refused(H, dispense(323, &[case])), "not_smallest_unit", "by quantity only");
    assert_eq!(world.refused(H, part(323, case, all + 1)), "quantity_exceeded");
    world.applied(H, part(323, case, 250_000));
    let view = world.view(&case);
    assert_eq!((view.state, view.remaining, view.sale_count), ("partial", Some(750_000), 1));
    // What is inside goes by the package alone: it leaves it neither to be moved, nor sold again, nor sampled.
    assert_eq!((world.state_of(&boxes[0]), world.view(&boxes[0]).sale_count), ("partial", 1));
    assert_eq!(world.refused(H, part(323, boxes[0], 1)), "inside_package");
    assert_eq!(world.refused(H, dispense(323, &boxes[..1])), "wrong_state");
    assert_eq!(world.refused(H, disaggregate(&boxes[..1])), "wrong_state");
    assert_eq!(world.refused(H, super::law_world::destroy_alone(&boxes[..1])), "inside_package");
    // The newest part comes back, then all of it goes.
    world.applied(H, part(323, case, 50_000));
    world.applied(H, reverse(&[case]));
    assert_eq!(world.view(&case).remaining, Some(750_000));
    assert_eq!(world.refused(H, reverse(&boxes[..1])), "inside_package");
    world.applied(H, part(323, case, 750_000));
    assert_eq!(world.refused(H, consumer_return(&boxes[..1])), "inside_package", "it was sold as a whole");
    assert_eq!((world.state_of(&case), world.state_of(&boxes[9])), ("dispensed", "dispensed"));
    assert_eq!(world.refused(H, dispense(323, &boxes[9..])), "already_dispensed");
    let tally: crate::quality::BatchTally = crate::state::load(
        &world,
        &crate::state::key::tally(
            crate::state::BatchRef { product: crate::state::ProductNo(1), number: 1 },
            crate::state::OrgNo(H as u32 + 1),
        ),
    )
    .unwrap()
    .unwrap();
    assert_eq!(tally.dispensed, 10);
}

#[test]
fn a_bag_of_a_package_that_was_brought_back_never_goes_on_sale_again() {
    let (mut world, case, boxes) = at_dispensary();
    world.applied(H, part(323, case, 10 * 100_000));
    world.applied(H, consumer_return(&[case]));
    assert_eq!(world.state_of(&boxes[0]), "blocked");
    assert_eq!(world.refused(H, super::law_world::accept(&boxes[..1])), "inside_package");
    assert_eq!(world.refused(H, super::law_world::accept(&[case])), "not_acceptable");
}

/// Nobody destroys, returns or finds again as many bags of it as it had when it was full.
#[test]
fn what_is_left_of_a_package_ends_as_a_whole() {
    use super::law_world::{destroy_alone, found, loss};
    let (mut world, case, boxes) = at_dispensary();
    world.applied(H, part(323, case, 600_000));
    let mut lost = world.clone();
    world.applied(H, loss(220, &[case]));
    assert_eq!(world.state_of(&boxes[0]), "blocked");
    assert_eq!(world.refused(H, destroy_alone(&boxes)), "inside_package");
    // A hold names the whole, too.
    let doubt = |codes: &[UnitKey]| {
        super::law_world::hold(crate::quality::HoldKind::QualitySuspect, super::law_world::on_codes(codes))
    };
    assert_eq!(world.refused(H, doubt(&boxes[..1])), "inside_package");
    world.applied(H, doubt(&[case]));
    world.applied(H, super::law_world::lift(1));
    world.applied(H, destroy_alone(&[case]));
    lost.applied(H, loss(214, &[case]));
    assert_eq!(lost.refused(H, found(&boxes[..1])), "inside_package");
    lost.applied(H, found(&[case]));
}

#[test]
fn only_products_and_classes_without_scanning_are_handed_out_by_the_package() {
    let (mut world, case, _) = at_dispensary();
    let none = crate::law::DispensingLaw { scan_exempt_classes: vec![], ..Default::default() };
    let law = crate::law::Chapter::Dispensing(none);
    world.applied(REG, super::refusals::registry::amend(|a| a.chapters = vec![law]));
    assert_eq!(world.refused(H, part(323, case, 1)), "not_smallest_unit");
    let (mut world, _) = at_pharmacy();
    let (cases, _) = world.make_batch("B2", 10);
    give(&mut world, &cases[0], P);
    assert_eq!(world.refused(P, part(321, cases[0], 1)), "not_smallest_unit", "its holder claims no exemption");
}

#[test]
fn prescriptions_are_asked_for_by_channel_and_class() {
    let (mut world, boxes) = at_pharmacy();
    let without = |bill_type, code: UnitKey| {
        let Operation::Dispense(mut bill) = dispense(bill_type, &[code]) else { unreachable!() };
        bill.prescription = None;
        Operation::Dispense(bill)
    };
    // 处方药 at a shop and online (先方后药); a hospital's ordinary use asks for none.
    assert_eq!(world.refused(P, without(321, boxes[0])), "prescription_required");
    assert_eq!(world.refused(P, without(326, boxes[0])), "prescription_required");
    give(&mut world, &boxes[1], H);
    world.applied(H, without(323, boxes[1]));
    world.applied(P, dispense(326, &boxes[..1]));
    assert_eq!(last_dispensed(&world, &boxes[0]).keep_until, None);
    // Special drugs at a hospital, with how long the prescription is kept.
    let narcotic = one_box(&mut world, M, "N", "8900001");
    give(&mut world, &narcotic, H);
    assert_eq!(world.refused(H, without(323, narcotic)), "prescription_required");
    world.applied(H, prescribed(323, &[narcotic], |p| p.days = Some(3)));
    assert_eq!(last_dispensed(&world, &narcotic).keep_until, Some(date("2029-11-23")));
    let sedative = one_box(&mut world, M, "S", "8900021");
    give(&mut world, &sedative, H);
    world.applied(H, prescribed(323, &[sedative], |p| p.days = Some(7)));
    assert_eq!(last_dispensed(&world, &sedative).keep_until, Some(date("2028-11-23")));
}

/// Domain §5.4: form × patient → days, 0 being one single dose.
#[test]
fn narcotics_are_limited_by_form_and_patient() {
    let rows = [
        ("注射剂", Patient::Ordinary, 0),
        ("缓释片", Patient::Ordinary, 7),
        ("片剂", Patient::Ordinary, 3),
        ("小容量注射液", Patient::ChronicPain, 3),
        ("控释贴剂", Patient::ChronicPain, 15),
        ("片剂", Patient::ChronicPain, 7),
        ("注射剂", Patient::Inpatient, 1),
        ("片剂", Patient::Inpatient, 1),
    ];
    for (form, patient, days) in rows {
        let mut base = wide();
        base.products[1].dosage_form = form.into();
        let mut world = World::with(base);
        let code = one_box(&mut world, M, "N", "8900001");
        give(&mut world, &code, H);
        let of = |days| prescribed(323, &[code], |p| (p.patient, p.days) = (patient, Some(days)));
        assert_eq!(world.refused(H, of(days + 1)), "days_exceeded", "{form} {patient:?}");
        let alarm = world.outputs.last().unwrap().alarms[0].clone();
        assert_eq!(alarm.kind, crate::oversight::AlarmKind::OverLimit);
        world.applied(H, of(days));
    }
}

/// 《药品管理法》 Art. 61: eight classes never online, whatever the licence says.
#[test]
fn classes_that_are_never_sold_online() {
    use crate::law::{Access, DispensingLaw};
    use DrugClass::*;
    let law = DispensingLaw::default();
    let never = [Vaccine, BloodProduct, Narcotic, PsychotropicI, PsychotropicII, MedicalToxic, Radioactive, Precursor];
    for class in never {
        assert!(law.channels.iter().any(|row| row.class == class && row.online == Access::Forbidden), "{class:?}");
    }
    let (mut world, boxes) = at_pharmacy();
    change_member(&mut world, P, |o| o.licences[0].scope = vec![Chemical, Narcotic, PsychotropicII]);
    // A chain approved for them sells 第二类精神药品, and no other shop.
    let chain = licence(LicenceKind::PsychotropicRetail, &[PsychotropicII], "2028-12-31");
    let sedative = one_box(&mut world, M, "S", "8900021");
    give(&mut world, &sedative, P);
    assert_eq!(world.refused(P, prescribed(326, &[sedative], |p| p.days = Some(1))), "channel_forbidden");
    let minor = prescribed(321, &[sedative], |p| (p.days, p.minor) = (Some(1), true));
    assert_eq!(world.refused(P, minor.clone()), "not_licensed");
    change_member(&mut world, P, |o| o.licences.push(chain));
    assert_eq!(world.refused(P, minor), "minor_patient");
    world.applied(P, prescribed(321, &[sedative], |p| p.days = Some(1)));
    // A narcotic at no shop.
    let narcotic = one_box(&mut world, M, "N", "8900001");
    give(&mut world, &narcotic, P);
    assert_eq!(world.refused(P, dispense(321, &[narcotic])), "channel_forbidden");
    assert_eq!(world.refused(H, dispense(326, &boxes[..1])), "role_not_allowed");
}

#[test]
fn insulin_is_the_exception_of_its_class() {
    for (name, expected) in [("重组人胰岛素注射液", true), ("重组人生长激素", false)] {
        let mut base = wide();
        base.products[0].class = DrugClass::AnabolicOrPeptide;
        base.products[0].generic_name = name.into();
        for index in [M, W, P] {
            base.organisations[index].licences[0].scope = vec![DrugClass::AnabolicOrPeptide];
        }
        base.products.truncate(1);
        let mut world = World::with(base);
        let code = one_box(&mut world, M, "X", "8100001");
        give(&mut world, &code, P);
        let receipt = world.send(P, dispense(321, &[code]));
        assert_eq!(receipt.is_applied(), expected, "{name}");
    }
}

#[test]
fn a_vaccination_names_recipient_and_vaccinator_by_digest() {
    let mut world = World::with(wide());
    let dose = one_box(&mut world, M, "V", "8200001");
    give(&mut world, &dose, SITE);
    for change in [|d: &mut Dispense| d.customer = None, |d: &mut Dispense| d.vaccinator = None] {
        let Operation::Dispense(mut bill) = dispense(322, &[dose]) else { unreachable!() };
        change(&mut bill);
        assert_eq!(world.refused(SITE, Operation::Dispense(bill)), "field_form");
    }
    assert_eq!(world.refused(SITE, dispense(323, &[dose])), "channel_forbidden", "vaccines are vaccinated");
    assert_eq!(world.refused(H, dispense(322, &[dose])), "role_not_allowed");
    // A vial of ten doses, one recipient after the other.
    world.applied(SITE, part(322, dose, 10_000));
    let record = last_dispensed(&world, &dose);
    assert_eq!(record.recipient, Some(bencao_crypto::sm3(b"customer")));
    assert_eq!(record.vaccinator, Some(bencao_crypto::sm3(b"vaccinator")));
    assert_eq!(record.keep_until, Some(date("2032-10-23")), "five years after expiry");
    assert_eq!(world.view(&dose).remaining, Some(90_000));
    assert_eq!(world.refused(SITE, reverse(&[dose])), "not_reversible");
    // Nobody's digest of an ordinary sale is on the ledger.
    let (mut world, boxes) = at_pharmacy();
    world.applied(P, dispense(321, &boxes[..1]));
    assert_eq!(last_dispensed(&world, &boxes[0]).recipient, None);
}

#[test]
fn hospital_preparations_stay_in_their_house_unless_a_transfer_is_approved() {
    let mut world = World::with(wide());
    let code = one_box(&mut world, H, "HP", "8100051");
    assert_eq!(world.refused(H, ship_as(201, W, &[code], |_| ())), "role_not_allowed");
    assert_eq!(world.refused(H, ship_as(209, H2, &[code], |_| ())), "permit_required");
    let approved = |t: &mut ShipTerms| t.permit = "调剂批件 2026-5".into();
    assert!(world.send_as(H, "A1", ship_as(209, H2, &[code], approved)).is_applied());
    world.applied(H2, receive_as(107, H, "A1", &[code], |_| ()));
    world.applied(H2, dispense(323, &[code]));
}

/// T9 for 320, which ends at nobody.
#[test]
fn what_a_prescription_gives_is_not_used_up_in_the_house() {
    use super::trade::move_stock;
    let mut world = World::with(wide());
    let (cases, boxes) = world.make_batch("B1", 20);
    give(&mut world, &cases[0], H);
    world.applied(H, super::world::disaggregate(&boxes[..2]));
    assert_eq!(world.refused(H, move_stock(320, &cases[..1])), "not_smallest_unit");
    world.applied(H, move_stock(320, &boxes[..1]));
    // 处方药 of an ordinary class, but not one that is handed out against a prescription only.
    let narcotic = one_box(&mut world, M, "N", "8900001");
    give(&mut world, &narcotic, H);
    assert_eq!(world.refused(H, move_stock(320, &[narcotic])), "prescription_required");
    let dose = one_box(&mut world, M, "V", "8200001");
    give(&mut world, &dose, SITE);
    assert_eq!(world.refused(SITE, move_stock(320, &[dose])), "channel_forbidden", "vaccines are vaccinated");
    // Within the licence of the day.
    change_member(&mut world, H, |o| o.licences[0].valid_to = date("2026-11-22"));
    assert_eq!(world.refused(H, move_stock(320, &boxes[1..2])), "licence_not_in_force");
}
