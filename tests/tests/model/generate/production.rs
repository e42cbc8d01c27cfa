//! Bills of the line and the packing table.

use super::{Draft, Generator, PACKAGES_MAX, code20, sscc};
use crate::cast::*;
use crate::spec::{Model, State, Unit, production::is_sscc};
use bencao_chaincode::UnitKey;
use bencao_chaincode::production::QualityDocumentKind;
use bencao_chaincode::transaction::*;
use bencao_genesis::{CalendarDate, DrugClass, ProductId};

impl Generator {
    /// Mostly the plain product; each of the others now and then.
    fn product(&mut self, model: &Model) -> usize {
        if self.random.one_in(2) { 0 } else { self.random.below(model.products.len()) }
    }

    fn product_id(&mut self, model: &Model, product: usize) -> ProductId {
        match self.random.below(60) {
            0 => ProductId("UNKNOWN".into()),
            1 => model.products[self.random.below(model.products.len())].id.clone(),
            _ => model.products[product].id.clone(),
        }
    }

    /// A code that nobody has used, of a level of the product.
    fn new_code(&mut self, model: &Model, product: usize, level: u8) -> UnitKey {
        let prefixes = &model.products[product].packages;
        let (prefix, _, _) = prefixes.iter().find(|(_, l, _)| *l == level).unwrap_or(&prefixes[0]);
        let ranges: Vec<(u64, u64)> =
            model.production.ranges.iter().filter(|(p, _, _)| p == prefix).map(|(_, from, to)| (*from, *to)).collect();
        if !ranges.is_empty() && !self.random.one_in(10) {
            let (from, to) = self.random.pick(&ranges);
            return code20(prefix, from + self.random.below((to - from + 1) as usize) as u64);
        }
        let serial = self.serials.entry(prefix.clone()).or_insert(1_000_000);
        *serial += 1;
        code20(prefix, *serial)
    }

    fn new_sscc(&mut self) -> UnitKey {
        let serial = self.serials.entry("SSCC".into()).or_default();
        *serial += 1;
        sscc(*serial)
    }

    pub(crate) fn commission(&mut self, model: &Model) -> Draft {
        if model.units.len() > PACKAGES_MAX && !self.random.one_in(8) {
            return self.ship(model);
        }
        let open: Vec<usize> = (0..model.batches.len()).filter(|b| !model.batches[*b].released).collect();
        let again = !open.is_empty() && self.random.one_in(4);
        let known = if again { Some(&model.batches[self.random.pick(&open)]) } else { None };
        let reworked: Vec<(usize, String)> = model.production.rework.keys().cloned().collect();
        let product = match known {
            Some(batch) => batch.product,
            None => self.product(model),
        };
        let mut count = 1 + self.random.below(6) as u32;
        let mut bill = match known {
            Some(batch) => Commission {
                product_id: self.product_id(model, product),
                batch_no: batch.number.clone(),
                made_on: batch.made_on,
                expires_on: batch.expires_on,
                declared_units: batch.declared_units,
                workshop: batch.workshop.clone(),
                line: batch.line.clone(),
                units: Vec::new(),
            },
            None => {
                self.batches += 1;
                let made = model.today().days() - self.random.below(30) as u32;
                let life = self.random.pick(&[3, 40, 40, 330, 333, 333, 333, 336]);
                Commission {
                    product_id: self.product_id(model, product),
                    batch_no: format!("B{}", self.batches),
                    made_on: CalendarDate::from_days(made),
                    expires_on: CalendarDate::from_days(made + 30 + life),
                    declared_units: count + self.random.pick(&[0, 0, 0, 0, 0, 3]),
                    workshop: "一车间".into(),
                    line: "1".into(),
                    units: Vec::new(),
                }
            }
        };
        if known.is_none() && self.random.one_in(6) && !reworked.is_empty() {
            let (of, number) = self.random.pick(&reworked);
            if of == product {
                // As many as went in, or not.
                let units = model.production.rework[&(of, number.clone())].units;
                count = units.clamp(1, count.max(4));
                (bill.batch_no, bill.declared_units) = (number, units.max(1) + u32::from(self.random.one_in(8)));
            }
        }
        self.packages(model, product, count, &mut bill);
        match self.random.below(40) {
            0 => bill.made_on = CalendarDate::from_days(model.today().days() + 1),
            1 => bill.expires_on = bill.made_on,
            2 => bill.declared_units = (bill.declared_units - 1).max(1),
            3 => bill.line = "2".into(),
            4 => bill.expires_on = CalendarDate::from_days(bill.expires_on.days() + 1),
            _ => {}
        }
        let by = match known {
            Some(batch) => batch.producer,
            None => {
                let of = &model.products[product];
                let responsible = model.production.responsible.get(&of.holder).copied();
                self.random.pick(&[of.producer, of.producer, of.holder, responsible.unwrap_or(of.producer)])
            }
        };
        (self.mostly(model, by), Operation::Commission(bill))
    }

