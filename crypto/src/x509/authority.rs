//! The consortium's certificate authority: a self-signed certificate, certificates of authorities under it, and members'
//! certificates of the profiles of GM/T 0015-2012: nodes (TLS), signing, encryption.

use super::{CHAIN_LENGTH_MAX, Certificate, SM2_WITH_SM3, X509Error};
use crate::digest::{sm3, tagged};
use crate::sm2::{PublicKey, SigningKey};
use der::asn1::{ObjectIdentifier, OctetString, PrintableStringRef};
use der::oid::db::rfc5280::{ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH};
use der::{DateTime, Decode as _, Encode as _};
use sm2::dsa::signature::{Keypair, Signer};
use sm2::dsa::{DerSignature, VerifyingKey};
use std::time::Duration;
use x509_cert::builder::{self, Builder as _, CertificateBuilder, profile::BuilderProfile};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{
    AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier, SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef,
};
use x509_cert::time::Time;

/// Longest name part, characters (X.520 ub-common-name, ub-organization-name).
const NAME_CHARS_MAX: usize = 64;

/// When a certificate is valid: Unix seconds, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// First second.
    pub not_before_s: u64,
    /// Last second.
    pub not_after_s: u64,
}

/// Whom a certificate names, in the country `CN`.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The node or authority, 1 to 64 characters.
    pub common_name: &'a str,
    /// The organisation (统一社会信用代码 or name), 1 to 64 characters.
    pub organisation: &'a str,
}

impl Subject<'_> {
    pub(super) fn to_name(self) -> Result<Name, X509Error> {
        let common_name = escaped(self.common_name, "common name")?;
        let organisation = escaped(self.organisation, "organisation")?;
        format!("CN={common_name},O={organisation},C=CN").parse().map_err(|_| X509Error::Malformed)
    }
}

/// RFC 4514 §2.4: every byte as `\xx`, so that no character of a name is syntax.
fn escaped(text: &str, field: &'static str) -> Result<String, X509Error> {
    if !(1..=NAME_CHARS_MAX).contains(&text.chars().count()) || text.chars().any(char::is_control) {
        return Err(X509Error::Name(field));
    }
    Ok(text.bytes().map(|byte| format!("\\{byte:02x}")).collect())
}

/// What a member's certificate is for (GM/T 0015-2012 §5.2.4.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// A node's TLS identity: digital signature, as client and as server.
    Node,
    /// The signing half of a dual pair: digital signature and non-repudiation.
    Sign,
    /// The encrypting half of a dual pair: key and data encipherment, key agreement.
    Encrypt,
}

/// The terms of a member's certificate.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// What it is for.
    pub usage: Usage,
    /// When.
    pub validity: Validity,
    /// 统一社会信用代码 for the extension of organisation codes ([`ORGANISATION_CODE`]); printable ASCII, at most 64 characters.
    pub organisation_code: Option<&'a str>,
}

/// The private extension that holds an organisation's code (GM/T 0015-2012 §5.2.4.2, 1.2.156.10260.4.1.4).
pub const ORGANISATION_CODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10260.4.1.4");

/// A certificate authority: its certificate and key.
pub struct Authority {
    certificate: Certificate,
    name: Name,
    /// The certificate's SubjectKeyIdentifier, by whatever method its issuer made it.
    identifier: Option<OctetString>,
    key: SigningKey,
}

impl Authority {
    /// A new authority with a self-signed certificate. It signs end-entity certificates only (path length 0).
    ///
    /// # Errors
    /// [`X509Error::Name`], [`X509Error::Dates`].
    pub fn create(subject: Subject<'_>, key: SigningKey, validity: Validity) -> Result<Authority, X509Error> {
        Authority::create_above(subject, key, validity, 0)
    }

    /// A new authority with a self-signed certificate and room for `levels` (0 to 2) of authorities below it.
    ///
    /// # Errors
    /// [`X509Error::Name`], [`X509Error::Dates`], [`X509Error::TooLarge`] for more levels than chains may have.
    pub fn create_above(
        subject: Subject<'_>,
        key: SigningKey,
        validity: Validity,
        levels: u8,
    ) -> Result<Authority, X509Error> {
        if usize::from(levels) > CHAIN_LENGTH_MAX - 2 {
            return Err(X509Error::TooLarge);
        }
        let name = subject.to_name()?;
        let key_id = key_identifier(&key.public())?;
        let profile = Profile {
            issuer: name.clone(),
            issuer_key: key.public(),
            issuer_id: Some(key_id.clone()),
            subject: name,
            key: key.public(),
            key_id,
            purpose: Purpose::Authority { levels },
            organisation_code: None,
        };
        let certificate = profile.issue(&key, validity)?;
        Authority::load(certificate, key)
    }

