//! What governs one height: who votes with which power, which node speaks for each, parameters and limits.
//!
//! The state after height h fixes the terms of height h + 2: the header of h + 1 announces their validator set, so that its
//! certificate, by the set of h + 1, vouches for the next. Genesis fixes heights 1 and 2.

use crate::validators::{Validator, ValidatorSet, ValidatorSetError};
use bencao_crypto::{Digest, KeyId, PublicKey};
use bencao_genesis::{Genesis, Limits, OrgId, Params, ValidatorEntry};
use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};
use std::collections::BTreeMap;

/// A validator with what is needed to reach it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Seat {
    /// Short name for people.
    pub name: String,
    /// Member that runs it.
    pub organisation: OrgId,
    /// Key that votes.
    pub validator_key: PublicKey,
    /// Key of its node: its name on the network, and the signature on its batches.
    pub node_key: PublicKey,
    /// Voting power.
    pub power: u64,
}

impl From<&ValidatorEntry> for Seat {
    fn from(v: &ValidatorEntry) -> Seat {
        Seat {
            name: v.name.clone(),
            organisation: v.organisation.clone(),
            validator_key: v.validator_key,
            node_key: v.node_key,
            power: v.power,
        }
    }
}

/// Why seats are no terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// The validators form no set.
    #[error(transparent)]
    Set(#[from] ValidatorSetError),
    /// One node would speak for two validators.
    #[error("node {0} is listed for two validators")]
    Node(KeyId),
}

/// Everything that one height is decided under. Seats are in the order of the set: ascending by validator id.
///
/// Stored form: seats, rule version, parameters, limits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terms {
    set: ValidatorSet,
    hash: Digest,
    seats: Vec<Seat>,
    /// Places of seats by id of their node key.
    nodes: BTreeMap<KeyId, usize>,
    /// Rules that execute the block.
    pub rule_version: u32,
    /// Pace, timeouts and how the consortium decides.
    pub params: Params,
    /// Sizes and counts.
    pub limits: Limits,
}

impl Terms {
    /// Sorts and checks.
    ///
    /// # Errors
    /// [`TermsError`].
    pub fn new(mut seats: Vec<Seat>, rule_version: u32, params: Params, limits: Limits) -> Result<Terms, TermsError> {
        seats.sort_by_cached_key(|s| s.validator_key.id());
        let mut nodes = BTreeMap::new();
        for (place, seat) in seats.iter().enumerate() {
            let id = seat.node_key.id();
            if nodes.insert(id, place).is_some() {
                return Err(TermsError::Node(id));
            }
        }
        let member = |s: &Seat| Validator { id: s.validator_key.id(), key: s.validator_key, power: s.power };
        let set = ValidatorSet::checked(seats.iter().map(member).collect())?;
        Ok(Terms { hash: set.hash(), set, seats, nodes, rule_version, params, limits })
    }

    /// The terms of heights 1 and 2.
    ///
    /// # Panics
    /// If the genesis was not checked.
    pub fn from_genesis(genesis: &Genesis) -> Terms {
        let seats = genesis.validators.iter().map(Seat::from).collect();
        let terms = Terms::new(seats, genesis.rule_version, genesis.params.clone(), genesis.limits.clone());
        terms.expect("a checked genesis has distinct keys and sound powers")
    }

    /// The validators.
    pub fn set(&self) -> &ValidatorSet {
        &self.set
    }

    /// [`ValidatorSet::hash`] of them.
    pub fn validators_hash(&self) -> Digest {
        self.hash
    }

    /// All seats, ascending by validator id.
    pub fn seats(&self) -> &[Seat] {
        &self.seats
    }

    /// The seat of a validator.
    pub fn seat(&self, validator: &KeyId) -> Option<&Seat> {
        self.set.members().binary_search_by_key(validator, |v| v.id).ok().map(|i| &self.seats[i])
    }

    /// The validator for which a node speaks.
    pub fn validator_of(&self, node: &KeyId) -> Option<&Validator> {
        self.nodes.get(node).map(|place| &self.set.members()[*place])
    }

    /// The key of a node that speaks for a validator.
    pub fn node_key(&self, node: &KeyId) -> Option<PublicKey> {
        self.nodes.get(node).map(|place| self.seats[*place].node_key)
    }

    /// Names of the nodes that speak for validators, ascending.
    pub fn nodes(&self) -> impl Iterator<Item = KeyId> {
        self.nodes.keys().copied()
    }
}

impl Encode for Terms {
    fn encode<E: Encoder>(&self, e: &mut E) -> Result<(), EncodeError> {
        (&self.seats, self.rule_version, &self.params, &self.limits).encode(e)
    }
}

impl<C> Decode<C> for Terms {
    fn decode<D: Decoder<Context = C>>(d: &mut D) -> Result<Self, DecodeError> {
        let (seats, rule_version, params, limits): (Vec<Seat>, u32, Params, Limits) = Decode::decode(d)?;
        let terms = Terms::new(seats.clone(), rule_version, params, limits);
        match terms {
            Ok(terms) if terms.seats == seats => Ok(terms),
            _ => Err(DecodeError::Other("not terms of a height")),
        }
    }
}

bincode::impl_borrow_decode!(Terms);
