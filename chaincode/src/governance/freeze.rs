//! 紧急冻结: what a regulator alone stops at once, for a time, until a decision takes its place or it is lifted.

use super::members::{change_standing, region_of as region_of_member};
use super::records::{FrozenOperations, FrozenRecord, MotionRecord};
use super::standing::{PROTECTIVE, Standing};
use crate::execute::{ComesDue, Due};
use crate::limits::FROZEN_MAX;
use crate::registry::{OrganisationRecord, member};
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx, key};
use crate::transaction::{Content, FreezeOperations, FreezeOrganisation, Operation};
use bencao_genesis::{RegionCode, TimestampMs};
use bincode::{Decode, Encode};

/// Modules that no freeze stops: how it is ended, and how authorities go on.
const NEVER: [&str; 2] = ["governance", "oversight"];

/// What a freeze may name: at least one operation or module, ascending, and none of those that protect.
pub(super) fn check_operations(names: &[String]) -> Result<(), Rejection> {
    let stoppable = |name: &String| {
        let module = Operation::module_of(name);
        let protects = PROTECTIVE.binary_search(&name.as_str()).is_ok() || NEVER.contains(&name.as_str());
        Operation::is_name(name) && !protects && !module.is_some_and(|m| NEVER.contains(&m))
    };
    if !names.is_empty() && names.is_sorted_by(|a, b| a < b) && names.iter().all(stoppable) {
        return Ok(());
    }
    let expected = "names of operations or modules, ascending; not of governance, oversight, recalls and locks";
    Err(Rejection::FieldForm { field: "operations", expected })
}

fn check_until(tx: &Tx, until: TimestampMs) -> Result<(), Rejection> {
    let now = tx.context.time;
    let latest = now.plus_ms(u64::from(tx.context.params.governance.freeze_hours_max).saturating_mul(3_600_000));
    if until <= now {
        return Err(Rejection::TimePast { expected: now, actual: until });
    }
    if until > latest {
        return Err(Rejection::TimeTooFar { expected: latest, actual: until });
    }
    Ok(())
}

/// Order of checks: term, member, standing.
pub(super) fn organisation(tx: &mut Tx, freeze: &FreezeOrganisation, motion: u32) -> Result<(), Stop> {
    check_until(tx, freeze.until)?;
    change_standing(tx, &freeze.organisation, &[Standing::Active], Standing::Frozen, motion)?;
    let (organisation, _) = member(tx, &freeze.organisation)?;
    tx.set_deadline(freeze.until, Due::FreezeEnd(FreezeEnd { motion, organisation: Some(organisation) }));
    Ok(())
}

/// Order of checks: term, room.
pub(super) fn operations(tx: &mut Tx, freeze: &FreezeOperations, motion: u32) -> Result<(), Stop> {
    check_until(tx, freeze.until)?;
    let mut record = frozen_record(tx)?;
    let (region, operations, until) = (freeze.region, freeze.operations.clone(), freeze.until);
    record.frozen.push(FrozenOperations { motion, region, operations, until });
    if record.frozen.iter().map(|f| f.operations.len()).fold(0usize, usize::saturating_add) > FROZEN_MAX {
        return Err(Rejection::RegisterFull { register: "frozen_operations", expected: FROZEN_MAX as u32 }.into());
    }
    tx.store(key::frozen(), &record);
    tx.set_deadline(until, Due::FreezeEnd(FreezeEnd { motion, organisation: None }));
    Ok(())
}

fn frozen_record(tx: &Tx) -> Result<FrozenRecord, Stop> {
    Ok(tx.load(&key::frozen())?.unwrap_or(FrozenRecord { version: 1, frozen: Vec::new() }))
}

/// What the proposal that froze was about, if there is one.
fn freeze_of(tx: &Tx, motion: u32) -> Result<Option<Content>, Stop> {
    let record: Option<MotionRecord> = tx.load(&key::motion(motion))?;
    let freezes = |c: &Content| matches!(c, Content::FreezeOrganisation(_) | Content::FreezeOperations(_));
    Ok(record.map(|r| r.content).filter(freezes))
}

