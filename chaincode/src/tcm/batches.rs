//! 投料: lots into production batches, the garden share of a batch, and the passed test that its release waits for
//! (domain §4.6, §9 rule 5; 《药品管理法》 Art. 44, 47).

use super::balance::{sum, within_share};
use super::catalogue::find_product;
use super::events::LotTarget;
use super::held::first_held;
use super::kinds::LotKind;
use super::lots::{Found, check_mixed, check_uses, find_herb, load_inputs, use_up};
use super::names::{LotId, LotRef};
use super::records::{BatchInput, BatchLotsRecord, LotRecord, Place};
use super::state::LotAction;
use crate::admission::check_batch_no;
use crate::codes::HerbCode;
use crate::event::{EventBody, Subject};
use crate::limits::{
    BATCH_LINEAGE_MAX, INPUTS_PER_BATCH_MAX, INPUTS_PER_LOT_MAX, ORIGINS_PER_LOT_MAX, STANDARDS_PER_BATCH_MAX,
};
use crate::production::{BatchRecord, ReworkRecord};
use crate::registry::{NumberRecord, OrganisationRecord, ProductRecord};
use crate::rejection::Rejection;
use crate::state::{BatchRef, Stop, Tx, key};
use crate::transaction::{Body, UseLots, count_writes};
use bencao_genesis::DrugClass;
use bincode::{Decode, Encode};
use std::collections::BTreeSet;

/// What a batch is made of after another document.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct BatchFed {
    /// Inputs so far.
    pub inputs: u32,
    /// Milligrams with the garden claim.
    pub garden_mg: u64,
    /// Milligrams in all.
    pub total_mg: u64,
    /// 链条不完整 of any input.
    pub incomplete: bool,
}

impl Body for UseLots {
    /// Batch, its link, and each lot.
    fn writes_bound(&self) -> u32 {
        count_writes(self.inputs.len()).saturating_add(2)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_batch_no(&self.batch_no)?;
        check_uses("inputs", &self.inputs, 1, INPUTS_PER_LOT_MAX)
    }

    /// Order of checks: product, batch, its producer, open, lots by the owner's table and not past their 保质期, passed
    /// test; of a batch of 饮片, lots of that product, of one of 药材 crude herb, of one herb, which its product is named
    /// after; its places and standards; number of inputs and of lots that they descend from, stock of each.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let (reference, mut batch, product) = self.find_batch(tx)?;
        let lots = load_inputs(tx, &self.inputs, LotAction::UseInBatch)?;
        let mut record = load_link(tx, reference)?;
        for (found, used) in lots.iter().zip(&self.inputs) {
            found.passed_test()?;
            match product.master.class {
                DrugClass::DecoctionPiece => check_same_piece(found, reference)?,
                DrugClass::CrudeHerb => {
                    check_crude(found)?;
                    record.be_of(found.record.herb, &found.name)?;
                    check_named_after(tx, found, &product)?;
                }
                _ => {}
            }
            record.add(found, used.weight_mg, reference)?;
        }
        record.check_size(&self.batch_no)?;
        check_descent(tx, &self.batch_no, &record)?;
        use_up(tx, lots, &self.inputs, LotTarget::Batch(reference), LotAction::UseInBatch)?;
        let body = BatchFed {
            inputs: count_writes(record.inputs.len()),
            garden_mg: record.garden_mg,
            total_mg: record.total_mg,
            incomplete: record.incomplete,
        };
        tx.event(Subject::Batch(reference), &mut batch.history, EventBody::BatchFed(body));
        tx.store(key::batch(reference), &batch);
        tx.store(key::batch_lots(reference), &record);
        Ok(())
    }
}

impl UseLots {
    fn find_batch(&self, tx: &mut Tx) -> Result<(BatchRef, BatchRecord, ProductRecord), Stop> {
        let number = find_product(tx, &self.product_id)?;
        let product = tx.product(number)?;
        let name = self.product_id.0.clone();
        let index: Option<NumberRecord> = tx.load(&key::batch_number(number, &self.batch_no))?;
        let unknown = || Rejection::UnknownBatch { product: name.clone(), batch: self.batch_no.clone() };
        let reference = BatchRef { product: number, number: index.ok_or_else(unknown)?.number };
        let batch: BatchRecord = tx.must_load(&key::batch(reference))?;
        if batch.producer != tx.principal {
            let expected = tx.organisation_record(batch.producer)?.id.clone();
            let actual = tx.organisation.id.clone();
            return Err(Rejection::NotProducer { product: name, expected, actual }.into());
        }
        if batch.released {
            return Err(Rejection::BatchClosed { batch: batch.batch_no }.into());
        }
        Ok((reference, batch, product))
    }
}

/// A batch of 饮片 consists of lots of that product.
fn check_same_piece(found: &Found, batch: BatchRef) -> Result<(), Rejection> {
    if found.record.product == Some(batch.product) {
        return Ok(());
    }
    let actual = found.record.product.map_or_else(|| found.record.kind.name().to_owned(), |p| p.0.to_string());
    let expected = batch.product.0.to_string();
    Err(Rejection::LotsDiffer { lot: found.name.clone(), what: "product", expected, actual })
}

