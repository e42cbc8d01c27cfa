//! One simulated machine: a real replica, real stores over memory that forgets what was not synced, and the host between
//! them, which may die at any effect.

use crate::events::Work;
use crate::keys::{FastKeys, FastSigner};
use crate::plan::Sabotage;
use crate::prng::Prng;
use crate::state::State;
use bencao_chaincode::governance::Membership;
use bencao_consensus::{Block, CommitCertificate, SignedBatch, Turns};
use bencao_crypto::{Digest, KeyId};
use bencao_genesis::{Genesis, Height, TimestampMs};
use bencao_ledger::memory::{MemoryCell, MemoryDirectory, MemoryKv, MemoryLog};
use bencao_ledger::{BlockStore, HighWater, IngressLog, Wal};
use bencao_replica::limits::HISTORY_HEIGHTS;
use bencao_replica::{Config, Effect, Input, Message, Now, Replica, Start, Timer, Voter};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Wall-clock milliseconds at virtual time 0.
pub(crate) const WALL_START_MS: u64 = 1_795_449_600_000;

/// What all machines share.
pub(crate) struct Setup {
    /// The chain.
    pub(crate) genesis: Genesis,
}

/// Keys for voting that a machine holds: one takes the place of the other when the chain says so.
pub(crate) const GENERATIONS: u32 = 4;

/// The key of machine `n` for voting, of one generation; its node key is 1000 above the first.
pub(crate) fn validator_signer(n: usize, generation: u32) -> FastSigner {
    FastSigner::numbered(validator_number(n, generation))
}

/// Its number.
pub(crate) fn validator_number(n: usize, generation: u32) -> u32 {
    n as u32 + 1 + 10_000 * generation
}

pub(crate) fn node_signer(n: usize) -> FastSigner {
    FastSigner::numbered(n as u32 + 1001)
}

impl Setup {
    /// A consortium of so many machines. Observers have keys for voting, too, which the chain may take up.
    pub(crate) fn new(validators: usize, observers: usize, settle_heights: u64) -> Setup {
        let keys = |n| (validator_signer(n, 0).public(), node_signer(n).public());
        let founding: Vec<_> = (0..validators).map(keys).collect();
        let following: Vec<_> = (validators..validators + observers).map(keys).collect();
        Setup { genesis: crate::workload::genesis(&founding, &following, settle_heights) }
    }

    fn config(&self, n: usize) -> Config {
        let voter = |generation| {
            let signer = validator_signer(n, generation);
            Voter { id: signer.public().id(), signer: Arc::new(signer) }
        };
        Config {
            chain: self.genesis.chain_id(),
            me: node_signer(n).public().id(),
            voters: (0..GENERATIONS).map(voter).collect(),
        }
    }
}

/// Everything that survives a crash.
struct Disks {
    blocks: MemoryKv,
    state: MemoryKv,
    wal: MemoryLog,
    marks: Vec<MemoryCell>,
    ingress: MemoryDirectory,
}

/// A running process.
struct Life {
    replica: Replica,
    blocks: BlockStore<MemoryKv>,
    state: State,
    wal: Wal<MemoryLog, MemoryCell>,
    ingress: IngressLog<MemoryDirectory>,
    timers: BTreeMap<Timer, u64>,
    /// When the last piece of work of each store is done, virtual milliseconds.
    busy_until: [u64; 4],
    /// Effects until the process dies, if it is doomed.
    effects_left: Option<u64>,
}

/// A machine.
pub(crate) struct Machine {
    index: usize,
    network_id: KeyId,
    voters: Vec<KeyId>,
    setup: Arc<Setup>,
    skew_ms: i64,
    disks: Disks,
    life: Option<Life>,
    lives: u64,
    settings: u64,
}

impl Machine {
    /// A machine with empty disks.
    pub(crate) fn new(index: usize, setup: Arc<Setup>, skew_ms: i64) -> Machine {
        let disks = Disks {
            blocks: MemoryKv::new(),
            state: MemoryKv::new(),
            wal: MemoryLog::new(),
            marks: fresh_cells(),
            ingress: MemoryDirectory::new(),
        };
        let voters = (0..GENERATIONS).map(|generation| validator_signer(index, generation).public().id()).collect();
        let network_id = node_signer(index).public().id();
        let mut machine =
            Machine { index, network_id, voters, setup, skew_ms, disks, life: None, lives: 0, settings: 0 };
        machine.found_marks();
        machine
    }

