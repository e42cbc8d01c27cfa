//! 药品年度报告 (《药品管理法》 Art. 37): the facts of a holder's report of one year that the ledger knows, from the state at one
//! height and what is asked for, and from nothing else: whoever asks again at that height gets the same.
//!
//! An answer is bounded. It says where it ends, and its totals are of what it tells.

use super::recall::Quantities;
use super::unit::product_view;
use super::views::{Party, ProductView};
use super::{QueryError, history::chain, member, party};
use crate::event::{EventBody, EventSource, Subject};
use crate::limits::{
    BATCHES_PER_REPORT_MAX, CONTRACTS_PER_REPORT_MAX, FILE_EVENTS_PER_REPORT_MAX, PRODUCTS_PER_ANSWER_MAX,
    PRODUCTS_PER_REPORT_MAX, RECALLS_PER_REPORT_MAX, TALLIES_PER_REPORT_MAX,
};
use crate::oversight::{DossierKind, DossierStatus};
use crate::production::{BatchRecord, ContractRecord, TestState};
use crate::quality::{QualityCounters, RecallKind, RecallRecord, RecallStatus};
use crate::registry::{FilingKind, FilingsRecord, OrganisationFile, ProductRecord, RegistryCounters, status_name};
use crate::state::{BatchRef, CaseNo, OrgNo, ProductNo, StateView, ViewError, from_record, key, load};
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, OrgId, RegionCode, TimestampMs};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

fn instant<S: Serializer>(time: &TimestampMs, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(time)
}

fn instant_option<S: Serializer>(time: &Option<TimestampMs>, s: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => s.collect_str(time),
        None => s.serialize_none(),
    }
}

/// Where the products of a report go on: number of a product on this chain, and of its batch, both from 1. Written
/// `product.batch`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ReportCursor {
    /// Number of the product.
    pub product: u32,
    /// Number of the first batch of it that is looked at.
    pub batch: u32,
}

impl ReportCursor {
    /// Reads `product.batch`: decimal digits.
    pub fn parse(text: &str) -> Option<ReportCursor> {
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| text.parse().ok()).flatten().filter(|n| *n > 0)
        };
        let (product, batch) = text.split_once('.')?;
        Some(ReportCursor { product: number(product)?, batch: number(batch)? })
    }
}

impl fmt::Display for ReportCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.product, self.batch)
    }
}

impl Serialize for ReportCursor {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// Which part of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReportPart {
    /// What is on file about the organisation, its recalls, and the first of its products.
    Beginning,
    /// Its products from here on.
    Products(ReportCursor),
    /// Its recalls before this one.
    Recalls(CaseNo),
}

/// The report that the organisation filed for the year.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FiledReportView {
    /// SM3 of the document.
    pub document: Option<Digest>,
    /// `in_force`, `suspended` or `revoked`.
    pub status: &'static str,
    /// Who entered it.
    pub issuer: Party,
    /// Scope in words.
    pub scope: String,
}

/// A recall decided in the year.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ReportedRecallView {
    /// Its number.
    pub recall_id: u32,
    /// Who decided it.
    pub kind: RecallKind,
    /// The same in Chinese.
    pub kind_zh: &'static str,
    /// 1, 2 or 3.
    pub class: u8,
    /// Where it stands.
    pub status: RecallStatus,
    /// The same in Chinese.
    pub status_zh: &'static str,
    /// Product.
    pub product_id: String,
    /// 药品通用名称
    pub generic_name: String,
    /// Batches recalled; 0 if it names the whole product or single packages.
    pub batches: u64,
    /// Single packages named.
    pub codes: u32,
    /// Why.
    pub reason: String,
    /// When it was decided.
    #[serde(serialize_with = "instant")]
    pub decided_at: TimestampMs,
    /// Duties not done in time, ever.
    pub overdue: u32,
    /// When it was completed.
    #[serde(serialize_with = "instant_option")]
    pub completed_at: Option<TimestampMs>,
    /// SM3 of the 召回总结报告.
    pub completion_report: Option<Digest>,
}

/// 委托生产 in force on a day of the year.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ContractView {
    /// 受托生产企业
    pub producer: Party,
    /// SM3 of the agreement.
    pub agreement: Digest,
    /// First day.
    pub valid_from: CalendarDate,
    /// Last day.
    pub valid_to: CalendarDate,
}

