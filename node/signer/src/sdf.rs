//! The calls of GM/T 0018-2012 (SDF) that signing needs, and a key behind them.
//!
//! | Step | Call | Here |
//! |---|---|---|
//! | open | `SDF_OpenDevice`, `SDF_OpenSession` | whoever makes a [`Session`] |
//! | unlock | `SDF_GetPrivateKeyAccessRight(index, passphrase)` | [`Session::get_private_key_access_right`] |
//! | public half | `SDF_ExportSignPublicKey_ECC(index)` | [`Session::export_sign_public_key_ecc`] |
//! | sign | `SDF_InternalSign_ECC(index, e, 32)` | [`Session::internal_sign_ecc`] |
//! | close | `SDF_CloseSession`, `SDF_CloseDevice` | the drop of a [`Session`] |
//!
//! A session is used by one thread at a time, as the standard wants it. One that has failed is dropped and the next signature opens
//! another, so that a device that was restarted or a network that was away needs nobody's hand.

use crate::device::{Device, DeviceError};
use bencao_crypto::keyfile::Passphrase;
use bencao_crypto::{Digest, PublicKey, Signature};

/// `ECCref_MAX_LEN`: bytes of a number in the standard's structures. A number of 256 bits stands at the end, after zeros.
pub const ECC_MAX_LEN: usize = 64;

/// `ECCrefPublicKey`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EccPublicKey {
    /// 256 for SM2.
    pub bits: u32,
    /// x, big endian.
    pub x: [u8; ECC_MAX_LEN],
    /// y, big endian.
    pub y: [u8; ECC_MAX_LEN],
}

/// `ECCSignature`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EccSignature {
    /// r, big endian.
    pub r: [u8; ECC_MAX_LEN],
    /// s, big endian.
    pub s: [u8; ECC_MAX_LEN],
}

/// A session with a device. `index` is the key's, from 1.
pub trait Session: Send {
    /// `SDF_GetPrivateKeyAccessRight`.
    ///
    /// # Errors
    /// [`DeviceError`] with the device's return value.
    fn get_private_key_access_right(&mut self, index: u32, passphrase: &Passphrase) -> Result<(), DeviceError>;

    /// `SDF_ExportSignPublicKey_ECC`.
    ///
    /// # Errors
    /// [`DeviceError`] with the device's return value.
    fn export_sign_public_key_ecc(&mut self, index: u32) -> Result<EccPublicKey, DeviceError>;

    /// `SDF_InternalSign_ECC` over `e = SM3(Z ‖ M)`.
    ///
    /// # Errors
    /// [`DeviceError`] with the device's return value.
    fn internal_sign_ecc(&mut self, index: u32, digest: &Digest) -> Result<EccSignature, DeviceError>;
}

/// Return values (GM/T 0018-2012 Annex A) that are named here or made here.
pub mod sdr {
    /// Done.
    pub const OK: u32 = 0;
    const BASE: u32 = 0x0100_0000;
    /// The device cannot be talked to.
    pub const COMMFAIL: u32 = BASE + 0x03;
    /// No right to use the private key.
    pub const PARDENY: u32 = BASE + 0x07;
    /// No such key.
    pub const KEYNOTEXIST: u32 = BASE + 0x08;
    /// Signing failed.
    pub const SIGNERR: u32 = BASE + 0x0d;
    /// A key of another kind.
    pub const KEYTYPEERR: u32 = BASE + 0x14;
    /// The right to use the private key was not given: probably a wrong passphrase.
    pub const PRKRERR: u32 = BASE + 0x18;
    /// A parameter is wrong.
    pub const INARGERR: u32 = BASE + 0x1d;
    /// What the device returned is wrong.
    pub const OUTARGERR: u32 = BASE + 0x1e;

    /// The standard's name, in the order of their numbers from 1.
    const NAMES: [&str; 30] = [
        "SDR_UNKNOWERR",
        "SDR_NOTSUPPORT",
        "SDR_COMMFAIL",
        "SDR_HARDFAIL",
        "SDR_OPENDEVICE",
        "SDR_OPENSESSION",
        "SDR_PARDENY",
        "SDR_KEYNOTEXIST",
        "SDR_ALGNOTSUPPORT",
        "SDR_ALGMODNOTSUPPORT",
        "SDR_PKOPERR",
        "SDR_SKOPERR",
        "SDR_SIGNERR",
        "SDR_VERIFYERR",
        "SDR_SYMOPERR",
        "SDR_STEPERR",
        "SDR_FILESIZEERR",
        "SDR_FILENOEXIST",
        "SDR_FILEOFSERR",
        "SDR_KEYTYPEERR",
        "SDR_KEYERR",
        "SDR_ENCDATAERR",
        "SDR_RANDERR",
        "SDR_PRKRERR",
        "SDR_MACERR",
        "SDR_FILEEXISTS",
        "SDR_FILEWERR",
        "SDR_NOBUFFER",
        "SDR_INARGERR",
        "SDR_OUTARGERR",
    ];

    /// The standard's name of a return value; vendors have more of their own.
    pub fn name(code: u32) -> &'static str {
        let number = code.checked_sub(BASE + 1).and_then(|n| usize::try_from(n).ok());
        number.and_then(|n| NAMES.get(n)).copied().unwrap_or("of the vendor's own")
    }
}

