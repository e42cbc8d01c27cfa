//! Two-phase transfer, returns, the border and orders: 3030 and above.

use super::super::law_world::{accept, recall, start};
use super::super::trade::*;
use super::registry::one_port;
use super::*;
use crate::governance::Standing;
use crate::transaction::RefusalReason;

/// A vaccine on its way to a CDC.
fn cooling(w: &mut World) -> UnitKey {
    let dose = one_box(w, M, "V", "8200001");
    assert!(w.send_as(M, "V1", ship(CDC, &[dose])).is_applied());
    dose
}

fn warm(evidence: &mut crate::transaction::Evidence) {
    cooled(evidence);
    evidence.temperature.as_mut().unwrap().highest = 95;
}

/// A box on its way of a product that is kept at 2–8 °C by its master data, though not by its class.
fn chilled(w: &mut World) {
    within_degrees(w);
    w.send_as(W, "S5", ship(P, &[b1(4)]));
}

/// A box of 放射性药品 at the wholesaler; the hospital may use it.
fn radioactive(w: &mut World) -> UnitKey {
    let code = one_box(w, M, "S", "8900021");
    give(w, &code, W);
    super::dispensing::reclassed(w, "S", W, DrugClass::Radioactive);
    let kind = LicenceKind::RadioactiveUse;
    change_member(w, H, |o| o.licences.push(licence(kind, &[DrugClass::Radioactive], "2028-12-31")));
    code
}

fn preparation_permit(class: DrugClass) -> Licence {
    licence(LicenceKind::PreparationPermit, &[class], "2028-12-31")
}

/// Two boxes from W to P, the first refused.
fn disputed(w: &mut World) {
    assert!(w.send_as(W, "S8", ship(P, &[b1(4), b1(5)])).is_applied());
    w.applied(P, refuse(W, "S8", &[b1(4)]));
}

pub(super) fn from_abroad(w: &mut World) -> UnitKey {
    w.applied(ABROAD, super::super::law_world::responsible(org_id(W)));
    let code = one_box(w, ABROAD, "F", "8100041");
    assert!(w.send_as(ABROAD, "I1", ship(W, &[code])).is_applied());
    code
}

/// A box that P refused, and W took back.
fn back_at_sender(w: &mut World, reason: RefusalReason) {
    assert!(w.send_as(W, "S8", ship(P, &[b1(4)])).is_applied());
    let Operation::Refuse(mut bill) = refuse(W, "S8", &[b1(4)]) else { unreachable!() };
    bill.reason = reason;
    w.applied(P, Operation::Refuse(bill));
    w.applied(W, take_back("S8", &[b1(4)]));
}

pub(super) fn listed(member: usize) -> Operation {
    super::registry::list(member, crate::oversight::PublicList::SeriousViolation)
}

/// A vaccine of M, for a site that the CDC has named.
fn designated(w: &mut World) -> UnitKey {
    let dose = one_box(w, M, "V", "8200001");
    assert!(w.send_as(CDC, "Z1", instruct(209, M, SITE, &[])).is_applied());
    dose
}

fn narcotic_at_regional(w: &mut World) -> Vec<UnitKey> {
    let codes = narcotics(w);
    assert!(w.send_as(M, "N1", ship_as(201, W, &codes, permitted)).is_applied());
    w.applied(W, receive(M, "N1", &codes));
    codes
}

pub(super) fn trade_rows() -> Vec<Row> {
    let mut rows = receipt_rows();
    rows.extend(shipment_rows());
    rows.extend(border_rows());
    rows
}

