//! Taking children out of packages and putting them in: the bond breaks or is made, the child inherits what the outermost
//! package had, and every package around knows what is inside it now (H4–H6, D7, D8).

use super::{Content, Holds, Lifecycle, Membership, Share, Standing, UnitRecord};
use crate::codes::UnitKey;
use crate::event::{Bond, EventBody, Repacked, Subject};
use crate::limits::BATCHES_PER_PACKAGE_MAX;
use crate::production::BatchRecord;
use crate::rejection::Rejection;
use crate::state::{BatchRef, Stop, Tx, ViewError, key};
use std::collections::BTreeMap;

fn damaged<T>(value: Option<T>) -> Result<T, Stop> {
    value.ok_or(Stop::View(ViewError::Damaged))
}

/// What a unit brings along when it enters or leaves packages.
pub(crate) struct Load {
    shares: Vec<Share>,
    held: u32,
    classes: u16,
    earliest_expiry: bencao_genesis::CalendarDate,
}

impl Load {
    /// Of a unit with what is inside it. `class` and `expiry` are those of its own product and batch.
    pub(crate) fn of(unit: &UnitRecord, class: u16, expiry: bencao_genesis::CalendarDate) -> Load {
        let own = u32::from(unit.holds != Holds::NONE);
        match &unit.content {
            None => Load {
                shares: vec![Share { batch: unit.batch, units: 1 }],
                held: own,
                classes: class,
                earliest_expiry: expiry,
            },
            Some(content) => Load {
                shares: content.batches.clone(),
                held: content.held.saturating_add(own),
                classes: content.classes,
                earliest_expiry: content.earliest_expiry,
            },
        }
    }

    /// Adds it to what a package knows; refuses more different batches than it may hold.
    pub(crate) fn enter(&self, content: &mut Content, code: UnitKey) -> Result<(), Stop> {
        for share in &self.shares {
            content.add(share.batch, share.units).map_err(|expected| Rejection::TooManyBatches { code, expected })?;
        }
        content.held = damaged(content.held.checked_add(self.held))?;
        content.classes |= self.classes;
        content.earliest_expiry = content.earliest_expiry.min(self.earliest_expiry);
        Ok(())
    }
}

impl Content {
    /// Adds units of a batch. `Err` is how many different batches fit.
    pub(crate) fn add(&mut self, batch: BatchRef, units: u32) -> Result<(), u32> {
        match self.batches.binary_search_by_key(&batch, |share| share.batch) {
            Ok(at) => {
                if let Some(share) = self.batches.get_mut(at) {
                    share.units = share.units.saturating_add(units);
                }
            }
            Err(_) if self.batches.len() >= BATCHES_PER_PACKAGE_MAX => return Err(BATCHES_PER_PACKAGE_MAX as u32),
            Err(at) => self.batches.insert(at, Share { batch, units }),
        }
        Ok(())
    }

    /// Takes out what a unit brought along. A batch of which nothing is left is forgotten, so that its holds no longer
    /// bind the package.
    fn leave(&mut self, unit: &UnitRecord) -> Option<()> {
        let own = [Share { batch: unit.batch, units: 1 }];
        let (shares, inside) = match &unit.content {
            None => (&own[..], 0),
            Some(content) => (&content.batches[..], content.held),
        };
        for share in shares {
            let at = self.batches.binary_search_by_key(&share.batch, |s| s.batch).ok()?;
            let kept = self.batches.get_mut(at)?;
            kept.units = kept.units.checked_sub(share.units)?;
            if kept.units == 0 {
                self.batches.remove(at);
            }
        }
        let held = inside.checked_add(u32::from(unit.holds != Holds::NONE))?;
        self.held = self.held.checked_sub(held)?;
        Some(())
    }
}

/// How the number of incomplete packages of batches that are not released changes by a bill (H8).
#[derive(Default)]
pub(crate) struct Incomplete(BTreeMap<BatchRef, i64>);

impl Incomplete {
    /// A package of a batch counted or did not, and does or does not.
    pub(crate) fn changed(&mut self, batch: BatchRef, before: bool, after: bool) {
        let change = i64::from(after).saturating_sub(i64::from(before));
        let sum = self.0.entry(batch).or_default();
        *sum = sum.saturating_add(change);
    }

