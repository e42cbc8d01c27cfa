//! Four replicas and a follower over perfect stores and a perfect network: the protocol's plain path, step by step.
//!
//! Faults are the simulator's business; here a failure is easy to read.

use bencao_consensus::{Block, CommitCertificate, Results, SignedBatch, Turns, Validator, ValidatorSet};
use bencao_crypto::{Digest, KeyId, LibraryKeys, Signature, SigningKey, sm3};
use bencao_engine::Signer;
use bencao_genesis::{ChainId, Height, Limits, Params, TimestampMs};
use bencao_replica::{
    Audience, Config, Effect, Executed, Input, Member, Message, Note, Now, Payload, Peek, Replica, Start,
    SubmitOutcome, Timer,
};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

const WALL: u64 = 1_795_449_600_000;

struct Key(SigningKey);

impl Signer for Key {
    fn sign(&self, message: &[u8]) -> Option<Signature> {
        Some(self.0.sign(message))
    }
}

struct Opaque;

impl Payload for Opaque {
    fn peek(&self, transaction: &[u8]) -> Option<Peek> {
        let valid_until = TimestampMs(WALL + 3_600_000);
        (!transaction.is_empty()).then(|| Peek { id: sm3(transaction), valid_until, writes: 1 })
    }
}

fn key(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n + 1; 32]).unwrap()
}

struct Node {
    /// Computes other results than everybody else from this height on.
    astray_from: Option<u64>,
    dumped: Vec<(Height, Results)>,
    compared: Vec<(KeyId, Vec<u8>)>,
    replica: Replica,
    id: KeyId,
    batches: BTreeMap<bencao_consensus::BatchId, Arc<SignedBatch>>,
    chain: Vec<(Block, CommitCertificate)>,
    results: Results,
    replies: BTreeMap<u64, SubmitOutcome>,
    final_transactions: Vec<Digest>,
    refused: Vec<Note>,
}

struct Cluster {
    nodes: Vec<Option<Node>>,
    queue: VecDeque<(usize, Input)>,
    timers: BTreeMap<(usize, Timer), u64>,
    now_ms: u64,
    set: ValidatorSet,
    /// What the state asks for until a block has this time.
    deadline: Option<TimestampMs>,
}

fn set() -> ValidatorSet {
    let member = |n| Validator { id: key(n).public().id(), key: key(n).public(), power: 1 };
    ValidatorSet::new((0..4).map(member).collect())
}

fn genesis_results() -> Executed {
    Executed {
        height: Height(0),
        results: Results::default(),
        validators_after_next: set(),
        next_deadline: None,
        transactions: vec![],
    }
}

/// What the cluster's nodes say that a block did: longer than one message.
fn account(height: Height) -> Vec<u8> {
    vec![height.0 as u8; 2 * bencao_replica::limits::ACCOUNT_PART_BYTES + 7]
}

fn replica(n: u8, now: Now) -> (Replica, Vec<Effect>) {
    make_replica(n, now, None)
}

fn replica_diverged(n: u8, now: Now) -> (Replica, Vec<Effect>) {
    make_replica(n, now, Some((Height(0), Results::default())))
}

fn make_replica(n: u8, now: Now, diverged: Option<(Height, Results)>) -> (Replica, Vec<Effect>) {
    let members: Vec<Member> =
        (0..4).map(|n| Member { validator: key(n).public().id(), node: key(10 + n).public() }).collect();
    let votes = n < 4;
    let config = Config {
        chain: ChainId(sm3(b"test")),
        params: Params::default(),
        limits: Limits::default(),
        me: key(10 + n).public().id(),
        validator: votes.then(|| key(n).public().id()),
        members,
    };
    let start = Start {
        tip: None,
        turns_at_tip: Turns::default(),
        turns: Turns::default(),
        executed: genesis_results(),
        sets: (0..3).map(|h| (Height(h), set())).collect(),
        genesis_time: TimestampMs(WALL - 1_000),
        wal: vec![],
        may_vote: votes,
        batches: vec![],
        ingress: vec![],
        diverged,
    };
    let signer: Option<Arc<dyn Signer + Send + Sync>> = if votes { Some(Arc::new(Key(key(n)))) } else { None };
    Replica::new(config, signer, Arc::new(Key(key(10 + n))), Arc::new(LibraryKeys), Arc::new(Opaque), start, now)
        .unwrap()
}

