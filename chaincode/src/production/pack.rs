//! 关联 by the custodian (H1–H5, H8): packages put into an outer package, at the producer's line or in a warehouse.
//!
//! An SSCC has no prefix, so no product registers it: the bill that first packs it makes it a package, at the level above
//! the highest inside, of whoever packs it, with any products of at most
//! [`crate::limits::BATCHES_PER_PACKAGE_MAX`] batches. A package that was emptied may be packed again: a new use of it,
//! with a new instance number (D7).

use super::BatchRecord;
use crate::codes::UnitKey;
use crate::custody::{
    Condition, Content, Holds, Incomplete, Leg, Lifecycle, Load, Move, Repacking, Standing, UnitRecord,
    check_codes_differ, class_bit, load_standing, put_in,
};
use crate::event::{Bond, Commissioned, EventBody, History, Repacked, Subject};
use crate::limits::{LEVELS_MAX, LOGISTIC_CHILDREN_MAX};
use crate::quality::at_hand;
use crate::rejection::Rejection;
use crate::state::{BatchRef, Facts, OrgNo, Stop, Tx, ViewError, key};
use crate::transaction::{Body, Pack, count_writes};
use std::rc::Rc;

impl Body for Pack {
    fn names_codes(&self) -> bool {
        true
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.codes.clone()
    }

    fn codes_count(&self) -> usize {
        self.codes.len()
    }

    /// Each code and the package it leaves; the package and those around it; batches that are not released yet.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_mul(2).saturating_add(u32::from(LEVELS_MAX)).saturating_add(8)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        pack(tx, self)
    }
}

/// One package that goes in.
pub(super) struct Child {
    pub(super) code: UnitKey,
    pub(super) record: UnitRecord,
    pub(super) own: Rc<Facts>,
}

/// Executes the operation. Order of checks: codes differ, outer package not among them; then each code in the order of
/// the bill: at hand, in stock, no hold on it, around it or inside it; then the outer package: at hand, in stock, no
/// hold; one owner; levels, product, batch, room.
fn pack(tx: &mut Tx, operation: &Pack) -> Result<(), Stop> {
    check_codes_differ(&operation.codes)?;
    if operation.codes.contains(&operation.parent) {
        return Err(Rejection::CodeRepeated { code: operation.parent }.into());
    }
    let mut repacking = Repacking::default();
    let mut incomplete = Incomplete::default();
    let mut children = Vec::with_capacity(operation.codes.len());
    for code in &operation.codes {
        let unit = at_hand(tx, *code)?;
        check_in_stock(&unit)?;
        check_free_of_holds(tx, &unit)?;
        let own = Rc::clone(unit.own()?);
        let record = repacking.take_out(tx, &unit.standing)?;
        tx.store(key::unit(code), &record);
        children.push((*code, own));
    }
    repacking.close(tx)?;
    // Read only now: a later code of the bill may have left an earlier one.
    let load = |(code, own)| Ok(Child { code, record: tx.must_load(&key::unit(&code))?, own });
    let children = children.into_iter().map(load).collect::<Result<Vec<_>, Stop>>()?;
    join(tx, operation.parent, children, &mut incomplete)?;
    incomplete.close(tx)
}

fn check_in_stock(unit: &Move) -> Result<(), Rejection> {
    match unit.lifecycle {
        Lifecycle::InStock | Lifecycle::Commissioned => Ok(()),
        other => Err(Rejection::WrongState {
            code: unit.standing.code,
            expected: Lifecycle::InStock.name(),
            actual: other.name(),
        }),
    }
}

fn check_free_of_holds(tx: &Tx, unit: &Move) -> Result<(), Rejection> {
    let code = unit.standing.code;
    let holds = unit.holds().and(tx.organisation.holds);
    if holds != Holds::NONE {
        return Err(Rejection::Held { code, actual: holds.to_string() });
    }
    match unit.standing.unit.content.as_ref().map_or(0, |c| c.held) {
        0 => Ok(()),
        actual => Err(Rejection::HoldsHeldUnit { code, actual }),
    }
}

