#!/bin/sh
# Runs one fuzz target with coverage feedback on the stable toolchain, without cargo-fuzz.
# usage: tests/fuzz/run.sh TARGET [SECONDS [OPTION…]]   options are libFuzzer's, as -runs=2000; inputs found go to tests/fuzz/corpus/TARGET, crashes to tests/fuzz/artifacts
set -eu
cd "$(dirname "$0")"
target=${1:?usage: run.sh TARGET [SECONDS [OPTION…]]}
seconds=${2:-60}
shift "$(($# < 2 ? $# : 2))"
triple=$(rustc -vV | sed -n 's/^host: //p')
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
coverage="$coverage -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
# With --target, build scripts and macros are not instrumented.
RUSTFLAGS="$coverage --cfg fuzzing -Ccodegen-units=1 -Cdebug-assertions" \
    cargo build --release --target "$triple" --bin "$target"
mkdir -p "corpus/$target" artifacts
exec "${CARGO_TARGET_DIR:-target}/$triple/release/$target" "corpus/$target" \
    -max_total_time="$seconds" -max_len=65536 -artifact_prefix=artifacts/ "$@"
