//! What bills about goods in the custodian's own hands ask of each code, whatever holds are on them.

use crate::codes::UnitKey;
use crate::custody::{Lifecycle, Move, Transition};
use crate::rejection::Rejection;
use crate::state::{Stop, Tx};

type Check = fn(&mut Tx, &Move) -> Result<(), Stop>;

/// In this order: goods that leave the custodian's stock, or come back from where they were. Not out of a package that is
/// on hold: they would slip out of it, and no hold would follow them (rule 8 of domain §9; H4).
const AT_HAND: [Check; 6] = [not_dispensed, not_retired, in_custody, not_in_transit, not_inside_held, not_empty];

/// In this order: goods that end, here and before a witness, who sees what is taken out of a package on hold.
const ENDING: [Check; 5] = [not_dispensed, not_retired, in_custody, not_in_transit, not_empty];

/// In this order: goods taken out of a package so as to be set apart. They may be on hold themselves: what is on hold is
/// the more to be set apart. They may not be in a package that is on hold, since they would slip out of it.
const APART: [Check; 7] =
    [not_dispensed, not_retired, in_custody, not_in_transit, in_stock, not_inside_held, not_empty];

/// Loads a code and runs the table of what is at hand.
pub(crate) fn at_hand(tx: &mut Tx, code: UnitKey) -> Result<Move, Stop> {
    by_table(tx, code, &AT_HAND)
}

/// [`at_hand`], and in a state that the row leaves.
pub(crate) fn at_hand_for(tx: &mut Tx, code: UnitKey, row: &Transition) -> Result<Move, Stop> {
    let unit = at_hand(tx, code)?;
    in_state_of(unit, row)
}

/// Loads a code and runs the table of what ends, and in a state that the row leaves. Whoever asks lets nothing end alone
/// that is inside a package on hold.
pub(super) fn ending(tx: &mut Tx, code: UnitKey, row: &Transition) -> Result<Move, Stop> {
    let unit = by_table(tx, code, &ENDING)?;
    in_state_of(unit, row)
}

fn by_table(tx: &mut Tx, code: UnitKey, table: &[Check]) -> Result<Move, Stop> {
    let unit = Move::load(tx, code)?;
    table.iter().try_for_each(|check| check(tx, &unit))?;
    Ok(unit)
}

/// Goods of an unreleased batch count as in stock.
fn in_state_of(unit: Move, row: &Transition) -> Result<Move, Stop> {
    let code = unit.standing.code;
    let state = match unit.lifecycle {
        Lifecycle::Commissioned => Lifecycle::InStock,
        other => other,
    };
    if row.leaves(state) {
        unit.not_inside_sold()?;
        return Ok(unit);
    }
    let expected = match (row.leaves(Lifecycle::Blocked), row.leaves(Lifecycle::Partial)) {
        (true, true) => "in_stock, blocked, partial",
        (true, false) => "in_stock, blocked",
        (false, true) => "in_stock, partial",
        (false, false) => Lifecycle::InStock.name(),
    };
    Err(Rejection::WrongState { code, expected, actual: unit.lifecycle.name() }.into())
}

/// Loads a code and runs the table of what is set apart.
pub(crate) fn set_apart(tx: &mut Tx, code: UnitKey) -> Result<Move, Stop> {
    by_table(tx, code, &APART)
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
    Ok(unit.standing.not_inside_held()?)
}

fn not_empty(_: &mut Tx, unit: &Move) -> Result<(), Stop> {
    match &unit.standing.unit.content {
        Some(content) if content.children == 0 => Err(Rejection::EmptyPackage { code: unit.standing.code }.into()),
        _ => Ok(()),
    }
}
