//! Movements inside the custodian's own house (112), stock found again (111, 118), and stock that is used up (208, 221,
//! 320). What is not on the books of the custodian is not found: an audit confirms or recovers known codes only.

use super::evidence::check_public_text;
use super::route::require;
use super::{Allowance, BillType, Condition, Lifecycle, Move, Repacking, check_codes_differ};
use crate::codes::UnitKey;
use crate::dispensing::check_internal_use;
use crate::event::{EventBody, StockMoved, Subject};
use crate::oversight::AlarmKind;
use crate::registry::{Capacity, class_name};
use crate::rejection::Rejection;
use crate::state::{Stop, Tx, key};
use crate::transaction::{Body, MoveStock, count_writes};
use bencao_genesis::{DrugClass, LicenceKind, Role};

/// 生产出库
const PRODUCTION: u16 = 208;
/// 冻存出库至清洗
const CELL_WASH: u16 = 221;
/// 内部使用
const INTERNAL_USE: u16 = 320;

/// In what capacity a class is used up in making drugs, product by product (《药品管理法》 Art. 41, 76): a hospital uses up
/// its own preparations, and under a licence to make them what goes into these; and cells are washed by who makes or treats with them.
const USED_UP_BY: [(u16, &[Capacity]); 2] = [
    (
        PRODUCTION,
        &[
            Capacity::new(Role::MarketingHolder, LicenceKind::DrugProduction),
            Capacity::new(Role::Producer, LicenceKind::DrugProduction),
            Capacity::new(Role::DecoctionProducer, LicenceKind::DrugProduction),
            Capacity::own(Role::Hospital, LicenceKind::MedicalInstitution),
            Capacity::new(Role::Hospital, LicenceKind::PreparationPermit),
        ],
    ),
    (
        CELL_WASH,
        &[
            Capacity::new(Role::MarketingHolder, LicenceKind::DrugProduction),
            Capacity::new(Role::Producer, LicenceKind::DrugProduction),
            Capacity::new(Role::Hospital, LicenceKind::MedicalInstitution),
        ],
    ),
];

/// Where each bill type starts from. Expired goods may be blocked, not used.
const STARTS: [(u16, &[Lifecycle]); 6] = [
    // 盘盈, 报溢: only what was given up as lost comes back, and into quarantine (domain §3.10).
    (111, &[Lifecycle::Lost]),
    (112, &[Lifecycle::InStock]),
    (118, &[Lifecycle::Lost]),
    (208, &[Lifecycle::InStock]),
    (CELL_WASH, &[Lifecycle::InStock]),
    (INTERNAL_USE, &[Lifecycle::InStock]),
];

impl Body for MoveStock {
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

    /// Each code and the package it leaves, an alarm, and batches that are not released yet.
    fn writes_bound(&self) -> u32 {
        count_writes(self.codes.len()).saturating_mul(2).saturating_add(9)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_public_text("reason", &self.reason)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        move_stock(tx, self)
    }
}

/// Executes the operation. Order of checks: bill type, role; codes differ; then each code in the order of the bill: the
/// custodian's table, or for 111 and 118 custody, loss and no hold around; expiry where it is used; class of 221; for 208 and
/// 221 the licence for each product inside; for 320 level, class and channel, licence (T9). A special drug that goes into
/// production is told to the regulator at once (rule 12 of domain §9).
fn move_stock(tx: &mut Tx, operation: &MoveStock) -> Result<(), Stop> {
    let bill = BillType::carried_by("move_stock", operation.bill_type)?;
    bill.check_role(&tx.organisation)?;
    check_codes_differ(&operation.codes)?;
    let to = bill.to.ok_or(Stop::View(crate::state::ViewError::Damaged))?;
    let from = STARTS.iter().find(|(code, _)| *code == bill.code).map(|(_, from)| *from).unwrap_or_default();
    let mut repacking = Repacking::default();
    for code in &operation.codes {
        let unit = if from.contains(&Lifecycle::Lost) {
            found_again(tx, *code)?
        } else {
            Move::by_custodian_allowing(tx, *code, Allowance { states: from, ..Allowance::STOCK })?
        };
        if to == Lifecycle::Consumed {
            unit.not_expired(tx)?;
        }
        let capacities = USED_UP_BY.iter().find(|(code, _)| *code == bill.code).map(|(_, capacities)| *capacities);
        unit.each_product(|product| {
            let class = product.master.class;
            if bill.code == CELL_WASH && class != DrugClass::Biological {
                let organisation = tx.organisation.id.clone();
                return Err(Rejection::RouteNotAllowed { code: *code, class: class_name(class), organisation }.into());
            }
            capacities.map_or(Ok(()), |capacities| require(tx, &tx.organisation, product, *code, capacities))
        })?;
        if capacities.is_some() && unit.facts.iter().any(|f| f.product.master.class.is_special()) {
            tx.raise(AlarmKind::SpecialDrugLoss, *code);
        }
        if bill.code == INTERNAL_USE {
            check_internal_use(tx, bill.code, &unit)?;
        }
        let mut record = repacking.take_out(tx, &unit.standing)?;
        record.lifecycle = to;
        repacking.ended(&unit.standing.unit, &record);
        if from.contains(&Lifecycle::Lost) {
            // Nobody knows where it was: it never goes back into stock (domain §3.10, *Terminal?*).
            record.condition = Condition::Recovered;
            tx.raise(AlarmKind::LostGoodsFound, *code);
        }
        let body = EventBody::StockMoved(StockMoved { bill_type: bill.code });
        tx.event(Subject::Unit(*code), &mut record.history, body);
        tx.store(key::unit(code), &record);
    }
    repacking.close(tx)
}

/// A code that this custodian gave up as lost.
fn found_again(tx: &mut Tx, code: UnitKey) -> Result<Move, Stop> {
    let unit = Move::load(tx, code)?;
    let custodian = unit.standing.custodian();
    if custodian != tx.principal {
        let expected = tx.organisation_record(custodian)?.id.clone();
        let actual = tx.organisation.id.clone();
        return Err(Rejection::NotCustodian { code, expected, actual }.into());
    }
    if unit.lifecycle != Lifecycle::Lost {
        let (expected, actual) = (Lifecycle::Lost.name(), unit.lifecycle.name());
        return Err(Rejection::WrongState { code, expected, actual }.into());
    }
    unit.not_inside_sold()?;
    // Found again, it does not slip out of a package that was lost on hold either: that is found as a whole.
    unit.standing.not_inside_held()?;
    Ok(unit)
}
