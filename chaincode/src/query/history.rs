//! The history of a unit: its own events, those of the packages around it while it was inside, and its batch's release.
//!
//! A proof has whole chains, each checked against the count and head in its record, or there is no proof. A node shows
//! the newest events of a chain that is too long and says so: what others can read of goods, nobody takes from them by
//! many events of his own.

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

/// The log of a node, which has the newest events of a subject without those before them. A proof has whole chains,
/// from an [`EventSource`].
pub trait EventLog {
    /// Events of `subject` after the first `skip`, at most `limit`, in order of `sequence`.
    ///
    /// # Errors
    /// [`ViewError`].
    fn events_after(&self, subject: &Subject, skip: u32, limit: usize) -> Result<Vec<EventRecord>, ViewError>;
}

/// Where an answer has its events from, and so what becomes of chains that are too long for it.
#[derive(Clone, Copy)]
pub(super) enum Events<'a> {
    /// Whole chains or no answer: what a proof says.
    Whole(&'a dyn EventSource),
    /// The newest events of each: what a node shows.
    Newest(&'a dyn EventLog),
}

impl Events<'_> {
    /// The chain of a subject, of which the answer takes at most `most` events.
    pub(super) fn chain(self, subject: Subject, expected: History, most: usize) -> Result<Chain, QueryError> {
        match self {
            Events::Whole(_) if length(expected) > most => Err(QueryError::TooLong),
            Events::Whole(source) => chain(source, subject, expected),
            Events::Newest(log) => newest(log, subject, expected, most),
        }
    }
}

/// The events of a subject, and the head of its chain after each; or the newest events alone.
pub(super) struct Chain {
    pub(super) events: Vec<EventRecord>,
    /// None if events are missing before the first of these: a head is of a whole chain.
    heads: Vec<Digest>,
    /// Whether events are missing before the first of these.
    pub(super) cut: bool,
    /// Of a unit whose chain is cut: the package around it at the first of these.
    around: Option<UnitKey>,
}

impl Chain {
    /// Whether the chain once had this count and head, as far as its heads are known.
    fn passed(&self, moment: History) -> bool {
        let before = usize::try_from(moment.count).unwrap_or(usize::MAX).checked_sub(1);
        match before {
            _ if self.cut => true,
            None => moment == History::default(),
            Some(index) => self.heads.get(index) == Some(&moment.head),
        }
    }
}

fn length(history: History) -> usize {
    usize::try_from(history.count).unwrap_or(usize::MAX)
}

/// Fetches the events of a subject and checks that they give the count and head of its record.
pub(super) fn chain(source: &dyn EventSource, subject: Subject, expected: History) -> Result<Chain, QueryError> {
    let count = length(expected);
    if count > EVENTS_PER_HISTORY_MAX {
        return Err(QueryError::TooLong);
    }
    let events = if count == 0 { Vec::new() } else { source.events(&subject, count)? };
    whole(subject, expected, events)
}

/// Checks that events give the count and head of the record of their subject.
fn whole(subject: Subject, expected: History, events: Vec<EventRecord>) -> Result<Chain, QueryError> {
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
    Ok(Chain { events, heads, cut: false, around: None })
}

/// Checks part of a chain: `count` events after the first `skip`, in their order. The head is of the whole, so that a
/// node shows a part on the word of its own log.
fn part(subject: Subject, skip: u32, count: usize, events: Vec<EventRecord>) -> Result<Vec<EventRecord>, QueryError> {
    let numbers = skip.saturating_add(1)..=u32::MAX;
    let in_order = events.iter().zip(numbers).all(|(e, number)| e.subject == subject && e.sequence == number);
    match in_order && events.len() == count {
        true => Ok(events),
        false => Err(QueryError::History(subject)),
    }
}

/// The newest events of a subject, at most `most`: all of them are checked against its record, of more the newest ones
/// are taken.
fn newest(log: &dyn EventLog, subject: Subject, expected: History, most: usize) -> Result<Chain, QueryError> {
    let skip = expected.count.saturating_sub(u32::try_from(most).unwrap_or(u32::MAX));
    let count = length(expected).min(most);
    let events = if count == 0 { Vec::new() } else { log.events_after(&subject, skip, count)? };
    match skip {
        0 => whole(subject, expected, events),
        _ => Ok(Chain { events: part(subject, skip, count, events)?, heads: Vec::new(), cut: true, around: None }),
    }
}

