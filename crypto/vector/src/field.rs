//! Integers mod p, eight side by side, in radix 2⁵² and Montgomery form with M = 2²⁶⁰.
//!
//! An element a is held as a · M mod p in five limbs of 52 bits, not fully reduced. Every function says what it takes and
//! gives, in multiples of p, and asserts it in debug builds, lane by lane:
//!
//! | Bound | Name here | Given by |
//! |---|---|---|
//! | < 2²⁵⁶ + 2²²⁸ < 2p | *small* | [`Element::load`], sums and differences after [`folded`] |
//! | < 2p | | products |
//! | < 4p | | [`Element::minus`] |
//!
//! In each of these, limbs 0 to 3 are below 2⁵² and so is limb 4, as the multiplication of 52 bits requires. Between
//! carries, limbs are signed.
//!
//! p = −1 + [`Q1`] · 2⁵² − 2¹⁰⁴ + [`Q4`] · 2²⁰⁸, so that −p⁻¹ mod 2⁵² is 1: the multiple of p that clears a limb in a
//! reduction is the limb itself.

use crate::lanes::Limbs;

/// p = 2²⁵⁶ − 2²²⁴ − 2⁹⁶ + 2⁶⁴ − 1 (GM/T 0003.5-2012 §2), in limbs of 64 bits.
pub(crate) const P: [u64; 4] =
    [0xffff_ffff_ffff_ffff, 0xffff_ffff_0000_0000, 0xffff_ffff_ffff_ffff, 0xffff_fffe_ffff_ffff];

const LOW_52: u64 = (1 << 52) - 1;
const LOW_48: u64 = (1 << 48) - 1;

/// 2⁵² − 2⁴⁴ + 2¹².
pub(crate) const Q1: u64 = (1 << 52) - (1 << 44) + (1 << 12);

/// 2⁴⁸ − 2¹⁶.
pub(crate) const Q4: u64 = (1 << 48) - (1 << 16);

/// `times` · p in five limbs of 52 bits; `times` ≤ 16.
pub(crate) const fn multiple_of_p(times: u64) -> [u64; 5] {
    let mut limbs = [0; 5];
    let (mut low, mut filled) = (0u128, 0);
    let (mut word, mut carry) = (0, 0u128);
    let mut limb = 0;
    while limb < 5 {
        while filled < 52 && word < 5 {
            let digit = if word < 4 { P[word] as u128 * times as u128 + carry } else { carry };
            low |= (digit & u64::MAX as u128) << filled;
            carry = digit >> 64;
            filled += 64;
            word += 1;
        }
        limbs[limb] = low as u64 & LOW_52;
        low >>= 52;
        filled -= 52;
        limb += 1;
    }
    assert!(low == 0);
    limbs
}

const P_2: [u64; 5] = multiple_of_p(2);
const P_4: [u64; 5] = multiple_of_p(4);
const P_16: [u64; 5] = multiple_of_p(16);

/// M mod p = 2⁴ · (2²²⁴ + 2⁹⁶ − 2⁶⁴ + 1), the element 1.
pub(crate) const ONE: [u64; 5] = [1 << 4, (1 << 48) - (1 << 16), 0, 0, 1 << 20];

/// Eight elements.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<V>(pub(crate) [V; 5]);

/// The same integer, in limbs, in each lane.
#[inline(always)]
pub(crate) fn splat<L: Limbs>(lanes: L, limbs: [u64; 5]) -> [L::Vector; 5] {
    let mut vectors = [lanes.splat(0); 5];
    for (vector, limb) in vectors.iter_mut().zip(limbs) {
        *vector = lanes.splat(limb);
    }
    vectors
}

/// Passes on what exceeds 52 bits of limbs 0 to 3, or is missing there. The integer must not be negative, and below 2²⁶⁰.
#[inline(always)]
fn carried<L: Limbs>(lanes: L, [mut a, mut b, mut c, mut d, mut e]: [L::Vector; 5]) -> Element<L::Vector> {
    let mask = lanes.splat(LOW_52);
    b = lanes.add(b, lanes.shift_right_signed::<52>(a));
    a = lanes.and(a, mask);
    c = lanes.add(c, lanes.shift_right_signed::<52>(b));
    b = lanes.and(b, mask);
    d = lanes.add(d, lanes.shift_right_signed::<52>(c));
    c = lanes.and(c, mask);
    e = lanes.add(e, lanes.shift_right_signed::<52>(d));
    d = lanes.and(d, mask);
    Element([a, b, c, d, e])
}

