//! The running node: threads that own disks and processor, the loop that owns the replica, network and API.
//!
//! Nothing waits for the main loop but the network's own bounded queues; the main loop waits for a thread only when that
//! thread's queue is full. Whatever fails durably stops the process (D17): the consensus log holds back what was not
//! made durable, so that stopping is safe at any moment.

pub(crate) mod blocks;
pub(crate) mod cache;
pub(crate) mod certificates;
pub(crate) mod clock;
mod directory;
mod divergence;
mod execution;
mod ingress;
pub(crate) mod inputs;
mod main_loop;
mod network;
mod orders;
mod recovery;
mod serve;
pub(crate) mod stop;
mod tables;
mod threads;
mod timers;
pub(crate) mod verdicts;
mod wal;
mod warm;
mod watch;
mod welcome;

use crate::access::Door;
use crate::access::journal::{self, HEAD_FILE, LOG_FOLDER};
use crate::access::tokens::TokenStore;
use crate::api::app::{App, DiskRoom, Facts, Progress};
use crate::api::{self, serve as http};
use crate::bills::Bills;
use crate::config::{Access, Transport};
use crate::error::NodeError;
use crate::home::Home;
use crate::limits::{BLOCKING_THREADS_MAX, SHUTDOWN_GRACE, VERDICTS_MAX};
use crate::metrics::Metrics;
use crate::payload::Transactions;
use crate::refusals::Refusals;
use crate::stores;
use bencao_crypto::keyfile::Passphrase;
use bencao_crypto::path::{self, Paths};
use bencao_crypto::tls::Trust;
use bencao_crypto::{CryptoPath, KnownKeys};
use bencao_network::{Events, Network, NetworkConfig, NetworkHandle, PeerAddress};
use bencao_replica::Replica;
use cache::BatchCache;
use certificates::Certificates;
use clock::Clock;
use directory::{Directory, pinned};
use main_loop::{Books, MainLoop};
use network::{Decoding, KeyBook, Outbound};
use orders::Watch;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use stop::Stop;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, watch as channel};
use tokio_rustls::TlsAcceptor;
use verdicts::Verdicts;

/// What one run may decide differently.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Vote although the high-water mark says that this key may have voted where the log knows nothing (D17).
    pub accept_risk: bool,
    /// Which code verifies signatures and computes digests. All give the same results.
    pub crypto: CryptoPath,
}

/// A node that runs. Dropping it does not stop it: see [`Running::stop`] and [`Running::wait`].
pub struct Running {
    api: SocketAddr,
    stop: Stop,
    runtime: Runtime,
    network: NetworkHandle,
    http: tokio::task::JoinHandle<()>,
    threads: Vec<JoinHandle<()>>,
    /// Has the certificates' files read again.
    reload: Arc<Notify>,
    /// Other processes keep out as long as this is held.
    _lock: std::fs::File,
}

impl Running {
    /// Starts the node of a home: recovers what the stores hold, executes up to the tip, then joins.
    ///
    /// # Errors
    /// [`NodeError`].
    pub fn start(home_folder: &Path, options: Options) -> Result<Running, NodeError> {
        Running::start_with(home_folder, options, None)
    }

