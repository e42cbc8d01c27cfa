//! 锁定 and 解锁 of a lot: one record, and it bites in every lot that descends from it (freeze level 3); or of single
//! packages of it (level 4; domain §4.4, §8 row 25). Each setter holds a lot by itself: what one authority has frozen,
//! another may freeze too, and neither ends the other's. A package has one hold.

use super::events::LotHoldChanged;
use super::kinds::LotHoldReason;
use super::lots::{Found, find};
use super::packing::lot_of_pack;
use super::records::{LotHold, LotHoldsRecord, PackRecord};
use super::roles::{REGULATORS, require_jurisdiction, require_one_of};
use crate::codes::UnitKey;
use crate::event::EventBody;
use crate::limits::{LOT_DOUBTS_MAX, LOT_HOLDS_MAX};
use crate::rejection::Rejection;
use crate::state::{Stop, Tx, key};
use crate::transaction::{Body, HoldLot, LiftLotHold, count_writes};
use bencao_crypto::Digest;
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

/// Whether a lot may have one more hold for this reason.
fn check_room(record: &LotHoldsRecord, reason: LotHoldReason) -> Result<(), Rejection> {
    let is_doubt = |hold: &&LotHold| hold.reason == LotHoldReason::QualitySuspect;
    let doubts = record.holds.iter().filter(is_doubt).count();
    let (all, of_firms) = (record.holds.len() < LOT_HOLDS_MAX, doubts < LOT_DOUBTS_MAX);
    match reason {
        LotHoldReason::QualitySuspect if !of_firms => Err(Rejection::TooManyHolds { expected: LOT_DOUBTS_MAX as u32 }),
        _ if !all => Err(Rejection::TooManyHolds { expected: LOT_HOLDS_MAX as u32 }),
        _ => Ok(()),
    }
}

/// 质量可疑 by who found that a lot fails: whatever was made of it by then, and wherever that has got to, stops with it
/// (《药品管理法》 Art. 98; rule 5 of domain §9). A hold that is there stays as it is, and so does a lot that others doubt
/// as often as it can be: no report is refused for that.
pub(super) fn doubt(tx: &mut Tx, found: &mut Found, report: Digest) -> Result<(), Stop> {
    let mut record = load(tx, found)?;
    let hold = LotHold { reason: LotHoldReason::QualitySuspect, by: tx.principal, document: report };
    if record.has(hold.reason, hold.by) || check_room(&record, hold.reason).is_err() {
        return Ok(());
    }
    record.add(hold);
    tx.store(key::lot_holds(found.lot), &record);
    let body = LotHoldChanged { reason: hold.reason, packs: 0, document: report };
    found.event(tx, EventBody::LotHeld(body));
    Ok(())
}

/// Who found that a lot fails finds otherwise: its own hold ends, those of others stay.
pub(super) fn trust(tx: &mut Tx, found: &mut Found, report: Digest) -> Result<(), Stop> {
    let (reason, mut record) = (LotHoldReason::QualitySuspect, load(tx, found)?);
    if !record.has(reason, tx.principal) {
        return Ok(());
    }
    record.remove(reason, tx.principal);
    tx.store(key::lot_holds(found.lot), &record);
    let body = LotHoldChanged { reason, packs: 0, document: report };
    found.event(tx, EventBody::LotHoldLifted(body));
    Ok(())
}

/// Marks or unmarks packages of a lot: each, the packages around it, and the lot that they belong to.
fn hold_packs(
    tx: &mut Tx,
    found: &mut Found,
    packs: &[UnitKey],
    mut change: impl FnMut(&mut Tx, &mut PackRecord) -> Result<bool, Stop>,
) -> Result<(), Stop> {
    for code in packs {
        let not_of_lot = || Rejection::PackNotOfLot { code: *code, lot: found.name.clone() };
        let mut pack: PackRecord = tx.load(&key::tcm_pack(code))?.ok_or_else(not_of_lot)?;
        let outermost = lot_of_pack::<Stop>(code, |name| tx.load(name))?;
        if outermost.is_none_or(|(lot, _)| lot != found.lot) {
            return Err(not_of_lot().into());
        }
        let set = change(tx, &mut pack)?;
        let count = |n: u32| if set { n.saturating_add(1) } else { n.saturating_sub(1) };
        pack.held = count(pack.held);
        let mut around = pack.parent;
        tx.store(key::tcm_pack(code), &pack);
        while let Some(outer) = around {
            let mut record: PackRecord = tx.must_load(&key::tcm_pack(&outer))?;
            record.held = count(record.held);
            around = record.parent;
            tx.store(key::tcm_pack(&outer), &record);
        }
        found.record.held_packs = count(found.record.held_packs);
    }
    Ok(())
}

/// The lot, its holds, and of each package itself and those around it.
fn hold_writes(packs: &[UnitKey]) -> u32 {
    count_writes(packs.len()).saturating_mul(3).saturating_add(2)
}

