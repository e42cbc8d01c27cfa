//! 预警核查: a drug regulator confirms or dismisses an alarm; only confirmed attempts are shown to consumers (D9).

use super::events::AlarmTriaged;
use super::{AlarmRecord, AttemptsRecord};
use crate::admission::check_text;
use crate::event::EventBody;
use crate::receipt::Position;
use crate::registry::{OrganisationFile, OrganisationRecord, require_authority};
use crate::rejection::Rejection;
use crate::state::{OrgNo, Record, Stop, Tx, key};
use crate::transaction::{Body, TriageAlarm};
use bencao_genesis::{Role, TimestampMs};
use bincode::{Decode, Encode};

byte_enum! {
    /// Result of a triage.
    pub enum TriageVerdict {
        /// 属实
        Confirmed = 1 as "confirmed", "属实",
        /// 排除: a mistake, or a smear.
        Dismissed = 2 as "dismissed", "排除",
    }
}

/// The result on record; a later triage replaces it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct TriageRecord {
    /// Format: 1.
    pub version: u8,
    /// Result.
    pub verdict: TriageVerdict,
    /// Who decided.
    pub authority: OrgNo,
    /// 核查说明
    pub reason: String,
    /// Block time.
    pub time: TimestampMs,
}

impl Record for TriageRecord {}

impl Body for TriageAlarm {
    fn delegable(&self) -> bool {
        false
    }

    /// The result, the attempts on the code, the file of who raised it.
    fn writes_bound(&self) -> u32 {
        3
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_text("reason", &self.reason)?;
        if self.reason.is_empty() {
            return Err(Rejection::FieldForm { field: "reason", expected: "not empty" });
        }
        Ok(())
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        triage(tx, self)
    }
}

/// Executes the operation. Order of checks: alarm on record; a first triage: jurisdiction over the organisation that
/// raised it; a later one: the same authority or a superior; another result than before.
fn triage(tx: &mut Tx, operation: &TriageAlarm) -> Result<(), Stop> {
    let position = Position { height: operation.height, index: operation.index };
    let alarm: Option<AlarmRecord> = tx.load(&key::alarm(position))?;
    let alarm = alarm.ok_or(Rejection::UnknownAlarm { height: position.height.0, index: position.index })?;
    let earlier: Option<TriageRecord> = tx.load(&key::triage(position))?;
    let over = earlier.as_ref().map_or(alarm.organisation, |e| e.authority);
    let over: OrganisationRecord = tx.must_load(&key::organisation(over))?;
    require_authority(tx, &[Role::DrugRegulator], "drug_regulator", over.jurisdiction)?;
    let before = earlier.map(|e| e.verdict);
    if before == Some(operation.verdict) {
        return Err(Rejection::TriageUnchanged { actual: operation.verdict.name() }.into());
    }
    // What was applied and told all the same is no attempt, and nobody counts it as one.
    if let Some(code) = alarm.code.filter(|_| alarm.rule != 0) {
        let mut attempts: AttemptsRecord = tx.must_load(&key::attempts(&code))?;
        attempts.confirmed = match operation.verdict {
            TriageVerdict::Confirmed => attempts.confirmed.saturating_add(1),
            TriageVerdict::Dismissed if before.is_some() => attempts.confirmed.saturating_sub(1),
            TriageVerdict::Dismissed => attempts.confirmed,
        };
        tx.store(key::attempts(&code), &attempts);
    }
    let record = TriageRecord {
        version: 1,
        verdict: operation.verdict,
        authority: tx.principal,
        reason: operation.reason.clone(),
        time: tx.context.time,
    };
    tx.store(key::triage(position), &record);
    let body = AlarmTriaged { alarm: position, verdict: operation.verdict };
    OrganisationFile::load(tx, alarm.organisation)?.close(tx, alarm.organisation, EventBody::AlarmTriaged(body));
    Ok(())
}
