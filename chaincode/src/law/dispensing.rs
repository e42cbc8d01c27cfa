//! Parameters of `dispensing`: the class × channel matrix of domain §5.4, quantity limits and how long records are kept.

use crate::transaction::Patient;
use bencao_genesis::DrugClass;
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

byte_enum! {
    /// What a channel may do with a class.
    pub enum Access {
        /// Never.
        Forbidden = 0 as "forbidden", "禁止",
        /// Within the licence; 处方药 against a prescription where the channel asks for one.
        Allowed = 1 as "allowed", "允许",
        /// Against a prescription, whatever the product says.
        Prescription = 2 as "prescription", "凭处方",
        /// By the institution that made it only (《药品管理法》 Art. 76).
        OwnOnly = 3 as "own_only", "仅限本机构",
    }
}

byte_enum! {
    /// Form of a preparation, as quantity limits distinguish it.
    pub enum Form {
        /// 注射剂
        Injection = 0 as "injection", "注射剂",
        /// 控缓释制剂
        ControlledRelease = 1 as "controlled_release", "控缓释制剂",
        /// 其他剂型
        Other = 2 as "other", "其他剂型",
    }
}

impl Form {
    /// Read from the 剂型 of the product.
    pub fn of(dosage_form: &str) -> Form {
        match dosage_form {
            text if text.contains("注射") => Form::Injection,
            text if text.contains("缓释") || text.contains("控释") => Form::ControlledRelease,
            _ => Form::Other,
        }
    }
}

/// A row of the class × channel matrix.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassChannels {
    /// The class.
    pub class: DrugClass,
    /// 零售药店
    pub retail: Access,
    /// 网络销售 (326)
    pub online: Access,
    /// 医疗机构
    pub hospital: Access,
}

/// Most days of treatment that one bill hands out; 0 is one single dose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplyLimit {
    /// The class.
    pub class: DrugClass,
    /// For whom.
    pub patient: Patient,
    /// In which form; any if absent.
    pub form: Option<Form>,
    /// Days.
    pub days: u16,
}

/// How long prescriptions of a class are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// The class.
    pub class: DrugClass,
    /// Years from the day of the sale.
    pub years: u32,
}

/// Products of a class that the matrix does not bind at retail.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetailException {
    /// The class.
    pub class: DrugClass,
    /// Part of the generic name.
    pub name: String,
}

/// Parameters of `dispensing`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DispensingLaw {
    /// How long the seller may take back a sale entered by mistake, hours (domain §6.2).
    pub reversal_hours: u32,
    /// Class × channel; a class that is not listed follows its licences alone.
    pub channels: Vec<ClassChannels>,
    /// Sold at retail in spite of the matrix: insulin (domain §5.4).
    pub retail_exceptions: Vec<RetailException>,
    /// Quantity limits (处方管理办法; domain §5.4).
    pub limits: Vec<SupplyLimit>,
    /// Classes never sold to minors (domain §5.4).
    pub adults_only: Vec<DrugClass>,
    /// Whether who sells online must have reported it: a licence `internet_sale` of the class (《药品管理法》 Art. 61;
    /// 药品网络销售监督管理办法).
    pub online_report_required: bool,
    /// Classes of which a product that says so is exempt from scanning each unit: quantities of a package may be handed
    /// out (domain §3.3).
    pub scan_exempt_classes: Vec<DrugClass>,
    /// Whether a pharmacy's sale of 处方药 names the pharmacist who reviewed the prescription (domain §5.4 G7).
    pub review_required: bool,
    /// Retention of prescriptions (处方管理办法; domain §5.4).
    pub retention: Vec<Retention>,
    /// Years after expiry that a vaccination record is kept (《疫苗管理法》 Art. 46).
    pub vaccination_years: u32,
}

const fn row(class: DrugClass, retail: Access, online: Access, hospital: Access) -> ClassChannels {
    ClassChannels { class, retail, online, hospital }
}

impl Default for DispensingLaw {
    fn default() -> DispensingLaw {
        use Access::*;
        use DrugClass::*;
        let mut limits = Vec::new();
        for class in [Narcotic, PsychotropicI] {
            // Patient, injection, controlled release, other forms.
            for (patient, days) in
                [(Patient::Ordinary, [0, 7, 3]), (Patient::ChronicPain, [3, 15, 7]), (Patient::Inpatient, [1, 1, 1])]
            {
                let forms = [Form::Injection, Form::ControlledRelease, Form::Other];
                let limit = |(form, days)| SupplyLimit { class, patient, form: Some(form), days };
                limits.extend(forms.into_iter().zip(days).map(limit));
            }
        }
        let all = [Patient::Ordinary, Patient::ChronicPain, Patient::Inpatient];
        limits.extend(all.map(|patient| SupplyLimit { class: PsychotropicII, patient, form: None, days: 7 }));
        // 二日极量 (医疗用毒性药品管理办法 Art. 9).
        limits.extend(all.map(|patient| SupplyLimit { class: MedicalToxic, patient, form: None, days: 2 }));
        DispensingLaw {
            reversal_hours: 24,
            channels: vec![
                // Never online: 《药品管理法》 Art. 61.
                row(Vaccine, Forbidden, Forbidden, Forbidden),
                row(BloodProduct, Prescription, Forbidden, Allowed),
                row(Narcotic, Forbidden, Forbidden, Prescription),
                row(PsychotropicI, Forbidden, Forbidden, Prescription),
                row(PsychotropicII, Prescription, Forbidden, Prescription),
                row(MedicalToxic, Prescription, Forbidden, Prescription),
                row(Radioactive, Forbidden, Forbidden, Allowed),
                row(Precursor, Allowed, Forbidden, Allowed),
                row(AnabolicOrPeptide, Forbidden, Forbidden, Allowed),
                row(HospitalPreparation, Forbidden, Forbidden, OwnOnly),
            ],
            retail_exceptions: vec![RetailException { class: AnabolicOrPeptide, name: "胰岛素".into() }],
            limits,
            adults_only: vec![PsychotropicII],
            online_report_required: true,
            scan_exempt_classes: vec![DecoctionPiece, CrudeHerb, HospitalPreparation],
            review_required: true,
            retention: vec![
                Retention { class: Narcotic, years: 3 },
                Retention { class: PsychotropicI, years: 3 },
                Retention { class: PsychotropicII, years: 2 },
                Retention { class: MedicalToxic, years: 2 },
            ],
            vaccination_years: 5,
        }
    }
}
