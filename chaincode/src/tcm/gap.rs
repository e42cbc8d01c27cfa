//! 药材符合GAP要求: who may claim it for plants, how long, and what a label that says so takes (《中药材生产质量管理规范》,
//! 2022年第22号; domain §4.1).
//!
//! | Where | Rule |
//! |---|---|
//! | planting | claimed only for a base with an entry of the register of GAP in force on that day, of who plants or of the sponsor of the garden |
//! | harvest | carried on only if there is such an entry on the day of harvest |
//! | blending, processing | carried on only if every input carries it (M6, `lots`) |
//! | label | only on what carries it, and with the audit of the supplier |

use super::lots::Found;
use super::names::GardenRef;
use super::records::Origin;
use crate::registry::base_has_gap;
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx};
use crate::transaction::Label;
use bencao_genesis::CalendarDate;

/// Whether a base conforms on `day`: it is run by who plants there, or by the sponsor of its garden.
fn conforms(tx: &Tx, grower: OrgNo, garden: Option<GardenRef>, base_no: &str, day: CalendarDate) -> Result<bool, Stop> {
    if base_has_gap(tx, grower, base_no, day)? {
        return Ok(true);
    }
    match garden {
        Some(garden) => base_has_gap(tx, garden.organisation, base_no, day),
        None => Ok(false),
    }
}

/// Refuses the claim for plants of a base that does not conform.
pub(super) fn check_planting(
    tx: &Tx,
    garden: Option<GardenRef>,
    base_no: &str,
    planted_on: CalendarDate,
) -> Result<(), Stop> {
    if conforms(tx, tx.principal, garden, base_no, planted_on)? {
        return Ok(());
    }
    let organisation = tx.organisation.id.clone();
    Err(Rejection::GapFilingRequired { organisation, base: base_no.to_owned(), actual: planted_on }.into())
}

/// Whether what was claimed for plants still holds on the day of harvest.
pub(super) fn holds_at_harvest(tx: &Tx, plants: &Found, origin: &Origin, day: CalendarDate) -> Result<bool, Stop> {
    conforms(tx, plants.lot.organisation, origin.garden, &origin.base_no, day)
}

/// A label says so only of what carries the claim.
pub(super) fn check_label(found: &Found, label: &Label) -> Result<(), Rejection> {
    if label.gap_audit.is_some() && !found.record.claims.gap {
        return Err(Rejection::GapNotCarried { lot: found.name.clone() });
    }
    Ok(())
}
