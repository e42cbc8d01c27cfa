//! Who gets in, and who learns why not.

use super::*;
use rustls::{AlertDescription, CertificateError, Error};

#[tokio::test]
async fn another_peer_at_a_pinned_address_is_refused() {
    let a = Node::start(config(1, &[]), &[1, 2, 3]).await;
    let mut b = Node::start(config(2, &[(3, &a.address)]), &[1, 2, 3]).await;
    assert_eq!(b.refusal().await, Refusal::WrongPeer { expected: id(3), actual: Some(id(1)) });
    assert_eq!(b.handle.connected(), []);
}

#[tokio::test]
async fn this_node_at_a_pinned_address_is_refused() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let mut a = Node::start(NetworkConfig { listen: address.clone(), ..config(1, &[(2, &address)]) }, &[1, 2]).await;
    assert_eq!(a.refusal().await, Refusal::Own);
}

#[tokio::test]
async fn a_certified_key_that_is_not_allowed_gets_no_further_than_the_handshake() {
    let mut a = Node::start(config(1, &[]), &[1]).await;
    let mut b = Node::start(config(2, &[(1, &a.address)]), &[1, 2]).await;
    assert_eq!(a.refusal().await, Refusal::NotAllowed { peer: id(2) });
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let metrics = a.handle.metrics().clone();
    assert_eq!((count(&metrics.handshakes), count(&metrics.connected)), (0, 0));
    assert!(count(&metrics.handshakes_failed) >= 1);
    a.handle.set_allowed(&keys(&[1, 2]));
    b.connected(1).await;
    a.connected(2).await;
    assert_eq!(count(&metrics.connected), 1);
}

#[tokio::test]
async fn a_peer_taken_off_the_list_is_disconnected() {
    let (mut a, mut b) = pair().await;
    a.handle.set_allowed(&keys(&[1, 3]));
    a.disconnected(2).await;
    b.disconnected(1).await;
    assert_eq!(a.handle.send(id(2), Class::Sync, vec![1]), Err(SendError::NotConnected));
    assert_eq!(a.refusal().await, Refusal::NotAllowed { peer: id(2) }, "it dials again");
}

#[tokio::test]
async fn a_node_that_is_behind_welcomes_certified_peers() {
    let mut a = Node::start(config(1, &[]), &[1]).await;
    a.handle.welcome_certified(true);
    let mut b = Node::start(config(2, &[(1, &a.address)]), &[1, 2]).await;
    b.connected(1).await;
    a.connected(2).await;
    a.handle.welcome_certified(false);
    a.disconnected(2).await;
}

#[tokio::test]
async fn a_certificate_of_a_foreign_authority_is_refused() {
    let mut a = Node::start(config(1, &[]), &[1, 2]).await;
    // The stranger's key is on the list, and it accepts our certificates: only its own gives it away. Both authorities
    // have the same name, so it is the signature that fails.
    let foreign = NetworkConfig {
        identity: identity(2, &authority(101), VALID),
        authorities: Authorities::new(roots(&[100, 101])),
        ..config(2, &[(1, &a.address)])
    };
    let _b = Node::start(foreign, &[1, 2]).await;
    let expected = Error::InvalidCertificate(CertificateError::BadSignature);
    assert_eq!(a.refusal().await, Refusal::Tls(expected));
}

#[tokio::test]
async fn a_peer_that_does_not_trust_us_says_so() {
    let mut a = Node::start(config(1, &[]), &[1, 2]).await;
    let mistrusting = NetworkConfig { authorities: Authorities::new(roots(&[101])), ..config(2, &[(1, &a.address)]) };
    let mut b = Node::start(mistrusting, &[1, 2]).await;
    let ours = b.refusal().await;
    assert_eq!(ours, Refusal::Tls(Error::InvalidCertificate(CertificateError::BadSignature)));
    assert_eq!(a.refusal().await, Refusal::Tls(Error::AlertReceived(AlertDescription::DecryptError)));
}

#[tokio::test]
async fn an_expired_certificate_of_an_allowed_key_only_warns() {
    let mut a = Node::start(config(1, &[]), &[1, 2]).await;
    let lapsed = NetworkConfig { identity: identity(2, &authority(100), LAPSED), ..config(2, &[(1, &a.address)]) };
    let mut b = Node::start(lapsed, &[1, 2]).await;
    b.connected(1).await;
    assert!(matches!(a.connected(2).await, Standing::Expired { days_ago } if days_ago > 365));
    assert!(matches!(a.handle.connected()[0].certificate, Standing::Expired { .. }));
}

#[tokio::test]
async fn an_expired_certificate_of_an_unknown_key_is_refused() {
    let mut a = Node::start(config(1, &[]), &[1]).await;
    a.handle.welcome_certified(true);
    let lapsed = NetworkConfig { identity: identity(2, &authority(100), LAPSED), ..config(2, &[(1, &a.address)]) };
    let _b = Node::start(lapsed, &[1, 2]).await;
    assert!(matches!(
        a.refusal().await,
        Refusal::Tls(Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }))
    ));
}

#[tokio::test]
async fn both_ends_learn_that_they_are_on_different_chains() {
    let mut a = Node::start(config(1, &[]), &[1, 2]).await;
    let other = NetworkConfig { chain_id: [0xee; 32], ..config(2, &[(1, &a.address)]) };
    let mut b = Node::start(other, &[1, 2]).await;
    assert_eq!(a.refusal().await, Refusal::WrongChain { peer: id(2), actual: [0xee; 32] });
    assert_eq!(b.refusal().await, Refusal::WrongChain { peer: id(1), actual: CHAIN });
    assert_eq!(a.handle.connected(), []);
}

#[tokio::test]
async fn both_ends_learn_that_they_speak_different_versions() {
    let mut a = Node::start(config(1, &[]), &[1, 2]).await;
    let other = NetworkConfig { protocol_version: 2, ..config(2, &[(1, &a.address)]) };
    let mut b = Node::start(other, &[1, 2]).await;
    assert_eq!(a.refusal().await, Refusal::WrongVersion { peer: id(2), expected: 1, actual: 2 });
    assert_eq!(b.refusal().await, Refusal::WrongVersion { peer: id(1), expected: 2, actual: 1 });
}
