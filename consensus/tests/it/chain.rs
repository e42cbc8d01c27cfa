//! A small chain to take apart: genesis with four validators, headers, certificates.

use bencao_consensus::{
    BlockId, Body, CommitCertificate, CommitSignature, Header, Results, SignedVote, Validator, ValidatorSet, Vote,
    VoteKind,
};
use bencao_crypto::{Digest, KeyId, PublicKey, SigningKey, tagged};
use bencao_genesis::genesis::RULE_VERSION;
use bencao_genesis::{
    ChainId, Genesis, Height, KeyEntry, KeyPurpose, Limits, OrgId, Organisation, Params, RegionCode, Role, TimestampMs,
    ValidatorEntry,
};
use std::sync::LazyLock;

static KEYS: LazyLock<Vec<SigningKey>> =
    LazyLock::new(|| (1..=60).map(|n| SigningKey::from_bytes(&[n; 32]).expect("in range")).collect());

pub(crate) fn key(i: usize) -> &'static SigningKey {
    &KEYS[i]
}

pub(crate) fn id(i: usize) -> KeyId {
    static IDS: LazyLock<Vec<KeyId>> = LazyLock::new(|| KEYS.iter().map(|k| k.public().id()).collect());
    IDS[i]
}

pub(crate) fn validator(i: usize, power: u64) -> Validator {
    Validator { id: id(i), key: key(i).public(), power }
}

pub(crate) fn set(nodes: impl IntoIterator<Item = usize>) -> ValidatorSet {
    ValidatorSet::new(nodes.into_iter().map(|i| validator(i, 1)).collect())
}

pub(crate) fn digest(name: &str) -> Digest {
    tagged("test/name", &[name.as_bytes()])
}

pub(crate) fn block(name: &str) -> BlockId {
    BlockId(digest(name))
}

pub(crate) fn genesis() -> Genesis {
    let organisation = OrgId::parse("91350100M000100Y43").expect("a valid code");
    let entry =
        |public_key: PublicKey, purpose| KeyEntry { purpose, public_key, valid_from: Height(0), valid_to: None };
    let keys = (0..4)
        .flat_map(|i| [entry(key(i).public(), KeyPurpose::Validator), entry(key(20 + i).public(), KeyPurpose::Node)]);
    let validators = (0..4).map(|i| ValidatorEntry {
        name: format!("node{i}"),
        organisation: organisation.clone(),
        validator_key: key(i).public(),
        node_key: key(20 + i).public(),
        power: 1,
    });
    let genesis = Genesis {
        version: 1,
        chain_name: "示例".into(),
        time_ms: TimestampMs(1_795_449_600_000),
        rule_version: RULE_VERSION,
        params: Params::default(),
        limits: Limits::default(),
        organisations: vec![Organisation {
            id: organisation.clone(),
            name: "甲".into(),
            roles: vec![Role::MarketingHolder],
            jurisdiction: RegionCode::parse("650000").expect("a valid code"),
            licences: vec![],
            keys: keys.collect(),
        }],
        validators: validators.collect(),
        products: vec![],
        authorities: vec![],
    };
    Genesis::parse(&genesis.to_json()).expect("a sound genesis")
}

/// A header of `genesis()`'s chain.
pub(crate) fn header(height: u64, state_root: Digest, by: &ValidatorSet, next: &ValidatorSet) -> Header {
    let genesis = genesis();
    Header {
        version: 1,
        chain_id: genesis.chain_id(),
        height: Height(height),
        time: TimestampMs(genesis.time_ms.0 + height * 200),
        proposer: by.members()[0].id,
        parent: block("parent"),
        body_root: Body::default().root(),
        previous_results: Results { state_root, receipts_root: digest("receipts") },
        validators_hash: by.hash(),
        next_validators_hash: next.hash(),
        rule_version: 1,
    }
}

pub(crate) fn signed(
    chain: ChainId,
    by: usize,
    kind: VoteKind,
    height: u64,
    round: u32,
    block: Option<BlockId>,
) -> SignedVote {
    let vote = Vote { kind, height: Height(height), round, block, voter: id(by) };
    SignedVote { signature: key(by).sign(&vote.sign_bytes(chain)), vote }
}

pub(crate) fn certificate(chain: ChainId, height: u64, round: u32, block: BlockId, by: &[usize]) -> CommitCertificate {
    let signature = |i: &usize| CommitSignature {
        voter: id(*i),
        signature: signed(chain, *i, VoteKind::Precommit, height, round, Some(block)).signature,
    };
    let mut signatures: Vec<CommitSignature> = by.iter().map(signature).collect();
    signatures.sort_by_key(|s| s.voter);
    CommitCertificate { height: Height(height), round, block, signatures }
}

pub(crate) fn certified(header: &Header, by: &[usize]) -> CommitCertificate {
    certificate(header.chain_id, header.height.0, 0, header.id(), by)
}
