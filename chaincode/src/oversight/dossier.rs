//! 卷宗: inspections, penalties, shared cases, third-party results and foreign notifications (domain §8.1 rows 21, 22, 25,
//! 28; §8.4 rows 77, 78). Who opens which kind, who may take which step, and what becomes of it, are tables.

use super::AlarmKind;
use super::credit::ANY_DEPARTMENT;
use super::events::{DossierOpened, DossierOverdue, DossierStepped};
use crate::admission::check_text;
use crate::event::EventBody;
use crate::execute::{ComesDue, Due};
use crate::limits::{DOSSIER_PARTIES_MAX, DOSSIER_STEPS_MAX};
use crate::registry::{FilingKind, OrganisationFile, OrganisationRecord, is_admitted, member, require_authority};
use crate::rejection::Rejection;
use crate::state::{OrgNo, Record, Stop, Tx, key};
use crate::transaction::{Body, DocumentNumber, FollowUp, OpenDossier};
use bencao_crypto::{Digest, encode, tagged};
use bencao_genesis::{CalendarDate, RegionCode, Role, TimestampMs};
use bincode::{Decode, Encode};

byte_enum! {
    /// Kind of a dossier.
    pub enum DossierKind {
        /// 监督检查
        Inspection = 1 as "inspection", "监督检查",
        /// 行政处罚, also for not reporting (《药品管理法》 Art. 127).
        Penalty = 2 as "penalty", "行政处罚",
        /// 案件协同
        Case = 3 as "case", "案件协同",
        /// 第三方检验、评价、认证结果
        ThirdPartyResult = 4 as "third_party_result", "第三方结果",
        /// 境外通报: what it names is put on hold by the operation for holds.
        ForeignNotification = 5 as "foreign_notification", "境外通报",
        /// 违法行为报告 of a market or a platform about a merchant that it admitted (《药品管理法》 Art. 62)
        ViolationReport = 6 as "violation_report", "违法行为报告",
    }
}

byte_enum! {
    /// What was found.
    pub enum Finding {
        /// 符合
        Conforming = 1 as "conforming", "符合",
        /// 需整改
        Defects = 2 as "defects", "需整改",
        /// 严重不符合
        SeriousDefects = 3 as "serious_defects", "严重不符合",
    }
}

byte_enum! {
    /// Where a dossier stands.
    pub enum DossierStatus {
        /// 办理中
        Open = 1 as "open", "办理中",
        /// 已报整改
        Reported = 2 as "reported", "已报整改",
        /// 采信
        Accepted = 3 as "accepted", "已采信",
        /// 不予采信
        Refused = 4 as "refused", "不予采信",
        /// 已结
        Closed = 5 as "closed", "已结",
        /// 撤销
        Withdrawn = 6 as "withdrawn", "已撤销",
    }
}

byte_enum! {
    /// What is done.
    pub enum DossierStep {
        /// 补充材料
        Note = 1 as "note", "补充材料",
        /// 提交整改报告
        Report = 2 as "report", "提交整改报告",
        /// 认可、采信
        Accept = 3 as "accept", "认可",
        /// 退回、不予采信
        Refuse = 4 as "refuse", "退回",
        /// 结案
        Close = 5 as "close", "结案",
        /// 撤销
        Withdraw = 6 as "withdraw", "撤销",
    }
}

/// Who takes a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Who {
    /// Who opened it, or a superior authority of its department.
    Author,
    /// Whom it is about.
    Subject,
    /// Who opened it, or one of the parties.
    Party,
    /// An authority with jurisdiction over whom it is about.
    Authority,
}

/// Kind, status before, step, who, status after. Every other combination is refused.
const STEPS: [(DossierKind, DossierStatus, DossierStep, Who, DossierStatus); 21] = {
    use DossierKind::*;
    use DossierStatus::*;
    use DossierStep::*;
    use Who::*;
    [
        (Inspection, Open, Note, Author, Open),
        (Inspection, Open, Report, Subject, Reported),
        (Inspection, Open, Close, Author, Closed),
        (Inspection, Reported, Accept, Author, Closed),
        (Inspection, Reported, Refuse, Author, Open),
        (Inspection, Open, Withdraw, Author, Withdrawn),
        (Penalty, Open, Note, Author, Open),
        (Penalty, Open, Close, Author, Closed),
        (Penalty, Open, Withdraw, Author, Withdrawn),
        (Penalty, Closed, Withdraw, Author, Withdrawn),
        (Case, Open, Note, Party, Open),
        (Case, Open, Close, Author, Closed),
        (ThirdPartyResult, Open, Accept, Authority, Accepted),
        (ThirdPartyResult, Open, Refuse, Authority, Refused),
        (ThirdPartyResult, Accepted, Withdraw, Author, Withdrawn),
        (ForeignNotification, Open, Note, Authority, Open),
        (ForeignNotification, Open, Close, Author, Closed),
        (ForeignNotification, Open, Withdraw, Author, Withdrawn),
        (ViolationReport, Open, Accept, Authority, Accepted),
        (ViolationReport, Open, Refuse, Authority, Refused),
        (ViolationReport, Open, Withdraw, Author, Withdrawn),
    ]
};

