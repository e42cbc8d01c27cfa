//! What a status proof of one code or one lot means (D8), from proven records alone.
//!
//! A proof has two layers. Below, not here: a certified state root, and for each of a set of map keys a path to that
//! root proving its value or its absence. Here: the code or lot and the events. Since each proven record holds count and head
//! of its own chain of events, the events are complete and unchanged; since the current packages around the unit, its
//! batch, product, holder and custodian are proven too, every hold is present or provably absent. A code with no record
//! was never commissioned on this chain up to that height. Of a lot the same is said with its owner, maker, product,
//! variety and every lot that it descends from.
//!
//! [`check`] asks [`crate::query::unit`] or [`crate::query::lot`] against the proven records: it gives the same answer as
//! a node, or none.

use crate::codes::UnitKey;
use crate::event::{EventRecord, EventSource, Subject};
use crate::query::{LotView, QueryError, UnitView, lot, unit};
use crate::state::{StateKey, StateView, ViewError, key};
use crate::tcm::LotId;
use bencao_crypto::{CodecError, decode, encode};
use bencao_genesis::TimestampMs;
use bincode::{Decode, Encode};
use serde::Serialize;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Largest payload, canonical bytes.
pub const STATUS_PROOF_BYTES_MAX: usize = 8 << 20;

/// The only version of [`StatusProof`].
pub const STATUS_PROOF_VERSION: u8 = 1;

tagged_enum! {
    /// What a status proof is about.
    #[derive(Clone, PartialEq, Eq, Debug)]
    pub enum About: u8 {
        /// A package.
        Code(UnitKey) = 1 as "code",
        /// A lot of herbs or 饮片.
        Lot(LotId) = 2 as "lot",
    }
}

impl From<&UnitKey> for About {
    fn from(code: &UnitKey) -> About {
        About::Code(*code)
    }
}

impl From<&LotId> for About {
    fn from(lot: &LotId) -> About {
        About::Lot(lot.clone())
    }
}

impl About {
    /// The answer from `view` and `events`, `None` if there is no such record. `at` is the block time of the state.
    fn ask(
        &self,
        view: &dyn StateView,
        events: &dyn EventSource,
        at: TimestampMs,
    ) -> Result<Option<Answer>, QueryError> {
        Ok(match self {
            About::Code(code) => unit(view, events, code, at)?.map(|found| Answer::Unit(Box::new(found))),
            About::Lot(id) => lot(view, events, id, at)?.map(|found| Answer::Lot(Box::new(found))),
        })
    }
}

/// What the records say.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// About a package.
    Unit(Box<UnitView>),
    /// About a lot.
    Lot(Box<LotView>),
}

impl Answer {
    /// What is said about a package.
    pub fn unit(&self) -> Option<&UnitView> {
        match self {
            Answer::Unit(unit) => Some(unit),
            Answer::Lot(_) => None,
        }
    }

    /// What is said about a lot.
    pub fn lot(&self) -> Option<&LotView> {
        match self {
            Answer::Lot(lot) => Some(lot),
            Answer::Unit(_) => None,
        }
    }
}

/// Events of one subject, complete.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ProvenChain {
    /// Whose.
    pub subject: Subject,
    /// In order of their sequence.
    pub events: Vec<EventRecord>,
}

/// The upper layer of a proof.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct StatusProof {
    /// [`STATUS_PROOF_VERSION`].
    pub version: u8,
    /// About which code or lot.
    pub about: About,
    /// Ascending by subject, none empty.
    pub chains: Vec<ProvenChain>,
}

impl StatusProof {
    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads [`StatusProof::to_bytes`].
    ///
    /// # Errors
    /// [`CodecError`] if longer than [`STATUS_PROOF_BYTES_MAX`] or not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<StatusProof, CodecError> {
        decode(bytes, STATUS_PROOF_BYTES_MAX)
    }
}

/// Key in the authenticated map to proven value, or proven absence.
pub type ProvenRecords = BTreeMap<[u8; 32], Option<Vec<u8>>>;

/// What a checked proof says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct StatusReport {
    /// About which code, if about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<UnitKey>,
    /// About which lot, if about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot: Option<LotId>,
    /// Whether the code was ever commissioned, or the lot ever made, on this chain up to that height.
    pub commissioned: bool,
    /// The answer, if it was.
    pub status: Option<Answer>,
    /// Records that the answer rests on.
    pub records: usize,
    /// Events checked against them.
    pub events: usize,
}

/// Why a payload does not follow from the proven records.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatusProofError {
    /// Another format.
    #[error("status proof version {0} is not supported")]
    Version(u8),
    /// A record is missing or damaged, or events do not match it.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// Chains out of order, or events that no record asks for.
    #[error("events beyond those that the records name")]
    SurplusEvents,
    /// Records that the answer does not rest on.
    #[error("records beyond those that the answer rests on")]
    SurplusRecords,
}

