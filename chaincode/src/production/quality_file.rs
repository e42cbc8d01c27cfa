//! The quality file of a batch: tests and documents, as digests on the batch's own chain.

use super::contract::{acts_for_holder, not_producer};
use super::responsible::region_of;
use super::{BatchRecord, BatchTestRequested, BatchTested, QualityFiled, TestState};
use crate::admission::{check_batch_no, check_text};
use crate::event::{EventBody, Subject};
use crate::quality::{find_batch, find_organisation, regulates};
use crate::registry::ProductRecord;
use crate::rejection::Rejection;
use crate::state::{BatchRef, Stop, Tx, key};
use crate::transaction::{Body, FileQualityDocument, RecordBatchTest, RequestBatchTest};
use bencao_genesis::{ProductId, Role};

impl Body for RequestBatchTest {
    /// The batch.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_batch_no(&self.batch_no)
    }

    /// Order of checks: product, batch, holder or producer, laboratory known, its role.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let mut file = QualityFile::find(tx, &self.product_id, &self.batch_no)?;
        if !file.is_made_by(tx)? {
            return Err(not_producer(tx, &file.product).into());
        }
        let laboratory = find_organisation(tx, &self.laboratory)?;
        if !tx.organisation_record(laboratory)?.has_role(Role::Laboratory) {
            let organisation = self.laboratory.clone();
            return Err(Rejection::RoleRequired { organisation, expected: "laboratory" }.into());
        }
        file.batch.laboratory = Some(laboratory);
        file.close(tx, EventBody::BatchTestRequested(BatchTestRequested { laboratory }));
        Ok(())
    }
}

impl Body for RecordBatchTest {
    /// The batch.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_batch_no(&self.batch_no)
    }

    /// Order of checks: product, batch, who; a failure that stands.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let mut file = QualityFile::find(tx, &self.product_id, &self.batch_no)?;
        let regulator = file.is_regulated_by(tx)?;
        // Who found the failure of a batch may look again, though another laboratory is named by now.
        let failed_by = file.batch.tested_by.filter(|_| file.batch.test == TestState::Failed);
        let again = failed_by == Some(tx.principal) && tx.organisation.has_role(Role::Laboratory);
        if !regulator && !again {
            file.require_party(tx)?;
            // 不合格 stands until its laboratory or a regulator finds otherwise: no maker tests it away, nor names another
            // laboratory for that (《药品管理法》 Art. 47; rule 5 of domain §9).
            if let Some(author) = failed_by {
                let (batch, expected) = (self.batch_no.clone(), tx.organisation_record(author)?.id.clone());
                return Err(Rejection::TestFailureStands { batch, expected }.into());
            }
        }
        file.batch.test = if self.passed { TestState::Passed } else { TestState::Failed };
        file.batch.tested_by = Some(tx.principal);
        file.close(tx, EventBody::BatchTested(BatchTested { passed: self.passed, report: self.report }));
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
        let mut file = QualityFile::find(tx, &self.product_id, &self.batch_no)?;
        file.require_party(tx)?;
        file.batch.documents = file.batch.documents.saturating_add(1);
        let filed = QualityFiled { kind: self.kind, number: self.number.clone(), digest: self.digest };
        file.close(tx, EventBody::QualityFiled(filed));
        Ok(())
    }
}

/// A batch with its product.
struct QualityFile {
    reference: BatchRef,
    product: ProductRecord,
    batch: BatchRecord,
}

impl QualityFile {
    fn find(tx: &mut Tx, product: &ProductId, batch_no: &str) -> Result<QualityFile, Stop> {
        let reference = find_batch(tx, product, batch_no)?;
        let batch: BatchRecord = tx.must_load(&key::batch(reference))?;
        Ok(QualityFile { reference, product: tx.product(reference.product)?, batch })
    }

    fn is_made_by(&self, tx: &mut Tx) -> Result<bool, Stop> {
        Ok(tx.principal == self.batch.producer || acts_for_holder(tx, &self.product)?)
    }

    /// A drug regulator of where the holder is, or who is responsible here for one abroad.
    fn is_regulated_by(&self, tx: &mut Tx) -> Result<bool, Stop> {
        let holder = tx.organisation_record(self.product.holder)?.jurisdiction;
        let here = region_of(tx, &self.product)?;
        Ok(regulates(&tx.organisation, &[holder, here]))
    }

    /// Refuses whoever is not holder, producer or the laboratory that they named: nobody writes in a rival's file.
    fn require_party(&self, tx: &mut Tx) -> Result<(), Stop> {
        if self.is_made_by(tx)? {
            return Ok(());
        }
        if !tx.organisation.has_role(Role::Laboratory) {
            return Err(not_producer(tx, &self.product).into());
        }
        if self.batch.laboratory == Some(tx.principal) {
            return Ok(());
        }
        let (batch, actual) = (self.batch.batch_no.clone(), tx.organisation.id.clone());
        Err(Rejection::BatchLaboratoryNotNamed { batch, actual }.into())
    }

    fn close(mut self, tx: &mut Tx, body: EventBody) {
        tx.event(Subject::Batch(self.reference), &mut self.batch.history, body);
        tx.store(key::batch(self.reference), &self.batch);
    }
}
