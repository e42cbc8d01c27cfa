//! Relation XML (domain §3.6), the file a production line exports: a stream of batches and codes of any size.
//!
//! Memory is bounded by [`ELEMENT_BYTES_MAX`], whatever the file. Document type declarations and entities are refused, so
//! nothing expands. A mistake in an element is noted and the rest is read all the same, so that one run names every mistake
//! of a file; only what is no XML, or not this kind of document, ends the reading.

mod split;
#[cfg(test)]
mod tests;

pub use split::{BATCHES_MAX, Batch, Commission, CommissionBill, SplitError, UnitLine};

use crate::documents::{Expected, ImportError, Place, Problem, Utf8Stream, parse_date, shortened};
use bencao_chaincode::codes::parse;
use bencao_chaincode::limits::BATCH_NUMBER_BYTES_MAX;
use bencao_genesis::{CalendarDate, ProductId};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeSet;
use std::io::Read;

/// Longest element (a tag with its attributes), bytes.
pub const ELEMENT_BYTES_MAX: usize = 64 << 10;
/// Longest attribute value, characters.
const VALUE_CHARS_MAX: usize = 200;

/// What the stream gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A batch begins; its codes follow.
    Batch(BatchHeader),
    /// A code of the batch before it.
    Code(CodeLine),
}

/// A `Batch` with the `productCode` of the `Relation` around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchHeader {
    /// Line of the element.
    pub line: u64,
    /// `Relation productCode`: the product's id.
    pub product_id: String,
    /// `batchNo`
    pub batch_no: String,
    /// `madeDate`
    pub made_on: CalendarDate,
    /// `validateDate`
    pub expires_on: CalendarDate,
    /// `workshop`, may be empty.
    pub workshop: String,
    /// `lineName`, may be empty.
    pub line_name: String,
}

/// A `Code`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeLine {
    /// Line of the element.
    pub line: u64,
    /// `curCode`
    pub code: String,
    /// `packLayer`: 1 = smallest package.
    pub level: u8,
    /// `parentCode`, `None` if empty.
    pub parent: Option<String>,
    /// `flag` is `1` or `零头`: an outer package that may hold fewer than the full number.
    pub remainder: bool,
}

/// Where in the document the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    Outside,
    Document,
    Relation,
    Batch,
    Code,
}

impl Depth {
    /// Where the reader is after the end of an element.
    fn outside(self) -> Depth {
        match self {
            Depth::Outside | Depth::Document => Depth::Outside,
            Depth::Relation => Depth::Document,
            Depth::Batch => Depth::Relation,
            Depth::Code => Depth::Batch,
        }
    }
}

/// The streaming reader.
pub struct RelationReader<R: Read> {
    place: Place,
    reader: Reader<Utf8Stream<R>>,
    buffer: Vec<u8>,
    depth: Depth,
    seen_document: bool,
    product_id: String,
    /// An element without content ends where it begins.
    close_pending: bool,
    /// Elements open inside one that is not documented, itself counted.
    unknown: u32,
}

impl<R: Read> RelationReader<R> {
    /// Begins to read; `name` names the file in errors.
    ///
    /// # Errors
    /// [`ImportError`] if the source cannot be read.
    pub fn new(name: &str, source: R) -> Result<RelationReader<R>, ImportError> {
        let place = Place::new(name);
        let stream =
            Utf8Stream::open(source, ELEMENT_BYTES_MAX).map_err(|e| place.whole(Problem::Unreadable(e.kind())))?;
        let reader = Reader::from_reader(stream);
        let (buffer, product_id) = (Vec::new(), String::new());
        let depth = Depth::Outside;
        let (seen_document, close_pending, unknown) = (false, false, 0);
        Ok(RelationReader { place, reader, buffer, depth, seen_document, product_id, close_pending, unknown })
    }

    /// The next batch or code; `None` at the end of a complete document.
    ///
    /// # Errors
    /// [`ImportError`] with line and attribute of the first mistake. The reader is not used after an error.
    pub fn next_item(&mut self) -> Result<Option<Item>, ImportError> {
        let item = self.next_noting()?;
        match self.place.first() {
            None => Ok(item),
            Some(mistake) => Err(mistake),
        }
    }

    /// The next batch or code that can be read; mistakes in between are noted. A batch with mistakes in it is given with
    /// what can be read of it, since its codes follow.
    fn next_noting(&mut self) -> Result<Option<Item>, ImportError> {
        loop {
            if std::mem::take(&mut self.close_pending) {
                self.close();
            }
            self.reader.get_mut().start_element();
            let line = self.reader.get_mut().line();
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.clear();
            let event = self.reader.read_event_into(&mut buffer);
            let item = match event {
                Ok(event) => self.event(line, &event),
                Err(error) => Err(self.malformed(line, &error)),
            };
            self.buffer = buffer;
            match item? {
                Step::Item(item) => return Ok(Some(item)),
                Step::Next => {}
                Step::End => return Ok(None),
            }
        }
    }