impl Cluster {
    fn new(count: u8) -> Cluster {
        let mut c = Cluster {
            nodes: vec![],
            queue: VecDeque::new(),
            timers: BTreeMap::new(),
            now_ms: 10_000,
            set: set(),
            deadline: None,
        };
        let now = c.now();
        for n in 0..count {
            let (replica, effects) = replica(n, now);
            c.nodes.push(Some(Node {
                astray_from: None,
                dumped: vec![],
                compared: vec![],
                replica,
                id: key(10 + n).public().id(),
                batches: BTreeMap::new(),
                chain: vec![],
                results: Results::default(),
                replies: BTreeMap::new(),
                final_transactions: vec![],
                refused: vec![],
            }));
            c.carry_out(n as usize, effects);
        }
        for a in 0..count as usize {
            for b in (0..count).filter(|b| *b as usize != a) {
                c.queue.push_back((a, Input::PeerUp(key(10 + b).public().id())));
            }
        }
        c
    }

    fn now(&self) -> Now {
        Now { mono_ms: self.now_ms, wall: TimestampMs(WALL + self.now_ms) }
    }

    fn node(&self, n: usize) -> &Node {
        self.nodes[n].as_ref().unwrap()
    }

    /// Handles everything that can happen without time passing.
    fn settle(&mut self) {
        while let Some((n, input)) = self.queue.pop_front() {
            let now = self.now();
            if let Some(node) = &mut self.nodes[n] {
                let effects = node.replica.step(now, input).unwrap();
                self.carry_out(n, effects);
            }
        }
    }

    /// Lets timers fire until `ms` have passed.
    fn pass(&mut self, ms: u64) {
        let end = self.now_ms + ms;
        self.settle();
        while let Some((at, n, timer)) = self.timers.iter().map(|((n, t), at)| (*at, *n, *t)).min() {
            if at > end {
                break;
            }
            self.timers.remove(&(n, timer));
            self.now_ms = self.now_ms.max(at);
            self.queue.push_back((n, Input::Timer(timer)));
            self.settle();
        }
        self.now_ms = end;
    }

    fn submit(&mut self, n: usize, ticket: u64, bytes: &[u8]) {
        self.queue.push_back((n, Input::Submit { ticket, transaction: Arc::new(bytes.to_vec()) }));
        self.settle();
    }

    fn carry_out(&mut self, n: usize, effects: Vec<Effect>) {
        for effect in effects {
            let Some(node) = &mut self.nodes[n] else { return };
            match effect {
                Effect::WalFlush { sequence } => self.queue.push_back((n, Input::WalFlushed { sequence })),
                Effect::Ingress { ticket, .. } => self.queue.push_back((n, Input::IngressDurable { ticket })),
                Effect::Reply { ticket, outcome } => {
                    node.replies.insert(ticket, outcome);
                }
                Effect::StoreBatch(batch) => {
                    let id = batch.batch.id();
                    node.batches.insert(id, batch);
                    self.queue.push_back((n, Input::BatchStored(id)));
                }
                Effect::Commit { block, certificate, .. } => {
                    certificate.verify(ChainId(sm3(b"test")), &self.set, &LibraryKeys).unwrap();
                    let height = block.header.height;
                    node.chain.push(((*block).clone(), certificate));
                    self.queue.push_back((n, Input::Committed(height)));
                }
                Effect::Execute(block) => {
                    let held = block.body.batches.iter().map(|id| &node.batches[id]);
                    let transactions: Vec<Digest> =
                        held.flat_map(|b| b.batch.transactions.iter().map(|t| sm3(t))).collect();
                    node.final_transactions.extend(&transactions);
                    node.results.state_root = sm3(&[node.results.state_root.0, block.id().0.0].concat());
                    if node.astray_from.is_some_and(|from| from <= block.header.height.0) {
                        node.results.state_root = sm3(b"astray");
                    }
                    let executed = Executed {
                        height: block.header.height,
                        results: node.results,
                        validators_after_next: self.set.clone(),
                        next_deadline: self.deadline.filter(|at| *at > block.header.time),
                        transactions,
                    };
                    self.queue.push_back((n, Input::Executed(executed)));
                }
                Effect::Send { to, message } => self.send(n, to, &message),
                Effect::ServeBlock { to, height } => {
                    let (block, certificate) = node.chain[height.0 as usize - 1].clone();
                    self.send(n, Audience::Peer(to), &Message::Block { block, certificate });
                }
                Effect::ServeBatches { to, batches } => {
                    let held: Vec<_> = batches.iter().filter_map(|id| node.batches.get(id).cloned()).collect();
                    held.iter().for_each(|b| self.send(n, Audience::Peer(to), &Message::Batch((**b).clone())));
                }
                Effect::Dump { height, certified } => node.dumped.push((height, certified)),
                Effect::Compare { from, account, .. } => {
                    node.compared.push((from, account));
                    // The first account does not convince, the second does.
                    self.queue.push_back((n, Input::Compared { proven: node.compared.len() > 1 }));
                }
                Effect::ServeAccount { to, height, offset } => {
                    let account = account(height);
                    let part = bencao_replica::limits::ACCOUNT_PART_BYTES;
                    let bytes = account[offset as usize..].iter().take(part).copied().collect();
                    let total = account.len() as u64;
                    self.send(n, Audience::Peer(to), &Message::AccountPart { height, total, offset, bytes });
                }
                Effect::Schedule { timer, after_ms } => {
                    self.timers.insert((n, timer), self.now_ms + after_ms);
                }
                Effect::Cancel(timer) => {
                    self.timers.remove(&(n, timer));
                }
                Effect::Note(note @ (Note::ProposalRefused { .. } | Note::PeerFault { .. })) => node.refused.push(note),
                _ => {}
            }
        }
    }

