//! What a status proof of one code means (D8), from proven records alone.
//!
//! A proof has two layers. Below, not here: a certified state root, and for each of a set of map keys a path to that
//! root proving its value or its absence. Here: the code and the events. Since each proven record holds count and head
//! of its own chain of events, the events are complete and unchanged; since the current packages around the unit, its
//! batch, product, holder and custodian are proven too, every hold is present or provably absent. A code with no record
//! was never commissioned on this chain up to that height.
//!
//! [`check`] asks [`crate::query::unit`] against the proven records: it gives the same answer as a node, or none.

use crate::codes::UnitKey;
use crate::event::{EventRecord, EventSource, Subject};
use crate::query::{QueryError, UnitView, unit};
use crate::state::{StateKey, StateView, ViewError, key};
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
    /// About which code.
    pub code: UnitKey,
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
    /// About which code.
    pub code: UnitKey,
    /// Whether it was ever commissioned on this chain up to that height.
    pub commissioned: bool,
    /// The answer, if it was.
    pub status: Option<UnitView>,
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
    code: &UnitKey,
) -> Result<(Vec<StateKey>, StatusProof), QueryError> {
    let records = RecordingView { inner: view, keys: RefCell::default() };
    let chains = RecordingSource { inner: events, chains: RefCell::default() };
    // Time decides what is said about expiry, not what is read.
    unit(&records, &chains, code, TimestampMs(0))?;
    let chains = chains.chains.into_inner().into_iter();
    let chains = chains.map(|(subject, events)| ProvenChain { subject, events }).collect();
    let payload = StatusProof { version: STATUS_PROOF_VERSION, code: *code, chains };
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
    let status = unit(&view, &source, &payload.code, at)?;
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
    let commissioned = status.is_some();
    Ok(StatusReport { code: payload.code, commissioned, status, records: proven.len(), events })
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
