//! Attacks on governance, tried and refused.

use super::*;
use crate::governance::Standing;
use crate::registry::OrganisationRecord;
use crate::state::StateKey;
use bencao_crypto::sm3;
use std::collections::BTreeMap;

#[test]
fn nobody_votes_twice() {
    let mut world = gov_world();
    let number = propose(&mut world, M, interval(500));
    assert_eq!(refusal_name(&vote(&mut world, M, number, true)), "already_voted", "who proposes has voted");
    assert!(vote(&mut world, W, number, true).is_applied());
    for in_favour in [true, false] {
        assert_eq!(refusal_name(&vote(&mut world, W, number, in_favour)), "already_voted");
    }
    // Two in one block, with one key or two, are one vote.
    let operation = vote_for(&world, number, true);
    let bytes: Vec<Vec<u8>> = ["V-1", "V-2"]
        .iter()
        .map(|no| {
            let (body, key) = world.transaction(P, no, operation.clone());
            body.sign(&key).to_bytes()
        })
        .collect();
    let receipts = world.block(&bytes).receipts.clone();
    assert!(receipts[0].is_applied());
    assert_eq!(refusal_name(&receipts[1]), "already_voted");
    assert_eq!(record(&world, number).ballots.len(), 3);
    let alarms = world.outputs.iter().flat_map(|o| &o.alarms).filter(|a| a.kind.name() == "irregular_vote");
    assert_eq!(alarms.count(), 4);
}

#[test]
fn who_has_no_vote_neither_proposes_nor_votes() {
    let mut world = gov_world();
    // An organisation without administrators cannot even sign it.
    let operation = motion(&world, interval(500));
    assert_eq!(world.refused(CDC, operation.clone()), "unknown_key");
    // One with an administrator but without a vote.
    let content = Content::AddOrganisation(newcomer(&world, false));
    enact(&mut world, content);
    assert_eq!(world.refused(NEWCOMER, operation), "no_vote");
    let number = propose(&mut world, M, interval(500));
    assert_eq!(refusal_name(&vote(&mut world, NEWCOMER, number, true)), "not_elector");
    // A vote given later is one for later proposals.
    let roles = vec![Role::Wholesaler];
    let change = ChangeRoles { organisation: org_id(NEWCOMER), roles, jurisdiction: None, votes: Some(true) };
    enact(&mut world, Content::ChangeRoles(change));
    assert_eq!(refusal_name(&vote(&mut world, NEWCOMER, number, true)), "not_elector");
    let later = propose(&mut world, M, interval(600));
    assert!(vote(&mut world, NEWCOMER, later, true).is_applied());
    // A key for bills does not vote.
    let operation = vote_for(&world, later, true);
    let (mut body, _) = world.transaction(W, "V-1", operation);
    let key = signing_key(W, KeyPurpose::Transact);
    body.key = key.public().id();
    assert_eq!(refusal_name(&world.submit(&body, &key)), "key_purpose");
}

#[test]
fn a_removed_member_has_no_vote_and_the_one_it_cast_does_not_count() {
    let mut world = gov_world();
    // P votes on a proposal, and is removed before it is approved.
    let number = propose(&mut world, M, interval(500));
    vote(&mut world, P, number, true);
    enact(&mut world, remove(P));
    assert_eq!(refusal_name(&vote(&mut world, P, number, true)), "member_removed");
    vote(&mut world, W, number, true);
    vote(&mut world, H, number, true);
    assert_eq!(record(&world, number).status, MotionStatus::Open, "M, W and H: four of five are needed");
    vote(&mut world, REG, number, true);
    assert_eq!(record(&world, number).status, MotionStatus::Approved);
}

#[test]
fn suspending_opponents_does_not_lower_what_is_needed() {
    let mut world = gov_world();
    let number = propose(&mut world, M, interval(500));
    vote(&mut world, W, number, true);
    for opponent in [P, H] {
        let hostile = propose(&mut world, REG, suspend(opponent));
        for member in [M, W, P, H] {
            vote(&mut world, member, hostile, true);
        }
        world.block(&[]);
    }
    let operation = vote_for(&world, number, true);
    assert_eq!(world.refused(P, operation), "member_suspended");
    vote(&mut world, REG, number, true);
    assert_eq!(record(&world, number).status, MotionStatus::Open, "three of five are not two thirds");
}

