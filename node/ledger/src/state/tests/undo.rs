use super::super::*;
use super::world::*;
use crate::kv::KvRead;
use crate::memory::MemoryKv;
use bencao_chaincode::StateView;
use bencao_crypto::LibraryKeys;

/// All records of a version.
type Records = Vec<(StateKey, Vec<u8>)>;

/// What `chain` looks like from `view`: records, and a proof for each of `keys`.
fn check(view: &View<MemoryKv>, expected: &[(StateKey, Vec<u8>)], keys: &[StateKey]) {
    assert_eq!(records(view, 1000), expected, "height {}", view.height());
    for key in keys {
        let value = view.get(key).unwrap();
        assert_eq!(value.as_ref(), expected.iter().find(|(k, _)| k == key).map(|(_, v)| v));
        let proof = view.tree().prove(view, &key.map_key()).unwrap();
        assert_eq!(proof.root_of(&key.map_key(), value.as_deref()), Some(view.record().results.state_root));
    }
}

/// Six batches with refusals in between, and the records after each height.
fn grown() -> (Chain, Vec<Records>) {
    let chain = Chain::new();
    let mut then = vec![records(&chain.state.view(), 1000)];
    for n in 1..7 {
        let steps = [(MAKER, "C", commission(&format!("B{n}"), n)), (WHOLESALER, "S", ship(vec![unit(10 * n)]))];
        for (member, letter, operation) in steps.into_iter().chain([(MAKER, "O", open_case(n))]) {
            chain.send(member, &format!("{letter}{n}"), operation);
            then.push(records(&chain.state.view(), 1000));
        }
    }
    (chain, then)
}

#[test]
fn every_height_is_readable_and_provable_after_a_crash() {
    for lost in [0, 1, 5] {
        let (chain, then) = grown();
        let keys: Vec<StateKey> = then.last().unwrap().iter().map(|(key, _)| key.clone()).collect();
        let tip = chain.state.tip().height.0;
        chain.state_kv.crash(|unsynced| unsynced - lost);
        let state = StateStore::open(chain.state_kv.clone(), &genesis()).unwrap();
        assert_eq!(state.tip().height.0, tip - lost as u64);
        state.replay(&chain.blocks, &LibraryKeys).unwrap();
        for (height, expected) in then.iter().enumerate() {
            check(&state.view_at(Height(height as u64)).unwrap().unwrap(), expected, &keys);
        }
        assert!(state.view_at(Height(tip + 1)).unwrap().is_none());
    }
}

#[test]
fn a_version_that_was_put_together_stays_as_it_is_while_blocks_go_on() {
    let (chain, then) = grown();
    let keys: Vec<StateKey> = then[2].iter().map(|(key, _)| key.clone()).collect();
    let old = chain.state.view_at(Height(2)).unwrap().unwrap();
    chain.send(MAKER, "C9", commission("B9", 9));
    check(&old, &then[2], &keys);
}

#[test]
fn proofs_go_on_right_after_a_restart() {
    let chain = Chain::new();
    chain.send(MAKER, "C1", commission("B1", 1));
    chain.send(MAKER, "R1", release("B1"));
    let before = chain.state.status_proof(&chain.blocks, &unit(10)).unwrap();
    let state = StateStore::open(chain.state_kv.clone(), &genesis()).unwrap();
    assert_eq!(state.status_proof(&chain.blocks, &unit(10)).unwrap().to_file(), before.to_file());
}

#[test]
fn blocks_are_taken_back_to_the_byte_and_executed_again_to_the_byte() {
    let chain = Chain::story();
    let end = chain.state.tip().height.0;
    // What the store holds after each height. Pages may be cut differently: two sets of leaves are compared by their root.
    let leafless =
        |kv: &MemoryKv| -> Vec<_> { kv.dump().into_iter().filter(|(space, ..)| *space != Space::Pages).collect() };
    let up_to = |height: u64| {
        let kv = MemoryKv::new();
        let state = StateStore::open(kv.clone(), &genesis()).unwrap();
        while state.tip().height.0 < height {
            state.replay_next(&chain.blocks, &LibraryKeys).unwrap();
        }
        leafless(&kv)
    };
    let expected: Vec<_> = (0..=end).map(up_to).collect();
    let reader = chain.state.view();
    let seen = records(&reader, 1000);
    for height in (0..=end).rev() {
        chain.state.roll_back(Height(height)).unwrap();
        assert_eq!(chain.state.tip().height.0, height);
        assert_eq!(leafless(&chain.state_kv), expected[height as usize], "height {height}");
        assert_eq!(records(&reader, 1000), seen, "a version that somebody holds does not change");
        let again = StateStore::open(chain.state_kv.copy(), &genesis()).unwrap();
        again.replay(&chain.blocks, &LibraryKeys).unwrap();
        assert_eq!(again.tip().height.0, end);
        assert_eq!(records(&again.view(), 1000), seen);
    }
}

