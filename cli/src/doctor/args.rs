//! Arguments of `bencao doctor`.

use clap::Args;
use std::path::PathBuf;

#[derive(Args, Debug)]
pub(crate) struct DoctorArgs {
    /// Node to ask besides that of --home; repeated: the more nodes, the better a stalled chain is explained.
    #[arg(long, env = "BENCAO_NODE", value_name = "URL", value_delimiter = ',')]
    pub(crate) node: Vec<String>,
    /// Genesis that asked nodes must have; by default that of --home.
    #[arg(long, value_name = "FILE")]
    pub(crate) genesis: Option<PathBuf>,
    /// Open no connection: look at files and this machine only.
    #[arg(long, conflicts_with = "node")]
    pub(crate) offline: bool,
}
