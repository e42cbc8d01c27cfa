//! Signed requests: HTTP message signatures (RFC 9421) with SM2 and SM3.
//!
//! A request names its key, the seconds of its making and its end, and a nonce; it signs method, authority, path, query, and, where
//! they are present, the digest of its body and our own header fields. Nothing else of a request means anything to a node, so
//! that nothing unsigned does. The message that SM2 signs, under the default identifier, is the signature base of RFC 9421 §2.5:
//!
//! ```text
//! "@method": GET
//! "@authority": 127.0.0.1:26657
//! "@path": /v1/codes/83857930000000000011
//! "@query": ?
//! "bencao-purpose": case%202026-17
//! "@signature-params": ("@method" "@authority" "@path" "@query" "bencao-purpose");created=…;expires=…;nonce="…";keyid="…";alg="sm2-sm3"
//! ```
//!
//! It begins with a quotation mark, which no other message of this system begins with: a signature of a request is none of a bill.

use crate::fields;
use bencao_crypto::{Digest, KeyId, PublicKey, SigningKey, sm3};

/// Header field with the parameters.
pub const SIGNATURE_INPUT: &str = "signature-input";
/// Header field with the signature.
pub const SIGNATURE: &str = "signature";
/// Header field with the SM3 of the body (RFC 9530 §2).
pub const CONTENT_DIGEST: &str = "content-digest";
/// Header field in which a regulator says what for it asks: 1 to [`PURPOSE_CHARS_MAX`] characters, percent-encoded UTF-8.
pub const PURPOSE: &str = "bencao-purpose";
/// Header field that names the consent under which somebody reads: the principal, a space, the number, percent-encoded.
pub const MANDATE: &str = "bencao-mandate";

/// Longest purpose, characters.
pub const PURPOSE_CHARS_MAX: usize = 200;
/// Longest life of a signature, seconds.
pub const LIFE_S_MAX: u64 = 300;
/// How far clocks may differ, seconds.
pub const CLOCK_TOLERANCE_S: u64 = 30;

/// Why a signed request is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header field is not in its form.
    #[error("not the documented form")]
    Form,
    /// The signature leaves out something of the request, or names something that the request does not have.
    #[error("the signature does not cover {0}")]
    Coverage(&'static str),
    /// Made too long ago, in the future, over, or for longer than [`LIFE_S_MAX`].
    #[error("the signature is not for this time")]
    Time,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
}

/// Parts of a request that a signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Component {
    /// Method.
    Method,
    /// Host and port as the client names them.
    Authority,
    /// Path as sent.
    Path,
    /// Query as sent, with its question mark; only that for none.
    Query,
    /// [`CONTENT_DIGEST`]
    ContentDigest,
    /// [`PURPOSE`]
    Purpose,
    /// [`MANDATE`]
    Mandate,
}

impl Component {
    /// All of them.
    pub const ALL: [Component; 7] = [
        Component::Method,
        Component::Authority,
        Component::Path,
        Component::Query,
        Component::ContentDigest,
        Component::Purpose,
        Component::Mandate,
    ];

    /// Identifier (RFC 9421 §2).
    pub fn name(self) -> &'static str {
        match self {
            Component::Method => "@method",
            Component::Authority => "@authority",
            Component::Path => "@path",
            Component::Query => "@query",
            Component::ContentDigest => CONTENT_DIGEST,
            Component::Purpose => PURPOSE,
            Component::Mandate => MANDATE,
        }
    }
}

/// What of a request is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// Upper case.
    pub method: &'a str,
    /// Host and port, lower case.
    pub authority: &'a str,
    /// From the first slash to before the question mark.
    pub path: &'a str,
    /// After the question mark.
    pub query: Option<&'a str>,
    /// Of a request with a body.
    pub content_digest: Option<&'a str>,
    /// Header field [`PURPOSE`].
    pub purpose: Option<&'a str>,
    /// Header field [`MANDATE`].
    pub mandate: Option<&'a str>,
}

impl Request<'_> {
    fn value(&self, component: Component) -> Option<String> {
        match component {
            Component::Method => Some(self.method.to_owned()),
            Component::Authority => Some(self.authority.to_owned()),
            Component::Path => Some(self.path.to_owned()),
            Component::Query => Some(format!("?{}", self.query.unwrap_or_default())),
            Component::ContentDigest => self.content_digest.map(str::to_owned),
            Component::Purpose => self.purpose.map(str::to_owned),
            Component::Mandate => self.mandate.map(str::to_owned),
        }
    }

    /// What there is to sign, in the order in which we write it.
    fn components(&self) -> Vec<Component> {
        Component::ALL.into_iter().filter(|c| self.value(*c).is_some()).collect()
    }
}

