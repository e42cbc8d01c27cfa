//! What a path does with a key: counter mode, hash, single blocks.

use crate::bitsliced::{self, RoundKeys};
use crate::ghash::HashKey;
use crate::schedule::{self, KEY_BYTES, ROUNDS};
use crate::vector::counter::Mask;
use crate::vector::ghash::Powers;
use crate::vector::{Carryless, Keys};
use crate::{BLOCK_BYTES, add_words};
use zeroize::Zeroizing;

/// A nonce as big-endian words.
pub(crate) type Nonce = [u32; 3];

/// A key on one path.
pub(crate) trait Engine: Sized {
    /// Block 0 of the key stream under `nonce` into `mask`; then, if that fits, block 1 and on are added to `data`, else
    /// `data` stays as it is. Whether it fits is the answer.
    fn counter_mode(&self, nonce: &Nonce, mask: &mut Mask, data: &mut [u8]) -> bool;
    /// GHASH of associated data and ciphertext.
    fn hash(&self, aad: &[u8], text: &[u8]) -> [u8; BLOCK_BYTES];
    /// One block.
    fn encrypt_block(&self, block: &[u8; BLOCK_BYTES]) -> Zeroizing<[u8; BLOCK_BYTES]>;
}

/// The kernels of `vector`, compiled for one instruction set. A value is the proof that the processor has it.
pub(crate) trait Compiled: Carryless {
    /// `vector::counter::apply`.
    fn counter_mode(self, round_keys: &[u32; ROUNDS], nonce: &Nonce, mask: &mut Mask, data: &mut [u8]) -> bool;
    /// `vector::counter::encrypt_block`.
    fn encrypt_block(self, round_keys: &[u32; ROUNDS], block: &[u32; 4]) -> Zeroizing<[u64; 2]>;
    /// `vector::ghash::hash`.
    fn hash(self, powers: &Powers, aad: &[u8], text: &[u8]) -> [u8; BLOCK_BYTES];
    /// `vector::ghash::fill_powers`.
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

    fn hash(&self, aad: &[u8], text: &[u8]) -> [u8; BLOCK_BYTES] {
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

/// A key of the portable path.
#[derive(Clone)]
pub(crate) struct Portable {
    round_keys: RoundKeys,
    hash_key: HashKey,
}

impl Portable {
    /// Expands `key`.
    pub(crate) fn new(key: &[u8; KEY_BYTES]) -> Portable {
        let round_keys = RoundKeys::new(&schedule::expand(key));
        let hash_key = HashKey::new(&round_keys.encrypt_block(&[0; BLOCK_BYTES]));
        Portable { round_keys, hash_key }
    }
}

impl Engine for Portable {
    fn counter_mode(&self, nonce: &Nonce, mask: &mut Mask, data: &mut [u8]) -> bool {
        const BATCH_BYTES: usize = BLOCK_BYTES * bitsliced::BLOCKS;
        let mut stream = Zeroizing::new([0; BATCH_BYTES / 8]);
        self.round_keys.key_stream(nonce, 1, &mut stream);
        mask.is.copy_from_slice(&stream[..2]);
        if !mask.fits() {
            return false;
        }
        let (head, rest) = data.split_at_mut(data.len().min(BATCH_BYTES - BLOCK_BYTES));
        add_words(head, &stream[2..]);
        let mut counter = 1u32;
        for batch in rest.chunks_mut(BATCH_BYTES) {
            counter = counter.wrapping_add(bitsliced::BLOCKS as u32);
            self.round_keys.key_stream(nonce, counter, &mut stream);
            add_words(batch, stream.as_slice());
        }
        true
    }

    fn hash(&self, aad: &[u8], text: &[u8]) -> [u8; BLOCK_BYTES] {
        self.hash_key.hash(aad, text)
    }

    fn encrypt_block(&self, block: &[u8; BLOCK_BYTES]) -> Zeroizing<[u8; BLOCK_BYTES]> {
        self.round_keys.encrypt_block(block)
    }
}
