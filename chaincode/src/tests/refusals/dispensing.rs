//! Dispensing: 6010 and above.

use super::super::dispensing::{consumer_return, part, prescribed, reverse};
use super::super::trade::*;
use super::registry::{filing, urgently_imported};
use super::*;
use crate::registry::FilingKind;

/// A box of a psychotropic drug of class II at the hospital.
fn sedative(w: &mut World) -> UnitKey {
    let code = one_box(w, M, "S", "8900021");
    give(w, &code, H);
    code
}

/// Two of them.
fn sedatives(w: &mut World) -> Vec<UnitKey> {
    let codes = vec![code("89000210000000000011"), code("89000210000000000012")];
    let unit = |code: &UnitKey| CommissionedUnit { code: *code, level: 1, parent: None, remainder: false };
    let mut bill = commission("Z2", &[], &codes);
    (bill.product_id, bill.units) = (ProductId("S".into()), codes.iter().map(unit).collect());
    w.applied(M, Operation::Commission(bill));
    w.applied(M, Operation::Release(Release { product_id: ProductId("S".into()), ..release("Z2", 2) }));
    codes.iter().for_each(|code| give(w, code, H));
    codes
}

/// All on one and the same prescription, for two boxes and a week.
fn on_paper(codes: &[UnitKey]) -> Operation {
    prescribed(323, codes, |p| (p.number, p.days, p.quantity) = (sm3(b"paper"), Some(7), Some(200_000)))
}

fn unprescribed(bill_type: u16, codes: &[UnitKey]) -> Operation {
    let Operation::Dispense(mut bill) = dispense(bill_type, codes) else { unreachable!() };
    bill.prescription = None;
    Operation::Dispense(bill)
}

/// The same of 医疗用毒性药品, at a hospital that may use it.
fn toxic(w: &mut World) -> UnitKey {
    let code = sedative(w);
    reclassed(w, "S", H, DrugClass::MedicalToxic);
    code
}

/// A product becomes one of `class`, which all licences of a member cover.
pub(super) fn reclassed(w: &mut World, product_id: &str, member: usize, class: DrugClass) {
    change_member(w, member, |o| o.licences.iter_mut().for_each(|l| l.scope.push(class)));
    for number in 1..20 {
        let name = key::product(ProductNo(number));
        let Some(mut product) = load::<crate::registry::ProductRecord>(&*w, &name).unwrap() else { break };
        if product.master.id.0 == product_id {
            product.master.class = class;
            w.state.insert(name, to_record(&product));
        }
    }
}

/// Product X is of foreign approval from now on, for `institution` alone; the hospital has a box of it.
fn urgent(w: &mut World, institution: usize) {
    give(w, &b1(1), H);
    urgently_imported(w, institution);
}

fn online_as(bill_type: u16, platform: usize, codes: &[UnitKey]) -> Operation {
    let Operation::Dispense(mut bill) = dispense(bill_type, codes) else { unreachable!() };
    bill.platform = Some(org_id(platform));
    Operation::Dispense(bill)
}

fn online(platform: usize, codes: &[UnitKey]) -> Operation {
    online_as(326, platform, codes)
}

fn sold(w: &mut World) {
    w.applied(P, dispense(321, &[b1(1)]));
}

pub(super) fn dispensing_rows() -> Vec<Row> {
    let mut rows = channel_rows();
    rows.extend(quantity_rows());
    rows
}

