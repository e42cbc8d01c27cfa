//! One refusing and one accepting transaction for every rule, differing in what the rule is about; and the order in
//! which rules complain.

use super::world::*;
use crate::custody::{Holds, UnitRecord};
use crate::receipt::{Outcome, Receipt};
use crate::rejection::CATALOGUE;
use crate::state::{BatchRef, OrgNo, ProductNo, StateKey, key, load, to_record};
use crate::transaction::*;
use crate::{Operation, UnitKey};
use bencao_crypto::{Signature, sm3};
use bencao_genesis::*;
use std::collections::BTreeSet;

/// B1 released: case 1 with W (boxes 1–2 taken out for P, 3 for H), case 2 with M. B2 commissioned, not released.
fn stocked() -> World {
    stocked_with(genesis())
}

fn stocked_with(genesis: Genesis) -> World {
    let mut world = World::with(genesis);
    let (cases_1, boxes) = world.make_batch("B1", 20);
    assert!(world.send_as(M, "S1", ship(W, &cases_1[..1])).is_applied());
    world.applied(W, receive(M, "S1", &cases_1[..1]));
    assert!(world.send_as(W, "S2", ship(P, &boxes[..2])).is_applied());
    world.applied(P, receive(W, "S2", &boxes[..2]));
    assert!(world.send_as(W, "S3", ship(H, &boxes[2..3])).is_applied());
    world.applied(H, receive(W, "S3", &boxes[2..3]));
    let unreleased = commission("B2", &cases("B2", 10), &boxes_of("B2", 10));
    world.applied(M, Operation::Commission(unreleased));
    world
}

fn b1(n: u32) -> UnitKey {
    box_code("B1", n)
}

/// Sends with changes to the body.
fn send_changed(
    world: &mut World,
    member: usize,
    operation: Operation,
    change: impl FnOnce(&mut Transaction),
) -> Receipt {
    let (mut body, key) = world.transaction(member, "CHANGED", operation);
    change(&mut body);
    world.submit(&body, &key)
}

fn edit(world: &mut World, unit: &UnitKey, change: impl FnOnce(&mut UnitRecord)) {
    let mut record = world.record(unit);
    change(&mut record);
    world.state.insert(key::unit(unit), to_record(&record));
}

fn new_batch(change: impl FnOnce(&mut Commission)) -> Operation {
    let mut bill = commission("B3", &[case_code("B3", 1)], &boxes_of("B3", 10));
    change(&mut bill);
    Operation::Commission(bill)
}

fn register(change: impl FnOnce(&mut Product)) -> Operation {
    let mut product = product("Y", DrugClass::Chemical, ["8100011", "8100013"], 10);
    change(&mut product);
    Operation::RegisterProduct(RegisterProduct { product })
}

fn released(change: impl FnOnce(&mut Release)) -> Operation {
    let mut operation = release("B2", 10);
    change(&mut operation);
    Operation::Release(operation)
}

fn more_of_b2(parent: Option<UnitKey>, n: u32, change: impl FnOnce(&mut Commission)) -> Operation {
    let mut bill = commission("B2", &[], &boxes_of("B2", 10));
    let code = box_code("B2", n);
    bill.units = vec![CommissionedUnit { code, level: 1, parent, remainder: false }];
    change(&mut bill);
    Operation::Commission(bill)
}

fn ship_type(bill_type: u16) -> Operation {
    let Operation::Ship(mut bill) = ship(P, &[b1(4)]) else { unreachable!() };
    bill.bill_type = bill_type;
    Operation::Ship(bill)
}

type Step = Box<dyn FnOnce(&mut World) -> Receipt>;

struct Row {
    name: &'static str,
    refused: Step,
    accepted: Step,
}

fn row(
    name: &'static str,
    refused: impl FnOnce(&mut World) -> Receipt + 'static,
    accepted: impl FnOnce(&mut World) -> Receipt + 'static,
) -> Row {
    Row { name, refused: Box::new(refused), accepted: Box::new(accepted) }
}

/// What W may do at any time.
fn plain(world: &mut World) -> Receipt {
    world.send(W, ship(P, &[b1(4)]))
}

