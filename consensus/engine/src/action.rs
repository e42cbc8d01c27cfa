//! What goes into the engine and what comes out.

use crate::message::Message;
use crate::timeouts::TimeoutId;
use bencao_consensus::{BlockId, CommitCertificate, Evidence};
use bencao_crypto::KeyId;
use bencao_genesis::Height;

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// From an authenticated peer. The engine checks form, membership and signatures.
    Message(Message),
    /// Answer to [`Action::Build`]. Late answers are ignored.
    Built {
        /// As asked.
        height: Height,
        /// As asked.
        round: u32,
        /// Name of the block; its body is durable.
        block: BlockId,
    },
    /// This node's judgement of a proposed block whose body it holds durably.
    Verdict {
        /// Height proposed for.
        height: Height,
        /// Round proposed in.
        round: u32,
        /// Earlier round with a quorum of prevotes, if it was proposed again.
        valid_round: Option<u32>,
        /// Who proposed it in this round.
        proposer: KeyId,
        /// The block.
        block: BlockId,
        /// Whether it may be voted for. A verdict of `true` overrides an earlier `false`, never the reverse.
        valid: bool,
    },
    /// A decided block of this height from a peer. The caller has verified content and certificate; a certificate that does not
    /// verify here is ignored.
    Synced {
        /// The block.
        block: BlockId,
        /// Why it is decided.
        certificate: CommitCertificate,
    },
    /// A scheduled timeout elapsed. Stale ones are ignored.
    Timeout(TimeoutId),
}

/// Do something. Actions are carried out in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Append a record to the log of the current height.
    Append(Vec<u8>),
    /// Make all appended records durable before anything that follows.
    Flush,
    /// Send to all other validators.
    Broadcast(Message),
    /// Start a timer; a running one of the same name is replaced.
    Schedule {
        /// Comes back in [`Input::Timeout`].
        timeout: TimeoutId,
        /// From now, milliseconds.
        after_ms: u64,
    },
    /// Stop a timer.
    Cancel(TimeoutId),
    /// Stop all timers of the engine.
    CancelAll,
    /// It is this node's turn: answer [`Input::Built`].
    Build {
        /// For this height.
        height: Height,
        /// In this round.
        round: u32,
    },
    /// Send the block of this proposal to all other validators again.
    Resend {
        /// The block.
        block: BlockId,
        /// Round in which it is proposed.
        round: u32,
        /// Earlier round with a quorum of prevotes.
        valid_round: Option<u32>,
        /// Who proposes it in this round.
        proposer: KeyId,
    },
    /// Decided. The certificate is this node's own copy; others hold other copies.
    Decide {
        /// Signatures ascend by voter.
        certificate: CommitCertificate,
    },
    /// Nothing more comes of this height; the next may start.
    Finalized {
        /// The height.
        height: Height,
        /// Double votes seen, in canonical form, ascending.
        evidence: Vec<Evidence>,
    },
}
