//! Registers with one shape: certificates, filings, admissions, policies (domain §8.1 rows 11, 23, 24, 26; §8.2 rows 43,
//! 51; §8.4 rows 76, 77). Which department or organisation makes an entry is a table.

use super::events::{Filed, FilingChanged};
use super::grant::next_status;
use super::{LicenceAction, OrganisationFile, OrganisationRecord, member, require_authority};
use crate::admission::check_text;
use crate::event::EventBody;
use crate::limits::{AGREEMENTS_MAX, FILINGS_MAX, FILINGS_PER_BODY_MAX};
use crate::rejection::Rejection;
use crate::state::{OrgNo, Record, Stop, Tx, key};
use crate::transaction::{Body, ChangeFiling, SubmitFiling};
use bencao_crypto::{Digest, encode, tagged};
use bencao_genesis::{CalendarDate, DrugClass, LicenceKind, LicenceStatus, Role};
use bincode::{Decode, Encode};

byte_enum! {
    /// A register.
    pub enum FilingKind {
        /// 药品GMP符合性
        Gmp = 1 as "gmp", "药品GMP",
        /// 药品GSP符合性
        Gsp = 2 as "gsp", "药品GSP",
        /// 中药材GAP
        Gap = 3 as "gap", "中药材GAP",
        /// 追溯管理体系认证
        TraceSystemCertificate = 4 as "trace_system_certificate", "追溯管理体系认证",
        /// 境外出口商备案
        ForeignExporter = 10 as "foreign_exporter", "境外出口商备案",
        /// 境内收货人备案
        DomesticConsignee = 11 as "domestic_consignee", "境内收货人备案",
        /// 出口生产加工企业备案
        ExportProcessor = 12 as "export_processor", "出口生产加工企业备案",
        /// 出口种植基地备案
        ExportBase = 13 as "export_base", "出口种植基地备案",
        /// 防疫体系和溯源管理制度
        ExportDocument = 14 as "export_document", "防疫与溯源管理制度文件",
        /// 追溯管理制度
        TracePolicy = 20 as "trace_policy", "追溯管理制度",
        /// 第三方追溯系统
        TraceSystem = 21 as "trace_system", "第三方追溯系统",
        /// 药品年度报告 (《药品管理法》 Art. 37); its number is the year.
        AnnualReport = 22 as "annual_report", "药品年度报告",
        /// 委托储存、运输协议, after an assessment (《药品管理法》 Art. 35).
        StorageAgreement = 23 as "storage_agreement", "委托储存运输协议",
        /// 市场入场经营者
        MarketAdmission = 30 as "market_admission", "市场入场经营者档案",
        /// 行业协会会员
        AssociationMember = 31 as "association_member", "协会会员",
        /// 第三方平台入驻经营者
        PlatformAdmission = 32 as "platform_admission", "平台入驻经营者档案",
    }
}

