//! T4 shipping, and taking children out of packages. Shipping a case writes its record and, if it was inside another,
//! that one's: no event expands to what is inside (D7).

use super::order::{self, DROP_SHIPMENT, Ordered};
use super::route::{
    check_preparation_transfer, check_province, check_sale, check_transferee, is_foreign, keepers, may_transfer,
    require,
};
use super::shipment::{ReceiptOverdue, check_active, codes_of, member};
use super::{Allowance, BillType, Holds, Lifecycle, Move, Repacking, ShipmentRecord, Transit, check_codes_differ};
use crate::admission::check_text;
use crate::codes::UnitKey;
use crate::event::{EventBody, Shipped, Subject};
use crate::execute::Due;
use crate::governance::require_active;
use crate::law::CustodyLaw;
use crate::oversight::check_barred;
use crate::registry::{OrganisationRecord, ProductRecord, class_name};
use crate::rejection::Rejection;
use crate::state::{OrgNo, Record, Stop, Tx, key};
use crate::transaction::{Body, Disaggregate, DocumentNumber, Ship, ShipTerms, count_writes};
use bencao_genesis::DrugClass;
use bincode::{Decode, Encode};
use std::rc::Rc;

/// Goods that go back, to their supplier or to destruction: recalled, expired and blocked ones too, and opened ones under a
/// recall (domain §3.10 T4); a keeper gives them back, whatever has become of whose they are.
const GOING_BACK: Allowance = Allowance {
    states: &[Lifecycle::InStock, Lifecycle::Blocked, Lifecycle::Partial],
    holds: Holds::GOING_BACK,
    owner: Holds::SUSPENSIONS,
};

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

    fn documents_named(&self) -> Vec<&DocumentNumber> {
        self.terms.iter().flat_map(|t| &t.order).map(|o| &o.number).collect()
    }

    /// Each code and the package it leaves, batches that are not released yet, the order, the permit, the deadline of the
    /// receipt.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_mul(2).saturating_add(11)
    }

    /// A return says why; a drop shipment says through whom.
    fn check_form(&self) -> Result<(), Rejection> {
        let terms = self.terms.clone().unwrap_or_default();
        check_text("terms.permit", &terms.permit)?;
        let refuse = |field, expected| Err(Rejection::FieldForm { field, expected });
        if terms.postal && terms.permit.is_empty() {
            return refuse("terms.permit", "number of the 邮寄证明");
        }
        if matches!(self.bill_type, 202 | 218 | 237) != terms.reason.is_some() {
            return refuse("terms.reason", "for bill types 202, 218 and 237, and only for these");
        }
        if matches!(self.bill_type, 207 | 237) != terms.through.is_some() {
            return refuse("terms.through", "for bill types 207 and 237, and only for these");
        }
        Ok(())
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

    /// Each code and the package it leaves, and batches that are not released yet.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_mul(2).saturating_add(8)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        disaggregate(tx, self)
    }
}

/// Those between whom goods go.
struct Sides {
    receiver: OrgNo,
    receiving: Rc<OrganisationRecord>,
    through: Option<(OrgNo, Rc<OrganisationRecord>)>,
    /// The consignor, if the sender acts for one.
    consignor: Option<(OrgNo, Rc<OrganisationRecord>)>,
    designated: bool,
    law: CustodyLaw,
}

