//! Integers mod n, as far as verification needs them: read, add, subtract, and write in signed odd digits. Every [`Scalar`] is
//! below n. Public data only: nothing here claims to take constant time.

use super::curve::N;
use super::limbs::{self, Limbs};

/// Digits of the narrowest windows.
const MAX_DIGITS: usize = windows(MIN_WIDTH);

/// Narrowest window of [`Scalar::digits`], bits.
pub(super) const MIN_WIDTH: usize = 4;

/// Widest window of [`Scalar::digits`], bits: a table of such windows already takes 18 MiB, and a digit 16 bits.
pub(super) const MAX_WIDTH: usize = 15;

/// How many digits of `width` bits write a scalar.
pub(super) const fn windows(width: usize) -> usize {
    256usize.div_ceil(width)
}

/// An integer below n.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scalar(Limbs);

impl Scalar {
    /// Reads a big-endian integer in [1, n − 1], as r and s of a signature must be (GM/T 0003.2-2012 §7.1, B1 and B2).
    pub(super) fn in_range(bytes: &[u8; 32]) -> Option<Scalar> {
        let integer = limbs::from_be_bytes(bytes);
        (!limbs::is_zero(&integer) && limbs::less(&integer, &N)).then_some(Scalar(integer))
    }

    /// Any 256-bit big-endian integer mod n: 2²⁵⁶ < 2n, so one subtraction is enough.
    pub(super) fn reduced(bytes: &[u8; 32]) -> Scalar {
        let integer = limbs::from_be_bytes(bytes);
        let (less_n, negative) = limbs::sub(&integer, &N);
        Scalar(if negative { integer } else { less_n })
    }

    pub(super) fn is_zero(&self) -> bool {
        limbs::is_zero(&self.0)
    }

    /// The integer below n.
    pub(super) fn limbs(&self) -> &Limbs {
        &self.0
    }

    /// The sum mod n. The integer sum is below 2n.
    pub(super) fn plus(&self, other: &Scalar) -> Scalar {
        let (sum, carry) = limbs::add(&self.0, &other.0);
        let (less_n, negative) = limbs::sub(&sum, &N);
        Scalar(if carry || !negative { less_n } else { sum })
    }

    /// The difference mod n.
    pub(super) fn minus(&self, other: &Scalar) -> Scalar {
        let (difference, negative) = limbs::sub(&self.0, &other.0);
        Scalar(if negative { limbs::add(&difference, &N).0 } else { difference })
    }

    /// An odd integer below 2²⁵⁶ that is the scalar, or with `true` the opposite of it, mod n: n is odd.
    pub(super) fn odd(&self) -> (Limbs, bool) {
        if self.0[0] & 1 == 1 { (self.0, false) } else { (limbs::sub(&N, &self.0).0, true) }
    }

    /// The scalar as Σ dᵢ · 2^(width·i) mod n with odd dᵢ, |dᵢ| < 2^width, least significant first, exactly
    /// [`windows`]`(width)` digits; `width` in [`MIN_WIDTH`]..=[`MAX_WIDTH`].
    ///
    /// No digit is zero, so that every scalar is the sum of equally many table entries, which is what lanes side by side need.
    /// An even k is written as n − k, which is odd, with every sign turned. An odd k is its lowest digit
    /// (k mod 2^(width+1)) − 2^width, which is odd, and 2^width times what remains, (k − d)/2^width = ⌊k/2^width⌋ with the
    /// lowest bit set, which is odd again; what remains at the end, below 2^width, is the topmost digit (the recoding of
    /// M. Joye and M. Tunstall, *Exponent recoding and regular exponentiation algorithms*, AFRICACRYPT 2009, algorithm 6).
    pub(super) fn digits(&self, width: usize) -> Digits {
        debug_assert!((MIN_WIDTH..=MAX_WIDTH).contains(&width) && limbs::less(&self.0, &N));
        let (magnitude, turned) = self.odd();
        let mut digits = Digits { values: [0; MAX_DIGITS], count: windows(width) };
        let last = digits.count - 1;
        for (i, digit) in digits.values[..=last].iter_mut().enumerate() {
            let signed = match i == last {
                false => (window(&magnitude, i * width, width + 1) | 1) - (1 << width),
                true => window(&magnitude, i * width, width) | 1,
            };
            *digit = if turned { -signed } else { signed };
        }
        digits
    }
}

/// Bits `from..from + width` of an integer, `from` < 256; bits above 2²⁵⁶ are zero.
#[inline]
fn window(integer: &Limbs, from: usize, width: usize) -> i32 {
    let (limb, shift) = (from / 64, from % 64);
    let mut bits = integer[limb] >> shift;
    if shift + width > 64 && limb < 3 {
        bits |= integer[limb + 1] << (64 - shift);
    }
    (bits & ((1 << width) - 1)) as i32
}

/// Signed odd digits of one scalar.
pub(super) struct Digits {
    values: [i32; MAX_DIGITS],
    count: usize,
}

impl Digits {
    /// Least significant first.
    pub(super) fn as_slice(&self) -> &[i32] {
        &self.values[..self.count]
    }
}
