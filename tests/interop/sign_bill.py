#!/usr/bin/env python3
"""Builds one bill, signs it and posts it to a node: written from docs/wire-format.md alone, with Python's own library.

usage: sign_bill.py --key FILE [--passphrase-file FILE] --principal USCC --document-no NO [--node URL]
                    (ship --receiver USCC | dispense) [--bill-type N] CODE…

FILE is a private key that `openssl pkey` reads, such as `bencao key export --openssl` writes. Without --node nothing is
sent: the transaction goes to stdout in hexadecimal. --chain-id and --valid-until-ms replace what the node and the clock say.
Exit code 0 if the node took the bill, 3 if it did not.
"""
import argparse
import json
import secrets
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
     0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0)


def sm3(data):
    """SM3, GB/T 32905-2016."""
    rot = lambda x, n: (x << n % 32 | x >> (32 - n % 32)) & 0xFFFFFFFF if n % 32 else x
    v = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    padded = data + b"\x80" + bytes((55 - len(data)) % 64) + (8 * len(data)).to_bytes(8, "big")
    for block in range(0, len(padded), 64):
        w = list(struct.unpack(">16I", padded[block:block + 64]))
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ rot(w[j - 3], 15)
            w.append(x ^ rot(x, 15) ^ rot(x, 23) ^ rot(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = v
        for j in range(64):
            ss1 = rot(rot(a, 12) + e + rot(0x79CC4519 if j < 16 else 0x7A879D8A, j) & 0xFFFFFFFF, 7)
            ff = a ^ b ^ c if j < 16 else a & b | a & c | b & c
            gg = e ^ f ^ g if j < 16 else e & f | ~e & g
            tt1 = ff + d + (ss1 ^ rot(a, 12)) + (w[j] ^ w[j + 4]) & 0xFFFFFFFF
            tt2 = gg + h + ss1 + w[j] & 0xFFFFFFFF
            a, b, c, d, e, f, g, h = tt1, a, rot(b, 9), c, tt2 ^ rot(tt2, 9) ^ rot(tt2, 17), e, rot(f, 19), g
        v = [x ^ y for x, y in zip(v, (a, b, c, d, e, f, g, h))]
    return struct.pack(">8I", *v)


def times(k, point):
    """k · point on sm2p256v1, affine; not constant-time."""
    total = None
    while k:
        total, point, k = add(total, point) if k & 1 else total, add(point, point), k >> 1
    return total


def add(p, q):
    if p is None or q is None:
        return p or q
    if p[0] == q[0] and (p[1] + q[1]) % P == 0:
        return None
    slope = (3 * p[0] * p[0] + A) * pow(2 * p[1], -1, P) if p == q else (q[1] - p[1]) * pow(q[0] - p[0], -1, P)
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def big(*numbers):
    return b"".join(n.to_bytes(32, "big") for n in numbers)


def sign(secret, message):
    """SM2 with Z and the default ID, GB/T 32918.2."""
    z = sm3(b"\x00\x80" + b"1234567812345678" + big(A, B, *G, *times(secret, G)))
    e = int.from_bytes(sm3(z + message), "big")
    while True:
        k = 1 + secrets.randbelow(N - 1)
        r = (e + times(k, G)[0]) % N
        s = pow(1 + secret, -1, N) * (k - r * secret) % N
        if r and s and r + k != N:
            return big(r, s)


def tagged(name, *parts):
    return sm3(name + b"\0" + b"".join(parts))


def text(value):
    return struct.pack("<Q", len(value.encode())) + value.encode()


def unit(code):
    """A 20-digit code: scheme 0 and the digits packed two to a byte."""
    if len(code) != 20 or not code.isascii() or not code.isdigit():
        sys.exit(f"{code}: not a 20-digit code")
    return b"\0" + bytes.fromhex(code)


def operation(args):
    codes = struct.pack("<Q", len(args.codes)) + b"".join(map(unit, args.codes))
    if args.operation == "ship":  # bill type, receiver, no time, no details, no terms, codes
        return struct.pack("<HH", 0x0301, args.bill_type or 201) + text(args.receiver) + b"\0\0\0" + codes
    # bill type, no time, no prescription, no customer, no vaccinator, no platform, codes
    return struct.pack("<HH", 0x0401, args.bill_type or 323) + b"\0\0\0\0\0" + codes


def secret_key(args):
    """The private scalar, from the ECPrivateKey structure (RFC 5915): INTEGER 1, OCTET STRING of 32 bytes."""
    command = ["openssl", "pkey", "-in", args.key, "-outform", "DER"]
    if args.passphrase_file:
        command += ["-passin", "file:" + args.passphrase_file]
    der = subprocess.run(command, check=True, capture_output=True).stdout
    start = der.index(bytes.fromhex("0201010420")) + 5
    return int.from_bytes(der[start:start + 32], "big")


def main():
    parser = argparse.ArgumentParser()
    for name in ("key", "principal", "document-no"):
        parser.add_argument("--" + name, required=True)
    for name in ("passphrase-file", "node", "chain-id", "receiver"):
        parser.add_argument("--" + name)
    parser.add_argument("--bill-type", type=int)
    parser.add_argument("--valid-until-ms", type=int, default=int(time.time() * 1000) + 3_600_000)
    parser.add_argument("operation", choices=("ship", "dispense"))
    parser.add_argument("codes", nargs="+")
    args = parser.parse_args()
    if args.operation == "ship" and not args.receiver:
        parser.error("ship needs --receiver")

    chain = args.chain_id or json.load(urllib.request.urlopen(args.node + "/v1/status"))["chain_id"]
    secret = secret_key(args)
    key_id = tagged(b"bencao/key/1", big(*times(secret, G)))[:20]
    writes_max = (15 if args.operation == "ship" else 13) + 6 * len(args.codes)
    body = b"\x01" + bytes.fromhex(chain) + text(args.principal) + key_id + b"\0"  # no mandate
    body += struct.pack("<Q", args.valid_until_ms) + text(args.document_no) + struct.pack("<I", writes_max) + operation(args)
    transaction_id = tagged(b"bencao/tx/1", body)
    signature = sign(secret, b"bencao/tx-sign/1\0" + transaction_id)
    wire = struct.pack("<Q", len(body)) + body + signature
    if not args.node:
        return print(wire.hex())
    headers = {"content-type": "application/octet-stream"}
    try:
        answer = urllib.request.urlopen(urllib.request.Request(args.node + "/v1/transactions", wire, headers)).read()
        reply = json.loads(answer)
    except urllib.error.HTTPError as refused:
        sys.stderr.write(refused.read().decode() + "\n")
        sys.exit(3)
    if reply["transaction_id"] != transaction_id.hex():
        sys.exit("the node computed another transaction id")
    print(json.dumps(reply, ensure_ascii=False))


if __name__ == "__main__":
    main()
