//! `bencao demo`: from a production line to a patient's hand, on this machine, by commands that anybody could type.
//!
//! Everything happens in processes of this program: nodes are `bencao start`, every step is a `bencao` command, printed
//! before it runs. Figures are read from the nodes' API. The files of `demo/` decide what happens.

mod stage;

use crate::args::DemoArgs;
use crate::console::Console;
use crate::failure::{Exit, Failure, Report};
use crate::network::Network;
use bencao_client::api::Status;
use serde_json::{Value, json};
use stage::Stage;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const VALIDATORS: usize = 4;
const OBSERVER: usize = 4;
/// The validator that is killed.
const VICTIM: usize = 3;
/// Bills that must be through before it is killed, so that it dies at work.
const BILLS_BEFORE_KILL: u64 = 5;
/// How long nodes may take to start, and to catch up.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn run(console: &Console, args: &DemoArgs) -> Result<Report, Failure> {
    let begun = Instant::now();
    let files = check_files(&args.files)?;
    let scratch = Scratch::new(args.keep.as_deref())?;
    let mut story = Story { stage: Stage::new(console)?, files, dir: scratch.path.clone(), refused_at: 0 };
    let mut network = story.found()?;
    let outcome = story.play(&mut network);
    let summary = match outcome {
        Ok(summary) => summary,
        Err(failure) => {
            scratch.keep();
            let shown = scratch.path.display();
            console.note(&format!("日志保留在 {shown}"), &format!("logs are left in {shown}"));
            return Err(failure);
        }
    };
    let mut text = table(console, &summary);
    if args.keep.is_some() {
        text += &curl_lines(console, &network, &story.traced()?, story.refused_at);
        network.leave_running();
        scratch.keep();
    } else {
        story.stage.heading("停止全部节点", "stop all nodes");
        network.stop()?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    text += &format!("{} {seconds:.1} s\n", console.pick("全部步骤成立，用时", "every step held, in"));
    let json = json!({ "held": true, "seconds": seconds, "steps": story.stage.steps, "summary": summary });
    Ok(Report { json, text, exit: Exit::Done })
}

const FILES: [&str; 13] = [
    "products.json",
    "relation-ganmao.xml",
    "relation-amoxicillin.xml",
    "ship-to-wholesaler.csv",
    "receive-at-wholesaler.csv",
    "ship-to-pharmacy.csv",
    "ship-to-hospital.json",
    "receive-at-pharmacy.csv",
    "receive-at-hospital.csv",
    "sell-at-pharmacy.csv",
    "use-at-hospital.csv",
    "second-sale.csv",
    "sales-at-night.csv",
];

fn check_files(dir: &Path) -> Result<PathBuf, Failure> {
    let missing = FILES.iter().find(|name| !dir.join(name).is_file());
    match missing {
        None => Ok(dir.to_path_buf()),
        Some(name) => {
            let shown = dir.join(name);
            let shown = shown.display();
            Err(Failure::input(
                format!("找不到 {shown}；请在仓库根目录运行，或用 --files 指定 demo 目录"),
                format!("{shown} is missing; run from the repository's root, or name the folder with --files"),
            ))
        }
    }
}

/// The folder of the network: removed at the end, unless it is to be kept.
struct Scratch {
    path: PathBuf,
    remove: std::cell::Cell<bool>,
}

impl Scratch {
    fn new(keep: Option<&Path>) -> Result<Scratch, Failure> {
        let path = match keep {
            Some(path) => path.to_path_buf(),
            None => std::env::temp_dir().join(format!("bencao-demo-{}", std::process::id())),
        };
        Ok(Scratch { path, remove: std::cell::Cell::new(keep.is_none()) })
    }

