//! T2 激活: codes of one batch come into being, with their packages (NMPAB/T 1002 C1–C5; domain §3.9 H1–H8).

use super::allocate::check_free;
use super::contract::{acts_for_holder, check_contract};
use super::pack::{check_owner, is_first_use, new_record};
use super::responsible::{is_responsible, region_of};
use super::{AllocationRecord, BatchRecord, BatchReworked, ReworkRecord, TestState};
use crate::admission::{check_batch_no, check_text};
use crate::codes::UnitKey;
use crate::custody::{Content, Holds, Incomplete, Lifecycle, Membership, Share, UnitRecord, class_bit, load_standing};
use crate::event::{BatchFilled, BatchOpened, Bond, Commissioned, EventBody, History, Repacked, Subject};
use crate::limits::{LEVELS_MAX, LOGISTIC_CHILDREN_MAX};
use crate::registry::{
    Capacity, NumberRecord, PrefixRecord, ProductRecord, require_coding_rule, require_licence,
    require_product_standard, require_trace_policy,
};
use crate::rejection::Rejection;
use crate::state::{BatchRef, OrgNo, ProductNo, Stop, Tx, key};
use crate::tcm::is_traced_by_lots;
use crate::transaction::{Body, Commission, CommissionedUnit, count_writes};
use bencao_genesis::{LicenceKind, ProductId, Role};
use std::collections::{BTreeMap, BTreeSet};

/// Who makes drugs, and under which licence (《药品管理法》 Art. 41, 39, 76).
pub(super) const PRODUCERS: [Capacity; 4] = [
    Capacity::own(Role::MarketingHolder, LicenceKind::DrugProduction),
    Capacity::own(Role::Producer, LicenceKind::DrugProduction),
    Capacity::own(Role::DecoctionProducer, LicenceKind::DrugProduction),
    Capacity::own(Role::Hospital, LicenceKind::MedicalInstitution),
];

/// A bill at work.
struct Work<'o> {
    operation: &'o Commission,
    product: ProductRecord,
    reference: BatchRef,
    batch: BatchRecord,
    /// Packages of the bill, outermost first, then in the order of the bill.
    ordered: Vec<CommissionedUnit>,
    /// Children that the bill packs into each package.
    packed: BTreeMap<UnitKey, u32>,
    /// Smallest units that the bill puts into each package, at whatever depth.
    units: BTreeMap<UnitKey, u32>,
    /// The holder, if they are made under contract: its goods from the first.
    made_for: Option<OrgNo>,
    /// Packages of other batches that the bill fills.
    others: Incomplete,
}

impl Body for Commission {
    fn names_codes(&self) -> bool {
        true
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.units.iter().map(|u| u.code).collect()
    }

    fn codes_count(&self) -> usize {
        self.units.len()
    }

    /// Each package, the packages around those whose parent is not in the bill with their batches, batch, its name, its lots and the product.
    fn writes_bound(&self) -> u32 {
        let inside: BTreeSet<&UnitKey> = self.units.iter().map(|u| &u.code).collect();
        let outside: BTreeSet<&UnitKey> =
            self.units.iter().filter_map(|u| u.parent.as_ref()).filter(|p| !inside.contains(p)).collect();
        let around = count_writes(outside.len()).saturating_mul(u32::from(LEVELS_MAX).saturating_add(1));
        count_writes(self.units.len()).saturating_add(around).saturating_add(4)
    }

    fn product_named(&self) -> Option<&ProductId> {
        Some(&self.product_id)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_batch_no(&self.batch_no)?;
        check_text("workshop", &self.workshop)?;
        check_text("line", &self.line)?;
        match self.declared_units {
            0 => Err(Rejection::FieldForm { field: "declared_units", expected: "at least 1" }),
            _ => Ok(()),
        }
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        commission(tx, self)
    }
}

