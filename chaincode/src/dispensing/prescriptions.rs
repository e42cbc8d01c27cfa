//! Prescriptions of classes with a limit: each is filled once in its term, by one bill, for no more than it states
//! (处方管理办法; domain §5.4). A sale that its seller takes back frees it again.

use super::rules::Limited;
use crate::custody::{Move, Sale};
use crate::rejection::Rejection;
use crate::state::{Record, Stop, Tx, key};
use crate::transaction::{DocumentNumber, Prescription};
use bencao_crypto::Digest;
use bencao_genesis::TimestampMs;
use bincode::{Decode, Encode};

const DAY_MS: u64 = 86_400_000;

/// A prescription that an institution has filled.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct PrescriptionRecord {
    /// Format: 1.
    pub version: u8,
    /// The bill that filled it.
    pub document: DocumentNumber,
    /// Block time of the bill.
    pub at: TimestampMs,
    /// It is not filled again before.
    pub until: TimestampMs,
    /// Units sold on it, or parts of units, less those taken back.
    pub units: u32,
}

impl Record for PrescriptionRecord {}

/// What one bill hands out on its prescription.
#[derive(Default)]
pub(super) struct Filling {
    units: u32,
    total: u64,
}

impl Filling {
    /// One unit more of a class with a limit, or a part of one. Order of checks: filled before, quantity stated, content
    /// declared, within the prescription.
    pub(super) fn add(
        &mut self,
        tx: &Tx,
        prescription: &Prescription,
        limited: Limited,
        unit: &Move,
        part: Option<u64>,
    ) -> Result<(), Stop> {
        let code = unit.standing.code;
        if self.units == 0 {
            let filled: Option<PrescriptionRecord> = tx.load(&key::prescription(tx.principal, &prescription.number))?;
            if let Some(filled) = filled.filter(|f| tx.context.time < f.until) {
                let (document, expected) = (filled.document.0, filled.until);
                return Err(Rejection::PrescriptionUsed { document, expected }.into());
            }
        }
        let Some(expected) = prescription.quantity else {
            return Err(Rejection::QuantityNotStated { code, class: limited.class }.into());
        };
        let taken = part.map_or_else(|| unit.declared_content(), Ok)?;
        if taken == 0 {
            return Err(Rejection::ContentNotDeclared { code }.into());
        }
        self.total = self.total.saturating_add(taken);
        if self.total > expected {
            return Err(Rejection::PrescriptionExceeded { code, expected, actual: self.total }.into());
        }
        self.units = self.units.saturating_add(1);
        Ok(())
    }

    /// Writes down that it is filled for the days that it states; one single dose for a day.
    pub(super) fn close(self, tx: &mut Tx, prescription: Option<&Prescription>) {
        let Some(prescription) = prescription.filter(|_| self.units > 0) else { return };
        let days = u64::from(prescription.days.unwrap_or(0).max(1));
        let record = PrescriptionRecord {
            version: 1,
            document: tx.document.clone(),
            at: tx.context.time,
            until: tx.context.time.plus_ms(days.saturating_mul(DAY_MS)),
            units: self.units,
        };
        tx.store(key::prescription(tx.principal, &prescription.number), &record);
    }
}

/// The newest sale of a unit is taken back: once all that was sold on its prescription is, that may be filled again.
pub(super) fn free(tx: &mut Tx, sale: &Sale) -> Result<(), Stop> {
    let Some(number) = sale.prescription else { return Ok(()) };
    let name = key::prescription(tx.principal, &number);
    let sold_at = sale.parts.map_or(sale.at, |parts| parts.at);
    let record: Option<PrescriptionRecord> = tx.load(&name)?;
    // Filled anew since, it is another sale that the record is about.
    let Some(mut record) = record.filter(|r| r.at == sold_at) else { return Ok(()) };
    record.units = record.units.saturating_sub(1);
    match record.units {
        0 => tx.remove(name),
        _ => tx.store(name, &record),
    }
    Ok(())
}

/// The prescription that a sale remembers.
pub(super) fn remembered(prescription: Option<&Prescription>, limited: Option<Limited>) -> Option<Digest> {
    prescription.filter(|_| limited.is_some()).map(|p| p.number)
}