#[test]
fn taking_blocks_back_survives_a_crash_after_any_of_them() {
    let end = Chain::story().state.tip().height.0;
    for back in 1..=end {
        let chain = Chain::story();
        chain.state.roll_back(Height(end - back)).unwrap();
        chain.state_kv.crash(|_| 0);
        let state = StateStore::open(chain.state_kv.clone(), &genesis()).unwrap();
        assert_eq!(state.tip().height.0, end - back, "taking back is durable");
        state.replay(&chain.blocks, &LibraryKeys).unwrap();
        assert_eq!(state.tip(), Chain::story().state.tip());
    }
}

#[test]
fn the_log_reaches_back_so_far_and_no_farther() {
    let chain = Chain::new();
    chain.send(MAKER, "C1", commission("B1", 1));
    let first = records(&chain.state.view(), 1000);
    for _ in 0..UNDO_HEIGHTS {
        chain.extend(vec![]);
    }
    let tip = chain.state.tip().height;
    assert_eq!(tip.0, UNDO_HEIGHTS + 1);
    let state = StateStore::open(chain.state_kv.clone(), &genesis()).unwrap();
    assert_eq!(records(&state.view_at(Height(1)).unwrap().unwrap(), 1000), first);
    assert!(state.view_at(Height(0)).unwrap().is_none());
    let kept = chain.state_kv.scan(Space::Undo, &[], &[], usize::MAX, Order::Ascending).unwrap();
    assert_eq!(kept.len() as u64, UNDO_HEIGHTS);
    state.roll_back(Height(1)).unwrap();
    match state.roll_back(Height(0)) {
        Err(StateError::BeyondUndo { height }) => assert_eq!(height, Height(1)),
        other => panic!("{other:?}"),
    }
    assert_eq!(records(&state.view(), 1000), first);
}

#[test]
fn a_damaged_undo_log_is_found() {
    let chain = Chain::story();
    let entries = chain.state_kv.scan(Space::Undo, &[], &[], usize::MAX, Order::Ascending).unwrap();
    // Far enough back not to be read when the store is opened.
    let (key, value) = entries[0].clone();
    let before = Height(0);
    for at in (1..value.len()).step_by(11) {
        let kv = chain.state_kv.copy();
        kv.corrupt(Space::Undo, &key, |v| v[at] ^= 0x10);
        let state = StateStore::open(kv, &genesis()).unwrap();
        // A digest of a new value is not needed to go back; all else is.
        if let Ok(view) = state.view_at(before) {
            assert_eq!(
                view.unwrap().tree().root(),
                chain.state.height_record(before).unwrap().unwrap().results.state_root
            );
        }
    }
    let kv = chain.state_kv.copy();
    kv.corrupt(Space::Undo, &key, |v| v.truncate(9));
    let state = StateStore::open(kv, &genesis()).unwrap();
    assert!(matches!(state.view_at(before), Err(StoreError::Damaged { space: Space::Undo, .. })));
    assert!(matches!(state.roll_back(before), Err(StateError::Store(_))));
}

#[test]
fn the_stored_form_of_an_undo_entry_does_not_change_unnoticed() {
    let position = bencao_chaincode::receipt::Position { height: Height(2), index: 3 };
    let undo = Undo {
        records: vec![Replaced { key: vec![9, 8], before: Some(vec![7]), after: Some(Digest([6; 32])) }],
        transactions: vec![(vec![5], None)],
        documents: vec![(vec![4], Some(Placed { position, applied: false, settled: false }))],
    };
    let expected = [
        "01".to_owned(),
        "0100000000000000".to_owned(),
        "02000000000000000908".to_owned(),
        "01010000000000000007".to_owned(),
        "01".to_owned() + &"06".repeat(32),
        "0100000000000000".to_owned(),
        "01000000000000000500".to_owned(),
        "0100000000000000".to_owned(),
        "010000000000000004".to_owned(),
        "010200000000000000030000000000".to_owned(),
    ];
    let hex: String = seal(&undo).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(hex, expected.concat());
}
