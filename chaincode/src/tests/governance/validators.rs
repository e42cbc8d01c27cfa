//! The set of validators: two heights later, and never a set that could stall.

use super::*;

fn power(name: &str, power: u64) -> Content {
    Content::ChangePower(ChangePower { name: name.into(), power })
}

fn drop_validator(name: &str) -> Content {
    Content::RemoveValidator(ValidatorNamed { name: name.into() })
}

fn with_newcomer(mut genesis: Genesis, change: impl FnOnce(&mut Governance)) -> World {
    change(&mut genesis.params.governance);
    let mut world = World::with(genesis);
    let content = Content::AddOrganisation(newcomer(&world, false));
    enact(&mut world, content);
    world
}

#[test]
fn a_validator_joins_gains_weight_and_leaves_two_heights_after_each_decision() {
    let mut world = with_newcomer(gov_genesis(), |g| g.settle_heights = 3);
    enact(&mut world, new_validator(10));
    let joined = tip(&world);
    assert_eq!((validators_at(&world, joined + 1).len(), validators_at(&world, joined + 2).len()), (5, 6));
    let [validator, node] = validator_keys(9);
    let term = membership(&world).validators_at(Height(joined + 2)).find(|v| v.name == "node9").unwrap().clone();
    assert_eq!((term.organisation, term.power, term.since), (org_id(NEWCOMER), 10, Height(joined + 2)));
    assert_eq!((term.validator_key, term.node_key), (validator.public(), node.public()));
    assert!(!membership(&world).is_validator_node(&node.public(), Height(joined + 1)));
    assert!(membership(&world).is_validator_node(&node.public(), Height(joined + 2)));
    idle(&mut world, 5);
    enact(&mut world, power("node9", 15));
    let at = tip(&world) + 2;
    assert_eq!(validators_at(&world, at).last().unwrap(), &("node9".to_owned(), 15));
    assert_eq!(validators_at(&world, at - 1).last().unwrap(), &("node9".to_owned(), 10));
    idle(&mut world, 5);
    enact(&mut world, drop_validator("node9"));
    let gone = tip(&world) + 2;
    assert_eq!((validators_at(&world, gone - 1).len(), validators_at(&world, gone).len()), (6, 5));
    let events = &world.events[&Subject::File(number_of(&world, NEWCOMER))];
    let changes: Vec<u64> = events
        .iter()
        .filter_map(|e| match &e.body {
            crate::EventBody::ValidatorChanged(change) => Some(change.power),
            _ => None,
        })
        .collect();
    assert_eq!(changes, [10, 15, 0]);
    // Its terms are forgotten once no rule asks for them any more.
    idle(&mut world, 12);
    enact(&mut world, power("node0", 11));
    assert!(membership(&world).validators.iter().all(|v| v.name != "node9"));
}

#[test]
fn no_decision_leaves_fewer_than_four_however_they_are_counted() {
    let mut genesis = gov_genesis();
    genesis.params.governance.settle_heights = 0;
    let mut world = World::with(genesis);
    enact(&mut world, drop_validator("node4"));
    for content in [drop_validator("node0"), remove(M)] {
        let operation = motion(&world, content);
        assert_eq!(world.refused(REG, operation), "validators_too_few");
    }
    assert_eq!(validators_at(&world, tip(&world) + 2).len(), 4);
    // A founding set below the least may only grow.
    let mut small = gov_genesis();
    small.validators.truncate(3);
    let mut world = with_newcomer(small, |_| ());
    let operation = motion(&world, drop_validator("node0"));
    assert_eq!(world.refused(REG, operation), "validators_too_few");
    enact(&mut world, new_validator(5));
    assert_eq!(validators_at(&world, tip(&world) + 2).len(), 4);
}

#[test]
fn no_decision_gives_one_organisation_a_third_unless_the_parameters_say_so() {
    let mut world = with_newcomer(gov_genesis(), |g| g.settle_heights = 0);
    // 25 of 75 is a third.
    let operation = motion(&world, new_validator(25));
    assert_eq!(world.refused(REG, operation), "power_concentrated");
    enact(&mut world, new_validator(24));
    let operation = motion(&world, power("node9", 25));
    assert_eq!(world.refused(REG, operation), "power_concentrated");
    // Others may not shrink so that it reaches a third.
    let operation = motion(&world, power("node0", 1));
    assert_eq!(world.refused(REG, operation), "power_concentrated");
    enact(&mut world, parameter(governance::Parameter::ThirdAllowed, 1));
    idle(&mut world, 2);
    enact(&mut world, power("node9", 60));
    // And what is over already may be brought down.
    enact(&mut world, parameter(governance::Parameter::ThirdAllowed, 0));
    idle(&mut world, 2);
    enact(&mut world, power("node9", 50));
    let operation = motion(&world, power("node9", 51));
    assert_eq!(world.refused(REG, operation), "power_concentrated");
}

#[test]
fn those_that_stay_are_always_a_quorum_of_the_set_before_and_after() {
    // Five of power 10: one new key at a time, and another once it has settled.
    let mut world = with_newcomer(gov_genesis(), |g| g.settle_heights = 8);
    enact(&mut world, new_validator(10));
    let joined = tip(&world);
    // 40 of 60 stay if a key changes now: no quorum. node0 is M's.
    let fresh = grant(&world, M, KeyPurpose::Validator, &key_of(90));
    let rotate = |overlap| change_keys(vec![rotation(&validator_keys(0)[0].public(), fresh.clone(), overlap)]);
    assert_eq!(world.refused(M, rotate(0)), "quorum_at_risk");
    while tip(&world) + 1 < joined + 8 {
        assert_eq!(world.refused(M, rotate(0)), "quorum_at_risk", "height {}", tip(&world));
    }
    world.applied(M, rotate(0));
    let alarms = world.outputs.iter().flat_map(|o| &o.alarms).filter(|a| a.kind.name() == "validators_endangered");
    assert!(alarms.count() >= 2);
}

#[test]
fn a_validator_needs_keys_that_its_organisation_registered() {
    let mut world = with_newcomer(gov_genesis(), |_| ());
    let change = |edit: &dyn Fn(&mut NewValidator)| {
        let Content::AddValidator(mut new) = new_validator(5) else { unreachable!() };
        edit(&mut new);
        Content::AddValidator(new)
    };
    let transact = signing_key(NEWCOMER, KeyPurpose::Transact).public();
    let cases: [(&str, Content); 6] = [
        ("validator_key", change(&|v| v.validator_key = transact)),
        ("validator_key", change(&|v| v.organisation = org_id(M))),
        ("validator_key", change(&|v| (v.validator_key, v.node_key) = (v.node_key, v.validator_key))),
        ("validator_exists", change(&|v| v.name = "node0".into())),
        ("validator_exists", change(&|v| v.node_key = validator_keys(0)[1].public())),
        ("parameter_range", change(&|v| v.power = 0)),
    ];
    for (expected, content) in cases {
        let operation = motion(&world, content);
        assert_eq!(world.refused(REG, operation), expected);
    }
    let operation = motion(&world, drop_validator("node7"));
    assert_eq!(world.refused(REG, operation), "unknown_validator");
    let operation = motion(&world, power("node0", 10));
    assert_eq!(world.refused(REG, operation), "nothing_changes");
}
