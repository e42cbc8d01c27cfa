mod account;
mod audit;
mod certified;
mod terms;
mod undo;
mod world;

use super::*;
use crate::blocks::OpenError;
use crate::kv::KvRead;
use crate::memory::MemoryKv;
use bencao_chaincode::StateView;
use bencao_consensus::Turns;
use bencao_crypto::LibraryKeys;
use world::*;

fn open(kv: &MemoryKv) -> Result<StateStore<MemoryKv>, StateError> {
    StateStore::open(kv.clone(), &genesis())
}

#[test]
fn every_version_stays_readable_while_it_is_held() {
    let chain = Chain::new();
    let mut held = vec![(chain.state.view(), records(&chain.state.view(), 1000))];
    for n in 1..7 {
        chain.send(MAKER, &format!("C{n}"), commission(&format!("B{n}"), n));
        chain.send(WHOLESALER, &format!("S{n}"), ship(vec![unit(10 * n)]));
        let view = chain.state.view();
        held.push((view.clone(), records(&view, 1000)));
    }
    chain.send(MAKER, "O1", open_case(1));
    let newest = records(&chain.state.view(), 1000);
    for (view, then) in &held {
        assert_ne!(*then, newest);
        for limit in [1, 3, 1000] {
            assert_eq!(records(view, limit), *then, "height {}", view.height());
        }
        for (key, value) in &newest {
            let was = then.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
            assert_eq!(view.get(key).unwrap(), was);
            let map_key = key.map_key();
            let proof = view.tree().prove(view, &map_key).unwrap();
            assert_eq!(proof.root_of(&map_key, was.as_deref()), Some(view.record().results.state_root));
            if *value != was.clone().unwrap_or_default() {
                assert_ne!(proof.root_of(&map_key, Some(value)), Some(view.record().results.state_root));
            }
        }
    }
    let tip = chain.state.tip().height;
    assert_eq!(chain.state.recent(tip).unwrap().height(), tip);
    assert!(chain.state.recent(Height(tip.0 - VIEWS_MAX as u64)).is_none());
    assert!(chain.state.recent(Height(tip.0 + 1 - VIEWS_MAX as u64)).is_some());
}

#[test]
fn replaying_the_blocks_gives_the_same_bytes() {
    let chain = Chain::story();
    let kv = MemoryKv::new();
    let state = open(&kv).unwrap();
    assert_eq!(state.replay(&chain.blocks, &LibraryKeys).unwrap(), chain.state.tip().height.0);
    assert_eq!(state.replay(&chain.blocks, &LibraryKeys).unwrap(), 0);
    assert_eq!(kv.dump(), chain.state_kv.dump());
    assert_eq!(state.tip(), chain.state.tip());
    let sum = |of: fn(&HeightRecord) -> u32| -> u64 {
        let heights = 0..=state.tip().height.0;
        heights.map(|h| u64::from(of(&state.height_record(Height(h)).unwrap().unwrap()))).sum()
    };
    assert_eq!(state.tip().totals.transactions, sum(|record| record.transactions));
    assert_eq!(
        state.log_after(Default::default(), 1000).unwrap().len() as u64,
        sum(|r| r.events) + state.tip().totals.alarms
    );
}

#[test]
fn a_crash_between_any_two_writes_is_healed_by_replay() {
    let story = Chain::story();
    let writes = story.state.tip().height.0 as usize;
    for keep in 0..=writes {
        let chain = Chain::story();
        let mut loose = 0;
        chain.state_kv.crash(|unsynced| {
            loose = unsynced;
            keep
        });
        assert_eq!(loose, writes, "one write a block");
        let state = open(&chain.state_kv).unwrap();
        assert_eq!(state.tip().height, Height(keep as u64));
        state.replay(&chain.blocks, &LibraryKeys).unwrap();
        assert_eq!(chain.state_kv.dump(), story.state_kv.dump());
    }
}

#[test]
fn a_failing_store_is_healed_by_opening_it_again() {
    let story = Chain::story();
    for writes in 0..=story.state.tip().height.0 + 2 {
        let kv = MemoryKv::new();
        kv.fail_after(writes);
        let run = || open(&kv).and_then(|state| state.replay(&story.blocks, &LibraryKeys));
        let first = run();
        kv.crash(|unsynced| unsynced / 2);
        match first {
            Ok(_) => assert!(writes >= story.state.tip().height.0 + 2),
            Err(error) => assert!(matches!(error, StateError::Store(_) | StateError::Open(_)), "{error}"),
        }
        run().unwrap();
        assert_eq!(kv.dump(), story.state_kv.dump());
    }
}

