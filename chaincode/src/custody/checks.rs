//! What every movement by the custodian asks of each code, as a table: the first check that fails decides.

use super::shipment::suspensions;
use super::{Holds, Lifecycle, Standing, load_standing};
use crate::codes::UnitKey;
use crate::registry::ProductRecord;
use crate::rejection::Rejection;
use crate::state::{Facts, Stop, Tx, key};
use std::collections::BTreeSet;
use std::rc::Rc;

/// One code about to move.
pub(crate) struct Move {
    pub(crate) standing: Standing,
    /// Of every batch inside; the unit's own first.
    pub(crate) facts: Vec<Rc<Facts>>,
    pub(crate) lifecycle: Lifecycle,
}

/// What a movement tolerates beyond free stock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Allowance {
    /// States that it starts from.
    pub(crate) states: &'static [Lifecycle],
    /// Holds that do not stand in its way.
    pub(crate) holds: Holds,
    /// Of what suspends the firm whose goods they are, if another keeps them, what does not stand in its way.
    pub(crate) owner: Holds,
}

impl Allowance {
    /// Free stock and no hold.
    pub(crate) const STOCK: Allowance =
        Allowance { states: &[Lifecycle::InStock], holds: Holds::NONE, owner: Holds::NONE };

    fn expected(self) -> &'static str {
        match self.states {
            [Lifecycle::InStock, Lifecycle::Blocked] => "in_stock, blocked",
            [Lifecycle::InStock, Lifecycle::Blocked, Lifecycle::Partial] => "in_stock, blocked, partial",
            [Lifecycle::InStock, Lifecycle::Partial] => "in_stock, partial",
            [Lifecycle::InStock, ..] => "in_stock",
            _ => "another state",
        }
    }
}

type UnitCheck = fn(&mut Tx, &Move, Allowance) -> Result<(), Stop>;

/// In this order.
const CUSTODIAN_CHECKS: [UnitCheck; 8] =
    [not_dispensed, not_retired, in_custody, not_in_transit, released, in_state, not_held, not_empty];

/// Refuses a bill that names a code twice.
pub(crate) fn check_codes_differ(codes: &[UnitKey]) -> Result<(), Rejection> {
    let mut seen = BTreeSet::new();
    match codes.iter().find(|code| !seen.insert(**code)) {
        Some(code) => Err(Rejection::CodeRepeated { code: *code }),
        None => Ok(()),
    }
}

/// The standing of a code that must exist: an unregistered prefix is said first.
pub(crate) fn find(tx: &Tx, code: UnitKey) -> Result<Standing, Stop> {
    if let Some(standing) = load_standing(tx, &code)? {
        return Ok(standing);
    }
    let prefix = code.prefix().unwrap_or_default();
    if !tx.exists(&key::prefix(&prefix))? {
        return Err(Rejection::UnknownPrefix { code, prefix }.into());
    }
    Err(Rejection::UnknownCode { code }.into())
}

impl Move {
    /// Loads a code with all that stands around and above it.
    pub(crate) fn load(tx: &mut Tx, code: UnitKey) -> Result<Move, Stop> {
        let standing = find(tx, code)?;
        let mut batches = standing.batches();
        let own = standing.unit.batch;
        batches.sort_by_key(|b| *b != own);
        let facts = batches.into_iter().map(|b| tx.facts(b)).collect::<Result<Vec<_>, Stop>>()?;
        let lifecycle = standing.lifecycle(facts.iter().all(|f| f.batch.released));
        Ok(Move { standing, facts, lifecycle })
    }

    /// Loads a code and runs the table.
    pub(crate) fn by_custodian(tx: &mut Tx, code: UnitKey) -> Result<Move, Stop> {
        Move::by_custodian_allowing(tx, code, Allowance::STOCK)
    }

    /// Loads a code and runs the table with what this movement tolerates.
    pub(crate) fn by_custodian_allowing(tx: &mut Tx, code: UnitKey, allowance: Allowance) -> Result<Move, Stop> {
        let unit = Move::load(tx, code)?;
        CUSTODIAN_CHECKS.iter().try_for_each(|check| check(tx, &unit, allowance))?;
        Ok(unit)
    }

    /// The unit's own product, batch and holder.
    pub(crate) fn own(&self) -> Result<&Rc<Facts>, Stop> {
        self.facts.first().ok_or(Stop::View(crate::state::ViewError::Damaged))
    }

    /// Asks about each product inside, the unit's own first: what goes in a mixed package goes as if it went alone. At
    /// most [`crate::limits::BATCHES_PER_PACKAGE_MAX`].
    pub(crate) fn each_product(&self, ask: impl FnMut(&ProductRecord) -> Result<(), Stop>) -> Result<(), Stop> {
        self.facts.iter().map(|facts| &facts.product).try_for_each(ask)
    }

    /// What it held when it was full, in 10⁻⁴ of a smallest preparation unit: 装量 for each smallest unit inside; 0 if none
    /// is declared.
    pub(crate) fn declared_content(&self) -> Result<u64, Stop> {
        let units = self.standing.unit.content.as_ref().map_or(1, |content| content.units());
        Ok(self.own()?.product.content().saturating_mul(u64::from(units)))
    }

    /// Holds from every side.
    pub(crate) fn holds(&self) -> Holds {
        self.facts.iter().fold(self.standing.own_holds(), |all, f| {
            all.and(f.batch.holds).and(f.product.holds).and(f.holder.holds).and(f.variety)
        })
    }

