//! `bencao param`: the law in a region, the rule sets it came from, and a new one.

use crate::access;
use crate::args::ParamCommand;
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::{member, passphrase};
use serde_json::Value;

/// Longest file of a rule set, bytes.
const RULE_SET_BYTES_MAX: usize = 1 << 20;

pub(crate) fn run(console: &Console, command: ParamCommand) -> Result<Report, Failure> {
    match command {
        ParamCommand::Show { region, on, node } => {
            let view = access::client(console, &node)?.law(&region, on.as_deref())?;
            Ok(report(view))
        }
        ParamCommand::History { from, node } => Ok(report(access::client(console, &node)?.rule_sets(from)?)),
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
