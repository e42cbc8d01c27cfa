//! 境内责任人: a holder abroad names the domestic legal person that performs its duties and is liable with it (《药品管理法》
//! Art. 38). From then on that organisation acts for the holder: it commissions what came in under the holder's codes,
//! releases it here with the papers of its import, and recalls it.

use crate::quality::find_organisation;
use crate::registry::{OrganisationRecord, ProductRecord};
use crate::rejection::Rejection;
use crate::state::{OrgNo, Record, Stop, Tx, key};
use crate::transaction::{Body, NameResponsible};
use bencao_crypto::Digest;
use bencao_genesis::OrgId;
use bincode::{Decode, Encode};

/// Who acts here for a holder abroad.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ResponsibleRecord {
    /// Format: 1.
    pub version: u8,
    /// The domestic organisation.
    pub organisation: OrgNo,
    /// SM3 of the 授权文书.
    pub authorisation: Digest,
}

impl Record for ResponsibleRecord {}

/// Whether an organisation is abroad.
pub(crate) fn is_abroad(id: &OrgId) -> bool {
    id.as_str().starts_with("FOREIGN:")
}

impl Body for NameResponsible {
    /// The record.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        name(tx, self)
    }
}

/// Executes the operation, signed by the holder abroad; a later one replaces the one before. Order of checks: abroad,
/// the other known and here.
fn name(tx: &mut Tx, operation: &NameResponsible) -> Result<(), Stop> {
    if !is_abroad(&tx.organisation.id) {
        return Err(Rejection::NotAbroad { actual: tx.organisation.id.clone() }.into());
    }
    let organisation = find_organisation(tx, &operation.organisation)?;
    if is_abroad(&operation.organisation) {
        return Err(Rejection::NotDomestic { actual: operation.organisation.clone() }.into());
    }
    let record = ResponsibleRecord { version: 1, organisation, authorisation: operation.authorisation };
    tx.store(key::responsible(tx.principal), &record);
    Ok(())
}

/// Whether the principal is the responsible organisation of a product's holder abroad.
pub(crate) fn is_responsible(tx: &mut Tx, product: &ProductRecord) -> Result<bool, Stop> {
    if !is_abroad(&product.master.holder) {
        return Ok(false);
    }
    let record: Option<ResponsibleRecord> = tx.load(&key::responsible(product.holder))?;
    Ok(record.is_some_and(|r| r.organisation == tx.principal))
}

/// Whether a holder abroad has named who is responsible for its products here.
pub(crate) fn has_responsible(tx: &Tx, holder: OrgNo) -> Result<bool, Stop> {
    Ok(tx.load::<ResponsibleRecord>(&key::responsible(holder))?.is_some())
}

/// Who is responsible here for a product's holder abroad.
pub(crate) fn responsible_for(tx: &Tx, product: &ProductRecord) -> Result<Option<OrgNo>, Stop> {
    let record: Option<ResponsibleRecord> = match is_abroad(&product.master.holder) {
        true => tx.load(&key::responsible(product.holder))?,
        false => None,
    };
    Ok(record.map(|r| r.organisation))
}

/// Where the law is read for a product: where its holder is, or who is responsible for it here.
pub(crate) fn region_of(tx: &mut Tx, product: &ProductRecord) -> Result<bencao_genesis::RegionCode, Stop> {
    let number = responsible_for(tx, product)?.unwrap_or(product.holder);
    let organisation: std::rc::Rc<OrganisationRecord> = tx.organisation_record(number)?;
    Ok(organisation.jurisdiction)
}
