use super::super::*;
use super::world::*;
use bencao_chaincode::receipt::Position;
use bencao_chaincode::state::{BatchRef, ProductNo};
use bencao_chaincode::transaction::DocumentNumber;
use bencao_chaincode::{EventId, Subject};

fn position(height: u64, index: u32) -> Position {
    Position { height: Height(height), index }
}

fn number(text: &str) -> DocumentNumber {
    DocumentNumber(text.into())
}

#[test]
fn receipts_are_found_by_id_document_and_height() {
    let chain = Chain::new();
    let time = chain.time();
    let (early, ship_early) = transaction(MAKER, "S1", time, ship(vec![unit(10)]));
    let (made, make) = transaction(MAKER, "C1", time, commission("B1", 1));
    // Refused, applied, met again, garbage: all in one block.
    let executed = chain.extend(vec![ship_early.clone(), make.clone(), make.clone(), b"garbage".to_vec()]);
    assert_eq!(executed.counts.applied, 1);
    let state = &chain.state;
    assert_eq!(state.receipts(Height(1)).unwrap(), executed.receipts);
    assert!(state.receipts(Height(2)).unwrap().is_empty());

    let placed = state.transaction(&made).unwrap().unwrap();
    assert_eq!(placed, Placed { position: position(1, 1), applied: true, settled: true });
    assert_eq!(state.document(&org_id(MAKER), &number("C1")).unwrap(), Some(placed));
    assert_eq!(state.receipt(placed.position).unwrap().as_ref(), executed.receipts.get(1));
    let refused = state.transaction(&early).unwrap().unwrap();
    assert_eq!((refused.position, refused.applied), (position(1, 0), false));
    assert_eq!(state.document(&org_id(MAKER), &number("S1")).unwrap(), Some(refused));
    let garbage = executed.receipts[3].transaction;
    assert!(!state.transaction(&garbage).unwrap().unwrap().settled);

    // Met again in later blocks: the first settled receipt stays the one that counts.
    chain.extend(vec![make, ship_early]);
    assert_eq!(state.transaction(&made).unwrap(), Some(placed));
    assert_eq!(state.transaction(&early).unwrap(), Some(refused));
    assert_eq!(state.document(&org_id(MAKER), &number("C1")).unwrap(), Some(placed));
    // The number of a refused document is free: what is applied under it takes the entry.
    chain.send(MAKER, "R1", release("B1"));
    chain.send(MAKER, "S1", ship(vec![case(1)]));
    let shipped = state.document(&org_id(MAKER), &number("S1")).unwrap().unwrap();
    assert_eq!((shipped.position, shipped.applied), (position(4, 0), true));
    assert_eq!(state.document(&org_id(WHOLESALER), &number("S1")).unwrap(), None);
}

#[test]
fn a_receipt_has_a_path_to_the_root_in_the_next_header() {
    let chain = Chain::new();
    let bills = (1..6).map(|n| transaction(MAKER, &format!("C{n}"), chain.time(), commission(&format!("B{n}"), n)).1);
    let executed = chain.extend(bills.collect());
    let (next, ..) = chain.next(vec![]);
    for index in 0..5 {
        let (receipt, path) = chain.state.receipt_path(position(1, index)).unwrap().unwrap();
        assert_eq!(receipt, executed.receipts[index as usize]);
        assert_eq!(path.root_of(receipt.leaf()), Some(next.header.previous_results.receipts_root));
    }
    assert!(chain.state.receipt_path(position(1, 5)).unwrap().is_none());
}

#[test]
fn the_log_is_read_from_any_cursor_and_equals_what_was_executed() {
    let chain = Chain::new();
    let mut expected = Vec::new();
    let mut note = |executed: Executed| {
        for alarm in executed.alarms {
            let at = alarm.position;
            expected.push((EventId { height: at.height, transaction: at.index, event: 0 }, Logged::Alarm(alarm)));
        }
        expected.extend(executed.events.into_iter().map(|e| (e.id, Logged::Event(e))));
    };
    assert_eq!(chain.state.log_end().unwrap(), EventId::default());
    note(chain.extend(vec![transaction(MAKER, "C1", chain.time(), commission("B1", 1)).1]));
    note(chain.extend(vec![transaction(WHOLESALER, "S1", chain.time(), ship(vec![unit(15)])).1]));
    note(chain.extend(vec![transaction(MAKER, "O1", chain.time(), open_case(1)).1]));
    let mut read = Vec::new();
    let mut cursor = EventId::default();
    loop {
        let part = chain.state.log_after(cursor, 3).unwrap();
        let Some((last, _)) = part.last() else { break };
        cursor = *last;
        read.extend(part);
    }
    assert_eq!(read, expected);
    assert!(expected.iter().any(|(_, entry)| matches!(entry, Logged::Alarm(_))));
    assert_eq!(chain.state.log_end().unwrap(), cursor);
}

#[test]
fn events_of_a_subject_ascend_by_sequence() {
    let chain = Chain::story();
    let subject = Subject::Unit(unit(10));
    let all = chain.state.events_of(&subject, 0, 100).unwrap();
    assert!(all.len() >= 3, "commissioned, left its case, shipped");
    assert!(all.iter().enumerate().all(|(i, e)| e.sequence as usize == i + 1 && e.subject == subject));
    assert_eq!(chain.state.events_of(&subject, 1, 1).unwrap(), all[1..2]);
    assert!(chain.state.events_of(&Subject::Unit(unit(999)), 0, 9).unwrap().is_empty());
}

#[test]
fn packages_are_listed_by_the_package_around_them_and_by_batch() {
    let chain = Chain::story();
    let whole: Vec<_> = (20..30).map(unit).collect();
    assert_eq!(chain.state.children(&case(2), None, 100).unwrap(), whole);
    assert_eq!(chain.state.children(&case(2), Some(&whole[3]), 2).unwrap(), whole[4..6]);
    let opened = chain.state.children(&case(1), None, 100).unwrap();
    assert!(!opened.contains(&unit(10)), "taken out");
    let batch = BatchRef { product: ProductNo(1), number: 2 };
    let members = chain.state.members(batch, None, 100).unwrap();
    assert_eq!(members.len(), 11);
    assert!(whole.iter().chain([&case(2)]).all(|unit| members.contains(unit)));
    assert!(chain.state.members(BatchRef { number: 99, ..batch }, None, 9).unwrap().is_empty());
}
