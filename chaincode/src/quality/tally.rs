//! The counters behind the recall rate, kept by what a bill's events say: recovered / (shipped − dispensed), where
//! shipped is what left holder and producer and did not come back otherwise (domain §3.11 step 16).
//!
//! They count at the border of the market: out of the hands of holder and producer, back into them, to a patient, into
//! nothing. Between two traders no counter changes. Each stands with the organisation at which it happened: one write a
//! bill and batch there.

use super::BatchTally;
use crate::codes::UnitKey;
use crate::custody::UnitRecord;
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
        let (other, count): (Option<OrgNo>, Count) = match &event.body {
            EventBody::Shipped(e) => (Some(e.receiver), |t| &mut t.shipped),
            EventBody::Received(e) if e.bill_type == RECALL_RECEIPT => (Some(e.sender), |t| &mut t.recovered),
            EventBody::Received(e) => (Some(e.sender), |t| &mut t.returned),
            EventBody::Dispensed(_) => (None, |t| &mut t.dispensed),
            EventBody::Destroyed(_) | EventBody::Sampled(_) => (None, |t| &mut t.disposed),
            _ => continue,
        };
        let dispensed = matches!(event.body, EventBody::Dispensed(_));
        for (batch, units) in shares(tx, code)? {
            if crosses(tx, batch, principal, other, dispensed)? {
                let counter = count(load(tx, &mut tallies, batch, principal)?);
                *counter = counter.saturating_add(units);
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

/// Smallest units of each batch in a package.
fn shares(tx: &Tx, code: UnitKey) -> Result<Vec<(BatchRef, u32)>, Stop> {
    let unit: UnitRecord = tx.must_load(&key::unit(&code))?;
    Ok(match unit.content {
        None => vec![(unit.batch, 1)],
        Some(content) => content.batches.iter().map(|share| (share.batch, share.units)).collect(),
    })
}

/// Whether goods of a batch pass the border of the market: between its holder or producer and somebody else, or from
/// the market out of the loop.
fn crosses(
    tx: &mut Tx,
    batch: BatchRef,
    principal: OrgNo,
    other: Option<OrgNo>,
    dispensed: bool,
) -> Result<bool, Stop> {
    let facts = tx.facts(batch)?;
    let makers = [facts.product.holder, facts.product.producer, facts.batch.producer];
    let at_makers = makers.contains(&principal);
    Ok(match other {
        Some(other) => at_makers && !makers.contains(&other),
        None => dispensed || !at_makers,
    })
}
