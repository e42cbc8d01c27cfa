//! `bencao genesis`: the ceremony in which organisations that do not trust each other's machines found a chain.
//!
//! Every step reads files and writes one; nothing here opens a connection. What the files mean, and what protects them, is in
//! `bencao_genesis::ceremony`.

pub(crate) mod args;
mod check;
mod join;
mod review;
mod sign;
mod text;

pub(crate) use args::GenesisCommand;
pub(crate) use join::{JOIN_FILE, node_folder};
pub(crate) use text::failure;

use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::{passphrase, write};
use args::{AddArgs, NewArgs};
use bencao_client::api::instant;
use bencao_genesis::ceremony::{Added, Draft, Fingerprint, Join};
use bencao_genesis::genesis::{GENESIS_BYTES_MAX, RULE_VERSION};
use bencao_genesis::{Limits, Params, Product, TimestampMs};
use serde::Deserialize;
use serde_json::json;
use std::path::Path;
use std::time::SystemTime;

/// Longest file of parameters, licences or an authority, bytes.
const SMALL_FILE_BYTES_MAX: usize = 1 << 20;

pub(crate) fn run(console: &Console, command: GenesisCommand) -> Result<Report, Failure> {
    match command {
        GenesisCommand::New(args) => new(console, &args),
        GenesisCommand::Join(args) => join::run(console, &args),
        GenesisCommand::Add(args) => add(console, &args),
        GenesisCommand::Review(args) => review::run(console, &args),
        GenesisCommand::Sign(args) => sign::sign(console, &args),
        GenesisCommand::Seal(args) => sign::seal(console, &args),
        GenesisCommand::Verify(args) => check::run(console, &args),
    }
}

/// `--params FILE`.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Agreed {
    params: Params,
    limits: Limits,
}

fn new(console: &Console, args: &NewArgs) -> Result<Report, Failure> {
    let time = match &args.time {
        Some(text) => parse_time(text)?,
        None => now()?,
    };
    let mut draft = Draft::new(args.chain_name.clone(), time, RULE_VERSION);
    if let Some(path) = &args.params {
        let agreed: Agreed = json_file(path)?;
        (draft.params, draft.limits) = (agreed.params, agreed.limits);
    }
    if let Some(path) = &args.products {
        draft.products = json_file::<Vec<Product>>(path)?;
    }
    for path in &args.authority {
        draft.authorities.push(authority(path)?);
    }
    write::new_file(&args.out, draft.to_json().as_bytes())?;
    let out = args.out.display().to_string();
    let json = json!({ "draft": out, "chain_name": draft.chain_name, "time": draft.time_ms.to_string() });
    let text = match console.lang {
        crate::args::Lang::Zh => {
            format!("已写入草案 {out}\n下一步：把草案交给各创始成员，各自运行 bencao genesis join --draft {out} …\n")
        }
        crate::args::Lang::En => {
            format!("wrote draft {out}\nnext: give it to every founder, who runs bencao genesis join --draft {out} …\n")
        }
    };
    Ok(Report::done(json, text))
}

fn authority(path: &Path) -> Result<String, Failure> {
    let text = text_file(path, SMALL_FILE_BYTES_MAX)?;
    let shown = path.display();
    let wrong = |e: bencao_crypto::x509::X509Error| {
        Failure::input(
            format!("{shown}：不是证书机构的证书：{e}"),
            format!("{shown}: not an authority's certificate: {e}"),
        )
    };
    let certificate = bencao_crypto::x509::Certificate::from_pem(&text).map_err(wrong)?;
    if certificate.is_authority() {
        Ok(certificate.to_pem())
    } else {
        Err(wrong(bencao_crypto::x509::X509Error::NotAuthority))
    }
}

fn add(console: &Console, args: &AddArgs) -> Result<Report, Failure> {
    let mut draft = load_draft(&args.draft)?;
    let (mut added, mut text) = (Vec::new(), String::new());
    for path in &args.joins {
        let join = Join::parse(&text_file(path, GENESIS_BYTES_MAX)?).map_err(|e| failure(path, &e))?;
        let (organisation, name) = (join.organisation().to_string(), join.body.organisation.name.clone());
        let fingerprint = Fingerprint::of(&join.body.id()).to_string();
        let outcome = draft.add(join, args.replace).map_err(|e| failure(path, &e))?;
        let (outcome, said) = match outcome {
            Added::New => ("new", console.pick("新增", "added")),
            Added::Unchanged => ("unchanged", console.pick("未变", "unchanged")),
            Added::Replaced => ("replaced", console.pick("已替换", "replaced")),
        };
        text += &format!("{said} {organisation} {name}  {} {fingerprint}\n", console.pick("申请指纹", "request"));
        added.push(json!({ "organisation": organisation, "name": name, "outcome": outcome, "request": fingerprint }));
    }
    write::replace(&args.draft, draft.to_json().as_bytes())?;
    let fingerprint = Fingerprint::of(&draft.genesis().chain_id().0).to_string();
    text += &format!(
        "{} {}  {} {fingerprint}\n",
        console.pick("创始成员", "founders"),
        draft.founders().len(),
        console.pick("草案指纹", "fingerprint of the draft")
    );
    let json = json!({ "added": added, "founders": draft.founders().len(), "fingerprint": fingerprint });
    Ok(Report::done(json, text))
}

pub(crate) fn load_draft(path: &Path) -> Result<Draft, Failure> {
    Draft::parse(&text_file(path, GENESIS_BYTES_MAX)?).map_err(|e| failure(path, &e))
}

pub(crate) fn text_file(path: &Path, bytes_max: usize) -> Result<String, Failure> {
    let bytes = passphrase::read(path, bytes_max)?;
    let shown = path.display();
    String::from_utf8(bytes)
        .map_err(|_| Failure::input(format!("{shown}：不是 UTF-8 文本"), format!("{shown}: not UTF-8 text")))
}

fn json_file<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let text = text_file(path, SMALL_FILE_BYTES_MAX)?;
    serde_json::from_str(&text).map_err(|e| {
        let shown = path.display();
        let mut failure = Failure::input(format!("{shown}：{e}"), format!("{shown}: {e}"));
        failure.fault.line = u64::try_from(e.line()).ok();
        failure
    })
}

fn now() -> Result<TimestampMs, Failure> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_err(|e| Failure::internal(&e))?;
    Ok(TimestampMs(u64::try_from(since.as_millis()).map_err(|e| Failure::internal(&e))?))
}

/// `2026-11-23T09:30:00+08:00`, with or without milliseconds.
fn parse_time(text: &str) -> Result<TimestampMs, Failure> {
    let with_ms = if text.contains('.') { text.to_owned() } else { text.replacen('+', ".000+", 1) };
    instant(&with_ms).ok_or_else(|| {
        Failure::input(
            format!("--time {text}：应为 2026-11-23T09:30:00+08:00"),
            format!("--time {text}: expected 2026-11-23T09:30:00+08:00"),
        )
    })
}
