//! T4–T7, T14: two-phase custody with its accounts, stock inside a house, the border, orders (§3.1, §3.4, §5.4, §5.6).

use super::bills::{self, Carrier};
use super::quality::Hold;
use super::registry::{Capacity, by_law, own, with};
use super::{
    Condition, FirmNo, Leg, Model, ProductNo, Shipment, ShipmentId, State, Verdict, Way, codes_differ, ensure,
};
use bencao_chaincode::UnitKey;
use bencao_chaincode::registry::FilingKind;
use bencao_chaincode::transaction::*;
use bencao_genesis::LicenceKind::*;
use bencao_genesis::Role::*;
use bencao_genesis::{CalendarDate, DrugClass, LicenceKind, OrgId};
use std::collections::BTreeSet;

/// What a firm orders another to do with its goods; or a site that a CDC names.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) bill_type: u16,
    pub(crate) executor: FirmNo,
    pub(crate) partner: FirmNo,
    pub(crate) product: Option<ProductNo>,
    pub(crate) valid_to: CalendarDate,
    pub(crate) codes: BTreeSet<UnitKey>,
    pub(crate) done: bool,
}

/// A CDC's designation.
const DESIGNATION: u16 = 209;
/// The word of who buys and sells on without having the goods.
const DROP_SHIPMENT: u16 = 207;

/// What an order lets its executor do.
enum Ordered {
    For(FirmNo),
    Designated,
    Through(FirmNo),
}
/// Sales remembered for the way back.
const LEGS_MAX: usize = 8;
/// How long a sender waits for a receipt: 30 days.
const RECEIPT_MS: u64 = 30 * 24 * 3_600_000;

const HOLDER: Capacity = own(MarketingHolder, DrugProduction);
const PIECES: Capacity = own(DecoctionProducer, DrugProduction);
const MAKER: Capacity = own(Producer, DrugProduction);
const TRADER: Capacity = with(Wholesaler, DrugWholesale);
const HOSPITAL: Capacity = with(Hospital, MedicalInstitution);
const SITE: Capacity = with(VaccinationSite, MedicalInstitution);
const POINT: Capacity = with(VaccinationSite, VaccinationPoint);
const CDC: Capacity = by_law(DiseaseControl);
const PHARMACY: Capacity = with(Pharmacy, DrugRetail);
const RADIOACTIVE: Capacity = with(Wholesaler, RadioactiveTrade);
const CHAIN: Capacity = with(Pharmacy, PsychotropicRetail);
const NATIONAL: Capacity = with(Wholesaler, NarcoticWholesaleNational);
const REGIONAL: Capacity = with(Wholesaler, NarcoticWholesaleRegional);
const WITH_CARD: Capacity = with(Hospital, NarcoticPurchaseCard);
const GROWER: Capacity = by_law(Grower);
const HERBS: Capacity = by_law(HerbTrader);

/// Who sells a class (§5.2, §5.4; 《药品管理法》 Art. 34, 55, 60, 76).
fn sellers(class: DrugClass) -> Vec<Capacity> {
    match class {
        DrugClass::Vaccine => vec![HOLDER, CDC],
        DrugClass::Narcotic | DrugClass::PsychotropicI => vec![HOLDER, MAKER, NATIONAL, REGIONAL],
        DrugClass::Radioactive => vec![HOLDER, MAKER, RADIOACTIVE],
        DrugClass::CrudeHerb => vec![HOLDER, PIECES, MAKER, TRADER, GROWER, HERBS],
        DrugClass::HospitalPreparation => vec![own(Hospital, MedicalInstitution), MAKER],
        _ => vec![HOLDER, PIECES, MAKER, TRADER],
    }
}

/// Who keeps a class by transfer, or because it came back.
fn keepers(class: DrugClass) -> Vec<Capacity> {
    match class {
        DrugClass::Vaccine => vec![HOLDER, CDC, POINT],
        DrugClass::HospitalPreparation => vec![HOSPITAL, MAKER],
        DrugClass::Narcotic | DrugClass::PsychotropicI => vec![HOLDER, MAKER, NATIONAL, REGIONAL],
        DrugClass::CrudeHerb => vec![HOLDER, PIECES, MAKER, TRADER, PHARMACY, GROWER, HERBS],
        DrugClass::Radioactive => vec![HOLDER, MAKER, RADIOACTIVE],
        DrugClass::PsychotropicII => vec![HOLDER, PIECES, MAKER, TRADER, CHAIN],
        _ => vec![HOLDER, PIECES, MAKER, TRADER, PHARMACY],
    }
}

