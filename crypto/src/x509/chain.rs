//! Chains of certificates up to the consortium's roots, through webpki with SM2 as the only algorithm.

use super::{Certificate, X509Error};
use crate::asn1;
use crate::sm2::{DEFAULT_ID, PublicKey};
use der::Decode as _;
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

/// Whether `signature` (strict DER) is one of `key` over `message`, with the default ID.
pub(super) fn verify_signature(key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    SIGNATURE_ALGORITHMS[0].verify_signature(&key.to_sec1(), message, signature).is_ok()
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
    certificates: Vec<Certificate>,
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
        let anchors = authorities.iter().map(anchor).collect::<Result<_, _>>()?;
        Ok(Roots { anchors, certificates: authorities.to_vec() })
    }

    /// The authorities.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
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

    /// [`Roots::verify`] with dates set aside: each certificate is followed to its issuer, whether or not there was a moment
    /// at which all of them were valid. An authority's certificate that lapsed, and its member's that was renewed since, make
    /// such a chain.
    ///
    /// # Errors
    /// [`ChainError`].
    pub fn verify_undated(&self, chain: &[CertificateDer<'_>], purpose: Purpose) -> Result<(), ChainError> {
        if chain.len() > super::CHAIN_LENGTH_MAX {
            return Err(ChainError::TooLong);
        }
        let read = |der: &CertificateDer<'_>| Certificate::from_der(der).map_err(|_| ChainError::Malformed);
        let certificates = chain.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let (leaf, mut rest) = match certificates.split_first() {
            Some((leaf, rest)) => (leaf, rest.iter().collect::<Vec<_>>()),
            None => return Err(ChainError::Malformed),
        };
        // What the leaf itself must be is webpki's to say: against its issuer alone, within its own dates.
        let judge = |issuer: &Certificate| -> Result<(), ChainError> {
            let alone = Roots::new(std::slice::from_ref(issuer)).map_err(|_| ChainError::WrongUse)?;
            alone.verify(&chain[..1], purpose, leaf.validity().not_after_s)
        };
        let (mut current, mut below) = (leaf, 0u8);
        loop {
            let issuer_of = |candidate: &&Certificate| candidate.is_authority() && is_named(current, candidate);
            if let Some(root) = self.certificates.iter().find(|c| issuer_of(c) && is_link(current, c)) {
                return if below == 0 { judge(root) } else { Ok(()) };
            }
            let at = rest.iter().position(|c| issuer_of(c) && is_link(current, c));
            let Some(at) = at else {
                let same_name = self.certificates.iter().chain(rest).any(|c| issuer_of(&c));
                return Err(if same_name { ChainError::BadSignature } else { ChainError::UnknownIssuer });
            };
            let issuer = rest.remove(at);
            if issuer.levels().is_none_or(|levels| levels < below) {
                return Err(ChainError::WrongUse);
            }
            if below == 0 {
                judge(issuer)?;
            }
            (current, below) = (issuer, below + 1);
        }
    }
}

fn anchor(authority: &Certificate) -> Result<TrustAnchor<'static>, X509Error> {
    let der = CertificateDer::from(authority.der());
    anchor_from_trusted_cert(&der).map(|anchor| anchor.to_owned()).map_err(|_| X509Error::Malformed)
}

/// Whether `child` names `issuer` as its issuer.
fn is_named(child: &Certificate, issuer: &Certificate) -> bool {
    let parse = |c: &Certificate| x509_cert::Certificate::from_der(c.der());
    match (parse(child), parse(issuer)) {
        (Ok(child), Ok(issuer)) => child.tbs_certificate().issuer() == issuer.tbs_certificate().subject(),
        _ => false,
    }
}

/// Whether `issuer`'s name and key are those that issued `child`, and its key may sign certificates.
pub(super) fn is_link(child: &Certificate, issuer: &Certificate) -> bool {
    let signed = || {
        let parsed = x509_cert::Certificate::from_der(child.der()).ok()?;
        let above = x509_cert::Certificate::from_der(issuer.der()).ok()?;
        let usage = above.tbs_certificate().get_extension::<x509_cert::ext::pkix::KeyUsage>().ok()?;
        let may_sign = usage.is_none_or(|(_, usage)| usage.key_cert_sign());
        // What was signed are the bytes as they came.
        let tbs = asn1::first_element(asn1::content(child.der())?)?;
        Some(may_sign && verify_signature(issuer.key(), tbs, parsed.signature().as_bytes()?))
    };
    is_named(child, issuer) && signed().unwrap_or(false)
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
