//! The simulator tested: good seeds pass, and each sabotage is found.

use crate::checker::Violation;
use crate::network::Weather;
use crate::plan::{Plan, Sabotage};
use crate::prng::Prng;
use crate::world::{Report, World};

fn rough(sabotage: Sabotage) -> Plan {
    Plan {
        validators: 4,
        observers: 0,
        govern_every_ms: 0,
        settle_heights: 0,
        weather: Weather { loss: 30, delay_min_ms: 1, delay_max_ms: 40, slow: 30, slow_max_ms: 400 },
        crash_every_ms: 300,
        cut_every_ms: 0,
        skew_ms: 0,
        submit_every_ms: 60,
        faults_ms: 12_000,
        recovery_ms: 60_000,
        sabotage,
    }
}

fn run(plan: Plan, seed: u64) -> Result<Report, Violation> {
    World::with_plan(plan, Prng::new(seed)).run()
}

/// The first violation that `wanted` accepts among some seeds.
fn found(sabotage: Sabotage, wanted: fn(&Violation) -> bool) -> bool {
    (0..12).any(|seed| run(rough(sabotage), seed).is_err_and(|v| wanted(&v)))
}

#[test]
fn rough_weather_and_crashes_break_nothing() {
    for seed in 0..4 {
        let report = run(rough(Sabotage::Nothing), seed).unwrap_or_else(|v| panic!("seed {seed}: {v}"));
        assert!(report.height > 5 && report.crashes > 5 && report.promised > 10, "{report:?}");
        // Some bills are wrong on purpose: in the chain, and refused there.
        assert!(report.applied * 2 > report.promised && report.applied < report.promised, "{report:?}");
    }
}

#[test]
fn validators_come_go_and_change_keys_in_rough_weather() {
    let (mut changes, mut applied) = (0, 0);
    for seed in 0..4 {
        let plan = Plan { observers: 2, govern_every_ms: 500, ..rough(Sabotage::Nothing) };
        let report = run(plan, seed).unwrap_or_else(|v| panic!("seed {seed}: {v}"));
        assert!(report.height > 5 && report.crashes > 5, "{report:?}");
        (changes, applied) = (changes + report.set_changes, applied + report.applied);
    }
    assert!(changes > 5 && applied > 100, "{changes} changes, {applied} applied");
}

#[test]
fn a_seed_is_one_world() {
    let (a, b) = (World::new(5).run().unwrap(), World::new(5).run().unwrap());
    assert_eq!(format!("{a:?}"), format!("{b:?}"));
}

#[test]
fn a_lost_consensus_log_is_found_as_a_double_sign() {
    assert!(found(Sabotage::LoseLogAndMark, |v| matches!(
        v,
        Violation::DoubleSign { .. } | Violation::Agreement { .. }
    )));
}

#[test]
fn a_lost_ingress_log_is_found_as_a_lost_bill() {
    assert!(found(Sabotage::LoseIngress, |v| matches!(v, Violation::Lost(_))));
}