impl Model {
    /// Who buys a class of this seller.
    fn buyers(&self, class: DrugClass, seller: FirmNo, designated: bool) -> Vec<Capacity> {
        let seller = &self.firms[seller];
        let may = |kind: LicenceKind| seller.may(kind, class, self.today());
        match class {
            DrugClass::Vaccine if seller.is(DiseaseControl) || designated => vec![CDC, POINT],
            DrugClass::Vaccine => vec![CDC],
            DrugClass::HospitalPreparation => vec![HOSPITAL],
            DrugClass::Narcotic | DrugClass::PsychotropicI if may(NarcoticWholesaleRegional) => vec![WITH_CARD],
            DrugClass::Narcotic | DrugClass::PsychotropicI if may(NarcoticWholesaleNational) => {
                vec![REGIONAL, WITH_CARD]
            }
            DrugClass::Narcotic | DrugClass::PsychotropicI => vec![NATIONAL, REGIONAL, HOLDER],
            DrugClass::PsychotropicII => vec![TRADER, HOSPITAL, SITE, HOLDER, PIECES, CHAIN],
            DrugClass::Radioactive => vec![RADIOACTIVE, with(Hospital, RadioactiveUse), HOLDER],
            DrugClass::CrudeHerb => vec![
                TRADER,
                HOSPITAL,
                PHARMACY,
                HERBS,
                with(DecoctionProducer, DrugProduction),
                with(MarketingHolder, DrugProduction),
                with(Producer, DrugProduction),
                HOLDER,
            ],
            _ => vec![TRADER, HOSPITAL, SITE, HOLDER, PIECES, PHARMACY],
        }
    }

    /// Rule 7 on the buyer's side.
    fn may_buy(&self, buyer: FirmNo, product: ProductNo, seller: FirmNo, designated: bool) -> Verdict {
        let class = self.products[product].class;
        let by_holder = !self.firms[seller].is(DiseaseControl) && self.products[product].holder == seller;
        if class == DrugClass::Vaccine && self.firms[buyer].is(VaccinationSite) && by_holder {
            ensure(designated, "designation_required")?;
        }
        self.licensed(buyer, product, &self.buyers(class, seller, designated), "route_not_allowed")?;
        self.in_province(seller, buyer, class)
    }

    /// A regional wholesaler of a class keeps to its own province.
    fn in_province(&self, from: FirmNo, to: FirmNo, class: DrugClass) -> Verdict {
        let regional = self.firms[from].may(NarcoticWholesaleRegional, class, self.today());
        let here = self.firms[from].region.same_province(&self.firms[to].region);
        ensure(!regional || here, "other_province")
    }

    fn may_sell(&self, seller: FirmNo, product: ProductNo, buyer: FirmNo, designated: bool) -> Verdict {
        let class = self.products[product].class;
        // A holder abroad has no licence of this country.
        if !(self.firms[seller].is_abroad() && self.products[product].holder == seller) {
            self.licensed(seller, product, &sellers(class), "route_not_allowed")?;
        } else {
            // Art. 38: somebody here performs its duties.
            ensure(self.production.responsible.contains_key(&seller), "responsible_required")?;
        }
        // Art. 76: who makes a preparation under contract hands it to its holder.
        let home = [seller, buyer].contains(&self.products[product].holder);
        ensure(class != DrugClass::HospitalPreparation || home, "route_not_allowed")?;
        self.may_buy(buyer, product, seller, designated)
    }

    fn may_keep(&self, firm: FirmNo, product: ProductNo) -> Verdict {
        self.licensed(firm, product, &keepers(self.products[product].class), "route_not_allowed")
    }

    /// What has left the loop does not come back (§3.3 #1, #6).
    pub(crate) fn not_retired(&self, code: &UnitKey) -> Verdict {
        let state = self.units[code].state;
        ensure(state != State::Voided, "code_voided")?;
        ensure(!state.is_terminal(), "retired")
    }

    // What a movement by the custodian asks of each code, in this order.