    /// Of a new home: the marks exist before the first start.
    fn found_marks(&mut self) {
        for mut mark in self.marks() {
            mark.raise(Height::GENESIS).expect("memory does not fail");
        }
    }

    fn marks(&self) -> Vec<HighWater<MemoryCell>> {
        let mark = |(key, cell): (&KeyId, &MemoryCell)| {
            HighWater::open(cell.clone(), self.setup.genesis.chain_id(), *key).expect("memory does not fail")
        };
        self.voters.iter().zip(&self.disks.marks).map(mark).collect()
    }

    fn now(&self, now_ms: u64) -> Now {
        let wall = (WALL_START_MS + now_ms).saturating_add_signed(self.skew_ms);
        Now { mono_ms: now_ms, wall: TimestampMs(wall) }
    }

    /// Its name on the network.
    pub(crate) fn network_id(&self) -> KeyId {
        self.network_id
    }

    /// Whether this machine votes with that key.
    pub(crate) fn is_voter(&self, key: &KeyId) -> bool {
        self.voters.contains(key)
    }

    /// Whether a process runs.
    pub(crate) fn is_alive(&self) -> bool {
        self.life.is_some()
    }

    /// Whether that process still runs.
    pub(crate) fn lives(&self, life: u64) -> bool {
        self.life.is_some() && self.lives == life
    }

    fn alive(&mut self) -> &mut Life {
        self.life.as_mut().expect("a process runs")
    }

    /// Boots from the disks.
    pub(crate) fn start(&mut self, now_ms: u64) -> Result<Vec<Effect>, String> {
        let chain = self.setup.genesis.chain_id();
        let blocks = BlockStore::open(self.disks.blocks.clone(), chain).map_err(|e| e.to_string())?;
        let state = State::open(self.disks.state.clone(), &self.setup.genesis, &blocks)?;
        let records = self.disks.wal.reopen().map_err(|e| e.to_string())?;
        let (mut wal, recovered) = Wal::open(self.disks.wal.clone(), records).map_err(|e| e.to_string())?;
        let signing = wal.guard(self.marks());
        let (ingress, accepted) = IngressLog::open(self.disks.ingress.clone()).map_err(|e| e.to_string())?;
        let start = self.recover(&blocks, &state, &recovered, accepted)?;
        let mut config = self.setup.config(self.index);
        config.voters.retain(|voter| signing[&voter.id].is_ok());
        let own = Arc::new(node_signer(self.index));
        let payload = Arc::new(crate::workload::Transactions);
        let now = self.now(now_ms);
        let (replica, effects) =
            Replica::new(config, own, Arc::new(FastKeys), payload, start, now).map_err(|e| e.to_string())?;
        self.lives += 1;
        self.life = Some(Life {
            replica,
            blocks,
            state,
            wal,
            ingress,
            timers: BTreeMap::new(),
            busy_until: [0; 4],
            effects_left: None,
        });
        Ok(effects)
    }

    fn recover(
        &self,
        blocks: &BlockStore<MemoryKv>,
        state: &State,
        recovered: &bencao_ledger::Recovered,
        accepted: Vec<bencao_ledger::ingress::Accepted>,
    ) -> Result<Start, String> {
        let text = |e: bencao_ledger::StoreError| e.to_string();
        let tip = blocks.tip().map_err(text)?.map_or(Height::GENESIS, |t| t.height);
        let decided = if tip == Height::GENESIS { None } else { blocks.decided(tip).map_err(text)? };
        let turns = |h: Height| blocks.turns(h).map_err(text).map(Option::unwrap_or_default);
        let mut batches = Vec::new();
        for id in blocks.unordered().map_err(text)? {
            batches.extend(blocks.batch(&id).map_err(text)?.map(Arc::new));
        }
        let open = accepted.into_iter().filter(|a| !state.is_final(&a.id)).map(|a| Arc::new(a.transaction));
        Ok(Start {
            tip: decided,
            turns_at_tip: if tip == Height::GENESIS { Turns::default() } else { turns(tip)? },
            turns: turns(tip.next())?,
            executed: state.last(),
            terms: (tip.0.saturating_sub(HISTORY_HEIGHTS)..=tip.0 + 2).map(|h| state.terms_at(Height(h))).collect(),
            genesis_time: self.setup.genesis.time_ms,
            wal: recovered.entries_of(tip.next()).to_vec(),
            wal_voter: recovered.voter.filter(|_| recovered.height == Some(tip.next())),
            batches,
            ingress: open.collect(),
            diverged: None,
        })
    }

