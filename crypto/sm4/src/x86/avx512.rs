//! Registers of four lanes with the Galois-field instructions.

use super::compiled_for;
use crate::vector::substitution::ByInverse;
use crate::vector::{Carryless, Galois, LANES_MAX, Vector};
use std::arch::x86_64::*;

/// Proof of AVX-512 F and BW, GFNI and VPCLMULQDQ.
#[derive(Clone, Copy)]
pub(crate) struct Avx512Gfni(());

compiled_for!(Avx512Gfni, Avx512Gfni(()), ByInverse, ["avx512f", "avx512bw", "gfni", "pclmulqdq", "vpclmulqdq"]);

impl Vector for Avx512Gfni {
    type Register = __m512i;

    const LANES: usize = 4;
    const GROUPS: usize = 4;

    #[inline(always)]
    fn load(self, bytes: &[u8]) -> __m512i {
        let bytes: &[u8; 64] = bytes.first_chunk().expect("a register's bytes");
        // SAFETY: 64 readable bytes, at any alignment; `self` proves AVX-512 F.
        unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
    }

    #[inline(always)]
    fn store(self, register: __m512i, bytes: &mut [u8]) {
        let bytes: &mut [u8; 64] = bytes.first_chunk_mut().expect("a register's bytes");
        // SAFETY: 64 writable bytes, at any alignment; `self` proves AVX-512 F.
        unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), register) }
    }

    #[inline(always)]
    fn words(self, register: __m512i) -> [u64; 2 * LANES_MAX] {
        let mut words = [0; 2 * LANES_MAX];
        // SAFETY: the array has 64 writable bytes; `self` proves AVX-512 F.
        unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), register) };
        words
    }

    #[inline(always)]
    fn broadcast(self, lane: &[u8; 16]) -> __m512i {
        // SAFETY: 16 readable bytes, at any alignment; `self` proves AVX-512 F.
        unsafe { _mm512_broadcast_i32x4(_mm_loadu_si128(lane.as_ptr().cast())) }
    }

    #[inline(always)]
    fn splat(self, word: u32) -> __m512i {
        // SAFETY: `self` proves AVX-512 F.
        unsafe { _mm512_set1_epi32(word as i32) }
    }

    #[inline(always)]
    fn xor(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512 F.
        unsafe { _mm512_xor_si512(a, b) }
    }

    #[inline(always)]
    fn xor3(self, a: __m512i, b: __m512i, c: __m512i) -> __m512i {
        // 96 is the truth table of the sum of three bits.
        // SAFETY: `self` proves AVX-512 F.
        unsafe { _mm512_ternarylogic_epi32::<0x96>(a, b, c) }
    }

    #[inline(always)]
    fn add32(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512 F.
        unsafe { _mm512_add_epi32(a, b) }
    }

    #[inline(always)]
    fn shuffle(self, bytes: __m512i, indices: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512 BW.
        unsafe { _mm512_shuffle_epi8(bytes, indices) }
    }

    #[inline(always)]
    fn unpack_low32(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512 F.
        unsafe { _mm512_unpacklo_epi32(a, b) }
    }

    #[inline(always)]
    fn unpack_high32(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512 F.
        unsafe { _mm512_unpackhi_epi32(a, b) }
    }

    #[inline(always)]
    fn unpack_low64(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512 F.
        unsafe { _mm512_unpacklo_epi64(a, b) }
    }

    #[inline(always)]
    fn unpack_high64(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512 F.
        unsafe { _mm512_unpackhi_epi64(a, b) }
    }

    #[inline(always)]
    fn swap_halves(self, a: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512 F.
        unsafe { _mm512_shuffle_epi32::<0x4e>(a) }
    }

    #[inline(always)]
    fn low_to_high(self, a: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512 BW.
        unsafe { _mm512_bslli_epi128::<8>(a) }
    }

    #[inline(always)]
    fn high_to_low(self, a: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512 BW.
        unsafe { _mm512_bsrli_epi128::<8>(a) }
    }

    #[inline(always)]
    fn fold(self, a: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512 F, and AVX2 with it.
        unsafe {
            let halves = _mm256_xor_si256(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64::<1>(a));
            let sum = _mm_xor_si128(_mm256_castsi256_si128(halves), _mm256_extracti128_si256::<1>(halves));
            _mm512_zextsi128_si512(sum)
        }
    }
}

impl Carryless for Avx512Gfni {
    #[inline(always)]
    fn multiply<const HALVES: i32>(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512 F and VPCLMULQDQ.
        unsafe { _mm512_clmulepi64_epi128::<HALVES>(a, b) }
    }
}

impl Galois for Avx512Gfni {
    #[inline(always)]
    fn affine(self, bytes: __m512i, matrix: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512 F and GFNI.
        unsafe { _mm512_gf2p8affine_epi64_epi8::<0>(bytes, matrix) }
    }

    #[inline(always)]
    fn affine_of_inverse<const CONSTANT: i32>(self, bytes: __m512i, matrix: __m512i) -> __m512i {
        // SAFETY: `self` proves AVX-512 F and GFNI.
        unsafe { _mm512_gf2p8affineinv_epi64_epi8::<CONSTANT>(bytes, matrix) }
    }

    #[inline(always)]
    fn rotate_words<const BYTES: i32>(self, words: __m512i) -> __m512i {
        // A rotation by immediate counts in bits.
        // SAFETY: `self` proves AVX-512 F.
        unsafe {
            match BYTES {
                1 => _mm512_rol_epi32::<8>(words),
                2 => _mm512_rol_epi32::<16>(words),
                _ => _mm512_rol_epi32::<24>(words),
            }
        }
    }
}
