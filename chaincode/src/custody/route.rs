//! Which class goes from whom to whom: the class × channel matrix of domain §5.4 for the trade, the route of vaccines
//! (§5.2) and that of narcotics. Others follow from licence scope alone.

use crate::codes::UnitKey;
use crate::production::has_responsible;
use crate::registry::{Capacity, OrganisationRecord, ProductRecord, class_name, require_licence};
use crate::rejection::Rejection;
use crate::state::{Stop, Tx};
use bencao_genesis::{CalendarDate, DrugClass, LicenceKind, RegionCode, Role};

/// Classes that no pharmacy may have: 麻醉药品, 第一类精神药品, 放射性药品, 疫苗 (domain §5.4; 《疫苗管理法》 Art. 35),
/// nor 医疗机构制剂 (《药品管理法》 Art. 76).
const NOT_AT_RETAIL: [DrugClass; 5] = [
    DrugClass::Narcotic,
    DrugClass::PsychotropicI,
    DrugClass::Radioactive,
    DrugClass::Vaccine,
    DrugClass::HospitalPreparation,
];

const OWN_SALES: [Capacity; 3] = [
    // An MAH sells its own drugs wholesale without a trading licence (《药品管理法》 Art. 34).
    Capacity::own(Role::MarketingHolder, LicenceKind::DrugProduction),
    Capacity::own(Role::DecoctionProducer, LicenceKind::DrugProduction),
    // A contract producer hands finished goods to the holder.
    Capacity::own(Role::Producer, LicenceKind::DrugProduction),
];
const WHOLESALER: Capacity = Capacity::new(Role::Wholesaler, LicenceKind::DrugWholesale);
const NATIONAL: Capacity = Capacity::new(Role::Wholesaler, LicenceKind::NarcoticWholesaleNational);
const REGIONAL: Capacity = Capacity::new(Role::Wholesaler, LicenceKind::NarcoticWholesaleRegional);
const HOSPITAL: Capacity = Capacity::new(Role::Hospital, LicenceKind::MedicalInstitution);
const SITE: Capacity = Capacity::new(Role::VaccinationSite, LicenceKind::MedicalInstitution);
/// 接种单位 that a county's health authority named (《疫苗管理法》 Art. 44)
const VACCINATION_POINT: Capacity = Capacity::new(Role::VaccinationSite, LicenceKind::VaccinationPoint);
const CDC: Capacity = Capacity::by_law(Role::DiseaseControl);
const PHARMACY: Capacity = Capacity::new(Role::Pharmacy, LicenceKind::DrugRetail);
/// A chain approved for 第二类精神药品 (《麻醉药品和精神药品管理条例》 Art. 31; domain §5.4).
const PSYCHOTROPIC_PHARMACY: Capacity = Capacity::new(Role::Pharmacy, LicenceKind::PsychotropicRetail);
/// 购用印鉴卡
const NARCOTIC_HOSPITAL: Capacity = Capacity::new(Role::Hospital, LicenceKind::NarcoticPurchaseCard);
/// 放射性药品经营许可证 (放射性药品管理办法; domain §5.4)
const RADIOACTIVE_TRADER: Capacity = Capacity::new(Role::Wholesaler, LicenceKind::RadioactiveTrade);
/// 使用许可证
const RADIOACTIVE_HOSPITAL: Capacity = Capacity::new(Role::Hospital, LicenceKind::RadioactiveUse);
/// Crude herbs may be bought of those who are not licensed (《药品管理法》 Art. 55, 60).
const GROWER: Capacity = Capacity::by_law(Role::Grower);
const HERB_TRADER: Capacity = Capacity::by_law(Role::HerbTrader);

const SELLERS: [Capacity; 4] = [OWN_SALES[0], OWN_SALES[1], OWN_SALES[2], WHOLESALER];
const VACCINE_SELLERS: [Capacity; 2] = [OWN_SALES[0], CDC];
const NARCOTIC_SELLERS: [Capacity; 4] = [OWN_SALES[0], OWN_SALES[2], NATIONAL, REGIONAL];
const HERB_SELLERS: [Capacity; 6] = [OWN_SALES[0], OWN_SALES[1], OWN_SALES[2], WHOLESALER, GROWER, HERB_TRADER];
/// Who made it under contract hands it to its holder, and to nobody else ([`check_sale`]).
const PREPARATION_SELLERS: [Capacity; 2] =
    [Capacity::own(Role::Hospital, LicenceKind::MedicalInstitution), OWN_SALES[2]];