/// The oldest events of a subject, at most `most` and [`EVENTS_PER_HISTORY_MAX`], and whether more follow.
pub(super) fn oldest(
    source: &dyn EventSource,
    subject: Subject,
    expected: History,
    most: usize,
) -> Result<(Vec<EventRecord>, bool), QueryError> {
    let most = most.min(EVENTS_PER_HISTORY_MAX);
    if length(expected) <= most {
        return Ok((chain(source, subject, expected)?.events, false));
    }
    let events = if most == 0 { Vec::new() } else { source.events(&subject, most)? };
    Ok((part(subject, 0, most, events)?, true))
}

/// What happened to a unit, oldest first.
#[derive(Default)]
pub(super) struct Past<'a> {
    pub(super) events: Vec<&'a EventRecord>,
    /// Whether more may have happened than that.
    pub(super) truncated: bool,
}

/// Chains of a unit and of every package it was ever in, directly or not.
pub(super) struct Chains(BTreeMap<UnitKey, Chain>);

impl Chains {
    /// Loads and checks all of them, and that each bond names a moment of its package's chain. Where more than that is
    /// shown in part, each chain takes at most half of the room that is left, that of the unit first and then those of
    /// the packages that it was in last: none leaves no room for the others.
    pub(super) fn load(view: &dyn StateView, events: Events<'_>, code: &UnitKey) -> Result<Chains, QueryError> {
        let mut chains: BTreeMap<UnitKey, Chain> = BTreeMap::new();
        let mut bonds: Vec<Bond> = Vec::new();
        let mut wanted = vec![*code];
        let mut room = EVENTS_PER_HISTORY_MAX;
        while let Some(next) = wanted.pop() {
            if chains.contains_key(&next) {
                continue;
            }
            if chains.len() >= CHAINS_PER_HISTORY_MAX {
                match events {
                    Events::Whole(_) => return Err(QueryError::TooLong),
                    Events::Newest(_) => {
                        bonds.retain(|bond| chains.contains_key(&bond.parent));
                        break;
                    }
                }
            }
            let record: UnitRecord = load(view, &key::unit(&next))?.ok_or(ViewError::Damaged)?;
            let most = match events {
                Events::Whole(_) => room,
                Events::Newest(_) => room.div_ceil(2),
            };
            let mut found = events.chain(Subject::Unit(next), record.history, most)?;
            room = room.saturating_sub(found.events.len());
            if found.cut {
                found.around = package_before(&found.events, &record);
                wanted.extend(found.around);
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

    /// What happened to a unit, as far as its chains say.
    pub(super) fn of(&self, code: &UnitKey) -> Past<'_> {
        let first = EventId::default();
        let last = EventId { height: Height(u64::MAX), transaction: u32::MAX, event: u32::MAX };
        let mut out = Past::default();
        self.walk(code, first, last, 0, &mut out);
        out.events.sort_by_key(|event| event.id);
        out
    }

    /// Events of `code` within `from ..= to`, then those of the packages around it in the parts of that span it was
    /// inside them.
    fn walk<'a>(&'a self, code: &UnitKey, from: EventId, to: EventId, depth: u8, out: &mut Past<'a>) {
        if depth > LEVELS_MAX || from > to {
            return;
        }
        let Some(Chain { events, cut, around, .. }) = self.0.get(code) else {
            out.truncated = true;
            return;
        };
        let first = events.first().map(|event| event.id);
        out.truncated |= *cut && first.is_none_or(|first| first > from);
        let repacking = |e: &EventRecord| matches!(e.body, EventBody::Packed(_) | EventBody::Opened(_));
        let within = events.iter().filter(|e| e.id >= from && e.id <= to);
        out.events.extend(within.filter(|e| depth == 0 || (!repacking(e) && bond_of(e).is_none())));
        let mut inside: Option<(UnitKey, EventId)> = around.zip(first);
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

/// The package around a unit at the first of these events: what it left first, or, if it left and joined none since,
/// what it is in now.
fn package_before(events: &[EventRecord], record: &UnitRecord) -> Option<UnitKey> {
    for event in events {
        match &event.body {
            EventBody::Left(bond) => return Some(bond.parent),
            _ if bond_of(event).is_some() => return None,
            _ => {}
        }
    }
    record.parent.map(|membership| membership.parent)
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
