//! Values of cells: dates, bill types, organisations, document numbers, codes.

use super::error::{Expected, Problem, shortened};
use bencao_chaincode::custody::BILL_TYPES;
use bencao_chaincode::transaction::{Patient, ReturnReason};
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, OrgId};

/// Longest trace code text accepted before parsing, characters (a GS1 element string with every identifier is shorter).
pub(super) const CODE_CHARS_MAX: usize = 200;
/// Longest document number, characters.
pub const DOCUMENT_NO_CHARS_MAX: usize = 64;
/// Longest text on public record, characters.
const PUBLIC_TEXT_CHARS_MAX: usize = 128;
/// Digits in a row that look like a telephone or identity number.
const PERSON_DIGITS_MIN: usize = 11;
/// 注销/销毁原因 (domain §3.2).
const CANCEL_REASONS: [(u8, &str); 4] = [(1, "破损"), (2, "霉变"), (3, "过期失效"), (4, "其他")];
/// 购药人证件类型 (domain §3.2).
const ID_TYPES: [(u8, &str); 8] =
    [(1, "身份证"), (2, "护照"), (3, "军官证"), (4, "医保卡"), (5, "接种卡"), (6, "学生证"), (9, "其它"), (9, "其他")];
/// Longest other text, characters.
pub(super) const TEXT_CHARS_MAX: usize = 200;

/// A value as a file holds it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    /// Nothing, or white space.
    Empty,
    /// Text.
    Text(String),
    /// A number of a spreadsheet. Its digits beyond the 15th are lost.
    Number(f64),
    /// A date of a spreadsheet.
    Date(BillTime),
}

/// Date, and time of day if there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BillTime {
    /// Date in UTC+8.
    pub date: CalendarDate,
    /// Hour, minute, second.
    pub time: Option<(u8, u8, u8)>,
}

impl std::fmt::Display for BillTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.date.fmt(f)?;
        self.time.map_or(Ok(()), |(h, m, s)| write!(f, " {h:02}:{m:02}:{s:02}"))
    }
}

impl Cell {
    pub(crate) fn text(text: &str) -> Cell {
        let text = text.trim();
        if text.is_empty() { Cell::Empty } else { Cell::Text(text.into()) }
    }

