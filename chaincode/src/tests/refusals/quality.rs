//! Holds, recalls, countersigned bills, destruction, loss, acceptance: 7xxx.

use super::*;
use crate::quality::{HoldKind, RecallKind};
use crate::tests::law_world::*;
use crate::transaction::CountersignedBill;

pub(super) fn b2(n: u32) -> UnitKey {
    box_code("B2", n)
}

/// Box 11 of B1, with M in case 2.
pub(super) fn own() -> UnitKey {
    b1(11)
}

pub(super) fn suspect(target: HoldTarget) -> Operation {
    hold(HoldKind::QualitySuspect, target)
}

fn freeze(target: HoldTarget) -> Operation {
    hold(HoldKind::RegulatorFreeze, target)
}

fn of_codes(codes: &[UnitKey]) -> StartRecall {
    StartRecall { codes: codes.to_vec(), ..recall(3, &[]) }
}

fn cancelled(target: HoldTarget) -> Operation {
    decided(HoldKind::RegistrationCancelled, target)
}

fn unsigned(target: HoldTarget) -> Operation {
    decided(HoldKind::LotReleaseRefused, target)
}

/// The batch of [`vaccine`].
fn of_vaccine() -> HoldTarget {
    HoldTarget::Batch(BatchTarget { product_id: ProductId("V".into()), batch_no: "B3".into() })
}

/// The nation names who may refuse 批签发.
fn institution(member: usize) -> Operation {
    use crate::law::{Chapter, ProductionLaw};
    let law = ProductionLaw { lot_release_institutions: vec![org_id(member)], ..ProductionLaw::default() };
    super::registry::amend(|a| (a.chapters, a.region) = (vec![Chapter::Production(law)], RegionCode::NATION))
}

/// An SSCC at the wholesaler that held goods of M, and holds those of another.
fn reused(w: &mut World) -> UnitKey {
    w.applied(W, pack(sscc(1), &[b1(4)]));
    w.applied(W, disaggregate(&[b1(4)]));
    let code = crate::tests::trade::one_box(w, ABROAD, "F", "8100041");
    crate::tests::trade::give(w, &code, W);
    w.applied(W, pack(sscc(1), &[code]));
    sscc(1)
}

/// As many open recalls of X as its holder may have.
fn recalled_often(world: &mut World) {
    world.applied(P, dispense(321, &[b1(1)]));
    for _ in 0..crate::limits::RECALLS_PER_PRODUCT_MAX {
        world.applied(M, start(of_codes(&[b1(1)])));
    }
}

fn recalled(world: &mut World) {
    world.applied(M, start(recall(1, &["B1"])));
}

fn proposed(world: &mut World) -> CountersignedBill {
    let bill = CountersignedBill::Destroy(destroy(&[own()]));
    let operation = propose(world, R, bill.clone());
    world.applied(M, operation);
    bill
}

fn blocked(world: &mut World, condition: crate::custody::Condition) {
    world.applied(M, disaggregate(&[own()]));
    edit(world, &own(), |unit| {
        unit.lifecycle = crate::custody::Lifecycle::Blocked;
        unit.condition = condition;
    });
}

pub(super) fn box_of(product: &str, prefix: &str, by: usize) -> impl FnOnce(&mut World) {
    let (product, prefix) = (product.to_owned(), prefix.to_owned());
    move |w| {
        if by == MAKER {
            w.applied(M, contract(&product, "2027-12-31"));
        }
        w.applied(by, one_box(&product, &prefix, "P1"));
    }
}

