//! Registry, codes and production: 4xxx and 5xxx.

use super::*;

pub(super) fn production_rows() -> Vec<Row> {
    vec![
        row(
            "product_exists",
            |w| w.send(M, register(|p| p.id = ProductId("X".into()))),
            |w| w.send(M, register(|_| ())),
        ),
        row(
            "prefix_taken",
            |w| w.send(M, register(|p| p.packages[0].prefix = "8100001".into())),
            |w| w.send(M, register(|_| ())),
        ),
        row("not_holder", |w| w.send(M, register(|p| p.holder = org_id(W))), |w| w.send(M, register(|_| ()))),
        row("not_holder", |w| w.send(W, released(|_| ())), |w| w.send(M, released(|_| ()))),
        row("role_not_allowed", |w| w.send(W, register(|p| p.holder = org_id(W))), |w| w.send(M, register(|_| ()))),
        row(
            "unknown_producer",
            |w| w.send(M, register(|p| p.producer = org_id(99))),
            |w| w.send(M, register(|p| p.producer = org_id(W))),
        ),
        row(
            "special_prefix",
            |w| w.send(M, register(|p| p.packages[0].prefix = "8900011".into())),
            |w| {
                w.send(
                    M,
                    register(|p| {
                        p.class = DrugClass::Narcotic;
                        p.packages[0].prefix = "8900011".into();
                        p.packages[1].prefix = "8900013".into();
                    }),
                )
            },
        ),
        row(
            "check_digit",
            |w| w.send(M, register(|p| p.standard_code = "86904879000125".into())),
            |w| w.send(M, register(|p| p.standard_code = "86904879000126".into())),
        ),
        row(
            "check_digit",
            |w| w.send(M, register(|p| p.packages[0].prefix = "06924561884075".into())),
            |w| w.send(M, register(|p| p.packages[0].prefix = "06924561884074".into())),
        ),
        row(
            "unknown_prefix",
            |w| w.send(M, new_batch(|b| b.units[0].code = code("81999990000000000001"))),
            |w| w.send(M, new_batch(|_| ())),
        ),
        row("unknown_prefix", |w| w.send(P, dispense(321, &[code("81999990000000000001")])), plain),
        row("code_exists", |w| w.send(M, new_batch(|b| b.units[0].code = b1(1))), |w| w.send(M, new_batch(|_| ()))),
        row(
            "unknown_product",
            |w| w.send(M, new_batch(|b| b.product_id = ProductId("Z".into()))),
            |w| w.send(M, new_batch(|_| ())),
        ),
        row("not_producer", |w| w.send(W, new_batch(|_| ())), |w| w.send(M, new_batch(|_| ()))),
        row(
            "wrong_product",
            |w| w.send(M, new_batch(|b| b.units[0].code = code("89000010000000000001"))),
            |w| w.send(M, new_batch(|_| ())),
        ),
        row("wrong_level", |w| w.send(M, new_batch(|b| b.units[0].level = 2)), |w| w.send(M, new_batch(|_| ()))),
        row(
            "parent_unknown",
            |w| w.send(M, new_batch(|b| b.units[0].parent = Some(case_code("B3", 7)))),
            |w| w.send(M, new_batch(|_| ())),
        ),
        row(
            "parent_level",
            |w| w.send(M, new_batch(|b| b.units[0].parent = Some(b.units[1].code))),
            |w| w.send(M, new_batch(|_| ())),
        ),
        row(
            "parent_full",
            |w| {
                w.send(
                    M,
                    new_batch(|b| {
                        let extra = CommissionedUnit { code: box_code("B3", 11), ..b.units[0] };
                        b.units.push(extra);
                        b.declared_units = 11;
                    }),
                )
            },
            |w| w.send(M, new_batch(|_| ())),
        ),
        row(
            "parent_full",
            |w| {
                w.applied(M, new_batch(|b| b.declared_units = 11));
                w.send(
                    M,
                    new_batch(|b| {
                        b.units = vec![CommissionedUnit { code: box_code("B3", 11), ..b.units[0] }];
                        b.declared_units = 11;
                    }),
                )
            },
            |w| {
                w.applied(M, new_batch(|b| b.units.retain(|u| u.code != box_code("B3", 10))));
                w.send(M, new_batch(|b| b.units.retain(|u| u.code == box_code("B3", 10))))
            },
        ),
        row(
            "batch_differs",
            |w| {
                w.applied(
                    M,
                    new_batch(|b| {
                        b.units.iter_mut().for_each(|u| u.parent = None);
                        b.units.truncate(5);
                    }),
                );
                w.send(M, more(|b| b.expires_on = date("2027-10-22")))
            },
            |w| {
                w.applied(
                    M,
                    new_batch(|b| {
                        b.units.iter_mut().for_each(|u| u.parent = None);
                        b.units.truncate(5);
                    }),
                );
                w.send(M, more(|_| ()))
            },
        ),
        row(
            "batch_closed",
            |w| {
                w.applied(M, released(|_| ()));
                w.send(M, more_of_b2(None, 11, |_| ()))
            },
            |w| {
                w.applied(
                    M,
                    new_batch(|b| {
                        b.units.truncate(9);
                        b.units.iter_mut().for_each(|u| u.parent = None);
                    }),
                );
                w.send(M, more(|_| ()))
            },
        ),
        row(
            "made_in_future",
            |w| w.send(M, new_batch(|b| b.made_on = date("2026-11-24"))),
            |w| w.send(M, new_batch(|b| b.made_on = date("2026-11-23"))),
        ),
        row(
            "expiry_before_production",
            |w| w.send(M, new_batch(|b| b.expires_on = b.made_on)),
            |w| w.send(M, new_batch(|b| b.expires_on = CalendarDate::from_days(b.made_on.days() + 1))),
        ),
        row(
            "expiry_beyond_term",
            |w| w.send(M, new_batch(|b| (b.made_on, b.expires_on) = (date("2026-10-24"), date("2027-10-24")))),
            |w| w.send(M, new_batch(|b| (b.made_on, b.expires_on) = (date("2026-10-24"), date("2027-10-23")))),
        ),
        row(
            "count_exceeded",
            |w| w.send(M, new_batch(|b| b.declared_units = 9)),
            |w| w.send(M, new_batch(|b| b.declared_units = 10)),
        ),
        row("unknown_batch", |w| w.send(M, released(|r| r.batch_no = "B8".into())), |w| w.send(M, released(|_| ()))),
        row(
            "already_released",
            |w| {
                w.applied(M, released(|_| ()));
                w.send(M, released(|_| ()))
            },
            |w| w.send(M, released(|_| ())),
        ),
        row(
            "count_incomplete",
            |w| {
                w.applied(M, new_batch(|b| b.declared_units = 11));
                w.send(M, Operation::Release(release("B3", 11)))
            },
            |w| {
                w.applied(M, new_batch(|_| ()));
                w.send(M, Operation::Release(release("B3", 10)))
            },
        ),
        row(
            "packages_incomplete",
            |w| {
                w.applied(M, short_case(false));
                w.send(M, Operation::Release(release("B3", 9)))
            },
            |w| {
                w.applied(M, short_case(true));
                w.send(M, Operation::Release(release("B3", 9)))
            },
        ),
        row(
            "lot_release_required",
            |w| {
                w.applied(M, vaccine());
                w.send(M, Operation::Release(vaccine_release("")))
            },
            |w| {
                w.applied(M, vaccine());
                w.send(M, Operation::Release(vaccine_release("批签中检20260001")))
            },
        ),
        row(
            "parent_batch",
            |w| {
                w.applied(M, short_case(false));
                w.send(M, into_case_of_b3())
            },
            |w| {
                w.applied(M, short_case(true));
                w.send(M, into_case_of_b3())
            },
        ),
        row(
            "too_many_batches",
            |w| {
                w.applied(M, short_case(true));
                edit(w, &case_code("B3", 1), |k| {
                    let content = k.content.as_mut().unwrap();
                    let share = |number| Share { batch: BatchRef { product: ProductNo(1), number }, units: 1 };
                    content.batches = [1, 2, 3, 9].map(share).to_vec();
                });
                w.send(M, into_case_of_b3())
            },
            |w| {
                w.applied(M, short_case(true));
                w.send(M, into_case_of_b3())
            },
        ),
    ]
}
