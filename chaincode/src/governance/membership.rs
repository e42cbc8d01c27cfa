//! Who takes part in the network, and under which parameters, by height.
//!
//! What a block decides counts two heights later: block h is ordered by those whom the state after h−2 names (D2). The
//! records therefore hold terms, each with its first height; what the state after block h says is right for every height
//! up to h + 2, so that a node that starts there needs no older state. A node asks [`revision`] after each block, one
//! small record, and reads [`membership`] only when the number has changed.

use crate::limits::NODES_MAX;
use crate::registry::OrganisationRecord;
use crate::state::{OrgNo, Record, StateView, ViewError, from_record, key, load};
use bencao_crypto::PublicKey;
use bencao_genesis::{Height, Limits, OrgId, Params};
use bincode::{Decode, Encode};
use std::collections::BTreeMap;

/// Heights between the block that changes validators, parameters or the rule version and the first that it counts for.
pub const DECISION_DELAY: u64 = 2;

/// Number of the last change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct Revision {
    /// Format: 1.
    pub version: u8,
    /// 0 at genesis, one more with every block that changed a validator, a node, a parameter or the rule version.
    pub number: u64,
    /// The block that made the last change.
    pub changed_at: Height,
}

/// A validator from one height to another, with one pair of keys and one power, as the state holds it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct Seat {
    pub(crate) name: String,
    pub(crate) organisation: OrgNo,
    pub(crate) validator_key: PublicKey,
    pub(crate) node_key: PublicKey,
    pub(crate) power: u64,
    pub(crate) since: Height,
    pub(crate) until: Option<Height>,
}

/// Seats in force, to come, and recently ended.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct SeatsRecord {
    /// Format: 1.
    pub(crate) version: u8,
    pub(crate) seats: Vec<Seat>,
}

/// A validator from one height to another, with one pair of keys and one power.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ValidatorTerm {
    /// Short name for people, unique among those in force; it stays when keys or power change.
    pub name: String,
    /// Organisation that runs it.
    pub organisation: OrgId,
    /// Its number.
    pub number: OrgNo,
    /// Key that votes.
    pub validator_key: PublicKey,
    /// Key of its TLS identity and batches.
    pub node_key: PublicKey,
    /// Voting power.
    pub power: u64,
    /// First height that it votes on.
    pub since: Height,
    /// First height that it no longer votes on.
    pub until: Option<Height>,
}

/// A node that may connect.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct NodeTerm {
    /// Format: 1.
    pub version: u8,
    /// Organisation that runs it.
    pub organisation: OrgId,
    /// Its number.
    pub number: OrgNo,
    /// Key of its TLS identity and batches.
    pub node_key: PublicKey,
    /// First height at which it is on the list.
    pub since: Height,
    /// First height at which it no longer is.
    pub until: Option<Height>,
}

/// Parameters from one height on, until the next term.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct SettingsTerm {
    /// First height.
    pub since: Height,
    /// Rules that blocks execute.
    pub rule_version: u32,
    /// Pace, timeouts, governance.
    pub params: Params,
    /// Sizes and counts.
    pub limits: Limits,
}

/// Parameters in force and to come, ascending by first height, never none.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct SettingsRecord {
    /// Format: 1.
    pub(crate) version: u8,
    pub(crate) terms: Vec<SettingsTerm>,
}

impl Record for Revision {}
impl Record for SeatsRecord {}
impl Record for NodeTerm {}
impl Record for SettingsRecord {}

fn holds(since: Height, until: Option<Height>, height: Height) -> bool {
    since <= height && until.is_none_or(|end| height < end)
}

impl Seat {
    pub(crate) fn is_in_force(&self, height: Height) -> bool {
        holds(self.since, self.until, height)
    }
}

impl ValidatorTerm {
    /// Whether it votes on `height`.
    pub fn is_in_force(&self, height: Height) -> bool {
        holds(self.since, self.until, height)
    }
}

impl NodeTerm {
    /// Whether it may connect at `height`.
    pub fn is_in_force(&self, height: Height) -> bool {
        holds(self.since, self.until, height)
    }
}

/// The term that `height` falls into; the first, for heights before it.
pub(crate) fn term_at(terms: &[SettingsTerm], height: Height) -> Result<&SettingsTerm, ViewError> {
    terms.iter().rev().find(|t| t.since <= height).or(terms.first()).ok_or(ViewError::Damaged)
}

