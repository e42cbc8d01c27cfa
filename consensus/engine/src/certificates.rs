//! Verification of the certificates that engines send each other, by the same rules as the library's own verifier but one
//! batch of signatures at a time.

use crate::message::{CertificateKind, PolkaCertificate, RoundCertificate};
use bencao_consensus::{ValidatorSet, Vote, VoteKind};
use bencao_crypto::{KeyId, KnownKeys, Signature, VerifyItem};
use bencao_genesis::ChainId;
use std::collections::BTreeSet;

/// Against whom and how certificates are verified.
pub(crate) struct Verifier<'a> {
    pub(crate) chain: ChainId,
    pub(crate) set: &'a ValidatorSet,
    pub(crate) keys: &'a dyn KnownKeys,
}

impl Verifier<'_> {
    /// One signature over `message`, by a member of the set.
    pub(crate) fn signed(&self, signer: &KeyId, message: Vec<u8>, signature: Signature) -> bool {
        let Some(validator) = self.set.get(signer) else { return false };
        self.keys.verify(&VerifyItem { key: validator.key, message, signature })
    }

    /// A quorum of valid prevotes for the block.
    pub(crate) fn polka(&self, c: &PolkaCertificate) -> bool {
        self.power(c.signatures.iter().map(|s| (c.vote(s.voter), s.signature))).is_some_and(|p| self.set.is_quorum(p))
    }

    /// Valid votes of one round: a quorum of precommits, or more than a third of any kind.
    pub(crate) fn round(&self, c: &RoundCertificate) -> bool {
        let kinds_fit = c.kind == CertificateKind::Skip || c.signatures.iter().all(|s| s.kind == VoteKind::Precommit);
        let votes = c.signatures.iter().map(|s| (c.vote(s), s.signature));
        kinds_fit
            && self.power(votes).is_some_and(|power| match c.kind {
                CertificateKind::Skip => self.set.has_honest(power),
                CertificateKind::Precommit => self.set.is_quorum(power),
            })
    }

    /// Power behind the votes; `None` if one is invalid, of a stranger, or the second of its voter.
    fn power(&self, votes: impl Iterator<Item = (Vote, Signature)>) -> Option<u128> {
        let mut seen = BTreeSet::new();
        let (mut power, mut items) = (0u128, Vec::new());
        for (vote, signature) in votes {
            let validator = self.set.get(&vote.voter)?;
            if !seen.insert(vote.voter) {
                return None;
            }
            power += u128::from(validator.power);
            items.push(VerifyItem { key: validator.key, message: vote.sign_bytes(self.chain), signature });
        }
        self.keys.verify_batch(&items).iter().all(|ok| *ok).then_some(power)
    }
}
