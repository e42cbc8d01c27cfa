//! The library `sm4` with `aes-gcm` is the oracle; every path that the processor has is compared with it, and the kernels of the
//! others under emulation.

mod modes;
#[cfg(target_arch = "x86_64")]
mod operations;
mod oracle;
pub(crate) mod standard;
mod standards;
mod tampering;

use crate::engine::Engine;
use crate::gcm::{open, seal};
use crate::vector::emulated::Emulated;
use crate::vector::engine::Vectorised;
use crate::{Path, Refused, Sm4Gcm};
use std::sync::LazyLock;

/// SM4-GCM under one key, whatever computes it.
trait Subject {
    fn seal(&self, nonce: &[u8; 12], aad: &[u8], message: &mut [u8]) -> [u8; 16];
    fn open(&self, nonce: &[u8; 12], aad: &[u8], text: &mut [u8], tag: &[u8; 16]) -> Result<(), Refused>;
    fn encrypt_block(&self, block: &[u8; 16]) -> [u8; 16];
}

impl Subject for Sm4Gcm {
    fn seal(&self, nonce: &[u8; 12], aad: &[u8], message: &mut [u8]) -> [u8; 16] {
        self.seal(nonce, aad, message)
    }

    fn open(&self, nonce: &[u8; 12], aad: &[u8], text: &mut [u8], tag: &[u8; 16]) -> Result<(), Refused> {
        self.open(nonce, aad, text, tag)
    }

    fn encrypt_block(&self, block: &[u8; 16]) -> [u8; 16] {
        self.encrypt_block(block)
    }
}

impl<const LANES: usize, const AES: bool> Subject for Vectorised<Emulated<LANES, AES>> {
    fn seal(&self, nonce: &[u8; 12], aad: &[u8], message: &mut [u8]) -> [u8; 16] {
        seal(self, nonce, aad, message)
    }

    fn open(&self, nonce: &[u8; 12], aad: &[u8], text: &mut [u8], tag: &[u8; 16]) -> Result<(), Refused> {
        open(self, nonce, aad, text, tag)
    }

    fn encrypt_block(&self, block: &[u8; 16]) -> [u8; 16] {
        *Engine::encrypt_block(self, block)
    }
}

/// How many subjects there could be: the paths, and the kernels under emulation.
const SUBJECTS: usize = Path::ALL.len() + 4;

/// Whether `BENCAO_SM4_PATHS`, a list of names with commas, asks for `path`. `None` without that variable.
///
/// A machine or an emulator that is there for certain paths sets it: then these are tested and no others, and if the processor does
/// not have them, the tests fail.
fn asked_for(path: Path) -> Option<bool> {
    static ASKED: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("BENCAO_SM4_PATHS").ok());
    ASKED.as_ref().map(|asked| asked.split(',').any(|name| name == path.name()))
}

/// The paths to be tested.
fn paths() -> impl Iterator<Item = Path> {
    Path::available().filter(|path| asked_for(*path).unwrap_or(true))
}

/// Subject `i` with a key, and its name. `None` for one that is not to be tested here.
fn subject(i: usize, key: &[u8; 16]) -> Option<(String, Box<dyn Subject>)> {
    let emulated =
        |name: &str, subject| asked_for(Path::Portable).is_none().then(|| (format!("{name}, emulated"), subject));
    match i.checked_sub(Path::ALL.len()) {
        None => paths()
            .find(|path| *path == Path::ALL[i])
            .map(|path| (path.to_string(), Box::new(Sm4Gcm::with_path(path, key).expect("it is available")) as _)),
        Some(0) => emulated("avx512-gfni", Box::new(Vectorised::new(Emulated::<4, false>, key)) as _),
        Some(1) => emulated("avx2-gfni", Box::new(Vectorised::new(Emulated::<2, false>, key)) as _),
        Some(2) => emulated("avx2-vaes and avx2-aes", Box::new(Vectorised::new(Emulated::<2, true>, key)) as _),
        _ => emulated("aes-ni", Box::new(Vectorised::new(Emulated::<1, true>, key)) as _),
    }
}

/// All subjects of this machine with a key.
fn subjects(key: &[u8; 16]) -> Vec<(String, Box<dyn Subject>)> {
    (0..SUBJECTS).filter_map(|i| subject(i, key)).collect()
}
