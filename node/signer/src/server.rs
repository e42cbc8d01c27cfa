//! The signing process: a Unix socket that only its owner may open, a thread a connection, one key at a time.

use crate::device::Device;
use crate::guard::{Guard, MESSAGE_BYTES_MAX, Meaning, Purpose, Refusal, statement};
use crate::mark::Mark;
use crate::wire::{self, KEYS_MAX, Request, Response};
use bencao_crypto::{Domain, KeyId, PublicKey, Signature};
use bencao_genesis::ChainId;
use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Connections served at once: a node has two, one for each key.
pub const CONNECTIONS_MAX: usize = 16;

/// Why the signer does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The socket.
    #[error("{}: {source}", .path.display())]
    Socket {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another signer listens there.
    #[error("{}: another signer listens here", .0.display())]
    InUse(PathBuf),
    /// The same key twice, or more than [`KEYS_MAX`].
    #[error("at most {KEYS_MAX} different keys")]
    Keys,
}

/// A key with what it needs.
pub struct Held {
    guard: Guard,
    public: PublicKey,
    device: Box<dyn Device>,
    /// Of a validator key.
    mark: Option<Mark>,
    /// A mark that could not be written: nothing is signed any more.
    broken: bool,
}

impl Held {
    /// A validator key with its mark.
    pub fn validator(chain: ChainId, device: Box<dyn Device>, mark: Mark) -> Held {
        Held::new(chain, Purpose::Validator, device, Some(mark))
    }

    /// A node key.
    pub fn node(chain: ChainId, device: Box<dyn Device>) -> Held {
        Held::new(chain, Purpose::Node, device, None)
    }

    fn new(chain: ChainId, purpose: Purpose, device: Box<dyn Device>, mark: Option<Mark>) -> Held {
        let public = device.public();
        Held { guard: Guard { chain, key: public.id(), purpose }, public, device, mark, broken: false }
    }

    /// Signs a message if the rules allow it; what must not be contradicted is on disk first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn sign(&mut self, domain: Domain, message: &[u8]) -> Result<Signature, Refusal> {
        let meaning = self.guard.read(domain, message)?;
        if let Meaning::Statement(place) = meaning {
            let mark = self.mark.as_mut().filter(|_| !self.broken).ok_or(Refusal::Mark)?;
            if let Some(signed) = mark.signed().with(statement(place, message))?
                && let Err(error) = mark.store(signed)
            {
                self.broken = true;
                tracing::error!(%error, key = %self.guard.key, "the mark could not be written: nothing is signed any more");
                return Err(Refusal::Mark);
            }
        }
        let digest = domain.digest(&self.public, message);
        let signature = self.device.sign_digest(&digest).map_err(|error| {
            tracing::error!(%error, key = %self.guard.key, "the device did not sign");
            Refusal::Device
        })?;
        // A device that was exchanged, or is at fault, is found out here. Handshakes are checked by the peer.
        if domain == Domain::Ledger && !self.public.verify(message, &signature) {
            tracing::error!(key = %self.guard.key, "the device returned a wrong signature");
            return Err(Refusal::Device);
        }
        Ok(signature)
    }
}

/// The keys of a signer.
#[derive(Clone)]
pub struct Keyring {
    chain: ChainId,
    keys: Arc<BTreeMap<KeyId, Mutex<Held>>>,
    listed: Arc<[(PublicKey, Purpose)]>,
}

impl Keyring {
    /// Of one chain.
    ///
    /// # Errors
    /// [`ServerError::Keys`].
    pub fn new(chain: ChainId, keys: Vec<Held>) -> Result<Keyring, ServerError> {
        let listed: Arc<[(PublicKey, Purpose)]> = keys.iter().map(|k| (k.public, k.guard.purpose)).collect();
        let count = keys.len();
        let keys: BTreeMap<KeyId, Mutex<Held>> = keys.into_iter().map(|k| (k.guard.key, Mutex::new(k))).collect();
        if keys.len() != count || count > KEYS_MAX {
            return Err(ServerError::Keys);
        }
        Ok(Keyring { chain, keys: Arc::new(keys), listed })
    }

    /// Answers one request.
    pub fn answer(&self, request: &Request) -> Response {
        match request {
            Request::Keys => Response::Keys { chain: self.chain, keys: self.listed.to_vec() },
            Request::Sign { key, handshake, message } => match self.sign(key, *handshake, message) {
                Ok(signature) => Response::Signed(signature),
                Err(refusal) => {
                    tracing::warn!(%key, why = %refusal, "not signed");
                    Response::Refused(refusal)
                }
            },
        }
    }

    fn sign(&self, key: &KeyId, handshake: bool, message: &[u8]) -> Result<Signature, Refusal> {
        let held = self.keys.get(key).ok_or(Refusal::UnknownKey(*key))?;
        let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
        if message.len() > MESSAGE_BYTES_MAX {
            return Err(Refusal::NotForThisKey(held.guard.purpose));
        }
        held.sign(if handshake { Domain::Handshake } else { Domain::Ledger }, message)
    }
}

/// A signer that listens. The socket goes when this is dropped.
pub struct Server {
    listener: UnixListener,
    path: PathBuf,
    keyring: Keyring,
    open: Arc<AtomicUsize>,
}

impl Server {
    /// Listens on a socket that only this user may open. A socket that a crash left behind is replaced; one that answers is not.
    ///
    /// # Errors
    /// [`ServerError`].
    pub fn bind(path: &Path, keyring: Keyring) -> Result<Server, ServerError> {
        let failed = |source| ServerError::Socket { path: path.to_owned(), source };
        if UnixStream::connect(path).is_ok() {
            return Err(ServerError::InUse(path.to_owned()));
        }
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let listener = UnixListener::bind(path).map_err(failed)?;
        std::fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(failed)?;
        Ok(Server { listener, path: path.to_owned(), keyring, open: Arc::default() })
    }

    /// Lets members of the socket's group connect, too: a node that runs as another user.
    ///
    /// # Errors
    /// [`ServerError::Socket`].
    pub fn open_to_group(&self) -> Result<(), ServerError> {
        let failed = |source| ServerError::Socket { path: self.path.clone(), source };
        std::fs::set_permissions(&self.path, Permissions::from_mode(0o660)).map_err(failed)
    }

    /// Serves connections until `stopped` says so; it is asked after each connection.
    ///
    /// # Errors
    /// [`ServerError::Socket`] if listening ends.
    pub fn run(&self, stopped: &dyn Fn() -> bool) -> Result<(), ServerError> {
        loop {
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(source) => return Err(ServerError::Socket { path: self.path.clone(), source }),
            };
            if stopped() {
                return Ok(());
            }
            if self.open.fetch_add(1, Ordering::AcqRel) >= CONNECTIONS_MAX {
                self.open.fetch_sub(1, Ordering::AcqRel);
                tracing::warn!("too many connections: one was closed");
                continue;
            }
            let (keyring, open) = (self.keyring.clone(), self.open.clone());
            let serving = std::thread::Builder::new().name("signer".into()).spawn(move || {
                serve(stream, &keyring);
                open.fetch_sub(1, Ordering::AcqRel);
            });
            if let Err(error) = serving {
                self.open.fetch_sub(1, Ordering::AcqRel);
                tracing::error!(%error, "no thread for a connection");
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whoever starts next would replace it anyway.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn serve(mut stream: UnixStream, keyring: &Keyring) {
    loop {
        let request: Request = match wire::read(&mut stream) {
            Ok(Some(request)) => request,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "a connection ended");
                return;
            }
        };
        if wire::write(&mut stream, &keyring.answer(&request)).is_err() {
            return;
        }
    }
}
