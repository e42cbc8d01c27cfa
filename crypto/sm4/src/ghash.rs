//! GHASH (NIST SP 800-38D §6.4) with integer multiplication, on any processor.
//!
//! GHASH numbers bits backwards. With the bytes of every block reversed, a product of GHASH is a product of polynomials with the
//! usual numbering divided by x¹²⁷; so with the hash key times x it is the Montgomery product a · b / x¹²⁸ modulo
//! x¹²⁸+x¹²⁷+x¹²⁶+x¹²¹+1 (RFC 8452 appendix A).
//!
//! **Carry-less products.** If factors have bits only at every fourth place, the columns of their integer product are four
//! places apart, and the lowest bit of a column is the carry-less one as long as no column reaches 16 (T. Pornin, BearSSL,
//! *Constant-Time Crypto*). So 64 bits are taken as a polynomial in x of four parts, each with bits at every fourth place, and
//! two of those are multiplied by Karatsuba's method, applied twice: nine products of integers. The same method, once, makes
//! three products of 64 bits by 64 of one of 128 by 128. A part has 16 bits, and one column of a product could reach 16; so
//! what comes from the key leaves out its top four bits, and these are multiplied by masks and shifts.
//!
//! Constant-time where the product of two `u64` is, as on the 64-bit processors of the last decades.

use crate::BLOCK_BYTES;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Most blocks under one reduction.
const STRIDE: usize = 16;

/// Every fourth bit.
const EVERY_FOURTH: u64 = 0x1111_1111_1111_1111;
/// Every fourth bit of a product.
const EVERY_FOURTH_WIDE: u128 = ((EVERY_FOURTH as u128) << 64) | EVERY_FOURTH as u128;

/// The hash key times x, its bytes reversed.
pub(crate) fn times_x(hash_key: &[u8; BLOCK_BYTES]) -> u128 {
    let h = u128::from_be_bytes(*hash_key);
    // What leaves at x¹²⁸ comes back as x¹²⁷+x¹²⁶+x¹²¹+1.
    let out = (h >> 127).wrapping_neg();
    (h << 1) ^ (out & ((0xc2 << 120) | 1))
}

/// The last block that GHASH takes in, its bytes reversed: bits of associated data, bits of text.
pub(crate) fn lengths(aad: &[u8], text: &[u8]) -> u128 {
    let bits = |bytes: &[u8]| 8 * bytes.len() as u128;
    (bits(aad) << 64) | bits(text)
}

/// The factors of Karatsuba's method: low half, high half, sum.
#[inline(always)]
fn factors(element: u128) -> [u64; 3] {
    let (low, high) = (element as u64, (element >> 64) as u64);
    [low, high, low ^ high]
}

/// The product of 128 bits by 128, of which the products of the factors are given, divided by x¹²⁸ modulo the polynomial. Two
/// steps clear 64 bits each by adding a multiple of the polynomial.
#[inline(always)]
fn reduced([low, high, sum]: [u128; 3]) -> u128 {
    let middle = low ^ high ^ sum;
    let (low, high) = (low ^ (middle << 64), high ^ (middle >> 64));
    // v · (x¹²⁸+x¹²⁷+x¹²⁶+x¹²¹) / x⁶⁴, low and high half.
    let multiple = |v: u64| ((v << 63) ^ (v << 62) ^ (v << 57), v ^ (v >> 1) ^ (v >> 2) ^ (v >> 7));
    let (v0, v1) = (low as u64, (low >> 64) as u64);
    let (into_v1, into_v2) = multiple(v0);
    let (again_v2, into_v3) = multiple(v1 ^ into_v1);
    high ^ u128::from(into_v2 ^ again_v2) ^ (u128::from(into_v3) << 64)
}

/// The parts p₀ to p₃ of 64 bits and their sums, in the order of Karatsuba's products: p₀, p₁, p₀+p₁; p₂, p₃, p₂+p₃; p₀+p₂,
/// p₁+p₃, all.
type Parts = [u64; 9];

#[inline(always)]
fn parts(bits: u64) -> Parts {
    let [p0, p1, p2, p3] = [0, 1, 2, 3].map(|i| (bits >> i) & EVERY_FOURTH);
    let (p02, p13) = (p0 ^ p2, p1 ^ p3);
    [p0, p1, p0 ^ p1, p2, p3, p2 ^ p3, p02, p13, p02 ^ p13]
}

/// A factor from the key, prepared.
#[derive(Clone, Copy, Default, Zeroize)]
struct Factor {
    /// The parts without the top four bits.
    parts: Parts,
    /// Bit 60 + i, in all places.
    top: [u64; 4],
}

impl Factor {
    fn new(bits: u64) -> Factor {
        Factor { parts: parts(bits & (u64::MAX >> 4)), top: [60, 61, 62, 63].map(|i| ((bits >> i) & 1).wrapping_neg()) }
    }
}

