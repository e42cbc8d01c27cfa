//! Clients: what is submitted.

use crate::node::Setup;
use crate::prng::Prng;
use bencao_crypto::{Digest, PublicKey, sm3};
use bencao_genesis::*;
use bencao_replica::{Payload, Peek};
use std::sync::Arc;

pub(crate) struct Transactions;

impl Payload for Transactions {
    fn peek(&self, transaction: &[u8]) -> Option<Peek> {
        let valid_until = TimestampMs(u64::from_le_bytes(transaction.get(..8)?.try_into().ok()?));
        Some(Peek { id: sm3(transaction), valid_until, writes: 1 })
    }
}

pub(crate) struct Submission {
    pub(crate) id: Digest,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) struct Workload {
    rng: Prng,
    count: u64,
}

impl Workload {
    pub(crate) fn new(_setup: Arc<Setup>, rng: Prng) -> Workload {
        Workload { rng, count: 0 }
    }

    pub(crate) fn next(&mut self, wall: u64) -> Submission {
        self.count += 1;
        let mut bytes = (wall + 3_600_000).to_le_bytes().to_vec();
        bytes.extend(self.count.to_le_bytes());
        bytes.extend(self.rng.next().to_le_bytes());
        Submission { id: sm3(&bytes), bytes }
    }
}

pub(crate) fn genesis(founding: &[(PublicKey, PublicKey)], following: &[PublicKey]) -> Genesis {
    let id = OrgId::parse("91350100M000100Y43").unwrap();
    let entry = |purpose, public_key| KeyEntry { purpose, public_key, valid_from: Height(0), valid_to: None };
    let mut keys: Vec<KeyEntry> =
        founding.iter().flat_map(|(v, n)| [entry(KeyPurpose::Validator, *v), entry(KeyPurpose::Node, *n)]).collect();
    keys.extend(following.iter().map(|n| entry(KeyPurpose::Node, *n)));
    let validators = founding.iter().enumerate().map(|(i, (v, n))| ValidatorEntry {
        name: format!("node{i}"),
        organisation: id.clone(),
        validator_key: *v,
        node_key: *n,
        power: 1,
    });
    let genesis = Genesis {
        version: 1,
        chain_name: "simulation".into(),
        time_ms: TimestampMs(crate::node::WALL_START_MS - 60_000),
        rule_version: genesis::RULE_VERSION,
        params: Params::default(),
        limits: Limits::default(),
        organisations: vec![Organisation {
            id: id.clone(),
            name: "simulation".into(),
            roles: vec![Role::MarketingHolder],
            jurisdiction: RegionCode::parse("650000").unwrap(),
            licences: vec![],
            keys,
        }],
        validators: validators.collect(),
        products: vec![],
        authorities: vec![],
    };
    genesis.check().expect("a sound genesis");
    genesis
}
