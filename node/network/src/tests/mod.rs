//! Networks over real sockets on free ports. Every wait is for an event; the guard only keeps a broken test from hanging.

mod hostile;
mod membership;

use super::*;
use bencao_crypto::SigningKey;
use bencao_crypto::tls::{Authorities, Identity};
use bencao_crypto::x509::{Authority, Certificate, Roots, Standing, Subject, Validity};
use std::time::Duration;

const GUARD: Duration = Duration::from_secs(60);
const CHAIN: [u8; 32] = [0xc1; 32];
/// 2020 to 2120.
const VALID: Validity = Validity { not_before_s: 1_577_836_800, not_after_s: 4_733_510_400 };
/// 2020 to 2021.
const LAPSED: Validity = Validity { not_before_s: 1_577_836_800, not_after_s: 1_609_459_200 };

pub(crate) fn key(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32]).unwrap()
}

fn id(n: u8) -> KeyId {
    key(n).public().id()
}

fn keys(all: &[u8]) -> Vec<PublicKey> {
    all.iter().map(|n| key(*n).public()).collect()
}

/// The authority `n`; 100 is the consortium's.
fn authority(n: u8) -> Authority {
    Authority::create(Subject { common_name: "root", organisation: "consortium" }, key(n), VALID).unwrap()
}

fn identity(n: u8, authority: &Authority, validity: Validity) -> Identity {
    let subject = Subject { common_name: "node", organisation: "member" };
    Identity::new(vec![authority.issue(subject, &key(n).public(), validity).unwrap()], key(n)).unwrap()
}

fn roots(authorities: &[u8]) -> Roots {
    let certificates: Vec<Certificate> = authorities.iter().map(|n| authority(*n).certificate().clone()).collect();
    Roots::new(&certificates).unwrap()
}

fn config(n: u8, peers: &[(u8, &str)]) -> NetworkConfig {
    let pinned = |(n, address): &(u8, &str)| PeerAddress { node_key: key(*n).public(), address: address.to_string() };
    NetworkConfig {
        listen: "127.0.0.1:0".into(),
        identity: identity(n, &authority(100), VALID),
        authorities: Authorities::new(roots(&[100])),
        clock_offset_s: 0,
        chain_id: CHAIN,
        protocol_version: 1,
        height: u64::from(n),
        peers: peers.iter().map(pinned).collect(),
        limits: Limits::default(),
    }
}

struct Node {
    handle: NetworkHandle,
    events: Events,
    address: String,
}

impl Node {
    async fn start(config: NetworkConfig, allowed: &[u8]) -> Node {
        let (handle, mut events) = Network::start(config, &keys(allowed)).await.unwrap();
        match next(&mut events).await {
            Event::Listening { address } => Node { handle, events, address },
            other => panic!("{other:?}"),
        }
    }

    /// The next event that `wanted` accepts; others are dropped.
    async fn until<T>(&mut self, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
        loop {
            if let Some(found) = wanted(next(&mut self.events).await) {
                return found;
            }
        }
    }

    async fn connected(&mut self, n: u8) -> Standing {
        self.until(|event| match event {
            Event::Connected { peer, certificate, .. } if peer == id(n) => Some(certificate),
            _ => None,
        })
        .await
    }

    async fn disconnected(&mut self, n: u8) {
        self.until(|event| (event == Event::Disconnected { peer: id(n) }).then_some(())).await;
    }

    async fn refusal(&mut self) -> Refusal {
        self.until(|event| match event {
            Event::Refused { why, .. } => Some(why),
            _ => None,
        })
        .await
    }

    async fn message(&mut self) -> (KeyId, Class, Vec<u8>) {
        self.until(|event| match event {
            Event::Message { peer, class, bytes } => Some((peer, class, bytes)),
            _ => None,
        })
        .await
    }
}

async fn next(events: &mut Events) -> Event {
    let event = tokio::time::timeout(GUARD, events.recv()).await.expect("an event within the guard time");
    event.expect("the network runs")
}

