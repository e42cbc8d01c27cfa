//! Known-answer tests at start-up (GM/T 0028 §7.10 in spirit): a node whose arithmetic is wrong, through a miscompiled
//! binary or bad memory, must not sign, vote or judge. Takes a few milliseconds.

use crate::path::{self, Paths};
use crate::sm4::{Path, Sm4Gcm, decrypt_block, encrypt_block};
use crate::vectors::{self, bytes};
use crate::{
    CryptoPath, Digest, DigestClaim, Messages, PublicKey, Signature, SigningKey, TableKeys, envelope, hmac, sm3,
};
use std::fmt;

/// What was tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// SM3.
    Sm3,
    /// HMAC-SM3.
    HmacSm3,
    /// PBKDF2-HMAC-SM3.
    Pbkdf2HmacSm3,
    /// SM4, one block both ways.
    Sm4,
    /// SM4-GCM, sealing and opening.
    Sm4Gcm,
    /// SM4-GCM on the path chosen for this processor.
    Sm4GcmPath,
    /// SM2 verification, of a right and of wrong signatures.
    Sm2Verify,
    /// SM2 key derivation and signing.
    Sm2Sign,
    /// SM2 public-key encryption.
    Sm2Encrypt,
    /// SM3 of many messages on the chosen path.
    Sm3Path,
    /// SM2 verification with tables and in batches on the chosen path.
    Sm2VerifyPath,
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Algorithm::Sm3 => "SM3",
            Algorithm::HmacSm3 => "HMAC-SM3",
            Algorithm::Pbkdf2HmacSm3 => "PBKDF2-HMAC-SM3",
            Algorithm::Sm4 => "SM4",
            Algorithm::Sm4Gcm => "SM4-GCM",
            Algorithm::Sm4GcmPath => "SM4-GCM on this processor's path",
            Algorithm::Sm2Verify => "SM2 verification",
            Algorithm::Sm2Sign => "SM2 signing",
            Algorithm::Sm2Encrypt => "SM2 encryption",
            Algorithm::Sm3Path => "SM3 of many messages",
            Algorithm::Sm2VerifyPath => "SM2 verification with tables",
        })
    }
}

/// An algorithm does not give its known answer: stop the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("self-test failed: {0} does not give its known answer")]
pub struct SelfTestError(
    /// The first algorithm that failed.
    pub Algorithm,
);

type Test = (Algorithm, fn() -> bool);

const TESTS: &[Test] = &[
    (Algorithm::Sm3, sm3_answers),
    (Algorithm::HmacSm3, hmac_answers),
    (Algorithm::Pbkdf2HmacSm3, pbkdf2_answers),
    (Algorithm::Sm4, sm4_answers),
    (Algorithm::Sm4Gcm, gcm_answers),
    (Algorithm::Sm4GcmPath, || gcm_agrees(Path::best())),
    (Algorithm::Sm2Verify, verification_answers),
    (Algorithm::Sm2Sign, signing_answers),
    (Algorithm::Sm2Encrypt, encryption_answers),
    (Algorithm::Sm3Path, || digests_agree(path::chosen())),
    (Algorithm::Sm2VerifyPath, || verdicts_agree(path::chosen())),
];

/// Runs every known-answer test.
///
/// # Errors
/// [`SelfTestError`] names the first algorithm that failed.
pub fn run() -> Result<(), SelfTestError> {
    first_failure(TESTS)
}

fn first_failure(tests: &[Test]) -> Result<(), SelfTestError> {
    tests.iter().find(|(_, passes)| !passes()).map_or(Ok(()), |(algorithm, _)| Err(SelfTestError(*algorithm)))
}

fn sm3_answers() -> bool {
    sm3(b"abc").0[..] == bytes(vectors::SM3_ABC) && sm3(&b"abcd".repeat(16)).0[..] == bytes(vectors::SM3_ABCD)
}

fn hmac_answers() -> bool {
    let tag = hmac::hmac_sm3(b"key", &[b"The quick brown fox ", b"jumps over the lazy dog"]);
    tag.0[..] == bytes(vectors::HMAC_FOX)
}