fn receipt_rows() -> Vec<Row> {
    vec![
        row(
            "delivery_note_required",
            |w| {
                w.send_as(W, "S5", ship(P, &[b1(4)]));
                w.send(P, receive_as(102, W, "S5", &[b1(4)], |e| e.delivery_note = None))
            },
            |w| {
                w.send_as(W, "S5", ship(P, &[b1(4)]));
                w.send(P, receive(W, "S5", &[b1(4)]))
            },
        ),
        row(
            "temperature_required",
            |w| {
                let dose = cooling(w);
                w.send(CDC, receive(M, "V1", &[dose]))
            },
            |w| {
                let dose = cooling(w);
                w.send(CDC, receive_as(102, M, "V1", &[dose], cooled))
            },
        ),
        row(
            "temperature_out_of_range",
            |w| {
                let dose = cooling(w);
                w.send(CDC, receive_as(102, M, "V1", &[dose], warm))
            },
            |w| {
                let dose = cooling(w);
                w.send(CDC, receive_as(102, M, "V1", &[dose], cooled))
            },
        ),
        row(
            "temperature_out_of_range",
            |w| {
                let dose = cooling(w);
                w.send(CDC, receive_as(102, M, "V1", &[dose], warm))
            },
            // Recalled, it comes back as it is.
            |w| {
                let dose = cooling(w);
                w.applied(CDC, receive_as(102, M, "V1", &[dose], cooled));
                let product_id = ProductId("V".into());
                w.applied(M, start(StartRecall { product_id, ..recall(1, &["Z1"]) }));
                assert!(w.send_as(CDC, "RC", ship_as(202, M, &[dose], returned)).is_applied());
                w.send(M, receive_as(103, CDC, "RC", &[dose], warm))
            },
        ),
        row(
            "temperature_required",
            |w| {
                chilled(w);
                w.send(P, receive(W, "S5", &[b1(4)]))
            },
            |w| {
                chilled(w);
                w.send(P, receive_as(102, W, "S5", &[b1(4)], cooled))
            },
        ),
        row(
            "temperature_out_of_range",
            |w| {
                chilled(w);
                w.send(P, receive_as(102, W, "S5", &[b1(4)], warm))
            },
            |w| {
                chilled(w);
                w.send(P, receive_as(102, W, "S5", &[b1(4)], cooled))
            },
        ),
        row(
            "not_licensed",
            |w| {
                let code = radioactive(w);
                w.send(W, ship(H, &[code]))
            },
            |w| {
                let code = radioactive(w);
                let kind = LicenceKind::RadioactiveTrade;
                change_member(w, W, |o| o.licences.push(licence(kind, &[DrugClass::Radioactive], "2028-12-31")));
                w.send(W, ship(H, &[code]))
            },
        ),
        row(
            "not_licensed",
            |w| {
                super::registry::urgently_imported(w, H2);
                w.send(W, ship(H, &[b1(4)]))
            },
            |w| {
                super::registry::urgently_imported(w, H);
                w.send(W, ship(H, &[b1(4)]))
            },
        ),
        row(
            "wrong_receipt",
            |w| {
                w.send_as(W, "S5", ship(P, &[b1(4)]));
                w.send(P, receive_as(104, W, "S5", &[b1(4)], |_| ()))
            },
            |w| {
                w.send_as(W, "S5", ship_as(203, P, &[b1(4)], |_| ()));
                w.send(P, receive_as(104, W, "S5", &[b1(4)], |_| ()))
            },
        ),
        row(
            "not_remainder",
            |w| {
                w.send_as(M, "S6", ship(W, &[case_code("B1", 2)]));
                w.send(W, receive_as(106, M, "S6", &[case_code("B1", 2)], |_| ()))
            },
            |w| {
                let (cases, _) = w.make_batch("B7", 5);
                w.send_as(M, "S6", ship(W, &cases));
                w.send(W, receive_as(106, M, "S6", &cases, |_| ()))
            },
        ),
        row(
            "import_papers_required",
            |w| {
                let code = from_abroad(w);
                w.send(W, receive(ABROAD, "I1", &[code]))
            },
            |w| {
                let code = from_abroad(w);
                w.send(W, receive_as(102, ABROAD, "I1", &[code], cleared))
            },
        ),
        // 允许药品进口的口岸 (Art. 64).
        row(
            "port_not_approved",
            |w| {
                let code = from_abroad(w);
                one_port(w, "乌鲁木齐口岸");
                w.send(W, receive_as(102, ABROAD, "I1", &[code], cleared))
            },
            |w| {
                let code = from_abroad(w);
                one_port(w, "上海口岸");
                w.send(W, receive_as(102, ABROAD, "I1", &[code], cleared))
            },
        ),
        // 口岸检验 (Art. 68).
        row(
            "import_inspection_required",
            |w| {
                let code = from_abroad(w);
                super::dispensing::reclassed(w, "F", W, DrugClass::Biological);
                w.send(W, receive_as(102, ABROAD, "I1", &[code], cleared))
            },
            |w| {
                let code = from_abroad(w);
                super::dispensing::reclassed(w, "F", W, DrugClass::Biological);
                let inspected = |e: &mut crate::transaction::Evidence| {
                    cleared(e);
                    e.import.as_mut().unwrap().inspection_report = Some(sm3("口岸检验报告".as_bytes()));
                };
                w.send(W, receive_as(102, ABROAD, "I1", &[code], inspected))
            },
        ),
        row(
            "permit_required",
            |w| {
                let code = from_abroad(w);
                super::dispensing::reclassed(w, "F", W, DrugClass::Narcotic);
                w.send(W, receive_as(102, ABROAD, "I1", &[code], cleared))
            },
            |w| {
                let code = from_abroad(w);
                super::dispensing::reclassed(w, "F", W, DrugClass::Narcotic);
                let permitted = |e: &mut crate::transaction::Evidence| {
                    cleared(e);
                    e.import.as_mut().unwrap().permit = "进口准许证 2026-1".into();
                };
                w.send(W, receive_as(102, ABROAD, "I1", &[code], permitted))
            },
        ),
    ]
}

