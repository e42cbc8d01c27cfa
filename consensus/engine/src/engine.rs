//! The driver of the library.

use crate::action::{Action, Input};
use crate::context::{Address, Context, ValidatorSet as Electorate};
use crate::convert::{self, Judged, LibInput};
use crate::host::Host;
use crate::log::{LogEntry, LogError};
use crate::message::Message;
use crate::status::RoundStatus;
use crate::timeouts::{TimeoutId, TimeoutKind, Timeouts};
use bencao_consensus::{BlockId, CommitCertificate, Turns, ValidatorSet};
use bencao_crypto::{KeyId, KnownKeys, Signature};
use bencao_genesis::{ChainId, Height};
use bytes::Bytes;
use malachite::{LocallyProposedValue, Params, PeerId, RecordKind, State, ValuePayload, process};
use malachite_types::{Round, ValueOrigin, ValueResponse, VoteExtensionPolicy};
use std::convert::Infallible;
use std::sync::Arc;

/// Heights that the library may queue messages for. None ever comes: other heights are dropped before it.
const QUEUED_HEIGHTS: usize = 1;

/// Messages of one height that the library may queue, per validator: a few rounds of two votes and a proposal.
const QUEUED_PER_VALIDATOR: usize = 16;

/// Signs with the validator key.
pub trait Signer {
    /// The signature over `message`, valid under the key that [`Config::me`] names. `None`: whoever holds the key refuses, or
    /// cannot be reached now. The engine then goes on as if this validator had kept silent, and asks again when it would
    /// repeat its vote.
    fn sign(&self, message: &[u8]) -> Option<Signature>;
}

/// What an engine is told once.
#[derive(Clone, Debug)]
pub struct Config {
    /// In every signature.
    pub chain: ChainId,
    /// This node's validator key. If it is not in a height's set, the engine follows that height without signing.
    pub me: KeyId,
    /// How long to wait.
    pub timeouts: Timeouts,
}

/// What a validator signs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignedKind {
    /// A prevote.
    Prevote,
    /// A precommit.
    Precommit,
    /// A proposal.
    Proposal,
}

impl std::fmt::Display for SignedKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            SignedKind::Prevote => "prevote",
            SignedKind::Precommit => "precommit",
            SignedKind::Proposal => "proposal",
        })
    }
}

/// Why the process must stop: the log or this program is at fault, never a peer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// A record is damaged.
    #[error("record {index} of the consensus log")]
    Log {
        /// Position of the record, from 0.
        index: usize,
        /// What is wrong with it.
        source: LogError,
    },
    /// A record belongs to another height.
    #[error("record {index} of the consensus log is of height {actual}, expected {expected}")]
    LogHeight {
        /// Position of the record, from 0.
        index: usize,
        /// Height being started.
        expected: Height,
        /// Height of the record.
        actual: Height,
    },
    /// Replaying the log derived another vote or proposal than the one in it.
    #[error("replaying the consensus log gives another {kind} of height {height}, round {round} than was signed")]
    Divergence {
        /// What was signed.
        kind: SignedKind,
        /// At this height.
        height: Height,
        /// In this round.
        round: u32,
    },
    /// A height is started twice, or one before it.
    #[error("height {asked} started while at height {current}")]
    StartOrder {
        /// Where the engine is.
        current: Height,
        /// What was asked for.
        asked: Height,
    },
    /// The library found its own rules broken.
    #[error("consensus stopped: {0}")]
    Internal(String),
}

/// Consensus on one chain, seen from one node.
pub struct Engine {
    state: State<Context>,
    host: Host,
    started: bool,
}

impl Engine {
    /// An engine at rest before `height`. Nothing happens until [`Engine::start`].
    pub fn new(
        config: Config,
        signer: Arc<dyn Signer + Send + Sync>,
        keys: Arc<dyn KnownKeys>,
        height: Height,
        set: ValidatorSet,
        turns: Turns,
    ) -> Engine {
        let queue = set.members().len() * QUEUED_PER_VALIDATOR;
        let electorate = Electorate::new(set, turns);
        let params = Params {
            address: Address(config.me),
            threshold_params: Default::default(),
            // The other mode takes every signed proposal for valid without asking.
            value_payload: ValuePayload::ProposalAndParts,
            enabled: true,
        };
        let at = convert::lib_height(height);
        let state = State::new(Context, at, electorate.clone(), params, QUEUED_HEIGHTS, queue);
        Engine { state, host: Host::new(config, signer, keys, height, electorate), started: false }
    }

