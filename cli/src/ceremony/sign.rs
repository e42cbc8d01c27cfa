//! `bencao genesis sign` and `seal`.

use super::args::{SealArgs, SignDraftArgs};
use super::join::JOIN_FILE;
use super::review::problem;
use super::text::failure;
use super::{load_draft, text_file};
use crate::console::Console;
use crate::failure::{Exit, Failure, Report};
use crate::{passphrase, write};
use bencao_genesis::ceremony::{
    CeremonyError, Draft, Fingerprint, FounderSignature, FounderStanding, Join, Sealed, Standing,
};
use bencao_genesis::genesis::GENESIS_BYTES_MAX;
use bencao_genesis::{Height, KeyPurpose};
use serde_json::json;

pub(super) fn sign(console: &Console, args: &SignDraftArgs) -> Result<Report, Failure> {
    let draft = load_draft(&args.draft)?;
    if let Some((zh, en)) = problem(&draft) {
        return Err(Failure::input(
            format!("草案尚不完整，不能签名：{zh}"),
            format!("the draft is not complete: {en}"),
        ));
    }
    let own = own_request(args, &draft)?;
    let chain_id = draft.genesis().chain_id();
    let fingerprint = Fingerprint::of(&chain_id.0);
    agreed(&fingerprint, &args.fingerprint)?;
    let path = args.key.clone().unwrap_or_else(|| args.dir.join("admin.pem"));
    let key = passphrase::open_key(console, &path, &args.passphrase)?;
    let key_id = key.public().id();
    if own.body.organisation.key_at(key_id, KeyPurpose::Admin, Height(1)).is_none() {
        let shown = path.display();
        return Err(Failure::input(
            format!("{shown}：不是本单位登记的 admin 密钥"),
            format!("{shown}: not an admin key of this organisation's request"),
        ));
    }
    let organisation = own.organisation().clone();
    let signature = key.sign(&FounderSignature::message(chain_id, key_id));
    let signed = FounderSignature::new(chain_id, organisation.clone(), key_id, signature);
    let out = args.out.clone().unwrap_or_else(|| args.dir.join("signature.json"));
    write::replace(&out, signed.to_json().as_bytes())?;
    let json = json!({
        "signature": out.display().to_string(),
        "organisation": organisation.to_string(),
        "key_id": key_id.to_string(),
        "chain_id": chain_id.to_string(),
        "fingerprint": fingerprint.to_string(),
    });
    let text = format!(
        "{} {}\n{} {fingerprint}\n{}\n",
        console.pick("已签名：", "signed:"),
        out.display(),
        console.pick("指纹", "fingerprint"),
        console.pick("下一步：把签名文件交给协调人", "next: give the signature to the coordinator")
    );
    Ok(Report::done(json, text))
}

/// The request that was made here, which must be the one in the draft: nobody has changed or replaced it on the way.
fn own_request(args: &SignDraftArgs, draft: &Draft) -> Result<Join, Failure> {
    let path = args.dir.join(JOIN_FILE);
    let own = Join::parse(&text_file(&path, GENESIS_BYTES_MAX)?).map_err(|e| failure(&path, &e))?;
    let there = draft.founders().iter().find(|f| f.organisation() == own.organisation());
    let organisation = own.organisation().to_string();
    let print = |join: &Join| Fingerprint::of(&join.body.id()).to_string();
    let (zh, en, actual) = match there {
        Some(there) if *there == own => return Ok(own),
        Some(there) => (
            format!("草案中 {organisation} 的申请不是本机生成的那一份：请勿签名，向协调人查问"),
            format!(
                "the request of {organisation} in the draft is not the one made here: do not sign, ask the coordinator"
            ),
            Some(print(there)),
        ),
        None => {
            (format!("草案中没有 {organisation} 的申请"), format!("the draft holds no request of {organisation}"), None)
        }
    };
    let mut failure = Failure::input(zh, en);
    failure.exit = Exit::Unverified;
    (failure.fault.expected, failure.fault.actual) = (Some(print(&own)), actual);
    Err(failure)
}

/// The fingerprint that a person names must be the file's.
pub(super) fn agreed(own: &Fingerprint, told: &str) -> Result<(), Failure> {
    let told = Fingerprint::parse(told).map_err(|e| {
        Failure::input(format!("--fingerprint：指纹为 32 位数字，给出 {} 位", e.actual), format!("--fingerprint: {e}"))
    })?;
    let Some(group) = own.first_difference(&told) else { return Ok(()) };
    let mut failure = Failure::input(
        format!("指纹不符，第 {group} 组不同：听错了，或者这不是大家商定的那一份"),
        format!("the fingerprint differs in group {group}: misheard, or not the one that was agreed on"),
    );
    failure.exit = Exit::Unverified;
    (failure.fault.expected, failure.fault.actual) = (Some(told.to_string()), Some(own.to_string()));
    Err(failure)
}

pub(super) fn seal(console: &Console, args: &SealArgs) -> Result<Report, Failure> {
    let draft = load_draft(&args.draft)?;
    if let Some((zh, en)) = problem(&draft) {
        return Err(Failure::input(format!("草案不能封存：{zh}"), format!("the draft cannot be sealed: {en}")));
    }
    let mut signatures = Vec::new();
    for path in &args.signatures {
        let text = text_file(path, GENESIS_BYTES_MAX)?;
        signatures.push(FounderSignature::parse(&text).map_err(|e| failure(path, &e))?);
    }
    let standings = Sealed::standings(&draft, &signatures).map_err(|e| failure(&args.draft, &e))?;
    match Sealed::seal(&draft, &signatures) {
        Ok(sealed) => {
            write::new_file(&args.out, sealed.to_json().as_bytes())?;
            let fingerprint = Fingerprint::of(&sealed.chain_id.0).to_string();
            let (out, chain) = (args.out.display().to_string(), sealed.chain_id.to_string());
            let json = json!({
                "sealed": true, "genesis": out, "chain_id": chain, "fingerprint": fingerprint, "founders": standings,
            });
            let text = format!(
                "{} {out}\n{} {chain}\n{} {fingerprint}\n",
                console.pick("已封存创世文件", "sealed genesis"),
                console.pick("链标识", "chain id"),
                console.pick("指纹", "fingerprint")
            );
            Ok(Report::done(json, text))
        }
        Err(CeremonyError::Unsigned(_)) => {
            let mut text = String::from(console.pick("不能封存：\n", "cannot be sealed:\n"));
            text += &founders(console, &standings);
            let chain = draft.genesis().chain_id().to_string();
            let json = json!({ "sealed": false, "chain_id": chain, "founders": standings });
            Ok(Report { json, text, exit: Exit::Unverified })
        }
        Err(other) => Err(failure(&args.draft, &other)),
    }
}

/// One line a founder.
pub(super) fn founders(console: &Console, standings: &[FounderStanding]) -> String {
    let line = |f: &FounderStanding| {
        let mark = if f.standing == Standing::Signed { '✓' } else { '✗' };
        format!("{mark} {}\n", console.pick(&f.text_zh(), &f.text_en()))
    };
    standings.iter().map(line).collect()
}