impl DeviceError {
    /// A return value, with its name.
    pub fn of(code: u32) -> DeviceError {
        DeviceError { code, reason: sdr::name(code).into() }
    }

    /// The device's return value as a result.
    ///
    /// # Errors
    /// Any value but [`sdr::OK`].
    pub fn check(code: u32) -> Result<(), DeviceError> {
        if code == sdr::OK { Ok(()) } else { Err(DeviceError::of(code)) }
    }
}

impl EccPublicKey {
    /// As the device exports it.
    pub fn of(key: &PublicKey) -> EccPublicKey {
        let (x, y) = key.as_bytes().split_at(32);
        EccPublicKey { bits: 256, x: wide(x), y: wide(y) }
    }

    /// The key, if it is a point of SM2's curve.
    ///
    /// # Errors
    /// [`sdr::KEYTYPEERR`].
    pub fn key(&self) -> Result<PublicKey, DeviceError> {
        let wrong = || DeviceError::of(sdr::KEYTYPEERR);
        if self.bits != 256 {
            return Err(wrong());
        }
        let bytes = narrow(&self.x, &self.y).ok_or_else(wrong)?;
        PublicKey::from_bytes(bytes).map_err(|_| wrong())
    }
}

impl EccSignature {
    /// As the device returns it.
    pub fn of(signature: &Signature) -> EccSignature {
        let (r, s) = signature.0.split_at(32);
        EccSignature { r: wide(r), s: wide(s) }
    }

    /// `r ‖ s`.
    ///
    /// # Errors
    /// [`sdr::OUTARGERR`].
    pub fn signature(&self) -> Result<Signature, DeviceError> {
        narrow(&self.r, &self.s).map(Signature).ok_or_else(|| DeviceError::of(sdr::OUTARGERR))
    }
}

/// A number of at most 32 bytes in the standard's field.
pub(crate) fn wide(number: &[u8]) -> [u8; ECC_MAX_LEN] {
    let mut field = [0; ECC_MAX_LEN];
    let place = field.len().saturating_sub(number.len());
    field.iter_mut().skip(place).zip(number).for_each(|(to, from)| *to = *from);
    field
}

/// Two numbers without their leading zeros; `None` if one is longer than 32 bytes.
fn narrow(a: &[u8; ECC_MAX_LEN], b: &[u8; ECC_MAX_LEN]) -> Option<[u8; 64]> {
    let mut out = [0; 64];
    for (to, field) in out.chunks_exact_mut(32).zip([a, b]) {
        let (head, tail) = field.split_at(ECC_MAX_LEN - 32);
        if head.iter().any(|byte| *byte != 0) {
            return None;
        }
        to.copy_from_slice(tail);
    }
    Some(out)
}

/// Opens sessions.
pub type Opener<S> = Box<dyn FnMut() -> Result<S, DeviceError> + Send>;

/// A private key that never leaves its device.
pub struct SdfKey<S: Session> {
    open: Opener<S>,
    session: Option<S>,
    index: u32,
    passphrase: Option<Passphrase>,
    public: PublicKey,
    /// The device has refused the passphrase: it is not tried again, because devices lock after a few.
    locked: bool,
}

impl<S: Session> SdfKey<S> {
    /// The key at `index`. `passphrase` is the one of [`Session::get_private_key_access_right`], which devices without one are not
    /// asked for.
    ///
    /// # Errors
    /// [`DeviceError`]: there is no session, no right, or no SM2 key.
    pub fn new(mut open: Opener<S>, index: u32, passphrase: Option<Passphrase>) -> Result<SdfKey<S>, DeviceError> {
        let (session, public) = unlocked(&mut open, index, passphrase.as_ref())?;
        Ok(SdfKey { open, session: Some(session), index, passphrase, public, locked: false })
    }

    fn session(&mut self) -> Result<S, DeviceError> {
        if let Some(session) = self.session.take() {
            return Ok(session);
        }
        if self.locked {
            return Err(DeviceError::of(sdr::PRKRERR));
        }
        let opened = unlocked(&mut self.open, self.index, self.passphrase.as_ref());
        self.locked = opened.as_ref().is_err_and(|error| error.code == sdr::PRKRERR);
        let (session, public) = opened?;
        // Another device, or another key in its place, is not this one.
        if public == self.public { Ok(session) } else { Err(DeviceError::of(sdr::KEYTYPEERR)) }
    }
}

fn unlocked<S: Session>(
    open: &mut Opener<S>,
    index: u32,
    passphrase: Option<&Passphrase>,
) -> Result<(S, PublicKey), DeviceError> {
    let mut session = open()?;
    if let Some(passphrase) = passphrase {
        session.get_private_key_access_right(index, passphrase)?;
    }
    let public = session.export_sign_public_key_ecc(index)?.key()?;
    Ok((session, public))
}

impl<S: Session> Device for SdfKey<S> {
    fn public(&self) -> PublicKey {
        self.public
    }

    fn sign_digest(&mut self, digest: &Digest) -> Result<Signature, DeviceError> {
        let mut session = self.session()?;
        let signature = session.internal_sign_ecc(self.index, digest)?.signature()?;
        self.session = Some(session);
        Ok(signature)
    }
}

#[cfg(test)]
#[path = "sdf_tests.rs"]
mod tests;
