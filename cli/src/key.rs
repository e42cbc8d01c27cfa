//! `bencao key`: key files.

use crate::args::{KeyCommand, PassphraseArgs};
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::{keyring, passphrase, write};
use bencao_crypto::keyfile::{self, Form};
use bencao_crypto::{PublicKey, SigningKey};
use serde_json::json;
use std::path::Path;

pub(crate) fn run(console: &Console, command: KeyCommand) -> Result<Report, Failure> {
    match command {
        KeyCommand::Chain(command) => keyring::run(console, command),
        KeyCommand::New { out, passphrase } => {
            let key = SigningKey::generate().map_err(|e| Failure::internal(&e))?;
            save(console, &key, &out, Form::National, &passphrase)
        }
        KeyCommand::Show { file, passphrase } => show(console, &file, &passphrase),
        KeyCommand::Export { file, out, public: true, passphrase, .. } => {
            let key = public_half(console, &file, &passphrase)?;
            write::new_file(&out, keyfile::public_to_pem(&key).as_bytes())?;
            Ok(described(console, &key, Some(&out)))
        }
        KeyCommand::Export { file, out, openssl, passphrase, .. } => {
            let key = passphrase::open_key(console, &file, &passphrase)?;
            let form = if openssl { Form::OpenSsl } else { Form::National };
            save(console, &key, &out, form, &passphrase)
        }
        KeyCommand::Import { file, out, passphrase } => {
            let key = passphrase::open_key(console, &file, &passphrase)?;
            save(console, &key, &out, Form::National, &passphrase)
        }
    }
}

fn save(console: &Console, key: &SigningKey, out: &Path, form: Form, args: &PassphraseArgs) -> Result<Report, Failure> {
    let passphrase = passphrase::fresh(console, args)?;
    let pem = keyfile::seal(key, &passphrase, form).map_err(|e| Failure::key_file(out, e))?;
    write::new_secret(out, pem.as_bytes())?;
    Ok(described(console, &key.public(), Some(out)))
}

fn show(console: &Console, file: &Path, args: &PassphraseArgs) -> Result<Report, Failure> {
    Ok(described(console, &public_half(console, file, args)?, None))
}

/// The public key of a private or public key file.
fn public_half(console: &Console, file: &Path, args: &PassphraseArgs) -> Result<PublicKey, Failure> {
    let bytes = passphrase::read(file, keyfile::FILE_BYTES_MAX)?;
    match keyfile::public_from_file(&bytes) {
        Ok(key) => Ok(key),
        Err(_) => Ok(passphrase::open_key(console, file, args)?.public()),
    }
}

fn described(console: &Console, key: &PublicKey, file: Option<&Path>) -> Report {
    let json = json!({
        "key_id": key.id().to_string(),
        "public_key": key.to_string(),
        "algorithm": "SM2",
        "file": file.map(|f| f.display().to_string()),
    });
    let written = file.map(|f| format!("{} {}\n", console.pick("已写入", "wrote"), f.display())).unwrap_or_default();
    let text = format!(
        "{written}{}  {}\n{}  {key}\n",
        console.pick("密钥标识", "key id    "),
        key.id(),
        console.pick("公钥    ", "public key")
    );
    Report::done(json, text)
}
