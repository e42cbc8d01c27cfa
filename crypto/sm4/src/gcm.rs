//! SM4-GCM (RFC 8998 §3.1, NIST SP 800-38D): nonces of 96 bits, tags of 128.

use crate::BLOCK_BYTES;
use crate::engine::{Engine, Mask, Nonce, Portable, wipe_stack};
use crate::path::{Path, Unavailable};
use crate::schedule::KEY_BYTES;
#[cfg(target_arch = "x86_64")]
use crate::{vector::engine::Vectorised, x86};
use std::fmt;
use zeroize::Zeroizing;

/// Length of a nonce, bytes (96 bits).
pub const NONCE_BYTES: usize = 12;
/// Length of a tag, bytes (128 bits).
pub const TAG_BYTES: usize = 16;
/// Longest message, bytes: 2³⁶ − 32, beyond which the 32-bit counter would come round.
const MESSAGE_BYTES_MAX: u64 = (1 << 36) - 32;

/// Ciphertext, tag, associated data, nonce or key is not the one that was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SM4-GCM authentication failed")
    }
}

impl std::error::Error for Refused {}

/// SM4-GCM under one key. What is derived from the key is wiped on drop.
#[derive(Clone)]
pub struct Sm4Gcm {
    path: Path,
    key: Key,
}

#[derive(Clone)]
enum Key {
    #[cfg(target_arch = "x86_64")]
    Avx512Gfni(Vectorised<x86::Avx512Gfni>),
    #[cfg(target_arch = "x86_64")]
    Avx2Gfni(Vectorised<x86::Avx2<x86::Gfni>>),
    #[cfg(target_arch = "x86_64")]
    Avx2Vaes(Vectorised<x86::Avx2<x86::Vaes>>),
    #[cfg(target_arch = "x86_64")]
    Avx2Aes(Vectorised<x86::Avx2<x86::Halves>>),
    #[cfg(target_arch = "x86_64")]
    AesNi(Vectorised<x86::AesNi>),
    Portable(Portable),
}

/// The same of whichever engine a key is for.
macro_rules! engine {
    ($key:expr, $engine:ident => $answer:expr) => {
        match $key {
            #[cfg(target_arch = "x86_64")]
            Key::Avx512Gfni($engine) => $answer,
            #[cfg(target_arch = "x86_64")]
            Key::Avx2Gfni($engine) => $answer,
            #[cfg(target_arch = "x86_64")]
            Key::Avx2Vaes($engine) => $answer,
            #[cfg(target_arch = "x86_64")]
            Key::Avx2Aes($engine) => $answer,
            #[cfg(target_arch = "x86_64")]
            Key::AesNi($engine) => $answer,
            Key::Portable($engine) => $answer,
        }
    };
}

impl Key {
    fn new(path: Path, key: &[u8; KEY_BYTES]) -> Option<Key> {
        Some(match path {
            #[cfg(target_arch = "x86_64")]
            Path::Avx512Gfni => Key::Avx512Gfni(Vectorised::new(x86::Avx512Gfni::detect()?, key)),
            #[cfg(target_arch = "x86_64")]
            Path::Avx2Gfni => Key::Avx2Gfni(Vectorised::new(x86::Avx2::<x86::Gfni>::detect()?, key)),
            #[cfg(target_arch = "x86_64")]
            Path::Avx2Vaes => Key::Avx2Vaes(Vectorised::new(x86::Avx2::<x86::Vaes>::detect()?, key)),
            #[cfg(target_arch = "x86_64")]
            Path::Avx2Aes => Key::Avx2Aes(Vectorised::new(x86::Avx2::<x86::Halves>::detect()?, key)),
            #[cfg(target_arch = "x86_64")]
            Path::AesNi => Key::AesNi(Vectorised::new(x86::AesNi::detect()?, key)),
            #[cfg(not(target_arch = "x86_64"))]
            Path::Avx512Gfni | Path::Avx2Gfni | Path::Avx2Vaes | Path::Avx2Aes | Path::AesNi => return None,
            Path::Portable => Key::Portable(Portable::new(key)),
        })
    }
}

