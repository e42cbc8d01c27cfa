//! The reference model: the rules once more, deliberately simple, driven by random bills next to the chaincode.
//!
//! `cargo test -p bencao-tests --test model` runs what continuous integration runs. A longer run:
//! `BENCAO_MODEL_STEPS=1000000 cargo test -p bencao-tests --test model`. A run that fails prints the line that repeats it.

mod cases;
mod cast;
mod compare;
mod coverage;
mod determinism;
mod generate;
mod ledger;
mod random;
mod run;
mod spec;

use bencao_chaincode::rejection::{CATALOGUE, Rule};
use cases::CASES;
use coverage::Coverage;
use run::{EVERYTHING_EVERY, run};
use std::num::NonZeroUsize;

/// Steps of all runs together in continuous integration.
const STEPS: usize = 100_000;
/// Steps of one run: long enough for goods to come and go, short enough that few lie about.
const STEPS_PER_RUN: usize = 500;
/// One change may break many runs; the first few say enough.
const DIFFERENCES_SHOWN: usize = 8;

/// Runs that bytes steer, and how many bytes each.
const STEERED: u64 = 12;
const STEERED_BYTES: usize = 4_000;

/// Rules that neither a run nor a case can lead to: why, and the test of the chaincode that does.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("internal", "a fault of the software; nothing that is sent leads to it", "chaincode/src/tests/refusals/mod.rs"),
    ("port_not_approved", "the law that all runs are under names no ports", "chaincode/src/tests/refusals/trade.rs"),
    (
        "own_preparation_only",
        "another institution has a preparation by an approved supply only, which is what lets it dispense it",
        "chaincode/src/tests/refusals/dispensing.rs",
    ),
];

/// Rules of the model that so many steps may come to or not, and the table of the chaincode that refuses each for certain.
const SELDOM: &[(&str, &[&str])] = &[
    ("chaincode/src/tests/tcm/bounds.rs", &["record_too_large"]),
    ("chaincode/src/tests/refusals/custody.rs", &["inside_package", "not_smallest_unit"]),
    (
        "chaincode/src/tests/refusals/dispensing.rs",
        &[
            "review_required",
            "minor_patient",
            "days_not_stated",
            "days_exceeded",
            "content_not_declared",
            "quantity_not_stated",
            "prescription_exceeded",
            "prescription_used",
        ],
    ),
    (
        "chaincode/src/tests/refusals/making.rs",
        &[
            "serial_allocated",
            "code_was_voided",
            "producer_release_required",
            "import_clearance_required",
            "import_inspection_required",
            "rework_expiry",
            "test_failure_stands",
        ],
    ),
    (
        "chaincode/src/tests/refusals/quality.rs",
        &["already_notified", "already_acknowledged", "already_decided", "too_many_recalls"],
    ),
    (
        "chaincode/src/tests/refusals/registry.rs",
        &["coding_prefix_taken", "filing_exists", "already_listed", "triage_unchanged"],
    ),
    (
        "chaincode/src/tests/refusals/orders.rs",
        &["not_kept_for", "order_done", "designation_required", "owners_differ"],
    ),
    (
        "chaincode/src/tests/refusals/trade.rs",
        &[
            "temperature_required",
            "temperature_out_of_range",
            "not_disputed",
            "other_province",
            "import_papers_required",
            "export_documents",
        ],
    ),
    ("chaincode/src/tests/tcm/rules/growing.rs", &["lot_exists", "garden_herb", "garden_county", "garden_base"]),
    (
        "chaincode/src/tests/tcm/rules/pieces.rs",
        &[
            "lot_test_failed",
            "lot_expired",
            "own_use_only",
            "lot_kind_differs",
            "batch_weight",
            "expiry_beyond_lots",
            "another_herb",
        ],
    ),
    ("chaincode/src/tests/tcm/rules/trade.rs", &["untraced_not_crude", "piece_route"]),
];

/// Governance decides who takes part, not what becomes of goods, and no run sends its bills: numbers of its rules.
const GOVERNANCE: [std::ops::RangeInclusive<u16>; 2] = [1018..=1020, 7400..=7499];
const GOVERNANCE_TEST: &str = "chaincode/src/tests/governance/rules.rs";

fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

