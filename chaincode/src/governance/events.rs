//! What happens in governance, as events of proposals and in the files of organisations.

use super::records::MotionStatus;
use super::standing::Standing;
use crate::receipt::Refusal;
use crate::transaction::DocumentNumber;
use bencao_crypto::{Digest, KeyId};
use bencao_genesis::{Height, KeyPurpose, ProposalKind, RegionCode, Role, TimestampMs};
use bincode::{Decode, Encode};

/// Something was proposed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct MotionSubmitted {
    /// What kind.
    pub kind: ProposalKind,
    /// Digest of what is to be done.
    pub content: Digest,
    /// Last block time of the vote.
    pub voting_ends: TimestampMs,
    /// The block that is to execute it, if the proposal says.
    pub effective: Option<Height>,
}

/// An organisation voted.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct VoteCast {
    /// In favour or against.
    pub in_favour: bool,
    /// Why.
    pub reason: String,
}

/// Enough are in favour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct MotionApproved {
    /// The block that executes it.
    pub effective: Height,
}

/// A proposal came to its end.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct MotionSettled {
    /// How.
    pub status: MotionStatus,
    /// Why its execution failed.
    pub failure: Option<Refusal>,
    /// Why it was withdrawn.
    pub reason: String,
}

/// An organisation became a member.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct OrganisationAdded {
    /// By which proposal.
    pub motion: u32,
    /// Its roles.
    pub roles: Vec<Role>,
    /// Whether it has a vote.
    pub votes: bool,
}

/// An organisation was frozen, suspended, restored or removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct StandingChanged {
    /// By which proposal.
    pub motion: u32,
    /// Where it stands now.
    pub standing: Standing,
}

/// Roles, jurisdiction or vote of an organisation changed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct RolesChanged {
    /// By which proposal.
    pub motion: u32,
    /// All its roles.
    pub roles: Vec<Role>,
    /// Its jurisdiction.
    pub jurisdiction: RegionCode,
    /// Whether it has a vote.
    pub votes: bool,
}

/// A key as it is after a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct KeyState {
    /// Which.
    pub key: KeyId,
    /// For what.
    pub purpose: KeyPurpose,
    /// First height at which it counts.
    pub valid_from: Height,
    /// First height at which it no longer counts.
    pub valid_to: Option<Height>,
}

/// Keys of an organisation changed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct KeysChanged {
    /// Those that are new or end otherwise than before.
    pub keys: Vec<KeyState>,
    /// Administrators that approve a change of administrators' keys; 0 = more than half.
    pub admin_quorum: u8,
}

/// A change of keys waits for other administrators.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct KeyOrderOpened {
    /// Digest of the change.
    pub content: Digest,
    /// Administrators that it needs.
    pub needed: u32,
    /// When it lapses.
    pub lapses_at: TimestampMs,
}

/// An administrator approved a change of keys.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct KeyOrderApproved {
    /// Document that asked for it.
    pub order: DocumentNumber,
    /// Administrators in favour so far.
    pub approvals: u32,
}

/// A validator of the organisation was added, changed or removed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ValidatorChanged {
    /// Which.
    pub name: String,
    /// Key that votes.
    pub validator_key: KeyId,
    /// Key of its node.
    pub node_key: KeyId,
    /// Power from then on; 0 = it no longer votes.
    pub power: u64,
    /// First height that it counts for.
    pub since: Height,
}
