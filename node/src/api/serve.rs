//! The listening socket: bounded connections, bounded heads, time limits, TLS where it is configured, graceful end.

use crate::access::origin::Ends;
use crate::host::stop::Stop;
use crate::limits::{CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX, HEAD_BYTES_MAX, READ_TIMEOUT, SHUTDOWN_GRACE};
use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

/// Pause after an accept that failed: out of file descriptors, most likely.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What the listener speaks, and who may fill it.
pub(crate) struct Listening {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<TlsAcceptor>,
    /// These open as many connections as they like: proxies.
    pub(crate) unlimited: Vec<IpAddr>,
}

/// Serves until the node stops, then lets open requests end.
pub(crate) async fn serve(listening: Listening, router: Router, stop: Stop) {
    let Listening { listener, tls, unlimited } = listening;
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let addresses = Addresses::default();
    let graceful = GracefulShutdown::new();
    loop {
        // A connection beyond the limit waits in the system's queue.
        let place = tokio::select! {
            () = stop.requested() => break,
            place = places.clone().acquire_owned() => place.expect("the semaphore is never closed"),
        };
        let Some((stream, peer)) = accept(&listener, &stop).await else { break };
        let free = peer.ip().is_loopback() || unlimited.contains(&peer.ip().to_canonical());
        let Some(seat) = addresses.take(peer.ip(), free) else { continue };
        let Ok(local) = stream.local_addr() else { continue };
        let client = Client { router: router.clone(), ends: Ends { peer, local }, watcher: graceful.watcher() };
        let (tls, held) = (tls.clone(), (place, seat));
        tokio::spawn(async move { client.connected(stream, tls, held).await });
    }
    drop(listener);
    let _ = tokio::time::timeout(SHUTDOWN_GRACE, graceful.shutdown()).await;
}

/// One connection.
struct Client {
    router: Router,
    ends: Ends,
    watcher: Watcher,
}

impl Client {
    async fn connected(self, stream: TcpStream, tls: Option<TlsAcceptor>, held: (OwnedSemaphorePermit, Seat)) {
        match tls {
            None => self.speak(stream).await,
            Some(acceptor) => match tokio::time::timeout(READ_TIMEOUT, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => self.speak(stream).await,
                Ok(Err(error)) => {
                    tracing::debug!(%error, peer = %self.ends.peer, "a TLS handshake with the API failed")
                }
                Err(_) => tracing::debug!(peer = %self.ends.peer, "a TLS handshake with the API took too long"),
            },
        }
        drop(held);
    }

    async fn speak(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let ends = self.ends;
        let service = self.router.map_request(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ends);
            request
        });
        let mut http = Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(READ_TIMEOUT).max_buf_size(HEAD_BYTES_MAX).half_close(false);
        let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        // A connection that breaks is the client's affair.
        let _ = self.watcher.watch(connection).await;
    }
}

/// Open connections by address.
#[derive(Clone, Debug, Default)]
struct Addresses(Arc<Mutex<BTreeMap<IpAddr, usize>>>);

impl Addresses {
    /// A seat for a connection; `None` if this address has its share.
    fn take(&self, address: IpAddr, free: bool) -> Option<Seat> {
        if free {
            return Some(Seat(None));
        }
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if *count >= CONNECTIONS_PER_ADDRESS_MAX {
            return None;
        }
        *count += 1;
        Some(Seat(Some((self.clone(), address))))
    }
}

/// Held as long as a connection is open.
#[derive(Debug)]
struct Seat(Option<(Addresses, IpAddr)>);

impl Drop for Seat {
    fn drop(&mut self) {
        let Some((addresses, address)) = self.0.take() else { return };
        let mut open = addresses.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&address);
            }
        }
    }
}

async fn accept(listener: &TcpListener, stop: &Stop) -> Option<(TcpStream, SocketAddr)> {
    loop {
        let accepted = tokio::select! {
            () = stop.requested() => return None,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Answers are small; waiting to fill a packet would only delay them.
                let _ = stream.set_nodelay(true);
                return Some((stream, peer));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection to the API was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_its_share_of_connections_and_no_more() {
        let addresses = Addresses::default();
        let (a, b): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let mut seats: Vec<Seat> =
            (0..CONNECTIONS_PER_ADDRESS_MAX).map(|_| addresses.take(a, false).unwrap()).collect();
        assert!(addresses.take(a, false).is_none());
        assert!(addresses.take(b, false).is_some() && addresses.take(a, true).is_some());
        seats.pop();
        assert!(addresses.take(a, false).is_some());
        seats.clear();
        assert!(addresses.0.lock().unwrap().is_empty());
    }
}
