//! When holders of a consortium certificate may connect whose key is not on the chain as this node knows it: while the node is
//! behind, for the chain may have changed every key since (D16). It verifies all that it is served.

use crate::api::app::is_behind;
use bencao_replica::Status;

/// Without any peer for so long, a node takes its knowledge of the chain's keys for old, milliseconds.
const ALONE_MS: u64 = 30_000;

/// Remembers whether the node has been at the tip since its start.
#[derive(Debug, Default)]
pub(crate) struct Welcome {
    has_caught_up: bool,
    alone_since_ms: Option<u64>,
    says: bool,
}

impl Welcome {
    /// Looks at where the replica stands. Says what holds from now on, if that is something else than before.
    pub(crate) fn look(&mut self, status: &Status, now_ms: u64) -> Option<bool> {
        let is_alone = status.peers.is_empty();
        self.alone_since_ms = if is_alone { self.alone_since_ms.or(Some(now_ms)) } else { None };
        self.has_caught_up |= !is_alone && !is_behind(status);
        let is_forlorn = self.alone_since_ms.is_some_and(|since| now_ms.saturating_sub(since) >= ALONE_MS);
        let says = !self.has_caught_up || is_behind(status) || is_forlorn;
        (std::mem::replace(&mut self.says, says) != says).then_some(says)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bencao_consensus::{Seat, Terms};
    use bencao_crypto::{KeyId, SigningKey};
    use bencao_genesis::{Height, Limits, OrgId, Params};
    use std::sync::Arc;

    fn status(executed: u64, seen: u64, peers: usize) -> Status {
        let key = |n| SigningKey::from_bytes(&[n; 32]).unwrap().public();
        let seat = Seat {
            name: "one".into(),
            organisation: OrgId::parse("91350100M000100Y43").unwrap(),
            validator_key: key(1),
            node_key: key(2),
            power: 1,
        };
        Status {
            tip: Height(executed),
            executed: Height(executed),
            round: None,
            round_state: None,
            round_since: None,
            sights: vec![],
            voting: false,
            voting_as: None,
            terms: Arc::new(Terms::new(vec![seat], 1, Params::default(), Limits::default()).unwrap()),
            diverged: false,
            highest_seen: Height(seen),
            peers: vec![(KeyId([9; 20]), Height(seen)); peers],
            pending_transactions: 0,
            unordered_batches: 0,
            unordered_bytes: 0,
        }
    }

    #[test]
    fn guests_are_welcome_until_the_tip_is_reached_and_whenever_it_is_lost() {
        let mut welcome = Welcome::default();
        assert_eq!(welcome.look(&status(0, 0, 0), 0), Some(true), "it knows genesis only");
        assert_eq!(welcome.look(&status(0, 500, 1), 10), None);
        assert_eq!(welcome.look(&status(499, 500, 1), 20), Some(false));
        assert_eq!(welcome.look(&status(499, 500, 0), 30), None, "alone for a moment");
        assert_eq!(welcome.look(&status(499, 500, 0), 30 + ALONE_MS), Some(true));
        assert_eq!(welcome.look(&status(499, 500, 1), 40 + ALONE_MS), Some(false));
        assert_eq!(welcome.look(&status(499, 600, 1), 50 + ALONE_MS), Some(true), "behind again");
    }
}
