//! Every operation with its bytes changed, on the state on which it was right: what the fuzz targets do at length, bounded and
//! with a fixed seed. Nothing that decodes may be written back differently, end in a fault of the software, need more writes
//! than it may declare, or come to something else the second time.

use super::governance::access::samples;
use super::world::*;
use crate::rejection::Rejection;
use crate::transaction::{Operation, SignedTransaction, Transaction};
use crate::{Outcome, execute_block};
use bencao_chance::Rng;
use bencao_crypto::{Signature, decode, encode};
use std::collections::BTreeSet;

/// Changes of each sample.
const CHANGES: usize = 100;
const EDITS_MAX: usize = 2;
const OPERATION_BYTES_MAX: usize = 1 << 20;

/// Numbers at their ends, at every place: a date, a count or a region that no text could say.
fn extremes(original: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let places = (0..original.len()).flat_map(|at| [4, 8].map(|width| (at, (at + width).min(original.len()))));
    places.flat_map(move |(from, to)| {
        [0x00, 0x7f, 0xff].map(|byte| {
            let mut bytes = original.to_vec();
            bytes[from..to].fill(byte);
            bytes
        })
    })
}

fn wire(body: &Transaction) -> Vec<u8> {
    SignedTransaction { body: body.to_bytes(), signature: Signature([7; 64]) }.to_bytes()
}

#[test]
fn no_change_of_an_operation_breaks_a_decoder_or_a_rule() {
    let samples = samples(1);
    let met: BTreeSet<u16> = samples.iter().map(|sample| sample.body.operation.tag()).collect();
    let all: BTreeSet<u16> = Operation::TAGS.iter().map(|(tag, _)| *tag).collect();
    assert_eq!(met, all, "each operation of each module");
    let faults = [Rejection::Internal {}.code(), Rejection::WritesExceeded { expected: 0, actual: 0 }.code()];
    let mut rng = Rng(20_261_126);
    let (mut decoded, mut applied) = (0, 0);
    for sample in &samples {
        let original = encode(&sample.body.operation);
        let changes = (0..CHANGES).map(|_| rng.changed(&original, EDITS_MAX)).collect::<Vec<_>>();
        for changed in changes.into_iter().chain(extremes(&original)) {
            let Ok(operation) = decode::<Operation>(&changed, OPERATION_BYTES_MAX) else { continue };
            assert_eq!(encode(&operation), changed, "one form of {operation:?}");
            decoded += 1;
            let writes_max = Transaction::writes_for(&operation);
            let bytes = wire(&Transaction { operation, writes_max, ..sample.body.clone() });
            let run = || execute_block(sample, &sample.context, &[&bytes], &Trusting).expect("the view does not fail");
            let (output, again) = (run(), run());
            assert_eq!(
                (&output.receipts, &output.writes, &output.events),
                (&again.receipts, &again.writes, &again.events)
            );
            match &output.receipts[0].outcome {
                Outcome::Rejected(refusal) => assert!(!faults.contains(&refusal.code), "{refusal:?}: {changed:02x?}"),
                Outcome::Applied(_) => applied += 1,
                Outcome::Repeated(_) => {}
            }
        }
        // The whole of it, whose outer layer and body a node decodes before it knows anything of the sender.
        let body = sample.body.to_bytes();
        for _ in 0..CHANGES {
            let bytes =
                SignedTransaction { body: rng.changed(&body, EDITS_MAX), signature: Signature([7; 64]) }.to_bytes();
            if let Ok((signed, read)) = SignedTransaction::decode(&bytes, OPERATION_BYTES_MAX) {
                assert_eq!((signed.to_bytes(), read.to_bytes()), (bytes.clone(), signed.body));
            }
            let changed = rng.changed(&bytes, EDITS_MAX);
            if let Ok((signed, _)) = SignedTransaction::decode(&changed, OPERATION_BYTES_MAX) {
                assert_eq!(signed.to_bytes(), changed);
            }
        }
    }
    assert!(decoded > 8 * samples.len() && applied > samples.len(), "{applied} of {decoded} of {}", samples.len());
}
