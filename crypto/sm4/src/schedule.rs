//! The key schedule of GB/T 32907 §7.3, without tables: the S-box is the bitsliced one, on one word at a time.

use crate::bitsliced::substitute;
use zeroize::Zeroizing;

/// Length of a key, bytes.
pub const KEY_BYTES: usize = 16;
/// Rounds, and so words of round key.
pub(crate) const ROUNDS: usize = 32;

/// FK, the system parameter.
const FK: [u32; 4] = [0xa3b1_bac6, 0x56aa_3350, 0x677d_9197, 0xb270_22dc];

/// CK of round `i`: byte j, the most significant first, is (4i + j) · 7 mod 256.
const fn ck(i: usize) -> u32 {
    let at = 28 * i as u32;
    u32::from_be_bytes([at as u8, (at + 7) as u8, (at + 14) as u8, (at + 21) as u8])
}

/// The round keys of `key`, in the order of encryption. Wiped on drop.
pub(crate) fn expand(key: &[u8; KEY_BYTES]) -> Zeroizing<[u32; ROUNDS]> {
    let mut k = Zeroizing::new(FK);
    for (word, bytes) in k.iter_mut().zip(key.as_chunks().0) {
        *word ^= u32::from_be_bytes(*bytes);
    }
    let mut round_keys = Zeroizing::new([0; ROUNDS]);
    for (i, round_key) in round_keys.iter_mut().enumerate() {
        let b = substitute(k[1] ^ k[2] ^ k[3] ^ ck(i));
        *round_key = k[0] ^ b ^ b.rotate_left(13) ^ b.rotate_left(23);
        *k = [k[1], k[2], k[3], *round_key];
    }
    round_keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::standard::KEY;

    /// GB/T 32907 annex A.1.
    #[test]
    fn the_standards_round_keys() {
        #[rustfmt::skip]
        let expected = [
            0xf12186f9, 0x41662b61, 0x5a6ab19a, 0x7ba92077, 0x367360f4, 0x776a0c61, 0xb6bb89b3, 0x24763151,
            0xa520307c, 0xb7584dbd, 0xc30753ed, 0x7ee55b57, 0x6988608c, 0x30d895b7, 0x44ba14af, 0x104495a1,
            0xd120b428, 0x73b55fa3, 0xcc874966, 0x92244439, 0xe89e641f, 0x98ca015a, 0xc7159060, 0x99e1fd2e,
            0xb79bd80c, 0x1d2115b0, 0x0e228aeb, 0xf1780c81, 0x428d3654, 0x62293496, 0x01cf72e5, 0x9124a012,
        ];
        assert_eq!(*expand(&KEY), expected);
    }

    #[test]
    fn the_standards_constants() {
        assert_eq!([ck(0), ck(1), ck(31)], [0x0007_0e15, 0x1c23_2a31, 0x646b_7279]);
    }
}