    fn send(&mut self, from: usize, to: Audience, message: &Message) {
        let Some(sender) = self.nodes[from].as_ref().map(|n| n.id) else { return };
        for (i, node) in self.nodes.iter().enumerate().filter(|(i, _)| *i != from) {
            let Some(node) = node else { continue };
            let addressed = match to {
                Audience::Peer(id) => node.id == id,
                Audience::Validators => i < 4,
                Audience::Everyone => true,
            };
            if addressed {
                let message = Message::from_bytes(&message.to_bytes(), message.class()).unwrap();
                self.queue.push_back((i, Input::Received { from: sender, message }));
            }
        }
    }

    fn heights(&self) -> Vec<u64> {
        self.nodes.iter().flatten().map(|n| n.replica.status().executed.0).collect()
    }
}

#[test]
fn a_bill_is_final_without_a_timer_and_certified_one_block_later() {
    let mut c = Cluster::new(4);
    c.settle();
    assert_eq!(c.heights(), [0; 4], "an idle chain makes no blocks");
    c.submit(0, 7, b"bill");
    assert_eq!(c.node(0).replies[&7], SubmitOutcome::Accepted);
    assert_eq!(c.heights(), [1; 4]);
    for n in 0..4 {
        assert_eq!(c.node(n).final_transactions, [sm3(b"bill")]);
        assert_eq!(c.node(n).refused, []);
    }
    c.pass(1_000);
    assert_eq!(c.heights(), [2; 4], "one certifying block and no more");
    assert!(c.node(1).chain[1].0.body.batches.is_empty());
    assert_eq!(c.node(1).chain[1].0.header.previous_results.state_root, {
        let first = c.node(1).chain[0].0.id();
        sm3(&[Digest::ZERO.0, first.0.0].concat())
    });
}

#[test]
fn bills_that_follow_one_another_do_not_wait_for_the_block_interval() {
    let mut c = Cluster::new(4);
    c.settle();
    for i in 1..=20u64 {
        c.submit(i as usize % 4, i, &i.to_le_bytes());
        // Virtual time does not pass: only the few milliseconds that are due for the load may be missing.
        c.pass(bencao_genesis::Params::default().block_interval_ms * 20 / bencao_replica::limits::FULL_LOAD);
        assert_eq!(c.heights(), [i; 4], "each in a block of its own, which certifies the one before");
    }
    c.pass(1_000);
    assert_eq!(c.heights(), [21; 4]);
}

#[test]
fn a_node_whose_results_differ_stops_voting_and_asks_peers_for_their_account() {
    let mut c = Cluster::new(4);
    c.settle();
    c.submit(0, 1, b"before");
    c.pass(1_000);
    c.nodes[3].as_mut().unwrap().astray_from = Some(3);
    for i in 2..6u64 {
        c.submit(0, i, &i.to_le_bytes());
        c.pass(3_000);
    }
    let status = c.node(3).replica.status();
    assert!(status.diverged && !status.voting, "{status:?}");
    assert_eq!(status.executed, Height(3));
    assert!(c.heights()[0] > 5, "the others go on: {:?}", c.heights());
    let certified = c.node(0).chain[3].0.header.previous_results;
    assert_eq!(c.node(3).dumped, [(Height(3), certified)]);
    // Asked until one convinced: two different peers, each account whole although it takes several messages.
    let compared = &c.node(3).compared;
    assert_eq!(compared.len(), 2);
    assert_ne!(compared[0].0, compared[1].0);
    assert!(compared.iter().all(|(_, bytes)| *bytes == account(Height(3))));
    c.submit(3, 99, b"too late");
    assert_eq!(
        c.node(3).replies[&99],
        SubmitOutcome::Refused(bencao_replica::Refusal::Diverged),
        "it serves reads and takes no bills"
    );
}

