//! 品种备案: product, package levels and their prefixes, by the MAH (NMPAB/T 1002 C4, C8, C9).

use super::form::{check_details_form, check_product_form};
use super::records::{NumberRecord, PrefixRecord, ProductRecord, RegistryCounters};
use super::{CodingRecord, Execution, OrganisationRecord, class_name, require_execution_standard};
use crate::custody::Holds;
use crate::event::{EventBody, History, Registered, Subject};
use crate::rejection::Rejection;
use crate::state::{OrgNo, ProductNo, Stop, Tx, key};
use crate::transaction::{Body, RegisterProduct, UpdateProduct, count_writes};
use bencao_crypto::{encode, tagged};
use bencao_genesis::{CalendarDate, DrugClass, LicenceKind, Product, ProductDetails, ProductId, Role};

/// Who may hold a product: an MAH, a 饮片 producer (《药品管理法》 Art. 39), a hospital for its own preparations (Art. 76).
pub(super) const HOLDER_ROLES: [Role; 3] = [Role::MarketingHolder, Role::DecoctionProducer, Role::Hospital];

impl Body for RegisterProduct {
    /// Counters, product, its name, and a prefix a level.
    fn writes_bound(&self) -> u32 {
        count_writes(self.product.packages.len()).saturating_add(4)
    }

    fn product_named(&self) -> Option<&ProductId> {
        Some(&self.product.id)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_product_form(&self.product)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        register_product(tx, self)
    }
}

/// Executes the operation. Order of checks: holder, role, producer, contract manufacture, extension fields, 执行标准, name,
/// prefixes in order of level.
fn register_product(tx: &mut Tx, operation: &RegisterProduct) -> Result<(), Stop> {
    let product = &operation.product;
    let principal = tx.organisation.id.clone();
    if product.holder != principal {
        let (expected, actual) = (product.holder.clone(), principal);
        return Err(Rejection::NotHolder { product: product.id.0.clone(), expected, actual }.into());
    }
    if !HOLDER_ROLES.iter().any(|r| tx.organisation.has_role(*r)) {
        return Err(Rejection::RoleNotAllowed {
            organisation: principal,
            expected: "marketing_holder, decoction_producer, hospital",
            bill_type: 0,
        }
        .into());
    }
    let producer: Option<NumberRecord> = tx.load(&key::organisation_number(&product.producer))?;
    let producer = producer.ok_or(Rejection::UnknownProducer { actual: product.producer.clone() })?;
    check_contract(tx, product, OrgNo(producer.number))?;
    let law = tx.law(tx.organisation.jurisdiction);
    law.registry.check_extension(product.class, &product.details.extension)?;
    check_standard(tx, product.class, &product.details)?;
    if let Some(taken) = tx.load::<NumberRecord>(&key::product_number(&product.id))? {
        let expected = tx.product(ProductNo(taken.number))?.master.holder;
        return Err(Rejection::ProductExists { product: product.id.0.clone(), expected }.into());
    }
    for package in &product.packages {
        check_coding(tx, &package.prefix, product)?;
        if let Some(taken) = tx.load::<PrefixRecord>(&key::prefix(&package.prefix))? {
            let expected = tx.product(taken.product)?.master.id.0;
            let (prefix, actual) = (package.prefix.clone(), product.id.0.clone());
            return Err(Rejection::PrefixTaken { prefix, expected, actual }.into());
        }
    }
    let mut counters: RegistryCounters = tx.must_load(&key::registry_counters())?;
    counters.products = counters.products.saturating_add(1);
    let number = ProductNo(counters.products);
    let mut history = History::default();
    let master = tagged("bencao/product/1", &[&encode(product)]);
    tx.event(Subject::Product(number), &mut history, EventBody::Registered(Registered { master }));
    let record = new_record(product, tx.principal, OrgNo(producer.number), history);
    tx.store(key::registry_counters(), &counters);
    tx.store(key::product(number), &record);
    tx.store(key::product_number(&product.id), &NumberRecord { version: 1, number: number.0 });
    for package in &product.packages {
        let prefix = PrefixRecord { version: 1, product: number, level: package.level };
        tx.store(key::prefix(&package.prefix), &prefix);
    }
    Ok(())
}

