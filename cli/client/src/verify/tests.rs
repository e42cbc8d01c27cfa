use super::*;
use crate::bill::{Planned, Signer};
use bencao_chaincode::execute::{BlockContext, execute_block};
use bencao_chaincode::proof::collect;
use bencao_chaincode::state::{StateKey, StateView, ViewError};
use bencao_chaincode::transaction::{Commission, CommissionedUnit, Operation};
use bencao_chaincode::{EventRecord, EventSource, Outcome, Subject, UnitKey, genesis_state};
use bencao_consensus::certificate::CommitSignature;
use bencao_consensus::proof::{Anchor, MapEntry};
use bencao_consensus::{
    BlockId, CommitCertificate, Header, Results, SetChange, Validator, ValidatorSet, Vote, VoteKind,
};
use bencao_crypto::sparse::{ProofLeaf, prove, root, value_hash};
use bencao_crypto::{LibraryKeys, SigningKey, TableKeys};
use bencao_genesis::genesis::RULE_VERSION;
use bencao_genesis::*;
use std::collections::BTreeMap;

const PRODUCER: &str = "91650100MA0000001U";
const VALIDATORS: u8 = 4;

fn key(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32]).unwrap()
}

fn genesis() -> Genesis {
    let id = OrgId::parse(PRODUCER).unwrap();
    let entry = |n, purpose| KeyEntry { purpose, public_key: key(n).public(), valid_from: Height(0), valid_to: None };
    let day = |text| CalendarDate::parse(text).unwrap();
    let mut keys = vec![entry(1, KeyPurpose::Transact)];
    let mut validators = Vec::new();
    for n in 0..VALIDATORS {
        let (validator, node) = (10 + n, 20 + n);
        keys.extend([entry(validator, KeyPurpose::Validator), entry(node, KeyPurpose::Node)]);
        validators.push(ValidatorEntry {
            name: format!("node{n}"),
            organisation: id.clone(),
            validator_key: key(validator).public(),
            node_key: key(node).public(),
            power: 1,
        });
    }
    let package =
        |prefix: &str, level, holds| PackageSpec { prefix: prefix.into(), level, holds, description: String::new() };
    Genesis {
        version: 1,
        chain_name: "proofs".into(),
        time_ms: TimestampMs(1_795_449_600_000),
        rule_version: RULE_VERSION,
        params: Params::default(),
        limits: Limits::default(),
        organisations: vec![Organisation {
            id: id.clone(),
            name: "甲".into(),
            roles: vec![Role::MarketingHolder, Role::Producer],
            jurisdiction: RegionCode::parse("650100").unwrap(),
            licences: vec![Licence::new(
                LicenceKind::DrugProduction,
                "1",
                &[DrugClass::Chemical],
                day("2026-01-01"),
                day("2030-12-31"),
            )],
            keys,
        }],
        validators,
        products: vec![Product {
            id: ProductId("X".into()),
            holder: id.clone(),
            producer: id,
            class: DrugClass::Chemical,
            prescription_only: false,
            generic_name: "示例".into(),
            trade_name: String::new(),
            dosage_form: "片剂".into(),
            strength: "1g".into(),
            approval_number: "国药准字H65020002".into(),
            standard_code: String::new(),
            shelf_life_months: 0,
            content: 0,
            ratio_semantics: RatioSemantics::PerLevel,
            packages: vec![package("8100001", 1, 0), package("8100003", 2, 2)],
            details: ProductDetails::default(),
        }],
        authorities: vec![],
    }
}

#[derive(Default)]
struct Memory {
    records: BTreeMap<StateKey, Vec<u8>>,
    events: Vec<EventRecord>,
}

impl StateView for Memory {
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(self.records.get(key).cloned())
    }

    fn scan(&self, from: &StateKey, to: &StateKey, limit: usize) -> Result<Vec<(StateKey, Vec<u8>)>, ViewError> {
        Ok(self.records.range(from..to).take(limit).map(|(k, v)| (k.clone(), v.clone())).collect())
    }
}

