//! The command line, as plain values. Commands check them.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// 本草 — drug and TCM traceability on a permissioned ledger.
#[derive(Parser, Debug)]
#[command(
    name = "bencao",
    version,
    about = "本草 — 药品与中药追溯账本 · drug and TCM traceability ledger",
    propagate_version = true
)]
pub(crate) struct Cli {
    /// Node's home folder (for `init`, `start`).
    #[arg(long, global = true, env = "BENCAO_HOME", value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// What goes to standard output.
    #[arg(long, global = true, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
    /// Language of messages; the locale decides by default.
    #[arg(long, global = true, env = "BENCAO_LANG", value_enum)]
    pub(crate) lang: Option<Lang>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// Exactly one JSON value.
    Json,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lang {
    /// 中文
    Zh,
    /// English
    En,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Version, rules and algorithms.
    Version,
    /// Write homes, keys and genesis of a test network.
    Testnet(TestnetArgs),
    /// Write the home of one more node (--home), with fresh keys.
    Init(InitArgs),
    /// What a node says about itself and the chain.
    Status(NodeArgs),
    /// Key files.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Product master data.
    #[command(subcommand)]
    Product(ProductCommand),
    /// Bills: commission, release, movements.
    #[command(subcommand)]
    Tx(TxCommand),
    /// State and history of one trace code, with a proof on request.
    Trace(TraceArgs),
    /// Check a proof file offline, from a genesis file alone.
    Verify(VerifyArgs),
    /// Run the node of --home until SIGTERM.
    #[cfg(feature = "node")]
    Start(StartArgs),
    /// The whole story on this machine: a consortium, real files, a failure, a proof.
    #[cfg(feature = "node")]
    Demo(DemoArgs),
    /// Measure.
    #[cfg(feature = "node")]
    #[command(subcommand)]
    Bench(BenchCommand),
    /// Empty files to fill in.
    #[command(subcommand)]
    Template(TemplateCommand),
    /// Shell completion.
    Completion {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Args, Debug)]
pub(crate) struct TestnetArgs {
    /// Nodes that vote.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) validators: u16,
    /// Nodes that follow and serve queries.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(0..=100))]
    pub(crate) observers: u16,
    /// Folder to write; must be empty or absent.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Products to register, a JSON file (documented in docs/contract.md §6); samples by default.
    #[arg(long, value_name = "FILE")]
    pub(crate) products: Option<PathBuf>,
    /// Name of the chain.
    #[arg(long, default_value = "bencao-testnet")]
    pub(crate) chain_name: String,
}

#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// Genesis file of the chain.
    #[arg(long, value_name = "FILE")]
    pub(crate) genesis: PathBuf,
    /// Name of the node.
    #[arg(long)]
    pub(crate) name: String,
    /// What the node does.
    #[arg(long, default_value = "observer", value_parser = ["validator", "observer", "follower"])]
    pub(crate) kind: String,
    /// Address of the API, on loopback.
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:26657")]
    pub(crate) api: String,
    /// Address for other nodes.
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:26656")]
    pub(crate) p2p: String,
    /// A node to dial: NAME,KEY,ADDRESS; repeated.
    #[arg(long, value_name = "PEER")]
    pub(crate) peer: Vec<String>,
    /// Certificate chain of the node key, if there is one already.
    #[arg(long, value_name = "FILE", conflicts_with = "authority")]
    pub(crate) certificate: Option<PathBuf>,
    /// Folder of a test network's authority, which issues the certificate.
    #[arg(long, value_name = "DIR")]
    pub(crate) authority: Option<PathBuf>,
    /// Organisation named in the certificate.
    #[arg(long, value_name = "USCC", default_value = "bencao testnet")]
    pub(crate) organisation: String,
}

/// Which nodes to ask.
#[derive(Args, Debug, Clone)]
pub(crate) struct NodeArgs {
    /// Node's address; repeated, the next is asked when one is unreachable or busy.
    #[arg(
        long,
        env = "BENCAO_NODE",
        value_name = "URL",
        value_delimiter = ',',
        default_value = "http://127.0.0.1:26657"
    )]
    pub(crate) node: Vec<String>,
}

/// How to sign and send.
#[derive(Args, Debug, Clone)]
pub(crate) struct SignArgs {
    #[command(flatten)]
    pub(crate) node: NodeArgs,
    /// Key file that signs.
    #[arg(long, env = "BENCAO_KEY", value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Organisation in whose name; by default the one of `member.json` beside the key.
    #[arg(long, env = "BENCAO_PRINCIPAL", value_name = "USCC")]
    pub(crate) principal: Option<String>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
    /// How long to wait until each bill is final.
    #[arg(long, default_value = "30s", value_parser = duration)]
    pub(crate) wait: Duration,
}

#[derive(Subcommand, Debug)]
pub(crate) enum ProductCommand {
    /// Register products of a JSON file (documented in docs/contract.md §6).
    Register {
        /// JSON file.
        file: PathBuf,
        #[command(flatten)]
        sign: SignArgs,
    },
}

#[derive(Subcommand, Debug)]
pub(crate) enum TxCommand {
    /// Activate the codes of a Relation XML of any size; run it again to resume.
    Commission {
        /// Relation XML.
        file: PathBuf,
        /// Document number before `_1`, `_2` …; the file's name by default.
        #[arg(long, value_name = "NO")]
        document_no: Option<String>,
        #[command(flatten)]
        sign: SignArgs,
    },
    /// Release a batch to the market, with a release key.
    Release {
        /// Product id.
        #[arg(long, value_name = "ID")]
        product: String,
        /// Batch number.
        #[arg(long, value_name = "NO")]
        batch: String,
        /// Smallest units of the batch.
        #[arg(long, value_name = "N")]
        units: u32,
        /// Document number; `release-PRODUCT-BATCH` by default.
        #[arg(long, value_name = "NO")]
        document_no: Option<String>,
        #[command(flatten)]
        sign: SignArgs,
    },
    /// Send movement documents (json, csv, xlsx) or operations (json).
    Submit {
        /// File.
        file: PathBuf,
        #[command(flatten)]
        sign: SignArgs,
    },
}

