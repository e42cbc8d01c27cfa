//! The one record under a code.

use super::{Holds, Lifecycle};
use crate::codes::UnitKey;
use crate::event::History;
use crate::limits::LEGS_MAX;
use crate::receipt::Position;
use crate::state::{BatchRef, OrgNo, Record};
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, DrugClass, TimestampMs};
use bincode::{Decode, Encode};

/// A package of any level.
///
/// While it is inside another package, custodian, transit and lifecycle here are those of the moment it went in; the
/// outermost package's are the ones that count (D7).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct UnitRecord {
    /// Format: 1.
    pub version: u8,
    /// Package level, 1 = smallest.
    pub level: u8,
    /// Stored state: `InStock` from commissioning on, since release belongs to the batch.
    pub lifecycle: Lifecycle,
    /// Holds on this package.
    pub holds: Holds,
    /// Its batch; immutable.
    pub batch: BatchRef,
    /// The package around it.
    pub parent: Option<Membership>,
    /// Who has it; while in transit, who sent it.
    pub custodian: OrgNo,
    /// Where it is going.
    pub transit: Option<Transit>,
    /// Its end at a seller or user.
    pub sale: Option<Sale>,
    /// What it holds, for levels above 1.
    pub content: Option<Content>,
    /// From whom it was bought on its way here, the MAH's sale first: goods go back the way they came (GSP, domain §5.4
    /// G3). At most [`LEGS_MAX`]; the oldest is forgotten first.
    pub legs: Vec<Leg>,
    /// Whose goods they are, if not the custodian's: they came by a transfer (203, 217), on an instruction 120, or were made
    /// under contract (《药品管理法》 Art. 32, 35).
    pub kept_for: Option<OrgNo>,
    /// What befell the goods themselves.
    pub condition: Condition,
    /// The code that took the place of this one when it was voided, or whose place this one took.
    pub replaced: Option<Replaced>,
    /// Its own events.
    pub history: History,
}

/// One sale on the way of a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Leg {
    /// The seller.
    pub from: OrgNo,
    /// 直调企业: who bought and sold on without having had the goods.
    pub through: Option<OrgNo>,
}

byte_enum! {
    /// What befell goods: those that are not sound never go back into stock.
    pub enum Condition {
        /// Nothing.
        Sound = 0 as "sound", "完好",
        /// 损坏 (215, 220).
        Damaged = 1 as "damaged", "损坏",
        /// Lost, and found again.
        Recovered = 2 as "recovered", "失而复得",
    }
}

/// 码替换: the link is kept both ways.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Replaced {
    /// Voided; this code took its place.
    By(UnitKey),
    /// In place of this voided code.
    Of(UnitKey),
}

/// How many smallest units of a batch are in a package.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Share {
    /// The batch.
    pub batch: BatchRef,
    /// Smallest units, at whatever depth.
    pub units: u32,
}

/// The package around a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Membership {
    /// Its code.
    pub parent: UnitKey,
    /// Which use of it.
    pub instance: u32,
}

/// An open shipment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Transit {
    /// Who alone may receive.
    pub receiver: OrgNo,
    /// Position of the bill that shipped it.
    pub shipment: Position,
    /// Whether it was 待处理 or 已拆零 before: a cancellation leaves it 待处理.
    pub was_blocked: bool,
    /// Which side of a dispute has accepted that it is lost.
    pub loss_accepted: Option<OrgNo>,
}

/// Where and when a smallest unit was dispensed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Sale {
    /// Accepted sales; internal use (320) counts none.
    pub count: u16,
    /// Block time.
    pub at: TimestampMs,
    /// Who dispensed it.
    pub seller: OrgNo,
    /// 单据类型
    pub bill_type: u16,
    /// If parts of it were dispensed.
    pub parts: Option<PartsSold>,
    /// The prescription, by its keyed digest, if it was of a class with a limit; of the newest part. To take the sale back
    /// frees it.
    pub prescription: Option<Digest>,
}

/// 拆零 of a smallest unit. Quantities in 10⁻⁴ of a smallest preparation unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct PartsSold {
    /// How many parts.
    pub count: u32,
    /// Block time of the newest.
    pub at: TimestampMs,
    /// What is left.
    pub remaining: u64,
    /// The newest part; 0 once it was taken back.
    pub last: u64,
}

/// What a package knows about all that is inside it, so that moving it opens nothing (D7).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Content {
    /// Which use of this package; its bonds name it.
    pub instance: u32,
    /// Direct children inside now.
    pub children: u32,
    /// Direct children of a full package.
    pub capacity: u32,
    /// 零头
    pub remainder: bool,
    /// What is inside by batch, ascending, at most [`crate::limits::BATCHES_PER_PACKAGE_MAX`]; none in an empty package.
    pub batches: Vec<Share>,
    /// First date of expiry inside.
    pub earliest_expiry: CalendarDate,
    /// Bit set of [`DrugClass`], in its order.
    pub classes: u16,
    /// Descendants on hold by themselves.
    pub held: u32,
}

impl UnitRecord {
    /// Whether it keeps its batch from being released: a package that is there, and neither full nor marked 零头 (H8).
    pub(crate) fn is_waiting(&self) -> bool {
        !self.lifecycle.is_terminal() && self.content.as_ref().is_some_and(Content::is_incomplete)
    }

    /// Notes a sale by `leg.from`.
    pub(crate) fn push_leg(&mut self, leg: Leg) {
        if self.legs.len() >= LEGS_MAX {
            self.legs.remove(0);
        }
        self.legs.push(leg);
    }

    /// It is back at `receiver`, who sold it: that sale and all after it are undone.
    pub(crate) fn pop_legs(&mut self, receiver: OrgNo) {
        let sale = self.legs.iter().rposition(|leg| leg.from == receiver);
        self.legs.truncate(sale.unwrap_or(0));
    }
}

impl Content {
    /// Smallest units inside, at whatever depth.
    pub fn units(&self) -> u32 {
        self.batches.iter().fold(0, |sum, share| sum.saturating_add(share.units))
    }

    /// Neither full nor marked 零头.
    pub fn is_incomplete(&self) -> bool {
        !self.remainder && self.children < self.capacity
    }
}

impl Record for UnitRecord {}

/// The bit of a class in [`Content::classes`].
pub(crate) fn class_bit(class: DrugClass) -> u16 {
    1u16.checked_shl(class as u32).unwrap_or(0)
}