    /// Starts a height; with records of this height (oldest first), first replays them without appending.
    ///
    /// # Errors
    /// [`EngineError`]: damaged records, or a height that was started before.
    pub fn start(
        &mut self,
        height: Height,
        set: ValidatorSet,
        turns: Turns,
        wal: &[Vec<u8>],
    ) -> Result<Vec<Action>, EngineError> {
        let current = self.host.height;
        if height < current || (self.started && height == current) {
            return Err(EngineError::StartOrder { current, asked: height });
        }
        let entries = read_log(wal, height)?;
        let electorate = Electorate::new(set, turns);
        self.started = true;
        self.host.begin(height, electorate.clone(), !entries.is_empty());
        let at = convert::lib_height(height);
        self.feed(LibInput::StartHeight(at, electorate, false, None, VoteExtensionPolicy::Disabled))?;
        if !entries.is_empty() {
            self.replay(&entries)?;
        }
        self.drain()?;
        Ok(std::mem::take(&mut self.host.actions))
    }

    /// Takes one input through to its end.
    ///
    /// # Errors
    /// [`EngineError::Internal`]: the engine must not be used again.
    pub fn step(&mut self, input: Input) -> Result<Vec<Action>, EngineError> {
        if !self.started || self.host.decided {
            return Ok(Vec::new());
        }
        match input {
            Input::Message(message) => self.receive(&message)?,
            Input::Built { height, round, block } => self.propose(height, round, block)?,
            Input::Verdict { height, round, valid_round, proposer, block, valid } => {
                self.judge(Judged { height, round, valid_round, proposer, block, valid })?;
            }
            Input::Synced { block, certificate } => self.adopt(block, &certificate)?,
            Input::Timeout(timeout) => self.elapse(timeout)?,
        }
        self.drain()?;
        Ok(std::mem::take(&mut self.host.actions))
    }

    /// Height started last.
    pub fn height(&self) -> Height {
        self.host.height
    }

    /// Current round.
    pub fn round(&self) -> u32 {
        self.state.round().as_u32().unwrap_or(0)
    }

    /// Where the current round stands.
    pub fn status(&self) -> RoundStatus {
        RoundStatus::of(&self.state)
    }

    fn receive(&mut self, message: &Message) -> Result<(), EngineError> {
        if message.height() != self.host.height || !message.is_plausible(self.host.electorate.set()) {
            return Ok(());
        }
        self.feed(convert::message_input(message))
    }

    fn propose(&mut self, height: Height, round: u32, block: BlockId) -> Result<(), EngineError> {
        if height != self.host.height || Round::new(round) != self.state.round() {
            return Ok(());
        }
        let value = crate::context::BlockName(block);
        let at = convert::lib_height(height);
        self.feed(LibInput::Propose(LocallyProposedValue::new(at, Round::new(round), value)))
    }

    fn judge(&mut self, judged: Judged) -> Result<(), EngineError> {
        if judged.height != self.host.height {
            return Ok(());
        }
        self.feed(convert::judged_input(judged, ValueOrigin::Consensus))
    }

    fn adopt(&mut self, block: BlockId, certificate: &CommitCertificate) -> Result<(), EngineError> {
        if certificate.height != self.host.height || certificate.block != block {
            return Ok(());
        }
        // The library wants to know a peer to blame; the caller blames, so all share one name.
        let nobody = PeerId::from_bytes(&[0, 0]).expect("the empty identity multihash is well formed");
        let certificate = convert::lib_commit_certificate(certificate);
        self.feed(LibInput::SyncValueResponse(ValueResponse::new(nobody, Bytes::new(), certificate)))
    }

