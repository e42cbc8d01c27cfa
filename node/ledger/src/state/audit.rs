//! The audit index: a pure fold over receipts, events and alarms.
//!
//! | Space | Key | Value |
//! |---|---|---|
//! | receipts | height (8) ‖ index (4) | receipt |
//! | transactions | transaction id (32) | [`Placed`] of the receipt that counts |
//! | documents | SM3 of principal and number (32) | [`Placed`] of the applied receipt, else of the newest one |
//! | events | height (8) ‖ transaction (4) ‖ event (4) | [`Logged`] |
//! | subjects | canonical subject ‖ sequence (4) | key in events |
//! | children | package ‖ package inside it | empty |
//! | members | batch ‖ package | empty |
//!
//! Numbers in keys are big endian, so that keys sort by them. All of it is about the tip: receipts and the log only
//! grow, and a reader of an older version asks for the events that its records count.

use super::StateStore;
use crate::error::{Damage, StoreError};
use crate::kv::{Entry, Kv, KvRead, Order, Space, WriteBatch};
use crate::record::{load, must, number_key, open, seal};
use bencao_chaincode::receipt::Position;
use bencao_chaincode::state::BatchRef;
use bencao_chaincode::transaction::DocumentNumber;
use bencao_chaincode::{
    AlarmRecord, EventBody, EventId, EventRecord, Outcome, Receipt, SignedTransaction, Subject, TransactionId, UnitKey,
};
use bencao_crypto::codec::{WIRE_BYTES_MAX, decode};
use bencao_crypto::{encode, merkle, tagged};
use bencao_genesis::{Height, OrgId};
use bincode::{Decode, Encode};
use std::collections::BTreeMap;

/// An entry of the log. The alarm of a transaction stands after its events, of which a refused one has none.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[allow(clippy::large_enum_variant, reason = "read one by one, never kept in bulk")]
pub enum Logged {
    /// Something was applied.
    Event(EventRecord),
    /// Something illegal was tried (D9).
    Alarm(AlarmRecord),
}

/// Where a receipt is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Placed {
    /// Its place.
    pub position: Position,
    /// Whether its transaction was applied there.
    pub applied: bool,
    /// Whether it is the one that counts for its transaction id ([`Receipt::settles`]): no later one replaces it.
    pub settled: bool,
}

impl Placed {
    fn of(receipt: &Receipt) -> Placed {
        Placed { position: receipt.position, applied: receipt.is_applied(), settled: receipt.settles() }
    }
}

fn position_key(position: Position) -> Vec<u8> {
    [&position.height.0.to_be_bytes()[..], &position.index.to_be_bytes()].concat()
}

fn event_key(id: EventId) -> Vec<u8> {
    [&id.height.0.to_be_bytes()[..], &id.transaction.to_be_bytes(), &id.event.to_be_bytes()].concat()
}

fn event_id(key: &[u8]) -> Option<EventId> {
    let (height, rest) = key.split_first_chunk::<8>()?;
    let (transaction, rest) = rest.split_first_chunk::<4>()?;
    let event = <[u8; 4]>::try_from(rest).ok()?;
    Some(EventId {
        height: Height(u64::from_be_bytes(*height)),
        transaction: u32::from_be_bytes(*transaction),
        event: u32::from_be_bytes(event),
    })
}

fn subject_key(subject: &Subject, sequence: u32) -> Vec<u8> {
    [&encode(subject)[..], &sequence.to_be_bytes()].concat()
}

fn document_key(principal: &OrgId, number: &DocumentNumber) -> Vec<u8> {
    tagged("bencao/document-index/1", &[principal.as_str().as_bytes(), &[0], number.0.as_bytes()]).0.to_vec()
}

/// Places of one space as the block finds and leaves them.
struct Places<'a, K> {
    kv: &'a K,
    space: Space,
    changed: BTreeMap<Vec<u8>, Moved>,
}

/// The place before the block, and after it.
struct Moved {
    before: Option<Placed>,
    after: Placed,
}

/// Keys with their places before a block.
pub(super) type Before = Vec<(Vec<u8>, Option<Placed>)>;

impl<K: KvRead> Places<'_, K> {
    /// Replaces the place under `key` unless the present one is to `keep`.
    fn put(&mut self, key: Vec<u8>, new: Placed, keep: impl FnOnce(&Placed) -> bool) -> Result<(), StoreError> {
        if let Some(moved) = self.changed.get_mut(&key) {
            if !keep(&moved.after) {
                moved.after = new;
            }
            return Ok(());
        }
        let before: Option<Placed> = load(self.kv, self.space, &key)?;
        if !before.as_ref().is_some_and(keep) {
            self.changed.insert(key, Moved { before, after: new });
        }
        Ok(())
    }

    fn write(self, write: &mut WriteBatch) -> Before {
        let put = |(key, Moved { before, after }): (Vec<u8>, Moved)| {
            write.put(self.space, key.clone(), seal(&after));
            (key, before)
        };
        self.changed.into_iter().map(put).collect()
    }
}