/// Who makes an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    /// The organisation itself.
    Itself,
    /// An authority of one of the roles with jurisdiction over the organisation.
    Authority(&'static [Role]),
    /// An organisation of one of the roles, wherever it is.
    Body(&'static [Role]),
}

/// One row of the table.
struct FilingRule {
    kind: FilingKind,
    by: &'static [By],
    /// For the refusal.
    expected: &'static str,
    /// Whether the document's digest must be there.
    document: bool,
    /// Whether another organisation must be named.
    related: bool,
    /// Whether a base must be named, or else none may be.
    base: bool,
}

/// Who makes entries in which register.
const FILING_RULES: [FilingRule; 16] = {
    use By::*;
    use FilingKind::*;
    const DRUG: By = Authority(&[Role::DrugRegulator]);
    const CERTIFIER: By = Body(&[Role::Certifier]);
    const CUSTOMS: By = Authority(&[Role::Customs]);
    const fn rule(kind: FilingKind, by: &'static [By], expected: &'static str) -> FilingRule {
        FilingRule { kind, by, expected, document: false, related: false, base: false }
    }
    [
        rule(Gmp, &[DRUG, CERTIFIER], "drug_regulator, certifier"),
        rule(Gsp, &[DRUG, CERTIFIER], "drug_regulator, certifier"),
        // 药材生产企业的基地: an entry is about one base (2022年第22号; domain §4.1).
        FilingRule {
            base: true,
            ..rule(
                Gap,
                &[Authority(&[Role::DrugRegulator, Role::AgricultureAuthority]), CERTIFIER],
                "drug_regulator, agriculture_authority, certifier",
            )
        },
        rule(
            TraceSystemCertificate,
            &[Authority(&[Role::DrugRegulator, Role::CommerceAuthority, Role::MarketRegulator]), CERTIFIER],
            "drug_regulator, commerce_authority, market_regulator, certifier",
        ),
        // A foreign exporter is in no region of ours: any customs office files it, with its consignee.
        FilingRule { related: true, ..rule(ForeignExporter, &[Body(&[Role::Customs])], "customs") },
        rule(DomesticConsignee, &[CUSTOMS], "customs"),
        rule(ExportProcessor, &[CUSTOMS], "customs"),
        rule(ExportBase, &[Authority(&[Role::Customs, Role::AgricultureAuthority])], "customs, agriculture_authority"),
        FilingRule { document: true, ..rule(ExportDocument, &[Itself], "the organisation itself") },
        FilingRule { document: true, ..rule(TracePolicy, &[Itself], "the organisation itself") },
        rule(
            TraceSystem,
            &[Authority(&[Role::DrugRegulator, Role::CommerceAuthority, Role::IndustryAuthority])],
            "drug_regulator, commerce_authority, industry_authority",
        ),
        FilingRule { document: true, ..rule(AnnualReport, &[Itself], "the organisation itself") },
        FilingRule { document: true, related: true, ..rule(StorageAgreement, &[Itself], "the organisation itself") },
        rule(MarketAdmission, &[Body(&[Role::MarketOperator])], "market_operator"),
        rule(AssociationMember, &[Body(&[Role::Association])], "association"),
        rule(PlatformAdmission, &[Body(&[Role::TradingPlatform])], "trading_platform"),
    ]
};

/// An entry.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Filing {
    /// Who made it.
    pub issuer: OrgNo,
    /// Number; of a trace policy, its version; of an annual report, its year.
    pub number: String,
    /// Scope in words.
    pub scope: String,
    /// Classes it covers; all if empty.
    pub classes: Vec<DrugClass>,
    /// Department that answers for it.
    pub owner: String,
    /// 基地编码, of a GAP entry.
    pub base_no: String,
    /// Another organisation that it names.
    pub related: Option<OrgNo>,
    /// First day.
    pub valid_from: CalendarDate,
    /// Last day.
    pub valid_to: CalendarDate,
    /// Whether it counts besides its dates.
    pub status: LicenceStatus,
    /// SM3 of the document.
    pub document: Option<Digest>,
}

impl Filing {
    /// Whether it counts on `day`.
    pub fn is_in_force(&self, day: CalendarDate) -> bool {
        self.status == LicenceStatus::InForce && self.valid_from <= day && day <= self.valid_to
    }
}

/// Entries of one organisation in one register, in order of entry.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct FilingsRecord {
    /// Format: 1.
    pub version: u8,
    /// At most [`FILINGS_MAX`]; agreements and annual reports [`AGREEMENTS_MAX`].
    pub filings: Vec<Filing>,
}

impl Record for FilingsRecord {}

/// Whether an organisation has an entry of a register in force today that covers `class`: what guards of other modules
/// ask (a GAP certificate, a filed trace policy, an export document).
pub(crate) fn has_filing(tx: &Tx, organisation: OrgNo, kind: FilingKind, class: DrugClass) -> Result<bool, Stop> {
    let record: Option<FilingsRecord> = tx.load(&key::filings(organisation, kind))?;
    let covers = |f: &Filing| f.is_in_force(tx.today()) && (f.classes.is_empty() || f.classes.contains(&class));
    Ok(record.is_some_and(|r| r.filings.iter().any(covers)))
}

/// Whether a base that `organisation` runs has an entry of the register of GAP in force on `day`.
pub(crate) fn base_has_gap(tx: &Tx, organisation: OrgNo, base_no: &str, day: CalendarDate) -> Result<bool, Stop> {
    let record: Option<FilingsRecord> = tx.load(&key::filings(organisation, FilingKind::Gap))?;
    let class = DrugClass::CrudeHerb;
    let covers =
        |f: &Filing| f.base_no == base_no && f.is_in_force(day) && (f.classes.is_empty() || f.classes.contains(&class));
    Ok(record.is_some_and(|r| r.filings.iter().any(covers)))
}

