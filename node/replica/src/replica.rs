//! The composition: state, start-up, dispatch of inputs, status.

use crate::catch_up::CatchUp;
use crate::effect::{Audience, Effect, Executed, Input, Note, PeerFault, Refusal, SubmitOutcome, Timer};
use crate::gate::Gate;
use crate::inquiry::Inquiry;
use crate::limits::{EARLY_MESSAGES_PER_SENDER_MAX, STATUS_INTERVAL_MS};
use crate::mempool::{Mempool, Payload};
use crate::message::Message;
use crate::pace::Load;
use crate::pool::Pool;
use crate::presence::{Presence, Sight};
use crate::proposals::Proposals;
use crate::wal::Record;
use bencao_consensus::{
    Batch, BatchId, Block, BlockId, CommitCertificate, Evidence, Results, SignedBatch, Turns, ValidatorSet,
};
use bencao_crypto::{KeyId, KnownKeys, PublicKey};
use bencao_engine::{Engine, RoundStatus, Signer, Timeouts};
use bencao_genesis::{ChainId, Height, Limits, Params, TimestampMs};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

mod batching;
mod chain;
mod heights;

/// Both clocks at the moment of an input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Now {
    /// Milliseconds of a clock that never goes back.
    pub mono_ms: u64,
    /// This node's idea of the time.
    pub wall: TimestampMs,
}

/// A validator's two names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Member {
    /// Id of the key that votes.
    pub validator: KeyId,
    /// Key of its node: its name on the network, and the signature on its batches.
    pub node: PublicKey,
}

impl Member {
    /// Its name on the network.
    pub fn node_id(&self) -> KeyId {
        self.node.id()
    }
}

/// What does not change while the process runs.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which chain.
    pub chain: ChainId,
    /// Pace and timeouts.
    pub params: Params,
    /// Sizes and counts.
    pub limits: Limits,
    /// Own node key.
    pub me: KeyId,
    /// Own validator key, if this node is to vote.
    pub validator: Option<KeyId>,
    /// All validators.
    pub members: Vec<Member>,
}

/// What the node recovered from its stores.
#[derive(Clone, Debug)]
pub struct Start {
    /// Last decided block with its certificate; none at genesis.
    pub tip: Option<(Block, CommitCertificate)>,
    /// Skip list in force at the tip's height.
    pub turns_at_tip: Turns,
    /// Skip list in force at the next height.
    pub turns: Turns,
    /// Results of the tip (of genesis: height 0). The node executes up to the tip before it starts a replica.
    pub executed: Executed,
    /// Validator sets by height: tip, tip + 1 and tip + 2 at least.
    pub sets: Vec<(Height, ValidatorSet)>,
    /// Time of genesis.
    pub genesis_time: TimestampMs,
    /// Records of the consensus log of height tip + 1, oldest first.
    pub wal: Vec<Vec<u8>>,
    /// Whether the signer's high-water mark allows votes (D17).
    pub may_vote: bool,
    /// Stored batches that no decided block names.
    pub batches: Vec<Arc<SignedBatch>>,
    /// Transactions promised to clients and not final.
    pub ingress: Vec<Arc<Vec<u8>>>,
    /// The last executed height, if its results differ from these certified ones (D18): the node serves reads, does not
    /// vote, and need not have executed up to the tip.
    pub diverged: Option<(Height, Results)>,
}

/// A bug, or a log that is damaged in the middle: the process stops.
#[derive(Debug, thiserror::Error)]
pub enum ReplicaError {
    /// The engine reports a broken invariant or a log that does not replay.
    #[error("consensus engine: {0}")]
    Engine(#[from] bencao_engine::EngineError),
    /// A record of the consensus log is not one of ours.
    #[error("consensus log record {index} is damaged: {source}")]
    Log {
        /// Position, from 0.
        index: usize,
        /// Why.
        source: bencao_crypto::CodecError,
    },
    /// The engine decided a block whose body is not here.
    #[error("decided block {0} is not known")]
    UnknownDecision(BlockId),
}

/// Where the replica stands.
#[derive(Clone, Debug)]
pub struct Status {
    /// Last block that is decided and durable here.
    pub tip: Height,
    /// Last block executed here.
    pub executed: Height,
    /// Height and round under way, if this node votes.
    pub round: Option<(Height, u32)>,
    /// Who has done what in it.
    pub round_state: Option<RoundStatus>,
    /// When it began, by this node's clock.
    pub round_since: Option<TimestampMs>,
    /// The newest statement of each other validator that this node has heard.
    pub sights: Vec<Sight>,
    /// Whether this node votes.
    pub voting: bool,
    /// Whether this node's results differ from certified ones.
    pub diverged: bool,
    /// Highest height that a peer claims.
    pub highest_seen: Height,
    /// Connected peers and their heights.
    pub peers: Vec<(KeyId, Height)>,
    /// Own transactions accepted and not final.
    pub pending_transactions: usize,
    /// Batches waiting for order.
    pub unordered_batches: usize,
    /// Bytes of their transactions.
    pub unordered_bytes: u64,
}

/// Whether the open batch waits for its time limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum BatchTimer {
    Idle,
    Running,
    Due,
}

