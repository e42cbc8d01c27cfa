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
    /// 麻醉药品和第一类精神药品全国性批发
    NarcoticNationalWholesale,
    /// 麻醉药品和第一类精神药品区域性批发
    NarcoticRegionalWholesale,
    /// 麻醉药品、第一类精神药品购用印鉴卡
    NarcoticUse,
    /// 放射性药品使用许可证
    RadioactiveUse,
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
    /// First day.
    pub valid_from: CalendarDate,
    /// Last day.
    pub valid_to: CalendarDate,
}

impl Licence {
    /// Whether the licence covers `class` on `day`.
    pub fn covers(&self, class: DrugClass, day: CalendarDate) -> bool {
        self.scope.contains(&class) && self.valid_from <= day && day <= self.valid_to
    }
}

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
