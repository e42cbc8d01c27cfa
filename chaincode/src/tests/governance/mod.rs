//! How the consortium governs itself: decisions of every kind, keys, and attacks that are refused.

pub(super) mod access;
mod attacks;
mod decisions;
mod golden;
mod keys;
mod rules;
mod validators;

use super::refusals::stocked_with;
use super::world::*;
use crate::governance::{self, GovernanceRecord, Membership, MotionRecord, MotionStatus};
use crate::receipt::Receipt;
use crate::state::{OrgNo, key, load};
use crate::transaction::*;
use crate::{EventRecord, Operation, Subject};
use bencao_crypto::{PublicKey, SigningKey};
use bencao_genesis::*;

/// Organisations with a vote: five, of which the last is the drug regulator of the region.
pub(super) const VOTERS: [usize; 5] = [M, W, P, H, REG];

/// A member that joins later.
pub(super) const NEWCOMER: usize = 25;

/// A key that nobody has yet.
fn key_of(byte: u8) -> SigningKey {
    let mut bytes = [99; 32];
    bytes[0] = byte;
    SigningKey::from_bytes(&bytes).unwrap()
}

/// Keys of validator `n`, from 0: that of votes, that of the node.
fn validator_keys(n: u8) -> [SigningKey; 2] {
    let key = |purpose: u8| {
        let mut bytes = [77; 32];
        (bytes[0], bytes[1]) = (n, purpose);
        SigningKey::from_bytes(&bytes).unwrap()
    };
    [key(1), key(2)]
}

fn entry(purpose: KeyPurpose, key: &SigningKey) -> KeyEntry {
    KeyEntry { purpose, public_key: key.public(), valid_from: Height(0), valid_to: None }
}

/// Five voters, of which each runs a validator of power 10.
pub(super) fn gov_genesis() -> Genesis {
    let mut base = genesis();
    base.organisations.extend(authorities());
    super::law_world::extend(&mut base);
    base.validators.clear();
    for organisation in &mut base.organisations {
        organisation.keys.retain(|k| !matches!(k.purpose, KeyPurpose::Validator | KeyPurpose::Node));
    }
    for (n, member) in (0u8..).zip(VOTERS) {
        let organisation = base.organisations.iter_mut().find(|o| o.id == org_id(member)).unwrap();
        let [votes, node] = validator_keys(n);
        organisation.keys.push(entry(KeyPurpose::Admin, &signing_key(member, KeyPurpose::Admin)));
        organisation.keys.push(entry(KeyPurpose::Validator, &votes));
        organisation.keys.push(entry(KeyPurpose::Node, &node));
        base.validators.push(ValidatorEntry {
            name: format!("node{n}"),
            organisation: org_id(member),
            validator_key: votes.public(),
            node_key: node.public(),
            power: 10,
        });
    }
    base
}

pub(super) fn gov_world() -> World {
    World::with(gov_genesis())
}

/// The same with goods, as the tables of other modules have them.
fn stocked_gov() -> World {
    stocked_with(gov_genesis())
}

pub(super) fn number_of(world: &World, member: usize) -> OrgNo {
    let place = world.genesis.organisations.iter().position(|o| o.id == org_id(member));
    OrgNo(place.map_or(world.genesis.organisations.len(), |p| p) as u32 + 1)
}

/// A proposal with a day to vote on it.
fn motion(world: &World, content: Content) -> Operation {
    motion_at(world, content, None)
}

fn motion_at(world: &World, content: Content, effective: Option<u64>) -> Operation {
    let voting_ends = TimestampMs(world.time + DAY);
    Operation::SubmitMotion(SubmitMotion {
        content,
        reason: "理事会议题".into(),
        voting_ends,
        effective: effective.map(Height),
    })
}

fn named(member: usize) -> OrganisationNamed {
    OrganisationNamed { organisation: org_id(member) }
}

fn suspend(member: usize) -> Content {
    Content::SuspendOrganisation(named(member))
}

fn remove(member: usize) -> Content {
    Content::RemoveOrganisation(named(member))
}

fn interval(value: u64) -> Content {
    parameter(governance::Parameter::BlockIntervalMs, value)
}

fn parameter(name: governance::Parameter, value: u64) -> Content {
    Content::ChangeParameters(ChangeParameters { set: vec![ParameterValue { name, value }] })
}

/// A key of an organisation with the proof that it has it.
pub(super) fn grant(world: &World, member: usize, purpose: KeyPurpose, key: &SigningKey) -> KeyGrant {
    let message = KeyGrant::proof_message(world.genesis.chain_id(), &org_id(member), purpose, &key.public());
    let proof = Some(key.sign(&message));
    KeyGrant { purpose, public_key: key.public(), proof, scope: vec![], valid_from: None, valid_to: None }
}

