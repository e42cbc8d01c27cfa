//! Members: how they come, change, rest and go.

use super::events::{OrganisationAdded, RolesChanged, StandingChanged};
use super::keyring::{Keyring, check_grant};
use super::records::GovernanceRecord;
use super::roster::Roster;
use super::standing::Standing;
use crate::admission::check_text;
use crate::event::EventBody;
use crate::limits::{KEY_CHANGES_MAX, LICENCES_MAX, VOTERS_MAX};
use crate::registry::{OrganisationFile, OrganisationRecord, enrol, member};
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx, key};
use crate::transaction::{ChangeRoles, NewOrganisation};
use bencao_genesis::{KeyPurpose, OrgId, RegionCode, Role};

pub(super) fn check_roles(roles: &[Role]) -> Result<(), Rejection> {
    if !roles.is_empty() && roles.is_sorted_by(|a, b| a < b) {
        return Ok(());
    }
    Err(Rejection::FieldForm {
        field: "roles",
        expected: "at least one role, in the documented order, without repeats",
    })
}

pub(super) fn check_new(new: &NewOrganisation) -> Result<(), Rejection> {
    let refuse = |field, expected| Err(Rejection::FieldForm { field, expected });
    check_text("name", &new.name)?;
    check_roles(&new.roles)?;
    if new.name.is_empty() || new.id.as_str().starts_with("PERSON:") {
        return refuse("name", "a name, and not a person: those are registered by a host");
    }
    if new.licences.len() > LICENCES_MAX || !new.licences.iter().all(bencao_genesis::Licence::is_well_formed) {
        return refuse(
            "licences",
            "at most 32; scope and class letters in order without repeats; valid_from ≤ valid_to",
        );
    }
    if !(1..=KEY_CHANGES_MAX).contains(&new.keys.len()) {
        return refuse("keys", "1 to 16 keys");
    }
    new.keys.iter().try_for_each(check_grant)
}

/// Order of checks: identifier free, each key, vote.
pub(super) fn add(tx: &mut Tx, new: &NewOrganisation, motion: u32) -> Result<(), Stop> {
    let mut record = OrganisationRecord::new(new.id.clone(), new.name.clone(), new.jurisdiction);
    record.roles.clone_from(&new.roles);
    record.licences.clone_from(&new.licences);
    let number = enrol(tx, &record)?;
    let mut keyring = Keyring::load(tx, number, &new.id)?;
    new.keys.iter().try_for_each(|grant| keyring.add(tx, grant))?;
    keyring.close(tx)?;
    if new.votes {
        give_vote(tx, number, &new.id)?;
    }
    let body = OrganisationAdded { motion, roles: new.roles.clone(), votes: new.votes };
    OrganisationFile::load(tx, number)?.close(tx, number, EventBody::OrganisationAdded(body));
    Ok(())
}

/// A vote needs an administrator who casts it.
fn give_vote(tx: &mut Tx, number: OrgNo, id: &OrgId) -> Result<(), Stop> {
    let keyring = Keyring::load(tx, number, id)?;
    if !keyring.has(KeyPurpose::Admin) {
        return Err(Rejection::VoterNeedsAdministrator { organisation: id.clone() }.into());
    }
    let mut governance: GovernanceRecord = tx.must_load(&key::governance())?;
    governance.set_voter(number, true);
    if governance.voters.len().saturating_add(governance.resting.len()) > VOTERS_MAX {
        return Err(Rejection::RegisterFull { register: "voters", expected: VOTERS_MAX as u32 }.into());
    }
    tx.store(key::governance(), &governance);
    Ok(())
}

pub(super) fn suspend(tx: &mut Tx, id: &OrgId, motion: u32) -> Result<(), Stop> {
    change_standing(tx, id, &[Standing::Active, Standing::Frozen], Standing::Suspended, motion)
}

