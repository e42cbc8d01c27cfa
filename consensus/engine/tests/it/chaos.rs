//! Many heights under faults.

use crate::cluster::{Cluster, Plan, Report};
use crate::keys::{Sm2Signer, chain, key, set, weighted};
use bencao_consensus::BlockId;
use bencao_crypto::LibraryKeys;
use std::sync::Arc;

fn run(plan: Plan) -> Report {
    Cluster::new(plan).run()
}

fn assert_safe(report: &Report) {
    assert_eq!(report.disagreements, 0, "agreement");
    assert_eq!(report.double_signs, 0, "honest nodes sign one thing");
}

#[test]
fn calm_network_decides_every_height_in_round_0() {
    for nodes in [1, 2, 4, 7] {
        let report = run(Plan::calm(nodes, 30));
        assert_safe(&report);
        assert!(report.agreed.iter().all(|(_, round)| *round == 0), "{nodes} nodes: {report:?}");
        assert!(report.evidence.is_empty());
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let once = run(Plan::stormy(4, 20, 7));
    assert_eq!(once, run(Plan::stormy(4, 20, 7)));
    assert_ne!(once.agreed, run(Plan::stormy(4, 20, 8)).agreed);
}

#[test]
fn agreement_survives_loss_delay_and_crashes() {
    let (mut crashes, mut synced, mut later_rounds) = (0, 0, 0);
    for seed in 1..=100 {
        let report = run(Plan::stormy(4, 60, seed));
        assert_safe(&report);
        crashes += report.crashes;
        synced += report.synced;
        later_rounds += report.agreed.iter().filter(|(_, round)| *round > 0).count();
    }
    // The storm did blow: otherwise this test shows nothing.
    assert!(crashes > 2_000 && synced > 3_000 && later_rounds > 500, "{crashes} {synced} {later_rounds}");
}

#[test]
fn larger_clusters_survive_the_same() {
    for (nodes, seed) in [(5, 1), (7, 2), (10, 3)] {
        assert_safe(&run(Plan::stormy(nodes, 20, seed)));
    }
}

#[test]
fn without_the_log_the_checker_bites() {
    let broken: u64 = (1..=10)
        .map(|seed| {
            let report = run(Plan { log: false, crash_every: 300_000, ..Plan::stormy(4, 40, seed) });
            report.double_signs + report.disagreements
        })
        .sum();
    assert!(broken > 0, "a cluster that forgets must be caught double signing");
}

#[test]
fn a_liar_breaks_nothing_and_is_convicted() {
    let mut convictions = 0;
    for seed in 1..=40 {
        let plan = Plan { liar: Some(3), crash_every: 0, ..Plan::stormy(4, 40, seed) };
        let report = run(plan);
        assert_safe(&report);
        for evidence in &report.evidence {
            assert_eq!(evidence.first.vote.voter, crate::keys::id(3), "nobody else is accused");
            assert_eq!(evidence.verify(chain(), &set(0..4), &crate::keys::HashKeys), Ok(()));
        }
        convictions += report.evidence.len();
    }
    assert!(convictions > 0);
}

#[test]
fn a_liar_among_crashing_nodes_breaks_nothing() {
    for seed in 1..=25 {
        assert_safe(&run(Plan { liar: Some(3), ..Plan::stormy(4, 25, seed) }));
    }
}

#[test]
fn validators_join_and_leave() {
    let sets = Arc::new(|height: u64| match height {
        0..20 => set(0..4),
        20..40 => set(0..5),
        _ => set(1..6),
    });
    for seed in 1..=15 {
        let plan = Plan { sets: sets.clone(), crash_every: 0, ..Plan::stormy(6, 60, seed) };
        assert_safe(&run(plan));
    }
}

#[test]
fn power_moves_and_validators_are_replaced_while_nodes_crash() {
    // At 12 one has a third of the power, at 24 none has more than another, from 36 on one after the other is replaced.
    let sets = Arc::new(|height: u64| match height {
        0..12 => set(0..4),
        12..24 => weighted(&[(0, 2), (1, 2), (2, 2), (3, 3)]),
        24..36 => weighted(&[(0, 7), (1, 7), (2, 7), (3, 7)]),
        36..48 => set([4, 1, 2, 3]),
        _ => set([4, 5, 2, 3]),
    });
    for seed in 1..=12 {
        let report = run(Plan { sets: sets.clone(), ..Plan::stormy(6, 60, seed) });
        assert_safe(&report);
    }
}

#[test]
fn with_one_of_four_down_the_next_heights_decide_in_round_0() {
    for dead in 0..4 {
        let report = run(Plan { down: vec![dead], ..Plan::calm(4, 140) });
        assert_safe(&report);
        let rounds: Vec<u32> = report.agreed.iter().map(|(_, round)| *round).collect();
        let failed = rounds.iter().position(|r| *r > 0).expect("a dead validator misses its first turn");
        assert!(failed < 4);
        // In force two heights after the failure; the dead validator's next turn would be two heights later still.
        assert_eq!(rounds[failed + 1..failed + 1 + 129], [0; 129], "validator {dead} down");
    }
}

#[test]
fn real_signatures_verify_from_end_to_end() {
    let signer = |i| -> Arc<dyn bencao_engine::Signer + Send + Sync> { Arc::new(Sm2Signer(key(i).clone())) };
    let report = run(Plan { keys: Arc::new(LibraryKeys), signer, ..Plan::calm(4, 3) });
    assert_safe(&report);
    assert!(report.agreed.iter().all(|(block, round)| *block != BlockId::default() && *round == 0));
}
