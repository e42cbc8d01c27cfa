//! T1–T3, T15: codes are allocated, commissioned, packed, released, voided, replaced and reworked (§3.6, §3.9).

use super::quality::Hold;
use super::registry::MAKERS;
use super::{
    Batch, BatchNo, Condition, FirmNo, Leg, Model, ProductNo, Refusal, State, Unit, Verdict, codes_differ, ensure,
};
use bencao_chaincode::UnitKey;
use bencao_chaincode::transaction::*;
use bencao_genesis::{CalendarDate, DrugClass, ProductId, Role};
use std::collections::{BTreeMap, BTreeSet};

/// What production has on paper besides batches and packages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Papers {
    /// Ranges of serials allocated under a prefix, both ends in them.
    pub(crate) ranges: Vec<(String, u64, u64)>,
    /// Codes allocated one by one.
    pub(crate) listed: BTreeSet<UnitKey>,
    /// Codes voided that were never commissioned.
    pub(crate) voided: BTreeSet<UnitKey>,
    /// Contract producer of a product: first and last day.
    pub(crate) contracts: BTreeMap<(ProductNo, FirmNo), (CalendarDate, CalendarDate)>,
    /// Who acts here for a holder abroad.
    pub(crate) responsible: BTreeMap<FirmNo, FirmNo>,
    /// What went into rework for a batch.
    pub(crate) rework: BTreeMap<(ProductNo, String), InRework>,
}

/// What went into rework for one batch.
#[derive(Clone, Debug)]
pub(crate) struct InRework {
    /// Smallest units.
    pub(crate) units: u32,
    /// The earliest expiry, and 保质期 of herbs.
    expires_on: CalendarDate,
    /// Numbers of their batches.
    from: BTreeSet<String>,
    /// Any of it was recalled.
    recalled: bool,
}

/// Most batches in one package.
const BATCHES_MAX: usize = 4;
/// Highest level of a package.
const LEVELS: u8 = 5;

pub(crate) fn is_sscc(code: &UnitKey) -> bool {
    matches!(code, UnitKey::Sscc(_))
}

/// The 13 digits after the prefix.
fn serial(code: &UnitKey) -> Option<u64> {
    code.canonical().strip_prefix("T20:")?.get(7..)?.parse().ok()
}

/// Last day of the twelve months that begin on a day: the term of every product of the cast.
fn a_year_less_a_day(made: CalendarDate) -> CalendarDate {
    let (year, month, day) = made.parts();
    match CalendarDate::new(year + 1, month, day) {
        Some(same) => CalendarDate::from_days(same.days() - 1),
        None => CalendarDate::new(year + 1, 2, 28).expect("a day"),
    }
}

impl Model {
    /// The holder, or who is responsible here for a holder abroad.
    pub(crate) fn acts_for_holder(&self, by: FirmNo, product: ProductNo) -> bool {
        by == self.products[product].holder || self.is_responsible(by, product)
    }

    fn is_responsible(&self, by: FirmNo, product: ProductNo) -> bool {
        let holder = self.products[product].holder;
        self.firms[holder].is_abroad() && self.production.responsible.get(&holder) == Some(&by)
    }

    pub(crate) fn batch(&self, id: &ProductId, number: &str) -> Result<BatchNo, Refusal> {
        let product = self.product(id)?;
        self.find_batch(product, number).ok_or("unknown_batch")
    }

    pub(crate) fn find_batch(&self, product: ProductNo, number: &str) -> Option<BatchNo> {
        self.batches.iter().position(|b| b.product == product && b.number == number)
    }

    /// Smallest units commissioned and not voided.
    pub(crate) fn units_of(&self, batch: BatchNo) -> u32 {
        let units = self.units.values().filter(|u| u.batch == batch && u.level == 1 && u.state != State::Voided);
        units.count() as u32
    }

