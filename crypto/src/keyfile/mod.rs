//! Private keys at rest, and public keys as text.
//!
//! A key file is PKCS#8 (RFC 5958) in PEM or DER. Encrypted files are PBES2 (RFC 8018 §6.2) with PBKDF2 and SM4-CBC. Two
//! pseudo-random functions are known: HMAC-SM3, our own form, and HMAC-SHA-256, which is all that OpenSSL 3.0 reads; nothing
//! else of SHA is in this package. What a file asks for is bounded before it is done, so that a hostile one cannot hang a
//! reader.

mod pbes2;
#[cfg(test)]
mod tests;

use crate::asn1::{INTEGER, OCTETS, SEQUENCE, element, to_pem};
use crate::sm2::{KeyError, PublicKey, SPKI_BYTES, SigningKey};
use sm2::pkcs8::{DecodePrivateKey as _, PrivateKeyInfoRef};
use std::fmt;
use zeroize::Zeroizing;

/// Longest key file read, bytes.
pub const FILE_BYTES_MAX: usize = 16 << 10;
/// Longest passphrase, bytes.
pub const PASSPHRASE_BYTES_MAX: usize = 1 << 10;
/// PBKDF2 iterations of the files we write.
pub const ITERATIONS: u32 = 600_000;
/// Most PBKDF2 iterations that a file read may ask for: one or two seconds.
pub const ITERATIONS_MAX: u32 = 4_000_000;

const PLAIN_LABEL: &str = "PRIVATE KEY";
const ENCRYPTED_LABEL: &str = "ENCRYPTED PRIVATE KEY";
const PUBLIC_LABEL: &str = "PUBLIC KEY";

/// Why a key file cannot be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// Longer than [`FILE_BYTES_MAX`].
    #[error("key file longer than {FILE_BYTES_MAX} bytes")]
    TooLarge,
    /// Neither PEM nor DER of PKCS#8, or damaged.
    #[error("not a PKCS#8 key file, or damaged")]
    Malformed,
    /// PKCS#8, but with an algorithm that we do not read.
    #[error("unsupported {0}")]
    Unsupported(Part),
    /// The file asks for more PBKDF2 iterations than [`ITERATIONS_MAX`].
    #[error("{0} PBKDF2 iterations, at most {ITERATIONS_MAX} allowed")]
    TooManyIterations(u64),
    /// The file is encrypted and no passphrase was given.
    #[error("the key file is encrypted: a passphrase is needed")]
    PassphraseNeeded,
    /// The passphrase does not open the file (or its ciphertext was damaged, which looks the same).
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// A passphrase that is empty or longer than [`PASSPHRASE_BYTES_MAX`].
    #[error("a passphrase has 1 to {PASSPHRASE_BYTES_MAX} bytes")]
    BadPassphrase,
    /// The key itself.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Which algorithm of a key file is unsupported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The key is not an SM2 key.
    Key,
    /// The file's container: not PKCS#8 (`PRIVATE KEY` or `ENCRYPTED PRIVATE KEY`).
    Container,
    /// The encryption scheme is not PBES2.
    Scheme,
    /// The key derivation is not PBKDF2.
    Derivation,
    /// The pseudo-random function is neither HMAC-SM3 nor HMAC-SHA-256.
    PseudoRandomFunction,
    /// The cipher is not SM4-CBC.
    Cipher,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::Key => "key: only SM2 keys are read",
            Part::Container => "container: only PKCS#8 is read (openssl pkcs8 -topk8 converts)",
            Part::Scheme => "encryption scheme: only PBES2 is read",
            Part::Derivation => "key derivation: only PBKDF2 is read",
            Part::PseudoRandomFunction => "pseudo-random function: only HMAC-SM3 and HMAC-SHA-256 are read",
            Part::Cipher => "cipher: only SM4-CBC is read",
        })
    }
}

