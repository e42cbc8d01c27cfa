//! Keys: rotation with overlap, revocation at a height, scopes, lost keys recovered by administrators or by decision.

use super::*;
use crate::tests::refusals::b1;

/// Sends with another key than the member's usual one.
fn send_with(world: &mut World, member: usize, number: &str, operation: Operation, key: &SigningKey) -> Receipt {
    let (mut body, _) = world.transaction(member, number, operation);
    body.key = key.public().id();
    world.submit(&body, key)
}

fn signs(world: &mut World, member: usize, key: &SigningKey) -> Result<(), &'static str> {
    let number = format!("K{}", tip(world));
    let receipt = send_with(world, member, &number, policy(member, &number), key);
    if receipt.is_applied() { Ok(()) } else { Err(refusal_name(&receipt)) }
}

/// Something that any member may sign.
fn policy(member: usize, number: &str) -> Operation {
    use crate::registry::FilingKind;
    crate::tests::refusals::registry::filing(FilingKind::TracePolicy, member, |f| f.number = number.to_owned())
}

#[test]
fn a_rotated_key_and_its_successor_count_together_for_the_overlap() {
    let mut world = gov_world();
    let (old, new) = (signing_key(W, KeyPurpose::Transact), key_of(90));
    let fresh = grant(&world, W, KeyPurpose::Transact, &new);
    world.applied(W, change_keys(vec![rotation(&old.public(), fresh, 3)]));
    let from = tip(&world) + 1;
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push((tip(&world) + 1 - from, signs(&mut world, W, &old).is_ok()));
        assert_eq!(signs(&mut world, W, &new), Ok(()));
    }
    assert_eq!(seen, [(0, true), (2, true), (4, false), (6, false)]);
    assert_eq!(signs(&mut world, W, &old), Err("key_not_valid"));
}

#[test]
fn a_key_is_revoked_at_a_height_and_never_registered_again() {
    let mut world = gov_world();
    let key = signing_key(W, KeyPurpose::Transact);
    let at = tip(&world) + 4;
    world.applied(W, change_keys(vec![revocation(&key.public(), Some(at))]));
    assert_eq!(signs(&mut world, W, &key), Ok(()));
    assert_eq!(signs(&mut world, W, &key), Ok(()));
    assert_eq!(tip(&world) + 1, at);
    assert_eq!(signs(&mut world, W, &key), Err("key_not_valid"));
    let again = grant(&world, W, KeyPurpose::Transact, &key);
    assert_eq!(world.refused(W, change_keys(vec![KeyChange::Add(again)])), "key_exists");
    assert_eq!(world.refused(W, change_keys(vec![revocation(&key.public(), None)])), "key_ended");
    // At once, without a height: from the next block on.
    let fresh = key_of(90);
    let added = grant(&world, W, KeyPurpose::Transact, &fresh);
    world.applied(W, change_keys(vec![KeyChange::Add(added)]));
    assert_eq!(signs(&mut world, W, &fresh), Ok(()));
    world.applied(W, change_keys(vec![revocation(&fresh.public(), None)]));
    assert_eq!(signs(&mut world, W, &fresh), Err("key_not_valid"));
}

#[test]
fn operators_have_keys_of_their_own_with_scopes() {
    let mut world = stocked_gov();
    let (clerk, auditor) = (key_of(90), key_of(91));
    let scoped = |key: &SigningKey, scope: &[&str]| {
        let scope = scope.iter().map(|s| (*s).to_owned()).collect();
        KeyGrant { scope, ..grant(&world, W, KeyPurpose::Transact, key) }
    };
    let changes =
        vec![KeyChange::Add(scoped(&clerk, &["custody", "dispense"])), KeyChange::Add(scoped(&auditor, &["registry"]))];
    world.applied(W, change_keys(changes));
    let receipt = send_with(&mut world, W, "S-9", ship(P, &[b1(4)]), &clerk);
    assert!(receipt.is_applied());
    let receipt = send_with(&mut world, W, "S-10", ship(P, &[b1(5)]), &auditor);
    assert_eq!(refusal_name(&receipt), "key_scope");
    assert!(!receipt.settles(), "the same bill may be signed by another");
    assert_eq!(signs(&mut world, W, &clerk), Err("key_scope"));
    assert_eq!(signs(&mut world, W, &auditor), Ok(()));
    // An administrator for votes alone changes no keys.
    let delegate = key_of(92);
    let votes = KeyGrant { scope: vec!["cast_vote".into()], ..grant(&world, W, KeyPurpose::Admin, &delegate) };
    world.applied(W, change_keys(vec![KeyChange::Add(votes)]));
    let fresh = grant(&world, W, KeyPurpose::Query, &key_of(93));
    let receipt = send_with(&mut world, W, "K-1", change_keys(vec![KeyChange::Add(fresh)]), &delegate);
    assert_eq!(refusal_name(&receipt), "key_scope");
    let number = propose(&mut world, M, interval(500));
    let operation = vote_for(&world, number, true);
    assert!(send_with(&mut world, W, "V-1", operation, &delegate).is_applied());
    let operation = vote_for(&world, number, true);
    assert_eq!(world.refused(W, operation), "already_voted", "one vote an organisation, whichever key");
}

