//! A cluster of engines with virtual time, a faulty network and crashes at any action, watched after every step.
//!
//! Checked throughout: one block per height; certificates verify by our own code; nothing is sent while records that were
//! appended before it are not durable; no honest node signs two different things for one height, round and kind.

use crate::keys::{HashKeys, HashSigner, chain, id, set};
use crate::wire::{Content, EARLY_MAX, Wire};
use bencao_chance::Rng;
use bencao_consensus::{
    BlockId, CommitCertificate, Evidence, SignedProposal, SignedVote, Turns, ValidatorSet, VoteKind,
};
use bencao_crypto::{KeyId, KnownKeys, tagged};
use bencao_engine::{Action, Config, Engine, Input, Message, Signer, TimeoutId, Timeouts};
use bencao_genesis::Height;
use std::collections::BTreeMap;
use std::sync::Arc;

const MS: u64 = 1_000;

pub(crate) type Sets = Arc<dyn Fn(u64) -> ValidatorSet>;

/// What happens in a run. Times in microseconds.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) nodes: usize,
    pub(crate) heights: u64,
    pub(crate) seed: u64,
    pub(crate) latency: (u64, u64),
    pub(crate) drop_percent: u64,
    /// Messages delayed by up to 1.5 s.
    pub(crate) slow_percent: u64,
    /// Mean time between crashes; 0 for none.
    pub(crate) crash_every: u64,
    /// Nodes that are never up.
    pub(crate) down: Vec<usize>,
    /// A node that tells different peers different things.
    pub(crate) liar: Option<usize>,
    pub(crate) log: bool,
    pub(crate) sets: Sets,
    pub(crate) keys: Arc<dyn KnownKeys>,
    pub(crate) signer: fn(usize) -> Arc<dyn Signer + Send + Sync>,
}

impl Plan {
    pub(crate) fn calm(nodes: usize, heights: u64) -> Plan {
        Plan {
            nodes,
            heights,
            seed: 1,
            latency: (5 * MS, 20 * MS),
            drop_percent: 0,
            slow_percent: 0,
            crash_every: 0,
            down: Vec::new(),
            liar: None,
            log: true,
            sets: Arc::new(move |_| set(0..nodes)),
            keys: Arc::new(HashKeys),
            signer: |i| HashSigner::new(i),
        }
    }

    pub(crate) fn stormy(nodes: usize, heights: u64, seed: u64) -> Plan {
        Plan {
            seed,
            latency: (MS, 30 * MS),
            drop_percent: 5,
            slow_percent: 5,
            crash_every: 700 * MS,
            ..Plan::calm(nodes, heights)
        }
    }
}

/// What a run showed.
#[derive(Default, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// Decided blocks, from height 1, with the round of the first certificate seen.
    pub(crate) agreed: Vec<(BlockId, u32)>,
    pub(crate) disagreements: u64,
    pub(crate) double_signs: u64,
    pub(crate) crashes: u64,
    pub(crate) synced: u64,
    pub(crate) evidence: Vec<Evidence>,
    /// Virtual time at the end.
    pub(crate) ended: u64,
}

/// What survives a crash.
#[derive(Clone, Default)]
struct Disk {
    log_height: u64,
    log: Vec<Vec<u8>>,
    bodies: BTreeMap<BlockId, Content>,
    chain: Vec<(Content, CommitCertificate)>,
    /// In force at height index + 1.
    turns: Vec<Turns>,
}

struct Node {
    engine: Engine,
    disk: Disk,
    unflushed: Vec<Vec<u8>>,
    timers: BTreeMap<TimeoutId, u64>,
    early: BTreeMap<usize, Vec<Wire>>,
    /// Actions until the planned crash.
    fuse: Option<u64>,
}

enum Event {
    Arrive { from: usize, to: usize, wire: Wire },
    Timer { node: usize, timeout: TimeoutId, name: u64 },
    Tell(usize),
    Strike,
    Boot(usize),
    Build { node: usize, height: Height, round: u32 },
    NextHeight(usize),
}

pub(crate) struct Cluster {
    plan: Plan,
    rng: Rng,
    now: u64,
    count: u64,
    events: BTreeMap<(u64, u64), Event>,
    nodes: Vec<Option<Node>>,
    disks: Vec<Disk>,
    signed: BTreeMap<(KeyId, Height, u32, u8), Option<BlockId>>,
    calm: bool,
    pub(crate) report: Report,
}

