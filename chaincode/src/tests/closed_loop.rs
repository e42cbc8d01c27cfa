//! Domain §3.11, all eighteen steps, with the outcomes of D5, D7 and D9 where they differ.

use super::law_world::*;
use super::trade::refuse;
use super::world::*;
use crate::query::{self, ConsumerStatus, Verdict};
use crate::receipt::Outcome;
use crate::state::CaseNo;
use crate::transaction::{CountersignedBill, Destroy, Operation};
use bencao_genesis::TimestampMs;

#[test]
fn eighteen_steps_from_the_line_to_the_furnace() {
    let mut world = law_world();
    let (k, u) = (case_code("B1", 1), boxes_of("B1", 10));

    // 1–3: commissioned, not shipped before the release, released.
    world.applied(M, Operation::Commission(commission("B1", &[k], &u)));
    assert_eq!(world.state_of(&u[0]), "commissioned");
    assert_eq!(world.refused(M, ship(W, &[k])), "not_released");
    world.applied(M, Operation::Release(release("B1", 10)));
    assert!(u.iter().chain([&k]).all(|code| world.state_of(code) == "in_stock"));

    // 4–7: shipped, not received by another, received, not shipped again.
    assert!(world.send_as(M, "S1", ship(W, &[k])).is_applied());
    assert!(u.iter().chain([&k]).all(|code| world.state_of(code) == "in_transit"));
    assert_eq!(world.refused(P, receive(M, "S1", &[k])), "not_designated_receiver");
    world.applied(W, receive(M, "S1", &[k]));
    assert!(matches!(world.send_as(M, "S1", ship(W, &[k])).outcome, Outcome::Repeated(_)));
    assert_eq!(world.refused(M, ship(W, &[k])), "not_custodian");

    // 8: U1 leaves K; the bond is broken.
    assert!(world.send_as(W, "S2", ship(P, &u[..1])).is_applied());
    assert_eq!(world.view(&k).children, 9);

    // 9: H disputes U2: back on its way to W, in nobody's stock.
    assert!(world.send_as(W, "S3", ship(H, &u[1..2])).is_applied());
    world.applied(H, refuse(W, "S3", &u[1..2]));
    let disputed = world.view(&u[1]);
    assert_eq!((disputed.state, disputed.holds), ("in_transit", vec!["shipment_dispute"]));
    assert_eq!(disputed.in_transit.unwrap().receiver.id, org_id(W));

    // 10, 11: sold once; the second sale is refused and an alarm; consumers see the accepted one.
    world.applied(P, receive(W, "S2", &u[..1]));
    world.applied(P, dispense(321, &u[..1]));
    assert_eq!(world.refused(P2, dispense(321, &u[..1])), "already_dispensed");
    assert_eq!(world.outputs.last().unwrap().alarms.len(), 1);
    let public = query::consumer(&u[0], Some(&world.view(&u[0])), 0);
    assert_eq!((public.status, public.sale_count), (ConsumerStatus::Sold, 1));

    // 12: a class I recall of B1: held everywhere at once, with its terms.
    world.applied(M, start(recall(1, &["B1"])));
    for code in u[1..].iter().chain([&k]) {
        assert_eq!(world.view(code).verdict, Verdict::Recalled, "{code}");
    }
    let shown = query::recall(&world, &world, CaseNo(1)).unwrap().unwrap();
    assert_eq!(shown.duties.len(), 4);
    assert_eq!(world.state_of(&u[0]), "dispensed", "listed for outreach, no change");

    // 13, 14: it goes nowhere but back to M.
    assert_eq!(world.refused(W, ship(P, &u[2..3])), "held");
    let back = ship_as(211, M, &u[2..], |_| ());
    assert!(world.send_as(W, "RC1", back).is_applied());
    world.applied(M, receive_as(108, W, "RC1", &u[2..], |_| ()));
    assert!(u[2..].iter().all(|code| world.state_of(code) == "blocked"));
    assert_eq!(world.refused(M, accept(&u[2..])), "held", "recalled goods do not go back into stock");

    // 15, 16: destroyed by two persons before a regulator.
    let once = Destroy { supervisor: destroy(&[]).executor, ..destroy(&u[2..]) };
    let operation = propose(&world, R, CountersignedBill::Destroy(once));
    assert_eq!(world.refused(M, operation), "same_person");
    assert_eq!(world.refused(M, Operation::Destroy(destroy(&u[2..]))), "countersignature_required");
    let bill = CountersignedBill::Destroy(destroy(&u[2..]));
    let operation = propose(&world, R, bill.clone());
    world.applied(M, operation);
    world.applied(R, countersign(2, bill));
    assert!(u[2..].iter().all(|code| world.state_of(code) == "destroyed"));
    let numbers = query::recall(&world, &world, CaseNo(1)).unwrap().unwrap().quantities.unwrap();
    assert_eq!((numbers.shipped, numbers.dispensed, numbers.recovered), (10, 1, 8));
    assert_eq!((numbers.recallable, numbers.outstanding), (9, 1), "U2 is outstanding");
    assert_eq!(numbers.rate_permille, Some(888), "8/9");

    // 17: U3's code is never used again.
    assert_eq!(world.refused(M, Operation::Commission(commission("B9", &[], &u[2..3]))), "code_exists");

    // 18: usable on its last day, not on the day after. B1 itself is recalled: another batch of the same dates.
    let (_, others) = world.make_batch("B3", 10);
    world.time = START + 334 * DAY;
    assert_eq!(TimestampMs(world.time).china_date(), date("2027-10-23"));
    world.applied(M, ship(W, &others[..1]));
    world.time = START + 335 * DAY;
    assert_eq!(world.refused(M, ship(W, &others[1..2])), "expired");
}
