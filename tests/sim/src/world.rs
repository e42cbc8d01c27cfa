//! The world of one seed: real replicas and ledgers, virtual clock, faulty network and stores.

use crate::checker::{Checker, Violation};
use crate::events::{Agenda, Event, Work};
use crate::network::{Network, Weather};
use crate::node::{Machine, Setup, WALL_START_MS};
use crate::plan::Plan;
use crate::prng::Prng;
use crate::workload::{Submission, Workload};
use bencao_genesis::Height;
use bencao_replica::{Audience, Effect, Input, Message, SubmitOutcome, Timer};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Between looks at whether everything is made good, virtual milliseconds.
const PROBE_EVERY_MS: u64 = 500;
/// More events than this in one seed are a live-lock.
const EVENTS_MAX: u64 = 20_000_000;

/// What a seed showed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report {
    /// Greatest height decided.
    pub(crate) height: u64,
    /// Events handled.
    pub(crate) events: u64,
    /// Processes killed.
    pub(crate) crashes: u64,
    /// Messages lost.
    pub(crate) lost: u64,
    /// Bills promised.
    pub(crate) promised: usize,
    /// Bills applied.
    pub(crate) applied: usize,
    /// Greatest round that decided.
    pub(crate) round_max: u32,
    /// Changes of the validators.
    pub(crate) set_changes: usize,
}

/// One seed's world.
pub(crate) struct World {
    plan: Plan,
    rng: Prng,
    agenda: Agenda,
    network: Network,
    machines: Vec<Machine>,
    checker: Checker,
    workload: Workload,
    tickets: BTreeMap<u64, bencao_crypto::Digest>,
    ticket: u64,
    crashes: u64,
    round_max: u32,
    set_changes: usize,
    faults_over: bool,
}

impl World {
    /// Everything as the seed says, nothing started.
    pub(crate) fn new(seed: u64) -> World {
        let mut rng = Prng::new(seed);
        let plan = Plan::draw(&mut rng);
        World::with_plan(plan, rng)
    }

    /// A world with a given plan, for scripted tests.
    pub(crate) fn with_plan(plan: Plan, mut rng: Prng) -> World {
        let setup = Arc::new(Setup::new(plan.validators, plan.observers, plan.settle_heights));
        let count = plan.validators + plan.observers;
        let mut skew = rng.fork(1);
        let machines = (0..count)
            .map(|i| Machine::new(i, setup.clone(), skew.between(0, 2 * plan.skew_ms) as i64 - plan.skew_ms as i64))
            .collect();
        let network = Network::new(plan.weather.clone(), rng.fork(2));
        let workload = Workload::new(setup, rng.fork(3));
        World {
            plan,
            agenda: Agenda::default(),
            network,
            machines,
            checker: Checker::default(),
            workload,
            tickets: BTreeMap::new(),
            ticket: 0,
            crashes: 0,
            round_max: 0,
            set_changes: 0,
            faults_over: false,
            rng,
        }
    }

    /// Runs to the end of the recovery phase.
    ///
    /// # Errors
    /// The first [`Violation`].
    pub(crate) fn run(&mut self) -> Result<Report, Violation> {
        for i in 0..self.machines.len() {
            // Of a consortium that changes, machines that do not vote yet may join later, with nothing.
            if self.plan.govern_every_ms > 0 && i >= self.plan.validators && self.rng.chance(500) {
                let after = self.rng.between(1, self.plan.faults_ms);
                self.agenda.schedule(after, Event::Restart(i));
            } else {
                self.start(i)?;
            }
        }
        self.plan_govern();
        self.agenda.schedule(self.plan.submit_every_ms, Event::Submit);
        self.agenda.schedule(self.plan.faults_ms, Event::Calm);
        self.plan_crash();
        self.plan_cut();
        while let Some(event) = self.agenda.next() {
            if self.agenda.scheduled() > EVENTS_MAX {
                return Err(Violation::Stalled("too many events".into()));
            }
            if self.handle(event)? {
                break;
            }
        }
        Ok(self.report())
    }

    fn report(&self) -> Report {
        let (promised, applied) = self.checker.counts();
        Report {
            height: self.checker.highest().0,
            events: self.agenda.scheduled(),
            crashes: self.crashes,
            lost: self.network.lost,
            promised,
            applied,
            round_max: self.round_max,
            set_changes: self.set_changes,
        }
    }

