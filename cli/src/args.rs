//! The command line, as plain values. Commands check them.

#[cfg(feature = "node")]
use crate::access::args::AccessLogCommand;
pub(crate) use crate::access::args::NodeArgs;
use crate::access::args::{ApiArgs, TokenCommand};
use crate::ca::CaCommand;
use crate::ceremony::GenesisCommand;
use crate::doctor::DoctorArgs;
use crate::gov::GovCommand;
use crate::keyring::KeyringCommand;
use crate::param::ParamCommand;
#[cfg(all(unix, feature = "node"))]
use crate::signer::SignerCommand;
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
    /// Home folder of a node: for `init`, `start`, `doctor`, `token` and `access-log`.
    #[arg(long, global = true, env = "BENCAO_HOME", value_name = "DIR", help_heading = EVERYWHERE)]
    pub(crate) home: Option<PathBuf>,
    /// What goes to standard output.
    #[arg(long, global = true, value_enum, default_value_t = Output::Text, value_name = "FORM", help_heading = EVERYWHERE)]
    pub(crate) output: Output,
    /// Language of messages; the locale decides by default.
    #[arg(long, global = true, env = "BENCAO_LANG", value_enum, help_heading = EVERYWHERE)]
    pub(crate) lang: Option<Lang>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Heading in the help of what every command takes.
const EVERYWHERE: &str = "Options of every command";

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
    /// Write the home of a node (--home): a founder's, with the keys of its request, or one more, with fresh keys.
    Init(InitArgs),
    /// What a node says about itself and the chain.
    Status(StatusArgs),
    /// Find what is wrong with a home, its machine and running nodes, and how it is mended.
    Doctor(DoctorArgs),
    /// Key files, and keys on the chain.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Organisations, their licences, filings and public lists.
    #[command(subcommand)]
    Member(MemberCommand),
    /// What the law may change: deadlines, catalogue, effects of lists, by region and date.
    #[command(subcommand)]
    Param(ParamCommand),
    /// What the consortium decides: proposals, votes, validators, parameters.
    #[command(subcommand)]
    Gov(GovCommand),
    /// Product master data.
    #[command(subcommand)]
    Product(ProductCommand),
    /// The consortium's own certificate authority, and certificates from outside ones.
    #[command(subcommand)]
    Ca(CaCommand),
    /// Founding a chain together: draft, requests, signatures, seal.
    #[command(subcommand)]
    Genesis(GenesisCommand),
    /// Bills: commission, release, movements.
    #[command(subcommand)]
    Tx(TxCommand),
    /// Recalls: start, notify, acknowledge, report, complete, watch.
    #[command(subcommand)]
    Recall(RecallCommand),
    /// State and history of one trace code, with a proof on request.
    Trace(TraceArgs),
    /// Lots of herbs and 饮片: state, origins, trace backward and forward, garden share of a batch.
    #[command(subcommand)]
    Lot(LotCommand),
    /// Check a proof file offline, from a genesis file alone.
    Verify(VerifyArgs),
    /// Run the node of --home until SIGTERM.
    #[cfg(feature = "node")]
    Start(StartArgs),
    /// A process of its own that holds a node's keys and signs for it.
    #[cfg(all(unix, feature = "node"))]
    #[command(subcommand)]
    Signer(SignerCommand),
    /// The whole story on this machine: a consortium, real files, a failure, a proof.
    #[cfg(feature = "node")]
    Demo(DemoArgs),
    /// Measure this machine: a network under load, or cryptography alone.
    #[cfg(feature = "node")]
    #[command(subcommand)]
    Bench(BenchCommand),
    /// What stands on the ledger for a document (SM3 of the file) or a person (keyed digest).
    Digest(DigestArgs),
    /// Tokens of a node's API (--home).
    #[command(subcommand)]
    Token(TokenCommand),
    /// The log of what authorities asked of a node.
    #[cfg(feature = "node")]
    #[command(subcommand)]
    AccessLog(AccessLogCommand),
    /// Files to fill in.
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
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) validators: u16,
    /// Nodes that follow and serve queries.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(0..=100))]
    pub(crate) observers: u16,
    /// Folder to write; must be empty or absent.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Products to register, a JSON file (documented in docs/contract.md §6); samples by default.
    #[arg(long, value_name = "FILE")]
    pub(crate) products: Option<PathBuf>,
    /// Members besides the five samples, a JSON file (documented in docs/contract.md §6).
    #[arg(long, value_name = "FILE")]
    pub(crate) members: Option<PathBuf>,
    /// Name of the chain.
    #[arg(long, value_name = "NAME", default_value = "bencao-testnet")]
    pub(crate) chain_name: String,
    /// How many days certificates are valid.
    #[arg(long, value_name = "DAYS", default_value_t = 3650, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) certificate_days: u32,
}

