//! Evidence of double voting: two signatures that an honest validator never gives, checkable by anybody.

use crate::validators::ValidatorSet;
use crate::vote::SignedVote;
use bencao_crypto::{KeyId, KnownKeys, VerifyItem};
use bencao_genesis::ChainId;
use bincode::{Decode, Encode};

/// Two different votes of one validator for the same height, round and kind.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub struct Evidence {
    /// The vote that compares lower.
    pub first: SignedVote,
    /// The other.
    pub second: SignedVote,
}

/// Why evidence proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// The votes differ in voter, height, round or kind, so an honest validator may have cast both.
    #[error("the two votes do not exclude each other")]
    Compatible,
    /// The same vote twice, or the two in descending order: one double vote has one form.
    #[error("the two votes are equal or out of order")]
    Order,
    /// The voter is not in the set.
    #[error("voter {0} is not a validator at this height")]
    UnknownVoter(KeyId),
    /// A signature that does not verify.
    #[error("a signature of {0} does not verify")]
    Signature(KeyId),
}

impl Evidence {
    /// Brings two votes into canonical order; `None` unless they exclude each other.
    pub fn new(one: SignedVote, other: SignedVote) -> Option<Evidence> {
        let (first, second) = if one.vote <= other.vote { (one, other) } else { (other, one) };
        let evidence = Evidence { first, second };
        evidence.check_form().ok().map(|()| evidence)
    }

    /// Checks form, membership in `set` (the validators of the votes' height) and both signatures.
    ///
    /// # Errors
    /// The first [`EvidenceError`], in that order.
    pub fn verify(&self, chain: ChainId, set: &ValidatorSet, keys: &dyn KnownKeys) -> Result<(), EvidenceError> {
        self.check_form()?;
        let voter = self.first.vote.voter;
        let validator = set.get(&voter).ok_or(EvidenceError::UnknownVoter(voter))?;
        let item = |v: &SignedVote| VerifyItem {
            key: validator.key,
            message: v.vote.sign_bytes(chain),
            signature: v.signature,
        };
        let verdicts = keys.verify_batch(&[item(&self.first), item(&self.second)]);
        if verdicts.iter().all(|ok| *ok) { Ok(()) } else { Err(EvidenceError::Signature(voter)) }
    }

    fn check_form(&self) -> Result<(), EvidenceError> {
        let (a, b) = (&self.first.vote, &self.second.vote);
        if (a.voter, a.height, a.round, a.kind) != (b.voter, b.height, b.round, b.kind) {
            return Err(EvidenceError::Compatible);
        }
        if a.block < b.block { Ok(()) } else { Err(EvidenceError::Order) }
    }
}