    pub(crate) fn shown(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) => shortened(text),
            Cell::Number(number) => number.to_string(),
            Cell::Date(date) => date.to_string(),
        }
    }

    fn wrong(&self, expected: Expected) -> Problem {
        Problem::Value { expected, actual: self.shown() }
    }

    /// Text, or a whole number that a double holds exactly.
    fn plain(&self) -> Result<String, Problem> {
        match self {
            Cell::Text(text) if text.chars().count() <= TEXT_CHARS_MAX => Ok(text.clone()),
            Cell::Number(n) if n.fract() == 0.0 && (0.0..1e15).contains(n) => Ok(format!("{n:.0}")),
            Cell::Empty => Err(Problem::Missing),
            other => Err(other.wrong(Expected::Text)),
        }
    }

    pub(crate) fn free_text(&self) -> Result<String, Problem> {
        self.plain()
    }

    pub(crate) fn code(&self) -> Result<String, Problem> {
        match self {
            Cell::Number(_) => Err(Problem::CodeSavedAsNumber),
            Cell::Text(text) if is_scientific(text) => Err(Problem::CodeSavedAsNumber),
            Cell::Text(text) if text.chars().count() <= CODE_CHARS_MAX => Ok(text.clone()),
            Cell::Empty => Err(Problem::Missing),
            other => Err(other.wrong(Expected::Code)),
        }
    }

    pub(crate) fn document_no(&self) -> Result<String, Problem> {
        let text = self.plain()?;
        if text.chars().count() > DOCUMENT_NO_CHARS_MAX || text.chars().any(char::is_control) || is_scientific(&text) {
            return Err(self.wrong(Expected::DocumentNumber));
        }
        Ok(text)
    }

    pub(crate) fn organisation(&self) -> Result<OrgId, Problem> {
        OrgId::parse(&self.plain()?).map_err(|_| self.wrong(Expected::Organisation))
    }

    pub(crate) fn bill_type(&self) -> Result<u16, Problem> {
        let text = self.plain()?;
        bill_type(&text).ok_or_else(|| self.wrong(Expected::BillType))
    }

    /// 0 or 1, also as 是, 否, TRUE and FALSE.
    pub(crate) fn yes_no(&self) -> Result<bool, Problem> {
        match self.plain()?.as_str() {
            "1" | "是" | "TRUE" => Ok(true),
            "0" | "否" | "FALSE" => Ok(false),
            _ => Err(self.wrong(Expected::YesNo)),
        }
    }

    /// 2 is 特药.
    pub(crate) fn special(&self) -> Result<bool, Problem> {
        match self.plain()?.as_str() {
            "2" | "特药" => Ok(true),
            "3" | "普药" => Ok(false),
            _ => Err(self.wrong(Expected::PhysicType)),
        }
    }

    pub(crate) fn count(&self) -> Result<u64, Problem> {
        self.plain()?.parse().map_err(|_| self.wrong(Expected::CodeCount))
    }

    pub(crate) fn days(&self) -> Result<u16, Problem> {
        self.plain()?.parse().map_err(|_| self.wrong(Expected::Days))
    }

    pub(crate) fn return_reason(&self) -> Result<ReturnReason, Problem> {
        let text = self.plain()?;
        let found = ReturnReason::ALL.iter().find(|r| r.byte().to_string() == text || r.name_zh() == text);
        found.copied().ok_or_else(|| self.wrong(Expected::ReturnReason))
    }

    /// By number or name.
    pub(crate) fn cancel_reason(&self) -> Result<u8, Problem> {
        let text = self.plain()?;
        let found = CANCEL_REASONS.iter().find(|(number, name)| number.to_string() == text || *name == text);
        found.map(|(number, _)| *number).ok_or_else(|| self.wrong(Expected::CancelReason))
    }

    /// By number or name; its number.
    pub(crate) fn id_type(&self) -> Result<String, Problem> {
        let text = self.plain()?;
        let found = ID_TYPES.iter().find(|(number, name)| number.to_string() == text || *name == text);
        found.map(|(number, _)| number.to_string()).ok_or_else(|| self.wrong(Expected::IdType))
    }

    pub(crate) fn patient(&self) -> Result<Patient, Problem> {
        let text = self.plain()?;
        let found = Patient::ALL.iter().find(|p| p.byte().to_string() == text || p.name_zh() == text);
        found.copied().ok_or_else(|| self.wrong(Expected::Patient))
    }

    pub(crate) fn digest(&self) -> Result<Digest, Problem> {
        let text = self.plain()?;
        let form = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        Digest::from_hex(&text).filter(|_| form).ok_or_else(|| self.wrong(Expected::Sm3))
    }

    /// n16,4 of the insurance interface, in 10⁻⁴.
    pub(crate) fn quantity(&self) -> Result<u64, Problem> {
        let scaled = decimal(&self.decimal_text(), 4).and_then(|q| u64::try_from(q).ok());
        scaled.filter(|q| *q > 0).ok_or_else(|| self.wrong(Expected::Quantity))
    }

    /// Tenths of a degree.
    pub(crate) fn celsius(&self) -> Result<i16, Problem> {
        let tenths = decimal(&self.decimal_text(), 1).and_then(|t| i16::try_from(t).ok());
        tenths.ok_or_else(|| self.wrong(Expected::Celsius))
    }

    /// A number as written; a spreadsheet's number with the digits that it shows.
    fn decimal_text(&self) -> String {
        match self {
            Cell::Number(number) => number.to_string(),
            Cell::Text(text) => text.clone(),
            _ => String::new(),
        }
    }

    /// Text that goes on public record.
    pub(crate) fn public_text(&self) -> Result<String, Problem> {
        let text = self.plain()?;
        let digits = text.as_bytes().split(|b| !b.is_ascii_digit()).map(<[u8]>::len).max().unwrap_or(0);
        if digits >= PERSON_DIGITS_MIN || text.chars().count() > PUBLIC_TEXT_CHARS_MAX {
            return Err(self.wrong(Expected::PublicText));
        }
        Ok(text)
    }

    pub(crate) fn bill_time(&self) -> Result<BillTime, Problem> {
        match self {
            Cell::Date(date) => Ok(*date),
            other => parse_time(&other.plain()?).ok_or_else(|| self.wrong(Expected::Date)),
        }
    }
}

