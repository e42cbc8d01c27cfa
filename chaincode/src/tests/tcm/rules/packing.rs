//! Packages, their weight and their labels.

use super::*;

pub(super) fn rows() -> Vec<Row> {
    let herb = |w: &mut World| {
        w.done(T, buy_untraced("U1", 10 * KG));
        lot(T, "U1")
    };
    let with = |herb: LotId, packs: Vec<PackedCode>| PackLot { packs, ..pack(herb, label("新疆额敏")) };
    let boxed = move |w: &mut World| {
        let herb = herb(w);
        let packs = vec![packed("X1", PackKind::Box, 6 * KG, None), packed("X2", PackKind::Box, 2 * KG, None)];
        w.done(T, with(herb.clone(), packs));
        herb
    };
    let split = |herb: LotId, weight_mg: u64, packs: &[&str]| {
        let packs = packs.iter().map(|p| tcm_code(p)).collect();
        SplitLot { lot: herb, parts: vec![LotPart { lot_no: number("PART"), weight_mg, packs }] }
    };
    vec![
        row(
            "packs_exceed_lot",
            move |w| {
                let herb = herb(w);
                send(w, T, with(herb, vec![packed("X1", PackKind::Box, 10 * KG + 1, None)]))
            },
            move |w| {
                let herb = herb(w);
                send(w, T, with(herb, vec![packed("X1", PackKind::Box, 10 * KG, None)]))
            },
        ),
        row(
            "pack_weight",
            move |w| {
                let herb = herb(w);
                let bag = packed("B1", PackKind::Bag, 990_000 - 1, Some("X1"));
                send(w, T, with(herb, vec![packed("X1", PackKind::Box, KG, None), bag]))
            },
            move |w| {
                let herb = herb(w);
                let bag = packed("B1", PackKind::Bag, 990_000, Some("X1"));
                send(w, T, with(herb, vec![packed("X1", PackKind::Box, KG, None), bag]))
            },
        ),
        row(
            "pack_nesting",
            move |w| {
                let herb = herb(w);
                let inner = packed("X2", PackKind::Box, KG, Some("X1"));
                send(w, T, with(herb, vec![packed("X1", PackKind::Box, KG, None), inner]))
            },
            move |w| {
                let herb = herb(w);
                let inner = packed("X2", PackKind::Pack, KG, Some("X1"));
                send(w, T, with(herb, vec![packed("X1", PackKind::Box, KG, None), inner]))
            },
        ),
        row(
            "pack_not_of_lot",
            move |w| {
                let herb = boxed(w);
                send(w, T, split(herb, 6 * KG, &["X9"]))
            },
            move |w| {
                let herb = boxed(w);
                send(w, T, split(herb, 6 * KG, &["X1"]))
            },
        ),
        row(
            "packs_required",
            move |w| {
                let herb = boxed(w);
                send(w, T, split(herb, 2 * KG + 1, &[]))
            },
            move |w| {
                let herb = boxed(w);
                send(w, T, split(herb, 2 * KG, &[]))
            },
        ),
        row(
            "part_weight",
            move |w| {
                let herb = boxed(w);
                send(w, T, split(herb, 6 * KG - 1, &["X1"]))
            },
            move |w| {
                let herb = boxed(w);
                send(w, T, split(herb, 8 * KG, &["X1", "X2"]))
            },
        ),
        row(
            "gap_not_carried",
            move |w| {
                let herb = herb(w);
                send(w, T, pack(herb, Label { gap_audit: Some(digest("supplier audit")), ..label("新疆额敏") }))
            },
            |w| {
                let herb = w.grown();
                send(w, G, pack(herb, Label { gap_audit: Some(digest("supplier audit")), ..label("新疆裕民") }))
            },
        ),
        row(
            "label_incomplete",
            |w| {
                let pieces = w.sliced();
                send(
                    w,
                    D,
                    pack(pieces, Label { standard: "《中国药典》2020年版一部".into(), ..piece_label("新疆裕民") }),
                )
            },
            |w| {
                let pieces = w.sliced();
                send(w, D, pack(pieces, piece_label("新疆裕民")))
            },
        ),
        row(
            "label_incomplete",
            move |w| {
                let herb = herb(w);
                send(w, T, pack(herb, label("新疆")))
            },
            move |w| {
                let herb = herb(w);
                send(w, T, pack(herb, label("新疆额敏")))
            },
        ),
    ]
}
