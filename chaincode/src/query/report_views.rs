//! Shapes of the answer about a holder's year.

use super::recall::Quantities;
use super::views::{Party, ProductView};
use crate::production::TestState;
use crate::quality::{RecallKind, RecallStatus};
use crate::state::CaseNo;
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, RegionCode, TimestampMs};
use serde::{Serialize, Serializer};
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
    /// The counters behind the recall rate; absent if more than [`crate::limits::TALLIES_PER_REPORT_MAX`] organisations
    /// had any of it.
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
    /// Contracts of manufacture in force on a day of the year, at most
    /// [`crate::limits::CONTRACTS_PER_REPORT_MAX`].
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
    /// Inspections opened in the year and not withdrawn; absent if its file is too long to count, and in answers that
    /// go on.
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

impl ReportTotals {
    pub(super) fn add(&mut self, row: &ReportedProductView) {
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
