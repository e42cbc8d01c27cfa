//! Laboratories are not played off against each other, and holds of many stand side by side.

use super::*;

/// The first of the members that a test adds.
const FIRST: usize = 40;

/// Herbs with so many more members of a role.
fn with_more(role: Role, more: usize) -> (World, std::ops::Range<usize>) {
    let mut genesis = tcm_genesis();
    let added = FIRST..FIRST + more;
    for n in added.clone() {
        let mut organisation = member(n, &format!("单位{n}"), role, vec![]);
        organisation.jurisdiction = RegionCode::parse("650000").unwrap();
        genesis.organisations.push(organisation);
    }
    (World::herbs_in(genesis), added)
}

fn request(lot: &LotId, laboratory: usize) -> RequestTest {
    RequestTest { lot: lot.clone(), laboratory: org_id(laboratory) }
}

/// So much of the grown herb in a lot of its own.
fn parted(world: &mut World, herb: &LotId, weight_mg: u64) -> LotId {
    let part = LotPart { lot_no: number("C2"), weight_mg, packs: vec![] };
    world.done(G, SplitLot { lot: herb.clone(), parts: vec![part] });
    lot(G, "C2")
}

#[test]
fn a_laboratory_is_not_silenced_by_naming_another() {
    let (mut world, _) = with_more(Role::Laboratory, 1);
    let herb = world.grown();
    world.done(G, request(&herb, L));
    world.done(G, request(&herb, FIRST));
    let rest = parted(&mut world, &herb, 99 * KG);
    assert_eq!(world.no(L, test(herb.clone(), true)), "laboratory_not_named", "a pass is asked of the last one");
    world.done(FIRST, test(herb.clone(), true));
    world.done(L, test(herb.clone(), false));
    assert_eq!(world.lot_view(&herb).state, "blocked");
    assert_eq!(world.no(G, sell(T, std::slice::from_ref(&rest))), "lot_held");
    let held = world.lot_view(&rest).holds;
    assert_eq!((held.len(), held[0].lot.clone(), held[0].by.id.clone()), (1, herb, org_id(L)));
}

#[test]
fn a_failure_stands_until_its_laboratory_finds_otherwise() {
    let (mut world, _) = with_more(Role::Laboratory, 1);
    let herb = world.grown();
    world.done(G, request(&herb, L));
    world.done(G, request(&herb, FIRST));
    let rest = parted(&mut world, &herb, 100 * KG);
    world.done(L, test(herb.clone(), false));
    assert_eq!(world.no(FIRST, test(herb.clone(), true)), "lot_test_failed");
    assert_eq!(world.no(G, test(herb.clone(), true)), "lot_state", "used up");
    assert_eq!(world.no(G, sell(T, std::slice::from_ref(&rest))), "lot_held");
    world.done(L, test(herb.clone(), true));
    assert!(world.lot_view(&herb).test.unwrap().passed && world.lot_view(&rest).holds.is_empty());
    world.done(G, sell(T, &[rest]));
}

#[test]
fn four_laboratories_may_be_named_before_one_has_reported() {
    let (mut world, added) = with_more(Role::Laboratory, 4);
    let herb = world.grown();
    let last = added.clone().last().unwrap();
    for laboratory in std::iter::once(L).chain(added.clone().take(3)) {
        world.done(G, request(&herb, laboratory));
    }
    assert_eq!(world.no(G, request(&herb, last)), "entry_count");
    world.done(G, request(&herb, L));
    world.done(L, test(herb.clone(), true));
    world.done(G, request(&herb, last));
    // Of those named before, each may still find a failure.
    world.done(FIRST, test(herb.clone(), false));
    assert_eq!(world.lot_view(&herb).state, "blocked");
}

#[test]
fn sixteen_authorities_hold_a_lot_each_by_itself() {
    let (mut world, added) = with_more(Role::DrugRegulator, 17);
    let herb = world.grown();
    let (reason, document) = (LotHoldReason::RegulatorFreeze, digest("decision"));
    let last = added.clone().last().unwrap();
    for authority in added.clone().take(16) {
        world.done(authority, hold_lot(herb.clone(), reason));
        assert_eq!(world.no(authority, hold_lot(herb.clone(), reason)), "lot_hold_exists");
    }
    assert_eq!(world.no(last, hold_lot(herb.clone(), reason)), "too_many_holds");
    assert_eq!(world.lot_view(&herb).holds.len(), 16);
    // Each ends its own, and with the last one it is free.
    let lift = LiftLotHold { lot: herb.clone(), reason, document, packs: vec![] };
    for authority in added.take(16) {
        assert_eq!(world.no(G, sell(T, std::slice::from_ref(&herb))), "lot_held");
        world.done(authority, lift.clone());
    }
    assert_eq!(world.no(last, lift), "lot_hold_unknown");
    world.done(G, sell(T, &[herb]));
}

#[test]
fn doubts_of_firms_leave_room_for_a_freeze() {
    let (mut world, added) = with_more(Role::Laboratory, 9);
    let herb = world.grown();
    for laboratory in added {
        world.done(G, request(&herb, laboratory));
        world.done(laboratory, test(herb.clone(), false));
    }
    assert_eq!(world.lot_view(&herb).holds.len(), 8, "no report is refused for want of room");
    assert_eq!(world.no(G, hold_lot(herb.clone(), LotHoldReason::QualitySuspect)), "too_many_holds");
    world.done(R, hold_lot(herb.clone(), LotHoldReason::RegulatorFreeze));
    assert_eq!(world.lot_view(&herb).holds.len(), 9);
}
