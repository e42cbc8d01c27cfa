//! T9, T10, T16: the end of a smallest unit's way, whole or in parts, and what undoes it (§3.7, §5.4).

use super::bills::{self, Carrier};
use super::registry::{Capacity, with};
use super::{FirmNo, Model, ProductNo, Sale, State, Verdict, codes_differ, ensure};
use bencao_chaincode::UnitKey;
use bencao_chaincode::registry::FilingKind;
use bencao_chaincode::transaction::{Dispense, DispensePart, Patient, Prescription};
use bencao_genesis::DrugClass::{self, *};
use bencao_genesis::LicenceKind::*;
use bencao_genesis::{OrgId, Role};

/// Column of the class × channel matrix of §5.4.
#[derive(Clone, Copy, PartialEq)]
enum Channel {
    Retail,
    Online,
    Hospital,
    Vaccination,
}

/// A cell of the matrix.
#[derive(Clone, Copy, PartialEq)]
enum Cell {
    /// ✗
    Never,
    /// ✓
    Yes,
    /// C: against a prescription, whatever the product says.
    Prescription,
    /// Of the institution that made it.
    Own,
}

/// The matrix of §5.4, for classes that it restricts: retail, online, hospital.
fn matrix(class: DrugClass) -> [Cell; 3] {
    use Cell::{Never, Own, Yes};
    match class {
        Vaccine => [Never, Never, Never],
        BloodProduct => [Cell::Prescription, Never, Yes],
        Narcotic | PsychotropicI => [Never, Never, Cell::Prescription],
        PsychotropicII | MedicalToxic => [Cell::Prescription, Never, Cell::Prescription],
        Radioactive | AnabolicOrPeptide => [Never, Never, Yes],
        Precursor => [Yes, Never, Yes],
        HospitalPreparation => [Never, Never, Own],
        _ => [Yes, Yes, Yes],
    }
}

/// Most days on one prescription: rows ordinary, chronic pain, inpatient; columns injection, controlled release, other.
const NARCOTIC_DAYS: [[u16; 3]; 3] = [[0, 7, 3], [3, 15, 7], [1, 1, 1]];
/// 第二类精神药品
const PSYCHOTROPIC_II_DAYS: u16 = 7;
/// How long a seller may take back a sale entered by mistake.
const REVERSAL_MS: u64 = 24 * 3_600_000;

fn days_allowed(class: DrugClass, patient: Patient, form: &str) -> Option<u16> {
    let column = match form {
        f if f.contains("注射") => 0,
        f if f.contains("缓释") || f.contains("控释") => 1,
        _ => 2,
    };
    match class {
        Narcotic | PsychotropicI => Some(NARCOTIC_DAYS[patient as usize][column]),
        PsychotropicII => Some(PSYCHOTROPIC_II_DAYS),
        MedicalToxic => Some(2),
        _ => None,
    }
}

/// What an institution filled a prescription for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filled {
    at: u64,
    until: u64,
    units: u32,
}

const DAY_MS: u64 = 24 * 3_600_000;

impl Model {
    pub(crate) fn dispense(&mut self, by: FirmNo, bill: &Dispense) -> Verdict {
        codes_differ(&bill.codes)?;
        let units: Vec<(UnitKey, Option<u64>)> = bill.codes.iter().map(|c| (*c, None)).collect();
        self.hand_out(by, bill.bill_type, bill.prescription.as_ref(), bill.platform.as_ref(), &units)
    }

    pub(crate) fn dispense_part(&mut self, by: FirmNo, bill: &DispensePart) -> Verdict {
        let codes: Vec<UnitKey> = bill.parts.iter().map(|p| p.code).collect();
        codes_differ(&codes)?;
        let units: Vec<(UnitKey, Option<u64>)> = bill.parts.iter().map(|p| (p.code, Some(p.quantity))).collect();
        self.hand_out(by, bill.bill_type, bill.prescription.as_ref(), bill.platform.as_ref(), &units)
    }

