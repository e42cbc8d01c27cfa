#!/usr/bin/env python3
"""TLS_SM4_GCM_SM3 (RFC 8998) between our rustls provider and OpenSSL 4, each as client and as server.

usage: tls_openssl4.py PATH_TO_tls_echo

OpenSSL comes in the wheel `cryptography` (requirements.txt); `tls_echo` is `cargo build -p bencao-crypto --example tls_echo`.
Checks suite, group, both certificates, a line there and back, and that each side refuses a peer of a foreign authority.
Exit code 0 if everything held.
"""

import pathlib
import socket
import subprocess
import sys
import tempfile
import time

from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.bindings._rust import _openssl
from cryptography.x509.oid import NameOID
from OpenSSL import SSL

TIMEOUT_S = 30
LINE = "来自 OpenSSL 的问候\n".encode()
EXPECTED = ("TLSv1.3", "TLS_SM4_GCM_SM3", "curveSM2")


def context(folder, name, roots="ca.pem"):
    """OpenSSL with the one suite, group and signature scheme of RFC 8998, demanding a certificate of the peer."""
    ctx = SSL.Context(SSL.TLS_METHOD)
    ctx.set_min_proto_version(SSL.TLS1_3_VERSION)
    ctx.set_tls13_ciphersuites(b"TLS_SM4_GCM_SM3")
    for function, value in (("SSL_CTX_set1_curves_list", b"curveSM2"), ("SSL_CTX_set1_sigalgs_list", b"sm2sig_sm3")):
        if getattr(_openssl.lib, function)(ctx._context, value) != 1:
            sys.exit(f"{function} refused {value}: not an OpenSSL with RFC 8998")
    ctx.use_certificate_file(str(folder / f"{name}.pem"))
    ctx.use_privatekey_file(str(folder / f"{name}.key"))
    ctx.check_privatekey()
    ctx.load_verify_locations(str(folder / roots))
    ctx.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda _c, _x, _e, _d, ok: bool(ok))
    return ctx


def negotiated(connection):
    """What OpenSSL says about a finished handshake."""
    group = _openssl.lib.SSL_get0_group_name(connection._ssl)
    group = _openssl.ffi.string(group).decode()
    return connection.get_protocol_version_name(), connection.get_cipher_name(), group


def peer_name(connection):
    """Common name of the peer's certificate."""
    subject = connection.get_peer_certificate(as_cryptography=True).subject
    return subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value


def check(what, actual, expected):
    """Prints one line; leaves with 1 if it does not hold."""
    if actual != expected:
        sys.exit(f"FAILED {what}: {actual!r}, expected {expected!r}")
    print(f"ok: {what}: {actual}")


def read_line(connection):
    """One line from OpenSSL."""
    data = b""
    while not data.endswith(b"\n"):
        data += connection.recv(1000)
    return data


class Echo:
    """A running tls_echo."""

    def __init__(self, tool, *arguments):
        self.process = subprocess.Popen(
            [tool, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def address(self):
        """Where its server listens."""
        host, port = self.process.stdout.readline().split()[1].rsplit(":", 1)
        return host, int(port)

    def finish(self):
        """(exit code, output)."""
        out, _ = self.process.communicate(timeout=TIMEOUT_S)
        return self.process.returncode, out


def openssl_client(tool, folder, now, roots):
    """OpenSSL dials tls_echo; (refused by OpenSSL?, exit code, output of tls_echo)."""
    echo = Echo(tool, "server", folder, now)
    try:
        with socket.create_connection(echo.address(), timeout=TIMEOUT_S) as plain:
            plain.settimeout(None)
            connection = SSL.Connection(context(*roots), plain)
            connection.set_connect_state()
            try:
                connection.do_handshake()
                # In TLS 1.3 a client hears of its own refusal with the first record it reads.
                connection.send(LINE)
                answer = read_line(connection)
            except SSL.Error as error:
                return error, *echo.finish()
            check("OpenSSL client: negotiated", negotiated(connection), EXPECTED)
            check("OpenSSL client: peer", peer_name(connection), "server")
            check("OpenSSL client: line returned", answer, LINE)
        return None, *echo.finish()
    finally:
        echo.process.kill()


def openssl_server(tool, folder, now, roots):
    """tls_echo dials OpenSSL; the same triple."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(TIMEOUT_S)
        echo = Echo(tool, "client", folder, now, "127.0.0.1:%d" % listener.getsockname()[1])
        try:
            plain, _ = listener.accept()
            with plain:
                plain.settimeout(None)
                connection = SSL.Connection(context(*roots), plain)
                connection.set_accept_state()
                try:
                    connection.do_handshake()
                    connection.send(read_line(connection))
                except SSL.Error as error:
                    plain.close()
                    return error, *echo.finish()
                check("OpenSSL server: negotiated", negotiated(connection), EXPECTED)
                check("OpenSSL server: peer", peer_name(connection), "client")
                connection.shutdown()
            return None, *echo.finish()
        finally:
            echo.process.kill()


def main():
    """Runs everything."""
    tool, now = sys.argv[1], int(time.time())
    print(backend.openssl_version_text())
    with tempfile.TemporaryDirectory() as temporary:
        ours, foreign = pathlib.Path(temporary, "ours"), pathlib.Path(temporary, "foreign")
        for folder in (ours, foreign):
            subprocess.run([tool, "gen", folder, str(now)], check=True)
            (folder / "both.pem").write_bytes((ours / "ca.pem").read_bytes() + (folder / "ca.pem").read_bytes())
        suite = "suite 0x00c6 group 0x0029"

        error, code, out = openssl_client(tool, ours, now, (ours, "client"))
        check("tls_echo server", (error, code, out), (None, 0, f"peer client {suite}\n"))
        error, code, out = openssl_server(tool, ours, now, (ours, "server"))
        check("tls_echo client", (error, code, out), (None, 0, f"peer server {suite}\nanswer 来自本草的问候\n"))

        for name, run, stranger in (("server", openssl_client, "client"), ("client", openssl_server, "server")):
            error, code, _ = run(tool, ours, now, (foreign, stranger, "both.pem"))
            check(f"tls_echo {name} refuses a foreign {stranger}", (error is not None, code != 0), (True, True))
            error, code, _ = run(tool, foreign, now, (ours, stranger))
            check(f"OpenSSL refuses a foreign {name}", (error is not None, code != 0), (True, True))
    print("TLS interoperability with OpenSSL: all held")


if __name__ == "__main__":
    main()
