//! Integers are compared with `num-bigint`, SM3 with RustCrypto's, and every kind of lanes that this processor has with
//! arrays.

mod field;
mod lanes;
mod sm3;
mod sums;

use num_bigint::BigUint;

/// SplitMix64 (Steele, Lea, Flood 2014): the same cases on every run.
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

pub(crate) fn power(exponent: u32) -> BigUint {
    BigUint::from(1u8) << exponent
}

pub(crate) fn prime() -> BigUint {
    power(256) + power(64) - power(224) - power(96) - 1u8
}

/// The integer of limbs of `bits` bits.
pub(crate) fn integer(limbs: &[u64], bits: u32) -> BigUint {
    limbs.iter().rev().fold(BigUint::ZERO, |sum, limb| (sum << bits) + *limb)
}

/// `N` limbs of `bits` bits.
pub(crate) fn limbs<const N: usize>(integer: &BigUint, bits: u32) -> [u64; N] {
    let mask = power(bits) - 1u8;
    let limbs = std::array::from_fn(|i| {
        let limb = (integer >> (bits as usize * i)) & &mask;
        limb.iter_u64_digits().next().unwrap_or(0)
    });
    assert_eq!(&self::integer(&limbs, bits), integer, "{N} limbs of {bits} bits");
    limbs
}
