//! The operations of `vector` byte by byte, after the processors' manuals: under it every kernel runs on any machine. For tests.

use super::counter;
use super::engine::Compiled;
use super::ghash::{self, Powers};
use super::substitution::{ByInverse, BySubBytes};
use super::{Aes, Carryless, Galois, LANE_BYTES, LANES_MAX, Vector};
use crate::engine::{Mask, Nonce};
use crate::schedule::ROUNDS;
use zeroize::Zeroizing;

type Lane = [u8; LANE_BYTES];

/// Registers of `LANES` lanes; kernels with the AES instructions if `AES`, else with the Galois-field instructions.
#[derive(Clone, Copy)]
pub(crate) struct Emulated<const LANES: usize, const AES: bool>;

/// A register built byte by byte: `byte(lane, i)`.
fn bytes<const LANES: usize>(byte: impl Fn(usize, usize) -> u8) -> [Lane; LANES] {
    std::array::from_fn(|lane| std::array::from_fn(|i| byte(lane, i)))
}

/// A register built lane by lane.
fn lanes<const LANES: usize>(lane: impl Fn(usize) -> u128) -> [Lane; LANES] {
    std::array::from_fn(|i| lane(i).to_le_bytes())
}

fn lane(register: &[Lane], i: usize) -> u128 {
    u128::from_le_bytes(register[i])
}

fn word32(register: &[Lane], lane: usize, i: usize) -> u32 {
    u32::from_le_bytes(register[lane].as_chunks().0[i])
}

/// A register built of 32-bit words.
fn words32<const LANES: usize>(word: impl Fn(usize, usize) -> u32) -> [Lane; LANES] {
    bytes(|lane, i| word(lane, i / 4).to_le_bytes()[i % 4])
}

impl<const LANES: usize, const AES: bool> Vector for Emulated<LANES, AES> {
    type Register = [Lane; LANES];

    const LANES: usize = LANES;
    const GROUPS: usize = 4;

    fn load(self, from: &[u8]) -> [Lane; LANES] {
        *from.as_chunks().0.first_chunk().expect("a register's bytes")
    }

    fn store(self, register: [Lane; LANES], to: &mut [u8]) {
        to[..LANE_BYTES * LANES].copy_from_slice(register.as_flattened());
    }

    fn words(self, register: [Lane; LANES]) -> [u64; 2 * LANES_MAX] {
        let mut words = [0; 2 * LANES_MAX];
        for (word, bytes) in words.iter_mut().zip(register.as_flattened().as_chunks().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        words
    }

    fn broadcast(self, lane: &Lane) -> [Lane; LANES] {
        [*lane; LANES]
    }

    fn splat(self, word: u32) -> [Lane; LANES] {
        words32(|_, _| word)
    }

    fn xor(self, a: [Lane; LANES], b: [Lane; LANES]) -> [Lane; LANES] {
        lanes(|i| lane(&a, i) ^ lane(&b, i))
    }

    fn add32(self, a: [Lane; LANES], b: [Lane; LANES]) -> [Lane; LANES] {
        words32(|lane, i| word32(&a, lane, i).wrapping_add(word32(&b, lane, i)))
    }

    fn shuffle(self, from: [Lane; LANES], indices: [Lane; LANES]) -> [Lane; LANES] {
        bytes(|lane, i| {
            assert!(indices[lane][i] < 16, "kernels promise indices below 16");
            from[lane][usize::from(indices[lane][i])]
        })
    }

    fn unpack_low32(self, a: [Lane; LANES], b: [Lane; LANES]) -> [Lane; LANES] {
        words32(|lane, i| word32(if i % 2 == 0 { &a } else { &b }, lane, i / 2))
    }

    fn unpack_high32(self, a: [Lane; LANES], b: [Lane; LANES]) -> [Lane; LANES] {
        words32(|lane, i| word32(if i % 2 == 0 { &a } else { &b }, lane, 2 + i / 2))
    }

    fn unpack_low64(self, a: [Lane; LANES], b: [Lane; LANES]) -> [Lane; LANES] {
        lanes(|i| u128::from(lane(&a, i) as u64) | (lane(&b, i) << 64))
    }

    fn unpack_high64(self, a: [Lane; LANES], b: [Lane; LANES]) -> [Lane; LANES] {
        lanes(|i| (lane(&a, i) >> 64) | ((lane(&b, i) >> 64) << 64))
    }

    fn swap_halves(self, a: [Lane; LANES]) -> [Lane; LANES] {
        lanes(|i| lane(&a, i).rotate_left(64))
    }

    fn low_to_high(self, a: [Lane; LANES]) -> [Lane; LANES] {
        lanes(|i| lane(&a, i) << 64)
    }

    fn high_to_low(self, a: [Lane; LANES]) -> [Lane; LANES] {
        lanes(|i| lane(&a, i) >> 64)
    }

    fn fold(self, a: [Lane; LANES]) -> [Lane; LANES] {
        lanes(|i| if i == 0 { (0..LANES).fold(0, |sum, j| sum ^ lane(&a, j)) } else { 0 })
    }
}

impl<const LANES: usize, const AES: bool> Carryless for Emulated<LANES, AES> {
    fn multiply<const HALVES: i32>(self, a: [Lane; LANES], b: [Lane; LANES]) -> [Lane; LANES] {
        let half = |lane: u128, high: bool| if high { (lane >> 64) as u64 } else { lane as u64 };
        lanes(|i| {
            let (a, b) = (half(lane(&a, i), HALVES & 1 != 0), half(lane(&b, i), HALVES & 0x10 != 0));
            (0..64).filter(|bit| (b >> bit) & 1 != 0).fold(0, |product, bit| product ^ (u128::from(a) << bit))
        })
    }
}

/// Inverses in the field of AES; 0 for 0.
const INVERSES: [u8; 256] = {
    let (mut inverses, mut power, mut inverse) = ([0; 256], 1u8, 1u8);
    loop {
        inverses[power as usize] = inverse;
        // 3 generates the group; its inverse is f6.
        power = times(power, 3);
        inverse = times(inverse, 0xf6);
        if power == 1 {
            break inverses;
        }
    }
};

const fn times(a: u8, b: u8) -> u8 {
    let (mut product, mut a, mut b) = (0, a, b);
    while b != 0 {
        if b & 1 != 0 {
            product ^= a;
        }
        a = (a << 1) ^ (if a & 0x80 != 0 { 0x1b } else { 0 });
        b >>= 1;
    }
    product
}

/// `affine_byte` of the manual: bit i is the parity of byte 7 − i of the matrix and the operand.
fn affine_byte(matrix: &Lane, half: usize, byte: u8) -> u8 {
    (0..8).fold(0, |image, i| image | (((matrix[8 * half + 7 - i] & byte).count_ones() as u8 & 1) << i))
}

impl<const LANES: usize, const AES: bool> Galois for Emulated<LANES, AES> {
    fn affine(self, from: [Lane; LANES], matrix: [Lane; LANES]) -> [Lane; LANES] {
        bytes(|lane, i| affine_byte(&matrix[lane], i / 8, from[lane][i]))
    }

