//! `bencao ca`: the consortium's own SM2 certificate authority, and what comes from outside ones.
//!
//! A folder holds `certificate.pem`, `key.pem` (encrypted) and `issued/`, one file a certificate. Certificates are how keys
//! travel; who is a member is decided on the chain, so that this authority can neither admit nor expel anybody.

pub(crate) mod args;
mod folder;
mod import;
mod issue;

pub(crate) use args::CaCommand;

use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::{passphrase, write};
use args::{ListArgs, NewArgs, RequestArgs};
use bencao_crypto::SigningKey;
use bencao_crypto::keyfile::{self, Form};
use bencao_crypto::x509::{Authority, Certificate, CertificateRequest, Standing, Subject, Usage, Validity, X509Error};
use bencao_genesis::TimestampMs;
use folder::Folder;
use serde_json::{Value, json};
use std::path::Path;
use std::time::SystemTime;

/// Seconds by which a new certificate reaches back, so that clocks behind this one take it.
const SLACK_S: u64 = 3_600;
const DAY_S: u64 = 86_400;

pub(crate) fn run(console: &Console, command: CaCommand) -> Result<Report, Failure> {
    match command {
        CaCommand::New(args) => new(console, &args),
        CaCommand::Issue(args) => issue::issue(console, &args),
        CaCommand::Renew(args) => issue::renew(console, &args),
        CaCommand::List(args) => list(console, &args),
        CaCommand::Request(args) => request(console, &args),
        CaCommand::Import(args) => import::run(console, &args),
    }
}

fn new(console: &Console, args: &NewArgs) -> Result<Report, Failure> {
    let folder = Folder::at(&args.dir);
    folder.refuse_used()?;
    let passphrase = passphrase::fresh(console, &args.passphrase)?;
    let key = SigningKey::generate().map_err(|e| Failure::internal(&e))?;
    let now = now_s()?;
    let validity =
        Validity { not_before_s: now.saturating_sub(SLACK_S), not_after_s: now + u64::from(args.days) * DAY_S };
    let subject = Subject { common_name: &args.name, organisation: &args.organisation };
    let authority = Authority::create_above(subject, key.clone(), validity, args.levels).map_err(wrong("--name"))?;
    let pem = keyfile::seal(&key, &passphrase, Form::National).map_err(|e| Failure::key_file(&args.dir, e))?;
    folder.create(authority.certificate(), pem.as_bytes())?;
    let certificate = authority.certificate();
    let path = folder.certificate_path().display().to_string();
    let text = format!("{} {path}\n{}", console.pick("已写入", "wrote"), line(console, certificate, now));
    Ok(Report::done(json!({ "certificate": path, "issued": [described(certificate, now)] }), text))
}

fn list(console: &Console, args: &ListArgs) -> Result<Report, Failure> {
    let folder = Folder::at(&args.dir);
    let (own, now) = (folder.certificate()?, now_s()?);
    let mut issued = folder.issued()?;
    issued.sort_by_key(|c| c.validity().not_after_s);
    let mut text = line(console, &own, now);
    issued.iter().for_each(|c| text += &line(console, c, now));
    let json = json!({
        "authority": described(&own, now),
        "issued": issued.iter().map(|c| described(c, now)).collect::<Vec<_>>(),
    });
    Ok(Report::done(json, text))
}

fn request(console: &Console, args: &RequestArgs) -> Result<Report, Failure> {
    let key = passphrase::open_key(console, &args.key, &args.passphrase)?;
    let subject = Subject { common_name: &args.name, organisation: &args.organisation };
    let request = CertificateRequest::create(subject, &key).map_err(wrong("--name"))?;
    write::new_file(&args.out, request.to_pem().as_bytes())?;
    let out = args.out.display().to_string();
    let text = format!("{} {out}\n", console.pick("已写入证书申请", "wrote request"));
    Ok(Report::done(json!({ "request": out, "key_id": key.public().id().to_string() }), text))
}

/// Something about a certificate or request in `place` that is not right.
fn wrong(place: &str) -> impl Fn(X509Error) -> Failure {
    move |error| Failure::input(format!("{place}：{}", error_zh(error)), format!("{place}: {error}"))
}

/// The certificate's error in Chinese.
pub(crate) fn error_zh(error: X509Error) -> String {
    match error {
        X509Error::TooLarge => "证书或证书链过长".into(),
        X509Error::Malformed => "不是证书或证书申请".into(),
        X509Error::NotSm2 => "不是 SM2 与 SM3 签名".into(),
        X509Error::Key(e) => format!("证书中的公钥：{e}"),
        X509Error::Name(_) => "名称须为 1 至 64 个字符".into(),
        X509Error::Dates => "有效期超出范围".into(),
        X509Error::NotAuthority => "不是证书机构的证书".into(),
        X509Error::OtherKey => "私钥与证书不匹配".into(),
        X509Error::NotIssuer => "证书由其他机构签发".into(),
        X509Error::NotSelfSigned => "申请没有用自己的密钥签名".into(),
    }
}

/// The certificates of a PEM file, the end entity's first.
fn read_chain(path: &Path) -> Result<Vec<Certificate>, Failure> {
    let text = crate::ceremony::text_file(path, 256 << 10)?;
    Certificate::chain_from_pem(&text).map_err(wrong(&path.display().to_string()))
}

fn now_s() -> Result<u64, Failure> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map(|s| s.as_secs()).map_err(|e| Failure::internal(&e))
}

fn usage_name(certificate: &Certificate) -> &'static str {
    match certificate.usage() {
        _ if certificate.is_authority() => "authority",
        Some(Usage::Node) => "node",
        Some(Usage::Sign) => "sign",
        Some(Usage::Encrypt) => "encrypt",
        None => "other",
    }
}

/// A certificate in JSON; `days_left` is negative once it has ended.
pub(crate) fn described(certificate: &Certificate, now_s: u64) -> Value {
    let Validity { not_before_s, not_after_s } = certificate.validity();
    let time = |s: u64| TimestampMs(s.saturating_mul(1000)).to_string();
    json!({
        "common_name": certificate.common_name(),
        "organisation": certificate.organisation(),
        "usage": usage_name(certificate),
        "key_id": certificate.key().id().to_string(),
        "serial": certificate.serial(),
        "not_before": time(not_before_s),
        "not_after": time(not_after_s),
        "days_left": days_left(certificate, now_s),
    })
}

fn days_left(certificate: &Certificate, now_s: u64) -> i64 {
    match certificate.standing(now_s) {
        Standing::Valid { days_left } => i64::try_from(days_left).unwrap_or(i64::MAX),
        Standing::Expired { days_ago } => -1 - i64::try_from(days_ago).unwrap_or(i64::MAX - 1),
        Standing::NotYetValid => {
            i64::try_from((certificate.validity().not_after_s - now_s) / DAY_S).unwrap_or(i64::MAX)
        }
    }
}

/// One line for people.
fn line(console: &Console, certificate: &Certificate, now_s: u64) -> String {
    let days = days_left(certificate, now_s);
    let standing = match certificate.standing(now_s) {
        Standing::Valid { .. } => format!("{} {days}", console.pick("剩余天数", "days left")),
        Standing::Expired { .. } => console.pick("已过期", "expired").to_owned(),
        Standing::NotYetValid => console.pick("尚未生效", "not yet valid").to_owned(),
    };
    let (name, organisation) = (certificate.common_name(), certificate.organisation());
    format!("{:<9} {name} ({organisation})  {}  {standing}\n", usage_name(certificate), certificate.key().id())
}
