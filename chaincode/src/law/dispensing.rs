//! Parameters of `dispensing`.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Parameters of `dispensing`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DispensingLaw {
    /// How long the seller may take back a sale entered by mistake, hours (domain §6.2).
    pub reversal_hours: u32,
}

impl Default for DispensingLaw {
    fn default() -> DispensingLaw {
        DispensingLaw { reversal_hours: 24 }
    }
}
