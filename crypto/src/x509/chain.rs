//! Chains of certificates up to the consortium's roots, through webpki with SM2 as the only algorithm.

use super::{Certificate, X509Error};
use crate::sm2::DEFAULT_ID;
use rustls::pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, TrustAnchor, UnixTime,
};
use sm2::dsa::signature::Verifier as _;
use std::time::Duration;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

/// Contents of the subject key's AlgorithmIdentifier: id-ecPublicKey, 1.2.156.10197.1.301.
const SPKI_ALGORITHM: &[u8] =
    &[0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 0x06, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x82, 0x2d];
/// Contents of the signature's AlgorithmIdentifier: 1.2.156.10197.1.501, parameters absent.
const SIGNATURE_ALGORITHM: &[u8] = &[0x06, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x83, 0x75];
/// The same with the NULL parameters that some issuers write; webpki compares bytes.
const SIGNATURE_ALGORITHM_NULL: &[u8] = &[0x06, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x83, 0x75, 5, 0];

/// What verifies signatures on certificates: SM2 with SM3 and the default ID.
pub(crate) static SIGNATURE_ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    &Sm2Verification { id: DEFAULT_ID, algorithm: SIGNATURE_ALGORITHM },
    &Sm2Verification { id: DEFAULT_ID, algorithm: SIGNATURE_ALGORITHM_NULL },
];

/// SM2 verification under one distinguishing identifier, for webpki and rustls. Signatures are strict DER.
#[derive(Debug)]
pub(crate) struct Sm2Verification {
    id: &'static str,
    algorithm: &'static [u8],
}

impl Sm2Verification {
    pub(crate) const fn with_id(id: &'static str) -> Sm2Verification {
        Sm2Verification { id, algorithm: SIGNATURE_ALGORITHM }
    }
}

impl SignatureVerificationAlgorithm for Sm2Verification {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = sm2::dsa::VerifyingKey::from_sec1_bytes(self.id, key).map_err(|_| InvalidSignature)?;
        let signature = sm2::dsa::Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        key.verify(message, &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        AlgorithmIdentifier::from_slice(SPKI_ALGORITHM)
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        AlgorithmIdentifier::from_slice(self.algorithm)
    }
}

/// What the holder of a certificate does with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Opens TLS connections.
    Client,
    /// Accepts TLS connections.
    Server,
}

/// Why a chain was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// More than [`super::CHAIN_LENGTH_MAX`] certificates.
    #[error("chain too long")]
    TooLong,
    /// No path to a root.
    #[error("issued by nobody we trust")]
    UnknownIssuer,
    /// A signature in the chain is wrong: forged, or of an authority with the same name.
    #[error("wrong signature in the chain")]
    BadSignature,
    /// A certificate of the path has ended.
    #[error("certificate expired")]
    Expired,
    /// A certificate of the path begins later, or this clock is wrong.
    #[error("certificate not yet valid")]
    NotYetValid,
    /// Not for this purpose (extended key usage), or an authority used as end entity or the reverse.
    #[error("certificate is not for this use")]
    WrongUse,
    /// Any other violation of RFC 5280.
    #[error("malformed certificate")]
    Malformed,
}

/// The consortium's trust anchors.
#[derive(Debug, Clone)]
pub struct Roots {
    anchors: Vec<TrustAnchor<'static>>,
}

impl Roots {
    /// Trusts these authorities. Their own dates and self-signatures are not looked at: they are configured.
    ///
    /// # Errors
    /// [`X509Error::NotAuthority`], also for an empty list.
    pub fn new(authorities: &[Certificate]) -> Result<Roots, X509Error> {
        if authorities.is_empty() || authorities.iter().any(|a| !a.is_authority()) {
            return Err(X509Error::NotAuthority);
        }
        let anchor = |a: &Certificate| {
            let der = CertificateDer::from(a.der());
            anchor_from_trusted_cert(&der).map(|anchor| anchor.to_owned()).map_err(|_| X509Error::Malformed)
        };
        Ok(Roots { anchors: authorities.iter().map(anchor).collect::<Result<_, _>>()? })
    }

    /// DER of the authorities' subject names, without the outer SEQUENCE header.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = &[u8]> {
        self.anchors.iter().map(|anchor| anchor.subject.as_ref())
    }

    /// Checks that `chain` (DER, end entity first) leads to a root and is valid for `purpose` at `now_s` (Unix seconds).
    ///
    /// # Errors
    /// [`ChainError`].
    pub fn verify(&self, chain: &[CertificateDer<'_>], purpose: Purpose, now_s: u64) -> Result<(), ChainError> {
        let (leaf, rest) = chain.split_first().ok_or(ChainError::Malformed)?;
        if rest.len() >= super::CHAIN_LENGTH_MAX {
            return Err(ChainError::TooLong);
        }
        let usage = match purpose {
            Purpose::Client => KeyUsage::client_auth(),
            Purpose::Server => KeyUsage::server_auth(),
        };
        let now = UnixTime::since_unix_epoch(Duration::from_secs(now_s));
        let leaf = EndEntityCert::try_from(leaf).map_err(|_| ChainError::Malformed)?;
        let verified = leaf.verify_for_usage(SIGNATURE_ALGORITHMS, &self.anchors, rest, now, usage, None, None);
        verified.map(|_| ()).map_err(refusal)
    }

    /// [`Roots::verify`] with dates set aside: at the last second at which the whole chain was valid.
    ///
    /// # Errors
    /// [`ChainError`]; also if the chain was never valid as a whole.
    pub fn verify_undated(&self, chain: &[CertificateDer<'_>], purpose: Purpose) -> Result<(), ChainError> {
        if chain.len() > super::CHAIN_LENGTH_MAX {
            return Err(ChainError::TooLong);
        }
        let mut at_s = u64::MAX;
        for certificate in chain {
            let certificate = Certificate::from_der(certificate).map_err(|_| ChainError::Malformed)?;
            at_s = at_s.min(certificate.validity().not_after_s);
        }
        self.verify(chain, purpose, at_s)
    }
}

fn refusal(error: webpki::Error) -> ChainError {
    use webpki::Error as E;
    match error {
        E::UnknownIssuer | E::MaximumPathDepthExceeded => ChainError::UnknownIssuer,
        E::InvalidSignatureForPublicKey
        | E::UnsupportedSignatureAlgorithmContext(_)
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => ChainError::BadSignature,
        E::CertExpired { .. } => ChainError::Expired,
        E::CertNotValidYet { .. } => ChainError::NotYetValid,
        E::RequiredEkuNotFoundContext(_)
        | E::CaUsedAsEndEntity
        | E::EndEntityUsedAsCa
        | E::PathLenConstraintViolated => ChainError::WrongUse,
        _ => ChainError::Malformed,
    }
}
