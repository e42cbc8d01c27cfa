//! Integers are compared with `num-bigint`, SM3 with RustCrypto's, and every kind of lanes that this processor has with
//! arrays.

mod field;
mod lanes;
mod sm3;
mod sums;

use bencao_chance::Rng;
use num_bigint::BigUint;

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
