//! Bills of the trade.

use super::{Draft, Generator};
use crate::cast::*;
use crate::spec::quality::Hold;
use crate::spec::{FirmNo, Model, ShipmentId, State, Unit};
use bencao_chaincode::UnitKey;
use bencao_chaincode::transaction::*;
use bencao_genesis::{CalendarDate, OrgId};

/// Those who trade; the likelier partners more often.
const TRADERS: [usize; 16] = [W, W, W, P, P, P2, H, H, H, M, W2, H2, CDC, SITE, KEEPER, MAKER];
const SHIPMENTS: [u16; 22] =
    [201, 201, 201, 201, 201, 201, 201, 202, 202, 202, 203, 203, 207, 207, 209, 209, 211, 211, 212, 217, 218, 237];

impl Generator {
    pub(crate) fn ship(&mut self, model: &Model) -> Draft {
        let blocked = self.random.one_in(6);
        let mut from = if blocked { State::Blocked } else { State::InStock };
        let recalled = |c: &UnitKey| model.holds_on(c).iter().any(|h| matches!(h, Hold::Recall(_)));
        let opened = |c: &UnitKey, u: &Unit| u.state == State::Partial && recalled(c);
        if self.random.one_in(4) && model.units.iter().any(|(c, u)| opened(c, u)) {
            from = State::Partial;
        }
        let whole = self.random.one_in(2);
        let codes = self.codes(model, |c, u| match from {
            State::Partial => opened(c, u),
            _ => u.state == from && (u.inside.is_none() || !whole),
        });
        let by = self.custodian(model, &codes);
        let mut bill_type = self.random.pick(&SHIPMENTS);
        let unit = codes.iter().find_map(|c| model.units.get(c));
        let supplier = unit.and_then(|u| u.bought.last()).copied();
        let recalled = codes.first().filter(|c| model.units.contains_key(c)).is_some_and(recalled);
        if from == State::Partial && !self.random.one_in(5) {
            bill_type = 211;
        } else if (blocked || recalled) && !self.random.one_in(5) {
            bill_type = self.random.pick(&[202, 202, 211, 211, 218, 237]);
        }
        // What came by a drop shipment goes back as one.
        let dropped = supplier.is_some_and(|leg| leg.through.is_some());
        if dropped && (bill_type == 202 || self.random.one_in(2)) {
            bill_type = 237;
        }
        let product = unit.map(|u| &model.products[model.batches[u.batch].product]);
        let returns = matches!(bill_type, 202 | 211 | 218 | 237);
        let mut receiver = self.somebody(&TRADERS);
        if returns && !self.random.one_in(5) {
            let owner = product.map(|p| p.holder).filter(|_| bill_type == 211);
            let to = owner.or(supplier.map(|leg| leg.from));
            receiver = to.map_or(receiver, |firm| model.firms[firm].id.clone());
        }
        let mut terms = ShipTerms::default();
        if self.random.one_in(2) {
            terms.permit = "运输证明 2026-1".into();
            if self.random.one_in(4) {
                terms.permit = format!("邮寄证明 {}", self.random.below(30));
                terms.postal = true;
            }
        }
        let mut codes = codes;
        if let Some((id, order)) = self.some_order(model, by).filter(|_| self.random.one_in(2)) {
            terms.order = Some(order_ref(model, &id));
            receiver = model.firms[order.partner].id.clone();
            bill_type = self.random.pick(&[201, 203, 209]);
            if order.bill_type == 207 && !self.random.one_in(8) {
                bill_type = 207;
            }
            if !order.codes.is_empty() && !self.random.one_in(5) {
                codes = order.codes.iter().copied().collect();
            }
        } else if self.random.one_in(100) {
            terms.order = Some(OrderRef { by: self.somebody(&[M, CDC]), number: DocumentNumber("O0".into()) });
        }
        if matches!(bill_type, 202 | 218 | 237) {
            terms.reason = Some(ReturnReason::SlowMoving);
        }
        if matches!(bill_type, 207 | 237) {
            let through = supplier.and_then(|leg| leg.through).map(|firm| model.firms[firm].id.clone());
            let consenting = terms.order.as_ref().map(|order| order.by.clone()).filter(|_| bill_type == 207);
            let other = consenting.filter(|_| !self.random.one_in(8)).unwrap_or_else(|| self.somebody(&TRADERS));
            terms.through = Some(through.filter(|_| bill_type == 237).unwrap_or(other));
        }
        let terms = Some(terms).filter(|t| *t != ShipTerms::default());
        let bill = Ship { bill_type, receiver, bill_time: None, details: None, terms, codes };
        (self.mostly(model, by), Operation::Ship(bill))
    }

