//! 网络销售 (326): who sells drugs online has reported it, and a third-party platform lets only those sell whom it has
//! vetted (《药品管理法》 Art. 61, 62).

use crate::registry::{FilingKind, OrganisationRecord, is_admitted, member, require_platform};
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx};
use bencao_genesis::{DrugClass, OrgId};
use std::rc::Rc;

/// A third-party platform that is on file today.
pub(super) type Platform = (OrgNo, Rc<OrganisationRecord>);

/// Finds the platform that a bill names.
pub(super) fn find(tx: &mut Tx, id: &OrgId) -> Result<Platform, Stop> {
    let (number, record) = member(tx, id)?;
    require_platform(&record, tx.today())?;
    Ok((number, Rc::new(record)))
}

/// Refuses a seller whom the platform has not admitted for this class, or no longer admits.
pub(super) fn check_admitted(tx: &Tx, platform: &Platform, class: DrugClass) -> Result<(), Stop> {
    let (number, record) = platform;
    if is_admitted(tx, tx.principal, FilingKind::PlatformAdmission, *number, Some(class))? {
        return Ok(());
    }
    let (market, actual) = (record.id.clone(), tx.organisation.id.clone());
    Err(Rejection::NotAdmitted { market, actual }.into())
}
