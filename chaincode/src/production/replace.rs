//! T15 码替换: a new code in the place of a damaged or wrong one. The old code is voided for ever; the link is kept both
//! ways (domain §3.6).

use super::AllocationRecord;
use super::allocate::check_free;
use super::contract::{acts_for_holder, not_producer};
use super::pack::{Child, join};
use crate::codes::UnitKey;
use crate::custody::{
    Holds, Incomplete, Lifecycle, Repacking, Replaced, Transition, UnitRecord, check_codes_differ, check_public_text,
};
use crate::event::{Commissioned, EventBody, History, Subject};
use crate::limits::REPLACEMENTS_MAX;
use crate::quality::at_hand_for;
use crate::registry::PrefixRecord;
use crate::rejection::Rejection;
use crate::state::{Stop, Tx, key};
use crate::transaction::{Body, ReplaceCodes, Replacement, count_writes};
use std::rc::Rc;

impl Body for ReplaceCodes {
    fn names_codes(&self) -> bool {
        true
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.replacements.iter().flat_map(|r| [r.old, r.new]).collect()
    }

    fn codes_count(&self) -> usize {
        self.replacements.len().saturating_mul(2)
    }

    /// Both codes and the package around them.
    fn writes_bound(&self) -> u32 {
        count_writes(self.replacements.len()).saturating_mul(3)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        if self.replacements.len() > REPLACEMENTS_MAX {
            return Err(Rejection::FieldForm { field: "replacements", expected: "at most 500" });
        }
        check_public_text("reason", &self.reason)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        check_codes_differ(&self.codes())?;
        self.replacements.iter().try_for_each(|pair| replace(tx, pair))
    }
}

/// Executes one replacement. Order of checks: codes differ; then each in the order of the bill: nothing inside the old one,
/// it is at hand and in stock or blocked, holder or producer, no regulator's hold, none on the code itself; new one
/// registered, of the same product and level, never seen, allocated if any is.
fn replace(tx: &mut Tx, pair: &Replacement) -> Result<(), Stop> {
    let Replacement { old, new } = *pair;
    let row = Transition::named("T15")?;
    if let Some(record) = tx.load::<UnitRecord>(&key::unit(&old))?
        && let Some(actual) = record.content.as_ref().map(|c| c.children).filter(|children| *children > 0)
    {
        return Err(Rejection::PackageNotEmpty { code: old, actual }.into());
    }
    let unit = at_hand_for(tx, old, row)?;
    let own = Rc::clone(unit.own()?);
    if !acts_for_holder(tx, &own.product)? && tx.principal != own.batch.producer {
        return Err(not_producer(tx, &own.product).into());
    }
    let holds = Holds(unit.holds().0 & (Holds::REGULATOR_FREEZE.0 | Holds::LICENCE_LOCK.0));
    if holds != Holds::NONE {
        return Err(Rejection::Held { code: old, actual: holds.to_string() }.into());
    }
    // A hold on the very code would stay behind on it, and nobody could lift it from the new one.
    let own_holds = unit.standing.unit.holds;
    if own_holds != Holds::NONE {
        return Err(Rejection::Held { code: old, actual: own_holds.to_string() }.into());
    }
    check_new(tx, &unit.standing.unit, new)?;
    let around = unit.standing.ancestors.first().map(|(code, _)| *code);
    let mut repacking = Repacking::default();
    let mut incomplete = Incomplete::default();
    let mut gone = repacking.take_out(tx, &unit.standing)?;
    repacking.close(tx)?;
    let mut record = gone.clone();
    (record.history, record.replaced) = (History::default(), Some(Replaced::Of(old)));
    let body = Commissioned { batch: record.batch, level: record.level, packed: 0, parent: None };
    tx.event(Subject::Unit(new), &mut record.history, EventBody::Commissioned(body));
    tx.event(Subject::Unit(new), &mut record.history, EventBody::Replaces(old));
    tx.event(Subject::Unit(old), &mut gone.history, EventBody::Replaced(new));
    (gone.lifecycle, gone.replaced) = (Lifecycle::Voided, Some(Replaced::By(new)));
    tx.store(key::unit(&old), &gone);
    tx.store(key::unit(&new), &record);
    if let Some(parent) = around {
        join(tx, parent, vec![Child { code: new, record, own }], &mut incomplete)?;
    }
    incomplete.close(tx)
}

fn check_new(tx: &Tx, old: &UnitRecord, code: UnitKey) -> Result<(), Stop> {
    let prefix = code.prefix().unwrap_or_default();
    let found: Option<PrefixRecord> = tx.load(&key::prefix(&prefix))?;
    let found = found.ok_or_else(|| Rejection::UnknownPrefix { code, prefix: prefix.clone() })?;
    if found.product != old.batch.product {
        let name = |number| tx.product(number).map(|p| p.master.id.0);
        let (expected, actual) = (name(old.batch.product)?, name(found.product)?);
        return Err(Rejection::WrongProduct { code, expected, actual }.into());
    }
    if found.level != old.level {
        return Err(Rejection::WrongLevel { code, expected: old.level, actual: found.level }.into());
    }
    let allocation: Option<AllocationRecord> = tx.load(&key::allocation(&prefix))?;
    check_free(tx, code, allocation.as_ref())
}
