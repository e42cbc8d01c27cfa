//! T15 返工出库 (204): codes voided; what was in them is commissioned anew in a batch of its own, which is released by
//! itself. So relabelled goods of a recalled batch come back without a hole in the recall (domain §5.3), and no batch
//! number or expiry is ever changed (《药品管理法》 Art. 98).

use super::contract::{acts_for_holder, find, not_producer};
use super::responsible::region_of;
use super::{BatchRecord, ReworkRecord, Reworked};
use crate::admission::check_batch_no;
use crate::codes::UnitKey;
use crate::custody::{Condition, Holds, Lifecycle, Move, Repacking, Transition, check_codes_differ, check_public_text};
use crate::event::{EventBody, Subject};
use crate::quality::{at_hand_for, tell_of_loss};
use crate::registry::ProductRecord;
use crate::rejection::Rejection;
use crate::state::{Stop, Tx, key};
use crate::tcm::{BatchLotsRecord, carry_over, check_descent};
use crate::transaction::{Body, Rework, count_writes};
use bencao_genesis::CalendarDate;

const REWORK: u16 = 204;

impl Body for Rework {
    fn names_codes(&self) -> bool {
        true
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.codes.clone()
    }

    fn codes_count(&self) -> usize {
        self.codes.len()
    }

    fn bill_type(&self) -> Option<u16> {
        Some(REWORK)
    }

    /// Each code and the package it leaves; batches that are not released yet; the rework, and an alarm.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_mul(3).saturating_add(2)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_batch_no(&self.into_batch)?;
        check_public_text("reason", &self.reason)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        rework(tx, self)
    }
}

/// Executes the operation. Order of checks: product, who, batch not opened, codes differ; then each code in the order of
/// the bill: at hand, in no package that is on hold, in stock or blocked, of the product, no hold but a recall on it or
/// inside it, released, not expired, never sold nor lost nor spoiled, of one herb with the others, number of lots that
/// its batches were made of. Of a special drug, and of what is recalled, the regulator is told at once: under its old
/// code it ends here, before no witness (rule 12 of domain §9).
fn rework(tx: &mut Tx, operation: &Rework) -> Result<(), Stop> {
    let (number, product) = find(tx, &operation.product_id)?;
    if !acts_for_holder(tx, &product)? && tx.principal != product.producer {
        return Err(not_producer(tx, &product).into());
    }
    if tx.exists(&key::batch_number(number, &operation.into_batch))? {
        return Err(Rejection::BatchOpen { batch: operation.into_batch.clone() }.into());
    }
    check_codes_differ(&operation.codes)?;
    let name = key::rework(number, &operation.into_batch);
    let mut record: Option<ReworkRecord> = tx.load(&name)?;
    let row = Transition::named("T15")?;
    let sensitive = has_range(tx, &product)?;
    let mut repacking = Repacking::default();
    for code in &operation.codes {
        let unit = at_hand_for(tx, *code, row)?;
        if unit.facts.iter().any(|f| f.product.master.id != product.master.id) {
            let (expected, actual) = (product.master.id.0.clone(), unit.own()?.product.master.id.0.clone());
            return Err(Rejection::WrongProduct { code: *code, expected, actual }.into());
        }
        check_holds(tx, &unit)?;
        if let Some(facts) = unit.facts.iter().find(|f| !f.batch.released) {
            return Err(Rejection::NotReleased { code: *code, batch: facts.batch.batch_no.clone() }.into());
        }
        unit.not_expired(tx)?;
        check_fit(&unit, sensitive)?;
        let units = unit.standing.unit.content.as_ref().map_or(1, |c| c.units());
        let expiry = unit.facts.iter().map(|f| f.batch.expires_on).min().unwrap_or(unit.own()?.batch.expires_on);
        let sum = record.get_or_insert_with(|| ReworkRecord::new(expiry));
        sum.units = sum.units.saturating_add(units);
        sum.expires_on = sum.expires_on.min(expiry);
        sum.recalled |= unit.holds().is_recalled();
        carry_over(tx, &operation.into_batch, &unit.standing.batches(), sum)?;
        // 保质期 of herbs goes on with them under the new code.
        sum.expires_on = sum.lots.best_before.map_or(sum.expires_on, |term| sum.expires_on.min(term));
        tell_of_loss(tx, &unit, true)?;
        let mut gone = repacking.take_out(tx, &unit.standing)?;
        gone.lifecycle = Lifecycle::Voided;
        repacking.ended(&unit.standing.unit, &gone);
        let event = Reworked { into_batch: operation.into_batch.clone(), reason: operation.reason.clone() };
        tx.event(Subject::Unit(*code), &mut gone.history, EventBody::Reworked(event));
        tx.store(key::unit(code), &gone);
    }
    repacking.close(tx)?;
    if let Some(record) = record {
        check_descent(tx, &operation.into_batch, &record.lots)?;
        tx.store(name, &record);
    }
    Ok(())
}

