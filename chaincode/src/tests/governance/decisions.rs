//! Decisions of every kind that are no validators', from proposal to effect.

use super::*;
use crate::governance::{Parameter, Standing};
use crate::law::{Chapter, RecallLaw};
use crate::quality::HoldKind;
use crate::query;
use crate::registry::{FilingKind, LicenceAction, OrganisationRecord};
use crate::tests::law_world::{hold, on_codes};
use crate::tests::refusals::b1;
use crate::tests::refusals::registry::{amend, filing, grant as grant_op, refile, relicense};

fn organisation(world: &World, number: OrgNo) -> OrganisationRecord {
    load(world, &key::organisation(number)).unwrap().unwrap()
}

#[test]
fn a_newcomer_is_admitted_by_two_thirds_with_the_regulators_consent_and_takes_part_at_once() {
    let mut world = gov_world();
    let content = Content::AddOrganisation(newcomer(&world, true));
    let number = propose(&mut world, M, content);
    assert_eq!(record(&world, number).ballots.len(), 1, "who proposes votes in favour");
    vote(&mut world, W, number, true);
    vote(&mut world, P, number, true);
    vote(&mut world, H, number, true);
    assert_eq!(record(&world, number).status, MotionStatus::Open, "four of five, but no regulator");
    assert_eq!(world.refused(NEWCOMER, standard_op()), "unknown_organisation");
    vote(&mut world, REG, number, true);
    let approved_at = tip(&world);
    assert_eq!(record(&world, number).status, MotionStatus::Approved);
    world.block(&[]);
    let settled = record(&world, number);
    assert_eq!((settled.status, settled.settled.unwrap().0), (MotionStatus::Executed, Height(approved_at + 1)));
    let names = event_names(&world, Subject::Motion(number));
    assert_eq!(names[0], "motion_submitted");
    assert_eq!(names.iter().filter(|n| **n == "vote_cast").count(), 5);
    assert_eq!(&names[6..], ["motion_approved", "motion_settled"]);
    assert_eq!(world.events[&Subject::Motion(number)].len(), settled.history.count as usize);
    // It signs, and has a vote in what is proposed from now on; its node is on the list from the next block.
    let own = number_of(&world, NEWCOMER);
    assert_eq!(organisation(&world, own).name, "新加入的批发企业");
    assert_eq!(event_names(&world, Subject::File(own)), ["keys_changed", "organisation_added"]);
    let next = propose(&mut world, NEWCOMER, interval(500));
    assert_eq!(record(&world, next).electorate.len(), 6);
    let [_, node] = validator_keys(9);
    let on_list = |h: u64| membership(&world).nodes_at(Height(h)).any(|n| n.node_key == node.public());
    assert!(!on_list(approved_at + 1) && on_list(approved_at + 2));
    assert!(!membership(&world).is_validator_node(&node.public(), Height(approved_at + 2)));
}

/// Something that any member may sign.
fn standard_op() -> Operation {
    filing(FilingKind::TracePolicy, NEWCOMER, |_| ())
}

#[test]
fn a_suspended_member_acts_no_more_but_protects_patients_and_comes_back() {
    let mut world = stocked_gov();
    enact(&mut world, suspend(W));
    let unit = b1(4);
    assert_eq!(world.refused(W, ship(P, &[unit])), "member_suspended");
    let operation = motion(&world, interval(500));
    assert_eq!(world.refused(W, operation), "member_suspended");
    assert!(governance_record(&world).voters.len() == 4 && governance_record(&world).resting.len() == 1);
    let (cases, _) = world.make_batch("B9", 10);
    assert_eq!(world.refused(M, ship(W, &cases)), "party_not_active");
    // Locking what it has, and its own keys, it still may.
    let lock = hold(HoldKind::QualitySuspect, on_codes(&[unit]));
    world.applied(W, lock);
    let fresh = grant(&world, W, KeyPurpose::Query, &key_of(91));
    world.applied(W, change_keys(vec![KeyChange::Add(fresh)]));
    // Its validator goes on: who orders blocks is decided by itself.
    assert_eq!(validators_at(&world, tip(&world) + 2).len(), 5);
    enact(&mut world, Content::RestoreOrganisation(named(W)));
    assert!(world.send(M, ship(W, &cases)).is_applied());
    assert_eq!(governance_record(&world).voters.len(), 5);
}

