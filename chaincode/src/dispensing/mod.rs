//! T9 and T10: the end of a smallest unit's way, once, whole or in parts; and what undoes it (domain §3.7, §3.10, §5.4).

mod rules;
mod undo;

use crate::codes::UnitKey;
use crate::custody::{
    Allowance, BillType, Lifecycle, Move, PartsSold, Repacking, Sale, UnitRecord, check_codes_differ,
};
use crate::event::{Dispensed, EventBody, Subject};
use crate::law::DispensingLaw;
use crate::rejection::Rejection;
use crate::state::{Stop, Tx, key};
use crate::transaction::{Body, Dispense, DispensePart, Part, Prescription, count_writes};
use bencao_crypto::Digest;
use rules::Terms;
pub(crate) use rules::check_internal_use;

/// 疫苗接种
const VACCINATION: u16 = 322;

impl Body for Dispense {
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

    fn check_form(&self) -> Result<(), Rejection> {
        check_vaccination(self.bill_type, self.customer, self.vaccinator)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        check_codes_differ(&self.codes)?;
        let whole: Vec<(UnitKey, Option<u64>)> = self.codes.iter().map(|code| (*code, None)).collect();
        let person = Person { prescription: &self.prescription, customer: self.customer, vaccinator: self.vaccinator };
        dispense(tx, self.bill_type, &person, &whole)
    }
}

impl Body for DispensePart {
    fn names_codes(&self) -> bool {
        true
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.parts.iter().map(|part| part.code).collect()
    }

    fn codes_count(&self) -> usize {
        self.parts.len()
    }

    fn bill_type(&self) -> Option<u16> {
        Some(self.bill_type)
    }

    /// Each code and the package it leaves.
    fn writes_bound(&self) -> u32 {
        count_writes(self.parts.len()).saturating_mul(2)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        if self.parts.iter().any(|part| part.quantity == 0) {
            return Err(Rejection::FieldForm { field: "parts.quantity", expected: "more than 0" });
        }
        check_vaccination(self.bill_type, self.customer, self.vaccinator)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        check_codes_differ(&self.codes())?;
        let parts: Vec<(UnitKey, Option<u64>)> =
            self.parts.iter().map(|Part { code, quantity }| (*code, Some(*quantity))).collect();
        let person = Person { prescription: &self.prescription, customer: self.customer, vaccinator: self.vaccinator };
        dispense(tx, self.bill_type, &person, &parts)
    }
}

/// The record of a vaccination names recipient and vaccinator, by keyed digests (《疫苗管理法》 Art. 46).
fn check_vaccination(bill_type: u16, customer: Option<Digest>, vaccinator: Option<Digest>) -> Result<(), Rejection> {
    let digest = |field, value: Option<Digest>| match value {
        None if bill_type == VACCINATION => Err(Rejection::FieldForm { field, expected: "a keyed digest, for 322" }),
        _ => Ok(()),
    };
    digest("customer", customer)?;
    digest("vaccinator", vaccinator)
}

/// Who receives it and against what.
struct Person<'a> {
    prescription: &'a Option<Prescription>,
    customer: Option<Digest>,
    vaccinator: Option<Digest>,
}

/// Executes both operations. Order of checks: codes differ, bill type, role; then each code in the order of the bill: the
/// custodian's table, expiry, level, class and channel, licence, prescription, review, age, days of treatment, quantity.
fn dispense(tx: &mut Tx, bill_type: u16, person: &Person, units: &[(UnitKey, Option<u64>)]) -> Result<(), Stop> {
    let bill = BillType::carried_by("dispense", bill_type)?;
    bill.check_role(&tx.organisation)?;
    let law = tx.law(tx.organisation.jurisdiction).dispensing.clone();
    let mut repacking = Repacking::default();
    for (code, quantity) in units {
        let states: &[Lifecycle] = match quantity {
            None => &[Lifecycle::InStock],
            Some(_) => &[Lifecycle::InStock, Lifecycle::Partial],
        };
        let unit = Move::by_custodian_allowing(tx, *code, Allowance { states, ..Allowance::STOCK })?;
        unit.not_expired(tx)?;
        let level = unit.standing.unit.level;
        if level != 1 {
            return Err(Rejection::NotSmallestUnit { code: *code, expected: 1, actual: level }.into());
        }
        rules::check(tx, bill_type, person.prescription.as_ref(), &unit, &law)?;
        let before = unit.standing.unit.sale;
        let parts = quantity.map(|taken| take(&unit, before, taken, tx)).transpose()?;
        let mut record = repacking.take_out(tx, &unit.standing)?;
        let event = event(tx, bill_type, person, &unit, *quantity, &law)?;
        sell(tx, &mut record, bill_type, parts);
        tx.event(Subject::Unit(*code), &mut record.history, EventBody::Dispensed(event));
        tx.store(key::unit(code), &record);
    }
    repacking.close(tx)
}

/// What is left of a unit after a part (T10): all parts together never exceed the declared content.
fn take(unit: &Move, before: Option<Sale>, taken: u64, tx: &Tx) -> Result<PartsSold, Stop> {
    let code = unit.standing.code;
    let content = unit.own()?.product.content();
    if content == 0 {
        return Err(Rejection::ContentNotDeclared { code }.into());
    }
    let earlier = before.and_then(|sale| sale.parts);
    let left = earlier.map_or(content, |parts| parts.remaining);
    let Some(remaining) = left.checked_sub(taken) else {
        return Err(Rejection::QuantityExceeded { code, expected: left, actual: taken }.into());
    };
    let count = earlier.map_or(0, |parts| parts.count).saturating_add(1);
    Ok(PartsSold { count, at: tx.context.time, remaining, last: taken })
}

fn sell(tx: &Tx, record: &mut UnitRecord, bill_type: u16, parts: Option<PartsSold>) {
    record.lifecycle = match parts {
        Some(parts) if parts.remaining > 0 => Lifecycle::Partial,
        _ => Lifecycle::Dispensed,
    };
    // A unit sold in parts is one package sold once (domain §3.8): later parts keep the first sale.
    let first = record.sale.map_or(tx.context.time, |sale| sale.at);
    record.sale = Some(Sale { count: 1, at: first, seller: tx.principal, bill_type, parts });
}

fn event(
    tx: &Tx,
    bill_type: u16,
    person: &Person,
    unit: &Move,
    quantity: Option<u64>,
    law: &DispensingLaw,
) -> Result<Dispensed, Stop> {
    let facts = unit.own()?;
    let vaccination = bill_type == VACCINATION;
    let terms = Terms { class: facts.product.master.class, law };
    Ok(Dispensed {
        bill_type,
        quantity,
        prescription: person.prescription.as_ref().map(|p| p.number),
        recipient: person.customer.filter(|_| vaccination),
        vaccinator: person.vaccinator.filter(|_| vaccination),
        keep_until: match vaccination {
            true => Some(rules::plus_years(facts.batch.expires_on, law.vaccination_years)),
            false => person.prescription.as_ref().and_then(|_| terms.keep_until(tx.today())),
        },
    })
}
