//! 交易 in two phases: only the owner ships, only the designated receiver receives, what is missing is lost and said
//! (domain §2, §4.2; M2, M5; 《药品管理法》 Art. 55, 56; domain §8 rows 2, 9, 53).

use super::balance::{Exit, within_share};
use super::catalogue::check_admitted;
use super::events::{LotReceived, LotRefused, LotShipped};
use super::kinds::{LotKind, LotMovement};
use super::lots::{Found, check_count, check_holds, check_weight, document_digest, find, member, owned, row};
use super::making::take_part;
use super::records::{Consignment, LotShipmentRecord};
use super::roles::{may_hold_herb, require_role};
use super::state::{LotAction, LotState, Tolerated};
use super::testing::check_exit;
use crate::custody::{check_active, check_public_text};
use crate::event::EventBody;
use crate::governance::require_active;
use crate::limits::{LOTS_PER_SHIPMENT_MAX, SUPPLIERS_PER_LOT_MAX};
use crate::registry::{Capacity, OrganisationRecord, require_licence};
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx, ViewError, key};
use crate::transaction::{
    Body, DocumentNumber, LotLine, ReceiveLots, ReceivedLine, RefuseLots, ShipLots, count_writes,
};
use bencao_genesis::{DrugClass, LicenceKind, OrgId, Role};

/// Who sells 饮片 (《药品管理法》 Art. 34, 51).
const PIECE_SELLERS: [Capacity; 2] = [
    Capacity::own(Role::DecoctionProducer, LicenceKind::DrugProduction),
    Capacity::new(Role::Wholesaler, LicenceKind::DrugWholesale),
];

/// Who buys 饮片, besides firms that make 中成药 of them.
const PIECE_BUYERS: [Capacity; 4] = [
    Capacity::new(Role::Wholesaler, LicenceKind::DrugWholesale),
    Capacity::new(Role::Hospital, LicenceKind::MedicalInstitution),
    Capacity::new(Role::Pharmacy, LicenceKind::DrugRetail),
    Capacity::own(Role::DecoctionProducer, LicenceKind::DrugProduction),
];

impl Body for ShipLots {
    /// 销售出库, or 退货出库: what lists of firms tell apart.
    fn bill_type(&self) -> Option<u16> {
        Some(match self.movement {
            LotMovement::Sale => 201,
            LotMovement::Return => 202,
        })
    }

    fn codes_count(&self) -> usize {
        self.lines.iter().filter_map(|l| l.part.as_ref()).map(|p| p.packs.len()).fold(0, usize::saturating_add)
    }

    /// The shipment and its term, each lot, its part, and the packages that go with it.
    fn writes_bound(&self) -> u32 {
        let lots = count_writes(self.lines.len()).saturating_mul(2);
        lots.saturating_add(count_writes(self.codes_count())).saturating_add(2)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_count("lines", self.lines.len(), 1, LOTS_PER_SHIPMENT_MAX)?;
        self.lines.iter().filter_map(|l| l.part.as_ref()).try_for_each(|p| check_weight("weight_mg", p.weight_mg))
    }

    /// Order of checks: receiver known and another, admission at the market, receiver in good standing, parties active;
    /// then each lot in the order of the document: the owner's table, its part, then what its movement asks.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let unknown = || Rejection::UnknownReceiver { actual: self.receiver.clone() };
        let receiver = member(tx, &self.receiver)?.ok_or_else(unknown)?;
        if receiver == tx.principal {
            return Err(Rejection::ReceiverIsSender { actual: self.receiver.clone() }.into());
        }
        let market = self.check_market(tx, receiver)?;
        let receiving = (*tx.organisation_record(receiver)?).clone();
        require_active(&receiving)?;
        check_active(&tx.organisation)?;
        check_active(&receiving)?;
        for line in &self.lines {
            let mut found = self.load_line(tx, line)?;
            match self.movement {
                LotMovement::Sale => check_sale(tx, &found, &receiving)?,
                LotMovement::Return => check_return(tx, &found, receiver, &self.receiver)?,
            }
            let is_return = self.movement == LotMovement::Return;
            found.record.transit = Some(Consignment { receiver, shipment: tx.position, is_return });
            let body = LotShipped {
                movement: self.movement,
                receiver,
                weight_mg: found.record.balance.stock,
                weighing: self.weighing,
                market,
            };
            found.event(tx, EventBody::LotShipped(body));
            found.store(tx);
        }
        LotShipmentRecord::open(tx, receiver, count_writes(self.lines.len()));
        Ok(())
    }
}

impl ShipLots {
    fn check_market(&self, tx: &mut Tx, receiver: OrgNo) -> Result<Option<OrgNo>, Stop> {
        let Some(id) = &self.market else { return Ok(None) };
        let market = member(tx, id)?.ok_or_else(|| Rejection::NoSuchMember { actual: id.clone() })?;
        let seller = tx.organisation.id.clone();
        check_admitted(tx, (market, id), (tx.principal, &seller))?;
        check_admitted(tx, (market, id), (receiver, &self.receiver))?;
        Ok(Some(market))
    }