    pub(crate) fn movable(&self, by: FirmNo, code: &UnitKey, from: &[State], tolerated: &[Hold]) -> Verdict {
        let unit = self.unit(code)?;
        ensure(unit.state != State::Dispensed, "already_dispensed")?;
        self.not_retired(code)?;
        ensure(unit.custodian == by, "not_custodian")?;
        ensure(unit.way.is_none(), "in_transit")?;
        ensure(self.is_released(code), "not_released")?;
        ensure(from.contains(&unit.state), "wrong_state")?;
        self.not_inside_sold(code)?;
        let mut holds = self.holds_on(code);
        holds.extend(self.holds_of_firm(by));
        holds.retain(|h| !tolerated.contains(h));
        // Art. 100: what lies with a keeper is seized with whose it is, but what goes back.
        if tolerated.is_empty() {
            holds.extend(self.holds_of_owner(code));
        }
        // Rule 8: nothing slips out of a package that is on hold.
        ensure(holds.is_empty(), "held")?;
        self.not_inside_held(code)?;
        ensure(!self.holds_held_unit(code), "holds_held_unit")?;
        ensure(!self.is_empty_package(code), "empty_package")
    }

    // T4

    pub(crate) fn ship(&mut self, by: FirmNo, bill: &Ship) -> Verdict {
        bills::bill(bill.bill_type, Carrier::Ship, &self.firms[by])?;
        let terms = bill.terms.clone().unwrap_or_default();
        let receiver = self.firm(&bill.receiver).ok_or("unknown_receiver")?;
        ensure(receiver != by, "receiver_is_sender")?;
        let through = match &terms.through {
            None => None,
            Some(id) => Some(self.firm(id).filter(|f| *f != receiver && *f != by).ok_or("unknown_party")?),
        };
        bills::may_receive(bill.bill_type, &self.firms[receiver])?;
        for party in [Some(by), Some(receiver), through].into_iter().flatten() {
            self.active(party)?;
        }
        let (mut consignor, mut designated, mut agreed) = (None, false, None);
        if let Some(order) = &terms.order {
            match self.carry_out(by, order, bill.bill_type, receiver, &bill.codes)? {
                Ordered::For(firm) => {
                    self.active(firm)?;
                    self.may_stand_behind(firm, bill.bill_type)?;
                    consignor = Some(firm);
                }
                Ordered::Designated => designated = true,
                Ordered::Through(firm) => agreed = Some(firm),
            }
        }
        if let Some(trader) = through.filter(|_| bill.bill_type == DROP_SHIPMENT) {
            ensure(agreed == Some(trader), "drop_shipment_order")?;
            self.may_stand_behind(trader, bill.bill_type)?;
        }
        ensure(!terms.postal || self.posted.insert((by, terms.permit.clone())), "permit_used")?;
        codes_differ(&bill.codes)?;
        let returns = bills::is_return(bill.bill_type);
        let (from, tolerated): (&[State], &[Hold]) = match returns {
            true => (&[State::InStock, State::Blocked, State::Partial], &Hold::GOING_BACK),
            false => (&[State::InStock], &[]),
        };
        for code in &bill.codes {
            self.movable(by, code, from, tolerated)?;
            if !returns {
                self.not_expired(code)?;
            }
            // What was opened is recalled like the rest, and else stays.
            let recalled = self.holds_on(code).iter().any(|h| matches!(h, Hold::Recall(_)));
            let opened = self.units[code].sale.and_then(|s| s.parts).is_some_and(|(left, _, _)| left > 0);
            ensure(!opened || recalled, "wrong_state")?;
            match (consignor, self.units[code].kept_for) {
                (Some(consignor), owner) => ensure(owner == Some(consignor), "not_kept_for")?,
                (None, Some(owner)) if owner != receiver => self.may_stand_behind(owner, bill.bill_type)?,
                _ => {}
            }
            for product in self.products_in(code) {
                match bill.bill_type {
                    202 | 218 if recalled => self.recalled_to(code, product, receiver, through)?,
                    202 | 218 | 237 => {
                        self.returned_to_origin(code, receiver, through)?;
                        if !self.firms[receiver].is_abroad() {
                            self.may_keep(receiver, product)?;
                        }
                    }
                    211 => {
                        ensure(recalled, "not_recalled")?;
                        self.recalled_to(code, product, receiver, through)?;
                    }
                    203 | 217 => {
                        let back = self.units[code].kept_for == Some(receiver);
                        ensure(back || self.may_transfer(by, receiver), "transfer_pair")?;
                        self.may_keep(by, product)?;
                        self.may_keep(receiver, product)?;
                        self.in_province(by, receiver, self.products[product].class)?;
                    }
                    _ => {
                        let seller = consignor.unwrap_or(by);
                        if consignor.is_some() {
                            self.may_keep(by, product)?;
                        }
                        let vaccine = self.products[product].class == DrugClass::Vaccine;
                        ensure(through.is_none() || !vaccine, "route_not_allowed")?;
                        match through {
                            None => self.may_sell(seller, product, receiver, designated)?,
                            Some(trader) => {
                                self.may_sell(seller, product, trader, false)?;
                                self.may_sell(trader, product, receiver, designated)?;
                            }
                        }
                    }
                }
            }
            for product in self.products_in(code) {
                let class = self.products[product].class;
                let home = self.products[product].holder == receiver;
                let preparation = class == DrugClass::HospitalPreparation && !returns && !home;
                let narcotic = matches!(class, DrugClass::Narcotic | DrugClass::PsychotropicI);
                ensure(!(preparation || narcotic) || !terms.permit.is_empty(), "permit_required")?;
                if preparation {
                    // Art. 76: an approval of the one or the other.
                    let approved = [with(Hospital, PreparationTransfer)];
                    let to_receiver = self.licensed(receiver, product, &approved, "route_not_allowed");
                    if to_receiver.is_err() && self.licensed(by, product, &approved, "route_not_allowed").is_err() {
                        return to_receiver;
                    }
                }
            }
            self.take_out(code);
            let shipment = (by, self.document.clone());
            self.each(code, |u| {
                let was_blocked = u.state != State::InStock;
                u.state = State::InTransit;
                let shipment = shipment.clone();
                u.way = Some(Way { to: receiver, shipment, was_blocked, refused: false, given_up_by: None });
            });
        }
        let shipment = Shipment {
            bill_type: bill.bill_type,
            receiver,
            through,
            consignor,
            designated,
            at: self.now,
            shipped: bill.codes.len() as u32,
            ..Shipment::default()
        };
        self.shipments.insert((by, self.document.clone()), shipment);
        Ok(())
    }