/// A dossier on record: where it stands. What was written is in the events and transactions.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct DossierRecord {
    /// Format: 1.
    pub version: u8,
    /// Kind.
    pub kind: DossierKind,
    /// Where it stands.
    pub status: DossierStatus,
    /// Whom it is about.
    pub organisation: Option<OrgNo>,
    /// Date of opening.
    pub opened_on: CalendarDate,
    /// As opened.
    pub opening: OpenDossier,
    /// Parties by number.
    pub parties: Vec<OrgNo>,
    /// Steps taken.
    pub steps: u32,
    /// `SM3("bencao/dossier/1" ‖ 0x00 ‖ head ‖ canonical step)` over all steps; zero before the first.
    pub head: Digest,
    /// When what must be put right is overdue, while a report is awaited and that has not been told.
    pub due: Option<TimestampMs>,
    /// How often it was not put right in time.
    pub overdue: u16,
}

impl Record for DossierRecord {}

impl DossierRecord {
    /// Whether something must be put right, and was not in time.
    pub fn is_overdue(&self, day: CalendarDate) -> bool {
        self.status == DossierStatus::Open && self.opening.deadline.is_some_and(|deadline| day > deadline)
    }
}

impl Body for OpenDossier {
    /// Third-party results come through agencies too; acts of authorities do not.
    fn delegable(&self) -> bool {
        self.kind == DossierKind::ThirdPartyResult
    }

    fn product_named(&self) -> Option<&bencao_genesis::ProductId> {
        self.product.as_ref()
    }

    /// The dossier, the file, the deadline.
    fn writes_bound(&self) -> u32 {
        3
    }

    fn check_form(&self) -> Result<(), Rejection> {
        let refuse = |field, expected| Err(Rejection::FieldForm { field, expected });
        check_text("subject", &self.subject)?;
        check_text("text", &self.text)?;
        check_text("batch_no", &self.batch_no)?;
        if self.subject.is_empty() || self.text.is_empty() {
            return refuse("subject", "subject and text, not empty");
        }
        use DossierKind::*;
        if matches!(self.kind, Inspection | Penalty | ViolationReport) && self.organisation.is_none() {
            return refuse("organisation", "whom it is about");
        }
        if matches!(self.kind, Inspection | ThirdPartyResult) != self.finding.is_some() {
            return refuse("finding", "of an inspection or a third-party result, and only of them");
        }
        let must_rectify = self.kind == Inspection && self.finding != Some(Finding::Conforming);
        if must_rectify != self.deadline.is_some() {
            return refuse("deadline", "of an inspection with defects, and only of one");
        }
        if self.amount_fen > 0 && self.kind != Penalty {
            return refuse("amount_fen", "of a penalty only");
        }
        if matches!(self.kind, ThirdPartyResult | ForeignNotification)
            && self.organisation.is_none()
            && self.product.is_none()
        {
            return refuse("product", "an organisation or a product");
        }
        let parties = self.parties.len() <= DOSSIER_PARTIES_MAX && self.parties.is_sorted_by(|a, b| a < b);
        if !parties || (self.kind == Case) == self.parties.is_empty() {
            return refuse("parties", "of a case, 1 to 16, ascending");
        }
        Ok(())
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        open(tx, self)
    }
}

