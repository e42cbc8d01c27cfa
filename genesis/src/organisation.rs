//! Who takes part: organisations with roles, licences and keys by purpose (D15).

use crate::ids::{Height, OrgId, RegionCode};
use crate::product::DrugClass;
use crate::time::CalendarDate;
use bencao_crypto::{KeyId, PublicKey};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// What an organisation does in the chain of custody. The number is its wire value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 上市许可持有人
    MarketingHolder,
    /// 药品生产企业
    Producer,
    /// 药品批发企业
    Wholesaler,
    /// 药品零售企业 (药店)
    Pharmacy,
    /// 医疗机构
    Hospital,
    /// 接种单位
    VaccinationSite,
    /// 疾病预防控制机构
    DiseaseControl,
    /// 种植户、合作社
    Grower,
    /// 中药材经营户与经营企业
    HerbTrader,
    /// 专业市场开办者
    MarketOperator,
    /// 饮片生产企业
    DecoctionProducer,
    /// 检验机构
    Laboratory,
    /// 认证机构
    Certifier,
    /// 第三方技术机构
    Agency,
    /// 行业协会
    Association,
    /// 金融机构
    FinancialInstitution,
    /// 海关
    Customs,
    /// 药品监督管理部门
    DrugRegulator,
    /// 卫生健康部门
    HealthAuthority,
    /// 商务主管部门
    CommerceAuthority,
    /// 工业和信息化部门
    IndustryAuthority,
    /// 农业农村部门
    AgricultureAuthority,
    /// 市场监督管理部门
    MarketRegulator,
    /// 公证机构
    Notary,
    /// 药品网络交易第三方平台 (《药品管理法》 Art. 62)
    TradingPlatform,
}

impl Role {
    /// The seven departments (domain §8.1 row 1): who supervises.
    pub const DEPARTMENTS: [Role; 7] = [
        Role::DrugRegulator,
        Role::HealthAuthority,
        Role::CommerceAuthority,
        Role::IndustryAuthority,
        Role::AgricultureAuthority,
        Role::MarketRegulator,
        Role::Customs,
    ];
}

/// Kind of a licence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LicenceKind {
    /// 药品生产许可证
    DrugProduction,
    /// 药品经营许可证（批发）
    DrugWholesale,
    /// 药品经营许可证（零售）
    DrugRetail,
    /// 医疗机构执业许可证
    MedicalInstitution,
    /// 麻醉药品和第一类精神药品全国性批发 (domain §5.4)
    NarcoticWholesaleNational,
    /// 麻醉药品和第一类精神药品区域性批发 (domain §5.4)
    NarcoticWholesaleRegional,
    /// 麻醉药品、第一类精神药品购用印鉴卡 of a hospital (domain §5.4)
    NarcoticPurchaseCard,
    /// 第二类精神药品零售 of a pharmacy chain (domain §5.4)
    PsychotropicRetail,
    /// 放射性药品使用许可证 of a hospital (domain §5.4)
    RadioactiveUse,
    /// 放射性药品生产、经营许可证
    RadioactiveTrade,
    /// 医疗机构制剂许可证 (《药品管理法》 Art. 74)
    PreparationPermit,
    /// 医疗机构制剂调剂使用批准 (《药品管理法》 Art. 76)
    PreparationTransfer,
    /// 医疗机构中药饮片炮制备案 (《中医药法》 Art. 28)
    DecoctionByHospital,
    /// 接种单位指定或备案 (《疫苗管理法》 Art. 44)
    VaccinationPoint,
    /// 药品网络销售报告 (《药品管理法》 Art. 61)
    InternetSale,
    /// 药品网络交易第三方平台备案 (《药品管理法》 Art. 62)
    InternetPlatform,
    /// 临床急需药品进口批件 of a hospital (《药品管理法》 Art. 65)
    UrgentImport,
    /// 进口药品备案 of an importer (《药品管理法》 Art. 64)
    ImportFiling,
    /// 出口备案 of an exporter (domain §5.6)
    ExportFiling,
    /// 营业执照 of a merchant (domain §8.1 row 11)
    Business,
}

/// Whether a licence counts besides its dates.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LicenceStatus {
    /// It counts between its dates.
    #[default]
    InForce,
    /// 暂扣: not until it is restored.
    Suspended,
    /// 吊销、撤销、注销: never again.
    Revoked,
}

impl LicenceStatus {
    fn is_in_force(&self) -> bool {
        *self == LicenceStatus::InForce
    }
}

/// A licence with its scope and inclusive validity, by date in UTC+8 (《药品管理法》 Art. 41, 51).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// Which licence.
    pub kind: LicenceKind,
    /// Number printed on it.
    pub number: String,
    /// Classes of drug it covers, ascending without repeats.
    pub scope: Vec<DrugClass>,
    /// 分类码 of a 药品生产许可证 (药品生产监督管理办法 Art. 77): A–D, then h z s d y q t x; empty if not recorded.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub letters: String,
    /// First day.
    pub valid_from: CalendarDate,
    /// Last day.
    pub valid_to: CalendarDate,
    /// Whether it counts besides its dates.
    #[serde(default, skip_serializing_if = "LicenceStatus::is_in_force")]
    pub status: LicenceStatus,
}

