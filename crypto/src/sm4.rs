//! SM4 (GM/T 0002-2012 = GB/T 32907-2016) in Galois/Counter mode (RFC 8998 §3.1, appendix A.1) and as a bare block.
//!
//! A (key, nonce) pair must never seal two messages: who chooses nonces counts them or takes fresh keys.

#[cfg(test)]
mod tests;

use aes_gcm::{AeadInOut as _, AesGcm, KeyInit as _, aead::consts::U12};
use sm4::cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _};

/// Length of a key, bytes.
pub const KEY_BYTES: usize = 16;
/// Length of a nonce, bytes (96 bit).
pub const NONCE_BYTES: usize = 12;
/// Length of the authentication tag, bytes; it follows the ciphertext.
pub const TAG_BYTES: usize = 16;

pub(crate) type Cipher = AesGcm<::sm4::Sm4, U12>;

/// The ciphertext, its tag, the associated data, nonce or key is not the one that was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("SM4-GCM authentication failed")]
pub struct OpenError;

/// SM4-GCM under one key. The key schedule is wiped on drop.
#[derive(Clone)]
pub struct Sm4Gcm(Cipher);

impl Sm4Gcm {
    /// Expands `key`.
    pub fn new(key: &[u8; KEY_BYTES]) -> Sm4Gcm {
        Sm4Gcm(Cipher::new(key.into()))
    }

    /// Ciphertext ‖ 16-byte tag. `aad` is authenticated, not sent.
    ///
    /// # Panics
    /// For a message longer than GCM allows (2³⁶ − 32 bytes), which no limit of this project comes near.
    pub fn seal(&self, nonce: &[u8; NONCE_BYTES], aad: &[u8], message: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(message.len() + TAG_BYTES);
        out.extend_from_slice(message);
        let tag = self.0.encrypt_inout_detached(nonce.into(), aad, out.as_mut_slice().into());
        out.extend_from_slice(&tag.expect("message within GCM's length limit"));
        out
    }

    /// The message sealed as `sealed` (ciphertext ‖ tag).
    ///
    /// # Errors
    /// [`OpenError`]; nothing of the message is released then.
    pub fn open(&self, nonce: &[u8; NONCE_BYTES], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let (body, tag) = sealed.split_last_chunk::<TAG_BYTES>().ok_or(OpenError)?;
        let mut out = body.to_vec();
        let opened = self.0.decrypt_inout_detached(nonce.into(), aad, out.as_mut_slice().into(), tag.into());
        opened.map(|()| out).map_err(|_| OpenError)
    }
}

/// Encrypts one block in place. For known-answer tests and key wrapping; data goes through [`Sm4Gcm`].
pub fn encrypt_block(key: &[u8; KEY_BYTES], block: &mut [u8; 16]) {
    ::sm4::Sm4::new(key.into()).encrypt_block(block.into());
}

/// Decrypts one block in place.
pub fn decrypt_block(key: &[u8; KEY_BYTES], block: &mut [u8; 16]) {
    ::sm4::Sm4::new(key.into()).decrypt_block(block.into());
}
