//! The swarm's behaviour: caps on handshakes and connections, the allow-list once more, and streams handed upwards.

use crate::admission::Admission;
use crate::config::Limits;
use crate::handler::{Channel, Handler, Opened};
use crate::limits::CONNECTIONS_PER_PEER_MAX;
use libp2p::core::transport::PortUse;
use libp2p::core::{Endpoint, Multiaddr};
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, Stream, THandler, THandlerInEvent, THandlerOutEvent,
    ToSwarm,
};
use libp2p::{PeerId, swarm};
use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::task::{Context, Poll};

/// Why the behaviour let no connection come about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Denied {
    /// A cap of [`Limits`].
    #[error("too many")]
    Busy,
    /// Not on the allow-list any more, in the moment between handshake and connection.
    #[error("not allowed")]
    NotAllowed,
}

/// A stream for the service.
#[derive(Debug)]
pub(crate) struct StreamEvent {
    pub(crate) connection: ConnectionId,
    /// None if the peer does not open or accept it.
    pub(crate) stream: Option<(Channel, Stream)>,
}

/// Counts what is pending and established, and passes streams on.
pub(crate) struct Behaviour {
    admission: Arc<Admission>,
    limits: Limits,
    handshakes: BTreeMap<ConnectionId, IpAddr>,
    connections: BTreeMap<PeerId, usize>,
    events: VecDeque<StreamEvent>,
}

impl Behaviour {
    pub(crate) fn new(admission: Arc<Admission>, limits: Limits) -> Behaviour {
        let (handshakes, connections) = (BTreeMap::new(), BTreeMap::new());
        Behaviour { admission, limits, handshakes, connections, events: VecDeque::new() }
    }

    fn check_established(&self, peer: &PeerId) -> Result<(), ConnectionDenied> {
        let total: usize = self.connections.values().sum();
        let of_peer = self.connections.get(peer).copied().unwrap_or(0);
        if total >= self.limits.connections_max || of_peer >= CONNECTIONS_PER_PEER_MAX {
            return Err(ConnectionDenied::new(Denied::Busy));
        }
        if self.admission.admitted(peer).is_none() {
            return Err(ConnectionDenied::new(Denied::NotAllowed));
        }
        Ok(())
    }
}

/// What one stranger commands: an IPv4 address, or an IPv6 network of 64 bits.
fn origin(address: &Multiaddr) -> IpAddr {
    let ip = address.iter().find_map(|part| match part {
        Protocol::Ip4(ip) => Some(IpAddr::V4(ip)),
        Protocol::Ip6(ip) => Some(ip.to_canonical()),
        _ => None,
    });
    match ip {
        Some(IpAddr::V6(ip)) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
        Some(ip) => ip,
        None => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = StreamEvent;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let origin = origin(remote);
        let same = self.handshakes.values().filter(|other| **other == origin).count();
        if self.handshakes.len() >= self.limits.handshakes_max || same >= self.limits.handshakes_per_address_max {
            return Err(ConnectionDenied::new(Denied::Busy));
        }
        self.handshakes.insert(connection, origin);
        Ok(())
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.handshakes.remove(&connection);
        self.check_established(&peer)?;
        Ok(Handler::listener())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.check_established(&peer)?;
        Ok(Handler::dialler())
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ListenFailure(failure) => {
                self.handshakes.remove(&failure.connection_id);
            }
            FromSwarm::ConnectionEstablished(established) => {
                *self.connections.entry(established.peer_id).or_default() += 1;
            }
            FromSwarm::ConnectionClosed(closed) if closed.remaining_established == 0 => {
                self.connections.remove(&closed.peer_id);
            }
            FromSwarm::ConnectionClosed(closed) => {
                self.connections.insert(closed.peer_id, closed.remaining_established);
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(&mut self, _: PeerId, connection: ConnectionId, event: THandlerOutEvent<Self>) {
        let Opened(stream) = event;
        self.events.push_back(StreamEvent { connection, stream });
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<StreamEvent, THandlerInEvent<Self>>> {
        // The swarm polls again after every event of a handler, so no waker is kept.
        match self.events.pop_front() {
            Some(event) => Poll::Ready(swarm::ToSwarm::GenerateEvent(event)),
            None => Poll::Pending,
        }
    }
}