#[test]
fn a_proposal_is_not_replayed() {
    let mut world = gov_world();
    let operation = motion(&world, interval(500));
    let (body, key) = world.transaction(M, "G-1", operation.clone());
    let bytes = body.sign(&key).to_bytes();
    assert!(world.block(std::slice::from_ref(&bytes)).receipts[0].is_applied());
    // The same bytes, and the same body signed again, are the same proposal.
    let again = world.block(&[bytes.clone(), bytes]).receipts.clone();
    assert!(again.iter().all(|r| matches!(r.outcome, crate::Outcome::Repeated(_))));
    assert_eq!(governance_record(&world).motions, 1);
    // The same content under another number, or by another member, while it is pending.
    for member in [M, W] {
        assert_eq!(world.refused(member, operation.clone()), "motion_pending");
    }
    approve(&mut world, 1);
    world.block(&[]);
    assert_eq!(record(&world, 1).status, MotionStatus::Executed);
    let old = Operation::CastVote(CastVote {
        motion: 1,
        content: record(&world, 1).content.digest(),
        in_favour: true,
        reason: String::new(),
    });
    // Executed, it is nothing to vote on; proposed again it starts without a vote, and old votes name the old number.
    assert_eq!(world.refused(H, old), "motion_closed");
    enact(&mut world, interval(600));
    let second = propose(&mut world, M, interval(500));
    assert_eq!((second, record(&world, second).ballots.len()), (3, 1));
    // Another chain's bytes are another chain's.
    let (mut foreign, key) = world.transaction(M, "G-2", operation);
    foreign.chain = ChainId(sm3(b"another chain"));
    assert_eq!(refusal_name(&world.submit(&foreign, &key)), "wrong_chain");
}

#[test]
fn a_vote_cannot_be_turned_to_something_else() {
    let mut world = gov_world();
    let harmless = propose(&mut world, M, interval(500));
    let harmful = propose(&mut world, M, remove(W));
    let content = record(&world, harmless).content.digest();
    let shown = Operation::CastVote(CastVote { motion: harmful, content, in_favour: true, reason: String::new() });
    assert_eq!(world.refused(P, shown), "other_content");
    let nothing = Operation::CastVote(CastVote { motion: 99, content, in_favour: true, reason: String::new() });
    assert_eq!(world.refused(P, nothing), "unknown_motion");
}

#[test]
fn who_a_decision_is_about_has_no_vote_on_it() {
    let mut world = gov_world();
    let number = propose(&mut world, M, suspend(W));
    assert_eq!(record(&world, number).electorate.len(), 4);
    assert_eq!(refusal_name(&vote(&mut world, W, number, false)), "not_elector");
    // Nor does proposing it oneself give one.
    let own = propose(&mut world, W, remove(W));
    assert_eq!(record(&world, own).ballots.len(), 0);
}

#[test]
fn a_vote_at_the_effective_height_comes_too_late() {
    let mut world = gov_world();
    let at = tip(&world) + 5;
    let operation = motion_at(&world, interval(500), Some(at));
    world.applied(M, operation);
    vote(&mut world, W, 1, true);
    vote(&mut world, P, 1, true);
    assert_eq!(tip(&world), at - 2);
    world.block(&[]);
    // The fourth vote is in the very block that would execute it: the decisions of a block come before its transactions.
    assert_eq!(refusal_name(&vote(&mut world, H, 1, true)), "motion_closed");
    let lapsed = record(&world, 1);
    assert_eq!((lapsed.status, lapsed.settled.unwrap().0), (MotionStatus::Lapsed, Height(at)));
    // One block earlier it would have done.
    let at = tip(&world) + 5;
    let operation = motion_at(&world, interval(600), Some(at));
    world.applied(M, operation);
    vote(&mut world, W, 2, true);
    vote(&mut world, P, 2, true);
    assert!(vote(&mut world, H, 2, true).is_applied());
    assert_eq!((tip(&world), record(&world, 2).status), (at - 1, MotionStatus::Approved));
    world.block(&[]);
    assert_eq!(record(&world, 2).status, MotionStatus::Executed);
    // Nor is a height accepted that leaves no block for a vote.
    let operation = motion_at(&world, interval(700), Some(tip(&world) + 1));
    assert_eq!(world.refused(M, operation), "effective_height");
}

#[test]
fn support_is_counted_again_at_the_effective_height() {
    let mut world = gov_world();
    let at = tip(&world) + 12;
    let operation = motion_at(&world, interval(500), Some(at));
    world.applied(M, operation);
    for member in [W, P, H] {
        vote(&mut world, member, 1, true);
    }
    assert_eq!(record(&world, 1).status, MotionStatus::Approved);
    // One of the four in favour is suspended before its height: three of five are left.
    let number = propose(&mut world, REG, suspend(H));
    for member in [M, W, P] {
        vote(&mut world, member, number, true);
    }
    while tip(&world) < at {
        world.block(&[]);
    }
    assert_eq!(failure_name(&record(&world, 1)), "not_enough_votes");
    assert_eq!(membership(&world).settings_at(Height(at + 2)).unwrap().params.block_interval_ms, 200);
}

#[test]
fn two_removals_at_one_height_do_not_add_up_to_a_stall() {
    let mut world = gov_world();
    let at = tip(&world) + 20;
    let names = ["node0", "node1", "node2"];
    for name in names {
        let content = Content::RemoveValidator(ValidatorNamed { name: name.into() });
        let operation = motion_at(&world, content, Some(at));
        world.applied(REG, operation);
    }
    for number in 1..=3 {
        approve(&mut world, number);
    }
    // Each by itself leaves four of five; together they would leave two.
    while tip(&world) < at {
        world.block(&[]);
    }
    assert_eq!(record(&world, 1).status, MotionStatus::Executed);
    assert_eq!(failure_name(&record(&world, 2)), "validators_too_few");
    assert_eq!(failure_name(&record(&world, 3)), "validators_too_few");
    assert_eq!(validators_at(&world, at + 2).len(), 4);
    assert_eq!(world.outputs.last().unwrap().counts.deadlines, 5, "each execution and each failure");
    // Nor does removing organisations, or their keys, get around it.
    let operation = motion(&world, remove(W));
    assert_eq!(world.refused(REG, operation), "validators_too_few");
}

