//! Certificate requests (PKCS#10, RFC 2986) with SM2 keys: how a member asks an authority for a certificate without
//! showing it the private key.

use super::authority::{CertificateSigner, Subject};
use super::chain::verify_signature;
use super::{CERTIFICATE_BYTES_MAX, SM2_WITH_SM3, X509Error};
use crate::asn1;
use crate::sm2::{PublicKey, SigningKey};
use der::asn1::BitString;
use der::{Decode as _, Encode as _};
use sm2::dsa::DerSignature;
use sm2::dsa::signature::Signer as _;
use x509_cert::request::{CertReq, CertReqInfo};
use x509_cert::spki::{DynSignatureAlgorithmIdentifier as _, SubjectPublicKeyInfoOwned};

const PEM_LABEL: &str = "CERTIFICATE REQUEST";
/// What some older programs write.
const PEM_LABEL_NEW: &str = "NEW CERTIFICATE REQUEST";

/// A request that was read and that its own key has signed: whoever made it holds the private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRequest {
    der: Vec<u8>,
    key: PublicKey,
    common_name: String,
    organisation: String,
}

impl CertificateRequest {
    /// A request for `key`. The same arguments give the same bytes.
    ///
    /// # Errors
    /// [`X509Error::Name`].
    pub fn create(subject: Subject<'_>, key: &SigningKey) -> Result<CertificateRequest, X509Error> {
        let malformed = |_| X509Error::Malformed;
        let signer = CertificateSigner(key);
        let info = CertReqInfo {
            version: Default::default(),
            subject: subject.to_name()?,
            public_key: SubjectPublicKeyInfoOwned::from_der(&key.public().to_spki_der()).map_err(malformed)?,
            attributes: Default::default(),
        };
        let signature: DerSignature =
            signer.try_sign(&info.to_der().map_err(malformed)?).map_err(|_| X509Error::Malformed)?;
        let signature = BitString::from_bytes(&signature.to_bytes()).map_err(malformed)?;
        let algorithm = signer.signature_algorithm_identifier().map_err(|_| X509Error::Malformed)?;
        let request = CertReq { info, algorithm, signature };
        CertificateRequest::from_der(&request.to_der().map_err(malformed)?)
    }

    /// Reads DER and checks the signature.
    ///
    /// # Errors
    /// [`X509Error`].
    pub fn from_der(der: &[u8]) -> Result<CertificateRequest, X509Error> {
        if der.len() > CERTIFICATE_BYTES_MAX {
            return Err(X509Error::TooLarge);
        }
        let request = CertReq::from_der(der).map_err(|_| X509Error::Malformed)?;
        if request.algorithm.oid != SM2_WITH_SM3 {
            return Err(X509Error::NotSm2);
        }
        let spki = request.info.public_key.to_der().map_err(|_| X509Error::Malformed)?;
        let key = PublicKey::from_spki_der(&spki)?;
        let info = asn1::content(der).and_then(asn1::first_element).ok_or(X509Error::Malformed)?;
        let signature = request.signature.as_bytes().ok_or(X509Error::Malformed)?;
        if !verify_signature(&key, info, signature) {
            return Err(X509Error::NotSelfSigned);
        }
        let subject = &request.info.subject;
        Ok(CertificateRequest {
            der: der.to_vec(),
            key,
            common_name: super::text(subject.common_name())?,
            organisation: super::text(subject.organization())?,
        })
    }

    /// Reads PEM.
    ///
    /// # Errors
    /// As [`CertificateRequest::from_der`].
    pub fn from_pem(pem: &str) -> Result<CertificateRequest, X509Error> {
        if pem.len() > 2 * CERTIFICATE_BYTES_MAX {
            return Err(X509Error::TooLarge);
        }
        let start = pem.find("-----BEGIN ").ok_or(X509Error::Malformed)?;
        let (label, der) = der::pem::decode_vec(&pem.as_bytes()[start..]).map_err(|_| X509Error::Malformed)?;
        if label != PEM_LABEL && label != PEM_LABEL_NEW {
            return Err(X509Error::Malformed);
        }
        CertificateRequest::from_der(&der)
    }

    /// The PEM text, LF line ends.
    pub fn to_pem(&self) -> String {
        asn1::to_pem(PEM_LABEL, &self.der)
    }

    /// The DER as it was read or made.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The key that it is for.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The common name asked for; empty if there is none.
    pub fn common_name(&self) -> &str {
        &self.common_name
    }

    /// The organisation asked for; empty if there is none.
    pub fn organisation(&self) -> &str {
        &self.organisation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: Subject<'static> = Subject { common_name: "tianshan-1", organisation: "91650100MA00000016" };

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32]).unwrap()
    }

    #[test]
    fn a_request_is_read_back_and_every_byte_counts() {
        let request = CertificateRequest::create(NODE, &key(5)).unwrap();
        assert_eq!(*request.key(), key(5).public());
        assert_eq!((request.common_name(), request.organisation()), ("tianshan-1", "91650100MA00000016"));
        assert_eq!(CertificateRequest::from_pem(&request.to_pem()).unwrap(), request);
        assert_eq!(CertificateRequest::create(NODE, &key(5)).unwrap(), request);
        let old = request.to_pem().replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST");
        assert_eq!(CertificateRequest::from_pem(&old).unwrap(), request);
        for i in 0..request.der().len() {
            let mut bad = request.der().to_vec();
            bad[i] ^= 1;
            assert!(CertificateRequest::from_der(&bad).is_err(), "byte {i}");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let request = CertificateRequest::create(NODE, &key(5)).unwrap();
        let other = CertificateRequest::create(NODE, &key(6)).unwrap();
        // Somebody else's key in one's own request.
        let (from, to) = (request.key().to_sec1(), other.key().to_sec1());
        let at = request.der().windows(65).position(|w| w == from).unwrap();
        let mut stolen = request.der().to_vec();
        stolen[at..at + 65].copy_from_slice(&to);
        assert_eq!(CertificateRequest::from_der(&stolen), Err(X509Error::NotSelfSigned));
        assert_eq!(CertificateRequest::from_der(&vec![0; CERTIFICATE_BYTES_MAX + 1]), Err(X509Error::TooLarge));
        assert_eq!(CertificateRequest::from_pem("nothing"), Err(X509Error::Malformed));
        let wrong = request.to_pem().replace("CERTIFICATE REQUEST", "CERTIFICATE");
        assert_eq!(CertificateRequest::from_pem(&wrong), Err(X509Error::Malformed));
        assert_eq!(
            CertificateRequest::create(Subject { common_name: "", organisation: "x" }, &key(5)),
            Err(X509Error::Name("common name"))
        );
    }
}
