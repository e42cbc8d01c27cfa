//! JSON: one movement document or a list of them, with the field names of the platform.

use super::columns::{Column, Header, header};
use super::error::{ImportError, Place, Problem, shortened};
use super::values::{BillTime, Cell};
use super::{CODES_MAX, Documents, Movement, MovementCode, text};
use bencao_genesis::OrgId;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

/// What serde's errors cannot carry: the field and problem that ended the reading, and what was passed over.
#[derive(Default)]
struct Notes {
    fault: RefCell<Option<(String, Problem)>>,
    off_ledger: RefCell<Vec<&'static str>>,
    codes: RefCell<u64>,
}

impl Notes {
    fn fault<E: Error>(&self, field: &str, problem: Problem) -> E {
        let error = E::custom(problem.to_string());
        *self.fault.borrow_mut() = Some((field.into(), problem));
        error
    }
}

pub(crate) fn parse(place: &Place, bytes: Vec<u8>) -> Result<Documents, ImportError> {
    let text = text::decode(bytes).ok_or_else(|| place.whole(Problem::Encoding))?;
    let notes = Notes::default();
    let mut reader = serde_json::Deserializer::from_str(&text);
    let read = DocumentsSeed(&notes).deserialize(&mut reader).and_then(|m| reader.end().map(|()| m));
    let movements = read.map_err(|error| {
        let line = error.line() as u64;
        match notes.fault.take() {
            Some((field, problem)) => place.field(line, &field, problem),
            None => place.line(line, Problem::Malformed(error.to_string())),
        }
    })?;
    if movements.is_empty() {
        return Err(place.whole(Problem::Empty));
    }
    Ok(Documents { movements, off_ledger: notes.off_ledger.take() })
}

/// A document or a list of documents.
struct DocumentsSeed<'a>(&'a Notes);

impl<'de> DeserializeSeed<'de> for DocumentsSeed<'_> {
    type Value = Vec<Movement>;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Vec<Movement>, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for DocumentsSeed<'_> {
    type Value = Vec<Movement>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a movement document or a list of them")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<Movement>, A::Error> {
        Ok(vec![DocumentSeed { notes: self.0, index: 0 }.visit_map(map)?])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Movement>, A::Error> {
        let mut movements: Vec<Movement> = Vec::new();
        while let Some(movement) =
            list.next_element_seed(DocumentSeed { notes: self.0, index: movements.len() as u64 })?
        {
            movements.push(movement);
        }
        Ok(movements)
    }
}

/// One document. JSON has no rows, so the number of the document stands for its line.
struct DocumentSeed<'a> {
    notes: &'a Notes,
    index: u64,
}

impl<'de> DeserializeSeed<'de> for DocumentSeed<'_> {
    type Value = Movement;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Movement, D::Error> {
        d.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for DocumentSeed<'_> {
    type Value = Movement;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a movement document")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Movement, A::Error> {
        let notes = self.notes;
        let mut cells: BTreeMap<Column, Cell> = BTreeMap::new();
        let mut codes: Option<Vec<String>> = None;
        while let Some(key) = map.next_key::<String>()? {
            let column = match header(&key) {
                Some(Header::Used(column)) => column,
                Some(Header::OffLedger(name)) => {
                    map.next_value::<IgnoredAny>()?;
                    let mut off_ledger = notes.off_ledger.borrow_mut();
                    if !off_ledger.contains(&name) {
                        off_ledger.push(name);
                    }
                    continue;
                }
                None => return Err(notes.fault(&shortened(&key), Problem::Unknown(shortened(&key)))),
            };
            let repeated = cells.contains_key(&column) || (column == Column::TraceCode && codes.is_some());
            if repeated {
                return Err(notes.fault(&key, Problem::Repeated(shortened(&key))));
            }
            if column == Column::TraceCode {
                codes = Some(map.next_value_seed(CodesSeed(notes))?);
            } else {
                cells.insert(column, map.next_value_seed(CellSeed { notes, column })?);
            }
        }
        let codes = codes.filter(|c| !c.is_empty());
        let codes = codes.ok_or_else(|| notes.fault("trace_codes", Problem::Missing))?;
        self.movement(&cells, codes)
    }
}

