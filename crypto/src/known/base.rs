//! Multiples of G by a secret scalar, in constant time. The one module here through which secrets pass.
//!
//! The scalar is written in odd digits, none of them zero, so that every multiple takes the same additions. A table entry is
//! found by reading all entries of its window and keeping one under a mask; signs and parities are applied by masks; additions
//! make no exceptions. No branch and no address depends on the scalar. Whether compiled code keeps to that is measured by the
//! test `constant_time` (README).

use super::curve::{G, N};
use super::limbs::{self, Limbs};
use super::point::{Affine, Xyzz};
use super::scalar::windows;
use super::table::Table;
use bencao_vector::Point;
use std::sync::OnceLock;
use zeroize::Zeroize as _;

/// Window, bits: 52 windows of 16 points, 52 KiB read for each multiple.
const WIDTH: usize = 5;

/// Entries of a window.
const ENTRIES: usize = 1 << (WIDTH - 1);

/// The x-coordinate of kG, fully reduced, big endian; `k` is a big-endian integer in [1, n − 1].
///
/// The sum of the lower i windows is an odd multiple of G below 2^(5i) in magnitude and the summand of window i an odd multiple
/// of 2^(5i)G, so that the two differ and are not opposite as long as both are below n/2. That holds for all windows but the
/// last, whose summand is 2²⁵⁵G: for k = 2²⁵⁶ − n and its opposite the sum so far is the same point. The result is then not
/// finite, and `None`: two scalars of 2²⁵⁶, which nobody draws.
pub(crate) fn x_of_multiple(k: &[u8; 32]) -> Option<[u8; 32]> {
    let mut k = limbs::from_be_bytes(k);
    let mut odd = odd(&k);
    let windows_of_g = table();
    let mut sum = Xyzz::from_affine(&pick(&windows_of_g[..ENTRIES], digit(&odd, 0)));
    for i in 1..windows(WIDTH) {
        let entry = pick(&windows_of_g[i * ENTRIES..(i + 1) * ENTRIES], digit(&odd, i));
        sum = sum.plus_different(&entry);
    }
    k.zeroize();
    odd.zeroize();
    let x = (sum.x * sum.zz.invert()).to_integer();
    (!sum.is_infinity()).then(|| limbs::to_be_bytes(&x))
}

/// k if it is odd, n − k if it is even: both have the same x.
fn odd(k: &Limbs) -> Limbs {
    let (opposite, _) = limbs::sub(&N, k);
    let keep = (k[0] & 1).wrapping_neg();
    std::array::from_fn(|i| (k[i] & keep) | (opposite[i] & !keep))
}

/// The digit of a window, see [`super::scalar::Scalar::digits`]; which window is no secret.
fn digit(odd: &Limbs, i: usize) -> i64 {
    let (limb, shift) = (i * WIDTH / 64, i * WIDTH % 64);
    let mut bits = odd[limb] >> shift;
    if shift > 0 && limb < 3 {
        bits |= odd[limb + 1] << (64 - shift);
    }
    if i + 1 == windows(WIDTH) {
        (bits | 1).cast_signed()
    } else {
        (bits & ((2 << WIDTH) - 1) | 1).cast_signed() - (1 << WIDTH)
    }
}

/// The entry for an odd digit, or its opposite for a negative one.
#[inline(always)]
fn pick(entries: &[Point], digit: i64) -> Affine {
    let sign = (digit >> 63).cast_unsigned();
    let magnitude = (digit.cast_unsigned() ^ sign).wrapping_sub(sign);
    let wanted = magnitude >> 1;
    let (mut x, mut y) = ([0; 4], [0; 4]);
    for (j, entry) in entries.iter().enumerate() {
        let difference = wanted ^ j as u64;
        // All ones if the difference is zero: then, and only then, neither it nor its opposite has the topmost bit.
        let mask = ((difference | difference.wrapping_neg()) >> 63).wrapping_sub(1);
        for limb in 0..4 {
            x[limb] |= entry.x[limb] & mask;
            y[limb] |= entry.y[limb] & mask;
        }
    }
    Affine::from_entry(&Point { x, y }).negate_if(sign == u64::MAX)
}

/// The entries of the table of G.
fn table() -> &'static [Point] {
    static TABLE: OnceLock<Table> = OnceLock::new();
    let build = || Table::build(&Affine::from_bytes(&G).expect("G is on the curve"), WIDTH);
    TABLE.get_or_init(build).entries()
}