/// Receipts of a block and where to find them. `transactions` are the bytes that the receipts are about. Returns what the places
/// of transactions and of documents were before.
pub(super) fn put_receipts(
    write: &mut WriteBatch,
    kv: &impl Kv,
    receipts: &[Receipt],
    transactions: &[&[u8]],
) -> Result<(Before, Before), StoreError> {
    assert_eq!(receipts.len(), transactions.len(), "one receipt a transaction");
    let mut ids = Places { kv, space: Space::Transactions, changed: BTreeMap::new() };
    let mut documents = Places { kv, space: Space::Documents, changed: BTreeMap::new() };
    for (receipt, bytes) in receipts.iter().zip(transactions) {
        write.put(Space::Receipts, position_key(receipt.position), seal(receipt));
        let placed = Placed::of(receipt);
        ids.put(receipt.transaction.0.0.to_vec(), placed, |old| old.settled)?;
        // A repetition says nothing new about its document.
        if matches!(receipt.outcome, Outcome::Repeated(_)) {
            continue;
        }
        // The block's limits bound every transaction; what does not decode has a receipt by id only.
        if let Ok((_, body)) = SignedTransaction::decode(bytes, WIRE_BYTES_MAX) {
            documents.put(document_key(&body.principal, &body.document_number), placed, |old| old.applied)?;
        }
    }
    Ok((ids.write(write), documents.write(write)))
}

/// Takes the last block's receipts and log back: the reverse of [`put_receipts`], but for places, and of [`put_log`].
pub(super) fn take_back(write: &mut WriteBatch, kv: &impl KvRead, height: Height) -> Result<(), StoreError> {
    let (from, to) = (number_key(height.0), number_key(height.next().0));
    for (key, _) in kv.scan(Space::Receipts, &from, &to, usize::MAX, Order::Ascending)? {
        write.delete(Space::Receipts, key);
    }
    for (key, value) in kv.scan(Space::Events, &from, &to, usize::MAX, Order::Descending)? {
        if let Logged::Event(event) = open(Space::Events, &key, &value)? {
            write.delete(Space::Subjects, subject_key(&event.subject, event.sequence));
            if let Some((parent, child)) = event.joined() {
                write.delete(Space::Children, [encode(&parent), encode(&child)].concat());
            }
            if let Some((parent, child)) = event.left() {
                write.put(Space::Children, [encode(&parent), encode(&child)].concat(), Vec::new());
            }
            if let (Subject::Unit(unit), EventBody::Commissioned(c)) = (&event.subject, &event.body) {
                write.delete(Space::Members, [encode(&c.batch), encode(unit)].concat());
            }
        }
        write.delete(Space::Events, key);
    }
    Ok(())
}

/// Makes places what they were before a block.
pub(super) fn restore_places(write: &mut WriteBatch, space: Space, before: Before) {
    for (key, placed) in before {
        super::put_or_delete(write, space, &key, placed.map(|p| seal(&p)));
    }
}

pub(super) fn put_log(write: &mut WriteBatch, events: &[EventRecord], alarms: &[AlarmRecord]) {
    for alarm in alarms {
        let (height, transaction) = (alarm.position.height, alarm.position.index);
        let own = events.iter().filter(|e| (e.id.height, e.id.transaction) == (height, transaction));
        let id = EventId { height, transaction, event: super::count(own.count()) };
        write.put(Space::Events, event_key(id), seal(&Logged::Alarm(alarm.clone())));
    }
    for event in events {
        let id = event_key(event.id);
        write.put(Space::Subjects, subject_key(&event.subject, event.sequence), id.clone());
        write.put(Space::Events, id, seal(&Logged::Event(event.clone())));
        if let (Subject::Unit(unit), EventBody::Commissioned(c)) = (&event.subject, &event.body) {
            write.put(Space::Members, [encode(&c.batch), encode(unit)].concat(), Vec::new());
        }
        if let Some((parent, child)) = event.left() {
            write.delete(Space::Children, [encode(&parent), encode(&child)].concat());
        }
        if let Some((parent, child)) = event.joined() {
            write.put(Space::Children, [encode(&parent), encode(&child)].concat(), Vec::new());
        }
    }
}

/// Events of a subject after the first `skip`, by sequence.
pub(super) fn events_of(
    kv: &impl KvRead,
    subject: &Subject,
    skip: u32,
    limit: usize,
) -> Result<Vec<EventRecord>, StoreError> {
    let (from, to) = (subject_key(subject, skip.saturating_add(1)), subject_key(subject, u32::MAX));
    let found = kv.scan(Space::Subjects, &from, &to, limit, Order::Ascending)?;
    let keys: Vec<Vec<u8>> = found.into_iter().map(|(_, key)| key).collect();
    let values = kv.get_many(Space::Events, &keys)?;
    let event = |(key, value): (&Vec<u8>, Option<Vec<u8>>)| match open(
        Space::Events,
        key,
        &must(value, Space::Events, key)?,
    )? {
        Logged::Event(event) if event.subject == *subject => Ok(event),
        _ => Err(StoreError::damaged(Space::Events, key, Damage::Name)),
    };
    keys.iter().zip(values).map(event).collect()
}

