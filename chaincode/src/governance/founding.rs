//! Validators, nodes, parameters, keyrings and voters before block 1, from the genesis file.

use super::membership::{NodeTerm, Revision, Seat, SeatsRecord, SettingsRecord, SettingsTerm};
use super::records::{GovernanceRecord, KeyringEntry, KeyringRecord};
use crate::limits::{KEYS_PER_ORGANISATION_MAX, NODES_MAX, RECORD_BYTES_MAX, VOTERS_MAX};
use crate::registry::GenesisStateError;
use crate::state::{OrgNo, Record, StateKey, key, to_record};
use bencao_genesis::{Genesis, GenesisError, Height, KeyPurpose, OrgId, Organisation, ValidatorEntry};
use std::collections::BTreeMap;

/// Adds the records of governance to the founding state. `numbers` are those that the registry gave. Every founding
/// organisation with a key of an administrator has a vote.
pub(crate) fn found(
    state: &mut BTreeMap<StateKey, Vec<u8>>,
    genesis: &Genesis,
    numbers: &BTreeMap<&OrgId, OrgNo>,
) -> Result<(), GenesisStateError> {
    let mut governance = GovernanceRecord::new();
    for organisation in &genesis.organisations {
        let number = number_of(numbers, &organisation.id)?;
        let keyring = keyring(organisation)?;
        if keyring.has(KeyPurpose::Admin) {
            governance.set_voter(number, true);
        }
        governance.nodes = governance.nodes.saturating_add(found_nodes(state, organisation, number));
        put(state, key::keyring(number), &keyring);
    }
    if governance.voters.len() > VOTERS_MAX {
        return Err(GenesisStateError::TooMany { what: "organisations with a vote", most: VOTERS_MAX });
    }
    if governance.nodes as usize > NODES_MAX {
        return Err(GenesisStateError::TooMany { what: "nodes", most: NODES_MAX });
    }
    let seats = genesis.validators.iter().map(|v| seat(v, numbers)).collect::<Result<_, _>>()?;
    let seats = to_record(&SeatsRecord { version: 1, seats });
    if seats.len() > RECORD_BYTES_MAX {
        return Err(GenesisStateError::TooMany { what: "bytes of validators and their names", most: RECORD_BYTES_MAX });
    }
    state.insert(key::seats(), seats);
    let settings = SettingsTerm {
        since: Height::GENESIS,
        rule_version: genesis.rule_version,
        params: genesis.params.clone(),
        limits: genesis.limits.clone(),
    };
    put(state, key::settings(), &SettingsRecord { version: 1, terms: vec![settings] });
    put(state, key::revision(), &Revision { version: 1, ..Revision::default() });
    put(state, key::governance(), &governance);
    Ok(())
}

fn number_of(numbers: &BTreeMap<&OrgId, OrgNo>, id: &OrgId) -> Result<OrgNo, GenesisError> {
    let unknown = || GenesisError::Unknown { field: "organisations".into(), value: id.to_string() };
    numbers.get(id).copied().ok_or_else(unknown)
}

fn seat(validator: &ValidatorEntry, numbers: &BTreeMap<&OrgId, OrgNo>) -> Result<Seat, GenesisError> {
    Ok(Seat {
        name: validator.name.clone(),
        organisation: number_of(numbers, &validator.organisation)?,
        validator_key: validator.validator_key,
        node_key: validator.node_key,
        power: validator.power,
        since: Height::GENESIS,
        until: None,
    })
}

fn keyring(organisation: &Organisation) -> Result<KeyringRecord, GenesisStateError> {
    if organisation.keys.len() > KEYS_PER_ORGANISATION_MAX {
        return Err(GenesisStateError::TooMany { what: "keys of one organisation", most: KEYS_PER_ORGANISATION_MAX });
    }
    let keys = organisation.keys.iter().map(|k| KeyringEntry { key: k.id(), purpose: k.purpose }).collect();
    Ok(KeyringRecord { version: 1, admin_quorum: 0, keys })
}

/// Number of nodes.
fn found_nodes(state: &mut BTreeMap<StateKey, Vec<u8>>, organisation: &Organisation, number: OrgNo) -> u32 {
    let mut count: u32 = 0;
    for entry in organisation.keys.iter().filter(|k| k.purpose == KeyPurpose::Node) {
        let term = NodeTerm {
            version: 1,
            organisation: organisation.id.clone(),
            number,
            node_key: entry.public_key,
            since: entry.valid_from,
            until: entry.valid_to,
        };
        put(state, key::node_term(&entry.id()), &term);
        count = count.saturating_add(1);
    }
    count
}

fn put<R: Record>(state: &mut BTreeMap<StateKey, Vec<u8>>, key: StateKey, record: &R) {
    state.insert(key, to_record(record));
}
