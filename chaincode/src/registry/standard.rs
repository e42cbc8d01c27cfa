//! 标准登记: national, industry, local, group and enterprise standards, with version, scope, region and precedence
//! (domain §8.4 rows 69, 70). One id is one version; a new version is a new id that replaces the old one. What they mean
//! for what is made is in [`super::execution`].
//!
//! Anybody registers standards of its own, so nothing of an enterprise or an association touches what others made of
//! theirs: their numbers cannot be taken for a standard of state, they replace what they registered themselves alone,
//! and they stand in no index that has bounds.

use super::events::StandardChanged;
use super::execution::{Covered, CoveringRecord};
use super::{OrganisationFile, OrganisationRecord, require_authority};
use crate::admission::check_text;
use crate::event::EventBody;
use crate::limits::{STANDARD_HERBS_MAX, STANDARDS_COVERING_MAX};
use crate::rejection::Rejection;
use crate::state::{OrgNo, Record, Stop, Tx, key};
use crate::transaction::{Body, RegisterStandard, WithdrawStandard, count_writes};
use bencao_genesis::{CalendarDate, RegionCode, Role};
use bincode::{Decode, Encode};

byte_enum! {
    /// Kind of a standard. The byte is its precedence: of two that say something about the same thing, the lower wins,
    /// and a lower kind may only add.
    pub enum StandardKind {
        /// 国家标准
        National = 1 as "national", "国家标准",
        /// 行业标准
        Industry = 2 as "industry", "行业标准",
        /// 地方标准
        Local = 3 as "local", "地方标准",
        /// 团体标准
        Group = 4 as "group", "团体标准",
        /// 企业标准
        Enterprise = 5 as "enterprise", "企业标准",
    }
}

impl StandardKind {
    /// Whether a department sets it, so that it obliges others than whoever names it. A 团体标准 is adopted of one's own
    /// will and an 企业标准 is for the enterprise's own goods (《标准化法》 Art. 18, 19).
    pub(super) fn is_of_state(self) -> bool {
        match self {
            StandardKind::National | StandardKind::Industry | StandardKind::Local => true,
            StandardKind::Group | StandardKind::Enterprise => false,
        }
    }

    /// The kind that a number says: `T/` begins those of associations (《团体标准管理规定》) and `Q/` those of enterprises
    /// (《企业标准化促进办法》), and no others.
    pub(super) fn of_number(id: &str) -> Option<StandardKind> {
        match id.as_bytes() {
            [b'T', b'/', ..] => Some(StandardKind::Group),
            [b'Q', b'/', ..] => Some(StandardKind::Enterprise),
            _ => None,
        }
    }
}

/// A standard on record.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct StandardRecord {
    /// Format: 1.
    pub version: u8,
    /// Who registered it.
    pub owner: OrgNo,
    /// As registered.
    pub standard: RegisterStandard,
    /// 废止
    pub withdrawn_on: Option<CalendarDate>,
    /// Id of the standard that replaced it, or empty.
    pub replaced_by: String,
}

impl Record for StandardRecord {}

impl StandardRecord {
    /// Whether it holds on `day`: begun, and not withdrawn.
    pub fn is_in_force(&self, day: CalendarDate) -> bool {
        self.standard.effective_on <= day && self.withdrawn_on.is_none_or(|end| day < end)
    }
}

/// Departments that register standards of state.
const DEPARTMENTS: [Role; 6] = [
    Role::DrugRegulator,
    Role::HealthAuthority,
    Role::CommerceAuthority,
    Role::IndustryAuthority,
    Role::AgricultureAuthority,
    Role::MarketRegulator,
];

/// 1 to 64 printable characters, and no space at either end.
fn check_id(field: &'static str, id: &str) -> Result<(), Rejection> {
    let length = (1..=64).contains(&id.chars().take(65).count());
    if length && id.trim() == id && !id.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Rejection::FieldForm { field, expected: "1-64 characters, such as GB/T 31774-2015" })
}

impl Body for RegisterStandard {
    fn delegable(&self) -> bool {
        false
    }

