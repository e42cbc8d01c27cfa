//! Operations of `registry`.

use bencao_genesis::Product;
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// 品种备案: a product with its package levels and code prefixes, by its MAH.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterProduct {
    /// The master record.
    pub product: Product,
}