    /// An order that this firm may carry out.
    fn some_order(&mut self, model: &Model, by: FirmNo) -> Option<(ShipmentId, crate::spec::custody::Order)> {
        let mine: Vec<_> = model.orders.iter().filter(|(_, o)| o.executor == by).collect();
        if mine.is_empty() {
            return None;
        }
        let (id, order) = self.random.pick(&mine);
        Some((id.clone(), order.clone()))
    }

    /// A shipment with codes on their way in it, refused or not.
    fn some_shipment(&mut self, model: &Model, refused: bool) -> Option<(ShipmentId, Vec<UnitKey>)> {
        let open: Vec<(ShipmentId, UnitKey)> = model
            .units
            .iter()
            .filter(|(_, u)| u.inside.is_none())
            .filter_map(|(c, u)| u.way.as_ref().filter(|w| w.refused == refused).map(|w| (w.shipment.clone(), *c)))
            .collect();
        if open.is_empty() {
            return None;
        }
        let (id, first) = self.random.pick(&open);
        let mut codes = vec![first];
        codes.extend(open.iter().filter(|(i, c)| *i == id && *c != first).map(|(_, c)| *c));
        codes.truncate(1 + self.random.below(codes.len()));
        match self.random.below(20) {
            0 => codes.push(self.code(model, |_, _| true)),
            1 => {
                // From inside a package of the shipment.
                let inside = model.with_contents(&first);
                codes = vec![self.random.pick(&inside)];
            }
            2 => codes.push(first),
            _ => {}
        }
        Some((id, codes))
    }

    /// Mostly its own sender and number.
    fn named(&mut self, model: &Model, id: &ShipmentId) -> (OrgId, DocumentNumber) {
        match self.random.below(50) {
            0 => (self.somebody(&[M, W]), DocumentNumber(id.1.clone())),
            1 => (model.firms[id.0].id.clone(), DocumentNumber("S0".into())),
            _ => (model.firms[id.0].id.clone(), DocumentNumber(id.1.clone())),
        }
    }

    pub(crate) fn receive(&mut self, model: &Model) -> Draft {
        let refused = self.random.one_in(20);
        let Some((id, mut codes)) = self.some_shipment(model, refused) else { return self.ship(model) };
        let shipment = &model.shipments[&id];
        let fitting: Vec<u16> =
            crate::spec::bills::BILLS.iter().filter(|b| b.4.contains(&shipment.bill_type)).map(|b| b.0).collect();
        let bill_type = if self.random.one_in(25) { 102 } else { self.random.pick(&fitting) };
        let (sender, shipment_no) = self.named(model, &id);
        let import = ImportPapers {
            declaration: "3101".into(),
            clearance: "通关单".into(),
            port: "上海".into(),
            permit: String::new(),
            inspection_report: Some(self.digest()).filter(|_| !self.random.one_in(4)),
        };
        let lowest = self.random.pick(&[20, 25, 25, 25, 19]);
        let highest = self.random.pick(&[80, 79, 79, 79, 81]);
        let evidence = Evidence {
            delivery_note: Some(self.digest()).filter(|_| !self.random.one_in(30)),
            inspector: None,
            temperature: Some(Temperature { record: self.digest(), lowest, highest })
                .filter(|_| !self.random.one_in(8)),
            import: Some(import).filter(|_| !self.random.one_in(4)),
        };
        let mut by = shipment.receiver;
        let mut order = None;
        let orders: Vec<_> = model.orders.iter().filter(|(_, o)| o.bill_type == 120 && o.partner == id.0).collect();
        if !orders.is_empty() && self.random.one_in(2) {
            let (order_id, meant) = self.random.pick(&orders);
            order = Some(order_ref(model, order_id));
            by = meant.executor;
            if !self.random.one_in(5) {
                codes = meant.codes.iter().copied().collect();
            }
        }
        let bill = Receive {
            bill_type,
            sender,
            shipment_no,
            verified: !self.random.one_in(40),
            bill_time: None,
            details: None,
            evidence: Some(evidence),
            order,
            codes,
        };
        (self.mostly(model, by), Operation::Receive(bill))
    }

