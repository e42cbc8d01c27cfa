//! Authenticated peers and framed opaque bytes: libp2p over TCP, the TLS 1.3 of RFC 8998 and yamux.
//!
//! A peer is its node key, proved by the handshake, checked against the allow-list before anything else is read. Its
//! first message names chain, protocol version and height. Then each [`Class`] of messages has a bounded stream of its
//! own in both directions, and what a peer has sent is bounded until the node takes it. Nothing here knows what a
//! message means.

mod admission;
mod behaviour;
mod config;
mod control;
mod dialler;
mod event;
mod frame;
mod handler;
mod inbox;
pub mod limits;
mod links;
mod metrics;
mod muxer;
mod service;
mod session;
mod upgrade;

pub use admission::{Member, peer_id};
pub use config::{Class, Limits, NetworkConfig, NetworkError, PeerAddress};
pub use event::{Event, PeerInfo, Refusal, SendError};
pub use libp2p::PeerId;
pub use metrics::{ClassMetrics, Metrics};

use admission::Admission;
use behaviour::Behaviour;
use bencao_crypto::KeyId;
use config::Endpoint;
use control::Hello;
use dialler::Dialler;
use inbox::Inbox;
use libp2p::Swarm;
use libp2p::core::transport::TransportError;
use links::Links;
use service::{Command, Parts, Service};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use upgrade::SmTls;

/// Starts networks.
#[derive(Debug)]
pub struct Network;

impl Network {
    /// Listens, begins to dial the pinned peers, and returns; the swarm runs in a task of the current tokio runtime until
    /// [`NetworkHandle::shutdown`] or until every handle is dropped. `known` are the chain's node keys, see
    /// [`NetworkHandle::set_members`].
    ///
    /// # Errors
    /// [`NetworkError`]: addresses that cannot be read or listened on, an unusable identity.
    pub async fn start(config: NetworkConfig, known: &[Member]) -> Result<(NetworkHandle, Events), NetworkError> {
        let own = config.identity.public();
        let metrics = Arc::new(Metrics::default());
        let admission = Arc::new(Admission::new(known));
        let inbox = Arc::new(Inbox::new(metrics.clone()));
        let links = Arc::new(Links::default());
        let height = Arc::new(AtomicU64::new(config.height));
        let dialler = Dialler::new(&own, &config.peers, Instant::now())?;
        let hello = Hello {
            chain_id: config.chain_id,
            protocol_version: config.protocol_version,
            height: config.height,
            instance: getrandom::u64().map_err(|_| NetworkError::NoRandomness)?,
        };
        let (sender, commands) = mpsc::channel(limits::COMMANDS_MAX);
        let parts = Parts {
            swarm: listen(&config, admission.clone(), metrics.clone())?,
            own: own.id(),
            hello,
            height: height.clone(),
            dialler,
            admission: admission.clone(),
            inbox: inbox.clone(),
            links: links.clone(),
            metrics: metrics.clone(),
            commands,
        };
        tokio::spawn(Service::new(parts).run());
        Ok((NetworkHandle { commands: sender, links, admission, height, metrics }, Events(inbox)))
    }
}

fn listen(
    config: &NetworkConfig,
    admission: Arc<Admission>,
    metrics: Arc<Metrics>,
) -> Result<Swarm<Behaviour>, NetworkError> {
    let Endpoint::Numeric(ip, port) = Endpoint::parse(&config.listen)? else {
        return Err(NetworkError::Address { address: config.listen.clone() });
    };
    let tls = SmTls::new(config, admission.clone(), metrics)?;
    let transport = upgrade::transport(tls, &config.limits);
    let behaviour = Behaviour::new(admission, config.limits.clone());
    let settings = libp2p::swarm::Config::with_tokio_executor()
        .with_max_negotiating_inbound_streams(limits::STREAMS_MAX)
        .with_idle_connection_timeout(limits::SILENCE_MAX);
    let mut swarm = Swarm::new(transport, behaviour, peer_id(&config.identity.public()), settings);
    let refuse = |source| NetworkError::Listen { address: config.listen.clone(), source };
    // libp2p listens with SO_REUSEPORT: a second process on the same port would take half of the connections, silently.
    // A socket without it finds out.
    std::net::TcpListener::bind((ip, port)).map_err(refuse)?;
    swarm.listen_on(config::multiaddr(ip, port)).map_err(|e| {
        refuse(match e {
            TransportError::Other(e) => e,
            TransportError::MultiaddrNotSupported(_) => io::ErrorKind::Unsupported.into(),
        })
    })?;
    Ok(swarm)
}

/// What the network tells, in turn over all peers, consensus messages first.
pub struct Events(Arc<Inbox>);

impl Events {
    /// The next event; None after the network has ended. Messages that nobody takes stay within each peer's budget
    /// and then hold up that peer. Safe to drop half-way.
    pub async fn recv(&mut self) -> Option<Event> {
        self.0.next().await
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Events")
    }
}

/// The node's side of a running network. Clones are equal.
#[derive(Clone, Debug)]
pub struct NetworkHandle {
    commands: mpsc::Sender<Command>,
    links: Arc<Links>,
    admission: Arc<Admission>,
    height: Arc<AtomicU64>,
    metrics: Arc<Metrics>,
}

impl NetworkHandle {
    /// Queues a message for a peer and returns at once. Queued is not delivered: it is lost with the connection.
    ///
    /// # Errors
    /// [`SendError`]. When the queue is full, the message given here is the one that is dropped.
    pub fn send(&self, peer: KeyId, class: Class, bytes: impl Into<Arc<Vec<u8>>>) -> Result<(), SendError> {
        self.links.send(&peer, class, bytes.into())
    }

    /// Queues a message for every connected peer, and says for how many there was room.
    pub fn broadcast(&self, class: Class, bytes: impl Into<Arc<Vec<u8>>>) -> usize {
        self.links.broadcast(class, &bytes.into())
    }

    /// The connected peers, by key.
    pub fn connected(&self) -> Vec<PeerInfo> {
        self.links.infos()
    }

    /// Replaces the allow-list: at the tip, the chain's valid node keys. Connections of other peers are closed.
    pub fn set_members(&self, known: &[Member]) {
        self.admission.set_members(known);
        self.recheck();
    }

    /// Whether holders of any certificate of the consortium's authorities may connect: for a node that is behind and
    /// cannot know the chain's keys. It verifies everything that it is served. Off at the start.
    pub fn welcome_certified(&self, welcome: bool) {
        self.admission.welcome_certified(welcome);
        self.recheck();
    }

    /// Tells peers this node's height, in first messages and with each ping.
    pub fn set_height(&self, height: u64) {
        self.height.store(height, Ordering::Relaxed);
    }

    /// Counters since the start.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Closes every connection, stops listening, and returns when that is done.
    pub async fn shutdown(&self) {
        let (done, wait) = oneshot::channel();
        if self.commands.send(Command::Shutdown(done)).await.is_ok() {
            let _ = wait.await;
        }
    }

    fn recheck(&self) {
        // Full: as many are waiting, and each looks at the list as it is then.
        let _ = self.commands.try_send(Command::Recheck);
    }
}

#[cfg(test)]
mod tests;