    /// Packages neither full nor marked 零头.
    pub(crate) fn incomplete(&self, batch: BatchNo) -> usize {
        // What has ended waits for nothing; what is inside it was not looked at.
        let ended = |u: &Unit| u.inside.is_none() && u.state.is_terminal() && u.state != State::Dispensed;
        let packages = self.units.iter().filter(|(_, u)| u.batch == batch && u.level > 1 && !ended(u));
        packages.filter(|(c, u)| !u.remainder && (self.children(c).len() as u32) < u.capacity).count()
    }

    // T1

    pub(crate) fn allocate(&mut self, by: FirmNo, bill: &AllocateCodes) -> Verdict {
        let product = self.product(&bill.product_id)?;
        self.makes(by, product)?;
        for range in &bill.ranges {
            let mut prefixes = self.products[product].packages.iter();
            ensure(prefixes.any(|(p, _, _)| *p == range.prefix), "prefix_not_of_product")?;
            let overlaps = |(prefix, from, to): &(String, u64, u64)| {
                *prefix == range.prefix && *from <= range.to && range.from <= *to
            };
            ensure(!self.production.ranges.iter().any(overlaps), "serial_allocated")?;
            self.production.ranges.push((range.prefix.clone(), range.from, range.to));
        }
        codes_differ(&bill.codes)?;
        for code in &bill.codes {
            ensure(self.prefix(code).is_some_and(|(of, _)| of == product), "prefix_not_of_product")?;
            let seen = self.production.listed.contains(code)
                || self.production.voided.contains(code)
                || self.units.contains_key(code);
            ensure(!self.in_range(code) && !seen, "code_allocated")?;
            self.production.listed.insert(*code);
        }
        Ok(())
    }

    fn makes(&self, by: FirmNo, product: ProductNo) -> Verdict {
        ensure(self.acts_for_holder(by, product) || by == self.products[product].producer, "not_producer")
    }

    fn in_range(&self, code: &UnitKey) -> bool {
        let (Some(prefix), Some(serial)) = (code.prefix(), serial(code)) else { return false };
        self.production.ranges.iter().any(|(p, from, to)| *p == prefix && (*from..=*to).contains(&serial))
    }

    fn is_allocated(&self, code: &UnitKey) -> bool {
        self.in_range(code) || self.production.listed.contains(code)
    }

    /// C2: never used before, nor voided; and allocated, if any code of the prefix is.
    fn free(&self, code: &UnitKey) -> Verdict {
        ensure(!self.units.contains_key(code), "code_exists")?;
        ensure(!self.production.voided.contains(code), "code_was_voided")?;
        self.allocated_if_any(code)
    }

    fn allocated_if_any(&self, code: &UnitKey) -> Verdict {
        let Some(prefix) = code.prefix() else { return Ok(()) };
        let ranges = self.production.ranges.iter().any(|(p, _, _)| *p == prefix);
        let listed = self.production.listed.iter().any(|c| c.prefix().as_ref() == Some(&prefix));
        ensure(!(ranges || listed) || self.is_allocated(code), "code_not_allocated")
    }

    // T2

    pub(crate) fn commission(&mut self, by: FirmNo, bill: &Commission) -> Verdict {
        let product = self.product(&bill.product_id)?;
        if !self.is_responsible(by, product) {
            self.makes(by, product)?;
            self.licensed(by, product, &MAKERS, "not_producer")?;
        }
        self.under_contract(by, product)?;
        ensure(bill.made_on <= self.today(), "made_in_future")?;
        ensure(bill.expires_on > bill.made_on, "expiry_before_production")?;
        ensure(bill.expires_on <= a_year_less_a_day(bill.made_on), "expiry_beyond_term")?;
        let batch = match self.find_batch(product, &bill.batch_no) {
            Some(batch) => {
                let known = &self.batches[batch];
                ensure(known.producer == by, "not_producer")?;
                let same = known.made_on == bill.made_on
                    && known.expires_on == bill.expires_on
                    && known.declared_units == bill.declared_units
                    && known.workshop == bill.workshop
                    && known.line == bill.line;
                ensure(same, "batch_differs")?;
                ensure(!known.released, "batch_closed")?;
                batch
            }
            None => self.open_batch(by, product, bill)?,
        };
        let variety = self.variety_holds_of(&self.batches[batch]);
        let held = [&self.batches[batch].holds, &self.products[product].holds, &variety, &self.firms[by].holds];
        ensure(held.iter().all(|holds| holds.is_empty()), "held")?;
        self.check_codes(by, product, bill)?;
        self.check_bonds(product, bill)?;
        self.fill_packages(by, product, batch, bill)?;
        let made_for = self.made_for(by, product);
        for unit in &bill.units {
            let new = self.new_unit(by, batch, unit.code, unit.level, unit.remainder);
            self.units.insert(unit.code, Unit { kept_for: made_for, ..new });
        }
        for unit in &bill.units {
            self.units.get_mut(&unit.code).expect("new").inside = unit.parent;
        }
        // What is made now was not bought of anybody.
        let packed: Vec<UnitKey> = bill.units.iter().filter(|u| u.parent.is_some()).map(|u| u.code).collect();
        for code in packed {
            let root = *self.around(&code).last().expect("it has a parent");
            self.each(&root, |u| {
                u.bought.clear();
                u.kept_for = made_for;
            });
        }
        ensure(self.units_of(batch) <= bill.declared_units, "count_exceeded")
    }

