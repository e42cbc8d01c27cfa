//! One refusing and one accepting transaction for every rule of governance.

use super::*;
use crate::rejection::CATALOGUE;
use crate::tests::refusals::b1;
use std::collections::BTreeSet;

pub(in crate::tests) type Step = Box<dyn FnOnce(&mut World) -> Receipt>;

fn row(
    name: &'static str,
    refused: impl FnOnce(&mut World) -> Receipt + 'static,
    accepted: impl FnOnce(&mut World) -> Receipt + 'static,
) -> (&'static str, Step, Step) {
    (name, Box::new(refused), Box::new(accepted))
}

fn submit(world: &mut World, member: usize, content: Content) -> Receipt {
    let operation = motion(world, content);
    world.send(member, operation)
}

fn keys(world: &mut World, change: impl FnOnce(&World) -> KeyChange) -> Receipt {
    let operation = change_keys(vec![change(world)]);
    world.send(W, operation)
}

fn add(world: &World, edit: impl FnOnce(&mut KeyGrant)) -> KeyChange {
    let mut new = grant(world, W, KeyPurpose::Query, &key_of(90));
    edit(&mut new);
    KeyChange::Add(new)
}

/// W asks for a second administrator, adds it, and asks for a third, which needs both.
fn ordered(world: &mut World) -> Vec<KeyChange> {
    let second = grant(world, W, KeyPurpose::Admin, &key_of(91));
    world.applied(W, change_keys(vec![KeyChange::Add(second)]));
    let changes = vec![KeyChange::Add(grant(world, W, KeyPurpose::Admin, &key_of(92)))];
    world.send_as(W, "ORDER", change_keys(changes.clone()));
    changes
}

fn approve_as(world: &mut World, key: &SigningKey, order: &str, changes: &[KeyChange]) -> Receipt {
    let (order, content) = (DocumentNumber(order.into()), ChangeKeys::digest(changes));
    let (mut body, _) = world.transaction(W, "APPROVAL", Operation::ApproveKeys(ApproveKeys { order, content }));
    body.key = key.public().id();
    world.submit(&body, key)
}

fn signed_by(world: &mut World, member: usize, key: &SigningKey, operation: Operation) -> Receipt {
    let (mut body, _) = world.transaction(member, "SCOPED", operation);
    body.key = key.public().id();
    world.submit(&body, key)
}

/// W gets a key for these operations.
fn scoped(world: &mut World, scope: &str) -> SigningKey {
    let key = key_of(93);
    let scope = vec![scope.to_owned()];
    let new = KeyGrant { scope, ..grant(world, W, KeyPurpose::Transact, &key) };
    world.applied(W, change_keys(vec![KeyChange::Add(new)]));
    key
}

/// The newcomer is admitted.
fn admitted(world: &mut World) {
    let content = Content::AddOrganisation(newcomer(world, false));
    enact(world, content);
}

fn freeze_ship(world: &World) -> Content {
    let region = RegionCode::parse("650000").unwrap();
    let until = TimestampMs(world.time + 3_600_000);
    Content::FreezeOperations(FreezeOperations { region, operations: vec!["ship".into()], until })
}

fn who_rows() -> Vec<(&'static str, Step, Step)> {
    vec![
        row(
            "key_scope",
            |w| {
                let key = scoped(w, "receive");
                signed_by(w, W, &key, ship(P, &[b1(4)]))
            },
            |w| {
                let key = scoped(w, "ship");
                signed_by(w, W, &key, ship(P, &[b1(4)]))
            },
        ),
        row(
            "member_suspended",
            |w| {
                enact(w, suspend(W));
                w.send(W, ship(P, &[b1(4)]))
            },
            |w| {
                enact(w, suspend(W));
                enact(w, Content::RestoreOrganisation(named(W)));
                w.send(W, ship(P, &[b1(4)]))
            },
        ),
        row(
            "member_removed",
            |w| {
                enact(w, remove(W));
                w.send(W, ship(P, &[b1(4)]))
            },
            |w| {
                enact(w, remove(M));
                w.send(W, ship(P, &[b1(4)]))
            },
        ),
    ]
}

