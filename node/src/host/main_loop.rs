//! The loop that owns the replica: inputs in, effects out to threads, network and clients.

use super::blocks::{BlockOrder, Decided};
use super::cache::BatchCache;
use super::clock::Clock;
use super::execution::ExecutionOrder;
use super::ingress::IngressOrder;
use super::inputs::{Inputs, Next, Submission};
use super::network::{Outbound, Outgoing};
use super::orders::Orders;
use super::serve::ServeOrder;
use super::stop::Stop;
use super::timers::Timers;
use super::wal::WalOrder;
use super::welcome::Welcome;
use crate::api::app::Progress;
use crate::bills::{Bills, Pending};
use crate::config::OnUnseated;
use crate::error::NodeError;
use crate::metrics::{Label, Metrics};
use bencao_chaincode::TransactionId;
use bencao_network::Class;
use bencao_replica::{Effect, Input, Note, Refusal, Replica, ReplicaError, SubmitOutcome};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{oneshot, watch};

/// Milliseconds between two looks at the replica's status when nothing is executed.
const STATUS_INTERVAL_MS: u64 = 100;

/// Queues of the threads.
#[derive(Debug)]
pub(crate) struct Threads {
    pub(crate) wal: Orders<WalOrder>,
    pub(crate) blocks: Orders<BlockOrder>,
    pub(crate) ingress: Orders<IngressOrder>,
    pub(crate) execution: Orders<ExecutionOrder>,
    pub(crate) serve: Orders<ServeOrder>,
    pub(crate) outgoing: Orders<Outgoing>,
    /// Accepted batches of others, whose transactions' signatures are checked ahead of execution.
    pub(crate) warm: Orders<Arc<bencao_consensus::SignedBatch>>,
}

/// A submission waiting for its answer.
#[derive(Debug)]
struct Ticket {
    id: TransactionId,
    bill: Pending,
    reply: oneshot::Sender<SubmitOutcome>,
}

/// Everything the loop owns.
pub(crate) struct MainLoop {
    pub(crate) replica: Replica,
    pub(crate) clock: Clock,
    pub(crate) inputs: Inputs,
    pub(crate) threads: Threads,
    pub(crate) outbound: Outbound,
    pub(crate) cache: BatchCache,
    pub(crate) bills: Arc<Bills>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) status: watch::Sender<bencao_replica::Status>,
    pub(crate) progress: watch::Sender<Progress>,
    pub(crate) stop: Stop,
    pub(crate) on_unseated: OnUnseated,
    pub(crate) books: Books,
}

/// What the loop remembers between inputs.
#[derive(Debug, Default)]
pub(crate) struct Books {
    timers: Timers,
    tickets: BTreeMap<u64, Ticket>,
    next_ticket: u64,
    last_status_ms: u64,
    welcome: Welcome,
}

impl MainLoop {
    /// Runs until the node stops. `first` are the effects of the replica's own start.
    pub(crate) async fn run(mut self, first: Vec<Effect>) -> Result<(), NodeError> {
        self.carry_out(first);
        self.publish();
        let stop = self.stop.clone();
        loop {
            let wake = self.books.timers.next_ms().map(|ms| self.clock.instant(ms));
            let next = tokio::select! {
                biased;
                () = stop.requested() => return Ok(()),
                () = sleep_until(wake) => None,
                next = self.inputs.next() => Some(next),
            };
            self.fire_timers()?;
            match next {
                Some(Next::Input(input)) => self.step(input)?,
                Some(Next::Submission(submission)) => self.submit(submission)?,
                None => {}
            }
            if self.clock.mono_ms() >= self.books.last_status_ms + STATUS_INTERVAL_MS {
                self.publish();
            }
        }
    }

    fn fire_timers(&mut self) -> Result<(), ReplicaError> {
        let now_ms = self.clock.mono_ms();
        while let Some(timer) = self.books.timers.pop(now_ms) {
            self.step(Input::Timer(timer))?;
        }
        Ok(())
    }

