//! Ends of a lot.

use super::super::{Draft, Generator};
use crate::cast::*;
use crate::spec::Model;
use crate::spec::tcm::{Lot, Stage};
use bencao_chaincode::tcm::*;
use bencao_chaincode::transaction::*;
use bencao_crypto::sm3;

impl Generator {
    pub(crate) fn dispense_lots(&mut self, model: &Model) -> Draft {
        let right = |l: &Lot| l.kind == LotKind::Piece && [H, P2, P, W].contains(&l.owner) && l.mg.stock() > 0;
        let Some((owner, lines)) = self.uses(model, 1, right) else { return self.process_pieces(model) };
        let (prescription, patient) = (sm3(b"prescription"), Some(sm3(b"patient")));
        let bill = DispenseLots { prescription, patient, doses: 7, decoction: true, lines };
        (self.mostly(model, owner), Operation::DispenseLots(bill))
    }

    pub(crate) fn write_off(&mut self, model: &Model) -> Draft {
        let Some((name, owner)) = self.some_lot(model, |l| l.mg.stock() > 0) else { return self.harvest(model) };
        let weight_mg = self.mg(model, &name);
        let bill = WriteOffLot { lot: self.lot_id(model, &name), weight_mg, reason: LossReason::Mould };
        (self.mostly(model, owner), Operation::WriteOffLot(bill))
    }

    pub(crate) fn sample_lot(&mut self, model: &Model) -> Draft {
        let Some((name, _)) = self.some_lot(model, |l| l.mg.stock() > 0) else { return self.harvest(model) };
        let weight_mg = self.mg(model, &name).min(1_000);
        let bill = SampleLot { lot: self.lot_id(model, &name), weight_mg, document: sm3(b"sampling") };
        let by = self.random.pick(&[REG, CITY, SAMR, ELSEWHERE]);
        (self.mostly(model, by), Operation::SampleLot(bill))
    }

    pub(crate) fn lot_destruction(&mut self, model: &Model) -> Option<(usize, DestroyLot)> {
        let stage = self.random.below(3);
        let (name, owner) = self.some_lot(model, |l| {
            let right = match stage {
                0 => true,
                1 => !l.holds.is_empty(),
                _ => l.stage == Stage::Blocked,
            };
            right && l.mg.stock() > 0
        })?;
        let bill = DestroyLot {
            lot: self.lot_id(model, &name),
            reason: LossReason::Mould,
            executor: sm3(b"1"),
            supervisor: sm3(b"2"),
            destroyed_on: self.on(model),
            document: sm3(b"destruction"),
        };
        Some((owner, bill))
    }

    pub(crate) fn destroy_lot(&mut self, model: &Model) -> Draft {
        let Some((owner, bill)) = self.lot_destruction(model) else { return self.harvest(model) };
        (self.mostly(model, owner), Operation::DestroyLot(bill))
    }

    pub(crate) fn export_lot(&mut self, model: &Model) -> Draft {
        let right = |l: &Lot| l.passed == Some(true) && l.owner == PIECES && l.mg.stock() > 0;
        let Some((name, owner)) = self.some_lot(model, right) else { return self.harvest(model) };
        let bill = ExportLot {
            lot: self.lot_id(model, &name),
            weight_mg: self.mg(model, &name),
            country: "KZ".into(),
            customs_declaration: "3101".into(),
            processor_filing: "F1".into(),
            base_filing: "F2".into(),
            sanitary_system: sm3(b"1"),
            trace_policy: sm3(b"2"),
        };
        (self.mostly(model, owner), Operation::ExportLot(bill))
    }

    pub(crate) fn use_lots(&mut self, model: &Model) -> Draft {
        let open: Vec<usize> = (0..model.batches.len()).filter(|b| !model.batches[*b].released).collect();
        let name = |b: &usize| model.products[model.batches[*b].product].id.0.as_str();
        let herbal = |b: &usize| matches!(name(b), "HH" | "HO" | "ZY" | "C");
        let herbal: Vec<usize> = open.iter().copied().filter(herbal).collect();
        let any = self.random.pick_or(&open, 0);
        let Some(batch) = model.batches.get(self.random.pick_or(&herbal, any)) else { return self.commission(model) };
        let maker = batch.producer;
        let right = move |l: &Lot| l.passed == Some(true) && l.owner == maker && l.mg.stock() > 0;
        let Some((_, mut inputs)) = self.uses(model, 2, right) else { return self.harvest(model) };
        if self.random.one_in(4) {
            // Of a few packages only.
            inputs.iter_mut().for_each(|used| used.weight_mg = 1 + self.random.below(20_000) as u64);
        }
        let bill = UseLots {
            product_id: model.products[batch.product].id.clone(),
            batch_no: if self.random.one_in(20) { "B0".into() } else { batch.number.clone() },
            inputs,
        };
        (self.mostly(model, maker), Operation::UseLots(bill))
    }
}