#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// Genesis file of the chain.
    #[arg(long, value_name = "FILE")]
    pub(crate) genesis: PathBuf,
    /// Name of the node.
    #[arg(long)]
    pub(crate) name: String,
    /// What the node does: by default a founder's node that votes is a validator, every other an observer.
    #[arg(long, value_parser = ["validator", "observer", "follower"])]
    pub(crate) kind: Option<String>,
    /// Address of the API: on loopback, unless others are let in.
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:26657")]
    pub(crate) api: String,
    #[command(flatten)]
    pub(crate) access: ApiArgs,
    /// Address for other nodes: by default, of a founder's node, every interface at the port that its request told, else
    /// 127.0.0.1:26656.
    #[arg(long, value_name = "IP:PORT")]
    pub(crate) p2p: Option<String>,
    /// A node to dial: NAME,KEY,ADDRESS; repeated.
    #[arg(long, value_name = "PEER")]
    pub(crate) peer: Vec<String>,
    /// Certificate chain of the node key, if there is one already.
    #[arg(long, value_name = "FILE", conflicts_with = "authority")]
    pub(crate) certificate: Option<PathBuf>,
    /// Folder of a test network's authority, which issues the certificate.
    #[arg(long, value_name = "DIR")]
    pub(crate) authority: Option<PathBuf>,
    /// Folder that `genesis join` wrote: the node is one of that request, and takes its keys. Peers with addresses are those
    /// of the sealed genesis unless `--peer` names others.
    #[arg(long, value_name = "DIR", conflicts_with = "authority")]
    pub(crate) member: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
    /// Organisation named in the certificate.
    #[arg(long, value_name = "USCC", default_value = "bencao testnet")]
    pub(crate) organisation: String,
}

#[derive(Args, Debug)]
pub(crate) struct StatusArgs {
    /// Wait at most so long until the node answers and takes bills.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) wait: Option<Duration>,
    #[command(flatten)]
    pub(crate) node: NodeArgs,
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
    /// Sign for --principal under this mandate of it, as the organisation of `member.json` beside the key.
    #[arg(long, value_name = "NO", requires = "principal")]
    pub(crate) mandate: Option<String>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
    /// How long to wait until each bill is final.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub(crate) wait: Duration,
}

#[derive(Subcommand, Debug)]
pub(crate) enum MemberCommand {
    /// What is on record about an organisation.
    Show {
        /// 统一社会信用代码, FOREIGN:… or PERSON:…
        id: String,
        #[command(flatten)]
        node: NodeArgs,
    },
    /// Grant a licence, as the department of its kind.
    Grant(GrantArgs),
    /// Renew, narrow, widen, suspend, restore or revoke a licence.
    Change(ChangeArgs),
}