/// W with three administrators: the first from genesis, and two more.
fn three_administrators() -> (World, [SigningKey; 3]) {
    let mut world = gov_world();
    let keys = [signing_key(W, KeyPurpose::Admin), key_of(90), key_of(91)];
    let second = grant(&world, W, KeyPurpose::Admin, &keys[1]);
    world.applied(W, change_keys(vec![KeyChange::Add(second)]));
    // Of two, both: the first asks, the second approves.
    let third = grant(&world, W, KeyPurpose::Admin, &keys[2]);
    let operation = change_keys(vec![KeyChange::Add(third.clone())]);
    assert!(send_with(&mut world, W, "A-3", operation, &keys[0]).is_applied());
    assert_eq!(signs_as_admin(&mut world, &keys[2]), Err("unknown_key"));
    assert!(approve_order(&mut world, "A-3", &[KeyChange::Add(third)], &keys[1]).is_applied());
    assert_eq!(signs_as_admin(&mut world, &keys[2]), Ok(()));
    (world, keys)
}

fn approve_order(world: &mut World, order: &str, changes: &[KeyChange], key: &SigningKey) -> Receipt {
    let content = ChangeKeys::digest(changes);
    let order = DocumentNumber(order.into());
    let number = format!("OK{}", tip(world));
    send_with(world, W, &number, Operation::ApproveKeys(ApproveKeys { order, content }), key)
}

/// Whether a key does what one administrator may.
fn signs_as_admin(world: &mut World, key: &SigningKey) -> Result<(), &'static str> {
    let n = tip(world) as u8;
    let fresh = grant(world, W, KeyPurpose::Query, &key_of(150 + n));
    let receipt = send_with(world, W, &format!("Q{n}"), change_keys(vec![KeyChange::Add(fresh)]), key);
    if receipt.is_applied() { Ok(()) } else { Err(refusal_name(&receipt)) }
}

#[test]
fn administrators_replace_the_lost_key_of_one_and_none_shuts_out_the_others() {
    let (mut world, keys) = three_administrators();
    // The first is lost: the second and the third replace it.
    let fresh = grant(&world, W, KeyPurpose::Admin, &key_of(94));
    let changes = vec![rotation(&keys[0].public(), fresh, 0)];
    assert!(send_with(&mut world, W, "R-1", change_keys(changes.clone()), &keys[1]).is_applied());
    let again = approve_order(&mut world, "R-1", &changes, &keys[1]);
    assert_eq!(refusal_name(&again), "already_approved");
    let other = vec![revocation(&keys[2].public(), None)];
    assert_eq!(refusal_name(&approve_order(&mut world, "R-1", &other, &keys[2])), "other_changes");
    assert_eq!(signs_as_admin(&mut world, &keys[0]), Ok(()), "not yet");
    assert!(approve_order(&mut world, "R-1", &changes, &keys[2]).is_applied());
    assert_eq!(signs_as_admin(&mut world, &keys[0]), Err("key_not_valid"));
    assert_eq!(signs_as_admin(&mut world, &key_of(94)), Ok(()));
    assert_eq!(refusal_name(&approve_order(&mut world, "R-1", &changes, &key_of(94))), "key_order_closed");
    assert_eq!(refusal_name(&approve_order(&mut world, "R-9", &changes, &keys[2])), "unknown_key_order");
    // A stolen key asks for the others' end; nobody approves, and the order lapses.
    let coup = vec![revocation(&keys[1].public(), None), revocation(&keys[2].public(), None)];
    assert!(send_with(&mut world, W, "C-1", change_keys(coup.clone()), &key_of(94)).is_applied());
    world.time += 8 * DAY;
    assert_eq!(refusal_name(&approve_order(&mut world, "C-1", &coup, &keys[1])), "key_order_closed");
    // Approvals count only as long as their keys do.
    let fourth = grant(&world, W, KeyPurpose::Admin, &key_of(95));
    let add = vec![KeyChange::Add(fourth)];
    assert!(send_with(&mut world, W, "F-1", change_keys(add.clone()), &key_of(94)).is_applied());
    let out = vec![revocation(&key_of(94).public(), None)];
    assert!(send_with(&mut world, W, "F-2", change_keys(out.clone()), &keys[1]).is_applied());
    assert!(approve_order(&mut world, "F-2", &out, &keys[2]).is_applied());
    assert!(approve_order(&mut world, "F-1", &add, &keys[1]).is_applied());
    assert_eq!(signs_as_admin(&mut world, &key_of(95)), Err("unknown_key"), "one of two left has approved");
    assert!(approve_order(&mut world, "F-1", &add, &keys[2]).is_applied());
    assert_eq!(signs_as_admin(&mut world, &key_of(95)), Ok(()));
}