    /// What is made under contract is the holder's from the first.
    fn made_for(&self, by: FirmNo, product: ProductNo) -> Option<FirmNo> {
        Some(self.products[product].holder).filter(|_| !self.acts_for_holder(by, product))
    }

    fn open_batch(&mut self, by: FirmNo, product: ProductNo, bill: &Commission) -> Result<BatchNo, Refusal> {
        let known = &self.products[product];
        self.product_standard(by, known.holder, known.class, &known.standard, bill.made_on)?;
        if let Some(rework) = self.production.rework.get(&(product, bill.batch_no.clone())).cloned() {
            // Rule 12: what went in comes out.
            ensure(bill.declared_units == rework.units, "batch_differs")?;
            ensure(bill.expires_on <= rework.expires_on, "rework_expiry")?;
            self.carry_lots(product, &rework.from, &bill.batch_no);
        }
        self.batches.push(Batch {
            product,
            number: bill.batch_no.clone(),
            made_on: bill.made_on,
            expires_on: bill.expires_on,
            opened_on: self.today(),
            workshop: bill.workshop.clone(),
            line: bill.line.clone(),
            producer: by,
            declared_units: bill.declared_units,
            producer_released: false,
            released: false,
            test_passed: None,
            tested_by: None,
            laboratory: None,
            holds: BTreeSet::new(),
        });
        Ok(self.batches.len() - 1)
    }

    /// A contract producer needs a contract in force, and a class that may be made under one (Art. 32).
    fn under_contract(&self, by: FirmNo, product: ProductNo) -> Verdict {
        if self.acts_for_holder(by, product) {
            return Ok(());
        }
        may_be_contracted(self.products[product].class)?;
        let contract = self.production.contracts.get(&(product, by));
        ensure(contract.is_some_and(|(from, to)| (*from..=*to).contains(&self.today())), "no_contract")
    }

    fn check_codes(&self, by: FirmNo, product: ProductNo, bill: &Commission) -> Verdict {
        let mut seen = BTreeSet::new();
        for unit in &bill.units {
            ensure(seen.insert(unit.code), "code_repeated")?;
            if is_sscc(&unit.code) {
                ensure((2..=LEVELS).contains(&unit.level), "wrong_level")?;
            } else {
                let (of, level) = self.prefix(&unit.code).ok_or("unknown_prefix")?;
                if of == product {
                    self.coding_filed(by, product, &unit.code.prefix().expect("it has one"))?;
                }
                ensure(of == product, "wrong_product")?;
                ensure(level == unit.level, "wrong_level")?;
            }
            self.free(&unit.code)?;
        }
        Ok(())
    }

    /// H1: into the product's next level, or into an SSCC of any level above; an SSCC into an SSCC only.
    fn levels_fit(&self, product: ProductNo, child: (UnitKey, u8), parent: (UnitKey, u8)) -> bool {
        match (is_sscc(&parent.0), is_sscc(&child.0)) {
            (true, _) => child.1 < parent.1,
            (false, true) => false,
            (false, false) => self.products[product].level_above(child.1) == Some(parent.1),
        }
    }