    /// The standard, the one it replaces, the file, and, of one of state, an index each for what it covers.
    fn writes_bound(&self) -> u32 {
        count_writes(self.herbs.len()).saturating_add(count_writes(self.classes.len())).saturating_add(3)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_id("id", &self.id)?;
        if StandardKind::of_number(&self.id) != Some(self.kind).filter(|kind| !kind.is_of_state()) {
            let expected = "Q/ first of an enterprise standard, T/ first of a group standard, neither of any other";
            return Err(Rejection::FieldForm { field: "id", expected });
        }
        check_text("title", &self.title)?;
        check_text("scope", &self.scope)?;
        if !self.replaces.is_empty() {
            check_id("replaces", &self.replaces)?;
        }
        let nation = self.region.contains_all();
        if self.title.is_empty() || self.replaces == self.id || nation == (self.kind == StandardKind::Local) {
            let expected = "a title; region 000000 unless local; another standard to replace";
            return Err(Rejection::FieldForm { field: "title", expected });
        }
        let ascending = self.herbs.is_sorted_by(|a, b| a < b) && self.classes.is_sorted_by(|a, b| a < b);
        if !ascending || self.herbs.len() > STANDARD_HERBS_MAX {
            let expected = "herbs, at most 2048, and classes, ascending without repeats";
            return Err(Rejection::FieldForm { field: "herbs", expected });
        }
        Ok(())
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        register(tx, self)
    }
}

/// Executes the operation. Order of checks: authority, id, what it replaces (on record, kind and not replaced, who may,
/// not dated back), room beside others of state about the same.
fn register(tx: &mut Tx, operation: &RegisterStandard) -> Result<(), Stop> {
    check_author(tx, operation.kind, operation.region)?;
    if tx.exists(&key::standard(&operation.id))? {
        return Err(Rejection::StandardExists { standard: operation.id.clone() }.into());
    }
    if !operation.replaces.is_empty() {
        replace(tx, operation)?;
    }
    // What obliges nobody else takes no room from what does.
    if operation.kind.is_of_state() {
        let herbs = operation.herbs.iter().copied().map(Covered::Herb);
        for covered in herbs.chain(operation.classes.iter().copied().map(Covered::Class)) {
            add_covering(tx, covered, &operation.id)?;
        }
    }
    let record = StandardRecord {
        version: 1,
        owner: tx.principal,
        standard: operation.clone(),
        withdrawn_on: None,
        replaced_by: String::new(),
    };
    close(tx, &operation.id, &record)
}

/// Ends the standard that a new one replaces on the day on which the new one begins. That day is not before today: what
/// was made to the old one until now was made to a standard in force (《药品管理法》 Art. 44).
fn replace(tx: &mut Tx, operation: &RegisterStandard) -> Result<(), Stop> {
    let mut old = find(tx, &operation.replaces)?;
    if old.standard.kind != operation.kind || !old.replaced_by.is_empty() {
        return Err(Rejection::StandardExists { standard: operation.replaces.clone() }.into());
    }
    check_replaces(tx, &old)?;
    let (expected, actual) = (tx.today(), operation.effective_on);
    if actual < expected {
        return Err(Rejection::PastDated { expected, actual }.into());
    }
    old.replaced_by = operation.id.clone();
    old.withdrawn_on = Some(old.withdrawn_on.map_or(actual, |day| day.min(actual)));
    tx.store(key::standard(&operation.replaces), &old);
    Ok(())
}

/// Who registered a standard replaces it; one of state also a department that may set such a standard there. A group's
/// or an enterprise's is nobody else's to end.
fn check_replaces(tx: &Tx, old: &StandardRecord) -> Result<(), Rejection> {
    if old.owner == tx.principal {
        return Ok(());
    }
    match old.standard.kind.is_of_state() {
        true => check_author(tx, old.standard.kind, old.standard.region),
        false => Err(not_author(tx, old)),
    }
}

fn not_author(tx: &Tx, record: &StandardRecord) -> Rejection {
    let (organisation, region) = (tx.organisation.id.clone(), record.standard.region.to_string());
    Rejection::NoAuthority { organisation, expected: "who registered the standard", region }
}

