//! Taking children out of packages: the bond breaks, the child inherits what the outermost package had (H6, D7, D8).

use super::{Standing, UnitRecord};
use crate::codes::UnitKey;
use crate::event::{Bond, EventBody, Repacked, Subject};
use crate::state::{Stop, Tx, ViewError, key};
use std::collections::BTreeMap;

/// Packages that one bill took children out of, with how many: each gets one event at the end of the bill.
#[derive(Default)]
pub(crate) struct Repacking(BTreeMap<UnitKey, u32>);

impl Repacking {
    /// Breaks the unit's bond, if it has one, and gives its record for further change.
    pub(crate) fn take_out(&mut self, tx: &mut Tx, standing: &Standing) -> Result<UnitRecord, Stop> {
        let mut unit = standing.unit.clone();
        let Some((parent, _)) = standing.ancestors.first() else { return Ok(unit) };
        let root = standing.root();
        unit.custodian = root.custodian;
        unit.transit = root.transit;
        unit.lifecycle = root.lifecycle;
        unit.legs.clone_from(&root.legs);
        unit.parent = None;
        let mut package: UnitRecord = tx.must_load(&key::unit(parent))?;
        let content = package.content.as_mut().ok_or(Stop::View(ViewError::Damaged))?;
        content.children = content.children.checked_sub(1).ok_or(Stop::View(ViewError::Damaged))?;
        let bond = Bond { parent: *parent, instance: content.instance, history: package.history };
        tx.store(key::unit(parent), &package);
        tx.event(Subject::Unit(standing.code), &mut unit.history, EventBody::Left(bond));
        let count = self.0.entry(*parent).or_default();
        *count = count.saturating_add(1);
        Ok(unit)
    }

    /// Tells the packages.
    pub(crate) fn close(self, tx: &mut Tx) -> Result<(), Stop> {
        for (code, moved) in self.0 {
            let mut package: UnitRecord = tx.must_load(&key::unit(&code))?;
            let children = package.content.as_ref().map_or(0, |c| c.children);
            let body = EventBody::Opened(Repacked { moved, children });
            tx.event(Subject::Unit(code), &mut package.history, body);
            tx.store(key::unit(&code), &package);
        }
        Ok(())
    }
}