/// Whether `by` has admitted an organisation, to its market or its platform, by an entry in force today that covers
/// `class`, or any class.
pub(crate) fn is_admitted(
    tx: &Tx,
    organisation: OrgNo,
    kind: FilingKind,
    by: OrgNo,
    class: Option<DrugClass>,
) -> Result<bool, Stop> {
    let record: Option<FilingsRecord> = tx.load(&key::filings(organisation, kind))?;
    let covers = |f: &Filing| f.classes.is_empty() || class.is_none_or(|class| f.classes.contains(&class));
    let admits = |f: &Filing| f.issuer == by && f.is_in_force(tx.today()) && covers(f);
    Ok(record.is_some_and(|r| r.filings.iter().any(admits)))
}

/// Refuses an order of `owner` to a keeper with whom it has filed no agreement that is in force today and on the order's
/// `last` day (《药品管理法》 Art. 35).
pub(crate) fn require_agreement(tx: &mut Tx, owner: OrgNo, keeper: OrgNo, last: CalendarDate) -> Result<(), Stop> {
    let record: Option<FilingsRecord> = tx.load(&key::filings(owner, FilingKind::StorageAgreement))?;
    let serves = |f: &Filing| f.related == Some(keeper) && f.is_in_force(tx.today()) && f.is_in_force(last);
    if record.is_some_and(|r| r.filings.iter().any(serves)) {
        return Ok(());
    }
    let organisation = tx.organisation_record(keeper)?.id.clone();
    Err(Rejection::AgreementRequired { organisation, expected: last }.into())
}

/// Refuses who is not on file as a third-party platform on `day` (《药品管理法》 Art. 62).
pub(crate) fn require_platform(organisation: &OrganisationRecord, day: CalendarDate) -> Result<(), Rejection> {
    let kind = LicenceKind::InternetPlatform;
    let on_file = organisation.licences.iter().any(|l| l.kind == kind && l.is_in_force(day));
    if organisation.has_role(Role::TradingPlatform) && on_file {
        return Ok(());
    }
    let expected = super::licence_name(kind);
    Err(Rejection::NotLicensed { organisation: organisation.id.clone(), expected })
}

impl Body for SubmitFiling {
    /// The register and the file of the organisation.
    fn writes_bound(&self) -> u32 {
        2
    }

    fn check_form(&self) -> Result<(), Rejection> {
        let refuse = |field, expected| Err(Rejection::FieldForm { field, expected });
        check_text("number", &self.number)?;
        check_text("scope", &self.scope)?;
        check_text("owner", &self.owner)?;
        check_text("base_no", &self.base_no)?;
        if self.number.is_empty() || self.valid_from > self.valid_to || !self.classes.is_sorted_by(|a, b| a < b) {
            return refuse("number", "a number; classes in order without repeats; valid_from ≤ valid_to");
        }
        if row(self.kind).document && self.document.is_none() {
            return refuse("document", "SM3 of the document, for this register");
        }
        if row(self.kind).related && self.related.is_none() {
            return refuse("related", "the other organisation, for this register");
        }
        if row(self.kind).base == self.base_no.is_empty() {
            return refuse("base_no", "the base, in the register of GAP and only there");
        }
        if self.kind == FilingKind::AnnualReport && first_day(&self.number).is_none() {
            return refuse("number", "a year of four digits, from 1970 on");
        }
        Ok(())
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        submit(tx, self)
    }
}

/// The first day of a year of four digits.
fn first_day(year: &str) -> Option<CalendarDate> {
    let digits = year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit());
    CalendarDate::new(digits.then(|| year.parse().ok()).flatten()?, 1, 1)
}

fn row(kind: FilingKind) -> &'static FilingRule {
    const FALLBACK: FilingRule =
        FilingRule { kind: FilingKind::Gmp, by: &[], expected: "", document: false, related: false, base: false };
    FILING_RULES.iter().find(|r| r.kind == kind).unwrap_or(&FALLBACK)
}