#[test]
fn preparing_writes_nothing_and_only_the_next_block_is_committed() {
    let chain = Chain::story();
    let before = chain.state_kv.dump();
    let (_, bytes) = transaction(MAKER, "C9", chain.time(), commission("B9", 9));
    let (block, certificate, batches) = chain.next(vec![bytes]);
    let contents: Vec<Batch> = batches.iter().map(|b| b.batch.clone()).collect();
    let prepared = chain.state.prepare(&block, &contents, &LibraryKeys).unwrap();
    let again = chain.state.prepare(&block, &contents, &LibraryKeys).unwrap();
    assert_eq!(prepared.block(), block.id());
    assert_eq!(prepared.executed(), again.executed());
    assert_eq!(chain.state_kv.dump(), before);

    chain.blocks.put_batches(&batches).unwrap();
    chain.blocks.commit(&block, &certificate, &Turns::default()).unwrap();
    let executed = chain.state.commit(prepared).unwrap();
    assert_eq!(executed.transactions().len(), 1);
    assert!(matches!(chain.state.commit(again), Err(StateError::NotNext { .. })));
    assert!(matches!(chain.state.execute(&block, &contents, &LibraryKeys), Err(StateError::NotNext { .. })));

    let (empty, ..) = chain.next(vec![]);
    let mut orphan = empty.clone();
    orphan.header.parent = BlockId::default();
    assert!(matches!(chain.state.execute(&orphan, &[], &LibraryKeys), Err(StateError::Parent { .. })));
    chain.state.execute(&empty, &[], &LibraryKeys).unwrap();
    let behind = chain.state.replay(&chain.blocks, &LibraryKeys);
    assert!(matches!(behind, Err(StateError::AheadOfBlocks { .. })));
}

