//! Ends of a lot: dispensed, exported, written off, sampled, destroyed.

use super::balance::Exit;
use super::events::{LotDestroyed, LotDispensed, LotExported, LotSampled, LotWrittenOff};
use super::kinds::LotKind;
use super::lots::{
    Found, check_named, check_not_before, check_not_future, check_uses, check_weight, holds, load_inputs, owned,
    present, row,
};
use super::roles::{require_jurisdiction, require_role};
use super::state::{LotAction, Tolerated};
use crate::codes::UnitKey;
use crate::custody::Holds;
use crate::event::EventBody;
use crate::governance::require_active;
use crate::limits::LOTS_PER_PRESCRIPTION_MAX;
use crate::quality::{Parties, regulates};
use crate::registry::{Capacity, FilingKind, has_filing, require_licence};
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx, ViewError};
use crate::transaction::{
    Body, Countersigned, DestroyLot, DispenseLots, ExportLot, SampleLot, WriteOffLot, count_writes,
};
use bencao_genesis::{DrugClass, LicenceKind, Role};

/// Who dispenses 饮片, and under which licence.
const DISPENSERS: [Capacity; 2] = [
    Capacity::new(Role::Hospital, LicenceKind::MedicalInstitution),
    Capacity::new(Role::Pharmacy, LicenceKind::DrugRetail),
];

impl Body for DispenseLots {
    /// Each lot.
    fn writes_bound(&self) -> u32 {
        count_writes(self.lines.len())
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_uses("lines", &self.lines, 1, LOTS_PER_PRESCRIPTION_MAX)?;
        match self.doses {
            0 => Err(Rejection::FieldForm { field: "doses", expected: "at least 1" }),
            _ => Ok(()),
        }
    }

    /// Order of checks: role, lots by the owner's table and not expired; then each: passed test, licence, stock.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        require_role(tx, LotAction::Dispense)?;
        let lots = load_inputs(tx, &self.lines, LotAction::Dispense)?;
        for (mut found, line) in lots.into_iter().zip(&self.lines) {
            found.passed_test()?;
            let product = tx.product(found.record.product.ok_or(ViewError::Damaged)?)?;
            let otherwise = || Rejection::PieceRoute { lot: found.name.clone(), actual: tx.organisation.id.clone() };
            require_licence(&tx.organisation, &product, None, &DISPENSERS, tx.today(), otherwise)?;
            found.take(Exit::Sold, line.weight_mg, row(LotAction::Dispense)?)?;
            let body = LotDispensed {
                weight_mg: line.weight_mg,
                prescription: self.prescription,
                doses: self.doses,
                decoction: self.decoction,
            };
            found.event(tx, EventBody::LotDispensed(body));
            found.store(tx);
        }
        Ok(())
    }
}

impl Body for WriteOffLot {
    /// The lot.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_weight("weight_mg", self.weight_mg)
    }

    /// Order of checks: the owner's table, stock.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let mut found = owned(tx, &self.lot, LotAction::WriteOff)?;
        found.take(Exit::Lost, self.weight_mg, row(LotAction::WriteOff)?)?;
        let body = LotWrittenOff { weight_mg: self.weight_mg, reason: self.reason };
        found.event(tx, EventBody::LotWrittenOff(body));
        found.store(tx);
        Ok(())
    }
}

impl Body for SampleLot {
    /// What an authority does, it does itself.
    fn delegable(&self) -> bool {
        false
    }

    /// The lot.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_weight("weight_mg", self.weight_mg)
    }

    /// Order of checks: role, the table, jurisdiction over the lot's owner or origin, stock.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        require_role(tx, LotAction::Sample)?;
        let mut found = present(tx, &self.lot, LotAction::Sample)?;
        let owner = tx.organisation_record(found.record.owner)?.jurisdiction;
        require_jurisdiction(tx, &[owner, found.record.region])?;
        found.take(Exit::Sampled, self.weight_mg, row(LotAction::Sample)?)?;
        let body = LotSampled { weight_mg: self.weight_mg, document: self.document };
        found.event(tx, EventBody::LotSampled(body));
        found.store(tx);
        Ok(())
    }
}

impl Body for DestroyLot {
    /// The lot.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn check_form(&self) -> Result<(), Rejection> {
        if self.executor == self.supervisor {
            return Err(Rejection::SupervisorIsExecutor {});
        }
        Ok(())
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        destroy(tx, self, None)
    }
}

impl Countersigned for DestroyLot {
    fn names_codes(&self) -> bool {
        false
    }

    fn codes(&self) -> Vec<UnitKey> {
        Vec::new()
    }

    fn writes_bound(&self) -> u32 {
        Body::writes_bound(self)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        Body::check_form(self)
    }

