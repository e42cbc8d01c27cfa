//! One input of the fuzz target `sm4`, and of the bounded test that does the same with a fixed seed.

use aes_gcm::aead::consts::U12;
use aes_gcm::{AeadInOut as _, AesGcm, KeyInit as _};
use bencao_sm4::{Path, Refused, Sm4, Sm4Gcm};
use sm4::cipher::BlockCipherEncrypt as _;

/// Key, nonce, length of associated data, place and kind of a forgery.
pub(crate) const HEADER_BYTES: usize = 16 + 12 + 2 + 4 + 1;

/// A header, then associated data and a message: every path seals as the library does, opens what it sealed, and refuses one
/// changed byte, leaving the text as it was. Single blocks and chains go there and back. Shorter inputs are ignored.
pub(crate) fn every_path_agrees(input: &[u8]) {
    let Some((header, rest)) = input.split_at_checked(HEADER_BYTES) else { return };
    let (key, header) = header.split_first_chunk::<16>().expect("the header is long enough");
    let (nonce, header) = header.split_first_chunk::<12>().expect("the header is long enough");
    let [aad0, aad1, at0, at1, at2, at3, change] = *header else { unreachable!("the header's length is the sum") };
    let (aad, plain) = rest.split_at(usize::from(u16::from_le_bytes([aad0, aad1])) % (rest.len() + 1));
    let library = AesGcm::<sm4::Sm4, U12>::new(key.into());
    let mut expected = plain.to_vec();
    let tag = library.encrypt_inout_detached(nonce.into(), aad, expected.as_mut_slice().into()).expect("short enough");
    for path in Path::available() {
        let ours = Sm4Gcm::with_path(path, key).expect("it is available");
        let mut text = plain.to_vec();
        assert_eq!(ours.seal(nonce, aad, &mut text), <[u8; 16]>::from(tag), "{path}");
        assert_eq!(text, expected, "{path}");
        let mut forged = [&text[..], &tag, aad].concat();
        let at = u32::from_le_bytes([at0, at1, at2, at3]) as usize % forged.len();
        forged[at] ^= change.max(1);
        let (forged_text, forged_rest) = forged.split_at_mut(text.len());
        let (forged_tag, forged_aad) = forged_rest.split_first_chunk_mut::<16>().expect("a tag follows the text");
        let before = forged_text.to_vec();
        assert_eq!(ours.open(nonce, forged_aad, forged_text, forged_tag), Err(Refused), "{path}");
        assert_eq!(forged_text, before, "{path}");
        assert_eq!(ours.open(nonce, aad, &mut text, &tag.into()), Ok(()), "{path}");
        assert_eq!(text, plain, "{path}");
    }
    blocks_agree(key, plain);
}

fn blocks_agree(key: &[u8; 16], plain: &[u8]) {
    let (ours, iv) = (Sm4::new(key), *key);
    let mut blocks = plain.as_chunks::<16>().0.to_vec();
    if let Some(first) = blocks.first() {
        let (mut block, mut expected) = (*first, *first);
        sm4::Sm4::new(key.into()).encrypt_block((&mut expected).into());
        ours.encrypt_block(&mut block);
        assert_eq!(block, expected);
        ours.decrypt_block(&mut block);
        assert_eq!(block, *first);
    }
    ours.encrypt_cbc(&iv, &mut blocks);
    ours.decrypt_cbc(&iv, &mut blocks);
    assert_eq!(blocks, plain.as_chunks::<16>().0);
}