    /// An authority from its stored certificate and key.
    ///
    /// # Errors
    /// [`X509Error::NotAuthority`], [`X509Error::OtherKey`].
    pub fn load(certificate: Certificate, key: SigningKey) -> Result<Authority, X509Error> {
        if !certificate.is_authority() {
            return Err(X509Error::NotAuthority);
        }
        if *certificate.key() != key.public() {
            return Err(X509Error::OtherKey);
        }
        let parsed = x509_cert::Certificate::from_der(certificate.der()).map_err(|_| X509Error::Malformed)?;
        let tbs = parsed.tbs_certificate();
        let identifier = tbs.get_extension::<SubjectKeyIdentifier>().map_err(|_| X509Error::Malformed)?;
        let (name, identifier) = (tbs.subject().clone(), identifier.map(|(_, id)| id.0));
        Ok(Authority { certificate, name, identifier, key })
    }

    /// The authority's own certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// A member's certificate for `key`: digital signatures, as TLS client and as TLS server. The serial number is
    /// derived from issuer, key and dates, so issuing twice gives the same certificate.
    ///
    /// # Errors
    /// [`X509Error::Name`], [`X509Error::Dates`].
    pub fn issue(&self, subject: Subject<'_>, key: &PublicKey, validity: Validity) -> Result<Certificate, X509Error> {
        self.issue_on(subject, key, &Terms { usage: Usage::Node, validity, organisation_code: None })
    }

    /// [`Authority::issue`] on other terms.
    ///
    /// # Errors
    /// [`X509Error::Name`], also for the organisation's code, and [`X509Error::Dates`].
    pub fn issue_on(&self, subject: Subject<'_>, key: &PublicKey, terms: &Terms<'_>) -> Result<Certificate, X509Error> {
        let code = terms.organisation_code.map(code_value).transpose()?;
        self.profile(subject.to_name()?, key, Purpose::Member(terms.usage), code)?.issue(&self.key, terms.validity)
    }

    /// The certificate of an authority under this one, which may have `levels` of authorities below it.
    ///
    /// # Errors
    /// [`X509Error::Name`], [`X509Error::Dates`], [`X509Error::NotAuthority`] if this authority may not have one so high
    /// below it.
    pub fn issue_authority(
        &self,
        subject: Subject<'_>,
        key: &PublicKey,
        validity: Validity,
        levels: u8,
    ) -> Result<Certificate, X509Error> {
        if self.certificate.levels().is_some_and(|own| levels >= own) {
            return Err(X509Error::NotAuthority);
        }
        self.profile(subject.to_name()?, key, Purpose::Authority { levels }, None)?.issue(&self.key, validity)
    }

    /// A certificate that this authority issued, with new dates and everything else as it was: the same key, so that nothing
    /// else has to change.
    ///
    /// # Errors
    /// [`X509Error::NotIssuer`], [`X509Error::Dates`].
    pub fn renew(&self, old: &Certificate, validity: Validity) -> Result<Certificate, X509Error> {
        if !old.is_issued_by(&self.certificate) {
            return Err(X509Error::NotIssuer);
        }
        let parsed = x509_cert::Certificate::from_der(old.der()).map_err(|_| X509Error::Malformed)?;
        let subject = parsed.tbs_certificate().subject().clone();
        let purpose = match (old.levels(), old.usage()) {
            (Some(levels), _) => Purpose::Authority { levels },
            (None, Some(usage)) => Purpose::Member(usage),
            (None, None) => return Err(X509Error::Malformed),
        };
        let code = old.organisation_code().map(code_value).transpose()?;
        self.profile(subject, old.key(), purpose, code)?.issue(&self.key, validity)
    }

    fn profile(
        &self,
        subject: Name,
        key: &PublicKey,
        purpose: Purpose,
        organisation_code: Option<OctetString>,
    ) -> Result<Profile, X509Error> {
        Ok(Profile {
            issuer: self.name.clone(),
            issuer_key: self.key.public(),
            issuer_id: self.identifier.clone(),
            subject,
            key: *key,
            key_id: key_identifier(key)?,
            purpose,
            organisation_code,
        })
    }
}

/// The extension's value: a PrintableString.
fn code_value(code: &str) -> Result<OctetString, X509Error> {
    let wrong = |_| X509Error::Name("organisation code");
    if !(1..=NAME_CHARS_MAX).contains(&code.len()) {
        return Err(X509Error::Name("organisation code"));
    }
    let text = PrintableStringRef::new(code).map_err(wrong)?;
    OctetString::new(text.to_der().map_err(wrong)?).map_err(wrong)
}

/// Who holds the certificate.
enum Purpose {
    Authority { levels: u8 },
    Member(Usage),
}

/// What goes into one certificate.
struct Profile {
    issuer: Name,
    issuer_key: PublicKey,
    issuer_id: Option<OctetString>,
    subject: Name,
    key: PublicKey,
    key_id: OctetString,
    purpose: Purpose,
    organisation_code: Option<OctetString>,
}

impl Profile {
    fn issue(self, signer: &SigningKey, validity: Validity) -> Result<Certificate, X509Error> {
        let dates = x509_validity(validity)?;
        let serial = self.serial(validity)?;
        let key = SubjectPublicKeyInfoOwned::from_der(&self.key.to_spki_der()).map_err(|_| X509Error::Malformed)?;
        let builder = CertificateBuilder::new(self, serial, dates, key).map_err(|_| X509Error::Malformed)?;
        let certificate =
            builder.build::<_, DerSignature>(&CertificateSigner(signer)).map_err(|_| X509Error::Malformed)?;
        Certificate::from_der(&certificate.to_der().map_err(|_| X509Error::Malformed)?)
    }

