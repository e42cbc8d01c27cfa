//! The S-box as algebra, and every constant of the vector paths derived from it by the compiler.
//!
//! GB/T 32907 gives the S-box as a table; it is S(x) = A · inv(A · x + C) + C, where inv inverts in
//! GF(2)\[t\]/(t⁸+t⁷+t⁶+t⁵+t⁴+t²+1) and sends 0 to 0, A is the circulant matrix with first row `a7`, and C is `d3` (F. Liu
//! et al., *Analysis of the SMS4 Block Cipher*, ACISP 2007). Processors invert in the field of AES, t⁸+t⁴+t³+t+1. With the
//! isomorphism M from the first field to the second,
//!
//! ```text
//! S(x) = A · M⁻¹ · inv_aes(M · A · x + M · C) + C
//! ```
//!
//! **Domain.** The vector paths keep every byte of the state mapped by `ENTER` = M · A, and so need no affine map before the
//! inversion: with round keys rk' = ENTER(rk) + M · C, a round X₄ = X₀ + L(S(X₁ + X₂ + X₃ + rk)) reads
//!
//! ```text
//! v   = inv_aes(X₁' + X₂' + X₃' + rk')              byte by byte
//! X₄' = X₀' + ENTER · L · (A · M⁻¹ · v + C)
//! ```
//!
//! **No bit rotations.** L(b) = b + (b ⋘ 2) + (b ⋘ 10) + (b ⋘ 18) + (b ⋘ 24). Byte j of the result (0 the least significant)
//! takes from bytes j, j−1, j−2, j−3 of b through 8 × 8 matrices: I + (≪ 2); ⋘ 2; ⋘ 2; I + (≫ 6). The last is the sum of the
//! two others, since (≪ 2) + (≫ 6) is ⋘ 2. Between A · M⁻¹ before and `ENTER` after they become `TERM_0`, `TERM_1`
//! (used twice) and `TERM_3` = `TERM_0` + `TERM_1`: three matrices on v and three rotations by whole bytes. C comes out as
//! `ROUND_CONSTANT` in every byte.
//!
//! **With AES instructions** v is not had alone: AESENCLAST gives A_aes · v + `63`, so the inverse of that map is multiplied
//! into the terms.

/// The polynomial of the field of AES.
const AES: u16 = 0x11b;
/// C of the S-box.
const C: u8 = 0xd3;
/// What SubBytes of AES adds in the end.
const AES_C: u8 = 0x63;

/// The product of a and b modulo `polynomial`.
const fn multiply(a: u8, b: u8, polynomial: u16) -> u8 {
    let (mut product, mut i) = (0u16, 0);
    while i < 8 {
        product ^= ((a as u16) << i) * ((b as u16 >> i) & 1);
        i += 1;
    }
    let mut i = 15;
    while i >= 8 {
        product ^= (polynomial << (i - 8)) * ((product >> i) & 1);
        i -= 1;
    }
    product as u8
}

/// A linear map of bytes over GF(2), as the images of bits 0 to 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Linear([u8; 8]);

impl Linear {
    /// The image of `byte`; no branch and no index depends on it.
    pub(crate) const fn apply(self, byte: u8) -> u8 {
        let (mut image, mut i) = (0, 0);
        while i < 8 {
            image ^= self.0[i] * ((byte >> i) & 1);
            i += 1;
        }
        image
    }

    /// The image of each of the four bytes of `word`.
    pub(crate) const fn apply_bytes(self, word: u32) -> u32 {
        let (mut image, mut i) = (0, 0);
        while i < 8 {
            // Bits i of the four bytes, as the numbers 0 or 1 in each: the product carries nothing from byte to byte.
            image ^= ((word >> i) & 0x0101_0101) * self.0[i] as u32;
            i += 1;
        }
        image
    }

    /// First `first`, then this map.
    const fn after(self, first: Linear) -> Linear {
        let (mut images, mut i) = ([0; 8], 0);
        while i < 8 {
            images[i] = self.apply(first.0[i]);
            i += 1;
        }
        Linear(images)
    }

    const fn plus(self, other: Linear) -> Linear {
        let (mut images, mut i) = ([0; 8], 0);
        while i < 8 {
            images[i] = self.0[i] ^ other.0[i];
            i += 1;
        }
        Linear(images)
    }

    const fn inverse(self) -> Linear {
        let (mut images, mut byte) = ([0; 8], 1u16);
        while byte < 256 {
            let image = self.apply(byte as u8);
            if image.is_power_of_two() {
                images[image.trailing_zeros() as usize] = byte as u8;
            }
            byte += 1;
        }
        Linear(images)
    }

