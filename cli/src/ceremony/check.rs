//! `bencao genesis verify`: whether a sealed genesis is what its founders signed.

use super::args::VerifyGenesisArgs;
use super::sign::{agreed, founders};
use super::text_file;
use crate::console::Console;
use crate::failure::{Exit, Failure, Report};
use bencao_genesis::ceremony::{CeremonyError, Fingerprint, Sealed};
use bencao_genesis::genesis::GENESIS_BYTES_MAX;
use serde_json::{Value, json};

/// A check with its outcome, in both languages.
struct Check {
    name: &'static str,
    passed: bool,
    zh: String,
    en: String,
}

impl Check {
    fn passed(name: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Check {
        Check { name, passed: true, zh: zh.into(), en: en.into() }
    }

    fn failed(name: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Check {
        Check { name, passed: false, zh: zh.into(), en: en.into() }
    }
}

pub(super) fn run(console: &Console, args: &VerifyGenesisArgs) -> Result<Report, Failure> {
    let text = text_file(&args.file, GENESIS_BYTES_MAX)?;
    let sealed = match Sealed::parse(&text) {
        Ok(sealed) => sealed,
        Err(error) => {
            let check = Check::failed(check_name(&error), error.message_zh(), error.to_string());
            return Ok(report(console, None, &[check]));
        }
    };
    let count = sealed.founders.len();
    let keys: usize = sealed.founders.iter().map(|f| f.proofs.len()).sum();
    let mut checks = vec![
        Check::passed("form", "格式正确", "the form is right"),
        Check::passed(
            "requests",
            format!("{count} 份申请，{keys} 把密钥均有持有证明"),
            format!("{count} requests, and each of {keys} keys has proved itself"),
        ),
        Check::passed("genesis", "创世内容与申请一致", "the genesis is the one that the requests give"),
        Check::passed("signatures", format!("{count} 个创始成员均已签名"), format!("all {count} founders have signed")),
    ];
    checks.push(match bencao_chaincode::genesis_state(&sealed.genesis) {
        Ok(_) => Check::passed("rules", "符合规则", "the rules take it"),
        Err(e) => Check::failed("rules", format!("不符合规则：{e}"), e.to_string()),
    });
    if let Some(told) = &args.fingerprint {
        checks.push(match agreed(&Fingerprint::of(&sealed.chain_id.0), told) {
            Ok(()) => Check::passed("fingerprint", "指纹相符", "the fingerprint is the one given"),
            Err(failure) => Check::failed("fingerprint", failure.fault.message_zh, failure.fault.message_en),
        });
    }
    Ok(report(console, Some(&sealed), &checks))
}

fn check_name(error: &CeremonyError) -> &'static str {
    match error {
        CeremonyError::Join { .. } | CeremonyError::OtherChain { .. } | CeremonyError::Order => "requests",
        CeremonyError::Genesis(_)
        | CeremonyError::Authority { .. }
        | CeremonyError::Altered
        | CeremonyError::WrongChainId { .. } => "genesis",
        CeremonyError::Unsigned(_) | CeremonyError::Stranger { .. } => "signatures",
        _ => "form",
    }
}

fn report(console: &Console, sealed: Option<&Sealed>, checks: &[Check]) -> Report {
    let verified = checks.iter().all(|c| c.passed);
    let line = |c: &Check| {
        let mark = if c.passed { '✓' } else { '✗' };
        format!("{mark} {}: {}\n", c.name, console.pick(&c.zh, &c.en))
    };
    let mut text: String = checks.iter().map(line).collect();
    let mut json = json!({
        "verified": verified,
        "checks": checks.iter().map(|c| json!({
            "name": c.name, "passed": c.passed, "message_zh": c.zh, "message_en": c.en,
        })).collect::<Vec<Value>>(),
    });
    if let Some(sealed) = sealed {
        let fingerprint = Fingerprint::of(&sealed.chain_id.0).to_string();
        // It was parsed, so every founder has signed.
        let standings = Sealed::standings(&sealed.draft(), &sealed.signatures).unwrap_or_default();
        text += &founders(console, &standings);
        text += &format!(
            "{} {}\n{} {}\n{} {fingerprint}\n",
            console.pick("链名称", "chain"),
            sealed.genesis.chain_name,
            console.pick("链标识", "chain id"),
            sealed.chain_id,
            console.pick("指纹", "fingerprint")
        );
        json["chain_name"] = json!(sealed.genesis.chain_name);
        json["chain_id"] = json!(sealed.chain_id.to_string());
        json["fingerprint"] = json!(fingerprint);
        json["founders"] = json!(standings);
    }
    Report { json, text, exit: if verified { Exit::Done } else { Exit::Unverified } }
}
