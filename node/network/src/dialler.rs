//! When to dial which pinned peer: a plain state machine over times that it is given.

use crate::admission::peer_id;
use crate::config::{Endpoint, NetworkError, PeerAddress};
use crate::limits::{BACKOFF_MAX, BACKOFF_MIN, PINNED_MAX, STABLE_AFTER};
use bencao_crypto::{KeyId, PublicKey, tagged};
use libp2p::PeerId;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// What is going on with a pinned peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// Dial at this time.
    Waiting(Instant),
    /// A dial, or the handshake after it.
    Dialling,
    /// Connected and greeted since, whoever dialled.
    Connected(Instant),
}

/// One pinned peer.
#[derive(Debug)]
struct Target {
    /// The key that answers: the pinned one, or another of its owner that has taken its place.
    key: KeyId,
    peer: PeerId,
    endpoint: Endpoint,
    /// Dials without success since the last stable connection.
    attempts: u32,
    stage: Stage,
}

/// A dial that is due.
#[derive(Clone, Debug)]
pub(crate) struct Dial {
    /// The pinned key.
    pub(crate) key: KeyId,
    pub(crate) peer: PeerId,
    pub(crate) endpoint: Endpoint,
}

/// Keeps dialling pinned peers.
#[derive(Debug)]
pub(crate) struct Dialler {
    own: KeyId,
    targets: BTreeMap<KeyId, Target>,
}

impl Dialler {
    /// All peers but `own` are due at `now`.
    pub(crate) fn new(own: &PublicKey, peers: &[PeerAddress], now: Instant) -> Result<Dialler, NetworkError> {
        if peers.len() > PINNED_MAX {
            return Err(NetworkError::TooManyPeers { actual: peers.len() });
        }
        let mut targets = BTreeMap::new();
        for pinned in peers.iter().filter(|pinned| pinned.node_key != *own) {
            let endpoint = Endpoint::parse(&pinned.address)?;
            let peer = peer_id(&pinned.node_key);
            let key = pinned.node_key.id();
            targets.insert(key, Target { key, peer, endpoint, attempts: 0, stage: Stage::Waiting(now) });
        }
        Ok(Dialler { own: own.id(), targets })
    }

    /// The earliest time at which [`Dialler::due`] gives something.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.targets.values().filter_map(|target| target.due_at()).min()
    }

    /// Dials due at `now`; each must be answered by [`Dialler::failed`] or [`Dialler::connected`].
    pub(crate) fn due(&mut self, now: Instant) -> Vec<Dial> {
        let due = self.targets.iter_mut().filter(|(_, target)| target.due_at().is_some_and(|at| at <= now));
        let begin = |(key, target): (&KeyId, &mut Target)| {
            target.stage = Stage::Dialling;
            Dial { key: *key, peer: target.peer, endpoint: target.endpoint.clone() }
        };
        due.map(begin).collect()
    }

    /// A dial led to nothing. A connection that came about otherwise stays what it is.
    pub(crate) fn failed(&mut self, key: KeyId, now: Instant) {
        let own = self.own;
        if let Some(target) = self.targets.get_mut(&key)
            && target.stage == Stage::Dialling
        {
            target.retreat(own, key, now);
        }
    }

    /// Another key of the same owner answers: it is dialled from now on.
    pub(crate) fn succeed(&mut self, pinned: KeyId, key: KeyId, peer: PeerId, now: Instant) {
        if let Some(target) = self.targets.get_mut(&pinned) {
            (target.key, target.peer) = (key, peer);
            if target.stage == Stage::Dialling {
                target.stage = Stage::Waiting(now);
            }
        }
    }

    /// The peer is connected and greeted.
    pub(crate) fn connected(&mut self, key: KeyId, now: Instant) {
        for target in self.targets.values_mut().filter(|target| target.key == key) {
            target.stage = Stage::Connected(now);
        }
    }

    /// The peer's connection is gone, and no other has taken its place.
    pub(crate) fn disconnected(&mut self, key: KeyId, now: Instant) {
        let own = self.own;
        for target in self.targets.values_mut().filter(|target| target.key == key) {
            if let Stage::Connected(since) = target.stage {
                if now.saturating_duration_since(since) >= STABLE_AFTER {
                    target.attempts = 0;
                }
                target.retreat(own, key, now);
            }
        }
    }

    /// Membership has changed: whoever waits is dialled now.
    pub(crate) fn hurry(&mut self, now: Instant) {
        for target in self.targets.values_mut() {
            if let Stage::Waiting(at) = &mut target.stage {
                *at = now.min(*at);
            }
        }
    }
}

impl Target {
    fn due_at(&self) -> Option<Instant> {
        match self.stage {
            Stage::Waiting(at) => Some(at),
            Stage::Dialling | Stage::Connected(_) => None,
        }
    }

    fn retreat(&mut self, own: KeyId, key: KeyId, now: Instant) {
        self.stage = Stage::Waiting(now + backoff(own, key, self.attempts));
        self.attempts = self.attempts.saturating_add(1);
    }
}

/// Doubles from [`BACKOFF_MIN`] to [`BACKOFF_MAX`], times 3/4 to 5/4: two nodes that lost each other do not keep dialling
/// at the same moment, and a hundred do not dial one at once. The factor is a digest of who dials whom and how often.
fn backoff(own: KeyId, peer: KeyId, attempts: u32) -> Duration {
    let full = BACKOFF_MIN.saturating_mul(1 << attempts.min(16)).min(BACKOFF_MAX);
    let digest = tagged("bencao/dial-jitter/1", &[&own.0, &peer.0, &attempts.to_le_bytes()]);
    let jitter = u32::from(u16::from_le_bytes([digest.0[0], digest.0[1]]) % 513);
    full * (768 + jitter) / 1_024
}

#[cfg(test)]
#[path = "tests/dialler.rs"]
mod tests;