    /// The operand of GF2P8AFFINEQB: the row that gives bit i of the image is byte 7 − i, least significant first. Twice, for
    /// the 16 bytes of a lane.
    pub(crate) const fn matrix(self) -> [u8; 16] {
        let (mut lane, mut i) = ([0; 16], 0);
        while i < 8 {
            let (mut row, mut j) = (0, 0);
            while j < 8 {
                row |= ((self.0[j] >> i) & 1) << j;
                j += 1;
            }
            lane[7 - i] = row;
            lane[15 - i] = row;
            i += 1;
        }
        lane
    }

    /// The map as two tables of 16 bytes for PSHUFB: of the low nibble, with `constant` added, and of the high nibble.
    pub(crate) const fn nibble_tables(self, constant: u8) -> [[u8; 16]; 2] {
        let (mut tables, mut nibble) = ([[0; 16]; 2], 0);
        while nibble < 16 {
            tables[0][nibble] = self.apply(nibble as u8) ^ constant;
            tables[1][nibble] = self.apply((nibble as u8) << 4);
            nibble += 1;
        }
        tables
    }
}

/// The circulant matrix with the given first row: row i is that row rotated left by i.
const fn circulant(first_row: u8) -> Linear {
    let (mut images, mut i) = ([0; 8], 0);
    while i < 8 {
        let row = first_row.rotate_left(i);
        let mut j = 0;
        while j < 8 {
            images[j] |= ((row >> j) & 1) << i;
            j += 1;
        }
        i += 1;
    }
    Linear(images)
}

/// An isomorphism from SM4's field to that of AES: t goes to the smallest root of SM4's polynomial there.
const fn isomorphism() -> Linear {
    let mut root = 2u8;
    loop {
        let (mut powers, mut i) = ([1u8; 8], 1);
        while i < 8 {
            powers[i] = multiply(powers[i - 1], root, AES);
            i += 1;
        }
        let eighth = multiply(powers[7], root, AES);
        if eighth ^ powers[7] ^ powers[6] ^ powers[5] ^ powers[4] ^ powers[2] ^ powers[0] == 0 {
            return Linear(powers);
        }
        root += 1;
    }
}

/// byte ↦ byte ≪ left.
const fn shift_left(left: u32) -> Linear {
    let (mut images, mut i) = ([0; 8], 0);
    while i < 8 {
        images[i] = (1 << i) << left;
        i += 1;
    }
    Linear(images)
}

/// byte ↦ byte ≫ right.
const fn shift_right(right: u32) -> Linear {
    let (mut images, mut i) = ([0; 8], 0);
    while i < 8 {
        images[i] = (1 << i) >> right;
        i += 1;
    }
    Linear(images)
}

const A: Linear = circulant(0xa7);
const M: Linear = isomorphism();
/// From v to the S-box's output without C.
const A_M_INVERSE: Linear = A.after(M.inverse());

/// Into the domain of the vector paths.
pub(crate) const ENTER: Linear = M.after(A);
/// Out of it.
pub(crate) const LEAVE: Linear = ENTER.inverse();
/// M · C, added to every byte of a round key after `ENTER`.
pub(crate) const KEY_CONSTANT: u8 = M.apply(C);
/// What byte j of v gives byte j.
pub(crate) const TERM_0: Linear = ENTER.after(shift_left(0).plus(shift_left(2))).after(A_M_INVERSE);
/// What bytes j − 1 and j − 2 of v give byte j.
pub(crate) const TERM_1: Linear = ENTER.after(shift_left(2).plus(shift_right(6))).after(A_M_INVERSE);
/// What byte j − 3 of v gives byte j.
pub(crate) const TERM_3: Linear = TERM_0.plus(TERM_1);
/// ENTER · L · C: (I + (≪ 2)) + (⋘ 2) + (⋘ 2) + (I + (≫ 6)) is ⋘ 2.
pub(crate) const ROUND_CONSTANT: u8 = ENTER.apply(C.rotate_left(2));

