use super::*;
use crate::helper::serve;
use crate::soft::SoftSession;
use bencao_crypto::SigningKey;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32]).unwrap()
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.as_bytes().to_vec()).unwrap()
}

fn soft(locked: bool) -> SoftSession {
    SoftSession::new(vec![key(1), key(2)], locked.then(|| passphrase("right")))
}

fn code<T>(result: Result<T, DeviceError>) -> u32 {
    result.err().map_or(sdr::OK, |error| error.code)
}

#[test]
fn a_key_behind_the_calls_signs_like_a_key_in_memory() {
    for (index, seed) in [(1, 1), (2, 2)] {
        let mut device = SdfKey::new(Box::new(|| Ok(soft(true))), index, Some(passphrase("right"))).unwrap();
        let public = key(seed).public();
        assert_eq!(device.public(), public);
        let signature = device.sign_digest(&public.message_digest(b"message")).unwrap();
        assert!(public.verify(b"message", &signature));
    }
}

#[test]
fn what_the_device_refuses_has_its_number_and_name() {
    let open = |index, word: Option<&str>| {
        SdfKey::new(Box::new(|| Ok(soft(true))), index, word.map(passphrase))
            .map(|mut k| k.sign_digest(&Digest([1; 32])))
    };
    assert_eq!(code(open(1, Some("right"))), sdr::OK);
    assert_eq!(code(open(1, Some("wrong"))), sdr::PRKRERR);
    assert_eq!(code(open(3, Some("right"))), sdr::KEYNOTEXIST);
    assert_eq!(code(open(0, Some("right"))), sdr::KEYNOTEXIST);
    assert_eq!(code(open(1, None).unwrap()), sdr::PARDENY, "the public half may be read without the passphrase");
    assert_eq!(DeviceError::of(sdr::PRKRERR).to_string(), "device error 0x01000018: SDR_PRKRERR");
    assert_eq!(sdr::name(0x0100_0001), "SDR_UNKNOWERR");
    assert_eq!(sdr::name(sdr::OUTARGERR), "SDR_OUTARGERR");
    for other in [0, 0x0100_0000, 0x0100_001f, u32::MAX] {
        assert_eq!(sdr::name(other), "of the vendor's own");
    }
}

/// Fails on every second signature, as a device that is restarted now and then.
struct Flaky(SoftSession, bool);

impl Session for Flaky {
    fn get_private_key_access_right(&mut self, index: u32, passphrase: &Passphrase) -> Result<(), DeviceError> {
        self.0.get_private_key_access_right(index, passphrase)
    }

    fn export_sign_public_key_ecc(&mut self, index: u32) -> Result<EccPublicKey, DeviceError> {
        self.0.export_sign_public_key_ecc(index)
    }

    fn internal_sign_ecc(&mut self, index: u32, digest: &Digest) -> Result<EccSignature, DeviceError> {
        if std::mem::replace(&mut self.1, true) {
            return Err(DeviceError::of(sdr::COMMFAIL));
        }
        self.0.internal_sign_ecc(index, digest)
    }
}

#[test]
fn a_session_that_failed_is_opened_again_and_unlocked_again() {
    let opened = Arc::new(AtomicU32::new(0));
    let count = opened.clone();
    let open: Opener<Flaky> = Box::new(move || {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(Flaky(soft(true), false))
    });
    let mut device = SdfKey::new(open, 1, Some(passphrase("right"))).unwrap();
    let outcomes: Vec<bool> = (0..6).map(|_| device.sign_digest(&Digest([1; 32])).is_ok()).collect();
    assert_eq!(outcomes, [true, false, true, false, true, false]);
    assert_eq!(opened.load(Ordering::Relaxed), 3);
}

#[test]
fn another_device_in_its_place_is_not_the_same_key() {
    let opened = Arc::new(AtomicU32::new(0));
    let open: Opener<Flaky> = Box::new(move || {
        let seed = if opened.fetch_add(1, Ordering::Relaxed) == 0 { 1 } else { 9 };
        Ok(Flaky(SoftSession::new(vec![key(seed)], None), false))
    });
    let mut device = SdfKey::new(open, 1, None).unwrap();
    assert!(device.sign_digest(&Digest([1; 32])).is_ok());
    assert_eq!(code(device.sign_digest(&Digest([1; 32]))), sdr::COMMFAIL);
    assert_eq!(code(device.sign_digest(&Digest([1; 32]))), sdr::KEYTYPEERR);
}

