//! One undecided height: starting it, the engine's actions, judging proposals, building one's own.

use super::{Member, Now, Replica, ReplicaError};
use crate::effect::{Audience, Effect, Note, PeerFault, Timer};
use crate::limits::EVIDENCE_PER_BLOCK_MAX;
use crate::message::Message;
use crate::pace::{Pace, Situation, empty_block_is_justified, pace};
use crate::proposals::{Claim, Fault};
use crate::verdict::{Ground, ParentResults, power_of};
use crate::wal::Record;
use bencao_consensus::{Block, BlockId, Body, Header};
use bencao_crypto::KeyId;
use bencao_engine::{Action, Engine, TimeoutId};
use bencao_genesis::genesis::RULE_VERSION;
use bencao_genesis::{Height, TimestampMs};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Verdict on one claim, if there is one yet.
enum Judgement {
    Good,
    Bad(Fault),
    Waits,
}

impl Replica {
    /// The height that the engine is at, if it runs.
    fn running(&self) -> Option<Height> {
        self.engine.as_ref().map(Engine::height).filter(|h| *h == self.tip.height.next() && self.diverged.is_none())
    }

    /// Whether this node votes at `height`.
    fn votes_at(&self, height: Height) -> bool {
        let me = self.config.validator.filter(|_| self.signer.is_some() && self.diverged.is_none());
        me.is_some_and(|me| self.set(height).is_some_and(|set| set.get(&me).is_some()))
    }

