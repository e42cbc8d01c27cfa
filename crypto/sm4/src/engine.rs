//! What a path does with a key: counter mode, hash, single blocks.

use crate::bitsliced::{self, RoundKeys};
use crate::ghash::HashKey;
use crate::schedule::{self, KEY_BYTES};
use crate::{BLOCK_BYTES, add_words};
use std::hint::black_box;
use zeroize::Zeroizing;

/// A nonce as big-endian words.
pub(crate) type Nonce = [u32; 3];

/// Block 0 of the key stream: given, and perhaps asked for.
pub(crate) struct Mask {
    /// What it is, once the first batch is done.
    pub(crate) is: Zeroizing<[u64; 2]>,
    /// What it has to be for anything to be decrypted.
    pub(crate) expected: Option<Zeroizing<[u64; 2]>>,
}

impl Mask {
    /// Whether it is what was expected, if anything was; in time that does not depend on where it differs.
    #[inline(always)]
    pub(crate) fn fits(&self) -> bool {
        let Some(expected) = &self.expected else { return true };
        let difference = (self.is[0] ^ expected[0]) | (self.is[1] ^ expected[1]);
        black_box(difference) == 0
    }
}

/// More than the stack of any kernel, bytes. The largest, counter mode on AVX-512, takes less than 4 KiB, all its callees being part of it
/// (rustc 1.95, optimised).
const KERNEL_STACK_BYTES: usize = 5 << 10;

/// Overwrites the stack below the caller, where kernels that have returned left what the compiler had moved there out of registers:
/// round keys, state, key stream. No variable stands for it that could be wiped by name.
#[inline(never)]
pub(crate) fn wipe_stack() {
    black_box(&mut [0_u8; KERNEL_STACK_BYTES]);
}

/// A key on one path.
pub(crate) trait Engine: Sized {
    /// Block 0 of the key stream under `nonce` into `mask`; then, if that fits, block 1 and on are added to `data`, else
    /// `data` stays as it is. Whether it fits is the answer.
    fn counter_mode(&self, nonce: &Nonce, mask: &mut Mask, data: &mut [u8]) -> bool;
    /// GHASH of associated data and ciphertext, as words of which the least significant byte is the first: a secret as long as
    /// the mask is not added.
    fn hash(&self, aad: &[u8], text: &[u8]) -> Zeroizing<[u64; 2]>;
    /// One block.
    fn encrypt_block(&self, block: &[u8; BLOCK_BYTES]) -> Zeroizing<[u8; BLOCK_BYTES]>;
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
        let nonce = bitsliced::Nonce::new(nonce);
        self.round_keys.key_stream(&nonce, 1, &mut stream);
        mask.is.copy_from_slice(&stream[..2]);
        if !mask.fits() {
            return false;
        }
        let (head, rest) = data.split_at_mut(data.len().min(BATCH_BYTES - BLOCK_BYTES));
        add_words(head, &stream[2..]);
        let mut counter = 1u32;
        for batch in rest.chunks_mut(BATCH_BYTES) {
            counter = counter.wrapping_add(bitsliced::BLOCKS as u32);
            self.round_keys.key_stream(&nonce, counter, &mut stream);
            add_words(batch, stream.as_slice());
        }
        true
    }

    fn hash(&self, aad: &[u8], text: &[u8]) -> Zeroizing<[u64; 2]> {
        self.hash_key.hash(aad, text)
    }

    fn encrypt_block(&self, block: &[u8; BLOCK_BYTES]) -> Zeroizing<[u8; BLOCK_BYTES]> {
        self.round_keys.encrypt_block(block)
    }
}
