//! The private key as rustls uses it: sm2sig_sm3 under the handshake's distinguishing identifier.

use super::provider::SM2SIG_SM3;
use crate::holder::{Domain, KeyHolder};
use crate::sm2::{PublicKey, SPKI_BYTES, SigningKey};
use rustls::crypto::KeyProvider;
use rustls::pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};
use sm2::pkcs8::DecodePrivateKey as _;
use std::fmt;
use std::sync::Arc;

/// Reads PKCS#8, for callers that hand rustls key files; our own configurations hand over a [`HandshakeKey`].
#[derive(Debug)]
pub(super) struct KeyLoader;

impl KeyProvider for KeyLoader {
    fn load_private_key(&self, der: PrivateKeyDer<'static>) -> Result<Arc<dyn rustls::sign::SigningKey>, Error> {
        let refuse = || Error::General("the private key must be SM2 in PKCS#8".into());
        let PrivateKeyDer::Pkcs8(pkcs8) = der else { return Err(refuse()) };
        let secret = sm2::SecretKey::from_pkcs8_der(pkcs8.secret_pkcs8_der()).map_err(|_| refuse())?;
        let key = SigningKey::from_secret(secret).map_err(|_| refuse())?;
        Ok(Arc::new(HandshakeKey::new(Arc::new(key))))
    }
}

/// A node's key, wherever it is held, ready to sign CertificateVerify.
pub(super) struct HandshakeKey {
    holder: Arc<dyn KeyHolder>,
    spki: [u8; SPKI_BYTES],
    public: PublicKey,
}

impl HandshakeKey {
    pub(super) fn new(holder: Arc<dyn KeyHolder>) -> HandshakeKey {
        let public = holder.public();
        HandshakeKey { holder, spki: public.to_spki_der(), public }
    }
}

impl fmt::Debug for HandshakeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HandshakeKey({:?})", self.public)
    }
}

impl rustls::sign::SigningKey for HandshakeKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn rustls::sign::Signer>> {
        offered.contains(&SM2SIG_SM3).then(|| Box::new(HandshakeSigner(self.holder.clone())) as Box<_>)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(self.spki.as_slice().into())
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

struct HandshakeSigner(Arc<dyn KeyHolder>);

impl fmt::Debug for HandshakeSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandshakeSigner")
    }
}

impl rustls::sign::Signer for HandshakeSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature = self.0.sign(Domain::Handshake, message);
        signature.map(|s| s.to_der()).ok_or_else(|| Error::General("the holder of the key did not sign".into()))
    }

    fn scheme(&self) -> SignatureScheme {
        SM2SIG_SM3
    }
}
