//! Integers mod p in Montgomery form (P. L. Montgomery, *Modular multiplication without trial division*, Math. Comp. 44,
//! 1985) with R = 2²⁵⁶: the element a is held as aR mod p.
//!
//! One bound holds everywhere: the four limbs of every element, taken and returned, are **fully reduced, below p**. So
//! equality of elements is equality of limbs. There is no lazy reduction to keep account of.
//!
//! Sums, differences, products, squares, negatives and inverses are written without branches or addresses that depend on the
//! elements, since [`super::base`] uses them for secrets. Reading and comparing are for public data only.

use super::curve::P;
use super::limbs::{self, Limbs};
use std::ops::{Add, Mul, Neg, Sub};

/// R mod p = 2²²⁴ + 2⁹⁶ − 2⁶⁴ + 1.
const R: Limbs = [1, 0x0000_0000_ffff_ffff, 0, 0x0000_0001_0000_0000];

/// R² mod p: multiplying by it brings an integer into Montgomery form.
const R_SQUARED: Limbs = [0x0000_0002_0000_0003, 0x0000_0002_ffff_ffff, 0x0000_0001_0000_0001, 0x0000_0004_0000_0002];

/// An integer mod p, as the limbs of aR mod p.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FieldElement(Limbs);

impl FieldElement {
    pub(super) const ZERO: FieldElement = FieldElement([0; 4]);
    pub(super) const ONE: FieldElement = FieldElement(R);

    /// The element of an integer below p.
    #[inline(always)]
    pub(super) fn from_limbs(integer: Limbs) -> FieldElement {
        debug_assert!(limbs::less(&integer, &P));
        FieldElement(integer) * FieldElement(R_SQUARED)
    }

    /// The element held as these limbs, which must be below p: those of aR mod p.
    #[inline(always)]
    pub(super) fn from_montgomery(held: Limbs) -> FieldElement {
        debug_assert!(limbs::less(&held, &P));
        FieldElement(held)
    }

    /// The limbs of aR mod p, as the element is held.
    #[inline(always)]
    pub(super) fn montgomery(self) -> Limbs {
        self.0
    }

    /// The integer below p.
    pub(super) fn to_integer(self) -> Limbs {
        let held = self.0;
        reduce_wide(&[held[0], held[1], held[2], held[3], 0, 0, 0, 0]).0
    }

    /// Reads 32 big-endian bytes. `None` unless they are an integer below p.
    pub(super) fn from_be_bytes(bytes: &[u8; 32]) -> Option<FieldElement> {
        let integer = limbs::from_be_bytes(bytes);
        limbs::less(&integer, &P).then(|| FieldElement::from_limbs(integer))
    }

    #[inline(always)]
    pub(super) fn is_zero(self) -> bool {
        limbs::is_zero(&self.0)
    }

    #[inline(always)]
    pub(super) fn double(self) -> FieldElement {
        self + self
    }

    /// Three times the element.
    #[inline(always)]
    pub(super) fn triple(self) -> FieldElement {
        self + self + self
    }

    /// The negative if `condition`, else the element.
    #[inline(always)]
    pub(super) fn negate_if(self, condition: bool) -> FieldElement {
        FieldElement(limbs::select(condition, &(-self).0, &self.0))
    }

    #[inline(always)]
    pub(super) fn square(self) -> FieldElement {
        debug_assert!(self.is_reduced());
        reduce_wide(&square_wide(&self.0))
    }

    /// a⁻¹ = a^(p−2) (Fermat); zero gives zero. p − 2 in 32-bit words, most significant first, is
    /// `fffffffe ffffffff ffffffff ffffffff ffffffff 00000000 ffffffff fffffffd`; `ones_k` is a^(2ᵏ−1).
    pub(super) fn invert(self) -> FieldElement {
        let ones_2 = self.square() * self;
        let ones_4 = ones_2.square_times(2) * ones_2;
        let ones_8 = ones_4.square_times(4) * ones_4;
        let ones_16 = ones_8.square_times(8) * ones_8;
        let ones_24 = ones_16.square_times(8) * ones_8;
        let ones_28 = ones_24.square_times(4) * ones_4;
        let ones_30 = ones_28.square_times(2) * ones_2;
        let ones_31 = ones_30.square() * self;
        let ones_32 = ones_31.square() * self;
        let mut power = ones_31.square();
        for _ in 0..4 {
            power = power.square_times(32) * ones_32;
        }
        power = power.square_times(64) * ones_32;
        power = power.square_times(30) * ones_30;
        power.square_times(2) * self
    }

    fn square_times(self, count: usize) -> FieldElement {
        (0..count).fold(self, |power, _| power.square())
    }

    #[inline(always)]
    fn is_reduced(self) -> bool {
        limbs::less(&self.0, &P)
    }
}

impl Add for FieldElement {
    type Output = FieldElement;

    /// The integer sum is below 2p < 2²⁵⁷: one conditional subtraction.
    #[inline(always)]
    fn add(self, other: FieldElement) -> FieldElement {
        debug_assert!(self.is_reduced() && other.is_reduced());
        let (sum, carry) = limbs::add(&self.0, &other.0);
        subtract_p_once(&sum, carry)
    }
}

