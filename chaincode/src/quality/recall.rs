//! A recall begins (《药品管理法》 Art. 82; 《药品召回管理办法》 2022; domain §5.3): the hold bites everywhere in this block.

use super::holds::{check_hold_codes, check_reason, find_batch, find_product, next_case};
use super::jurisdiction::require_regulator;
use super::recall_duties::set_duties;
use super::records::{HoldRecord, OpenHold, OpenRecalls, RecallKind, RecallRecord, RecallStatus};
use super::target::{WRITES_PER_TARGET, set};
use super::{HoldSet, RecallStarted};
use crate::admission::check_batch_no;
use crate::codes::UnitKey;
use crate::custody::{Holds, Move, check_codes_differ};
use crate::event::{EventBody, History, Subject};
use crate::limits::{RECALL_BATCHES_MAX, RECALL_REGIONS_MAX, RECALLS_PER_PRODUCT_MAX};
use crate::registry::ProductRecord;
use crate::rejection::Rejection;
use crate::state::{CaseNo, ProductNo, Stop, Tx, key};
use crate::transaction::{Body, StartRecall, count_writes};
use bencao_genesis::ProductId;
use std::collections::BTreeSet;

/// Recall, its hold, the counters, those of the product, and a deadline a duty.
const WRITES: u32 = 8;

impl Body for StartRecall {
    fn codes(&self) -> Vec<UnitKey> {
        self.codes.clone()
    }

    fn codes_count(&self) -> usize {
        self.codes.len()
    }

    /// Each target, and the recall's own.
    fn writes_bound(&self) -> u32 {
        let targets = self.batches.len().saturating_add(self.codes.len()).max(1);
        count_writes(targets).saturating_mul(WRITES_PER_TARGET).saturating_add(WRITES)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_reason(&self.reason)?;
        if !(1..=3).contains(&self.class) {
            return Err(Rejection::FieldForm { field: "class", expected: "1, 2 or 3" });
        }
        if !self.batches.is_empty() && !self.codes.is_empty() {
            return Err(Rejection::FieldForm { field: "codes", expected: "batches or codes, not both" });
        }
        let distinct: BTreeSet<&String> = self.batches.iter().collect();
        if self.batches.len() > RECALL_BATCHES_MAX || distinct.len() != self.batches.len() {
            return Err(Rejection::FieldForm { field: "batches", expected: "at most 64 different batches" });
        }
        if self.territory.len() > RECALL_REGIONS_MAX {
            return Err(Rejection::FieldForm { field: "territory", expected: "at most 32 regions" });
        }
        if self.sold_from.zip(self.sold_to).is_some_and(|(from, to)| from > to) {
            return Err(Rejection::FieldForm { field: "sold_to", expected: "not before sold_from" });
        }
        check_hold_codes(&self.codes, 0)?;
        self.batches.iter().try_for_each(|batch| check_batch_no(batch))
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        start(tx, self)
    }
}

/// The bit of a class.
fn bit(class: u8) -> Holds {
    match class {
        1 => Holds::RECALL_1,
        2 => Holds::RECALL_2,
        _ => Holds::RECALL_3,
    }
}

/// What is recalled.
struct Scope {
    subjects: Vec<Subject>,
    batches: Vec<u32>,
    gone: u32,
}

/// Executes the operation. Order of checks: product; who (the holder; for 责令 a drug regulator of the holder); then
/// batches or codes in the order of the bill: known, of the product alone, in no package that was handed out by quantity; then the number of open recalls, and of holds on each.
fn start(tx: &mut Tx, operation: &StartRecall) -> Result<(), Stop> {
    let number = find_product(tx, &operation.product_id)?;
    let product = tx.product(number)?;
    check_starter(tx, operation, &product)?;
    let scope = scope(tx, operation, number, &product)?;
    let most = match operation.kind {
        RecallKind::Voluntary => RECALLS_PER_PRODUCT_MAX,
        // What an authority orders is not kept out by what the holder has open.
        RecallKind::Ordered => u32::MAX,
    };
    count_open(tx, number, &operation.product_id, most)?;
    let (case, mut counters) = next_case(tx)?;
    let (hold_bit, now) = (bit(operation.class), tx.context.time);
    let event = EventBody::HoldSet(HoldSet { case, kind: None, recall_class: operation.class });
    for subject in &scope.subjects {
        let by_authority = operation.kind == RecallKind::Ordered;
        set(tx, *subject, OpenHold { case, bit: hold_bit, by_authority }, event.clone())?;
    }
    let hold = HoldRecord {
        version: 1,
        kind: None,
        bit: hold_bit,
        targets: scope.subjects,
        setter: tx.principal,
        set_at: now,
        reason: operation.reason.clone(),
        evidence: operation.report,
        until: None,
        decision_due: None,
        test_report: None,
        decision: None,
        lifted: None,
        history: History::default(),
    };
    tx.store(key::hold(case), &hold);
    let mut recall = RecallRecord {
        version: 1,
        kind: operation.kind,
        class: operation.class,
        product: number,
        holder: product.holder,
        starter: tx.principal,
        document: tx.document.clone(),
        batches: scope.batches,
        codes: count_writes(operation.codes.len()),
        codes_gone: scope.gone,
        territory: operation.territory.clone(),
        sold: (operation.sold_from, operation.sold_to),
        reason: operation.reason.clone(),
        decided_at: now,
        report: operation.report,
        plan: operation.plan,
        notified: 0,
        acknowledged: 0,
        on_hand: 0,
        publication: None,
        progress: 0,
        last_progress: None,
        progress_hours: 0,
        report_working_days: 0,
        duties: Vec::new(),
        status: RecallStatus::Open,
        completed_at: None,
        completion_report: None,
        previous: counters.last_recall,
        history: History::default(),
    };
    set_duties(tx, case, &mut recall)?;
    let started = RecallStarted {
        kind: operation.kind,
        class: operation.class,
        product: number,
        batches: count_writes(operation.batches.len()),
        codes: recall.codes,
    };
    tx.event(Subject::Case(case), &mut recall.history, EventBody::RecallStarted(started));
    tx.store(key::recall(case), &recall);
    counters.last_recall = case;
    tx.store(key::quality_counters(), &counters);
    Ok(())
}

