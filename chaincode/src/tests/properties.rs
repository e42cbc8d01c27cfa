//! Seeded random bills, right and wrong: custody, bonds and counts stay what a simple model says, and the same blocks
//! give the same bytes.

use super::world::*;
use crate::custody::Lifecycle;
use crate::receipt::{Outcome, receipts_root};
use crate::transaction::DocumentNumber;
use crate::{BlockOutput, Operation, UnitKey};
use bencao_chance::Rng;
use bencao_crypto::encode;
use std::collections::BTreeMap;

/// Where each package is, by the plainest reading of the rules.
#[derive(Clone, PartialEq, Debug)]
struct Place {
    custodian: usize,
    /// Receiver and document number.
    transit: Option<(usize, String)>,
    parent: Option<UnitKey>,
    sold: bool,
}

type Model = BTreeMap<UnitKey, Place>;

fn effective(model: &Model, code: &UnitKey) -> Place {
    let place = &model[code];
    place.parent.map_or_else(|| place.clone(), |parent| effective(model, &parent))
}

fn take_out(model: &mut Model, code: &UnitKey) {
    let inherited = effective(model, code);
    model.insert(*code, Place { parent: None, ..inherited });
}

/// What an applied operation does.
fn apply(model: &mut Model, member: usize, number: &str, operation: &Operation) {
    for code in operation.codes() {
        match operation {
            Operation::Ship(bill) => {
                take_out(model, &code);
                let receiver = (0..7).find(|n| org_id(*n) == bill.receiver).unwrap();
                model.get_mut(&code).unwrap().transit = Some((receiver, number.to_owned()));
            }
            Operation::Receive(_) => {
                *model.get_mut(&code).unwrap() = Place { custodian: member, transit: None, parent: None, sold: false };
            }
            Operation::Disaggregate(_) => take_out(model, &code),
            Operation::Dispense(_) => {
                take_out(model, &code);
                model.get_mut(&code).unwrap().sold = true;
            }
            _ => unreachable!(),
        }
    }
}

/// Whether the rules that the model knows let an operation pass: it must agree with the chaincode exactly.
fn allowed(model: &Model, member: usize, operation: &Operation) -> bool {
    let mut model = model.clone();
    for code in operation.codes() {
        let Some(own) = model.get(&code).cloned() else { return false };
        let place = effective(&model, &code);
        let in_stock = !own.sold && place.custodian == member && place.transit.is_none();
        let empty_case = is_case(&code) && !model.values().any(|p| p.parent == Some(code));
        let ok = match operation {
            Operation::Ship(bill) => {
                let buyer = [W, P, H, P2].into_iter().find(|n| org_id(*n) == bill.receiver);
                in_stock && !empty_case && [M, W].contains(&member) && buyer.is_some_and(|b| b != member)
            }
            Operation::Receive(bill) => {
                let sent = |(to, number): &(usize, String)| *to == member && *number == bill.shipment_no.0;
                own.parent.is_none() && own.transit.as_ref().is_some_and(sent) && bill.sender == org_id(own.custodian)
            }
            Operation::Disaggregate(_) => in_stock && !empty_case && own.parent.is_some(),
            Operation::Dispense(_) => in_stock && !is_case(&code) && [P, H, P2].contains(&member),
            _ => unreachable!(),
        };
        if !ok {
            return false;
        }
        // Earlier codes of the bill change what later ones meet.
        let single = match operation.clone() {
            Operation::Ship(mut b) => {
                b.codes = vec![code];
                Operation::Ship(b)
            }
            Operation::Receive(mut b) => {
                b.codes = vec![code];
                Operation::Receive(b)
            }
            Operation::Disaggregate(mut b) => {
                b.codes = vec![code];
                Operation::Disaggregate(b)
            }
            Operation::Dispense(mut b) => {
                b.codes = vec![code];
                Operation::Dispense(b)
            }
            _ => unreachable!(),
        };
        apply(&mut model, member, "probe", &single);
    }
    let mut codes = operation.codes();
    codes.sort();
    codes.dedup();
    codes.len() == operation.codes().len()
}

fn is_case(code: &UnitKey) -> bool {
    code.prefix().unwrap() == "8100003"
}

fn random_operation(rng: &mut Rng, model: &Model, codes: &[UnitKey]) -> (usize, Operation) {
    let code = rng.pick(codes);
    let place = effective(model, &code);
    // Mostly the member who could, sometimes anybody.
    let owner = if rng.below(5) == 0 { rng.pick(&[M, W, P, H, P2]) } else { place.custodian };
    let mut bill = vec![code];
    if rng.below(3) == 0 {
        bill.push(rng.pick(codes));
    }
    match rng.below(6) {
        0 | 1 => (owner, ship(rng.pick(&[W, P, H, P2]), &bill)),
        2 | 3 => match &place.transit {
            Some((receiver, number)) => {
                let who = if rng.below(4) == 0 { rng.pick(&[W, P, H, P2]) } else { *receiver };
                (who, receive(place.custodian, number, &bill[..1]))
            }
            None => (owner, receive(M, "none", &bill)),
        },
        4 => (owner, disaggregate(&bill)),
        _ => (owner, dispense(321, &bill)),
    }
}