const BUYERS: [Capacity; 6] = [WHOLESALER, HOSPITAL, SITE, OWN_SALES[0], OWN_SALES[1], PHARMACY];
const PSYCHOTROPIC_BUYERS: [Capacity; 6] =
    [WHOLESALER, HOSPITAL, SITE, OWN_SALES[0], OWN_SALES[1], PSYCHOTROPIC_PHARMACY];
/// 临床急需: the institution that the approval names, and who imports it for it (《药品管理法》 Art. 65).
const URGENT_BUYERS: [Capacity; 2] = [WHOLESALER, Capacity::new(Role::Hospital, LicenceKind::UrgentImport)];
const RESTRICTED_BUYERS: [Capacity; 4] = [WHOLESALER, HOSPITAL, SITE, OWN_SALES[0]];
const RADIOACTIVE_SELLERS: [Capacity; 3] = [OWN_SALES[0], OWN_SALES[2], RADIOACTIVE_TRADER];
const RADIOACTIVE_BUYERS: [Capacity; 3] = [RADIOACTIVE_TRADER, RADIOACTIVE_HOSPITAL, OWN_SALES[0]];
const HERB_BUYERS: [Capacity; 8] = [
    WHOLESALER,
    HOSPITAL,
    PHARMACY,
    HERB_TRADER,
    Capacity::new(Role::DecoctionProducer, LicenceKind::DrugProduction),
    Capacity::new(Role::MarketingHolder, LicenceKind::DrugProduction),
    Capacity::new(Role::Producer, LicenceKind::DrugProduction),
    OWN_SALES[0],
];

/// Capacities in which a class is sold.
pub(super) fn sellers(class: DrugClass) -> &'static [Capacity] {
    match class {
        // MAH → CDC → vaccination site; nobody else (《疫苗管理法》 Art. 35).
        DrugClass::Vaccine => &VACCINE_SELLERS,
        DrugClass::Narcotic | DrugClass::PsychotropicI => &NARCOTIC_SELLERS,
        DrugClass::Radioactive => &RADIOACTIVE_SELLERS,
        DrugClass::CrudeHerb => &HERB_SELLERS,
        // Never on the market; between institutions with an approval of 调剂 only (《药品管理法》 Art. 76).
        DrugClass::HospitalPreparation => &PREPARATION_SELLERS,
        _ => &SELLERS,
    }
}

/// Capacities in which a class is bought from `seller`; `designated` if a CDC has named the buyer.
pub(super) fn buyers(
    class: DrugClass,
    seller: &OrganisationRecord,
    designated: bool,
    today: CalendarDate,
) -> &'static [Capacity] {
    match class {
        // Art. 35: a CDC supplies vaccination sites; Art. 36: a holder delivers to those that a CDC names.
        DrugClass::Vaccine if seller.has_role(Role::DiseaseControl) || designated => {
            const { &[CDC, VACCINATION_POINT] }
        }
        DrugClass::Vaccine => const { &[CDC] },
        DrugClass::HospitalPreparation => const { &[HOSPITAL] },
        // Producer → national or regional wholesaler → institution with a 印鉴卡.
        DrugClass::Narcotic | DrugClass::PsychotropicI => {
            if holds_licence(seller, LicenceKind::NarcoticWholesaleRegional, class, today) {
                const { &[NARCOTIC_HOSPITAL] }
            } else if holds_licence(seller, LicenceKind::NarcoticWholesaleNational, class, today) {
                const { &[REGIONAL, NARCOTIC_HOSPITAL] }
            } else {
                const { &[NATIONAL, REGIONAL, OWN_SALES[0]] }
            }
        }
        DrugClass::Radioactive => &RADIOACTIVE_BUYERS,
        DrugClass::PsychotropicII => &PSYCHOTROPIC_BUYERS,
        DrugClass::CrudeHerb => &HERB_BUYERS,
        _ if NOT_AT_RETAIL.contains(&class) => &RESTRICTED_BUYERS,
        _ => &BUYERS,
    }
}

