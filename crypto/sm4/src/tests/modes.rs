//! Blocks and CBC against the libraries `sm4` and `cbc`.

use super::standard::KEY;
use crate::Sm4;
use bencao_chance::Rng;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use sm4::cipher::{BlockCipherEncrypt as _, KeyInit as _};

#[test]
fn blocks_there_and_back() {
    let mut rng = Rng(1);
    for _ in 0..500 {
        let (key, plain): ([u8; 16], [u8; 16]) = (rng.array(), rng.array());
        let (ours, mut expected, mut block) = (Sm4::new(&key), plain, plain);
        sm4::Sm4::new((&key).into()).encrypt_block((&mut expected).into());
        ours.encrypt_block(&mut block);
        assert_eq!(block, expected);
        ours.decrypt_block(&mut block);
        assert_eq!(block, plain);
    }
}

/// GB/T 32907 annex A, backwards.
#[test]
fn the_standards_block_decrypted() {
    let mut block = [0x68, 0x1e, 0xdf, 0x34, 0xd2, 0x06, 0x96, 0x5e, 0x86, 0xb3, 0xe9, 0x4f, 0x53, 0x6e, 0x42, 0x46];
    Sm4::new(&KEY).decrypt_block(&mut block);
    assert_eq!(block, KEY);
}

#[test]
fn cbc_of_every_number_of_blocks() {
    let mut rng = Rng(2);
    for count in 0..=50 {
        let (key, iv) = (rng.array(), rng.array());
        let plain: Vec<[u8; 16]> = (0..count).map(|_| rng.array()).collect();
        let encryptor = cbc::Encryptor::<sm4::Sm4>::new((&key).into(), (&iv).into());
        let expected = encryptor.encrypt_padded_vec::<NoPadding>(plain.as_flattened());
        let (ours, mut blocks) = (Sm4::new(&key), plain.clone());
        ours.encrypt_cbc(&iv, &mut blocks);
        assert_eq!(blocks.as_flattened(), expected, "{count} blocks");
        let decryptor = cbc::Decryptor::<sm4::Sm4>::new((&key).into(), (&iv).into());
        assert_eq!(decryptor.decrypt_padded_vec::<NoPadding>(&expected).unwrap(), plain.as_flattened());
        ours.decrypt_cbc(&iv, &mut blocks);
        assert_eq!(blocks, plain, "{count} blocks");
    }
}
