//! The algorithms of the vector paths, over operations that each instruction set provides.
//!
//! Nothing here is `unsafe` or names an instruction set. A kernel takes the operations as a value `v`, the proof that the
//! processor has them (`x86`), or the tests' emulation (`emulated`), under which every kernel runs on any machine: only the
//! wrappers around single instructions are left to be tested where those instructions exist.
//!
//! Kernels are `#[inline(always)]` all the way up to a function compiled for the instruction set, and use no closures on
//! registers: a register must not pass through a function that is compiled without the instructions.

pub(crate) mod counter;
#[cfg(test)]
pub(crate) mod emulated;
pub(crate) mod engine;
pub(crate) mod ghash;
pub(crate) mod substitution;

use crate::field;
use crate::schedule::{self, KEY_BYTES, ROUNDS};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Most lanes of a register.
pub(crate) const LANES_MAX: usize = 4;
/// Bytes of a lane, which is a block.
pub(crate) const LANE_BYTES: usize = crate::BLOCK_BYTES;

/// Operations on registers of [`LANES`](Vector::LANES) lanes of 16 bytes. Bytes, words and lanes count from the least
/// significant, which is first in memory.
pub(crate) trait Vector: Copy {
    /// A register.
    type Register: Copy;

    /// Lanes of a register.
    const LANES: usize;
    /// Bytes of a register.
    const BYTES: usize = LANE_BYTES * Self::LANES;
    /// How many groups of four registers counter mode has in flight in a long message: what hides the latency of a round.
    const GROUPS: usize;

    /// The first [`BYTES`](Vector::BYTES) bytes, at any alignment. Panics if there are fewer.
    fn load(self, bytes: &[u8]) -> Self::Register;
    /// Writes a register to the first [`BYTES`](Vector::BYTES) bytes, at any alignment. Panics if there are fewer.
    fn store(self, register: Self::Register, bytes: &mut [u8]);
    /// The register as `u64`s, two to a lane; zeros behind.
    fn words(self, register: Self::Register) -> [u64; 2 * LANES_MAX];
    /// The same 16 bytes in every lane.
    fn broadcast(self, lane: &[u8; LANE_BYTES]) -> Self::Register;
    /// The same 32-bit word everywhere.
    fn splat(self, word: u32) -> Self::Register;

    /// a + b over GF(2).
    fn xor(self, a: Self::Register, b: Self::Register) -> Self::Register;
    /// a + b + c over GF(2).
    #[inline(always)]
    fn xor3(self, a: Self::Register, b: Self::Register, c: Self::Register) -> Self::Register {
        self.xor(self.xor(a, b), c)
    }
    /// The sum of each 32-bit word mod 2³².
    fn add32(self, a: Self::Register, b: Self::Register) -> Self::Register;
    /// PSHUFB: byte i of each lane is the byte of `bytes` in that lane at the index that byte i of `indices` gives, below 16.
    fn shuffle(self, bytes: Self::Register, indices: Self::Register) -> Self::Register;

    /// In each lane, words 0 and 1 of a and b alternating.
    fn unpack_low32(self, a: Self::Register, b: Self::Register) -> Self::Register;
    /// In each lane, words 2 and 3 of a and b alternating.
    fn unpack_high32(self, a: Self::Register, b: Self::Register) -> Self::Register;
    /// In each lane, the low halves of a and b.
    fn unpack_low64(self, a: Self::Register, b: Self::Register) -> Self::Register;
    /// In each lane, the high halves of a and b.
    fn unpack_high64(self, a: Self::Register, b: Self::Register) -> Self::Register;

    /// The halves of each lane exchanged.
    fn swap_halves(self, a: Self::Register) -> Self::Register;
    /// Each lane shifted towards the most significant byte by 8 bytes.
    fn low_to_high(self, a: Self::Register) -> Self::Register;
    /// Each lane shifted towards the least significant byte by 8 bytes.
    fn high_to_low(self, a: Self::Register) -> Self::Register;
    /// The sum over GF(2) of all lanes in lane 0, zero in the others.
    fn fold(self, a: Self::Register) -> Self::Register;
}

/// Carry-less multiplication.
pub(crate) trait Carryless: Vector {
    /// PCLMULQDQ in each lane: the half of a that bit 0 of `HALVES` chooses (1 the high one) times the half of b that bit 4
    /// chooses.
    fn multiply<const HALVES: i32>(self, a: Self::Register, b: Self::Register) -> Self::Register;
}

/// The Galois-field instructions (GFNI).
pub(crate) trait Galois: Vector {
    /// GF2P8AFFINEQB: `matrix` (in each half of each lane) times every byte, plus 0.
    fn affine(self, bytes: Self::Register, matrix: Self::Register) -> Self::Register;
    /// GF2P8AFFINEINVQB: `matrix` times the inverse in the field of AES of every byte, plus `CONSTANT`.
    fn affine_of_inverse<const CONSTANT: i32>(self, bytes: Self::Register, matrix: Self::Register) -> Self::Register;
    /// Every 32-bit word rotated left by 8 · `BYTES` bits.
    fn rotate_words<const BYTES: i32>(self, words: Self::Register) -> Self::Register;
}

/// The AES instructions.
pub(crate) trait Aes: Vector {
    /// AESENCLAST in each lane with a round key of zero: ShiftRows and SubBytes.
    fn shift_rows_sub_bytes(self, lanes: Self::Register) -> Self::Register;
    /// The low and the high half of every byte.
    fn nibbles(self, bytes: Self::Register) -> (Self::Register, Self::Register);
}

/// What the vector paths keep of a key. Wiped on drop.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Keys {
    /// Round keys in the domain of the vector paths (`field`).
    pub(crate) round_keys: [u32; ROUNDS],
    /// Powers of the hash key.
    pub(crate) powers: ghash::Powers,
}

impl Keys {
    /// The round keys of `key`; powers still zero. On the heap at once, so that no copy stays behind elsewhere.
    pub(crate) fn without_powers(key: &[u8; KEY_BYTES]) -> Box<Keys> {
        let mut keys = Box::new(Keys { round_keys: [0; ROUNDS], powers: ghash::Powers::ZERO });
        for (to, round_key) in keys.round_keys.iter_mut().zip(schedule::expand(key).iter()) {
            *to = field::ENTER.apply_bytes(*round_key) ^ u32::from_le_bytes([field::KEY_CONSTANT; 4]);
        }
        keys
    }
}
