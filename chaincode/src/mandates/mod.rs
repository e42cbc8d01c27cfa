//! 授权委托: who may act, or read, for whom (domain §8.2 rows 44, 45, 48; D15). Small firms and farmers work through one;
//! a bank reads by one.
//!
//! A mandate is scoped by operations or modules, optionally by products and uses; it begins and ends on a day, and is
//! revoked at any time. It never covers release, law, licences or governance. Each bill under it names principal and
//! agent, and so do its events, its document and its receipt.

mod events;
mod give;

pub use events::{MandateGiven, MandateRevoked};

use crate::codes::UnitKey;
use crate::custody::load_standing;
use crate::registry::PrefixRecord;
use crate::rejection::Rejection;
use crate::state::{OrgNo, ProductNo, Record, StateView, Stop, Tx, ViewError, key, load};
use crate::transaction::{Mandate, Operation};
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, ProductId, Role};
use bincode::{Decode, Encode};
use std::collections::BTreeSet;

byte_enum! {
    /// What a reader may be allowed to see of an organisation.
    pub enum ReadScope {
        /// Stock by product and batch.
        Stock = 1 as "stock", "库存",
        /// Lots of herbs.
        Lots = 2 as "lots", "药材批次",
        /// Bills.
        Bills = 3 as "bills", "单据",
        /// Licences, certificates, credit.
        File = 4 as "file", "档案",
    }
}

/// A mandate on record, under principal and number.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct MandateRecord {
    /// Format: 1.
    pub version: u8,
    /// Who may act or read.
    pub agent: OrgNo,
    /// Names of operations or modules, ascending.
    pub operations: Vec<String>,
    /// Only for these products; for all if empty.
    pub products: Vec<ProductId>,
    /// What the agent may read.
    pub reads: Vec<ReadScope>,
    /// First day.
    pub valid_from: CalendarDate,
    /// Last day.
    pub valid_to: CalendarDate,
    /// Most bills.
    pub uses_max: Option<u32>,
    /// Bills applied under it.
    pub used: u32,
    /// Whether it was revoked.
    pub revoked: bool,
    /// SM3 of the signed paper.
    pub document: Option<Digest>,
}

impl Record for MandateRecord {}

/// Modules by the high byte of an operation's tag: a mandate may name a whole one.
const MODULES: [(u8, &str); 6] =
    [(1, "registry"), (2, "production"), (3, "custody"), (4, "dispensing"), (5, "quality"), (7, "tcm")];

fn module(tag: u16) -> &'static str {
    let [high, _] = tag.to_be_bytes();
    MODULES.iter().find(|(byte, _)| *byte == high).map_or("", |(_, name)| name)
}

/// Whether a mandate may name this: an operation, or a module.
fn is_grantable(name: &str) -> bool {
    MODULES.iter().any(|(_, module)| *module == name) || Operation::TAGS.iter().any(|(_, text)| *text == name)
}

/// Check 9: whether the mandate that a transaction names covers its operation; counts the use. Order of checks: on
/// record and the agent's, operation delegable and not of an authority, not revoked, in force today, operation in scope, products in scope,
/// uses left.
pub(crate) fn use_mandate(tx: &mut Tx, agent: OrgNo, named: &Mandate, operation: &Operation) -> Result<(), Stop> {
    let mandate = || named.number.0.clone();
    let place = key::mandate(tx.principal, &named.number);
    let record: Option<MandateRecord> = tx.load(&place)?;
    let organisation = tx.organisation.id.clone();
    let unknown = Rejection::UnknownMandate { organisation, agent: named.agent.clone(), mandate: mandate() };
    let mut record = record.filter(|r| r.agent == agent).ok_or(unknown)?;
    // What an authority does, it does itself: its acts carry its own name and no agent's, and nobody countersigns for both
    // sides of a bill with two signatures.
    let mut authorities = Role::DEPARTMENTS.iter().chain(&[Role::Notary]);
    let authority = authorities.any(|role| tx.organisation.has_role(*role));
    if authority || !operation.body().delegable() {
        return Err(Rejection::NotDelegable { mandate: mandate(), actual: operation.name() }.into());
    }
    if record.revoked {
        return Err(Rejection::MandateRevoked { mandate: mandate() }.into());
    }
    let today = tx.today();
    if today < record.valid_from || today > record.valid_to {
        let (from, expected) = (record.valid_from, record.valid_to);
        return Err(Rejection::MandateNotInForce { mandate: mandate(), from, expected, actual: today }.into());
    }
    let covers = |name: &String| name == operation.name() || name == module(operation.tag());
    if !record.operations.iter().any(covers) {
        return Err(Rejection::MandateScope { mandate: mandate(), actual: operation.name() }.into());
    }
    if let Some(actual) = product_outside(tx, &record, operation)? {
        return Err(Rejection::MandateProduct { mandate: mandate(), actual }.into());
    }
    if record.uses_max.is_some_and(|most| record.used >= most) {
        return Err(Rejection::MandateUsedUp { mandate: mandate(), expected: record.used }.into());
    }
    record.used = record.used.saturating_add(1);
    tx.store(place, &record);
    Ok(())
}

/// The first product of the bill that the mandate does not name. A bill that names no product at all is outside a
/// mandate that is limited to some.
fn product_outside(tx: &Tx, record: &MandateRecord, operation: &Operation) -> Result<Option<String>, Stop> {
    if record.products.is_empty() {
        return Ok(None);
    }
    if let Some(product) = operation.body().product_named() {
        return Ok((!record.products.contains(product)).then(|| product.0.clone()));
    }
    let codes = operation.codes();
    if codes.is_empty() {
        return Ok(Some(operation.name().to_owned()));
    }
    // A code without a prefix, an SSCC, is of whatever is inside: nothing passes a limit in a pallet.
    let mut inside: BTreeSet<ProductNo> = BTreeSet::new();
    for code in codes.iter().filter(|code| code.prefix().is_none()) {
        match load_standing(tx, code)? {
            Some(standing) => inside.extend(standing.batches().iter().map(|batch| batch.product)),
            None => return Ok(Some(code.to_string())),
        }
    }
    for number in inside {
        let product = tx.product(number)?.master.id;
        if !record.products.contains(&product) {
            return Ok(Some(product.0));
        }
    }
    let prefixes: BTreeSet<String> = codes.iter().filter_map(UnitKey::prefix).collect();
    for prefix in prefixes {
        let found: Option<PrefixRecord> = tx.load(&key::prefix(&prefix))?;
        let product = match found {
            Some(found) => tx.product(found.product)?.master.id,
            None => return Ok(Some(prefix)),
        };
        if !record.products.contains(&product) {
            return Ok(Some(product.0));
        }
    }
    Ok(None)
}

/// Whether `reader` may read `scope` of `principal` under the mandate of that number on `day`.
///
/// # Errors
/// [`ViewError`].
pub fn may_read(
    view: &dyn StateView,
    (principal, number): (OrgNo, &crate::transaction::DocumentNumber),
    reader: OrgNo,
    scope: ReadScope,
    day: CalendarDate,
) -> Result<bool, ViewError> {
    let record: Option<MandateRecord> = load(view, &key::mandate(principal, number))?;
    Ok(record.is_some_and(|r| {
        let in_force = !r.revoked && r.valid_from <= day && day <= r.valid_to;
        r.agent == reader && in_force && r.reads.contains(&scope)
    }))
}
