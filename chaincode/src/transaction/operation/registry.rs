//! Operations of `registry`.

use crate::codes::HerbCode;
use crate::law::Chapter;
use crate::registry::{CodingScheme, FilingKind, LicenceAction, StandardKind};
use crate::transaction::Sealed;
use bencao_crypto::{Digest, PublicKey};
use bencao_genesis::{
    CalendarDate, DrugClass, Licence, LicenceKind, OrgId, Product, ProductDetails, ProductId, RegionCode, Role,
};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// 品种备案: a product with its package levels and code prefixes, by its MAH.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterProduct {
    /// The master record.
    pub product: Product,
}

/// 规则发布: chapters of the law for a region from a day on, by its drug regulator (D19).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmendLaw {
    /// Name of the rule set, such as its document number.
    pub title: String,
    /// 法律依据: law and article.
    pub basis: String,
    /// Where it holds; `000000` = everywhere.
    pub region: RegionCode,
    /// First day, today or later.
    pub effective_on: CalendarDate,
    /// SM3 of the published text, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Digest>,
    /// Whole chapters, ascending by tag, each once.
    pub chapters: Vec<Chapter>,
}

/// 品种信息变更: the details of a product, by its holder. Identity, class, numbers and packages never change.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateProduct {
    /// Which product.
    pub product_id: ProductId,
    /// All details, as they are from now on.
    pub details: ProductDetails,
}

/// 许可证核发 by the department that grants its kind, with jurisdiction over the organisation.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantLicence {
    /// To whom.
    pub organisation: OrgId,
    /// A licence whose kind and number the organisation does not have yet, in force.
    pub licence: Licence,
}

/// 许可证变更、换发、暂扣、恢复、吊销 by the department that grants its kind.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeLicence {
    /// Whose.
    pub organisation: OrgId,
    /// Kind of the licence.
    pub kind: LicenceKind,
    /// Its number.
    pub number: String,
    /// What happens to it.
    pub action: LicenceAction,
    /// New last day of a renewal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<CalendarDate>,
    /// New scope when it is narrowed or widened, ascending without repeats.
    #[serde(default)]
    pub scope: Vec<DrugClass>,
    /// 依据 of the decision.
    pub basis: String,
}

/// 编码规则备案 with the 协同服务平台, by who codes (NMPAB/T 1001; domain §1.1 C8).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileCodingRule {
    /// How codes under the prefixes are made.
    pub scheme: CodingScheme,
    /// 发码机构
    pub issuer: String,
    /// 备案号
    pub filing_no: String,
    /// 药品标识码 or GTIN-14, 1 to 64, ascending.
    pub prefixes: Vec<String>,
}

/// 标准登记: a standard with its kind, region, and what it replaces (domain §8.4 rows 69, 70).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterStandard {
    /// Number with its year, such as `GB/T 31774-2015`: this version and no other.
    pub id: String,
    /// 国家、行业、地方、团体、企业
    pub kind: StandardKind,
    /// Title.
    pub title: String,
    /// What it is about.
    pub scope: String,
    /// Where it holds: `000000` unless local.
    pub region: RegionCode,
    /// 品种 that it sets a standard for, ascending, at most [`crate::limits::STANDARD_HERBS_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub herbs: Vec<HerbCode>,
    /// Classes that it sets a standard for, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<DrugClass>,
    /// First day.
    pub effective_on: CalendarDate,
    /// Id of the standard that it replaces, or empty.
    #[serde(default)]
    pub replaces: String,
    /// SM3 of the text, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Digest>,
}

/// 标准废止 by who registered it; of a group or an enterprise also by a drug regulator.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithdrawStandard {
    /// Which.
    pub id: String,
    /// 依据
    pub basis: String,
}

/// 登记、备案、认证: an entry of a register, by whom the table of kinds says.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmitFiling {
    /// Which register.
    pub kind: FilingKind,
    /// Whom it is about.
    pub organisation: OrgId,
    /// Number; of a trace policy, its version.
    pub number: String,
    /// Scope in words, may be empty.
    #[serde(default)]
    pub scope: String,
    /// Classes it covers, ascending; all if empty.
    #[serde(default)]
    pub classes: Vec<DrugClass>,
    /// Department that answers for it, never a person; may be empty.
    #[serde(default)]
    pub owner: String,
    /// 基地编码 that a GAP entry is about; empty in every other register.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub base_no: String,
    /// Another organisation that it names: the consignee of an exporter, the operator of a trace system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related: Option<OrgId>,
    /// First day.
    pub valid_from: CalendarDate,
    /// Last day.
    pub valid_to: CalendarDate,
    /// SM3 of the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Digest>,
}

/// 暂停、恢复、撤销 of an entry, by who made it or a superior authority.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeFiling {
    /// Which register.
    pub kind: FilingKind,
    /// Whom it is about.
    pub organisation: OrgId,
    /// Number.
    pub number: String,
    /// `suspend`, `restore` or `revoke`.
    pub action: LicenceAction,
    /// 依据
    pub basis: String,
}

/// 代管登记: a small firm, farmer or foreign exporter without a node, by its host.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterParticipant {
    /// A 统一社会信用代码, `PERSON:` with a keyed HMAC-SM3, or `FOREIGN:`.
    pub id: OrgId,
    /// Registered name of a firm; for a person an alias, never a name.
    pub name: String,
    /// Roles, in the documented order.
    pub roles: Vec<Role>,
    /// Where it is (GB/T 2260).
    pub region: RegionCode,
    /// Its own key for bills, if it has one; without it, only its host's mandates act for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PublicKey>,
    /// SM3 of the signed consent.
    pub consent: Digest,
    /// 建档立卡户: keyed HMAC-SM3 of the household, if it is one (domain §8.2 row 46).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household: Option<Digest>,
    /// Contact, sealed with SM4-GCM for host and regulator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Sealed>,
}
