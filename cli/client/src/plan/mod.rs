//! From files to operations: movement documents, commissioning bills, and operations written as JSON.

use crate::bill::{CommitmentKey, Planned};
use crate::documents::{BillTime, Documents, Expected, ImportError, Movement, MovementCode, Place, Problem, shortened};
use crate::relation::CommissionBill;
use bencao_chaincode::UnitKey;
use bencao_chaincode::codes::parse;
use bencao_chaincode::transaction::{Commission, CommissionedUnit, Dispense, DocumentNumber, Operation, Receive, Ship};
use bencao_crypto::Digest;
use bencao_genesis::{OrgId, ProductId, TimestampMs};
use serde::Deserialize;

/// Longest JSON file of operations, bytes.
pub const OPERATIONS_BYTES_MAX: usize = 64 << 20;

/// State writes that one code of a commissioning bill costs at most: its own, and those of five packages around it.
const WRITES_PER_CODE: u64 = 6;
/// State writes of a bill besides those of its codes.
const WRITES_PER_BILL: u64 = 8;

/// Most codes that one bill may name, from the limits of the chain.
pub fn codes_max(codes_per_bill_max: u64, writes_per_transaction_max: u64) -> usize {
    let by_writes = match writes_per_transaction_max {
        // An answer without the limit: the codes limit alone decides.
        0 => codes_per_bill_max,
        writes => writes.saturating_sub(WRITES_PER_BILL) / WRITES_PER_CODE,
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
    /// [`ImportError`] with line and field.
    pub fn plan(&self, documents: &Documents) -> Result<Vec<Planned>, ImportError> {
        let mut bills = Vec::new();
        for movement in &documents.movements {
            self.plan_one(movement, &mut bills)?;
        }
        Ok(bills)
    }

    fn plan_one(&self, movement: &Movement, bills: &mut Vec<Planned>) -> Result<(), ImportError> {
        let place = Place::new(self.file);
        if let Some(owner) = movement.ref_user_id.as_ref().filter(|o| *o != self.principal) {
            let problem = Problem::Value { expected: Expected::Principal, actual: owner.to_string() };
            return Err(place.field(movement.line, "ref_user_id", problem));
        }
        let codes = codes(&place, &movement.trace_codes)?;
        let parts = codes.chunks(self.codes_max).enumerate();
        let split = codes.len() > self.codes_max;
        for (i, part) in parts {
            let suffix = if split { format!("_{}", i + 1) } else { String::new() };
            let document_no = format!("{}{suffix}", movement.bill_code);
            if !DocumentNumber(document_no.clone()).is_well_formed() {
                let actual = shortened(&document_no);
                let problem = Problem::Value { expected: Expected::DocumentNumber, actual };
                return Err(place.field(movement.line, "bill_code", problem));
            }
            let operation = self.operation(&place, movement, &document_no, part.to_vec())?;
            bills.push(Planned { document_no, operation });
        }
        Ok(())
    }

    fn operation(
        &self,
        place: &Place,
        movement: &Movement,
        document_no: &str,
        codes: Vec<UnitKey>,
    ) -> Result<Operation, ImportError> {
        let line = movement.line;
        let needed = |field: &str| place.field(line, field, Problem::Missing);
        let bill_type = movement.bill_type;
        let bill_time = movement.bill_time.map(instant);
        match bill_type {
            201..=203 | 207 | 209 | 211 | 212 | 237 => Ok(Operation::Ship(Ship {
                bill_type,
                receiver: movement.to_user_id.clone().ok_or_else(|| needed("to_user_id"))?,
                bill_time,
                details: self.details(movement, document_no),
                codes,
            })),
            102..=118 => Ok(Operation::Receive(Receive {
                bill_type,
                sender: movement.from_user_id.clone().ok_or_else(|| needed("from_user_id"))?,
                shipment_no: shipment_no(movement).ok_or_else(|| needed("from_bill_code"))?,
                verified: true,
                bill_time,
                details: self.details(movement, document_no),
                codes,
            })),
            320..=323 | 326 | 327 => Ok(Operation::Dispense(Dispense {
                bill_type,
                bill_time,
                prescription: movement.rxno.as_deref().map(|no| self.commitments.commit("prescription", &[no])),
                customer: None,
                codes,
            })),
            other => {
                let problem = Problem::Value { expected: Expected::MovementType, actual: other.to_string() };
                Err(place.field(line, "bill_type", problem))
            }
        }
    }

    /// A commitment to what stays off the ledger; `None` if the document says nothing of the kind. The document number is
    /// part of it, so that equal addresses of two bills do not show as equal.
    fn details(&self, movement: &Movement, document_no: &str) -> Option<Digest> {
        let carrier = movement.dis_ent_id.as_ref().map(OrgId::as_str);
        let texts =
            [movement.order_code.as_deref(), carrier, movement.from_address.as_deref(), movement.to_address.as_deref()];
        if texts.iter().all(Option::is_none) {
            return None;
        }
        let mut parts = vec![document_no];
        parts.extend(texts.map(Option::unwrap_or_default));
        Some(self.commitments.commit("details", &parts))
    }
}

fn shipment_no(movement: &Movement) -> Option<DocumentNumber> {
    movement.from_bill_code.clone().map(DocumentNumber)
}

/// A time in UTC+8; a date without time is its first instant.
fn instant(time: BillTime) -> TimestampMs {
    let (hour, minute, second) = time.time.unwrap_or_default();
    let seconds = u64::from(hour) * 3_600 + u64::from(minute) * 60 + u64::from(second);
    let local_ms = (u64::from(time.date.days()) * 86_400 + seconds) * 1_000;
    TimestampMs(local_ms.saturating_sub(8 * 3_600_000))
}

fn codes(place: &Place, codes: &[MovementCode]) -> Result<Vec<UnitKey>, ImportError> {
    codes.iter().map(|c| code(place, c.line, "trace_code", &c.code)).collect()
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
