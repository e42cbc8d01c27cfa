//! T9: the end of a smallest unit's way, once (domain §3.7, §3.10, §5.4).

use crate::codes::UnitKey;
use crate::custody::{Lifecycle, Move, NOT_AT_RETAIL, Repacking, Sale, Transition, check_codes_differ};
use crate::event::{Dispensed, EventBody, Subject};
use crate::registry::{Capacity, class_name, require_licence};
use crate::rejection::Rejection;
use crate::state::{Stop, Tx, key};
use crate::transaction::{Body, Dispense, count_writes};
use bencao_genesis::{DrugClass, LicenceKind, Role};

const PHARMACY: Capacity = Capacity::new(Role::Pharmacy, LicenceKind::DrugRetail);
const HOSPITAL: Capacity = Capacity::new(Role::Hospital, LicenceKind::MedicalInstitution);
const VACCINATION_SITE: Capacity = Capacity::new(Role::VaccinationSite, LicenceKind::MedicalInstitution);

/// Bill types of domain §3.1 that end here, and who signs them.
const CHANNELS: [(u16, &[Capacity]); 4] = [
    (320, &[PHARMACY, HOSPITAL, VACCINATION_SITE]),
    (321, &[PHARMACY, HOSPITAL]),
    (322, &[VACCINATION_SITE]),
    (323, &[HOSPITAL]),
];

const VACCINATION: u16 = 322;
const INTERNAL_USE: u16 = 320;

impl Body for Dispense {
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

    /// Each code and the package it leaves.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_mul(2)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        dispense(tx, self)
    }
}

/// Executes the operation. Order of checks: bill type, role, codes differ; then each code in the order of the bill: the
/// custodian's table, expiry, level, class and channel, licence, prescription.
fn dispense(tx: &mut Tx, operation: &Dispense) -> Result<(), Stop> {
    let channel = CHANNELS.iter().find(|(bill, _)| *bill == operation.bill_type);
    let row = channel.and_then(|(bill, _)| Transition::for_bill(*bill));
    let Some(((_, capacities), row)) = channel.zip(row) else {
        return Err(
            Rejection::BillTypeNotAllowed { expected: "320, 321, 322, 323", actual: operation.bill_type }.into()
        );
    };
    if !capacities.iter().any(|c| tx.organisation.has_role(c.role)) {
        return Err(role_not_allowed(tx, operation.bill_type).into());
    }
    check_codes_differ(&operation.codes)?;
    let mut repacking = Repacking::default();
    for code in &operation.codes {
        let unit = Move::by_custodian(tx, *code)?;
        unit.not_expired(tx)?;
        unit.leaves(row, Lifecycle::InStock.name())?;
        let level = unit.standing.unit.level;
        if level != 1 {
            return Err(Rejection::NotSmallestUnit { code: *code, expected: 1, actual: level }.into());
        }
        check_channel(tx, operation, &unit, capacities)?;
        let mut record = repacking.take_out(tx, &unit.standing)?;
        record.lifecycle = Lifecycle::Dispensed;
        record.sale = Some(Sale {
            count: u16::from(operation.bill_type != INTERNAL_USE),
            at: tx.context.time,
            seller: tx.principal,
            bill_type: operation.bill_type,
        });
        let body = Dispensed { bill_type: operation.bill_type, prescription: operation.prescription };
        tx.event(Subject::Unit(*code), &mut record.history, EventBody::Dispensed(body));
        tx.store(key::unit(code), &record);
    }
    repacking.close(tx)
}

fn role_not_allowed(tx: &Tx, bill_type: u16) -> Rejection {
    let expected = match bill_type {
        320 => "pharmacy, hospital, vaccination_site",
        321 => "pharmacy, hospital",
        322 => "vaccination_site",
        _ => "hospital",
    };
    Rejection::RoleNotAllowed { organisation: tx.organisation.id.clone(), expected, bill_type }
}

/// Class × channel, licence scope of the seller on that day, and the prescription.
fn check_channel(tx: &Tx, operation: &Dispense, unit: &Move, capacities: &[Capacity]) -> Result<(), Stop> {
    let code = unit.standing.code;
    let product = &unit.own()?.product;
    let class = product.master.class;
    let no_route =
        || Rejection::RouteNotAllowed { code, class: class_name(class), organisation: tx.organisation.id.clone() };
    // A vaccine is vaccinated, and only a vaccine (《疫苗管理法》 Art. 46); internal use is open to both.
    let vaccination = operation.bill_type == VACCINATION;
    if vaccination != (class == DrugClass::Vaccine) && operation.bill_type != INTERNAL_USE {
        return Err(no_route().into());
    }
    let at_retail_ok = |c: &&Capacity| c.role != Role::Pharmacy || !NOT_AT_RETAIL.contains(&class);
    let allowed: Vec<Capacity> = capacities.iter().filter(at_retail_ok).copied().collect();
    require_licence(&tx.organisation, product, Some(code), &allowed, tx.today(), no_route)?;
    let retail = operation.bill_type == 321 && !tx.organisation.has_role(Role::Hospital);
    if retail && product.master.prescription_only && operation.prescription.is_none() {
        return Err(Rejection::PrescriptionRequired { code }.into());
    }
    Ok(())
}
