#!/usr/bin/env python3
"""The figures of docs/performance.md that one run of a load generator does not give, from a release build.

usage: figures.py PATH_TO_bencao [--units 100000] [--seconds 30] [--only PART,PART…]

Parts: idle (bills one at a time, and one each half second), load (transfers, bills of 200, commissioning), goods (disk for a
unit in a case with its first movement, trace with proof, catching up of an empty node, memory). Prints one line a figure with
the load of the machine beside it. CPU time is that of processes, from /proc; needs Linux and Python 3, nothing else.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

CASE = 100
CASES_A_BILL = 100
PATIENCE_S = 600
TICKS = os.sysconf("SC_CLK_TCK")
ROOT = pathlib.Path(__file__).resolve().parents[1]


def say(name, **figures):
    """One line: the figures and the load of the machine over the last minute."""
    shown = {key: round(value, 3) if isinstance(value, float) else value for key, value in figures.items()}
    print(json.dumps({"figure": name, **shown, "machine_load": os.getloadavg()[0]}, ensure_ascii=False), flush=True)


def bencao(program, *arguments):
    """A command that must succeed; its JSON."""
    command = [program, *map(str, arguments), "--output", "json"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nexit {done.returncode}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def get(url):
    """Bytes of a GET; again, as long as the node says when to come back."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return urllib.request.urlopen(url, timeout=PATIENCE_S).read()
        except urllib.error.HTTPError as refused:
            retry_after_ms = json.load(refused).get("retry_after_ms")
            if retry_after_ms is None or time.monotonic() > end:
                raise
            time.sleep(retry_after_ms / 1000)


