//! Parameters of `mandates`.

use bencao_genesis::Role;
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Parameters of `mandates`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MandateLaw {
    /// Roles that may act for others (domain §8.2 rows 44, 45): agencies, and who hosts small firms and farmers.
    pub agent_roles: Vec<Role>,
    /// Roles that may be allowed to read (domain §8.2 row 48), besides those that may act.
    pub reader_roles: Vec<Role>,
    /// Longest validity, days.
    pub days_max: u32,
}

impl Default for MandateLaw {
    fn default() -> MandateLaw {
        MandateLaw {
            agent_roles: vec![Role::Grower, Role::MarketOperator, Role::Agency, Role::Association],
            reader_roles: vec![Role::FinancialInstitution, Role::Hospital, Role::MarketingHolder],
            days_max: 1_827,
        }
    }
}
