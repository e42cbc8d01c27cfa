//! Proofs, taken apart one link at a time.

use crate::chain::*;
use bencao_consensus::proof::{Check, HeaderFault, MAGIC};
use bencao_consensus::{
    Anchor, AnchoredProof, CertificateError, CommitCertificate, Header, MapEntry, ProofError, SetChange, ValidatorSet,
};
use bencao_crypto::sparse::{self, ProofLeaf};
use bencao_crypto::{Digest, LibraryKeys, Signature, sm3};
use bencao_genesis::{ChainId, Height, TimestampMs};
use std::collections::BTreeSet;

const VALUES: [(&str, &str); 5] =
    [("unit", "in stock"), ("batch", "released"), ("product", "aspirin"), ("holder", "甲"), ("case", "open")];

fn leaves() -> Vec<ProofLeaf> {
    let leaf = |(k, v): &(&str, &str)| ProofLeaf { key: digest(k).0, value_hash: sparse::value_hash(v.as_bytes()) };
    let mut leaves: Vec<ProofLeaf> = VALUES.iter().map(leaf).collect();
    leaves.sort_by_key(|l| l.key);
    leaves
}

fn state_root() -> Digest {
    sparse::root(&leaves())
}

fn entry(name: &str) -> MapEntry {
    let key = digest(name).0;
    let value = VALUES.iter().find(|(k, _)| *k == name).map(|(_, v)| v.as_bytes().to_vec());
    MapEntry { key, value, path: sparse::prove(&leaves(), &key) }
}

fn entries() -> Vec<MapEntry> {
    ["unit", "batch", "no hold"].map(entry).to_vec()
}

fn plain() -> AnchoredProof {
    let header = header(9, state_root(), &set(0..4), &set(0..4));
    let certificate = certified(&header, &[0, 1, 2]);
    let anchor = Anchor::Genesis(genesis().chain_id());
    AnchoredProof::new(anchor, vec![], (header, certificate), entries(), b"events".to_vec())
}

fn change(height: u64, from: std::ops::Range<usize>, to: std::ops::Range<usize>) -> SetChange {
    let by: Vec<usize> = from.clone().collect();
    let header = header(height, digest("then"), &set(from), &set(to.clone()));
    SetChange { certificate: certified(&header, &by), header, next: set(to) }
}

/// Two changes: 0–3, then 0–4, then 2–6.
fn travelled() -> AnchoredProof {
    let mut proof = plain();
    proof.changes = vec![change(3, 0..4, 0..5), change(5, 0..5, 2..7)];
    proof.header = header(9, state_root(), &set(2..7), &set(2..7));
    proof.certificate = certified(&proof.header, &[2, 3, 4, 6]);
    proof
}

fn verify(proof: &AnchoredProof) -> Result<Vec<Check>, ProofError> {
    proof.verify(&genesis(), &LibraryKeys).map(|v| v.checks)
}

#[test]
fn a_sound_proof_says_what_it_proves() {
    let proof = plain();
    let genesis = genesis();
    let v = proof.verify(&genesis, &LibraryKeys).expect("sound");
    assert_eq!((v.chain, v.height, v.state_root), (genesis.chain_id(), Height(8), state_root()));
    assert_eq!((v.time, v.rule_version), (TimestampMs(genesis.time_ms.0 + 1_800), 1));
    assert_eq!((v.payload, v.signers.len()), (&b"events"[..], 3));
    assert_eq!(v.entries[&digest("unit").0], Some(b"in stock".to_vec()));
    assert_eq!(v.entries[&digest("no hold").0], None);
    let expected = [
        Check::Anchor { chain: genesis.chain_id() },
        Check::ValidatorSet { changes: 0, validators: 4 },
        Check::Header { height: Height(9), time: v.time },
        Check::Certificate { signatures: 3 },
        Check::Quorum { power: 3, total: 4 },
        Check::StatePath { present: 2, absent: 1 },
    ];
    assert_eq!(v.checks, expected);
}

#[test]
fn validator_sets_are_followed_from_change_to_change() {
    let checks = verify(&travelled()).expect("sound");
    assert_eq!(checks[1], Check::ValidatorSet { changes: 2, validators: 5 });
    let mut skipping = travelled();
    skipping.changes.remove(0);
    assert_eq!(verify(&skipping), Err(ProofError::ValidatorSet(Height(5))));
    let mut none = travelled();
    none.changes.clear();
    assert_eq!(verify(&none), Err(ProofError::ValidatorSet(Height(9))));
    let mut swapped = travelled();
    swapped.changes.swap(0, 1);
    assert_eq!(verify(&swapped), Err(ProofError::ValidatorSet(Height(5))));
    let mut wrong = travelled();
    wrong.changes[1].next = set(0..4);
    assert_eq!(verify(&wrong), Err(ProofError::ValidatorSet(Height(5))));
    let mut idle = travelled();
    idle.changes.insert(0, change(2, 0..4, 0..4));
    assert_eq!(verify(&idle), Err(ProofError::ValidatorSet(Height(2))), "a change that changes nothing");
    let mut weak = travelled();
    weak.changes[1].certificate = certified(&weak.changes[1].header, &[0, 1, 2]);
    assert_eq!(verify(&weak), Err(ProofError::Quorum { height: Height(5), actual: 3, total: 5 }));
}

/// Signs whatever header results.
fn resign(proof: &mut AnchoredProof, edit: impl FnOnce(&mut Header)) {
    edit(&mut proof.header);
    proof.certificate = certified(&proof.header, &[0, 1, 2]);
}

