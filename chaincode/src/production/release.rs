//! T3 上市放行 by the holder's 质量受权人: a constant number of writes, whatever the size of the batch (D7).

use super::commission::PRODUCERS;
use super::contract::{acts_for_holder, find, require_holder};
use super::responsible::{is_abroad, is_responsible, region_of};
use super::{BatchRecord, Imported, TestState};
use crate::admission::{check_batch_no, check_text};
use crate::custody::{BillType, Holds};
use crate::event::{EventBody, Released, Subject};
use crate::law::LotReleaseExemption;
use crate::registry::{NumberRecord, ProductRecord, require_licence};
use crate::rejection::Rejection;
use crate::state::{BatchRef, Stop, Tx, key};
use crate::tcm::{
    check_best_before, check_inputs_not_held, check_weight, has_lots_told, is_traced_by_lots, passed_test,
};
use crate::transaction::{Body, ImportClearance, Release};
use bencao_genesis::{KeyPurpose, ProductId, RegionCode};

impl Body for Release {
    /// The 质量受权人's own key, never an agent's (《药品管理法》 Art. 33; D15).
    fn purpose(&self) -> KeyPurpose {
        KeyPurpose::Release
    }

    fn delegable(&self) -> bool {
        false
    }

    fn bill_type(&self) -> Option<u16> {
        Some(self.bill_type)
    }

    /// The batch.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_batch_no(&self.batch_no)?;
        check_text("lot_release", &self.lot_release)?;
        self.import.as_ref().map_or(Ok(()), check_clearance)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        release(tx, self)
    }
}

fn check_clearance(clearance: &ImportClearance) -> Result<(), Rejection> {
    let texts = [
        ("import.port", &clearance.port),
        ("import.clearance_no", &clearance.clearance_no),
        ("import.declaration_no", &clearance.declaration_no),
    ];
    for (field, text) in texts {
        check_text(field, text)?;
        if text.is_empty() {
            return Err(Rejection::FieldForm { field, expected: "not empty" });
        }
    }
    check_text("import.permit", &clearance.permit)?;
    let origin = &clearance.origin;
    if origin.len() == 2 && origin.bytes().all(|b| b.is_ascii_uppercase()) {
        return Ok(());
    }
    Err(Rejection::FieldForm { field: "import.origin", expected: "ISO 3166-1 alpha-2" })
}

/// Executes the operation, signed with a key of purpose `release`. Order of checks: bill type, product, who; licence; batch;
/// released before, counts, packages, hold, holds of the lots in it, failed test; by the producer: no more; by the holder:
/// 批签发, passed test, lots of 饮片 and 药材, what they weigh and how long they keep, producer's own release, papers of
/// import.
fn release(tx: &mut Tx, operation: &Release) -> Result<(), Stop> {
    BillType::carried_by("release", operation.bill_type)?;
    let (number, product) = find(tx, &operation.product_id)?;
    let name = operation.product_id.0.clone();
    let batch_no = operation.batch_no.clone();
    let index: Option<NumberRecord> = tx.load(&key::batch_number(number, &batch_no))?;
    let by_holder = acts_for_holder(tx, &product)?;
    let reference = index.map(|index| BatchRef { product: number, number: index.number });
    let batch: Option<BatchRecord> = reference.map(|r| tx.must_load(&key::batch(r))).transpose()?;
    let by_producer = batch.as_ref().is_some_and(|b| b.producer == tx.principal);
    if !by_holder && !by_producer {
        require_holder(tx, &product)?;
    }
    // Who is responsible here for a holder abroad makes nothing and needs no licence to make it.
    if !is_responsible(tx, &product)? {
        let role = || Rejection::RoleNotAllowed {
            organisation: tx.organisation.id.clone(),
            expected: "marketing_holder, producer, decoction_producer, hospital",
            bill_type: operation.bill_type,
        };
        require_licence(&tx.organisation, &product, None, &PRODUCERS, tx.today(), role)?;
    }
    let unknown = || Rejection::UnknownBatch { product: name, batch: batch_no.clone() };
    let (reference, mut batch) = reference.zip(batch).ok_or_else(unknown)?;
    check_complete(&batch, operation)?;
    let holder = tx.organisation_record(product.holder)?.jurisdiction;
    let variety = tx.variety_holds(&product, reference, holder)?;
    let holds = batch.holds.and(product.holds).and(variety).and(tx.organisation.holds);
    if holds != Holds::NONE {
        return Err(Rejection::BatchHeld { batch: batch_no, actual: holds.to_string() }.into());
    }
    check_inputs_not_held(tx, reference)?;
    if batch.test == TestState::Failed {
        return Err(Rejection::TestFailed { batch: batch_no }.into());
    }
    // Who buys it sees by what it was released: the 批签发证明, or the approval that stands for it.
    let lot_release = match operation.lot_release.as_str() {
        "" => exemption(tx, &operation.product_id).unwrap_or_default(),
        number => number.to_owned(),
    };
    let body = Released { bill_type: operation.bill_type, lot_release, quality_file: operation.quality_file };
    let mut history = batch.history;
    if by_holder {
        check_gates(tx, operation, &product, (reference, &batch))?;
        batch.released = true;
        tx.event(Subject::Batch(reference), &mut history, EventBody::Released(body));
        if let Some(clearance) = operation.import.clone() {
            tx.event(Subject::Batch(reference), &mut history, EventBody::Imported(Imported { clearance }));
        }
    } else {
        if batch.producer_released {
            return Err(Rejection::AlreadyReleased { batch: batch_no }.into());
        }
        batch.producer_released = true;
        tx.event(Subject::Batch(reference), &mut history, EventBody::ProducerReleased(body));
    }
    batch.history = history;
    tx.store(key::batch(reference), &batch);
    Ok(())
}

