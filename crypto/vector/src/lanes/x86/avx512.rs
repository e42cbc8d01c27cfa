//! Sixteen words in a 512-bit register.

use crate::lanes::{Block, WORD_LANES_MAX, Words, WordsKernel};
use core::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_loadu_si512, _mm512_rol_epi32, _mm512_set1_epi32, _mm512_set4_epi32,
    _mm512_shuffle_epi8, _mm512_shuffle_i32x4, _mm512_storeu_si512, _mm512_ternarylogic_epi32, _mm512_unpackhi_epi32,
    _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64, _mm512_xor_si512,
};

/// Evidence that the processor has AVX-512 F and BW.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx512(());

impl Avx512 {
    /// Asks the processor.
    pub(crate) fn detect() -> Option<Avx512> {
        let has_both =
            std::arch::is_x86_feature_detected!("avx512f") && std::arch::is_x86_feature_detected!("avx512bw");
        has_both.then_some(Avx512(()))
    }
}

macro_rules! avx512 {
    ($instruction:expr) => {
        // SAFETY: values of `Avx512` are made by `Avx512::detect` alone, so the processor has AVX-512 F and BW. No memory
        // is touched.
        unsafe { $instruction }
    };
}

/// Truth tables of three inputs: exclusive or, majority, choice by the first (Intel SDM, VPTERNLOGD).
const XOR3: i32 = 0x96;
const MAJORITY: i32 = 0xe8;
const CHOOSE: i32 = 0xca;

#[target_feature(enable = "avx512f,avx512bw")]
fn compiled<K: WordsKernel>(lanes: Avx512, kernel: K) -> K::Output {
    kernel.run(lanes)
}

impl Words for Avx512 {
    type Vector = __m512i;
    const LANES: usize = 16;

    #[inline(always)]
    fn compile<K: WordsKernel>(self, kernel: K) -> K::Output {
        // SAFETY: values of `Avx512` are made by `Avx512::detect` alone, so the processor has AVX-512 F and BW.
        unsafe { compiled(self, kernel) }
    }

    #[inline(always)]
    fn splat(self, word: u32) -> __m512i {
        avx512!(_mm512_set1_epi32(word.cast_signed()))
    }

    #[inline(always)]
    fn add(self, a: __m512i, b: __m512i) -> __m512i {
        avx512!(_mm512_add_epi32(a, b))
    }

    #[inline(always)]
    fn xor(self, a: __m512i, b: __m512i) -> __m512i {
        avx512!(_mm512_xor_si512(a, b))
    }

    #[inline(always)]
    fn xor3(self, a: __m512i, b: __m512i, c: __m512i) -> __m512i {
        avx512!(_mm512_ternarylogic_epi32::<XOR3>(a, b, c))
    }

    #[inline(always)]
    fn majority(self, a: __m512i, b: __m512i, c: __m512i) -> __m512i {
        avx512!(_mm512_ternarylogic_epi32::<MAJORITY>(a, b, c))
    }

    #[inline(always)]
    fn choose(self, a: __m512i, yes: __m512i, no: __m512i) -> __m512i {
        avx512!(_mm512_ternarylogic_epi32::<CHOOSE>(a, yes, no))
    }

    #[inline(always)]
    fn rotate<const LEFT: i32, const RIGHT: i32>(self, a: __m512i) -> __m512i {
        const { assert!(LEFT > 0 && RIGHT > 0 && LEFT + RIGHT == 32) };
        avx512!(_mm512_rol_epi32::<LEFT>(a))
    }

    #[inline(always)]
    fn spread<const LEFT: i32, const RIGHT: i32, const MORE: i32>(self, a: __m512i) -> __m512i {
        const { assert!(MORE == LEFT + 8) };
        self.xor3(a, self.rotate::<LEFT, RIGHT>(a), avx512!(_mm512_rol_epi32::<MORE>(a)))
    }

    /// Byte order, then a transposition of sixteen by sixteen words: within quarters of registers first, then of quarters.
    #[inline(always)]
    fn load(self, blocks: &[&Block; WORD_LANES_MAX]) -> [__m512i; 16] {
        let big_endian = avx512!(_mm512_set4_epi32(0x0c0d_0e0f, 0x0809_0a0b, 0x0405_0607, 0x0001_0203));
        let mut rows = [self.splat(0); 16];
        for (row, block) in rows.iter_mut().zip(blocks) {
            // SAFETY: AVX-512 F as above; 64 bytes are read through a reference to 64; no alignment is asked for.
            let raw = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
            *row = avx512!(_mm512_shuffle_epi8(raw, big_endian));
        }
        let mut quarters = [self.splat(0); 16];
        for i in 0..4 {
            let [r0, r1, r2, r3] = [rows[4 * i], rows[4 * i + 1], rows[4 * i + 2], rows[4 * i + 3]];
            avx512!({
                let (a, b) = (_mm512_unpacklo_epi32(r0, r1), _mm512_unpacklo_epi32(r2, r3));
                quarters[4 * i] = _mm512_unpacklo_epi64(a, b);
                quarters[4 * i + 1] = _mm512_unpackhi_epi64(a, b);
                let (a, b) = (_mm512_unpackhi_epi32(r0, r1), _mm512_unpackhi_epi32(r2, r3));
                quarters[4 * i + 2] = _mm512_unpacklo_epi64(a, b);
                quarters[4 * i + 3] = _mm512_unpackhi_epi64(a, b);
            });
        }
        let mut words = [self.splat(0); 16];
        for i in 0..4 {
            let [r0, r1, r2, r3] = [quarters[i], quarters[4 + i], quarters[8 + i], quarters[12 + i]];
            avx512!({
                let (a, b) = (_mm512_shuffle_i32x4::<0x88>(r0, r1), _mm512_shuffle_i32x4::<0xdd>(r0, r1));
                let (c, d) = (_mm512_shuffle_i32x4::<0x88>(r2, r3), _mm512_shuffle_i32x4::<0xdd>(r2, r3));
                words[i] = _mm512_shuffle_i32x4::<0x88>(a, c);
                words[8 + i] = _mm512_shuffle_i32x4::<0xdd>(a, c);
                words[4 + i] = _mm512_shuffle_i32x4::<0x88>(b, d);
                words[12 + i] = _mm512_shuffle_i32x4::<0xdd>(b, d);
            });
        }
        words
    }

    #[inline(always)]
    fn store(self, vector: __m512i, words: &mut [u32; WORD_LANES_MAX]) {
        // SAFETY: AVX-512 F as above; 64 bytes are written through a reference to 64; no alignment is asked for.
        unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), vector) }
    }
}