fn form_rows() -> Vec<Row> {
    vec![
        row("malformed", |w| w.block(&[vec![1, 2, 3]]).receipts[0].clone(), plain),
        row(
            "transaction_too_large",
            |w| {
                let size = w.genesis.limits.transaction_bytes_max as usize + 1;
                w.block(&[vec![0; size]]).receipts[0].clone()
            },
            plain,
        ),
        row("unsupported_version", |w| send_changed(w, W, ship(P, &[b1(4)]), |t| t.version = 2), plain),
        row("wrong_chain", |w| send_changed(w, W, ship(P, &[b1(4)]), |t| t.chain = ChainId::default()), plain),
        row(
            "field_form",
            |w| w.send_as(W, "two words", ship(P, &[b1(4)])),
            |w| w.send_as(W, "单据-1", ship(P, &[b1(4)])),
        ),
        row("field_form", |w| w.send(M, new_batch(|b| b.batch_no = String::new())), |w| w.send(M, new_batch(|_| ()))),
        row("field_form", |w| w.send(M, new_batch(|b| b.declared_units = 0)), |w| w.send(M, new_batch(|_| ()))),
        row("field_form", |w| w.send(M, register(|p| p.approval_number.clear())), |w| w.send(M, register(|_| ()))),
        row(
            "field_form",
            |w| w.send(M, register(|p| p.packages[1].holds = 0)),
            |w| w.send(M, register(|p| p.packages[1].holds = 1)),
        ),
        row("too_many_codes", |w| w.send(W, disaggregate(&vec![b1(4); 3_501])), |w| w.send(W, disaggregate(&[b1(4)]))),
        row("no_codes", |w| w.send(W, ship(P, &[])), plain),
        row("writes_declared", |w| send_changed(w, W, ship(P, &[b1(4)]), |t| t.writes_max = 3), plain),
        row("unknown_organisation", |w| send_changed(w, W, ship(P, &[b1(4)]), |t| t.principal = org_id(99)), plain),
        row(
            "unknown_key",
            |w| {
                let (mut body, _) = w.transaction(W, "K", ship(P, &[b1(4)]));
                let key = signing_key(P, KeyPurpose::Transact);
                body.key = key.public().id();
                w.submit(&body, &key)
            },
            plain,
        ),
        row(
            "key_purpose",
            |w| {
                let key = signing_key(M, KeyPurpose::Transact);
                let (mut body, _) = w.transaction(M, "K", released(|_| ()));
                body.key = key.public().id();
                w.submit(&body, &key)
            },
            |w| w.send(M, released(|_| ())),
        ),
        row(
            "bad_signature",
            |w| {
                w.trusting = false;
                let (body, key) = w.transaction(W, "K", ship(P, &[b1(4)]));
                let mut signed = body.sign(&key);
                let mut bytes = signed.signature.0;
                bytes[40] ^= 1;
                signed.signature = Signature(bytes);
                w.block(&[signed.to_bytes()]).receipts[0].clone()
            },
            |w| {
                w.trusting = false;
                plain(w)
            },
        ),
        row(
            "transaction_expired",
            |w| {
                let now = w.time;
                send_changed(w, W, ship(P, &[b1(4)]), |t| t.valid_until = TimestampMs(now - 1))
            },
            |w| {
                let now = w.time;
                send_changed(w, W, ship(P, &[b1(4)]), |t| t.valid_until = TimestampMs(now))
            },
        ),
        row(
            "valid_until_too_far",
            |w| {
                let latest = w.time + w.genesis.params.valid_until_ahead_ms;
                send_changed(w, W, ship(P, &[b1(4)]), |t| t.valid_until = TimestampMs(latest + 1))
            },
            |w| {
                let latest = w.time + w.genesis.params.valid_until_ahead_ms;
                send_changed(w, W, ship(P, &[b1(4)]), |t| t.valid_until = TimestampMs(latest))
            },
        ),
        row(
            "unknown_mandate",
            |w| {
                let agent = Mandate { agent: org_id(W), number: DocumentNumber("A-1".into()) };
                send_changed(w, W, ship(P, &[b1(4)]), |t| t.mandate = Some(agent))
            },
            plain,
        ),
        row(
            "writes_exceeded",
            |w| send_changed(w, W, ship(P, &[b1(4), b1(5), b1(6), b1(7)]), |t| t.writes_max = 5),
            |w| send_changed(w, W, ship(P, &[b1(4), b1(5), b1(6), b1(7)]), |t| t.writes_max = 6),
        ),
        row(
            "document_number_taken",
            |w| w.send_as(W, "S2", ship(P, &[b1(4)])),
            |w| w.send_as(W, "S4", ship(P, &[b1(4)])),
        ),
    ]
}

