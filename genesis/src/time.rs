//! Block time and calendar dates, in integers. Dates are those of fixed UTC+8 (D11, D13): China has no summer time, and
//! no time-zone database may decide what nodes agree on.

use bincode::{Decode, Encode, de::Decoder, error::DecodeError};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimestampMs(pub u64);

/// Milliseconds of the offset UTC+8.
const CHINA_OFFSET_MS: u64 = 8 * 3_600_000;
const DAY_MS: u64 = 86_400_000;

impl TimestampMs {
    /// The date of this instant in UTC+8.
    pub fn china_date(self) -> CalendarDate {
        let days = self.0.saturating_add(CHINA_OFFSET_MS) / DAY_MS;
        CalendarDate::from_days(u32::try_from(days).unwrap_or(u32::MAX))
    }

    /// This instant plus `ms`, saturating.
    pub fn plus_ms(self, ms: u64) -> TimestampMs {
        TimestampMs(self.0.saturating_add(ms))
    }
}

/// RFC 3339 with offset +08:00 and milliseconds.
impl fmt::Display for TimestampMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let in_day = self.0.saturating_add(CHINA_OFFSET_MS) % DAY_MS;
        let (s, ms) = (in_day / 1000, in_day % 1000);
        write!(f, "{}T{:02}:{:02}:{:02}.{ms:03}+08:00", self.china_date(), s / 3600, s / 60 % 60, s % 60)
    }
}

/// A Gregorian date as days since 1970-01-01 (0 … 2 932 896 = 9999-12-31).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CalendarDate(u32);

/// 9999-12-31.
const DAYS_MAX: u32 = 2_932_896;

/// Refuses a number of days beyond 9999-12-31: no arithmetic on dates has to expect one.
impl<C> Decode<C> for CalendarDate {
    fn decode<D: Decoder<Context = C>>(d: &mut D) -> Result<Self, DecodeError> {
        let days = u32::decode(d)?;
        if days > DAYS_MAX {
            return Err(DecodeError::Other("not a date between 1970 and 9999"));
        }
        Ok(CalendarDate(days))
    }
}

bincode::impl_borrow_decode!(CalendarDate);

impl CalendarDate {
    /// The date `days` after 1970-01-01, capped at 9999-12-31.
    pub fn from_days(days: u32) -> CalendarDate {
        CalendarDate(days.min(DAYS_MAX))
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> u32 {
        self.0
    }

    /// The date, or `None` if there is no such day between 1970 and 9999.
    pub fn new(year: u32, month: u32, day: u32) -> Option<CalendarDate> {
        if !(1970..=9999).contains(&year) || day == 0 || day > days_in_month(year, month)? {
            return None;
        }
        // Days from civil (proleptic Gregorian), counting years from March.
        let y = if month <= 2 { year - 1 } else { year };
        let (era, year_of_era) = (y / 400, y % 400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Some(CalendarDate(era * 146_097 + day_of_era - 719_468))
    }

    /// (year, month, day).
    pub fn parts(self) -> (u32, u32, u32) {
        let z = self.0 + 719_468;
        let (era, doe) = (z / 146_097, z % 146_097);
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        let year = yoe + era * 400 + u32::from(month <= 2);
        (year, month, doy - (153 * mp + 2) / 5 + 1)
    }

    /// The midnight in UTC+8 that ends this day: what was due on it is overdue from then on.
    pub fn end_in_china(self) -> TimestampMs {
        TimestampMs((u64::from(self.0) + 1) * DAY_MS - CHINA_OFFSET_MS)
    }

    /// Last day of this date's month.
    pub fn month_end(self) -> CalendarDate {
        let (y, m, _) = self.parts();
        let last = days_in_month(y, m).expect("a date has a month");
        CalendarDate::new(y, m, last).expect("the last day exists")
    }

    /// Last day of a term of whole months that begins on this day: the day before the day of the same number, or the
    /// last day of the last month if that has no such day.
    pub fn end_of_term(self, months: u32) -> CalendarDate {
        let (year, month, day) = self.parts();
        let count = month.saturating_add(months).saturating_sub(1);
        let (year, month) = (year.saturating_add(count / 12), count % 12 + 1);
        match CalendarDate::new(year, month, day) {
            Some(same) => CalendarDate(same.0.saturating_sub(1)),
            None => CalendarDate::new(year, month, 1).map_or(CalendarDate(DAYS_MAX), CalendarDate::month_end),
        }
    }

    /// Parses `YYYY-MM-DD`, exactly.
    pub fn parse(text: &str) -> Option<CalendarDate> {
        let bytes = text.as_bytes();
        let shape = bytes.len() == 10
            && bytes.iter().enumerate().all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
        if !shape {
            return None;
        }
        let number = |range: std::ops::Range<usize>| text.get(range).and_then(|t| t.parse().ok());
        CalendarDate::new(number(0..4)?, number(5..7)?, number(8..10)?)
    }
}

/// Number of days of a month (1–12), `None` for another month.
pub fn days_in_month(year: u32, month: u32) -> Option<u32> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(28 + u32::from(leap)),
        _ => None,
    }
}

