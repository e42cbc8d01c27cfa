//! Who a command says it is to a node, and whom it believes to be one.

pub(crate) mod args;
#[cfg(feature = "node")]
pub(crate) mod log;
pub(crate) mod token;

use crate::args::PassphraseArgs;
use crate::console::Console;
use crate::failure::{Failure, Local};
use crate::passphrase;
use args::{AccessArgs, NodeArgs};
use bencao_access::Token;
use bencao_client::api::{Client, Credentials, Identity, Tls};
use bencao_crypto::x509::Certificate;
use bencao_crypto::{KeyId, SigningKey};
use std::path::Path;
use zeroize::Zeroizing;

/// Longest file of a token, bytes.
const TOKEN_BYTES_MAX: usize = 1 << 10;
/// Longest file of authorities' certificates, bytes.
const CA_BYTES_MAX: usize = 64 << 10;

/// A client that says who it is as far as the arguments tell.
pub(crate) fn client(console: &Console, args: &NodeArgs) -> Result<Client, Failure> {
    open(args, identity(console, &args.access)?)
}

/// The same for a command that signs: its key proves who it is when a node asks, unless the arguments say otherwise.
pub(crate) fn signing_client(console: &Console, args: &NodeArgs, key: &SigningKey) -> Result<Client, Failure> {
    let mut identity = identity(console, &args.access)?;
    if identity.credentials.is_none() {
        identity.credentials = Some(Credentials::Key(Box::new(key.clone())));
        identity.when_asked = true;
    }
    open(args, identity)
}

fn open(args: &NodeArgs, identity: Identity) -> Result<Client, Failure> {
    let tls = args.access.ca.as_deref().map(|ca| tls(ca, args.access.server_key.as_deref())).transpose()?;
    Ok(Client::open(&args.node, identity, tls.as_ref())?)
}

fn identity(console: &Console, args: &AccessArgs) -> Result<Identity, Failure> {
    let credentials = match (&args.token_file, &args.query_key) {
        (Some(file), _) => Some(Credentials::Token(read_token(file)?)),
        (None, Some(file)) => {
            let passphrase =
                PassphraseArgs { passphrase_file: args.query_passphrase_file.clone(), ..PassphraseArgs::default() };
            Some(Credentials::Key(Box::new(passphrase::open_key(console, file, &passphrase)?)))
        }
        (None, None) => None,
    };
    let mandate = args.by_consent.as_deref().map(consent).transpose()?;
    Ok(Identity { credentials, when_asked: false, purpose: args.because.clone(), mandate })
}

fn read_token(file: &Path) -> Result<Token, Failure> {
    let bytes = Zeroizing::new(passphrase::read(file, TOKEN_BYTES_MAX)?);
    let text = std::str::from_utf8(&bytes).ok().map(str::trim);
    text.and_then(|text| Token::parse(text).ok()).ok_or_else(|| {
        let shown = file.display();
        Failure::new(Local::BadKeyFile, format!("{shown}：不是令牌"), format!("{shown}: not a token"))
    })
}

fn consent(text: &str) -> Result<(String, String), Failure> {
    let parts = text.split_once(',').filter(|(principal, number)| !principal.is_empty() && !number.is_empty());
    let (principal, number) = parts.ok_or_else(|| {
        Failure::input(
            format!("--by-consent {text}：应为 授权单位,编号"),
            format!("--by-consent {text}: expected PRINCIPAL,NO"),
        )
    })?;
    Ok((principal.to_owned(), number.to_owned()))
}

fn tls(ca: &Path, server_key: Option<&str>) -> Result<Tls, Failure> {
    Ok(Tls { node_key: server_key.map(key_id).transpose()?, ..authorities(ca)? })
}

/// Any node whose certificate one of these authorities has issued.
pub(crate) fn authorities(ca: &Path) -> Result<Tls, Failure> {
    let shown = ca.display();
    let bytes = passphrase::read(ca, CA_BYTES_MAX)?;
    let authorities = String::from_utf8(bytes).ok().and_then(|pem| Certificate::authorities_from_pem(&pem).ok());
    let authorities = authorities.ok_or_else(|| {
        Failure::input(format!("{shown}：不是 SM2 证书"), format!("{shown}: not certificates with SM2 keys"))
    })?;
    Ok(Tls { authorities, node_key: None })
}

fn key_id(text: &str) -> Result<KeyId, Failure> {
    let mut id = KeyId::default();
    hex::decode_to_slice(text, &mut id.0).map_err(|_| {
        Failure::input(
            format!("--server-key {text}：应为 40 位十六进制密钥标识"),
            format!("--server-key {text}: expected a key id of 40 hexadecimal digits"),
        )
    })?;
    Ok(id)
}