/// Two connected members, 1 and 2; 2 has dialled.
async fn pair() -> (Node, Node) {
    let mut a = Node::start(config(1, &[]), &[1, 2, 3]).await;
    let mut b = Node::start(config(2, &[(1, &a.address)]), &[1, 2, 3]).await;
    b.connected(1).await;
    a.connected(2).await;
    (a, b)
}

#[tokio::test]
async fn members_exchange_messages_of_every_class() {
    let (mut a, mut b) = pair().await;
    for class in Class::ALL {
        let body = vec![class.index() as u8; 1000];
        a.handle.send(id(2), class, body.clone()).unwrap();
        assert_eq!(b.message().await, (id(1), class, body));
        let body = vec![class.index() as u8 + 10; limits::frame_bytes_max(class)];
        b.handle.send(id(1), class, body.clone()).unwrap();
        assert!(a.message().await == (id(2), class, body), "{class}, the longest");
    }
    let received = &a.handle.metrics().class(Class::Sync);
    assert_eq!(received.bytes_received.load(Ordering::Relaxed), limits::frame_bytes_max(Class::Sync) as u64);
}

#[tokio::test]
async fn eight_mebibytes_arrive_whole_and_in_order() {
    let (a, mut b) = pair().await;
    let body: Vec<u8> = (0..8 << 20).map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    a.handle.send(id(2), Class::Sync, body.clone()).unwrap();
    a.handle.send(id(2), Class::Sync, b"after".to_vec()).unwrap();
    assert!(b.message().await.2 == body);
    assert_eq!(b.message().await.2, b"after");
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_at_once() {
    let (a, mut b) = pair().await;
    let too_long = vec![0; limits::frame_bytes_max(Class::Consensus) + 1];
    assert_eq!(a.handle.send(id(2), Class::Consensus, too_long), Err(SendError::Length));
    assert_eq!(a.handle.send(id(2), Class::Sync, vec![]), Err(SendError::Length));
    assert_eq!(a.handle.send(id(3), Class::Sync, vec![1]), Err(SendError::NotConnected));
    // No await: nothing leaves the queue meanwhile, which is one task on this runtime's one thread.
    let frame = Arc::new(vec![7; 1 << 20]);
    let mut queued = 0;
    while a.handle.send(id(2), Class::Batch, frame.clone()).is_ok() {
        queued += 1;
    }
    assert_eq!(queued, limits::send_bytes_max(Class::Batch) >> 20);
    assert_eq!(a.handle.send(id(2), Class::Batch, frame.clone()), Err(SendError::Full));
    assert_eq!(a.handle.metrics().class(Class::Batch).dropped_full.load(Ordering::Relaxed), 2);
    assert_eq!(a.handle.send(id(2), Class::Consensus, b"vote".to_vec()), Ok(()), "other classes have their own queue");
    let mut batches = 0;
    let mut vote_after = None;
    while batches < queued || vote_after.is_none() {
        match b.message().await {
            (_, Class::Batch, bytes) => batches += usize::from(bytes == *frame),
            (_, _, bytes) => vote_after = (bytes == b"vote").then_some(batches),
        }
    }
    assert!(vote_after < Some(queued), "the vote did not wait for all the batches before it");
    assert_eq!(a.handle.send(id(2), Class::Batch, frame), Ok(()));
}

#[tokio::test]
async fn broadcast_reaches_everyone() {
    let (mut a, mut b) = pair().await;
    let mut c = Node::start(config(3, &[(1, &a.address)]), &[1, 2, 3]).await;
    c.connected(1).await;
    a.connected(3).await;
    assert_eq!(a.handle.broadcast(Class::Proposal, b"block".to_vec()), 2);
    for node in [&mut b, &mut c] {
        assert_eq!(node.message().await, (id(1), Class::Proposal, b"block".to_vec()));
    }
}

#[tokio::test]
async fn peers_tell_height_and_round_trip() {
    let mut a = Node::start(config(1, &[]), &[1, 2]).await;
    a.handle.set_height(41);
    let mut b = Node::start(config(2, &[(1, &a.address)]), &[1, 2]).await;
    let height = b.until(|event| if let Event::Connected { height, .. } = event { Some(height) } else { None }).await;
    assert_eq!(height, 41);
    a.connected(2).await;
    let info = &b.handle.connected()[0];
    assert_eq!((info.key, info.address.as_str(), info.dialled, info.height), (id(1), a.address.as_str(), true, 41));
    assert!(matches!(info.certificate, Standing::Valid { days_left } if days_left > 1000));
    let info = &a.handle.connected()[0];
    assert_eq!((info.key, info.dialled, info.height), (id(2), false, 2));
}

#[tokio::test]
async fn a_peer_that_restarts_is_dialled_again() {
    let mut b = Node::start(config(2, &[]), &[1, 2]).await;
    let mut a = Node::start(config(1, &[(2, &b.address)]), &[1, 2]).await;
    a.connected(2).await;
    b.connected(1).await;
    b.handle.shutdown().await;
    assert_eq!(b.handle.send(id(1), Class::Sync, vec![1]), Err(SendError::NotConnected));
    a.disconnected(2).await;
    assert_eq!(a.handle.connected(), []);
    let again = NetworkConfig { listen: b.address.clone(), ..config(2, &[]) };
    let mut b = Node::start(again, &[1, 2]).await;
    a.connected(2).await;
    b.connected(1).await;
    a.handle.send(id(2), Class::Consensus, b"vote".to_vec()).unwrap();
    assert_eq!(b.message().await.2, b"vote");
}

#[tokio::test]
async fn a_second_process_with_the_same_key_replaces_the_first() {
    let (mut a, first) = pair().await;
    // As if the first had lost its power: it says nothing, and its connection looks alive.
    let mut second = Node::start(config(2, &[(1, &a.address)]), &[1, 2]).await;
    second.connected(1).await;
    a.disconnected(2).await;
    a.connected(2).await;
    a.handle.send(id(2), Class::Batch, b"to the second".to_vec()).unwrap();
    assert_eq!(second.message().await.2, b"to the second");
    drop(first);
}

#[tokio::test]
async fn two_that_pin_each_other_share_one_connection() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address_b = free.local_addr().unwrap().to_string();
    drop(free);
    let mut a = Node::start(config(1, &[(2, &address_b)]), &[1, 2]).await;
    let listen = NetworkConfig { listen: address_b, ..config(2, &[(1, &a.address)]) };
    let mut b = Node::start(listen, &[1, 2]).await;
    a.connected(2).await;
    b.connected(1).await;
    // Whatever was replaced on the way, a message sent again and again arrives, and one link is left on each side.
    let mut answer = None;
    while answer.is_none() {
        let _ = a.handle.send(id(2), Class::Sync, b"hello".to_vec());
        answer = tokio::time::timeout(limits::BACKOFF_MIN, b.message()).await.ok();
    }
    assert_eq!((a.handle.connected().len(), b.handle.connected().len()), (1, 1));
}

#[tokio::test]
async fn events_end_with_the_network() {
    let mut a = Node::start(config(1, &[]), &[1]).await;
    a.handle.shutdown().await;
    assert_eq!(a.events.recv().await, None);
    let Node { handle, mut events, .. } = Node::start(config(1, &[]), &[1]).await;
    drop(handle);
    assert_eq!(events.recv().await, None, "nobody holds a handle any more");
}

#[tokio::test]
async fn addresses_that_cannot_be_listened_on_are_refused() {
    let taken = Node::start(config(1, &[]), &[1]).await;
    let again = NetworkConfig { listen: taken.address.clone(), ..config(2, &[]) };
    assert!(matches!(Network::start(again, &[]).await, Err(NetworkError::Listen { .. })));
    let named = NetworkConfig { listen: "localhost:0".into(), ..config(2, &[]) };
    assert!(matches!(Network::start(named, &[]).await, Err(NetworkError::Address { .. })));
    let pinned = config(2, &[(1, "nowhere")]);
    assert!(matches!(Network::start(pinned, &[]).await, Err(NetworkError::Address { .. })));
}