    fn event(&mut self, line: u64, event: &Event<'_>) -> Result<Step, ImportError> {
        match event {
            Event::Start(element) => self.open(line, element),
            Event::Empty(element) => {
                let step = self.open(line, element)?;
                self.close_pending = true;
                Ok(step)
            }
            Event::End(_) => {
                self.close();
                Ok(Step::Next)
            }
            // What stands in an element that is not documented is not judged.
            Event::Text(_) | Event::CData(_) if self.unknown > 0 => Ok(Step::Next),
            Event::DocType(_) | Event::GeneralRef(_) => Err(self.place.line(line, Problem::Entities)),
            Event::Text(text) if text.trim().is_empty() => Ok(Step::Next),
            Event::Text(text) => {
                let before = text.len() - text.trim_start().len();
                let line = line + text.bytes().take(before).filter(|b| *b == b'\n').count() as u64;
                self.place.note(self.place.line(line, Problem::Unknown("text".into())));
                Ok(Step::Next)
            }
            Event::CData(_) => {
                self.place.note(self.place.line(line, Problem::Unknown("text".into())));
                Ok(Step::Next)
            }
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => Ok(Step::Next),
            Event::Eof if self.depth == Depth::Outside && self.seen_document => Ok(Step::End),
            Event::Eof => Err(self.place.line(line, Problem::Malformed("the document is cut off".into()))),
        }
    }

    fn close(&mut self) {
        match self.unknown.checked_sub(1) {
            Some(outer) => self.unknown = outer,
            None => self.depth = self.depth.outside(),
        }
    }

    fn open(&mut self, line: u64, element: &BytesStart<'_>) -> Result<Step, ImportError> {
        if self.unknown > 0 {
            self.unknown = self.unknown.saturating_add(1);
            return Ok(Step::Next);
        }
        let name = element.name();
        let (depth, step) = match (self.depth, name.as_ref()) {
            (Depth::Outside, "Document") if !self.seen_document => {
                self.seen_document = true;
                (Depth::Document, Step::Next)
            }
            (Depth::Document, "Relation") => {
                let attributes = self.attributes(line, element);
                let product = ProductId(attributes.text("productCode").unwrap_or_default());
                if !product.0.is_empty() && !product.is_well_formed() {
                    attributes.wrong("productCode", Expected::ProductCode, &product.0);
                }
                self.product_id = product.0;
                (Depth::Relation, Step::Next)
            }
            (Depth::Relation, "Batch") => (Depth::Batch, Step::Item(Item::Batch(self.batch(line, element)))),
            (Depth::Batch, "Code") => {
                let code = self.code(line, element);
                (Depth::Code, code.map_or(Step::Next, |code| Step::Item(Item::Code(code))))
            }
            // No document of this kind, or a second one: nothing in it can be judged.
            (Depth::Outside, name) => return Err(self.place.line(line, Problem::Unknown(shortened(name)))),
            (_, name) => {
                self.place.note(self.place.line(line, Problem::Unknown(shortened(name))));
                self.unknown = 1;
                return Ok(Step::Next);
            }
        };
        self.depth = depth;
        Ok(step)
    }

    fn batch(&self, line: u64, element: &BytesStart<'_>) -> BatchHeader {
        let attributes = self.attributes(line, element);
        let batch_no = attributes.text("batchNo").unwrap_or_default();
        // As the ledger takes it (docs/contract.md §3).
        if batch_no.len() > BATCH_NUMBER_BYTES_MAX || !batch_no.bytes().all(|b| b.is_ascii_graphic()) {
            attributes.wrong("batchNo", Expected::BatchNumber, &batch_no);
        }
        let (made, expires) = (attributes.date("madeDate"), attributes.date("validateDate"));
        if let (Some(made), Some(expires)) = (made, expires)
            && expires <= made
        {
            attributes.wrong("validateDate", Expected::AfterProduction, &expires.to_string());
        }
        BatchHeader {
            line,
            product_id: self.product_id.clone(),
            batch_no,
            made_on: made.unwrap_or(CalendarDate::from_days(0)),
            expires_on: expires.unwrap_or(CalendarDate::from_days(0)),
            workshop: attributes.find("workshop").unwrap_or_default().into(),
            line_name: attributes.find("lineName").unwrap_or_default().into(),
        }
    }