    /// What suspends the firm whose goods these are, if another keeps them. What is seized with a firm is all that is
    /// its own, with its keeper and on the way too (《药品管理法》 Art. 35, 100).
    pub(crate) fn holds_of_owner(&self, tx: &mut Tx) -> Result<Holds, Stop> {
        let Some(owner) = self.standing.root().kept_for else { return Ok(Holds::NONE) };
        let record = tx.organisation_record(owner)?;
        Ok(suspensions(&record))
    }

    /// Holds from every side, on the custodian, who is the principal here, and on whose goods these are.
    pub(crate) fn holds_with_owner(&self, tx: &mut Tx) -> Result<Holds, Stop> {
        let owner = self.holds_of_owner(tx)?;
        Ok(self.holds().and(tx.organisation.holds).and(owner))
    }

    /// Refuses what is inside a package that was handed out by quantity: what is left of that is known of the whole only.
    pub(crate) fn not_inside_sold(&self) -> Result<(), Rejection> {
        if self.standing.unit.sale.is_some() || self.standing.sale().is_none() {
            return Ok(());
        }
        Err(Rejection::InsidePackage { code: self.standing.code, expected: self.standing.root_code() })
    }

    /// Refuses what has left the loop for ever (domain §3.3 #1 and #6).
    pub(crate) fn not_retired(&self) -> Result<(), Rejection> {
        let code = self.standing.code;
        match self.lifecycle {
            Lifecycle::Voided => Err(Rejection::CodeVoided { code }),
            state if state.is_terminal() => Err(Rejection::Retired { code, actual: state.name() }),
            _ => Ok(()),
        }
    }

    /// Refuses what has expired by today (domain §5.5): the date is inclusive.
    pub(crate) fn not_expired(&self, tx: &Tx) -> Result<(), Rejection> {
        let earliest = self.facts.iter().map(|f| f.batch.expires_on).min();
        match earliest {
            Some(expected) if tx.today() > expected => {
                Err(Rejection::Expired { code: self.standing.code, expected, actual: tx.today() })
            }
            _ => Ok(()),
        }
    }
}

fn not_dispensed(tx: &mut Tx, unit: &Move, _: Allowance) -> Result<(), Stop> {
    let Some(sale) = unit.standing.sale().filter(|_| unit.lifecycle == Lifecycle::Dispensed) else { return Ok(()) };
    let expected = tx.organisation_record(sale.seller)?.id.clone();
    let actual = tx.organisation.id.clone();
    Err(Rejection::AlreadyDispensed { code: unit.standing.code, expected, time: sale.at, actual }.into())
}

fn not_retired(_: &mut Tx, unit: &Move, _: Allowance) -> Result<(), Stop> {
    Ok(unit.not_retired()?)
}

fn in_custody(tx: &mut Tx, unit: &Move, _: Allowance) -> Result<(), Stop> {
    let custodian = unit.standing.custodian();
    if custodian == tx.principal {
        return Ok(());
    }
    let expected = tx.organisation_record(custodian)?.id.clone();
    let actual = tx.organisation.id.clone();
    Err(Rejection::NotCustodian { code: unit.standing.code, expected, actual }.into())
}

fn not_in_transit(tx: &mut Tx, unit: &Move, _: Allowance) -> Result<(), Stop> {
    let Some(transit) = unit.standing.transit() else { return Ok(()) };
    let expected = tx.organisation_record(transit.receiver)?.id.clone();
    let actual = tx.organisation.id.clone();
    Err(Rejection::InTransit { code: unit.standing.code, expected, actual }.into())
}

fn released(_: &mut Tx, unit: &Move, _: Allowance) -> Result<(), Stop> {
    match unit.facts.iter().find(|f| !f.batch.released) {
        Some(facts) => {
            Err(Rejection::NotReleased { code: unit.standing.code, batch: facts.batch.batch_no.clone() }.into())
        }
        None => Ok(()),
    }
}

fn in_state(_: &mut Tx, unit: &Move, allowance: Allowance) -> Result<(), Stop> {
    if allowance.states.contains(&unit.lifecycle) {
        return Ok(unit.not_inside_sold()?);
    }
    let (expected, actual) = (allowance.expected(), unit.lifecycle.name());
    Err(Rejection::WrongState { code: unit.standing.code, expected, actual }.into())
}

/// Holds on the package, its batches, products and holders, on the custodian itself, who is the principal here, and on
/// whose goods they are, if it keeps them for another.
fn not_held(tx: &mut Tx, unit: &Move, allowance: Allowance) -> Result<(), Stop> {
    let code = unit.standing.code;
    let owner = unit.holds_of_owner(tx)?.without(allowance.owner);
    let holds = unit.holds().and(tx.organisation.holds).without(allowance.holds).and(owner);
    if holds != Holds::NONE {
        return Err(Rejection::Held { code, actual: holds.to_string() }.into());
    }
    // Whatever is tolerated: what is inside a package on hold does not slip out of it, where no hold would follow it.
    unit.standing.not_inside_held()?;
    match unit.standing.unit.content.as_ref().map_or(0, |c| c.held) {
        0 => Ok(()),
        actual => Err(Rejection::HoldsHeldUnit { code, actual }.into()),
    }
}

fn not_empty(_: &mut Tx, unit: &Move, _: Allowance) -> Result<(), Stop> {
    match &unit.standing.unit.content {
        Some(content) if content.children == 0 => Err(Rejection::EmptyPackage { code: unit.standing.code }.into()),
        _ => Ok(()),
    }
}
