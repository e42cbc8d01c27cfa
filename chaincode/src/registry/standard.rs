//! 标准登记: national, industry, local, group and enterprise standards, with version, scope, region and precedence
//! (domain §8.4 rows 69, 70). One id is one version; a new version is a new id that replaces the old one. What they mean
//! for what is made is in [`super::execution`].

use super::events::StandardChanged;
use super::execution::{Covered, CoveringRecord};
use super::{OrganisationFile, require_authority};
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

    /// The standard, the one it replaces, the file, and an index each for what it covers.
    fn writes_bound(&self) -> u32 {
        count_writes(self.herbs.len()).saturating_add(count_writes(self.classes.len())).saturating_add(3)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_id("id", &self.id)?;
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

/// Executes the operation. Order of checks: authority, id, what it replaces, room beside others about the same.
fn register(tx: &mut Tx, operation: &RegisterStandard) -> Result<(), Stop> {
    check_author(tx, operation.kind, operation.region)?;
    let exists = |id: &str| Rejection::StandardExists { standard: id.to_owned() };
    if tx.exists(&key::standard(&operation.id))? {
        return Err(exists(&operation.id).into());
    }
    if !operation.replaces.is_empty() {
        let mut old = find(tx, &operation.replaces)?;
        if old.standard.kind != operation.kind || !old.replaced_by.is_empty() {
            return Err(exists(&operation.replaces).into());
        }
        check_author(tx, old.standard.kind, old.standard.region)?;
        old.replaced_by = operation.id.clone();
        old.withdrawn_on = Some(old.withdrawn_on.map_or(operation.effective_on, |d| d.min(operation.effective_on)));
        tx.store(key::standard(&operation.replaces), &old);
    }
    let herbs = operation.herbs.iter().copied().map(Covered::Herb);
    for covered in herbs.chain(operation.classes.iter().copied().map(Covered::Class)) {
        add_covering(tx, covered, &operation.id)?;
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

fn close(tx: &mut Tx, id: &str, record: &StandardRecord) -> Result<(), Stop> {
    tx.store(key::standard(id), record);
    let withdrawn = record.withdrawn_on.is_some();
    let body = StandardChanged { standard: id.to_owned(), kind: record.standard.kind, withdrawn };
    OrganisationFile::load(tx, tx.principal)?.close(tx, tx.principal, EventBody::StandardChanged(body));
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

/// Executes the operation. Order of checks: standard on record, who registered it, not withdrawn.
fn withdraw(tx: &mut Tx, operation: &WithdrawStandard) -> Result<(), Stop> {
    let mut record = find(tx, &operation.id)?;
    if record.owner != tx.principal {
        let organisation = tx.organisation.id.clone();
        let region = record.standard.region.to_string();
        return Err(Rejection::NoAuthority { organisation, expected: "who registered the standard", region }.into());
    }
    if record.withdrawn_on.is_some() {
        return Err(Rejection::StandardExists { standard: operation.id.clone() }.into());
    }
    record.withdrawn_on = Some(tx.today());
    close(tx, &operation.id, &record)
}
