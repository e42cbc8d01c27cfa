//! Orders to keepers, agreements, drop shipments and transfers: 3038 and above.

use super::super::law_world::{MAKER, NOTARY, destroy, destroy_alone, pack, propose, sscc};
use super::super::trade::*;
use super::registry::{filing, refile};
use super::trade::listed;
use super::*;
use crate::registry::{FilingKind, LicenceAction};
use crate::transaction::{CountersignedBill, ShipTerms};

/// An agreement of the wholesaler with its keeper; orders of these tests stand until the last day of 2026.
fn agreement_until(day: &str) -> Operation {
    filing(FilingKind::StorageAgreement, W, |f| (f.related, f.valid_to) = (Some(org_id(KEEPER)), date(day)))
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

/// The same of a wholesaler that is frozen since.
fn kept_for_frozen(w: &mut World) -> [UnitKey; 2] {
    let boxes = kept(w);
    change_member(w, W, |o| o.holds = Holds::REGULATOR_FREEZE);
    boxes
}

/// A box of the wholesaler that its keeper has sold, by its order or without.
fn sold_by_keeper(w: &mut World, ordered: bool) -> UnitKey {
    let boxes = kept(w);
    let (code, sale) = match ordered {
        true => (boxes[0], by_order(&boxes[..1], "O1")),
        false => (boxes[1], ship(P, &boxes[1..])),
    };
    assert!(w.send_as(KEEPER, "K1", sale).is_applied());
    code
}

fn by_order(codes: &[UnitKey], number: &'static str) -> Operation {
    ship_as(201, P, codes, move |t| under_order(t, W, number))
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

/// A box of a hospital's preparation, made under contract.
fn preparation_of(w: &mut World, hospital: usize) -> UnitKey {
    let mut made = product("HC", DrugClass::HospitalPreparation, ["8100061", "8100063"], 10);
    (made.holder, made.producer) = (org_id(hospital), org_id(MAKER));
    let class = [DrugClass::HospitalPreparation];
    change_member(w, MAKER, |o| o.licences = vec![licence(LicenceKind::DrugProduction, &class, "2028-12-31")]);
    w.applied(hospital, super::registry::coding(&["8100061", "8100063"]));
    w.applied(hospital, Operation::RegisterProduct(RegisterProduct { product: made }));
    w.applied(hospital, super::super::law_world::contract("HC", "2027-12-31"));
    w.applied(MAKER, super::super::law_world::one_box("HC", "8100061", "P1"));
    w.applied(MAKER, super::super::law_world::go("HC", "P1", |_| ()));
    w.applied(hospital, super::super::law_world::go("HC", "P1", |_| ()));
    code(&format!("8100061{:013}", 1))
}

pub(super) fn order_rows() -> Vec<Row> {
    vec![
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
        // Nobody sells for a listed firm what is kept for it, with its order or without.
        row(
            "barred",
            |w| {
                let boxes = kept(w);
                w.applied(SAMR, listed(W));
                w.send(KEEPER, ship(P, &boxes[1..]))
            },
            |w| {
                let boxes = kept(w);
                w.applied(SAMR, listed(W));
                w.send(KEEPER, ship_as(203, W, &boxes[1..], |_| ()))
            },
        ),
        // Nor for a suspended one: what is seized with a firm is what lies with its keeper, too (《药品管理法》 Art. 100).
        row(
            "held",
            |w| {
                let boxes = kept(w);
                change_member(w, W, |o| o.holds = Holds::LICENCE_LOCK);
                w.send(KEEPER, ship(P, &boxes[1..]))
            },
            |w| {
                let boxes = kept(w);
                w.send(KEEPER, ship(P, &boxes[1..]))
            },
        ),
        // It is not moved on either; what goes back to its supplier goes.
        row(
            "held",
            |w| {
                let boxes = kept_for_frozen(w);
                w.send(KEEPER, ship_as(203, W2, &boxes[1..], |_| ()))
            },
            |w| {
                let boxes = kept_for_frozen(w);
                w.send(KEEPER, ship_as(202, M, &boxes[1..], returned))
            },
        ),
        row(
            "held",
            |w| {
                let boxes = kept_for_frozen(w);
                w.send(KEEPER, move_stock(112, &boxes[1..]))
            },
            |w| {
                let boxes = kept(w);
                w.send(KEEPER, move_stock(112, &boxes[1..]))
            },
        ),
        row(
            "countersignature_required",
            |w| {
                let boxes = kept_for_frozen(w);
                w.send(KEEPER, destroy_alone(&boxes[1..]))
            },
            |w| {
                let boxes = kept_for_frozen(w);
                let operation = propose(w, NOTARY, CountersignedBill::Destroy(destroy(&boxes[1..])));
                w.send(KEEPER, operation)
            },
        ),
        // Nor does it arrive, in whose name ever it was sold; refused, it is back with the keeper.
        row(
            "party_suspended",
            |w| {
                let code = sold_by_keeper(w, true);
                change_member(w, W, |o| o.holds = Holds::LICENCE_LOCK);
                w.send(P, receive(KEEPER, "K1", &[code]))
            },
            |w| {
                let code = sold_by_keeper(w, true);
                w.send(P, receive(KEEPER, "K1", &[code]))
            },
        ),
        row(
            "party_suspended",
            |w| {
                let code = sold_by_keeper(w, false);
                change_member(w, W, |o| o.holds = Holds::LICENCE_LOCK);
                w.send(P, receive(KEEPER, "K1", &[code]))
            },
            |w| {
                let code = sold_by_keeper(w, false);
                change_member(w, W, |o| o.holds = Holds::LICENCE_LOCK);
                w.send(P, refuse(KEEPER, "K1", &[code]))
            },
        ),
        row(
            "barred",
            |w| {
                w.applied(SAMR, listed(M));
                w.send(M, ship(W2, &[box_code("B1", 12)]))
            },
            |w| {
                let code = preparation_of(w, H);
                w.applied(SAMR, listed(H));
                w.send(MAKER, ship(H, &[code]))
            },
        ),
        // 委托配制: who makes a preparation hands it to its holder, and to no other institution.
        row(
            "route_not_allowed",
            |w| {
                let code = preparation_of(w, H);
                w.send(MAKER, ship(H2, &[code]))
            },
            |w| {
                let code = preparation_of(w, H);
                w.send(MAKER, ship(H, &[code]))
            },
        ),
        row(
            "route_not_allowed",
            |w| {
                let code = preparation_of(w, H);
                w.send(MAKER, export(&[code]))
            },
            |w| {
                let code = one_box(w, M, "L", "8100031");
                w.send(M, export(&[code]))
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
