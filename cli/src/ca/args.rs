//! Arguments of `bencao ca`.

use crate::args::PassphraseArgs;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub(crate) enum CaCommand {
    /// Make an authority: key, self-signed certificate, folder of what it issues.
    New(NewArgs),
    /// Issue certificates: for a PKCS#10 request, for the nodes of a request to join, or of a whole draft.
    Issue(IssueArgs),
    /// Issue a certificate again with new dates and the same key. The node needs no restart: it reads the file again.
    Renew(RenewArgs),
    /// What the authority has issued, and what ends soon.
    List(ListArgs),
    /// A request (PKCS#10) for an authority's certificate, own or outside.
    Request(RequestArgs),
    /// Take over a dual pair of an outside authority: certificates for signing and encrypting, and the enveloped key.
    Import(ImportArgs),
}

#[derive(Args, Debug)]
pub(crate) struct NewArgs {
    /// Folder to write; must be empty or absent.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Name of the authority.
    #[arg(long)]
    pub(crate) name: String,
    /// Organisation that runs it.
    #[arg(long)]
    pub(crate) organisation: String,
    /// How many days the certificate is valid.
    #[arg(long, value_name = "DAYS", default_value_t = 7300, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) days: u32,
    /// Levels of authorities that may stand below it.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=2))]
    pub(crate) levels: u8,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

/// What a certificate is for.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UsageArg {
    /// A node's TLS identity.
    Node,
    /// The signing half of a dual pair.
    Sign,
    /// The encrypting half of a dual pair.
    Encrypt,
    /// An authority below this one.
    Authority,
}

#[derive(Args, Debug)]
pub(crate) struct IssueArgs {
    /// Folder of the authority.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// PKCS#10 request, request to join, or draft of a genesis.
    #[arg(value_name = "REQUEST")]
    pub(crate) request: PathBuf,
    /// File to write, of one PKCS#10 request; folder to write to, of nodes (`NAME.pem`).
    #[arg(long, value_name = "PATH")]
    pub(crate) out: PathBuf,
    /// What the certificate is for.
    #[arg(long, value_enum, default_value_t = UsageArg::Node)]
    pub(crate) usage: UsageArg,
    /// How many days it is valid, at most as long as the authority's own certificate.
    #[arg(long, value_name = "DAYS", default_value_t = 1095, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) days: u32,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

#[derive(Args, Debug)]
pub(crate) struct RenewArgs {
    /// Folder of the authority.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Certificate to renew; of a chain, its first.
    #[arg(value_name = "CERTIFICATE")]
    pub(crate) certificate: PathBuf,
    /// File to write, which may be that of the old certificate.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// How many days it is valid from now on, at most as long as the authority's own certificate.
    #[arg(long, value_name = "DAYS", default_value_t = 1095, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) days: u32,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Folder of the authority.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct RequestArgs {
    /// Key file that the certificate is for.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Name of the node or person.
    #[arg(long)]
    pub(crate) name: String,
    /// 统一社会信用代码 or name of the organisation.
    #[arg(long)]
    pub(crate) organisation: String,
    /// File to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// Signing key, which was made here.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Certificate (chain) of the signing key.
    #[arg(long, value_name = "FILE")]
    pub(crate) sign_certificate: PathBuf,
    /// Certificate (chain) of the encryption key.
    #[arg(long, value_name = "FILE")]
    pub(crate) encrypt_certificate: PathBuf,
    /// Encryption key in an SM2EnvelopedKey (GM/T 0009), DER or base64.
    #[arg(long, value_name = "FILE")]
    pub(crate) enveloped_key: PathBuf,
    /// Certificates of the authorities that both must lead to.
    #[arg(long, value_name = "FILE")]
    pub(crate) authorities: Option<PathBuf>,
    /// Folder to write `encrypt.pem`, `sign-certificate.pem` and `encrypt-certificate.pem` to.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}
