//! T6 and T7: goods that the receiver does not take, and shipments that the sender takes back. Custody stays with the
//! sender until a receipt; a refused package is on its way back with a dispute on it, in nobody's stock.

use super::evidence::{check_public_text, has_range};
use super::shipment::{Shipment, count_one};
use super::{Condition, Holds, Incomplete, Lifecycle, Move, Repacking, Transit, check_codes_differ};
use crate::codes::UnitKey;
use crate::event::{EventBody, LossAccepted, Refused, Subject, Unshipped};
use crate::governance::Standing;
use crate::law::CustodyLaw;
use crate::oversight::AlarmKind;
use crate::quality::tell_of_loss;
use crate::rejection::Rejection;
use crate::state::{Stop, Tx, key};
use crate::transaction::{
    AcceptLoss, Body, CancelShipment, DocumentNumber, RefusalReason, Refuse, TakeBack, count_writes,
};

/// Whether refused goods never go back into stock: their sender gets them back damaged, for their return or their
/// destruction (《疫苗管理法》 Art. 39, 40; domain §3.10 T8). Temperature spoils what has a range; what is inside a damaged
/// package the sender's inspection accepts or not.
fn is_spoiled(reason: RefusalReason, unit: &Move, law: &CustodyLaw) -> bool {
    match reason {
        RefusalReason::Damaged => unit.standing.unit.level == 1,
        RefusalReason::Temperature => unit.facts.iter().any(|facts| has_range(&facts.product, law)),
        _ => false,
    }
}

impl Body for Refuse {
    fn names_codes(&self) -> bool {
        true
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.codes.clone()
    }

    fn codes_count(&self) -> usize {
        self.codes.len()
    }

    fn documents_named(&self) -> Vec<&DocumentNumber> {
        vec![&self.shipment_no]
    }

    /// Each code and the package it leaves, batches that are not released yet, the shipment, its deadline, an alarm.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_mul(2).saturating_add(11)
    }

    /// A failed check is fed back with its reason (NMPAB/T 1001; xt_check_code_desc).
    fn check_form(&self) -> Result<(), Rejection> {
        match self.reason {
            RefusalReason::CheckFailed | RefusalReason::Other => check_public_text("note", &self.note),
            _ if self.note.is_empty() => Ok(()),
            _ => check_public_text("note", &self.note),
        }
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        refuse(tx, self)
    }
}

impl Body for TakeBack {
    fn names_codes(&self) -> bool {
        true
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.codes.clone()
    }

    fn codes_count(&self) -> usize {
        self.codes.len()
    }

    fn documents_named(&self) -> Vec<&DocumentNumber> {
        vec![&self.shipment_no]
    }

    /// Each code, the shipment, its deadline.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_add(2)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        take_back(tx, self)
    }
}

impl Body for AcceptLoss {
    fn names_codes(&self) -> bool {
        true
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.codes.clone()
    }

    fn codes_count(&self) -> usize {
        self.codes.len()
    }

    fn documents_named(&self) -> Vec<&DocumentNumber> {
        vec![&self.shipment_no]
    }

    /// Each code, batches that are not released yet, the shipment, its deadline, an alarm.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_add(11)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        accept_loss(tx, self)
    }
}

impl Body for CancelShipment {
    fn names_codes(&self) -> bool {
        true
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.codes.clone()
    }

    fn codes_count(&self) -> usize {
        self.codes.len()
    }

    fn documents_named(&self) -> Vec<&DocumentNumber> {
        vec![&self.shipment_no]
    }

    /// Each code, the shipment, its deadline.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_add(2)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        cancel(tx, self)
    }
}

/// Executes the operation. Order of checks: shipment, designated receiver; codes differ; then each code in the order of
/// the bill: known, on its way in this shipment, in no package that is on hold, or was handed out by quantity. A code inside a package that was shipped
/// as a whole is taken out of it: what was shipped is one package more. Out of one on hold it would come back free, where
/// no hold would follow it: such a package is refused, or received, as a whole (rule 8 of domain §9).
fn refuse(tx: &mut Tx, operation: &Refuse) -> Result<(), Stop> {
    let mut shipment = Shipment::find(tx, &operation.sender, &operation.shipment_no)?;
    shipment.check_receiver(tx)?;
    check_codes_differ(&operation.codes)?;
    let law = tx.law(tx.organisation.jurisdiction).custody.clone();
    let mut repacking = Repacking::default();
    for code in &operation.codes {
        let unit = Move::load(tx, *code)?;
        let transit = shipment.transit_of(&unit, false)?;
        unit.standing.not_inside_held()?;
        unit.not_inside_sold()?;
        if !unit.standing.ancestors.is_empty() {
            count_one(&mut shipment.record.shipped);
        }
        match operation.reason {
            RefusalReason::Shortage => tell_of_loss(tx, &unit, true)?,
            // 立即报告 (《疫苗管理法》 Art. 39).
            RefusalReason::Temperature => tx.raise(AlarmKind::ColdChain, *code),
            _ => {}
        }
        let spoiled = is_spoiled(operation.reason, &unit, &law);
        let mut record = repacking.take_out(tx, &unit.standing)?;
        if spoiled {
            record.condition = record.condition.max(Condition::Damaged);
        }
        record.transit = Some(Transit { receiver: shipment.record.sender, ..transit });
        record.holds = record.holds.and(Holds::SHIPMENT_DISPUTE);
        let body = Refused { shipment: shipment.position, reason: operation.reason };
        tx.event(Subject::Unit(*code), &mut record.history, EventBody::Refused(body));
        tx.store(key::unit(code), &record);
        count_one(&mut shipment.record.disputed);
    }
    repacking.close(tx)?;
    shipment.store(tx)
}