impl Sub for FieldElement {
    type Output = FieldElement;

    /// The integer difference lies in (−p, p): p is added back if it is negative.
    #[inline(always)]
    fn sub(self, other: FieldElement) -> FieldElement {
        debug_assert!(self.is_reduced() && other.is_reduced());
        let (difference, borrow) = limbs::sub(&self.0, &other.0);
        FieldElement(limbs::add(&difference, &limbs::select(borrow, &P, &[0; 4])).0)
    }
}

impl Neg for FieldElement {
    type Output = FieldElement;

    #[inline(always)]
    fn neg(self) -> FieldElement {
        FieldElement::ZERO - self
    }
}

impl Mul for FieldElement {
    type Output = FieldElement;

    /// aR · bR / R = abR mod p.
    #[inline(always)]
    fn mul(self, other: FieldElement) -> FieldElement {
        debug_assert!(self.is_reduced() && other.is_reduced());
        reduce_wide(&multiply_wide(&self.0, &other.0))
    }
}

/// `carry` · 2²⁵⁶ + `low`, which must be below 2p, less p if that is not negative.
#[inline(always)]
fn subtract_p_once(low: &Limbs, carry: bool) -> FieldElement {
    let (less_p, borrow) = limbs::sub(low, &P);
    let reduced = FieldElement(limbs::select(borrow & !carry, low, &less_p));
    debug_assert!(reduced.is_reduced());
    reduced
}

/// The integer product a · b, eight limbs, any a and b.
#[inline(always)]
fn multiply_wide(a: &Limbs, b: &Limbs) -> [u64; 8] {
    let mut product = [0; 8];
    for i in 0..4 {
        let mut carry = 0;
        for j in 0..4 {
            (product[i + j], carry) = a[i].carrying_mul_add(b[j], product[i + j], carry);
        }
        product[i + 4] = carry;
    }
    product
}

/// The integer square a²: the products of distinct limbs once, doubled, and the squares of the limbs added.
#[inline(always)]
fn square_wide(a: &Limbs) -> [u64; 8] {
    let mut cross = [0; 8];
    for i in 0..3 {
        let mut carry = 0;
        for j in i + 1..4 {
            (cross[i + j], carry) = a[i].carrying_mul_add(a[j], cross[i + j], carry);
        }
        cross[i + 4] = carry;
    }
    let mut square = [0; 8];
    let mut carry = false;
    for i in 0..4 {
        let (low, high) = a[i].carrying_mul(a[i], 0);
        let even = if i == 0 { 0 } else { (cross[2 * i] << 1) | (cross[2 * i - 1] >> 63) };
        let odd = (cross[2 * i + 1] << 1) | (cross[2 * i] >> 63);
        (square[2 * i], carry) = even.carrying_add(low, carry);
        (square[2 * i + 1], carry) = odd.carrying_add(high, carry);
    }
    debug_assert!(!carry);
    square
}

/// Montgomery reduction: t/R mod p for an integer t < pR.
///
/// Four steps divide the lower half L < 2²⁵⁶ of t by 2⁶⁴ each, by adding a multiple of p that clears the lowest limb; they
/// leave L' = (L + Mp)/2²⁵⁶ with M < 2²⁵⁶, so L' ≤ p. Adding the upper half, below p, gives less than 2p.
#[inline(always)]
fn reduce_wide(t: &[u64; 8]) -> FieldElement {
    let upper = [t[4], t[5], t[6], t[7]];
    debug_assert!(limbs::less(&upper, &P));
    let mut lower = [t[0], t[1], t[2], t[3]];
    for _ in 0..4 {
        lower = divide_by_limb(&lower);
    }
    let (sum, carry) = limbs::add(&lower, &upper);
    subtract_p_once(&sum, carry)
}

/// (t + mp) / 2⁶⁴ with the m < 2⁶⁴ that makes it whole, for any t < 2²⁵⁶.
///
/// p ≡ −1 mod 2⁶⁴, so m is the lowest limb itself, and t + mp = (t − m) + m(2²⁵⁶ − 2²²⁴ − 2⁹⁶ + 2⁶⁴): what is added, divided
/// by 2⁶⁴, is m(2¹⁹² − 2¹⁶⁰ − 2³² + 1), shifts and subtractions only. The result is below 2¹⁹² + p < 2²⁵⁶: no carry is lost.
#[inline(always)]
fn divide_by_limb(t: &Limbs) -> Limbs {
    let m = t[0];
    let (low, high) = (m << 32, m >> 32);
    let (v0, borrow) = m.borrowing_sub(low, false);
    let (v1, borrow) = 0u64.borrowing_sub(high, borrow);
    let (v2, borrow) = 0u64.borrowing_sub(low, borrow);
    let (v3, borrow) = m.borrowing_sub(high, borrow);
    debug_assert!(!borrow);
    let (quotient, carry) = limbs::add(&[t[1], t[2], t[3], 0], &[v0, v1, v2, v3]);
    debug_assert!(!carry);
    quotient
}