fn motion_rows() -> Vec<(&'static str, Step, Step)> {
    let proposed = |w: &mut World| propose(w, M, interval(500));
    let cast = |motion: u32, content| {
        Operation::CastVote(CastVote { motion, content, in_favour: true, reason: String::new() })
    };
    let digest = || interval(500).digest();
    vec![
        row(
            "unknown_motion",
            move |w| w.send(W, cast(1, digest())),
            move |w| {
                proposed(w);
                w.send(W, cast(1, digest()))
            },
        ),
        row(
            "no_vote",
            |w| {
                admitted(w);
                submit(w, NEWCOMER, interval(500))
            },
            |w| submit(w, M, interval(500)),
        ),
        row(
            "not_elector",
            |w| {
                let n = propose(w, M, suspend(W));
                vote(w, W, n, true)
            },
            |w| {
                let n = propose(w, M, suspend(W));
                vote(w, P, n, true)
            },
        ),
        row(
            "already_voted",
            move |w| {
                let n = proposed(w);
                vote(w, M, n, true)
            },
            move |w| {
                let n = proposed(w);
                vote(w, W, n, true)
            },
        ),
        row(
            "motion_closed",
            move |w| {
                let n = proposed(w);
                approve(w, n);
                vote(w, REG, n, true)
            },
            move |w| {
                let n = proposed(w);
                vote(w, REG, n, true)
            },
        ),
        row(
            "other_content",
            move |w| {
                proposed(w);
                w.send(W, cast(1, interval(501).digest()))
            },
            move |w| {
                proposed(w);
                w.send(W, cast(1, digest()))
            },
        ),
        row(
            "motion_pending",
            move |w| {
                proposed(w);
                submit(w, W, interval(500))
            },
            move |w| {
                proposed(w);
                submit(w, W, interval(501))
            },
        ),
        row(
            "effective_height",
            |w| {
                let operation = motion_at(w, interval(500), Some(tip(w) + 1));
                w.send(M, operation)
            },
            |w| {
                let operation = motion_at(w, interval(500), Some(tip(w) + 2));
                w.send(M, operation)
            },
        ),
        row(
            "not_proposer",
            move |w| {
                let motion = proposed(w);
                w.send(W, Operation::WithdrawMotion(WithdrawMotion { motion, reason: "撤回".into() }))
            },
            move |w| {
                let motion = proposed(w);
                w.send(M, Operation::WithdrawMotion(WithdrawMotion { motion, reason: "撤回".into() }))
            },
        ),
        row("parameter_range", |w| submit(w, M, interval(1)), |w| submit(w, M, interval(10))),
        row(
            "rule_version",
            |w| submit(w, M, Content::ActivateRules(ActivateRules { rule_version: 3 })),
            |w| submit(w, M, Content::ActivateRules(ActivateRules { rule_version: 2 })),
        ),
        row("nothing_changes", |w| submit(w, M, interval(200)), |w| submit(w, M, interval(201))),
        row(
            "not_frozen",
            |w| {
                let content = freeze_ship(w);
                let motion = propose(w, M, content);
                submit(w, REG, Content::LiftFreeze(LiftFreeze { motion }))
            },
            |w| {
                let content = freeze_ship(w);
                let motion = propose(w, REG, content);
                submit(w, REG, Content::LiftFreeze(LiftFreeze { motion }))
            },
        ),
        row(
            "operation_frozen",
            |w| {
                let content = freeze_ship(w);
                propose(w, REG, content);
                w.send(W, ship(P, &[b1(4)]))
            },
            |w| {
                let content = freeze_ship(w);
                propose(w, M, content);
                w.send(W, ship(P, &[b1(4)]))
            },
        ),
    ]
}

fn member_rows() -> Vec<(&'static str, Step, Step)> {
    let power = |name: &str, power| Content::ChangePower(ChangePower { name: name.into(), power });
    let dropped = |name: &str| Content::RemoveValidator(ValidatorNamed { name: name.into() });
    let roles = |votes| {
        let roles = vec![Role::Pharmacy, Role::Hospital];
        Content::ChangeRoles(ChangeRoles { organisation: org_id(P2), roles, jurisdiction: None, votes: Some(votes) })
    };
    vec![
        row("unknown_validator", move |w| submit(w, M, power("node7", 9)), move |w| submit(w, M, power("node3", 9))),
        row(
            "validator_exists",
            |w| {
                admitted(w);
                enact(w, new_validator(5));
                submit(w, M, new_validator(5))
            },
            |w| {
                admitted(w);
                submit(w, M, new_validator(5))
            },
        ),
        row(
            "validator_key",
            |w| {
                admitted(w);
                let Content::AddValidator(mut new) = new_validator(5) else { unreachable!() };
                new.organisation = org_id(W);
                submit(w, M, Content::AddValidator(new))
            },
            |w| {
                admitted(w);
                submit(w, M, new_validator(5))
            },
        ),
        row(
            "validators_too_few",
            move |w| {
                enact(w, dropped("node0"));
                submit(w, M, dropped("node1"))
            },
            move |w| submit(w, M, dropped("node1")),
        ),
        row("power_concentrated", move |w| submit(w, M, power("node0", 20)), move |w| submit(w, M, power("node0", 19))),
        row(
            "quorum_at_risk",
            move |w| {
                enact(w, power("node0", 1));
                submit(w, M, power("node1", 1))
            },
            move |w| {
                enact(w, power("node0", 1));
                submit(w, M, power("node1", 9))
            },
        ),
        row(
            "standing_not_allowed",
            |w| submit(w, M, Content::RestoreOrganisation(named(W))),
            |w| {
                enact(w, suspend(W));
                submit(w, M, Content::RestoreOrganisation(named(W)))
            },
        ),
        row("voter_needs_administrator", move |w| submit(w, M, roles(true)), move |w| submit(w, M, roles(false))),
        row(
            "party_not_active",
            |w| {
                enact(w, suspend(P));
                w.send(W, ship(P, &[b1(4)]))
            },
            |w| w.send(W, ship(P, &[b1(4)])),
        ),
    ]
}

