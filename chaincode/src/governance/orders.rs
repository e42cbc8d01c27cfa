//! Changes of keys by an organisation's own administrators.
//!
//! One administrator is enough for keys that sign bills, queries or votes of a validator, for nodes and for encryption.
//! What touches keys of administrators needs their quorum: a stolen key cannot shut out the others, and the others replace
//! one that is lost. An organisation whose quorum is lost is helped by a decision (`recover_keys`).

use super::events::{KeyOrderApproved, KeyOrderOpened};
use super::keyring::{Keyring, check_changes, writes_of};
use super::records::KeyOrderRecord;
use crate::admission::check_text;
use crate::event::EventBody;
use crate::limits::KEY_CHANGES_MAX;
use crate::registry::OrganisationFile;
use crate::rejection::Rejection;
use crate::state::{Stop, Tx, key};
use crate::transaction::{ApproveKeys, Body, ChangeKeys, DocumentNumber, KeyChange};
use bencao_genesis::KeyPurpose;

impl Body for ChangeKeys {
    fn purpose(&self) -> KeyPurpose {
        KeyPurpose::Admin
    }

    fn delegable(&self) -> bool {
        false
    }

    /// The changes, or the order.
    fn writes_bound(&self) -> u32 {
        writes_of(self.changes.len())
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_text("reason", &self.reason)?;
        check_changes(&self.changes)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        change(tx, self)
    }
}

/// Executes the operation. Order of checks: the changes in their order, then what must be left. What waits for others
/// has to be possible now.
fn change(tx: &mut Tx, operation: &ChangeKeys) -> Result<(), Stop> {
    let keyring = own(tx)?;
    let needed = match keyring.needs_quorum(tx, &operation.changes)? {
        true => keyring.quorum(tx)?,
        false => 1,
    };
    if needed <= 1 {
        return carry_out(tx, &operation.changes);
    }
    tx.attempt(|tx| carry_out(tx, &operation.changes))?;
    let hours = u64::from(tx.context.params.governance.key_order_hours);
    let lapses_at = tx.context.time.plus_ms(hours.saturating_mul(3_600_000));
    let record = KeyOrderRecord {
        version: 1,
        changes: operation.changes.clone(),
        approved_by: vec![tx.actor.key],
        lapses_at,
        done: false,
    };
    tx.store(key::key_order(tx.principal, &tx.document), &record);
    let body = KeyOrderOpened { content: ChangeKeys::digest(&operation.changes), needed, lapses_at };
    let organisation = tx.principal;
    OrganisationFile::load(tx, organisation)?.close(tx, organisation, EventBody::KeyOrderOpened(body));
    Ok(())
}

fn own(tx: &Tx) -> Result<Keyring, Stop> {
    Keyring::load(tx, tx.principal, &tx.organisation.id)
}

fn carry_out(tx: &mut Tx, changes: &[KeyChange]) -> Result<(), Stop> {
    let mut keyring = own(tx)?;
    keyring.apply(tx, changes)?;
    keyring.close(tx)
}

impl Body for ApproveKeys {
    fn purpose(&self) -> KeyPurpose {
        KeyPurpose::Admin
    }

    fn delegable(&self) -> bool {
        false
    }

    fn documents_named(&self) -> Vec<&DocumentNumber> {
        vec![&self.order]
    }

    /// As many changes as an order may have, and the order.
    fn writes_bound(&self) -> u32 {
        writes_of(KEY_CHANGES_MAX).saturating_add(1)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        approve(tx, self)
    }
}

/// Executes the operation. Order of checks: order on record, not carried out or lapsed, the content that the
/// administrator names, another key than before; then, with the last approval, the changes.
fn approve(tx: &mut Tx, operation: &ApproveKeys) -> Result<(), Stop> {
    let place = key::key_order(tx.principal, &operation.order);
    let order = operation.order.0.clone();
    let record: Option<KeyOrderRecord> = tx.load(&place)?;
    let mut record = record.ok_or_else(|| Rejection::UnknownKeyOrder { order: order.clone() })?;
    if record.done || tx.context.time > record.lapses_at {
        return Err(Rejection::KeyOrderClosed { order, expected: record.lapses_at }.into());
    }
    let expected = ChangeKeys::digest(&record.changes);
    if operation.content != expected {
        return Err(Rejection::OtherChanges { order, expected, actual: operation.content }.into());
    }
    if record.approved_by.contains(&tx.actor.key) {
        return Err(Rejection::AlreadyApproved { order, actual: hex::encode(tx.actor.key.0) }.into());
    }
    record.approved_by.push(tx.actor.key);
    let keyring = own(tx)?;
    let administrators = keyring.administrators(tx, tx.position.height)?;
    let approvals = record.approved_by.iter().filter(|k| administrators.contains(k)).count();
    let approvals = u32::try_from(approvals).unwrap_or(u32::MAX);
    record.done = approvals >= keyring.quorum(tx)?;
    tx.store(place, &record);
    let body = EventBody::KeyOrderApproved(KeyOrderApproved { order: operation.order.clone(), approvals });
    let organisation = tx.principal;
    OrganisationFile::load(tx, organisation)?.close(tx, organisation, body);
    match record.done {
        true => carry_out(tx, &record.changes),
        false => Ok(()),
    }
}
