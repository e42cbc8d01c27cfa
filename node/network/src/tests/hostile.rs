//! Peers that break the rules: strangers before the handshake, and members after it.

use super::*;
use crate::behaviour::StreamEvent;
use crate::control::Control;
use crate::handler::Channel;
use futures::{AsyncReadExt as _, AsyncWriteExt as _, StreamExt as _};
use libp2p::Stream;
use libp2p::swarm::SwarmEvent;
use libp2p::swarm::dial_opts::DialOpts;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A member whose streams a test writes by hand.
struct Hostile {
    swarm: Swarm<Behaviour>,
    streams: Vec<(Channel, Stream)>,
}

impl Hostile {
    /// Connects as member 2, with all its streams open.
    async fn connect(victim: &Node) -> Hostile {
        let admission = Arc::new(Admission::new(&members(&[1, 2])));
        let mut swarm = listen(&config(2, &[]), admission, Arc::default()).unwrap();
        let Ok(Endpoint::Numeric(ip, port)) = Endpoint::parse(&victim.address) else { panic!("{}", victim.address) };
        let address = crate::config::multiaddr(ip, port);
        swarm.dial(DialOpts::peer_id(peer_id(&key(1).public())).addresses(vec![address]).build()).unwrap();
        let mut streams = Vec::new();
        while streams.len() < 5 {
            if let SwarmEvent::Behaviour(StreamEvent { stream, .. }) = swarm.select_next_some().await {
                streams.push(stream.unwrap());
            }
        }
        Hostile { swarm, streams }
    }

    /// Writes bytes on a stream and carries on until the victim closes the connection.
    async fn write(mut self, writes: &[(Channel, Vec<u8>)]) {
        let mut streams = std::mem::take(&mut self.streams);
        let writing = async {
            for (channel, bytes) in writes {
                let (_, stream) = streams.iter_mut().find(|(c, _)| c == channel).unwrap();
                // A victim that has already closed the connection is what the test is after.
                let _ = stream.write_all(bytes).await;
                let _ = stream.flush().await;
            }
            std::future::pending::<()>().await;
        };
        let closed =
            async { while !matches!(self.swarm.select_next_some().await, SwarmEvent::ConnectionClosed { .. }) {} };
        tokio::select! {
            () = writing => {}
            () = closed => {}
        }
    }
}

fn hello() -> Vec<u8> {
    Control::Hello(Hello { chain_id: CHAIN, protocol_version: 1, height: 9, instance: 9 }).to_frame()
}

async fn refusal_after(writes: &[(Channel, Vec<u8>)]) -> Refusal {
    let mut a = Node::start(config(1, &[]), &[1, 2]).await;
    let hostile = Hostile::connect(&a).await;
    let (refusal, ()) = tokio::time::timeout(GUARD, async { tokio::join!(a.refusal(), hostile.write(writes)) })
        .await
        .expect("refused and closed within the guard time");
    assert_eq!(a.handle.connected(), []);
    refusal
}

#[tokio::test]
async fn an_oversized_frame_ends_the_connection_before_it_is_read() {
    for class in Class::ALL {
        let actual = limits::frame_bytes_max(class) as u32 + 1;
        let frame = (Channel::Messages(class), actual.to_be_bytes().to_vec());
        let refusal = refusal_after(&[(Channel::Control, hello()), frame]).await;
        assert_eq!(refusal, Refusal::FrameLength { peer: id(2), class, actual });
    }
}

#[tokio::test]
async fn an_empty_frame_ends_the_connection() {
    let empty = (Channel::Messages(Class::Batch), vec![0; 4]);
    let refusal = refusal_after(&[(Channel::Control, hello()), empty]).await;
    assert_eq!(refusal, Refusal::FrameLength { peer: id(2), class: Class::Batch, actual: 0 });
}

#[tokio::test]
async fn anything_but_a_first_message_is_refused() {
    let ping = Control::Ping { nonce: 1, height: 1 }.to_frame();
    for bytes in [b"\0\0\0\x04spam".to_vec(), vec![0xff; 64], ping] {
        let refusal = refusal_after(&[(Channel::Control, bytes)]).await;
        assert_eq!(refusal, Refusal::NoHello { peer: id(2) });
    }
}

