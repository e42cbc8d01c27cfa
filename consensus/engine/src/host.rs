//! The other side of the library's coroutine: answers its questions at once and writes its orders down as actions.
//!
//! Handling an effect never fails and never calls back into the library. "Could not verify" is "invalid".

use crate::action::Action;
use crate::certificates::Verifier;
use crate::context::{Context, ValidatorSet};
use crate::convert::{self, Judged, LibInput};
use crate::engine::{Config, Signer};
use crate::log::LogEntry;
use crate::message::Message;
use bencao_consensus::{SignedProposal, SignedVote};
use bencao_crypto::{KeyId, KnownKeys, Signature};
use bencao_genesis::Height;
use malachite::{ConsensusMsg, Effect, LivenessMsg, Resumable, Resume};
use malachite_types::{CertificateError, Round, SignedMessage, Timeout, ValueOrigin};
use std::collections::VecDeque;
use std::sync::Arc;

/// In the place of a signature that its holder withheld. It verifies under no key, so that the library counts and logs nothing
/// of a message that bears it; such a message is never sent.
const WITHHELD: Signature = Signature([0; 64]);

pub(crate) struct Host {
    pub(crate) config: Config,
    signer: Arc<dyn Signer + Send + Sync>,
    keys: Arc<dyn KnownKeys>,
    pub(crate) height: Height,
    pub(crate) electorate: ValidatorSet,
    /// What the current call returns.
    pub(crate) actions: Vec<Action>,
    /// Inputs that follow from effects, fed after the library has returned.
    pub(crate) queue: VecDeque<LibInput>,
    /// Records appended since the last flush.
    unflushed: bool,
    /// Set while records are fed back; nothing is logged then.
    pub(crate) replaying: bool,
    /// Own messages that the log does not hold, signed during the replay.
    fresh: Vec<LogEntry>,
    /// Round that asked for a block during the replay.
    pub(crate) held_build: Option<u32>,
    /// This node's latest proposal at this height, repeated with its votes.
    pub(crate) own_proposal: Option<SignedProposal>,
    /// Own votes that were signed at last, to be sent once the library has counted them.
    pub(crate) late: Vec<SignedVote>,
    pub(crate) decided: bool,
}

type Validity = Result<(), CertificateError<Context>>;

impl Host {
    pub(crate) fn new(
        config: Config,
        signer: Arc<dyn Signer + Send + Sync>,
        keys: Arc<dyn KnownKeys>,
        height: Height,
        electorate: ValidatorSet,
    ) -> Host {
        Host {
            config,
            signer,
            keys,
            height,
            electorate,
            actions: Vec::new(),
            queue: VecDeque::new(),
            unflushed: false,
            replaying: false,
            fresh: Vec::new(),
            held_build: None,
            own_proposal: None,
            late: Vec::new(),
            decided: false,
        }
    }

    pub(crate) fn begin(&mut self, height: Height, electorate: ValidatorSet, replaying: bool) {
        self.height = height;
        self.electorate = electorate;
        self.replaying = replaying;
        self.queue.clear();
        self.fresh.clear();
        // The caller empties the log for a new height.
        self.unflushed = false;
        self.held_build = None;
        self.own_proposal = None;
        self.late.clear();
        self.decided = false;
    }

    /// Ends the replay. What it signed anew becomes durable before anything that it wants sent.
    pub(crate) fn end_replay(&mut self) {
        self.replaying = false;
        if !self.fresh.is_empty() {
            let records = self.fresh.drain(..).map(|e| Action::Append(e.to_bytes()));
            let logged = records.chain([Action::Flush]).collect::<Vec<_>>();
            self.actions.splice(0..0, logged);
        }
    }

