//! 执行标准: what a product, or a batch of it, may name as the standard that it is made to (《药品管理法》 Art. 44; domain
//! §8.4 row 69).
//!
//! | # | Rule | Refusal |
//! |---|---|---|
//! | 1 | a name that is not on record is free text, until the register holds a standard of state in force about the same herb or class; then it must be on record | `unknown_standard` |
//! | 2 | begun by today, and not withdrawn or replaced on the day that counts: of what is made, its production date | `standard_not_in_force` |
//! | 3 | a local standard counts in its region, for who makes it there | `standard_out_of_scope` (region) |
//! | 4 | 饮片: a national standard or a local one (炮制规范), no other kind; a number `T/…` or `Q/…` says its kind, on record or not | `standard_out_of_scope` (kind) |
//! | 5 | a standard that says what it covers covers the herb or the class | `standard_out_of_scope` (herb) |
//! | 6 | of two in force about the same herb in the region the higher kind governs: the lower is not named alone | `standard_outranked` |
//!
//! Standards of state are national, industry and local ones. What a group or an enterprise sets obliges nobody else: it
//! counts for whoever names it (《标准化法》 Art. 18, 19), and of enterprise standards a firm names its own. The number of
//! another firm's is to it what a name not on record is, and rule 1 says whose it is instead: otherwise whoever registers
//! a number first would stop what others make. A batch made under contract is made to its holder's standard.
//!
//! Rule 6 asks about herbs only: for drugs with an approval number the approved standard, which is an enterprise's, stands
//! above the national one where it is stricter (《药品管理法》 Art. 28), and a standard for a class is general beside it.

use super::{OrganisationRecord, StandardKind, StandardRecord};
use crate::codes::HerbCode;
use crate::rejection::Rejection;
use crate::state::{OrgNo, Record, Stop, Tx, key};
use bencao_genesis::{CalendarDate, DrugClass, RegionCode};
use bincode::{Decode, Encode};

/// What standards are about, as far as the register can tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Covered {
    /// 品种
    Herb(HerbCode),
    /// A class of products.
    Class(DrugClass),
}

/// Standards of state about one herb or class, in order of registration.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct CoveringRecord {
    /// Format: 1.
    pub version: u8,
    /// Ids, at most [`crate::limits::STANDARDS_COVERING_MAX`].
    pub standards: Vec<String>,
}

impl Record for CoveringRecord {}

/// What names a standard, and on which day it counts.
pub(crate) struct Execution<'a> {
    /// As it is named.
    pub(crate) standard: &'a str,
    /// Who names it: the holder of a product, whoever makes it.
    pub(crate) firm: OrgNo,
    /// Class of the product.
    pub(crate) class: DrugClass,
    /// What it is made of, where that is known.
    pub(crate) herb: Option<HerbCode>,
    /// Where it is made.
    pub(crate) region: RegionCode,
    /// Today, or the production date.
    pub(crate) day: CalendarDate,
}

/// Runs the table.
pub(crate) fn require_execution_standard(tx: &Tx, named: &Execution) -> Result<(), Stop> {
    let about_herb = match named.herb {
        Some(herb) => in_force_about(tx, Covered::Herb(herb), named.day)?,
        None => Vec::new(),
    };
    let record: Option<StandardRecord> = tx.load(&key::standard(named.standard))?;
    let otherwise = match record {
        None => Rejection::UnknownStandard { standard: named.standard.to_owned() },
        Some(record) if record.standard.kind == StandardKind::Enterprise && record.owner != named.firm => {
            not_its_own(tx, named, &record)?
        }
        Some(record) => return Ok(check_record(tx, named, &record, &about_herb)?),
    };
    let kept = !about_herb.is_empty() || !in_force_about(tx, Covered::Class(named.class), named.day)?.is_empty();
    if kept {
        return Err(otherwise.into());
    }
    match StandardKind::of_number(named.standard) {
        Some(kind) => Ok(check_kind(named, kind)?),
        None => Ok(()),
    }
}

fn not_its_own(tx: &Tx, named: &Execution, record: &StandardRecord) -> Result<Rejection, Stop> {
    let id = |number| Ok::<_, Stop>(tx.must_load::<OrganisationRecord>(&key::organisation(number))?.id.to_string());
    Ok(out_of_scope(named, "owner", id(named.firm)?, id(record.owner)?))
}

/// Rules 2 to 6.
fn check_record(
    tx: &Tx,
    named: &Execution,
    record: &StandardRecord,
    about_herb: &[StandardRecord],
) -> Result<(), Rejection> {
    check_day(tx, named, record)?;
    check_scope(named, record)?;
    let higher = about_herb.iter().filter(|other| other.standard.region.contains(&named.region));
    match higher.min_by_key(|other| other.standard.kind) {
        Some(other) if other.standard.kind < record.standard.kind => Err(Rejection::StandardOutranked {
            standard: named.standard.to_owned(),
            expected: other.standard.id.clone(),
            actual: record.standard.kind.name(),
        }),
        _ => Ok(()),
    }
}

fn in_force_about(tx: &Tx, covered: Covered, day: CalendarDate) -> Result<Vec<StandardRecord>, Stop> {
    let index: Option<CoveringRecord> = tx.load(&key::standards_covering(&covered))?;
    let mut found = Vec::new();
    for id in index.map(|i| i.standards).unwrap_or_default() {
        let record: StandardRecord = tx.must_load(&key::standard(&id))?;
        if record.is_in_force(day) {
            found.push(record);
        }
    }
    Ok(found)
}

/// A new edition may be made to before the day of the bill has come round in the books: what counts is that it has begun
/// today, and that it had not ended on the day.
fn check_day(tx: &Tx, named: &Execution, record: &StandardRecord) -> Result<(), Rejection> {
    let (from, end) = (record.standard.effective_on, record.withdrawn_on);
    if from <= tx.today() && end.is_none_or(|end| named.day < end) {
        return Ok(());
    }
    let until = end.map_or_else(String::new, |end| format!(", before {end}"));
    let expected = format!("from {from}{until}");
    Err(Rejection::StandardNotInForce { standard: named.standard.to_owned(), expected, actual: named.day })
}

fn check_scope(named: &Execution, record: &StandardRecord) -> Result<(), Rejection> {
    let standard = &record.standard;
    if !standard.region.contains(&named.region) {
        return Err(out_of_scope(named, "region", standard.region.to_string(), named.region.to_string()));
    }
    check_kind(named, standard.kind)?;
    let general = standard.herbs.is_empty() && standard.classes.is_empty();
    let of_herb = match named.herb {
        Some(herb) => standard.herbs.contains(&herb),
        None => !standard.herbs.is_empty() && matches!(named.class, DrugClass::DecoctionPiece | DrugClass::CrudeHerb),
    };
    if general || of_herb || standard.classes.contains(&named.class) {
        return Ok(());
    }
    let actual = named.herb.map_or_else(|| super::class_name(named.class).to_owned(), |herb| herb.to_string());
    Err(out_of_scope(named, "herb", "what the standard covers".into(), actual))
}

/// Rule 4.
fn check_kind(named: &Execution, kind: StandardKind) -> Result<(), Rejection> {
    let piece = named.class == DrugClass::DecoctionPiece;
    match piece && !matches!(kind, StandardKind::National | StandardKind::Local) {
        true => Err(out_of_scope(named, "kind", "national, local".into(), kind.name().into())),
        false => Ok(()),
    }
}

fn out_of_scope(named: &Execution, field: &'static str, expected: String, actual: String) -> Rejection {
    Rejection::StandardOutOfScope { standard: named.standard.to_owned(), field, expected, actual }
}
