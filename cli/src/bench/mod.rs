//! `bencao bench network`: load on a running or self-started test network, and what it cost.
//!
//! Bills are signed by members of `testnet.json`. Codes to move are commissioned and released before the clock starts. A
//! watcher reads every block once, so that a bill's latency is the time from sending it to reading that it is final. A
//! bill of a moving shape goes on when the one before it is final: ship to the wholesaler, receive, ship to the pharmacy,
//! receive.

pub(crate) mod crypto;
mod load;
mod processes;
mod workload;

use crate::args::{BenchArgs, Shape};
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::network::Network;
use crate::testnet;
use bencao_client::api::Client;
use load::{Measured, Pace};
use processes::Processes;
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;
use workload::Workload;

/// How long nodes may take to start.
const PATIENCE: Duration = Duration::from_secs(60);
/// Guesses of what a network does a second, to decide how many codes to prepare for a closed loop.
const TRANSACTIONS_GUESSED: u64 = 2_000;
const CODES_GUESSED: u64 = 16_000;
/// Bills under way in a closed loop unless said otherwise: enough to fill blocks at one block each 200 ms.
const IN_FLIGHT: usize = 512;

pub(crate) fn run(console: &Console, args: &BenchArgs) -> Result<Report, Failure> {
    let (dir, scratch) = match (&args.testnet, args.node.first()) {
        (Some(dir), _) => (dir.clone(), None),
        (None, Some(url)) => (processes::testnet_of(url)?, None),
        (None, None) => {
            let path = std::env::temp_dir().join(format!("bencao-bench-{}", std::process::id()));
            testnet::create_for_bench(args.validators, &path)?;
            (path.clone(), Some(Scratch(path)))
        }
    };
    let mut network = Network::open(&dir)?;
    if scratch.is_some() {
        for index in 0..network.file.nodes.len() {
            network.start(index)?;
        }
    }
    for index in 0..network.file.nodes.len() {
        network.wait_for(index, PATIENCE, "ready", |s| s.ready)?;
    }
    let measured = measure(console, args, &network);
    if scratch.is_some() {
        network.stop()?;
    }
    let measured = measured?;
    Ok(report(console, args, &network, &measured))
}

/// The folder of a self-started network.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The load's figures and what it cost the machine.
struct Outcome {
    load: Measured,
    server_cpu_ms: f64,
    client_cpu_ms: f64,
    disk_bytes: u64,
    rss_mib: f64,
}

fn measure(console: &Console, args: &BenchArgs, network: &Network) -> Result<Outcome, Failure> {
    let nodes = match args.node.as_slice() {
        [] => network.file.nodes.iter().map(|n| n.api.clone()).collect(),
        named => named.to_vec(),
    };
    let status = Client::new(&nodes)?.status()?;
    let seconds = Duration::from_secs(args.seconds);
    let pace = match (args.rate, args.in_flight) {
        (Some(rate), _) => Pace::Open { per_second: rate },
        (None, in_flight) => Pace::Closed { in_flight: in_flight.unwrap_or(IN_FLIGHT) },
    };
    let expected = match pace {
        Pace::Open { per_second } => per_second * args.seconds,
        Pace::Closed { .. } => TRANSACTIONS_GUESSED.min(CODES_GUESSED / args.shape.codes()).max(1) * args.seconds,
    };
    let workload = Workload::prepare(console, network, &status, args.shape, expected)?;
    let processes = Processes::of(network)?;
    let (before, client_before) = (processes.read()?, processes::own_cpu_ms()?);
    let load = load::run(&nodes, workload, pace, seconds)?;
    let (after, client_after) = (processes.read()?, processes::own_cpu_ms()?);
    Ok(Outcome {
        load,
        server_cpu_ms: after.cpu_ms - before.cpu_ms,
        client_cpu_ms: client_after - client_before,
        disk_bytes: after.disk_bytes.saturating_sub(before.disk_bytes),
        rss_mib: after.rss_mib_max,
    })
}

fn report(console: &Console, args: &BenchArgs, network: &Network, outcome: &Outcome) -> Report {
    let load = &outcome.load;
    let seconds = load.seconds.max(f64::MIN_POSITIVE);
    let final_count = (load.applied + load.rejected).max(1) as f64;
    let nodes = network.file.nodes.len() as f64;
    let json = json!({
        "shape": args.shape.to_string(),
        "pace": match args.rate { Some(rate) => format!("rate {rate}"), None => format!("in flight {}", args.in_flight.unwrap_or(IN_FLIGHT)) },
        "seconds": load.seconds,
        "nodes": network.file.nodes.len(),
        "tx_per_s": load.applied as f64 / seconds,
        "codes_per_s": load.codes as f64 / seconds,
        "latency_ms": { "p50": load.percentile(50), "p90": load.percentile(90), "p99": load.percentile(99) },
        "server_cpu_ms_per_tx": outcome.server_cpu_ms / final_count,
        "client_cpu_ms_per_tx": outcome.client_cpu_ms / final_count,
        "disk_bytes_per_tx_per_node": outcome.disk_bytes as f64 / final_count / nodes,
        "rss_mib": outcome.rss_mib,
        "transactions": load.applied,
        "rejected": load.rejected,
        "errors": load.errors,
        "unfinished": load.unfinished,
    });
    let rows = [
        ("单据/秒", "tx/s", "/tx_per_s"),
        ("追溯码/秒", "codes/s", "/codes_per_s"),
        ("延迟 p50 ms", "latency p50 ms", "/latency_ms/p50"),
        ("延迟 p99 ms", "latency p99 ms", "/latency_ms/p99"),
        ("服务端 CPU ms/单据", "server CPU ms/tx", "/server_cpu_ms_per_tx"),
        ("客户端 CPU ms/单据", "client CPU ms/tx", "/client_cpu_ms_per_tx"),
        ("磁盘 字节/单据/节点", "disk bytes/tx/node", "/disk_bytes_per_tx_per_node"),
        ("内存 MiB", "rss MiB", "/rss_mib"),
        ("被拒绝", "rejected", "/rejected"),
        ("错误", "errors", "/errors"),
    ];
    let value = |path: &str| json.pointer(path).and_then(serde_json::Value::as_f64).unwrap_or_default();
    let text = rows.iter().map(|(zh, en, path)| format!("{:<24}{:.2}\n", console.pick(zh, en), value(path))).collect();
    Report::done(json, text)
}

impl Shape {
    /// Codes of one bill.
    fn codes(self) -> u64 {
        match self {
            Shape::Bill(codes) => codes.into(),
            Shape::Commission => workload::COMMISSION_CODES,
        }
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Shape::Bill(codes) if *codes == 1 => f.write_str("transfer"),
            Shape::Bill(codes) => write!(f, "bill:{codes}"),
            Shape::Commission => f.write_str("commission"),
        }
    }
}