fn channel_rows() -> Vec<Row> {
    vec![
        row(
            "channel_forbidden",
            |w| {
                let code = one_box(w, M, "S", "8900021");
                give(w, &code, P);
                w.send(P, dispense(326, &[code]))
            },
            |w| w.send(P, dispense(326, &[b1(1)])),
        ),
        // 药品网络销售报告 (《药品管理法》 Art. 61).
        row(
            "not_licensed",
            |w| {
                give(w, &b1(1), P2);
                w.send(P2, dispense(326, &[b1(1)]))
            },
            |w| w.send(P, dispense(326, &[b1(1)])),
        ),
        // A platform sells only for whom it admitted, and only while it is on file (Art. 62).
        row(
            "not_admitted",
            |w| w.send(P, online(PLATFORM, &[b1(1)])),
            |w| {
                w.applied(PLATFORM, filing(FilingKind::PlatformAdmission, P, |_| ()));
                w.send(P, online(PLATFORM, &[b1(1)]))
            },
        ),
        row(
            "not_admitted",
            |w| {
                w.applied(
                    PLATFORM,
                    filing(FilingKind::PlatformAdmission, P, |f| f.classes = vec![DrugClass::Biological]),
                );
                w.send(P, online(PLATFORM, &[b1(1)]))
            },
            |w| {
                w.applied(
                    PLATFORM,
                    filing(FilingKind::PlatformAdmission, P, |f| f.classes = vec![DrugClass::Chemical]),
                );
                w.send(P, online(PLATFORM, &[b1(1)]))
            },
        ),
        row("not_licensed", |w| w.send(P, online(MARKET, &[b1(1)])), |w| w.send(P, dispense(326, &[b1(1)]))),
        row("field_form", |w| w.send(P, online_as(321, PLATFORM, &[b1(1)])), |w| w.send(P, dispense(321, &[b1(1)]))),
        row(
            "review_required",
            |w| w.send(P, prescribed(321, &[b1(1)], |p| p.reviewer = None)),
            |w| w.send(P, dispense(321, &[b1(1)])),
        ),
        row(
            "own_preparation_only",
            |w| {
                let code = one_box(w, H, "HP", "8100051");
                give(w, &code, H2);
                w.send(H2, dispense(323, &[code]))
            },
            |w| {
                let code = one_box(w, H, "HP", "8100051");
                w.send(H, dispense(323, &[code]))
            },
        ),
        row(
            "minor_patient",
            |w| {
                let code = sedative(w);
                w.send(H, prescribed(323, &[code], |p| (p.minor, p.days) = (true, Some(7))))
            },
            |w| {
                let code = sedative(w);
                w.send(H, prescribed(323, &[code], |p| p.days = Some(7)))
            },
        ),
        row(
            "days_not_stated",
            |w| {
                let code = sedative(w);
                w.send(H, dispense(323, &[code]))
            },
            |w| {
                let code = sedative(w);
                w.send(H, prescribed(323, &[code], |p| p.days = Some(0)))
            },
        ),
        row(
            "days_exceeded",
            |w| {
                let code = sedative(w);
                w.send(H, prescribed(323, &[code], |p| p.days = Some(8)))
            },
            |w| {
                let code = sedative(w);
                w.send(H, prescribed(323, &[code], |p| p.days = Some(7)))
            },
        ),
        // A prescription is filled once in its term, for no more than it states.
        row(
            "quantity_not_stated",
            |w| {
                let code = sedative(w);
                w.send(H, prescribed(323, &[code], |p| (p.days, p.quantity) = (Some(7), None)))
            },
            |w| {
                let code = sedative(w);
                w.send(H, prescribed(323, &[code], |p| (p.days, p.quantity) = (Some(7), Some(100_000))))
            },
        ),
        row(
            "prescription_exceeded",
            |w| {
                let code = sedative(w);
                w.send(H, prescribed(323, &[code], |p| (p.days, p.quantity) = (Some(7), Some(99_999))))
            },
            |w| {
                let code = sedative(w);
                w.send(H, prescribed(323, &[code], |p| (p.days, p.quantity) = (Some(7), Some(100_000))))
            },
        ),
        row(
            "prescription_used",
            |w| {
                let codes = sedatives(w);
                w.applied(H, on_paper(&codes[..1]));
                w.time += 7 * DAY - 2_000;
                w.send(H, on_paper(&codes[1..]))
            },
            |w| {
                let codes = sedatives(w);
                w.applied(H, on_paper(&codes[..1]));
                w.time += 7 * DAY - 1_000;
                w.send(H, on_paper(&codes[1..]))
            },
        ),
        // What is taken back frees it.
        row(
            "prescription_used",
            |w| {
                let codes = sedatives(w);
                w.applied(H, on_paper(&codes));
                w.applied(H, reverse(&codes[..1]));
                w.send(H, on_paper(&codes[..1]))
            },
            |w| {
                let codes = sedatives(w);
                w.applied(H, on_paper(&codes));
                w.applied(H, reverse(&codes[..1]));
                w.applied(H, reverse(&codes[1..]));
                w.send(H, on_paper(&codes[..1]))
            },
        ),
        // Pharmacy and hospital in one sell over the counter as a pharmacy.
        row(
            "prescription_required",
            |w| {
                change_member(w, H, |o| o.roles.push(Role::Pharmacy));
                w.send(H, unprescribed(321, &[b1(3)]))
            },
            |w| {
                change_member(w, H, |o| o.roles.push(Role::Pharmacy));
                w.send(H, unprescribed(323, &[b1(3)]))
            },
        ),
        row(
            "review_required",
            |w| {
                change_member(w, H, |o| o.roles.push(Role::Pharmacy));
                w.send(H, prescribed(321, &[b1(3)], |p| p.reviewer = None))
            },
            |w| w.send(H, prescribed(321, &[b1(3)], |p| p.reviewer = None)),
        ),
        // 接种单位 (《疫苗管理法》 Art. 44).
        row(
            "not_licensed",
            |w| {
                let dose = one_box(w, M, "V", "8200001");
                give(w, &dose, SITE);
                change_member(w, SITE, |o| o.licences.retain(|l| l.kind != LicenceKind::VaccinationPoint));
                w.send(SITE, dispense(322, &[dose]))
            },
            |w| {
                let dose = one_box(w, M, "V", "8200001");
                give(w, &dose, SITE);
                w.send(SITE, dispense(322, &[dose]))
            },
        ),
        row(
            "not_licensed",
            |w| {
                urgent(w, H2);
                w.send(H, dispense(323, &[b1(1)]))
            },
            |w| {
                urgent(w, H);
                w.send(H, dispense(323, &[b1(1)]))
            },
        ),
        row(
            "days_exceeded",
            |w| {
                let code = toxic(w);
                w.send(H, prescribed(323, &[code], |p| p.days = Some(3)))
            },
            |w| {
                let code = toxic(w);
                w.send(H, prescribed(323, &[code], |p| p.days = Some(2)))
            },
        ),
    ]
}

