//! Operations of `mandates`.

use crate::mandates::ReadScope;
use crate::transaction::DocumentNumber;
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, OrgId, ProductId};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// 授权委托: what an agent may submit, or a reader may read, for the principal. Its number is the document number of the
/// transaction that gives it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GiveMandate {
    /// Who may act or read.
    pub agent: OrgId,
    /// For whom, if the principal is the host of a participant without a key of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<OrgId>,
    /// Names of operations or of whole modules that the agent may submit, ascending.
    #[serde(default)]
    pub operations: Vec<String>,
    /// Only for these products, ascending; for all if empty.
    #[serde(default)]
    pub products: Vec<ProductId>,
    /// What the agent may read, ascending (授权查询).
    #[serde(default)]
    pub reads: Vec<ReadScope>,
    /// First day.
    pub valid_from: CalendarDate,
    /// Last day.
    pub valid_to: CalendarDate,
    /// Most bills under it; unlimited without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_max: Option<u32>,
    /// SM3 of the signed paper, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Digest>,
}

/// 撤销授权 by the principal, or by the host of a participant without a key of its own.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeMandate {
    /// Number of the mandate.
    pub number: DocumentNumber,
    /// Whose, if the principal is the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<OrgId>,
}
