//! Arguments of `bencao signer`.

use crate::args::PassphraseArgs;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub(crate) enum SignerCommand {
    /// Write the folder of a signer: configuration, mark, public halves for the node.
    Init(InitSignerArgs),
    /// Hold the keys and sign for a node, over a socket, until it is killed.
    Run(RunSignerArgs),
    /// What the signer may sign, and what it has signed last.
    Show(ShowSignerArgs),
    /// A device in software, as a signer's helper: for rehearsing before a device has come.
    SoftDevice(SoftDeviceArgs),
}

#[derive(Args, Debug)]
pub(crate) struct InitSignerArgs {
    /// Folder to write; must be empty or absent.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Genesis file of the chain.
    #[arg(long, value_name = "FILE")]
    pub(crate) genesis: PathBuf,
    /// Key that votes.
    #[arg(long, value_name = "FILE")]
    pub(crate) validator_key: Option<PathBuf>,
    /// Key of the node's batches and TLS identity.
    #[arg(long, value_name = "FILE")]
    pub(crate) node_key: Option<PathBuf>,
    /// Program that makes the calls of GM/T 0018 to a device, with arguments: the keys are in the device.
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["validator_key", "node_key"])]
    pub(crate) device_command: Option<String>,
    /// Index of the device's key that votes.
    #[arg(long, value_name = "INDEX", requires = "device_command", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) validator_index: Option<u32>,
    /// Index of the device's key of batches and TLS identity.
    #[arg(long, value_name = "INDEX", requires = "device_command", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) node_index: Option<u32>,
    /// The device asks for no passphrase before a private key is used.
    #[arg(long, requires = "device_command")]
    pub(crate) no_device_passphrase: bool,
    /// Where to listen; `signer.sock` in the folder by default.
    #[arg(long, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,
    /// Let members of the socket's group connect: for a node that runs as another user.
    #[arg(long)]
    pub(crate) group: bool,
    /// First height at which the validator key may sign. A key that has voted before begins above its last vote.
    #[arg(long, default_value_t = 1, value_name = "HEIGHT")]
    pub(crate) from_height: u64,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

#[derive(Args, Debug)]
pub(crate) struct RunSignerArgs {
    /// Folder of the signer.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ShowSignerArgs {
    /// Folder of the signer.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct SoftDeviceArgs {
    /// Key file; repeated: the first is at index 1.
    #[arg(long, required = true, value_name = "FILE")]
    pub(crate) key: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}
