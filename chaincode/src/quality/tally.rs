//! The counters behind the recall rate, kept by what a bill's events say: recovered / (shipped − dispensed), where
//! shipped is what left holder and producer and did not come back otherwise (domain §3.11 step 16).
//!
//! They count at the border of the market: out of the hands of holder and producer, back into them, to a patient, into
//! nothing. Between two traders no counter changes. Each stands with the organisation at which it happened: one write a
//! bill and batch there.

use super::BatchTally;
use crate::custody::{Lifecycle, UnitRecord};
use crate::event::{EventBody, Subject};
use crate::state::{BatchRef, OrgNo, Stop, Tx, key};
use std::collections::BTreeMap;

/// 召回入库
const RECALL_RECEIPT: u16 = 108;
type Count = fn(&mut BatchTally) -> &mut u32;

/// Adds what the bill did. At most one write a batch named by its packages.
pub(crate) fn tally(tx: &mut Tx) -> Result<(), Stop> {
    let mut tallies: BTreeMap<BatchRef, BatchTally> = BTreeMap::new();
    let principal = tx.events.first().map_or(tx.principal, |event| event.actor);
    for index in 0..tx.events.len() {
        let Some(event) = tx.events.get(index) else { break };
        let Subject::Unit(code) = event.subject else { continue };
        if !counts(&event.body) {
            continue;
        }
        let unit: UnitRecord = tx.must_load(&key::unit(&code))?;
        let Some(entry) = entry(&event.body, &unit).filter(|entry| !is_told_of(entry, &unit)) else { continue };
        for (batch, units) in shares(&unit) {
            if crosses(tx, batch, principal, entry.way)? {
                let counter = (entry.counter)(load(tx, &mut tallies, batch, principal)?);
                *counter = if entry.back { counter.saturating_sub(units) } else { counter.saturating_add(units) };
            }
        }
    }
    for (batch, record) in tallies {
        tx.store(key::tally(batch, principal), &record);
    }
    Ok(())
}

fn load<'t>(
    tx: &Tx,
    tallies: &'t mut BTreeMap<BatchRef, BatchTally>,
    batch: BatchRef,
    organisation: OrgNo,
) -> Result<&'t mut BatchTally, Stop> {
    use std::collections::btree_map::Entry;
    Ok(match tallies.entry(batch) {
        Entry::Occupied(found) => found.into_mut(),
        Entry::Vacant(free) => {
            let stored = tx.load(&key::tally(batch, organisation))?;
            free.insert(stored.unwrap_or(BatchTally { version: 1, ..BatchTally::default() }))
        }
    })
}

/// What an event adds to a counter, or takes back.
struct Entry {
    way: Way,
    counter: Count,
    back: bool,
}

/// Which border goods pass.
#[derive(Clone, Copy)]
enum Way {
    /// From or to another organisation.
    To(OrgNo),
    /// To a person, or back from one.
    Person,
    /// Out of the loop.
    Out,
}

/// Whether an event may count at all: most bills need not look at their units again.
fn counts(event: &EventBody) -> bool {
    use EventBody::*;
    matches!(
        event,
        Shipped(_)
            | TakenBack(_)
            | ShipmentCancelled(_)
            | Received(_)
            | Dispensed(_)
            | SaleReversed(_)
            | ConsumerReturned(_)
            | StockMoved(_)
            | Exported(_)
            | Destroyed(_)
            | Sampled(_)
    )
}

/// Events that count. A unit dispensed in parts counts with its first part, and no longer once that is taken back.
fn entry(event: &EventBody, unit: &UnitRecord) -> Option<Entry> {
    let plus = |way, counter: Count| Some(Entry { way, counter, back: false });
    let minus = |way, counter: Count| Some(Entry { way, counter, back: true });
    match event {
        EventBody::Shipped(e) => plus(Way::To(e.receiver), |t| &mut t.shipped),
        // The sender's own shipment never came about.
        EventBody::TakenBack(e) | EventBody::ShipmentCancelled(e) => minus(Way::To(e.receiver), |t| &mut t.shipped),
        EventBody::Received(e) if e.bill_type == RECALL_RECEIPT => plus(Way::To(e.sender), |t| &mut t.recovered),
        EventBody::Received(e) => plus(Way::To(e.sender), |t| &mut t.returned),
        EventBody::Dispensed(_) => {
            let later_part = unit.sale.and_then(|s| s.parts).is_some_and(|parts| parts.count > 1);
            if later_part { None } else { plus(Way::Person, |t| &mut t.dispensed) }
        }
        EventBody::SaleReversed(_) if unit.sale.is_none() => minus(Way::Person, |t| &mut t.dispensed),
        EventBody::ConsumerReturned(_) => minus(Way::Person, |t| &mut t.dispensed),
        // Used up in the house, or out of the country: no recall reaches it, as if it were dispensed.
        EventBody::StockMoved(_) if unit.lifecycle == Lifecycle::Consumed => plus(Way::Out, |t| &mut t.dispensed),
        EventBody::Exported(_) => plus(Way::Out, |t| &mut t.dispensed),
        EventBody::Destroyed(_) | EventBody::Sampled(_) => plus(Way::Out, |t| &mut t.disposed),
        _ => None,
    }
}

/// A unit of which a part was dispensed counts as dispensed, and neither as recovered nor as disposed of with its rest.
fn is_told_of(entry: &Entry, unit: &UnitRecord) -> bool {
    let begun = unit.sale.and_then(|sale| sale.parts).is_some_and(|parts| parts.remaining > 0);
    begun && matches!(entry.way, Way::To(_) | Way::Out)
}

/// Smallest units of each batch in a package.
fn shares(unit: &UnitRecord) -> Vec<(BatchRef, u32)> {
    match &unit.content {
        None => vec![(unit.batch, 1)],
        Some(content) => content.batches.iter().map(|share| (share.batch, share.units)).collect(),
    }
}

/// Whether goods of a batch pass the border of the market: between its holder or producer and somebody else, or from
/// the market out of the loop.
fn crosses(tx: &mut Tx, batch: BatchRef, principal: OrgNo, way: Way) -> Result<bool, Stop> {
    let facts = tx.facts(batch)?;
    let makers = [facts.product.holder, facts.product.producer, facts.batch.producer];
    let at_makers = makers.contains(&principal);
    Ok(match way {
        Way::To(other) => at_makers && !makers.contains(&other),
        Way::Person => true,
        Way::Out => !at_makers,
    })
}
