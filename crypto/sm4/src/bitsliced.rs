//! SM4 on sixteen blocks at once by logic operations alone: no table, no branch and no address depends on data or key.
//!
//! **Planes.** The sixteen words of the same place in sixteen blocks are held as eight `u64`, one for each bit of a byte: bit
//! 16·j + b of plane k is bit k of byte j (0 the least significant) of the word of block b. The S-box is a circuit on planes, a
//! rotation of all words by bytes is a rotation of each plane by multiples of 16, and the two bits of ⋘ 2 that cross from byte to
//! byte are a choice of planes.
//!
//! **Constants.** The circuit leaves out the constants of the affine maps: it is x ↦ S(x + `INNER`) + `OUTER`. `INNER` = A⁻¹ · C is
//! added to all round keys. Without `OUTER` each round leaves its result off by `OUTER` ⋘ 2 in every byte (L of equal bytes), so
//! that word Xᵢ is off by that for i mod 8 in 4..8, and right otherwise; what that adds up to in the next inputs goes into the round
//! keys as well, and after 32 rounds everything is right.

use crate::BLOCK_BYTES;
use crate::sbox::sbox;
use crate::schedule::ROUNDS;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Blocks in one batch.
pub(crate) const BLOCKS: usize = 16;

/// One word of each of sixteen blocks.
type Planes = [u64; 8];

/// A⁻¹ · C in every byte.
const INNER: u32 = 0x7575_7575;
/// C in every byte.
const OUTER: u32 = 0xd3d3_d3d3;

/// The S-box on each of the four bytes of a word.
pub(crate) fn substitute(word: u32) -> u32 {
    let word = word ^ INNER;
    let mut bits = [0; 8];
    for (k, bit) in bits.iter_mut().enumerate() {
        *bit = (word >> k) & 0x0101_0101;
    }
    let bits = sbox(bits);
    let mut image = OUTER;
    for (k, bit) in bits.iter().enumerate() {
        image ^= bit << k;
    }
    image
}

/// Round keys as planes, the constants of this module included. Wiped on drop.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct RoundKeys(Box<[Planes; ROUNDS]>);

impl RoundKeys {
    /// From round keys in the order in which they are used.
    pub(crate) fn new(round_keys: &[u32; ROUNDS]) -> RoundKeys {
        /// By how much word Xᵢ is off.
        const fn off(i: usize) -> u32 {
            if i % 8 < 4 { 0 } else { OUTER.rotate_left(2) }
        }
        let mut planes = Box::new([[0; 8]; ROUNDS]);
        for (i, (to, key)) in planes.iter_mut().zip(round_keys).enumerate() {
            *to = repeated(key ^ INNER ^ off(i + 1) ^ off(i + 2) ^ off(i + 3));
        }
        RoundKeys(planes)
    }

    /// Encrypts (or decrypts, under the round keys in reverse) sixteen blocks.
    pub(crate) fn apply(&self, blocks: &mut [[u8; BLOCK_BYTES]; BLOCKS]) {
        let mut x = Zeroizing::new([[0; 8]; 4]);
        for (place, planes) in x.iter_mut().enumerate() {
            gather(planes, |block| u32::from_be_bytes(blocks[block].as_chunks().0[place]));
        }
        self.rounds(&mut x);
        for (place, planes) in x.iter_mut().rev().enumerate() {
            transpose(planes);
            for (i, block) in blocks.iter_mut().enumerate() {
                block.as_chunks_mut().0[place] = word(planes, i).to_be_bytes();
            }
        }
    }

    /// The key stream of counter mode: encryptions of a nonce ‖ `counter`, ‖ `counter` + 1 and so on (mod 2³²).
    pub(crate) fn key_stream(&self, nonce: &Nonce, counter: u32, stream: &mut [u64; 2 * BLOCKS]) {
        let mut x = Zeroizing::new([nonce.0[0], nonce.0[1], nonce.0[2], [0; 8]]);
        gather(&mut x[3], |block| counter.wrapping_add(block as u32));
        self.rounds(&mut x);
        x.iter_mut().for_each(transpose);
        // The last word comes first; two words to a u64, each in big-endian bytes.
        for block in 0..BLOCKS {
            for half in 0..2 {
                let (first, second) = (word(&x[3 - 2 * half], block), word(&x[2 - 2 * half], block));
                stream[2 * block + half] = (u64::from(second.swap_bytes()) << 32) | u64::from(first.swap_bytes());
            }
        }
    }

