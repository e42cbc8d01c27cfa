//! yamux with a bounded receive window for libp2p. libp2p's own wrapper offers no way to set one, and its default lets
//! a peer fill one GiB for each connection. Closing, too, is bounded here: it waits for the peer to read what is left,
//! and a peer that has been cut off never does.

use crate::limits::CLOSE_TIMEOUT;
use futures::{AsyncRead, AsyncWrite, FutureExt as _, future, ready};
use libp2p::core::UpgradeInfo;
use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};
use libp2p::core::upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade};
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::{io, iter};
use tokio::time::{Sleep, sleep};

/// Received and not yet read, all streams of a connection together, bytes: 256 KiB for each stream as yamux demands,
/// and room for one bulk stream to grow with the round trip (8 MiB: 80 MB/s at 100 ms).
const RECEIVE_WINDOW_BYTES: usize = 12 << 20;

/// The upgrade.
#[derive(Clone, Debug)]
pub(crate) struct Yamux(yamux::Config);

impl Yamux {
    /// At most `streams_max` streams of either side on a connection.
    pub(crate) fn new(streams_max: usize) -> Yamux {
        let mut config = yamux::Config::default();
        config.set_max_num_streams(streams_max);
        config.set_max_connection_receive_window(Some(RECEIVE_WINDOW_BYTES));
        Yamux(config)
    }
}

impl UpgradeInfo for Yamux {
    type Info = &'static str;
    type InfoIter = iter::Once<&'static str>;

    fn protocol_info(&self) -> Self::InfoIter {
        iter::once("/yamux/1.0.0")
    }
}

impl<C: AsyncRead + AsyncWrite + Send + Unpin + 'static> InboundConnectionUpgrade<C> for Yamux {
    type Output = Muxer<C>;
    type Error = io::Error;
    type Future = future::Ready<Result<Muxer<C>, io::Error>>;

    fn upgrade_inbound(self, socket: C, _: Self::Info) -> Self::Future {
        future::ok(Muxer::new(yamux::Connection::new(socket, self.0, yamux::Mode::Server)))
    }
}

impl<C: AsyncRead + AsyncWrite + Send + Unpin + 'static> OutboundConnectionUpgrade<C> for Yamux {
    type Output = Muxer<C>;
    type Error = io::Error;
    type Future = future::Ready<Result<Muxer<C>, io::Error>>;

    fn upgrade_outbound(self, socket: C, _: Self::Info) -> Self::Future {
        future::ok(Muxer::new(yamux::Connection::new(socket, self.0, yamux::Mode::Client)))
    }
}

/// One connection. yamux makes progress only while it is asked for inbound streams, so [`StreamMuxer::poll`] asks, and
/// keeps what it gets for [`StreamMuxer::poll_inbound`]; yamux's stream limit bounds what is kept.
#[derive(Debug)]
pub(crate) struct Muxer<C> {
    connection: yamux::Connection<C>,
    arrived: VecDeque<yamux::Stream>,
    waiting: Option<Waker>,
    closing: Option<Pin<Box<Sleep>>>,
}

impl<C: AsyncRead + AsyncWrite + Unpin> Muxer<C> {
    fn new(connection: yamux::Connection<C>) -> Muxer<C> {
        Muxer { connection, arrived: VecDeque::new(), waiting: None, closing: None }
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<yamux::Stream, yamux::ConnectionError>> {
        self.connection.poll_next_inbound(cx).map(|next| next.unwrap_or(Err(yamux::ConnectionError::Closed)))
    }
}

impl<C: AsyncRead + AsyncWrite + Unpin + 'static> StreamMuxer for Muxer<C> {
    type Substream = yamux::Stream;
    type Error = yamux::ConnectionError;

    fn poll_inbound(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<yamux::Stream, Self::Error>> {
        if let Some(stream) = self.arrived.pop_front() {
            return Poll::Ready(Ok(stream));
        }
        if let Poll::Ready(next) = self.poll_next(cx) {
            return Poll::Ready(next);
        }
        self.waiting = Some(cx.waker().clone());
        Poll::Pending
    }

    fn poll_outbound(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<yamux::Stream, Self::Error>> {
        self.connection.poll_new_outbound(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        if let Poll::Ready(closed) = self.connection.poll_close(cx) {
            return Poll::Ready(closed);
        }
        let deadline = self.closing.get_or_insert_with(|| Box::pin(sleep(CLOSE_TIMEOUT)));
        deadline.poll_unpin(cx).map(Ok)
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<StreamMuxerEvent, Self::Error>> {
        let stream = ready!(self.poll_next(cx))?;
        self.arrived.push_back(stream);
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
        // There may be more; other connections first.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
