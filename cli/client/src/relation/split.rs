//! A Relation XML cut into commissioning bills `NO_1, NO_2 …`.
//!
//! The cut is a function of the file and the limit alone, so that a run that was interrupted resumes by running again. The
//! file is read once to count, once for batches that fit into one bill, and once for each package level of larger ones:
//! outer packages go first, since a unit names its parent, wherever in the file the parent stands. Memory holds one bill.

use super::{BatchHeader, CodeLine, Item, RelationReader};
use crate::documents::{Expected, ImportError, Place, Problem, shortened};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

/// Batches of one file.
pub const BATCHES_MAX: usize = 10_000;
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
    /// [`ImportError`].
    pub fn scan<R: Read>(name: &str, source: R) -> Result<Commission, ImportError> {
        let place = Place::new(name);
        let mut reader = RelationReader::new(name, source)?;
        let mut batches: Vec<Batch> = Vec::new();
        let mut seen = BTreeSet::new();
        while let Some(item) = reader.next_item()? {
            match item {
                Item::Batch(header) => {
                    if batches.len() == BATCHES_MAX {
                        return Err(place.line(header.line, Problem::TooMany(BATCHES_MAX as u64)));
                    }
                    if !seen.insert((header.product_id.clone(), header.batch_no.clone())) {
                        let problem = Problem::Repeated(shortened(&header.batch_no));
                        return Err(place.field(header.line, "batchNo", problem));
                    }
                    batches.push(Batch { header, levels: [0; LEVELS] });
                }
                Item::Code(code) => {
                    let batch = batches.last_mut().expect("a code stands in a batch");
                    count(&place, batch, &code)?;
                }
            }
        }
        match batches.iter().find(|b| b.levels[0] == 0) {
            Some(empty) => Err(place.line(empty.header.line, Problem::Empty)),
            None if batches.is_empty() => Err(place.whole(Problem::Empty)),
            None => Ok(Commission { name: name.into(), batches }),
        }
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

fn count(place: &Place, batch: &mut Batch, code: &CodeLine) -> Result<(), ImportError> {
    let slot = &mut batch.levels[usize::from(code.level) - 1];
    *slot = slot.checked_add(1).ok_or_else(|| place.line(code.line, Problem::TooMany(u64::from(u32::MAX))))?;
    let own_parent = code.parent.as_deref() == Some(code.code.as_str());
    if own_parent || (code.parent.is_some() && usize::from(code.level) == LEVELS) {
        let actual = shortened(code.parent.as_deref().unwrap_or_default());
        return Err(place.field(code.line, "parentCode", Problem::Value { expected: Expected::Parent, actual }));
    }
    Ok(())
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
