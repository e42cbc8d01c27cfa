//! How long the engine waits.

use bencao_genesis::Height;
use bincode::{Decode, Encode};

/// No timeout grows beyond this, however many rounds have passed, milliseconds.
pub const TIMEOUT_MS_MAX: u64 = 60_000;

/// Waits of round 0 and their growth. Milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// For a proposal; also the period of rebroadcasts.
    pub propose_ms: u64,
    /// For more votes, after a quorum that does not agree.
    pub vote_ms: u64,
    /// Added per round.
    pub step_ms: u64,
}

/// What is waited for. The encoding is part of the log format.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub enum TimeoutKind {
    /// A proposal.
    Propose,
    /// More prevotes.
    Prevote,
    /// More precommits.
    Precommit,
    /// The time to repeat one's votes.
    Rebroadcast,
}

/// Names a timer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub struct TimeoutId {
    /// What is waited for.
    pub kind: TimeoutKind,
    /// At this height.
    pub height: Height,
    /// In this round.
    pub round: u32,
}

impl Timeouts {
    /// How long `timeout` runs, milliseconds.
    pub fn duration_ms(&self, timeout: TimeoutId) -> u64 {
        let start = match timeout.kind {
            TimeoutKind::Propose | TimeoutKind::Rebroadcast => self.propose_ms,
            TimeoutKind::Prevote | TimeoutKind::Precommit => self.vote_ms,
        };
        start.saturating_add(self.step_ms.saturating_mul(timeout.round.into())).min(TIMEOUT_MS_MAX)
    }
}