/// Executes the operation. Order of checks: organisation, product, who opens, deadline, parties.
fn open(tx: &mut Tx, operation: &OpenDossier) -> Result<(), Stop> {
    let about = match &operation.organisation {
        Some(id) => Some(member(tx, id)?),
        None => None,
    };
    if let Some(product) = &operation.product
        && !tx.exists(&key::product_number(product))?
    {
        return Err(Rejection::UnknownProduct { product: product.0.clone() }.into());
    }
    let region = about.as_ref().map_or(tx.organisation.jurisdiction, |(_, record)| record.jurisdiction);
    check_author(tx, operation.kind, about.as_ref(), region)?;
    if let Some(actual) = operation.deadline.filter(|d| *d < tx.today()) {
        return Err(Rejection::PastDated { expected: tx.today(), actual }.into());
    }
    let mut parties = Vec::new();
    for id in &operation.parties {
        let (number, record) = member(tx, id)?;
        if !Role::DEPARTMENTS.iter().any(|r| record.has_role(*r)) {
            let (organisation, region) = (record.id, record.jurisdiction.to_string());
            return Err(Rejection::NoAuthority { organisation, expected: ANY_DEPARTMENT, region }.into());
        }
        parties.push(number);
    }
    let done = operation.kind == DossierKind::Inspection && operation.finding == Some(Finding::Conforming);
    let number = tx.document.clone();
    let mut record = DossierRecord {
        version: 1,
        kind: operation.kind,
        status: if done { DossierStatus::Closed } else { DossierStatus::Open },
        organisation: about.as_ref().map(|(number, _)| *number),
        opened_on: tx.today(),
        opening: operation.clone(),
        parties,
        steps: 0,
        head: Digest::default(),
        due: None,
        overdue: 0,
    };
    if by_authority(&tx.organisation) {
        await_report(tx, &mut record, &Rectification { author: tx.principal, number: number.clone() });
    }
    tx.store(key::dossier(tx.principal, &number), &record);
    let on = if by_authority(&tx.organisation) { record.organisation } else { None };
    let on = on.unwrap_or(tx.principal);
    let mut file = OrganisationFile::load(tx, on)?;
    match operation.kind {
        DossierKind::Inspection if on != tx.principal => file.inspections = file.inspections.saturating_add(1),
        DossierKind::Penalty => file.penalties = file.penalties.saturating_add(1),
        _ => {}
    }
    let content = tagged("bencao/dossier/1", &[&encode(operation)]);
    let body = DossierOpened { author: tx.principal, number, kind: operation.kind, status: record.status, content };
    file.close(tx, on, EventBody::DossierOpened(body));
    Ok(())
}

/// Whether it supervises. What others say of a firm is no alarm, no mark in its file and no term, until an authority has
/// accepted it: nobody smears a rival (D9).
fn by_authority(author: &OrganisationRecord) -> bool {
    Role::DEPARTMENTS.iter().any(|r| author.has_role(*r))
}

/// Who opens which kind: laboratories and certifiers their results, customs and drug regulators foreign notifications,
/// market operators and trading platforms inspections and reports of merchants they admitted, authorities everything else within their jurisdiction.
fn check_author(
    tx: &Tx,
    kind: DossierKind,
    about: Option<&(OrgNo, OrganisationRecord)>,
    region: RegionCode,
) -> Result<(), Stop> {
    const ADMITTED: &str = "the market operator or trading platform that admitted the merchant";
    let has = |roles: &[Role]| roles.iter().any(|r| tx.organisation.has_role(*r));
    let admitted = || about.map_or(Ok(false), |(merchant, _)| admitted_by(tx, *merchant));
    let (may, expected) = match kind {
        DossierKind::ThirdPartyResult => (has(&[Role::Laboratory, Role::Certifier]), "laboratory, certifier"),
        DossierKind::ForeignNotification => (has(&[Role::Customs, Role::DrugRegulator]), "customs, drug_regulator"),
        DossierKind::ViolationReport => (admitted()?, ADMITTED),
        DossierKind::Inspection if has(&[Role::MarketOperator, Role::TradingPlatform]) => (admitted()?, ADMITTED),
        _ => return Ok(require_authority(tx, &Role::DEPARTMENTS, ANY_DEPARTMENT, region)?),
    };
    if may {
        return Ok(());
    }
    let organisation = tx.organisation.id.clone();
    Err(Rejection::NoAuthority { organisation, expected, region: region.to_string() }.into())
}

