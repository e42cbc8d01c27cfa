//! The state before block 1, from the genesis file. Founding records have no events: the file is their evidence.

use super::coding::{CodingRecord, CodingScheme};
use super::product::new_record;
use super::records::{KeyRecord, NumberRecord, OrganisationRecord, PrefixRecord, RegistryCounters};
use crate::event::History;
use crate::limits::RECORD_BYTES_MAX;
use crate::rejection::{Rejection, render};
use crate::state::{OrgNo, ProductNo, Record, StateKey, key, to_record};
use bencao_genesis::{Genesis, GenesisError, OrgId, Organisation, Product};
use std::collections::BTreeMap;

/// A genesis file from which no state follows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GenesisStateError {
    /// The file does not pass its own checks.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// A product breaks a rule of registration.
    #[error("product {product}: {reason}")]
    Product {
        /// Its name.
        product: String,
        /// The rule's English text.
        reason: String,
    },
    /// More of something than the ledger keeps.
    #[error("more {what} than {most}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        most: usize,
    },
    /// An organisation with more licences than one record may hold.
    #[error("organisation {0} does not fit into one record of {RECORD_BYTES_MAX} bytes")]
    OrganisationTooLarge(OrgId),
}

/// Records of organisations, keys, products, prefixes and governance, by state key.
///
/// # Errors
/// [`GenesisStateError`].
pub fn genesis_state(genesis: &Genesis) -> Result<BTreeMap<StateKey, Vec<u8>>, GenesisStateError> {
    genesis.check()?;
    let mut state = BTreeMap::new();
    let mut numbers = BTreeMap::new();
    for (number, organisation) in (1u32..).map(OrgNo).zip(&genesis.organisations) {
        numbers.insert(&organisation.id, number);
        found_organisation(&mut state, number, organisation);
        if state.get(&key::organisation(number)).is_none_or(|bytes| bytes.len() > RECORD_BYTES_MAX) {
            return Err(GenesisStateError::OrganisationTooLarge(organisation.id.clone()));
        }
    }
    let mut products = 0;
    for (number, product) in (1u32..).map(ProductNo).zip(&genesis.products) {
        products = number.0;
        let refuse = |rejection: Rejection| GenesisStateError::Product {
            product: product.id.0.clone(),
            reason: render(&rejection.refusal()).message_en,
        };
        super::check_product_form(product).map_err(refuse)?;
        let number_of = |id| {
            numbers.get(id).copied().ok_or(GenesisError::Unknown {
                field: format!("products[{}]", product.id.0),
                value: product.holder.to_string(),
            })
        };
        found_product(&mut state, number, product, number_of(&product.holder)?, number_of(&product.producer)?);
    }
    let organisations = u32::try_from(genesis.organisations.len()).unwrap_or(u32::MAX);
    put(&mut state, key::registry_counters(), &RegistryCounters { version: 1, organisations, products });
    crate::governance::found(&mut state, genesis, &numbers)?;
    Ok(state)
}

fn put<R: Record>(state: &mut BTreeMap<StateKey, Vec<u8>>, key: StateKey, record: &R) {
    state.insert(key, to_record(record));
}

fn found_organisation(state: &mut BTreeMap<StateKey, Vec<u8>>, number: OrgNo, organisation: &Organisation) {
    let record = OrganisationRecord {
        roles: organisation.roles.clone(),
        licences: organisation.licences.clone(),
        ..OrganisationRecord::new(organisation.id.clone(), organisation.name.clone(), organisation.jurisdiction)
    };
    put(state, key::organisation(number), &record);
    put(state, key::organisation_number(&organisation.id), &NumberRecord { version: 1, number: number.0 });
    for entry in &organisation.keys {
        let record = KeyRecord {
            version: 1,
            organisation: number,
            purpose: entry.purpose,
            public_key: entry.public_key,
            valid_from: entry.valid_from,
            valid_to: entry.valid_to,
            scope: Vec::new(),
        };
        put(state, key::signing_key(&entry.id()), &record);
    }
}

fn found_product(
    state: &mut BTreeMap<StateKey, Vec<u8>>,
    number: ProductNo,
    product: &Product,
    holder: OrgNo,
    producer: OrgNo,
) {
    put(state, key::product(number), &new_record(product, holder, producer, History::default()));
    put(state, key::product_number(&product.id), &NumberRecord { version: 1, number: number.0 });
    for package in &product.packages {
        // The genesis file, which all agreed on, is the filing of its products' coding rules.
        let scheme = match package.prefix.len() {
            14 => CodingScheme::Gs1,
            _ if package.prefix.starts_with('8') => CodingScheme::Platform,
            _ => CodingScheme::Enterprise,
        };
        let coding =
            CodingRecord { version: 1, holder, scheme, issuer: "genesis".to_owned(), filing_no: "genesis".to_owned() };
        put(state, key::coding(&package.prefix), &coding);
        put(state, key::prefix(&package.prefix), &PrefixRecord { version: 1, product: number, level: package.level });
    }
}
