//! `bencao access-log`: whether the log of what authorities asked is whole, and what is in it.

use super::args::AccessLogCommand;
use crate::console::Console;
use crate::failure::{Exit, Failure, Report};
use crate::verify::load_genesis;
use bencao_access::journal::{Damage, Head, Reason, SignedHead, Verified, Verifier, entry};
use bencao_genesis::{Genesis, KeyPurpose};
use bencao_node::access::journal::{HEAD_FILE, JournalError, LOG_FOLDER, last_head, segment_path, segments};
use bencao_node::config::Config;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Folder of a home with the head that a node puts down.
const SIGNER_FOLDER: &str = "signer";

pub(crate) fn run(console: &Console, home: Option<&Path>, command: AccessLogCommand) -> Result<Report, Failure> {
    match command {
        AccessLogCommand::Verify { folder, head, genesis } => {
            let log = match folder {
                Some(folder) => Log { folder, head: None, genesis },
                None => Log::of(home)?,
            };
            verify(console, &log, &head)
        }
        AccessLogCommand::Show { last, organisation } => {
            show(console, &Log::of(home)?, last as usize, organisation.as_deref())
        }
    }
}

/// Where a log is, and what it is compared with.
struct Log {
    folder: PathBuf,
    /// File of the head that the node put down.
    head: Option<PathBuf>,
    genesis: Option<PathBuf>,
}

impl Log {
    fn of(home: Option<&Path>) -> Result<Log, Failure> {
        let home = home.ok_or_else(|| Failure::input("缺少 --home", "--home is needed"))?;
        let config = Config::load(home).map_err(|e| Failure::input(e.to_string(), e.to_string()))?;
        Ok(Log {
            folder: config.data_dir.join(LOG_FOLDER),
            head: Some(home.join(SIGNER_FOLDER).join(HEAD_FILE)),
            genesis: Some(config.genesis),
        })
    }

    /// Bytes of each segment, one at a time.
    fn segments(&self) -> Result<impl Iterator<Item = Result<(u64, Vec<u8>), Failure>> + '_, Failure> {
        let numbers = segments(&self.folder).map_err(|e| file(&e))?;
        Ok(numbers.into_iter().map(|number| {
            let path = segment_path(&self.folder, number);
            std::fs::read(&path).map(|bytes| (number, bytes)).map_err(|e| Failure::file(&path, &e))
        }))
    }
}

fn file(error: &JournalError) -> Failure {
    match error {
        JournalError::File { path, source } => Failure::file(path, source),
        other => Failure::input(other.to_string(), other.to_string()),
    }
}

fn verify(console: &Console, log: &Log, heads: &[String]) -> Result<Report, Failure> {
    let genesis = log.genesis.as_deref().map(load_genesis).transpose()?;
    let chain = genesis.as_ref().map(Genesis::chain_id);
    let mut expected = Vec::new();
    for text in heads {
        let signed = SignedHead::parse(text).filter(|head| chain.is_none_or(|chain| head.verifies(chain)));
        let signed = signed.ok_or_else(|| {
            Failure::input(
                format!("--head {text}：不是本链节点签名的日志头"),
                format!("--head {text}: not a head of an access log signed for this chain"),
            )
        })?;
        expected.push(signed.head);
    }
    if let Some(path) = &log.head {
        expected.extend(last_head(path).map_err(|e| file(&e))?);
    }
    let mut verifier = Verifier::new(chain, expected);
    for segment in log.segments()? {
        let (number, bytes) = segment?;
        if let Err(damage) = verifier.segment(number, &bytes) {
            return Ok(damaged(console, &damage));
        }
    }
    match verifier.finish() {
        Ok((verified, _)) => Ok(whole(console, &verified, genesis.as_ref())),
        Err(damage) => Ok(damaged(console, &damage)),
    }
}

fn whole(console: &Console, verified: &Verified, genesis: Option<&Genesis>) -> Report {
    let known = |key: &bencao_crypto::PublicKey| {
        let keys = genesis.iter().flat_map(|g| &g.organisations).flat_map(|o| &o.keys);
        keys.into_iter().any(|k| k.purpose == KeyPurpose::Node && k.public_key == *key)
    };
    let keys: Vec<_> =
        verified.keys.iter().map(|k| json!({ "key_id": k.id().to_string(), "in_genesis": known(k) })).collect();
    let Head { entries, link } = verified.head;
    let json = json!({
        "verified": true,
        "first_entry": verified.first_entry,
        "entries": entries,
        "link": link,
        "sealed": verified.sealed,
        "segments": verified.segments,
        "keys": keys,
        "torn_bytes": verified.torn_bytes,
    });
    let (first, sealed) = (verified.first_entry, verified.sealed);
    let text = match console.lang {
        crate::args::Lang::Zh if entries == 0 => "日志为空\n".into(),
        crate::args::Lang::En if entries == 0 => "the log is empty\n".into(),
        crate::args::Lang::Zh => format!("日志完整：第 {first} 至 {entries} 条，其中至第 {sealed} 条有节点签名\n"),
        crate::args::Lang::En => {
            format!("the log is whole: entries {first} to {entries}, up to {sealed} under the node's signature\n")
        }
    };
    let keys: String =
        verified.keys.iter().map(|k| format!("  {} {}\n", console.pick("签名密钥", "signed by"), k.id())).collect();
    Report::done(json, text + &keys)
}

fn damaged(console: &Console, damage: &Damage) -> Report {
    let reason = match &damage.reason {
        Reason::Form => "form",
        Reason::Link => "link",
        Reason::Segment => "segment",
        Reason::Chain => "chain",
        Reason::Entry { .. } => "entry",
        Reason::Seal => "seal",
        Reason::Missing(_) => "missing",
    };
    let json = json!({
        "verified": false, "segment": damage.segment, "line": damage.line, "reason": reason, "detail": damage.reason.to_string(),
    });
    let text =
        format!("{} {damage}\n", console.pick("日志已被改动或缺失：", "the log was changed, or a part is missing:"));
    Report { json, text, exit: Exit::Unverified }
}

fn show(console: &Console, log: &Log, last: usize, organisation: Option<&str>) -> Result<Report, Failure> {
    let mut found = std::collections::VecDeque::new();
    for segment in log.segments()? {
        let (_, bytes) = segment?;
        for line in bytes.split(|b| *b == b'\n') {
            let Some((number, query)) = entry(line) else { continue };
            if organisation.is_none_or(|id| query.organisation == id) {
                found.push_back((number, query));
            }
            if found.len() > last {
                found.pop_front();
            }
        }
    }
    let text: String = found
        .iter()
        .map(|(number, q)| {
            let (error, purpose) = (q.error.as_deref().unwrap_or(""), console.pick("用途", "for"));
            format!(
                "{number}  {}  {}  {} {}  {} {error}  {purpose}: {}\n",
                q.time, q.organisation, q.method, q.target, q.status, q.purpose
            )
        })
        .collect();
    let entries: Vec<_> = found.iter().map(|(number, query)| json!({ "entry": number, "query": query })).collect();
    let none = console.pick("没有记录", "no entries").to_owned();
    Ok(Report::done(json!({ "entries": entries }), if entries.is_empty() { none } else { text }))
}