/// What `Signature-Input` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// What is signed, in this order.
    pub components: Vec<Component>,
    /// Unix seconds.
    pub created: u64,
    /// Unix seconds.
    pub expires: u64,
    /// Used once by this key: 16 to 64 of `A-Z a-z 0-9 - _`.
    pub nonce: String,
    /// Which key signed.
    pub key: KeyId,
    /// The value as received, which is signed too.
    pub text: String,
}

/// The two header fields of a signed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Of [`SIGNATURE_INPUT`].
    pub input: String,
    /// Of [`SIGNATURE`].
    pub signature: String,
}

impl Parameters {
    /// Reads the field.
    ///
    /// # Errors
    /// [`SignatureError::Form`].
    pub fn parse(field: &str) -> Result<Parameters, SignatureError> {
        fields::parse_input(field)
    }

    /// Whether the signature is for `now_s` at a node that has run since `since_s`, both Unix seconds. What is older than the node
    /// may have been used before, when the nonces seen were others.
    ///
    /// # Errors
    /// [`SignatureError::Time`].
    pub fn check_time(&self, now_s: u64, since_s: u64) -> Result<(), SignatureError> {
        let in_order = self.created <= self.expires && self.expires - self.created <= LIFE_S_MAX;
        let begun = self.created <= now_s + CLOCK_TOLERANCE_S && self.created >= since_s;
        let open = now_s <= self.expires.saturating_add(CLOCK_TOLERANCE_S);
        if in_order && begun && open { Ok(()) } else { Err(SignatureError::Time) }
    }

    /// The first second in which nobody can use this signature any more.
    pub fn over_s(&self) -> u64 {
        self.expires.saturating_add(CLOCK_TOLERANCE_S + 1)
    }

    /// The signature base (RFC 9421 §2.5), if everything that means something is covered.
    ///
    /// # Errors
    /// [`SignatureError::Coverage`].
    pub fn base(&self, request: &Request<'_>) -> Result<Vec<u8>, SignatureError> {
        for component in Component::ALL {
            if self.components.contains(&component) != request.value(component).is_some() {
                return Err(SignatureError::Coverage(component.name()));
            }
        }
        let mut base = String::new();
        for component in &self.components {
            let value = request.value(*component).unwrap_or_default();
            base += &format!("\"{}\": {value}\n", component.name());
        }
        base += &format!("\"@signature-params\": {}", self.text);
        Ok(base.into_bytes())
    }

    /// Whether `key` has signed this request.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn verify(&self, request: &Request<'_>, signature: &str, key: &PublicKey) -> Result<(), SignatureError> {
        let signature = fields::parse_signature(signature)?;
        let base = self.base(request)?;
        if key.id() == self.key && key.verify(&base, &signature) { Ok(()) } else { Err(SignatureError::Signature) }
    }
}

/// Signs a request at `created` (Unix seconds) for `life_s` seconds. A nonce is used once: 16 random bytes give a good one.
pub fn sign(request: &Request<'_>, key: &SigningKey, created: u64, life_s: u64, nonce: &[u8; 16]) -> Signed {
    let components: Vec<String> = request.components().iter().map(|c| format!("\"{}\"", c.name())).collect();
    let text = format!(
        "({});created={created};expires={};nonce=\"{}\";keyid=\"{}\";alg=\"{}\"",
        components.join(" "),
        created.saturating_add(life_s),
        hex::encode(nonce),
        key.public().id(),
        fields::ALGORITHM,
    );
    let input = fields::show_input(&text);
    let parameters = Parameters::parse(&input).expect("written as it is read");
    let base = parameters.base(request).expect("everything there is was named");
    Signed { input, signature: fields::show_signature(&key.sign(&base)) }
}

/// Value of [`CONTENT_DIGEST`] for a body.
pub fn content_digest(body: &[u8]) -> String {
    fields::show_digest(&sm3(body))
}

/// The digest that a [`CONTENT_DIGEST`] claims.
///
/// # Errors
/// [`SignatureError::Form`].
pub fn parse_content_digest(field: &str) -> Result<Digest, SignatureError> {
    fields::parse_digest(field)
}

/// Percent-encodes everything but unreserved characters (RFC 3986 §2.3): how [`PURPOSE`] and [`MANDATE`] carry their texts.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Undoes [`escape`]; also takes visible ASCII that was not escaped. `None` for anything else.
pub fn unescape(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                let mut value = [0];
                hex::decode_to_slice(digits, &mut value).ok()?;
                out.push(value[0]);
            }
            b' '..=b'~' => out.push(byte),
            _ => return None,
        }
    }
    String::from_utf8(out).ok()
}

/// The text of a [`PURPOSE`] field.
///
/// # Errors
/// [`SignatureError::Form`] unless it is 1 to [`PURPOSE_CHARS_MAX`] characters without control characters, not all blank.
pub fn parse_purpose(field: &str) -> Result<String, SignatureError> {
    let text = unescape(field).ok_or(SignatureError::Form)?;
    let text = text.trim();
    let good = (1..=PURPOSE_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if good { Ok(text.to_owned()) } else { Err(SignatureError::Form) }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