fn compare(world: &World, model: &Model) {
    for (code, place) in model {
        let record = world.record(code);
        assert_eq!(record.parent.map(|m| m.parent), place.parent, "{code}");
        let view = world.view(code);
        let expected = effective(model, code);
        assert_eq!(view.custodian.id, org_id(expected.custodian), "{code}");
        assert_eq!(view.in_transit.is_some(), expected.transit.is_some(), "{code}");
        assert_eq!(view.sale_count, u16::from(place.sold), "{code}");
        // Exactly one of stock, open shipment, terminal.
        let states = [Lifecycle::InStock, Lifecycle::InTransit, Lifecycle::Dispensed].map(Lifecycle::name);
        assert!(states.contains(&view.state), "{code}: {}", view.state);
        if let Some(content) = record.content {
            let children = model.values().filter(|p| p.parent == Some(*code)).count();
            assert_eq!(content.children as usize, children, "{code}");
        }
    }
}

/// Runs one seed; returns the transactions by block and what the blocks gave.
fn run(seed: u64, steps: usize) -> (Vec<Vec<Vec<u8>>>, Vec<BlockOutput>, [u32; 2]) {
    let mut world = World::new();
    let (cases, boxes) = world.make_batch("B1", 20);
    let mut model: Model = BTreeMap::new();
    for (i, code) in boxes.iter().enumerate() {
        let place = Place { custodian: M, transit: None, parent: Some(cases[i / 10]), sold: false };
        model.insert(*code, place);
    }
    for code in &cases {
        model.insert(*code, Place { custodian: M, transit: None, parent: None, sold: false });
    }
    let codes: Vec<UnitKey> = model.keys().copied().collect();
    let mut rng = Rng(seed);
    let mut blocks = Vec::new();
    let mut seen = [0, 0];
    for step in 0..steps {
        let (member, operation) = random_operation(&mut rng, &model, &codes);
        let expected = allowed(&model, member, &operation);
        let number = format!("R{step}");
        let (body, key) = world.transaction(member, &number, operation.clone());
        let bytes = vec![body.sign(&key).to_bytes()];
        let receipt = world.block(&bytes).receipts[0].clone();
        blocks.push(bytes);
        assert_eq!(receipt.is_applied(), expected, "seed {seed} step {step}: {operation:?} {:?}", receipt.outcome);
        seen[usize::from(expected)] += 1;
        if expected {
            apply(&mut model, member, &number, &operation);
        }
        if step % 10 == 9 {
            compare(&world, &model);
        }
    }
    compare(&world, &model);
    let outputs = world.outputs.split_off(world.outputs.len() - steps);
    (blocks, outputs, seen)
}

#[test]
fn random_bills_keep_every_unit_in_exactly_one_place() {
    let mut seen = [0, 0];
    for seed in 1..=12 {
        let (_, _, counts) = run(seed * 7_919, 120);
        seen = [seen[0] + counts[0], seen[1] + counts[1]];
    }
    assert!(seen[0] > 200 && seen[1] > 200, "the generator makes right and wrong bills: {seen:?}");
}

#[test]
fn the_same_blocks_give_the_same_bytes() {
    let (blocks, first, _) = run(42, 80);
    let (again, second, _) = run(42, 80);
    assert_eq!(blocks, again);
    for (a, b) in first.iter().zip(&second) {
        assert_eq!(a.writes, b.writes);
        assert_eq!(encode(&a.events), encode(&b.events));
        assert_eq!(receipts_root(&a.receipts), receipts_root(&b.receipts));
    }
}

#[test]
fn events_of_a_block_are_numbered_and_chains_have_no_gap() {
    let (_, outputs, _) = run(99, 150);
    for output in &outputs {
        assert!(output.events.is_sorted_by(|a, b| a.id < b.id));
        let claimed: u32 = output.receipts.iter().map(|r| r.events).sum();
        assert_eq!(claimed as usize, output.events.len());
        for receipt in &output.receipts {
            let applied = matches!(receipt.outcome, Outcome::Applied(_));
            assert_eq!(applied, receipt.events > 0 || matches!(receipt.outcome, Outcome::Applied(_)));
        }
    }
    assert!(DocumentNumber("R1".into()).is_well_formed());
}

/// Arbitrary and mutated bytes never panic and always give a receipt.
#[test]
fn hostile_bytes_give_receipts() {
    let mut world = World::new();
    let (cases, _) = world.make_batch("B1", 10);
    let (body, key) = world.transaction(M, "S1", ship(W, &cases));
    let good = body.sign(&key).to_bytes();
    let mut rng = Rng(0xdead_beef);
    let mut block = Vec::new();
    for _ in 0..400 {
        let length = rng.below(300);
        let bytes = if rng.below(4) == 0 { rng.bytes(length) } else { rng.changed(&good, 5) };
        let _ = crate::admit(&bytes, &world.genesis.limits, world.genesis.chain_id(), world.context().time);
        block.push(bytes);
    }
    world.trusting = false;
    assert_eq!(world.block(&block).receipts.len(), 400);
}
