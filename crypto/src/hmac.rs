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