impl Cluster {
    pub(crate) fn new(plan: Plan) -> Cluster {
        let fresh = Disk { turns: vec![Turns::default(), Turns::default()], ..Disk::default() };
        let mut c = Cluster {
            rng: Rng(plan.seed),
            now: 0,
            count: 0,
            events: BTreeMap::new(),
            nodes: (0..plan.nodes).map(|_| None).collect(),
            disks: vec![fresh; plan.nodes],
            signed: BTreeMap::new(),
            calm: false,
            report: Report::default(),
            plan,
        };
        for i in (0..c.plan.nodes).filter(|i| !c.plan.down.contains(i)).collect::<Vec<_>>() {
            c.boot(i);
            let first = c.rng.range(0, 200 * MS);
            c.at(first, Event::Tell(i));
        }
        if c.plan.crash_every > 0 {
            c.at(c.plan.crash_every, Event::Strike);
        }
        c
    }

    /// Runs until every node that counts has all heights. Faults end when the first has.
    ///
    /// # Panics
    /// If that takes ten hours of virtual time, or on a violation other than the counted ones.
    pub(crate) fn run(mut self) -> Report {
        while self.least_height() < self.plan.heights {
            let ((time, _), event) = self.events.pop_first().expect("nodes always have a next event");
            assert!(time < 36_000_000 * MS, "no progress: {:?}", self.describe());
            self.now = time;
            self.happen(event);
            self.calm |= self.report.agreed.len() as u64 >= self.plan.heights;
        }
        self.report.ended = self.now;
        self.report
    }

    fn describe(&self) -> Vec<String> {
        self.nodes.iter().flatten().map(|n| format!("{:?}", n.engine.status())).collect()
    }

    fn least_height(&self) -> u64 {
        let counts = |i: &usize| self.plan.liar != Some(*i) && !self.plan.down.contains(i);
        let tip = |i: usize| self.nodes[i].as_ref().map_or(&self.disks[i], |n| &n.disk).chain.len() as u64;
        (0..self.plan.nodes).filter(counts).map(tip).min().expect("somebody counts")
    }

