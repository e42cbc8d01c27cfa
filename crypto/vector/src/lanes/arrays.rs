//! Lanes as arrays, in safe code for any processor: the definition of every operation, and the oracle for the others.

use super::{Block, Limbs, LimbsKernel, WORD_LANES_MAX, Words, WordsKernel};
use crate::point::Point;

/// `N` words, or eight integers of 64 bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrays<const N: usize>;

const LOW_52: u64 = (1 << 52) - 1;

/// `f` of the lanes of `a` and `b`.
#[inline(always)]
fn each<T: Copy, const N: usize>(mut a: [T; N], b: [T; N], f: impl Fn(T, T) -> T) -> [T; N] {
    for (a, b) in a.iter_mut().zip(b) {
        *a = f(*a, b);
    }
    a
}

impl<const N: usize> Words for Arrays<N> {
    type Vector = [u32; N];
    const LANES: usize = N;

    #[inline(always)]
    fn compile<K: WordsKernel>(self, kernel: K) -> K::Output {
        kernel.run(self)
    }

    #[inline(always)]
    fn splat(self, word: u32) -> [u32; N] {
        [word; N]
    }

    #[inline(always)]
    fn add(self, a: [u32; N], b: [u32; N]) -> [u32; N] {
        each(a, b, u32::wrapping_add)
    }

    #[inline(always)]
    fn xor(self, a: [u32; N], b: [u32; N]) -> [u32; N] {
        each(a, b, |a, b| a ^ b)
    }

    #[inline(always)]
    fn xor3(self, a: [u32; N], b: [u32; N], c: [u32; N]) -> [u32; N] {
        self.xor(self.xor(a, b), c)
    }

    #[inline(always)]
    fn majority(self, a: [u32; N], b: [u32; N], c: [u32; N]) -> [u32; N] {
        let both = each(a, b, |a, b| a & b);
        let either = each(a, b, |a, b| a | b);
        each(both, each(either, c, |e, c| e & c), |a, b| a | b)
    }

    #[inline(always)]
    fn choose(self, a: [u32; N], yes: [u32; N], no: [u32; N]) -> [u32; N] {
        each(each(a, yes, |a, yes| a & yes), each(a, no, |a, no| !a & no), |a, b| a | b)
    }

    #[inline(always)]
    fn rotate<const LEFT: i32, const RIGHT: i32>(self, a: [u32; N]) -> [u32; N] {
        const { assert!(LEFT > 0 && RIGHT > 0 && LEFT + RIGHT == 32) };
        each(a, a, |a, _| a.rotate_left(LEFT as u32))
    }

    #[inline(always)]
    fn spread<const LEFT: i32, const RIGHT: i32, const MORE: i32>(self, a: [u32; N]) -> [u32; N] {
        const { assert!(LEFT > 0 && RIGHT > 0 && LEFT + RIGHT == 32 && MORE == LEFT + 8) };
        each(a, a, |a, _| a ^ a.rotate_left(LEFT as u32) ^ a.rotate_left(MORE as u32))
    }

    #[inline(always)]
    fn load(self, blocks: &[&Block; WORD_LANES_MAX]) -> [[u32; N]; 16] {
        let mut words = [[0; N]; 16];
        for (lane, block) in blocks[..N].iter().enumerate() {
            for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
                word[lane] = u32::from_be_bytes(*bytes);
            }
        }
        words
    }

    #[inline(always)]
    fn store(self, vector: [u32; N], words: &mut [u32; WORD_LANES_MAX]) {
        words[..N].copy_from_slice(&vector);
    }
}

impl Limbs for Arrays<8> {
    type Vector = [u64; 8];

    #[inline(always)]
    fn compile<K: LimbsKernel>(self, kernel: K) -> K::Output {
        kernel.run(self)
    }

    #[inline(always)]
    fn splat(self, limb: u64) -> [u64; 8] {
        [limb; 8]
    }

    #[inline(always)]
    fn add(self, a: [u64; 8], b: [u64; 8]) -> [u64; 8] {
        each(a, b, u64::wrapping_add)
    }

    #[inline(always)]
    fn sub(self, a: [u64; 8], b: [u64; 8]) -> [u64; 8] {
        each(a, b, u64::wrapping_sub)
    }

    #[inline(always)]
    fn and(self, a: [u64; 8], b: [u64; 8]) -> [u64; 8] {
        each(a, b, |a, b| a & b)
    }

    #[inline(always)]
    fn or(self, a: [u64; 8], b: [u64; 8]) -> [u64; 8] {
        each(a, b, |a, b| a | b)
    }

    #[inline(always)]
    fn shift_left<const BITS: u32>(self, a: [u64; 8]) -> [u64; 8] {
        each(a, a, |a, _| a << BITS)
    }

    #[inline(always)]
    fn shift_right<const BITS: u32>(self, a: [u64; 8]) -> [u64; 8] {
        each(a, a, |a, _| a >> BITS)
    }

    #[inline(always)]
    fn shift_right_signed<const BITS: u32>(self, a: [u64; 8]) -> [u64; 8] {
        each(a, a, |a, _| (a.cast_signed() >> BITS).cast_unsigned())
    }

    #[inline(always)]
    fn select(self, lanes: u8, yes: [u64; 8], no: [u64; 8]) -> [u64; 8] {
        let mut chosen = no;
        for (lane, limb) in chosen.iter_mut().enumerate() {
            if lanes >> lane & 1 == 1 {
                *limb = yes[lane];
            }
        }
        chosen
    }

    #[inline(always)]
    fn add_low(self, sum: [u64; 8], a: [u64; 8], b: [u64; 8]) -> [u64; 8] {
        each(sum, each(a, b, |a, b| (a & LOW_52).wrapping_mul(b & LOW_52) & LOW_52), u64::wrapping_add)
    }

    #[inline(always)]
    fn add_high(self, sum: [u64; 8], a: [u64; 8], b: [u64; 8]) -> [u64; 8] {
        let high = |a, b| ((u128::from(a & LOW_52) * u128::from(b & LOW_52)) >> 52) as u64;
        each(sum, each(a, b, high), u64::wrapping_add)
    }

    #[inline(always)]
    fn load(self, points: &[&Point; 8]) -> [[[u64; 8]; 4]; 2] {
        let (mut x, mut y) = ([[0; 8]; 4], [[0; 8]; 4]);
        for (lane, point) in points.iter().enumerate() {
            for limb in 0..4 {
                x[limb][lane] = point.x[limb];
                y[limb][lane] = point.y[limb];
            }
        }
        [x, y]
    }

    #[inline(always)]
    fn store(self, vector: [u64; 8]) -> [u64; 8] {
        vector
    }
}