#[test]
fn a_decision_that_fails_leaves_nothing_but_its_record() {
    let mut world = gov_world();
    // The second of three changes is impossible; proposed for a height, it is checked by its form only.
    let changes = vec![
        KeyChange::Add(grant(&world, W, KeyPurpose::Transact, &key_of(90))),
        revocation(&signing_key(M, KeyPurpose::Transact).public(), None),
        KeyChange::Add(grant(&world, W, KeyPurpose::Transact, &key_of(91))),
    ];
    let content = Content::RecoverKeys(RecoverKeys { organisation: org_id(W), changes });
    let at_once = motion(&world, content.clone());
    assert_eq!(world.refused(REG, at_once), "key_not_of_organisation", "to be executed at once, it is refused at once");
    let at = tip(&world) + 8;
    let operation = motion_at(&world, content, Some(at));
    world.applied(REG, operation);
    approve(&mut world, 1);
    while tip(&world) < at - 1 {
        world.block(&[]);
    }
    let before: BTreeMap<StateKey, Vec<u8>> = world.state.clone();
    world.block(&[]);
    assert_eq!(failure_name(&record(&world, 1)), "key_not_of_organisation");
    let changed: Vec<&StateKey> =
        world.state.iter().filter(|(k, v)| before.get(*k) != Some(*v)).map(|(k, _)| k).collect();
    assert_eq!(changed, [&key::governance(), &key::motion(1)]);
    assert!(before.keys().all(|k| world.state.contains_key(k)));
    let last = world.events[&Subject::Motion(1)].last().unwrap();
    assert_eq!((last.body.name(), last.id.height), ("motion_settled", Height(at)));
    assert!(governance_record(&world).pending.is_empty());
    // One about somebody who is no member yet is voted on, and fails if nobody has been admitted by then.
    let roles = vec![Role::Wholesaler];
    let change = ChangeRoles { organisation: org_id(NEWCOMER), roles, jurisdiction: None, votes: None };
    let at = tip(&world) + 8;
    let operation = motion_at(&world, Content::ChangeRoles(change), Some(at));
    world.applied(REG, operation);
    approve(&mut world, 2);
    while tip(&world) < at {
        world.block(&[]);
    }
    assert_eq!(failure_name(&record(&world, 2)), "unknown_member");
}

#[test]
fn a_panic_in_a_decision_is_its_failure_and_no_stop() {
    let mut world = gov_world();
    let number = propose(&mut world, REG, suspend(W));
    approve(&mut world, number);
    // The file of W cannot be read: the closest thing to a bug inside a decision.
    let place = key::organisation_file(number_of(&world, W));
    let view = crate::tests::refusals::Panicking(&world, place);
    let output = crate::execute_block(&view, &world.context(), &[], &Trusting).unwrap();
    let bytes = output.writes[&key::motion(number)].as_ref().unwrap();
    let settled: MotionRecord = crate::state::from_record(bytes).unwrap();
    assert_eq!(failure_name(&settled), "internal");
    let organisation: OrganisationRecord = load(&world, &key::organisation(number_of(&world, W))).unwrap().unwrap();
    assert_eq!(organisation.standing, Standing::Active);
}

#[test]
fn one_member_cannot_fill_the_list_of_proposals() {
    let mut world = gov_world();
    for n in 0..8 {
        propose(&mut world, M, interval(300 + n));
    }
    let operation = motion(&world, interval(400));
    assert_eq!(world.refused(M, operation.clone()), "register_full");
    assert!(world.send(W, operation).is_applied());
    // A regulator that has filled its share can still stop something at once.
    for n in 0..8 {
        propose(&mut world, REG, interval(500 + n));
    }
    let operation = motion(&world, interval(700));
    assert_eq!(world.refused(REG, operation), "register_full");
    let until = TimestampMs(world.time + 3_600_000);
    let freeze = Content::FreezeOrganisation(FreezeOrganisation { organisation: org_id(W), until });
    let number = propose(&mut world, REG, freeze);
    assert_eq!(record(&world, number).status, MotionStatus::Approved);
}

#[test]
fn governance_is_never_delegated() {
    let mut world = gov_world();
    let give = crate::tests::refusals::registry::give(&["cast_vote"], |_| ());
    world.applied(W, give);
    let number = propose(&mut world, M, interval(500));
    let operation = vote_for(&world, number, true);
    let (mut body, _) = world.transaction(W, "V-1", operation);
    body.mandate = Some(Mandate { agent: org_id(AGENCY), number: DocumentNumber("D1".into()) });
    let key = signing_key(AGENCY, KeyPurpose::Transact);
    body.key = key.public().id();
    assert_eq!(refusal_name(&world.submit(&body, &key)), "key_purpose");
}
