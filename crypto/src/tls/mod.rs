//! TLS 1.3 with national algorithms (RFC 8998) and mutual authentication, as configurations for rustls.
//!
//! One suite (TLS_SM4_GCM_SM3), one group (curveSM2), one signature scheme (sm2sig_sm3). No tickets, no resumption, no
//! early data: membership is looked at on every connection. No host names: a peer is its key, read with [`peer`] after
//! the handshake and compared by the caller with the one it dialled.
//!
//! Chain and CertificateVerify are checked always. A certificate outside its dates is accepted for keys that
//! [`Trust::known`] vouches for; the [`Peer`] says so, and the caller warns.

mod provider;
mod signer;
#[cfg(test)]
mod tests;
mod verifier;

use crate::digest::sm3;
use crate::holder::KeyHolder;
use crate::sm2::{PublicKey, SigningKey};
use crate::x509::{CHAIN_LENGTH_MAX, Certificate, Roots, Standing, X509Error};
use rustls::client::ResolvesClientCert;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::version::TLS13;
use rustls::{ClientConfig, CommonState, ServerConfig, SignatureScheme};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

pub use rustls;

/// Length of [`peer_key_bytes`].
pub const PEER_KEY_BYTES: usize = 38;

/// Why there is no configuration, or no peer.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The identity's or the peer's certificate.
    #[error(transparent)]
    Certificate(#[from] X509Error),
    /// The handshake has not ended, or the peer showed no certificate.
    #[error("no peer certificate")]
    NoPeer,
    /// rustls refused the configuration.
    #[error("configuration refused: {0}")]
    Refused(#[from] rustls::Error),
}

/// What a node shows to its peers: its certificate chain, end entity first, and the key. Clones share the chain, which can be
/// renewed while configurations made from them are in use.
#[derive(Clone)]
pub struct Identity {
    shown: Arc<RwLock<Arc<Shown>>>,
    public: PublicKey,
}

/// A chain, and the form in which rustls takes it.
struct Shown {
    chain: Vec<Certificate>,
    certified: Arc<CertifiedKey>,
}

impl Identity {
    /// Joins chain and key.
    ///
    /// # Errors
    /// [`X509Error::Malformed`] for an empty chain, [`X509Error::TooLarge`], [`X509Error::OtherKey`].
    pub fn new(chain: Vec<Certificate>, key: SigningKey) -> Result<Identity, X509Error> {
        Identity::held(chain, Arc::new(key))
    }

    /// Joins a chain and a key that somebody else may hold.
    ///
    /// # Errors
    /// As [`Identity::new`].
    pub fn held(chain: Vec<Certificate>, holder: Arc<dyn KeyHolder>) -> Result<Identity, X509Error> {
        let public = holder.public();
        let shown = Shown::new(chain, &public, Arc::new(signer::HandshakeKey::new(holder)))?;
        Ok(Identity { shown: Arc::new(RwLock::new(Arc::new(shown))), public })
    }

    /// Shows another chain for the same key from the next handshake on.
    ///
    /// # Errors
    /// As [`Identity::new`]; then the old chain stays.
    pub fn renew(&self, chain: Vec<Certificate>) -> Result<(), X509Error> {
        let signer = self.shown().certified.key.clone();
        let shown = Arc::new(Shown::new(chain, &self.public(), signer)?);
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = shown;
        Ok(())
    }

    /// The end entity's certificate.
    pub fn certificate(&self) -> Certificate {
        self.shown().chain[0].clone()
    }

    /// The whole chain, end entity first.
    pub fn chain(&self) -> Vec<Certificate> {
        self.shown().chain.clone()
    }

    fn shown(&self) -> Arc<Shown> {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The key's public half.
    pub fn public(&self) -> PublicKey {
        self.public
    }

    fn presenter(&self) -> Arc<Presenter> {
        Arc::new(Presenter(self.clone()))
    }
}

impl Shown {
    fn new(
        chain: Vec<Certificate>,
        key: &PublicKey,
        signer: Arc<dyn rustls::sign::SigningKey>,
    ) -> Result<Shown, X509Error> {
        let leaf = chain.first().ok_or(X509Error::Malformed)?;
        if chain.len() > CHAIN_LENGTH_MAX {
            return Err(X509Error::TooLarge);
        }
        if leaf.key() != key {
            return Err(X509Error::OtherKey);
        }
        let der = chain.iter().map(|c| CertificateDer::from(c.der().to_vec())).collect();
        Ok(Shown { certified: Arc::new(CertifiedKey::new(der, signer)), chain })
    }
}

/// Shows the chain of the moment at each handshake.
#[derive(Debug)]
struct Presenter(Identity);

impl ResolvesServerCert for Presenter {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.shown().certified.clone())
    }
}

impl ResolvesClientCert for Presenter {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.shown().certified.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({:?})", self.public())
    }
}

/// The consortium's authorities, which can be replaced while configurations made from them are in use. Clones share them.
#[derive(Clone, Debug)]
pub struct Authorities(Arc<RwLock<Arc<Roots>>>);

impl Authorities {
    /// Trusts these.
    pub fn new(roots: Roots) -> Authorities {
        Authorities(Arc::new(RwLock::new(Arc::new(roots))))
    }