    pub(crate) fn disaggregate(&mut self, model: &Model) -> Draft {
        let inside = !self.random.one_in(15);
        let codes = self.codes(model, |_, u| u.inside.is_some() == inside && u.state == State::InStock);
        let by = self.custodian(model, &codes);
        (self.mostly(model, by), Operation::Disaggregate(Disaggregate { codes }))
    }

    pub(crate) fn refuse(&mut self, model: &Model) -> Draft {
        let refused = self.random.one_in(20);
        let Some((id, mut codes)) = self.some_shipment(model, refused) else { return self.ship(model) };
        if self.random.one_in(3) {
            let inside = model.with_contents(&codes[0]);
            codes = vec![self.random.pick(&inside)];
        }
        let (sender, shipment_no) = self.named(model, &id);
        use RefusalReason::{Damaged, Shortage, Temperature};
        let (reason, note) = (self.random.pick(&[Shortage, Shortage, Damaged, Temperature]), String::new());
        let by = self.mostly(model, model.shipments[&id].receiver);
        (by, Operation::Refuse(Refuse { sender, shipment_no, reason, note, details: None, codes }))
    }

    pub(crate) fn take_back(&mut self, model: &Model) -> Draft {
        let refused = !self.random.one_in(15);
        let Some((id, codes)) = self.some_shipment(model, refused) else { return self.refuse(model) };
        let (_, shipment_no) = self.named(model, &id);
        (self.mostly(model, id.0), Operation::TakeBack(TakeBack { shipment_no, details: None, codes }))
    }

    pub(crate) fn accept_loss(&mut self, model: &Model) -> Draft {
        let refused = !self.random.one_in(15);
        let Some((id, codes)) = self.some_shipment(model, refused) else { return self.refuse(model) };
        let side = self.random.pick(&[id.0, model.shipments[&id].receiver]);
        let (sender, shipment_no) = self.named(model, &id);
        (self.mostly(model, side), Operation::AcceptLoss(AcceptLoss { sender, shipment_no, details: None, codes }))
    }

    pub(crate) fn cancel(&mut self, model: &Model) -> Draft {
        let refused = self.random.one_in(20);
        let Some((id, codes)) = self.some_shipment(model, refused) else { return self.ship(model) };
        let (_, shipment_no) = self.named(model, &id);
        (self.mostly(model, id.0), Operation::CancelShipment(CancelShipment { shipment_no, codes }))
    }

    pub(crate) fn move_stock(&mut self, model: &Model) -> Draft {
        let bill_type = self.random.pick(&[111, 112, 112, 118, 208, 221, 320, 320, 205]);
        let from = if matches!(bill_type, 111 | 118) { State::Lost } else { State::InStock };
        let codes = self.codes(model, |_, u| u.state == from);
        let by = self.custodian(model, &codes);
        let bill = MoveStock { bill_type, reason: self.note(), details: None, codes };
        (self.mostly(model, by), Operation::MoveStock(bill))
    }

