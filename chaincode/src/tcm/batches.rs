//! 投料: lots into production batches, the garden share of a batch, and the passed test that its release waits for
//! (domain §4.6, §9 rule 5; 《药品管理法》 Art. 44, 47).

use super::balance::sum;
use super::catalogue::find_product;
use super::events::LotTarget;
use super::kinds::LotKind;
use super::lots::{Found, check_mixed, check_uses, load_inputs, use_up};
use super::records::{BatchInput, BatchLotsRecord, Place};
use super::state::LotAction;
use crate::admission::check_batch_no;
use crate::event::{EventBody, Subject};
use crate::limits::{INPUTS_PER_BATCH_MAX, INPUTS_PER_LOT_MAX, ORIGINS_PER_LOT_MAX, STANDARDS_PER_BATCH_MAX};
use crate::production::BatchRecord;
use crate::registry::NumberRecord;
use crate::rejection::Rejection;
use crate::state::{BatchRef, Stop, Tx, key};
use crate::transaction::{Body, UseLots, count_writes};
use bencao_genesis::DrugClass;
use bincode::{Decode, Encode};

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

    /// Order of checks: product, batch, its producer, open, lots by the owner's table, passed test; of a batch of 饮片,
    /// lots of that product; its places and standards; number of inputs, stock of each.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let (reference, mut batch, class) = self.find_batch(tx)?;
        let lots = load_inputs(tx, &self.inputs, LotAction::UseInBatch)?;
        let mut record = load_link(tx, reference)?;
        for (found, used) in lots.iter().zip(&self.inputs) {
            found.passed_test()?;
            if class == DrugClass::DecoctionPiece {
                check_same_piece(found, reference)?;
            }
            record.add(found, used.weight_mg, reference)?;
        }
        if record.inputs.len() > INPUTS_PER_BATCH_MAX {
            let (expected, actual) = (INPUTS_PER_BATCH_MAX as u64, record.inputs.len() as u64);
            return Err(Rejection::EntryCount { field: "inputs", minimum: 1, expected, actual }.into());
        }
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
    fn find_batch(&self, tx: &mut Tx) -> Result<(BatchRef, BatchRecord, DrugClass), Stop> {
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
        Ok((reference, batch, product.master.class))
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
        self.inputs.push(BatchInput { lot: found.lot, weight_mg, garden, piece });
        Ok(())
    }
}

/// Whether a batch is made of lots on record, each of which had passed its test when it went in: the gate of release
/// for 饮片. False for a batch that nothing was declared for.
pub(crate) fn passed_test(tx: &Tx, batch: BatchRef) -> Result<bool, Stop> {
    let record = load_link(tx, batch)?;
    Ok(!record.inputs.is_empty())
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