    /// H1 and H8 among the packages of the bill, from the outermost.
    fn check_bonds(&self, product: ProductNo, bill: &Commission) -> Verdict {
        let mut ordered: Vec<&CommissionedUnit> = bill.units.iter().collect();
        ordered.sort_by_key(|u| std::cmp::Reverse(u.level));
        for unit in ordered {
            let parent = bill.units.iter().find(|u| Some(u.code) == unit.parent);
            let Some(parent) = parent else { continue };
            let fits = self.levels_fit(product, (unit.code, unit.level), (parent.code, parent.level));
            ensure(fits, "parent_level")?;
            let packed = bill.units.iter().filter(|u| u.parent == unit.parent).count() as u32;
            ensure(packed <= self.capacity(product, &parent.code, parent.level), "parent_full")?;
        }
        Ok(())
    }

    fn capacity(&self, product: ProductNo, code: &UnitKey, level: u8) -> u32 {
        // 100 000 for a logistic package.
        if is_sscc(code) { 100_000 } else { self.products[product].capacity(level) }
    }

    /// H2–H4, H8 for packages that an earlier bill made.
    fn fill_packages(&self, by: FirmNo, product: ProductNo, batch: BatchNo, bill: &Commission) -> Verdict {
        let made_for = self.made_for(by, product);
        let new: BTreeSet<UnitKey> = bill.units.iter().map(|u| u.code).collect();
        let outside: BTreeSet<UnitKey> =
            bill.units.iter().filter_map(|u| u.parent).filter(|p| !new.contains(p)).collect();
        // Smallest units that earlier packages of this bill bring into those around.
        let mut entered: BTreeMap<UnitKey, u32> = BTreeMap::new();
        for parent in outside {
            let mut ordered: Vec<&CommissionedUnit> = bill.units.iter().filter(|u| u.parent == Some(parent)).collect();
            ordered.sort_by_key(|u| std::cmp::Reverse(u.level));
            let known = self.units.get(&parent).ok_or("parent_unknown")?;
            let home = &self.batches[known.batch];
            ensure(is_sscc(&parent) || home.product == product, "wrong_product")?;
            for child in &ordered {
                let fits = self.levels_fit(product, (child.code, child.level), (parent, known.level));
                ensure(fits, "parent_level")?;
            }
            ensure(known.custodian == by, "not_custodian")?;
            ensure(known.state == State::InStock, "wrong_state")?;
            ensure(self.holds_on_package(&parent).is_empty(), "held")?;
            let was_empty = self.children(&parent).is_empty() && known.inside.is_none();
            ensure(was_empty || known.kept_for == made_for, "owners_differ")?;
            let children = self.children(&parent).len() + ordered.len();
            ensure(children as u32 <= known.capacity, "parent_full")?;
            let is_home = known.batch == batch || self.units_in(&parent).contains_key(&batch);
            ensure(is_home || known.remainder, "parent_batch")?;
            let units = units_below(bill, parent);
            for around in std::iter::once(parent).chain(self.around(&parent)) {
                *entered.entry(around).or_default() += units;
                let mut batches: BTreeSet<BatchNo> = self.units_in(&around).into_keys().collect();
                if entered[&around] > 0 {
                    batches.insert(batch);
                }
                ensure(batches.len() <= BATCHES_MAX, "too_many_batches")?;
            }
        }
        Ok(())
    }

    fn new_unit(&self, by: FirmNo, batch: BatchNo, code: UnitKey, level: u8, remainder: bool) -> Unit {
        Unit {
            level,
            batch,
            inside: None,
            state: State::InStock,
            custodian: by,
            way: None,
            holds: BTreeSet::new(),
            import_rejected: false,
            sale: None,
            bought: Vec::new(),
            kept_for: None,
            condition: Condition::Sound,
            capacity: if level == 1 { 0 } else { self.capacity(self.batches[batch].product, &code, level) },
            remainder: level > 1 && (remainder || is_sscc(&code)),
        }
    }

    // T3