#[test]
fn a_passphrase_that_is_refused_is_not_tried_until_the_device_locks() {
    let opened = Arc::new(AtomicU32::new(0));
    let count = opened.clone();
    let open: Opener<Flaky> = Box::new(move || {
        let word = if count.fetch_add(1, Ordering::Relaxed) == 0 { "right" } else { "changed meanwhile" };
        Ok(Flaky(SoftSession::new(vec![key(1)], Some(passphrase(word))), false))
    });
    let mut device = SdfKey::new(open, 1, Some(passphrase("right"))).unwrap();
    let mut sign = || code(device.sign_digest(&Digest([1; 32])));
    assert_eq!(
        [sign(), sign(), sign(), sign(), sign()],
        [sdr::OK, sdr::COMMFAIL, sdr::PRKRERR, sdr::PRKRERR, sdr::PRKRERR]
    );
    assert_eq!(opened.load(Ordering::Relaxed), 2);
}

#[test]
fn structures_hold_numbers_of_256_bits_at_their_end() {
    let public = key(1).public();
    let exported = EccPublicKey::of(&public);
    assert_eq!(
        (exported.bits, exported.x[..32].to_vec(), &exported.x[32..]),
        (256, vec![0; 32], &public.as_bytes()[..32])
    );
    assert_eq!(exported.key().unwrap(), public);
    let mut longer = exported;
    longer.y[31] = 1;
    let mut beside = exported;
    beside.y[63] ^= 1;
    for wrong in [EccPublicKey { bits: 512, ..exported }, longer, beside] {
        assert_eq!(code(wrong.key()), sdr::KEYTYPEERR);
    }
    let signature = Signature([7; 64]);
    let mut returned = EccSignature::of(&signature);
    assert_eq!(returned.signature().unwrap(), signature);
    returned.r[0] = 1;
    assert_eq!(code(returned.signature()), sdr::OUTARGERR);
}

fn said(session: Result<SoftSession, DeviceError>, calls: &[u8]) -> Vec<String> {
    let mut output = Vec::new();
    serve(session, &mut &*calls, &mut output).unwrap();
    String::from_utf8(output).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_helper_answers_each_call_with_the_devices_return_value() {
    let e = key(2).public().message_digest(b"message").to_string();
    let calls = format!(
        "SDF_InternalSign_ECC 2 {e}\nSDF_GetPrivateKeyAccessRight 2 {}\nSDF_ExportSignPublicKey_ECC 2\nSDF_InternalSign_ECC 2 {e}\n",
        hex::encode("right")
    );
    let lines = said(Ok(soft(true)), calls.as_bytes());
    assert_eq!(lines[..3], ["00000000", "01000007", "00000000"]);
    let exported = EccPublicKey::of(&key(2).public());
    assert_eq!(lines[3], format!("00000000 256 {} {}", hex::encode(exported.x), hex::encode(exported.y)));
    assert!(lines[4].starts_with("00000000 "));
    assert_eq!((lines.len(), lines[4].len()), (5, 8 + 2 * (1 + 128)));
    assert_eq!(said(Err(DeviceError::of(0x0100_0005)), calls.as_bytes()), ["01000005"], "no device");
    let junk = [
        "",
        "SDF_OpenDevice",
        "SDF_InternalSign_ECC 2 00",
        "SDF_InternalSign_ECC -1 00",
        "SDF_ExportSignPublicKey_ECC",
    ];
    for line in junk {
        assert_eq!(said(Ok(soft(true)), format!("{line}\n").as_bytes()), ["00000000", "0100001d"], "{line:?}");
    }
    let endless = vec![b'x'; 10_000];
    assert_eq!(said(Ok(soft(true)), &endless), ["00000000"], "a line without end ends it");
}
