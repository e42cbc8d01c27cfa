//! JSON: one movement document or a list of them, with the field names of the platform.

use super::columns::{Column, Header, header};
use super::error::{Expected, ImportError, Place, Problem, shortened};
use super::fields::{self, Cells};
use super::values::Cell as Value;
use super::{CODES_MAX, Documents, Movement, MovementCode, text};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Read};

/// Gives out one byte at a time, so that the line of what has just been read is known.
struct Lines<'a> {
    text: &'a [u8],
    notes: &'a Notes<'a>,
}

impl Read for Lines<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let (Some((byte, rest)), Some(slot)) = (self.text.split_first(), out.first_mut()) else { return Ok(0) };
        *slot = *byte;
        self.text = rest;
        let ended = self.notes.last.replace(*byte) == b'\n';
        self.notes.line.set(self.notes.line.get() + u64::from(ended));
        Ok(1)
    }
}

/// What serde's values cannot carry: the line, the mistakes, and what was passed over.
struct Notes<'a> {
    place: &'a Place,
    /// Line of the byte read last, from 1.
    line: Cell<u64>,
    last: Cell<u8>,
    off_ledger: RefCell<Vec<&'static str>>,
    codes: Cell<u64>,
    too_many: Cell<bool>,
}

impl Notes<'_> {
    fn note(&self, field: &str, problem: Problem) {
        self.place.note(self.place.field(self.line.get(), field, problem));
    }
}

pub(crate) fn parse(place: &Place, bytes: Vec<u8>) -> Result<Documents, ImportError> {
    let text = text::decode(bytes).ok_or_else(|| place.whole(Problem::Encoding))?;
    let notes = Notes {
        place,
        line: Cell::new(1),
        last: Cell::new(b' '),
        off_ledger: RefCell::default(),
        codes: Cell::new(0),
        too_many: Cell::new(false),
    };
    let lines = Lines { text: text.as_bytes(), notes: &notes };
    let mut reader = serde_json::Deserializer::from_reader(lines);
    let read = DocumentsSeed(&notes).deserialize(&mut reader).and_then(|m| reader.end().map(|()| m));
    let movements = read.map_err(|error| match notes.too_many.get() {
        true => place.field(error.line() as u64, Column::TraceCode.name(), Problem::TooMany(CODES_MAX)),
        false => place.line(error.line() as u64, Problem::Malformed(error.to_string())),
    })?;
    if movements.is_empty() {
        return Err(place.whole(Problem::Empty));
    }
    // One enterprise gives one number to one bill (domain §3.1).
    let mut numbers = BTreeSet::new();
    for movement in movements.iter().filter(|m| !m.damaged.contains(&Column::BillCode)) {
        if !numbers.insert(movement.bill_code.as_str()) {
            let line = movement.lines.get(&Column::BillCode).copied().unwrap_or(movement.line);
            let problem = Problem::Repeated(shortened(&movement.bill_code));
            place.note(place.field(line, Column::BillCode.name(), problem));
        }
    }
    Ok(Documents { movements, off_ledger: notes.off_ledger.take() })
}

/// A document or a list of documents.
struct DocumentsSeed<'a>(&'a Notes<'a>);

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
        Ok(vec![DocumentSeed(self.0).visit_map(map)?])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Movement>, A::Error> {
        let mut movements: Vec<Movement> = Vec::new();
        while let Some(movement) = list.next_element_seed(DocumentSeed(self.0))? {
            movements.push(movement);
        }
        Ok(movements)
    }
}

/// One document.
struct DocumentSeed<'a>(&'a Notes<'a>);

impl<'de> DeserializeSeed<'de> for DocumentSeed<'_> {
    type Value = Movement;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Movement, D::Error> {
        d.deserialize_map(self)
    }
}

/// The fields of one document with their lines.
struct Found<'a> {
    notes: &'a Notes<'a>,
    cells: BTreeMap<Column, (u64, Value)>,
    /// Line of `drug_list` and the sum of its `codeCount`, if it has such a list with a count in each entry.
    drug_list: Option<(u64, u64)>,
    /// Where the document begins.
    line: u64,
}

impl Cells for Found<'_> {
    fn cell(&self, column: Column) -> Option<&Value> {
        self.cells.get(&column).map(|(_, cell)| cell)
    }

    fn note(&self, column: Column, problem: Problem) {
        let line = self.cells.get(&column).map_or(self.line, |(line, _)| *line);
        let place = self.notes.place;
        place.note(place.field(line, column.name(), problem));
    }
}

