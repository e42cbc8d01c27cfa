//! The task that owns the swarm.

use crate::admission::Admission;
use crate::behaviour::{Behaviour, Denied, StreamEvent};
use crate::config::{self, Endpoint};
use crate::control::{Conversation, Hello};
use crate::dialler::{Dial, Dialler};
use crate::handler::Channel;
use crate::inbox::Inbox;
use crate::limits::{BACKOFF_MAX, CLOSE_TIMEOUT, HANDSHAKE_TIMEOUT, RESOLVED_MAX};
use crate::links::{Link, Links};
use crate::metrics::{Metrics, count};
use crate::session::{News, Origin, Reporter, Session, Stage, replaces};
use crate::upgrade::{HandshakeError, find_cause};
use crate::{Event, Refusal};
use bencao_crypto::KeyId;
use futures::StreamExt as _;
use libp2p::core::ConnectedPoint;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{ConnectionDenied, ConnectionId, DialError, ListenError, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

/// What the node asks for.
#[derive(Debug)]
pub(crate) enum Command {
    /// The allow-list has changed.
    Recheck,
    /// Close everything and say when it is done.
    Shutdown(oneshot::Sender<()>),
}

/// What a service is made of.
pub(crate) struct Parts {
    pub(crate) swarm: Swarm<Behaviour>,
    pub(crate) own: KeyId,
    pub(crate) hello: Hello,
    pub(crate) height: Arc<AtomicU64>,
    pub(crate) dialler: Dialler,
    pub(crate) admission: Arc<Admission>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) links: Arc<Links>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) commands: mpsc::Receiver<Command>,
}

/// Owns the swarm, the sessions and the dialler.
pub(crate) struct Service {
    parts: Parts,
    sessions: BTreeMap<ConnectionId, Session>,
    /// The session that is up, of each connected peer.
    current: BTreeMap<KeyId, ConnectionId>,
    dials: BTreeMap<ConnectionId, KeyId>,
    resolving: JoinSet<(Dial, Vec<Multiaddr>)>,
    reports: mpsc::Receiver<(ConnectionId, News)>,
    reporter: mpsc::Sender<(ConnectionId, News)>,
}

impl Drop for Service {
    /// However the service ends, nobody waits for it for ever.
    fn drop(&mut self) {
        self.parts.links.clear();
        self.parts.inbox.close();
    }
}

impl Service {
    pub(crate) fn new(parts: Parts) -> Service {
        let (reporter, reports) = mpsc::channel(crate::limits::REPORTS_MAX);
        let (sessions, current, dials) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Service { parts, sessions, current, dials, resolving: JoinSet::new(), reports, reporter }
    }

    /// Runs until [`Command::Shutdown`] or until nobody holds a handle any more.
    pub(crate) async fn run(mut self) {
        loop {
            let due = self.parts.dialler.next_due().unwrap_or_else(|| Instant::now() + BACKOFF_MAX);
            tokio::select! {
                event = self.parts.swarm.select_next_some() => self.on_swarm(event),
                Some((connection, news)) = self.reports.recv() => self.on_news(connection, news),
                Some(Ok((dial, addresses))) = self.resolving.join_next() => self.dial(&dial, addresses),
                () = sleep_until(due) => self.dial_due(),
                command = self.parts.commands.recv() => match command {
                    Some(Command::Recheck) => self.recheck(),
                    Some(Command::Shutdown(done)) => {
                        self.stop().await;
                        drop(self);
                        let _ = done.send(());
                        return;
                    }
                    None => return self.stop().await,
                },
            }
        }
    }

    async fn stop(&mut self) {
        let connections: Vec<ConnectionId> = self.sessions.keys().copied().collect();
        for connection in connections {
            self.close(connection);
        }
        let drained = async {
            while !self.sessions.is_empty() {
                if let SwarmEvent::ConnectionClosed { connection_id, .. } = self.parts.swarm.select_next_some().await {
                    self.sessions.remove(&connection_id);
                }
            }
        };
        let _ = timeout(2 * CLOSE_TIMEOUT, drained).await;
    }

