//! Operations of `dispensing`.

use crate::codes::UnitKey;
use bencao_crypto::Digest;
use bencao_genesis::TimestampMs;
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// 零售、使用、接种: the end of a smallest unit's way.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispense {
    /// 单据类型: 320, 321, 322 or 323 (domain §3.1).
    pub bill_type: u16,
    /// 单据时间 as the seller states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_time: Option<TimestampMs>,
    /// Keyed digest of the prescription; a pharmacy sells 处方药 only with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prescription: Option<Digest>,
    /// Keyed digest of the buyer or patient; never the number itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Digest>,
    /// Smallest units.
    pub codes: Vec<UnitKey>,
}
