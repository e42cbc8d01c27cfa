//! Ends of a lot: dispensed, written off, sampled, destroyed, exported, used in a production batch.

use super::super::quality::Hold;
use super::super::registry::{Capacity, with};
use super::super::{FirmNo, Model, ProductNo, Verdict, ensure};
use super::lots::Act;
use super::{Fed, REGULATORS, Stage, TRACED_FROM, day, is_crude};
use bencao_chaincode::registry::FilingKind;
use bencao_chaincode::tcm::LotKind;
use bencao_chaincode::transaction::{DestroyLot, DispenseLots, ExportLot, SampleLot, UseLots, WriteOffLot};
use bencao_genesis::Role::{Hospital, Pharmacy};
use bencao_genesis::{CalendarDate, DrugClass, LicenceKind};
use std::collections::BTreeSet;

const DISPENSERS: [Capacity; 2] =
    [with(Hospital, LicenceKind::MedicalInstitution), with(Pharmacy, LicenceKind::DrugRetail)];

impl Model {
    pub(crate) fn dispense_lots(&mut self, by: FirmNo, bill: &DispenseLots) -> Verdict {
        self.with_role(by, &[Hospital, Pharmacy])?;
        let lots = self.inputs(by, &bill.lines, Act::Dispense)?;
        for (name, line) in lots.iter().zip(&bill.lines) {
            let product = self.lot(name).product.expect("饮片 have one");
            self.passed(name)?;
            self.licensed(by, product, &DISPENSERS, "piece_route")?;
            self.take(name, line.weight_mg, Stage::Dispensed, |m| &mut m.sold)?;
        }
        Ok(())
    }

    pub(crate) fn write_off(&mut self, by: FirmNo, bill: &WriteOffLot) -> Verdict {
        let name = self.own_lot(by, &bill.lot, Act::WriteOff)?;
        self.take(&name, bill.weight_mg, Stage::Consumed, |m| &mut m.lost)
    }

    pub(crate) fn sample_lot(&mut self, by: FirmNo, bill: &SampleLot) -> Verdict {
        self.with_role(by, REGULATORS)?;
        let name = self.lot_name(&bill.lot)?;
        self.in_order(&name, Act::Sample)?;
        let lot = self.lot(&name);
        self.answers_for(by, &[self.firms[lot.owner].region, lot.region])?;
        self.take(&name, bill.weight_mg, Stage::Consumed, |m| &mut m.sampled)
    }

    pub(crate) fn destroy_lot(&mut self, by: FirmNo, bill: &DestroyLot, witness: Option<FirmNo>) -> Verdict {
        let name = self.own_lot(by, &bill.lot, Act::Destroy)?;
        self.past(bill.destroyed_on)?;
        self.after_made(&name, bill.destroyed_on)?;
        // What is frozen goes before an authority only, what is recalled before a notary too.
        let holds = self.holds_of_lot(&name);
        let frozen = holds.iter().any(|h| matches!(h, Hold::Freeze | Hold::LicenceLock));
        let recalled = holds.iter().any(|h| matches!(h, Hold::Recall(_)));
        let authority = witness.is_some_and(|w| self.regulates(w, &[self.firms[by].region]));
        let suffices = if frozen { authority } else { !recalled || witness.is_some() };
        ensure(suffices, "lot_countersignature_required")?;
        self.take(&name, self.lot(&name).mg.stock(), Stage::Destroyed, |m| &mut m.destroyed)
    }

    pub(crate) fn export_lot(&mut self, by: FirmNo, bill: &ExportLot) -> Verdict {
        let name = self.own_lot(by, &bill.lot, Act::Export)?;
        self.fresh(&name)?;
        self.passed(&name)?;
        let piece = self.lot(&name).kind == LotKind::Piece;
        let class = if piece { DrugClass::DecoctionPiece } else { DrugClass::CrudeHerb };
        for kind in [FilingKind::ExportProcessor, FilingKind::ExportBase, FilingKind::ExportDocument] {
            let entries = self.filings.get(&(by, kind)).map(Vec::as_slice).unwrap_or_default();
            let on_file = entries.iter().any(|e| e.counts(self.today()) && e.covers(class));
            ensure(on_file, "export_filing_required")?;
        }
        self.take(&name, bill.weight_mg, Stage::Exported, |m| &mut m.sold)
    }

