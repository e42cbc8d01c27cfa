//! T5 receipt by the designated receiver: the only place where custody changes.

use super::ship::check_receiver;
use super::{Lifecycle, Move, Transition, check_codes_differ};
use crate::codes::UnitKey;
use crate::event::{EventBody, Received, Subject};
use crate::execute::DocumentRecord;
use crate::registry::NumberRecord;
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx, key};
use crate::transaction::{Body, DocumentNumber, Receive, count_writes};

const PURCHASE: u16 = 102;

impl Body for Receive {
    fn names_codes(&self) -> bool {
        true
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.codes.clone()
    }

    fn codes_count(&self) -> usize {
        self.codes.len()
    }

    fn bill_type(&self) -> Option<u16> {
        Some(self.bill_type)
    }

    fn documents_named(&self) -> Vec<&DocumentNumber> {
        vec![&self.shipment_no]
    }

    /// Each code.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len())
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        receive(tx, self)
    }
}

/// Executes the operation. Order of checks: bill type, shipment, designated receiver, verified, codes differ; then each
/// code in the order of the bill: known, outstanding in this shipment, receiver's licence for its class.
fn receive(tx: &mut Tx, operation: &Receive) -> Result<(), Stop> {
    let row = Transition::for_bill(operation.bill_type).filter(|_| operation.bill_type == PURCHASE);
    let row = row.ok_or(Rejection::BillTypeNotAllowed { expected: "102", actual: operation.bill_type })?;
    let (sender, shipment) = find_shipment(tx, operation)?;
    let sending = tx.organisation_record(sender)?;
    let receiver = shipment.shipment.as_ref().map(|s| s.receiver).unwrap_or_default();
    if receiver != tx.principal {
        let expected = tx.organisation_record(receiver)?.id.clone();
        return Err(Rejection::NotDesignatedReceiver {
            document: operation.shipment_no.0.clone(),
            owner: sending.id.clone(),
            expected,
            actual: tx.organisation.id.clone(),
        }
        .into());
    }
    if !operation.verified {
        return Err(Rejection::NotVerified {}.into());
    }
    check_codes_differ(&operation.codes)?;
    for code in &operation.codes {
        let unit = Move::load(tx, *code)?;
        check_outstanding(&unit, &shipment, operation)?;
        unit.leaves(row, Lifecycle::InTransit.name())?;
        check_receiver(tx, &unit, &sending)?;
        let mut record = unit.standing.unit;
        record.lifecycle = Lifecycle::InStock;
        record.transit = None;
        record.custodian = tx.principal;
        let body = Received { bill_type: operation.bill_type, sender, shipment: shipment.position };
        tx.event(Subject::Unit(*code), &mut record.history, EventBody::Received(body));
        tx.store(key::unit(code), &record);
    }
    Ok(())
}

fn find_shipment(tx: &Tx, operation: &Receive) -> Result<(OrgNo, DocumentRecord), Stop> {
    let unknown =
        || Rejection::UnknownShipment { sender: operation.sender.clone(), document: operation.shipment_no.0.clone() };
    let sender: Option<NumberRecord> = tx.load(&key::organisation_number(&operation.sender))?;
    let sender = OrgNo(sender.ok_or_else(unknown)?.number);
    let record: Option<DocumentRecord> = tx.load(&key::document(sender, &operation.shipment_no))?;
    let record = record.filter(|r| r.shipment.is_some()).ok_or_else(unknown)?;
    Ok((sender, record))
}

/// The code itself was shipped by that document and nobody has received it.
fn check_outstanding(unit: &Move, shipment: &DocumentRecord, operation: &Receive) -> Result<(), Rejection> {
    let code = unit.standing.code;
    let outstanding = unit.standing.transit().is_some_and(|t| t.shipment == shipment.position);
    if !outstanding {
        return Err(Rejection::NotInShipment { code, document: operation.shipment_no.0.clone() });
    }
    if !unit.standing.ancestors.is_empty() {
        return Err(Rejection::InsidePackage { code, expected: unit.standing.root_code() });
    }
    Ok(())
}
