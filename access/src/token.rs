//! Bearer tokens: for programs that cannot sign. A node keeps a keyed digest of each, so that who reads its files can present none.
//!
//! Text: `bct1-`, 16 hexadecimal digits that name the token, `-`, 64 that are its secret. Digest: HMAC-SM3 under a key of the node's
//! home of `"bencao/token/1" ‖ 0x00 ‖ id (8) ‖ secret (32)`.

use crate::policy::{Right, Role};
use bencao_crypto::Digest;
use bencao_crypto::hmac::{hmac_sm3, verify_hmac_sm3};
use bencao_genesis::{OrgId, TimestampMs};
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroizing;

/// Random bytes that a token is made of.
pub const RANDOM_BYTES: usize = 40;
/// Length of the key of digests, bytes.
pub const KEY_BYTES: usize = 32;
/// Most tokens of a node.
pub const TOKENS_MAX: usize = 1_024;
/// Longest name of a token, characters.
pub const NAME_CHARS_MAX: usize = 64;

const PREFIX: &str = "bct1-";
const TEXT_BYTES: usize = PREFIX.len() + 16 + 1 + 64;
const TAG: &[u8] = b"bencao/token/1\0";

/// Why a token, or a record of one, is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not the text of a token.
    #[error("not a token")]
    Form,
    /// Not among the node's.
    #[error("unknown or revoked")]
    Unknown,
    /// Its last moment has passed.
    #[error("expired")]
    Expired,
    /// A list of tokens that says something impossible; the name of the field.
    #[error("{0}")]
    Record(&'static str),
}

/// What a token is called in lists and logs. Not secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenId(#[serde(with = "hex::serde")] pub [u8; 8]);

impl TokenId {
    /// 16 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<TokenId> {
        let mut id = [0; 8];
        lower_hex(text, &mut id).then_some(TokenId(id))
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

fn lower_hex(text: &str, out: &mut [u8]) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) && hex::decode_to_slice(text, out).is_ok()
}

/// A token: whoever has it is believed.
pub struct Token {
    id: TokenId,
    secret: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", self.id)
    }
}

impl Token {
    /// A token of bytes that nobody can guess.
    pub fn from_random(bytes: &Zeroizing<[u8; RANDOM_BYTES]>) -> Token {
        let (mut id, mut secret) = ([0; 8], Zeroizing::new([0; 32]));
        id.copy_from_slice(&bytes[..8]);
        secret.copy_from_slice(&bytes[8..]);
        Token { id: TokenId(id), secret }
    }

    /// Reads the text, strictly.
    ///
    /// # Errors
    /// [`TokenError::Form`].
    pub fn parse(text: &str) -> Result<Token, TokenError> {
        let rest = text.strip_prefix(PREFIX).filter(|_| text.len() == TEXT_BYTES && text.is_ascii());
        let (id, secret_text) = rest.and_then(|r| r.split_once('-')).ok_or(TokenError::Form)?;
        let id = TokenId::parse(id).ok_or(TokenError::Form)?;
        let mut secret = Zeroizing::new([0; 32]);
        if lower_hex(secret_text, &mut secret[..]) { Ok(Token { id, secret }) } else { Err(TokenError::Form) }
    }

    /// Its name.
    pub fn id(&self) -> TokenId {
        self.id
    }

    /// The text that its bearer presents.
    pub fn show(&self) -> Zeroizing<String> {
        let secret = Zeroizing::new(hex::encode(&self.secret[..]));
        Zeroizing::new(format!("{PREFIX}{}-{}", self.id, &*secret))
    }

    /// What a node keeps of it.
    pub fn digest(&self, key: &[u8; KEY_BYTES]) -> Digest {
        hmac_sm3(key, &self.parts())
    }

    fn parts(&self) -> [&[u8]; 3] {
        [TAG, &self.id.0, &self.secret[..]]
    }
}

