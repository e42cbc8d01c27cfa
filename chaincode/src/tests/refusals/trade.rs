//! Two-phase transfer, returns, the border and orders: 3030 and above.

use super::super::law_world::{accept, pack, recall, sscc, start};
use super::super::trade::*;
use super::registry::{filing, one_port, refile};
use super::*;
use crate::registry::{FilingKind, LicenceAction};
use crate::transaction::{OrderRef, RefusalReason, ShipTerms};

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

/// An agreement of the wholesaler with its keeper; orders of these tests stand until the last day of 2026.
fn agreement_until(day: &str) -> Operation {
    filing(FilingKind::StorageAgreement, W, |f| (f.related, f.valid_to) = (Some(org_id(KEEPER)), date(day)))
}

fn preparation_permit(class: DrugClass) -> Licence {
    licence(LicenceKind::PreparationPermit, &[class], "2028-12-31")
}

/// Two boxes of the wholesaler at its keeper, with an order to sell the first.
fn kept(w: &mut World) -> [UnitKey; 2] {
    let boxes = [b1(4), b1(5)];
    assert!(w.send_as(W, "T1", ship_as(203, KEEPER, &boxes, |_| ())).is_applied());
    w.applied(KEEPER, receive_as(104, W, "T1", &boxes, |_| ()));
    agree(w, W);
    assert!(w.send_as(W, "O1", instruct(223, KEEPER, P, &boxes[..1])).is_applied());
    boxes
}