fn newcomer(world: &World, votes: bool) -> NewOrganisation {
    let purposes = [KeyPurpose::Transact, KeyPurpose::Admin];
    let mut keys: Vec<KeyGrant> =
        purposes.iter().map(|p| grant(world, NEWCOMER, *p, &signing_key(NEWCOMER, *p))).collect();
    let [validator, node] = validator_keys(9);
    keys.push(grant(world, NEWCOMER, KeyPurpose::Validator, &validator));
    keys.push(grant(world, NEWCOMER, KeyPurpose::Node, &node));
    NewOrganisation {
        id: org_id(NEWCOMER),
        name: "新加入的批发企业".into(),
        roles: vec![Role::Wholesaler],
        jurisdiction: RegionCode::parse("650100").unwrap(),
        licences: vec![licence(LicenceKind::DrugWholesale, &[DrugClass::Chemical], "2028-12-31")],
        keys,
        votes,
    }
}

/// The validator of the newcomer.
fn new_validator(power: u64) -> Content {
    let [validator, node] = validator_keys(9);
    Content::AddValidator(NewValidator {
        name: "node9".into(),
        organisation: org_id(NEWCOMER),
        validator_key: validator.public(),
        node_key: node.public(),
        power,
    })
}

fn change_keys(changes: Vec<KeyChange>) -> Operation {
    Operation::ChangeKeys(ChangeKeys { changes, reason: "密钥管理制度".into() })
}

fn rotation(old: &PublicKey, new: KeyGrant, overlap: u64) -> KeyChange {
    KeyChange::Rotate(KeyRotation { old: old.id(), new, overlap })
}

fn revocation(key: &PublicKey, at: Option<u64>) -> KeyChange {
    KeyChange::Revoke(KeyRevocation { key: key.id(), at: at.map(Height) })
}

/// A vote for what the record says.
fn vote_for(world: &World, number: u32, in_favour: bool) -> Operation {
    let content = record(world, number).content.digest();
    Operation::CastVote(CastVote { motion: number, content, in_favour, reason: String::new() })
}

fn record(world: &World, number: u32) -> MotionRecord {
    load(world, &key::motion(number)).unwrap().unwrap()
}

fn governance_record(world: &World) -> GovernanceRecord {
    load(world, &key::governance()).unwrap().unwrap()
}

fn membership(world: &World) -> Membership {
    governance::membership(world).unwrap()
}

/// Names and powers of the validators of a height.
fn validators_at(world: &World, height: u64) -> Vec<(String, u64)> {
    let mut all: Vec<_> = membership(world).validators_at(Height(height)).map(|v| (v.name.clone(), v.power)).collect();
    all.sort();
    all
}

fn tip(world: &World) -> u64 {
    world.outputs.len() as u64
}

/// Submits and gives the number.
fn propose(world: &mut World, member: usize, content: Content) -> u32 {
    let operation = motion(world, content);
    world.applied(member, operation);
    governance_record(world).motions
}

fn vote(world: &mut World, member: usize, number: u32, in_favour: bool) -> Receipt {
    let operation = vote_for(world, number, in_favour);
    world.send(member, operation)
}

/// Proposed by the regulator and voted for until it is approved.
fn approve(world: &mut World, number: u32) {
    for member in VOTERS {
        if record(world, number).status == MotionStatus::Open {
            vote(world, member, number, true);
        }
    }
    assert_eq!(record(world, number).status, MotionStatus::Approved);
}

/// Proposed, approved and, in the next block, executed: its record, whatever came of it.
fn decide(world: &mut World, content: Content) -> MotionRecord {
    let number = propose(world, REG, content);
    approve(world, number);
    world.block(&[]);
    record(world, number)
}

/// The same, and it was done.
fn enact(world: &mut World, content: Content) -> u32 {
    let record = decide(world, content);
    assert_eq!(record.status, MotionStatus::Executed, "{:?}", record.failure);
    governance_record(world).motions
}

fn failure_name(record: &MotionRecord) -> &'static str {
    assert_eq!(record.status, MotionStatus::Failed);
    crate::rejection::rule(record.failure.as_ref().unwrap().code).unwrap().name
}

fn event_names(world: &World, subject: Subject) -> Vec<&'static str> {
    world.events.get(&subject).map(|all| all.iter().map(|e: &EventRecord| e.body.name()).collect()).unwrap_or_default()
}

fn idle(world: &mut World, blocks: usize) {
    for _ in 0..blocks {
        world.block(&[]);
    }
}
