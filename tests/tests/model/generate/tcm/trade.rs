//! Lots on their way, and parties outside the system.

use super::super::{Draft, Generator};
use super::county;
use crate::cast::*;
use crate::spec::Model;
use crate::spec::tcm::{LotName, Stage};
use bencao_chaincode::tcm::*;
use bencao_chaincode::transaction::*;
use bencao_crypto::sm3;

const DEALERS: [usize; 8] = [COOP, COOP, TRADER, MARKET, PIECES, PIECES, M, H];

impl Generator {
    pub(crate) fn ship_lots(&mut self, model: &Model) -> Draft {
        let returns = self.random.one_in(5);
        let found = self.some_lot(model, |l| {
            let right = if returns { !l.suppliers.is_empty() } else { l.stage != Stage::Growing };
            right && l.mg.stock() > 0 && l.way.is_none()
        });
        let Some((name, owner)) = found else { return self.harvest(model) };
        let supplier = model.herbs.lots[&name].suppliers.last().copied();
        let piece = model.herbs.lots[&name].kind == LotKind::Piece;
        let usual: &[usize] = if piece { &[W, W, H, P2, PIECES, M, TRADER] } else { &DEALERS };
        let mut receiver = self.somebody(usual);
        if let Some(supplier) = supplier.filter(|_| returns && !self.random.one_in(6)) {
            receiver = model.firms[supplier].id.clone();
        }
        let mut lines = vec![LotLine { lot: self.lot_id(model, &name), part: None }];
        if self.random.one_in(3) {
            lines[0].part = Some(self.a_part(model, &name));
        }
        if self.random.one_in(4)
            && let Some((other, _)) = self.some_lot(model, |l| l.owner == owner && l.way.is_none())
        {
            lines.push(LotLine { lot: self.lot_id(model, &other), part: None });
        }
        let bill = ShipLots {
            movement: if returns { LotMovement::Return } else { LotMovement::Sale },
            receiver,
            weighing: Weighing::CertifiedScale,
            market: Some(self.somebody(&[MARKET])).filter(|_| self.random.one_in(8)),
            details: None,
            lines,
        };
        (self.mostly(model, owner), Operation::ShipLots(bill))
    }

    fn lot_shipment(&mut self, model: &Model) -> Option<((usize, String), usize, Vec<LotName>)> {
        let open: Vec<_> = model
            .herbs
            .lots
            .iter()
            .filter_map(|(name, l)| l.way.as_ref().map(|(to, id, _)| (id.clone(), *to, *name)))
            .collect();
        if open.is_empty() {
            return None;
        }
        let (shipment, to, first) = self.random.pick(&open);
        let mut names = vec![first];
        if self.random.one_in(2) {
            names.extend(open.iter().filter(|(i, _, n)| *i == shipment && *n != first).map(|(_, _, n)| *n));
        }
        if self.random.one_in(15) {
            names.extend(self.some_lot(model, |_| true).map(|(n, _)| n));
        }
        Some((shipment, to, names))
    }

    pub(crate) fn receive_lots(&mut self, model: &Model) -> Draft {
        let Some((shipment, to, names)) = self.lot_shipment(model) else { return self.ship_lots(model) };
        let mut lines = Vec::new();
        for name in &names {
            let sent = model.herbs.lots[name].mg.stock();
            let weight_mg = match self.random.below(15) {
                0 => sent + 1,
                1 => sent / 2,
                2 | 3 => sent - sent / 100,
                _ => sent,
            };
            lines.push(ReceivedLine { lot: self.lot_id(model, name), weight_mg: weight_mg.max(1) });
        }
        let number = if self.random.one_in(30) { "S0".into() } else { shipment.1.clone() };
        let bill = ReceiveLots {
            sender: model.firms[shipment.0].id.clone(),
            shipment_no: DocumentNumber(number),
            verified: !self.random.one_in(30),
            evidence: sm3(b"evidence"),
            weighing: Weighing::Manual,
            lines,
        };
        (self.mostly(model, to), Operation::ReceiveLots(bill))
    }

    pub(crate) fn refuse_lots(&mut self, model: &Model) -> Draft {
        let Some((shipment, to, names)) = self.lot_shipment(model) else { return self.ship_lots(model) };
        let mut lots = Vec::new();
        for name in &names {
            lots.push(self.lot_id(model, name));
        }
        let bill = RefuseLots {
            sender: model.firms[shipment.0].id.clone(),
            shipment_no: DocumentNumber(shipment.1.clone()),
            reason: "霉变".into(),
            lots,
        };
        let by = self.random.pick(&[to, shipment.0]);
        (self.mostly(model, by), Operation::RefuseLots(bill))
    }

    pub(crate) fn buy_untraced(&mut self, model: &Model) -> Draft {
        let bill = BuyUntraced {
            lot_no: self.local(),
            kind: self.random.pick(&[LotKind::Harvest, LotKind::Initial]),
            herb: self.some_herb(),
            weight_mg: 1_000 + self.random.below(100_000) as u64,
            weighing: Weighing::Manual,
            region: county(),
            place: "裕民".into(),
            bought_on: self.on(model),
            seller: sm3(b"seller"),
            evidence: sm3(b"evidence"),
        };
        let by = self.random.pick(&[TRADER, PIECES, COOP]);
        (self.mostly(model, by), Operation::BuyUntraced(bill))
    }

    pub(crate) fn sell_untraced(&mut self, model: &Model) -> Draft {
        let Some((name, owner)) = self.some_lot(model, |l| l.mg.stock() > 0 && l.way.is_none()) else {
            return self.harvest(model);
        };
        let bill = SellUntraced {
            lot: self.lot_id(model, &name),
            weight_mg: self.mg(model, &name),
            weighing: Weighing::Manual,
            buyer: sm3(b"buyer"),
        };
        (self.mostly(model, owner), Operation::SellUntraced(bill))
    }
}