    fn keep(&self) {
        self.remove.set(false);
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.remove.get() {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

struct Story<'a> {
    stage: Stage<'a>,
    files: PathBuf,
    dir: PathBuf,
    /// Height of the second sale.
    refused_at: u64,
}

impl Story<'_> {
    fn file(&self, name: &str) -> String {
        self.files.join(name).display().to_string()
    }

    /// Writes the homes and starts all nodes.
    fn found(&mut self) -> Result<Network, Failure> {
        self.stage
            .heading("创建联盟：4 个验证节点、1 个观察节点", "found a consortium: four validators and an observer");
        let (dir, products) = (self.dir.display().to_string(), self.file("products.json"));
        let arguments = ["testnet", "--validators", "4", "--observers", "1", "--dir", &dir, "--products", &products];
        self.stage.command(&arguments, Exit::Done)?;
        let mut network = Network::open(&self.dir)?;
        self.stage.heading("启动 5 个节点进程", "start five node processes");
        for index in 0..network.file.nodes.len() {
            self.start(&mut network, index)?;
        }
        for index in 0..network.file.nodes.len() {
            network.wait_for(index, PATIENCE, "ready", |s| s.ready)?;
        }
        Ok(network)
    }

    fn start(&self, network: &mut Network, index: usize) -> Result<(), Failure> {
        let home = network.file.nodes[index].home.display().to_string();
        self.stage.show(&["start", "--home", &home]);
        network.start(index)
    }

    fn play(&mut self, network: &mut Network) -> Result<Value, Failure> {
        self.produce(network)?;
        self.distribute(network)?;
        self.use_up(network)?;
        self.second_sale(network)?;
        self.night(network)?;
        self.prove(network)?;
        self.stage.heading("比对 5 个节点的状态根", "compare the state roots of all five nodes");
        self.summary(network)
    }

    fn produce(&mut self, network: &Network) -> Result<(), Failure> {
        self.stage
            .heading("药品上市许可持有人：激活两批追溯码并放行", "the holder activates two batches and releases them");
        for relation in ["relation-ganmao.xml", "relation-amoxicillin.xml"] {
            let file = self.file(relation);
            let sent = self.tx(network, "producer", 0, &["tx", "commission", &file], Exit::Done)?;
            self.stage.say_sent(&sent);
            for (product, batch, units) in batches(Path::new(&file))? {
                let release = ["tx", "release", "--product", &product, "--batch", &batch, "--units", &units];
                let sent = self.tx(network, "producer", 0, &release, Exit::Done)?;
                self.stage.say_sent(&sent);
            }
        }
        Ok(())
    }

    fn submit(&mut self, network: &Network, member: &str, node: usize, file: &str) -> Result<Value, Failure> {
        let file = self.file(file);
        let sent = self.tx(network, member, node, &["tx", "submit", &file], Exit::Done)?;
        self.stage.say_sent(&sent);
        Ok(sent)
    }

    fn distribute(&mut self, network: &Network) -> Result<(), Failure> {
        self.stage.heading("生产企业 → 批发企业 → 药店、医院", "producer → wholesaler → pharmacy and hospital");
        for (member, node, file) in [
            ("producer", 0, "ship-to-wholesaler.csv"),
            ("wholesaler", 1, "receive-at-wholesaler.csv"),
            ("wholesaler", 1, "ship-to-pharmacy.csv"),
            ("wholesaler", 1, "ship-to-hospital.json"),
            ("pharmacy", 2, "receive-at-pharmacy.csv"),
            ("hospital", 3, "receive-at-hospital.csv"),
        ] {
            self.submit(network, member, node, file)?;
        }
        Ok(())
    }

    fn use_up(&mut self, network: &Network) -> Result<(), Failure> {
        self.stage.heading("药店售出、医院使用", "the pharmacy sells, the hospital uses");
        self.submit(network, "pharmacy", 2, "sell-at-pharmacy.csv")?;
        self.submit(network, "hospital", 3, "use-at-hospital.csv")?;
        Ok(())
    }

    fn second_sale(&mut self, network: &mut Network) -> Result<(), Failure> {
        self.stage.heading(
            "药店试图售出医院已使用的一盒：应被拒绝并预警",
            "a pharmacy tries to sell a box that the hospital used: refused, with an alarm",
        );
        let alarms = network.client(OBSERVER)?.status()?.totals.alarms;
        let file = self.file("second-sale.csv");
        let sent = self.tx(network, "pharmacy", 2, &["tx", "submit", &file], Exit::Rejected)?;
        let name = sent.pointer("/bills/0/error/name").and_then(Value::as_str).unwrap_or_default();
        self.stage.expect(name == "already_dispensed", &format!("rejected with already_dispensed, got {name:?}"))?;
        self.refused_at = sent.pointer("/bills/0/height").and_then(Value::as_u64).unwrap_or_default();
        self.stage.say_sent(&sent);
        network.wait_for(OBSERVER, PATIENCE, "alarmed", |s| s.totals.alarms > alarms)?;
        self.stage.held("监管观察节点已记录预警", "the regulator's observer has the alarm on record");
        Ok(())
    }

    /// One validator dies while bills flow, and comes back.
    fn night(&mut self, network: &mut Network) -> Result<(), Failure> {
        let victim = network.file.nodes[VICTIM].name.clone();
        self.stage.heading(
            &format!("单据持续提交时用 SIGKILL 杀掉 {victim}，再重启"),
            &format!("kill {victim} with SIGKILL while bills keep flowing, then restart it"),
        );
        let file = self.file("sales-at-night.csv");
        let before = network.client(0)?.status()?.totals.applied;
        let arguments = self.arguments(network, "pharmacy", 0, &["tx", "submit", &file])?;
        let flowing = self.stage.begin(&arguments)?;
        network.wait_for(0, PATIENCE, "at work", |s| s.totals.applied >= before + BILLS_BEFORE_KILL)?;
        network.kill(VICTIM)?;
        self.stage.held(&format!("{victim} 已被杀掉"), &format!("{victim} is dead"));
        let sent = self.stage.finish(flowing, Exit::Done)?;
        self.stage.say_sent(&sent);
        self.start(network, VICTIM)?;
        let tip = network.client(0)?.status()?.height;
        network.wait_for(VICTIM, PATIENCE, "caught up", |s| s.ready && s.height >= tip)?;
        self.stage.held(&format!("{victim} 已追上"), &format!("{victim} has caught up"));
        Ok(())
    }

    /// The code that the proof is about: the one that was sold twice.
    fn traced(&self) -> Result<String, Failure> {
        let documents = bencao_client::documents::read(&self.files.join("second-sale.csv"))?;
        Ok(documents.movements[0].trace_codes[0].code.clone())
    }

    fn prove(&mut self, network: &Network) -> Result<(), Failure> {
        self.stage.heading(
            "观察节点追溯一盒药并出具证明，离线验证",
            "the observer traces a box and writes a proof, which verifies offline",
        );
        let code = self.traced()?;
        let proof = self.dir.join("proof.bin");
        let (path, node) = (proof.display().to_string(), network.file.nodes[OBSERVER].api.clone());
        let view = self.stage.command(&["trace", &code, "--proof", &path, "--node", &node], Exit::Done)?;
        let events = view.get("history").and_then(Value::as_array).map_or(0, Vec::len);
        let verdict = view.get("verdict_zh").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.stage.held(
            &format!("{code} {verdict}，{events} 个事件"),
            &format!("{code}: {events} events, {}", view["verdict"]),
        );
        let genesis = network.file.genesis.display().to_string();
        let verified = self.stage.command(&["verify", &path, "--genesis", &genesis], Exit::Done)?;
        self.stage.expect(verified["verified"] == true, "the proof verifies")?;
        let checks = verified.get("checks").and_then(Value::as_array).map_or(0, Vec::len);
        self.stage.held(&format!("证明成立：{checks} 项检查"), &format!("the proof holds: {checks} checks"));
        self.tampered(&proof, &genesis)
    }

    /// The same proof with one bit changed.
    fn tampered(&mut self, proof: &Path, genesis: &str) -> Result<(), Failure> {
        let mut bytes = std::fs::read(proof).map_err(|e| Failure::file(proof, &e))?;
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let path = self.dir.join("proof-tampered.bin");
        std::fs::write(&path, bytes).map_err(|e| Failure::file(&path, &e))?;
        let shown = path.display().to_string();
        let refuted = self.stage.command(&["verify", &shown, "--genesis", genesis], Exit::Unverified)?;
        let check = refuted.pointer("/checks/0/name").and_then(Value::as_str).unwrap_or_default();
        self.stage
            .held(&format!("改动一位后验证失败：{check}"), &format!("with one bit changed it is refused: {check}"));
        Ok(())
    }

    /// Figures of the API, and the same root at the same height on every node.
    fn summary(&mut self, network: &mut Network) -> Result<Value, Failure> {
        let height = network.client(0)?.status()?.height;
        let mut roots = Vec::new();
        for index in 0..network.file.nodes.len() {
            network.wait_for(index, PATIENCE, "at the common height", |s| s.height >= height)?;
            roots.push(network.client(index)?.block(height)?.state_root);
        }
        let equal = roots.iter().all(|root| *root == roots[0]);
        self.stage.expect(equal, &format!("equal roots at height {height}: {roots:?}"))?;
        let statuses =
            (0..VALIDATORS).map(|i| Ok(network.client(i)?.status()?)).collect::<Result<Vec<Status>, Failure>>()?;
        let totals = statuses[0].totals;
        let worst = |of: fn(&bencao_client::api::FinalityTimes) -> f64| {
            statuses.iter().filter_map(|s| s.finality_ms.as_ref()).map(of).fold(0.0, f64::max)
        };
        Ok(json!({
            "blocks": totals.blocks, "bills": totals.transactions, "applied": totals.applied,
            "refused": totals.rejected, "codes": totals.codes, "alarms": totals.alarms,
            "finality_ms": { "p50": worst(|f| f.p50), "p99": worst(|f| f.p99) },
            "height": height, "state_root": roots[0], "nodes_with_equal_root": roots.len(),
        }))
    }

    fn tx(
        &mut self,
        network: &Network,
        member: &str,
        node: usize,
        command: &[&str],
        expected: Exit,
    ) -> Result<Value, Failure> {
        let arguments = self.arguments(network, member, node, command)?;
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.stage.command(&arguments, expected)
    }

    /// A `tx` command of a member, sent to one node and, should that fail, the next.
    fn arguments(
        &self,
        network: &Network,
        member: &str,
        node: usize,
        command: &[&str],
    ) -> Result<Vec<String>, Failure> {
        let member = network.member(member)?;
        let key = match (command[1], &member.release_key) {
            ("release", Some(key)) => key,
            _ => &member.key,
        };
        let nodes = network.addresses_from(node);
        let mut arguments: Vec<String> = command.iter().map(|s| (*s).to_string()).collect();
        arguments.extend(["--node".into(), nodes[0].clone(), "--node".into(), nodes[1].clone()]);
        arguments.extend(["--key".into(), key.display().to_string()]);
        if let Some(file) = &member.passphrase_file {
            arguments.extend(["--passphrase-file".into(), file.display().to_string()]);
        }
        Ok(arguments)
    }
}

/// Product, batch and number of smallest units of a Relation XML, as a person would read them off it.
fn batches(file: &Path) -> Result<Vec<(String, String, String)>, Failure> {
    let source = std::fs::File::open(file).map_err(|e| Failure::file(file, &e))?;
    let counted = bencao_client::relation::Commission::scan(&file.display().to_string(), source)?;
    let row = |b: &bencao_client::relation::Batch| {
        (b.header.product_id.clone(), b.header.batch_no.clone(), b.levels[0].to_string())
    };
    Ok(counted.batches().iter().map(row).collect())
}

fn table(console: &Console, summary: &Value) -> String {
    let value = |path: &str| match summary.pointer(path) {
        Some(Value::String(text)) => text.chars().take(16).collect::<String>() + "…",
        Some(Value::Number(number)) if number.is_f64() => format!("{:.0} ms", number.as_f64().unwrap_or_default()),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let rows = [
        ("区块", "blocks", "/blocks"),
        ("单据", "bills", "/bills"),
        ("追溯码", "codes", "/codes"),
        ("被拒绝", "refused", "/refused"),
        ("预警", "alarms", "/alarms"),
        ("最终确认 p50", "finality p50", "/finality_ms/p50"),
        ("最终确认 p99", "finality p99", "/finality_ms/p99"),
        ("状态根", "state root", "/state_root"),
        ("状态根一致的节点", "nodes with this root", "/nodes_with_equal_root"),
    ];
    let line = "─".repeat(44);
    let row = |(zh, en, path): &(&str, &str, &str)| {
        let name = console.pick(zh, en);
        // Chinese characters are twice as wide.
        let width: usize = name.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
        format!("  {name}{}{}\n", " ".repeat(22_usize.saturating_sub(width)), value(path))
    };
    let rows: String = rows.iter().map(row).collect();
    format!("{line}\n{rows}{line}\n")
}

fn curl_lines(console: &Console, network: &Network, code: &str, height: u64) -> String {
    let api = |i: usize| &network.file.nodes[i].api;
    let pharmacy = network.file.members.iter().find(|m| m.name == "pharmacy").map_or("", |m| m.uscc.as_str());
    let head = console.pick("网络仍在运行，可试：", "the network is running; try:");
    let pids: Vec<String> = network.pids().iter().map(u32::to_string).collect();
    format!(
        "{head}\n  curl {}/v1/status\n  curl {}/v1/codes/{code}\n  curl {}/v1/organisations/{pharmacy}/bills/P-D-1\n  \
         curl {}/v1/blocks/{height}\n  curl -N '{}/v1/events?cursor=0-0-0'\n{} kill {}\n",
        api(0),
        api(OBSERVER),
        api(1),
        api(2),
        api(OBSERVER),
        console.pick("停止：", "to stop it:"),
        pids.join(" ")
    )
}