impl Licence {
    /// A licence that counts between its dates, without class letters.
    pub fn new(
        kind: LicenceKind,
        number: &str,
        scope: &[DrugClass],
        valid_from: CalendarDate,
        valid_to: CalendarDate,
    ) -> Licence {
        let (number, scope) = (number.to_owned(), scope.to_vec());
        Licence { kind, number, scope, letters: String::new(), valid_from, valid_to, status: LicenceStatus::InForce }
    }

    /// Whether it counts on `day`.
    pub fn is_in_force(&self, day: CalendarDate) -> bool {
        self.status.is_in_force() && self.valid_from <= day && day <= self.valid_to
    }

    /// Whether the licence covers `class` on `day`: by its scope and, where recorded, by its class letters.
    pub fn covers(&self, class: DrugClass, day: CalendarDate) -> bool {
        self.scope.contains(&class) && self.letters_cover(class) && self.is_in_force(day)
    }

    /// Whether it has this class letter, or no letters are recorded.
    pub fn has_letter(&self, letter: char) -> bool {
        self.letters.is_empty() || self.letters.contains(letter)
    }

    fn letters_cover(&self, class: DrugClass) -> bool {
        let none_recorded = !self.letters.bytes().any(|b| b.is_ascii_lowercase());
        none_recorded || class.licence_letter().is_none_or(|letter| self.letters.contains(letter))
    }

    /// Whether number, scope, letters and dates have the documented form.
    pub fn is_well_formed(&self) -> bool {
        let number = (1..=64).contains(&self.number.chars().count()) && !self.number.chars().any(char::is_control);
        let positions: Vec<Option<usize>> = self.letters.chars().map(|c| CLASS_LETTERS.find(c)).collect();
        let letters = positions.iter().all(Option::is_some) && positions.is_sorted_by(|a, b| a < b);
        let may_have_letters = self.kind == LicenceKind::DrugProduction || self.letters.is_empty();
        let scope = self.scope.is_sorted_by(|a, b| a < b);
        number && letters && may_have_letters && scope && self.valid_from <= self.valid_to
    }
}

/// Class letters of a 药品生产许可证 in order: A 自行生产的持有人, B 委托生产的持有人, C 受托生产企业, D 原料药;
/// h 化学药, z 中成药, s 生物制品, d 体外诊断试剂, y 中药饮片, q 医用气体, t 特殊药品, x 其他.
const CLASS_LETTERS: &str = "ABCDhzsdyqtx";

/// What a key may sign or open.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyPurpose {
    /// Bills and registrations.
    Transact,
    /// Release of a batch by the 质量受权人. Never delegated.
    Release,
    /// Administration of the organisation.
    Admin,
    /// Votes and proposals.
    Validator,
    /// TLS identity of a node and authorship of its batches.
    Node,
    /// Public-key encryption to the organisation.
    Encrypt,
    /// Signed queries.
    Query,
}

impl KeyPurpose {
    /// As files, JSON and texts write it.
    pub fn name(self) -> &'static str {
        match self {
            KeyPurpose::Transact => "transact",
            KeyPurpose::Release => "release",
            KeyPurpose::Admin => "admin",
            KeyPurpose::Validator => "validator",
            KeyPurpose::Node => "node",
            KeyPurpose::Encrypt => "encrypt",
            KeyPurpose::Query => "query",
        }
    }
}

/// A key of an organisation with its validity by height: `valid_from ≤ h < valid_to`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyEntry {
    /// What it may do.
    pub purpose: KeyPurpose,
    /// 64 bytes `x ‖ y` in hexadecimal.
    pub public_key: PublicKey,
    /// First height at which it counts.
    #[serde(default)]
    pub valid_from: Height,
    /// First height at which it no longer counts; absent = until revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Height>,
}

impl KeyEntry {
    /// Name of the key.
    pub fn id(&self) -> KeyId {
        self.public_key.id()
    }

    /// Whether the key counts at `height`.
    pub fn is_valid_at(&self, height: Height) -> bool {
        self.valid_from <= height && self.valid_to.is_none_or(|end| height < end)
    }
}

/// A member of the consortium.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// 统一社会信用代码 or the foreign or personal form.
    pub id: OrgId,
    /// Registered name.
    pub name: String,
    /// What it does, ascending without repeats.
    pub roles: Vec<Role>,
    /// Where it is registered (GB/T 2260); for a regulator, the region it answers for.
    pub jurisdiction: RegionCode,
    /// Its licences.
    #[serde(default)]
    pub licences: Vec<Licence>,
    /// Its keys.
    pub keys: Vec<KeyEntry>,
}

impl Organisation {
    /// Whether it has `role`.
    pub fn has_role(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// The key `id` if it has `purpose` and counts at `height`.
    pub fn key_at(&self, id: KeyId, purpose: KeyPurpose, height: Height) -> Option<&KeyEntry> {
        self.keys.iter().find(|k| k.purpose == purpose && k.is_valid_at(height) && k.id() == id)
    }
}
