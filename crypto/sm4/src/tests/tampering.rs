//! What was changed anywhere is refused, and what is refused stays encrypted.

use super::subjects;
use crate::vector::Keys;
use crate::{Refused, Sm4Gcm};
use bencao_chance::Rng;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Every bit of every byte of text, tag, associated data and nonce, for lengths around the sizes of a block and of a batch.
#[test]
fn every_bit_of_every_byte() {
    let mut rng = Rng(7);
    for (length, aad_length) in [(0, 0), (1, 5), (15, 16), (16, 0), (17, 33), (48, 13), (127, 5), (300, 5)] {
        let (key, nonce): ([u8; 16], [u8; 12]) = (rng.array(), rng.array());
        let (plain, aad) = (rng.bytes(length), rng.bytes(aad_length));
        for (name, subject) in subjects(&key) {
            let mut text = plain.clone();
            let tag = subject.seal(&nonce, &aad, &mut text);
            let whole = [&text[..], &tag, &aad, &nonce].concat();
            // Emulation is slow, and what it tests are the kernels: one bit of each byte is enough.
            let bits = if name.contains("emulated") { 1 } else { 8 };
            for bit in (0..8 * whole.len()).step_by(8 / bits) {
                let mut bad = whole.clone();
                bad[bit / 8] ^= 1 << (bit % 8);
                let (bad_text, rest) = bad.split_at_mut(length);
                let (bad_tag, rest) = rest.split_first_chunk_mut().unwrap();
                let (bad_aad, bad_nonce) = rest.split_at_mut(aad_length);
                let before = bad_text.to_vec();
                let bad_nonce: &[u8; 12] = (&*bad_nonce).try_into().unwrap();
                let opened = subject.open(bad_nonce, bad_aad, bad_text, bad_tag);
                assert_eq!(opened, Err(Refused), "{name}: {length} bytes, bit {bit}");
                assert_eq!(bad_text, before, "{name}: {length} bytes, bit {bit}: decrypted without authentication");
            }
            assert_eq!(subject.open(&nonce, &aad, &mut text, &tag), Ok(()), "{name}");
            assert_eq!(text, plain, "{name}");
        }
    }
}

/// A block more or less, moved between text and associated data: the lengths are authenticated.
#[test]
fn boundaries_are_authenticated() {
    let (key, nonce) = ([3; 16], [4; 12]);
    for (name, subject) in subjects(&key) {
        let mut text = [5; 32];
        let tag = subject.seal(&nonce, &[6; 16], &mut text);
        let mut moved = [&[6; 16][..], &text].concat();
        assert_eq!(subject.open(&nonce, &[], &mut moved, &tag), Err(Refused), "{name}");
        assert_eq!(subject.open(&nonce, &[6; 16], &mut text[..16], &tag), Err(Refused), "{name}");
        let mut longer = [&text[..], &[0; 16]].concat();
        assert_eq!(subject.open(&nonce, &[6; 16], &mut longer, &tag), Err(Refused), "{name}");
        assert_eq!(subject.open(&nonce, &[6; 17], &mut text, &tag), Err(Refused), "{name}");
    }
}

/// Keys are wiped when they are dropped (their types say so), and wiping leaves nothing.
#[test]
fn key_material_is_wiped() {
    fn wiped_on_drop<T: ZeroizeOnDrop>() {}
    wiped_on_drop::<Keys>();
    wiped_on_drop::<crate::bitsliced::RoundKeys>();
    wiped_on_drop::<crate::ghash::HashKey>();
    let mut keys = Keys::without_powers(&[9; 16]);
    assert!(keys.round_keys.iter().any(|word| *word != 0));
    keys.zeroize();
    assert!(keys.round_keys.iter().all(|word| *word == 0));
}

#[test]
fn a_clone_is_a_key_of_its_own() {
    let (mut a, mut b) = ([1; 40], [1; 40]);
    let key = Sm4Gcm::new(&[2; 16]);
    let clone = key.clone();
    let tag = key.seal(&[3; 12], &[], &mut a);
    drop(key);
    assert_eq!((clone.seal(&[3; 12], &[], &mut b), b), (tag, a));
}