    fn at(&mut self, delay: u64, event: Event) {
        self.count += 1;
        self.events.insert((self.now + delay, self.count), event);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrive { from, to, wire } => self.arrive(from, to, wire),
            Event::Timer { node, timeout, name } => {
                let Some(n) = &mut self.nodes[node] else { return };
                if n.timers.get(&timeout) == Some(&name) {
                    n.timers.remove(&timeout);
                    self.step(node, Input::Timeout(timeout));
                }
            }
            Event::Tell(i) => {
                if let Some(n) = &self.nodes[i] {
                    let tip = Wire::Tip(n.disk.chain.len() as u64);
                    self.send_all(i, &tip);
                }
                self.at(200 * MS, Event::Tell(i));
            }
            Event::Strike => self.strike(),
            Event::Boot(i) => self.boot(i),
            Event::Build { node, height, round } => self.build(node, height, round),
            Event::NextHeight(i) => self.next_height(i),
        }
    }

    fn strike(&mut self) {
        let i = self.rng.range(0, self.plan.nodes as u64) as usize;
        let fuse = self.rng.range(0, 30);
        let all_up = self.nodes.iter().all(Option::is_some);
        if let (true, false, Some(n)) = (all_up, self.calm, &mut self.nodes[i]) {
            n.fuse = Some(fuse);
        }
        let next = self.rng.range(self.plan.crash_every / 2, self.plan.crash_every * 3 / 2);
        self.at(next, Event::Strike);
    }

    fn boot(&mut self, i: usize) {
        let mut disk = std::mem::take(&mut self.disks[i]);
        let height = Height(disk.chain.len() as u64 + 1);
        if disk.log_height != height.0 {
            disk.log.clear();
            disk.log_height = height.0;
        }
        let turns = disk.turns[disk.chain.len()].clone();
        let timeouts = Timeouts { propose_ms: 1_000, vote_ms: 500, step_ms: 250 };
        let config = Config { chain: chain(), me: id(i), timeouts };
        let set = (self.plan.sets)(height.0);
        let signer = (self.plan.signer)(i);
        let mut engine = Engine::new(config, signer, self.plan.keys.clone(), height, set.clone(), turns.clone());
        let actions = engine.start(height, set, turns, &disk.log).expect("the log of a crashed node is sound");
        let node =
            Node { engine, disk, unflushed: Vec::new(), timers: BTreeMap::new(), early: BTreeMap::new(), fuse: None };
        self.nodes[i] = Some(node);
        self.act(i, actions);
    }

    fn step(&mut self, i: usize, input: Input) {
        let Some(n) = &mut self.nodes[i] else { return };
        let actions = n.engine.step(input).expect("no input is fatal");
        self.act(i, actions);
    }

    fn act(&mut self, i: usize, actions: Vec<Action>) {
        for action in actions {
            let Some(n) = &mut self.nodes[i] else { return };
            if let Some(fuse) = &mut n.fuse {
                if *fuse == 0 {
                    return self.crash(i);
                }
                *fuse -= 1;
            }
            self.carry_out(i, action);
        }
    }

    fn carry_out(&mut self, i: usize, action: Action) {
        let n = self.nodes[i].as_mut().expect("running");
        match action {
            Action::Append(record) => n.unflushed.push(record),
            Action::Flush => n.disk.log.append(&mut n.unflushed),
            Action::Broadcast(message) => {
                assert!(n.unflushed.is_empty(), "sent before it was durable");
                self.watch(i, &message);
                self.send_all(i, &Wire::Engine(message));
            }
            Action::Schedule { timeout, after_ms } => {
                self.count += 1;
                let name = self.count;
                n.timers.insert(timeout, name);
                self.at(after_ms * MS, Event::Timer { node: i, timeout, name });
            }
            Action::Cancel(timeout) => {
                n.timers.remove(&timeout);
            }
            Action::CancelAll => n.timers.clear(),
            Action::Build { height, round } => self.at(0, Event::Build { node: i, height, round }),
            Action::Resend { block, round, valid_round, proposer } => {
                if let Some(content) = n.disk.bodies.get(&block).cloned() {
                    self.send_all(i, &Wire::Body { content, round, valid_round, proposer });
                }
            }
            Action::Decide { certificate } => self.decide(i, certificate),
            Action::Finalized { evidence, .. } => {
                self.report.evidence.extend(evidence);
                self.at(0, Event::NextHeight(i));
            }
        }
    }

    fn build(&mut self, i: usize, height: Height, round: u32) {
        let Some(n) = &mut self.nodes[i] else { return };
        if n.engine.height() != height || n.disk.chain.len() as u64 + 1 != height.0 {
            return;
        }
        let (me, tip) = (id(i), n.disk.chain.last());
        let previous_round = tip.map_or(0, |(_, c)| c.round);
        let parent = tip.map_or(BlockId::default(), |(b, _)| b.id());
        // What differs between two attempts, unless the first is remembered: a block is not a function of its place.
        let builder = if self.plan.log { me } else { KeyId([self.rng.draw() as u8; 20]) };
        let content = Content { height, round, builder, parent, previous_round };
        let block = content.id();
        n.disk.bodies.insert(block, content.clone());
        self.send_all(i, &Wire::Body { content, round, valid_round: None, proposer: me });
        self.step(i, Input::Built { height, round, block });
    }

    fn decide(&mut self, i: usize, certificate: CommitCertificate) {
        let n = self.nodes[i].as_mut().expect("running");
        let height = n.disk.chain.len() as u64 + 1;
        assert_eq!(certificate.height, Height(height));
        let set = (self.plan.sets)(height);
        assert_eq!(certificate.verify(chain(), &set, &*self.plan.keys), Ok(()));
        let content = n.disk.bodies.get(&certificate.block).expect("a decided body is at hand").clone();
        if self.report.agreed.len() as u64 + 1 == height {
            self.report.agreed.push((certificate.block, certificate.round));
        }
        if self.report.agreed[height as usize - 1].0 != certificate.block {
            self.report.disagreements += 1;
        }
        // Block h carries the certificate of h − 1, which gives the turns of h + 1.
        let turns = &n.disk.turns;
        let next = match height.checked_sub(2) {
            None => turns[1].clone(),
            Some(previous) => {
                let set = (self.plan.sets)(height - 1);
                let in_force = &turns[height as usize - 1];
                turns[previous as usize].after(&set, Height(height - 1), content.previous_round, in_force)
            }
        };
        n.disk.turns.resize(height as usize, Turns::default());
        n.disk.turns.push(next);
        n.disk.chain.push((content, certificate));
        n.disk.bodies.clear();
    }

    fn next_height(&mut self, i: usize) {
        let Some(n) = &mut self.nodes[i] else { return };
        let height = Height(n.disk.chain.len() as u64 + 1);
        if n.engine.height() >= height {
            return;
        }
        n.disk.log.clear();
        n.disk.log_height = height.0;
        n.unflushed.clear();
        let early = std::mem::take(&mut n.early);
        let turns = n.disk.turns[n.disk.chain.len()].clone();
        let actions = n.engine.start(height, (self.plan.sets)(height.0), turns, &[]).expect("the next height");
        self.act(i, actions);
        for (from, wires) in early {
            for wire in wires {
                self.at(0, Event::Arrive { from, to: i, wire });
            }
        }
    }

    fn crash(&mut self, i: usize) {
        self.report.crashes += 1;
        let mut n = self.nodes[i].take().expect("running");
        let kept = self.rng.range(0, n.unflushed.len() as u64 + 1) as usize;
        n.disk.log.extend(n.unflushed.drain(..kept));
        if !self.plan.log {
            n.disk.log.clear();
        }
        self.disks[i] = n.disk;
        let delay = self.rng.range(MS, 3_000 * MS);
        self.at(delay, Event::Boot(i));
    }

    fn send_all(&mut self, from: usize, wire: &Wire) {
        for to in (0..self.plan.nodes).filter(|to| *to != from) {
            let wire = if self.plan.liar == Some(from) { self.lie(from, to, wire.clone()) } else { wire.clone() };
            self.send(from, to, wire);
        }
    }

    fn send(&mut self, from: usize, to: usize, wire: Wire) {
        if !self.calm && self.rng.percent(self.plan.drop_percent) {
            return;
        }
        let mut delay = self.rng.range(self.plan.latency.0, self.plan.latency.1 + 1);
        if !self.calm && self.rng.percent(self.plan.slow_percent) {
            delay += self.rng.range(0, 1_500 * MS);
        }
        self.at(delay, Event::Arrive { from, to, wire });
    }

    /// Half of what a liar sends is another, properly signed, statement.
    fn lie(&mut self, from: usize, to: usize, wire: Wire) -> Wire {
        if self.rng.percent(50) {
            return wire;
        }
        let other = BlockId(tagged("test/lie", &[&[to as u8]]));
        let signer = HashSigner::new(from);
        match wire {
            Wire::Engine(Message::Vote(mut v)) => {
                v.vote.block = if v.vote.block.is_none() || to.is_multiple_of(2) { Some(other) } else { None };
                let signature = signer.signature(&v.vote.sign_bytes(chain()));
                Wire::Engine(Message::Vote(SignedVote { vote: v.vote, signature }))
            }
            Wire::Engine(Message::Proposal(mut p)) => {
                p.proposal.block = other;
                let signature = signer.signature(&p.proposal.sign_bytes(chain()));
                Wire::Engine(Message::Proposal(SignedProposal { proposal: p.proposal, signature }))
            }
            wire => wire,
        }
    }

    fn watch(&mut self, i: usize, message: &Message) {
        let me = id(i);
        if self.plan.liar == Some(i) || message.sender() != Some(me) {
            return;
        }
        let (kind, block) = match message {
            Message::Vote(v) => (u8::from(v.vote.kind == VoteKind::Precommit), v.vote.block),
            Message::Proposal(p) => (2, Some(p.proposal.block)),
            Message::Polka(_) | Message::Round(_) => unreachable!("certificates have no sender"),
        };
        let first = *self.signed.entry((me, message.height(), message.round(), kind)).or_insert(block);
        self.report.double_signs += u64::from(first != block);
    }

    fn arrive(&mut self, from: usize, to: usize, wire: Wire) {
        let Some(n) = &mut self.nodes[to] else { return };
        let tip = n.disk.chain.len() as u64;
        if wire.height() == Some(n.engine.height().next()) {
            let kept = n.early.entry(from).or_default();
            if kept.len() < EARLY_MAX {
                kept.push(wire);
            }
            return;
        }
        match wire {
            Wire::Engine(message) => {
                if let Some(block) = message.proposed_block()
                    && message.height().0 == tip + 1
                    && !n.disk.bodies.contains_key(&block)
                {
                    self.send(to, from, Wire::BodyWanted(block));
                }
                self.step(to, Input::Message(message));
            }
            Wire::Body { content, round, valid_round, proposer } => {
                if content.height.0 == tip + 1 {
                    let parent = n.disk.chain.last().map_or(BlockId::default(), |(b, _)| b.id());
                    let (height, block, valid) = (content.height, content.id(), content.parent == parent);
                    n.disk.bodies.insert(block, content);
                    self.step(to, Input::Verdict { height, round, valid_round, proposer, block, valid });
                }
            }
            Wire::BodyWanted(block) => {
                if let Some(content) = n.disk.bodies.get(&block).cloned() {
                    let (round, proposer) = (content.round, id(to));
                    self.send(to, from, Wire::Body { content, round, valid_round: None, proposer });
                }
            }
            Wire::Tip(height) => {
                if height > tip {
                    self.send(to, from, Wire::BlockWanted(tip + 1));
                }
            }
            Wire::BlockWanted(height) => {
                if let Some((content, certificate)) = n.disk.chain.get(height as usize - 1).cloned() {
                    self.send(to, from, Wire::Block(content, certificate));
                }
            }
            Wire::Block(content, certificate) => {
                let parent = n.disk.chain.last().map_or(BlockId::default(), |(b, _)| b.id());
                if certificate.height.0 == tip + 1 && content.parent == parent && content.id() == certificate.block {
                    let block = certificate.block;
                    n.disk.bodies.insert(block, content);
                    self.report.synced += 1;
                    self.step(to, Input::Synced { block, certificate });
                    self.send(to, from, Wire::BlockWanted(tip + 2));
                }
            }
        }
    }
}
