use super::*;
use crate::ids::RegionCode;
use crate::organisation::{KeyEntry, Role};
use bencao_crypto::SigningKey;

fn key(n: u8) -> PublicKey {
    SigningKey::from_bytes(&[n; 32]).unwrap().public()
}

fn sample() -> Genesis {
    let id = OrgId::parse("91350100M000100Y43").unwrap();
    let entry = |n, purpose| KeyEntry { purpose, public_key: key(n), valid_from: Height(0), valid_to: None };
    Genesis {
        version: 1,
        chain_name: "示例".into(),
        time_ms: TimestampMs(1_795_449_600_000),
        rule_version: RULE_VERSION,
        params: Params::default(),
        limits: Limits::default(),
        organisations: vec![Organisation {
            id: id.clone(),
            name: "甲".into(),
            roles: vec![Role::MarketingHolder],
            jurisdiction: RegionCode::parse("650000").unwrap(),
            licences: vec![],
            keys: vec![entry(1, KeyPurpose::Validator), entry(2, KeyPurpose::Node)],
        }],
        validators: vec![ValidatorEntry {
            name: "node0".into(),
            organisation: id,
            validator_key: key(1),
            node_key: key(2),
            power: 1,
        }],
        products: vec![],
        authorities: vec![],
    }
}

#[test]
fn json_round_trips_and_layout_does_not_change_the_chain_id() {
    let genesis = sample();
    let text = genesis.to_json();
    assert_eq!(Genesis::parse(&text).unwrap(), genesis);
    let compact = serde_json::to_string(&genesis).unwrap();
    assert_ne!(compact, text);
    assert_eq!(Genesis::parse(&compact).unwrap().chain_id(), genesis.chain_id());
}

#[test]
fn the_chain_id_of_the_sample_never_changes() {
    assert_eq!(sample().chain_id().to_string(), GOLDEN_CHAIN_ID);
}

const GOLDEN_CHAIN_ID: &str = "72100e6875764f8035f65d75dae4bfa69f0c84bfa431c4e9e64d268af60f6bea";

#[test]
fn every_field_of_the_file_changes_the_chain_id() {
    let base = sample().chain_id();
    let edits: [fn(&mut Genesis); 5] = [
        |g| g.chain_name.push('x'),
        |g| g.time_ms.0 += 1,
        |g| g.params.block_interval_ms += 1,
        |g| g.limits.block_batches_max += 1,
        |g| g.validators[0].power += 1,
    ];
    for edit in edits {
        let mut changed = sample();
        edit(&mut changed);
        assert_ne!(changed.chain_id(), base);
    }
}

#[test]
fn each_broken_field_is_refused_by_name() {
    type Case = (fn(&mut Genesis), fn(&GenesisError) -> bool);
    let cases: [Case; 9] = [
        (|g| g.version = 2, |e| *e == GenesisError::Version(2)),
        (|g| g.rule_version = 9, |e| *e == GenesisError::RuleVersion(9)),
        (|g| g.chain_name.clear(), |e| matches!(e, GenesisError::Field { field, .. } if field == "chain_name")),
        (
            |g| g.params.heartbeat_ms = 0,
            |e| matches!(e, GenesisError::Field { field, .. } if field == "params.heartbeat_ms"),
        ),
        (
            |g| g.limits.block_bytes_max = u32::MAX,
            |e| matches!(e, GenesisError::Field { field, .. } if field == "limits.block_bytes_max"),
        ),
        (|g| g.organisations.push(g.organisations[0].clone()), |e| matches!(e, GenesisError::Repeated { .. })),
        (|g| g.organisations[0].keys[1].public_key = key(1), |e| matches!(e, GenesisError::Repeated { .. })),
        (|g| g.validators[0].validator_key = key(9), |e| matches!(e, GenesisError::Unknown { .. })),
        (|g| g.validators.clear(), |e| matches!(e, GenesisError::Field { field, .. } if field == "validators")),
    ];
    for (i, (edit, expected)) in cases.into_iter().enumerate() {
        let mut g = sample();
        edit(&mut g);
        let error = g.check().unwrap_err();
        assert!(expected(&error), "case {i}: {error}");
    }
}

#[test]
fn unknown_keys_in_the_file_are_refused_with_their_place() {
    let text = sample().to_json().replacen("\"chain_name\"", "\"chain_nmae\"", 1);
    assert!(matches!(Genesis::parse(&text), Err(GenesisError::Json { line, .. }) if line > 1));
    assert!(matches!(Genesis::parse(&" ".repeat(GENESIS_BYTES_MAX + 1)), Err(GenesisError::TooLarge)));
}