    /// G3: goods go back to whom they were bought of last, through whom they were bought.
    fn returned_to_origin(&self, code: &UnitKey, receiver: FirmNo, through: Option<FirmNo>) -> Verdict {
        let fits = |leg: &Leg| leg.from == receiver && (through.is_none() || leg.through == through);
        ensure(self.units[code].bought.last().is_some_and(fits), "not_supplier")
    }

    /// Art. 82: who has to recall takes back, or the supplier on the way to it.
    fn recalled_to(&self, code: &UnitKey, product: ProductNo, to: FirmNo, through: Option<FirmNo>) -> Verdict {
        let owner = &self.products[product];
        if to == owner.holder || to == owner.producer {
            return Ok(());
        }
        self.returned_to_origin(code, to, through)
    }

    /// The same trade on both sides, a holder and those who make or sell for it, or a chain and its shops.
    fn may_transfer(&self, from: FirmNo, to: FirmNo) -> bool {
        let pairs = [
            (MarketingHolder, MarketingHolder),
            (MarketingHolder, Producer),
            (Producer, MarketingHolder),
            (Producer, Producer),
            (DecoctionProducer, DecoctionProducer),
            (DecoctionProducer, Wholesaler),
            (MarketingHolder, Wholesaler),
            (Wholesaler, Wholesaler),
            (Wholesaler, Pharmacy),
            (Pharmacy, Wholesaler),
            (Pharmacy, Pharmacy),
        ];
        pairs.iter().any(|(a, b)| self.firms[from].is(*a) && self.firms[to].is(*b))
    }

    pub(crate) fn disaggregate(&mut self, by: FirmNo, codes: &[UnitKey]) -> Verdict {
        codes_differ(codes)?;
        for code in codes {
            let unit = self.unit(code)?;
            ensure(unit.state != State::Dispensed, "already_dispensed")?;
            self.not_retired(code)?;
            ensure(unit.custodian == by, "not_custodian")?;
            ensure(unit.way.is_none(), "in_transit")?;
            ensure(self.is_released(code), "not_released")?;
            ensure(unit.state == State::InStock, "wrong_state")?;
            self.not_inside_held(code)?;
            ensure(!self.is_empty_package(code), "empty_package")?;
            ensure(!self.around(code).is_empty(), "not_packed")?;
            self.take_out(code);
        }
        Ok(())
    }

    // T5

    fn shipment(&self, sender: &OrgId, number: &DocumentNumber) -> Result<ShipmentId, super::Refusal> {
        let id = (self.firm(sender).ok_or("unknown_shipment")?, number.0.clone());
        self.shipments.contains_key(&id).then_some(id).ok_or("unknown_shipment")
    }

