//! What a proposal may decide: its kind, its form, whom it is about, and how it is executed.
//!
//! Where an authority may do the same by itself (licences, rule sets, registers), the same function does it; the decision
//! stands in the place of the authority's competence.

use super::keyring::{Keyring, check_changes};
use super::roster::Roster;
use super::{freeze, members, settings};
use crate::admission::check_text;
use crate::limits::{MOTION_BYTES_MAX, VALIDATOR_NAME_BYTES_MAX};
use crate::registry::{self, FilingKind, KeyRecord, member};
use crate::rejection::Rejection;
use crate::state::{Stop, Tx, key};
use crate::transaction::{Body, Content, NewValidator};
use bencao_crypto::{PublicKey, encode};
use bencao_genesis::{Height, KeyPurpose, OrgId, ProposalKind, RegionCode};

use super::membership::Seat;

impl Content {
    /// Which kind: what it needs is in the parameters.
    pub fn kind(&self) -> ProposalKind {
        match self {
            Content::AddOrganisation(_) => ProposalKind::AddOrganisation,
            Content::SuspendOrganisation(_) => ProposalKind::SuspendOrganisation,
            Content::RestoreOrganisation(_) => ProposalKind::RestoreOrganisation,
            Content::RemoveOrganisation(_) => ProposalKind::RemoveOrganisation,
            Content::ChangeRoles(_) => ProposalKind::ChangeRoles,
            Content::GrantLicence(_) | Content::ChangeLicence(_) => ProposalKind::ChangeLicences,
            Content::AddValidator(_) => ProposalKind::AddValidator,
            Content::ChangePower(_) => ProposalKind::ChangePower,
            Content::RemoveValidator(_) => ProposalKind::RemoveValidator,
            Content::RecoverKeys(_) => ProposalKind::RecoverKeys,
            Content::ChangeParameters(_) => ProposalKind::ChangeParameters,
            Content::ChangeApprovals(_) => ProposalKind::ChangeApprovals,
            Content::AmendLaw(_) => ProposalKind::AmendLaw,
            Content::ActivateRules(_) => ProposalKind::ActivateRules,
            Content::AdmitSystem(_) | Content::ChangeSystem(_) => ProposalKind::AdmitSystem,
            Content::FreezeOrganisation(_) | Content::FreezeOperations(_) => ProposalKind::EmergencyFreeze,
            Content::LiftFreeze(_) => ProposalKind::LiftFreeze,
        }
    }

    /// The member whose standing, rights or licences it decides. It has no vote on that.
    pub fn about(&self) -> Option<&OrgId> {
        match self {
            Content::SuspendOrganisation(c) | Content::RestoreOrganisation(c) | Content::RemoveOrganisation(c) => {
                Some(&c.organisation)
            }
            Content::ChangeRoles(c) => Some(&c.organisation),
            Content::GrantLicence(c) => Some(&c.organisation),
            Content::ChangeLicence(c) => Some(&c.organisation),
            Content::AdmitSystem(c) => Some(&c.organisation),
            Content::ChangeSystem(c) => Some(&c.organisation),
            Content::FreezeOrganisation(c) => Some(&c.organisation),
            Content::AddOrganisation(_)
            | Content::AddValidator(_)
            | Content::ChangePower(_)
            | Content::RemoveValidator(_)
            | Content::RecoverKeys(_)
            | Content::ChangeParameters(_)
            | Content::ChangeApprovals(_)
            | Content::AmendLaw(_)
            | Content::ActivateRules(_)
            | Content::FreezeOperations(_)
            | Content::LiftFreeze(_) => None,
        }
    }

    /// The region that the regulator in favour has to answer for, where one has to be; any regulator without one, or as
    /// long as what it is about is not on record: then its execution fails.
    pub(super) fn region(&self, tx: &Tx) -> Result<Option<RegionCode>, Stop> {
        Ok(match self {
            Content::AddOrganisation(c) => Some(c.jurisdiction),
            Content::AmendLaw(c) => Some(c.region),
            Content::FreezeOperations(c) => Some(c.region),
            Content::LiftFreeze(c) => freeze::region_of(tx, c.motion)?,
            _ => match self.about() {
                Some(id) => members::region_of(tx, id)?,
                None => None,
            },
        })
    }

    pub(super) fn check_form(&self) -> Result<(), Rejection> {
        let refuse = |field, expected| Err(Rejection::FieldForm { field, expected });
        if encode(self).len() > MOTION_BYTES_MAX {
            return refuse("content", "at most 24576 canonical bytes");
        }
        match self {
            Content::AddOrganisation(c) => members::check_new(c),
            Content::ChangeRoles(c) => members::check_roles(&c.roles),
            Content::GrantLicence(c) => c.check_form(),
            Content::ChangeLicence(c) => c.check_form(),
            Content::AddValidator(c) => check_validator_name(&c.name),
            Content::RecoverKeys(c) => check_changes(&c.changes),
            Content::ChangeParameters(c) => match c.set.is_empty() || !c.set.is_sorted_by(|a, b| a.name < b.name) {
                true => refuse("set", "at least one parameter, ascending, each once"),
                false => Ok(()),
            },
            Content::ChangeApprovals(c) => match c.set.is_empty() || !c.set.is_sorted_by(|a, b| a.kind < b.kind) {
                true => refuse("set", "at least one kind, ascending, each once"),
                false => Ok(()),
            },
            Content::AmendLaw(c) => c.check_form(),
            Content::AdmitSystem(c) if c.kind != FilingKind::TraceSystem => refuse("kind", "trace_system"),
            Content::AdmitSystem(c) => c.check_form(),
            Content::ChangeSystem(c) if c.kind != FilingKind::TraceSystem => refuse("kind", "trace_system"),
            Content::ChangeSystem(c) => c.check_form(),
            Content::FreezeOperations(c) => freeze::check_operations(&c.operations),
            Content::ChangePower(c) => check_text("name", &c.name),
            Content::RemoveValidator(c) => check_text("name", &c.name),
            Content::SuspendOrganisation(_)
            | Content::RestoreOrganisation(_)
            | Content::RemoveOrganisation(_)
            | Content::ActivateRules(_)
            | Content::FreezeOrganisation(_)
            | Content::LiftFreeze(_) => Ok(()),
        }
    }

