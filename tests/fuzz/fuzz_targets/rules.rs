//! Bills against the rules: the input makes the choices of the reference model's generator, so that whatever the coverage
//! leads to is a bill of some firm in some state, of any module whose goods the model knows. Chaincode and model have to
//! agree on every verdict and record after every step; every signature counts as good.
#![no_main]
#![allow(dead_code, reason = "the model has more to it than this target asks for")]

#[path = "../../tests/model/cast.rs"]
mod cast;
#[path = "../../tests/model/compare.rs"]
mod compare;
#[path = "../../tests/model/coverage.rs"]
mod coverage;
#[path = "../../tests/model/generate/mod.rs"]
mod generate;
#[path = "../../tests/model/ledger.rs"]
mod ledger;
#[path = "../../tests/model/random.rs"]
mod random;
#[path = "../../tests/model/run.rs"]
mod run;
#[path = "../../tests/model/spec/mod.rs"]
mod spec;

use libfuzzer_sys::fuzz_target;

/// Longer inputs are slow and no deeper.
const STEPS_MAX: usize = 200;

fuzz_target!(|input: &[u8]| {
    if let Err(difference) = run::run_steered(input, STEPS_MAX, &mut coverage::Coverage::default()) {
        panic!("{difference}");
    }
});