    /// The lot of a line, or its part as a lot of its own.
    fn load_line(&self, tx: &mut Tx, line: &LotLine) -> Result<Found, Stop> {
        let action = match self.movement {
            LotMovement::Sale => LotAction::Ship,
            LotMovement::Return => LotAction::Return,
        };
        let mut found = owned(tx, &line.lot, action)?;
        let Some(part) = &line.part else { return Ok(found) };
        let new = take_part(tx, &mut found, part, action, document_digest(self))?;
        found.store(tx);
        Ok(new)
    }
}

fn check_sale(tx: &mut Tx, found: &Found, receiving: &OrganisationRecord) -> Result<(), Stop> {
    found.not_expired(tx.today())?;
    check_exit(tx, found)?;
    if found.record.own_use {
        let actual = receiving.id.clone();
        return Err(Rejection::OwnUseOnly { lot: found.name.clone(), actual }.into());
    }
    if found.record.kind == LotKind::Piece {
        found.passed_test()?;
        check_piece_licence(tx, found, &tx.organisation, &PIECE_SELLERS)?;
    } else {
        require_role(tx, LotAction::Ship)?;
    }
    check_buyer(tx, found, receiving)
}

/// Whether the receiver may have it today: at shipment and again at receipt.
fn check_buyer(tx: &Tx, found: &Found, receiving: &OrganisationRecord) -> Result<(), Stop> {
    if found.record.kind != LotKind::Piece {
        if may_hold_herb(receiving) {
            return Ok(());
        }
        let expected = "grower, herb_trader, market_operator, decoction_producer, marketing_holder, producer, hospital";
        return Err(Rejection::RoleRequired { organisation: receiving.id.clone(), expected }.into());
    }
    // A maker of 中成药 buys 饮片 as raw material under its own production licence.
    let makes_medicine = [Role::MarketingHolder, Role::Producer].iter().any(|r| receiving.has_role(*r));
    let covers = |l: &bencao_genesis::Licence| {
        l.kind == LicenceKind::DrugProduction && l.covers(DrugClass::ProprietaryChinese, tx.today())
    };
    if makes_medicine && receiving.licences.iter().any(covers) {
        return Ok(());
    }
    check_piece_licence(tx, found, receiving, &PIECE_BUYERS)
}

fn check_piece_licence(
    tx: &Tx,
    found: &Found,
    organisation: &OrganisationRecord,
    capacities: &[Capacity],
) -> Result<(), Stop> {
    let product = tx.product(found.record.product.ok_or(ViewError::Damaged)?)?;
    let otherwise = || Rejection::PieceRoute { lot: found.name.clone(), actual: organisation.id.clone() };
    Ok(require_licence(organisation, &product, None, capacities, tx.today(), otherwise)?)
}

fn check_return(tx: &mut Tx, found: &Found, receiver: OrgNo, id: &OrgId) -> Result<(), Stop> {
    let Some(supplier) = found.record.suppliers.last().copied() else {
        let expected = tx.organisation.id.clone();
        return Err(Rejection::LotNotSupplier { lot: found.name.clone(), expected, actual: id.clone() }.into());
    };
    if supplier != receiver {
        let expected = tx.organisation_record(supplier)?.id.clone();
        return Err(Rejection::LotNotSupplier { lot: found.name.clone(), expected, actual: id.clone() }.into());
    }
    Ok(())
}

/// A document of the sender that shipped lots.
fn find_shipment(tx: &Tx, sender: &OrgId, number: &DocumentNumber) -> Result<(OrgNo, LotShipmentRecord), Stop> {
    let unknown = || Rejection::UnknownShipment { sender: sender.clone(), document: number.0.clone() };
    let sender = member(tx, sender)?.ok_or_else(unknown)?;
    let record: Option<LotShipmentRecord> = tx.load(&key::lot_shipment(sender, number))?;
    Ok((sender, record.ok_or_else(unknown)?))
}

/// The lot is outstanding in that shipment.
fn outstanding(found: &Found, shipment: &LotShipmentRecord, number: &DocumentNumber) -> Result<Consignment, Rejection> {
    let transit = found.record.transit.filter(|t| t.shipment == shipment.position);
    transit.ok_or_else(|| Rejection::LotNotInShipment { lot: found.name.clone(), document: number.0.clone() })
}

impl Body for ReceiveLots {
    fn documents_named(&self) -> Vec<&DocumentNumber> {
        vec![&self.shipment_no]
    }

    /// The shipment and its term, and each lot.
    fn writes_bound(&self) -> u32 {
        count_writes(self.lines.len()).saturating_add(2)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_count("lines", self.lines.len(), 1, LOTS_PER_SHIPMENT_MAX)?;
        self.lines.iter().try_for_each(|l| check_weight("weight_mg", l.weight_mg))
    }

