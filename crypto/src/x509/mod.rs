//! X.509 certificates with SM2 keys and SM2-with-SM3 signatures (GM/T 0015-2012, RFC 5280), as members' nodes carry
//! them to each other.
//!
//! Certificates live at the border: the key on chain is the truth, the certificate is how it travels. Dates are
//! arguments; nothing here reads a clock.

mod authority;
mod chain;
#[cfg(test)]
mod tests;

pub use authority::{Authority, Subject, Validity};
pub use chain::{ChainError, Purpose, Roots};

pub(crate) use chain::{SIGNATURE_ALGORITHMS, Sm2Verification};

use crate::asn1;
use crate::sm2::{KeyError, PublicKey};
use der::asn1::ObjectIdentifier;
use der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::BasicConstraints;

/// Longest certificate accepted, bytes of DER.
pub const CERTIFICATE_BYTES_MAX: usize = 8 << 10;
/// Longest chain accepted, certificates.
pub const CHAIN_LENGTH_MAX: usize = 4;

/// SM2 signature with SM3, 1.2.156.10197.1.501.
pub(crate) const SM2_WITH_SM3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.501");
const PEM_LABEL: &str = "CERTIFICATE";
const DAY_S: u64 = 86_400;

/// Why a certificate cannot be read, issued or used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum X509Error {
    /// Longer than [`CERTIFICATE_BYTES_MAX`] or [`CHAIN_LENGTH_MAX`].
    #[error("certificate or chain too long")]
    TooLarge,
    /// Not one DER (or PEM) certificate.
    #[error("not a certificate")]
    Malformed,
    /// The signature algorithm is not SM2 with SM3.
    #[error("not signed with SM2 and SM3")]
    NotSm2,
    /// The subject's key is not an SM2 key.
    #[error("subject key: {0}")]
    Key(#[from] KeyError),
    /// A name that is empty or longer than X.520's 64 characters.
    #[error("{0} must have 1 to 64 characters")]
    Name(&'static str),
    /// Dates outside 1970 to 9999, or the end before the start.
    #[error("validity dates out of range")]
    Dates,
    /// A certificate authority's certificate was expected.
    #[error("not a certificate authority")]
    NotAuthority,
    /// The private key is not that of the certificate.
    #[error("the key does not belong to the certificate")]
    OtherKey,
}

/// How a date stands to a certificate's validity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Valid, for this many more whole days.
    Valid {
        /// Whole days until the end.
        days_left: u64,
    },
    /// The end has passed this many whole days ago.
    Expired {
        /// Whole days since the end.
        days_ago: u64,
    },
    /// Begins in the future: more likely a wrong clock than a wrong certificate.
    NotYetValid,
}

/// A certificate that was read and whose subject key is an SM2 key. Nothing is said about who issued it:
/// see [`Roots::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    key: PublicKey,
    common_name: String,
    organisation: String,
    validity: Validity,
    authority: bool,
}

impl Certificate {
    /// Reads DER.
    ///
    /// # Errors
    /// [`X509Error`] if `der` is too long, malformed, or not of SM2 throughout.
    pub fn from_der(der: &[u8]) -> Result<Certificate, X509Error> {
        if der.len() > CERTIFICATE_BYTES_MAX {
            return Err(X509Error::TooLarge);
        }
        let parsed = x509_cert::Certificate::from_der(der).map_err(|_| X509Error::Malformed)?;
        let tbs = parsed.tbs_certificate();
        if parsed.signature_algorithm().oid != SM2_WITH_SM3 || tbs.signature() != parsed.signature_algorithm() {
            return Err(X509Error::NotSm2);
        }
        let spki = tbs.subject_public_key_info().to_der().map_err(|_| X509Error::Malformed)?;
        let constraints = tbs.get_extension::<BasicConstraints>().map_err(|_| X509Error::Malformed)?;
        let text = |part: der::Result<Option<_>>| -> Result<String, X509Error> {
            let part: Option<x509_cert::ext::pkix::name::DirectoryString> = part.map_err(|_| X509Error::Malformed)?;
            Ok(part.map(|p| p.value().to_string()).unwrap_or_default())
        };
        Ok(Certificate {
            der: der.to_vec(),
            key: PublicKey::from_spki_der(&spki)?,
            common_name: text(tbs.subject().common_name())?,
            organisation: text(tbs.subject().organization())?,
            validity: Validity {
                not_before_s: tbs.validity().not_before.to_unix_duration().as_secs(),
                not_after_s: tbs.validity().not_after.to_unix_duration().as_secs(),
            },
            authority: constraints.is_some_and(|(_, c)| c.ca),
        })
    }

    /// Reads the one certificate in a PEM text.
    ///
    /// # Errors
    /// As [`Certificate::from_der`].
    pub fn from_pem(pem: &str) -> Result<Certificate, X509Error> {
        match <[Certificate; 1]>::try_from(Certificate::chain_from_pem(pem)?) {
            Ok([one]) => Ok(one),
            Err(_) => Err(X509Error::Malformed),
        }
    }

    /// Reads a PEM text of 1 to [`CHAIN_LENGTH_MAX`] certificates, the end entity's first.
    ///
    /// # Errors
    /// As [`Certificate::from_der`].
    pub fn chain_from_pem(pem: &str) -> Result<Vec<Certificate>, X509Error> {
        const END: &str = "-----END CERTIFICATE-----";
        if pem.len() > CHAIN_LENGTH_MAX * CERTIFICATE_BYTES_MAX * 2 {
            return Err(X509Error::TooLarge);
        }
        let mut chain = Vec::new();
        for block in pem.split_inclusive(END).filter(|b| b.contains(END)) {
            if chain.len() == CHAIN_LENGTH_MAX {
                return Err(X509Error::TooLarge);
            }
            let start = block.find("-----BEGIN CERTIFICATE-----").ok_or(X509Error::Malformed)?;
            let (_, der) = der::pem::decode_vec(&block.as_bytes()[start..]).map_err(|_| X509Error::Malformed)?;
            chain.push(Certificate::from_der(&der)?);
        }
        if chain.is_empty() { Err(X509Error::Malformed) } else { Ok(chain) }
    }

    /// The PEM text, LF line ends.
    pub fn to_pem(&self) -> String {
        asn1::to_pem(PEM_LABEL, &self.der)
    }

    /// The DER as it was read or issued.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The subject's public key.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The subject's common name; empty if there is none.
    pub fn common_name(&self) -> &str {
        &self.common_name
    }

    /// The subject's organisation; empty if there is none.
    pub fn organisation(&self) -> &str {
        &self.organisation
    }

    /// From when to when it is valid.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// Whether it may sign other certificates (BasicConstraints).
    pub fn is_authority(&self) -> bool {
        self.authority
    }

    /// How `now_s` (Unix seconds) stands to the validity.
    pub fn standing(&self, now_s: u64) -> Standing {
        if now_s < self.validity.not_before_s {
            Standing::NotYetValid
        } else if now_s <= self.validity.not_after_s {
            Standing::Valid { days_left: (self.validity.not_after_s - now_s) / DAY_S }
        } else {
            Standing::Expired { days_ago: (now_s - self.validity.not_after_s) / DAY_S }
        }
    }
}
