//! What follows a sale: a mistake undone by its seller while the package has not reached the patient (domain §6.2), and
//! goods that a consumer brings back (T16).

use super::VACCINATION;
use super::prescriptions::free;
use crate::codes::UnitKey;
use crate::custody::{BillType, PartsSold};
use crate::custody::{Holds, Lifecycle, Move, Sale, check_codes_differ, check_public_text};
use crate::event::{ConsumerReturned, EventBody, SaleReversed, Subject};
use crate::rejection::Rejection;
use crate::state::{Stop, Tx, key};
use crate::transaction::{Body, ConsumerReturn, ReverseSale, count_writes};

const HOUR_MS: u64 = 3_600_000;

/// 消费者退货入库
const CONSUMER_RETURN: u16 = 116;

impl Body for ReverseSale {
    fn names_codes(&self) -> bool {
        true
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.codes.clone()
    }

    fn codes_count(&self) -> usize {
        self.codes.len()
    }

    /// Each code, and its prescription.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_mul(2)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_public_text("reason", &self.reason)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        reverse(tx, self)
    }
}

impl Body for ConsumerReturn {
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
        Some(CONSUMER_RETURN)
    }

    /// Each code.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len())
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_public_text("reason", &self.reason)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        take_return(tx, self)
    }
}

/// A unit that this seller sold.
fn sold_here(tx: &mut Tx, code: UnitKey, states: &[Lifecycle]) -> Result<(Move, Sale), Stop> {
    let unit = Move::load(tx, code)?;
    let fits = states.contains(&unit.lifecycle);
    if fits {
        unit.not_inside_sold()?;
    }
    let Some(sale) = unit.standing.unit.sale.filter(|_| fits) else {
        let (expected, actual) = (Lifecycle::Dispensed.name(), unit.lifecycle.name());
        return Err(Rejection::WrongState { code, expected, actual }.into());
    };
    if sale.seller != tx.principal {
        let expected = tx.organisation_record(sale.seller)?.id.clone();
        let actual = tx.organisation.id.clone();
        return Err(Rejection::NotSeller { code, expected, actual }.into());
    }
    // What was injected does not come back.
    if sale.bill_type == VACCINATION {
        return Err(Rejection::NotReversible { code }.into());
    }
    Ok((unit, sale))
}

/// Executes the operation. Order of checks: codes differ; then each code in the order of the bill: known, sold and by itself, by this
/// seller, no vaccination, not taken back before, within the window, not expired, no hold.
fn reverse(tx: &mut Tx, operation: &ReverseSale) -> Result<(), Stop> {
    check_codes_differ(&operation.codes)?;
    let hours = tx.law(tx.organisation.jurisdiction).dispensing.reversal_hours;
    for code in &operation.codes {
        let (unit, sale) = sold_here(tx, *code, &[Lifecycle::Dispensed, Lifecycle::Partial])?;
        if sale.parts.is_some_and(|parts| parts.last == 0) {
            return Err(Rejection::NotReversible { code: *code }.into());
        }
        let sold_at = sale.parts.map_or(sale.at, |parts| parts.at);
        let expected = sold_at.plus_ms(u64::from(hours).saturating_mul(HOUR_MS));
        if tx.context.time > expected {
            return Err(Rejection::ReversalTooLate { code: *code, expected, actual: tx.context.time }.into());
        }
        unit.not_expired(tx)?;
        let holds = unit.holds_with_owner(tx)?;
        if holds != Holds::NONE {
            return Err(Rejection::Held { code: *code, actual: holds.to_string() }.into());
        }
        let content = unit.declared_content()?;
        free(tx, &sale)?;
        let mut record = unit.standing.unit;
        (record.lifecycle, record.sale) = without_newest(sale, content);
        let body = SaleReversed { sold_at, quantity: sale.parts.map(|parts| parts.last) };
        tx.event(Subject::Unit(*code), &mut record.history, EventBody::SaleReversed(body));
        tx.store(key::unit(code), &record);
    }
    Ok(())
}

/// State and sale as they were before the newest sale.
fn without_newest(sale: Sale, content: u64) -> (Lifecycle, Option<Sale>) {
    let Some(parts) = sale.parts else { return (Lifecycle::InStock, None) };
    let remaining = parts.remaining.saturating_add(parts.last);
    if remaining >= content {
        return (Lifecycle::InStock, None);
    }
    let parts = PartsSold { count: parts.count.saturating_sub(1), remaining, last: 0, ..parts };
    (Lifecycle::Partial, Some(Sale { parts: Some(parts), prescription: None, ..sale }))
}

/// Executes the operation. Order of checks: role; codes differ; then each code in the order of the bill: known, sold and
/// by itself, by this seller, no vaccination. 药品除质量原因外，一经售出，不得退换 (GSP): the unit is blocked for good.
fn take_return(tx: &mut Tx, operation: &ConsumerReturn) -> Result<(), Stop> {
    BillType::carried_by("consumer_return", CONSUMER_RETURN)?.check_role(&tx.organisation)?;
    check_codes_differ(&operation.codes)?;
    for code in &operation.codes {
        let (unit, _) = sold_here(tx, *code, &[Lifecycle::Dispensed])?;
        let mut record = unit.standing.unit;
        record.lifecycle = Lifecycle::Blocked;
        let body = EventBody::ConsumerReturned(ConsumerReturned { reason: operation.reason.clone() });
        tx.event(Subject::Unit(*code), &mut record.history, body);
        tx.store(key::unit(code), &record);
    }
    Ok(())
}