/// A batch made in the year (by 生产日期).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ReportedBatchView {
    /// 产品批号
    pub batch_no: String,
    /// 生产日期
    pub made_on: CalendarDate,
    /// 有效期至
    pub expires_on: CalendarDate,
    /// Who made it.
    pub producer: Party,
    /// Smallest units declared.
    pub declared_units: u32,
    /// Smallest units commissioned, less those voided before release.
    pub units: u32,
    /// 已放行
    pub released: bool,
    /// What its last test said.
    pub test: TestState,
    /// The same in Chinese.
    pub test_zh: &'static str,
    /// Holds on it; those on the product stand with the product.
    pub holds: Vec<&'static str>,
    /// Documents in its quality file.
    pub documents: u32,
    /// The counters behind the recall rate; absent if more than [`TALLIES_PER_REPORT_MAX`] organisations had any of it.
    pub quantities: Option<Quantities>,
}

/// A product of the holder.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ReportedProductView {
    /// Master data, at its lowest level.
    pub product: ProductView,
    /// 生产企业 on record.
    pub producer: Party,
    /// Holds on every unit of it.
    pub holds: Vec<&'static str>,
    /// Contracts of manufacture in force on a day of the year, at most [`CONTRACTS_PER_REPORT_MAX`].
    pub contracts: Vec<ContractView>,
    /// Whether its first batches were told in the answer before.
    pub continued: bool,
    /// In order of opening.
    pub batches: Vec<ReportedBatchView>,
}

/// Sums over the batches of one answer.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ReportTotals {
    /// Products that begin in this answer.
    pub products: u64,
    /// Batches made in the year.
    pub batches: u64,
    /// Of these, released.
    pub released: u64,
    /// Of these, failed in their last test.
    pub failed: u64,
    /// Of these, on hold by themselves or with their product.
    pub held: u64,
    /// Smallest units declared.
    pub declared_units: u64,
    /// Smallest units commissioned, less those voided before release.
    pub units: u64,
    /// Over the batches that are told with them.
    pub quantities: Quantities,
    /// Batches told without them.
    pub without_quantities: u64,
}

/// What the ledger knows of a holder's year.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AnnualReportView {
    /// 上市许可持有人
    pub organisation: Party,
    /// Where.
    pub region: RegionCode,
    /// The year.
    pub year: u32,
    /// The report that was filed for it.
    pub filed: Option<FiledReportView>,
    /// Inspections opened in the year and not withdrawn; absent if its file is too long to count, and in answers that go on.
    pub inspections: Option<u32>,
    /// Penalties decided in the year and not withdrawn; absent likewise.
    pub penalties: Option<u32>,
    /// Inspections on its file, of all years.
    pub inspections_ever: u32,
    /// Penalties on its file, of all years.
    pub penalties_ever: u32,
    /// Recalls of its products decided in the year, the newest first.
    pub recalls: Vec<ReportedRecallView>,
    /// Number to go on from with recalls, if more may follow.
    pub recalls_next: Option<u32>,
    /// Products, in order of registration.
    pub products: Vec<ReportedProductView>,
    /// Of the batches in this answer.
    pub totals: ReportTotals,
    /// Whether the totals are of all products of the year.
    pub whole: bool,
    /// Where the products go on, if more may follow.
    pub next: Option<ReportCursor>,
}

/// A part of the report of an organisation for a year; `None` if the organisation is not on record.
///
/// # Errors
/// [`QueryError`].
pub fn annual_report(
    view: &dyn StateView,
    source: &dyn EventSource,
    (id, year): (&OrgId, u32),
    part: ReportPart,
) -> Result<Option<AnnualReportView>, QueryError> {
    let Some((number, record)) = member(view, id)? else { return Ok(None) };
    let file: Option<OrganisationFile> = load(view, &key::organisation_file(number))?;
    let file = file.unwrap_or_default();
    let of_year = Year { number, year };
    let mut report = AnnualReportView {
        organisation: Party { id: record.id, name: record.name },
        region: record.jurisdiction,
        year,
        filed: of_year.filed(view)?,
        inspections: None,
        penalties: None,
        inspections_ever: file.inspections,
        penalties_ever: file.penalties,
        recalls: Vec::new(),
        recalls_next: None,
        products: Vec::new(),
        totals: ReportTotals::default(),
        whole: false,
        next: None,
    };
    if part == ReportPart::Beginning {
        let counted = of_year.dossiers(source, &file)?;
        (report.inspections, report.penalties) = (counted.map(|c| c.0), counted.map(|c| c.1));
    }
    match part {
        ReportPart::Beginning | ReportPart::Recalls(_) => {
            (report.recalls, report.recalls_next) = of_year.recalls(view, part)?;
        }
        ReportPart::Products(_) => {}
    }
    match part {
        ReportPart::Beginning => of_year.products(view, ReportCursor { product: 1, batch: 1 }, &mut report)?,
        ReportPart::Products(from) => of_year.products(view, from, &mut report)?,
        ReportPart::Recalls(_) => {}
    }
    report.whole = part == ReportPart::Beginning && report.next.is_none();
    Ok(Some(report))
}

