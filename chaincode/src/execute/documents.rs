//! Checks 7 and 8: what was executed before, and whose document number is taken (D5).

use crate::custody::ShipmentRecord;
use crate::receipt::{Earlier, Position};
use crate::rejection::Rejection;
use crate::state::{BlockState, OrgNo, Record, Tx, ViewError, key, to_record};
use crate::transaction::{Operation, Transaction, TransactionId};
use bencao_crypto::{Digest, KeyId};
use bincode::{Decode, Encode};

/// An applied document.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct DocumentRecord {
    /// Format: 1.
    pub version: u8,
    /// The applied transaction.
    pub transaction: TransactionId,
    /// Digest of its operation.
    pub content: Digest,
    /// Where it was applied.
    pub position: Position,
    /// Tag of its operation.
    pub operation: u16,
    /// Codes it named.
    pub codes: u32,
    /// Who signed for the organisation under a mandate, if anybody.
    pub agent: Option<OrgNo>,
    /// The key that signed.
    pub key: KeyId,
    /// If it shipped something, with what has become of it.
    pub shipment: Option<ShipmentRecord>,
}

/// A refused transaction whose time has not run out: the same bytes are not executed again.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
struct LiveId {
    /// Format: 1.
    version: u8,
    position: Position,
}

impl Record for DocumentRecord {}
impl Record for LiveId {}

/// What is known of a transaction.
pub(super) enum Recall {
    New,
    Earlier(Earlier),
    Taken(Rejection),
}

pub(super) fn recall(
    state: &BlockState,
    principal: OrgNo,
    body: &Transaction,
    transaction: TransactionId,
    content: Digest,
) -> Result<Recall, ViewError> {
    let live: Option<LiveId> = state.load(&key::live_id(body.valid_until, &transaction))?;
    if let Some(live) = live {
        return Ok(Recall::Earlier(Earlier { transaction, position: live.position }));
    }
    let document: Option<DocumentRecord> = state.load(&key::document(principal, &body.document_number))?;
    Ok(match document {
        None => Recall::New,
        Some(first) if first.content == content => {
            Recall::Earlier(Earlier { transaction: first.transaction, position: first.position })
        }
        Some(first) => Recall::Taken(Rejection::DocumentNumberTaken {
            document: body.document_number.0.clone(),
            expected: first.transaction.0,
            actual: transaction.0,
        }),
    })
}

pub(super) fn remember_applied(tx: &mut Tx, operation: &Operation, transaction: TransactionId, content: Digest) {
    let record = DocumentRecord {
        version: 1,
        transaction,
        content,
        position: tx.position,
        operation: operation.tag(),
        codes: u32::try_from(operation.codes_count()).unwrap_or(u32::MAX),
        agent: tx.actor.agent,
        key: tx.actor.key,
        shipment: tx.shipment.take(),
    };
    let key = key::document(tx.principal, &tx.document);
    tx.store(key, &record);
}

pub(super) fn remember_refused(
    state: &mut BlockState,
    body: &Transaction,
    transaction: TransactionId,
    position: Position,
) {
    let record = to_record(&LiveId { version: 1, position });
    state.writes.insert(key::live_id(body.valid_until, &transaction), Some(record));
}
