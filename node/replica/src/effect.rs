//! Everything that goes into and comes out of a replica.

use crate::membership::Nodes;
use crate::message::Message;
use bencao_consensus::{BatchId, Block, CommitCertificate, Results, SignedBatch, Terms, Turns};
use bencao_crypto::{Digest, KeyId};
use bencao_genesis::{Height, TimestampMs};
use std::sync::Arc;

/// Something happened.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "moved once through a queue; a box for every vote would cost more")]
pub enum Input {
    /// A client's transaction that passed admission at this node's API.
    Submit {
        /// Names the answer.
        ticket: u64,
        /// Canonical signed transaction.
        transaction: Arc<Vec<u8>>,
    },
    /// The ingress log is durable up to and including this ticket.
    IngressDurable {
        /// As in [`Effect::Ingress`].
        ticket: u64,
    },
    /// A message from an authenticated peer (its node key).
    Received {
        /// Sender.
        from: KeyId,
        /// Decoded message.
        message: Message,
    },
    /// A peer's connection is up.
    PeerUp(KeyId),
    /// A peer's connection is gone.
    PeerDown(KeyId),
    /// A timer fired.
    Timer(Timer),
    /// The consensus log is durable up to this flush.
    WalFlushed {
        /// As in [`Effect::WalFlush`].
        sequence: u64,
    },
    /// A batch is durable.
    BatchStored(BatchId),
    /// A decided block with its certificate is durable.
    Committed(Height),
    /// A committed block was executed.
    Executed(Executed),
    /// Answer to [`Effect::Compare`].
    Compared {
        /// The account is the one that was certified: there is no need to ask anybody else.
        proven: bool,
    },
}

/// What executing a block gave.
#[derive(Clone, Debug)]
pub struct Executed {
    /// Which block.
    pub height: Height,
    /// Roots, for the next header.
    pub results: Results,
    /// What governs height + 2.
    pub terms_after_next: Arc<Terms>,
    /// Who may connect from now on.
    pub nodes: Arc<Nodes>,
    /// Earliest time at which an empty block is justified by a deadline.
    pub next_deadline: Option<TimestampMs>,
    /// Ids of the transactions in the block, whatever their outcome.
    pub transactions: Vec<Digest>,
}

/// Names a timer; scheduling a name again replaces it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Timer {
    /// A timeout of the engine.
    Engine(bencao_engine::TimeoutId),
    /// Look again whether the next height may start.
    Pace,
    /// Close the open batch.
    Batch,
    /// Offer un-ordered batches again.
    Resend,
    /// Tell the height; retry requests.
    Status,
}

/// Who gets a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Audience {
    /// One peer, by node key.
    Peer(KeyId),
    /// These peers, by node key: those that speak for validators, without this node.
    Nodes(Arc<[KeyId]>),
    /// Every connected peer.
    Everyone,
}