/// A decided block that is not durable yet.
#[derive(Debug)]
struct Deciding {
    block: Arc<Block>,
    certificate: CommitCertificate,
    turns: Turns,
}

/// The tip of the chain, durable here.
#[derive(Debug)]
struct Tip {
    height: Height,
    id: BlockId,
    time: TimestampMs,
    has_batches: bool,
    certificate: Option<CommitCertificate>,
    turns_at: Turns,
    turns_next: Turns,
}

/// One node's brain.
pub struct Replica {
    config: Config,
    keys: Arc<dyn KnownKeys>,
    payload: Arc<dyn Payload>,
    signer: Option<Arc<dyn Signer + Send + Sync>>,
    node_signer: Arc<dyn Signer + Send + Sync>,
    members_by_node: BTreeMap<KeyId, KeyId>,
    node_keys: BTreeMap<KeyId, PublicKey>,

    engine: Option<Engine>,
    gate: Gate,
    proposals: Proposals,
    /// Of the height after the one whose decision is being stored.
    proposals_next: Proposals,
    /// Engine messages of the next two heights that came before the engine could take them, by height and sender: a
    /// peer that decides first speaks of the height after.
    early: BTreeMap<Height, BTreeMap<KeyId, Vec<bencao_engine::Message>>>,
    /// (height, round) that the engine waits for a block of.
    build: Option<(Height, u32)>,
    last_start_ms: u64,
    load: Load,
    evidence: Vec<Evidence>,

    tip: Tip,
    deciding: Option<Deciding>,
    executed: Executed,
    sets: BTreeMap<Height, ValidatorSet>,
    /// Set once this node's results differ from certified ones, and never cleared.
    diverged: Option<Inquiry>,

    mempool: Mempool,
    pool: Pool,
    /// This node's batches, until they are ordered: to offer them again.
    own_batches: BTreeMap<BatchId, Arc<SignedBatch>>,
    batch_sequence: u64,
    batch_timer: BatchTimer,
    /// A batch of this node that the holder of its key has not signed yet.
    unsigned: Option<Batch>,
    forward_rotation: usize,
    catch_up: CatchUp,
    presence: Presence,
}

impl Replica {
    /// Starts from what the stores hold: replays the consensus log, offers un-ordered batches and open promises again.
    ///
    /// # Errors
    /// [`ReplicaError`] if the consensus log does not replay.
    pub fn new(
        config: Config,
        signer: Option<Arc<dyn Signer + Send + Sync>>,
        node_signer: Arc<dyn Signer + Send + Sync>,
        keys: Arc<dyn KnownKeys>,
        payload: Arc<dyn Payload>,
        start: Start,
        now: Now,
    ) -> Result<(Replica, Vec<Effect>), ReplicaError> {
        let members_by_node = config.members.iter().map(|m| (m.node_id(), m.validator)).collect();
        let node_keys = config.members.iter().map(|m| (m.node_id(), m.node)).collect();
        let votes = start.may_vote && start.diverged.is_none() && config.validator.is_some();
        let mut replica = Replica {
            members_by_node,
            node_keys,
            keys,
            payload,
            signer: signer.filter(|_| votes),
            node_signer,
            engine: None,
            gate: Gate::default(),
            proposals: Proposals::default(),
            proposals_next: Proposals::default(),
            early: BTreeMap::new(),
            build: None,
            last_start_ms: now.mono_ms.saturating_sub(config.params.block_interval_ms),
            load: Load::default(),
            evidence: Vec::new(),
            tip: Tip::from_start(&start),
            deciding: None,
            executed: start.executed.clone(),
            sets: start.sets.iter().cloned().collect(),
            diverged: start.diverged.map(|(height, certified)| Inquiry::new(height, certified)),
            mempool: Mempool::default(),
            pool: Pool::default(),
            // Milliseconds since the epoch: above every number used before a restart.
            batch_sequence: now.wall.0,
            own_batches: BTreeMap::new(),
            batch_timer: BatchTimer::Idle,
            unsigned: None,
            forward_rotation: 0,
            catch_up: CatchUp::default(),
            presence: Presence::default(),
            config,
        };
        let mut out = Vec::new();
        replica.presence.tick(now.wall);
        replica.recover_batches(&start, &mut out);
        replica.recover_log(&start.wal, now, &mut out)?;
        out.push(Effect::Schedule { timer: Timer::Status, after_ms: STATUS_INTERVAL_MS });
        out.push(Effect::Schedule { timer: Timer::Resend, after_ms: crate::limits::RESEND_INTERVAL_MS });
        replica.progress(now, &mut out)?;
        Ok((replica, out))
    }

