//! Every decoder of this package against mutated input, bounded and with a fixed seed: what the fuzz targets do at length,
//! in a few seconds on a stable toolchain. Whatever is accepted must be what the encoder writes.

use bencao_chance::Rng;
use bencao_crypto::keyfile::{self, Form, Passphrase, Sealing};
use bencao_crypto::sparse::{ProofLeaf, SparseProof, prove, value_hash};
use bencao_crypto::x509::{Authority, Certificate, CertificateRequest, Purpose, Roots, Subject, Validity};
use bencao_crypto::{Digest, PublicKey, Signature, SigningKey, decode, encode, envelope, enveloped_key, merkle};
use bincode::{Decode, Encode};
use std::collections::BTreeMap;

const INPUTS: usize = 24_000;
const EDITS_MAX: usize = 4;

/// Feeds every seed unchanged, then mutations. `decoder` says whether it accepted.
fn drive(name: &str, seed: u64, seeds: &[Vec<u8>], inputs: usize, mut decoder: impl FnMut(&[u8]) -> bool) {
    let mut rng = Rng(seed);
    for original in seeds {
        assert!(decoder(original), "{name}: a good input must be accepted");
    }
    let refused = (0..inputs).filter(|i| !decoder(&rng.changed(&seeds[i % seeds.len()], EDITS_MAX))).count();
    assert!(refused > inputs / 2, "{name}: only {refused} of {inputs} mutations were refused");
}

#[derive(Encode, Decode)]
struct Everything {
    version: u8,
    key: PublicKey,
    names: Vec<String>,
    map: BTreeMap<u16, Vec<u8>>,
    nested: Option<Box<[Vec<Option<Digest>>]>>,
    kind: Kind,
}

#[derive(Encode, Decode)]
enum Kind {
    Empty,
    Full { path: merkle::Path, amount: i128, letter: char, flag: bool },
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32]).unwrap()
}

#[test]
fn codec() {
    let leaves: Vec<Digest> = (0..9u8).map(|i| merkle::leaf(&[i])).collect();
    let path = merkle::path(&leaves, 5).unwrap();
    let value = |kind| Everything {
        version: 1,
        key: key(3).public(),
        names: vec!["一".into(), String::new()],
        map: BTreeMap::from([(1, vec![1, 2, 3]), (700, vec![])]),
        nested: Some(Box::new([vec![None, Some(Digest([9; 32]))], vec![]])),
        kind,
    };
    let full = Kind::Full { path, amount: -5, letter: '药', flag: true };
    let seeds = [encode(&value(Kind::Empty)), encode(&value(full))];
    drive("codec", 1, &seeds, INPUTS, |bytes| match decode::<Everything>(bytes, 4096) {
        Ok(value) => {
            assert_eq!(encode(&value), bytes);
            if let Kind::Full { path, .. } = &value.kind {
                path.root_of(Digest::ZERO);
            }
            true
        }
        Err(_) => false,
    });
}

#[test]
fn sparse_proofs() {
    let leaves: Vec<ProofLeaf> = (0..40u8).map(|i| ProofLeaf { key: [i; 32], value_hash: value_hash(&[i]) }).collect();
    let keys = [[3; 32], [200; 32], [0x0f; 32]];
    let seeds: Vec<Vec<u8>> = keys.iter().map(|key| encode(&prove(&leaves, key))).collect();
    let root = bencao_crypto::sparse::root(&leaves);
    drive("sparse proof", 2, &seeds, INPUTS, |bytes| match decode::<SparseProof>(bytes, 1 << 14) {
        Ok(proof) => {
            assert_eq!(encode(&proof), bytes);
            for key in &keys {
                let present = leaves.iter().any(|leaf| leaf.key == *key);
                assert_ne!((proof.root_of(key, None), present), (Some(root), true), "absence of a present key");
                assert_ne!(proof.root_of(key, Some(b"forged")), Some(root));
            }
            true
        }
        Err(_) => false,
    });
}

#[test]
fn merkle_paths() {
    let leaves: Vec<Digest> = (0..21u8).map(|i| merkle::leaf(&[i])).collect();
    let root = merkle::root(&leaves);
    let seeds: Vec<Vec<u8>> = [0, 7, 20].iter().map(|i| encode(&merkle::path(&leaves, *i).unwrap())).collect();
    let foreign = merkle::leaf(b"foreign");
    drive("merkle path", 3, &seeds, INPUTS, |bytes| match decode::<merkle::Path>(bytes, 1 << 14) {
        Ok(path) => {
            assert_ne!(path.root_of(foreign), Some(root));
            leaves.iter().any(|leaf| path.root_of(*leaf) == Some(root))
        }
        Err(_) => false,
    });
}

