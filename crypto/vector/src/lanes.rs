//! The operations that kernels are made of, on several integers side by side.
//!
//! Lanes are a value rather than a type alone: whoever holds a value of [`Avx2`], [`Avx512`] or [`Ifma`] knows that the
//! processor has these instructions, since nothing makes one but detection. So kernels stay safe code.
//!
//! A kernel for vector registers is only fast if it becomes, with all that it calls, one function compiled for these
//! instructions. [`Words::compile`] and [`Limbs::compile`] enter that function; every operation and every function between is
//! `#[inline(always)]`.

mod arrays;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use arrays::Arrays;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{Avx2, Avx512, Ifma, prefetch};

use crate::point::Point;

/// Bytes of a block of SM3.
pub(crate) type Block = [u8; 64];

/// Most lanes of any [`Words`].
pub(crate) const WORD_LANES_MAX: usize = 16;

/// 32-bit words side by side, modulo 2³², as SM3 wants them.
pub(crate) trait Words: Copy {
    /// One word in each lane.
    type Vector: Copy;

    /// How many lanes, at most [`WORD_LANES_MAX`].
    const LANES: usize;

    /// Runs `kernel` compiled for these lanes.
    fn compile<K: WordsKernel>(self, kernel: K) -> K::Output;

    /// The same word in each lane.
    fn splat(self, word: u32) -> Self::Vector;
    /// a + b mod 2³².
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// a ⊕ b.
    fn xor(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// a ⊕ b ⊕ c.
    fn xor3(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// In each bit what at least two of the three have.
    fn majority(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// In each bit that of `yes` where `a` has a one, else that of `no`.
    fn choose(self, a: Self::Vector, yes: Self::Vector, no: Self::Vector) -> Self::Vector;
    /// a <<< `LEFT`; `RIGHT` is 32 − `LEFT`.
    fn rotate<const LEFT: i32, const RIGHT: i32>(self, a: Self::Vector) -> Self::Vector;
    /// a ⊕ (a <<< `LEFT`) ⊕ (a <<< `MORE`); `RIGHT` is 32 − `LEFT` and `MORE` is `LEFT` + 8.
    fn spread<const LEFT: i32, const RIGHT: i32, const MORE: i32>(self, a: Self::Vector) -> Self::Vector;

    /// Word i of every block in vector i, big endian. The first [`Words::LANES`] of `blocks` are read.
    fn load(self, blocks: &[&Block; WORD_LANES_MAX]) -> [Self::Vector; 16];
    /// Writes the lanes into the first [`Words::LANES`] of the array.
    fn store(self, vector: Self::Vector, words: &mut [u32; WORD_LANES_MAX]);
}

/// Something to do with [`Words`].
pub(crate) trait WordsKernel {
    /// What comes out.
    type Output;
    /// Does it. Must be `#[inline(always)]`.
    fn run<L: Words>(self, lanes: L) -> Self::Output;
}

/// Eight 64-bit integers side by side, modulo 2⁶⁴, with products of their low 52 bits.
pub(crate) trait Limbs: Copy {
    /// One integer in each lane.
    type Vector: Copy;

    /// Runs `kernel` compiled for these lanes.
    fn compile<K: LimbsKernel>(self, kernel: K) -> K::Output;

    /// The same integer in each lane.
    fn splat(self, limb: u64) -> Self::Vector;
    /// a + b mod 2⁶⁴.
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// a − b mod 2⁶⁴.
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// In each bit what both have.
    fn and(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// In each bit what either has.
    fn or(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// a · 2ᵇⁱᵗˢ mod 2⁶⁴.
    fn shift_left<const BITS: u32>(self, a: Self::Vector) -> Self::Vector;
    /// ⌊a / 2ᵇⁱᵗˢ⌋ of an unsigned a.
    fn shift_right<const BITS: u32>(self, a: Self::Vector) -> Self::Vector;
    /// ⌊a / 2ᵇⁱᵗˢ⌋ of a signed a.
    fn shift_right_signed<const BITS: u32>(self, a: Self::Vector) -> Self::Vector;
    /// `yes` in the lanes whose bit in `lanes` is set, else `no`.
    fn select(self, lanes: u8, yes: Self::Vector, no: Self::Vector) -> Self::Vector;
    /// sum + the low 52 bits of the product of the low 52 bits of a and b, mod 2⁶⁴.
    fn add_low(self, sum: Self::Vector, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// sum + the high 52 bits of the product of the low 52 bits of a and b, mod 2⁶⁴.
    fn add_high(self, sum: Self::Vector, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// Limb i of each point's x in vector i of the first array, of its y in the second.
    fn load(self, points: &[&Point; 8]) -> [[Self::Vector; 4]; 2];
    /// The integers, lane by lane.
    fn store(self, vector: Self::Vector) -> [u64; 8];
}

/// Something to do with [`Limbs`].
pub(crate) trait LimbsKernel {
    /// What comes out.
    type Output;
    /// Does it. Must be `#[inline(always)]`.
    fn run<L: Limbs>(self, lanes: L) -> Self::Output;
}

/// Does nothing where the instruction is not known.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(crate) fn prefetch(_: &Point) {}
