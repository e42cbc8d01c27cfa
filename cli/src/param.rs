//! `bencao param`: the law in a region, the rule sets it came from, and a new one; standards, varieties of herb and
//! 重点追溯品种.

use crate::access;
use crate::args::{NodeArgs, SignArgs};
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::{member, passphrase};
use clap::Subcommand;
use serde_json::Value;
use std::path::PathBuf;

/// Longest file of a rule set, bytes.
const RULE_SET_BYTES_MAX: usize = 1 << 20;

#[derive(Subcommand, Debug)]
pub(crate) enum ParamCommand {
    /// The law in a region on a day, as far as it is decided.
    Show {
        /// GB/T 2260; 000000 = the nation.
        #[arg(long, default_value = "000000")]
        region: String,
        /// Day; that of the last block by default.
        #[arg(long, value_name = "DATE")]
        on: Option<String>,
        #[command(flatten)]
        node: NodeArgs,
    },
    /// Rule sets as they were decided.
    History {
        /// Number of the first.
        #[arg(long, default_value_t = 1)]
        from: u32,
        #[command(flatten)]
        node: NodeArgs,
    },
    /// A standard: kind, region, what it covers, whether it is in force.
    Standard {
        /// Its id, such as "GB/T 31774-2015".
        id: String,
        #[command(flatten)]
        node: NodeArgs,
    },
    /// A variety of herb: the holds on it and the standards about it.
    Herb {
        /// GB/T 31774 code, 17 digits.
        code: String,
        #[command(flatten)]
        node: NodeArgs,
    },
    /// 重点追溯品种 of a region.
    KeyProducts {
        /// GB/T 2260; 000000 = the nation.
        #[arg(long, default_value = "000000")]
        region: String,
        /// Number of the first product looked at.
        #[arg(long, default_value_t = 1)]
        from: u32,
        #[command(flatten)]
        node: NodeArgs,
    },
    /// Send a rule set: title, basis, region, effective_on, chapters (docs/contract.md §2).
    Amend {
        /// JSON file of the rule set.
        file: PathBuf,
        /// Document number; the title without spaces by default.
        #[arg(long, value_name = "NO")]
        document_no: Option<String>,
        #[command(flatten)]
        sign: SignArgs,
    },
}

pub(crate) fn run(console: &Console, command: ParamCommand) -> Result<Report, Failure> {
    match command {
        ParamCommand::Show { region, on, node } => {
            let view = access::client(console, &node)?.law(&region, on.as_deref())?;
            Ok(report(view))
        }
        ParamCommand::History { from, node } => Ok(report(access::client(console, &node)?.rule_sets(from)?)),
        ParamCommand::Standard { id, node } => Ok(report(access::client(console, &node)?.standard(&id)?)),
        ParamCommand::Herb { code, node } => Ok(report(access::client(console, &node)?.herb(&code)?)),
        ParamCommand::KeyProducts { region, from, node } => {
            Ok(report(access::client(console, &node)?.key_products(&region, from)?))
        }
        ParamCommand::Amend { file, document_no, sign } => {
            let bytes = passphrase::read(&file, RULE_SET_BYTES_MAX)?;
            let shown = file.display();
            let mut operation: Value = serde_json::from_slice(&bytes)
                .map_err(|e| Failure::input(format!("{shown}：{e}"), format!("{shown}: {e}")))?;
            if let Some(fields) = operation.as_object_mut() {
                fields.insert("type".into(), Value::String("amend_law".into()));
            }
            let title = operation.get("title").and_then(Value::as_str).unwrap_or_default();
            let document_no = document_no.unwrap_or_else(|| title.split_whitespace().collect());
            member::send(console, &sign, document_no, operation)
        }
    }
}

fn report(view: Value) -> Report {
    let text = serde_json::to_string_pretty(&view).unwrap_or_default() + "\n";
    Report::done(view, text)
}