/// A token as a node has it on record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRecord {
    /// Its name.
    pub id: TokenId,
    /// What it was made for, in words.
    pub name: String,
    /// Organisation, regulator or admin. Whether the organisation is a regulator, and of what, is for the chain to say.
    pub role: Role,
    /// In whose name; of an admin's token nobody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrgId>,
    /// What it is for; empty = all that the role may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<Right>,
    /// When it was made, milliseconds since 1970.
    pub created_ms: u64,
    /// The first moment at which it counts no more, milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<u64>,
    /// See [`Token::digest`].
    pub digest: Digest,
}

impl TokenRecord {
    /// Whether it counts no more at `now`.
    pub fn is_expired(&self, now: TimestampMs) -> bool {
        self.expires_ms.is_some_and(|end| end <= now.0)
    }

    fn check(&self) -> Result<(), TokenError> {
        let printable = !self.name.chars().any(char::is_control);
        if !printable || !(1..=NAME_CHARS_MAX).contains(&self.name.chars().count()) {
            return Err(TokenError::Record("name: 1 to 64 printable characters"));
        }
        match (self.role, &self.organisation) {
            (Role::Organisation | Role::Regulator, Some(_)) | (Role::Admin, None) => {}
            (Role::Admin, Some(_)) => return Err(TokenError::Record("organisation: an admin token names none")),
            (Role::Organisation | Role::Regulator, None) => {
                return Err(TokenError::Record("organisation: needed for this role"));
            }
            (Role::Public | Role::Bank, _) => {
                return Err(TokenError::Record("role: organisation, regulator or admin"));
            }
        }
        let beyond = self.scopes.iter().any(|right| crate::policy::reach(*right, self.role).is_refused());
        if beyond { Err(TokenError::Record("scopes: more than the role may")) } else { Ok(()) }
    }
}

/// A node's tokens and the key of their digests.
pub struct Tokens {
    key: Zeroizing<[u8; KEY_BYTES]>,
    records: Vec<TokenRecord>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({})", self.records.len())
    }
}

/// The file of a node's tokens, as text formats see it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenFile {
    /// Records, in order of making.
    #[serde(default)]
    pub tokens: Vec<TokenRecord>,
}

impl TokenFile {
    /// Whether the file says something possible.
    ///
    /// # Errors
    /// [`TokenError::Record`].
    pub fn check(&self) -> Result<(), TokenError> {
        if self.tokens.len() > TOKENS_MAX {
            return Err(TokenError::Record("tokens: too many"));
        }
        for (i, record) in self.tokens.iter().enumerate() {
            record.check()?;
            if self.tokens[..i].iter().any(|other| other.id == record.id) {
                return Err(TokenError::Record("id: the same twice"));
            }
        }
        Ok(())
    }
}

impl Tokens {
    /// Checks and takes the records.
    ///
    /// # Errors
    /// [`TokenError::Record`].
    pub fn new(key: Zeroizing<[u8; KEY_BYTES]>, file: TokenFile) -> Result<Tokens, TokenError> {
        file.check()?;
        Ok(Tokens { key, records: file.tokens })
    }

    /// The record of a token that counts at `now`. Digests are compared in the same time for every wrong secret.
    ///
    /// # Errors
    /// [`TokenError::Unknown`], [`TokenError::Expired`].
    pub fn find(&self, token: &Token, now: TimestampMs) -> Result<&TokenRecord, TokenError> {
        let named = self.records.iter().find(|r| r.id == token.id).ok_or(TokenError::Unknown)?;
        if !verify_hmac_sm3(&self.key[..], &token.parts(), &named.digest) {
            return Err(TokenError::Unknown);
        }
        if named.is_expired(now) { Err(TokenError::Expired) } else { Ok(named) }
    }

