//! T9 and T10: the end of a smallest unit's way, once, whole or in parts; and what undoes it (domain §3.7, §3.10, §5.4).

mod online;
mod prescriptions;
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
use bencao_genesis::OrgId;
pub use prescriptions::PrescriptionRecord;
use prescriptions::{Filling, remembered};
use rules::Terms;
pub(crate) use rules::check_internal_use;

/// 零售出库 / 使用出库
const RETAIL: u16 = 321;
/// 疫苗接种
const VACCINATION: u16 = 322;
/// B2C出库
const ONLINE: u16 = 326;

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

    /// Each code and the package it leaves, batches that are not released yet; the prescription.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_mul(2).saturating_add(9)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_platform(self.bill_type, self.platform.as_ref())?;
        check_vaccination(self.bill_type, self.customer, self.vaccinator)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        check_codes_differ(&self.codes)?;
        let whole: Vec<(UnitKey, Option<u64>)> = self.codes.iter().map(|code| (*code, None)).collect();
        let person = Person {
            prescription: &self.prescription,
            customer: self.customer,
            vaccinator: self.vaccinator,
            platform: &self.platform,
        };
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

    /// Each code and the package it leaves, batches that are not released yet; the prescription.
    fn writes_bound(&self) -> u32 {
        count_writes(self.parts.len()).saturating_mul(2).saturating_add(9)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        if self.parts.iter().any(|part| part.quantity == 0) {
            return Err(Rejection::FieldForm { field: "parts.quantity", expected: "more than 0" });
        }
        check_platform(self.bill_type, self.platform.as_ref())?;
        check_vaccination(self.bill_type, self.customer, self.vaccinator)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        check_codes_differ(&self.codes())?;
        let parts: Vec<(UnitKey, Option<u64>)> =
            self.parts.iter().map(|Part { code, quantity }| (*code, Some(*quantity))).collect();
        let person = Person {
            prescription: &self.prescription,
            customer: self.customer,
            vaccinator: self.vaccinator,
            platform: &self.platform,
        };
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

fn check_platform(bill_type: u16, platform: Option<&OrgId>) -> Result<(), Rejection> {
    match platform {
        Some(_) if bill_type != ONLINE => Err(Rejection::FieldForm { field: "platform", expected: "with 326 only" }),
        _ => Ok(()),
    }
}

/// Who receives it and against what.
struct Person<'a> {
    prescription: &'a Option<Prescription>,
    customer: Option<Digest>,
    vaccinator: Option<Digest>,
    /// Where they bought online.
    platform: &'a Option<OrgId>,
}

/// Executes both operations. Order of checks: codes differ, bill type, role, platform; then each code in the order of the
/// bill: the custodian's table, expiry, level, class and channel, licence, admission to the platform, prescription,
/// review, age, days of treatment; where these have a limit, that the prescription was not filled before, and its quantity;
/// the quantity of a part.
fn dispense(tx: &mut Tx, bill_type: u16, person: &Person, units: &[(UnitKey, Option<u64>)]) -> Result<(), Stop> {
    let bill = BillType::carried_by("dispense", bill_type)?;
    bill.check_role(&tx.organisation)?;
    let law = tx.law(tx.organisation.jurisdiction).dispensing.clone();
    let platform = person.platform.as_ref().map(|id| online::find(tx, id)).transpose()?;
    let prescription = person.prescription.as_ref();
    let (mut repacking, mut filling) = (Repacking::default(), Filling::default());
    for (code, quantity) in units {
        let states: &[Lifecycle] = match quantity {
            None => &[Lifecycle::InStock],
            Some(_) => &[Lifecycle::InStock, Lifecycle::Partial],
        };
        let unit = Move::by_custodian_allowing(tx, *code, Allowance { states, ..Allowance::STOCK })?;
        unit.not_expired(tx)?;
        check_handed_out(&unit, quantity.is_some(), &law)?;
        let limited = rules::check(tx, bill_type, prescription, platform.as_ref(), &unit, &law)?;
        if let (Some(prescription), Some(limited)) = (prescription, limited) {
            filling.add(tx, prescription, limited, &unit, *quantity)?;
        }
        let before = unit.standing.unit.sale;
        let parts = quantity.map(|taken| take(&unit, before, taken, tx)).transpose()?;
        let mut record = repacking.take_out(tx, &unit.standing)?;
        let event = Dispensed {
            platform: platform.as_ref().map(|(number, _)| *number),
            ..event(tx, bill_type, person, &unit, *quantity, &law)?
        };
        sell(tx, &mut record, bill_type, parts, remembered(prescription, limited));
        tx.event(Subject::Unit(*code), &mut record.history, EventBody::Dispensed(event));
        tx.store(key::unit(code), &record);
    }
    filling.close(tx, prescription);
    repacking.close(tx)
}

/// Units end one by one, but those of a product that is exempt from scanning each: of them quantities of a package are
/// handed out, without opening it (饮片, 配方颗粒, 院内制剂; domain §3.3).
fn check_handed_out(unit: &Move, by_quantity: bool, law: &DispensingLaw) -> Result<(), Stop> {
    let (standing, code) = (&unit.standing, unit.standing.code);
    let own = &unit.own()?.product.master;
    let exempt = own.details.scan_exempt && law.scan_exempt_classes.contains(&own.class);
    let of_one_product = unit.facts.iter().all(|f| f.product.master.id == own.id);
    let level = standing.unit.level;
    if level != 1 && !(by_quantity && exempt && of_one_product) {
        return Err(Rejection::NotSmallestUnit { code, expected: 1, actual: level }.into());
    }
    Ok(())
}

/// What is left of a unit after a part (T10): all parts together never exceed the declared content.
fn take(unit: &Move, before: Option<Sale>, taken: u64, tx: &Tx) -> Result<PartsSold, Stop> {
    let code = unit.standing.code;
    let content = unit.declared_content()?;
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

fn sell(tx: &Tx, record: &mut UnitRecord, bill_type: u16, parts: Option<PartsSold>, prescription: Option<Digest>) {
    record.lifecycle = match parts {
        Some(parts) if parts.remaining > 0 => Lifecycle::Partial,
        _ => Lifecycle::Dispensed,
    };
    // A unit sold in parts is one package sold once (domain §3.8): later parts keep the first sale.
    let first = record.sale.map_or(tx.context.time, |sale| sale.at);
    record.sale = Some(Sale { count: 1, at: first, seller: tx.principal, bill_type, parts, prescription });
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
        platform: None,
        prescription: person.prescription.as_ref().map(|p| p.number),
        recipient: person.customer.filter(|_| vaccination),
        vaccinator: person.vaccinator.filter(|_| vaccination),
        keep_until: match vaccination {
            true => Some(rules::plus_years(facts.batch.expires_on, law.vaccination_years)),
            false => person.prescription.as_ref().and_then(|_| terms.keep_until(tx.today())),
        },
    })
}
