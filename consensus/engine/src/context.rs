//! Our types in the shape that the library asks for. Its names stay in this file, `convert`, `host` and `engine`.

use bencao_consensus::{BlockId, Turns};
use bencao_crypto::{KeyId, PublicKey, Signature};
use malachite_types::{self as lib, NilOrVal, Round, SignedExtension, VoteType, VotingPower};
use std::fmt;
use std::sync::Arc;

/// Id of a validator key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Address(pub(crate) KeyId);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl lib::Address for Address {}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) struct Height(pub(crate) u64);

impl fmt::Display for Height {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl lib::Height for Height {
    const ZERO: Self = Height(0);
    const INITIAL: Self = Height(1);

    fn increment_by(&self, n: u64) -> Self {
        Height(self.0.saturating_add(n))
    }

    fn decrement_by(&self, n: u64) -> Option<Self> {
        self.0.checked_sub(n).map(Height)
    }

    fn as_u64(&self) -> u64 {
        self.0
    }
}

/// All that the engine orders: the name of a block.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct BlockName(pub(crate) BlockId);

impl lib::Value for BlockName {
    type Id = BlockId;

    fn id(&self) -> BlockId {
        self.0
    }
}

/// Bodies do not travel through the engine, so no part is ever made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum NoPart {}

impl lib::ProposalPart<Context> for NoPart {
    fn is_first(&self) -> bool {
        match *self {}
    }

    fn is_last(&self) -> bool {
        match *self {}
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Proposal {
    pub(crate) height: Height,
    pub(crate) round: Round,
    pub(crate) value: BlockName,
    pub(crate) pol_round: Round,
    pub(crate) proposer: Address,
}

impl lib::Proposal<Context> for Proposal {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &BlockName {
        &self.value
    }

    fn take_value(self) -> BlockName {
        self.value
    }

    fn pol_round(&self) -> Round {
        self.pol_round
    }

    fn validator_address(&self) -> &Address {
        &self.proposer
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Vote {
    pub(crate) kind: VoteType,
    pub(crate) height: Height,
    pub(crate) round: Round,
    pub(crate) value: NilOrVal<BlockId>,
    pub(crate) voter: Address,
}

impl lib::Vote<Context> for Vote {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &NilOrVal<BlockId> {
        &self.value
    }

    fn take_value(self) -> NilOrVal<BlockId> {
        self.value
    }

    fn vote_type(&self) -> VoteType {
        self.kind
    }

    fn validator_address(&self) -> &Address {
        &self.voter
    }

    // Extensions are disabled at every height: a vote never carries one.
    fn extension(&self) -> Option<&SignedExtension<Context>> {
        None
    }

    fn take_extension(&mut self) -> Option<SignedExtension<Context>> {
        None
    }

    fn extend(self, _: SignedExtension<Context>) -> Self {
        self
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Validator {
    pub(crate) address: Address,
    pub(crate) key: PublicKey,
    pub(crate) power: VotingPower,
}

impl lib::Validator<Context> for Validator {
    fn address(&self) -> &Address {
        &self.address
    }

    fn public_key(&self) -> &PublicKey {
        &self.key
    }

    fn voting_power(&self) -> VotingPower {
        self.power
    }
}

/// The validators of one height and whose turns are skipped. The library clones it often.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ValidatorSet(Arc<Electorate>);

#[derive(PartialEq, Eq, Debug)]
struct Electorate {
    /// In the order of `set`.
    validators: Vec<Validator>,
    set: bencao_consensus::ValidatorSet,
    turns: Turns,
    total: VotingPower,
}

impl ValidatorSet {
    pub(crate) fn new(set: bencao_consensus::ValidatorSet, turns: Turns) -> ValidatorSet {
        let validator =
            |v: &bencao_consensus::Validator| Validator { address: Address(v.id), key: v.key, power: v.power };
        let validators = set.members().iter().map(validator).collect();
        let total = VotingPower::try_from(set.total_power()).expect("powers of a set are bounded");
        ValidatorSet(Arc::new(Electorate { validators, set, turns, total }))
    }

    pub(crate) fn set(&self) -> &bencao_consensus::ValidatorSet {
        &self.0.set
    }

    fn proposer(&self, height: Height, round: Round) -> &Validator {
        let round = round.as_u32().unwrap_or(0);
        let id = self.0.turns.proposer(&self.0.set, bencao_genesis::Height(height.0), round).id;
        lib::ValidatorSet::get_by_address(self, &Address(id)).expect("the proposer is a member")
    }
}

impl lib::ValidatorSet<Context> for ValidatorSet {
    fn count(&self) -> usize {
        self.0.validators.len()
    }

    fn total_voting_power(&self) -> VotingPower {
        self.0.total
    }

    fn get_by_address(&self, address: &Address) -> Option<&Validator> {
        self.0.validators.binary_search_by_key(address, |v| v.address).ok().map(|i| &self.0.validators[i])
    }

    fn get_by_index(&self, index: usize) -> Option<&Validator> {
        self.0.validators.get(index)
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sm2;

impl lib::SigningScheme for Sm2 {
    type DecodingError = bencao_crypto::KeyError;
    type Signature = Signature;
    type PublicKey = PublicKey;
    /// The private key is behind [`crate::Signer`]; the library never sees one.
    type PrivateKey = ();

    fn decode_signature(bytes: &[u8]) -> Result<Signature, Self::DecodingError> {
        bytes.try_into().map(Signature).map_err(|_| bencao_crypto::KeyError::Malformed)
    }

    fn encode_signature(signature: &Signature) -> Vec<u8> {
        signature.0.to_vec()
    }

    fn decode_public_key(bytes: &[u8]) -> Result<PublicKey, Self::DecodingError> {
        PublicKey::from_bytes(bytes.try_into().map_err(|_| bencao_crypto::KeyError::Malformed)?)
    }

    fn encode_public_key(key: &PublicKey) -> Vec<u8> {
        key.as_bytes().to_vec()
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Context;

impl lib::Context for Context {
    type Address = Address;
    type Height = Height;
    type ProposalPart = NoPart;
    type Proposal = Proposal;
    type Validator = Validator;
    type ValidatorSet = ValidatorSet;
    /// Not used: durations are ours (`timeouts`).
    type Timeouts = lib::LinearTimeouts;
    type Value = BlockName;
    type Vote = Vote;
    type Extension = ();
    type SigningScheme = Sm2;

    fn select_proposer<'a>(&self, set: &'a ValidatorSet, height: Height, round: Round) -> &'a Validator {
        set.proposer(height, round)
    }

    fn new_proposal(
        &self,
        height: Height,
        round: Round,
        value: BlockName,
        pol_round: Round,
        proposer: Address,
    ) -> Proposal {
        Proposal { height, round, value, pol_round, proposer }
    }

    fn new_prevote(&self, height: Height, round: Round, value: NilOrVal<BlockId>, voter: Address) -> Vote {
        Vote { kind: VoteType::Prevote, height, round, value, voter }
    }

    fn new_precommit(&self, height: Height, round: Round, value: NilOrVal<BlockId>, voter: Address) -> Vote {
        Vote { kind: VoteType::Precommit, height, round, value, voter }
    }
}
