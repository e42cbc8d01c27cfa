//! What a recall obliges its holder to, with terms from the law in force when it was decided (domain §5.3): notice,
//! filing, publication, progress reports, and the final report. A term that passes is told by an event and counted.

use super::recall::{count_completed, load};
use super::records::{Duty, NoticeRecord, RecallKind, RecallRecord, RecallStatus};
use super::{RecallAcknowledged, RecallCompleted, RecallNotified, RecallOverdue, RecallProgressed};
use crate::event::{EventBody, Subject};
use crate::execute::{ComesDue, Due};
use crate::law::RecallLaw;
use crate::limits::{PROGRESS_MISSED_MAX, RECALL_PARTIES_MAX};
use crate::oversight::AlarmKind;
use crate::quality::holds::{find_organisation, is_above};
use crate::rejection::Rejection;
use crate::state::{CaseNo, Stop, Tx, key};
use crate::transaction::{AcknowledgeRecall, Body, CompleteRecall, NotifyRecall, ReportRecallProgress, count_writes};
use bencao_genesis::{CalendarDate, TimestampMs};
use bincode::{Decode, Encode};

byte_enum! {
    /// A duty with a term.
    pub enum DutyKind {
        /// 召回通知: the first notice is out.
        Notice = 1 as "notice", "通知",
        /// 备案 of report and plan.
        Filing = 2 as "filing", "备案",
        /// 公告 for everybody.
        Publication = 3 as "publication", "公告",
        /// 进展报告, again and again until completion.
        Progress = 4 as "progress", "进展报告",
        /// 总结报告 after completion.
        CompletionReport = 5 as "completion_report", "总结报告",
    }
}

const HOUR_MS: u64 = 3_600_000;

fn of_class<T: Copy + Default>(values: [T; 3], class: u8) -> T {
    let index = usize::from(class).saturating_sub(1);
    values.get(index).copied().unwrap_or_default()
}

fn hours(from: TimestampMs, hours: u32) -> TimestampMs {
    from.plus_ms(u64::from(hours).saturating_mul(HOUR_MS))
}

fn law(tx: &mut Tx, recall: &RecallRecord) -> Result<RecallLaw, Stop> {
    let product = tx.product(recall.product)?;
    let region = crate::production::region_of(tx, &product)?;
    Ok(tx.law(region).recall.clone())
}

fn deadline(case: CaseNo, kind: DutyKind) -> Due {
    Due::RecallDuty(RecallDuty { recall: case, kind })
}

/// The duties of a recall from its decision on. At most four deadlines.
pub(super) fn set_duties(tx: &mut Tx, case: CaseNo, recall: &mut RecallRecord) -> Result<(), Stop> {
    let (law, start, class) = (law(tx, recall)?, recall.decided_at, recall.class);
    recall.progress_hours = of_class(law.progress_hours, class).max(1);
    recall.report_working_days = law.completion_report_working_days;
    let notice = hours(start, of_class(law.notice_hours, class));
    add(tx, case, recall, DutyKind::Notice, notice);
    add(tx, case, recall, DutyKind::Filing, hours(start, of_class(law.filing_hours, class)));
    if of_class(law.published, class) {
        add(tx, case, recall, DutyKind::Publication, notice);
    }
    add(tx, case, recall, DutyKind::Progress, hours(start, recall.progress_hours));
    if recall.report.is_some() && recall.plan.is_some() {
        done(tx, case, recall, DutyKind::Filing)?;
    }
    Ok(())
}

fn add(tx: &mut Tx, case: CaseNo, recall: &mut RecallRecord, kind: DutyKind, due: TimestampMs) {
    recall.duties.push(Duty { kind, due, done: None, overdue: 0 });
    tx.set_deadline(due, deadline(case, kind));
}

fn duty(recall: &mut RecallRecord, kind: DutyKind) -> Option<&mut Duty> {
    recall.duties.iter_mut().find(|d| d.kind == kind)
}

