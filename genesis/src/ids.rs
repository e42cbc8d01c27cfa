//! Names that everything else uses: chain, height, organisation, region.

use bencao_crypto::Digest;
use bincode::{Decode, Encode, de::Decoder, enc::Encoder, error::DecodeError, error::EncodeError};
use serde::{Deserialize, Serialize};
use std::fmt;

/// SM3 of the canonical genesis: names the chain in every signed byte string.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChainId(pub Digest);

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Position of a block, from 1; 0 is genesis.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Height(pub u64);

impl Height {
    /// Before the first block.
    pub const GENESIS: Height = Height(0);

    /// The height after this one.
    ///
    /// # Panics
    /// At 2⁶⁴−1, which no chain reaches.
    pub fn next(self) -> Height {
        Height(self.0.checked_add(1).expect("a chain never reaches 2^64 blocks"))
    }

    /// The height before this one, `None` at genesis.
    pub fn previous(self) -> Option<Height> {
        self.0.checked_sub(1).map(Height)
    }
}

impl fmt::Display for Height {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Neither an 18-character code nor a `FOREIGN:` or `PERSON:` identifier.
    #[error("not an organisation identifier")]
    Form,
    /// A character outside the set of GB 32100-2015 (no I, O, S, V, Z).
    #[error("character not allowed in a unified social credit code")]
    Character,
    /// The 18th character of a unified social credit code does not fit the other 17.
    #[error("check character is {actual}, should be {expected}")]
    CheckCharacter {
        /// What GB 32100-2015 gives.
        expected: char,
        /// What was found.
        actual: char,
    },
    /// Not a 6-digit GB/T 2260 code.
    #[error("not a 6-digit region code")]
    Region,
}

impl IdError {
    /// The same in Chinese.
    pub fn message_zh(&self) -> String {
        match self {
            IdError::Form => "应为 18 位统一社会信用代码，或 FOREIGN:、PERSON: 开头的标识".into(),
            IdError::Character => "含有统一社会信用代码不使用的字符".into(),
            IdError::CheckCharacter { expected, actual } => format!("校验码是 {actual}，应为 {expected}"),
            IdError::Region => "应为 6 位行政区划代码".into(),
        }
    }
}

/// Characters of a 统一社会信用代码 in order of their values (GB 32100-2015).
const USCC_SET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Longest identifier, bytes.
pub const ORG_ID_BYTES_MAX: usize = 80;

/// An organisation (D15): a 统一社会信用代码 with a right check character, `FOREIGN:<ISO 3166 alpha-2>:<registration no.>`,
/// or `PERSON:<64 hexadecimal digits of a keyed HMAC-SM3>`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct OrgId(String);

/// As written: a value with a form of its own, not free text.
impl Serialize for OrgId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl OrgId {
    /// Parses and checks; nothing is repaired or normalised.
    ///
    /// # Errors
    /// [`IdError`].
    pub fn parse(text: &str) -> Result<OrgId, IdError> {
        if text.len() > ORG_ID_BYTES_MAX {
            return Err(IdError::Form);
        }
        if let Some(rest) = text.strip_prefix("FOREIGN:") {
            let (country, number) = rest.split_once(':').ok_or(IdError::Form)?;
            let country_ok = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'/');
            let number_ok = (1..=48).contains(&number.len()) && number.bytes().all(plain);
            return if country_ok && number_ok { Ok(OrgId(text.into())) } else { Err(IdError::Form) };
        }
        if let Some(rest) = text.strip_prefix("PERSON:") {
            let ok = rest.len() == 64 && rest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
            return if ok { Ok(OrgId(text.into())) } else { Err(IdError::Form) };
        }
        let expected = uscc_check_character(text.get(..17).ok_or(IdError::Form)?)?;
        let mut tail = text.get(17..).ok_or(IdError::Form)?.chars();
        match (tail.next(), tail.next()) {
            (Some(actual), None) if actual == expected => Ok(OrgId(text.into())),
            (Some(actual), None) => Err(IdError::CheckCharacter { expected, actual }),
            _ => Err(IdError::Form),
        }
    }

    /// The identifier as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The 18th character for the first 17 of a 统一社会信用代码: `31 − Σ value·3^(i−1) mod 31` (GB 32100-2015).
