//! A node's end and a signer's end over a real socket.

#![cfg(unix)]

use bencao_consensus::{BatchId, BlockId, SignedBatch, Vote, VoteKind};
use bencao_crypto::{Digest, Domain, KeyHolder, PublicKey, Signature, SigningKey};
use bencao_genesis::{ChainId, Height};
use bencao_signer::client::RemoteError;
use bencao_signer::mark::{Mark, MarkError};
use bencao_signer::server::{CONNECTIONS_MAX, Held, Keyring, Server, ServerError};
use bencao_signer::wire::{self, Request, Response};
use bencao_signer::{Device, DeviceError, Purpose, Refusal, Remote, SoftwareKey};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

const CHAIN: ChainId = ChainId(Digest([1; 32]));

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32]).unwrap()
}

fn vote(height: u64, round: u32, block: u8) -> Vec<u8> {
    let block = Some(BlockId(Digest([block; 32])));
    let (kind, voter) = (VoteKind::Prevote, key(1).public().id());
    Vote { kind, height: Height(height), round, block, voter }.sign_bytes(CHAIN)
}

/// A signer in a thread; stops when dropped.
struct Signer {
    socket: PathBuf,
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Signer {
    fn start(folder: &TempDir, keys: Vec<Held>) -> Signer {
        let socket = folder.path().join("signer.sock");
        let server = Server::bind(&socket, Keyring::new(CHAIN, keys).unwrap()).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || server.run(&|| stopped.load(Ordering::SeqCst)).unwrap());
        Signer { socket, stop, thread: Some(thread) }
    }

    fn validator(&self) -> Remote {
        Remote::new(&self.socket, CHAIN, key(1).public(), Purpose::Validator)
    }
}

impl Drop for Signer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = UnixStream::connect(&self.socket);
        self.thread.take().map(std::thread::JoinHandle::join);
    }
}

fn keys(folder: &TempDir) -> Vec<Held> {
    let path = folder.path().join("mark");
    if !path.exists() {
        Mark::create(&path, CHAIN, key(1).public().id(), Height(1)).unwrap();
    }
    // The last connection of a signer before this one may still be closing.
    let mark = loop {
        match Mark::open(&path, CHAIN, key(1).public().id()) {
            Err(MarkError::InUse) => std::thread::yield_now(),
            other => break other.unwrap(),
        }
    };
    vec![Held::validator(CHAIN, Box::new(SoftwareKey(key(1))), mark), Held::node(CHAIN, Box::new(SoftwareKey(key(2))))]
}

#[test]
fn votes_are_signed_once_also_across_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let signer = Signer::start(&folder, keys(&folder));
    let mode = std::fs::metadata(&signer.socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only its owner opens the socket");
    let remote = signer.validator();
    remote.check().unwrap();
    let signature = remote.sign(Domain::Ledger, &vote(5, 0, 7)).unwrap();
    assert!(key(1).public().verify(&vote(5, 0, 7), &signature));
    assert_eq!(remote.sign(Domain::Ledger, &vote(5, 0, 7)), Some(signature), "the same again");
    let conflict = remote.try_sign(Domain::Ledger, &vote(5, 0, 8)).unwrap_err();
    assert!(matches!(conflict, RemoteError::Refused(Refusal::Conflict(_))), "{conflict}");
    assert_eq!(remote.health().failures, 1);
    drop((signer, remote));
    // Killed and started again; a node whose disk was restored asks for another vote in the same place.
    let signer = Signer::start(&folder, keys(&folder));
    let restored = signer.validator();
    let conflict = restored.try_sign(Domain::Ledger, &vote(5, 0, 8)).unwrap_err();
    assert!(matches!(conflict, RemoteError::Refused(Refusal::Conflict(_))), "{conflict}");
    let behind = restored.try_sign(Domain::Ledger, &vote(4, 3, 8)).unwrap_err();
    assert!(matches!(behind, RemoteError::Refused(Refusal::Behind { .. })), "{behind}");
    assert_eq!(restored.sign(Domain::Ledger, &vote(5, 0, 7)), Some(signature));
    assert!(restored.sign(Domain::Ledger, &vote(5, 1, 8)).is_some());
    assert!(restored.health().reachable);
}

#[test]
fn a_node_key_signs_batches_and_handshakes() {
    let folder = tempfile::tempdir().unwrap();
    let signer = Signer::start(&folder, keys(&folder));
    let node = Remote::new(&signer.socket, CHAIN, key(2).public(), Purpose::Node);
    let batch = SignedBatch::sign_bytes(CHAIN, &BatchId(Digest([3; 32])));
    let signature = node.sign(Domain::Ledger, &batch).unwrap();
    assert!(key(2).public().verify(&batch, &signature));
    let content = [&[0x20; 64][..], b"TLS 1.3, server CertificateVerify\0", &[5; 32]].concat();
    assert_eq!(node.sign(Domain::Handshake, &content), KeyHolder::sign(&key(2), Domain::Handshake, &content));
    for (domain, message) in
        [(Domain::Ledger, vote(5, 0, 7)), (Domain::Handshake, batch.clone()), (Domain::Ledger, vec![])]
    {
        let refused = node.try_sign(domain, &message).unwrap_err();
        assert!(matches!(refused, RemoteError::Refused(Refusal::NotForThisKey(Purpose::Node))), "{refused}");
    }
}

#[test]
fn a_signer_for_another_chain_or_key_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let signer = Signer::start(&folder, keys(&folder));
    let other_chain = Remote::new(&signer.socket, ChainId(Digest([9; 32])), key(1).public(), Purpose::Validator);
    assert!(matches!(other_chain.check(), Err(RemoteError::OtherChain { .. })));
    let other_key = Remote::new(&signer.socket, CHAIN, key(3).public(), Purpose::Validator);
    assert!(matches!(other_key.check(), Err(RemoteError::NoKey(..))));
    let other_purpose = Remote::new(&signer.socket, CHAIN, key(1).public(), Purpose::Node);
    assert!(matches!(other_purpose.check(), Err(RemoteError::NoKey(..))));
}

