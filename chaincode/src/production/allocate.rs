//! T1 申码: codes set aside for one product, as ranges of serials or one by one (NMPAB/T 1002 C2, C8).

use super::contract::{acts_for_holder, find};
use super::{AllocationRecord, CodesAllocated, IssuedRecord, SerialRange};
use crate::codes::UnitKey;
use crate::custody::{UnitRecord, check_codes_differ};
use crate::event::{EventBody, Subject};
use crate::limits::{RANGES_PER_BILL_MAX, RANGES_PER_PREFIX_MAX};
use crate::registry::{PrefixRecord, ProductRecord, require_coding_rule};
use crate::rejection::Rejection;
use crate::state::{ProductNo, Stop, Tx, key};
use crate::transaction::{AllocateCodes, Body, CodeRange, count_writes};
use std::collections::BTreeSet;

/// Largest serial of a 20-digit code: 13 digits.
const SERIAL_MAX: u64 = 9_999_999_999_999;

impl Body for AllocateCodes {
    fn codes(&self) -> Vec<UnitKey> {
        self.codes.clone()
    }

    fn codes_count(&self) -> usize {
        self.codes.len()
    }

    /// The product, each code, and each prefix.
    fn writes_bound(&self) -> u32 {
        let prefixes: BTreeSet<String> = self.codes.iter().filter_map(UnitKey::prefix).collect();
        let prefixes = prefixes.len().saturating_add(self.ranges.len());
        count_writes(self.codes.len().saturating_add(prefixes)).saturating_add(1)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        let refuse = |expected| Err(Rejection::FieldForm { field: "ranges", expected });
        if self.ranges.is_empty() && self.codes.is_empty() {
            return Err(Rejection::NoCodes {});
        }
        if self.ranges.len() > RANGES_PER_BILL_MAX {
            return refuse("at most 64 ranges");
        }
        for range in &self.ranges {
            let prefix_ok = range.prefix.len() == 7 && range.prefix.bytes().all(|b| b.is_ascii_digit());
            if !prefix_ok || range.from > range.to || range.to > SERIAL_MAX {
                return refuse("prefix of 7 digits, from ≤ to ≤ 9999999999999");
            }
        }
        Ok(())
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        allocate(tx, self)
    }
}

/// Executes the operation. Order of checks: product, who; then each range in the order of the bill: prefix of the
/// product, coding rule, free, room; then codes differ, each in the order of the bill: prefix,
/// coding rule, free.
fn allocate(tx: &mut Tx, operation: &AllocateCodes) -> Result<(), Stop> {
    let (number, mut product) = find(tx, &operation.product_id)?;
    if !acts_for_holder(tx, &product)? && tx.principal != product.producer {
        return Err(super::contract::not_producer(tx, &product).into());
    }
    let mut total = 0u64;
    for range in &operation.ranges {
        allocate_range(tx, number, &product, range)?;
        let size = range.to.saturating_sub(range.from).saturating_add(1);
        total = total.saturating_add(size);
    }
    check_codes_differ(&operation.codes)?;
    for code in &operation.codes {
        allocate_code(tx, number, &product, *code)?;
        total = total.saturating_add(1);
    }
    let event = EventBody::CodesAllocated(CodesAllocated { codes: total });
    tx.event(Subject::Product(number), &mut product.history, event);
    tx.store(key::product(number), &product);
    Ok(())
}

/// The product's own, under a filed coding rule (NMPAB/T 1002 C8: 备案后申码).
fn check_prefix(tx: &mut Tx, product: ProductNo, record: &ProductRecord, prefix: &str) -> Result<(), Stop> {
    let found: Option<PrefixRecord> = tx.load(&key::prefix(prefix))?;
    match found {
        Some(found) if found.product == product => require_coding_rule(tx, record, prefix),
        _ => {
            let (prefix, expected) = (prefix.to_owned(), record.master.id.0.clone());
            Err(Rejection::PrefixNotOfProduct { prefix, expected }.into())
        }
    }
}

fn load(tx: &Tx, prefix: &str) -> Result<AllocationRecord, Stop> {
    let record: Option<AllocationRecord> = tx.load(&key::allocation(prefix))?;
    Ok(record.unwrap_or(AllocationRecord { version: 1, ..AllocationRecord::default() }))
}