    /// Whether the token of this name is on record and counts at `now`.
    pub fn counts(&self, id: TokenId, now: TimestampMs) -> bool {
        self.records.iter().any(|r| r.id == id && !r.is_expired(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(seed: u8) -> Token {
        Token::from_random(&Zeroizing::new([seed; RANDOM_BYTES]))
    }

    fn record(seed: u8) -> TokenRecord {
        let token = token(seed);
        TokenRecord {
            id: token.id(),
            name: "erp".into(),
            role: Role::Organisation,
            organisation: Some(OrgId::parse("91350100M000100Y43").unwrap()),
            scopes: vec![Right::Trace],
            created_ms: 1,
            expires_ms: Some(1_000),
            digest: token.digest(&[9; KEY_BYTES]),
        }
    }

    fn tokens(records: Vec<TokenRecord>) -> Result<Tokens, TokenError> {
        Tokens::new(Zeroizing::new([9; KEY_BYTES]), TokenFile { tokens: records })
    }

    #[test]
    fn a_token_is_read_as_it_is_shown_and_in_no_other_form() {
        let text = token(0xab).show();
        assert_eq!(*text, format!("bct1-{}-{}", "ab".repeat(8), "ab".repeat(32)));
        let back = Token::parse(&text).unwrap();
        assert_eq!((back.id(), back.digest(&[1; 32])), (token(0xab).id(), token(0xab).digest(&[1; 32])));
        assert_eq!(format!("{back:?}"), "Token(abababababababab)", "a secret is not shown");
        for cut in 0..text.len() {
            assert_eq!(Token::parse(&text[..cut]).unwrap_err(), TokenError::Form);
        }
        let upper = text.to_uppercase();
        for bad in [&upper, &format!("{}0", *text), &text.replace('-', "_"), &text.replacen('a', "é", 1), " "] {
            assert_eq!(Token::parse(bad).unwrap_err(), TokenError::Form, "{bad}");
        }
    }

    #[test]
    fn only_the_whole_token_is_found_and_only_in_its_time() {
        let tokens = tokens(vec![record(1), record(2)]).unwrap();
        let find = |token: &Token, now| tokens.find(token, TimestampMs(now)).map(|r| r.id);
        assert_eq!(find(&token(2), 999), Ok(token(2).id()));
        assert_eq!(find(&token(2), 1_000), Err(TokenError::Expired));
        assert_eq!(find(&token(3), 1), Err(TokenError::Unknown));
        let counts = |token: &Token, now| tokens.counts(token.id(), TimestampMs(now));
        assert!(counts(&token(2), 999) && !counts(&token(2), 1_000) && !counts(&token(3), 1));
        let mut forged = token(2);
        forged.secret[31] ^= 1;
        assert_eq!(find(&forged, 1), Err(TokenError::Unknown));
        let other_id = Token { id: token(1).id(), secret: token(2).secret };
        assert_eq!(find(&other_id, 1), Err(TokenError::Unknown));
    }

    #[test]
    fn the_digest_has_its_golden_form() {
        let expected = hmac_sm3(&[9; 32], &[&[b"bencao/token/1\0".as_slice(), &[1; 40]].concat()]);
        assert_eq!(record(1).digest, expected);
    }

    #[test]
    fn impossible_records_are_refused_by_field() {
        let refused = |change: fn(&mut TokenRecord)| {
            let mut record = record(1);
            change(&mut record);
            tokens(vec![record]).unwrap_err().to_string()
        };
        assert!(refused(|r| r.name.clear()).starts_with("name"));
        assert!(refused(|r| r.name = "a\nb".into()).starts_with("name"));
        assert!(refused(|r| r.organisation = None).starts_with("organisation"));
        assert!(refused(|r| r.role = Role::Admin).starts_with("organisation"));
        assert!(refused(|r| r.role = Role::Public).starts_with("role"));
        assert!(refused(|r| r.scopes = vec![Right::Metrics]).starts_with("scopes"));
        assert_eq!(tokens(vec![record(1), record(1)]).unwrap_err(), TokenError::Record("id: the same twice"));
        let many = (0..=TOKENS_MAX).map(|_| record(1)).collect();
        assert_eq!(tokens(many).unwrap_err(), TokenError::Record("tokens: too many"));
    }
}