    fn is_receiver(&self, by: FirmNo, id: &ShipmentId) -> Verdict {
        ensure(self.shipments[id].receiver == by, "not_designated_receiver")
    }

    /// The package is on its way in the shipment, refused or not.
    fn on_its_way(&self, code: &UnitKey, id: &ShipmentId, refused: bool) -> Verdict {
        let unit = self.unit(code)?;
        let way = unit.way.as_ref().filter(|w| w.shipment == *id).ok_or("not_in_shipment")?;
        match (refused, way.refused) {
            (true, false) => Err("not_disputed"),
            (false, true) => Err("not_in_shipment"),
            _ => Ok(()),
        }
    }

    /// The same of a package that was shipped by itself.
    fn outstanding(&self, code: &UnitKey, id: &ShipmentId) -> Verdict {
        self.on_its_way(code, id, false)?;
        ensure(self.units[code].inside.is_none(), "inside_package")
    }

    pub(crate) fn receive(&mut self, by: FirmNo, bill: &Receive) -> Verdict {
        let row = bills::bill(bill.bill_type, Carrier::Receive, &self.firms[by])?;
        let id = self.shipment(&bill.sender, &bill.shipment_no)?;
        let shipment = self.shipments[&id].clone();
        ensure(row.4.contains(&shipment.bill_type), "wrong_receipt")?;
        let mut kept_for = None;
        if let Some(order) = &bill.order {
            let ordered = self.carry_out(by, order, bill.bill_type, id.0, &bill.codes)?;
            if matches!(ordered, Ordered::For(firm) if firm == shipment.receiver) {
                self.active(shipment.receiver)?;
                kept_for = Some(shipment.receiver);
            }
        }
        if kept_for.is_none() {
            self.is_receiver(by, &id)?;
        }
        ensure(bill.verified, "not_verified")?;
        self.active(by)?;
        let seller = shipment.consignor.unwrap_or(id.0);
        let returns = bills::is_return(shipment.bill_type);
        if !returns {
            self.active(id.0)?;
            self.active(seller)?;
        }
        let evidence = bill.evidence.clone().unwrap_or_default();
        if row.3 == State::InStock {
            ensure(evidence.delivery_note.is_some(), "delivery_note_required")?;
            ensure(!self.firms[id.0].is_abroad() || evidence.import.is_some(), "import_papers_required")?;
        }
        codes_differ(&bill.codes)?;
        for code in &bill.codes {
            self.unit(code)?;
            self.outstanding(code, &id)?;
            if let Some(owner) = self.units[code].kept_for.filter(|_| !returns) {
                self.active(owner)?;
            }
            ensure(bill.bill_type != 106 || self.units[code].remainder, "not_remainder")?;
            // What is recalled comes back as it is.
            let recalled = returns && self.holds_on(code).iter().any(|h| matches!(h, Hold::Recall(_)));
            for product in self.products_in(code) {
                match shipment.bill_type {
                    // Who recalls takes back.
                    211 => {}
                    202 | 218 if recalled => {}
                    _ if returns && self.firms[by].is_abroad() => {}
                    203 | 217 => self.may_keep(by, product)?,
                    _ if returns => self.may_keep(by, product)?,
                    _ => self.may_buy(by, product, shipment.through.unwrap_or(seller), shipment.designated)?,
                }
            }
            if let Some(papers) = evidence.import.as_ref().filter(|_| self.firms[id.0].is_abroad()) {
                // Art. 66, 68.
                use DrugClass::*;
                for product in self.products_in(code) {
                    let class = self.products[product].class;
                    let special = matches!(class, Narcotic | PsychotropicI | PsychotropicII);
                    ensure(!special || !papers.permit.is_empty(), "permit_required")?;
                }
                for product in self.products_in(code) {
                    let inspected = matches!(self.products[product].class, Biological | Vaccine | BloodProduct);
                    ensure(!inspected || papers.inspection_report.is_some(), "import_inspection_required")?;
                }
            }
            for product in self.products_in(code) {
                // 2–8 °C on the way (《疫苗管理法》 Art. 39), and what the master data says.
                let by_class = (self.products[product].class == DrugClass::Vaccine).then_some((20, 80));
                let ranges = by_class.into_iter().chain(self.products[product].temperature);
                for (lowest, highest) in ranges.filter(|_| !recalled) {
                    let measured = evidence.temperature.ok_or("temperature_required")?;
                    let kept = lowest <= measured.lowest && measured.highest <= highest;
                    ensure(kept, "temperature_out_of_range")?;
                }
            }
            // A transfer leaves them whose they were.
            let owner = match shipment.bill_type {
                203 | 217 => {
                    let before = self.units[code].kept_for.or(shipment.consignor).unwrap_or(id.0);
                    Some(before).filter(|firm| *firm != by)
                }
                _ => kept_for,
            };
            self.each(code, |u| {
                (u.state, u.way, u.custodian, u.kept_for) = (row.3, None, by, owner);
                match shipment.bill_type {
                    203 | 217 => {}
                    // It is back at who sold it: that sale and all after it are undone.
                    _ if returns => {
                        let sale = u.bought.iter().rposition(|leg| leg.from == shipment.receiver);
                        u.bought.truncate(sale.unwrap_or(0));
                    }
                    _ => add_leg(&mut u.bought, Leg { from: seller, through: shipment.through }),
                }
            });
            self.account(&id).received += 1;
        }
        Ok(())
    }

