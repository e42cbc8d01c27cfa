//! Commissioning with aggregation, and release (domain §3.6, §3.9, §3.10 T2 and T3).

mod commission;
mod records;
mod release;
pub use records::BatchRecord;