impl<'de> Visitor<'de> for DocumentSeed<'_> {
    type Value = Movement;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a movement document")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Movement, A::Error> {
        let notes = self.0;
        let mut found = Found { notes, cells: BTreeMap::new(), drug_list: None, line: notes.line.get() };
        let mut codes: Option<(u64, Vec<MovementCode>)> = None;
        while let Some(key) = map.next_key::<String>()? {
            let column = match header(&key) {
                Some(Header::Used(column)) => column,
                Some(Header::OffLedger(name)) => {
                    let line = notes.line.get();
                    match name {
                        "drug_list" => found.drug_list = map.next_value_seed(CountSeed::List)?.map(|sum| (line, sum)),
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                    let mut off_ledger = notes.off_ledger.borrow_mut();
                    if !off_ledger.contains(&name) {
                        off_ledger.push(name);
                    }
                    continue;
                }
                None => {
                    notes.note(&shortened(&key), Problem::Unknown(shortened(&key)));
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if found.cells.contains_key(&column) || (column == Column::TraceCode && codes.is_some()) {
                notes.note(&key, Problem::Repeated(shortened(&key)));
                map.next_value::<IgnoredAny>()?;
            } else if column == Column::TraceCode {
                codes = Some(map.next_value_seed(CodesSeed(notes))?);
            } else {
                let cell = map.next_value_seed(CellSeed { column })?;
                found.cells.insert(column, (notes.line.get(), cell));
            }
        }
        Ok(found.movement(codes))
    }
}

impl Found<'_> {
    /// `codes` are how many the document names, and those that can be read.
    fn movement(&self, codes: Option<(u64, Vec<MovementCode>)>) -> Movement {
        let number = self.cell(Column::BillCode).unwrap_or(&Value::Empty).document_no();
        let lines = self.cells.iter().map(|(column, (line, _))| (*column, *line));
        let lines = lines.filter(|(_, line)| *line != self.line).collect();
        let mut movement = Movement { line: self.line, lines, ..Movement::default() };
        match number {
            Ok(number) => movement.bill_code = number,
            Err(problem) => {
                self.note(Column::BillCode, problem);
                movement.damaged.insert(Column::BillCode);
            }
        }
        fields::bill_type(&mut movement, self);
        fields::fill(&mut movement, self);
        let quantity = self.quantity();
        // 品种汇总 says what is in the document: as many codes as stand there (domain §3.4).
        if let Some((line, sum)) = self.drug_list
            && codes.as_ref().is_some_and(|(count, _)| *count != sum)
        {
            let problem = Problem::Value { expected: Expected::DrugListCount, actual: sum.to_string() };
            let place = self.notes.place;
            place.note(place.field(line, "drug_list", problem));
        }
        match codes.map(|(_, codes)| codes) {
            Some(codes) => {
                movement.trace_codes = codes.into_iter().map(|code| MovementCode { quantity, ..code }).collect();
            }
            None => {
                let place = self.notes.place;
                place.note(place.field(self.line, "trace_codes", Problem::Missing));
            }
        }
        if movement.trace_codes.is_empty() {
            movement.damaged.insert(Column::TraceCode);
        }
        movement
    }

    /// 拆零: what part of each code of the document.
    fn quantity(&self) -> Option<u64> {
        let own = |column, cell: Option<&Value>| (column, cell.cloned().unwrap_or(Value::Empty));
        let (column, flag) = own(Column::TrdnFlag, self.cell(Column::TrdnFlag));
        if flag == Value::Empty {
            return None;
        }
        match flag.yes_no() {
            Ok(true) => {}
            Ok(false) => return None,
            Err(problem) => {
                self.note(column, problem);
                return None;
            }
        }
        let (column, quantity) = own(Column::SelRetnCnt, self.cell(Column::SelRetnCnt));
        quantity.quantity().map_err(|problem| self.note(column, problem)).ok()
    }
}

/// What `drug_list` counts: of the list the sum of its entries, of an entry its `codeCount`; `None` if it counts nothing.
#[derive(Clone, Copy)]
enum CountSeed {
    List,
    Entry,
}

impl<'de> DeserializeSeed<'de> for CountSeed {
    type Value = Option<u64>;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Option<u64>, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for CountSeed {
    type Value = Option<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of products")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<u64>, A::Error> {
        let mut sum = Some(0u64);
        match self {
            CountSeed::List => {
                while let Some(count) = list.next_element_seed(CountSeed::Entry)? {
                    sum = sum.zip(count).and_then(|(sum, count)| sum.checked_add(count));
                }
                Ok(sum)
            }
            CountSeed::Entry => {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(None)
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<u64>, A::Error> {
        let mut count = None;
        while let Some(key) = map.next_key::<String>()? {
            match (self, key.as_str()) {
                (CountSeed::Entry, "codeCount") => {
                    count = map.next_value_seed(CellSeed { column: Column::QuReceivable })?.count().ok();
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(count)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Option<u64>, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Option<u64>, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Option<u64>, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Option<u64>, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Option<u64>, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Option<u64>, E> {
        Ok(None)
    }
}

/// Text, a number written without quotes, true, false or null.
struct CellSeed {
    column: Column,
}

impl<'de> DeserializeSeed<'de> for CellSeed {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Value, D::Error> {
        d.deserialize_any(self)
    }
}

impl Visitor<'_> for CellSeed {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text for {}", self.column.name())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Text(if value { "TRUE" } else { "FALSE" }.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Empty)
    }
}

/// The list of codes.
struct CodesSeed<'a>(&'a Notes<'a>);

impl<'de> DeserializeSeed<'de> for CodesSeed<'_> {
    type Value = (u64, Vec<MovementCode>);
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
        d.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for CodesSeed<'_> {
    type Value = (u64, Vec<MovementCode>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of trace codes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let notes = self.0;
        let (mut codes, before) = (Vec::new(), notes.codes.get());
        while let Some(cell) = list.next_element_seed(CellSeed { column: Column::TraceCode })? {
            notes.codes.set(notes.codes.get() + 1);
            if notes.codes.get() > CODES_MAX {
                notes.too_many.set(true);
                return Err(A::Error::custom("too many codes"));
            }
            match cell.code() {
                Ok(code) => codes.push(MovementCode { line: notes.line.get(), code, quantity: None }),
                Err(problem) => notes.note("trace_codes", problem),
            }
        }
        let count = notes.codes.get() - before;
        if count == 0 {
            notes.note("trace_codes", Problem::Missing);
        }
        Ok((count, codes))
    }
}
