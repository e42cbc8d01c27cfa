//! One verifier for both directions: the chain to the consortium's roots, no host names, and the ledger's rule about
//! dates.

use super::Trust;
use super::provider::{SM2SIG_SM3, VERIFICATION};
use crate::x509::{Certificate, ChainError, Purpose};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, PeerIncompatible, SignatureScheme};
use std::sync::Arc;

/// Checks peers against a [`Trust`].
#[derive(Debug)]
pub(super) struct PeerVerifier {
    trust: Trust,
}

impl PeerVerifier {
    pub(super) fn new(trust: Trust) -> Arc<PeerVerifier> {
        Arc::new(PeerVerifier { trust })
    }

    /// The chain is checked always. Dates decide only about keys that the chain of blocks does not know: a lapsed
    /// certificate, or a clock that is wrong, must never part a validator from the others.
    fn check(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        now: UnixTime,
        purpose: Purpose,
    ) -> Result<(), Error> {
        let chain: Vec<CertificateDer<'_>> = std::iter::once(leaf).chain(rest).cloned().collect();
        let roots = self.trust.authorities.roots();
        let checked = match roots.verify(&chain, purpose, now.as_secs()) {
            Err(ChainError::Expired | ChainError::NotYetValid) if self.is_known(leaf) => {
                roots.verify_undated(&chain, purpose)
            }
            verdict => verdict,
        };
        // Only a leaf that this package can read is a peer: compressed points and other oddities end here.
        checked.and_then(|()| Certificate::from_der(leaf).map(drop).map_err(|_| ChainError::Malformed)).map_err(refusal)
    }

    fn is_known(&self, leaf: &CertificateDer<'_>) -> bool {
        Certificate::from_der(leaf).is_ok_and(|certificate| (self.trust.known)(certificate.key()))
    }
}

fn refusal(error: ChainError) -> Error {
    Error::InvalidCertificate(match error {
        ChainError::UnknownIssuer => CertificateError::UnknownIssuer,
        ChainError::BadSignature => CertificateError::BadSignature,
        ChainError::Expired => CertificateError::Expired,
        ChainError::NotYetValid => CertificateError::NotValidYet,
        ChainError::WrongUse => CertificateError::InvalidPurpose,
        ChainError::TooLong | ChainError::Malformed => CertificateError::BadEncoding,
    })
}

fn verify_handshake(
    message: &[u8],
    leaf: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    rustls::crypto::verify_tls13_signature(message, leaf, signed, &VERIFICATION)
}

impl ServerCertVerifier for PeerVerifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check(leaf, rest, now, Purpose::Server).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_handshake(message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SM2SIG_SM3]
    }
}

impl ClientCertVerifier for PeerVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // None: members have one certificate each, and authorities may be replaced at any time.
        &[]
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.check(leaf, rest, now, Purpose::Client).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_handshake(message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SM2SIG_SM3]
    }
}