///
/// # Errors
/// [`IdError::Form`] unless 17 characters, [`IdError::Character`] for a character outside the set.
pub fn uscc_check_character(first17: &str) -> Result<char, IdError> {
    if first17.len() != 17 {
        return Err(IdError::Form);
    }
    let mut weight = 1usize;
    let mut sum = 0usize;
    for byte in first17.bytes() {
        let value = USCC_SET.iter().position(|c| *c == byte).ok_or(IdError::Character)?;
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    Ok(USCC_SET[(31 - sum % 31) % 31] as char)
}

impl fmt::Display for OrgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OrgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for OrgId {
    type Error = IdError;
    fn try_from(text: String) -> Result<OrgId, IdError> {
        OrgId::parse(&text)
    }
}

impl Encode for OrgId {
    fn encode<E: Encoder>(&self, e: &mut E) -> Result<(), EncodeError> {
        self.0.encode(e)
    }
}

impl<C> Decode<C> for OrgId {
    fn decode<D: Decoder<Context = C>>(d: &mut D) -> Result<Self, DecodeError> {
        OrgId::parse(&String::decode(d)?).map_err(|_| DecodeError::Other("not an organisation identifier"))
    }
}

bincode::impl_borrow_decode!(OrgId);

/// A GB/T 2260 administrative division: six digits; trailing zeros name the larger unit (`650000` = 新疆).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RegionCode(u32);

/// Refuses a number of more than six digits.
impl<C> Decode<C> for RegionCode {
    fn decode<D: Decoder<Context = C>>(d: &mut D) -> Result<Self, DecodeError> {
        let code = u32::decode(d)?;
        if code > 999_999 {
            return Err(DecodeError::Other("not a region code of six digits"));
        }
        Ok(RegionCode(code))
    }
}

bincode::impl_borrow_decode!(RegionCode);

impl RegionCode {
    /// The whole nation, `000000`.
    pub const NATION: RegionCode = RegionCode(0);

    /// Parses exactly six ASCII digits.
    ///
    /// # Errors
    /// [`IdError::Region`].
    pub fn parse(text: &str) -> Result<RegionCode, IdError> {
        if text.len() != 6 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(IdError::Region);
        }
        text.parse().map(RegionCode).map_err(|_| IdError::Region)
    }

    /// Whether `other` lies inside this region: province, prefecture or county by trailing zero pairs.
    pub fn contains(&self, other: &RegionCode) -> bool {
        let unit = match self.0 {
            0 => return true,
            c if c.is_multiple_of(10_000) => 10_000,
            c if c.is_multiple_of(100) => 100,
            _ => 1,
        };
        self.0 / unit == other.0 / unit
    }

    /// Whether it is a province or the whole nation.
    pub fn is_provincial(&self) -> bool {
        self.0.is_multiple_of(10_000)
    }

    /// Whether it is the whole nation, `000000`.
    pub fn contains_all(&self) -> bool {
        self.0 == 0
    }

    /// The nation, then province, prefecture and county as far as the code names them: each contains the next.
    pub fn from_nation(&self) -> Vec<RegionCode> {
        let mut regions = vec![RegionCode(0)];
        for unit in [10_000, 100, 1] {
            let region = RegionCode(self.0 - self.0 % unit);
            if regions.last() != Some(&region) {
                regions.push(region);
            }
        }
        regions
    }

    /// Whether both lie in one province: the first two digits agree.
    pub fn same_province(&self, other: &RegionCode) -> bool {
        self.0 / 10_000 == other.0 / 10_000
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

impl fmt::Debug for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

impl TryFrom<String> for RegionCode {
    type Error = IdError;
    fn try_from(text: String) -> Result<RegionCode, IdError> {
        RegionCode::parse(&text)
    }
}

impl From<RegionCode> for String {
    fn from(code: RegionCode) -> String {
        code.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uscc_check_character_follows_gb_32100() {
        assert_eq!(uscc_check_character("91350100M000100Y4"), Ok('3'));
        assert!(OrgId::parse("91350100M000100Y43").is_ok());
        assert_eq!(OrgId::parse("91350100M000100Y44"), Err(IdError::CheckCharacter { expected: '3', actual: '4' }));
        assert_eq!(OrgId::parse("91350100I000100Y43"), Err(IdError::Character));
        assert_eq!(OrgId::parse("91350100M000100Y4"), Err(IdError::Form));
        assert_eq!(OrgId::parse("91350100M000100Y433"), Err(IdError::Form));
        assert_eq!(OrgId::parse("９1350100M000100Y43"), Err(IdError::Character));
    }

    #[test]
    fn foreign_and_person_identifiers_have_one_form() {
        assert!(OrgId::parse("FOREIGN:DE:HRB-12345").is_ok());
        for bad in ["FOREIGN:de:1", "FOREIGN:DEU:1", "FOREIGN:DE:", "FOREIGN:DE:a b", "PERSON:ab", "PERSON:"] {
            assert_eq!(OrgId::parse(bad), Err(IdError::Form), "{bad}");
        }
        assert!(OrgId::parse(&format!("PERSON:{}", "0f".repeat(32))).is_ok());
    }

    #[test]
    fn regions_nest_by_zero_pairs() {
        let region = |t| RegionCode::parse(t).unwrap();
        assert!(region("650000").contains(&region("650102")));
        assert!(region("650100").contains(&region("650102")));
        assert!(!region("650100").contains(&region("650202")));
        assert!(region("000000").contains(&region("650102")));
        assert!(!region("650102").contains(&region("650100")));
        assert_eq!(region("650102").from_nation(), ["000000", "650000", "650100", "650102"].map(region));
        assert_eq!(region("650000").from_nation(), ["000000", "650000"].map(region));
        assert_eq!(region("000000").from_nation(), [region("000000")]);
        assert!(
            region("650102").same_province(&region("654000")) && !region("650102").same_province(&region("110105"))
        );
        assert_eq!(RegionCode::parse("65010"), Err(IdError::Region));
    }
}
