//! 交易: in two phases between members, in one with a party outside the system.

use super::LotPart;
use crate::codes::HerbCode;
use crate::tcm::{LocalNo, LotId, LotKind, LotMovement, Weighing};
use crate::transaction::DocumentNumber;
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, OrgId, RegionCode};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// One lot of a shipment.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotLine {
    /// Which.
    pub lot: LotId,
    /// Only this part of it, as a new lot; absent: all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<LotPart>,
}

/// 出库 towards one receiver.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShipLots {
    /// Sale, or return to the one it came from.
    pub movement: LotMovement,
    /// Who alone may receive.
    pub receiver: OrgId,
    /// How the weights were taken (M5).
    pub weighing: Weighing,
    /// The market where it is traded; sender and buyer must be admitted there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market: Option<OrgId>,
    /// Salted SM3 commitment to prices, persons and addresses (D20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Digest>,
    /// At most [`crate::limits::LOTS_PER_SHIPMENT_MAX`].
    pub lines: Vec<LotLine>,
}

/// One lot of a receipt.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceivedLine {
    /// Which.
    pub lot: LotId,
    /// As weighed at arrival, milligrams; what is missing is lost on the way.
    pub weight_mg: u64,
}

/// 入库 by the designated receiver, whole or in part, with 进货查验.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiveLots {
    /// Who shipped.
    pub sender: OrgId,
    /// The sender's document number.
    pub shipment_no: DocumentNumber,
    /// 进货查验合格. Must be true here; what fails is refused.
    pub verified: bool,
    /// SM3 of the supplier's papers that were examined.
    pub evidence: Digest,
    /// How the weights were taken (M5).
    pub weighing: Weighing,
    /// The lots as shipped.
    pub lines: Vec<ReceivedLine>,
}

/// 拒收 by the receiver, or 撤回 by the sender, before receipt: the lots are the sender's again.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefuseLots {
    /// Who shipped.
    pub sender: OrgId,
    /// The sender's document number.
    pub shipment_no: DocumentNumber,
    /// Why.
    pub reason: String,
    /// Which.
    pub lots: Vec<LotId>,
}

/// 非溯源企业入库 (zstype 0): crude herb from a party outside the system. The lot is 链条不完整 for ever (M7).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuyUntraced {
    /// New number of the principal.
    pub lot_no: LocalNo,
    /// `harvest` or `initial`.
    pub kind: LotKind,
    /// Of which herb.
    pub herb: HerbCode,
    /// Weight, milligrams.
    pub weight_mg: u64,
    /// How it was taken.
    pub weighing: Weighing,
    /// 产地, county, as the seller states it (《药品管理法》 Art. 58).
    pub region: RegionCode,
    /// 产地 as labels print it.
    pub place: String,
    /// When.
    pub bought_on: CalendarDate,
    /// Keyed digest of the seller.
    pub seller: Digest,
    /// SM3 of the papers that were examined.
    pub evidence: Digest,
}

/// 非溯源企业出库 (zstype 0): crude herb to a party outside the system.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SellUntraced {
    /// Which.
    pub lot: LotId,
    /// Milligrams.
    pub weight_mg: u64,
    /// How it was taken.
    pub weighing: Weighing,
    /// Keyed digest of the buyer.
    pub buyer: Digest,
}
