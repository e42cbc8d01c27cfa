use super::*;

const FEW: u32 = 1_000;

fn key() -> SigningKey {
    crate::vectors::key()
}

fn pass(text: &str) -> Passphrase {
    Passphrase::new(text.as_bytes().to_vec()).unwrap()
}

fn sealed(form: Form, iterations: u32) -> Vec<u8> {
    seal_der(&key(), &pass("secret"), &Sealing { form, iterations, salt: [5; 16], iv: [6; 16] }).unwrap()
}

fn opened(file: &[u8], passphrase: Option<&str>) -> Result<PublicKey, KeyFileError> {
    open(file, passphrase.map(pass).as_ref()).map(|key| key.public())
}

#[test]
fn both_forms_open_again_from_der_and_pem() {
    for form in [Form::National, Form::OpenSsl] {
        let der = sealed(form, FEW);
        assert_eq!(opened(&der, Some("secret")), Ok(key().public()));
        let pem = to_pem(ENCRYPTED_LABEL, &der);
        assert_eq!(opened(pem.as_bytes(), Some("secret")), Ok(key().public()));
        assert_eq!(opened(pem.replace('\n', "\r\n").as_bytes(), Some("secret")), Ok(key().public()));
        assert_eq!(opened(&der, Some("Secret")), Err(KeyFileError::WrongPassphrase));
        assert_eq!(opened(&der, None), Err(KeyFileError::PassphraseNeeded));
    }
    let plain = to_plain_pem(&key());
    assert_eq!(opened(plain.as_bytes(), None), Ok(key().public()));
    assert_eq!(opened(&to_plain_der(&key()), Some("not used")), Ok(key().public()));
    assert_eq!(open(&to_plain_der(&key()), None).unwrap().to_bytes(), key().to_bytes());
}