    /// 16 bytes, positive, unique for issuer, key, purpose and dates (RFC 5280 §4.1.2.2).
    fn serial(&self, validity: Validity) -> Result<SerialNumber, X509Error> {
        let dates = [validity.not_before_s.to_be_bytes(), validity.not_after_s.to_be_bytes()].concat();
        let purpose: &[u8] = match self.purpose {
            // As it was when these were the only ones.
            Purpose::Authority { .. } | Purpose::Member(Usage::Node) => &[],
            Purpose::Member(Usage::Sign) => b"sign",
            Purpose::Member(Usage::Encrypt) => b"encrypt",
        };
        let digest = tagged("bencao/serial/1", &[self.issuer_key.as_bytes(), self.key.as_bytes(), &dates, purpose]);
        let mut serial = [0; 16];
        serial.copy_from_slice(&digest.0[..16]);
        serial[0] = serial[0] & 0x3f | 0x40;
        SerialNumber::new(&serial).map_err(|_| X509Error::Malformed)
    }
}

impl BuilderProfile for Profile {
    fn get_issuer(&self, _: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> builder::Result<Vec<Extension>> {
        let subject = tbs.subject().clone();
        let (ca, path_len_constraint) = match self.purpose {
            Purpose::Authority { levels } => (true, Some(levels)),
            Purpose::Member(_) => (false, None),
        };
        let usage = match self.purpose {
            Purpose::Authority { .. } => KeyUsages::KeyCertSign | KeyUsages::CRLSign,
            Purpose::Member(Usage::Node) => KeyUsages::DigitalSignature.into(),
            Purpose::Member(Usage::Sign) => KeyUsages::DigitalSignature | KeyUsages::NonRepudiation,
            Purpose::Member(Usage::Encrypt) => {
                KeyUsages::KeyEncipherment | KeyUsages::DataEncipherment | KeyUsages::KeyAgreement
            }
        };
        let mut all = Vec::new();
        all.push(SubjectKeyIdentifier(self.key_id.clone()).to_extension(&subject, &all)?);
        if let Some(id) = &self.issuer_id {
            let id = AuthorityKeyIdentifier { key_identifier: Some(id.clone()), ..Default::default() };
            all.push(id.to_extension(&subject, &all)?);
        }
        all.push(BasicConstraints { ca, path_len_constraint }.to_extension(&subject, &all)?);
        all.push(KeyUsage(usage).to_extension(&subject, &all)?);
        if matches!(self.purpose, Purpose::Member(Usage::Node)) {
            let purposes = ExtendedKeyUsage(vec![ID_KP_SERVER_AUTH, ID_KP_CLIENT_AUTH]);
            all.push(purposes.to_extension(&subject, &all)?);
        }
        if let Some(code) = &self.organisation_code {
            all.push(Extension { extn_id: ORGANISATION_CODE, critical: false, extn_value: code.clone() });
        }
        Ok(all)
    }
}

/// RFC 5280 §4.2.1.2 leaves the method open: the first 20 bytes of SM3 of the point, instead of SHA-1 of it.
fn key_identifier(key: &PublicKey) -> Result<OctetString, X509Error> {
    OctetString::new(&sm3(&key.to_sec1()).0[..20]).map_err(|_| X509Error::Malformed)
}

fn x509_validity(validity: Validity) -> Result<x509_cert::time::Validity, X509Error> {
    let time = |seconds| DateTime::from_unix_duration(Duration::from_secs(seconds)).map(Time::from);
    match (time(validity.not_before_s), time(validity.not_after_s)) {
        (Ok(from), Ok(to)) if validity.not_before_s <= validity.not_after_s => {
            Ok(x509_cert::time::Validity::new(from, to))
        }
        _ => Err(X509Error::Dates),
    }
}

/// Signs certificates in DER. `sm2::dsa::Signature` would put raw `r ‖ s` into the BIT STRING, which nobody else reads,
/// and the library's key does not implement `Signer<DerSignature>`.
pub(super) struct CertificateSigner<'a>(pub(super) &'a SigningKey);

impl Signer<DerSignature> for CertificateSigner<'_> {
    fn try_sign(&self, message: &[u8]) -> Result<DerSignature, sm2::dsa::signature::Error> {
        Ok(sm2::dsa::Signature::from_slice(&self.0.sign(message).0)?.to_der())
    }
}

impl Keypair for CertificateSigner<'_> {
    type VerifyingKey = VerifyingKey;

    fn verifying_key(&self) -> VerifyingKey {
        self.0.signer().verifying_key().clone()
    }
}

impl DynSignatureAlgorithmIdentifier for CertificateSigner<'_> {
    fn signature_algorithm_identifier(&self) -> x509_cert::spki::Result<AlgorithmIdentifierOwned> {
        Ok(AlgorithmIdentifierOwned { oid: SM2_WITH_SM3, parameters: None })
    }
}
