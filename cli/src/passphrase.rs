//! Passphrases: from a file, the environment, or a person at a terminal; never from a flag, which others could read.

use crate::args::PassphraseArgs;
use crate::console::Console;
use crate::failure::Failure;
use bencao_crypto::keyfile::{self, PASSPHRASE_BYTES_MAX, Passphrase};
use std::io::{IsTerminal, Read};
use std::path::Path;

/// Environment variable that holds a passphrase.
const VARIABLE: &str = "BENCAO_PASSPHRASE";

/// The passphrase of an existing file; `None` if none is given and no one can be asked.
pub(crate) fn existing(console: &Console, args: &PassphraseArgs) -> Result<Option<Passphrase>, Failure> {
    if let Some(given) = given(args)? {
        return Ok(Some(given));
    }
    ask(console.pick("口令：", "passphrase: "))
}

/// The passphrase for a new file, asked for twice when a person types it.
pub(crate) fn fresh(console: &Console, args: &PassphraseArgs) -> Result<Passphrase, Failure> {
    if let Some(given) = given(args)? {
        return Ok(given);
    }
    let first = ask_bytes(console.pick("新口令：", "new passphrase: "))?;
    let Some(first) = first else {
        return Err(Failure::input(
            "需要口令：--passphrase-file 或环境变量 BENCAO_PASSPHRASE",
            "a passphrase is needed: --passphrase-file or BENCAO_PASSPHRASE",
        ));
    };
    let second = ask_bytes(console.pick("再次输入：", "again: "))?;
    if second.as_ref() != Some(&first) {
        return Err(Failure::input("两次输入不一致", "the two passphrases differ"));
    }
    from_bytes(first)
}

/// Opens a key file; asks for a passphrase only if it is encrypted.
pub(crate) fn open_key(
    console: &Console,
    path: &Path,
    args: &PassphraseArgs,
) -> Result<bencao_crypto::SigningKey, Failure> {
    let bytes = read(path, keyfile::FILE_BYTES_MAX)?;
    match keyfile::open(&bytes, None) {
        Err(keyfile::KeyFileError::PassphraseNeeded) => {}
        other => return other.map_err(|e| Failure::key_file(path, e)),
    }
    let passphrase = existing(console, args)?;
    keyfile::open(&bytes, passphrase.as_ref()).map_err(|e| Failure::key_file(path, e))
}

/// At most `max` bytes of a file and one more, so that a longer one is seen.
pub(crate) fn read(path: &Path, max: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|e| Failure::file(path, &e))?;
    file.take(max as u64 + 1).read_to_end(&mut bytes).map_err(|e| Failure::file(path, &e))?;
    Ok(bytes)
}

fn given(args: &PassphraseArgs) -> Result<Option<Passphrase>, Failure> {
    if let Some(path) = &args.passphrase_file {
        let bytes = read(path, PASSPHRASE_BYTES_MAX)?;
        return Passphrase::new(bytes).map(Some).map_err(|e| Failure::key_file(path, e));
    }
    match std::env::var(VARIABLE) {
        Ok(text) => from_bytes(text.into_bytes()).map(Some),
        Err(_) => Ok(None),
    }
}

fn from_bytes(bytes: Vec<u8>) -> Result<Passphrase, Failure> {
    Passphrase::new(bytes).map_err(|e| Failure::key_file(Path::new(VARIABLE), e))
}

fn ask(prompt: &str) -> Result<Option<Passphrase>, Failure> {
    ask_bytes(prompt)?.map(from_bytes).transpose()
}

fn ask_bytes(prompt: &str) -> Result<Option<Vec<u8>>, Failure> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(None);
    }
    let term = console::Term::stderr();
    let typed = term.write_str(prompt).and_then(|()| term.read_secure_line());
    typed.map(|text| Some(text.into_bytes())).map_err(|e| Failure::file(Path::new("terminal"), &e))
}