#[test]
fn each_link_fails_by_its_own_name() {
    type Edit = fn(&mut AnchoredProof);
    let height = Height(9);
    let header = |fault| ProofError::Header { height, fault };
    let elsewhere = ChainId(digest("another chain"));
    let first = id_of_first_signer();
    let cases: [(Edit, ProofError); 14] = [
        (|p| p.version = 2, ProofError::Version(2)),
        (
            |p| p.anchor = Anchor::Genesis(ChainId(digest("another chain"))),
            ProofError::Anchor { expected: genesis().chain_id(), actual: elsewhere },
        ),
        (|p| resign(p, |h| h.version = 2), header(HeaderFault::Version)),
        (|p| resign(p, |h| h.chain_id = ChainId(digest("another chain"))), header(HeaderFault::Chain)),
        (|p| resign(p, |h| h.time = genesis().time_ms), header(HeaderFault::Order)),
        (|p| resign(p, |h| h.height = Height(0)), ProofError::Header { height: Height(0), fault: HeaderFault::Order }),
        (|p| p.header.parent = block("another parent"), header(HeaderFault::Certificate)),
        (|p| p.certificate.height = Height(8), header(HeaderFault::Certificate)),
        (|p| resign(p, |h| h.validators_hash = set(0..5).hash()), ProofError::ValidatorSet(height)),
        (
            |p| p.certificate.signatures[0].signature = Signature([1; 64]),
            ProofError::Certificate { height, source: CertificateError::Signature(first) },
        ),
        (|p| p.certificate.signatures.swap(0, 1), ProofError::Certificate { height, source: CertificateError::Order }),
        (|p| p.certificate = certified(&p.header, &[0, 1]), ProofError::Quorum { height, actual: 2, total: 4 }),
        (|p| p.entries.swap(0, 1), ProofError::EntryOrder),
        (|p| p.entries[1].value = Some(b"sold".to_vec()), ProofError::StatePath { index: 1 }),
    ];
    for (edit, expected) in cases {
        let mut proof = plain();
        edit(&mut proof);
        assert_eq!(verify(&proof), Err(expected));
    }
}

fn id_of_first_signer() -> bencao_crypto::KeyId {
    plain().certificate.signatures[0].voter
}

#[test]
fn presence_and_absence_cannot_be_exchanged() {
    for name in ["unit", "no hold"] {
        let mut proof = plain();
        let index = proof.entries.iter().position(|e| e.key == digest(name).0).expect("is there");
        let e = &mut proof.entries[index];
        e.value = if e.value.is_some() { None } else { Some(b"x".to_vec()) };
        assert_eq!(verify(&proof), Err(ProofError::StatePath { index }));
    }
}

#[test]
fn another_genesis_does_not_verify() {
    let mut other = genesis();
    other.chain_name = "another".into();
    let error = plain().verify(&other, &LibraryKeys).expect_err("another chain");
    assert_eq!(error, ProofError::Anchor { expected: other.chain_id(), actual: genesis().chain_id() });
}

#[test]
fn files_round_trip_in_one_form_only() {
    let file = travelled().to_file();
    assert_eq!(AnchoredProof::from_file(&file), Ok(travelled()));
    assert_eq!(AnchoredProof::from_file(&file[1..]), Err(ProofError::Magic));
    assert_eq!(AnchoredProof::from_file(MAGIC).map_err(|e| e.check_name()), Err("form"));
    assert_eq!(AnchoredProof::from_file(&[&file[..], b"\n"].concat()).map_err(|e| e.check_name()), Err("form"));
    let mut newer = file.clone();
    newer[MAGIC.len()] = 2;
    assert_eq!(AnchoredProof::from_file(&newer), Err(ProofError::Version(2)));
    for length in 0..file.len() {
        assert!(AnchoredProof::from_file(&file[..length]).is_err());
    }
}

#[test]
fn a_changed_byte_is_found_and_named() {
    let genesis = genesis();
    let sound = plain();
    let said = sound.verify(&genesis, &LibraryKeys).expect("sound").entries;
    let file = sound.to_file();
    // The payload, at the end, is chaincode's to judge.
    let judged = file.len() - b"events".len();
    let mut names = BTreeSet::new();
    for place in 0..judged {
        let mut bytes = file.clone();
        bytes[place] ^= 1 << (place % 8);
        match AnchoredProof::from_file(&bytes) {
            Err(error) => {
                names.insert(error.check_name());
            }
            Ok(proof) => match proof.verify(&genesis, &LibraryKeys) {
                Err(error) => {
                    names.insert(error.check_name());
                }
                // The absence of a neighbouring key is as true: the reader, who asks for certain keys, misses one of them.
                Ok(v) => assert!(said.keys().any(|key| said[key].is_none() && !v.entries.contains_key(key))),
            },
        }
    }
    let expected = ["anchor", "certificate", "form", "header", "state_path"];
    assert_eq!(names, expected.into_iter().collect());
}

#[test]
fn the_file_has_these_bytes() {
    let file = travelled().to_file();
    assert_eq!(
        (file.len(), sm3(&file).to_string()),
        (3764, "a2e524ff93d18ccf6d6219422d18c26d41bac5aa35daccd387b769a2c1f46b1c".into())
    );
}

/// A certificate of the header by validators with no say at that height.
#[test]
fn former_validators_decide_nothing() {
    let mut proof = travelled();
    proof.certificate = certified(&proof.header, &[0, 1, 2, 3]);
    assert!(matches!(
        verify(&proof),
        Err(ProofError::Certificate { height: Height(9), source: CertificateError::UnknownSigner(_) })
    ));
    let honest: (&ValidatorSet, &CommitCertificate) = (&set(2..7), &proof.certificate);
    assert!(honest.1.verify(proof.header.chain_id, honest.0, &LibraryKeys).is_err());
}