#[tokio::test]
async fn a_second_first_message_is_refused() {
    let refusal = refusal_after(&[(Channel::Control, [hello(), hello()].concat())]).await;
    assert_eq!(refusal, Refusal::Protocol { peer: id(2) });
}

#[tokio::test]
async fn pings_without_end_are_answered_within_bounds() {
    let mut a = Node::start(config(1, &[]), &[1, 2]).await;
    let mut hostile = Hostile::connect(&a).await;
    let at = hostile.streams.iter().position(|(channel, _)| *channel == Channel::Control).unwrap();
    let (_, mut control) = hostile.streams.remove(at);
    let flood: Vec<u8> = (0..10_000).flat_map(|nonce| Control::Ping { nonce, height: nonce }.to_frame()).collect();
    let attack = async {
        control.write_all(&hello()).await.unwrap();
        control.write_all(&flood).await.unwrap();
        control.flush().await.unwrap();
        // The victim still talks: at least its first message and one answer come back.
        let mut answers = [0; 100];
        control.read_exact(&mut answers).await.unwrap();
    };
    let swarm = &mut hostile.swarm;
    let drive = async {
        loop {
            swarm.select_next_some().await;
        }
    };
    tokio::select! {
        () = attack => {}
        () = drive => {}
    }
    a.connected(2).await;
}

#[tokio::test]
async fn garbage_on_the_port_is_refused_and_harms_nobody() {
    let mut a = Node::start(config(1, &[]), &[1, 2]).await;
    let tls = b"\x13/multistream/1.0.0\n\x11/bencao/sm-tls/1\n\x16\x03\x01\xff\xff garbage".to_vec();
    for garbage in [b"GET / HTTP/1.1\r\n\r\n".to_vec(), vec![0xff; 4096], tls] {
        let mut stream = TcpStream::connect(&a.address).await.unwrap();
        stream.write_all(&garbage).await.unwrap();
        let _ = stream.shutdown().await;
        let why = a.refusal().await;
        assert!(matches!(why, Refusal::Handshake | Refusal::Tls(_)), "{why:?}");
        // It may answer, but it ends the connection.
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
    }
    let mut b = Node::start(config(2, &[(1, &a.address)]), &[1, 2]).await;
    b.connected(1).await;
    a.connected(2).await;
}

#[tokio::test]
async fn half_open_handshakes_are_bounded() {
    let limits = Limits { handshakes_per_address_max: 4, handshake_timeout: 10 * GUARD, ..Limits::default() };
    let mut a = Node::start(NetworkConfig { limits, ..config(1, &[]) }, &[1, 2]).await;
    let mut flood = Vec::new();
    for _ in 0..24 {
        flood.push(TcpStream::connect(&a.address).await.unwrap());
    }
    for _ in 0..20 {
        assert_eq!(a.refusal().await, Refusal::Busy);
    }
    assert_eq!(a.handle.metrics().inbound_busy.load(Ordering::Relaxed), 20);
    drop(flood);
    for _ in 0..4 {
        assert_eq!(a.refusal().await, Refusal::Handshake, "the rest was under way until now");
    }
    let mut b = Node::start(config(2, &[(1, &a.address)]), &[1, 2]).await;
    b.connected(1).await;
    a.connected(2).await;
}

#[tokio::test]
async fn handshakes_are_bounded_in_total() {
    let limits = Limits { handshakes_max: 3, handshake_timeout: 10 * GUARD, ..Limits::default() };
    let mut a = Node::start(NetworkConfig { limits, ..config(1, &[]) }, &[1, 2]).await;
    let mut flood = Vec::new();
    for _ in 0..5 {
        flood.push(TcpStream::connect(&a.address).await.unwrap());
    }
    for _ in 0..2 {
        assert_eq!(a.refusal().await, Refusal::Busy);
    }
}

#[tokio::test]
async fn unfinished_handshakes_time_out() {
    let limits = Limits { handshake_timeout: Duration::from_millis(1), ..Limits::default() };
    let mut a = Node::start(NetworkConfig { limits, ..config(1, &[]) }, &[1, 2]).await;
    let _idle = TcpStream::connect(&a.address).await.unwrap();
    assert_eq!(a.refusal().await, Refusal::Handshake);
}
