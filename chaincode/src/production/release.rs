//! T3 上市放行 by the holder's 质量受权人: a constant number of writes, whatever the size of the batch (D7).

use super::BatchRecord;
use super::commission::PRODUCERS;
use crate::admission::{check_batch_no, check_text};
use crate::event::{EventBody, Released, Subject};
use crate::registry::{NumberRecord, require_licence};
use crate::rejection::Rejection;
use crate::state::{BatchRef, ProductNo, Stop, Tx, key};
use crate::tcm::passed_test;
use crate::transaction::{Body, Release};
use bencao_genesis::{DrugClass, KeyPurpose, OrgId};

impl Body for Release {
    /// The 质量受权人's own key, never an agent's (《药品管理法》 Art. 33; D15).
    fn purpose(&self) -> KeyPurpose {
        KeyPurpose::Release
    }

    fn delegable(&self) -> bool {
        false
    }

    fn bill_type(&self) -> Option<u16> {
        Some(101)
    }

    /// The batch.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_batch_no(&self.batch_no)?;
        check_text("lot_release", &self.lot_release)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        release(tx, self)
    }
}

/// Executes the operation, signed with a key of purpose `release`. Order of checks: product, holder, licence, batch,
/// released before, counts, packages, 批签发.
fn release(tx: &mut Tx, operation: &Release) -> Result<(), Stop> {
    let name = operation.product_id.0.clone();
    let unknown = || Rejection::UnknownProduct { product: name.clone() };
    let product: NumberRecord = tx.load(&key::product_number(&operation.product_id))?.ok_or_else(unknown)?;
    let number = ProductNo(product.number);
    let product = tx.product(number)?;
    let principal: OrgId = tx.organisation.id.clone();
    if product.master.holder != principal {
        let (expected, actual) = (product.master.holder.clone(), principal);
        return Err(Rejection::NotHolder { product: name, expected, actual }.into());
    }
    let role = || Rejection::RoleNotAllowed {
        organisation: principal.clone(),
        expected: "marketing_holder, decoction_producer, hospital",
        bill_type: 101,
    };
    require_licence(&tx.organisation, &product, None, &PRODUCERS, tx.today(), role)?;
    let batch_no = operation.batch_no.clone();
    let index: Option<NumberRecord> = tx.load(&key::batch_number(number, &batch_no))?;
    let index = index.ok_or_else(|| Rejection::UnknownBatch { product: name, batch: batch_no.clone() })?;
    let reference = BatchRef { product: number, number: index.number };
    let mut batch: BatchRecord = tx.must_load(&key::batch(reference))?;
    check_complete(&batch, operation)?;
    if product.master.class == DrugClass::Vaccine && operation.lot_release.is_empty() {
        return Err(Rejection::LotReleaseRequired { batch: batch_no }.into());
    }
    // 饮片 are released with a passed test only (《药品管理法》 Art. 44, 47).
    if product.master.class == DrugClass::DecoctionPiece && !passed_test(tx, reference)? {
        return Err(Rejection::LotTestRequired { lot: batch_no }.into());
    }
    batch.released = true;
    let mut history = batch.history;
    let body = Released { lot_release: operation.lot_release.clone(), quality_file: operation.quality_file };
    tx.event(Subject::Batch(reference), &mut history, EventBody::Released(body));
    batch.history = history;
    tx.store(key::batch(reference), &batch);
    Ok(())
}

fn check_complete(batch: &BatchRecord, operation: &Release) -> Result<(), Rejection> {
    let name = || batch.batch_no.clone();
    if batch.released {
        return Err(Rejection::AlreadyReleased { batch: name() });
    }
    if batch.declared_units != operation.declared_units {
        return Err(Rejection::BatchDiffers {
            batch: name(),
            field: "declared_units",
            expected: batch.declared_units.to_string(),
            actual: operation.declared_units.to_string(),
        });
    }
    if batch.units != batch.declared_units {
        return Err(Rejection::CountIncomplete { batch: name(), expected: batch.declared_units, actual: batch.units });
    }
    if batch.incomplete > 0 {
        return Err(Rejection::PackagesIncomplete { batch: name(), actual: batch.incomplete });
    }
    Ok(())
}
