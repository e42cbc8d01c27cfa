//! 查封、扣押 has a term: a decision within 7 days, within 15 after the test report (《药品管理法》 Art. 100). So has emergency
//! control: an expert conclusion within 5 days, a decision within 15 after it (Art. 81). A term that passes is told; the
//! goods stay where they are until somebody decides.

use super::holds::days_ms;
use super::records::{HoldKind, HoldRecord};
use super::{FreezeDecided, FreezeOverdue};
use crate::event::{EventBody, Subject};
use crate::execute::{ComesDue, Due};
use crate::oversight::AlarmKind;
use crate::rejection::Rejection;
use crate::state::{CaseNo, Stop, Tx, key};
use crate::transaction::{Body, DecideFreeze};
use bincode::{Decode, Encode};

/// The term in force where the regulator is, in days; `None` for a hold without one. `reported`: once the test report or
/// the expert conclusion is there.
pub(super) fn term_days(tx: &Tx, kind: HoldKind, reported: bool) -> Option<u32> {
    let law = &tx.law(tx.organisation.jurisdiction).quality;
    match (kind, reported) {
        (HoldKind::RegulatorFreeze, false) => Some(law.freeze_decision_days),
        (HoldKind::RegulatorFreeze, true) => Some(law.freeze_decision_after_test_days),
        (HoldKind::EmergencyControl, false) => Some(law.control_opinion_days),
        (HoldKind::EmergencyControl, true) => Some(law.control_decision_days),
        _ => None,
    }
}

impl Body for DecideFreeze {
    /// The hold, the old deadline and the new.
    fn writes_bound(&self) -> u32 {
        3
    }

    fn check_form(&self) -> Result<(), Rejection> {
        if self.test_report.is_some() == self.decision.is_some() {
            return Err(Rejection::FieldForm { field: "decision", expected: "either test_report or decision" });
        }
        Ok(())
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        decide(tx, self)
    }
}

/// Executes the operation. Order of checks: hold known, a freeze, not lifted, its regulator, not decided, and no second
/// report: the term runs from the one there is (《药品管理法》 Art. 81, 100), and no report after it makes it longer.
fn decide(tx: &mut Tx, operation: &DecideFreeze) -> Result<(), Stop> {
    let case = operation.hold;
    let unknown = || Rejection::UnknownCase { actual: case.0 };
    let record: Option<HoldRecord> = tx.load(&key::hold(case))?;
    let kind = record.as_ref().and_then(|r| r.kind).filter(|kind| kind.has_term()).ok_or_else(unknown)?;
    let mut record = record.ok_or_else(unknown)?;
    if record.lifted.is_some() {
        return Err(Rejection::HoldEnded { actual: case.0 }.into());
    }
    if record.setter != tx.principal {
        let expected = tx.organisation_record(record.setter)?.id.clone();
        return Err(Rejection::NotHoldSetter { expected, actual: tx.organisation.id.clone() }.into());
    }
    let reported = operation.test_report.is_some() && record.test_report.is_some();
    if record.decision.is_some() || reported {
        return Err(Rejection::AlreadyDecided { actual: case.0 }.into());
    }
    let due = Due::FreezeDecision(FreezeDecision { hold: case });
    if let Some(old) = record.decision_due {
        tx.clear_deadline(old, &due)?;
    }
    record.decision = operation.decision;
    record.test_report = record.test_report.or(operation.test_report);
    let days = operation.test_report.and_then(|_| term_days(tx, kind, true));
    record.decision_due = days.map(|days| tx.context.time.plus_ms(days_ms(days)));
    if let Some(new) = record.decision_due {
        tx.set_deadline(new, due);
    }
    let document = operation.decision.or(operation.test_report).unwrap_or_default();
    let event = FreezeDecided { document, decision_due: record.decision_due };
    tx.event(Subject::Case(case), &mut record.history, EventBody::FreezeDecided(event));
    tx.store(key::hold(case), &record);
    Ok(())
}

/// The end of the term of a freeze.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub struct FreezeDecision {
    /// The freeze.
    pub hold: CaseNo,
}

impl ComesDue for FreezeDecision {
    fn come_due(&self, tx: &mut Tx) -> Result<(), Stop> {
        let mut record: HoldRecord = tx.must_load(&key::hold(self.hold))?;
        let due = record.decision_due.unwrap_or(tx.context.time);
        // It has run: lifting the hold has nothing left to clear.
        record.decision_due = None;
        tx.raise_about(AlarmKind::FreezeOverdue, record.setter, None);
        let event = EventBody::FreezeOverdue(FreezeOverdue { responsible: record.setter, due });
        tx.event(Subject::Case(self.hold), &mut record.history, event);
        tx.store(key::hold(self.hold), &record);
        Ok(())
    }
}