    /// One event. Returns whether the world is done.
    fn handle(&mut self, event: Event) -> Result<bool, Violation> {
        match event {
            Event::Deliver { from, to, message } => self.deliver(from, to, &message)?,
            Event::Work { node, life, work } => self.work(node, life, work)?,
            Event::Timer { node, life, timer, setting } => {
                if self.machines[node].timer_is_current(life, timer, setting) {
                    self.hear(node, Input::Timer(timer))?;
                }
            }
            Event::Crash(node) => {
                let effects = self.rng.below(40);
                self.machines[node].doom(effects);
                self.plan_crash();
            }
            Event::Restart(node) => self.start(node)?,
            Event::Cut => self.cut(),
            Event::Submit => self.submit()?,
            Event::Govern => self.govern()?,
            Event::Calm => self.calm(),
            Event::Probe => return self.probe(),
        }
        Ok(false)
    }

    fn plan_crash(&mut self) {
        if self.plan.crash_every_ms > 0 && !self.faults_over {
            let node = self.rng.below(self.machines.len() as u64) as usize;
            let after = self.rng.between(1, 2 * self.plan.crash_every_ms);
            self.agenda.schedule(after, Event::Crash(node));
        }
    }

    fn crash(&mut self, node: usize) {
        self.crashes += 1;
        self.machines[node].crash(&mut self.rng, self.plan.sabotage);
        let after = self.rng.between(10, 2_000);
        self.agenda.schedule(after, Event::Restart(node));
    }

    fn plan_cut(&mut self) {
        if self.plan.cut_every_ms > 0 && !self.faults_over {
            let after = self.rng.between(1, 2 * self.plan.cut_every_ms);
            self.agenda.schedule(after, Event::Cut);
        }
    }

    /// Cuts into two random groups, or heals, in turn.
    fn cut(&mut self) {
        let side = if self.faults_over || self.rng.chance(500) {
            BTreeSet::new()
        } else {
            (0..self.machines.len()).filter(|_| self.rng.chance(500)).collect()
        };
        self.network.cut(side);
        self.plan_cut();
    }

    fn calm(&mut self) {
        self.faults_over = true;
        self.network.cut(BTreeSet::new());
        self.network.change(Weather::calm());
        for machine in &mut self.machines {
            machine.pardon();
        }
        self.agenda.schedule(PROBE_EVERY_MS, Event::Probe);
    }

    /// Everybody at one height, every promise kept, nothing pending, no deadline left; or time is over.
    fn probe(&mut self) -> Result<bool, Violation> {
        let tips: Vec<Height> = self.machines.iter().map(Machine::executed_tip).collect();
        let level = tips.iter().all(|t| *t == tips[0]) && self.machines.iter().all(Machine::is_alive);
        let open = self.checker.open_promise();
        // Nothing is submitted any more: an idle chain makes a block for each deadline, and then sleeps.
        let due = self.machines.iter().any(|m| m.next_deadline().is_some());
        if level && open.is_none() && !due {
            let provable = tips[0] > Height::GENESIS;
            for node in (0..self.machines.len()).filter(|_| provable) {
                self.set_changes = self.machines[node].prove().map_err(|why| Violation::Proof { node, why })?;
            }
            return Ok(true);
        }
        if self.agenda.now_ms() > self.plan.faults_ms + self.plan.recovery_ms {
            if let Some(lost) = open.filter(|_| level) {
                return Err(Violation::Lost(lost));
            }
            let states: Vec<String> = self.machines.iter().map(Machine::describe).collect();
            return Err(Violation::Stalled(states.join("; ")));
        }
        self.agenda.schedule(PROBE_EVERY_MS, Event::Probe);
        Ok(false)
    }

    fn start(&mut self, node: usize) -> Result<(), Violation> {
        if self.machines[node].is_alive() {
            return Ok(());
        }
        let now_ms = self.agenda.now_ms();
        let effects = self.machines[node].start(now_ms).map_err(|why| Violation::Stopped { node, why })?;
        self.carry_out(node, effects)?;
        for other in (0..self.machines.len()).filter(|o| *o != node) {
            if self.machines[other].is_alive() {
                let (a, b) = (self.machines[node].network_id(), self.machines[other].network_id());
                self.hear(node, Input::PeerUp(b))?;
                self.hear(other, Input::PeerDown(a))?;
                self.hear(other, Input::PeerUp(a))?;
            }
        }
        Ok(())
    }