/// Takes a standard into the index of what it covers; those that have ended make room.
fn add_covering(tx: &mut Tx, covered: Covered, id: &str) -> Result<(), Stop> {
    let name = key::standards_covering(&covered);
    let record: Option<CoveringRecord> = tx.load(&name)?;
    let mut record = record.unwrap_or(CoveringRecord { version: 1, standards: Vec::new() });
    if record.standards.len() >= STANDARDS_COVERING_MAX {
        let mut kept = Vec::new();
        for id in record.standards {
            let standard: StandardRecord = tx.must_load(&key::standard(&id))?;
            if standard.withdrawn_on.is_none_or(|end| tx.today() < end) {
                kept.push(id);
            }
        }
        record.standards = kept;
    }
    if record.standards.len() >= STANDARDS_COVERING_MAX {
        let expected = u32::try_from(STANDARDS_COVERING_MAX).unwrap_or(u32::MAX);
        return Err(Rejection::RegisterFull { register: "standards", expected }.into());
    }
    record.standards.push(id.to_owned());
    tx.store(name, &record);
    Ok(())
}

fn check_author(tx: &Tx, kind: StandardKind, region: RegionCode) -> Result<(), Rejection> {
    let may = match kind {
        StandardKind::National | StandardKind::Industry | StandardKind::Local => {
            return require_authority(tx, &DEPARTMENTS, "a department that sets standards", region);
        }
        StandardKind::Group => tx.organisation.has_role(Role::Association),
        StandardKind::Enterprise => true,
    };
    if may {
        return Ok(());
    }
    let organisation = tx.organisation.id.clone();
    Err(Rejection::NoAuthority { organisation, expected: "association", region: region.to_string() })
}

fn find(tx: &Tx, id: &str) -> Result<StandardRecord, Stop> {
    let found: Option<StandardRecord> = tx.load(&key::standard(id))?;
    found.ok_or_else(|| Rejection::UnknownStandard { standard: id.to_owned() }.into())
}

/// Stores a standard. The event stands in the file of whoever registered it, also if an authority ended it.
fn close(tx: &mut Tx, id: &str, record: &StandardRecord) -> Result<(), Stop> {
    tx.store(key::standard(id), record);
    let withdrawn = record.withdrawn_on.is_some();
    let body = StandardChanged { standard: id.to_owned(), kind: record.standard.kind, withdrawn };
    OrganisationFile::load(tx, record.owner)?.close(tx, record.owner, EventBody::StandardChanged(body));
    Ok(())
}

impl Body for WithdrawStandard {
    fn delegable(&self) -> bool {
        false
    }

    /// The standard, the file.
    fn writes_bound(&self) -> u32 {
        2
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_id("id", &self.id)?;
        check_text("basis", &self.basis)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        withdraw(tx, self)
    }
}

/// Executes the operation. Order of checks: standard on record, who registered it or supervises whoever did, not
/// withdrawn.
fn withdraw(tx: &mut Tx, operation: &WithdrawStandard) -> Result<(), Stop> {
    let mut record = find(tx, &operation.id)?;
    check_withdraws(tx, &record)?;
    if record.withdrawn_on.is_some() {
        return Err(Rejection::StandardExists { standard: operation.id.clone() }.into());
    }
    record.withdrawn_on = Some(tx.today());
    close(tx, &operation.id, &record)
}

/// Who registered a standard withdraws it; one of a group or an enterprise also a drug regulator of the author's region,
/// so that what was registered wrongly does not stay in force. One of state ends by the department that set it.
fn check_withdraws(tx: &Tx, record: &StandardRecord) -> Result<(), Stop> {
    if record.owner == tx.principal {
        return Ok(());
    }
    if record.standard.kind.is_of_state() {
        return Err(not_author(tx, record).into());
    }
    let author: OrganisationRecord = tx.must_load(&key::organisation(record.owner))?;
    let expected = "who registered the standard, or a drug regulator";
    Ok(require_authority(tx, &[Role::DrugRegulator], expected, author.jurisdiction)?)
}
