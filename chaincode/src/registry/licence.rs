//! In what capacity an organisation takes part in a movement, and whether its licence covers it on that day
//! (《药品管理法》 Art. 34, 41, 51; domain §9 rule 7).

use super::{OrganisationRecord, ProductRecord};
use crate::codes::UnitKey;
use crate::rejection::Rejection;
use bencao_genesis::{CalendarDate, DrugClass, LicenceKind, LicenceStatus, Role};

/// One way of taking part: a role with the licence it needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Capacity {
    pub(crate) role: Role,
    /// `None`: the role acts by law, without a licence of its own.
    pub(crate) licence: Option<LicenceKind>,
    /// Only for products of which it is holder or producer.
    pub(crate) own_products: bool,
}

impl Capacity {
    pub(crate) const fn new(role: Role, licence: LicenceKind) -> Capacity {
        Capacity { role, licence: Some(licence), own_products: false }
    }

    pub(crate) const fn own(role: Role, licence: LicenceKind) -> Capacity {
        Capacity { role, licence: Some(licence), own_products: true }
    }

    pub(crate) const fn by_law(role: Role) -> Capacity {
        Capacity { role, licence: None, own_products: false }
    }
}

/// Finds one of `capacities` in which `organisation` may deal with `product` today.
///
/// # Errors
/// Of the capacities that its roles allow, the complaint of the one that came furthest: out of scope, not in force,
/// not licensed; [`Rejection::RoleNotAllowed`] if none.
pub(crate) fn require_licence(
    organisation: &OrganisationRecord,
    product: &ProductRecord,
    code: Option<UnitKey>,
    capacities: &[Capacity],
    today: CalendarDate,
    otherwise: impl FnOnce() -> Rejection,
) -> Result<(), Rejection> {
    let mut best: Option<(u8, Rejection)> = None;
    for capacity in capacities.iter().filter(|c| organisation.has_role(c.role)) {
        let own = product.master.holder == organisation.id || product.master.producer == organisation.id;
        if capacity.own_products && !own {
            continue;
        }
        let Some(kind) = capacity.licence else { return Ok(()) };
        match judge(organisation, product.master.class, code, kind, today) {
            None => return Ok(()),
            Some(complaint) if best.as_ref().is_none_or(|(rank, _)| complaint.0 > *rank) => best = Some(complaint),
            Some(_) => {}
        }
    }
    Err(best.map_or_else(otherwise, |(_, rejection)| rejection))
}

/// `None` if a licence of this kind covers the class today; else how far it came, and why not.
fn judge(
    organisation: &OrganisationRecord,
    class: DrugClass,
    code: Option<UnitKey>,
    kind: LicenceKind,
    today: CalendarDate,
) -> Option<(u8, Rejection)> {
    let of_kind = || organisation.licences.iter().filter(|l| l.kind == kind);
    if of_kind().any(|l| l.covers(class, today)) {
        return None;
    }
    let id = organisation.id.clone();
    let shown = code.map_or_else(String::new, |c| c.to_string());
    if of_kind().any(|l| l.is_in_force(today)) {
        return Some((3, Rejection::OutOfScope { organisation: id, code: shown, actual: class_name(class) }));
    }
    let suspended =
        of_kind().find(|l| l.status != LicenceStatus::InForce && l.valid_from <= today && today <= l.valid_to);
    if let Some(licence) = suspended {
        let (licence, actual) = (licence.number.clone(), super::status_name(licence.status));
        return Some((2, Rejection::LicenceSuspended { organisation: id, licence, actual }));
    }
    match of_kind().map(|l| l.valid_to).max() {
        Some(expected) => Some((2, Rejection::LicenceNotInForce { organisation: id, expected, actual: today })),
        None => Some((1, Rejection::NotLicensed { organisation: id, expected: licence_name(kind) })),
    }
}

/// Printed name of a licence.
pub fn licence_name(kind: LicenceKind) -> &'static str {
    match kind {
        LicenceKind::DrugProduction => "药品生产许可证",
        LicenceKind::DrugWholesale => "药品经营许可证（批发）",
        LicenceKind::DrugRetail => "药品经营许可证（零售）",
        LicenceKind::MedicalInstitution => "医疗机构执业许可证",
        LicenceKind::NarcoticWholesaleNational => "麻醉药品和第一类精神药品全国性批发",
        LicenceKind::NarcoticWholesaleRegional => "麻醉药品和第一类精神药品区域性批发",
        LicenceKind::NarcoticPurchaseCard => "麻醉药品、第一类精神药品购用印鉴卡",
        LicenceKind::PsychotropicRetail => "第二类精神药品零售",
        LicenceKind::RadioactiveUse => "放射性药品使用许可证",
        LicenceKind::RadioactiveTrade => "放射性药品生产、经营许可证",
        LicenceKind::PreparationPermit => "医疗机构制剂许可证",
        LicenceKind::PreparationTransfer => "医疗机构制剂调剂使用批准",
        LicenceKind::DecoctionByHospital => "医疗机构中药饮片炮制备案",
        LicenceKind::VaccinationPoint => "接种单位",
        LicenceKind::InternetSale => "药品网络销售报告",
        LicenceKind::InternetPlatform => "药品网络交易第三方平台备案",
        LicenceKind::UrgentImport => "临床急需药品进口批件",
        LicenceKind::ImportFiling => "进口药品备案",
        LicenceKind::ExportFiling => "出口备案",
        LicenceKind::Business => "营业执照",
    }
}

/// Name of a class as in genesis files and JSON.
pub(crate) fn class_name(class: DrugClass) -> &'static str {
    match class {
        DrugClass::Chemical => "chemical",
        DrugClass::ProprietaryChinese => "proprietary_chinese",
        DrugClass::Biological => "biological",
        DrugClass::Vaccine => "vaccine",
        DrugClass::BloodProduct => "blood_product",
        DrugClass::Narcotic => "narcotic",
        DrugClass::PsychotropicI => "psychotropic_i",
        DrugClass::PsychotropicII => "psychotropic_i_i",
        DrugClass::MedicalToxic => "medical_toxic",
        DrugClass::Radioactive => "radioactive",
        DrugClass::Precursor => "precursor",
        DrugClass::AnabolicOrPeptide => "anabolic_or_peptide",
        DrugClass::DecoctionPiece => "decoction_piece",
        DrugClass::CrudeHerb => "crude_herb",
        DrugClass::HospitalPreparation => "hospital_preparation",
    }
}

/// Chinese name of a class.
pub fn class_name_zh(class: DrugClass) -> &'static str {
    match class {
        DrugClass::Chemical => "化学药",
        DrugClass::ProprietaryChinese => "中成药",
        DrugClass::Biological => "生物制品",
        DrugClass::Vaccine => "疫苗",
        DrugClass::BloodProduct => "血液制品",
        DrugClass::Narcotic => "麻醉药品",
        DrugClass::PsychotropicI => "第一类精神药品",
        DrugClass::PsychotropicII => "第二类精神药品",
        DrugClass::MedicalToxic => "医疗用毒性药品",
        DrugClass::Radioactive => "放射性药品",
        DrugClass::Precursor => "药品类易制毒化学品",
        DrugClass::AnabolicOrPeptide => "蛋白同化制剂、肽类激素",
        DrugClass::DecoctionPiece => "中药饮片",
        DrugClass::CrudeHerb => "中药材",
        DrugClass::HospitalPreparation => "医疗机构制剂",
    }
}