/// One open recall more of a product, of which `most` may be open.
///
/// # Errors
/// [`Rejection::TooManyRecalls`].
fn count_open(tx: &mut Tx, number: ProductNo, product: &ProductId, most: u32) -> Result<(), Stop> {
    let name = key::open_recalls(number);
    let record: Option<OpenRecalls> = tx.load(&name)?;
    let open = record.map_or(0, |r| r.open);
    if open >= most {
        return Err(Rejection::TooManyRecalls { product: product.0.clone(), expected: most }.into());
    }
    tx.store(name, &OpenRecalls { version: 1, open: open.saturating_add(1) });
    Ok(())
}

/// One open recall of a product less.
pub(super) fn count_completed(tx: &mut Tx, number: ProductNo) -> Result<(), Stop> {
    let name = key::open_recalls(number);
    let record: OpenRecalls = tx.must_load(&name)?;
    tx.store(name, &OpenRecalls { open: record.open.saturating_sub(1), ..record });
    Ok(())
}

fn check_starter(tx: &mut Tx, operation: &StartRecall, product: &ProductRecord) -> Result<(), Stop> {
    let holder = tx.organisation_record(product.holder)?;
    match operation.kind {
        RecallKind::Ordered => {
            let region = crate::production::region_of(tx, product)?;
            Ok(require_regulator(&tx.organisation, &[holder.jurisdiction, region])?)
        }
        RecallKind::Voluntary if crate::production::acts_for_holder(tx, product)? => Ok(()),
        RecallKind::Voluntary => Err(Rejection::NotHolder {
            product: operation.product_id.0.clone(),
            expected: holder.id.clone(),
            actual: tx.organisation.id.clone(),
        }
        .into()),
    }
}

fn scope(tx: &mut Tx, operation: &StartRecall, number: ProductNo, product: &ProductRecord) -> Result<Scope, Stop> {
    let mut scope = Scope { subjects: Vec::new(), batches: Vec::new(), gone: 0 };
    for batch_no in &operation.batches {
        let batch = find_batch(tx, &operation.product_id, batch_no)?;
        scope.batches.push(batch.number);
        scope.subjects.push(Subject::Batch(batch));
    }
    check_codes_differ(&operation.codes)?;
    for code in &operation.codes {
        let unit = Move::load(tx, *code)?;
        // All that is inside: of a mixed package nobody recalls what is another's.
        if let Some(other) = unit.facts.iter().find(|f| f.reference.product != number) {
            let (expected, actual) = (product.master.id.0.clone(), other.product.master.id.0.clone());
            return Err(Rejection::WrongProduct { code: *code, expected, actual }.into());
        }
        if unit.lifecycle.is_terminal() {
            scope.gone = scope.gone.saturating_add(1);
            continue;
        }
        // It comes back, and is held, as a whole.
        unit.not_inside_sold()?;
        scope.subjects.push(Subject::Unit(*code));
    }
    if operation.batches.is_empty() && operation.codes.is_empty() {
        scope.subjects.push(Subject::Product(number));
    }
    Ok(scope)
}

/// The recall with this number.
pub(super) fn load(tx: &Tx, case: CaseNo) -> Result<RecallRecord, Stop> {
    let record: Option<RecallRecord> = tx.load(&key::recall(case))?;
    Ok(record.ok_or(Rejection::UnknownCase { actual: case.0 })?)
}
