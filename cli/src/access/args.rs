//! Arguments that say who asks, and commands about who may.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// How others reach the API of a node that is written.
#[derive(Args, Debug, Clone, Default)]
pub(crate) struct ApiArgs {
    /// The API speaks TLS of RFC 8998 with the node's certificate, and asks who asks.
    #[arg(long, conflicts_with = "behind_proxy")]
    pub(crate) api_tls: bool,
    /// The API takes connections from this proxy only, and asks who asks; repeated.
    #[arg(long, value_name = "IP")]
    pub(crate) behind_proxy: Vec<std::net::IpAddr>,
    /// Name by which clients call the API beside its address, in lower case; repeated.
    #[arg(long, value_name = "HOST")]
    pub(crate) api_name: Vec<String>,
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
    #[command(flatten)]
    pub(crate) access: AccessArgs,
}

/// Heading in the help of what says who asks.
const WHO_ASKS: &str = "Who asks, and whom to believe";

/// Who asks, and whom to believe.
#[derive(Args, Debug, Clone, Default)]
pub(crate) struct AccessArgs {
    /// File with a token of the node.
    #[arg(long, env = "BENCAO_TOKEN_FILE", value_name = "FILE", conflicts_with = "query_key", help_heading = WHO_ASKS)]
    pub(crate) token_file: Option<PathBuf>,
    /// Key file that signs requests, such as one with purpose `query`.
    #[arg(long, env = "BENCAO_QUERY_KEY", value_name = "FILE", help_heading = WHO_ASKS)]
    pub(crate) query_key: Option<PathBuf>,
    /// File with the passphrase of the query key.
    #[arg(long, env = "BENCAO_QUERY_PASSPHRASE_FILE", value_name = "FILE", requires = "query_key", help_heading = WHO_ASKS)]
    pub(crate) query_passphrase_file: Option<PathBuf>,
    /// What an authority asks for; entered in the node's access log.
    #[arg(long, env = "BENCAO_BECAUSE", value_name = "TEXT", help_heading = WHO_ASKS)]
    pub(crate) because: Option<String>,
    /// Consent under which records of another are read: PRINCIPAL,NO.
    #[arg(long, value_name = "CONSENT", help_heading = WHO_ASKS)]
    pub(crate) by_consent: Option<String>,
    /// Certificates of the authorities that vouch for nodes with `https` addresses.
    #[arg(long, env = "BENCAO_CA", value_name = "FILE", help_heading = WHO_ASKS)]
    pub(crate) ca: Option<PathBuf>,
    /// Id of the one node key that may answer at `https` addresses.
    #[arg(long, env = "BENCAO_SERVER_KEY", value_name = "KEYID", requires = "ca", help_heading = WHO_ASKS)]
    pub(crate) server_key: Option<String>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum TokenCommand {
    /// Make a token and show it once.
    New {
        /// What it is for, in words.
        #[arg(long)]
        name: String,
        /// What its bearer is to the node.
        #[arg(long, value_parser = ["organisation", "regulator", "admin"])]
        role: String,
        /// In whose name; not for admin.
        #[arg(long, value_name = "USCC")]
        organisation: Option<String>,
        /// Rights it is limited to (docs/access.md); all of the role by default.
        #[arg(long, value_delimiter = ',', value_name = "RIGHT")]
        scope: Vec<String>,
        /// Days until it expires; 0 for never.
        #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u32).range(0..=3_650))]
        days: u32,
        /// File to write the token to instead of showing it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Tokens on record.
    List,
    /// Take a token off the record; it ends at once.
    Revoke {
        /// Its id, as in the list.
        id: String,
    },
}

#[cfg(feature = "node")]
#[derive(Subcommand, Debug)]
pub(crate) enum AccessLogCommand {
    /// Check that nothing was changed in the log of --home, or taken from it.
    Verify {
        /// Folder of a log that was carried here, instead of that of --home.
        #[arg(value_name = "FOLDER")]
        folder: Option<PathBuf>,
        /// Signed head from an answer of the node that must be in the log (`bencao-access-head`); repeated.
        #[arg(long, value_name = "HEAD")]
        head: Vec<String>,
        /// Genesis file of the chain, when the log was carried here.
        #[arg(long, value_name = "FILE")]
        genesis: Option<PathBuf>,
    },
    /// The last queries in the log of --home.
    Show {
        /// How many entries.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        last: u32,
        /// Only those of this organisation.
        #[arg(long, value_name = "USCC")]
        organisation: Option<String>,
    },
}