/// Executes the operation. Order of checks: organisation, issuer, room of a body, related, licences of a market's or a
/// platform's merchant, year of a report, number, room.
fn submit(tx: &mut Tx, operation: &SubmitFiling) -> Result<(), Stop> {
    let (number, organisation) = member(tx, &operation.organisation)?;
    check_issuer(tx, operation.kind, number, &organisation)?;
    check_room(tx, operation.kind, number)?;
    file_by_decision(tx, operation)
}

/// The same by a decision of the consortium. Order of checks: organisation, related, licences of a merchant, year of a
/// report, number, room. An annual report that was revoked gives its year free for the one that replaces it.
pub(crate) fn file_by_decision(tx: &mut Tx, operation: &SubmitFiling) -> Result<(), Stop> {
    let (number, organisation) = member(tx, &operation.organisation)?;
    let related = match &operation.related {
        Some(id) => Some(member(tx, id)?.0),
        None => None,
    };
    match operation.kind {
        FilingKind::MarketAdmission => check_merchant(tx, &organisation)?,
        FilingKind::PlatformAdmission => check_online_seller(tx, &organisation)?,
        _ => {}
    }
    let report = operation.kind == FilingKind::AnnualReport;
    let begins = first_day(&operation.number).filter(|_| report);
    if let Some(actual) = begins.filter(|day| *day > tx.today()) {
        return Err(Rejection::DateInFuture { field: "number", expected: tx.today(), actual }.into());
    }
    let register = key::filings(number, operation.kind);
    let record: Option<FilingsRecord> = tx.load(&register)?;
    let mut record = record.unwrap_or(FilingsRecord { version: 1, filings: Vec::new() });
    record.filings.retain(|f| !(report && f.number == operation.number && f.status == LicenceStatus::Revoked));
    if record.filings.iter().any(|f| f.number == operation.number) {
        let (organisation, register) = (operation.organisation.clone(), operation.kind.name());
        return Err(Rejection::FilingExists { organisation, register, number: operation.number.clone() }.into());
    }
    let room = match operation.kind {
        FilingKind::StorageAgreement | FilingKind::AnnualReport => AGREEMENTS_MAX,
        _ => FILINGS_MAX,
    };
    if record.filings.len() >= room {
        let today = tx.today();
        record.filings.retain(|f| f.status != LicenceStatus::Revoked && f.valid_to >= today);
    }
    if record.filings.len() >= room {
        return Err(Rejection::RegisterFull { register: operation.kind.name(), expected: room as u32 }.into());
    }
    record.filings.push(Filing {
        issuer: tx.principal,
        number: operation.number.clone(),
        scope: operation.scope.clone(),
        classes: operation.classes.clone(),
        owner: operation.owner.clone(),
        base_no: operation.base_no.clone(),
        related,
        valid_from: operation.valid_from,
        valid_to: operation.valid_to,
        status: LicenceStatus::InForce,
        document: operation.document,
    });
    tx.store(register, &record);
    let content = tagged("bencao/filing/1", &[&encode(operation)]);
    let body = Filed { kind: operation.kind, number: operation.number.clone(), content };
    OrganisationFile::load(tx, number)?.close(tx, number, EventBody::Filed(body));
    Ok(())
}

/// A body that is no authority does not fill a register of somebody else.
fn check_room(tx: &Tx, kind: FilingKind, number: OrgNo) -> Result<(), Stop> {
    let authority = Role::DEPARTMENTS.iter().any(|r| tx.organisation.has_role(*r));
    if tx.principal == number || authority {
        return Ok(());
    }
    let record: Option<FilingsRecord> = tx.load(&key::filings(number, kind))?;
    let today = tx.today();
    let counts = |f: &&Filing| f.issuer == tx.principal && f.status != LicenceStatus::Revoked && f.valid_to >= today;
    let own = record.map_or(0, |r| r.filings.iter().filter(counts).count());
    if own >= FILINGS_PER_BODY_MAX {
        return Err(Rejection::RegisterFull { register: kind.name(), expected: FILINGS_PER_BODY_MAX as u32 }.into());
    }
    Ok(())
}

