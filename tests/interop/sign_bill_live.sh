#!/bin/sh
# A bill signed by the Python signer is applied by a running network.
# usage: sign_bill_live.sh [PATH_TO_bencao]   needs python3 and openssl; without a path the program is built first
set -eu
cd "$(dirname "$0")/../.."
program=${1:-}
if [ -z "$program" ]; then
    ./scripts/bootstrap.sh cargo build --quiet --locked --package bencao-cli --bin bencao
    program=${CARGO_TARGET_DIR:-target}/debug/bencao
fi
exec python3 tests/interop/sign_bill_live.py "$program"