    fn elapse(&mut self, timeout: TimeoutId) -> Result<(), EngineError> {
        if timeout.height != self.host.height {
            return Ok(());
        }
        self.feed(convert::timeout_input(timeout))?;
        if timeout.kind == TimeoutKind::Rebroadcast {
            self.repeat_proposal();
        }
        Ok(())
    }

    /// The library repeats votes only; without this a validator that missed the proposal waits for the next round.
    fn repeat_proposal(&mut self) {
        if let Some(p) = self.host.own_proposal.clone()
            && p.proposal.round == self.round()
        {
            self.host.publish(Message::Proposal(p));
        }
    }

    fn replay(&mut self, entries: &[LogEntry]) -> Result<(), EngineError> {
        let inputs: Vec<LibInput> = entries.iter().map(convert::log_input).collect();
        self.state.record_recovered_own_precommit_extensions(&inputs);
        self.state.index_wal_entries(&inputs);
        for input in inputs {
            self.feed(input)?;
            if self.host.decided {
                break;
            }
        }
        self.state.reset_entries_index();
        self.host.end_replay();
        if !self.host.decided {
            self.resume_own_turn(entries)?;
        }
        Ok(())
    }

    /// Takes up this node's own turn where the crash cut it off.
    fn resume_own_turn(&mut self, entries: &[LogEntry]) -> Result<(), EngineError> {
        let (me, round) = (self.host.config.me, self.round());
        let own_signed = entries.iter().find_map(|e| match e {
            LogEntry::Proposal(p) if p.proposal.proposer == me && p.proposal.round == round => Some(p.clone()),
            _ => None,
        });
        if let Some(p) = own_signed {
            let valid_round = p.proposal.pol_round;
            self.host.actions.push(Action::Resend { block: p.proposal.block, round, valid_round, proposer: me });
            self.host.publish(Message::Proposal(p));
            return Ok(());
        }
        if self.host.held_build != Some(round) || !self.state.driver.step_is_propose() {
            return Ok(());
        }
        let own_built = entries.iter().find_map(|e| match e {
            LogEntry::Verdict { round: r, valid_round: None, proposer, block, valid: true, .. }
                if *proposer == me && *r == round =>
            {
                Some(*block)
            }
            _ => None,
        });
        match own_built {
            Some(block) => {
                self.host.actions.push(Action::Resend { block, round, valid_round: None, proposer: me });
                self.propose(self.host.height, round, block)
            }
            None => {
                self.host.actions.push(Action::Build { height: self.host.height, round });
                Ok(())
            }
        }
    }

    fn drain(&mut self) -> Result<(), EngineError> {
        while let Some(input) = self.host.queue.pop_front() {
            if !self.host.decided {
                self.feed(input)?;
            }
        }
        for vote in std::mem::take(&mut self.host.late) {
            self.host.publish(Message::Vote(vote));
        }
        Ok(())
    }

    fn feed(&mut self, input: LibInput) -> Result<(), EngineError> {
        let (state, host) = (&mut self.state, &mut self.host);
        let outcome: Result<(), malachite::Error<Context>> = process!(
            input: input,
            state: state,
            metrics: &(),
            with: effect => Ok::<_, Infallible>(host.effect(effect))
        );
        outcome.map_err(stop)
    }
}

fn stop(error: malachite::Error<Context>) -> EngineError {
    match error {
        malachite::Error::ReplayDivergence(kind, height, round) => EngineError::Divergence {
            kind: match kind {
                RecordKind::Prevote => SignedKind::Prevote,
                RecordKind::Precommit => SignedKind::Precommit,
                RecordKind::Proposal => SignedKind::Proposal,
            },
            height: Height(height.0),
            round: round.as_u32().unwrap_or(0),
        },
        other => EngineError::Internal(other.to_string()),
    }
}

fn read_log(wal: &[Vec<u8>], height: Height) -> Result<Vec<LogEntry>, EngineError> {
    let read = |(index, bytes): (usize, &Vec<u8>)| {
        let entry = LogEntry::from_bytes(bytes).map_err(|source| EngineError::Log { index, source })?;
        if entry.height() != height {
            return Err(EngineError::LogHeight { index, expected: height, actual: entry.height() });
        }
        Ok(entry)
    };
    wal.iter().enumerate().map(read).collect()
}
