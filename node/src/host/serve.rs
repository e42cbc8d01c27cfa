//! The thread that reads stored blocks and batches for peers that catch up.

use super::cache::BatchCache;
use super::network::{Outbound, Outgoing};
use crate::error::{Durable, NodeError};
use bencao_consensus::BatchId;
use bencao_crypto::KeyId;
use bencao_genesis::Height;
use bencao_ledger::{BlockStore, Kv, StoreError};
use bencao_replica::{Audience, Message};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

/// What a peer asked for.
#[derive(Debug)]
pub(crate) enum ServeOrder {
    /// A decided block.
    Block { to: KeyId, height: Height },
    /// Batches; those not here are passed over.
    Batches { to: KeyId, batches: Vec<BatchId> },
}

/// Serves until the orders end.
pub(crate) fn run<K: Kv>(
    store: &BlockStore<K>,
    cache: &BatchCache,
    outbound: &Outbound,
    orders: &Receiver<ServeOrder>,
) -> Result<(), NodeError> {
    while let Ok(order) = orders.recv() {
        serve(store, cache, outbound, order).map_err(|source| NodeError::Durable { what: Durable::Blocks, source })?;
    }
    Ok(())
}

fn serve<K: Kv>(
    store: &BlockStore<K>,
    cache: &BatchCache,
    outbound: &Outbound,
    order: ServeOrder,
) -> Result<(), StoreError> {
    match order {
        ServeOrder::Block { to, height } => {
            if let Some((block, certificate)) = store.decided(height)? {
                answer(outbound, to, Message::Block { block, certificate });
            }
        }
        ServeOrder::Batches { to, batches } => {
            for id in batches {
                let batch = match cache.get(&id) {
                    Some(kept) => Some((*kept).clone()),
                    None => store.batch(&id)?,
                };
                if let Some(batch) = batch {
                    answer(outbound, to, Message::Batch(batch));
                }
            }
        }
    }
    Ok(())
}

fn answer(outbound: &Outbound, to: KeyId, message: Message) {
    outbound.send(&Outgoing { to: Audience::Peer(to), message: Arc::new(message) });
}
