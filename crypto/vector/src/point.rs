//! Points as the tables of known keys hold them.

/// An affine point of the curve sm2p256v1, never infinity. Each coordinate a is held as a · 2²⁵⁶ mod p, below p, in four
/// 64-bit limbs, least significant first. One cache line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct Point {
    /// The x-coordinate.
    pub x: [u64; 4],
    /// The y-coordinate.
    pub y: [u64; 4],
}

impl Point {
    /// Asks the processor to fetch the point, which is going to be read soon. Changes nothing else.
    #[inline(always)]
    pub fn prefetch(&self) {
        crate::lanes::prefetch(self);
    }
}
