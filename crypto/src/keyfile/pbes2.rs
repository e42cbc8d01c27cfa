//! EncryptedPrivateKeyInfo (RFC 5958 §3) with PBES2, PBKDF2 and SM4-CBC.

use super::{Form, ITERATIONS_MAX, KeyFileError, Part, Sealing};
use crate::asn1::{INTEGER, NULL, OCTETS, SEQUENCE, element, oid, unsigned};
use crate::hmac::pbkdf2_hmac_sm3;
use crate::sm4::{KEY_BYTES, Sm4};
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, SliceReader, Tag, Tagged as _};
use sm2::pkcs8::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

pub(super) const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
pub(super) const SM2_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");
const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
const PBKDF2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.12");
const SM4_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.104.2");
/// HMAC-SM3 as GM/T 0006 and appendix C of GM/T 0091-2020 number it, and GmSSL with them.
const HMAC_SM3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.401.2");
/// HMAC-SM3 as appendix A.2 of GM/T 0091-2020 numbers it, and OpenSSL 4 with it: read, never written.
const HMAC_SM3_ANNEX_A: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.401.3.1");
const HMAC_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.9");

const SALT_BYTES_MAX: usize = 128;

type Key = Zeroizing<[u8; KEY_BYTES]>;

fn derive(form: Form, passphrase: &[u8], salt: &[u8], iterations: u32) -> Key {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    match form {
        Form::National => pbkdf2_hmac_sm3(passphrase, salt, iterations, key.as_mut()),
        Form::OpenSsl => {
            pbkdf2::pbkdf2::<::hmac::Hmac<sha2::Sha256>>(passphrase, salt, iterations, key.as_mut())
                .expect("HMAC takes a key of any length");
        }
    }
    key
}

