//! Lots made of lots.

use super::super::{Draft, Generator};
use super::tcm_code;
use crate::cast::*;
use crate::spec::Model;
use crate::spec::tcm::{Lot, LotName, Stage, is_crude};
use bencao_chaincode::UnitKey;
use bencao_chaincode::tcm::*;
use bencao_chaincode::transaction::*;
use bencao_crypto::sm3;
use bencao_genesis::{CalendarDate, ProductId};

impl Generator {
    pub(crate) fn process_at_origin(&mut self, model: &Model) -> Draft {
        // Now and then 饮片, which no longer are crude herb.
        let piece = self.random.one_in(15);
        let usable = |l: &Lot| {
            let right = if piece { l.kind == LotKind::Piece } else { is_crude(l.kind) };
            right && l.way.is_none() && l.mg.stock() > 0
        };
        let Some((owner, inputs)) = self.uses(model, 2, usable) else { return self.harvest(model) };
        let input: u64 = inputs.iter().map(|u| u.weight_mg).sum();
        let output = (input * self.random.pick(&[30, 60, 100, 4]) / 100).max(1);
        let bill = ProcessAtOrigin {
            lot_no: self.local(),
            inputs,
            method: "晾晒".into(),
            weight_mg: output,
            loss_mg: (input - output) + u64::from(self.random.one_in(15)),
            done_on: self.on(model),
            operator: sm3(b"person"),
        };
        (self.mostly(model, owner), Operation::ProcessAtOrigin(bill))
    }

    pub(crate) fn blend(&mut self, model: &Model) -> Draft {
        let usable = |l: &Lot| l.mg.stock() > 0 && l.way.is_none() && l.kind != LotKind::Seed;
        let Some((owner, inputs)) = self.uses(model, 3, usable) else { return self.harvest(model) };
        if inputs.len() < 2 {
            return self.harvest(model);
        }
        let input: u64 = inputs.iter().map(|u| u.weight_mg).sum();
        let loss_mg = match self.random.below(12) {
            0 => input,
            1 => input / 5,
            _ => input / 100,
        };
        let bill = BlendLots { lot_no: self.local(), inputs, loss_mg, done_on: self.on(model) };
        (self.mostly(model, owner), Operation::BlendLots(bill))
    }

    pub(super) fn a_part(&mut self, model: &Model, name: &LotName) -> LotPart {
        let outermost: Vec<(UnitKey, u64)> = model
            .herbs
            .packets
            .iter()
            .filter(|(_, p)| p.lot == *name && p.inside.is_none())
            .map(|(c, p)| (*c, p.mg))
            .collect();
        let mut packs = Vec::new();
        let mut weight_mg = self.mg(model, name);
        if !outermost.is_empty() && !self.random.one_in(4) {
            let (code, mg) = self.random.pick(&outermost);
            packs.push(code);
            weight_mg = mg + u64::from(self.random.one_in(12));
        }
        if self.random.one_in(25) {
            let all: Vec<UnitKey> = model.herbs.packets.keys().copied().collect();
            packs.push(self.random.pick_or(&all, tcm_code(1)));
        }
        LotPart { lot_no: self.local(), weight_mg, packs }
    }

    pub(crate) fn split(&mut self, model: &Model) -> Draft {
        let found = self.some_lot(model, |l| l.mg.stock() > 1 && l.way.is_none() && l.stage != Stage::Seedling);
        let Some((name, owner)) = found else { return self.harvest(model) };
        let mut parts = vec![self.a_part(model, &name)];
        if self.random.one_in(4) {
            parts.push(self.a_part(model, &name));
        }
        let bill = SplitLot { lot: self.lot_id(model, &name), parts };
        (self.mostly(model, owner), Operation::SplitLot(bill))
    }

    pub(crate) fn process_pieces(&mut self, model: &Model) -> Draft {
        let product = self.random.pick(&["HH", "HH", "HH", "HO", "D"]);
        let maker = if product == "HO" { H } else { PIECES };
        let right = move |l: &Lot| l.owner == maker && l.passed == Some(true) && l.mg.stock() > 0 && l.way.is_none();
        let Some((owner, inputs)) = self.uses(model, 2, right) else { return self.ship_lots(model) };
        let input: u64 = inputs.iter().map(|u| u.weight_mg).sum();
        let auxiliaries = match self.random.below(3) {
            0 => {
                let name = if self.random.one_in(12) { "红 花粉" } else { "黄酒" };
                vec![Auxiliary { name: name.into(), weight_mg: 1 + input / 20 }]
            }
            _ => Vec::new(),
        };
        let whole = input + auxiliaries.iter().map(|a| a.weight_mg).sum::<u64>();
        let output = (whole * self.random.pick(&[60, 80, 100, 20]) / 100).max(1);
        let made_on = self.on(model);
        let best_before = match self.random.below(12) {
            0 => None,
            1 => Some(made_on),
            2 => Some(CalendarDate::from_days(made_on.days() + 2)),
            _ => Some(CalendarDate::from_days(made_on.days() + 700)),
        };
        let step = |method| ProcessStep { method, details: String::new(), operator: sm3(b"person") };
        let bill = ProcessPieces {
            lot_no: self.local(),
            product_id: ProductId(if self.random.one_in(30) { "UNKNOWN" } else { product }.into()),
            inputs,
            auxiliaries,
            steps: vec![step(Method::Picking), step(Method::ThinSlice), step(Method::FryYellow)],
            weight_mg: output,
            loss_mg: (whole - output) + u64::from(self.random.one_in(15)),
            made_on,
            best_before,
            technologist: sm3(b"1"),
            manager: sm3(b"2"),
            quality_person: sm3(b"3"),
        };
        let by = if self.random.one_in(8) { owner } else { maker };
        (self.mostly(model, by), Operation::ProcessPieces(bill))
    }
}