/// An integer from 0 to 16p in limbs of at most 2⁵⁵, signed, brought below 2²⁵⁶ + 2²²⁸ by subtracting a multiple of p.
///
/// With q the bits from 2²⁵⁶ on as limb 4 alone shows them, q · 2²⁵⁶ becomes q · (2²²⁴ + 2⁹⁶ − 2⁶⁴ + 1). Limbs 0 to 3
/// together may add up to a little less than 0, but then q ≥ 1, or the integer would be negative, and 2²²⁴ outweighs it; so
/// the result is not negative. q ≤ 16, hence the bound.
#[inline(always)]
fn folded<L: Limbs>(lanes: L, [mut a, mut b, c, d, mut e]: [L::Vector; 5]) -> Element<L::Vector> {
    let q = lanes.shift_right_signed::<48>(e);
    e = lanes.add(lanes.and(e, lanes.splat(LOW_48)), lanes.shift_left::<16>(q));
    b = lanes.add(b, lanes.sub(lanes.shift_left::<44>(q), lanes.shift_left::<12>(q)));
    a = lanes.add(a, q);
    let small = carried(lanes, [a, b, c, d, e]);
    small.assert_small(lanes);
    small
}

/// t / M mod p, below 2p, of an integer t < 16p² in limbs of at most 2⁵⁸.
///
/// Each of five steps adds m · p with the m < 2⁵² that makes the lowest limb left a multiple of 2⁵², and drops it. What is
/// added in all is below M · p, so the quotient is below (16p² + M · p) / M < 2p, as 16p < M.
#[inline(always)]
fn reduced<L: Limbs>(lanes: L, mut t: [L::Vector; 10]) -> Element<L::Vector> {
    let (q1, q4, mask) = (lanes.splat(Q1), lanes.splat(Q4), lanes.splat(LOW_52));
    for i in 0..5 {
        let m = lanes.and(t[i], mask);
        // t[i] − m is carried on; − m · 2¹⁰⁴ and both halves of m · Q1 · 2⁵² and m · Q4 · 2²⁰⁸ remain.
        let carry = lanes.shift_right_signed::<52>(t[i]);
        t[i + 1] = lanes.add_low(lanes.add(t[i + 1], carry), m, q1);
        t[i + 2] = lanes.add_high(lanes.sub(t[i + 2], m), m, q1);
        t[i + 4] = lanes.add_low(t[i + 4], m, q4);
        t[i + 5] = lanes.add_high(t[i + 5], m, q4);
    }
    let quotient = carried(lanes, [t[5], t[6], t[7], t[8], t[9]]);
    quotient.assert_below(lanes, 2);
    quotient
}

impl<V: Copy> Element<V> {
    /// Coordinates as a table holds them, a · 2²⁵⁶ mod p, brought into this form: sixteen times that, *small*. The negative
    /// in the lanes whose bit in `negate` is set.
    #[inline(always)]
    pub(crate) fn load<L: Limbs<Vector = V>>(lanes: L, limbs: [V; 4], negate: u8) -> Element<V> {
        let mask = lanes.splat(LOW_52);
        let [l0, l1, l2, l3] = limbs;
        // Bits 52i − 4 to 52i + 47 of the integer, for i from 0 to 4: it is below p < 2²⁵⁶, so sixteen times it is below 16p
        // and fills five limbs.
        let mut times_16 = [
            lanes.and(lanes.shift_left::<4>(l0), mask),
            lanes.and(lanes.or(lanes.shift_right::<48>(l0), lanes.shift_left::<16>(l1)), mask),
            lanes.and(lanes.or(lanes.shift_right::<36>(l1), lanes.shift_left::<28>(l2)), mask),
            lanes.and(lanes.or(lanes.shift_right::<24>(l2), lanes.shift_left::<40>(l3)), mask),
            lanes.shift_right::<12>(l3),
        ];
        if negate != 0 {
            for (vector, p_16) in times_16.iter_mut().zip(P_16) {
                *vector = lanes.select(negate, lanes.sub(lanes.splat(p_16), *vector), *vector);
            }
        }
        folded(lanes, times_16)
    }