impl EventSource for Memory {
    fn events(&self, subject: &Subject, limit: usize) -> Result<Vec<EventRecord>, ViewError> {
        let mut own: Vec<_> = self.events.iter().filter(|e| e.subject == *subject).cloned().collect();
        own.sort_by_key(|e| e.sequence);
        own.truncate(limit);
        Ok(own)
    }
}

fn code(text: &str) -> UnitKey {
    bencao_chaincode::codes::parse(text).unwrap().key
}

const UNIT: &str = "81000010000000000001";
const NEVER: &str = "81000010000000000009";

/// A state after one commissioning bill: a case of two.
fn state(genesis: &Genesis) -> Memory {
    let mut state = Memory { records: genesis_state(genesis).unwrap(), events: Vec::new() };
    let unit = |text: &str, level, parent: Option<&str>| CommissionedUnit {
        code: code(text),
        level,
        parent: parent.map(code),
        remainder: false,
    };
    let case = "81000030000000000001";
    let operation = Operation::Commission(Commission {
        product_id: ProductId("X".into()),
        batch_no: "B1".into(),
        made_on: CalendarDate::parse("2026-10-24").unwrap(),
        expires_on: CalendarDate::parse("2027-10-23").unwrap(),
        declared_units: 2,
        workshop: String::new(),
        line: String::new(),
        units: vec![unit(case, 2, None), unit(UNIT, 1, Some(case)), unit("81000010000000000002", 1, Some(case))],
    });
    let signer =
        Signer { chain: genesis.chain_id(), principal: OrgId::parse(PRODUCER).unwrap(), key: key(1), mandate: None };
    let time = genesis.time_ms.plus_ms(1_000);
    let bill = signer.sign(&Planned { document_no: "C-1".into(), operation }, time.plus_ms(60_000));
    let context = BlockContext {
        chain: genesis.chain_id(),
        height: Height(1),
        time,
        rule_version: RULE_VERSION,
        limits: genesis.limits.clone(),
        params: genesis.params.clone(),
    };
    let output = execute_block(&state, &context, &[&bill.bytes], &LibraryKeys).unwrap();
    assert!(matches!(output.receipts[0].outcome, Outcome::Applied(_)), "{:?}", output.receipts[0].outcome);
    for (key, value) in output.writes {
        match value {
            Some(value) => state.records.insert(key, value),
            None => state.records.remove(&key),
        };
    }
    state.events = output.events;
    state
}

/// Validators whose keys are numbered so, each with the power of one.
fn set(keys: &[u8]) -> ValidatorSet {
    let member = |n: &u8| Validator { id: key(*n).public().id(), key: key(*n).public(), power: 1 };
    ValidatorSet::new(keys.iter().map(member).collect())
}

/// A certificate of a header by some keys.
fn certificate(header: &Header, signers: &[u8]) -> CommitCertificate {
    let (height, block) = (header.height, header.id());
    let mut certificate = CommitCertificate { height, round: 0, block, signatures: Vec::new() };
    for n in signers {
        let voter = key(*n).public().id();
        let vote = Vote { kind: VoteKind::Precommit, height, round: 0, block: Some(block), voter };
        let signature = key(*n).sign(&vote.sign_bytes(header.chain_id));
        certificate.signatures.push(CommitSignature { voter, signature });
    }
    certificate.signatures.sort_by_key(|s| s.voter);
    certificate
}

/// The proof file about `about`, certified by `signers` validators at height 2.
fn proof_file(genesis: &Genesis, state: &Memory, about: &str, signers: u8) -> Vec<u8> {
    let founders = ValidatorSet::from_genesis(genesis);
    let signers: Vec<u8> = (10..10 + signers).collect();
    proof_over(genesis, state, about, &[], (&founders, &signers))
}

