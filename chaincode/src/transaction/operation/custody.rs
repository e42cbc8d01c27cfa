//! Operations of `custody`.

use crate::codes::UnitKey;
use crate::transaction::DocumentNumber;
use bencao_crypto::Digest;
use bencao_genesis::{OrgId, TimestampMs};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// 出库 towards one receiver; codes of any package level.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ship {
    /// 单据类型 (domain §3.1).
    pub bill_type: u16,
    /// Who alone may receive.
    pub receiver: OrgId,
    /// 单据时间 as the sender states it; block time decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_time: Option<TimestampMs>,
    /// Salted SM3 commitment to addresses, persons, prices and carrier (D20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Digest>,
    /// What leaves.
    pub codes: Vec<UnitKey>,
}

/// 入库 of a shipment, whole or in part, by its designated receiver.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receive {
    /// 单据类型 (domain §3.1).
    pub bill_type: u16,
    /// Who shipped.
    pub sender: OrgId,
    /// The sender's document number.
    pub shipment_no: DocumentNumber,
    /// xt_is_check: trace information was verified at acceptance (NMPAB/T 1001). Must be true here.
    #[serde(default = "yes")]
    pub verified: bool,
    /// 单据时间 as the receiver states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_time: Option<TimestampMs>,
    /// Salted SM3 commitment to addresses and persons (D20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Digest>,
    /// The codes as shipped.
    pub codes: Vec<UnitKey>,
}

fn yes() -> bool {
    true
}

/// 拆箱: children taken out of the packages around them by their custodian.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disaggregate {
    /// The children.
    pub codes: Vec<UnitKey>,
}
