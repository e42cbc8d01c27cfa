//! Rows of a table to documents, shared by CSV and XLSX.

use super::columns::{Column, Header, header};
use super::error::{ImportError, Place, Problem, shortened};
use super::fields::{self, Cells};
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
            let column = match (header(title), title.trim().is_empty()) {
                (_, true) => None,
                (Some(Header::Used(column)), _) if columns.contains(&Some(column)) => {
                    place.note(place.line(line, Problem::Repeated(shortened(title))));
                    None
                }
                (Some(Header::Used(column)), _) => Some(column),
                (Some(Header::OffLedger(name)), _) => {
                    off_ledger.push(name);
                    None
                }
                (None, false) => {
                    place.note(place.line(line, Problem::Unknown(shortened(title))));
                    None
                }
            };
            columns.push(column);
        }
        // Without these no row can be read.
        for needed in [Column::BillCode, Column::BillType, Column::TraceCode] {
            if !columns.contains(&Some(needed)) {
                return Err(place.field(line, needed.name(), Problem::Missing));
            }
        }
        let (movements, first, seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        Ok(Table { place, columns, off_ledger, movements, first, seen, codes: 0 })
    }

    /// Reads a data row; a row of empty cells is passed over. A row without a document number says nothing more.
    pub(crate) fn row(&mut self, line: u64, cells: &[Cell]) -> Result<(), ImportError> {
        if cells.iter().all(|c| *c == Cell::Empty) {
            return Ok(());
        }
        self.codes += 1;
        if self.codes > CODES_MAX {
            return Err(self.place.line(line, Problem::TooMany(CODES_MAX)));
        }
        let row = Row { place: self.place, line, columns: &self.columns, cells };
        let number = row.own(Column::BillCode, Cell::document_no);
        let code = row.own(Column::TraceCode, Cell::code);
        let quantity = row.quantity();
        let Some(number) = number else { return Ok(()) };
        if self.movements.last().is_some_and(|m| m.bill_code == number) {
            self.check_same(line, cells);
        } else {
            self.begin(line, number, cells);
        }
        let movement = self.movements.last_mut().expect("begun above");
        match code {
            Some(code) => movement.trace_codes.push(MovementCode { line, code, quantity }),
            None => {
                movement.damaged.insert(Column::TraceCode);
            }
        }
        Ok(())
    }

    /// Rows below the first repeat its values or leave them empty.
    fn check_same(&self, line: u64, cells: &[Cell]) {
        for (i, column) in self.columns.iter().enumerate() {
            let Some(column) = column else { continue };
            let (Some(cell), first) = (cells.get(i), self.first.get(i).unwrap_or(&Cell::Empty)) else { continue };
            let own = matches!(column, Column::TraceCode | Column::TrdnFlag | Column::SelRetnCnt);
            if !own && *cell != Cell::Empty && cell != first {
                let problem = Problem::Differs { first: first.shown(), actual: cell.shown() };
                self.place.note(self.place.field(line, column.name(), problem));
            }
        }
    }

    fn begin(&mut self, line: u64, bill_code: String, cells: &[Cell]) {
        // Rows of one document stand together; a number that comes back is a mistake in sorting or numbering.
        if !self.seen.insert(bill_code.clone()) {
            let problem = Problem::Repeated(shortened(&bill_code));
            self.place.note(self.place.field(line, Column::BillCode.name(), problem));
        }
        let row = Row { place: self.place, line, columns: &self.columns, cells };
        let mut movement = Movement { line, bill_code, ..Movement::default() };
        fields::bill_type(&mut movement, &row);
        fields::fill(&mut movement, &row);
        self.movements.push(movement);
        self.first = cells.to_vec();
    }

    /// All documents.
    pub(crate) fn finish(self) -> Result<Documents, ImportError> {
        if self.codes == 0 && self.place.is_clean() {
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
    /// A value that every row has; what is wrong with it is noted.
    fn own<T>(&self, column: Column, parse: fn(&Cell) -> Result<T, Problem>) -> Option<T> {
        let cell = self.cell(column).unwrap_or(&Cell::Empty);
        parse(cell).map_err(|problem| self.note(column, problem)).ok()
    }

    /// 拆零: what part of the code of this row.
    fn quantity(&self) -> Option<u64> {
        let split = self.cell(Column::TrdnFlag).filter(|cell| **cell != Cell::Empty);
        let split = split.map(|_| self.own(Column::TrdnFlag, Cell::yes_no)).unwrap_or_default();
        split.filter(|split| *split).and_then(|_| self.own(Column::SelRetnCnt, Cell::quantity))
    }
}

impl Cells for Row<'_> {
    fn cell(&self, column: Column) -> Option<&Cell> {
        self.columns.iter().position(|c| *c == Some(column)).and_then(|i| self.cells.get(i))
    }

    fn note(&self, column: Column, problem: Problem) {
        self.place.note(self.place.field(self.line, column.name(), problem));
    }
}
