//! Who may sell and receive which lot.

use super::super::standards::freeze;
use super::*;

pub(super) fn rows() -> Vec<Row> {
    let shipped = |w: &mut World| {
        let herb = w.grown();
        w.done_as(G, "G-1", sell(T, std::slice::from_ref(&herb)));
        herb
    };
    let traded = move |w: &mut World| {
        let herb = shipped(w);
        w.done(T, take_in(G, "G-1", &[(herb.clone(), 100 * KG)]));
        herb
    };
    let admit = |w: &mut World, merchant: usize| {
        w.applied(MK, filing(FilingKind::MarketAdmission, merchant, |_| {}));
    };
    vec![
        row(
            "not_lot_owner",
            |w| {
                let herb = w.grown();
                send(w, T, sell(D, &[herb]))
            },
            |w| {
                let herb = w.grown();
                send(w, G, sell(D, &[herb]))
            },
        ),
        row(
            "lot_in_transit",
            move |w| {
                let herb = shipped(w);
                send(w, G, sell(D, &[herb]))
            },
            move |w| {
                let herb = shipped(w);
                let reason = "车辆故障".into();
                let back = RefuseLots {
                    sender: org_id(G),
                    shipment_no: DocumentNumber("G-1".into()),
                    reason,
                    lots: vec![herb.clone()],
                };
                w.done(G, back);
                send(w, G, sell(D, &[herb]))
            },
        ),
        row(
            "lot_state",
            |w| {
                // Not packed: 《药品管理法》 Art. 48.
                w.done(G, plant("P1", vec![]));
                w.done(G, harvest("H1", lot(G, "P1"), KG));
                w.done(G, certify(lot(G, "H1")));
                send(w, G, sell(T, &[lot(G, "H1")]))
            },
            |w| {
                w.done(G, plant("P1", vec![]));
                w.done(G, harvest("H1", lot(G, "P1"), KG));
                w.done(G, certify(lot(G, "H1")));
                w.done(G, pack(lot(G, "H1"), label("新疆裕民")));
                send(w, G, sell(T, &[lot(G, "H1")]))
            },
        ),
        row(
            "lot_held",
            |w| {
                let herb = w.grown();
                let (reason, document) = (LotHoldReason::RegulatorFreeze, digest("decision"));
                w.done(R, HoldLot { lot: lot(G, "P1"), reason, document, packs: vec![] });
                send(w, G, sell(T, &[herb]))
            },
            |w| {
                let herb = w.grown();
                let (reason, document) = (LotHoldReason::RegulatorFreeze, digest("decision"));
                w.done(R, HoldLot { lot: lot(G, "P1"), reason, document, packs: vec![] });
                w.done(R, LiftLotHold { lot: lot(G, "P1"), reason, document, packs: vec![] });
                send(w, G, sell(T, &[herb]))
            },
        ),
        row(
            "lot_held",
            |w| {
                let herb = w.grown();
                w.applied(R, freeze(safflower(), "650000"));
                send(w, G, sell(T, &[herb]))
            },
            |w| {
                let herb = w.grown();
                w.applied(R, freeze(liquorice(), "650000"));
                send(w, G, sell(T, &[herb]))
            },
        ),
        row(
            "exit_certificate_required",
            |w| {
                w.done(G, plant("P1", vec![]));
                w.done(G, harvest("H1", lot(G, "P1"), KG));
                w.done(G, pack(lot(G, "H1"), label("新疆裕民")));
                send(w, G, sell(T, &[lot(G, "H1")]))
            },
            |w| {
                let herb = w.grown();
                send(w, G, sell(T, &[herb]))
            },
        ),
        row(
            "lot_left_origin",
            move |w| {
                let herb = traded(w);
                send(w, T, certify(herb))
            },
            |w| {
                w.done(G, plant("P1", vec![]));
                w.done(G, harvest("H1", lot(G, "P1"), KG));
                send(w, G, certify(lot(G, "H1")))
            },
        ),
        row(
            "not_admitted",
            move |w| {
                let herb = traded(w);
                admit(w, T);
                send(w, T, ShipLots { market: Some(org_id(MK)), ..sell(D, &[herb]) })
            },
            move |w| {
                let herb = traded(w);
                admit(w, T);
                admit(w, D);
                send(w, T, ShipLots { market: Some(org_id(MK)), ..sell(D, &[herb]) })
            },
        ),
        row(
            "lot_not_in_shipment",
            move |w| {
                shipped(w);
                send(w, T, take_in(G, "G-1", &[(lot(G, "H1"), KG)]))
            },
            move |w| {
                let herb = shipped(w);
                send(w, T, take_in(G, "G-1", &[(herb, 100 * KG)]))
            },
        ),
        row(
            "lot_weight_gained",
            move |w| {
                let herb = shipped(w);
                send(w, T, take_in(G, "G-1", &[(herb, 100 * KG + 1)]))
            },
            move |w| {
                let herb = shipped(w);
                send(w, T, take_in(G, "G-1", &[(herb, 100 * KG)]))
            },
        ),
        row(
            "lot_transit_loss",
            move |w| {
                let herb = shipped(w);
                send(w, T, take_in(G, "G-1", &[(herb, 98 * KG - 1)]))
            },
            move |w| {
                let herb = shipped(w);
                send(w, T, take_in(G, "G-1", &[(herb, 98 * KG)]))
            },
        ),
        row(
            "lot_not_supplier",
            move |w| {
                let herb = traded(w);
                send(w, T, ShipLots { movement: LotMovement::Return, ..sell(D, &[herb]) })
            },
            move |w| {
                let herb = traded(w);
                send(w, T, ShipLots { movement: LotMovement::Return, ..sell(G, &[herb]) })
            },
        ),
        row(
            "untraced_not_crude",
            |w| {
                let pieces = w.sliced();
                let (weighing, buyer) = (Weighing::Manual, digest("somebody"));
                send(w, D, SellUntraced { lot: pieces, weight_mg: KG, weighing, buyer })
            },
            |w| {
                let herb = w.delivered();
                let (weighing, buyer) = (Weighing::Manual, digest("somebody"));
                send(w, D, SellUntraced { lot: herb, weight_mg: KG, weighing, buyer })
            },
        ),
        row(
            "piece_route",
            |w| {
                let pieces = w.sliced();
                send(w, D, sell(T, &[pieces]))
            },
            |w| {
                let pieces = w.sliced();
                send(w, D, sell(W, &[pieces]))
            },
        ),
        row(
            "no_such_member",
            |w| send(w, M, RegisterGarden { garden_no: number("YY-2"), growers: vec![org_id(99)], ..garden() }),
            |w| send(w, M, RegisterGarden { garden_no: number("YY-2"), ..garden() }),
        ),
    ]
}
