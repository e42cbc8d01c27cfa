//! Registers of two lanes, with one of three sets of instructions for what AVX2 does not have.

use super::compiled_for;
use crate::vector::substitution::{ByInverse, BySubBytes};
use crate::vector::{Aes, Carryless, Galois, LANES_MAX, Vector};
use std::arch::x86_64::*;
use std::marker::PhantomData;

/// Proof of AVX2 and of the instructions that `I` stands for.
#[derive(Clone, Copy)]
pub(crate) struct Avx2<I>(PhantomData<I>);

/// The Galois-field instructions and carry-less multiplication of 256 bits.
#[derive(Clone, Copy)]
pub(crate) struct Gfni;

/// AES instructions and carry-less multiplication of 256 bits.
#[derive(Clone, Copy)]
pub(crate) struct Vaes;

/// AES instructions and carry-less multiplication of 128 bits, applied to each half.
#[derive(Clone, Copy)]
pub(crate) struct Halves;

compiled_for!(Avx2<Gfni>, Avx2(PhantomData), ByInverse, ["avx2", "gfni", "pclmulqdq", "vpclmulqdq"]);
compiled_for!(Avx2<Vaes>, Avx2(PhantomData), BySubBytes, ["avx2", "aes", "vaes", "pclmulqdq", "vpclmulqdq"]);
compiled_for!(Avx2<Halves>, Avx2(PhantomData), BySubBytes, ["avx2", "aes", "pclmulqdq"]);

impl<I: Copy> Vector for Avx2<I> {
    type Register = __m256i;

    const LANES: usize = 2;
    const GROUPS: usize = 4;

    #[inline(always)]
    fn load(self, bytes: &[u8]) -> __m256i {
        let bytes: &[u8; 32] = bytes.first_chunk().expect("a register's bytes");
        // SAFETY: 32 readable bytes, at any alignment; `self` proves AVX2.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    }

    #[inline(always)]
    fn store(self, register: __m256i, bytes: &mut [u8]) {
        let bytes: &mut [u8; 32] = bytes.first_chunk_mut().expect("a register's bytes");
        // SAFETY: 32 writable bytes, at any alignment; `self` proves AVX2.
        unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), register) }
    }

    #[inline(always)]
    fn words(self, register: __m256i) -> [u64; 2 * LANES_MAX] {
        let mut words = [0; 2 * LANES_MAX];
        // SAFETY: the array has 64 writable bytes; `self` proves AVX2.
        unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), register) };
        words
    }

    #[inline(always)]
    fn broadcast(self, lane: &[u8; 16]) -> __m256i {
        // SAFETY: 16 readable bytes, at any alignment; `self` proves AVX2.
        unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(lane.as_ptr().cast())) }
    }

    #[inline(always)]
    fn splat(self, word: u32) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_set1_epi32(word as i32) }
    }

    #[inline(always)]
    fn xor(self, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_xor_si256(a, b) }
    }

    #[inline(always)]
    fn add32(self, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_add_epi32(a, b) }
    }

    #[inline(always)]
    fn shuffle(self, bytes: __m256i, indices: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_shuffle_epi8(bytes, indices) }
    }

    #[inline(always)]
    fn unpack_low32(self, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_unpacklo_epi32(a, b) }
    }

    #[inline(always)]
    fn unpack_high32(self, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_unpackhi_epi32(a, b) }
    }

    #[inline(always)]
    fn unpack_low64(self, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_unpacklo_epi64(a, b) }
    }

    #[inline(always)]
    fn unpack_high64(self, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_unpackhi_epi64(a, b) }
    }

    #[inline(always)]
    fn swap_halves(self, a: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_shuffle_epi32::<0x4e>(a) }
    }

    #[inline(always)]
    fn low_to_high(self, a: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_bslli_epi128::<8>(a) }
    }

    #[inline(always)]
    fn high_to_low(self, a: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe { _mm256_bsrli_epi128::<8>(a) }
    }

    #[inline(always)]
    fn fold(self, a: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2.
        unsafe {
            let sum = _mm_xor_si128(_mm256_castsi256_si128(a), _mm256_extracti128_si256::<1>(a));
            _mm256_zextsi128_si256(sum)
        }
    }
}