/// The proof file of a chain whose validators changed so: at height 2 the founders announce the first set, at height 3 that
/// one announces the next, and so on; each set has signed with the keys named.
fn proof_over(
    genesis: &Genesis,
    state: &Memory,
    about: &str,
    changes: &[(ValidatorSet, &[u8])],
    (last, last_signers): (&ValidatorSet, &[u8]),
) -> Vec<u8> {
    let map: BTreeMap<[u8; 32], &Vec<u8>> = state.records.iter().map(|(k, v)| (k.map_key(), v)).collect();
    let leaves: Vec<ProofLeaf> =
        map.iter().map(|(key, value)| ProofLeaf { key: *key, value_hash: value_hash(value) }).collect();
    let (keys, payload) = collect(state, state, &code(about)).unwrap();
    let entries = keys.iter().map(|k| {
        let key = k.map_key();
        MapEntry { key, value: map.get(&key).map(|v| v.to_vec()), path: prove(&leaves, &key) }
    });
    let header = |height: u64, set: &ValidatorSet, next: &ValidatorSet| Header {
        version: 1,
        chain_id: genesis.chain_id(),
        height: Height(height),
        time: genesis.time_ms.plus_ms(1_000 * height),
        proposer: key(10).public().id(),
        parent: BlockId::default(),
        body_root: Digest::ZERO,
        previous_results: Results { state_root: root(&leaves), receipts_root: Digest::ZERO },
        validators_hash: set.hash(),
        next_validators_hash: next.hash(),
        rule_version: RULE_VERSION,
    };
    let (mut now, mut height, mut links) = (ValidatorSet::from_genesis(genesis), 2, Vec::new());
    for (next, signers) in changes {
        let header = header(height, &now, next);
        links.push(SetChange { certificate: certificate(&header, signers), header, next: next.clone() });
        (now, height) = (next.clone(), height + 1);
    }
    let header = header(height, last, last);
    let anchor = Anchor::Genesis(genesis.chain_id());
    let top = (header.clone(), certificate(&header, last_signers));
    AnchoredProof::new(anchor, links, top, entries.collect(), payload.to_bytes()).to_file()
}

/// One validator joins, then one of the founders is replaced.
fn changed(genesis: &Genesis, state: &Memory) -> Vec<u8> {
    let (joined, replaced) = (set(&[10, 11, 12, 13, 30]), set(&[31, 11, 12, 13, 30]));
    let changes = [(joined, &[10, 11, 12][..]), (replaced.clone(), &[10, 11, 12, 30][..])];
    proof_over(genesis, state, UNIT, &changes, (&replaced, &[31, 11, 13, 30]))
}

#[test]
fn a_proof_leads_from_genesis_over_changes_of_the_validators() {
    let genesis = genesis();
    let state = state(&genesis);
    let proven = verify(&genesis, &changed(&genesis, &state), &LibraryKeys).unwrap();
    assert_eq!(proven.height, Height(3));
    let said = proven.checks.iter().find(|c| c.name == "validator_set").unwrap();
    assert_eq!(said.detail, "validator set: 5 validators after 2 changes since the anchor");
    // Whoever has left signs nothing more, and whoever is not there yet nothing at all.
    let (joined, stranger) = (set(&[10, 11, 12, 13, 30]), set(&[40, 41, 42, 43]));
    let name = |file: Vec<u8>| verify(&genesis, &file, &LibraryKeys).unwrap_err().check_name();
    let founders = ValidatorSet::from_genesis(&genesis);
    let early = [(joined.clone(), &[10, 11, 30][..])];
    assert_eq!(name(proof_over(&genesis, &state, UNIT, &early, (&joined, &[10, 11, 12, 13]))), "certificate");
    let few = [(joined.clone(), &[10, 11][..])];
    assert_eq!(name(proof_over(&genesis, &state, UNIT, &few, (&joined, &[10, 11, 12, 13]))), "quorum");
    let good = [(joined.clone(), &[10, 11, 12][..])];
    assert_eq!(name(proof_over(&genesis, &state, UNIT, &good, (&joined, &[10, 11, 12]))), "quorum", "three of five");
    assert_eq!(name(proof_over(&genesis, &state, UNIT, &good, (&founders, &[10, 11, 12]))), "validator_set");
    assert_eq!(name(proof_over(&genesis, &state, UNIT, &good, (&stranger, &[40, 41, 42, 43]))), "validator_set");
    assert_eq!(name(proof_over(&genesis, &state, UNIT, &[], (&joined, &[10, 11, 12, 13]))), "validator_set");
    assert_eq!(
        name(proof_over(&genesis, &state, UNIT, &[(founders.clone(), &[10, 11, 12])], (&founders, &[10, 11, 12]))),
        "validator_set"
    );
}

