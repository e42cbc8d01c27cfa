//! T13: stock-take loss (214) and damage (215, 220). Each is entered in the audit; that of a special drug, and the loss of
//! goods that are recalled or frozen, is told to the regulator at once. Lost goods found again come back by 111 or 118, into
//! BLOCKED.

use super::LossReported;
use super::at_hand::at_hand_for;
use crate::codes::UnitKey;
use crate::custody::{
    BillType, Condition, Holds, Lifecycle, Move, Repacking, Transition, check_codes_differ, check_public_text,
};
use crate::event::{EventBody, Subject};
use crate::oversight::AlarmKind;
use crate::rejection::Rejection;
use crate::state::{Stop, Tx, key};
use crate::transaction::{Body, ReportLoss, count_writes};

const STOCK_TAKE_LOSS: u16 = 214;

impl Body for ReportLoss {
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
        Some(self.bill_type)
    }

    /// Each code, the package it leaves, batches that are not released yet, and an alarm.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_mul(2).saturating_add(9)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_public_text("reason", &self.reason)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        report(tx, self)
    }
}

/// What nobody may lose quietly: special drugs, damaged ones too; and what should be on its way to its end or in a
/// regulator's sight, once it is `gone`.
/// Holds on the custodian count, which is the sender of what is on its way, and those on whose goods it keeps (《药品管理法》
/// Art. 100).
///
/// # Errors
/// Of the view.
pub(crate) fn tell_of_loss(tx: &mut Tx, unit: &Move, gone: bool) -> Result<(), Stop> {
    let custodian = tx.organisation_record(unit.standing.custodian())?;
    let holds = unit.holds().and(custodian.holds).and(unit.holds_of_owner(tx)?);
    let (code, special) = (unit.standing.code, unit.facts.iter().any(|f| f.product.master.class.is_special()));
    if special {
        tx.raise(AlarmKind::SpecialDrugLoss, code);
    } else if gone && holds.intersects(Holds::WATCHED) {
        tx.raise(AlarmKind::HeldGoods, code);
    }
    Ok(())
}

/// Executes the operation. Order of checks: bill type, role, codes differ; then each code in the order of the bill: known, not
/// dispensed nor retired, in custody, not in transit, in no package that is on hold, not empty, in stock. What is on hold can
/// be lost all the same, by itself or with the whole package: never out of it, where its hold would stay behind.
fn report(tx: &mut Tx, operation: &ReportLoss) -> Result<(), Stop> {
    BillType::carried_by("report_loss", operation.bill_type)?.check_role(&tx.organisation)?;
    let row = Transition::named("T13")?;
    check_codes_differ(&operation.codes)?;
    let mut repacking = Repacking::default();
    for code in &operation.codes {
        let unit = at_hand_for(tx, *code, row)?;
        tell_of_loss(tx, &unit, operation.bill_type == STOCK_TAKE_LOSS)?;
        let mut record = repacking.take_out(tx, &unit.standing)?;
        match operation.bill_type {
            STOCK_TAKE_LOSS => record.lifecycle = Lifecycle::Lost,
            _ => (record.lifecycle, record.condition) = (Lifecycle::Blocked, Condition::Damaged),
        }
        repacking.ended(&unit.standing.unit, &record);
        let event = LossReported { bill_type: operation.bill_type, reason: operation.reason.clone() };
        tx.event(Subject::Unit(*code), &mut record.history, EventBody::LossReported(event));
        tx.store(key::unit(code), &record);
    }
    repacking.close(tx)
}