    pub(crate) fn export(&mut self, model: &Model) -> Draft {
        let codes = self.codes(model, |_, u| u.state == State::InStock);
        let by = self.custodian(model, &codes);
        let documents = self.random.one_in(2);
        let bill = Export {
            declaration: "310120260001".into(),
            destination: "KZ".into(),
            filing: "出备 650001".into(),
            permit: if self.random.one_in(2) { "准许证".into() } else { String::new() },
            quarantine: Some(self.digest()).filter(|_| documents),
            traceability: Some(self.digest()).filter(|_| documents),
            codes,
        };
        (self.mostly(model, by), Operation::Export(bill))
    }

    pub(crate) fn reject_import(&mut self, model: &Model) -> Draft {
        let Some((id, codes)) = self.some_shipment(model, false) else { return self.ship(model) };
        let (sender, shipment_no) = self.named(model, &id);
        let by = self.random.pick(&[CUSTOMS, model.shipments[&id].receiver]);
        let (declaration, reason) = ("310120260002".into(), "口岸检验不合格".into());
        let bill = RejectImport { sender, shipment_no, declaration, reason, report: None, codes };
        (self.mostly(model, by), Operation::RejectImport(bill))
    }

    pub(crate) fn instruct(&mut self, model: &Model) -> Draft {
        let bill_type = self.random.pick(&[120, 222, 223, 223, 209, 207, 207, 201]);
        let (by, executor, partner) = match bill_type {
            207 => {
                (self.random.pick(&[W, W, W2, P]), self.somebody(&[M, M, M, W2]), self.somebody(&[P, P2, H, H2, W2]))
            }
            209 => (CDC, id(M), self.somebody(&[SITE, SITE, H])),
            120 => (M, id(KEEPER), self.somebody(&TRADERS)),
            _ => (M, id(KEEPER), self.somebody(&[W, W2, P, H])),
        };
        let codes = match bill_type {
            209 => Vec::new(),
            120 => match self.some_shipment(model, false) {
                Some((_, codes)) => codes,
                None => return self.ship(model),
            },
            207 if self.random.one_in(2) => Vec::new(),
            207 => self.codes(model, |_, u| u.custodian == M && u.state == State::InStock),
            _ => self.codes(model, |_, u| u.custodian == KEEPER && u.state == State::InStock),
        };
        // Mostly who the goods are kept for.
        let unit = codes.first().and_then(|c| model.units.get(c));
        let owner = unit.and_then(|u| u.kept_for).filter(|_| matches!(bill_type, 222 | 223) && !self.random.one_in(8));
        let by = owner.unwrap_or(by);
        let product = unit.map(|u| model.batches[u.batch].product);
        let product_id = match self.random.below(6) {
            // Without codes a drop shipment names its product.
            _ if bill_type == 207 && codes.is_empty() => {
                let product = self.random.pick(&[0, 0, 0, 1, 2, 5]);
                Some(model.products[product].id.clone())
            }
            0 => product.map(|p| model.products[p].id.clone()),
            1 => Some(model.products[self.random.below(3)].id.clone()),
            2 if self.random.one_in(10) => Some(bencao_genesis::ProductId("UNKNOWN".into())),
            _ => None,
        };
        let days = self.random.pick(&[3, 30, 30]);
        let valid_to = CalendarDate::from_days(model.today().days() + days - 4 * u32::from(self.random.one_in(30)));
        let keeper = model.firm(&executor).filter(|_| matches!(bill_type, 120 | 222 | 223));
        if keeper.is_some_and(|keeper| !model.agreed(by, keeper, valid_to)) && !self.random.one_in(6) {
            return self.agreement(model, by);
        }
        let bill = Instruct { bill_type, executor, partner, valid_to, product_id, codes };
        (self.mostly(model, by), Operation::Instruct(bill))
    }
}

fn order_ref(model: &Model, id: &ShipmentId) -> OrderRef {
    OrderRef { by: model.firms[id.0].id.clone(), number: DocumentNumber(id.1.clone()) }
}