/// Executes the operation. Order of checks: product, producer, licence, contract, trace policy, dates, batch data, batch
/// open, 执行标准 of a new batch, rework, holds; then each code in the order of the bill: repeated, prefix, coding rule, product, level, seen
/// before or not allocated; then each package from the outermost: parent known, level, batch, room; then the declared
/// count.
fn commission(tx: &mut Tx, operation: &Commission) -> Result<(), Stop> {
    let (number, product) = find_product(tx, operation)?;
    check_producer(tx, operation, &product)?;
    check_contract(tx, number, &product)?;
    require_trace_policy(tx, &tx.organisation, &product)?;
    check_dates(tx, operation, &product)?;
    let (reference, batch, opened) = find_batch(tx, operation, number, &product)?;
    if opened {
        let master = &product.master;
        require_product_standard(tx, product.holder, master.class, &master.details.standard, operation.made_on)?;
    }
    let rework = if opened { check_rework(tx, &product, reference, &batch)? } else { None };
    check_not_held(tx, operation, &product, (reference, &batch))?;
    let level_of = check_codes(tx, operation, number, &product)?;
    let mut ordered = operation.units.clone();
    ordered.sort_by_key(|unit| std::cmp::Reverse(unit.level));
    let mut packed: BTreeMap<UnitKey, u32> = BTreeMap::new();
    for parent in operation.units.iter().filter_map(|u| u.parent) {
        let count = packed.entry(parent).or_default();
        *count = count.saturating_add(1);
    }
    let units = count_units(operation);
    let by_holder = acts_for_holder(tx, &product)?;
    let made_for = Some(product.holder).filter(|_| !by_holder);
    let mut work =
        Work { operation, product, reference, batch, ordered, packed, units, made_for, others: Incomplete::default() };
    check_bonds(&work, &level_of)?;
    if opened {
        open_batch(tx, &mut work, rework);
    }
    let outside: Vec<UnitKey> = work.packed.keys().filter(|p| !level_of.contains_key(p)).copied().collect();
    let mut bonds: BTreeMap<UnitKey, Bond> = BTreeMap::new();
    for parent in outside {
        bonds.insert(parent, fill_existing(tx, &mut work, parent)?);
    }
    create(tx, &mut work, bonds);
    close_bill(tx, work)
}

/// Smallest units below each package that the bill names, through all levels of it.
fn count_units(operation: &Commission) -> BTreeMap<UnitKey, u32> {
    let parent_of: BTreeMap<UnitKey, UnitKey> =
        operation.units.iter().filter_map(|u| u.parent.map(|parent| (u.code, parent))).collect();
    let mut units: BTreeMap<UnitKey, u32> = BTreeMap::new();
    for unit in operation.units.iter().filter(|u| u.level == 1) {
        let mut next = parent_of.get(&unit.code);
        // Levels rise towards the outside, so that no way is longer; what breaks that is refused below.
        for _ in 0..LEVELS_MAX {
            let Some(parent) = next else { break };
            let count = units.entry(*parent).or_default();
            *count = count.saturating_add(1);
            next = parent_of.get(parent);
        }
    }
    units
}

/// A batch of reworked goods is as large as what went into it, and lives no longer; and is made of the same lots.
fn check_rework(
    tx: &mut Tx,
    product: &ProductRecord,
    reference: BatchRef,
    batch: &BatchRecord,
) -> Result<Option<u32>, Stop> {
    let rework: Option<ReworkRecord> = tx.load(&key::rework(reference.product, &batch.batch_no))?;
    let Some(rework) = rework else { return Ok(None) };
    batch.check_rework(&rework)?;
    let herbs = is_traced_by_lots(product.master.class);
    if !rework.lots.inputs.is_empty() || (herbs && rework.lots.incomplete) {
        tx.store(key::batch_lots(reference), &rework.lots);
    }
    Ok(Some(rework.units))
}

/// Nothing is added to a batch under recall or another hold, nor to one of a product or variety or by a firm under it
/// (T17).
fn check_not_held(
    tx: &mut Tx,
    operation: &Commission,
    product: &ProductRecord,
    (reference, batch): (BatchRef, &BatchRecord),
) -> Result<(), Stop> {
    let holder = tx.organisation_record(product.holder)?.jurisdiction;
    let variety = tx.variety_holds(product, reference, holder)?;
    let holds = batch.holds.and(product.holds).and(variety).and(tx.organisation.holds);
    match operation.units.first() {
        Some(first) if holds != Holds::NONE => {
            Err(Rejection::Held { code: first.code, actual: holds.to_string() }.into())
        }
        _ => Ok(()),
    }
}