    /// Boxes of a bill, alone or in packages of one of the usual shapes; now and then something wrong with one.
    fn packages(&mut self, model: &Model, product: usize, count: u32, bill: &mut Commission) {
        let unit = |code, level, parent, remainder| CommissionedUnit { code, level, parent, remainder };
        let shape = self.random.below(8);
        let mut outer = Vec::new();
        if (2..=4).contains(&shape) {
            for n in 0..count.div_ceil(4) {
                let full = (n + 1) * 4 <= count;
                let code = self.new_code(model, product, 2);
                outer.push(unit(code, 2, None, !full && !self.random.one_in(10)));
            }
        }
        if shape == 4 {
            let carton = self.new_code(model, product, 3);
            outer.iter_mut().for_each(|case| case.parent = Some(carton));
            let remainder = outer.len() < 2 && !self.random.one_in(10);
            outer.push(unit(carton, 3, None, remainder));
        }
        let around = match shape {
            5 => Some(self.code(model, |_, u| u.level > 1 && u.state == State::InStock)),
            6 => {
                let code = self.new_sscc();
                let level = self.random.pick(&[2, 2, 3, 4, 5, 1]);
                outer.push(unit(code, level, None, false));
                Some(code)
            }
            7 if self.random.one_in(3) => {
                // An empty case for an existing package.
                let code = self.new_code(model, product, 2);
                let parent = self.code(model, |_, u| u.level > 2 && u.state == State::InStock);
                bill.units.push(unit(code, 2, Some(parent), true));
                None
            }
            _ => None,
        };
        for n in 0..count {
            let code = self.new_code(model, product, 1);
            let case = outer.iter().filter(|u| u.level == 2 && !is_sscc(&u.code)).nth(n as usize / 4).map(|u| u.code);
            bill.units.push(unit(code, 1, case.or(around), false));
        }
        bill.units.extend(outer);
        let which = self.random.below(bill.units.len());
        match self.random.below(60) {
            0 => bill.units[which].level = 1 + self.random.below(4) as u8,
            1 => bill.units[which].code = self.code(model, |_, _| true),
            2 => bill.units[which].code = self.unheard_of(),
            3 => bill.units.push(bill.units[which]),
            4 => bill.units[which].parent = Some(self.code(model, |_, u| u.level > 1)),
            5 => bill.units[which].parent = Some(self.unheard_of()),
            6 => {
                let voided: Vec<UnitKey> = model.production.voided.iter().copied().collect();
                bill.units[which].code = self.random.pick_or(&voided, bill.units[which].code);
            }
            7 => {
                let parent = bill.units[0].parent;
                bill.units.iter_mut().filter(|u| u.level == 1).for_each(|u| u.parent = parent);
            }
            8 => {
                let parent = bill.units.last().map(|u| u.code);
                bill.units[0].parent = parent.filter(|p| *p != bill.units[0].code);
            }
            _ => {}
        }
    }