/// Marks a duty that is done once, late or not, and takes its deadline back.
fn done(tx: &mut Tx, case: CaseNo, recall: &mut RecallRecord, kind: DutyKind) -> Result<(), Stop> {
    let now = tx.context.time;
    if let Some(duty) = duty(recall, kind).filter(|d| d.done.is_none()) {
        duty.done = Some(now);
        let due = duty.due;
        tx.clear_deadline(due, &deadline(case, kind))?;
    }
    Ok(())
}

/// Whether the principal ordered it, or is above the regulator who did.
fn ordered_by(tx: &mut Tx, recall: &RecallRecord) -> Result<bool, Stop> {
    let ordered = recall.kind == RecallKind::Ordered;
    Ok(ordered && (recall.starter == tx.principal || is_above(tx, recall.starter)?))
}

/// The holder, or the regulator who ordered it or is above that one.
fn check_responsible(tx: &mut Tx, recall: &RecallRecord) -> Result<(), Stop> {
    if [recall.holder, recall.starter].contains(&tx.principal) || ordered_by(tx, recall)? {
        return Ok(());
    }
    let product = tx.product(recall.product)?;
    if crate::production::acts_for_holder(tx, &product)? {
        return Ok(());
    }
    let expected = tx.organisation_record(recall.holder)?.id.clone();
    let actual = tx.organisation.id.clone();
    Err(Rejection::NotHolder { product: product.master.id.0, expected, actual }.into())
}

impl Body for NotifyRecall {
    /// The recall, each party, and three deadlines.
    fn writes_bound(&self) -> u32 {
        count_writes(self.parties.len()).saturating_add(4)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        if self.parties.len() > RECALL_PARTIES_MAX {
            return Err(Rejection::FieldForm { field: "parties", expected: "at most 500 parties" });
        }
        let documents = [self.publication, self.report, self.plan];
        if self.parties.is_empty() && documents.iter().all(Option::is_none) {
            return Err(Rejection::FieldForm { field: "parties", expected: "parties, publication, report or plan" });
        }
        Ok(())
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        notify(tx, self)
    }
}

/// Executes the operation. Order of checks: recall known, who, not reported on finally; then each party in the order of
/// the bill: a member, not notified before.
fn notify(tx: &mut Tx, operation: &NotifyRecall) -> Result<(), Stop> {
    let case = operation.recall;
    let mut recall = load(tx, case)?;
    check_responsible(tx, &recall)?;
    check_not_reported(case, &recall)?;
    for party in &operation.parties {
        let number = find_organisation(tx, party)?;
        let name = key::notice(case, number);
        if tx.exists(&name)? {
            return Err(Rejection::AlreadyNotified { actual: party.clone() }.into());
        }
        let record = NoticeRecord {
            version: 1,
            party: number,
            sent_at: tx.context.time,
            acknowledged_at: None,
            on_hand: 0,
            note: None,
        };
        tx.store(name, &record);
        recall.notified = recall.notified.saturating_add(1);
    }
    if !operation.parties.is_empty() {
        done(tx, case, &mut recall, DutyKind::Notice)?;
    }
    if operation.publication.is_some() {
        recall.publication = operation.publication;
        done(tx, case, &mut recall, DutyKind::Publication)?;
    }
    recall.report = operation.report.or(recall.report);
    recall.plan = operation.plan.or(recall.plan);
    if recall.report.is_some() && recall.plan.is_some() {
        done(tx, case, &mut recall, DutyKind::Filing)?;
    }
    let event = RecallNotified {
        parties: count_writes(operation.parties.len()),
        publication: operation.publication,
        report: operation.report,
        plan: operation.plan,
    };
    close(tx, case, recall, EventBody::RecallNotified(event))
}

fn check_not_reported(case: CaseNo, recall: &RecallRecord) -> Result<(), Rejection> {
    match recall.status {
        RecallStatus::Reported => Err(Rejection::RecallClosed { actual: case.0 }),
        RecallStatus::Open | RecallStatus::Completed => Ok(()),
    }
}