fn find_product(tx: &Tx, operation: &Commission) -> Result<(ProductNo, ProductRecord), Stop> {
    let unknown = || Rejection::UnknownProduct { product: operation.product_id.0.clone() };
    let number: NumberRecord = tx.load(&key::product_number(&operation.product_id))?.ok_or_else(unknown)?;
    let number = ProductNo(number.number);
    Ok((number, tx.product(number)?))
}

fn not_producer(tx: &Tx, product: &ProductRecord) -> Rejection {
    Rejection::NotProducer {
        product: product.master.id.0.clone(),
        expected: product.master.producer.clone(),
        actual: tx.organisation.id.clone(),
    }
}

fn check_producer(tx: &mut Tx, operation: &Commission, product: &ProductRecord) -> Result<(), Stop> {
    // Codes of imported goods may be applied before clearance by who is responsible for them (domain §5.6).
    if is_responsible(tx, product)? {
        return Ok(());
    }
    if tx.principal != product.holder && tx.principal != product.producer {
        return Err(not_producer(tx, product).into());
    }
    let code = operation.units.first().map(|u| u.code);
    let otherwise = || not_producer(tx, product);
    Ok(require_licence(&tx.organisation, product, code, &PRODUCERS, tx.today(), otherwise)?)
}

fn check_dates(tx: &mut Tx, operation: &Commission, product: &ProductRecord) -> Result<(), Stop> {
    let (made, expiry) = (operation.made_on, operation.expires_on);
    if made > tx.today() {
        return Err(Rejection::MadeInFuture { expected: tx.today(), actual: made }.into());
    }
    if expiry <= made {
        return Err(Rejection::ExpiryBeforeProduction { expected: made, actual: expiry }.into());
    }
    // 有效期 of the master data, counted from the day it was made (《药品管理法》 Art. 98; domain §5.5).
    let term = u32::from(product.master.shelf_life_months);
    let latest = made.end_of_term(term);
    if term > 0 && expiry > latest {
        let region = region_of(tx, product)?;
        if tx.law(region).production.term_bounds_expiry {
            return Err(Rejection::ExpiryBeyondTerm { expected: latest, actual: expiry }.into());
        }
    }
    Ok(())
}

/// The batch on record, whose data must equal the bill's, or a new one.
fn find_batch(
    tx: &Tx,
    operation: &Commission,
    product_no: ProductNo,
    product: &ProductRecord,
) -> Result<(BatchRef, BatchRecord, bool), Stop> {
    let index: Option<NumberRecord> = tx.load(&key::batch_number(product_no, &operation.batch_no))?;
    let Some(index) = index else {
        let batch = BatchRecord {
            version: 1,
            batch_no: operation.batch_no.clone(),
            made_on: operation.made_on,
            expires_on: operation.expires_on,
            opened_on: tx.today(),
            workshop: operation.workshop.clone(),
            line: operation.line.clone(),
            producer: tx.principal,
            declared_units: operation.declared_units,
            units: 0,
            packages: 0,
            incomplete: 0,
            producer_released: false,
            released: false,
            test: TestState::Untested,
            tested_by: None,
            laboratory: None,
            documents: 0,
            holds: Holds::NONE,
            history: History::default(),
        };
        return Ok((BatchRef { product: product_no, number: product.batches.saturating_add(1) }, batch, true));
    };
    let reference = BatchRef { product: product_no, number: index.number };
    let batch: BatchRecord = tx.must_load(&key::batch(reference))?;
    if batch.producer != tx.principal {
        return Err(not_producer(tx, product).into());
    }
    let fields = [
        ("made_on", batch.made_on.to_string(), operation.made_on.to_string()),
        ("expires_on", batch.expires_on.to_string(), operation.expires_on.to_string()),
        ("declared_units", batch.declared_units.to_string(), operation.declared_units.to_string()),
        ("workshop", batch.workshop.clone(), operation.workshop.clone()),
        ("line", batch.line.clone(), operation.line.clone()),
    ];
    for (field, expected, actual) in fields {
        if expected != actual {
            return Err(Rejection::BatchDiffers { batch: batch.batch_no, field, expected, actual }.into());
        }
    }
    if batch.released {
        return Err(Rejection::BatchClosed { batch: batch.batch_no }.into());
    }
    Ok((reference, batch, false))
}