    /// Order of checks: shipment, designated receiver, 进货查验, parties active; then each lot in the order of the
    /// document: outstanding in this shipment, entry gate of the receiver, holds but for what goes back, weight.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let (sender, mut shipment) = find_shipment(tx, &self.sender, &self.shipment_no)?;
        let receiver = shipment.receiver;
        if receiver != tx.principal {
            let expected = tx.organisation_record(receiver)?.id.clone();
            return Err(Rejection::NotDesignatedReceiver {
                document: self.shipment_no.0.clone(),
                owner: self.sender.clone(),
                expected,
                actual: tx.organisation.id.clone(),
            }
            .into());
        }
        if !self.verified {
            return Err(Rejection::NotVerified {}.into());
        }
        check_active(&*tx.organisation_record(sender)?)?;
        check_active(&tx.organisation)?;
        for line in &self.lines {
            self.receive_line(tx, line, sender, &shipment)?;
        }
        shipment.received = shipment.received.saturating_add(count_writes(self.lines.len()));
        shipment.store(tx, sender, &self.shipment_no)
    }
}

impl ReceiveLots {
    fn receive_line(
        &self,
        tx: &mut Tx,
        line: &ReceivedLine,
        sender: OrgNo,
        shipment: &LotShipmentRecord,
    ) -> Result<(), Stop> {
        let mut found = find(tx, &line.lot)?;
        let consignment = outstanding(&found, shipment, &self.shipment_no)?;
        if !consignment.is_return {
            check_buyer(tx, &found, &tx.organisation)?;
        }
        // Who receives it owns it: what is frozen on the way is not let out of the freeze (rule 8 of domain §9).
        let tolerated = if consignment.is_return { Tolerated::GoingBack } else { Tolerated::Nothing };
        check_holds(tx, &found, tolerated)?;
        let lost_mg = self.weigh(tx, &found, line.weight_mg)?;
        if lost_mg > 0 {
            found.take(Exit::Lost, lost_mg, row(LotAction::WriteOff)?)?;
        }
        let record = &mut found.record;
        let hand_over = !record.handed_over && !consignment.is_return;
        if consignment.is_return {
            record.suppliers.pop();
        } else {
            record.handed_over = true;
            if record.suppliers.len() >= SUPPLIERS_PER_LOT_MAX {
                record.suppliers.remove(0);
            }
            record.suppliers.push(sender);
            record.state = match record.kind {
                LotKind::Piece => LotState::Distributed,
                kind if kind.is_crude_herb() => LotState::Traded,
                _ => record.state,
            };
        }
        record.owner = tx.principal;
        record.transit = None;
        record.arrive();
        let body = LotReceived {
            sender,
            weight_mg: line.weight_mg,
            lost_mg,
            weighing: self.weighing,
            evidence: self.evidence,
            hand_over,
        };
        found.event(tx, EventBody::LotReceived(body));
        found.store(tx);
        Ok(())
    }

    /// M2: what arrived is what was sent less a loss within the law's bound; never more.
    fn weigh(&self, tx: &Tx, found: &Found, actual: u64) -> Result<u64, Rejection> {
        let expected = found.record.balance.stock;
        let lot = || found.name.clone();
        let lost =
            expected.checked_sub(actual).ok_or_else(|| Rejection::LotWeightGained { lot: lot(), expected, actual })?;
        let bound = tx.law(tx.organisation.jurisdiction).tcm.transit_loss_ppm_max;
        if !within_share(lost, expected, bound) {
            return Err(Rejection::LotTransitLoss { lot: lot(), ppm: bound, expected, actual });
        }
        Ok(lost)
    }
}

impl Body for RefuseLots {
    fn documents_named(&self) -> Vec<&DocumentNumber> {
        vec![&self.shipment_no]
    }

    /// The shipment and its term, and each lot.
    fn writes_bound(&self) -> u32 {
        count_writes(self.lots.len()).saturating_add(2)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_count("lots", self.lots.len(), 1, LOTS_PER_SHIPMENT_MAX)?;
        check_public_text("reason", &self.reason)
    }

    /// Order of checks: shipment, a party to it; then each lot: outstanding in this shipment.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let (sender, mut shipment) = find_shipment(tx, &self.sender, &self.shipment_no)?;
        let receiver = shipment.receiver;
        if tx.principal != sender && tx.principal != receiver {
            let expected = tx.organisation_record(receiver)?.id.clone();
            return Err(Rejection::NotDesignatedReceiver {
                document: self.shipment_no.0.clone(),
                owner: self.sender.clone(),
                expected,
                actual: tx.organisation.id.clone(),
            }
            .into());
        }
        for lot in &self.lots {
            let mut found = find(tx, lot)?;
            outstanding(&found, &shipment, &self.shipment_no)?;
            found.record.transit = None;
            found.record.arrive();
            found.event(tx, EventBody::LotRefused(LotRefused { receiver, reason: self.reason.clone() }));
            found.store(tx);
        }
        shipment.refused = shipment.refused.saturating_add(count_writes(self.lots.len()));
        shipment.store(tx, sender, &self.shipment_no)
    }
}
