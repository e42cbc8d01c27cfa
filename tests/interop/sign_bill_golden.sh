#!/bin/sh
# The Python signer still writes the bodies of tests/golden/wire/sign_bill.hex, which a Rust test decodes and verifies. Signatures
# have random nonces and are left out: the last 128 digits of a line.
# usage: sign_bill_golden.sh [--write]   needs python3 and openssl, nothing else
set -eu
cd "$(dirname "$0")/../.."
golden=tests/golden/wire/sign_bill.hex
member=91350100M000100Y43
chain=abababababababababababababababababababababababababababababababab
sign() {
    python3 tests/interop/sign_bill.py --key tests/golden/wire/sign_bill_key.pem --principal $member --document-no S-1 \
        --chain-id $chain --valid-until-ms 1795449599999 "$@"
}
lines() {
    sign --receiver $member ship 83857930000879766660
    sign dispense 83857930000879766660 81012350000000157474
}
if [ "${1:-}" = --write ]; then
    lines >$golden
    exit 0
fi
bodies() { sed 's/.\{128\}$//'; }
written=$(lines | bodies)
expected=$(bodies <$golden)
[ "$written" = "$expected" ] || { echo "sign_bill.py writes other bodies than $golden:"; echo "$written"; exit 1; }
echo "sign_bill.py: $(wc -l <$golden) bodies as recorded"
