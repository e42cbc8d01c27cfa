//! 委托指令: what an organisation orders another to do with its goods, that a CDC names a vaccination site, and that a firm
//! has goods that it bought shipped straight to its buyer (207). An order moves nothing; it stands until a bill carries it
//! out.

use super::shipment::{check_active, member};
use super::{BillType, check_codes_differ};
use crate::codes::UnitKey;
use crate::registry::{NumberRecord, require_agreement};
use crate::rejection::Rejection;
use crate::state::{OrgNo, ProductNo, Record, Stop, Tx, key};
use crate::transaction::{Body, Instruct, OrderRef};
use bencao_crypto::{Digest, encode, tagged};
use bencao_genesis::{CalendarDate, Role};
use bincode::{Decode, Encode};

/// A CDC's designation.
const DESIGNATION: u16 = 209;
/// 直调: who buys and sells on agrees.
pub(super) const DROP_SHIPMENT: u16 = 207;

/// Which bills carry out which order.
const CARRIED_OUT_BY: [(u16, &[u16]); 5] =
    [(120, &[103]), (222, &[203]), (223, &[201]), (DESIGNATION, &[201, 209]), (DROP_SHIPMENT, &[207])];

/// Who keeps, carries and ships for another does so by agreement (《药品管理法》 Art. 35).
fn needs_agreement(bill_type: u16) -> bool {
    !matches!(bill_type, DESIGNATION | DROP_SHIPMENT)
}

/// An order under its author and document number.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct OrderRecord {
    /// Format: 1.
    pub version: u8,
    /// 单据类型
    pub bill_type: u16,
    /// Who shall act.
    pub executor: OrgNo,
    /// The other side.
    pub partner: OrgNo,
    /// The only product meant.
    pub product: Option<ProductNo>,
    /// Last day.
    pub valid_to: CalendarDate,
    /// `SM3("bencao/order-codes/1" ‖ 0x00 ‖ canonical list of codes, ascending)`; zero if it names none.
    pub codes: Digest,
    /// Whether a bill has carried it out. One that names no codes is never used up.
    pub done: bool,
}

impl Record for OrderRecord {}

/// What an order lets its executor do.
pub(super) enum Ordered {
    /// Act for this consignor.
    Consigned(OrgNo),
    /// Deliver to a site that a CDC has named.
    Designated,
    /// Deliver what this firm bought to whom it sold it.
    DropShipped(OrgNo),
}

fn codes_digest(codes: &[UnitKey]) -> Digest {
    let mut ascending = codes.to_vec();
    ascending.sort_unstable();
    tagged("bencao/order-codes/1", &[&encode(&ascending)])
}

impl Body for Instruct {
    fn codes(&self) -> Vec<UnitKey> {
        self.codes.clone()
    }

    fn codes_count(&self) -> usize {
        self.codes.len()
    }

    fn bill_type(&self) -> Option<u16> {
        Some(self.bill_type)
    }

    /// The order.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn check_form(&self) -> Result<(), Rejection> {
        let fits = match self.bill_type {
            DESIGNATION => self.codes.is_empty(),
            DROP_SHIPMENT => !self.codes.is_empty() || self.product_id.is_some(),
            _ => !self.codes.is_empty(),
        };
        if !fits {
            let expected = "the goods meant; none for bill type 209; for 207 also a product alone";
            return Err(Rejection::FieldForm { field: "codes", expected });
        }
        match &self.product_id {
            Some(id) if !id.is_well_formed() => {
                Err(Rejection::FieldForm { field: "product_id", expected: "a product id" })
            }
            _ => Ok(()),
        }
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        instruct(tx, self)
    }
}

