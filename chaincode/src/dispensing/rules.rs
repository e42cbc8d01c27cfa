//! Class × channel, licences, prescriptions, and the quantity limits of special drugs (domain §5.4).

use super::online::{Platform, check_admitted};
use super::{ONLINE, RETAIL, VACCINATION};
use crate::custody::Move;
use crate::law::{Access, ClassChannels, DispensingLaw, Form};
use crate::registry::{Capacity, class_name, require_licence};
use crate::rejection::Rejection;
use crate::state::{Stop, Tx};
use crate::transaction::Prescription;
use bencao_genesis::{CalendarDate, DrugClass, LicenceKind, Product, RegionCode, Role};

/// Where it happens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Channel {
    Retail,
    Online,
    Hospital,
    Vaccination,
}

impl Channel {
    fn of(tx: &Tx, bill_type: u16) -> Channel {
        match bill_type {
            ONLINE => Channel::Online,
            VACCINATION => Channel::Vaccination,
            _ if tx.organisation.has_role(Role::Pharmacy) && !tx.organisation.has_role(Role::Hospital) => {
                Channel::Retail
            }
            _ => Channel::Hospital,
        }
    }

    fn is_shop(self) -> bool {
        matches!(self, Channel::Retail | Channel::Online)
    }

    /// In what capacity a class is handed out here.
    fn capacities(self, class: DrugClass) -> &'static [Capacity] {
        const PHARMACY: Capacity = Capacity::new(Role::Pharmacy, LicenceKind::DrugRetail);
        const HOSPITAL: Capacity = Capacity::new(Role::Hospital, LicenceKind::MedicalInstitution);
        const SITE: Capacity = Capacity::new(Role::VaccinationSite, LicenceKind::MedicalInstitution);
        // 接种单位 (《疫苗管理法》 Art. 44).
        const VACCINATION_POINT: Capacity = Capacity::new(Role::VaccinationSite, LicenceKind::VaccinationPoint);
        match (self, class) {
            // A chain approved for it (《麻醉药品和精神药品管理条例》 Art. 31).
            (Channel::Retail, DrugClass::PsychotropicII) => {
                const { &[Capacity::new(Role::Pharmacy, LicenceKind::PsychotropicRetail)] }
            }
            (Channel::Retail | Channel::Online, _) => const { &[PHARMACY] },
            (Channel::Vaccination, _) => const { &[VACCINATION_POINT] },
            // 印鉴卡
            (Channel::Hospital, DrugClass::Narcotic | DrugClass::PsychotropicI) => {
                const { &[Capacity::new(Role::Hospital, LicenceKind::NarcoticPurchaseCard)] }
            }
            // 使用许可证
            (Channel::Hospital, DrugClass::Radioactive) => {
                const { &[Capacity::new(Role::Hospital, LicenceKind::RadioactiveUse)] }
            }
            (Channel::Hospital, _) => const { &[HOSPITAL, SITE] },
        }
    }
}

/// What the law says of a class.
pub(super) struct Terms<'a> {
    pub(super) class: DrugClass,
    pub(super) law: &'a DispensingLaw,
}

impl Terms<'_> {
    fn access(&self, channel: Channel, product: &Product) -> Access {
        let row = self.law.channels.iter().find(|row| row.class == self.class);
        let Some(ClassChannels { retail, online, hospital, .. }) = row else { return Access::Allowed };
        let excepted = |e: &crate::law::RetailException| {
            e.class == self.class && !e.name.is_empty() && product.generic_name.contains(e.name.as_str())
        };
        match channel {
            Channel::Retail if self.law.retail_exceptions.iter().any(excepted) => Access::Allowed,
            Channel::Retail => *retail,
            Channel::Online => *online,
            Channel::Hospital => *hospital,
            Channel::Vaccination => Access::Allowed,
        }
    }

    /// Last day that a prescription of today must be kept.
    pub(super) fn keep_until(&self, today: CalendarDate) -> Option<CalendarDate> {
        let row = self.law.retention.iter().find(|r| r.class == self.class);
        row.map(|r| plus_years(today, r.years))
    }
}

/// The same day `years` later; the last of February for a leap day.
pub(super) fn plus_years(date: CalendarDate, years: u32) -> CalendarDate {
    let (year, month, day) = date.parts();
    let year = year.saturating_add(years);
    let later = CalendarDate::new(year, month, day).or_else(|| CalendarDate::new(year, month, 28));
    later.unwrap_or_else(|| CalendarDate::from_days(u32::MAX))
}

/// A class of which the law limits how much is handed out to this patient.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Limited {
    /// Its name.
    pub(super) class: &'static str,
}

