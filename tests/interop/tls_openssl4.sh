#!/bin/sh
# TLS interoperability with OpenSSL 4 in a virtual environment of its own.
# usage: tls_openssl4.sh [FOLDER]   FOLDER keeps the environment for the next run (default: a temporary one).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
if [ $# -ge 1 ]; then
    venv=$1
else
    venv=$(mktemp -d)
    trap 'rm -rf "$venv"' EXIT
fi
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
cd "$root"
cargo build --quiet --package bencao-crypto --example tls_echo
"$venv/bin/python" "$here/tls_openssl4.py" "${CARGO_TARGET_DIR:-$root/target}/debug/examples/tls_echo"