/// Puts children that are in no package into one of the same custodian; a new SSCC becomes one.
pub(super) fn join(
    tx: &mut Tx,
    parent: UnitKey,
    children: Vec<Child>,
    incomplete: &mut Incomplete,
) -> Result<(), Stop> {
    let standing = match load_standing(tx, &parent)? {
        Some(standing) => standing,
        None => {
            let first = children.first().ok_or(Stop::View(ViewError::Damaged))?;
            let highest = children.iter().map(|c| c.record.level).max().unwrap_or(1);
            found_logistic(tx, parent, first, highest)?;
            load_standing(tx, &parent)?.ok_or(Stop::View(ViewError::Damaged))?
        }
    };
    let root = standing.root();
    if standing.custodian() != tx.principal {
        let expected = tx.organisation_record(standing.custodian())?.id.clone();
        let actual = tx.organisation.id.clone();
        return Err(Rejection::NotCustodian { code: parent, expected, actual }.into());
    }
    let lifecycle = standing.stored_lifecycle();
    if lifecycle != Lifecycle::InStock || root.transit.is_some() {
        let (expected, actual) = (Lifecycle::InStock.name(), lifecycle.name());
        return Err(Rejection::WrongState { code: parent, expected, actual }.into());
    }
    if standing.own_holds() != Holds::NONE {
        return Err(Rejection::Held { code: parent, actual: standing.own_holds().to_string() }.into());
    }
    // A smallest unit holds nothing.
    if standing.unit.content.is_none() {
        return Err(not_a_package(&standing.unit, &children));
    }
    let kept_for = one_owner(tx, &standing, &children)?;
    let legs = in_common(&standing, &children);
    let mut record = standing.unit;
    let logistic = matches!(parent, UnitKey::Sscc(_));
    let mut content = record.content.take().ok_or(Stop::View(ViewError::Damaged))?;
    let was_empty = content.children == 0;
    if was_empty && record.history.count > 1 {
        content.instance = content.instance.saturating_add(1);
    }
    let was_incomplete = content.is_incomplete();
    for child in &children {
        match logistic {
            true => check_logistic_level(&record, child)?,
            false => check_bond(tx, parent, &record, &content, child)?,
        }
        load_of(child).enter(&mut content, parent)?;
    }
    let moved = count_writes(children.len());
    content.children = content.children.saturating_add(moved);
    if content.children > content.capacity {
        let (expected, actual) = (content.capacity, content.children);
        return Err(Rejection::ParentFull { code: parent, expected, actual }.into());
    }
    incomplete.changed(record.batch, was_incomplete, content.is_incomplete());
    let (instance, total) = (content.instance, content.children);
    record.content = Some(content);
    if standing.ancestors.is_empty() {
        record.legs.clone_from(&legs);
        record.kept_for = kept_for;
    }
    let packed = EventBody::Packed(Repacked { moved, children: total });
    tx.event(Subject::Unit(parent), &mut record.history, packed);
    let bond = Bond { parent, instance, history: record.history };
    tx.store(key::unit(&parent), &record);
    let outermost = standing.ancestors.last().map(|(code, _)| *code);
    for (around, mut package) in standing.ancestors {
        if Some(around) == outermost {
            package.legs.clone_from(&legs);
            package.kept_for = kept_for;
        }
        let content = package.content.as_mut().ok_or(Stop::View(ViewError::Damaged))?;
        children.iter().try_for_each(|child| load_of(child).enter(content, around))?;
        tx.store(key::unit(&around), &package);
    }
    for child in children {
        put_in(tx, child.code, child.record, bond);
    }
    Ok(())
}

/// From whom all that will be in the outermost package was bought. If that is not one and the same for all of it, nobody
/// can say of the whole, nor later of a part, to whom it goes back (GSP, domain §5.4 G3): none.
fn in_common(standing: &Standing, children: &[Child]) -> Vec<Leg> {
    let there = Some(standing.root()).filter(|_| !is_first_use(standing));
    let mut all = children.iter().map(|child| &child.record).chain(there).map(|unit| &unit.legs);
    let Some(first) = all.next() else { return Vec::new() };
    if all.all(|other| other == first) { first.clone() } else { Vec::new() }
}

/// Whose all that will be in the outermost package is; none if it is the custodian's own. What is kept for one is not put
/// together with what is kept for another: of the whole nobody could say on whose order it leaves (《药品管理法》 Art. 35).
fn one_owner(tx: &mut Tx, standing: &Standing, children: &[Child]) -> Result<Option<OrgNo>, Stop> {
    let mut owners = children.iter().map(|child| (child.code, child.record.kept_for));
    let (first, rest) = match is_first_use(standing) {
        true => (owners.next().ok_or(Stop::View(ViewError::Damaged))?.1, owners),
        false => (standing.root().kept_for, owners),
    };
    for (code, owner) in rest {
        check_owner(tx, code, first, owner)?;
    }
    Ok(first)
}

