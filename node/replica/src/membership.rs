//! Who takes part at which height, as far as this node knows it.
//!
//! Terms of height h + 2 follow from executing h, so that those of the next height are known before it starts, and those of
//! the one after it soon. Terms of some past heights stay: for late messages, and for evidence of double votes.

use crate::limits::HISTORY_HEIGHTS;
use bencao_consensus::{Terms, ValidatorSet};
use bencao_crypto::{KeyId, PublicKey};
use bencao_engine::Signer;
use bencao_genesis::{Height, OrgId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A key of this node that votes at heights whose set has it.
#[derive(Clone)]
pub struct Voter {
    /// Id of the key.
    pub id: KeyId,
    /// Signs with it.
    pub signer: Arc<dyn Signer + Send + Sync>,
}

impl std::fmt::Debug for Voter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Voter({})", self.id)
    }
}

/// Nodes that may connect, with the member that each belongs to.
pub type Nodes = BTreeMap<KeyId, OrgId>;

/// Terms by height: a run without gaps up to the highest that is known.
#[derive(Debug)]
pub(crate) struct Membership {
    by_height: BTreeMap<Height, Arc<Terms>>,
    /// As of the last executed block.
    nodes: Arc<Nodes>,
}

impl Membership {
    /// # Panics
    /// Without any terms: a start has at least those of the tip's next height.
    pub(crate) fn new(terms: impl IntoIterator<Item = (Height, Arc<Terms>)>, nodes: Arc<Nodes>) -> Membership {
        let by_height: BTreeMap<_, _> = terms.into_iter().collect();
        assert!(!by_height.is_empty(), "a start knows terms");
        Membership { by_height, nodes }
    }

    /// Terms of a height became known, and who may connect.
    pub(crate) fn learn(&mut self, height: Height, terms: Arc<Terms>, nodes: Arc<Nodes>) {
        self.by_height.insert(height, terms);
        self.nodes = nodes;
    }

    /// Forgets what lies further back than evidence reaches.
    pub(crate) fn forget(&mut self, tip: Height) {
        let first = Height(tip.0.saturating_sub(HISTORY_HEIGHTS));
        // The newest stay in any case.
        while self.by_height.len() > 1 && self.by_height.first_key_value().is_some_and(|(h, _)| *h < first) {
            self.by_height.pop_first();
        }
    }

    /// The terms of a height, if they are known.
    pub(crate) fn at(&self, height: Height) -> Option<&Arc<Terms>> {
        self.by_height.get(&height)
    }

    /// The validators of a height, if they are known.
    pub(crate) fn set(&self, height: Height) -> Option<&ValidatorSet> {
        self.at(height).map(|terms| terms.set())
    }

    /// The terms of a height; while they are not known, the newest before it.
    pub(crate) fn nearest(&self, height: Height) -> &Arc<Terms> {
        let before = self.by_height.range(..=height).next_back().or(self.by_height.first_key_value());
        before.map(|(_, terms)| terms).expect("there are always terms")
    }

    /// The newest terms that are known.
    pub(crate) fn newest(&self) -> &Arc<Terms> {
        self.by_height.last_key_value().map(|(_, terms)| terms).expect("there are always terms")
    }

    /// Terms from a height on that differ from their neighbours.
    fn distinct_from(&self, height: Height) -> impl Iterator<Item = &Arc<Terms>> {
        let mut last: Option<&Arc<Terms>> = None;
        self.by_height.range(height..).map(|(_, terms)| terms).filter(move |terms| {
            let fresh = last.is_none_or(|last| !Arc::ptr_eq(last, terms));
            last = Some(*terms);
            fresh
        })
    }

    /// Nodes that speak for a validator at `height` or later, as far as is known: each validator's own, and while that is not
    /// among the connected `peers`, those of its member that are.
    pub(crate) fn nodes_from(&self, height: Height, peers: &BTreeSet<KeyId>) -> BTreeSet<KeyId> {
        let mut nodes = BTreeSet::new();
        for terms in self.distinct_from(height) {
            for (node, seat) in terms.seats().iter().map(|seat| (seat.node_key.id(), seat)) {
                if !peers.contains(&node) {
                    let own = |peer: &&KeyId| self.nodes.get(*peer) == Some(&seat.organisation);
                    nodes.extend(peers.iter().filter(own));
                }
                nodes.insert(node);
            }
        }
        nodes
    }

    /// The validator for which a node speaks at `height`: its own, or one of its member. A node whose key changes is heard
    /// under either key for as long as both are in force.
    pub(crate) fn speaker(&self, height: Height, node: &KeyId) -> Option<KeyId> {
        let terms = self.nearest(height);
        terms.validator_of(node).map(|v| v.id).or_else(|| {
            let owner = self.nodes.get(node)?;
            terms.seats().iter().find(|seat| seat.organisation == *owner).map(|seat| seat.validator_key.id())
        })
    }

    /// The key of a node that speaks, or lately spoke, for a validator: its batches are taken.
    pub(crate) fn node_key(&self, node: &KeyId) -> Option<PublicKey> {
        self.by_height.values().rev().find_map(|terms| terms.node_key(node))
    }
}
