//! T11: samples that a regulator takes (206), signed by regulator and custodian; either may propose.

use super::Sampled;
use super::at_hand::ending;
use super::countersign::Parties;
use super::jurisdiction::{regulates, require_regulator};
use crate::codes::UnitKey;
use crate::custody::{Lifecycle, Repacking, Transition, check_codes_differ};
use crate::event::{EventBody, Subject};
use crate::governance::require_active;
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx, key};
use crate::transaction::{Countersigned, Sample, count_writes};

const SAMPLING: u16 = 206;

impl Countersigned for Sample {
    fn codes(&self) -> Vec<UnitKey> {
        self.codes.clone()
    }

    fn bill_type(&self) -> Option<u16> {
        Some(SAMPLING)
    }

    /// Each code and the package it leaves; batches that are not released yet.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_mul(2).saturating_add(8)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        match self.codes.is_empty() {
            true => Err(Rejection::NoCodes {}),
            false => Ok(()),
        }
    }

    fn execute(&self, tx: &mut Tx, parties: &Parties) -> Result<(), Stop> {
        let (proposer, countersigner) = (&parties.proposer, &parties.countersigner);
        let proposed_by_regulator = regulates(&proposer.1, &[countersigner.1.jurisdiction]);
        let (regulator, custodian) =
            if proposed_by_regulator { (proposer, countersigner) } else { (countersigner, proposer) };
        require_active(&regulator.1)?;
        require_regulator(&regulator.1, &[custodian.1.jurisdiction])?;
        tx.act_as(custodian.0, parties.document.clone())?;
        sample(tx, self, regulator.0)
    }
}

/// Executes the bill as the custodian's. Order of checks: codes differ; then each code in the order of the bill: known,
/// not dispensed nor retired, in custody, not in transit, not empty, state. Holds do not matter: what is suspect is sampled.
fn sample(tx: &mut Tx, operation: &Sample, regulator: OrgNo) -> Result<(), Stop> {
    let row = Transition::named("T11")?;
    check_codes_differ(&operation.codes)?;
    let mut repacking = Repacking::default();
    for code in &operation.codes {
        let unit = ending(tx, *code, row)?;
        let mut record = repacking.take_out(tx, &unit.standing)?;
        record.lifecycle = Lifecycle::Sampled;
        repacking.ended(&unit.standing.unit, &record);
        let event = Sampled { document: operation.document, regulator };
        tx.event(Subject::Unit(*code), &mut record.history, EventBody::Sampled(event));
        tx.store(key::unit(code), &record);
    }
    repacking.close(tx)
}
