//! Four replicas and a follower over perfect stores and a perfect network: the protocol's plain path, step by step.
//!
//! Faults are the simulator's business; here a failure is easy to read.

use bencao_consensus::{
    Block, CommitCertificate, Evidence, Results, Seat, SignedBatch, SignedVote, Terms, Turns, Vote, VoteKind,
};
use bencao_crypto::{Digest, KeyId, LibraryKeys, Signature, SigningKey, sm3};
use bencao_engine::Signer;
use bencao_genesis::{ChainId, Height, Limits, OrgId, Params, TimestampMs};
use bencao_replica::{
    Audience, Config, Effect, Executed, Input, Message, Note, Now, Payload, Peek, Replica, Start, SubmitOutcome, Timer,
    Voter,
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
    seated: Vec<Note>,
}

impl Node {
    /// Id of its last block. Certificates differ from node to node.
    fn last(&self) -> Option<bencao_consensus::BlockId> {
        self.chain.last().map(|(block, _)| block.id())
    }
}

struct Cluster {
    nodes: Vec<Option<Node>>,
    queue: VecDeque<(usize, Input)>,
    timers: BTreeMap<(usize, Timer), u64>,
    now_ms: u64,
    /// What governs a height.
    terms: Script,
    /// Who may connect.
    owners: Arc<bencao_replica::Nodes>,
    /// What the state asks for until a block has this time.
    deadline: Option<TimestampMs>,
}

type Script = fn(u64) -> Terms;

/// Seats of these (validator key, node key, power) at the default pace.
fn seats(all: &[(u8, u8, u64)]) -> Terms {
    let seat = |(validator, node, power): &(u8, u8, u64)| Seat {
        name: format!("v{validator}"),
        organisation: OrgId::parse("91350100M000100Y43").unwrap(),
        validator_key: key(*validator).public(),
        node_key: key(*node).public(),
        power: *power,
    };
    Terms::new(all.iter().map(seat).collect(), 1, Params::default(), Limits::default()).unwrap()
}

/// Nodes 0 to 3 for ever.
fn founders(_: u64) -> Terms {
    seats(&[(0, 10, 1), (1, 11, 1), (2, 12, 1), (3, 13, 1)])
}

fn genesis_results(terms: Script) -> Executed {
    Executed {
        height: Height(0),
        results: Results::default(),
        terms_after_next: Arc::new(terms(2)),
        nodes: Arc::default(),
        next_deadline: None,
        transactions: vec![],
    }
}

/// What the cluster's nodes say that a block did: longer than one message.
fn account(height: Height) -> Vec<u8> {
    vec![height.0 as u8; 2 * bencao_replica::limits::ACCOUNT_PART_BYTES + 7]
}

fn replica_diverged(n: u8, now: Now) -> (Replica, Vec<Effect>) {
    make_replica(n, &[n], founders, now, Some((Height(0), Results::default())))
}

/// Node `n` with these keys to vote with.
fn make_replica(
    n: u8,
    voters: &[u8],
    terms: Script,
    now: Now,
    diverged: Option<(Height, Results)>,
) -> (Replica, Vec<Effect>) {
    let voter = |k: &u8| Voter { id: key(*k).public().id(), signer: Arc::new(Key(key(*k))) };
    let config = Config { chain: chain(), me: key(10 + n).public().id(), voters: voters.iter().map(voter).collect() };
    let start = Start {
        tip: None,
        turns_at_tip: Turns::default(),
        turns: Turns::default(),
        executed: genesis_results(terms),
        terms: (0..3).map(|h| (Height(h), Arc::new(terms(h)))).collect(),
        genesis_time: TimestampMs(WALL - 1_000),
        wal: vec![],
        wal_voter: None,
        batches: vec![],
        ingress: vec![],
        diverged,
    };
    Replica::new(config, Arc::new(Key(key(10 + n))), Arc::new(LibraryKeys), Arc::new(Opaque), start, now).unwrap()
}

fn chain() -> ChainId {
    ChainId(sm3(b"test"))
}

impl Cluster {
    fn new(count: u8) -> Cluster {
        Cluster::under(founders, (0..count).map(|n| if n < 4 { vec![n] } else { vec![] }).collect())
    }