/// Whether the principal runs the market or the platform that has admitted the merchant.
fn admitted_by(tx: &Tx, merchant: OrgNo) -> Result<bool, Stop> {
    for (role, kind) in
        [(Role::MarketOperator, FilingKind::MarketAdmission), (Role::TradingPlatform, FilingKind::PlatformAdmission)]
    {
        if tx.organisation.has_role(role) && is_admitted(tx, merchant, kind, tx.principal, None)? {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Body for FollowUp {
    /// What the organisation itself owes; acts of authorities are not delegated.
    fn delegable(&self) -> bool {
        self.step == DossierStep::Report
    }

    fn documents_named(&self) -> Vec<&DocumentNumber> {
        vec![&self.number]
    }

    /// The dossier, the file, the deadline.
    fn writes_bound(&self) -> u32 {
        3
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_text("text", &self.text)?;
        if self.text.is_empty() {
            return Err(Rejection::FieldForm { field: "text", expected: "not empty" });
        }
        Ok(())
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        follow_up(tx, self)
    }
}

/// Executes the operation. Order of checks: dossier on record, step possible, who takes it, room.
fn follow_up(tx: &mut Tx, operation: &FollowUp) -> Result<(), Stop> {
    let (author, author_record) = member(tx, &operation.author)?;
    let place = key::dossier(author, &operation.number);
    let record: Option<DossierRecord> = tx.load(&place)?;
    let number = operation.number.0.clone();
    let unknown = Rejection::UnknownDossier { organisation: operation.author.clone(), number };
    let mut record = record.ok_or(unknown)?;
    let row = STEPS
        .iter()
        .find(|(kind, from, step, ..)| (*kind, *from, *step) == (record.kind, record.status, operation.step));
    let refused = Rejection::StatusNotAllowed { action: operation.step.name(), actual: record.status.name() };
    let (.., who, to) = row.ok_or(refused)?;
    check_who(tx, *who, author, &author_record, &record)?;
    if record.steps >= DOSSIER_STEPS_MAX {
        return Err(Rejection::RegisterFull { register: "dossier", expected: DOSSIER_STEPS_MAX }.into());
    }
    let rectification = Rectification { author, number: operation.number.clone() };
    let was_accepted = record.status == DossierStatus::Accepted;
    if record.status != *to {
        if let Some(due) = record.due.take() {
            tx.clear_deadline(due, &Due::Rectification(rectification.clone()))?;
        }
        record.status = *to;
        if by_authority(&author_record) {
            await_report(tx, &mut record, &rectification);
        }
    }
    record.steps = record.steps.saturating_add(1);
    record.head = tagged("bencao/dossier/1", &[&record.head.0, &encode(operation)]);
    tx.store(place, &record);
    // What a market, a platform or a laboratory says of a firm enters its file once an authority has accepted it; so does
    // what becomes of it then.
    let accepted = was_accepted || record.status == DossierStatus::Accepted;
    let told = if accepted || by_authority(&author_record) { record.organisation } else { None };
    let on = told.unwrap_or(author);
    let body = DossierStepped {
        author,
        number: operation.number.clone(),
        step: operation.step,
        status: record.status,
        document: operation.document,
    };
    OrganisationFile::load(tx, on)?.close(tx, on, EventBody::DossierStepped(body));
    Ok(())
}

/// Begins to wait for the report of an inspection with defects. One that was refused after its day is overdue at once.
fn await_report(tx: &mut Tx, record: &mut DossierRecord, rectification: &Rectification) {
    let Some(deadline) = record.opening.deadline.filter(|_| record.status == DossierStatus::Open) else { return };
    let due = deadline.end_in_china().max(tx.context.time);
    record.due = Some(due);
    tx.set_deadline(due, Due::Rectification(rectification.clone()));
}

/// The end of the term within which what an inspection found is put right (domain §8.1 row 21).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub struct Rectification {
    /// Who opened the dossier.
    pub author: OrgNo,
    /// Its number.
    pub number: DocumentNumber,
}

impl ComesDue for Rectification {
    /// Tells that it is overdue, in the file of whom the dossier is about.
    fn come_due(&self, tx: &mut Tx) -> Result<(), Stop> {
        let place = key::dossier(self.author, &self.number);
        let mut record: DossierRecord = tx.must_load(&place)?;
        let (Some(about), Some(deadline)) = (record.organisation, record.opening.deadline) else { return Ok(()) };
        record.due = None;
        record.overdue = record.overdue.saturating_add(1);
        let overdue = record.overdue;
        tx.store(place, &record);
        tx.raise_about(AlarmKind::RectificationOverdue, about, None);
        let body = DossierOverdue { author: self.author, number: self.number.clone(), deadline, overdue };
        OrganisationFile::load(tx, about)?.close(tx, about, EventBody::DossierOverdue(body));
        Ok(())
    }
}

/// An authority of the same department with a larger jurisdiction.
pub(super) fn is_superior(tx: &Tx, author: &OrganisationRecord) -> bool {
    let shared = Role::DEPARTMENTS.iter().any(|r| author.has_role(*r) && tx.organisation.has_role(*r));
    let (own, other) = (tx.organisation.jurisdiction, author.jurisdiction);
    shared && own != other && own.contains(&other)
}

fn check_who(
    tx: &mut Tx,
    who: Who,
    author: OrgNo,
    author_record: &OrganisationRecord,
    dossier: &DossierRecord,
) -> Result<(), Stop> {
    let principal = tx.principal;
    let region = match dossier.organisation {
        Some(about) => tx.organisation_record(about)?.jurisdiction,
        None => author_record.jurisdiction,
    };
    let (may, expected) = match who {
        Who::Author => {
            (author == principal || is_superior(tx, author_record), "who opened the dossier, or a superior authority")
        }
        Who::Subject => (dossier.organisation == Some(principal), "whom the dossier is about"),
        Who::Party => {
            (author == principal || dossier.parties.contains(&principal), "the author or a party of the case")
        }
        Who::Authority => return Ok(require_authority(tx, &Role::DEPARTMENTS, ANY_DEPARTMENT, region)?),
    };
    if may {
        return Ok(());
    }
    let organisation = tx.organisation.id.clone();
    Err(Rejection::NoAuthority { organisation, expected, region: region.to_string() }.into())
}