/// Executes the operation. Order of checks: bill type, sender's role, receiver known and another, the firm in between
/// known and a third, receiver's role, receiver in good standing, parties active, order, consignor active and on no list that bars it, consent of the firm in between and its lists, 邮寄证明 not used
/// before; codes differ; then each code in the order of the bill: the custodian's table, expiry, opened under a recall only, kept
/// for the consignor, or for a firm that may sell; for each product inside origin of returned goods, or that they are
/// recalled and go to holder or producer, transfer between fitting trades or back to whose it is, licences of all sides
/// for its class, but of who gets back what is recalled, and who is responsible here for a holder abroad; for each a
/// permit, and the approval of 调剂.
fn ship(tx: &mut Tx, operation: &Ship) -> Result<(), Stop> {
    let bill = BillType::carried_by("ship", operation.bill_type)?;
    bill.check_role(&tx.organisation)?;
    let terms = operation.terms.clone().unwrap_or_default();
    let sides = sides(tx, operation, &terms)?;
    if terms.postal {
        use_postal_permit(tx, &terms.permit)?;
    }
    check_codes_differ(&operation.codes)?;
    let allowance = if bill.is_return() { GOING_BACK } else { Allowance::STOCK };
    let mut repacking = Repacking::default();
    for code in &operation.codes {
        let unit = Move::by_custodian_allowing(tx, *code, allowance)?;
        if !bill.is_return() {
            unit.not_expired(tx)?;
        }
        check_opened(&unit)?;
        check_kept(tx, bill, &unit, &sides)?;
        unit.each_product(|product| check_way(tx, bill, product, &unit, &sides))?;
        unit.each_product(|product| check_permit(tx, product, *code, bill, &terms, &sides))?;
        // Opened goods that have begun to go back are not sold on.
        let was_blocked = unit.lifecycle != Lifecycle::InStock;
        let mut record = repacking.take_out(tx, &unit.standing)?;
        record.lifecycle = Lifecycle::InTransit;
        let receiver = sides.receiver;
        record.transit = Some(Transit { receiver, shipment: tx.position, was_blocked, loss_accepted: None });
        let through = sides.through.as_ref().map(|(number, _)| *number);
        let body = EventBody::Shipped(Shipped { bill_type: bill.code, receiver, through, reason: terms.reason });
        tx.event(Subject::Unit(*code), &mut record.history, body);
        tx.store(key::unit(code), &record);
    }
    repacking.close(tx)?;
    let shipment = ShipmentRecord {
        bill_type: bill.code,
        at: tx.context.time,
        sender: tx.principal,
        receiver: sides.receiver,
        through: sides.through.map(|(number, _)| number),
        consignor: sides.consignor.map(|(number, _)| number),
        designated: sides.designated,
        receipt_days: sides.law.receipt_days,
        shipped: codes_of(&operation.codes),
        received: 0,
        disputed: 0,
        taken_back: 0,
        lost: 0,
        cancelled: 0,
    };
    if let Some(at) = shipment.overdue_at() {
        let due = ReceiptOverdue { sender: tx.principal, number: tx.document.clone() };
        tx.set_deadline_about(at, Due::ReceiptOverdue(due), operation.codes.first().copied());
    }
    tx.shipment = Some(shipment);
    Ok(())
}

fn sides(tx: &mut Tx, operation: &Ship, terms: &ShipTerms) -> Result<Sides, Stop> {
    let receiver = member(tx, &operation.receiver)?;
    let receiver = receiver.ok_or_else(|| Rejection::UnknownReceiver { actual: operation.receiver.clone() })?;
    if receiver == tx.principal {
        return Err(Rejection::ReceiverIsSender { actual: operation.receiver.clone() }.into());
    }
    let receiving = tx.organisation_record(receiver)?;
    let through = match &terms.through {
        None => None,
        Some(id) => {
            let number = member(tx, id)?.filter(|n| *n != receiver && *n != tx.principal);
            let number = number.ok_or_else(|| Rejection::UnknownParty { actual: id.clone() })?;
            Some((number, tx.organisation_record(number)?))
        }
    };
    BillType::find(operation.bill_type).map_or(Ok(()), |bill| bill.check_receiver(&receiving))?;
    require_active(&receiving)?;
    check_active(&tx.organisation)?;
    check_active(&receiving)?;
    through.iter().try_for_each(|(_, record)| check_active(record))?;
    let (mut consignor, mut designated, mut consenting) = (None, false, None);
    if let Some(reference) = &terms.order {
        match order::carry_out(tx, reference, operation.bill_type, receiver, &operation.codes)? {
            // In whose name the goods are sold: a suspended firm does not sell through its keeper either.
            Ordered::Consigned(by) => {
                let record = tx.organisation_record(by)?;
                check_active(&record)?;
                require_active(&record)?;
                check_barred(tx, &record, "ship", Some(operation.bill_type))?;
                consignor = Some((by, record));
            }
            Ordered::Designated => designated = true,
            Ordered::DropShipped(by) => consenting = Some(by),
        }
    }
    // Nobody buys and sells on without a word of its own (domain §5.4; 《药品管理法》 Art. 57).
    if let Some((number, record)) = through.as_ref().filter(|_| operation.bill_type == DROP_SHIPMENT) {
        if consenting != Some(*number) {
            return Err(Rejection::DropShipmentOrder { organisation: record.id.clone() }.into());
        }
        check_barred(tx, record, "ship", Some(operation.bill_type))?;
    }
    let law = tx.law(tx.organisation.jurisdiction).custody.clone();
    Ok(Sides { receiver, receiving, through, consignor, designated, law })
}