    pub(crate) fn verifier(&self) -> Verifier<'_> {
        Verifier { chain: self.config.chain, set: self.electorate.set(), keys: &*self.keys }
    }

    pub(crate) fn effect(&mut self, effect: Effect<Context>) -> Resume<Context> {
        match effect {
            Effect::CancelAllTimeouts(r) => self.done(Action::CancelAll, r),
            Effect::CancelTimeout(t, r) => {
                self.actions.extend(convert::timeout(&t, self.height).map(Action::Cancel));
                r.resume_with(())
            }
            Effect::ScheduleTimeout(t, r) => {
                self.schedule(&t);
                r.resume_with(())
            }
            Effect::StartRound(_, _, _, _, r) => {
                self.flush();
                r.resume_with(())
            }
            Effect::PublishConsensusMsg(m, r) => {
                self.publish(convert::consensus_message(&m));
                r.resume_with(())
            }
            Effect::PublishLivenessMsg(m, r) => {
                self.publish(liveness_message(&m));
                r.resume_with(())
            }
            Effect::RepublishVote(v, r) => {
                self.repeat(convert::signed_vote(&v));
                r.resume_with(())
            }
            Effect::RepublishRoundCertificate(c, r) => {
                self.publish(Message::Round(convert::round_certificate(&c)));
                r.resume_with(())
            }
            Effect::GetValue(_, round, _, r) => {
                self.ask(round);
                r.resume_with(())
            }
            Effect::RestreamProposal(_, round, valid_round, proposer, block, r) => {
                let round = round.as_u32().expect("a proposal has a round");
                self.done(Action::Resend { block, round, valid_round: valid_round.as_u32(), proposer: proposer.0 }, r)
            }
            Effect::Decide(c, _, r) => {
                self.flush();
                self.decided = true;
                self.done(Action::Decide { certificate: convert::commit_certificate(&c) }, r)
            }
            Effect::Finalize(c, _, evidence, r) => {
                let height = Height(c.height.0);
                self.done(Action::Finalized { height, evidence: convert::evidence(&evidence) }, r)
            }
            Effect::CertVerifiedSyncValue(v, proposer, r) => {
                self.accept_synced(&v.certificate, proposer.0);
                r.resume_with(())
            }
            // The caller verified the certificate before; with no decision it asks another peer.
            Effect::CertRejectedSyncValue(_, _, _, r) => r.resume_with(()),
            Effect::WalAppend(_, input, r) => {
                self.log(&input);
                r.resume_with(())
            }
            Effect::SignVote(v, r) => {
                let signature = self.sign(&convert::vote(&v).sign_bytes(self.config.chain));
                let signed = SignedMessage::new(v, signature);
                self.note_signed(signature, || LogEntry::Vote(convert::signed_vote(&signed)));
                r.resume_with(signed)
            }
            Effect::SignProposal(p, r) => {
                let signature = self.sign(&convert::proposal(&p).sign_bytes(self.config.chain));
                let signed = SignedMessage::new(p, signature);
                self.note_signed(signature, || LogEntry::Proposal(convert::signed_proposal(&signed)));
                r.resume_with(signed)
            }
            Effect::VerifySignature(m, _, r) => r.resume_with(self.is_signed(&m)),
            Effect::VerifyCommitCertificate(c, set, _, r) => {
                r.resume_with(self.commit_validity(&convert::commit_certificate(&c), &set))
            }
            Effect::VerifyExtendedCommitCertificate(c, set, _, _, r) => {
                r.resume_with(self.commit_validity(&convert::commit_certificate(&c.trim_vote_extensions()), &set))
            }
            Effect::VerifyPolkaCertificate(c, _, _, r) => {
                r.resume_with(validity(self.verifier().polka(&convert::polka(&c))))
            }
            Effect::VerifyRoundCertificate(c, _, _, r) => {
                r.resume_with(validity(self.verifier().round(&convert::round_certificate(&c))))
            }
            // Extensions are disabled; these are never asked.
            Effect::ExtendVote(_, _, _, _, r) => r.resume_with(None),
            Effect::VerifyVoteExtension(_, _, _, _, _, _, r) => {
                r.resume_with(Err(malachite::VoteExtensionError::InvalidVoteExtension))
            }
        }
    }

    fn done<R: Resumable<Context, Value = ()>>(&mut self, action: Action, resume: R) -> Resume<Context> {
        self.actions.push(action);
        resume.resume_with(())
    }

    fn schedule(&mut self, t: &Timeout) {
        if let Some(timeout) = convert::timeout(t, self.height) {
            let after_ms = self.config.timeouts.duration_ms(timeout);
            self.actions.push(Action::Schedule { timeout, after_ms });
        }
    }

    fn log(&mut self, input: &LibInput) {
        if self.replaying {
            return;
        }
        if let Some(entry) = convert::log_entry(input, self.height) {
            self.actions.push(Action::Append(entry.to_bytes()));
            self.unflushed = true;
        }
    }

    fn flush(&mut self) {
        if std::mem::take(&mut self.unflushed) {
            self.actions.push(Action::Flush);
        }
    }

    /// Nothing leaves before what it rests on is durable: not one's own votes, nor certificates that hold them.
    pub(crate) fn publish(&mut self, message: Message) {
        if is_withheld(&message) {
            return;
        }
        self.flush();
        if let Message::Proposal(p) = &message
            && p.proposal.proposer == self.config.me
        {
            self.own_proposal = Some(p.clone());
        }
        self.actions.push(Action::Broadcast(message));
    }

    fn ask(&mut self, round: Round) {
        let round = round.as_u32().expect("a value is asked for in a round");
        if self.replaying {
            self.held_build = Some(round);
        } else {
            self.actions.push(Action::Build { height: self.height, round });
        }
    }

    fn accept_synced(&mut self, c: &malachite_types::ExtendedCommitCertificate<Context>, proposer: KeyId) {
        let round = c.round.as_u32().expect("a certificate has a round");
        let judged = Judged { height: self.height, round, valid_round: None, proposer, block: c.value_id, valid: true };
        self.queue.push_back(convert::judged_input(judged, ValueOrigin::Sync));
    }

    fn sign(&self, message: &[u8]) -> Signature {
        self.signer.sign(message).unwrap_or(WITHHELD)
    }

    fn note_signed(&mut self, signature: Signature, entry: impl FnOnce() -> LogEntry) {
        if self.replaying && signature != WITHHELD {
            self.fresh.push(entry());
        }
    }

    /// Sends an own vote again. One that was withheld is asked for again; if it comes, the library takes it like any vote that
    /// arrives, logs it, and then it is sent.
    fn repeat(&mut self, vote: SignedVote) {
        if vote.signature != WITHHELD {
            return self.publish(Message::Vote(vote));
        }
        let signature = self.sign(&vote.vote.sign_bytes(self.config.chain));
        if signature != WITHHELD {
            let vote = SignedVote { signature, ..vote };
            self.queue.push_back(convert::message_input(&Message::Vote(vote.clone())));
            self.late.push(vote);
        }
    }

    fn is_signed(&self, m: &SignedMessage<Context, ConsensusMsg<Context>>) -> bool {
        if m.signature == WITHHELD {
            return false;
        }
        let chain = self.config.chain;
        let (signer, bytes) = match &m.message {
            ConsensusMsg::Vote(v) => (v.voter.0, convert::vote(v).sign_bytes(chain)),
            ConsensusMsg::Proposal(p) => (p.proposer.0, convert::proposal(p).sign_bytes(chain)),
        };
        self.verifier().signed(&signer, bytes, m.signature)
    }

    fn commit_validity(&self, c: &bencao_consensus::CommitCertificate, set: &ValidatorSet) -> Validity {
        validity(c.verify(self.config.chain, set.set(), &*self.keys).is_ok())
    }
}

fn is_withheld(message: &Message) -> bool {
    match message {
        Message::Vote(v) => v.signature == WITHHELD,
        Message::Proposal(p) => p.signature == WITHHELD,
        Message::Polka(_) | Message::Round(_) => false,
    }
}

fn validity(ok: bool) -> Validity {
    if ok { Ok(()) } else { Err(CertificateError::VerificationError(None)) }
}

fn liveness_message(m: &LivenessMsg<Context>) -> Message {
    match m {
        LivenessMsg::Vote(v) => Message::Vote(convert::signed_vote(v)),
        LivenessMsg::PolkaCertificate(c) => Message::Polka(convert::polka(c)),
        LivenessMsg::SkipRoundCertificate(c) => Message::Round(convert::round_certificate(c)),
    }
}
