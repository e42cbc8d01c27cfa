//! The two header fields of a signed request, read strictly: one member, `bencao`, in the form that RFC 8941 gives it and in
//! no other. What is signed is the text received, so that a second way to write the same would be a second message.

use crate::request::{Component, Parameters, SignatureError};
use base64ct::{Base64, Encoding as _};
use bencao_crypto::{Digest, KeyId, Signature};

/// Longest field read, bytes: all components and parameters fit three times.
pub(crate) const FIELD_BYTES_MAX: usize = 1_024;
/// Shortest and longest nonce, characters.
const NONCE_CHARS: std::ops::RangeInclusive<usize> = 16..=64;
/// The label of our member in both dictionaries.
const LABEL: &str = "bencao";
/// The only algorithm: SM2 over SM3 with the default identifier (GM/T 0009-2012 §7).
pub(crate) const ALGORITHM: &str = "sm2-sm3";

/// What is left of a field.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn skip(&mut self, expected: &str) -> Result<(), SignatureError> {
        self.0 = self.0.strip_prefix(expected).ok_or(SignatureError::Form)?;
        Ok(())
    }

    /// Takes the characters before `end`, and `end`.
    fn until(&mut self, end: char) -> Result<&'a str, SignatureError> {
        let (taken, rest) = self.0.split_once(end).ok_or(SignatureError::Form)?;
        self.0 = rest;
        Ok(taken)
    }

    /// `"…"`, without quotes or backslashes inside.
    fn string(&mut self) -> Result<&'a str, SignatureError> {
        self.skip("\"")?;
        let text = self.until('"')?;
        let plain = text.bytes().all(|b| (0x20..0x7f).contains(&b) && b != b'\\');
        if plain { Ok(text) } else { Err(SignatureError::Form) }
    }

    /// One to ten digits without a leading zero: Unix seconds for the next two centuries.
    fn seconds(&mut self) -> Result<u64, SignatureError> {
        let digits = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.0.split_at(digits);
        if !(1..=10).contains(&digits) || (digits > 1 && number.starts_with('0')) {
            return Err(SignatureError::Form);
        }
        self.0 = rest;
        number.parse().map_err(|_| SignatureError::Form)
    }
}

/// `Signature-Input`.
pub(crate) fn parse_input(field: &str) -> Result<Parameters, SignatureError> {
    if field.len() > FIELD_BYTES_MAX {
        return Err(SignatureError::Form);
    }
    let mut rest = Rest(field);
    rest.skip(LABEL)?;
    rest.skip("=")?;
    let text = rest.0.to_owned();
    let components = parse_components(&mut rest)?;
    let (mut created, mut expires, mut nonce, mut key, mut algorithm) = (None, None, None, None, None);
    while !rest.0.is_empty() {
        rest.skip(";")?;
        let fresh = match rest.until('=')? {
            "created" => created.replace(rest.seconds()?).is_none(),
            "expires" => expires.replace(rest.seconds()?).is_none(),
            "nonce" => nonce.replace(parse_nonce(rest.string()?)?).is_none(),
            "keyid" => key.replace(parse_key(rest.string()?)?).is_none(),
            "alg" => algorithm.replace(rest.string()?).is_none(),
            _ => false,
        };
        if !fresh {
            return Err(SignatureError::Form);
        }
    }
    match (created, expires, nonce, key, algorithm) {
        (Some(created), Some(expires), Some(nonce), Some(key), Some(ALGORITHM)) => {
            Ok(Parameters { components, created, expires, nonce, key, text })
        }
        _ => Err(SignatureError::Form),
    }
}

fn parse_components(rest: &mut Rest<'_>) -> Result<Vec<Component>, SignatureError> {
    rest.skip("(")?;
    let mut components = Vec::new();
    loop {
        let name = rest.string()?;
        let component = Component::ALL.into_iter().find(|c| c.name() == name).ok_or(SignatureError::Form)?;
        if components.contains(&component) {
            return Err(SignatureError::Form);
        }
        components.push(component);
        if rest.0.starts_with(')') {
            rest.skip(")")?;
            return Ok(components);
        }
        rest.skip(" ")?;
    }
}

fn parse_nonce(text: &str) -> Result<String, SignatureError> {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if plain && NONCE_CHARS.contains(&text.len()) { Ok(text.to_owned()) } else { Err(SignatureError::Form) }
}

fn parse_key(text: &str) -> Result<KeyId, SignatureError> {
    let mut id = KeyId::default();
    let lower = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    match hex::decode_to_slice(text, &mut id.0) {
        Ok(()) if lower => Ok(id),
        _ => Err(SignatureError::Form),
    }
}

/// `Signature`.
pub(crate) fn parse_signature(field: &str) -> Result<Signature, SignatureError> {
    let mut bytes = [0; 64];
    bytes_of(field, LABEL, &mut bytes)?;
    Ok(Signature(bytes))
}

/// `Content-Digest`.
pub(crate) fn parse_digest(field: &str) -> Result<Digest, SignatureError> {
    let mut bytes = [0; 32];
    bytes_of(field, "sm3", &mut bytes)?;
    Ok(Digest(bytes))
}

/// `label=:base64:`, exactly as long as `out`.
fn bytes_of(field: &str, label: &str, out: &mut [u8]) -> Result<(), SignatureError> {
    if field.len() > FIELD_BYTES_MAX {
        return Err(SignatureError::Form);
    }
    let mut rest = Rest(field);
    rest.skip(label)?;
    rest.skip("=:")?;
    let text = rest.until(':')?;
    if !rest.0.is_empty() {
        return Err(SignatureError::Form);
    }
    let length = out.len();
    match Base64::decode(text, out) {
        Ok(decoded) if decoded.len() == length => Ok(()),
        _ => Err(SignatureError::Form),
    }
}

/// `label=:base64:`
fn shown(label: &str, bytes: &[u8]) -> String {
    format!("{label}=:{}:", Base64::encode_string(bytes))
}

pub(crate) fn show_signature(signature: &Signature) -> String {
    shown(LABEL, &signature.0)
}

pub(crate) fn show_digest(digest: &Digest) -> String {
    shown("sm3", &digest.0)
}

/// The member's label and its value.
pub(crate) fn show_input(text: &str) -> String {
    format!("{LABEL}={text}")
}