/// Executes the operation. Order of checks: bill type, role, active, executor and partner known and different, last day,
/// agreement with the keeper, product, codes differ.
fn instruct(tx: &mut Tx, operation: &Instruct) -> Result<(), Stop> {
    if operation.bill_type == DESIGNATION {
        if !tx.organisation.has_role(Role::DiseaseControl) {
            let organisation = tx.organisation.id.clone();
            let (expected, bill_type) = ("disease_control", DESIGNATION);
            return Err(Rejection::RoleNotAllowed { organisation, expected, bill_type }.into());
        }
    } else if operation.bill_type == DROP_SHIPMENT {
        BillType::carried_by("ship", DROP_SHIPMENT)?.check_role(&tx.organisation)?;
    } else {
        BillType::carried_by("instruct", operation.bill_type)?.check_role(&tx.organisation)?;
    }
    check_active(&tx.organisation)?;
    let parties = [&operation.executor, &operation.partner].map(|id| member(tx, id).map(|n| (n, id)));
    let [executor, partner] = parties;
    let known = |(number, id): (Option<OrgNo>, &bencao_genesis::OrgId), not: &[OrgNo]| {
        let other = number.filter(|n| !not.contains(n));
        other.ok_or_else(|| Rejection::UnknownParty { actual: id.clone() })
    };
    let executor = known(executor?, &[tx.principal])?;
    let partner = known(partner?, &[tx.principal, executor])?;
    if operation.valid_to < tx.today() {
        let document = tx.document.0.clone();
        return Err(Rejection::OrderExpired { document, expected: operation.valid_to, actual: tx.today() }.into());
    }
    if needs_agreement(operation.bill_type) {
        require_agreement(tx, tx.principal, executor, operation.valid_to)?;
    }
    let product = match &operation.product_id {
        None => None,
        Some(id) => {
            let number: Option<NumberRecord> = tx.load(&key::product_number(id))?;
            let number = number.ok_or_else(|| Rejection::UnknownProduct { product: id.0.clone() })?;
            Some(ProductNo(number.number))
        }
    };
    check_codes_differ(&operation.codes)?;
    let codes = if operation.codes.is_empty() { Digest::default() } else { codes_digest(&operation.codes) };
    let record = OrderRecord {
        version: 1,
        bill_type: operation.bill_type,
        executor,
        partner,
        product,
        valid_to: operation.valid_to,
        codes,
        done: false,
    };
    let key = key::order(tx.principal, &tx.document);
    tx.store(key, &record);
    Ok(())
}

/// The order that a bill says it carries out, if it does: known, for this executor, bill type and partner, in time, under
/// an agreement that is in force still, of these codes and not carried out before.
pub(super) fn carry_out(
    tx: &mut Tx,
    reference: &OrderRef,
    bill_type: u16,
    partner: OrgNo,
    codes: &[UnitKey],
) -> Result<Ordered, Stop> {
    let document = reference.number.0.clone();
    let unknown = || Rejection::UnknownOrder { organisation: reference.by.clone(), document: document.clone() };
    let by = member(tx, &reference.by)?.ok_or_else(unknown)?;
    let name = key::order(by, &reference.number);
    let mut order: OrderRecord = tx.load(&name)?.ok_or_else(unknown)?;
    let differs = |field, expected: String, actual: String| {
        Stop::from(Rejection::OrderDiffers { document: document.clone(), field, expected, actual })
    };
    if order.executor != tx.principal {
        let expected = tx.organisation_record(order.executor)?.id.to_string();
        return Err(differs("executor", expected, tx.organisation.id.to_string()));
    }
    let bills = CARRIED_OUT_BY.iter().find(|(code, _)| *code == order.bill_type).map(|(_, bills)| *bills);
    let bills = bills.unwrap_or_default();
    if !bills.contains(&bill_type) {
        let expected: Vec<String> = bills.iter().map(u16::to_string).collect();
        return Err(differs("bill_type", expected.join(", "), bill_type.to_string()));
    }
    if order.partner != partner {
        let expected = tx.organisation_record(order.partner)?.id.to_string();
        let actual = tx.organisation_record(partner)?.id.to_string();
        return Err(differs("partner", expected, actual));
    }
    if tx.today() > order.valid_to {
        return Err(Rejection::OrderExpired { document, expected: order.valid_to, actual: tx.today() }.into());
    }
    // One that has ended since ends the order with it.
    if needs_agreement(order.bill_type) {
        require_agreement(tx, by, order.executor, tx.today())?;
    }
    if let Some(product) = order.product {
        let meant = tx.product(product)?.master.id.0;
        for code in codes {
            let unit = super::Move::load(tx, *code)?;
            unit.each_product(|inside| match inside.master.id.0 == meant {
                true => Ok(()),
                false => Err(differs("product_id", meant.clone(), inside.master.id.0.clone())),
            })?;
        }
    }
    let ordered = match order.bill_type {
        DESIGNATION => Ordered::Designated,
        DROP_SHIPMENT => Ordered::DropShipped(by),
        _ => Ordered::Consigned(by),
    };
    if order.codes == Digest::default() {
        return Ok(ordered);
    }
    let digest = codes_digest(codes);
    if order.codes != digest {
        return Err(differs("codes", order.codes.to_string(), digest.to_string()));
    }
    if order.done {
        return Err(Rejection::OrderDone { document }.into());
    }
    order.done = true;
    tx.store(name, &order);
    Ok(ordered)
}
