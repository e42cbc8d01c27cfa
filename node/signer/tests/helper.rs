//! The helper in C, compiled against a library with the standard's calls, and a signer's end that speaks to it.

#![cfg(unix)]

use bencao_crypto::keyfile::Passphrase;
use bencao_crypto::{Digest, SigningKey};
use bencao_signer::helper::Helper;
use bencao_signer::sdf::{SdfKey, Session, sdr};
use bencao_signer::{Device, DeviceError};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Compiles helper and device; numbers have this many bytes.
fn compiled(folder: &TempDir, number_bytes: u32) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = folder.path().join("bencao-sdf");
    let built = Command::new("cc")
        .args(["-Wall", "-Wextra", "-Werror"])
        .arg(format!("-DSDF_NUMBER_BYTES={number_bytes}"))
        .arg("-I")
        .arg(here.join("tests/sdf"))
        .args([here.join("sdf/helper.c"), here.join("tests/sdf/device.c")])
        .arg("-o")
        .arg(&program)
        .status()
        .expect("a C compiler, as the build of RocksDB needs one");
    assert!(built.success());
    program
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32]).unwrap()
}

fn digest() -> Digest {
    key().public().message_digest(b"a vote")
}

/// The command: the device knows this key, and the signature of one digest.
fn command(program: &Path, more: &str) -> Vec<String> {
    let signature = key().sign_digest(&digest()).unwrap();
    let mut words = vec![
        "env".to_owned(),
        format!("DEVICE_PUBLIC={}", hex::encode(key().public().as_bytes())),
        format!("DEVICE_DIGEST={}", digest()),
        format!("DEVICE_SIGNATURE={}", hex::encode(signature.0)),
    ];
    words.extend((!more.is_empty()).then(|| format!("{more}=1")));
    words.push(program.display().to_string());
    words
}

fn passphrase(text: &str) -> Option<Passphrase> {
    Some(Passphrase::new(text.as_bytes().to_vec()).unwrap())
}

fn opened(words: Vec<String>, index: u32, word: &str) -> Result<SdfKey<Helper>, DeviceError> {
    SdfKey::new(Box::new(move || Helper::start(&words)), index, passphrase(word))
}

fn code<T>(result: Result<T, DeviceError>) -> u32 {
    result.err().map_or(sdr::OK, |error| error.code)
}

#[test]
fn the_helper_carries_every_byte_between_signer_and_device() {
    let folder = tempfile::tempdir().unwrap();
    for number_bytes in [64, 32] {
        let program = compiled(&folder, number_bytes);
        let mut device = opened(command(&program, ""), 1, "right").unwrap();
        assert_eq!(device.public(), key().public());
        let signature = device.sign_digest(&digest()).unwrap();
        assert!(key().public().verify(b"a vote", &signature), "{number_bytes}");
        assert_eq!(code(device.sign_digest(&Digest([1; 32]))), sdr::SIGNERR);
        assert!(device.sign_digest(&digest()).is_ok(), "in a session of its own, unlocked again");
    }
}

#[test]
fn the_devices_return_values_come_through() {
    let folder = tempfile::tempdir().unwrap();
    let program = compiled(&folder, 64);
    assert_eq!(code(opened(command(&program, ""), 1, "wrong")), sdr::PRKRERR);
    assert_eq!(code(opened(command(&program, ""), 2, "right")), sdr::KEYNOTEXIST);
    assert_eq!(code(opened(command(&program, "DEVICE_AWAY"), 1, "right")), 0x0100_0005);
    let mut session = Helper::start(&command(&program, "")).unwrap();
    assert_eq!(code(session.internal_sign_ecc(1, &digest())), sdr::PARDENY);
}

#[test]
fn a_helper_that_hangs_ends_or_talks_nonsense_is_an_error_in_bounded_time() {
    let folder = tempfile::tempdir().unwrap();
    let program = compiled(&folder, 64);
    let mut device = opened(command(&program, "DEVICE_HANGS"), 1, "right").unwrap();
    assert_eq!(code(device.sign_digest(&digest())), sdr::COMMFAIL);
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    for wrong in ["/nonexistent/helper", "true", "yes", "echo 0", "echo 00000000 1", "printf 00000000\\n00000000\\n"] {
        assert_eq!(code(Helper::start(&words(wrong))), sdr::COMMFAIL, "{wrong}");
    }
    assert_eq!(code(Helper::start(&words("echo 01000005"))), 0x0100_0005);
    assert_eq!(code(Helper::start(&[])), sdr::COMMFAIL);
}
