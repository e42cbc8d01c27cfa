//! Validator sets: a function of height from the start, hashed by id, key and power only.

use bencao_crypto::{Digest, KeyId, PublicKey, encode, tagged};
use bencao_genesis::Genesis;
use bincode::{Decode, Encode};

/// One validator. Names, addresses and turns are elsewhere: they do not belong to the hash.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Validator {
    /// Id of `key`; votes and headers carry it.
    pub id: KeyId,
    /// Validator key.
    pub key: PublicKey,
    /// Voting power, at least 1.
    pub power: u64,
}

/// Validators ascending by id.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ValidatorSet {
    members: Vec<Validator>,
}

impl ValidatorSet {
    /// Sorts by id. Ids must be distinct and powers positive (a checked genesis and governance see to it).
    ///
    /// # Panics
    /// If two validators share a key, a power is zero or the set is empty.
    pub fn new(mut members: Vec<Validator>) -> ValidatorSet {
        members.sort_by_key(|v| v.id);
        assert!(!members.is_empty(), "a chain has at least one validator");
        assert!(members.windows(2).all(|w| w[0].id < w[1].id), "validator keys are distinct");
        assert!(members.iter().all(|v| v.power > 0), "every validator has power");
        ValidatorSet { members }
    }

    /// The founding set.
    pub fn from_genesis(genesis: &Genesis) -> ValidatorSet {
        let member = |v: &bencao_genesis::ValidatorEntry| Validator {
            id: v.validator_key.id(),
            key: v.validator_key,
            power: v.power,
        };
        ValidatorSet::new(genesis.validators.iter().map(member).collect())
    }

    /// All members, ascending by id.
    pub fn members(&self) -> &[Validator] {
        &self.members
    }

    /// The member with this id.
    pub fn get(&self, id: &KeyId) -> Option<&Validator> {
        self.members.binary_search_by_key(id, |v| v.id).ok().map(|i| &self.members[i])
    }

    /// Sum of all powers.
    pub fn total_power(&self) -> u128 {
        self.members.iter().map(|v| u128::from(v.power)).sum()
    }

    /// Whether `power` is a quorum: more than two thirds of the total.
    pub fn is_quorum(&self, power: u128) -> bool {
        power * 3 > self.total_power() * 2
    }

    /// Whether `power` holds at least one honest validator: more than one third of the total.
    pub fn has_honest(&self, power: u128) -> bool {
        power * 3 > self.total_power()
    }

    /// Most validators that may fail when all have equal power: ⌊(n−1)/3⌋.
    pub fn faults_max(&self) -> usize {
        (self.members.len() - 1) / 3
    }

    /// `SM3("bencao/validators/1" ‖ 0x00 ‖ canonical members)`.
    pub fn hash(&self) -> Digest {
        tagged("bencao/validators/1", &[&encode(&self.members)])
    }
}
