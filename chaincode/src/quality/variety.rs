//! 品种冻结: a hold on a whole variety of herb in a region (freeze level 2 of crude herbs, whose product is the variety;
//! domain §4.4). One record a herb, whatever there is of it: it bites in the same block on every lot of the variety whose
//! owner is in the region, or that was made or grown there, and on 饮片 and 药材 with codes that are made of it.

use super::records::OpenHold;
use crate::codes::HerbCode;
use crate::custody::Holds;
use crate::event::{EventBody, History, Subject};
use crate::limits::HOLDS_PER_TARGET_MAX;
use crate::registry::ProductRecord;
use crate::rejection::Rejection;
use crate::state::{BatchRef, CaseNo, Record, StateKey, Stop, Tx, ViewError, from_record, key};
use crate::tcm::{BatchLotsRecord, PieceRecord};
use bencao_genesis::{DrugClass, RegionCode};
use bincode::{Decode, Encode};

/// An open hold on a variety.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct VarietyHold {
    /// Its number and bit.
    pub hold: OpenHold,
    /// Where it bites; `000000` = everywhere.
    pub region: RegionCode,
}

/// The open holds on a variety of herb. Absent until the first.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct VarietyHoldsRecord {
    /// Format: 1.
    pub version: u8,
    /// In order of their numbers, at most [`HOLDS_PER_TARGET_MAX`].
    pub open: Vec<VarietyHold>,
    /// Its own events.
    pub history: History,
}

impl Record for VarietyHoldsRecord {}

impl VarietyHoldsRecord {
    /// Holds that bite on goods of one of these regions.
    pub fn biting(&self, regions: &[RegionCode]) -> Holds {
        let bites = |h: &&VarietyHold| regions.iter().any(|region| h.region.contains(region));
        self.open.iter().filter(bites).fold(Holds::NONE, |all, h| all.and(h.hold.bit))
    }
}

fn load(tx: &Tx, herb: HerbCode) -> Result<VarietyHoldsRecord, Stop> {
    let record: Option<VarietyHoldsRecord> = tx.load(&key::variety_holds(herb))?;
    Ok(record.unwrap_or(VarietyHoldsRecord { version: 1, ..VarietyHoldsRecord::default() }))
}

fn close(tx: &mut Tx, herb: HerbCode, mut record: VarietyHoldsRecord, event: EventBody) {
    tx.event(Subject::Herb(herb), &mut record.history, event);
    tx.store(key::variety_holds(herb), &record);
}

/// Puts a hold on a variety. One write.
pub(super) fn set(tx: &mut Tx, herb: HerbCode, new: VarietyHold, event: EventBody) -> Result<(), Stop> {
    let mut record = load(tx, herb)?;
    if record.open.len() >= HOLDS_PER_TARGET_MAX {
        return Err(Rejection::TooManyHolds { expected: HOLDS_PER_TARGET_MAX as u32 }.into());
    }
    record.open.push(new);
    close(tx, herb, record, event);
    Ok(())
}

/// Takes a hold from a variety, if it is there. One write.
pub(super) fn lift(tx: &mut Tx, herb: HerbCode, case: CaseNo, event: EventBody) -> Result<(), Stop> {
    let mut record = load(tx, herb)?;
    let before = record.open.len();
    record.open.retain(|h| h.hold.case != case);
    if record.open.len() < before {
        close(tx, herb, record, event);
    }
    Ok(())
}

/// Holds on the variety that a batch of 饮片, by its 工艺档案, or of 药材, by its lots, is made of: where its holder is, or
/// where its lots come from. Nothing is read for other classes.
pub(crate) fn variety_holds_of_batch<E: From<ViewError>>(
    product: &ProductRecord,
    batch: BatchRef,
    holder: RegionCode,
    bytes: impl Fn(&StateKey) -> Result<Option<Vec<u8>>, E>,
) -> Result<Holds, E> {
    let lots = || -> Result<Option<BatchLotsRecord>, E> {
        Ok(bytes(&key::batch_lots(batch))?.map(|lots| from_record(&lots)).transpose()?)
    };
    let herb = match product.master.class {
        DrugClass::DecoctionPiece => match bytes(&key::piece(batch.product))? {
            Some(piece) => Some(from_record::<PieceRecord>(&piece)?.herb),
            None => None,
        },
        DrugClass::CrudeHerb => lots()?.and_then(|lots| lots.herb),
        _ => None,
    };
    let Some(herb) = herb else { return Ok(Holds::NONE) };
    let Some(holds) = bytes(&key::variety_holds(herb))? else { return Ok(Holds::NONE) };
    let holds: VarietyHoldsRecord = from_record(&holds)?;
    let mut regions = vec![holder];
    regions.extend(lots()?.iter().flat_map(|lots| lots.places.iter().map(|place| place.region)));
    Ok(holds.biting(&regions))
}