    pub(crate) fn use_lots(&mut self, by: FirmNo, bill: &UseLots) -> Verdict {
        let batch = self.batch(&bill.product_id, &bill.batch_no)?;
        ensure(self.batches[batch].producer == by, "not_producer")?;
        ensure(!self.batches[batch].released, "batch_closed")?;
        let product = self.batches[batch].product;
        let lots = self.inputs(by, &bill.inputs, Act::UseInBatch)?;
        let key = (product, bill.batch_no.clone());
        let mut fed = self.herbs.fed.get(&key).cloned().unwrap_or_default();
        for (name, used) in lots.iter().zip(&bill.inputs) {
            self.passed(name)?;
            let pieces = self.products[product].class == DrugClass::DecoctionPiece;
            ensure(!pieces || self.lot(name).product == Some(product), "lots_differ")?;
            let herbs = self.products[product].class == DrugClass::CrudeHerb;
            ensure(!herbs || is_crude(self.lot(name).kind), "lot_kind_differs")?;
            if herbs {
                // Of one herb, and no other than its name says (Art. 98).
                let herb = self.lot(name).herb.clone();
                ensure(fed.herb.as_ref().is_none_or(|known| *known == herb), "lots_differ")?;
                ensure(self.herbs.herbs[&herb].name == self.products[product].generic_name, "another_herb")?;
                fed.herb = Some(herb);
            }
            if self.lot(name).product == Some(product) {
                fed.best_before = fed.best_before.into_iter().chain(self.lot(name).best_before).min();
            }
            fed.lots.insert(*name);
            fed.total_mg += used.weight_mg;
            fed.garden_mg += if self.lot(name).garden { used.weight_mg } else { 0 };
            fed.grown.extend(self.lot(name).origins.iter().map(|o| o.region));
        }
        self.use_up(&lots, &bill.inputs)?;
        self.herbs.fed.insert(key, fed);
        Ok(())
    }

    /// Rule 13: goods that are reworked keep their origins. `from`: the batches that they had been.
    pub(crate) fn carry_lots(&mut self, product: ProductNo, from: &BTreeSet<String>, into: &str) {
        let known = from.iter().filter_map(|number| self.herbs.fed.get(&(product, number.clone())).cloned());
        let carried = known.reduce(|mut all, fed| {
            all.lots.extend(fed.lots);
            all.grown.extend(fed.grown);
            (all.garden_mg, all.total_mg) = (all.garden_mg + fed.garden_mg, all.total_mg + fed.total_mg);
            all.best_before = all.best_before.into_iter().chain(fed.best_before).min();
            all.herb = all.herb.or(fed.herb);
            all
        });
        // Of herbs it is told, too, that no lots are known.
        let herbs = matches!(self.products[product].class, DrugClass::DecoctionPiece | DrugClass::CrudeHerb);
        if let Some(mut fed) = carried.or_else(|| herbs.then(Fed::default)) {
            fed.reworked = true;
            self.herbs.fed.insert((product, into.to_owned()), fed);
        }
    }

    /// What these batches were made of goes into one: 药材 of one herb.
    pub(crate) fn of_one_herb(&self, product: ProductNo, batches: &BTreeSet<String>) -> Verdict {
        let fed = batches.iter().filter_map(|number| self.herbs.fed.get(&(product, number.clone())));
        let herbs: BTreeSet<&String> = fed.filter_map(|fed| fed.herb.as_ref()).collect();
        ensure(herbs.len() <= 1, "lots_differ")
    }

    /// The earliest 保质期 of what is in these batches.
    pub(crate) fn keeping(&self, product: ProductNo, batches: &BTreeSet<String>) -> Option<CalendarDate> {
        let fed = batches.iter().filter_map(|number| self.herbs.fed.get(&(product, number.clone())));
        fed.filter_map(|fed| fed.best_before).min()
    }

    /// A batch lives no longer than the first of its lots.
    pub(crate) fn lots_keep(&self, product: ProductNo, batch: &str, expires_on: CalendarDate) -> Verdict {
        let term = self.keeping(product, &BTreeSet::from([batch.to_owned()]));
        ensure(term.is_none_or(|term| expires_on <= term), "expiry_beyond_lots")
    }

    /// Rule 8: what is held in a lot does not come out of a batch. Owners of what is left of it are not asked.
    pub(crate) fn lots_are_free(&self, product: ProductNo, batch: &str) -> Verdict {
        let Some(fed) = self.herbs.fed.get(&(product, batch.to_owned())) else { return Ok(()) };
        ensure(fed.lots.iter().all(|lot| self.holds_of_goods(lot).is_empty()), "lot_held")
    }

    /// 饮片 and 药材 that are traced are made of lots, unless they were made abroad.
    pub(crate) fn lots_declared(
        &self,
        product: ProductNo,
        batch: &str,
        opened_on: CalendarDate,
        imported: bool,
    ) -> Verdict {
        let traced = match self.products[product].class {
            DrugClass::DecoctionPiece => true,
            DrugClass::CrudeHerb => opened_on >= day(TRACED_FROM),
            _ => false,
        };
        let known = self.herbs.fed.contains_key(&(product, batch.to_owned()));
        ensure(!traced || imported || known, "batch_lots_required")
    }

    /// M4: so many packages of so many grams come out of no less; one part in a hundred more is forgiven.
    pub(crate) fn packages_weigh(&self, product: ProductNo, batch: &str, units: u32) -> Verdict {
        let Some(fed) = self.herbs.fed.get(&(product, batch.to_owned())).filter(|fed| !fed.reworked) else {
            return Ok(());
        };
        let milligrams = (self.products[product].content * u64::from(units)).div_ceil(10);
        ensure(100 * milligrams <= 101 * fed.total_mg, "batch_weight")
    }
}
