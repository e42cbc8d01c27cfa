//! Values of cells: dates, bill types, organisations, document numbers, codes.

use super::error::{Expected, Problem, shortened};
use bencao_genesis::{CalendarDate, OrgId};

/// Longest trace code text accepted before parsing, characters (a GS1 element string with every identifier is shorter).
pub(super) const CODE_CHARS_MAX: usize = 200;
/// Longest document number, characters.
pub const DOCUMENT_NO_CHARS_MAX: usize = 64;
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

/// Bill types of domain §3.1 by number and name.
const BILL_TYPES: [(u16, &str); 52] = [
    (101, "生产入库"),
    (102, "采购入库"),
    (103, "退货入库"),
    (104, "调拨入库"),
    (106, "零头入库"),
    (107, "供应入库"),
    (108, "召回入库"),
    (109, "打标入库"),
    (110, "赠品入库"),
    (111, "盘盈入库"),
    (112, "报废入库"),
    (113, "其他入库"),
    (114, "临床-采购入库"),
    (115, "临床-退货入库"),
    (116, "消费者退货入库"),
    (117, "临床-替换入库"),
    (118, "报溢入库"),
    (119, "新鲜制剂入库"),
    (120, "委托退货入库指令"),
    (201, "销售出库"),
    (202, "退货出库"),
    (203, "调拨出库"),
    (204, "返工出库"),
    (205, "销毁出库"),
    (206, "抽检出库"),
    (207, "直调出库"),
    (208, "生产出库"),
    (209, "供应出库"),
    (211, "召回出库"),
    (212, "赠品出库"),
    (214, "盘亏出库"),
    (215, "损坏出库"),
    (216, "报废出库"),
    (217, "其他出库"),
    (218, "临床-退货出库"),
    (219, "临床-销毁出库"),
    (220, "报损出库"),
    (221, "冻存出库至清洗"),
    (222, "委托调拨出库指令"),
    (223, "委托销售出库指令"),
    (237, "直调退货"),
    (320, "内部使用"),
    (321, "零售出库"),
    (322, "疫苗接种"),
    (323, "使用出库"),
    (326, "B2C出库"),
    (327, "临床-领药出库"),
    // Other names of the same types.
    (107, "供货入库"),
    (209, "供货出库"),
    (321, "零售"),
    (322, "接种"),
    (237, "直调退货出库"),
];

/// Number of a bill type given by number or Chinese name; `None` if there is none.
pub fn bill_type(text: &str) -> Option<u16> {
    let number = text.parse::<u16>().ok();
    BILL_TYPES.iter().find(|(n, name)| Some(*n) == number || *name == text).map(|(n, _)| *n)
}

/// Chinese name of a bill type.
pub fn bill_type_name(number: u16) -> Option<&'static str> {
    BILL_TYPES.iter().find(|(n, _)| *n == number).map(|(_, name)| *name)
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