fn close(tx: &mut Tx, case: CaseNo, mut recall: RecallRecord, event: EventBody) -> Result<(), Stop> {
    tx.event(Subject::Case(case), &mut recall.history, event);
    tx.store(key::recall(case), &recall);
    Ok(())
}

impl Body for AcknowledgeRecall {
    /// The recall and the notice.
    fn writes_bound(&self) -> u32 {
        2
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        acknowledge(tx, self)
    }
}

/// Executes the operation. Order of checks: recall known, notified, not acknowledged before.
fn acknowledge(tx: &mut Tx, operation: &AcknowledgeRecall) -> Result<(), Stop> {
    let case = operation.recall;
    let mut recall = load(tx, case)?;
    let name = key::notice(case, tx.principal);
    let notice: Option<NoticeRecord> = tx.load(&name)?;
    let organisation = tx.organisation.id.clone();
    let mut notice = notice.ok_or(Rejection::NotNotified { actual: organisation.clone() })?;
    if notice.acknowledged_at.is_some() {
        return Err(Rejection::AlreadyAcknowledged { actual: organisation }.into());
    }
    notice.acknowledged_at = Some(tx.context.time);
    notice.on_hand = operation.on_hand;
    notice.note = operation.note;
    tx.store(name, &notice);
    recall.acknowledged = recall.acknowledged.saturating_add(1);
    recall.on_hand = recall.on_hand.saturating_add(u64::from(operation.on_hand));
    let event = RecallAcknowledged { on_hand: operation.on_hand, note: operation.note };
    close(tx, case, recall, EventBody::RecallAcknowledged(event))
}

impl Body for ReportRecallProgress {
    /// The recall, the old deadline and the next.
    fn writes_bound(&self) -> u32 {
        3
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        progress(tx, self)
    }
}

/// Executes the operation. Order of checks: recall known, who, open.
fn progress(tx: &mut Tx, operation: &ReportRecallProgress) -> Result<(), Stop> {
    let case = operation.recall;
    let mut recall = load(tx, case)?;
    check_responsible(tx, &recall)?;
    if recall.status != RecallStatus::Open {
        return Err(Rejection::RecallClosed { actual: case.0 }.into());
    }
    recall.progress = recall.progress.saturating_add(1);
    recall.last_progress = Some(operation.report);
    let now = tx.context.time;
    let every = recall.progress_hours;
    if let Some(duty) = duty(&mut recall, DutyKind::Progress) {
        tx.clear_deadline(duty.due, &deadline(case, DutyKind::Progress))?;
        duty.done = Some(now);
        duty.due = hours(now, every);
        tx.set_deadline(duty.due, deadline(case, DutyKind::Progress));
    }
    let event = RecallProgressed { number: recall.progress, report: operation.report };
    close(tx, case, recall, EventBody::RecallProgressed(event))
}

impl Body for CompleteRecall {
    /// The recall, the count of its product, the deadline of progress and that of the report.
    fn writes_bound(&self) -> u32 {
        4
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        complete(tx, self)
    }
}