fn custody_rows() -> Vec<Row> {
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
                w.send(M, ship(P, &codes[..1]))
            },
            |w| {
                let codes = narcotics(w);
                w.send(M, ship(H, &codes[..1]))
            },
        ),
        row("bill_type_not_allowed", |w| w.send(W, ship_type(209)), |w| w.send(W, ship_type(201))),
        row("bill_type_not_allowed", |w| w.send(P, dispense(326, &[b1(1)])), |w| w.send(P, dispense(321, &[b1(1)]))),
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

fn production_rows() -> Vec<Row> {
    vec![
        row(
            "product_exists",
            |w| w.send(M, register(|p| p.id = ProductId("X".into()))),
            |w| w.send(M, register(|_| ())),
        ),
        row(
            "prefix_taken",
            |w| w.send(M, register(|p| p.packages[0].prefix = "8100001".into())),
            |w| w.send(M, register(|_| ())),
        ),
        row("not_holder", |w| w.send(M, register(|p| p.holder = org_id(W))), |w| w.send(M, register(|_| ()))),
        row("not_holder", |w| w.send(W, released(|_| ())), |w| w.send(M, released(|_| ()))),
        row("role_not_allowed", |w| w.send(W, register(|p| p.holder = org_id(W))), |w| w.send(M, register(|_| ()))),
        row(
            "unknown_producer",
            |w| w.send(M, register(|p| p.producer = org_id(99))),
            |w| w.send(M, register(|p| p.producer = org_id(W))),
        ),
        row(
            "special_prefix",
            |w| w.send(M, register(|p| p.packages[0].prefix = "8900011".into())),
            |w| {
                w.send(
                    M,
                    register(|p| {
                        p.class = DrugClass::Narcotic;
                        p.packages[0].prefix = "8900011".into();
                        p.packages[1].prefix = "8900013".into();
                    }),
                )
            },
        ),
        row(
            "check_digit",
            |w| w.send(M, register(|p| p.standard_code = "86904879000125".into())),
            |w| w.send(M, register(|p| p.standard_code = "86904879000126".into())),
        ),
        row(
            "check_digit",
            |w| w.send(M, register(|p| p.packages[0].prefix = "06924561884075".into())),
            |w| w.send(M, register(|p| p.packages[0].prefix = "06924561884074".into())),
        ),
        row(
            "unknown_prefix",
            |w| w.send(M, new_batch(|b| b.units[0].code = code("81999990000000000001"))),
            |w| w.send(M, new_batch(|_| ())),
        ),
        row("unknown_prefix", |w| w.send(P, dispense(321, &[code("81999990000000000001")])), plain),
        row("code_exists", |w| w.send(M, new_batch(|b| b.units[0].code = b1(1))), |w| w.send(M, new_batch(|_| ()))),
        row(
            "unknown_product",
            |w| w.send(M, new_batch(|b| b.product_id = ProductId("Z".into()))),
            |w| w.send(M, new_batch(|_| ())),
        ),
        row("not_producer", |w| w.send(W, new_batch(|_| ())), |w| w.send(M, new_batch(|_| ()))),
        row(
            "wrong_product",
            |w| w.send(M, new_batch(|b| b.units[0].code = code("89000010000000000001"))),
            |w| w.send(M, new_batch(|_| ())),
        ),
        row("wrong_level", |w| w.send(M, new_batch(|b| b.units[0].level = 2)), |w| w.send(M, new_batch(|_| ()))),
        row(
            "parent_unknown",
            |w| w.send(M, new_batch(|b| b.units[0].parent = Some(case_code("B3", 7)))),
            |w| w.send(M, new_batch(|_| ())),
        ),
        row(
            "parent_level",
            |w| w.send(M, new_batch(|b| b.units[0].parent = Some(b.units[1].code))),
            |w| w.send(M, new_batch(|_| ())),
        ),
        row(
            "parent_full",
            |w| {
                w.send(
                    M,
                    new_batch(|b| {
                        let extra = CommissionedUnit { code: box_code("B3", 11), ..b.units[0] };
                        b.units.push(extra);
                        b.declared_units = 11;
                    }),
                )
            },
            |w| w.send(M, new_batch(|_| ())),
        ),
        row(
            "parent_full",
            |w| {
                w.applied(M, new_batch(|b| b.declared_units = 11));
                w.send(
                    M,
                    new_batch(|b| {
                        b.units = vec![CommissionedUnit { code: box_code("B3", 11), ..b.units[0] }];
                        b.declared_units = 11;
                    }),
                )
            },
            |w| {
                w.applied(M, new_batch(|b| b.units.retain(|u| u.code != box_code("B3", 10))));
                w.send(M, new_batch(|b| b.units.retain(|u| u.code == box_code("B3", 10))))
            },
        ),
        row(
            "batch_differs",
            |w| {
                w.applied(
                    M,
                    new_batch(|b| {
                        b.units.iter_mut().for_each(|u| u.parent = None);
                        b.units.truncate(5);
                    }),
                );
                w.send(M, more(|b| b.expires_on = date("2028-10-23")))
            },
            |w| {
                w.applied(
                    M,
                    new_batch(|b| {
                        b.units.iter_mut().for_each(|u| u.parent = None);
                        b.units.truncate(5);
                    }),
                );
                w.send(M, more(|_| ()))
            },
        ),
        row(
            "batch_closed",
            |w| {
                w.applied(M, released(|_| ()));
                w.send(M, more_of_b2(None, 11, |_| ()))
            },
            |w| {
                w.applied(
                    M,
                    new_batch(|b| {
                        b.units.truncate(9);
                        b.units.iter_mut().for_each(|u| u.parent = None);
                    }),
                );
                w.send(M, more(|_| ()))
            },
        ),
        row(
            "made_in_future",
            |w| w.send(M, new_batch(|b| b.made_on = date("2026-11-24"))),
            |w| w.send(M, new_batch(|b| b.made_on = date("2026-11-23"))),
        ),
        row(
            "expiry_before_production",
            |w| w.send(M, new_batch(|b| b.expires_on = b.made_on)),
            |w| w.send(M, new_batch(|b| b.expires_on = CalendarDate::from_days(b.made_on.days() + 1))),
        ),
        row(
            "count_exceeded",
            |w| w.send(M, new_batch(|b| b.declared_units = 9)),
            |w| w.send(M, new_batch(|b| b.declared_units = 10)),
        ),
        row("unknown_batch", |w| w.send(M, released(|r| r.batch_no = "B8".into())), |w| w.send(M, released(|_| ()))),
        row(
            "already_released",
            |w| {
                w.applied(M, released(|_| ()));
                w.send(M, released(|_| ()))
            },
            |w| w.send(M, released(|_| ())),
        ),
        row(
            "count_incomplete",
            |w| {
                w.applied(M, new_batch(|b| b.declared_units = 11));
                w.send(M, Operation::Release(release("B3", 11)))
            },
            |w| {
                w.applied(M, new_batch(|_| ()));
                w.send(M, Operation::Release(release("B3", 10)))
            },
        ),
        row(
            "packages_incomplete",
            |w| {
                w.applied(M, short_case(false));
                w.send(M, Operation::Release(release("B3", 9)))
            },
            |w| {
                w.applied(M, short_case(true));
                w.send(M, Operation::Release(release("B3", 9)))
            },
        ),
        row(
            "lot_release_required",
            |w| {
                w.applied(M, vaccine());
                w.send(M, Operation::Release(vaccine_release("")))
            },
            |w| {
                w.applied(M, vaccine());
                w.send(M, Operation::Release(vaccine_release("批签中检20260001")))
            },
        ),
        row(
            "parent_batch",
            |w| {
                w.applied(M, short_case(false));
                w.send(M, into_case_of_b3())
            },
            |w| {
                w.applied(M, short_case(true));
                w.send(M, into_case_of_b3())
            },
        ),
        row(
            "too_many_batches",
            |w| {
                w.applied(M, short_case(true));
                edit(w, &case_code("B3", 1), |k| {
                    let content = k.content.as_mut().unwrap();
                    content.batches = (1..=4).map(|number| BatchRef { product: ProductNo(1), number }).collect();
                    content.batches.retain(|b| b.number != 4);
                    content.batches.push(BatchRef { product: ProductNo(1), number: 9 });
                });
                w.send(M, into_case_of_b3())
            },
            |w| {
                w.applied(M, short_case(true));
                w.send(M, into_case_of_b3())
            },
        ),
    ]
}