    /// The same of a package as it was and as it is.
    pub(crate) fn record(&mut self, before: &UnitRecord, after: &UnitRecord) {
        self.changed(after.batch, before.is_waiting(), after.is_waiting());
    }

    /// Writes the batches that are not released; of the others nobody asks any more.
    pub(crate) fn close(self, tx: &mut Tx) -> Result<(), Stop> {
        for (reference, change) in self.0.into_iter().filter(|(_, change)| *change != 0) {
            let mut batch: BatchRecord = tx.must_load(&key::batch(reference))?;
            if batch.released {
                continue;
            }
            let sum = i64::from(batch.incomplete).saturating_add(change);
            // A count that would be below nothing stops no block.
            batch.incomplete = u32::try_from(sum.max(0)).unwrap_or(u32::MAX);
            tx.store(key::batch(reference), &batch);
        }
        Ok(())
    }
}

/// Packages that one bill took children out of, with how many: each gets one event at the end of the bill, and its batch
/// knows whether it is complete.
#[derive(Default)]
pub(crate) struct Repacking {
    moved: BTreeMap<UnitKey, u32>,
    incomplete: Incomplete,
}

impl Repacking {
    /// Breaks the unit's bond, if it has one, and gives its record for further change. Every package around is written,
    /// since each knows how many units of which batches are inside it.
    pub(crate) fn take_out(&mut self, tx: &mut Tx, standing: &Standing) -> Result<UnitRecord, Stop> {
        let mut unit = standing.unit.clone();
        let Some((parent, _)) = standing.ancestors.first() else { return Ok(unit) };
        let root = standing.root();
        unit.custodian = root.custodian;
        unit.transit = root.transit;
        if unit.lifecycle == Lifecycle::InStock {
            unit.lifecycle = root.lifecycle;
        }
        unit.legs.clone_from(&root.legs);
        unit.kept_for = root.kept_for;
        unit.condition = standing.condition();
        unit.sale = standing.sale();
        unit.parent = None;
        let mut bond = None;
        for (around, _) in &standing.ancestors {
            let mut package: UnitRecord = tx.must_load(&key::unit(around))?;
            let was_waiting = package.is_waiting();
            let content = damaged(package.content.as_mut())?;
            damaged(content.leave(&standing.unit))?;
            if around == parent {
                content.children = damaged(content.children.checked_sub(1))?;
                bond = Some(Bond { parent: *parent, instance: content.instance, history: package.history });
                self.incomplete.changed(package.batch, was_waiting, package.is_waiting());
            }
            tx.store(key::unit(around), &package);
        }
        let bond = damaged(bond)?;
        tx.event(Subject::Unit(standing.code), &mut unit.history, EventBody::Left(bond));
        let count = self.moved.entry(*parent).or_default();
        *count = count.saturating_add(1);
        Ok(unit)
    }

    /// A package itself ends, or is found again: what has ended waits for nothing.
    pub(crate) fn ended(&mut self, before: &UnitRecord, after: &UnitRecord) {
        self.incomplete.record(before, after);
    }

    /// Tells the packages and their batches.
    pub(crate) fn close(self, tx: &mut Tx) -> Result<(), Stop> {
        for (code, moved) in self.moved {
            let mut package: UnitRecord = tx.must_load(&key::unit(&code))?;
            let children = package.content.as_ref().map_or(0, |c| c.children);
            let body = EventBody::Opened(Repacked { moved, children });
            tx.event(Subject::Unit(code), &mut package.history, body);
            tx.store(key::unit(&code), &package);
        }
        self.incomplete.close(tx)
    }
}

/// Makes the bond of a unit that is in no package. `bond` is the package's chain after it was told.
pub(crate) fn put_in(tx: &mut Tx, code: UnitKey, mut unit: UnitRecord, bond: Bond) {
    unit.parent = Some(Membership { parent: bond.parent, instance: bond.instance });
    tx.event(Subject::Unit(code), &mut unit.history, EventBody::Joined(bond));
    tx.store(key::unit(&code), &unit);
}