#[test]
fn a_quorum_may_be_stated_and_is_never_more_than_there_are() {
    let (mut world, keys) = three_administrators();
    let all = vec![KeyChange::SetQuorum(AdminQuorum { administrators: 3 })];
    assert!(send_with(&mut world, W, "N-1", change_keys(all.clone()), &keys[0]).is_applied());
    assert!(approve_order(&mut world, "N-1", &all, &keys[1]).is_applied());
    let add = vec![KeyChange::Add(grant(&world, W, KeyPurpose::Admin, &key_of(94)))];
    assert!(send_with(&mut world, W, "N-2", change_keys(add.clone()), &keys[0]).is_applied());
    assert!(approve_order(&mut world, "N-2", &add, &keys[1]).is_applied());
    assert_eq!(signs_as_admin(&mut world, &key_of(94)), Err("unknown_key"));
    assert!(approve_order(&mut world, "N-2", &add, &keys[2]).is_applied());
    assert_eq!(signs_as_admin(&mut world, &key_of(94)), Ok(()));
    let five = vec![KeyChange::SetQuorum(AdminQuorum { administrators: 5 })];
    let receipt = send_with(&mut world, W, "N-3", change_keys(five), &keys[0]);
    assert_eq!(refusal_name(&receipt), "admin_quorum");
}

#[test]
fn an_organisation_that_lost_everything_is_helped_by_a_decision() {
    let mut world = gov_world();
    let lost = [KeyPurpose::Transact, KeyPurpose::Admin].map(|p| signing_key(W, p));
    let fresh = [key_of(90), key_of(91)];
    let changes = vec![
        rotation(&lost[0].public(), grant(&world, W, KeyPurpose::Transact, &fresh[0]), 0),
        rotation(&lost[1].public(), grant(&world, W, KeyPurpose::Admin, &fresh[1]), 0),
    ];
    enact(&mut world, Content::RecoverKeys(RecoverKeys { organisation: org_id(W), changes }));
    assert_eq!(signs(&mut world, W, &lost[0]), Err("key_not_valid"));
    assert_eq!(signs(&mut world, W, &fresh[0]), Ok(()));
    let number = propose(&mut world, M, interval(500));
    let operation = vote_for(&world, number, true);
    assert!(send_with(&mut world, W, "V-1", operation, &fresh[1]).is_applied());
}

#[test]
fn nobody_registers_a_key_that_is_not_theirs() {
    let mut world = gov_world();
    let key = key_of(90);
    let add = |grant: KeyGrant| change_keys(vec![KeyChange::Add(grant)]);
    let own = grant(&world, W, KeyPurpose::Transact, &key);
    // The proof is for one chain, one organisation, one purpose and one key.
    let others = grant(&world, M, KeyPurpose::Transact, &key);
    assert_eq!(world.refused(W, add(others)), "key_proof");
    assert_eq!(world.refused(W, add(KeyGrant { purpose: KeyPurpose::Query, ..own.clone() })), "key_proof");
    assert_eq!(world.refused(W, add(KeyGrant { public_key: key_of(91).public(), ..own.clone() })), "key_proof");
    let elsewhere = KeyGrant::proof_message(ChainId::default(), &org_id(W), KeyPurpose::Transact, &key.public());
    assert_eq!(world.refused(W, add(KeyGrant { proof: Some(key.sign(&elsewhere)), ..own.clone() })), "key_proof");
    assert_eq!(world.refused(W, add(KeyGrant { proof: None, ..own.clone() })), "field_form");
    let alarms: Vec<_> = world.outputs.iter().flat_map(|o| &o.alarms).map(|a| a.kind.name()).collect();
    assert_eq!(alarms, ["foreign_key"; 4]);
    world.applied(W, add(own));
    // A key of encryption may not be able to sign.
    let sealing = KeyGrant { proof: None, ..grant(&world, W, KeyPurpose::Encrypt, &key_of(92)) };
    world.applied(W, add(sealing));
    let theirs = revocation(&signing_key(M, KeyPurpose::Transact).public(), None);
    assert_eq!(world.refused(W, change_keys(vec![theirs])), "key_not_of_organisation");
}