fn more(change: impl FnOnce(&mut Commission)) -> Operation {
    new_batch(|b| {
        b.units = vec![CommissionedUnit { code: box_code("B3", 10), parent: None, ..b.units[0] }];
        change(b);
    })
}

fn short_case(remainder: bool) -> Operation {
    new_batch(|b| {
        b.units.retain(|u| u.code != box_code("B3", 10));
        b.units.iter_mut().for_each(|u| u.remainder = remainder && u.level == 2);
        b.declared_units = 9;
    })
}

/// One box of a new batch B4 into B3's case.
fn into_case_of_b3() -> Operation {
    new_batch(|b| {
        b.batch_no = "B4".into();
        b.declared_units = 1;
        let code = box_code("B4", 1);
        b.units = vec![CommissionedUnit { code, level: 1, parent: Some(case_code("B3", 1)), remainder: false }];
    })
}

fn vaccine() -> Operation {
    new_batch(|b| {
        b.product_id = ProductId("V".into());
        b.declared_units = 1;
        let code = code("82000010000000000001");
        b.units = vec![CommissionedUnit { code, level: 1, parent: None, remainder: false }];
    })
}

fn vaccine_release(lot_release: &str) -> Release {
    Release { product_id: ProductId("V".into()), lot_release: lot_release.into(), ..release("B3", 1) }
}

