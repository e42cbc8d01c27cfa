//! Between the network's opaque bytes and the replica's messages.
//!
//! In: each class has a thread that decodes, checks signatures into the shared verdicts (so that the main loop finds
//! them), and waits when the main loop is behind. Out: votes are encoded by the main loop, everything else by a thread.

use super::clock::Clock;
use super::inputs::Senders;
use super::orders::Watch;
use super::stop::Stop;
use crate::error::NodeError;
use crate::limits::RAW_MESSAGES_PER_CLASS_MAX;
use crate::metrics::{Label, Metrics};
use crate::refusals::Refusals;
use bencao_consensus::SignedBatch;
use bencao_crypto::x509::Standing;
use bencao_crypto::{KeyId, KnownKeys, PublicKey, Signature, VerifyItem};
use bencao_genesis::{ChainId, Genesis};
use bencao_network::{Class, Event, Events, NetworkHandle, SendError};
use bencao_replica::{Audience, Input, Message};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;
use tokio::sync::mpsc;

/// Version of [`Message`] on the wire; other versions are other networks.
pub(crate) const PROTOCOL_VERSION: u16 = 1;

/// The network's name for a class.
pub(crate) fn class_of(message: &Message) -> Class {
    match message.class() {
        bencao_replica::Class::Consensus => Class::Consensus,
        bencao_replica::Class::Proposal => Class::Proposal,
        bencao_replica::Class::Batch => Class::Batch,
        bencao_replica::Class::Sync => Class::Sync,
    }
}

fn replica_class(class: Class) -> bencao_replica::Class {
    match class {
        Class::Consensus => bencao_replica::Class::Consensus,
        Class::Proposal => bencao_replica::Class::Proposal,
        Class::Batch => bencao_replica::Class::Batch,
        Class::Sync => bencao_replica::Class::Sync,
    }
}

/// Public keys by id, for checks ahead of the main loop. A key that is not here is checked where it is needed.
#[derive(Debug, Default)]
pub(crate) struct KeyBook {
    keys: BTreeMap<KeyId, PublicKey>,
    /// Keys that sign votes and batches.
    validators: Vec<PublicKey>,
}

impl KeyBook {
    /// Every key of a genesis.
    pub(crate) fn of(genesis: &Genesis) -> KeyBook {
        let keys = genesis.organisations.iter().flat_map(|o| &o.keys).map(|k| k.public_key);
        let validators: Vec<PublicKey> =
            genesis.validators.iter().flat_map(|v| [v.validator_key, v.node_key]).collect();
        KeyBook { keys: keys.chain(validators.iter().copied()).map(|key| (key.id(), key)).collect(), validators }
    }

    /// The key with this id.
    pub(crate) fn get(&self, id: &KeyId) -> Option<PublicKey> {
        self.keys.get(id).copied()
    }

    /// Every key.
    pub(crate) fn all(&self) -> impl Iterator<Item = &PublicKey> {
        self.keys.values()
    }

    /// The keys of validators and their nodes, which sign all the time.
    pub(crate) fn validators(&self) -> impl Iterator<Item = &PublicKey> {
        self.validators.iter()
    }
}

/// What decoding needs.
pub(crate) struct Decoding {
    pub(crate) chain: ChainId,
    pub(crate) keys: Arc<dyn KnownKeys>,
    pub(crate) book: Arc<KeyBook>,
    pub(crate) metrics: Arc<Metrics>,
}

impl Decoding {
    fn decode(&self, class: Class, bytes: &[u8]) -> Option<Message> {
        match Message::from_bytes(bytes, replica_class(class)) {
            Ok(message) => Some(message),
            Err(_) => {
                self.metrics.malformed.get_or_create(&Label { kind: class.name() }).inc();
                None
            }
        }
    }

    /// Leaves the verdict where the main loop finds it.
    fn check(&self, message: &Message) {
        let claim = match message {
            Message::Engine(bencao_engine::Message::Vote(v)) => {
                Some((v.vote.voter, v.vote.sign_bytes(self.chain), v.signature))
            }
            Message::Batch(signed) => {
                let id = signed.batch.id();
                Some((signed.batch.author, SignedBatch::sign_bytes(self.chain, &id), signed.signature))
            }
            _ => None,
        };
        if let Some((signer, message, signature)) = claim {
            self.warm(signer, message, signature);
        }
    }

    fn warm(&self, signer: KeyId, message: Vec<u8>, signature: Signature) {
        if let Some(key) = self.book.get(&signer) {
            self.keys.verify(&VerifyItem { key, message, signature });
        }
    }
}

/// Queues of raw messages, by class.
pub(crate) type Raw = [mpsc::Sender<(KeyId, Vec<u8>)>; 4];

