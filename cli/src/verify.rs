//! `bencao verify`: a proof file and a genesis file, and nothing else.

use crate::args::VerifyArgs;
use crate::console::Console;
use crate::failure::{Exit, Failure, Report};
use crate::passphrase::read;
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
    let code = &proven.report.code;
    text += &match &proven.report.status {
        Some(status) => {
            format!("{code}  {}  ({})\n", console.pick(status.verdict_zh, status.verdict.name()), status.batch.batch_no)
        }
        None => format!("{code}  {}\n", console.pick("从未在本链上赋码激活", "never commissioned on this chain")),
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
