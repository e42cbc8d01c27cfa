//! One connection's streams: the dialler opens the control stream and one for each class, the listener accepts them.

use crate::Class;
use crate::limits::HELLO_TIMEOUT;
use futures::future;
use libp2p::core::UpgradeInfo;
use libp2p::core::upgrade::{InboundUpgrade, OutboundUpgrade};
use libp2p::swarm::handler::{ConnectionEvent, FullyNegotiatedInbound, FullyNegotiatedOutbound};
use libp2p::swarm::{ConnectionHandler, ConnectionHandlerEvent, Stream, SubstreamProtocol};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::task::{Context, Poll, Waker};
use std::{iter, slice};

/// What a stream is for. Streams carry frames in both directions, which are flow-controlled apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Channel {
    /// First messages, heights, pings.
    Control,
    /// Messages of a class.
    Messages(Class),
}

/// In the order of opening.
const CHANNELS: [Channel; 5] = [
    Channel::Control,
    Channel::Messages(Class::Consensus),
    Channel::Messages(Class::Proposal),
    Channel::Messages(Class::Batch),
    Channel::Messages(Class::Sync),
];

impl Channel {
    const fn protocol(self) -> &'static str {
        match self {
            Channel::Control => "/bencao/control/1",
            Channel::Messages(Class::Consensus) => "/bencao/consensus/1",
            Channel::Messages(Class::Proposal) => "/bencao/proposal/1",
            Channel::Messages(Class::Batch) => "/bencao/batch/1",
            Channel::Messages(Class::Sync) => "/bencao/sync/1",
        }
    }

    fn from_protocol(protocol: &str) -> Channel {
        let named = CHANNELS.into_iter().find(|channel| channel.protocol() == protocol);
        named.expect("only offered protocols are negotiated")
    }
}

/// Negotiates one of the channels.
#[derive(Clone, Debug)]
pub(crate) struct Negotiation(&'static [Channel]);

impl UpgradeInfo for Negotiation {
    type Info = &'static str;
    type InfoIter = iter::Map<slice::Iter<'static, Channel>, fn(&'static Channel) -> &'static str>;

    fn protocol_info(&self) -> Self::InfoIter {
        self.0.iter().map(|channel| channel.protocol())
    }
}

impl InboundUpgrade<Stream> for Negotiation {
    type Output = (Channel, Stream);
    type Error = Infallible;
    type Future = future::Ready<Result<Self::Output, Infallible>>;

    fn upgrade_inbound(self, stream: Stream, protocol: &'static str) -> Self::Future {
        future::ok((Channel::from_protocol(protocol), stream))
    }
}

impl OutboundUpgrade<Stream> for Negotiation {
    type Output = (Channel, Stream);
    type Error = Infallible;
    type Future = future::Ready<Result<Self::Output, Infallible>>;

    fn upgrade_outbound(self, stream: Stream, protocol: &'static str) -> Self::Future {
        future::ok((Channel::from_protocol(protocol), stream))
    }
}

/// A stream that is ready, or None for one that could not be negotiated.
#[derive(Debug)]
pub(crate) struct Opened(pub(crate) Option<(Channel, Stream)>);

/// Opens or accepts the streams; what they carry is no business of the handler.
pub(crate) struct Handler {
    offered: &'static [Channel],
    wanted: slice::Iter<'static, Channel>,
    ready: VecDeque<Opened>,
    waker: Option<Waker>,
}

impl Handler {
    /// For a connection that this node opened.
    pub(crate) fn dialler() -> Handler {
        Handler { offered: &[], wanted: CHANNELS.iter(), ready: VecDeque::new(), waker: None }
    }

    /// For a connection that the peer opened.
    pub(crate) fn listener() -> Handler {
        Handler { offered: &CHANNELS, wanted: [].iter(), ready: VecDeque::new(), waker: None }
    }

    fn push(&mut self, opened: Opened) {
        self.ready.push_back(opened);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Infallible;
    type ToBehaviour = Opened;
    type InboundProtocol = Negotiation;
    type OutboundProtocol = Negotiation;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Negotiation> {
        SubstreamProtocol::new(Negotiation(self.offered), ()).with_timeout(HELLO_TIMEOUT)
    }

    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ConnectionHandlerEvent<Negotiation, (), Opened>> {
        if let Some(channel) = self.wanted.next() {
            let negotiation = Negotiation(slice::from_ref(channel));
            let protocol = SubstreamProtocol::new(negotiation, ()).with_timeout(HELLO_TIMEOUT);
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
        if let Some(opened) = self.ready.pop_front() {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(opened));
        }
        self.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    fn on_behaviour_event(&mut self, event: Infallible) {
        match event {}
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<'_, Negotiation, Negotiation>) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol, .. }) => {
                self.push(Opened(Some(protocol)));
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol, .. }) => {
                self.push(Opened(Some(protocol)));
            }
            ConnectionEvent::DialUpgradeError(_) | ConnectionEvent::ListenUpgradeError(_) => self.push(Opened(None)),
            _ => {}
        }
    }
}
