//! What handlers read from the stores: keys, summaries, transactions at their places.

use super::app::App;
use super::error::ApiError;
use super::status::Totals;
use crate::bills::Facts;
use bencao_chaincode::limits::RECORD_BYTES_MAX;
use bencao_chaincode::query::EventLog;
use bencao_chaincode::receipt::Position;
use bencao_chaincode::registry::{KeyRecord, OrganisationRecord};
use bencao_chaincode::state::{OrgNo, key};
use bencao_chaincode::{EventRecord, StateKey, StateView, Subject, TransactionId, ViewError};
use bencao_consensus::BatchId;
use bencao_crypto::{Digest, KeyId, PublicKey, codec};
use bencao_genesis::{Height, OrgId, TimestampMs};
use bencao_ledger::StoreError;
use bincode::{Decode, Encode};

/// The node's own faults while reading; each becomes `internal`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record.
    #[error(transparent)]
    View(#[from] ViewError),
    /// An answer.
    #[error(transparent)]
    Query(#[from] bencao_chaincode::query::QueryError),
    /// Something that another record promises is not there.
    #[error("{what} of height {height} is missing")]
    Missing {
        /// What.
        what: &'static str,
        /// Where.
        height: Height,
    },
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> ApiError {
        ApiError::internal(&error)
    }
}

/// The log only grows, and who asks counts by a record: an older version asks for no later events.
impl EventLog for App {
    fn events_after(&self, subject: &Subject, skip: u32, limit: usize) -> Result<Vec<EventRecord>, ViewError> {
        self.state.events_of(subject, skip, limit).map_err(|error| match error {
            StoreError::Damaged { .. } => ViewError::Damaged,
            other => ViewError::Unavailable(other.to_string()),
        })
    }
}

pub(crate) fn record<R: Encode + Decode<()>>(view: &dyn StateView, key: &StateKey) -> Result<Option<R>, ReadError> {
    let bytes = view.get(key)?;
    let decoded = bytes.map(|b| codec::decode(&b, RECORD_BYTES_MAX).map_err(|_| ViewError::Damaged));
    Ok(decoded.transpose()?)
}

/// The public key with this id if it counts for `signer` at `height`, whatever its purpose: which purpose an operation
/// needs is for execution to say.
pub(crate) fn signing_key(
    app: &App,
    id: &KeyId,
    signer: &OrgId,
    height: Height,
) -> Result<Option<PublicKey>, ReadError> {
    let found = registered_key(app, id, height)?.filter(|(_, _, owner)| owner.id == *signer);
    Ok(found.map(|(key, ..)| key.public_key))
}

/// The key with this id that counts at `height`, and whose it is.
pub(crate) fn registered_key(
    app: &App,
    id: &KeyId,
    height: Height,
) -> Result<Option<(KeyRecord, OrgNo, OrganisationRecord)>, ReadError> {
    let view = app.state.view();
    let found: Option<KeyRecord> = record(&view, &key::signing_key(id))?;
    let Some(found) = found.filter(|k| k.is_valid_at(height)) else { return Ok(None) };
    let owner: Option<OrganisationRecord> = record(&view, &key::organisation(found.organisation))?;
    Ok(owner.map(|owner| (found.clone(), found.organisation, owner)))
}

/// Identifier of a member by number; `None` for genesis, which is nobody.
pub(crate) fn organisation_id(app: &App, number: OrgNo) -> Result<Option<OrgId>, ReadError> {
    let found: Option<OrganisationRecord> = record(&app.state.view(), &key::organisation(number))?;
    Ok(found.map(|o| o.id))
}

/// A height in brief.
pub(crate) struct Summary {
    pub(crate) block_time: TimestampMs,
    pub(crate) state_root: Digest,
    pub(crate) totals: Totals,
}

/// What is kept of an executed height.
pub(crate) fn summary(app: &App, height: Height) -> Result<Summary, ReadError> {
    let record = app.state.height_record(height)?;
    let record = record.ok_or(ReadError::Missing { what: "record", height })?;
    let t = record.totals;
    Ok(Summary {
        block_time: record.time,
        state_root: record.results.state_root,
        totals: Totals {
            blocks: height.0,
            transactions: t.transactions,
            applied: t.applied,
            rejected: t.rejected,
            codes: t.codes,
            alarms: t.alarms,
        },
    })
}

/// The bytes of a batch, from memory if it went by lately.
pub(crate) fn transactions_of(app: &App, id: &BatchId, height: Height) -> Result<Vec<Vec<u8>>, ReadError> {
    if let Some(kept) = app.cache.get(id) {
        return Ok(kept.batch.transactions.clone());
    }
    let stored = app.blocks.batch(id)?.ok_or(ReadError::Missing { what: "batch", height })?;
    Ok(stored.batch.transactions)
}

/// What the transaction at a place says. `None` if its bytes hold no transaction.
pub(crate) fn facts_at(app: &App, position: Position) -> Result<Option<(TransactionId, Facts)>, ReadError> {
    let height = position.height;
    let block = app.blocks.block(height)?.ok_or(ReadError::Missing { what: "block", height })?;
    let mut index = position.index as usize;
    for id in &block.body.batches {
        let transactions = transactions_of(app, id, height)?;
        match transactions.get(index) {
            Some(bytes) => return Ok(Facts::read(bytes)),
            None => index -= transactions.len(),
        }
    }
    Err(ReadError::Missing { what: "transaction", height })
}