/// The sum of the carry-less products of factors, each with one from the key.
#[inline(never)]
fn carryless<const K: usize>(elements: &[u128], keys: &[Factor]) -> u128 {
    let (mut products, mut top) = ([0u128; 9], [0; 4]);
    // From the last on: the first contains the previous stride's sum, and the others do not wait for it.
    for (element, key) in elements.iter().zip(keys).rev() {
        let factor = factors(*element)[K];
        let parts = parts(factor);
        for ((product, part), key) in products.iter_mut().zip(parts).zip(key.parts) {
            *product ^= u128::from(part) * u128::from(key);
        }
        for (top, mask) in top.iter_mut().zip(key.top) {
            *top ^= factor & mask;
        }
    }
    let [l0, l2, l1, h0, h2, h1, m0, m2, m1] = products;
    let (l1, h1, m1) = (l0 ^ l1 ^ l2, h0 ^ h1 ^ h2, m0 ^ m1 ^ m2);
    let (m0, m1, m2) = (m0 ^ l0 ^ h0, m1 ^ l1 ^ h1, m2 ^ l2 ^ h2);
    let mut product = 0;
    for (i, part) in [l0, l1, l2 ^ m0, m1, h0 ^ m2, h1, h2].into_iter().enumerate() {
        product ^= (part & EVERY_FOURTH_WIDE) << i;
    }
    for (i, top) in top.into_iter().enumerate() {
        product ^= u128::from(top) << (60 + i);
    }
    product
}

/// A hash key, prepared. Wiped on drop.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct HashKey {
    /// The factors of powers [`STRIDE`] to 1.
    powers: Box<[[Factor; STRIDE]; 3]>,
}

impl HashKey {
    /// From the encryption of the zero block.
    pub(crate) fn new(hash_key: &[u8; BLOCK_BYTES]) -> HashKey {
        let mut key = HashKey { powers: Box::default() };
        let mut elements = Zeroizing::new([0; STRIDE]);
        elements[STRIDE - 1] = times_x(hash_key);
        for i in (0..STRIDE).rev() {
            for (powers, factor) in key.powers.iter_mut().zip(factors(elements[STRIDE - 1])) {
                powers[i] = Factor::new(factor);
            }
            elements[STRIDE - 1] = key.multiply(&elements[STRIDE - 1..]);
        }
        key
    }

    /// The sum of at most [`STRIDE`] elements times powers of the key, the last times the first power.
    #[inline(always)]
    fn multiply(&self, elements: &[u128]) -> u128 {
        let [low, high, sum] = self.powers.each_ref().map(|powers| &powers[STRIDE - elements.len()..]);
        reduced([carryless::<0>(elements, low), carryless::<1>(elements, high), carryless::<2>(elements, sum)])
    }

    /// GHASH of the associated data, the ciphertext, each padded with zeros to whole blocks, and their lengths; as words of
    /// which the least significant byte is the first.
    pub(crate) fn hash(&self, aad: &[u8], text: &[u8]) -> Zeroizing<[u64; 2]> {
        let (aad_blocks, text_blocks) = (aad.len().div_ceil(BLOCK_BYTES), text.len().div_ceil(BLOCK_BYTES));
        let blocks = aad_blocks + text_blocks + 1;
        let block = |i: usize| {
            if i < aad_blocks {
                padded(aad, i)
            } else if i < aad_blocks + text_blocks {
                padded(text, i - aad_blocks)
            } else {
                lengths(aad, text)
            }
        };
        // The first stride has room before its first block, if the blocks do not fill all.
        let (mut sum, mut at, mut empty) = (0, 0, blocks.next_multiple_of(STRIDE) - blocks);
        let mut elements = Zeroizing::new([0; STRIDE]);
        while at < blocks {
            let whole = at.checked_sub(aad_blocks).and_then(|i| text.get(BLOCK_BYTES * i..)?.first_chunk());
            if let (0, Some(bytes)) = (empty, whole) {
                let bytes: &[u8; BLOCK_BYTES * STRIDE] = bytes;
                for (element, block) in elements.iter_mut().zip(bytes.as_chunks().0) {
                    *element = u128::from_be_bytes(*block);
                }
            } else {
                for (i, element) in elements[empty..].iter_mut().enumerate() {
                    *element = block(at + i);
                }
            }
            elements[empty] ^= sum;
            sum = self.multiply(&elements[empty..]);
            at += STRIDE - empty;
            empty = 0;
        }
        let reversed = sum.swap_bytes();
        Zeroizing::new([reversed as u64, (reversed >> 64) as u64])
    }
}

/// Block `i` of some bytes, with zeros for what is missing, reversed.
fn padded(bytes: &[u8], i: usize) -> u128 {
    let bytes = &bytes[BLOCK_BYTES * i..];
    let bytes = &bytes[..bytes.len().min(BLOCK_BYTES)];
    let mut block = [0; BLOCK_BYTES];
    block[..bytes.len()].copy_from_slice(bytes);
    u128::from_be_bytes(block)
}
