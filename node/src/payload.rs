//! How this node's replica looks at transactions.

use bencao_chaincode::SignedTransaction;
use bencao_replica::mempool::{Payload, Peek};

/// Reads id, valid-until and declared writes; what the rules say comes later.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transactions {
    /// Longest transaction, bytes.
    pub(crate) bytes_max: usize,
}

impl Payload for Transactions {
    fn peek(&self, transaction: &[u8]) -> Option<Peek> {
        let (signed, body) = SignedTransaction::decode(transaction, self.bytes_max).ok()?;
        Some(Peek { id: signed.id().0, valid_until: body.valid_until, writes: body.writes_max })
    }
}