    fn account(&mut self, id: &ShipmentId) -> &mut Shipment {
        self.shipments.get_mut(id).expect("known")
    }

    // T6, T7

    pub(crate) fn refuse(&mut self, by: FirmNo, bill: &Refuse) -> Verdict {
        let id = self.shipment(&bill.sender, &bill.shipment_no)?;
        self.is_receiver(by, &id)?;
        codes_differ(&bill.codes)?;
        for code in &bill.codes {
            self.on_its_way(code, &id, false)?;
            // Rule 8: nothing slips out of a package that is on hold.
            self.not_inside_held(code)?;
            self.not_inside_sold(code)?;
            match bill.reason {
                RefusalReason::Shortage => self.tell_if_grave(by, code, true),
                RefusalReason::Temperature => self.tell(by),
                _ => {}
            }
            if self.units[code].inside.is_some() {
                // Missing from inside a package: from now on one package more.
                self.account(&id).shipped += 1;
            }
            self.take_out(code);
            // T8: broken, or too warm if it may be, it is never sold again. A broken package is opened and looked into.
            let sensitive = |p: &ProductNo| {
                self.products[*p].class == DrugClass::Vaccine || self.products[*p].temperature.is_some()
            };
            let spoiled = match bill.reason {
                RefusalReason::Damaged => self.units[code].level == 1,
                RefusalReason::Temperature => self.products_in(code).iter().any(sensitive),
                _ => false,
            };
            self.each(code, |u| {
                let way = u.way.as_mut().expect("on its way");
                (way.to, way.refused) = (id.0, true);
                if spoiled && u.condition == Condition::Sound {
                    u.condition = Condition::Damaged;
                }
            });
            self.account(&id).disputed += 1;
        }
        Ok(())
    }

    pub(crate) fn take_back(&mut self, by: FirmNo, bill: &TakeBack) -> Verdict {
        let id = (by, bill.shipment_no.0.clone());
        ensure(self.shipments.contains_key(&id), "unknown_shipment")?;
        codes_differ(&bill.codes)?;
        for code in &bill.codes {
            self.on_its_way(code, &id, true)?;
            ensure(self.units[code].inside.is_none(), "inside_package")?;
            self.each(code, |u| (u.state, u.way) = (State::Blocked, None));
            let account = self.account(&id);
            (account.disputed, account.taken_back) = (account.disputed - 1, account.taken_back + 1);
        }
        Ok(())
    }

    pub(crate) fn accept_loss(&mut self, by: FirmNo, bill: &AcceptLoss) -> Verdict {
        let id = self.shipment(&bill.sender, &bill.shipment_no)?;
        if id.0 != by {
            self.is_receiver(by, &id)?;
        }
        codes_differ(&bill.codes)?;
        for code in &bill.codes {
            self.on_its_way(code, &id, true)?;
            ensure(self.units[code].inside.is_none(), "inside_package")?;
            let first = self.units[code].way.as_ref().expect("on its way").given_up_by;
            ensure(first != Some(by), "loss_accepted")?;
            self.tell_if_grave(by, code, true);
            match first {
                None => self.each(code, |u| u.way.as_mut().expect("on its way").given_up_by = Some(by)),
                Some(_) => {
                    self.each(code, |u| (u.state, u.way) = (State::Lost, None));
                    let account = self.account(&id);
                    (account.disputed, account.lost) = (account.disputed - 1, account.lost + 1);
                }
            }
        }
        Ok(())
    }

