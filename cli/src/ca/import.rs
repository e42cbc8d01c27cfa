//! `bencao ca import`: a dual pair of an outside authority (GM/T 0015), checked before anything is written.

use super::args::ImportArgs;
use super::{described, now_s, read_chain, wrong};
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::passphrase::{self, read};
use crate::write;
use bencao_crypto::enveloped_key::{self, EnvelopedKeyError, FILE_BYTES_MAX};
use bencao_crypto::keyfile::{self, Form};
use bencao_crypto::x509::{Certificate, Usage, X509Error};
use serde_json::json;
use std::path::Path;

pub(super) fn run(console: &Console, args: &ImportArgs) -> Result<Report, Failure> {
    let (sign, encrypt) = (read_chain(&args.sign_certificate)?, read_chain(&args.encrypt_certificate)?);
    let envelope = decoded(&read(&args.enveloped_key, 2 * FILE_BYTES_MAX)?);
    let key = passphrase::open_key(console, &args.key, &args.passphrase)?;
    let at = |path: &Path| path.display().to_string();
    if *sign[0].key() != key.public() {
        return Err(wrong(&at(&args.sign_certificate))(X509Error::OtherKey));
    }
    let encryption = enveloped_key::open(&key, &envelope).map_err(|e| envelope_failure(&args.enveloped_key, e))?;
    if *encrypt[0].key() != encryption.public() {
        return Err(wrong(&at(&args.encrypt_certificate))(X509Error::OtherKey));
    }
    let halves = [(&args.sign_certificate, &sign, Usage::Sign), (&args.encrypt_certificate, &encrypt, Usage::Encrypt)];
    for (path, chain, usage) in halves {
        check_usage(path, &chain[0], usage)?;
        if let Some(authorities) = &args.authorities {
            check_chain(path, chain, &read_chain(authorities)?)?;
        }
    }
    write::folder(&args.out)?;
    let passphrase = passphrase::fresh(console, &args.passphrase)?;
    let path = args.out.join("encrypt.pem");
    let pem = keyfile::seal(&encryption, &passphrase, Form::National).map_err(|e| Failure::key_file(&path, e))?;
    write::new_secret(&path, pem.as_bytes())?;
    let text_of = |chain: &[Certificate]| chain.iter().map(Certificate::to_pem).collect::<String>();
    write::new_file(&args.out.join("sign-certificate.pem"), text_of(&sign).as_bytes())?;
    write::new_file(&args.out.join("encrypt-certificate.pem"), text_of(&encrypt).as_bytes())?;
    let now = now_s()?;
    let json = json!({
        "key": path.display().to_string(),
        "sign": described(&sign[0], now),
        "encrypt": described(&encrypt[0], now),
    });
    let text = format!(
        "{} {}\n{}{}",
        console.pick("已导入双证书，加密密钥在", "dual pair imported, the encryption key is in"),
        path.display(),
        super::line(console, &sign[0], now),
        super::line(console, &encrypt[0], now)
    );
    Ok(Report::done(json, text))
}

fn check_usage(path: &Path, certificate: &Certificate, expected: Usage) -> Result<(), Failure> {
    // A signing certificate may also be one for TLS.
    let fits = match (certificate.usage(), expected) {
        (Some(Usage::Encrypt), Usage::Encrypt) | (Some(Usage::Sign | Usage::Node), Usage::Sign) => true,
        (Some(_) | None, _) => false,
    };
    if fits {
        return Ok(());
    }
    let (shown, zh, en) = match expected {
        Usage::Encrypt => (path.display(), "加密", "encryption"),
        Usage::Sign | Usage::Node => (path.display(), "签名", "signing"),
    };
    Err(Failure::input(format!("{shown}：不是{zh}证书"), format!("{shown}: not a certificate for {en}")))
}

/// Every certificate is followed to its issuer, up to one of the authorities.
fn check_chain(path: &Path, chain: &[Certificate], authorities: &[Certificate]) -> Result<(), Failure> {
    let mut current = &chain[0];
    let mut rest: Vec<&Certificate> = chain[1..].iter().collect();
    while !authorities.iter().any(|a| current.is_issued_by(a)) {
        let Some(at) = rest.iter().position(|c| current.is_issued_by(c)) else {
            let shown = path.display();
            return Err(Failure::input(
                format!("{shown}：证书链不能到达给定的证书机构"),
                format!("{shown}: the chain does not lead to the authorities given"),
            ));
        };
        current = rest.remove(at);
    }
    Ok(())
}

/// DER as it is, or its base64 text.
fn decoded(bytes: &[u8]) -> Vec<u8> {
    const SEQUENCE: u8 = 0x30;
    if bytes.first() == Some(&SEQUENCE) {
        return bytes.to_vec();
    }
    let text: String = String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_whitespace()).collect();
    base64(&text).unwrap_or_default()
}

/// RFC 4648 §4 with padding or without.
fn base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let (mut out, mut bits, mut held) = (Vec::with_capacity(digits.len() * 3 / 4), 0u32, 0u32);
    for c in digits.bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        held = held << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    (held == 0).then_some(out)
}

fn envelope_failure(path: &Path, error: EnvelopedKeyError) -> Failure {
    let zh = match error {
        EnvelopedKeyError::Malformed => "不是 SM2 密钥对保护结构（GM/T 0009）".to_owned(),
        EnvelopedKeyError::Cipher => "加密密钥不是用 SM4 保护的".to_owned(),
        EnvelopedKeyError::DoesNotOpen => "用这把签名密钥打不开".to_owned(),
        EnvelopedKeyError::OtherKey => "其中的私钥与公钥不匹配".to_owned(),
        EnvelopedKeyError::Key(e) => e.to_string(),
    };
    let shown = path.display();
    Failure::input(format!("{shown}：{zh}"), format!("{shown}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_with_line_ends() {
        assert_eq!(decoded(b"MAMC\nAQ U=\n"), [0x30, 3, 2, 1, 5]);
        assert_eq!(decoded(&[0x30, 0]), [0x30, 0]);
        assert_eq!(decoded(b"*"), [0; 0]);
        assert_eq!(base64("/+8"), Some(vec![0xff, 0xef]));
        assert_eq!(base64("/+9"), None, "bits beyond the last byte");
    }
}
