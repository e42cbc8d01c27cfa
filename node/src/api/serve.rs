//! The listening socket: bounded connections, bounded heads, time limits, graceful end.

use crate::host::stop::Stop;
use crate::limits::{CONNECTIONS_MAX, HEAD_BYTES_MAX, READ_TIMEOUT, SHUTDOWN_GRACE};
use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Pause after an accept that failed: out of file descriptors, most likely.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until the node stops, then lets open requests end.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: Stop) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(READ_TIMEOUT).max_buf_size(HEAD_BYTES_MAX).half_close(false);
    loop {
        // A connection beyond the limit waits in the system's queue.
        let place = tokio::select! {
            () = stop.requested() => break,
            place = places.clone().acquire_owned() => place.expect("the semaphore is never closed"),
        };
        let Some(stream) = accept(&listener, &stop).await else { break };
        let service = TowerToHyperService::new(router.clone());
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // A connection that breaks is the client's affair.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(SHUTDOWN_GRACE, graceful.shutdown()).await;
}

async fn accept(listener: &TcpListener, stop: &Stop) -> Option<TcpStream> {
    loop {
        let accepted = tokio::select! {
            () = stop.requested() => return None,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                // Answers are small; waiting to fill a packet would only delay them.
                let _ = stream.set_nodelay(true);
                return Some(stream);
            }
            Err(error) => {
                tracing::warn!(%error, "a connection to the API was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
