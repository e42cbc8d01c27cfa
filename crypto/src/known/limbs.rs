//! Integers below 2²⁵⁶ as four 64-bit limbs, least significant first.

/// Σ limb\[i\] · 2⁶⁴ⁱ.
pub(super) type Limbs = [u64; 4];

/// a + b mod 2²⁵⁶, and whether the true sum reached 2²⁵⁶.
#[inline(always)]
pub(super) fn add(a: &Limbs, b: &Limbs) -> (Limbs, bool) {
    let (r0, c) = a[0].carrying_add(b[0], false);
    let (r1, c) = a[1].carrying_add(b[1], c);
    let (r2, c) = a[2].carrying_add(b[2], c);
    let (r3, c) = a[3].carrying_add(b[3], c);
    ([r0, r1, r2, r3], c)
}

/// a − b mod 2²⁵⁶, and whether the true difference was negative.
#[inline(always)]
pub(super) fn sub(a: &Limbs, b: &Limbs) -> (Limbs, bool) {
    let (r0, c) = a[0].borrowing_sub(b[0], false);
    let (r1, c) = a[1].borrowing_sub(b[1], c);
    let (r2, c) = a[2].borrowing_sub(b[2], c);
    let (r3, c) = a[3].borrowing_sub(b[3], c);
    ([r0, r1, r2, r3], c)
}

/// a < b.
#[inline(always)]
pub(super) fn less(a: &Limbs, b: &Limbs) -> bool {
    sub(a, b).1
}

/// ⌊a/2⌋.
#[inline(always)]
pub(super) fn half(a: &Limbs) -> Limbs {
    [a[0] >> 1 | a[1] << 63, a[1] >> 1 | a[2] << 63, a[2] >> 1 | a[3] << 63, a[3] >> 1]
}

/// a = 0.
#[inline(always)]
pub(super) fn is_zero(a: &Limbs) -> bool {
    a[0] | a[1] | a[2] | a[3] == 0
}

/// `yes` if `condition`, else `no`; compiled to masks, since these choices are coin tosses to a branch predictor.
#[inline(always)]
pub(super) fn select(condition: bool, yes: &Limbs, no: &Limbs) -> Limbs {
    let mask = u64::from(condition).wrapping_neg();
    [
        (yes[0] & mask) | (no[0] & !mask),
        (yes[1] & mask) | (no[1] & !mask),
        (yes[2] & mask) | (no[2] & !mask),
        (yes[3] & mask) | (no[3] & !mask),
    ]
}

/// Writes 32 bytes, most significant first.
pub(super) fn to_be_bytes(limbs: &Limbs) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (chunk, limb) in bytes.chunks_exact_mut(8).zip(limbs.iter().rev()) {
        chunk.copy_from_slice(&limb.to_be_bytes());
    }
    bytes
}

/// Reads 32 bytes, most significant first.
#[inline]
pub(super) fn from_be_bytes(bytes: &[u8; 32]) -> Limbs {
    let mut limbs = [0; 4];
    for (limb, chunk) in limbs.iter_mut().rev().zip(bytes.chunks_exact(8)) {
        *limb = u64::from_be_bytes(chunk.try_into().expect("chunks of eight bytes"));
    }
    limbs
}
