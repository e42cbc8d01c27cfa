//! What may not move, and what leaves the loop: holds, recalls, bills with two signatures, destruction, sampling, loss
//! (domain §3.10 T8, T11–T13, T17, T18; §5.3; 《药品管理法》 Art. 81–83, 99, 100).
//!
//! A hold is a case with a number. It sets a bit on the record of its target and leaves its number in the target's list
//! of open holds, so that the bit goes when the last hold of its kind is lifted. Movements look at the bits of the unit,
//! the packages around it, its batches, products, holders and custodian (D7): whatever the size of the target, a hold is
//! a constant number of writes and binds everything after it in the same block.

mod acceptance;
mod at_hand;
mod countersign;
mod destroy;
mod events;
mod freeze;
mod holds;
mod jurisdiction;
mod loss;
mod recall;
mod recall_duties;
mod records;
mod sample;
mod tally;
mod target;
mod variety;

pub use countersign::ProposalLapse;
pub use events::*;
pub use freeze::FreezeDecision;
pub use holds::HoldEnd;
pub use recall_duties::{DutyKind, RecallDuty};
pub(crate) use records::QualityCounters;
pub use records::{
    BatchTally, Duty, HoldKind, HoldRecord, NoticeRecord, OpenHold, ProposalRecord, ProposalStatus, RecallKind,
    RecallRecord, RecallStatus, TargetHolds,
};
pub use variety::{VarietyHold, VarietyHoldsRecord};

pub(crate) use at_hand::{at_hand, at_hand_for, in_custody, set_apart};
pub(crate) use countersign::Parties;
pub(crate) use destroy::check_witness;
pub(crate) use holds::{find_batch, find_organisation};
pub(crate) use jurisdiction::regulates;
pub(crate) use loss::tell_of_loss;
pub(crate) use tally::tally;
pub(crate) use variety::variety_holds_of_batch;
