//! Why a node does not start, or stops.

use crate::config::ConfigError;
use bencao_crypto::keyfile::KeyFileError;
use bencao_crypto::path::PathError;
use bencao_crypto::selftest::SelfTestError;
use bencao_crypto::tls::TlsError;
use bencao_crypto::x509::X509Error;
use bencao_genesis::{GenesisError, Height};
use bencao_ledger::{CommitError, StateError, StoreError};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What could not be made durable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Durable {
    /// The consensus log or the signer's high-water mark.
    Wal,
    /// Batches and blocks.
    Blocks,
    /// Records, receipts and events.
    State,
    /// Accepted transactions.
    Ingress,
}

impl fmt::Display for Durable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Durable::Wal => "consensus log",
            Durable::Blocks => "block store",
            Durable::State => "state store",
            Durable::Ingress => "ingress log",
        })
    }
}

/// Why a node does not start, or stops. Nothing here is caused by a client or a peer.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The cryptographic path asked for cannot be used.
    #[error(transparent)]
    CryptoPath(#[from] PathError),
    /// A known-answer test failed: this machine or build must not be used.
    #[error("cryptographic self-test failed")]
    SelfTest(#[from] SelfTestError),
    /// A file of the home cannot be read or written.
    #[error("{}: cannot be used", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The genesis.
    #[error("{}: not a usable genesis", .path.display())]
    Genesis {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: GenesisError,
    },
    /// A private key.
    #[error("{}: not a usable key file", .path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: KeyFileError,
    },
    /// The passphrase of the keys.
    #[error("passphrase")]
    Passphrase(#[from] bencao_signer::passphrase::SourceError),
    /// A certificate.
    #[error("{}: not a usable certificate", .path.display())]
    Certificate {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: X509Error,
    },
    /// The TLS identity.
    #[error("TLS identity")]
    Tls(#[from] TlsError),
    /// The validator key is not one of this chain's.
    #[error("the validator key is not a validator of this chain")]
    NotValidator,
    /// Another process uses the data folder.
    #[error("{}: in use by another process", .path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The API's address is taken.
    #[error("cannot listen on {address}")]
    Listen {
        /// As configured.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The network.
    #[error("network")]
    Network(#[from] bencao_network::NetworkError),
    /// The operating system gives no thread or runtime.
    #[error("cannot start {name}")]
    Thread {
        /// Which.
        name: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A thread panicked: a bug.
    #[error("{name} panicked")]
    Panicked {
        /// Which.
        name: &'static str,
    },
    /// A store cannot be opened.
    #[error("{what} does not open")]
    Open {
        /// Which.
        what: Durable,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Something could not be read or made durable. The process stops: what is on disk is known again after a restart (D17).
    #[error("{what} failed")]
    Durable {
        /// Which.
        what: Durable,
        /// Why.
        source: StoreError,
    },
    /// A decided block was not stored.
    #[error("a decided block was not stored")]
    Commit(#[from] CommitError),
    /// A decided block was not executed.
    #[error("block {height} was not executed")]
    Execute {
        /// Which.
        height: Height,
        /// Why.
        source: StateError,
    },
    /// The block store lacks something that it must hold.
    #[error("block store has no {what} of height {height}")]
    Missing {
        /// What.
        what: &'static str,
        /// Where.
        height: Height,
    },
    /// The replica found a bug or a damaged log.
    #[error("replica")]
    Replica(#[from] bencao_replica::ReplicaError),
}

/// An error with its causes, on one line.
pub struct Chain<'a>(pub &'a (dyn std::error::Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
