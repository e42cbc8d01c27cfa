//! Commit certificates and their verification, by our own code and independent of the engine.

use crate::block::BlockId;
use crate::validators::ValidatorSet;
use crate::vote::{Vote, VoteKind};
use bencao_crypto::{KeyId, KnownKeys, Signature, VerifyItem};
use bencao_genesis::{ChainId, Height};
use bincode::{Decode, Encode};

/// One precommit inside a certificate.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct CommitSignature {
    /// Who signed.
    pub voter: KeyId,
    /// Over the precommit's [`Vote::sign_bytes`].
    pub signature: Signature,
}

/// A quorum of precommits for one block in one round. Signatures ascend by voter, without repeats.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct CommitCertificate {
    /// Height decided.
    pub height: Height,
    /// Round in which it was decided.
    pub round: u32,
    /// The block decided.
    pub block: BlockId,
    /// More than two thirds of the power.
    pub signatures: Vec<CommitSignature>,
}

/// Why a certificate proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Signatures are not strictly ascending by voter.
    #[error("signatures are out of order or repeated")]
    Order,
    /// A signer that is not in the set.
    #[error("signer {0} is not a validator at this height")]
    UnknownSigner(KeyId),
    /// A signature that does not verify.
    #[error("signature of {0} does not verify")]
    Signature(KeyId),
    /// Valid signatures, but too little power.
    #[error("{actual} of {total} power is not a quorum")]
    Quorum {
        /// Power that signed.
        actual: u128,
        /// Power of the set.
        total: u128,
    },
}

impl CommitCertificate {
    /// Checks order, membership, every signature and the quorum.
    ///
    /// # Errors
    /// The first [`CertificateError`], in that order.
    pub fn verify(&self, chain: ChainId, set: &ValidatorSet, keys: &dyn KnownKeys) -> Result<(), CertificateError> {
        if !self.signatures.is_sorted_by(|a, b| a.voter < b.voter) {
            return Err(CertificateError::Order);
        }
        let mut power = 0u128;
        let mut items = Vec::with_capacity(self.signatures.len());
        for s in &self.signatures {
            let validator = set.get(&s.voter).ok_or(CertificateError::UnknownSigner(s.voter))?;
            power += u128::from(validator.power);
            items.push(VerifyItem {
                key: validator.key,
                message: self.precommit(s.voter).sign_bytes(chain),
                signature: s.signature,
            });
        }
        let verdicts = keys.verify_batch(&items);
        if let Some(bad) = verdicts.iter().position(|ok| !ok) {
            return Err(CertificateError::Signature(self.signatures[bad].voter));
        }
        if !set.is_quorum(power) {
            return Err(CertificateError::Quorum { actual: power, total: set.total_power() });
        }
        Ok(())
    }

    /// The vote that `voter` cast for this certificate.
    pub fn precommit(&self, voter: KeyId) -> Vote {
        Vote { kind: VoteKind::Precommit, height: self.height, round: self.round, block: Some(self.block), voter }
    }
}
