//! Registers of one lane: the AES instructions and carry-less multiplication of 2010, without AVX.

use super::compiled_for;
use crate::vector::substitution::BySubBytes;
use crate::vector::{Aes, Carryless, LANES_MAX, Vector};
use std::arch::x86_64::*;

/// Proof of the AES instructions, PCLMULQDQ and SSSE3.
#[derive(Clone, Copy)]
pub(crate) struct AesNi(());

compiled_for!(AesNi, AesNi(()), BySubBytes, ["sse2", "ssse3", "aes", "pclmulqdq"]);

impl Vector for AesNi {
    type Register = __m128i;

    const LANES: usize = 1;
    const GROUPS: usize = 4;

    #[inline(always)]
    fn load(self, bytes: &[u8]) -> __m128i {
        let bytes: &[u8; 16] = bytes.first_chunk().expect("a register's bytes");
        // SAFETY: 16 readable bytes, at any alignment; `self` proves SSE2.
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
    }

    #[inline(always)]
    fn store(self, register: __m128i, bytes: &mut [u8]) {
        let bytes: &mut [u8; 16] = bytes.first_chunk_mut().expect("a register's bytes");
        // SAFETY: 16 writable bytes, at any alignment; `self` proves SSE2.
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), register) }
    }

    #[inline(always)]
    fn words(self, register: __m128i) -> [u64; 2 * LANES_MAX] {
        let mut words = [0; 2 * LANES_MAX];
        // SAFETY: the array has 64 writable bytes; `self` proves SSE2.
        unsafe { _mm_storeu_si128(words.as_mut_ptr().cast(), register) };
        words
    }

    #[inline(always)]
    fn broadcast(self, lane: &[u8; 16]) -> __m128i {
        self.load(lane)
    }

    #[inline(always)]
    fn splat(self, word: u32) -> __m128i {
        // SAFETY: `self` proves SSE2.
        unsafe { _mm_set1_epi32(word as i32) }
    }

    #[inline(always)]
    fn xor(self, a: __m128i, b: __m128i) -> __m128i {
        // SAFETY: `self` proves SSE2.
        unsafe { _mm_xor_si128(a, b) }
    }

    #[inline(always)]
    fn add32(self, a: __m128i, b: __m128i) -> __m128i {
        // SAFETY: `self` proves SSE2.
        unsafe { _mm_add_epi32(a, b) }
    }

    #[inline(always)]
    fn shuffle(self, bytes: __m128i, indices: __m128i) -> __m128i {
        // SAFETY: `self` proves SSSE3.
        unsafe { _mm_shuffle_epi8(bytes, indices) }
    }

    #[inline(always)]
    fn unpack_low32(self, a: __m128i, b: __m128i) -> __m128i {
        // SAFETY: `self` proves SSE2.
        unsafe { _mm_unpacklo_epi32(a, b) }
    }

    #[inline(always)]
    fn unpack_high32(self, a: __m128i, b: __m128i) -> __m128i {
        // SAFETY: `self` proves SSE2.
        unsafe { _mm_unpackhi_epi32(a, b) }
    }

    #[inline(always)]
    fn unpack_low64(self, a: __m128i, b: __m128i) -> __m128i {
        // SAFETY: `self` proves SSE2.
        unsafe { _mm_unpacklo_epi64(a, b) }
    }

    #[inline(always)]
    fn unpack_high64(self, a: __m128i, b: __m128i) -> __m128i {
        // SAFETY: `self` proves SSE2.
        unsafe { _mm_unpackhi_epi64(a, b) }
    }

    #[inline(always)]
    fn swap_halves(self, a: __m128i) -> __m128i {
        // SAFETY: `self` proves SSE2.
        unsafe { _mm_shuffle_epi32::<0x4e>(a) }
    }

    #[inline(always)]
    fn low_to_high(self, a: __m128i) -> __m128i {
        // SAFETY: `self` proves SSE2.
        unsafe { _mm_slli_si128::<8>(a) }
    }

    #[inline(always)]
    fn high_to_low(self, a: __m128i) -> __m128i {
        // SAFETY: `self` proves SSE2.
        unsafe { _mm_srli_si128::<8>(a) }
    }

    #[inline(always)]
    fn fold(self, a: __m128i) -> __m128i {
        a
    }
}

impl Carryless for AesNi {
    #[inline(always)]
    fn multiply<const HALVES: i32>(self, a: __m128i, b: __m128i) -> __m128i {
        // SAFETY: `self` proves PCLMULQDQ.
        unsafe { _mm_clmulepi64_si128::<HALVES>(a, b) }
    }
}

impl Aes for AesNi {
    #[inline(always)]
    fn shift_rows_sub_bytes(self, lanes: __m128i) -> __m128i {
        // SAFETY: `self` proves the AES instructions.
        unsafe { _mm_aesenclast_si128(lanes, _mm_setzero_si128()) }
    }

    #[inline(always)]
    fn nibbles(self, bytes: __m128i) -> (__m128i, __m128i) {
        // SAFETY: `self` proves SSE2.
        unsafe {
            let mask = _mm_set1_epi8(15);
            (_mm_and_si128(bytes, mask), _mm_and_si128(_mm_srli_epi16::<4>(bytes), mask))
        }
    }
}