#[derive(Args, Debug)]
pub(crate) struct TraceArgs {
    /// Trace code as scanned or printed.
    pub(crate) code: String,
    /// Wait for the certifying block and write a proof that checks offline.
    #[arg(long, value_name = "FILE")]
    pub(crate) proof: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) node: NodeArgs,
    /// How long to wait for the certifying block.
    #[arg(long, default_value = "30s", value_parser = duration)]
    pub(crate) wait: Duration,
}

#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// Proof file.
    pub(crate) file: PathBuf,
    /// Genesis file of the chain, from a source that you trust.
    #[arg(long, value_name = "FILE")]
    pub(crate) genesis: PathBuf,
}

#[derive(Subcommand, Debug)]
pub(crate) enum TemplateCommand {
    /// A movement document with headers and an example.
    Movement {
        /// Form of the file.
        #[arg(long, value_enum, default_value_t = TableFormat::Csv)]
        format: TableFormat,
        /// File to write; standard output without it (CSV only).
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TableFormat {
    Csv,
    Xlsx,
}

#[derive(Subcommand, Debug)]
pub(crate) enum KeyCommand {
    /// Make an SM2 key and write it encrypted.
    New {
        /// File to write; never overwritten.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
    /// Show the public half and the key id.
    Show {
        /// Key file, private or public.
        file: PathBuf,
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
    /// Write the key in another form.
    Export {
        /// Key file.
        file: PathBuf,
        /// File to write; never overwritten.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Encrypted in the form that OpenSSL 3.0 reads (PBKDF2 with HMAC-SHA-256).
        #[arg(long, conflicts_with = "public")]
        openssl: bool,
        /// The public half only.
        #[arg(long)]
        public: bool,
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
    /// Read a PKCS#8 key of OpenSSL, GmSSL or plain and write it in our form.
    Import {
        /// Key file.
        file: PathBuf,
        /// File to write; never overwritten.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
}

#[derive(Args, Debug, Clone, Default)]
pub(crate) struct PassphraseArgs {
    /// File whose first line is the passphrase. Without it: BENCAO_PASSPHRASE, or the terminal.
    #[arg(long, env = "BENCAO_PASSPHRASE_FILE", value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

#[cfg(feature = "node")]
#[derive(Args, Debug)]
pub(crate) struct StartArgs {
    /// Vote although this home may be a restored copy that does not know all it has signed. A validator that signs twice is
    /// found out and excluded.
    #[arg(long)]
    pub(crate) accept_risk: bool,
    /// Which code verifies signatures and computes digests: the fastest that the processor has, or one by name. Results are the
    /// same.
    #[arg(long, value_enum, default_value_t = CryptoPath::Auto, value_name = "PATH")]
    pub(crate) crypto_path: CryptoPath,
}

#[cfg(feature = "node")]
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CryptoPath {
    /// The fastest that this processor has.
    Auto,
    /// Tables of known keys, no vector instructions.
    Portable,
    /// Tables of known keys, batches in AVX-512 IFMA.
    Ifma,
    /// The library alone, slow.
    Reference,
}

#[cfg(feature = "node")]
#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// Keep the network in this folder and leave it running.
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// Folder of the input files.
    #[arg(long, value_name = "DIR", default_value = "demo")]
    pub(crate) files: PathBuf,
}

#[cfg(feature = "node")]
#[derive(Subcommand, Debug)]
pub(crate) enum BenchCommand {
    /// Load on a test network.
    Network(BenchArgs),
}

#[cfg(feature = "node")]
#[derive(Args, Debug)]
pub(crate) struct BenchArgs {
    /// Validators of the network that is started.
    #[arg(long, default_value_t = 4, conflicts_with = "testnet", value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) validators: u16,
    /// Folder of a test network that runs on this machine, instead of starting one.
    #[arg(long, value_name = "DIR")]
    pub(crate) testnet: Option<PathBuf>,
    /// `transfer` (bills of one code), `bill:K` (bills of K codes) or `commission` (1000 codes a bill).
    #[arg(long, default_value = "transfer", value_parser = shape)]
    pub(crate) shape: Shape,
    /// How long to send.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) seconds: u64,
    /// Open loop: bills a second.
    #[arg(long, conflicts_with = "in_flight", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) rate: Option<u64>,
    /// Closed loop: bills under way at any time (512 by default).
    #[arg(long)]
    pub(crate) in_flight: Option<usize>,
}

/// What the load's bills are.
#[cfg(feature = "node")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Movements of so many codes.
    Bill(u16),
    /// Activation of a batch.
    Commission,
}

#[cfg(feature = "node")]
fn shape(text: &str) -> Result<Shape, String> {
    let wrong = || "expected transfer, commission, or bill:K with K from 1 to 3000".to_string();
    match text.split_once(':') {
        None if text == "transfer" => Ok(Shape::Bill(1)),
        None if text == "commission" => Ok(Shape::Commission),
        Some(("bill", codes)) => {
            let codes = codes.parse().ok().filter(|n| (1..=3_000).contains(n));
            codes.map(Shape::Bill).ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
}

/// `500ms`, `30s`, `2m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| "expected a duration such as 500ms, 30s or 2m".to_string())?;
    match &text[digits.len()..] {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number.saturating_mul(60))),
        _ => Err("expected a unit: ms, s or m".into()),
    }
}
