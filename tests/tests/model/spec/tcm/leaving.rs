//! Ends of a lot: dispensed, written off, sampled, destroyed, exported, used in a production batch.

use super::super::registry::{Capacity, with};
use super::super::{FirmNo, Model, Verdict, ensure};
use super::lots::Act;
use super::{REGULATORS, Stage};
use bencao_chaincode::registry::FilingKind;
use bencao_chaincode::tcm::{LotHoldReason, LotKind};
use bencao_chaincode::transaction::{DestroyLot, DispenseLots, ExportLot, SampleLot, UseLots, WriteOffLot};
use bencao_genesis::Role::{Hospital, Pharmacy};
use bencao_genesis::{DrugClass, LicenceKind};

const DISPENSERS: [Capacity; 2] =
    [with(Hospital, LicenceKind::MedicalInstitution), with(Pharmacy, LicenceKind::DrugRetail)];

impl Model {
    pub(crate) fn dispense_lots(&mut self, by: FirmNo, bill: &DispenseLots) -> Verdict {
        self.with_role(by, &[Hospital, Pharmacy])?;
        let lots = self.inputs(by, &bill.lines, Act::Dispense)?;
        for (name, line) in lots.iter().zip(&bill.lines) {
            let product = self.lot(name).product.filter(|_| self.lot(name).kind == LotKind::Piece);
            let product = product.ok_or("lot_kind_differs")?;
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

    pub(crate) fn destroy_lot(&mut self, by: FirmNo, bill: &DestroyLot) -> Verdict {
        let name = self.own_lot(by, &bill.lot, Act::Destroy)?;
        self.past(bill.destroyed_on)?;
        self.after_made(&name, bill.destroyed_on)?;
        // What is evidence stays.
        let by_authority = |reason: &LotHoldReason| *reason != LotHoldReason::QualitySuspect;
        ensure(!self.lot(&name).holds.keys().any(by_authority), "lot_held")?;
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
        let (mut garden_mg, mut total_mg, mut grown) = self.herbs.fed.get(&key).cloned().unwrap_or_default();
        for (name, used) in lots.iter().zip(&bill.inputs) {
            self.passed(name)?;
            let pieces = self.products[product].class == DrugClass::DecoctionPiece;
            ensure(!pieces || self.lot(name).product == Some(product), "lots_differ")?;
            total_mg += used.weight_mg;
            garden_mg += if self.lot(name).garden { used.weight_mg } else { 0 };
            grown.extend(self.lot(name).origins.iter().map(|o| o.region));
        }
        self.use_up(&lots, &bill.inputs)?;
        self.herbs.fed.insert(key, (garden_mg, total_mg, grown));
        Ok(())
    }
}