    /// The element 1 in each lane.
    #[inline(always)]
    pub(crate) fn one<L: Limbs<Vector = V>>(lanes: L) -> Element<V> {
        Element(splat(lanes, ONE))
    }

    /// The product, below 2p; both factors below 4p.
    #[inline(always)]
    pub(crate) fn times<L: Limbs<Vector = V>>(&self, lanes: L, other: &Element<V>) -> Element<V> {
        self.assert_below(lanes, 4);
        other.assert_below(lanes, 4);
        let mut t = [lanes.splat(0); 10];
        for i in 0..5 {
            for j in 0..5 {
                t[i + j] = lanes.add_low(t[i + j], self.0[i], other.0[j]);
                t[i + j + 1] = lanes.add_high(t[i + j + 1], self.0[i], other.0[j]);
            }
        }
        reduced(lanes, t)
    }

    /// The square, below 2p; the element below 4p.
    #[inline(always)]
    pub(crate) fn squared<L: Limbs<Vector = V>>(&self, lanes: L) -> Element<V> {
        self.assert_below(lanes, 4);
        let mut t = [lanes.splat(0); 10];
        for i in 0..5 {
            for j in i + 1..5 {
                t[i + j] = lanes.add_low(t[i + j], self.0[i], self.0[j]);
                t[i + j + 1] = lanes.add_high(t[i + j + 1], self.0[i], self.0[j]);
            }
        }
        for limb in &mut t[1..9] {
            *limb = lanes.add(*limb, *limb);
        }
        for i in 0..5 {
            t[2 * i] = lanes.add_low(t[2 * i], self.0[i], self.0[i]);
            t[2 * i + 1] = lanes.add_high(t[2 * i + 1], self.0[i], self.0[i]);
        }
        reduced(lanes, t)
    }

    /// a − b, below 4p, as a − b + 2p; both below 2p.
    #[inline(always)]
    pub(crate) fn minus<L: Limbs<Vector = V>>(&self, lanes: L, b: &Element<V>) -> Element<V> {
        self.assert_below(lanes, 2);
        b.assert_below(lanes, 2);
        let mut difference = splat(lanes, P_2);
        for (i, vector) in difference.iter_mut().enumerate() {
            *vector = lanes.add(lanes.sub(self.0[i], b.0[i]), *vector);
        }
        let difference = carried(lanes, difference);
        difference.assert_below(lanes, 4);
        difference
    }

    /// a − b, *small*; both below 2p.
    #[inline(always)]
    pub(crate) fn minus_small<L: Limbs<Vector = V>>(&self, lanes: L, b: &Element<V>) -> Element<V> {
        self.assert_below(lanes, 2);
        b.assert_below(lanes, 2);
        let mut difference = splat(lanes, P_2);
        for (i, vector) in difference.iter_mut().enumerate() {
            *vector = lanes.add(lanes.sub(self.0[i], b.0[i]), *vector);
        }
        folded(lanes, difference)
    }

    /// a − b − c, *small*, as a − b − c + 4p; all below 2p.
    #[inline(always)]
    pub(crate) fn minus_both_small<L: Limbs<Vector = V>>(
        &self,
        lanes: L,
        b: &Element<V>,
        c: &Element<V>,
    ) -> Element<V> {
        self.assert_below(lanes, 2);
        b.assert_below(lanes, 2);
        c.assert_below(lanes, 2);
        let mut difference = splat(lanes, P_4);
        for (i, vector) in difference.iter_mut().enumerate() {
            *vector = lanes.add(lanes.sub(lanes.sub(self.0[i], b.0[i]), c.0[i]), *vector);
        }
        folded(lanes, difference)
    }

