//! What happens in the registry, as events.

use super::{CodingScheme, FilingKind, LicenceAction, StandardKind};
use crate::state::OrgNo;
use crate::transaction::Sealed;
use bencao_crypto::Digest;
use bencao_genesis::Licence;
use bincode::{Decode, Encode};

/// An authority decided a rule set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LawAmended {
    /// Number of the rule set on record.
    pub rule_set: u32,
}

/// A licence was granted or changed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LicenceChanged {
    /// What happened.
    pub action: LicenceAction,
    /// The licence after it.
    pub licence: Licence,
}

/// A coding rule was filed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct CodingFiled {
    /// Scheme.
    pub scheme: CodingScheme,
    /// 备案号
    pub filing_no: String,
    /// Number of prefixes.
    pub prefixes: u32,
}

/// A standard was registered or withdrawn.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct StandardChanged {
    /// Its id.
    pub standard: String,
    /// Its kind.
    pub kind: StandardKind,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
}

/// An entry of a register was made.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Filed {
    /// Which register.
    pub kind: FilingKind,
    /// Number.
    pub number: String,
    /// `SM3("bencao/filing/1" ‖ 0x00 ‖ canonical operation)`.
    pub content: Digest,
}

/// An entry of a register was suspended, restored or revoked.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct FilingChanged {
    /// Which register.
    pub kind: FilingKind,
    /// Number.
    pub number: String,
    /// What happened.
    pub action: LicenceAction,
}

/// A participant without a node was registered, in the file of its host.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ParticipantRegistered {
    /// Its number.
    pub participant: OrgNo,
    /// SM3 of the signed consent.
    pub consent: Digest,
    /// Keyed digest of the household.
    pub household: Option<Digest>,
    /// Contact, sealed.
    pub sealed: Option<Sealed>,
}