/// Holds win (rule 8 of domain §9): a new code must not be the way out of a freeze, of a doubt about the quality, or of a
/// refusal at the border. A recall alone allows it (domain §5.3), and goods on hold by themselves go by themselves.
fn check_holds(tx: &Tx, unit: &Move) -> Result<(), Rejection> {
    let code = unit.standing.code;
    let holds = unit.holds().and(tx.organisation.holds).without(Holds::RECALLS);
    if holds != Holds::NONE {
        return Err(Rejection::Held { code, actual: holds.to_string() });
    }
    match unit.standing.unit.content.as_ref().map_or(0, |content| content.held) {
        0 => Ok(()),
        actual => Err(Rejection::HoldsHeldUnit { code, actual }),
    }
}

/// Whether a product is kept within a range of temperature, by its master data or by the law.
fn has_range(tx: &mut Tx, product: &ProductRecord) -> Result<bool, Stop> {
    let master = &product.master;
    let region = region_of(tx, product)?;
    let by_law = tx.law(region).custody.temperature_range(&master.id, master.class).is_some();
    Ok(by_law || master.details.temperature.is_some())
}

/// What a patient had in hands, or nobody knows where it was, comes back under no code (domain §3.10 T16, *Terminal?*);
/// nor does what is `sensitive` to temperature and was damaged, as goods that were too warm are (《疫苗管理法》 Art. 39, 40).
/// Of other goods it is the box that is broken, and that is what rework is for.
fn check_fit(unit: &Move, sensitive: bool) -> Result<(), Rejection> {
    let standing = &unit.standing;
    let actual = match standing.condition() {
        _ if standing.sale().is_some() => "sold once",
        Condition::Recovered => Condition::Recovered.name(),
        Condition::Damaged if sensitive => Condition::Damaged.name(),
        Condition::Sound | Condition::Damaged => return Ok(()),
    };
    Err(Rejection::NotAcceptable { code: standing.code, actual })
}

impl ReworkRecord {
    fn new(expires_on: CalendarDate) -> ReworkRecord {
        let lots = BatchLotsRecord { version: 1, ..BatchLotsRecord::default() };
        ReworkRecord { version: 1, units: 0, expires_on, batches: Vec::new(), lots, recalled: false }
    }
}

impl BatchRecord {
    /// Refuses to open a batch of reworked goods with another number of units, or a later expiry, than went into it:
    /// what is fewer would have ended under its old code, and nobody would have seen how (rule 12 of domain §9).
    pub(super) fn check_rework(&self, rework: &ReworkRecord) -> Result<(), Rejection> {
        if self.declared_units != rework.units {
            return Err(Rejection::BatchDiffers {
                batch: self.batch_no.clone(),
                field: "declared_units",
                expected: rework.units.to_string(),
                actual: self.declared_units.to_string(),
            });
        }
        if self.expires_on > rework.expires_on {
            let (expected, actual) = (rework.expires_on, self.expires_on);
            return Err(Rejection::ReworkExpiry { batch: self.batch_no.clone(), expected, actual });
        }
        Ok(())
    }
}
