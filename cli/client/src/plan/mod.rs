//! From files to operations: movement documents, commissioning bills, and operations written as JSON.

mod movement;

use crate::bill::{CommitmentKey, Planned};
use crate::documents::{Documents, Draft, ImportError, ImportErrors, Place, Problem, shortened};
use crate::relation::CommissionBill;
use bencao_chaincode::UnitKey;
use bencao_chaincode::codes::parse;
use bencao_chaincode::transaction::{Commission, CommissionedUnit, Operation};
use bencao_genesis::{OrgId, ProductId};
use movement::MovementPlan;
use serde::Deserialize;

/// Longest JSON file of operations, bytes.
pub const OPERATIONS_BYTES_MAX: usize = 64 << 20;

/// State writes that one code of a commissioning bill costs at most: its own, and those of five packages around it.
const WRITES_PER_CODE: u64 = 6;
/// State writes that one code of a movement costs at most: its own, and that of the package it leaves.
const WRITES_PER_MOVED_CODE: u64 = 2;
/// State writes of a bill besides those of its codes.
const WRITES_PER_BILL: u64 = 8;

/// Most codes that one commissioning bill may name, from the limits of the chain.
pub fn codes_max(codes_per_bill_max: u64, writes_per_transaction_max: u64) -> usize {
    bounded(codes_per_bill_max, writes_per_transaction_max, WRITES_PER_CODE)
}

/// Most codes that one movement may name, from the limits of the chain.
pub fn moved_codes_max(codes_per_bill_max: u64, writes_per_transaction_max: u64) -> usize {
    bounded(codes_per_bill_max, writes_per_transaction_max, WRITES_PER_MOVED_CODE)
}

fn bounded(codes_per_bill_max: u64, writes_per_transaction_max: u64, writes_per_code: u64) -> usize {
    let by_writes = match writes_per_transaction_max {
        // An answer without the limit: the codes limit alone decides.
        0 => codes_per_bill_max,
        writes => writes.saturating_sub(WRITES_PER_BILL) / writes_per_code,
    };
    usize::try_from(codes_per_bill_max.min(by_writes)).unwrap_or(usize::MAX).max(1)
}

/// What turns movement documents into operations.
pub struct Movements<'a> {
    /// Name of the file, for errors.
    pub file: &'a str,
    /// In whose name the bills are sent.
    pub principal: &'a OrgId,
    /// Most codes of one bill; a longer document is split into `NO_1, NO_2 …`.
    pub codes_max: usize,
    /// For what stays off the ledger.
    pub commitments: &'a CommitmentKey,
}

impl Movements<'_> {
    /// Bills of all documents, in file order.
    ///
    /// # Errors
    /// [`ImportErrors`] with line and field of every mistake.
    pub fn plan(&self, documents: &Documents) -> Result<Vec<Planned>, ImportErrors> {
        self.plan_noting(&Place::new(self.file), documents)
    }

    /// Bills of a file of which the reading may have found mistakes: those of its meaning are reported with them.
    ///
    /// # Errors
    /// [`ImportErrors`] with line and field of every mistake.
    pub fn plan_draft(&self, draft: &Draft) -> Result<Vec<Planned>, ImportErrors> {
        self.plan_noting(&draft.place, &draft.documents)
    }

    fn plan_noting(&self, place: &Place, documents: &Documents) -> Result<Vec<Planned>, ImportErrors> {
        let mut bills = Vec::new();
        for movement in &documents.movements {
            MovementPlan { movements: self, place, movement }.bills(&mut bills);
        }
        place.finish(Ok(bills))
    }
}

fn code(place: &Place, line: u64, field: &str, text: &str) -> Result<UnitKey, ImportError> {
    let wrong = |error| place.field(line, field, Problem::NotACode { error, actual: shortened(text) });
    parse(text).map(|parsed| parsed.key).map_err(wrong)
}

/// The operation of one commissioning bill; `file` names the Relation XML in errors.
///
/// # Errors
/// [`ImportError`] with line and attribute.
pub fn commission(file: &str, document_no: &str, bill: &CommissionBill) -> Result<Planned, ImportError> {
    let place = Place::new(file);
    let units = bill.units.iter().map(|unit| {
        Ok(CommissionedUnit {
            code: code(&place, unit.line, "curCode", &unit.code)?,
            level: unit.level,
            parent: unit.parent.as_ref().map(|p| code(&place, unit.line, "parentCode", p)).transpose()?,
            remainder: unit.remainder,
        })
    });
    let operation = Operation::Commission(Commission {
        product_id: ProductId(bill.batch.product_id.clone()),
        batch_no: bill.batch.batch_no.clone(),
        made_on: bill.batch.made_on,
        expires_on: bill.batch.expires_on,
        declared_units: bill.declared_units,
        workshop: bill.batch.workshop.clone(),
        line: bill.batch.line_name.clone(),
        units: units.collect::<Result<_, _>>()?,
    });
    Ok(Planned { document_no: document_no.into(), operation })
}

/// An operation as `docs/contract.md` §2 writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    document_no: String,
    operation: Operation,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Probe {
    // First: a list would also read as the fields of one.
    Many(Vec<Shape>),
    One(Shape),
}

#[derive(Deserialize)]
struct Shape {
    operation: Option<serde::de::IgnoredAny>,
}

/// Reads JSON of §2: `{"document_no", "operation"}`, or a list of them. `None` if the file has another shape (a movement
/// document).
///
/// # Errors
/// [`ImportError`].
pub fn operations(file: &str, bytes: &[u8]) -> Option<Result<Vec<Planned>, ImportError>> {
    let place = Place::new(file);
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let many = match serde_json::from_str::<Probe>(text).ok()? {
        Probe::One(shape) => shape.operation.map(|_| false)?,
        Probe::Many(shapes) => shapes.first()?.operation.as_ref().map(|_| true)?,
    };
    let requests = match many {
        true => serde_json::from_str::<Vec<Request>>(text),
        false => serde_json::from_str::<Request>(text).map(|r| vec![r]),
    };
    let wrong = |e: serde_json::Error| place.line(e.line() as u64, Problem::Malformed(e.to_string()));
    let planned = |r: Request| Planned { document_no: r.document_no, operation: r.operation };
    Some(requests.map_err(wrong).map(|list| list.into_iter().map(planned).collect()))
}

#[cfg(test)]
mod tests;
