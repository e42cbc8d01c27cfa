//! Rows of a table to documents, shared by CSV and XLSX.

use super::columns::{Column, Header, header};
use super::error::{ImportError, Place, Problem, shortened};
use super::values::Cell;
use super::{CODES_MAX, COLUMNS_MAX, Documents, Movement, MovementCode};
use std::collections::BTreeSet;

/// Builds documents from a header row and data rows.
pub(crate) struct Table<'a> {
    place: &'a Place,
    columns: Vec<Option<Column>>,
    off_ledger: Vec<&'static str>,
    movements: Vec<Movement>,
    /// Cells of the first row of the current document.
    first: Vec<Cell>,
    seen: BTreeSet<String>,
    codes: u64,
}

impl<'a> Table<'a> {
    /// Reads the header row.
    pub(crate) fn new(place: &'a Place, line: u64, titles: &[String]) -> Result<Table<'a>, ImportError> {
        if titles.len() > COLUMNS_MAX {
            return Err(place.line(line, Problem::TooMany(COLUMNS_MAX as u64)));
        }
        let mut columns = Vec::with_capacity(titles.len());
        let mut off_ledger = Vec::new();
        for title in titles {
            let unknown = || place.line(line, Problem::Unknown(shortened(title)));
            let column = match (header(title), title.trim().is_empty()) {
                (_, true) => None,
                (Some(Header::Used(column)), _) if columns.contains(&Some(column)) => {
                    return Err(place.line(line, Problem::Repeated(shortened(title))));
                }
                (Some(Header::Used(column)), _) => Some(column),
                (Some(Header::OffLedger(name)), _) => {
                    off_ledger.push(name);
                    None
                }
                (None, false) => return Err(unknown()),
            };
            columns.push(column);
        }
        for needed in [Column::BillCode, Column::BillType, Column::TraceCode] {
            if !columns.contains(&Some(needed)) {
                return Err(place.field(line, needed.name(), Problem::Missing));
            }
        }
        let (movements, first, seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        Ok(Table { place, columns, off_ledger, movements, first, seen, codes: 0 })
    }

    /// Reads a data row; a row of empty cells is passed over.
    pub(crate) fn row(&mut self, line: u64, cells: &[Cell]) -> Result<(), ImportError> {
        if cells.iter().all(|c| *c == Cell::Empty) {
            return Ok(());
        }
        let cell = |column| self.columns.iter().position(|c| *c == Some(column)).and_then(|i| cells.get(i));
        let at = |column: Column| move |problem| (column, problem);
        let read = || {
            let number = cell(Column::BillCode).unwrap_or(&Cell::Empty).document_no().map_err(at(Column::BillCode))?;
            let code = cell(Column::TraceCode).unwrap_or(&Cell::Empty).code().map_err(at(Column::TraceCode))?;
            Ok((number, code))
        };
        let (number, code) =
            read().map_err(|(column, problem): (Column, _)| self.place.field(line, column.name(), problem))?;
        self.codes += 1;
        if self.codes > CODES_MAX {
            return Err(self.place.line(line, Problem::TooMany(CODES_MAX)));
        }
        if self.movements.last().is_some_and(|m| m.bill_code == number) {
            self.check_same(line, cells)?;
        } else {
            self.begin(line, number, cells)?;
        }
        self.movements.last_mut().expect("begun above").trace_codes.push(MovementCode { line, code });
        Ok(())
    }

    /// Rows below the first repeat its values or leave them empty.
    fn check_same(&self, line: u64, cells: &[Cell]) -> Result<(), ImportError> {
        for (i, column) in self.columns.iter().enumerate() {
            let Some(column) = column else { continue };
            let (Some(cell), first) = (cells.get(i), self.first.get(i).unwrap_or(&Cell::Empty)) else { continue };
            if *column != Column::TraceCode && *cell != Cell::Empty && cell != first {
                let problem = Problem::Differs { first: first.shown(), actual: cell.shown() };
                return Err(self.place.field(line, column.name(), problem));
            }
        }
        Ok(())
    }

    fn begin(&mut self, line: u64, bill_code: String, cells: &[Cell]) -> Result<(), ImportError> {
        // Rows of one document stand together; a number that comes back is a mistake in sorting or numbering.
        if !self.seen.insert(bill_code.clone()) {
            let problem = Problem::Repeated(shortened(&bill_code));
            return Err(self.place.field(line, Column::BillCode.name(), problem));
        }
        let row = Row { place: self.place, line, columns: &self.columns, cells };
        self.movements.push(Movement {
            line,
            bill_code,
            bill_type: row
                .read(Column::BillType, Cell::bill_type)?
                .ok_or_else(|| self.place.field(line, Column::BillType.name(), Problem::Missing))?,
            bill_time: row.read(Column::BillTime, Cell::bill_time)?,
            ref_user_id: row.read(Column::RefUserId, Cell::organisation)?,
            from_user_id: row.read(Column::FromUserId, Cell::organisation)?,
            to_user_id: row.read(Column::ToUserId, Cell::organisation)?,
            from_bill_code: row.read(Column::FromBillCode, Cell::document_no)?,
            order_code: row.read(Column::OrderCode, Cell::free_text)?,
            dis_ent_id: row.read(Column::DisEntId, Cell::organisation)?,
            from_address: row.read(Column::FromAddress, Cell::free_text)?,
            to_address: row.read(Column::ToAddress, Cell::free_text)?,
            rxno: row.read(Column::Rxno, Cell::free_text)?,
            trace_codes: Vec::new(),
        });
        self.first = cells.to_vec();
        Ok(())
    }

    /// All documents.
    pub(crate) fn finish(self) -> Result<Documents, ImportError> {
        if self.movements.is_empty() {
            return Err(self.place.whole(Problem::Empty));
        }
        Ok(Documents { movements: self.movements, off_ledger: self.off_ledger })
    }
}

struct Row<'a> {
    place: &'a Place,
    line: u64,
    columns: &'a [Option<Column>],
    cells: &'a [Cell],
}

impl Row<'_> {
    /// The value of a column, `None` if the column is absent or the cell empty.
    fn read<T>(&self, column: Column, parse: fn(&Cell) -> Result<T, Problem>) -> Result<Option<T>, ImportError> {
        let cell = self.columns.iter().position(|c| *c == Some(column)).and_then(|i| self.cells.get(i));
        match cell {
            None | Some(Cell::Empty) => Ok(None),
            Some(cell) => parse(cell).map(Some).map_err(|problem| self.place.field(self.line, column.name(), problem)),
        }
    }
}
