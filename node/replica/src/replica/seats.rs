//! What this node is at the next height: a validator and with which key, an author of batches, or a follower.

use super::Replica;
use crate::effect::{Effect, Note};
use crate::membership::Voter;
use bencao_crypto::KeyId;
use bencao_genesis::Height;

impl Replica {
    /// Looks again, after the tip or the known terms have moved.
    pub(super) fn look_at_members(&mut self, out: &mut Vec<Effect>) {
        let next = self.tip.height.next();
        let peers = self.catch_up.peers().map(|(peer, _)| peer).collect();
        let mut nodes = self.members.nodes_from(next, &peers);
        nodes.remove(&self.config.me);
        if !nodes.iter().eq(self.validators.iter()) {
            self.validators = nodes.into_iter().collect();
        }
        self.look_at_authorship();
        if self.set(next).is_none() {
            return;
        }
        let voting_as = self.voter_at(next).map(|voter| voter.id);
        if voting_as != self.voting_as {
            out.push(Effect::Note(match voting_as {
                Some(validator) => Note::Seated { height: next, validator },
                None => Note::Unseated { height: next },
            }));
            self.voting_as = voting_as;
        }
    }

    /// The newest terms say whether this node makes batches or passes its transactions on: others take an author's
    /// batches for some heights longer.
    fn look_at_authorship(&mut self) {
        let is_author = self.members.newest().validator_of(&self.config.me).is_some();
        if is_author && !self.is_author {
            let carried = self.carried();
            self.mempool.reopen(&carried);
        }
        self.is_author = is_author;
    }

    /// The key of this node that votes at `height`; none while the validators of the height are not known.
    pub(super) fn voter_at(&self, height: Height) -> Option<&Voter> {
        let set = self.set(height).filter(|_| self.diverged.is_none())?;
        self.config.voters.iter().find(|voter| set.get(&voter.id).is_some())
    }

    /// Whether this node votes at `height`.
    pub(super) fn votes_at(&self, height: Height) -> bool {
        self.voter_at(height).is_some()
    }

    /// For which validator a node speaks at `height`. Of heights whose validators are not known yet: for which it speaks now.
    pub(super) fn speaker_at(&self, height: Height, node: &KeyId) -> Option<KeyId> {
        let known = height > self.tip.height || self.members.at(height).is_some();
        self.members.speaker(height, node).filter(|_| known)
    }
}
