//! The canonical name of one package on the ledger (domain §1.1.3).

use super::check_digit::mod10_is_valid;
use super::token::TcmCode;
use bincode::{Decode, Encode, de::Decoder, enc::Encoder, error::DecodeError, error::EncodeError};
use std::fmt;

/// An even number of decimal digits, two to a byte, first digit in the high half.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digits<const BYTES: usize>([u8; BYTES]);

impl<const BYTES: usize> Digits<BYTES> {
    /// Packs exactly `2 · BYTES` ASCII digits.
    pub fn from_ascii(text: &[u8]) -> Option<Digits<BYTES>> {
        let (pairs, rest) = text.as_chunks::<2>();
        if pairs.len() != BYTES || !rest.is_empty() || !text.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let mut packed = [0; BYTES];
        for (byte, [high, low]) in packed.iter_mut().zip(pairs) {
            *byte = (high & 0x0f) << 4 | (low & 0x0f);
        }
        Some(Digits(packed))
    }

    /// Takes packed digits; `None` if a half byte is above 9.
    pub fn from_packed(packed: [u8; BYTES]) -> Option<Digits<BYTES>> {
        packed.iter().all(|b| b >> 4 <= 9 && b & 0x0f <= 9).then_some(Digits(packed))
    }

    /// The packed bytes.
    pub fn as_packed(&self) -> &[u8; BYTES] {
        &self.0
    }

    /// The digits as ASCII.
    pub fn to_ascii(&self) -> Vec<u8> {
        self.0.iter().flat_map(|b| [b'0' | b >> 4, b'0' | (b & 0x0f)]).collect()
    }
}

impl<const BYTES: usize> fmt::Display for Digits<BYTES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{:02x}", b))
    }
}

/// A serial number of AI 21: 1 to 20 characters of GS1 AI encodable character set 82.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial {
    bytes: [u8; Serial::BYTES_MAX],
    length: u8,
}

impl Serial {
    /// Longest serial, bytes.
    pub const BYTES_MAX: usize = 20;

    /// Checks length and characters.
    pub fn new(text: &[u8]) -> Option<Serial> {
        let length = u8::try_from(text.len()).ok()?;
        let mut bytes = [0; Serial::BYTES_MAX];
        if text.is_empty() || !text.iter().all(|b| is_cset82(*b)) {
            return None;
        }
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Serial { bytes, length })
    }

    /// The characters.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or(&self.bytes)
    }
}

/// GS1 AI encodable character set 82 (GS1 General Specifications, figure 7.11-1).
pub(super) fn is_cset82(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!\"%&'()*+,-./:;<=>?_".contains(&byte)
}

/// The name of one package: never issued twice (NMPAB/T 1002 C2).
///
/// Wire form: one byte of scheme, then 10 bytes (20 packed digits); or 7 bytes (GTIN-14), one byte of length and the
/// serial; or 9 bytes (SSCC-18); or one byte of length and the TCM package code. Only well-formed keys decode: check
/// digits included.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitKey {
    /// 20 digits; the first seven are the 药品标识码.
    T20(Digits<10>),
    /// GTIN-14 and serial (AI 01 and 21).
    Gs1 {
        /// With a right check digit.
        gtin: Digits<7>,
        /// AI 21.
        serial: Serial,
    },
    /// Serial shipping container code (AI 00), with a right check digit.
    Sscc(Digits<9>),
    /// Package code of the TCM circulation system: it names a package of a lot, not of a product's batch.
    Tcm(TcmCode),
}

impl UnitKey {
    /// 药品标识: the first seven digits, or the GTIN-14. A logistic unit and a TCM package code have none.
    pub fn prefix(&self) -> Option<String> {
        match self {
            UnitKey::T20(digits) => {
                let text = digits.to_string();
                text.get(..7).map(str::to_owned)
            }
            UnitKey::Gs1 { gtin, .. } => Some(gtin.to_string()),
            UnitKey::Sscc(_) | UnitKey::Tcm(_) => None,
        }
    }

    /// Whether the code says 特药: 20 digits beginning `89` (domain §1.1.1).
    pub fn says_special(&self) -> bool {
        matches!(self, UnitKey::T20(digits) if digits.as_packed().first() == Some(&0x89))
    }

    /// `T20:…`, `GS1:gtin:serial` with `%XX` for characters other than letters, digits, `-`, `.`, `_`,
    /// or `SSCC:…`, or `TCM:…`.
    pub fn canonical(&self) -> String {
        match self {
            UnitKey::T20(digits) => format!("T20:{digits}"),
            UnitKey::Gs1 { gtin, serial } => format!("GS1:{gtin}:{}", escape(serial.as_bytes())),
            UnitKey::Sscc(digits) => format!("SSCC:{digits}"),
            UnitKey::Tcm(code) => format!("TCM:{}", code.as_str()),
        }
    }

