//! Product master data (domain §3.5) and package specifications with their code prefixes.

use crate::ids::OrgId;
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Regulatory class of a product; decides licences, channels and limits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrugClass {
    /// 化学药
    Chemical,
    /// 中成药
    ProprietaryChinese,
    /// 生物制品
    Biological,
    /// 疫苗
    Vaccine,
    /// 血液制品
    BloodProduct,
    /// 麻醉药品
    Narcotic,
    /// 第一类精神药品
    PsychotropicI,
    /// 第二类精神药品
    PsychotropicII,
    /// 医疗用毒性药品
    MedicalToxic,
    /// 放射性药品
    Radioactive,
    /// 药品类易制毒化学品
    Precursor,
    /// 蛋白同化制剂、肽类激素
    AnabolicOrPeptide,
    /// 中药饮片
    DecoctionPiece,
    /// 中药材
    CrudeHerb,
    /// 医疗机构制剂
    HospitalPreparation,
}

impl DrugClass {
    /// 特药: its 20-digit codes begin with `89`, and only its (domain §1.1.1).
    pub fn is_special(self) -> bool {
        use DrugClass::*;
        matches!(self, Narcotic | PsychotropicI | PsychotropicII | MedicalToxic | Radioactive | Precursor)
    }

    /// The lower-case class letter of a 药品生产许可证 that covers it; none for what needs no such licence.
    pub fn licence_letter(self) -> Option<char> {
        use DrugClass::*;
        match self {
            Chemical | AnabolicOrPeptide => Some('h'),
            ProprietaryChinese => Some('z'),
            Biological | Vaccine | BloodProduct => Some('s'),
            DecoctionPiece => Some('y'),
            Narcotic | PsychotropicI | PsychotropicII | MedicalToxic | Radioactive | Precursor => Some('t'),
            CrudeHerb | HospitalPreparation => None,
        }
    }
}

/// How a package ratio such as `1:5:10` is read (domain §3.6): explicit, never derived.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RatioSemantics {
    /// One large holds 5 middle and 10 small in total.
    Cumulative,
    /// One large holds 5 middle, each of which holds 10 small.
    PerLevel,
}

/// Chain-wide name of a product, chosen by its MAH: `A–Z a–z 0–9 . _ -`, 1–32 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProductId(pub String);

impl ProductId {
    /// Whether the text has the allowed form.
    pub fn is_well_formed(&self) -> bool {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        (1..=32).contains(&self.0.len()) && self.0.bytes().all(allowed)
    }
}

/// One package level of a product, with its own 药品标识码 (NMPAB/T 1002 C4).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageSpec {
    /// Seven digits (20-digit codes) or a GTIN-14 (GS1 codes).
    pub prefix: String,
    /// 1 = smallest sales unit, rising outwards, at most 5.
    pub level: u8,
    /// Units of the next lower level that a full package holds; 0 at level 1.
    pub holds: u32,
    /// 包装规格 as printed.
    pub description: String,
}

/// Storage and transport temperature of a product, in tenths of a degree Celsius, inclusive.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemperatureRange {
    /// Lowest, 0.1 °C.
    pub min_tenths: i16,
    /// Highest, 0.1 °C.
    pub max_tenths: i16,
}

/// A field of an extension schema (domain §8.4 row 70).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionField {
    /// Name in the schema of the product's class.
    pub name: String,
    /// Value.
    pub value: String,
}

/// The rest of the master data (domain §3.5): fields of the platform and of the insurance dictionary.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProductDetails {
    /// 英文名
    pub name_en: String,
    /// 国家药品标识码, opaque.
    pub national_id: String,
    /// 药品自类编码
    pub sub_type_no: String,
    /// 药品编号
    pub product_code: String,
    /// 包装材质
    pub packaging_material: String,
    /// 执行标准: id in the standards registry, or text.
    pub standard: String,
    /// 最小制剂单位, such as 片.
    pub unit_name: String,
    /// 最小包装单位, such as 盒.
    pub package_unit_name: String,
    /// 成份, as on the label (《药品管理法》 Art. 49).
    pub ingredients: String,
    /// 上市许可持有人地址, as on the label.
    pub holder_address: String,
    /// 生产企业地址, as on the label.
    pub producer_address: String,
    /// Exempt from scanning each unit at dispensing (饮片, 配方颗粒, 院内制剂 …; domain §3.3): lot quantities are allowed.
    pub scan_exempt: bool,
    /// 重点追溯品种, as its holder says; the catalogue of a region may name it too. Never exempt from scanning.
    pub key_traced: bool,
    /// Storage and transport temperature; present = cold chain, whose record is checked at receipt.
    pub temperature: Option<TemperatureRange>,
    /// Fields of the extension schema of its class, ascending by name.
    pub extension: Vec<ExtensionField>,
}

/// Largest content of a smallest package: a million preparation units, in 10⁻⁴ of a unit.
pub const CONTENT_MAX: u64 = 10_000_000_000;

/// Product master record.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Chain-wide name.
    pub id: ProductId,
    /// 上市许可持有人
    pub holder: OrgId,
    /// 生产企业; equal to the holder, or a contract producer.
    pub producer: OrgId,
    /// Class.
    pub class: DrugClass,
    /// 处方药: sold against a prescription only.
    pub prescription_only: bool,
    /// 药品通用名称
    pub generic_name: String,
    /// 商品名, may be empty.
    #[serde(default)]
    pub trade_name: String,
    /// 剂型
    pub dosage_form: String,
    /// 制剂规格
    pub strength: String,
    /// 批准文号; empty only for 饮片 and 药材 without one (《药品管理法》 Art. 24).
    #[serde(default)]
    pub approval_number: String,
    /// 国家药品编码本位码, 14 digits, may be empty.
    #[serde(default)]
    pub standard_code: String,
    /// 有效期 in months, 0 if none is set.
    #[serde(default)]
    pub shelf_life_months: u16,
    /// 装量, 最小包装数量: what the smallest package holds, in 10⁻⁴ of a smallest preparation unit (24 tablets are 240000;
    /// for 饮片 the unit is the gram), at most [`CONTENT_MAX`]; 0 if it is not declared, and then nothing of it is dispensed
    /// in parts.
    #[serde(default)]
    pub content: u64,
    /// How `holds` reads.
    pub ratio_semantics: RatioSemantics,
    /// Package levels, ascending by level, one prefix each.
    pub packages: Vec<PackageSpec>,
    /// The rest of the master data.
    #[serde(default)]
    pub details: ProductDetails,
}