/// It destroys before a witness what it may not move; who is stopped itself bears no witness.
#[test]
fn a_suspended_member_has_goods_destroyed_and_witnesses_nothing() {
    use crate::tests::law_world::{NOTARY, R, close, countersign, destroy, propose as offer, sample};
    let mut world = stocked_gov();
    enact(&mut world, suspend(W));
    let bill = CountersignedBill::Destroy(destroy(&[b1(4)]));
    let first = offer(&world, NOTARY, bill.clone());
    world.applied(W, first.clone());
    world.applied(W, close(1));
    world.applied(W, first);
    enact(&mut world, suspend(NOTARY));
    assert_eq!(world.refused(NOTARY, countersign(2, bill.clone())), "party_not_active");
    let again = offer(&world, NOTARY, bill.clone());
    assert_eq!(world.refused(W, again), "party_not_active");
    enact(&mut world, Content::RestoreOrganisation(named(NOTARY)));
    world.applied(NOTARY, countersign(2, bill));
    assert_eq!(world.state_of(&b1(4)), "destroyed");
    // Samples: its own word is enough, that of the authority is not.
    let taken = offer(&world, W, sample(&[b1(5)]));
    world.applied(R, taken.clone());
    world.applied(W, countersign(3, sample(&[b1(5)])));
    enact(&mut world, suspend(R));
    let taken = offer(&world, W, sample(&[b1(6)]));
    assert_eq!(world.refused(R, taken), "party_not_active");
    // An emergency freeze stops it as other things.
    let until = TimestampMs(world.time + 3_600_000);
    let region = RegionCode::parse("650000").unwrap();
    let stop = FreezeOperations { region, operations: vec!["propose".into()], until };
    propose(&mut world, REG, Content::FreezeOperations(stop));
    let last = offer(&world, NOTARY, CountersignedBill::Destroy(destroy(&[b1(6)])));
    assert_eq!(world.refused(W, last), "operation_frozen");
}

#[test]
fn a_removed_member_is_gone_with_validator_and_nodes_two_heights_later() {
    let mut world = gov_world();
    enact(&mut world, remove(P));
    let done = tip(&world);
    assert_eq!(validators_at(&world, done + 1).len(), 5);
    assert_eq!(validators_at(&world, done + 2).len(), 4);
    let [_, node] = validator_keys(2);
    let on_list = |h: u64| membership(&world).nodes_at(Height(h)).any(|n| n.node_key == node.public());
    assert!(on_list(done + 1) && !on_list(done + 2));
    assert_eq!(world.refused(P, standard_op()), "member_removed");
    let number = number_of(&world, P);
    assert_eq!(organisation(&world, number).standing, Standing::Removed);
    assert_eq!(event_names(&world, Subject::File(number)), ["standing_changed", "validator_changed", "keys_changed"]);
    let operation = motion(&world, Content::RestoreOrganisation(named(P)));
    assert_eq!(world.refused(REG, operation), "standing_not_allowed", "for ever");
}

#[test]
fn roles_licences_and_systems_are_decided_by_the_same_rules_as_by_an_authority() {
    let mut world = gov_world();
    let roles = ChangeRoles {
        organisation: org_id(P2),
        roles: vec![Role::Wholesaler, Role::Pharmacy],
        jurisdiction: Some(RegionCode::parse("650102").unwrap()),
        votes: None,
    };
    enact(&mut world, Content::ChangeRoles(roles));
    let number = number_of(&world, P2);
    assert!(organisation(&world, number).has_role(Role::Wholesaler));
    let Operation::GrantLicence(granted) = grant_op(P2, LicenceKind::DrugWholesale, |_| ()) else { unreachable!() };
    enact(&mut world, Content::GrantLicence(granted.clone()));
    let again = motion(&world, Content::GrantLicence(granted));
    assert_eq!(world.refused(REG, again), "licence_exists");
    let mut change = relicense(P2, LicenceKind::DrugWholesale, LicenceAction::Suspend);
    change.number = "证-2".into();
    enact(&mut world, Content::ChangeLicence(change));
    assert_eq!(event_names(&world, Subject::File(number)), ["roles_changed", "licence_changed", "licence_changed"]);
    let Operation::SubmitFiling(system) = filing(FilingKind::TraceSystem, AGENCY, |_| ()) else { unreachable!() };
    enact(&mut world, Content::AdmitSystem(system));
    let Operation::ChangeFiling(change) = refile(FilingKind::TraceSystem, AGENCY, LicenceAction::Suspend) else {
        unreachable!()
    };
    enact(&mut world, Content::ChangeSystem(change));
    let Operation::SubmitFiling(other) = filing(FilingKind::Gmp, AGENCY, |_| ()) else { unreachable!() };
    let operation = motion(&world, Content::AdmitSystem(other));
    assert_eq!(world.refused(REG, operation), "field_form");
}