    pub(crate) fn release(&mut self, by: FirmNo, bill: &Release) -> Verdict {
        let product = self.product(&bill.product_id)?;
        let found = self.find_batch(product, &bill.batch_no);
        let by_holder = self.acts_for_holder(by, product);
        ensure(by_holder || found.is_some_and(|b| self.batches[b].producer == by), "not_holder")?;
        if !self.is_responsible(by, product) {
            self.licensed(by, product, &MAKERS, "role_not_allowed")?;
        }
        let number = found.ok_or("unknown_batch")?;
        let batch = &self.batches[number];
        ensure(!batch.released, "already_released")?;
        ensure(batch.declared_units == bill.declared_units, "batch_differs")?;
        ensure(self.units_of(number) == batch.declared_units, "count_incomplete")?;
        ensure(self.incomplete(number) == 0, "packages_incomplete")?;
        let variety = self.variety_holds_of(batch);
        let held = [&batch.holds, &self.products[product].holds, &variety, &self.firms[by].holds];
        ensure(held.iter().all(|holds| holds.is_empty()), "batch_held")?;
        self.lots_are_free(product, &bill.batch_no)?;
        ensure(batch.test_passed != Some(false), "test_failed")?;
        if !by_holder {
            ensure(!batch.producer_released, "already_released")?;
            self.batches[number].producer_released = true;
            return Ok(());
        }
        let class = self.products[product].class;
        ensure(class != DrugClass::Vaccine || !bill.lot_release.is_empty(), "lot_release_required")?;
        let tested = matches!(class, DrugClass::DecoctionPiece | DrugClass::CrudeHerb);
        // As a batch, or each lot that went into it.
        let fed = self.herbs.fed.get(&(product, bill.batch_no.clone())).is_some_and(|fed| !fed.lots.is_empty());
        ensure(!tested || batch.test_passed == Some(true) || fed, "test_required")?;
        self.lots_declared(product, &bill.batch_no, batch.opened_on, self.is_imported(product))?;
        if tested {
            self.packages_weigh(product, &bill.batch_no, self.units_of(number))?;
            self.lots_keep(product, &bill.batch_no, batch.expires_on)?;
        }
        let made_elsewhere = batch.producer != by && batch.producer != self.products[product].holder;
        ensure(!made_elsewhere || batch.producer_released, "producer_release_required")?;
        let released_here = !self.firms[by].is_abroad();
        match &bill.import {
            None => ensure(!(self.is_imported(product) && released_here), "import_clearance_required")?,
            Some(papers) => {
                let inspected = matches!(class, DrugClass::Biological | DrugClass::Vaccine | DrugClass::BloodProduct);
                let permitted =
                    matches!(class, DrugClass::Narcotic | DrugClass::PsychotropicI | DrugClass::PsychotropicII);
                ensure(!permitted || !papers.permit.is_empty(), "import_clearance_required")?;
                ensure(!inspected || papers.inspection_report.is_some(), "import_inspection_required")?;
            }
        }
        self.batches[number].released = true;
        Ok(())
    }

    /// A holder abroad, or an approval number 国药准字 with J.
    fn is_imported(&self, product: ProductNo) -> bool {
        let product = &self.products[product];
        self.firms[product.holder].is_abroad() || product.approval_number.contains('J')
    }

    // Packing by the custodian (H1–H5, H8).

    pub(crate) fn pack(&mut self, by: FirmNo, bill: &Pack) -> Verdict {
        codes_differ(&bill.codes)?;
        ensure(!bill.codes.contains(&bill.parent), "code_repeated")?;
        for code in &bill.codes {
            self.at_hand(by, code)?;
            ensure(self.units[code].state == State::InStock, "wrong_state")?;
            ensure(self.holds_on(code).is_empty() && self.firms[by].holds.is_empty(), "held")?;
            ensure(!self.holds_held_unit(code), "holds_held_unit")?;
            self.take_out(code);
        }
        self.put_in(by, bill.parent, &bill.codes)
    }

