//! Eight words in a 256-bit register.

use crate::lanes::{Block, WORD_LANES_MAX, Words, WordsKernel};
use core::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_and_si256, _mm256_loadu_si256, _mm256_or_si256, _mm256_permute2x128_si256,
    _mm256_set_epi8, _mm256_set1_epi32, _mm256_shuffle_epi8, _mm256_slli_epi32, _mm256_srli_epi32, _mm256_storeu_si256,
    _mm256_unpackhi_epi32, _mm256_unpackhi_epi64, _mm256_unpacklo_epi32, _mm256_unpacklo_epi64, _mm256_xor_si256,
};

/// Evidence that the processor has AVX2.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// Asks the processor.
    pub(crate) fn detect() -> Option<Avx2> {
        std::arch::is_x86_feature_detected!("avx2").then_some(Avx2(()))
    }
}

macro_rules! avx2 {
    ($instruction:expr) => {
        // SAFETY: values of `Avx2` are made by `Avx2::detect` alone, so the processor has AVX2. No memory is touched.
        unsafe { $instruction }
    };
}

#[target_feature(enable = "avx2")]
fn compiled<K: WordsKernel>(lanes: Avx2, kernel: K) -> K::Output {
    kernel.run(lanes)
}

impl Words for Avx2 {
    type Vector = __m256i;
    const LANES: usize = 8;

    #[inline(always)]
    fn compile<K: WordsKernel>(self, kernel: K) -> K::Output {
        // SAFETY: values of `Avx2` are made by `Avx2::detect` alone, so the processor has AVX2.
        unsafe { compiled(self, kernel) }
    }

    #[inline(always)]
    fn splat(self, word: u32) -> __m256i {
        avx2!(_mm256_set1_epi32(word.cast_signed()))
    }

    #[inline(always)]
    fn add(self, a: __m256i, b: __m256i) -> __m256i {
        avx2!(_mm256_add_epi32(a, b))
    }

    #[inline(always)]
    fn xor(self, a: __m256i, b: __m256i) -> __m256i {
        avx2!(_mm256_xor_si256(a, b))
    }

    #[inline(always)]
    fn xor3(self, a: __m256i, b: __m256i, c: __m256i) -> __m256i {
        self.xor(self.xor(a, b), c)
    }

    /// (a ∧ b) ∨ (c ∧ (a ∨ b)).
    #[inline(always)]
    fn majority(self, a: __m256i, b: __m256i, c: __m256i) -> __m256i {
        avx2!(_mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(c, _mm256_or_si256(a, b))))
    }

    /// no ⊕ (a ∧ (yes ⊕ no)).
    #[inline(always)]
    fn choose(self, a: __m256i, yes: __m256i, no: __m256i) -> __m256i {
        avx2!(_mm256_xor_si256(no, _mm256_and_si256(a, _mm256_xor_si256(yes, no))))
    }

    #[inline(always)]
    fn rotate<const LEFT: i32, const RIGHT: i32>(self, a: __m256i) -> __m256i {
        const { assert!(LEFT > 0 && RIGHT > 0 && LEFT + RIGHT == 32) };
        avx2!(_mm256_or_si256(_mm256_slli_epi32::<LEFT>(a), _mm256_srli_epi32::<RIGHT>(a)))
    }

    /// a ⊕ ((a ⊕ (a <<< 8)) <<< `LEFT`): a rotation by whole bytes is one shuffle.
    #[inline(always)]
    fn spread<const LEFT: i32, const RIGHT: i32, const MORE: i32>(self, a: __m256i) -> __m256i {
        const { assert!(MORE == LEFT + 8) };
        let left_8 = avx2!(_mm256_set_epi8(
            14, 13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3, 14, 13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3
        ));
        let rotated = avx2!(_mm256_shuffle_epi8(a, left_8));
        self.xor(a, self.rotate::<LEFT, RIGHT>(self.xor(a, rotated)))
    }

    /// Two transpositions of eight by eight words, of the lower and the upper halves of the blocks.
    #[inline(always)]
    fn load(self, blocks: &[&Block; WORD_LANES_MAX]) -> [__m256i; 16] {
        let mut words = [self.splat(0); 16];
        for half in 0..2 {
            let mut rows = [self.splat(0); 8];
            for (row, block) in rows.iter_mut().zip(blocks) {
                *row = self.load_half(block, half);
            }
            words[8 * half..8 * half + 8].copy_from_slice(&self.transpose(rows));
        }
        words
    }

    #[inline(always)]
    fn store(self, vector: __m256i, words: &mut [u32; WORD_LANES_MAX]) {
        // SAFETY: AVX2 as above; 32 bytes are written through a reference to 64; no alignment is asked for.
        unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), vector) }
    }
}

impl Avx2 {
    /// Eight words of a block, from bytes 32 · `half` on; `half` is 0 or 1.
    #[inline(always)]
    fn load_half(self, block: &Block, half: usize) -> __m256i {
        let bytes: &[u8; 32] = &block.as_chunks().0[half];
        // SAFETY: AVX2 as above; 32 bytes are read through a reference to 32; no alignment is asked for.
        let raw = unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
        let big_endian = avx2!(_mm256_set_epi8(
            12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3
        ));
        avx2!(_mm256_shuffle_epi8(raw, big_endian))
    }

    /// Word i of row j becomes word j of row i.
    #[inline(always)]
    fn transpose(self, rows: [__m256i; 8]) -> [__m256i; 8] {
        let [r0, r1, r2, r3, r4, r5, r6, r7] = rows;
        avx2!({
            // Pairs of rows interleaved word by word, then pairs of pairs; the name says which word of rows 0 to 3 or
            // 4 to 7 the lower half holds, the upper half having that four further on.
            let (a, b) = (_mm256_unpacklo_epi32(r0, r1), _mm256_unpacklo_epi32(r2, r3));
            let (low_0, low_1) = (_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
            let (a, b) = (_mm256_unpackhi_epi32(r0, r1), _mm256_unpackhi_epi32(r2, r3));
            let (low_2, low_3) = (_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
            let (a, b) = (_mm256_unpacklo_epi32(r4, r5), _mm256_unpacklo_epi32(r6, r7));
            let (high_0, high_1) = (_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
            let (a, b) = (_mm256_unpackhi_epi32(r4, r5), _mm256_unpackhi_epi32(r6, r7));
            let (high_2, high_3) = (_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
            [
                _mm256_permute2x128_si256::<0x20>(low_0, high_0),
                _mm256_permute2x128_si256::<0x20>(low_1, high_1),
                _mm256_permute2x128_si256::<0x20>(low_2, high_2),
                _mm256_permute2x128_si256::<0x20>(low_3, high_3),
                _mm256_permute2x128_si256::<0x31>(low_0, high_0),
                _mm256_permute2x128_si256::<0x31>(low_1, high_1),
                _mm256_permute2x128_si256::<0x31>(low_2, high_2),
                _mm256_permute2x128_si256::<0x31>(low_3, high_3),
            ]
        })
    }
}