    pub(crate) fn cancel(&mut self, by: FirmNo, bill: &CancelShipment) -> Verdict {
        let id = (by, bill.shipment_no.0.clone());
        let account = self.shipments.get(&id).ok_or("unknown_shipment")?;
        let answered = account.received + account.disputed + account.taken_back + account.lost > 0;
        // Nobody is waited for without end, and of what was away so long nobody knows where it was.
        let overdue = self.now >= account.at + RECEIPT_MS;
        ensure(!answered || overdue, "shipment_answered")?;
        codes_differ(&bill.codes)?;
        for code in &bill.codes {
            self.outstanding(code, &id)?;
            self.each(code, |u| {
                let was_blocked = u.way.take().expect("on its way").was_blocked;
                u.state = if answered || was_blocked { State::Blocked } else { State::InStock };
            });
            self.account(&id).cancelled += 1;
        }
        Ok(())
    }

    // Stock inside a house.

    pub(crate) fn move_stock(&mut self, by: FirmNo, bill: &MoveStock) -> Verdict {
        let row = bills::bill(bill.bill_type, Carrier::MoveStock, &self.firms[by])?;
        codes_differ(&bill.codes)?;
        let found = matches!(bill.bill_type, 111 | 118);
        for code in &bill.codes {
            if found {
                let unit = self.unit(code)?;
                ensure(unit.custodian == by, "not_custodian")?;
                ensure(unit.state == State::Lost, "wrong_state")?;
                self.not_inside_sold(code)?;
                self.not_inside_held(code)?;
            } else {
                self.movable(by, code, &[State::InStock], &[])?;
            }
            if row.3 == State::Consumed {
                self.not_expired(code)?;
            }
            if bill.bill_type == 320 {
                self.may_use_up(by, code)?;
            }
            for product in self.products_in(code) {
                self.may_use_in_making(by, bill.bill_type, product)?;
            }
            if matches!(bill.bill_type, 208 | 221) && self.holds_special(code) {
                self.tell(by);
            }
            if found {
                self.tell(by);
            }
            self.take_out(code);
            self.each(code, |u| {
                u.state = row.3;
                if found {
                    u.condition = Condition::Recovered;
                }
            });
        }
        Ok(())
    }

    /// Who makes drugs of the class uses it up in making (Art. 41); a hospital its own (Art. 76). Cells are washed.
    fn may_use_in_making(&self, by: FirmNo, bill_type: u16, product: ProductNo) -> Verdict {
        let mut who = vec![with(MarketingHolder, DrugProduction), with(Producer, DrugProduction)];
        match bill_type {
            208 => who.extend([
                with(DecoctionProducer, DrugProduction),
                own(Hospital, MedicalInstitution),
                with(Hospital, PreparationPermit),
            ]),
            221 => {
                ensure(self.products[product].class == DrugClass::Biological, "route_not_allowed")?;
                who.push(HOSPITAL);
            }
            _ => return Ok(()),
        }
        self.licensed(by, product, &who, "route_not_allowed")
    }

    // T14 and the border.

    pub(crate) fn export(&mut self, by: FirmNo, bill: &Export) -> Verdict {
        self.active(by)?;
        codes_differ(&bill.codes)?;
        for code in &bill.codes {
            self.movable(by, code, &[State::InStock], &[])?;
            self.not_expired(code)?;
            for product in self.products_in(code) {
                let class = self.products[product].class;
                let mut exporters = sellers(class);
                let market = class != DrugClass::HospitalPreparation;
                exporters.retain(|c| market && !matches!(c.0, DiseaseControl | Hospital));
                self.licensed(by, product, &exporters, "route_not_allowed")?;
                use DrugClass::*;
                let special = matches!(class, Narcotic | PsychotropicI | PsychotropicII);
                ensure(!special || !bill.permit.is_empty(), "permit_required")?;
                let documents = bill.quarantine.is_some() && bill.traceability.is_some();
                let herbal = matches!(class, DecoctionPiece | CrudeHerb);
                ensure(!herbal || documents, "export_documents")?;
            }
            self.take_out(code);
            self.each(code, |u| u.state = State::Exported);
        }
        Ok(())
    }