    /// a⁻¹ = a^(p−2) (Fermat), below 2p; zero gives zero. The element below 4p. p − 2 in 32-bit words, most significant
    /// first, is `fffffffe ffffffff ffffffff ffffffff ffffffff 00000000 ffffffff fffffffd`; `ones_k` is a^(2ᵏ−1).
    #[inline(always)]
    pub(crate) fn inverted<L: Limbs<Vector = V>>(&self, lanes: L) -> Element<V> {
        let ones_2 = self.squared(lanes).times(lanes, self);
        let ones_4 = ones_2.squared_times(lanes, 2).times(lanes, &ones_2);
        let ones_8 = ones_4.squared_times(lanes, 4).times(lanes, &ones_4);
        let ones_16 = ones_8.squared_times(lanes, 8).times(lanes, &ones_8);
        let ones_24 = ones_16.squared_times(lanes, 8).times(lanes, &ones_8);
        let ones_28 = ones_24.squared_times(lanes, 4).times(lanes, &ones_4);
        let ones_30 = ones_28.squared_times(lanes, 2).times(lanes, &ones_2);
        let ones_31 = ones_30.squared_times(lanes, 1).times(lanes, self);
        let ones_32 = ones_31.squared_times(lanes, 1).times(lanes, self);
        let mut power = ones_31.squared(lanes);
        for _ in 0..4 {
            power = power.squared_times(lanes, 32).times(lanes, &ones_32);
        }
        power = power.squared_times(lanes, 64).times(lanes, &ones_32);
        power = power.squared_times(lanes, 30).times(lanes, &ones_30);
        power.squared_times(lanes, 2).times(lanes, self)
    }

    #[inline(always)]
    fn squared_times<L: Limbs<Vector = V>>(&self, lanes: L, count: usize) -> Element<V> {
        let mut power = *self;
        for _ in 0..count {
            power = power.squared(lanes);
        }
        power
    }

    /// The integers a, out of Montgomery form and fully reduced, lane by lane in limbs of 64 bits. The element below 4p.
    #[inline(always)]
    pub(crate) fn integers<L: Limbs<Vector = V>>(&self, lanes: L) -> [[u64; 4]; 8] {
        // a · M · 1 / M, and below (4p + M · p) / M, so at most p.
        let plain = self.times(lanes, &Element(splat(lanes, [1, 0, 0, 0, 0])));
        let limbs = plain.store(lanes);
        let mut integers = [[0; 4]; 8];
        for (lane, integer) in integers.iter_mut().enumerate() {
            let l = limbs.map(|vector| vector[lane]);
            let packed = [l[0] | l[1] << 52, l[1] >> 12 | l[2] << 40, l[2] >> 24 | l[3] << 28, l[3] >> 36 | l[4] << 16];
            debug_assert!(l[4] >> 48 == 0);
            *integer = if packed == P { [0; 4] } else { packed };
        }
        integers
    }

    /// Whether the element is 0 mod p in some lane; the element below 2p.
    #[inline(always)]
    pub(crate) fn has_zero<L: Limbs<Vector = V>>(&self, lanes: L) -> bool {
        const P_1: [u64; 5] = multiple_of_p(1);
        self.assert_below(lanes, 2);
        let limbs = self.store(lanes);
        (0..8).any(|lane| {
            let value = limbs.map(|vector| vector[lane]);
            value == [0; 5] || value == P_1
        })
    }

    /// Limb i of all lanes in array i.
    #[inline(always)]
    pub(crate) fn store<L: Limbs<Vector = V>>(&self, lanes: L) -> [[u64; 8]; 5] {
        let mut limbs = [[0; 8]; 5];
        for (limb, vector) in limbs.iter_mut().zip(self.0) {
            *limb = lanes.store(vector);
        }
        limbs
    }

    #[inline(always)]
    fn assert_below<L: Limbs<Vector = V>>(&self, lanes: L, times: u64) {
        if cfg!(debug_assertions) {
            assert_all_below(&self.store(lanes), multiple_of_p(times));
        }
    }

    #[inline(always)]
    fn assert_small<L: Limbs<Vector = V>>(&self, lanes: L) {
        if cfg!(debug_assertions) {
            assert_all_below(&self.store(lanes), [0, 0, 0, 0, (1 << 48) + (1 << 20)]);
        }
    }
}

/// That every lane is an integer below `bound` in limbs below 2⁵².
fn assert_all_below(limbs: &[[u64; 8]; 5], bound: [u64; 5]) {
    for lane in 0..8 {
        let integer = limbs.map(|vector| vector[lane]);
        assert!(integer.iter().all(|limb| *limb <= LOW_52), "lane {lane} has limbs {integer:x?}");
        assert!(integer.iter().rev().lt(bound.iter().rev()), "lane {lane} is {integer:x?}, bound {bound:x?}");
    }
}
