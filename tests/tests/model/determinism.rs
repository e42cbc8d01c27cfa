//! The same transactions give the same bytes, whoever executes them: on another thread, with signatures judged in another
//! order by several threads, on a state that was read back. And they come to the same however they are cut into blocks.

use crate::cast::GENESIS;
use crate::compare;
use crate::generate::Generator;
use crate::ledger::{Ledger, Trusting, signed};
use crate::random::Random;
use crate::run::{body, receipted};
use crate::spec::{Chain, Outcome};
use bencao_chaincode::receipt::receipts_root;
use bencao_chaincode::transaction::Operation;
use bencao_chaincode::{BlockOutput, SignedTransaction};
use bencao_crypto::{KnownKeys, VerifyItem, encode};

/// Judges signatures with several threads, the last first.
struct Threads(usize);

impl KnownKeys for Threads {
    fn verify(&self, item: &VerifyItem) -> bool {
        Trusting.verify(item)
    }

    fn verify_batch(&self, items: &[VerifyItem]) -> Vec<bool> {
        let share = items.len().div_ceil(self.0).max(1);
        let mut verdicts: Vec<Vec<bool>> = std::thread::scope(|scope| {
            let shares = items.chunks(share).rev();
            let workers: Vec<_> =
                shares.map(|part| scope.spawn(|| part.iter().map(|i| self.verify(i)).collect())).collect();
            workers.into_iter().map(|w| w.join().expect("a verdict")).collect()
        });
        verdicts.reverse();
        verdicts.concat()
    }
}

/// A random run at one time: transactions, with what each came to. No firm joins on the way: whether it may sign depends
/// on the block before.
fn sequence(seed: u64, steps: usize) -> (Chain, Vec<Vec<u8>>, Vec<Outcome>) {
    let mut generator = Generator::new(Random::new(seed));
    let mut chain = Chain::new(&GENESIS);
    let (mut transactions, mut outcomes) = (Vec::new(), Vec::new());
    chain.model.now = crate::cast::START;
    while transactions.len() < steps {
        let sent = generator.next(&chain.model, |unnamed| body(unnamed).id());
        if matches!(sent.operation, Operation::RegisterParticipant(_) | Operation::TriageAlarm(_)) {
            continue;
        }
        outcomes.push(chain.submit(&sent));
        transactions.push(signed(body(&sent).to_bytes()));
    }
    (chain, transactions, outcomes)
}

fn execute(transactions: &[Vec<u8>], per_block: usize, keys: &dyn KnownKeys) -> (Ledger, Vec<BlockOutput>) {
    let mut ledger = Ledger::new();
    let blocks = transactions.chunks(per_block).map(|b| ledger.block_with(b, keys).expect("a block is executed"));
    let outputs = blocks.collect();
    (ledger, outputs)
}

#[test]
fn whoever_executes_a_block_gets_the_same_bytes() {
    let (_, transactions, _) = sequence(7, 400);
    let (state, first) = execute(&transactions, 40, &Trusting);
    for threads in [1, 3, 16] {
        let (other, again) = std::thread::scope(|scope| {
            scope.spawn(|| execute(&transactions, 40, &Threads(threads))).join().expect("executed")
        });
        for (a, b) in first.iter().zip(&again) {
            assert_eq!(receipts_root(&a.receipts), receipts_root(&b.receipts));
            assert_eq!(a.writes, b.writes);
            assert_eq!(encode(&a.events), encode(&b.events));
            assert_eq!((&a.alarms, a.next_deadline), (&b.alarms, b.next_deadline));
        }
        assert_eq!(state.state, other.state);
    }
    // The bytes are canonical: what is read back and written again is the same block.
    let reread = |bytes: &Vec<u8>| SignedTransaction::decode(bytes, 1 << 20).expect("canonical").0.to_bytes();
    assert_eq!(transactions.iter().map(reread).collect::<Vec<_>>(), transactions);
}

#[test]
fn bills_come_to_the_same_however_they_are_cut_into_blocks() {
    for seed in 1..=4 {
        let (chain, transactions, expected) = sequence(seed, 300);
        for per_block in [1, 7, 64, 300] {
            let (ledger, outputs) = execute(&transactions, per_block, &Trusting);
            let actual: Vec<Outcome> = outputs.iter().flat_map(|o| o.receipts.iter().map(receipted)).collect();
            assert_eq!(expected, actual, "seed {seed} in blocks of {per_block}");
            compare::everything(&chain.model, &ledger).unwrap_or_else(|e| panic!("blocks of {per_block}: {e}"));
        }
    }
}