    pub(crate) fn release(&mut self, model: &Model) -> Draft {
        let open: Vec<usize> = (0..model.batches.len()).filter(|b| !model.batches[*b].released).collect();
        let any: Vec<usize> = (0..model.batches.len()).collect();
        let batch = if self.random.one_in(12) { self.random.pick_or(&any, 0) } else { self.random.pick_or(&open, 0) };
        let Some(known) = model.batches.get(batch) else { return self.commission(model) };
        let product = &model.products[known.product];
        let vaccine = product.class == DrugClass::Vaccine;
        let imported = product.approval_number.contains('J') || model.firms[product.holder].is_abroad();
        let papers = ImportClearance {
            port: "阿拉山口".into(),
            clearance_no: "通关单1".into(),
            declaration_no: "报关单1".into(),
            origin: "KZ".into(),
            inspection_report: Some(self.digest()).filter(|_| !self.random.one_in(5)),
            permit: String::new(),
        };
        let bill = Release {
            bill_type: self.random.pick(&[101, 101, 101, 119]),
            product_id: self.product_id(model, known.product),
            batch_no: if self.random.one_in(50) { "B0".into() } else { known.number.clone() },
            declared_units: known.declared_units + u32::from(self.random.one_in(50)),
            lot_release: if vaccine && !self.random.one_in(3) { "批签1".into() } else { String::new() },
            quality_file: None,
            import: Some(papers).filter(|_| imported != self.random.one_in(8)),
        };
        let responsible = model.production.responsible.get(&product.holder).copied();
        let by = self.random.pick(&[product.holder, known.producer, responsible.unwrap_or(product.holder)]);
        (self.mostly(model, by), Operation::Release(bill))
    }

    pub(crate) fn allocate(&mut self, model: &Model) -> Draft {
        let product = if self.random.one_in(20) { 0 } else { 2 };
        let known = &model.products[product];
        let prefix = self.random.pick(&known.packages).0;
        let (mut ranges, mut codes) = (Vec::new(), Vec::new());
        if self.random.one_in(2) {
            let from = self.random.below(40) as u64 * 10;
            ranges.push(CodeRange { prefix: prefix.clone(), from, to: from + 9 });
        } else {
            let voided: Vec<UnitKey> = model.production.voided.iter().copied().collect();
            codes.push(match self.random.below(5) {
                0 => self.code(model, |_, _| true),
                1 => self.random.pick_or(&voided, code20(&prefix, 500)),
                _ => code20(&prefix, 500 + self.random.below(40) as u64),
            });
        }
        if self.random.one_in(20) {
            ranges.push(CodeRange { prefix: "8123456".into(), from: 1, to: 2 });
        }
        if self.random.one_in(20) {
            codes.extend(codes.clone());
        }
        let by = self.mostly(model, known.holder);
        (by, Operation::AllocateCodes(AllocateCodes { product_id: self.product_id(model, product), ranges, codes }))
    }

    pub(crate) fn pack(&mut self, model: &Model) -> Draft {
        let mut codes = self.codes(model, |_, u| u.state == State::InStock);
        // In one house of different owners.
        let differ = |u: &Unit, other: &Unit| other.custodian == u.custodian && other.kept_for != u.kept_for;
        let stock = || model.units.iter().filter(|(_, u)| u.state == State::InStock);
        let pairs = stock().flat_map(|(c, u)| stock().filter(|(_, o)| differ(u, o)).map(|(other, _)| [*c, *other]));
        let pairs: Vec<[UnitKey; 2]> = pairs.collect();
        if !pairs.is_empty() && !self.random.one_in(4) {
            codes = self.random.pick(&pairs).to_vec();
        }
        let by = self.custodian(model, &codes);
        let level = codes.iter().filter_map(|c| model.units.get(c)).map(|u| u.level).max().unwrap_or(1);
        let parent = match self.random.below(4) {
            0 => self.new_sscc(),
            _ => self.code(model, |c, u| {
                (u.level == level + 1 || is_sscc(c)) && u.custodian == by && u.state == State::InStock
            }),
        };
        (self.mostly(model, by), Operation::Pack(Pack { parent, codes }))
    }

    pub(crate) fn void(&mut self, model: &Model) -> Draft {
        let label = self.random.one_in(3);
        let product = if label && !self.random.one_in(4) { 2 } else { self.product(model) };
        let codes = match label {
            true => {
                let prefix = self.random.pick(&model.products[product].packages).0;
                vec![code20(&prefix, 500 + self.random.below(60) as u64)]
            }
            false => self.codes(model, |c, u| !model.is_released(c) && model.batches[u.batch].product == product),
        };
        let by = self.mostly(model, model.products[product].producer);
        let (product_id, reason) = (self.product_id(model, product), "废标".into());
        (by, Operation::VoidCodes(VoidCodes { product_id, reason, codes }))
    }

