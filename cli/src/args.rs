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
    /// Key files.
    #[command(subcommand)]
    Key(KeyCommand),
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
