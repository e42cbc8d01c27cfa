//! Which class goes from whom to whom: the rows of domain §5.4's class × channel matrix and §5.2 that are tagged as
//! sourced. Others follow from licence scope alone.

use crate::registry::{Capacity, OrganisationRecord};
use bencao_genesis::{DrugClass, LicenceKind, Role};

/// Classes that no pharmacy may have: 麻醉药品, 第一类精神药品, 放射性药品, 疫苗 (domain §5.4; 《疫苗管理法》 Art. 35).
pub(crate) const NOT_AT_RETAIL: [DrugClass; 4] =
    [DrugClass::Narcotic, DrugClass::PsychotropicI, DrugClass::Radioactive, DrugClass::Vaccine];

const OWN_SALES: [Capacity; 2] = [
    // An MAH sells its own drugs wholesale without a trading licence (《药品管理法》 Art. 34).
    Capacity::own(Role::MarketingHolder, LicenceKind::DrugProduction),
    Capacity::own(Role::DecoctionProducer, LicenceKind::DrugProduction),
];

const SENDERS: [Capacity; 4] = [
    OWN_SALES[0],
    OWN_SALES[1],
    Capacity::own(Role::Producer, LicenceKind::DrugProduction),
    Capacity::new(Role::Wholesaler, LicenceKind::DrugWholesale),
];

const VACCINE_SENDERS: [Capacity; 2] = [OWN_SALES[0], Capacity::by_law(Role::DiseaseControl)];

const RECEIVERS: [Capacity; 5] = [
    Capacity::new(Role::Wholesaler, LicenceKind::DrugWholesale),
    Capacity::new(Role::Hospital, LicenceKind::MedicalInstitution),
    Capacity::new(Role::VaccinationSite, LicenceKind::MedicalInstitution),
    // A contract producer hands finished goods to the holder.
    Capacity::own(Role::MarketingHolder, LicenceKind::DrugProduction),
    Capacity::new(Role::Pharmacy, LicenceKind::DrugRetail),
];

const VACCINE_RECEIVERS: [Capacity; 2] =
    [Capacity::by_law(Role::DiseaseControl), Capacity::new(Role::VaccinationSite, LicenceKind::MedicalInstitution)];

/// Roles that ever ship under 201.
pub(super) const SENDER_ROLES: [Role; 5] =
    [Role::MarketingHolder, Role::DecoctionProducer, Role::Producer, Role::Wholesaler, Role::DiseaseControl];

/// Capacities in which a class is sold under 201.
pub(super) fn senders(class: DrugClass) -> &'static [Capacity] {
    match class {
        // MAH → CDC → vaccination site; nobody else (《疫苗管理法》 Art. 35).
        DrugClass::Vaccine => &VACCINE_SENDERS,
        // Never on the market (《药品管理法》 Art. 76).
        DrugClass::HospitalPreparation => &[],
        _ => &SENDERS,
    }
}

/// Capacities in which a class is bought from `sender`.
pub(super) fn receivers(class: DrugClass, sender: &OrganisationRecord) -> &'static [Capacity] {
    match class {
        DrugClass::Vaccine if sender.has_role(Role::DiseaseControl) => &VACCINE_RECEIVERS,
        DrugClass::Vaccine => VACCINE_RECEIVERS.first_chunk::<1>().map_or(&[], |first| first),
        DrugClass::HospitalPreparation => &[],
        _ if NOT_AT_RETAIL.contains(&class) => RECEIVERS.first_chunk::<4>().map_or(&[], |first| first),
        _ => &RECEIVERS,
    }
}
