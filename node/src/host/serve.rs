//! The thread that reads stored blocks and batches for peers that catch up.

use super::cache::BatchCache;
use super::network::{Outbound, Outgoing};
use crate::error::{Durable, NodeError};
use bencao_consensus::BatchId;
use bencao_crypto::KeyId;
use bencao_genesis::Height;
use bencao_ledger::{BlockStore, Kv, StateStore, StoreError};
use bencao_replica::limits::{ACCOUNT_BYTES_MAX, ACCOUNT_PART_BYTES};
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
    /// Part of the account of an executed block.
    Account { to: KeyId, height: Height, offset: u64 },
}

/// Serves until the orders end.
pub(crate) fn run<K: Kv>(
    store: &BlockStore<K>,
    state: &StateStore<K>,
    cache: &BatchCache,
    outbound: &Outbound,
    orders: &Receiver<ServeOrder>,
) -> Result<(), NodeError> {
    while let Ok(order) = orders.recv() {
        match order {
            ServeOrder::Account { to, height, offset } => {
                let part = account_part(state, height, offset);
                let part = part.map_err(|source| NodeError::Durable { what: Durable::State, source })?;
                part.into_iter().for_each(|message| answer(outbound, to, message));
            }
            ServeOrder::Block { to, height } => {
                if let Some((block, certificate)) = store.decided(height).map_err(failed)? {
                    answer(outbound, to, Message::Block { block, certificate });
                }
            }
            ServeOrder::Batches { to, batches } => {
                serve_batches(store, cache, outbound, to, batches).map_err(failed)?
            }
        }
    }
    Ok(())
}

fn failed(source: StoreError) -> NodeError {
    NodeError::Durable { what: Durable::Blocks, source }
}

/// What this node did at a height, from a byte on; nothing if that is no longer kept.
fn account_part<K: Kv>(state: &StateStore<K>, height: Height, offset: u64) -> Result<Option<Message>, StoreError> {
    let Some(account) = state.account(height)?.map(|account| account.to_bytes()) else { return Ok(None) };
    let rest = usize::try_from(offset).ok().and_then(|from| account.get(from..)).unwrap_or_default();
    if rest.is_empty() || account.len() > ACCOUNT_BYTES_MAX {
        return Ok(None);
    }
    let bytes = rest[..rest.len().min(ACCOUNT_PART_BYTES)].to_vec();
    Ok(Some(Message::AccountPart { height, total: account.len() as u64, offset, bytes }))
}

fn serve_batches<K: Kv>(
    store: &BlockStore<K>,
    cache: &BatchCache,
    outbound: &Outbound,
    to: KeyId,
    batches: Vec<BatchId>,
) -> Result<(), StoreError> {
    for id in batches {
        let batch = match cache.get(&id) {
            Some(kept) => Some((*kept).clone()),
            None => store.batch(&id)?,
        };
        if let Some(batch) = batch {
            answer(outbound, to, Message::Batch(batch));
        }
    }
    Ok(())
}

fn answer(outbound: &Outbound, to: KeyId, message: Message) {
    outbound.send(&Outgoing { to: Audience::Peer(to), message: Arc::new(message) });
}
