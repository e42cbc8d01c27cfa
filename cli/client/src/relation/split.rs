//! A Relation XML cut into commissioning bills `NO_1, NO_2 …`.
//!
//! The cut is a function of the file and the limit alone, so that a run that was interrupted resumes by running again. The
//! file is read once to count, once for batches that fit into one bill, and once for each package level of larger ones:
//! outer packages go first, since a unit names its parent, wherever in the file the parent stands. Memory holds one bill.

use super::{BatchHeader, CodeLine, Item, RelationReader};
use crate::documents::{Expected, ImportError, ImportErrors, Place, Problem, shortened};
use bencao_chaincode::UnitKey;
use bencao_chaincode::codes::parse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

/// Batches of one file.
pub const BATCHES_MAX: usize = 10_000;
/// Codes of one file that are compared with one another when it is counted, about 25 MB; of a larger file the codes of each
/// bill are, and by the ledger all of them.
const COMPARED_MAX: usize = 500_000;
/// Package levels (domain §3.9 H2).
const LEVELS: usize = 5;

/// A code as a bill carries it.
pub type UnitLine = CodeLine;

/// One bill of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommissionBill {
    /// From 1, in the order in which bills must be applied.
    pub number: u32,
    /// The batch.
    pub batch: BatchHeader,
    /// Smallest units of the whole batch.
    pub declared_units: u32,
    /// Codes of this bill, outer packages first.
    pub units: Vec<UnitLine>,
}

/// Why the cutting ended early.
#[derive(Debug, thiserror::Error)]
pub enum SplitError<E> {
    /// The file.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The receiver of the bills.
    #[error("{0}")]
    Receiver(E),
}

/// A file that was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commission {
    name: String,
    batches: Vec<Batch>,
}

/// A batch with its numbers of codes by level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// As in the file.
    pub header: BatchHeader,
    /// Codes of level 1, 2, … 5.
    pub levels: [u32; LEVELS],
}

impl Batch {
    /// All codes.
    pub fn codes(&self) -> u64 {
        self.levels.iter().map(|n| u64::from(*n)).sum()
    }
}

impl Commission {
    /// Reads and counts a file; `name` names it in errors.
    ///
    /// # Errors
    /// [`ImportErrors`]: every mistake of the file, with line and attribute.
    pub fn scan<R: Read>(name: &str, source: R) -> Result<Commission, ImportErrors> {
        let mut reader = RelationReader::new(name, source)?;
        let batches = read_all(&mut reader);
        reader.place.finish(batches.map(|batches| Commission { name: name.into(), batches }))
    }

    /// The batches, in file order.
    pub fn batches(&self) -> &[Batch] {
        &self.batches
    }

    /// All codes of the file.
    pub fn codes(&self) -> u64 {
        self.batches.iter().map(Batch::codes).sum()
    }

    /// Number of bills of at most `codes_max` codes.
    pub fn bills_count(&self, codes_max: usize) -> u64 {
        let max = codes_max as u64;
        let of = |b: &Batch| match b.codes() {
            n if n <= max => 1,
            _ => b.levels.iter().map(|n| u64::from(*n).div_ceil(max)).sum(),
        };
        self.batches.iter().map(of).sum()
    }

    /// Reads the file again and gives every bill to `receive`, in order. `open` opens the same file each time.
    ///
    /// # Errors
    /// [`SplitError`], at the first error of the file or of `receive`.
    pub fn split<R: Read, E>(
        &self,
        codes_max: usize,
        mut open: impl FnMut() -> io::Result<R>,
        mut receive: impl FnMut(CommissionBill) -> Result<(), E>,
    ) -> Result<(), SplitError<E>> {
        assert!(codes_max > 0, "a bill holds at least one code");
        let small: Vec<bool> = self.batches.iter().map(|b| b.codes() <= codes_max as u64).collect();
        let mut number = 0;
        let mut passes: Vec<Pass> = Vec::new();
        if small.contains(&true) {
            passes.push(Pass::WholeBatches);
        }
        for level in (1..=LEVELS).rev() {
            let used = |(b, small): (&Batch, &bool)| !small && b.levels[level - 1] > 0;
            if self.batches.iter().zip(&small).any(used) {
                passes.push(Pass::Level(level as u8));
            }
        }
        for pass in passes {
            let place = Place::new(&self.name);
            let source = open().map_err(|e| place.whole(Problem::Unreadable(e.kind())))?;
            let mut reader = RelationReader::new(&self.name, source)?;
            let mut gather =
                Gather { commission: self, pass, small: &small, codes_max, number, batch: None, units: vec![] };
            while let Some(item) = reader.next_item()? {
                if let Some(bill) = gather.item(item)? {
                    check(&self.name, &bill)?;
                    receive(bill).map_err(SplitError::Receiver)?;
                }
            }
            if let Some(bill) = gather.take() {
                check(&self.name, &bill)?;
                receive(bill).map_err(SplitError::Receiver)?;
            }
            number = gather.number;
        }
        Ok(())
    }
}

