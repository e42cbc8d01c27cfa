//! A key whose holder sometimes does not sign: the engine goes on as if the validator had kept silent, and never sends a message
//! without a signature.

use crate::cluster::{Cluster, Plan, Report};
use crate::keys::HashSigner;
use bencao_crypto::Signature;
use bencao_engine::Signer;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Signs but for some calls: `away` of every ten, in an order that looks like chance.
struct Moody {
    inner: Arc<HashSigner>,
    calls: AtomicU64,
    away: u64,
}

impl Moody {
    fn signer(i: usize, away: u64) -> Arc<dyn Signer + Send + Sync> {
        Arc::new(Moody { inner: HashSigner::new(i), calls: AtomicU64::new(i as u64), away })
    }
}

impl Signer for Moody {
    fn sign(&self, message: &[u8]) -> Option<Signature> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let is_away = call.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 & 0xff < self.away * 256 / 10;
        if is_away { None } else { self.inner.sign(message) }
    }
}

fn run(plan: Plan) -> Report {
    Cluster::new(plan).run()
}

#[test]
fn one_key_out_of_reach_is_one_validator_silent() {
    let signer: fn(usize) -> Arc<dyn Signer + Send + Sync> = |i| Moody::signer(i, if i == 0 { 10 } else { 0 });
    let report = run(Plan { signer, ..Plan::calm(4, 12) });
    assert_eq!((report.agreed.len(), report.disagreements, report.double_signs), (12, 0, 0));
    assert!(report.agreed.iter().any(|(_, round)| *round > 0), "its turns to propose were passed over");
}

#[test]
fn keys_that_come_and_go_cost_rounds_and_nothing_else() {
    for seed in 1..=6 {
        let signer: fn(usize) -> Arc<dyn Signer + Send + Sync> = |i| Moody::signer(i, 3);
        let report = run(Plan { signer, seed, ..Plan::calm(4, 12) });
        assert_eq!((report.agreed.len(), report.disagreements, report.double_signs), (12, 0, 0), "seed {seed}");
        assert!(report.evidence.is_empty());
    }
}

#[test]
fn also_when_nodes_crash_and_replay_what_was_signed_and_what_was_not() {
    for seed in 1..=6 {
        let signer: fn(usize) -> Arc<dyn Signer + Send + Sync> = |i| Moody::signer(i, 2);
        let report = run(Plan { signer, ..Plan::stormy(4, 10, seed) });
        assert_eq!((report.agreed.len(), report.disagreements, report.double_signs), (10, 0, 0), "seed {seed}");
        assert!(report.crashes > 0, "seed {seed}");
    }
}