/// What one answer may still look at.
struct Room {
    products: u32,
    batches: u32,
    tallies: usize,
}

/// A year of an organisation.
struct Year {
    number: OrgNo,
    year: u32,
}

impl Year {
    fn has(&self, day: CalendarDate) -> bool {
        day.parts().0 == self.year
    }

    fn filed(&self, view: &dyn StateView) -> Result<Option<FiledReportView>, QueryError> {
        let register: Option<FilingsRecord> = load(view, &key::filings(self.number, FilingKind::AnnualReport))?;
        let number = format!("{:04}", self.year);
        let entry = register.and_then(|r| r.filings.into_iter().find(|f| f.number == number));
        let Some(entry) = entry else { return Ok(None) };
        Ok(Some(FiledReportView {
            document: entry.document,
            status: status_name(entry.status),
            issuer: party(view, entry.issuer)?,
            scope: entry.scope,
        }))
    }

    /// Inspections and penalties of the year that stand; `None` if the file is too long.
    fn dossiers(&self, source: &dyn EventSource, file: &OrganisationFile) -> Result<Option<(u32, u32)>, QueryError> {
        if file.history.count > FILE_EVENTS_PER_REPORT_MAX {
            return Ok(None);
        }
        let mut opened = BTreeMap::new();
        for event in chain(source, Subject::File(self.number), file.history)?.events {
            match event.body {
                EventBody::DossierOpened(e) if self.has(event.time.china_date()) => {
                    opened.insert((e.author, e.number), e.kind);
                }
                EventBody::DossierStepped(e) if e.status == DossierStatus::Withdrawn => {
                    opened.remove(&(e.author, e.number));
                }
                _ => {}
            }
        }
        let count = |kind| opened.values().filter(|k| **k == kind).fold(0u32, |n, _| n.saturating_add(1));
        Ok(Some((count(DossierKind::Inspection), count(DossierKind::Penalty))))
    }

    /// Recalls lead to the one before, and none was decided before that.
    fn recalls(
        &self,
        view: &dyn StateView,
        part: ReportPart,
    ) -> Result<(Vec<ReportedRecallView>, Option<u32>), QueryError> {
        let mut at = match part {
            ReportPart::Recalls(before) => {
                load::<RecallRecord>(view, &key::recall(before))?.map_or(CaseNo(0), |r| r.previous)
            }
            _ => {
                let counters: Option<QualityCounters> = load(view, &key::quality_counters())?;
                counters.map_or(CaseNo(0), |c| c.last_recall)
            }
        };
        let (mut told, mut last) = (Vec::new(), CaseNo(0));
        for _ in 0..RECALLS_PER_REPORT_MAX {
            if at == CaseNo(0) {
                return Ok((told, None));
            }
            let record: RecallRecord = load(view, &key::recall(at))?.ok_or(ViewError::Damaged)?;
            let decided = record.decided_at.china_date();
            if decided.parts().0 < self.year {
                return Ok((told, None));
            }
            if record.holder == self.number && self.has(decided) {
                told.push(recall_row(view, at, &record)?);
            }
            (last, at) = (at, record.previous);
        }
        Ok((told, (at != CaseNo(0)).then_some(last.0)))
    }

    fn products(
        &self,
        view: &dyn StateView,
        from: ReportCursor,
        report: &mut AnnualReportView,
    ) -> Result<(), QueryError> {
        let counters: Option<RegistryCounters> = load(view, &key::registry_counters())?;
        let count = counters.map_or(0, |c| c.products);
        let mut room = Room {
            products: PRODUCTS_PER_ANSWER_MAX,
            batches: BATCHES_PER_REPORT_MAX,
            tallies: TALLIES_PER_REPORT_MAX,
        };
        let mut at = from;
        while at.product <= count {
            let full = room.products == 0 || room.batches == 0 || report.products.len() >= PRODUCTS_PER_REPORT_MAX;
            if full {
                report.next = Some(at);
                return Ok(());
            }
            room.products = room.products.saturating_sub(1);
            let number = ProductNo(at.product);
            let record: ProductRecord = load(view, &key::product(number))?.ok_or(ViewError::Damaged)?;
            if record.holder == self.number {
                let (row, stop) = self.product(view, (number, &record), at.batch, &mut room)?;
                // One of which nothing could be told begins in the next answer.
                if stop != Some(at.batch) {
                    report.totals.add(&row);
                    report.products.push(row);
                }
                if let Some(batch) = stop {
                    report.next = Some(ReportCursor { batch, ..at });
                    return Ok(());
                }
            }
            at = ReportCursor { product: at.product.saturating_add(1), batch: 1 };
        }
        Ok(())
    }