impl<K: Kv> StateStore<K> {
    /// The receipt at a place.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn receipt(&self, position: Position) -> Result<Option<Receipt>, StoreError> {
        let key = position_key(position);
        let receipt: Option<Receipt> = load(&self.kv, Space::Receipts, &key)?;
        match receipt {
            Some(receipt) if receipt.position != position => {
                Err(StoreError::damaged(Space::Receipts, &key, Damage::Name))
            }
            other => Ok(other),
        }
    }

    /// All receipts of a block, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn receipts(&self, height: Height) -> Result<Vec<Receipt>, StoreError> {
        let (from, to) = (number_key(height.0), number_key(height.next().0));
        let rows = self.kv.scan(Space::Receipts, &from, &to, usize::MAX, Order::Ascending)?;
        rows.iter().map(|(key, value)| open(Space::Receipts, key, value)).collect()
    }

    /// A receipt with its path to the receipts root of its height.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn receipt_path(&self, position: Position) -> Result<Option<(Receipt, merkle::Path)>, StoreError> {
        let mut receipts = self.receipts(position.height)?;
        let leaves = merkle::leaves(receipts.iter().map(encode));
        let index = position.index as usize;
        Ok(merkle::path(&leaves, index).map(|path| (receipts.swap_remove(index), path)))
    }

    /// Where the receipt that counts for a transaction is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn transaction(&self, id: &TransactionId) -> Result<Option<Placed>, StoreError> {
        load(&self.kv, Space::Transactions, &id.0.0)
    }

    /// Where a document's applied receipt is, or its newest one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn document(&self, principal: &OrgId, number: &DocumentNumber) -> Result<Option<Placed>, StoreError> {
        load(&self.kv, Space::Documents, &document_key(principal, number))
    }

    /// At most `limit` entries of the log after `cursor`, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn log_after(&self, cursor: EventId, limit: usize) -> Result<Vec<(EventId, Logged)>, StoreError> {
        let from = [&event_key(cursor)[..], &[0]].concat();
        let rows = self.kv.scan(Space::Events, &from, &[], limit, Order::Ascending)?;
        let entry = |(key, value): &Entry| {
            let id = event_id(key).ok_or_else(|| StoreError::damaged(Space::Events, key, Damage::Form))?;
            Ok((id, open(Space::Events, key, value)?))
        };
        rows.iter().map(entry).collect()
    }

    /// Place of the newest entry of the log; zero if there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn log_end(&self) -> Result<EventId, StoreError> {
        let rows = self.kv.scan(Space::Events, &[], &[], 1, Order::Descending)?;
        let Some((key, _)) = rows.first() else { return Ok(EventId::default()) };
        event_id(key).ok_or_else(|| StoreError::damaged(Space::Events, key, Damage::Form))
    }

    /// The events of a subject after the first `skip`, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn events_of(&self, subject: &Subject, skip: u32, limit: usize) -> Result<Vec<EventRecord>, StoreError> {
        events_of(&self.kv, subject, skip, limit)
    }

    /// Packages inside a package, after a cursor, in order of their keys.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn children(
        &self,
        parent: &UnitKey,
        cursor: Option<&UnitKey>,
        limit: usize,
    ) -> Result<Vec<UnitKey>, StoreError> {
        self.units(Space::Children, encode(parent), cursor, limit)
    }

    /// Packages of all levels commissioned in a batch, after a cursor, in order of their keys.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn members(&self, batch: BatchRef, cursor: Option<&UnitKey>, limit: usize) -> Result<Vec<UnitKey>, StoreError> {
        self.units(Space::Members, encode(&batch), cursor, limit)
    }

    fn units(
        &self,
        space: Space,
        prefix: Vec<u8>,
        cursor: Option<&UnitKey>,
        limit: usize,
    ) -> Result<Vec<UnitKey>, StoreError> {
        let from = cursor.map_or_else(|| prefix.clone(), |unit| [&prefix[..], &encode(unit), &[0]].concat());
        let found = self.kv.scan(space, &from, &above(&prefix), limit, Order::Ascending)?;
        let unit = |(key, _): &Entry| {
            let bytes = &key[prefix.len()..];
            decode(bytes, bytes.len()).map_err(|_| StoreError::damaged(space, key, Damage::Form))
        };
        found.iter().map(unit).collect()
    }
}

/// The smallest byte string above all that start with `prefix`; empty if there is none.
fn above(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            break;
        }
    }
    end
}