/// What is known of a prefix, read once a bill.
struct Prefix {
    record: PrefixRecord,
    allocation: Option<AllocationRecord>,
}

/// Each code by itself; returns the level of each.
fn check_codes(
    tx: &mut Tx,
    operation: &Commission,
    number: ProductNo,
    product: &ProductRecord,
) -> Result<BTreeMap<UnitKey, u8>, Stop> {
    let mut level_of = BTreeMap::new();
    let mut prefixes: BTreeMap<String, Prefix> = BTreeMap::new();
    for unit in &operation.units {
        let code = unit.code;
        if level_of.insert(code, unit.level).is_some() {
            return Err(Rejection::CodeRepeated { code }.into());
        }
        if matches!(code, UnitKey::Sscc(_)) {
            check_logistic(tx, unit)?;
            continue;
        }
        let text = code.prefix().unwrap_or_default();
        if !prefixes.contains_key(&text) {
            let found: Option<PrefixRecord> = tx.load(&key::prefix(&text))?;
            let record = found.ok_or_else(|| Rejection::UnknownPrefix { code, prefix: text.clone() })?;
            if record.product == number {
                require_coding_rule(tx, product, &text)?;
            }
            let allocation = tx.load(&key::allocation(&text))?;
            prefixes.insert(text.clone(), Prefix { record, allocation });
        }
        let Some(prefix) = prefixes.get(&text) else { continue };
        if prefix.record.product != number {
            let (expected, actual) = (operation.product_id.0.clone(), tx.product(prefix.record.product)?.master.id.0);
            return Err(Rejection::WrongProduct { code, expected, actual }.into());
        }
        if prefix.record.level != unit.level {
            return Err(Rejection::WrongLevel { code, expected: prefix.record.level, actual: unit.level }.into());
        }
        check_free(tx, code, prefix.allocation.as_ref())?;
    }
    Ok(level_of)
}

/// An SSCC has no prefix: it is a logistic package of any level above the smallest.
fn check_logistic(tx: &Tx, unit: &CommissionedUnit) -> Result<(), Stop> {
    if !(2..=LEVELS_MAX).contains(&unit.level) {
        return Err(Rejection::WrongLevel { code: unit.code, expected: LEVELS_MAX, actual: unit.level }.into());
    }
    check_free(tx, unit.code, None)
}

/// Parents inside the bill: H1 (levels) and H8 (room). Cycles cannot be: a parent's level is above its child's.
fn check_bonds(work: &Work, level_of: &BTreeMap<UnitKey, u8>) -> Result<(), Rejection> {
    for unit in &work.ordered {
        let Some(parent) = unit.parent else { continue };
        let Some(actual) = level_of.get(&parent) else { continue };
        check_level(work, unit, parent, *actual)?;
        let packed = work.packed.get(&parent).copied().unwrap_or(0);
        let capacity = capacity_of(work, parent, *actual);
        if packed > capacity {
            return Err(Rejection::ParentFull { code: parent, expected: capacity, actual: packed });
        }
    }
    Ok(())
}

fn capacity_of(work: &Work, code: UnitKey, level: u8) -> u32 {
    if matches!(code, UnitKey::Sscc(_)) { LOGISTIC_CHILDREN_MAX } else { work.product.capacity(level) }
}

/// H1: into the product's next level, or into an SSCC of any level above; an SSCC only into an SSCC.
fn check_level(work: &Work, child: &CommissionedUnit, parent: UnitKey, actual: u8) -> Result<(), Rejection> {
    let expected = work.product.level_above(child.level).unwrap_or(0);
    let fits = match (parent, child.code) {
        (UnitKey::Sscc(_), _) => child.level < actual,
        (_, UnitKey::Sscc(_)) => false,
        _ => expected == actual,
    };
    if !fits {
        return Err(Rejection::ParentLevel { code: child.code, expected, actual });
    }
    Ok(())
}