    fn submit(&mut self, submission: Submission) -> Result<(), ReplicaError> {
        let Submission { id, bill, transaction, reply } = submission;
        self.books.next_ticket += 1;
        let ticket = self.books.next_ticket;
        self.books.tickets.insert(ticket, Ticket { id, bill, reply });
        self.metrics.accepted(id.0, self.clock.mono_ms());
        self.step(Input::Submit { ticket, transaction })
    }

    fn step(&mut self, input: Input) -> Result<(), ReplicaError> {
        let done = match &input {
            Input::Executed(executed) => {
                self.metrics.executed(&executed.transactions, self.clock.mono_ms());
                true
            }
            Input::Committed(height) => {
                self.outbound.network.set_height(height.0);
                true
            }
            _ => false,
        };
        let effects = self.replica.step(self.clock.now(), input)?;
        self.carry_out(effects);
        if done {
            self.publish();
        }
        Ok(())
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.carry_out_one(effect);
        }
    }

    /// A thread that has ended takes its orders with it: then the node is stopping already.
    fn carry_out_one(&mut self, effect: Effect) {
        let threads = &self.threads;
        match effect {
            Effect::WalReset { height, voter } => {
                threads.wal.send(WalOrder::Reset(height, voter));
            }
            Effect::WalAppend(record) => {
                threads.wal.send(WalOrder::Append(record));
            }
            Effect::WalFlush { sequence } => {
                threads.wal.send(WalOrder::Flush { sequence });
            }
            Effect::Ingress { ticket, transaction } => {
                let id = self.books.tickets.get(&ticket).expect("a ticket is kept until it is answered").id.0;
                threads.ingress.send(IngressOrder::Append { ticket, id, transaction });
            }
            Effect::IngressForget(ids) => {
                self.metrics.forgotten(&ids);
                self.bills.expired(ids.iter().copied());
                threads.ingress.send(IngressOrder::Forget(ids));
            }
            Effect::Reply { ticket, outcome } => self.reply(ticket, outcome),
            Effect::StoreBatch(batch) => {
                let id = batch.batch.id();
                self.cache.put(id, batch.clone());
                threads.warm.offer(batch.clone());
                threads.blocks.send(BlockOrder::Batch(id, batch));
            }
            Effect::DropBatches(ids) => {
                threads.blocks.send(BlockOrder::Drop(ids));
            }
            Effect::Commit { block, certificate, turns } => {
                threads.blocks.send(BlockOrder::Commit(Box::new(Decided { block, certificate, turns })));
            }
            Effect::Execute(block) => {
                threads.execution.send(ExecutionOrder::Execute(block));
            }
            Effect::Send { to, message } => self.send(Outgoing { to, message }),
            Effect::ServeBlock { to, height } => {
                threads.serve.offer(ServeOrder::Block { to, height });
            }
            Effect::ServeBatches { to, batches } => {
                threads.serve.offer(ServeOrder::Batches { to, batches });
            }
            Effect::Dump { height, certified } => {
                threads.execution.send(ExecutionOrder::Dump { height, certified });
            }
            Effect::Compare { from, certified, account, .. } => {
                threads.execution.send(ExecutionOrder::Compare { from, certified, account });
            }
            Effect::ServeAccount { to, height, offset } => {
                threads.serve.offer(ServeOrder::Account { to, height, offset });
            }
            Effect::Schedule { timer, after_ms } => {
                self.books.timers.schedule(timer, self.clock.mono_ms().saturating_add(after_ms));
            }
            Effect::Cancel(timer) => self.books.timers.cancel(timer),
            Effect::Note(note) => self.note(note),
        }
    }

    /// Votes leave at once; larger messages are encoded elsewhere.
    fn send(&self, outgoing: Outgoing) {
        if super::network::class_of(&outgoing.message) == Class::Consensus {
            self.outbound.send(&outgoing);
        } else {
            self.threads.outgoing.send(outgoing);
        }
    }

    fn reply(&mut self, ticket: u64, outcome: SubmitOutcome) {
        let Some(Ticket { id, bill, reply }) = self.books.tickets.remove(&ticket) else { return };
        let kind = match outcome {
            SubmitOutcome::Accepted => "accepted",
            SubmitOutcome::AlreadyPending => "already_pending",
            SubmitOutcome::Refused(Refusal::Busy { .. }) => "busy",
            SubmitOutcome::Refused(Refusal::Malformed) => "malformed",
            SubmitOutcome::Refused(Refusal::Expired) => "expired",
            SubmitOutcome::Refused(Refusal::Diverged) => "diverged",
        };
        self.metrics.submissions.get_or_create(&Label { kind }).inc();
        if matches!(outcome, SubmitOutcome::Refused(_)) {
            self.metrics.forgotten(&[id.0]);
        } else {
            self.bills.taken(id, bill);
        }
        // The client may have gone: it asks again by the transaction's id.
        let _ = reply.send(outcome);
    }

    fn note(&self, note: Note) {
        let kind = match &note {
            Note::HeightStarted(height) => {
                tracing::debug!(%height, "height started");
                "height_started"
            }
            Note::Decided { height, round, batches } => {
                tracing::debug!(%height, round, batches, "decided");
                self.metrics.extra_rounds.inc_by(u64::from(*round));
                "decided"
            }
            Note::ProposalRefused { height, round, why } => {
                tracing::warn!(%height, round, ?why, "proposal refused");
                "proposal_refused"
            }
            Note::ClockSkew { proposed, own } => {
                tracing::warn!(%proposed, %own, "a proposal's time is far from this node's clock");
                "clock_skew"
            }
            Note::PeerFault { peer, why } => {
                tracing::warn!(%peer, ?why, "a peer broke the protocol");
                "peer_fault"
            }
            Note::Equivocation(validator) => {
                tracing::error!(%validator, "a validator voted twice in one round");
                "equivocation"
            }
            Note::Seated { height, validator } => {
                tracing::info!(%height, %validator, "this node votes from this height on");
                "seated"
            }
            Note::Unseated { height } => {
                tracing::warn!(%height, "no key of this node is in the validator set any more: it follows");
                if self.on_unseated == OnUnseated::Stop {
                    tracing::warn!("stopping, as configured by on_unseated");
                    self.stop.request();
                }
                "unseated"
            }
            Note::Diverged { height, certified, own } => {
                tracing::error!(%height, ?certified, ?own, "this node's results differ from certified ones: it stops voting");
                "diverged"
            }
        };
        self.metrics.notes.get_or_create(&Label { kind }).inc();
    }

    fn publish(&mut self) {
        self.books.last_status_ms = self.clock.mono_ms();
        let status = self.replica.status();
        let m = &self.metrics;
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        m.tip.set(number(status.tip.0));
        m.executed.set(number(status.executed.0));
        m.round.set(status.round.map_or(0, |(_, round)| i64::from(round)));
        m.voting.set(i64::from(status.voting));
        m.diverged.set(i64::from(status.diverged));
        m.peers.set(count(status.peers.len()));
        m.pending.set(count(status.pending_transactions));
        m.unordered.set(count(status.unordered_batches));
        for (kind, length) in self.inputs.lengths() {
            m.queues.get_or_create(&Label { kind }).set(count(length));
        }
        if let Some(welcome) = self.books.welcome.look(&status, self.books.last_status_ms) {
            tracing::info!(welcome, "certified peers whose keys are not known here");
            self.outbound.network.welcome_certified(welcome);
        }
        let progress = Progress::of(&status);
        self.status.send_replace(status);
        self.progress.send_if_modified(|now| std::mem::replace(now, progress) != progress);
    }
}

async fn sleep_until(at: Option<std::time::Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
