//! A consortium of real processes, and the few verbs that stories are written in.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Condvar, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Patience with a loaded machine; nothing is asserted about time.
const PATIENCE: Duration = Duration::from_secs(120);

/// A wait that is told of in a story's output, for whoever asks where its time goes.
const WORTH_TELLING: Duration = Duration::from_secs(1);

/// The binary under test.
pub(crate) const BENCAO: &str = env!("CARGO_BIN_EXE_bencao");

/// Whether a consortium runs. One at a time: five processes are enough for a small machine.
static TAKEN: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());

/// Leave to run a consortium; given back when dropped.
struct Turn;

impl Turn {
    fn take() -> Turn {
        let guard = TAKEN.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = TAKEN.1.wait_while(guard, |taken| *taken).unwrap_or_else(PoisonError::into_inner);
        *taken = true;
        Turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *TAKEN.0.lock().unwrap_or_else(PoisonError::into_inner) = false;
        TAKEN.1.notify_one();
    }
}

/// Room that a story in memory has at least, KiB.
const ROOM_KIB: u64 = 2 << 20;

/// A folder for a consortium: in memory where there is room, since nodes wait for the disk thousands of times and a loaded
/// machine's disk is what takes a story's time. A SIGKILL leaves the same files there; power cuts are the simulator's.
/// `TMPDIR`, and stories of a size of their own, say otherwise.
pub(crate) fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let asked = ["TMPDIR", "BENCAO_STORY_UNITS"].iter().any(|name| std::env::var_os(name).is_some());
    let folder = if !asked && room_kib(memory).is_some_and(|kib| kib >= ROOM_KIB) {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    folder.expect("a temporary folder")
}

/// What may be written to a folder in memory: its own limit, or half of what the machine can spare.
fn room_kib(folder: &Path) -> Option<u64> {
    let df = Command::new("df").arg("-Pk").arg(folder).stdin(Stdio::null()).output().ok()?;
    let table = String::from_utf8(df.stdout).ok()?;
    let free: u64 = table.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    let memory = std::fs::read_to_string("/proc/meminfo").ok()?;
    let spare = memory.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let spare: u64 = spare.trim().trim_end_matches(" kB").parse().ok()?;
    Some(free.min(spare / 2))
}

/// A testnet of processes. Kills what it started when dropped.
pub(crate) struct Consortium {
    _turn: Turn,
    folder: tempfile::TempDir,
    description: Value,
    processes: Vec<Option<Child>>,
}

/// A member that signs bills.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Place in `testnet.json`.
    pub(crate) place: usize,
    /// 统一社会信用代码
    pub(crate) uscc: String,
    /// Key that signs bills.
    pub(crate) key: String,
    /// Key that releases, if it has one.
    pub(crate) release_key: Option<String>,
    /// Key of its administrator.
    pub(crate) admin_key: Option<String>,
    /// Where the passphrase is.
    pub(crate) passphrase_file: String,
}

/// A member's opened key: signs bills in this process, through `prepare` → sign → `submit`, as an HSM's owner would.
pub(crate) struct Hand {
    uscc: String,
    key: bencao_crypto::SigningKey,
}

/// What a command said.
pub(crate) struct Said {
    /// Exit code.
    pub(crate) code: i32,
    /// The one JSON value on stdout.
    pub(crate) json: Value,
}

impl Consortium {
    /// Writes a testnet and starts all of it.
    pub(crate) fn start(validators: usize, observers: usize) -> Consortium {
        let mut all = Consortium::prepare(validators, observers, &[]);
        all.start_all();
        all
    }

    /// Writes a testnet and starts nothing yet. `more` are further arguments of `testnet`.
    pub(crate) fn prepare(validators: usize, observers: usize, more: &[&str]) -> Consortium {
        let folder = scratch();
        let dir = folder.path().join("net");
        let out = Command::new(BENCAO)
            .args(["testnet", "--validators", &validators.to_string(), "--observers", &observers.to_string(), "--dir"])
            .arg(&dir)
            .args(["--products"])
            .arg(demo_file("products.json"))
            .args(more)
            .stdin(Stdio::null())
            .output()
            .expect("the command runs");
        assert!(out.status.success(), "testnet: {}", String::from_utf8_lossy(&out.stderr));
        let text = std::fs::read_to_string(dir.join("testnet.json")).expect("testnet.json");
        Consortium::assemble(folder, serde_json::from_str(&text).expect("testnet.json is JSON"))
    }