#[test]
fn a_signer_that_is_away_costs_no_time_and_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("signer.sock");
    let remote = Remote::new(&socket, CHAIN, key(1).public(), Purpose::Validator);
    assert!(matches!(remote.try_sign(Domain::Ledger, &vote(5, 0, 7)), Err(RemoteError::Unreachable { .. })));
    assert!(matches!(remote.try_sign(Domain::Ledger, &vote(5, 0, 7)), Err(RemoteError::Paused)));
    assert!(!remote.health().reachable && remote.health().last_failure.is_some());
    let _signer = Signer::start(&folder, keys(&folder));
    // The pause ends by itself; a loop that asks again gets there.
    while remote.sign(Domain::Ledger, &vote(5, 0, 7)).is_none() {
        std::thread::yield_now();
    }
    assert!(remote.health().reachable && remote.health().last_failure.is_none());
}

/// A device that signs with another key than it shows.
struct Exchanged(SigningKey, PublicKey);

impl Device for Exchanged {
    fn public(&self) -> PublicKey {
        self.1
    }

    fn sign_digest(&mut self, digest: &Digest) -> Result<Signature, DeviceError> {
        Ok(self.0.sign_digest(digest).unwrap())
    }
}

/// A device that is locked.
struct Locked(PublicKey);

impl Device for Locked {
    fn public(&self) -> PublicKey {
        self.0
    }

    fn sign_digest(&mut self, _: &Digest) -> Result<Signature, DeviceError> {
        Err(DeviceError { code: 0x0100_001d, reason: "no access right".into() })
    }
}

#[test]
fn a_device_at_fault_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let batch = SignedBatch::sign_bytes(CHAIN, &BatchId(Digest([3; 32])));
    let devices: [Box<dyn Device>; 2] =
        [Box::new(Exchanged(key(7), key(2).public())), Box::new(Locked(key(3).public()))];
    let held = devices.into_iter().map(|d| Held::node(CHAIN, d)).collect();
    let signer = Signer::start(&folder, held);
    for seed in [2, 3] {
        let remote = Remote::new(&signer.socket, CHAIN, key(seed).public(), Purpose::Node);
        let refused = remote.try_sign(Domain::Ledger, &batch).unwrap_err();
        assert!(matches!(refused, RemoteError::Refused(Refusal::Device)), "{refused}");
    }
}

#[test]
fn whoever_speaks_nonsense_is_cut_off_and_harms_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let signer = Signer::start(&folder, keys(&folder));
    for nonsense in [&[0xff; 64][..], &[0, 0, 0, 0], &[0, 0, 0, 5, 9, 9, 9, 9, 9], b"GET / HTTP/1.1\r\n\r\n"] {
        let mut stream = UnixStream::connect(&signer.socket).unwrap();
        stream.write_all(nonsense).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert_eq!(answer, [0; 0]);
    }
    let mut stream = UnixStream::connect(&signer.socket).unwrap();
    let long = Request::Sign { key: key(1).public().id(), handshake: false, message: vec![0; 1_500] };
    wire::write(&mut stream, &long).unwrap();
    let answer = wire::read::<Response>(&mut stream).unwrap();
    assert_eq!(answer, Some(Response::Refused(Refusal::NotForThisKey(Purpose::Validator))));
    assert!(signer.validator().sign(Domain::Ledger, &vote(5, 0, 7)).is_some());
}

#[test]
fn connections_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let signer = Signer::start(&folder, keys(&folder));
    let ask = |stream: &mut UnixStream| {
        wire::write(stream, &Request::Keys).and_then(|()| wire::read::<Response>(stream)).ok().flatten()
    };
    let mut open: Vec<UnixStream> = Vec::new();
    for _ in 0..CONNECTIONS_MAX {
        let mut stream = UnixStream::connect(&signer.socket).unwrap();
        assert!(ask(&mut stream).is_some());
        open.push(stream);
    }
    let mut more = UnixStream::connect(&signer.socket).unwrap();
    assert!(ask(&mut more).is_none(), "closed without an answer");
    drop(open);
    // The threads of the closed connections make room; until then a new one is closed again.
    loop {
        let mut stream = UnixStream::connect(&signer.socket).unwrap();
        if ask(&mut stream).is_some() {
            break;
        }
    }
}

#[test]
fn a_socket_in_use_is_left_alone_and_a_stale_one_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let signer = Signer::start(&folder, keys(&folder));
    let second = Server::bind(&signer.socket, Keyring::new(CHAIN, vec![]).unwrap()).map(drop);
    assert!(matches!(second, Err(ServerError::InUse(_))));
    let path = signer.socket.clone();
    drop(signer);
    // What a killed process leaves: a socket that nobody listens on.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    assert!(Signer::start(&folder, keys(&folder)).validator().check().is_ok());
    let twice =
        vec![Held::node(CHAIN, Box::new(SoftwareKey(key(2)))), Held::node(CHAIN, Box::new(SoftwareKey(key(2))))];
    assert!(matches!(Keyring::new(CHAIN, twice), Err(ServerError::Keys)));
}

#[test]
fn the_socket_is_open_to_its_group_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::bind(&folder.path().join("signer.sock"), Keyring::new(CHAIN, keys(&folder)).unwrap()).unwrap();
    let mode = || std::fs::metadata(folder.path().join("signer.sock")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    server.open_to_group().unwrap();
    assert_eq!(mode(), 0o660);
}
