//! The reference model: the rules once more, deliberately simple, driven by random bills next to the chaincode.
//!
//! `cargo test -p bencao-tests --test model` runs what continuous integration runs. A longer run:
//! `BENCAO_MODEL_STEPS=1000000 cargo test -p bencao-tests --test model`. A run that fails prints the line that repeats it.

mod cast;
mod compare;
mod coverage;
mod generate;
mod ledger;
mod random;
mod run;
mod spec;

use coverage::Coverage;
use run::run;

/// Steps of all runs together in continuous integration.
const STEPS: usize = 100_000;
/// Steps of one run: long enough for goods to come and go, short enough that few lie about.
const STEPS_PER_RUN: usize = 500;

/// One change may break many runs; the first few say enough.
const DIFFERENCES_SHOWN: usize = 8;

fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn random_bills_come_to_the_same_in_chaincode_and_model() {
    let steps = number_from("BENCAO_MODEL_STEPS").map_or(STEPS, |n| n as usize);
    let mut coverage = Coverage::default();
    let seeds = 1..=steps.div_ceil(STEPS_PER_RUN) as u64;
    let differences: Vec<String> =
        seeds.filter_map(|seed| run(seed, STEPS_PER_RUN, &mut coverage).err()).take(DIFFERENCES_SHOWN).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
    println!("{} of {} applied: {:#?}", coverage.applied, coverage.steps, coverage.operations);
    println!("{:#?}", coverage.refusals);
    println!("{:#?}", coverage.missing_transitions());
}

#[test]
#[ignore = "repeats the one seed of BENCAO_MODEL_SEED"]
fn replay() {
    let seed = number_from("BENCAO_MODEL_SEED").expect("the seed of a run that failed");
    if let Err(difference) = run(seed, STEPS_PER_RUN, &mut Coverage::default()) {
        panic!("{difference}");
    }
}
