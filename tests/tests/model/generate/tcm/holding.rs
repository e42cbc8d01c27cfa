//! Holds of lots and of packages.

use super::super::{Draft, Generator};
use super::tcm_code;
use crate::cast::*;
use crate::spec::Model;
use crate::spec::tcm::{LotName, Packet};
use bencao_chaincode::UnitKey;
use bencao_chaincode::tcm::*;
use bencao_chaincode::transaction::*;
use bencao_crypto::sm3;

impl Generator {
    fn hold_reason(&mut self, owner: usize) -> (LotHoldReason, usize) {
        self.random.pick(&[
            (LotHoldReason::QualitySuspect, owner),
            (LotHoldReason::QualitySuspect, owner),
            (LotHoldReason::RegulatorFreeze, REG),
            (LotHoldReason::ForeignNotification, CUSTOMS),
            (LotHoldReason::Emergency, CITY),
            (LotHoldReason::Emergency, ELSEWHERE),
        ])
    }

    fn packets_to_hold(&mut self, model: &Model, name: &LotName, held: bool) -> Vec<UnitKey> {
        if self.random.one_in(2) {
            return Vec::new();
        }
        let of = |(_, p): &(&UnitKey, &Packet)| p.lot == *name && p.hold.is_some() == held;
        let all: Vec<UnitKey> = model.herbs.packets.iter().filter(of).map(|(c, _)| *c).collect();
        vec![self.random.pick_or(&all, tcm_code(1))]
    }

    pub(crate) fn hold_lot(&mut self, model: &Model) -> Draft {
        let Some((name, owner)) = self.some_lot(model, |l| l.mg.stock() > 0) else { return self.harvest(model) };
        let (reason, by) = self.hold_reason(owner);
        let mut packs = self.packets_to_hold(model, &name, false);
        let of_lots = model.herbs.lots.iter();
        let there: Vec<_> = of_lots.flat_map(|(n, l)| l.holds.iter().map(move |(r, s)| (*n, *r, *s))).collect();
        // Now and then a hold that is there already.
        let (name, reason, by) = match self.random.one_in(12) {
            true => self.random.pick_or(&there, (name, reason, by)),
            false => (name, reason, by),
        };
        packs.retain(|code| model.herbs.packets.get(code).is_none_or(|p| p.lot == name));
        let bill = HoldLot { lot: self.lot_id(model, &name), reason, document: sm3(b"decision"), packs };
        (self.mostly(model, by), Operation::HoldLot(bill))
    }

    pub(crate) fn lift_lot_hold(&mut self, model: &Model) -> Draft {
        let mut held: Vec<(LotName, LotHoldReason, usize, Vec<UnitKey>)> = Vec::new();
        for (name, lot) in &model.herbs.lots {
            held.extend(lot.holds.iter().map(|(reason, by)| (*name, *reason, *by, Vec::new())));
        }
        for (code, packet) in &model.herbs.packets {
            held.extend(packet.hold.map(|(reason, by)| (packet.lot, reason, by, vec![*code])));
        }
        if held.is_empty() {
            return self.hold_lot(model);
        }
        let (name, mut reason, setter, packs) = self.random.pick(&held);
        if self.random.one_in(10) {
            reason = LotHoldReason::Emergency;
        }
        let by = if self.random.one_in(5) { self.random.pick(&[REG, NATION, ELSEWHERE, SAMR]) } else { setter };
        let bill = LiftLotHold { lot: self.lot_id(model, &name), reason, document: sm3(b"lifted"), packs };
        (self.mostly(model, by), Operation::LiftLotHold(bill))
    }
}
