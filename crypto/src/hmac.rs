//! HMAC-SM3 (GB/T 15852.2, RFC 2104 with SM3) and PBKDF2-HMAC-SM3 (GM/T 0091-2020, RFC 8018 §5.2).

use crate::digest::Digest;
use ::hmac::{KeyInit as _, Mac as _};

pub(crate) type HmacSm3 = ::hmac::Hmac<sm3::Sm3>;

fn keyed(key: &[u8], parts: &[&[u8]]) -> HmacSm3 {
    let mut mac = HmacSm3::new_from_slice(key).expect("HMAC takes a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac
}

/// HMAC-SM3 of the concatenation of `parts`.
pub fn hmac_sm3(key: &[u8], parts: &[&[u8]]) -> Digest {
    Digest(keyed(key, parts).finalize().into_bytes().into())
}

/// Whether `tag` is the HMAC-SM3 of the concatenation of `parts`; takes the same time for every wrong tag.
pub fn verify_hmac_sm3(key: &[u8], parts: &[&[u8]], tag: &Digest) -> bool {
    keyed(key, parts).verify_slice(&tag.0).is_ok()
}

/// Fills `out` with PBKDF2-HMAC-SM3. Time grows with `iterations`: callers bound counts that others chose.
pub fn pbkdf2_hmac_sm3(passphrase: &[u8], salt: &[u8], iterations: u32, out: &mut [u8]) {
    pbkdf2::pbkdf2::<HmacSm3>(passphrase, salt, iterations, out).expect("HMAC takes a key of any length");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::{self, bytes};

    #[test]
    fn known_answers() {
        let tag = hmac_sm3(b"key", &[b"The quick brown fox jumps over the lazy dog"]);
        assert_eq!(tag.0[..], bytes(vectors::HMAC_FOX));
        assert!(verify_hmac_sm3(b"key", &[b"The quick brown fox jumps", b" over the lazy dog"], &tag));
        assert!(!verify_hmac_sm3(b"kez", &[b"The quick brown fox jumps over the lazy dog"], &tag));
        let mut wrong = tag;
        wrong.0[31] ^= 1;
        assert!(!verify_hmac_sm3(b"key", &[b"The quick brown fox jumps over the lazy dog"], &wrong));
    }

    /// RFC 2104 written out, for a key longer than SM3's block too.
    #[test]
    fn hmac_is_its_definition() {
        for key in [&b""[..], b"key", &[7; 64], &[7; 65], &[7; 200]] {
            let mut block = [0; 64];
            let short = if key.len() > 64 { crate::sm3(key).0.to_vec() } else { key.to_vec() };
            block[..short.len()].copy_from_slice(&short);
            let inner = crate::sm3(&[&block.map(|b| b ^ 0x36)[..], b"message"].concat());
            let outer = crate::sm3(&[&block.map(|b| b ^ 0x5c)[..], &inner.0].concat());
            assert_eq!(hmac_sm3(key, &[b"message"]), outer);
        }
    }

    /// RFC 8018 §5.2 written out.
    #[test]
    fn pbkdf2_is_its_definition() {
        let mut expected = Vec::new();
        for index in 1..=2u32 {
            let mut u = hmac_sm3(b"pass", &[b"salt", &index.to_be_bytes()]);
            let mut sum = u.0;
            for _ in 1..1000 {
                u = hmac_sm3(b"pass", &[&u.0]);
                sum.iter_mut().zip(u.0).for_each(|(s, b)| *s ^= b);
            }
            expected.extend_from_slice(&sum);
        }
        let mut out = [0; 40];
        pbkdf2_hmac_sm3(b"pass", b"salt", 1000, &mut out);
        assert_eq!(out, expected[..40]);
    }
}
