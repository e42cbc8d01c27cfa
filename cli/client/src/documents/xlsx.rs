//! XLSX: the first sheet, cell by cell, after every part of the archive has been measured by unpacking it into nothing:
//! the sizes that an archive declares are not believed, and a far-away cell reserves no memory.

use super::error::{ImportError, Place, Problem};
use super::table::Table;
use super::values::{BillTime, Cell};
use super::{COLUMNS_MAX, Documents, UNPACKED_BYTES_MAX};
use bencao_genesis::CalendarDate;
use calamine::{DataRef, ExcelDateTime, Reader as _, Xlsx};
use std::io::{self, Cursor, Read as _};

/// Parts of an archive.
const PARTS_MAX: usize = 1_000;

pub(crate) fn parse(place: &Place, bytes: Vec<u8>) -> Result<Documents, ImportError> {
    measure(place, &bytes)?;
    let malformed = |e: calamine::XlsxError| place.whole(Problem::Malformed(e.to_string()));
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(malformed)?;
    let sheet = book.sheet_names().first().cloned().ok_or_else(|| place.whole(Problem::Empty))?;
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(malformed)?;
    let mut rows = Rows { place, table: None, row: 0, cells: Vec::new() };
    while let Some(cell) = cells.next_cell().map_err(malformed)? {
        let (row, column) = cell.get_position();
        let value = value(cell.get_value());
        if value == Cell::Empty {
            continue;
        }
        rows.cell(row, column, value)?;
    }
    rows.finish()
}

/// Unpacks every part into nothing, within the limit.
fn measure(place: &Place, bytes: &[u8]) -> Result<(), ImportError> {
    let malformed = |text: String| place.whole(Problem::Malformed(text));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| malformed(e.to_string()))?;
    if archive.len() > PARTS_MAX {
        return Err(place.whole(Problem::TooMany(PARTS_MAX as u64)));
    }
    let mut left = UNPACKED_BYTES_MAX;
    for i in 0..archive.len() {
        let part = archive.by_index(i).map_err(|e| malformed(e.to_string()))?;
        let size = io::copy(&mut part.take(left + 1), &mut io::sink()).map_err(|e| malformed(e.to_string()))?;
        left = left.checked_sub(size).ok_or_else(|| place.whole(Problem::TooLarge(UNPACKED_BYTES_MAX)))?;
    }
    Ok(())
}

/// Cells, which come row by row, to rows of the table.
struct Rows<'a> {
    place: &'a Place,
    table: Option<Table<'a>>,
    row: u32,
    cells: Vec<Cell>,
}

impl<'a> Rows<'a> {
    fn cell(&mut self, row: u32, column: u32, value: Cell) -> Result<(), ImportError> {
        if row != self.row {
            self.end_row()?;
            self.row = row;
        }
        let column = column as usize;
        if column >= COLUMNS_MAX {
            return Err(self.place.line(u64::from(row) + 1, Problem::TooMany(COLUMNS_MAX as u64)));
        }
        if self.cells.len() <= column {
            self.cells.resize(column + 1, Cell::Empty);
        }
        self.cells[column] = value;
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), ImportError> {
        let cells = std::mem::take(&mut self.cells);
        if cells.is_empty() {
            return Ok(());
        }
        let line = u64::from(self.row) + 1;
        match &mut self.table {
            Some(table) => table.row(line, &cells),
            None => {
                let titles: Vec<String> = cells.iter().map(title).collect();
                self.table = Some(Table::new(self.place, line, &titles)?);
                Ok(())
            }
        }
    }

    fn finish(mut self) -> Result<Documents, ImportError> {
        self.end_row()?;
        self.table.ok_or_else(|| self.place.whole(Problem::Empty))?.finish()
    }
}

fn title(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        other => other.shown(),
    }
}

fn value(data: &DataRef<'_>) -> Cell {
    match data {
        DataRef::Empty => Cell::Empty,
        DataRef::String(text) => Cell::text(text),
        DataRef::SharedString(text) => Cell::text(text),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::text(text),
        // Every number of an XLSX file is a double; 2^53 bounds what it holds exactly.
        DataRef::Int(number) => Cell::Number(*number as f64),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::DateTime(date) => excel_date(date),
        DataRef::Bool(value) => Cell::Text(if *value { "TRUE" } else { "FALSE" }.into()),
        DataRef::Error(error) => Cell::Text(error.to_string()),
    }
}

fn excel_date(date: &ExcelDateTime) -> Cell {
    let serial = date.as_f64();
    // Days from 1900-03-01 to 9999-12-31; before that Excel's calendar has a day that never was.
    if !(61.0..2_958_466.0).contains(&serial) {
        return Cell::Number(serial);
    }
    let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
    let time = (serial.fract() != 0.0).then_some((hour, minute, second));
    match CalendarDate::new(year.into(), month.into(), day.into()) {
        Some(date) => Cell::Date(BillTime { date, time }),
        None => Cell::Number(serial),
    }
}
