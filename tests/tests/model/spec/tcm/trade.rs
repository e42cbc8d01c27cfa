//! 交易, in two phases; and with parties outside the system (M7).

use super::super::registry::{Capacity, own, with};
use super::super::{FirmNo, Model, Refusal, ShipmentId, Verdict, ensure};
use super::lots::{Act, Begun, Stopped};
use super::{HANDLERS, LotName, Origin, Stage, TRACED_FROM, day, is_crude, within};
use bencao_chaincode::registry::FilingKind;
use bencao_chaincode::tcm::{LotId, LotKind, LotMovement};
use bencao_chaincode::transaction::{BuyUntraced, DocumentNumber, ReceiveLots, RefuseLots, SellUntraced, ShipLots};
use bencao_genesis::Role::{self, *};
use bencao_genesis::{DrugClass, LicenceKind, OrgId};

const HERB_BUYERS: &[Role] =
    &[Grower, HerbTrader, MarketOperator, DecoctionProducer, MarketingHolder, Producer, Hospital];
const PIECE_SELLERS: [Capacity; 2] =
    [own(DecoctionProducer, LicenceKind::DrugProduction), with(Wholesaler, LicenceKind::DrugWholesale)];
const PIECE_BUYERS: [Capacity; 4] = [
    with(Wholesaler, LicenceKind::DrugWholesale),
    with(Hospital, LicenceKind::MedicalInstitution),
    with(Pharmacy, LicenceKind::DrugRetail),
    own(DecoctionProducer, LicenceKind::DrugProduction),
];

/// What is lost on the way: parts per million at most.
const TRANSIT_LOSS_PPM: u64 = 20_000;

impl Model {
    pub(crate) fn ship_lots(&mut self, by: FirmNo, bill: &ShipLots) -> Verdict {
        let receiver = self.firm(&bill.receiver).ok_or("unknown_receiver")?;
        ensure(receiver != by, "receiver_is_sender")?;
        if let Some(market) = &bill.market {
            let market = self.firm(market).ok_or("no_such_member")?;
            self.admitted(market, by)?;
            self.admitted(market, receiver)?;
        }
        self.active(by)?;
        self.active(receiver)?;
        let returns = bill.movement == LotMovement::Return;
        let shipment = (by, self.document.clone());
        for line in &bill.lines {
            let act = if returns { Act::Return } else { Act::Ship };
            let mut name = self.own_lot(by, &line.lot, act)?;
            if let Some(part) = &line.part {
                name = self.part(by, &name, part)?;
            }
            if returns {
                ensure(self.lot(&name).suppliers.last() == Some(&receiver), "lot_not_supplier")?;
            } else {
                self.may_sell_lot(by, &name, receiver)?;
            }
            self.lot_mut(&name).way = Some((receiver, shipment.clone(), returns));
        }
        self.herbs.shipments.insert(shipment, (receiver, bill.lines.len() as u32, 0, 0));
        Ok(())
    }

    fn admitted(&self, market: FirmNo, merchant: FirmNo) -> Verdict {
        ensure(self.admits(market, merchant, FilingKind::MarketAdmission, None), "not_admitted")
    }

    fn may_sell_lot(&self, by: FirmNo, name: &LotName, receiver: FirmNo) -> Verdict {
        let lot = self.lot(name);
        self.fresh(name)?;
        self.may_leave_origin(name)?;
        // 《中医药法》 Art. 28
        ensure(!lot.own_use, "own_use_only")?;
        match lot.product.filter(|_| lot.kind == LotKind::Piece) {
            Some(product) => {
                self.passed(name)?;
                self.licensed(by, product, &PIECE_SELLERS, "piece_route")?;
            }
            None => self.with_role(by, HERB_BUYERS)?,
        }
        self.may_have_lot(name, receiver)
    }

    fn may_have_lot(&self, name: &LotName, receiver: FirmNo) -> Verdict {
        let lot = self.lot(name);
        let Some(product) = lot.product.filter(|_| lot.kind == LotKind::Piece) else {
            return self.with_role(receiver, HERB_BUYERS);
        };
        let firm = &self.firms[receiver];
        let makes = firm.is_one_of(&[MarketingHolder, Producer]);
        let production = firm.may(LicenceKind::DrugProduction, DrugClass::ProprietaryChinese, self.today());
        if makes && production {
            return Ok(());
        }
        self.licensed(receiver, product, &PIECE_BUYERS, "piece_route")
    }