#[test]
fn other_results_than_the_certified_ones_stop_the_node() {
    let chain = Chain::story();
    let before = chain.state_kv.dump();
    let own = chain.state.tip().results;
    let (mut block, ..) = chain.next(vec![]);
    block.header.previous_results.receipts_root = Digest::ZERO;
    match chain.state.execute(&block, &[], &LibraryKeys) {
        Err(StateError::Diverged(divergence)) => {
            let certified = block.header.previous_results;
            assert_eq!(*divergence, Divergence { height: chain.state.tip().height, certified, own });
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(chain.state_kv.dump(), before);
}

#[test]
fn damaged_state_is_an_error_and_never_a_panic() {
    let chain = Chain::story();
    let read = |state: &StateStore<MemoryKv>| -> Result<(), StoreError> {
        for height in 0..=state.tip().height.0 {
            state.height_record(Height(height))?;
            state.receipts(Height(height))?;
        }
        let log = state.log_after(Default::default(), 1000)?;
        for entry in log {
            if let (_, Logged::Event(event)) = entry {
                state.events_of(&event.subject, 0, 1000)?;
            }
        }
        let (id, _) = transaction(MAKER, "R1", START + 2_000, release("B1"));
        state.transaction(&id)?;
        state.document(&org_id(MAKER), &bencao_chaincode::transaction::DocumentNumber("R1".into()))?;
        state.children(&case(2), None, 100)?;
        Ok(())
    };
    for (space, key, value) in chain.state_kv.dump() {
        if value.is_empty() {
            continue;
        }
        let flips = [0, value.len() / 2, value.len() - 1];
        for damage in 0..4 {
            let kv = chain.state_kv.copy();
            kv.corrupt(space, &key, |v| match damage {
                0 => v.truncate(v.len() / 2),
                at => v[flips[at - 1]] ^= 0x55,
            });
            let opened = open(&kv);
            if matches!(space, Space::Pages) {
                assert!(opened.is_err(), "a page of the map is not checked");
            }
            if matches!(space, Space::StateMeta) && damage < 2 {
                assert!(opened.is_err());
            }
            if let Ok(state) = opened {
                let _ = read(&state);
                let _ = state.status_proof(&chain.blocks, &unit(10));
                let _ = state.execute(&chain.next(vec![]).0, &[], &LibraryKeys);
            }
        }
    }
}

#[test]
fn state_of_another_genesis_is_refused() {
    let chain = Chain::story();
    let mut other = genesis();
    other.chain_name = "other".into();
    let opened = StateStore::open(chain.state_kv.clone(), &other);
    assert!(matches!(opened, Err(StateError::Open(OpenError::OtherChain { .. }))));
}

#[test]
fn expired_live_ids_are_pruned() {
    let chain = Chain::new();
    chain.send(WHOLESALER, "S1", ship(vec![unit(15)]));
    let live =
        |kv: &MemoryKv| kv.scan(Space::Records, &[0, 0, 0, 0, 1], &[0, 0, 0, 0, 2], 9, Order::Ascending).unwrap();
    assert_eq!(live(&chain.state_kv).len(), 1);
    let size = chain.state_kv.dump().iter().filter(|(s, ..)| *s == Space::Records).count();
    for n in 1..8 {
        chain.send(MAKER, &format!("C{n}"), commission(&format!("B{n}"), n));
    }
    assert_eq!(live(&chain.state_kv).len(), 0);
    assert!(chain.state_kv.dump().iter().filter(|(s, ..)| *s == Space::Records).count() > size);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Values hold chaincode's receipts, events and records, whose bytes chaincode's own tests fix; here is what the ledger adds.
#[test]
fn stored_forms_do_not_change_unnoticed() {
    let record = HeightRecord {
        height: Height(2),
        block: BlockId(Digest([3; 32])),
        time: TimestampMs(4),
        results: Results { state_root: Digest([5; 32]), receipts_root: Digest([6; 32]) },
        next_deadline: Some(TimestampMs(7)),
        transactions: 8,
        events: 9,
        totals: Totals { transactions: 10, applied: 11, rejected: 12, codes: 13, alarms: 14 },
    };
    let expected = [
        "01".to_owned(),
        "0200000000000000".to_owned(),
        "03".repeat(32),
        "0400000000000000".to_owned(),
        "05".repeat(32),
        "06".repeat(32),
        "010700000000000000".to_owned(),
        "0800000009000000".to_owned(),
        ["0a", "0b", "0c", "0d", "0e"].map(|n| format!("{n}00000000000000")).concat(),
    ];
    assert_eq!(hex(&seal(&record)), expected.concat());
    let position = bencao_chaincode::receipt::Position { height: Height(2), index: 3 };
    let placed = Placed { position, applied: true, settled: true };
    assert_eq!(hex(&seal(&placed)), "010200000000000000030000000101");

    let dump = Chain::story().state_kv.dump();
    let first = |space| dump.iter().find(|(s, ..)| *s == space).map(|(_, k, v)| (hex(k), v.clone())).unwrap();
    assert_eq!(first(Space::Receipts).0, "000000000000000100000000");
    assert_eq!(first(Space::Events).0, "00000000000000010000000000000000");
    assert_eq!(first(Space::Heights).0, "0000000000000000");
    let (subject, event) = first(Space::Subjects);
    assert!(subject.ends_with("00000001"), "sequences start at 1: {subject}");
    assert_eq!(event.len(), 16);
    let tip = dump.iter().find(|(s, k, _)| *s == Space::StateMeta && k == TIP).map(|(.., v)| hex(v)).unwrap();
    assert_eq!(tip, "010c00000000000000");
    let chain = dump.iter().find(|(s, k, _)| *s == Space::StateMeta && k == b"chain").map(|(.., v)| v.clone()).unwrap();
    assert_eq!(chain, [&[1][..], &genesis().chain_id().0.0].concat());
}

#[test]
fn a_deadline_stays_with_the_state_until_it_has_run() {
    let chain = Chain::new();
    chain.send(MAKER, "C1", commission("B1", 1));
    let until = chain.time() + 2_500;
    chain.send(MAKER, "H1", hold("B1", until));
    assert_eq!(chain.state.tip().next_deadline, Some(TimestampMs(until)));
    let reopened = StateStore::open(chain.state_kv.clone(), &chain.genesis).unwrap();
    assert_eq!(reopened.tip().next_deadline, Some(TimestampMs(until)), "a restart does not forget it");
    let before = chain.extend(vec![]);
    assert_eq!((before.next_deadline, before.events.len()), (Some(TimestampMs(until)), 0));
    chain.extend(vec![]);
    let after = chain.extend(vec![]);
    assert_eq!((after.next_deadline, after.events.len(), after.counts.deadlines), (None, 1, 1));
    let logged =
        chain.state.log_after(bencao_chaincode::EventId { height: Height(4), ..Default::default() }, 9).unwrap();
    assert!(matches!(&logged.last().unwrap().1, Logged::Event(event) if event.body.name() == "hold_lifted"));
    assert_eq!(chain.state.replay(&chain.blocks, &LibraryKeys).unwrap(), 0);
}