/// A batch of 药材 with codes consists of crude herb: 饮片 do not become it again.
fn check_crude(found: &Found) -> Result<(), Rejection> {
    let kind = found.record.kind;
    if kind.is_crude_herb() {
        return Ok(());
    }
    let (lot, expected) = (found.name.clone(), "harvest, initial".to_owned());
    Err(Rejection::LotKindDiffers { lot, expected, actual: kind.name() })
}

/// 药材 with codes are what their product is named: under the name of one herb no other goes out, which would be a drug
/// passed off as another (《药品管理法》 Art. 98).
fn check_named_after(tx: &Tx, found: &Found, product: &ProductRecord) -> Result<(), Stop> {
    let (expected, actual) = (&product.master.generic_name, find_herb(tx, found.record.herb)?.name);
    if actual == *expected {
        return Ok(());
    }
    let (lot, product, expected) = (found.name.clone(), product.master.id.0.clone(), expected.clone());
    Err(Rejection::AnotherHerb { lot, product, expected, actual }.into())
}

fn load_link(tx: &Tx, batch: BatchRef) -> Result<BatchLotsRecord, Stop> {
    let record: Option<BatchLotsRecord> = tx.load(&key::batch_lots(batch))?;
    Ok(record.unwrap_or(BatchLotsRecord { version: 1, ..BatchLotsRecord::default() }))
}

impl BatchLotsRecord {
    fn add(&mut self, found: &Found, weight_mg: u64, batch: BatchRef) -> Result<(), Rejection> {
        let garden = found.record.claims.garden;
        self.total_mg = sum([self.total_mg, weight_mg]);
        if garden {
            self.garden_mg = sum([self.garden_mg, weight_mg]);
        }
        self.incomplete |= found.record.incomplete;
        found.record.origins.iter().for_each(|origin| Place::add(&mut self.places, origin));
        check_mixed(&found.name, "places", ORIGINS_PER_LOT_MAX, self.places.len())?;
        if found.record.product == Some(batch.product) {
            let standard = &found.record.standard;
            if let Err(at) = self.standards.binary_search(standard) {
                self.standards.insert(at, standard.clone());
            }
            check_mixed(&found.name, "standards", STANDARDS_PER_BATCH_MAX, self.standards.len())?;
            let terms = self.best_before.into_iter().chain(found.record.best_before);
            self.best_before = terms.min();
        }
        let piece = found.record.kind == LotKind::Piece;
        self.inputs.push(BatchInput { lot: found.lot, weight_mg, garden, piece, reworked: false });
        Ok(())
    }

    /// Of one herb: the first that it is told of, and of no other.
    fn be_of(&mut self, herb: HerbCode, name: &str) -> Result<(), Rejection> {
        let expected = *self.herb.get_or_insert(herb);
        if expected == herb {
            return Ok(());
        }
        let (lot, expected, actual) = (name.to_owned(), expected.to_string(), herb.to_string());
        Err(Rejection::LotsDiffer { lot, what: "herb", expected, actual })
    }

    /// What a batch was made of goes on into the one that it is reworked into, with the same shares.
    fn carry(&mut self, from: BatchLotsRecord, into: &str) -> Result<(), Rejection> {
        from.herb.map_or(Ok(()), |herb| self.be_of(herb, into))?;
        self.inputs.extend(from.inputs.into_iter().map(|input| BatchInput { reworked: true, ..input }));
        self.garden_mg = sum([self.garden_mg, from.garden_mg]);
        self.total_mg = sum([self.total_mg, from.total_mg]);
        self.incomplete |= from.incomplete;
        from.places.into_iter().for_each(|place| Place::join(&mut self.places, place));
        for standard in from.standards {
            if let Err(at) = self.standards.binary_search(&standard) {
                self.standards.insert(at, standard);
            }
        }
        self.best_before = self.best_before.into_iter().chain(from.best_before).min();
        Ok(())
    }

    fn check_size(&self, batch: &str) -> Result<(), Rejection> {
        if self.inputs.len() > INPUTS_PER_BATCH_MAX {
            let (expected, actual) = (INPUTS_PER_BATCH_MAX as u64, self.inputs.len() as u64);
            return Err(Rejection::EntryCount { field: "inputs", minimum: 1, expected, actual });
        }
        check_mixed(batch, "places", ORIGINS_PER_LOT_MAX, self.places.len())?;
        check_mixed(batch, "standards", STANDARDS_PER_BATCH_MAX, self.standards.len())
    }
}

/// Rework gives goods a new batch, not a new origin: what is known of these batches goes on into the next (rule 13 of domain
/// §9). 饮片 and 药材 of which nothing is known leave the chain of what they are mixed with incomplete.
pub(crate) fn carry_over(tx: &Tx, into: &str, batches: &[BatchRef], rework: &mut ReworkRecord) -> Result<(), Stop> {
    for batch in batches {
        if rework.batches.contains(&batch.number) {
            continue;
        }
        let from = load_link(tx, *batch)?;
        if from.inputs.is_empty() {
            rework.lots.incomplete = true;
            continue;
        }
        rework.batches.push(batch.number);
        rework.lots.carry(from, into)?;
        rework.lots.check_size(into)?;
    }
    Ok(())
}

