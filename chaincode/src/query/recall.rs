//! A recall as people watch it: scope, duties, notices, and how much has come back.

use super::unit::product_view;
use super::views::{HistoryEntry, Party, ProductView};
use super::{QueryError, entry, history::chain, party};
use crate::event::{EventSource, Subject};
use crate::production::BatchRecord;
use crate::quality::{BatchTally, HoldRecord, NoticeRecord, QualityCounters, RecallKind, RecallRecord, RecallStatus};
use crate::registry::ProductRecord;
use crate::state::{BatchRef, CaseNo, StateKey, StateView, ViewError, from_record, key, load};
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, RegionCode, TimestampMs};
use serde::{Serialize, Serializer};

/// Organisations read for one recall's quantities; more is answered with an error.
const TALLIES_MAX: usize = 200_000;
/// Parties listed.
const NOTICES_MAX: usize = 2_000;
/// Records of one scan.
const PAGE: usize = 1_024;

fn instant<S: Serializer>(time: &TimestampMs, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(time)
}

fn instant_option<S: Serializer>(time: &Option<TimestampMs>, s: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => s.collect_str(time),
        None => s.serialize_none(),
    }
}

/// What is recalled.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ScopeView {
    /// The whole product.
    pub whole_product: bool,
    /// 产品批号
    pub batches: Vec<String>,
    /// Single packages named.
    pub codes: u32,
    /// Of those, already dispensed or otherwise gone.
    pub codes_gone: u32,
    /// Regions of sale.
    pub territory: Vec<RegionCode>,
    /// First day of the sales in question.
    pub sold_from: Option<CalendarDate>,
    /// Last day of the sales in question.
    pub sold_to: Option<CalendarDate>,
}

/// A duty with its term.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DutyView {
    /// Which.
    pub duty: &'static str,
    /// The same in Chinese.
    pub duty_zh: &'static str,
    /// Until when; of progress reports, the next one.
    #[serde(serialize_with = "instant")]
    pub due: TimestampMs,
    /// When it was done; of progress reports, the last one.
    #[serde(serialize_with = "instant_option")]
    pub done: Option<TimestampMs>,
    /// How often it was not done in time.
    pub overdue: u16,
}

/// A notified party.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NoticeView {
    /// Whom.
    pub party: Party,
    /// When.
    #[serde(serialize_with = "instant")]
    pub sent_at: TimestampMs,
    /// When it acknowledged.
    #[serde(serialize_with = "instant_option")]
    pub acknowledged_at: Option<TimestampMs>,
    /// Smallest units that it said it had.
    pub on_hand: u32,
}

/// Smallest units of the recalled batches: recall rate = (recovered + disposed) / (shipped − returned − dispensed).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Quantities {
    /// Sent to somebody else by holder or producer.
    pub shipped: u64,
    /// Come back to them other than by recall.
    pub returned: u64,
    /// Sold, used or vaccinated.
    pub dispensed: u64,
    /// Come back to them by recall.
    pub recovered: u64,
    /// Destroyed or sampled while on the market.
    pub disposed: u64,
    /// What a recall can still reach or has reached: shipped − returned − dispensed.
    pub recallable: u64,
    /// Of that, not reached.
    pub outstanding: u64,
    /// Reached per thousand of what can be, rounded down; absent if there is nothing to reach.
    pub rate_permille: Option<u64>,
}

