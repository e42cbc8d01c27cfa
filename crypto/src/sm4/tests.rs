use super::*;
use crate::vectors::{self, bytes};

/// The million encryptions of the standard are a test of `bencao-sm4`.
#[test]
fn the_standards_block_and_a_thousand_of_them() {
    let (cipher, mut block, mut done) = (Sm4::new(&vectors::SM4_KEY), vectors::SM4_KEY, 0);
    for (count, expected) in [
        (1, vectors::SM4_BLOCK),
        (100, "8DA24CB1008BD3271AA3B60105A7D5FD"),
        (1_000, "D735E91CC5689CF312BCC1EFB740E813"),
    ] {
        (done..count).for_each(|_| cipher.encrypt_block(&mut block));
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

/// The library is the oracle, on whatever path this processor has.
#[test]
fn sealed_as_the_library_seals() {
    use aes_gcm::aead::consts::U12;
    use aes_gcm::{AeadInOut as _, AesGcm, KeyInit as _};
    let (key, nonce) = ([7; 16], [8; 12]);
    let library = AesGcm::<::sm4::Sm4, U12>::new((&key).into());
    for length in (0..300).chain([1023, 1024, 1025, 16385]) {
        let plain: Vec<u8> = (0..length).map(|i: usize| (i * 7) as u8).collect();
        let mut expected = plain.clone();
        let tag = library.encrypt_inout_detached((&nonce).into(), b"aad", expected.as_mut_slice().into()).unwrap();
        expected.extend_from_slice(&tag);
        for path in Path::available() {
            let cipher = Sm4Gcm::with_path(path, &key).unwrap();
            assert_eq!(cipher.path(), path);
            assert_eq!(cipher.seal(&nonce, b"aad", &plain), expected, "{path}: {length} bytes");
            assert_eq!(cipher.open(&nonce, b"aad", &expected).as_ref(), Ok(&plain), "{path}: {length} bytes");
        }
    }
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
