//! What bills about goods in the custodian's own hands ask of each code, whatever holds are on them.

use crate::codes::UnitKey;
use crate::custody::{Holds, Lifecycle, Move, Transition};
use crate::rejection::Rejection;
use crate::state::{Stop, Tx};

type Check = fn(&mut Tx, &Move) -> Result<(), Stop>;

/// In this order: goods that leave the custodian's stock for good, or come back from where they were.
const AT_HAND: [Check; 5] = [not_dispensed, not_retired, in_custody, not_in_transit, not_empty];

/// In this order: goods taken out of a package so as to be set apart. They may be on hold themselves: what is on hold is
/// the more to be set apart. They may not be in a package that is on hold, since they would slip out of it.
const APART: [Check; 7] =
    [not_dispensed, not_retired, in_custody, not_in_transit, in_stock, not_inside_held, not_empty];

/// Loads a code and runs the table of what is at hand.
pub(crate) fn at_hand(tx: &mut Tx, code: UnitKey) -> Result<Move, Stop> {
    let unit = Move::load(tx, code)?;
    AT_HAND.iter().try_for_each(|check| check(tx, &unit))?;
    Ok(unit)
}

/// [`at_hand`], and in a state that the row leaves; goods of an unreleased batch count as in stock.
pub(crate) fn at_hand_for(tx: &mut Tx, code: UnitKey, row: &Transition) -> Result<Move, Stop> {
    let unit = at_hand(tx, code)?;
    let state = match unit.lifecycle {
        Lifecycle::Commissioned => Lifecycle::InStock,
        other => other,
    };
    if row.leaves(state) {
        return Ok(unit);
    }
    let blocked = row.leaves(Lifecycle::Blocked);
    let expected = if blocked { "in_stock, blocked" } else { Lifecycle::InStock.name() };
    Err(Rejection::WrongState { code, expected, actual: unit.lifecycle.name() }.into())
}

/// Loads a code and runs the table of what is set apart.
pub(crate) fn set_apart(tx: &mut Tx, code: UnitKey) -> Result<Move, Stop> {
    let unit = Move::load(tx, code)?;
    APART.iter().try_for_each(|check| check(tx, &unit))?;
    Ok(unit)
}

fn not_dispensed(tx: &mut Tx, unit: &Move) -> Result<(), Stop> {
    let Some(sale) = unit.standing.sale().filter(|_| unit.lifecycle == Lifecycle::Dispensed) else { return Ok(()) };
    let expected = tx.organisation_record(sale.seller)?.id.clone();
    let actual = tx.organisation.id.clone();
    Err(Rejection::AlreadyDispensed { code: unit.standing.code, expected, time: sale.at, actual }.into())
}

/// What has left the loop for ever is met again: an alarm, whatever the bill (domain §3.3 #1 and #6, §3.10).
fn not_retired(_: &mut Tx, unit: &Move) -> Result<(), Stop> {
    Ok(unit.not_retired()?)
}

pub(crate) fn in_custody(tx: &mut Tx, unit: &Move) -> Result<(), Stop> {
    let custodian = unit.standing.custodian();
    if custodian == tx.principal {
        return Ok(());
    }
    let expected = tx.organisation_record(custodian)?.id.clone();
    let actual = tx.organisation.id.clone();
    Err(Rejection::NotCustodian { code: unit.standing.code, expected, actual }.into())
}

fn not_in_transit(tx: &mut Tx, unit: &Move) -> Result<(), Stop> {
    let Some(transit) = unit.standing.transit() else { return Ok(()) };
    let expected = tx.organisation_record(transit.receiver)?.id.clone();
    let actual = tx.organisation.id.clone();
    Err(Rejection::InTransit { code: unit.standing.code, expected, actual }.into())
}

fn in_stock(_: &mut Tx, unit: &Move) -> Result<(), Stop> {
    if unit.lifecycle == Lifecycle::InStock {
        return Ok(());
    }
    if let Some(facts) = unit.facts.iter().find(|f| !f.batch.released) {
        let batch = facts.batch.batch_no.clone();
        return Err(Rejection::NotReleased { code: unit.standing.code, batch }.into());
    }
    let (expected, actual) = (Lifecycle::InStock.name(), unit.lifecycle.name());
    Err(Rejection::WrongState { code: unit.standing.code, expected, actual }.into())
}

fn not_inside_held(_: &mut Tx, unit: &Move) -> Result<(), Stop> {
    let around = unit.standing.ancestors.iter().find(|(_, package)| package.holds != Holds::NONE);
    match around {
        Some((code, package)) => Err(Rejection::Held { code: *code, actual: package.holds.to_string() }.into()),
        None => Ok(()),
    }
}

fn not_empty(_: &mut Tx, unit: &Move) -> Result<(), Stop> {
    match &unit.standing.unit.content {
        Some(content) if content.children == 0 => Err(Rejection::EmptyPackage { code: unit.standing.code }.into()),
        _ => Ok(()),
    }
}