/// Everything at one state: after block h it answers for the heights up to h + [`DECISION_DELAY`], and for some before h.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Membership {
    /// Which it is.
    pub revision: Revision,
    /// Terms in force, to come, and recently ended.
    pub validators: Vec<ValidatorTerm>,
    /// The allow-list, ascending by key id: nodes of validators and every other node of a member, with those that have
    /// ended.
    pub nodes: Vec<NodeTerm>,
    /// Ascending by first height; never none.
    pub settings: Vec<SettingsTerm>,
}

impl Membership {
    /// The validators that vote on `height`: never none for the heights that it answers for.
    pub fn validators_at(&self, height: Height) -> impl Iterator<Item = &ValidatorTerm> {
        self.validators.iter().filter(move |v| v.is_in_force(height))
    }

    /// The nodes that may connect while `height` is decided.
    pub fn nodes_at(&self, height: Height) -> impl Iterator<Item = &NodeTerm> {
        self.nodes.iter().filter(move |n| n.is_in_force(height))
    }

    /// Whether a node key is that of a validator of `height`; every other node of the list is an observer.
    pub fn is_validator_node(&self, node_key: &PublicKey, height: Height) -> bool {
        self.validators_at(height).any(|v| v.node_key == *node_key)
    }

    /// Parameters, limits and rule version under which `height` is proposed, judged and executed.
    ///
    /// # Errors
    /// [`ViewError::Damaged`] if there is no term at all.
    pub fn settings_at(&self, height: Height) -> Result<&SettingsTerm, ViewError> {
        term_at(&self.settings, height)
    }

    /// The first height above `after` from which validators, nodes or parameters are others, as far as this state knows:
    /// allow-lists change at heights that were decided long before, without a new revision.
    pub fn next_change(&self, after: Height) -> Option<Height> {
        let validators = self.validators.iter().flat_map(|v| [Some(v.since), v.until]);
        let nodes = self.nodes.iter().flat_map(|n| [Some(n.since), n.until]);
        let settings = self.settings.iter().map(|s| Some(s.since));
        validators.chain(nodes).chain(settings).flatten().filter(|h| *h > after).min()
    }
}

/// Number of the last change: one record.
///
/// # Errors
/// [`ViewError`].
pub fn revision(view: &dyn StateView) -> Result<Revision, ViewError> {
    load(view, &key::revision())?.ok_or(ViewError::Damaged)
}

/// Reads who takes part and under which parameters: at most [`NODES_MAX`] small records, and two large ones.
///
/// # Errors
/// [`ViewError`].
pub fn membership(view: &dyn StateView) -> Result<Membership, ViewError> {
    let settings: SettingsRecord = load(view, &key::settings())?.ok_or(ViewError::Damaged)?;
    let (from, to) = key::node_terms();
    let nodes = view.scan(&from, &to, NODES_MAX)?;
    Ok(Membership {
        revision: revision(view)?,
        validators: validator_terms(view)?,
        nodes: nodes.iter().map(|(_, bytes)| from_record(bytes)).collect::<Result<_, _>>()?,
        settings: settings.terms,
    })
}

fn validator_terms(view: &dyn StateView) -> Result<Vec<ValidatorTerm>, ViewError> {
    let record: SeatsRecord = load(view, &key::seats())?.ok_or(ViewError::Damaged)?;
    let mut ids: BTreeMap<OrgNo, OrgId> = BTreeMap::new();
    let term = |seat: Seat| {
        let organisation = match ids.get(&seat.organisation) {
            Some(id) => id.clone(),
            None => {
                let record: Option<OrganisationRecord> = load(view, &key::organisation(seat.organisation))?;
                let id = record.ok_or(ViewError::Damaged)?.id;
                ids.insert(seat.organisation, id.clone());
                id
            }
        };
        let (number, validator_key, node_key) = (seat.organisation, seat.validator_key, seat.node_key);
        let (name, power, since, until) = (seat.name, seat.power, seat.since, seat.until);
        Ok(ValidatorTerm { name, organisation, number, validator_key, node_key, power, since, until })
    };
    record.seats.into_iter().map(term).collect()
}
