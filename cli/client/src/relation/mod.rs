//! Relation XML (domain §3.6), the file a production line exports: a stream of batches and codes of any size.
//!
//! Memory is bounded by [`ELEMENT_BYTES_MAX`], whatever the file. Document type declarations and entities are refused, so
//! nothing expands.

mod split;
#[cfg(test)]
mod tests;

pub use split::{BATCHES_MAX, Batch, Commission, CommissionBill, SplitError, UnitLine};

use crate::documents::{Expected, ImportError, Place, Problem, Utf8Stream, parse_date, shortened};
use bencao_genesis::CalendarDate;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
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
        Ok(RelationReader { place, reader, buffer, depth, seen_document: false, product_id, close_pending: false })
    }

    /// The next batch or code; `None` at the end of a complete document.
    ///
    /// # Errors
    /// [`ImportError`] with line and attribute. The reader is not used after an error.
    pub fn next_item(&mut self) -> Result<Option<Item>, ImportError> {
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
            Event::DocType(_) | Event::GeneralRef(_) => Err(self.place.line(line, Problem::Entities)),
            Event::Text(text) if text.trim().is_empty() => Ok(Step::Next),
            Event::Text(_) | Event::CData(_) => Err(self.place.line(line, Problem::Unknown("text".into()))),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => Ok(Step::Next),
            Event::Eof if self.depth == Depth::Outside && self.seen_document => Ok(Step::End),
            Event::Eof => Err(self.place.line(line, Problem::Malformed("the document is cut off".into()))),
        }
    }

    fn close(&mut self) {
        self.depth = match self.depth {
            Depth::Outside | Depth::Document => Depth::Outside,
            Depth::Relation => Depth::Document,
            Depth::Batch => Depth::Relation,
            Depth::Code => Depth::Batch,
        };
    }

    fn open(&mut self, line: u64, element: &BytesStart<'_>) -> Result<Step, ImportError> {
        let name = element.name();
        let (depth, step) = match (self.depth, name.as_ref()) {
            (Depth::Outside, "Document") if !self.seen_document => {
                self.seen_document = true;
                (Depth::Document, Step::Next)
            }
            (Depth::Document, "Relation") => {
                let attributes = self.attributes(line, element)?;
                self.product_id = attributes.text("productCode")?;
                (Depth::Relation, Step::Next)
            }
            (Depth::Relation, "Batch") => {
                let header = self.batch(line, element)?;
                (Depth::Batch, Step::Item(Item::Batch(header)))
            }
            (Depth::Batch, "Code") => {
                let code = self.code(line, element)?;
                (Depth::Code, Step::Item(Item::Code(code)))
            }
            (_, name) => return Err(self.place.line(line, Problem::Unknown(shortened(name)))),
        };
        self.depth = depth;
        Ok(step)
    }

    fn batch(&self, line: u64, element: &BytesStart<'_>) -> Result<BatchHeader, ImportError> {
        let attributes = self.attributes(line, element)?;
        Ok(BatchHeader {
            line,
            product_id: self.product_id.clone(),
            batch_no: attributes.text("batchNo")?,
            made_on: attributes.date("madeDate")?,
            expires_on: attributes.date("validateDate")?,
            workshop: attributes.find("workshop").unwrap_or_default().into(),
            line_name: attributes.find("lineName").unwrap_or_default().into(),
        })
    }

    fn code(&self, line: u64, element: &BytesStart<'_>) -> Result<CodeLine, ImportError> {
        let attributes = self.attributes(line, element)?;
        let level = attributes.text("packLayer")?;
        let parsed = level.parse::<u8>().ok().filter(|l| (1..=5).contains(l));
        let wrong = || Problem::Value { expected: Expected::Level, actual: shortened(&level) };
        Ok(CodeLine {
            line,
            code: attributes.code("curCode")?.ok_or_else(|| attributes.missing("curCode"))?,
            level: parsed.ok_or_else(|| self.place.field(line, "packLayer", wrong()))?,
            // Platforms write the absence of a parent as an empty value or as zero.
            parent: attributes.code("parentCode")?.filter(|p| p != "0"),
            remainder: self.remainder(line, attributes.find("flag"))?,
        })
    }

    fn remainder(&self, line: u64, flag: Option<&str>) -> Result<bool, ImportError> {
        match flag {
            None | Some("0") => Ok(false),
            Some("1" | "零头") => Ok(true),
            Some(other) => {
                let problem = Problem::Value { expected: Expected::Flag, actual: shortened(other) };
                Err(self.place.field(line, "flag", problem))
            }
        }
    }

    fn attributes<'a>(&'a self, line: u64, element: &'a BytesStart<'_>) -> Result<Attributes<'a>, ImportError> {
        let mut values: Vec<(&str, String)> = Vec::new();
        for attribute in element.attributes() {
            let attribute = attribute.map_err(|e| self.place.line(line, Problem::Malformed(e.to_string())))?;
            let name = attribute.key.0;
            let value = quick_xml::escape::unescape(&attribute.value);
            let value = value.map_err(|_| self.place.field(line, name, Problem::Entities))?;
            if value.chars().count() > VALUE_CHARS_MAX {
                return Err(self.place.field(line, name, Problem::TooMany(VALUE_CHARS_MAX as u64)));
            }
            values.push((name, value.trim().to_string()));
        }
        Ok(Attributes { place: &self.place, line, values })
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

struct Attributes<'a> {
    place: &'a Place,
    line: u64,
    values: Vec<(&'a str, String)>,
}

impl Attributes<'_> {
    fn find(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(n, v)| *n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    fn missing(&self, name: &str) -> ImportError {
        self.place.field(self.line, name, Problem::Missing)
    }

    fn text(&self, name: &str) -> Result<String, ImportError> {
        self.find(name).map(str::to_owned).ok_or_else(|| self.missing(name))
    }

    fn code(&self, name: &str) -> Result<Option<String>, ImportError> {
        match self.find(name) {
            Some(text) if crate::documents::is_scientific(text) => {
                Err(self.place.field(self.line, name, Problem::CodeSavedAsNumber))
            }
            other => Ok(other.map(str::to_owned)),
        }
    }

    fn date(&self, name: &str) -> Result<CalendarDate, ImportError> {
        let text = self.text(name)?;
        let wrong = || Problem::Value { expected: Expected::Date, actual: shortened(&text) };
        parse_date(&text).ok_or_else(|| self.place.field(self.line, name, wrong()))
    }
}