#[derive(Args, Debug)]
pub(crate) struct GrantArgs {
    /// To whom.
    #[arg(long, value_name = "USCC")]
    pub(crate) to: String,
    /// Kind, such as drug_wholesale.
    #[arg(long)]
    pub(crate) kind: String,
    /// Number printed on it.
    #[arg(long, value_name = "NO")]
    pub(crate) number: String,
    /// Classes it covers, in the documented order.
    #[arg(long, value_delimiter = ',', value_name = "CLASS")]
    pub(crate) scope: Vec<String>,
    /// Class letters of a production licence, such as ABhz.
    #[arg(long, default_value = "")]
    pub(crate) letters: String,
    /// First day.
    #[arg(long, value_name = "DATE")]
    pub(crate) from: String,
    /// Last day.
    #[arg(long, value_name = "DATE")]
    pub(crate) until: String,
    /// Document number; `grant-USCC-NO` by default.
    #[arg(long, value_name = "NO")]
    pub(crate) document_no: Option<String>,
    #[command(flatten)]
    pub(crate) sign: SignArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ChangeArgs {
    /// Whose licence.
    #[arg(long, value_name = "USCC")]
    pub(crate) of: String,
    /// Kind, such as drug_wholesale.
    #[arg(long)]
    pub(crate) kind: String,
    /// Number printed on it.
    #[arg(long, value_name = "NO")]
    pub(crate) number: String,
    /// What happens to it.
    #[arg(long, value_parser = ["renew", "narrow", "widen", "suspend", "restore", "revoke"])]
    pub(crate) action: String,
    /// New last day of a renewal.
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<String>,
    /// New scope when it is narrowed or widened.
    #[arg(long, value_delimiter = ',', value_name = "CLASS")]
    pub(crate) scope: Vec<String>,
    /// Basis of the decision.
    #[arg(long)]
    pub(crate) basis: String,
    /// Document number; `ACTION-USCC-NO` by default.
    #[arg(long, value_name = "NO")]
    pub(crate) document_no: Option<String>,
    #[command(flatten)]
    pub(crate) sign: SignArgs,
}

#[derive(Subcommand, Debug)]
pub(crate) enum ProductCommand {
    /// Register products of a JSON file (documented in docs/contract.md §6).
    Register {
        /// JSON file of products.
        file: PathBuf,
        /// File the coding rule of their prefixes first, under this filing number (备案号).
        #[arg(long, value_name = "NO", requires = "issuer")]
        coding_filing: Option<String>,
        /// Who issues the codes (发码机构).
        #[arg(long, value_name = "NAME", requires = "coding_filing")]
        issuer: Option<String>,
        #[command(flatten)]
        sign: SignArgs,
    },
    /// Facts of the annual report (药品年度报告) of a holder: batches, contracts, recalls of a year.
    AnnualReport {
        /// The holder (统一社会信用代码).
        organisation: String,
        /// The year.
        #[arg(value_parser = clap::value_parser!(u16).range(1970..=9999))]
        year: u16,
        #[command(flatten)]
        node: NodeArgs,
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
        #[command(flatten)]
        papers: Box<ReleasePapers>,
        /// Document number; `release-PRODUCT-BATCH` by default.
        #[arg(long, value_name = "NO")]
        document_no: Option<String>,
        #[command(flatten)]
        sign: SignArgs,
    },
    /// Send movement documents (.csv, .xlsx, .json) or other operations (.json).
    Submit {
        /// What to send; `bencao template movement` writes one to fill in.
        file: PathBuf,
        #[command(flatten)]
        sign: SignArgs,
    },
}

/// A bill type that a release may have (domain §3.1).
fn release_bill_type(text: &str) -> Result<u16, String> {
    let found = bencao_chaincode::custody::BILL_TYPES.iter().filter(|b| b.operation == "release").map(|b| b.code);
    let known: Vec<u16> = found.collect();
    let given = text.parse().ok().filter(|code| known.contains(code));
    given.ok_or_else(|| format!("one of {}", known.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")))
}

/// Papers that the release of some classes asks for.
#[derive(Args, Debug, Clone)]
pub(crate) struct ReleasePapers {
    /// 101 生产入库, or 119 新鲜制剂入库.
    #[arg(long, value_name = "TYPE", default_value = "101", value_parser = release_bill_type)]
    pub(crate) bill_type: u16,
    /// 批签发证明编号, of a vaccine.
    #[arg(long, value_name = "NO", default_value = "")]
    pub(crate) lot_release: String,
    /// The batch's quality file; its SM3 goes on the ledger.
    #[arg(long, value_name = "FILE")]
    pub(crate) quality_file: Option<PathBuf>,
    /// 进口药品通关单 of imported goods; with it port, declaration and origin.
    #[arg(long, value_name = "NO", requires_all = ["port", "declaration", "origin"])]
    pub(crate) clearance: Option<String>,
    /// 口岸
    #[arg(long, value_name = "NAME", requires = "clearance")]
    pub(crate) port: Option<String>,
    /// 报关单号
    #[arg(long, value_name = "NO", requires = "clearance")]
    pub(crate) declaration: Option<String>,
    /// Country of origin, two letters.
    #[arg(long, value_name = "CC", requires = "clearance")]
    pub(crate) origin: Option<String>,
    /// 口岸检验报告; its SM3 goes on the ledger.
    #[arg(long, value_name = "FILE", requires = "clearance")]
    pub(crate) inspection: Option<PathBuf>,
    /// 进口准许证 of narcotic and psychotropic drugs.
    #[arg(long = "import-permit", value_name = "NO", requires = "clearance")]
    pub(crate) permit: Option<String>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum RecallCommand {
    /// Start a recall: the hold bites in the block that takes it.
    Start(RecallStartArgs),
    /// Notify parties, file report and plan, publish the notice. Documents stay here; their SM3 goes on the ledger.
    Notice {
        /// Number of the recall.
        recall: u32,
        /// Party to notify; repeated.
        #[arg(long = "party", value_name = "USCC")]
        parties: Vec<String>,
        /// The notice as published for everybody.
        #[arg(long, value_name = "FILE")]
        publication: Option<PathBuf>,
        /// 调查评估报告, filed with the regulator.
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
        /// 召回计划, filed with the regulator.
        #[arg(long, value_name = "FILE")]
        plan: Option<PathBuf>,
        #[command(flatten)]
        document: RecallDocument,
    },
    /// Acknowledge a notice: sale and use have stopped.
    Acknowledge {
        /// Number of the recall.
        recall: u32,
        /// Smallest units still on hand.
        #[arg(long, value_name = "N")]
        on_hand: u32,
        /// The answer, if there is one.
        #[arg(long, value_name = "FILE")]
        note: Option<PathBuf>,
        #[command(flatten)]
        document: RecallDocument,
    },
    /// Report progress.
    Progress {
        /// Number of the recall.
        recall: u32,
        /// 进展报告
        #[arg(long, value_name = "FILE")]
        report: PathBuf,
        #[command(flatten)]
        document: RecallDocument,
    },
    /// Complete a recall, or file the report of a completed one.
    Complete {
        /// Number of the recall.
        recall: u32,
        /// 召回总结报告
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
        #[command(flatten)]
        document: RecallDocument,
    },
    /// One recall with its duties, parties and quantities; all of them without a number.
    Show {
        /// Number of the recall.
        recall: Option<u32>,
        #[command(flatten)]
        node: NodeArgs,
    },
}

/// Under which number a recall's document is sent, and by whom.
#[derive(Args, Debug, Clone)]
pub(crate) struct RecallDocument {
    /// Document number.
    #[arg(long, value_name = "NO")]
    pub(crate) document_no: String,
    #[command(flatten)]
    pub(crate) sign: SignArgs,
}

#[derive(Args, Debug)]
pub(crate) struct RecallStartArgs {
    /// Product id.
    #[arg(long, value_name = "ID")]
    pub(crate) product: String,
    /// Batch number; repeated. Without batches and codes the whole product is recalled.
    #[arg(long = "batch", value_name = "NO")]
    pub(crate) batches: Vec<String>,
    /// Single package; repeated, instead of batches.
    #[arg(long = "code", value_name = "CODE", conflicts_with = "batches")]
    pub(crate) codes: Vec<String>,
    /// 1 (serious harm), 2 or 3.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=3))]
    pub(crate) class: u8,
    /// 责令召回, by a regulator; 主动召回 by the holder without it.
    #[arg(long)]
    pub(crate) ordered: bool,
    /// Why.
    #[arg(long)]
    pub(crate) reason: String,
    /// Region of sale (GB/T 2260); repeated.
    #[arg(long = "territory", value_name = "REGION")]
    pub(crate) territory: Vec<String>,
    /// First day of the sales in question.
    #[arg(long, value_name = "DATE")]
    pub(crate) sold_from: Option<String>,
    /// Last day of the sales in question.
    #[arg(long, value_name = "DATE")]
    pub(crate) sold_to: Option<String>,
    /// 调查评估报告, if it is ready.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// 召回计划, if it is ready.
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) document: RecallDocument,
}

#[derive(Args, Debug)]
pub(crate) struct TraceArgs {
    /// Trace code as scanned or printed.
    pub(crate) code: String,
    /// Only what everybody may know.
    #[arg(long, conflicts_with = "proof")]
    pub(crate) consumer: bool,
    /// Wait for the certifying block and write a proof that checks offline.
    #[arg(long, value_name = "FILE")]
    pub(crate) proof: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) node: NodeArgs,
    /// How long to wait for the certifying block.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub(crate) wait: Duration,
}

#[derive(Subcommand, Debug)]
pub(crate) enum LotCommand {
    /// State, weights, origins, holds and history.
    Show(LotShowArgs),
    /// Back to fields, seeds and what came from outside the system.
    Backward(LotArgs),
    /// On to everything it went into and everybody who had any of it.
    Forward(LotArgs),
    /// What a production batch was made of, with its garden share.
    Share {
        /// Product id.
        #[arg(long, value_name = "ID")]
        product: String,
        /// Batch number.
        #[arg(long, value_name = "NO")]
        batch: String,
        #[command(flatten)]
        node: NodeArgs,
    },
}

#[derive(Args, Debug)]
pub(crate) struct LotArgs {
    /// number@organisation, or a TCM package code with TCM: before it.
    pub(crate) lot: String,
    #[command(flatten)]
    pub(crate) node: NodeArgs,
}

#[derive(Args, Debug)]
pub(crate) struct LotShowArgs {
    #[command(flatten)]
    pub(crate) lot: LotArgs,
    /// Wait for the certifying block and write a proof that checks offline.
    #[arg(long, value_name = "FILE")]
    pub(crate) proof: Option<PathBuf>,
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

#[derive(Args, Debug)]
pub(crate) struct DigestArgs {
    /// Documents to digest.
    #[arg(required_unless_present = "person", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// A person, as the importer of movement documents digests it: kind of paper and number, such as `--person 1 6501…`;
    /// keyed with the signing key, so that nobody without it can guess who is meant.
    #[arg(long, num_args = 1..=4, value_name = "TEXT", requires = "key")]
    pub(crate) person: Vec<String>,
    /// Key file that signs.
    #[arg(long, env = "BENCAO_KEY", value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
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
    #[command(flatten)]
    Chain(Box<KeyringCommand>),
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
    /// File whose first line is the passphrase. Without it: the command, BENCAO_PASSPHRASE, or the terminal.
    #[arg(long, env = "BENCAO_PASSPHRASE_FILE", value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Command whose first line of output is the passphrase; words separated by spaces, no shell.
    #[arg(long, env = "BENCAO_PASSPHRASE_COMMAND", value_name = "COMMAND", conflicts_with = "passphrase_file")]
    pub(crate) passphrase_command: Option<String>,
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
    /// Time of signatures, digests and ciphers on this machine, by every path that its processor has.
    Crypto(BenchCryptoArgs),
}

#[cfg(feature = "node")]
#[derive(Args, Debug)]
pub(crate) struct BenchCryptoArgs {
    /// Seconds to measure.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) seconds: u64,
}

#[cfg(feature = "node")]
#[derive(Args, Debug)]
pub(crate) struct BenchArgs {
    /// Validators of the network that is started.
    #[arg(long, value_name = "N", default_value_t = 4, conflicts_with_all = ["node", "testnet"], value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) validators: u16,
    /// Node of a test network that runs on this machine, to send bills to instead of starting a network; repeated.
    #[arg(long, value_name = "URL", value_delimiter = ',')]
    pub(crate) node: Vec<String>,
    /// Folder of a test network that runs on this machine; all its nodes get bills unless --node says otherwise.
    #[arg(long, value_name = "DIR")]
    pub(crate) testnet: Option<PathBuf>,
    /// `transfer` (bills of one code), `bill:K` (bills of K codes) or `commission` (1000 codes a bill).
    #[arg(long, default_value = "transfer", value_parser = shape)]
    pub(crate) shape: Shape,
    /// Seconds to send.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) seconds: u64,
    /// Open loop: bills a second.
    #[arg(long, value_name = "N", conflicts_with = "in_flight", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) rate: Option<u64>,
    /// Closed loop: bills under way at any time (512 by default).
    #[arg(long, value_name = "N")]
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
