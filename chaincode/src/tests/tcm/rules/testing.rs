//! Reports of laboratories: who moves faster than the laboratory is reported on all the same (《药品管理法》 Art. 47, 98).

use super::*;

/// The grown herb, with a laboratory named for it.
fn asked(w: &mut World) -> LotId {
    let herb = w.grown();
    w.done(G, RequestTest { lot: herb.clone(), laboratory: org_id(L) });
    herb
}

/// So much of it in a lot of its own.
fn part(w: &mut World, of: LotId, weight_mg: u64) -> LotId {
    let part = LotPart { lot_no: number("C2"), weight_mg, packs: vec![] };
    w.done(G, SplitLot { lot: of, parts: vec![part] });
    lot(G, "C2")
}

/// The asked herb on its way to the trader.
fn shipped(w: &mut World) -> LotId {
    let herb = asked(w);
    w.done_as(G, "G-1", sell(T, std::slice::from_ref(&herb)));
    herb
}

fn called_back(herb: &LotId) -> RefuseLots {
    let (sender, shipment_no) = (org_id(G), DocumentNumber("G-1".into()));
    RefuseLots { sender, shipment_no, reason: "车辆故障".into(), lots: vec![herb.clone()] }
}

/// Nearly all of a lot that is about to fail, parted from it, tested by its owner, and for sale.
fn parted(w: &mut World, passed: bool) -> Receipt {
    let herb = asked(w);
    let rest = part(w, herb.clone(), 100 * KG - 1);
    w.done(G, test(rest.clone(), true));
    w.done(L, test(herb, passed));
    send(w, G, sell(T, &[rest]))
}

pub(super) fn rows() -> Vec<Row> {
    let lift = |herb: LotId| LiftLotHold {
        lot: herb,
        reason: LotHoldReason::QualitySuspect,
        document: digest("decision"),
        packs: vec![],
    };
    vec![
        row("lot_held", |w| parted(w, false), |w| parted(w, true)),
        row(
            "lot_held",
            // All of it is used up before the report, which bites in what it went into until its laboratory finds
            // otherwise.
            |w| {
                let herb = asked(w);
                let rest = part(w, herb.clone(), 100 * KG);
                w.done(L, test(herb, false));
                send(w, G, sell(T, &[rest]))
            },
            |w| {
                let herb = asked(w);
                let rest = part(w, herb.clone(), 100 * KG);
                w.done(L, test(herb.clone(), false));
                w.done(L, test(herb, true));
                send(w, G, sell(T, &[rest]))
            },
        ),
        row(
            "lot_held",
            |w| {
                let herb = shipped(w);
                w.done(L, test(herb.clone(), false));
                send(w, T, take_in(G, "G-1", &[(herb, 100 * KG)]))
            },
            |w| {
                let herb = shipped(w);
                w.done(L, test(herb.clone(), false));
                w.done(L, test(herb.clone(), true));
                send(w, T, take_in(G, "G-1", &[(herb, 100 * KG)]))
            },
        ),
        row(
            "lot_state",
            // The buyer has the laboratory of the seller, until it names one.
            |w| {
                let herb = shipped(w);
                w.done(T, take_in(G, "G-1", &[(herb.clone(), 100 * KG)]));
                w.done(L, test(herb.clone(), false));
                send(w, T, sell(D, &[herb]))
            },
            |w| {
                let herb = shipped(w);
                w.done(T, take_in(G, "G-1", &[(herb.clone(), 100 * KG)]));
                w.done(L, test(herb.clone(), true));
                send(w, T, sell(D, &[herb]))
            },
        ),
        row(
            "lot_state",
            // What failed on its way comes back blocked.
            |w| {
                let herb = shipped(w);
                w.done(L, test(herb.clone(), false));
                w.done(G, called_back(&herb));
                send(w, G, sell(T, &[herb]))
            },
            |w| {
                let herb = shipped(w);
                w.done(L, test(herb.clone(), true));
                w.done(G, called_back(&herb));
                send(w, G, sell(T, &[herb]))
            },
        ),
        row(
            "lot_in_transit",
            |w| {
                let herb = shipped(w);
                send(w, L, TestLot { sample_mg: 1, ..test(herb, true) })
            },
            |w| {
                let herb = shipped(w);
                send(w, L, test(herb, true))
            },
        ),
        row(
            "lot_state",
            // Of what was destroyed as a whole nothing is left to be said; of what a part lives on, all.
            |w| {
                let herb = asked(w);
                w.done(G, destroy_lot(herb.clone()));
                send(w, L, test(herb, false))
            },
            |w| {
                let herb = asked(w);
                part(w, herb.clone(), 99 * KG);
                w.done(G, destroy_lot(herb.clone()));
                send(w, L, test(herb, false))
            },
        ),
        row(
            "lot_state",
            // What failed once stays blocked; that its owner said so first does not keep the laboratory from saying it.
            |w| {
                let herb = asked(w);
                w.done(G, test(herb.clone(), false));
                send(w, L, test(herb, true))
            },
            |w| {
                let herb = asked(w);
                w.done(G, test(herb.clone(), false));
                send(w, L, test(herb, false))
            },
        ),
        row(
            "laboratory_not_named",
            // One report for one request.
            |w| {
                let herb = asked(w);
                w.done(L, test(herb.clone(), true));
                send(w, L, test(herb, true))
            },
            |w| {
                let herb = asked(w);
                w.done(L, test(herb.clone(), true));
                w.done(G, RequestTest { lot: herb.clone(), laboratory: org_id(L) });
                send(w, L, test(herb, true))
            },
        ),
        row(
            "lot_hold_other",
            // The hold of a laboratory is its own.
            move |w| {
                let herb = asked(w);
                w.done(L, test(herb.clone(), false));
                send(w, G, lift(herb))
            },
            move |w| {
                let herb = asked(w);
                w.done(L, test(herb.clone(), false));
                send(w, L, lift(herb))
            },
        ),
    ]
}
