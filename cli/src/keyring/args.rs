//! Arguments of the commands of `bencao key` that are about keys on the chain.

use crate::args::{NodeArgs, PassphraseArgs, SignArgs};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub(crate) enum KeyringCommand {
    /// The keys of an organisation on the chain: purpose, scope, heights.
    List {
        /// 统一社会信用代码, FOREIGN:… or PERSON:…
        id: String,
        #[command(flatten)]
        node: NodeArgs,
    },
    /// Describe a new key with the proof that one has it, for `add` and `rotate` on another machine.
    Grant {
        #[command(flatten)]
        new: NewKey,
        /// Whose key it will be.
        #[arg(long, value_name = "USCC")]
        organisation: String,
        /// Chain id; asked of the node by default.
        #[arg(long, value_name = "SM3")]
        chain: Option<String>,
        #[command(flatten)]
        node: NodeArgs,
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
    /// Register a new key of one's own organisation on the chain.
    Add {
        #[command(flatten)]
        source: NewSource,
        #[command(flatten)]
        document: KeyDocument,
    },
    /// Put a new key in the place of an old one on the chain; both count for the overlap.
    Rotate {
        /// Id of the old key.
        #[arg(long, value_name = "KEY_ID")]
        old: String,
        /// Heights for which the old key still counts after the new one has begun to.
        #[arg(long, value_name = "HEIGHTS", default_value_t = 0)]
        overlap: u64,
        #[command(flatten)]
        source: NewSource,
        #[command(flatten)]
        document: KeyDocument,
    },
    /// End a key on the chain.
    Revoke {
        /// Id of the key.
        key_id: String,
        /// First height at which it no longer counts; the next by default.
        #[arg(long, value_name = "HEIGHT")]
        at: Option<u64>,
        #[command(flatten)]
        document: KeyDocument,
    },
    /// How many administrators approve a change of administrators' keys; 0 = more than half.
    Quorum {
        /// How many.
        administrators: u8,
        #[command(flatten)]
        document: KeyDocument,
    },
    /// Approve a change of keys that another administrator asked for.
    Approve {
        /// Number of the document that asked for it.
        order: String,
        /// Digest of the change that is meant. Without it the change that the node shows is approved.
        #[arg(long, value_name = "SM3")]
        content: Option<String>,
        /// Document number; `approve-ORDER` with the key's first digits by default.
        #[arg(long, value_name = "NO")]
        document_no: Option<String>,
        #[command(flatten)]
        sign: SignArgs,
    },
}

/// A key file and what the key may do.
#[derive(Args, Debug, Clone)]
pub(crate) struct NewKey {
    /// File of the new key.
    #[arg(long, value_name = "FILE")]
    pub(crate) new_key: Option<PathBuf>,
    /// File with the passphrase of the new key; that of the signing key by default.
    #[arg(long, value_name = "FILE")]
    pub(crate) new_passphrase_file: Option<PathBuf>,
    /// What the new key may do.
    #[arg(long, value_parser = ["transact", "release", "admin", "validator", "node", "encrypt", "query"])]
    pub(crate) purpose: Option<String>,
    /// Operations or modules that it may sign; all of its purpose by default.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub(crate) scope: Vec<String>,
    /// First height at which it counts; the next by default.
    #[arg(long, value_name = "HEIGHT")]
    pub(crate) valid_from: Option<u64>,
    /// First height at which it no longer counts.
    #[arg(long, value_name = "HEIGHT")]
    pub(crate) valid_to: Option<u64>,
}

/// A new key: its file here, or what `grant` wrote where it is.
#[derive(Args, Debug, Clone)]
pub(crate) struct NewSource {
    #[command(flatten)]
    pub(crate) new: NewKey,
    /// File that `key grant` wrote, in place of --new-key and --purpose.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["new_key", "purpose"])]
    pub(crate) grant: Option<PathBuf>,
}

/// Reason, document number, and who signs: an administrator.
#[derive(Args, Debug)]
pub(crate) struct KeyDocument {
    /// Why.
    #[arg(long)]
    pub(crate) reason: String,
    /// Document number; made of what is done by default.
    #[arg(long, value_name = "NO")]
    pub(crate) document_no: Option<String>,
    #[command(flatten)]
    pub(crate) sign: SignArgs,
}