    /// A product with its batches of the year from number `first` on; and the number at which the answer is full.
    fn product(
        &self,
        view: &dyn StateView,
        (number, record): (ProductNo, &ProductRecord),
        first: u32,
        room: &mut Room,
    ) -> Result<(ReportedProductView, Option<u32>), QueryError> {
        let mut row = ReportedProductView {
            product: product_view(record, 1),
            producer: party(view, record.producer)?,
            holds: record.holds.names(),
            contracts: self.contracts(view, number)?,
            continued: first > 1,
            batches: Vec::new(),
        };
        for batch in first..=record.batches {
            if room.batches == 0 {
                return Ok((row, Some(batch)));
            }
            let reference = BatchRef { product: number, number: batch };
            let found: BatchRecord = load(view, &key::batch(reference))?.ok_or(ViewError::Damaged)?;
            if self.has(found.made_on) {
                let fresh = room.tallies == TALLIES_PER_REPORT_MAX;
                let quantities = match Quantities::of_batch(view, reference, room.tallies)? {
                    Some((sum, used)) => {
                        room.tallies = room.tallies.saturating_sub(used);
                        Some(sum)
                    }
                    // It would not fit into an answer of its own either.
                    None if fresh => {
                        room.tallies = 0;
                        None
                    }
                    None => return Ok((row, Some(batch))),
                };
                row.batches.push(batch_row(view, found, quantities)?);
            }
            room.batches = room.batches.saturating_sub(1);
        }
        Ok((row, None))
    }

    fn contracts(&self, view: &dyn StateView, product: ProductNo) -> Result<Vec<ContractView>, QueryError> {
        let (from, to) = key::contracts_of(product);
        let mut told = Vec::new();
        for (name, bytes) in view.scan(&from, &to, CONTRACTS_PER_REPORT_MAX)? {
            let record: ContractRecord = from_record(&bytes)?;
            if !(record.valid_from.parts().0..=record.valid_to.parts().0).contains(&self.year) {
                continue;
            }
            // The name ends in the producer's number.
            let number = name.key.last_chunk().copied().ok_or(ViewError::Damaged)?;
            told.push(ContractView {
                producer: party(view, OrgNo(u32::from_be_bytes(number)))?,
                agreement: record.agreement,
                valid_from: record.valid_from,
                valid_to: record.valid_to,
            });
        }
        Ok(told)
    }
}

fn recall_row(view: &dyn StateView, number: CaseNo, record: &RecallRecord) -> Result<ReportedRecallView, QueryError> {
    let product: ProductRecord = load(view, &key::product(record.product))?.ok_or(ViewError::Damaged)?;
    Ok(ReportedRecallView {
        recall_id: number.0,
        kind: record.kind,
        kind_zh: record.kind.name_zh(),
        class: record.class,
        status: record.status,
        status_zh: record.status.name_zh(),
        product_id: product.master.id.0,
        generic_name: product.master.generic_name,
        batches: record.batches.len() as u64,
        codes: record.codes,
        reason: record.reason.clone(),
        decided_at: record.decided_at,
        overdue: record.duties.iter().fold(0u32, |sum, duty| sum.saturating_add(u32::from(duty.overdue))),
        completed_at: record.completed_at,
        completion_report: record.completion_report,
    })
}

fn batch_row(
    view: &dyn StateView,
    batch: BatchRecord,
    quantities: Option<Quantities>,
) -> Result<ReportedBatchView, QueryError> {
    Ok(ReportedBatchView {
        producer: party(view, batch.producer)?,
        test_zh: batch.test.name_zh(),
        holds: batch.holds.names(),
        batch_no: batch.batch_no,
        made_on: batch.made_on,
        expires_on: batch.expires_on,
        declared_units: batch.declared_units,
        units: batch.units,
        released: batch.released,
        test: batch.test,
        documents: batch.documents,
        quantities,
    })
}

impl ReportTotals {
    fn add(&mut self, row: &ReportedProductView) {
        let add = |sum: &mut u64, more: u64| *sum = sum.saturating_add(more);
        add(&mut self.products, u64::from(!row.continued));
        for batch in &row.batches {
            add(&mut self.batches, 1);
            add(&mut self.released, u64::from(batch.released));
            add(&mut self.failed, u64::from(batch.test == TestState::Failed));
            add(&mut self.held, u64::from(!batch.holds.is_empty() || !row.holds.is_empty()));
            add(&mut self.declared_units, u64::from(batch.declared_units));
            add(&mut self.units, u64::from(batch.units));
            match &batch.quantities {
                Some(quantities) => self.quantities = self.quantities.with(quantities),
                None => add(&mut self.without_quantities, 1),
            }
        }
    }
}