/// Starts a decoding thread for each class.
pub(crate) fn decoders(
    decoding: &Arc<Decoding>,
    senders: &Senders,
    stop: &Stop,
) -> Result<(Raw, Vec<JoinHandle<()>>), NodeError> {
    const NAMES: [&str; 4] = ["decode-consensus", "decode-proposal", "decode-batch", "decode-sync"];
    let mut threads = Vec::new();
    let mut queues = Vec::new();
    for class in Class::ALL {
        let (sender, mut raw) = mpsc::channel::<(KeyId, Vec<u8>)>(RAW_MESSAGES_PER_CLASS_MAX);
        let (decoding, decoded) = (decoding.clone(), senders.messages[class.index()].clone());
        let (name, stop) = (NAMES[class.index()], stop.clone());
        let work = move || {
            let _watch = Watch { name, stop };
            while let Some((from, bytes)) = raw.blocking_recv() {
                let Some(message) = decoding.decode(class, &bytes) else { continue };
                decoding.check(&message);
                if decoded.blocking_send((from, message)).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
        threads.push(thread.map_err(|source| NodeError::Thread { name, source })?);
        queues.push(sender);
    }
    let queues = queues.try_into().expect("one queue for each class");
    Ok((queues, threads))
}

/// Passes the network's events on until it ends. Votes wait for room; other messages are dropped when there is none, since
/// their senders offer them again and nothing may stand in the way of votes.
pub(crate) async fn route(
    mut events: Events,
    raw: Raw,
    peers: mpsc::Sender<Input>,
    metrics: Arc<Metrics>,
    refusals: Arc<Refusals>,
    clock: Clock,
) {
    while let Some(event) = events.recv().await {
        match event {
            Event::Message { peer, class: Class::Consensus, bytes } => {
                let _ = raw[Class::Consensus.index()].send((peer, bytes)).await;
            }
            Event::Message { peer, class, bytes } => {
                if raw[class.index()].try_send((peer, bytes)).is_err() {
                    metrics.notes.get_or_create(&Label { kind: "message_dropped" }).inc();
                }
            }
            Event::Connected { peer, height, certificate } => {
                match certificate {
                    Standing::Valid { .. } => tracing::info!(%peer, height, ?certificate, "peer connected"),
                    Standing::Expired { .. } | Standing::NotYetValid => {
                        tracing::warn!(%peer, height, ?certificate, "peer connected with a certificate outside its dates: \
                            its key is on the chain");
                    }
                }
                let _ = peers.send(Input::PeerUp(peer)).await;
            }
            Event::Disconnected { peer } => {
                tracing::info!(%peer, "peer disconnected");
                let _ = peers.send(Input::PeerDown(peer)).await;
            }
            Event::Refused { why, address } => {
                metrics.notes.get_or_create(&Label { kind: "connection_refused" }).inc();
                metrics.refusals.get_or_create(&Label { kind: why.name() }).inc();
                refusals.note(&why, &address, clock.wall());
                tracing::debug!(%why, %address, "connection refused");
            }
            Event::Listening { address } => tracing::info!(%address, "listening for peers"),
        }
    }
}

/// A message and its receivers.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) to: Audience,
    pub(crate) message: Arc<Message>,
}

/// Knows who the validators are.
#[derive(Clone, Debug)]
pub(crate) struct Outbound {
    pub(crate) network: NetworkHandle,
    /// Node keys of the other validators.
    pub(crate) validators: Arc<[KeyId]>,
}

impl Outbound {
    /// Encodes and queues a message. What does not fit is dropped and counted by the network.
    pub(crate) fn send(&self, outgoing: &Outgoing) {
        let class = class_of(&outgoing.message);
        let bytes = Arc::new(outgoing.message.to_bytes());
        match outgoing.to {
            Audience::Peer(peer) => self.one(peer, class, bytes),
            Audience::Validators => self.validators.iter().for_each(|peer| self.one(*peer, class, bytes.clone())),
            Audience::Everyone => {
                self.network.broadcast(class, bytes);
            }
        }
    }

    fn one(&self, peer: KeyId, class: Class, bytes: Arc<Vec<u8>>) {
        match self.network.send(peer, class, bytes) {
            Ok(()) | Err(SendError::Full | SendError::NotConnected) => {}
            Err(SendError::Length) => tracing::error!(%peer, %class, "a message of this node exceeds its class"),
        }
    }

    /// Sends until there is nothing more to send.
    pub(crate) fn run(&self, orders: &Receiver<Outgoing>) {
        while let Ok(outgoing) = orders.recv() {
            self.send(&outgoing);
        }
    }
}