    pub(crate) fn reject_import(&mut self, by: FirmNo, bill: &RejectImport) -> Verdict {
        let id = self.shipment(&bill.sender, &bill.shipment_no)?;
        ensure(self.firms[id.0].is_abroad(), "not_an_import")?;
        if !self.firms[by].is(Customs) {
            self.is_receiver(by, &id)?;
        }
        codes_differ(&bill.codes)?;
        let shipment = self.shipments[&id].clone();
        for code in &bill.codes {
            self.outstanding(code, &id)?;
            let leg = Leg { from: shipment.consignor.unwrap_or(id.0), through: shipment.through };
            self.each(code, |u| {
                (u.state, u.way, u.custodian, u.kept_for) = (State::Blocked, None, shipment.receiver, None);
                add_leg(&mut u.bought, leg);
            });
            self.units.get_mut(code).expect("known").import_rejected = true;
            self.account(&id).received += 1;
        }
        Ok(())
    }

    // Orders.

    pub(crate) fn instruct(&mut self, by: FirmNo, bill: &Instruct) -> Verdict {
        if bill.bill_type == DESIGNATION {
            ensure(self.firms[by].is(DiseaseControl), "role_not_allowed")?;
        } else if bill.bill_type == DROP_SHIPMENT {
            bills::bill(DROP_SHIPMENT, Carrier::Ship, &self.firms[by])?;
        } else {
            bills::bill(bill.bill_type, Carrier::Instruct, &self.firms[by])?;
        }
        self.active(by)?;
        let executor = self.firm(&bill.executor).filter(|f| *f != by).ok_or("unknown_party")?;
        let partner = self.firm(&bill.partner).filter(|f| *f != by && *f != executor).ok_or("unknown_party")?;
        ensure(bill.valid_to >= self.today(), "order_expired")?;
        if matches!(bill.bill_type, 120 | 222 | 223) {
            ensure(self.agreed(by, executor, bill.valid_to), "agreement_required")?;
        }
        let product = bill.product_id.as_ref().map(|id| self.product(id)).transpose()?;
        codes_differ(&bill.codes)?;
        let order = Order {
            bill_type: bill.bill_type,
            executor,
            partner,
            product,
            valid_to: bill.valid_to,
            codes: bill.codes.iter().copied().collect(),
            done: false,
        };
        self.orders.insert((by, self.document.clone()), order);
        Ok(())
    }

    /// Whether a keeper has an agreement with a firm, today and on a later day.
    pub(crate) fn agreed(&self, by: FirmNo, keeper: FirmNo, last: CalendarDate) -> bool {
        let entries = self.filings.get(&(by, FilingKind::StorageAgreement)).map(Vec::as_slice).unwrap_or_default();
        entries.iter().any(|e| e.related == Some(keeper) && e.counts(self.today()) && e.counts(last))
    }

    /// Whom a bill acts for, if it carries out an order; or that its receiver is a site that a CDC has named.
    fn carry_out(
        &mut self,
        by: FirmNo,
        reference: &OrderRef,
        bill_type: u16,
        partner: FirmNo,
        codes: &[UnitKey],
    ) -> Result<Ordered, super::Refusal> {
        let author = self.firm(&reference.by).ok_or("unknown_order")?;
        let id = (author, reference.number.0.clone());
        let order = self.orders.get(&id).ok_or("unknown_order")?.clone();
        let bills: &[u16] = match order.bill_type {
            120 => &[103],
            222 => &[203],
            223 => &[201],
            DROP_SHIPMENT => &[207],
            _ => &[201, 209],
        };
        ensure(order.executor == by, "order_differs")?;
        ensure(bills.contains(&bill_type), "order_differs")?;
        ensure(order.partner == partner, "order_differs")?;
        ensure(self.today() <= order.valid_to, "order_expired")?;
        if matches!(order.bill_type, 120 | 222 | 223) {
            ensure(self.agreed(author, by, self.today()), "agreement_required")?;
        }
        if let Some(product) = order.product {
            for code in codes {
                self.unit(code)?;
                ensure(self.products_in(code) == [product], "order_differs")?;
            }
        }
        let ordered = match order.bill_type {
            DESIGNATION => Ordered::Designated,
            DROP_SHIPMENT => Ordered::Through(author),
            _ => Ordered::For(author),
        };
        // What names no codes stands until its last day.
        if order.codes.is_empty() {
            return Ok(ordered);
        }
        let meant: Vec<UnitKey> = order.codes.into_iter().collect();
        let mut named = codes.to_vec();
        named.sort();
        ensure(meant == named, "order_differs")?;
        ensure(!order.done, "order_done")?;
        self.orders.get_mut(&id).expect("known").done = true;
        Ok(ordered)
    }
}

fn add_leg(legs: &mut Vec<Leg>, leg: Leg) {
    if legs.len() >= LEGS_MAX {
        legs.remove(0);
    }
    legs.push(leg);
}
