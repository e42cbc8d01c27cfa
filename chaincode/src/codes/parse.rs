//! From what a scanner or a file gives to a canonical key: the accept/reject table of domain §1.1.4.

use super::check_digit::mod10_is_valid;
use super::gs1::{Attributes, GS, SYMBOLOGIES, parse_elements};
use super::key::{Digits, UnitKey};
use crate::limits::CODE_TEXT_BYTES_MAX;

/// What was wrong with a text that is not a trace code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Reason {
    /// Nothing but separators.
    #[error("empty")]
    Empty,
    /// Longer than any code.
    #[error("longer than {CODE_TEXT_BYTES_MAX} bytes")]
    TooLong,
    /// Not UTF-8.
    #[error("not text")]
    NotText,
    /// A 20-digit code has another number of digits.
    #[error("{actual} digits instead of 20")]
    Length {
        /// Digits found.
        actual: usize,
    },
    /// A character that does not belong there, counted from 0 after normalisation.
    #[error("character {position} is not allowed")]
    Character {
        /// Where.
        position: usize,
    },
    /// 商品条码: a retail barcode (GTIN-8, -12, -13 or -14 alone) names a kind of goods, not one package.
    #[error("a retail barcode, not a trace code")]
    RetailBarcode,
    /// No AI 21 after the GTIN.
    #[error("no serial number (AI 21)")]
    NoSerial,
    /// AI 21 empty or longer than 20 characters.
    #[error("serial number of 1 to 20 characters expected")]
    SerialLength,
    /// A value empty or longer than its identifier allows.
    #[error("value too long or empty")]
    ValueLength,
    /// The text ends within a value of fixed length.
    #[error("ends within a value")]
    Truncated,
    /// Neither AI 01 nor AI 00, or AI 00 with AI 21.
    #[error("no GTIN (AI 01)")]
    NoProduct,
    /// An application identifier outside the table.
    #[error("unknown application identifier")]
    UnknownIdentifier,
    /// The same application identifier twice.
    #[error("repeated application identifier")]
    RepeatedIdentifier,
    /// AI 11 or 17 is no date.
    #[error("no such date")]
    Date,
    /// A 码上放心 code begins with 8.
    #[error("a code of this scheme begins with 8")]
    Scheme,
}

/// Why a text names no package.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CodeError {
    /// `not_a_trace_code`
    #[error("not a trace code: {reason}")]
    NotATraceCode {
        /// In particular.
        reason: Reason,
    },
    /// `check_digit`: GTIN or SSCC with a wrong last digit (mod 10).
    #[error("check digit is {actual}, should be {expected}")]
    CheckDigit {
        /// What mod 10 gives.
        expected: char,
        /// What was found.
        actual: char,
    },
}

/// A key and what the scan said besides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParsedCode {
    /// The package.
    pub key: UnitKey,
    /// Attributes of a GS1 element string.
    pub attributes: Attributes,
}

/// Reads one code as scanned, printed, typed or exported.
///
/// A symbology identifier or a leading FNC1 announces GS1. Without one, twenty digits are a 20-digit code, always, and
/// texts beginning with AI 01 and a GTIN are element strings. The canonical forms (`T20:…`) are read too.
///
/// # Errors
/// [`CodeError`].
pub fn parse(raw: &str) -> Result<ParsedCode, CodeError> {
    let refuse = |reason| Err(CodeError::NotATraceCode { reason });
    if raw.len() > CODE_TEXT_BYTES_MAX {
        return refuse(Reason::TooLong);
    }
    let text: String = raw.trim_matches([' ', '\t', '\r', '\n', '\u{3000}']).chars().map(half_width).collect();
    if let Some(key) = UnitKey::parse_canonical(&text) {
        return Ok(ParsedCode { key, attributes: Attributes::default() });
    }
    if let Some(elements) = SYMBOLOGIES.iter().find_map(|s| text.strip_prefix(s)) {
        return elements_of(elements);
    }
    if text.as_bytes().first() == Some(&GS) {
        return elements_of(&text);
    }
    let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '\t' | '\r' | '\n' | '-')).collect();
    let all_digits = plain.bytes().all(|b| b.is_ascii_digit());
    match (all_digits, plain.len()) {
        (_, 0) => refuse(Reason::Empty),
        (true, 20) => match Digits::from_ascii(plain.as_bytes()) {
            Some(digits) => Ok(ParsedCode { key: UnitKey::T20(digits), attributes: Attributes::default() }),
            None => refuse(Reason::Length { actual: 20 }),
        },
        (true, 8 | 12 | 13 | 14) if mod10_is_valid(plain.as_bytes()) => refuse(Reason::RetailBarcode),
        _ if looks_like_elements(&text) => elements_of(&text),
        (true, actual) => refuse(Reason::Length { actual }),
        (false, _) => match plain.bytes().position(|b| !b.is_ascii_digit()) {
            Some(position) => refuse(Reason::Character { position }),
            None => refuse(Reason::NotText),
        },
    }
}

/// [`parse`] for bytes of unknown encoding.
///
/// # Errors
/// [`CodeError`], also for bytes that are not UTF-8.
pub fn parse_bytes(raw: &[u8]) -> Result<ParsedCode, CodeError> {
    let text = std::str::from_utf8(raw).map_err(|_| CodeError::NotATraceCode { reason: Reason::NotText })?;
    parse(text)
}

/// [`parse`], for the scheme 码上放心 only: 20 digits beginning with 8.
///
/// # Errors
/// [`CodeError`].
pub fn parse_msfx(raw: &str) -> Result<ParsedCode, CodeError> {
    let parsed = parse(raw)?;
    match parsed.key {
        UnitKey::T20(digits) if digits.as_packed().first().is_some_and(|b| b >> 4 == 8) => Ok(parsed),
        _ => Err(CodeError::NotATraceCode { reason: Reason::Scheme }),
    }
}

fn elements_of(text: &str) -> Result<ParsedCode, CodeError> {
    parse_elements(text).map(|(key, attributes)| ParsedCode { key, attributes })
}

/// AI 01 and fourteen digits.
fn looks_like_elements(text: &str) -> bool {
    let digits = text.strip_prefix("01").and_then(|rest| rest.as_bytes().get(..14));
    digits.is_some_and(|d| d.iter().all(u8::is_ascii_digit))
}

/// Full-width ASCII (U+FF01–U+FF5E) and the ideographic space to their ASCII forms.
fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => u32::from(c).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    }
}
