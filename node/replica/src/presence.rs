//! What this node has heard of each validator, and since when the round under way lasts: for people who ask why a chain stands.
//!
//! Nothing here decides anything.

use bencao_consensus::VoteKind;
use bencao_crypto::KeyId;
use bencao_engine::Message;
use bencao_genesis::{Height, TimestampMs};
use std::collections::BTreeMap;

/// The newest statement that came from a validator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sight {
    /// Who.
    pub validator: KeyId,
    /// Height that it is at.
    pub height: Height,
    /// Round that it is in.
    pub round: u32,
    /// What it said.
    pub said: Said,
    /// When it came, by this node's clock.
    pub time: TimestampMs,
}

/// Kinds of statements, in the order in which a round has them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Said {
    /// A proposal.
    Proposal,
    /// A prevote.
    Prevote,
    /// A precommit.
    Precommit,
}

impl Said {
    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Said::Proposal => "proposal",
            Said::Prevote => "prevote",
            Said::Precommit => "precommit",
        }
    }
}

/// Newest statements by validator; as many as there are validators.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    now: TimestampMs,
    newest: BTreeMap<KeyId, Sight>,
    round: Option<(Height, u32, TimestampMs)>,
}

impl Presence {
    /// The time of the input being handled.
    pub(crate) fn tick(&mut self, now: TimestampMs) {
        self.now = now;
    }

    /// A message of `validator`, proved by the connection that it came over.
    pub(crate) fn heard(&mut self, validator: KeyId, message: &Message) {
        let (voter, round, said) = match message {
            Message::Vote(v) if v.vote.kind == VoteKind::Prevote => (v.vote.voter, v.vote.round, Said::Prevote),
            Message::Vote(v) => (v.vote.voter, v.vote.round, Said::Precommit),
            Message::Proposal(p) => (p.proposal.proposer, p.proposal.round, Said::Proposal),
            Message::Polka(_) | Message::Round(_) => return,
        };
        if voter != validator {
            return;
        }
        let sight = Sight { validator, height: message.height(), round, said, time: self.now };
        let rank = |s: &Sight| (s.height, s.round, s.said);
        match self.newest.get_mut(&validator) {
            Some(known) if rank(known) > rank(&sight) => {}
            Some(known) => *known = sight,
            None => drop(self.newest.insert(validator, sight)),
        }
    }

    /// The round under way after an input.
    pub(crate) fn in_round(&mut self, round: Option<(Height, u32)>) {
        let same = |(height, number): (Height, u32)| self.round.is_some_and(|(h, r, _)| (h, r) == (height, number));
        match round {
            Some(round) if same(round) => {}
            Some((height, number)) => self.round = Some((height, number, self.now)),
            None => self.round = None,
        }
    }

    /// When the round under way began here.
    pub(crate) fn round_since(&self) -> Option<TimestampMs> {
        self.round.map(|(_, _, since)| since)
    }

    /// By validator.
    pub(crate) fn sights(&self) -> Vec<Sight> {
        self.newest.values().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bencao_consensus::{SignedVote, Vote};
    use bencao_crypto::Signature;

    fn vote(voter: u8, height: u64, round: u32, kind: VoteKind) -> Message {
        let vote = Vote { kind, height: Height(height), round, block: None, voter: KeyId([voter; 20]) };
        Message::Vote(SignedVote { vote, signature: Signature([0; 64]) })
    }

    #[test]
    fn the_newest_statement_counts_and_nobody_speaks_for_another() {
        let mut presence = Presence::default();
        let mut hear = |at, from: u8, message: Message| {
            presence.tick(TimestampMs(at));
            presence.heard(KeyId([from; 20]), &message);
            presence
                .sights()
                .iter()
                .map(|s| (s.validator.0[0], s.height.0, s.round, s.said, s.time.0))
                .collect::<Vec<_>>()
        };
        assert_eq!(hear(1, 7, vote(7, 5, 1, VoteKind::Prevote)), [(7, 5, 1, Said::Prevote, 1)]);
        assert_eq!(hear(2, 7, vote(7, 5, 0, VoteKind::Precommit)), [(7, 5, 1, Said::Prevote, 1)], "older");
        assert_eq!(hear(3, 7, vote(8, 9, 0, VoteKind::Prevote)), [(7, 5, 1, Said::Prevote, 1)], "another's");
        assert_eq!(hear(4, 7, vote(7, 5, 1, VoteKind::Prevote)), [(7, 5, 1, Said::Prevote, 4)], "said again");
        assert_eq!(hear(5, 7, vote(7, 6, 0, VoteKind::Prevote)), [(7, 6, 0, Said::Prevote, 5)]);
    }

    #[test]
    fn a_round_lasts_since_it_began() {
        let mut presence = Presence::default();
        let mut at = |now, round| {
            presence.tick(TimestampMs(now));
            presence.in_round(round);
            presence.round_since().map(|t| t.0)
        };
        assert_eq!(at(1, None), None);
        assert_eq!(at(2, Some((Height(1), 0))), Some(2));
        assert_eq!(at(3, Some((Height(1), 0))), Some(2));
        assert_eq!(at(4, Some((Height(1), 1))), Some(4));
        assert_eq!(at(5, None), None);
    }
}