/// Commissions and releases two boxes of a narcotic.
fn narcotics(world: &mut World) -> Vec<UnitKey> {
    let codes = vec![code("89000010000000000001"), code("89000010000000000002")];
    let bill = new_batch(|b| {
        b.product_id = ProductId("N".into());
        b.declared_units = 2;
        let unit = |code: &UnitKey| CommissionedUnit { code: *code, level: 1, parent: None, remainder: false };
        b.units = codes.iter().map(unit).collect();
    });
    world.applied(M, bill);
    world.applied(M, Operation::Release(Release { product_id: ProductId("N".into()), ..release("B3", 2) }));
    codes
}

fn change_org(world: &mut World, member: usize, change: impl FnOnce(&mut crate::registry::OrganisationRecord)) {
    let name = key::organisation(OrgNo(member as u32 + 1));
    let mut record = load(&*world, &name).unwrap().unwrap();
    change(&mut record);
    world.state.insert(name, to_record(&record));
}

#[test]
fn every_rule_refuses_and_lets_its_twin_pass() {
    let mut base = genesis();
    base.products.push(product("V", DrugClass::Vaccine, ["8200001", "8200003"], 10));
    let mut covered = BTreeSet::new();
    for row in form_rows().into_iter().chain(custody_rows()).chain(production_rows()) {
        let mut world = stocked_with(base.clone());
        let before = world.state.clone();
        let receipt = (row.refused)(&mut world);
        assert_eq!(refusal_name(&receipt), row.name);
        assert_eq!(receipt.events, 0);
        let output = world.outputs.last().unwrap();
        let beyond = |k: &&StateKey| !(k.key[0] == 5 || (k.key[0] == 0 && k.key[1] == 1));
        assert_eq!(output.writes.keys().find(beyond), None, "{}: only live id and alarm layer", row.name);
        assert!(!before.is_empty());
        let mut world = stocked_with(base.clone());
        let receipt = (row.accepted)(&mut world);
        assert!(receipt.is_applied(), "{}: {:?}", row.name, receipt.outcome);
        covered.insert(row.name);
    }
    // Tested by themselves below and in the codes module.
    let elsewhere = ["key_not_valid", "block_full", "internal", "not_a_trace_code"];
    let missing: Vec<_> = CATALOGUE.iter().map(|r| r.name).filter(|n| !covered.contains(n)).collect();
    assert_eq!(missing, elsewhere);
}

#[test]
fn keys_count_by_height() {
    let mut genesis = genesis();
    genesis.organisations[W].keys[0].valid_to = Some(Height(9));
    let mut world = stocked_with(genesis);
    assert_eq!(world.context().height, Height(10), "one block a step so far");
    let receipt = plain(&mut world);
    assert_eq!(refusal_name(&receipt), "key_not_valid");
    assert!(!receipt.settles());
}

