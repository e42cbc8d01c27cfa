//! What the law may change without a change of code (D19): deadlines, windows, limits, yield bands.
//!
//! A [`Law`] is data with a legal basis. The rules read the one in force on the day of the block in the region of the
//! organisation that the rule is about, by [`crate::state::Tx::law`]; they never name a number of it themselves. The
//! values here are those of domain §5, with their source at each field, and hold until an amendment is in force.

mod custody;
mod dispensing;
mod production;
mod quality;

pub use custody::{ColdChain, CustodyLaw, StorageRange};
pub use dispensing::{Access, ClassChannels, DispensingLaw, Form, RetailException, Retention, SupplyLimit};
pub use production::ProductionLaw;
pub use quality::{QualityLaw, RecallLaw};
mod tcm;

pub use tcm::TcmLaw;

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Parameters of the rules, one structure a module.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Law {
    /// Of `custody`.
    pub custody: CustodyLaw,
    /// Of `dispensing`.
    pub dispensing: DispensingLaw,
    /// Of `production`.
    pub production: ProductionLaw,
    /// Of `quality`: holds and countersigned bills.
    pub quality: QualityLaw,
    /// Of `quality`: recalls.
    pub recall: RecallLaw,
    /// Of `tcm`.
    pub tcm: TcmLaw,
}
