//! Whose turn it is to propose, and whose turns are skipped (D3).
//!
//! Derived from the chain alone: the certificate of height h−1 *inside block h* says in which round h−1 was decided, so
//! the proposers of the earlier rounds failed. A failed proposer is skipped for 2ᵏ heights after its k-th failure in a
//! row, at most f at a time, so that a dead validator costs a timeout now and then instead of at every turn.

use crate::validators::{Validator, ValidatorSet};
use bencao_crypto::KeyId;
use bencao_genesis::Height;
use bincode::{Decode, Encode};

/// Largest k: a validator that came back waits at most 2⁷ = 128 heights for its next turn.
pub const BACKOFF_EXPONENT_MAX: u8 = 7;

/// A validator that failed to get its proposal decided.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Missed {
    /// Who.
    pub id: KeyId,
    /// Failures in a row, capped.
    pub failures: u8,
    /// First height at which it has turns again.
    pub until: Height,
}

/// Skip list in force for one height. Stored with each block; a pure fold over the chain.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct Turns {
    /// Ascending by id.
    missed: Vec<Missed>,
}

impl Turns {
    /// The proposer of (height, round): round robin over the validators that are not skipped.
    pub fn proposer<'a>(&self, set: &'a ValidatorSet, height: Height, round: u32) -> &'a Validator {
        let members = set.members();
        let active: Vec<&Validator> = members.iter().filter(|v| !self.is_skipped(&v.id, height)).collect();
        let pool = if active.is_empty() { members.iter().collect() } else { active };
        let turn = (u128::from(height.0) + u128::from(round)) % pool.len() as u128;
        pool[turn as usize]
    }

    /// Whether `id` has no turns at `height`.
    pub fn is_skipped(&self, id: &KeyId, height: Height) -> bool {
        self.missed.iter().any(|m| m.id == *id && height < m.until)
    }

    /// The skip list after a block that carries the certificate of `decided` = (height, round).
    ///
    /// `self` must be the list that was in force at that height, `set` its validators.
    pub fn after(&self, set: &ValidatorSet, decided: Height, round: u32, in_force_now: &Turns) -> Turns {
        let mut next = in_force_now.clone();
        let tried = round.min(u32::try_from(set.members().len()).unwrap_or(u32::MAX));
        for r in (round - tried)..round {
            next.fail(self.proposer(set, decided, r).id, decided);
        }
        let winner = self.proposer(set, decided, round).id;
        next.missed.retain(|m| m.id != winner && set.get(&m.id).is_some());
        next.cap(set.faults_max(), decided);
        next
    }

    fn fail(&mut self, id: KeyId, decided: Height) {
        let failures = match self.missed.iter().position(|m| m.id == id) {
            Some(i) => self.missed.remove(i).failures.saturating_add(1).min(BACKOFF_EXPONENT_MAX),
            None => 0,
        };
        // +2: the list takes effect at the height after the block that carries the certificate.
        let until = Height(decided.0.saturating_add(2 + (1 << failures)));
        self.missed.push(Missed { id, failures, until });
        self.missed.sort_by_key(|m| m.id);
    }

    /// Skips at most `limit` validators: those whose skip ends last, ties by id.
    fn cap(&mut self, limit: usize, decided: Height) {
        let mut active: Vec<(Height, KeyId)> =
            self.missed.iter().filter(|m| m.until > decided).map(|m| (m.until, m.id)).collect();
        active.sort();
        let surplus = active.len().saturating_sub(limit);
        for (_, id) in active.into_iter().take(surplus) {
            if let Some(m) = self.missed.iter_mut().find(|m| m.id == id) {
                m.until = decided;
            }
        }
    }
}
