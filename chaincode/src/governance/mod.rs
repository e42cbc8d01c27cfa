//! How the consortium governs itself: members, validators, keys, parameters and rule versions, by proposals that the
//! organisations vote on; and the keys that each of them manages by itself (D15; ADR 0044).
//!
//! What a node needs of it is [`membership()`]: validators, nodes and parameters by height.

mod carry_out;
mod content;
mod events;
mod founding;
mod freeze;
mod keyring;
mod members;
mod membership;
mod motion;
mod orders;
mod records;
mod roster;
mod settings;
mod standing;
mod tally;

pub use events::*;
pub use freeze::FreezeEnd;
pub use membership::{
    DECISION_DELAY, Membership, NodeTerm, Revision, SettingsTerm, ValidatorTerm, membership, revision,
};
pub use motion::VotingEnd;
pub use records::{
    Ballot, FrozenOperations, FrozenRecord, GovernanceRecord, KeyOrderRecord, KeyringEntry, KeyringRecord,
    MotionRecord, MotionStatus, Pending,
};
pub use settings::Parameter;
pub use standing::{PROTECTIVE, Standing, may_submit};

pub(crate) use carry_out::{carry_out, wants_block, would_fail};
pub(crate) use founding::found;
pub(crate) use freeze::check_frozen;
pub(crate) use keyring::Keyring;
pub(crate) use standing::{check_standing, require_active};