    /// Those of the moment.
    pub fn roots(&self) -> Arc<Roots> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Trusts others from the next handshake on.
    pub fn replace(&self, roots: Roots) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(roots);
    }
}

/// Whom a node lets through the handshake. Both functions are called during handshakes and must be quick.
#[derive(Clone)]
pub struct Trust {
    /// The consortium's certificate authorities.
    pub authorities: Authorities,
    /// Whether a key is on the chain now; its certificate's dates then only warn.
    pub known: Arc<dyn Fn(&PublicKey) -> bool + Send + Sync>,
    /// The time, Unix seconds.
    pub now_s: Arc<dyn Fn() -> u64 + Send + Sync>,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("authorities", &self.authorities).finish_non_exhaustive()
    }
}

impl TimeProvider for Trust {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs((self.now_s)())))
    }
}

/// Accepts connections; every client must show a certificate. Callers may set `alpn_protocols`.
///
/// # Errors
/// [`TlsError::Refused`], which would be a defect of this package.
pub fn server_config(identity: &Identity, trust: &Trust) -> Result<ServerConfig, TlsError> {
    let mut config = ServerConfig::builder_with_details(Arc::new(provider::provider()), Arc::new(trust.clone()))
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(verifier::PeerVerifier::new(trust.clone()))
        .with_cert_resolver(identity.presenter());
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    config.max_early_data_size = 0;
    Ok(config)
}

/// Opens connections and shows a certificate. Callers may set `alpn_protocols`.
///
/// # Errors
/// [`TlsError::Refused`], which would be a defect of this package.
pub fn client_config(identity: &Identity, trust: &Trust) -> Result<ClientConfig, TlsError> {
    let mut config = ClientConfig::builder_with_details(Arc::new(provider::provider()), Arc::new(trust.clone()))
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(verifier::PeerVerifier::new(trust.clone()))
        .with_client_cert_resolver(identity.presenter());
    config.resumption = rustls::client::Resumption::disabled();
    config.enable_sni = false;
    config.enable_early_data = false;
    Ok(config)
}

/// Accepts connections of clients that show no certificate: of an interface whose users say in another way who they are.
///
/// # Errors
/// [`TlsError::Refused`], which would be a defect of this package.
pub fn open_server_config(identity: &Identity, trust: &Trust) -> Result<ServerConfig, TlsError> {
    let mut config = ServerConfig::builder_with_details(Arc::new(provider::provider()), Arc::new(trust.clone()))
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_cert_resolver(identity.presenter());
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    config.max_early_data_size = 0;
    Ok(config)
}

/// Opens connections without showing a certificate. The server's chain and dates are checked; which of the members' nodes it is
/// says [`peer`].
///
/// # Errors
/// [`TlsError::Refused`], which would be a defect of this package.
pub fn open_client_config(trust: &Trust) -> Result<ClientConfig, TlsError> {
    let mut config = ClientConfig::builder_with_details(Arc::new(provider::provider()), Arc::new(trust.clone()))
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(verifier::PeerVerifier::new(trust.clone()))
        .with_no_client_auth();
    config.resumption = rustls::client::Resumption::disabled();
    config.enable_sni = false;
    config.enable_early_data = false;
    Ok(config)
}

/// The name that rustls wants of a client and that nobody looks at: peers are their keys.
pub fn any_server_name() -> ServerName<'static> {
    ServerName::IpAddress(IpAddr::V4(Ipv4Addr::UNSPECIFIED).into())
}

/// Who is at the other end of a finished handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Proved by CertificateVerify.
    pub key: PublicKey,
    /// How its dates stand: anything but [`Standing::Valid`] with many days left deserves a warning.
    pub standing: Standing,
    /// The certificate it showed.
    pub certificate: Certificate,
}

/// Reads the peer from a connection whose handshake has ended, at `now_s` (Unix seconds).
///
/// # Errors
/// [`TlsError::NoPeer`], [`TlsError::Certificate`].
pub fn peer(connection: &CommonState, now_s: u64) -> Result<Peer, TlsError> {
    let chain = connection.peer_certificates().filter(|_| !connection.is_handshaking()).ok_or(TlsError::NoPeer)?;
    let certificate = Certificate::from_der(chain.first().ok_or(TlsError::NoPeer)?)?;
    Ok(Peer { key: *certificate.key(), standing: certificate.standing(now_s), certificate })
}

/// The key in a peer's certificate (DER).
///
/// # Errors
/// [`X509Error`].
pub fn certificate_key(der: &[u8]) -> Result<PublicKey, X509Error> {
    Ok(*Certificate::from_der(der)?.key())
}

/// `"smid1:" ‖ SM3(SubjectPublicKeyInfo DER)`: what a peer id wraps in an identity multihash (at most 42 bytes there).
pub fn peer_key_bytes(key: &PublicKey) -> [u8; PEER_KEY_BYTES] {
    let mut bytes = [0; PEER_KEY_BYTES];
    bytes[..6].copy_from_slice(b"smid1:");
    bytes[6..].copy_from_slice(&sm3(&key.to_spki_der()).0);
    bytes
}
