//! What comes due by itself (D4): in order, bounded, once, and a reason for a block.

use super::law_world::*;
use super::world::*;
use crate::execute::{DEADLINE_INDEX_FIRST, DeadlineRecord, Due};
use crate::limits::DEADLINES_PER_BLOCK;
use crate::quality::{HoldKind, ProposalLapse};
use crate::state::{CaseNo, OrgNo, key, to_record};
use crate::transaction::DocumentNumber;
use bencao_genesis::TimestampMs;

fn next(world: &World) -> Option<u64> {
    world.outputs.last().unwrap().next_deadline.map(|t| t.0)
}

#[test]
fn a_hold_ends_in_the_first_block_whose_time_has_come() {
    let mut world = law_world();
    world.make_batch("B1", 10);
    assert_eq!(next(&world), None);
    let until = world.time + 5_000;
    world.applied(M, hold_until(HoldKind::QualitySuspect, on_batch("B1"), until));
    assert_eq!(next(&world), Some(until));
    world.time = until - 1;
    world.block(&[]);
    assert!(world.outputs.last().unwrap().writes.is_empty(), "an empty block before it changes nothing");
    assert_eq!(next(&world), Some(until));
    assert_eq!(world.view(&box_code("B1", 1)).holds, ["quality_suspect"]);
    world.time = until;
    let output = world.block(&[]);
    assert_eq!(output.counts.deadlines, 1);
    assert_eq!(output.events.len(), 1);
    let event = &output.events[0];
    assert_eq!((event.id.transaction, event.body.name()), (DEADLINE_INDEX_FIRST, "hold_lifted"));
    assert_eq!(event.actor, OrgNo(1), "in the name of who set it");
    assert_eq!(next(&world), None);
    assert!(world.view(&box_code("B1", 1)).holds.is_empty());
    world.time += 1_000;
    assert!(world.block(&[]).writes.is_empty(), "it has run");
}

#[test]
fn what_ended_before_a_block_does_not_bind_its_transactions() {
    let mut world = law_world();
    let (cases, _) = world.make_batch("B1", 10);
    let until = world.time + 5_000;
    world.applied(M, hold_until(HoldKind::QualitySuspect, on_batch("B1"), until));
    assert_eq!(world.refused(M, ship(W, &cases)), "held");
    world.time = until;
    world.applied(M, ship(W, &cases));
    let output = world.outputs.last().unwrap();
    assert!(output.events.is_sorted_by(|a, b| a.id < b.id), "listed by their numbers");
    assert_eq!(output.events.last().unwrap().body.name(), "hold_lifted");
}

#[test]
fn the_earliest_comes_first_and_lifting_takes_a_deadline_back() {
    let mut world = law_world();
    world.make_batch("B1", 10);
    let (early, late) = (world.time + 5_000, world.time + 9_000);
    world.applied(M, hold_until(HoldKind::QualitySuspect, on_batch("B1"), late));
    assert_eq!(next(&world), Some(late));
    world.applied(M, hold_until(HoldKind::QualitySuspect, on_product("X"), early));
    assert_eq!(next(&world), Some(early));
    world.applied(M, lift(2));
    assert_eq!(next(&world), Some(late));
    world.time = late + 1;
    assert_eq!(world.block(&[]).counts.deadlines, 1);
}

/// Deadlines that find nothing to do any more.
fn pile(world: &mut World, count: u32) {
    for n in 0..count {
        let due = Due::ProposalLapse(ProposalLapse { proposal: CaseNo(1_000 + n) });
        let record = DeadlineRecord {
            version: 1,
            organisation: OrgNo(1),
            document: DocumentNumber("D".into()),
            due,
            code: None,
        };
        let at = TimestampMs(world.time + u64::from(n));
        world.state.insert(key::deadline(at, &record.due), to_record(&record));
    }
}

#[test]
fn a_block_runs_a_bounded_number_and_the_next_one_the_rest() {
    let mut world = law_world();
    let start = world.time;
    pile(&mut world, 300);
    world.time += 1_000;
    let output = world.block(&[]);
    assert_eq!(output.counts.deadlines as usize, DEADLINES_PER_BLOCK);
    assert_eq!(output.next_deadline, Some(TimestampMs(start + DEADLINES_PER_BLOCK as u64)), "already past: at once");
    let output = world.block(&[]);
    assert_eq!(output.counts.deadlines, 300 - DEADLINES_PER_BLOCK as u32);
    assert_eq!(output.next_deadline, None);
}

#[test]
fn the_same_deadlines_give_the_same_bytes() {
    let run = || {
        let mut world = law_world();
        world.make_batch("B1", 10);
        for (n, kind) in [(3, HoldKind::QualitySuspect), (2, HoldKind::QualitySuspect), (9, HoldKind::QualitySuspect)] {
            let until = world.time + 10_000 * n;
            world.applied(M, hold_until(kind, on_batch("B1"), until));
        }
        world.time += 100_000;
        let output = world.block(&[]);
        (bencao_crypto::encode(&output.events), output.writes.clone(), output.next_deadline)
    };
    assert_eq!(run(), run());
}

#[test]
fn a_deadline_that_panics_is_gone_and_the_block_goes_on() {
    let mut world = law_world();
    world.make_batch("B1", 10);
    let until = world.time + 5_000;
    world.applied(M, hold_until(HoldKind::QualitySuspect, on_batch("B1"), until));
    world.time = until;
    let view = super::refusals::Panicking(&world, key::hold(CaseNo(1)));
    let output = crate::execute_block(&view, &world.context(), &[], &Trusting).unwrap();
    assert_eq!((output.events.len(), output.next_deadline), (0, None));
    assert_eq!(output.writes.len(), 1, "the deadline itself");
}
