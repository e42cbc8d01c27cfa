//! `bencao ca issue` and `renew`.

use super::args::{IssueArgs, RenewArgs, UsageArg};
use super::folder::Folder;
use super::{DAY_S, SLACK_S, described, line, now_s, read_chain, wrong};
use crate::ceremony::text_file;
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::{ceremony, write};
use bencao_crypto::x509::{Authority, Certificate, CertificateRequest, Subject, Terms, Usage, Validity};
use bencao_genesis::OrgId;
use bencao_genesis::ceremony::{DRAFT_KIND, Draft, JOIN_KIND, Join, kind_of};
use bencao_genesis::genesis::GENESIS_BYTES_MAX;
use serde_json::json;
use std::path::{Path, PathBuf};

/// One certificate to issue.
struct Wish {
    common_name: String,
    organisation: String,
    request: CertificateRequest,
    out: PathBuf,
}

pub(super) fn issue(console: &Console, args: &IssueArgs) -> Result<Report, Failure> {
    let folder = Folder::at(&args.dir);
    let wishes = wishes(args)?;
    let authority = folder.open(console, &args.passphrase)?;
    let now = now_s()?;
    let validity = validity(&authority, args.days, now)?;
    // What is above the authority, so that a peer that knows only the root can follow; a root itself is left out.
    let above: String = above(&folder)?.iter().map(Certificate::to_pem).collect();
    let (mut listed, mut text) = (Vec::new(), String::new());
    for wish in &wishes {
        let certificate = one(&authority, wish, args.usage, validity)?;
        folder.keep(&certificate)?;
        write::new_file(&wish.out, (certificate.to_pem() + &above).as_bytes())?;
        text += &format!(
            "{} {}\n{}",
            console.pick("已写入", "wrote"),
            wish.out.display(),
            line(console, &certificate, now)
        );
        let mut json = described(&certificate, now);
        json["file"] = json!(wish.out.display().to_string());
        listed.push(json);
    }
    Ok(Report::done(json!({ "issued": listed }), text))
}

fn above(folder: &Folder) -> Result<Vec<Certificate>, Failure> {
    let chain = folder.chain()?;
    let is_root = chain.first().is_some_and(|own| own.is_issued_by(own));
    Ok(if is_root { Vec::new() } else { chain })
}

fn one(authority: &Authority, wish: &Wish, usage: UsageArg, validity: Validity) -> Result<Certificate, Failure> {
    let subject = Subject { common_name: &wish.common_name, organisation: &wish.organisation };
    let key = wish.request.key();
    let terms = |usage| Terms {
        usage,
        validity,
        // GM/T 0015's extension takes what is an organisation's code indeed.
        organisation_code: OrgId::parse(&wish.organisation).is_ok().then_some(wish.organisation.as_str()),
    };
    let issued = match usage {
        UsageArg::Node => authority.issue_on(subject, key, &terms(Usage::Node)),
        UsageArg::Sign => authority.issue_on(subject, key, &terms(Usage::Sign)),
        UsageArg::Encrypt => authority.issue_on(subject, key, &terms(Usage::Encrypt)),
        UsageArg::Authority => {
            let levels = authority.certificate().levels().and_then(|l| l.checked_sub(1)).unwrap_or(0);
            authority.issue_authority(subject, key, validity, levels)
        }
    };
    issued.map_err(wrong(&wish.common_name))
}

fn wishes(args: &IssueArgs) -> Result<Vec<Wish>, Failure> {
    let text = text_file(&args.request, GENESIS_BYTES_MAX)?;
    let joins = match kind_of(&text).as_deref() {
        Some(JOIN_KIND) => vec![Join::parse(&text).map_err(|e| ceremony::failure(&args.request, &e))?],
        Some(DRAFT_KIND) => {
            let draft = Draft::parse(&text).map_err(|e| ceremony::failure(&args.request, &e))?;
            draft.founders().to_vec()
        }
        _ => return Ok(vec![from_pkcs10(&text, args)?]),
    };
    if args.usage != UsageArg::Node {
        return Err(Failure::input(
            "加入申请和草案只用于签发节点证书（--usage node）",
            "requests to join and drafts are for nodes' certificates only (--usage node)",
        ));
    }
    write::folder(&args.out)?;
    joins.iter().flat_map(|join| of_join(join, &args.out)).collect()
}

fn from_pkcs10(text: &str, args: &IssueArgs) -> Result<Wish, Failure> {
    let request = CertificateRequest::from_pem(text).map_err(wrong(&args.request.display().to_string()))?;
    let (common_name, organisation) = (request.common_name().to_owned(), request.organisation().to_owned());
    Ok(Wish { common_name, organisation, request, out: args.out.clone() })
}

/// The nodes of a request to join. Name and organisation are those that every key of the request has signed.
fn of_join<'a>(join: &'a Join, folder: &'a Path) -> impl Iterator<Item = Result<Wish, Failure>> + 'a {
    let with_request = join.body.nodes.iter().filter(|n| !n.certificate_request.is_empty());
    with_request.map(move |node| {
        let request = CertificateRequest::from_pem(&node.certificate_request).map_err(wrong(&node.name))?;
        Ok(Wish {
            common_name: node.name.clone(),
            organisation: join.organisation().to_string(),
            request,
            out: folder.join(format!("{}.pem", file_name(&node.name))),
        })
    })
}

/// A node's name, of which nothing can lead out of a folder.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if matches!(c, '/' | '\\' | ':' | '\0') { '_' } else { c }).collect()
}

fn validity(authority: &Authority, days: u32, now_s: u64) -> Result<Validity, Failure> {
    let own = authority.certificate().validity();
    if own.not_after_s <= now_s {
        return Err(Failure::input(
            "证书机构自己的证书已过期：先用 bencao ca new 建立新的机构，或由上级机构续期",
            "the authority's own certificate has ended: make a new authority with bencao ca new, or have it renewed",
        ));
    }
    Ok(Validity {
        not_before_s: now_s.saturating_sub(SLACK_S).max(own.not_before_s),
        not_after_s: (now_s + u64::from(days) * DAY_S).min(own.not_after_s),
    })
}

pub(super) fn renew(console: &Console, args: &RenewArgs) -> Result<Report, Failure> {
    let folder = Folder::at(&args.dir);
    let chain = read_chain(&args.certificate)?;
    let authority = folder.open(console, &args.passphrase)?;
    let now = now_s()?;
    let validity = validity(&authority, args.days, now)?;
    let old = chain.first().ok_or_else(|| Failure::internal(&"an empty chain"))?;
    let shown = args.certificate.display().to_string();
    let certificate = authority.renew(old, validity).map_err(wrong(&shown))?;
    folder.keep(&certificate)?;
    let above: String = above(&folder)?.iter().map(Certificate::to_pem).collect();
    write::replace(&args.out, (certificate.to_pem() + &above).as_bytes())?;
    let mut json = described(&certificate, now);
    json["file"] = json!(args.out.display().to_string());
    let text = format!(
        "{} {}\n{}{}\n",
        console.pick("已写入", "wrote"),
        args.out.display(),
        line(console, &certificate, now),
        console.pick(
            "密钥不变：节点会重新读取证书文件，无需重启，链上无需操作",
            "the key is the same: the node reads the file again, without a restart and without anything on chain"
        )
    );
    Ok(Report::done(json!({ "issued": [json] }), text))
}