def percentile(values, percent):
    """Nearest rank."""
    return sorted(values)[max(0, -(-len(values) * percent // 100) - 1)]


def cpu_s(pid):
    """User and system time of a process, seconds."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mib(pid):
    """(resident, of that anonymous) of a process, MiB."""
    lines = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    return tuple(int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon"))


def folder_bytes(folder):
    """Bytes of all files below."""
    return sum(path.stat().st_size for path in pathlib.Path(folder).rglob("*") if path.is_file())


class Network:
    """Four validators and an observer, which is not started by itself."""

    def __init__(self, program, folder):
        self.program, self.processes = program, {}
        bencao(program, "testnet", "--validators", 4, "--observers", 1, "--dir", folder / "net",
               "--products", ROOT / "demo" / "products.json")
        self.file = json.loads((folder / "net" / "testnet.json").read_text(encoding="utf-8"))
        self.members = {member["name"]: member for member in self.file["members"]}

    def start(self, index):
        """Starts a node."""
        home = self.file["nodes"][index]["home"]
        with open(pathlib.Path(home, "log"), "ab") as log:
            command = [self.program, "start", "--home", home]
            self.processes[index] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def status(self, index):
        """Status of a node, None while it does not answer."""
        try:
            return json.loads(get(self.file["nodes"][index]["api"] + "/v1/status"))
        except OSError:
            return None

    def wait(self, index, reached):
        """Returns the status once it is as wanted."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            status = self.status(index)
            if status and reached(status):
                return status
            time.sleep(0.02)
        sys.exit(f"node {index} does not get there")

    def stop(self):
        """SIGTERM to all."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(timeout=60)
        self.processes = {}

    def tx(self, member, *arguments, key="key"):
        """A tx command of a member."""
        member = self.members[member]
        return bencao(self.program, "tx", *arguments, "--node", self.file["nodes"][0]["api"], "--key", member[key],
                      "--passphrase-file", member["passphrase_file"], "--wait", "60s")


def code(prefix, number):
    """As demo/make-files.sh makes them."""
    return f"{prefix}{number:09d}{(number * 7919 + 4271) % 10000:04d}"


def write_relation(path, units):
    """One batch in full cases."""
    with open(path, "w", encoding="utf-8") as out:
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n<Document License="bench">\n<Relation productCode="ganmao-keli" '
                  'subTypeNo="1" cascade="1:100" packageSpec="100" comment="">\n<Batch batchNo="F1" madeDate="2025-03-10" '
                  'validateDate="2035-03-09" workshop="" lineName="" lineManager="">\n')
        for case in range(1, units // CASE + 1):
            outer = code("8100003", case)
            for unit in range((case - 1) * CASE + 1, case * CASE + 1):
                out.write(f'<Code curCode="{code("8100001", unit)}" packLayer="1" parentCode="{outer}" flag="0"/>\n')
            out.write(f'<Code curCode="{outer}" packLayer="2" parentCode="" flag="0"/>\n')
        out.write("</Batch></Relation></Document>\n")


def write_shipments(path, units, receiver):
    """All cases, in bills."""
    cases = [code("8100003", case) for case in range(1, units // CASE + 1)]
    with open(path, "w", encoding="utf-8") as out:
        out.write("bill_code,bill_type,to_user_id,trace_code\n")
        for first in range(0, len(cases), CASES_A_BILL):
            out.writelines(f"S-{first},201,{receiver},{case}\n" for case in cases[first:first + CASES_A_BILL])


def idle(program, seconds):
    """Finality when nothing else happens."""
    for pace in (("--rate", 2), ("--in-flight", 1)):
        figures = bencao(program, "bench", "network", *pace, "--seconds", seconds)
        say(f"idle finality, {' '.join(map(str, pace))}", **figures["latency_ms"], transactions=figures["transactions"],
            server_cpu_ms_per_tx=figures["server_cpu_ms_per_tx"])


def load(program, seconds):
    """Saturation, and half of it."""
    for shape, pace in (("transfer", ("--in-flight", 512)), ("transfer", ("--rate", 500)), ("bill:200", ("--in-flight", 32)),
                        ("commission", ("--in-flight", 8))):
        figures = bencao(program, "bench", "network", "--shape", shape, *pace, "--seconds", seconds)
        latency = figures.pop("latency_ms")
        say(f"load, --shape {shape} {' '.join(map(str, pace))}", **latency, **{name: figures[name] for name in (
            "tx_per_s", "codes_per_s", "server_cpu_ms_per_tx", "client_cpu_ms_per_tx", "disk_bytes_per_tx_per_node", "rss_mib",
            "rejected", "errors", "unfinished")})


def goods(program, units, folder):
    """What a unit in a case costs, and questions about it."""
    network = Network(program, folder)
    try:
        for index in range(4):
            network.start(index)
        for index in range(4):
            network.wait(index, lambda status: status["ready"])
        empty = folder_bytes(pathlib.Path(network.file["nodes"][1]["home"], "data"))
        relation, shipments = folder / "relation.xml", folder / "shipments.csv"
        write_relation(relation, units)
        write_shipments(shipments, units, network.members["wholesaler"]["uscc"])
        started, before = time.monotonic(), sum(cpu_s(p.pid) for p in network.processes.values())
        network.tx("producer", "commission", relation)
        network.tx("producer", "release", "--product", "ganmao-keli", "--batch", "F1", "--units", units, key="release_key")
        network.tx("producer", "submit", shipments)
        spent = sum(cpu_s(p.pid) for p in network.processes.values()) - before
        say("commission in cases of 100 and ship the cases", units=units, units_per_s=units / (time.monotonic() - started),
            server_cpu_us_per_unit=spent * 1e6 / units)
        resident, anonymous = memory_mib(network.processes[1].pid)
        say("memory of a validator", units=units, rss_mib=resident, anonymous_mib=anonymous)
        trace(network, units)
        network.stop()
        # After a clean stop and start the write-ahead logs are written into tables.
        for index in range(4):
            network.start(index)
        for index in range(4):
            network.wait(index, lambda status: status["ready"])
        network.stop()
        data = pathlib.Path(network.file["nodes"][1]["home"], "data")
        parts = {name: folder_bytes(data / name) / units for name in ("blocks", "state")}
        say("disk a unit with its first movement, bytes a node", units=units, total=(folder_bytes(data) - empty) / units, **parts)
        for index in range(4):
            network.start(index)
        catch_up(network, network.wait(0, lambda status: status["ready"]))
    finally:
        network.stop()


def trace(network, units):
    """One code with its status proof, at a node that is otherwise idle."""
    node, pid = network.file["nodes"][1]["api"], network.processes[1].pid
    rounds = 300
    # The last block may not be certified yet.
    get(f"{node}/v1/codes/{code('8100001', 1)}/proof")
    before, times = cpu_s(pid), []
    for n in range(rounds):
        begun = time.monotonic()
        size = len(get(f"{node}/v1/codes/{code('8100001', 1 + n * 331 % units)}/proof"))
        times.append((time.monotonic() - begun) * 1000)
    say("trace with status proof", p50_ms=percentile(times, 50), p99_ms=percentile(times, 99),
        server_cpu_ms=(cpu_s(pid) - before) * 1000 / rounds, proof_bytes=size)


def catch_up(network, tip):
    """An empty observer fetches, verifies and executes everything."""
    started = time.monotonic()
    network.start(4)
    status = network.wait(4, lambda status: status["height"] >= tip["height"])
    seconds, spent = time.monotonic() - started, cpu_s(network.processes[4].pid)
    say("catch-up of an empty observer", codes=status["totals"]["codes"], seconds=seconds,
        codes_per_s=status["totals"]["codes"] / seconds, codes_per_cpu_s=status["totals"]["codes"] / spent)


def main():
    """Runs the parts asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--only", default="idle,load,goods")
    arguments = parser.parse_args()
    program, parts = str(pathlib.Path(arguments.program).resolve()), arguments.only.split(",")
    if "idle" in parts:
        idle(program, arguments.seconds)
    if "load" in parts:
        load(program, arguments.seconds)
    if "goods" in parts:
        with tempfile.TemporaryDirectory() as folder:
            goods(program, arguments.units, pathlib.Path(folder))


if __name__ == "__main__":
    main()