/// Origin of what goes back, and licence and scope of all sides on the day of the block, for one of the products inside.
fn check_way(tx: &Tx, bill: &BillType, product: &ProductRecord, unit: &Move, sides: &Sides) -> Result<(), Stop> {
    let code = unit.standing.code;
    let receiving = &sides.receiving;
    match bill.code {
        // Institutions have no 211 (domain §3.1); whoever has to recall has to take back, whatever has become of the
        // licence (《药品管理法》 Art. 82).
        202 | 218 if unit.holds().is_recalled() => check_recalled(tx, product, unit, sides),
        202 | 218 | 237 => {
            check_origin(tx, unit, sides)?;
            // Back across the border: no licence of this country.
            if is_foreign(receiving) {
                return Ok(());
            }
            require(tx, receiving, product, code, keepers(product.master.class))
        }
        211 => {
            if !unit.holds().is_recalled() {
                return Err(Rejection::NotRecalled { code }.into());
            }
            check_recalled(tx, product, unit, sides)
        }
        203 | 217 => {
            // What is kept for another goes back to it, whatever its trade.
            let back = unit.standing.root().kept_for == Some(sides.receiver);
            if !back && !may_transfer(&tx.organisation, receiving) {
                let (sender, actual) = (tx.organisation.id.clone(), receiving.id.clone());
                return Err(Rejection::TransferPair { sender, actual }.into());
            }
            require(tx, &tx.organisation, product, code, keepers(product.master.class))?;
            check_transferee(tx, product, code, &tx.organisation, receiving)?;
            check_province(tx, product.master.class, &tx.organisation, receiving)
        }
        _ => {
            let seller: &OrganisationRecord = sides.consignor.as_ref().map_or(&tx.organisation, |(_, record)| record);
            if sides.consignor.is_some() {
                // Who keeps and ships for another may keep the class itself (rule 7 of domain §9).
                require(tx, &tx.organisation, product, code, keepers(product.master.class))?;
            }
            let buyer = (&**receiving, sides.designated);
            match &sides.through {
                None => check_sale(tx, product, code, seller, buyer),
                // A CDC supplies what it has; nobody else stands between holder and CDC, or CDC and site (《疫苗管理法》
                // Art. 35, 36).
                Some((_, trader)) if product.master.class == DrugClass::Vaccine => {
                    let (class, organisation) = (class_name(product.master.class), trader.id.clone());
                    Err(Rejection::RouteNotAllowed { code, class, organisation }.into())
                }
                Some((_, trader)) => {
                    check_sale(tx, product, code, seller, (trader, false))?;
                    check_sale(tx, product, code, trader, buyer)
                }
            }
        }
    }
}

/// What was opened goes back under a recall alone: nobody buys back the rest of a package (《药品管理法》 Art. 82).
fn check_opened(unit: &Move) -> Result<(), Rejection> {
    let parts = unit.standing.sale().and_then(|sale| sale.parts);
    if parts.is_none_or(|parts| parts.remaining == 0) || unit.holds().is_recalled() {
        return Ok(());
    }
    let (code, actual) = (unit.standing.code, unit.lifecycle.name());
    Err(Rejection::WrongState { code, expected: "never opened", actual })
}