    fn put_in(&mut self, by: FirmNo, parent: UnitKey, children: &[UnitKey]) -> Verdict {
        if !self.units.contains_key(&parent) {
            ensure(is_sscc(&parent), "parent_unknown")?;
            let first = &self.units[&children[0]];
            let level = children.iter().map(|c| self.units[c].level).max().unwrap_or(1) + 1;
            ensure(level <= LEVELS, "parent_level")?;
            let unit = self.new_unit(by, first.batch, parent, level, true);
            self.units.insert(parent, unit);
        }
        let package = self.units[&parent].clone();
        ensure(package.custodian == by, "not_custodian")?;
        ensure(package.state == State::InStock, "wrong_state")?;
        ensure(self.holds_on_package(&parent).is_empty(), "held")?;
        ensure(package.level > 1, "parent_level")?;
        let was_empty = self.children(&parent).is_empty() && package.inside.is_none();
        let root = self.around(&parent).last().copied().unwrap_or(parent);
        let mut origins: Vec<Vec<Leg>> = children.iter().map(|c| self.units[c].bought.clone()).collect();
        // What is kept for one is not put together with what is kept for another.
        let owner = if was_empty { self.units[&children[0]].kept_for } else { self.units[&root].kept_for };
        ensure(children.iter().all(|c| self.units[c].kept_for == owner), "owners_differ")?;
        for code in children {
            let child = self.units[code].clone();
            let product = self.batches[child.batch].product;
            let same_product = self.batches[package.batch].product == product;
            ensure(is_sscc(&parent) || same_product, "wrong_product")?;
            let fits = self.levels_fit(product, (*code, child.level), (parent, package.level));
            ensure(fits, "parent_level")?;
            let is_home = package.batch == child.batch || self.units_in(&parent).contains_key(&child.batch);
            ensure(is_home || package.remainder, "parent_batch")?;
            self.units.get_mut(code).expect("known").inside = Some(parent);
            ensure(self.units_in(&parent).len() <= BATCHES_MAX, "too_many_batches")?;
        }
        ensure(self.children(&parent).len() as u32 <= package.capacity, "parent_full")?;
        for around in self.around(&parent) {
            ensure(self.units_in(&around).len() <= BATCHES_MAX, "too_many_batches")?;
        }
        // G3: of goods that were not all bought the same way nobody can say, as a whole, to whom they go back.
        if !was_empty {
            origins.push(self.units[&root].bought.clone());
        }
        let first = origins[0].clone();
        let bought = if origins.iter().all(|o| *o == first) { first } else { Vec::new() };
        self.each(&root, |u| {
            u.bought.clone_from(&bought);
            u.kept_for = owner;
        });
        Ok(())
    }

    // T15

    pub(crate) fn void(&mut self, by: FirmNo, bill: &VoidCodes) -> Verdict {
        let product = self.product(&bill.product_id)?;
        self.makes(by, product)?;
        codes_differ(&bill.codes)?;
        for code in &bill.codes {
            let (of, _) = self.prefix(code).ok_or("unknown_prefix")?;
            ensure(of == product, "wrong_product")?;
            if !self.units.contains_key(code) {
                ensure(!self.production.voided.contains(code), "code_was_voided")?;
                self.allocated_if_any(code)?;
                self.production.voided.insert(*code);
                continue;
            }
            ensure(self.children(code).is_empty(), "package_not_empty")?;
            if self.units[code].level == 1 {
                self.at_hand(by, code)?;
            }
            ensure(self.units[code].custodian == by, "not_custodian")?;
            let commissioned = self.units[code].state == State::InStock && !self.is_released(code);
            ensure(commissioned, "wrong_state")?;
            if self.units[code].level == 1 {
                self.may_go(by, code, false)?;
                // Nor is what was recalled scrapped under a new code.
                let batch = &self.batches[self.units[code].batch];
                let rework = self.production.rework.get(&(batch.product, batch.number.clone()));
                ensure(!rework.is_some_and(|r| r.recalled), "countersignature_required")?;
            }
            self.take_out(code);
            self.each(code, |u| u.state = State::Voided);
        }
        Ok(())
    }