    fn code(&self, line: u64, element: &BytesStart<'_>) -> Option<CodeLine> {
        let attributes = self.attributes(line, element);
        let code = attributes.code("curCode");
        if code == Some(None) {
            attributes.missing("curCode");
        }
        let parent = attributes.code("parentCode");
        let (level, remainder) = (attributes.level(), attributes.remainder());
        Some(CodeLine { line, code: code??, level: level?, parent: parent?, remainder: remainder? })
    }

    fn attributes<'a>(&'a self, line: u64, element: &'a BytesStart<'_>) -> Attributes<'a> {
        let mut read = Attributes { place: &self.place, line, values: Vec::new(), damaged: BTreeSet::new() };
        for attribute in element.attributes() {
            let attribute = match attribute {
                Ok(attribute) => attribute,
                Err(error) => {
                    self.place.note(self.place.line(line, Problem::Malformed(error.to_string())));
                    read.unreadable();
                    break;
                }
            };
            let name = attribute.key.0;
            match quick_xml::escape::unescape(&attribute.value) {
                Err(_) => read.note(name, Problem::Entities),
                Ok(value) if value.chars().count() > VALUE_CHARS_MAX => {
                    read.note(name, Problem::TooMany(VALUE_CHARS_MAX as u64));
                }
                Ok(value) => read.values.push((name, value.trim().to_string())),
            }
        }
        read
    }

    fn malformed(&self, line: u64, error: &quick_xml::Error) -> ImportError {
        let problem = match error {
            quick_xml::Error::Io(e) if e.kind() == std::io::ErrorKind::FileTooLarge => {
                Problem::TooLarge(ELEMENT_BYTES_MAX as u64)
            }
            quick_xml::Error::Io(e) if e.kind() == std::io::ErrorKind::InvalidData => Problem::Encoding,
            quick_xml::Error::Io(e) => Problem::Unreadable(e.kind()),
            other => Problem::Malformed(other.to_string()),
        };
        self.place.line(line, problem)
    }
}

enum Step {
    Item(Item),
    Next,
    End,
}

/// Attributes of one element. What is wrong with one is noted, once.
struct Attributes<'a> {
    place: &'a Place,
    line: u64,
    values: Vec<(&'a str, String)>,
    /// Those that are there and cannot be read: not missing besides.
    damaged: BTreeSet<&'a str>,
}

/// Attributes that elements need.
const NEEDED: [&str; 6] = ["productCode", "batchNo", "madeDate", "validateDate", "curCode", "packLayer"];

impl<'a> Attributes<'a> {
    fn find(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(n, v)| *n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    fn note(&mut self, name: &'a str, problem: Problem) {
        self.place.note(self.place.field(self.line, name, problem));
        self.damaged.insert(name);
    }

    /// Nothing more can be read of the element, which was noted.
    fn unreadable(&mut self) {
        let found = |name: &&str| self.values.iter().any(|(n, _)| n == name);
        self.damaged.extend(NEEDED.iter().filter(|name| !found(name)));
    }

    fn wrong(&self, name: &str, expected: Expected, actual: &str) {
        let problem = Problem::Value { expected, actual: shortened(actual) };
        self.place.note(self.place.field(self.line, name, problem));
    }

    fn missing(&self, name: &str) {
        if !self.damaged.contains(name) {
            self.place.note(self.place.field(self.line, name, Problem::Missing));
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        let found = self.find(name).map(str::to_owned);
        if found.is_none() {
            self.missing(name);
        }
        found
    }

    /// A code, or that there is none; `None` if what is there is none. Platforms write the absence of a parent as an
    /// empty value or as zero.
    fn code(&self, name: &str) -> Option<Option<String>> {
        let Some(text) = self.find(name).filter(|text| *text != "0") else {
            return (!self.damaged.contains(name)).then_some(None);
        };
        let problem = if crate::documents::is_scientific(text) {
            Problem::CodeSavedAsNumber
        } else if let Err(error) = parse(text) {
            Problem::NotACode { error, actual: shortened(text) }
        } else {
            return Some(Some(text.to_owned()));
        };
        self.place.note(self.place.field(self.line, name, problem));
        None
    }

    fn level(&self) -> Option<u8> {
        let text = self.text("packLayer")?;
        let level = text.parse::<u8>().ok().filter(|l| (1..=5).contains(l));
        if level.is_none() {
            self.wrong("packLayer", Expected::Level, &text);
        }
        level
    }

    fn remainder(&self) -> Option<bool> {
        match self.find("flag") {
            None | Some("0") => Some(false),
            Some("1" | "零头") => Some(true),
            Some(other) => {
                self.wrong("flag", Expected::Flag, other);
                None
            }
        }
    }

    fn date(&self, name: &str) -> Option<CalendarDate> {
        let text = self.text(name)?;
        let date = parse_date(&text);
        if date.is_none() {
            self.wrong(name, Expected::Date, &text);
        }
        date
    }
}