#[test]
fn declared_writes_beyond_the_block_wait_for_another() {
    let mut genesis = genesis();
    genesis.limits.block_writes_max = 20_000;
    let mut world = stocked_with(genesis);
    let bytes: Vec<Vec<u8>> = [4, 5, 6]
        .iter()
        .map(|n| {
            let (mut body, key) = world.transaction(W, &format!("F{n}"), ship(P, &[b1(*n)]));
            body.writes_max = 10_000;
            body.sign(&key).to_bytes()
        })
        .collect();
    let receipts = world.block(&bytes).receipts.clone();
    assert!(receipts[0].is_applied() && receipts[1].is_applied());
    assert_eq!(refusal_name(&receipts[2]), "block_full");
    assert!(!receipts[2].settles());
    assert!(world.block(&bytes[2..]).receipts[0].is_applied(), "the same bytes, later");
}

/// A view that panics once, inside the rules.
struct Panicking<'a>(&'a World, StateKey);

impl crate::StateView for Panicking<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, crate::ViewError> {
        assert!(*key != self.1, "deliberate");
        self.0.get(key)
    }

    fn scan(&self, from: &StateKey, to: &StateKey, limit: usize) -> Result<Vec<(StateKey, Vec<u8>)>, crate::ViewError> {
        self.0.scan(from, to, limit)
    }
}

#[test]
fn a_panic_in_one_transaction_leaves_the_others_alone() {
    let mut world = stocked();
    let bad = world.transaction(W, "BAD", ship(P, &[b1(4)]));
    let good = world.transaction(P, "GOOD", dispense(321, &[b1(1)]));
    let bytes: Vec<Vec<u8>> = [bad, good].iter().map(|(body, key)| body.sign(key).to_bytes()).collect();
    let slices: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
    let view = Panicking(&world, key::unit(&b1(4)));
    let output = crate::execute_block(&view, &world.context(), &slices, &Trusting).unwrap();
    assert_eq!(refusal_name(&output.receipts[0]), "internal");
    assert!(output.receipts[1].is_applied());
}

#[test]
fn the_first_failing_check_decides() {
    let mut world = stocked();
    // Wrong chain and wrong codes count: chain first. Unknown organisation before key, key before signature.
    let receipt = send_changed(&mut world, W, ship(P, &[]), |t| t.chain = ChainId::default());
    assert_eq!(refusal_name(&receipt), "wrong_chain");
    // Sold and in somebody else's custody: the sale is said.
    world.applied(P, dispense(321, &[b1(1)]));
    assert_eq!(world.refused(W, ship(H, &[b1(1)])), "already_dispensed");
    // Not released and not mine: custody first.
    assert_eq!(world.refused(W, ship(H, &[box_code("B2", 1)])), "not_custodian");
    // The first bad code of the bill decides, in the order of the bill.
    let receipt = world.send(W, ship(P, &[b1(4), b1(99), b1(1)]));
    let Outcome::Rejected(refusal) = receipt.outcome else { panic!() };
    assert_eq!(refusal.args[0], crate::Arg::Code(b1(99)));
    assert_eq!(world.view(&b1(4)).state, "in_stock", "all or nothing");
}

#[test]
fn only_what_a_vaccine_may_do() {
    let mut base = genesis();
    base.products.push(product("V", DrugClass::Vaccine, ["8200001", "8200003"], 10));
    let mut world = stocked_with(base);
    let dose = code("82000010000000000001");
    world.applied(M, vaccine());
    world.applied(M, Operation::Release(vaccine_release("批签1")));
    assert_eq!(world.refused(M, ship(SITE, &[dose])), "route_not_allowed", "a site is supplied by a CDC only");
    assert_eq!(world.refused(M, ship(W, &[dose])), "route_not_allowed");
    assert!(world.send_as(M, "V1", ship(CDC, &[dose])).is_applied());
    world.applied(CDC, receive(M, "V1", &[dose]));
    assert!(world.send_as(CDC, "V2", ship(SITE, &[dose])).is_applied());
    world.applied(SITE, receive(CDC, "V2", &[dose]));
    world.applied(SITE, dispense(322, &[dose]));
    assert_eq!(world.refused(H, dispense(321, &[dose])), "already_dispensed");
    assert_eq!(sm3(b"").0.len(), 32);
}