/// Executes the operation. Order of checks: shipment; codes differ; then each code in the order of the bill: known, in
/// this shipment, refused, by itself. What comes back is inspected before it is sold (as 103); what was refused as damaged
/// or too warm never is.
fn take_back(tx: &mut Tx, operation: &TakeBack) -> Result<(), Stop> {
    let mut shipment = Shipment::own(tx, &operation.shipment_no)?;
    check_codes_differ(&operation.codes)?;
    for code in &operation.codes {
        let unit = Move::load(tx, *code)?;
        shipment.refused(&unit)?;
        let mut record = unit.standing.unit;
        record.lifecycle = Lifecycle::Blocked;
        record.transit = None;
        record.holds = record.holds.without(Holds::SHIPMENT_DISPUTE);
        let body = EventBody::TakenBack(Unshipped { shipment: shipment.position, receiver: shipment.record.receiver });
        tx.event(Subject::Unit(*code), &mut record.history, body);
        tx.store(key::unit(code), &record);
        shipment.record.disputed = shipment.record.disputed.saturating_sub(1);
        count_one(&mut shipment.record.taken_back);
    }
    shipment.store(tx)
}

/// Executes the operation. Order of checks: shipment, one of its two sides; codes differ; then each code in the order of
/// the bill: known, in this shipment, refused, by itself, not accepted by this side before.
fn accept_loss(tx: &mut Tx, operation: &AcceptLoss) -> Result<(), Stop> {
    let mut shipment = Shipment::find(tx, &operation.sender, &operation.shipment_no)?;
    if ![shipment.record.sender, shipment.record.receiver].contains(&tx.principal) {
        shipment.check_receiver(tx)?;
    }
    check_codes_differ(&operation.codes)?;
    let mut incomplete = Incomplete::default();
    for code in &operation.codes {
        let unit = Move::load(tx, *code)?;
        let transit = shipment.refused(&unit)?;
        tell_of_loss(tx, &unit, true)?;
        let mut record = unit.standing.unit.clone();
        let settled = match transit.loss_accepted {
            Some(side) if side == tx.principal => {
                let (code, expected) = (*code, tx.organisation.id.clone());
                return Err(Rejection::LossAccepted { code, expected }.into());
            }
            Some(_) => true,
            None => false,
        };
        if settled {
            record.lifecycle = Lifecycle::Lost;
            incomplete.record(&unit.standing.unit, &record);
            record.transit = None;
            record.holds = record.holds.without(Holds::SHIPMENT_DISPUTE);
            shipment.record.disputed = shipment.record.disputed.saturating_sub(1);
            count_one(&mut shipment.record.lost);
        } else {
            record.transit = Some(Transit { loss_accepted: Some(tx.principal), ..transit });
        }
        let body = EventBody::LossAccepted(LossAccepted { shipment: shipment.position, settled });
        tx.event(Subject::Unit(*code), &mut record.history, body);
        tx.store(key::unit(code), &record);
    }
    incomplete.close(tx)?;
    shipment.store(tx)
}

/// Whether nobody is to answer for the rest of a shipment any more: it is overdue, or its receiver is no member. Who
/// keeps silent does not lock goods for ever: they arrive, or are back where they came from (domain §8 row 34).
fn is_abandoned(tx: &mut Tx, shipment: &Shipment) -> Result<bool, Stop> {
    let overdue = shipment.record.overdue_at().is_some_and(|at| at <= tx.context.time);
    Ok(overdue || tx.organisation_record(shipment.record.receiver)?.standing == Standing::Removed)
}

/// Executes the operation. Order of checks: shipment, nothing received or refused unless the rest is abandoned; codes
/// differ; then each code in the order of the bill: known, outstanding in this shipment. What is left of one that was
/// answered was away, and nobody knows where: it is inspected before it is sold (as 103), whatever it was before.
fn cancel(tx: &mut Tx, operation: &CancelShipment) -> Result<(), Stop> {
    let mut shipment = Shipment::own(tx, &operation.shipment_no)?;
    let answered = shipment.record.is_answered();
    if answered && !is_abandoned(tx, &shipment)? {
        let actual = shipment.record.shipped.saturating_sub(shipment.record.outstanding());
        return Err(Rejection::ShipmentAnswered { document: shipment.number.0, actual }.into());
    }
    check_codes_differ(&operation.codes)?;
    for code in &operation.codes {
        let unit = Move::load(tx, *code)?;
        let transit = shipment.outstanding(&unit)?;
        let mut record = unit.standing.unit;
        let blocked = answered || transit.was_blocked;
        record.lifecycle = if blocked { Lifecycle::Blocked } else { Lifecycle::InStock };
        record.transit = None;
        let body =
            EventBody::ShipmentCancelled(Unshipped { shipment: shipment.position, receiver: shipment.record.receiver });
        tx.event(Subject::Unit(*code), &mut record.history, body);
        tx.store(key::unit(code), &record);
        count_one(&mut shipment.record.cancelled);
    }
    shipment.store(tx)
}