    /// Reads what [`UnitKey::canonical`] writes, and nothing else.
    pub fn parse_canonical(text: &str) -> Option<UnitKey> {
        let key = if let Some(digits) = text.strip_prefix("T20:") {
            UnitKey::T20(Digits::from_ascii(digits.as_bytes())?)
        } else if let Some(digits) = text.strip_prefix("SSCC:") {
            UnitKey::Sscc(Digits::from_ascii(digits.as_bytes()).filter(|d| mod10_is_valid(&d.to_ascii()))?)
        } else if let Some(code) = text.strip_prefix("TCM:") {
            UnitKey::Tcm(TcmCode::new(code)?)
        } else {
            let (gtin, serial) = text.strip_prefix("GS1:")?.split_once(':')?;
            let gtin = Digits::from_ascii(gtin.as_bytes()).filter(|d| mod10_is_valid(&d.to_ascii()))?;
            UnitKey::Gs1 { gtin, serial: Serial::new(&unescape(serial)?)? }
        };
        (key.canonical() == text).then_some(key)
    }
}

fn escape(bytes: &[u8]) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    bytes.iter().map(|b| if plain(*b) { char::from(*b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        match rest {
            [] => return Some(out),
            [b'%', high, low, tail @ ..] => {
                let hex = [*high, *low];
                out.push(u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?);
                rest = tail;
            }
            [byte, tail @ ..] => {
                out.push(*byte);
                rest = tail;
            }
        }
    }
}

/// As printed and scanned: 20 digits, or the element string `01…21…`; a logistic unit and a TCM package code in
/// their canonical form, since `00` and 18 digits would read as a 20-digit code. [`super::parse()`] reads each back to
/// the same key.
impl fmt::Display for UnitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnitKey::T20(digits) => digits.fmt(f),
            UnitKey::Gs1 { gtin, serial } => {
                let mut text = format!("01{gtin}21");
                text.extend(serial.as_bytes().iter().map(|b| char::from(*b)));
                // Twenty digits, hyphens apart, would read as a 20-digit code; the canonical form would not.
                let mut plain = text.bytes().filter(|b| *b != b'-');
                if plain.clone().count() == 20 && plain.all(|b| b.is_ascii_digit()) {
                    return f.write_str(&self.canonical());
                }
                f.write_str(&text)
            }
            UnitKey::Sscc(_) | UnitKey::Tcm(_) => f.write_str(&self.canonical()),
        }
    }
}

impl fmt::Debug for UnitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical())
    }
}

impl serde::Serialize for UnitKey {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for UnitKey {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        super::parse(&text).map(|p| p.key).map_err(serde::de::Error::custom)
    }
}

impl Encode for UnitKey {
    fn encode<E: Encoder>(&self, e: &mut E) -> Result<(), EncodeError> {
        match self {
            UnitKey::T20(digits) => {
                0u8.encode(e)?;
                digits.0.encode(e)
            }
            UnitKey::Gs1 { gtin, serial } => {
                1u8.encode(e)?;
                gtin.0.encode(e)?;
                serial.length.encode(e)?;
                serial.as_bytes().iter().try_for_each(|b| b.encode(e))
            }
            UnitKey::Sscc(digits) => {
                2u8.encode(e)?;
                digits.0.encode(e)
            }
            UnitKey::Tcm(code) => {
                3u8.encode(e)?;
                code.token().encode(e)
            }
        }
    }
}

impl<C> Decode<C> for UnitKey {
    fn decode<D: Decoder<Context = C>>(d: &mut D) -> Result<Self, DecodeError> {
        let checked = |ascii: Vec<u8>| mod10_is_valid(&ascii);
        let key = match u8::decode(d)? {
            0 => Digits::from_packed(<[u8; 10]>::decode(d)?).map(UnitKey::T20),
            1 => {
                let gtin = Digits::from_packed(<[u8; 7]>::decode(d)?).filter(|g| checked(g.to_ascii()));
                let length = usize::from(u8::decode(d)?);
                let mut bytes = [0; Serial::BYTES_MAX];
                let text = bytes.get_mut(..length).ok_or(DecodeError::Other("serial longer than 20"))?;
                for byte in text.iter_mut() {
                    *byte = u8::decode(d)?;
                }
                gtin.zip(Serial::new(text)).map(|(gtin, serial)| UnitKey::Gs1 { gtin, serial })
            }
            2 => Digits::from_packed(<[u8; 9]>::decode(d)?).filter(|s| checked(s.to_ascii())).map(UnitKey::Sscc),
            3 => TcmCode::new(<super::Token<32>>::decode(d)?.as_str()).map(UnitKey::Tcm),
            _ => None,
        };
        key.ok_or(DecodeError::Other("not a well-formed code"))
    }
}

bincode::impl_borrow_decode!(UnitKey);