#[test]
fn files_as_written_are_fresh_and_slow_to_guess() {
    let (one, two) =
        (seal(&key(), &pass("p"), Form::National).unwrap(), seal(&key(), &pass("p"), Form::National).unwrap());
    assert_ne!(one, two);
    assert!(one.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    assert_eq!(opened(one.as_bytes(), Some("p")), Ok(key().public()));
}

#[test]
fn no_wrong_passphrase_opens() {
    let der = sealed(Form::National, 1);
    for i in 0..2_000 {
        assert_eq!(opened(&der, Some(&format!("guess {i}"))), Err(KeyFileError::WrongPassphrase));
    }
}

/// The parts of an encrypted file, to break one at a time. Object identifiers are contents in hexadecimal.
#[derive(Clone)]
struct Parts {
    scheme: &'static str,
    derivation: &'static str,
    salt: usize,
    iterations: Vec<u8>,
    key_length: Option<u8>,
    function: Option<&'static str>,
    cipher: &'static str,
    iv: usize,
    sealed: Vec<u8>,
}

impl Parts {
    /// The parts of [`sealed`] in our own form.
    fn good() -> Parts {
        let der = sealed(Form::National, FEW);
        Parts {
            scheme: "2a864886f70d01050d",
            derivation: "2a864886f70d01050c",
            salt: 16,
            iterations: vec![0x03, 0xe8],
            key_length: None,
            function: Some("2a811ccf5501831102"),
            cipher: "2a811ccf55016802",
            iv: 16,
            sealed: der[der.len() - 160..].to_vec(),
        }
    }

    fn der(&self) -> Vec<u8> {
        let oid = |hex: &str| element(0x06, &[&hex::decode(hex).unwrap()]);
        let length = self.key_length.map(|l| element(INTEGER, &[&[l]])).unwrap_or_default();
        let function = |hex| element(SEQUENCE, &[&oid(hex), &[5, 0]]);
        let parameters = element(
            SEQUENCE,
            &[
                &element(OCTETS, &[&vec![5; self.salt]]),
                &element(INTEGER, &[&self.iterations]),
                &length,
                &self.function.map(function).unwrap_or_default(),
            ],
        );
        let derivation = element(SEQUENCE, &[&oid(self.derivation), &parameters]);
        let cipher = element(SEQUENCE, &[&oid(self.cipher), &element(OCTETS, &[&vec![6; self.iv]])]);
        let scheme = element(SEQUENCE, &[&oid(self.scheme), &element(SEQUENCE, &[&derivation, &cipher])]);
        element(SEQUENCE, &[&scheme, &element(OCTETS, &[&self.sealed])])
    }
}

#[test]
fn golden_bytes() {
    let der = sealed(Form::National, FEW);
    assert_eq!(Parts::good().der(), der, "the parts that the other tests break are those that are written");
    assert_eq!(crate::sm3(&der).to_string(), "e5912a62006b8334dba2951d3261019bdf80cc1f3d522be7a203767ae46e1cff");
    assert_eq!(
        crate::sm3(&sealed(Form::OpenSsl, FEW)).to_string(),
        "ac75a92b7d4a4bdb50e94503f4991e26babdea8eb9b94353991fd4c78dc1acad"
    );
    let plain = "308193020100301306072a8648ce3d020106082a811ccf5501822d04793077020101\
                 0420SECRETa00a06082a811ccf5501822da14403420004PUBLIC"
        .replace("SECRET", crate::vectors::SM2_SECRET)
        .replace("PUBLIC", crate::vectors::SM2_PUBLIC)
        .to_lowercase();
    assert_eq!(hex::encode(&*to_plain_der(&key())), plain);
}

#[test]
fn what_a_file_asks_for_is_checked_first() {
    use KeyFileError::{Malformed, TooManyIterations, Unsupported};
    let broken = |break_it: fn(&mut Parts)| {
        let mut parts = Parts::good();
        break_it(&mut parts);
        opened(&parts.der(), Some("secret"))
    };
    let good = Ok(key().public());
    assert_eq!(broken(|_| ()), good);
    assert_eq!(broken(|p| p.function = Some("2a811ccf550183110301")), good, "the other number of HMAC-SM3");
    assert_eq!(broken(|p| p.key_length = Some(16)), good);
    assert_eq!(broken(|p| p.key_length = Some(32)), Err(Malformed));
    assert_eq!(broken(|p| p.scheme = "2a864886f70d010503"), Err(Unsupported(Part::Scheme)));
    assert_eq!(broken(|p| p.derivation = "2b06010401da470401"), Err(Unsupported(Part::Derivation)), "scrypt");
    assert_eq!(broken(|p| p.cipher = "60864801650304012a"), Err(Unsupported(Part::Cipher)), "AES-256-CBC");
    assert_eq!(broken(|p| p.function = Some("2a864886f70d020b")), Err(Unsupported(Part::PseudoRandomFunction)));
    assert_eq!(broken(|p| p.function = None), Err(Unsupported(Part::PseudoRandomFunction)), "HMAC-SHA-1");
    assert_eq!(broken(|p| p.iterations = vec![0]), Err(Malformed));
    assert_eq!(broken(|p| p.iterations = vec![0xff]), Err(Malformed), "negative");
    assert_eq!(broken(|p| p.iterations = vec![0x3d, 0x09, 0x01]), Err(TooManyIterations(4_000_001)));
    assert_eq!(broken(|p| p.iterations = vec![0x7f; 8]), Err(TooManyIterations(0x7f7f_7f7f_7f7f_7f7f)));
    assert_eq!(broken(|p| p.iterations = vec![0x7f; 9]), Err(Malformed));
    assert_eq!(broken(|p| p.salt = 129), Err(Malformed));
    assert_eq!(broken(|p| p.iv = 15), Err(Malformed));
    assert_eq!(broken(|p| p.sealed.truncate(159)), Err(Malformed));
    assert_eq!(broken(|p| p.sealed.clear()), Err(Malformed));
    assert_eq!(broken(|p| p.sealed.truncate(144)), Err(KeyFileError::WrongPassphrase));
    let sealing = |iterations| Sealing { form: Form::National, iterations, salt: [0; 16], iv: [0; 16] };
    for count in [0, ITERATIONS_MAX + 1] {
        let refused = seal_der(&key(), &pass("p"), &sealing(count)).unwrap_err();
        assert_eq!(refused, TooManyIterations(count.into()));
    }
}

#[test]
fn what_is_no_sm2_key_in_pkcs8_is_refused() {
    use KeyFileError::{Malformed, TooLarge, Unsupported};
    let plain = to_plain_der(&key());
    assert_eq!(opened(&[&plain[..], &[0]].concat(), None), Err(Malformed));
    assert_eq!(opened(&plain[..plain.len() - 1], None), Err(Malformed));
    assert_eq!(opened(b"", None), Err(Malformed));
    assert_eq!(opened(b"not a key", None), Err(Malformed));
    assert_eq!(opened(&vec![b' '; FILE_BYTES_MAX + 1], None), Err(TooLarge));
    let labelled = |label| to_pem(label, &plain);
    assert_eq!(opened(labelled("EC PRIVATE KEY").as_bytes(), None), Err(Unsupported(Part::Container)));
    // The curve's identifier, then the algorithm's, one digit off.
    for (identifier, at) in [([0x55, 1, 0x82, 0x2d], 3), ([0x48, 0xce, 0x3d, 2], 2)] {
        let mut other = plain.to_vec();
        let start = other.windows(4).position(|w| w == identifier).unwrap();
        other[start + at] ^= 1;
        assert_eq!(opened(&other, None), Err(Unsupported(Part::Key)));
    }
    // A public key that is not that of the private key.
    let mut other = plain.to_vec();
    let last = other.len() - 1;
    other[last] ^= 1;
    assert_eq!(opened(&other, None), Err(Malformed));
    // d = n - 1 has no signatures (1 + d is not invertible).
    let n_less_1 = hex::decode("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122").unwrap();
    assert_eq!(SigningKey::from_bytes(n_less_1.as_slice().try_into().unwrap()).unwrap_err(), KeyError::OutOfRange);
    assert_eq!(SigningKey::from_bytes(&[0; 32]).unwrap_err(), KeyError::OutOfRange);
    assert_eq!(SigningKey::from_bytes(&[0xff; 32]).unwrap_err(), KeyError::OutOfRange);
}

#[test]
fn public_keys_travel_as_pem_and_der() {
    let public = key().public();
    let pem = public_to_pem(&public);
    assert_eq!(public_from_file(pem.as_bytes()), Ok(public));
    assert_eq!(public_from_file(&public.to_spki_der()), Ok(public));
    assert_eq!(public_from_file(to_plain_pem(&key()).as_bytes()), Err(KeyFileError::Unsupported(Part::Container)));
    assert_eq!(public_from_file(&public.to_spki_der()[..90]), Err(KeyFileError::Malformed));
    let mut off_curve = public.to_spki_der();
    off_curve[90] ^= 1;
    assert_eq!(public_from_file(&off_curve), Err(KeyFileError::Key(KeyError::NotOnCurve)));
    // GM/T 0009 wants the uncompressed point.
    let compressed = to_pem("PUBLIC KEY", &[&public.to_spki_der()[..26], &[2], &public.as_bytes()[..32]].concat());
    assert_eq!(public_from_file(compressed.as_bytes()), Err(KeyFileError::Key(KeyError::Malformed)));
}

#[test]
fn passphrases_come_from_files_with_one_line_end() {
    assert_eq!(pass("a b\n").bytes(), b"a b");
    assert_eq!(pass("a b\r\n").bytes(), b"a b");
    assert_eq!(pass("a\n\n").bytes(), b"a\n");
    assert_eq!(pass("口令").bytes(), "口令".as_bytes());
    for bad in [vec![], b"\n".to_vec(), vec![b'x'; PASSPHRASE_BYTES_MAX + 1]] {
        assert_eq!(Passphrase::new(bad).map(drop), Err(KeyFileError::BadPassphrase));
    }
    assert_eq!(format!("{:?} {:?}", pass("secret"), key()), "Passphrase SigningKey(09f9df311e54…)");
}
