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
    let destroy = |herb: LotId, supervisor: &str| DestroyLot {
        lot: herb,
        reason: LossReason::Mould,
        executor: digest("executor"),
        supervisor: digest(supervisor),
        destroyed_on: date("2026-11-23"),
        document: digest("record"),
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
                w.grown();
                w.done(R, hold(LotHoldReason::Emergency));
                send(w, CU, hold(LotHoldReason::ForeignNotification))
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