/// The rules on handing out one unit, in the order that the operation documents. `Some` if it counts against what the
/// prescription is for.
pub(super) fn check(
    tx: &Tx,
    bill_type: u16,
    prescription: Option<&Prescription>,
    platform: Option<&Platform>,
    unit: &Move,
    law: &DispensingLaw,
) -> Result<Option<Limited>, Stop> {
    let code = unit.standing.code;
    let master = &unit.own()?.product.master;
    let channel = Channel::of(tx, bill_type);
    let access = check_channel(tx, bill_type, channel, unit, law)?;
    platform.map_or(Ok(()), |platform| check_admitted(tx, platform, master.class))?;
    // A firm that is pharmacy and hospital sells over its counter (321) under the stricter rules of the two: nobody asks at
    // which of its doors the patient stood.
    let at_counter = bill_type == RETAIL && tx.organisation.has_role(Role::Pharmacy);
    let shop = channel.is_shop() || at_counter;
    let terms = Terms { class: master.class, law };
    let by_class =
        access == Access::Prescription || (at_counter && terms.access(Channel::Retail, master) == Access::Prescription);
    let needed = by_class || (shop && master.prescription_only);
    match prescription {
        None if needed => Err(Rejection::PrescriptionRequired { code }.into()),
        None => Ok(None),
        Some(prescription) => {
            if needed && shop && law.review_required && prescription.reviewer.is_none() {
                return Err(Rejection::ReviewRequired { code }.into());
            }
            check_patient(code, master, prescription, law)
        }
    }
}

/// Class × channel, and the licence for it today.
fn check_channel(tx: &Tx, bill_type: u16, channel: Channel, unit: &Move, law: &DispensingLaw) -> Result<Access, Stop> {
    let code = unit.standing.code;
    let product = &unit.own()?.product;
    let master = &product.master;
    let class = master.class;
    let access = Terms { class, law }.access(channel, master);
    // A vaccine is vaccinated, and only a vaccine (《疫苗管理法》 Art. 46).
    let misplaced = (channel == Channel::Vaccination) != (class == DrugClass::Vaccine);
    if misplaced || access == Access::Forbidden {
        return Err(Rejection::ChannelForbidden { code, class: class_name(class), bill_type }.into());
    }
    let no_route =
        || Rejection::RouteNotAllowed { code, class: class_name(class), organisation: tx.organisation.id.clone() };
    // 临床急需: in the institution that the approval names (《药品管理法》 Art. 65).
    const URGENT: [Capacity; 1] = [Capacity::new(Role::Hospital, LicenceKind::UrgentImport)];
    let urgent = [RegionCode::NATION, tx.organisation.jurisdiction]
        .iter()
        .any(|region| tx.law(*region).custody.urgent_imports.contains(&master.id));
    let capacities = if urgent { &URGENT } else { channel.capacities(class) };
    require_licence(&tx.organisation, product, Some(code), capacities, tx.today(), no_route)?;
    // 药品网络销售报告 (《药品管理法》 Art. 61).
    const REPORTED: [Capacity; 1] = [Capacity::new(Role::Pharmacy, LicenceKind::InternetSale)];
    if channel == Channel::Online && law.online_report_required {
        require_licence(&tx.organisation, product, Some(code), &REPORTED, tx.today(), no_route)?;
    }
    if access == Access::OwnOnly && product.holder != tx.principal && !was_supplied(unit) {
        let (expected, actual) = (master.holder.clone(), tx.organisation.id.clone());
        return Err(Rejection::OwnPreparationOnly { code, expected, actual }.into());
    }
    Ok(access)
}

/// 内部使用 (320) ends at nobody, so that nothing is used up by it which the law gives against a prescription only; the
/// rest of T9 holds: a smallest unit, of a class that the house may hand out, under its licence of today.
pub(crate) fn check_internal_use(tx: &Tx, bill_type: u16, unit: &Move) -> Result<(), Stop> {
    let (code, actual) = (unit.standing.code, unit.standing.unit.level);
    if actual != 1 {
        return Err(Rejection::NotSmallestUnit { code, expected: 1, actual }.into());
    }
    let law = tx.law(tx.organisation.jurisdiction);
    match check_channel(tx, bill_type, Channel::of(tx, bill_type), unit, &law.dispensing)? {
        Access::Prescription => Err(Rejection::PrescriptionRequired { code }.into()),
        _ => Ok(()),
    }
}

/// 医疗机构制剂 that came from its maker by an approved 调剂 (《药品管理法》 Art. 76): the shipment asked for the approval.
fn was_supplied(unit: &Move) -> bool {
    !unit.standing.root().legs.is_empty()
}

fn check_patient(
    code: crate::UnitKey,
    master: &Product,
    prescription: &Prescription,
    law: &DispensingLaw,
) -> Result<Option<Limited>, Stop> {
    let class = master.class;
    if prescription.minor && law.adults_only.contains(&class) {
        return Err(Rejection::MinorPatient { code, class: class_name(class) }.into());
    }
    let form = Form::of(&master.dosage_form);
    // Of all rows that fit the strictest: one of a region for any form does not stand in for the nation's for this form.
    let fitting = law.limits.iter().filter(|l| {
        l.class == class && l.patient == prescription.patient && l.form.is_none_or(|limited| limited == form)
    });
    match (fitting.map(|limit| limit.days).min(), prescription.days) {
        (None, _) => Ok(None),
        (Some(_), None) => Err(Rejection::DaysNotStated { code, class: class_name(class) }.into()),
        (Some(expected), Some(actual)) if actual > expected => {
            Err(Rejection::DaysExceeded { code, expected, actual }.into())
        }
        _ => Ok(Some(Limited { class: class_name(class) })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_added_to_days_that_exist() {
        let date = |text| CalendarDate::parse(text).unwrap();
        assert_eq!(plus_years(date("2026-11-23"), 3), date("2029-11-23"));
        assert_eq!(plus_years(date("2028-02-29"), 2), date("2030-02-28"));
        assert_eq!(plus_years(date("9999-01-01"), 5), date("9999-12-31"));
    }
}