    /// Homes that a story has made, described as in `testnet.json`; starts nothing yet.
    pub(crate) fn assemble(folder: tempfile::TempDir, description: Value) -> Consortium {
        let turn = Turn::take();
        let count = description["nodes"].as_array().expect("nodes").len();
        Consortium { _turn: turn, folder, description, processes: (0..count).map(|_| None).collect() }
    }

    /// Starts every node and waits until all are ready.
    pub(crate) fn start_all(&mut self) {
        (0..self.len()).for_each(|n| self.start_node(n));
        (0..self.len()).for_each(|n| self.await_ready(n));
    }

    /// Starts (again) one node; does not wait. `BENCAO_CRYPTO_PATH` says by which code it verifies, in any story.
    pub(crate) fn start_node(&mut self, n: usize) {
        self.start_node_on(n, std::env::var("BENCAO_CRYPTO_PATH").ok().as_deref());
    }

    /// The same with `--crypto-path`.
    pub(crate) fn start_node_on(&mut self, n: usize, path: Option<&str>) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log_of(n)).expect("log file");
        let child = Command::new(BENCAO)
            .arg("--home")
            .arg(self.node(n, "home"))
            .arg("start")
            .args(path.map(|path| format!("--crypto-path={path}")))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the node starts");
        self.processes[n] = Some(child);
    }

    /// What a node has logged.
    pub(crate) fn log(&self, n: usize) -> String {
        std::fs::read_to_string(self.log_of(n)).unwrap_or_default()
    }

    /// SIGHUP: read certificates again.
    pub(crate) fn hang_up(&self, n: usize) {
        let pid = self.processes[n].as_ref().expect("runs").id().to_string();
        let sent = Command::new("kill").args(["-HUP", &pid]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// A file of a node's home.
    pub(crate) fn home_file(&self, n: usize, name: &str) -> PathBuf {
        Path::new(&self.node(n, "home")).join(name)
    }

    /// From its next start on a node believes that it is so many seconds later than it is.
    pub(crate) fn move_clock(&self, n: usize, offset_s: i64) {
        let path = self.home_file(n, "config.toml");
        let text = std::fs::read_to_string(&path).expect("a configuration");
        let line = format!("clock_offset_s = {offset_s}");
        let moved = match text.lines().find(|l| l.starts_with("clock_offset_s")) {
            Some(earlier) => text.replacen(earlier, &line, 1),
            None => text.replacen("[keys]", &format!("[testing]\n{line}\n\n[keys]"), 1),
        };
        assert!(moved.contains(&line), "{text}");
        std::fs::write(&path, moved).expect("a configuration");
    }

    fn log_of(&self, n: usize) -> PathBuf {
        self.folder.path().join(format!("node{n}.log"))
    }

    /// SIGKILL, as a power cut would.
    pub(crate) fn kill(&mut self, n: usize) {
        let mut child = self.processes[n].take().expect("runs");
        child.kill().expect("is ours");
        child.wait().expect("is ours");
    }

    /// Waits until a node ends by itself; whether it did so without an error.
    pub(crate) fn await_exit(&mut self, n: usize) -> bool {
        let mut child = self.processes[n].take().expect("runs");
        let mut ended = None;
        self.eventually(&format!("node{n} ends"), || {
            ended = child.try_wait().expect("is ours");
            ended.is_some()
        });
        ended.expect("it ended").success()
    }

    /// Process ids of the running nodes.
    pub(crate) fn pids(&self) -> Vec<u32> {
        self.processes.iter().flatten().map(Child::id).collect()
    }

    /// Most memory that any running node has had, and most disk that any node's data takes, in MiB.
    pub(crate) fn footprint(&self) -> (u64, u64) {
        let memory = |pid: u32| {
            let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            peak.and_then(|kib| kib.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or_default() >> 10
        };
        let disk = |n: usize| bytes_below(&self.home_file(n, "data")) >> 20;
        let most = |all: Vec<u64>| all.into_iter().max().unwrap_or_default();
        (most(self.pids().into_iter().map(memory).collect()), most((0..self.len()).map(disk).collect()))
    }

    /// Number of nodes.
    pub(crate) fn len(&self) -> usize {
        self.processes.len()
    }

    /// A field of a node in `testnet.json`.
    pub(crate) fn node(&self, n: usize, field: &str) -> String {
        self.description["nodes"][n][field].as_str().expect("a text field").to_owned()
    }

    /// Path of `genesis.json`.
    pub(crate) fn genesis(&self) -> String {
        self.description["genesis"].as_str().expect("genesis").to_owned()
    }

    /// A folder for a story's files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The member with this name.
    pub(crate) fn member(&self, name: &str) -> Member {
        let all = self.description["members"].as_array().expect("members");
        let place = all.iter().position(|m| m["name"] == name).unwrap_or_else(|| panic!("no member {name}"));
        let m = &all[place];
        let text = |f: &str| m[f].as_str().map(str::to_owned);
        Member {
            place,
            uscc: text("uscc").expect("uscc"),
            key: text("key").expect("key"),
            release_key: text("release_key"),
            admin_key: text("admin_key"),
            passphrase_file: text("passphrase_file").expect("passphrase_file"),
        }
    }

    /// Waits until the node is at the tip and accepts bills.
    pub(crate) fn await_ready(&self, n: usize) {
        self.eventually(&format!("node{n} is ready"), || {
            get(&self.node(n, "api"), "/readyz").is_some_and(|r| r.0 == 200)
        });
    }

    /// Polls until `condition` holds; on failure shows the nodes' last log lines.
    pub(crate) fn eventually(&self, what: &str, mut condition: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !condition() {
            if begun.elapsed() > PATIENCE {
                panic!("gave up waiting: {what}\n{}", self.last_words());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        if begun.elapsed() > WORTH_TELLING {
            eprintln!("{what}: after {} ms", begun.elapsed().as_millis());
        }
    }

    fn last_words(&self) -> String {
        let tail = |n: usize| {
            let log = std::fs::read_to_string(self.log_of(n)).unwrap_or_default();
            let lines: Vec<&str> = log.lines().rev().take(15).collect();
            format!("--- node{n}\n{}", lines.into_iter().rev().collect::<Vec<_>>().join("\n"))
        };
        (0..self.len()).map(tail).collect::<Vec<_>>().join("\n")
    }

    /// A JSON answer of a node's API, which must be 200.
    pub(crate) fn read(&self, n: usize, path: &str) -> Value {
        let (status, body) = get(&self.node(n, "api"), path).unwrap_or_else(|| panic!("node{n} does not answer"));
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).expect("JSON")
    }

    /// A block of a node, once the node has it: nodes get there one after another.
    pub(crate) fn block(&self, n: usize, height: u64) -> Value {
        let path = format!("/v1/blocks/{height}");
        let mut found = None;
        self.eventually(&format!("node{n} has block {height}"), || {
            found = get(&self.node(n, "api"), &path).filter(|(status, _)| *status == 200);
            found.is_some()
        });
        serde_json::from_str(&found.expect("it has").1).expect("JSON")
    }

    /// Height of a node, if it answers.
    pub(crate) fn height(&self, n: usize) -> Option<u64> {
        let (status, body) = get(&self.node(n, "api"), "/v1/status")?;
        let json: Value = serde_json::from_str(&body).ok()?;
        (status == 200).then(|| json["height"].as_u64()).flatten()
    }

    /// Runs any other command.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        bencao(arguments)
    }

    /// Opens a member's key for bills.
    pub(crate) fn hand(&self, member: &Member) -> Hand {
        open_hand(member, &member.key)
    }

    /// Opens the key of a member's administrator.
    pub(crate) fn administrator(&self, member: &Member) -> Hand {
        open_hand(member, member.admin_key.as_ref().expect("a member with an administrator"))
    }

    /// Adds a node that a story has made, in the form of `testnet.json`. Its number.
    pub(crate) fn add_node(&mut self, node: Value) -> usize {
        self.description["nodes"].as_array_mut().expect("nodes").push(node);
        self.processes.push(None);
        self.processes.len() - 1
    }

    /// Address for other nodes and key of each node, as `init` takes them for peers.
    pub(crate) fn as_peers(&self, nodes: impl IntoIterator<Item = usize>) -> Vec<String> {
        let peer = |n: usize| {
            let key = std::fs::read(self.home_file(n, "certificate.pem")).expect("a certificate");
            let chain = bencao_crypto::x509::Certificate::chain_from_pem(&String::from_utf8_lossy(&key));
            let key = *chain.expect("a certificate chain")[0].key();
            format!("{},{key},{}", self.node(n, "name"), self.node(n, "p2p"))
        };
        nodes.into_iter().map(peer).collect()
    }

    /// Opens a member's key for release.
    pub(crate) fn releasing_hand(&self, member: &Member) -> Hand {
        open_hand(member, member.release_key.as_ref().expect("a releasing member"))
    }

    /// Prepares, signs and submits one bill. `Ok` is the transaction id of an accepted bill; `Err` an answer that promises
    /// nothing, or no answer.
    pub(crate) fn submit(&self, node: usize, hand: &Hand, number: &str, operation: &Value) -> Result<String, Value> {
        self.submit_signed(node, hand, hand, number, operation)
    }

    /// The same in the name of `hand`, with a signature by the key of `signer`.
    pub(crate) fn submit_signed(
        &self,
        node: usize,
        hand: &Hand,
        signer: &Hand,
        number: &str,
        operation: &Value,
    ) -> Result<String, Value> {
        let base = self.node(node, "api");
        let request = serde_json::json!({
            "principal": hand.uscc, "key_id": hand.key.public().id().to_string(), "document_no": number, "operation": operation,
        });
        let prepared = post(&base, "/v1/transactions/prepare", &request)?;
        let message = hex::decode(prepared["sign_message"].as_str().expect("sign_message")).expect("hexadecimal");
        let signature = hex::encode(signer.key.sign(&message).0);
        let signed = serde_json::json!({"body": prepared["body"], "signature": signature});
        let accepted = post(&base, "/v1/transactions", &signed)?;
        assert_eq!(accepted["transaction_id"], prepared["transaction_id"]);
        Ok(accepted["transaction_id"].as_str().expect("an id").to_owned())
    }

    /// [`Consortium::submit`], and waits until it is applied. The height.
    pub(crate) fn settle(&self, node: usize, hand: &Hand, number: &str, operation: &Value) -> u64 {
        let mut sent = self.submit(node, hand, number, operation);
        // Busy, or the one answer that got lost: the same bill again is the same bill.
        self.eventually(&format!("{number} is taken"), || {
            if let Err(why) = &sent
                && why["name"] != "busy"
            {
                assert!(why.is_null(), "{number}: {why}");
            }
            if sent.is_err() {
                sent = self.submit(node, hand, number, operation);
            }
            sent.is_ok()
        });
        let receipt = self.read(node, &format!("/v1/transactions/{}?wait=60s", sent.expect("taken")));
        assert_eq!(receipt["status"], "applied", "{number}: {receipt}");
        receipt["height"].as_u64().expect("a height")
    }

    /// Asserts that all running nodes have the same block and results at `height`.
    pub(crate) fn assert_same_at(&self, height: u64) {
        let running: Vec<usize> = (0..self.len()).filter(|n| self.processes[*n].is_some()).collect();
        let answers: Vec<(Value, Value)> = running
            .iter()
            .map(|n| {
                let block = self.block(*n, height);
                (block["id"].clone(), block["state_root"].clone())
            })
            .collect();
        assert!(answers[0].0.is_string() && answers[0].1.is_string(), "{answers:?}");
        assert!(answers.iter().all(|a| *a == answers[0]), "height {height}: {answers:?}");
    }

    /// Waits until all running nodes are at `height` or above.
    pub(crate) fn await_height(&self, height: u64) {
        for n in (0..self.len()).filter(|n| self.processes[*n].is_some()) {
            self.eventually(&format!("node{n} at height {height}"), || self.height(n).is_some_and(|h| h >= height));
        }
    }
}

impl Drop for Consortium {
    fn drop(&mut self) {
        for child in self.processes.iter_mut().flatten() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Bytes of the files below a folder; of files that go while it looks, none.
fn bytes_below(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(about) if about.is_dir() => bytes_below(&entry.path()),
        Ok(about) => about.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}

fn open_hand(member: &Member, key: &str) -> Hand {
    Hand { uscc: member.uscc.clone(), key: open_key(Path::new(key), Path::new(&member.passphrase_file)) }
}

/// Runs a command that needs no node.
pub(crate) fn bencao(arguments: &[&str]) -> Said {
    let mut command = Command::new(BENCAO);
    command.args(["--output", "json", "--lang", "en"]).args(arguments);
    said(&command.stdin(Stdio::null()).output().expect("the command runs"))
}

/// What a command that needs no node says to people, with its exit code.
pub(crate) fn speak(lang: &str, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(BENCAO);
    command.args(["--lang", lang]).args(arguments);
    let output = command.stdin(Stdio::null()).output().expect("the command runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8(text).expect("UTF-8"))
}

/// Runs a command that goes on; killed when dropped.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(arguments: &[&str], log: &Path) -> Process {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log).expect("log file");
        let mut command = Command::new(BENCAO);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        Process(command.spawn().expect("the process starts"))
    }
}

/// Opens a key file with the passphrase in another file.
pub(crate) fn open_key(file: &Path, passphrase: &Path) -> bencao_crypto::SigningKey {
    let passphrase = bencao_crypto::keyfile::Passphrase::new(std::fs::read(passphrase).expect("passphrase"));
    let file = std::fs::read(file).expect("key file");
    bencao_crypto::keyfile::open(&file, Some(&passphrase.expect("a passphrase"))).expect("the key opens")
}

/// Writes a key file under the passphrase in another file, as cheap to open as those of a testnet.
pub(crate) fn seal_key(key: &bencao_crypto::SigningKey, file: &Path, passphrase: &Path) {
    use bencao_crypto::keyfile::{Form, Passphrase, Sealing, seal_pem};
    use std::io::Write;
    let passphrase = Passphrase::new(std::fs::read(passphrase).expect("passphrase")).expect("a passphrase");
    let sealing = Sealing::random(Form::National, 10_000).expect("randomness");
    let pem = seal_pem(key, &passphrase, &sealing).expect("a key file");
    let mut options = std::fs::OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::mode(options.write(true).create_new(true), 0o600);
    options.open(file).and_then(|mut file| file.write_all(pem.as_bytes())).expect("a key file");
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Different loopback ports that are free now.
pub(crate) fn free_ports(count: usize) -> Vec<String> {
    let bind = || std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let held: Vec<std::net::TcpListener> = (0..count).map(|_| bind()).collect();
    held.iter().map(|l| l.local_addr().expect("an address").to_string()).collect()
}

fn said(out: &Output) -> Said {
    let text = String::from_utf8_lossy(&out.stdout);
    let json = serde_json::from_str(&text).unwrap_or_else(|e| {
        panic!("stdout is not one JSON value ({e}): {text}\n{}", String::from_utf8_lossy(&out.stderr))
    });
    Said { code: out.status.code().expect("not killed"), json }
}

/// One for all questions, which keeps connections.
static AGENT: LazyLock<ureq::Agent> = LazyLock::new(|| {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    config.timeout_global(Some(Duration::from_secs(90))).build().into()
});

/// Status and body of a GET, `None` if nobody answers.
pub(crate) fn get(base: &str, path: &str) -> Option<(u16, String)> {
    let ask = || {
        let mut answer = AGENT.get(format!("{base}{path}")).call().ok()?;
        Some((answer.status().as_u16(), answer.body_mut().read_to_string().ok()?))
    };
    // A connection that was kept may be that of a node which has gone since.
    ask().or_else(ask)
}

/// The data of server-sent events, as long as the stream lives.
pub(crate) fn stream(base: &str, path: &str) -> impl Iterator<Item = Value> + use<> {
    use std::io::BufRead;
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_recv_body(Some(PATIENCE)).build().into();
    let answer = agent.get(format!("{base}{path}")).call().expect("a stream");
    let lines = std::io::BufReader::new(answer.into_body().into_reader()).lines();
    let data = |line: String| line.strip_prefix("data:").and_then(|text| serde_json::from_str(text).ok());
    lines.map_while(Result::ok).filter_map(data)
}

/// The JSON answer of a POST with a status below 300; else the error object, or null if nobody answers.
pub(crate) fn post(base: &str, path: &str, body: &Value) -> Result<Value, Value> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into();
    let sent = agent.post(format!("{base}{path}")).send_json(body);
    let mut answer = sent.map_err(|_| Value::Null)?;
    let status = answer.status().as_u16();
    let json: Value = answer.body_mut().read_json().map_err(|_| Value::Null)?;
    if status < 300 { Ok(json) } else { Err(json) }
}

/// A commission of one new unit of the demo's product: a bill that can always be applied.
pub(crate) fn one_unit(product: &str, prefix: &str, batch: &str, serial: u64) -> Value {
    serde_json::json!({
        "type": "commission", "product_id": product, "batch_no": batch, "made_on": "2026-10-24", "expires_on": "2028-10-23",
        "declared_units": 1_000_000, "units": [{"code": format!("{prefix}{serial:013}"), "level": 1}],
    })
}

/// A file of the repository's `demo` folder.
pub(crate) fn demo_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo").join(name)
}

/// The first product of the demo's file and the prefix of its smallest package.
pub(crate) fn demo_product() -> (String, String) {
    let text = std::fs::read_to_string(demo_file("products.json")).expect("demo/products.json");
    let products: Value = serde_json::from_str(&text).expect("JSON");
    let packages = products[0]["packages"].as_array().expect("packages");
    let smallest = packages.iter().find(|p| p["level"] == 1).expect("a smallest package");
    let text = |v: &Value| v.as_str().expect("text").to_owned();
    (text(&products[0]["id"]), text(&smallest["prefix"]))
}
