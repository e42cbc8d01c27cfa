//! Validators and parameters by height, from what the chain decides.

use super::super::*;
use super::world::*;
use crate::memory::MemoryKv;
use bencao_chaincode::Operation;
use bencao_chaincode::governance::Parameter;
use bencao_chaincode::transaction::{
    ChangeKeys, ChangeParameters, Content, KeyChange, KeyGrant, KeyRotation, ParameterValue, SubmitMotion,
};
use bencao_consensus::ProofError;
use bencao_consensus::proof::AnchoredProof;
use bencao_crypto::{LibraryKeys, TableKeys};
use bencao_genesis::KeyPurpose;

/// Decided at once: there is one vote.
fn pace(interval_ms: u64, chain: &Chain) -> Operation {
    let set = vec![ParameterValue { name: Parameter::BlockIntervalMs, value: interval_ms }];
    Operation::SubmitMotion(SubmitMotion {
        content: Content::ChangeParameters(ChangeParameters { set }),
        reason: "pace".into(),
        voting_ends: TimestampMs(chain.time() + 60_000),
        effective: None,
    })
}

/// The validator's key number `n` takes the place of the one before.
fn rotate(n: u8) -> Operation {
    let (old, new) = (validator_key(n - 1), validator_key(n));
    let purpose = KeyPurpose::Validator;
    let message = KeyGrant::proof_message(genesis().chain_id(), &org_id(MAKER), purpose, &new.public());
    let grant = KeyGrant {
        purpose,
        public_key: new.public(),
        proof: Some(new.sign(&message)),
        scope: vec![],
        valid_from: None,
        valid_to: None,
    };
    let rotation = KeyRotation { old: old.public().id(), new: grant, overlap: 0 };
    Operation::ChangeKeys(ChangeKeys { changes: vec![KeyChange::Rotate(rotation)], reason: "rotation".into() })
}

fn interval(state: &StateStore<MemoryKv>, height: u64) -> u64 {
    state.terms(Height(height)).unwrap().params.block_interval_ms
}

fn votes_with(state: &StateStore<MemoryKv>, height: u64) -> Option<u8> {
    let terms = state.terms(Height(height)).unwrap();
    (0..4).find(|n| terms.seat(&validator_key(*n).public().id()).is_some())
}

#[test]
fn what_a_block_decides_counts_two_heights_later() {
    let chain = Chain::new();
    // Approved in block 1, executed by block 2.
    chain.send(MAKER, "P1", pace(700, &chain));
    let executed = chain.extend(vec![]);
    assert_eq!(executed.terms_after_next.params.block_interval_ms, 700);
    assert_eq!((0..6).map(|h| interval(&chain.state, h)).collect::<Vec<_>>(), [200, 200, 200, 200, 700, 700]);
    assert!(Arc::ptr_eq(&chain.state.terms(Height(2)).unwrap(), &chain.state.terms(Height(0)).unwrap()));
    // An idle chain wants the blocks until the decision counts, and no more.
    assert!(executed.next_deadline.is_some());
    assert!(chain.extend(vec![]).next_deadline.is_some());
    assert_eq!(chain.extend(vec![]).next_deadline, None);
}

