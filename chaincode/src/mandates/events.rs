//! What happens to mandates, as events in the principal's file.

use crate::state::OrgNo;
use crate::transaction::DocumentNumber;
use bencao_genesis::CalendarDate;
use bincode::{Decode, Encode};

/// A mandate was given.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct MandateGiven {
    /// Who may act or read.
    pub agent: OrgNo,
    /// Number.
    pub number: DocumentNumber,
    /// Last day.
    pub valid_to: CalendarDate,
}

/// A mandate was revoked.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct MandateRevoked {
    /// Who may no longer act or read.
    pub agent: OrgNo,
    /// Number.
    pub number: DocumentNumber,
    /// Bills applied under it.
    pub used: u32,
}
