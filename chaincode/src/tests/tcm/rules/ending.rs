//! Ends of a lot, and its holds.

use super::*;

pub(in crate::tests::tcm) fn export(lot: LotId) -> ExportLot {
    ExportLot {
        lot,
        weight_mg: KG,
        country: "JP".into(),
        customs_declaration: "943020260000000001".into(),
        processor_filing: "6500/F0001".into(),
        base_filing: "6500/B0001".into(),
        sanitary_system: digest("sanitary"),
        trace_policy: digest("policy"),
    }
}

pub(super) fn rows() -> Vec<Row> {
    let tested = |w: &mut World| {
        let herb = w.grown();
        w.done(G, test(herb.clone(), true));
        herb
    };
    let destroy = |herb: LotId, supervisor: &str| DestroyLot { supervisor: digest(supervisor), ..destroy_lot(herb) };
    let frozen = |w: &mut World| {
        let herb = w.grown();
        // What it descends from, and so it too.
        w.done(R, hold_lot(lot(G, "P1"), LotHoldReason::RegulatorFreeze));
        herb
    };
    let recalled = |w: &mut World| {
        let pieces = w.at_hospital();
        w.recall_pieces();
        pieces
    };
    let hold = |reason| HoldLot { lot: lot(G, "C1"), reason, document: digest("decision"), packs: vec![] };
    let lift = |reason| LiftLotHold { lot: lot(G, "C1"), reason, document: digest("decision"), packs: vec![] };
    vec![
        row(
            "export_filing_required",
            move |w| {
                let herb = tested(w);
                send(w, G, export(herb))
            },
            move |w| {
                let herb = tested(w);
                w.filed_for_export(G);
                send(w, G, export(herb))
            },
        ),
        row(
            "supervisor_is_executor",
            move |w| {
                let herb = w.grown();
                send(w, G, destroy(herb, "executor"))
            },
            move |w| {
                let herb = w.grown();
                send(w, G, destroy(herb, "supervisor"))
            },
        ),
        row(
            "lot_held",
            move |w| {
                let herb = frozen(w);
                send(w, G, write_off(herb, KG))
            },
            |w| {
                // What its owner doubts is its own affair.
                let herb = w.grown();
                w.done(G, hold_lot(herb.clone(), LotHoldReason::QualitySuspect));
                send(w, G, write_off(herb, KG))
            },
        ),
        row(
            "lot_held",
            |w| {
                // The owner's own doubt lets a sample pass, its suspension does not.
                w.grown();
                w.done(G, hold_lot(lot(G, "P1"), LotHoldReason::QualitySuspect));
                w.done(G, RequestTest { lot: lot(G, "C1"), laboratory: org_id(L) });
                w.suspend(G);
                send(w, L, TestLot { sample_mg: 1, ..test(lot(G, "C1"), true) })
            },
            |w| {
                w.grown();
                w.done(G, hold_lot(lot(G, "P1"), LotHoldReason::QualitySuspect));
                w.done(G, RequestTest { lot: lot(G, "C1"), laboratory: org_id(L) });
                w.suspend(G);
                send(w, L, TestLot { sample_mg: 0, ..test(lot(G, "C1"), true) })
            },
        ),
        row(
            "lot_state",
            move |w| {
                let herb = w.grown();
                w.done(G, test(herb.clone(), false));
                send(w, G, write_off(herb, KG))
            },
            move |w| {
                let herb = w.grown();
                w.done(G, test(herb.clone(), false));
                send(w, G, destroy(herb, "supervisor"))
            },
        ),
        row(
            "lot_countersignature_required",
            move |w| {
                let herb = frozen(w);
                send(w, G, destroy_lot(herb))
            },
            move |w| {
                let herb = frozen(w);
                w.destroyed_before(G, R, destroy_lot(herb))
            },
        ),
        row(
            "lot_countersignature_required",
            // A notary sees that it is destroyed, but not whether it may be.
            move |w| {
                let herb = frozen(w);
                w.destroyed_before(G, NO, destroy_lot(herb))
            },
            move |w| {
                let pieces = recalled(w);
                w.destroyed_before(H, NO, destroy_lot(pieces))
            },
        ),
        row(
            "lot_countersignature_required",
            move |w| {
                let pieces = recalled(w);
                send(w, H, destroy_lot(pieces))
            },
            |w| {
                let pieces = w.at_hospital();
                send(w, H, destroy_lot(pieces))
            },
        ),
        row(
            "not_supervisor",
            move |w| {
                let herb = frozen(w);
                w.destroyed_before(G, R2, destroy_lot(herb))
            },
            move |w| {
                let herb = frozen(w);
                w.destroyed_before(G, R, destroy_lot(herb))
            },
        ),
        row(
            "outside_jurisdiction",
            move |w| {
                w.grown();
                send(w, R2, hold(LotHoldReason::RegulatorFreeze))
            },
            move |w| {
                w.grown();
                send(w, R, hold(LotHoldReason::RegulatorFreeze))
            },
        ),
        row(
            "lot_hold_exists",
            move |w| {
                w.grown();
                w.done(R, hold(LotHoldReason::Emergency));
                send(w, R, hold(LotHoldReason::Emergency))
            },
            move |w| {
                // Each authority by itself, for one reason too: that of a county does not keep its province out.
                w.grown();
                w.done(R, hold(LotHoldReason::Emergency));
                send(w, CU, hold(LotHoldReason::Emergency))
            },
        ),
        row(
            "lot_hold_other",
            // One's own first; that of another stays.
            move |w| {
                w.grown();
                w.done(R, hold(LotHoldReason::Emergency));
                w.done(CU, hold(LotHoldReason::Emergency));
                w.done(R, lift(LotHoldReason::Emergency));
                send(w, R, lift(LotHoldReason::Emergency))
            },
            move |w| {
                w.grown();
                w.done(R, hold(LotHoldReason::Emergency));
                w.done(CU, hold(LotHoldReason::Emergency));
                w.done(R, lift(LotHoldReason::Emergency));
                send(w, CU, lift(LotHoldReason::Emergency))
            },
        ),
        row(
            "lot_hold_unknown",
            move |w| {
                w.grown();
                w.done(R, hold(LotHoldReason::Emergency));
                send(w, R, lift(LotHoldReason::RegulatorFreeze))
            },
            move |w| {
                w.grown();
                w.done(R, hold(LotHoldReason::Emergency));
                send(w, R, lift(LotHoldReason::Emergency))
            },
        ),
        // Of a firm that has ceased nobody else would lift it.
        row(
            "lot_hold_other",
            move |w| {
                w.grown();
                w.done(G, hold(LotHoldReason::QualitySuspect));
                send(w, CU, lift(LotHoldReason::QualitySuspect))
            },
            move |w| {
                w.grown();
                w.done(G, hold(LotHoldReason::QualitySuspect));
                send(w, R, lift(LotHoldReason::QualitySuspect))
            },
        ),
        row(
            "lot_hold_other",
            move |w| {
                w.grown();
                w.done(CU, hold(LotHoldReason::ForeignNotification));
                send(w, G, lift(LotHoldReason::ForeignNotification))
            },
            move |w| {
                w.grown();
                w.done(CU, hold(LotHoldReason::ForeignNotification));
                send(w, CU, lift(LotHoldReason::ForeignNotification))
            },
        ),
    ]
}
