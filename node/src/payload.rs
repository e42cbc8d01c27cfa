//! How this node's replica looks at transactions.

use bencao_chaincode::SignedTransaction;
use bencao_replica::mempool::{Payload, Peek};

/// Reads id, valid-until and declared writes; what the rules say comes later.
/// How long a transaction may be is for the replica to say, by the limits of the height.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transactions;

impl Payload for Transactions {
    fn peek(&self, transaction: &[u8]) -> Option<Peek> {
        let (signed, body) = SignedTransaction::decode(transaction, transaction.len()).ok()?;
        Some(Peek { id: signed.id().0, valid_until: body.valid_until, writes: body.writes_max })
    }
}
