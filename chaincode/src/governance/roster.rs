//! The validators: who votes, and what no change may do to them.
//!
//! A change counts two heights later (D2). However it comes about, by decision or by an organisation that changes its
//! own keys, the set that follows is refused if
//!
//! 1. it has more members than a chain may, or fewer than [`validators_min`](bencao_genesis::Governance) and fewer than
//!    before;
//! 2. an organisation reaches a third of the power and has more of it than before, unless the parameters allow it: alone
//!    it could halt the chain;
//! 3. those that were validators some heights before and still are, each with the less of both powers, are no quorum of
//!    the set then or of the set to come. Validators that are new, or have a new key, have to show that they work before
//!    the next ones follow; and no series of removals takes more at a time than may fail.
//!
//! A set of fewer than `validators_min` cannot lose a quorum by one change more than by a fault: rule 3 begins above it.

use super::events::ValidatorChanged;
use super::membership::{Seat, SeatsRecord};
use super::settings::{counts_from, touch};
use crate::event::EventBody;
use crate::limits::RECORD_BYTES_MAX;
use crate::registry::{OrganisationFile, OrganisationRecord};
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx, key, to_record};
use bencao_crypto::PublicKey;
use bencao_genesis::Height;
use bencao_genesis::genesis::VALIDATORS_MAX;
use std::collections::{BTreeMap, BTreeSet};

/// Seats while a decision changes them.
pub(super) struct Roster {
    seats: Vec<Seat>,
    /// Seats of the height that the change counts from, before it.
    before: Vec<Seat>,
    /// The height that the change counts from.
    from: Height,
}

impl Roster {
    pub(super) fn load(tx: &Tx) -> Result<Roster, Stop> {
        let record: SeatsRecord = tx.must_load(&key::seats())?;
        let from = counts_from(tx);
        let before = record.seats.iter().filter(|s| s.is_in_force(from)).cloned().collect();
        Ok(Roster { seats: record.seats, before, from })
    }

    /// The height that the change counts from.
    pub(super) fn from(&self) -> Height {
        self.from
    }

