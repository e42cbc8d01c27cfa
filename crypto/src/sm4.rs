//! SM4 (GM/T 0002-2012 = GB/T 32907-2016) in Galois/Counter mode (RFC 8998 §3.1, appendix A.1), as a bare block and chained (CBC).
//!
//! `bencao-sm4` computes, without tables, on the widest [`Path`] that the processor has; here are the forms that the rest of the
//! project uses. A (key, nonce) pair must never seal two messages: who chooses nonces counts them or takes fresh keys.

#[cfg(test)]
mod tests;

pub use bencao_sm4::{KEY_BYTES, NONCE_BYTES, Path, Sm4, TAG_BYTES, Unavailable};

/// The ciphertext, its tag, the associated data, nonce or key is not the one that was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("SM4-GCM authentication failed")]
pub struct OpenError;

/// SM4-GCM under one key. What is derived from the key is wiped on drop.
#[derive(Clone)]
pub struct Sm4Gcm(bencao_sm4::Sm4Gcm);

impl Sm4Gcm {
    /// Expands `key`.
    pub fn new(key: &[u8; KEY_BYTES]) -> Sm4Gcm {
        Sm4Gcm(bencao_sm4::Sm4Gcm::new(key))
    }

    /// Expands `key` for a path of the caller's choice: for tests and measurements.
    ///
    /// # Errors
    /// [`Unavailable`] if the processor does not have it.
    pub fn with_path(path: Path, key: &[u8; KEY_BYTES]) -> Result<Sm4Gcm, Unavailable> {
        bencao_sm4::Sm4Gcm::with_path(path, key).map(Sm4Gcm)
    }

    /// The path in use.
    pub fn path(&self) -> Path {
        self.0.path()
    }

    /// Ciphertext ‖ 16-byte tag. `aad` is authenticated, not sent.
    ///
    /// # Panics
    /// For a message longer than GCM allows (2³⁶ − 32 bytes), which no limit of this project comes near.
    pub fn seal(&self, nonce: &[u8; NONCE_BYTES], aad: &[u8], message: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(message.len() + TAG_BYTES);
        out.extend_from_slice(message);
        let tag = self.seal_in_place(nonce, aad, &mut out);
        out.extend_from_slice(&tag);
        out
    }

    /// The message sealed as `sealed` (ciphertext ‖ tag).
    ///
    /// # Errors
    /// [`OpenError`]; nothing of the message is released then.
    pub fn open(&self, nonce: &[u8; NONCE_BYTES], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let (body, tag) = sealed.split_last_chunk::<TAG_BYTES>().ok_or(OpenError)?;
        let mut out = body.to_vec();
        self.open_in_place(nonce, aad, &mut out, tag).map(|()| out)
    }

    /// Encrypts `message` where it is and returns the tag.
    ///
    /// # Panics
    /// As [`seal`](Sm4Gcm::seal).
    pub fn seal_in_place(&self, nonce: &[u8; NONCE_BYTES], aad: &[u8], message: &mut [u8]) -> [u8; TAG_BYTES] {
        self.0.seal(nonce, aad, message)
    }

    /// Decrypts `text` where it is if `tag` is its tag; if not, it stays as it is.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_in_place(
        &self,
        nonce: &[u8; NONCE_BYTES],
        aad: &[u8],
        text: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), OpenError> {
        self.0.open(nonce, aad, text, tag).map_err(|_| OpenError)
    }
}

/// Encrypts one block in place. For known-answer tests and key wrapping; data goes through [`Sm4Gcm`].
pub fn encrypt_block(key: &[u8; KEY_BYTES], block: &mut [u8; 16]) {
    Sm4::new(key).encrypt_block(block);
}

/// Decrypts one block in place.
pub fn decrypt_block(key: &[u8; KEY_BYTES], block: &mut [u8; 16]) {
    Sm4::new(key).decrypt_block(block);
}