impl Body for HoldLot {
    /// What an authority does, it does itself.
    fn delegable(&self) -> bool {
        self.reason == LotHoldReason::QualitySuspect
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.packs.clone()
    }

    fn codes_count(&self) -> usize {
        self.packs.len()
    }

    fn writes_bound(&self) -> u32 {
        hold_writes(&self.packs)
    }

    /// Order of checks: lot known, who may; then not held by it for this reason and room, or each package: of the lot,
    /// not held.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let mut found = find(tx, &self.lot)?;
        check_setter(tx, &found, self.reason)?;
        let hold = LotHold { reason: self.reason, by: tx.principal, document: self.document };
        let exists = || Rejection::LotHoldExists { lot: self.lot.to_string(), actual: self.reason.name() };
        if self.packs.is_empty() {
            let mut record = load(tx, &found)?;
            if record.has(hold.reason, hold.by) {
                return Err(exists().into());
            }
            check_room(&record, hold.reason)?;
            record.add(hold);
            tx.store(key::lot_holds(found.lot), &record);
        } else {
            hold_packs(tx, &mut found, &self.packs, |_, pack| match pack.hold {
                Some(_) => Err(exists().into()),
                None => {
                    pack.hold = Some(hold);
                    Ok(true)
                }
            })?;
        }
        let packs = count_writes(self.packs.len());
        let body = LotHoldChanged { reason: self.reason, packs, document: self.document };
        found.event(tx, EventBody::LotHeld(body));
        found.store(tx);
        Ok(())
    }
}

/// Who set a hold lifts it, or an authority of the same kind above it; that of a firm also a drug regulator of it, lest
/// goods stay held for ever when it has ceased.
fn may_lift(tx: &mut Tx, hold: &LotHold) -> Result<bool, Stop> {
    if hold.by == tx.principal {
        return Ok(true);
    }
    let setter = tx.organisation_record(hold.by)?;
    let same_kind = REGULATORS.iter().any(|r| setter.has_role(*r) && tx.organisation.has_role(*r));
    let of_firm = hold.reason == LotHoldReason::QualitySuspect && tx.organisation.has_role(Role::DrugRegulator);
    Ok((same_kind || of_firm) && tx.organisation.jurisdiction.contains(&setter.jurisdiction))
}

fn check_lifter(tx: &mut Tx, lot: &str, hold: &LotHold) -> Result<(), Stop> {
    if may_lift(tx, hold)? {
        return Ok(());
    }
    let (expected, actual) = (tx.organisation_record(hold.by)?.id.clone(), tx.organisation.id.clone());
    Err(Rejection::LotHoldOther { lot: lot.to_owned(), expected, actual }.into())
}

/// Of all holds for a reason, the one that a bill ends: one's own, else the first that one may lift, else the first.
fn to_lift(tx: &mut Tx, record: &LotHoldsRecord, reason: LotHoldReason) -> Result<Option<LotHold>, Stop> {
    let mut holds: Vec<LotHold> = record.holds.iter().filter(|hold| hold.reason == reason).copied().collect();
    let own = tx.principal;
    holds.sort_by_key(|hold| hold.by != own);
    for hold in &holds {
        if may_lift(tx, hold)? {
            return Ok(Some(*hold));
        }
    }
    Ok(holds.first().copied())
}

impl Body for LiftLotHold {
    /// What an authority does, it does itself.
    fn delegable(&self) -> bool {
        self.reason == LotHoldReason::QualitySuspect
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.packs.clone()
    }

    fn codes_count(&self) -> usize {
        self.packs.len()
    }

    fn writes_bound(&self) -> u32 {
        hold_writes(&self.packs)
    }

    /// Order of checks: lot known; then held for this reason, or each package: of the lot and held for this reason; by
    /// the principal, or an authority of the same kind below it. One hold ends, the principal's own first.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let mut found = find(tx, &self.lot)?;
        let name = self.lot.to_string();
        let unknown = || Rejection::LotHoldUnknown { lot: name.clone(), actual: self.reason.name() };
        if self.packs.is_empty() {
            let mut record = load(tx, &found)?;
            let hold = to_lift(tx, &record, self.reason)?.ok_or_else(unknown)?;
            check_lifter(tx, &name, &hold)?;
            record.remove(hold.reason, hold.by);
            tx.store(key::lot_holds(found.lot), &record);
        } else {
            hold_packs(tx, &mut found, &self.packs, |tx, pack| {
                let hold = pack.hold.filter(|h| h.reason == self.reason).ok_or_else(unknown)?;
                check_lifter(tx, &name, &hold)?;
                pack.hold = None;
                Ok(false)
            })?;
        }
        let packs = count_writes(self.packs.len());
        let body = LotHoldChanged { reason: self.reason, packs, document: self.document };
        found.event(tx, EventBody::LotHoldLifted(body));
        found.store(tx);
        Ok(())
    }
}
