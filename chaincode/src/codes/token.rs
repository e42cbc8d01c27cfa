//! Short names kept inline: lot numbers, garden numbers, TCM package codes, GB/T 31774 codes.

use bincode::{Decode, Encode, de::Decoder, enc::Encoder, error::DecodeError, error::EncodeError};
use std::fmt;

/// 1 to `MAX` characters of `A–Z a–z 0–9 . _ -`. Wire form: one byte of length, then the characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token<const MAX: usize> {
    bytes: [u8; MAX],
    length: u8,
}

impl<const MAX: usize> Token<MAX> {
    /// Checks length and characters.
    pub fn new(text: &str) -> Option<Token<MAX>> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let length = u8::try_from(text.len()).ok().filter(|n| *n > 0)?;
        let mut bytes = [0; MAX];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        text.bytes().all(plain).then_some(Token { bytes, length })
    }

    /// The characters.
    pub fn as_str(&self) -> &str {
        self.bytes.get(..usize::from(self.length)).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
    }
}

impl<const MAX: usize> fmt::Display for Token<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const MAX: usize> fmt::Debug for Token<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const MAX: usize> Encode for Token<MAX> {
    fn encode<E: Encoder>(&self, e: &mut E) -> Result<(), EncodeError> {
        self.length.encode(e)?;
        self.as_str().bytes().try_for_each(|b| b.encode(e))
    }
}

impl<C, const MAX: usize> Decode<C> for Token<MAX> {
    fn decode<D: Decoder<Context = C>>(d: &mut D) -> Result<Self, DecodeError> {
        let mut bytes = [0; MAX];
        let length = usize::from(u8::decode(d)?);
        let text = bytes.get_mut(..length).ok_or(DecodeError::Other("name too long"))?;
        for byte in text.iter_mut() {
            *byte = u8::decode(d)?;
        }
        let text = std::str::from_utf8(text).ok().and_then(Token::new);
        text.ok_or(DecodeError::Other("not a well-formed name"))
    }
}

impl<'de, C, const MAX: usize> bincode::BorrowDecode<'de, C> for Token<MAX> {
    fn borrow_decode<D: bincode::de::BorrowDecoder<'de, Context = C>>(d: &mut D) -> Result<Self, DecodeError> {
        Token::decode(d)
    }
}

impl<const MAX: usize> serde::Serialize for Token<MAX> {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de, const MAX: usize> serde::Deserialize<'de> for Token<MAX> {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        Token::new(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("expected 1-{MAX} characters of A-Z a-z 0-9 . _ -")))
    }
}

/// A package code of the TCM circulation system (包码, 箱码, 袋码; domain §1.1.3, §4.3): 1 to 32 letters and digits of
/// ASCII, opaque. What it is, the ledger's record says; nothing is read from its characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TcmCode(Token<32>);

impl TcmCode {
    /// Checks length and characters.
    pub fn new(text: &str) -> Option<TcmCode> {
        text.bytes().all(|b| b.is_ascii_alphanumeric()).then(|| Token::new(text).map(TcmCode)).flatten()
    }

    /// The characters.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(super) fn token(&self) -> Token<32> {
        self.0
    }
}

/// A code of GB/T 31774-2015《中药编码规则及编码》: 17 digits, opaque. Its check digit (Annex B) is not judged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode)]
pub struct HerbCode(u64);

/// 10¹⁷: one more than the largest 17-digit number.
const HERB_CODE_END: u64 = 100_000_000_000_000_000;

impl HerbCode {
    /// Exactly 17 ASCII digits.
    pub fn new(text: &str) -> Option<HerbCode> {
        let digits = text.len() == 17 && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().ok().map(HerbCode)).flatten()
    }

    /// The number of its digits: how it sorts and travels.
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for HerbCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:017}", self.0)
    }
}

impl<C> Decode<C> for HerbCode {
    fn decode<D: Decoder<Context = C>>(d: &mut D) -> Result<Self, DecodeError> {
        let number = u64::decode(d)?;
        if number < HERB_CODE_END { Ok(HerbCode(number)) } else { Err(DecodeError::Other("not 17 digits")) }
    }
}

bincode::impl_borrow_decode!(HerbCode);

impl serde::Serialize for HerbCode {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for HerbCode {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        HerbCode::new(&text).ok_or_else(|| serde::de::Error::custom("expected a GB/T 31774 code of 17 digits"))
    }
}
