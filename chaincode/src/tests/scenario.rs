//! Domain §3.11, steps 1–11, 17 and 18 (those of this rule version), with the outcomes of D5, D7 and D9.

use super::world::*;
use crate::oversight::AlarmKind;
use crate::query::{self, ConsumerStatus, Verdict};
use crate::receipt::{Arg, Outcome};
use crate::transaction::Operation;
use bencao_genesis::TimestampMs;

#[test]
fn the_closed_loop_from_producer_to_patient() {
    let mut world = World::new();
    world.trusting = false;
    let (k, units) = (case_code("B1", 1), boxes_of("B1", 10));
    let (u1, u2) = (units[0], units[1]);

    // 1: M commissions U1–U10 in K.
    world.applied(M, Operation::Commission(commission("B1", &[k], &units)));
    assert_eq!((world.state_of(&k), world.state_of(&u1)), ("commissioned", "commissioned"));
    assert_eq!(world.view(&u1).parents, vec![k]);

    // 2: shipping before release.
    assert_eq!(world.refused(M, ship(W, &[k])), "not_released");

    // 3: release by the 质量受权人; a constant number of writes.
    let receipt = world.applied(M, Operation::Release(release("B1", 10)));
    assert_eq!(receipt.events, 1);
    assert!(units.iter().all(|u| world.state_of(u) == "in_stock"));

    // 4: M ships K under S1: one event and four records (case, document, tally, deadline) for eleven packages.
    let shipped = world.send_as(M, "S1", ship(W, &[k]));
    assert!(matches!(&shipped.outcome, Outcome::Applied(done) if done.writes == 4));
    assert_eq!(shipped.events, 1);
    for code in units.iter().chain([&k]) {
        let view = world.view(code);
        assert_eq!(view.state, "in_transit");
        let transit = view.in_transit.unwrap();
        assert_eq!((transit.receiver.id, transit.document_no.as_str()), (org_id(W), "S1"));
    }

    // 5: P tries to receive it: the recorded owner and the claimed one come back, and an alarm.
    let forged = world.send(P, receive(M, "S1", &[k]));
    assert_eq!(refusal_name(&forged), "not_designated_receiver");
    let Outcome::Rejected(refusal) = &forged.outcome else { unreachable!() };
    let args = [
        Arg::Text("S1".into()),
        Arg::Organisation(org_id(M)),
        Arg::Organisation(org_id(W)),
        Arg::Organisation(org_id(P)),
    ];
    assert_eq!(refusal.args, args);
    assert_eq!(world.outputs.last().unwrap().alarms[0].kind, AlarmKind::ForgedReceipt);

    // 6: W receives.
    world.applied(W, receive(M, "S1", &[k]));
    assert_eq!(world.view(&units[9]).custodian.id, org_id(W));

    // 7: S1 again is the same bill; its codes under another number are M's no longer.
    let again = world.send_as(M, "S1", ship(W, &[k]));
    assert!(matches!(again.outcome, Outcome::Repeated(earlier) if earlier.position == shipped.position));
    assert_eq!(refusal_name(&world.send_as(M, "S1", ship(W, &[u1]))), "document_number_taken");
    assert_eq!(world.refused(M, ship(W, &[k])), "not_custodian");

    // 8: U1 leaves K.
    world.applied(W, ship(P, &[u1]));
    assert_eq!(world.view(&k).children, 9);
    assert!(world.view(&u1).parents.is_empty());

    // 9: U2 on its way belongs to nobody's stock; H received 0 of 1 and disputes: it is on its way back.
    let transit = world.send_as(W, "W-H-1", ship(H, &[u2]));
    assert!(transit.is_applied());
    assert_eq!(world.refused(W, ship(P, &[u2])), "in_transit");
    assert_eq!(world.refused(H, dispense(323, &[u2])), "not_custodian");
    world.applied(H, super::trade::refuse(W, "W-H-1", &[u2]));
    let disputed = world.view(&u2);
    assert_eq!((disputed.state, disputed.holds.as_slice()), ("in_transit", ["shipment_dispute"].as_slice()));
    assert_eq!(world.refused(W, ship(P, &[u2])), "in_transit");
    assert_eq!(world.refused(H, dispense(323, &[u2])), "not_custodian");

    // 10: P receives U1 and sells it.
    let bill = world.find_shipment(&u1).unwrap();
    world.applied(P, receive(W, &bill, &[u1]));
    world.applied(P, dispense(321, &[u1]));
    let view = world.view(&u1);
    assert_eq!((view.state, view.sale_count, view.verdict), ("dispensed", 1, Verdict::Sold));
    assert_eq!(view.seller.as_ref().unwrap().id, org_id(P));

    // 11: another pharmacy sells U1: refused, alarmed; consumers see the one accepted sale only.
    let second = world.send(P2, dispense(321, &[u1]));
    assert_eq!(refusal_name(&second), "already_dispensed");
    let alarm = world.outputs.last().unwrap().alarms[0].clone();
    assert_eq!((alarm.kind, alarm.code, alarm.kind.is_high()), (AlarmKind::UsedElsewhere, Some(u1), true));
    assert_eq!(query::attempts(&world, &u1).unwrap(), (1, 0));
    let public = query::consumer(&u1, Some(&world.view(&u1)), 0);
    assert_eq!((public.status, public.sale_count, public.seller.as_deref()), (ConsumerStatus::Sold, 1, Some("药店")));

    // History in order, with the events of the case while U1 was inside, and the release of its batch.
    let kinds: Vec<&str> = world.view(&u1).history.iter().map(|e| e.kind).collect();
    let expected = ["commissioned", "released", "shipped", "received", "left", "shipped", "received", "dispensed"];
    assert_eq!(kinds, expected);
    let subjects: Vec<String> = world.view(&u1).history[2..4].iter().map(|e| e.subject.clone()).collect();
    assert_eq!(subjects, vec![k.to_string(), k.to_string()]);

    // 17: U3's code is never used again.
    let again = commission("B9", &[], &[units[2]]);
    assert_eq!(world.refused(M, Operation::Commission(again)), "code_exists");

    // 18: usable on its last day, not on the day after.
    world.time = TimestampMs(START).0 + 334 * DAY;
    assert_eq!(TimestampMs(world.time).china_date(), date("2027-10-23"));
    world.applied(W, ship(H, &[units[3]]));
    world.time = START + 335 * DAY;
    assert_eq!(world.refused(W, ship(H, &[units[4]])), "expired");
    assert_eq!(world.view(&units[4]).verdict, Verdict::Expired);
    assert_eq!(query::consumer(&code("81000010000000000000"), None, 0).status, ConsumerStatus::NotFound);
}

impl World {
    /// Document number of the open shipment of a code.
    pub(super) fn find_shipment(&self, code: &crate::UnitKey) -> Option<String> {
        self.view(code).in_transit.map(|t| t.document_no)
    }
}
