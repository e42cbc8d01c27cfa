//! A key on a vector path.

use super::ghash::Powers;
use super::{Carryless, Keys};
use crate::BLOCK_BYTES;
use crate::engine::{Engine, Mask, Nonce};
use crate::schedule::{KEY_BYTES, ROUNDS};
use zeroize::Zeroizing;

/// The kernels, compiled for one instruction set. A value is the proof that the processor has it.
pub(crate) trait Compiled: Carryless {
    /// `counter::apply`.
    fn counter_mode(self, round_keys: &[u32; ROUNDS], nonce: &Nonce, mask: &mut Mask, data: &mut [u8]) -> bool;
    /// `counter::encrypt_block`.
    fn encrypt_block(self, round_keys: &[u32; ROUNDS], block: &[u32; 4]) -> Zeroizing<[u64; 2]>;
    /// `ghash::hash`.
    fn hash(self, powers: &Powers, aad: &[u8], text: &[u8]) -> Zeroizing<[u64; 2]>;
    /// `ghash::fill_powers`.
    fn fill_powers(self, hash_key: &[u8; BLOCK_BYTES], powers: &mut Powers);
}

/// A key of a vector path.
#[derive(Clone)]
pub(crate) struct Vectorised<C> {
    compiled: C,
    keys: Box<Keys>,
}

impl<C: Compiled> Vectorised<C> {
    /// Expands `key`.
    pub(crate) fn new(compiled: C, key: &[u8; KEY_BYTES]) -> Vectorised<C> {
        let mut engine = Vectorised { compiled, keys: Keys::without_powers(key) };
        let hash_key = engine.encrypt_block(&[0; BLOCK_BYTES]);
        compiled.fill_powers(&hash_key, &mut engine.keys.powers);
        engine
    }
}

impl<C: Compiled> Engine for Vectorised<C> {
    fn counter_mode(&self, nonce: &Nonce, mask: &mut Mask, data: &mut [u8]) -> bool {
        self.compiled.counter_mode(&self.keys.round_keys, nonce, mask, data)
    }

    fn hash(&self, aad: &[u8], text: &[u8]) -> Zeroizing<[u64; 2]> {
        self.compiled.hash(&self.keys.powers, aad, text)
    }

    fn encrypt_block(&self, block: &[u8; BLOCK_BYTES]) -> Zeroizing<[u8; BLOCK_BYTES]> {
        let mut words = Zeroizing::new([0; 4]);
        for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        let words = self.compiled.encrypt_block(&self.keys.round_keys, &words);
        let mut encrypted = Zeroizing::new([0; BLOCK_BYTES]);
        for (bytes, word) in encrypted.as_chunks_mut().0.iter_mut().zip(words.iter()) {
            *bytes = word.to_le_bytes();
        }
        encrypted
    }
}
