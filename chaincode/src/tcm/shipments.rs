//! The account of a shipment of lots, and the day by which it is to be closed (domain §8 row 34: no lot leaves without a
//! receiver).

use super::records::LotShipmentRecord;
use crate::execute::{ComesDue, Due};
use crate::oversight::AlarmKind;
use crate::state::{OrgNo, Stop, Tx, key};
use crate::transaction::DocumentNumber;
use bincode::{Decode, Encode};

const DAY_MS: u64 = 86_400_000;

impl LotShipmentRecord {
    /// Lots that are neither received nor refused.
    pub fn outstanding(&self) -> u32 {
        self.lots.saturating_sub(self.received).saturating_sub(self.refused)
    }

    /// Begins an account, with the term that the law of the sender's region sets. Two writes.
    pub(super) fn open(tx: &mut Tx, receiver: OrgNo, lots: u32) {
        let days = tx.law(tx.organisation.jurisdiction).custody.receipt_days;
        let due = (days > 0).then(|| tx.context.time.plus_ms(u64::from(days).saturating_mul(DAY_MS)));
        let (position, number) = (tx.position, tx.document.clone());
        let record = LotShipmentRecord { version: 1, receiver, position, lots, received: 0, refused: 0, due };
        if let Some(at) = due {
            let overdue = LotReceiptOverdue { sender: tx.principal, number: number.clone() };
            tx.set_deadline(at, Due::LotReceiptOverdue(overdue));
        }
        tx.store(key::lot_shipment(tx.principal, &number), &record);
    }

    /// Writes the counts back; nothing comes due of what is closed. Two writes.
    pub(super) fn store(&self, tx: &mut Tx, sender: OrgNo, number: &DocumentNumber) -> Result<(), Stop> {
        tx.store(key::lot_shipment(sender, number), self);
        match self.due {
            Some(at) if self.outstanding() == 0 => {
                let overdue = LotReceiptOverdue { sender, number: number.clone() };
                tx.clear_deadline(at, &Due::LotReceiptOverdue(overdue))
            }
            _ => Ok(()),
        }
    }
}

/// A shipment of lots was to be received by now.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub struct LotReceiptOverdue {
    /// Who shipped.
    pub sender: OrgNo,
    /// Under which document.
    pub number: DocumentNumber,
}

impl ComesDue for LotReceiptOverdue {
    /// One alarm if lots are outstanding.
    fn come_due(&self, tx: &mut Tx) -> Result<(), Stop> {
        let shipment: LotShipmentRecord = tx.must_load(&key::lot_shipment(self.sender, &self.number))?;
        if shipment.outstanding() > 0 {
            tx.raise_about(AlarmKind::OverdueReceipt, self.sender, None);
        }
        Ok(())
    }
}
