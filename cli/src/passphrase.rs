//! Passphrases: from a file, a command, the environment, or a person at a terminal; never from a flag, which others could
//! read.

use crate::args::PassphraseArgs;
use crate::console::Console;
use crate::failure::Failure;
use bencao_crypto::keyfile::{self, Passphrase};
use bencao_signer::passphrase::{Source, SourceError, VARIABLE};
use std::io::{IsTerminal, Read};
use std::path::Path;

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
            "需要口令：--passphrase-file、--passphrase-command 或环境变量 BENCAO_PASSPHRASE",
            "a passphrase is needed: --passphrase-file, --passphrase-command or BENCAO_PASSPHRASE",
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

/// What flags and environment give.
fn given(args: &PassphraseArgs) -> Result<Option<Passphrase>, Failure> {
    let source = match (&args.passphrase_file, &args.passphrase_command) {
        (Some(path), _) => Some(Source::File(path.clone())),
        (None, Some(command)) => Some(Source::command(command)),
        (None, None) => Source::environment(),
    };
    source.map(|source| source.read().map_err(|e| failure(&e))).transpose()
}

fn failure(error: &SourceError) -> Failure {
    match error {
        SourceError::File { path, source } => Failure::file(path, source),
        SourceError::Form { from, source } => Failure::key_file(Path::new(from), *source),
        SourceError::Command { .. } | SourceError::Failed { .. } => {
            Failure::input(format!("--passphrase-command：{error}"), format!("--passphrase-command: {error}"))
        }
        SourceError::Environment(name) => {
            Failure::input(format!("环境变量 {name} 不是口令"), format!("environment variable {name} is no passphrase"))
        }
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
