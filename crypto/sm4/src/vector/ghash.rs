//! GHASH (NIST SP 800-38D §6.4) by carry-less multiplication, up to 34 blocks to a reduction.
//!
//! GHASH numbers bits backwards. With the bytes of every block reversed, a product of GHASH is a product of polynomials with the
//! usual numbering divided by x¹²⁷, so with the hash key times x it is the Montgomery product a · b / x¹²⁸ modulo
//! x¹²⁸+x¹²⁷+x¹²⁶+x¹²¹+1 (RFC 8452 appendix A; Gueron, Langley, Lindell).

use super::{Carryless, LANE_BYTES, LANES_MAX};
use crate::ghash::{lengths, times_x};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Blocks of the message under one reduction.
const STRIDE: usize = 32;
/// Highest power: a block of associated data, the stride, the block of lengths.
const POWERS: usize = STRIDE + 2;

/// Powers of the hash key, the highest first, ready for [`hash`]; zeros behind, so that a whole register can be loaded from
/// where any power is.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Powers([u8; LANE_BYTES * (POWERS + LANES_MAX - 1)]);

impl Powers {
    pub(crate) const ZERO: Powers = Powers([0; LANE_BYTES * (POWERS + LANES_MAX - 1)]);

    /// From the power `n` on, down.
    #[inline(always)]
    fn from(&self, n: usize) -> &[u8] {
        &self.0[LANE_BYTES * (POWERS - n)..]
    }
}

/// Fills in the powers of a hash key.
#[inline(always)]
pub(crate) fn fill_powers<V: Carryless>(v: V, hash_key: &[u8; 16], powers: &mut Powers) {
    let mut h = Zeroizing::new([0; LANE_BYTES * LANES_MAX]);
    h[..LANE_BYTES].copy_from_slice(&times_x(hash_key).to_le_bytes());
    let h = v.load(h.as_slice());
    let mut power = h;
    for place in powers.0.as_chunks_mut::<LANE_BYTES>().0[..POWERS].iter_mut().rev() {
        for (bytes, word) in place.as_chunks_mut().0.iter_mut().zip(first_lane(v, power).iter()) {
            *bytes = word.to_le_bytes();
        }
        let mut product = Product::zero(v);
        product.add(v, power, h);
        power = product.reduce(v);
    }
}

/// GHASH of the associated data, the ciphertext, each padded with zeros to whole blocks, and their lengths; as words of which
/// the least significant byte is the first.
#[inline(always)]
pub(crate) fn hash<V: Carryless>(v: V, powers: &Powers, aad: &[u8], text: &[u8]) -> Zeroizing<[u64; 2]> {
    let reverse = v.broadcast(&[15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    let lengths = padded(v, &lengths(aad, text).to_le_bytes());
    // The sum so far, which is added to the next block. Associated data of one block come under the first reduction.
    let (mut sum, aad) = if aad.len() <= LANE_BYTES {
        (v.splat(0), Some(v.shuffle(padded(v, aad), reverse)))
    } else {
        let mut sum = v.splat(0);
        for chunk in aad.chunks(LANE_BYTES * STRIDE) {
            let mut product = Product::zero(v);
            product.add_blocks(v, powers.from(chunk.len().div_ceil(LANE_BYTES)), sum, chunk, reverse);
            sum = v.fold(product.reduce(v));
        }
        (sum, None)
    };
    let (mut rest, mut aad) = (text, aad);
    loop {
        let (now, later) = rest.split_at(rest.len().min(LANE_BYTES * STRIDE));
        let end = later.is_empty();
        let blocks = now.len().div_ceil(LANE_BYTES);
        let mut product = Product::zero(v);
        if let Some(block) = aad.take() {
            product.add(v, block, v.load(powers.from(blocks + usize::from(end) + 1)));
        }
        if !now.is_empty() {
            product.add_blocks(v, powers.from(blocks + usize::from(end)), sum, now, reverse);
            sum = v.splat(0);
        }
        if end {
            product.add(v, v.xor(sum, lengths), v.load(powers.from(1)));
            return first_lane(v, v.shuffle(v.fold(product.reduce(v)), reverse));
        }
        sum = v.fold(product.reduce(v));
        rest = later;
    }
}

#[inline(always)]
fn first_lane<V: Carryless>(v: V, register: V::Register) -> Zeroizing<[u64; 2]> {
    let words = Zeroizing::new(v.words(register));
    Zeroizing::new([words[0], words[1]])
}

/// Fewer bytes than a register has, and zeros. For what is no secret: ciphertext, associated data, lengths.
#[inline(always)]
fn padded<V: Carryless>(v: V, bytes: &[u8]) -> V::Register {
    let mut padded = [0; LANE_BYTES * LANES_MAX];
    padded[..bytes.len()].copy_from_slice(bytes);
    v.load(&padded)
}

/// An unreduced sum of products of 128 bits, in each lane.
#[derive(Clone, Copy)]
struct Product<R> {
    low: R,
    /// Times x⁶⁴.
    middle: R,
    /// Times x¹²⁸.
    high: R,
}

impl<R: Copy> Product<R> {
    #[inline(always)]
    fn zero<V: Carryless<Register = R>>(v: V) -> Product<R> {
        Product { low: v.splat(0), middle: v.splat(0), high: v.splat(0) }
    }

    #[inline(always)]
    fn add<V: Carryless<Register = R>>(&mut self, v: V, a: R, b: R) {
        self.low = v.xor(self.low, v.multiply::<0x00>(a, b));
        self.middle = v.xor3(self.middle, v.multiply::<0x01>(a, b), v.multiply::<0x10>(a, b));
        self.high = v.xor(self.high, v.multiply::<0x11>(a, b));
    }

    /// Adds the products of the blocks of `bytes`, to the first of which `sum` is added, with the powers from the first of
    /// `powers` down. Powers beyond the last block are multiplied by zero.
    #[inline(always)]
    fn add_blocks<V: Carryless<Register = R>>(&mut self, v: V, powers: &[u8], sum: R, bytes: &[u8], reverse: R) {
        let (mut powers, mut rest, mut sum) = (powers, bytes, sum);
        while rest.len() >= V::BYTES {
            let blocks = v.xor(sum, v.shuffle(v.load(rest), reverse));
            self.add(v, blocks, v.load(powers));
            sum = v.splat(0);
            (powers, rest) = (&powers[V::BYTES..], &rest[V::BYTES..]);
        }
        if !rest.is_empty() {
            let blocks = v.xor(sum, v.shuffle(padded(v, rest), reverse));
            self.add(v, blocks, v.load(powers));
        }
    }

    /// Each lane divided by x¹²⁸ modulo the polynomial: two steps that clear 64 bits each by adding a multiple of it.
    #[inline(always)]
    fn reduce<V: Carryless<Register = R>>(self, v: V) -> R {
        // The polynomial's terms x¹²¹ to x¹²⁷, less x⁶⁴, in the low half; x¹²⁸ and 1 are the exchange of halves.
        let polynomial = v.broadcast(&(0xc2_u128 << 56).to_le_bytes());
        let low = v.xor(self.low, v.low_to_high(self.middle));
        let high = v.xor(self.high, v.high_to_low(self.middle));
        let low = v.xor(v.swap_halves(low), v.multiply::<0x00>(low, polynomial));
        let low = v.xor(v.swap_halves(low), v.multiply::<0x00>(low, polynomial));
        v.xor(low, high)
    }
}
