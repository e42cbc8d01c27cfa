//! T14 export, and goods from abroad that are not let in (domain §5.6).

use super::evidence::{check_paper_number, check_public_text};
use super::route::{is_foreign, require, sellers};
use super::shipment::{Shipment, check_active, count_one};
use super::{Holds, Lifecycle, Move, Repacking, check_codes_differ};
use crate::admission::check_text;
use crate::codes::UnitKey;
use crate::event::{EventBody, Exported, ImportRejected, Subject};
use crate::registry::{Capacity, class_name};
use crate::rejection::Rejection;
use crate::state::{Stop, Tx, key};
use crate::transaction::{Body, DocumentNumber, Export, RejectImport, count_writes};
use bencao_genesis::{DrugClass, Role};

impl Body for Export {
    fn names_codes(&self) -> bool {
        true
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.codes.clone()
    }

    fn codes_count(&self) -> usize {
        self.codes.len()
    }

    /// Each code and the package it leaves, and batches that are not released yet.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_mul(2).saturating_add(8)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_paper_number("declaration", &self.declaration)?;
        check_paper_number("filing", &self.filing)?;
        check_text("permit", &self.permit)?;
        let country = self.destination.as_bytes();
        if country.len() != 2 || !country.iter().all(u8::is_ascii_uppercase) || self.destination == "CN" {
            return Err(Rejection::FieldForm { field: "destination", expected: "ISO 3166-1 alpha-2, not CN" });
        }
        Ok(())
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        export(tx, self)
    }
}

impl Body for RejectImport {
    fn names_codes(&self) -> bool {
        true
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.codes.clone()
    }

    fn codes_count(&self) -> usize {
        self.codes.len()
    }

    fn documents_named(&self) -> Vec<&DocumentNumber> {
        vec![&self.shipment_no]
    }

    /// Each code, the shipment, its deadline.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_add(2)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_paper_number("declaration", &self.declaration)?;
        check_public_text("reason", &self.reason)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        reject_import(tx, self)
    }
}

/// Capacities in which a class leaves the country: those in which it is sold, never vaccines of a CDC, hospital stock or
/// 医疗机构制剂.
fn exporters(class: DrugClass) -> Vec<Capacity> {
    let market = class != DrugClass::HospitalPreparation;
    let by_trade = |c: &&Capacity| market && !matches!(c.role, Role::DiseaseControl | Role::Hospital);
    sellers(class).iter().filter(by_trade).copied().collect()
}

/// Executes the operation. Order of checks: exporter active; codes differ; then each code in the order of the bill: the
/// custodian's table, expiry; for each product inside licence, 出口准许证, documents of herbs.
fn export(tx: &mut Tx, operation: &Export) -> Result<(), Stop> {
    check_active(&tx.organisation)?;
    check_codes_differ(&operation.codes)?;
    let law = tx.law(tx.organisation.jurisdiction).custody.clone();
    let mut repacking = Repacking::default();
    for code in &operation.codes {
        let unit = Move::by_custodian(tx, *code)?;
        unit.not_expired(tx)?;
        unit.each_product(|product| {
            let class = product.master.class;
            require(tx, &tx.organisation, product, *code, &exporters(class))?;
            if law.export_permit.contains(&class) && operation.permit.is_empty() {
                return Err(Rejection::PermitRequired { code: *code, class: class_name(class) }.into());
            }
            let documents = operation.quarantine.is_some() && operation.traceability.is_some();
            if law.export_documents.contains(&class) && !documents {
                return Err(Rejection::ExportDocuments { code: *code, class: class_name(class) }.into());
            }
            Ok(())
        })?;
        let mut record = repacking.take_out(tx, &unit.standing)?;
        record.lifecycle = Lifecycle::Exported;
        repacking.ended(&unit.standing.unit, &record);
        let (declaration, destination) = (operation.declaration.clone(), operation.destination.clone());
        let body = EventBody::Exported(Exported { declaration, destination });
        tx.event(Subject::Unit(*code), &mut record.history, body);
        tx.store(key::unit(code), &record);
    }
    repacking.close(tx)
}

/// Executes the operation. Order of checks: shipment, from abroad, designated receiver or customs; codes differ; then each
/// code in the order of the bill: known, outstanding. The goods lie with the receiver, blocked and on hold, until they go
/// back (202) or are destroyed.
fn reject_import(tx: &mut Tx, operation: &RejectImport) -> Result<(), Stop> {
    let mut shipment = Shipment::find(tx, &operation.sender, &operation.shipment_no)?;
    let sending = tx.organisation_record(shipment.sender)?;
    if !is_foreign(&sending) {
        return Err(Rejection::NotAnImport { organisation: sending.id.clone() }.into());
    }
    if !tx.organisation.has_role(Role::Customs) {
        shipment.check_receiver(tx)?;
    }
    check_codes_differ(&operation.codes)?;
    for code in &operation.codes {
        let unit = Move::load(tx, *code)?;
        shipment.outstanding(&unit)?;
        let mut record = unit.standing.unit;
        record.lifecycle = Lifecycle::Blocked;
        record.transit = None;
        record.custodian = shipment.record.receiver;
        record.kept_for = None;
        record.holds = record.holds.and(Holds::IMPORT_REJECTED);
        record.push_leg(super::Leg { from: shipment.record.seller(), through: shipment.record.through });
        let (declaration, reason) = (operation.declaration.clone(), operation.reason.clone());
        let body = ImportRejected { shipment: shipment.position, declaration, reason };
        tx.event(Subject::Unit(*code), &mut record.history, EventBody::ImportRejected(body));
        tx.store(key::unit(code), &record);
        count_one(&mut shipment.record.received);
    }
    shipment.store(tx)
}

#[cfg(test)]
mod tests {
    use super::super::route::keepers;
    use super::*;

    #[test]
    fn whoever_exports_a_class_may_keep_it() {
        for class in [DrugClass::Chemical, DrugClass::Narcotic, DrugClass::CrudeHerb, DrugClass::Vaccine] {
            let kept = exporters(class).iter().all(|c| keepers(class).contains(c));
            assert!(kept && !exporters(class).is_empty(), "{class:?}");
        }
    }
}