#[test]
fn parameters_count_two_heights_later_and_ask_for_the_blocks_until_then() {
    let mut world = gov_world();
    let settings = |world: &World, h: u64| membership(world).settings_at(Height(h)).unwrap().clone();
    let before = governance::revision(&world).unwrap();
    assert_eq!(before.number, 0);
    world.block(&[]);
    assert_eq!(world.outputs.last().unwrap().next_deadline, None, "genesis asks for nothing");
    enact(&mut world, interval(500));
    let done = tip(&world);
    assert_eq!(settings(&world, done + 1).params.block_interval_ms, 200);
    assert_eq!(settings(&world, done + 2).params.block_interval_ms, 500);
    assert_eq!(membership(&world).next_change(Height(done)), Some(Height(done + 2)));
    assert_eq!(governance::revision(&world).unwrap().number, 1);
    for _ in 0..2 {
        assert_eq!(world.outputs.last().unwrap().next_deadline, Some(TimestampMs(world.time - 1_000)));
        world.block(&[]);
    }
    assert_eq!(world.outputs.last().unwrap().next_deadline, None, "it counts");
    // Several at a time, limits and governance among them; what does not fit together is refused.
    let set = |pairs: &[(Parameter, u64)]| {
        let set = pairs.iter().map(|(name, value)| ParameterValue { name: *name, value: *value }).collect();
        Content::ChangeParameters(ChangeParameters { set })
    };
    enact(&mut world, set(&[(Parameter::ThirdAllowed, 1), (Parameter::CodesPerBillMax, 5_000)]));
    let later = settings(&world, tip(&world) + 2);
    assert!(later.params.governance.third_allowed && later.limits.codes_per_bill_max == 5_000);
    assert_eq!(later.params.block_interval_ms, 500, "the rest stays");
    for (name, value) in [
        (Parameter::BlockIntervalMs, 1),
        (Parameter::ThirdAllowed, 2),
        (Parameter::BatchBytesMax, 1_024),
        (Parameter::CodesPerBillMax, u64::MAX),
    ] {
        let operation = motion(&world, parameter(name, value));
        assert_eq!(world.refused(REG, operation), "parameter_range", "{}", name.name());
    }
    let operation = motion(&world, interval(500));
    assert_eq!(world.refused(REG, operation), "nothing_changes");
    let unordered = set(&[(Parameter::CodesPerBillMax, 1), (Parameter::ThirdAllowed, 1)]);
    let operation = motion(&world, unordered);
    assert_eq!(world.refused(REG, operation), "field_form");
    // Every parameter by its name: what is set is what is read.
    for parameter in Parameter::ALL.iter().filter(|p| **p != Parameter::ThirdAllowed) {
        let before = parameter.of(&later.params, &later.limits);
        let content = set(&[(*parameter, before - 1)]);
        let done = decide(&mut world, content);
        assert_eq!(done.status, MotionStatus::Executed, "{}", parameter.name());
        let after = settings(&world, tip(&world) + 2);
        assert_eq!(parameter.of(&after.params, &after.limits), before - 1, "{}", parameter.name());
    }
}

#[test]
fn what_a_proposal_needs_is_itself_decided_and_holds_for_later_ones() {
    let mut world = gov_world();
    let open = propose(&mut world, M, interval(300));
    let approval = Approval { share: Share::All, regulator: false };
    let change = ApprovalOfKind { kind: ProposalKind::ChangeParameters, approval };
    enact(&mut world, Content::ChangeApprovals(ChangeApprovals { set: vec![change] }));
    idle(&mut world, 2);
    let late = propose(&mut world, M, interval(400));
    let needs = |n: u32| record(&world, n).approval.share;
    assert_eq!((needs(open), needs(late)), (Share::TwoThirds, Share::All), "each by the rules of its moment");
    let alone = Approval { share: Share::One, regulator: false };
    let change = ApprovalOfKind { kind: ProposalKind::RemoveValidator, approval: alone };
    let operation = motion(&world, Content::ChangeApprovals(ChangeApprovals { set: vec![change] }));
    assert_eq!(world.refused(REG, operation), "parameter_range");
}

