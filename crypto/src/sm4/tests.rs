use super::*;
use crate::vectors::{self, bytes};

fn rounds(count: usize, block: &mut [u8; 16]) {
    let cipher = ::sm4::Sm4::new((&vectors::SM4_KEY).into());
    (0..count).for_each(|_| cipher.encrypt_block(block.into()));
}

#[test]
fn the_standards_block_and_a_million_of_them() {
    let mut block = vectors::SM4_KEY;
    let mut done = 0;
    for (count, expected) in [
        (1, vectors::SM4_BLOCK),
        (100, "8DA24CB1008BD3271AA3B60105A7D5FD"),
        (1_000, "D735E91CC5689CF312BCC1EFB740E813"),
        (1_000_000, "595298C7C6FD271F0402F804C33D3F66"),
    ] {
        rounds(count - done, &mut block);
        done = count;
        assert_eq!(hex::encode_upper(block), expected, "{count} encryptions");
    }
    let mut one = vectors::SM4_KEY;
    encrypt_block(&vectors::SM4_KEY, &mut one);
    decrypt_block(&vectors::SM4_KEY, &mut one);
    assert_eq!(one, vectors::SM4_KEY);
}

#[test]
fn gcm_of_rfc_8998() {
    let cipher = Sm4Gcm::new(&vectors::SM4_KEY);
    let (aad, plain, sealed) = (bytes(vectors::GCM_AAD), bytes(vectors::GCM_PLAIN), bytes(vectors::GCM_SEALED));
    assert_eq!(cipher.seal(&vectors::GCM_NONCE, &aad, &plain), sealed);
    assert_eq!(cipher.open(&vectors::GCM_NONCE, &aad, &sealed), Ok(plain));
}

#[test]
fn whatever_changes_is_noticed() {
    let cipher = Sm4Gcm::new(&[1; 16]);
    let nonce = [2; 12];
    for length in [0, 1, 15, 16, 17, 1000] {
        let plain = vec![3; length];
        let sealed = cipher.seal(&nonce, b"aad", &plain);
        assert_eq!(sealed.len(), length + TAG_BYTES);
        assert_eq!(cipher.open(&nonce, b"aad", &sealed), Ok(plain));
        for i in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[i] ^= 0x80;
            assert_eq!(cipher.open(&nonce, b"aad", &bad), Err(OpenError), "byte {i}");
        }
        assert_eq!(cipher.open(&nonce, b"aae", &sealed), Err(OpenError));
        assert_eq!(cipher.open(&[0; 12], b"aad", &sealed), Err(OpenError));
        assert_eq!(Sm4Gcm::new(&[0; 16]).open(&nonce, b"aad", &sealed), Err(OpenError));
        for cut in 0..sealed.len().min(20) {
            assert_eq!(cipher.open(&nonce, b"aad", &sealed[..cut]), Err(OpenError));
        }
    }
}
