//! Arguments of `bencao genesis`.

use crate::args::PassphraseArgs;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub(crate) enum GenesisCommand {
    /// Start a draft: name, time, parameters, products, authorities.
    New(NewArgs),
    /// Make this organisation's keys here, and a request to join that every key signs.
    Join(JoinArgs),
    /// Take requests into the draft.
    Add(AddArgs),
    /// Show a draft or a sealed genesis, or how two differ.
    Review(ReviewArgs),
    /// Sign the draft with this organisation's admin key.
    Sign(SignDraftArgs),
    /// Make the genesis, once every founder has signed.
    Seal(SealArgs),
    /// Check a sealed genesis: requests, keys, signatures, rules.
    Verify(VerifyGenesisArgs),
}

#[derive(Args, Debug)]
pub(crate) struct NewArgs {
    /// Name of the chain.
    #[arg(long)]
    pub(crate) chain_name: String,
    /// Time of genesis, RFC 3339 with offset +08:00; now by default.
    #[arg(long, value_name = "TIME")]
    pub(crate) time: Option<String>,
    /// JSON file with `params` and `limits`; what it leaves out has its default.
    #[arg(long, value_name = "FILE")]
    pub(crate) params: Option<PathBuf>,
    /// JSON file of products to register from the start.
    #[arg(long, value_name = "FILE")]
    pub(crate) products: Option<PathBuf>,
    /// Certificate (PEM) of an authority that issues nodes' certificates; repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) authority: Vec<PathBuf>,
    /// Draft to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct JoinArgs {
    /// Draft to join.
    #[arg(long, value_name = "FILE")]
    pub(crate) draft: PathBuf,
    /// 统一社会信用代码 of the organisation.
    #[arg(long, value_name = "USCC")]
    pub(crate) organisation: String,
    /// Registered name of the organisation.
    #[arg(long)]
    pub(crate) name: String,
    /// What it does, `marketing_holder`, `wholesaler`, `drug_regulator` …; repeated.
    #[arg(long, required = true, value_name = "ROLE")]
    pub(crate) role: Vec<String>,
    /// Where it is registered, or the region that a regulator answers for (GB/T 2260, six digits).
    #[arg(long, value_name = "CODE")]
    pub(crate) jurisdiction: String,
    /// JSON file with a list of licences.
    #[arg(long, value_name = "FILE")]
    pub(crate) licences: Option<PathBuf>,
    /// A node that votes, NAME or NAME=HOST:PORT; repeated.
    #[arg(long, value_name = "NODE")]
    pub(crate) validator: Vec<String>,
    /// A node that does not vote, NAME or NAME=HOST:PORT; repeated.
    #[arg(long, value_name = "NODE")]
    pub(crate) observer: Vec<String>,
    /// Voting power of each of its validators.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub(crate) power: u64,
    /// Folder for keys and request; must be empty or absent.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

#[derive(Args, Debug)]
pub(crate) struct AddArgs {
    /// Draft, which is changed.
    #[arg(long, value_name = "FILE")]
    pub(crate) draft: PathBuf,
    /// Requests (`join.json` of each founder).
    #[arg(required = true, value_name = "JOIN")]
    pub(crate) joins: Vec<PathBuf>,
    /// Put a new request of an organisation in the place of its earlier one.
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ReviewArgs {
    /// Draft or sealed genesis.
    pub(crate) file: PathBuf,
    /// Show only what differs from this draft or sealed genesis.
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct SignDraftArgs {
    /// Draft to sign.
    #[arg(long, value_name = "FILE")]
    pub(crate) draft: PathBuf,
    /// Folder that `genesis join` wrote: the request in the draft must be the one that lies there.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Fingerprint of the draft, as agreed on with the other founders by voice.
    #[arg(long, value_name = "DIGITS")]
    pub(crate) fingerprint: String,
    /// Admin key; `admin.pem` of the folder by default.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Signature to write; `signature.json` in the folder by default.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

#[derive(Args, Debug)]
pub(crate) struct SealArgs {
    /// Draft to seal.
    #[arg(long, value_name = "FILE")]
    pub(crate) draft: PathBuf,
    /// Signatures of the founders.
    #[arg(value_name = "SIGNATURE")]
    pub(crate) signatures: Vec<PathBuf>,
    /// Genesis to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct VerifyGenesisArgs {
    /// Sealed genesis.
    pub(crate) file: PathBuf,
    /// Fingerprint that it must have, from a source that you trust.
    #[arg(long, value_name = "DIGITS")]
    pub(crate) fingerprint: Option<String>,
}