    /// One input in, effects out, in order.
    ///
    /// # Errors
    /// [`ReplicaError`]: a bug; the process stops.
    pub fn step(&mut self, now: Now, input: Input) -> Result<Vec<Effect>, ReplicaError> {
        let mut out = Vec::new();
        self.presence.tick(now.wall);
        match input {
            Input::Submit { ticket, transaction } => self.submit(ticket, transaction, &mut out),
            Input::IngressDurable { ticket } => self.ingress_durable(ticket, &mut out),
            Input::Received { from, message } => self.received(from, message, now, &mut out)?,
            Input::PeerUp(peer) => self.peer_up(peer, &mut out),
            Input::PeerDown(peer) => self.catch_up.peer_down(peer),
            Input::Timer(timer) => self.timer(timer, &mut out)?,
            Input::WalFlushed { sequence } => self.gate.flushed(sequence, &mut out),
            Input::BatchStored(id) => self.batch_stored(id, &mut out),
            Input::Committed(height) => self.committed(height, now, &mut out),
            Input::Executed(executed) => self.executed(executed, &mut out),
            Input::Compared { proven } => {
                if let Some(inquiry) = &mut self.diverged {
                    inquiry.judged(proven);
                }
            }
        }
        self.progress(now, &mut out)?;
        self.presence.in_round(self.round());
        Ok(out)
    }

    /// Where the replica stands.
    pub fn status(&self) -> Status {
        let voting = self.signer.is_some() && self.diverged.is_none();
        Status {
            tip: self.tip.height,
            executed: self.executed.height,
            round: self.round(),
            round_state: self.round().and_then(|_| self.engine.as_ref().map(Engine::status)),
            round_since: self.presence.round_since(),
            sights: self.presence.sights(),
            voting,
            diverged: self.diverged.is_some(),
            highest_seen: self.catch_up.highest(),
            peers: self.catch_up.peers().collect(),
            pending_transactions: self.mempool.pending_count(),
            unordered_batches: self.pool.len(),
            unordered_bytes: self.pool.bytes(),
        }
    }

    /// Height and round under way, if this node votes.
    fn round(&self) -> Option<(Height, u32)> {
        let voting = self.signer.is_some() && self.diverged.is_none();
        self.engine.as_ref().filter(|_| voting).map(|e| (e.height(), e.round()))
    }

    /// Everything that may have become possible: verdicts, building, starting the next height, catching up.
    fn progress(&mut self, now: Now, out: &mut Vec<Effect>) -> Result<(), ReplicaError> {
        self.close_batch(out);
        self.try_start(now, out)?;
        self.judge(now, out)?;
        self.try_build(now, out)?;
        self.try_adopt(now, out)?;
        self.ask(now, out);
        Ok(())
    }

    fn submit(&mut self, ticket: u64, transaction: Arc<Vec<u8>>, out: &mut Vec<Effect>) {
        if self.diverged.is_some() {
            out.push(Effect::Reply { ticket, outcome: SubmitOutcome::Refused(Refusal::Diverged) });
            return;
        }
        let peek = self.payload.peek(&transaction);
        self.mempool.submit(ticket, transaction, peek, self.tip.time, &self.config.limits, out);
    }

    fn received(&mut self, from: KeyId, message: Message, now: Now, out: &mut Vec<Effect>) -> Result<(), ReplicaError> {
        match message {
            Message::Engine(m) => self.engine_message(from, m, out)?,
            Message::Proposal { block, round, valid_round, proposer } => {
                let claim = crate::proposals::Claim { round, valid_round, proposer, block: block.id() };
                self.proposal(from, Arc::new(block), claim, out);
            }
            Message::ProposalRequest { height, block } => self.serve_proposal(from, height, block, out),
            Message::Batch(batch) => self.batch_received(from, batch, out),
            Message::BatchAck(id) => self.batch_acknowledged(from, id, out),
            Message::BatchReady(id) => self.pool.ready(&id, from),
            Message::BatchRequest(batches) if batches.len() > crate::limits::REQUEST_BATCHES_MAX => {
                self.fault(from, PeerFault::RequestTooLarge, out);
            }
            Message::BatchRequest(batches) => out.push(Effect::ServeBatches { to: from, batches }),
            Message::Status(height) => self.catch_up.heard(from, height),
            Message::BlockRequest(height) if height <= self.tip.height && height > Height::GENESIS => {
                out.push(Effect::ServeBlock { to: from, height });
            }
            Message::BlockRequest(_) => {}
            Message::Block { block, certificate } => {
                let served = crate::catch_up::Served { block: Arc::new(block), certificate, from, verified: false };
                self.catch_up.keep(served);
            }
            Message::Forward(transaction) => self.forwarded(transaction),
            Message::AccountRequest { height, offset } => {
                if height <= self.executed.height && self.diverged.is_none() {
                    out.push(Effect::ServeAccount { to: from, height, offset });
                }
            }
            Message::AccountPart { height, total, offset, bytes } => {
                self.account_part(from, (height, total, offset), &bytes, now, out);
            }
        }
        Ok(())
    }