/// What the law asks before goods of a class go on the market.
fn check_gates(
    tx: &mut Tx,
    operation: &Release,
    product: &ProductRecord,
    (reference, batch): (BatchRef, &BatchRecord),
) -> Result<(), Stop> {
    let region = region_of(tx, product)?;
    let rules = tx.law(region);
    let law = &rules.production;
    let (class, name) = (product.master.class, || batch.batch_no.clone());
    // 批签发 of every batch (《疫苗管理法》 Art. 26), unless the nation frees the vaccine of it (Art. 28).
    let missing = law.lot_release_classes.contains(&class) && operation.lot_release.is_empty();
    if missing && exemption(tx, &product.master.id).is_none() {
        return Err(Rejection::LotReleaseRequired { batch: name() }.into());
    }
    // Only what passed its test is sold: as a batch, or each lot that went into it (《药品管理法》 Art. 44, 47).
    let tested = batch.test == TestState::Passed || passed_test(tx, reference)?;
    if law.test_required_classes.contains(&class) && !tested {
        return Err(Rejection::TestRequired { batch: name() }.into());
    }
    // 饮片 and 药材 commissioned since they are traced are followed back to the field (Art. 39; domain §4.4; rule 13 of domain §9).
    // What is made abroad has no field on this chain, nor have goods from before in a batch of reworked ones: it shows as an
    // incomplete chain.
    let traced = rules.mandatory_product(&product.master, &product.master.holder, batch.opened_on).is_some();
    if traced && is_traced_by_lots(class) && !is_imported(product) && !has_lots_told(tx, reference)? {
        return Err(Rejection::BatchLotsRequired { batch: name() }.into());
    }
    if is_traced_by_lots(class) {
        check_weight(tx, product, (reference, batch))?;
        check_best_before(tx, (reference, batch))?;
    }
    // 出厂放行 by who made it, then 上市放行 by who holds it (《药品管理法》 Art. 33, 47).
    if batch.producer != tx.principal && batch.producer != product.holder && !batch.producer_released {
        return Err(Rejection::ProducerReleaseRequired { batch: name() }.into());
    }
    // What a holder abroad releases there has no papers yet: the border asks for them at the receipt (custody).
    let released_here = !is_abroad(&tx.organisation.id);
    match (&operation.import, is_imported(product) && released_here) {
        // 进口药品通关单 (《药品管理法》 Art. 64).
        (None, true) => Err(Rejection::ImportClearanceRequired { batch: name() }.into()),
        // 进口准许证 (Art. 66).
        (Some(clearance), _) if clearance.permit.is_empty() && rules.custody.import_permit.contains(&class) => {
            Err(Rejection::ImportClearanceRequired { batch: name() }.into())
        }
        (Some(clearance), _)
            if law.import_inspection_classes.contains(&class) && clearance.inspection_report.is_none() =>
        {
            // 口岸检验 (Art. 68).
            Err(Rejection::ImportInspectionRequired { batch: name() }.into())
        }
        // 允许药品进口的口岸 (Art. 64).
        (Some(clearance), _) => Ok(rules.custody.check_port(&clearance.port)?),
        (None, false) => Ok(()),
    }
}

/// Approval by which batches of a product are released without 批签发 today (《疫苗管理法》 Art. 28).
fn exemption(tx: &Tx, product: &ProductId) -> Option<String> {
    let nation = tx.law(RegionCode::NATION);
    let valid = |e: &&LotReleaseExemption| e.product_id == *product && tx.today() <= e.until;
    nation.production.lot_release_exemptions.iter().find(valid).map(|e| e.approval.clone())
}

/// Made abroad: a holder abroad, or an approval number 国药准字 with J.
fn is_imported(product: &ProductRecord) -> bool {
    let abroad = is_abroad(&product.master.holder);
    let letters = product.master.approval_number.chars().skip(4).take(2);
    abroad || letters.into_iter().any(|letter| letter == 'J')
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
