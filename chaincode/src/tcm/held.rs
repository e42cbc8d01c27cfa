//! What holds a lot, by the freeze levels of domain §4.4: asked by every rule about lots, and shown with the lot.

use super::kinds::FreezeLevel;
use super::names::LotRef;
use super::records::{LotHoldsRecord, LotRecord};
use crate::custody::Holds;
use crate::quality::VarietyHoldsRecord;
use crate::registry::{OrganisationRecord, ProductRecord};
use crate::state::{OrgNo, Record, StateKey, ViewError, from_record, key};

/// Every freeze level that holds a lot, the highest first: 企业码 of its owner or maker; 产品码 of its product, or of its
/// variety where its owner is or where it was made or grown; 批次码 of it or of any lot that it descends from; 溯源码 of
/// any of its packages.
pub(crate) fn levels_held<E: From<ViewError>>(
    lot: LotRef,
    record: &LotRecord,
    bytes: impl Fn(&StateKey) -> Result<Option<Vec<u8>>, E>,
) -> Result<Vec<(FreezeLevel, Holds)>, E> {
    let firm = |number: OrgNo| must::<OrganisationRecord, E>(&bytes, &key::organisation(number));
    let (owner, maker) = (firm(record.owner)?, firm(lot.organisation)?);
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
    let mut lots = Holds::NONE;
    for held in std::iter::once(&lot).chain(&record.lineage) {
        let holds: Option<LotHoldsRecord> = read(&bytes, &key::lot_holds(*held))?;
        lots = lots.and(holds.map_or(Holds::NONE, |h| h.bits()));
    }
    let packages = if record.held_packs > 0 { Holds::REGULATOR_FREEZE } else { Holds::NONE };
    let levels = [
        (FreezeLevel::Enterprise, owner.holds.and(maker.holds)),
        (FreezeLevel::Product, product),
        (FreezeLevel::Lot, lots),
        (FreezeLevel::Package, packages),
    ];
    Ok(levels.into_iter().filter(|(_, holds)| *holds != Holds::NONE).collect())
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
