//! Bills of 10,000 codes, the most that domain §3.1 names, within the limits that a chain has unless it decides otherwise.

use super::dispensing::{consumer_return, reverse};
use super::law_world::{accept, loss, sscc};
use super::trade::{accept_loss, cancel, export, move_stock, refuse, reject_import, take_back};
use super::world::*;
use crate::transaction::*;
use crate::{AdmitError, Operation, UnitKey, admit};
use bencao_genesis::{Limits, TimestampMs};

const CODES: u32 = 10_000;

fn bills(codes: &[UnitKey]) -> Vec<Operation> {
    let parts = codes.iter().map(|code| Part { code: *code, quantity: 10_000 }).collect();
    let Operation::Dispense(Dispense { prescription, customer, vaccinator, .. }) = dispense(321, codes) else {
        unreachable!()
    };
    vec![
        Operation::Commission(commission("B1", &[], codes)),
        Operation::Pack(Pack { parent: sscc(1), codes: codes.to_vec() }),
        ship(W, codes),
        receive(M, "S1", codes),
        refuse(M, "S1", codes),
        take_back("S1", codes),
        accept_loss(M, "S1", codes),
        cancel("S1", codes),
        disaggregate(codes),
        move_stock(112, codes),
        export(codes),
        reject_import(ABROAD, "S1", codes),
        dispense(321, codes),
        Operation::DispensePart(DispensePart {
            bill_type: 321,
            bill_time: None,
            prescription,
            customer,
            vaccinator,
            platform: None,
            parts,
        }),
        reverse(codes),
        consumer_return(codes),
        Operation::Destroy(super::law_world::destroy(codes)),
        loss(214, codes),
        accept(codes),
    ]
}

#[test]
fn ten_thousand_codes_of_a_bill_are_within_the_limits_and_one_more_is_not() {
    let mut world = World::new();
    let limits = Limits::default();
    let now = TimestampMs(world.time);
    let chain = world.genesis.chain_id();
    let mut send = |operation: Operation| {
        let (body, key) = world.transaction(M, "BIG", operation);
        admit(&body.sign(&key).to_bytes(), &limits, chain, now)
    };
    let codes = boxes_of("B1", CODES + 1);
    for (most, beyond) in bills(&codes[..CODES as usize]).into_iter().zip(bills(&codes)) {
        let name = most.name();
        assert_eq!(send(most).map(|admitted| admitted.codes).ok(), Some(CODES as usize), "{name}");
        let Err(AdmitError(refusal)) = send(beyond) else { panic!("{name}: one more is admitted") };
        assert_eq!(refusal.name(), "too_many_codes", "{name}");
    }
}

#[test]
fn ten_thousand_codes_go_from_the_line_to_the_patient_in_five_bills() {
    let mut world = World::new();
    let codes = boxes_of("B1", CODES);
    let block_writes_max = world.genesis.limits.block_writes_max;
    let written = |world: &World| {
        let writes = world.outputs.last().unwrap().writes.len() as u32;
        assert!(writes > CODES && writes < CODES + 16, "one a code, and a few: {writes}");
        assert!(writes <= block_writes_max);
    };
    world.applied(M, Operation::Commission(commission("B1", &[], &codes)));
    written(&world);
    world.applied(M, Operation::Release(release("B1", CODES)));
    assert!(world.send_as(M, "S1", ship(P, &codes)).is_applied());
    written(&world);
    world.applied(P, receive(M, "S1", &codes));
    written(&world);
    world.applied(P, dispense(321, &codes));
    written(&world);
    assert_eq!(world.state_of(&codes[CODES as usize - 1]), "dispensed");
}
