//! A device behind a helper: a small program beside the vendor's library, which makes the calls of [`crate::sdf`] for the signer. So no
//! foreign code runs in the signer's memory, and a vendor's library that hangs or crashes takes its helper with it and nothing else.
//!
//! Lines of ASCII over the helper's standard input and output. It says first whether its session is open, then one answer to each
//! question; answers begin with the device's return value, eight hexadecimal digits. When its input ends it closes the session.
//!
//! ```text
//! helper   00000000                                          of SDF_OpenDevice, else SDF_OpenSession
//! signer   SDF_GetPrivateKeyAccessRight 1 70617373           index, passphrase in hexadecimal
//! helper   00000000
//! signer   SDF_ExportSignPublicKey_ECC 1
//! helper   00000000 256 x y                                  32 or 64 bytes each, in hexadecimal
//! signer   SDF_InternalSign_ECC 1 e                          32 bytes
//! helper   00000000 r s                                      32 or 64 bytes each
//! ```
//!
//! `node/signer/sdf/helper.c` is such a program for any library with the standard's calls.

use crate::device::DeviceError;
use crate::sdf::{ECC_MAX_LEN, Session, sdr, wide};
use bencao_crypto::Digest;
use bencao_crypto::keyfile::{PASSPHRASE_BYTES_MAX, Passphrase};
use std::io::{BufRead, Read, Write};
use zeroize::Zeroizing;

/// Longest line, bytes: a call with a passphrase.
pub const LINE_BYTES_MAX: usize = 64 + 2 * PASSPHRASE_BYTES_MAX;

const UNLOCK: &str = "SDF_GetPrivateKeyAccessRight";
const EXPORT: &str = "SDF_ExportSignPublicKey_ECC";
const SIGN: &str = "SDF_InternalSign_ECC";

/// Answers a signer until its input ends: the helper's side, for helpers in Rust.
///
/// # Errors
/// What the streams say.
pub fn serve<S: Session>(
    session: Result<S, DeviceError>,
    input: &mut impl BufRead,
    output: &mut impl Write,
) -> std::io::Result<()> {
    let mut say = |text: String| output.write_all((text + "\n").as_bytes()).and_then(|()| output.flush());
    let mut session = match session {
        Ok(session) => session,
        Err(error) => return say(code(error.code)),
    };
    say(code(sdr::OK))?;
    loop {
        let mut line = Zeroizing::new(Vec::with_capacity(LINE_BYTES_MAX + 1));
        input.by_ref().take(LINE_BYTES_MAX as u64 + 1).read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            // The end, or a line that is no call.
            return Ok(());
        }
        say(answer(&mut session, &line).unwrap_or_else(|error| code(error.code)))?;
    }
}

fn code(value: u32) -> String {
    format!("{value:08x}")
}

fn answer(session: &mut impl Session, line: &[u8]) -> Result<String, DeviceError> {
    let wrong = || DeviceError::of(sdr::INARGERR);
    let text = std::str::from_utf8(line).map_err(|_| wrong())?;
    let words: Vec<&str> = text.split(' ').collect();
    let index = |word: &str| word.parse::<u32>().map_err(|_| wrong());
    match words.as_slice() {
        [UNLOCK, key, passphrase] => {
            let bytes = hex::decode(passphrase).map_err(|_| wrong())?;
            let passphrase = Passphrase::new(bytes).map_err(|_| wrong())?;
            session.get_private_key_access_right(index(key)?, &passphrase)?;
            Ok(code(sdr::OK))
        }
        [EXPORT, key] => {
            let public = session.export_sign_public_key_ecc(index(key)?)?;
            let (x, y) = (hex::encode(public.x), hex::encode(public.y));
            Ok(format!("{} {} {x} {y}", code(sdr::OK), public.bits))
        }
        [SIGN, key, digest] => {
            let digest = Digest::from_hex(digest).ok_or_else(wrong)?;
            let signature = session.internal_sign_ecc(index(key)?, &digest)?;
            Ok(format!("{} {} {}", code(sdr::OK), hex::encode(signature.r), hex::encode(signature.s)))
        }
        _ => Err(wrong()),
    }
}

/// The fields of an answer after its return value.
fn fields(line: &str) -> Result<Vec<&str>, DeviceError> {
    let mut words = line.split(' ');
    let value = words.next().filter(|w| w.len() == 8).and_then(|w| u32::from_str_radix(w, 16).ok());
    DeviceError::check(value.ok_or_else(malformed)?)?;
    Ok(words.collect())
}

fn malformed() -> DeviceError {
    DeviceError { code: sdr::COMMFAIL, reason: "the helper's answer has another form".into() }
}

/// A number of 32 or 64 bytes.
fn number(word: &str) -> Result<[u8; ECC_MAX_LEN], DeviceError> {
    let bytes = hex::decode(word).map_err(|_| malformed())?;
    if bytes.len() == 32 || bytes.len() == ECC_MAX_LEN { Ok(wide(&bytes)) } else { Err(malformed()) }
}

#[cfg(unix)]
pub use process::Helper;

