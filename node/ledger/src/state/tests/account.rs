use super::super::*;
use super::world::*;
use crate::kv::KvRead;
use crate::memory::MemoryKv;
use bencao_crypto::LibraryKeys;
use bencao_crypto::sparse::value_hash;

/// A copy of `chain`'s state in which the record under `key` was changed behind the map's back, after the next block.
fn astray(chain: &Chain, key: &[u8], value: Option<Vec<u8>>, transactions: Vec<Vec<u8>>) -> StateStore<MemoryKv> {
    let kv = chain.state_kv.copy();
    let state = StateStore::open(kv.clone(), &genesis()).unwrap();
    let mut write = WriteBatch::new();
    put_or_delete(&mut write, Space::Records, key, value);
    kv.write(write, Durability::Synced).unwrap();
    let (block, _, batches) = chain.next(transactions);
    let batches: Vec<Batch> = batches.into_iter().map(|b| b.batch).collect();
    state.execute(&block, &batches, &LibraryKeys).unwrap();
    state
}

/// The wholesaler's shipping key.
fn signing_key(chain: &Chain, member: usize) -> (Vec<u8>, Vec<u8>) {
    let key = genesis().organisations[member].keys[0].public_key.id();
    let key = bencao_chaincode::state::key::signing_key(&key).to_bytes();
    let value = chain.state_kv.get(Space::Records, &key).unwrap().unwrap();
    (key, value)
}

#[test]
fn nodes_that_differ_find_the_records_that_differ() {
    let chain = Chain::story();
    let (_, good) = transaction(MAKER, "C8", chain.time(), commission("B8", 8));
    let (_, other) = transaction(MAKER, "O3", chain.time(), open_case(3));
    // For the node astray the maker's key is unknown: it refuses what the others apply.
    let (key, _) = signing_key(&chain, MAKER);
    let node = astray(&chain, &key, None, vec![good.clone(), other.clone()]);
    chain.extend(vec![good, other]);
    let height = chain.state.tip().height;
    let certified = chain.state.tip().results;
    assert_ne!(node.tip().results.state_root, certified.state_root);

    let account = chain.state.account(height).unwrap().unwrap();
    let theirs = Account::from_bytes(&account.to_bytes()).unwrap();
    assert_eq!(theirs, account);
    let found = node.compare(&certified, &theirs).unwrap();
    assert!(found.state_proven && found.receipts_proven);
    assert_eq!(found.receipts, [0, 1]);
    assert!(!found.records.is_empty());
    for differing in &found.records {
        let value = |kv: &MemoryKv| kv.get(Space::Records, &differing.key).unwrap().as_deref().map(value_hash);
        assert_eq!(differing.theirs, value(&chain.state_kv));
        assert_ne!(differing.own, differing.theirs);
    }
    // Every record that differs is named, but for the one that was changed behind the ledger's back before.
    let all = chain.state_kv.scan(Space::Records, &[], &[], usize::MAX, Order::Ascending).unwrap();
    let differ = |(k, v): &(Vec<u8>, Vec<u8>)| *k != key && node.kv.get(Space::Records, k).unwrap().as_ref() != Some(v);
    let missing: Vec<_> = all.iter().filter(|e| differ(e)).map(|(k, _)| k.clone()).collect();
    let named: Vec<_> = found.records.iter().map(|r| r.key.clone()).collect();
    assert!(missing.iter().all(|k| named.contains(k)));

    // With itself a node agrees, and its own account is not what was certified.
    let own = node.account(height).unwrap().unwrap();
    let same = node.compare(&certified, &own).unwrap();
    assert_eq!((same.records.len(), same.receipts.len()), (0, 0));
    assert!(!same.state_proven && !same.receipts_proven);
}

#[test]
fn a_false_account_proves_nothing() {
    let chain = Chain::story();
    let height = chain.state.tip().height;
    let certified = chain.state.tip().results;
    chain.send(MAKER, "C8", commission("B8", 8));
    assert!(matches!(
        chain.state.compare(&certified, &chain.state.account(height).unwrap().unwrap()),
        Err(StateError::NotNext { .. })
    ));
    let (height, certified) = (height.next(), chain.state.tip().results);
    let honest = chain.state.account(height).unwrap().unwrap();
    assert!(chain.state.compare(&certified, &honest).unwrap().state_proven);
    for (n, change) in chain.state.changes_of_tip().unwrap().into_iter().enumerate() {
        assert_eq!(honest.writes[n], (change.key, change.after.as_deref().map(value_hash)));
        if change.before == change.after {
            continue;
        }
        let mut liar = honest.clone();
        liar.writes[n].1 = Some(Digest([n as u8; 32]));
        let found = chain.state.compare(&certified, &liar).unwrap();
        assert!(!found.state_proven && found.receipts_proven);
        let mut silent = honest.clone();
        silent.writes.remove(n);
        assert!(!chain.state.compare(&certified, &silent).unwrap().state_proven);
    }
    let mut short = honest.clone();
    short.writes.insert(0, (vec![0, 0], None));
    assert!(!chain.state.compare(&certified, &short).unwrap().state_proven, "two bytes name no record");
    short = honest.clone();
    short.receipts.clear();
    assert!(!chain.state.compare(&certified, &short).unwrap().receipts_proven);
    let mut twice = honest.clone();
    twice.writes.push(honest.writes[0].clone());
    assert!(Account::from_bytes(&twice.to_bytes()).is_err(), "keys ascend");
    assert!(Account::from_bytes(&honest.to_bytes()[1..]).is_err());
}

#[test]
fn accounts_reach_as_far_back_as_the_undo_log() {
    let chain = Chain::story();
    for height in 1..=chain.state.tip().height.0 {
        let account = chain.state.account(Height(height)).unwrap().unwrap();
        assert_eq!(account.results, chain.state.height_record(Height(height)).unwrap().unwrap().results);
        assert_eq!(account.receipts, chain.state.receipts(Height(height)).unwrap());
    }
    assert!(chain.state.account(Height(0)).unwrap().is_none());
    assert!(chain.state.account(chain.state.tip().height.next()).unwrap().is_none());
}

#[test]
fn the_form_of_an_account_does_not_change_unnoticed() {
    let account = Account {
        height: Height(2),
        results: Results { state_root: Digest([5; 32]), receipts_root: Digest([6; 32]) },
        receipts: vec![],
        writes: vec![(vec![9, 8, 7], Some(Digest([4; 32]))), (vec![9, 9], None)],
    };
    let expected = [
        "01".to_owned(),
        "0200000000000000".to_owned(),
        "05".repeat(32),
        "06".repeat(32),
        "0000000000000000".to_owned(),
        "0200000000000000".to_owned(),
        "0300000000000000090807".to_owned() + "01" + &"04".repeat(32),
        "02000000000000000909".to_owned() + "00",
    ];
    let hex: String = account.to_bytes().iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(hex, expected.concat());
}