    fn affine_of_inverse<const CONSTANT: i32>(self, from: [Lane; LANES], matrix: [Lane; LANES]) -> [Lane; LANES] {
        bytes(|lane, i| affine_byte(&matrix[lane], i / 8, INVERSES[usize::from(from[lane][i])]) ^ CONSTANT as u8)
    }

    fn rotate_words<const BYTES: i32>(self, words: [Lane; LANES]) -> [Lane; LANES] {
        words32(|lane, i| word32(&words, lane, i).rotate_left(8 * BYTES as u32))
    }
}

/// SubBytes (FIPS 197 §5.1.1).
fn sub_byte(byte: u8) -> u8 {
    let b = INVERSES[usize::from(byte)];
    b ^ b.rotate_left(1) ^ b.rotate_left(2) ^ b.rotate_left(3) ^ b.rotate_left(4) ^ 0x63
}

impl<const LANES: usize, const AES: bool> Aes for Emulated<LANES, AES> {
    fn shift_rows_sub_bytes(self, state: [Lane; LANES]) -> [Lane; LANES] {
        // Row r of the state is bytes r, r + 4, r + 8, r + 12; it moves by r columns (FIPS 197 §5.1.2).
        bytes(|lane, i| sub_byte(state[lane][(i + 4 * (i % 4)) % 16]))
    }

    fn nibbles(self, from: [Lane; LANES]) -> ([Lane; LANES], [Lane; LANES]) {
        (bytes(|lane, i| from[lane][i] & 15), bytes(|lane, i| from[lane][i] >> 4))
    }
}

impl<const LANES: usize, const AES: bool> Compiled for Emulated<LANES, AES> {
    fn counter_mode(self, round_keys: &[u32; ROUNDS], nonce: &Nonce, mask: &mut Mask, data: &mut [u8]) -> bool {
        if AES {
            counter::apply::<_, BySubBytes<_>>(self, round_keys, nonce, mask, data)
        } else {
            counter::apply::<_, ByInverse<_>>(self, round_keys, nonce, mask, data)
        }
    }

    fn encrypt_block(self, round_keys: &[u32; ROUNDS], block: &[u32; 4]) -> Zeroizing<[u64; 2]> {
        if AES {
            counter::encrypt_block::<_, BySubBytes<_>>(self, round_keys, block)
        } else {
            counter::encrypt_block::<_, ByInverse<_>>(self, round_keys, block)
        }
    }

    fn hash(self, powers: &Powers, aad: &[u8], text: &[u8]) -> Zeroizing<[u64; 2]> {
        ghash::hash(self, powers, aad, text)
    }

    fn fill_powers(self, hash_key: &Lane, powers: &mut Powers) {
        ghash::fill_powers(self, hash_key, powers);
    }
}

#[test]
fn emulated_subbytes_is_that_of_aes() {
    // FIPS 197 figure 7 and the example of §4.2.
    assert_eq!([0x00, 0x53, 0x9a, 0xff].map(sub_byte), [0x63, 0xed, 0xb8, 0x16]);
    assert_eq!(times(0x57, 0x83), 0xc1);
    assert!((1..=255).all(|byte| times(byte, INVERSES[usize::from(byte)]) == 1));
}
