//! CSV: comma, semicolon or tab, decided by the header line; LF or CRLF; quotes of RFC 4180.

use super::error::{ImportError, Place, Problem};
use super::table::Table;
use super::values::Cell;
use super::{COLUMNS_MAX, Documents, text};

pub(crate) fn parse(place: &Place, bytes: Vec<u8>) -> Result<Documents, ImportError> {
    let text = text::decode(bytes).ok_or_else(|| place.whole(Problem::Encoding))?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(&text))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut table: Option<Table<'_>> = None;
    let mut record = csv::StringRecord::new();
    let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
    loop {
        let more = reader.read_record(&mut record).map_err(|e| malformed(place, &e))?;
        if !more {
            break;
        }
        let line = lines.at(record.position().map_or(0, |p| p.byte() as usize));
        if record.len() > COLUMNS_MAX {
            return Err(place.line(line, Problem::TooMany(COLUMNS_MAX as u64)));
        }
        match &mut table {
            None => {
                let titles: Vec<String> = record.iter().map(str::to_owned).collect();
                table = Some(Table::new(place, line, &titles)?);
            }
            Some(table) => {
                let cells: Vec<Cell> = record.iter().map(Cell::text).collect();
                table.row(line, &cells)?;
            }
        }
    }
    table.ok_or_else(|| place.whole(Problem::Empty))?.finish()
}

/// Lines by byte offset. The reader's own count is that of the end of the record before, which is a line less after CRLF
/// and knows nothing of blank lines.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// Line of the first character of the record that was searched for from `offset` on; offsets ascend.
    fn at(&mut self, offset: usize) -> u64 {
        let blank = self.text.iter().skip(offset).take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let end = (offset + blank).min(self.text.len());
        self.line += self.text[self.at.min(end)..end].iter().filter(|b| **b == b'\n').count() as u64;
        self.at = end;
        self.line
    }
}

fn delimiter(text: &str) -> u8 {
    let header = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    let count = |c: char| header.matches(c).count();
    // Comma first: it wins a draw.
    [(',', b','), (';', b';'), ('\t', b'\t')].into_iter().rev().max_by_key(|(c, _)| count(*c)).map_or(b',', |(_, b)| b)
}

fn malformed(place: &Place, error: &csv::Error) -> ImportError {
    let problem = Problem::Malformed(error.to_string());
    match error.position() {
        Some(position) => place.line(position.line(), problem),
        None => place.whole(problem),
    }
}
