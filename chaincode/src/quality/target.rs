//! Setting and taking away the bit of one hold on one record, with the list of holds behind it.

use super::records::{HoldRecord, OpenHold, TargetHolds};
use crate::codes::UnitKey;
use crate::custody::{Holds, UnitRecord, load_standing};
use crate::event::{EventBody, History, Subject};
use crate::limits::{HOLDS_OF_FIRMS_MAX, HOLDS_PER_TARGET_MAX, RECALLS_OF_FIRMS_MAX};
use crate::production::BatchRecord;
use crate::registry::{OrganisationRecord, ProductRecord};
use crate::rejection::Rejection;
use crate::state::{CaseNo, Record, StateKey, Stop, Tx, ViewError, key};

/// State writes for one target: its list, its record, and for a package those around it.
pub(super) const WRITES_PER_TARGET: u32 = 6;

/// Holds that stand in lists; others on a package are custody's own.
const OF_QUALITY: u16 = Holds::RECALL_1.0
    | Holds::RECALL_2.0
    | Holds::RECALL_3.0
    | Holds::REGULATOR_FREEZE.0
    | Holds::QUALITY_SUSPECT.0
    | Holds::LICENCE_LOCK.0
    | Holds::REGISTRATION_CANCELLED.0
    | Holds::LOT_RELEASE_REFUSED.0;

/// Puts a hold on a target.
pub(super) fn set(tx: &mut Tx, subject: Subject, hold: OpenHold, event: EventBody) -> Result<(), Stop> {
    let mut holds = load(tx, &subject)?;
    // Firms never fill the list, so that an authority always finds room; nor is a recall kept out by holds of other firms.
    let recalls = hold.bit.is_recalled();
    let own = holds.open.iter().filter(|h| !h.by_authority && h.bit.is_recalled() == recalls).count();
    let most = if recalls { RECALLS_OF_FIRMS_MAX } else { HOLDS_OF_FIRMS_MAX };
    if !hold.by_authority && own >= most {
        return Err(Rejection::TooManyHolds { expected: most as u32 }.into());
    }
    if holds.open.len() >= HOLDS_PER_TARGET_MAX {
        return Err(Rejection::TooManyHolds { expected: HOLDS_PER_TARGET_MAX as u32 }.into());
    }
    holds.open.push(hold);
    write(tx, subject, &holds, event)
}

/// Takes a hold from a target, if it is there.
pub(super) fn lift(tx: &mut Tx, subject: Subject, case: CaseNo, event: EventBody) -> Result<(), Stop> {
    if let Subject::Herb(herb) = subject {
        return super::variety::lift(tx, herb, case, event);
    }
    let mut holds = load(tx, &subject)?;
    let before = holds.open.len();
    holds.open.retain(|h| h.case != case);
    if holds.open.len() == before {
        return Ok(());
    }
    write(tx, subject, &holds, event)
}

/// Takes a hold from all that it is on.
pub(super) fn lift_all(tx: &mut Tx, case: CaseNo, record: &HoldRecord, event: &EventBody) -> Result<(), Stop> {
    record.targets.iter().try_for_each(|subject| lift(tx, *subject, case, event.clone()))
}

fn load(tx: &Tx, subject: &Subject) -> Result<TargetHolds, Stop> {
    Ok(tx.load(&key::target_holds(subject))?.unwrap_or(TargetHolds { version: 1, open: Vec::new() }))
}

fn write(tx: &mut Tx, subject: Subject, holds: &TargetHolds, event: EventBody) -> Result<(), Stop> {
    let name = key::target_holds(&subject);
    match holds.open.is_empty() {
        true => tx.remove(name),
        false => tx.store(name, holds),
    }
    let bits = holds.open.iter().fold(Holds::NONE, |all, hold| all.and(hold.bit));
    match subject {
        Subject::Unit(code) => on_unit(tx, code, bits, event),
        Subject::Batch(batch) => {
            on_record(tx, subject, key::batch(batch), event, |r: &mut BatchRecord| (&mut r.holds, &mut r.history), bits)
        }
        Subject::Product(product) => on_record(
            tx,
            subject,
            key::product(product),
            event,
            |r: &mut ProductRecord| (&mut r.holds, &mut r.history),
            bits,
        ),
        Subject::Organisation(number) => on_record(
            tx,
            subject,
            key::organisation(number),
            event,
            |r: &mut OrganisationRecord| (&mut r.holds, &mut r.history),
            bits,
        ),
        _ => Err(Stop::View(ViewError::Damaged)),
    }
}

fn on_record<R: Record>(
    tx: &mut Tx,
    subject: Subject,
    name: StateKey,
    event: EventBody,
    parts: fn(&mut R) -> (&mut Holds, &mut History),
    bits: Holds,
) -> Result<(), Stop> {
    let mut record: R = tx.must_load(&name)?;
    let (holds, history) = parts(&mut record);
    *holds = bits;
    tx.event(subject, history, event);
    tx.store(name, &record);
    Ok(())
}

/// The bits that custody itself sets stay; each package around learns when a unit inside begins or ends to be held.
fn on_unit(tx: &mut Tx, code: UnitKey, bits: Holds, event: EventBody) -> Result<(), Stop> {
    let standing = load_standing(tx, &code)?.ok_or(Stop::View(ViewError::Damaged))?;
    let mut unit: UnitRecord = standing.unit;
    let was_held = unit.holds != Holds::NONE;
    unit.holds = bits.and(Holds(unit.holds.0 & !OF_QUALITY));
    let is_held = unit.holds != Holds::NONE;
    tx.event(Subject::Unit(code), &mut unit.history, event);
    tx.store(key::unit(&code), &unit);
    if was_held == is_held {
        return Ok(());
    }
    for (around, mut package) in standing.ancestors {
        let content = package.content.as_mut().ok_or(Stop::View(ViewError::Damaged))?;
        let changed = if is_held { content.held.checked_add(1) } else { content.held.checked_sub(1) };
        content.held = changed.ok_or(Stop::View(ViewError::Damaged))?;
        tx.store(key::unit(&around), &package);
    }
    Ok(())
}
