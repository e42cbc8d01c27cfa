//! Organisations with their licences, lists and filings; rule sets; standards; mandates; dossiers; alarms.

use super::{Party, QueryError, party};
use crate::law::{Law, LawBook, RegionsRecord, RuleSetRecord};
use crate::mandates::MandateRecord;
use crate::oversight::{AlarmRecord, DossierRecord, Listing, TriageRecord};
use crate::receipt::Position;
use crate::registry::{
    Filing, FilingKind, FilingsRecord, NumberRecord, OrganisationFile, OrganisationRecord, StandardRecord, status_name,
};
use crate::state::{OrgNo, StateView, ViewError, key, load};
use crate::transaction::{AmendLaw, DocumentNumber, Operation, RegisterStandard};
use bencao_genesis::{CalendarDate, Licence, OrgId, RegionCode, Role};
use serde::Serialize;

/// A licence as shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LicenceView {
    /// As on record.
    #[serde(flatten)]
    pub licence: Licence,
    /// Printed name of its kind.
    pub name_zh: &'static str,
    /// Whether it counts on the day asked for.
    pub in_force: bool,
}

/// An entry of a public list: what everybody may see.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ListingView {
    /// Which list.
    pub list: &'static str,
    /// The same in Chinese.
    pub list_zh: &'static str,
    /// 列入部门
    pub authority: Party,
    /// 列入事由
    pub reason: String,
    /// 依据
    pub basis: String,
    /// First day.
    pub since: CalendarDate,
    /// Last day.
    pub until: CalendarDate,
    /// Operations that the law of its region bars the organisation from.
    pub bars: Vec<String>,
}

/// An entry of a register.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FilingView {
    /// Which register.
    pub kind: &'static str,
    /// The same in Chinese.
    pub kind_zh: &'static str,
    /// Number; of a trace policy, its version.
    pub number: String,
    /// Who made it.
    pub issuer: Party,
    /// Scope in words.
    pub scope: String,
    /// Department that answers for it.
    pub owner: String,
    /// 基地编码, of a GAP entry.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub base_no: String,
    /// Another organisation that it names.
    pub related: Option<Party>,
    /// First day.
    pub valid_from: CalendarDate,
    /// Last day.
    pub valid_to: CalendarDate,
    /// `in_force`, `suspended` or `revoked`.
    pub status: &'static str,
    /// Whether it counts on the day asked for.
    pub in_force: bool,
    /// SM3 of the document.
    pub document: Option<bencao_crypto::Digest>,
}

/// All that is on record about an organisation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OrganisationView {
    /// Identifier.
    pub id: OrgId,
    /// Registered name.
    pub name: String,
    /// Roles.
    pub roles: Vec<Role>,
    /// GB/T 2260.
    pub region: RegionCode,
    /// Who gives mandates for it, if it has no key of its own.
    pub host: Option<Party>,
    /// Holds on all that it has.
    pub holds: Vec<&'static str>,
    /// Licences.
    pub licences: Vec<LicenceView>,
    /// Public lists that count on the day asked for.
    pub listings: Vec<ListingView>,
    /// Entries of all registers.
    pub filings: Vec<FilingView>,
    /// Points of 守信 events.
    pub credit_positive: u32,
    /// Points of 失信 events.
    pub credit_negative: u32,
    /// Inspections so far.
    pub inspections: u32,
    /// Penalties so far.
    pub penalties: u32,
    /// Events in its file.
    pub events: u32,
}

/// All about an organisation on `day`; `None` if it is not on record.
///
/// # Errors
/// [`QueryError`].
pub fn organisation(
    view: &dyn StateView,
    id: &OrgId,
    day: CalendarDate,
) -> Result<Option<OrganisationView>, QueryError> {
    let Some((number, record)) = member(view, id)? else { return Ok(None) };
    let file: Option<OrganisationFile> = load(view, &key::organisation_file(number))?;
    let file = file.unwrap_or_default();
    let law = law(view, record.jurisdiction, day)?;
    let in_force = record.listings.iter().filter(|l| l.is_in_force(day));
    let listings = in_force.map(|l| listing(view, l, &law)).collect::<Result<_, _>>()?;
    let mut filings = Vec::new();
    for kind in FilingKind::ALL {
        let register: Option<FilingsRecord> = load(view, &key::filings(number, *kind))?;
        for entry in register.map(|r| r.filings).unwrap_or_default() {
            filings.push(filing(view, *kind, entry, day)?);
        }
    }
    let licence = |licence: Licence| LicenceView {
        name_zh: crate::registry::licence_name(licence.kind),
        in_force: licence.is_in_force(day),
        licence,
    };
    Ok(Some(OrganisationView {
        id: record.id,
        name: record.name,
        roles: record.roles,
        region: record.jurisdiction,
        host: record.host.map(|host| party(view, host)).transpose()?,
        holds: record.holds.names(),
        licences: record.licences.into_iter().map(licence).collect(),
        listings,
        filings,
        credit_positive: file.credit_positive,
        credit_negative: file.credit_negative,
        inspections: file.inspections,
        penalties: file.penalties,
        events: file.history.count,
    }))
}