pub(super) fn quality_rows() -> Vec<Row> {
    vec![
        row("no_jurisdiction", |w| w.send(ELSEWHERE, freeze(on_batch("B1"))), |w| w.send(R, freeze(on_batch("B1")))),
        row(
            "no_jurisdiction",
            |w| w.send(W, start(StartRecall { kind: RecallKind::Ordered, ..recall(1, &["B1"]) })),
            |w| w.send(R, start(StartRecall { kind: RecallKind::Ordered, ..recall(1, &["B1"]) })),
        ),
        row("hold_not_allowed", |w| w.send(P, suspect(on_batch("B1"))), |w| w.send(P, suspect(on_codes(&[b1(1)])))),
        // Nobody locks what it has sold and sent; its holder does, wherever it is.
        row(
            "hold_not_allowed",
            |w| {
                w.applied(W, ship(P, &[b1(4)]));
                w.send(W, suspect(on_codes(&[b1(4)])))
            },
            |w| w.send(W, suspect(on_codes(&[b1(4)]))),
        ),
        row(
            "hold_not_allowed",
            |w| {
                w.applied(W, ship(P, &[b1(4)]));
                w.send(W, hold(HoldKind::ForeignNotification, on_codes(&[b1(4)])))
            },
            |w| {
                w.applied(W, ship(P, &[b1(4)]));
                w.send(M, hold(HoldKind::ForeignNotification, on_codes(&[b1(4)])))
            },
        ),
        row(
            "hold_not_allowed",
            |w| w.send(R, hold(HoldKind::LicenceLock, on_batch("B1"))),
            |w| w.send(R, hold(HoldKind::LicenceLock, on_organisation(M))),
        ),
        row(
            "hold_not_allowed",
            |w| w.send(CITY, hold(HoldKind::EmergencyControl, on_batch("B1"))),
            |w| w.send(R, hold(HoldKind::EmergencyControl, on_batch("B1"))),
        ),
        row(
            "no_jurisdiction",
            |w| w.send(ELSEWHERE, hold(HoldKind::EmergencyControl, on_batch("B1"))),
            |w| w.send(R, hold(HoldKind::EmergencyControl, on_batch("B1"))),
        ),
        // 注销药品注册证书: a product, by the nation or the province of its holder.
        row(
            "hold_not_allowed",
            |w| w.send(CITY, cancelled(on_product("X"))),
            |w| w.send(R, cancelled(on_product("X"))),
        ),
        row(
            "hold_not_allowed",
            |w| w.send(ELSEWHERE, cancelled(on_product("X"))),
            |w| w.send(NMPA, cancelled(on_product("X"))),
        ),
        row("hold_not_allowed", |w| w.send(R, cancelled(on_batch("B1"))), |w| w.send(R, cancelled(on_product("X")))),
        row(
            "field_form",
            |w| w.send(R, hold(HoldKind::RegistrationCancelled, on_product("X"))),
            |w| w.send(R, cancelled(on_product("X"))),
        ),
        // 不予批签发: an unreleased batch of a class with 批签发.
        row(
            "hold_not_allowed",
            |w| w.send(R, unsigned(on_batch("B2"))),
            |w| {
                w.applied(M, vaccine());
                w.send(R, unsigned(of_vaccine()))
            },
        ),
        row(
            "hold_not_allowed",
            |w| {
                w.applied(M, vaccine());
                w.applied(M, Operation::Release(vaccine_release("批签 1")));
                w.send(R, unsigned(of_vaccine()))
            },
            |w| {
                w.applied(M, vaccine());
                w.send(NMPA, unsigned(of_vaccine()))
            },
        ),
        row(
            "hold_not_allowed",
            |w| {
                w.applied(M, vaccine());
                w.send(LAB, unsigned(of_vaccine()))
            },
            |w| {
                w.applied(M, vaccine());
                w.applied(NMPA, institution(LAB));
                w.send(LAB, unsigned(of_vaccine()))
            },
        ),
        // Firms have half of the list, and an authority finds room after them.
        row(
            "too_many_holds",
            |w| {
                for _ in 0..crate::limits::HOLDS_OF_FIRMS_MAX {
                    w.applied(M, suspect(on_batch("B1")));
                }
                w.send(M, suspect(on_batch("B1")))
            },
            |w| {
                for _ in 0..crate::limits::HOLDS_OF_FIRMS_MAX {
                    w.applied(M, suspect(on_batch("B1")));
                }
                w.send(R, freeze(on_batch("B1")))
            },
        ),
        // Who refuses 批签发 finds room as an authority does.
        row(
            "too_many_holds",
            |w| {
                w.applied(M, vaccine());
                for _ in 0..crate::limits::HOLDS_OF_FIRMS_MAX {
                    w.applied(M, suspect(of_vaccine()));
                }
                w.send(M, suspect(of_vaccine()))
            },
            |w| {
                w.applied(M, vaccine());
                w.applied(NMPA, institution(LAB));
                for _ in 0..crate::limits::HOLDS_OF_FIRMS_MAX {
                    w.applied(M, suspect(of_vaccine()));
                }
                w.send(LAB, unsigned(of_vaccine()))
            },
        ),
        row(
            "too_many_holds",
            |w| {
                for _ in 0..crate::limits::HOLDS_PER_TARGET_MAX {
                    w.applied(R, freeze(on_batch("B1")));
                }
                w.send(R, freeze(on_batch("B1")))
            },
            |w| w.send(R, freeze(on_batch("B1"))),
        ),
        // Recalls are counted apart: no number of doubts keeps one out.
        row(
            "too_many_holds",
            |w| {
                for _ in 0..crate::limits::RECALLS_OF_FIRMS_MAX {
                    w.applied(M, start(recall(2, &["B1"])));
                }
                w.send(M, start(recall(2, &["B1"])))
            },
            |w| {
                for _ in 0..crate::limits::HOLDS_OF_FIRMS_MAX {
                    w.applied(M, suspect(on_batch("B1")));
                }
                w.send(M, start(recall(2, &["B1"])))
            },
        ),
        row(
            "too_many_recalls",
            |w| {
                recalled_often(w);
                w.send(M, start(of_codes(&[b1(1)])))
            },
            |w| {
                recalled_often(w);
                w.send(R, start(StartRecall { kind: RecallKind::Ordered, ..of_codes(&[b1(1)]) }))
            },
        ),
        row(
            "too_many_recalls",
            |w| {
                recalled_often(w);
                w.send(M, start(of_codes(&[b1(1)])))
            },
            |w| {
                recalled_often(w);
                w.applied(M, complete(1, None));
                w.send(M, start(of_codes(&[b1(1)])))
            },
        ),
        row(
            "hold_not_allowed",
            |w| {
                box_of("K", "8300001", MAKER)(w);
                w.send(MAKER, suspect(on_product("K")))
            },
            |w| {
                box_of("K", "8300001", MAKER)(w);
                let target = BatchTarget { product_id: ProductId("K".into()), batch_no: "P1".into() };
                w.send(MAKER, suspect(HoldTarget::Batch(target)))
            },
        ),
        row(
            "unknown_case",
            |w| {
                w.applied(M, suspect(on_batch("B1")));
                w.send(M, lift(2))
            },
            |w| {
                w.applied(M, suspect(on_batch("B1")));
                w.send(M, lift(1))
            },
        ),
        row(
            "hold_ended",
            |w| {
                w.applied(M, suspect(on_batch("B1")));
                w.applied(M, lift(1));
                w.send(M, lift(1))
            },
            |w| {
                w.applied(M, suspect(on_batch("B1")));
                w.send(M, lift(1))
            },
        ),
        row(
            "not_hold_setter",
            |w| {
                w.applied(R, freeze(on_batch("B1")));
                w.send(CITY, lift(1))
            },
            |w| {
                w.applied(CITY, freeze(on_batch("B1")));
                w.send(R, lift(1))
            },
        ),
        // Of a mixed or reused package nobody recalls what is another's.
        row(
            "wrong_product",
            |w| {
                let code = reused(w);
                w.send(M, start(of_codes(&[code])))
            },
            |w| {
                let code = reused(w);
                w.send(ABROAD, start(StartRecall { product_id: ProductId("F".into()), ..of_codes(&[code]) }))
            },
        ),
        // A logistic package that is used again is of what is inside it now.
        row(
            "hold_not_allowed",
            |w| {
                let code = reused(w);
                w.send(M, suspect(on_codes(&[code])))
            },
            |w| {
                let code = reused(w);
                w.send(ABROAD, suspect(on_codes(&[code])))
            },
        ),
        // Who is responsible here for a holder abroad sets single codes apart, too, and a regulator of where that is.
        row(
            "hold_not_allowed",
            |w| {
                let code = super::trade::from_abroad(w);
                w.send(P, suspect(on_codes(&[code])))
            },
            |w| {
                let code = super::trade::from_abroad(w);
                w.send(W, suspect(on_codes(&[code])))
            },
        ),
        // What an institution of the nation's law decided, no city undoes.
        row(
            "not_hold_setter",
            |w| {
                w.applied(M, vaccine());
                w.applied(NMPA, institution(LAB));
                w.applied(LAB, unsigned(of_vaccine()));
                w.send(CITY, lift(1))
            },
            |w| {
                w.applied(M, vaccine());
                w.applied(NMPA, institution(LAB));
                w.applied(LAB, unsigned(of_vaccine()));
                w.send(R, lift(1))
            },
        ),
        // A regulator above the one that ordered it completes it, too: of the other there may be none any more.
        row(
            "not_holder",
            |w| {
                w.applied(CITY, start(StartRecall { kind: RecallKind::Ordered, ..recall(1, &["B1"]) }));
                w.send(ELSEWHERE, complete(1, None))
            },
            |w| {
                w.applied(CITY, start(StartRecall { kind: RecallKind::Ordered, ..recall(1, &["B1"]) }));
                w.send(R, complete(1, None))
            },
        ),
        row(
            "not_holder",
            |w| {
                w.applied(M, start(recall(1, &["B1"])));
                w.send(R, complete(1, None))
            },
            |w| {
                w.applied(M, start(recall(1, &["B1"])));
                w.send(M, complete(1, None))
            },
        ),
        // 责令召回: what was ordered ends when the regulator says so.
        row(
            "not_hold_setter",
            |w| {
                w.applied(R, start(StartRecall { kind: RecallKind::Ordered, ..recall(1, &["B1"]) }));
                w.send(M, complete(1, None))
            },
            |w| {
                w.applied(R, start(StartRecall { kind: RecallKind::Ordered, ..recall(1, &["B1"]) }));
                w.send(R, complete(1, None))
            },
        ),
        row(
            "recall_open",
            |w| {
                recalled(w);
                w.send(M, lift(1))
            },
            |w| {
                recalled(w);
                w.applied(M, complete(1, None));
                w.send(M, lift(1))
            },
        ),
        row(
            "time_past",
            |w| {
                let now = w.time;
                w.send(M, hold_until(HoldKind::QualitySuspect, on_batch("B1"), now))
            },
            |w| {
                let later = w.time + 1;
                w.send(M, hold_until(HoldKind::QualitySuspect, on_batch("B1"), later))
            },
        ),
        row(
            "time_too_far",
            |w| {
                let Operation::Propose(mut bill) = propose(w, R, CountersignedBill::Destroy(destroy(&[own()]))) else {
                    unreachable!()
                };
                bill.lapses_at = TimestampMs(w.time + 31 * DAY);
                w.send(M, Operation::Propose(bill))
            },
            |w| {
                let operation = propose(w, R, CountersignedBill::Destroy(destroy(&[own()])));
                w.send(M, operation)
            },
        ),
        row(
            "countersignature_required",
            |w| {
                recalled(w);
                w.send(M, Operation::Destroy(destroy(&[own()])))
            },
            |w| w.send(M, Operation::Destroy(destroy(&[own()]))),
        ),
        row(
            "countersignature_required",
            |w| {
                let codes = narcotics(w);
                w.send(M, Operation::Destroy(destroy(&codes)))
            },
            |w| {
                let codes = narcotics(w);
                let operation = propose(w, NOTARY, CountersignedBill::Destroy(destroy(&codes)));
                w.send(M, operation)
            },
        ),
        row(
            "countersignature_required",
            |w| {
                w.time = START + 335 * DAY;
                w.send(M, Operation::Destroy(destroy(&[own()])))
            },
            |w| {
                w.time = START + 334 * DAY;
                w.send(M, Operation::Destroy(destroy(&[own()])))
            },
        ),
        row(
            "countersignature_required",
            |w| {
                w.time = START + 335 * DAY;
                w.send(M, Operation::Destroy(destroy(&[own()])))
            },
            |w| {
                w.time = START + 335 * DAY;
                let evidence = Some(digest("无害化处理记录"));
                w.send(M, Operation::Destroy(Destroy { evidence, ..destroy(&[own()]) }))
            },
        ),
        // What a frozen firm has goes before a witness as well (《药品管理法》 Art. 100).
        row(
            "countersignature_required",
            |w| {
                w.applied(R, freeze(on_organisation(W)));
                w.send(W, destroy_alone(&[b1(4)]))
            },
            |w| {
                w.applied(R, freeze(on_organisation(W)));
                let operation = propose(w, NOTARY, CountersignedBill::Destroy(destroy(&[b1(4)])));
                w.send(W, operation)
            },
        ),
        // Rule 8: out of a package on hold nothing goes but before a witness.
        row(
            "countersignature_required",
            |w| {
                w.applied(M, suspect(on_codes(&[case_code("B1", 2)])));
                w.send(M, destroy_alone(&[own()]))
            },
            |w| {
                w.applied(M, suspect(on_codes(&[case_code("B1", 2)])));
                let operation = propose(w, R, CountersignedBill::Destroy(destroy(&[own()])));
                w.send(M, operation)
            },
        ),
        row(
            "held",
            |w| {
                w.applied(R, freeze(on_codes(&[case_code("B1", 2)])));
                w.send(M, loss(220, &[own()]))
            },
            |w| {
                w.applied(R, freeze(on_codes(&[case_code("B1", 2)])));
                w.send(M, loss(220, &[case_code("B1", 2)]))
            },
        ),
        row(
            "held",
            |w| {
                w.applied(M, start(StartRecall { codes: vec![case_code("B1", 2)], ..recall(1, &[]) }));
                w.send(M, rework("B1-R", &[own()]))
            },
            |w| {
                w.applied(M, start(StartRecall { codes: vec![case_code("B1", 2)], ..recall(1, &[]) }));
                w.send(M, rework("B1-R", &[case_code("B1", 2)]))
            },
        ),
        row(
            "held",
            |w| {
                w.applied(R, freeze(on_codes(&[case_code("B1", 2)])));
                w.applied(M, loss(214, &[case_code("B1", 2)]));
                w.send(M, found(&[own()]))
            },
            |w| {
                w.applied(R, freeze(on_codes(&[case_code("B1", 2)])));
                w.applied(M, loss(214, &[case_code("B1", 2)]));
                w.send(M, found(&[case_code("B1", 2)]))
            },
        ),
        row(
            "not_supervisor",
            |w| {
                let operation = propose(w, W, CountersignedBill::Destroy(destroy(&[own()])));
                w.send(M, operation)
            },
            |w| {
                let operation = propose(w, CITY, CountersignedBill::Destroy(destroy(&[own()])));
                w.send(M, operation)
            },
        ),
        row(
            "same_person",
            |w| {
                let supervisor = destroy(&[]).executor;
                w.send(M, Operation::Destroy(Destroy { supervisor, ..destroy(&[own()]) }))
            },
            |w| w.send(M, Operation::Destroy(destroy(&[own()]))),
        ),
        row(
            "same_party",
            |w| {
                let operation = propose(w, M, CountersignedBill::Destroy(destroy(&[own()])));
                w.send(M, operation)
            },
            |w| {
                let operation = propose(w, R, CountersignedBill::Destroy(destroy(&[own()])));
                w.send(M, operation)
            },
        ),
        row(
            "not_countersigner",
            |w| {
                let bill = proposed(w);
                w.send(CITY, countersign(1, bill))
            },
            |w| {
                let bill = proposed(w);
                w.send(R, countersign(1, bill))
            },
        ),
        row(
            "proposal_closed",
            |w| {
                let bill = proposed(w);
                w.applied(M, close(1));
                w.send(R, countersign(1, bill))
            },
            |w| {
                proposed(w);
                w.send(R, close(1))
            },
        ),
        row(
            "another_bill",
            |w| {
                proposed(w);
                w.send(R, countersign(1, CountersignedBill::Destroy(destroy(&[b1(12)]))))
            },
            |w| {
                let bill = proposed(w);
                w.send(R, countersign(1, bill))
            },
        ),
        row(
            "not_acceptable",
            |w| {
                blocked(w, crate::custody::Condition::Damaged);
                w.send(M, accept(&[own()]))
            },
            |w| {
                blocked(w, crate::custody::Condition::Sound);
                w.send(M, accept(&[own()]))
            },
        ),
        row(
            "already_notified",
            |w| {
                recalled(w);
                w.applied(M, Operation::NotifyRecall(notify(1, &[W])));
                w.send(M, Operation::NotifyRecall(notify(1, &[P, W])))
            },
            |w| {
                recalled(w);
                w.send(M, Operation::NotifyRecall(notify(1, &[P, W])))
            },
        ),
        row(
            "not_notified",
            |w| {
                recalled(w);
                w.send(W, acknowledge(1, 7))
            },
            |w| {
                recalled(w);
                w.applied(M, Operation::NotifyRecall(notify(1, &[W])));
                w.send(W, acknowledge(1, 7))
            },
        ),
        row(
            "already_acknowledged",
            |w| {
                recalled(w);
                w.applied(M, Operation::NotifyRecall(notify(1, &[W])));
                w.applied(W, acknowledge(1, 7));
                w.send(W, acknowledge(1, 7))
            },
            |w| {
                recalled(w);
                w.applied(M, Operation::NotifyRecall(notify(1, &[W])));
                w.send(W, acknowledge(1, 7))
            },
        ),
        row(
            "recall_closed",
            |w| {
                recalled(w);
                w.applied(M, complete(1, None));
                w.send(M, progress(1))
            },
            |w| {
                recalled(w);
                w.send(M, progress(1))
            },
        ),
        row(
            "already_decided",
            |w| {
                w.applied(R, freeze(on_batch("B1")));
                w.applied(R, decide(Some("处理决定"), None));
                w.send(R, decide(Some("再次"), None))
            },
            |w| {
                w.applied(R, freeze(on_batch("B1")));
                w.applied(R, decide(None, Some("检验报告")));
                w.send(R, decide(Some("处理决定"), None))
            },
        ),
        // The term runs from one report; no further one makes it longer.
        row(
            "already_decided",
            |w| {
                w.applied(R, hold(HoldKind::EmergencyControl, on_batch("B1")));
                w.applied(R, decide(None, Some("鉴定结论")));
                w.send(R, decide(None, Some("再次鉴定")))
            },
            |w| {
                w.applied(R, hold(HoldKind::EmergencyControl, on_batch("B1")));
                w.send(R, decide(None, Some("鉴定结论")))
            },
        ),
        row(
            "unknown_party",
            |w| {
                recalled(w);
                w.send(M, Operation::NotifyRecall(notify(1, &[99])))
            },
            |w| {
                recalled(w);
                w.send(M, Operation::NotifyRecall(notify(1, &[P])))
            },
        ),
    ]
}

pub(super) fn decide(decision: Option<&str>, report: Option<&str>) -> Operation {
    Operation::DecideFreeze(DecideFreeze {
        hold: crate::state::CaseNo(1),
        test_report: report.map(digest),
        decision: decision.map(digest),
    })
}