#[test]
fn terms_come_back_after_a_crash_and_go_with_the_block_that_made_them() {
    let chain = Chain::new();
    chain.send(MAKER, "P1", pace(700, &chain));
    chain.extend(vec![]);
    chain.send(MAKER, "K1", rotate(1));
    chain.extend(vec![]);
    chain.send(MAKER, "P2", pace(900, &chain));
    chain.extend(vec![]);
    let all = |state: &StateStore<MemoryKv>| -> Vec<_> {
        (0..9).map(|h| (interval(state, h), votes_with(state, h))).collect()
    };
    let expected = [200, 200, 200, 200, 700, 700, 700, 700, 900].map(Some);
    let keys = [0, 0, 0, 0, 0, 1, 1, 1, 1].map(Some);
    let expected: Vec<_> = expected.into_iter().flatten().zip(keys).collect();
    assert_eq!(all(&chain.state), expected);
    let reopened = StateStore::open(chain.state_kv.clone(), &genesis()).unwrap();
    assert_eq!(all(&reopened), expected);
    assert!(reopened.was_seated(&validator_key(0).public().id()).unwrap());
    assert!(reopened.was_seated(&validator_key(1).public().id()).unwrap());
    assert!(!reopened.was_seated(&validator_key(2).public().id()).unwrap());
    // From nothing, and taken back and executed again.
    let kv = MemoryKv::new();
    let replayed = StateStore::open(kv.clone(), &genesis()).unwrap();
    replayed.replay(&chain.blocks, &LibraryKeys).unwrap();
    assert_eq!(kv.dump(), chain.state_kv.dump());
    for back in (0..6).rev() {
        replayed.roll_back(Height(back)).unwrap();
        let known = back as usize + 3;
        assert_eq!(all(&replayed)[..known], expected[..known], "height {back}");
        assert_eq!(replayed.membership().unwrap().revision, revision_at(&chain, back));
    }
    replayed.replay(&chain.blocks, &LibraryKeys).unwrap();
    assert_eq!((all(&replayed), kv.dump()), (expected, chain.state_kv.dump()));
}

fn revision_at(chain: &Chain, height: u64) -> bencao_chaincode::governance::Revision {
    bencao_chaincode::governance::revision(&chain.state.view_at(Height(height)).unwrap().unwrap()).unwrap()
}

#[test]
fn membership_is_read_again_only_when_it_changes() {
    let chain = Chain::new();
    let first = chain.state.membership().unwrap();
    chain.send(MAKER, "C1", commission("B1", 1));
    assert!(Arc::ptr_eq(&first, &chain.state.membership().unwrap()));
    chain.send(MAKER, "K1", rotate(1));
    let second = chain.state.membership().unwrap();
    assert_eq!((first.revision.number, second.revision.number), (0, 1));
    let owner = chain.state.key(&validator_key(1).public().id()).unwrap().map(|record| record.organisation.0);
    assert_eq!((owner, chain.state.key(&validator_key(2).public().id()).unwrap()), (Some(1), None));
}

#[test]
fn a_proof_leads_over_every_change_of_the_validators() {
    let chain = Chain::new();
    chain.send(MAKER, "C1", commission("B1", 1));
    chain.send(MAKER, "K1", rotate(1));
    chain.send(MAKER, "P1", pace(700, &chain));
    for _ in 0..3 {
        chain.extend(vec![]);
    }
    chain.send(MAKER, "K2", rotate(2));
    let before = chain.state.status_proof(&chain.blocks, &unit(10)).unwrap();
    assert_eq!(before.changes.len(), 1, "decided, and not in force yet: {}", before.header.height);
    for _ in 0..3 {
        chain.extend(vec![]);
    }
    let proof = chain.state.status_proof(&chain.blocks, &unit(10)).unwrap();
    let at: Vec<u64> = proof.changes.iter().map(|change| change.header.height.0).collect();
    assert_eq!(at, [3, 8], "the last headers of the sets that end; parameters alone are no link");
    let keys = TableKeys::default();
    let verified = proof.verify(&genesis(), &keys).unwrap();
    assert_eq!(verified.signers, [validator_key(2).public().id()]);
    // A link left out, and every byte of the file.
    let mut short = proof.clone();
    short.changes.remove(0);
    assert!(matches!(short.verify(&genesis(), &keys), Err(ProofError::ValidatorSet(_))));
    let file = proof.to_file();
    for at in 0..file.len() {
        let mut flipped = file.clone();
        flipped[at] ^= 1 << (at % 8);
        let read =
            AnchoredProof::from_file(&flipped).and_then(|proof| proof.verify(&genesis(), &keys).map(|v| v.height));
        // What the values of the entries and the payload mean is for chaincode, which the reader asks next.
        assert!(read.is_err() || at >= file.len() - proof.payload.len(), "byte {at} of {} does not count", file.len());
    }
}
