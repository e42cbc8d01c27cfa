//! The history of a unit: its own events, those of the packages around it while it was inside, and its batch's release.

use super::views::HistoryEntry;
use super::{QueryError, party};
use crate::codes::UnitKey;
use crate::custody::UnitRecord;
use crate::event::{Bond, EventBody, EventId, EventRecord, EventSource, History, Subject, name_zh};
use crate::limits::{CHAINS_PER_HISTORY_MAX, EVENTS_PER_HISTORY_MAX, LEVELS_MAX};
use crate::state::{StateView, ViewError, key, load};
use bencao_crypto::Digest;
use bencao_genesis::Height;
use std::collections::BTreeMap;

/// The events of a subject, and the head of its chain after each.
pub(super) struct Chain {
    pub(super) events: Vec<EventRecord>,
    heads: Vec<Digest>,
}

impl Chain {
    /// Whether the chain once had this count and head.
    fn passed(&self, moment: History) -> bool {
        let before = usize::try_from(moment.count).unwrap_or(usize::MAX).checked_sub(1);
        match before {
            None => moment == History::default(),
            Some(index) => self.heads.get(index) == Some(&moment.head),
        }
    }
}

/// Fetches the events of a subject and checks that they give the count and head of its record.
pub(super) fn chain(source: &dyn EventSource, subject: Subject, expected: History) -> Result<Chain, QueryError> {
    let count = usize::try_from(expected.count).unwrap_or(usize::MAX);
    if count > EVENTS_PER_HISTORY_MAX {
        return Err(QueryError::TooLong);
    }
    let events = if count == 0 { Vec::new() } else { source.events(&subject, count)? };
    let mut history = History::default();
    let mut heads = Vec::with_capacity(events.len());
    for event in &events {
        let in_order = event.subject == subject && event.sequence == history.count.saturating_add(1);
        if !in_order {
            return Err(QueryError::History(subject));
        }
        history.append(event);
        heads.push(history.head);
    }
    if history != expected {
        return Err(QueryError::History(subject));
    }
    Ok(Chain { events, heads })
}

/// Chains of a unit and of every package it was ever in, directly or not.
pub(super) struct Chains(BTreeMap<UnitKey, Chain>);

impl Chains {
    /// Loads and checks all of them, and that each bond names a moment of its package's chain.
    pub(super) fn load(view: &dyn StateView, source: &dyn EventSource, code: &UnitKey) -> Result<Chains, QueryError> {
        let mut chains: BTreeMap<UnitKey, Chain> = BTreeMap::new();
        let mut bonds = Vec::new();
        let mut wanted = vec![*code];
        let mut total = 0usize;
        while let Some(next) = wanted.pop() {
            if chains.contains_key(&next) {
                continue;
            }
            let record: UnitRecord = load(view, &key::unit(&next))?.ok_or(ViewError::Damaged)?;
            let found = chain(source, Subject::Unit(next), record.history)?;
            total = total.saturating_add(found.events.len());
            if chains.len() >= CHAINS_PER_HISTORY_MAX || total > EVENTS_PER_HISTORY_MAX {
                return Err(QueryError::TooLong);
            }
            for bond in found.events.iter().filter_map(bond_of) {
                wanted.push(bond.parent);
                bonds.push(bond);
            }
            chains.insert(next, found);
        }
        bonds.iter().try_for_each(|bond| check_bond(&chains, bond))?;
        Ok(Chains(chains))
    }

    /// What happened to a unit, oldest first.
    pub(super) fn of(&self, code: &UnitKey) -> Vec<&EventRecord> {
        let first = EventId::default();
        let last = EventId { height: Height(u64::MAX), transaction: u32::MAX, event: u32::MAX };
        let mut out = Vec::new();
        self.walk(code, first, last, 0, &mut out);
        out.sort_by_key(|event| event.id);
        out
    }

