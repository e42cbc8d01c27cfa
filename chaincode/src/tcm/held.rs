//! What holds a lot, by the freeze levels of domain §4.4: asked by every rule about lots, and shown with the lot.

use super::kinds::FreezeLevel;
use super::names::LotRef;
use super::records::{LotHoldsRecord, LotRecord};
use super::state::Tolerated;
use crate::custody::Holds;
use crate::quality::VarietyHoldsRecord;
use crate::registry::{OrganisationRecord, ProductRecord};
use crate::state::{OrgNo, Record, StateKey, ViewError, from_record, key};
use std::collections::BTreeSet;

impl Tolerated {
    /// What is left of the holds of a level.
    fn leaves(self, level: FreezeLevel, holds: Holds) -> Holds {
        match (self, level) {
            (Tolerated::Everything, _) | (Tolerated::Packages, FreezeLevel::Package) => Holds::NONE,
            // What failed its test goes back to whom it came from, with all that was made of it (domain §4.5).
            (Tolerated::GoingBack, FreezeLevel::Lot) => {
                holds.without(Holds::GOING_BACK).without(Holds::QUALITY_SUSPECT)
            }
            (Tolerated::GoingBack, _) => holds.without(Holds::GOING_BACK),
            // Its owner's own holds are left out where they are counted.
            (Tolerated::Nothing | Tolerated::OwnersOwn | Tolerated::Packages, _) => holds,
        }
    }
}

/// Every freeze level at which a lot is held by more than is tolerated, the highest first: 企业码 of its owner, or of who
/// made it or any lot that it descends from; 产品码 of its product, or of its variety where its owner is or where it was
/// made or grown; 批次码 of it or of any lot that it descends from; 溯源码 of any of its packages.
///
/// Reads one record for each of at most [`crate::limits::LINEAGE_MAX`] lots, and of their makers.
pub(crate) fn levels_held<E: From<ViewError>>(
    lot: LotRef,
    record: &LotRecord,
    tolerated: Tolerated,
    bytes: impl Fn(&StateKey) -> Result<Option<Vec<u8>>, E>,
) -> Result<Vec<(FreezeLevel, Holds)>, E> {
    let firm = |number: OrgNo| must::<OrganisationRecord, E>(&bytes, &key::organisation(number));
    let owner = firm(record.owner)?;
    let descent = || std::iter::once(&lot).chain(&record.lineage);
    let makers: BTreeSet<OrgNo> = descent().map(|lot| lot.organisation).filter(|n| *n != record.owner).collect();
    let mut firms = owner.holds;
    for maker in makers {
        firms = firms.and(firm(maker)?.holds);
    }
    let mut product = Holds::NONE;
    if let Some(number) = record.product {
        product = must::<ProductRecord, E>(&bytes, &key::product(number))?.holds;
    }
    let variety: Option<VarietyHoldsRecord> = read(&bytes, &key::variety_holds(record.herb))?;
    if let Some(variety) = variety {
        let grown = record.origins.iter().map(|origin| origin.region);
        let regions: Vec<_> = [owner.jurisdiction, record.region].into_iter().chain(grown).collect();
        product = product.and(variety.biting(&regions));
    }
    let own = Some(record.owner).filter(|_| tolerated == Tolerated::OwnersOwn);
    let mut lots = Holds::NONE;
    for held in descent() {
        let holds: Option<LotHoldsRecord> = read(&bytes, &key::lot_holds(*held))?;
        lots = lots.and(holds.map_or(Holds::NONE, |h| h.bits_but_of(own)));
    }
    let packages = if record.held_packs > 0 { Holds::REGULATOR_FREEZE } else { Holds::NONE };
    let levels = [
        (FreezeLevel::Enterprise, firms),
        (FreezeLevel::Product, product),
        (FreezeLevel::Lot, lots),
        (FreezeLevel::Package, packages),
    ];
    let left = levels.map(|(level, holds)| (level, tolerated.leaves(level, holds)));
    Ok(left.into_iter().filter(|(_, holds)| *holds != Holds::NONE).collect())
}

/// The first of these lots that is held by what it is made of, and at which level, whoever has what is left of it: freeze
/// levels 1 to 3, asked once of each lot, maker, product and variety.
pub(super) fn first_held<E: From<ViewError>>(
    lots: &[(LotRef, LotRecord)],
    bytes: impl Fn(&StateKey) -> Result<Option<Vec<u8>>, E>,
) -> Result<Option<(LotRef, FreezeLevel, Holds)>, E> {
    let (mut seen, mut makers) = (BTreeSet::new(), BTreeSet::new());
    for (lot, record) in lots {
        let mut levels = [FreezeLevel::Enterprise, FreezeLevel::Product, FreezeLevel::Lot].map(|l| (l, Holds::NONE));
        let [(_, firms), (_, product), (_, held)] = &mut levels;
        for part in std::iter::once(lot).chain(&record.lineage) {
            if !seen.insert(*part) {
                continue;
            }
            if makers.insert(part.organisation) {
                *firms = firms.and(must::<OrganisationRecord, E>(&bytes, &key::organisation(part.organisation))?.holds);
            }
            let holds: Option<LotHoldsRecord> = read(&bytes, &key::lot_holds(*part))?;
            *held = held.and(holds.map_or(Holds::NONE, |h| h.bits_but_of(None)));
        }
        if let Some(number) = record.product {
            *product = must::<ProductRecord, E>(&bytes, &key::product(number))?.holds;
        }
        let variety: Option<VarietyHoldsRecord> = read(&bytes, &key::variety_holds(record.herb))?;
        if let Some(variety) = variety {
            let grown = record.origins.iter().map(|origin| origin.region);
            let regions: Vec<_> = std::iter::once(record.region).chain(grown).collect();
            *product = product.and(variety.biting(&regions));
        }
        if let Some((level, holds)) = levels.into_iter().find(|(_, holds)| *holds != Holds::NONE) {
            return Ok(Some((*lot, level, holds)));
        }
    }
    Ok(None)
}

fn read<R: Record, E: From<ViewError>>(
    bytes: &impl Fn(&StateKey) -> Result<Option<Vec<u8>>, E>,
    name: &StateKey,
) -> Result<Option<R>, E> {
    match bytes(name)? {
        Some(bytes) => Ok(Some(from_record(&bytes)?)),
        None => Ok(None),
    }
}

fn must<R: Record, E: From<ViewError>>(
    bytes: &impl Fn(&StateKey) -> Result<Option<Vec<u8>>, E>,
    name: &StateKey,
) -> Result<R, E> {
    read(bytes, name)?.ok_or_else(|| ViewError::Damaged.into())
}