fn check_issuer(tx: &Tx, kind: FilingKind, number: OrgNo, organisation: &OrganisationRecord) -> Result<(), Rejection> {
    let rule = row(kind);
    let may = |by: &By| match by {
        By::Itself => tx.principal == number,
        By::Body(roles) => roles.iter().any(|r| tx.organisation.has_role(*r)),
        By::Authority(roles) => require_authority(tx, roles, rule.expected, organisation.jurisdiction).is_ok(),
    };
    if rule.by.iter().any(may) {
        return Ok(());
    }
    let region = organisation.jurisdiction.to_string();
    Err(Rejection::NoAuthority { organisation: tx.organisation.id.clone(), expected: rule.expected, region })
}

/// 审查入场经营者的许可证: a market admits only who has a licence in force, and growers with their own herbs (《药品管理法》
/// Art. 60; domain §8.1 row 11).
fn check_merchant(tx: &Tx, organisation: &OrganisationRecord) -> Result<(), Rejection> {
    let licensed = organisation.licences.iter().any(|l| l.is_in_force(tx.today()));
    if licensed || organisation.has_role(Role::Grower) {
        return Ok(());
    }
    let expected = super::licence_name(LicenceKind::Business);
    Err(Rejection::NotLicensed { organisation: organisation.id.clone(), expected })
}

/// 平台审核: a platform on file admits only who is licensed to make or sell drugs and has reported to sell them online
/// (《药品管理法》 Art. 62).
fn check_online_seller(tx: &Tx, organisation: &OrganisationRecord) -> Result<(), Rejection> {
    require_platform(&tx.organisation, tx.today())?;
    use LicenceKind::{DrugProduction, DrugRetail, DrugWholesale, InternetSale};
    let has = |kinds: &[LicenceKind]| {
        organisation.licences.iter().any(|l| kinds.contains(&l.kind) && l.is_in_force(tx.today()))
    };
    let lacks = |kind| {
        let expected = super::licence_name(kind);
        Err(Rejection::NotLicensed { organisation: organisation.id.clone(), expected })
    };
    match () {
        () if !has(&[DrugRetail, DrugWholesale, DrugProduction]) => lacks(DrugRetail),
        () if !has(&[InternetSale]) => lacks(InternetSale),
        () => Ok(()),
    }
}

impl Body for ChangeFiling {
    /// The register and the file of the organisation.
    fn writes_bound(&self) -> u32 {
        2
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_text("number", &self.number)?;
        check_text("basis", &self.basis)?;
        use LicenceAction::{Restore, Revoke, Suspend};
        if !matches!(self.action, Suspend | Restore | Revoke) || self.basis.is_empty() {
            return Err(Rejection::FieldForm { field: "action", expected: "suspend, restore or revoke, with a basis" });
        }
        Ok(())
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        change(tx, self)
    }
}

/// Executes the operation. Order of checks: organisation, entry on record, who made it or may, status.
fn change(tx: &mut Tx, operation: &ChangeFiling) -> Result<(), Stop> {
    change_entry(tx, operation, false)
}

/// The same by a decision of the consortium, whoever made the entry.
pub(crate) fn change_filing_by_decision(tx: &mut Tx, operation: &ChangeFiling) -> Result<(), Stop> {
    change_entry(tx, operation, true)
}

fn change_entry(tx: &mut Tx, operation: &ChangeFiling, decided: bool) -> Result<(), Stop> {
    let (number, organisation) = member(tx, &operation.organisation)?;
    let register = key::filings(number, operation.kind);
    let record: Option<FilingsRecord> = tx.load(&register)?;
    let unknown = || Rejection::UnknownFiling {
        organisation: operation.organisation.clone(),
        register: operation.kind.name(),
        number: operation.number.clone(),
    };
    let mut record = record.ok_or_else(unknown)?;
    let filing = record.filings.iter_mut().find(|f| f.number == operation.number).ok_or_else(unknown)?;
    if filing.issuer != tx.principal && !decided {
        let authorities = row(operation.kind).by.iter().find_map(|by| match by {
            By::Authority(roles) => Some(*roles),
            _ => None,
        });
        let roles = authorities.unwrap_or(&[Role::DrugRegulator, Role::MarketRegulator]);
        require_authority(tx, roles, "who made the entry, or its authority", organisation.jurisdiction)?;
    }
    filing.status = next_status(operation.action, filing.status)?;
    tx.store(register, &record);
    let body = FilingChanged { kind: operation.kind, number: operation.number.clone(), action: operation.action };
    OrganisationFile::load(tx, number)?.close(tx, number, EventBody::FilingChanged(body));
    Ok(())
}
