//! Labels and packages.

use super::super::{Draft, Generator};
use super::tcm_code;
use crate::spec::Model;
use bencao_chaincode::UnitKey;
use bencao_chaincode::tcm::*;
use bencao_chaincode::transaction::*;
use bencao_crypto::sm3;

impl Generator {
    pub(crate) fn pack_lot(&mut self, model: &Model) -> Draft {
        let found = self.some_lot(model, |l| l.mg.stock() > l.packed && l.way.is_none() && l.kind != LotKind::Seed);
        let Some((name, owner)) = found else { return self.harvest(model) };
        let lot = model.herbs.lots[&name].clone();
        let mut places: Vec<String> = lot.origins.iter().map(|o| o.place.clone()).collect();
        places.dedup();
        let loose = lot.mg.stock() - lot.packed;
        let each = (loose / 4).max(1);
        let mut packs = Vec::new();
        let shape = self.random.below(4);
        for _ in 0..1 + self.random.below(2) {
            let code = self.packet();
            packs.push(PackedCode { code, kind: PackKind::Bag, weight_mg: each, parent: None });
        }
        if shape == 0 {
            let parent = self.packet();
            packs.iter_mut().for_each(|p| p.parent = Some(parent));
            let weight_mg = each * packs.len() as u64;
            let kind = if self.random.one_in(5) { PackKind::Bag } else { PackKind::Box };
            let weight_mg = if self.random.one_in(5) { weight_mg * 2 } else { weight_mg };
            packs.push(PackedCode { code: parent, kind, weight_mg, parent: None });
        }
        match self.random.below(25) {
            0 => packs[0].weight_mg = loose + 1,
            1 => packs.push(packs[0]),
            2 => packs[0].parent = Some(tcm_code(9_999)),
            3 => packs.clear(),
            _ => {}
        }
        let piece = lot.kind == LotKind::Piece;
        let label = Label {
            name: "红花".into(),
            specification: if piece { "统货".into() } else { String::new() },
            origin: if self.random.one_in(15) { "别处".into() } else { format!("新疆{}", places.join("、")) },
            date: lot.made_on,
            supplier: "供货单位".into(),
            quality_mark: !self.random.one_in(25),
            standard: match self.random.below(25) {
                0 => "中国药典2020".into(),
                _ => lot.standard.clone(),
            },
            storage: if piece { "阴凉".into() } else { String::new() },
            best_before: lot.best_before,
            gap_audit: Some(sm3(b"audit")).filter(|_| self.random.one_in(if lot.gap { 2 } else { 20 })),
        };
        let bill = PackLot { lot: self.lot_id(model, &name), label, packs };
        (self.mostly(model, owner), Operation::PackLot(bill))
    }

    fn packet(&mut self) -> UnitKey {
        let serial = self.serials.entry("TCM".into()).or_default();
        *serial += 1;
        let serial = *serial;
        tcm_code(if self.random.one_in(40) { 1 } else { serial })
    }
}