/// Capacities in which a class is kept: by transfer, or because it came back.
pub(super) fn keepers(class: DrugClass) -> &'static [Capacity] {
    match class {
        DrugClass::Vaccine => const { &[OWN_SALES[0], CDC, VACCINATION_POINT] },
        DrugClass::HospitalPreparation => const { &[HOSPITAL, OWN_SALES[2]] },
        DrugClass::Narcotic | DrugClass::PsychotropicI => &NARCOTIC_SELLERS,
        DrugClass::CrudeHerb => {
            const { &[OWN_SALES[0], OWN_SALES[1], OWN_SALES[2], WHOLESALER, PHARMACY, GROWER, HERB_TRADER] }
        }
        DrugClass::PsychotropicII => {
            const { &[OWN_SALES[0], OWN_SALES[1], OWN_SALES[2], WHOLESALER, PSYCHOTROPIC_PHARMACY] }
        }
        DrugClass::Radioactive => &RADIOACTIVE_SELLERS,
        _ => const { &[OWN_SALES[0], OWN_SALES[1], OWN_SALES[2], WHOLESALER, PHARMACY] },
    }
}

fn holds_licence(organisation: &OrganisationRecord, kind: LicenceKind, class: DrugClass, today: CalendarDate) -> bool {
    organisation.licences.iter().any(|l| l.kind == kind && l.covers(class, today))
}

/// Licence and scope of one side on the day of the block (domain §9 rule 7).
pub(super) fn require(
    tx: &Tx,
    organisation: &OrganisationRecord,
    product: &ProductRecord,
    code: UnitKey,
    capacities: &[Capacity],
) -> Result<(), Stop> {
    let no_route = || Rejection::RouteNotAllowed {
        code,
        class: class_name(product.master.class),
        organisation: organisation.id.clone(),
    };
    require_licence(organisation, product, Some(code), capacities, tx.today(), no_route)?;
    Ok(())
}

/// Sale by `seller` to `buyer`, both licensed today.
pub(super) fn check_sale(
    tx: &Tx,
    product: &ProductRecord,
    code: UnitKey,
    seller: &OrganisationRecord,
    (buyer, designated): (&OrganisationRecord, bool),
) -> Result<(), Stop> {
    let class = product.master.class;
    // A foreign holder has no licence of this country; the product's registration and the import papers stand for it, and
    // an organisation here that performs its duties and is liable with it (《药品管理法》 Art. 38).
    if !(is_foreign(seller) && product.master.holder == seller.id) {
        require(tx, seller, product, code, sellers(class))?;
    } else if !has_responsible(tx, product.holder)? {
        let (organisation, product) = (seller.id.clone(), product.master.id.0.clone());
        return Err(Rejection::ResponsibleRequired { organisation, product }.into());
    }
    let home = [&seller.id, &buyer.id].contains(&&product.master.holder);
    if class == DrugClass::HospitalPreparation && !home {
        let organisation = buyer.id.clone();
        return Err(Rejection::RouteNotAllowed { code, class: class_name(class), organisation }.into());
    }
    check_buyer(tx, product, code, seller, (buyer, designated))
}

/// The buyer's side of [`check_sale`], which is asked again at the receipt.
pub(super) fn check_buyer(
    tx: &Tx,
    product: &ProductRecord,
    code: UnitKey,
    seller: &OrganisationRecord,
    (buyer, designated): (&OrganisationRecord, bool),
) -> Result<(), Stop> {
    let class = product.master.class;
    if class == DrugClass::Vaccine && buyer.has_role(Role::VaccinationSite) && !designated {
        let by_holder = !seller.has_role(Role::DiseaseControl) && product.master.holder == seller.id;
        if by_holder {
            return Err(Rejection::DesignationRequired { code, organisation: buyer.id.clone() }.into());
        }
    }
    let urgent = is_urgent(tx, product, &[seller, buyer]);
    let capacities = if urgent { &URGENT_BUYERS } else { buyers(class, seller, designated, tx.today()) };
    require(tx, buyer, product, code, capacities)?;
    check_province(tx, class, seller, buyer)
}