/// Counts what can be read, and notes in the reader's place what is wrong; an error is one after which nothing can be read.
fn read_all<R: Read>(reader: &mut RelationReader<R>) -> Result<Vec<Batch>, ImportError> {
    let mut batches: Vec<Batch> = Vec::new();
    let (mut numbers, mut seen) = (BTreeSet::new(), Seen::default());
    while let Some(item) = reader.next_noting()? {
        let place = &reader.place;
        match item {
            Item::Batch(header) => {
                if batches.len() == BATCHES_MAX {
                    return Err(place.line(header.line, Problem::TooMany(BATCHES_MAX as u64)));
                }
                let named = !header.batch_no.is_empty();
                if named && !numbers.insert((header.product_id.clone(), header.batch_no.clone())) {
                    let problem = Problem::Repeated(shortened(&header.batch_no));
                    place.note(place.field(header.line, "batchNo", problem));
                }
                batches.push(Batch { header, levels: [0; LEVELS] });
            }
            Item::Code(code) => {
                let batch = batches.last_mut().expect("a code stands in a batch");
                let slot = &mut batch.levels[usize::from(code.level) - 1];
                let too_many = || place.line(code.line, Problem::TooMany(u64::from(u32::MAX)));
                *slot = slot.checked_add(1).ok_or_else(too_many)?;
                seen.code(place, &code);
            }
        }
    }
    let place = &reader.place;
    seen.bonds(place);
    // Codes with mistakes in them are not counted: that they are missing needs no saying.
    if place.is_clean() {
        batches.iter().filter(|b| b.levels[0] == 0).for_each(|b| place.note(place.line(b.header.line, Problem::Empty)));
        if batches.is_empty() {
            return Err(place.whole(Problem::Empty));
        }
    }
    Ok(batches)
}

/// What codes of a file say of one another: none comes twice (C2), and a parent is of a higher level (H1). Parents may
/// come after their children, or have been activated before.
#[derive(Default)]
struct Seen {
    levels: BTreeMap<UnitKey, u8>,
    bonds: Vec<(u64, u8, UnitKey)>,
}

impl Seen {
    fn code(&mut self, place: &Place, line: &CodeLine) {
        let key = |text: &str| parse(text).ok().map(|parsed| parsed.key);
        let parent = line.parent.as_deref();
        let own = key(&line.code);
        if own.is_some() && own == parent.and_then(key) || (parent.is_some() && usize::from(line.level) == LEVELS) {
            wrong_parent(place, line.line, parent.unwrap_or_default());
        } else if let Some(parent) = parent.and_then(key).filter(|_| self.bonds.len() < COMPARED_MAX) {
            self.bonds.push((line.line, line.level, parent));
        }
        let Some(own) = own.filter(|_| self.levels.len() < COMPARED_MAX) else { return };
        if self.levels.insert(own, line.level).is_some() {
            place.note(place.field(line.line, "curCode", Problem::Repeated(shortened(&line.code))));
        }
    }

    fn bonds(self, place: &Place) {
        for (line, level, parent) in self.bonds {
            if self.levels.get(&parent).is_some_and(|above| *above <= level) {
                wrong_parent(place, line, &parent.to_string());
            }
        }
    }
}

fn wrong_parent(place: &Place, line: u64, parent: &str) {
    let problem = Problem::Value { expected: Expected::Parent, actual: shortened(parent) };
    place.note(place.field(line, "parentCode", problem));
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// Batches that fit into one bill.
    WholeBatches,
    /// Codes of one level, of the other batches.
    Level(u8),
}

/// Collects the codes of one pass into bills.
struct Gather<'a> {
    commission: &'a Commission,
    pass: Pass,
    small: &'a [bool],
    codes_max: usize,
    number: u32,
    /// Index of the batch being read.
    batch: Option<usize>,
    units: Vec<UnitLine>,
}

impl Gather<'_> {
    /// A bill, when `item` is the first that does not belong to it.
    fn item(&mut self, item: Item) -> Result<Option<CommissionBill>, ImportError> {
        match item {
            Item::Batch(header) => {
                let bill = self.take();
                let index = self.batch.map_or(0, |i| i + 1);
                if self.commission.batches.get(index).is_none_or(|b| b.header != header) {
                    return Err(self.changed(header.line));
                }
                self.batch = Some(index);
                Ok(bill)
            }
            Item::Code(code) => {
                let index = self.batch.expect("a code stands in a batch");
                let wanted = match self.pass {
                    Pass::WholeBatches => self.small[index],
                    Pass::Level(level) => !self.small[index] && code.level == level,
                };
                let bill = if wanted && self.units.len() == self.codes_max { self.take() } else { None };
                if wanted {
                    self.units.push(code);
                }
                Ok(bill)
            }
        }
    }

    fn take(&mut self) -> Option<CommissionBill> {
        let mut units = std::mem::take(&mut self.units);
        if units.is_empty() {
            return None;
        }
        if self.pass == Pass::WholeBatches {
            units.sort_by_key(|u| std::cmp::Reverse(u.level));
        }
        self.number += 1;
        let batch = &self.commission.batches[self.batch.expect("codes stand in a batch")];
        Some(CommissionBill {
            number: self.number,
            batch: batch.header.clone(),
            declared_units: batch.levels[0],
            units,
        })
    }

    /// The file is not the one that was counted.
    fn changed(&self, line: u64) -> ImportError {
        let place = Place::new(&self.commission.name);
        place.line(line, Problem::Value { expected: Expected::Consistent, actual: "a file that changed".into() })
    }
}

/// Checks what one bill can show: no code twice, parents of the same bill on a higher level.
fn check(name: &str, bill: &CommissionBill) -> Result<(), ImportError> {
    let place = Place::new(name);
    let mut levels: BTreeMap<&str, u8> = BTreeMap::new();
    for unit in &bill.units {
        if levels.insert(&unit.code, unit.level).is_some() {
            return Err(place.field(unit.line, "curCode", Problem::Repeated(shortened(&unit.code))));
        }
    }
    for unit in &bill.units {
        let Some(parent) = &unit.parent else { continue };
        if levels.get(parent.as_str()).is_some_and(|level| *level <= unit.level) {
            let problem = Problem::Value { expected: Expected::Parent, actual: shortened(parent) };
            return Err(place.field(unit.line, "parentCode", problem));
        }
    }
    Ok(())
}