/// PBKDF2 of one iteration and one block is HMAC(passphrase, salt ‖ 1); of two, the exclusive or of a chain of two.
fn pbkdf2_answers() -> bool {
    let first = hmac::hmac_sm3(b"passphrase", &[b"salt", &[0, 0, 0, 1]]);
    let second = hmac::hmac_sm3(b"passphrase", &[&first.0]);
    let mut out = [0; 32];
    hmac::pbkdf2_hmac_sm3(b"passphrase", b"salt", 2, &mut out);
    out.iter().zip(first.0.iter().zip(&second.0)).all(|(got, (a, b))| *got == a ^ b)
}

fn sm4_answers() -> bool {
    let mut block = vectors::SM4_KEY;
    encrypt_block(&vectors::SM4_KEY, &mut block);
    let encrypted = block[..] == bytes(vectors::SM4_BLOCK);
    decrypt_block(&vectors::SM4_KEY, &mut block);
    encrypted && block == vectors::SM4_KEY
}

fn gcm_answers() -> bool {
    let (aad, plain, sealed) = (bytes(vectors::GCM_AAD), bytes(vectors::GCM_PLAIN), bytes(vectors::GCM_SEALED));
    let cipher = Sm4Gcm::new(&vectors::SM4_KEY);
    let mut forged = sealed.clone();
    forged[3] ^= 1;
    cipher.seal(&vectors::GCM_NONCE, &aad, &plain) == sealed
        && cipher.open(&vectors::GCM_NONCE, &aad, &sealed) == Ok(plain)
        && cipher.open(&vectors::GCM_NONCE, &aad, &forged).is_err()
}

/// The path against the portable one, which shares no code with it but the key schedule: lengths that end in every kind of
/// remainder, and take one batch and several.
fn gcm_agrees(path: Path) -> bool {
    let (key, nonce, aad) = (vectors::SM4_KEY, vectors::GCM_NONCE, [0x5a; 13]);
    let (Ok(chosen), Ok(portable)) = (Sm4Gcm::with_path(path, &key), Sm4Gcm::with_path(Path::Portable, &key)) else {
        return false;
    };
    let message: Vec<u8> = (0..4096_u16).map(|i| (i.wrapping_mul(0x9e37) >> 8) as u8).collect();
    (0..300).chain((300..message.len()).step_by(251)).all(|length| {
        let (message, aad) = (&message[..length], &aad[..length % 14]);
        let sealed = portable.seal(&nonce, aad, message);
        let mut forged = sealed.clone();
        forged[length / 2] ^= 0x10;
        chosen.seal(&nonce, aad, message) == sealed
            && chosen.open(&nonce, aad, &sealed).as_deref() == Ok(message)
            && chosen.open(&nonce, aad, &forged).is_err()
    })
}

fn verification_answers() -> bool {
    let Ok(key) = PublicKey::from_hex(vectors::SM2_PUBLIC) else { return false };
    let Ok(signature) = <[u8; 64]>::try_from(bytes(vectors::SM2_SIGNATURE)) else { return false };
    let mut forged = signature;
    forged[63] ^= 1;
    key.verify(b"message digest", &Signature(signature))
        && !key.verify(b"message digest", &Signature(forged))
        && !key.verify(b"message digesu", &Signature(signature))
}

fn signing_answers() -> bool {
    let key = vectors::key();
    key.public().as_bytes()[..] == bytes(vectors::SM2_PUBLIC)
        && key.public().verify(b"bencao", &key.sign(b"bencao"))
        && key.sign(b"bencao") == key.sign(b"bencao")
}

fn encryption_answers() -> bool {
    let key = vectors::key();
    let sealed = envelope::seal_with(&key.public(), b"encryption standard", &mut vectors::standard_k);
    sealed.is_ok_and(|sealed| {
        sealed == bytes(vectors::ENVELOPE_C1_C3_C2)
            && envelope::open(&key, &sealed).is_ok_and(|message| message[..] == *b"encryption standard")
    })
}

