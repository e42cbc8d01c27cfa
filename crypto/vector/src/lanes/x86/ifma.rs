//! Eight 64-bit integers in a 512-bit register, with the multiplication of 52 bits that AVX-512 IFMA adds.

use crate::lanes::{Limbs, LimbsKernel};
use crate::point::Point;
use core::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_and_si512, _mm512_loadu_si512, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64,
    _mm512_mask_blend_epi64, _mm512_or_si512, _mm512_set1_epi64, _mm512_shuffle_i64x2, _mm512_slli_epi64,
    _mm512_srai_epi64, _mm512_srli_epi64, _mm512_storeu_si512, _mm512_sub_epi64, _mm512_unpackhi_epi64,
    _mm512_unpacklo_epi64,
};

/// Evidence that the processor has AVX-512 F and IFMA.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ifma(());

impl Ifma {
    /// Asks the processor.
    pub(crate) fn detect() -> Option<Ifma> {
        let has_both =
            std::arch::is_x86_feature_detected!("avx512f") && std::arch::is_x86_feature_detected!("avx512ifma");
        has_both.then_some(Ifma(()))
    }
}

macro_rules! ifma {
    ($instruction:expr) => {
        // SAFETY: values of `Ifma` are made by `Ifma::detect` alone, so the processor has AVX-512 F and IFMA. No memory is
        // touched.
        unsafe { $instruction }
    };
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn compiled<K: LimbsKernel>(lanes: Ifma, kernel: K) -> K::Output {
    kernel.run(lanes)
}

impl Limbs for Ifma {
    type Vector = __m512i;

    #[inline(always)]
    fn compile<K: LimbsKernel>(self, kernel: K) -> K::Output {
        // SAFETY: values of `Ifma` are made by `Ifma::detect` alone, so the processor has AVX-512 F and IFMA.
        unsafe { compiled(self, kernel) }
    }

    #[inline(always)]
    fn splat(self, limb: u64) -> __m512i {
        ifma!(_mm512_set1_epi64(limb.cast_signed()))
    }

    #[inline(always)]
    fn add(self, a: __m512i, b: __m512i) -> __m512i {
        ifma!(_mm512_add_epi64(a, b))
    }

    #[inline(always)]
    fn sub(self, a: __m512i, b: __m512i) -> __m512i {
        ifma!(_mm512_sub_epi64(a, b))
    }

    #[inline(always)]
    fn and(self, a: __m512i, b: __m512i) -> __m512i {
        ifma!(_mm512_and_si512(a, b))
    }

    #[inline(always)]
    fn or(self, a: __m512i, b: __m512i) -> __m512i {
        ifma!(_mm512_or_si512(a, b))
    }

    #[inline(always)]
    fn shift_left<const BITS: u32>(self, a: __m512i) -> __m512i {
        ifma!(_mm512_slli_epi64::<BITS>(a))
    }

    #[inline(always)]
    fn shift_right<const BITS: u32>(self, a: __m512i) -> __m512i {
        ifma!(_mm512_srli_epi64::<BITS>(a))
    }

    #[inline(always)]
    fn shift_right_signed<const BITS: u32>(self, a: __m512i) -> __m512i {
        ifma!(_mm512_srai_epi64::<BITS>(a))
    }

    #[inline(always)]
    fn select(self, lanes: u8, yes: __m512i, no: __m512i) -> __m512i {
        ifma!(_mm512_mask_blend_epi64(lanes, no, yes))
    }

    #[inline(always)]
    fn add_low(self, sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
        ifma!(_mm512_madd52lo_epu64(sum, a, b))
    }

    #[inline(always)]
    fn add_high(self, sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
        ifma!(_mm512_madd52hi_epu64(sum, a, b))
    }

    /// A transposition of eight by eight limbs.
    #[inline(always)]
    fn load(self, points: &[&Point; 8]) -> [[__m512i; 4]; 2] {
        let mut rows = [self.splat(0); 8];
        for (row, point) in rows.iter_mut().zip(points) {
            // SAFETY: AVX-512 F as above; 64 bytes are read through a reference to a point, which is eight limbs in the
            // order of its declaration (`repr(C)`); no alignment is asked for.
            *row = unsafe { _mm512_loadu_si512(core::ptr::from_ref::<Point>(point).cast()) };
        }
        let [r0, r1, r2, r3, r4, r5, r6, r7] = rows;
        ifma!({
            // The even and the odd limbs of two points each, then of four, then of eight.
            let (even_01, odd_01) = (_mm512_unpacklo_epi64(r0, r1), _mm512_unpackhi_epi64(r0, r1));
            let (even_23, odd_23) = (_mm512_unpacklo_epi64(r2, r3), _mm512_unpackhi_epi64(r2, r3));
            let (even_45, odd_45) = (_mm512_unpacklo_epi64(r4, r5), _mm512_unpackhi_epi64(r4, r5));
            let (even_67, odd_67) = (_mm512_unpacklo_epi64(r6, r7), _mm512_unpackhi_epi64(r6, r7));
            let limbs_04 = _mm512_shuffle_i64x2::<0x88>(even_01, even_23);
            let limbs_26 = _mm512_shuffle_i64x2::<0xdd>(even_01, even_23);
            let limbs_15 = _mm512_shuffle_i64x2::<0x88>(odd_01, odd_23);
            let limbs_37 = _mm512_shuffle_i64x2::<0xdd>(odd_01, odd_23);
            let more_04 = _mm512_shuffle_i64x2::<0x88>(even_45, even_67);
            let more_26 = _mm512_shuffle_i64x2::<0xdd>(even_45, even_67);
            let more_15 = _mm512_shuffle_i64x2::<0x88>(odd_45, odd_67);
            let more_37 = _mm512_shuffle_i64x2::<0xdd>(odd_45, odd_67);
            let x = [
                _mm512_shuffle_i64x2::<0x88>(limbs_04, more_04),
                _mm512_shuffle_i64x2::<0x88>(limbs_15, more_15),
                _mm512_shuffle_i64x2::<0x88>(limbs_26, more_26),
                _mm512_shuffle_i64x2::<0x88>(limbs_37, more_37),
            ];
            let y = [
                _mm512_shuffle_i64x2::<0xdd>(limbs_04, more_04),
                _mm512_shuffle_i64x2::<0xdd>(limbs_15, more_15),
                _mm512_shuffle_i64x2::<0xdd>(limbs_26, more_26),
                _mm512_shuffle_i64x2::<0xdd>(limbs_37, more_37),
            ];
            [x, y]
        })
    }

    #[inline(always)]
    fn store(self, vector: __m512i) -> [u64; 8] {
        let mut lanes = [0; 8];
        // SAFETY: AVX-512 F as above; 64 bytes are written through a reference to 64; no alignment is asked for.
        unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), vector) };
        lanes
    }
}