fn allocate_range(tx: &mut Tx, product: ProductNo, record: &ProductRecord, range: &CodeRange) -> Result<(), Stop> {
    check_prefix(tx, product, record, &range.prefix)?;
    let mut allocation = load(tx, &range.prefix)?;
    let overlapping = allocation.ranges.iter().find(|r| r.from <= range.to && range.from <= r.to);
    if let Some(taken) = overlapping {
        let actual = taken.from.max(range.from);
        return Err(Rejection::SerialAllocated { prefix: range.prefix.clone(), actual }.into());
    }
    allocation.ranges.push(SerialRange { from: range.from, to: range.to });
    allocation.ranges.sort_by_key(|r| r.from);
    let mut joined: Vec<SerialRange> = Vec::with_capacity(allocation.ranges.len());
    for next in allocation.ranges {
        match joined.last_mut() {
            Some(last) if last.to.saturating_add(1) == next.from => last.to = next.to,
            _ => joined.push(next),
        }
    }
    if joined.len() > RANGES_PER_PREFIX_MAX {
        let expected = RANGES_PER_PREFIX_MAX as u32;
        return Err(Rejection::TooManyRanges { prefix: range.prefix.clone(), expected }.into());
    }
    allocation.ranges = joined;
    tx.store(key::allocation(&range.prefix), &allocation);
    Ok(())
}

fn allocate_code(tx: &mut Tx, product: ProductNo, record: &ProductRecord, code: UnitKey) -> Result<(), Stop> {
    let prefix = code.prefix().unwrap_or_default();
    check_prefix(tx, product, record, &prefix)?;
    let mut allocation = load(tx, &prefix)?;
    let in_range = serial(&code).is_some_and(|serial| allocation.covers(serial));
    let seen = tx.exists(&key::issued(&code))? || tx.exists(&key::unit(&code))?;
    if in_range || seen {
        return Err(Rejection::CodeAllocated { code }.into());
    }
    let issued = IssuedRecord { version: 1, organisation: tx.principal, voided: false };
    tx.store(key::issued(&code), &issued);
    allocation.listed = allocation.listed.saturating_add(1);
    tx.store(key::allocation(&prefix), &allocation);
    Ok(())
}

/// The 13 digits after the prefix of a 20-digit code.
pub(super) fn serial(code: &UnitKey) -> Option<u64> {
    let UnitKey::T20(digits) = code else { return None };
    digits.to_string().get(7..)?.parse().ok()
}

impl AllocationRecord {
    /// Whether a serial is in one of the ranges.
    pub(super) fn covers(&self, serial: u64) -> bool {
        self.ranges.iter().any(|r| r.from <= serial && serial <= r.to)
    }
}

/// Refuses a code that may not be commissioned: used before, voided, or under a prefix whose codes are allocated and not
/// one of them. `allocation` is that of its prefix.
pub(super) fn check_free(tx: &Tx, code: UnitKey, allocation: Option<&AllocationRecord>) -> Result<(), Stop> {
    if let Some(existing) = tx.load::<UnitRecord>(&key::unit(&code))? {
        let batch: super::BatchRecord = tx.must_load(&key::batch(existing.batch))?;
        let product = tx.product(existing.batch.product)?.master.id.0;
        return Err(Rejection::CodeExists { code, product, batch: batch.batch_no }.into());
    }
    let Some(allocation) = allocation else { return Ok(()) };
    let one_by_one = allocation.listed > 0 || allocation.voided > 0;
    let issued: Option<IssuedRecord> = if one_by_one { tx.load(&key::issued(&code))? } else { None };
    if issued.is_some_and(|i| i.voided) {
        return Err(Rejection::CodeWasVoided { code }.into());
    }
    let any = !allocation.ranges.is_empty() || allocation.listed > 0;
    let allocated = issued.is_some() || serial(&code).is_some_and(|s| allocation.covers(s));
    if any && !allocated {
        return Err(Rejection::CodeNotAllocated { code }.into());
    }
    Ok(())
}
