//! The quality file of a batch: tests and documents, as digests on the batch's own chain.

use super::contract::acts_for_holder;
use super::{BatchRecord, BatchTested, QualityFiled, TestState};
use crate::admission::{check_batch_no, check_text};
use crate::event::{EventBody, Subject};
use crate::quality::find_batch;
use crate::rejection::Rejection;
use crate::state::{BatchRef, Stop, Tx, key};
use crate::transaction::{Body, FileQualityDocument, RecordBatchTest};
use bencao_genesis::{ProductId, Role};

impl Body for RecordBatchTest {
    /// The batch.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_batch_no(&self.batch_no)
    }

    /// Order of checks: product, batch, who.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let (reference, mut batch) = open(tx, &self.product_id, &self.batch_no)?;
        batch.test = if self.passed { TestState::Passed } else { TestState::Failed };
        let event = EventBody::BatchTested(BatchTested { passed: self.passed, report: self.report });
        tx.event(Subject::Batch(reference), &mut batch.history, event);
        tx.store(key::batch(reference), &batch);
        Ok(())
    }
}

impl Body for FileQualityDocument {
    /// The batch.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_batch_no(&self.batch_no)?;
        check_text("number", &self.number)
    }

    /// Order of checks: product, batch, who.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let (reference, mut batch) = open(tx, &self.product_id, &self.batch_no)?;
        batch.documents = batch.documents.saturating_add(1);
        let filed = QualityFiled { kind: self.kind, number: self.number.clone(), digest: self.digest };
        tx.event(Subject::Batch(reference), &mut batch.history, EventBody::QualityFiled(filed));
        tx.store(key::batch(reference), &batch);
        Ok(())
    }
}

/// A batch of which holder, producer or a laboratory files something.
fn open(tx: &mut Tx, product: &ProductId, batch_no: &str) -> Result<(BatchRef, BatchRecord), Stop> {
    let reference = find_batch(tx, product, batch_no)?;
    let batch: BatchRecord = tx.must_load(&key::batch(reference))?;
    let record = tx.product(reference.product)?;
    let makes = acts_for_holder(tx, &record)? || tx.principal == batch.producer;
    if !makes && !tx.organisation.has_role(Role::Laboratory) {
        return Err(super::contract::not_producer(tx, &record).into());
    }
    Ok((reference, batch))
}