fn shipment_rows() -> Vec<Row> {
    vec![
        // 208: only who makes drugs of the class uses them up in making; a hospital its own preparations, and what goes
        // into these under its 制剂许可证.
        row(
            "not_licensed",
            |w| w.send(H, move_stock(208, &[b1(3)])),
            |w| {
                let own = one_box(w, H, "HP", "8100051");
                w.send(H, move_stock(208, &[own]))
            },
        ),
        row(
            "out_of_scope",
            |w| {
                change_member(w, H, |o| o.licences.push(preparation_permit(DrugClass::Narcotic)));
                w.send(H, move_stock(208, &[b1(3)]))
            },
            |w| {
                change_member(w, H, |o| o.licences.push(preparation_permit(DrugClass::Chemical)));
                w.send(H, move_stock(208, &[b1(3)]))
            },
        ),
        row(
            "out_of_scope",
            |w| {
                let codes = narcotics(w);
                change_org(w, M, |o| o.licences[0].scope = vec![DrugClass::Chemical]);
                w.send(M, move_stock(208, &codes))
            },
            |w| {
                let codes = narcotics(w);
                w.send(M, move_stock(208, &codes))
            },
        ),
        // T8: what was refused as damaged or too warm is not sold again.
        row(
            "not_acceptable",
            |w| {
                within_degrees(w);
                back_at_sender(w, RefusalReason::Temperature);
                w.send(W, accept(&[b1(4)]))
            },
            |w| {
                back_at_sender(w, RefusalReason::Documents);
                w.send(W, accept(&[b1(4)]))
            },
        ),
        row(
            "not_acceptable",
            |w| {
                back_at_sender(w, RefusalReason::Damaged);
                w.send(W, accept(&[b1(4)]))
            },
            |w| {
                back_at_sender(w, RefusalReason::WrongGoods);
                w.send(W, accept(&[b1(4)]))
            },
        ),
        row(
            "retired",
            |w| {
                w.applied(P, move_stock(320, &[b1(1)]));
                w.send(P, dispense(321, &[b1(1)]))
            },
            |w| {
                w.applied(P, move_stock(320, &[b1(1)]));
                w.send(P, dispense(321, &[b1(2)]))
            },
        ),
        row(
            "code_voided",
            |w| {
                edit(w, &b1(1), |u| u.lifecycle = crate::custody::Lifecycle::Voided);
                w.send(P, dispense(321, &[b1(1)]))
            },
            |w| w.send(P, dispense(321, &[b1(1)])),
        ),
        row(
            "party_suspended",
            |w| {
                change_org(w, P, |o| o.holds = Holds::REGULATOR_FREEZE);
                plain(w)
            },
            |w| {
                change_org(w, P, |o| o.holds = Holds::QUALITY_SUSPECT);
                plain(w)
            },
        ),
        // Who was suspended since it shipped hands nothing over; what it gives back arrives (《药品管理法》 Art. 100).
        row(
            "party_suspended",
            |w| {
                w.send_as(W, "S5", ship(P, &[b1(4)]));
                change_member(w, W, |o| o.holds = Holds::REGULATOR_FREEZE);
                w.send(P, receive(W, "S5", &[b1(4)]))
            },
            |w| {
                w.send_as(P, "R5", ship_as(202, W, &[b1(1)], returned));
                change_member(w, P, |o| o.holds = Holds::REGULATOR_FREEZE);
                w.send(W, receive_as(103, P, "R5", &[b1(1)], |_| ()))
            },
        ),
        row(
            "not_supplier",
            |w| w.send(P, ship_as(202, M, &[b1(1)], returned)),
            |w| w.send(P, ship_as(202, W, &[b1(1)], returned)),
        ),
        // Institutions have no 211: what is recalled goes by 202 to who recalls it, or to a supplier whose licence has
        // ended (《药品管理法》 Art. 82).
        row(
            "not_supplier",
            |w| w.send(H, ship_as(202, M, &[b1(3)], returned)),
            |w| {
                recall_b1(w);
                w.send(H, ship_as(202, M, &[b1(3)], returned))
            },
        ),
        row(
            "not_licensed",
            |w| {
                change_member(w, W, |o| o.licences.clear());
                w.send(H, ship_as(202, W, &[b1(3)], returned))
            },
            |w| {
                recall_b1(w);
                change_member(w, W, |o| o.licences.clear());
                w.send(H, ship_as(202, W, &[b1(3)], returned))
            },
        ),
        row(
            "not_licensed",
            |w| {
                w.send_as(H, "R5", ship_as(202, W, &[b1(3)], returned));
                change_member(w, W, |o| o.licences.clear());
                w.send(W, receive_as(103, H, "R5", &[b1(3)], |_| ()))
            },
            |w| {
                w.send_as(H, "R5", ship_as(202, W, &[b1(3)], returned));
                recall_b1(w);
                change_member(w, W, |o| o.licences.clear());
                w.send(W, receive_as(103, H, "R5", &[b1(3)], |_| ()))
            },
        ),
        row(
            "not_recalled",
            |w| w.send(P, ship_as(211, W, &[b1(1)], |_| ())),
            |w| {
                recall_b1(w);
                w.send(P, ship_as(211, W, &[b1(1)], |_| ()))
            },
        ),
        row(
            "permit_required",
            |w| {
                let codes = narcotics(w);
                w.send(M, ship(W, &codes))
            },
            |w| {
                let codes = narcotics(w);
                w.send(M, ship_as(201, W, &codes, permitted))
            },
        ),
        // 邮寄证明: one parcel each; a 运输证明 serves for its term.
        row(
            "permit_used",
            |w| {
                let codes = narcotics(w);
                w.applied(M, ship_as(201, W, &codes[..1], posted));
                w.send(M, ship_as(201, W, &codes[1..], posted))
            },
            |w| {
                let codes = narcotics(w);
                w.applied(M, ship_as(201, W, &codes[..1], permitted));
                w.send(M, ship_as(201, W, &codes[1..], permitted))
            },
        ),
        row(
            "field_form",
            |w| {
                let codes = narcotics(w);
                w.send(M, ship_as(201, W, &codes, |t| t.postal = true))
            },
            |w| {
                let codes = narcotics(w);
                w.send(M, ship_as(201, W, &codes, posted))
            },
        ),
        row(
            "shipment_answered",
            |w| {
                disputed(w);
                w.send(W, cancel("S8", &[b1(5)]))
            },
            |w| {
                w.send_as(W, "S8", ship(P, &[b1(4), b1(5)]));
                w.send(W, cancel("S8", &[b1(5)]))
            },
        ),
        // Nobody is waited for longer than the law says, nor for who was removed.
        row(
            "shipment_answered",
            |w| {
                disputed(w);
                w.time += 30 * DAY - 2_001;
                w.send(W, cancel("S8", &[b1(5)]))
            },
            |w| {
                disputed(w);
                w.time += 30 * DAY - 2_000;
                w.send(W, cancel("S8", &[b1(5)]))
            },
        ),
        row(
            "shipment_answered",
            |w| {
                disputed(w);
                change_member(w, P, |o| o.standing = Standing::Suspended);
                w.send(W, cancel("S8", &[b1(5)]))
            },
            |w| {
                disputed(w);
                change_member(w, P, |o| o.standing = Standing::Removed);
                w.send(W, cancel("S8", &[b1(5)]))
            },
        ),
        row(
            "not_disputed",
            |w| {
                disputed(w);
                w.send(W, take_back("S8", &[b1(5)]))
            },
            |w| {
                disputed(w);
                w.send(W, take_back("S8", &[b1(4)]))
            },
        ),
        row(
            "loss_accepted",
            |w| {
                disputed(w);
                w.applied(W, accept_loss(W, "S8", &[b1(4)]));
                w.send(W, accept_loss(W, "S8", &[b1(4)]))
            },
            |w| {
                disputed(w);
                w.applied(W, accept_loss(W, "S8", &[b1(4)]));
                w.send(P, accept_loss(W, "S8", &[b1(4)]))
            },
        ),
        // 接种单位 (《疫苗管理法》 Art. 44).
        row(
            "not_licensed",
            |w| {
                let dose = designated(w);
                change_member(w, SITE, |o| o.licences.retain(|l| l.kind != LicenceKind::VaccinationPoint));
                w.send(M, ship_as(209, SITE, &[dose], |t| under_order(t, CDC, "Z1")))
            },
            |w| {
                let dose = designated(w);
                change_member(w, SITE, |o| o.licences.retain(|l| l.kind == LicenceKind::VaccinationPoint));
                w.send(M, ship_as(209, SITE, &[dose], |t| under_order(t, CDC, "Z1")))
            },
        ),
        // 调剂 (《药品管理法》 Art. 76): an approval in force of sender or receiver, besides its number.
        row(
            "permit_required",
            |w| {
                let code = one_box(w, H, "HP", "8100051");
                w.send(H, ship_as(209, H2, &[code], |_| ()))
            },
            |w| {
                let code = one_box(w, H, "HP", "8100051");
                w.send(H, ship_as(209, H2, &[code], permitted))
            },
        ),
        row(
            "not_licensed",
            |w| {
                let code = one_box(w, H, "HP", "8100051");
                change_member(w, H, |o| o.licences.retain(|l| l.kind != LicenceKind::PreparationTransfer));
                w.send(H, ship_as(209, H2, &[code], permitted))
            },
            |w| {
                let code = one_box(w, H, "HP", "8100051");
                let kind = LicenceKind::PreparationTransfer;
                change_member(w, H, |o| o.licences.retain(|l| l.kind != kind));
                let approval = licence(kind, &[DrugClass::HospitalPreparation], "2028-12-31");
                change_member(w, H2, |o| o.licences.push(approval));
                w.send(H, ship_as(209, H2, &[code], permitted))
            },
        ),
        // 临床急需 is not handed on by transfer either (Art. 65).
        row(
            "route_not_allowed",
            |w| {
                super::registry::urgently_imported(w, H);
                w.send(P, ship_as(203, P2, &[b1(1)], |_| ()))
            },
            |w| {
                super::registry::urgently_imported(w, H);
                w.send(W, ship_as(203, KEEPER, &[b1(4)], |_| ()))
            },
        ),
        row(
            "other_province",
            |w| {
                let codes = narcotic_at_regional(w);
                w.send(W, ship_as(201, H2, &codes, permitted))
            },
            |w| {
                let codes = narcotic_at_regional(w);
                w.send(W, ship_as(201, H, &codes, permitted))
            },
        ),
        row(
            "transfer_pair",
            |w| w.send(P, ship_as(203, M, &[b1(1)], |_| ())),
            |w| w.send(P, ship_as(203, P2, &[b1(1)], |_| ())),
        ),
        // What is kept for another goes back to it, whatever its trade: no wholesaler transfers to a holder of its own.
        row(
            "transfer_pair",
            |w| w.send(W, ship_as(203, M, &[b1(4)], |_| ())),
            |w| {
                let code = case_code("B1", 2);
                assert!(w.send_as(M, "T9", ship_as(203, KEEPER, &[code], |_| ())).is_applied());
                w.applied(KEEPER, receive_as(104, M, "T9", &[code], |_| ()));
                w.send(KEEPER, ship_as(203, M, &[code], |_| ()))
            },
        ),
    ]
}

fn border_rows() -> Vec<Row> {
    vec![
        row(
            "responsible_required",
            |w| {
                let code = one_box(w, ABROAD, "F", "8100041");
                w.send(ABROAD, ship(W, &[code]))
            },
            |w| {
                w.applied(ABROAD, super::super::law_world::responsible(org_id(W)));
                let code = one_box(w, ABROAD, "F", "8100041");
                w.send(ABROAD, ship(W, &[code]))
            },
        ),
        row(
            "not_an_import",
            |w| {
                w.send_as(W, "S5", ship(P, &[b1(4)]));
                w.send(P, reject_import(W, "S5", &[b1(4)]))
            },
            |w| {
                let code = from_abroad(w);
                w.send(W, reject_import(ABROAD, "I1", &[code]))
            },
        ),
        row(
            "export_documents",
            |w| {
                let herb = one_box(w, M, "C", "8100021");
                w.send(M, export(&[herb]))
            },
            |w| {
                let herb = one_box(w, M, "C", "8100021");
                let Operation::Export(mut bill) = export(&[herb]) else { unreachable!() };
                (bill.quarantine, bill.traceability) = (Some(sm3(b"q")), Some(sm3(b"t")));
                w.send(M, Operation::Export(bill))
            },
        ),
    ]
}