#[cfg(unix)]
mod process {
    use super::{EXPORT, LINE_BYTES_MAX, SIGN, UNLOCK, fields, malformed, number};
    use crate::device::DeviceError;
    use crate::sdf::{EccPublicKey, EccSignature, Session, sdr};
    use bencao_crypto::Digest;
    use bencao_crypto::keyfile::Passphrase;
    use std::io::{ErrorKind, Read, Write};
    use std::net::Shutdown;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};
    use zeroize::Zeroizing;

    /// Time for the helper to open its session and to unlock a key.
    const OPEN: Duration = Duration::from_secs(10);
    /// Time for a signature: less than a node waits for its signer.
    const CALL: Duration = Duration::from_millis(800);
    /// Time for the helper to close its session.
    const CLOSE: Duration = Duration::from_millis(500);

    /// A helper that runs. It is ended when this is dropped.
    #[derive(Debug)]
    pub struct Helper {
        child: Child,
        stream: UnixStream,
    }

    impl Helper {
        /// Starts a program (the first word; no shell is asked) and waits until its session is open. Its standard error is this
        /// process's.
        ///
        /// # Errors
        /// [`DeviceError`]: it does not start or answer, or the device's return value.
        pub fn start(words: &[String]) -> Result<Helper, DeviceError> {
            let program = words.first().cloned().unwrap_or_default();
            let failed = |error: std::io::Error| DeviceError {
                code: sdr::COMMFAIL,
                reason: format!("device helper {program:?}: {error}"),
            };
            let (stream, theirs) = UnixStream::pair().map_err(failed)?;
            let input: OwnedFd = theirs.try_clone().map_err(failed)?.into();
            let output: OwnedFd = theirs.into();
            let child = Command::new(&program)
                .args(words.get(1..).unwrap_or_default())
                .stdin(Stdio::from(input))
                .stdout(Stdio::from(output))
                .spawn()
                .map_err(failed)?;
            let mut helper = Helper { child, stream };
            let greeting = helper.line(OPEN)?;
            if fields(&greeting)?.is_empty() { Ok(helper) } else { Err(malformed()) }
        }

        fn call(&mut self, line: &str, patience: Duration) -> Result<String, DeviceError> {
            let lost = |error: std::io::Error| DeviceError { code: sdr::COMMFAIL, reason: format!("helper: {error}") };
            self.stream.set_write_timeout(Some(patience)).map_err(lost)?;
            self.stream.write_all(line.as_bytes()).map_err(lost)?;
            self.line(patience)
        }

        /// The next line, without its end.
        fn line(&mut self, patience: Duration) -> Result<String, DeviceError> {
            let lost = |error: std::io::Error| DeviceError { code: sdr::COMMFAIL, reason: format!("helper: {error}") };
            let deadline = Instant::now() + patience;
            let mut line = Vec::with_capacity(LINE_BYTES_MAX);
            loop {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() || line.len() >= LINE_BYTES_MAX {
                    return Err(lost(ErrorKind::TimedOut.into()));
                }
                self.stream.set_read_timeout(Some(left)).map_err(lost)?;
                let mut chunk = [0; 256];
                let count = match self.stream.read(&mut chunk) {
                    Ok(0) => return Err(lost(ErrorKind::UnexpectedEof.into())),
                    Ok(count) => count,
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(error) => return Err(lost(error)),
                };
                line.extend_from_slice(chunk.get(..count).unwrap_or_default());
                if let Some(end) = line.iter().position(|byte| *byte == b'\n') {
                    // An answer that nobody has asked for belongs to nothing.
                    let whole = end + 1 == line.len();
                    line.truncate(end);
                    return String::from_utf8(line).ok().filter(|_| whole).ok_or_else(malformed);
                }
            }
        }
    }

    impl Session for Helper {
        fn get_private_key_access_right(&mut self, index: u32, passphrase: &Passphrase) -> Result<(), DeviceError> {
            let secret = Zeroizing::new(hex::encode(passphrase.bytes()));
            let line = Zeroizing::new(format!("{UNLOCK} {index} {}\n", secret.as_str()));
            let said = self.call(&line, OPEN)?;
            if fields(&said)?.is_empty() { Ok(()) } else { Err(malformed()) }
        }

        fn export_sign_public_key_ecc(&mut self, index: u32) -> Result<EccPublicKey, DeviceError> {
            let said = self.call(&format!("{EXPORT} {index}\n"), OPEN)?;
            match fields(&said)?.as_slice() {
                [bits, x, y] => {
                    let bits = bits.parse().map_err(|_| malformed())?;
                    Ok(EccPublicKey { bits, x: number(x)?, y: number(y)? })
                }
                _ => Err(malformed()),
            }
        }

        fn internal_sign_ecc(&mut self, index: u32, digest: &Digest) -> Result<EccSignature, DeviceError> {
            let said = self.call(&format!("{SIGN} {index} {digest}\n"), CALL)?;
            match fields(&said)?.as_slice() {
                [r, s] => Ok(EccSignature { r: number(r)?, s: number(s)? }),
                _ => Err(malformed()),
            }
        }
    }

    impl Drop for Helper {
        /// The end of its input asks it to close its session; after `CLOSE` it is killed.
        fn drop(&mut self) {
            let _ = self.stream.shutdown(Shutdown::Write);
            let _ = self.stream.set_read_timeout(Some(CLOSE));
            // It closes its output when it ends, or says nothing any more: either way it is over.
            let _ = self.stream.read(&mut [0; 256]);
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