    /// Seats of that height as they are now.
    pub(super) fn current(&self) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(|s| s.is_in_force(self.from))
    }

    pub(super) fn find(&self, name: &str) -> Option<&Seat> {
        self.current().find(|s| s.name == name)
    }

    /// The seat that uses a key, for votes or as its node's.
    pub(super) fn using(&self, key: &PublicKey) -> Option<&Seat> {
        self.current().find(|s| s.validator_key == *key || s.node_key == *key)
    }

    pub(super) fn end(&mut self, name: &str) {
        let from = self.from;
        // What was to begin with this very change never was.
        self.seats.retain(|s| s.name != name || s.since != from);
        if let Some(seat) = self.seats.iter_mut().find(|s| s.name == name && s.is_in_force(from)) {
            seat.until = Some(from);
        }
    }

    /// Puts a seat in the place of that of the same name, or adds it.
    pub(super) fn put(&mut self, seat: Seat) {
        self.end(&seat.name);
        self.seats.push(Seat { since: self.from, until: None, ..seat });
    }

    /// Checks the set that follows, stores it, and tells the files of the organisations: at most one write an organisation
    /// and two more.
    pub(super) fn close(mut self, tx: &mut Tx) -> Result<(), Stop> {
        self.check(tx)?;
        let governance = &tx.context.params.governance;
        let remembered = Height(self.from.0.saturating_sub(governance.settle_heights)).min(tx.position.height);
        self.seats.retain(|s| s.until.is_none_or(|end| end > remembered));
        let record = SeatsRecord { version: 1, seats: self.seats.clone() };
        if to_record(&record).len() > RECORD_BYTES_MAX {
            return Err(Rejection::RegisterFull { register: "validators", expected: VALIDATORS_MAX as u32 }.into());
        }
        tx.store(key::seats(), &record);
        self.tell(tx)?;
        touch(tx)
    }

    /// One event a seat that differs, in the file of its organisation.
    fn tell(&self, tx: &mut Tx) -> Result<(), Stop> {
        let names: BTreeSet<&String> = self.before.iter().chain(self.current()).map(|s| &s.name).collect();
        for name in names {
            let (old, new) = (self.before.iter().find(|s| s.name == *name), self.find(name));
            if old == new {
                continue;
            }
            let Some(seat) = new.or(old) else { continue };
            let body = ValidatorChanged {
                name: seat.name.clone(),
                validator_key: seat.validator_key.id(),
                node_key: seat.node_key.id(),
                power: new.map_or(0, |s| s.power),
                since: self.from,
            };
            let organisation = seat.organisation;
            OrganisationFile::load(tx, organisation)?.close(tx, organisation, EventBody::ValidatorChanged(body));
        }
        Ok(())
    }

    fn check(&self, tx: &mut Tx) -> Result<(), Stop> {
        let governance = tx.context.params.governance.clone();
        let after: Vec<&Seat> = self.current().collect();
        let least = governance.validators_min as usize;
        if after.is_empty() || (after.len() < least && after.len() < self.before.len()) {
            let expected = governance.validators_min.max(1);
            return Err(Rejection::ValidatorsTooFew { expected, actual: count(after.len()) }.into());
        }
        if after.len() > VALIDATORS_MAX {
            let expected = count(VALIDATORS_MAX);
            return Err(Rejection::RegisterFull { register: "validators", expected }.into());
        }
        if !governance.third_allowed {
            self.check_thirds(tx, &after)?;
        }
        let then = Height(self.from.0.saturating_sub(governance.settle_heights));
        let base: Vec<&Seat> = match then < self.from {
            true => self.seats.iter().filter(|s| s.is_in_force(then)).collect(),
            false => after.clone(),
        };
        if base.len() < least {
            return Ok(());
        }
        check_overlap(&base, &after)
    }

    fn check_thirds(&self, tx: &mut Tx, after: &[&Seat]) -> Result<(), Stop> {
        let (total, total_before) = (power(after.iter().copied()), power(&self.before));
        let mut shares: BTreeMap<OrgNo, u128> = BTreeMap::new();
        for seat in after {
            let share = shares.entry(seat.organisation).or_default();
            *share = share.saturating_add(u128::from(seat.power));
        }
        for (number, share) in shares {
            let before = power(self.before.iter().filter(|s| s.organisation == number));
            let grows = share.saturating_mul(total_before) > before.saturating_mul(total);
            if share.saturating_mul(3) >= total && grows {
                let record: OrganisationRecord = tx.must_load(&key::organisation(number))?;
                return Err(Rejection::PowerConcentrated {
                    organisation: record.id,
                    expected: clamp(total.div_ceil(3).saturating_sub(1)),
                    actual: clamp(share),
                }
                .into());
            }
        }
        Ok(())
    }
}

/// Those of both sets, each with the less of its powers, are a quorum of either.
fn check_overlap(base: &[&Seat], after: &[&Seat]) -> Result<(), Stop> {
    let stays = |seat: &Seat| {
        let same = |a: &&&Seat| a.name == seat.name && a.validator_key == seat.validator_key;
        after.iter().find(same).map_or(0, |a| a.power.min(seat.power))
    };
    let common = base.iter().fold(0u128, |sum, seat| sum.saturating_add(u128::from(stays(seat))));
    for total in [power(base.iter().copied()), power(after.iter().copied())] {
        if common.saturating_mul(3) <= total.saturating_mul(2) {
            let expected = clamp(total.saturating_mul(2).checked_div(3).unwrap_or(0).saturating_add(1));
            return Err(Rejection::QuorumAtRisk { expected, actual: clamp(common) }.into());
        }
    }
    Ok(())
}

fn power<'a>(seats: impl IntoIterator<Item = &'a Seat>) -> u128 {
    seats.into_iter().fold(0, |sum, s| sum.saturating_add(u128::from(s.power)))
}

fn clamp(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

fn count(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
