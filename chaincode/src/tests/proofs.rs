//! Status proofs: what a node answers is what its proof says, and nothing else passes.

use super::world::*;
use crate::proof::{ProvenRecords, StatusProof, StatusProofError, check, collect};
use crate::state::StateView;
use crate::{Operation, UnitKey};
use bencao_genesis::TimestampMs;

/// A box that went inside its case to the wholesaler, alone to the pharmacy, and was sold.
fn travelled() -> (World, UnitKey, UnitKey) {
    let mut world = World::new();
    let (cases, boxes) = world.make_batch("B1", 10);
    world.send_as(M, "S1", ship(W, &cases));
    world.applied(W, receive(M, "S1", &cases));
    world.send_as(W, "S2", ship(P, &boxes[..1]));
    world.applied(P, receive(W, "S2", &boxes[..1]));
    world.applied(P, dispense(321, &boxes[..1]));
    (world, cases[0], boxes[0])
}

fn proven(world: &World, code: &UnitKey) -> (StatusProof, ProvenRecords) {
    let (keys, payload) = collect(world, world, code).unwrap();
    let records = keys.iter().map(|k| (k.map_key(), world.get(k).unwrap())).collect();
    (payload, records)
}

#[test]
fn a_proof_says_what_the_node_says() {
    let (world, case, unit) = travelled();
    let at = TimestampMs(world.time);
    for code in [case, unit, box_code("B1", 7)] {
        let (payload, records) = proven(&world, &code);
        let read = StatusProof::from_bytes(&payload.to_bytes()).unwrap();
        let report = check(&read, &records, at).unwrap();
        assert_eq!(report.status.unwrap().unit().unwrap(), &world.view(&code));
        assert!(report.commissioned);
    }
    let (payload, records) = proven(&world, &unit);
    assert!(payload.chains.len() >= 3, "unit, case, batch: {}", payload.chains.len());
    assert!(records.len() <= 12, "{}", records.len());
}

#[test]
fn absence_of_the_key_proves_never_commissioned() {
    let (world, ..) = travelled();
    let unknown = box_code("B7", 1);
    let (payload, records) = proven(&world, &unknown);
    assert_eq!((payload.chains.len(), records.len()), (0, 1));
    let report = check(&payload, &records, TimestampMs(0)).unwrap();
    assert!(!report.commissioned && report.status.is_none());
}

#[test]
fn history_cannot_be_shortened_changed_or_padded() {
    let (world, _, unit) = travelled();
    let (payload, records) = proven(&world, &unit);
    let at = TimestampMs(world.time);
    for chain in 0..payload.chains.len() {
        let mut shorter = payload.clone();
        shorter.chains[chain].events.pop();
        assert!(check(&shorter, &records, at).is_err(), "an event is missing");
        let mut missing = payload.clone();
        missing.chains.remove(chain);
        assert!(check(&missing, &records, at).is_err(), "a chain is missing");
        for event in 0..payload.chains[chain].events.len() {
            let mut changed = payload.clone();
            changed.chains[chain].events[event].time.0 += 1;
            assert!(check(&changed, &records, at).is_err(), "an event differs");
        }
        let mut padded = payload.clone();
        let last = padded.chains[chain].events.last().unwrap().clone();
        padded.chains[chain].events.push(last);
        assert_eq!(check(&padded, &records, at), Err(StatusProofError::SurplusEvents));
    }
    let mut swapped = payload.clone();
    swapped.chains.reverse();
    assert_eq!(check(&swapped, &records, at), Err(StatusProofError::SurplusEvents));
    let mut version = payload.clone();
    version.version = 2;
    assert_eq!(check(&version, &records, at), Err(StatusProofError::Version(2)));
}

#[test]
fn every_flipped_byte_of_the_payload_is_refused() {
    let (world, _, unit) = travelled();
    let (payload, records) = proven(&world, &unit);
    let bytes = payload.to_bytes();
    for i in 0..bytes.len() {
        for bit in [0x01, 0x80] {
            let mut flipped = bytes.clone();
            flipped[i] ^= bit;
            let verdict = StatusProof::from_bytes(&flipped).map(|p| check(&p, &records, TimestampMs(world.time)));
            assert!(!matches!(verdict, Ok(Ok(_))), "byte {i} bit {bit:#x}");
        }
    }
}

#[test]
fn records_missing_or_surplus_are_refused() {
    let (world, _, unit) = travelled();
    let (payload, records) = proven(&world, &unit);
    let at = TimestampMs(world.time);
    for key in records.keys() {
        let mut fewer = records.clone();
        fewer.remove(key);
        assert!(check(&payload, &fewer, at).is_err());
        let mut absent = records.clone();
        absent.insert(*key, None);
        assert!(check(&payload, &absent, at).is_err(), "absence is not a harmless answer");
    }
    let mut more = records.clone();
    more.insert([7; 32], None);
    assert_eq!(check(&payload, &more, at), Err(StatusProofError::SurplusRecords));
}

#[test]
fn holds_show_in_the_proof_wherever_they_are_set() {
    use crate::custody::Holds;
    use crate::state::{BatchRef, OrgNo, ProductNo, key, load, to_record};
    let (mut world, case, _) = travelled();
    let inside = box_code("B1", 5);
    let mut record = world.record(&case);
    record.holds = Holds::QUALITY_SUSPECT;
    world.state.insert(key::unit(&case), to_record(&record));
    let batch_key = key::batch(BatchRef { product: ProductNo(1), number: 1 });
    let mut batch: crate::production::BatchRecord = load(&world, &batch_key).unwrap().unwrap();
    batch.holds = Holds::RECALL_1;
    world.state.insert(batch_key, to_record(&batch));
    let holder_key = key::organisation(OrgNo(1));
    let mut holder: crate::registry::OrganisationRecord = load(&world, &holder_key).unwrap().unwrap();
    holder.holds = Holds::REGULATOR_FREEZE;
    world.state.insert(holder_key, to_record(&holder));
    let (payload, records) = proven(&world, &inside);
    let answer = check(&payload, &records, TimestampMs(world.time)).unwrap().status.unwrap();
    let status = answer.unit().unwrap();
    assert_eq!(status.holds, vec!["recall_1", "regulator_freeze", "quality_suspect"]);
    assert_eq!(status.verdict, crate::query::Verdict::Recalled);
    assert_eq!(world.refused(W, ship(H, &[inside])), "held");
    let alarm = &world.outputs.last().unwrap().alarms[0];
    assert_eq!(alarm.kind, crate::oversight::AlarmKind::HeldGoods);
    assert!(matches!(disaggregate(&[inside]), Operation::Disaggregate(_)));
}