    fn timer(&mut self, timer: Timer, out: &mut Vec<Effect>) -> Result<(), ReplicaError> {
        match timer {
            Timer::Engine(id) => self.engine_timeout(id, out)?,
            Timer::Pace => {}
            Timer::Batch => self.batch_timer = BatchTimer::Due,
            Timer::Resend => self.resend(out),
            Timer::Status => {
                self.tell_status(out);
                out.push(Effect::Schedule { timer: Timer::Status, after_ms: STATUS_INTERVAL_MS });
            }
        }
        Ok(())
    }

    fn peer_up(&mut self, peer: KeyId, out: &mut Vec<Effect>) {
        self.catch_up.peer_up(peer);
        let message = Arc::new(Message::Status(self.tip.height));
        out.push(Effect::Send { to: Audience::Peer(peer), message });
    }

    fn tell_status(&self, out: &mut Vec<Effect>) {
        out.push(Effect::Send { to: Audience::Everyone, message: Arc::new(Message::Status(self.tip.height)) });
    }

    fn fault(&self, peer: KeyId, why: PeerFault, out: &mut Vec<Effect>) {
        out.push(Effect::Note(Note::PeerFault { peer, why }));
    }

    fn timeouts(&self) -> Timeouts {
        let p = &self.config.params;
        Timeouts { propose_ms: p.propose_timeout_ms, vote_ms: p.vote_timeout_ms, step_ms: p.timeout_step_ms }
    }

    /// The set that decides `height`, once it is known.
    fn set(&self, height: Height) -> Option<&ValidatorSet> {
        self.sets.get(&height)
    }

    /// Keeps one sender's early messages bounded; the oldest stay, the engine rebroadcasts the rest.
    fn keep_early(&mut self, validator: KeyId, message: bencao_engine::Message) {
        let list = self.early.entry(message.height()).or_default().entry(validator).or_default();
        if list.len() < EARLY_MESSAGES_PER_SENDER_MAX {
            list.push(message);
        }
    }

    fn pinned(&self) -> BTreeSet<BatchId> {
        let mut pinned = self.proposals.pinned();
        if let Some(d) = &self.deciding {
            pinned.extend(d.block.body.batches.iter().copied());
        }
        if let Some(served) = self.catch_up.served(self.tip.height.next()) {
            pinned.extend(served.block.body.batches.iter().copied());
        }
        pinned
    }

    fn recover_log(&mut self, wal: &[Vec<u8>], now: Now, out: &mut Vec<Effect>) -> Result<(), ReplicaError> {
        let mut entries = Vec::new();
        for (index, bytes) in wal.iter().enumerate() {
            match Record::from_bytes(bytes).map_err(|source| ReplicaError::Log { index, source })? {
                Record::Engine(entry) => entries.push(entry),
                Record::Block(block) => {
                    self.proposals.log(block.id());
                    self.proposals.learn(Arc::new(block));
                }
            }
        }
        if self.signer.is_some() && !(entries.is_empty() && wal.is_empty()) {
            self.start_height(&entries, false, now, out)?;
        }
        Ok(())
    }
}

impl Tip {
    fn from_start(start: &Start) -> Tip {
        let (turns_at, turns_next) = (start.turns_at_tip.clone(), start.turns.clone());
        match &start.tip {
            None => Tip {
                height: Height::GENESIS,
                id: BlockId::default(),
                time: start.genesis_time,
                has_batches: false,
                certificate: None,
                turns_at,
                turns_next,
            },
            Some((block, certificate)) => Tip {
                height: block.header.height,
                id: block.id(),
                time: block.header.time,
                has_batches: !block.body.batches.is_empty(),
                certificate: Some(certificate.clone()),
                turns_at,
                turns_next,
            },
        }
    }
}
