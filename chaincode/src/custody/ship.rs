//! T4 shipping, and taking children out of packages. Shipping a case writes its record and, if it was inside another,
//! that one's: no event expands to what is inside (D7).

use super::route::{SENDER_ROLES, receivers, senders};
use super::{Lifecycle, Move, Repacking, Transit, Transition, check_codes_differ};
use crate::codes::UnitKey;
use crate::event::{EventBody, Shipped, Subject};
use crate::execute::ShipmentRecord;
use crate::registry::{NumberRecord, OrganisationRecord, require_licence};
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx, key};
use crate::transaction::{Body, Disaggregate, Ship, count_writes};
use std::rc::Rc;

const SALE: u16 = 201;

impl Body for Ship {
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

    /// Each code and the package it leaves.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_mul(2)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        ship(tx, self)
    }
}

impl Body for Disaggregate {
    fn names_codes(&self) -> bool {
        true
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.codes.clone()
    }

    fn codes_count(&self) -> usize {
        self.codes.len()
    }

    /// Each code and the package it leaves.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_mul(2)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        disaggregate(tx, self)
    }
}

/// Executes the operation. Order of checks: bill type, sender's role, receiver known and another, codes differ; then
/// each code in the order of the bill: the custodian's table, expiry, licences of sender and receiver for its class.
fn ship(tx: &mut Tx, operation: &Ship) -> Result<(), Stop> {
    let row = Transition::for_bill(operation.bill_type).filter(|_| operation.bill_type == SALE);
    let row = row.ok_or(Rejection::BillTypeNotAllowed { expected: "201", actual: operation.bill_type })?;
    if !SENDER_ROLES.iter().any(|r| tx.organisation.has_role(*r)) {
        return Err(sender_role(&tx.organisation).into());
    }
    let receiver_id = operation.receiver.clone();
    let receiver: Option<NumberRecord> = tx.load(&key::organisation_number(&receiver_id))?;
    let receiver = OrgNo(receiver.ok_or_else(|| Rejection::UnknownReceiver { actual: receiver_id.clone() })?.number);
    if receiver == tx.principal {
        return Err(Rejection::ReceiverIsSender { actual: receiver_id }.into());
    }
    check_codes_differ(&operation.codes)?;
    let receiving = tx.organisation_record(receiver)?;
    let mut repacking = Repacking::default();
    for code in &operation.codes {
        let unit = Move::by_custodian(tx, *code)?;
        unit.not_expired(tx)?;
        unit.leaves(row, Lifecycle::InStock.name())?;
        check_licences(tx, &unit, &receiving)?;
        let mut record = repacking.take_out(tx, &unit.standing)?;
        record.lifecycle = Lifecycle::InTransit;
        record.transit = Some(Transit { receiver, shipment: tx.position });
        let body = EventBody::Shipped(Shipped { bill_type: operation.bill_type, receiver });
        tx.event(Subject::Unit(*code), &mut record.history, body);
        tx.store(key::unit(code), &record);
    }
    repacking.close(tx)?;
    let codes = u32::try_from(operation.codes.len()).unwrap_or(u32::MAX);
    tx.shipment = Some(ShipmentRecord { receiver, codes });
    Ok(())
}

fn sender_role(organisation: &OrganisationRecord) -> Rejection {
    Rejection::RoleNotAllowed {
        organisation: organisation.id.clone(),
        expected: "marketing_holder, producer, wholesaler, decoction_producer, disease_control",
        bill_type: SALE,
    }
}

/// Licence and scope of both sides on the day of the block.
fn check_licences(tx: &Tx, unit: &Move, receiving: &Rc<OrganisationRecord>) -> Result<(), Stop> {
    let code = unit.standing.code;
    let product = &unit.own()?.product;
    let class = product.master.class;
    let no_route = |organisation: &OrganisationRecord| Rejection::RouteNotAllowed {
        code,
        class: crate::registry::class_name(class),
        organisation: organisation.id.clone(),
    };
    let sending = &tx.organisation;
    require_licence(sending, product, Some(code), senders(class), tx.today(), || no_route(sending))?;
    let capacities = receivers(class, sending);
    require_licence(receiving, product, Some(code), capacities, tx.today(), || no_route(receiving))?;
    Ok(())
}

/// Takes children out of the packages around them; any custodian may, also to set apart what is on hold. Order of checks:
/// codes differ; then each code in the order of the bill: the table of what is set apart, inside a package.
fn disaggregate(tx: &mut Tx, operation: &Disaggregate) -> Result<(), Stop> {
    check_codes_differ(&operation.codes)?;
    let mut repacking = Repacking::default();
    for code in &operation.codes {
        let unit = crate::quality::set_apart(tx, *code)?;
        if unit.standing.ancestors.is_empty() {
            return Err(Rejection::NotPacked { code: *code }.into());
        }
        let record = repacking.take_out(tx, &unit.standing)?;
        tx.store(key::unit(code), &record);
    }
    repacking.close(tx)
}

/// Whether the receiver of a class may have it: the check at receipt.
pub(super) fn check_receiver(tx: &Tx, unit: &Move, sender: &OrganisationRecord) -> Result<(), Stop> {
    let product = &unit.own()?.product;
    let class = product.master.class;
    let otherwise = || Rejection::RouteNotAllowed {
        code: unit.standing.code,
        class: crate::registry::class_name(class),
        organisation: tx.organisation.id.clone(),
    };
    let capacities = receivers(class, sender);
    require_licence(&tx.organisation, product, Some(unit.standing.code), capacities, tx.today(), otherwise)?;
    Ok(())
}
