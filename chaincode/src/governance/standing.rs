//! Whether a member may act.

use crate::registry::OrganisationRecord;
use crate::rejection::Rejection;
use crate::transaction::Operation;

byte_enum! {
    /// Where an organisation stands in the consortium.
    pub enum Standing {
        /// 正常
        Active = 1 as "active", "正常",
        /// 紧急冻结: by a regulator, for a time.
        Frozen = 2 as "frozen", "紧急冻结",
        /// 暂停: by decision, until restored.
        Suspended = 3 as "suspended", "已暂停",
        /// 移除: for ever.
        Removed = 4 as "removed", "已移除",
    }
}

/// What a frozen or suspended member may still do: what protects patients, gives goods back, answers an authority, or
/// puts its keys in order.
pub const PROTECTIVE: [&str; 17] = [
    "acknowledge_recall",
    "approve_keys",
    "change_keys",
    "complete_recall",
    "destroy",
    "destroy_lot",
    "follow_up",
    "hold_lot",
    "notify_recall",
    "refuse",
    "refuse_lots",
    "report_loss",
    "report_recall_progress",
    "set_hold",
    "start_recall",
    "take_back",
    "void_codes",
];

/// What it may do besides, since another has to sign: goods that end before a witness, samples that an authority takes.
const WITNESSED: [&str; 3] = ["close_proposal", "countersign", "propose"];

/// Whether a member in this standing may submit, or have submitted for it, an operation of this name.
pub fn may_submit(standing: Standing, operation: &str) -> bool {
    match standing {
        Standing::Active => true,
        Standing::Frozen | Standing::Suspended => {
            PROTECTIVE.binary_search(&operation).is_ok() || WITNESSED.contains(&operation)
        }
        Standing::Removed => false,
    }
}

/// Part of check 4.
pub(crate) fn check_standing(organisation: &OrganisationRecord, operation: &Operation) -> Result<(), Rejection> {
    if may_submit(organisation.standing, operation.name()) {
        return Ok(());
    }
    let organisation_id = organisation.id.clone();
    Err(match organisation.standing {
        Standing::Removed => Rejection::MemberRemoved { organisation: organisation_id },
        standing => Rejection::MemberSuspended {
            organisation: organisation_id,
            standing: standing.name(),
            operation: operation.name(),
        },
    })
}

/// Refuses to hand goods to a member that could not receive them.
pub(crate) fn require_active(organisation: &OrganisationRecord) -> Result<(), Rejection> {
    match organisation.standing {
        Standing::Active => Ok(()),
        standing => Err(Rejection::PartyNotActive { actual: organisation.id.clone(), standing: standing.name() }),
    }
}