/// Executes the operation: completes an open recall, or files the report of a completed one. Order of checks: recall
/// known, who, not reported on; of 责令召回 completed by the regulator who ordered it, or one above it (《药品管理法》 Art. 82);
/// completed before → the report is given.
fn complete(tx: &mut Tx, operation: &CompleteRecall) -> Result<(), Stop> {
    let case = operation.recall;
    let mut recall = load(tx, case)?;
    check_responsible(tx, &recall)?;
    check_not_reported(case, &recall)?;
    let now = tx.context.time;
    if recall.status == RecallStatus::Open {
        if recall.kind == RecallKind::Ordered && !ordered_by(tx, &recall)? {
            let expected = tx.organisation_record(recall.starter)?.id.clone();
            return Err(Rejection::NotHoldSetter { expected, actual: tx.organisation.id.clone() }.into());
        }
        recall.status = RecallStatus::Completed;
        count_completed(tx, recall.product)?;
        recall.completed_at = Some(now);
        if let Some(duty) = duty(&mut recall, DutyKind::Progress) {
            tx.clear_deadline(duty.due, &deadline(case, DutyKind::Progress))?;
            duty.done = Some(now);
        }
        let due = end_of_day(working_days_after(tx.today(), recall.report_working_days));
        add(tx, case, &mut recall, DutyKind::CompletionReport, due);
    } else if operation.report.is_none() {
        return Err(Rejection::RecallClosed { actual: case.0 }.into());
    }
    if operation.report.is_some() {
        recall.status = RecallStatus::Reported;
        recall.completion_report = operation.report;
        done(tx, case, &mut recall, DutyKind::CompletionReport)?;
    }
    close(tx, case, recall, EventBody::RecallCompleted(RecallCompleted { report: operation.report }))
}

/// The day that lies `count` days from Monday to Friday after `day`. Public holidays are not known to the chain.
fn working_days_after(day: CalendarDate, count: u32) -> CalendarDate {
    let mut days = day.days();
    let mut left = count;
    while left > 0 {
        days = days.saturating_add(1);
        // 1970-01-01 was a Thursday: days 2 and 3 were a weekend.
        let weekend = days.checked_rem(7).is_some_and(|d| d == 2 || d == 3);
        left = left.saturating_sub(u32::from(!weekend));
    }
    CalendarDate::from_days(days)
}

/// The last millisecond of a day in UTC+8.
fn end_of_day(day: CalendarDate) -> TimestampMs {
    TimestampMs(day.end_in_china().0.saturating_sub(1))
}

/// The end of the term of a duty.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub struct RecallDuty {
    /// The recall.
    pub recall: CaseNo,
    /// The duty.
    pub kind: DutyKind,
}

impl ComesDue for RecallDuty {
    /// Tells that it is overdue; a progress report is then due again one interval later, up to [`PROGRESS_MISSED_MAX`].
    fn come_due(&self, tx: &mut Tx) -> Result<(), Stop> {
        let mut recall: RecallRecord = tx.must_load(&key::recall(self.recall))?;
        let responsible = recall.holder;
        let every = recall.progress_hours;
        let Some(duty) = duty(&mut recall, self.kind) else { return Ok(()) };
        duty.overdue = duty.overdue.saturating_add(1);
        let due = duty.due;
        // Told often enough: what a holder abandons does not cost the chain for ever.
        if self.kind == DutyKind::Progress && duty.overdue < PROGRESS_MISSED_MAX {
            duty.due = hours(due, every);
            tx.set_deadline(duty.due, deadline(self.recall, self.kind));
        }
        tx.raise_about(AlarmKind::RecallOverdue, responsible, None);
        let event = RecallOverdue { duty: self.kind, due, responsible };
        close(tx, self.recall, recall, EventBody::RecallOverdue(event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn working_days_leave_weekends_out() {
        let day = |text| CalendarDate::parse(text).unwrap();
        // 2026-11-23 is a Monday.
        assert_eq!(working_days_after(day("2026-11-23"), 1), day("2026-11-24"));
        assert_eq!(working_days_after(day("2026-11-23"), 10), day("2026-12-07"));
        assert_eq!(working_days_after(day("2026-11-27"), 1), day("2026-11-30"));
        assert_eq!(working_days_after(day("2026-11-28"), 1), day("2026-11-30"));
        assert_eq!(working_days_after(day("2026-11-23"), 0), day("2026-11-23"));
    }

    #[test]
    fn a_day_ends_at_midnight_in_china() {
        let end = end_of_day(CalendarDate::parse("2026-11-23").unwrap());
        assert_eq!(end.to_string(), "2026-11-23T23:59:59.999+08:00");
    }
}