    /// One block.
    pub(crate) fn encrypt_block(&self, block: &[u8; BLOCK_BYTES]) -> Zeroizing<[u8; BLOCK_BYTES]> {
        let mut blocks = Zeroizing::new([[0; BLOCK_BYTES]; BLOCKS]);
        blocks[0] = *block;
        self.apply(&mut blocks);
        Zeroizing::new(blocks[0])
    }

    #[inline(always)]
    fn rounds(&self, x: &mut [Planes; 4]) {
        // By value: that lets the compiler keep a few planes in registers.
        let [mut a, mut b, mut c, mut d] = *x;
        for keys in self.0.as_chunks::<4>().0 {
            a = round(&a, &b, &c, &d, &keys[0]);
            b = round(&b, &c, &d, &a, &keys[1]);
            c = round(&c, &d, &a, &b, &keys[2]);
            d = round(&d, &a, &b, &c, &keys[3]);
        }
        *x = [a, b, c, d];
    }
}

/// A nonce, sixteen times.
pub(crate) struct Nonce([Planes; 3]);

impl Nonce {
    pub(crate) fn new(words: &[u32; 3]) -> Nonce {
        Nonce(words.map(repeated))
    }
}

/// a + L(S(b + c + d + key)).
///
/// L(y) is y + t + ρt + ρ²t + ρ³y, with ρ the rotation left by a byte and t = y ⋘ 2: bit j of t is bit j − 2 of y, or for j < 2 bit
/// j + 6 of ρy.
#[inline(always)]
fn round(a: &Planes, b: &Planes, c: &Planes, d: &Planes, key: &Planes) -> Planes {
    let mut u = [0; 8];
    for j in 0..8 {
        u[j] = b[j] ^ c[j] ^ d[j] ^ key[j];
    }
    let y = sbox(u);
    let mut next = *a;
    for j in 0..8 {
        let rotated = |plane: u64| plane.rotate_left(16);
        next[j] ^= y[j];
        next[j] ^= if j < 2 {
            let t = y[j + 6];
            rotated(t ^ rotated(t ^ rotated(t ^ y[j])))
        } else {
            let t = y[j - 2];
            t ^ rotated(t ^ rotated(t ^ rotated(y[j])))
        };
    }
    next
}

/// The planes of sixteen equal words.
#[inline(always)]
fn repeated(word: u32) -> Planes {
    let mut planes = [0; 8];
    for (k, plane) in planes.iter_mut().enumerate() {
        let bits = u64::from((word >> k) & 0x0101_0101);
        let [b0, b1, b2, b3] = [bits & 1, (bits >> 8) & 1, (bits >> 16) & 1, bits >> 24];
        *plane = (b0 | (b1 << 16) | (b2 << 32) | (b3 << 48)) * 0xffff;
    }
    planes
}

/// The planes of sixteen words.
#[inline(always)]
fn gather(planes: &mut Planes, word: impl Fn(usize) -> u32) {
    for (block, row) in planes.iter_mut().enumerate() {
        *row = spread(word(block)) | (spread(word(block + 8)) << 8);
    }
    transpose(planes);
}

/// The word of a block, of planes that have been transposed.
#[inline(always)]
fn word(rows: &Planes, block: usize) -> u32 {
    unspread(rows[block % 8] >> (block / 8 * 8))
}

/// The four bytes of a word at bits 0, 16, 32 and 48.
#[inline(always)]
fn spread(word: u32) -> u64 {
    let halves = (u64::from(word) | (u64::from(word) << 16)) & 0x0000_ffff_0000_ffff;
    (halves | (halves << 8)) & 0x00ff_00ff_00ff_00ff
}

/// The reverse of [`spread`]; other bits are ignored.
#[inline(always)]
fn unspread(bits: u64) -> u32 {
    let bytes = bits & 0x00ff_00ff_00ff_00ff;
    let halves = (bytes | (bytes >> 8)) & 0x0000_ffff_0000_ffff;
    (halves | (halves >> 16)) as u32
}

/// Transposes the 8 × 8 bits of each of the eight byte columns of eight rows.
#[inline(always)]
fn transpose(rows: &mut Planes) {
    for (distance, mask) in [(4, 0x0f0f_0f0f_0f0f_0f0f), (2, 0x3333_3333_3333_3333), (1, 0x5555_5555_5555_5555)] {
        for k in 0..4 {
            // The four i that have no bit in common with the distance.
            let i = 2 * (k / distance * distance) + k % distance;
            let swap = ((rows[i] >> distance) ^ rows[i + distance]) & mask;
            rows[i + distance] ^= swap;
            rows[i] ^= swap << distance;
        }
    }
}
