//! The node's end: a key that another process holds.
//!
//! A call takes at most [`CALL`] for connecting and [`CALL`] for the answer. After a failure nothing is tried for [`PAUSE`], so that a
//! signer that is away costs the node a moment now and then and its votes, and nothing else.

use crate::guard::{Purpose, Refusal};
use crate::wire::{self, Request, Response};
use bencao_crypto::{Domain, KeyHolder, PublicKey, Signature};
use bencao_genesis::ChainId;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Time for the signer to answer.
pub const CALL: Duration = Duration::from_secs(1);
/// Time after a failure in which it is left alone.
pub const PAUSE: Duration = Duration::from_millis(500);

/// Why there was no signature.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Nobody answers, or not in time.
    #[error("{}: {source}", .socket.display())]
    Unreachable {
        /// Where.
        socket: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It failed a moment ago and is left alone.
    #[error("left alone after a failure")]
    Paused,
    /// The signer serves another chain.
    #[error("the signer is for chain {actual}, expected {expected}")]
    OtherChain {
        /// This node's.
        expected: ChainId,
        /// The signer's.
        actual: ChainId,
    },
    /// The signer does not hold the key for this purpose.
    #[error("the signer does not hold {0} as a {1} key")]
    NoKey(String, Purpose),
    /// It refuses.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Its answer is not one to the question, or the signature is wrong.
    #[error("the signer's answer is wrong")]
    Wrong,
}

/// How the signer was last.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Health {
    /// Whether the last call was answered.
    pub reachable: bool,
    /// Why the last call gave no signature; `None` if it did.
    pub last_failure: Option<String>,
    /// Calls that gave no signature.
    pub failures: u64,
}

/// A key behind a Unix socket.
#[derive(Debug)]
pub struct Remote {
    socket: PathBuf,
    chain: ChainId,
    key: PublicKey,
    purpose: Purpose,
    line: Mutex<Line>,
}

#[derive(Debug, Default)]
struct Line {
    #[cfg(unix)]
    stream: Option<std::os::unix::net::UnixStream>,
    failed: Option<Instant>,
    health: Health,
}

impl Remote {
    /// The key `key` of the signer at `socket`. Nothing is opened yet.
    pub fn new(socket: &Path, chain: ChainId, key: PublicKey, purpose: Purpose) -> Remote {
        Remote { socket: socket.to_owned(), chain, key, purpose, line: Mutex::default() }
    }

    /// Where the signer listens.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// How it was last; one that was away is looked for again.
    pub fn health(&self) -> Health {
        let mut line = self.line();
        let away = !line.health.reachable && line.health.last_failure.is_some();
        if away {
            match self.connected(&mut line) {
                Ok(()) => drop(self.note(&mut line, Ok(()))),
                Err(RemoteError::Paused) => {}
                Err(_) => {
                    line.close();
                    line.failed = Some(Instant::now());
                }
            }
        }
        line.health.clone()
    }

    /// Asks the signer whether it holds the key.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub fn check(&self) -> Result<(), RemoteError> {
        let mut line = self.line();
        let outcome = self.connected(&mut line);
        self.note(&mut line, outcome)
    }

    /// Has a message signed.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub fn try_sign(&self, domain: Domain, message: &[u8]) -> Result<Signature, RemoteError> {
        let mut line = self.line();
        let outcome = self.connected(&mut line).and_then(|()| self.ask(&mut line, domain, message));
        self.note(&mut line, outcome)
    }

    fn line(&self) -> std::sync::MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, line: &mut Line, domain: Domain, message: &[u8]) -> Result<Signature, RemoteError> {
        let handshake = domain == Domain::Handshake;
        let request = Request::Sign { key: self.key.id(), handshake, message: message.to_vec() };
        match self.call(line, &request)? {
            Response::Signed(signature) if handshake || self.key.verify(message, &signature) => Ok(signature),
            Response::Refused(refusal) => Err(refusal.into()),
            Response::Signed(_) | Response::Keys { .. } => Err(RemoteError::Wrong),
        }
    }

    /// A connection to a signer that holds the key.
    fn connected(&self, line: &mut Line) -> Result<(), RemoteError> {
        if line.is_open() {
            return Ok(());
        }
        if line.failed.is_some_and(|at| at.elapsed() < PAUSE) {
            return Err(RemoteError::Paused);
        }
        line.open(&self.socket).map_err(|source| self.unreachable(source))?;
        match self.call(line, &Request::Keys)? {
            Response::Keys { chain, .. } if chain != self.chain => {
                Err(RemoteError::OtherChain { expected: self.chain, actual: chain })
            }
            Response::Keys { keys, .. } if keys.contains(&(self.key, self.purpose)) => Ok(()),
            Response::Keys { .. } => Err(RemoteError::NoKey(self.key.id().to_string(), self.purpose)),
            Response::Signed(_) | Response::Refused(_) => Err(RemoteError::Wrong),
        }
    }

    fn unreachable(&self, source: std::io::Error) -> RemoteError {
        RemoteError::Unreachable { socket: self.socket.clone(), source }
    }

    fn call(&self, line: &mut Line, request: &Request) -> Result<Response, RemoteError> {
        line.exchange(request).map_err(|source| self.unreachable(source))
    }

    /// Keeps the account, and says once that the signer went and once that it came back.
    fn note<T>(&self, line: &mut Line, outcome: Result<T, RemoteError>) -> Result<T, RemoteError> {
        let (was, socket) = (line.health.reachable, self.socket.display());
        match &outcome {
            Ok(_) => {
                if !was {
                    tracing::info!(%socket, key = %self.key.id(), "the signer answers");
                }
                line.health.reachable = true;
                line.health.last_failure = None;
                line.failed = None;
            }
            Err(RemoteError::Paused) => line.health.failures += 1,
            Err(RemoteError::Refused(refusal)) => {
                tracing::error!(%socket, key = %self.key.id(), why = %refusal, "the signer refuses");
                line.health.reachable = true;
                line.health.failures += 1;
                line.health.last_failure = Some(refusal.to_string());
            }
            Err(error) => {
                if was || line.health.last_failure.is_none() {
                    tracing::error!(%socket, key = %self.key.id(), %error, "no signature from the signer");
                }
                line.close();
                line.failed = Some(Instant::now());
                line.health.reachable = false;
                line.health.failures += 1;
                line.health.last_failure = Some(error.to_string());
            }
        }
        outcome
    }
}

#[cfg(unix)]
impl Line {
    fn is_open(&self) -> bool {
        self.stream.is_some()
    }

    fn open(&mut self, socket: &Path) -> std::io::Result<()> {
        let stream = std::os::unix::net::UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(CALL))?;
        stream.set_write_timeout(Some(CALL))?;
        self.stream = Some(stream);
        Ok(())
    }

    fn exchange(&mut self, request: &Request) -> std::io::Result<Response> {
        let stream = self.stream.as_mut().ok_or(std::io::ErrorKind::NotConnected)?;
        wire::write(stream, request)?;
        wire::read(stream)?.ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
    }

    fn close(&mut self) {
        self.stream = None;
    }
}

#[cfg(not(unix))]
impl Line {
    fn is_open(&self) -> bool {
        false
    }

    fn open(&mut self, _: &Path) -> std::io::Result<()> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    fn exchange(&mut self, _: &Request) -> std::io::Result<Response> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    fn close(&mut self) {}
}

impl KeyHolder for Remote {
    fn public(&self) -> PublicKey {
        self.key
    }

    fn sign(&self, domain: Domain, message: &[u8]) -> Option<Signature> {
        self.try_sign(domain, message).ok()
    }
}
