//! Operations of `oversight`.

use crate::oversight::{CreditKind, DossierKind, DossierStep, Finding, PublicList, TriageVerdict};
use crate::transaction::DocumentNumber;
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, Height, OrgId, ProductId};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// 预警核查: a drug regulator confirms or dismisses an alarm (D9).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriageAlarm {
    /// Block of the refused transaction.
    pub height: Height,
    /// Its index in the block.
    pub index: u32,
    /// Result.
    pub verdict: TriageVerdict,
    /// 核查说明
    pub reason: String,
}

/// 信用记录: a positive or negative event of an organisation (《药品管理法》 Art. 105).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordCredit {
    /// Whose.
    pub organisation: OrgId,
    /// 守信 or 失信.
    pub kind: CreditKind,
    /// What about, such as 追溯制度落实.
    pub category: String,
    /// Weight, 1 to 1000.
    pub points: u16,
    /// 依据
    pub basis: String,
    /// SM3 of the document, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Digest>,
}

/// 列入 经营异常名录 or 严重违法失信名单 (domain §8.3 row 60).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListOrganisation {
    /// Whom.
    pub organisation: OrgId,
    /// On which list.
    pub list: PublicList,
    /// 列入事由, shown to the public.
    pub reason: String,
    /// 依据
    pub basis: String,
    /// Last day.
    pub until: CalendarDate,
}

/// 移出名录 by who listed it, or a superior authority.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveFromList {
    /// Whom.
    pub organisation: OrgId,
    /// From which list.
    pub list: PublicList,
    /// 移出事由
    pub reason: String,
}

/// Opens a dossier: an inspection, penalty, shared case, third-party result or foreign notification. Its number is the
/// document number of the transaction that opens it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenDossier {
    /// Which kind.
    pub kind: DossierKind,
    /// Whom it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrgId>,
    /// Which product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductId>,
    /// Which batch or lot of it, or empty.
    #[serde(default)]
    pub batch_no: String,
    /// Subject: what was inspected, the article applied, the test done, the notifying country.
    pub subject: String,
    /// What was found or decided.
    pub text: String,
    /// Of an inspection or a result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
    /// Until when it must be put right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<CalendarDate>,
    /// Of a fine, 分.
    #[serde(default)]
    pub amount_fen: u64,
    /// Authorities that share the case, ascending.
    #[serde(default)]
    pub parties: Vec<OrgId>,
    /// SM3 of the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Digest>,
}

/// A step in a dossier, by whom the table of kinds says.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowUp {
    /// Who opened the dossier.
    pub author: OrgId,
    /// Its number.
    pub number: DocumentNumber,
    /// What is done.
    pub step: DossierStep,
    /// In words.
    pub text: String,
    /// SM3 of the report, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Digest>,
}