/// Keys whose values or absence must be proven, and the payload that goes with them, from a node's view and events.
///
/// # Errors
/// [`QueryError`].
pub fn collect(
    view: &dyn StateView,
    events: &dyn EventSource,
    about: impl Into<About>,
) -> Result<(Vec<StateKey>, StatusProof), QueryError> {
    let about = about.into();
    let records = RecordingView { inner: view, keys: RefCell::default() };
    let chains = RecordingSource { inner: events, chains: RefCell::default() };
    // Time decides what is said about expiry, not what is read.
    about.ask(&records, &chains, TimestampMs(0))?;
    let chains = chains.chains.into_inner().into_iter();
    let chains = chains.map(|(subject, events)| ProvenChain { subject, events }).collect();
    let payload = StatusProof { version: STATUS_PROOF_VERSION, about, chains };
    Ok((records.keys.into_inner().into_iter().collect(), payload))
}

/// Checks a payload against proven records and answers from it. `at` is the block time of the proven height.
///
/// # Errors
/// [`StatusProofError`]; nothing may be missing and nothing may be left over.
pub fn check(payload: &StatusProof, proven: &ProvenRecords, at: TimestampMs) -> Result<StatusReport, StatusProofError> {
    if payload.version != STATUS_PROOF_VERSION {
        return Err(StatusProofError::Version(payload.version));
    }
    if !payload.chains.is_sorted_by(|a, b| a.subject < b.subject) || payload.chains.iter().any(|c| c.events.is_empty())
    {
        return Err(StatusProofError::SurplusEvents);
    }
    let view = ProvenView { proven, used: RefCell::default() };
    let source = PayloadSource { chains: &payload.chains, used: RefCell::default() };
    let status = payload.about.ask(&view, &source, at)?;
    let used = source.used.into_inner();
    let exact = |chain: &ProvenChain| used.get(&chain.subject) == Some(&chain.events.len());
    if !payload.chains.iter().all(exact) {
        return Err(StatusProofError::SurplusEvents);
    }
    let read = view.used.into_inner();
    if proven.keys().any(|key| !read.contains(key)) {
        return Err(StatusProofError::SurplusRecords);
    }
    let events = payload.chains.iter().map(|c| c.events.len()).fold(0, usize::saturating_add);
    let (code, lot) = match &payload.about {
        About::Code(code) => (Some(*code), None),
        About::Lot(lot) => (None, Some(lot.clone())),
    };
    Ok(StatusReport { code, lot, commissioned: status.is_some(), status, records: proven.len(), events })
}

/// The map key whose absence proves that `code` was never commissioned.
pub fn unit_map_key(code: &UnitKey) -> [u8; 32] {
    key::unit(code).map_key()
}

struct RecordingView<'a> {
    inner: &'a dyn StateView,
    keys: RefCell<BTreeSet<StateKey>>,
}

impl StateView for RecordingView<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, ViewError> {
        self.keys.borrow_mut().insert(key.clone());
        self.inner.get(key)
    }

    fn scan(&self, from: &StateKey, to: &StateKey, limit: usize) -> Result<Vec<(StateKey, Vec<u8>)>, ViewError> {
        self.inner.scan(from, to, limit)
    }
}

struct RecordingSource<'a> {
    inner: &'a dyn EventSource,
    chains: RefCell<BTreeMap<Subject, Vec<EventRecord>>>,
}

impl EventSource for RecordingSource<'_> {
    fn events(&self, subject: &Subject, limit: usize) -> Result<Vec<EventRecord>, ViewError> {
        let events = self.inner.events(subject, limit)?;
        self.chains.borrow_mut().insert(*subject, events.clone());
        Ok(events)
    }
}

struct ProvenView<'a> {
    proven: &'a ProvenRecords,
    used: RefCell<BTreeSet<[u8; 32]>>,
}

impl StateView for ProvenView<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, ViewError> {
        let map_key = key.map_key();
        self.used.borrow_mut().insert(map_key);
        self.proven.get(&map_key).cloned().ok_or(ViewError::NotProven)
    }

    /// A proof holds records by key; nothing asks it for ranges.
    fn scan(&self, _: &StateKey, _: &StateKey, _: usize) -> Result<Vec<(StateKey, Vec<u8>)>, ViewError> {
        Err(ViewError::NotProven)
    }
}

struct PayloadSource<'a> {
    chains: &'a [ProvenChain],
    used: RefCell<BTreeMap<Subject, usize>>,
}

impl EventSource for PayloadSource<'_> {
    fn events(&self, subject: &Subject, limit: usize) -> Result<Vec<EventRecord>, ViewError> {
        self.used.borrow_mut().insert(*subject, limit);
        let chain = self.chains.iter().find(|c| c.subject == *subject).ok_or(ViewError::NotProven)?;
        Ok(chain.events.iter().take(limit).cloned().collect())
    }
}
