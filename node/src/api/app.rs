//! What every request may use.

use super::error::ApiError;
use crate::access::Door;
use crate::bills::Bills;
use crate::config::{Kind, Peer};
use crate::disk::Room;
use crate::host::cache::BatchCache;
use crate::host::certificates::Certificates;
use crate::host::clock::Clock;
use crate::host::inputs::Submission;
use crate::host::stop::Stop;
use crate::limits::{EVENT_STREAMS_MAX, READS_MAX, WAITERS_MAX};
use crate::metrics::Metrics;
use crate::refusals::Refusals;
use crate::stores::{Blocks, State};
use bencao_consensus::Terms;
use bencao_crypto::path::Paths;
use bencao_crypto::{KeyId, KnownKeys};
use bencao_genesis::{ChainId, Genesis, Height};
use bencao_network::NetworkHandle;
use bencao_signer::Remote;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tokio::sync::{Semaphore, mpsc, watch};

/// Facts that do not change while the node runs.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) node: KeyId,
    pub(crate) chain: ChainId,
    pub(crate) genesis: Arc<Genesis>,
    pub(crate) peers: Vec<Peer>,
    pub(crate) crypto: Paths,
}

/// How far the chain is at this node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Progress {
    /// Last block executed.
    pub(crate) executed: Height,
    /// Last block whose results a later decided header carries.
    pub(crate) certified: Height,
}

impl Progress {
    pub(crate) fn of(status: &bencao_replica::Status) -> Progress {
        let certified = Height(status.tip.0.saturating_sub(1)).min(status.executed);
        Progress { executed: status.executed, certified }
    }
}

/// Shared by all requests.
pub(crate) struct App {
    pub(crate) facts: Facts,
    pub(crate) blocks: Arc<Blocks>,
    pub(crate) state: Arc<State>,
    pub(crate) cache: BatchCache,
    pub(crate) bills: Arc<Bills>,
    pub(crate) keys: Arc<dyn KnownKeys>,
    pub(crate) submissions: mpsc::Sender<Submission>,
    pub(crate) status: watch::Receiver<bencao_replica::Status>,
    /// Changes with each executed or committed block.
    pub(crate) chain: watch::Receiver<Progress>,
    pub(crate) network: NetworkHandle,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) room: Arc<DiskRoom>,
    pub(crate) certificates: Arc<Certificates>,
    pub(crate) refusals: Arc<Refusals>,
    pub(crate) signers: Vec<Arc<Remote>>,
    pub(crate) clock: Clock,
    pub(crate) door: Door,
    pub(crate) stop: Stop,
    pub(crate) reads: Semaphore,
    pub(crate) waiters: Semaphore,
    pub(crate) streams: Arc<Semaphore>,
}

/// Room on the disk as the watcher saw it last.
#[derive(Debug, Default)]
pub(crate) struct DiskRoom(AtomicU8);

impl DiskRoom {
    pub(crate) fn set(&self, room: Room) {
        self.0.store(room as u8, Ordering::Relaxed);
    }

    pub(crate) fn is_exhausted(&self) -> bool {
        self.0.load(Ordering::Relaxed) == Room::Exhausted as u8
    }
}

impl App {
    /// Fresh waiting rooms.
    pub(crate) fn rooms() -> (Semaphore, Semaphore, Arc<Semaphore>) {
        (Semaphore::new(READS_MAX), Semaphore::new(WAITERS_MAX), Arc::new(Semaphore::new(EVENT_STREAMS_MAX)))
    }

    pub(crate) fn progress(&self) -> Progress {
        *self.chain.borrow()
    }

    /// What governs the next height.
    pub(crate) fn terms(&self) -> Arc<Terms> {
        self.status.borrow().terms.clone()
    }

    /// Whether this node is at the tip, as far as it can see, and takes bills.
    pub(crate) fn is_ready(&self) -> bool {
        let status = self.status.borrow();
        !status.diverged && !self.stop.is_requested() && !is_behind(&status)
    }

    /// Runs work that reads a store, away from the threads that serve connections. At most
    /// [`READS_MAX`] at a time; the others wait for their turn, and there are no more of them than connections.
    ///
    /// # Errors
    /// What `work` says.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&App) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let _place = self.reads.acquire().await.expect("the semaphore is never closed");
        let app = self.clone();
        match tokio::task::spawn_blocking(move || work(&app)).await {
            Ok(answer) => answer,
            Err(error) => Err(ApiError::internal(&error)),
        }
    }
}

/// Heights that a node may lack and still count as being at the tip: blocks on their way.
const BEHIND_READY: u64 = 3;

/// Whether a node is behind the tip, as far as it can see.
pub(crate) fn is_behind(status: &bencao_replica::Status) -> bool {
    behind(status) > BEHIND_READY
}

/// Heights between what this node executed and the highest that a peer claims.
pub(crate) fn behind(status: &bencao_replica::Status) -> u64 {
    status.highest_seen.0.saturating_sub(status.executed.0)
}
