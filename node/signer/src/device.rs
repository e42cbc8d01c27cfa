//! What holds a private key in the end.
//!
//! A device is given `e = SM3(Z ‖ M)` and returns `r ‖ s`; everything above it (Z, distinguishing identifiers, what may be signed) is
//! done by the signer. The shape is that of the two interfaces that cryptographic devices have here:
//!
//! | Here | GM/T 0018-2012 SDF ([`crate::sdf`]) | PKCS#11 with the vendor's SM2 mechanism |
//! |---|---|---|
//! | opening | `SDF_OpenDevice`, `SDF_OpenSession`, `SDF_GetPrivateKeyAccessRight` | `C_OpenSession`, `C_Login(PIN)`, `C_FindObjects` |
//! | [`Device::public`] | `SDF_ExportSignPublicKey_ECC` | `CKA_EC_POINT` of the public key object |
//! | [`Device::sign_digest`] | `SDF_InternalSign_ECC(index, e, 32)` | `C_SignInit` with the mechanism that takes a digest, `C_Sign(e)` |
//!
//! A device answers within a bounded time, or with an error. The signer checks every signature under the public key before it
//! passes it on, so that a device that was exchanged or is at fault is found out.

use bencao_crypto::{Digest, PublicKey, Signature, SigningKey};

/// Why a device did not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("device error {code:#010x}: {reason}")]
pub struct DeviceError {
    /// The interface's own code (`SDR_…`, `CKR_…`).
    pub code: u32,
    /// For people.
    pub reason: String,
}

/// One private key.
pub trait Device: Send {
    /// The public half.
    fn public(&self) -> PublicKey;

    /// The SM2 signature over a digest.
    ///
    /// # Errors
    /// [`DeviceError`].
    fn sign_digest(&mut self, digest: &Digest) -> Result<Signature, DeviceError>;
}

/// A key in this process's memory, from an encrypted key file; wiped when dropped.
pub struct SoftwareKey(pub SigningKey);

impl Device for SoftwareKey {
    fn public(&self) -> PublicKey {
        self.0.public()
    }

    fn sign_digest(&mut self, digest: &Digest) -> Result<Signature, DeviceError> {
        let failed = || DeviceError { code: 1, reason: "the nonce must be chosen again".into() };
        self.0.sign_digest(digest).ok_or_else(failed)
    }
}