    fn lot_shipment(&self, sender: &OrgId, number: &DocumentNumber) -> Result<ShipmentId, Refusal> {
        let id = (self.firm(sender).ok_or("unknown_shipment")?, number.0.clone());
        self.herbs.shipments.contains_key(&id).then_some(id).ok_or("unknown_shipment")
    }

    fn on_the_way(&self, lot: &LotId, id: &ShipmentId) -> Result<LotName, Refusal> {
        let name = self.lot_name(lot)?;
        ensure(self.lot(&name).way.as_ref().is_some_and(|(_, i, _)| i == id), "lot_not_in_shipment")?;
        Ok(name)
    }

    pub(crate) fn receive_lots(&mut self, by: FirmNo, bill: &ReceiveLots) -> Verdict {
        let id = self.lot_shipment(&bill.sender, &bill.shipment_no)?;
        ensure(self.herbs.shipments[&id].0 == by, "not_designated_receiver")?;
        ensure(bill.verified, "not_verified")?;
        self.active(id.0)?;
        self.active(by)?;
        for line in &bill.lines {
            let name = self.on_the_way(&line.lot, &id)?;
            let returns = self.lot(&name).way.as_ref().is_some_and(|(_, _, returns)| *returns);
            if !returns {
                self.may_have_lot(&name, by)?;
            }
            self.not_stopped(&name, if returns { Stopped::ByAnyButRecalls } else { Stopped::ByAny })?;
            let sent = self.lot(&name).mg.stock();
            ensure(line.weight_mg <= sent, "lot_weight_gained")?;
            let lost = sent - line.weight_mg;
            ensure(within(lost, sent, 0, TRANSIT_LOSS_PPM as u32), "lot_transit_loss")?;
            self.take(&name, lost, Stage::Consumed, |m| &mut m.lost)?;
            let lot = self.lot_mut(&name);
            if returns {
                lot.suppliers.pop();
            } else {
                lot.handed_over = true;
                lot.suppliers.push(id.0);
                let surplus = lot.suppliers.len().saturating_sub(16);
                lot.suppliers.drain(..surplus);
                lot.stage = match lot.kind {
                    LotKind::Piece => Stage::Distributed,
                    kind if is_crude(kind) => Stage::Traded,
                    _ => lot.stage,
                };
            }
            (lot.owner, lot.way) = (by, None);
            lot.arrive();
        }
        self.herbs.shipments.get_mut(&id).expect("known").2 += bill.lines.len() as u32;
        Ok(())
    }

    /// Refused by the receiver, or called back by the sender.
    pub(crate) fn refuse_lots(&mut self, by: FirmNo, bill: &RefuseLots) -> Verdict {
        let id = self.lot_shipment(&bill.sender, &bill.shipment_no)?;
        ensure(by == id.0 || by == self.herbs.shipments[&id].0, "not_designated_receiver")?;
        for lot in &bill.lots {
            let name = self.on_the_way(lot, &id)?;
            let lot = self.lot_mut(&name);
            lot.way = None;
            lot.arrive();
        }
        self.herbs.shipments.get_mut(&id).expect("known").3 += bill.lots.len() as u32;
        Ok(())
    }

    /// M7: with a party outside the system, visible for ever.
    pub(crate) fn buy_untraced(&mut self, by: FirmNo, bill: &BuyUntraced) -> Verdict {
        self.with_role(by, HANDLERS)?;
        self.active(by)?;
        ensure(self.today() < day(TRACED_FROM), "tracing_mandatory")?;
        self.past(bill.bought_on)?;
        let herb = self.herb(&bill.herb)?;
        let mut new = self.blank();
        (new.incomplete, new.handed_over) = (true, true);
        let lot = (by, bill.lot_no);
        new.origins.insert(Origin { lot, place: bill.place.clone(), region: bill.region, garden: None });
        let (number, kind, region, made_on) = (bill.lot_no, bill.kind, bill.region, bill.bought_on);
        self.begin(by, Begun { number, kind, herb, region, made_on, mg: bill.weight_mg }, new)?;
        Ok(())
    }

    pub(crate) fn sell_untraced(&mut self, by: FirmNo, bill: &SellUntraced) -> Verdict {
        self.with_role(by, HANDLERS)?;
        let name = self.own_lot(by, &bill.lot, Act::SellUntraced)?;
        ensure(is_crude(self.lot(&name).kind), "untraced_not_crude")?;
        self.may_leave_origin(&name)?;
        self.take(&name, bill.weight_mg, Stage::Consumed, |m| &mut m.sold)?;
        self.lot_mut(&name).incomplete = true;
        Ok(())
    }
}
