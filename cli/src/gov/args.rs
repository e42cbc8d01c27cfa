//! Arguments of `bencao gov`.

use crate::args::{NodeArgs, SignArgs};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub(crate) enum GovCommand {
    /// Propose something: a JSON file with its `type` and fields (docs/contract.md §2, *Proposals*).
    Propose(ProposeArgs),
    /// Propose new values of the chain's parameters.
    Set {
        /// NAME=VALUE, such as block_interval_ms=500; repeated.
        #[arg(required = true, value_name = "NAME=VALUE")]
        values: Vec<String>,
        #[command(flatten)]
        terms: Terms,
    },
    /// Vote on a proposal. The vote is final.
    Vote(VoteArgs),
    /// Withdraw a proposal of one's own that is still voted on.
    Withdraw {
        /// Number of the proposal.
        number: u32,
        /// Why.
        #[arg(long)]
        reason: String,
        /// Document number; `withdraw-NUMBER` by default.
        #[arg(long, value_name = "NO")]
        document_no: Option<String>,
        #[command(flatten)]
        sign: SignArgs,
    },
    /// A proposal: content, votes, who is missing, outcome, and whether it could be executed now.
    Show {
        /// Number of the proposal.
        number: u32,
        #[command(flatten)]
        node: NodeArgs,
    },
    /// Proposals, the newest first.
    List {
        /// From the one before this number on.
        #[arg(long, value_name = "NUMBER")]
        before: Option<u32>,
        #[command(flatten)]
        node: NodeArgs,
    },
    /// Who has a vote, the chain's parameters, and what each kind of proposal needs.
    Parameters {
        #[command(flatten)]
        node: NodeArgs,
    },
    /// Validators with their powers, and the other nodes on the list.
    Validators {
        #[command(flatten)]
        node: NodeArgs,
    },
}

#[derive(Args, Debug)]
pub(crate) struct ProposeArgs {
    /// JSON file of the content.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) terms: Terms,
}

/// Reason, deadline, height, and who signs.
#[derive(Args, Debug)]
pub(crate) struct Terms {
    /// Why.
    #[arg(long)]
    pub(crate) reason: String,
    /// Hours for the vote, from the last block on.
    #[arg(long, value_name = "HOURS", default_value_t = 168, value_parser = clap::value_parser!(u64).range(1..=8_760))]
    pub(crate) hours: u64,
    /// The block that is to execute it; the next one after approval by default.
    #[arg(long, value_name = "HEIGHT")]
    pub(crate) effective: Option<u64>,
    /// Document number; made of the content's digest and the time by default.
    #[arg(long, value_name = "NO")]
    pub(crate) document_no: Option<String>,
    #[command(flatten)]
    pub(crate) sign: SignArgs,
}

#[derive(Args, Debug)]
pub(crate) struct VoteArgs {
    /// Number of the proposal.
    pub(crate) number: u32,
    /// In favour.
    #[arg(long, conflicts_with = "no", required_unless_present = "no")]
    pub(crate) yes: bool,
    /// Against.
    #[arg(long)]
    pub(crate) no: bool,
    /// Digest of the content that is meant. Without it the content that the node shows is voted on.
    #[arg(long, value_name = "SM3")]
    pub(crate) content: Option<String>,
    /// Why.
    #[arg(long, default_value = "")]
    pub(crate) reason: String,
    /// Document number; `vote-NUMBER` by default.
    #[arg(long, value_name = "NO")]
    pub(crate) document_no: Option<String>,
    #[command(flatten)]
    pub(crate) sign: SignArgs,
}