fn quantity_rows() -> Vec<Row> {
    vec![
        row(
            "content_not_declared",
            |w| {
                let name = key::product(ProductNo(1));
                let mut product: crate::registry::ProductRecord = load(&*w, &name).unwrap().unwrap();
                product.master.content = 0;
                w.state.insert(name, to_record(&product));
                w.send(P, part(321, b1(1), 30_000))
            },
            |w| w.send(P, part(321, b1(1), 30_000)),
        ),
        row(
            "quantity_exceeded",
            |w| {
                w.applied(P, part(321, b1(1), 70_000));
                w.send(P, part(321, b1(1), 30_001))
            },
            |w| {
                w.applied(P, part(321, b1(1), 70_000));
                w.send(P, part(321, b1(1), 30_000))
            },
        ),
        row(
            "not_seller",
            |w| {
                sold(w);
                w.send(P2, consumer_return(&[b1(1)]))
            },
            |w| {
                sold(w);
                w.send(P, consumer_return(&[b1(1)]))
            },
        ),
        row(
            "reversal_too_late",
            |w| {
                sold(w);
                w.time += DAY;
                w.send(P, reverse(&[b1(1)]))
            },
            |w| {
                sold(w);
                // The sale's block is a second before.
                w.time += DAY - 1_000;
                w.send(P, reverse(&[b1(1)]))
            },
        ),
        row(
            "not_reversible",
            |w| {
                let dose = one_box(w, M, "V", "8200001");
                give(w, &dose, SITE);
                w.applied(SITE, dispense(322, &[dose]));
                w.send(SITE, reverse(&[dose]))
            },
            |w| {
                sold(w);
                w.send(P, reverse(&[b1(1)]))
            },
        ),
    ]
}
