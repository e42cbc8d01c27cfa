//! From labels to released batches: allocation, commissioning with aggregation, later packing, replacement, rework, quality
//! file and release (domain §3.6, §3.9, §3.10 T1–T3 and T15).

mod allocate;
mod commission;
mod contract;
mod events;
mod pack;
mod quality_file;
mod records;
mod release;
mod replace;
mod responsible;
mod rework;
mod void;

pub use events::*;
pub use records::{AllocationRecord, BatchRecord, ContractRecord, IssuedRecord, ReworkRecord, SerialRange, TestState};

pub use responsible::ResponsibleRecord;

pub(crate) use contract::acts_for_holder;
pub(crate) use responsible::{has_responsible, is_abroad, region_of, responsible_for};