    fn hear(&mut self, node: usize, input: Input) -> Result<(), Violation> {
        if !self.machines[node].is_alive() {
            return Ok(());
        }
        let now_ms = self.agenda.now_ms();
        let effects = self.machines[node].step(now_ms, input).map_err(|why| Violation::Stopped { node, why })?;
        self.carry_out(node, effects)
    }

    fn deliver(&mut self, from: usize, to: usize, message: &Arc<Message>) -> Result<(), Violation> {
        // Over the wire form: what does not survive the codec does not arrive.
        let bytes = message.to_bytes();
        let message = Message::from_bytes(&bytes, message.class())
            .map_err(|e| Violation::Stopped { node: from, why: format!("its message does not decode: {e}") })?;
        let from = self.machines[from].network_id();
        self.hear(to, Input::Received { from, message })
    }

    fn carry_out(&mut self, node: usize, effects: Vec<Effect>) -> Result<(), Violation> {
        for effect in effects {
            if self.machines[node].dies_here() {
                self.crash(node);
                return Ok(());
            }
            self.effect(node, effect)?;
        }
        Ok(())
    }

    fn effect(&mut self, node: usize, effect: Effect) -> Result<(), Violation> {
        let slow = self.rng.between(0, 4);
        match effect {
            Effect::WalReset { height, voter } => self.machines[node].wal_reset(height, voter),
            Effect::WalAppend(record) => self.machines[node].wal_append(&record),
            Effect::WalFlush { sequence } => self.later(node, slow, Work::FlushWal(sequence)),
            Effect::Ingress { ticket, transaction } => {
                self.machines[node].ingress_append(&transaction);
                self.later(node, slow, Work::FlushIngress(ticket));
            }
            Effect::IngressForget(ids) => self.machines[node].ingress_forget(&ids),
            Effect::Reply { ticket, outcome } => self.reply(ticket, outcome),
            Effect::StoreBatch(batch) => self.later(node, slow, Work::StoreBatch(batch)),
            Effect::DropBatches(ids) => self.machines[node].drop_batches(&ids),
            Effect::Commit { block, certificate, turns } => {
                let height = block.header.height;
                self.checker.decided(node, height, block.id())?;
                if !self.machines[node].certifies(&certificate) {
                    return Err(Violation::Certificate { node, height });
                }
                self.round_max = self.round_max.max(certificate.round);
                self.later(node, slow, Work::Commit { block, certificate, turns });
            }
            Effect::Execute(block) => self.later(node, slow, Work::Execute(block)),
            Effect::Send { to, message } => self.send(node, &to, &message)?,
            Effect::ServeBlock { to, height } => {
                if let Some(message) = self.machines[node].serve_block(height) {
                    self.send(node, &Audience::Peer(to), &Arc::new(message))?;
                }
            }
            Effect::ServeBatches { to, batches } => {
                for message in self.machines[node].serve_batches(&batches) {
                    self.send(node, &Audience::Peer(to), &Arc::new(message))?;
                }
            }
            // Honest nodes never differ, so nobody has anything to ask about: the note of it is a violation.
            Effect::Dump { .. } | Effect::Compare { .. } | Effect::ServeAccount { .. } => {
                return Err(Violation::Stopped { node, why: "a divergence without a note of it".into() });
            }
            Effect::Schedule { timer, after_ms } => self.set_timer(node, timer, after_ms),
            Effect::Cancel(timer) => {
                self.machines[node].next_setting(timer);
            }
            Effect::Note(note) => self.note(node, &note)?,
        }
        Ok(())
    }

    fn note(&mut self, node: usize, note: &bencao_replica::Note) -> Result<(), Violation> {
        match note {
            bencao_replica::Note::Diverged { height, .. } => Err(Violation::Results { height: *height, node }),
            _ => Ok(()),
        }
    }

    fn later(&mut self, node: usize, after_ms: u64, work: Work) {
        // Each store works in order: a later piece never overtakes an earlier one.
        let (after_ms, life) = self.machines[node].queue_work(&work, self.agenda.now_ms(), after_ms);
        self.agenda.schedule(after_ms, Event::Work { node, life, work });
    }

