//! GS1 element strings: application identifiers, FNC1 as GS (0x1D), fixed and variable lengths (domain §1.1.2).

use super::check_digit::mod10;
use super::key::{Digits, Serial, UnitKey, is_cset82};
use super::parse::{CodeError, Reason};
use bencao_genesis::CalendarDate;

/// FNC1 as a scanner transmits it.
pub(super) const GS: u8 = 0x1d;

/// Symbology identifiers that announce GS1 data: GS1-128, GS1 DataMatrix, GS1 QR, DataBar.
pub(super) const SYMBOLOGIES: [&str; 4] = ["]C1", "]d2", "]Q3", "]e0"];

/// One application identifier.
struct Identifier {
    text: &'static str,
    /// Fixed number of digits, or `None`: up to `max` characters of set 82, ended by GS or the end.
    digits: Option<usize>,
    max: usize,
}

const fn fixed(text: &'static str, digits: usize) -> Identifier {
    Identifier { text, digits: Some(digits), max: digits }
}

const fn variable(text: &'static str, max: usize) -> Identifier {
    Identifier { text, digits: None, max }
}

/// The identifiers of domain §1.1.2; all others are refused.
const IDENTIFIERS: [Identifier; 8] = [
    fixed("00", 18),
    fixed("01", 14),
    variable("10", 20),
    fixed("11", 6),
    fixed("17", 6),
    variable("21", 20),
    variable("91", 90),
    variable("92", 90),
];

/// A date as GS1 writes it: YYMMDD, where DD = 00 is the last day of the month.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShortDate {
    year: u32,
    month: u32,
    day: u32,
}

impl ShortDate {
    fn from_ascii(text: &[u8]) -> Option<ShortDate> {
        let number = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|t| t.parse::<u32>().ok());
        let (pairs, _) = text.as_chunks::<2>();
        let [year, month, day] = pairs else { return None };
        let date = ShortDate { year: number(year)?, month: number(month)?, day: number(day)? };
        ((1..=12).contains(&date.month) && date.day <= 31).then_some(date)
    }

    /// The date in the century that puts it within −49 … +50 years of `reference`, which is block time (D13).
    pub fn resolve(self, reference: CalendarDate) -> Option<CalendarDate> {
        let (now, _, _) = reference.parts();
        let century = now.checked_sub(now.checked_rem(100)?)?;
        let year = century.checked_add(self.year)?;
        let year = if year > now.checked_add(50)? {
            year.checked_sub(100)?
        } else if year.checked_add(49)? < now {
            year.checked_add(100)?
        } else {
            year
        };
        match self.day {
            0 => CalendarDate::new(year, self.month, 1).map(CalendarDate::month_end),
            day => CalendarDate::new(year, self.month, day),
        }
    }
}

/// What an element string says besides identity. Attributes never decide which package is meant.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Attributes {
    /// AI 10.
    pub batch: Option<String>,
    /// AI 11.
    pub made: Option<ShortDate>,
    /// AI 17.
    pub expiry: Option<ShortDate>,
}

/// Parses the element string after its symbology identifier.
pub(super) fn parse_elements(text: &str) -> Result<(UnitKey, Attributes), CodeError> {
    let refuse = |reason| CodeError::NotATraceCode { reason };
    let mut rest = text.as_bytes();
    rest = rest.strip_prefix(&[GS]).unwrap_or(rest);
    let mut values: [Option<&[u8]>; IDENTIFIERS.len()] = [None; IDENTIFIERS.len()];
    while !rest.is_empty() {
        let known = IDENTIFIERS.iter().zip(values.iter_mut()).find(|(ai, _)| rest.starts_with(ai.text.as_bytes()));
        let (identifier, slot) = known.ok_or(refuse(Reason::UnknownIdentifier))?;
        if slot.is_some() {
            return Err(refuse(Reason::RepeatedIdentifier));
        }
        let (value, tail) = take_value(identifier, rest.get(identifier.text.len()..).unwrap_or_default())?;
        *slot = Some(value);
        rest = tail;
    }
    let [sscc, gtin, batch, made, expiry, serial, _, _] = values;
    let date = |value: Option<&[u8]>| match value {
        Some(digits) => ShortDate::from_ascii(digits).map(Some).ok_or(refuse(Reason::Date)),
        None => Ok(None),
    };
    let batch = batch.map(|b| String::from_utf8_lossy(b).into_owned());
    let attributes = Attributes { batch, made: date(made)?, expiry: date(expiry)? };
    let key = match (sscc, gtin, serial) {
        (Some(sscc), None, None) => UnitKey::Sscc(checked(sscc)?),
        (_, Some(gtin), serial) => {
            let gtin = checked(gtin)?;
            let serial = serial.ok_or(refuse(Reason::NoSerial))?;
            UnitKey::Gs1 { gtin, serial: Serial::new(serial).ok_or(refuse(Reason::SerialLength))? }
        }
        _ => return Err(refuse(Reason::NoProduct)),
    };
    Ok((key, attributes))
}

fn take_value<'a>(identifier: &Identifier, rest: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), CodeError> {
    let refuse = |reason| CodeError::NotATraceCode { reason };
    let Some(length) = identifier.digits else {
        let end = rest.iter().position(|b| *b == GS).unwrap_or(rest.len());
        let (value, tail) = rest.split_at_checked(end).ok_or(refuse(Reason::Truncated))?;
        if let Some(position) = value.iter().position(|b| !is_cset82(*b)) {
            return Err(refuse(Reason::Character { position }));
        }
        if value.is_empty() || value.len() > identifier.max {
            let serial = identifier.text == "21";
            return Err(refuse(if serial { Reason::SerialLength } else { Reason::ValueLength }));
        }
        return Ok((value, tail.strip_prefix(&[GS]).unwrap_or(tail)));
    };
    let (value, tail) = rest.split_at_checked(length).ok_or(refuse(Reason::Truncated))?;
    match value.iter().position(|b| !b.is_ascii_digit()) {
        Some(position) => Err(refuse(Reason::Character { position })),
        None => Ok((value, tail.strip_prefix(&[GS]).unwrap_or(tail))),
    }
}

/// Packed digits whose last is the right check digit.
fn checked<const BYTES: usize>(digits: &[u8]) -> Result<Digits<BYTES>, CodeError> {
    let (actual, body) = digits.split_last().ok_or(CodeError::NotATraceCode { reason: Reason::Truncated })?;
    let expected = mod10(body);
    if expected != *actual {
        return Err(CodeError::CheckDigit { expected: char::from(expected), actual: char::from(*actual) });
    }
    Digits::from_ascii(digits).ok_or(CodeError::NotATraceCode { reason: Reason::Truncated })
}
