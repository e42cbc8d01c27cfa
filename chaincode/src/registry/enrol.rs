//! A new member gets its number.

use super::OrganisationRecord;
use super::records::{NumberRecord, RegistryCounters};
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx, key};

/// Puts an organisation on record under the next number: three writes.
pub(crate) fn enrol(tx: &mut Tx, record: &OrganisationRecord) -> Result<OrgNo, Stop> {
    let name = key::organisation_number(&record.id);
    if tx.exists(&name)? {
        return Err(Rejection::OrganisationExists { actual: record.id.clone() }.into());
    }
    let mut counters: RegistryCounters = tx.must_load(&key::registry_counters())?;
    counters.organisations = counters.organisations.saturating_add(1);
    let number = OrgNo(counters.organisations);
    tx.store(key::registry_counters(), &counters);
    tx.store(key::organisation(number), record);
    tx.store(name, &NumberRecord { version: 1, number: number.0 });
    Ok(number)
}
