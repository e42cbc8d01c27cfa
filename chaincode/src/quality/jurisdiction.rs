//! Which regulator answers for whom.

use crate::registry::OrganisationRecord;
use crate::rejection::Rejection;
use bencao_genesis::{RegionCode, Role};

/// Whether `authority` is a drug regulator whose region contains one of `regions`.
pub(crate) fn regulates(authority: &OrganisationRecord, regions: &[RegionCode]) -> bool {
    authority.has_role(Role::DrugRegulator) && regions.iter().any(|r| authority.jurisdiction.contains(r))
}

/// Refuses who is no drug regulator of one of `regions`.
pub(crate) fn require_regulator(authority: &OrganisationRecord, regions: &[RegionCode]) -> Result<(), Rejection> {
    if regulates(authority, regions) {
        return Ok(());
    }
    Err(Rejection::NoJurisdiction {
        organisation: authority.id.clone(),
        expected: regions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        actual: authority.jurisdiction.to_string(),
    })
}