    pub(super) fn ground(&self) -> Option<Ground<'_>> {
        let height = self.tip.height.next();
        Some(Ground {
            chain: self.config.chain,
            params: &self.config.params,
            limits: &self.config.limits,
            height,
            parent: self.tip.id,
            parent_time: self.tip.time,
            parent_has_batches: self.tip.has_batches,
            previous_set: if self.tip.height == Height::GENESIS { None } else { Some(self.set(self.tip.height)?) },
            set: self.set(height)?,
            keys: &*self.keys,
        })
    }

    /// Starts the next height when the pace says so.
    pub(super) fn try_start(&mut self, now: Now, out: &mut Vec<Effect>) -> Result<(), ReplicaError> {
        let height = self.tip.height.next();
        if self.running().is_some() || self.deciding.is_some() || !self.votes_at(height) {
            return Ok(());
        }
        match pace(&self.situation(now), &self.config.params) {
            Pace::Start => self.start_height(&[], true, now, out),
            Pace::Wait(after_ms) => {
                out.push(Effect::Schedule { timer: Timer::Pace, after_ms });
                Ok(())
            }
        }
    }

    fn situation(&self, now: Now) -> Situation {
        let settled = self.executed.height == self.tip.height;
        Situation {
            mono_ms: now.mono_ms,
            wall: now.wall,
            last_start_ms: self.last_start_ms,
            tip_time: self.tip.time,
            tip_has_batches: self.tip.has_batches,
            has_ready: self.pool.has_ready(),
            load: self.load.within(now.mono_ms, self.config.params.block_interval_ms) + self.pool.ready_transactions(),
            deadline: self.executed.next_deadline.filter(|_| settled),
            others_started: self.others_started(),
        }
    }

    fn others_started(&self) -> bool {
        let Some(set) = self.set(self.tip.height.next()) else { return false };
        let early = self.early.get(&self.tip.height.next());
        if early.is_some_and(|early| set.has_honest(power_of(set, early.keys()))) {
            return true;
        }
        let Some(ground) = self.ground() else { return false };
        let plausible = |claim: &Claim| {
            let block = self.proposals.block(&claim.block);
            block.is_some_and(|b| ground.check_form(b).is_ok())
        };
        self.proposals.waiting().iter().any(plausible)
    }

    pub(super) fn start_height(
        &mut self,
        entries: &[Vec<u8>],
        fresh: bool,
        now: Now,
        out: &mut Vec<Effect>,
    ) -> Result<(), ReplicaError> {
        let height = self.tip.height.next();
        let (Some(set), Some(signer)) = (self.set(height).cloned(), self.signer.clone()) else { return Ok(()) };
        let me = self.config.validator.expect("a signer implies a validator key");
        if fresh {
            self.gate.reset(height, out);
        }
        let turns = self.tip.turns_next.clone();
        let config = bencao_engine::Config { chain: self.config.chain, me, timeouts: self.timeouts() };
        let keys = self.keys.clone();
        let engine =
            self.engine.get_or_insert_with(|| Engine::new(config, signer, keys, height, set.clone(), turns.clone()));
        let actions = engine.start(height, set, turns, entries)?;
        self.last_start_ms = now.mono_ms;
        out.push(Effect::Note(Note::HeightStarted(height)));
        self.act(actions, out)?;
        let early = self.early.remove(&height).unwrap_or_default();
        self.early.retain(|h, _| *h > height);
        for message in early.into_values().flatten() {
            self.feed(bencao_engine::Input::Message(message), out)?;
        }
        Ok(())
    }

    fn feed(&mut self, input: bencao_engine::Input, out: &mut Vec<Effect>) -> Result<(), ReplicaError> {
        if self.running().is_none() || self.deciding.is_some() {
            return Ok(());
        }
        let engine = self.engine.as_mut().expect("running");
        let actions = engine.step(input)?;
        self.act(actions, out)
    }

    fn act(&mut self, actions: Vec<Action>, out: &mut Vec<Effect>) -> Result<(), ReplicaError> {
        for action in actions {
            match action {
                Action::Append(entry) => self.gate.append(Record::Engine(entry).to_bytes(), out),
                Action::Flush => self.gate.flush(out),
                Action::Broadcast(message) => {
                    let message = Arc::new(Message::Engine(message));
                    self.gate.publish(Effect::Send { to: Audience::Validators, message }, out);
                }
                Action::Schedule { timeout, after_ms } => {
                    out.push(Effect::Schedule { timer: Timer::Engine(timeout), after_ms });
                }
                Action::Cancel(timeout) => out.push(Effect::Cancel(Timer::Engine(timeout))),
                // A late timeout of an earlier round is ignored by the engine; timers are replaced by name.
                Action::CancelAll => {}
                Action::Build { height, round } => self.build = Some((height, round)),
                Action::Resend { block, round, valid_round, proposer } => {
                    self.offer(block, round, valid_round, proposer, out);
                }
                Action::Decide { certificate } => self.decide(certificate, out)?,
                Action::Finalized { evidence, .. } => self.note_evidence(evidence, out),
            }
        }
        Ok(())
    }

    fn note_evidence(&mut self, evidence: Vec<bencao_consensus::Evidence>, out: &mut Vec<Effect>) {
        for e in evidence {
            out.push(Effect::Note(Note::Equivocation(e.first.vote.voter)));
            if self.evidence.len() < EVIDENCE_PER_BLOCK_MAX && !self.evidence.contains(&e) {
                self.evidence.push(e);
            }
        }
    }

    pub(super) fn engine_timeout(&mut self, id: TimeoutId, out: &mut Vec<Effect>) -> Result<(), ReplicaError> {
        self.feed(bencao_engine::Input::Timeout(id), out)
    }

    pub(super) fn engine_message(
        &mut self,
        from: KeyId,
        message: bencao_engine::Message,
        out: &mut Vec<Effect>,
    ) -> Result<(), ReplicaError> {
        let Some(validator) = self.members_by_node.get(&from).copied() else {
            self.fault(from, PeerFault::NotValidator, out);
            return Ok(());
        };
        self.presence.heard(validator, &message);
        let next = self.tip.height.next();
        let height = message.height();
        if height > next {
            // The peer decided more than this node knows of.
            self.catch_up.heard(from, Height(height.0 - 1));
        }
        if height == next && self.running().is_some() && self.deciding.is_none() {
            self.ask_for_body(from, &message, out);
            self.feed(bencao_engine::Input::Message(message), out)
        } else {
            if height == next || height == next.next() {
                self.keep_early(validator, message);
            }
            Ok(())
        }
    }

    /// A proposal names a block that is not here: its body went astray, and the engine sends it only once.
    fn ask_for_body(&self, from: KeyId, message: &bencao_engine::Message, out: &mut Vec<Effect>) {
        let Some(block) = message.proposed_block() else { return };
        if self.proposals.block(&block).is_none() {
            let message = Arc::new(Message::ProposalRequest { height: message.height(), block });
            out.push(Effect::Send { to: Audience::Peer(from), message });
        }
    }

    pub(super) fn proposal(&mut self, from: KeyId, block: Arc<Block>, claim: Claim, out: &mut Vec<Effect>) {
        if !self.members_by_node.contains_key(&from) {
            self.fault(from, PeerFault::NotValidator, out);
            return;
        }
        let next = self.tip.height.next();
        let height = block.header.height;
        if height > next {
            self.catch_up.heard(from, Height(height.0 - 1));
        }
        if self.signer.is_none() {
            return;
        }
        if height == next && self.deciding.is_none() {
            self.proposals.claim(block, claim);
        } else if height == next.next() {
            self.proposals_next.claim(block, claim);
        }
    }

    pub(super) fn serve_proposal(&self, to: KeyId, height: Height, block: BlockId, out: &mut Vec<Effect>) {
        if height != self.tip.height.next() {
            return;
        }
        let (Some(b), Some(set)) = (self.proposals.block(&block), self.set(height)) else { return };
        let round = self.engine.as_ref().map_or(0, Engine::round);
        let proposer = self.tip.turns_next.proposer(set, height, round).id;
        let message = Message::Proposal { block: (**b).clone(), round, valid_round: None, proposer };
        out.push(Effect::Send { to: Audience::Peer(to), message: Arc::new(message) });
    }

    fn offer(&mut self, block: BlockId, round: u32, valid_round: Option<u32>, proposer: KeyId, out: &mut Vec<Effect>) {
        let Some(b) = self.proposals.block(&block) else { return };
        let message = Arc::new(Message::Proposal { block: (**b).clone(), round, valid_round, proposer });
        self.gate.publish(Effect::Send { to: Audience::Validators, message }, out);
    }

    /// Gives every verdict that can be given now.
    pub(super) fn judge(&mut self, now: Now, out: &mut Vec<Effect>) -> Result<(), ReplicaError> {
        if self.running().is_none() || self.deciding.is_some() {
            return Ok(());
        }
        for claim in self.proposals.waiting().to_vec() {
            let block = self.proposals.block(&claim.block).cloned().expect("claims come with their block");
            let valid = match self.judgement(&block, &claim, now, out) {
                Judgement::Waits => {
                    if self.ground().is_some() {
                        self.proposals.mark_well_formed(claim.block);
                    }
                    continue;
                }
                Judgement::Good => true,
                Judgement::Bad(why) => {
                    let height = block.header.height;
                    out.push(Effect::Note(Note::ProposalRefused { height, round: claim.round, why }));
                    false
                }
            };
            self.proposals.judge(&claim);
            if valid && self.proposals.log(claim.block) {
                self.gate.append(Record::Block((*block).clone()).to_bytes(), out);
            }
            let Claim { round, valid_round, proposer, block: id } = claim;
            let height = block.header.height;
            self.feed(bencao_engine::Input::Verdict { height, round, valid_round, proposer, block: id, valid }, out)?;
            if self.deciding.is_some() {
                break;
            }
        }
        Ok(())
    }

    fn judgement(&self, block: &Block, claim: &Claim, now: Now, out: &mut Vec<Effect>) -> Judgement {
        let Some(ground) = self.ground() else { return Judgement::Waits };
        if !self.proposals.is_well_formed(&claim.block)
            && let Err(fault) = ground.check_form(block)
        {
            return Judgement::Bad(fault);
        }
        // A block that a quorum prevoted before is not fresh: its time was judged then.
        if claim.valid_round.is_none() {
            let ahead = block.header.time.0.saturating_sub(now.wall.0);
            if ahead > self.config.params.clock_ahead_ms {
                out.push(Effect::Note(Note::ClockSkew { proposed: block.header.time, own: now.wall }));
            }
            if ahead > ground.clock_ahead_ms(claim.round) {
                return Judgement::Bad(Fault::Time);
            }
        }
        if !block.body.batches.iter().all(|id| self.pool.has(id)) || self.executed.height != self.tip.height {
            return Judgement::Waits;
        }
        let facts = block.body.batches.iter().filter_map(|id| self.pool.facts(id));
        let Some(parent) = self.parent_results() else { return Judgement::Waits };
        match ground.check_limits(facts).and_then(|()| ground.check_results(block, &parent)) {
            Ok(()) => Judgement::Good,
            Err(fault) => Judgement::Bad(fault),
        }
    }

    fn parent_results(&self) -> Option<ParentResults<'_>> {
        Some(ParentResults {
            results: self.executed.results,
            next_set: self.set(self.tip.height.next().next())?,
            deadline: self.executed.next_deadline,
        })
    }

    /// Builds this node's proposal once the parent's results are known and there is something to say.
    pub(super) fn try_build(&mut self, now: Now, out: &mut Vec<Effect>) -> Result<(), ReplicaError> {
        let Some((height, round)) = self.build else { return Ok(()) };
        if self.running() != Some(height) || self.deciding.is_some() || self.executed.height != self.tip.height {
            return Ok(());
        }
        let me = self.config.validator.expect("only a validator builds");
        let id = match self.proposals.built_by(me, height) {
            Some(id) => id,
            None => {
                let Some(block) = self.assemble(me, now) else { return Ok(()) };
                let id = block.id();
                self.proposals.learn(Arc::new(block));
                id
            }
        };
        self.build = None;
        if self.proposals.log(id) {
            let block = self.proposals.block(&id).expect("just learnt");
            self.gate.append(Record::Block((**block).clone()).to_bytes(), out);
        }
        self.offer(id, round, None, me, out);
        self.feed(bencao_engine::Input::Built { height, round, block: id }, out)
    }

    /// `None` while a block would be empty without a reason.
    fn assemble(&self, me: KeyId, now: Now) -> Option<Block> {
        let height = self.tip.height.next();
        let parent = self.parent_results()?;
        let time = TimestampMs(now.wall.0.max(self.tip.time.0 + 1));
        let batches = self.pool.select(height.0, &self.config.limits);
        let justified =
            empty_block_is_justified(time, self.tip.time, self.tip.has_batches, parent.deadline, &self.config.params);
        if batches.is_empty() && self.evidence.is_empty() && !justified {
            return None;
        }
        let body =
            Body { batches, previous_certificate: self.tip.certificate.clone(), evidence: self.evidence.clone() };
        let header = Header {
            version: 1,
            chain_id: self.config.chain,
            height,
            time,
            proposer: me,
            parent: self.tip.id,
            body_root: body.root(),
            previous_results: parent.results,
            validators_hash: self.set(height)?.hash(),
            next_validators_hash: parent.next_set.hash(),
            rule_version: RULE_VERSION,
        };
        Some(Block { header, body })
    }

    /// Batches that proposals under judgement name and that are not here, with whom to ask first.
    pub(super) fn missing_for_proposals(&self) -> (BTreeSet<bencao_consensus::BatchId>, Option<KeyId>) {
        let mut missing = BTreeSet::new();
        let mut hint = None;
        for claim in self.proposals.waiting() {
            let Some(block) = self.proposals.block(&claim.block) else { continue };
            let lacking = block.body.batches.iter().filter(|id| !self.pool.knows(id)).copied();
            let before = missing.len();
            missing.extend(lacking);
            if missing.len() > before {
                hint = self.config.members.iter().find(|m| m.validator == claim.proposer).map(Member::node_id);
            }
        }
        (missing, hint)
    }

    /// Feeds a decided block that a peer served to the engine, so that it decides and moves on.
    pub(super) fn adopt_by_engine(
        &mut self,
        block: Arc<Block>,
        certificate: bencao_consensus::CommitCertificate,
        now: Now,
        out: &mut Vec<Effect>,
    ) -> Result<(), ReplicaError> {
        if self.running().is_none() {
            self.start_height(&[], true, now, out)?;
        }
        let id = block.id();
        if !self.proposals.learn(block.clone()) {
            // Full of other rounds' proposals: the decided one takes precedence.
            self.proposals.clear();
            self.proposals.learn(block.clone());
        }
        if self.proposals.log(id) {
            self.gate.append(Record::Block((*block).clone()).to_bytes(), out);
        }
        self.feed(bencao_engine::Input::Synced { block: id, certificate }, out)
    }
}
