//! 药品年度报告 (《药品管理法》 Art. 37): the facts of a holder's report of one year that the ledger knows, from the state at one
//! height and what is asked for, and from nothing else: whoever asks again at that height gets the same.
//!
//! An answer is bounded. It says where it ends, and its totals are of what it tells.

use super::recall::Quantities;
use super::report_views::{
    AnnualReportView, ContractView, FiledReportView, ReportCursor, ReportPart, ReportTotals, ReportedBatchView,
    ReportedProductView, ReportedRecallView,
};
use super::unit::product_view;
use super::views::Party;
use super::{QueryError, history::chain, member, party};
use crate::event::{EventBody, EventSource, Subject};
use crate::limits::{
    BATCHES_PER_REPORT_MAX, CONTRACTS_PER_REPORT_MAX, FILE_EVENTS_PER_REPORT_MAX, PRODUCTS_PER_ANSWER_MAX,
    PRODUCTS_PER_REPORT_MAX, RECALLS_PER_REPORT_MAX, TALLIES_PER_REPORT_MAX,
};
use crate::oversight::{DossierKind, DossierStatus};
use crate::production::{BatchRecord, ContractRecord};
use crate::quality::{QualityCounters, RecallRecord};
use crate::registry::{FilingKind, FilingsRecord, OrganisationFile, ProductRecord, RegistryCounters, status_name};
use crate::state::{BatchRef, CaseNo, OrgNo, ProductNo, StateView, ViewError, from_record, key, load};
use bencao_genesis::{CalendarDate, OrgId};
use std::collections::BTreeMap;

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
                // What the organisation itself says of others stands in its file, too.
                EventBody::DossierOpened(e) if e.author != self.number && self.has(event.time.china_date()) => {
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
