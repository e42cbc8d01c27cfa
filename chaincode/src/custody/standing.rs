//! Effective state: a unit's own combined with that of the packages around it (D7).

use super::{Condition, Holds, Lifecycle, Sale, Transit, UnitRecord};
use crate::codes::UnitKey;
use crate::limits::LEVELS_MAX;
use crate::rejection::Rejection;
use crate::state::{BatchRef, OrgNo, StateKey, Stop, Tx, ViewError, key};

/// A unit and the packages around it, nearest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Standing {
    pub(crate) code: UnitKey,
    pub(crate) unit: UnitRecord,
    pub(crate) ancestors: Vec<(UnitKey, UnitRecord)>,
}

/// Loads a unit and all packages around it, at most [`LEVELS_MAX`] records.
pub(crate) fn standing<E: From<ViewError>>(
    code: &UnitKey,
    mut load: impl FnMut(&StateKey) -> Result<Option<UnitRecord>, E>,
) -> Result<Option<Standing>, E> {
    let Some(unit) = load(&key::unit(code))? else { return Ok(None) };
    let mut ancestors: Vec<(UnitKey, UnitRecord)> = Vec::new();
    let mut next = unit.parent;
    while let Some(membership) = next {
        if ancestors.len() >= usize::from(LEVELS_MAX) {
            return Err(ViewError::Damaged.into());
        }
        let parent = load(&key::unit(&membership.parent))?.ok_or(ViewError::Damaged)?;
        next = parent.parent;
        ancestors.push((membership.parent, parent));
    }
    Ok(Some(Standing { code: *code, unit, ancestors }))
}

/// [`standing`] in a transaction.
pub(crate) fn load_standing(tx: &Tx, code: &UnitKey) -> Result<Option<Standing>, Stop> {
    standing(code, |key| tx.load(key))
}

impl Standing {
    /// The outermost package, or the unit itself.
    pub(crate) fn root(&self) -> &UnitRecord {
        self.ancestors.last().map_or(&self.unit, |(_, record)| record)
    }

    /// Code of [`Standing::root`].
    pub(crate) fn root_code(&self) -> UnitKey {
        self.ancestors.last().map_or(self.code, |(code, _)| *code)
    }

    /// Who has it.
    pub(crate) fn custodian(&self) -> OrgNo {
        self.root().custodian
    }

    /// Where it is going.
    pub(crate) fn transit(&self) -> Option<Transit> {
        self.root().transit
    }

    /// State by records of packages alone, without that of batches.
    pub(crate) fn stored_lifecycle(&self) -> Lifecycle {
        match self.unit.lifecycle {
            Lifecycle::InStock => self.root().lifecycle,
            own => own,
        }
    }

    /// State, given whether every batch inside is released.
    pub(crate) fn lifecycle(&self, released: bool) -> Lifecycle {
        match self.stored_lifecycle() {
            Lifecycle::InStock if !released => Lifecycle::Commissioned,
            other => other,
        }
    }

    /// Holds on the unit or a package around it.
    pub(crate) fn own_holds(&self) -> Holds {
        self.ancestors.iter().fold(self.unit.holds, |all, (_, record)| all.and(record.holds))
    }

    /// The nearest package around it that is on hold.
    pub(crate) fn held_around(&self) -> Option<(UnitKey, Holds)> {
        self.ancestors.iter().map(|(code, package)| (*code, package.holds)).find(|(_, holds)| *holds != Holds::NONE)
    }

    /// What is inside a package on hold does not slip out of it, where no hold would follow it (rule 8 of domain §9).
    pub(crate) fn not_inside_held(&self) -> Result<(), Rejection> {
        match self.held_around() {
            Some((code, holds)) => Err(Rejection::Held { code, actual: holds.to_string() }),
            None => Ok(()),
        }
    }

    /// The sale of the unit, or that of a package around it which was handed out by quantity.
    pub(crate) fn sale(&self) -> Option<Sale> {
        self.unit.sale.or_else(|| self.ancestors.iter().find_map(|(_, record)| record.sale))
    }

    /// What befell the goods, or a package around them.
    pub(crate) fn condition(&self) -> Condition {
        self.ancestors.iter().fold(self.unit.condition, |worst, (_, record)| worst.max(record.condition))
    }

    /// Every batch inside; of an empty package, its own.
    pub(crate) fn batches(&self) -> Vec<BatchRef> {
        match &self.unit.content {
            Some(content) if !content.batches.is_empty() => content.batches.iter().map(|s| s.batch).collect(),
            _ => vec![self.unit.batch],
        }
    }
}