impl DocumentSeed<'_> {
    fn movement<E: Error>(&self, cells: &BTreeMap<Column, Cell>, codes: Vec<String>) -> Result<Movement, E> {
        let line = self.index + 1;
        let organisation = |c| self.read(cells, c, Cell::organisation);
        let number = |c| self.read(cells, c, Cell::document_no);
        let text = |c| self.read(cells, c, Cell::free_text);
        let needed = |c: Column| self.notes.fault(c.name(), Problem::Missing);
        Ok(Movement {
            line,
            bill_code: number(Column::BillCode)?.ok_or_else(|| needed(Column::BillCode))?,
            bill_type: self.read(cells, Column::BillType, Cell::bill_type)?.ok_or_else(|| needed(Column::BillType))?,
            bill_time: self.read::<BillTime, E>(cells, Column::BillTime, Cell::bill_time)?,
            ref_user_id: organisation(Column::RefUserId)?,
            from_user_id: organisation(Column::FromUserId)?,
            to_user_id: organisation(Column::ToUserId)?,
            from_bill_code: number(Column::FromBillCode)?,
            order_code: text(Column::OrderCode)?,
            dis_ent_id: self.read::<OrgId, E>(cells, Column::DisEntId, Cell::organisation)?,
            from_address: text(Column::FromAddress)?,
            to_address: text(Column::ToAddress)?,
            rxno: text(Column::Rxno)?,
            trace_codes: codes.into_iter().map(|code| MovementCode { line, code }).collect(),
        })
    }

    fn read<T, E: Error>(
        &self,
        cells: &BTreeMap<Column, Cell>,
        column: Column,
        parse: fn(&Cell) -> Result<T, Problem>,
    ) -> Result<Option<T>, E> {
        match cells.get(&column) {
            None | Some(Cell::Empty) => Ok(None),
            Some(cell) => parse(cell).map(Some).map_err(|problem| self.notes.fault(column.name(), problem)),
        }
    }
}

/// Text, a number written without quotes, or null.
struct CellSeed<'a> {
    notes: &'a Notes,
    column: Column,
}

impl<'de> DeserializeSeed<'de> for CellSeed<'_> {
    type Value = Cell;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Cell, D::Error> {
        d.deserialize_any(self)
    }
}

impl Visitor<'_> for CellSeed<'_> {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text for {}", self.column.name())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Cell, E> {
        Ok(Cell::text(text))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Cell, E> {
        self.number(number as f64)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Cell, E> {
        self.number(number)
    }

    fn visit_unit<E: Error>(self) -> Result<Cell, E> {
        Ok(Cell::Empty)
    }
}

impl CellSeed<'_> {
    fn number<E: Error>(self, number: f64) -> Result<Cell, E> {
        match self.column {
            Column::TraceCode => Err(self.notes.fault("trace_codes", Problem::CodeSavedAsNumber)),
            _ => Ok(Cell::Number(number)),
        }
    }
}

/// The list of codes.
struct CodesSeed<'a>(&'a Notes);

impl<'de> DeserializeSeed<'de> for CodesSeed<'_> {
    type Value = Vec<String>;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Vec<String>, D::Error> {
        d.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for CodesSeed<'_> {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of trace codes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
        let mut codes = Vec::new();
        while let Some(cell) = list.next_element_seed(CellSeed { notes: self.0, column: Column::TraceCode })? {
            codes.push(cell.code().map_err(|problem| self.0.fault("trace_codes", problem))?);
            let mut total = self.0.codes.borrow_mut();
            *total += 1;
            if *total > CODES_MAX {
                return Err(self.0.fault("trace_codes", Problem::TooMany(CODES_MAX)));
            }
        }
        Ok(codes)
    }
}