/// Under another's order (222, 223) goes what came from it, and nothing else: no shell sells in its name what it never had.
/// Nor is what is kept for a firm sold without its order while that is no member in good standing, or barred from
/// selling; the holds on that firm are on its goods, which the custodian's table asks.
fn check_kept(tx: &mut Tx, bill: &BillType, unit: &Move, sides: &Sides) -> Result<(), Stop> {
    let owner = unit.standing.root().kept_for;
    match (&sides.consignor, owner) {
        (Some((number, record)), owner) if owner != Some(*number) => {
            Err(Rejection::NotKeptFor { code: unit.standing.code, expected: record.id.clone() }.into())
        }
        // Back to whose it is, whatever has become of that firm.
        (None, Some(owner)) if owner != sides.receiver => {
            let record = tx.organisation_record(owner)?;
            if !bill.is_return() && !matches!(bill.code, 203 | 217) {
                require_active(&record)?;
            }
            Ok(check_barred(tx, &record, "ship", Some(bill.code))?)
        }
        _ => Ok(()),
    }
}

/// Recalled goods go to the recall's owner, or to the supplier on the way to it (《药品管理法》 Art. 82).
fn check_recalled(tx: &Tx, product: &ProductRecord, unit: &Move, sides: &Sides) -> Result<(), Stop> {
    if sides.receiver == product.holder || sides.receiver == product.producer {
        return Ok(());
    }
    check_origin(tx, unit, sides)
}

/// A return is entered from the original sale: to whom the goods were bought of, through whom they were bought (G3).
fn check_origin(tx: &Tx, unit: &Move, sides: &Sides) -> Result<(), Stop> {
    let sale = unit.standing.root().legs.last();
    let through = sides.through.as_ref().map(|(number, _)| *number);
    let fits = |leg: &&super::Leg| leg.from == sides.receiver && (through.is_none() || leg.through == through);
    if sale.filter(fits).is_some() {
        return Ok(());
    }
    let expected = match sale {
        None => String::new(),
        Some(leg) => {
            let supplier: OrganisationRecord = tx.must_load(&key::organisation(leg.from))?;
            supplier.id.to_string()
        }
    };
    let actual = sides.receiving.id.clone();
    Err(Rejection::NotSupplier { code: unit.standing.code, expected, actual }.into())
}

/// 运输证明 or 邮寄证明 of narcotics; the approval of 调剂 of hospital preparations, by whatever bill they go to another
/// institution, with its number.
fn check_permit(
    tx: &Tx,
    product: &ProductRecord,
    code: UnitKey,
    bill: &BillType,
    terms: &ShipTerms,
    sides: &Sides,
) -> Result<(), Stop> {
    let class = product.master.class;
    let home = sides.receiver == product.holder;
    let preparation = class == DrugClass::HospitalPreparation && !bill.is_return() && !home;
    if (preparation || sides.law.transport_permit.contains(&class)) && terms.permit.is_empty() {
        return Err(Rejection::PermitRequired { code, class: class_name(class) }.into());
    }
    if preparation {
        return check_preparation_transfer(tx, product, code, &tx.organisation, &sides.receiving);
    }
    Ok(())
}

/// 邮寄证明 used by a sender.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
struct PostalPermitRecord {
    /// Format: 1.
    version: u8,
    /// The shipment that used it.
    shipment: DocumentNumber,
}

impl Record for PostalPermitRecord {}

/// A 邮寄证明 serves one parcel (《麻醉药品和精神药品邮寄管理办法》; domain §5.4), even if the shipment is cancelled later.
fn use_postal_permit(tx: &mut Tx, permit: &str) -> Result<(), Stop> {
    let name = key::postal_permit(tx.principal, permit);
    if let Some(used) = tx.load::<PostalPermitRecord>(&name)? {
        return Err(Rejection::PermitUsed { permit: permit.to_owned(), document: used.shipment.0 }.into());
    }
    let shipment = tx.document.clone();
    tx.store(name, &PostalPermitRecord { version: 1, shipment });
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