/// Refuses to put what is `owner`'s with what is `expected`'s; none is the custodian, who is the principal.
pub(super) fn check_owner(
    tx: &mut Tx,
    code: UnitKey,
    expected: Option<OrgNo>,
    owner: Option<OrgNo>,
) -> Result<(), Stop> {
    if expected == owner {
        return Ok(());
    }
    let mut name =
        |firm: Option<OrgNo>| Ok::<_, Stop>(tx.organisation_record(firm.unwrap_or(tx.principal))?.id.clone());
    Err(Rejection::OwnersDiffer { code, expected: name(expected)?, actual: name(owner)? }.into())
}

/// A package by itself with nothing in it: what it was before is over.
pub(super) fn is_first_use(standing: &Standing) -> bool {
    standing.ancestors.is_empty() && standing.unit.content.as_ref().is_some_and(|c| c.children == 0)
}

fn load_of(child: &Child) -> Load {
    Load::of(&child.record, class_bit(child.own.product.master.class), child.own.batch.expires_on)
}

/// A code without a record: an SSCC becomes a package, any other must have been commissioned.
fn found_logistic(tx: &mut Tx, code: UnitKey, first: &Child, highest: u8) -> Result<(), Stop> {
    if !matches!(code, UnitKey::Sscc(_)) {
        return Err(Rejection::ParentUnknown { code: first.code, actual: code }.into());
    }
    let level = highest.saturating_add(1);
    if level > LEVELS_MAX {
        return Err(Rejection::ParentLevel { code: first.code, expected: LEVELS_MAX, actual: level }.into());
    }
    let batch = first.record.batch;
    let mut history = History::default();
    let body = Commissioned { batch, level, packed: 0, parent: None };
    tx.event(Subject::Unit(code), &mut history, EventBody::Commissioned(body));
    let content = empty_logistic(first);
    let record = UnitRecord { content: Some(content), ..new_record(tx, level, batch, history) };
    tx.store(key::unit(&code), &record);
    Ok(())
}

fn empty_logistic(first: &Child) -> Content {
    Content {
        instance: 1,
        children: 0,
        capacity: LOGISTIC_CHILDREN_MAX,
        // It never waits for being full.
        remainder: true,
        batches: Vec::new(),
        earliest_expiry: first.own.batch.expires_on,
        classes: 0,
        held: 0,
    }
}

/// A package in stock with the principal.
pub(super) fn new_record(tx: &Tx, level: u8, batch: BatchRef, history: History) -> UnitRecord {
    UnitRecord {
        version: 1,
        level,
        lifecycle: Lifecycle::InStock,
        holds: Holds::NONE,
        batch,
        parent: None,
        custodian: tx.principal,
        transit: None,
        sale: None,
        content: None,
        legs: Vec::new(),
        kept_for: None,
        condition: Condition::Sound,
        replaced: None,
        history,
    }
}

fn not_a_package(record: &UnitRecord, children: &[Child]) -> Stop {
    let refusal = children.first().map(|child| {
        let expected = child.record.level.saturating_add(1);
        Rejection::ParentLevel { code: child.code, expected, actual: record.level }
    });
    refusal.map_or(Stop::View(ViewError::Damaged), Stop::from)
}

fn check_logistic_level(record: &UnitRecord, child: &Child) -> Result<(), Rejection> {
    if child.record.level < record.level {
        return Ok(());
    }
    let expected = child.record.level.saturating_add(1);
    Err(Rejection::ParentLevel { code: child.code, expected, actual: record.level })
}

/// H1 and H3: the next level of the same product, and the same batch unless it is 零头.
fn check_bond(tx: &Tx, parent: UnitKey, record: &UnitRecord, content: &Content, child: &Child) -> Result<(), Stop> {
    let product = &child.own.product;
    let batch = child.record.batch;
    if record.batch.product != batch.product {
        let (expected, actual) = (tx.product(record.batch.product)?.master.id.0, product.master.id.0.clone());
        return Err(Rejection::WrongProduct { code: child.code, expected, actual }.into());
    }
    let expected = product.level_above(child.record.level).unwrap_or(0);
    if expected != record.level || matches!(child.code, UnitKey::Sscc(_)) {
        return Err(Rejection::ParentLevel { code: child.code, expected, actual: record.level }.into());
    }
    let home = record.batch == batch || content.batches.iter().any(|s| s.batch == batch);
    if !home && !content.remainder {
        let own: BatchRecord = tx.must_load(&key::batch(record.batch))?;
        let (expected, actual) = (own.batch_no, child.own.batch.batch_no.clone());
        return Err(Rejection::ParentBatch { code: parent, expected, actual }.into());
    }
    Ok(())
}
