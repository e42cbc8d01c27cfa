//! Long chains of events: nobody hides goods behind many events of his own. A node tells a part and says so; a proof is
//! of the whole, or there is none.

use super::tcm::{G, KG, lot, plant_elsewhere, uses};
use super::world::*;
use crate::UnitKey;
use crate::custody::UnitRecord;
use crate::event::{EventBody, EventId, EventRecord, History, Repacked, Subject};
use crate::limits::{EDGES_PER_TRACE_MAX, EVENTS_PER_HISTORY_MAX};
use crate::production::BatchRecord;
use crate::proof::collect;
use crate::query::{self, ConsumerStatus, EventLog, HistoryEntry, LotView, QueryError, UnitView};
use crate::registry::{OrganisationRecord, ProductRecord};
use crate::state::{OrgNo, Record, StateKey, ViewError, key, load, to_record};
use crate::tcm::{LotId, LotRecord, LotRef, LotTarget, LotUsed};
use bencao_genesis::{Height, TimestampMs};
use std::iter::repeat_n;

/// One event more than an answer has.
const MANY: usize = EVENTS_PER_HISTORY_MAX + 1;

/// Leads nowhere, and of a package is not told with what was inside it.
const FILLER: EventBody = EventBody::Packed(Repacked { moved: 1, children: 1 });

impl EventLog for World {
    fn events_after(&self, subject: &Subject, skip: u32, limit: usize) -> Result<Vec<EventRecord>, ViewError> {
        let all = self.events.get(subject).into_iter().flatten();
        Ok(all.skip(skip as usize).take(limit).cloned().collect())
    }
}

/// As if these had happened to a subject after all that has; `name` is that of its record, `history` its chain there.
fn prolong<R: Record>(
    world: &mut World,
    (subject, name): (Subject, StateKey),
    history: fn(&mut R) -> &mut History,
    bodies: impl IntoIterator<Item = EventBody>,
) {
    let mut record: R = load(&*world, &name).unwrap().unwrap();
    let model = world.outputs.iter().flat_map(|output| &output.events).next().unwrap().clone();
    let height = Height(world.outputs.len() as u64);
    let (chain, events) = (history(&mut record), world.events.entry(subject).or_default());
    for body in bodies {
        let id = EventId { height, transaction: 1_000 + chain.count, event: 0 };
        let event = EventRecord { id, subject, sequence: chain.count + 1, body, ..model.clone() };
        chain.append(&event);
        events.push(event);
    }
    world.state.insert(name, to_record(&record));
}

fn prolong_unit(world: &mut World, code: UnitKey) {
    let named = (Subject::Unit(code), key::unit(&code));
    prolong(world, named, |r: &mut UnitRecord| &mut r.history, repeat_n(FILLER, MANY));
}

fn prolong_organisation(world: &mut World, number: OrgNo) {
    let named = (Subject::Organisation(number), key::organisation(number));
    prolong(world, named, |r: &mut OrganisationRecord| &mut r.history, repeat_n(FILLER, MANY));
}

fn reference(id: &LotId) -> LotRef {
    LotRef { organisation: OrgNo(G as u32 + 1), number: id.number }
}

fn prolong_lot(world: &mut World, id: &LotId, body: EventBody) {
    let named = (Subject::Lot(reference(id)), key::lot(reference(id)));
    prolong(world, named, |r: &mut LotRecord| &mut r.history, repeat_n(body, MANY));
}

fn shown(world: &World, code: &UnitKey) -> UnitView {
    query::show_unit(world, world, code, TimestampMs(world.time)).unwrap().unwrap()
}

fn shown_lot(world: &World, id: &LotId) -> LotView {
    query::show_lot(world, world, id, TimestampMs(world.time)).unwrap().unwrap()
}

/// Neither a proof nor what it would say.
fn has_no_proof(world: &World, code: &UnitKey) {
    assert_eq!(query::unit(world, world, code, TimestampMs(world.time)), Err(QueryError::TooLong));
    assert_eq!(collect(world, world, code).err(), Some(QueryError::TooLong));
}

#[test]
fn chains_of_product_holder_and_batch_hide_no_code() {
    let mut world = World::new();
    let (_, boxes) = world.make_batch("B1", 10);
    let (code, before) = (boxes[0], world.view(&boxes[0]));
    assert_eq!(shown(&world, &code), before, "what fits is told as a proof tells it");
    let batch = world.record(&code).batch;
    let of_product = (Subject::Product(batch.product), key::product(batch.product));
    prolong(&mut world, of_product, |r: &mut ProductRecord| &mut r.history, repeat_n(FILLER, MANY));
    prolong_organisation(&mut world, OrgNo(M as u32 + 1));
    has_no_proof(&world, &code);
    assert_eq!(shown(&world, &code), before);
    let public = query::public(&world, &code, TimestampMs(world.time)).unwrap();
    assert_eq!((public.status, public.product), (ConsumerStatus::Normal, Some(before.product.clone())));
    // Of its batch the release alone is told: it is missed, and that is said, until it is among the newest events.
    let named = || (Subject::Batch(batch), key::batch(batch));
    prolong(&mut world, named(), |r: &mut BatchRecord| &mut r.history, repeat_n(FILLER, MANY));
    let told = shown(&world, &code);
    let rest: Vec<HistoryEntry> = before.history.iter().filter(|e| e.kind != "released").cloned().collect();
    assert!(told.truncated && rest.len() < before.history.len());
    assert_eq!((told.history, told.verdict, told.batch), (rest, before.verdict, before.batch));
    let events = &world.events[&Subject::Batch(batch)];
    let release = events.iter().map(|e| &e.body).find(|body| matches!(body, EventBody::Released(_))).unwrap().clone();
    prolong(&mut world, named(), |r: &mut BatchRecord| &mut r.history, [release]);
    let told = shown(&world, &code);
    assert_eq!((told.truncated, told.history.last().unwrap().kind), (false, "released"));
}

