//! SM4 (GB/T 32907-2016 = GM/T 0002-2012) and SM4-GCM (RFC 8998) without tables: no branch and no memory address depends on a
//! key or on a message.
//!
//! There are six ways to compute SM4-GCM, one [`Path`] for each set of instructions that is worth it, and one for any processor.
//! [`Sm4Gcm::new`] takes the widest that this processor has, and [`Sm4Gcm::with_path`] the one it is told. All give the same bytes.
//! Single blocks and CBC, for key files, are [`Sm4`], which computes on the portable path.
//!
//! From the bottom up: `field` (the S-box as algebra, constants), `sbox` (as a circuit), `bitsliced` (sixteen blocks by logic
//! alone), `schedule` (round keys), `ghash` (by integer multiplication); `vector` (kernels over few operations on registers) and
//! `x86` (those operations, the only unsafe code); `engine` (a key on a path), `gcm`, `block`.

#![deny(unsafe_op_in_unsafe_fn)]

mod bitsliced;
mod block;
mod engine;
#[cfg(any(target_arch = "x86_64", test))]
mod field;
mod gcm;
mod ghash;
mod path;
mod sbox;
mod schedule;
#[cfg(test)]
mod tests;
#[cfg(any(target_arch = "x86_64", test))]
mod vector;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use block::Sm4;
pub use gcm::{NONCE_BYTES, Refused, Sm4Gcm, TAG_BYTES};
pub use path::{Path, Unavailable};
pub use schedule::KEY_BYTES;

/// Length of a block, bytes.
pub const BLOCK_BYTES: usize = 16;

/// Adds the bytes of `words`, the least significant first, to `data`, which is no longer.
#[inline(always)]
fn add_words(data: &mut [u8], words: &[u64]) {
    let (whole, part) = data.as_chunks_mut::<8>();
    for (bytes, word) in whole.iter_mut().zip(words) {
        *bytes = (u64::from_le_bytes(*bytes) ^ word).to_le_bytes();
    }
    if !part.is_empty() {
        for (byte, key) in part.iter_mut().zip(words[whole.len()].to_le_bytes()) {
            *byte ^= key;
        }
    }
}
