//! T8: blocked goods that passed acceptance go back into stock. Never goods that were sold to a consumer, damaged, or
//! lost and found (domain §3.10 T8, T13, T16).

use super::QualityAccepted;
use super::at_hand::at_hand;
use crate::codes::UnitKey;
use crate::custody::{Condition, Holds, Lifecycle, Move, Repacking, check_codes_differ};
use crate::event::{EventBody, Subject};
use crate::rejection::Rejection;
use crate::state::{Stop, Tx, key};
use crate::transaction::{Body, QualityAccept, count_writes};

impl Body for QualityAccept {
    fn names_codes(&self) -> bool {
        true
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.codes.clone()
    }

    fn codes_count(&self) -> usize {
        self.codes.len()
    }

    /// Each code and the package it leaves, and batches that are not released yet.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_mul(2).saturating_add(8)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        accept(tx, self)
    }
}

/// Executes the operation. Order of checks: codes differ; then each code in the order of the bill: known, not dispensed
/// nor retired, in custody, not in transit, in no package that is on hold, not empty, blocked, in no
/// package that was handed out by quantity, no hold, not expired, fit to be sold.
fn accept(tx: &mut Tx, operation: &QualityAccept) -> Result<(), Stop> {
    check_codes_differ(&operation.codes)?;
    let mut repacking = Repacking::default();
    for code in &operation.codes {
        let unit = at_hand(tx, *code)?;
        if unit.lifecycle != Lifecycle::Blocked {
            let (expected, actual) = (Lifecycle::Blocked.name(), unit.lifecycle.name());
            return Err(Rejection::WrongState { code: *code, expected, actual }.into());
        }
        unit.not_inside_sold()?;
        let holds = unit.holds_with_owner(tx)?;
        if holds != Holds::NONE {
            return Err(Rejection::Held { code: *code, actual: holds.to_string() }.into());
        }
        if let Some(actual) = unit.standing.unit.content.as_ref().map(|c| c.held).filter(|held| *held > 0) {
            return Err(Rejection::HoldsHeldUnit { code: *code, actual }.into());
        }
        unit.not_expired(tx)?;
        check_fit(&unit)?;
        let mut record = repacking.take_out(tx, &unit.standing)?;
        record.lifecycle = Lifecycle::InStock;
        let event = QualityAccepted { record: operation.record };
        tx.event(Subject::Unit(*code), &mut record.history, EventBody::QualityAccepted(event));
        tx.store(key::unit(code), &record);
    }
    repacking.close(tx)
}

fn check_fit(unit: &Move) -> Result<(), Rejection> {
    let standing = &unit.standing;
    let actual = match standing.condition() {
        _ if standing.sale().is_some() => "sold once",
        Condition::Sound => return Ok(()),
        other => other.name(),
    };
    Err(Rejection::NotAcceptable { code: standing.code, actual })
}
