#!/usr/bin/env python3
"""A bill that Python signed, from docs/wire-format.md alone, is applied by a running network.

usage: sign_bill_live.py PATH_TO_bencao

Starts a test network of four validators in a temporary folder, commissions and releases the cold-remedy batch of demo/ with the
command line, then lets sign_bill.py ship one box over HTTP. Checks that every node has the bill applied, that the box is on its
way, that the same bytes again are the same bill, and that a bill that breaks a rule is rejected by its name. Exit code 0 if
everything held.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELATION = ROOT / "demo" / "relation-ganmao.xml"
PATIENCE_S = 60


def get(url):
    """The JSON that a GET answers, whatever its status."""
    try:
        return json.load(urllib.request.urlopen(url, timeout=PATIENCE_S))
    except urllib.error.HTTPError as error:
        return json.load(error)


def check(what, actual, expected):
    """Prints one line; leaves with 1 if it does not hold."""
    if actual != expected:
        sys.exit(f"FAILED {what}: {actual!r}, expected {expected!r}")
    print(f"ok: {what}: {actual}")


def wait_ready(node):
    """Returns once the node takes bills."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(node["api"] + "/readyz", timeout=5)
            return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"{node['name']} is not ready within {PATIENCE_S} s")


class Consortium:
    """A running test network."""

    def __init__(self, bencao, folder):
        self.bencao, self.folder, self.processes = bencao, folder, []
        self.run("testnet", "--validators", "4", "--observers", "0", "--dir", folder / "net",
                 "--products", ROOT / "demo" / "products.json")
        self.file = json.loads((folder / "net" / "testnet.json").read_text(encoding="utf-8"))
        self.members = {member["name"]: member for member in self.file["members"]}

    def run(self, *arguments):
        """A bencao command that must succeed; its JSON."""
        command = [self.bencao, *map(str, arguments), "--output", "json"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8")
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}\nexit {done.returncode}\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def start(self):
        """Starts every node and waits until all take bills."""
        for node in self.file["nodes"]:
            with open(pathlib.Path(node["home"], "log"), "wb") as log:
                self.processes.append(subprocess.Popen([self.bencao, "start", "--home", node["home"]],
                                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        for node in self.file["nodes"]:
            wait_ready(node)

    def stop(self):
        """SIGTERM to all nodes; one that will not go is killed."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()

    def tx(self, *arguments, key="key"):
        """A tx command of the producer."""
        producer = self.members["producer"]
        self.run("tx", *arguments, "--node", self.file["nodes"][0]["api"], "--key", producer[key],
                 "--passphrase-file", producer["passphrase_file"])


def sign(consortium, node, key, document_no, *arguments):
    """Runs sign_bill.py as the producer; (exit code, output, errors)."""
    producer = consortium.members["producer"]
    command = [sys.executable, ROOT / "tests" / "interop" / "sign_bill.py", "--key", key,
               "--passphrase-file", producer["passphrase_file"], "--principal", producer["uscc"],
               "--document-no", document_no, "--node", node, *arguments]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, encoding="utf-8")
    return done.returncode, done.stdout, done.stderr


def play(consortium, folder):
    """What is promised to whoever writes a client."""
    batch = re.search(r'productCode="([^"]+)".*?batchNo="([^"]+)"', RELATION.read_text(encoding="utf-8"), re.S)
    boxes = re.findall(r'curCode="(\d{20})" packLayer="1"', RELATION.read_text(encoding="utf-8"))
    consortium.tx("commission", RELATION)
    consortium.tx("release", "--product", batch[1], "--batch", batch[2], "--units", len(boxes), key="release_key")

    producer, wholesaler = consortium.members["producer"], consortium.members["wholesaler"]
    key = folder / "producer-openssl.pem"
    consortium.run("key", "export", producer["key"], "--openssl", "--out", key,
                   "--passphrase-file", producer["passphrase_file"])

    nodes, box = consortium.file["nodes"], boxes[0]
    ship = ("--receiver", wholesaler["uscc"], "ship", box)
    code, out, err = sign(consortium, nodes[1]["api"], key, "PY-1", *ship)
    check("sign_bill.py: the node took the bill", (code, err), (0, ""))
    bill = json.loads(out)
    check("it is durable before it is promised", (bill["status"], bill["durable"]), ("pending", "this_node"))
    for node in nodes:
        found = get(f"{node['api']}/v1/organisations/{producer['uscc']}/bills/PY-1?wait=30s")
        check(f"{node['name']}: status", (found["status"], found["transaction_id"]), ("applied", bill["transaction_id"]))
        # Every node executes by itself: what it says of the code is at its own height.
        transit = get(f"{node['api']}/v1/codes/{box}")["in_transit"]
        check(f"{node['name']}: the box is on its way", (transit["receiver"]["id"], transit["document_no"]),
              (wholesaler["uscc"], "PY-1"))

    code, _, err = sign(consortium, nodes[2]["api"], key, "PY-2", *ship)
    check("sign_bill.py: a second shipment of the box is taken for order", (code, err), (0, ""))
    found = get(f"{nodes[2]['api']}/v1/organisations/{producer['uscc']}/bills/PY-2?wait=30s")
    check("and rejected by a rule", (found["status"], found["error"]["name"]), ("rejected", "in_transit"))
    code, _, err = sign(consortium, nodes[2]["api"], key, "PY-3", "--valid-until-ms", "1", *ship)
    check("a bill that has expired is refused at once", (code, json.loads(err)["name"]), (3, "expired"))


def main():
    """Runs everything."""
    bencao = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        consortium = Consortium(bencao, folder)
        try:
            consortium.start()
            play(consortium, folder)
        finally:
            consortium.stop()
    print("a bill signed by Python on a running network: all held")


if __name__ == "__main__":
    main()