    /// [`Running::start`] with a passphrase for keys whose configuration names none.
    ///
    /// # Errors
    /// [`NodeError`].
    pub fn start_with(
        home_folder: &Path,
        options: Options,
        passphrase: Option<&Passphrase>,
    ) -> Result<Running, NodeError> {
        // Before anything is computed: the choice is the process's, once.
        let crypto = path::choose(options.crypto)?;
        bencao_crypto::selftest::run()?;
        let home = Home::load(home_folder, passphrase)?;
        let mut stores = stores::open(&home)?;
        let (stop, book) = (Stop::new(), Arc::new(KeyBook::new(&home.genesis, stores.state.clone())));
        let (tables, builder) = tables::spawn(book.clone(), &stop)?;
        // Dropped on every way out but the last, so that the builder ends with a start that failed.
        let unless_started = StopOnDrop(Some(stop.clone()));
        let memory = NonZeroUsize::new(VERDICTS_MAX).expect("a constant above zero");
        // Signatures may take every core; more threads than that would only make each other slower.
        let desks = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let verdicts = Verdicts::new(tables, desks, memory);
        let counts = verdicts.counts();
        let keys: Arc<dyn KnownKeys> = Arc::new(verdicts);
        let recovered = recovery::recover(&home, home_folder, &mut stores, &*keys, options)?;
        let runtime = Builder::new_multi_thread()
            .enable_all()
            .thread_name("node-io")
            .max_blocking_threads(BLOCKING_THREADS_MAX)
            .build();
        let runtime = runtime.map_err(|source| NodeError::Thread { name: "runtime", source })?;
        let listener = runtime.block_on(listen(home.config.api_listen))?;
        let api =
            listener.local_addr().map_err(|source| NodeError::Listen { address: home.config.api_listen, source })?;
        let (network, events) = runtime.block_on(start_network(&home, &recovered))?;
        let signer_folder = home_folder.join(stores::SIGNER_FOLDER);
        let parts = Parts {
            home,
            signer_folder,
            stores,
            crypto,
            stop,
            book,
            builder,
            keys,
            counts,
            recovered,
            runtime,
            listener,
            api,
            network,
            events,
        };
        let running = parts.assemble()?;
        unless_started.disarm();
        Ok(running)
    }

    /// Where the API listens.
    pub fn api_address(&self) -> SocketAddr {
        self.api
    }

    /// Has certificate and authorities read again now, rather than at the next look at them.
    pub fn reload(&self) {
        self.reload.notify_one();
    }

    /// Asks the node to stop, which it does within seconds.
    pub fn stop(&self) {
        self.stop.request();
    }

    /// Asks the node to stop on SIGTERM or SIGINT, and to read its certificates again on SIGHUP.
    ///
    /// # Errors
    /// [`NodeError::Thread`] if the system gives no signals.
    pub fn stop_on_signals(&self) -> Result<(), NodeError> {
        use tokio::signal::unix::{SignalKind, signal};
        let _context = self.runtime.enter();
        let listen = |kind| signal(kind).map_err(|source| NodeError::Thread { name: "signals", source });
        let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
        let mut hangup = listen(SignalKind::hangup())?;
        let reload = self.reload.clone();
        self.runtime.spawn(async move {
            while hangup.recv().await.is_some() {
                tracing::info!("SIGHUP: reading certificates again");
                reload.notify_one();
            }
        });
        let stop = self.stop.clone();
        self.runtime.spawn(async move {
            tokio::select! {
                _ = terminate.recv() => tracing::info!("SIGTERM: stopping"),
                _ = interrupt.recv() => tracing::info!("SIGINT: stopping"),
            }
            stop.request();
        });
        Ok(())
    }

