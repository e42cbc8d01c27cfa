//! T15 码作废: labels that are never used, and packages scrapped at the line before their release.

use super::allocate::serial;
use super::contract::{acts_for_holder, find, not_producer};
use super::{AllocationRecord, BatchRecord, IssuedRecord, ReworkRecord, Voided};
use crate::codes::UnitKey;
use crate::custody::{Incomplete, Lifecycle, Move, Repacking, UnitRecord, check_codes_differ, check_public_text};
use crate::event::{EventBody, Subject};
use crate::quality::{at_hand, check_witness};
use crate::registry::{PrefixRecord, ProductRecord};
use crate::rejection::Rejection;
use crate::state::{ProductNo, Stop, Tx, key};
use crate::transaction::{Body, VoidCodes, count_writes};

impl Body for VoidCodes {
    fn names_codes(&self) -> bool {
        true
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.codes.clone()
    }

    fn codes_count(&self) -> usize {
        self.codes.len()
    }

    /// Each code, the package it leaves, and its batch or prefix.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_mul(3)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_public_text("reason", &self.reason)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        void(tx, self)
    }
}

/// Executes the operation. Order of checks: product, who, codes differ; then each code in the order of the bill: of the
/// product; one never commissioned: not voided before; else at hand, an empty package or a smallest unit, not released,
/// nothing that is destroyed before a witness only.
fn void(tx: &mut Tx, operation: &VoidCodes) -> Result<(), Stop> {
    let (number, product) = find(tx, &operation.product_id)?;
    if !acts_for_holder(tx, &product)? && tx.principal != product.producer {
        return Err(not_producer(tx, &product).into());
    }
    check_codes_differ(&operation.codes)?;
    let mut repacking = Repacking::default();
    let mut incomplete = Incomplete::default();
    for code in &operation.codes {
        check_product(tx, number, &product, *code)?;
        match tx.exists(&key::unit(code))? {
            true => void_package(tx, operation, *code, &mut repacking, &mut incomplete)?,
            false => void_label(tx, *code)?,
        }
    }
    repacking.close(tx)?;
    incomplete.close(tx)
}

fn check_product(tx: &Tx, number: ProductNo, product: &ProductRecord, code: UnitKey) -> Result<(), Stop> {
    let prefix = code.prefix().unwrap_or_default();
    let found: Option<PrefixRecord> = tx.load(&key::prefix(&prefix))?;
    let found = found.ok_or(Rejection::UnknownPrefix { code, prefix })?;
    if found.product == number {
        return Ok(());
    }
    let (expected, actual) = (product.master.id.0.clone(), tx.product(found.product)?.master.id.0);
    Err(Rejection::WrongProduct { code, expected, actual }.into())
}

/// A label that was never commissioned: its code is never used.
fn void_label(tx: &mut Tx, code: UnitKey) -> Result<(), Stop> {
    let name = key::issued(&code);
    let issued: Option<IssuedRecord> = tx.load(&name)?;
    if issued.is_some_and(|i| i.voided) {
        return Err(Rejection::CodeWasVoided { code }.into());
    }
    let prefix = code.prefix().unwrap_or_default();
    let allocation: Option<AllocationRecord> = tx.load(&key::allocation(&prefix))?;
    let mut allocation = allocation.unwrap_or(AllocationRecord { version: 1, ..AllocationRecord::default() });
    let any = !allocation.ranges.is_empty() || allocation.listed > 0;
    if any && issued.is_none() && !serial(&code).is_some_and(|s| allocation.covers(s)) {
        return Err(Rejection::CodeNotAllocated { code }.into());
    }
    tx.store(name, &IssuedRecord { version: 1, organisation: tx.principal, voided: true });
    allocation.voided = allocation.voided.saturating_add(1);
    tx.store(key::allocation(&prefix), &allocation);
    Ok(())
}

fn void_package(
    tx: &mut Tx,
    operation: &VoidCodes,
    code: UnitKey,
    repacking: &mut Repacking,
    incomplete: &mut Incomplete,
) -> Result<(), Stop> {
    let record: UnitRecord = tx.must_load(&key::unit(&code))?;
    if let Some(actual) = record.content.as_ref().map(|c| c.children).filter(|children| *children > 0) {
        return Err(Rejection::PackageNotEmpty { code, actual }.into());
    }
    let unit = match record.content {
        // An empty package is not at hand for any other bill.
        Some(_) => Move::load(tx, code)?,
        None => at_hand(tx, code)?,
    };
    crate::quality::in_custody(tx, &unit)?;
    if unit.lifecycle != Lifecycle::Commissioned {
        let (expected, actual) = (Lifecycle::Commissioned.name(), unit.lifecycle.name());
        return Err(Rejection::WrongState { code, expected, actual }.into());
    }
    // What is recalled, frozen or a special drug is destroyed before a witness, and not scrapped under another name (rule
    // 12 of domain §9). An empty package holds nothing that could be.
    if record.content.is_none() {
        check_witness(tx, &unit, false, true)?;
        check_not_of_recalled(tx, &unit)?;
    }
    let reference = record.batch;
    let was_incomplete = record.content.as_ref().is_some_and(|c| c.is_incomplete());
    incomplete.changed(reference, was_incomplete, false);
    let mut batch: BatchRecord = tx.must_load(&key::batch(reference))?;
    batch.units = batch.units.saturating_sub(u32::from(record.content.is_none()));
    batch.packages = batch.packages.saturating_sub(1);
    tx.store(key::batch(reference), &batch);
    let mut record = repacking.take_out(tx, &unit.standing)?;
    record.lifecycle = Lifecycle::Voided;
    let event = EventBody::Voided(Voided { reason: operation.reason.clone() });
    tx.event(Subject::Unit(code), &mut record.history, event);
    tx.store(key::unit(&code), &record);
    Ok(())
}

/// What was recalled when it went into rework is scrapped under its new code no more than under the old one: it is
/// destroyed before a witness (rule 12 of domain §9; 《药品管理法》 Art. 82, 83).
fn check_not_of_recalled(tx: &Tx, unit: &Move) -> Result<(), Stop> {
    let own = unit.own()?;
    let rework: Option<ReworkRecord> = tx.load(&key::rework(own.reference.product, &own.batch.batch_no))?;
    match rework {
        Some(rework) if rework.recalled => {
            Err(Rejection::CountersignatureRequired { code: unit.standing.code, actual: "recalled" }.into())
        }
        _ => Ok(()),
    }
}
