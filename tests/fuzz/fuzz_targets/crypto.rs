//! Decoders at the border of `bencao-crypto`: proofs, key files, certificates, envelopes, signatures.
#![no_main]

use bencao_crypto::sparse::SparseProof;
use bencao_crypto::x509::Certificate;
use bencao_crypto::{Digest, PublicKey, Signature, decode, encode, envelope, keyfile, merkle};
use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 1 << 16;

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    match choice % 9 {
        0 => {
            if let Ok(proof) = decode::<SparseProof>(bytes, LIMIT) {
                assert_eq!(encode(&proof), bytes);
                let _ = proof.root_of(&[7; 32], Some(b"value"));
            }
        }
        1 => {
            if let Ok(path) = decode::<merkle::Path>(bytes, LIMIT) {
                assert_eq!(encode(&path), bytes);
                let _ = path.root_of(Digest::ZERO);
            }
        }
        2 => drop(keyfile::open(bytes, None)),
        3 => drop(keyfile::public_from_file(bytes)),
        4 => drop(Certificate::from_der(bytes)),
        5 => drop(Certificate::chain_from_pem(&String::from_utf8_lossy(bytes))),
        6 => {
            if let Ok(raw) = envelope::from_der(bytes) {
                assert_eq!(envelope::to_der(&raw).expect("it was read from DER"), bytes);
            }
        }
        7 => {
            if let Some(signature) = Signature::from_der(bytes) {
                assert_eq!(signature.to_der(), bytes);
            }
        }
        _ => {
            if let Ok(key) = PublicKey::from_spki_der(bytes) {
                assert_eq!(key.to_spki_der(), bytes);
            }
        }
    }
});