fn key_rows() -> Vec<(&'static str, Step, Step)> {
    let own = || signing_key(W, KeyPurpose::Transact).public();
    vec![
        row(
            "key_not_of_organisation",
            |w| keys(w, |_| revocation(&signing_key(M, KeyPurpose::Transact).public(), None)),
            move |w| keys(w, |_| revocation(&own(), None)),
        ),
        row(
            "key_proof",
            |w| keys(w, |w| add(w, |g| g.purpose = KeyPurpose::Transact)),
            |w| keys(w, |w| add(w, |_| ())),
        ),
        row(
            "key_heights",
            |w| {
                let from = Height(tip(w) + 1);
                keys(w, |w| add(w, |g| g.valid_from = Some(from)))
            },
            |w| {
                let from = Height(tip(w) + 2);
                keys(w, |w| add(w, |g| g.valid_from = Some(from)))
            },
        ),
        row(
            "key_ended",
            move |w| {
                keys(w, |_| revocation(&own(), None));
                keys(w, |_| revocation(&own(), None))
            },
            move |w| {
                let at = tip(w) + 9;
                keys(w, |_| revocation(&own(), Some(at)));
                keys(w, |_| revocation(&own(), None))
            },
        ),
        row(
            "key_in_use",
            |w| keys(w, |_| revocation(&validator_keys(1)[1].public(), None)),
            |w| {
                let new = grant(w, W, KeyPurpose::Node, &key_of(90));
                keys(w, |_| rotation(&validator_keys(1)[1].public(), new, 0))
            },
        ),
        row(
            "last_administrator",
            |w| keys(w, |_| revocation(&signing_key(W, KeyPurpose::Admin).public(), None)),
            |w| {
                let new = grant(w, W, KeyPurpose::Admin, &key_of(90));
                keys(w, |_| rotation(&signing_key(W, KeyPurpose::Admin).public(), new, 0))
            },
        ),
        row(
            "rotation_purpose",
            move |w| {
                let new = grant(w, W, KeyPurpose::Query, &key_of(90));
                keys(w, |_| rotation(&own(), new, 0))
            },
            move |w| {
                let new = grant(w, W, KeyPurpose::Transact, &key_of(90));
                keys(w, |_| rotation(&own(), new, 0))
            },
        ),
        row(
            "unknown_key_order",
            |w| {
                let changes = ordered(w);
                approve_as(w, &key_of(91), "OTHER", &changes)
            },
            |w| {
                let changes = ordered(w);
                approve_as(w, &key_of(91), "ORDER", &changes)
            },
        ),
        row(
            "key_order_closed",
            |w| {
                let changes = ordered(w);
                w.time += 7 * DAY + 1;
                approve_as(w, &key_of(91), "ORDER", &changes)
            },
            |w| {
                let changes = ordered(w);
                w.time += 6 * DAY;
                approve_as(w, &key_of(91), "ORDER", &changes)
            },
        ),
        row(
            "already_approved",
            |w| {
                let changes = ordered(w);
                approve_as(w, &signing_key(W, KeyPurpose::Admin), "ORDER", &changes)
            },
            |w| {
                let changes = ordered(w);
                approve_as(w, &key_of(91), "ORDER", &changes)
            },
        ),
        row(
            "other_changes",
            |w| {
                ordered(w);
                approve_as(w, &key_of(91), "ORDER", &[])
            },
            |w| {
                let changes = ordered(w);
                approve_as(w, &key_of(91), "ORDER", &changes)
            },
        ),
        row(
            "admin_quorum",
            |w| keys(w, |_| KeyChange::SetQuorum(AdminQuorum { administrators: 2 })),
            |w| keys(w, |_| KeyChange::SetQuorum(AdminQuorum { administrators: 1 })),
        ),
    ]
}

pub(in crate::tests) fn rows() -> impl Iterator<Item = (&'static str, Step, Step)> {
    [who_rows(), motion_rows(), member_rows(), key_rows()].into_iter().flatten()
}

#[test]
fn every_rule_of_governance_refuses_and_lets_its_twin_pass() {
    let base = stocked_gov();
    let mut covered = BTreeSet::new();
    for (name, refused, accepted) in rows() {
        let mut world = base.clone();
        let receipt = refused(&mut world);
        assert!(!receipt.is_applied(), "{name} is not refused");
        assert_eq!(refusal_name(&receipt), name);
        assert_eq!(receipt.settles(), name != "key_scope" && name != "member_suspended" && name != "member_removed");
        let receipt = accepted(&mut base.clone());
        assert!(receipt.is_applied(), "{name}: {:?}", receipt.outcome);
        covered.insert(name);
    }
    // Reasons of a failed execution, which no transaction is told (tests/governance/attacks).
    covered.extend(["not_enough_votes", "no_regulator"]);
    let here = |code: u16| (7400..7600).contains(&code) || (1018..=1020).contains(&code);
    let missing: Vec<_> =
        CATALOGUE.iter().filter(|r| here(r.code) && !covered.contains(r.name)).map(|r| r.name).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
