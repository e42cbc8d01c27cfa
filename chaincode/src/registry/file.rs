//! 档案: what the registry and oversight know of an organisation, apart from the record that every movement reads.
//! Its events stand in a chain of their own, so that proofs of a package do not carry them.

use crate::event::{EventBody, History, Subject};
use crate::state::{OrgNo, Record, Stop, Tx, key};
use bincode::{Decode, Encode};

/// The file of an organisation.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct OrganisationFile {
    /// Format: 1.
    pub version: u8,
    /// Its own events.
    pub history: History,
    /// Points of 守信 events, saturating.
    pub credit_positive: u32,
    /// Points of 失信 events, saturating.
    pub credit_negative: u32,
    /// Inspections so far.
    pub inspections: u32,
    /// Penalties so far.
    pub penalties: u32,
    /// Participants without a key of their own that it hosts.
    pub hosted: u32,
}

impl Record for OrganisationFile {}

impl OrganisationFile {
    /// The file of an organisation; an empty one before its first event.
    pub(crate) fn load(tx: &Tx, organisation: OrgNo) -> Result<OrganisationFile, Stop> {
        let file: Option<OrganisationFile> = tx.load(&key::organisation_file(organisation))?;
        Ok(file.unwrap_or(OrganisationFile { version: 1, ..OrganisationFile::default() }))
    }

    /// Appends an event and stores the file: one write.
    pub(crate) fn close(mut self, tx: &mut Tx, organisation: OrgNo, body: EventBody) {
        tx.event(Subject::File(organisation), &mut self.history, body);
        tx.store(key::organisation_file(organisation), &self);
    }
}
