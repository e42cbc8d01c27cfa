//! Custody and dispensing: 3xxx and 6xxx.

use super::*;

pub(super) fn custody_rows() -> Vec<Row> {
    vec![
        row("code_repeated", |w| w.send(W, ship(P, &[b1(4), b1(4)])), |w| w.send(W, ship(P, &[b1(4), b1(5)]))),
        row("unknown_code", |w| w.send(W, ship(P, &[b1(99)])), plain),
        row("not_custodian", |w| w.send(M, ship(W, &[b1(4)])), plain),
        row(
            "in_transit",
            |w| {
                w.send(W, ship(P, &[b1(4)]));
                w.send(W, ship(H, &[b1(4)]))
            },
            plain,
        ),
        row(
            "not_released",
            |w| w.send(M, ship(W, &[case_code("B2", 1)])),
            |w| w.send(M, ship(W, &[case_code("B1", 2)])),
        ),
        row(
            "expired",
            |w| {
                w.time = START + 335 * DAY;
                w.send(W, ship(H, &[b1(4)]))
            },
            |w| {
                w.time = START + 334 * DAY;
                w.send(W, ship(H, &[b1(4)]))
            },
        ),
        row(
            "not_designated_receiver",
            |w| {
                w.send_as(W, "S5", ship(P, &[b1(4)]));
                w.send(P2, receive(W, "S5", &[b1(4)]))
            },
            |w| {
                w.send_as(W, "S5", ship(P, &[b1(4)]));
                w.send(P, receive(W, "S5", &[b1(4)]))
            },
        ),
        row(
            "held",
            |w| {
                edit(w, &case_code("B1", 1), |k| k.holds = Holds::REGULATOR_FREEZE);
                w.send(W, ship(P, &[b1(4)]))
            },
            plain,
        ),
        row(
            "holds_held_unit",
            |w| {
                edit(w, &case_code("B1", 1), |k| k.content.as_mut().unwrap().held = 1);
                w.send(W, ship(H, &[case_code("B1", 1)]))
            },
            |w| w.send(W, ship(H, &[case_code("B1", 1)])),
        ),
        row("role_not_allowed", |w| w.send(P, ship(H, &[b1(1)])), plain),
        row("role_not_allowed", |w| w.send(P, dispense(323, &[b1(1)])), |w| w.send(H, dispense(323, &[b1(3)]))),
        row(
            "not_licensed",
            |w| {
                change_org(w, P2, |o| o.licences.clear());
                w.send(W, ship(P2, &[b1(4)]))
            },
            |w| w.send(W, ship(P2, &[b1(4)])),
        ),
        row(
            "licence_not_in_force",
            |w| {
                // The pharmacy's licence ends on 2026-12-31, at midnight in UTC+8.
                w.time = 1_798_732_800_000;
                w.send(W, ship(P, &[b1(4)]))
            },
            |w| {
                w.time = 1_798_732_799_999;
                w.send(W, ship(P, &[b1(4)]))
            },
        ),
        row(
            "out_of_scope",
            |w| {
                change_org(w, W, |o| o.licences[0].scope = vec![DrugClass::Narcotic]);
                plain(w)
            },
            plain,
        ),
        row("unknown_receiver", |w| w.send(W, ship(99, &[b1(4)])), plain),
        row("receiver_is_sender", |w| w.send(W, ship(W, &[b1(4)])), plain),
        row(
            "unknown_shipment",
            |w| w.send(P, receive(W, "S9", &[b1(1)])),
            |w| {
                w.send_as(W, "S9", ship(P, &[b1(4)]));
                w.send(P, receive(W, "S9", &[b1(4)]))
            },
        ),
        row(
            "not_in_shipment",
            |w| w.send(P, receive(W, "S2", &[b1(1)])),
            |w| {
                w.send_as(W, "S9", ship(P, &[b1(4)]));
                w.send(P, receive(W, "S9", &[b1(4)]))
            },
        ),
        row(
            "inside_package",
            |w| {
                w.send_as(M, "S6", ship(W, &[case_code("B1", 2)]));
                w.send(W, receive(M, "S6", &[b1(11)]))
            },
            |w| {
                w.send_as(M, "S6", ship(W, &[case_code("B1", 2)]));
                w.send(W, receive(M, "S6", &[case_code("B1", 2)]))
            },
        ),
        row(
            "not_verified",
            |w| {
                w.send_as(W, "S5", ship(P, &[b1(4)]));
                let Operation::Receive(mut bill) = receive(W, "S5", &[b1(4)]) else { unreachable!() };
                bill.verified = false;
                w.send(P, Operation::Receive(bill))
            },
            |w| {
                w.send_as(W, "S5", ship(P, &[b1(4)]));
                w.send(P, receive(W, "S5", &[b1(4)]))
            },
        ),
        row("not_packed", |w| w.send(P, disaggregate(&[b1(1)])), |w| w.send(W, disaggregate(&[b1(4)]))),
        row(
            "route_not_allowed",
            |w| {
                let codes = narcotics(w);
                w.send(M, ship_as(201, P, &codes[..1], permitted))
            },
            |w| {
                let codes = narcotics(w);
                w.send(M, ship_as(201, W, &codes[..1], permitted))
            },
        ),
        row("bill_type_not_allowed", |w| w.send(W, ship_type(205)), |w| w.send(W, ship_type(201))),
        row("bill_type_not_allowed", |w| w.send(P, dispense(214, &[b1(1)])), |w| w.send(P, dispense(321, &[b1(1)]))),
        row(
            "empty_package",
            |w| {
                let inside: Vec<UnitKey> = (4..=10).map(b1).collect();
                w.applied(W, disaggregate(&inside));
                w.send(W, ship(H, &[case_code("B1", 1)]))
            },
            |w| {
                let inside: Vec<UnitKey> = (5..=10).map(b1).collect();
                w.applied(W, disaggregate(&inside));
                w.send(W, ship(H, &[case_code("B1", 1)]))
            },
        ),
        row(
            "wrong_state",
            |w| {
                edit(w, &b1(1), |u| u.lifecycle = crate::custody::Lifecycle::Blocked);
                w.send(P, dispense(321, &[b1(1)]))
            },
            |w| w.send(P, dispense(321, &[b1(1)])),
        ),
        row(
            "already_dispensed",
            |w| {
                w.send(P, dispense(321, &[b1(1)]));
                w.send(P, dispense(321, &[b1(1)]))
            },
            |w| w.send(P, dispense(321, &[b1(1)])),
        ),
        row(
            "not_smallest_unit",
            |w| {
                w.send_as(W, "S5", ship(H, &[case_code("B1", 1)]));
                w.applied(H, receive(W, "S5", &[case_code("B1", 1)]));
                w.send(H, dispense(323, &[case_code("B1", 1)]))
            },
            |w| {
                w.send_as(W, "S5", ship(H, &[case_code("B1", 1)]));
                w.applied(H, receive(W, "S5", &[case_code("B1", 1)]));
                w.send(H, dispense(323, &[b1(4)]))
            },
        ),
        row(
            "prescription_required",
            |w| {
                let Operation::Dispense(mut bill) = dispense(321, &[b1(1)]) else { unreachable!() };
                bill.prescription = None;
                w.send(P, Operation::Dispense(bill))
            },
            |w| w.send(P, dispense(321, &[b1(1)])),
        ),
    ]
}