/// `8.38579E+19` and the like: what a spreadsheet leaves of twenty digits.
pub(crate) fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    digits(whole) && digits(fraction) && digits(exponent)
}

/// `2026-11-23`, `2026/11/23`, `2026/1/3`, `20261123`, each with or without ` 09:30` or ` 09:30:00` (or `T`).
pub(crate) fn parse_time(text: &str) -> Option<BillTime> {
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date, Some(parse_clock(time.trim())?)),
        None => (text, None),
    };
    Some(BillTime { date: parse_date(date)?, time })
}

/// A date without time.
pub(crate) fn parse_date(text: &str) -> Option<CalendarDate> {
    let number = |t: &str, max: usize| {
        let ok = (1..=max).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit());
        ok.then(|| t.parse::<u32>().ok()).flatten()
    };
    let separator = if text.contains('-') { '-' } else { '/' };
    let parts: Vec<&str> = text.split(separator).collect();
    match parts.as_slice() {
        [whole] if whole.len() == 8 && whole.is_ascii() => {
            CalendarDate::new(number(&whole[..4], 4)?, number(&whole[4..6], 2)?, number(&whole[6..], 2)?)
        }
        [year, month, day] if year.len() == 4 => {
            CalendarDate::new(number(year, 4)?, number(month, 2)?, number(day, 2)?)
        }
        _ => None,
    }
}

fn parse_clock(text: &str) -> Option<(u8, u8, u8)> {
    let mut parts = text.split(':').map(|t| {
        let ok = (1..=2).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit());
        ok.then(|| t.parse::<u8>().ok()).flatten()
    });
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    (parts.next().is_none() && hour < 24 && minute < 60 && second < 60).then_some((hour, minute, second))
}

/// Other names of bill types that files use.
const ALIASES: [(u16, &str); 6] = [
    (107, "供货入库"),
    (209, "供货出库"),
    (321, "零售"),
    (321, "使用出库(零售)"),
    (322, "接种"),
    (237, "直调退货出库"),
];

/// Number of a bill type given by number or Chinese name; `None` if there is none.
pub fn bill_type(text: &str) -> Option<u16> {
    let number = text.parse::<u16>().ok();
    let named = BILL_TYPES.iter().find(|b| Some(b.code) == number || b.zh == text).map(|b| b.code);
    named.or_else(|| ALIASES.iter().find(|(_, name)| *name == text).map(|(n, _)| *n))
}

/// Chinese name of a bill type.
pub fn bill_type_name(number: u16) -> Option<&'static str> {
    BILL_TYPES.iter().find(|b| b.code == number).map(|b| b.zh)
}

