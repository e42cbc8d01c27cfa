//! Everything against `sm4` with `aes-gcm`.

use super::{paths, subjects};
use crate::Refused;
use aes_gcm::aead::consts::U12;
use aes_gcm::{AeadInOut as _, AesGcm, KeyInit as _};
use bencao_chance::Rng;
use sm4::cipher::BlockCipherEncrypt as _;

type Library = AesGcm<sm4::Sm4, U12>;

/// Ciphertext and tag as the library has them.
pub(super) fn library(key: &[u8; 16], nonce: &[u8; 12], aad: &[u8], plain: &[u8]) -> (Vec<u8>, [u8; 16]) {
    let mut text = plain.to_vec();
    let tag = Library::new(key.into()).encrypt_inout_detached(nonce.into(), aad, text.as_mut_slice().into());
    (text, tag.unwrap().into())
}

/// Every length from 0 to 2600, so every shape of batch and remainder, and some longer ones; random keys, nonces and
/// associated data of all kinds of length; in place, at every alignment, with what lies around it untouched.
#[test]
fn every_length_at_every_alignment() {
    const ROOM: usize = 64;
    let mut rng = Rng(8998);
    for length in (0..=2600).chain([4095, 4096, 4097, 16384, 16385, 16401, 65537]) {
        let (key, nonce) = (rng.array(), rng.array());
        let aad_length = [0, 5, 13, 16, 17, 32, 33, 100, 511, 512, 513, 1100][rng.below(12)];
        let (aad, plain, at) = (rng.bytes(aad_length), rng.bytes(length), rng.below(ROOM));
        let (text, tag) = library(&key, &nonce, &aad, &plain);
        for (name, subject) in subjects(&key) {
            let mut room = vec![0xa5; length + 2 * ROOM];
            room[at..at + length].copy_from_slice(&plain);
            assert_eq!(subject.seal(&nonce, &aad, &mut room[at..at + length]), tag, "{name}: {length} bytes");
            assert_eq!(room[at..at + length], text, "{name}: {length} bytes");
            let mut bad = tag;
            bad[length % 16] ^= 1 << (length / 16 % 8);
            let refused = subject.open(&nonce, &aad, &mut room[at..at + length], &bad);
            assert_eq!(refused, Err(Refused), "{name}: {length} bytes");
            assert_eq!(room[at..at + length], text, "{name}: what is refused stays as it is");
            assert_eq!(subject.open(&nonce, &aad, &mut room[at..at + length], &tag), Ok(()), "{name}: {length} bytes");
            assert_eq!(room[at..at + length], plain, "{name}: {length} bytes");
            let around = room[..at].iter().chain(&room[at + length..]);
            assert!(around.copied().all(|byte| byte == 0xa5), "{name}: {length} bytes, written beside the message");
        }
    }
}

/// The library hides its round keys; equal blocks under many keys say as much.
#[test]
fn blocks_under_many_keys() {
    let mut rng = Rng(32907);
    for i in 0..20_000 {
        let (key, block): ([u8; 16], [u8; 16]) = (rng.array(), rng.array());
        let mut expected = block;
        sm4::Sm4::new((&key).into()).encrypt_block((&mut expected).into());
        for path in paths() {
            let ours = crate::Sm4Gcm::with_path(path, &key).unwrap();
            assert_eq!(ours.encrypt_block(&block), expected, "{path}: case {i}");
        }
    }
}
