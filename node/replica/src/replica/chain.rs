//! From a decision to the next tip: commit, execute, compare, catch up.

use super::{Deciding, Now, Replica, ReplicaError, Tip};
use crate::effect::{Audience, Effect, Executed, Note, PeerFault};
use crate::inquiry::{Inquiry, Part};
use crate::limits::EVIDENCE_HEIGHTS_MAX;
use crate::message::Message;
use bencao_consensus::{Block, CommitCertificate, Turns};
use bencao_crypto::KeyId;
use bencao_genesis::Height;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Replica {
    /// The engine decided.
    pub(super) fn decide(&mut self, certificate: CommitCertificate, out: &mut Vec<Effect>) -> Result<(), ReplicaError> {
        let block = self.proposals.block(&certificate.block).cloned();
        let block = block.ok_or(ReplicaError::UnknownDecision(certificate.block))?;
        self.commit(block, certificate, out);
        Ok(())
    }

    fn commit(&mut self, block: Arc<Block>, certificate: CommitCertificate, out: &mut Vec<Effect>) {
        assert!(self.deciding.is_none(), "one decision at a time");
        assert_eq!(block.header.height, self.tip.height.next(), "decisions follow one another");
        let turns = self.turns_after(&block);
        out.push(Effect::Note(Note::Decided {
            height: block.header.height,
            round: certificate.round,
            batches: block.body.batches.len(),
        }));
        out.push(Effect::Commit { block: block.clone(), certificate: certificate.clone(), turns: turns.clone() });
        self.deciding = Some(Deciding { block, certificate, turns });
    }

    /// Skip list of the height after `block`: a fold over the certificates inside blocks (D3).
    fn turns_after(&self, block: &Block) -> Turns {
        let Some(c) = &block.body.previous_certificate else { return self.tip.turns_next.clone() };
        let set = self.set(c.height).expect("sets of the tip are kept");
        self.tip.turns_at.after(set, c.height, c.round, &self.tip.turns_next)
    }

    /// The decided block is durable: it is the tip.
    pub(super) fn committed(&mut self, height: Height, now: Now, out: &mut Vec<Effect>) {
        let Deciding { block, certificate, turns } = self.deciding.take().expect("a commit was asked for");
        assert_eq!(block.header.height, height, "commits are answered in order");
        let turns_at = std::mem::take(&mut self.tip.turns_next);
        self.tip = Tip {
            height,
            id: block.id(),
            time: block.header.time,
            has_batches: !block.body.batches.is_empty(),
            certificate: Some(certificate),
            turns_at,
            turns_next: turns,
        };
        self.build = None;
        self.proposals = std::mem::take(&mut self.proposals_next);
        let oldest = height.next().0.saturating_sub(EVIDENCE_HEIGHTS_MAX);
        self.evidence.retain(|e| e.first.vote.height.0 >= oldest && !block.body.evidence.contains(e));
        let facts = block.body.batches.iter().filter_map(|id| self.pool.facts(id));
        self.load.decided(now.mono_ms, facts.map(|f| f.transactions).sum());
        self.pool.order(&block.body.batches);
        self.members.forget(height);
        self.early.retain(|h, _| *h > height);
        self.look_at_members(out);
        let pinned = self.pinned();
        let dropped = self.pool.expire(self.tip.time, &pinned);
        if !dropped.is_empty() {
            out.push(Effect::DropBatches(dropped));
        }
        let forget = self.mempool.expire(self.tip.time);
        if !forget.is_empty() {
            out.push(Effect::IngressForget(forget));
        }
        out.push(Effect::Execute(block));
        self.tell_status(out);
    }

    /// Results of the tip are known.
    pub(super) fn executed(&mut self, executed: Executed, out: &mut Vec<Effect>) {
        assert_eq!(executed.height, self.executed.height.next(), "blocks are executed in order");
        let (terms, nodes) = (executed.terms_after_next.clone(), executed.nodes.clone());
        self.members.learn(executed.height.next().next(), terms, nodes);
        self.look_at_members(out);
        let forget = self.mempool.finish(&executed.transactions);
        if !forget.is_empty() {
            out.push(Effect::IngressForget(forget));
        }
        self.executed = executed;
    }

    /// Takes over the next block if a peer served it and everything it needs is here.
    pub(super) fn try_adopt(&mut self, now: Now, out: &mut Vec<Effect>) -> Result<(), ReplicaError> {
        let height = self.tip.height.next();
        if self.deciding.is_some() || self.diverged.is_some() {
            return Ok(());
        }
        let Some(served) = self.catch_up.served(height).cloned() else { return Ok(()) };
        let Some(ground) = self.ground() else { return Ok(()) };
        let names = served.certificate.height == height && served.certificate.block == served.block.id();
        let sound = served.verified
            || names
                && ground.check_form(&served.block).is_ok()
                && served.certificate.verify(self.config.chain, ground.terms.set(), &*self.keys).is_ok();
        if !sound {
            self.catch_up.reject(height);
            self.fault(served.from, PeerFault::BadBlock, out);
            return Ok(());
        }
        self.catch_up.mark_verified(height);
        // The header certifies results of the tip: compare before anything is built upon it.
        if self.executed.height != self.tip.height {
            return Ok(());
        }
        if served.block.header.previous_results != self.executed.results {
            self.diverge(&served.block, out);
            return Ok(());
        }
        if !served.block.body.batches.iter().all(|id| self.pool.has(id)) {
            return Ok(());
        }
        if self.votes_at(height) {
            self.adopt_by_engine(served.block, served.certificate, now, out)
        } else {
            self.commit(served.block, served.certificate, out);
            Ok(())
        }
    }

    /// This node computed something else than a quorum certified: it must not vote again (D18).
    fn diverge(&mut self, block: &Block, out: &mut Vec<Effect>) {
        let (height, certified) = (self.tip.height, block.header.previous_results);
        self.diverged = Some(Inquiry::new(height, certified));
        self.voting_as = None;
        out.push(Effect::Note(Note::Diverged { height, certified, own: self.executed.results }));
        out.push(Effect::Dump { height, certified });
    }

    /// Asks the next peer for its account of the block that this node computed differently.
    fn inquire(&mut self, now: Now, out: &mut Vec<Effect>) {
        let Some(inquiry) = &mut self.diverged else { return };
        if let Some(peer) = inquiry.next(self.catch_up.peers(), now.mono_ms) {
            let message = Arc::new(Message::AccountRequest { height: inquiry.height, offset: 0 });
            out.push(Effect::Send { to: Audience::Peer(peer), message });
        }
    }

    /// A part of a peer's account.
    pub(super) fn account_part(
        &mut self,
        from: KeyId,
        (height, total, offset): (Height, u64, u64),
        bytes: &[u8],
        now: Now,
        out: &mut Vec<Effect>,
    ) {
        let Some(inquiry) = self.diverged.as_mut().filter(|inquiry| inquiry.height == height) else { return };
        match inquiry.part(from, total, offset, bytes, now.mono_ms) {
            Part::Dropped => {}
            Part::Next(offset) => {
                let message = Arc::new(Message::AccountRequest { height, offset });
                out.push(Effect::Send { to: Audience::Peer(from), message });
            }
            Part::Whole(account) => {
                out.push(Effect::Compare { from, height, certified: inquiry.certified, account });
            }
        }
    }

    /// Asks for blocks and batches that are missing.
    pub(super) fn ask(&mut self, now: Now, out: &mut Vec<Effect>) {
        if self.diverged.is_some() {
            self.inquire(now, out);
            return;
        }
        for (peer, height) in self.catch_up.want_blocks(self.tip.height, now.mono_ms) {
            out.push(Effect::Send { to: Audience::Peer(peer), message: Arc::new(Message::BlockRequest(height)) });
        }
        let (mut missing, mut hint) = self.missing_for_proposals();
        let served = self.catch_up.served(self.tip.height.next()).map(|s| (s.block.clone(), s.from));
        if let Some((block, from)) = served {
            let lacking: BTreeSet<_> = block.body.batches.iter().filter(|id| !self.pool.knows(id)).copied().collect();
            if !lacking.is_empty() {
                missing.extend(lacking);
                hint = Some(from);
            }
        }
        for (peer, batches) in self.catch_up.want_batches(&missing, hint, now.mono_ms) {
            out.push(Effect::Send { to: Audience::Peer(peer), message: Arc::new(Message::BatchRequest(batches)) });
        }
    }
}