fn open_batch(tx: &mut Tx, work: &mut Work, rework: Option<u32>) {
    work.product.batches = work.reference.number;
    tx.store(key::product(work.reference.product), &work.product);
    let index = NumberRecord { version: 1, number: work.reference.number };
    tx.store(key::batch_number(work.reference.product, &work.operation.batch_no), &index);
    let body = BatchOpened {
        batch_no: work.operation.batch_no.clone(),
        made_on: work.operation.made_on,
        expires_on: work.operation.expires_on,
        declared_units: work.operation.declared_units,
    };
    tx.event(Subject::Batch(work.reference), &mut work.batch.history, EventBody::BatchOpened(body));
    if let Some(units) = rework {
        let event = EventBody::BatchReworked(BatchReworked { units });
        tx.event(Subject::Batch(work.reference), &mut work.batch.history, event);
    }
}

/// Children for a package that an earlier bill made: H2–H4, H8.
fn fill_existing(tx: &mut Tx, work: &mut Work, parent: UnitKey) -> Result<Bond, Stop> {
    let of_parent = |u: &&CommissionedUnit| u.parent == Some(parent);
    let Some(child) = work.ordered.iter().find(of_parent).copied() else {
        return Err(Stop::View(crate::state::ViewError::Damaged));
    };
    let standing = load_standing(tx, &parent)?;
    let standing = standing.ok_or(Rejection::ParentUnknown { code: child.code, actual: parent })?;
    let mut record = standing.unit.clone();
    let logistic = matches!(parent, UnitKey::Sscc(_));
    if !logistic && record.batch.product != work.reference.product {
        let (expected, actual) = (work.operation.product_id.0.clone(), tx.product(record.batch.product)?.master.id.0);
        return Err(Rejection::WrongProduct { code: parent, expected, actual }.into());
    }
    let level_checks =
        work.ordered.iter().filter(of_parent).try_for_each(|c| check_level(work, c, parent, record.level));
    level_checks?;
    if standing.custodian() != tx.principal {
        let expected = tx.organisation_record(standing.custodian())?.id.clone();
        let actual = tx.organisation.id.clone();
        return Err(Rejection::NotCustodian { code: parent, expected, actual }.into());
    }
    if standing.stored_lifecycle() != Lifecycle::InStock {
        let actual = standing.stored_lifecycle().name();
        return Err(Rejection::WrongState { code: parent, expected: Lifecycle::InStock.name(), actual }.into());
    }
    if standing.own_holds() != Holds::NONE {
        return Err(Rejection::Held { code: parent, actual: standing.own_holds().to_string() }.into());
    }
    if !is_first_use(&standing) {
        check_owner(tx, child.code, standing.root().kept_for, work.made_for)?;
    }
    let moved = work.packed.get(&parent).copied().unwrap_or(0);
    let room = record.content.as_mut().ok_or(Stop::View(crate::state::ViewError::Damaged))?;
    let was_incomplete = room.is_incomplete();
    let children = room.children.saturating_add(moved);
    if children > room.capacity {
        return Err(Rejection::ParentFull { code: parent, expected: room.capacity, actual: children }.into());
    }
    let known = record.batch == work.reference || room.batches.iter().any(|s| s.batch == work.reference);
    if !known && !room.remainder {
        let home: BatchRecord = tx.must_load(&key::batch(record.batch))?;
        let (expected, actual) = (home.batch_no, work.operation.batch_no.clone());
        return Err(Rejection::ParentBatch { code: parent, expected, actual }.into());
    }
    room.children = children;
    let completed = was_incomplete && !room.is_incomplete();
    widen(room, work, parent, work.units.get(&parent).copied().unwrap_or(0))?;
    match completed {
        true if record.batch == work.reference => work.batch.incomplete = work.batch.incomplete.saturating_sub(1),
        // 合箱: the package is of another batch.
        true => work.others.changed(record.batch, true, false),
        false => {}
    }
    let mut history = record.history;
    tx.event(Subject::Unit(parent), &mut history, EventBody::Packed(Repacked { moved, children }));
    record.history = history;
    let instance = record.content.as_ref().map_or(1, |c| c.instance);
    // What is made now was not bought of anybody: the whole goes back to nobody (G3).
    let outermost = standing.root_code();
    if outermost == parent {
        record.legs.clear();
        record.kept_for = work.made_for;
    }
    tx.store(key::unit(&parent), &record);
    let units = work.units.get(&parent).copied().unwrap_or(0);
    for (outer, mut around) in standing.ancestors {
        if outer == outermost {
            around.legs.clear();
        }
        let content = around.content.as_mut().ok_or(Stop::View(crate::state::ViewError::Damaged))?;
        widen(content, work, outer, units)?;
        tx.store(key::unit(&outer), &around);
    }
    Ok(Bond { parent, instance, history })
}

