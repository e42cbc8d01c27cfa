//! The thread that checks signatures of accepted batches ahead of execution, so that executing finds the verdicts.

use super::network::KeyBook;
use bencao_chaincode::SignedTransaction;
use bencao_chaincode::Transaction;
use bencao_consensus::SignedBatch;
use bencao_crypto::{KnownKeys, VerifyItem};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

/// Signatures checked in one call.
const CHUNK: usize = 64;

/// Checks until the orders end. What it does not get to is checked at execution.
pub(crate) fn run(book: &KeyBook, keys: &dyn KnownKeys, orders: &Receiver<Arc<SignedBatch>>) {
    while let Ok(batch) = orders.recv() {
        for chunk in batch.batch.transactions.chunks(CHUNK) {
            let items: Vec<VerifyItem> = chunk.iter().filter_map(|t| claim(book, t)).collect();
            keys.verify_batch(&items);
        }
    }
}

fn claim(book: &KeyBook, transaction: &[u8]) -> Option<VerifyItem> {
    let (signed, body): (SignedTransaction, Transaction) =
        SignedTransaction::decode(transaction, transaction.len()).ok()?;
    let key = book.get(&body.key)?;
    Some(VerifyItem { key, message: signed.id().sign_message(), signature: signed.signature })
}
