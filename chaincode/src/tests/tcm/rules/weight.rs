//! What weight may do, and lots made of lots.

use super::super::story::{commission_of, use_lots};
use super::*;

/// The catalogue of the region names crude herb from a day on.
pub(in crate::tests::tcm) fn herbs_traced_since(world: &mut World, day: &str) {
    use crate::law::{CatalogueEntry, CatalogueLaw, Chapter, Tracing};
    let entry = CatalogueEntry { class: DrugClass::CrudeHerb, since: date(day), tracing: Tracing::Lot };
    let authority = world.genesis.organisations.iter().find(|o| o.id == org_id(R)).unwrap();
    let operation = AmendLaw {
        title: "追溯目录".into(),
        basis: "商秩字〔2019〕5号".into(),
        region: authority.jurisdiction,
        effective_on: date("2026-11-23"),
        document: None,
        chapters: vec![Chapter::Catalogue(CatalogueLaw { entries: vec![entry], key_products: vec![] })],
    };
    world.applied(R, Operation::AmendLaw(operation));
}

/// 饮片 with so-called 辅料.
fn baked_with(herb: LotId, name: &str) -> ProcessPieces {
    let auxiliaries = vec![Auxiliary { name: name.into(), weight_mg: 5 * KG }];
    ProcessPieces { auxiliaries, ..make_pieces("HH1", vec![uses(herb, 100 * KG)], 95 * KG, 10 * KG) }
}

pub(super) fn rows() -> Vec<Row> {
    let fresh = |w: &mut World| {
        w.done(G, plant("P1", vec![]));
        w.done(G, harvest("H1", lot(G, "P1"), 400 * KG));
        lot(G, "H1")
    };
    let untraced = |w: &mut World, n: usize| -> Vec<LotUse> {
        let names: Vec<String> = (0..n).map(|i| format!("U{i}")).collect();
        names
            .iter()
            .map(|name| {
                w.done(T, BuyUntraced { place: format!("产地{name}"), ..buy_untraced(name, KG) });
                uses(lot(T, name), KG)
            })
            .collect()
    };
    vec![
        row(
            "tracing_mandatory",
            |w| {
                herbs_traced_since(w, "2026-01-01");
                send(w, T, buy_untraced("U1", KG))
            },
            |w| {
                herbs_traced_since(w, "2027-01-01");
                send(w, T, buy_untraced("U1", KG))
            },
        ),
        row(
            "lot_kind_differs",
            // 饮片 that are dried once more are not crude herb (《药品管理法》 Art. 98).
            |w| {
                let pieces = w.sliced();
                send(w, D, dry("C2", vec![uses(pieces, 10 * KG)], 9 * KG, KG))
            },
            |w| {
                let herb = w.delivered();
                send(w, D, dry("C2", vec![uses(herb, 10 * KG)], 9 * KG, KG))
            },
        ),
        row(
            "lot_kind_differs",
            |w| {
                let pieces = w.sliced();
                w.done(D, commission_of("YC", "8400021", "YC1"));
                send(w, D, use_lots("YC", "YC1", vec![uses(pieces, KG)]))
            },
            |w| {
                let herb = w.delivered();
                w.done(D, commission_of("YC", "8400021", "YC1"));
                send(w, D, use_lots("YC", "YC1", vec![uses(herb, KG)]))
            },
        ),
        row(
            "lot_stock_exceeded",
            move |w| {
                let herb = fresh(w);
                send(w, G, dry("C1", vec![uses(herb, 400 * KG + 1)], 100 * KG, 300 * KG + 1))
            },
            move |w| {
                let herb = fresh(w);
                send(w, G, dry("C1", vec![uses(herb, 400 * KG)], 100 * KG, 300 * KG))
            },
        ),
        row(
            "mass_balance",
            move |w| {
                let herb = fresh(w);
                send(w, G, dry("C1", vec![uses(herb, 400 * KG)], 100 * KG, 300 * KG - 1))
            },
            move |w| {
                let herb = fresh(w);
                send(w, G, dry("C1", vec![uses(herb, 300 * KG)], 100 * KG, 200 * KG))
            },
        ),
        row(
            "yield_out_of_band",
            move |w| {
                let herb = fresh(w);
                send(w, G, dry("C1", vec![uses(herb, 400 * KG)], 20 * KG - 1, 380 * KG + 1))
            },
            move |w| {
                let herb = fresh(w);
                send(w, G, dry("C1", vec![uses(herb, 400 * KG)], 20 * KG, 380 * KG))
            },
        ),
        row(
            "entry_count",
            move |w| {
                let inputs = untraced(w, 1);
                send(w, T, blend("B1", inputs))
            },
            move |w| {
                let inputs = untraced(w, 2);
                send(w, T, blend("B1", inputs))
            },
        ),
        row(
            "lot_too_mixed",
            move |w| {
                let inputs = untraced(w, 66);
                for (i, part) in inputs.chunks(22).enumerate() {
                    w.done(T, blend(&format!("B{i}"), part.to_vec()));
                }
                let blends = (0..3).map(|i| uses(lot(T, &format!("B{i}")), KG)).collect();
                send(w, T, blend("ALL", blends))
            },
            move |w| {
                let inputs = untraced(w, 64);
                for (i, part) in inputs.chunks(32).enumerate() {
                    w.done(T, blend(&format!("B{i}"), part.to_vec()));
                }
                let blends = (0..2).map(|i| uses(lot(T, &format!("B{i}")), KG)).collect();
                send(w, T, blend("ALL", blends))
            },
        ),
        row(
            "lots_differ",
            move |w| {
                let mut inputs = untraced(w, 1);
                w.done(T, BuyUntraced { herb: liquorice(), ..buy_untraced("X", KG) });
                inputs.push(uses(lot(T, "X"), KG));
                send(w, T, blend("B1", inputs))
            },
            move |w| {
                let inputs = untraced(w, 3);
                send(w, T, blend("B1", inputs))
            },
        ),
        row(
            "lots_differ",
            // The herb itself is no 辅料, however its name is written: it would come in without origin and test.
            |w| {
                let herb = w.delivered();
                send(w, D, baked_with(herb, "红 花粉"))
            },
            |w| {
                let herb = w.delivered();
                send(w, D, baked_with(herb, "黄酒"))
            },
        ),
        row(
            "lot_repeated",
            move |w| {
                let mut inputs = untraced(w, 1);
                inputs.push(inputs[0].clone());
                send(w, T, blend("B1", inputs))
            },
            move |w| {
                let inputs = untraced(w, 2);
                send(w, T, blend("B1", inputs))
            },
        ),
    ]
}