#[test]
fn a_node_that_starts_diverged_does_not_vote() {
    let now = Now { mono_ms: 10_000, wall: TimestampMs(WALL) };
    let (replica, effects) = replica_diverged(0, now);
    assert!(replica.status().diverged && !replica.status().voting);
    assert!(
        !effects.iter().any(|e| matches!(e, Effect::Send { message, .. } if matches!(**message, Message::Engine(_))))
    );
}

#[test]
fn the_heart_beats_once_a_minute() {
    let mut c = Cluster::new(4);
    c.pass(59_000);
    assert!(c.heights().iter().all(|h| *h <= 1));
    let before = c.heights()[0];
    c.pass(61_000);
    assert_eq!(c.heights(), [before + 1; 4]);
}

#[test]
fn an_idle_chain_makes_a_block_for_a_deadline() {
    let mut c = Cluster::new(4);
    c.settle();
    c.deadline = Some(TimestampMs(WALL + 40_000));
    c.submit(0, 7, b"sets a deadline");
    c.pass(25_000);
    assert_eq!(c.heights(), [2; 4], "the bill and its certifying block");
    c.pass(6_000);
    assert_eq!(c.heights(), [3; 4], "one block for it and no more");
    let block = &c.node(0).chain[2].0;
    assert!(block.body.batches.is_empty() && block.header.time >= TimestampMs(WALL + 40_000));
    assert_eq!(c.node(1).refused, []);
}

#[test]
fn a_follower_forwards_its_bills_and_follows_the_chain() {
    let mut c = Cluster::new(5);
    c.settle();
    c.submit(4, 1, b"from a follower");
    assert_eq!(c.node(4).replies[&1], SubmitOutcome::Accepted);
    c.pass(3_000);
    assert!(c.heights().iter().all(|h| *h == c.heights()[0]), "{:?}", c.heights());
    // Two validators got it; the second copy's receipt says "duplicate", which is the rules' business.
    for n in 0..5 {
        assert!(c.node(n).final_transactions.contains(&sm3(b"from a follower")), "node {n}");
        assert!(c.node(n).final_transactions.len() <= 2, "node {n}: not forwarded again once final");
    }
    assert_eq!(c.node(4).replica.status().pending_transactions, 0);
}

#[test]
fn with_one_of_four_gone_its_turns_are_skipped_and_two_gone_stop_the_chain_safely() {
    let mut c = Cluster::new(4);
    c.settle();
    c.nodes[3] = None;
    for i in 0..130u64 {
        c.submit((i % 3) as usize, i, &i.to_le_bytes());
        c.pass(2_000);
    }
    let late: Vec<u64> =
        c.node(0).chain.iter().filter(|(_, cert)| cert.round > 0).map(|(b, _)| b.header.height.0).collect();
    assert!(!late.is_empty(), "the absent validator had a turn at least once");
    let chain = c.node(0).chain.len() as u64;
    assert!(chain > 100);
    let longest = late.windows(2).map(|w| w[1] - w[0]).chain([chain - late[late.len() - 1]]).max().unwrap();
    assert!(longest > 100, "{longest} heights in round 0; late: {late:?}");

    c.nodes[2] = None;
    let stopped = c.node(0).replica.status().tip;
    c.submit(0, 999, b"while two are gone");
    c.pass(30_000);
    assert_eq!(c.node(0).replica.status().tip, stopped);
    assert_eq!(c.node(0).replies[&999], SubmitOutcome::Accepted, "the promise stands");
}

#[test]
fn queues_are_bounded_and_answer_busy() {
    let mut c = Cluster::new(1);
    let limit = bencao_replica::limits::PENDING_TRANSACTIONS_MAX as u64;
    for i in 0..limit {
        c.submit(0, i, &i.to_le_bytes());
    }
    c.submit(0, limit, &limit.to_le_bytes());
    assert!(matches!(
        c.node(0).replies[&limit],
        SubmitOutcome::Refused(bencao_replica::Refusal::Busy { retry_after_ms }) if retry_after_ms > 0
    ));
    c.submit(0, limit + 1, b"");
    assert_eq!(c.node(0).replies[&(limit + 1)], SubmitOutcome::Refused(bencao_replica::Refusal::Malformed));
}