#[test]
fn law_is_amended_by_decision_recall_deadlines_for_one() {
    let mut world = gov_world();
    let law = RecallLaw::default();
    let Operation::AmendLaw(amendment) = amend(|a| a.chapters = vec![Chapter::Recall(law)]) else { unreachable!() };
    enact(&mut world, Content::AmendLaw(amendment));
    let (count, sets) = query::rule_sets(&world, 1, 10).unwrap();
    assert_eq!((count, sets[0].authority.id.clone()), (1, org_id(REG)));
    let number = number_of(&world, REG);
    assert_eq!(event_names(&world, Subject::File(number)), ["law_amended"]);
}

#[test]
fn a_rule_version_is_activated_at_a_height_and_a_build_without_it_stops() {
    let mut world = gov_world();
    let at = tip(&world) + 8;
    let content = Content::ActivateRules(ActivateRules { rule_version: 2 });
    let operation = motion_at(&world, content, Some(at));
    world.applied(REG, operation);
    approve(&mut world, 1);
    while tip(&world) < at {
        assert_eq!(record(&world, 1).status, MotionStatus::Approved, "not before its height");
        world.block(&[]);
    }
    assert_eq!(record(&world, 1).status, MotionStatus::Executed);
    let version = |h: u64| membership(&world).settings_at(Height(h)).unwrap().rule_version;
    assert_eq!((version(at + 1), version(at + 2)), (1, 2));
    let context = crate::BlockContext { rule_version: 2, ..world.context() };
    let stopped = crate::execute_block(&world, &context, &[], &Trusting).unwrap_err();
    assert_eq!(stopped, crate::ExecutionError::RuleVersion(2));
    let operation = motion(&world, Content::ActivateRules(ActivateRules { rule_version: 2 }));
    assert_eq!(world.refused(REG, operation), "rule_version", "the one in force follows the last");
}

#[test]
fn a_regulator_alone_freezes_a_firm_for_a_time() {
    let mut world = stocked_gov();
    let unit = b1(4);
    let until = TimestampMs(world.time + 3_600_000);
    let freeze = Content::FreezeOrganisation(FreezeOrganisation { organisation: org_id(W), until });
    // Not by anybody else.
    let open = propose(&mut world, M, freeze.clone());
    assert_eq!(record(&world, open).status, MotionStatus::Open);
    world.applied(M, Operation::WithdrawMotion(WithdrawMotion { motion: open, reason: "由药监局提出".into() }));
    let number = propose(&mut world, REG, freeze);
    assert_eq!(record(&world, number).status, MotionStatus::Approved, "one vote");
    assert_eq!(world.refused(W, ship(P, &[unit])), "member_suspended", "from the next block");
    // It ends by itself.
    world.time = until.0;
    assert!(world.send(W, ship(P, &[unit])).is_applied());
    let names = event_names(&world, Subject::File(number_of(&world, W)));
    assert_eq!(names, ["standing_changed", "standing_changed"]);
}

#[test]
fn a_freeze_is_lifted_before_its_end_and_a_suspension_outlasts_it() {
    let mut world = gov_world();
    let frozen_until = |world: &World, hours: u64| TimestampMs(world.time + hours * 3_600_000);
    let freeze = |world: &World, hours| {
        let until = frozen_until(world, hours);
        Content::FreezeOrganisation(FreezeOrganisation { organisation: org_id(W), until })
    };
    let content = freeze(&world, 1);
    let first = propose(&mut world, REG, content);
    world.block(&[]);
    let lift = Content::LiftFreeze(LiftFreeze { motion: first });
    propose(&mut world, REG, lift.clone());
    world.block(&[]);
    let standing = |world: &World| organisation(world, number_of(world, W)).standing;
    assert_eq!(standing(&world), Standing::Active);
    let operation = motion(&world, lift);
    assert_eq!(world.refused(REG, operation), "not_frozen");
    // Frozen again, then suspended by decision: the end of the freeze changes nothing.
    let content = freeze(&world, 2);
    propose(&mut world, REG, content);
    world.block(&[]);
    assert_eq!(standing(&world), Standing::Frozen);
    let number = propose(&mut world, REG, suspend(W));
    for member in [M, P, H] {
        vote(&mut world, member, number, true);
    }
    world.block(&[]);
    assert_eq!(standing(&world), Standing::Suspended);
    world.time += 3 * 3_600_000;
    world.block(&[]);
    assert_eq!(standing(&world), Standing::Suspended);
}