    fn on_swarm(&mut self, event: SwarmEvent<StreamEvent>) {
        match event {
            SwarmEvent::Behaviour(StreamEvent { connection, stream }) => self.on_stream(connection, stream),
            SwarmEvent::NewListenAddr { address, .. } => {
                self.parts.inbox.notice(Event::Listening { address: config::readable(&address) });
            }
            SwarmEvent::IncomingConnection { .. } => count(&self.parts.metrics.inbound),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.on_established(connection_id, peer_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed { connection_id, .. } => self.on_closed(connection_id),
            SwarmEvent::IncomingConnectionError { error, peer_id, send_back_addr, .. } => {
                self.on_inbound_failed(&error, peer_id, &send_back_addr);
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                if let Some(key) = self.dials.remove(&connection_id) {
                    self.on_dial_failed(key, &error);
                }
            }
            SwarmEvent::ListenerError { error, .. } => tracing::warn!(%error, "accepting a connection failed"),
            SwarmEvent::ListenerClosed { reason: Err(error), .. } => tracing::error!(%error, "listening ended"),
            _ => {}
        }
    }

    // Dialling

    fn dial_due(&mut self) {
        for dial in self.parts.dialler.due(Instant::now()) {
            let admission = &self.parts.admission;
            if !admission.is_welcome(&dial.peer) && !admission.has_successor(&dial.key) {
                self.parts.dialler.failed(dial.key, Instant::now());
                continue;
            }
            match &dial.endpoint {
                Endpoint::Numeric(ip, port) => self.dial(&dial, vec![config::multiaddr(*ip, *port)]),
                Endpoint::Named(host, port) => {
                    let (host, port) = (host.clone(), *port);
                    self.resolving.spawn(async move {
                        let lookup = timeout(HANDSHAKE_TIMEOUT, tokio::net::lookup_host((host, port))).await;
                        let found = lookup.ok().and_then(Result::ok).into_iter().flatten().take(RESOLVED_MAX);
                        let addresses = found.map(|s| config::multiaddr(s.ip(), s.port())).collect();
                        (dial, addresses)
                    });
                }
            }
        }
    }

    fn dial(&mut self, dial: &Dial, addresses: Vec<Multiaddr>) {
        count(&self.parts.metrics.dials);
        // From a passing port. From the port that this node listens on, a dial soon after a broken connection would fail.
        let is_resolved = !addresses.is_empty();
        // From a passing port: from the one that this node listens on, a dial soon after a broken connection would fail.
        let options = DialOpts::peer_id(dial.peer).addresses(addresses).allocate_new_port().build();
        let connection = options.connection_id();
        match self.parts.swarm.dial(options) {
            Ok(()) => {
                self.dials.insert(connection, dial.key);
                return;
            }
            // The swarm leaves out the addresses that it listens on.
            Err(DialError::NoAddresses) if is_resolved => self.refuse(Refusal::Own, dial.endpoint.to_string()),
            // The peer is just connecting to us, or its name led nowhere.
            Err(error) => tracing::debug!(peer = %dial.key, %error, "not dialled"),
        }
        self.parts.dialler.failed(dial.key, Instant::now());
    }

    fn on_dial_failed(&mut self, key: KeyId, error: &DialError) {
        count(&self.parts.metrics.dials_failed);
        if let DialError::WrongPeerId { obtained, .. } = error
            && self.parts.admission.is_successor(&key, obtained)
            && let Some(actual) = self.parts.admission.key_of(obtained)
        {
            tracing::info!(pinned = %key, %actual, "a pinned peer answers with another key of its owner");
            self.parts.dialler.succeed(key, actual, *obtained, Instant::now());
            return;
        }
        self.parts.dialler.failed(key, Instant::now());
        let why = match error {
            DialError::WrongPeerId { obtained, address } => {
                let actual = self.parts.admission.key_of(obtained);
                Some((Refusal::WrongPeer { expected: key, actual }, address.clone()))
            }
            DialError::LocalPeerId { address } => Some((Refusal::Own, address.clone())),
            DialError::Transport(failures) => {
                failures.iter().find_map(|(address, e)| Some((handshake_refusal(e)?, address.clone())))
            }
            _ => None,
        };
        match why {
            Some((why, address)) => {
                count(&self.parts.metrics.handshakes_failed);
                self.refuse(why, config::readable(&address));
            }
            None => tracing::debug!(peer = %key, %error, "dialling failed"),
        }
    }

    // Connections

    fn on_inbound_failed(&mut self, error: &ListenError, peer: Option<PeerId>, address: &Multiaddr) {
        let metrics = &self.parts.metrics;
        let why = match error {
            ListenError::Denied { cause } if is_busy(cause) => {
                count(&metrics.inbound_busy);
                Refusal::Busy
            }
            ListenError::Denied { .. } => match peer.and_then(|peer| self.parts.admission.key_of(&peer)) {
                Some(peer) => Refusal::NotAllowed { peer },
                None => Refusal::Handshake,
            },
            ListenError::LocalPeerId { .. } => Refusal::Own,
            ListenError::Transport(e) => {
                count(&metrics.handshakes_failed);
                handshake_refusal(e).unwrap_or(Refusal::Handshake)
            }
            ListenError::Aborted | ListenError::WrongPeerId { .. } => Refusal::Handshake,
        };
        self.refuse(why, config::readable(address));
    }

    fn on_established(&mut self, connection: ConnectionId, peer: PeerId, endpoint: &ConnectedPoint) {
        let Some(admitted) = self.parts.admission.admitted(&peer) else {
            self.parts.swarm.close_connection(connection);
            return;
        };
        let session = Session::new(peer, admitted.key, endpoint, self.reporter(connection));
        self.sessions.insert(connection, session);
    }

    fn on_stream(&mut self, connection: ConnectionId, stream: Option<(Channel, libp2p::Stream)>) {
        let reporter = self.reporter(connection);
        let Some(session) = self.sessions.get_mut(&connection) else { return };
        let is_taken = match stream {
            Some((Channel::Control, stream)) => {
                let conversation = Conversation {
                    peer: session.key,
                    ours: self.parts.hello,
                    height: self.parts.height.clone(),
                    pulse: session.pulse.clone(),
                };
                session.converse(conversation, stream, reporter)
            }
            Some((Channel::Messages(class), stream)) => session.attach(class, stream, &self.parts.inbox, reporter),
            None => false,
        };
        if !is_taken {
            let why = Refusal::Protocol { peer: session.key };
            self.fault(connection, why);
        }
    }

    fn on_news(&mut self, connection: ConnectionId, news: News) {
        match news {
            News::Greeted(hello) => self.on_greeted(connection, hello),
            News::Refused(why) => {
                if let Some(session) = self.sessions.get_mut(&connection) {
                    session.close();
                    let address = session.address.clone();
                    self.refuse(why, address);
                }
            }
            News::Overdue => {
                if let Some(Session { stage: Stage::Greeting(_), key, .. }) = self.sessions.get(&connection) {
                    let why = Refusal::NoHello { peer: *key };
                    self.fault(connection, why);
                }
            }
            News::Ended(Some(why)) => self.fault(connection, why),
            News::Ended(None) => self.close(connection),
        }
    }

    fn on_greeted(&mut self, connection: ConnectionId, hello: Hello) {
        let Some(session) = self.sessions.get(&connection) else { return };
        let (key, peer) = (session.key, session.peer);
        let Some(admitted) = self.parts.admission.admitted(&peer) else { return self.close(connection) };
        let new = Origin { dialled: session.dialled, since: session.since, instance: hello.instance };
        if let Some(old) = self.current.get(&key).copied() {
            let origin = self.sessions.get(&old).and_then(Session::origin);
            if origin.is_some_and(|origin| !replaces(self.parts.own, key, origin, new)) {
                return self.close(connection);
            }
            self.close(old);
        }
        let Some(session) = self.sessions.get_mut(&connection) else { return };
        let (address, pulse, metrics) = (session.address.clone(), session.pulse.clone(), self.parts.metrics.clone());
        let (link, ends) = Link::new(key, address, session.dialled, admitted.certificate, pulse, metrics);
        for (class, stream) in session.up(link.clone(), ends, hello.instance) {
            let reporter = Reporter { connection, reports: self.reporter.clone() };
            session.attach(class, stream, &self.parts.inbox, reporter);
        }
        self.current.insert(key, connection);
        self.parts.links.insert(link);
        self.parts.dialler.connected(key, Instant::now());
        count(&self.parts.metrics.connected);
        let connected = Event::Connected { peer: key, height: hello.height, certificate: admitted.certificate };
        self.parts.inbox.notice(connected);
    }

    /// Ends a connection because of what the peer did.
    fn fault(&mut self, connection: ConnectionId, why: Refusal) {
        let Some(session) = self.sessions.get(&connection) else { return };
        if matches!(session.stage, Stage::Closing) {
            return;
        }
        count(&self.parts.metrics.faults);
        let address = session.address.clone();
        self.refuse(why, address);
        self.close(connection);
    }

    /// Ends a connection. The session stays until the swarm says that the socket is closed; the node hears at once.
    fn close(&mut self, connection: ConnectionId) {
        if let Some(session) = self.sessions.get_mut(&connection) {
            session.abort();
            self.parts.swarm.close_connection(connection);
            self.disconnected(connection);
        }
    }

    fn on_closed(&mut self, connection: ConnectionId) {
        self.disconnected(connection);
        let dialled = self.dials.remove(&connection);
        if self.sessions.remove(&connection).is_none() {
            return;
        }
        if let Some(key) = dialled {
            self.parts.dialler.failed(key, Instant::now());
        }
        let connected: BTreeSet<PeerId> = self.sessions.values().map(|session| session.peer).collect();
        self.parts.admission.retain_guests(&connected);
        self.parts.inbox.forget_idle(&self.parts.links.keys());
    }

    /// Tells the node that a peer is gone, if this was its connection.
    fn disconnected(&mut self, connection: ConnectionId) {
        let Some(session) = self.sessions.get(&connection) else { return };
        let key = session.key;
        if self.current.get(&key) != Some(&connection) {
            return;
        }
        self.current.remove(&key);
        self.parts.links.remove(&key);
        self.parts.dialler.disconnected(key, Instant::now());
        self.parts.inbox.notice(Event::Disconnected { peer: key });
    }

    fn recheck(&mut self) {
        let unwelcome = |session: &Session| !self.parts.admission.is_welcome(&session.peer);
        let gone: Vec<ConnectionId> =
            self.sessions.iter().filter(|(_, session)| unwelcome(session)).map(|(id, _)| *id).collect();
        for connection in gone {
            self.close(connection);
        }
        self.parts.dialler.hurry(Instant::now());
    }

    fn reporter(&self, connection: ConnectionId) -> Reporter {
        Reporter { connection, reports: self.reporter.clone() }
    }

    fn refuse(&self, why: Refusal, address: String) {
        tracing::debug!(%address, %why, "connection refused");
        self.parts.inbox.notice(Event::Refused { why, address });
    }
}

fn is_busy(cause: &ConnectionDenied) -> bool {
    matches!(cause.downcast_ref::<Denied>(), Some(Denied::Busy))
}

/// What a failed handshake says about the peer; None if there was no handshake to fail.
fn handshake_refusal(error: &(dyn Error + 'static)) -> Option<Refusal> {
    Some(match find_cause::<HandshakeError>(error)? {
        HandshakeError::NotAllowed(peer) => Refusal::NotAllowed { peer: *peer },
        HandshakeError::Tls(e) => {
            find_cause::<rustls::Error>(e).map_or(Refusal::Handshake, |e| Refusal::Tls(e.clone()))
        }
        HandshakeError::Peer(_) => Refusal::Handshake,
    })
}
