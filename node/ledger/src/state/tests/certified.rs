use super::super::*;
use super::world::*;
use bencao_chaincode::proof::{StatusProof, StatusReport, check};
use bencao_consensus::proof::AnchoredProof;
use bencao_crypto::LibraryKeys;

/// What a reader with the genesis file makes of a proof file.
fn read(file: &[u8]) -> Option<(Height, StatusReport)> {
    let proof = AnchoredProof::from_file(file).ok()?;
    let verified = proof.verify(&genesis(), &LibraryKeys).ok()?;
    let payload = StatusProof::from_bytes(verified.payload).ok()?;
    let report = check(&payload, &verified.entries, verified.time).ok()?;
    Some((verified.height, report))
}

#[test]
fn a_status_proof_says_offline_what_the_records_say() {
    let chain = Chain::story();
    for (code, commissioned) in [(unit(10), true), (unit(15), true), (case(3), true), (unit(999), false)] {
        let file = chain.state.status_proof(&chain.blocks, &code).unwrap().to_file();
        let (height, report) = read(&file).unwrap();
        assert_eq!((report.code, report.commissioned), (Some(code), commissioned));
        assert_eq!(height.next(), chain.state.tip().height, "the empty last block certifies the one before");
    }
}

#[test]
fn the_tip_is_not_proven_before_a_block_certifies_it() {
    let chain = Chain::new();
    assert!(matches!(chain.state.status_proof(&chain.blocks, &unit(10)), Err(ProofBuildError::NotCertified)));
    chain.send(MAKER, "C1", commission("B1", 1));
    // Block 1 certifies genesis, where the code was not there yet.
    let (height, report) = read(&chain.state.status_proof(&chain.blocks, &unit(10)).unwrap().to_file()).unwrap();
    assert_eq!((height, report.commissioned), (Height(0), false));
    chain.send(MAKER, "C2", commission("B2", 2));
    let (height, report) = read(&chain.state.status_proof(&chain.blocks, &unit(10)).unwrap().to_file()).unwrap();
    assert_eq!((height, report.commissioned), (Height(1), true));
    let (_, report) = read(&chain.state.status_proof(&chain.blocks, &unit(20)).unwrap().to_file()).unwrap();
    assert!(!report.commissioned, "it was at the tip only");
}

#[test]
fn an_idle_chain_proves_after_a_restart_too() {
    let chain = Chain::story();
    let state = StateStore::open(chain.state_kv.clone(), &genesis()).unwrap();
    let (_, report) = read(&state.status_proof(&chain.blocks, &unit(10)).unwrap().to_file()).unwrap();
    assert!(report.commissioned);
}

#[test]
fn a_changed_proof_file_is_not_believed() {
    let chain = Chain::story();
    let file = chain.state.status_proof(&chain.blocks, &unit(10)).unwrap().to_file();
    assert!(read(&file).is_some());
    for at in (0..file.len()).step_by(7) {
        let mut bad = file.clone();
        bad[at] ^= 1 << (at % 8);
        assert_eq!(read(&bad), None, "byte {at}");
    }
    assert_eq!(read(&file[..file.len() - 1]), None);
}