    /// One input to the replica.
    pub(crate) fn step(&mut self, now_ms: u64, input: Input) -> Result<Vec<Effect>, String> {
        let now = self.now(now_ms);
        self.alive().replica.step(now, input).map_err(|e| e.to_string())
    }

    /// The process will die after so many more effects.
    pub(crate) fn doom(&mut self, effects: u64) {
        if let Some(life) = &mut self.life {
            life.effects_left.get_or_insert(effects);
        }
    }

    /// Faults are over: whoever was doomed lives on.
    pub(crate) fn pardon(&mut self) {
        if let Some(life) = &mut self.life {
            life.effects_left = None;
        }
    }

    /// Counts an effect; true if the process dies before it.
    pub(crate) fn dies_here(&mut self) -> bool {
        match self.life.as_mut().and_then(|l| l.effects_left.as_mut()) {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }

    /// The process dies; disks lose a random part of what was not synced, and more if they are sabotaged.
    pub(crate) fn crash(&mut self, rng: &mut Prng, sabotage: Sabotage) {
        self.life = None;
        let mut keep = |loose: usize| rng.below(loose as u64 + 1) as usize;
        self.disks.wal.crash(&mut keep);
        self.disks.ingress.crash(&mut keep);
        self.disks.blocks.crash(&mut keep);
        self.disks.state.crash(&mut keep);
        match sabotage {
            Sabotage::Nothing => {}
            Sabotage::LoseLogAndMark => {
                self.disks.wal = MemoryLog::new();
                self.disks.marks = fresh_cells();
                self.found_marks();
            }
            Sabotage::LoseIngress => self.disks.ingress = MemoryDirectory::new(),
        }
    }

    /// Empties the consensus log for a height.
    pub(crate) fn wal_reset(&mut self, height: Height, voter: KeyId) {
        self.alive().wal.reset(height, voter).expect("memory does not fail");
    }

    /// Appends to the consensus log.
    pub(crate) fn wal_append(&mut self, record: &[u8]) {
        self.alive().wal.append(record).expect("memory does not fail");
    }

    /// Appends to the ingress log.
    pub(crate) fn ingress_append(&mut self, transaction: &[u8]) {
        let id = bencao_replica::Payload::peek(&crate::workload::Transactions, transaction).expect("ours").id;
        self.alive().ingress.append(id, transaction).expect("memory does not fail");
    }

    /// Lets the ingress log forget.
    pub(crate) fn ingress_forget(&mut self, ids: &[Digest]) {
        self.alive().ingress.forget(ids).expect("memory does not fail");
    }

    /// Removes void batches.
    pub(crate) fn drop_batches(&mut self, ids: &[bencao_consensus::BatchId]) {
        self.alive().blocks.remove_batches(ids).expect("memory does not fail");
    }

    /// A decided block for a peer.
    pub(crate) fn serve_block(&mut self, height: Height) -> Option<Message> {
        let (block, certificate) = self.alive().blocks.decided(height).expect("memory does not fail")?;
        Some(Message::Block { block, certificate })
    }

    /// Batches for a peer.
    pub(crate) fn serve_batches(&mut self, ids: &[bencao_consensus::BatchId]) -> Vec<Message> {
        let blocks = &self.alive().blocks;
        let batch = |id| blocks.batch(id).expect("memory does not fail");
        ids.iter().filter_map(batch).map(Message::Batch).collect()
    }

    /// When a piece of work is done, given that each store works in order: (after milliseconds, life).
    pub(crate) fn queue_work(&mut self, work: &Work, now_ms: u64, takes_ms: u64) -> (u64, u64) {
        let store = match work {
            Work::FlushWal(_) => 0,
            Work::FlushIngress(_) => 1,
            Work::StoreBatch(_) | Work::Commit { .. } => 2,
            Work::Execute(_) => 3,
        };
        let lives = self.lives;
        let busy = &mut self.alive().busy_until[store];
        *busy = (*busy).max(now_ms) + takes_ms;
        (*busy - now_ms, lives)
    }

    /// Does the work and says what the replica hears.
    pub(crate) fn perform(&mut self, work: Work) -> Result<Input, String> {
        let life = self.alive();
        Ok(match work {
            Work::FlushWal(sequence) => {
                life.wal.flush().map_err(|e| e.to_string())?;
                Input::WalFlushed { sequence }
            }
            Work::FlushIngress(ticket) => {
                life.ingress.flush().map_err(|e| e.to_string())?;
                Input::IngressDurable { ticket }
            }
            Work::StoreBatch(batch) => {
                let batch: &SignedBatch = &batch;
                life.blocks.put_batches([batch]).map_err(|e| e.to_string())?;
                Input::BatchStored(batch.batch.id())
            }
            Work::Commit { block, certificate, turns } => {
                life.blocks.commit(&block, &certificate, &turns).map_err(|e| e.to_string())?;
                Input::Committed(block.header.height)
            }
            Work::Execute(block) => Input::Executed(execute(life, &block)?),
        })
    }

    /// Receipts of a block: transaction id, whether applied.
    pub(crate) fn receipts(&mut self, height: Height) -> Vec<(Digest, bool)> {
        self.alive().state.receipts(height)
    }

    /// Counts a setting of a timer: (life, setting). Earlier settings of the name are void.
    pub(crate) fn next_setting(&mut self, timer: Timer) -> (u64, u64) {
        self.settings += 1;
        let (lives, setting) = (self.lives, self.settings);
        self.alive().timers.insert(timer, setting);
        (lives, setting)
    }

    /// Whether a timer was not replaced or cancelled since.
    pub(crate) fn timer_is_current(&self, life: u64, timer: Timer, setting: u64) -> bool {
        self.lives(life) && self.life.as_ref().is_some_and(|l| l.timers.get(&timer) == Some(&setting))
    }

    /// Last executed height; genesis while the process is down.
    pub(crate) fn executed_tip(&self) -> Height {
        self.life.as_ref().map_or(Height::GENESIS, |l| l.replica.status().executed)
    }

    /// Who takes part, as this machine's state has it.
    pub(crate) fn membership(&self) -> Option<Arc<Membership>> {
        self.life.as_ref().map(|l| l.state.membership())
    }

    /// Whether a certificate is one of the validators of its height, as this machine's state has them.
    pub(crate) fn certifies(&self, certificate: &CommitCertificate) -> bool {
        self.life.as_ref().is_some_and(|l| l.state.certifies(certificate, self.setup.genesis.chain_id()))
    }

    /// A status proof that this machine makes, verified from genesis; how many changes of the validators it leads over.
    pub(crate) fn prove(&self) -> Result<usize, String> {
        let life = self.life.as_ref().ok_or("it is down")?;
        life.state.prove(&life.blocks, &self.setup.genesis)
    }

    /// Earliest deadline of the executed state.
    pub(crate) fn next_deadline(&self) -> Option<TimestampMs> {
        self.life.as_ref().and_then(|l| l.state.last().next_deadline)
    }

    /// One line for a report of a stall.
    pub(crate) fn describe(&self) -> String {
        match &self.life {
            None => format!("node {} is down", self.index),
            Some(l) => format!("node {}: {:?}", self.index, l.replica.status()),
        }
    }
}

fn fresh_cells() -> Vec<MemoryCell> {
    (0..GENERATIONS).map(|_| MemoryCell::new()).collect()
}

fn execute(life: &mut Life, block: &Block) -> Result<bencao_replica::Executed, String> {
    let batches = life.blocks.batches_of(&block.body).map_err(|e| e.to_string())?;
    life.state.execute(block, &batches)
}