/// The path against one message after the other: lengths of one to three blocks, enough messages for any lanes.
fn digests_agree(paths: Paths) -> bool {
    let text = [0xa5; 130];
    let mut messages = Messages::default();
    (0..=text.len()).for_each(|length| messages.push(&[&text[..length]]));
    paths.sm3_all(&messages) == messages.iter().map(sm3).collect::<Vec<Digest>>()
}

/// The path against the portable one, and both against what is known.
fn verdicts_agree(paths: Paths) -> bool {
    let Ok(portable) = CryptoPath::Portable.resolve() else { return false };
    let verdicts = |paths: Paths, claims: &[DigestClaim]| TableKeys::on(paths, 1 << 20).verify_digests(claims);
    let (claims, expected) = path_claims();
    // The last claim alone makes vector lanes give up, so the others are judged once without it.
    let plain = &claims[..claims.len() - 1];
    verdicts(portable, &claims) == expected
        && verdicts(paths, &claims) == expected
        && verdicts(paths, plain) == expected[..plain.len()]
}

/// Claims and the verdicts on them: right and damaged signatures of two keys in turn, and at last one whose sG + tP is
/// infinity, on which sums in affine coordinates fail.
fn path_claims() -> (Vec<DigestClaim>, Vec<bool>) {
    let twice_g = SigningKey::from_bytes(&scalar(2)).expect("2 is in range");
    let keys = [vectors::key(), twice_g.clone()];
    let (mut claims, mut expected) = (Vec::new(), Vec::new());
    for i in 0..20u8 {
        let key = &keys[usize::from(i % 2)];
        let (mut e, mut signature) = (key.public().message_digest(&[i]), key.sign(&[i]));
        match i % 5 {
            1 => e.0[usize::from(i)] ^= 1,
            2 => signature.0[usize::from(i)] ^= 0x10,
            3 => signature.0[usize::from(i) + 32] ^= 0x80,
            _ => {}
        }
        claims.push(DigestClaim { key: key.public(), e, signature });
        expected.push(matches!(i % 5, 0 | 4));
    }
    // With P = 2G, t = 1 and s = −2: r = t − s = 3.
    let mut infinite = [0; 64];
    infinite[31] = 3;
    infinite[32..].copy_from_slice(&crate::sm2::ORDER_LESS_1);
    infinite[63] -= 1;
    claims.push(DigestClaim { key: twice_g.public(), e: Digest::ZERO, signature: Signature(infinite) });
    expected.push(false);
    (claims, expected)
}

/// 32 bytes, big endian.
fn scalar(value: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[31] = value;
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_algorithms_give_their_known_answers() {
        assert_eq!(run(), Ok(()));
        assert_eq!(TESTS.len(), 11);
    }

    #[test]
    fn every_path_of_this_processor_passes() {
        for verify in path::VerifyPath::ALL {
            for digest in path::DigestPath::ALL {
                let Ok(paths) = Paths::new(verify, digest) else { continue };
                assert!(digests_agree(paths) && verdicts_agree(paths), "{paths}");
            }
        }
        let (claims, expected) = path_claims();
        let library: Vec<bool> = claims.iter().map(|c| c.key.verify_digest(&c.e, &c.signature)).collect();
        assert_eq!(library, expected);
    }

    #[test]
    fn every_path_of_this_processor_agrees_and_a_missing_one_fails() {
        for path in Path::ALL {
            assert_eq!(gcm_agrees(path), path.is_available(), "{path}");
        }
    }

    #[test]
    fn the_first_failure_is_named() {
        let broken: &[Test] = &[(Algorithm::Sm3, || true), (Algorithm::Sm4, || false), (Algorithm::Sm2Sign, || false)];
        assert_eq!(first_failure(broken), Err(SelfTestError(Algorithm::Sm4)));
        assert_eq!(
            SelfTestError(Algorithm::Sm4Gcm).to_string(),
            "self-test failed: SM4-GCM does not give its known answer"
        );
    }
}
