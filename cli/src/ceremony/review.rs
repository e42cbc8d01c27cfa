//! `bencao genesis review`: a draft or a sealed genesis for people, and how two differ.

use super::args::ReviewArgs;
use super::text::{facts, failure, heading_and_label};
use super::text_file;
use crate::console::Console;
use crate::failure::{Exit, Failure, Report};
use bencao_genesis::ceremony::{self, Change, Draft, Fingerprint, Remark, SEALED_KIND, Sealed};
use bencao_genesis::genesis::GENESIS_BYTES_MAX;
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn run(console: &Console, args: &ReviewArgs) -> Result<Report, Failure> {
    let draft = load(&args.file)?;
    let before = args.against.as_deref().map(load).transpose()?;
    let chain_id = draft.genesis().chain_id();
    let fingerprint = Fingerprint::of(&chain_id.0).to_string();
    let all = ceremony::review(&draft);
    let changes = before.map(|before| ceremony::compare(&ceremony::review(&before), &all));
    let remarks = ceremony::remarks(&draft);
    let problem = problem(&draft);

    let mut text = format!(
        "{} {fingerprint}\n{} {chain_id}\n",
        console.pick("指纹", "fingerprint"),
        console.pick("链标识", "chain id")
    );
    match &changes {
        None => text += &facts(console, &all),
        Some(changes) if changes.is_empty() => text += console.pick("没有不同\n", "no difference\n"),
        Some(changes) => text += &changes.iter().map(|c| change_line(console, c)).collect::<String>(),
    }
    for remark in &remarks {
        text +=
            &format!("{} {}\n", console.pick("注意：", "note:"), console.pick(&remark.text_zh(), &remark.text_en()));
    }
    if let Some((zh, en)) = &problem {
        text += &format!("{} {}\n", console.pick("尚不能封存：", "cannot be sealed yet:"), console.pick(zh, en));
    }
    let json = json!({
        "chain_id": chain_id.to_string(),
        "fingerprint": fingerprint,
        "facts": all.iter().map(|f| json!({ "path": f.path, "value": f.value })).collect::<Vec<_>>(),
        "changes": changes.map(|c| c.iter().map(change_json).collect::<Vec<_>>()),
        "remarks": remarks.iter().map(remark_json).collect::<Vec<_>>(),
        "problem": problem.map(|(zh, en)| json!({ "message_zh": zh, "message_en": en })),
    });
    Ok(Report { json, text, exit: Exit::Done })
}

/// A draft, or the draft of a sealed genesis.
fn load(path: &Path) -> Result<Draft, Failure> {
    let text = text_file(path, GENESIS_BYTES_MAX)?;
    let draft = match ceremony::kind_of(&text).as_deref() {
        Some(SEALED_KIND) => Sealed::parse(&text).map(|sealed| sealed.draft()),
        _ => Draft::parse(&text),
    };
    draft.map_err(|e| failure(path, &e))
}

/// Why no chain follows from the draft, in both languages.
pub(super) fn problem(draft: &Draft) -> Option<(String, String)> {
    match draft.check() {
        Err(error) => Some((error.message_zh(), error.to_string())),
        Ok(genesis) => {
            bencao_chaincode::genesis_state(&genesis).err().map(|e| (format!("不符合规则：{e}"), e.to_string()))
        }
    }
}

fn change_line(console: &Console, change: &Change) -> String {
    let (heading, label) = heading_and_label(console, &change.path);
    let path = if heading.is_empty() { label } else { format!("{heading} / {label}") };
    match (&change.before, &change.after) {
        (None, Some(after)) => format!("+ {path}: {after}\n"),
        (Some(before), None) => format!("- {path}: {before}\n"),
        (before, after) => {
            format!("~ {path}: {} → {}\n", before.as_deref().unwrap_or(""), after.as_deref().unwrap_or(""))
        }
    }
}

fn change_json(change: &Change) -> Value {
    json!({ "path": change.path, "before": change.before, "after": change.after })
}

fn remark_json(remark: &Remark) -> Value {
    json!({ "name": remark.name(), "message_zh": remark.text_zh(), "message_en": remark.text_en() })
}
