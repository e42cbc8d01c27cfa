//! Parameters of `oversight`: what a public list bars its firms from.

use crate::oversight::PublicList;
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// One effect of a list.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListEffect {
    /// The list.
    pub list: PublicList,
    /// Name of the operation that firms on it may not submit.
    pub operation: String,
    /// Only under these bill types; under all if empty.
    #[serde(default)]
    pub bill_types: Vec<u16>,
}

/// Parameters of `oversight`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OversightLaw {
    /// 联合惩戒: what the lists bar from (domain §8.3 rows 56, 60).
    pub effects: Vec<ListEffect>,
}

impl Default for OversightLaw {
    /// Firms of the 严重违法失信名单 register no new product and sell nothing wholesale, neither by themselves nor through a
    /// keeper, nor from another's hands, nor herbs by the lot; they still receive, return and recall. The 经营异常名录 is shown, and bars from nothing.
    fn default() -> OversightLaw {
        let effect = |operation: &str, bill_types: &[u16]| ListEffect {
            list: PublicList::SeriousViolation,
            operation: operation.to_owned(),
            bill_types: bill_types.to_vec(),
        };
        let effects = vec![
            effect("register_product", &[]),
            effect("ship", &[201, 207, 209, 212]),
            effect("instruct", &[207, 223]),
            effect("ship_lots", &[201]),
            effect("sell_untraced", &[]),
        ];
        OversightLaw { effects }
    }
}

impl OversightLaw {
    /// Whether firms of `list` may not submit `operation` under `bill_type`.
    pub fn bars(&self, list: PublicList, operation: &str, bill_type: Option<u16>) -> bool {
        self.effects.iter().any(|e| {
            let of_type = e.bill_types.is_empty() || bill_type.is_some_and(|t| e.bill_types.contains(&t));
            e.list == list && e.operation == operation && of_type
        })
    }
}