    fn set_timer(&mut self, node: usize, timer: Timer, after_ms: u64) {
        let (life, setting) = self.machines[node].next_setting(timer);
        self.agenda.schedule(after_ms, Event::Timer { node, life, timer, setting });
    }

    fn work(&mut self, node: usize, life: u64, work: Work) -> Result<(), Violation> {
        if !self.machines[node].lives(life) {
            return Ok(());
        }
        if self.machines[node].dies_here() {
            self.crash(node);
            return Ok(());
        }
        let input = self.machines[node].perform(work).map_err(|why| Violation::Stopped { node, why })?;
        if let Input::Executed(executed) = &input {
            self.checker.executed(node, executed.height, executed.results)?;
            for (id, applied) in self.machines[node].receipts(executed.height) {
                self.checker.placed(id, executed.height, applied)?;
            }
        }
        self.hear(node, input)
    }

    fn send(&mut self, node: usize, to: &Audience, message: &Arc<Message>) -> Result<(), Violation> {
        self.inspect(node, message)?;
        for other in (0..self.machines.len()).filter(|o| *o != node) {
            let addressed = match to {
                Audience::Peer(id) => self.machines[other].network_id() == *id,
                Audience::Nodes(ids) => ids.contains(&self.machines[other].network_id()),
                Audience::Everyone => true,
            };
            if !addressed {
                continue;
            }
            if let Some(delay) = self.network.deliver(node, other) {
                self.agenda.schedule(delay, Event::Deliver { from: node, to: other, message: message.clone() });
            }
        }
        Ok(())
    }

    /// What an honest node lets out must never contradict what it let out before, whatever crashed in between.
    fn inspect(&mut self, node: usize, message: &Message) -> Result<(), Violation> {
        match message {
            Message::Engine(bencao_engine::Message::Vote(v)) if self.machines[node].is_voter(&v.vote.voter) => {
                self.checker.voted(node, &v.vote)
            }
            Message::Engine(bencao_engine::Message::Proposal(p))
                if self.machines[node].is_voter(&p.proposal.proposer) =>
            {
                let p = &p.proposal;
                self.checker.proposed(node, p.proposer, p.height, p.round, p.block)
            }
            _ => Ok(()),
        }
    }

    fn submit(&mut self) -> Result<(), Violation> {
        if self.faults_over {
            return Ok(());
        }
        let wall = WALL_START_MS + self.agenda.now_ms();
        let transaction = self.workload.next(wall);
        self.send_in(transaction)?;
        let after = self.rng.between(1, 2 * self.plan.submit_every_ms);
        self.agenda.schedule(after, Event::Submit);
        Ok(())
    }

    /// A client submits at a random node; nobody hears it if that is down.
    fn send_in(&mut self, transaction: Submission) -> Result<(), Violation> {
        let node = self.rng.below(self.machines.len() as u64) as usize;
        self.ticket += 1;
        self.tickets.insert(self.ticket, transaction.id);
        self.hear(node, Input::Submit { ticket: self.ticket, transaction: Arc::new(transaction.bytes) })
    }

    fn plan_govern(&mut self) {
        if self.plan.govern_every_ms > 0 && !self.faults_over {
            let after = self.rng.between(1, 2 * self.plan.govern_every_ms);
            self.agenda.schedule(after, Event::Govern);
        }
    }

    /// Decides something about the validators, as some node has them.
    fn govern(&mut self) -> Result<(), Violation> {
        if self.faults_over {
            return Ok(());
        }
        if let Some(membership) = self.machines.iter().find_map(Machine::membership) {
            let wall = WALL_START_MS + self.agenda.now_ms();
            let transaction = self.workload.govern(&membership, self.machines.len(), wall);
            self.send_in(transaction)?;
        }
        self.plan_govern();
        Ok(())
    }

    fn reply(&mut self, ticket: u64, outcome: SubmitOutcome) {
        let id = self.tickets.remove(&ticket).expect("one answer to each submission");
        if matches!(outcome, SubmitOutcome::Accepted | SubmitOutcome::AlreadyPending) {
            self.checker.promised(id);
        }
    }
}