    /// Events of `code` within `from ..= to`, then those of the packages around it in the parts of that span it was
    /// inside them.
    fn walk<'a>(&'a self, code: &UnitKey, from: EventId, to: EventId, depth: u8, out: &mut Vec<&'a EventRecord>) {
        if depth > LEVELS_MAX {
            return;
        }
        let Some(Chain { events, .. }) = self.0.get(code) else { return };
        let repacking = |e: &EventRecord| matches!(e.body, EventBody::Packed(_) | EventBody::Opened(_));
        let within = events.iter().filter(|e| e.id >= from && e.id <= to);
        out.extend(within.filter(|e| depth == 0 || (!repacking(e) && bond_of(e).is_none())));
        let mut inside: Option<(UnitKey, EventId)> = None;
        for event in events {
            let Some(bond) = bond_of(event) else { continue };
            match (&event.body, inside.take()) {
                (EventBody::Left(_), Some((parent, since))) => {
                    self.walk(&parent, since.max(from), event.id.min(to), depth.saturating_add(1), out);
                }
                _ => inside = Some((bond.parent, event.id)),
            }
        }
        if let Some((parent, since)) = inside {
            self.walk(&parent, since.max(from), to, depth.saturating_add(1), out);
        }
    }
}

fn bond_of(event: &EventRecord) -> Option<Bond> {
    match &event.body {
        EventBody::Commissioned(c) => c.parent,
        EventBody::Left(bond) | EventBody::Joined(bond) => Some(*bond),
        _ => None,
    }
}

fn check_bond(chains: &BTreeMap<UnitKey, Chain>, bond: &Bond) -> Result<(), QueryError> {
    match chains.get(&bond.parent) {
        Some(chain) if chain.passed(bond.history) => Ok(()),
        _ => Err(QueryError::History(Subject::Unit(bond.parent))),
    }
}

/// One event for people and programs.
///
/// # Errors
/// [`QueryError`] if the parties cannot be read.
pub fn entry(view: &dyn StateView, event: &EventRecord, batch_no: &str) -> Result<HistoryEntry, QueryError> {
    let (to, bill_type) = match &event.body {
        EventBody::Shipped(e) => (Some(party(view, e.receiver)?), Some(e.bill_type)),
        EventBody::LotShipped(e) => (Some(party(view, e.receiver)?), None),
        EventBody::Received(e) => (None, Some(e.bill_type)),
        EventBody::Dispensed(e) => (None, Some(e.bill_type)),
        EventBody::StockMoved(e) => (None, Some(e.bill_type)),
        EventBody::ConsumerReturned(_) => (None, Some(116)),
        EventBody::Released(e) => (None, Some(e.bill_type)),
        _ => (None, None),
    };
    let reason = match &event.body {
        EventBody::Shipped(e) => e.reason.map(|r| r.name().to_owned()),
        EventBody::Refused(e) => Some(e.reason.name().to_owned()),
        EventBody::ImportRejected(e) => Some(e.reason.clone()),
        EventBody::ConsumerReturned(e) => Some(e.reason.clone()),
        EventBody::VoteCast(e) => Some(e.reason.clone()).filter(|r| !r.is_empty()),
        EventBody::MotionSettled(e) => Some(e.reason.clone()).filter(|r| !r.is_empty()),
        _ => None,
    };
    let subject = match &event.subject {
        Subject::Unit(code) => code.to_string(),
        _ => batch_no.to_owned(),
    };
    Ok(HistoryEntry {
        height: event.id.height,
        transaction: event.id.transaction,
        event: event.id.event,
        time: event.time,
        kind: event.body.name(),
        kind_zh: name_zh(event.body.name()),
        by: party(view, event.actor)?,
        agent: event.agent.map(|agent| party(view, agent)).transpose()?,
        key_id: event.key,
        to,
        bill_type,
        reason,
        document_no: event.document.0.clone(),
        transaction_id: None,
        subject,
    })
}