pub(super) fn sequence_of_oids(oids: &[&ObjectIdentifier]) -> Vec<u8> {
    let parts: Vec<Vec<u8>> = oids.iter().map(|o| oid(o)).collect();
    element(SEQUENCE, &parts.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// Encrypts `plain` (PrivateKeyInfo).
pub(super) fn seal(plain: &[u8], passphrase: &[u8], sealing: &Sealing) -> Vec<u8> {
    let key = derive(sealing.form, passphrase, &sealing.salt, sealing.iterations);
    let sealed = encrypt(&key, &sealing.iv, plain);
    let function = match sealing.form {
        Form::National => &HMAC_SM3,
        Form::OpenSsl => &HMAC_SHA256,
    };
    let function = element(SEQUENCE, &[&oid(function), &element(NULL, &[])]);
    let iterations = unsigned(&sealing.iterations.to_be_bytes());
    let parameters = element(SEQUENCE, &[&element(OCTETS, &[&sealing.salt]), &iterations, &function]);
    let derivation = element(SEQUENCE, &[&oid(&PBKDF2), &parameters]);
    let cipher = element(SEQUENCE, &[&oid(&SM4_CBC), &element(OCTETS, &[&sealing.iv])]);
    let scheme = element(SEQUENCE, &[&oid(&PBES2), &element(SEQUENCE, &[&derivation, &cipher])]);
    element(SEQUENCE, &[&scheme, &element(OCTETS, &[&sealed])])
}

/// Whether `der` is an EncryptedPrivateKeyInfo, which begins with a SEQUENCE, rather than a PrivateKeyInfo, which begins
/// with an INTEGER.
pub(super) fn is_encrypted(der: &[u8]) -> Result<bool, KeyFileError> {
    let body = AnyRef::from_der(der).map_err(malformed)?;
    match (body.tag(), body.value().first()) {
        (Tag::Sequence, Some(&SEQUENCE)) => Ok(true),
        (Tag::Sequence, Some(&INTEGER)) => Ok(false),
        _ => Err(KeyFileError::Malformed),
    }
}

/// Decrypts an EncryptedPrivateKeyInfo.
pub(super) fn open(der: &[u8], passphrase: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    let parsed = Parsed::read(der)?;
    let key = derive(parsed.form, passphrase, parsed.salt, parsed.iterations);
    decrypt(&key, &parsed.iv, parsed.sealed).ok_or(KeyFileError::WrongPassphrase)
}

const BLOCK_BYTES: usize = 16;

/// SM4-CBC of `plain`, padded to whole blocks by 1 to 16 bytes that say how many they are (PKCS#7, RFC 5652 §6.3).
fn encrypt(key: &Key, iv: &[u8; BLOCK_BYTES], plain: &[u8]) -> Vec<u8> {
    let padding = BLOCK_BYTES - plain.len() % BLOCK_BYTES;
    // At once of the size needed: growing would leave a copy behind.
    let mut text = Vec::with_capacity(plain.len() + padding);
    text.extend_from_slice(plain);
    text.extend(std::iter::repeat_n(padding as u8, padding));
    Sm4::new(key).encrypt_cbc(iv, text.as_chunks_mut().0);
    text
}

/// The reverse. `None` if what comes out does not end with padding.
fn decrypt(key: &Key, iv: &[u8; BLOCK_BYTES], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut plain = Zeroizing::new(sealed.to_vec());
    let (blocks, []) = plain.as_chunks_mut() else { return None };
    Sm4::new(key).decrypt_cbc(iv, blocks);
    let padding = usize::from(*plain.last()?);
    let length = plain.len().checked_sub(padding)?;
    let padded =
        (1..=BLOCK_BYTES).contains(&padding) && plain[length..].iter().all(|byte| usize::from(*byte) == padding);
    plain.truncate(length);
    padded.then_some(plain)
}

/// What an EncryptedPrivateKeyInfo says, within our bounds.
struct Parsed<'a> {
    form: Form,
    salt: &'a [u8],
    iterations: u32,
    iv: [u8; 16],
    sealed: &'a [u8],
}

impl<'a> Parsed<'a> {
    fn read(der: &'a [u8]) -> Result<Parsed<'a>, KeyFileError> {
        let outer = AnyRef::from_der(der).map_err(malformed)?;
        let (scheme, sealed) =
            outer.sequence(pair::<AlgorithmIdentifierRef<'_>, &OctetStringRef>).map_err(malformed)?;
        supported(scheme.oid == PBES2, Part::Scheme)?;
        let (derivation, cipher) = parameters(&scheme)?
            .sequence(pair::<AlgorithmIdentifierRef<'_>, AlgorithmIdentifierRef<'_>>)
            .map_err(malformed)?;
        supported(derivation.oid == PBKDF2, Part::Derivation)?;
        supported(cipher.oid == SM4_CBC, Part::Cipher)?;
        let iv: &OctetStringRef = parameters(&cipher)?.decode_as().map_err(malformed)?;
        let iv = iv.as_bytes().try_into().map_err(|_| KeyFileError::Malformed)?;
        let sealed = sealed.as_bytes();
        if sealed.is_empty() || sealed.len() % 16 != 0 {
            return Err(KeyFileError::Malformed);
        }
        let (form, salt, iterations) = Pbkdf2Parameters::read(parameters(&derivation)?)?.checked()?;
        Ok(Parsed { form, salt, iterations, iv, sealed })
    }
}

/// PBKDF2-params (RFC 8018 appendix A.2).
struct Pbkdf2Parameters<'a> {
    salt: &'a [u8],
    iterations: u64,
    key_length: Option<u64>,
    /// Absent means HMAC-SHA-1.
    function: Option<AlgorithmIdentifierRef<'a>>,
}

impl<'a> Pbkdf2Parameters<'a> {
    fn read(any: AnyRef<'a>) -> Result<Pbkdf2Parameters<'a>, KeyFileError> {
        let read = |reader: &mut SliceReader<'a>| -> der::Result<Pbkdf2Parameters<'a>> {
            Ok(Pbkdf2Parameters {
                salt: <&OctetStringRef>::decode(reader)?.as_bytes(),
                iterations: u64::decode(reader)?,
                key_length: Option::decode(reader)?,
                function: Option::decode(reader)?,
            })
        };
        any.sequence(read).map_err(malformed)
    }

    fn checked(&self) -> Result<(Form, &'a [u8], u32), KeyFileError> {
        if self.salt.len() > SALT_BYTES_MAX || self.iterations == 0 || self.key_length.is_some_and(|l| l != 16) {
            return Err(KeyFileError::Malformed);
        }
        let iterations = u32::try_from(self.iterations).ok().filter(|count| *count <= ITERATIONS_MAX);
        let iterations = iterations.ok_or(KeyFileError::TooManyIterations(self.iterations))?;
        let form = match self.function.as_ref().map(|function| function.oid) {
            Some(HMAC_SM3 | HMAC_SM3_ANNEX_A) => Form::National,
            Some(HMAC_SHA256) => Form::OpenSsl,
            _ => return Err(KeyFileError::Unsupported(Part::PseudoRandomFunction)),
        };
        Ok((form, self.salt, iterations))
    }
}

fn pair<'a, A, B>(reader: &mut SliceReader<'a>) -> der::Result<(A, B)>
where
    A: Decode<'a, Error = der::Error>,
    B: Decode<'a, Error = der::Error>,
{
    Ok((A::decode(reader)?, B::decode(reader)?))
}

fn parameters<'a>(algorithm: &AlgorithmIdentifierRef<'a>) -> Result<AnyRef<'a>, KeyFileError> {
    algorithm.parameters.ok_or(KeyFileError::Malformed)
}

fn supported(condition: bool, part: Part) -> Result<(), KeyFileError> {
    if condition { Ok(()) } else { Err(KeyFileError::Unsupported(part)) }
}

fn malformed(_: der::Error) -> KeyFileError {
    KeyFileError::Malformed
}