/// A box that went inside its case to the wholesaler and is on its way from there alone; `many` happens before.
fn travelled(many: impl FnOnce(&mut World, UnitKey, UnitKey)) -> (World, UnitKey) {
    let mut world = World::new();
    let (cases, boxes) = world.make_batch("B1", 10);
    many(&mut world, cases[0], boxes[0]);
    world.send_as(M, "S1", ship(W, &cases));
    world.applied(W, receive(M, "S1", &cases));
    world.send_as(W, "S2", ship(P, &boxes[..1]));
    (world, boxes[0])
}

/// What is told of it but for what happened before it travelled.
fn journey(view: &UnitView) -> Vec<HistoryEntry> {
    view.history.iter().filter(|e| !["packed", "commissioned"].contains(&e.kind)).cloned().collect()
}

#[test]
fn a_code_with_many_events_is_told_by_its_newest() {
    let (short, code) = travelled(|_, _, _| ());
    let before = short.view(&code);
    assert_eq!(shown(&short, &code), before);
    let kinds: Vec<&str> = journey(&before).iter().map(|e| e.kind).collect();
    assert!(["shipped", "received", "left"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
    // Many events of its own, while it was in its case; and of the case, which is told as far as it was around it.
    let (own, _) = travelled(|world, _, code| prolong_unit(world, code));
    let (around, _) = travelled(|world, case, _| prolong_unit(world, case));
    for world in [&own, &around] {
        has_no_proof(world, &code);
        let told = shown(world, &code);
        assert!(told.truncated && !before.truncated);
        assert_eq!(journey(&told), journey(&before));
        assert_eq!((told.state, &told.in_transit, told.parents), (before.state, &before.in_transit, Vec::new()));
    }
    let told = shown(&own, &code).history;
    let filler: Vec<u32> = told.iter().filter(|e| e.kind == "packed").map(|e| e.transaction).collect();
    assert!(told.len() <= EVENTS_PER_HISTORY_MAX && filler.is_sorted());
    assert_eq!(filler.last(), Some(&(1_000 + MANY as u32)), "the newest of its own");
}

#[test]
fn a_lot_with_many_events_is_marked_and_those_after_it_are_traced() {
    let mut world = World::with_herbs();
    let herb = world.grown();
    let (field, seeds) = (lot(G, "P1"), lot(G, "S1"));
    let before = world.lot_view(&field);
    assert_eq!(shown_lot(&world, &field), before, "what fits is told as a proof tells it");
    prolong_lot(&mut world, &field, FILLER);
    let trace = query::lot_forward(&world, &world, &seeds).unwrap().unwrap();
    let seen: Vec<(String, bool)> = trace.lots.iter().map(|n| (n.lot.number.to_string(), n.truncated)).collect();
    let expected = [("S1", false), ("P1", true), ("H1", false), ("C1", false)];
    assert_eq!(seen, expected.map(|(number, cut)| (number.to_owned(), cut)));
    assert!(trace.truncated);
    assert!(!query::lot_backward(&world, &herb).unwrap().unwrap().truncated, "records alone lead back");
    let told = shown_lot(&world, &field);
    assert_eq!((told.truncated, told.history.len(), told.state), (true, EVENTS_PER_HISTORY_MAX, before.state));
    assert_eq!(told.history.last().unwrap().entry.kind, "packed", "the newest");
    let at = TimestampMs(world.time);
    assert_eq!(query::lot(&world, &world, &field, at), Err(QueryError::TooLong));
    assert_eq!(collect(&world, &world, &field).err(), Some(QueryError::TooLong));
    // Those of its owner are behind its holds, and hide nothing either.
    let before = world.lot_view(&herb);
    prolong_organisation(&mut world, OrgNo(G as u32 + 1));
    assert_eq!(query::lot(&world, &world, &herb, at), Err(QueryError::TooLong));
    assert_eq!(shown_lot(&world, &herb), before);
}

#[test]
fn a_trace_tells_of_so_many_lots_and_holders_and_no_more() {
    let mut world = World::with_herbs();
    world.grown();
    let seeds = lot(G, "S1");
    world.done(G, plant_elsewhere("P2", "新疆塔城", vec![uses(seeds.clone(), 4 * KG)]));
    let used = LotUsed { into: LotTarget::Lot(reference(&seeds)), weight_mg: 1 };
    prolong_lot(&mut world, &lot(G, "P1"), EventBody::LotUsed(used));
    let trace = query::lot_forward(&world, &world, &seeds).unwrap().unwrap();
    let told = trace.lots.iter().map(|n| n.lots.len() + n.batches.len() + n.holders.len());
    assert_eq!((told.sum::<usize>(), trace.truncated), (EDGES_PER_TRACE_MAX, true));
    // P1 has filled the answer; what comes after it is named, and marked to be asked about by itself.
    let seen: Vec<(String, bool)> = trace.lots.iter().map(|n| (n.lot.number.to_string(), n.truncated)).collect();
    let expected = [("S1", false), ("P1", true), ("P2", true), ("H1", true)];
    assert_eq!(seen, expected.map(|(number, cut)| (number.to_owned(), cut)));
    let by_itself = query::lot_forward(&world, &world, &lot(G, "H1")).unwrap().unwrap();
    assert!(!by_itself.truncated && by_itself.lots.iter().any(|n| n.lot == lot(G, "C1")));
}