/// Region that a freeze is in: who lifts it has to answer for it.
pub(super) fn region_of(tx: &Tx, motion: u32) -> Result<Option<RegionCode>, Stop> {
    match freeze_of(tx, motion)? {
        Some(Content::FreezeOperations(freeze)) => Ok(Some(freeze.region)),
        Some(Content::FreezeOrganisation(freeze)) => region_of_member(tx, &freeze.organisation),
        _ => Ok(None),
    }
}

/// Order of checks: a freeze, still in force.
pub(super) fn lift(tx: &mut Tx, frozen_by: u32, motion: u32) -> Result<(), Stop> {
    match freeze_of(tx, frozen_by)?.ok_or(Rejection::NotFrozen { motion: frozen_by })? {
        Content::FreezeOrganisation(freeze) => {
            let (organisation, record) = member(tx, &freeze.organisation)?;
            let due = Due::FreezeEnd(FreezeEnd { motion: frozen_by, organisation: Some(organisation) });
            // Frozen by another one since: that one has to be lifted.
            if record.standing != Standing::Frozen || record.standing_by != frozen_by {
                return Err(Rejection::NotFrozen { motion: frozen_by }.into());
            }
            tx.clear_deadline(freeze.until, &due)?;
            change_standing(tx, &freeze.organisation, &[Standing::Frozen], Standing::Active, motion)
        }
        _ => {
            let until = end_operations(tx, frozen_by)?;
            tx.clear_deadline(until, &Due::FreezeEnd(FreezeEnd { motion: frozen_by, organisation: None }))
        }
    }
}

/// When it would have ended.
fn end_operations(tx: &mut Tx, motion: u32) -> Result<TimestampMs, Stop> {
    let mut record = frozen_record(tx)?;
    let found = record.frozen.iter().find(|f| f.motion == motion).map(|f| f.until);
    let until = found.ok_or(Rejection::NotFrozen { motion })?;
    record.frozen.retain(|f| f.motion != motion);
    match record.frozen.is_empty() {
        true => tx.remove(key::frozen()),
        false => tx.store(key::frozen(), &record),
    }
    Ok(until)
}

/// The stated end of an emergency freeze.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub struct FreezeEnd {
    /// The proposal that froze.
    pub motion: u32,
    /// Whom, if it was an organisation.
    pub organisation: Option<OrgNo>,
}

impl ComesDue for FreezeEnd {
    /// An organisation that was suspended, or frozen again, meanwhile stays so.
    fn come_due(&self, tx: &mut Tx) -> Result<(), Stop> {
        let Some(number) = self.organisation else { return end_operations(tx, self.motion).map(drop) };
        let record = tx.organisation_record(number)?;
        if record.standing_by != self.motion {
            return Err(Rejection::NotFrozen { motion: self.motion }.into());
        }
        change_standing(tx, &record.id, &[Standing::Frozen], Standing::Active, self.motion)
    }
}

/// Part of check 10: no emergency freeze stops the operation in the principal's region.
pub(crate) fn check_frozen(
    frozen: &[FrozenOperations],
    organisation: &OrganisationRecord,
    operation: &Operation,
    now: TimestampMs,
) -> Result<(), Rejection> {
    let names = [operation.name(), operation.module()];
    let stops = |f: &&FrozenOperations| {
        let named = f.operations.iter().any(|name| names.contains(&name.as_str()));
        named && now < f.until && f.region.contains(&organisation.jurisdiction)
    };
    let protects = PROTECTIVE.binary_search(&operation.name()).is_ok();
    match frozen.iter().find(stops).filter(|_| !protects) {
        None => Ok(()),
        Some(f) => Err(Rejection::OperationFrozen { operation: operation.name(), motion: f.motion, expected: f.until }),
    }
}