/// Do something. Effects of one kind of store are carried out in order.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Empty the consensus log for this height. Durable with the next flush, as is the high-water mark of the key that votes.
    WalReset {
        /// Which.
        height: Height,
        /// This node's key that votes at it.
        voter: KeyId,
    },
    /// Append a record to the consensus log.
    WalAppend(Vec<u8>),
    /// Make all appended records durable; answer [`Input::WalFlushed`].
    WalFlush {
        /// Counts flushes.
        sequence: u64,
    },
    /// Append to the ingress log; answer [`Input::IngressDurable`] once durable (group commit).
    Ingress {
        /// Names the answer.
        ticket: u64,
        /// Canonical signed transaction.
        transaction: Arc<Vec<u8>>,
    },
    /// These accepted transactions are final or expired: the ingress log may forget them.
    IngressForget(Vec<Digest>),
    /// Answer a client.
    Reply {
        /// Of the submission.
        ticket: u64,
        /// What became of it.
        outcome: SubmitOutcome,
    },
    /// Store a batch; answer [`Input::BatchStored`] once durable.
    StoreBatch(Arc<SignedBatch>),
    /// Batches that expired without being ordered.
    DropBatches(Vec<BatchId>),
    /// Store a decided block, its certificate and the turns of the next height in one durable write; answer
    /// [`Input::Committed`].
    Commit {
        /// The block.
        block: Arc<Block>,
        /// Why it is decided.
        certificate: CommitCertificate,
        /// Skip list in force at the next height.
        turns: Turns,
    },
    /// Execute a committed block (all its batches are stored); answer [`Input::Executed`].
    Execute(Arc<Block>),
    /// Send a message.
    Send {
        /// To whom.
        to: Audience,
        /// What.
        message: Arc<Message>,
    },
    /// Answer a [`Message::BlockRequest`] from the store, if it has the block.
    ServeBlock {
        /// To whom.
        to: KeyId,
        /// Which.
        height: Height,
    },
    /// Answer a [`Message::BatchRequest`] from the store: one [`Message::Batch`] for each that it has.
    ServeBatches {
        /// To whom.
        to: KeyId,
        /// Which.
        batches: Vec<BatchId>,
    },
    /// This node's results of the last executed block differ from certified ones: write down what it did (D18).
    Dump {
        /// Height whose results differ.
        height: Height,
        /// Certified.
        certified: Results,
    },
    /// Compare a peer's account of a block with this node's own and write down what differs; answer [`Input::Compared`].
    Compare {
        /// Who sent it.
        from: KeyId,
        /// Height whose results differ.
        height: Height,
        /// Certified.
        certified: Results,
        /// As it came: nothing of it was checked.
        account: Vec<u8>,
    },
    /// Answer a [`Message::AccountRequest`] from the state, if it still has the block's account.
    ServeAccount {
        /// To whom.
        to: KeyId,
        /// Which block.
        height: Height,
        /// From which byte on.
        offset: u64,
    },
    /// Fire a timer after so many milliseconds of a monotonic clock.
    Schedule {
        /// Which.
        timer: Timer,
        /// Delay, milliseconds.
        after_ms: u64,
    },
    /// Forget a timer.
    Cancel(Timer),
    /// Something an operator should know.
    Note(Note),
}

/// What became of a submission.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SubmitOutcome {
    /// Durable in this node's ingress log.
    Accepted,
    /// Already accepted here and not final yet: the earlier promise holds.
    AlreadyPending,
    /// Not taken.
    Refused(Refusal),
}

/// Why a submission was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Queues are full; try again.
    Busy {
        /// Milliseconds.
        retry_after_ms: u64,
    },
    /// Not a transaction that any batch may carry.
    Malformed,
    /// Its valid-until has passed.
    Expired,
    /// The node's state differs from a certified one; it serves reads only.
    Diverged,
}

/// Things worth a log line, a metric or an alarm.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// A height began.
    HeightStarted(Height),
    /// A block was decided.
    Decided {
        /// Height.
        height: Height,
        /// Round in which it was decided.
        round: u32,
        /// Batches in it.
        batches: usize,
    },
    /// A proposal was voted down.
    ProposalRefused {
        /// Height.
        height: Height,
        /// Round.
        round: u32,
        /// Why.
        why: crate::proposals::Fault,
    },
    /// A proposal's time is far from this node's clock.
    ClockSkew {
        /// Proposed block time.
        proposed: TimestampMs,
        /// This node's clock.
        own: TimestampMs,
    },
    /// A peer broke the protocol.
    PeerFault {
        /// Who.
        peer: KeyId,
        /// What it did.
        why: PeerFault,
    },
    /// Two different votes of one validator were proven.
    Equivocation(KeyId),
    /// This node votes with this key from this height on.
    Seated {
        /// First height.
        height: Height,
        /// The key.
        validator: KeyId,
    },
    /// From this height on none of this node's keys is in the validator set: it follows.
    Unseated {
        /// First height without a vote.
        height: Height,
    },
    /// This node's results differ from certified ones: it stops voting.
    Diverged {
        /// Height whose results differ.
        height: Height,
        /// Certified.
        certified: Results,
        /// Computed here.
        own: Results,
    },
}

/// What a peer did wrong. Counted; the network layer decides about disconnecting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PeerFault {
    /// A batch whose signature or author does not fit.
    BadBatch,
    /// More un-ordered bytes than an author may have stored.
    OverQuota,
    /// A block or certificate that does not verify.
    BadBlock,
    /// A validator-only message from another node.
    NotValidator,
    /// More names in a request than allowed.
    RequestTooLarge,
}