/// Runs these seeds on as many threads as there are processors; a run depends on its seed alone.
fn run_all(seeds: u64) -> (Coverage, Vec<String>) {
    let workers = std::thread::available_parallelism().map_or(1, NonZeroUsize::get) as u64;
    let work = |first: u64| {
        let (mut coverage, mut differences) = (Coverage::default(), Vec::new());
        for seed in (first..=seeds).step_by(workers as usize) {
            differences.extend(run(seed, STEPS_PER_RUN, EVERYTHING_EVERY, &mut coverage).err());
        }
        (coverage, differences)
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (1..=workers).map(|first| scope.spawn(move || work(first))).collect();
        let mut all = (Coverage::default(), Vec::new());
        for worker in workers {
            let (coverage, differences) = worker.join().expect("a run that did not end");
            all.0.add(coverage);
            all.1.extend(differences);
        }
        all
    })
}

#[test]
fn random_bills_come_to_the_same_in_chaincode_and_model() {
    let steps = number_from("BENCAO_MODEL_STEPS").map_or(STEPS, |n| n as usize);
    let (coverage, mut differences) = run_all(steps.div_ceil(STEPS_PER_RUN) as u64);
    let found = differences.len();
    differences.truncate(DIFFERENCES_SHOWN);
    assert!(differences.is_empty(), "{found} runs differ:\n\n{}", differences.join("\n\n"));
    println!("{coverage}");
    if steps < STEPS {
        return;
    }
    let missing = coverage.missing_transitions();
    assert!(missing.is_empty(), "rows of the state table: {missing:#?}");
    let produced = |rule: &str| {
        let listed = ELSEWHERE.iter().map(|(name, _, _)| name).chain(SELDOM.iter().flat_map(|(_, names)| *names));
        coverage.refusals.contains_key(rule)
            || CASES.iter().any(|(name, _)| *name == rule)
            || listed.into_iter().any(|name| *name == rule)
    };
    let modelled = CATALOGUE.iter().filter(|rule| !is_of_governance(rule));
    let unmet: Vec<&str> = modelled.map(|r| r.name).filter(|name| !produced(name)).collect();
    assert!(unmet.is_empty(), "rules that nothing led to: {unmet:#?}");
}

/// What the fuzz target does without end.
#[test]
fn bills_steered_by_bytes_come_to_the_same() {
    let mut coverage = Coverage::default();
    for seed in 1..=STEERED {
        let mut random = random::Random::new(seed);
        let bytes: Vec<u8> = (0..STEERED_BYTES).map(|_| random.below(256) as u8).collect();
        run::run_steered(&bytes, STEPS_PER_RUN, &mut coverage).unwrap_or_else(|e| panic!("bytes of {seed}: {e}"));
    }
    // Bytes that say the same all the time.
    for byte in [0, 1, 0x7f, 0xff] {
        run::run_steered(&[byte; STEERED_BYTES], STEPS_PER_RUN, &mut coverage)
            .unwrap_or_else(|e| panic!("bytes {byte}: {e}"));
    }
    assert!(coverage.steps > 20 * STEERED as usize && coverage.applied > 10 * STEERED as usize, "{coverage}");
}

fn is_of_governance(rule: &Rule) -> bool {
    GOVERNANCE.iter().any(|numbers| numbers.contains(&rule.code))
}

#[test]
fn rules_met_elsewhere_are_met_there() {
    let governance = CATALOGUE.iter().filter(|r| is_of_governance(r)).map(|r| (r.name, GOVERNANCE_TEST));
    let seldom = SELDOM.iter().flat_map(|(file, rules)| rules.iter().map(|rule| (*rule, *file)));
    let elsewhere = ELSEWHERE.iter().map(|(rule, _, file)| (*rule, *file));
    for (rule, file) in elsewhere.chain(seldom).chain(governance) {
        let text = std::fs::read_to_string(format!("{}/../{file}", env!("CARGO_MANIFEST_DIR"))).expect(file);
        assert!(text.contains(&format!("\"{rule}\"")), "{file} says nothing of {rule}");
    }
}

#[test]
#[ignore = "repeats the one seed of BENCAO_MODEL_SEED"]
fn replay() {
    let seed = number_from("BENCAO_MODEL_SEED").expect("the seed of a run that failed");
    if let Err(difference) = run(seed, STEPS_PER_RUN, 1, &mut Coverage::default()) {
        panic!("{difference}");
    }
}
