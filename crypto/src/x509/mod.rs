//! X.509 certificates with SM2 keys and SM2-with-SM3 signatures (GM/T 0015-2012, RFC 5280), as members' nodes carry
//! them to each other.
//!
//! Certificates live at the border: the key on chain is the truth, the certificate is how it travels. Dates are
//! arguments; nothing here reads a clock.

mod authority;
mod chain;
#[cfg(test)]
mod profile_tests;
mod request;
#[cfg(test)]
mod tests;

pub use authority::{Authority, ORGANISATION_CODE, Subject, Terms, Usage, Validity};
pub use chain::{ChainError, Purpose, Roots};
pub use request::CertificateRequest;

pub(crate) use chain::{SIGNATURE_ALGORITHMS, Sm2Verification};

use crate::asn1;
use crate::sm2::{KeyError, PublicKey};
use der::asn1::ObjectIdentifier;
use der::oid::db::rfc5280::{ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH};
use der::{Decode as _, Encode as _};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};

/// Longest certificate accepted, bytes of DER.
pub const CERTIFICATE_BYTES_MAX: usize = 8 << 10;
/// Longest chain accepted, certificates.
pub const CHAIN_LENGTH_MAX: usize = 4;

/// Most authorities that a node trusts.
pub const AUTHORITIES_MAX: usize = 32;

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
    /// A certificate that another authority has issued.
    #[error("the certificate was issued by another authority")]
    NotIssuer,
    /// A certificate request that its own key has not signed.
    #[error("the request is not signed by its own key")]
    NotSelfSigned,
}

/// What a certificate's key may be used for: by ExtendedKeyUsage a node's, else by KeyUsage.
fn usage(tbs: &TbsCertificate) -> Result<Option<Usage>, X509Error> {
    let malformed = |_| X509Error::Malformed;
    let extended = tbs.get_extension::<ExtendedKeyUsage>().map_err(malformed)?;
    let basic = tbs.get_extension::<KeyUsage>().map_err(malformed)?.map(|(_, usage)| usage);
    let is_node = extended.is_some_and(|(_, e)| e.0.contains(&ID_KP_CLIENT_AUTH) && e.0.contains(&ID_KP_SERVER_AUTH));
    Ok(match basic {
        _ if is_node => Some(Usage::Node),
        Some(usage) if usage.key_encipherment() || usage.data_encipherment() => Some(Usage::Encrypt),
        Some(usage) if usage.digital_signature() => Some(Usage::Sign),
        _ => None,
    })
}

/// Issuers write a PrintableString or UTF8String, some the bare characters.
fn organisation_code(tbs: &TbsCertificate) -> Option<String> {
    let found = tbs.extensions()?.iter().find(|e| e.extn_id == ORGANISATION_CODE)?;
    let bytes = found.extn_value.as_bytes();
    let inner = der::asn1::AnyRef::from_der(bytes).map(|any| any.value()).unwrap_or(bytes);
    let text = std::str::from_utf8(inner).ok()?;
    text.bytes().all(|b| b.is_ascii_graphic()).then(|| text.to_owned())
}

/// The text of a part of a name; empty if it is absent.
fn text(part: der::Result<Option<x509_cert::ext::pkix::name::DirectoryString>>) -> Result<String, X509Error> {
    let part = part.map_err(|_| X509Error::Malformed)?;
    Ok(part.map(|p| p.value().to_string()).unwrap_or_default())
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

/// How urgent it is to renew a certificate. Warnings begin 90 days before the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expiry {
    /// More than 90 days are left.
    Far,
    /// At most 90 days are left.
    Days90,
    /// At most 30 days are left.
    Days30,
    /// At most 7 days are left.
    Days7,
    /// It begins in the future.
    NotYetValid,
    /// It has ended.
    Expired,
}

