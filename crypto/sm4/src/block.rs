//! SM4 itself: single blocks, and blocks chained (CBC, GB/T 17964 §7) as key files have them.

use crate::BLOCK_BYTES;
use crate::bitsliced::{BLOCKS, RoundKeys};
use crate::engine::wipe_stack;
use crate::schedule::{self, KEY_BYTES};
use zeroize::Zeroizing;

/// SM4 under one key, on the portable path. What is derived from the key is wiped on drop.
#[derive(Clone)]
pub struct Sm4 {
    encryption: RoundKeys,
    decryption: RoundKeys,
}

impl Sm4 {
    /// Expands `key`.
    pub fn new(key: &[u8; KEY_BYTES]) -> Sm4 {
        let mut round_keys = schedule::expand(key);
        let encryption = RoundKeys::new(&round_keys);
        round_keys.reverse();
        let decryption = RoundKeys::new(&round_keys);
        wipe_stack();
        Sm4 { encryption, decryption }
    }

    /// Encrypts one block in place.
    pub fn encrypt_block(&self, block: &mut [u8; BLOCK_BYTES]) {
        *block = *self.encryption.encrypt_block(block);
        wipe_stack();
    }

    /// Decrypts one block in place.
    pub fn decrypt_block(&self, block: &mut [u8; BLOCK_BYTES]) {
        *block = *self.decryption.encrypt_block(block);
        wipe_stack();
    }

    /// Encrypts whole blocks in place, each after the previous ciphertext has been added to it, and the first after `iv`.
    pub fn encrypt_cbc(&self, iv: &[u8; BLOCK_BYTES], blocks: &mut [[u8; BLOCK_BYTES]]) {
        let mut previous = *iv;
        for block in blocks {
            add(block, &previous);
            self.encrypt_block(block);
            previous = *block;
        }
    }

    /// The reverse of [`encrypt_cbc`](Sm4::encrypt_cbc).
    pub fn decrypt_cbc(&self, iv: &[u8; BLOCK_BYTES], blocks: &mut [[u8; BLOCK_BYTES]]) {
        let mut previous = *iv;
        let mut plain = Zeroizing::new([[0; BLOCK_BYTES]; BLOCKS]);
        for batch in blocks.chunks_mut(BLOCKS) {
            plain[..batch.len()].copy_from_slice(batch);
            self.decryption.apply(&mut plain);
            for (block, plain) in batch.iter_mut().zip(plain.iter()) {
                let text = std::mem::replace(block, *plain);
                add(block, &previous);
                previous = text;
            }
        }
        wipe_stack();
    }
}

fn add(block: &mut [u8; BLOCK_BYTES], other: &[u8; BLOCK_BYTES]) {
    for (byte, other) in block.iter_mut().zip(other) {
        *byte ^= other;
    }
}