    /// Returns when the node has stopped.
    ///
    /// # Errors
    /// Why, unless it was asked to.
    pub fn wait(self) -> Result<(), NodeError> {
        let Running { stop, runtime, network, http, threads, .. } = self;
        runtime.block_on(async {
            stop.requested().await;
            // The API's requests end first: they ask the main loop, which is ending too.
            let _ = http.await;
            network.shutdown().await;
        });
        for thread in threads {
            // A panic was reported to `stop` when it happened.
            let _ = thread.join();
        }
        // Requests that would not end hold the stores; they are cut off here.
        runtime.shutdown_timeout(SHUTDOWN_GRACE);
        match stop.take_failure() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

/// Asks everything to stop when it is dropped.
struct StopOnDrop(Option<Stop>);

impl StopOnDrop {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        if let Some(stop) = &self.0 {
            stop.request();
        }
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, NodeError> {
    TcpListener::bind(address).await.map_err(|source| NodeError::Listen { address, source })
}

async fn start_network(home: &Home, recovered: &recovery::Recovered) -> Result<(NetworkHandle, Events), NodeError> {
    let peer = |p: &crate::config::Peer| PeerAddress { node_key: p.node_key, address: p.address.clone() };
    let config = NetworkConfig {
        listen: home.config.p2p_listen.to_string(),
        identity: home.identity.clone(),
        authorities: home.authorities.clone(),
        clock_offset_s: home.config.clock_offset_s,
        chain_id: home.chain.0.0,
        protocol_version: network::PROTOCOL_VERSION,
        height: recovered.tip.0,
        peers: home.config.peers.iter().map(peer).collect(),
        limits: bencao_network::Limits::default(),
    };
    Ok(Network::start(config, &recovered.allow_list.members).await?)
}

/// Everything that a node is put together from.
struct Parts {
    home: Home,
    signer_folder: PathBuf,
    stores: stores::Stores,
    crypto: Paths,
    stop: Stop,
    book: Arc<KeyBook>,
    /// Of tables of known keys.
    builder: JoinHandle<()>,
    keys: Arc<dyn KnownKeys>,
    counts: Arc<verdicts::Counts>,
    recovered: recovery::Recovered,
    runtime: Runtime,
    listener: TcpListener,
    api: SocketAddr,
    network: NetworkHandle,
    events: Events,
}

impl Parts {
    fn assemble(self) -> Result<Running, NodeError> {
        let Parts { home, signer_folder, stores, crypto, stop, book, builder, keys, recovered, runtime, .. } = self;
        let Parts { listener, api, network, events, counts, .. } = self;
        let clock = Clock::start(home.config.clock_offset_s);
        let metrics = Arc::new(Metrics::new(Some(network.clone()), counts));
        let (senders, inputs) = inputs::queues();
        let cache = BatchCache::default();
        let bills = Arc::new(Bills::default());
        recovered.bills.into_iter().for_each(|(id, bill)| bills.taken(id, bill));
        let outbound = Outbound { network: network.clone() };

        let mut config = replica_config(&home);
        config.voters.retain(|voter| !recovered.silenced.contains(&voter.id));
        let payload = Arc::new(Transactions);
        let author = home.node_signer();
        let (replica, first) = Replica::new(config, author, keys.clone(), payload, recovered.start, clock.now())?;
        let status = replica.status();
        let (progress, chain) = channel::channel(Progress::of(&status));
        let (status, status_out) = channel::channel(status);

        let reports = divergence::Reports::of(&home);
        let (facts, blocks, state) = (facts(&home, crypto), stores.blocks.clone(), stores.state.clone());
        let workers = threads::Workers {
            stop: stop.clone(),
            keys: keys.clone(),
            cache: cache.clone(),
            metrics: metrics.clone(),
            outbound: outbound.clone(),
            book: book.clone(),
            answers: senders.answers.clone(),
            reports,
            directory: Directory::new(network.clone(), pinned(&home), recovered.allow_list),
        };
        let (orders, mut threads) = workers.spawn(stores.wal, stores.ingress, &blocks, &state)?;
        let decoding = Arc::new(Decoding { chain: home.chain, keys: keys.clone(), book, metrics: metrics.clone() });
        let (raw, decoders) = network::decoders(&decoding, &senders, &stop)?;
        threads.extend(decoders);
        threads.push(builder);
        let refusals = Arc::new(Refusals::default());
        let peers = senders.peers.clone();
        runtime.spawn(network::route(events, raw, peers, metrics.clone(), refusals.clone(), clock));

        let room = Arc::new(DiskRoom::default());
        let reload = Arc::new(Notify::new());
        let certificates = Arc::new(certificates(&home, clock, metrics.clone()));
        let folder = home.config.data_dir.clone();
        runtime.spawn(watch::run(folder, certificates.clone(), reload.clone(), room.clone(), metrics.clone()));
        let main = MainLoop {
            replica,
            clock,
            inputs,
            threads: orders,
            outbound,
            cache: cache.clone(),
            bills: bills.clone(),
            metrics: metrics.clone(),
            status,
            progress,
            stop: stop.clone(),
            on_unseated: home.config.on_unseated,
            books: Books::default(),
        };
        threads.push(spawn_main(main, first, &runtime, &stop)?);

        let (handle, thread) = journal::spawn(journal_place(&home, &signer_folder, clock))?;
        threads.push(thread);
        let access = home.config.access.as_ref();
        let door = Door::new(access, TokenStore::new(&home.config.tokens), handle, clock.wall_s());
        let tls = tls(&home, access, clock)?;
        let (reads, waiters, streams) = App::rooms();
        let app = App {
            facts,
            blocks,
            state,
            cache,
            bills,
            keys,
            submissions: senders.submissions,
            status: status_out,
            chain,
            network: network.clone(),
            metrics,
            room,
            certificates,
            refusals,
            signers: home.remotes.clone(),
            clock,
            door,
            stop: stop.clone(),
            reads,
            waiters,
            streams,
        };
        let unlimited = app.door.proxies.clone().unwrap_or_default();
        let listening = http::Listening { listener, tls, unlimited };
        let http = runtime.spawn(http::serve(listening, api::router(Arc::new(app)), stop.clone()));
        tracing::info!(node = home.config.name, chain = %home.chain, %api, height = recovered.tip.0, %crypto, "node runs");
        Ok(Running { api, stop, runtime, network, http, threads, reload, _lock: stores.lock })
    }
}

/// The access log beside the node's other data, and its last head beside the signer's mark.
fn journal_place(home: &Home, signer_folder: &Path, clock: Clock) -> journal::Place {
    journal::Place {
        folder: home.config.data_dir.join(LOG_FOLDER),
        head: signer_folder.join(HEAD_FILE),
        chain: home.chain,
        key: home.identity.public(),
        signer: home.node_signer(),
        time: Box::new(move || clock.wall().to_string()),
    }
}

/// TLS of the API with the node's certificate, if that is configured.
fn tls(home: &Home, access: Option<&Access>, clock: Clock) -> Result<Option<TlsAcceptor>, NodeError> {
    if access.is_none_or(|access| access.transport != Transport::Tls) {
        return Ok(None);
    }
    let trust = Trust {
        authorities: home.authorities.clone(),
        known: Arc::new(|_| false),
        now_s: Arc::new(move || clock.wall_s()),
    };
    let mut config = bencao_crypto::tls::open_server_config(&home.identity, &trust)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

fn spawn_main(
    main: MainLoop,
    first: Vec<bencao_replica::Effect>,
    runtime: &Runtime,
    stop: &Stop,
) -> Result<JoinHandle<()>, NodeError> {
    const NAME: &str = "replica";
    let (handle, stop) = (runtime.handle().clone(), stop.clone());
    let work = move || {
        let _watch = Watch { name: NAME, stop: stop.clone() };
        match handle.block_on(main.run(first)) {
            Ok(()) => stop.request(),
            Err(error) => stop.fail(error),
        }
    };
    let thread = std::thread::Builder::new().name(NAME.to_owned()).spawn(work);
    thread.map_err(|source| NodeError::Thread { name: NAME, source })
}

fn replica_config(home: &Home) -> bencao_replica::Config {
    bencao_replica::Config { chain: home.chain, me: home.node_id(), voters: home.voters() }
}

fn facts(home: &Home, crypto: Paths) -> Facts {
    Facts {
        crypto,
        name: home.config.name.clone(),
        kind: home.config.kind,
        node: home.node_id(),
        chain: home.chain,
        genesis: home.genesis.clone(),
        peers: home.config.peers.clone(),
    }
}

fn certificates(home: &Home, clock: Clock, metrics: Arc<Metrics>) -> Certificates {
    Certificates {
        identity: home.identity.clone(),
        authorities: home.authorities.clone(),
        identity_path: home.config.certificate.clone(),
        authorities_path: home.config.authorities.clone(),
        clock,
        metrics,
        said: Mutex::default(),
    }
}

/// Runs the node of a home until SIGTERM or SIGINT. `passphrase` opens keys whose configuration names no source of one.
///
/// # Errors
/// [`NodeError`]: why it does not start, or why it stopped by itself.
pub fn run(home_folder: &Path, options: Options, passphrase: Option<&Passphrase>) -> Result<(), NodeError> {
    let running = Running::start_with(home_folder, options, passphrase)?;
    running.stop_on_signals()?;
    running.wait()
}
