//! A round of SM4 on registers of words, in the domain of `field`, in two ways.

use super::{Aes, Galois, LANE_BYTES, Vector};
use crate::field;

/// The part of SM4 that instruction sets do differently.
pub(crate) trait Substitution<V: Vector>: Copy {
    /// The constants, in registers.
    fn load(v: V) -> Self;
    /// Every byte into the domain.
    fn enter(&self, v: V, words: V::Register) -> V::Register;
    /// Every byte out of the domain.
    fn leave(&self, v: V, words: V::Register) -> V::Register;
    /// a + L(S(u)), all in the domain; the round key is in u.
    fn round(&self, v: V, a: V::Register, u: V::Register) -> V::Register;
}

/// With the Galois-field instructions: inversion and the three matrices are three instructions.
#[derive(Clone, Copy)]
pub(crate) struct ByInverse<R> {
    enter: R,
    leave: R,
    terms: [R; 3],
}

impl<V: Galois> Substitution<V> for ByInverse<V::Register> {
    #[inline(always)]
    fn load(v: V) -> Self {
        ByInverse {
            enter: v.broadcast(&const { field::ENTER.matrix() }),
            leave: v.broadcast(&const { field::LEAVE.matrix() }),
            terms: [
                v.broadcast(&const { field::TERM_0.matrix() }),
                v.broadcast(&const { field::TERM_1.matrix() }),
                v.broadcast(&const { field::TERM_3.matrix() }),
            ],
        }
    }

    #[inline(always)]
    fn enter(&self, v: V, words: V::Register) -> V::Register {
        v.affine(words, self.enter)
    }

    #[inline(always)]
    fn leave(&self, v: V, words: V::Register) -> V::Register {
        v.affine(words, self.leave)
    }

    #[inline(always)]
    fn round(&self, v: V, a: V::Register, u: V::Register) -> V::Register {
        let term_0 = v.affine_of_inverse::<{ field::ROUND_CONSTANT as i32 }>(u, self.terms[0]);
        let term_1 = v.affine_of_inverse::<0>(u, self.terms[1]);
        let term_3 = v.affine_of_inverse::<0>(u, self.terms[2]);
        let near = v.xor3(a, term_0, v.rotate_words::<1>(term_1));
        v.xor3(near, v.rotate_words::<2>(term_1), v.rotate_words::<3>(term_3))
    }
}

/// With the last round of AES: its S-box inverts, what it does besides is undone in nibble tables, held in registers, and in
/// the rotations, which also move the bytes back to where ShiftRows took them from.
#[derive(Clone, Copy)]
pub(crate) struct BySubBytes<R> {
    enter: [R; 2],
    leave: [R; 2],
    tables_0: [R; 2],
    tables_1: [R; 2],
    rotations: [R; 4],
}

/// The shuffle that undoes ShiftRows and then rotates every word left by `bytes` bytes.
const fn unshifted_rotation(bytes: usize) -> [u8; LANE_BYTES] {
    let (mut indices, mut i) = ([0; LANE_BYTES], 0);
    while i < LANE_BYTES {
        // Byte i of the result is byte `from` of the word before the rotation, and so of column i / 4, row `from`, of the AES
        // state; ShiftRows moved that to column i / 4 − from (FIPS 197 §5.1.2).
        let from = (i + 4 - bytes) % 4;
        indices[i] = (4 * ((i / 4 + 4 - from) % 4) + from) as u8;
        i += 1;
    }
    indices
}

#[inline(always)]
fn both<V: Vector>(v: V, tables: &[[u8; LANE_BYTES]; 2]) -> [V::Register; 2] {
    [v.broadcast(&tables[0]), v.broadcast(&tables[1])]
}

/// The linear map of two tables, of the bytes with these low and high halves.
#[inline(always)]
fn map<V: Vector>(v: V, tables: &[V::Register; 2], (low, high): (V::Register, V::Register)) -> V::Register {
    v.xor(v.shuffle(tables[0], low), v.shuffle(tables[1], high))
}

impl<V: Aes> Substitution<V> for BySubBytes<V::Register> {
    #[inline(always)]
    fn load(v: V) -> Self {
        BySubBytes {
            enter: both(v, &field::ENTER_TABLES),
            leave: both(v, &field::LEAVE_TABLES),
            tables_0: both(v, &field::AES_TABLES_0),
            tables_1: both(v, &field::AES_TABLES_1),
            rotations: [
                v.broadcast(&const { unshifted_rotation(0) }),
                v.broadcast(&const { unshifted_rotation(1) }),
                v.broadcast(&const { unshifted_rotation(2) }),
                v.broadcast(&const { unshifted_rotation(3) }),
            ],
        }
    }

    #[inline(always)]
    fn enter(&self, v: V, words: V::Register) -> V::Register {
        map(v, &self.enter, v.nibbles(words))
    }

    #[inline(always)]
    fn leave(&self, v: V, words: V::Register) -> V::Register {
        map(v, &self.leave, v.nibbles(words))
    }

    #[inline(always)]
    fn round(&self, v: V, a: V::Register, u: V::Register) -> V::Register {
        let halves = v.nibbles(v.shift_rows_sub_bytes(u));
        let term_0 = map(v, &self.tables_0, halves);
        let term_1 = map(v, &self.tables_1, halves);
        let term_3 = v.xor(term_0, term_1);
        let outer = v.xor(v.shuffle(term_0, self.rotations[0]), v.shuffle(term_3, self.rotations[3]));
        let inner = v.xor(v.shuffle(term_1, self.rotations[1]), v.shuffle(term_1, self.rotations[2]));
        v.xor3(a, outer, inner)
    }
}