    pub(crate) fn replace(&mut self, by: FirmNo, bill: &ReplaceCodes) -> Verdict {
        let codes: Vec<UnitKey> = bill.replacements.iter().flat_map(|r| [r.old, r.new]).collect();
        codes_differ(&codes)?;
        for Replacement { old, new } in &bill.replacements {
            if self.units.contains_key(old) {
                ensure(self.children(old).is_empty(), "package_not_empty")?;
            }
            self.at_hand_in(by, old, &[State::InStock, State::Blocked])?;
            let unit = self.units[old].clone();
            let product = self.batches[unit.batch].product;
            let may = self.acts_for_holder(by, product) || by == self.batches[unit.batch].producer;
            ensure(may, "not_producer")?;
            let holds = self.holds_on(old);
            ensure(!holds.contains(&Hold::Freeze) && !holds.contains(&Hold::LicenceLock), "held")?;
            // Rule 8: a code on hold itself keeps its name, or the hold would stay behind.
            ensure(self.own_holds(old).is_empty(), "held")?;
            let (of, level) = self.prefix(new).ok_or("unknown_prefix")?;
            ensure(of == product, "wrong_product")?;
            ensure(level == unit.level, "wrong_level")?;
            self.free(new)?;
            self.take_out(old);
            self.each(old, |u| u.state = State::Voided);
            self.units.insert(*new, Unit { inside: None, ..unit.clone() });
            if let Some(parent) = unit.inside {
                self.put_in(by, parent, &[*new])?;
            }
        }
        Ok(())
    }

    pub(crate) fn rework(&mut self, by: FirmNo, bill: &Rework) -> Verdict {
        let product = self.product(&bill.product_id)?;
        self.makes(by, product)?;
        ensure(self.find_batch(product, &bill.into_batch).is_none(), "batch_open")?;
        codes_differ(&bill.codes)?;
        for code in &bill.codes {
            self.at_hand_in(by, code, &[State::InStock, State::Blocked])?;
            ensure(self.products_in(code) == [product], "wrong_product")?;
            // Rule 8; relabelling under a recall is what §5.3 allows, of what is not in a package that is recalled itself.
            let mut holds = self.holds_on(code);
            holds.extend(self.holds_of_firm(by));
            ensure(holds.iter().all(|h| matches!(h, Hold::Recall(_))), "held")?;
            ensure(!self.holds_held_unit(code), "holds_held_unit")?;
            ensure(self.is_released(code), "not_released")?;
            self.not_expired(code)?;
            // T16: what a patient had in hands never comes back, under any code; nor what is to be kept cool and was too
            // warm, or broken.
            let (unit, known) = (&self.units[code], &self.products[product]);
            let sensitive = known.class == DrugClass::Vaccine || known.temperature.is_some();
            let spoiled = unit.condition == Condition::Recovered || (sensitive && unit.condition == Condition::Damaged);
            ensure(unit.sale.is_none() && !spoiled, "not_acceptable")?;
            let units: u32 = self.units_in(code).values().sum();
            let expiry = self.batches_in(code).iter().map(|b| self.batches[*b].expires_on).min().expect("one at least");
            let from: BTreeSet<String> =
                self.batches_in(code).iter().map(|b| self.batches[*b].number.clone()).collect();
            let recalled = holds.iter().any(|h| matches!(h, Hold::Recall(_)));
            let term = self.keeping(product, &from);
            let entry = self.production.rework.entry((product, bill.into_batch.clone()));
            let new = InRework { units: 0, expires_on: expiry, from: BTreeSet::new(), recalled: false };
            let sum = entry.or_insert(new);
            sum.units += units;
            sum.expires_on = term.into_iter().chain([sum.expires_on, expiry]).min().expect("two at least");
            sum.recalled |= recalled;
            sum.from.extend(from);
            let from = sum.from.clone();
            self.of_one_herb(product, &from)?;
            // Rule 12: an end that nobody sees is told.
            self.tell_if_grave(by, code, true);
            self.take_out(code);
            self.each(code, |u| u.state = State::Voided);
        }
        Ok(())
    }

    // Papers.