#[test]
fn operations_are_stopped_in_a_region_and_never_what_protects() {
    let mut world = stocked_gov();
    let unit = b1(4);
    let stop = |world: &World, region: &str, names: &[&str]| {
        let region = RegionCode::parse(region).unwrap();
        let operations = names.iter().map(|n| (*n).to_owned()).collect();
        let until = TimestampMs(world.time + 3_600_000);
        Content::FreezeOperations(FreezeOperations { region, operations, until })
    };
    for names in [&["governance"][..], &["cast_vote"], &["start_recall"], &["oversight"], &["no_such"], &[]] {
        let content = stop(&world, "650000", names);
        let operation = motion(&world, content);
        assert_eq!(world.refused(REG, operation), "field_form", "{names:?}");
    }
    // Beyond its region the regulator is not the one who has to be in favour.
    let wide = stop(&world, "000000", &["dispensing"]);
    let open = propose(&mut world, REG, wide);
    assert_eq!(record(&world, open).status, MotionStatus::Open);
    let content = stop(&world, "650000", &["custody", "dispense"]);
    let number = propose(&mut world, REG, content);
    world.block(&[]);
    assert_eq!(world.refused(W, ship(P, &[unit])), "operation_frozen");
    let lock = hold(HoldKind::QualitySuspect, on_codes(&[unit]));
    world.applied(W, lock);
    propose(&mut world, REG, Content::LiftFreeze(LiftFreeze { motion: number }));
    assert_eq!(world.refused(W, ship(P, &[unit])), "held", "lifted");
    let content = stop(&world, "650000", &["ship"]);
    propose(&mut world, REG, content);
    assert_eq!(world.refused(W, ship(P, &[b1(5)])), "operation_frozen");
    world.time += 3_600_000;
    assert!(world.send(W, ship(P, &[b1(5)])).is_applied(), "it has ended");
    let record: Option<crate::governance::FrozenRecord> = load(&world, &key::frozen()).unwrap();
    assert_eq!(record, None, "and left nothing");
}

#[test]
fn a_proposal_is_rejected_lapses_or_is_withdrawn_and_says_so() {
    let mut world = gov_world();
    let rejected = propose(&mut world, M, interval(300));
    vote(&mut world, W, rejected, false);
    assert_eq!(record(&world, rejected).status, MotionStatus::Open, "four of five would still do");
    vote(&mut world, P, rejected, false);
    assert_eq!(record(&world, rejected).status, MotionStatus::Rejected);
    let lapsing = propose(&mut world, M, interval(400));
    let ends = record(&world, lapsing).voting_ends;
    assert_eq!(world.outputs.last().unwrap().next_deadline, Some(ends), "a reason for a block");
    world.time = ends.0 + 1;
    let operation = vote_for(&world, lapsing, true);
    assert_eq!(world.refused(W, operation), "motion_closed");
    let lapsed = record(&world, lapsing);
    assert_eq!((lapsed.status, lapsed.settled.unwrap().1), (MotionStatus::Lapsed, TimestampMs(ends.0 + 1)));
    let withdrawn = propose(&mut world, M, interval(500));
    let withdraw = |n| Operation::WithdrawMotion(WithdrawMotion { motion: n, reason: "另行提出".into() });
    assert_eq!(world.refused(W, withdraw(withdrawn)), "not_proposer");
    world.applied(M, withdraw(withdrawn));
    assert_eq!(record(&world, withdrawn).status, MotionStatus::Withdrawn);
    assert_eq!(world.refused(M, withdraw(withdrawn)), "motion_closed");
    assert!(governance_record(&world).pending.is_empty());
    assert_eq!(governance::revision(&world).unwrap().number, 0, "nothing of it changed anything");
}