    /// One node for each list of keys to vote with.
    fn under(terms: Script, voters: Vec<Vec<u8>>) -> Cluster {
        let count = voters.len() as u8;
        let mut c = Cluster {
            nodes: vec![],
            queue: VecDeque::new(),
            timers: BTreeMap::new(),
            now_ms: 10_000,
            terms,
            owners: Arc::default(),
            deadline: None,
        };
        let now = c.now();
        for n in 0..count {
            let (replica, effects) = make_replica(n, &voters[n as usize], terms, now, None);
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
                seated: vec![],
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
                    let height = block.header.height;
                    certificate.verify(chain(), (self.terms)(height.0).set(), &LibraryKeys).unwrap();
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
                        terms_after_next: Arc::new((self.terms)(block.header.height.0 + 2)),
                        nodes: self.owners.clone(),
                        next_deadline: self.deadline.filter(|at| *at > block.header.time),
                        transactions,
                    };
                    self.queue.push_back((n, Input::Executed(executed)));
                }
                Effect::Send { to, message } => self.send(n, &to, &message),
                Effect::ServeBlock { to, height } => {
                    let (block, certificate) = node.chain[height.0 as usize - 1].clone();
                    self.send(n, &Audience::Peer(to), &Message::Block { block, certificate });
                }
                Effect::ServeBatches { to, batches } => {
                    let held: Vec<_> = batches.iter().filter_map(|id| node.batches.get(id).cloned()).collect();
                    held.iter().for_each(|b| self.send(n, &Audience::Peer(to), &Message::Batch((**b).clone())));
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
                    self.send(n, &Audience::Peer(to), &Message::AccountPart { height, total, offset, bytes });
                }
                Effect::Schedule { timer, after_ms } => {
                    self.timers.insert((n, timer), self.now_ms + after_ms);
                }
                Effect::Cancel(timer) => {
                    self.timers.remove(&(n, timer));
                }
                Effect::Note(note @ (Note::ProposalRefused { .. } | Note::PeerFault { .. })) => node.refused.push(note),
                Effect::Note(note @ (Note::Seated { .. } | Note::Unseated { .. })) => node.seated.push(note),
                _ => {}
            }
        }
    }

    fn send(&mut self, from: usize, to: &Audience, message: &Message) {
        let Some(sender) = self.nodes[from].as_ref().map(|n| n.id) else { return };
        for (i, node) in self.nodes.iter().enumerate().filter(|(i, _)| *i != from) {
            let Some(node) = node else { continue };
            let addressed = match to {
                Audience::Peer(id) => node.id == *id,
                Audience::Nodes(ids) => ids.contains(&node.id),
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

/// A fifth validator from height 5 on.
fn joined(height: u64) -> Terms {
    match height {
        0..5 => founders(height),
        _ => seats(&[(0, 10, 1), (1, 11, 1), (2, 12, 1), (3, 13, 1), (4, 14, 1)]),
    }
}

/// One bill after the other, at nodes in turn, until so many blocks are there.
fn grow(c: &mut Cluster, nodes: usize, height: u64) {
    let mut ticket = 1_000 * c.heights()[0];
    while c.heights()[0] < height {
        ticket += 1;
        c.submit(ticket as usize % nodes, ticket, &ticket.to_le_bytes());
        c.pass(250);
    }
}

fn signers(c: &Cluster, height: u64) -> Vec<KeyId> {
    c.node(0).chain[height as usize - 1].1.signatures.iter().map(|s| s.voter).collect()
}

#[test]
fn a_node_whose_key_enters_the_set_votes_by_itself() {
    let mut c = Cluster::under(joined, (0..5).map(|n| vec![n]).collect());
    c.settle();
    let newcomer = key(4).public().id();
    assert!(!c.node(4).replica.status().voting);
    c.submit(4, 7, b"of a follower");
    grow(&mut c, 4, 4);
    assert_eq!(c.node(4).seated, [Note::Seated { height: Height(5), validator: newcomer }]);
    assert!(c.node(4).replica.status().voting);
    grow(&mut c, 5, 30);
    assert!(c.node(4).final_transactions.contains(&sm3(b"of a follower")));
    let built = c.node(0).chain.iter().filter(|(b, _)| b.header.proposer == newcomer).count();
    assert!(built >= 4, "{built} blocks of its own");
    assert!(c.node(0).chain.iter().all(|(_, certificate)| certificate.round == 0), "nobody waited for it");
    assert!((5..30).any(|h| signers(&c, h).contains(&newcomer)) && (1..5).all(|h| !signers(&c, h).contains(&newcomer)));
    let authored = |n: usize| c.node(0).batches.values().any(|b| b.batch.author == c.node(n).id);
    assert!(authored(4), "it makes batches of its own");
    for n in 0..5 {
        assert_eq!(c.node(n).refused, [], "node {n}");
        assert_eq!(c.node(n).last(), c.node(0).last());
    }
}

/// Node 3 leaves with height 5.
fn left(height: u64) -> Terms {
    match height {
        0..5 => founders(height),
        _ => seats(&[(0, 10, 1), (1, 11, 1), (2, 12, 1)]),
    }
}

#[test]
fn a_validator_that_leaves_follows_and_its_bills_find_their_way() {
    let mut c = Cluster::under(left, (0..4).map(|n| vec![n]).collect());
    c.settle();
    grow(&mut c, 4, 4);
    assert_eq!(c.node(3).seated.last(), Some(&Note::Unseated { height: Height(5) }));
    c.submit(3, 7, b"after leaving");
    assert_eq!(c.node(3).replies[&7], SubmitOutcome::Accepted);
    grow(&mut c, 4, 30);
    c.pass(3_000);
    let gone = key(3).public().id();
    assert!((5..30).all(|h| !signers(&c, h).contains(&gone)));
    assert!(c.node(0).chain.iter().skip(4).all(|(b, cert)| b.header.proposer != gone && cert.round == 0));
    for n in 0..4 {
        assert!(c.node(n).final_transactions.contains(&sm3(b"after leaving")), "node {n}");
        assert_eq!(c.node(n).last(), c.node(0).last());
        assert_eq!(c.node(n).refused, [], "node {n}");
    }
    assert_eq!(c.node(3).replica.status().pending_transactions, 0);
    assert!(!c.node(3).replica.status().voting);
}

/// Node 0 votes with another key from height 5 on, node 1 from height 6 on, node 2 from 7 on, node 3 from 8 on.
fn rotated(height: u64) -> Terms {
    let key = |n: u8| if height >= 5 + u64::from(n) { 20 + n } else { n };
    seats(&[(key(0), 10, 1), (key(1), 11, 1), (key(2), 12, 1), (key(3), 13, 1)])
}

#[test]
fn every_validator_changes_its_key_while_the_chain_goes_on() {
    let mut c = Cluster::under(rotated, (0..4).map(|n| vec![n, 20 + n]).collect());
    c.settle();
    grow(&mut c, 4, 20);
    for n in 0..4u8 {
        let node = c.node(n as usize);
        let seated = |height, k: u8| Note::Seated { height: Height(height), validator: key(k).public().id() };
        assert_eq!(node.seated, [seated(1, n), seated(5 + u64::from(n), 20 + n)], "no height without a vote");
        assert_eq!(node.refused, []);
        assert_eq!(node.replica.status().voting_as, Some(key(20 + n).public().id()));
    }
    assert!(c.node(0).chain.iter().all(|(_, certificate)| certificate.round == 0));
    assert!(signers(&c, 20).iter().all(|voter| (20..24).any(|k| key(k).public().id() == *voter)));
}

/// From height 5 on node 3 is known under the key of node 4.
fn renamed(height: u64) -> Terms {
    match height {
        0..5 => founders(height),
        _ => seats(&[(0, 10, 1), (1, 11, 1), (2, 12, 1), (3, 14, 1)]),
    }
}

#[test]
fn a_node_is_heard_under_either_key_while_both_are_in_force() {
    let mut c = Cluster::under(renamed, (0..4).map(|n| vec![n]).collect());
    // Nodes 3 and 4 are of one member, which none of the others belongs to.
    let owner = OrgId::parse("91350100M000100Y43").unwrap();
    c.owners = Arc::new([(key(13).public().id(), owner.clone()), (key(14).public().id(), owner)].into());
    c.settle();
    grow(&mut c, 4, 30);
    let voter = key(3).public().id();
    let votes = (5..30).filter(|h| signers(&c, *h).contains(&voter)).count();
    assert!(votes > 3, "{votes} votes of the node that still has its old key");
    assert!(c.node(0).chain.iter().all(|(_, certificate)| certificate.round == 0));
    assert!(c.node(0).chain.iter().skip(6).any(|(b, _)| b.header.proposer == voter));
    for n in 0..4 {
        assert_eq!(c.node(n).refused, [], "node {n}");
    }
    // Without that, it is a stranger.
    let mut c = Cluster::under(renamed, (0..4).map(|n| vec![n]).collect());
    c.settle();
    grow(&mut c, 3, 20);
    assert!((6..20).all(|h| !signers(&c, h).contains(&voter)));
}

/// From height 5 on validator 0 has the power of three.
fn weighted(height: u64) -> Terms {
    match height {
        0..5 => founders(height),
        _ => seats(&[(0, 10, 3), (1, 11, 1), (2, 12, 1), (3, 13, 1)]),
    }
}

#[test]
fn power_counts_from_the_height_at_which_it_changes() {
    let mut c = Cluster::under(weighted, (0..4).map(|n| vec![n]).collect());
    c.settle();
    grow(&mut c, 4, 6);
    // Two of four validators, but with two thirds of the power less one: not enough. With a third one it is.
    (c.nodes[2], c.nodes[3]) = (None, None);
    let before = c.node(0).replica.status().tip;
    c.submit(0, 7, b"two of four");
    c.pass(20_000);
    assert_eq!(c.node(0).replica.status().tip, before, "4 of 6 is no quorum");
    assert_eq!(c.node(0).replies[&7], SubmitOutcome::Accepted);
}

/// The interval is ten times as long from height 6 on.
fn slowed(height: u64) -> Terms {
    let mut terms = founders(height);
    if height >= 6 {
        terms.params.block_interval_ms *= 10;
    }
    terms
}

#[test]
fn the_block_interval_of_a_height_is_kept_by_running_nodes() {
    let mut c = Cluster::under(slowed, (0..4).map(|n| vec![n]).collect());
    c.settle();
    // Each bill leaves an empty block that certifies it, one interval later.
    let interval = Params::default().block_interval_ms;
    for (bill, wait) in [(1u64, interval), (2, interval), (3, 10 * interval), (4, 10 * interval)] {
        let begun = c.now_ms;
        c.submit(0, bill, &bill.to_le_bytes());
        while c.heights()[0] < 2 * bill {
            c.pass(10);
        }
        let took = c.now_ms - begun;
        assert!((wait..wait + interval).contains(&took), "bill {bill}: {took} ms");
    }
}

/// Two prevotes of validator 3 that exclude each other.
fn double_vote(height: u64) -> [SignedVote; 2] {
    [None, Some(bencao_consensus::BlockId(sm3(b"other")))].map(|block| {
        let kind = VoteKind::Prevote;
        let vote = Vote { kind, height: Height(height), round: 0, block, voter: key(3).public().id() };
        SignedVote { signature: key(3).sign(&vote.sign_bytes(chain())), vote }
    })
}

#[test]
fn a_double_vote_is_proven_after_its_validator_has_left() {
    // Validator 3 is not run: what it says is said here. It leaves with height 5.
    let mut c = Cluster::under(left, (0..3).map(|n| vec![n]).collect());
    c.settle();
    grow(&mut c, 3, 3);
    let votes = double_vote(4);
    let from = key(13).public().id();
    for vote in &votes {
        for n in 0..3 {
            let message = Message::Engine(bencao_engine::Message::Vote(vote.clone()));
            c.queue.push_back((n, Input::Received { from, message }));
        }
    }
    grow(&mut c, 3, 20);
    let [one, other] = votes;
    let evidence = Evidence::new(one, other).unwrap();
    let carried: Vec<u64> = c
        .node(0)
        .chain
        .iter()
        .filter(|(b, _)| b.body.evidence.contains(&evidence))
        .map(|(b, _)| b.header.height.0)
        .collect();
    assert_eq!(carried.len(), 1, "once");
    assert!(carried[0] >= 5, "at a height whose set does not have it: {carried:?}");
    for n in 0..3 {
        assert_eq!(c.node(n).refused, [], "node {n}");
    }
}
