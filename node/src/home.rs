//! What a node reads from its home before it starts: configuration, genesis, keys, certificates.

use crate::config::{Config, Kind};
use crate::error::NodeError;
use bencao_crypto::keyfile::{self, Passphrase};
use bencao_crypto::tls::{Authorities, Identity};
use bencao_crypto::x509::{Certificate, Roots};
use bencao_crypto::{Domain, KeyHolder, KeyId, Signature, SigningKey};
use bencao_engine::Signer;
use bencao_genesis::genesis::GENESIS_BYTES_MAX;
use bencao_genesis::{ChainId, Genesis};
use bencao_signer::passphrase::Source;
use bencao_signer::{Purpose, Remote};
use std::path::Path;
use std::sync::Arc;

/// Longest certificate or passphrase file read, bytes.
pub(crate) const SMALL_FILE_BYTES_MAX: u64 = 1 << 20;

/// Everything a node is, before it opens a store.
#[derive(Clone)]
pub struct Home {
    /// `config.toml`.
    pub config: Config,
    /// `genesis.json`.
    pub genesis: Arc<Genesis>,
    /// Its name.
    pub chain: ChainId,
    /// Certificate chain and node key.
    pub identity: Identity,
    /// The consortium's authorities.
    pub authorities: Authorities,
    node_key: Holder,
    validator_key: Option<Holder>,
    /// Keys that a signer holds.
    pub(crate) remotes: Vec<Arc<Remote>>,
}

/// Whoever holds a private key.
type Holder = Arc<dyn KeyHolder>;

/// Where the keys of a home are.
struct Keyring<'a> {
    config: &'a Config,
    chain: ChainId,
    passphrase: Option<&'a Passphrase>,
}

impl Keyring<'_> {
    /// The key of a file, or, if a signer has the private keys, the signer's whose public half is in the file.
    fn hold(&self, path: &Path, purpose: Purpose) -> Result<(Holder, Option<Arc<Remote>>), NodeError> {
        let Some(socket) = &self.config.keys.signer else {
            return Ok((Arc::new(load_key(path, self.passphrase)?), None));
        };
        let file = read(path, SMALL_FILE_BYTES_MAX)?;
        let key = keyfile::public_from_file(&file);
        let key = key.map_err(|source| NodeError::Key { path: path.to_owned(), source })?;
        let remote = Arc::new(Remote::new(socket, self.chain, key, purpose));
        // It need not run yet: until it does, this node keeps silent.
        let _ = remote.check();
        Ok((remote.clone(), Some(remote)))
    }
}

impl Home {
    /// Reads and checks a home. Opening encrypted keys takes the better part of a second each. `passphrase` opens them if the
    /// configuration names no other source.
    ///
    /// # Errors
    /// [`NodeError`], naming the file.
    pub fn load(home: &Path, passphrase: Option<&Passphrase>) -> Result<Home, NodeError> {
        let config = Config::load(home)?;
        let genesis = load_genesis(&config.genesis)?;
        let chain = genesis.chain_id();
        let configured = config.keys.passphrase.as_ref().map(Source::read).transpose()?;
        let keyring = Keyring { config: &config, chain, passphrase: configured.as_ref().or(passphrase) };
        let (node_key, node_remote) = keyring.hold(&config.keys.node, Purpose::Node)?;
        let validator = config.keys.validator.as_deref().map(|p| keyring.hold(p, Purpose::Validator)).transpose()?;
        let (validator_key, validator_remote) = validator.unzip();
        let remotes = [Some(node_remote), validator_remote].into_iter().flatten().flatten().collect();
        let known = |key: &Holder| genesis.validators.iter().any(|v| v.validator_key == key.public());
        if config.kind == Kind::Validator && !validator_key.as_ref().is_some_and(known) {
            return Err(NodeError::NotValidator);
        }
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| NodeError::Certificate { path, source }
        };
        let chain_of = |path: &Path| {
            let text = read_text(path, SMALL_FILE_BYTES_MAX)?;
            Certificate::chain_from_pem(&text).map_err(at(path))
        };
        let identity =
            Identity::held(chain_of(&config.certificate)?, node_key.clone()).map_err(at(&config.certificate))?;
        let text = read_text(&config.authorities, SMALL_FILE_BYTES_MAX)?;
        let authorities = Certificate::authorities_from_pem(&text).and_then(|all| Roots::new(&all));
        let authorities = Authorities::new(authorities.map_err(at(&config.authorities))?);
        Ok(Home { genesis: Arc::new(genesis), chain, identity, authorities, node_key, validator_key, remotes, config })
    }

    /// Name of the node on the network.
    pub fn node_id(&self) -> KeyId {
        self.node_key.public().id()
    }

    /// Name of the validator, if this node is one.
    pub fn validator_id(&self) -> Option<KeyId> {
        self.validator_key.as_ref().map(|key| key.public().id())
    }

    pub(crate) fn node_signer(&self) -> Arc<dyn Signer + Send + Sync> {
        Arc::new(KeySigner(self.node_key.clone()))
    }

    pub(crate) fn validator_signer(&self) -> Option<Arc<dyn Signer + Send + Sync>> {
        let key = self.validator_key.clone()?;
        Some(Arc::new(KeySigner(key)))
    }
}

struct KeySigner(Holder);

impl Signer for KeySigner {
    fn sign(&self, message: &[u8]) -> Option<Signature> {
        self.0.sign(Domain::Ledger, message)
    }
}

fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, NodeError> {
    let failed = |source| NodeError::File { path: path.to_owned(), source };
    if std::fs::metadata(path).map_err(failed)?.len() > bytes_max {
        return Err(failed(std::io::ErrorKind::FileTooLarge.into()));
    }
    std::fs::read(path).map_err(failed)
}

fn read_text(path: &Path, bytes_max: u64) -> Result<String, NodeError> {
    let failed = |_| NodeError::File { path: path.to_owned(), source: std::io::ErrorKind::InvalidData.into() };
    String::from_utf8(read(path, bytes_max)?).map_err(failed)
}

fn load_genesis(path: &Path) -> Result<Genesis, NodeError> {
    let text = read_text(path, GENESIS_BYTES_MAX as u64)?;
    Genesis::parse(&text).map_err(|source| NodeError::Genesis { path: path.to_owned(), source })
}

/// Whether the keys of a home are encrypted and its configuration does not say where their passphrase is: then whoever starts
/// the node has to give it.
///
/// # Errors
/// [`NodeError`], naming the file.
pub fn needs_passphrase(home: &Path) -> Result<bool, NodeError> {
    let keys = Config::load(home)?.keys;
    if keys.passphrase.is_some() || keys.signer.is_some() {
        return Ok(false);
    }
    for path in [Some(&keys.node), keys.validator.as_ref()].into_iter().flatten() {
        let file = zeroize_on_drop(read(path, SMALL_FILE_BYTES_MAX)?);
        if matches!(keyfile::open(&file, None), Err(keyfile::KeyFileError::PassphraseNeeded)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn load_key(path: &Path, passphrase: Option<&Passphrase>) -> Result<SigningKey, NodeError> {
    let file = zeroize_on_drop(read(path, SMALL_FILE_BYTES_MAX)?);
    keyfile::open(&file, passphrase).map_err(|source| NodeError::Key { path: path.to_owned(), source })
}

/// An unencrypted key file is a secret.
fn zeroize_on_drop(bytes: Vec<u8>) -> zeroize::Zeroizing<Vec<u8>> {
    zeroize::Zeroizing::new(bytes)
}
