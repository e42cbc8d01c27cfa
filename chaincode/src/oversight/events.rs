//! What oversight does, as events in the file of the organisation that it is about.

use super::{CreditKind, DossierKind, DossierStatus, DossierStep, PublicList, TriageVerdict};
use crate::receipt::Position;
use crate::state::OrgNo;
use crate::transaction::DocumentNumber;
use bencao_crypto::Digest;
use bencao_genesis::CalendarDate;
use bincode::{Decode, Encode};

/// An alarm was confirmed or dismissed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct AlarmTriaged {
    /// The refused transaction.
    pub alarm: Position,
    /// Result.
    pub verdict: TriageVerdict,
}

/// A credit event.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct CreditRecorded {
    /// 守信 or 失信.
    pub kind: CreditKind,
    /// Weight.
    pub points: u16,
    /// What about.
    pub category: String,
    /// 依据
    pub basis: String,
    /// SM3 of the document.
    pub document: Option<Digest>,
}

/// Put on a public list.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Listed {
    /// Which list.
    pub list: PublicList,
    /// 列入事由
    pub reason: String,
    /// Last day.
    pub until: CalendarDate,
}

/// Removed from a public list.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Delisted {
    /// Which list.
    pub list: PublicList,
    /// 移出事由
    pub reason: String,
}

/// A dossier was opened.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct DossierOpened {
    /// Who opened it.
    pub author: OrgNo,
    /// Number.
    pub number: DocumentNumber,
    /// Kind.
    pub kind: DossierKind,
    /// Where it stands.
    pub status: DossierStatus,
    /// `SM3("bencao/dossier/1" ‖ 0x00 ‖ canonical operation)`.
    pub content: Digest,
}

/// What an inspection found was not put right in time.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct DossierOverdue {
    /// Who opened it.
    pub author: OrgNo,
    /// Number.
    pub number: DocumentNumber,
    /// Last day on which it was in time.
    pub deadline: CalendarDate,
    /// How often it has been overdue so far: again, if a report was refused after that day.
    pub overdue: u16,
}

/// A step in a dossier.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct DossierStepped {
    /// Who opened it.
    pub author: OrgNo,
    /// Number.
    pub number: DocumentNumber,
    /// What was done.
    pub step: DossierStep,
    /// Where it stands after.
    pub status: DossierStatus,
    /// SM3 of the report.
    pub document: Option<Digest>,
}
