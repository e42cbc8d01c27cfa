//! 锁定 and 解锁 of a lot: one record, and it bites in every lot that descends from it (freeze level 3; domain §4.4,
//! §8 row 25).

use super::events::LotHoldChanged;
use super::kinds::LotHoldReason;
use super::lots::{Found, find};
use super::records::{LotHold, LotHoldsRecord};
use super::roles::{REGULATORS, require_jurisdiction, require_one_of};
use crate::event::EventBody;
use crate::rejection::Rejection;
use crate::state::{Stop, Tx, key};
use crate::transaction::{Body, HoldLot, LiftLotHold};
use bencao_genesis::Role;

/// Who may set a hold for this reason.
fn check_setter(tx: &mut Tx, found: &Found, reason: LotHoldReason) -> Result<(), Stop> {
    let owner = found.record.owner;
    match reason {
        LotHoldReason::QualitySuspect if owner == tx.principal => return Ok(()),
        LotHoldReason::QualitySuspect => {
            let expected = tx.organisation_record(owner)?.id.clone();
            let actual = tx.organisation.id.clone();
            return Err(Rejection::NotLotOwner { lot: found.name.clone(), expected, actual }.into());
        }
        LotHoldReason::ForeignNotification => require_one_of(tx, &[Role::Customs], "customs")?,
        LotHoldReason::RegulatorFreeze | LotHoldReason::Emergency => {
            require_one_of(tx, REGULATORS, "a regulator")?;
        }
    }
    let owner = tx.organisation_record(owner)?.jurisdiction;
    Ok(require_jurisdiction(tx, &[owner, found.record.region])?)
}

fn load(tx: &Tx, found: &Found) -> Result<LotHoldsRecord, Stop> {
    let record: Option<LotHoldsRecord> = tx.load(&key::lot_holds(found.lot))?;
    Ok(record.unwrap_or(LotHoldsRecord { version: 1, holds: Vec::new() }))
}

impl Body for HoldLot {
    /// The lot and its holds.
    fn writes_bound(&self) -> u32 {
        2
    }

    /// Order of checks: lot known, who may, not held for this reason.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let mut found = find(tx, &self.lot)?;
        check_setter(tx, &found, self.reason)?;
        let mut record = load(tx, &found)?;
        if record.holds.iter().any(|h| h.reason == self.reason) {
            return Err(Rejection::LotHoldExists { lot: found.name, actual: self.reason.name() }.into());
        }
        record.holds.push(LotHold { reason: self.reason, by: tx.principal, document: self.document });
        record.holds.sort_by_key(|h| h.reason);
        tx.store(key::lot_holds(found.lot), &record);
        let body = LotHoldChanged { reason: self.reason, document: self.document };
        found.event(tx, EventBody::LotHeld(body));
        found.store(tx);
        Ok(())
    }
}

impl Body for LiftLotHold {
    /// The lot and its holds.
    fn writes_bound(&self) -> u32 {
        2
    }

    /// Order of checks: lot known, held for this reason, by the principal or an authority of the same kind below it.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let mut found = find(tx, &self.lot)?;
        let mut record = load(tx, &found)?;
        let Some(hold) = record.holds.iter().find(|h| h.reason == self.reason).copied() else {
            return Err(Rejection::LotHoldUnknown { lot: found.name, actual: self.reason.name() }.into());
        };
        if hold.by != tx.principal {
            let setter = tx.organisation_record(hold.by)?;
            let same_kind = REGULATORS.iter().any(|r| setter.has_role(*r) && tx.organisation.has_role(*r));
            if !same_kind || !tx.organisation.jurisdiction.contains(&setter.jurisdiction) {
                let (expected, actual) = (setter.id.clone(), tx.organisation.id.clone());
                return Err(Rejection::LotHoldOther { lot: found.name, expected, actual }.into());
            }
        }
        record.holds.retain(|h| h.reason != self.reason);
        tx.store(key::lot_holds(found.lot), &record);
        let body = LotHoldChanged { reason: self.reason, document: self.document };
        found.event(tx, EventBody::LotHoldLifted(body));
        found.store(tx);
        Ok(())
    }
}
