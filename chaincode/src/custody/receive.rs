//! T5 receipt by the designated receiver: the only place where custody changes.

use super::evidence::{check_import_permit, check_inspection, check_papers, check_temperature};
use super::order::{self, Ordered};
use super::route::{check_buyer, check_transferee, is_foreign, keepers, require};
use super::shipment::{Shipment, check_active, count_one};
use super::{BillType, Leg, Move, check_codes_differ};
use crate::codes::UnitKey;
use crate::event::{EventBody, Received, Subject};
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx, key};
use crate::transaction::{Body, DocumentNumber, Receive, count_writes};

/// 零头入库
const REMAINDER: u16 = 106;

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
        std::iter::once(&self.shipment_no).chain(self.order.iter().map(|o| &o.number)).collect()
    }

    /// Each code, the shipment, its deadline, the order.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_add(3)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        self.evidence.as_ref().map_or(Ok(()), super::evidence::check_form)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        receive(tx, self)
    }
}

/// Executes the operation. Order of checks: bill type, receiver's role, shipment, the receipt answers it, designated
/// receiver, verified, party active; unless the goods go back, sender and consignor active; papers; codes differ; then
/// each code in the order of the bill: known, outstanding in this shipment; unless it goes back, whose it is active; 零头
/// where the bill says so; for each product inside the receiver's licence for its class, unless it goes back under a
/// recall; of what comes from abroad for each the import permit, for each batch inside the inspection; for each product
/// the temperature.
fn receive(tx: &mut Tx, operation: &Receive) -> Result<(), Stop> {
    let bill = BillType::carried_by("receive", operation.bill_type)?;
    bill.check_role(&tx.organisation)?;
    let mut shipment = Shipment::find(tx, &operation.sender, &operation.shipment_no)?;
    if !bill.answers.contains(&shipment.record.bill_type) {
        let (document, shipped) = (shipment.number.0, shipment.record.bill_type);
        return Err(Rejection::WrongReceipt { document, shipped, actual: bill.code }.into());
    }
    let kept_for = check_designated(tx, operation, &shipment)?;
    if !operation.verified {
        return Err(Rejection::NotVerified {}.into());
    }
    check_active(&tx.organisation)?;
    let shipped = shipment.record.bill()?;
    let sending = tx.organisation_record(shipment.sender)?;
    let (seller, through) = (shipment.record.seller(), shipment.record.through);
    // Who was suspended since hands nothing over any more (《药品管理法》 Art. 100): what is on its way is refused, and goes
    // back to where the hold is on it.
    if !shipped.is_return() {
        check_active(&sending)?;
        let selling = tx.organisation_record(seller)?;
        check_active(&selling)?;
    }
    let rules = tx.law(tx.organisation.jurisdiction);
    let (law, making) = (&rules.custody, &rules.production);
    let evidence = operation.evidence.clone().unwrap_or_default();
    check_papers(bill, &sending, &evidence, law)?;
    check_codes_differ(&operation.codes)?;
    let to = bill.to.ok_or(Stop::View(crate::state::ViewError::Damaged))?;
    let sold_by = tx.organisation_record(through.unwrap_or(seller))?;
    for code in &operation.codes {
        let unit = Move::load(tx, *code)?;
        shipment.outstanding(&unit)?;
        if let Some(owner) = unit.standing.unit.kept_for.filter(|_| !shipped.is_return()) {
            let owner = tx.organisation_record(owner)?;
            check_active(&owner)?;
        }
        if bill.code == REMAINDER && !unit.standing.unit.content.as_ref().is_some_and(|c| c.remainder) {
            return Err(Rejection::NotRemainder { code: *code }.into());
        }
        let recalled = unit.holds().is_recalled();
        unit.each_product(|product| match shipped.code {
            // Who recalls takes back; institutions give back by 202 and 218 (《药品管理法》 Art. 82).
            211 => Ok(()),
            202 | 218 if recalled => Ok(()),
            // Back across the border: no licence of this country.
            _ if shipped.is_return() && is_foreign(&tx.organisation) => Ok(()),
            203 | 217 => check_transferee(tx, product, *code, &sending, &tx.organisation),
            _ if shipped.is_return() => require(tx, &tx.organisation, product, *code, keepers(product.master.class)),
            _ => {
                let buyer = (&tx.organisation, shipment.record.designated);
                check_buyer(tx, product, *code, &sold_by, buyer)
            }
        })?;
        if is_foreign(&sending) {
            unit.each_product(|product| check_import_permit(product, *code, &evidence, law))?;
            unit.facts.iter().try_for_each(|facts| check_inspection(facts, &evidence, making))?;
        }
        // What is recalled comes back as it is, warm or not: it is blocked, and held (domain §9 rule 8).
        if !(shipped.is_return() && recalled) {
            unit.each_product(|product| check_temperature(product, *code, &evidence, law))?;
        }
        let mut record = unit.standing.unit;
        record.lifecycle = to;
        record.transit = None;
        record.custodian = tx.principal;
        record.kept_for = match shipped.code {
            // 调拨: they stay whose they were.
            203 | 217 => {
                let owner = record.kept_for.or(shipment.record.consignor).unwrap_or(shipment.sender);
                Some(owner).filter(|owner| *owner != tx.principal)
            }
            _ => kept_for,
        };
        match shipped.code {
            _ if shipped.is_return() => record.pop_legs(shipment.record.receiver),
            203 | 217 => {}
            _ => record.push_leg(Leg { from: seller, through }),
        }
        let body = Received { bill_type: bill.code, sender: shipment.sender, shipment: shipment.position };
        tx.event(Subject::Unit(*code), &mut record.history, EventBody::Received(body));
        tx.store(key::unit(code), &record);
        count_one(&mut shipment.record.received);
    }
    shipment.store(tx)
}

/// The designated receiver itself, or who keeps its goods and has its instruction 120: then whose they are.
fn check_designated(tx: &mut Tx, operation: &Receive, shipment: &Shipment) -> Result<Option<OrgNo>, Stop> {
    if let Some(reference) = &operation.order {
        let by_instruction = order::carry_out(tx, reference, operation.bill_type, shipment.sender, &operation.codes)?;
        if let Ordered::Consigned(consignor) = by_instruction
            && consignor == shipment.record.receiver
        {
            let record = tx.organisation_record(consignor)?;
            check_active(&record)?;
            return Ok(Some(consignor));
        }
    }
    shipment.check_receiver(tx)?;
    Ok(None)
}
