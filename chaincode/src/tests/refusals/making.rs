//! Allocated, voided and replaced codes, rework, contracts, release and the quality file: 503x–505x of production.

use super::quality::{b2, box_of, own, suspect};
use super::*;
use crate::tests::law_world::*;

pub(super) fn making_rows() -> Vec<Row> {
    vec![
        row("batch_open", |w| w.send(M, rework("B2", &[own()])), |w| w.send(M, rework("B1-R", &[own()]))),
        row("prefix_not_of_product", |w| w.send(M, range("8300001", 1, 9)), |w| w.send(M, range("8100001", 1, 9))),
        row(
            "serial_allocated",
            |w| {
                w.applied(M, range("8100001", 1, 9));
                w.send(M, range("8100001", 9, 20))
            },
            |w| {
                w.applied(M, range("8100001", 1, 9));
                w.send(M, range("8100001", 10, 20))
            },
        ),
        row(
            "too_many_ranges",
            |w| {
                for n in 0..crate::limits::RANGES_PER_PREFIX_MAX as u64 {
                    w.applied(M, range("8100001", 3 * n, 3 * n));
                }
                w.send(M, range("8100001", 9_000, 9_001))
            },
            |w| w.send(M, range("8100001", 9_000, 9_001)),
        ),
        row(
            "code_allocated",
            |w| {
                w.applied(M, allocate(&[b2(20)]));
                w.send(M, allocate(&[b2(20)]))
            },
            |w| w.send(M, allocate(&[b2(20)])),
        ),
        row(
            "code_not_allocated",
            |w| {
                w.applied(M, allocate(&[box_code("B3", 11)]));
                w.send(M, new_batch(|_| ()))
            },
            |w| {
                w.applied(M, allocate(&boxes_of("B3", 10)));
                w.send(M, new_batch(|_| ()))
            },
        ),
        row(
            "code_was_voided",
            |w| {
                w.applied(M, void(&[box_code("B3", 1)]));
                w.send(M, new_batch(|_| ()))
            },
            |w| {
                w.applied(M, void(&[box_code("B3", 11)]));
                w.send(M, new_batch(|_| ()))
            },
        ),
        row(
            "package_not_empty",
            |w| w.send(M, replace(case_code("B1", 2), case_code("B1", 9))),
            |w| w.send(M, replace(own(), b1(99))),
        ),
        row(
            "contract_forbidden",
            |w| w.send(M, contract("KN", "2027-12-31")),
            |w| w.send(M, contract("K", "2027-12-31")),
        ),
        row(
            "no_contract",
            |w| {
                w.applied(M, contract("K", "2026-11-22"));
                w.send(MAKER, one_box("K", "8300001", "P1"))
            },
            |w| {
                w.applied(M, contract("K", "2026-11-23"));
                w.send(MAKER, one_box("K", "8300001", "P1"))
            },
        ),
        row(
            "batch_held",
            |w| {
                w.applied(M, suspect(on_batch("B2")));
                w.send(M, released(|_| ()))
            },
            |w| w.send(M, released(|_| ())),
        ),
        row(
            "test_failed",
            |w| {
                w.applied(M, tested("X", "B2", false));
                w.send(M, released(|_| ()))
            },
            |w| {
                w.applied(M, tested("X", "B2", true));
                w.send(M, released(|_| ()))
            },
        ),
        row(
            "batch_laboratory_not_named",
            |w| w.send(LAB, tested("X", "B2", false)),
            |w| {
                w.applied(M, test_by(LAB, "X", "B2"));
                w.send(LAB, tested("X", "B2", false))
            },
        ),
        row("role_required", |w| w.send(M, test_by(W, "X", "B2")), |w| w.send(M, test_by(LAB, "X", "B2"))),
        row("not_producer", |w| w.send(W, test_by(LAB, "X", "B2")), |w| w.send(M, test_by(LAB, "X", "B2"))),
        row(
            "test_failure_stands",
            |w| {
                failed_at(w);
                w.send(M, tested("X", "B2", true))
            },
            |w| {
                failed_at(w);
                w.send(LAB, tested("X", "B2", true))
            },
        ),
        // Nor is it answered by a laboratory that is named afterwards.
        row(
            "test_failure_stands",
            |w| {
                w.applied(M, tested("X", "B2", false));
                w.applied(M, test_by(LAB, "X", "B2"));
                w.send(LAB, tested("X", "B2", true))
            },
            |w| {
                w.applied(M, tested("X", "B2", false));
                w.send(R, tested("X", "B2", true))
            },
        ),
        row(
            "test_required",
            |w| {
                box_of("CH", "8410001", M)(w);
                w.send(M, go("CH", "P1", |_| ()))
            },
            |w| {
                box_of("CH", "8410001", M)(w);
                w.applied(M, tested("CH", "P1", true));
                w.send(M, go("CH", "P1", |_| ()))
            },
        ),
        row(
            "producer_release_required",
            |w| {
                box_of("K", "8300001", MAKER)(w);
                w.send(M, go("K", "P1", |_| ()))
            },
            |w| {
                box_of("K", "8300001", MAKER)(w);
                w.applied(MAKER, go("K", "P1", |_| ()));
                w.send(M, go("K", "P1", |_| ()))
            },
        ),
        row(
            "import_clearance_required",
            |w| {
                box_of("I", "8500001", M)(w);
                w.send(M, go("I", "P1", |_| ()))
            },
            |w| {
                box_of("I", "8500001", M)(w);
                w.send(M, go("I", "P1", |r| r.import = clearance(false)))
            },
        ),
        row(
            "import_clearance_required",
            |w| {
                box_of("I", "8500001", M)(w);
                super::dispensing::reclassed(w, "I", M, DrugClass::Narcotic);
                w.send(M, go("I", "P1", |r| r.import = clearance(false)))
            },
            |w| {
                box_of("I", "8500001", M)(w);
                super::dispensing::reclassed(w, "I", M, DrugClass::Narcotic);
                let papers = clearance(false).map(|c| ImportClearance { permit: "进口准许证 2026-1".into(), ..c });
                w.send(M, go("I", "P1", |r| r.import = papers))
            },
        ),
        row(
            "port_not_approved",
            |w| {
                box_of("I", "8500001", M)(w);
                super::registry::one_port(w, "上海口岸");
                w.send(M, go("I", "P1", |r| r.import = clearance(false)))
            },
            |w| {
                box_of("I", "8500001", M)(w);
                super::registry::one_port(w, &clearance(false).unwrap().port);
                w.send(M, go("I", "P1", |r| r.import = clearance(false)))
            },
        ),
        row(
            "import_inspection_required",
            |w| {
                box_of("J", "8600001", M)(w);
                w.send(M, go("J", "P1", |r| r.import = clearance(false)))
            },
            |w| {
                box_of("J", "8600001", M)(w);
                w.send(M, go("J", "P1", |r| r.import = clearance(true)))
            },
        ),
        row("not_abroad", |w| w.send(M, responsible(org_id(W))), |w| w.send(ABROAD, responsible(org_id(W)))),
        row(
            "not_domestic",
            |w| w.send(ABROAD, responsible(org_id(ABROAD))),
            |w| w.send(ABROAD, responsible(org_id(W))),
        ),
        row(
            "rework_expiry",
            |w| {
                w.applied(M, rework("B3", &boxes_11_to_20()));
                w.send(M, new_batch(|b| (b.made_on, b.expires_on) = (date("2026-10-25"), date("2027-10-24"))))
            },
            |w| {
                w.applied(M, rework("B3", &boxes_11_to_20()));
                w.send(M, new_batch(|b| (b.made_on, b.expires_on) = (date("2026-10-25"), date("2027-10-23"))))
            },
        ),
        // Rule 12: what is fewer than went into rework would have ended, and nobody would have seen how.
        row(
            "batch_differs",
            |w| {
                w.applied(M, rework("B3", &boxes_11_to_20()));
                w.send(M, new_batch(|b| b.declared_units = 9))
            },
            |w| {
                w.applied(M, rework("B3", &boxes_11_to_20()));
                w.send(M, new_batch(|_| ()))
            },
        ),
        row(
            "batch_differs",
            |w| {
                w.applied(M, rework("B3", &boxes_11_to_20()));
                w.send(M, new_batch(|b| b.declared_units = 11))
            },
            |w| {
                w.applied(M, rework("B3", &boxes_11_to_20()));
                w.send(M, new_batch(|b| b.declared_units = 10))
            },
        ),
        // Nor is what was recalled scrapped under its new code.
        row(
            "countersignature_required",
            |w| {
                w.applied(M, start(recall(3, &["B1"])));
                w.applied(M, rework("B3", &boxes_11_to_20()));
                w.applied(M, new_batch(|_| ()));
                w.send(M, void(&[box_code("B3", 1)]))
            },
            |w| {
                w.applied(M, rework("B3", &boxes_11_to_20()));
                w.applied(M, new_batch(|_| ()));
                w.send(M, void(&[box_code("B3", 1)]))
            },
        ),
        // What is kept cool and was damaged has no new label; of other goods it is the box that is broken.
        row(
            "not_acceptable",
            |w| {
                crate::tests::trade::within_degrees(w);
                w.applied(M, loss(220, &[own()]));
                w.send(M, rework("B1-R", &[own()]))
            },
            |w| {
                w.applied(M, loss(220, &[own()]));
                w.send(M, rework("B1-R", &[own()]))
            },
        ),
        row(
            "not_acceptable",
            |w| {
                let relabelled = dose(w, true);
                w.send(M, relabelled)
            },
            |w| {
                let relabelled = dose(w, false);
                w.send(M, relabelled)
            },
        ),
    ]
}

/// A vaccine, damaged or not, and its rework.
fn dose(w: &mut World, damaged: bool) -> Operation {
    let codes = vec![code("82000010000000000001")];
    w.applied(M, vaccine());
    w.applied(M, Operation::Release(vaccine_release("批签 1")));
    if damaged {
        w.applied(M, loss(220, &codes));
    }
    let (product_id, into_batch, reason) = (ProductId("V".into()), "B3-R".into(), "更换标签".into());
    Operation::Rework(Rework { product_id, into_batch, reason, codes })
}

/// B2 failed at the laboratory that its maker named.
fn failed_at(w: &mut World) {
    w.applied(M, test_by(LAB, "X", "B2"));
    w.applied(LAB, tested("X", "B2", false));
}

fn boxes_11_to_20() -> Vec<UnitKey> {
    (11..=20).map(b1).collect()
}
