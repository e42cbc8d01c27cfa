//! Who may act as an authority: the right department, with jurisdiction over the region (domain §8.1 rows 1, 3).

use super::{NumberRecord, OrganisationRecord};
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx, key};
use bencao_genesis::{DrugClass, OrgId, RegionCode, Role};

/// Refuses a principal that is none of `roles`, or whose jurisdiction does not contain `region`.
pub(crate) fn require_authority(
    tx: &Tx,
    roles: &[Role],
    expected: &'static str,
    region: RegionCode,
) -> Result<(), Rejection> {
    let of_department = roles.iter().any(|r| tx.organisation.has_role(*r));
    if of_department && tx.organisation.jurisdiction.contains(&region) {
        return Ok(());
    }
    let organisation = tx.organisation.id.clone();
    Err(Rejection::NoAuthority { organisation, expected, region: region.to_string() })
}

/// Refuses goods of a class from an untraced source once its events are mandatory for the principal (domain §8.1 row
/// 29): before, they are taken and stay marked as an incomplete chain.
pub(crate) fn require_optional_tracing(tx: &Tx, class: DrugClass) -> Result<(), Rejection> {
    let organisation = &tx.organisation;
    match tx.law(organisation.jurisdiction).mandatory(class, &organisation.id, tx.today()) {
        None => Ok(()),
        Some(_) => {
            let class = super::class_name(class);
            Err(Rejection::TracingMandatory { organisation: organisation.id.clone(), class })
        }
    }
}

/// Number and record of a member that an operation names.
pub(crate) fn member(tx: &Tx, id: &OrgId) -> Result<(OrgNo, OrganisationRecord), Stop> {
    let number: Option<NumberRecord> = tx.load(&key::organisation_number(id))?;
    let number = number.ok_or_else(|| Rejection::UnknownMember { actual: id.clone() })?;
    let number = OrgNo(number.number);
    Ok((number, tx.must_load(&key::organisation(number))?))
}
