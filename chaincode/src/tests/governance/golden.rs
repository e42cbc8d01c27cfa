//! Bytes that never change, of governance.

use super::*;
use crate::governance::Parameter;
use crate::registry::{FilingKind, LicenceAction};
use crate::tests::refusals::registry::{amend, filing, grant as grant_op, refile, relicense};
use bencao_crypto::{encode, sm3};

fn contents(world: &World) -> Vec<Content> {
    let Operation::GrantLicence(granted) = grant_op(P2, LicenceKind::DrugWholesale, |_| ()) else { unreachable!() };
    let Operation::AmendLaw(amendment) = amend(|_| ()) else { unreachable!() };
    let Operation::SubmitFiling(system) = filing(FilingKind::TraceSystem, AGENCY, |_| ()) else { unreachable!() };
    let Operation::ChangeFiling(changed) = refile(FilingKind::TraceSystem, AGENCY, LicenceAction::Suspend) else {
        unreachable!()
    };
    let approval = Approval { share: Share::All, regulator: true };
    let until = TimestampMs(START + DAY);
    let roles = vec![Role::Wholesaler];
    let region = RegionCode::parse("650000").unwrap();
    vec![
        Content::AddOrganisation(newcomer(world, true)),
        suspend(W),
        Content::RestoreOrganisation(named(W)),
        remove(W),
        Content::ChangeRoles(ChangeRoles { organisation: org_id(W), roles, jurisdiction: None, votes: Some(false) }),
        Content::GrantLicence(granted),
        Content::ChangeLicence(relicense(W, LicenceKind::DrugWholesale, LicenceAction::Suspend)),
        new_validator(7),
        Content::ChangePower(ChangePower { name: "node0".into(), power: 9 }),
        Content::RemoveValidator(ValidatorNamed { name: "node0".into() }),
        Content::RecoverKeys(RecoverKeys { organisation: org_id(W), changes: changes(world) }),
        parameter(Parameter::BlockIntervalMs, 500),
        Content::ChangeApprovals(ChangeApprovals {
            set: vec![ApprovalOfKind { kind: ProposalKind::AmendLaw, approval }],
        }),
        Content::AmendLaw(amendment),
        Content::ActivateRules(ActivateRules { rule_version: 2 }),
        Content::AdmitSystem(system),
        Content::ChangeSystem(changed),
        Content::FreezeOrganisation(FreezeOrganisation { organisation: org_id(W), until }),
        Content::FreezeOperations(FreezeOperations { region, operations: vec!["ship".into()], until }),
        Content::LiftFreeze(LiftFreeze { motion: 1 }),
    ]
}

fn changes(world: &World) -> Vec<KeyChange> {
    let new = grant(world, W, KeyPurpose::Transact, &key_of(90));
    let scope = vec!["custody".to_owned(), "dispense".to_owned()];
    let scoped = KeyGrant { scope, valid_from: Some(Height(7)), valid_to: Some(Height(9)), ..new.clone() };
    let old = signing_key(W, KeyPurpose::Transact).public();
    vec![
        KeyChange::Add(scoped),
        revocation(&old, Some(8)),
        rotation(&old, new, 3),
        KeyChange::SetQuorum(AdminQuorum { administrators: 2 }),
    ]
}

fn operations(world: &World) -> Vec<Operation> {
    let mut all: Vec<Operation> = contents(world).into_iter().map(|c| motion_at(world, c, Some(99))).collect();
    all.push(motion(world, interval(500)));
    let content = interval(500).digest();
    all.push(Operation::CastVote(CastVote { motion: 3, content, in_favour: true, reason: "同意".into() }));
    all.push(Operation::WithdrawMotion(WithdrawMotion { motion: 3, reason: "撤回".into() }));
    all.push(change_keys(changes(world)));
    let order = DocumentNumber("K-1".into());
    all.push(Operation::ApproveKeys(ApproveKeys { order, content: ChangeKeys::digest(&changes(world)) }));
    all
}

#[test]
fn operations_keep_their_bytes_and_read_back_from_json() {
    let world = gov_world();
    let operations = operations(&world);
    let tags: Vec<u16> = contents(&world).iter().map(Content::tag).collect();
    assert_eq!(tags, Content::TAGS.iter().map(|(tag, _)| *tag).collect::<Vec<_>>(), "every content");
    let mut all = Vec::new();
    for operation in operations {
        all.extend(encode(&operation));
        let text = serde_json::to_string(&operation).unwrap();
        assert_eq!(serde_json::from_str::<Operation>(&text).unwrap(), operation, "{text}");
    }
    assert_eq!((all.len(), &sm3(&all).to_string()[..16]), (OPERATIONS.0, OPERATIONS.1));
}

#[test]
fn records_and_events_keep_their_bytes() {
    let mut world = gov_world();
    let content = Content::AddOrganisation(newcomer(&world, true));
    enact(&mut world, content);
    enact(&mut world, new_validator(5));
    enact(&mut world, interval(500));
    let second = grant(&world, W, KeyPurpose::Admin, &key_of(91));
    world.applied(W, change_keys(vec![KeyChange::Add(second)]));
    let third = grant(&world, W, KeyPurpose::Admin, &key_of(92));
    world.applied(W, change_keys(vec![KeyChange::Add(third)]));
    let region = RegionCode::parse("650000").unwrap();
    let until = TimestampMs(world.time + DAY);
    let stop = FreezeOperations { region, operations: vec!["ship".into()], until };
    propose(&mut world, REG, Content::FreezeOperations(stop));
    enact(&mut world, remove(P));
    let at = tip(&world) + 5;
    let operation = motion_at(&world, suspend(W), Some(at));
    world.applied(M, operation);
    let mut all = Vec::new();
    for output in &world.outputs {
        all.extend(encode(&output.events));
    }
    all.extend(world.state.iter().flat_map(|(k, v)| [k.to_bytes(), v.clone()].concat()));
    assert_eq!((all.len(), &sm3(&all).to_string()[..16]), (RECORDS.0, RECORDS.1));
}

/// Bytes and first 16 digits of SM3. A change here is a change of the chain's format.
const OPERATIONS: (usize, &str) = (3899, "34dd5dc883c11a19");
const RECORDS: (usize, &str) = (33594, "52e7483b32253014");
