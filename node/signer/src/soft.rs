//! A device in software, with the calls of one in hardware: for rehearsing, before the device has come.

use crate::device::DeviceError;
use crate::sdf::{EccPublicKey, EccSignature, Session, sdr};
use bencao_crypto::keyfile::Passphrase;
use bencao_crypto::{Digest, SigningKey};

/// Keys at indices from 1, locked until the passphrase is given, if there is one.
pub struct SoftSession {
    keys: Vec<SigningKey>,
    passphrase: Option<Passphrase>,
    unlocked: Vec<bool>,
}

impl SoftSession {
    /// With these keys. Without a passphrase all of them may be used at once.
    pub fn new(keys: Vec<SigningKey>, passphrase: Option<Passphrase>) -> SoftSession {
        let unlocked = vec![passphrase.is_none(); keys.len()];
        SoftSession { keys, passphrase, unlocked }
    }

    fn place(&self, index: u32) -> Result<usize, DeviceError> {
        let place = usize::try_from(index).ok().and_then(|index| index.checked_sub(1));
        place.filter(|p| *p < self.keys.len()).ok_or_else(|| DeviceError::of(sdr::KEYNOTEXIST))
    }
}

impl Session for SoftSession {
    fn get_private_key_access_right(&mut self, index: u32, passphrase: &Passphrase) -> Result<(), DeviceError> {
        let place = self.place(index)?;
        let right = self.passphrase.as_ref().is_none_or(|own| own.bytes() == passphrase.bytes());
        let lock = self.unlocked.get_mut(place).filter(|_| right).ok_or_else(|| DeviceError::of(sdr::PRKRERR))?;
        *lock = true;
        Ok(())
    }

    fn export_sign_public_key_ecc(&mut self, index: u32) -> Result<EccPublicKey, DeviceError> {
        let place = self.place(index)?;
        let key = self.keys.get(place).ok_or_else(|| DeviceError::of(sdr::KEYNOTEXIST))?;
        Ok(EccPublicKey::of(&key.public()))
    }

    fn internal_sign_ecc(&mut self, index: u32, digest: &Digest) -> Result<EccSignature, DeviceError> {
        let place = self.place(index)?;
        if self.unlocked.get(place) != Some(&true) {
            return Err(DeviceError::of(sdr::PARDENY));
        }
        let signature = self.keys.get(place).and_then(|key| key.sign_digest(digest));
        Ok(EccSignature::of(&signature.ok_or_else(|| DeviceError::of(sdr::SIGNERR))?))
    }
}