impl Sm4Gcm {
    /// Expands `key` on the widest path of this processor.
    pub fn new(key: &[u8; KEY_BYTES]) -> Sm4Gcm {
        Sm4Gcm::with_path(Path::best(), key).expect("it is available")
    }

    /// Expands `key` on the path asked for.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub fn with_path(path: Path, key: &[u8; KEY_BYTES]) -> Result<Sm4Gcm, Unavailable> {
        let key = Key::new(path, key);
        wipe_stack();
        key.map(|key| Sm4Gcm { path, key }).ok_or(Unavailable(path))
    }

    /// The path in use.
    pub fn path(&self) -> Path {
        self.path
    }

    /// Encrypts `message` in place and returns the tag. `aad` is authenticated, not sent. A nonce must never serve two
    /// messages under one key.
    ///
    /// # Panics
    /// For a message of more than 2³⁶ − 32 bytes.
    pub fn seal(&self, nonce: &[u8; NONCE_BYTES], aad: &[u8], message: &mut [u8]) -> [u8; TAG_BYTES] {
        let tag = engine!(&self.key, key => seal(key, nonce, aad, message));
        wipe_stack();
        tag
    }

    /// Decrypts `text` in place if `tag` is its tag. If not, `text` stays as it is: nothing is decrypted before the tag has
    /// been found right.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn open(
        &self,
        nonce: &[u8; NONCE_BYTES],
        aad: &[u8],
        text: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), Refused> {
        let opened = engine!(&self.key, key => open(key, nonce, aad, text, tag));
        wipe_stack();
        opened
    }

    /// SM4 itself on this path, for known-answer tests.
    pub fn encrypt_block(&self, block: &[u8; BLOCK_BYTES]) -> [u8; BLOCK_BYTES] {
        let encrypted = *engine!(&self.key, key => key.encrypt_block(block));
        wipe_stack();
        encrypted
    }
}

/// [`Sm4Gcm::seal`] on one engine.
pub(crate) fn seal(key: &impl Engine, nonce: &[u8; NONCE_BYTES], aad: &[u8], message: &mut [u8]) -> [u8; TAG_BYTES] {
    assert!(message.len() as u64 <= MESSAGE_BYTES_MAX, "GCM ends at 2^36 - 32 bytes");
    let mut mask = Mask { is: Zeroizing::new([0; 2]), expected: None };
    key.counter_mode(&words(nonce), &mut mask, message);
    let mut tag = [0; TAG_BYTES];
    for (bytes, (hash, mask)) in tag.as_chunks_mut().0.iter_mut().zip(key.hash(aad, message).iter().zip(&*mask.is)) {
        *bytes = (hash ^ mask).to_le_bytes();
    }
    tag
}

/// [`Sm4Gcm::open`] on one engine.
pub(crate) fn open(
    key: &impl Engine,
    nonce: &[u8; NONCE_BYTES],
    aad: &[u8],
    text: &mut [u8],
    tag: &[u8; TAG_BYTES],
) -> Result<(), Refused> {
    if text.len() as u64 > MESSAGE_BYTES_MAX {
        return Err(Refused);
    }
    // The tag is the hash plus the mask; so the mask has to be the hash plus the tag.
    let mut expected = key.hash(aad, text);
    for (word, bytes) in expected.iter_mut().zip(tag.as_chunks().0) {
        *word ^= u64::from_le_bytes(*bytes);
    }
    let mut mask = Mask { is: Zeroizing::new([0; 2]), expected: Some(expected) };
    if key.counter_mode(&words(nonce), &mut mask, text) { Ok(()) } else { Err(Refused) }
}

fn words(nonce: &[u8; NONCE_BYTES]) -> Nonce {
    let mut words = [0; 3];
    for (word, bytes) in words.iter_mut().zip(nonce.as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    words
}
