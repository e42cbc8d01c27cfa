//! Every operation with its bytes changed, on the state on which it was right: what the fuzz targets do at length, bounded and
//! with a fixed seed. Nothing that decodes may be written back differently, end in a fault of the software, need more writes
//! than it may declare, or come to something else the second time.

use super::governance::access::samples;
use super::world::*;
use crate::rejection::Rejection;
use crate::transaction::{Operation, SignedTransaction, Transaction};
use crate::{Outcome, execute_block};
use bencao_crypto::{Signature, decode, encode};
use std::collections::BTreeSet;

/// Changes of each sample.
const CHANGES: usize = 100;
const OPERATION_BYTES_MAX: usize = 1 << 20;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// One or two edits of the kinds that break decoders, or still decode and mean something else.
    fn change(&mut self, original: &[u8]) -> Vec<u8> {
        let mut bytes = original.to_vec();
        for _ in 0..1 + self.below(2) {
            let at = self.below(bytes.len());
            match self.below(7) {
                0..=2 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
                3 if !bytes.is_empty() => bytes[at] = [0, 1, 2, 9, b'0', b'9', 0x7f, 0xff][self.below(8)],
                4 => bytes.truncate(at),
                5 => {
                    // A piece twice: lists of one become lists that name something twice.
                    let end = (at + 1 + self.below(16)).min(bytes.len());
                    let piece = bytes[at..end].to_vec();
                    bytes.splice(at..at, piece);
                }
                _ => {
                    let end = (at + 8).min(bytes.len());
                    let number = self.next() >> self.below(64);
                    bytes[at..end].copy_from_slice(&number.to_le_bytes()[..end - at]);
                }
            }
        }
        bytes
    }
}

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
    let mut random = Random(20_261_126);
    let (mut decoded, mut applied) = (0, 0);
    for sample in &samples {
        let original = encode(&sample.body.operation);
        let changes: Vec<Vec<u8>> = (0..CHANGES).map(|_| random.change(&original)).chain(extremes(&original)).collect();
        for changed in changes {
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
            let bytes = SignedTransaction { body: random.change(&body), signature: Signature([7; 64]) }.to_bytes();
            if let Ok((signed, read)) = SignedTransaction::decode(&bytes, OPERATION_BYTES_MAX) {
                assert_eq!((signed.to_bytes(), read.to_bytes()), (bytes.clone(), signed.body));
            }
            let changed = random.change(&bytes);
            if let Ok((signed, _)) = SignedTransaction::decode(&changed, OPERATION_BYTES_MAX) {
                assert_eq!(signed.to_bytes(), changed);
            }
        }
    }
    assert!(decoded > 8 * samples.len() && applied > samples.len(), "{applied} of {decoded} of {}", samples.len());
}