    pub(crate) fn register_contract(&mut self, by: FirmNo, bill: &RegisterContract) -> Verdict {
        let product = self.product(&bill.product_id)?;
        ensure(self.acts_for_holder(by, product), "not_holder")?;
        let producer = self.firm(&bill.producer).ok_or("unknown_party")?;
        ensure(producer != self.products[product].holder, "same_party")?;
        may_be_contracted(self.products[product].class)?;
        self.production.contracts.insert((product, producer), (bill.valid_from, bill.valid_to));
        Ok(())
    }

    pub(crate) fn record_test(&mut self, by: FirmNo, bill: &RecordBatchTest) -> Verdict {
        let batch = self.batch(&bill.product_id, &bill.batch_no)?;
        let known = &self.batches[batch];
        let holder = self.products[known.product].holder;
        let here = self.production.responsible.get(&holder).filter(|_| self.firms[holder].is_abroad());
        let regions = [self.firms[holder].region, self.firms[*here.unwrap_or(&holder)].region];
        let regulator = self.regulates(by, &regions);
        // What failed fails until who found it, or a regulator, finds otherwise.
        let failed = known.test_passed == Some(false);
        let own = failed && known.tested_by == Some(by) && self.firms[by].is(Role::Laboratory);
        if !regulator && !own {
            self.may_file(by, batch)?;
            ensure(!failed, "test_failure_stands")?;
        }
        let known = &mut self.batches[batch];
        (known.test_passed, known.tested_by) = (Some(bill.passed), Some(by));
        Ok(())
    }

    pub(crate) fn request_batch_test(&mut self, by: FirmNo, bill: &RequestBatchTest) -> Verdict {
        let batch = self.batch(&bill.product_id, &bill.batch_no)?;
        ensure(self.made_by(by, batch), "not_producer")?;
        let laboratory = self.firm(&bill.laboratory).ok_or("unknown_party")?;
        ensure(self.firms[laboratory].is(Role::Laboratory), "role_required")?;
        self.batches[batch].laboratory = Some(laboratory);
        Ok(())
    }

    pub(crate) fn file_document(&mut self, by: FirmNo, bill: &FileQualityDocument) -> Verdict {
        let batch = self.batch(&bill.product_id, &bill.batch_no)?;
        self.may_file(by, batch)
    }

    fn made_by(&self, firm: FirmNo, batch: BatchNo) -> bool {
        self.acts_for_holder(firm, self.batches[batch].product) || self.batches[batch].producer == firm
    }

    /// Holder, producer or the laboratory that they named.
    fn may_file(&self, by: FirmNo, batch: BatchNo) -> Verdict {
        if self.made_by(by, batch) {
            return Ok(());
        }
        ensure(self.firms[by].is(Role::Laboratory), "not_producer")?;
        ensure(self.batches[batch].laboratory == Some(by), "batch_laboratory_not_named")
    }

    pub(crate) fn name_responsible(&mut self, by: FirmNo, bill: &NameResponsible) -> Verdict {
        ensure(self.firms[by].is_abroad(), "not_abroad")?;
        let named = self.firm(&bill.organisation).ok_or("unknown_party")?;
        ensure(!self.firms[named].is_abroad(), "not_domestic")?;
        self.production.responsible.insert(by, named);
        Ok(())
    }
}

/// 《药品管理法》 Art. 32
fn may_be_contracted(class: DrugClass) -> Verdict {
    use DrugClass::*;
    let never = matches!(class, BloodProduct | Narcotic | PsychotropicI | PsychotropicII | MedicalToxic | Precursor);
    ensure(!never, "contract_forbidden")
}

/// Smallest units that a bill puts below a package, at whatever depth.
fn units_below(bill: &Commission, parent: UnitKey) -> u32 {
    let mut count = 0;
    for unit in bill.units.iter().filter(|u| u.level == 1) {
        let mut next = unit.parent;
        for _ in 0..LEVELS {
            let Some(code) = next else { break };
            if code == parent {
                count += 1;
                break;
            }
            next = bill.units.iter().find(|u| u.code == code).and_then(|u| u.parent);
        }
    }
    count
}
