//! The S-box as a circuit of 110 gates, 32 of them AND.
//!
//! A and C are those of `field`. The circuit computes x ↦ A · inv(A · x), where inv inverts in SM4's field: the constants are left to
//! the caller. With GF(2⁸) over GF(2⁴) over GF(2²), the inverse of u = h·β₁ + l·β₂ is its conjugate times the inverse of its norm, and
//! the norm is a product h·l and squares; products are Karatsuba's, and the inversion in GF(2⁴) takes five multiplications (J. Boyar,
//! R. Peralta, *A New Combinational Logic Minimization Technique with Applications to Cryptology*, SEA 2010). Linear maps
//! are shared over the whole way between A and the tower. Of all towers the one is taken for which a search found the
//! shortest linear parts. What proves the circuit is its test: all 256 inputs.

use std::ops::{BitAnd, BitXor};

/// Bits of one byte, or of as many bytes as `T` has places; the least significant first.
#[inline(always)]
pub(crate) fn sbox<T>(bits: [T; 8]) -> [T; 8]
where
    T: Copy + BitAnd<Output = T> + BitXor<Output = T>,
{
    let [x0, x1, x2, x3, x4, x5, x6, x7] = bits;
    // The factors of the first product, their sums, and the squares that enter the norm.
    let t0 = x2 ^ x5;
    let t1 = x2 ^ x6;
    let t2 = x1 ^ x4;
    let t3 = x1 ^ t1;
    let t4 = x0 ^ t3;
    let t5 = t2 ^ t4;
    let t6 = x5 ^ t4;
    let t7 = x3 ^ t5;
    let t8 = t2 ^ t0;
    let t9 = t7 ^ x7;
    let t10 = t3 ^ t9;
    let t11 = x3 ^ t6;
    let t12 = x2 ^ t5;
    let t13 = t1 ^ t11;
    let t14 = x4 ^ t13;
    let t15 = t11 ^ t10;
    let t16 = t13 ^ t9;
    let t17 = x1 ^ t0;
    let t18 = t17 ^ t10;
    let t19 = x0 ^ x2;
    let t20 = t19 ^ x7;
    // The product of the halves, Karatsuba twice.
    let m0 = t6 & t13;
    let m1 = x5 & t16;
    let m2 = t4 & t9;
    let m3 = t12 & t11;
    let m4 = x2 & t15;
    let m5 = t5 & t10;
    let m6 = t8 & t1;
    let m7 = t0 & x1;
    let m8 = t2 & t3;
    // The norm.
    let e0 = m2 ^ m0;
    let e1 = m1 ^ m0;
    let e2 = m8 ^ e0;
    let e3 = m6 ^ t14;
    let e4 = e3 ^ e2;
    let e5 = m7 ^ t18;
    let e6 = e1 ^ e5;
    let e7 = e2 ^ e6;
    let e8 = m5 ^ t20;
    let e9 = m4 ^ e1;
    let e10 = e8 ^ e9;
    let e11 = m3 ^ t7;
    let e12 = m4 ^ e0;
    let e13 = e11 ^ e12;
    // Its inverse in GF(2⁴): five multiplications.
    let f0 = e4 ^ e7;
    let f1 = e4 & e10;
    let f2 = e13 ^ f1;
    let f3 = f0 & f2;
    let v3 = e7 ^ f3;
    let f4 = e10 ^ e13;
    let f5 = e7 ^ f1;
    let f6 = f5 & f4;
    let v1 = e13 ^ f6;
    let f7 = e10 ^ v1;
    let f8 = f2 ^ v1;
    let f9 = e13 & f8;
    let v0 = f9 ^ f7;
    let f10 = f2 ^ f9;
    let f11 = v3 & f10;
    let v2 = f11 ^ f0;
    let v4 = v0 ^ v1;
    let v5 = v2 ^ v3;
    let v6 = v1 ^ v5;
    let v7 = v4 ^ v2;
    let v8 = v0 ^ v3;
    // The conjugate times the inverse of the norm.
    let n0 = t6 & v2;
    let n1 = x5 & v3;
    let n2 = t4 & v5;
    let n3 = t12 & v4;
    let n4 = x2 & v0;
    let n5 = t5 & v1;
    let n6 = t8 & v7;
    let n7 = t0 & v8;
    let n8 = t2 & v6;
    let n9 = t13 & v2;
    let n10 = t16 & v3;
    let n11 = t9 & v5;
    let n12 = t11 & v4;
    let n13 = t15 & v0;
    let n14 = t10 & v1;
    let n15 = t1 & v7;
    let n16 = x1 & v8;
    let n17 = t3 & v6;
    // Out of the tower, and A.
    let y0 = n13 ^ n12;
    let y1 = n9 ^ n11;
    let y2 = y0 ^ y1;
    let y3 = n6 ^ n8;
    let y4 = n0 ^ y3;
    let y5 = n14 ^ n12;
    let y6 = n11 ^ y5;
    let y7 = n16 ^ n9;
    let y8 = y7 ^ y6;
    let y9 = n2 ^ y4;
    let y10 = n17 ^ y0;
    let y11 = y10 ^ y8;
    let y12 = n5 ^ n3;
    let y13 = y12 ^ y2;
    let y14 = n7 ^ n8;
    let y15 = y14 ^ y13;
    let y16 = y11 ^ y15;
    let y17 = y9 ^ y16;
    let y18 = n15 ^ y8;
    let y19 = n10 ^ y6;
    let y20 = y19 ^ y17;
    let y21 = y9 ^ y11;
    let y22 = y18 ^ y17;
    let y23 = n1 ^ y4;
    let y24 = y13 ^ y23;
    let y25 = n4 ^ n3;
    let y26 = y3 ^ y25;
    [y16, y20, y21, y18, y22, y24, y26, y2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitsliced::substitute;
    use crate::tests::standard::SBOX;

    #[test]
    fn all_256_bytes_are_the_standards() {
        for byte in 0..=255u8 {
            // S(x) = circuit(x + A⁻¹ · C) + C.
            let input = byte ^ 0x75;
            let bits = sbox(std::array::from_fn(|i| input >> i & 1));
            let image = bits.iter().enumerate().fold(0, |image, (i, bit)| image | bit << i);
            assert_eq!(image ^ 0xd3, SBOX[usize::from(byte)]);
            let expected = u32::from_be_bytes([SBOX[usize::from(byte)], 0xd6, SBOX[usize::from(!byte)], 0xd6]);
            assert_eq!(substitute(u32::from_be_bytes([byte, 0, !byte, 0])), expected);
        }
    }
}