    pub(crate) fn replace(&mut self, model: &Model) -> Draft {
        let mut replacements = Vec::new();
        let makes = |u: &crate::spec::Unit| model.batches[u.batch].producer == u.custodian;
        let mut by = M;
        for _ in 0..1 + self.random.below(2) {
            let old = self.code(model, |_, u| u.level == 1 && makes(u) && !u.state.is_terminal());
            let Some(unit) = model.units.get(&old) else { continue };
            by = unit.custodian;
            let product = model.batches[unit.batch].product;
            let new = match self.random.below(10) {
                0 => self.code(model, |_, _| true),
                1 => {
                    let other = self.product(model);
                    self.new_code(model, other, unit.level)
                }
                2 => self.new_code(model, product, 2),
                3 => self.unheard_of(),
                _ => self.new_code(model, product, unit.level),
            };
            replacements.push(Replacement { old, new });
        }
        if replacements.is_empty() {
            return self.commission(model);
        }
        (self.mostly(model, by), Operation::ReplaceCodes(ReplaceCodes { reason: "标签破损".into(), replacements }))
    }

    pub(crate) fn rework(&mut self, model: &Model) -> Draft {
        let makes = |u: &crate::spec::Unit| model.batches[u.batch].producer == u.custodian;
        let codes = self.codes(model, |_, u| makes(u) && matches!(u.state, State::InStock | State::Blocked));
        let product = codes.iter().find_map(|c| model.units.get(c)).map_or(0, |u| model.batches[u.batch].product);
        let into_batch = if self.random.one_in(8) { "B1".into() } else { format!("R{}", self.random.below(5)) };
        let by = self.mostly(model, model.products[product].producer);
        let (product_id, reason) = (self.product_id(model, product), "更换标签".into());
        (by, Operation::Rework(Rework { product_id, into_batch, reason, codes }))
    }

    pub(crate) fn contract(&mut self, model: &Model) -> Draft {
        let product = self.random.pick(&[7, 7, 7, 8, 0]);
        let today = model.today().days();
        let days = self.random.pick(&[5, 400, 400]);
        let bill = RegisterContract {
            product_id: self.product_id(model, product),
            producer: self.somebody(&[MAKER, MAKER, MAKER, MAKER, M]),
            agreement: self.digest(),
            valid_from: CalendarDate::from_days(today - 1),
            valid_to: CalendarDate::from_days(today + days),
        };
        (self.mostly(model, model.products[product].holder), Operation::RegisterContract(bill))
    }

    /// Product, number and who may file something of a batch.
    fn some_batch(&mut self, model: &Model) -> (ProductId, String, usize) {
        let open: Vec<usize> = (0..model.batches.len()).filter(|b| !model.batches[*b].released).collect();
        let batch = model.batches.get(self.random.pick_or(&open, 0));
        let product = batch.map_or(0, |b| b.product);
        let number = batch.filter(|_| !self.random.one_in(20)).map_or("B0".into(), |b| b.number.clone());
        let named = batch.and_then(|b| b.tested_by.or(b.laboratory)).unwrap_or(LAB);
        let holder = model.products[product].holder;
        let by = self.random.pick(&[holder, holder, named, named, LAB, REG]);
        (self.product_id(model, product), number, by)
    }

    pub(crate) fn request_batch_test(&mut self, model: &Model) -> Draft {
        let (product_id, batch_no, by) = self.some_batch(model);
        let laboratory = self.somebody(&[LAB, LAB, LAB, CERT]);
        (self.mostly(model, by), Operation::RequestBatchTest(RequestBatchTest { product_id, batch_no, laboratory }))
    }

    pub(crate) fn test(&mut self, model: &Model) -> Draft {
        let (product_id, batch_no, by) = self.some_batch(model);
        let (passed, report) = (!self.random.one_in(6), self.digest());
        (self.mostly(model, by), Operation::RecordBatchTest(RecordBatchTest { product_id, batch_no, passed, report }))
    }

    pub(crate) fn file(&mut self, model: &Model) -> Draft {
        let (product_id, batch_no, by) = self.some_batch(model);
        let (kind, digest) = (QualityDocumentKind::BatchRecord, self.digest());
        let bill = FileQualityDocument { product_id, batch_no, kind, number: String::new(), digest };
        (self.mostly(model, by), Operation::FileQualityDocument(bill))
    }

    pub(crate) fn responsible(&mut self, model: &Model) -> Draft {
        let organisation = self.somebody(&[IMPORTER, IMPORTER, W, ABROAD]);
        let authorisation = self.digest();
        let bill = NameResponsible { organisation, authorisation };
        (self.mostly(model, ABROAD), Operation::NameResponsible(bill))
    }
}