impl Quantities {
    /// Sums of one batch and how many counters they are of; `None` if these are more than `room`.
    pub(super) fn of_batch(
        view: &dyn StateView,
        batch: BatchRef,
        room: usize,
    ) -> Result<Option<(Quantities, usize)>, QueryError> {
        let (mut left, mut sum) = (room, Quantities::default());
        let next = BatchRef { product: batch.product, number: batch.number.saturating_add(1) };
        match add_range(view, batch, next, &mut left, &mut sum) {
            Ok(()) => Ok(Some((sum.close(), room.saturating_sub(left)))),
            Err(QueryError::TooLong) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Sums of both.
    pub(super) fn with(mut self, other: &Quantities) -> Quantities {
        let pairs = [
            (&mut self.shipped, other.shipped),
            (&mut self.returned, other.returned),
            (&mut self.dispensed, other.dispensed),
            (&mut self.recovered, other.recovered),
            (&mut self.disposed, other.disposed),
        ];
        for (sum, part) in pairs {
            *sum = sum.saturating_add(part);
        }
        self.close()
    }

    fn add(&mut self, tally: &BatchTally) {
        let pairs = [
            (&mut self.shipped, tally.shipped),
            (&mut self.returned, tally.returned),
            (&mut self.dispensed, tally.dispensed),
            (&mut self.recovered, tally.recovered),
            (&mut self.disposed, tally.disposed),
        ];
        for (sum, part) in pairs {
            *sum = sum.saturating_add(u64::from(part));
        }
    }

    fn close(mut self) -> Quantities {
        self.recallable = self.shipped.saturating_sub(self.returned).saturating_sub(self.dispensed);
        let reached = self.recovered.saturating_add(self.disposed).min(self.recallable);
        self.outstanding = self.recallable.saturating_sub(reached);
        self.rate_permille = reached.saturating_mul(1_000).checked_div(self.recallable);
        self
    }
}

/// A recall.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RecallView {
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
    pub product: ProductView,
    /// 上市许可持有人, who has the duties.
    pub holder: Party,
    /// Who started it.
    pub started_by: Party,
    /// By which document.
    pub document_no: String,
    /// What is recalled.
    pub scope: ScopeView,
    /// Why.
    pub reason: String,
    /// When it was decided.
    #[serde(serialize_with = "instant")]
    pub decided_at: TimestampMs,
    /// SM3 of the 调查评估报告.
    pub report: Option<Digest>,
    /// SM3 of the 召回计划.
    pub plan: Option<Digest>,
    /// SM3 of the published notice.
    pub publication: Option<Digest>,
    /// Parties notified.
    pub notified: u32,
    /// Of those, acknowledged.
    pub acknowledged: u32,
    /// Smallest units that they said they had.
    pub on_hand: u64,
    /// Progress reports.
    pub progress_reports: u32,
    /// Duties, in order.
    pub duties: Vec<DutyView>,
    /// Duties not done in time, ever.
    pub overdue: u32,
    /// Of the recalled batches; absent for single packages, since the counters are of batches.
    pub quantities: Option<Quantities>,
    /// When it was completed.
    #[serde(serialize_with = "instant_option")]
    pub completed_at: Option<TimestampMs>,
    /// SM3 of the 召回总结报告.
    pub completion_report: Option<Digest>,
    /// Whether its hold is lifted.
    pub hold_lifted: bool,
    /// Parties, those of one recall only; at most 2,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notices: Option<Vec<NoticeView>>,
    /// Its events, of one recall only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<Vec<HistoryEntry>>,
}

/// A recall with its notices and events.
///
/// # Errors
/// [`QueryError`].
pub fn recall(
    view: &dyn StateView,
    source: &dyn EventSource,
    number: CaseNo,
) -> Result<Option<RecallView>, QueryError> {
    let record: Option<RecallRecord> = load(view, &key::recall(number))?;
    let Some(record) = record else { return Ok(None) };
    let events = chain(source, Subject::Case(number), record.history)?.events;
    let history = events.iter().map(|e| entry(view, e, "")).collect::<Result<Vec<_>, _>>()?;
    let notices = notices(view, number)?;
    let mut shown = describe(view, number, &record)?;
    (shown.notices, shown.history) = (Some(notices), Some(history));
    Ok(Some(shown))
}

/// Recalls, the newest first: at most `limit`, from the one before `before` on.
///
/// # Errors
/// [`QueryError`].
pub fn recalls(view: &dyn StateView, before: Option<CaseNo>, limit: usize) -> Result<Vec<RecallView>, QueryError> {
    let mut next = match before {
        Some(number) => load::<RecallRecord>(view, &key::recall(number))?.map_or(CaseNo(0), |r| r.previous),
        None => {
            let counters: Option<QualityCounters> = load(view, &key::quality_counters())?;
            counters.map_or(CaseNo(0), |c| c.last_recall)
        }
    };
    let mut found = Vec::new();
    while next != CaseNo(0) && found.len() < limit {
        let record: RecallRecord = load(view, &key::recall(next))?.ok_or(ViewError::Damaged)?;
        found.push(describe(view, next, &record)?);
        next = record.previous;
    }
    Ok(found)
}

fn describe(view: &dyn StateView, number: CaseNo, record: &RecallRecord) -> Result<RecallView, QueryError> {
    let product: ProductRecord = load(view, &key::product(record.product))?.ok_or(ViewError::Damaged)?;
    let hold: HoldRecord = load(view, &key::hold(number))?.ok_or(ViewError::Damaged)?;
    let mut batches = Vec::with_capacity(record.batches.len());
    for number in &record.batches {
        let reference = BatchRef { product: record.product, number: *number };
        let batch: BatchRecord = load(view, &key::batch(reference))?.ok_or(ViewError::Damaged)?;
        batches.push(batch.batch_no);
    }
    let duties = record.duties.iter().map(|duty| DutyView {
        duty: duty.kind.name(),
        duty_zh: duty.kind.name_zh(),
        due: duty.due,
        done: duty.done,
        overdue: duty.overdue,
    });
    let overdue = record.duties.iter().fold(0u32, |sum, duty| sum.saturating_add(u32::from(duty.overdue)));
    Ok(RecallView {
        recall_id: number.0,
        kind: record.kind,
        kind_zh: record.kind.name_zh(),
        class: record.class,
        status: record.status,
        status_zh: record.status.name_zh(),
        product: product_view(&product, 1),
        holder: party(view, record.holder)?,
        started_by: party(view, record.starter)?,
        document_no: record.document.0.clone(),
        scope: ScopeView {
            whole_product: record.batches.is_empty() && record.codes == 0,
            batches,
            codes: record.codes,
            codes_gone: record.codes_gone,
            territory: record.territory.clone(),
            sold_from: record.sold.0,
            sold_to: record.sold.1,
        },
        reason: record.reason.clone(),
        decided_at: record.decided_at,
        report: record.report,
        plan: record.plan,
        publication: record.publication,
        notified: record.notified,
        acknowledged: record.acknowledged,
        on_hand: record.on_hand,
        progress_reports: record.progress,
        duties: duties.collect(),
        overdue,
        quantities: quantities(view, record, product.batches)?,
        completed_at: record.completed_at,
        completion_report: record.completion_report,
        hold_lifted: hold.lifted.is_some(),
        notices: None,
        history: None,
    })
}

/// Sums of the counters of the recalled batches.
fn quantities(view: &dyn StateView, record: &RecallRecord, batches: u32) -> Result<Option<Quantities>, QueryError> {
    if record.codes > 0 {
        return Ok(None);
    }
    let reference = |number| BatchRef { product: record.product, number };
    let mut sum = Quantities::default();
    let mut room = TALLIES_MAX;
    if record.batches.is_empty() {
        // Those of a product stand together.
        add_range(view, reference(0), reference(batches.saturating_add(1)), &mut room, &mut sum)?;
    }
    for number in &record.batches {
        add_range(view, reference(*number), reference(number.saturating_add(1)), &mut room, &mut sum)?;
    }
    Ok(Some(sum.close()))
}

fn add_range(
    view: &dyn StateView,
    from: BatchRef,
    to: BatchRef,
    room: &mut usize,
    sum: &mut Quantities,
) -> Result<(), QueryError> {
    let (mut from, to) = (key::tallies_from(from), key::tallies_from(to));
    loop {
        let page = view.scan(&from, &to, PAGE)?;
        *room = room.checked_sub(page.len()).ok_or(QueryError::TooLong)?;
        for (_, bytes) in &page {
            sum.add(&from_record(bytes)?);
        }
        match page.last() {
            Some((last, _)) if page.len() == PAGE => from = after(last),
            _ => return Ok(()),
        }
    }
}

fn after(name: &StateKey) -> StateKey {
    let mut key = name.key.clone();
    key.push(0);
    StateKey { locality: name.locality, key }
}

fn notices(view: &dyn StateView, number: CaseNo) -> Result<Vec<NoticeView>, QueryError> {
    let (from, to) = key::notices_of(number);
    let mut found = Vec::new();
    for (_, bytes) in view.scan(&from, &to, NOTICES_MAX)? {
        let record: NoticeRecord = from_record(&bytes)?;
        found.push(NoticeView {
            party: party(view, record.party)?,
            sent_at: record.sent_at,
            acknowledged_at: record.acknowledged_at,
            on_hand: record.on_hand,
        });
    }
    Ok(found)
}