#[test]
fn every_byte_of_a_proof_over_changes_counts() {
    let genesis = genesis();
    let file = changed(&genesis, &state(&genesis));
    let keys = TableKeys::default();
    assert!(verify(&genesis, &file, &keys).is_ok());
    for i in 0..file.len() {
        let mut flipped = file.clone();
        flipped[i] ^= 1 << (i % 8);
        assert!(verify(&genesis, &flipped, &keys).is_err(), "byte {i} of {} does not count", file.len());
    }
}

#[test]
fn a_proof_says_what_was_checked_and_what_the_records_say() {
    let genesis = genesis();
    let file = proof_file(&genesis, &state(&genesis), UNIT, 3);
    let proven = verify(&genesis, &file, &LibraryKeys).unwrap();
    assert_eq!((proven.chain, proven.height), (genesis.chain_id(), Height(1)));
    let names: Vec<&str> = proven.checks.iter().map(|c| c.name).collect();
    assert_eq!(names, ["form", "anchor", "validator_set", "header", "certificate", "quorum", "state_path", "history"]);
    let answer = proven.report.status.unwrap();
    let status = answer.unit().unwrap();
    assert_eq!((status.batch.batch_no.as_str(), status.parents.len(), status.history.is_empty()), ("B1", 1, false));
}

#[test]
fn absence_is_proven_too() {
    let genesis = genesis();
    let file = proof_file(&genesis, &state(&genesis), NEVER, 3);
    let proven = verify(&genesis, &file, &LibraryKeys).unwrap();
    assert_eq!((proven.report.commissioned, proven.report.status), (false, None));
}

#[test]
fn a_failed_check_is_named() {
    let genesis = genesis();
    let state = state(&genesis);
    let name = |file: &[u8], genesis: &Genesis| verify(genesis, file, &LibraryKeys).unwrap_err().check_name();
    let file = proof_file(&genesis, &state, UNIT, 3);
    assert_eq!(name(b"", &genesis), "form");
    assert_eq!(name(&file[..file.len() - 1], &genesis), "form");
    assert_eq!(name(&[file.as_slice(), b"\0"].concat(), &genesis), "form");
    assert_eq!(name(&proof_file(&genesis, &state, UNIT, 2), &genesis), "quorum");
    let mut other = genesis.clone();
    other.chain_name.push('2');
    assert_eq!(name(&file, &other), "anchor");
    let mut altered = AnchoredProof::from_file(&file).unwrap();
    altered.header.time.0 += 1;
    assert_eq!(name(&altered.to_file(), &genesis), "header");
    let mut altered = AnchoredProof::from_file(&file).unwrap();
    altered.certificate.signatures[0].signature.0[0] ^= 1;
    assert_eq!(name(&altered.to_file(), &genesis), "certificate");
    let mut altered = AnchoredProof::from_file(&file).unwrap();
    let value = altered.entries.iter_mut().find_map(|e| e.value.as_mut()).unwrap();
    value[0] ^= 1;
    assert_eq!(name(&altered.to_file(), &genesis), "state_path");
    let mut altered = AnchoredProof::from_file(&file).unwrap();
    altered.entries.pop();
    assert_eq!(name(&altered.to_file(), &genesis), "history");
    let mut altered = AnchoredProof::from_file(&file).unwrap();
    altered.payload.push(0);
    assert_eq!(name(&altered.to_file(), &genesis), "history");
}

#[test]
fn every_byte_of_a_proof_file_counts() {
    let genesis = genesis();
    let file = proof_file(&genesis, &state(&genesis), UNIT, 3);
    // Thousands of verdicts on the same few keys.
    let keys = TableKeys::default();
    assert!(verify(&genesis, &file, &keys).is_ok());
    for i in 0..file.len() {
        let mut flipped = file.clone();
        flipped[i] ^= 1 << (i % 8);
        assert!(verify(&genesis, &flipped, &keys).is_err(), "byte {i} of {} does not count", file.len());
    }
}