    fn hand_out(
        &mut self,
        by: FirmNo,
        bill_type: u16,
        prescription: Option<&Prescription>,
        platform: Option<&OrgId>,
        units: &[(UnitKey, Option<u64>)],
    ) -> Verdict {
        bills::bill(bill_type, Carrier::Dispense, &self.firms[by])?;
        let platform = platform.map(|id| self.member(id)).transpose()?;
        platform.map_or(Ok(()), |firm| self.is_platform(firm))?;
        // Units with a limit, and what is handed out of them.
        let (mut limited, mut handed) = (0, 0);
        for (code, taken) in units {
            let from: &[State] = if taken.is_some() { &[State::InStock, State::Partial] } else { &[State::InStock] };
            self.movable(by, code, from, &[])?;
            self.not_expired(code)?;
            let product = self.own_product(code);
            let unit = &self.units[code];
            let by_quantity = taken.is_some() && self.is_exempt(code, product);
            ensure(unit.level == 1 || by_quantity, "not_smallest_unit")?;
            self.may_hand_out(by, bill_type, code, product, prescription, platform)?;
            let counted = prescription.filter(|p| {
                let master = &self.products[product];
                days_allowed(master.class, p.patient, &master.dosage_form).is_some()
            });
            if let Some(prescription) = counted {
                let before = self.filled.get(&(by, prescription.number)).filter(|_| limited == 0);
                ensure(before.is_none_or(|f| f.until <= self.now), "prescription_used")?;
                let most = prescription.quantity.ok_or("quantity_not_stated")?;
                let content = taken.unwrap_or_else(|| self.content_of(code));
                ensure(content > 0, "content_not_declared")?;
                (limited, handed) = (limited + 1, handed + content);
                ensure(handed <= most, "prescription_exceeded")?;
            }
            let on = counted.map(|p| p.number);
            let before = self.units[code].sale;
            let parts = match taken {
                None => None,
                Some(taken) => {
                    let content = self.content_of(code);
                    ensure(content > 0, "content_not_declared")?;
                    let (left, _, count) = before.and_then(|s| s.parts).unwrap_or((content, 0, 0));
                    ensure(*taken <= left, "quantity_exceeded")?;
                    Some((left - taken, *taken, count + 1))
                }
            };
            self.take_out(code);
            let now = self.now;
            let state = if parts.is_some_and(|(left, _, _)| left > 0) { State::Partial } else { State::Dispensed };
            self.each(code, |u| u.state = state);
            let first = before.map_or(now, |s| s.first);
            self.units.get_mut(code).expect("known").sale =
                Some(Sale { seller: by, bill_type, first, last: now, parts, on });
        }
        if let Some(prescription) = prescription.filter(|_| limited > 0) {
            let days = u64::from(prescription.days.unwrap_or(0).max(1));
            let filled = Filled { at: self.now, until: self.now + days * DAY_MS, units: limited };
            self.filled.insert((by, prescription.number), filled);
        }
        Ok(())
    }

    /// §3.3: of 饮片 and 医疗机构制剂 that say so, one product alone in a package, no unit is scanned.
    fn is_exempt(&self, code: &UnitKey, product: ProductNo) -> bool {
        let known = &self.products[product];
        let class = matches!(known.class, DecoctionPiece | CrudeHerb | HospitalPreparation);
        class && known.scan_exempt && self.products_in(code) == [product]
    }

    /// Of a package, what is inside now.
    fn own_product(&self, code: &UnitKey) -> ProductNo {
        self.batches[self.batches_in(code)[0]].product
    }

    /// 装量 of all smallest units in it.
    fn content_of(&self, code: &UnitKey) -> u64 {
        let smallest = self.units_in(code).values().map(|units| u64::from(*units)).sum::<u64>();
        self.products[self.own_product(code)].content * smallest
    }

    pub(crate) fn is_platform(&self, firm: FirmNo) -> Verdict {
        let firm = &self.firms[firm];
        ensure(firm.is(Role::TradingPlatform) && firm.holds(InternetPlatform, self.today()), "not_licensed")
    }

    #[allow(clippy::too_many_arguments)]
    fn may_hand_out(
        &self,
        by: FirmNo,
        bill_type: u16,
        code: &UnitKey,
        product: ProductNo,
        prescription: Option<&Prescription>,
        platform: Option<FirmNo>,
    ) -> Verdict {
        let master = &self.products[product];
        let class = master.class;
        let (channel, cell) = self.open_channel(by, bill_type, code, product)?;
        if let Some(platform) = platform {
            let admitted = self.admits(platform, by, FilingKind::PlatformAdmission, Some(class));
            ensure(admitted, "not_admitted")?;
        }
        // Pharmacy and hospital in one: the stricter of the two over the counter.
        let counter = bill_type == 321 && self.firms[by].is(Role::Pharmacy);
        let shop = counter || matches!(channel, Channel::Retail | Channel::Online);
        let by_class = cell == Cell::Prescription || (counter && self.at_retail(product) == Cell::Prescription);
        let needed = by_class || (shop && master.prescription_only);
        let Some(prescription) = prescription else { return ensure(!needed, "prescription_required") };
        ensure(!(needed && shop) || prescription.reviewer.is_some(), "review_required")?;
        ensure(!(prescription.minor && class == PsychotropicII), "minor_patient")?;
        if let Some(most) = days_allowed(class, prescription.patient, &master.dosage_form) {
            ensure(prescription.days.ok_or("days_not_stated")? <= most, "days_exceeded")?;
        }
        Ok(())
    }

    /// 320: what only a prescription gives is not used up in the house.
    pub(crate) fn may_use_up(&self, by: FirmNo, code: &UnitKey) -> Verdict {
        ensure(self.units[code].level == 1, "not_smallest_unit")?;
        let product = self.own_product(code);
        let (_, cell) = self.open_channel(by, 320, code, product)?;
        ensure(cell != Cell::Prescription, "prescription_required")
    }

