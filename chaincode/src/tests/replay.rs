//! Replays, document numbers and live ids (D5).

use super::world::*;
use crate::limits::WRITES_MIN;
use crate::receipt::Outcome;
use crate::state::key;
use bencao_genesis::TimestampMs;

fn live_ids(world: &World) -> usize {
    world.state.keys().filter(|k| k.key[..2] == [0, 1]).count()
}

#[test]
fn an_applied_transaction_met_again_gives_the_first_receipt() {
    let mut world = World::new();
    let (cases, _) = world.make_batch("B1", 10);
    let (body, key) = world.transaction(M, "S1", ship(W, &cases));
    let first = world.submit(&body, &key);
    assert!(first.is_applied() && first.settles());
    let second = world.submit(&body, &key);
    assert!(matches!(second.outcome, Outcome::Repeated(e) if e.position == first.position));
    assert!(!second.settles(), "the first receipt stays the one that counts");
    // The same operation signed anew is another transaction with the same result.
    let mut renewed = body.clone();
    renewed.valid_until = TimestampMs(renewed.valid_until.0 + 1);
    let third = world.submit(&renewed, &key);
    assert!(matches!(third.outcome, Outcome::Repeated(e) if e.transaction == first.transaction));
    assert!(third.settles());
    assert!(world.outputs.last().unwrap().writes.is_empty());
    assert_eq!(live_ids(&world), 0, "an applied document protects itself");
}

#[test]
fn twice_in_one_block_is_once() {
    let mut world = World::new();
    let (cases, _) = world.make_batch("B1", 10);
    let (body, key) = world.transaction(M, "S1", ship(W, &cases));
    let bytes = body.sign(&key).to_bytes();
    let receipts = world.block(&[bytes.clone(), bytes]).receipts.clone();
    assert!(receipts[0].is_applied());
    assert!(matches!(receipts[1].outcome, Outcome::Repeated(e) if e.position == receipts[0].position));
}

#[test]
fn a_rejected_bill_leaves_its_number_free_but_not_its_id() {
    let mut world = World::new();
    let (cases, boxes) = world.make_batch("B1", 10);
    let (wrong, key) = world.transaction(W, "S1", ship(P, &boxes[..1]));
    let first = world.submit(&wrong, &key);
    assert_eq!(refusal_name(&first), "not_custodian");
    assert_eq!(live_ids(&world), 1);
    // Now W gets the goods; the old bytes must not come to life.
    world.send_as(M, "M1", ship(W, &cases));
    world.applied(W, crate::tests::world::receive(M, "M1", &cases));
    let again = world.submit(&wrong, &key);
    assert!(matches!(again.outcome, Outcome::Repeated(e) if e.position == first.position));
    // The corrected bill takes the number.
    assert!(world.send_as(W, "S1", ship(P, &boxes[1..2])).is_applied());
    assert_eq!(refusal_name(&world.send_as(W, "S1", ship(P, &boxes[2..3]))), "document_number_taken");
    // Numbers belong to an organisation each.
    assert!(
        world.send_as(M, "S1", crate::Operation::Commission(commission("B2", &[], &boxes_of("B2", 1)))).is_applied()
    );
}

#[test]
fn live_ids_go_when_their_time_has_passed() {
    let mut world = World::new();
    let (_, boxes) = world.make_batch("B1", 10);
    world.refused(W, ship(P, &boxes[..1]));
    world.refused(W, ship(P, &boxes[1..2]));
    assert_eq!(live_ids(&world), 2);
    world.time += 2 * 3_600_000;
    // An empty block changes nothing.
    world.block(&[]);
    assert_eq!(live_ids(&world), 2);
    world.refused(W, ship(P, &boxes[2..3]));
    assert_eq!(live_ids(&world), 1, "the two expired ones left, the new one stays");
}

#[test]
fn a_bad_signature_consumes_nothing() {
    let mut world = World::new();
    world.trusting = false;
    let (cases, _) = world.make_batch("B1", 10);
    let (body, key) = world.transaction(M, "S1", ship(W, &cases));
    let forged = body.sign(&signing_key(W, bencao_genesis::KeyPurpose::Transact));
    let receipt = world.block(&[forged.to_bytes()]).receipts[0].clone();
    assert_eq!(refusal_name(&receipt), "bad_signature");
    assert!(world.outputs.last().unwrap().writes.is_empty());
    assert!(world.submit(&body, &key).is_applied());
}

#[test]
fn a_one_code_transfer_between_traders_touches_three_records_and_its_receipt_four() {
    let mut world = World::new();
    let (cases, _) = world.make_batch("B1", 10);
    assert!(world.send_as(M, "S1", ship(W, &cases)).is_applied());
    assert_eq!(world.outputs.last().unwrap().writes.len(), 4, "and what left the makers' hands is counted");
    world.applied(W, receive(M, "S1", &cases));
    assert_eq!(
        world.outputs.last().unwrap().writes.len(),
        4,
        "the shipment's counts besides, and its deadline is gone"
    );
    assert!(world.send_as(W, "S2", ship(H, &cases)).is_applied());
    assert_eq!(world.outputs.last().unwrap().writes.len(), 3, "between traders nothing is counted");
}

#[test]
fn records_of_units_are_small_and_bills_write_about_one_a_code() {
    let mut world = World::new();
    let (cases, boxes) = (cases("B1", 200), boxes_of("B1", 200));
    let bill = crate::Operation::Commission(commission("B1", &cases, &boxes));
    world.applied(M, bill);
    let writes = world.outputs.last().unwrap().writes.len();
    assert_eq!(writes, 220 + 4, "the packages, the batch, its number, the product, the document");
    let size = |code| world.state[&key::unit(code)].len();
    assert!(size(&boxes[0]) <= 120, "{}", size(&boxes[0]));
    assert!(size(&cases[0]) <= 120, "{}", size(&cases[0]));
    assert!(u64::from(WRITES_MIN) >= 4);
}

#[test]
fn alarms_have_a_quota_an_hour() {
    let mut world = World::new();
    let (_, boxes) = world.make_batch("B1", 10);
    let mut alarms = 0;
    for _ in 0..70 {
        world.refused(P2, ship_or_sell(&boxes[..1]));
        alarms += world.outputs.last().unwrap().alarms.len();
    }
    assert_eq!(alarms, usize::from(crate::limits::ALARMS_PER_ORGANISATION_HOUR));
    assert_eq!(crate::query::attempts(&world, &boxes[0]).unwrap().0, crate::limits::ALARMS_PER_ORGANISATION_HOUR);
    world.time += 3_600_000;
    world.refused(P2, ship_or_sell(&boxes[..1]));
    assert_eq!(world.outputs.last().unwrap().alarms.len(), 1);
    world.refused(P, dispense(321, &boxes[..1]));
    assert_eq!(world.outputs.last().unwrap().alarms.len(), 1, "others have their own quota");
}

fn ship_or_sell(codes: &[crate::UnitKey]) -> crate::Operation {
    dispense(321, codes)
}
