//! Whose turn it is to propose, and whose turns are skipped (D3).
//!
//! Derived from the chain alone. The certificate of height h−1 *inside block h* says in which round h−1 was decided, so the
//! proposers of its earlier rounds failed; the list that follows is in force from height h+1, once every node that votes there
//! has decided h. (A node's own certificate of h−1 may name another round; the copy in the block is agreed.)
//!
//! Rules:
//! 1. A proposer whose round did not decide is skipped for 2ᵏ heights: k is [`BACKOFF_EXPONENT_MIN`] after its first
//!    failure and grows by one with each height at which it fails again, up to [`BACKOFF_EXPONENT_MAX`].
//! 2. A proposer whose round decides is forgiven: its failures count from the start again.
//! 3. At most f validators are skipped at a time. When more failed, those that failed last are skipped, so that a
//!    validator that came back makes room for one that has gone.
//!
//! The first skip is already long, since a skipped turn costs nothing (batches of a skipped validator are listed by the
//! others), while an unskipped turn of a dead validator costs a propose timeout: with one dead validator, one height in
//! 128, later one in 1 024, needs a second round.

use crate::validators::{Validator, ValidatorSet};
use bencao_crypto::KeyId;
use bencao_genesis::Height;
use bincode::{Decode, Encode};
use std::collections::BTreeSet;

/// First k: 2⁷ = 128 heights without a turn.
pub const BACKOFF_EXPONENT_MIN: u8 = 7;

/// Largest k: a validator that came back waits at most 2¹⁰ = 1 024 heights for its next turn.
pub const BACKOFF_EXPONENT_MAX: u8 = 10;

/// Heights between the one whose round failed and the first at which that shows: the block after it carries the certificate.
const LAG: u64 = 2;

/// A validator that failed to get its proposal decided and has not succeeded since.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Missed {
    /// Who.
    pub id: KeyId,
    /// The k of its last skip.
    pub exponent: u8,
    /// Height at which it failed last.
    pub failed: Height,
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
        // A set that changed may consist of skipped validators only; then all have turns.
        let pool = if active.is_empty() { members.iter().collect() } else { active };
        let turn = (u128::from(height.0) + u128::from(round)) % pool.len() as u128;
        pool[turn as usize]
    }

    /// Whether `id` has no turns at `height`.
    pub fn is_skipped(&self, id: &KeyId, height: Height) -> bool {
        self.missed.iter().any(|m| m.id == *id && height < m.until)
    }

    /// Validators that failed and have not succeeded since, ascending by id, skipped or not.
    pub fn missed(&self) -> &[Missed] {
        &self.missed
    }

    /// The list in force at height `decided` + 2, from the certificate of (`decided`, `round`) inside block `decided` + 1.
    ///
    /// `self` is the list that was in force at `decided` and `set` the validators of that height; `in_force_now` is the
    /// list in force at `decided` + 1.
    pub fn after(&self, set: &ValidatorSet, decided: Height, round: u32, in_force_now: &Turns) -> Turns {
        let winner = self.proposer(set, decided, round).id;
        // Turns repeat after at most n rounds.
        let tried = round.min(u32::try_from(set.members().len()).unwrap_or(u32::MAX));
        let failed: BTreeSet<KeyId> =
            (round - tried..round).map(|r| self.proposer(set, decided, r).id).filter(|id| *id != winner).collect();
        let mut next = in_force_now.clone();
        next.missed.retain(|m| m.id != winner && set.get(&m.id).is_some());
        for id in failed {
            next.fail(id, decided);
        }
        next.limit(set.faults_max(), decided);
        next
    }

    fn fail(&mut self, id: KeyId, decided: Height) {
        let place = self.missed.binary_search_by_key(&id, |m| m.id);
        let exponent = match place {
            Ok(i) => (self.missed[i].exponent + 1).min(BACKOFF_EXPONENT_MAX),
            Err(_) => BACKOFF_EXPONENT_MIN,
        };
        let until = Height(decided.0.saturating_add(LAG + (1 << exponent)));
        let entry = Missed { id, exponent, failed: decided, until };
        match place {
            Ok(i) => self.missed[i] = entry,
            Err(i) => self.missed.insert(i, entry),
        }
    }

    /// Leaves at most `most` validators skipped from here on: those that failed last; of several at one height, those with
    /// the lowest ids.
    fn limit(&mut self, most: usize, decided: Height) {
        let start = Height(decided.0.saturating_add(LAG));
        let mut skipped: Vec<&mut Missed> = self.missed.iter_mut().filter(|m| m.until > start).collect();
        skipped.sort_by_key(|m| (std::cmp::Reverse(m.failed), m.id));
        for m in skipped.into_iter().skip(most) {
            m.until = start;
        }
    }
}