    fn at_retail(&self, product: ProductNo) -> Cell {
        let master = &self.products[product];
        let insulin = master.class == AnabolicOrPeptide && master.generic_name.contains("胰岛素");
        if insulin { Cell::Yes } else { matrix(master.class)[0] }
    }

    /// Class, channel and licence.
    fn open_channel(
        &self,
        by: FirmNo,
        bill_type: u16,
        code: &UnitKey,
        product: ProductNo,
    ) -> Result<(Channel, Cell), super::Refusal> {
        let (firm, master) = (&self.firms[by], &self.products[product]);
        let class = master.class;
        let channel = match bill_type {
            326 => Channel::Online,
            322 => Channel::Vaccination,
            _ if firm.is(Role::Pharmacy) && !firm.is(Role::Hospital) => Channel::Retail,
            _ => Channel::Hospital,
        };
        let cell = match channel {
            Channel::Retail => self.at_retail(product),
            Channel::Online => matrix(class)[1],
            Channel::Hospital => matrix(class)[2],
            Channel::Vaccination => Cell::Yes,
        };
        // A vaccine is vaccinated, and only a vaccine.
        let misplaced = (channel == Channel::Vaccination) != (class == Vaccine);
        ensure(!misplaced && cell != Cell::Never, "channel_forbidden")?;
        let capacities: Vec<Capacity> = match (channel, class) {
            (Channel::Retail, PsychotropicII) => vec![with(Role::Pharmacy, PsychotropicRetail)],
            (Channel::Retail | Channel::Online, _) => vec![with(Role::Pharmacy, DrugRetail)],
            (Channel::Vaccination, _) => vec![with(Role::VaccinationSite, VaccinationPoint)],
            (_, Narcotic | PsychotropicI) => vec![with(Role::Hospital, NarcoticPurchaseCard)],
            (_, Radioactive) => vec![with(Role::Hospital, RadioactiveUse)],
            _ => vec![with(Role::Hospital, MedicalInstitution), with(Role::VaccinationSite, MedicalInstitution)],
        };
        self.licensed(by, product, &capacities, "route_not_allowed")?;
        if channel == Channel::Online {
            self.licensed(by, product, &[with(Role::Pharmacy, InternetSale)], "route_not_allowed")?;
        }
        if cell == Cell::Own {
            let supplied = !self.units[code].bought.is_empty();
            ensure(master.holder == by || supplied, "own_preparation_only")?;
        }
        Ok((channel, cell))
    }

    fn sold_here(&self, by: FirmNo, code: &UnitKey, states: &[State]) -> Result<Sale, super::Refusal> {
        let unit = self.unit(code)?;
        let fits = states.contains(&unit.state);
        if fits {
            self.not_inside_sold(code)?;
        }
        let sale = unit.sale.filter(|_| fits).ok_or("wrong_state")?;
        ensure(sale.seller == by, "not_seller")?;
        // What was injected does not come back.
        ensure(sale.bill_type != 322, "not_reversible")?;
        Ok(sale)
    }

    /// A sale entered by mistake is as if it had not been; of a unit sold in parts, the newest part.
    pub(crate) fn reverse(&mut self, by: FirmNo, codes: &[UnitKey]) -> Verdict {
        codes_differ(codes)?;
        for code in codes {
            let sale = self.sold_here(by, code, &[State::Dispensed, State::Partial])?;
            ensure(sale.parts.is_none_or(|(_, newest, _)| newest > 0), "not_reversible")?;
            ensure(self.now <= sale.last + REVERSAL_MS, "reversal_too_late")?;
            self.not_expired(code)?;
            ensure(self.holds_with_owner(by, code).is_empty(), "held")?;
            let content = self.content_of(code);
            if let Some(number) = sale.on {
                let filled = self.filled.get(&(by, number)).copied().filter(|f| f.at == sale.last);
                match filled {
                    Some(Filled { units: 1, .. }) => drop(self.filled.remove(&(by, number))),
                    Some(f) => drop(self.filled.insert((by, number), Filled { units: f.units - 1, ..f })),
                    None => {}
                }
            }
            let (state, sale) = match sale.parts {
                Some((left, newest, count)) if left + newest < content => {
                    (State::Partial, Some(Sale { parts: Some((left + newest, 0, count - 1)), on: None, ..sale }))
                }
                _ => (State::InStock, None),
            };
            self.each(code, |u| u.state = state);
            self.units.get_mut(code).expect("known").sale = sale;
        }
        Ok(())
    }

    /// T16: blocked for good.
    pub(crate) fn consumer_return(&mut self, by: FirmNo, codes: &[UnitKey]) -> Verdict {
        bills::bill(116, Carrier::ConsumerReturn, &self.firms[by])?;
        codes_differ(codes)?;
        for code in codes {
            self.sold_here(by, code, &[State::Dispensed])?;
            self.each(code, |u| u.state = State::Blocked);
        }
        Ok(())
    }
}