/// Number and record of a member; `None` if it is not on record.
///
/// # Errors
/// [`ViewError`].
pub fn member(view: &dyn StateView, id: &OrgId) -> Result<Option<(OrgNo, OrganisationRecord)>, ViewError> {
    let number: Option<NumberRecord> = load(view, &key::organisation_number(id))?;
    let Some(number) = number.map(|n| OrgNo(n.number)) else { return Ok(None) };
    let record = load(view, &key::organisation(number))?.ok_or(ViewError::Damaged)?;
    Ok(Some((number, record)))
}

fn listing(view: &dyn StateView, listing: &Listing, law: &Law) -> Result<ListingView, QueryError> {
    let effects = law.oversight.effects.iter().filter(|e| e.list == listing.list);
    Ok(ListingView {
        list: listing.list.name(),
        list_zh: listing.list.name_zh(),
        authority: party(view, listing.authority)?,
        reason: listing.reason.clone(),
        basis: listing.basis.clone(),
        since: listing.since,
        until: listing.until,
        bars: effects.map(|e| e.operation.clone()).collect(),
    })
}

fn filing(view: &dyn StateView, kind: FilingKind, entry: Filing, day: CalendarDate) -> Result<FilingView, QueryError> {
    Ok(FilingView {
        kind: kind.name(),
        kind_zh: kind.name_zh(),
        issuer: party(view, entry.issuer)?,
        related: entry.related.map(|number| party(view, number)).transpose()?,
        status: status_name(entry.status),
        in_force: entry.is_in_force(day),
        number: entry.number,
        scope: entry.scope,
        owner: entry.owner,
        base_no: entry.base_no,
        valid_from: entry.valid_from,
        valid_to: entry.valid_to,
        document: entry.document,
    })
}

/// The law of a region on a day, as far as it is decided in this state.
///
/// # Errors
/// [`QueryError`].
pub fn law(view: &dyn StateView, region: RegionCode, day: CalendarDate) -> Result<Law, QueryError> {
    Ok((*LawBook::load(view, day)?.of(region)).clone())
}

/// A rule set as it was decided.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RuleSetView {
    /// Number.
    pub number: u32,
    /// Who decided it.
    pub authority: Party,
    /// Block.
    pub height: u64,
    /// Title, basis, region, date and chapters.
    #[serde(flatten)]
    pub rule_set: AmendLaw,
}

/// Rule sets from `first` on, at most `limit`, in order of numbers; and how many there are.
///
/// # Errors
/// [`QueryError`].
pub fn rule_sets(view: &dyn StateView, first: u32, limit: u32) -> Result<(u32, Vec<RuleSetView>), QueryError> {
    let index: Option<RegionsRecord> = load(view, &key::law_regions())?;
    let count = index.map_or(0, |i| i.rule_sets);
    let last = count.min(first.max(1).saturating_add(limit).saturating_sub(1));
    let mut sets = Vec::new();
    for number in first.max(1)..=last {
        let record: RuleSetRecord = load(view, &key::rule_set(number))?.ok_or(ViewError::Damaged)?;
        sets.push(RuleSetView {
            number,
            authority: party(view, record.authority)?,
            height: record.position.height.0,
            rule_set: record.rule_set,
        });
    }
    Ok((count, sets))
}

/// A standard as shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct StandardView {
    /// As registered.
    #[serde(flatten)]
    pub standard: RegisterStandard,
    /// Precedence of its kind: the lower wins.
    pub precedence: u8,
    /// Who registered it.
    pub owner: Party,
    /// Whether it holds on the day asked for.
    pub in_force: bool,
    /// 废止
    pub withdrawn_on: Option<CalendarDate>,
    /// Id of the standard that replaced it, or empty.
    pub replaced_by: String,
}

/// A standard by id.
///
/// # Errors
/// [`QueryError`].
pub fn standard(view: &dyn StateView, id: &str, day: CalendarDate) -> Result<Option<StandardView>, QueryError> {
    let record: Option<StandardRecord> = load(view, &key::standard(id))?;
    let Some(record) = record else { return Ok(None) };
    Ok(Some(StandardView {
        precedence: record.standard.kind.byte(),
        owner: party(view, record.owner)?,
        in_force: record.is_in_force(day),
        withdrawn_on: record.withdrawn_on,
        replaced_by: record.replaced_by,
        standard: record.standard,
    }))
}

