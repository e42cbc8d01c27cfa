//! `bencao verify`: a proof file and a genesis file, and nothing else.

use crate::args::VerifyArgs;
use crate::console::Console;
use crate::failure::{Exit, Failure, Report};
use crate::passphrase::read;
use bencao_chaincode::proof::{Answer, StatusReport};
use bencao_chaincode::query::LotView;
use bencao_client::verify::{Checked, FILE_BYTES_MAX, Proven, VerifyError, check_name_zh, verify};
use bencao_crypto::LibraryKeys;
use bencao_genesis::Genesis;
use bencao_genesis::genesis::GENESIS_BYTES_MAX;
use serde_json::{Value, json};
use std::path::Path;

pub(crate) fn run(console: &Console, args: &VerifyArgs) -> Result<Report, Failure> {
    let genesis = load_genesis(&args.genesis)?;
    let file = read(&args.file, FILE_BYTES_MAX)?;
    match verify(&genesis, &file, &LibraryKeys) {
        Ok(proven) => proved(console, &proven),
        Err(error) => Ok(refuted(console, &args.file, &error)),
    }
}

pub(crate) fn load_genesis(path: &Path) -> Result<Genesis, Failure> {
    let wrong = |reason: String| {
        let shown = path.display();
        Failure::input(format!("{shown}：不是创世文件：{reason}"), format!("{shown}: not a genesis file: {reason}"))
    };
    let bytes = read(path, GENESIS_BYTES_MAX)?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("not UTF-8".into()))?;
    Genesis::parse(&text).map_err(|e| wrong(e.to_string()))
}

fn proved(console: &Console, proven: &Proven) -> Result<Report, Failure> {
    let passed = |c: &Checked| json!({ "name": c.name, "passed": true, "detail": c.detail, "detail_zh": c.detail_zh });
    let checks: Vec<Value> = proven.checks.iter().map(passed).collect();
    let report = serde_json::to_value(&proven.report).map_err(|e| Failure::internal(&e))?;
    let mut text: String =
        proven.checks.iter().map(|c| format!("✓ {}\n", console.pick(&c.detail_zh, &c.detail))).collect();
    let name = name_of(&proven.report);
    text += &match &proven.report.status {
        Some(Answer::Unit(unit)) => {
            format!("{name}  {}  ({})\n", console.pick(unit.verdict_zh, unit.verdict.name()), unit.batch.batch_no)
        }
        Some(Answer::Lot(lot)) => lot_text(console, lot),
        None if proven.report.lot.is_some() => {
            format!("{name}  {}\n", console.pick("本链上从无此批次", "no such lot was ever made on this chain"))
        }
        None => format!("{name}  {}\n", console.pick("从未在本链上赋码激活", "never commissioned on this chain")),
    };
    let (height, time) = (proven.height, proven.time);
    text += &format!("{} {height}  {time}\n", console.pick("验证通过，截至高度", "verified, as of height"));
    let json = json!({
        "verified": true,
        "chain_id": proven.chain.to_string(),
        "anchor": "genesis",
        "height": proven.height,
        "block_time": proven.time.to_string(),
        "state_root": proven.state_root.to_string(),
        "checks": checks,
        "status": report,
    });
    Ok(Report::done(json, text))
}

fn name_of(report: &StatusReport) -> String {
    let code = report.code.map(|code| code.to_string());
    code.or_else(|| report.lot.as_ref().map(ToString::to_string)).unwrap_or_default()
}

/// A lot in one line, and what holds it.
fn lot_text(console: &Console, lot: &LotView) -> String {
    let state = console.pick(lot.state_zh, lot.state);
    let chain = if lot.chain_incomplete { console.pick("  链条不完整", "  chain incomplete") } else { "" };
    let expired = if lot.expired { console.pick("  已过保质期", "  past its date") } else { "" };
    let mut text = format!("{}  {}  {state}{chain}{expired}\n", lot.lot, lot.herb.name);
    for level in &lot.held {
        let holds = level.holds.join(", ");
        text += &format!("  {}: {} {holds}\n", console.pick("锁定", "held"), console.pick(level.level_zh, level.level));
    }
    text
}

fn refuted(console: &Console, file: &Path, error: &VerifyError) -> Report {
    let name = error.check_name();
    let mut detail = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !detail.ends_with(&cause_text) {
            detail += &format!(": {cause_text}");
        }
        source = cause.source();
    }
    let label = console.pick(check_name_zh(name), name);
    let text =
        format!("✗ {label}: {detail}\n{} {}\n", console.pick("验证未通过：", "verification failed:"), file.display());
    let json = json!({ "verified": false, "checks": [{ "name": name, "passed": false, "detail": detail }] });
    Report { json, text, exit: Exit::Unverified }
}
