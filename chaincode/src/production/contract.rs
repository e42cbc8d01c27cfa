//! Who may make a product: its holder, or a producer under a contract that the law allows (《药品管理法》 Art. 32).

use super::ContractRecord;
use super::responsible::{is_responsible, region_of};
use crate::quality::find_organisation;
use crate::registry::{NumberRecord, ProductRecord, class_name};
use crate::rejection::Rejection;
use crate::state::{ProductNo, Stop, Tx, key};
use crate::transaction::{Body, RegisterContract};
use bencao_genesis::ProductId;

impl Body for RegisterContract {
    /// The contract.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn check_form(&self) -> Result<(), Rejection> {
        if self.valid_from > self.valid_to {
            return Err(Rejection::FieldForm { field: "valid_to", expected: "not before valid_from" });
        }
        Ok(())
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        register(tx, self)
    }
}

/// Executes the operation: a later one replaces the one before. Order of checks: product, holder, producer known and
/// another, class.
fn register(tx: &mut Tx, operation: &RegisterContract) -> Result<(), Stop> {
    let (number, product) = find(tx, &operation.product_id)?;
    require_holder(tx, &product)?;
    let producer = find_organisation(tx, &operation.producer)?;
    if producer == product.holder {
        return Err(Rejection::SameParty { actual: operation.producer.clone() }.into());
    }
    check_class(tx, &product)?;
    let record = ContractRecord {
        version: 1,
        agreement: operation.agreement,
        valid_from: operation.valid_from,
        valid_to: operation.valid_to,
    };
    tx.store(key::contract(number, producer), &record);
    Ok(())
}

/// Product by name.
pub(super) fn find(tx: &Tx, id: &ProductId) -> Result<(ProductNo, ProductRecord), Stop> {
    let unknown = || Rejection::UnknownProduct { product: id.0.clone() };
    let number: NumberRecord = tx.load(&key::product_number(id))?.ok_or_else(unknown)?;
    let number = ProductNo(number.number);
    Ok((number, tx.product(number)?))
}

pub(super) fn not_producer(tx: &Tx, product: &ProductRecord) -> Rejection {
    Rejection::NotProducer {
        product: product.master.id.0.clone(),
        expected: product.master.producer.clone(),
        actual: tx.organisation.id.clone(),
    }
}

/// Whether the principal is the holder of a product, or the domestic organisation responsible for one abroad.
pub(crate) fn acts_for_holder(tx: &mut Tx, product: &ProductRecord) -> Result<bool, Stop> {
    Ok(tx.principal == product.holder || is_responsible(tx, product)?)
}

/// Refuses who is not the holder.
pub(super) fn require_holder(tx: &mut Tx, product: &ProductRecord) -> Result<(), Stop> {
    if acts_for_holder(tx, product)? {
        return Ok(());
    }
    let (expected, actual) = (product.master.holder.clone(), tx.organisation.id.clone());
    Err(Rejection::NotHolder { product: product.master.id.0.clone(), expected, actual }.into())
}

fn check_class(tx: &mut Tx, product: &ProductRecord) -> Result<(), Stop> {
    let region = region_of(tx, product)?;
    let class = product.master.class;
    if tx.law(region).production.contract_forbidden_classes.contains(&class) {
        let (product, class) = (product.master.id.0.clone(), class_name(class));
        return Err(Rejection::ContractForbidden { product, class }.into());
    }
    Ok(())
}

/// Refuses a contract producer without a contract in force today, and a class that is never made under contract.
pub(super) fn check_contract(tx: &mut Tx, number: ProductNo, product: &ProductRecord) -> Result<(), Stop> {
    if acts_for_holder(tx, product)? {
        return Ok(());
    }
    check_class(tx, product)?;
    let contract: Option<ContractRecord> = tx.load(&key::contract(number, tx.principal))?;
    let today = tx.today();
    match contract {
        Some(contract) if contract.valid_from <= today && today <= contract.valid_to => Ok(()),
        _ => {
            let (product, actual) = (product.master.id.0.clone(), tx.organisation.id.clone());
            Err(Rejection::NoContract { product, actual }.into())
        }
    }
}