/// A mandate as shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MandateView {
    /// Who gave it.
    pub principal: OrgId,
    /// Number.
    pub number: String,
    /// Who may act or read.
    pub agent: Party,
    /// Names of operations or modules.
    pub operations: Vec<String>,
    /// Only for these products.
    pub products: Vec<String>,
    /// What may be read.
    pub reads: Vec<&'static str>,
    /// First day.
    pub valid_from: CalendarDate,
    /// Last day.
    pub valid_to: CalendarDate,
    /// Most bills.
    pub uses_max: Option<u32>,
    /// Bills applied under it.
    pub used: u32,
    /// Whether it was revoked.
    pub revoked: bool,
    /// Whether it counts on the day asked for.
    pub in_force: bool,
}

/// A mandate by principal and number.
///
/// # Errors
/// [`QueryError`].
pub fn mandate(
    view: &dyn StateView,
    principal: &OrgId,
    number: &DocumentNumber,
    day: CalendarDate,
) -> Result<Option<MandateView>, QueryError> {
    let Some((principal_no, _)) = member(view, principal)? else { return Ok(None) };
    let record: Option<MandateRecord> = load(view, &key::mandate(principal_no, number))?;
    let Some(record) = record else { return Ok(None) };
    Ok(Some(MandateView {
        principal: principal.clone(),
        number: number.0.clone(),
        agent: party(view, record.agent)?,
        in_force: !record.revoked && record.valid_from <= day && day <= record.valid_to,
        operations: record.operations,
        products: record.products.into_iter().map(|p| p.0).collect(),
        reads: record.reads.iter().map(|r| r.name()).collect(),
        valid_from: record.valid_from,
        valid_to: record.valid_to,
        uses_max: record.uses_max,
        used: record.used,
        revoked: record.revoked,
    }))
}

/// A dossier as shown to authorities and whom it is about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DossierView {
    /// Who opened it.
    pub author: OrgId,
    /// Number.
    pub number: String,
    /// Where it stands.
    pub status: &'static str,
    /// The same in Chinese.
    pub status_zh: &'static str,
    /// Date of opening.
    pub opened_on: CalendarDate,
    /// Whether what must be put right was not in time.
    pub overdue: bool,
    /// How often that was told.
    pub times_overdue: u16,
    /// Steps taken.
    pub steps: u32,
    /// As opened, with its kind and text.
    pub opening: crate::transaction::OpenDossier,
}

/// A dossier by who opened it and number.
///
/// # Errors
/// [`QueryError`].
pub fn dossier(
    view: &dyn StateView,
    author: &OrgId,
    number: &DocumentNumber,
    day: CalendarDate,
) -> Result<Option<DossierView>, QueryError> {
    let Some((author_no, _)) = member(view, author)? else { return Ok(None) };
    let record: Option<DossierRecord> = load(view, &key::dossier(author_no, number))?;
    Ok(record.map(|r| DossierView {
        author: author.clone(),
        number: number.0.clone(),
        status: r.status.name(),
        status_zh: r.status.name_zh(),
        opened_on: r.opened_on,
        overdue: r.is_overdue(day),
        times_overdue: r.overdue,
        steps: r.steps,
        opening: r.opening,
    }))
}

/// An alarm with the result of its triage.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AlarmView {
    /// What it looks like.
    pub kind: &'static str,
    /// The same in Chinese.
    pub kind_zh: &'static str,
    /// `high` or `low`.
    pub level: &'static str,
    /// Rule that refused the attempt.
    pub rule: u16,
    /// Name of the operation.
    pub operation: &'static str,
    /// Who tried.
    pub organisation: Party,
    /// Who signed, if it was an agent.
    pub agent: Option<Party>,
    /// The package.
    pub code: Option<crate::UnitKey>,
    /// `confirmed`, `dismissed`, or none yet.
    pub verdict: Option<&'static str>,
    /// Who decided so.
    pub authority: Option<Party>,
    /// 核查说明
    pub reason: Option<String>,
}

/// The alarm of a refused transaction.
///
/// # Errors
/// [`QueryError`].
pub fn alarm(view: &dyn StateView, position: Position) -> Result<Option<AlarmView>, QueryError> {
    let record: Option<AlarmRecord> = load(view, &key::alarm(position))?;
    let Some(record) = record else { return Ok(None) };
    let triage: Option<TriageRecord> = load(view, &key::triage(position))?;
    let operation = Operation::TAGS.iter().find(|(tag, _)| *tag == record.operation).map(|(_, name)| *name);
    Ok(Some(AlarmView {
        kind: record.kind.name(),
        kind_zh: record.kind.name_zh(),
        level: if record.kind.is_high() { "high" } else { "low" },
        rule: record.rule,
        operation: operation.unwrap_or("unknown"),
        organisation: party(view, record.organisation)?,
        agent: record.agent.map(|agent| party(view, agent)).transpose()?,
        code: record.code,
        verdict: triage.as_ref().map(|t| t.verdict.name()),
        authority: triage.as_ref().map(|t| party(view, t.authority)).transpose()?,
        reason: triage.map(|t| t.reason),
    }))
}