#[test]
fn key_files() {
    let passphrase = Passphrase::new(b"secret".to_vec()).unwrap();
    let sealed = |form| {
        let sealing = Sealing { form, iterations: 1, salt: [5; 16], iv: [6; 16] };
        keyfile::seal_der(&key(3), &passphrase, &sealing).unwrap()
    };
    let pem = |label: &'static str, der: &[u8]| der::pem::encode_string(label, der::pem::LineEnding::LF, der).unwrap();
    let seeds = [
        sealed(Form::National),
        sealed(Form::OpenSsl),
        keyfile::to_plain_der(&key(3)).to_vec(),
        keyfile::to_plain_pem(&key(3)).as_bytes().to_vec(),
        pem("ENCRYPTED PRIVATE KEY", &sealed(Form::National)).into_bytes(),
    ];
    drive("key file", 4, &seeds, INPUTS, |bytes| keyfile::open(bytes, Some(&passphrase)).is_ok());
    let public = [key(3).public().to_spki_der().to_vec(), keyfile::public_to_pem(&key(3).public()).into_bytes()];
    drive("public key", 5, &public, INPUTS, |bytes| match keyfile::public_from_file(bytes) {
        Ok(read) => PublicKey::from_spki_der(&read.to_spki_der()) == Ok(read),
        Err(_) => false,
    });
}

#[test]
fn certificates() {
    const VALID: Validity = Validity { not_before_s: 1_795_000_000, not_after_s: 1_800_000_000 };
    let subject = Subject { common_name: "node", organisation: "member" };
    let ca = Authority::create(subject, key(1), VALID).unwrap();
    let member = ca.issue(subject, &key(2).public(), VALID).unwrap();
    let roots = Roots::new(std::slice::from_ref(ca.certificate())).unwrap();
    let (mut read, mut valid) = (0, 0);
    drive("certificate", 6, &[member.der().to_vec()], INPUTS, |bytes| {
        read += usize::from(Certificate::from_der(bytes).is_ok());
        let chain = [bytes.to_vec().into()];
        let accepted = roots.verify(&chain, Purpose::Client, VALID.not_before_s).is_ok();
        let undated = roots.verify_undated(&chain, Purpose::Server).is_ok();
        assert!(!(accepted || undated) || bytes == member.der(), "only the certificate itself verifies");
        valid += usize::from(accepted);
        accepted
    });
    assert!(read > 100 && valid < read, "mutations must reach behind the parser: {read} read, {valid} valid");
    let chain = format!("{}{}", member.to_pem(), ca.certificate().to_pem()).into_bytes();
    drive("chain in PEM", 7, &[chain], INPUTS, |bytes| {
        Certificate::chain_from_pem(&String::from_utf8_lossy(bytes)).is_ok_and(|chain| chain.len() == 2)
    });
}

#[test]
fn envelopes() {
    let sealed = envelope::seal(&key(3).public(), b"a wrapped key of 16").unwrap();
    drive("envelope", 8, std::slice::from_ref(&sealed), 4_000, |bytes| match envelope::open(&key(3), bytes) {
        Ok(message) => {
            assert_eq!(message[..], *b"a wrapped key of 16");
            true
        }
        Err(_) => false,
    });
    drive("envelope in DER", 9, &[envelope::to_der(&sealed).unwrap()], INPUTS, |bytes| {
        match envelope::from_der(bytes) {
            Ok(raw) => {
                assert_eq!(envelope::to_der(&raw).unwrap(), bytes, "one encoding only");
                true
            }
            Err(_) => false,
        }
    });
}

#[test]
fn certificate_requests() {
    let subject = Subject { common_name: "node", organisation: "member" };
    let request = CertificateRequest::create(subject, &key(2)).unwrap();
    drive("certificate request", 11, &[request.der().to_vec()], INPUTS, |bytes| {
        let read = CertificateRequest::from_der(bytes);
        assert!(read.is_err() || bytes == request.der(), "only the request itself is signed");
        read.is_ok()
    });
}

#[test]
fn enveloped_keys() {
    let sealed = enveloped_key::seal(&key(3).public(), &key(4)).unwrap();
    drive("enveloped key", 12, &[sealed], 4_000, |bytes| match enveloped_key::open(&key(3), bytes) {
        Ok(opened) => {
            assert_eq!(opened.public(), key(4).public());
            true
        }
        Err(_) => false,
    });
}

#[test]
fn signatures_in_der() {
    let seeds = [key(3).sign(b"m").to_der(), Signature([1; 64]).to_der(), Signature([0; 64]).to_der()];
    drive("signature", 10, &seeds, INPUTS, |bytes| match Signature::from_der(bytes) {
        Some(signature) => signature.to_der() == bytes,
        None => false,
    });
}