pub(super) fn restore(tx: &mut Tx, id: &OrgId, motion: u32) -> Result<(), Stop> {
    change_standing(tx, id, &[Standing::Frozen, Standing::Suspended], Standing::Active, motion)
}

/// Where an organisation is, if it is on record.
pub(super) fn region_of(tx: &Tx, id: &OrgId) -> Result<Option<RegionCode>, Stop> {
    match tx.exists(&key::organisation_number(id))? {
        true => Ok(Some(member(tx, id)?.1.jurisdiction)),
        false => Ok(None),
    }
}

/// With its validators and nodes, two heights later.
pub(super) fn remove(tx: &mut Tx, id: &OrgId, motion: u32) -> Result<(), Stop> {
    let (number, _) = member(tx, id)?;
    let from = [Standing::Active, Standing::Frozen, Standing::Suspended];
    change_standing(tx, id, &from, Standing::Removed, motion)?;
    let mut roster = Roster::load(tx)?;
    let at = roster.from();
    let names: Vec<String> = roster.current().filter(|s| s.organisation == number).map(|s| s.name.clone()).collect();
    names.iter().for_each(|name| roster.end(name));
    if !names.is_empty() {
        roster.close(tx)?;
    }
    let mut keyring = Keyring::load(tx, number, id)?;
    keyring.end_nodes(tx, at)?;
    keyring.close(tx)
}

/// Order of checks: member, standing. Its vote rests, counts again, or is gone.
pub(super) fn change_standing(
    tx: &mut Tx,
    id: &OrgId,
    from: &[Standing],
    to: Standing,
    motion: u32,
) -> Result<(), Stop> {
    let (number, mut record) = member(tx, id)?;
    if !from.contains(&record.standing) {
        let (action, actual) = (to.name(), record.standing.name());
        return Err(Rejection::StandingNotAllowed { organisation: id.clone(), action, actual }.into());
    }
    (record.standing, record.standing_by) = (to, motion);
    tx.store(key::organisation(number), &record);
    let mut governance: GovernanceRecord = tx.must_load(&key::governance())?;
    match to {
        Standing::Active => governance.restore(number),
        Standing::Frozen | Standing::Suspended => governance.rest(number),
        Standing::Removed => governance.set_voter(number, false),
    }
    tx.store(key::governance(), &governance);
    let body = EventBody::StandingChanged(StandingChanged { motion, standing: to });
    OrganisationFile::load(tx, number)?.close(tx, number, body);
    Ok(())
}

/// Order of checks: member and not removed, something changes, vote.
pub(super) fn change_roles(tx: &mut Tx, change: &ChangeRoles, motion: u32) -> Result<(), Stop> {
    let (number, mut record) = member(tx, &change.organisation)?;
    if record.standing == Standing::Removed {
        let (action, actual) = ("change_roles", record.standing.name());
        let organisation = change.organisation.clone();
        return Err(Rejection::StandingNotAllowed { organisation, action, actual }.into());
    }
    let governance: GovernanceRecord = tx.must_load(&key::governance())?;
    let had = governance.has_vote(number);
    let votes = change.votes.unwrap_or(had);
    let jurisdiction = change.jurisdiction.unwrap_or(record.jurisdiction);
    if record.roles == change.roles && record.jurisdiction == jurisdiction && had == votes {
        return Err(Rejection::NothingChanges {}.into());
    }
    record.roles.clone_from(&change.roles);
    record.jurisdiction = jurisdiction;
    tx.store(key::organisation(number), &record);
    if votes && !had {
        give_vote(tx, number, &change.organisation)?;
    }
    let mut governance: GovernanceRecord = tx.must_load(&key::governance())?;
    if !votes {
        governance.set_voter(number, false);
    } else if record.standing != Standing::Active {
        governance.rest(number);
    }
    tx.store(key::governance(), &governance);
    let body = RolesChanged { motion, roles: record.roles, jurisdiction, votes };
    OrganisationFile::load(tx, number)?.close(tx, number, EventBody::RolesChanged(body));
    Ok(())
}