#[test]
fn every_validator_takes_a_new_key_one_after_another_and_the_set_is_always_whole() {
    let mut genesis = gov_genesis();
    genesis.params.governance.settle_heights = 4;
    let mut world = World::with(genesis);
    for (n, member) in (0u8..).zip(VOTERS) {
        let [old, old_node] = validator_keys(n);
        let [new, new_node] = validator_keys(100 + n);
        // In use: it is rotated, never revoked.
        assert_eq!(world.refused(member, change_keys(vec![revocation(&old.public(), None)])), "key_in_use");
        assert_eq!(world.refused(member, change_keys(vec![revocation(&old_node.public(), None)])), "key_in_use");
        let changes = vec![
            rotation(&old.public(), grant(&world, member, KeyPurpose::Validator, &new), 0),
            rotation(&old_node.public(), grant(&world, member, KeyPurpose::Node, &new_node), 2),
        ];
        world.applied(member, change_keys(changes));
        let at = tip(&world) + 2;
        let set = |h: u64| -> Vec<PublicKey> {
            membership(&world).validators_at(Height(h)).map(|v| v.validator_key).collect()
        };
        assert_eq!((set(at - 1).len(), set(at).len()), (5, 5));
        assert!(set(at - 1).contains(&old.public()) && !set(at).contains(&old.public()));
        assert!(set(at).contains(&new.public()) && !set(at - 1).contains(&new.public()));
        let on_list = |key: &PublicKey, h: u64| membership(&world).nodes_at(Height(h)).any(|n| n.node_key == *key);
        let old_node = old_node.public();
        assert!(on_list(&old_node, at + 1) && !on_list(&old_node, at + 2), "both connect meanwhile");
        assert!(on_list(&new_node.public(), at - 1), "the new one before it votes");
        assert!(membership(&world).is_validator_node(&new_node.public(), Height(at)));
        idle(&mut world, 4);
    }
    let names: Vec<String> = validators_at(&world, tip(&world)).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["node0", "node1", "node2", "node3", "node4"]);
    // What has ended leaves the keyring and the list with the next change.
    let fresh = grant(&world, M, KeyPurpose::Query, &key_of(93));
    world.applied(M, change_keys(vec![KeyChange::Add(fresh)]));
    let gone = validator_keys(0)[1].public().id();
    assert!(!world.state.contains_key(&key::node_term(&gone)) && world.state.contains_key(&key::signing_key(&gone)));
    assert_eq!(governance_record(&world).nodes, 9, "of five members, four old ones are still listed");
}

#[test]
fn an_organisation_keeps_an_administrator() {
    let mut world = gov_world();
    let own = signing_key(W, KeyPurpose::Admin).public();
    assert_eq!(world.refused(W, change_keys(vec![revocation(&own, None)])), "last_administrator");
    let passing = KeyGrant { valid_to: Some(Height(1_000)), ..grant(&world, W, KeyPurpose::Admin, &key_of(90)) };
    let changes = vec![KeyChange::Add(passing), revocation(&own, None)];
    assert_eq!(world.refused(W, change_keys(changes)), "last_administrator");
    // One that ends is replaced in time.
    let fresh = grant(&world, W, KeyPurpose::Admin, &key_of(91));
    world.applied(W, change_keys(vec![rotation(&own, fresh, 5)]));
    let by_new = grant(&world, W, KeyPurpose::Query, &key_of(92));
    let receipt = send_with(&mut world, W, "K-2", change_keys(vec![KeyChange::Add(by_new)]), &key_of(91));
    assert!(receipt.is_applied());
}