/// Who filed the coding rule of a prefix alone registers products under it: nobody takes the prefix of another, not even by
/// naming it as producer (NMPAB/T 1001; domain §1.1 C4, C8). One that nobody filed waits for its filing at commissioning,
/// by holder or producer.
fn check_coding(tx: &Tx, prefix: &str, product: &Product) -> Result<(), Stop> {
    let coding: Option<CodingRecord> = tx.load(&key::coding(prefix))?;
    let Some(other) = coding.map(|c| c.holder).filter(|h| *h != tx.principal) else { return Ok(()) };
    let expected = tx.must_load::<OrganisationRecord>(&key::organisation(other))?.id;
    let (prefix, actual) = (prefix.to_owned(), product.holder.clone());
    Err(Rejection::CodingPrefixTaken { prefix, expected, actual }.into())
}

/// 委托生产: some classes may not be made under contract (《药品管理法》 Art. 32); where class letters are recorded, the
/// holder's licence says B and the producer's C (药品生产监督管理办法 Art. 77).
fn check_contract(tx: &mut Tx, product: &Product, producer: OrgNo) -> Result<(), Stop> {
    if product.holder == product.producer {
        return Ok(());
    }
    let law = tx.law(tx.organisation.jurisdiction);
    let class = class_name(product.class);
    if law.registry.contract_manufacture_banned.contains(&product.class) {
        let producer = product.producer.clone();
        return Err(Rejection::ContractBanned { product: product.id.0.clone(), class, producer }.into());
    }
    let making = tx.organisation_record(producer)?;
    let lacks = |organisation: &OrganisationRecord, letter: char| {
        let mut licences = organisation.licences.iter().filter(|l| l.kind == LicenceKind::DrugProduction).peekable();
        licences.peek().is_some() && !licences.any(|l| l.has_letter(letter))
    };
    let missing = [(&tx.organisation, 'B'), (&*making, 'C')];
    match missing.into_iter().find(|(organisation, letter)| lacks(organisation, *letter)) {
        Some((organisation, letter)) => {
            let expected = letter.to_string();
            Err(Rejection::ClassLetter { organisation: organisation.id.clone(), expected }.into())
        }
        None => Ok(()),
    }
}

impl Body for UpdateProduct {
    /// The product.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn product_named(&self) -> Option<&ProductId> {
        Some(&self.product_id)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_details_form(&self.details)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        update_product(tx, self)
    }
}

/// Executes the operation. Order of checks: product, holder, extension fields, 执行标准.
fn update_product(tx: &mut Tx, operation: &UpdateProduct) -> Result<(), Stop> {
    let unknown = || Rejection::UnknownProduct { product: operation.product_id.0.clone() };
    let number: NumberRecord = tx.load(&key::product_number(&operation.product_id))?.ok_or_else(unknown)?;
    let number = ProductNo(number.number);
    let mut record = tx.product(number)?;
    if record.holder != tx.principal {
        let (expected, actual) = (record.master.holder.clone(), tx.organisation.id.clone());
        return Err(Rejection::NotHolder { product: operation.product_id.0.clone(), expected, actual }.into());
    }
    let law = tx.law(tx.organisation.jurisdiction);
    law.registry.check_extension(record.master.class, &operation.details.extension)?;
    check_standard(tx, record.master.class, &operation.details)?;
    record.master.details = operation.details.clone();
    let master = tagged("bencao/product/1", &[&encode(&record.master)]);
    let mut history = record.history;
    tx.event(Subject::Product(number), &mut history, EventBody::ProductUpdated(Registered { master }));
    record.history = history;
    tx.store(key::product(number), &record);
    Ok(())
}

/// The execution standard that the details name, if they name one, as of today.
fn check_standard(tx: &Tx, class: DrugClass, details: &ProductDetails) -> Result<(), Stop> {
    require_product_standard(tx, tx.principal, class, &details.standard, tx.today())
}

/// The same, by the holder of a product, as of the production date of a batch (《药品管理法》 Art. 44).
pub(crate) fn require_product_standard(
    tx: &Tx,
    holder: OrgNo,
    class: DrugClass,
    standard: &str,
    day: CalendarDate,
) -> Result<(), Stop> {
    if standard.is_empty() {
        return Ok(());
    }
    let region = tx.organisation.jurisdiction;
    require_execution_standard(tx, &Execution { standard, firm: holder, class, herb: None, region, day })
}

pub(super) fn new_record(product: &Product, holder: OrgNo, producer: OrgNo, history: History) -> ProductRecord {
    ProductRecord { version: 1, holder, producer, batches: 0, holds: Holds::NONE, history, master: product.clone() }
}
