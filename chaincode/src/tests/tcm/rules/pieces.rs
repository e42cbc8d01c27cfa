//! Tests, 炮制, and what becomes of 饮片.

use super::*;

pub(super) fn rows() -> Vec<Row> {
    let own = |w: &mut World| {
        // The hospital processes for itself.
        let herb = w.grown();
        w.done_as(G, "G-1", sell(H, std::slice::from_ref(&herb)));
        w.done(H, take_in(G, "G-1", &[(herb.clone(), 100 * KG)]));
        w.done(H, test(herb.clone(), true));
        let pieces = ProcessPieces {
            product_id: ProductId("HP".into()),
            ..make_pieces("Y1", vec![uses(herb, 100 * KG)], 90 * KG, 10 * KG)
        };
        w.done(H, pieces);
        w.done(H, test(lot(H, "Y1"), true));
        lot(H, "Y1")
    };
    vec![
        row(
            "lot_test_required",
            |w| {
                let inputs = vec![uses(untested_herb(w), 10 * KG)];
                send(w, D, make_pieces("HH2", inputs, 9 * KG, KG))
            },
            |w| {
                let herb = untested_herb(w);
                w.done(D, test(herb.clone(), true));
                send(w, D, make_pieces("HH2", vec![uses(herb, 10 * KG)], 9 * KG, KG))
            },
        ),
        row(
            "lot_test_failed",
            |w| {
                let herb = w.grown();
                w.done(G, test(herb.clone(), true));
                let mut found = w.lot_view(&herb);
                assert!(found.test.take().unwrap().passed);
                fail_silently(w, &herb);
                w.filed_for_export(G);
                send(w, G, export(herb))
            },
            |w| {
                let herb = w.grown();
                w.done(G, test(herb.clone(), true));
                w.filed_for_export(G);
                send(w, G, export(herb))
            },
        ),
        row(
            "laboratory_not_named",
            |w| {
                let herb = w.grown();
                send(w, L, test(herb, true))
            },
            |w| {
                let herb = w.grown();
                w.done(G, RequestTest { lot: herb.clone(), laboratory: org_id(L) });
                send(w, L, test(herb, true))
            },
        ),
        row(
            "no_processing_scope",
            |w| {
                let herb = w.delivered();
                w.done(R, SetProcessingScope { valid_to: date("2026-11-22"), ..scope(D, &[Craft::Cleaning]) });
                send(w, D, make_pieces("HH1", vec![uses(herb, 100 * KG)], 90 * KG, 10 * KG))
            },
            |w| {
                let herb = w.delivered();
                w.done(R, SetProcessingScope { valid_to: date("2026-11-23"), ..scope(D, &[Craft::Cleaning]) });
                send(w, D, make_pieces("HH1", vec![uses(herb, 100 * KG)], 90 * KG, 10 * KG))
            },
        ),
        row(
            "method_out_of_scope",
            |w| {
                let herb = w.delivered();
                let steps = vec![step(Method::BakeVinegar)];
                send(w, D, ProcessPieces { steps, ..make_pieces("HH1", vec![uses(herb, 100 * KG)], 90 * KG, 10 * KG) })
            },
            |w| {
                let herb = w.delivered();
                let steps = vec![step(Method::FryYellow)];
                send(w, D, ProcessPieces { steps, ..make_pieces("HH1", vec![uses(herb, 100 * KG)], 90 * KG, 10 * KG) })
            },
        ),
        row(
            "piece_not_defined",
            |w| {
                let herb = w.delivered();
                let other = product("NEW", DrugClass::DecoctionPiece, ["8410001", "8410003"], 10);
                let product =
                    Product { holder: org_id(D), producer: org_id(D), approval_number: String::new(), ..other };
                w.applied(D, Operation::RegisterProduct(RegisterProduct { product }));
                let product_id = ProductId("NEW".into());
                send(
                    w,
                    D,
                    ProcessPieces { product_id, ..make_pieces("HH1", vec![uses(herb, 100 * KG)], 90 * KG, 10 * KG) },
                )
            },
            |w| {
                let herb = w.delivered();
                send(w, D, make_pieces("HH1", vec![uses(herb, 100 * KG)], 90 * KG, 10 * KG))
            },
        ),
        row("not_a_piece", |w| send(w, M, piece("ZY", safflower())), |w| send(w, D, piece("HH", safflower()))),
        row(
            "yield_band_too_wide",
            |w| send(w, D, DefinePiece { yield_ppm_max: 1_500_001, ..piece("HH", safflower()) }),
            |w| send(w, D, DefinePiece { yield_ppm_max: 1_500_000, ..piece("HH", safflower()) }),
        ),
        row(
            "best_before_required",
            |w| {
                let herb = w.delivered();
                let inputs = vec![uses(herb, 100 * KG)];
                send(w, D, ProcessPieces { best_before: None, ..make_pieces("HH1", inputs, 90 * KG, 10 * KG) })
            },
            |w| {
                let herb = w.delivered();
                send(w, D, make_pieces("HH1", vec![uses(herb, 100 * KG)], 90 * KG, 10 * KG))
            },
        ),
        row(
            "lot_expired",
            |w| {
                let pieces = w.at_hospital();
                w.time = START + 729 * DAY;
                send(w, H, dispense_lots(vec![uses(pieces, KG)]))
            },
            |w| {
                let pieces = w.at_hospital();
                w.time = START + 728 * DAY;
                send(w, H, dispense_lots(vec![uses(pieces, KG)]))
            },
        ),
        row(
            "own_use_only",
            move |w| {
                let pieces = own(w);
                w.done(H, pack(pieces.clone(), piece_label("新疆裕民")));
                send(w, H, sell(W, &[pieces]))
            },
            move |w| {
                let pieces = own(w);
                send(w, H, dispense_lots(vec![uses(pieces, KG)]))
            },
        ),
        row(
            "lot_kind_differs",
            |w| {
                let herb = w.grown();
                w.done_as(G, "G-1", sell(H, std::slice::from_ref(&herb)));
                w.done(H, take_in(G, "G-1", &[(herb.clone(), 100 * KG)]));
                w.done(H, pack(herb.clone(), label("新疆裕民")));
                send(w, H, dispense_lots(vec![uses(herb, KG)]))
            },
            |w| {
                let pieces = w.at_hospital();
                send(w, H, dispense_lots(vec![uses(pieces, KG)]))
            },
        ),
    ]
}

/// Untested herb with the 饮片 producer.
fn untested_herb(w: &mut World) -> LotId {
    w.done(D, buy_untraced("U1", 10 * KG));
    w.done(D, pack(lot(D, "U1"), label("新疆额敏")));
    lot(D, "U1")
}

/// A failed test that the state machine does not show: the rule itself must refuse.
fn fail_silently(world: &mut World, id: &LotId) {
    let name = crate::state::key::lot(LotRef { organisation: crate::state::OrgNo(G as u32 + 1), number: id.number });
    let mut record: LotRecord = crate::state::load(&*world, &name).unwrap().unwrap();
    record.test.as_mut().unwrap().passed = false;
    world.state.insert(name, crate::state::to_record(&record));
}