    /// The owner proposes; a drug regulator of where it is, or a notary, countersigns.
    fn execute(&self, tx: &mut Tx, parties: &Parties) -> Result<(), Stop> {
        let ((owner, firm), (number, record)) = (&parties.proposer, &parties.countersigner);
        // A member that is stopped bears no witness, though it may sign as a custodian.
        require_active(record)?;
        let is_authority = regulates(record, &[firm.jurisdiction]);
        if !is_authority && !record.has_role(Role::Notary) {
            let (expected, actual) = (firm.jurisdiction.to_string(), record.id.clone());
            return Err(Rejection::NotSupervisor { expected, actual }.into());
        }
        tx.act_as(*owner, parties.document.clone())?;
        destroy(tx, self, Some(Witness { number: *number, is_authority }))
    }
}

/// Who countersigns a destruction.
#[derive(Clone, Copy)]
struct Witness {
    number: OrgNo,
    /// A drug regulator of the owner's region, not a notary alone.
    is_authority: bool,
}

/// Executes the operation. Order of checks: the owner's table, dates, witness.
fn destroy(tx: &mut Tx, operation: &DestroyLot, witness: Option<Witness>) -> Result<(), Stop> {
    let mut found = owned(tx, &operation.lot, LotAction::Destroy)?;
    check_not_future(tx, "destroyed_on", operation.destroyed_on)?;
    check_not_before(&found, "destroyed_on", operation.destroyed_on)?;
    check_witness(tx, &found, witness)?;
    let weight_mg = found.record.balance.stock;
    found.take(Exit::Destroyed, weight_mg, row(LotAction::Destroy)?)?;
    let body = LotDestroyed {
        weight_mg,
        reason: operation.reason,
        executor: operation.executor,
        supervisor: operation.supervisor,
        document: operation.document,
        countersigner: witness.map(|w| w.number),
    };
    found.event(tx, EventBody::LotDestroyed(body));
    found.store(tx);
    Ok(())
}

/// Rule 12 of domain §9, at every freeze level: what an authority has frozen is evidence, and goes before an authority
/// only (《药品管理法》 Art. 100); what is recalled, before a notary too (Art. 82).
fn check_witness(tx: &Tx, found: &Found, witness: Option<Witness>) -> Result<(), Stop> {
    let levels = holds(tx, found, Tolerated::Nothing)?;
    let holds = levels.iter().fold(Holds::NONE, |all, (_, holds)| all.and(*holds));
    let frozen = holds.without(Holds::RECALLS).intersects(Holds::WATCHED);
    let (actual, suffices) = match () {
        () if frozen => ("frozen", witness.is_some_and(|w| w.is_authority)),
        () if holds.is_recalled() => ("recalled", witness.is_some()),
        () => return Ok(()),
    };
    if suffices {
        return Ok(());
    }
    Err(Rejection::LotCountersignatureRequired { lot: found.name.clone(), actual }.into())
}

/// Processor, base and document evidence are on record before herbs are exported (domain §8 rows 24, 26).
fn check_export_filings(tx: &Tx, found: &Found) -> Result<(), Stop> {
    let class = match found.record.kind {
        LotKind::Piece => DrugClass::DecoctionPiece,
        _ => DrugClass::CrudeHerb,
    };
    for kind in [FilingKind::ExportProcessor, FilingKind::ExportBase, FilingKind::ExportDocument] {
        if !has_filing(tx, tx.principal, kind, class)? {
            let (organisation, expected) = (tx.organisation.id.clone(), kind.name_zh());
            return Err(Rejection::ExportFilingRequired { organisation, expected }.into());
        }
    }
    Ok(())
}

impl Body for ExportLot {
    /// The lot.
    fn writes_bound(&self) -> u32 {
        1
    }

    /// The documents of domain §8 rows 24 and 26: without them no export is recorded.
    fn check_form(&self) -> Result<(), Rejection> {
        check_weight("weight_mg", self.weight_mg)?;
        check_named("customs_declaration", &self.customs_declaration)?;
        check_named("processor_filing", &self.processor_filing)?;
        check_named("base_filing", &self.base_filing)?;
        if self.country.len() == 2 && self.country.bytes().all(|b| b.is_ascii_uppercase()) {
            return Ok(());
        }
        Err(Rejection::FieldForm { field: "country", expected: "two capital letters (ISO 3166)" })
    }

    /// Order of checks: the owner's table, 保质期, passed test, the owner's entries in the registers of export, stock.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let mut found = owned(tx, &self.lot, LotAction::Export)?;
        found.not_expired(tx.today())?;
        found.passed_test()?;
        check_export_filings(tx, &found)?;
        found.take(Exit::Sold, self.weight_mg, row(LotAction::Export)?)?;
        let body = LotExported {
            weight_mg: self.weight_mg,
            country: self.country.clone(),
            customs_declaration: self.customs_declaration.clone(),
            processor_filing: self.processor_filing.clone(),
            base_filing: self.base_filing.clone(),
            sanitary_system: self.sanitary_system,
            trace_policy: self.trace_policy,
        };
        found.event(tx, EventBody::LotExported(body));
        found.store(tx);
        Ok(())
    }
}