/// What a package knows about its contents grows with the units of the bill.
fn widen(content: &mut Content, work: &Work, code: UnitKey, units: u32) -> Result<(), Rejection> {
    // An empty package brings nothing of its batch along.
    if units > 0 {
        content.add(work.reference, units).map_err(|expected| Rejection::TooManyBatches { code, expected })?;
    }
    content.earliest_expiry = content.earliest_expiry.min(work.operation.expires_on);
    content.classes |= class_bit(work.product.master.class);
    Ok(())
}

/// Writes the new records, outermost first, so that each child's bond holds its parent's chain.
fn create(tx: &mut Tx, work: &mut Work, mut bonds: BTreeMap<UnitKey, Bond>) {
    for unit in std::mem::take(&mut work.ordered) {
        let packed = work.packed.get(&unit.code).copied().unwrap_or(0);
        let bond = unit.parent.and_then(|p| bonds.get(&p).copied());
        let mut history = History::default();
        let body = Commissioned { batch: work.reference, level: unit.level, packed, parent: bond };
        tx.event(Subject::Unit(unit.code), &mut history, EventBody::Commissioned(body));
        let content = (unit.level > 1).then(|| Content {
            instance: 1,
            children: packed,
            capacity: capacity_of(work, unit.code, unit.level),
            // A logistic package never waits for being full.
            remainder: unit.remainder || matches!(unit.code, UnitKey::Sscc(_)),
            batches: shares_of(work, unit.code),
            earliest_expiry: work.operation.expires_on,
            classes: class_bit(work.product.master.class),
            held: 0,
        });
        if let Some(content) = &content {
            bonds.insert(unit.code, Bond { parent: unit.code, instance: content.instance, history });
            if content.is_incomplete() {
                work.batch.incomplete = work.batch.incomplete.saturating_add(1);
            }
        } else {
            work.batch.units = work.batch.units.saturating_add(1);
        }
        work.batch.packages = work.batch.packages.saturating_add(1);
        let parent = bond.map(|b| Membership { parent: b.parent, instance: b.instance });
        let new = new_record(tx, unit.level, work.reference, history);
        let record = UnitRecord { parent, content, kept_for: work.made_for, ..new };
        tx.store(key::unit(&unit.code), &record);
    }
}

/// What is inside a new package: units of this batch, if any.
fn shares_of(work: &Work, code: UnitKey) -> Vec<Share> {
    match work.units.get(&code) {
        Some(units) => vec![Share { batch: work.reference, units: *units }],
        None => Vec::new(),
    }
}

fn close_bill(tx: &mut Tx, work: Work) -> Result<(), Stop> {
    let mut batch = work.batch;
    if batch.units > batch.declared_units {
        let (expected, actual) = (batch.declared_units, batch.units);
        return Err(Rejection::CountExceeded { batch: batch.batch_no, expected, actual }.into());
    }
    let packages = u32::try_from(work.operation.units.len()).unwrap_or(u32::MAX);
    let mut history = batch.history;
    let body = BatchFilled { packages, units: batch.units };
    tx.event(Subject::Batch(work.reference), &mut history, EventBody::BatchFilled(body));
    batch.history = history;
    tx.store(key::batch(work.reference), &batch);
    work.others.close(tx)
}