fn by_order(codes: &[UnitKey], number: &'static str) -> Operation {
    ship_as(201, P, codes, move |t| under_order(t, W, number))
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

fn through(trader: usize) -> impl FnOnce(&mut ShipTerms) {
    move |terms| terms.through = Some(org_id(trader))
}

/// W agrees that goods which it buys of one go straight to another.
fn agreed(w: &mut World, sender: usize, receiver: usize, product: &str) {
    let Operation::Instruct(mut word) = instruct(207, sender, receiver, &[]) else { unreachable!() };
    word.product_id = Some(ProductId(product.into()));
    assert!(w.send_as(W, "DO1", Operation::Instruct(word)).is_applied());
}

fn agreed_through(trader: usize) -> impl FnOnce(&mut ShipTerms) {
    move |terms| {
        under_order(terms, trader, "DO1");
        terms.through = Some(org_id(trader));
    }
}

fn listed(member: usize) -> Operation {
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
        row(
            "not_supplier",
            |w| w.send(P, ship_as(202, M, &[b1(1)], returned)),
            |w| w.send(P, ship_as(202, W, &[b1(1)], returned)),
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
        row(
            "unknown_order",
            |w| {
                let codes = kept(w);
                w.send(KEEPER, by_order(&codes[..1], "O9"))
            },
            |w| {
                let codes = kept(w);
                w.send(KEEPER, by_order(&codes[..1], "O1"))
            },
        ),
        row(
            "order_differs",
            |w| {
                let codes = kept(w);
                w.send(KEEPER, by_order(&codes, "O1"))
            },
            |w| {
                let codes = kept(w);
                w.send(KEEPER, by_order(&codes[..1], "O1"))
            },
        ),
        row(
            "order_done",
            |w| {
                let codes = kept(w);
                w.send_as(KEEPER, "K1", by_order(&codes[..1], "O1"));
                w.applied(KEEPER, cancel("K1", &codes[..1]));
                w.send(KEEPER, by_order(&codes[..1], "O1"))
            },
            |w| {
                let codes = kept(w);
                w.send(KEEPER, by_order(&codes[..1], "O1"))
            },
        ),
        row(
            "order_expired",
            |w| {
                let codes = kept(w);
                w.time = 1_798_732_800_000;
                w.send(KEEPER, by_order(&codes[..1], "O1"))
            },
            |w| {
                let codes = kept(w);
                w.time = 1_798_732_799_999;
                w.send(KEEPER, by_order(&codes[..1], "O1"))
            },
        ),
        row(
            "designation_required",
            |w| {
                let dose = one_box(w, M, "V", "8200001");
                w.send(M, ship_as(209, SITE, &[dose], |_| ()))
            },
            |w| {
                let dose = one_box(w, M, "V", "8200001");
                w.send_as(CDC, "Z1", instruct(209, M, SITE, &[]));
                let number = DocumentNumber("Z1".into());
                w.send(M, ship_as(209, SITE, &[dose], |t| t.order = Some(OrderRef { by: org_id(CDC), number })))
            },
        ),
        // 直调: the firm in between has a word of its own in it, and no vaccine passes through anybody.
        row(
            "drop_shipment_order",
            |w| w.send(M, ship_as(207, P, &[case_code("B1", 2)], through(W))),
            |w| {
                agreed(w, M, P, "X");
                w.send(M, ship_as(207, P, &[case_code("B1", 2)], agreed_through(W)))
            },
        ),
        row(
            "route_not_allowed",
            |w| {
                let dose = one_box(w, M, "V", "8200001");
                agreed(w, M, CDC, "V");
                w.send(M, ship_as(207, CDC, &[dose], agreed_through(W)))
            },
            |w| {
                let dose = one_box(w, M, "V", "8200001");
                agreed(w, M, CDC, "V");
                w.send(M, ship_as(201, CDC, &[dose], |_| ()))
            },
        ),
        row(
            "field_form",
            |w| w.send(W, instruct(207, M, P, &[])),
            |w| w.send(W, instruct(207, M, P, &[case_code("B1", 2)])),
        ),
        // 委托销售: what came from the consignor, by a keeper that may keep it.
        row(
            "not_kept_for",
            |w| {
                let codes = kept(w);
                agree(w, M);
                assert!(w.send_as(M, "O2", instruct(223, KEEPER, P, &codes[..1])).is_applied());
                w.send(KEEPER, ship_as(201, P, &codes[..1], |t| under_order(t, M, "O2")))
            },
            |w| {
                let codes = kept(w);
                w.send(KEEPER, by_order(&codes[..1], "O1"))
            },
        ),
        row(
            "out_of_scope",
            |w| {
                let codes = kept(w);
                change_member(w, KEEPER, |o| o.licences[0].scope = vec![DrugClass::Narcotic]);
                w.send(KEEPER, by_order(&codes[..1], "O1"))
            },
            |w| {
                let codes = kept(w);
                w.send(KEEPER, by_order(&codes[..1], "O1"))
            },
        ),
        // 严重违法失信: neither the consignor nor the firm in between.
        row(
            "barred",
            |w| {
                let codes = kept(w);
                w.applied(SAMR, listed(W));
                w.send(KEEPER, by_order(&codes[..1], "O1"))
            },
            |w| {
                let codes = kept(w);
                w.applied(SAMR, listed(P2));
                w.send(KEEPER, by_order(&codes[..1], "O1"))
            },
        ),
        row(
            "barred",
            |w| {
                agreed(w, M, P, "X");
                w.applied(SAMR, listed(W));
                w.send(M, ship_as(207, P, &[case_code("B1", 2)], agreed_through(W)))
            },
            |w| {
                agreed(w, M, P, "X");
                w.applied(SAMR, listed(P2));
                w.send(M, ship_as(207, P, &[case_code("B1", 2)], agreed_through(W)))
            },
        ),
        row(
            "barred",
            |w| {
                w.applied(SAMR, listed(W));
                w.send(W, instruct(223, KEEPER, P, &[b1(4)]))
            },
            |w| {
                agree(w, W);
                w.applied(SAMR, listed(W));
                w.send(W, instruct(222, KEEPER, P, &[b1(4)]))
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
            "unknown_party",
            |w| w.send(M, ship_as(207, P, &[case_code("B1", 2)], through(M))),
            |w| {
                agreed(w, M, P, "X");
                w.send(M, ship_as(207, P, &[case_code("B1", 2)], agreed_through(W)))
            },
        ),
        row(
            "unknown_party",
            |w| w.send(W, instruct(223, 99, P, &[b1(4)])),
            |w| {
                agree(w, W);
                w.send(W, instruct(223, KEEPER, P, &[b1(4)]))
            },
        ),
        // 委托储存、运输协议: with this keeper, until the order's last day (《药品管理法》 Art. 35).
        row(
            "agreement_required",
            |w| w.send(W, instruct(223, KEEPER, P, &[b1(4)])),
            |w| {
                agree(w, W);
                w.send(W, instruct(223, KEEPER, P, &[b1(4)]))
            },
        ),
        row(
            "agreement_required",
            |w| {
                agree(w, W);
                w.send(W, instruct(222, M, P, &[b1(4)]))
            },
            |w| {
                agree(w, W);
                w.send(W, instruct(222, KEEPER, P, &[b1(4)]))
            },
        ),
        row(
            "agreement_required",
            |w| {
                w.applied(W, agreement_until("2026-12-30"));
                w.send(W, instruct(120, KEEPER, P, &[b1(4)]))
            },
            |w| {
                w.applied(W, agreement_until("2026-12-31"));
                w.send(W, instruct(120, KEEPER, P, &[b1(4)]))
            },
        ),
        // An agreement that has ended ends the orders under it.
        row(
            "agreement_required",
            |w| {
                let boxes = kept(w);
                w.applied(W, refile(FilingKind::StorageAgreement, W, LicenceAction::Revoke));
                w.send(KEEPER, by_order(&boxes[..1], "O1"))
            },
            |w| {
                let boxes = kept(w);
                w.send(KEEPER, by_order(&boxes[..1], "O1"))
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
        row(
            "owners_differ",
            |w| {
                let kept = kept(w);
                let own = box_code("B1", 12);
                w.applied(M, disaggregate(&[own]));
                assert!(w.send_as(M, "T9", ship(KEEPER, &[own])).is_applied());
                w.applied(KEEPER, receive(M, "T9", &[own]));
                w.send(KEEPER, pack(sscc(1), &[kept[0], own]))
            },
            |w| {
                let kept = kept(w);
                w.send(KEEPER, pack(sscc(1), &kept))
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
