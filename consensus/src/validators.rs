//! Validator sets: a function of height from the start, hashed by id, key and power only.

use bencao_crypto::{Digest, KeyId, PublicKey, encode, tagged};
use bencao_genesis::Genesis;
use bencao_genesis::genesis::VALIDATORS_MAX;
use bincode::de::Decoder;
use bincode::error::DecodeError;
use bincode::{Decode, Encode};

/// Largest power of one validator, as in genesis. Keeps every sum and its triple far inside 64 bits.
pub const POWER_MAX: u64 = 1_000_000_000;

const _: () = assert!(POWER_MAX < u64::MAX / 3 / VALIDATORS_MAX as u64);

/// One validator. Names, addresses and turns are elsewhere: they do not belong to the hash.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Validator {
    /// Id of `key`; votes and headers carry it.
    pub id: KeyId,
    /// Validator key.
    pub key: PublicKey,
    /// Voting power, 1 to [`POWER_MAX`].
    pub power: u64,
}

/// Validators ascending by id: 1 to [`VALIDATORS_MAX`], with distinct keys.
///
/// Wire form: count (u64), then for each id (20), key (64) and power (u64). Decoding accepts well-formed sets only.
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
pub struct ValidatorSet {
    members: Vec<Validator>,
}

/// Why validators do not form a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValidatorSetError {
    /// None, or more than [`VALIDATORS_MAX`].
    #[error("{0} validators; a set has 1 to {VALIDATORS_MAX}")]
    Count(usize),
    /// Two validators share a key.
    #[error("validator {0} is listed twice")]
    Repeated(KeyId),
    /// An id that is not that of the key beside it.
    #[error("{0} is not the id of its key")]
    Id(KeyId),
    /// No power, or more than [`POWER_MAX`].
    #[error("power of validator {0} is outside 1 to {POWER_MAX}")]
    Power(KeyId),
}

impl ValidatorSet {
    /// Sorts by id and checks.
    ///
    /// # Errors
    /// [`ValidatorSetError`].
    pub fn checked(mut members: Vec<Validator>) -> Result<ValidatorSet, ValidatorSetError> {
        members.sort_by_key(|v| v.id);
        let set = ValidatorSet { members };
        set.check().map(|()| set)
    }

    /// [`ValidatorSet::checked`] for validators that a checked genesis or governance vouches for.
    ///
    /// # Panics
    /// On [`ValidatorSetError`].
    pub fn new(members: Vec<Validator>) -> ValidatorSet {
        ValidatorSet::checked(members).expect("the caller vouches for these validators")
    }

    fn check(&self) -> Result<(), ValidatorSetError> {
        let members = &self.members;
        if members.is_empty() || members.len() > VALIDATORS_MAX {
            return Err(ValidatorSetError::Count(members.len()));
        }
        if let Some(pair) = members.windows(2).find(|pair| pair[0].id == pair[1].id) {
            return Err(ValidatorSetError::Repeated(pair[0].id));
        }
        if let Some(v) = members.iter().find(|v| v.id != v.key.id()) {
            return Err(ValidatorSetError::Id(v.id));
        }
        match members.iter().find(|v| !(1..=POWER_MAX).contains(&v.power)) {
            Some(v) => Err(ValidatorSetError::Power(v.id)),
            None => Ok(()),
        }
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

impl<C> Decode<C> for ValidatorSet {
    fn decode<D: Decoder<Context = C>>(d: &mut D) -> Result<Self, DecodeError> {
        let set = ValidatorSet { members: Decode::decode(d)? };
        if !set.members.is_sorted_by(|a, b| a.id < b.id) || set.check().is_err() {
            return Err(DecodeError::Other("not a validator set"));
        }
        Ok(set)
    }
}

bincode::impl_borrow_decode!(ValidatorSet);