/// The receiver's side of a transfer (203, 217), at the shipment and again at the receipt: it may keep the class, and of
/// 临床急需 it is one of those who may have that at all.
pub(super) fn check_transferee(
    tx: &Tx,
    product: &ProductRecord,
    code: UnitKey,
    sender: &OrganisationRecord,
    receiver: &OrganisationRecord,
) -> Result<(), Stop> {
    let urgent = is_urgent(tx, product, &[sender, receiver]);
    require(tx, receiver, product, code, if urgent { &URGENT_BUYERS } else { keepers(product.master.class) })
}

/// Whether a product came in for 临床急需 (《药品管理法》 Art. 65), by the law of the nation or of where one of the two is.
fn is_urgent(tx: &Tx, product: &ProductRecord, parties: &[&OrganisationRecord]) -> bool {
    let regions = std::iter::once(RegionCode::NATION).chain(parties.iter().map(|party| party.jurisdiction));
    regions.into_iter().any(|region| tx.law(region).custody.urgent_imports.contains(&product.master.id))
}

/// 调剂 of 医疗机构制剂 between institutions: an approval in force of the one or the other (《药品管理法》 Art. 76).
pub(super) fn check_preparation_transfer(
    tx: &Tx,
    product: &ProductRecord,
    code: UnitKey,
    sender: &OrganisationRecord,
    receiver: &OrganisationRecord,
) -> Result<(), Stop> {
    const APPROVED: [Capacity; 1] = [Capacity::new(Role::Hospital, LicenceKind::PreparationTransfer)];
    match require(tx, receiver, product, code, &APPROVED) {
        Ok(()) => Ok(()),
        Err(refusal) => require(tx, sender, product, code, &APPROVED).map_err(|_| refusal),
    }
}

/// A regional wholesaler of narcotics keeps to its own province, whatever the bill is called (《麻醉药品和精神药品管理条例》).
pub(super) fn check_province(
    tx: &Tx,
    class: DrugClass,
    seller: &OrganisationRecord,
    buyer: &OrganisationRecord,
) -> Result<(), Stop> {
    let law = tx.law(seller.jurisdiction);
    let regional = holds_licence(seller, LicenceKind::NarcoticWholesaleRegional, class, tx.today());
    if regional && law.custody.regional_in_province && !seller.jurisdiction.same_province(&buyer.jurisdiction) {
        let (expected, actual) = (seller.jurisdiction.to_string(), buyer.jurisdiction.to_string());
        return Err(Rejection::OtherProvince { organisation: buyer.id.clone(), expected, actual }.into());
    }
    Ok(())
}

/// Whether it is named by a foreign registration (D15).
pub(super) fn is_foreign(organisation: &OrganisationRecord) -> bool {
    organisation.id.as_str().starts_with("FOREIGN:")
}

/// Whether stock moves between the two without a sale: the same trade on both sides, or a chain and its shops.
pub(super) fn may_transfer(sender: &OrganisationRecord, receiver: &OrganisationRecord) -> bool {
    const PAIRS: [(Role, Role); 11] = [
        (Role::MarketingHolder, Role::MarketingHolder),
        (Role::MarketingHolder, Role::Producer),
        (Role::Producer, Role::MarketingHolder),
        (Role::Producer, Role::Producer),
        (Role::DecoctionProducer, Role::DecoctionProducer),
        (Role::DecoctionProducer, Role::Wholesaler),
        (Role::MarketingHolder, Role::Wholesaler),
        (Role::Wholesaler, Role::Wholesaler),
        (Role::Wholesaler, Role::Pharmacy),
        (Role::Pharmacy, Role::Wholesaler),
        (Role::Pharmacy, Role::Pharmacy),
    ];
    PAIRS.iter().any(|(from, to)| sender.has_role(*from) && receiver.has_role(*to))
}
