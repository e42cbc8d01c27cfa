//! Bytes that never change, of `quality`, `production` and deadlines.

use super::law_world::*;
use super::world::*;
use crate::Operation;
use crate::quality::HoldKind;
use crate::transaction::*;
use bencao_crypto::{encode, sm3};
use bencao_genesis::*;

fn operations() -> Vec<Operation> {
    let unit = box_code("B1", 1);
    let propose = Propose {
        countersigner: org_id(R),
        lapses_at: TimestampMs(START + DAY),
        bill: CountersignedBill::Destroy(destroy(&[unit])),
    };
    let document = FileQualityDocument {
        product_id: ProductId("X".into()),
        batch_no: "B1".into(),
        kind: crate::production::QualityDocumentKind::Stability,
        number: "1".into(),
        digest: digest("稳定性"),
    };
    let decide = DecideFreeze { hold: crate::state::CaseNo(1), test_report: None, decision: Some(digest("决定")) };
    vec![
        range("8100001", 1, 9),
        pack(sscc(1), &[unit]),
        void(&[unit]),
        replace(unit, box_code("B1", 2)),
        rework("B1-R", &[unit]),
        contract("K", "2027-12-31"),
        responsible(org_id(W)),
        tested("X", "B1", true),
        test_by(W, "X", "B1"),
        Operation::FileQualityDocument(document),
        hold_until(HoldKind::RegulatorFreeze, on_batch("B1"), START + DAY),
        hold(HoldKind::RegulatorFreeze, on_variety("06160411000000008", "650000")),
        lift(1),
        Operation::DecideFreeze(decide),
        start(recall(2, &["B1"])),
        Operation::NotifyRecall(notify(1, &[W, P])),
        acknowledge(1, 7),
        progress(1),
        complete(1, Some("总结")),
        Operation::Propose(propose),
        countersign(1, sample(&[unit])),
        close(1),
        Operation::Destroy(destroy(&[unit])),
        loss(214, &[unit]),
        accept(&[unit]),
    ]
}

#[test]
fn operations_keep_their_bytes_and_read_back_from_json() {
    let mut all = Vec::new();
    for operation in operations() {
        all.extend(encode(&operation));
        let text = serde_json::to_string(&operation).unwrap();
        assert_eq!(serde_json::from_str::<Operation>(&text).unwrap(), operation, "{text}");
    }
    assert_eq!((all.len(), &sm3(&all).to_string()[..16]), (OPERATIONS.0, OPERATIONS.1));
}

#[test]
fn records_and_events_keep_their_bytes() {
    let mut world = law_world();
    let (cases, boxes) = world.make_batch("B1", 20);
    world.applied(M, range("8100001", 1_000_000, 1_999_999));
    world.applied(M, allocate(&[box_code("B7", 1)]));
    world.applied(M, pack(sscc(1), &cases[..1]));
    world.applied(M, void(&[box_code("B7", 1)]));
    world.applied(M, rework("B1-R", &boxes[12..13]));
    world.applied(M, contract("K", "2027-12-31"));
    world.applied(M, tested("X", "B1", true));
    let until = world.time + 5_000;
    world.applied(R, hold_until(HoldKind::RegulatorFreeze, on_codes(&boxes[..1]), until));
    world.applied(M, start(recall(2, &["B1"])));
    world.applied(M, Operation::NotifyRecall(notify(2, &[W, P])));
    world.applied(W, acknowledge(2, 7));
    let bill = sample(&boxes[15..16]);
    let operation = propose(&world, R, bill.clone());
    world.applied(M, operation);
    world.applied(R, countersign(3, bill));
    world.applied(M, loss(215, &boxes[16..17]));
    let mut all = Vec::new();
    for output in &world.outputs {
        all.extend(encode(&output.events));
    }
    all.extend(world.state.iter().flat_map(|(k, v)| [k.to_bytes(), v.clone()].concat()));
    assert_eq!((all.len(), &sm3(&all).to_string()[..16]), (RECORDS.0, RECORDS.1));
}

/// Bytes and first 16 digits of SM3. A change here is a change of the chain's format.
const OPERATIONS: (usize, &str) = (1373, "04d673ae00753920");
const RECORDS: (usize, &str) = (23106, "2d63780891699db5");