/// Refuses a batch that descends from more lots than its release may look at.
pub(crate) fn check_descent(tx: &Tx, batch: &str, record: &BatchLotsRecord) -> Result<(), Stop> {
    let descent: BTreeSet<LotRef> = descent_of(tx, record)?.iter().flat_map(descends_from).collect();
    Ok(check_mixed(batch, "lineage", BATCH_LINEAGE_MAX, descent.len())?)
}

/// The lots that a batch was made of.
fn descent_of(tx: &Tx, record: &BatchLotsRecord) -> Result<Vec<(LotRef, LotRecord)>, Stop> {
    record.inputs.iter().map(|input| Ok((input.lot, tx.must_load(&key::lot(input.lot))?))).collect()
}

fn descends_from((lot, record): &(LotRef, LotRecord)) -> impl Iterator<Item = LotRef> {
    std::iter::once(*lot).chain(record.lineage.iter().copied())
}

/// Holds win (rule 8 of domain §9): what is held in a lot does not come out of a batch as something else. Reads a record
/// for each of at most [`BATCH_LINEAGE_MAX`] lots, and of their makers.
pub(crate) fn check_inputs_not_held(tx: &Tx, batch: BatchRef) -> Result<(), Stop> {
    let lots = descent_of(tx, &load_link(tx, batch)?)?;
    match first_held(&lots, |name| tx.bytes(name))? {
        None => Ok(()),
        Some((lot, level, holds)) => {
            let organisation: OrganisationRecord = tx.must_load(&key::organisation(lot.organisation))?;
            let lot = LotId { number: lot.number, organisation: organisation.id }.to_string();
            Err(Rejection::LotHeld { lot, level: level.name(), actual: holds.to_string() }.into())
        }
    }
}

/// Whether a batch is made of lots on record, each of which had passed its test when it went in: the gate of release
/// for 饮片. False for a batch that nothing was declared for.
pub(crate) fn passed_test(tx: &Tx, batch: BatchRef) -> Result<bool, Stop> {
    let record = load_link(tx, batch)?;
    Ok(!record.inputs.is_empty())
}

/// Whether something was declared of what a batch is made of: lots, or by its rework that no lots are known.
pub(crate) fn has_lots_told(tx: &Tx, batch: BatchRef) -> Result<bool, Stop> {
    tx.exists(&key::batch_lots(batch))
}

/// M4 (domain §4.4): packages with codes hold no more than the lots that they were filled from, by the 装量 of the product,
/// which for herbs is in 10⁻⁴ of a gram. Goods that are reworked were weighed in the batches that they had been.
pub(crate) fn check_weight(
    tx: &Tx,
    product: &ProductRecord,
    (reference, batch): (BatchRef, &BatchRecord),
) -> Result<(), Stop> {
    let record = load_link(tx, reference)?;
    if record.inputs.is_empty() || tx.exists(&key::rework(reference.product, &batch.batch_no))? {
        return Ok(());
    }
    let tenths_of_mg = u128::from(product.content()).saturating_mul(u128::from(batch.units));
    let actual = u64::try_from(tenths_of_mg.div_ceil(10)).unwrap_or(u64::MAX);
    let tolerance = tx.law(tx.organisation.jurisdiction).tcm.pack_tolerance_ppm;
    let expected = record.total_mg;
    if within_share(actual.saturating_sub(expected), expected, tolerance) {
        return Ok(());
    }
    Err(Rejection::BatchWeight { batch: batch.batch_no.clone(), expected, actual }.into())
}

/// 保质期 does not end where a code begins: a batch expires no later than the first of the lots of its product that are
/// in it (《药品管理法》 Art. 98).
pub(crate) fn check_best_before(tx: &Tx, (reference, batch): (BatchRef, &BatchRecord)) -> Result<(), Stop> {
    match load_link(tx, reference)?.best_before {
        Some(expected) if batch.expires_on > expected => {
            let (batch, actual) = (batch.batch_no.clone(), batch.expires_on);
            Err(Rejection::ExpiryBeyondLots { batch, expected, actual }.into())
        }
        _ => Ok(()),
    }
}

/// Whether goods of this class are nothing but lots under codes: herbs, whole or sliced.
pub(crate) fn is_traced_by_lots(class: DrugClass) -> bool {
    matches!(class, DrugClass::DecoctionPiece | DrugClass::CrudeHerb)
}

/// Whether a batch of this class declares its lots.
pub(crate) fn is_made_of_lots(class: DrugClass) -> bool {
    matches!(
        class,
        DrugClass::ProprietaryChinese
            | DrugClass::DecoctionPiece
            | DrugClass::CrudeHerb
            | DrugClass::HospitalPreparation
    )
}
