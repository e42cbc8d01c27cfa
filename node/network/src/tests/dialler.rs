use super::*;
use crate::tests::key;

fn dialler(peers: &[u8], now: Instant) -> Dialler {
    let pinned =
        |n: &u8| PeerAddress { node_key: key(*n).public(), address: format!("127.0.0.1:{}", 1000 + u16::from(*n)) };
    let peers: Vec<PeerAddress> = peers.iter().map(pinned).collect();
    Dialler::new(&key(1).public(), &peers, now).unwrap()
}

fn id(n: u8) -> KeyId {
    key(n).public().id()
}

#[test]
fn everyone_but_oneself_is_dialled_at_once() {
    let now = Instant::now();
    let mut dialler = dialler(&[1, 2, 3], now);
    assert_eq!(dialler.next_due(), Some(now));
    let due: BTreeMap<KeyId, String> =
        dialler.due(now).into_iter().map(|dial| (dial.key, dial.endpoint.to_string())).collect();
    assert_eq!(due, BTreeMap::from([(id(2), "127.0.0.1:1002".into()), (id(3), "127.0.0.1:1003".into())]));
    assert_eq!((dialler.next_due(), dialler.due(now).len()), (None, 0), "a dial under way is not begun again");
}

#[test]
fn waits_grow_to_their_cap_and_differ_between_peers() {
    let bounds = |attempts: u32| {
        let full = (BACKOFF_MIN * (1 << attempts.min(16))).min(BACKOFF_MAX);
        (full * 3 / 4, full * 5 / 4)
    };
    for attempts in (0..40).chain([u32::MAX]) {
        let (least, most) = bounds(attempts);
        let wait = backoff(id(1), id(2), attempts);
        assert!((least..=most).contains(&wait), "{attempts}: {wait:?}");
        assert_eq!(wait, backoff(id(1), id(2), attempts));
        assert_ne!(wait, backoff(id(2), id(1), attempts), "two that lost each other do not dial in step");
    }
}

#[test]
fn failures_are_retried_and_success_ends_them() {
    let mut now = Instant::now();
    let mut dialler = dialler(&[2], now);
    for attempts in 0..5 {
        assert_eq!(dialler.due(now).len(), 1);
        dialler.failed(id(2), now);
        let next = dialler.next_due().unwrap();
        assert_eq!(next - now, backoff(id(1), id(2), attempts));
        assert!(dialler.due(next - Duration::from_millis(1)).is_empty());
        now = next;
    }
    assert_eq!(dialler.due(now).len(), 1);
    dialler.connected(id(2), now);
    assert_eq!(dialler.next_due(), None);
    dialler.failed(id(2), now);
    assert_eq!(dialler.next_due(), None, "a dial that lost against the peer's own changes nothing");
}

#[test]
fn only_a_stable_connection_clears_the_record() {
    let now = Instant::now();
    let mut dialler = dialler(&[2], now);
    dialler.due(now);
    dialler.failed(id(2), now);
    dialler.connected(id(2), now);
    dialler.disconnected(id(2), now);
    assert_eq!(dialler.next_due(), Some(now + backoff(id(1), id(2), 1)), "connecting and breaking off counts");
    dialler.connected(id(2), now);
    let later = now + STABLE_AFTER;
    dialler.disconnected(id(2), later);
    assert_eq!(dialler.next_due(), Some(later + backoff(id(1), id(2), 0)));
    dialler.hurry(later);
    assert_eq!(dialler.next_due(), Some(later));
}

#[test]
fn too_many_pinned_peers_are_refused() {
    let pinned = PeerAddress { node_key: key(2).public(), address: "127.0.0.1:1".into() };
    let peers = vec![pinned; PINNED_MAX + 1];
    let refused = Dialler::new(&key(1).public(), &peers, Instant::now()).unwrap_err();
    assert!(matches!(refused, NetworkError::TooManyPeers { actual } if actual == PINNED_MAX + 1));
}