impl Expiry {
    /// Stable name; `None` while there is nothing to warn of.
    pub fn warning(self) -> Option<&'static str> {
        match self {
            Expiry::Far => None,
            Expiry::Days90 => Some("90_days"),
            Expiry::Days30 => Some("30_days"),
            Expiry::Days7 => Some("7_days"),
            Expiry::NotYetValid => Some("not_yet_valid"),
            Expiry::Expired => Some("expired"),
        }
    }
}

impl Standing {
    /// How urgent a renewal is.
    pub fn expiry(self) -> Expiry {
        match self {
            Standing::Valid { days_left: 0..=7 } => Expiry::Days7,
            Standing::Valid { days_left: 8..=30 } => Expiry::Days30,
            Standing::Valid { days_left: 31..=90 } => Expiry::Days90,
            Standing::Valid { .. } => Expiry::Far,
            Standing::Expired { .. } => Expiry::Expired,
            Standing::NotYetValid => Expiry::NotYetValid,
        }
    }
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
    /// Of an authority: how many levels of authorities may be below it; `u8::MAX` if any number.
    authority: Option<u8>,
    usage: Option<Usage>,
    organisation_code: Option<String>,
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
        Ok(Certificate {
            der: der.to_vec(),
            key: PublicKey::from_spki_der(&spki)?,
            common_name: text(tbs.subject().common_name())?,
            organisation: text(tbs.subject().organization())?,
            validity: Validity {
                not_before_s: tbs.validity().not_before.to_unix_duration().as_secs(),
                not_after_s: tbs.validity().not_after.to_unix_duration().as_secs(),
            },
            authority: constraints.filter(|(_, c)| c.ca).map(|(_, c)| c.path_len_constraint.unwrap_or(u8::MAX)),
            usage: usage(tbs)?,
            organisation_code: organisation_code(tbs),
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
        Certificate::several_from_pem(pem, CHAIN_LENGTH_MAX)
    }

    /// Reads a PEM text of 1 to [`AUTHORITIES_MAX`] certificates, in any order.
    ///
    /// # Errors
    /// As [`Certificate::from_der`].
    pub fn authorities_from_pem(pem: &str) -> Result<Vec<Certificate>, X509Error> {
        Certificate::several_from_pem(pem, AUTHORITIES_MAX)
    }

    fn several_from_pem(pem: &str, max: usize) -> Result<Vec<Certificate>, X509Error> {
        const END: &str = "-----END CERTIFICATE-----";
        if pem.len() > max * CERTIFICATE_BYTES_MAX * 2 {
            return Err(X509Error::TooLarge);
        }
        let mut chain = Vec::new();
        for block in pem.split_inclusive(END).filter(|b| b.contains(END)) {
            if chain.len() == max {
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
        self.authority.is_some()
    }

    /// How many levels of authorities may be below this one; `u8::MAX` if any number, `None` for end entities.
    pub fn levels(&self) -> Option<u8> {
        self.authority
    }

    /// What the holder, an end entity, uses its key for; `None` for authorities and for uses that are none of ours.
    pub fn usage(&self) -> Option<Usage> {
        self.usage.filter(|_| self.authority.is_none())
    }

    /// The organisation's code in the extension [`ORGANISATION_CODE`].
    pub fn organisation_code(&self) -> Option<&str> {
        self.organisation_code.as_deref()
    }

    /// Serial number, hexadecimal.
    pub fn serial(&self) -> String {
        let parsed = x509_cert::Certificate::from_der(&self.der);
        parsed.map(|c| hex::encode(c.tbs_certificate().serial_number().as_bytes())).unwrap_or_default()
    }

    /// Common name of the issuer; empty if there is none.
    pub fn issuer_name(&self) -> String {
        let parsed = x509_cert::Certificate::from_der(&self.der).ok();
        parsed.and_then(|c| text(c.tbs_certificate().issuer().common_name()).ok()).unwrap_or_default()
    }

    /// Whether `issuer` is an authority whose name and key have issued this certificate. Dates are not looked at.
    pub fn is_issued_by(&self, issuer: &Certificate) -> bool {
        issuer.is_authority() && chain::is_link(self, issuer)
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