/// A passphrase: wiped on drop, never shown.
pub struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// Takes what a file or a terminal gave; one line end (LF or CRLF) at the end is not part of it.
    ///
    /// # Errors
    /// [`KeyFileError::BadPassphrase`].
    pub fn new(bytes: Vec<u8>) -> Result<Passphrase, KeyFileError> {
        let mut bytes = Zeroizing::new(bytes);
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
            if bytes.last() == Some(&b'\r') {
                bytes.pop();
            }
        }
        if (1..=PASSPHRASE_BYTES_MAX).contains(&bytes.len()) {
            Ok(Passphrase(bytes))
        } else {
            Err(KeyFileError::BadPassphrase)
        }
    }

    /// What was typed, without the line end: for devices that ask for a passphrase of their own.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase")
    }
}

/// For whom an encrypted file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// PBKDF2-HMAC-SM3 (1.2.156.10197.1.401.2): national algorithms throughout, also read by GmSSL 3.
    National,
    /// PBKDF2-HMAC-SHA-256, for OpenSSL of every version: 3.0 knows no other, 4 knows HMAC-SM3 under another number.
    OpenSsl,
}

/// What makes one encrypted file differ from another of the same key and passphrase.
#[derive(Debug, Clone, Copy)]
pub struct Sealing {
    /// Pseudo-random function.
    pub form: Form,
    /// PBKDF2 iterations, at most [`ITERATIONS_MAX`]; [`ITERATIONS`] unless something speaks against it.
    pub iterations: u32,
    /// Random salt.
    pub salt: [u8; 16],
    /// Random initialisation vector.
    pub iv: [u8; 16],
}

impl Sealing {
    /// Fresh salt and vector from the operating system.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`].
    pub fn random(form: Form, iterations: u32) -> Result<Sealing, KeyError> {
        let (mut salt, mut iv) = ([0; 16], [0; 16]);
        getrandom::fill(&mut salt).and_then(|()| getrandom::fill(&mut iv)).map_err(|_| KeyError::NoRandomness)?;
        Ok(Sealing { form, iterations, salt, iv })
    }
}

/// An encrypted key file in DER.
///
/// # Errors
/// [`KeyFileError::TooManyIterations`], also for 0.
pub fn seal_der(key: &SigningKey, passphrase: &Passphrase, sealing: &Sealing) -> Result<Vec<u8>, KeyFileError> {
    if sealing.iterations == 0 || sealing.iterations > ITERATIONS_MAX {
        return Err(KeyFileError::TooManyIterations(sealing.iterations.into()));
    }
    Ok(pbes2::seal(&to_plain_der(key), passphrase.bytes(), sealing))
}

/// An encrypted key file in PEM with fresh salt and [`ITERATIONS`].
///
/// # Errors
/// [`KeyFileError::Key`] without randomness.
pub fn seal(key: &SigningKey, passphrase: &Passphrase, form: Form) -> Result<String, KeyFileError> {
    seal_pem(key, passphrase, &Sealing::random(form, ITERATIONS)?)
}

/// [`seal_der`] as PEM.
///
/// # Errors
/// As [`seal_der`].
pub fn seal_pem(key: &SigningKey, passphrase: &Passphrase, sealing: &Sealing) -> Result<String, KeyFileError> {
    Ok(to_pem(ENCRYPTED_LABEL, &seal_der(key, passphrase, sealing)?))
}

/// Reads a key file: PEM or DER, encrypted or not.
///
/// # Errors
/// [`KeyFileError`]. A passphrase given for a file that is not encrypted is not used.
pub fn open(file: &[u8], passphrase: Option<&Passphrase>) -> Result<SigningKey, KeyFileError> {
    if file.len() > FILE_BYTES_MAX {
        return Err(KeyFileError::TooLarge);
    }
    let der = if file.first() == Some(&SEQUENCE) { Zeroizing::new(file.to_vec()) } else { private_pem(file)? };
    if !pbes2::is_encrypted(&der)? {
        return from_plain_der(&der);
    }
    let passphrase = passphrase.ok_or(KeyFileError::PassphraseNeeded)?;
    let plain = pbes2::open(&der, passphrase.bytes())?;
    // Two in 256 wrong passphrases leave what looks like padding; then the content gives them away.
    from_plain_der(&plain).map_err(|error| match error {
        KeyFileError::Malformed => KeyFileError::WrongPassphrase,
        other => other,
    })
}