impl Carryless for Avx2<Gfni> {
    #[inline(always)]
    fn multiply<const HALVES: i32>(self, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: `self` proves VPCLMULQDQ.
        unsafe { _mm256_clmulepi64_epi128::<HALVES>(a, b) }
    }
}

impl Carryless for Avx2<Vaes> {
    #[inline(always)]
    fn multiply<const HALVES: i32>(self, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: `self` proves VPCLMULQDQ.
        unsafe { _mm256_clmulepi64_epi128::<HALVES>(a, b) }
    }
}

impl Carryless for Avx2<Halves> {
    #[inline(always)]
    fn multiply<const HALVES: i32>(self, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2 and PCLMULQDQ.
        unsafe {
            let low = _mm_clmulepi64_si128::<HALVES>(_mm256_castsi256_si128(a), _mm256_castsi256_si128(b));
            let (a, b) = (_mm256_extracti128_si256::<1>(a), _mm256_extracti128_si256::<1>(b));
            _mm256_set_m128i(_mm_clmulepi64_si128::<HALVES>(a, b), low)
        }
    }
}

/// The shuffle that rotates every word left by `bytes` bytes.
const fn rotation(bytes: usize) -> [u8; 16] {
    let (mut indices, mut i) = ([0; 16], 0);
    while i < 16 {
        indices[i] = (i / 4 * 4 + (i + 4 - bytes) % 4) as u8;
        i += 1;
    }
    indices
}

impl Galois for Avx2<Gfni> {
    #[inline(always)]
    fn affine(self, bytes: __m256i, matrix: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2 and GFNI.
        unsafe { _mm256_gf2p8affine_epi64_epi8::<0>(bytes, matrix) }
    }

    #[inline(always)]
    fn affine_of_inverse<const CONSTANT: i32>(self, bytes: __m256i, matrix: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2 and GFNI.
        unsafe { _mm256_gf2p8affineinv_epi64_epi8::<CONSTANT>(bytes, matrix) }
    }

    #[inline(always)]
    fn rotate_words<const BYTES: i32>(self, words: __m256i) -> __m256i {
        self.shuffle(words, self.broadcast(&const { rotation(BYTES as usize) }))
    }
}

impl<I: Copy> Avx2<I> {
    /// The low and the high half of every byte.
    #[inline(always)]
    fn halves_of_bytes(self, bytes: __m256i) -> (__m256i, __m256i) {
        // SAFETY: `self` proves AVX2.
        unsafe {
            let mask = _mm256_set1_epi8(15);
            (_mm256_and_si256(bytes, mask), _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), mask))
        }
    }
}

impl Aes for Avx2<Vaes> {
    #[inline(always)]
    fn shift_rows_sub_bytes(self, lanes: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2 and VAES.
        unsafe { _mm256_aesenclast_epi128(lanes, _mm256_setzero_si256()) }
    }

    #[inline(always)]
    fn nibbles(self, bytes: __m256i) -> (__m256i, __m256i) {
        self.halves_of_bytes(bytes)
    }
}

impl Aes for Avx2<Halves> {
    #[inline(always)]
    fn shift_rows_sub_bytes(self, lanes: __m256i) -> __m256i {
        // SAFETY: `self` proves AVX2 and the AES instructions.
        unsafe {
            let zero = _mm_setzero_si128();
            let low = _mm_aesenclast_si128(_mm256_castsi256_si128(lanes), zero);
            let high = _mm_aesenclast_si128(_mm256_extracti128_si256::<1>(lanes), zero);
            _mm256_set_m128i(high, low)
        }
    }

    #[inline(always)]
    fn nibbles(self, bytes: __m256i) -> (__m256i, __m256i) {
        self.halves_of_bytes(bytes)
    }
}