impl fmt::Display for CalendarDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (y, m, d) = self.parts();
        write!(f, "{y:04}-{m:02}-{d:02}")
    }
}

impl fmt::Debug for CalendarDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is not a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a date YYYY-MM-DD between 1970 and 9999")]
pub struct DateError;

impl TryFrom<String> for CalendarDate {
    type Error = DateError;
    fn try_from(text: String) -> Result<CalendarDate, DateError> {
        CalendarDate::parse(&text).ok_or(DateError)
    }
}

impl From<CalendarDate> for String {
    fn from(date: CalendarDate) -> String {
        date.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_round_trips_and_is_the_next_of_the_one_before() {
        let mut expected = (1970, 1, 1);
        for days in 0..=DAYS_MAX {
            let date = CalendarDate(days);
            assert_eq!(date.parts(), expected);
            assert_eq!(CalendarDate::new(expected.0, expected.1, expected.2), Some(date));
            let (y, m, d) = expected;
            expected = if d < days_in_month(y, m).unwrap() {
                (y, m, d + 1)
            } else if m < 12 {
                (y, m + 1, 1)
            } else {
                (y + 1, 1, 1)
            };
        }
    }

    #[test]
    fn only_exact_dates_parse() {
        assert_eq!(CalendarDate::parse("2027-10-23").unwrap().to_string(), "2027-10-23");
        for bad in ["2027-2-03", "2027-02-30", "20270203", "2027-13-01", "1969-12-31", "2027-10-23 ", "+027-10-23"] {
            assert_eq!(CalendarDate::parse(bad), None, "{bad}");
        }
        assert_eq!(CalendarDate::parse("2024-02-05").unwrap().month_end().to_string(), "2024-02-29");
    }

    #[test]
    fn a_term_ends_on_the_day_before_the_day_of_the_same_number() {
        for (made, months, last) in [
            ("2026-10-24", 12, "2027-10-23"),
            ("2026-11-01", 24, "2028-10-31"),
            ("2026-08-31", 6, "2027-02-28"),
            ("2026-12-30", 14, "2028-02-29"),
            ("2028-02-29", 12, "2029-02-28"),
            ("2026-12-05", 1, "2027-01-04"),
            ("2026-12-05", 0, "2026-12-04"),
            ("9999-06-01", 12, "9999-12-31"),
        ] {
            assert_eq!(CalendarDate::parse(made).unwrap().end_of_term(months).to_string(), last, "{made} + {months}");
        }
    }

    #[test]
    fn block_time_is_shown_and_dated_in_utc_plus_8() {
        let t = TimestampMs(1_795_449_599_999); // 2026-11-23T15:59:59.999Z
        assert_eq!(t.to_string(), "2026-11-23T23:59:59.999+08:00");
        assert_eq!(t.plus_ms(1).to_string(), "2026-11-24T00:00:00.000+08:00");
        assert_eq!(t.china_date().end_in_china(), t.plus_ms(1));
    }
}