const A_AES: Linear = circulant(0xf1);
const AES_TERM_0: Linear = TERM_0.after(A_AES.inverse());
const AES_TERM_1: Linear = TERM_1.after(A_AES.inverse());
/// `TERM_0` of what AESENCLAST gives, as nibble tables, without the contribution of `63`: `AES_TABLES_1` carries it.
pub(crate) const AES_TABLES_0: [[u8; 16]; 2] = AES_TERM_0.nibble_tables(0);
/// `TERM_1` of what AESENCLAST gives, as nibble tables, with all constants. Of the four terms of a byte, three contain it:
/// an odd number, so it counts once. What `63` contributes through `TERM_0` occurs in terms 0 and 3 and cancels.
pub(crate) const AES_TABLES_1: [[u8; 16]; 2] = AES_TERM_1.nibble_tables(ROUND_CONSTANT ^ AES_TERM_1.apply(AES_C));
/// `ENTER` as nibble tables.
pub(crate) const ENTER_TABLES: [[u8; 16]; 2] = ENTER.nibble_tables(0);
/// `LEAVE` as nibble tables.
pub(crate) const LEAVE_TABLES: [[u8; 16]; 2] = LEAVE.nibble_tables(0);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::standard::SBOX;

    /// The polynomial of SM4's field.
    const SM4: u16 = 0x1f5;

    fn inverse_of(byte: u8, polynomial: u16) -> u8 {
        (0..254).fold(1, |power, _| multiply(power, byte, polynomial))
    }

    #[test]
    fn the_standards_table_is_the_algebra_in_either_field() {
        for byte in 0..=255u8 {
            let expected = SBOX[usize::from(byte)];
            assert_eq!(A.apply(inverse_of(A.apply(byte) ^ C, SM4)) ^ C, expected);
            assert_eq!(A_M_INVERSE.apply(inverse_of(ENTER.apply(byte) ^ KEY_CONSTANT, AES)) ^ C, expected);
        }
    }

    #[test]
    fn the_isomorphism_respects_products() {
        for a in 0..=255u8 {
            for b in 0..=255u8 {
                assert_eq!(M.apply(multiply(a, b, SM4)), multiply(M.apply(a), M.apply(b), AES));
            }
        }
    }

    #[test]
    fn maps_have_their_inverses_and_forms() {
        for byte in 0..=255u8 {
            assert_eq!(LEAVE.apply(ENTER.apply(byte)), byte);
            let word = u32::from_le_bytes([byte, !byte, byte ^ 0x5a, 7]);
            assert_eq!(ENTER.apply_bytes(word).to_le_bytes(), word.to_le_bytes().map(|b| ENTER.apply(b)));
            let (low, high) = (usize::from(byte & 15), usize::from(byte >> 4));
            assert_eq!(ENTER_TABLES[0][low] ^ ENTER_TABLES[1][high], ENTER.apply(byte));
            let rows = TERM_1.matrix();
            let by_rows = (0..8).map(|i| ((rows[7 - i] & byte).count_ones() as u8 & 1) << i).sum::<u8>();
            assert_eq!(by_rows, TERM_1.apply(byte));
        }
    }

    #[test]
    fn subbytes_of_aes_is_its_affine_map() {
        // FIPS 197 §4.2.1 and §5.1.1: {53} → {ed}.
        assert_eq!(A_AES.apply(inverse_of(0x53, AES)) ^ AES_C, 0xed);
        assert_eq!(A_AES.apply(inverse_of(0, AES)) ^ AES_C, 0x63);
    }

    /// A round on one word by the terms, against L and S of the standard.
    #[test]
    fn a_round_by_terms_is_a_round_of_the_standard() {
        for seed in 0..2000u32 {
            let word = seed.wrapping_mul(0x9e37_79b9) ^ seed.rotate_left(16);
            let b = u32::from_le_bytes(word.to_le_bytes().map(|byte| SBOX[usize::from(byte)]));
            let expected = b ^ b.rotate_left(2) ^ b.rotate_left(10) ^ b.rotate_left(18) ^ b.rotate_left(24);
            let u = word.to_le_bytes().map(|byte| ENTER.apply(byte) ^ KEY_CONSTANT);
            let v = u.map(|byte| inverse_of(byte, AES));
            let byte = |j: usize| {
                TERM_0.apply(v[j])
                    ^ TERM_1.apply(v[(j + 3) % 4])
                    ^ TERM_1.apply(v[(j + 2) % 4])
                    ^ TERM_3.apply(v[(j + 1) % 4])
                    ^ ROUND_CONSTANT
            };
            assert_eq!([0, 1, 2, 3].map(byte), expected.to_le_bytes().map(|byte| ENTER.apply(byte)));
            let s = v.map(|byte| A_AES.apply(byte) ^ AES_C);
            let of = |tables: [[u8; 16]; 2], s: u8| tables[0][usize::from(s & 15)] ^ tables[1][usize::from(s >> 4)];
            let byte = |j: usize| {
                let (zero, one) = (|i: usize| of(AES_TABLES_0, s[i % 4]), |i: usize| of(AES_TABLES_1, s[i % 4]));
                zero(j) ^ one(j + 3) ^ one(j + 2) ^ zero(j + 1) ^ one(j + 1)
            };
            assert_eq!([0, 1, 2, 3].map(byte), expected.to_le_bytes().map(|byte| ENTER.apply(byte)));
        }
    }
}