    /// Does it, in the name of who proposed it. A refusal leaves nothing.
    pub(super) fn execute(&self, tx: &mut Tx, motion: u32) -> Result<(), Stop> {
        match self {
            Content::AddOrganisation(c) => members::add(tx, c, motion),
            Content::SuspendOrganisation(c) => members::suspend(tx, &c.organisation, motion),
            Content::RestoreOrganisation(c) => members::restore(tx, &c.organisation, motion),
            Content::RemoveOrganisation(c) => members::remove(tx, &c.organisation, motion),
            Content::ChangeRoles(c) => members::change_roles(tx, c, motion),
            Content::GrantLicence(c) => registry::grant_by_decision(tx, c),
            Content::ChangeLicence(c) => registry::change_licence_by_decision(tx, c),
            Content::AddValidator(c) => add_validator(tx, c),
            Content::ChangePower(c) => change_power(tx, &c.name, c.power),
            Content::RemoveValidator(c) => remove_validator(tx, &c.name),
            Content::RecoverKeys(c) => {
                let (number, organisation) = member(tx, &c.organisation)?;
                let mut keyring = Keyring::load(tx, number, &organisation.id)?;
                keyring.apply(tx, &c.changes)?;
                keyring.close(tx)
            }
            Content::ChangeParameters(c) => settings::set_parameters(tx, &c.set),
            Content::ChangeApprovals(c) => settings::set_approvals(tx, &c.set),
            Content::AmendLaw(c) => registry::amend_by_decision(tx, c),
            Content::ActivateRules(c) => settings::activate_rules(tx, c.rule_version),
            Content::AdmitSystem(c) => registry::file_by_decision(tx, c),
            Content::ChangeSystem(c) => registry::change_filing_by_decision(tx, c),
            Content::FreezeOrganisation(c) => freeze::organisation(tx, c, motion),
            Content::FreezeOperations(c) => freeze::operations(tx, c, motion),
            Content::LiftFreeze(c) => freeze::lift(tx, c.motion, motion),
        }
    }
}

fn check_validator_name(name: &str) -> Result<(), Rejection> {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if plain && (1..=VALIDATOR_NAME_BYTES_MAX).contains(&name.len()) {
        return Ok(());
    }
    Err(Rejection::FieldForm { field: "name", expected: "1-32 letters, digits, - or _" })
}

/// Order of checks: organisation, name and keys free, keys on record and in force, power, then the set.
fn add_validator(tx: &mut Tx, new: &NewValidator) -> Result<(), Stop> {
    let (number, organisation) = member(tx, &new.organisation)?;
    let mut roster = Roster::load(tx)?;
    let taken = roster.find(&new.name).is_some()
        || [&new.validator_key, &new.node_key].into_iter().any(|key| roster.using(key).is_some());
    if taken {
        return Err(Rejection::ValidatorExists { actual: new.name.clone() }.into());
    }
    for (public_key, purpose) in [(&new.validator_key, KeyPurpose::Validator), (&new.node_key, KeyPurpose::Node)] {
        check_seat_key(tx, public_key, purpose, roster.from(), (number, &organisation.id))?;
    }
    check_power(new.power)?;
    let since = roster.from();
    roster.put(Seat {
        name: new.name.clone(),
        organisation: number,
        validator_key: new.validator_key,
        node_key: new.node_key,
        power: new.power,
        since,
        until: None,
    });
    roster.close(tx)
}

/// A key of the organisation, for this purpose, in force from `from` on without an end.
fn check_seat_key(
    tx: &Tx,
    public_key: &PublicKey,
    purpose: KeyPurpose,
    from: Height,
    (number, id): (crate::state::OrgNo, &OrgId),
) -> Result<(), Stop> {
    let record: Option<KeyRecord> = tx.load(&key::signing_key(&public_key.id()))?;
    let fits = |r: &KeyRecord| r.organisation == number && r.purpose == purpose && r.valid_from <= from;
    match record.filter(fits).is_some_and(|r| r.valid_to.is_none()) {
        true => Ok(()),
        false => Err(Rejection::ValidatorKey {
            organisation: id.clone(),
            expected: purpose.name(),
            actual: hex::encode(public_key.id().0),
        }
        .into()),
    }
}

fn check_power(power: u64) -> Result<(), Rejection> {
    match power {
        1..=1_000_000_000 => Ok(()),
        _ => Err(Rejection::ParameterRange { field: "power".to_owned(), expected: "1 to 1000000000" }),
    }
}

fn change_power(tx: &mut Tx, name: &str, power: u64) -> Result<(), Stop> {
    let mut roster = Roster::load(tx)?;
    let seat = seat(&roster, name)?;
    check_power(power)?;
    if seat.power == power {
        return Err(Rejection::NothingChanges {}.into());
    }
    roster.put(Seat { power, ..seat });
    roster.close(tx)
}

fn remove_validator(tx: &mut Tx, name: &str) -> Result<(), Stop> {
    let mut roster = Roster::load(tx)?;
    seat(&roster, name)?;
    roster.end(name);
    roster.close(tx)
}

fn seat(roster: &Roster, name: &str) -> Result<Seat, Rejection> {
    roster.find(name).cloned().ok_or_else(|| Rejection::UnknownValidator { actual: name.to_owned() })
}
