//! Who may connect, kept in step with the chain: the thread that executes blocks tells the network.
//!
//! A node is let in as soon as the block that admits it is executed, and until the heights that it may still vote on are over.

use crate::home::Home;
use crate::stores::State;
use bencao_chaincode::governance::Membership;
use bencao_crypto::PublicKey;
use bencao_genesis::Height;
use bencao_ledger::StoreError;
use bencao_network::{Member, NetworkHandle};
use bencao_replica::Nodes;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Node keys that the configuration names.
pub(crate) fn pinned(home: &Home) -> Vec<PublicKey> {
    home.config.peers.iter().map(|peer| peer.node_key).collect()
}

/// The allow-list after one executed block.
pub(crate) struct AllowList {
    membership: Arc<Membership>,
    /// The first executed height after which it is another one, as far as is known.
    until: Option<Height>,
    pub(crate) members: Vec<Member>,
    /// The same for the replica.
    pub(crate) nodes: Arc<Nodes>,
}

impl AllowList {
    /// What the state after its last executed block says. `pinned` are keys that the configuration names: their owner is
    /// told even if they may not connect any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn of(state: &State, pinned: &[PublicKey]) -> Result<AllowList, StoreError> {
        let height = state.tip().height;
        let membership = state.membership()?;
        let next = height.next();
        // A node that leaves still decides the next height, perhaps, and a new validator is needed at the one after it.
        let seats = [height, next, next.next()].map(|h| membership.validators_at(h).collect::<Vec<_>>());
        let seats = seats.into_iter().flatten().map(|v| (v.node_key, v.number, &v.organisation));
        let nodes = membership.nodes_at(next).map(|n| (n.node_key, n.number, &n.organisation));
        let (mut allowed, mut owners) = (BTreeMap::new(), Nodes::new());
        for (key, owner, organisation) in seats.chain(nodes) {
            allowed.insert(key.id(), Member { key, owner: owner.0, is_allowed: true });
            owners.insert(key.id(), organisation.clone());
        }
        let mut members: Vec<Member> = allowed.values().copied().collect();
        for key in pinned.iter().filter(|key| !allowed.contains_key(&key.id())) {
            if let Some(record) = state.key(&key.id())? {
                members.push(Member { key: *key, owner: record.organisation.0, is_allowed: false });
            }
        }
        // Nodes count while the next height is decided; those of validators one height back and two ahead.
        let until = membership.next_change(height).and_then(Height::previous);
        Ok(AllowList { until, members, nodes: Arc::new(owners), membership })
    }

    fn holds(&self, membership: &Arc<Membership>, height: Height) -> bool {
        Arc::ptr_eq(&self.membership, membership) && self.until.is_none_or(|until| height < until)
    }
}

/// Tells the network.
pub(crate) struct Directory {
    network: NetworkHandle,
    pinned: Vec<PublicKey>,
    shown: Mutex<AllowList>,
}

impl Directory {
    /// `shown` is what the network was started with.
    pub(crate) fn new(network: NetworkHandle, pinned: Vec<PublicKey>, shown: AllowList) -> Directory {
        Directory { network, pinned, shown: Mutex::new(shown) }
    }

    /// After each executed block: replaces the allow-list if it is another one. Gives it for the replica.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn follow(&self, state: &State) -> Result<Arc<Nodes>, StoreError> {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.holds(&state.membership()?, state.tip().height) {
            return Ok(shown.nodes.clone());
        }
        let fresh = AllowList::of(state, &self.pinned)?;
        if fresh.members != shown.members {
            tracing::info!(height = %state.tip().height, nodes = fresh.members.len(), "who may connect has changed");
            self.network.set_members(&fresh.members);
        }
        *shown = fresh;
        Ok(shown.nodes.clone())
    }
}