/// A decimal number times 10^`places`, exactly; `None` for more decimals than that.
fn decimal(text: &str, places: usize) -> Option<i64> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || fraction.len() > places || !digits(whole) || !digits(fraction) {
        return None;
    }
    let scaled: i64 = format!("{whole}{fraction:0<places$}").parse().ok()?;
    Some(if negative { -scaled } else { scaled })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_three_forms_and_no_other() {
        for (text, shown) in [
            ("2026-11-23", "2026-11-23"),
            ("2026/11/23", "2026-11-23"),
            ("2026/1/3", "2026-01-03"),
            ("20261123", "2026-11-23"),
            ("2026-11-23 09:30", "2026-11-23 09:30:00"),
            ("20261123 9:30:15", "2026-11-23 09:30:15"),
            ("2026/11/23T23:59:59", "2026-11-23 23:59:59"),
        ] {
            assert_eq!(parse_time(text).map(|t| t.to_string()).as_deref(), Some(shown), "{text}");
        }
        for bad in [
            "",
            "2026-13-01",
            "2026-02-30",
            "26-11-23",
            "2026-11-23 24:00",
            "2026-11/23",
            "２０２６1123",
            "2026112",
            "23.11.2026",
            "2026-11-23 9",
            "2026-11-23 09:30:00:00",
            "+026-11-23",
        ] {
            assert_eq!(parse_time(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_excel_leaves_of_a_code_is_seen() {
        for damaged in ["8.38579E+19", "8.38579e19", "8E+19", "8.385793E19"] {
            assert_eq!(Cell::text(damaged).code(), Err(Problem::CodeSavedAsNumber), "{damaged}");
        }
        assert_eq!(Cell::Number(1.0).code(), Err(Problem::CodeSavedAsNumber));
        for code in ["83857930000879766660", "8385793-0000879766660", "(01)06924561884074(21)1E5"] {
            assert_eq!(Cell::text(code).code().as_deref(), Ok(code));
        }
        assert_eq!(Cell::Empty.code(), Err(Problem::Missing));
    }

    #[test]
    fn decimals_are_exact_or_refused() {
        for (text, places, scaled) in [
            ("12", 4, Some(120_000)),
            ("0.5", 4, Some(5_000)),
            ("1.2345", 4, Some(12_345)),
            ("-0.5", 1, Some(-5)),
            ("8", 1, Some(80)),
            ("1.23456", 4, None),
            ("", 4, None),
            ("-", 1, None),
            ("1e3", 4, None),
            (".5", 4, None),
            ("1234567890123", 4, None),
        ] {
            assert_eq!(decimal(text, places), scaled, "{text}");
        }
        assert_eq!(Cell::Number(2.5).celsius(), Ok(25));
        assert_eq!(Cell::text("7.5").quantity(), Ok(75_000));
        assert!(Cell::text("0").quantity().is_err() && Cell::text("-1").quantity().is_err());
        assert!(Cell::text("2.55").celsius().is_err() && Cell::Empty.celsius().is_err());
    }

    #[test]
    fn reasons_and_kinds_of_papers_by_number_and_name() {
        assert_eq!(Cell::text("霉变").cancel_reason(), Ok(2));
        assert_eq!(Cell::Number(4.0).cancel_reason(), Ok(4));
        assert!(Cell::text("5").cancel_reason().is_err() && Cell::text("召回").cancel_reason().is_err());
        assert_eq!(Cell::text("医保卡").id_type().as_deref(), Ok("4"));
        assert_eq!(Cell::Number(9.0).id_type().as_deref(), Ok("9"));
        assert!(Cell::text("7").id_type().is_err() && Cell::text("驾驶证").id_type().is_err());
    }

    #[test]
    fn bill_types_by_number_and_name() {
        assert_eq!(bill_type("201"), Some(201));
        assert_eq!(bill_type("销售出库"), Some(201));
        assert_eq!(bill_type("零售出库"), Some(321));
        assert_eq!(bill_type("999"), None);
        assert_eq!(bill_type_name(102), Some("采购入库"));
        assert_eq!(Cell::Number(201.0).bill_type(), Ok(201));
        assert!(Cell::Number(201.5).bill_type().is_err());
    }

    #[test]
    fn numbers_that_lost_digits_are_no_document_numbers() {
        assert_eq!(Cell::Number(20_261_123.0).document_no().as_deref(), Ok("20261123"));
        assert!(Cell::Number(8.38579e19).document_no().is_err());
        assert!(Cell::text("8.38579E+19").document_no().is_err());
        assert!(Cell::text(&"单".repeat(65)).document_no().is_err());
    }
}