fn private_pem(file: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    let (label, der) = der::pem::decode_vec(file).map_err(|_| KeyFileError::Malformed)?;
    let der = Zeroizing::new(der);
    match label {
        PLAIN_LABEL | ENCRYPTED_LABEL => Ok(der),
        _ => Err(KeyFileError::Unsupported(Part::Container)),
    }
}

fn from_plain_der(der: &[u8]) -> Result<SigningKey, KeyFileError> {
    let info = PrivateKeyInfoRef::try_from(der).map_err(|_| KeyFileError::Malformed)?;
    let curve = info.algorithm.parameters_oid().map_err(|_| KeyFileError::Unsupported(Part::Key))?;
    if info.algorithm.oid != pbes2::EC_PUBLIC_KEY || curve != pbes2::SM2_CURVE {
        return Err(KeyFileError::Unsupported(Part::Key));
    }
    let secret = sm2::SecretKey::from_pkcs8_der(der).map_err(|_| KeyFileError::Malformed)?;
    Ok(SigningKey::from_secret(secret)?)
}

/// The key in PKCS#8 without encryption, DER; wiped on drop. The ECPrivateKey inside (RFC 5915) names its curve and public
/// key, which GmSSL wants and OpenSSL allows.
pub fn to_plain_der(key: &SigningKey) -> Zeroizing<Vec<u8>> {
    let scalar = Zeroizing::new(element(OCTETS, &[key.to_bytes().as_slice()]));
    let curve = element(0xa0, &[&crate::asn1::oid(&pbes2::SM2_CURVE)]);
    let public = element(0xa1, &[&element(0x03, &[&[0], &key.public().to_sec1()])]);
    let inner = Zeroizing::new(element(SEQUENCE, &[&element(INTEGER, &[&[1]]), &scalar, &curve, &public]));
    let algorithm = pbes2::sequence_of_oids(&[&pbes2::EC_PUBLIC_KEY, &pbes2::SM2_CURVE]);
    let octets = Zeroizing::new(element(OCTETS, &[&inner]));
    Zeroizing::new(element(SEQUENCE, &[&element(INTEGER, &[&[0]]), &algorithm, &octets]))
}

/// [`to_plain_der`] as PEM.
pub fn to_plain_pem(key: &SigningKey) -> Zeroizing<String> {
    Zeroizing::new(to_pem(PLAIN_LABEL, &to_plain_der(key)))
}

/// A public key as PEM (SubjectPublicKeyInfo).
pub fn public_to_pem(key: &PublicKey) -> String {
    to_pem(PUBLIC_LABEL, &key.to_spki_der())
}

/// Reads a public key from PEM or DER (SubjectPublicKeyInfo).
///
/// # Errors
/// [`KeyFileError`].
pub fn public_from_file(file: &[u8]) -> Result<PublicKey, KeyFileError> {
    if file.len() > FILE_BYTES_MAX {
        return Err(KeyFileError::TooLarge);
    }
    if file.first() == Some(&SEQUENCE) && file.len() == SPKI_BYTES {
        return Ok(PublicKey::from_spki_der(file)?);
    }
    let (label, der) = der::pem::decode_vec(file).map_err(|_| KeyFileError::Malformed)?;
    if label != PUBLIC_LABEL {
        return Err(KeyFileError::Unsupported(Part::Container));
    }
    Ok(PublicKey::from_spki_der(&der)?)
}
