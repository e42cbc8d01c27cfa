//! 包装: labels and packages.

use super::super::{FirmNo, Model, Verdict, ensure};
use super::lots::Act;
use super::{Packet, Stage, within};
use bencao_chaincode::tcm::{LotKind, PackKind};
use bencao_chaincode::transaction::PackLot;
use std::collections::BTreeSet;

/// Between packages and what is around them: parts per million at most.
const PACK_TOLERANCE_PPM: u64 = 10_000;

impl Model {
    pub(crate) fn pack_lot(&mut self, by: FirmNo, bill: &PackLot) -> Verdict {
        let name = self.own_lot(by, &bill.lot, Act::Pack)?;
        let lot = self.lot(&name).clone();
        let label = &bill.label;
        if lot.kind == LotKind::Piece {
            self.passed(&name)?;
        }
        let places = lot.origins.iter().all(|o| label.origin.contains(&o.place));
        let mut complete = places && label.quality_mark && label.date >= lot.made_on;
        if lot.kind == LotKind::Piece {
            let texts = [&label.specification, &label.standard, &label.storage];
            complete &= texts.iter().all(|t| !t.is_empty()) && label.best_before == lot.best_before;
            complete &= label.standard == lot.standard;
        }
        ensure(complete, "label_incomplete")?;
        ensure(label.gap_audit.is_none() || lot.gap, "gap_not_carried")?;
        let mut seen = BTreeSet::new();
        for pack in &bill.packs {
            ensure(seen.insert(pack.code), "code_repeated")?;
            ensure(!self.herbs.packets.contains_key(&pack.code), "code_exists")?;
        }
        let rank = |kind| match kind {
            PackKind::Bag => 1,
            PackKind::Pack => 2,
            PackKind::Box => 3,
        };
        for pack in &bill.packs {
            let Some(parent) = pack.parent else { continue };
            let around = bill.packs.iter().find(|p| p.code == parent).ok_or("parent_unknown")?;
            ensure(rank(around.kind) > rank(pack.kind), "pack_nesting")?;
        }
        for around in &bill.packs {
            let inside: Vec<u64> =
                bill.packs.iter().filter(|p| p.parent == Some(around.code)).map(|p| p.weight_mg).collect();
            let off = around.weight_mg.abs_diff(inside.iter().sum());
            let fits = within(off, around.weight_mg, 0, PACK_TOLERANCE_PPM as u32);
            ensure(inside.is_empty() || fits, "pack_weight")?;
        }
        let outer: u64 = bill.packs.iter().filter(|p| p.parent.is_none()).map(|p| p.weight_mg).sum();
        ensure(lot.packed + outer <= lot.mg.stock(), "packs_exceed_lot")?;
        for pack in &bill.packs {
            let packet = Packet { lot: name, mg: pack.weight_mg, inside: pack.parent, hold: None };
            self.herbs.packets.insert(pack.code, packet);
        }
        let lot = self.lot_mut(&name);
        (lot.packed, lot.stage) = (lot.packed + outer, Stage::Packed);
        Ok(())
    }
}
