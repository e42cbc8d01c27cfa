use super::*;
use crate::limits::frame_bytes_max;
use futures::FutureExt as _;

fn id(n: u8) -> KeyId {
    KeyId([n; 20])
}

fn offer(inbox: &Inbox, n: u8, class: Class, bytes: &[u8]) -> bool {
    match inbox.budget(id(n)).reserve(class, bytes.len()).now_or_never() {
        Some(reserved) => {
            inbox.push(id(n), class, bytes.to_vec(), reserved);
            true
        }
        None => false,
    }
}

fn taken(inbox: &Inbox) -> Option<(u8, Class, Vec<u8>)> {
    match inbox.next().now_or_never()?? {
        Event::Message { peer, class, bytes } => Some((peer.0[0], class, bytes)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_peer_that_floods_stops_only_itself() {
    let inbox = Inbox::default();
    let frame = vec![0; frame_bytes_max(Class::Batch)];
    let mut taken_of_flooder = 0;
    while offer(&inbox, 1, Class::Batch, &frame) {
        taken_of_flooder += 1;
    }
    assert_eq!(taken_of_flooder, receive_bytes_max(Class::Batch) / (frame.len() + FRAME_COST_BYTES));
    assert!(offer(&inbox, 1, Class::Sync, b"x"), "its other streams still move");
    assert!(offer(&inbox, 2, Class::Batch, &frame));
    let (first, second) = (taken(&inbox).unwrap().0, taken(&inbox).unwrap().0);
    assert_eq!((first, second), (1, 2), "in turn, however much one has waiting");
    assert!(offer(&inbox, 1, Class::Batch, &frame), "what was taken makes room");
}

#[test]
fn tiny_frames_are_bounded_too() {
    let inbox = Inbox::default();
    let mut count = 0;
    while offer(&inbox, 1, Class::Consensus, b"x") {
        count += 1;
    }
    assert_eq!(count, receive_bytes_max(Class::Consensus) / (1 + FRAME_COST_BYTES));
}

#[test]
fn a_budget_outlives_the_connection_while_messages_wait() {
    let inbox = Inbox::default();
    while offer(&inbox, 1, Class::Consensus, &[0; 1000]) {}
    inbox.forget_idle(&BTreeSet::new());
    assert!(!offer(&inbox, 1, Class::Consensus, &[0; 1000]));
    while taken(&inbox).is_some() {}
    inbox.forget_idle(&BTreeSet::new());
    assert_eq!(inbox.lock().peers.len(), 0);
}

#[test]
fn consensus_goes_first_and_starves_nobody() {
    let inbox = Inbox::default();
    assert!(offer(&inbox, 1, Class::Sync, b"old block"));
    for _ in 0..2 * URGENT_RUN_MAX {
        assert!(offer(&inbox, 2, Class::Consensus, b"vote"));
    }
    let order: Vec<Class> = std::iter::from_fn(|| taken(&inbox)).map(|(_, class, _)| class).collect();
    let at = order.iter().position(|class| *class == Class::Sync);
    assert_eq!(at, Some(URGENT_RUN_MAX as usize));
    assert_eq!(order.len(), 2 * URGENT_RUN_MAX as usize + 1);
}

#[test]
fn classes_of_a_peer_take_turns_and_each_keeps_its_order() {
    let inbox = Inbox::default();
    for (class, bytes) in [(Class::Sync, b"s1"), (Class::Sync, b"s2"), (Class::Batch, b"b1"), (Class::Batch, b"b2")] {
        assert!(offer(&inbox, 1, class, bytes));
    }
    let order: Vec<Vec<u8>> = std::iter::from_fn(|| taken(&inbox)).map(|(_, _, bytes)| bytes).collect();
    assert_eq!(order, [b"b1", b"s1", b"b2", b"s2"].map(|b| b.to_vec()));
}

#[test]
fn notices_are_bounded_however_often_a_peer_reconnects() {
    let inbox = Inbox::default();
    let certificate = bencao_crypto::x509::Standing::NotYetValid;
    let connected = Event::Connected { peer: id(1), height: 1, certificate };
    let refused = Event::Refused { why: crate::Refusal::Busy, address: String::new() };
    for _ in 0..1000 {
        inbox.notice(connected.clone());
        inbox.notice(Event::Disconnected { peer: id(1) });
        inbox.notice(refused.clone());
    }
    assert_eq!(inbox.lock().notices.len(), REFUSALS_MAX);
    while inbox.next().now_or_never().is_some() {}
    inbox.notice(connected.clone());
    assert_eq!(inbox.next().now_or_never(), Some(Some(connected.clone())));
    for _ in 0..1000 {
        inbox.notice(Event::Disconnected { peer: id(1) });
        inbox.notice(connected.clone());
    }
    let left: Vec<Event> = std::iter::from_fn(|| inbox.next().now_or_never().flatten()).collect();
    assert_eq!(left, [Event::Disconnected { peer: id(1) }, connected]);
}

#[test]
fn closing_ends_the_events_after_those_that_wait() {
    let inbox = Inbox::default();
    inbox.notice(Event::Disconnected { peer: id(1) });
    inbox.close();
    assert!(matches!(inbox.next().now_or_never(), Some(Some(Event::Disconnected { .. }))));
    assert_eq!(inbox.next().now_or_never(), Some(None));
}
