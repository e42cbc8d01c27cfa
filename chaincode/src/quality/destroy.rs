//! T12: destruction (205) and scrapping (216), by two persons, and for recalled, frozen and special drugs in the presence
//! of a regulator or a notary (domain §3.2, §5.3; 《药品管理法》 Art. 83; rule 12 of domain §9).

use super::Destroyed;
use super::at_hand::ending;
use super::countersign::Parties;
use super::jurisdiction::regulates;
use crate::codes::UnitKey;
use crate::custody::{BillType, Holds, Lifecycle, Move, Repacking, Transition, check_codes_differ};
use crate::event::{EventBody, Subject};
use crate::governance::require_active;
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx, key};
use crate::transaction::{Body, Countersigned, Destroy, count_writes};
use bencao_genesis::Role;

impl Body for Destroy {
    fn names_codes(&self) -> bool {
        true
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.codes.clone()
    }

    fn codes_count(&self) -> usize {
        self.codes.len()
    }

    fn bill_type(&self) -> Option<u16> {
        Some(self.bill_type)
    }

    /// Each code and the package it leaves; batches that are not released yet.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_mul(2).saturating_add(8)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        match self.reason {
            1..=4 => Ok(()),
            _ => {
                Err(Rejection::FieldForm { field: "reason", expected: "1 破损, 2 霉变, 3 过期失效, 4 其他" })
            }
        }
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        destroy(tx, self, None)
    }
}

impl Countersigned for Destroy {
    fn codes(&self) -> Vec<UnitKey> {
        self.codes.clone()
    }

    fn bill_type(&self) -> Option<u16> {
        Some(self.bill_type)
    }

    fn writes_bound(&self) -> u32 {
        Body::writes_bound(self)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        if self.codes.is_empty() {
            return Err(Rejection::NoCodes {});
        }
        Body::check_form(self)
    }

    /// The custodian proposes; a drug regulator of where it is, or a notary, countersigns.
    fn execute(&self, tx: &mut Tx, parties: &Parties) -> Result<(), Stop> {
        let ((custodian, firm), (witness, authority)) = (&parties.proposer, &parties.countersigner);
        // A member that is stopped bears no witness, though it may sign as a custodian.
        require_active(authority)?;
        if !authority.has_role(Role::Notary) && !regulates(authority, &[firm.jurisdiction]) {
            return Err(Rejection::NotSupervisor {
                expected: firm.jurisdiction.to_string(),
                actual: authority.id.clone(),
            }
            .into());
        }
        tx.act_as(*custodian, parties.document.clone())?;
        destroy(tx, self, Some(*witness))
    }
}

/// Executes the operation. Order of checks: bill type, role, two persons, codes differ; then each code in the order of the
/// bill: known, not dispensed nor retired, in custody, not in transit, not empty, state, dispute, witness.
fn destroy(tx: &mut Tx, operation: &Destroy, witness: Option<OrgNo>) -> Result<(), Stop> {
    BillType::carried_by("destroy", operation.bill_type)?.check_role(&tx.organisation)?;
    let row = Transition::named("T12")?;
    if operation.executor == operation.supervisor {
        return Err(Rejection::SamePerson { actual: operation.executor }.into());
    }
    check_codes_differ(&operation.codes)?;
    let mut repacking = Repacking::default();
    for code in &operation.codes {
        let unit = ending(tx, *code, row)?;
        check_witness(tx, &unit, witness.is_some(), operation.evidence.is_some())?;
        let mut record = repacking.take_out(tx, &unit.standing)?;
        record.lifecycle = Lifecycle::Destroyed;
        repacking.ended(&unit.standing.unit, &record);
        let event = Destroyed {
            bill_type: operation.bill_type,
            reason: operation.reason,
            executor: operation.executor,
            supervisor: operation.supervisor,
            evidence: operation.evidence,
            countersigner: witness,
        };
        tx.event(Subject::Unit(*code), &mut record.history, EventBody::Destroyed(event));
        tx.store(key::unit(code), &record);
    }
    repacking.close(tx)
}

/// A dispute is settled first. Recalled, frozen, locked and special drugs, goods of a custodian that is, or kept for a
/// firm that is (《药品管理法》 Art. 100), batches refused 批签发 (《疫苗管理法》 Art. 26), packages with held ones inside, and
/// what is inside a package on hold, are destroyed only before a witness; expired ones, and those whose registration
/// was cancelled, before a witness or with a record of 无害化处理 (《药品管理法》 Art. 83).
pub(crate) fn check_witness(tx: &mut Tx, unit: &Move, witnessed: bool, recorded: bool) -> Result<(), Stop> {
    let code = unit.standing.code;
    // The principal is the custodian, or about to be it.
    let holds = unit.holds_with_owner(tx)?;
    if holds.intersects(Holds::SHIPMENT_DISPUTE) {
        return Err(Rejection::Held { code, actual: Holds::SHIPMENT_DISPUTE.to_string() }.into());
    }
    let held_inside = unit.standing.unit.content.as_ref().is_some_and(|c| c.held > 0);
    let special = unit.facts.iter().any(|f| f.product.master.class.is_special());
    let law = &tx.law(tx.organisation.jurisdiction).quality;
    let expired = law.expired_supervised && unit.facts.iter().any(|f| f.batch.expires_on < tx.today());
    let reason = match () {
        () if holds.is_recalled() => "recalled",
        () if holds.intersects(Holds::LOT_RELEASE_REFUSED) => "lot release refused",
        () if holds.intersects(Holds::WATCHED) => "frozen",
        () if held_inside => "holds held units",
        () if unit.standing.held_around().is_some() => "inside a package on hold",
        () if special => "special drug",
        () if holds.intersects(Holds::REGISTRATION_CANCELLED) && !recorded => "registration cancelled",
        () if expired && !recorded => "expired",
        () => return Ok(()),
    };
    if witnessed {
        return Ok(());
    }
    Err(Rejection::CountersignatureRequired { code, actual: reason }.into())
}
