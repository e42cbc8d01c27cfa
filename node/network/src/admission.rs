//! Who may connect: the allow-list, and holders of a consortium certificate while this node is behind.

use crate::limits::GUESTS_MAX;
use bencao_crypto::tls::{self, peer_key_bytes};
use bencao_crypto::x509::Standing;
use bencao_crypto::{KeyId, PublicKey};
use libp2p::PeerId;
use libp2p::multihash::Multihash;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{PoisonError, RwLock};

/// Multihash code of data that stand for themselves. libp2p takes SHA-256 or this, and has no place for SM3's code.
const IDENTITY_MULTIHASH: u64 = 0;

/// The libp2p name of a node key: identity multihash of `"smid1:" ‖ SM3(SubjectPublicKeyInfo)`.
pub fn peer_id(key: &PublicKey) -> PeerId {
    let hash = Multihash::<64>::wrap(IDENTITY_MULTIHASH, &peer_key_bytes(key)).expect("38 bytes fit into 64");
    PeerId::from_multihash(hash).expect("identity multihashes of up to 42 bytes are peer ids")
}

/// A node key as the node knows it from its chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Member {
    /// The key.
    pub key: PublicKey,
    /// Whose: keys of one owner have one number, which means nothing else here.
    pub owner: u32,
    /// Whether it may connect. A key that no longer may is told nevertheless if a peer is pinned by it: another key of its owner
    /// then takes its place.
    pub is_allowed: bool,
}

/// A peer that proved its key and was let in.
#[derive(Clone, Debug)]
pub(crate) struct Admitted {
    pub(crate) key: KeyId,
    pub(crate) certificate: Standing,
}

/// Shared between handshakes, the service and the node.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    members: BTreeMap<PeerId, KeyId>,
    /// Of members and of keys that were members.
    owners: BTreeMap<KeyId, u32>,
    certified_welcome: bool,
    /// Everyone let in since, members and guests: what a handshake learnt, kept for the connection that follows it.
    /// Bounded by the members and [`GUESTS_MAX`].
    admitted: BTreeMap<PeerId, Admitted>,
}

impl State {
    fn is_welcome(&self, peer: &PeerId) -> bool {
        self.members.contains_key(peer) || self.certified_welcome
    }

    fn forget_unwelcome(&mut self) {
        let State { members, certified_welcome, admitted, .. } = self;
        admitted.retain(|peer, _| members.contains_key(peer) || *certified_welcome);
    }
}

impl Admission {
    pub(crate) fn new(known: &[Member]) -> Admission {
        let admission = Admission::default();
        admission.set_members(known);
        admission
    }

    pub(crate) fn set_members(&self, known: &[Member]) {
        let allowed = known.iter().filter(|m| m.is_allowed);
        let members = allowed.map(|m| (peer_id(&m.key), m.key.id())).collect();
        let owners = known.iter().map(|m| (m.key.id(), m.owner)).collect();
        let mut state = self.write();
        (state.members, state.owners) = (members, owners);
        state.forget_unwelcome();
    }

    /// Whether the chain has a key that may connect for the owner of this one.
    pub(crate) fn has_successor(&self, key: &KeyId) -> bool {
        let state = self.read();
        let owner = state.owners.get(key);
        owner.is_some() && state.members.values().any(|member| state.owners.get(member) == owner)
    }

    /// Whether `actual` may connect and belongs to the owner of `expected`.
    pub(crate) fn is_successor(&self, expected: &KeyId, actual: &PeerId) -> bool {
        let state = self.read();
        let owner = state.owners.get(expected);
        owner.is_some() && state.members.get(actual).and_then(|member| state.owners.get(member)) == owner
    }

    pub(crate) fn welcome_certified(&self, welcome: bool) {
        let mut state = self.write();
        state.certified_welcome = welcome;
        state.forget_unwelcome();
    }

    /// Whether the chain vouches for this key, so that its certificate's dates only warn.
    pub(crate) fn is_member(&self, key: &PublicKey) -> bool {
        self.read().members.contains_key(&peer_id(key))
    }

    /// Whether a connection of this peer may stay, or be dialled.
    pub(crate) fn is_welcome(&self, peer: &PeerId) -> bool {
        self.read().is_welcome(peer)
    }

    /// Judges a peer whose certificate and key the handshake has proved.
    pub(crate) fn admit(&self, peer: &tls::Peer) -> Option<PeerId> {
        let id = peer_id(&peer.key);
        let mut state = self.write();
        if !state.is_welcome(&id) {
            return None;
        }
        let State { members, admitted, .. } = &mut *state;
        let guests = admitted.keys().filter(|known| !members.contains_key(known)).count();
        if !members.contains_key(&id) && !admitted.contains_key(&id) && guests >= GUESTS_MAX {
            return None;
        }
        admitted.insert(id, Admitted { key: peer.key.id(), certificate: peer.standing });
        Some(id)
    }

    /// What the handshake learnt about a peer that is still welcome.
    pub(crate) fn admitted(&self, peer: &PeerId) -> Option<Admitted> {
        self.read().admitted.get(peer).cloned()
    }

    /// The key behind a name, for messages.
    pub(crate) fn key_of(&self, peer: &PeerId) -> Option<KeyId> {
        let state = self.read();
        state.members.get(peer).copied().or_else(|| state.admitted.get(peer).map(|admitted| admitted.key))
    }

    /// Guests that are no longer connected make room for others.
    pub(crate) fn retain_guests(&self, connected: &BTreeSet<PeerId>) {
        let mut state = self.write();
        let State { members, admitted, .. } = &mut *state;
        admitted.retain(|peer, _| members.contains_key(peer) || connected.contains(peer));
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}
